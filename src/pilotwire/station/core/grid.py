"""What is measured of the grid outside of the station: frequency, voltage, the load at the meter upstream; and faults seen there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from pilotwire.domain.der_control import DerControlType, GridEventFault
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.station import Station


@dataclass(frozen=True, slots=True)
class GridMeasured(OfStreet):
    """The grid as it is now; what is None stays as it was. Hz, per cent of the nominal voltage."""

    frequency_hz: Decimal | None = None
    voltage_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class UpstreamLoad(OfStreet):
    """W at the building's meter, the station's own included; negative: the building feeds in (Q09.FR.03)."""

    watts: Decimal


@dataclass(frozen=True, slots=True)
class GridFault(OfStreet):
    """The inverters ceased to give energy because of a fault of the grid, by the control that says so; or it is over (R05)."""

    control_type: DerControlType
    fault: GridEventFault
    present: bool
    extra_info: str | None = None


@dataclass(slots=True)
class Grid:
    """What is known of the grid since the start. `loads` counts the readings of the upstream meter.

    `fault` is the one there is; `unfit_at`: when the grid was last seen to be other than what a return to it needs (EnterService).
    """

    frequency_hz: Decimal | None = None
    voltage_percent: Decimal | None = None
    load_w: Decimal | None = None
    loads: int = 0
    fault: GridFault | None = None
    is_returning: bool = False
    unfit_at: datetime | None = None
    voltages: list[tuple[datetime, Decimal]] = field(default_factory=list)

    def note_voltage(self, now: datetime, percent: Decimal) -> None:
        """A voltage that holds from now on; of what is older than an hour only the last counts."""
        old = [each for each in self.voltages if each[0] < now - timedelta(hours=1)][-1:]
        self.voltages = [*old, *(each for each in self.voltages if each[0] >= now - timedelta(hours=1)), (now, percent)]

    def mean_voltage(self, now: datetime, window: timedelta) -> Decimal:
        """The mean over a time until now, or over what is known of it."""
        begin = max(now - window, self.voltages[0][0])
        if now <= begin:
            return self.voltages[-1][1]
        total = Decimal(0)
        for number, (at, percent) in enumerate(self.voltages):
            until = self.voltages[number + 1][0] if number + 1 < len(self.voltages) else now
            seconds = (until - max(at, begin)).total_seconds()
            total += percent * Decimal(str(max(seconds, 0.0)))
        return total / Decimal(str((now - begin).total_seconds()))


def grid_of(station: Station) -> Grid:
    """What is known of the grid."""
    return station.moment(Grid)


def measured(station: Station, event: GridMeasured) -> None:
    """Take a measurement; the streets that care look at it after every input."""
    grid = grid_of(station)
    for name in ("frequency_hz", "voltage_percent"):
        value: Decimal | None = getattr(event, name)
        if value is None:
            continue
        if not value.is_finite() or value < 0:
            station.note(f"A grid of {value} ({name}) cannot be: it was not taken.")
            continue
        setattr(grid, name, value)
        if name == "voltage_percent":
            grid.note_voltage(station.now, value)


def loaded(station: Station, event: UpstreamLoad) -> None:
    """Take a reading of the upstream meter."""
    if not event.watts.is_finite():
        station.note(f"An upstream load of {event.watts} W cannot be: it was not taken.")
        return
    grid = grid_of(station)
    grid.load_w, grid.loads = event.watts, grid.loads + 1


def faulted(station: Station, event: GridFault) -> None:
    """A fault of the grid begins or ends; what follows from it is decided with the controls."""
    grid = grid_of(station)
    if event.present:
        grid.fault, grid.is_returning = event, False
    elif grid.fault is not None:
        grid.fault, grid.is_returning, grid.unfit_at = None, True, station.now
