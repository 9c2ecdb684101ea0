"""The control pilot of IEC 61851-1, Annex A: its states, and the duty cycle that tells a vehicle its current.

Pure arithmetic. The reserved duty cycle of 5 % stands for high-level communication, as DC stations use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

MIN_AC_CURRENT_A = Decimal(6)
"""The lowest current a duty cycle can say."""
MIN_DC_CURRENT_A = Decimal(1)
NO_PWM_PERCENT = Decimal(100)
"""A steady signal: nothing is offered."""
HIGH_LEVEL_PERCENT = Decimal(5)
_GAP_END_A = Decimal("52.5")


class PilotState(StrEnum):
    """The states a station sees (A, B, C) or makes (E: no power on the pilot, F: not available)."""

    A = "A"
    B = "B"
    C = "C"
    E = "E"
    F = "F"


@dataclass(frozen=True, slots=True)
class PilotSignal:
    """A pilot at a moment: its state and the duty cycle in %; 100 is steady, no offer."""

    state: PilotState
    duty_percent: Decimal


def duty_percent(amps: Decimal) -> Decimal:
    """The duty cycle in % for `amps` a phase: 0.6 A a point from 6 to 51 A, 2.5 A a point above 52.5 A, at most 80 A.

    Between these ranges no duty cycle says the current: the vehicle hears the lower 51 A.
    """
    if amps < MIN_AC_CURRENT_A:
        return NO_PWM_PERCENT
    capped = min(amps, Decimal(80))
    return min(capped, Decimal(51)) / Decimal("0.6") if capped <= _GAP_END_A else capped / Decimal("2.5") + 64


def offered_amps(duty: Decimal) -> Decimal:
    """What a vehicle may take at a duty cycle in %: the inverse of `duty_percent`; 0 outside the ranges that offer current."""
    if Decimal(8) <= duty < 10:
        return MIN_AC_CURRENT_A
    if Decimal(10) <= duty <= 85:
        return duty * Decimal("0.6")
    if Decimal(85) < duty <= 97:
        return min((duty - 64) * Decimal("2.5"), Decimal(80))
    return Decimal(0)
