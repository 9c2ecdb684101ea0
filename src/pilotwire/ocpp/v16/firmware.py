"""OCPP 1.6. Firmware."""

from __future__ import annotations

from pilotwire.ocpp.types import (
    Datatype,
    Integer,
    LooseTimestamp,
    Maybe,
    Message,
    String512,
    String800,
    String5500,
    Uri,
)
from pilotwire.ocpp.v16.enums import FirmwareStatus, SignedFirmwareStatus, UpdateFirmwareStatus


class Firmware(Datatype):
    """Where firmware is, when to fetch and install it, and its signature."""

    location: String512
    retrieve_date_time: LooseTimestamp
    signing_certificate: String5500
    signature: String800
    install_date_time: Maybe[LooseTimestamp] = None


class UpdateFirmwareRequest(Message):
    """Central system → charge point: orders a firmware update (1.6:5.19)."""

    location: Uri
    retrieve_date: LooseTimestamp
    retries: Maybe[Integer] = None
    retry_interval: Maybe[Integer] = None


class UpdateFirmwareResponse(Message):
    """Charge point → central system: the answer to `UpdateFirmwareRequest`."""


class FirmwareStatusNotificationRequest(Message):
    """Charge point → central system: tells how far a firmware update is (1.6:4.5)."""

    status: FirmwareStatus


class FirmwareStatusNotificationResponse(Message):
    """Central system → charge point: the answer to `FirmwareStatusNotificationRequest`."""


class SignedUpdateFirmwareRequest(Message):
    """Central system → charge point: orders an update with signed firmware (security whitepaper)."""

    request_id: Integer
    firmware: Firmware
    retries: Maybe[Integer] = None
    retry_interval: Maybe[Integer] = None


class SignedUpdateFirmwareResponse(Message):
    """Charge point → central system: the answer to `SignedUpdateFirmwareRequest`."""

    status: UpdateFirmwareStatus


class SignedFirmwareStatusNotificationRequest(Message):
    """Charge point → central system: tells how far a signed firmware update is (security whitepaper)."""

    status: SignedFirmwareStatus
    request_id: Maybe[Integer] = None


class SignedFirmwareStatusNotificationResponse(Message):
    """Central system → charge point: the answer to `SignedFirmwareStatusNotificationRequest`."""
