"""Reports, worked by hand: a day of 25 hours, a session over midnight, an outage over the edge, causes of failures; and sums that agree."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.domain.availability import Availability
from pilotwire.domain.closing import Closing, ClosingReason
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.metering import register_reading
from pilotwire.domain.reports import (
    By,
    Earned,
    Failure,
    Kind,
    Known,
    Report,
    Session,
    Unit,
    asked_parts,
    failure_of,
    figures_of,
    parts_of,
    report_of,
    session_of,
)
from pilotwire.domain.reports.periods import midnight
from pilotwire.domain.transactions import (
    ChargingState,
    EventKind,
    StoppedReason,
    TransactionEvent,
    TriggerReason,
    fold,
)
from pilotwire.domain.uptime import USUAL, ConnectionChange, History, PortStatus, ports_of
from pilotwire.domain.uptime_periods import Interval

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
JANUARY = Interval(since=FIRST, until=datetime(2026, 2, 1, tzinfo=UTC))
LATER = datetime(2026, 6, 1, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


def session(*events: TransactionEvent, station: str = "CS-1") -> Session:
    transaction = None
    for event in events:
        transaction = fold(station, transaction, event)
    assert transaction is not None
    return session_of(transaction, events, (), LATER)


def event(kind: EventKind, when: datetime, wh: int | None = None, **more: Any) -> TransactionEvent:
    contexts = {EventKind.STARTED: "Transaction.Begin", EventKind.ENDED: "Transaction.End"}
    readings = () if wh is None else (register_reading(when, Decimal(wh), contexts.get(kind, "Sample.Periodic")),)
    usual = {"trigger": TriggerReason.TRIGGER, "address": EvseAddress(evse=1, connector=1), "transaction_id": "t"}
    return TransactionEvent(kind=kind, at=when, readings=readings, **(usual | more))


def report(kind: Kind, by: By, period: Interval, *known: Known, zone: ZoneInfo | None = None, **sites: Any) -> Report:
    zone = zone or ZoneInfo("UTC")
    parts = asked_parts(period, by, zone)
    figures = [each for one in known for each in figures_of(one, parts, LATER)]
    return report_of(kind, by, period, zone, figures, sites)


STARTED, UPDATED, ENDED = EventKind.STARTED, EventKind.UPDATED, EventKind.ENDED


def test_days_have_23_to_25_hours() -> None:
    """In Berlin the clocks go forward on 29 March 2026, and back on 25 October."""
    for first, hours in ((date(2026, 3, 28), (24, 23, 24)), (date(2026, 10, 24), (24, 25, 24))):
        whole = Interval(since=midnight(first, BERLIN), until=midnight(first + timedelta(days=3), BERLIN))
        assert [each.length / timedelta(hours=1) for each in parts_of(whole, Unit.DAY, BERLIN)] == list(hours)


def test_weeks_begin_on_monday_and_edges_are_parts() -> None:
    weeks = parts_of(JANUARY, Unit.WEEK, ZoneInfo("UTC"))  # 1 January 2026 is a Thursday
    assert [each.since.day for each in weeks] == [1, 5, 12, 19, 26]
    assert weeks[-1].until == JANUARY.until


def test_a_session_over_midnight_is_split() -> None:
    """From 22:00 to 02:00, charging until 01:00; 3 kWh were metered by 23:30, 5 by 00:30, 6 in all."""
    charged = session(
        event(STARTED, at(10, 22), 1000, charging_state=ChargingState.CHARGING),
        event(UPDATED, at(10, 23, 30), 4000),
        event(UPDATED, at(11, 0, 30), 6000),
        event(UPDATED, at(11, 1), 7000, charging_state=ChargingState.SUSPENDED_EV),
        event(ENDED, at(11, 2), 7000, stopped_reason=StoppedReason.LOCAL),
    )
    days = report(Kind.OPERATION, By.DAY, JANUARY, Known("CS-1", [charged])).rows
    ninth, tenth, eleventh = days[8:11]
    names = ("day", "sessions", "energyKwh", "occupiedMinutes", "chargingMinutes", "idleMinutes")
    assert [tenth[name] for name in names] == ["2026-01-10", 1, 3.0, 120, 120, 0]
    assert [eleventh[name] for name in names] == ["2026-01-11", 0, 3.0, 120, 60, 60]
    assert (ninth["sessions"], ninth["energyKwh"], ninth["occupiedMinutes"]) == (0, 0, 0)


def test_a_session_on_the_long_day_occupies_25_hours() -> None:
    day = date(2026, 10, 25)
    whole = Interval(since=midnight(day, BERLIN), until=midnight(day + timedelta(days=1), BERLIN))
    parked = session(
        event(STARTED, whole.since, 0), event(ENDED, whole.until, 9000, stopped_reason=StoppedReason.LOCAL)
    )
    parts = asked_parts(whole, By.DAY, BERLIN)
    found = figures_of(Known("CS-1", [parked]), parts, datetime(2027, 1, 1, tzinfo=UTC))
    (row,) = report_of(Kind.OPERATION, By.DAY, whole, BERLIN, found, {}).rows
    assert (row["day"], row["occupiedMinutes"]) == ("2026-10-25", 25 * 60)


def test_without_readings_the_energy_is_at_the_end() -> None:
    charged = session(
        event(STARTED, at(10, 22), 1000), event(ENDED, at(11, 2), 7000, stopped_reason=StoppedReason.LOCAL)
    )
    assert charged.charging is None
    days = report(Kind.OPERATION, By.DAY, JANUARY, Known("CS-1", [charged])).rows
    assert [days[number]["energyKwh"] for number in (9, 10)] == [0, 6]
    assert days[9]["chargingMinutes"] is None


def test_an_outage_over_the_edge_counts_where_it_is() -> None:
    """Faulted from 31 January 23:00 to 1 February 05:00: an hour of January, five of February; the fault is January's, six hours long."""
    statuses = (
        PortStatus(at=FIRST, address=EvseAddress(evse=1, connector=1), availability=Availability.AVAILABLE),
        PortStatus(at=at(31, 23), address=EvseAddress(evse=1, connector=1), availability=Availability.FAULTED),
        PortStatus(
            at=JANUARY.until + timedelta(hours=5),
            address=EvseAddress(evse=1, connector=1),
            availability=Availability.AVAILABLE,
        ),
    )
    history = History(statuses=statuses, connections=(ConnectionChange(at=FIRST, connected=True),))
    known = Known("CS-1", ports=ports_of(history, USUAL, LATER))
    whole = Interval(since=JANUARY.since, until=datetime(2026, 3, 1, tzinfo=UTC))
    january, february = report(Kind.FAULTS, By.MONTH, whole, known).rows
    names = ("month", "faults", "faulted", "meanMinutesToRepair", "outageMinutes")
    assert [january[name] for name in names] == ["2026-01", 1, 1, 360, 60]
    assert [february[name] for name in names] == ["2026-02", 0, 0, None, 300]
    uptimes = report(Kind.UPTIME, By.MONTH, whole, known).rows
    assert [each["uptimePercent"] for each in uptimes] == [99.8655, 99.2559]  # 743 of 744 hours, 667 of 672


def test_what_goes_on_counts_until_now_and_is_still_down() -> None:
    faulted = PortStatus(at=at(31, 12), address=EvseAddress(evse=1), availability=Availability.FAULTED)
    history = History(statuses=(faulted,), connections=(ConnectionChange(at=FIRST, connected=True),))
    now = at(31, 13)
    found = figures_of(Known("CS-1", ports=ports_of(history, USUAL, now)), (JANUARY,), now)
    (row,) = report_of(Kind.FAULTS, By.PORT, JANUARY, ZoneInfo("UTC"), found, {}).rows
    assert (row["stillDown"], row["longestMinutes"], row["meanMinutesToRepair"]) == (1, 60, None)


def test_amounts_of_two_currencies_are_not_added() -> None:
    known = Known(
        "CS-1",
        earned=[
            Earned(at=at(3, 1), evse=1, currency="EUR", excl_tax=Decimal("10.00"), incl_tax=Decimal("11.90")),
            Earned(
                at=at(3, 2), evse=1, currency="EUR", excl_tax=Decimal("-1"), incl_tax=Decimal("-1.19"), is_bill=False
            ),
            Earned(at=at(3, 3), evse=1, currency="SEK", excl_tax=Decimal("50.5"), incl_tax=Decimal("63.125")),
        ],
    )
    told = report(Kind.REVENUE, By.STATION, JANUARY, known)
    assert [tuple(each.values()) for each in told.totals] == [
        ("total", "EUR", 1, "9.00", "1.71", "10.71"),
        ("total", "SEK", 1, "50.50", "12.625", "63.125"),
    ]


CLOSED = Closing(reason=ClosingReason.NOT_RESUMED, at=FIRST, as_of=FIRST)


@pytest.mark.parametrize(
    ("told", "failure"),
    [
        ({"stopped": StoppedReason.LOCAL}, None),
        ({"stopped": StoppedReason.LOCAL, "energy": Decimal(0)}, Failure.ZERO_ENERGY),
        ({"stopped": StoppedReason.DEAUTHORIZED}, Failure.DEAUTHORISED),
        ({"stopped": StoppedReason.DEAUTHORIZED, "energy": Decimal(0)}, Failure.NOT_AUTHORISED),
        ({"trigger": TriggerReason.EV_CONNECT_TIMEOUT, "energy": None}, Failure.EV_NOT_CONNECTED),
        ({"trigger": TriggerReason.EV_COMMUNICATION_LOST}, Failure.EV_COMMUNICATION),
        ({"stopped": StoppedReason.EV_DISCONNECTED, "trigger": TriggerReason.EV_COMMUNICATION_LOST}, None),
        ({"stopped": StoppedReason.OTHER, "codes": ["ConnectorLockFailure"]}, Failure.CABLE_NOT_LOCKED),
        ({"stopped": StoppedReason.OTHER, "codes": ["VendorCode17"]}, Failure.FAULT),
        ({"stopped": StoppedReason.OTHER}, None),
        ({"stopped": StoppedReason.GROUND_FAULT}, Failure.FAULT),
        ({"stopped": StoppedReason.POWER_LOSS}, Failure.POWER_LOSS),
        ({"stopped": StoppedReason.SOFT_RESET}, Failure.RESET),
        ({"closing": CLOSED}, Failure.CONNECTION_LOST),
        ({"stopped": StoppedReason.SOC_LIMIT_REACHED}, None),
    ],
)
def test_causes_of_failures(told: dict[str, Any], failure: Failure | None) -> None:
    usual: dict[str, Any] = {
        "stopped": None,
        "trigger": None,
        "codes": (),
        "closing": None,
        "energy": Decimal(5000),
    }
    assert failure_of(**(usual | told)) is failure


# --- sums ------------------------------------------------------------------------------------------------------------


@st.composite
def known_stations(draw: st.DrawFn) -> list[Known]:
    """Two stations with two ports, some sessions and faults anywhere around January."""
    found = []
    minutes = st.integers(-3000, 47_000)
    for station in ("CS-1", "CS-2"):
        sessions, statuses = [], []
        for evse in (1, 2):
            address = EvseAddress(evse=evse, connector=1)
            for number in range(draw(st.integers(0, 3))):
                began = FIRST + timedelta(minutes=draw(minutes))
                more = {"address": address, "transaction_id": f"{evse}-{number}"}
                end = began + timedelta(minutes=draw(st.integers(1, 4000)))
                told = [event(STARTED, began, 0, **more)]
                told += [event(UPDATED, began + (end - began) * k / 4, 500 * k, **more) for k in (1, 2, 3)]
                reason = draw(st.sampled_from(StoppedReason))
                told.append(event(ENDED, end, draw(st.integers(1500, 9000)), stopped_reason=reason, **more))
                sessions.append(session(*told, station=station))
            states = st.sampled_from([Availability.AVAILABLE, Availability.FAULTED])
            for _ in range(draw(st.integers(0, 4))):
                when = FIRST + timedelta(minutes=draw(minutes))
                statuses.append(PortStatus(at=when, address=address, availability=draw(states)))
        connected = ConnectionChange(at=FIRST - timedelta(days=5), connected=True)
        history = History(statuses=tuple(statuses), connections=(connected,))
        found.append(Known(station, sessions, ports=ports_of(history, USUAL, LATER)))
    return found


SUMMED = {
    Kind.OPERATION: ("sessions", "failedSessions", "energyKwh", "occupiedMinutes", "faults"),
    Kind.SESSIONS: ("sessions", "deauthorised", "fault", "powerLoss", "energyKwh"),
    Kind.FAULTS: ("faults", "faulted", "stillDown", "outageMinutes"),
    Kind.UPTIME: ("minutes", "outageMinutes"),
}


@given(known_stations(), st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]))
@settings(max_examples=40, deadline=None)
def test_ports_add_up_to_stations_and_sites_and_days_to_the_period(stations: list[Known], zone_name: str) -> None:
    zone = ZoneInfo(zone_name)
    places = {"CS-1": ["harbour"], "CS-2": ["harbour"]}
    for kind, names in SUMMED.items():
        totals = []
        for by in By:
            parts = asked_parts(JANUARY, by, zone)
            figures = [each for one in stations for each in figures_of(one, parts, LATER)]
            told = report_of(kind, by, JANUARY, zone, figures, places)
            summed = [
                sum(row[name] for row in told.rows) for name in names
            ]  # rows are rounded, so their sum is nearly the total
            assert summed == pytest.approx([told.totals[0][name] for name in names], abs=0.02)
            totals.append(summed)
        assert all(each == pytest.approx(totals[0], abs=0.02) for each in totals)


@given(known_stations())
@settings(max_examples=20, deadline=None)
def test_occupied_time_is_that_of_a_count_minute_by_minute(stations: list[Known]) -> None:
    """Against the plainest way to count: each minute of January, of each port, looked at by itself."""
    for known in stations:
        for evse in (1, 2):
            spans = [each.occupied for each in known.sessions if each.evse == evse and each.occupied is not None]
            taken: set[int] = set()
            for span in spans:
                first = (span.since - FIRST) // timedelta(minutes=1)
                last = (span.until - FIRST) // timedelta(minutes=1)
                taken |= set(range(max(0, first), min(last, 31 * 1440)))
            found = [each for each in figures_of(known, (JANUARY,), LATER) if each.evse == evse]
            assert sum((each.figures.occupied for each in found), timedelta()) == timedelta(minutes=len(taken))
