"""OCPP 2.1. Provisioning: boot, configuration and the device model, reset."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pilotwire.ocpp.types import (
    CustomData,
    Datatype,
    Integer,
    Maybe,
    Message,
    NonNegativeInt,
    Number,
    OneOrMore,
    PositiveInt,
    String6,
    String16,
    String20,
    String25,
    String48,
    String50,
    String64,
    String255,
    String1000,
    String2000,
    String2500,
    Timestamp,
)
from pilotwire.ocpp.v21.datatypes import Component, ComponentVariable, StatusInfo, Variable
from pilotwire.ocpp.v21.enums import (
    APNAuthentication,
    Attribute,
    BootReason,
    ComponentCriterion,
    Data,
    GenericDeviceModelStatus,
    GetVariableStatus,
    Mutability,
    OCPPInterface,
    OCPPTransport,
    OCPPVersion,
    RegistrationStatus,
    ReportBase,
    Reset,
    ResetStatus,
    SetNetworkProfileStatus,
    SetVariableStatus,
    VPNEnum,
)


class APN(Datatype):
    """Access to a mobile network."""

    apn: String2000
    apn_authentication: APNAuthentication
    apn_user_name: Maybe[String50] = None
    apn_password: Maybe[String64] = None
    sim_pin: Maybe[Integer] = None
    preferred_network: Maybe[String6] = None
    use_only_preferred_network: Maybe[bool] = None
    custom_data: Maybe[CustomData] = None


class ChargingStation(Datatype):
    """What the station says of itself at boot."""

    model: String20
    vendor_name: String50
    serial_number: Maybe[String25] = None
    modem: Maybe[Modem] = None
    firmware_version: Maybe[String50] = None
    custom_data: Maybe[CustomData] = None


class GetVariableData(Datatype):
    """One variable to read."""

    component: Component
    variable: Variable
    attribute_type: Maybe[Attribute] = None
    custom_data: Maybe[CustomData] = None


class GetVariableResult(Datatype):
    """One variable read, or why not."""

    attribute_status: GetVariableStatus
    component: Component
    variable: Variable
    attribute_status_info: Maybe[StatusInfo] = None
    attribute_type: Maybe[Attribute] = None
    attribute_value: Maybe[String2500] = None
    custom_data: Maybe[CustomData] = None


class Modem(Datatype):
    """SIM of the station."""

    iccid: Maybe[String20] = None
    imsi: Maybe[String20] = None
    custom_data: Maybe[CustomData] = None


class NetworkConnectionProfile(Datatype):
    """How to reach a CSMS."""

    ocpp_interface: OCPPInterface
    ocpp_transport: OCPPTransport
    message_timeout: Integer
    ocpp_csms_url: String2000
    security_profile: NonNegativeInt
    apn: Maybe[APN] = None
    ocpp_version: Maybe[OCPPVersion] = None
    identity: Maybe[String48] = None
    basic_auth_password: Maybe[String64] = None
    vpn: Maybe[VPN] = None
    custom_data: Maybe[CustomData] = None


class ReportData(Datatype):
    """A variable with its attributes and characteristics."""

    component: Component
    variable: Variable
    variable_attribute: Annotated[list[VariableAttribute], Meta(min_length=1, max_length=4)]
    variable_characteristics: Maybe[VariableCharacteristics] = None
    custom_data: Maybe[CustomData] = None


class SetVariableData(Datatype):
    """One variable to write."""

    attribute_value: String2500
    component: Component
    variable: Variable
    attribute_type: Maybe[Attribute] = None
    custom_data: Maybe[CustomData] = None


class SetVariableResult(Datatype):
    """What became of writing one variable."""

    attribute_status: SetVariableStatus
    component: Component
    variable: Variable
    attribute_type: Maybe[Attribute] = None
    attribute_status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class VPN(Datatype):
    """Access to a VPN."""

    server: String2000
    user: String50
    password: String64
    key: String255
    type: VPNEnum
    group: Maybe[String50] = None
    custom_data: Maybe[CustomData] = None


class VariableAttribute(Datatype):
    """A value of a variable and who may change it."""

    type: Maybe[Attribute] = None
    value: Maybe[String2500] = None
    mutability: Maybe[Mutability] = None
    persistent: Maybe[bool] = None
    constant: Maybe[bool] = None
    custom_data: Maybe[CustomData] = None


class VariableCharacteristics(Datatype):
    """What values a variable can have."""

    data_type: Data
    supports_monitoring: bool
    unit: Maybe[String16] = None
    min_limit: Maybe[Number] = None
    max_limit: Maybe[Number] = None
    max_elements: Maybe[PositiveInt] = None
    values_list: Maybe[String1000] = None
    custom_data: Maybe[CustomData] = None


class BootNotificationRequest(Message):
    """Station → CSMS: introduces itself after a start and asks to be accepted (B01)."""

    charging_station: ChargingStation
    reason: BootReason
    custom_data: Maybe[CustomData] = None


class BootNotificationResponse(Message):
    """CSMS → station: accepted or not, the time, and when to call again."""

    current_time: Timestamp
    interval: Integer
    status: RegistrationStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class HeartbeatRequest(Message):
    """Station → CSMS: shows that it is alive and asks for the time (G02)."""

    custom_data: Maybe[CustomData] = None


class HeartbeatResponse(Message):
    """CSMS → station: the time."""

    current_time: Timestamp
    custom_data: Maybe[CustomData] = None


class GetBaseReportRequest(Message):
    """CSMS → station: orders one of the predefined device-model reports (B07)."""

    request_id: Integer
    report_base: ReportBase
    custom_data: Maybe[CustomData] = None


class GetBaseReportResponse(Message):
    """Station → CSMS: the answer to `GetBaseReportRequest`."""

    status: GenericDeviceModelStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class GetReportRequest(Message):
    """CSMS → station: orders a report of chosen components and variables (B08)."""

    request_id: Integer
    component_variable: Maybe[OneOrMore[ComponentVariable]] = None
    component_criteria: Maybe[Annotated[list[ComponentCriterion], Meta(min_length=1, max_length=4)]] = None
    custom_data: Maybe[CustomData] = None


class GetReportResponse(Message):
    """Station → CSMS: the answer to `GetReportRequest`."""

    status: GenericDeviceModelStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class NotifyReportRequest(Message):
    """Station → CSMS: delivers a device-model report, in parts (B07, B08)."""

    request_id: Integer
    generated_at: Timestamp
    seq_no: NonNegativeInt
    report_data: Maybe[OneOrMore[ReportData]] = None
    tbc: Maybe[bool] = None
    custom_data: Maybe[CustomData] = None


class NotifyReportResponse(Message):
    """CSMS → station: the answer to `NotifyReportRequest`."""

    custom_data: Maybe[CustomData] = None


class GetVariablesRequest(Message):
    """CSMS → station: reads variables of the device model (B06)."""

    get_variable_data: OneOrMore[GetVariableData]
    custom_data: Maybe[CustomData] = None


class GetVariablesResponse(Message):
    """Station → CSMS: one result for each variable asked."""

    get_variable_result: OneOrMore[GetVariableResult]
    custom_data: Maybe[CustomData] = None


class SetVariablesRequest(Message):
    """CSMS → station: writes variables of the device model (B05)."""

    set_variable_data: OneOrMore[SetVariableData]
    custom_data: Maybe[CustomData] = None


class SetVariablesResponse(Message):
    """Station → CSMS: one result for each variable."""

    set_variable_result: OneOrMore[SetVariableResult]
    custom_data: Maybe[CustomData] = None


class SetNetworkProfileRequest(Message):
    """CSMS → station: stores how to reach a CSMS in a configuration slot (B09)."""

    configuration_slot: Integer
    connection_data: NetworkConnectionProfile
    custom_data: Maybe[CustomData] = None


class SetNetworkProfileResponse(Message):
    """Station → CSMS: the answer to `SetNetworkProfileRequest`."""

    status: SetNetworkProfileStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class ResetRequest(Message):
    """CSMS → station: restarts the station or one EVSE (B11, B12)."""

    type: Reset
    evse_id: Maybe[NonNegativeInt] = None
    custom_data: Maybe[CustomData] = None


class ResetResponse(Message):
    """Station → CSMS: the answer to `ResetRequest`."""

    status: ResetStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None
