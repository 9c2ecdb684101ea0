"""Firmware in 1.6: unsigned with the messages of the core, signed with those of the security whitepaper; nothing is published locally."""

from __future__ import annotations

from typing import Any

from pilotwire.dialects.ocpp16.terms import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.firmware import (
    FirmwareStatus,
    FirmwareStatusReported,
    UpdateFirmware,
    UpdateFirmwareOutcome,
    UpdateFirmwareStatus,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message


def read_unsigned(request: v16.UpdateFirmwareRequest) -> UpdateFirmware:
    """UpdateFirmware (1.6 5.19): installed as soon as it is fetched, and without a name."""
    return UpdateFirmware(
        location=request.location,
        retrieve_at=read_time(request.retrieve_date),
        retries=request.retries,
        retry_interval=request.retry_interval,
    )


def read_signed(request: v16.SignedUpdateFirmwareRequest) -> UpdateFirmware:
    """SignedUpdateFirmware (security whitepaper)."""
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


def write_update(command: UpdateFirmware) -> tuple[Message, ...]:
    """SignedUpdateFirmware if there is a signature, else UpdateFirmware."""
    certificate, signature = command.signing_certificate, command.signature
    if certificate is not None and signature is not None:
        return (_write_signed(command, certificate, signature),)
    if certificate is not None or signature is not None:
        raise NotSayable(
            "A signed update of OCPP 1.6 has a signature and a signing certificate.", "Give both, or neither."
        )
    if command.install_at is not None:
        raise NotSayable(
            "OCPP 1.6 cannot say when unsigned firmware is to be installed.",
            "Leave out the time of installation, or send signed firmware.",
        )
    return (
        v16.UpdateFirmwareRequest(
            location=command.location,
            retrieve_date=command.retrieve_at,
            retries=command.retries,
            retry_interval=command.retry_interval,
        ),
    )


def _write_signed(command: UpdateFirmware, certificate: str, signature: str) -> Message:
    if command.request_id is None:
        raise NotSayable("SignedUpdateFirmware needs a requestId.", "Choose one that was not used before.")
    return v16.SignedUpdateFirmwareRequest(
        request_id=command.request_id,
        firmware=v16.Firmware(
            location=command.location,
            retrieve_date_time=command.retrieve_at,
            install_date_time=command.install_at,
            signing_certificate=certificate,
            signature=signature,
        ),
        retries=command.retries,
        retry_interval=command.retry_interval,
    )


def _write_outcome(_command: UpdateFirmware, outcome: UpdateFirmwareOutcome, request: Any) -> Message:
    """The answer to an unsigned update has no place for a status."""
    if isinstance(request, v16.UpdateFirmwareRequest):
        return v16.UpdateFirmwareResponse()
    return v16.SignedUpdateFirmwareResponse(status=same_name(outcome.status))


def _read_outcome(_command: UpdateFirmware, responses: tuple[Any, ...]) -> UpdateFirmwareOutcome:
    (response,) = responses
    signed = isinstance(response, v16.SignedUpdateFirmwareResponse)
    return UpdateFirmwareOutcome(
        status=UpdateFirmwareStatus(response.status) if signed else UpdateFirmwareStatus.ACCEPTED
    )


def _write_status(fact: FirmwareStatusReported, _named: str | None) -> Message:
    if fact.can_name and fact.request_id is None and fact.status is not FirmwareStatus.IDLE:
        raise NotSayable(
            f"The status {fact.status} of signed firmware needs the requestId of its update (SEC16:L01.FR.21)."
        )
    if fact.can_name:
        return v16.SignedFirmwareStatusNotificationRequest(status=same_name(fact.status), request_id=fact.request_id)
    return v16.FirmwareStatusNotificationRequest(status=same_name(fact.status))


def _write_noted(fact: FirmwareStatusReported, _verdict: object) -> Message:
    if fact.can_name:
        return v16.SignedFirmwareStatusNotificationResponse()
    return v16.FirmwareStatusNotificationResponse()


FACTS = (
    FactWord(
        fact=FirmwareStatusReported,
        read={
            v16.FirmwareStatusNotificationRequest: lambda request: FirmwareStatusReported(
                status=FirmwareStatus(request.status), can_name=False
            ),
            v16.SignedFirmwareStatusNotificationRequest: lambda request: FirmwareStatusReported(
                status=FirmwareStatus(request.status), request_id=request.request_id
            ),
        },
        write=_write_status,
        write_verdict=_write_noted,
    ),
)

COMMANDS = (
    CommandWord(
        command=UpdateFirmware,
        read={v16.UpdateFirmwareRequest: read_unsigned, v16.SignedUpdateFirmwareRequest: read_signed},
        write=write_update,
        write_outcome=_write_outcome,
        read_outcome=_read_outcome,
    ),
)
