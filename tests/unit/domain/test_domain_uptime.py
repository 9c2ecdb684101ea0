"""Uptime by 23 CFR 680.116: any history against an oracle that looks at every minute by itself, and the edges one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.domain.availability import Availability
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.uptime import (
    USUAL,
    Cause,
    ConnectionChange,
    Excluded,
    ExclusionReason,
    History,
    InService,
    PortStatus,
    StationUptime,
    Terms,
    station_uptime,
    told_at,
)
from pilotwire.domain.uptime_periods import (
    Interval,
    Opening,
    Period,
    closed_in,
    corrected_by,
    months_of,
    period_between,
    period_of,
)

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
ZONE = ZoneInfo("UTC")
MINUTE = timedelta(minutes=1)
FAULTED, UNAVAILABLE = Availability.FAULTED, Availability.UNAVAILABLE
AVAILABLE, OCCUPIED = Availability.AVAILABLE, Availability.OCCUPIED
HORIZON = 120


def at(minute: float) -> datetime:
    return START + minute * MINUTE


def status(minute: float, availability: Availability, evse: int = 1, connector: int = 1) -> PortStatus:
    address = EvseAddress(evse=evse, connector=connector or None if evse else None)
    return PortStatus(at=at(minute), address=address, availability=availability)


def connection(minute: float, connected: bool) -> ConnectionChange:
    return ConnectionChange(at=at(minute), connected=connected)


def period(since: float, until: float) -> Period:
    return Period(since=at(since), until=at(until))


def report(
    history: History, within: Period, *excluded: Excluded, terms: Terms = USUAL, now: float = 1e6
) -> StationUptime:
    return station_uptime("CS-1", history, terms, excluded, within, at(now))


# --- any history, against every single minute -----------------------------------------------------------------------

MINUTES = st.integers(0, HORIZON)
STATUSES = st.lists(
    st.builds(status, MINUTES, st.sampled_from(Availability), st.integers(0, 2), st.integers(0, 2)), max_size=12
)
CONNECTIONS = st.lists(st.builds(connection, MINUTES, st.booleans()), max_size=6)
SPANS = st.tuples(MINUTES, st.integers(1, 60)).map(lambda span: Interval(since=at(span[0]), until=at(sum(span))))
EXCLUDED = st.builds(
    lambda span, reason, evses: Excluded(since=span.since, until=span.until, reason=reason, evses=evses),
    SPANS,
    st.sampled_from(ExclusionReason),
    st.sampled_from([(), (1,), (2,), (1, 2)]),
)
WORDS = st.one_of(
    st.just(()),
    st.tuples(
        st.builds(
            lambda evse, since, until: InService(
                evse=evse, since=None if since is None else at(since), until=None if until is None else at(until)
            ),
            st.integers(0, 2),
            st.none() | MINUTES,
            st.none() | MINUTES,
        )
    ),
)
HISTORIES = st.builds(
    lambda statuses, connections, gaps: History(
        statuses=tuple(statuses), connections=tuple(connections), backend_gaps=tuple(gaps)
    ),
    STATUSES,
    CONNECTIONS,
    st.lists(SPANS, max_size=2),
)


class EveryMinute:
    """The oracle: asks of one minute at a time what was so in it, from the observations themselves."""

    def __init__(self, history: History, terms: Terms, excluded: list[Excluded], now: int) -> None:
        self.history, self.terms, self.excluded, self.now = history, terms, excluded, now
        ends = []
        for gap in history.backend_gaps:
            inside = [each.at for each in history.connections if gap.since <= each.at < gap.until]
            ends.append(ConnectionChange(at=max([gap.since, *inside]), connected=False))
        self.changes = sorted([*history.connections, *ends], key=lambda each: each.at)

    def in_service(self, evse: int, minute: int) -> bool:
        words = {word.evse: word for word in self.terms.in_service}
        word = words.get(evse) or words.get(0) or InService()
        firsts = [each.at for each in self.history.statuses if each.address.evse == evse]
        since = word.since or (min(firsts) if firsts else None)
        known = firsts or word.evse == evse
        return bool(
            known
            and since is not None
            and since <= at(minute)
            and (word.until is None or at(minute) < word.until)
            and minute < self.now
        )

    def cause(self, evse: int, minute: int) -> Cause | None:
        told: dict[EvseAddress, PortStatus] = {}
        for each in sorted(self.history.statuses, key=lambda each: each.at):
            if each.at <= at(minute):
                told[each.address] = each
        station = told.get(EvseAddress(evse=0))
        whole = told.get(EvseAddress(evse=evse))
        mine = [each.availability for address, each in told.items() if address.evse == evse and address.connector]
        if station is not None and station.availability in (FAULTED, UNAVAILABLE):
            return Cause.FAULTED if station.availability is FAULTED else Cause.UNAVAILABLE
        if not mine and whole is None:
            return Cause.UNTOLD
        if whole is not None and whole.availability in (FAULTED, UNAVAILABLE):
            return Cause.FAULTED if whole.availability is FAULTED else Cause.UNAVAILABLE
        mine = mine or [AVAILABLE]
        if set(mine) <= {FAULTED, UNAVAILABLE}:
            return Cause.FAULTED if FAULTED in mine else Cause.UNAVAILABLE
        if self.is_connected(minute):
            return None
        gone = any(gap.since <= at(minute) < gap.until for gap in self.history.backend_gaps)
        return Cause.BACKEND_DOWN if gone else Cause.CONNECTION_LOST

    def is_connected(self, minute: int) -> bool:
        before = [change for change in self.changes if change.at <= at(minute)]
        return not before or before[-1].connected

    def counted(self, evse: int, since: int, until: int) -> tuple[int, int, int, dict[Cause, int]]:
        minutes = outage = excluded = 0
        causes: dict[Cause, int] = {}
        for minute in range(since, until):
            if not self.in_service(evse, minute):
                continue
            minutes += 1
            cause = self.cause(evse, minute)
            if cause is not None:
                outage += 1
                causes[cause] = causes.get(cause, 0) + 1
                excluded += any(
                    each.since <= at(minute) < each.until and (not each.evses or evse in each.evses)
                    for each in self.excluded
                )
        return minutes, outage, excluded, causes


@settings(max_examples=120, deadline=None)
@given(HISTORIES, st.lists(EXCLUDED, max_size=4), WORDS, MINUTES, st.integers(1, HORIZON), st.integers(1, HORIZON + 40))
def test_any_history_is_counted_as_its_single_minutes_are(
    history: History, excluded: list[Excluded], words: tuple[InService, ...], since: int, length: int, now: int
) -> None:
    """Overlaps, borders of the period, ports not yet or no more in service, lost connections, exclusions on top of each other."""
    terms = Terms(in_service=words)
    told = report(history, period(since, since + length), *excluded, terms=terms, now=now)
    oracle = EveryMinute(history, terms, excluded, now)
    ports = {port.evse: port for port in told.ports}
    for evse in (1, 2):
        minutes, outage, taken, causes = oracle.counted(evse, since, min(since + length, now))
        if not minutes:
            assert evse not in ports
            continue
        port = ports[evse]
        assert (port.minutes, port.outage, port.excluded) == (minutes * MINUTE, outage * MINUTE, taken * MINUTE)
        assert port.causes == {cause: count * MINUTE for cause, count in causes.items()}
        assert port.share == 1 - Fraction(outage - taken, minutes)
    inside = sum((each.minutes for each in told.outages), timedelta())
    assert inside == sum((port.outage for port in told.ports), timedelta())


@settings(max_examples=60, deadline=None)
@given(HISTORIES, st.integers(1, HORIZON - 1))
def test_two_parts_of_a_period_add_up(history: History, middle: int) -> None:
    """Nothing is lost or counted twice where one period ends and the next begins."""
    whole, first, second = (
        report(history, period(*span), now=HORIZON) for span in ((0, HORIZON), (0, middle), (middle, HORIZON))
    )
    for port in whole.ports:
        parts = [each for part in (first, second) for each in part.ports if each.evse == port.evse]
        assert port.outage == sum((each.outage for each in parts), timedelta())
        assert port.minutes == sum((each.minutes for each in parts), timedelta())


# --- edges ----------------------------------------------------------------------------------------------------------


def year_with(outage: timedelta, year: int = 2026) -> StationUptime:
    """A port in service since long before, faulted for so long in the middle of a year."""
    begin = datetime(year, 6, 1, tzinfo=UTC)
    place = EvseAddress(evse=1, connector=1)
    told = [
        (datetime(year - 1, 1, 1, tzinfo=UTC), AVAILABLE),
        (begin, FAULTED),
        (begin + outage, AVAILABLE),
    ]
    history = History(statuses=tuple(PortStatus(at=when, address=place, availability=what) for when, what in told))
    now = datetime(year + 1, 3, 1, tzinfo=UTC)
    return station_uptime("CS-1", history, USUAL, (), period_of(str(year), ZONE, now), now)


def test_exactly_97_percent_is_not_more_than_97_percent() -> None:
    """15,768 minutes of 525,600 are 3 %: one second less meets the rule, though both are shown with four digits."""
    allowed = timedelta(minutes=15_768)
    (exact,) = year_with(allowed).ports
    (better,) = year_with(allowed - timedelta(seconds=1)).ports
    assert (exact.percent, exact.meets) == (Decimal("97.0000"), False)
    assert (better.percent, better.meets) == (Decimal("97.0000"), True)
    (worse,) = year_with(allowed + timedelta(seconds=1)).ports
    assert worse.percent == Decimal("96.9999")


def test_a_leap_year_counts_525600_minutes_too() -> None:
    """The rule knows one year. Down all of it is nothing, not less."""
    (port,) = year_with(timedelta(minutes=15_768), year=2028).ports
    assert (port.minutes, port.meets) == (timedelta(minutes=525_600), False)
    down = History(statuses=(PortStatus(at=START, address=EvseAddress(evse=1, connector=1), availability=FAULTED),))
    now = datetime(2029, 2, 1, tzinfo=UTC)
    (dead,) = station_uptime("CS-1", down, USUAL, (), period_of("2028", ZONE, now), now).ports
    assert dead.outage == timedelta(minutes=527_040)
    assert dead.percent == 0


def test_what_is_not_yet_over_or_not_in_service_does_not_count() -> None:
    """Half an hour of service, ten minutes of it down, looked at before the period is over; the second port comes too late."""
    history = History(statuses=(status(30, AVAILABLE), status(50, FAULTED), status(200, AVAILABLE, evse=2)))
    told = report(history, period(0, 100), now=60)
    (port,) = told.ports
    assert (port.since, port.until, port.outage) == (at(30), at(60), 10 * MINUTE)
    assert [(each.outage.ongoing, each.outage.until) for each in told.outages] == [(True, at(60))]


def test_what_ends_in_this_moment_is_not_going_on() -> None:
    """Looked at when the port has just come back, and when it has just gone."""
    history = History(statuses=(status(0, AVAILABLE), status(10, FAULTED), status(20, AVAILABLE), status(30, FAULTED)))
    for now, ongoing in ((10, []), (11, [True]), (20, [False]), (30, [False]), (31, [False, True])):
        assert [each.outage.ongoing for each in report(history, period(0, 60), now=now).outages] == ongoing


def test_one_usable_connector_keeps_a_port_up() -> None:
    """Some stations tell that the other connector of an EVSE in use is Unavailable (against G01.FR.08); only both at once is an outage."""
    history = History(
        statuses=(
            status(0, AVAILABLE),
            status(0, AVAILABLE, connector=2),
            status(10, OCCUPIED),
            status(10, UNAVAILABLE, connector=2),
            status(20, FAULTED),
            status(25, AVAILABLE, connector=2),
        )
    )
    (port,) = report(history, period(0, 60)).ports
    assert (port.outage, port.causes) == (5 * MINUTE, {Cause.FAULTED: 5 * MINUTE})


def test_an_outage_of_several_causes_is_one_outage() -> None:
    """A fault, then the connection is lost, and the port is well when it comes back: one visit, one outage."""
    history = History(
        statuses=(status(0, AVAILABLE), status(10, FAULTED), status(30, AVAILABLE)),
        connections=(connection(0, True), connection(20, False), connection(40, True)),
    )
    (counted,) = report(history, period(0, 60)).outages
    assert (counted.outage.since, counted.outage.until) == (at(10), at(40))
    assert counted.outage.causes == (Cause.FAULTED, Cause.CONNECTION_LOST)


def test_a_short_loss_of_the_connection_is_forgiven_by_the_grace() -> None:
    """Of a minute and of ten, with a grace of five minutes; without one both count."""
    lost = ((10, False), (11, True), (20, False), (30, True))
    history = History(statuses=(status(0, AVAILABLE),), connections=tuple(connection(*each) for each in lost))
    (strict,), (lenient,) = (report(history, period(0, 60), terms=Terms(grace=grace)).ports for grace in (0, 300))
    assert (strict.outage, lenient.outage) == (11 * MINUTE, 10 * MINUTE)


def test_hours_of_operation_follow_the_clock_on_the_wall() -> None:
    """Open from 6 to 22: on the day the clocks go forward the night is an hour shorter, and only the part that is down is excluded."""
    zone = "America/New_York"
    hours = tuple(Opening(weekday=day, since=360, until=1320) for day in range(7))
    day = period_between(datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC), ZoneInfo(zone))
    assert sum((each.length for each in closed_in(day, hours, ZoneInfo(zone))), timedelta()) == timedelta(hours=7)
    place = EvseAddress(evse=1, connector=1)
    down = History(statuses=(PortStatus(at=day.since, address=place, availability=FAULTED),))
    told = station_uptime("CS-1", down, Terms(hours=hours, time_zone=zone), (), day, day.until)
    assert (told.ports[0].outage, told.ports[0].excluded) == (timedelta(hours=23), timedelta(hours=7))


@pytest.mark.parametrize(
    ("reported", "due"),
    [
        (datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC)),  # Monday: the whole of the next one
        (datetime(2026, 3, 7, 10, tzinfo=UTC), datetime(2026, 3, 14, tzinfo=UTC)),  # Saturday: Monday is the first
        (datetime(2026, 12, 24, 10, tzinfo=UTC), datetime(2027, 1, 5, tzinfo=UTC)),  # two holidays between
    ],
)
def test_five_business_days(reported: datetime, due: datetime) -> None:
    """The day of the report is none of them, nor are weekends and holidays."""
    assert corrected_by(reported, ZONE, [date(2026, 12, 25), date(2027, 1, 1)]) == due


def test_an_outage_is_late_after_five_business_days_unless_that_time_is_excluded() -> None:
    """Mended on Tuesday morning is late by a night; a storm that kept everybody away is no lateness."""
    week = 8 * 24 * 60
    history = History(statuses=(status(-60, AVAILABLE), status(600, FAULTED), status(week + 480, AVAILABLE)))
    (late,) = report(history, period(0, 20_000)).outages
    assert (late.due, late.late) == (at(week), True)
    storm = Excluded(since=at(week - 60), until=at(week + 600), reason=ExclusionReason.NATURAL_DISASTER)
    (excused,) = report(history, period(0, 20_000), storm).outages
    assert not excused.late


def test_periods_have_names() -> None:
    """Years, quarters, months, and the twelve months the rule asks for each month; their days are those of the time zone."""
    now = datetime(2026, 3, 1, 2, tzinfo=UTC)  # still February in New York
    zone = ZoneInfo("America/New_York")
    year = period_of("12-months", zone, now)
    assert (year.since, year.until) == (datetime(2025, 2, 1, 5, tzinfo=UTC), datetime(2026, 2, 1, 5, tzinfo=UTC))
    quarter = period_of("2026-Q1", zone, now)
    assert [part.length.days for part in months_of(quarter, zone)] == [31, 28, 30]
    assert months_of(quarter, zone)[-1].until == quarter.until
    assert (quarter.is_year, year.is_year, period_of("2026", zone, now).is_year) == (False, True, True)
    assert period_between(year.since, year.until, zone).is_year
    for wrong in ("2026-13", "26", "2026-Q5", "last year", "0001", "\uff12026"):
        with pytest.raises(ValueError, match="is no period"):
            period_of(wrong, zone, now)


def test_the_time_of_a_status_is_its_own_unless_it_cannot_be() -> None:
    """A clock that runs ahead, or was never set, would move a fault to where nobody looks."""
    assert told_at(at(-600), at(0)) == at(-600)
    assert told_at(at(5), at(0)) == at(0)
    assert told_at(datetime(1970, 1, 1, tzinfo=UTC), at(0)) == at(0)
    assert told_at(None, at(0)) == at(0)
