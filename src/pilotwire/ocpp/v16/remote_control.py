"""OCPP 1.6. Remote control: start, stop, trigger, unlock."""

from __future__ import annotations

from pilotwire.ocpp.types import Integer, Maybe, Message, String20
from pilotwire.ocpp.v16.datatypes import ChargingProfile
from pilotwire.ocpp.v16.enums import MessageTrigger, RemoteStartStopStatus, TriggerMessageStatus, UnlockStatus


class RemoteStartTransactionRequest(Message):
    """Central system → charge point: starts a transaction for an idTag (1.6:5.11)."""

    id_tag: String20
    connector_id: Maybe[Integer] = None
    charging_profile: Maybe[ChargingProfile] = None


class RemoteStartTransactionResponse(Message):
    """Charge point → central system: the answer to `RemoteStartTransactionRequest`."""

    status: RemoteStartStopStatus


class RemoteStopTransactionRequest(Message):
    """Central system → charge point: stops a running transaction (1.6:5.12)."""

    transaction_id: Integer


class RemoteStopTransactionResponse(Message):
    """Charge point → central system: the answer to `RemoteStopTransactionRequest`."""

    status: RemoteStartStopStatus


class TriggerMessageRequest(Message):
    """Central system → charge point: asks the station to send a certain message now (1.6:5.17)."""

    requested_message: MessageTrigger
    connector_id: Maybe[Integer] = None


class TriggerMessageResponse(Message):
    """Charge point → central system: the answer to `TriggerMessageRequest`."""

    status: TriggerMessageStatus


class UnlockConnectorRequest(Message):
    """Central system → charge point: unlocks a connector (1.6:5.18)."""

    connector_id: Integer


class UnlockConnectorResponse(Message):
    """Charge point → central system: the answer to `UnlockConnectorRequest`."""

    status: UnlockStatus
