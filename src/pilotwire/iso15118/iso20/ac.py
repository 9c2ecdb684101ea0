"""ISO 15118-20:2022: AC messages, a table of declarations."""

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
    RationalNumber,
    Scheduled_CLReqControlMode,
    Scheduled_CLResControlMode,
)

AC = Namespace("urn:iso:std:iso:15118:-20:AC", "ac")


class AC_CPDReqEnergyTransferMode(Element, kw_only=True):
    """Element `AC_CPDReqEnergyTransferMode`."""

    xsd = Declared(AC, "AC_CPDReqEnergyTransferModeType", element="AC_CPDReqEnergyTransferMode")
    ev_maximum_charge_power: RationalNumber = field(name="EVMaximumChargePower")
    ev_maximum_charge_power_l2: RationalNumber | None = field(default=None, name="EVMaximumChargePower_L2")
    ev_maximum_charge_power_l3: RationalNumber | None = field(default=None, name="EVMaximumChargePower_L3")
    ev_minimum_charge_power: RationalNumber = field(name="EVMinimumChargePower")
    ev_minimum_charge_power_l2: RationalNumber | None = field(default=None, name="EVMinimumChargePower_L2")
    ev_minimum_charge_power_l3: RationalNumber | None = field(default=None, name="EVMinimumChargePower_L3")


class AC_CPDResEnergyTransferMode(Element, kw_only=True):
    """Element `AC_CPDResEnergyTransferMode`."""

    xsd = Declared(AC, "AC_CPDResEnergyTransferModeType", element="AC_CPDResEnergyTransferMode")
    evse_maximum_charge_power: RationalNumber = field(name="EVSEMaximumChargePower")
    evse_maximum_charge_power_l2: RationalNumber | None = field(default=None, name="EVSEMaximumChargePower_L2")
    evse_maximum_charge_power_l3: RationalNumber | None = field(default=None, name="EVSEMaximumChargePower_L3")
    evse_minimum_charge_power: RationalNumber = field(name="EVSEMinimumChargePower")
    evse_minimum_charge_power_l2: RationalNumber | None = field(default=None, name="EVSEMinimumChargePower_L2")
    evse_minimum_charge_power_l3: RationalNumber | None = field(default=None, name="EVSEMinimumChargePower_L3")
    evse_nominal_frequency: RationalNumber = field(name="EVSENominalFrequency")
    maximum_power_asymmetry: RationalNumber | None = field(default=None, name="MaximumPowerAsymmetry")
    evse_power_ramp_limitation: RationalNumber | None = field(default=None, name="EVSEPowerRampLimitation")
    evse_present_active_power: RationalNumber | None = field(default=None, name="EVSEPresentActivePower")
    evse_present_active_power_l2: RationalNumber | None = field(default=None, name="EVSEPresentActivePower_L2")
    evse_present_active_power_l3: RationalNumber | None = field(default=None, name="EVSEPresentActivePower_L3")


class AC_ChargeLoopReq(ChargeLoopReq, kw_only=True):
    """EVCC → SECC: the AC charge loop."""

    xsd = Declared(AC, "AC_ChargeLoopReqType", element="AC_ChargeLoopReq")
    cl_req_control_mode: Annotated[CLReqControlMode, REFERENCE] = field(name="CLReqControlMode")


class AC_ChargeLoopRes(ChargeLoopRes, kw_only=True):
    """SECC → EVCC: the AC charge loop."""

    xsd = Declared(AC, "AC_ChargeLoopResType", element="AC_ChargeLoopRes")
    evse_target_frequency: RationalNumber | None = field(default=None, name="EVSETargetFrequency")
    cl_res_control_mode: Annotated[CLResControlMode, REFERENCE] = field(name="CLResControlMode")


class AC_ChargeParameterDiscoveryReq(ChargeParameterDiscoveryReq, kw_only=True):
    """EVCC → SECC: AC limits of both sides."""

    xsd = Declared(AC, "AC_ChargeParameterDiscoveryReqType", element="AC_ChargeParameterDiscoveryReq")
    ac_cpd_req_energy_transfer_mode: Annotated[AC_CPDReqEnergyTransferMode, REFERENCE] = field(
        name="AC_CPDReqEnergyTransferMode"
    )


class AC_ChargeParameterDiscoveryRes(ChargeParameterDiscoveryRes, kw_only=True):
    """SECC → EVCC: AC limits of both sides."""

    xsd = Declared(AC, "AC_ChargeParameterDiscoveryResType", element="AC_ChargeParameterDiscoveryRes")
    ac_cpd_res_energy_transfer_mode: Annotated[AC_CPDResEnergyTransferMode, REFERENCE] = field(
        name="AC_CPDResEnergyTransferMode"
    )


class BPT_AC_CPDReqEnergyTransferMode(AC_CPDReqEnergyTransferMode, kw_only=True):
    """Element `BPT_AC_CPDReqEnergyTransferMode`."""

    xsd = Declared(
        AC,
        "BPT_AC_CPDReqEnergyTransferModeType",
        element="BPT_AC_CPDReqEnergyTransferMode",
        substitutes=AC_CPDReqEnergyTransferMode,
    )
    ev_maximum_discharge_power: RationalNumber = field(name="EVMaximumDischargePower")
    ev_maximum_discharge_power_l2: RationalNumber | None = field(default=None, name="EVMaximumDischargePower_L2")
    ev_maximum_discharge_power_l3: RationalNumber | None = field(default=None, name="EVMaximumDischargePower_L3")
    ev_minimum_discharge_power: RationalNumber = field(name="EVMinimumDischargePower")
    ev_minimum_discharge_power_l2: RationalNumber | None = field(default=None, name="EVMinimumDischargePower_L2")
    ev_minimum_discharge_power_l3: RationalNumber | None = field(default=None, name="EVMinimumDischargePower_L3")


class BPT_AC_CPDResEnergyTransferMode(AC_CPDResEnergyTransferMode, kw_only=True):
    """Element `BPT_AC_CPDResEnergyTransferMode`."""

    xsd = Declared(
        AC,
        "BPT_AC_CPDResEnergyTransferModeType",
        element="BPT_AC_CPDResEnergyTransferMode",
        substitutes=AC_CPDResEnergyTransferMode,
    )
    evse_maximum_discharge_power: RationalNumber = field(name="EVSEMaximumDischargePower")
    evse_maximum_discharge_power_l2: RationalNumber | None = field(default=None, name="EVSEMaximumDischargePower_L2")
    evse_maximum_discharge_power_l3: RationalNumber | None = field(default=None, name="EVSEMaximumDischargePower_L3")
    evse_minimum_discharge_power: RationalNumber = field(name="EVSEMinimumDischargePower")
    evse_minimum_discharge_power_l2: RationalNumber | None = field(default=None, name="EVSEMinimumDischargePower_L2")
    evse_minimum_discharge_power_l3: RationalNumber | None = field(default=None, name="EVSEMinimumDischargePower_L3")


class Dynamic_AC_CLReqControlMode(Dynamic_CLReqControlMode, kw_only=True):
    """Element `Dynamic_AC_CLReqControlMode`."""

    xsd = Declared(
        AC, "Dynamic_AC_CLReqControlModeType", element="Dynamic_AC_CLReqControlMode", substitutes=CLReqControlMode
    )
    ev_maximum_charge_power: RationalNumber = field(name="EVMaximumChargePower")
    ev_maximum_charge_power_l2: RationalNumber | None = field(default=None, name="EVMaximumChargePower_L2")
    ev_maximum_charge_power_l3: RationalNumber | None = field(default=None, name="EVMaximumChargePower_L3")
    ev_minimum_charge_power: RationalNumber = field(name="EVMinimumChargePower")
    ev_minimum_charge_power_l2: RationalNumber | None = field(default=None, name="EVMinimumChargePower_L2")
    ev_minimum_charge_power_l3: RationalNumber | None = field(default=None, name="EVMinimumChargePower_L3")
    ev_present_active_power: RationalNumber = field(name="EVPresentActivePower")
    ev_present_active_power_l2: RationalNumber | None = field(default=None, name="EVPresentActivePower_L2")
    ev_present_active_power_l3: RationalNumber | None = field(default=None, name="EVPresentActivePower_L3")
    ev_present_reactive_power: RationalNumber = field(name="EVPresentReactivePower")
    ev_present_reactive_power_l2: RationalNumber | None = field(default=None, name="EVPresentReactivePower_L2")
    ev_present_reactive_power_l3: RationalNumber | None = field(default=None, name="EVPresentReactivePower_L3")


class BPT_Dynamic_AC_CLReqControlMode(Dynamic_AC_CLReqControlMode, kw_only=True):
    """Element `BPT_Dynamic_AC_CLReqControlMode`."""

    xsd = Declared(
        AC,
        "BPT_Dynamic_AC_CLReqControlModeType",
        element="BPT_Dynamic_AC_CLReqControlMode",
        substitutes=Dynamic_AC_CLReqControlMode,
    )
    ev_maximum_discharge_power: RationalNumber = field(name="EVMaximumDischargePower")
    ev_maximum_discharge_power_l2: RationalNumber | None = field(default=None, name="EVMaximumDischargePower_L2")
    ev_maximum_discharge_power_l3: RationalNumber | None = field(default=None, name="EVMaximumDischargePower_L3")
    ev_minimum_discharge_power: RationalNumber = field(name="EVMinimumDischargePower")
    ev_minimum_discharge_power_l2: RationalNumber | None = field(default=None, name="EVMinimumDischargePower_L2")
    ev_minimum_discharge_power_l3: RationalNumber | None = field(default=None, name="EVMinimumDischargePower_L3")
    ev_maximum_v2x_energy_request: RationalNumber | None = field(default=None, name="EVMaximumV2XEnergyRequest")
    ev_minimum_v2x_energy_request: RationalNumber | None = field(default=None, name="EVMinimumV2XEnergyRequest")


class Dynamic_AC_CLResControlMode(Dynamic_CLResControlMode, kw_only=True):
    """Element `Dynamic_AC_CLResControlMode`."""

    xsd = Declared(
        AC, "Dynamic_AC_CLResControlModeType", element="Dynamic_AC_CLResControlMode", substitutes=CLResControlMode
    )
    evse_target_active_power: RationalNumber = field(name="EVSETargetActivePower")
    evse_target_active_power_l2: RationalNumber | None = field(default=None, name="EVSETargetActivePower_L2")
    evse_target_active_power_l3: RationalNumber | None = field(default=None, name="EVSETargetActivePower_L3")
    evse_target_reactive_power: RationalNumber | None = field(default=None, name="EVSETargetReactivePower")
    evse_target_reactive_power_l2: RationalNumber | None = field(default=None, name="EVSETargetReactivePower_L2")
    evse_target_reactive_power_l3: RationalNumber | None = field(default=None, name="EVSETargetReactivePower_L3")
    evse_present_active_power: RationalNumber | None = field(default=None, name="EVSEPresentActivePower")
    evse_present_active_power_l2: RationalNumber | None = field(default=None, name="EVSEPresentActivePower_L2")
    evse_present_active_power_l3: RationalNumber | None = field(default=None, name="EVSEPresentActivePower_L3")


class BPT_Dynamic_AC_CLResControlMode(Dynamic_AC_CLResControlMode, kw_only=True):
    """Element `BPT_Dynamic_AC_CLResControlMode`."""

    xsd = Declared(
        AC,
        "BPT_Dynamic_AC_CLResControlModeType",
        element="BPT_Dynamic_AC_CLResControlMode",
        substitutes=Dynamic_AC_CLResControlMode,
    )


class Scheduled_AC_CLReqControlMode(Scheduled_CLReqControlMode, kw_only=True):
    """Element `Scheduled_AC_CLReqControlMode`."""

    xsd = Declared(
        AC, "Scheduled_AC_CLReqControlModeType", element="Scheduled_AC_CLReqControlMode", substitutes=CLReqControlMode
    )
    ev_maximum_charge_power: RationalNumber | None = field(default=None, name="EVMaximumChargePower")
    ev_maximum_charge_power_l2: RationalNumber | None = field(default=None, name="EVMaximumChargePower_L2")
    ev_maximum_charge_power_l3: RationalNumber | None = field(default=None, name="EVMaximumChargePower_L3")
    ev_minimum_charge_power: RationalNumber | None = field(default=None, name="EVMinimumChargePower")
    ev_minimum_charge_power_l2: RationalNumber | None = field(default=None, name="EVMinimumChargePower_L2")
    ev_minimum_charge_power_l3: RationalNumber | None = field(default=None, name="EVMinimumChargePower_L3")
    ev_present_active_power: RationalNumber = field(name="EVPresentActivePower")
    ev_present_active_power_l2: RationalNumber | None = field(default=None, name="EVPresentActivePower_L2")
    ev_present_active_power_l3: RationalNumber | None = field(default=None, name="EVPresentActivePower_L3")
    ev_present_reactive_power: RationalNumber | None = field(default=None, name="EVPresentReactivePower")
    ev_present_reactive_power_l2: RationalNumber | None = field(default=None, name="EVPresentReactivePower_L2")
    ev_present_reactive_power_l3: RationalNumber | None = field(default=None, name="EVPresentReactivePower_L3")


class BPT_Scheduled_AC_CLReqControlMode(Scheduled_AC_CLReqControlMode, kw_only=True):
    """Element `BPT_Scheduled_AC_CLReqControlMode`."""

    xsd = Declared(
        AC,
        "BPT_Scheduled_AC_CLReqControlModeType",
        element="BPT_Scheduled_AC_CLReqControlMode",
        substitutes=Scheduled_AC_CLReqControlMode,
    )
    ev_maximum_discharge_power: RationalNumber | None = field(default=None, name="EVMaximumDischargePower")
    ev_maximum_discharge_power_l2: RationalNumber | None = field(default=None, name="EVMaximumDischargePower_L2")
    ev_maximum_discharge_power_l3: RationalNumber | None = field(default=None, name="EVMaximumDischargePower_L3")
    ev_minimum_discharge_power: RationalNumber | None = field(default=None, name="EVMinimumDischargePower")
    ev_minimum_discharge_power_l2: RationalNumber | None = field(default=None, name="EVMinimumDischargePower_L2")
    ev_minimum_discharge_power_l3: RationalNumber | None = field(default=None, name="EVMinimumDischargePower_L3")


class Scheduled_AC_CLResControlMode(Scheduled_CLResControlMode, kw_only=True):
    """Element `Scheduled_AC_CLResControlMode`."""

    xsd = Declared(
        AC, "Scheduled_AC_CLResControlModeType", element="Scheduled_AC_CLResControlMode", substitutes=CLResControlMode
    )
    evse_target_active_power: RationalNumber | None = field(default=None, name="EVSETargetActivePower")
    evse_target_active_power_l2: RationalNumber | None = field(default=None, name="EVSETargetActivePower_L2")
    evse_target_active_power_l3: RationalNumber | None = field(default=None, name="EVSETargetActivePower_L3")
    evse_target_reactive_power: RationalNumber | None = field(default=None, name="EVSETargetReactivePower")
    evse_target_reactive_power_l2: RationalNumber | None = field(default=None, name="EVSETargetReactivePower_L2")
    evse_target_reactive_power_l3: RationalNumber | None = field(default=None, name="EVSETargetReactivePower_L3")
    evse_present_active_power: RationalNumber | None = field(default=None, name="EVSEPresentActivePower")
    evse_present_active_power_l2: RationalNumber | None = field(default=None, name="EVSEPresentActivePower_L2")
    evse_present_active_power_l3: RationalNumber | None = field(default=None, name="EVSEPresentActivePower_L3")


class BPT_Scheduled_AC_CLResControlMode(Scheduled_AC_CLResControlMode, kw_only=True):
    """Element `BPT_Scheduled_AC_CLResControlMode`."""

    xsd = Declared(
        AC,
        "BPT_Scheduled_AC_CLResControlModeType",
        element="BPT_Scheduled_AC_CLResControlMode",
        substitutes=Scheduled_AC_CLResControlMode,
    )
