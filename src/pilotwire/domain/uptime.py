"""Uptime of charging ports, as 23 CFR 680.116(b) has it calculated, from what a station has told and when it was connected.

A charging port is what charges one vehicle at a time (23 CFR 680.104): an EVSE. It is up while it is online and available or in use:

    uptime = (minutes - (T_outage - T_excluded)) / minutes * 100 %

`minutes` is 525,600 for twelve months, and what they have for other periods, or for a port in service for a part of them only.
T_excluded is the part of the outages that lies in exclusions on record (the reasons of the rule) or outside of the hours of operation.
A port meets the rule with *more* than 97 %.

Whether a port delivers the power it should is part of the rule too, but nothing that statuses tell: such time is put on record otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from pilotwire.domain.availability import Availability
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.kinds import Value
from pilotwire.domain.uptime_periods import (
    Interval,
    Opening,
    Period,
    Sorted,
    closed_in,
    common,
    corrected_by,
    length,
    merged,
    without,
)

_K = TypeVar("_K")
YEAR: Final = timedelta(minutes=525_600)
"""What the rule counts for twelve months, whether or not there is a 29 February in them."""
REQUIRED: Final = Fraction(97, 100)
"""A port is to have more than this in a year (23 CFR 680.116(b))."""
_UP: Final = frozenset({Availability.AVAILABLE, Availability.OCCUPIED, Availability.RESERVED})


class Cause(StrEnum):
    """Why a port was down. A status goes before the connection: a port known to be faulted is faulted, connected or not.

    `UNTOLD`: it was in service by the operator's word, but nothing had been told of it.
    """

    FAULTED = "faulted"
    UNAVAILABLE = "unavailable"
    CONNECTION_LOST = "connection-lost"
    BACKEND_DOWN = "backend-down"
    UNTOLD = "untold"


class ExclusionReason(StrEnum):
    """Why an outage does not count: the reasons of 23 CFR 680.116(b)(3), outside of the operator's control."""

    UTILITY_INTERRUPTION = "utility-interruption"
    VEHICLE_FAULT = "vehicle-fault"
    SCHEDULED_MAINTENANCE = "scheduled-maintenance"
    VANDALISM = "vandalism"
    NATURAL_DISASTER = "natural-disaster"


# --- what is known ---------------------------------------------------------------------------------------------------


class PortStatus(Value):
    """A connector was told to be in a state at a time (G01), or without `connector` its EVSE; EVSE 0 is the station. `code`: its error."""

    at: datetime
    address: EvseAddress
    availability: Availability
    code: str | None = None

    @property
    def is_up(self) -> bool:
        """Whether a vehicle can charge or is charging."""
        return self.availability in _UP


class ConnectionChange(Value):
    """The station connected, or its connection was lost."""

    at: datetime
    connected: bool


class History(Value):
    """What is known of one station, in any order; of what has the same time the last counts.

    `backend_gaps`: when the backend itself did not run. Every connection ends there.
    """

    statuses: tuple[PortStatus, ...] = ()
    connections: tuple[ConnectionChange, ...] = ()
    backend_gaps: tuple[Interval, ...] = ()


class InService(Value):
    """Since when and until when a port is in service by the operator's word (EVSE 0: each that has no word of its own).

    `since` None: from its first status on.
    """

    evse: int = 0
    since: datetime | None = None
    until: datetime | None = None


class Terms(Value):
    """How a station's uptime is counted. `hours` (): it is always open. `grace`: seconds a connection may be lost before that counts."""

    in_service: tuple[InService, ...] = ()
    hours: tuple[Opening, ...] = ()
    time_zone: str = "UTC"
    holidays: tuple[date, ...] = ()
    grace: int = 0

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its hours and business days."""
        return ZoneInfo(self.time_zone)


USUAL: Final = Terms()


class Excluded(Value):
    """Outages of these EVSEs (() is all) in this time do not count, for this reason."""

    since: datetime
    until: datetime
    reason: ExclusionReason
    evses: tuple[int, ...] = ()

    def is_of(self, evse: int) -> bool:
        """Whether it is about an EVSE."""
        return not self.evses or evse in self.evses


# --- what comes of it ------------------------------------------------------------------------------------------------


class Part(Interval):
    """A part of an outage with one cause."""

    cause: Cause
    code: str | None = None


class Outage(Value):
    """A port was down without a break. `ongoing`: it still is, so `until` is when it was looked at."""

    evse: int
    parts: tuple[Part, ...]
    ongoing: bool = False

    @property
    def since(self) -> datetime:
        """When it began."""
        return self.parts[0].since

    @property
    def until(self) -> datetime:
        """When it was over."""
        return self.parts[-1].until

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Its causes, the first one first."""
        return tuple(dict.fromkeys(part.cause for part in self.parts))

    @property
    def codes(self) -> tuple[str, ...]:
        """The error codes told, the first one first."""
        return tuple(dict.fromkeys(part.code for part in self.parts if part.code))


class Port(Value):
    """A charging port: since when it is in service (until when, or until it was looked at), and all its outages in that time."""

    evse: int
    in_service: Interval
    outages: tuple[Outage, ...]


class PortUptime(Value):
    """The uptime of a port in a period. `minutes`, `outage` and `excluded` are those of the formula, as time."""

    evse: int
    since: datetime
    until: datetime
    minutes: timedelta
    outage: timedelta
    excluded: timedelta
    causes: Mapping[Cause, timedelta]
    reasons: Mapping[str, timedelta]

    @property
    def share(self) -> Fraction:
        """The uptime from 0 to 1, exactly. Never less than nothing, which a year of 527,040 minutes would make of 525,600."""
        return max(Fraction(0), 1 - Fraction((self.outage - self.excluded) // _TICK, self.minutes // _TICK))

    @property
    def percent(self) -> Decimal:
        """The uptime in percent with four digits, rounded down: what is shown is never better than what is."""
        return percent_of(self.share)

    @property
    def meets(self) -> bool:
        """Whether it is more than 97 %."""
        return self.share > REQUIRED


class OutageCounted(Value):
    """An outage as far as it is in a period. `due`: until when it was to be mended; `late`: it was not, and is not excluded either."""

    outage: Outage
    minutes: timedelta
    excluded: timedelta
    due: datetime
    late: bool


class StationUptime(Value):
    """The uptime of a station's ports in a period. The rule is about ports; a station's own figure is that of all minutes together."""

    station: str
    period: Period
    ports: tuple[PortUptime, ...]
    outages: tuple[OutageCounted, ...]

    @property
    def share(self) -> Fraction | None:
        """The uptime of all its ports together; None: none was in service."""
        minutes = sum((port.minutes for port in self.ports), timedelta())
        if not minutes:
            return None
        return sum((port.share * (port.minutes // _TICK) for port in self.ports), Fraction(0)) / (minutes // _TICK)

    @property
    def meets(self) -> bool | None:
        """Whether each of its ports meets the rule; None: none was in service."""
        return all(port.meets for port in self.ports) if self.ports else None


_TICK: Final = timedelta(microseconds=1)
CLOSED: Final = "closed"
"""The name, among the reasons, of time outside of the hours of operation."""


def percent_of(share: Fraction) -> Decimal:
    """A share in percent with four digits, rounded down."""
    scaled = share * 1_000_000
    return (Decimal(scaled.numerator // scaled.denominator) / 10_000).quantize(Decimal("0.0001"), ROUND_FLOOR)


def ports_of(history: History, terms: Terms, now: datetime) -> tuple[Port, ...]:
    """All ports of a station with all their outages until now."""
    named = {each.evse for each in terms.in_service if each.evse and each.since is not None}
    evses = sorted({status.address.evse for status in history.statuses if not status.address.is_station} | named)
    offline = _offline(history, terms, now + _TICK)
    ports = (_port(evse, history, terms, offline, now) for evse in evses)
    return tuple(port for port in ports if port is not None)


def station_uptime(
    station: str, history: History, terms: Terms, excluded: Sequence[Excluded], period: Period, now: datetime
) -> StationUptime:
    """The uptime of a station's ports in a period, of which only what is over by now counts."""
    if period.until > now:
        period = Period(since=min(period.since, now), until=now)
    ports = ports_of(history, terms, now)
    closed = closed_in(period, terms.hours, terms.zone)
    counted = [port_uptime(port, period, excluded, closed) for port in ports]
    outages = [each for port in ports for each in _outages_counted(port, period, excluded, closed, terms)]
    return StationUptime(
        station=station,
        period=period,
        ports=tuple(each for each in counted if each is not None),
        outages=tuple(outages),
    )


def port_uptime(
    port: Port, period: Period, excluded: Sequence[Excluded], closed: Sequence[Interval] = ()
) -> PortUptime | None:
    """The uptime of a port in a period that is over; None if it was not in service in it."""
    window = common([port.in_service], [period])
    if not window:
        return None
    (served,) = window
    parts = [part for outage in port.outages for part in outage.parts]
    down = common(parts, window)
    mine = [each for each in excluded if each.is_of(port.evse)]
    by_reason = {
        reason.value: [Interval(since=each.since, until=each.until) for each in mine if each.reason is reason]
        for reason in ExclusionReason
    } | {CLOSED: list(closed)}
    whole = period.is_year and served.since == period.since and served.until == period.until
    return PortUptime(
        evse=port.evse,
        since=served.since,
        until=served.until,
        minutes=YEAR if whole else served.length,
        outage=length(down),
        excluded=length(common(down, [each for listed in by_reason.values() for each in listed])),
        causes=_told({cause: length(_caused(parts, cause, window)) for cause in Cause}),
        reasons=_told({reason: length(common(down, listed)) for reason, listed in by_reason.items()}),
    )


def _told(lengths: Mapping[_K, timedelta]) -> Mapping[_K, timedelta]:
    return {name: each for name, each in lengths.items() if each}


def _caused(parts: Iterable[Part], cause: Cause, window: Iterable[Interval]) -> tuple[Interval, ...]:
    return common([part for part in parts if part.cause is cause], window)


def _outages_counted(
    port: Port, period: Period, excluded: Sequence[Excluded], closed: Sequence[Interval], terms: Terms
) -> list[OutageCounted]:
    """The outages of a port that lie in a period, and what of them counts."""
    reasons = [Interval(since=each.since, until=each.until) for each in excluded if each.is_of(port.evse)]
    excused, taken = Sorted(reasons), Sorted((*reasons, *closed))
    found: list[OutageCounted] = []
    for outage in port.outages:
        inside = Interval(since=max(outage.since, period.since), until=min(outage.until, period.until))
        if inside.since < inside.until:
            due = corrected_by(outage.since, terms.zone, terms.holidays)
            after = Interval(since=min(due, outage.until), until=outage.until)
            over = taken.over(inside)
            counted = OutageCounted(
                outage=outage,
                minutes=inside.length,
                excluded=length(common([inside], over)) if over else timedelta(),
                due=due,
                late=outage.until > due and bool(without([after], excused.over(after))),
            )
            found.append(counted)
    return found


# --- outages from what is known --------------------------------------------------------------------------------------


def _offline(history: History, terms: Terms, until: datetime) -> tuple[Interval, ...]:
    """When the station was not connected, for longer than the grace."""
    ends = (ConnectionChange(at=_ended(gap, history.connections), connected=False) for gap in history.backend_gaps)
    lost: datetime | None = None
    found: list[Interval] = []
    for change in sorted((*history.connections, *ends), key=lambda each: each.at):
        if change.connected and lost is not None:
            found.append(Interval(since=lost, until=change.at))
            lost = None
        elif not change.connected and lost is None:
            lost = change.at
    if lost is not None and lost < until:
        found.append(Interval(since=lost, until=until))
    return merged(each for each in found if each.length > timedelta(seconds=terms.grace))


def _ended(gap: Interval, connections: Iterable[ConnectionChange]) -> datetime:
    """When a gap ended the connection: the backend may have lived on for a little, so what it kept in that time goes before."""
    return max([gap.since, *(each.at for each in connections if gap.since <= each.at < gap.until)])


def _port(evse: int, history: History, terms: Terms, offline: Sequence[Interval], now: datetime) -> Port | None:
    statuses = sorted(
        (each for each in history.statuses if each.address.evse in (0, evse) and each.at <= now),
        key=lambda each: each.at,
    )
    first = next((each.at for each in statuses if not each.address.is_station), None)
    served = _served(evse, terms, first, now)
    if served is None:
        return None
    ahead = now + _TICK  # a moment more, to see what is going on now
    told = _told_down(statuses, ahead)
    silent = [Part(since=served.since, until=max(served.since, first or ahead), cause=Cause.UNTOLD)]
    lost = without(offline, (*told, *silent))
    gaps = history.backend_gaps
    parts = [
        *told,
        *_less(silent, told),
        *(Part(since=each.since, until=each.until, cause=Cause.BACKEND_DOWN) for each in common(lost, gaps)),
        *(Part(since=each.since, until=each.until, cause=Cause.CONNECTION_LOST) for each in without(lost, gaps)),
    ]
    going_on = served.until == now and any(part.until > now for part in parts)
    return Port(evse=evse, in_service=served, outages=_outages(evse, parts, served, going_on=going_on))


def _served(evse: int, terms: Terms, first: datetime | None, now: datetime) -> Interval | None:
    """When a port is in service."""
    own = [each for each in terms.in_service if each.evse == evse] or [
        each for each in terms.in_service if not each.evse
    ]
    word = own[-1] if own else InService()
    since = word.since or first
    until = now if word.until is None else min(word.until, now)
    return None if since is None or since >= until else Interval(since=since, until=until)


def _told_down(statuses: Sequence[PortStatus], end: datetime) -> list[Part]:
    """When the port was down by what was told of it and of the station as a whole."""
    station: PortStatus | None = None
    connectors: dict[int | None, PortStatus] = {}
    parts: list[Part] = []
    for index, status in enumerate(statuses):
        if status.address.is_station:
            station = status
        else:
            connectors[status.address.connector] = status
        until = statuses[index + 1].at if index + 1 < len(statuses) else end
        why = _why_down(station, connectors.values())
        if why is not None and status.at < until:
            cause = Cause.FAULTED if why.availability is Availability.FAULTED else Cause.UNAVAILABLE
            parts.append(Part(since=status.at, until=until, cause=cause, code=why.code))
    return parts


def _why_down(station: PortStatus | None, connectors: Iterable[PortStatus]) -> PortStatus | None:
    """The status that keeps the port down; None: it is up. One connector that can be used is enough, in an EVSE that can be."""
    if station is not None and not station.is_up:
        return station
    known = list(connectors)
    evse = next((each for each in known if each.address.connector is None), None)
    if evse is not None and (len(known) == 1 or not evse.is_up):
        return None if evse.is_up else evse
    known = [each for each in known if each is not evse]
    if any(each.is_up for each in known):
        return None
    faulted = (each for each in known if each.availability is Availability.FAULTED)
    return next(faulted, known[0] if known else None)


def _less(parts: Iterable[Part], other: Iterable[Interval]) -> list[Part]:
    """The parts less the time of others."""
    taken = merged(other)
    return [
        Part(since=left.since, until=left.until, cause=part.cause, code=part.code)
        for part in parts
        for left in without([part], taken)
    ]


def _outages(evse: int, parts: Iterable[Part], served: Interval, *, going_on: bool) -> tuple[Outage, ...]:
    """Outages of parts that do not overlap: those that follow each other at once are one."""
    inside = [
        Part(since=max(part.since, served.since), until=min(part.until, served.until), cause=part.cause, code=part.code)
        for part in parts
    ]
    groups: list[list[Part]] = []
    for part in sorted((each for each in inside if each.since < each.until), key=lambda each: each.since):
        if not groups or groups[-1][-1].until < part.since:
            groups.append([part])
        elif (last := groups[-1][-1]).cause is part.cause and last.code == part.code:
            groups[-1][-1] = Part(since=last.since, until=part.until, cause=last.cause, code=last.code)
        else:
            groups[-1].append(part)
    return tuple(
        Outage(evse=evse, parts=tuple(group), ongoing=going_on and group[-1].until == served.until) for group in groups
    )


def told_at(told: datetime | None, received: datetime) -> datetime:
    """When a status counts from: its own time; its arrival if that is in the future, or a year ago (a clock that was never set)."""
    if told is None or told > received or received - told > timedelta(days=365):
        return received.astimezone(UTC)
    return told.astimezone(UTC)
