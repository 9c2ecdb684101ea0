"""ISO 15118-20:2022: messages common to all energy transfer modes, a table of declarations."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import field

from pilotwire.iso15118.exi.builtin import (
    Byte,
    Int,
    Short,
    UnsignedByte,
    UnsignedInt,
    UnsignedLong,
    UnsignedShort,
    XmlID,
)
from pilotwire.iso15118.exi.declare import (
    ATTRIBUTE,
    Binary,
    Declared,
    Element,
    Integer,
    Namespace,
    Occurs,
    Text,
    choice,
    optional,
    sequence,
)
from pilotwire.iso15118.iso20.common_types import (
    Description,
    EVSEStatus,
    Identifier,
    ListOfRootCertificateIDs,
    MeterInfo,
    Name,
    NumericID,
    PercentValue,
    Processing,
    RationalNumber,
    Receipt,
    SessionID,
    V2GRequest,
    V2GResponse,
)

COMMON_MESSAGES = Namespace("urn:iso:std:iso:15118:-20:CommonMessages", "cm")

Authorization = Literal["EIM", "PnC"]
Certificate = Annotated[bytes, Binary(most=1600)]
ChannelSelection = Literal["Charge", "Discharge"]
ChargeProgress = Literal["Start", "Stop", "Standby", "ScheduleRenegotiation"]
ChargingSession = Literal["Pause", "Terminate", "ServiceRenegotiation"]
Currency = Annotated[str, Text(most=3)]
DhPublicKey = Annotated[bytes, Binary(most=133, least=133)]
EcdhCurve = Literal["SECP521", "X448"]
EvCheckInStatus = Literal["CheckIn", "Processing", "Completed"]
EvCheckOutStatus = Literal["CheckOut", "Processing", "Completed"]
EvseCheckOutStatus = Literal["Scheduled", "Completed"]
GenChallenge = Annotated[bytes, Binary(most=16, least=16)]
Language = Annotated[str, Text(most=3)]
MaxSupportingPointsScheduleTuple = Annotated[int, Integer(low=12, high=1024)]
ParkingMethod = Literal["AutoParking", "MVGuideManual", "Manual"]
PowerToleranceAcceptance = Literal["PowerToleranceNotConfirmed", "PowerToleranceConfirmed"]
Secp521_EncryptedPrivateKey = Annotated[bytes, Binary(most=94, least=94)]
ServiceID = Annotated[int, Integer(low=0, high=65535)]
Tpm_EncryptedPrivateKey = Annotated[bytes, Binary(most=206, least=206)]
X448_EncryptedPrivateKey = Annotated[bytes, Binary(most=84, least=84)]


class PriceSchedule(Element, kw_only=True):
    """`PriceScheduleType`: what its extensions have in common."""

    xsd = Declared(COMMON_MESSAGES, "PriceScheduleType", abstract=True)
    time_anchor: UnsignedLong = field(name="TimeAnchor")
    price_schedule_id: NumericID = field(name="PriceScheduleID")
    price_schedule_description: Description | None = field(default=None, name="PriceScheduleDescription")


class AbsolutePriceSchedule(PriceSchedule, kw_only=True):
    """`AbsolutePriceScheduleType`."""

    xsd = Declared(COMMON_MESSAGES, "AbsolutePriceScheduleType")
    id: Annotated[XmlID, ATTRIBUTE] | None = field(default=None, name="Id")
    currency: Currency = field(name="Currency")
    language: Language = field(name="Language")
    price_algorithm: Identifier = field(name="PriceAlgorithm")
    minimum_cost: RationalNumber | None = field(default=None, name="MinimumCost")
    maximum_cost: RationalNumber | None = field(default=None, name="MaximumCost")
    tax_rules: TaxRuleList | None = field(default=None, name="TaxRules")
    price_rule_stacks: PriceRuleStackList = field(name="PriceRuleStacks")
    overstay_rules: OverstayRuleList | None = field(default=None, name="OverstayRules")
    additional_selected_services: AdditionalServiceList | None = field(default=None, name="AdditionalSelectedServices")


class AdditionalServiceList(Element, kw_only=True):
    """`AdditionalServiceListType`."""

    xsd = Declared(COMMON_MESSAGES, "AdditionalServiceListType")
    additional_service: Annotated[list[AdditionalService], Occurs(1, 5)] = field(name="AdditionalService")


class AdditionalService(Element, kw_only=True):
    """`AdditionalServiceType`."""

    xsd = Declared(COMMON_MESSAGES, "AdditionalServiceType")
    service_name: Name = field(name="ServiceName")
    service_fee: RationalNumber = field(name="ServiceFee")


class AuthorizationReq(V2GRequest, kw_only=True):
    """EVCC → SECC: authorization by contract or by external means."""

    xsd = Declared(
        COMMON_MESSAGES,
        "AuthorizationReqType",
        element="AuthorizationReq",
        content=sequence(
            "header",
            "selected_authorization_service",
            choice("eim_areq_authorization_mode", "pnc_areq_authorization_mode"),
        ),
    )
    selected_authorization_service: Authorization = field(name="SelectedAuthorizationService")
    eim_areq_authorization_mode: EIM_AReqAuthorizationMode | None = field(
        default=None, name="EIM_AReqAuthorizationMode"
    )
    pnc_areq_authorization_mode: PnC_AReqAuthorizationMode | None = field(
        default=None, name="PnC_AReqAuthorizationMode"
    )


class AuthorizationRes(V2GResponse, kw_only=True):
    """SECC → EVCC: authorization by contract or by external means."""

    xsd = Declared(COMMON_MESSAGES, "AuthorizationResType", element="AuthorizationRes")
    evse_processing: Processing = field(name="EVSEProcessing")


class AuthorizationSetupReq(V2GRequest, kw_only=True):
    """EVCC → SECC: which ways of authorization are offered."""

    xsd = Declared(COMMON_MESSAGES, "AuthorizationSetupReqType", element="AuthorizationSetupReq")


class AuthorizationSetupRes(V2GResponse, kw_only=True):
    """SECC → EVCC: which ways of authorization are offered."""

    xsd = Declared(
        COMMON_MESSAGES,
        "AuthorizationSetupResType",
        element="AuthorizationSetupRes",
        content=sequence(
            "header",
            "response_code",
            "authorization_services",
            "certificate_installation_service",
            choice("eim_asres_authorization_mode", "pnc_asres_authorization_mode"),
        ),
    )
    authorization_services: Annotated[list[Authorization], Occurs(1, 2)] = field(name="AuthorizationServices")
    certificate_installation_service: bool = field(name="CertificateInstallationService")
    eim_asres_authorization_mode: EIM_ASResAuthorizationMode | None = field(
        default=None, name="EIM_ASResAuthorizationMode"
    )
    pnc_asres_authorization_mode: PnC_ASResAuthorizationMode | None = field(
        default=None, name="PnC_ASResAuthorizationMode"
    )


class CertificateChain(Element, kw_only=True):
    """`CertificateChainType`."""

    xsd = Declared(COMMON_MESSAGES, "CertificateChainType")
    certificate: Certificate = field(name="Certificate")
    sub_certificates: SubCertificates | None = field(default=None, name="SubCertificates")


class CertificateInstallationReq(V2GRequest, kw_only=True):
    """EVCC → SECC: a contract certificate for a vehicle that has none."""

    xsd = Declared(COMMON_MESSAGES, "CertificateInstallationReqType", element="CertificateInstallationReq")
    oem_provisioning_certificate_chain: SignedCertificateChain = field(name="OEMProvisioningCertificateChain")
    list_of_root_certificate_ids: ListOfRootCertificateIDs = field(name="ListOfRootCertificateIDs")
    maximum_contract_certificate_chains: UnsignedByte = field(name="MaximumContractCertificateChains")
    prioritized_emaids: EMAIDList | None = field(default=None, name="PrioritizedEMAIDs")


class CertificateInstallationRes(V2GResponse, kw_only=True):
    """SECC → EVCC: a contract certificate for a vehicle that has none."""

    xsd = Declared(COMMON_MESSAGES, "CertificateInstallationResType", element="CertificateInstallationRes")
    evse_processing: Processing = field(name="EVSEProcessing")
    cps_certificate_chain: CertificateChain = field(name="CPSCertificateChain")
    signed_installation_data: SignedInstallationData = field(name="SignedInstallationData")
    remaining_contract_certificate_chains: UnsignedByte = field(name="RemainingContractCertificateChains")


class ChargingSchedule(Element, kw_only=True):
    """`ChargingScheduleType`."""

    xsd = Declared(
        COMMON_MESSAGES,
        "ChargingScheduleType",
        content=sequence("power_schedule", choice("absolute_price_schedule", "price_level_schedule", least=0)),
    )
    power_schedule: PowerSchedule = field(name="PowerSchedule")
    absolute_price_schedule: AbsolutePriceSchedule | None = field(default=None, name="AbsolutePriceSchedule")
    price_level_schedule: PriceLevelSchedule | None = field(default=None, name="PriceLevelSchedule")


class ContractCertificateChain(Element, kw_only=True):
    """`ContractCertificateChainType`."""

    xsd = Declared(COMMON_MESSAGES, "ContractCertificateChainType")
    certificate: Certificate = field(name="Certificate")
    sub_certificates: SubCertificates = field(name="SubCertificates")


class Dynamic_EVPPTControlMode(Element, kw_only=True):
    """`Dynamic_EVPPTControlModeType`."""

    xsd = Declared(COMMON_MESSAGES, "Dynamic_EVPPTControlModeType")


class Dynamic_SEReqControlMode(Element, kw_only=True):
    """`Dynamic_SEReqControlModeType`."""

    xsd = Declared(COMMON_MESSAGES, "Dynamic_SEReqControlModeType")
    departure_time: UnsignedInt = field(name="DepartureTime")
    minimum_soc: PercentValue | None = field(default=None, name="MinimumSOC")
    target_soc: PercentValue | None = field(default=None, name="TargetSOC")
    ev_target_energy_request: RationalNumber = field(name="EVTargetEnergyRequest")
    ev_maximum_energy_request: RationalNumber = field(name="EVMaximumEnergyRequest")
    ev_minimum_energy_request: RationalNumber = field(name="EVMinimumEnergyRequest")
    ev_maximum_v2x_energy_request: RationalNumber | None = field(default=None, name="EVMaximumV2XEnergyRequest")
    ev_minimum_v2x_energy_request: RationalNumber | None = field(default=None, name="EVMinimumV2XEnergyRequest")


class Dynamic_SEResControlMode(Element, kw_only=True):
    """`Dynamic_SEResControlModeType`."""

    xsd = Declared(
        COMMON_MESSAGES,
        "Dynamic_SEResControlModeType",
        content=sequence(
            optional("departure_time"),
            optional("minimum_soc"),
            optional("target_soc"),
            choice("absolute_price_schedule", "price_level_schedule", least=0),
        ),
    )
    departure_time: UnsignedInt | None = field(default=None, name="DepartureTime")
    minimum_soc: PercentValue | None = field(default=None, name="MinimumSOC")
    target_soc: PercentValue | None = field(default=None, name="TargetSOC")
    absolute_price_schedule: AbsolutePriceSchedule | None = field(default=None, name="AbsolutePriceSchedule")
    price_level_schedule: PriceLevelSchedule | None = field(default=None, name="PriceLevelSchedule")


class Dynamic_SMDTControlMode(Element, kw_only=True):
    """`Dynamic_SMDTControlModeType`."""

    xsd = Declared(COMMON_MESSAGES, "Dynamic_SMDTControlModeType")


class EIM_AReqAuthorizationMode(Element, kw_only=True):
    """`EIM_AReqAuthorizationModeType`."""

    xsd = Declared(COMMON_MESSAGES, "EIM_AReqAuthorizationModeType")


class EIM_ASResAuthorizationMode(Element, kw_only=True):
    """`EIM_ASResAuthorizationModeType`."""

    xsd = Declared(COMMON_MESSAGES, "EIM_ASResAuthorizationModeType")


class EMAIDList(Element, kw_only=True):
    """`EMAIDListType`."""

    xsd = Declared(COMMON_MESSAGES, "EMAIDListType")
    emaid: Annotated[list[Identifier], Occurs(1, 8)] = field(name="EMAID")


class EVAbsolutePriceSchedule(Element, kw_only=True):
    """`EVAbsolutePriceScheduleType`."""

    xsd = Declared(COMMON_MESSAGES, "EVAbsolutePriceScheduleType")
    time_anchor: UnsignedLong = field(name="TimeAnchor")
    currency: Currency = field(name="Currency")
    price_algorithm: Identifier = field(name="PriceAlgorithm")
    ev_price_rule_stacks: EVPriceRuleStackList = field(name="EVPriceRuleStacks")


class EVEnergyOffer(Element, kw_only=True):
    """`EVEnergyOfferType`."""

    xsd = Declared(COMMON_MESSAGES, "EVEnergyOfferType")
    ev_power_schedule: EVPowerSchedule = field(name="EVPowerSchedule")
    ev_absolute_price_schedule: EVAbsolutePriceSchedule = field(name="EVAbsolutePriceSchedule")


class EVPowerProfileEntryList(Element, kw_only=True):
    """`EVPowerProfileEntryListType`."""

    xsd = Declared(COMMON_MESSAGES, "EVPowerProfileEntryListType")
    ev_power_profile_entry: Annotated[list[PowerScheduleEntry], Occurs(1, 2048)] = field(name="EVPowerProfileEntry")


class EVPowerProfile(Element, kw_only=True):
    """`EVPowerProfileType`."""

    xsd = Declared(
        COMMON_MESSAGES,
        "EVPowerProfileType",
        content=sequence(
            "time_anchor",
            choice("dynamic_ev_ppt_control_mode", "scheduled_ev_ppt_control_mode"),
            "ev_power_profile_entries",
        ),
    )
    time_anchor: UnsignedLong = field(name="TimeAnchor")
    dynamic_ev_ppt_control_mode: Dynamic_EVPPTControlMode | None = field(default=None, name="Dynamic_EVPPTControlMode")
    scheduled_ev_ppt_control_mode: Scheduled_EVPPTControlMode | None = field(
        default=None, name="Scheduled_EVPPTControlMode"
    )
    ev_power_profile_entries: EVPowerProfileEntryList = field(name="EVPowerProfileEntries")


class EVPowerScheduleEntryList(Element, kw_only=True):
    """`EVPowerScheduleEntryListType`."""

    xsd = Declared(COMMON_MESSAGES, "EVPowerScheduleEntryListType")
    ev_power_schedule_entry: Annotated[list[EVPowerScheduleEntry], Occurs(1, 1024)] = field(name="EVPowerScheduleEntry")


class EVPowerScheduleEntry(Element, kw_only=True):
    """`EVPowerScheduleEntryType`."""

    xsd = Declared(COMMON_MESSAGES, "EVPowerScheduleEntryType")
    duration: UnsignedInt = field(name="Duration")
    power: RationalNumber = field(name="Power")


class EVPowerSchedule(Element, kw_only=True):
    """`EVPowerScheduleType`."""

    xsd = Declared(COMMON_MESSAGES, "EVPowerScheduleType")
    time_anchor: UnsignedLong = field(name="TimeAnchor")
    ev_power_schedule_entries: EVPowerScheduleEntryList = field(name="EVPowerScheduleEntries")


class EVPriceRuleStackList(Element, kw_only=True):
    """`EVPriceRuleStackListType`."""

    xsd = Declared(COMMON_MESSAGES, "EVPriceRuleStackListType")
    ev_price_rule_stack: Annotated[list[EVPriceRuleStack], Occurs(1, 1024)] = field(name="EVPriceRuleStack")


class EVPriceRuleStack(Element, kw_only=True):
    """`EVPriceRuleStackType`."""

    xsd = Declared(COMMON_MESSAGES, "EVPriceRuleStackType")
    duration: UnsignedInt = field(name="Duration")
    ev_price_rule: Annotated[list[EVPriceRule], Occurs(1, 8)] = field(name="EVPriceRule")


class EVPriceRule(Element, kw_only=True):
    """`EVPriceRuleType`."""

    xsd = Declared(COMMON_MESSAGES, "EVPriceRuleType")
    energy_fee: RationalNumber = field(name="EnergyFee")
    power_range_start: RationalNumber = field(name="PowerRangeStart")


class MeteringConfirmationReq(V2GRequest, kw_only=True):
    """EVCC → SECC: signed confirmation of metered energy."""

    xsd = Declared(COMMON_MESSAGES, "MeteringConfirmationReqType", element="MeteringConfirmationReq")
    signed_metering_data: SignedMeteringData = field(name="SignedMeteringData")


class MeteringConfirmationRes(V2GResponse, kw_only=True):
    """SECC → EVCC: signed confirmation of metered energy."""

    xsd = Declared(COMMON_MESSAGES, "MeteringConfirmationResType", element="MeteringConfirmationRes")


class OverstayRuleList(Element, kw_only=True):
    """`OverstayRuleListType`."""

    xsd = Declared(COMMON_MESSAGES, "OverstayRuleListType")
    overstay_time_threshold: UnsignedInt | None = field(default=None, name="OverstayTimeThreshold")
    overstay_power_threshold: RationalNumber | None = field(default=None, name="OverstayPowerThreshold")
    overstay_rule: Annotated[list[OverstayRule], Occurs(1, 5)] = field(name="OverstayRule")


class OverstayRule(Element, kw_only=True):
    """`OverstayRuleType`."""

    xsd = Declared(COMMON_MESSAGES, "OverstayRuleType")
    overstay_rule_description: Description | None = field(default=None, name="OverstayRuleDescription")
    start_time: UnsignedInt = field(name="StartTime")
    overstay_fee: RationalNumber = field(name="OverstayFee")
    overstay_fee_period: UnsignedInt = field(name="OverstayFeePeriod")


class ParameterSet(Element, kw_only=True):
    """`ParameterSetType`."""

    xsd = Declared(COMMON_MESSAGES, "ParameterSetType")
    parameter_set_id: ServiceID = field(name="ParameterSetID")
    parameter: Annotated[list[Parameter], Occurs(1, 32)] = field(name="Parameter")


class Parameter(Element, kw_only=True):
    """`ParameterType`."""

    xsd = Declared(
        COMMON_MESSAGES,
        "ParameterType",
        content=choice("bool_value", "byte_value", "short_value", "int_value", "rational_number", "finite_string"),
    )
    name: Annotated[Name, ATTRIBUTE] = field(name="Name")
    bool_value: bool | None = field(default=None, name="boolValue")
    byte_value: Byte | None = field(default=None, name="byteValue")
    short_value: Short | None = field(default=None, name="shortValue")
    int_value: Int | None = field(default=None, name="intValue")
    rational_number: RationalNumber | None = field(default=None, name="rationalNumber")
    finite_string: Name | None = field(default=None, name="finiteString")


class PnC_AReqAuthorizationMode(Element, kw_only=True):
    """`PnC_AReqAuthorizationModeType`."""

    xsd = Declared(COMMON_MESSAGES, "PnC_AReqAuthorizationModeType")
    id: Annotated[XmlID, ATTRIBUTE] = field(name="Id")
    gen_challenge: GenChallenge = field(name="GenChallenge")
    contract_certificate_chain: ContractCertificateChain = field(name="ContractCertificateChain")


class PnC_ASResAuthorizationMode(Element, kw_only=True):
    """`PnC_ASResAuthorizationModeType`."""

    xsd = Declared(COMMON_MESSAGES, "PnC_ASResAuthorizationModeType")
    gen_challenge: GenChallenge = field(name="GenChallenge")
    supported_providers: SupportedProvidersList | None = field(default=None, name="SupportedProviders")


class PowerDeliveryReq(V2GRequest, kw_only=True):
    """EVCC → SECC: power on, off, or to be negotiated anew."""

    xsd = Declared(COMMON_MESSAGES, "PowerDeliveryReqType", element="PowerDeliveryReq")
    ev_processing: Processing = field(name="EVProcessing")
    charge_progress: ChargeProgress = field(name="ChargeProgress")
    ev_power_profile: EVPowerProfile | None = field(default=None, name="EVPowerProfile")
    bpt_channel_selection: ChannelSelection | None = field(default=None, name="BPT_ChannelSelection")


class PowerDeliveryRes(V2GResponse, kw_only=True):
    """SECC → EVCC: power on, off, or to be negotiated anew."""

    xsd = Declared(COMMON_MESSAGES, "PowerDeliveryResType", element="PowerDeliveryRes")
    evse_status: EVSEStatus | None = field(default=None, name="EVSEStatus")


class PowerScheduleEntryList(Element, kw_only=True):
    """`PowerScheduleEntryListType`."""

    xsd = Declared(COMMON_MESSAGES, "PowerScheduleEntryListType")
    power_schedule_entry: Annotated[list[PowerScheduleEntry], Occurs(1, 1024)] = field(name="PowerScheduleEntry")


class PowerScheduleEntry(Element, kw_only=True):
    """`PowerScheduleEntryType`."""

    xsd = Declared(COMMON_MESSAGES, "PowerScheduleEntryType")
    duration: UnsignedInt = field(name="Duration")
    power: RationalNumber = field(name="Power")
    power_l2: RationalNumber | None = field(default=None, name="Power_L2")
    power_l3: RationalNumber | None = field(default=None, name="Power_L3")


class PowerSchedule(Element, kw_only=True):
    """`PowerScheduleType`."""

    xsd = Declared(COMMON_MESSAGES, "PowerScheduleType")
    time_anchor: UnsignedLong = field(name="TimeAnchor")
    available_energy: RationalNumber | None = field(default=None, name="AvailableEnergy")
    power_tolerance: RationalNumber | None = field(default=None, name="PowerTolerance")
    power_schedule_entries: PowerScheduleEntryList = field(name="PowerScheduleEntries")


class PriceLevelScheduleEntryList(Element, kw_only=True):
    """`PriceLevelScheduleEntryListType`."""

    xsd = Declared(COMMON_MESSAGES, "PriceLevelScheduleEntryListType")
    price_level_schedule_entry: Annotated[list[PriceLevelScheduleEntry], Occurs(1, 1024)] = field(
        name="PriceLevelScheduleEntry"
    )


class PriceLevelScheduleEntry(Element, kw_only=True):
    """`PriceLevelScheduleEntryType`."""

    xsd = Declared(COMMON_MESSAGES, "PriceLevelScheduleEntryType")
    duration: UnsignedInt = field(name="Duration")
    price_level: UnsignedByte = field(name="PriceLevel")


class PriceLevelSchedule(PriceSchedule, kw_only=True):
    """`PriceLevelScheduleType`."""

    xsd = Declared(COMMON_MESSAGES, "PriceLevelScheduleType")
    id: Annotated[XmlID, ATTRIBUTE] | None = field(default=None, name="Id")
    number_of_price_levels: UnsignedByte = field(name="NumberOfPriceLevels")
    price_level_schedule_entries: PriceLevelScheduleEntryList = field(name="PriceLevelScheduleEntries")


class PriceRuleStackList(Element, kw_only=True):
    """`PriceRuleStackListType`."""

    xsd = Declared(COMMON_MESSAGES, "PriceRuleStackListType")
    price_rule_stack: Annotated[list[PriceRuleStack], Occurs(1, 1024)] = field(name="PriceRuleStack")


class PriceRuleStack(Element, kw_only=True):
    """`PriceRuleStackType`."""

    xsd = Declared(COMMON_MESSAGES, "PriceRuleStackType")
    duration: UnsignedInt = field(name="Duration")
    price_rule: Annotated[list[PriceRule], Occurs(1, 8)] = field(name="PriceRule")


class PriceRule(Element, kw_only=True):
    """`PriceRuleType`."""

    xsd = Declared(COMMON_MESSAGES, "PriceRuleType")
    energy_fee: RationalNumber = field(name="EnergyFee")
    parking_fee: RationalNumber | None = field(default=None, name="ParkingFee")
    parking_fee_period: UnsignedInt | None = field(default=None, name="ParkingFeePeriod")
    carbon_dioxide_emission: UnsignedShort | None = field(default=None, name="CarbonDioxideEmission")
    renewable_generation_percentage: UnsignedByte | None = field(default=None, name="RenewableGenerationPercentage")
    power_range_start: RationalNumber = field(name="PowerRangeStart")


class ScheduleExchangeReq(V2GRequest, kw_only=True):
    """EVCC → SECC: schedules and prices of the session."""

    xsd = Declared(
        COMMON_MESSAGES,
        "ScheduleExchangeReqType",
        element="ScheduleExchangeReq",
        content=sequence(
            "header",
            "maximum_supporting_points",
            choice("dynamic_se_req_control_mode", "scheduled_se_req_control_mode"),
        ),
    )
    maximum_supporting_points: MaxSupportingPointsScheduleTuple = field(name="MaximumSupportingPoints")
    dynamic_se_req_control_mode: Dynamic_SEReqControlMode | None = field(default=None, name="Dynamic_SEReqControlMode")
    scheduled_se_req_control_mode: Scheduled_SEReqControlMode | None = field(
        default=None, name="Scheduled_SEReqControlMode"
    )


class ScheduleExchangeRes(V2GResponse, kw_only=True):
    """SECC → EVCC: schedules and prices of the session."""

    xsd = Declared(
        COMMON_MESSAGES,
        "ScheduleExchangeResType",
        element="ScheduleExchangeRes",
        content=sequence(
            "header",
            "response_code",
            "evse_processing",
            optional("go_to_pause"),
            choice("dynamic_se_res_control_mode", "scheduled_se_res_control_mode"),
        ),
    )
    evse_processing: Processing = field(name="EVSEProcessing")
    go_to_pause: bool | None = field(default=None, name="GoToPause")
    dynamic_se_res_control_mode: Dynamic_SEResControlMode | None = field(default=None, name="Dynamic_SEResControlMode")
    scheduled_se_res_control_mode: Scheduled_SEResControlMode | None = field(
        default=None, name="Scheduled_SEResControlMode"
    )


class ScheduleTuple(Element, kw_only=True):
    """`ScheduleTupleType`."""

    xsd = Declared(COMMON_MESSAGES, "ScheduleTupleType")
    schedule_tuple_id: NumericID = field(name="ScheduleTupleID")
    charging_schedule: ChargingSchedule = field(name="ChargingSchedule")
    discharging_schedule: ChargingSchedule | None = field(default=None, name="DischargingSchedule")


class Scheduled_EVPPTControlMode(Element, kw_only=True):
    """`Scheduled_EVPPTControlModeType`."""

    xsd = Declared(COMMON_MESSAGES, "Scheduled_EVPPTControlModeType")
    selected_schedule_tuple_id: NumericID = field(name="SelectedScheduleTupleID")
    power_tolerance_acceptance: PowerToleranceAcceptance | None = field(default=None, name="PowerToleranceAcceptance")


class Scheduled_SEReqControlMode(Element, kw_only=True):
    """`Scheduled_SEReqControlModeType`."""

    xsd = Declared(COMMON_MESSAGES, "Scheduled_SEReqControlModeType")
    departure_time: UnsignedInt | None = field(default=None, name="DepartureTime")
    ev_target_energy_request: RationalNumber | None = field(default=None, name="EVTargetEnergyRequest")
    ev_maximum_energy_request: RationalNumber | None = field(default=None, name="EVMaximumEnergyRequest")
    ev_minimum_energy_request: RationalNumber | None = field(default=None, name="EVMinimumEnergyRequest")
    ev_energy_offer: EVEnergyOffer | None = field(default=None, name="EVEnergyOffer")


class Scheduled_SEResControlMode(Element, kw_only=True):
    """`Scheduled_SEResControlModeType`."""

    xsd = Declared(COMMON_MESSAGES, "Scheduled_SEResControlModeType")
    schedule_tuple: Annotated[list[ScheduleTuple], Occurs(1, 3)] = field(name="ScheduleTuple")


class Scheduled_SMDTControlMode(Element, kw_only=True):
    """`Scheduled_SMDTControlModeType`."""

    xsd = Declared(COMMON_MESSAGES, "Scheduled_SMDTControlModeType")
    selected_schedule_tuple_id: NumericID = field(name="SelectedScheduleTupleID")


class SelectedServiceList(Element, kw_only=True):
    """`SelectedServiceListType`."""

    xsd = Declared(COMMON_MESSAGES, "SelectedServiceListType")
    selected_service: Annotated[list[SelectedService], Occurs(1, 16)] = field(name="SelectedService")


class SelectedService(Element, kw_only=True):
    """`SelectedServiceType`."""

    xsd = Declared(COMMON_MESSAGES, "SelectedServiceType")
    service_id: ServiceID = field(name="ServiceID")
    parameter_set_id: ServiceID = field(name="ParameterSetID")


class ServiceDetailReq(V2GRequest, kw_only=True):
    """EVCC → SECC: the parameter sets of one service."""

    xsd = Declared(COMMON_MESSAGES, "ServiceDetailReqType", element="ServiceDetailReq")
    service_id: ServiceID = field(name="ServiceID")


class ServiceDetailRes(V2GResponse, kw_only=True):
    """SECC → EVCC: the parameter sets of one service."""

    xsd = Declared(COMMON_MESSAGES, "ServiceDetailResType", element="ServiceDetailRes")
    service_id: ServiceID = field(name="ServiceID")
    service_parameter_list: ServiceParameterList = field(name="ServiceParameterList")


class ServiceDiscoveryReq(V2GRequest, kw_only=True):
    """EVCC → SECC: which ways of payment or authorization, energy transfer and added services are offered."""

    xsd = Declared(COMMON_MESSAGES, "ServiceDiscoveryReqType", element="ServiceDiscoveryReq")
    supported_service_ids: ServiceIDList | None = field(default=None, name="SupportedServiceIDs")


class ServiceDiscoveryRes(V2GResponse, kw_only=True):
    """SECC → EVCC: which ways of payment or authorization, energy transfer and added services are offered."""

    xsd = Declared(COMMON_MESSAGES, "ServiceDiscoveryResType", element="ServiceDiscoveryRes")
    service_renegotiation_supported: bool = field(name="ServiceRenegotiationSupported")
    energy_transfer_service_list: ServiceList = field(name="EnergyTransferServiceList")
    vas_list: ServiceList | None = field(default=None, name="VASList")


class ServiceIDList(Element, kw_only=True):
    """`ServiceIDListType`."""

    xsd = Declared(COMMON_MESSAGES, "ServiceIDListType")
    service_id: Annotated[list[ServiceID], Occurs(1, 16)] = field(name="ServiceID")


class ServiceList(Element, kw_only=True):
    """`ServiceListType`."""

    xsd = Declared(COMMON_MESSAGES, "ServiceListType")
    service: Annotated[list[Service], Occurs(1, 8)] = field(name="Service")


class ServiceParameterList(Element, kw_only=True):
    """`ServiceParameterListType`."""

    xsd = Declared(COMMON_MESSAGES, "ServiceParameterListType")
    parameter_set: Annotated[list[ParameterSet], Occurs(1, 32)] = field(name="ParameterSet")


class ServiceSelectionReq(V2GRequest, kw_only=True):
    """EVCC → SECC: the chosen energy transfer service and added services."""

    xsd = Declared(COMMON_MESSAGES, "ServiceSelectionReqType", element="ServiceSelectionReq")
    selected_energy_transfer_service: SelectedService = field(name="SelectedEnergyTransferService")
    selected_vas_list: SelectedServiceList | None = field(default=None, name="SelectedVASList")


class ServiceSelectionRes(V2GResponse, kw_only=True):
    """SECC → EVCC: the chosen energy transfer service and added services."""

    xsd = Declared(COMMON_MESSAGES, "ServiceSelectionResType", element="ServiceSelectionRes")


class Service(Element, kw_only=True):
    """`ServiceType`."""

    xsd = Declared(COMMON_MESSAGES, "ServiceType")
    service_id: ServiceID = field(name="ServiceID")
    free_service: bool = field(name="FreeService")


class SessionSetupReq(V2GRequest, kw_only=True):
    """EVCC → SECC: begins a session, or joins the one that was paused."""

    xsd = Declared(COMMON_MESSAGES, "SessionSetupReqType", element="SessionSetupReq")
    evcc_id: Identifier = field(name="EVCCID")


class SessionSetupRes(V2GResponse, kw_only=True):
    """SECC → EVCC: begins a session, or joins the one that was paused."""

    xsd = Declared(COMMON_MESSAGES, "SessionSetupResType", element="SessionSetupRes")
    evse_id: Identifier = field(name="EVSEID")


class SessionStopReq(V2GRequest, kw_only=True):
    """EVCC → SECC: ends or pauses the session."""

    xsd = Declared(COMMON_MESSAGES, "SessionStopReqType", element="SessionStopReq")
    charging_session: ChargingSession = field(name="ChargingSession")
    ev_termination_code: Name | None = field(default=None, name="EVTerminationCode")
    ev_termination_explanation: Description | None = field(default=None, name="EVTerminationExplanation")


class SessionStopRes(V2GResponse, kw_only=True):
    """SECC → EVCC: ends or pauses the session."""

    xsd = Declared(COMMON_MESSAGES, "SessionStopResType", element="SessionStopRes")


class SignedCertificateChain(Element, kw_only=True):
    """`SignedCertificateChainType`."""

    xsd = Declared(COMMON_MESSAGES, "SignedCertificateChainType")
    id: Annotated[XmlID, ATTRIBUTE] = field(name="Id")
    certificate: Certificate = field(name="Certificate")
    sub_certificates: SubCertificates | None = field(default=None, name="SubCertificates")


class SignedInstallationData(Element, kw_only=True):
    """Element `SignedInstallationData`."""

    xsd = Declared(
        COMMON_MESSAGES,
        "SignedInstallationDataType",
        element="SignedInstallationData",
        content=sequence(
            "contract_certificate_chain",
            "ecdh_curve",
            "dh_public_key",
            choice("secp521_encrypted_private_key", "x448_encrypted_private_key", "tpm_encrypted_private_key"),
        ),
    )
    id: Annotated[XmlID, ATTRIBUTE] = field(name="Id")
    contract_certificate_chain: ContractCertificateChain = field(name="ContractCertificateChain")
    ecdh_curve: EcdhCurve = field(name="ECDHCurve")
    dh_public_key: DhPublicKey = field(name="DHPublicKey")
    secp521_encrypted_private_key: Secp521_EncryptedPrivateKey | None = field(
        default=None, name="SECP521_EncryptedPrivateKey"
    )
    x448_encrypted_private_key: X448_EncryptedPrivateKey | None = field(default=None, name="X448_EncryptedPrivateKey")
    tpm_encrypted_private_key: Tpm_EncryptedPrivateKey | None = field(default=None, name="TPM_EncryptedPrivateKey")


class SignedMeteringData(Element, kw_only=True):
    """Element `SignedMeteringData`."""

    xsd = Declared(
        COMMON_MESSAGES,
        "SignedMeteringDataType",
        element="SignedMeteringData",
        content=sequence(
            "session_id",
            "meter_info",
            optional("receipt"),
            choice("dynamic_smdt_control_mode", "scheduled_smdt_control_mode"),
        ),
    )
    id: Annotated[XmlID, ATTRIBUTE] = field(name="Id")
    session_id: SessionID = field(name="SessionID")
    meter_info: MeterInfo = field(name="MeterInfo")
    receipt: Receipt | None = field(default=None, name="Receipt")
    dynamic_smdt_control_mode: Dynamic_SMDTControlMode | None = field(default=None, name="Dynamic_SMDTControlMode")
    scheduled_smdt_control_mode: Scheduled_SMDTControlMode | None = field(
        default=None, name="Scheduled_SMDTControlMode"
    )


class SubCertificates(Element, kw_only=True):
    """`SubCertificatesType`."""

    xsd = Declared(COMMON_MESSAGES, "SubCertificatesType")
    certificate: Annotated[list[Certificate], Occurs(1, 3)] = field(name="Certificate")


class SupportedProvidersList(Element, kw_only=True):
    """`SupportedProvidersListType`."""

    xsd = Declared(COMMON_MESSAGES, "SupportedProvidersListType")
    provider_id: Annotated[list[Name], Occurs(1, 128)] = field(name="ProviderID")


class TargetPosition(Element, kw_only=True):
    """`TargetPositionType`."""

    xsd = Declared(COMMON_MESSAGES, "TargetPositionType")
    target_offset_x: UnsignedShort = field(name="TargetOffsetX")
    target_offset_y: UnsignedShort = field(name="TargetOffsetY")


class TaxRuleList(Element, kw_only=True):
    """`TaxRuleListType`."""

    xsd = Declared(COMMON_MESSAGES, "TaxRuleListType")
    tax_rule: Annotated[list[TaxRule], Occurs(1, 10)] = field(name="TaxRule")


class TaxRule(Element, kw_only=True):
    """`TaxRuleType`."""

    xsd = Declared(COMMON_MESSAGES, "TaxRuleType")
    tax_rule_id: NumericID = field(name="TaxRuleID")
    tax_rule_name: Name | None = field(default=None, name="TaxRuleName")
    tax_rate: RationalNumber = field(name="TaxRate")
    tax_included_in_price: bool | None = field(default=None, name="TaxIncludedInPrice")
    applies_to_energy_fee: bool = field(name="AppliesToEnergyFee")
    applies_to_parking_fee: bool = field(name="AppliesToParkingFee")
    applies_to_overstay_fee: bool = field(name="AppliesToOverstayFee")
    applies_minimum_maximum_cost: bool = field(name="AppliesMinimumMaximumCost")


class VehicleCheckInReq(V2GRequest, kw_only=True):
    """EVCC → SECC: the vehicle arrives at its place."""

    xsd = Declared(COMMON_MESSAGES, "VehicleCheckInReqType", element="VehicleCheckInReq")
    ev_check_in_status: EvCheckInStatus = field(name="EVCheckInStatus")
    parking_method: ParkingMethod = field(name="ParkingMethod")
    vehicle_frame: Short | None = field(default=None, name="VehicleFrame")
    device_offset: Short | None = field(default=None, name="DeviceOffset")
    vehicle_travel: Short | None = field(default=None, name="VehicleTravel")


class VehicleCheckInRes(V2GResponse, kw_only=True):
    """SECC → EVCC: the vehicle arrives at its place."""

    xsd = Declared(COMMON_MESSAGES, "VehicleCheckInResType", element="VehicleCheckInRes")
    parking_space: Short | None = field(default=None, name="ParkingSpace")
    device_location: Short | None = field(default=None, name="DeviceLocation")
    target_distance: Short | None = field(default=None, name="TargetDistance")


class VehicleCheckOutReq(V2GRequest, kw_only=True):
    """EVCC → SECC: the vehicle leaves its place."""

    xsd = Declared(COMMON_MESSAGES, "VehicleCheckOutReqType", element="VehicleCheckOutReq")
    ev_check_out_status: EvCheckOutStatus = field(name="EVCheckOutStatus")
    check_out_time: UnsignedLong = field(name="CheckOutTime")


class VehicleCheckOutRes(V2GResponse, kw_only=True):
    """SECC → EVCC: the vehicle leaves its place."""

    xsd = Declared(COMMON_MESSAGES, "VehicleCheckOutResType", element="VehicleCheckOutRes")
    evse_check_out_status: EvseCheckOutStatus = field(name="EVSECheckOutStatus")
