"""What store tests are made of: events of a charge, and both kinds of store opened the way a user opens them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from pilotwire.csms.store.ports import BookEvent
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.metering import MeterReading, Sample, register_reading
from pilotwire.domain.transactions import (
    ChargingState,
    EventKind,
    StoppedReason,
    TransactionEvent,
    TriggerReason,
    event_key,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CARD = IdToken(value="04A2B3C4", type="ISO14443")
EVSE = EvseAddress(evse=1, connector=1)


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def register(seconds: float, wh: str, context: str = "Sample.Periodic") -> MeterReading:
    """The energy register, read so many seconds after noon."""
    return register_reading(at(seconds), Decimal(wh), context)


def full_reading(seconds: float) -> MeterReading:
    """A reading with everything a reading can have."""
    voltage = Sample(value=Decimal("230.10"), measurand="Voltage", unit="V", phase="L1-N", context="Sample.Clock")
    return MeterReading(at=at(seconds), samples=(voltage, Sample(value=None)), unreadable=("Current is 'n/a'",))


def event(
    kind: EventKind = EventKind.UPDATED, seconds: float = 0, transaction_id: str | None = "tx-1", **more: Any
) -> TransactionEvent:
    """An event of a transaction, so many seconds after noon."""
    trigger = more.pop("trigger", TriggerReason.METER_VALUE_PERIODIC)
    return TransactionEvent(kind=kind, transaction_id=transaction_id, at=at(seconds), trigger=trigger, **more)


def start_16(seconds: float = 0, wh: str = "100", token: IdToken = CARD) -> TransactionEvent:
    """A 1.6 start as the CSMS sees it: nobody has named the transaction yet."""
    return event(
        EventKind.STARTED,
        seconds,
        None,
        trigger=TriggerReason.AUTHORIZED,
        address=EVSE,
        id_token=IdToken(value=token.value),
        readings=(register(seconds, wh, "Transaction.Begin"),),
    )


def book(booked: TransactionEvent, station: str = "CS001", received: float = 0) -> BookEvent:
    """The operation that books an event."""
    return BookEvent(station=station, event=booked, received_at=at(received))


def charge_2x(transaction_id: str = "tx-1") -> list[TransactionEvent]:
    """A whole 2.x charge: start, two meter values, end."""
    return [
        event(EventKind.STARTED, 0, transaction_id, seq_no=0, trigger=TriggerReason.CABLE_PLUGGED_IN, address=EVSE,
              charging_state=ChargingState.EV_CONNECTED, readings=(register(0, "100"),)),
        event(EventKind.UPDATED, 10, transaction_id, seq_no=1, trigger=TriggerReason.AUTHORIZED, id_token=CARD,
              charging_state=ChargingState.CHARGING),
        event(EventKind.UPDATED, 60, transaction_id, seq_no=2, readings=(register(50, "150"), full_reading(60))),
        event(EventKind.ENDED, 90, transaction_id, seq_no=3, trigger=TriggerReason.STOP_AUTHORIZED, id_token=CARD,
              stopped_reason=StoppedReason.LOCAL, charging_state=ChargingState.IDLE, readings=(register(90, "163.5"),)),
    ]  # fmt: skip


def _optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def _told(number: int, numbered: bool) -> st.SearchStrategy[TransactionEvent]:
    seconds = st.integers(0, 4)  # few, so that many events share a moment
    return st.builds(
        lambda kind, seconds, register_wh, **more: event(
            kind,
            seconds,
            seq_no=number if numbered else None,
            readings=() if register_wh is None else (register(seconds, str(register_wh)),),
            **more,
        ),
        st.sampled_from(EventKind),
        seconds,
        _optional(st.integers(0, 3)),
        trigger=st.sampled_from((TriggerReason.AUTHORIZED, TriggerReason.STOP_AUTHORIZED, TriggerReason.TRIGGER)),
        offline=_optional(st.booleans()),
        address=_optional(st.builds(EvseAddress, evse=st.integers(1, 2), connector=_optional(st.integers(1, 2)))),
        id_token=_optional(st.builds(IdToken, value=st.sampled_from("ab"))),
        charging_state=_optional(st.sampled_from((ChargingState.CHARGING, ChargingState.IDLE))),
        remote_start_id=_optional(st.integers(1, 2)),
    )


@st.composite
def transaction_events(draw: st.DrawFn, *, most: int = 6) -> list[TransactionEvent]:
    """Events of one transaction, each under another key; contradicting each other as only a bad station would."""
    numbered = draw(st.booleans())
    events = [draw(_told(number, numbered)) for number in range(draw(st.integers(1, most)))]
    return list({event_key(each): each for each in events}.values())


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[TransactionEvent], list[TransactionEvent]]:
    """A transaction's events as sent, and as they arrive: in any order, some more than once."""
    sent = draw(transaction_events())
    again = draw(st.lists(st.sampled_from(sent), max_size=3))
    return sent, draw(st.permutations(sent + again))
