"""Network connection profiles (B09, B10), the security profile (A05) and the password (A01): what the CSMS may make of them.

Which way is taken is decided in `network_ways`, the component NetworkConfiguration of 2.1 is in `network_configuration`.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pilotwire.domain.device_model import DataType, VariableName
from pilotwire.domain.kinds import Reason, changed
from pilotwire.domain.network_profiles import (
    JSON,
    NetworkConnectionProfile,
    SetNetworkProfile,
    SetNetworkProfileOutcome,
    SetNetworkProfileStatus,
    flaw_of,
)
from pilotwire.station.core import network_configuration, security
from pilotwire.station.core import network_ways as ways
from pilotwire.station.core.features import Feature
from pilotwire.station.core.network_memory import NetworkMemory
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street, answered
from pilotwire.station.core.variable_table import Declared, fixed, name_of, number, switch
from pilotwire.station.hardware.ports import StationLayout

_SPOKEN = (None, "OCPP20", "OCPP201", "OCPP21")
"""Versions a profile may name: a station of 2.x does not become one of 1.6. (OCPP20 stands for 2.0.1 in its schema.)"""
_LONGEST_PASSWORD = 64
_LEAST_PASSWORD = 16
_LEVEL = ways.LEVEL.casefold()
_PASSWORD = ways.PASSWORD.casefold()
_IDENTITY = ways.IDENTITY.casefold()
_IDENTIFIER = re.compile(r"[A-Za-z0-9*\-_=+|@.]{1,48}\Z")
"""An identifierString without the colon, at which a user name of basic authentication ends (2.1 2.2.2)."""


# --- commands -------------------------------------------------------------------------------------------------------


def set_profile(station: Station, command: SetNetworkProfile) -> SetNetworkProfileOutcome:
    """Put a profile into a slot; it counts from the next connection on (B09.FR.01, B09.FR.02, B09.FR.04, B09.FR.05)."""
    flaw = _flaw(station, command)
    if flaw is not None:
        station.note(f"A network profile is refused: {flaw}.")
        return SetNetworkProfileOutcome(status=SetNetworkProfileStatus.REJECTED)
    memory = station.kept(NetworkMemory)
    station.remember(changed(memory, profiles={**memory.profiles, command.slot: command.profile}))
    return SetNetworkProfileOutcome(status=SetNetworkProfileStatus.ACCEPTED)


def _flaw(station: Station, command: SetNetworkProfile) -> str | None:
    level, down = ways.level_of(station), ways.may_go_down(station)
    return (
        flaw_of(command, security_profile=level, slots=ways.SLOTS, may_go_down=down)
        or flaw_of_content(command.profile)
        or _flaw_of_kind(station, command.profile)
    )


def _flaw_of_kind(station: Station, profile: NetworkConnectionProfile) -> str | None:
    """What this station has no means for."""
    lacks = station.settings.lacks
    if profile.apn is not None and Feature.APN in lacks:
        return "this station has no APN connections"
    if profile.vpn is not None and Feature.VPN in lacks:
        return "this station has no VPN connections"
    return None


def flaw_of_content(profile: NetworkConnectionProfile) -> str | None:
    """What is wrong with a profile whatever the station is."""
    if profile.transport != JSON:
        return "this station speaks OCPP-J only"
    if profile.ocpp_version not in _SPOKEN:
        return f"this station does not speak {profile.ocpp_version}"
    if not 0 <= profile.security_profile <= 3:
        return f"there is no security profile {profile.security_profile}"
    if profile.message_timeout <= 0:
        return "a message timeout is more than 0 s"
    if not _has_host(profile.csms_url):
        return f"{profile.csms_url!r} is no URL of a CSMS"
    if profile.identity is not None and (not profile.identity or ":" in profile.identity):
        return "an identity is not empty and has no colon"
    password = profile.basic_auth_password
    if password is not None and not _LEAST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        return f"a password has {_LEAST_PASSWORD} to {_LONGEST_PASSWORD} characters"
    return None


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


# --- variables ------------------------------------------------------------------------------------------------------


def _may_raise(station: Station, value: str) -> bool:
    """Whether the CSMS may set the security profile: only up, and only with what it needs (1.6 whitepaper A05.FR.01 to FR.05)."""
    level = int(value)
    flaw = "it is not higher" if level <= ways.level_of(station) else ways.lacking(station, level)
    if flaw is not None:
        station.note(f"Security profile {level} is refused: {flaw}.")
    return flaw is None


def _may_order(station: Station, value: str) -> bool | Reason:
    flaw = ways.flaw_of_priority(station, value)
    if flaw is None:
        return True
    station.note(f"The order {value} of network profiles is refused: {flaw}.")
    return Reason(code="InvalidNetworkConf", info=f"{flaw[:1].upper()}{flaw[1:]}."[:512])  # B09.FR.34


def _changed(station: Station, key: str, value: str) -> None:
    if key == _LEVEL:
        ways.raise_level(station, int(value))
    elif key == _PASSWORD:
        _password_changed(station)
    elif key == _IDENTITY:
        _clear_in_active(station, identity=None)  # errata 2.1 B09.FR.26
    else:
        network_configuration.changed_by_variable(station, key, value)


def _password_changed(station: Station) -> None:
    """It is in the log, without itself (A01.FR.11, A01.FR.12), and goes before the profile's own (errata 2.1 B09.FR.27)."""
    security.report(station, "ReconfigurationOfSecurityParameters", "BasicAuthPassword")
    _clear_in_active(station, basic_auth_password=None)


def _clear_in_active(station: Station, **cleared: None) -> None:
    """Take out of the profile in use what is set for all of them; that of the station's own setup is never in it."""
    memory, slot = station.kept(NetworkMemory), ways.slot_of(station)
    profile = memory.profiles.get(slot)
    if profile is not None:
        without = changed(profile, **cleared)
        station.remember(changed(memory, profiles={**memory.profiles, slot: without}))


def _is_identity(_station: Station, value: str) -> bool:
    return _IDENTIFIER.match(value) is not None


def _identity(station: Station, _: VariableName) -> str:
    """That of the profile in use (errata 2.1 B09.FR.28), else the one that was set, else that of the station's setup."""
    profile = ways.profile_of(station, ways.slot_of(station))
    own = profile.identity if profile is not None else None
    return own or ways.identity_set(station) or ways.home_of(station).identity or ""


def _timeout(station: Station, _: VariableName) -> str:
    profile = ways.profile_of(station, ways.slot_of(station)) or ways.home_of(station)
    return str(profile.message_timeout)


_SLOT_TEXTS = tuple(str(slot) for slot in ways.SLOTS)
_HOME = str(ways.HOME_SLOT)


def _variables(family: Family, _layout: StationLayout) -> tuple[Declared, ...]:
    if family is Family.OCPP16:
        return (
            number(ways.LEVEL, 0, high=3),
            fixed(ways.ATTEMPTS, "3"),
            fixed(ways.PRIORITY, _HOME, DataType.SEQUENCE_LIST, _SLOT_TEXTS),
            fixed(ways.DOWNGRADE, "false", DataType.BOOLEAN),
            fixed("SecurityCtrlr.AllowCSMSTLSWildcards", "false", DataType.BOOLEAN),
        )
    priority = name_of(ways.PRIORITY)
    return (
        fixed(ways.LEVEL, "0"),
        number(ways.ATTEMPTS, 3, low=1),
        Declared(priority, DataType.SEQUENCE_LIST, _HOME, values=_SLOT_TEXTS, reboot_required=True),
        switch(ways.DOWNGRADE, False),
        switch("SecurityCtrlr.AllowCSMSTLSWildcards", False),
        Declared(name_of(ways.IDENTITY), DataType.STRING, "", high=48),
        fixed("OCPPCommCtrlr.ActiveNetworkProfile", _HOME),
        fixed("OCPPCommCtrlr.MessageTimeout[Default]", "30", unit="s"),
        *network_configuration.declared(),
    )


STREET = Street(
    "network",
    commands={SetNetworkProfile: answered(set_profile)},
    events={
        ways.Connected: ways.connected,
        ways.Missed: ways.missed,
        ways.Moved: ways.moved,
        ways.CredentialsSeen: ways.credentials_seen,
        ways.CarriersSeen: ways.carriers_seen,
        ways.SetUp: ways.set_up,
    },
    variables=_variables,
    live={
        ("securityctrlr", "identity"): _identity,
        ("ocppcommctrlr", "activenetworkprofile"): lambda station, _: str(ways.slot_of(station)),
        ("ocppcommctrlr", "messagetimeout"): _timeout,
        **network_configuration.LIVE,
    },
    checks={
        ways.LEVEL: _may_raise,
        ways.PRIORITY: _may_order,
        ways.IDENTITY: _is_identity,
        **network_configuration.CHECKS,
    },
    changed=_changed,
    started=ways.started,
)

__all__ = ["STREET", "flaw_of_content", "set_profile"]
