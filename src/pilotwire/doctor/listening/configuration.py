"""A station's configuration, read and held against the standard and the platform: the same questions in the names of each version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pilotwire.doctor.findings import Chart, Layer
from pilotwire.doctor.profiles.profile import PlatformProfile
from pilotwire.doctor.rules import listening as rules
from pilotwire.ocpp.version import OcppVersion

NAMES: Final[Mapping[str, tuple[str, tuple[str, str]]]] = {
    "heartbeat": ("HeartbeatInterval", ("OCPPCommCtrlr", "HeartbeatInterval")),
    "ping": ("WebSocketPingInterval", ("OCPPCommCtrlr", "WebSocketPingInterval")),
    "sample interval": ("MeterValueSampleInterval", ("SampledDataCtrlr", "TxUpdatedInterval")),
    "measurands": ("MeterValuesSampledData", ("SampledDataCtrlr", "TxUpdatedMeasurands")),
    "stack levels": ("ChargeProfileMaxStackLevel", ("SmartChargingCtrlr", "ProfileStackLevel")),
    "rate units": ("ChargingScheduleAllowedChargingRateUnit", ("SmartChargingCtrlr", "RateUnit")),
}
"""What the doctor wants to know, and what it is called in 1.6 and in 2.x."""
REQUIRED_16: Final = (
    "AuthorizeRemoteTxRequests", "ClockAlignedDataInterval", "ConnectionTimeOut", "ConnectorPhaseRotation", "GetConfigurationMaxKeys",
    "HeartbeatInterval", "LocalAuthorizeOffline", "LocalPreAuthorize", "MeterValuesAlignedData", "MeterValuesSampledData",
    "MeterValueSampleInterval", "NumberOfConnectors", "ResetRetries", "StopTransactionOnEVSideDisconnect",
    "StopTransactionOnInvalidId", "StopTxnAlignedData", "StopTxnSampledData", "SupportedFeatureProfiles",
    "TransactionMessageAttempts", "TransactionMessageRetryInterval", "UnlockConnectorOnEVSideDisconnect",
)  # fmt: skip
"""Keys every station has (1.6 section 9.1)."""
_WITH_PROFILE: Final = {
    "LocalAuthListManagement": ("LocalAuthListEnabled", "LocalAuthListMaxLength", "SendLocalListMaxLength"),
    "SmartCharging": (
        "ChargeProfileMaxStackLevel",
        "ChargingScheduleAllowedChargingRateUnit",
        "ChargingScheduleMaxPeriods",
        "MaxChargingProfilesInstalled",
    ),
}
"""Keys a station has with a feature profile (1.6 sections 9.2 and 9.4)."""
REQUIRED_2: Final = (
    ("AlignedDataCtrlr", "Interval"), ("AlignedDataCtrlr", "Measurands"), ("AlignedDataCtrlr", "TxEndedInterval"),
    ("AlignedDataCtrlr", "TxEndedMeasurands"), ("AuthCtrlr", "AuthorizeRemoteStart"),
    ("AuthCtrlr", "LocalAuthorizeOffline"), ("AuthCtrlr", "LocalPreAuthorize"), ("ClockCtrlr", "DateTime"),
    ("ClockCtrlr", "TimeSource"), ("OCPPCommCtrlr", "FileTransferProtocols"),
    ("OCPPCommCtrlr", "NetworkConfigurationPriority"), ("OCPPCommCtrlr", "NetworkProfileConnectionAttempts"),
    ("OCPPCommCtrlr", "OfflineThreshold"), ("OCPPCommCtrlr", "ResetRetries"), ("OCPPCommCtrlr", "UnlockOnEVSideDisconnect"),
    ("SampledDataCtrlr", "TxEndedMeasurands"), ("SampledDataCtrlr", "TxUpdatedInterval"),
    ("SecurityCtrlr", "CertificateEntries"), ("SecurityCtrlr", "OrganizationName"), ("SecurityCtrlr", "SecurityProfile"),
    ("TxCtrlr", "EVConnectionTimeOut"), ("TxCtrlr", "StopTxOnEVSideDisconnect"), ("TxCtrlr", "StopTxOnInvalidId"),
    ("TxCtrlr", "TxStartPoint"), ("TxCtrlr", "TxStopPoint"),
)  # fmt: skip
"""Variables every station has (2.0.1 part 2, referenced components and variables: required)."""
AT_ONCE: Final = 4
"""How many variables are asked for with one message: fewer than any limit (ItemsPerMessage) that makes sense."""


def wanted_variables() -> Iterator[list[dict[str, Any]]]:
    """What GetVariables is asked for, message by message."""
    names = list(dict.fromkeys([*REQUIRED_2, *(new for _, new in NAMES.values())]))
    for begin in range(0, len(names), AT_ONCE):
        yield [{"component": {"name": c}, "variable": {"name": v}} for c, v in names[begin : begin + AT_ONCE]]


def keys_16(payload: Mapping[str, Any]) -> dict[str, str]:
    """The keys of a GetConfiguration response with their values; keys are found in any case (section 5.4 has no opinion)."""
    listed = payload.get("configurationKey")
    found = listed if isinstance(listed, list) else []
    return {str(each.get("key", "")): str(each.get("value", "")) for each in found if isinstance(each, dict)}


def variables_2(payload: Mapping[str, Any]) -> dict[str, str]:
    """The variables a GetVariables response tells, as `Component.Variable`; those the station has not are left out."""
    listed = payload.get("getVariableResult")
    found: dict[str, str] = {}
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, dict) and each.get("attributeStatus") in (
            "Accepted",
            "Rejected",
        ):  # Rejected: it is write-only
            component, variable = each.get("component") or {}, each.get("variable") or {}
            found[f"{component.get('name')}.{variable.get('name')}"] = str(each.get("attributeValue", ""))
    return found


def name_of(what: str, version: OcppVersion) -> str:
    """What something is called in a version."""
    old, (component, variable) = NAMES[what]
    return old if version is OcppVersion.V16 else f"{component}.{variable}"


def judge_configuration(chart: Chart, version: OcppVersion, known: Mapping[str, str], profile: PlatformProfile) -> None:
    """What is missing, and what is not as the platform wants it."""
    missing = list(_missing(version, known))
    if missing:
        kind = "configuration keys" if version is OcppVersion.V16 else "variables"
        what = f"{len(missing)} {kind} that the standard requires are missing: {', '.join(missing[:5])}"
        chart.find(rules.MISSING_KEY, f"{what}{', ...' if len(missing) > 5 else ''}.", *missing)
    for what in NAMES:
        if (value := known.get(name_of(what, version))) is not None:
            chart.note(Layer.CONVERSATION, name_of(what, version), value)
    _judge_intervals(chart, version, known, profile)
    _judge_measurands(chart, version, known, profile)


def _missing(version: OcppVersion, known: Mapping[str, str]) -> Iterator[str]:
    if version is not OcppVersion.V16:
        yield from (f"{c}.{v}" for c, v in REQUIRED_2 if f"{c}.{v}" not in known)
        return
    yield from (key for key in REQUIRED_16 if key not in known)
    supported = _words(known.get("SupportedFeatureProfiles", ""))
    for feature, keys in _WITH_PROFILE.items():
        if feature in supported:
            yield from (key for key in keys if key not in known)


def _judge_intervals(chart: Chart, version: OcppVersion, known: Mapping[str, str], profile: PlatformProfile) -> None:
    limits = (
        ("heartbeat", profile.protocol.most_heartbeat, "a heartbeat at least each"),
        ("ping", profile.network.most_ping_interval, "a ping at least each"),
        ("sample interval", profile.protocol.meter.most_interval, "meter values at least each"),
    )
    for what, most, words in limits:
        name = name_of(what, version)
        value = known.get(name)
        if not most or value is None:
            continue
        if not value.isdigit() or not 0 < int(value) <= most:
            told = f"{name} is {value!r}; the platform asks for {words} {most} s."
            chart.find(rules.SETTING, told, f"{name} = {value}", source=profile.title)


def _judge_measurands(chart: Chart, version: OcppVersion, known: Mapping[str, str], profile: PlatformProfile) -> None:
    name = name_of("measurands", version)
    lacking = [each for each in profile.protocol.meter.measurands if each not in _words(known.get(name, ""))]
    if name in known and lacking:
        told = f"{name} lacks {', '.join(lacking)}, which the platform asks for."
        chart.find(rules.SETTING, told, f"{name} = {known[name]}", source=profile.title)


def _words(value: str) -> Sequence[str]:
    return [each.strip() for each in value.split(",")]
