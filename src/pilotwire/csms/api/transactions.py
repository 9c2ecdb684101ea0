"""Transactions, their events and readings."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field

from pilotwire.csms.api.access import READ
from pilotwire.csms.api.meter_values import Context, MeterValueResource, Since, Skip, chosen_readings
from pilotwire.csms.api.problems import READS, not_found, problems
from pilotwire.csms.api.resource import (
    EvseResource,
    IdTokenResource,
    Limit,
    Number,
    PageOf,
    Resource,
    StationFilter,
    StationIdentity,
    Time,
    evse_of,
    page_of,
)
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.store.ports import BookedEvent, Page, TransactionFilter
from pilotwire.domain.closing import Closing, ClosingReason
from pilotwire.domain.transactions import (
    ChargingState,
    EventKind,
    StoppedReason,
    Transaction,
    TransactionEvent,
    TriggerReason,
)

router = APIRouter(tags=["transactions"], dependencies=[READ])
TransactionId = Annotated[
    str, Path(min_length=1, max_length=64, description="Unique within its station.", examples=["42"])
]
MOST_READINGS = 1000


class ClosingResource(Resource):
    """That no end was told and this CSMS closed the transaction by rule; an end that comes after all counts instead."""

    reason: ClosingReason = Field(
        description="Superseded by a newer one at its EVSE; NotResumed after a boot; NotOngoing, as the station says when asked; "
        "NotHeardOf for too long."
    )
    closed_at: Time
    as_of: Time = Field(description="Since when it counts as over.")
    newer_transaction_id: str | None

    @classmethod
    def of(cls, closing: Closing | None) -> ClosingResource | None:
        """The resource of a closing, if there is one."""
        if closing is None:
            return None
        return cls.model_construct(
            reason=closing.reason, closed_at=closing.at, as_of=closing.as_of, newer_transaction_id=closing.newer
        )


class TransactionResource(Resource):
    """A transaction as far as its events tell. Registers and energy in Wh; energy from register to register."""

    station: str
    transaction_id: str
    is_open: bool
    evse: EvseResource | None
    id_token: IdTokenResource | None
    started_at: Time | None = Field(description="null while only later events have arrived.")
    ended_at: Time | None
    charging_state: ChargingState | None
    trigger_reason: TriggerReason | None = Field(description="What caused the start.")
    stop_trigger_reason: TriggerReason | None
    stopped_reason: StoppedReason | None
    stopped_by: IdTokenResource | None
    closing: ClosingResource | None = Field(description="How this CSMS closed it; null: it did not.")
    remote_start_id: int | None
    reservation_id: int | None
    meter_start: Number | None
    meter_stop: Number | None
    last_register: Number | None
    energy_wh: Number | None = Field(description="To the end if seen, else to the newest register known.")
    event_count: int
    late: bool = Field(description="Whether an event was taken while the station was offline.")
    missing_seq_nos: list[int] = Field(
        description="Sequence numbers that must exist but have not arrived; at most 1000."
    )

    @classmethod
    def of(cls, tx: Transaction) -> TransactionResource:
        """The resource of a transaction."""
        return cls.model_construct(**transaction_fields(tx))


def transaction_fields(tx: Transaction) -> dict[str, Any]:
    """What is told of a transaction in lists, alone and live."""
    return {
        "station": tx.station,
        "transaction_id": tx.transaction_id,
        "is_open": tx.is_open,
        "evse": evse_of(tx.address),
        "id_token": IdTokenResource.of(tx.id_token),
        "started_at": tx.started_at,
        "ended_at": tx.ended_at,
        "charging_state": tx.charging_state,
        "trigger_reason": tx.start_trigger,
        "stop_trigger_reason": tx.stop_trigger,
        "stopped_reason": tx.stopped_reason,
        "stopped_by": IdTokenResource.of(tx.stopped_by),
        "closing": ClosingResource.of(tx.closing),
        "remote_start_id": tx.remote_start_id,
        "reservation_id": tx.reservation_id,
        "meter_start": tx.meter_start,
        "meter_stop": tx.meter_stop,
        "last_register": tx.last_register,
        "energy_wh": tx.energy,
        "event_count": tx.events,
        "late": tx.late,
        "missing_seq_nos": list(tx.missing_seq_nos),
    }


class EventResource(Resource):
    """One event of a transaction (TransactionEventRequest). `receivedAt` is null in live events."""

    event_type: EventKind
    timestamp: Time
    received_at: Time | None
    trigger_reason: TriggerReason
    seq_no: int | None
    offline: bool | None
    evse: EvseResource | None
    id_token: IdTokenResource | None
    charging_state: ChargingState | None
    stopped_reason: StoppedReason | None
    number_of_phases_used: int | None
    cable_max_current: int | None
    meter_value_count: int

    @classmethod
    def of(cls, event: TransactionEvent, booked: BookedEvent | None = None) -> EventResource:
        """The resource of an event."""
        return cls.model_construct(
            event_type=event.kind,
            timestamp=event.at,
            received_at=booked.received_at if booked is not None else None,
            trigger_reason=event.trigger,
            seq_no=event.seq_no,
            offline=event.offline,
            evse=evse_of(event.address),
            id_token=IdTokenResource.of(event.id_token),
            charging_state=event.charging_state,
            stopped_reason=event.stopped_reason,
            number_of_phases_used=event.phases_used,
            cable_max_current=event.cable_max_current,
            meter_value_count=len(event.readings),
        )


class TransactionDetail(TransactionResource):
    """A transaction with its events in their place and its first 1000 readings by time; `meter-values` gives the rest."""

    events: list[EventResource]
    meter_values: list[MeterValueResource]


async def _known(desk: Desk, station: str, transaction_id: str) -> Transaction:
    tx = await desk.store.transaction(station, transaction_id)
    if tx is None:
        raise not_found(
            f"Station {station!r} has no transaction {transaction_id!r}.", "GET /api/v1/transactions lists them."
        )
    return tx


@router.get("/transactions", responses=READS, summary="List transactions")
async def list_transactions(
    desk: TheDesk,
    station: StationFilter = None,
    id_token: Annotated[
        str | None, Query(alias="idToken", max_length=255, description="Only with this token, in any case.")
    ] = None,
    is_open: Annotated[
        bool | None, Query(alias="isOpen", description="Only those that are open, or have ended.")
    ] = None,
    transaction_id: Annotated[
        str | None, Query(alias="transactionId", max_length=64, description="Only with this id, at whichever station.")
    ] = None,
    since: Annotated[Time | None, Query(description="Only those that began at this time or later.")] = None,
    until: Annotated[Time | None, Query(description="Only those that began before this time.")] = None,
    limit: Limit = 100,
    after: Annotated[str | None, Query(max_length=255, description="A cursor: `station/transactionId`.")] = None,
) -> PageOf[TransactionResource]:
    """Transactions, newest first."""
    which = TransactionFilter(
        station=station, id_token=id_token, is_open=is_open, since=since, until=until, transaction_id=transaction_id
    )
    found = await desk.store.transactions(which, Page(limit=limit, after=after))
    cursor = f"{found[-1].station}/{found[-1].transaction_id}" if found else ""
    items = [TransactionResource.of(each) for each in found]
    return PageOf[TransactionResource].model_construct(**page_of(items, limit, cursor))


@router.get("/transactions/by-number/{number}", responses=READS | problems(404), summary="Get a transaction of 1.6")
async def get_numbered_transaction(
    desk: TheDesk, number: Annotated[int, Path(ge=1, le=2**31 - 1, description="A 1.6 transaction id.", examples=[42])]
) -> TransactionDetail:
    """The transaction with this 1.6 id: this CSMS gives each number once, whichever the station."""
    found = await desk.store.transactions(TransactionFilter(transaction_id=str(number)), Page())
    unnumbered = [each for each in found if each.last_seq_no is None]  # 2.x ids may look like numbers
    known = sorted(unnumbered, key=lambda each: each.started_at is None)
    if not known:
        raise not_found(f"There is no 1.6 transaction {number}.", "GET /api/v1/transactions lists them.")
    return await _detail(desk, known[0])


async def _detail(desk: Desk, tx: Transaction) -> TransactionDetail:
    events = await desk.store.events(tx.station, tx.transaction_id)
    readings = await desk.store.readings(tx.station, tx.transaction_id, limit=MOST_READINGS)
    return TransactionDetail.model_construct(
        **transaction_fields(tx),
        events=[EventResource.of(each.event, each) for each in events],
        meter_values=[MeterValueResource.of(each) for each in readings],
    )


@router.get(
    "/stations/{station}/transactions/{transactionId}", responses=READS | problems(404), summary="Get a transaction"
)
async def get_transaction(
    desk: TheDesk, station: StationIdentity, transaction_id: Annotated[TransactionId, Path(alias="transactionId")]
) -> TransactionDetail:
    """One transaction with its events, readings, energy, and the sequence numbers that are missing."""
    return await _detail(desk, await _known(desk, station, transaction_id))


@router.get(
    "/stations/{station}/transactions/{transactionId}/meter-values",
    tags=["meter values"],
    responses=READS | problems(404),
    summary="Meter values of a transaction",
)
async def transaction_meter_values(
    desk: TheDesk,
    station: StationIdentity,
    transaction_id: Annotated[TransactionId, Path(alias="transactionId")],
    since: Since = None,
    context: Context = None,
    skip: Skip = 0,
    limit: Limit = 1000,
) -> list[MeterValueResource]:
    """The readings of a transaction, by time, part by part with `skip`."""
    await _known(desk, station, transaction_id)
    return await chosen_readings(desk, station, transaction_id, since, context, skip, limit)
