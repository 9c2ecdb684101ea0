"""What is declared: certification profiles, optional features and additional questions of Part 5 (the PICS).

The conditions of Part 5 are read as they are written there (`C-49 and (C-30 or C-31)`, `NOT AQ-2`, `HFS-8 > 1`, `C-30 - C-35`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Final

from pilotwire.errors import ConfigError

PROFILES: Final = (
    "Core",
    "Advanced Security",
    "Local Authorization List Management",
    "Smart Charging",
    "Advanced Device Management",
    "Advanced User Interface",
    "Reservation",
    "ISO 15118 Support",
)
"""The certification profiles of Part 5."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What is declared: `features` by their numbers and profiles by their names; `numbers` for those that are a number (HFS-8)."""

    features: Set[str]
    numbers: Mapping[str, int] = field(default_factory=dict)
    everything: bool = False

    def has(self, feature: str) -> bool:
        """Whether this feature or profile is declared."""
        if self.everything and not feature.startswith("NOT-"):
            return feature not in self.features
        return feature in self.features

    def number(self, feature: str) -> int:
        """The number declared for a feature; 0 if none is."""
        return self.numbers.get(feature, 0)


def claims_all(but: Set[str] = frozenset(), numbers: Mapping[str, int] | None = None) -> Claims:
    """Everything is declared but these."""
    return Claims(but, numbers or {"HFS-8": 2}, everything=True)


_TOKEN: Final = re.compile(
    r"\s*(?P<open>\()|\s*(?P<close>\))"
    r"|\s*(?P<word>AND|OR|NOT)\b"
    r"|\s*(?P<subtype>Product Subtype \"[^\"]*\")"
    r"|\s*(?P<profile>ISO ?15118 support|Local Authorization List Management|Smart Charging|Reservation)"
    r"|\s*(?P<range>[A-Z]+-\s?\d+\s*-\s*[A-Z]+-\s?\d+)"
    r"|\s*(?P<compared>[A-Z]+-\d+\s*>\s*\d+)"
    r"|\s*(?P<feature>[A-Z]+[-.]?\s?\d+(\.\d+)?|\d+\.\d+)",
    re.IGNORECASE,
)


def holds(condition: str, claims: Claims) -> bool:
    """Whether a condition of Part 5 holds. Raises ConfigError if it cannot be read."""
    if not condition.strip():
        return True
    return _Reader(condition, claims).read()


class _Reader:
    """Reads a condition by descent: or, and, not, one."""

    def __init__(self, condition: str, claims: Claims) -> None:
        self.condition = condition
        self.claims = claims
        self.tokens = list(_tokens(condition.replace("-(or)", "-")))
        self.place = 0

    def read(self) -> bool:
        value = self._or()
        if self.place != len(self.tokens):
            raise _unreadable(self.condition)
        return value

    def _next(self) -> tuple[str, str] | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def _word(self, word: str) -> bool:
        found = self._next()
        if found is None or found[0] != "word" or found[1].upper() != word:
            return False
        self.place += 1
        return True

    def _or(self) -> bool:
        value = self._and()
        while self._word("OR"):
            other = self._and()
            value = value or other
        return value

    def _and(self) -> bool:
        value = self._not()
        while self._word("AND"):
            other = self._not()
            value = value and other
        return value

    def _not(self) -> bool:
        return not self._not() if self._word("NOT") else self._one()

    def _one(self) -> bool:
        found = self._next()
        if found is None:
            raise _unreadable(self.condition)
        kind, text = found
        self.place += 1
        if kind == "open":
            value = self._or()
            closing = self._next()
            if closing is None or closing[0] != "close":
                raise _unreadable(self.condition)
            self.place += 1
            return value
        return self._declared(kind, text)

    def _declared(self, kind: str, text: str) -> bool:
        if kind == "range":
            return any(self.claims.has(one) for one in _range(text))
        if kind == "compared":
            name, least = text.split(">")
            return self.claims.number(name.strip()) > int(least)
        if kind == "profile":
            return self.claims.has(_PROFILE_NAMES.get(text.lower(), text))
        if kind == "subtype":
            return text in self.claims.features
        if kind == "feature":
            return self.claims.has(_number_of(text))
        raise _unreadable(self.condition)


def _number_of(text: str) -> str:
    """The number of a feature, also where the document writes `C35`, `C.06.1` or (of a feature C) `10.1` alone."""
    letters, digits = re.fullmatch(r"([A-Za-z]*)[-.]?\s?([\d.]+)", text).groups()  # type: ignore[union-attr]
    return f"{letters.upper() or 'C'}-{digits}"


_PROFILE_NAMES: Final = {
    "iso 15118 support": "ISO 15118 Support",
    "iso15118 support": "ISO 15118 Support",
    "smart charging": "Smart Charging",
    "reservation": "Reservation",
    "local authorization list management": "Local Authorization List Management",
}


def _tokens(condition: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    place = 0
    while place < len(condition):
        if not condition[place:].strip():
            break
        found = _TOKEN.match(condition, place)
        if found is None or found.lastgroup is None:
            raise _unreadable(condition)
        kind = next(name for name, text in found.groupdict().items() if text)
        tokens.append((kind, found.group(kind)))
        place = found.end()
    return tokens


def _range(text: str) -> list[str]:
    first, last = re.findall(r"([A-Z]+)-\s?(\d+)", text)
    return [f"{first[0]}-{number}" for number in range(int(first[1]), int(last[1]) + 1)]


def _unreadable(condition: str) -> ConfigError:
    return ConfigError(
        f"The condition {condition!r} cannot be read.", "Use and, or, NOT, brackets and feature numbers."
    )
