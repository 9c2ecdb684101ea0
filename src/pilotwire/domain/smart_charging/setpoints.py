"""Setpoints of 2.1: which period decides on the power of an EVSE in both directions, and what curves and meters make of it (block Q).

Power in W, positive for charging.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from pilotwire.domain.kinds import Value
from pilotwire.domain.smart_charging.composite_timeline import (
    Cursor,
    Leading,
    Outlet,
    Site,
    evse_chains,
    station_chains,
    whole,
)
from pilotwire.domain.smart_charging.profiles import (
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedulePeriod,
    OperationMode,
)

BOTH_WAYS: Final = frozenset(OperationMode) - {OperationMode.IDLE, OperationMode.CHARGING_ONLY}
"""The modes in which there is a setpoint, or a limit for what is given back."""
_NOTHING: Final = Decimal(0)
_BY_SETPOINT: Final = frozenset(
    {OperationMode.CENTRAL_SETPOINT, OperationMode.CENTRAL_FREQUENCY, OperationMode.EXTERNAL_SETPOINT}
)
_TX: Final = frozenset(
    {
        ChargingProfilePurpose.TX_PROFILE,
        ChargingProfilePurpose.TX_DEFAULT_PROFILE,
        ChargingProfilePurpose.PRIORITY_CHARGING,
    }
)


class Deciding(NamedTuple):
    """What decides at an EVSE at a moment: the period of its transaction, limits of its own, and those of the whole station."""

    own: Leading | None
    here: tuple[Leading, ...]
    station: tuple[Leading, ...]

    @property
    def mode(self) -> OperationMode:
        """The operation mode, ChargingOnly where none is said (K01.FR.110)."""
        return OperationMode.CHARGING_ONLY if self.own is None else mode_of(self.own.period)


def mode_of(period: ChargingSchedulePeriod) -> OperationMode:
    """The operation mode of a period."""
    return period.operation_mode or OperationMode.CHARGING_ONLY


def deciding(site: Site, outlet: Outlet, now: datetime) -> Deciding:
    """What decides at an outlet at this second."""
    begin = whole(now)
    leads, _ = Cursor(evse_chains(site, outlet, begin, begin + 1)).at(begin)
    above, _ = Cursor(station_chains(site, begin, begin + 1)).at(begin)
    return among_leads(leads, above)


def among_leads(leads: Sequence[Leading], above: Sequence[Leading]) -> Deciding:
    """What decides, of all that leads at an outlet, and for the station."""
    own = next((each for each in leads if each.profile.charging_profile_purpose in _TX), None)
    return Deciding(own, tuple(each for each in leads if each is not own), tuple(above))


def setpoint_lead(here: Deciding, among: int, *, csms_first: bool) -> tuple[Leading, int] | None:
    """The period that says the setpoint, and into how many parts it is divided; None: a curve, a meter or limits decide.

    A setpoint of an external system, for this EVSE or for the station (Q06.FR.31), goes before that of the CSMS unless `csms_first`
    (Q06.FR.21, Q06.FR.22).
    """
    if here.own is None or here.mode not in BOTH_WAYS:
        return None
    if here.mode is OperationMode.EXTERNAL_SETPOINT or not csms_first:
        for leads, parts in ((here.here, 1), (here.station, among)):
            for lead in leads:
                if mode_of(lead.period) is OperationMode.EXTERNAL_SETPOINT and lead.period.setpoint is not None:
                    return lead, parts
    return (here.own, 1) if here.mode in _BY_SETPOINT else None


def in_watts(lead: Leading, value: Decimal, voltage: Decimal) -> Decimal:
    """A value of a schedule; `voltage` is that of the DC outlet, or of all phases of an AC outlet together."""
    return value if lead.schedule.charging_rate_unit is ChargingRateUnit.WATT else value * voltage


class Point(Value):
    """A point of a curve."""

    x: Decimal
    y: Decimal


def interpolated(points: Iterable[Point], x: Decimal) -> Decimal:
    """The value of a curve, on straight lines between its points; before the first and after the last it stays as there."""
    ordered = sorted(points, key=lambda point: point.x)
    for low, high in pairwise(ordered):
        if low.x <= x < high.x:
            return low.y + (high.y - low.y) * (x - low.x) / (high.x - low.x)
    return ordered[0].y if x < ordered[0].x else ordered[-1].y


def at_frequency(period: ChargingSchedulePeriod, hertz: Decimal | None) -> Decimal:
    """The setpoint of local frequency control: baseline and curve, the baseline alone while no frequency is known (Q08.FR.06)."""
    curve = [Point(x=each.frequency, y=each.power) for each in period.v2x_freq_watt_curve]
    extra = interpolated(curve, hertz) if hertz is not None and curve else _NOTHING
    return (period.v2x_baseline or _NOTHING) + extra


def at_signal(period: ChargingSchedulePeriod, signal: int | None) -> Decimal:
    """What an aFRR signal adds to the setpoint (Q08.FR.10)."""
    curve = [Point(x=Decimal(each.signal), y=each.power) for each in period.v2x_signal_watt_curve]
    return interpolated(curve, Decimal(signal)) if signal is not None and curve else _NOTHING


class Band(Value):
    """Between which loads of the upstream meter nothing is done, and by how much a limit may be exceeded (LocalLoadBalancing)."""

    lower: Decimal
    upper: Decimal
    lower_offset: Decimal = _NOTHING
    upper_offset: Decimal = _NOTHING

    def correction(self, load: Decimal) -> Decimal:
        """By how much the power of all EVSEs must change at a load (Q09.FR.04)."""
        if load > self.upper:
            return self.upper + self.upper_offset - load
        if load < self.lower:
            return self.lower + self.lower_offset - load
        return _NOTHING
