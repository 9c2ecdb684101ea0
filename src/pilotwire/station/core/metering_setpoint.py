"""The setpoint of an EVSE as a measured quantity (2.1 Power.Active.Setpoint, .Residual, Energy.Active.Setpoint.Interval).

What energy would have flowed had each setpoint been followed exactly is counted as setpoints change. Only EVSEs that take energy back
have setpoints.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from pilotwire.station.core.evse import Evse
from pilotwire.station.core.station import Station
from pilotwire.station.hardware.ports import Measured, MeterReading

_HOUR: Final = Decimal(3600)


@dataclass(slots=True)
class _Course:
    """The setpoint now in W, None: none; since when, and the Wh that all before come to."""

    watts: Decimal | None
    since: datetime
    wh: Decimal = Decimal(0)

    def energy(self, now: datetime) -> Decimal:
        """Wh until now."""
        seconds = Decimal(str((now - self.since).total_seconds()))
        return self.wh + (self.watts or Decimal(0)) * seconds / _HOUR


@dataclass(slots=True)
class _Courses:
    by_evse: dict[int, _Course] = field(default_factory=dict)


def given(station: Station, evse_id: int, watts: Decimal | None) -> None:
    """The setpoint of an EVSE is this from now on."""
    courses = station.moment(_Courses).by_evse
    before = courses.get(evse_id)
    if before is None or before.watts != watts:
        wh = Decimal(0) if before is None else before.energy(station.now)
        courses[evse_id] = _Course(watts, station.now, wh)


def setpoint_energy(station: Station, evse_id: int) -> Decimal | None:
    """Wh that its setpoints came to since the station started, to the thousandth; None: it never had one."""
    course = station.moment(_Courses).by_evse.get(evse_id)
    return None if course is None else course.energy(station.now).quantize(Decimal("0.001"))


def measured(station: Station, evse: Evse, meter: MeterReading) -> Iterator[Measured]:
    """The setpoint that holds now, and what it is beyond the power measured; nothing without a setpoint."""
    course = station.moment(_Courses).by_evse.get(evse.evse_id)
    if course is not None and course.watts is not None:
        yield Measured("Power.Active.Setpoint", course.watts)
        yield Measured("Power.Active.Residual", course.watts - meter.power_w)
