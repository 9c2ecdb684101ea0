"""ISO 15118-20:2022: messages of automatic connection devices, a table of declarations."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from pilotwire.iso15118.exi.builtin import Short
from pilotwire.iso15118.exi.declare import Declared, Element, Namespace
from pilotwire.iso15118.iso20.common_types import PercentValue, Processing, RationalNumber, V2GRequest, V2GResponse

ACDP = Namespace("urn:iso:std:iso:15118:-20:ACDP", "acdp")

CpStatus = Literal["StateA", "StateB", "StateC", "StateD", "StateE"]
ElectricalChargingDeviceStatus = Literal["State_A", "State_B", "State_C", "State_D"]
ErrorCode = Literal[
    "OK_NoEVError",
    "FAILED",
    "FAILED_EmergencyEvent",
    "FAILED_Breaker",
    "FAILED_RESSTemperatureInhibit",
    "FAILED_RESS",
    "FAILED_ChargingCurrentDifferential",
    "FAILED_ChargingVoltageOutOfRange",
    "FAILED_Reserved1",
    "FAILED_Reserved2",
]
IsolationStatus = Literal["Invalid", "Safe", "Warning", "Fault"]
MechanicalChargingDeviceStatus = Literal["Home", "Moving", "EndPosition"]


class ACDP_ConnectReq(V2GRequest, kw_only=True):
    """EVCC → SECC: the automatic connection device connects."""

    xsd = Declared(ACDP, "ACDP_ConnectReqType", element="ACDP_ConnectReq")
    ev_electrical_charging_device_status: ElectricalChargingDeviceStatus = field(
        name="EVElectricalChargingDeviceStatus"
    )


class ACDP_DisconnectReq(V2GRequest, kw_only=True):
    """EVCC → SECC: the automatic connection device disconnects."""

    xsd = Declared(ACDP, "ACDP_ConnectReqType", element="ACDP_DisconnectReq")
    ev_electrical_charging_device_status: ElectricalChargingDeviceStatus = field(
        name="EVElectricalChargingDeviceStatus"
    )


class ACDP_ConnectRes(V2GResponse, kw_only=True):
    """SECC → EVCC: the automatic connection device connects."""

    xsd = Declared(ACDP, "ACDP_ConnectResType", element="ACDP_ConnectRes")
    evse_processing: Processing = field(name="EVSEProcessing")
    evse_electrical_charging_device_status: ElectricalChargingDeviceStatus = field(
        name="EVSEElectricalChargingDeviceStatus"
    )
    evse_mechanical_charging_device_status: MechanicalChargingDeviceStatus = field(
        name="EVSEMechanicalChargingDeviceStatus"
    )


class ACDP_DisconnectRes(V2GResponse, kw_only=True):
    """SECC → EVCC: the automatic connection device disconnects."""

    xsd = Declared(ACDP, "ACDP_ConnectResType", element="ACDP_DisconnectRes")
    evse_processing: Processing = field(name="EVSEProcessing")
    evse_electrical_charging_device_status: ElectricalChargingDeviceStatus = field(
        name="EVSEElectricalChargingDeviceStatus"
    )
    evse_mechanical_charging_device_status: MechanicalChargingDeviceStatus = field(
        name="EVSEMechanicalChargingDeviceStatus"
    )


class ACDP_SystemStatusReq(V2GRequest, kw_only=True):
    """EVCC → SECC: state of the automatic connection device."""

    xsd = Declared(ACDP, "ACDP_SystemStatusReqType", element="ACDP_SystemStatusReq")
    ev_technical_status: EVTechnicalStatus = field(name="EVTechnicalStatus")


class ACDP_SystemStatusRes(V2GResponse, kw_only=True):
    """SECC → EVCC: state of the automatic connection device."""

    xsd = Declared(ACDP, "ACDP_SystemStatusResType", element="ACDP_SystemStatusRes")
    evse_mechanical_charging_device_status: MechanicalChargingDeviceStatus = field(
        name="EVSEMechanicalChargingDeviceStatus"
    )
    evse_ready_to_charge: bool = field(name="EVSEReadyToCharge")
    evse_isolation_status: IsolationStatus = field(name="EVSEIsolationStatus")
    evse_disabled: bool = field(name="EVSEDisabled")
    evse_utility_interrupt_event: bool = field(name="EVSEUtilityInterruptEvent")
    evse_emergency_shutdown: bool = field(name="EVSEEmergencyShutdown")
    evse_malfunction: bool = field(name="EVSEMalfunction")
    ev_in_charge_position: bool = field(name="EVInChargePosition")
    ev_association_status: bool = field(name="EVAssociationStatus")


class ACDP_VehiclePositioningReq(V2GRequest, kw_only=True):
    """EVCC → SECC: position of the vehicle under the automatic connection device."""

    xsd = Declared(ACDP, "ACDP_VehiclePositioningReqType", element="ACDP_VehiclePositioningReq")
    ev_mobility_status: bool = field(name="EVMobilityStatus")
    ev_positioning_support: bool = field(name="EVPositioningSupport")


class ACDP_VehiclePositioningRes(V2GResponse, kw_only=True):
    """SECC → EVCC: position of the vehicle under the automatic connection device."""

    xsd = Declared(ACDP, "ACDP_VehiclePositioningResType", element="ACDP_VehiclePositioningRes")
    evse_processing: Processing = field(name="EVSEProcessing")
    evse_positioning_support: bool = field(name="EVSEPositioningSupport")
    ev_relative_x_deviation: Short = field(name="EVRelativeXDeviation")
    ev_relative_y_deviation: Short = field(name="EVRelativeYDeviation")
    contact_window_xc: Short = field(name="ContactWindowXc")
    contact_window_yc: Short = field(name="ContactWindowYc")
    ev_in_charge_position: bool = field(name="EVInChargePosition")


class EVTechnicalStatus(Element, kw_only=True):
    """`EVTechnicalStatusType`."""

    xsd = Declared(ACDP, "EVTechnicalStatusType")
    ev_ready_to_charge: bool = field(name="EVReadyToCharge")
    ev_immobilization_request: bool = field(name="EVImmobilizationRequest")
    ev_immobilized: bool | None = field(default=None, name="EVImmobilized")
    ev_wlan_strength: RationalNumber | None = field(default=None, name="EVWLANStrength")
    ev_cp_status: CpStatus | None = field(default=None, name="EVCPStatus")
    ev_soc: PercentValue | None = field(default=None, name="EVSOC")
    ev_error_code: ErrorCode | None = field(default=None, name="EVErrorCode")
    ev_timeout: bool | None = field(default=None, name="EVTimeout")
