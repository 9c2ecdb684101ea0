"""OCPP 2.0.1. Diagnostics: logs, monitoring, events, customer information."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pilotwire.ocpp.types import (
    CustomData,
    Datatype,
    Integer,
    Maybe,
    Message,
    Number,
    OneOrMore,
    String36,
    String50,
    String64,
    String255,
    String500,
    String512,
    String2500,
    Timestamp,
)
from pilotwire.ocpp.v201.datatypes import (
    CertificateHashData,
    Component,
    ComponentVariable,
    IdToken,
    StatusInfo,
    Variable,
)
from pilotwire.ocpp.v201.enums import (
    ClearMonitoringStatus,
    CustomerInformationStatus,
    EventNotification,
    EventTrigger,
    GenericDeviceModelStatus,
    GenericStatus,
    Log,
    LogStatus,
    Monitor,
    MonitoringBase,
    MonitoringCriterion,
    SetMonitoringStatus,
    UploadLogStatus,
)


class ClearMonitoringResult(Datatype):
    """What became of the removal of one monitor."""

    status: ClearMonitoringStatus
    id: Integer
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class EventData(Datatype):
    """One event of the device model."""

    event_id: Integer
    timestamp: Timestamp
    trigger: EventTrigger
    actual_value: String2500
    component: Component
    event_notification_type: EventNotification
    variable: Variable
    cause: Maybe[Integer] = None
    tech_code: Maybe[String50] = None
    tech_info: Maybe[String500] = None
    cleared: Maybe[bool] = None
    transaction_id: Maybe[String36] = None
    variable_monitoring_id: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class LogParameters(Datatype):
    """Where to upload a log and which stretch of time."""

    remote_location: String512
    oldest_timestamp: Maybe[Timestamp] = None
    latest_timestamp: Maybe[Timestamp] = None
    custom_data: Maybe[CustomData] = None


class MonitoringData(Datatype):
    """A variable and its monitors."""

    component: Component
    variable: Variable
    variable_monitoring: OneOrMore[VariableMonitoring]
    custom_data: Maybe[CustomData] = None


class SetMonitoringData(Datatype):
    """A monitor to install."""

    value: Number
    type: Monitor
    severity: Integer
    component: Component
    variable: Variable
    id: Maybe[Integer] = None
    transaction: Maybe[bool] = None
    custom_data: Maybe[CustomData] = None


class SetMonitoringResult(Datatype):
    """What became of installing one monitor."""

    status: SetMonitoringStatus
    type: Monitor
    component: Component
    variable: Variable
    severity: Integer
    id: Maybe[Integer] = None
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class VariableMonitoring(Datatype):
    """A monitor as installed."""

    id: Integer
    transaction: bool
    value: Number
    type: Monitor
    severity: Integer
    custom_data: Maybe[CustomData] = None


class GetLogRequest(Message):
    """CSMS → station: orders the upload of a log file (N01)."""

    log: LogParameters
    log_type: Log
    request_id: Integer
    retries: Maybe[Integer] = None
    retry_interval: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class GetLogResponse(Message):
    """Station → CSMS: accepted or not, and the name of the file."""

    status: LogStatus
    status_info: Maybe[StatusInfo] = None
    filename: Maybe[String255] = None
    custom_data: Maybe[CustomData] = None


class LogStatusNotificationRequest(Message):
    """Station → CSMS: tells how far a log upload is (N01)."""

    status: UploadLogStatus
    request_id: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class LogStatusNotificationResponse(Message):
    """CSMS → station: the answer to `LogStatusNotificationRequest`."""

    custom_data: Maybe[CustomData] = None


class GetMonitoringReportRequest(Message):
    """CSMS → station: orders a report of the monitors (N02)."""

    request_id: Integer
    component_variable: Maybe[OneOrMore[ComponentVariable]] = None
    monitoring_criteria: Maybe[Annotated[list[MonitoringCriterion], Meta(min_length=1, max_length=3)]] = None
    custom_data: Maybe[CustomData] = None


class GetMonitoringReportResponse(Message):
    """Station → CSMS: the answer to `GetMonitoringReportRequest`."""

    status: GenericDeviceModelStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class NotifyMonitoringReportRequest(Message):
    """Station → CSMS: delivers a monitoring report, in parts (N02)."""

    request_id: Integer
    seq_no: Integer
    generated_at: Timestamp
    monitor: Maybe[OneOrMore[MonitoringData]] = None
    tbc: Maybe[bool] = None
    custom_data: Maybe[CustomData] = None


class NotifyMonitoringReportResponse(Message):
    """CSMS → station: the answer to `NotifyMonitoringReportRequest`."""

    custom_data: Maybe[CustomData] = None


class SetMonitoringBaseRequest(Message):
    """CSMS → station: switches to a predefined set of monitors (N03)."""

    monitoring_base: MonitoringBase
    custom_data: Maybe[CustomData] = None


class SetMonitoringBaseResponse(Message):
    """Station → CSMS: the answer to `SetMonitoringBaseRequest`."""

    status: GenericDeviceModelStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class SetMonitoringLevelRequest(Message):
    """CSMS → station: sets down to which severity monitors report (N05)."""

    severity: Integer
    custom_data: Maybe[CustomData] = None


class SetMonitoringLevelResponse(Message):
    """Station → CSMS: the answer to `SetMonitoringLevelRequest`."""

    status: GenericStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class SetVariableMonitoringRequest(Message):
    """CSMS → station: installs monitors on variables (N04)."""

    set_monitoring_data: OneOrMore[SetMonitoringData]
    custom_data: Maybe[CustomData] = None


class SetVariableMonitoringResponse(Message):
    """Station → CSMS: one result for each monitor."""

    set_monitoring_result: OneOrMore[SetMonitoringResult]
    custom_data: Maybe[CustomData] = None


class ClearVariableMonitoringRequest(Message):
    """CSMS → station: removes monitors by id (N06)."""

    id: OneOrMore[Integer]
    custom_data: Maybe[CustomData] = None


class ClearVariableMonitoringResponse(Message):
    """Station → CSMS: one result for each monitor."""

    clear_monitoring_result: OneOrMore[ClearMonitoringResult]
    custom_data: Maybe[CustomData] = None


class NotifyEventRequest(Message):
    """Station → CSMS: tells events and monitor alerts of the device model (N07, N08)."""

    generated_at: Timestamp
    seq_no: Integer
    event_data: OneOrMore[EventData]
    tbc: Maybe[bool] = None
    custom_data: Maybe[CustomData] = None


class NotifyEventResponse(Message):
    """CSMS → station: the answer to `NotifyEventRequest`."""

    custom_data: Maybe[CustomData] = None


class CustomerInformationRequest(Message):
    """CSMS → station: asks to report or erase what is stored about a customer (N09, N10)."""

    request_id: Integer
    report: bool
    clear: bool
    customer_certificate: Maybe[CertificateHashData] = None
    id_token: Maybe[IdToken] = None
    customer_identifier: Maybe[String64] = None
    custom_data: Maybe[CustomData] = None


class CustomerInformationResponse(Message):
    """Station → CSMS: the answer to `CustomerInformationRequest`."""

    status: CustomerInformationStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class NotifyCustomerInformationRequest(Message):
    """Station → CSMS: delivers customer information, in parts (N09)."""

    data: String512
    seq_no: Integer
    generated_at: Timestamp
    request_id: Integer
    tbc: Maybe[bool] = None
    custom_data: Maybe[CustomData] = None


class NotifyCustomerInformationResponse(Message):
    """CSMS → station: the answer to `NotifyCustomerInformationRequest`."""

    custom_data: Maybe[CustomData] = None
