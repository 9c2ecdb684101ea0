"""OCPP 2.1. Battery swap."""

from __future__ import annotations

from msgspec import field

from pilotwire.ocpp.types import (
    CustomData,
    Datatype,
    Integer,
    Maybe,
    Message,
    NonNegativeInt,
    OneOrMore,
    Percentage,
    String50,
    String500,
    Timestamp,
)
from pilotwire.ocpp.v21.datatypes import IdToken, StatusInfo
from pilotwire.ocpp.v21.enums import BatterySwapEvent, GenericStatus


class BatteryData(Datatype):
    """A battery at a swap station; states of charge and health in percent."""

    evse_id: NonNegativeInt
    serial_number: String50
    soc: Percentage = field(name="soC")
    soh: Percentage = field(name="soH")
    production_date: Maybe[Timestamp] = None
    vendor_info: Maybe[String500] = None
    custom_data: Maybe[CustomData] = None


class BatterySwapRequest(Message):
    """Station → CSMS: tells which batteries went in or out of a swap station (S03)."""

    battery_data: OneOrMore[BatteryData]
    event_type: BatterySwapEvent
    id_token: IdToken
    request_id: Integer
    custom_data: Maybe[CustomData] = None


class BatterySwapResponse(Message):
    """CSMS → station: the answer to `BatterySwapRequest`."""

    custom_data: Maybe[CustomData] = None


class RequestBatterySwapRequest(Message):
    """CSMS → station: starts a battery swap for an id token (S02)."""

    id_token: IdToken
    request_id: Integer
    custom_data: Maybe[CustomData] = None


class RequestBatterySwapResponse(Message):
    """Station → CSMS: the answer to `RequestBatterySwapRequest`."""

    status: GenericStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None
