"""The component NetworkConfiguration (2.1): each slot's profile as variables, read and written (B09.FR.08 to FR.13, FR.20 to FR.25).

The profile in `NetworkMemory` is the truth; variables are a view of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pilotwire.domain.device_model import DataType, Mutability, VariableName
from pilotwire.domain.kinds import Reason, changed
from pilotwire.domain.network_profiles import AccessPoint, NetworkConnectionProfile, PrivateNetwork, slots_of
from pilotwire.station.core import network_ways as ways
from pilotwire.station.core.device_model_catalogue import key_of
from pilotwire.station.core.features import Feature
from pilotwire.station.core.network_memory import NetworkMemory
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Check, Live
from pilotwire.station.core.variable_table import Declared

COMPONENT = "NetworkConfiguration"
EMPTY = NetworkConnectionProfile(csms_url="", interface="Any", message_timeout=30, security_profile=0)
"""What an empty slot begins from; without a URL it is not taken into the priority."""
_NO_APN = AccessPoint(apn="", authentication="AUTO")
_NO_VPN = PrivateNetwork(server="", user="", password="", key="", type="IKEv2")
_INTERFACES = tuple(f"{kind}{number}" for kind in ("Wired", "Wireless") for number in range(4))


@dataclass(frozen=True, slots=True)
class _Field:
    """One variable: its type, and where in a profile it is (`part` None: in the profile itself)."""

    type: DataType
    field: str
    part: str | None = None
    high: int | None = None
    low: int | None = None
    values: tuple[str, ...] = ()
    secret: bool = False


_TEXT, _LIST, _INT, _BOOL = DataType.STRING, DataType.OPTION_LIST, DataType.INTEGER, DataType.BOOLEAN
_FIELDS: dict[str, _Field] = {
    "OcppCsmsUrl": _Field(_TEXT, "csms_url", high=2000),
    "OcppInterface": _Field(_LIST, "interface", values=(*_INTERFACES, "Any")),
    "OcppTransport": _Field(_LIST, "transport", values=("JSON",)),
    "OcppVersion": _Field(_LIST, "ocpp_version", values=("OCPP20", "OCPP201", "OCPP21")),
    "MessageTimeout": _Field(_INT, "message_timeout", low=1),
    "SecurityProfile": _Field(_INT, "security_profile", low=0, high=3),
    "Identity": _Field(_TEXT, "identity", high=48),
    "BasicAuthPassword": _Field(_TEXT, "basic_auth_password", low=16, high=64, secret=True),
    "VpnEnabled": _Field(_BOOL, "vpn"),
    "VpnType": _Field(_LIST, "type", "vpn", values=("IKEv2", "IPSec", "L2TP", "PPTP")),
    "VpnServer": _Field(_TEXT, "server", "vpn", high=2000),
    "VpnUser": _Field(_TEXT, "user", "vpn", high=50),
    "VpnGroup": _Field(_TEXT, "group", "vpn", high=50),
    "VpnPassword": _Field(_TEXT, "password", "vpn", high=64, secret=True),
    "VpnKey": _Field(_TEXT, "key", "vpn", high=255, secret=True),
    "ApnEnabled": _Field(_BOOL, "apn"),
    "Apn": _Field(_TEXT, "apn", "apn", high=2000),
    "ApnUserName": _Field(_TEXT, "user_name", "apn", high=50),
    "ApnPassword": _Field(_TEXT, "password", "apn", high=64, secret=True),
    "SimPin": _Field(_INT, "sim_pin", "apn", low=0, secret=True),
    "PreferredNetwork": _Field(_TEXT, "preferred_network", "apn", high=6),
    "UseOnlyPreferredNetwork": _Field(_BOOL, "use_only_preferred_network", "apn"),
    "ApnAuthentication": _Field(_LIST, "authentication", "apn", values=("PAP", "CHAP", "NONE", "AUTO")),
}
_NO_DOWNGRADE = Reason(
    code="NoSecurityDowngrade", info="AllowSecurityProfileDowngrade does not allow a lower security profile."
)
_NONE_IN = {"vpn": _NO_VPN, "apn": _NO_APN}
_NONE_IN_FEATURE = {"vpn": Feature.VPN, "apn": Feature.APN}
_FOLDED = {name.casefold(): name for name in _FIELDS}


def _name(slot: int, variable: str) -> VariableName:
    return VariableName(component=COMPONENT, component_instance=str(slot), variable=variable)


_PLACES = {key_of(_name(slot, variable)): (slot, variable) for slot in ways.SLOTS for variable in _FIELDS}
"""Slot and variable by its written name without case."""


def declared() -> tuple[Declared, ...]:
    """The variables of every slot."""
    return tuple(_declared(slot, variable, spec) for slot in ways.SLOTS for variable, spec in _FIELDS.items())


def _declared(slot: int, variable: str, spec: _Field) -> Declared:
    mutability = Mutability.WRITE_ONLY if spec.secret else Mutability.READ_WRITE
    default = "false" if spec.type is _BOOL else ""
    unit = "s" if variable == "MessageTimeout" else None
    return Declared(_name(slot, variable), spec.type, default, mutability, spec.low, spec.high, spec.values, unit=unit)


# --- reading --------------------------------------------------------------------------------------------------------


def _value(profile: NetworkConnectionProfile, spec: _Field) -> str:
    if spec.field in _NONE_IN and spec.part is None:
        return "false" if getattr(profile, spec.field) is None else "true"  # B09.FR.11, B09.FR.12
    holder = profile if spec.part is None else getattr(profile, spec.part)
    value = getattr(holder, spec.field, None)
    if isinstance(value, bool) or (value is None and spec.type is _BOOL):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _live(station: Station, name: VariableName) -> str | None:
    slot = name.component_instance or ""
    spec = _FIELDS[_FOLDED[name.variable.casefold()]]
    if not slot.isdigit() or spec.secret:
        return None
    if spec.field in _NONE_IN and _NONE_IN_FEATURE[spec.field] in station.settings.lacks:
        return "false"  # B09.FR.13
    profile = ways.profile_of(station, int(slot)) or EMPTY
    return _value(profile, spec)


LIVE: dict[tuple[str, str], Live] = {(COMPONENT.casefold(), variable): _live for variable in _FOLDED}


# --- writing --------------------------------------------------------------------------------------------------------


def with_value(profile: NetworkConnectionProfile, variable: str, value: str) -> NetworkConnectionProfile:
    """The profile with one of its variables set."""
    spec = _FIELDS[variable]
    typed: Any = value
    if spec.type is _INT:
        typed = int(value)
    elif spec.type is _BOOL:
        typed = value == "true"
    if spec.part is not None:
        holder = getattr(profile, spec.part) or _NONE_IN[spec.part]
        return changed(profile, **{spec.part: changed(holder, **{spec.field: typed})})
    if spec.field in _NONE_IN:
        typed = (getattr(profile, spec.field) or _NONE_IN[spec.field]) if typed else None
    return changed(profile, **{spec.field: typed if typed != "" or spec.field == "csms_url" else None})


def _may_set(slot: int, variable: str) -> Check:
    """A slot in the priority is left alone (B09.FR.22), and no security profile goes down (errata 2.1 B09.FR.32, B09.FR.35)."""

    def check(station: Station, value: str) -> bool | Reason:
        if slot in slots_of(station.variables.text(ways.PRIORITY)):
            return False
        if variable == "OcppCsmsUrl":
            return value.partition(":")[0].casefold() in ("ws", "wss")
        if variable == "Identity":
            return ":" not in value
        if variable != "SecurityProfile" or int(value) >= ways.level_of(station):
            return True
        return (int(value) == 2 and ways.may_go_down(station)) or _NO_DOWNGRADE

    return check


CHECKS: dict[str, Check] = {place: _may_set(slot, variable) for place, (slot, variable) in _PLACES.items()}


def changed_by_variable(station: Station, key: str, value: str) -> None:
    """A variable of a slot was set."""
    place = _PLACES.get(key)
    if place is None:
        return
    slot, variable = place
    memory = station.kept(NetworkMemory)
    profile = with_value(ways.profile_of(station, slot) or EMPTY, variable, value)
    station.remember(changed(memory, profiles={**memory.profiles, slot: profile}))
