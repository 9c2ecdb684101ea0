"""What events make of a transaction."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.transactions import (
    ChargingState,
    EventKind,
    Transaction,
    TransactionEvent,
    TriggerReason,
    event_key,
    fold,
    start_key,
)
from tests.support.csms_store import CARD, EVSE, at, charge_2x, event, register, transaction_events


def folded(*events: TransactionEvent) -> Transaction:
    """The transaction of these events, in this order."""
    known: Transaction | None = None
    for each in events:
        known = fold("CS001", known, each)
    assert known is not None
    return known


@settings(deadline=None)
@given(st.data())
def test_the_order_of_arrival_makes_no_difference(data: st.DataObject) -> None:
    """However badly a station contradicts itself, late and swapped events lead to the same transaction."""
    events = data.draw(transaction_events())
    assert folded(*data.draw(st.permutations(events))) == folded(*events)


def test_a_charge_in_order() -> None:
    """Registers from the start and the end, the token from whoever authorized, the state from the newest event."""
    tx = folded(*charge_2x())
    assert (tx.meter_start, tx.meter_stop, tx.energy) == (Decimal(100), Decimal("163.5"), Decimal("63.5"))
    assert (tx.started_at, tx.ended_at, tx.last_event_at) == (at(0), at(90), at(90))
    assert (tx.id_token, tx.stopped_by, tx.address, tx.charging_state) == (CARD, CARD, EVSE, ChargingState.IDLE)
    assert (tx.events, tx.seq_nos, tx.missing_seq_nos, tx.last_seq_no) == (4, ((0, 3),), (), 3)


def test_a_state_told_before_a_silent_event_stays_whichever_comes_first() -> None:
    """The newest event tells no state and no register: those of the one before it hold, in either order."""
    telling = event(seconds=1, seq_no=1, charging_state=ChargingState.CHARGING, readings=(register(1, "5"),))
    silent = event(seconds=2, seq_no=2)
    for tx in (folded(telling, silent), folded(silent, telling)):
        assert (tx.charging_state, tx.last_register, tx.last_event_at) == (ChargingState.CHARGING, Decimal(5), at(2))


def test_contradictions_have_a_fixed_end() -> None:
    """The earliest start and token, the last end, the more exact address, the lower id."""
    one = event(EventKind.STARTED, 0, seq_no=0, id_token=CARD, address=EvseAddress(evse=2), remote_start_id=9)
    two = event(EventKind.STARTED, 5, seq_no=1, id_token=IdToken(value="B"), address=EVSE, remote_start_id=4)
    ends = [event(EventKind.ENDED, second, seq_no=second) for second in (7, 8)]
    for tx in (folded(one, two, *ends), folded(*ends[::-1], two, one)):
        assert (tx.started_at, tx.id_token, tx.ended_at, tx.address, tx.remote_start_id) == (
            at(0),
            CARD,
            at(8),
            EVSE,
            4,
        )


def test_a_gap_in_the_sequence_numbers_is_seen() -> None:
    """So an operator knows what has not arrived."""
    assert folded(event(seq_no=2), event(seq_no=5), event(seq_no=3)).missing_seq_nos == (0, 1, 4)


def test_a_token_that_stops_does_not_become_the_one_that_started() -> None:
    """Another card of the group may end the charge."""
    other = IdToken(value="OTHER")
    tx = folded(event(trigger=TriggerReason.STOP_AUTHORIZED, id_token=other), event(EventKind.ENDED, 1, id_token=other))
    assert (tx.id_token, tx.stopped_by) == (None, other)


def test_a_retried_16_message_is_known_by_its_content() -> None:
    """Same time and values: the same message. Another value: another message. One start, one end."""
    value = event(seconds=1, readings=(register(1, "5"),))
    assert event_key(value) == event_key(event(seconds=1, readings=(register(1, "5"),)))
    assert event_key(value) != event_key(event(seconds=1, readings=(register(1, "6"),)))
    assert event_key(event(EventKind.ENDED, 1)) == event_key(event(EventKind.ENDED, 2))
    starts = [
        event(EventKind.STARTED, 0, None, id_token=CARD, address=EVSE),
        event(EventKind.STARTED, 1, None, id_token=CARD, address=EVSE),
        event(EventKind.STARTED, 0, None, id_token=IdToken(value="B"), address=EVSE),
        event(EventKind.STARTED, 0, None, id_token=CARD, address=EvseAddress(evse=2)),
        event(EventKind.STARTED, 0, None, id_token=CARD, address=EVSE, readings=(register(0, "1"),)),
    ]
    keys = [start_key("CS001", start) for start in starts] + [start_key("CS002", starts[0])]
    assert len(set(keys)) == len(keys)
    assert start_key("CS001", starts[0]) == keys[0]


def test_energy_is_unknown_without_both_registers() -> None:
    """A number nobody measured is not made up."""
    assert folded(event(EventKind.ENDED, readings=(register(0, "9"),))).energy is None
    assert reduce(lambda tx, each: fold("CS001", tx, each), charge_2x()[:3], None).energy == Decimal(50)
