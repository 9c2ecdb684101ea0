"""Commands that keep an EVSE for somebody (functional block H): the same for every protocol version."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import COMMAND
from pilotwire.csms.api.problems import COMMANDS
from pilotwire.csms.api.resource import TEXT, IdTokenResource, Integer, Positive, Resource, StationIdentity, Time
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.commands import reservation
from pilotwire.domain.reservation import CancelReservationStatus, Reservation, ReserveNowStatus

router = APIRouter(prefix="/stations/{station}/commands", tags=["commands"], dependencies=[COMMAND])

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


@router.post("/reserve-now", responses=COMMANDS, summary="Reserve an EVSE")
async def reserve_now(desk: TheDesk, station: StationIdentity, wanted: ReserveNowRequest) -> ReserveNowResponse:
    """Ask a station to keep an EVSE, any, or one with a type of connector, for a token."""
    chosen = wanted.reservation_id
    made = Reservation(
        reservation_id=desk.commander.next_reservation_id() if chosen is None else chosen,
        expires_at=wanted.expiry_date_time,
        id_token=wanted.id_token.token(),
        group=wanted.group_id_token.token() if wanted.group_id_token else None,
        evse=wanted.evse_id,
        connector_type=wanted.connector_type,
    )
    outcome = await reservation.reserve_now(desk.commander, station, made)
    return ReserveNowResponse(status=outcome.status, reservation_id=made.reservation_id)


class CancelReservationRequest(Resource):
    """Withdraw a reservation (H02)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reservationId": 42}]})

    reservation_id: Integer


class CancelReservationResponse(Resource):
    """The station's answer; Rejected: it has no such reservation."""

    status: CancelReservationStatus


@router.post("/cancel-reservation", responses=COMMANDS, summary="Cancel a reservation")
async def cancel_reservation(
    desk: TheDesk, station: StationIdentity, wanted: CancelReservationRequest
) -> CancelReservationResponse:
    """Withdraw a reservation."""
    outcome = await reservation.cancel(desk.commander, station, wanted.reservation_id)
    return CancelReservationResponse(status=outcome.status)
