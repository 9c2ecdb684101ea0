"""An inverter under DER control: what it is rated for, what curves ask of it, how fast it follows (functional block R, 2.1).

Active power is injected if positive, in W; reactive power is injected (over-excited) if positive, in var. Voltage is in per cent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from pilotwire.domain.der_control import Curve, DerUnit, FixedPowerFactor
from pilotwire.domain.kinds import Value
from pilotwire.domain.smart_charging.setpoints import Point, interpolated

_HUNDRED: Final = Decimal(100)
_NOTHING: Final = Decimal(0)
_LEAST_PF: Final = Decimal("0.9")
_VAR_SHARE: Final = Decimal("0.44")
"""Reactive power an inverter has at least, as a share of its apparent power (IEEE 1547-2018, category B)."""
_CLOSE: Final = Decimal("0.005")
"""A response counts as done when this share of the step is left."""


class Rating(Value):
    """The nameplate: most W injected and taken, VA in both directions, var injected and absorbed, W at the least power factor."""

    watts: Decimal
    charge_watts: Decimal

    @property
    def reactive(self) -> Decimal:
        """The most var in each direction."""
        return self.watts * _VAR_SHARE

    @property
    def power_factor(self) -> Decimal:
        """The least it is rated for."""
        return _LEAST_PF

    @property
    def excited_watts(self) -> Decimal:
        """W at that power factor: apparent power is what limits."""
        return self.watts * _LEAST_PF

    def apparent(self, injected: Decimal) -> Decimal:
        """The most VA in the direction of an active power."""
        return self.watts if injected > 0 else self.charge_watts

    def clamped(self, reactive: Decimal) -> Decimal:
        """No more var than there are."""
        return max(-self.reactive, min(reactive, self.reactive))

    def left_for_watts(self, injected: Decimal, reactive: Decimal) -> Decimal:
        """The most W beside a reactive power, which goes first."""
        rest = self.apparent(injected) ** 2 - reactive**2
        return rest.sqrt() if rest > 0 else _NOTHING


# --- reactive power -------------------------------------------------------------------------------------------------


def by_power_factor(injected: Decimal, setting: FixedPowerFactor) -> Decimal:
    """What goes with an active power; excitation true: it is absorbed (FixedPFType)."""
    amount = _reactive_of(injected, setting.displacement)
    return -amount if setting.excitation else amount


def by_power_factor_curve(injected: Decimal, curve: Curve, rating: Rating) -> Decimal:
    """A power factor over the active power in per cent; a negative factor: it is absorbed."""
    factor = interpolated(_points(curve), injected / rating.watts * _HUNDRED)
    amount = _reactive_of(injected, abs(factor))
    return -amount if factor < 0 else amount


def _reactive_of(injected: Decimal, factor: Decimal) -> Decimal:
    factor = max(Decimal("0.01"), min(factor, Decimal(1)))
    return abs(injected) * (1 - factor**2).sqrt() / factor


def by_percent(percent: Decimal, unit: DerUnit, injected: Decimal, rating: Rating) -> Decimal | None:
    """A share of the reactive power, or of what is left of it; None for a unit that says nothing about it."""
    match unit:
        case DerUnit.PCT_MAX_VAR:
            return percent * rating.reactive / _HUNDRED
        case DerUnit.PCT_VAR_AVAIL:
            rest = rating.apparent(injected) ** 2 - injected**2
            there = min(rating.reactive, rest.sqrt() if rest > 0 else _NOTHING)
            return percent * there / _HUNDRED
        case DerUnit.PCT_MAX_W:
            return percent * rating.watts / _HUNDRED
        case _:
            return None


def by_curve(x: Decimal, curve: Curve, injected: Decimal, rating: Rating) -> Decimal | None:
    """The share a curve asks for at a voltage, or an active power in per cent."""
    return by_percent(interpolated(_points(curve), x), curve.y_unit, injected, rating)


def _points(curve: Curve) -> Iterable[Point]:
    return (Point(x=each.x, y=each.y) for each in curve.curve_data)


# --- trips and ride-through -------------------------------------------------------------------------------------------


def allowed_seconds(curve: Curve, value: Decimal, *, above: bool) -> Decimal | None:
    """How long a value may last: seconds are on the x-axis, levels on the y-axis; None: as long as it likes.

    The first level is the one nearest to normal; between levels the time is on a straight line, beyond the last it is that of the last.
    """
    sign = 1 if above else -1
    levels = sorted(
        (Point(x=sign * each.y, y=each.x) for each in curve.curve_data), key=lambda point: (point.x, -point.y)
    )
    if sign * value < levels[0].x:
        return None
    return interpolated(levels, sign * value)


# --- how fast ---------------------------------------------------------------------------------------------------------


class Course(Value):
    """A quantity on its way to a target, since a moment."""

    value: Decimal
    target: Decimal
    at: datetime

    @property
    def is_there(self) -> bool:
        """Whether it has arrived."""
        return self.value == self.target


def responded(course: Course, now: datetime, seconds: Decimal) -> Course:
    """Where a quantity is that takes so many seconds for 90 % of a step (open loop response time)."""
    passed = (now - course.at) / timedelta(seconds=1)
    step = course.value - course.target
    left = step * Decimal(str(math.pow(10, -passed / float(seconds))))
    value = course.target + left
    if step == 0 or abs(left) <= _CLOSE * max(abs(course.target), Decimal(1)):
        value = course.target
    return Course(value=value, target=course.target, at=now)


def ramped(course: Course, now: datetime, per_second: Decimal) -> Course:
    """Where a quantity is that changes by no more than so much in a second."""
    most = per_second * Decimal(str((now - course.at) / timedelta(seconds=1)))
    step = course.target - course.value
    value = course.target if abs(step) <= most else course.value + (most if step > 0 else -most)
    return Course(value=value, target=course.target, at=now)
