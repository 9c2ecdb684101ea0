"""Firmware in 2.x (L01 to L04)."""

from __future__ import annotations

from typing import Any

from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.firmware import (
    FirmwareStatus,
    FirmwareStatusReported,
    PublishFirmware,
    PublishFirmwareOutcome,
    PublishFirmwareStatus,
    PublishFirmwareStatusReported,
    StatusDetail,
    UnpublishFirmware,
    UnpublishFirmwareOutcome,
    UnpublishFirmwareStatus,
    UpdateFirmware,
    UpdateFirmwareOutcome,
    UpdateFirmwareStatus,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message


def read_detail(message: Any) -> StatusDetail | None:
    """StatusInfoType, where the version has it in this message and the station said it."""
    info = getattr(message, "status_info", None)
    return None if info is None else StatusDetail(reason_code=info.reason_code, additional_info=info.additional_info)


def write_detail(wire: Wire, detail: StatusDetail | None) -> v201.StatusInfo | None:
    """StatusInfoType."""
    if detail is None:
        return None
    return wire.StatusInfo(reason_code=detail.reason_code, additional_info=detail.additional_info)


def _with_detail(wire: Wire, message: type[Any], detail: StatusDetail | None) -> dict[str, Any]:
    """The field of the detail; 2.0.1 has none in the notifications, and what it cannot say there is left out."""
    has_place = "status_info" in message.__struct_fields__
    return {"status_info": write_detail(wire, detail)} if has_place and detail is not None else {}


def read_update(request: v201.UpdateFirmwareRequest) -> UpdateFirmware:
    """UpdateFirmware (L01, L02)."""
    firmware = request.firmware
    install = firmware.install_date_time
    return UpdateFirmware(
        request_id=request.request_id,
        location=firmware.location,
        retrieve_at=read_time(firmware.retrieve_date_time),
        install_at=None if install is None else read_time(install),
        signing_certificate=firmware.signing_certificate,
        signature=firmware.signature,
        retries=request.retries,
        retry_interval=request.retry_interval,
    )


def write_update(wire: Wire, command: UpdateFirmware) -> tuple[Message, ...]:
    """UpdateFirmware; every update has a request id."""
    if command.request_id is None:
        raise NotSayable("UpdateFirmware of OCPP 2.x needs a requestId.", "Choose one that was not used before.")
    return (
        wire.UpdateFirmwareRequest(
            request_id=command.request_id,
            firmware=wire.Firmware(
                location=command.location,
                retrieve_date_time=command.retrieve_at,
                install_date_time=command.install_at,
                signing_certificate=command.signing_certificate,
                signature=command.signature,
            ),
            retries=command.retries,
            retry_interval=command.retry_interval,
        ),
    )


def write_status(wire: Wire, fact: FirmwareStatusReported) -> Message:
    """FirmwareStatusNotification; without a request id only Idle can be said (L01.FR.20)."""
    if fact.request_id is None and fact.status is not FirmwareStatus.IDLE:
        raise NotSayable(
            f"The firmware status {fact.status} of OCPP 2.x needs the requestId of its update (L01.FR.20)."
        )
    message = wire.FirmwareStatusNotificationRequest
    return message(
        status=same_name(fact.status), request_id=fact.request_id, **_with_detail(wire, message, fact.detail)
    )


def write_publish_status(wire: Wire, fact: PublishFirmwareStatusReported) -> Message:
    """PublishFirmwareStatusNotification."""
    message = wire.PublishFirmwareStatusNotificationRequest
    return message(
        status=same_name(fact.status),
        location=list(fact.locations) or None,
        request_id=fact.request_id,
        **_with_detail(wire, message, fact.detail),
    )


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=FirmwareStatusReported,
            read={
                wire.FirmwareStatusNotificationRequest: lambda request: FirmwareStatusReported(
                    status=FirmwareStatus(request.status), request_id=request.request_id, detail=read_detail(request)
                )
            },
            write=lambda fact, _named: write_status(wire, fact),
            write_verdict=lambda _fact, _verdict: wire.FirmwareStatusNotificationResponse(),
        ),
        FactWord(
            fact=PublishFirmwareStatusReported,
            read={
                wire.PublishFirmwareStatusNotificationRequest: lambda request: PublishFirmwareStatusReported(
                    status=PublishFirmwareStatus(request.status),
                    request_id=request.request_id,
                    locations=tuple(request.location or ()),
                    detail=read_detail(request),
                )
            },
            write=lambda fact, _named: write_publish_status(wire, fact),
            write_verdict=lambda _fact, _verdict: wire.PublishFirmwareStatusNotificationResponse(),
        ),
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=UpdateFirmware,
            read={wire.UpdateFirmwareRequest: read_update},
            write=lambda command: write_update(wire, command),
            write_outcome=lambda _command, outcome, _request: wire.UpdateFirmwareResponse(
                status=same_name(outcome.status), status_info=write_detail(wire, outcome.detail)
            ),
            read_outcome=lambda _command, responses: UpdateFirmwareOutcome(
                status=UpdateFirmwareStatus(responses[0].status), detail=read_detail(responses[0])
            ),
        ),
        _publish(wire),
        CommandWord(
            command=UnpublishFirmware,
            read={wire.UnpublishFirmwareRequest: lambda request: UnpublishFirmware(checksum=request.checksum)},
            write=lambda command: (wire.UnpublishFirmwareRequest(checksum=command.checksum),),
            write_outcome=lambda _command, outcome, _request: wire.UnpublishFirmwareResponse(
                status=same_name(outcome.status)
            ),
            read_outcome=lambda _command, responses: UnpublishFirmwareOutcome(
                status=UnpublishFirmwareStatus(responses[0].status)
            ),
        ),
    )


def _publish(wire: Wire) -> CommandWord:
    return CommandWord(
        command=PublishFirmware,
        read={
            wire.PublishFirmwareRequest: lambda request: PublishFirmware(
                location=request.location,
                checksum=request.checksum,
                request_id=request.request_id,
                retries=request.retries,
                retry_interval=request.retry_interval,
            )
        },
        write=lambda command: (
            wire.PublishFirmwareRequest(
                location=command.location,
                checksum=command.checksum,
                request_id=command.request_id,
                retries=command.retries,
                retry_interval=command.retry_interval,
            ),
        ),
        write_outcome=lambda _command, outcome, _request: wire.PublishFirmwareResponse(
            status="Accepted" if outcome.accepted else "Rejected", status_info=write_detail(wire, outcome.detail)
        ),
        read_outcome=lambda _command, responses: PublishFirmwareOutcome(
            accepted=responses[0].status == "Accepted", detail=read_detail(responses[0])
        ),
    )
