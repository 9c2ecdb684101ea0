"""eMAIDs and PCIDs: the names of contracts and of vehicles, however they are written.

An eMAID (ISO 15118-2, annex H) is a country of 2 letters, a provider of 3 letters and digits, an instance of 9, and a check digit that
may be missing; hyphens between them and small letters mean nothing. In messages of -2 it has no hyphens (14 or 15 characters).

A PCID, the name of a vehicle in its provisioning certificate, has 17 letters and digits, the first 3 of them the maker's (WMI), and mostly
a check digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilotwire.pki import PkiFault

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SEPARATOR: Final = "-"
_REMEDY: Final = "Write country (2 letters), provider (3), instance (9) and a check digit or none: DE-8AA-C2B3C4D5E."
PCID_LENGTHS: Final = (17, 18)


@dataclass(frozen=True, slots=True)
class Emaid:
    """An eMAID in its parts, in capitals. `check_digit` "": it has none."""

    country: str
    provider: str
    instance: str
    check_digit: str = ""

    def __str__(self) -> str:
        """As messages and certificates have it: without hyphens."""
        return f"{self.contract}{self.check_digit}"

    @property
    def contract(self) -> str:
        """The 14 characters that name the contract, without the check digit."""
        return f"{self.country}{self.provider}{self.instance}"

    @property
    def check_digit_is_right(self) -> bool:
        """Whether its check digit is the one that follows from the rest, or it has none."""
        return self.check_digit in ("", check_digit(self.contract))


def normalised(name: str) -> str:
    """An eMAID or PCID without hyphens and surrounding space, in capitals, whatever else it has."""
    return name.strip().replace(_SEPARATOR, "").upper()


def read_emaid(text: str) -> Emaid:
    """An eMAID, with hyphens or without. Its check digit is not judged. Raises PkiFault if it is none."""
    name = normalised(text)
    if not all(each in _ALPHABET for each in name):
        strange = "".join(sorted({each for each in name if each not in _ALPHABET}))
        raise PkiFault(f"{text!r} is no eMAID: it has {strange!r} in it.", _REMEDY)
    if len(name) not in (14, 15):
        raise PkiFault(f"{text!r} is no eMAID: it has {len(name)} letters and digits, not 14 or 15.", _REMEDY)
    if not name[:2].isalpha():
        raise PkiFault(f"{text!r} is no eMAID: it begins with {name[:2]!r} instead of a country.", _REMEDY)
    return Emaid(name[:2], name[2:5], name[5:14], name[14:])


def same_emaid(one: str, other: str) -> bool:
    """Whether two texts name the same contract: hyphens, small letters, and a check digit that only one of them has do not count."""
    first, second = normalised(one), normalised(other)
    if len({len(first), len(second)} & {14, 15}) == 2:
        return first[:14] == second[:14]
    return first == second


def check_digit(contract: str) -> str:
    """The check digit of the 14 characters of an eMAID, by the rule of eMI3 ("Check Digit Calculation for Contract-IDs").

    Each character has a number from 0 to 35, written as two residues modulo 2 and two modulo 3. The pairs, each multiplied with the
    power of a matrix for its place, have the sum zero over all 15 characters.
    """
    return next(each for each in _ALPHABET if not any(_sum(contract + each)))


def _sum(text: str) -> tuple[int, int, int, int]:
    """Row vectors times powers of ((0, 1), (1, 1)) modulo 2 and ((0, 1), (1, 2)) modulo 3, the first character to the power of 1."""
    a = b = c = d = 0
    for each in reversed(text):
        number = _ALPHABET.index(each)
        a, b = (a + number // 18) % 2, (b + number // 9) % 2
        c, d = (c + number // 3) % 3, (d + number) % 3
        a, b = b, (a + b) % 2
        c, d = d, (c + 2 * d) % 3
    return a, b, c, d


def is_pcid(name: str) -> bool:
    """Whether a name has the form of a PCID, with a check digit or without."""
    text = normalised(name)
    return len(text) in PCID_LENGTHS and all(each in _ALPHABET for each in text)
