"""Holds a snapshot against the standard and against the PICS of its dossier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pilotwire.conformance.catalogue import keys16
from pilotwire.conformance.certify.dossier import read_declared
from pilotwire.conformance.certify.snapshot_record import WITHHELD, Finding, Snapshot, Variable
from pilotwire.conformance.features import Claims
from pilotwire.ocpp.version import OcppVersion

# --- the standard ------------------------------------------------------------------------------------------------------------------

_BOOLEANS: Final = ("true", "false")


def against_standard(snapshot: Snapshot) -> Iterator[Finding]:
    """Values that are not of their type or beyond their limits; in 1.6 keys of Core that are lacking, or writable otherwise."""
    for one in snapshot.variables:
        wrong = _wrong_value(one)
        if wrong:
            yield Finding(one.name, wrong, "Mend the value, or what the device tells of it.")
    if snapshot.ocpp == OcppVersion.V16.value:
        yield from _keys(snapshot)


def _wrong_value(one: Variable) -> str:
    if one.value in (None, "", WITHHELD):
        return ""
    value = str(one.value)
    if one.type == "boolean" and value.casefold() not in _BOOLEANS:
        return f"its value {value!r} is no boolean"
    if one.type in ("integer", "decimal"):
        try:
            number = int(value) if one.type == "integer" else float(value)
        except ValueError:
            return f"its value {value!r} is no {one.type}"
        if one.minimum is not None and number < one.minimum:
            return f"its value {value} is below its minLimit {one.minimum:g}"
        if one.maximum is not None and number > one.maximum:
            return f"its value {value} is above its maxLimit {one.maximum:g}"
    if one.type == "OptionList" and one.values and value not in one.values:
        return f"its value {value!r} is not in its valuesList"
    if one.type in ("MemberList", "SequenceList") and one.values:
        foreign = [each.strip() for each in value.split(",") if each.strip() not in one.values]
        if foreign:
            return f"its value has {', '.join(foreign)}, which is not in its valuesList"
    return ""


def _keys(snapshot: Snapshot) -> Iterator[Finding]:
    told = {one.name.casefold(): one for one in snapshot.variables}
    profiles = set(_supported_profiles(snapshot))
    for key in keys16():
        found = told.get(key.key.casefold())
        profile = key.profile.replace(" ", "")
        if found is None and key.required == "yes" and (profile == "Core" or profile in profiles):
            yield Finding(key.key, f"the key is required for {key.profile}, and not told", "Have the device tell it.")
        elif found is not None and key.access == "R" and found.mutability == "ReadWrite":
            yield Finding(key.key, "the key is read-only in the standard, and told as writable", "Tell it as readonly.")
        elif found is not None and key.access == "RW" and key.required == "yes" and found.mutability == "ReadOnly":
            what = "the key is writable in the standard, and told as read-only"
            yield Finding(key.key, what, "Have it be changed by ChangeConfiguration.")


# --- the PICS ----------------------------------------------------------------------------------------------------------------------

_CONTROLLERS: Final = {
    "Local Authorization List Management": "LocalAuthListCtrlr",
    "Smart Charging": "SmartChargingCtrlr",
    "Reservation": "ReservationCtrlr",
    "Advanced User Interface": "DisplayMessageCtrlr",
    "Advanced Device Management": "MonitoringCtrlr",
    "C-49": "AuthCacheCtrlr",
}
"""By Part 5: the component whose `Available` tells of a declaration."""
_PROFILES16: Final = {
    "Core": "Core",
    "Firmware Management": "FirmwareManagement",
    "Local Auth List Management": "LocalAuthListManagement",
    "Remote Trigger": "RemoteTrigger",
    "Reservation": "Reservation",
    "Smart Charging": "SmartCharging",
}
"""What SupportedFeatureProfiles calls the profiles (1.6:9.1.29); the security extension is not in it."""
_OTHERWISE16: Final = (
    ("Q-4", "AuthorizationCacheEnabled", ("true", "false")),
    ("Q-5", "AuthorizeRemoteTxRequests", ("true",)),
    ("Q-6", "StopTransactionOnEVSideDisconnect", ("true",)),
    ("Q-9", "ReserveConnectorZeroSupported", ("true",)),
    ("Q-12", "LocalAuthListEnabled", ("false",)),
)
"""What is declared, the key that tells of it, and the values one of which it must have, or be able to have."""


def against_pics(dossier: Path, snapshot: Snapshot) -> Iterator[Finding]:
    """What the PICS of the dossier declares and the device tells otherwise; nothing where there is no PICS. Raises ConfigError."""
    pics = read_declared(dossier)
    if pics is None:
        return
    if pics.role != "station" or pics.version != snapshot.ocpp:
        what = f"the PICS is of a {pics.role} with OCPP {pics.version}, the snapshot of a station with OCPP {snapshot.ocpp}"
        yield Finding("PICS", what, "Take the snapshot with --ocpp as the PICS declares.")
        return
    told = {one.name.casefold(): one for one in snapshot.variables}
    if pics.version is OcppVersion.V16:
        yield from _profiles16(snapshot, pics.claims)
        yield from _questions16(told, pics.claims)
    else:
        yield from _controllers(told, pics.claims)
        yield from _evses(snapshot.variables, pics.claims.number("HFS-8"))


def _supported_profiles(snapshot: Snapshot) -> list[str]:
    value = next((one.value for one in snapshot.variables if one.name.casefold() == "supportedfeatureprofiles"), None)
    return [one.strip() for one in (value or "").split(",") if one.strip()]


def _profiles16(snapshot: Snapshot, claims: Claims) -> Iterator[Finding]:
    told = _supported_profiles(snapshot)
    for profile, name in _PROFILES16.items():
        if claims.has(profile) != (name in told):
            what = (
                f"{profile} is declared, and SupportedFeatureProfiles is {','.join(told) or 'not told'}"
                if claims.has(profile)
                else f"SupportedFeatureProfiles has {name}, and {profile} is not declared"
            )
            yield Finding(profile, what, f"Declare what the device has, or mend SupportedFeatureProfiles ({name}).")


def _questions16(told: Mapping[str, Variable], claims: Claims) -> Iterator[Finding]:
    for item, key, values in _OTHERWISE16:
        found = told.get(key.casefold())
        settable = found is not None and found.mutability == "ReadWrite"
        if claims.has(item) and not settable and (found is None or str(found.value).casefold() not in values):
            how = "not told" if found is None else f"{found.value}, and read-only"
            yield Finding(item, f"it is declared, and {key} is {how}", f"Take {item} out, or mend the device.")
    if claims.has("Q-10"):
        for key, least in (("MaxChargingProfilesInstalled", 3), ("ChargingScheduleMaxPeriods", 5)):
            found = told.get(key.casefold())
            if found is None or not str(found.value).isdecimal() or int(str(found.value)) < least:
                said = "not told" if found is None else found.value
                yield Finding("Q-10", f"it is declared, and {key} is {said}", "Take Q-10 out, or mend the device.")
    connectors, wanted = told.get("numberofconnectors"), claims.number("HFS-8")
    if connectors is not None and wanted and connectors.value != str(wanted):
        what = f"{wanted} connectors are declared, and NumberOfConnectors is {connectors.value}"
        yield Finding("NumberOfConnectors", what, "Say how many there are.")


def _controllers(told: Mapping[str, Variable], claims: Claims) -> Iterator[Finding]:
    for item, component in _CONTROLLERS.items():
        available = told.get(f"{component}.available".casefold())
        if available is None or available.value is None:
            there = any(name.startswith(f"{component.casefold()}.") for name in told)
            if claims.has(item) and not there:
                what = f"it is declared, and the device has no {component}"
                yield Finding(item, what, f"Take {item} out, or mend the device.")
        elif claims.has(item) and available.value.casefold() != "true":
            what = f"it is declared, and {component}.Available is {available.value}"
            yield Finding(item, what, f"Take {item} out, or mend the device.")
        elif not claims.has(item) and available.value.casefold() == "true" and item != "C-49":
            enabled = told.get(f"{component}.enabled".casefold())
            if enabled is None or str(enabled.value).casefold() == "true":
                what = f"{component}.Available is true, and {item} is not declared"
                yield Finding(item, what, f"Declare {item}, or switch it off in the device ({component}.Enabled).")


def _evses(variables: list[Variable], wanted: int) -> Iterator[Finding]:
    places = {one.name.split(".")[0].removeprefix("EVSE@") for one in variables if one.name.startswith("EVSE@")}
    evses = {one for one in places if one.isdecimal() and one != "0"}
    if evses and wanted != len(evses):
        what = f"the number of EVSEs is declared as {wanted}, and the device reports {len(evses)}"
        yield Finding("HFS-8", what, "Say how many there are.")
