"""OCPP 1.6. Availability of station, EVSEs and connectors."""

from __future__ import annotations

from pilotwire.ocpp.types import Integer, LooseTimestamp, Maybe, Message, String50, String255
from pilotwire.ocpp.v16.enums import AvailabilityStatus, AvailabilityType, ChargePointErrorCode, ChargePointStatus


class StatusNotificationRequest(Message):
    """Charge point → central system: tells the state of a connector, or with 0 of the main controller (1.6:4.9)."""

    connector_id: Integer
    error_code: ChargePointErrorCode
    status: ChargePointStatus
    info: Maybe[String50] = None
    timestamp: Maybe[LooseTimestamp] = None
    vendor_id: Maybe[String255] = None
    vendor_error_code: Maybe[String50] = None


class StatusNotificationResponse(Message):
    """Central system → charge point: the answer to `StatusNotificationRequest`."""


class ChangeAvailabilityRequest(Message):
    """Central system → charge point: takes a connector, or with 0 the whole station, in or out of service (1.6:5.2)."""

    connector_id: Integer
    type: AvailabilityType


class ChangeAvailabilityResponse(Message):
    """Charge point → central system: the answer to `ChangeAvailabilityRequest`."""

    status: AvailabilityStatus
