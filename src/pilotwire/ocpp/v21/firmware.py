"""OCPP 2.1. Firmware."""

from __future__ import annotations

from pilotwire.ocpp.types import (
    CustomData,
    Datatype,
    Integer,
    Maybe,
    Message,
    NonNegativeInt,
    OneOrMore,
    String32,
    String800,
    String2000,
    String5500,
    Timestamp,
)
from pilotwire.ocpp.v21.datatypes import StatusInfo
from pilotwire.ocpp.v21.enums import (
    FirmwareStatus,
    GenericStatus,
    PublishFirmwareStatus,
    UnpublishFirmwareStatus,
    UpdateFirmwareStatus,
)


class Firmware(Datatype):
    """Where firmware is, when to fetch and install it, and its signature."""

    location: String2000
    retrieve_date_time: Timestamp
    install_date_time: Maybe[Timestamp] = None
    signing_certificate: Maybe[String5500] = None
    signature: Maybe[String800] = None
    custom_data: Maybe[CustomData] = None


class UpdateFirmwareRequest(Message):
    """CSMS → station: orders a firmware update (L01, L02)."""

    request_id: Integer
    firmware: Firmware
    retries: Maybe[NonNegativeInt] = None
    retry_interval: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class UpdateFirmwareResponse(Message):
    """Station → CSMS: the answer to `UpdateFirmwareRequest`."""

    status: UpdateFirmwareStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class FirmwareStatusNotificationRequest(Message):
    """Station → CSMS: tells how far a firmware update is (L01)."""

    status: FirmwareStatus
    request_id: Maybe[Integer] = None
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class FirmwareStatusNotificationResponse(Message):
    """CSMS → station: the answer to `FirmwareStatusNotificationRequest`."""

    custom_data: Maybe[CustomData] = None


class PublishFirmwareRequest(Message):
    """CSMS → station: has a local controller fetch firmware and offer it to its stations (L03)."""

    location: String2000
    checksum: String32
    request_id: NonNegativeInt
    retries: Maybe[NonNegativeInt] = None
    retry_interval: Maybe[NonNegativeInt] = None
    custom_data: Maybe[CustomData] = None


class PublishFirmwareResponse(Message):
    """Station → CSMS: the answer to `PublishFirmwareRequest`."""

    status: GenericStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class PublishFirmwareStatusNotificationRequest(Message):
    """Station → CSMS: tells how far publishing firmware is (L03)."""

    status: PublishFirmwareStatus
    location: Maybe[OneOrMore[String2000]] = None
    request_id: Maybe[NonNegativeInt] = None
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class PublishFirmwareStatusNotificationResponse(Message):
    """CSMS → station: the answer to `PublishFirmwareStatusNotificationRequest`."""

    custom_data: Maybe[CustomData] = None


class UnpublishFirmwareRequest(Message):
    """CSMS → station: has a local controller stop offering a firmware (L04)."""

    checksum: String32
    custom_data: Maybe[CustomData] = None


class UnpublishFirmwareResponse(Message):
    """Station → CSMS: the answer to `UnpublishFirmwareRequest`."""

    status: UnpublishFirmwareStatus
    custom_data: Maybe[CustomData] = None
