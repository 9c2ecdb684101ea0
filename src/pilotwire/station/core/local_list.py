"""The Local Authorization List (functional block D; 1.6:3.5.2): changed by the CSMS alone (D01.FR.09), asked before the cache."""

from __future__ import annotations

from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.availability import Problem
from pilotwire.domain.device_model import DataType
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.local_list import (
    NO_LIST,
    GetLocalListVersion,
    ListedToken,
    LocalListVersion,
    SendLocalList,
    SendLocalListOutcome,
    SendLocalListStatus,
    known_of,
    listed,
    updated,
)
from pilotwire.station.core.memory import LocalListMemory
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street, answered
from pilotwire.station.core.variable_table import Declared, fixed, switch
from pilotwire.station.hardware.ports import StationLayout

LOCAL_LIST_ENTRIES = 1000
"""How many tokens the list holds (D01.FR.12)."""

_CONFLICT = "LocalListConflict"
_ENABLED = "LocalAuthListCtrlr.Enabled"
_VALID = frozenset({AuthorizationStatus.ACCEPTED, AuthorizationStatus.CONCURRENT_TX})
"""What counts as valid where list and CSMS are compared (1.6:3.5.2)."""


# --- commands -------------------------------------------------------------------------------------------------------


def send(station: Station, command: SendLocalList) -> SendLocalListOutcome:
    """Take an update, or leave the list as it was (D01)."""
    if not station.variables.on(_ENABLED):
        return SendLocalListOutcome(status=SendLocalListStatus.NOT_SUPPORTED)
    held, status = updated(
        station.local_list.held,
        command,
        most_entries=LOCAL_LIST_ENTRIES,
        most_in_message=station.variables.number("LocalAuthListCtrlr.ItemsPerMessage"),
    )
    if status is SendLocalListStatus.ACCEPTED:
        if station.settings.empty_list_is_no_list and not held.entries:
            held = changed(held, version=NO_LIST)
        station.local_list = LocalListMemory(held=held)
        station.condition.problems.get((0, 0), {}).pop(_CONFLICT, None)
    return SendLocalListOutcome(status=status)


def version(station: Station, _: GetLocalListVersion) -> LocalListVersion:
    """The number of the list (D02.FR.01, D02.FR.02); one that is not enabled is none (D02.FR.03)."""
    enabled = station.variables.on(_ENABLED)
    return LocalListVersion(version=station.local_list.held.version if enabled else None)


def count(station: Station) -> int:
    """How many tokens are on the list (D01.FR.12)."""
    return len(station.local_list.held.entries)


# --- judgement ------------------------------------------------------------------------------------------------------


def entry_of(station: Station, id_token: IdToken) -> ListedToken | None:
    """The entry of a token, None also where the list is not enabled (D01.FR.13)."""
    return listed(station.local_list.held, id_token) if station.variables.on(_ENABLED) else None


def look_up(station: Station, id_token: IdToken) -> AuthorizationVerdict | None:
    """What the list knows of a token now; an entry past its time is Expired."""
    entry = entry_of(station, id_token)
    return None if entry is None else known_of(entry, station.stamp())


def is_final(station: Station, id_token: IdToken) -> bool:
    """Whether the CSMS is not to be asked about a token, because the list does not accept it (DisablePostAuthorize)."""
    entry = entry_of(station, id_token)
    if entry is None or entry.info.accepted:
        return False
    return station.variables.on("LocalAuthListCtrlr.DisablePostAuthorize")


def compare(station: Station, id_token: IdToken, verdict: AuthorizationVerdict) -> None:
    """Where the CSMS says of a token what its list does not, that is a problem until it sends a list again (1.6:3.5.2)."""
    entry = entry_of(station, id_token)
    if entry is None or not station.settings.reports_list_conflicts:
        return
    if (known_of(entry, station.stamp()).status in _VALID) != (verdict.status in _VALID):
        station.condition.problems.setdefault((0, 0), {})[_CONFLICT] = Problem(code=_CONFLICT)


# --- the street -----------------------------------------------------------------------------------------------------

_COMMON = (
    switch(_ENABLED, True),
    fixed("LocalAuthListCtrlr.ItemsPerMessage", "100"),
)
_ONLY_2 = (
    fixed("LocalAuthListCtrlr.Available", "true", DataType.BOOLEAN),
    fixed("LocalAuthListCtrlr.Entries", "0", high=LOCAL_LIST_ENTRIES),
    fixed("LocalAuthListCtrlr.BytesPerMessage", "500000"),
    switch("LocalAuthListCtrlr.DisablePostAuthorize", False),
    fixed("LocalAuthListCtrlr.SupportsExpiryDateTime", "true", DataType.BOOLEAN),
)
_ONLY_16 = (
    fixed("LocalAuthListCtrlr.DisablePostAuthorize", "false", DataType.BOOLEAN),  # as 1.6 behaves: it has no key for it
    fixed(".LocalAuthListMaxLength", str(LOCAL_LIST_ENTRIES)),
)


def _variables(family: Family, _layout: StationLayout) -> tuple[Declared, ...]:
    return (*_COMMON, *(_ONLY_16 if family is Family.OCPP16 else _ONLY_2))


STREET = Street(
    "local_list",
    commands={SendLocalList: answered(send), GetLocalListVersion: answered(version)},
    variables=_variables,
    live={("localauthlistctrlr", "entries"): lambda station, _: str(count(station))},
)
