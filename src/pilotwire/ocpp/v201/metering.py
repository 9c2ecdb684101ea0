"""OCPP 2.0.1. Metering outside (or, in 1.6, also inside) transactions."""

from __future__ import annotations

from pilotwire.ocpp.types import CustomData, Integer, Maybe, Message, OneOrMore
from pilotwire.ocpp.v201.datatypes import MeterValue


class MeterValuesRequest(Message):
    """Station → CSMS: tells meter values that belong to no transaction (J01)."""

    evse_id: Integer
    meter_value: OneOrMore[MeterValue]
    custom_data: Maybe[CustomData] = None


class MeterValuesResponse(Message):
    """CSMS → station: the answer to `MeterValuesRequest`."""

    custom_data: Maybe[CustomData] = None
