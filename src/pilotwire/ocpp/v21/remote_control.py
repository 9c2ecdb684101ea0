"""OCPP 2.1. Remote control: start, stop, trigger, unlock."""

from __future__ import annotations

from pilotwire.ocpp.types import CustomData, Integer, Maybe, Message, NonNegativeInt, PositiveInt, String36, String50
from pilotwire.ocpp.v21.datatypes import EVSE, ChargingProfile, IdToken, StatusInfo
from pilotwire.ocpp.v21.enums import MessageTrigger, RequestStartStopStatus, TriggerMessageStatus, UnlockStatus


class RequestStartTransactionRequest(Message):
    """CSMS → station: starts a transaction for an id token (F01, F02)."""

    id_token: IdToken
    remote_start_id: Integer
    evse_id: Maybe[PositiveInt] = None
    group_id_token: Maybe[IdToken] = None
    charging_profile: Maybe[ChargingProfile] = None
    custom_data: Maybe[CustomData] = None


class RequestStartTransactionResponse(Message):
    """Station → CSMS: accepted or not, and the transaction if one already runs."""

    status: RequestStartStopStatus
    status_info: Maybe[StatusInfo] = None
    transaction_id: Maybe[String36] = None
    custom_data: Maybe[CustomData] = None


class RequestStopTransactionRequest(Message):
    """CSMS → station: stops a running transaction (F03)."""

    transaction_id: String36
    custom_data: Maybe[CustomData] = None


class RequestStopTransactionResponse(Message):
    """Station → CSMS: the answer to `RequestStopTransactionRequest`."""

    status: RequestStartStopStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class TriggerMessageRequest(Message):
    """CSMS → station: asks the station to send a certain message now (F06)."""

    requested_message: MessageTrigger
    evse: Maybe[EVSE] = None
    custom_trigger: Maybe[String50] = None
    custom_data: Maybe[CustomData] = None


class TriggerMessageResponse(Message):
    """Station → CSMS: the answer to `TriggerMessageRequest`."""

    status: TriggerMessageStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class UnlockConnectorRequest(Message):
    """CSMS → station: unlocks a cable (F05)."""

    evse_id: NonNegativeInt
    connector_id: NonNegativeInt
    custom_data: Maybe[CustomData] = None


class UnlockConnectorResponse(Message):
    """Station → CSMS: the answer to `UnlockConnectorRequest`."""

    status: UnlockStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None
