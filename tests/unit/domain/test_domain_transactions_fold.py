"""How events become a transaction: in whatever order they come, and what identifies each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.metering import MeterReading, Sample, register_reading
from pilotwire.domain.transactions import (
    ChargingState,
    EventKind,
    StoppedReason,
    Transaction,
    TransactionEvent,
    TriggerReason,
    event_key,
    fold,
    start_key,
)
from pilotwire.ocpp.version import OcppVersion
from tests.support.said import DIALECTS, V16, addresses, events, facts, id_tokens, maybe, positive

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CARD = IdToken(value="04A1B2C3", type="ISO14443")
CONNECTOR = EvseAddress(evse=1, connector=1)


def event(kind: EventKind, minute: int, wh: int | None = None, **more: Any) -> TransactionEvent:
    """Something that happened so many minutes after noon."""
    at = NOON + timedelta(minutes=minute)
    told: dict[str, Any] = {
        "kind": kind,
        "transaction_id": "77",
        "at": at,
        "trigger": TriggerReason.METER_VALUE_PERIODIC,
        "readings": () if wh is None else (register_reading(at, Decimal(wh), "Sample.Periodic"),),
    }
    return TransactionEvent(**(told | more))


def folded(*heard: TransactionEvent) -> Transaction:
    """The transaction after these events, each counted once."""
    transaction, seen = None, set[str]()
    for each in heard:
        if event_key(each) not in seen:
            seen.add(event_key(each))
            transaction = fold("CS1", transaction, each)
    assert transaction is not None
    return transaction


START = event(EventKind.STARTED, 0, 1000, seq_no=0, id_token=CARD, address=CONNECTOR, trigger=TriggerReason.AUTHORIZED)
MIDDLE = event(EventKind.UPDATED, 5, 1500, seq_no=1, charging_state=ChargingState.CHARGING)
LATE = event(EventKind.UPDATED, 9, 1800, seq_no=2, offline=True, charging_state=ChargingState.SUSPENDED_EV)
END = event(
    EventKind.ENDED,
    10,
    1900,
    seq_no=3,
    id_token=IdToken(value="FRIEND"),
    stopped_reason=StoppedReason.LOCAL,
    trigger=TriggerReason.STOP_AUTHORIZED,
)


def test_a_transaction_of_2_x() -> None:
    """Start, two updates of which one late, and the end."""
    transaction = folded(START, MIDDLE, LATE, END)
    assert transaction.energy == 900
    assert (transaction.meter_start, transaction.meter_stop) == (Decimal(1000), Decimal(1900))
    assert (transaction.started_at, transaction.ended_at) == (START.at, END.at)
    assert (transaction.id_token, transaction.stopped_by) == (CARD, IdToken(value="FRIEND"))
    assert transaction.charging_state is ChargingState.SUSPENDED_EV
    assert (transaction.late, transaction.is_open, transaction.events) == (True, False, 4)
    assert (transaction.last_seq_no, transaction.missing_seq_nos) == (3, ())


def test_a_transaction_of_1_6_has_no_sequence_numbers() -> None:
    """Its updates have neither token nor state; nothing is missing that could be known of."""
    heard = [changed(each, seq_no=None, offline=None, charging_state=None) for each in (START, MIDDLE, END)]
    transaction = folded(*heard)
    assert (transaction.energy, transaction.late, transaction.last_seq_no) == (Decimal(900), False, None)
    assert transaction.missing_seq_nos == ()


def test_energy_while_charging_is_to_the_newest_register() -> None:
    """And unknown while the start is not known."""
    assert folded(START, MIDDLE).energy == 500
    assert folded(START).energy == 0
    assert folded(MIDDLE, LATE).energy is None
    assert folded(START, event(EventKind.ENDED, 9, seq_no=4), MIDDLE).energy == 500


def test_an_update_that_comes_late_changes_nothing_newer() -> None:
    """Its place is between the others."""
    transaction = folded(START, LATE, MIDDLE)
    assert (transaction.last_register, transaction.charging_state) == (Decimal(1800), ChargingState.SUSPENDED_EV)
    assert transaction.last_event_at == LATE.at


def test_a_stop_that_is_authorized_first_does_not_name_the_driver() -> None:
    """The token that ends a charge is not the one it was begun with."""
    stopping = event(
        EventKind.UPDATED, 1, seq_no=1, id_token=IdToken(value="FRIEND"), trigger=TriggerReason.STOP_AUTHORIZED
    )
    assert folded(stopping, event(EventKind.STARTED, 0, seq_no=0)).id_token is None


@pytest.mark.parametrize(
    ("seen", "missing"),
    [
        ((0,), ()),
        ((0, 1, 2), ()),
        ((2, 0, 1), ()),
        ((3,), (0, 1, 2)),
        ((0, 4, 2), (1, 3)),
        ((-5, 1), (0,)),
        ((-5,), ()),
        ((10**6,), tuple(range(1000))),
    ],
)
@pytest.mark.req("E01.FR.07")
def test_which_sequence_numbers_must_exist_but_have_not_arrived(
    seen: tuple[int, ...], missing: tuple[int, ...]
) -> None:
    """From 0 to the highest, a thousand at most."""
    transaction = folded(*(event(EventKind.UPDATED, number % 60, seq_no=number) for number in seen))
    assert transaction.missing_seq_nos == missing
    assert transaction.last_seq_no == max(seen)


def test_an_event_without_the_transaction_s_id_is_no_event_of_it() -> None:
    """A 1.6 start is given its number first."""
    with pytest.raises(ValueError, match="its id"):
        fold("CS1", None, changed(START, transaction_id=None))


# --- whatever the order ----------------------------------------------------------------------------------------------------------------

states = maybe(st.sampled_from(ChargingState))
minutes = st.integers(0, 20)


@st.composite
def histories(draw: st.DrawFn) -> list[TransactionEvent]:
    """The events of one transaction: all with sequence numbers (2.x) or all without (1.6), some of them contradictory."""
    numbered = draw(st.booleans())
    kinds = [EventKind.STARTED, *draw(st.lists(st.just(EventKind.UPDATED), max_size=5)), EventKind.ENDED]
    told = []
    for number, kind in enumerate(kinds):
        more: dict[str, Any] = {}
        if numbered:
            more = {
                "seq_no": number,
                "offline": draw(st.booleans()),
                "charging_state": draw(states),
                "id_token": draw(maybe(id_tokens(V16))),
                "remote_start_id": draw(maybe(positive)),
                "trigger": draw(st.sampled_from(TriggerReason)),
            }
        more["address"] = draw(maybe(addresses(OcppVersion.V201)))
        more["reservation_id"] = draw(maybe(positive))
        told.append(event(kind, draw(minutes), draw(maybe(st.integers(0, 9000))), **more))
    return told


@given(data=st.data(), history=histories())
@settings(deadline=None)
def test_the_order_of_arrival_makes_no_difference(data: st.DataObject, history: list[TransactionEvent]) -> None:
    """Nor does an event that comes again."""
    again = data.draw(st.lists(st.sampled_from(history), max_size=4))
    shuffled = data.draw(st.permutations(history + again))
    assert folded(*shuffled) == folded(*history)


@given(history=histories())
@settings(deadline=None)
def test_a_transaction_comes_back_from_disk_as_it_was(history: list[TransactionEvent]) -> None:
    """And can be continued from there."""
    whole, kept = folded(*history), folded(history[0])
    restored = msgspec.json.decode(msgspec.json.encode(kept), type=Transaction)
    assert restored == kept
    seen = {event_key(history[0])}
    for each in history[1:]:
        if event_key(each) not in seen:
            seen.add(event_key(each))
            restored = fold("CS1", restored, each)
    assert restored == whole


# --- what identifies an event ----------------------------------------------------------------------------------------------------------


def test_the_key_of_an_event() -> None:
    """The sequence number where there is one; in 1.6 there is one start and one end, and updates are told by content."""
    assert event_key(START) == "seq:0"
    assert event_key(changed(START, seq_no=None)) == "Started"
    assert event_key(changed(END, seq_no=None)) == "Ended"
    update = changed(MIDDLE, seq_no=None)
    later = changed(update, at=update.at + timedelta(seconds=1))
    other = changed(update, readings=(register_reading(update.at, Decimal(1501), "Sample.Periodic"),))
    assert len({event_key(update), event_key(later), event_key(other)}) == 3


@pytest.mark.parametrize(
    "difference",
    [
        {"at": NOON + timedelta(seconds=1)},
        {"address": EvseAddress(evse=2, connector=1)},
        {"id_token": IdToken(value="FRIEND")},
        {"readings": (register_reading(NOON, Decimal(1001), "Transaction.Begin"),)},
    ],
)
def test_the_key_of_a_start_without_id(difference: dict[str, Any]) -> None:
    """Station, connector, time, token and register: whatever differs, it is another start."""
    start = changed(START, transaction_id=None, seq_no=None)
    assert start_key("CS1", start) != start_key("CS1", changed(start, **difference))
    assert start_key("CS1", start) != start_key("CS2", start)
    assert start_key("CS1", start) == start_key("CS1", changed(start, id_token=IdToken(value="04a1b2c3")))


@given(told=events(V16))
@settings(deadline=None)
def test_a_retried_message_of_1_6_has_the_same_keys(told: TransactionEvent) -> None:
    """Written once, read twice: the keys do not depend on when or where they are computed."""
    dialect = DIALECTS[V16]
    request = dialect.write_fact(told, named=told.transaction_id)
    assert request is not None
    once, twice = dialect.read_fact(request), dialect.read_fact(request)
    assert isinstance(once, TransactionEvent)
    assert isinstance(twice, TransactionEvent)
    assert event_key(once) == event_key(twice)
    assert start_key("CS1", once) == start_key("CS1", twice)


def test_keys_are_the_same_in_every_process() -> None:
    """They are stored: a digest that changed with the program would book a retried message twice."""
    reading = MeterReading(at=NOON, samples=(Sample(value=Decimal("1.5")),))
    update = TransactionEvent(
        kind=EventKind.UPDATED,
        transaction_id="77",
        at=NOON,
        trigger=TriggerReason.METER_VALUE_PERIODIC,
        readings=(reading,),
    )
    assert event_key(update) == "Updated:12c8139c7798100e8a9b9112"
    start = changed(START, transaction_id=None, seq_no=None)
    assert start_key("CS1", start) == "9cb0cf95461934c0dfd667d8"


# --- facts on disk ---------------------------------------------------------------------------------------------------------------------


@given(data=st.data(), version=st.sampled_from(OcppVersion))
@settings(deadline=None)
def test_every_fact_can_be_kept_on_disk(data: st.DataObject, version: OcppVersion) -> None:
    """As the outbox of a station does; its tag says which it is. (A fraction in vendor data comes back as text.)"""
    fact = data.draw(facts(version).filter(lambda each: not hasattr(each, "data")))
    kept = msgspec.json.encode(fact)
    assert msgspec.json.decode(kept)["fact"] == type(fact).__name__
    assert msgspec.json.decode(kept, type=type(fact)) == fact


@pytest.mark.req("E01.FR.17")
def test_the_first_register_may_come_after_the_start() -> None:
    """A transaction that begins before its EVSE is known gets its first register later, with the context of the beginning."""
    start = event(EventKind.STARTED, 0, seq_no=0)
    at = NOON + timedelta(minutes=1)
    placed = event(EventKind.UPDATED, 1, seq_no=1, readings=(register_reading(at, Decimal(1000), "Transaction.Begin"),))
    for order in ((start, placed, END), (placed, END, start), (END, placed, start)):
        assert folded(*order).energy == 900
    assert folded(start, MIDDLE, END).energy is None
