"""What is counted: figures of a port in a part of a period, which add up to those of stations, sites and whole periods."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from pilotwire.domain.reports.causes import Failure
from pilotwire.domain.reports.sessions import Earned, Session
from pilotwire.domain.uptime import USUAL, Cause, Excluded, Outage, Port, Terms, port_uptime
from pilotwire.domain.uptime_periods import Interval, Period, Sorted, closed_in, common, length

_NONE = timedelta()


@dataclass(slots=True)
class Revenue:
    """What was billed in one currency, corrections and refunds included."""

    bills: int = 0
    excl_tax: Decimal = Decimal(0)
    incl_tax: Decimal = Decimal(0)


@dataclass(slots=True)
class Figures:
    """Energy in Wh, power in W. `charged` is the energy of sessions of which it is known when energy flowed.

    `known` is the time occupied by these; `service`, `outage` and `excluded` are those of the uptime formula.
    """

    sessions: int = 0
    failures: Counter[Failure] = field(default_factory=Counter)
    energy: Decimal = Decimal(0)
    charged: Decimal = Decimal(0)
    peak: Decimal | None = None
    occupied: timedelta = _NONE
    known: timedelta = _NONE
    charging: timedelta = _NONE
    in_use: timedelta = _NONE
    """Time occupied while in service: what utilisation is of."""
    service: timedelta = _NONE
    outage: timedelta = _NONE
    excluded: timedelta = _NONE
    faults: Counter[Cause] = field(default_factory=Counter)
    repaired: int = 0
    repair: timedelta = _NONE
    longest: timedelta = _NONE
    still_down: int = 0
    revenue: dict[str, Revenue] = field(default_factory=dict)

    def add(self, other: Figures) -> None:
        """Count another's figures in."""
        self.sessions += other.sessions
        self.failures.update(other.failures)
        self.energy += other.energy
        self.charged += other.charged
        if other.peak is not None:
            self.peak = other.peak if self.peak is None else max(self.peak, other.peak)
        for name in ("occupied", "known", "charging", "in_use", "service", "outage", "excluded", "repair"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.faults.update(other.faults)
        self.repaired += other.repaired
        self.longest = max(self.longest, other.longest)
        self.still_down += other.still_down
        for currency, each in other.revenue.items():
            mine = self.revenue.setdefault(currency, Revenue())
            mine.bills += each.bills
            mine.excl_tax += each.excl_tax
            mine.incl_tax += each.incl_tax


@dataclass(frozen=True, slots=True)
class PortFigures:
    """The figures of a port in a part of a period; `part` is its place among the parts. EVSE 0: it was not told which."""

    station: str
    evse: int
    part: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a station for a report."""

    station: str
    sessions: Sequence[Session] = ()
    earned: Sequence[Earned] = ()
    ports: Sequence[Port] = ()
    excluded: Sequence[Excluded] = ()
    terms: Terms = USUAL


def figures_of(known: Known, parts: Sequence[Interval], now: datetime) -> list[PortFigures]:
    """The figures of each port of a station in each part of a period, of which only what is over by now counts."""
    evses = {each.evse for each in known.sessions} | {each.evse for each in known.earned}
    evses |= {each.evse for each in known.ports}
    ports = {each.evse: each for each in known.ports}
    found: list[PortFigures] = []
    for evse in sorted(evses):
        sessions = [each for each in known.sessions if each.evse == evse]
        earned = [each for each in known.earned if each.evse == evse]
        counted = _Port(sessions, earned, ports.get(evse), known).figures(parts, now)
        found += [PortFigures(known.station, evse, number, each) for number, each in enumerate(counted)]
    return found


class _Places:
    """Finds the figures of the part of a period a moment is in."""

    def __init__(self, parts: Sequence[Interval], figures: Sequence[Figures]) -> None:
        self._starts = [part.since for part in parts]
        self._parts, self._figures = parts, figures

    def of(self, moment: datetime) -> Figures | None:
        """None: it is in none."""
        number = bisect_right(self._starts, moment) - 1
        return self._figures[number] if number >= 0 and moment < self._parts[number].until else None


class _Port:
    """One port: time that several sessions tell of is counted once."""

    def __init__(self, sessions: list[Session], earned: list[Earned], port: Port | None, known: Known) -> None:
        self._sessions, self._earned, self._port, self._known = sessions, earned, port, known
        self._occupied = Sorted(each.occupied for each in sessions if each.occupied is not None)
        told = [each for each in sessions if each.charging is not None and each.occupied is not None]
        self._known_time = Sorted(each.occupied for each in told if each.occupied is not None)
        self._charging = Sorted(one for each in told for one in each.charging or ())

    def figures(self, parts: Sequence[Interval], now: datetime) -> list[Figures]:
        """Its figures in each part of the period; these are in order and do not overlap."""
        found = [Figures() for _ in parts]
        for part, figures in zip(parts, found, strict=True):
            until = min(part.until, now)
            if part.since < until:
                inside = Interval(since=part.since, until=until)
                self._time(figures, inside)
                self._uptime(figures, inside)
        self._count(_Places(parts, found))
        return found

    def _time(self, figures: Figures, inside: Interval) -> None:
        occupied = common(self._occupied.over(inside), [inside])
        figures.occupied = length(occupied)
        figures.known = length(common(self._known_time.over(inside), [inside]))
        figures.charging = length(common(self._charging.over(inside), [inside]))
        if self._port is not None:
            figures.in_use = length(common(occupied, [self._port.in_service]))

    def _count(self, places: _Places) -> None:
        for session in self._sessions:
            if (figures := places.of(session.at)) is not None:
                figures.sessions += 1
                if session.failure is not None:
                    figures.failures[session.failure] += 1
            for metered in session.metered:
                if (figures := places.of(metered.at)) is not None:
                    figures.energy += metered.energy
                    if session.charging is not None:
                        figures.charged += metered.energy
            for each in session.powers:
                figures = places.of(each.at)
                if figures is not None and (figures.peak is None or each.power > figures.peak):
                    figures.peak = each.power
        for entry in self._earned:
            if (figures := places.of(entry.at)) is not None:
                sum_ = figures.revenue.setdefault(entry.currency, Revenue())
                sum_.bills += entry.is_bill
                sum_.excl_tax += entry.excl_tax
                sum_.incl_tax += entry.incl_tax

    def _uptime(self, figures: Figures, inside: Interval) -> None:
        port, known = self._port, self._known
        if port is None:
            return
        period = Period(since=inside.since, until=inside.until)
        closed = closed_in(period, known.terms.hours, known.terms.zone)
        told = port_uptime(port, period, known.excluded, closed)
        if told is None:
            return
        figures.service = told.until - told.since
        figures.outage, figures.excluded = told.outage, told.excluded
        _faults(figures, port.outages, inside)


def _faults(figures: Figures, outages: Iterable[Outage], inside: Interval) -> None:
    """Outages that began in this time; how long they lasted counts as a whole, whenever they ended."""
    for outage in outages:
        if not _is_in(outage.since, inside):
            continue
        figures.faults[outage.causes[0]] += 1
        figures.longest = max(figures.longest, outage.until - outage.since)
        if outage.ongoing:
            figures.still_down += 1
        else:
            figures.repaired += 1
            figures.repair += outage.until - outage.since


def _is_in(moment: datetime, part: Interval) -> bool:
    return part.since <= moment < part.until
