"""What an installer sets of the connection, as variables of InstallerCtrlr: carrier, proxy, TLS, heartbeats, watchdog, display.

These are not of the standard: the reference list of a real controller has them, and each does what it says here or in `network_ways`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pilotwire.domain.device_model import DataType, VariableName
from pilotwire.domain.provisioning import BootReason
from pilotwire.station.core import network_ways as ways
from pilotwire.station.core.actions import ConnectAnew, Show
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import PendingReset, Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.variable_table import Declared, fixed, name_of, number, switch
from pilotwire.station.hardware.ports import StationLayout

TYPE = "InstallerCtrlr.ConnectionType"
WATCHDOG = "InstallerCtrlr.TcpWatchdogTimeout"
TIMEOUT = "InstallerCtrlr.ConnectionTimeout"
"""Counts for an attempt that is under way as well: it is made anew."""
SHOWS = "InstallerCtrlr.ShowDisconnectAsError"
OFFLINE_TEXT = "No connection to the backend"
"""What the display says while there is no connection, if it is to say so."""
_AT_ONCE = frozenset(
    name.casefold()
    for name in (
        TYPE,
        "InstallerCtrlr.WebSocketProxy",
        "InstallerCtrlr.ConnectionStrictness",
        "InstallerCtrlr.TlsStrictness",
    )
)
"""What the connection is made anew for, so that it counts from now on."""


# --- variables ------------------------------------------------------------------------------------------------------


def _is_proxy(_: Station, value: str) -> bool:
    """Empty, or `host:port`, or a host alone."""
    host, colon, port = value.rpartition(":") if ":" in value else (value, "", "")
    if not value:
        return True
    if not host or any(letter in host for letter in "/@ "):
        return False
    return not colon or (port.isascii() and port.isdigit() and 0 < int(port) < 65536)


def _options(name: str, default: str, *values: str) -> Declared:
    return Declared(name_of(f"InstallerCtrlr.{name}"), DataType.OPTION_LIST, default, values=values)


def _variables(_family: Family, _layout: StationLayout) -> tuple[Declared, ...]:
    return (
        _options("ConnectionType", "Auto", "Ethernet", "Cellular", "Auto", "None"),
        fixed("InstallerCtrlr.ActiveConnection", "", DataType.STRING),
        Declared(name_of("InstallerCtrlr.WebSocketProxy"), DataType.STRING, "", high=255),
        _options("ConnectionStrictness", "All", "SecureOnly", "All"),
        _options("TlsStrictness", "Full", "Full", "SkipHostName"),
        switch("InstallerCtrlr.ForceHeartbeat", False),
        number(WATCHDOG, 0, high=604_800, unit="s"),
        number(TIMEOUT, 60, low=3, high=300, unit="s"),
        switch(SHOWS, False),
    )


def _carrier(station: Station, _: VariableName) -> str:
    carrier = ways.carrier_of(station)
    return "" if carrier is None else carrier.value


def _changed(station: Station, key: str, value: str) -> None:
    if key in _AT_ONCE or (key == TIMEOUT.casefold() and not station.link):
        station.do(ConnectAnew(f"{key} has changed"))
    if key == TYPE.casefold():
        station.moment(ways.Ways).unreachable_since = None if station.link else station.now
    elif key == SHOWS.casefold():
        _show(station, on=value == "true" and not station.link)


# --- offline --------------------------------------------------------------------------------------------------------


def _show(station: Station, *, on: bool) -> None:
    station.do(Show(None, OFFLINE_TEXT if on else ""))


def _started(station: Station) -> None:
    _link_down(station)


def _link_up(station: Station) -> None:
    station.moment(ways.Ways).unreachable_since = None
    if station.variables.on(SHOWS):
        _show(station, on=False)


def _link_down(station: Station) -> None:
    place = station.moment(ways.Ways)
    place.unreachable_since = place.unreachable_since or station.now
    if station.variables.on(SHOWS):
        _show(station, on=True)


def watchdog_at(station: Station) -> datetime | None:
    """When the controller restarts because the backend was unreachable so long; None: it does not."""
    since = station.moment(ways.Ways).unreachable_since
    seconds = station.variables.number(WATCHDOG)
    if station.link or since is None or seconds <= 0 or station.reset is not None:
        return None
    return since + timedelta(seconds=seconds) if ways.carrier_of(station) is not None else None


def _due(station: Station) -> None:
    """Restart, as soon as nobody charges: a transaction is worth more than a connection."""
    at = watchdog_at(station)
    if at is not None and at <= station.now:
        station.note("The backend was unreachable too long: the controller restarts.")
        station.reset = PendingReset(BootReason.WATCHDOG)


STREET = Street(
    "installer_connection",
    variables=_variables,
    live={("installerctrlr", "activeconnection"): _carrier},
    checks={"InstallerCtrlr.WebSocketProxy": _is_proxy},
    changed=_changed,
    started=_started,
    link_up=_link_up,
    link_down=_link_down,
    deadline=watchdog_at,
    due=_due,
)
