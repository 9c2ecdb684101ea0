"""Which configuration key of 1.6 is which variable of 2.x, where the standards name both with the same meaning and values."""

from __future__ import annotations

from pilotwire.domain.device_model import VariableName


def _v(component: str, variable: str, instance: str | None = None) -> VariableName:
    return VariableName(component=component, variable=variable, variable_instance=instance)


VARIABLES: dict[str, VariableName] = {
    "AdditionalRootCertificateCheck": _v("SecurityCtrlr", "AdditionalRootCertificateCheck"),
    "AlignedDataSignReadings": _v("AlignedDataCtrlr", "SignReadings"),
    "AlignedDataSignUpdatedReadings": _v("AlignedDataCtrlr", "SignUpdatedReadings"),
    "AllowOfflineTxForUnknownId": _v("AuthCtrlr", "OfflineTxForUnknownIdEnabled"),
    "AuthorizationCacheEnabled": _v("AuthCacheCtrlr", "Enabled"),
    "AuthorizationKey": _v("SecurityCtrlr", "BasicAuthPassword"),
    "AuthorizeRemoteTxRequests": _v("AuthCtrlr", "AuthorizeRemoteStart"),
    "CentralContractValidationAllowed": _v("ISO15118Ctrlr", "CentralContractValidationAllowed"),
    "CertSigningRepeatTimes": _v("SecurityCtrlr", "CertSigningRepeatTimes"),
    "CertSigningWaitMinimum": _v("SecurityCtrlr", "CertSigningWaitMinimum"),
    "CertificateSignedMaxChainSize": _v("SecurityCtrlr", "MaxCertificateChainSize"),
    "ChargeProfileMaxStackLevel": _v("SmartChargingCtrlr", "ProfileStackLevel"),
    "ChargingScheduleMaxPeriods": _v("SmartChargingCtrlr", "PeriodsPerSchedule"),
    "ClockAlignedDataInterval": _v("AlignedDataCtrlr", "Interval"),
    "ConnectionTimeOut": _v("TxCtrlr", "EVConnectionTimeOut"),
    "ConnectorSwitch3to1PhaseSupported": _v("SmartChargingCtrlr", "Phases3to1"),
    "ContractValidationOffline": _v("ISO15118Ctrlr", "ContractValidationOffline"),
    "CpoName": _v("SecurityCtrlr", "OrganizationName"),
    "GetConfigurationMaxKeys": _v("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables"),
    "HeartbeatInterval": _v("OCPPCommCtrlr", "HeartbeatInterval"),
    "ISO15118PnCEnabled": _v("ISO15118Ctrlr", "PnCEnabled"),
    "LocalAuthListEnabled": _v("LocalAuthListCtrlr", "Enabled"),
    "LocalAuthorizeOffline": _v("AuthCtrlr", "LocalAuthorizeOffline"),
    "LocalPreAuthorize": _v("AuthCtrlr", "LocalPreAuthorize"),
    "MaxChargingProfilesInstalled": _v("SmartChargingCtrlr", "Entries", "ChargingProfiles"),
    "MaxEnergyOnInvalidId": _v("TxCtrlr", "MaxEnergyOnInvalidId"),
    "MeterValueSampleInterval": _v("SampledDataCtrlr", "TxUpdatedInterval"),
    "MeterValuesAlignedData": _v("AlignedDataCtrlr", "Measurands"),
    "MeterValuesSampledData": _v("SampledDataCtrlr", "TxUpdatedMeasurands"),
    "PublicKeyWithSignedMeterValue": _v("OCPPCommCtrlr", "PublicKeyWithSignedMeterValue"),
    "ReserveConnectorZeroSupported": _v("ReservationCtrlr", "NonEvseSpecific"),
    "ResetRetries": _v("OCPPCommCtrlr", "ResetRetries"),
    "SampledDataSignReadings": _v("SampledDataCtrlr", "SignReadings"),
    "SampledDataSignStartedReadings": _v("SampledDataCtrlr", "SignStartedReadings"),
    "SampledDataSignUpdatedReadings": _v("SampledDataCtrlr", "SignUpdatedReadings"),
    "SecurityProfile": _v("SecurityCtrlr", "SecurityProfile"),
    "SendLocalListMaxLength": _v("LocalAuthListCtrlr", "ItemsPerMessage"),
    "StopTransactionOnEVSideDisconnect": _v("TxCtrlr", "StopTxOnEVSideDisconnect"),
    "StopTransactionOnInvalidId": _v("TxCtrlr", "StopTxOnInvalidId"),
    "StopTxnAlignedData": _v("AlignedDataCtrlr", "TxEndedMeasurands"),
    "StopTxnSampledData": _v("SampledDataCtrlr", "TxEndedMeasurands"),
    "SupportedFileTransferProtocols": _v("OCPPCommCtrlr", "FileTransferProtocols"),
    "TransactionMessageAttempts": _v("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"),
    "TransactionMessageRetryInterval": _v("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent"),
    "UnlockConnectorOnEVSideDisconnect": _v("OCPPCommCtrlr", "UnlockOnEVSideDisconnect"),
    "WebSocketPingInterval": _v("OCPPCommCtrlr", "WebSocketPingInterval"),
}
_KEYS = {name: key for key, name in VARIABLES.items()}
_BY_FOLDED = {key.casefold(): name for key, name in VARIABLES.items()}


def read_key(key: str) -> VariableName:
    """The variable a key stands for; a key 2.x has no counterpart of stands for itself. Keys are compared without case (1.6 7.29)."""
    return _BY_FOLDED.get(key.casefold()) or VariableName(component="", variable=key)


def write_key(name: VariableName) -> str | None:
    """The key of a variable, None if 1.6 has none."""
    return name.variable if name == VariableName(component="", variable=name.variable) else _KEYS.get(name)
