"""OCPP 2.1. Distributed energy resource control."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from pilotwire.ocpp.types import (
    CustomData,
    Datatype,
    Integer,
    Maybe,
    Message,
    NonNegativeInt,
    Number,
    String36,
    String200,
    Timestamp,
)
from pilotwire.ocpp.v21.datatypes import StatusInfo
from pilotwire.ocpp.v21.enums import DERControl, DERControlStatus, DERUnit, GridEventFault, PowerDuringCessation


class DERCurve(Datatype):
    """A DER curve with its points and timing."""

    curve_data: Annotated[list[DERCurvePoints], Meta(min_length=1, max_length=10)]
    priority: NonNegativeInt
    y_unit: DERUnit
    hysteresis: Maybe[Hysteresis] = None
    reactive_power_params: Maybe[ReactivePowerParams] = None
    voltage_params: Maybe[VoltageParams] = None
    response_time: Maybe[Number] = None
    start_time: Maybe[Timestamp] = None
    duration: Maybe[Number] = None
    custom_data: Maybe[CustomData] = None


class DERCurveGet(Datatype):
    """A DER curve as installed."""

    curve: DERCurve
    id: String36
    curve_type: DERControl
    is_default: bool
    is_superseded: bool
    custom_data: Maybe[CustomData] = None


class DERCurvePoints(Datatype):
    """One point of a DER curve."""

    x: Number
    y: Number
    custom_data: Maybe[CustomData] = None


class EnterService(Datatype):
    """Conditions under which to come back to the grid."""

    priority: NonNegativeInt
    high_voltage: Number
    low_voltage: Number
    high_freq: Number
    low_freq: Number
    delay: Maybe[Number] = None
    random_delay: Maybe[Number] = None
    ramp_rate: Maybe[Number] = None
    custom_data: Maybe[CustomData] = None


class EnterServiceGet(Datatype):
    """Enter-service settings as installed."""

    enter_service: EnterService
    id: String36
    custom_data: Maybe[CustomData] = None


class FixedPF(Datatype):
    """A fixed power factor."""

    priority: NonNegativeInt
    displacement: Number
    excitation: bool
    start_time: Maybe[Timestamp] = None
    duration: Maybe[Number] = None
    custom_data: Maybe[CustomData] = None


class FixedPFGet(Datatype):
    """A fixed power factor control as installed."""

    fixed_pf: FixedPF = field(name="fixedPF")
    id: String36
    is_default: bool
    is_superseded: bool
    custom_data: Maybe[CustomData] = None


class FixedVar(Datatype):
    """A fixed reactive power."""

    priority: NonNegativeInt
    setpoint: Number
    unit: DERUnit
    start_time: Maybe[Timestamp] = None
    duration: Maybe[Number] = None
    custom_data: Maybe[CustomData] = None


class FixedVarGet(Datatype):
    """A fixed reactive power control as installed."""

    fixed_var: FixedVar
    id: String36
    is_default: bool
    is_superseded: bool
    custom_data: Maybe[CustomData] = None


class FreqDroop(Datatype):
    """Power reduced with the frequency's departure."""

    priority: NonNegativeInt
    over_freq: Number
    under_freq: Number
    over_droop: Number
    under_droop: Number
    response_time: Number
    start_time: Maybe[Timestamp] = None
    duration: Maybe[Number] = None
    custom_data: Maybe[CustomData] = None


class FreqDroopGet(Datatype):
    """A frequency droop control as installed."""

    freq_droop: FreqDroop
    id: String36
    is_default: bool
    is_superseded: bool
    custom_data: Maybe[CustomData] = None


class Gradient(Datatype):
    """How fast power may change."""

    priority: NonNegativeInt
    gradient: Number
    soft_gradient: Number
    custom_data: Maybe[CustomData] = None


class GradientGet(Datatype):
    """Gradient settings as installed."""

    gradient: Gradient
    id: String36
    custom_data: Maybe[CustomData] = None


class Hysteresis(Datatype):
    """When a curve lets go again."""

    hysteresis_high: Maybe[Number] = None
    hysteresis_low: Maybe[Number] = None
    hysteresis_delay: Maybe[Number] = None
    hysteresis_gradient: Maybe[Number] = None
    custom_data: Maybe[CustomData] = None


class LimitMaxDischarge(Datatype):
    """A limit of the discharge power, in percent."""

    priority: NonNegativeInt
    pct_max_discharge_power: Maybe[Number] = None
    power_monitoring_must_trip: Maybe[DERCurve] = None
    start_time: Maybe[Timestamp] = None
    duration: Maybe[Number] = None
    custom_data: Maybe[CustomData] = None


class LimitMaxDischargeGet(Datatype):
    """A discharge limit as installed."""

    id: String36
    is_default: bool
    is_superseded: bool
    limit_max_discharge: LimitMaxDischarge
    custom_data: Maybe[CustomData] = None


class ReactivePowerParams(Datatype):
    """Voltage reference of a reactive power curve."""

    v_ref: Maybe[Number] = None
    autonomous_v_ref_enable: Maybe[bool] = None
    autonomous_v_ref_time_constant: Maybe[Number] = None
    custom_data: Maybe[CustomData] = None


class VoltageParams(Datatype):
    """Voltage protection of a DER curve."""

    hv10_min_mean_value: Maybe[Number] = None
    hv10_min_mean_trip_delay: Maybe[Number] = None
    power_during_cessation: Maybe[PowerDuringCessation] = None
    custom_data: Maybe[CustomData] = None


class SetDERControlRequest(Message):
    """CSMS → station: installs a DER control (R04)."""

    is_default: bool
    control_id: String36
    control_type: DERControl
    curve: Maybe[DERCurve] = None
    enter_service: Maybe[EnterService] = None
    fixed_pf_absorb: Maybe[FixedPF] = field(default=None, name="fixedPFAbsorb")
    fixed_pf_inject: Maybe[FixedPF] = field(default=None, name="fixedPFInject")
    fixed_var: Maybe[FixedVar] = None
    freq_droop: Maybe[FreqDroop] = None
    gradient: Maybe[Gradient] = None
    limit_max_discharge: Maybe[LimitMaxDischarge] = None
    custom_data: Maybe[CustomData] = None


class SetDERControlResponse(Message):
    """Station → CSMS: the answer to `SetDERControlRequest`."""

    status: DERControlStatus
    status_info: Maybe[StatusInfo] = None
    superseded_ids: Maybe[Annotated[list[String36], Meta(min_length=1, max_length=24)]] = None
    custom_data: Maybe[CustomData] = None


class GetDERControlRequest(Message):
    """CSMS → station: orders a report of the DER controls (R04)."""

    request_id: Integer
    is_default: Maybe[bool] = None
    control_type: Maybe[DERControl] = None
    control_id: Maybe[String36] = None
    custom_data: Maybe[CustomData] = None


class GetDERControlResponse(Message):
    """Station → CSMS: the answer to `GetDERControlRequest`."""

    status: DERControlStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class ClearDERControlRequest(Message):
    """CSMS → station: removes DER controls (R04)."""

    is_default: bool
    control_type: Maybe[DERControl] = None
    control_id: Maybe[String36] = None
    custom_data: Maybe[CustomData] = None


class ClearDERControlResponse(Message):
    """Station → CSMS: the answer to `ClearDERControlRequest`."""

    status: DERControlStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class ReportDERControlRequest(Message):
    """Station → CSMS: delivers DER controls, in parts (R04)."""

    request_id: Integer
    curve: Maybe[Annotated[list[DERCurveGet], Meta(min_length=1, max_length=24)]] = None
    enter_service: Maybe[Annotated[list[EnterServiceGet], Meta(min_length=1, max_length=24)]] = None
    fixed_pf_absorb: Maybe[Annotated[list[FixedPFGet], Meta(min_length=1, max_length=24)]] = field(
        default=None, name="fixedPFAbsorb"
    )
    fixed_pf_inject: Maybe[Annotated[list[FixedPFGet], Meta(min_length=1, max_length=24)]] = field(
        default=None, name="fixedPFInject"
    )
    fixed_var: Maybe[Annotated[list[FixedVarGet], Meta(min_length=1, max_length=24)]] = None
    freq_droop: Maybe[Annotated[list[FreqDroopGet], Meta(min_length=1, max_length=24)]] = None
    gradient: Maybe[Annotated[list[GradientGet], Meta(min_length=1, max_length=24)]] = None
    limit_max_discharge: Maybe[Annotated[list[LimitMaxDischargeGet], Meta(min_length=1, max_length=24)]] = None
    tbc: Maybe[bool] = None
    custom_data: Maybe[CustomData] = None


class ReportDERControlResponse(Message):
    """CSMS → station: the answer to `ReportDERControlRequest`."""

    custom_data: Maybe[CustomData] = None


class NotifyDERAlarmRequest(Message):
    """Station → CSMS: tells that a DER control ran into a grid event, or that it ended (R05)."""

    control_type: DERControl
    timestamp: Timestamp
    grid_event_fault: Maybe[GridEventFault] = None
    alarm_ended: Maybe[bool] = None
    extra_info: Maybe[String200] = None
    custom_data: Maybe[CustomData] = None


class NotifyDERAlarmResponse(Message):
    """CSMS → station: the answer to `NotifyDERAlarmRequest`."""

    custom_data: Maybe[CustomData] = None


class NotifyDERStartStopRequest(Message):
    """Station → CSMS: tells that a scheduled DER control started or stopped (R04)."""

    control_id: String36
    started: bool
    timestamp: Timestamp
    superseded_ids: Maybe[Annotated[list[String36], Meta(min_length=1, max_length=24)]] = None
    custom_data: Maybe[CustomData] = None


class NotifyDERStartStopResponse(Message):
    """CSMS → station: the answer to `NotifyDERStartStopRequest`."""

    custom_data: Maybe[CustomData] = None
