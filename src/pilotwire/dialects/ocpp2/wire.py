"""The message types a version gives to the shared words.

2.1 has every field of 2.0.1 in the messages named here and more; so the shared words are written, and type-checked, against the types
of 2.0.1, and a version hands in its own module.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Protocol, get_args

from pilotwire.ocpp import v201


class Wire(Protocol):
    """A version's module of message types, as far as the shared words need it."""

    AdditionalInfo: type[v201.AdditionalInfo]
    AuthorizationData: type[v201.AuthorizationData]
    AuthorizeRequest: type[v201.AuthorizeRequest]
    AuthorizeResponse: type[v201.AuthorizeResponse]
    BootNotificationRequest: type[v201.BootNotificationRequest]
    BootNotificationResponse: type[v201.BootNotificationResponse]
    CancelReservationRequest: type[v201.CancelReservationRequest]
    CancelReservationResponse: type[v201.CancelReservationResponse]
    ChangeAvailabilityRequest: type[v201.ChangeAvailabilityRequest]
    ChangeAvailabilityResponse: type[v201.ChangeAvailabilityResponse]
    ChargingStation: type[v201.ChargingStation]
    ClearCacheRequest: type[v201.ClearCacheRequest]
    ClearCacheResponse: type[v201.ClearCacheResponse]
    Component: type[v201.Component]
    ComponentVariable: type[v201.ComponentVariable]
    DataTransferRequest: type[v201.DataTransferRequest]
    DataTransferResponse: type[v201.DataTransferResponse]
    EVSE: type[v201.EVSE]
    GetBaseReportRequest: type[v201.GetBaseReportRequest]
    GetBaseReportResponse: type[v201.GetBaseReportResponse]
    GetReportRequest: type[v201.GetReportRequest]
    GetReportResponse: type[v201.GetReportResponse]
    GetTransactionStatusRequest: type[v201.GetTransactionStatusRequest]
    GetTransactionStatusResponse: type[v201.GetTransactionStatusResponse]
    GetLocalListVersionRequest: type[v201.GetLocalListVersionRequest]
    GetLocalListVersionResponse: type[v201.GetLocalListVersionResponse]
    GetVariableData: type[v201.GetVariableData]
    GetVariableResult: type[v201.GetVariableResult]
    GetVariablesRequest: type[v201.GetVariablesRequest]
    GetVariablesResponse: type[v201.GetVariablesResponse]
    HeartbeatRequest: type[v201.HeartbeatRequest]
    HeartbeatResponse: type[v201.HeartbeatResponse]
    IdToken: type[v201.IdToken]
    IdTokenInfo: type[v201.IdTokenInfo]
    MessageContent: type[v201.MessageContent]
    MeterValue: type[v201.MeterValue]
    MeterValuesRequest: type[v201.MeterValuesRequest]
    MeterValuesResponse: type[v201.MeterValuesResponse]
    Modem: type[v201.Modem]
    NotifyReportRequest: type[v201.NotifyReportRequest]
    NotifyReportResponse: type[v201.NotifyReportResponse]
    ReportData: type[v201.ReportData]
    RequestStartTransactionRequest: type[v201.RequestStartTransactionRequest]
    RequestStartTransactionResponse: type[v201.RequestStartTransactionResponse]
    RequestStopTransactionRequest: type[v201.RequestStopTransactionRequest]
    RequestStopTransactionResponse: type[v201.RequestStopTransactionResponse]
    ReservationStatusUpdateRequest: type[v201.ReservationStatusUpdateRequest]
    ReservationStatusUpdateResponse: type[v201.ReservationStatusUpdateResponse]
    ReserveNowRequest: type[v201.ReserveNowRequest]
    ReserveNowResponse: type[v201.ReserveNowResponse]
    ResetRequest: type[v201.ResetRequest]
    ResetResponse: type[v201.ResetResponse]
    SampledValue: type[v201.SampledValue]
    SecurityEventNotificationRequest: type[v201.SecurityEventNotificationRequest]
    SecurityEventNotificationResponse: type[v201.SecurityEventNotificationResponse]
    SendLocalListRequest: type[v201.SendLocalListRequest]
    SendLocalListResponse: type[v201.SendLocalListResponse]
    SetVariableData: type[v201.SetVariableData]
    SetVariableResult: type[v201.SetVariableResult]
    SetVariablesRequest: type[v201.SetVariablesRequest]
    SetVariablesResponse: type[v201.SetVariablesResponse]
    SignedMeterValue: type[v201.SignedMeterValue]
    StatusInfo: type[v201.StatusInfo]
    StatusNotificationRequest: type[v201.StatusNotificationRequest]
    StatusNotificationResponse: type[v201.StatusNotificationResponse]
    Transaction: type[v201.Transaction]
    TransactionEventRequest: type[v201.TransactionEventRequest]
    TransactionEventResponse: type[v201.TransactionEventResponse]
    TriggerMessageRequest: type[v201.TriggerMessageRequest]
    TriggerMessageResponse: type[v201.TriggerMessageResponse]
    UnitOfMeasure: type[v201.UnitOfMeasure]
    UnlockConnectorRequest: type[v201.UnlockConnectorRequest]
    UnlockConnectorResponse: type[v201.UnlockConnectorResponse]
    Variable: type[v201.Variable]
    VariableAttribute: type[v201.VariableAttribute]
    VariableCharacteristics: type[v201.VariableCharacteristics]


def enumerated(wire: Wire, name: str) -> frozenset[str]:
    """The values a version has for one of its enumerations, for example `Measurand`."""
    return _enumerated(wire.SampledValue.__module__.rpartition(".")[0], name)


@cache
def _enumerated(room: str, name: str) -> frozenset[str]:
    return frozenset(get_args(getattr(import_module(f"{room}.enums"), name)))
