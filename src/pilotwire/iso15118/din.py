"""DIN SPEC 70121:2012: messages and their types, a table of declarations."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import field

from pilotwire.iso15118.exi.builtin import Byte, Int, Long, Short, String, UnsignedByte, UnsignedInt, XmlID
from pilotwire.iso15118.exi.declare import (
    ATTRIBUTE,
    REFERENCE,
    Binary,
    Declared,
    Element,
    Integer,
    Namespace,
    Occurs,
    Text,
    choice,
)
from pilotwire.iso15118.xmldsig import Signature

DEF = Namespace("urn:din:70121:2012:MsgDef", "v2g", attributes=False)
HDR = Namespace("urn:din:70121:2012:MsgHeader", "hdr", attributes=False)
BODY = Namespace("urn:din:70121:2012:MsgBody", "body", attributes=False)
TYPES = Namespace("urn:din:70121:2012:MsgDataTypes", "dt", attributes=False)

Certificate = Annotated[bytes, Binary(most=1200)]
ContractID = Annotated[str, Text(most=24)]
CostKind = Literal["relativePricePercentage", "RenewableGenerationPercentage", "CarbonDioxideEmission"]
DC_EVErrorCode = Literal[
    "NO_ERROR",
    "FAILED_RESSTemperatureInhibit",
    "FAILED_EVShiftPosition",
    "FAILED_ChargerConnectorLockFault",
    "FAILED_EVRESSMalfunction",
    "FAILED_ChargingCurrentdifferential",
    "FAILED_ChargingVoltageOutOfRange",
    "Reserved_A",
    "Reserved_B",
    "Reserved_C",
    "FAILED_ChargingSystemIncompatibility",
    "NoData",
]
DC_EVSEStatusCode = Literal[
    "EVSE_NotReady",
    "EVSE_Ready",
    "EVSE_Shutdown",
    "EVSE_UtilityInterruptEvent",
    "EVSE_IsolationMonitoringActive",
    "EVSE_EmergencyShutdown",
    "EVSE_Malfunction",
    "Reserved_8",
    "Reserved_9",
    "Reserved_A",
    "Reserved_B",
    "Reserved_C",
]
DHParams = Annotated[bytes, Binary(most=256)]
EVRequestedEnergyTransfer = Literal[
    "AC_single_phase_core", "AC_three_phase_core", "DC_core", "DC_extended", "DC_combo_core", "DC_unique"
]
EVSENotification = Literal["None", "StopCharging", "ReNegotiation"]
EVSEProcessing = Literal["Finished", "Ongoing"]
EVSESupportedEnergyTransfer = Literal[
    "AC_single_phase_core",
    "AC_three_phase_core",
    "DC_core",
    "DC_extended",
    "DC_combo_core",
    "DC_dual",
    "AC_core1p_DC_extended",
    "AC_single_DC_core",
    "AC_single_phase_three_phase_core_DC_extended",
    "AC_core3p_DC_extended",
]
EvccID = Annotated[bytes, Binary(form="hex", most=8)]
EvseID = Annotated[bytes, Binary(form="hex", most=32)]
FaultCode = Literal["ParsingError", "NoTLSRootCertificatAvailable", "UnknownError"]
FaultMsg = Annotated[str, Text(most=64)]
GenChallenge = Annotated[str, Text()]
IsolationLevel = Literal["Invalid", "Valid", "Warning", "Fault"]
MeterID = Annotated[str, Text(most=32)]
MeterStatus = Annotated[int, Integer(low=-32768, high=32767)]
PMax = Annotated[int, Integer(low=-32768, high=32767)]
PaymentOption = Literal["Contract", "ExternalPayment"]
PercentValue = Annotated[int, Integer(low=0, high=100)]
PrivateKey = Annotated[bytes, Binary(most=128)]
ResponseCode = Literal[
    "OK",
    "OK_NewSessionEstablished",
    "OK_OldSessionJoined",
    "OK_CertificateExpiresSoon",
    "FAILED",
    "FAILED_SequenceError",
    "FAILED_ServiceIDInvalid",
    "FAILED_UnknownSession",
    "FAILED_ServiceSelectionInvalid",
    "FAILED_PaymentSelectionInvalid",
    "FAILED_CertificateExpired",
    "FAILED_SignatureError",
    "FAILED_NoCertificateAvailable",
    "FAILED_CertChainError",
    "FAILED_ChallengeInvalid",
    "FAILED_ContractCanceled",
    "FAILED_WrongChargeParameter",
    "FAILED_PowerDeliveryNotApplied",
    "FAILED_TariffSelectionInvalid",
    "FAILED_ChargingProfileInvalid",
    "FAILED_EVSEPresentVoltageToLow",
    "FAILED_MeteringSignatureNotValid",
    "FAILED_WrongEnergyTransferType",
]
RootCertificateID = Annotated[str, Text(most=40)]
SAID = Annotated[int, Integer(low=-32768, high=32767)]
ServiceCategory = Literal["EVCharging", "Internet", "ContractCertificate", "OtherCustom"]
ServiceID = Annotated[int, Integer(low=0, high=65535)]
ServiceName = Annotated[str, Text(most=32)]
ServiceScope = Annotated[str, Text(most=32)]
SessionID = Annotated[bytes, Binary(form="hex", most=8)]
SigMeterReading = Annotated[bytes, Binary(most=32)]
TariffDescription = Annotated[str, Text(most=32)]
UnitMultiplier = Annotated[int, Integer(low=-3, high=3)]
UnitSymbol = Literal["h", "m", "s", "A", "Ah", "V", "VA", "W", "W/s", "Wh"]
Value = Literal["bool", "byte", "short", "int", "physicalValue", "string"]


class BodyBase(Element, kw_only=True):
    """`BodyBaseType`: what its extensions have in common."""

    xsd = Declared(DEF, "BodyBaseType", element="BodyElement", abstract=True)


class CableCheckReq(BodyBase, kw_only=True):
    """EVCC → SECC: isolation is checked before DC charging."""

    xsd = Declared(BODY, "CableCheckReqType", element="CableCheckReq", substitutes=BodyBase)
    dc_ev_status: DC_EVStatus = field(name="DC_EVStatus")


class CableCheckRes(BodyBase, kw_only=True):
    """SECC → EVCC: isolation is checked before DC charging."""

    xsd = Declared(BODY, "CableCheckResType", element="CableCheckRes", substitutes=BodyBase)
    response_code: ResponseCode = field(name="ResponseCode")
    dc_evse_status: DC_EVSEStatus = field(name="DC_EVSEStatus")
    evse_processing: EVSEProcessing = field(name="EVSEProcessing")


class CertificateInstallationReq(BodyBase, kw_only=True):
    """EVCC → SECC: a contract certificate for a vehicle that has none."""

    xsd = Declared(BODY, "CertificateInstallationReqType", element="CertificateInstallationReq", substitutes=BodyBase)
    id: Annotated[XmlID, ATTRIBUTE] | None = field(default=None, name="Id")
    oem_provisioning_cert: Certificate = field(name="OEMProvisioningCert")
    list_of_root_certificate_ids: ListOfRootCertificateIDs = field(name="ListOfRootCertificateIDs")
    dh_params: DHParams = field(name="DHParams")


class CertificateInstallationRes(BodyBase, kw_only=True):
    """SECC → EVCC: a contract certificate for a vehicle that has none."""

    xsd = Declared(BODY, "CertificateInstallationResType", element="CertificateInstallationRes", substitutes=BodyBase)
    id: Annotated[XmlID, ATTRIBUTE] = field(name="Id")
    response_code: ResponseCode = field(name="ResponseCode")
    contract_signature_cert_chain: CertificateChain = field(name="ContractSignatureCertChain")
    contract_signature_encrypted_private_key: PrivateKey = field(name="ContractSignatureEncryptedPrivateKey")
    dh_params: DHParams = field(name="DHParams")
    contract_id: ContractID = field(name="ContractID")


class CertificateUpdateReq(BodyBase, kw_only=True):
    """EVCC → SECC: a new contract certificate for one that runs out."""

    xsd = Declared(BODY, "CertificateUpdateReqType", element="CertificateUpdateReq", substitutes=BodyBase)
    id: Annotated[XmlID, ATTRIBUTE] | None = field(default=None, name="Id")
    contract_signature_cert_chain: CertificateChain = field(name="ContractSignatureCertChain")
    contract_id: ContractID = field(name="ContractID")
    list_of_root_certificate_ids: ListOfRootCertificateIDs = field(name="ListOfRootCertificateIDs")
    dh_params: DHParams = field(name="DHParams")


class CertificateUpdateRes(BodyBase, kw_only=True):
    """SECC → EVCC: a new contract certificate for one that runs out."""

    xsd = Declared(BODY, "CertificateUpdateResType", element="CertificateUpdateRes", substitutes=BodyBase)
    id: Annotated[XmlID, ATTRIBUTE] = field(name="Id")
    response_code: ResponseCode = field(name="ResponseCode")
    contract_signature_cert_chain: CertificateChain = field(name="ContractSignatureCertChain")
    contract_signature_encrypted_private_key: PrivateKey = field(name="ContractSignatureEncryptedPrivateKey")
    dh_params: DHParams = field(name="DHParams")
    contract_id: ContractID = field(name="ContractID")
    retry_counter: Short = field(name="RetryCounter")


class ChargeParameterDiscoveryReq(BodyBase, kw_only=True):
    """EVCC → SECC: limits of both sides, and the schedules."""

    xsd = Declared(BODY, "ChargeParameterDiscoveryReqType", element="ChargeParameterDiscoveryReq", substitutes=BodyBase)
    ev_requested_energy_transfer_type: EVRequestedEnergyTransfer = field(name="EVRequestedEnergyTransferType")
    ev_charge_parameter: Annotated[EVChargeParameter, REFERENCE] = field(name="EVChargeParameter")


class ChargeParameterDiscoveryRes(BodyBase, kw_only=True):
    """SECC → EVCC: limits of both sides, and the schedules."""

    xsd = Declared(BODY, "ChargeParameterDiscoveryResType", element="ChargeParameterDiscoveryRes", substitutes=BodyBase)
    response_code: ResponseCode = field(name="ResponseCode")
    evse_processing: EVSEProcessing = field(name="EVSEProcessing")
    sa_schedules: Annotated[SASchedules, REFERENCE] = field(name="SASchedules")
    evse_charge_parameter: Annotated[EVSEChargeParameter, REFERENCE] = field(name="EVSEChargeParameter")


class ChargingStatusReq(BodyBase, kw_only=True):
    """EVCC → SECC: the AC charge loop."""

    xsd = Declared(BODY, "ChargingStatusReqType", element="ChargingStatusReq", substitutes=BodyBase)


class ChargingStatusRes(BodyBase, kw_only=True):
    """SECC → EVCC: the AC charge loop."""

    xsd = Declared(BODY, "ChargingStatusResType", element="ChargingStatusRes", substitutes=BodyBase)
    response_code: ResponseCode = field(name="ResponseCode")
    evse_id: EvseID = field(name="EVSEID")
    sa_schedule_tuple_id: SAID = field(name="SAScheduleTupleID")
    evse_max_current: PhysicalValue | None = field(default=None, name="EVSEMaxCurrent")
    meter_info: MeterInfo | None = field(default=None, name="MeterInfo")
    receipt_required: bool = field(name="ReceiptRequired")
    ac_evse_status: AC_EVSEStatus = field(name="AC_EVSEStatus")


class ContractAuthenticationReq(BodyBase, kw_only=True):
    """EVCC → SECC: the authorization of a contract, or waiting for it by external means."""

    xsd = Declared(BODY, "ContractAuthenticationReqType", element="ContractAuthenticationReq", substitutes=BodyBase)
    id: Annotated[XmlID, ATTRIBUTE] | None = field(default=None, name="Id")
    gen_challenge: GenChallenge | None = field(default=None, name="GenChallenge")


class ContractAuthenticationRes(BodyBase, kw_only=True):
    """SECC → EVCC: the authorization of a contract, or waiting for it by external means."""

    xsd = Declared(BODY, "ContractAuthenticationResType", element="ContractAuthenticationRes", substitutes=BodyBase)
    response_code: ResponseCode = field(name="ResponseCode")
    evse_processing: EVSEProcessing = field(name="EVSEProcessing")


class CurrentDemandReq(BodyBase, kw_only=True):
    """EVCC → SECC: the DC charge loop."""

    xsd = Declared(BODY, "CurrentDemandReqType", element="CurrentDemandReq", substitutes=BodyBase)
    dc_ev_status: DC_EVStatus = field(name="DC_EVStatus")
    ev_target_current: PhysicalValue = field(name="EVTargetCurrent")
    ev_maximum_voltage_limit: PhysicalValue | None = field(default=None, name="EVMaximumVoltageLimit")
    ev_maximum_current_limit: PhysicalValue | None = field(default=None, name="EVMaximumCurrentLimit")
    ev_maximum_power_limit: PhysicalValue | None = field(default=None, name="EVMaximumPowerLimit")
    bulk_charging_complete: bool | None = field(default=None, name="BulkChargingComplete")
    charging_complete: bool = field(name="ChargingComplete")
    remaining_time_to_full_soc: PhysicalValue | None = field(default=None, name="RemainingTimeToFullSoC")
    remaining_time_to_bulk_soc: PhysicalValue | None = field(default=None, name="RemainingTimeToBulkSoC")
    ev_target_voltage: PhysicalValue = field(name="EVTargetVoltage")


class CurrentDemandRes(BodyBase, kw_only=True):
    """SECC → EVCC: the DC charge loop."""

    xsd = Declared(BODY, "CurrentDemandResType", element="CurrentDemandRes", substitutes=BodyBase)
    response_code: ResponseCode = field(name="ResponseCode")
    dc_evse_status: DC_EVSEStatus = field(name="DC_EVSEStatus")
    evse_present_voltage: PhysicalValue = field(name="EVSEPresentVoltage")
    evse_present_current: PhysicalValue = field(name="EVSEPresentCurrent")
    evse_current_limit_achieved: bool = field(name="EVSECurrentLimitAchieved")
    evse_voltage_limit_achieved: bool = field(name="EVSEVoltageLimitAchieved")
    evse_power_limit_achieved: bool = field(name="EVSEPowerLimitAchieved")
    evse_maximum_voltage_limit: PhysicalValue | None = field(default=None, name="EVSEMaximumVoltageLimit")
    evse_maximum_current_limit: PhysicalValue | None = field(default=None, name="EVSEMaximumCurrentLimit")
    evse_maximum_power_limit: PhysicalValue | None = field(default=None, name="EVSEMaximumPowerLimit")


class MeteringReceiptReq(BodyBase, kw_only=True):
    """EVCC → SECC: a signed receipt of metered energy."""

    xsd = Declared(BODY, "MeteringReceiptReqType", element="MeteringReceiptReq", substitutes=BodyBase)
    id: Annotated[XmlID, ATTRIBUTE] | None = field(default=None, name="Id")
    session_id: SessionID = field(name="SessionID")
    sa_schedule_tuple_id: SAID | None = field(default=None, name="SAScheduleTupleID")
    meter_info: MeterInfo = field(name="MeterInfo")


class MeteringReceiptRes(BodyBase, kw_only=True):
    """SECC → EVCC: a signed receipt of metered energy."""

    xsd = Declared(BODY, "MeteringReceiptResType", element="MeteringReceiptRes", substitutes=BodyBase)
    response_code: ResponseCode = field(name="ResponseCode")
    ac_evse_status: AC_EVSEStatus = field(name="AC_EVSEStatus")


class PaymentDetailsReq(BodyBase, kw_only=True):
    """EVCC → SECC: the contract and its certificates, answered with a challenge."""

    xsd = Declared(BODY, "PaymentDetailsReqType", element="PaymentDetailsReq", substitutes=BodyBase)
    contract_id: ContractID = field(name="ContractID")
    contract_signature_cert_chain: CertificateChain = field(name="ContractSignatureCertChain")


class PaymentDetailsRes(BodyBase, kw_only=True):
    """SECC → EVCC: the contract and its certificates, answered with a challenge."""

    xsd = Declared(BODY, "PaymentDetailsResType", element="PaymentDetailsRes", substitutes=BodyBase)
    response_code: ResponseCode = field(name="ResponseCode")
    gen_challenge: GenChallenge = field(name="GenChallenge")
    date_time_now: Long = field(name="DateTimeNow")


class PowerDeliveryReq(BodyBase, kw_only=True):
    """EVCC → SECC: power on, off, or to be negotiated anew."""

    xsd = Declared(BODY, "PowerDeliveryReqType", element="PowerDeliveryReq", substitutes=BodyBase)
    ready_to_charge_state: bool = field(name="ReadyToChargeState")
    charging_profile: ChargingProfile | None = field(default=None, name="ChargingProfile")
    ev_power_delivery_parameter: Annotated[EVPowerDeliveryParameter, REFERENCE] | None = field(
        default=None, name="EVPowerDeliveryParameter"
    )


class PowerDeliveryRes(BodyBase, kw_only=True):
    """SECC → EVCC: power on, off, or to be negotiated anew."""

    xsd = Declared(BODY, "PowerDeliveryResType", element="PowerDeliveryRes", substitutes=BodyBase)
    response_code: ResponseCode = field(name="ResponseCode")
    evse_status: Annotated[EVSEStatus, REFERENCE] = field(name="EVSEStatus")


class PreChargeReq(BodyBase, kw_only=True):
    """EVCC → SECC: the DC voltage is brought to that of the vehicle."""

    xsd = Declared(BODY, "PreChargeReqType", element="PreChargeReq", substitutes=BodyBase)
    dc_ev_status: DC_EVStatus = field(name="DC_EVStatus")
    ev_target_voltage: PhysicalValue = field(name="EVTargetVoltage")
    ev_target_current: PhysicalValue = field(name="EVTargetCurrent")


class PreChargeRes(BodyBase, kw_only=True):
    """SECC → EVCC: the DC voltage is brought to that of the vehicle."""

    xsd = Declared(BODY, "PreChargeResType", element="PreChargeRes", substitutes=BodyBase)
    response_code: ResponseCode = field(name="ResponseCode")
    dc_evse_status: DC_EVSEStatus = field(name="DC_EVSEStatus")
    evse_present_voltage: PhysicalValue = field(name="EVSEPresentVoltage")


class ServiceDetailReq(BodyBase, kw_only=True):
    """EVCC → SECC: the parameter sets of one service."""

    xsd = Declared(BODY, "ServiceDetailReqType", element="ServiceDetailReq", substitutes=BodyBase)
    service_id: ServiceID = field(name="ServiceID")


class ServiceDetailRes(BodyBase, kw_only=True):
    """SECC → EVCC: the parameter sets of one service."""

    xsd = Declared(BODY, "ServiceDetailResType", element="ServiceDetailRes", substitutes=BodyBase)
    response_code: ResponseCode = field(name="ResponseCode")
    service_id: ServiceID = field(name="ServiceID")
    service_parameter_list: ServiceParameterList | None = field(default=None, name="ServiceParameterList")


class ServiceDiscoveryReq(BodyBase, kw_only=True):
    """EVCC → SECC: which ways of payment or authorization, energy transfer and added services are offered."""

    xsd = Declared(BODY, "ServiceDiscoveryReqType", element="ServiceDiscoveryReq", substitutes=BodyBase)
    service_scope: ServiceScope | None = field(default=None, name="ServiceScope")
    service_category: ServiceCategory | None = field(default=None, name="ServiceCategory")


class ServiceDiscoveryRes(BodyBase, kw_only=True):
    """SECC → EVCC: which ways of payment or authorization, energy transfer and added services are offered."""

    xsd = Declared(BODY, "ServiceDiscoveryResType", element="ServiceDiscoveryRes", substitutes=BodyBase)
    response_code: ResponseCode = field(name="ResponseCode")
    payment_options: PaymentOptions = field(name="PaymentOptions")
    charge_service: ServiceCharge = field(name="ChargeService")
    service_list: ServiceTagList | None = field(default=None, name="ServiceList")


class ServicePaymentSelectionReq(BodyBase, kw_only=True):
    """EVCC → SECC: the chosen payment option and services."""

    xsd = Declared(BODY, "ServicePaymentSelectionReqType", element="ServicePaymentSelectionReq", substitutes=BodyBase)
    selected_payment_option: PaymentOption = field(name="SelectedPaymentOption")
    selected_service_list: SelectedServiceList = field(name="SelectedServiceList")


class ServicePaymentSelectionRes(BodyBase, kw_only=True):
    """SECC → EVCC: the chosen payment option and services."""

    xsd = Declared(BODY, "ServicePaymentSelectionResType", element="ServicePaymentSelectionRes", substitutes=BodyBase)
    response_code: ResponseCode = field(name="ResponseCode")


class SessionSetupReq(BodyBase, kw_only=True):
    """EVCC → SECC: begins a session, or joins the one that was paused."""

    xsd = Declared(BODY, "SessionSetupReqType", element="SessionSetupReq", substitutes=BodyBase)
    evcc_id: EvccID = field(name="EVCCID")


class SessionSetupRes(BodyBase, kw_only=True):
    """SECC → EVCC: begins a session, or joins the one that was paused."""

    xsd = Declared(BODY, "SessionSetupResType", element="SessionSetupRes", substitutes=BodyBase)
    response_code: ResponseCode = field(name="ResponseCode")
    evse_id: EvseID = field(name="EVSEID")
    date_time_now: Long | None = field(default=None, name="DateTimeNow")


class SessionStopRes(BodyBase, kw_only=True):
    """SECC → EVCC: ends or pauses the session."""

    xsd = Declared(BODY, "SessionStopResType", element="SessionStopRes", substitutes=BodyBase)
    response_code: ResponseCode = field(name="ResponseCode")


class SessionStop(BodyBase, kw_only=True):
    """EVCC → SECC: ends or pauses the session."""

    xsd = Declared(BODY, "SessionStopType", element="SessionStopReq", substitutes=BodyBase)


class WeldingDetectionReq(BodyBase, kw_only=True):
    """EVCC → SECC: whether the contactors of the vehicle open."""

    xsd = Declared(BODY, "WeldingDetectionReqType", element="WeldingDetectionReq", substitutes=BodyBase)
    dc_ev_status: DC_EVStatus = field(name="DC_EVStatus")


class WeldingDetectionRes(BodyBase, kw_only=True):
    """SECC → EVCC: whether the contactors of the vehicle open."""

    xsd = Declared(BODY, "WeldingDetectionResType", element="WeldingDetectionRes", substitutes=BodyBase)
    response_code: ResponseCode = field(name="ResponseCode")
    dc_evse_status: DC_EVSEStatus = field(name="DC_EVSEStatus")
    evse_present_voltage: PhysicalValue = field(name="EVSEPresentVoltage")


class Body(Element, kw_only=True):
    """`BodyType`."""

    xsd = Declared(DEF, "BodyType")
    body_element: Annotated[BodyBase, REFERENCE] | None = field(default=None, name="BodyElement")


class V2G_Message(Element, kw_only=True):
    """The root of every message: header and body."""

    xsd = Declared(DEF, "V2G_Message", element="V2G_Message")
    header: MessageHeader = field(name="Header")
    body: Body = field(name="Body")


class EVChargeParameter(Element, kw_only=True):
    """`EVChargeParameterType`: what its extensions have in common."""

    xsd = Declared(TYPES, "EVChargeParameterType", element="EVChargeParameter", abstract=True)


class AC_EVChargeParameter(EVChargeParameter, kw_only=True):
    """Element `AC_EVChargeParameter`."""

    xsd = Declared(TYPES, "AC_EVChargeParameterType", element="AC_EVChargeParameter", substitutes=EVChargeParameter)
    departure_time: UnsignedInt = field(name="DepartureTime")
    e_amount: PhysicalValue = field(name="EAmount")
    ev_max_voltage: PhysicalValue = field(name="EVMaxVoltage")
    ev_max_current: PhysicalValue = field(name="EVMaxCurrent")
    ev_min_current: PhysicalValue = field(name="EVMinCurrent")


class EVSEChargeParameter(Element, kw_only=True):
    """`EVSEChargeParameterType`: what its extensions have in common."""

    xsd = Declared(TYPES, "EVSEChargeParameterType", element="EVSEChargeParameter", abstract=True)


class AC_EVSEChargeParameter(EVSEChargeParameter, kw_only=True):
    """Element `AC_EVSEChargeParameter`."""

    xsd = Declared(
        TYPES, "AC_EVSEChargeParameterType", element="AC_EVSEChargeParameter", substitutes=EVSEChargeParameter
    )
    ac_evse_status: AC_EVSEStatus = field(name="AC_EVSEStatus")
    evse_max_voltage: PhysicalValue = field(name="EVSEMaxVoltage")
    evse_max_current: PhysicalValue = field(name="EVSEMaxCurrent")
    evse_min_current: PhysicalValue = field(name="EVSEMinCurrent")


class EVSEStatus(Element, kw_only=True):
    """`EVSEStatusType`: what its extensions have in common."""

    xsd = Declared(TYPES, "EVSEStatusType", element="EVSEStatus", abstract=True)


class AC_EVSEStatus(EVSEStatus, kw_only=True):
    """Element `AC_EVSEStatus`."""

    xsd = Declared(TYPES, "AC_EVSEStatusType", element="AC_EVSEStatus", substitutes=EVSEStatus)
    power_switch_closed: bool = field(name="PowerSwitchClosed")
    rcd: bool = field(name="RCD")
    notification_max_delay: UnsignedInt = field(name="NotificationMaxDelay")
    evse_notification: EVSENotification = field(name="EVSENotification")


class CertificateChain(Element, kw_only=True):
    """`CertificateChainType`."""

    xsd = Declared(TYPES, "CertificateChainType")
    certificate: Certificate = field(name="Certificate")
    sub_certificates: SubCertificates | None = field(default=None, name="SubCertificates")


class ChargingProfile(Element, kw_only=True):
    """`ChargingProfileType`."""

    xsd = Declared(TYPES, "ChargingProfileType")
    sa_schedule_tuple_id: SAID = field(name="SAScheduleTupleID")
    profile_entry: Annotated[list[ProfileEntry], Occurs(1, None)] = field(name="ProfileEntry")


class ConsumptionCost(Element, kw_only=True):
    """`ConsumptionCostType`."""

    xsd = Declared(TYPES, "ConsumptionCostType")
    start_value: UnsignedInt = field(name="startValue")
    cost: Annotated[list[Cost], Occurs(0, None)] = field(default_factory=list, name="Cost")


class Cost(Element, kw_only=True):
    """`CostType`."""

    xsd = Declared(TYPES, "CostType")
    cost_kind: CostKind = field(name="costKind")
    amount: UnsignedInt = field(name="amount")
    amount_multiplier: UnitMultiplier | None = field(default=None, name="amountMultiplier")


class DC_EVChargeParameter(EVChargeParameter, kw_only=True):
    """Element `DC_EVChargeParameter`."""

    xsd = Declared(TYPES, "DC_EVChargeParameterType", element="DC_EVChargeParameter", substitutes=EVChargeParameter)
    dc_ev_status: DC_EVStatus = field(name="DC_EVStatus")
    ev_maximum_current_limit: PhysicalValue = field(name="EVMaximumCurrentLimit")
    ev_maximum_power_limit: PhysicalValue | None = field(default=None, name="EVMaximumPowerLimit")
    ev_maximum_voltage_limit: PhysicalValue = field(name="EVMaximumVoltageLimit")
    ev_energy_capacity: PhysicalValue | None = field(default=None, name="EVEnergyCapacity")
    ev_energy_request: PhysicalValue | None = field(default=None, name="EVEnergyRequest")
    full_soc: PercentValue | None = field(default=None, name="FullSOC")
    bulk_soc: PercentValue | None = field(default=None, name="BulkSOC")


class EVPowerDeliveryParameter(Element, kw_only=True):
    """`EVPowerDeliveryParameterType`: what its extensions have in common."""

    xsd = Declared(TYPES, "EVPowerDeliveryParameterType", element="EVPowerDeliveryParameter", abstract=True)


class DC_EVPowerDeliveryParameter(EVPowerDeliveryParameter, kw_only=True):
    """Element `DC_EVPowerDeliveryParameter`."""

    xsd = Declared(
        TYPES,
        "DC_EVPowerDeliveryParameterType",
        element="DC_EVPowerDeliveryParameter",
        substitutes=EVPowerDeliveryParameter,
    )
    dc_ev_status: DC_EVStatus = field(name="DC_EVStatus")
    bulk_charging_complete: bool | None = field(default=None, name="BulkChargingComplete")
    charging_complete: bool = field(name="ChargingComplete")


class DC_EVSEChargeParameter(EVSEChargeParameter, kw_only=True):
    """Element `DC_EVSEChargeParameter`."""

    xsd = Declared(
        TYPES, "DC_EVSEChargeParameterType", element="DC_EVSEChargeParameter", substitutes=EVSEChargeParameter
    )
    dc_evse_status: DC_EVSEStatus = field(name="DC_EVSEStatus")
    evse_maximum_current_limit: PhysicalValue = field(name="EVSEMaximumCurrentLimit")
    evse_maximum_power_limit: PhysicalValue | None = field(default=None, name="EVSEMaximumPowerLimit")
    evse_maximum_voltage_limit: PhysicalValue = field(name="EVSEMaximumVoltageLimit")
    evse_minimum_current_limit: PhysicalValue = field(name="EVSEMinimumCurrentLimit")
    evse_minimum_voltage_limit: PhysicalValue = field(name="EVSEMinimumVoltageLimit")
    evse_current_regulation_tolerance: PhysicalValue | None = field(default=None, name="EVSECurrentRegulationTolerance")
    evse_peak_current_ripple: PhysicalValue = field(name="EVSEPeakCurrentRipple")
    evse_energy_to_be_delivered: PhysicalValue | None = field(default=None, name="EVSEEnergyToBeDelivered")


class DC_EVSEStatus(EVSEStatus, kw_only=True):
    """Element `DC_EVSEStatus`."""

    xsd = Declared(TYPES, "DC_EVSEStatusType", element="DC_EVSEStatus", substitutes=EVSEStatus)
    evse_isolation_status: IsolationLevel | None = field(default=None, name="EVSEIsolationStatus")
    evse_status_code: DC_EVSEStatusCode = field(name="EVSEStatusCode")
    notification_max_delay: UnsignedInt = field(name="NotificationMaxDelay")
    evse_notification: EVSENotification = field(name="EVSENotification")


class EVStatus(Element, kw_only=True):
    """`EVStatusType`: what its extensions have in common."""

    xsd = Declared(TYPES, "EVStatusType", element="EVStatus", abstract=True)


class DC_EVStatus(EVStatus, kw_only=True):
    """Element `DC_EVStatus`."""

    xsd = Declared(TYPES, "DC_EVStatusType", element="DC_EVStatus", substitutes=EVStatus)
    ev_ready: bool = field(name="EVReady")
    ev_cabin_conditioning: bool | None = field(default=None, name="EVCabinConditioning")
    evress_conditioning: bool | None = field(default=None, name="EVRESSConditioning")
    ev_error_code: DC_EVErrorCode = field(name="EVErrorCode")
    evress_soc: PercentValue = field(name="EVRESSSOC")


class Entry(Element, kw_only=True):
    """`EntryType`: what its extensions have in common."""

    xsd = Declared(TYPES, "EntryType", element="Entry", abstract=True)
    time_interval: Annotated[Interval, REFERENCE] = field(name="TimeInterval")


class Interval(Element, kw_only=True):
    """`IntervalType`: what its extensions have in common."""

    xsd = Declared(TYPES, "IntervalType", element="TimeInterval", abstract=True)


class ListOfRootCertificateIDs(Element, kw_only=True):
    """`ListOfRootCertificateIDsType`."""

    xsd = Declared(TYPES, "ListOfRootCertificateIDsType")
    root_certificate_id: Annotated[list[RootCertificateID], Occurs(1, None)] = field(name="RootCertificateID")


class MeterInfo(Element, kw_only=True):
    """`MeterInfoType`."""

    xsd = Declared(TYPES, "MeterInfoType")
    meter_id: MeterID = field(name="MeterID")
    meter_reading: PhysicalValue | None = field(default=None, name="MeterReading")
    sig_meter_reading: SigMeterReading | None = field(default=None, name="SigMeterReading")
    meter_status: MeterStatus | None = field(default=None, name="MeterStatus")
    t_meter: Long | None = field(default=None, name="TMeter")


class Notification(Element, kw_only=True):
    """`NotificationType`."""

    xsd = Declared(TYPES, "NotificationType")
    fault_code: FaultCode = field(name="FaultCode")
    fault_msg: FaultMsg | None = field(default=None, name="FaultMsg")


class PMaxScheduleEntry(Entry, kw_only=True):
    """Element `PMaxScheduleEntry`."""

    xsd = Declared(TYPES, "PMaxScheduleEntryType", element="PMaxScheduleEntry", substitutes=Entry)
    pmax: PMax = field(name="PMax")


class PMaxSchedule(Element, kw_only=True):
    """`PMaxScheduleType`."""

    xsd = Declared(TYPES, "PMaxScheduleType")
    pmax_schedule_id: SAID = field(name="PMaxScheduleID")
    pmax_schedule_entry: Annotated[list[Annotated[PMaxScheduleEntry, REFERENCE]], Occurs(1, None)] = field(
        name="PMaxScheduleEntry"
    )


class ParameterSet(Element, kw_only=True):
    """`ParameterSetType`."""

    xsd = Declared(TYPES, "ParameterSetType")
    parameter_set_id: Short = field(name="ParameterSetID")
    parameter: Annotated[list[Parameter], Occurs(1, None)] = field(name="Parameter")


class Parameter(Element, kw_only=True):
    """`ParameterType`."""

    xsd = Declared(
        TYPES,
        "ParameterType",
        content=choice("bool_value", "byte_value", "short_value", "int_value", "physical_value", "string_value"),
    )
    name: Annotated[String, ATTRIBUTE] = field(name="Name")
    value_type: Annotated[Value, ATTRIBUTE] = field(name="ValueType")
    bool_value: bool | None = field(default=None, name="boolValue")
    byte_value: Byte | None = field(default=None, name="byteValue")
    short_value: Short | None = field(default=None, name="shortValue")
    int_value: Int | None = field(default=None, name="intValue")
    physical_value: PhysicalValue | None = field(default=None, name="physicalValue")
    string_value: String | None = field(default=None, name="stringValue")


class PaymentOptions(Element, kw_only=True):
    """`PaymentOptionsType`."""

    xsd = Declared(TYPES, "PaymentOptionsType")
    payment_option: Annotated[list[PaymentOption], Occurs(1, None)] = field(name="PaymentOption")


class PhysicalValue(Element, kw_only=True):
    """`PhysicalValueType`."""

    xsd = Declared(TYPES, "PhysicalValueType")
    multiplier: UnitMultiplier = field(name="Multiplier")
    unit: UnitSymbol | None = field(default=None, name="Unit")
    value: Short = field(name="Value")


class ProfileEntry(Element, kw_only=True):
    """`ProfileEntryType`."""

    xsd = Declared(TYPES, "ProfileEntryType")
    charging_profile_entry_start: UnsignedInt = field(name="ChargingProfileEntryStart")
    charging_profile_entry_max_power: PMax = field(name="ChargingProfileEntryMaxPower")


class RelativeTimeInterval(Interval, kw_only=True):
    """Element `RelativeTimeInterval`."""

    xsd = Declared(TYPES, "RelativeTimeIntervalType", element="RelativeTimeInterval", substitutes=Interval)
    start: UnsignedInt = field(name="start")
    duration: UnsignedInt | None = field(default=None, name="duration")


class SASchedules(Element, kw_only=True):
    """`SASchedulesType`: what its extensions have in common."""

    xsd = Declared(TYPES, "SASchedulesType", element="SASchedules", abstract=True)


class SAScheduleList(SASchedules, kw_only=True):
    """Element `SAScheduleList`."""

    xsd = Declared(TYPES, "SAScheduleListType", element="SAScheduleList", substitutes=SASchedules)
    sa_schedule_tuple: Annotated[list[SAScheduleTuple], Occurs(1, None)] = field(name="SAScheduleTuple")


class SAScheduleTuple(Element, kw_only=True):
    """`SAScheduleTupleType`."""

    xsd = Declared(TYPES, "SAScheduleTupleType")
    sa_schedule_tuple_id: SAID = field(name="SAScheduleTupleID")
    pmax_schedule: PMaxSchedule = field(name="PMaxSchedule")
    sales_tariff: SalesTariff | None = field(default=None, name="SalesTariff")


class SalesTariffEntry(Entry, kw_only=True):
    """Element `SalesTariffEntry`."""

    xsd = Declared(TYPES, "SalesTariffEntryType", element="SalesTariffEntry", substitutes=Entry)
    e_price_level: UnsignedByte = field(name="EPriceLevel")
    consumption_cost: Annotated[list[ConsumptionCost], Occurs(0, None)] = field(
        default_factory=list, name="ConsumptionCost"
    )


class SalesTariff(Element, kw_only=True):
    """`SalesTariffType`."""

    xsd = Declared(TYPES, "SalesTariffType")
    id: Annotated[XmlID, ATTRIBUTE] = field(name="Id")
    sales_tariff_id: SAID = field(name="SalesTariffID")
    sales_tariff_description: TariffDescription | None = field(default=None, name="SalesTariffDescription")
    num_e_price_levels: UnsignedByte = field(name="NumEPriceLevels")
    sales_tariff_entry: Annotated[list[Annotated[SalesTariffEntry, REFERENCE]], Occurs(1, None)] = field(
        name="SalesTariffEntry"
    )


class SelectedServiceList(Element, kw_only=True):
    """`SelectedServiceListType`."""

    xsd = Declared(TYPES, "SelectedServiceListType")
    selected_service: Annotated[list[SelectedService], Occurs(1, None)] = field(name="SelectedService")


class SelectedService(Element, kw_only=True):
    """`SelectedServiceType`."""

    xsd = Declared(TYPES, "SelectedServiceType")
    service_id: ServiceID = field(name="ServiceID")
    parameter_set_id: Short | None = field(default=None, name="ParameterSetID")


class Service(Element, kw_only=True):
    """`ServiceType`."""

    xsd = Declared(TYPES, "ServiceType")
    service_tag: ServiceTag = field(name="ServiceTag")
    free_service: bool = field(name="FreeService")


class ServiceCharge(Service, kw_only=True):
    """Element `ServiceCharge`."""

    xsd = Declared(TYPES, "ServiceChargeType", element="ServiceCharge")
    energy_transfer_type: EVSESupportedEnergyTransfer = field(name="EnergyTransferType")


class ServiceParameterList(Element, kw_only=True):
    """`ServiceParameterListType`."""

    xsd = Declared(TYPES, "ServiceParameterListType")
    parameter_set: Annotated[list[ParameterSet], Occurs(1, None)] = field(name="ParameterSet")


class ServiceTagList(Element, kw_only=True):
    """`ServiceTagListType`."""

    xsd = Declared(TYPES, "ServiceTagListType")
    service: Annotated[list[Service], Occurs(1, None)] = field(name="Service")


class ServiceTag(Element, kw_only=True):
    """`ServiceTagType`."""

    xsd = Declared(TYPES, "ServiceTagType")
    service_id: ServiceID = field(name="ServiceID")
    service_name: ServiceName | None = field(default=None, name="ServiceName")
    service_category: ServiceCategory = field(name="ServiceCategory")
    service_scope: ServiceScope | None = field(default=None, name="ServiceScope")


class SubCertificates(Element, kw_only=True):
    """`SubCertificatesType`."""

    xsd = Declared(TYPES, "SubCertificatesType")
    certificate: Annotated[list[Certificate], Occurs(1, None)] = field(name="Certificate")


class MessageHeader(Element, kw_only=True):
    """`MessageHeaderType`."""

    xsd = Declared(HDR, "MessageHeaderType")
    session_id: SessionID = field(name="SessionID")
    notification: Notification | None = field(default=None, name="Notification")
    signature: Annotated[Signature, REFERENCE] | None = field(default=None, name="Signature")
