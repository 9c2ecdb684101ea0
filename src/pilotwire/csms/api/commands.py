"""Commands to stations, in domain terms: the same for every protocol version.

A station's RPC error becomes 502, no answer in time 504, no connection 409; what its version cannot say becomes 422 before a byte is sent.
A station that refuses (Rejected and the like) is a good answer: 200 with that status.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field, StrictBool

from pilotwire.csms.api.access import COMMAND, TheCaller
from pilotwire.csms.api.charging_values import ProfileResource
from pilotwire.csms.api.problems import COMMANDS, unusable
from pilotwire.csms.api.resource import (
    TEXT,
    EvseResource,
    IdTokenResource,
    Integer,
    Positive,
    Resource,
    StationIdentity,
    address_of,
)
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.commands import (
    AnswerUnusable,
    authorization,
    availability,
    data_transfer,
    provisioning,
    remote_control,
    transactions,
)
from pilotwire.csms.commands.certificates import Certificates
from pilotwire.domain.availability import ChangeAvailabilityStatus
from pilotwire.domain.data_transfer import DataTransferStatus
from pilotwire.domain.provisioning import ResetKind, ResetStatus, TriggerMessage, TriggerOutcome, TriggerStatus
from pilotwire.domain.remote_control import (
    RequestStart,
    RequestStartOutcome,
    RequestStatus,
    UnlockStatus,
    start_flaws,
)
from pilotwire.errors import NotSayable

router = APIRouter(prefix="/stations/{station}/commands", tags=["commands"], dependencies=[COMMAND])


def _example(**members: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [members]})


class ResetRequest(Resource):
    """Restart a station, or one EVSE of it (B11, B12). 1.6 calls Immediate Hard and OnIdle Soft."""

    model_config = _example(type="OnIdle")

    type: ResetKind
    evse_id: Integer | None = None


class ResetResponse(Resource):
    """The station's answer."""

    status: ResetStatus


@router.post("/reset", responses=COMMANDS, summary="Reset")
async def reset(desk: TheDesk, station: StationIdentity, wanted: ResetRequest) -> ResetResponse:
    """Restart a station, or one EVSE of it."""
    outcome = await provisioning.reset(desk.commander, station, wanted.type, evse=wanted.evse_id)
    return ResetResponse(status=outcome.status)


class UnlockRequest(Resource):
    """Release a stuck cable (F05)."""

    model_config = _example(evseId=1, connectorId=1)

    evse_id: Positive
    connector_id: Positive = 1


class UnlockResponse(Resource):
    """The station's answer."""

    status: UnlockStatus


@router.post("/unlock", responses=COMMANDS, summary="Unlock a connector")
async def unlock(desk: TheDesk, station: StationIdentity, wanted: UnlockRequest) -> UnlockResponse:
    """Release a stuck cable."""
    outcome = await remote_control.unlock(desk.commander, station, wanted.evse_id, wanted.connector_id)
    return UnlockResponse(status=outcome.status)


class RequestStartRequest(Resource):
    """Start a transaction for a token (F01, F02)."""

    model_config = _example(idToken={"idToken": "04A1B2C3D4", "type": "ISO14443"}, evseId=1)

    id_token: IdTokenResource
    evse_id: Positive | None = Field(default=None, description="null leaves the choice to the station.")
    group_id_token: IdTokenResource | None = None
    remote_start_id: Integer | None = Field(
        default=None, description="Names the request (2.x); chosen here if left out."
    )
    charging_profile: ProfileResource | None = Field(
        default=None,
        description="A TxProfile without a transaction, for the transaction that comes of this (F01.FR.08 to F01.FR.11).",
    )


class RequestStartResponse(Resource):
    """The station's answer. `transactionId` if a transaction is running already."""

    status: RequestStatus
    transaction_id: str | None
    remote_start_id: int = Field(description="The transaction that comes of this carries it (2.x).")


@router.post("/request-start", responses=COMMANDS, summary="Start a transaction")
async def request_start(desk: TheDesk, station: StationIdentity, wanted: RequestStartRequest) -> RequestStartResponse:
    """Ask a station to start a transaction for a token, perhaps with a charging profile."""
    profile = wanted.charging_profile.profile() if wanted.charging_profile is not None else None
    if profile is not None and (flaws := start_flaws(profile)):
        raise unusable("body.chargingProfile", " ".join(flaws).rstrip("."))
    chosen = wanted.remote_start_id
    remote_start_id = desk.commander.next_remote_start_id() if chosen is None else chosen
    command = RequestStart(
        id_token=wanted.id_token.token(),
        remote_start_id=remote_start_id,
        evse=wanted.evse_id,
        group=wanted.group_id_token.token() if wanted.group_id_token else None,
        charging_profile=profile,
    )
    outcome = await desk.commander.ask(station, command, RequestStartOutcome)
    return RequestStartResponse(
        status=outcome.status, transaction_id=outcome.transaction_id, remote_start_id=remote_start_id
    )


class RequestStopRequest(Resource):
    """End a running transaction (F03)."""

    model_config = _example(transactionId="42")

    transaction_id: str = Field(min_length=1, max_length=64)


class RequestStopResponse(Resource):
    """The station's answer."""

    status: RequestStatus


@router.post("/request-stop", responses=COMMANDS, summary="Stop a transaction")
async def request_stop(desk: TheDesk, station: StationIdentity, wanted: RequestStopRequest) -> RequestStopResponse:
    """Ask a station to end a running transaction."""
    outcome = await remote_control.stop(desk.commander, station, wanted.transaction_id)
    return RequestStopResponse(status=outcome.status)


class OperationalStatus(StrEnum):
    """In or out of use (OperationalStatusEnumType)."""

    OPERATIVE = "Operative"
    INOPERATIVE = "Inoperative"


class GetTransactionStatusRequest(Resource):
    """Whether a transaction goes on (E14). No `transactionId`: whether messages of any transaction wait."""

    model_config = _example(transactionId="42")

    transaction_id: str | None = Field(default=None, min_length=1, max_length=64)


class GetTransactionStatusResponse(Resource):
    """The station's answer. `ongoingIndicator` is null where no transaction was named."""

    ongoing_indicator: bool | None
    messages_in_queue: bool


@router.post("/get-transaction-status", responses=COMMANDS, summary="Get the status of a transaction")
async def get_transaction_status(
    desk: TheDesk, station: StationIdentity, wanted: GetTransactionStatusRequest
) -> GetTransactionStatusResponse:
    """Ask a station whether a transaction goes on and whether it has messages of it still to deliver."""
    outcome = await transactions.get_status(desk.commander, station, wanted.transaction_id)
    return GetTransactionStatusResponse(ongoing_indicator=outcome.ongoing, messages_in_queue=outcome.messages_in_queue)


class ChangeAvailabilityRequest(Resource):
    """Take a station, an EVSE or a connector in or out of use (G03, G04). No `evse`: the station as a whole."""

    model_config = _example(operationalStatus="Inoperative", evse={"id": 1})

    operational_status: OperationalStatus
    evse: EvseResource | None = None


class ChangeAvailabilityResponse(Resource):
    """The station's answer; Scheduled: once the running transaction has ended."""

    status: ChangeAvailabilityStatus


@router.post("/change-availability", responses=COMMANDS, summary="Change availability")
async def change_availability(
    desk: TheDesk, station: StationIdentity, wanted: ChangeAvailabilityRequest
) -> ChangeAvailabilityResponse:
    """Take a station, an EVSE or a connector in or out of use."""
    operative = wanted.operational_status is OperationalStatus.OPERATIVE
    outcome = await availability.change_availability(
        desk.commander, station, operative=operative, address=address_of(wanted.evse)
    )
    return ChangeAvailabilityResponse(status=outcome.status)


class TriggerMessageRequest(Resource):
    """Ask a station to send a message now (F06). `requestedMessage` as in MessageTriggerEnumType, also for 1.6."""

    model_config = _example(requestedMessage="StatusNotification", evse={"id": 1, "connectorId": 1})

    requested_message: str = Field(min_length=1, max_length=50)
    evse: EvseResource | None = None
    custom_trigger: str | None = Field(
        default=None, min_length=1, max_length=50, pattern=TEXT, description="What a CustomTrigger asks for (2.1)."
    )
    extended: StrictBool = Field(
        default=False, description="1.6: by ExtendedTriggerMessage, also what TriggerMessage could ask for."
    )


class TriggerMessageResponse(Resource):
    """The station's answer."""

    status: TriggerStatus


@router.post("/trigger-message", responses=COMMANDS, summary="Trigger a message")
async def trigger_message(
    desk: TheDesk, station: StationIdentity, wanted: TriggerMessageRequest, caller: TheCaller
) -> TriggerMessageResponse:
    """Ask a station to send a message now."""
    address = wanted.evse.address() if wanted.evse is not None else None
    if wanted.custom_trigger is not None or wanted.extended:
        command = TriggerMessage(
            message=wanted.requested_message, address=address, custom=wanted.custom_trigger, extended=wanted.extended
        )
        told = await desk.commander.ask(station, command, TriggerOutcome)
        return TriggerMessageResponse(status=told.status)
    rooms = desk.rooms
    certificates = Certificates(rooms.commander, rooms.journal, rooms.store, rooms.clock)
    outcome = await certificates.trigger(station, wanted.requested_message, address, by=caller.actor)
    return TriggerMessageResponse(status=outcome.status)


class ClearCacheStatus(StrEnum):
    """Whether the cache was cleared (ClearCacheStatusEnumType)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


class ClearCacheResponse(Resource):
    """The station's answer."""

    status: ClearCacheStatus


@router.post("/clear-cache", responses=COMMANDS, summary="Clear the authorization cache")
async def clear_cache(desk: TheDesk, station: StationIdentity) -> ClearCacheResponse:
    """Make a station forget its cached authorizations (C11). There is no body."""
    outcome = await authorization.clear_cache(desk.commander, station)
    return ClearCacheResponse(status=ClearCacheStatus.ACCEPTED if outcome.accepted else ClearCacheStatus.REJECTED)


class DataTransferRequest(Resource):
    """Vendor-specific data to a station (P01). 1.6 can carry text only."""

    model_config = _example(vendorId="org.example", messageId="ping", data={"n": 1})

    vendor_id: str = Field(min_length=1, max_length=255)
    message_id: str | None = Field(default=None, max_length=50)
    data: Any = None


class DataTransferResponse(Resource):
    """The station's answer."""

    status: DataTransferStatus
    data: Any


@router.post(
    "/data-transfer",
    responses={**COMMANDS, 200: {"model": DataTransferResponse}},
    response_class=Response,
    summary="Transfer vendor data",
)
async def transfer_data(desk: TheDesk, station: StationIdentity, wanted: DataTransferRequest) -> Response:
    """Send vendor-specific data to a station."""
    try:
        json.dumps(wanted.data, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise NotSayable(
            f"`data` cannot be sent as JSON: {error}.",
            "Send finite numbers and whole characters, not nested too deeply.",
        ) from None
    outcome = await data_transfer.send_data(desk.commander, station, wanted.vendor_id, wanted.message_id, wanted.data)
    try:
        content = json.dumps({"status": outcome.status.value, "data": outcome.data})
    except (ValueError, TypeError, RecursionError) as error:
        raise AnswerUnusable(f"station {station!r} answered with data that cannot be given on: {error}.") from None
    return Response(content, media_type="application/json")
