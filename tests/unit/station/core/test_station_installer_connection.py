"""What an installer sets of the connection: each does something."""

from __future__ import annotations

import pytest

from pilotwire.domain.device_model import SetVariables, SetVariableStatus, VariableSetting
from pilotwire.domain.metering import MeterValuesReported
from pilotwire.domain.provisioning import BootReason, Heartbeat, StationBooted
from pilotwire.station.core.actions import ConnectAnew, Show
from pilotwire.station.core.installer_connection import OFFLINE_TEXT
from pilotwire.station.core.variable_table import name_of
from tests.support.station_world import START, StationWorld

WATCHDOG = "InstallerCtrlr.TcpWatchdogTimeout"
SHOWS = "InstallerCtrlr.ShowDisconnectAsError"


def _set(world: StationWorld, name: str, value: str) -> SetVariableStatus:
    outcome = world.command(SetVariables(settings=(VariableSetting(name=name_of(name), value=value),)))
    return outcome.results[0].status  # type: ignore[union-attr,no-any-return]


# --- watchdog -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ocpp16", [False, True], ids=["2.x", "1.6"])
def test_the_watchdog_restarts_a_controller_nobody_hears(ocpp16: bool) -> None:
    """Again and again, as long as the backend is unreachable; the boot says why."""
    world = StationWorld(ocpp16=ocpp16, variables={WATCHDOG: "600"})
    world.cut()
    world.pass_time(590)
    assert world.restarts == []
    world.pass_time(20)
    assert world.restarts == [BootReason.WATCHDOG]
    world.pass_time(620)
    assert len(world.restarts) == 2
    world.connect()
    (*_, boot) = world.csms.of(StationBooted)
    assert boot.reason is BootReason.WATCHDOG  # type: ignore[attr-defined]
    world.pass_time(1200)
    assert len(world.restarts) == 2


def test_the_watchdog_also_watches_the_first_connection() -> None:
    world = StationWorld(variables={WATCHDOG: "600"}, online=False)
    world.pass_time(620)
    assert world.restarts == [BootReason.WATCHDOG]


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({WATCHDOG: "0"}, id="off"),
        pytest.param({WATCHDOG: "600", "InstallerCtrlr.ConnectionType": "None"}, id="no-backend-wanted"),
    ],
)
def test_the_watchdog_sleeps(variables: dict[str, str]) -> None:
    world = StationWorld(variables=variables, online=False)
    world.pass_time(3600)
    assert world.restarts == []


def test_a_short_loss_is_nothing_to_the_watchdog() -> None:
    world = StationWorld(variables={WATCHDOG: "600"})
    for _ in range(3):
        world.cut()
        world.pass_time(500)
        world.connect()
    assert world.restarts == []


# --- heartbeat ------------------------------------------------------------------------------------------------------


@pytest.mark.req("G02.FR.05")
@pytest.mark.parametrize(("forced", "few"), [("false", True), ("true", False)])
def test_heartbeats_are_sent_even_where_traffic_makes_them_needless(forced: str, few: bool) -> None:
    """Values every minute tell as well that the station is alive."""
    world = StationWorld(
        ocpp16=True, variables={"InstallerCtrlr.ForceHeartbeat": forced, "AlignedDataCtrlr.Interval": "60"}
    )
    world.pass_time(3000)
    assert len(world.csms.of(MeterValuesReported)) >= 40
    assert (len(world.csms.of(Heartbeat)) < 2) is few
    assert few or len(world.csms.of(Heartbeat)) >= 9


# --- display --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", ["true", "false"])
def test_the_display_says_that_there_is_no_connection(on: str) -> None:
    world = StationWorld(variables={SHOWS: on})
    display = world.hardware.display
    assert None not in display
    world.cut()
    assert display.get(None) == (OFFLINE_TEXT if on == "true" else None)
    world.connect()
    assert None not in display


def test_the_display_is_right_at_once_when_that_is_switched() -> None:
    """From inside, as nothing else can be while there is no connection."""
    world = StationWorld()
    assert _set(world, SHOWS, "true") is SetVariableStatus.ACCEPTED
    assert None not in world.hardware.display
    world.cut()
    for value, shown in (("false", None), ("true", OFFLINE_TEXT)):
        for action in world.core.write(SHOWS, value, START):
            if isinstance(action, Show):
                world.hardware.show(action.evse_id, action.text)
        assert world.hardware.display.get(None) == shown


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxy", "status"),
    [
        ("proxy.example:3128", "Accepted"),
        ("proxy.example", "Accepted"),
        ("", "Accepted"),
        (":3128", "Rejected"),
        ("proxy.example:0", "Rejected"),
        ("proxy.example:x", "Rejected"),
        ("http://proxy.example", "Rejected"),
        ("me@proxy.example", "Rejected"),
    ],
)
def test_a_proxy_is_a_host_and_maybe_a_port(proxy: str, status: str) -> None:
    world = StationWorld()
    assert _set(world, "InstallerCtrlr.WebSocketProxy", proxy) == status
    way = world.core.way()
    assert way is not None
    assert way.proxy == (proxy if proxy and status == "Accepted" else None)


@pytest.mark.parametrize(
    ("seconds", "status"), [("2", "Rejected"), ("3", "Accepted"), ("300", "Accepted"), ("301", "Rejected")]
)
def test_an_attempt_takes_3_to_300_seconds(seconds: str, status: str) -> None:
    world = StationWorld()
    assert _set(world, "InstallerCtrlr.ConnectionTimeout", seconds) == status
    way = world.core.way()
    assert way is not None
    assert way.connection_timeout == (int(seconds) if status == "Accepted" else 60)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ConnectionType", "Cellular"),
        ("WebSocketProxy", "proxy.example"),
        ("ConnectionStrictness", "SecureOnly"),
        ("TlsStrictness", "SkipHostName"),
    ],
)
def test_the_connection_is_made_anew_for_what_it_is_made_with(name: str, value: str) -> None:
    world = StationWorld()
    _set(world, f"InstallerCtrlr.{name}", value)
    assert any(isinstance(action, ConnectAnew) for action in world.actions)
