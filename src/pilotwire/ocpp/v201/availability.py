"""OCPP 2.0.1. Availability of station, EVSEs and connectors."""

from __future__ import annotations

from pilotwire.ocpp.types import CustomData, Integer, Maybe, Message, Timestamp
from pilotwire.ocpp.v201.datatypes import EVSE, StatusInfo
from pilotwire.ocpp.v201.enums import ChangeAvailabilityStatus, ConnectorStatus, OperationalStatus


class StatusNotificationRequest(Message):
    """Station → CSMS: tells the state of a connector (G01)."""

    timestamp: Timestamp
    connector_status: ConnectorStatus
    evse_id: Integer
    connector_id: Integer
    custom_data: Maybe[CustomData] = None


class StatusNotificationResponse(Message):
    """CSMS → station: the answer to `StatusNotificationRequest`."""

    custom_data: Maybe[CustomData] = None


class ChangeAvailabilityRequest(Message):
    """CSMS → station: takes the station, an EVSE or a connector in or out of service (G03, G04)."""

    operational_status: OperationalStatus
    evse: Maybe[EVSE] = None
    custom_data: Maybe[CustomData] = None


class ChangeAvailabilityResponse(Message):
    """Station → CSMS: the answer to `ChangeAvailabilityRequest`."""

    status: ChangeAvailabilityStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None
