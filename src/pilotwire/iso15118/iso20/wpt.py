"""ISO 15118-20:2022: messages of wireless power transfer, a table of declarations."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import field

from pilotwire.iso15118.exi.builtin import Short, UnsignedByte, UnsignedShort
from pilotwire.iso15118.exi.declare import Binary, Declared, Element, Namespace, Occurs, Text, choice, sequence
from pilotwire.iso15118.iso20.common_types import (
    ChargeLoopReq,
    ChargeLoopRes,
    ChargeParameterDiscoveryReq,
    ChargeParameterDiscoveryRes,
    Identifier,
    NumericID,
    Processing,
    RationalNumber,
    V2GRequest,
    V2GResponse,
)

WPT = Namespace("urn:iso:std:iso:15118:-20:WPT", "wpt")

Bssid = Annotated[str, Text(most=12)]
Ipaddress = Annotated[str, Text(most=39)]
WPT_AlignmentCheckMethod = Literal["PowerCheck", "LPE", "Proprietary"]
WPT_DataContainer = Annotated[bytes, Binary(most=256)]
WPT_EVPCChargeDiagnostics = Literal[
    "EVPCNoIssue", "EVPCTempOverheatDetected", "EVPCPowerTransferAnomalyDetected", "EVPCAnomalyDetected"
]
WPT_EVResult = Literal["EVResultUnknown", "EVResultSuccess", "EVResultFailed"]
WPT_FinePositioningMethod = Literal["Manual", "LF_TxEV", "LF_TxPrimaryDevice", "LPE", "Proprietary"]
WPT_PairingMethod = Literal["External confirmation", "LPE", "LF_TxEV", "LF_TxPrimaryDevice", "Optical", "Proprietary"]
WPT_PowerClass = Literal["MF-WPT1", "MF-WPT2", "MF-WPT3", "MF-WPT4"]
WPT_SPCChargeDiagnostics = Literal[
    "SPCNoIssue",
    "SPCFODDetected",
    "SPCLOPDetected",
    "SPCTempOverheatDetected",
    "SPCPowerTransferAnomalyDetected",
    "SPCAnomalyDetected",
]


class AlternativeSECCList(Element, kw_only=True):
    """`AlternativeSECCListType`."""

    xsd = Declared(WPT, "AlternativeSECCListType")
    alternative_secc: Annotated[list[AlternativeSECC], Occurs(1, 8)] = field(name="AlternativeSECC")


class AlternativeSECC(Element, kw_only=True):
    """`AlternativeSECCType`."""

    xsd = Declared(WPT, "AlternativeSECCType")
    ssid: Identifier | None = field(default=None, name="SSID")
    bssid: Bssid | None = field(default=None, name="BSSID")
    ip_address: Ipaddress | None = field(default=None, name="IPAddress")
    port: UnsignedShort | None = field(default=None, name="Port")


class WPT_AlignmentCheckMethodList(Element, kw_only=True):
    """`WPT_AlignmentCheckMethodListType`."""

    xsd = Declared(WPT, "WPT_AlignmentCheckMethodListType")
    wpt_alignment_check_method: Annotated[list[WPT_AlignmentCheckMethod], Occurs(1, 8)] = field(
        name="WPT_AlignmentCheckMethod"
    )


class WPT_AlignmentCheckReq(V2GRequest, kw_only=True):
    """EVCC → SECC: alignment over the ground assembly."""

    xsd = Declared(WPT, "WPT_AlignmentCheckReqType", element="WPT_AlignmentCheckReq")
    ev_processing: Processing = field(name="EVProcessing")
    target_coil_current: RationalNumber | None = field(default=None, name="TargetCoilCurrent")
    ev_result_code: WPT_EVResult = field(name="EVResultCode")
    vendor_specific_data_container: Annotated[list[WPT_DataContainer], Occurs(0, 16)] = field(
        default_factory=list, name="VendorSpecificDataContainer"
    )


class WPT_AlignmentCheckRes(V2GResponse, kw_only=True):
    """SECC → EVCC: alignment over the ground assembly."""

    xsd = Declared(WPT, "WPT_AlignmentCheckResType", element="WPT_AlignmentCheckRes")
    evse_processing: Processing = field(name="EVSEProcessing")
    power_transmitted: RationalNumber | None = field(default=None, name="PowerTransmitted")
    supply_device_current: RationalNumber | None = field(default=None, name="SupplyDeviceCurrent")
    vendor_specific_data_container: Annotated[list[WPT_DataContainer], Occurs(0, 16)] = field(
        default_factory=list, name="VendorSpecificDataContainer"
    )


class WPT_ChargeLoopReq(ChargeLoopReq, kw_only=True):
    """EVCC → SECC: the charge loop of wireless power transfer."""

    xsd = Declared(WPT, "WPT_ChargeLoopReqType", element="WPT_ChargeLoopReq")
    ev_pc_power_request: RationalNumber = field(name="EVPCPowerRequest")
    ev_pc_power_output: RationalNumber = field(name="EVPCPowerOutput")
    ev_pc_charge_diagnostics: WPT_EVPCChargeDiagnostics = field(name="EVPCChargeDiagnostics")
    ev_pc_operating_frequency: RationalNumber | None = field(default=None, name="EVPCOperatingFrequency")
    ev_pc_power_control_parameter: WPT_EVPCPowerControlParameter | None = field(
        default=None, name="EVPCPowerControlParameter"
    )
    manufacturer_specific_data_container: Annotated[list[WPT_DataContainer], Occurs(0, 16)] = field(
        default_factory=list, name="ManufacturerSpecificDataContainer"
    )


class WPT_ChargeLoopRes(ChargeLoopRes, kw_only=True):
    """SECC → EVCC: the charge loop of wireless power transfer."""

    xsd = Declared(WPT, "WPT_ChargeLoopResType", element="WPT_ChargeLoopRes")
    ev_pc_power_request: RationalNumber = field(name="EVPCPowerRequest")
    sd_power_input: RationalNumber | None = field(default=None, name="SDPowerInput")
    spc_max_output_power_limit: RationalNumber = field(name="SPCMaxOutputPowerLimit")
    spc_min_output_power_limit: RationalNumber = field(name="SPCMinOutputPowerLimit")
    spc_charge_diagnostics: WPT_SPCChargeDiagnostics = field(name="SPCChargeDiagnostics")
    spc_operating_frequency: RationalNumber | None = field(default=None, name="SPCOperatingFrequency")
    spc_power_control_parameter: WPT_SPCPowerControlParameter | None = field(
        default=None, name="SPCPowerControlParameter"
    )
    manufacturer_specific_data_container: Annotated[list[WPT_DataContainer], Occurs(0, 16)] = field(
        default_factory=list, name="ManufacturerSpecificDataContainer"
    )


class WPT_ChargeParameterDiscoveryReq(ChargeParameterDiscoveryReq, kw_only=True):
    """EVCC → SECC: limits of wireless power transfer."""

    xsd = Declared(WPT, "WPT_ChargeParameterDiscoveryReqType", element="WPT_ChargeParameterDiscoveryReq")
    ev_pc_max_receivable_power: RationalNumber = field(name="EVPCMaxReceivablePower")
    sd_max_ground_clearence: UnsignedShort = field(name="SDMaxGroundClearence")
    sd_min_ground_clearence: UnsignedShort = field(name="SDMinGroundClearence")
    ev_pc_natural_frequency: RationalNumber = field(name="EVPCNaturalFrequency")
    ev_pc_device_local_control: bool = field(name="EVPCDeviceLocalControl")
    vendor_specific_data_container: Annotated[list[WPT_DataContainer], Occurs(0, 16)] = field(
        default_factory=list, name="VendorSpecificDataContainer"
    )


class WPT_ChargeParameterDiscoveryRes(ChargeParameterDiscoveryRes, kw_only=True):
    """SECC → EVCC: limits of wireless power transfer."""

    xsd = Declared(WPT, "WPT_ChargeParameterDiscoveryResType", element="WPT_ChargeParameterDiscoveryRes")
    pd_input_power_class: WPT_PowerClass = field(name="PDInputPowerClass")
    sd_min_output_power: RationalNumber = field(name="SDMinOutputPower")
    sd_max_output_power: RationalNumber = field(name="SDMaxOutputPower")
    sd_max_ground_clearance_support: UnsignedShort = field(name="SDMaxGroundClearanceSupport")
    sd_min_ground_clearance_support: UnsignedShort = field(name="SDMinGroundClearanceSupport")
    pd_min_coil_current: RationalNumber = field(name="PDMinCoilCurrent")
    pd_max_coil_current: RationalNumber = field(name="PDMaxCoilCurrent")
    sd_manufacturer_specific_data_container: Annotated[list[WPT_DataContainer], Occurs(0, 16)] = field(
        default_factory=list, name="SDManufacturerSpecificDataContainer"
    )


class WPT_CoordinateXYZ(Element, kw_only=True):
    """`WPT_CoordinateXYZType`."""

    xsd = Declared(WPT, "WPT_CoordinateXYZType")
    coord_x: Short = field(name="Coord_X")
    coord_y: Short = field(name="Coord_Y")
    coord_z: Short = field(name="Coord_Z")


class WPT_EVPCPowerControlParameter(Element, kw_only=True):
    """`WPT_EVPCPowerControlParameterType`."""

    xsd = Declared(WPT, "WPT_EVPCPowerControlParameterType")
    ev_pc_coil_current_request: RationalNumber = field(name="EVPCCoilCurrentRequest")
    ev_pc_coil_current_information: RationalNumber = field(name="EVPCCoilCurrentInformation")
    ev_pc_current_output_information: RationalNumber = field(name="EVPCCurrentOutputInformation")
    ev_pc_voltage_output_information: RationalNumber = field(name="EVPCVoltageOutputInformation")


class WPT_FinePositioningMethodList(Element, kw_only=True):
    """`WPT_FinePositioningMethodListType`."""

    xsd = Declared(WPT, "WPT_FinePositioningMethodListType")
    wpt_fine_positioning_method: Annotated[list[WPT_FinePositioningMethod], Occurs(1, 8)] = field(
        name="WPT_FinePositioningMethod"
    )


class WPT_FinePositioningReq(V2GRequest, kw_only=True):
    """EVCC → SECC: fine positioning over the ground assembly."""

    xsd = Declared(WPT, "WPT_FinePositioningReqType", element="WPT_FinePositioningReq")
    ev_processing: Processing = field(name="EVProcessing")
    ev_result_code: WPT_EVResult = field(name="EVResultCode")
    vendor_specific_data_container: Annotated[list[WPT_DataContainer], Occurs(0, 16)] = field(
        default_factory=list, name="VendorSpecificDataContainer"
    )
    wpt_lf_data_package_list: WPT_LF_DataPackageList | None = field(default=None, name="WPT_LF_DataPackageList")


class WPT_FinePositioningRes(V2GResponse, kw_only=True):
    """SECC → EVCC: fine positioning over the ground assembly."""

    xsd = Declared(WPT, "WPT_FinePositioningResType", element="WPT_FinePositioningRes")
    evse_processing: Processing = field(name="EVSEProcessing")
    vendor_specific_data_container: Annotated[list[WPT_DataContainer], Occurs(0, 16)] = field(
        default_factory=list, name="VendorSpecificDataContainer"
    )
    wpt_lf_data_package_list: WPT_LF_DataPackageList | None = field(default=None, name="WPT_LF_DataPackageList")


class WPT_FinePositioningSetupReq(V2GRequest, kw_only=True):
    """EVCC → SECC: methods of fine positioning."""

    xsd = Declared(WPT, "WPT_FinePositioningSetupReqType", element="WPT_FinePositioningSetupReq")
    ev_processing: Processing = field(name="EVProcessing")
    ev_device_fine_positioning_method_list: WPT_FinePositioningMethodList = field(
        name="EVDeviceFinePositioningMethodList"
    )
    ev_device_pairing_method_list: WPT_PairingMethodList = field(name="EVDevicePairingMethodList")
    ev_device_alignment_check_method_list: WPT_AlignmentCheckMethodList = field(name="EVDeviceAlignmentCheckMethodList")
    natural_offset: UnsignedShort = field(name="NaturalOffset")
    vendor_specific_data_container: Annotated[list[WPT_DataContainer], Occurs(0, 16)] = field(
        default_factory=list, name="VendorSpecificDataContainer"
    )
    lf_system_setup_data: WPT_LF_SystemSetupData | None = field(default=None, name="LF_SystemSetupData")


class WPT_FinePositioningSetupRes(V2GResponse, kw_only=True):
    """SECC → EVCC: methods of fine positioning."""

    xsd = Declared(WPT, "WPT_FinePositioningSetupResType", element="WPT_FinePositioningSetupRes")
    primary_device_fine_positioning_method_list: WPT_FinePositioningMethodList = field(
        name="PrimaryDeviceFinePositioningMethodList"
    )
    primary_device_pairing_method_list: WPT_PairingMethodList = field(name="PrimaryDevicePairingMethodList")
    primary_device_alignment_check_method_list: WPT_AlignmentCheckMethodList = field(
        name="PrimaryDeviceAlignmentCheckMethodList"
    )
    natural_offset: UnsignedShort = field(name="NaturalOffset")
    vendor_specific_data_container: Annotated[list[WPT_DataContainer], Occurs(0, 16)] = field(
        default_factory=list, name="VendorSpecificDataContainer"
    )
    lf_system_setup_data: WPT_LF_SystemSetupData | None = field(default=None, name="LF_SystemSetupData")


class WPT_LF_DataPackageList(Element, kw_only=True):
    """`WPT_LF_DataPackageListType`."""

    xsd = Declared(WPT, "WPT_LF_DataPackageListType")
    num_packages: UnsignedByte = field(name="NumPackages")
    wpt_lf_data_package: WPT_LF_DataPackage = field(name="WPT_LF_DataPackage")


class WPT_LF_DataPackage(Element, kw_only=True):
    """`WPT_LF_DataPackageType`."""

    xsd = Declared(WPT, "WPT_LF_DataPackageType", content=sequence("package_index", choice("lf_tx_data", "lf_rx_data")))
    package_index: UnsignedByte = field(name="PackageIndex")
    lf_tx_data: WPT_LF_TxDataList | None = field(default=None, name="LF_TxData")
    lf_rx_data: WPT_LF_RxDataList | None = field(default=None, name="LF_RxData")


class WPT_LF_ReceiverData(Element, kw_only=True):
    """`WPT_LF_ReceiverDataType`."""

    xsd = Declared(WPT, "WPT_LF_ReceiverDataType")
    number_of_receivers: UnsignedByte = field(name="NumberOfReceivers")
    rx_spec_data: Annotated[list[WPT_TxRxSpecData], Occurs(2, 255)] = field(name="RxSpecData")


class WPT_LF_RxDataList(Element, kw_only=True):
    """`WPT_LF_RxDataListType`."""

    xsd = Declared(WPT, "WPT_LF_RxDataListType")
    wpt_lf_rx_data_list: WPT_LF_RxData = field(name="WPT_LF_RxDataList")


class WPT_LF_RxData(Element, kw_only=True):
    """`WPT_LF_RxDataType`."""

    xsd = Declared(WPT, "WPT_LF_RxDataType")
    rx_identifier: NumericID = field(name="RxIdentifier")
    rssi_data: WPT_LF_RxRSSIList = field(name="RSSIData")


class WPT_LF_RxRSSIList(Element, kw_only=True):
    """`WPT_LF_RxRSSIListType`."""

    xsd = Declared(WPT, "WPT_LF_RxRSSIListType")
    rssi_data_list: WPT_LF_RxRSSI = field(name="RSSIDataList")


class WPT_LF_RxRSSI(Element, kw_only=True):
    """`WPT_LF_RxRSSIType`."""

    xsd = Declared(WPT, "WPT_LF_RxRSSIType")
    tx_identifier: NumericID = field(name="TxIdentifier")
    rssi: RationalNumber = field(name="RSSI")


class WPT_LF_SystemSetupData(Element, kw_only=True):
    """`WPT_LF_SystemSetupDataType`."""

    xsd = Declared(
        WPT,
        "WPT_LF_SystemSetupDataType",
        content=sequence(choice("lf_transmitter_setup_data", "lf_receiver_setup_data")),
    )
    lf_transmitter_setup_data: WPT_LF_TransmitterData | None = field(default=None, name="LF_TransmitterSetupData")
    lf_receiver_setup_data: WPT_LF_ReceiverData | None = field(default=None, name="LF_ReceiverSetupData")


class WPT_LF_TransmitterData(Element, kw_only=True):
    """`WPT_LF_TransmitterDataType`."""

    xsd = Declared(WPT, "WPT_LF_TransmitterDataType")
    number_of_transmitters: UnsignedByte = field(name="NumberOfTransmitters")
    signal_frequency: RationalNumber = field(name="SignalFrequency")
    tx_spec_data: Annotated[list[WPT_TxRxSpecData], Occurs(2, 255)] = field(name="TxSpecData")
    tx_package_spec_data: WPT_TxRxPackageSpecData | None = field(default=None, name="TxPackageSpecData")


class WPT_LF_TxDataList(Element, kw_only=True):
    """`WPT_LF_TxDataListType`."""

    xsd = Declared(WPT, "WPT_LF_TxDataListType")
    wpt_lf_tx_data_list: WPT_LF_TxData = field(name="WPT_LF_TxDataList")


class WPT_LF_TxData(Element, kw_only=True):
    """`WPT_LF_TxDataType`."""

    xsd = Declared(WPT, "WPT_LF_TxDataType")
    tx_identifier: NumericID = field(name="TxIdentifier")
    eirp: RationalNumber = field(name="EIRP")


class WPT_PairingMethodList(Element, kw_only=True):
    """`WPT_PairingMethodListType`."""

    xsd = Declared(WPT, "WPT_PairingMethodListType")
    wpt_pairing_method: Annotated[list[WPT_PairingMethod], Occurs(1, 8)] = field(name="WPT_PairingMethod")


class WPT_PairingReq(V2GRequest, kw_only=True):
    """EVCC → SECC: which ground assembly the vehicle stands over."""

    xsd = Declared(WPT, "WPT_PairingReqType", element="WPT_PairingReq")
    ev_processing: Processing = field(name="EVProcessing")
    observed_id_code: NumericID | None = field(default=None, name="ObservedIDCode")
    ev_result_code: WPT_EVResult = field(name="EVResultCode")
    vendor_specific_data_container: Annotated[list[WPT_DataContainer], Occurs(0, 16)] = field(
        default_factory=list, name="VendorSpecificDataContainer"
    )


class WPT_PairingRes(V2GResponse, kw_only=True):
    """SECC → EVCC: which ground assembly the vehicle stands over."""

    xsd = Declared(WPT, "WPT_PairingResType", element="WPT_PairingRes")
    evse_processing: Processing = field(name="EVSEProcessing")
    observed_id_code: NumericID | None = field(default=None, name="ObservedIDCode")
    alternative_secc_list: AlternativeSECCList | None = field(default=None, name="AlternativeSECCList")
    vendor_specific_data_container: Annotated[list[WPT_DataContainer], Occurs(0, 16)] = field(
        default_factory=list, name="VendorSpecificDataContainer"
    )


class WPT_SPCPowerControlParameter(Element, kw_only=True):
    """`WPT_SPCPowerControlParameterType`."""

    xsd = Declared(WPT, "WPT_SPCPowerControlParameterType")
    spc_primary_device_coil_current_information: RationalNumber = field(name="SPCPrimaryDeviceCoilCurrentInformation")


class WPT_TxRxPackageSpecData(Element, kw_only=True):
    """`WPT_TxRxPackageSpecDataType`."""

    xsd = Declared(WPT, "WPT_TxRxPackageSpecDataType")
    pulse_sequence_order: Annotated[list[WPT_TxRxPulseOrder], Occurs(2, 255)] = field(name="PulseSequenceOrder")
    pulse_separation_time: UnsignedShort = field(name="PulseSeparationTime")
    pulse_duration: UnsignedShort = field(name="PulseDuration")
    package_separation_time: UnsignedShort = field(name="PackageSeparationTime")


class WPT_TxRxPulseOrder(Element, kw_only=True):
    """`WPT_TxRxPulseOrderType`."""

    xsd = Declared(WPT, "WPT_TxRxPulseOrderType")
    index_number: UnsignedShort = field(name="IndexNumber")
    tx_rx_identifier: NumericID = field(name="TxRxIdentifier")


class WPT_TxRxSpecData(Element, kw_only=True):
    """`WPT_TxRxSpecDataType`."""

    xsd = Declared(WPT, "WPT_TxRxSpecDataType")
    tx_rx_identifier: NumericID = field(name="TxRxIdentifier")
    tx_rx_position: WPT_CoordinateXYZ = field(name="TxRxPosition")
    tx_rx_orientation: WPT_CoordinateXYZ = field(name="TxRxOrientation")
