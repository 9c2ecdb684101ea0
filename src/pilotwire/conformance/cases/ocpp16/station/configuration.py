"""Charge Point under test: its configuration is read and changed (test document 2.8 and 2.15)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pilotwire.conformance.checks import Check, Judgement, absent_or, equals, holds, satisfies, when
from pilotwire.conformance.conditions import Condition
from pilotwire.conformance.language import Case16, Configures, Sends
from pilotwire.conformance.values import MISSING, Computed, Kept, Known, Unresolved, configured, plus, written

READ, WRITE, EITHER = (True,), (False,), (True, False)
"""What `readonly` may say of a key."""

_KEYS: Mapping[str, Mapping[str, tuple[bool, ...]]] = {
    "Core": {
        "AuthorizeRemoteTxRequests": EITHER,
        "ClockAlignedDataInterval": WRITE,
        "ConnectionTimeOut": WRITE,
        "ConnectorPhaseRotation": WRITE,
        "GetConfigurationMaxKeys": READ,
        "HeartbeatInterval": WRITE,
        "LocalAuthorizeOffline": WRITE,
        "LocalPreAuthorize": WRITE,
        "MeterValuesAlignedData": WRITE,
        "MeterValuesSampledData": WRITE,
        "MeterValueSampleInterval": WRITE,
        "NumberOfConnectors": READ,
        "ResetRetries": WRITE,
        "StopTransactionOnInvalidId": WRITE,
        "StopTxnAlignedData": WRITE,
        "StopTxnSampledData": WRITE,
        "SupportedFeatureProfiles": READ,
        "TransactionMessageAttempts": WRITE,
        "TransactionMessageRetryInterval": WRITE,
        "UnlockConnectorOnEVSideDisconnect": EITHER,
    },
    "LocalAuthListManagement": {
        "LocalAuthListEnabled": WRITE,
        "LocalAuthListMaxLength": READ,
        "SendLocalListMaxLength": READ,
    },
    "SmartCharging": {
        "ChargeProfileMaxStackLevel": READ,
        "ChargingScheduleAllowedChargingRateUnit": READ,
        "ChargingScheduleMaxPeriods": READ,
        "MaxChargingProfilesInstalled": READ,
    },
}
"""The keys each feature profile requires, as the validation of step 4 has them."""


def _asks(number: str, keys: Any, *checks: Check, keep: Mapping[str, str] | None = None) -> Sends:
    payload = {"key": keys}
    return Sends(number=number, action="GetConfiguration", payload=payload, checks=checks, keep=keep or {})


def _value_of(number: str, key: str, *checks: Check, keep: str) -> Sends:
    """One key is asked for, and told; its value is kept."""
    told = equals("configurationKey[0].key", key)
    return _asks(number, [key], told, *checks, keep={keep: "configurationKey[0].value"})


def _told(key: str, access: tuple[bool, ...]) -> Check:
    """The key is there, and may be written or not."""
    words = {READ: "read-only", WRITE: "writable", EITHER: "read-only or writable"}

    def judge(message: Any, _: Known) -> Judgement:
        pairs = [one for one in message.get("configurationKey", ()) if str(one.get("key")).casefold() == key.casefold()]
        found = f"readonly is {pairs[0].get('readonly')}" if pairs else "it is not there"
        return Judgement(bool(pairs) and pairs[0].get("readonly") in access, found)

    return Check(f"{key} is there, {words[access]}", judge, "configurationKey")


def _required() -> Iterator[Check]:
    for profile, keys in _KEYS.items():
        yield from when(_supports(profile), *(_told(key, access) for key, access in keys.items()))


def _supports(profile: str) -> Condition:
    def holds(known: Known) -> bool:
        return profile in [one.strip() for one in str(known.kept.get("profiles", "")).split(",")]

    return Condition(f"{profile} is among the SupportedFeatureProfiles", holds)


def _is_number(found: Any, _: Known) -> bool:
    return isinstance(found, str) and found.isdigit() and int(found) > 0


def _as_many_as_may_be(known: Known) -> list[str]:
    keys, most = Kept("keys").of(known), Kept("most").of(known)
    if not _is_number(most, known):
        raise Unresolved("GetConfigurationMaxKeys is no number")
    named = (one["key"] for one in keys if isinstance(one, dict) and "key" in one)
    return [str(key) for key in named][: int(most)]


_WANTED = Computed("as many of these keys as may be asked for", _as_many_as_may_be)
_NONE_UNKNOWN = absent_or("unknownKey", [])


def _all_wanted(found: Any, known: Known) -> bool:
    told = [] if found is MISSING else [one.get("key") for one in found]
    return set(_as_many_as_may_be(known)) <= set(told)


TC_019_CS = Case16(
    id="TC_019_CS",
    title="The configuration is read",
    purpose="A Charge Point has all the keys its feature profiles require, and tells those that are asked for.",
    main=(
        _value_of(
            "1", "SupportedFeatureProfiles", _NONE_UNKNOWN, holds("configurationKey[0].value", "Core"), keep="profiles"
        ),
        _asks("3", [], *_required(), keep={"keys": "configurationKey"}),
        _value_of(
            "5",
            "GetConfigurationMaxKeys",
            satisfies("configurationKey[0].value", "is a number above 0", _is_number),
            keep="most",
        ),
        _asks("7", _WANTED, _NONE_UNKNOWN, satisfies("configurationKey", "has all the keys asked for", _all_wanted)),
    ),
    requirements=("1.6:5.8",),
    remark="That Core is among the feature profiles is judged as well: without it nothing of step 4 would be required.",
)

_INTERVAL = "MeterValueSampleInterval"


def _changes(number: str, key: str, value: Any, *checks: Check, refused: tuple[str, ...] = ()) -> Sends:
    payload = {"key": key, "value": value}
    return Sends(number=number, action="ChangeConfiguration", payload=payload, checks=checks, refused=refused)


TC_021_CS = Case16(
    id="TC_021_CS",
    title="A key is changed",
    purpose="A key that is changed has its new value from then on.",
    before=(Configures(variable=_INTERVAL, value=written(plus(configured.sampled_interval, 1))),),
    main=(
        _changes("1", _INTERVAL, written(configured.sampled_interval), equals("status", "Accepted")),
        _asks(
            "3",
            [_INTERVAL],
            equals("configurationKey[0].key", _INTERVAL),
            equals("configurationKey[0].value", written(configured.sampled_interval)),
        ),
    ),
    requirements=("1.6:5.3", "1.6:5.8"),
)

TC_040_1_CS = Case16(
    id="TC_040_1_CS",
    title="An unknown key is not changed",
    purpose="A key the Charge Point does not know is told to be not supported.",
    main=(_changes("1", "Testing", "true", equals("status", "NotSupported")),),
    requirements=("1.6:5.3",),
)

TC_040_2_CS = Case16(
    id="TC_040_2_CS",
    title="A key is not changed to what it cannot be",
    purpose="A value a key cannot have is rejected.",
    main=(_changes("1", _INTERVAL, "-1", equals("status", "Rejected"), refused=("PropertyConstraintViolation",)),),
    requirements=("1.6:5.3",),
)
