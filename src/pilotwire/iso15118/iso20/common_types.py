"""ISO 15118-20:2022: types that all its messages share, a table of declarations."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import field

from pilotwire.iso15118.exi.builtin import Byte, Short, UnsignedInt, UnsignedLong, UnsignedShort
from pilotwire.iso15118.exi.declare import REFERENCE, Binary, Declared, Element, Integer, Namespace, Occurs, Text
from pilotwire.iso15118.xmldsig import Signature, X509IssuerSerial

COMMON_TYPES = Namespace("urn:iso:std:iso:15118:-20:CommonTypes", "ct")

Description = Annotated[str, Text(most=160)]
EvseNotification = Literal[
    "Pause", "ExitStandby", "Terminate", "ScheduleRenegotiation", "ServiceRenegotiation", "MeteringConfirmation"
]
Identifier = Annotated[str, Text(most=255)]
MeterID = Annotated[str, Text(most=32)]
MeterSignature = Annotated[bytes, Binary(most=64)]
Name = Annotated[str, Text(most=80)]
NumericID = Annotated[int, Integer(low=1, high=4294967295)]
PercentValue = Annotated[int, Integer(low=0, high=100)]
Processing = Literal["Finished", "Ongoing", "Ongoing_WaitingForCustomerInteraction"]
ResponseCode = Literal[
    "OK",
    "OK_CertificateExpiresSoon",
    "OK_NewSessionEstablished",
    "OK_OldSessionJoined",
    "OK_PowerToleranceConfirmed",
    "WARNING_AuthorizationSelectionInvalid",
    "WARNING_CertificateExpired",
    "WARNING_CertificateNotYetValid",
    "WARNING_CertificateRevoked",
    "WARNING_CertificateValidationError",
    "WARNING_ChallengeInvalid",
    "WARNING_EIMAuthorizationFailure",
    "WARNING_eMSPUnknown",
    "WARNING_EVPowerProfileViolation",
    "WARNING_GeneralPnCAuthorizationError",
    "WARNING_NoCertificateAvailable",
    "WARNING_NoContractMatchingPCIDFound",
    "WARNING_PowerToleranceNotConfirmed",
    "WARNING_ScheduleRenegotiationFailed",
    "WARNING_StandbyNotAllowed",
    "WARNING_WPT",
    "FAILED",
    "FAILED_AssociationError",
    "FAILED_ContactorError",
    "FAILED_EVPowerProfileInvalid",
    "FAILED_EVPowerProfileViolation",
    "FAILED_MeteringSignatureNotValid",
    "FAILED_NoEnergyTransferServiceSelected",
    "FAILED_NoServiceRenegotiationSupported",
    "FAILED_PauseNotAllowed",
    "FAILED_PowerDeliveryNotApplied",
    "FAILED_PowerToleranceNotConfirmed",
    "FAILED_ScheduleRenegotiation",
    "FAILED_ScheduleSelectionInvalid",
    "FAILED_SequenceError",
    "FAILED_ServiceIDInvalid",
    "FAILED_ServiceSelectionInvalid",
    "FAILED_SignatureError",
    "FAILED_UnknownSession",
    "FAILED_WrongChargeParameter",
]
SessionID = Annotated[bytes, Binary(form="hex", most=8, least=8)]


class CLReqControlMode(Element, kw_only=True):
    """`CLReqControlModeType`: what its extensions have in common."""

    xsd = Declared(COMMON_TYPES, "CLReqControlModeType", element="CLReqControlMode", abstract=True)


class CLResControlMode(Element, kw_only=True):
    """`CLResControlModeType`: what its extensions have in common."""

    xsd = Declared(COMMON_TYPES, "CLResControlModeType", element="CLResControlMode", abstract=True)


class V2GMessage(Element, kw_only=True):
    """`V2GMessageType`: what its extensions have in common."""

    xsd = Declared(COMMON_TYPES, "V2GMessageType", abstract=True)
    header: MessageHeader = field(name="Header")


class V2GRequest(V2GMessage, kw_only=True):
    """`V2GRequestType`: what its extensions have in common."""

    xsd = Declared(COMMON_TYPES, "V2GRequestType", abstract=True)


class ChargeLoopReq(V2GRequest, kw_only=True):
    """`ChargeLoopReqType`: what its extensions have in common."""

    xsd = Declared(COMMON_TYPES, "ChargeLoopReqType", abstract=True)
    display_parameters: DisplayParameters | None = field(default=None, name="DisplayParameters")
    meter_info_requested: bool = field(name="MeterInfoRequested")


class V2GResponse(V2GMessage, kw_only=True):
    """`V2GResponseType`: what its extensions have in common."""

    xsd = Declared(COMMON_TYPES, "V2GResponseType", abstract=True)
    response_code: ResponseCode = field(name="ResponseCode")


class ChargeLoopRes(V2GResponse, kw_only=True):
    """`ChargeLoopResType`: what its extensions have in common."""

    xsd = Declared(COMMON_TYPES, "ChargeLoopResType", abstract=True)
    evse_status: EVSEStatus | None = field(default=None, name="EVSEStatus")
    meter_info: MeterInfo | None = field(default=None, name="MeterInfo")
    receipt: Receipt | None = field(default=None, name="Receipt")


class ChargeParameterDiscoveryReq(V2GRequest, kw_only=True):
    """EVCC → SECC: limits of both sides, and the schedules."""

    xsd = Declared(COMMON_TYPES, "ChargeParameterDiscoveryReqType", abstract=True)


class ChargeParameterDiscoveryRes(V2GResponse, kw_only=True):
    """SECC → EVCC: limits of both sides, and the schedules."""

    xsd = Declared(COMMON_TYPES, "ChargeParameterDiscoveryResType", abstract=True)


class DetailedCost(Element, kw_only=True):
    """`DetailedCostType`."""

    xsd = Declared(COMMON_TYPES, "DetailedCostType")
    amount: RationalNumber = field(name="Amount")
    cost_per_unit: RationalNumber = field(name="CostPerUnit")


class DetailedTax(Element, kw_only=True):
    """`DetailedTaxType`."""

    xsd = Declared(COMMON_TYPES, "DetailedTaxType")
    tax_rule_id: NumericID = field(name="TaxRuleID")
    amount: RationalNumber = field(name="Amount")


class DisplayParameters(Element, kw_only=True):
    """`DisplayParametersType`."""

    xsd = Declared(COMMON_TYPES, "DisplayParametersType")
    present_soc: PercentValue | None = field(default=None, name="PresentSOC")
    minimum_soc: PercentValue | None = field(default=None, name="MinimumSOC")
    target_soc: PercentValue | None = field(default=None, name="TargetSOC")
    maximum_soc: PercentValue | None = field(default=None, name="MaximumSOC")
    remaining_time_to_minimum_soc: UnsignedInt | None = field(default=None, name="RemainingTimeToMinimumSOC")
    remaining_time_to_target_soc: UnsignedInt | None = field(default=None, name="RemainingTimeToTargetSOC")
    remaining_time_to_maximum_soc: UnsignedInt | None = field(default=None, name="RemainingTimeToMaximumSOC")
    charging_complete: bool | None = field(default=None, name="ChargingComplete")
    battery_energy_capacity: RationalNumber | None = field(default=None, name="BatteryEnergyCapacity")
    inlet_hot: bool | None = field(default=None, name="InletHot")


class Dynamic_CLReqControlMode(CLReqControlMode, kw_only=True):
    """`Dynamic_CLReqControlModeType`: what its extensions have in common."""

    xsd = Declared(COMMON_TYPES, "Dynamic_CLReqControlModeType", abstract=True)
    departure_time: UnsignedInt | None = field(default=None, name="DepartureTime")
    ev_target_energy_request: RationalNumber = field(name="EVTargetEnergyRequest")
    ev_maximum_energy_request: RationalNumber = field(name="EVMaximumEnergyRequest")
    ev_minimum_energy_request: RationalNumber = field(name="EVMinimumEnergyRequest")


class Dynamic_CLResControlMode(CLResControlMode, kw_only=True):
    """`Dynamic_CLResControlModeType`: what its extensions have in common."""

    xsd = Declared(COMMON_TYPES, "Dynamic_CLResControlModeType", abstract=True)
    departure_time: UnsignedInt | None = field(default=None, name="DepartureTime")
    minimum_soc: PercentValue | None = field(default=None, name="MinimumSOC")
    target_soc: PercentValue | None = field(default=None, name="TargetSOC")
    ack_max_delay: UnsignedShort | None = field(default=None, name="AckMaxDelay")


class EVSEStatus(Element, kw_only=True):
    """`EVSEStatusType`."""

    xsd = Declared(COMMON_TYPES, "EVSEStatusType")
    notification_max_delay: UnsignedShort = field(name="NotificationMaxDelay")
    evse_notification: EvseNotification = field(name="EVSENotification")


class ListOfRootCertificateIDs(Element, kw_only=True):
    """`ListOfRootCertificateIDsType`."""

    xsd = Declared(COMMON_TYPES, "ListOfRootCertificateIDsType")
    root_certificate_id: Annotated[list[X509IssuerSerial], Occurs(1, 20)] = field(name="RootCertificateID")


class MessageHeader(Element, kw_only=True):
    """`MessageHeaderType`."""

    xsd = Declared(COMMON_TYPES, "MessageHeaderType")
    session_id: SessionID = field(name="SessionID")
    time_stamp: UnsignedLong = field(name="TimeStamp")
    signature: Annotated[Signature, REFERENCE] | None = field(default=None, name="Signature")


class MeterInfo(Element, kw_only=True):
    """`MeterInfoType`."""

    xsd = Declared(COMMON_TYPES, "MeterInfoType")
    meter_id: MeterID = field(name="MeterID")
    charged_energy_reading_wh: UnsignedLong = field(name="ChargedEnergyReadingWh")
    bpt_discharged_energy_reading_wh: UnsignedLong | None = field(default=None, name="BPT_DischargedEnergyReadingWh")
    capacitive_energy_reading_va_rh: UnsignedLong | None = field(default=None, name="CapacitiveEnergyReadingVARh")
    bpt_inductive_energy_reading_va_rh: UnsignedLong | None = field(default=None, name="BPT_InductiveEnergyReadingVARh")
    meter_signature: MeterSignature | None = field(default=None, name="MeterSignature")
    meter_status: Short | None = field(default=None, name="MeterStatus")
    meter_timestamp: UnsignedLong | None = field(default=None, name="MeterTimestamp")


class RationalNumber(Element, kw_only=True):
    """`RationalNumberType`."""

    xsd = Declared(COMMON_TYPES, "RationalNumberType")
    exponent: Byte = field(name="Exponent")
    value: Short = field(name="Value")


class Receipt(Element, kw_only=True):
    """`ReceiptType`."""

    xsd = Declared(COMMON_TYPES, "ReceiptType")
    time_anchor: UnsignedLong = field(name="TimeAnchor")
    energy_costs: DetailedCost | None = field(default=None, name="EnergyCosts")
    occupancy_costs: DetailedCost | None = field(default=None, name="OccupancyCosts")
    additional_services_costs: DetailedCost | None = field(default=None, name="AdditionalServicesCosts")
    overstay_costs: DetailedCost | None = field(default=None, name="OverstayCosts")
    tax_costs: Annotated[list[DetailedTax], Occurs(0, 10)] = field(default_factory=list, name="TaxCosts")


class Scheduled_CLReqControlMode(CLReqControlMode, kw_only=True):
    """`Scheduled_CLReqControlModeType`: what its extensions have in common."""

    xsd = Declared(COMMON_TYPES, "Scheduled_CLReqControlModeType", abstract=True)
    ev_target_energy_request: RationalNumber | None = field(default=None, name="EVTargetEnergyRequest")
    ev_maximum_energy_request: RationalNumber | None = field(default=None, name="EVMaximumEnergyRequest")
    ev_minimum_energy_request: RationalNumber | None = field(default=None, name="EVMinimumEnergyRequest")


class Scheduled_CLResControlMode(CLResControlMode, kw_only=True):
    """`Scheduled_CLResControlModeType`: what its extensions have in common."""

    xsd = Declared(COMMON_TYPES, "Scheduled_CLResControlModeType", abstract=True)
