"""Monitors a station leaves the factory with: said in its settings, told as what they are, switched with the monitoring base (N03)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pilotwire.clock import SystemClock
from pilotwire.domain import monitoring as mon
from pilotwire.domain.device_model import ReportStatus, VariableName
from pilotwire.errors import ConfigError
from pilotwire.simulator.building import build_station
from pilotwire.station.core.device_model_catalogue import key_of, name_written
from pilotwire.station.habits import Habits
from pilotwire.station.settings import load_settings
from tests.support.station_world import StationWorld

HARD: dict[str, Any] = {"variable": "EVSE@1.Power", "type": "UpperThreshold", "value": 100, "severity": 2}
SOFT: dict[str, Any] = {"variable": "Connector@1.1.AvailabilityState", "type": "Delta", "value": 1}
TOML = """
[station]
id = "CS1"
[[station.habits.hard_wired_monitors]]
variable = "EVSE@1.Power"
type = "UpperThreshold"
value = 100
severity = 2
[[station.habits.preconfigured_monitors]]
variable = "Connector@1.1.AvailabilityState"
type = "Delta"
value = 1
id = 7
"""


def _world(**habits: Any) -> StationWorld:
    return StationWorld(**Habits(**habits).said())


def _kinds(world: StationWorld) -> dict[int, str]:
    before = len(world.csms.of(mon.MonitoringReportPart))
    outcome = world.command(mon.GetMonitoringReport(request_id=3))
    assert isinstance(outcome, mon.MonitoringReportOutcome)
    if outcome.status is ReportStatus.EMPTY_RESULT_SET:
        return {}
    parts: list[Any] = world.csms.of(mon.MonitoringReportPart)[before:]
    found = [one for part in parts for variable in part.variables for one in variable.monitors]
    return {one.monitor_id: one.notification.value for one in found}


def _base(world: StationWorld, base: mon.MonitoringBase) -> None:
    outcome = world.command(mon.SetMonitoringBase(base=base))
    assert outcome == mon.MonitoringBaseOutcome(status=ReportStatus.ACCEPTED)


def _custom(world: StationWorld) -> int:
    setting = mon.MonitorSetting(
        name=VariableName(component="EVSE", variable="Power", evse=1), type=mon.MonitorType.PERIODIC, value=60
    )
    outcome = world.command(mon.SetMonitors(settings=(setting,)))
    assert isinstance(outcome, mon.SetMonitorsOutcome)
    number = outcome.results[0].monitor_id
    assert number is not None
    return number


@pytest.mark.parametrize(
    "name",
    [
        VariableName(component="EVSE", variable="Power", evse=1),
        VariableName(component="Connector", variable="AvailabilityState", evse=1, connector=2),
        VariableName(component="ClockCtrlr", variable="TimeOffset", variable_instance="NextTransition"),
        VariableName(component="Sensor", component_instance="front", variable="Problem", evse=3),
    ],
)
def test_names_are_read_as_they_are_written(name: VariableName) -> None:
    at = "" if name.evse is None else f"@{name.evse}" + (f".{name.connector}" if name.connector else "")
    of = f"<{name.component_instance}>" if name.component_instance else ""
    inner = f"[{name.variable_instance}]" if name.variable_instance else ""
    written = f"{name.component}{of}{at}.{name.variable}{inner}"
    assert name_written(written) == name
    assert key_of(name) == written.casefold()


@pytest.mark.parametrize("text", ["", "Power", "EVSE@.Power", "EVSE@1.", "EVSE@1.1.2.Power", "A.B.C", "A.B[", "@1.B"])
def test_what_is_no_name(text: str) -> None:
    assert name_written(text) is None


def test_a_file_says_them_and_the_station_has_them(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(TOML)
    settings = load_settings({"storage": str(tmp_path / "s.db")}, config=tmp_path / "s.toml")
    station = build_station(settings, SystemClock())
    world = StationWorld(
        hard_wired_monitors=station.settings.hard_wired_monitors,
        preconfigured_monitors=station.settings.preconfigured_monitors,
    )
    assert _kinds(world) == {1: "HardWiredMonitor", 7: "PreconfiguredMonitor"}


@pytest.mark.req("N03.FR.03", "N03.FR.04", "N03.FR.05")
def test_the_base_chooses_among_them() -> None:
    """FactoryDefault removes what was set and leaves what is from the factory; HardWiredOnly leaves only that; a restart keeps it."""
    world = _world(hard_wired_monitors=(HARD,), preconfigured_monitors=(SOFT,))
    own = _custom(world)
    factory = {1: "HardWiredMonitor", 2: "PreconfiguredMonitor"}
    assert _kinds(world) == factory | {own: "CustomMonitor"}
    _base(world, mon.MonitoringBase.ALL)
    assert own in _kinds(world)
    _base(world, mon.MonitoringBase.FACTORY_DEFAULT)
    assert _kinds(world) == factory
    _custom(world)
    _base(world, mon.MonitoringBase.HARD_WIRED_ONLY)
    world.kill()
    assert _kinds(world) == {1: "HardWiredMonitor"}
    _base(world, mon.MonitoringBase.FACTORY_DEFAULT)
    assert _kinds(world) == factory


def test_they_find_what_they_are_for() -> None:
    world = _world(hard_wired_monitors=(HARD,), preconfigured_monitors=(SOFT,))
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    told = [(one.monitor_id, one.severity) for fact in world.csms.of(mon.EventsTold) for one in fact.events]  # type: ignore[attr-defined]
    assert told == [(2, 5), (1, 2)]


@pytest.mark.parametrize(
    ("monitors", "says"),
    [
        ([HARD | {"variable": "EVSE@9.Power"}], "UnknownComponent"),
        ([HARD | {"variable": "EVSE@1.Colour"}], "UnknownVariable"),
        ([SOFT | {"type": "UpperThreshold"}], "UnsupportedMonitorType"),
        ([HARD | {"value": 99999}], "Rejected"),
        ([HARD | {"id": 4}, SOFT | {"id": 4}], "id 4"),
    ],
)
def test_what_a_station_cannot_monitor_is_told_before_it_starts(monitors: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        _world(hard_wired_monitors=monitors)


@pytest.mark.parametrize(
    "monitor",
    [HARD | {"variable": "Power"}, HARD | {"severity": 10}, HARD | {"type": "Sometimes"}, HARD | {"id": 1001}],
)
def test_what_is_no_monitor_is_told_with_the_settings(monitor: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="habits"):
        load_settings({"id": "CS1", "habits": {"hard_wired_monitors": [monitor]}})
