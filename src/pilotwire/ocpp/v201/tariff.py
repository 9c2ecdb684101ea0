"""OCPP 2.0.1. Tariff, cost and payment."""

from __future__ import annotations

from pilotwire.ocpp.types import CustomData, Maybe, Message, Number, String36


class CostUpdatedRequest(Message):
    """CSMS → station: tells the running cost of a transaction, for the driver to see (I02)."""

    total_cost: Number
    transaction_id: String36
    custom_data: Maybe[CustomData] = None


class CostUpdatedResponse(Message):
    """Station → CSMS: the answer to `CostUpdatedRequest`."""

    custom_data: Maybe[CustomData] = None
