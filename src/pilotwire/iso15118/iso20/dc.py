"""ISO 15118-20:2022: DC messages, a table of declarations."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from pilotwire.iso15118.exi.declare import REFERENCE, Declared, Element, Namespace
from pilotwire.iso15118.iso20.common_types import (
    ChargeLoopReq,
    ChargeLoopRes,
    ChargeParameterDiscoveryReq,
    ChargeParameterDiscoveryRes,
    CLReqControlMode,
    CLResControlMode,
    Dynamic_CLReqControlMode,
    Dynamic_CLResControlMode,
    PercentValue,
    Processing,
    RationalNumber,
    Scheduled_CLReqControlMode,
    Scheduled_CLResControlMode,
    V2GRequest,
    V2GResponse,
)

DC = Namespace("urn:iso:std:iso:15118:-20:DC", "dc")


class DC_CPDReqEnergyTransferMode(Element, kw_only=True):
    """Element `DC_CPDReqEnergyTransferMode`."""

    xsd = Declared(DC, "DC_CPDReqEnergyTransferModeType", element="DC_CPDReqEnergyTransferMode")
    ev_maximum_charge_power: RationalNumber = field(name="EVMaximumChargePower")
    ev_minimum_charge_power: RationalNumber = field(name="EVMinimumChargePower")
    ev_maximum_charge_current: RationalNumber = field(name="EVMaximumChargeCurrent")
    ev_minimum_charge_current: RationalNumber = field(name="EVMinimumChargeCurrent")
    ev_maximum_voltage: RationalNumber = field(name="EVMaximumVoltage")
    ev_minimum_voltage: RationalNumber = field(name="EVMinimumVoltage")
    target_soc: PercentValue | None = field(default=None, name="TargetSOC")


class BPT_DC_CPDReqEnergyTransferMode(DC_CPDReqEnergyTransferMode, kw_only=True):
    """Element `BPT_DC_CPDReqEnergyTransferMode`."""

    xsd = Declared(
        DC,
        "BPT_DC_CPDReqEnergyTransferModeType",
        element="BPT_DC_CPDReqEnergyTransferMode",
        substitutes=DC_CPDReqEnergyTransferMode,
    )
    ev_maximum_discharge_power: RationalNumber = field(name="EVMaximumDischargePower")
    ev_minimum_discharge_power: RationalNumber = field(name="EVMinimumDischargePower")
    ev_maximum_discharge_current: RationalNumber = field(name="EVMaximumDischargeCurrent")
    ev_minimum_discharge_current: RationalNumber = field(name="EVMinimumDischargeCurrent")


class DC_CPDResEnergyTransferMode(Element, kw_only=True):
    """Element `DC_CPDResEnergyTransferMode`."""

    xsd = Declared(DC, "DC_CPDResEnergyTransferModeType", element="DC_CPDResEnergyTransferMode")
    evse_maximum_charge_power: RationalNumber = field(name="EVSEMaximumChargePower")
    evse_minimum_charge_power: RationalNumber = field(name="EVSEMinimumChargePower")
    evse_maximum_charge_current: RationalNumber = field(name="EVSEMaximumChargeCurrent")
    evse_minimum_charge_current: RationalNumber = field(name="EVSEMinimumChargeCurrent")
    evse_maximum_voltage: RationalNumber = field(name="EVSEMaximumVoltage")
    evse_minimum_voltage: RationalNumber = field(name="EVSEMinimumVoltage")
    evse_power_ramp_limitation: RationalNumber | None = field(default=None, name="EVSEPowerRampLimitation")


class BPT_DC_CPDResEnergyTransferMode(DC_CPDResEnergyTransferMode, kw_only=True):
    """Element `BPT_DC_CPDResEnergyTransferMode`."""

    xsd = Declared(
        DC,
        "BPT_DC_CPDResEnergyTransferModeType",
        element="BPT_DC_CPDResEnergyTransferMode",
        substitutes=DC_CPDResEnergyTransferMode,
    )
    evse_maximum_discharge_power: RationalNumber = field(name="EVSEMaximumDischargePower")
    evse_minimum_discharge_power: RationalNumber = field(name="EVSEMinimumDischargePower")
    evse_maximum_discharge_current: RationalNumber = field(name="EVSEMaximumDischargeCurrent")
    evse_minimum_discharge_current: RationalNumber = field(name="EVSEMinimumDischargeCurrent")


class Dynamic_DC_CLReqControlMode(Dynamic_CLReqControlMode, kw_only=True):
    """Element `Dynamic_DC_CLReqControlMode`."""

    xsd = Declared(
        DC, "Dynamic_DC_CLReqControlModeType", element="Dynamic_DC_CLReqControlMode", substitutes=CLReqControlMode
    )
    ev_maximum_charge_power: RationalNumber = field(name="EVMaximumChargePower")
    ev_minimum_charge_power: RationalNumber = field(name="EVMinimumChargePower")
    ev_maximum_charge_current: RationalNumber = field(name="EVMaximumChargeCurrent")
    ev_maximum_voltage: RationalNumber = field(name="EVMaximumVoltage")
    ev_minimum_voltage: RationalNumber = field(name="EVMinimumVoltage")


class BPT_Dynamic_DC_CLReqControlMode(Dynamic_DC_CLReqControlMode, kw_only=True):
    """Element `BPT_Dynamic_DC_CLReqControlMode`."""

    xsd = Declared(
        DC,
        "BPT_Dynamic_DC_CLReqControlModeType",
        element="BPT_Dynamic_DC_CLReqControlMode",
        substitutes=Dynamic_DC_CLReqControlMode,
    )
    ev_maximum_discharge_power: RationalNumber = field(name="EVMaximumDischargePower")
    ev_minimum_discharge_power: RationalNumber = field(name="EVMinimumDischargePower")
    ev_maximum_discharge_current: RationalNumber = field(name="EVMaximumDischargeCurrent")
    ev_maximum_v2x_energy_request: RationalNumber | None = field(default=None, name="EVMaximumV2XEnergyRequest")
    ev_minimum_v2x_energy_request: RationalNumber | None = field(default=None, name="EVMinimumV2XEnergyRequest")


class Dynamic_DC_CLResControlMode(Dynamic_CLResControlMode, kw_only=True):
    """Element `Dynamic_DC_CLResControlMode`."""

    xsd = Declared(
        DC, "Dynamic_DC_CLResControlModeType", element="Dynamic_DC_CLResControlMode", substitutes=CLResControlMode
    )
    evse_maximum_charge_power: RationalNumber = field(name="EVSEMaximumChargePower")
    evse_minimum_charge_power: RationalNumber = field(name="EVSEMinimumChargePower")
    evse_maximum_charge_current: RationalNumber = field(name="EVSEMaximumChargeCurrent")
    evse_maximum_voltage: RationalNumber = field(name="EVSEMaximumVoltage")


class BPT_Dynamic_DC_CLResControlMode(Dynamic_DC_CLResControlMode, kw_only=True):
    """Element `BPT_Dynamic_DC_CLResControlMode`."""

    xsd = Declared(
        DC,
        "BPT_Dynamic_DC_CLResControlModeType",
        element="BPT_Dynamic_DC_CLResControlMode",
        substitutes=Dynamic_DC_CLResControlMode,
    )
    evse_maximum_discharge_power: RationalNumber = field(name="EVSEMaximumDischargePower")
    evse_minimum_discharge_power: RationalNumber = field(name="EVSEMinimumDischargePower")
    evse_maximum_discharge_current: RationalNumber = field(name="EVSEMaximumDischargeCurrent")
    evse_minimum_voltage: RationalNumber = field(name="EVSEMinimumVoltage")


class Scheduled_DC_CLReqControlMode(Scheduled_CLReqControlMode, kw_only=True):
    """Element `Scheduled_DC_CLReqControlMode`."""

    xsd = Declared(
        DC, "Scheduled_DC_CLReqControlModeType", element="Scheduled_DC_CLReqControlMode", substitutes=CLReqControlMode
    )
    ev_target_current: RationalNumber = field(name="EVTargetCurrent")
    ev_target_voltage: RationalNumber = field(name="EVTargetVoltage")
    ev_maximum_charge_power: RationalNumber | None = field(default=None, name="EVMaximumChargePower")
    ev_minimum_charge_power: RationalNumber | None = field(default=None, name="EVMinimumChargePower")
    ev_maximum_charge_current: RationalNumber | None = field(default=None, name="EVMaximumChargeCurrent")
    ev_maximum_voltage: RationalNumber | None = field(default=None, name="EVMaximumVoltage")
    ev_minimum_voltage: RationalNumber | None = field(default=None, name="EVMinimumVoltage")


class BPT_Scheduled_DC_CLReqControlMode(Scheduled_DC_CLReqControlMode, kw_only=True):
    """Element `BPT_Scheduled_DC_CLReqControlMode`."""

    xsd = Declared(
        DC,
        "BPT_Scheduled_DC_CLReqControlModeType",
        element="BPT_Scheduled_DC_CLReqControlMode",
        substitutes=Scheduled_DC_CLReqControlMode,
    )
    ev_maximum_discharge_power: RationalNumber | None = field(default=None, name="EVMaximumDischargePower")
    ev_minimum_discharge_power: RationalNumber | None = field(default=None, name="EVMinimumDischargePower")
    ev_maximum_discharge_current: RationalNumber | None = field(default=None, name="EVMaximumDischargeCurrent")


class Scheduled_DC_CLResControlMode(Scheduled_CLResControlMode, kw_only=True):
    """Element `Scheduled_DC_CLResControlMode`."""

    xsd = Declared(
        DC, "Scheduled_DC_CLResControlModeType", element="Scheduled_DC_CLResControlMode", substitutes=CLResControlMode
    )
    evse_maximum_charge_power: RationalNumber | None = field(default=None, name="EVSEMaximumChargePower")
    evse_minimum_charge_power: RationalNumber | None = field(default=None, name="EVSEMinimumChargePower")
    evse_maximum_charge_current: RationalNumber | None = field(default=None, name="EVSEMaximumChargeCurrent")
    evse_maximum_voltage: RationalNumber | None = field(default=None, name="EVSEMaximumVoltage")


class BPT_Scheduled_DC_CLResControlMode(Scheduled_DC_CLResControlMode, kw_only=True):
    """Element `BPT_Scheduled_DC_CLResControlMode`."""

    xsd = Declared(
        DC,
        "BPT_Scheduled_DC_CLResControlModeType",
        element="BPT_Scheduled_DC_CLResControlMode",
        substitutes=Scheduled_DC_CLResControlMode,
    )
    evse_maximum_discharge_power: RationalNumber | None = field(default=None, name="EVSEMaximumDischargePower")
    evse_minimum_discharge_power: RationalNumber | None = field(default=None, name="EVSEMinimumDischargePower")
    evse_maximum_discharge_current: RationalNumber | None = field(default=None, name="EVSEMaximumDischargeCurrent")
    evse_minimum_voltage: RationalNumber | None = field(default=None, name="EVSEMinimumVoltage")


class DC_CableCheckReq(V2GRequest, kw_only=True):
    """EVCC → SECC: isolation is checked before DC charging."""

    xsd = Declared(DC, "DC_CableCheckReqType", element="DC_CableCheckReq")


class DC_CableCheckRes(V2GResponse, kw_only=True):
    """SECC → EVCC: isolation is checked before DC charging."""

    xsd = Declared(DC, "DC_CableCheckResType", element="DC_CableCheckRes")
    evse_processing: Processing = field(name="EVSEProcessing")


class DC_ChargeLoopReq(ChargeLoopReq, kw_only=True):
    """EVCC → SECC: the DC charge loop."""

    xsd = Declared(DC, "DC_ChargeLoopReqType", element="DC_ChargeLoopReq")
    ev_present_voltage: RationalNumber = field(name="EVPresentVoltage")
    cl_req_control_mode: Annotated[CLReqControlMode, REFERENCE] = field(name="CLReqControlMode")


class DC_ChargeLoopRes(ChargeLoopRes, kw_only=True):
    """SECC → EVCC: the DC charge loop."""

    xsd = Declared(DC, "DC_ChargeLoopResType", element="DC_ChargeLoopRes")
    evse_present_current: RationalNumber = field(name="EVSEPresentCurrent")
    evse_present_voltage: RationalNumber = field(name="EVSEPresentVoltage")
    evse_power_limit_achieved: bool = field(name="EVSEPowerLimitAchieved")
    evse_current_limit_achieved: bool = field(name="EVSECurrentLimitAchieved")
    evse_voltage_limit_achieved: bool = field(name="EVSEVoltageLimitAchieved")
    cl_res_control_mode: Annotated[CLResControlMode, REFERENCE] = field(name="CLResControlMode")


class DC_ChargeParameterDiscoveryReq(ChargeParameterDiscoveryReq, kw_only=True):
    """EVCC → SECC: DC limits of both sides."""

    xsd = Declared(DC, "DC_ChargeParameterDiscoveryReqType", element="DC_ChargeParameterDiscoveryReq")
    dc_cpd_req_energy_transfer_mode: Annotated[DC_CPDReqEnergyTransferMode, REFERENCE] = field(
        name="DC_CPDReqEnergyTransferMode"
    )


class DC_ChargeParameterDiscoveryRes(ChargeParameterDiscoveryRes, kw_only=True):
    """SECC → EVCC: DC limits of both sides."""

    xsd = Declared(DC, "DC_ChargeParameterDiscoveryResType", element="DC_ChargeParameterDiscoveryRes")
    dc_cpd_res_energy_transfer_mode: Annotated[DC_CPDResEnergyTransferMode, REFERENCE] = field(
        name="DC_CPDResEnergyTransferMode"
    )


class DC_PreChargeReq(V2GRequest, kw_only=True):
    """EVCC → SECC: the DC voltage is brought to that of the vehicle."""

    xsd = Declared(DC, "DC_PreChargeReqType", element="DC_PreChargeReq")
    ev_processing: Processing = field(name="EVProcessing")
    ev_present_voltage: RationalNumber = field(name="EVPresentVoltage")
    ev_target_voltage: RationalNumber = field(name="EVTargetVoltage")


class DC_PreChargeRes(V2GResponse, kw_only=True):
    """SECC → EVCC: the DC voltage is brought to that of the vehicle."""

    xsd = Declared(DC, "DC_PreChargeResType", element="DC_PreChargeRes")
    evse_present_voltage: RationalNumber = field(name="EVSEPresentVoltage")


class DC_WeldingDetectionReq(V2GRequest, kw_only=True):
    """EVCC → SECC: whether the contactors of the vehicle open."""

    xsd = Declared(DC, "DC_WeldingDetectionReqType", element="DC_WeldingDetectionReq")
    ev_processing: Processing = field(name="EVProcessing")


class DC_WeldingDetectionRes(V2GResponse, kw_only=True):
    """SECC → EVCC: whether the contactors of the vehicle open."""

    xsd = Declared(DC, "DC_WeldingDetectionResType", element="DC_WeldingDetectionRes")
    evse_present_voltage: RationalNumber = field(name="EVSEPresentVoltage")
