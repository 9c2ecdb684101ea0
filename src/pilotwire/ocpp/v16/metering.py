"""OCPP 1.6. Metering outside (or, in 1.6, also inside) transactions."""

from __future__ import annotations

from pilotwire.ocpp.types import Integer, Maybe, Message, OneOrMore
from pilotwire.ocpp.v16.datatypes import MeterValue


class MeterValuesRequest(Message):
    """Charge point → central system: tells meter values, inside a transaction or not (1.6:4.7)."""

    connector_id: Integer
    meter_value: OneOrMore[MeterValue]
    transaction_id: Maybe[Integer] = None


class MeterValuesResponse(Message):
    """Central system → charge point: the answer to `MeterValuesRequest`."""
