"""Keeping an EVSE for somebody (functional block H): the commands, and what was reserved. The same for every protocol version."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import COMMAND, READ
from pilotwire.csms.api.problems import COMMANDS, READS
from pilotwire.csms.api.resource import (
    TEXT,
    IdTokenResource,
    Integer,
    Limit,
    PageOf,
    Positive,
    Resource,
    StationIdentity,
    Time,
    page_of,
)
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.commands import reservation
from pilotwire.csms.registers.reservations import RESERVATIONS, ReservationRecord, ReservationState, reservation_key
from pilotwire.csms.store.ports import Amended, Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.reservation import CancelReservationStatus, Reservation, ReserveNowStatus

router = APIRouter(prefix="/stations/{station}")

ConnectorType = Annotated[str, Field(min_length=1, max_length=20, pattern=TEXT)]


class ReserveNowRequest(Resource):
    """Keep an EVSE for a token until `expiryDateTime` (H01). A reservation with the same id is replaced."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "idToken": {"idToken": "04A1B2C3D4", "type": "ISO14443"},
                    "expiryDateTime": "2030-01-31T18:00:00Z",
                    "evseId": 1,
                }
            ]
        }
    )

    id_token: IdTokenResource
    expiry_date_time: Time
    reservation_id: Integer | None = Field(default=None, description="Names the reservation; chosen here if left out.")
    group_id_token: IdTokenResource | None = Field(default=None, description="Tokens of this group may use it too.")
    evse_id: Positive | None = Field(default=None, description="null: any EVSE, one is kept free.")
    connector_type: ConnectorType | None = Field(
        default=None, description="As in ConnectorEnumType (2.x): cCCS2, sType2, ... 1.6 cannot say it."
    )


class ReserveNowResponse(Resource):
    """The station's answer."""

    status: ReserveNowStatus
    reservation_id: int = Field(description="The transaction that uses the reservation names it.")


@router.post(
    "/commands/reserve-now", tags=["commands"], dependencies=[COMMAND], responses=COMMANDS, summary="Reserve an EVSE"
)
async def reserve_now(
    desk: TheDesk,
    station: StationIdentity,
    wanted: ReserveNowRequest,
    force: Annotated[bool, Query(description="Send it even if the station is expected to reject it.")] = False,
) -> ReserveNowResponse:
    """Ask a station to keep an EVSE, any, or one with a type of connector, for a token.

    One that the station would reject, as far as is known of it, is refused here with the reasons (422, `not-possible`), and nothing is
    sent, unless `force` is set.
    """
    chosen = wanted.reservation_id
    made = Reservation(
        reservation_id=desk.commander.next_reservation_id() if chosen is None else chosen,
        expires_at=wanted.expiry_date_time,
        id_token=wanted.id_token.token(),
        group=wanted.group_id_token.token() if wanted.group_id_token else None,
        evse=wanted.evse_id,
        connector_type=wanted.connector_type,
    )
    if not force:
        await reservation.check(desk.store, station, made, desk.rooms.clock.now())
    outcome = await reservation.reserve_now(desk.commander, station, made)
    return ReserveNowResponse(status=outcome.status, reservation_id=made.reservation_id)


class CancelReservationRequest(Resource):
    """Withdraw a reservation (H02)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reservationId": 42}]})

    reservation_id: Integer


class CancelReservationResponse(Resource):
    """The station's answer; Rejected: it has no such reservation."""

    status: CancelReservationStatus


@router.post(
    "/commands/cancel-reservation",
    tags=["commands"],
    dependencies=[COMMAND],
    responses=COMMANDS,
    summary="Cancel a reservation",
)
async def cancel_reservation(
    desk: TheDesk, station: StationIdentity, wanted: CancelReservationRequest
) -> CancelReservationResponse:
    """Withdraw a reservation."""
    outcome = await reservation.cancel(desk.commander, station, wanted.reservation_id)
    return CancelReservationResponse(status=outcome.status)


class ReservationResource(Resource):
    """A reservation the station has accepted, and what became of it."""

    reservation_id: int
    state: ReservationState = Field(
        description="Active; Used by a transaction; Canceled from here; or as the station told: Expired, Removed, NoTransaction."
    )
    id_token: IdTokenResource
    group_id_token: IdTokenResource | None
    evse_id: int | None = Field(description="null: any EVSE.")
    connector_type: str | None
    made_at: Time
    expiry_date_time: Time
    ended_at: Time | None
    transaction_id: str | None = Field(description="The transaction that used it.")

    @classmethod
    def of(cls, record: ReservationRecord) -> ReservationResource:
        """The resource of a record."""
        kept = record.reservation
        return cls.model_construct(
            reservation_id=kept.reservation_id,
            state=record.state,
            id_token=IdTokenResource.of(kept.id_token),
            group_id_token=IdTokenResource.of(kept.group),
            evse_id=kept.evse,
            connector_type=kept.connector_type,
            made_at=record.made_at,
            expiry_date_time=kept.expires_at,
            ended_at=record.ended_at,
            transaction_id=record.transaction_id,
        )


@router.get("/reservations", tags=["reservations"], dependencies=[READ], responses=READS, summary="List reservations")
async def list_reservations(
    desk: TheDesk,
    station: StationIdentity,
    limit: Limit = 100,
    after: Annotated[
        str | None, Query(max_length=100, description="A cursor: `nextCursor` of the part before.")
    ] = None,
) -> PageOf[ReservationResource]:
    """The reservations a station has accepted, by id; those that are over for 90 days are forgotten."""
    found = await desk.store.records(RESERVATIONS, station, Page(limit=limit, after=after))
    cursor = cursor_of(station, reservation_key(found[-1].reservation.reservation_id)) if found else ""
    items = [ReservationResource.of(each) for each in found]
    return PageOf[ReservationResource].model_construct(**page_of(items, limit, cursor))


class ReservationEvent(Resource):
    """`reservation`: one was made, or is over; as it is now."""

    station: str
    reservation: ReservationResource


def reservation_event(amend: Any, amended: Any) -> tuple[str, Resource] | None:
    """What is told of a change of the register."""
    if not isinstance(amended, Amended) or amended.after is None or amended.after == amended.before:
        return None
    data = ReservationEvent.model_construct(station=amend.station, reservation=ReservationResource.of(amended.after))
    return amend.station, data
