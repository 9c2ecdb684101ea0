"""What every store must do, whatever it keeps its records in: the same suite against memory and SQLite."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from pilotwire.clock import ManualClock
from pilotwire.csms.store.booking import EVERYTHING, FIRST_PAGE
from pilotwire.csms.store.open import OpenStore, open_store
from pilotwire.csms.store.ports import (
    ApiKey,
    Direction,
    ForgetFindings,
    ForgetFrames,
    KeepFinding,
    KeepReadings,
    KeepSecurityEvent,
    LogFilter,
    LogFrame,
    Operation,
    Page,
    PutApiKey,
    PutStatus,
    PutToken,
    RecordBoot,
    RecordConnection,
    RegisterStation,
    RemoveApiKey,
    RemoveStation,
    RemoveToken,
    Scope,
    TransactionFilter,
)
from pilotwire.csms.store.registers import Diary, Register, cursor_of
from pilotwire.domain.authorization import AuthorizationStatus, Token
from pilotwire.domain.availability import Activity, Availability, ConnectorState, ConnectorStatus, Problem
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.identity import AdditionalInfo, EvseAddress, IdToken, StationIdentity
from pilotwire.domain.kinds import Value, changed
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.transactions import EventKind, Transaction, TriggerReason, fold
from pilotwire.errors import MisuseError, PilotwireError, StoreError
from tests.support.csms_store import (
    CARD,
    EVSE,
    arrivals,
    at,
    book,
    charge_2x,
    event,
    full_reading,
    register,
    start_16,
)


@pytest.fixture(params=["memory", "sqlite"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    """An empty store of each kind."""
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/store.db"
    async with open_store(url, clock=ManualClock()) as opened:
        yield opened


async def names(opened: OpenStore, which: TransactionFilter = EVERYTHING, page: Page = FIRST_PAGE) -> list[str]:
    """The ids of transactions, as listed."""
    return [each.transaction_id for each in await opened.store.transactions(which, page)]


# --- transactions ------------------------------------------------------------------------------------------------------------------


async def test_a_charge_is_booked_and_read_back(opened: OpenStore) -> None:
    """What was told comes back: the transaction, its events in place, its readings by time, no digit lost."""
    events = charge_2x()
    booked = [(await opened.journal.append(book(each, received=100)))[0] for each in events]
    transaction = await opened.store.transaction("CS001", "tx-1")
    assert transaction == booked[-1].transaction == reduce(lambda tx, each: fold("CS001", tx, each), events, None)
    assert transaction is not None
    assert (transaction.energy, transaction.is_open, transaction.id_token) == (Decimal("63.5"), False, CARD)
    kept = await opened.store.events("CS001", "tx-1")
    assert [each.event for each in kept] == events
    assert {(each.station, each.transaction_id, each.received_at) for each in kept} == {("CS001", "tx-1", at(100))}
    readings = await opened.store.readings("CS001", "tx-1")
    assert [each.reading for each in readings] == [
        register(0, "100"),
        register(50, "150"),
        full_reading(60),
        register(90, "163.5"),
    ]
    assert {(each.station, each.transaction_id, each.address) for each in readings} == {("CS001", "tx-1", EVSE)}
    assert [each.reading.at for each in await opened.store.readings("CS001", "tx-1", since=at(50), limit=2)] == [
        at(50),
        at(60),
    ]


async def test_a_repeated_event_changes_nothing(opened: OpenStore) -> None:
    """An event that comes again is recognised, in one append as in several, and the transaction comes back as it is."""
    events = charge_2x()
    await opened.journal.append(*(book(each) for each in events))
    before = await opened.store.transaction("CS001", "tx-1")
    for again in await opened.journal.append(*(book(each, received=500) for each in events)):
        assert (again.repeated, again.conflict, again.transaction) == (True, False, before)
    assert await opened.store.transaction("CS001", "tx-1") == before
    assert len(await opened.store.events("CS001", "tx-1")) == len(events)
    assert len(await opened.store.readings("CS001", "tx-1")) == 4


async def test_a_repetition_within_one_append_is_recognised(opened: OpenStore) -> None:
    """Also when the first one is not on the disk yet."""
    first, again = await opened.journal.append(book(charge_2x()[2]), book(charge_2x()[2]))
    assert (first.repeated, again.repeated, again.transaction.events) == (False, True, 1)


async def test_a_sequence_number_used_twice_is_a_conflict(opened: OpenStore) -> None:
    """The first event stays, the second is told apart from an honest repetition, readings included."""
    first, second = event(seq_no=7, readings=(register(0, "1"),)), event(seq_no=7, readings=(register(0, "2"),))
    await opened.journal.append(book(first))
    (booked,) = await opened.journal.append(book(second))
    assert (booked.repeated, booked.conflict, booked.transaction.last_register) == (True, True, Decimal(1))


async def test_late_events_find_their_place(opened: OpenStore) -> None:
    """Events that arrive backwards are listed in their place and make the same transaction."""
    events = charge_2x()
    for each in reversed(events):
        await opened.journal.append(book(each))
    assert [each.event for each in await opened.store.events("CS001", "tx-1")] == events
    transaction = await opened.store.transaction("CS001", "tx-1")
    assert transaction == reduce(lambda tx, each: fold("CS001", tx, each), events, None)


async def test_events_without_sequence_numbers_are_placed_by_time(opened: OpenStore) -> None:
    """1.6: start first, end last, whatever the clocks say in between; a value that is retried with the same content is booked once."""
    ((started,), stop_at) = (await opened.journal.append(book(start_16(10))), 5)
    number = started.transaction.transaction_id
    values = [
        event(seconds=seconds, transaction_id=number, readings=(register(seconds, str(seconds)),))
        for seconds in (40, 20)
    ]
    end = event(EventKind.ENDED, stop_at, number, trigger=TriggerReason.STOP_AUTHORIZED)
    await opened.journal.append(book(end), *(book(each) for each in values))
    (again,) = await opened.journal.append(book(values[1]))
    kept = await opened.store.events("CS001", number)
    assert [each.event.at for each in kept] == [at(10), at(20), at(40), at(5)]
    assert again.repeated
    assert again.transaction.last_register == Decimal(40)


@given(arrived=arrivals())
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_any_order_of_arrival_makes_the_same_transaction(
    kind: str, arrived: tuple[list, list], shared: OpenShop
) -> None:
    """Permuted and repeated events make the transaction that `fold` makes of them in order, in one append or in many."""
    sent, received = arrived
    station = shared.new_station()
    expected = reduce(lambda tx, each: fold(station, tx, each), sent, None)
    half = len(received) // 2

    async def scenario(opened: OpenStore) -> Transaction | None:
        await opened.journal.append(*(book(each, station) for each in received[:half]))
        await asyncio.gather(*(opened.journal.append(book(each, station)) for each in received[half:]))
        assert len(await opened.store.events(station, "tx-1")) == len(sent)
        return await opened.store.transaction(station, "tx-1")

    assert shared.run(kind, scenario) == expected


class OpenShop:
    """Stores of both kinds that stay open through many examples of one property."""

    def __init__(self, directory: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._stations = count(1)
        clock = ManualClock()
        self._opened = {
            "memory": open_store("memory:", clock=clock),
            "sqlite": open_store(f"{directory}/s.db", clock=clock),
        }

    def new_station(self) -> str:
        """A station nothing is known of yet."""
        return f"CS{next(self._stations):04}"

    def run(self, kind: str, scenario):
        """Run a scenario on the store of a kind."""
        return self._loop.run_until_complete(scenario(self._opened[kind]))

    def close(self) -> None:
        """Close the stores."""
        for opened in self._opened.values():
            self._loop.run_until_complete(opened.close())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


@pytest.fixture(scope="module")
def shared():
    """One pair of stores for a property's examples."""
    with tempfile.TemporaryDirectory() as directory:
        shop = OpenShop(directory)
        yield shop
        shop.close()


# --- 1.6: the CSMS names the transaction --------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:4.8")
async def test_starts_are_numbered_over_the_whole_store(opened: OpenStore) -> None:
    """Each 1.6 start gets the next number from 1, whichever station it is of, and a retried one its own number again."""
    one, two, again, three = await opened.journal.append(
        book(start_16()), book(start_16(), "CS002"), book(start_16()), book(start_16(60))
    )
    assert [each.transaction.transaction_id for each in (one, two, again, three)] == ["1", "2", "1", "3"]
    assert [each.repeated for each in (one, two, again, three)] == [False, False, True, False]
    (later,) = await opened.journal.append(book(start_16(), received=900))
    assert (later.transaction.transaction_id, later.repeated, later.conflict) == ("1", True, False)


async def test_a_number_already_in_use_at_the_station_is_left_out(opened: OpenStore) -> None:
    """A stop for transaction 1 of an earlier CSMS must not be merged with the first start at this one."""
    await opened.journal.append(book(event(EventKind.ENDED, 0, "1")))
    (booked,) = await opened.journal.append(book(start_16(60)))
    assert booked.transaction.transaction_id == "2"
    assert (await opened.store.transaction("CS001", "1")).started_at is None


@pytest.mark.req("1.6:4.8")
@pytest.mark.parametrize("lost", ["0", "-1", None])
async def test_events_of_a_lost_start_are_kept_apart(opened: OpenStore, lost: str | None) -> None:
    """Stops whose starts were never answered are about different transactions: each is booked alone, a repeated one once."""
    first, second = event(EventKind.ENDED, 1, lost), event(EventKind.ENDED, 2, lost)
    booked = await opened.journal.append(book(first), book(second), book(first))
    ids = [each.transaction.transaction_id for each in booked]
    assert ids[0] == ids[2] != ids[1]
    assert all(name.startswith("orphan-") and len(name) <= 36 for name in ids)
    assert [each.repeated for each in booked] == [False, False, True]
    assert [each.transaction.started_at for each in booked] == [None, None, None]


async def test_a_2x_station_may_name_its_transaction_anything(opened: OpenStore) -> None:
    """`0` and `-1` are ordinary names where the station gives them."""
    (booked,) = await opened.journal.append(book(event(EventKind.UPDATED, 0, "0", seq_no=1)))
    assert booked.transaction.transaction_id == "0"


# --- asking for transactions ---------------------------------------------------------------------------------------------------------


async def test_transactions_are_listed_newest_first_and_page_by_page(opened: OpenStore) -> None:
    """Every transaction is on exactly one page, also with a slash in a name."""
    for number in range(7):
        await opened.journal.append(
            book(event(EventKind.STARTED, number, f"t/{number}", seq_no=0), station=f"a/{number % 2}")
        )
    whole = await names(opened)
    assert whole == [f"t/{number}" for number in reversed(range(7))]
    pages: list[str] = []
    after = None
    while found := await opened.store.transactions(TransactionFilter(), Page(limit=3, after=after)):
        pages += [each.transaction_id for each in found]
        after = f"{found[-1].station}/{found[-1].transaction_id}"
    assert pages == whole
    assert await names(opened, page=Page(after="no/such")) == []
    assert await names(opened, page=Page(after="nonsense")) == []


async def test_transactions_are_found_by_what_is_known_of_them(opened: OpenStore) -> None:
    """By station, token, being open, and when they began."""
    await opened.journal.append(*(book(each) for each in charge_2x("over")))
    await opened.journal.append(book(event(EventKind.STARTED, 600, "running", seq_no=0, id_token=CARD), "CS002"))
    await opened.journal.append(book(event(EventKind.UPDATED, 700, "startless", seq_no=4), "CS002"))
    assert await names(opened, TransactionFilter(station="CS001")) == ["over"]
    assert await names(opened, TransactionFilter(is_open=True)) == ["startless", "running"]
    assert await names(opened, TransactionFilter(is_open=False)) == ["over"]
    assert await names(opened, TransactionFilter(id_token="04a2b3c4")) == ["running", "over"]
    assert await names(opened, TransactionFilter(since=at(600))) == ["startless", "running"]
    assert await names(opened, TransactionFilter(until=at(600))) == ["over"]
    assert await names(opened, TransactionFilter(since=at(1), until=at(700), is_open=True)) == ["running"]


async def test_open_transactions_of_a_token_are_counted(opened: OpenStore) -> None:
    """Over all stations, without regard to case; ended ones, other types and the one asked about do not count."""
    await opened.journal.append(
        book(start_16()), book(start_16(), "CS002"), *(book(each, "CS003") for each in charge_2x())
    )
    assert await opened.store.open_with(CARD) == 2
    assert await opened.store.open_with(IdToken(value="04a2B3c4")) == 2
    assert await opened.store.open_with(CARD, besides=("CS002", "2")) == 1
    assert await opened.store.open_with(IdToken(value="other")) == 0
    await opened.journal.append(
        book(event(EventKind.STARTED, 0, "tx-9", seq_no=0, id_token=changed(CARD, type="eMAID")), "CS004")
    )
    assert await opened.store.open_with(CARD) == 2
    assert await opened.store.open_with(IdToken(value=CARD.value)) == 3


# --- stations ------------------------------------------------------------------------------------------------------------------------


async def test_a_station_becomes_known_and_keeps_what_is_told_of_it(opened: OpenStore) -> None:
    """Connecting and booting make a station known but not registered; registering adds to it."""
    identity = StationIdentity(vendor="Volta", model="One", firmware_version="1.2")
    await opened.journal.append(RecordConnection(station="CS001", connected=True, at=at(0), version="ocpp2.0.1"))
    await opened.journal.append(RecordBoot(station="CS001", identity=identity, reason="PowerUp", at=at(1)))
    await opened.journal.append(
        RegisterStation(
            station="CS001", registration=RegistrationStatus.ACCEPTED, at=at(2), password_hash="h", note="yard"
        )
    )
    await opened.journal.append(RegisterStation(station="CS001", registration=RegistrationStatus.PENDING, at=at(3)))
    await opened.journal.append(RecordConnection(station="CS001", connected=False, at=at(4)))
    station = await opened.store.station("CS001")
    assert station is not None
    assert (station.identity, station.version, station.password_hash, station.note) == (
        identity,
        "ocpp2.0.1",
        "h",
        "yard",
    )
    assert (station.registration, station.connected) == (RegistrationStatus.PENDING, False)
    assert (station.created_at, station.last_boot_at, station.last_boot_reason) == (at(0), at(1), "PowerUp")
    assert station.last_seen_at == at(4)
    assert await opened.store.station("CS002") is None


async def test_stations_are_listed_by_name_page_by_page(opened: OpenStore) -> None:
    """The cursor is the last name."""
    for name in ("b", "C", "a", "ä"):
        await opened.journal.append(RegisterStation(station=name, registration=None, at=at(0)))
    first = await opened.store.stations(Page(limit=2))
    assert [each.station for each in first] == ["C", "a"]
    assert [each.station for each in await opened.store.stations(Page(after="a"))] == ["b", "ä"]


async def test_a_removed_station_leaves_its_transactions_behind(opened: OpenStore) -> None:
    """The record and its connectors go, what was charged stays; removing tells whether there was one."""
    status = ConnectorStatus(address=EVSE, at=at(0), state=ConnectorState(availability=Availability.AVAILABLE))
    register_it = RegisterStation(station="CS001", registration=None, at=at(0))
    await opened.journal.append(
        register_it, PutStatus(station="CS001", status=status, received_at=at(0)), book(start_16())
    )
    removed = await opened.journal.append(RemoveStation(station="CS001"), RemoveStation(station="CS001"))
    assert removed == [True, False]
    assert await opened.store.station("CS001") is None
    assert await opened.store.connectors("CS001") == []
    assert await names(opened) == ["1"]
    (booked,) = await opened.journal.append(book(start_16(60)))
    assert booked.transaction.transaction_id == "2"
    put, gone = await opened.journal.append(register_it, RemoveStation(station="CS001"))
    assert (put.station, gone, await opened.store.station("CS001")) == ("CS001", True, None)


async def test_the_newest_status_of_a_connector_is_kept(opened: OpenStore) -> None:
    """An older report that comes late is not shown; one without a time counts from its arrival."""

    def status(seconds: float | None, availability: Availability, address: EvseAddress = EVSE, **more) -> PutStatus:
        state = ConnectorState(availability=availability, **more)
        told = ConnectorStatus(address=address, at=None if seconds is None else at(seconds), state=state)
        return PutStatus(station="CS001", status=told, received_at=at(50))

    problem = {"activity": Activity.CHARGING, "problem": Problem(code="GroundFailure", info="x")}
    results = await opened.journal.append(
        status(10, Availability.OCCUPIED, **problem),
        status(5, Availability.AVAILABLE),
        status(1, Availability.FAULTED, EvseAddress(evse=1)),
        status(2, Availability.AVAILABLE, EvseAddress(evse=0)),
    )
    assert results == [True, False, True, True]
    connectors = await opened.store.connectors("CS001")
    assert [each.address for each in connectors] == [EvseAddress(evse=0), EvseAddress(evse=1), EVSE]
    assert connectors[2].state == ConnectorState(availability=Availability.OCCUPIED, **problem)
    await opened.journal.append(status(None, Availability.UNAVAILABLE))
    newest = (await opened.store.connectors("CS001"))[2]
    assert (newest.state.availability, newest.at) == (Availability.UNAVAILABLE, at(50))


# --- tokens and keys -----------------------------------------------------------------------------------------------------------------


async def test_tokens_are_found_without_regard_to_case(opened: OpenStore) -> None:
    """And by type only where both sides tell one."""
    token = Token(
        id_token=changed(CARD, additional=(AdditionalInfo(value="v", type="t"),)),
        status=AuthorizationStatus.BLOCKED,
        expires_at=at(10) + timedelta(microseconds=1),
        group=IdToken(value="G"),
        priority=-3,
        language="de",
        message="no",
        max_transactions=None,
    )
    await opened.journal.append(PutToken(token=token))
    for asked in (CARD, IdToken(value="04a2b3c4"), IdToken(value="04a2B3c4", type="ISO14443")):
        assert await opened.store.token(asked) == token
    assert await opened.store.token(changed(CARD, type="eMAID")) is None
    assert await opened.store.token(IdToken(value="04A2")) is None


async def test_the_record_of_the_same_type_answers_first(opened: OpenStore) -> None:
    """One value may be recorded under several types; where the asker tells none, the record without one answers."""
    untold, emaid, card = (Token(id_token=IdToken(value="X", type=kind)) for kind in (None, "eMAID", "ISO14443"))
    await opened.journal.append(*(PutToken(token=each) for each in (card, untold, emaid)))
    assert await opened.store.token(IdToken(value="x", type="eMAID")) == emaid
    assert await opened.store.token(IdToken(value="x")) == untold
    assert await opened.store.token(IdToken(value="x", type="Central")) == untold
    first = await opened.store.tokens(Page(limit=1))
    assert sorted(each.id_token.type or "" for each in first) == ["", "ISO14443", "eMAID"]
    assert await opened.store.tokens(Page(after="x")) == []


async def test_tokens_are_changed_listed_and_removed(opened: OpenStore) -> None:
    """Putting one again changes it; removing tells whether there was one."""
    for value in ("B", "a", "C"):
        await opened.journal.append(PutToken(token=Token(id_token=IdToken(value=value))))
    await opened.journal.append(PutToken(token=Token(id_token=IdToken(value="b"), priority=1)))
    assert [(each.id_token.value, each.priority) for each in await opened.store.tokens(Page(limit=2))] == [
        ("a", None),
        ("b", 1),
    ]
    assert [each.id_token.value for each in await opened.store.tokens(Page(after="B"))] == ["C"]
    removed = await opened.journal.append(
        RemoveToken(id_token=IdToken(value="B", type="Central")), RemoveToken(id_token=IdToken(value="b"))
    )
    assert removed == [True, False]
    assert await opened.store.token(IdToken(value="B")) is None


async def test_api_keys_are_put_and_revoked(opened: OpenStore) -> None:
    """By name; revoking tells whether there was one."""
    keys = [ApiKey(name=name, digest=name * 2, scopes=(Scope.READ, Scope.COMMAND), created_at=at(0)) for name in "ba"]
    await opened.journal.append(*(PutApiKey(key=key) for key in keys))
    assert await opened.store.api_keys() == keys[::-1]
    await opened.journal.append(PutApiKey(key=changed(keys[0], scopes=(Scope.ADMIN,))))
    assert [key.scopes for key in await opened.store.api_keys()] == [(Scope.READ, Scope.COMMAND), (Scope.ADMIN,)]
    assert await opened.journal.append(RemoveApiKey(name="a"), RemoveApiKey(name="a")) == [True, False]
    assert [key.name for key in await opened.store.api_keys()] == ["b"]


# --- what is only added --------------------------------------------------------------------------------------------------------------


async def test_readings_outside_of_transactions_are_kept_by_station(opened: OpenStore) -> None:
    """By time, from a time on, and not mixed with those of transactions."""
    readings = (full_reading(20), register(10, "5.50"))
    await opened.journal.append(
        KeepReadings(station="CS001", address=EVSE, readings=readings, received_at=at(30)),
        KeepReadings(station="CS002", address=EVSE, readings=readings, received_at=at(30)),
        book(charge_2x()[0]),
    )
    stored = await opened.store.readings("CS001")
    assert [each.reading for each in stored] == list(reversed(readings))
    assert {(each.station, each.transaction_id, each.address) for each in stored} == {("CS001", None, EVSE)}
    assert [each.reading for each in await opened.store.readings("CS001", since=at(20))] == [readings[0]]
    assert len(await opened.store.readings("CS001", limit=1)) == 1
    assert await opened.store.readings("CS001", "unheard-of") == []


def frame(number: int, station: str = "CS001", action: str = "Heartbeat") -> LogFrame:
    """A frame that was on the wire."""
    direction = Direction.OUT if number % 2 else Direction.IN
    return LogFrame(
        station=station,
        at=at(number),
        direction=direction,
        message_id=f"m-{number}",
        action=action,
        frame=f'["{number}"]',
    )


async def test_noted_frames_are_committed_with_what_is_appended_next(opened: OpenStore) -> None:
    """The log is read newest first, by station, action and number."""
    for number in range(4):
        opened.journal.note(frame(number))
    opened.journal.note(frame(4, "CS002", "Authorize"))
    await opened.journal.append(book(start_16()))
    log = await opened.store.log()
    assert [each.message_id for each in log] == ["m-4", "m-3", "m-2", "m-1", "m-0"]
    assert (log[1].at, log[1].direction, log[1].frame) == (at(3), Direction.OUT, '["3"]')
    assert [each.message_id for each in await opened.store.log("CS001", limit=2)] == ["m-3", "m-2"]
    assert [each.message_id for each in await opened.store.log(action="Authorize")] == ["m-4"]
    assert [each.message_id for each in await opened.store.log(before=log[2].number)] == ["m-1", "m-0"]


async def test_findings_and_security_events_are_listed_newest_first(opened: OpenStore) -> None:
    """Of one station or of all."""
    findings = [
        Finding(
            station=f"CS{n % 2}",
            at=at(n),
            rule="r",
            severity=Severity.BREACH,
            what=f"{n}",
            path="a.b",
            action="x",
            message_id="m",
        )
        for n in range(3)
    ]
    await opened.journal.append(*(KeepFinding(finding=each) for each in findings))
    assert await opened.store.findings() == findings[::-1]
    assert await opened.store.findings("CS0", limit=1) == [findings[2]]
    for n, station in enumerate(("CS0", "CS1")):
        told = SecurityEvent(type="TamperDetectionActivated", at=at(n), tech_info="lid")
        await opened.journal.append(KeepSecurityEvent(station=station, event=told, received_at=at(9)))
    kept = await opened.store.security_events()
    assert [(each.station, each.event.at, each.received_at) for each in kept] == [
        ("CS1", at(1), at(9)),
        ("CS0", at(0), at(9)),
    ]
    assert [each.event.tech_info for each in await opened.store.security_events("CS0")] == ["lid"]


# --- the journal ---------------------------------------------------------------------------------------------------------------------


async def test_what_is_appended_together_is_stored_together_or_not_at_all(opened: OpenStore) -> None:
    """One operation that cannot be stored takes its own append with it, and no other one."""
    naive = changed(event(seconds=1, seq_no=1), at=at(1).replace(tzinfo=None))
    bad = opened.journal.append(
        book(start_16(), "CS002"),
        RegisterStation(station="CS009", registration=None, at=at(0)),
        book(event(seq_no=0)),
        book(naive),
    )
    good = opened.journal.append(book(start_16()), RegisterStation(station="CS001", registration=None, at=at(0)))
    refused, stored = await asyncio.gather(bad, good, return_exceptions=True)
    assert isinstance(refused, StoreError)
    assert "cannot be stored" in refused.what
    assert stored[0].transaction.transaction_id == "1"  # the number the refused one had taken is free again
    assert await names(opened) == ["1"]
    assert [each.station for each in await opened.store.stations()] == ["CS001"]


async def test_an_unknown_operation_is_misuse(opened: OpenStore) -> None:
    """Our own code's mistake raises, and nothing is stored."""
    with pytest.raises(MisuseError, match="Operation"):
        await opened.journal.append(book(start_16()), Operation())
    assert await names(opened) == []


async def test_listeners_get_what_is_committed_with_its_result(opened: OpenStore) -> None:
    """From the moment they listen, in the order of committing, and none of what was refused."""
    await opened.journal.append(frame(0))
    listener = opened.journal.committed()
    with pytest.raises(MisuseError):
        await opened.journal.append(Operation())
    await opened.journal.append(book(start_16()), RemoveToken(id_token=CARD))
    operation, result = await anext(listener)
    assert (operation, result.transaction.transaction_id) == (book(start_16()), "1")
    assert await anext(listener) == (RemoveToken(id_token=CARD), False)


async def test_a_slow_listener_is_told_by_the_end_of_its_iteration(opened: OpenStore) -> None:
    """It gets what it was owed, then the end; others go on."""
    slow, quick = opened.journal.committed(2), opened.journal.committed()
    for number in range(4):
        await opened.journal.append(frame(number))
    assert [operation.message_id async for operation, _ in slow] == ["m-0", "m-1"]
    assert [(await anext(quick))[0].message_id for _ in range(4)] == ["m-0", "m-1", "m-2", "m-3"]


async def test_a_closed_store_takes_nothing_more(opened: OpenStore) -> None:
    """Closing stores what is queued, ends live views and refuses what comes later; closing twice is harmless."""
    listener = opened.journal.committed()
    opened.journal.note(frame(1))
    await opened.close()
    await opened.close()
    with pytest.raises(StoreError, match="closed"):
        await opened.journal.append(frame(2))
    assert [operation.message_id async for operation, _ in listener] == ["m-1"]


# --- registers and diaries ---------------------------------------------------------------------------------------------------------


class Note(Value):
    """A record for these tests."""

    text: str
    count: int = 0


NOTES = Register("test-notes", Note)
OTHERS = Register("test-others", Note)
LINES = Diary("test-lines", Note)


async def test_a_record_is_put_changed_and_taken_out(opened: OpenStore) -> None:
    """Each time it is told what was there before and what is there now."""
    journal, store = opened.journal, opened.store
    put, added, gone = await journal.append(
        NOTES.put("CS001", "a", Note(text="first")),
        NOTES.amend("CS001", "a", lambda note: changed(note, count=note.count + 1) if note else None),
        NOTES.remove("CS001", "a"),
    )
    assert (put.before, put.after) == (None, Note(text="first"))
    assert (added.before, added.after) == (Note(text="first"), Note(text="first", count=1))
    assert (gone.before, gone.after) == (Note(text="first", count=1), None)
    assert await store.record(NOTES, "CS001", "a") is None
    await journal.append(NOTES.put("CS001", "a", Note(text="again")))
    assert await store.record(NOTES, "CS001", "a") == Note(text="again")
    assert await store.record(OTHERS, "CS001", "a") is None
    assert await store.record(NOTES, "CS002", "a") is None


async def test_a_change_that_is_refused_changes_nothing(opened: OpenStore) -> None:
    """Nor does what was appended with it."""

    def refuse(_: Note | None) -> Note:
        raise PilotwireError("Not this one.")

    with pytest.raises(PilotwireError, match="Not this one"):
        await opened.journal.append(NOTES.put("", "b", Note(text="kept?")), NOTES.amend("", "a", refuse))
    assert await opened.store.record(NOTES, "", "b") is None


async def test_changes_at_the_same_time_are_all_counted(opened: OpenStore) -> None:
    """A change is made of what is there when it is written, not of what somebody read before."""

    def more(note: Note | None) -> Note:
        return Note(text="sum", count=(note.count if note else 0) + 1)

    await asyncio.gather(*(opened.journal.append(NOTES.amend("CS001", "sum", more)) for _ in range(20)))
    assert await opened.store.record(NOTES, "CS001", "sum") == Note(text="sum", count=20)


async def test_records_are_listed_by_station_and_key(opened: OpenStore) -> None:
    """Page by page; keys may hold anything."""
    keys = [("", "z"), ("CS001", "a/b"), ("CS001", "b:1"), ("CS002", "a")]
    await opened.journal.append(
        *(NOTES.put(station, key, Note(text=f"{station}|{key}")) for station, key in keys[::-1])
    )
    await opened.journal.append(OTHERS.put("CS001", "c", Note(text="other")))
    texts = [f"{station}|{key}" for station, key in keys]
    assert [each.text for each in await opened.store.records(NOTES)] == texts
    assert [each.text for each in await opened.store.records(NOTES, "CS001")] == texts[1:3]
    listed: list[str] = []
    after: str | None = None
    while page := await opened.store.records(NOTES, page=Page(limit=1, after=after)):
        listed.append(page[0].text)
        station, _, key = page[0].text.partition("|")
        after = cursor_of(station, key)
    assert listed == texts
    assert await opened.store.records(NOTES, page=Page(after="no cursor")) == []


async def test_a_station_taken_off_record_takes_its_records_along(opened: OpenStore) -> None:
    """But not what is written in diaries, nor other stations' records."""
    await opened.journal.append(
        NOTES.put("CS001", "a", Note(text="gone")),
        NOTES.put("CS002", "a", Note(text="stays")),
        LINES.keep("CS001", at(1), Note(text="stays")),
    )
    await opened.journal.append(RemoveStation(station="CS001"))
    assert [each.text for each in await opened.store.records(NOTES)] == ["stays"]
    assert [each.entry.text for each in await opened.store.entries(LINES, "CS001")] == ["stays"]


async def test_entries_are_read_newest_first(opened: OpenStore) -> None:
    """By station, by key, page by page; old ones are forgotten."""
    numbers = await opened.journal.append(
        *(LINES.keep(f"CS00{n % 2}", at(n), Note(text=str(n)), key="even" if n % 2 == 0 else "") for n in range(5))
    )
    assert list(numbers) == sorted(set(numbers))

    async def texts(*about: str, **more: Any) -> list[str]:
        return [each.entry.text for each in await opened.store.entries(LINES, *about, **more)]

    assert await texts() == ["4", "3", "2", "1", "0"]
    assert await texts("CS001") == ["3", "1"]
    assert await texts(key="even", limit=2) == ["4", "2"]
    assert await texts(before=numbers[3], limit=2) == ["2", "1"]
    (entry,) = await opened.store.entries(LINES, limit=1)
    assert (entry.number, entry.station, entry.at, entry.key) == (numbers[4], "CS000", at(4), "even")
    assert await opened.journal.append(LINES.forget(at(3))) == [3]
    assert await texts() == ["4", "3"]
    assert (await opened.journal.append(LINES.keep("CS000", at(9), Note(text="9"))))[0] > numbers[4]


# --- searching and forgetting the log ----------------------------------------------------------------------------------------------


async def logged(opened: OpenStore) -> None:
    """A log of two stations with a transaction of each version, an error and a SOAP fault."""
    said = [
        ("CS001", Direction.IN, "a", "StartTransaction", '[2,"a","StartTransaction",{"connectorId":1}]'),
        (
            "CS001",
            Direction.OUT,
            "a",
            "StartTransaction",
            '[3,"a",{"transactionId": 7,"idTagInfo":{"status":"Accepted"}}]',
        ),
        ("CS002", Direction.IN, "a", "Heartbeat", '[2,"a","Heartbeat",{}]'),
        ("CS001", Direction.IN, "b", "MeterValues", '[2,"b","MeterValues",{"transactionId":77}]'),
        (
            "CS002",
            Direction.IN,
            "c",
            "TransactionEvent",
            '[2,"c","TransactionEvent",{"transactionInfo":{"transactionId":"tx-7"}}]',
        ),
        ("CS002", Direction.OUT, "c", "TransactionEvent", '[4,"c","InternalError","",{}]'),
        (
            "CS003",
            Direction.OUT,
            "d",
            "StopTransaction",
            "<s:Envelope><s:Body><s:Fault>no</s:Fault></s:Body></s:Envelope>",
        ),
        ("CS003", Direction.IN, "e", "StopTransaction", "<x><transactionId>7</transactionId></x>"),
    ]
    for number, (station, direction, message_id, action, frame) in enumerate(said):
        await opened.journal.append(
            LogFrame(
                station=station,
                at=at(number * 600),
                direction=direction,
                message_id=message_id,
                action=action,
                frame=frame,
            )
        )


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (LogFilter(), [7, 6, 5, 4, 3, 2, 1, 0]),
        (LogFilter(station="CS002"), [5, 4, 2]),
        (LogFilter(action="StartTransaction"), [1, 0]),
        (LogFilter(direction=Direction.OUT), [6, 5, 1]),
        (LogFilter(message_id="a"), [2, 1, 0]),
        (LogFilter(errors=True), [6, 5]),
        (LogFilter(transaction_id="7", station="CS001"), [1, 0]),
        (LogFilter(transaction_id="7"), [7, 1, 0]),
        (LogFilter(transaction_id="tx-7"), [5, 4]),
        (LogFilter(since=at(1200), until=at(2400)), [3, 2]),
        (LogFilter(station="CS001", since=at(1200)), [3]),
        (LogFilter(text="Accepted"), [1]),
        (LogFilter(station="CS009"), []),
    ],
)
async def test_the_log_is_searched(opened: OpenStore, which: LogFilter, found: list[int]) -> None:
    """Every condition, newest first or oldest first, and page by page."""
    await logged(opened)
    first = (await opened.store.search(LogFilter(), after=0, limit=1))[0].number
    frames = await opened.store.search(which)
    assert [frame.number - first for frame in frames] == found
    assert list(await opened.store.search(which, after=0)) == list(reversed(frames))
    paged, before = [], None
    while page := await opened.store.search(which, before=before, limit=1):
        paged += page
        before = page[-1].number
    assert paged == list(frames)


async def test_the_log_is_forgotten_from_its_old_end(opened: OpenStore) -> None:
    """By time, by number, so many at once; and what is left is found as before."""
    await logged(opened)
    assert await opened.store.log_size() > 300

    async def left() -> list[str]:
        return [frame.message_id for frame in await opened.store.search(LogFilter(), after=0)]

    assert await opened.journal.append(ForgetFrames(before=at(1800), most=2)) == [2]
    assert await left() == ["a", "b", "c", "c", "d", "e"]
    assert await opened.journal.append(ForgetFrames(before=at(1800), most=2)) == [1]
    assert await opened.journal.append(ForgetFrames(oldest=3)) == [3]
    assert await left() == ["d", "e"]
    assert [frame.message_id for frame in await opened.store.log("CS003")] == ["e", "d"]
    await opened.journal.append(ForgetFrames(oldest=10))
    assert (await left(), await opened.store.log_size()) == ([], 0)


async def test_old_findings_and_security_events_are_forgotten(opened: OpenStore) -> None:
    """Those from before a time, nothing else."""
    for second in (1, 5):
        finding = Finding(station="CS001", at=at(second), rule="r", severity=Severity.NOTE, what=str(second))
        event = SecurityEvent(type=str(second), at=at(second))
        await opened.journal.append(
            KeepFinding(finding=finding), KeepSecurityEvent(station="CS001", event=event, received_at=at(second))
        )
    assert await opened.journal.append(ForgetFindings(before=at(5))) == [2]
    assert [each.what for each in await opened.store.findings()] == ["5"]
    assert [each.event.type for each in await opened.store.security_events()] == ["5"]
