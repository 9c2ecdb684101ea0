"""Limits and powers of both sides, as the messages of ISO 15118-20 write them for AC and DC.

The vehicle's fields and the station's have the same names but for their beginning (`Side`). AC: a power alone is that over all phases; with
those of L2 and L3 beside it, it is that of L1. We write sums. Amounts of discharging are positive, whatever sign a peer gives them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from pilotwire.errors import MisuseError
from pilotwire.iso15118.charging import AcLimits, DcLimits, Limits
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.iso20.common_types import RationalNumber
from pilotwire.iso15118.quantities import plain, rational

Side = Literal["ev", "evse"]
Number = RationalNumber | None

_POWERS: Final = {
    "max_w": "maximum_charge_power",
    "min_w": "minimum_charge_power",
    "max_discharge_w": "maximum_discharge_power",
    "min_discharge_w": "minimum_discharge_power",
}
_DC: Final = _POWERS | {
    "max_a": "maximum_charge_current",
    "min_a": "minimum_charge_current",
    "max_v": "maximum_voltage",
    "min_v": "minimum_voltage",
    "max_discharge_a": "maximum_discharge_current",
    "min_discharge_a": "minimum_discharge_current",
}
"""Limits, and how their fields end. Which of them a message has, differs."""
_SPEAKERS: Final[Mapping[Side, str]] = {"ev": "A vehicle", "evse": "An EVSE"}


def total(*phases: Number) -> float | None:
    """The power over all phases; None: nothing is said."""
    told = [plain(each) for each in phases if each is not None]
    return sum(told) if told else None


def phases_of(mode: Element, name: str) -> tuple[Number, Number, Number]:
    """A power of an AC message by phase; None: it is not said, or the message has no such field."""
    return getattr(mode, name, None), getattr(mode, f"{name}_l2", None), getattr(mode, f"{name}_l3", None)


def ac_of(limits: Limits, whose: Side) -> AcLimits:
    """The limits of one that speaks of AC. Raises MisuseError if they are of DC."""
    if not isinstance(limits, AcLimits):
        raise MisuseError(f"{_SPEAKERS[whose]} in an AC session has told DC limits.")
    return limits


def dc_of(limits: Limits, whose: Side) -> DcLimits:
    """The limits of one that speaks of DC. Raises MisuseError if they are of AC."""
    if not isinstance(limits, DcLimits):
        raise MisuseError(f"{_SPEAKERS[whose]} in a DC session has told AC limits.")
    return limits


def written(**numbers: float | None) -> dict[str, Any]:
    """Fields with plain numbers as the messages write them; None stays None."""
    return {name: None if value is None else rational(value) for name, value in numbers.items()}


def fields_of(limits: Limits, whose: Side, mode: type[Element]) -> dict[str, Any]:
    """The fields of a message for limits: those that it has."""
    names = _DC if isinstance(limits, DcLimits) else _POWERS
    given = {f"{whose}_{name}": getattr(limits, own) for own, name in names.items()}
    return written(**{name: value for name, value in given.items() if name in mode.__struct_fields__})


def read_ac(mode: Element, whose: Side, phases: int, nominal_v: float) -> AcLimits:
    """What a side tells with the charge parameters; phases and voltage are known otherwise."""
    volts = phases * nominal_v or 1.0
    power = {own: total(*phases_of(mode, f"{whose}_{name}")) or 0.0 for own, name in _POWERS.items()}
    return AcLimits(
        phases,
        nominal_v,
        power["max_w"] / volts,
        power["min_w"] / volts,
        max_discharge_w=abs(power["max_discharge_w"]),
        min_discharge_w=abs(power["min_discharge_w"]),
    )


def read_dc(mode: Element, whose: Side) -> DcLimits:
    """What a side tells with the charge parameters."""
    told = {own: plain(number) for own, number in _said(mode, whose).items()}
    return replace(DcLimits(), **{own: abs(value) if "discharge" in own else value for own, value in told.items()})


def read_dc_now(known: DcLimits, mode: Element, whose: Side) -> DcLimits:
    """What was told, with what a side changes of it in the loop."""
    return replace(known, **{own: abs(plain(number)) for own, number in _said(mode, whose).items()})


def _said(mode: Element, whose: Side) -> dict[str, RationalNumber]:
    found: dict[str, Number] = {own: getattr(mode, f"{whose}_{name}", None) for own, name in _DC.items()}
    return {own: number for own, number in found.items() if number is not None}
