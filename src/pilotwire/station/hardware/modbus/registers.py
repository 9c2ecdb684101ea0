"""Where in a Modbus meter which measurand is, and how its words are read."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pilotwire.domain.metering import ENERGY_REGISTER, MEASURANDS
from pilotwire.errors import ConfigError

_FORMATS = {
    "int16": ">h",
    "uint16": ">H",
    "int32": ">i",
    "uint32": ">I",
    "int64": ">q",
    "uint64": ">Q",
    "float32": ">f",
    "float64": ">d",
}
TABLES = ("holding", "input")
_PLACES = ("Outlet", "Inlet", "Body", "Cable", "EV", "Upstream")
_PHASES = ("L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1")
_FLOAT_DIGITS = 7
_MOST_WORDS = 125
"""Of one read (Modbus application protocol 1.1b3, 6.3)."""


@dataclass(frozen=True, slots=True)
class Register:
    """One value of the meter. `address` counts from 0; the number read times `scale` is in the measurand's base unit (Wh, W, A, V, Hz).

    `word_order` is that of the 16-bit words of longer types: big (the more usual) has the most significant first.
    """

    measurand: str
    address: int
    type: str = "float32"
    scale: Decimal = Decimal(1)
    word_order: str = "big"
    table: str = "holding"
    phase: str | None = None
    place: str = "Outlet"

    @property
    def words(self) -> int:
        """How many 16-bit words it takes."""
        return struct.calcsize(_FORMATS[self.type]) // 2

    def value(self, words: Sequence[int]) -> Decimal | None:
        """The quantity in these words; None for what is no number (NaN, infinity), as meters say of what they do not measure."""
        ordered = words if self.word_order == "big" else tuple(reversed(words))
        (raw,) = struct.unpack(_FORMATS[self.type], struct.pack(f">{len(ordered)}H", *ordered))
        number = Decimal(raw) if isinstance(raw, int) else Decimal(repr(_short(raw, self.type)))
        return number * self.scale if number.is_finite() else None


def _short(raw: float, type_: str) -> float:
    """A single-precision number as written by people: 230.1, not 230.10000610351562."""
    return float(f"{raw:.{_FLOAT_DIGITS}g}") if type_ == "float32" else raw


def register_map(rows: Iterable[Mapping[str, Any]]) -> tuple[Register, ...]:
    """The registers that a person wrote as tables; raises `ConfigError` for one that cannot be."""
    found = tuple(_register(dict(row)) for row in rows)
    if not any(one.measurand == ENERGY_REGISTER and one.phase is None for one in found):
        raise ConfigError(
            f"The registers of the meter do not have {ENERGY_REGISTER}.", "Name its address: energy is what is billed."
        )
    return found


def _register(row: dict[str, Any]) -> Register:
    unknown = row.keys() - set(Register.__slots__)
    if unknown or not {"measurand", "address"} <= row.keys():
        raise ConfigError(
            f"This is no register of a meter: {row}.",
            f"A register has measurand and address, and may have {', '.join(Register.__slots__[2:])}.",
        )
    try:
        one = Register(**{**row, "address": int(row["address"]), "scale": Decimal(str(row.get("scale", 1)))})
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ConfigError(f"This is no register of a meter: {row}.", "Give address and scale as numbers.") from error
    _check(one)
    return one


def _check(one: Register) -> None:
    for what, value, allowed in (
        ("measurand", one.measurand, MEASURANDS),
        ("type", one.type, tuple(_FORMATS)),
        ("word_order", one.word_order, ("big", "little")),
        ("table", one.table, TABLES),
        ("phase", one.phase, (None, *_PHASES)),
        ("place", one.place, _PLACES),
    ):
        if value not in allowed:
            choices = ", ".join(str(each) for each in allowed if each is not None)
            raise ConfigError(f"The {what} of a meter's register cannot be {value!r}.", f"Choose one of {choices}.")
    if not (one.address >= 0 and one.address + one.words <= 65536 and one.scale.is_finite() and one.scale):
        raise ConfigError(
            f"The register {one.measurand} cannot be at {one.address} with the scale {one.scale}.",
            "Addresses are 0 to 65535; a scale is a number other than 0.",
        )


def reads(registers: Iterable[Register]) -> list[tuple[str, int, int]]:
    """The fewest reads that get them all: (table, first address, words); registers that touch are read together."""
    found: list[tuple[str, int, int]] = []
    for one in sorted(registers, key=lambda register: (register.table, register.address)):
        end = one.address + one.words
        if found:
            table, start, words = found[-1]
            if table == one.table and one.address <= start + words and end - start <= _MOST_WORDS:
                found[-1] = (table, start, max(words, end - start))
                continue
        found.append((one.table, one.address, one.words))
    return found
