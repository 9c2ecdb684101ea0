"""Central System under test: configuration keys (test document 3.8, 3.15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.checks import absent_or, differs, equals
from pilotwire.conformance.language import Case16, Step
from pilotwire.conformance.states.csms16 import ordered

_KEYS = (
    ("AuthorizeRemoteTxRequests", "false", True),
    ("ClockAlignedDataInterval", "900", False),
    ("ConnectionTimeOut", "30", False),
    ("ConnectorPhaseRotation", "0.RST,1.RST,2.RST", False),
    ("GetConfigurationMaxKeys", "50", True),
    ("HeartbeatInterval", "300", False),
    ("LocalAuthorizeOffline", "true", False),
    ("LocalPreAuthorize", "false", False),
    ("MeterValuesAlignedData", "Energy.Active.Import.Register", False),
    ("MeterValuesSampledData", "Energy.Active.Import.Register", False),
    ("MeterValueSampleInterval", "60", False),
    ("NumberOfConnectors", "2", True),
    ("ResetRetries", "3", False),
    ("StopTransactionOnEVSideDisconnect", "true", False),
    ("StopTransactionOnInvalidId", "true", False),
    ("StopTxnAlignedData", "", False),
    ("StopTxnSampledData", "", False),
    ("SupportedFeatureProfiles", "Core,LocalAuthListManagement,SmartCharging,Reservation,RemoteTrigger", True),
    ("TransactionMessageAttempts", "3", False),
    ("TransactionMessageRetryInterval", "20", False),
    ("UnlockConnectorOnEVSideDisconnect", "true", False),
    ("LocalAuthListEnabled", "true", False),
    ("LocalAuthListMaxLength", "100", True),
    ("SendLocalListMaxLength", "50", True),
    ("ChargeProfileMaxStackLevel", "8", True),
    ("ChargingScheduleAllowedChargingRateUnit", "Current,Power", True),
    ("ChargingScheduleMaxPeriods", "24", True),
    ("MaxChargingProfilesInstalled", "20", True),
)
"""The keys the Charge Point the tester plays has: those the document wants, with a value, and whether they can only be read."""


def _told(*names: str) -> dict[str, Any]:
    keys = [{"key": key, "readonly": fixed, "value": value} for key, value, fixed in _KEYS if not names or key in names]
    return {"configurationKey": keys, "unknownKey": []}


def _changed(number: str, key: str, value: str, answer: str) -> tuple[Step, ...]:
    return ordered(
        number,
        "ChangeConfiguration",
        equals("key", key),
        equals("value", value),
        asked={"key": key, "value": value},
        answer={"status": answer},
    )


TC_019_1_CSMS = Case16(
    id="TC_019_1_CSMS",
    title="All configuration keys",
    purpose="The Central System asks for all configuration keys: it names none.",
    main=ordered("1", "GetConfiguration", absent_or("key", []), answer=_told()),
    requirements=("1.6:5.8",),
)

TC_019_2_CSMS = Case16(
    id="TC_019_2_CSMS",
    title="One configuration key",
    purpose="The Central System asks for one configuration key by its name.",
    main=ordered(
        "1",
        "GetConfiguration",
        equals("key", ["SupportedFeatureProfiles"]),
        asked={"key": ["SupportedFeatureProfiles"]},
        answer=_told("SupportedFeatureProfiles"),
    ),
    requirements=("1.6:5.8",),
)

TC_021_CSMS = Case16(
    id="TC_021_CSMS",
    title="A configuration key is changed",
    purpose="The Central System changes MeterValueSampleInterval.",
    main=_changed("1", "MeterValueSampleInterval", "60", "Accepted"),
    requirements=("1.6:5.3",),
)


def _not_known(payload: Mapping[str, Any]) -> tuple[Step, ...]:
    return ordered(
        "1",
        "ChangeConfiguration",
        equals("key", payload["key"]),
        differs("value", ""),
        asked=payload,
        answer={"status": "NotSupported"},
    )


TC_040_1_CSMS = Case16(
    id="TC_040_1_CSMS",
    title="A configuration key that is not known",
    purpose="The Charge Point does not have the key; the Central System takes that answer.",
    main=_not_known({"key": "PilotwireUnknownKey", "value": "true"}),
    requirements=("1.6:5.3",),
)

TC_040_2_CSMS = Case16(
    id="TC_040_2_CSMS",
    title="A configuration key with a value that cannot be",
    purpose="The Charge Point rejects a negative MeterValueSampleInterval; the Central System takes that answer.",
    main=_changed("1", "MeterValueSampleInterval", "-1", "Rejected"),
    requirements=("1.6:5.3",),
)
