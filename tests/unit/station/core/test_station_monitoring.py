"""Monitors of a station: how they are judged, when they tell, and what of them survives a restart (N02 to N08)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain import monitoring as mon
from pilotwire.domain.device_model import ComponentVariable, ReportStatus, SetVariables, VariableName, VariableSetting
from pilotwire.domain.monitoring import MonitorType
from pilotwire.station.core import monitors_values
from tests.support.station_world import StationWorld

POWER = VariableName(component="EVSE", variable="Power", evse=1)
IMPORTED = VariableName(component="FiscalMetering", variable="EnergyImportRegister", evse=1)
STATE = VariableName(component="EVSE", variable="AvailabilityState", evse=1)
CLOCK = VariableName(component="ClockCtrlr", variable="DateTime")
ACCEPTED = mon.SetMonitorStatus.ACCEPTED
REJECTED = mon.SetMonitorStatus.REJECTED


def _setting(
    name: VariableName = STATE, kind: MonitorType = MonitorType.DELTA, value: float = 1, **more: Any
) -> mon.MonitorSetting:
    return mon.MonitorSetting(name=name, type=kind, value=Decimal(str(value)), **more)


def _set(world: StationWorld, *settings: mon.MonitorSetting) -> list[mon.SetMonitorResult]:
    outcome = world.command(mon.SetMonitors(settings=settings))
    assert isinstance(outcome, mon.SetMonitorsOutcome)
    return list(outcome.results)


def _installed(world: StationWorld, *settings: mon.MonitorSetting) -> list[int]:
    results = _set(world, *settings)
    assert {result.status for result in results} == {ACCEPTED}
    return [result.monitor_id for result in results if result.monitor_id is not None]


def _status(world: StationWorld, setting: mon.MonitorSetting) -> mon.SetMonitorStatus:
    return _set(world, setting)[0].status


def _events(world: StationWorld) -> list[mon.DeviceEvent]:
    return [event for fact in world.csms.of(mon.EventsTold) for event in fact.events]  # type: ignore[attr-defined]


def _values(world: StationWorld) -> list[str]:
    return [event.value for event in _events(world)]


def _report(world: StationWorld, **wanted: Any) -> list[mon.MonitoringReportPart]:
    before = len(world.csms.of(mon.MonitoringReportPart))
    outcome = world.command(mon.GetMonitoringReport(request_id=3, **wanted))
    assert outcome == mon.MonitoringReportOutcome(status=ReportStatus.ACCEPTED)
    return world.csms.of(mon.MonitoringReportPart)[before:]  # type: ignore[return-value]


def _write(world: StationWorld, name: VariableName, value: str) -> None:
    world.command(SetVariables(settings=(VariableSetting(name=name, value=value),)))


def _charge(world: StationWorld) -> None:
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)


# --- what can be monitored ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "status"),
    [
        pytest.param(_setting(POWER, MonitorType.LOWER_THRESHOLD, -1), REJECTED, id="below the lowest value"),
        pytest.param(_setting(STATE, MonitorType.PERIODIC, 0), REJECTED, id="no period"),
        pytest.param(_setting(STATE, severity=10), REJECTED, id="no severity"),
        pytest.param(_setting(STATE, monitor_id=77), REJECTED, id="no monitor to replace"),
        pytest.param(
            _setting(IMPORTED, MonitorType.TARGET_DELTA, 5),
            mon.SetMonitorStatus.UNSUPPORTED_MONITOR_TYPE,
            id="no target",
        ),
        pytest.param(_setting(CLOCK), mon.SetMonitorStatus.UNSUPPORTED_MONITOR_TYPE, id="changes of the clock"),
        pytest.param(_setting(CLOCK, MonitorType.PERIODIC, 60), ACCEPTED, id="the clock now and then"),
        pytest.param(_setting(STATE, stream=mon.StreamParams(interval=0)), REJECTED, id="a stream without a pace"),
        pytest.param(
            _setting(POWER, MonitorType.UPPER_THRESHOLD, 5, stream=mon.StreamParams(interval=5)),
            REJECTED,
            id="a stream of alerts",
        ),
    ],
)
def test_what_can_be_monitored(setting: mon.MonitorSetting, status: mon.SetMonitorStatus) -> None:
    world = StationWorld()
    (result,) = _set(world, setting)
    assert (result.status, result.name, result.severity) == (status, setting.name, setting.severity)


@pytest.mark.req("N04.FR.18", "N06.FR.03")
def test_a_hard_wired_monitor_stays_as_it_is() -> None:
    world = StationWorld(hard_wired_monitors=(_setting(severity=4),))
    assert _status(world, _setting(severity=3, monitor_id=1)) is REJECTED
    assert _status(world, _setting(severity=4)) is mon.SetMonitorStatus.DUPLICATE
    outcome = world.command(mon.ClearMonitors(monitor_ids=(1,)))
    assert isinstance(outcome, mon.ClearMonitorsOutcome)
    assert [result.status for result in outcome.results] == [mon.ClearMonitorStatus.REJECTED]
    world.command(mon.SetMonitoringBase(base=mon.MonitoringBase.HARD_WIRED_ONLY))
    ((monitors,),) = [part.variables for part in _report(world)]
    assert monitors.monitors[0].notification is mon.EventNotification.HARD_WIRED_MONITOR


@pytest.mark.req("N03.FR.03", "N03.FR.05")
def test_bases() -> None:
    """HardWiredOnly switches off what is preconfigured and removes what was set; All switches the former on again."""
    world = StationWorld(preconfigured_monitors=(_setting(severity=4),))
    (own,) = _installed(world, _setting(severity=5))
    world.command(mon.SetMonitoringBase(base=mon.MonitoringBase.ALL))
    assert _ids(_report(world)) == [1, own]
    world.command(mon.SetMonitoringBase(base=mon.MonitoringBase.HARD_WIRED_ONLY))
    world.plug()
    assert _events(world) == []
    assert world.command(mon.GetMonitoringReport(request_id=1)) == mon.MonitoringReportOutcome(
        status=ReportStatus.EMPTY_RESULT_SET
    )
    world.command(mon.SetMonitoringBase(base=mon.MonitoringBase.ALL))
    assert _ids(_report(world)) == [1]


def _ids(parts: list[mon.MonitoringReportPart]) -> list[int]:
    return [one.monitor_id for part in parts for variable in part.variables for one in variable.monitors]


@pytest.mark.req("N04.FR.09", "N06.FR.06", "N02.FR.07")
def test_too_much_in_one_message() -> None:
    world = StationWorld()
    wanted = ComponentVariable(component="EVSE")
    assert world.command(mon.SetMonitors(settings=(_setting(),) * 101)) == "OccurrenceConstraintViolation"
    assert world.command(mon.ClearMonitors(monitor_ids=(1,) * 101)) == "OccurrenceConstraintViolation"
    report = mon.GetMonitoringReport(request_id=1, variables=(wanted,) * 101)
    assert world.command(report) == "OccurrenceConstraintViolation"


# --- reports --------------------------------------------------------------------------------------------------------


@pytest.mark.req("N02.FR.09")
def test_a_long_report_comes_in_parts() -> None:
    world = StationWorld(variables={"DeviceDataCtrlr.ItemsPerMessage[GetReport]": "2"})
    numbers = _installed(world, *(_setting(severity=severity) for severity in range(3)), _setting(POWER))
    parts = _report(world)
    assert [(part.seq_no, part.more) for part in parts] == [(0, False)]
    other = [VariableName(component="Connector", variable="AvailabilityState", evse=1, connector=1)]
    more = _installed(
        world, _setting(other[0]), _setting(VariableName(component="ChargingStation", variable="Problem"))
    )
    parts = _report(world)
    assert [(part.seq_no, part.more, len(part.variables)) for part in parts] == [(0, True, 2), (1, False, 2)]
    assert _ids(parts) == [*numbers, *more]


def test_one_report_at_a_time() -> None:
    world = StationWorld()
    _installed(world, _setting())
    world.csms.silent = lambda fact: isinstance(fact, mon.MonitoringReportPart)
    ask = mon.GetMonitoringReport(request_id=1)
    assert world.command(ask) == mon.MonitoringReportOutcome(status=ReportStatus.ACCEPTED)
    assert world.command(ask) == mon.MonitoringReportOutcome(status=ReportStatus.REJECTED)
    world.time_out()
    assert world.command(ask) == mon.MonitoringReportOutcome(status=ReportStatus.ACCEPTED)


@pytest.mark.req("N02.FR.13")
def test_monitors_around_a_target_are_of_the_deltas() -> None:
    world = StationWorld(preconfigured_monitors=(_setting(POWER, MonitorType.TARGET_DELTA),))
    assert len(_report(world, criteria=(mon.MonitoringCriterion.DELTA,))) == 1


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("N07.FR.16", "N07.FR.17")
@pytest.mark.parametrize(
    ("kind", "limit", "value", "aim", "past"),
    [
        (MonitorType.UPPER_THRESHOLD, "10", "10", None, False),
        (MonitorType.UPPER_THRESHOLD, "10", "10.1", None, True),
        (MonitorType.LOWER_THRESHOLD, "10", "10", None, False),
        (MonitorType.LOWER_THRESHOLD, "10", "9.9", None, True),
        (MonitorType.TARGET_DELTA, "10", "90", "100", False),
        (MonitorType.TARGET_DELTA, "10", "89", "100", True),
        (MonitorType.TARGET_DELTA, "10", "111", "100", True),
        (MonitorType.TARGET_DELTA, "10", "111", None, False),
        (MonitorType.TARGET_DELTA_RELATIVE, "0.1", "110", "100", False),
        (MonitorType.TARGET_DELTA_RELATIVE, "0.1", "111", "100", True),
        (MonitorType.TARGET_DELTA_RELATIVE, "0.1", "-111", "-100", True),
    ],
)
def test_past_a_limit(kind: MonitorType, limit: str, value: str, aim: str | None, past: bool) -> None:
    target = None if aim is None else Decimal(aim)
    assert monitors_values.is_past(kind, Decimal(limit), Decimal(value), target) is past


@pytest.mark.req("N07.FR.02", "N07.FR.14")
def test_a_limit_passed_before_a_restart_is_cleared_after_it() -> None:
    world = StationWorld()
    (number,) = _installed(world, _setting(POWER, MonitorType.UPPER_THRESHOLD, 100, severity=7))
    _charge(world)
    assert [(event.monitor_id, event.cleared) for event in _events(world)] == [(number, False)]
    world.unplug(at_vehicle=True)
    world.kill()
    world.pass_time(5)
    alert, cleared = _events(world)
    assert (cleared.monitor_id, cleared.cleared, Decimal(cleared.value)) == (number, True, Decimal(0))
    assert cleared.event_id > alert.event_id
    assert cleared.transaction_id == alert.transaction_id


@pytest.mark.req("N07.FR.11")
def test_a_higher_limit_clears_what_was_passed() -> None:
    world = StationWorld()
    (number,) = _installed(world, _setting(POWER, MonitorType.UPPER_THRESHOLD, 100))
    _charge(world)
    _installed(world, _setting(POWER, MonitorType.UPPER_THRESHOLD, 21_000, monitor_id=number))
    assert [event.cleared for event in _events(world)] == [False, True]
    _installed(world, _setting(POWER, MonitorType.UPPER_THRESHOLD, 20_000, monitor_id=number))
    assert len(_events(world)) == 2


@pytest.mark.req("N07.FR.11")
def test_another_limit_that_is_passed_too_is_told_again() -> None:
    world = StationWorld()
    (number,) = _installed(world, _setting(POWER, MonitorType.UPPER_THRESHOLD, 100))
    _charge(world)
    _installed(world, _setting(POWER, MonitorType.UPPER_THRESHOLD, 200, monitor_id=number))
    assert [(event.monitor_id, event.cleared) for event in _events(world)] == [(number, False)] * 2


def test_a_limit_is_told_once_until_it_is_cleared() -> None:
    world = StationWorld()
    _installed(world, _setting(POWER, MonitorType.UPPER_THRESHOLD, 100))
    _charge(world)
    world.pass_time(600)
    assert len(_events(world)) == 1


@pytest.mark.req("N07.FR.17")
def test_what_falls_with_the_end_of_a_transaction_is_of_it() -> None:
    """The load is gone only after the last event; what is found a while later is of no transaction."""
    world = StationWorld()
    _charge(world)
    _installed(world, _setting(POWER, MonitorType.LOWER_THRESHOLD, 10))
    _installed(world, _setting(POWER, MonitorType.PERIODIC, 30))
    world.tap("ANNA")
    world.pass_time(31)
    assert world.csms.told()[-1] == ("Ended", "StopAuthorized")
    assert [(event.value, event.transaction_id) for event in _events(world)] == [("0.0", "tx-1"), ("0.0", None)]


def test_a_monitor_for_transactions_rests_between_them() -> None:
    """What it has raised it clears all the same."""
    world = StationWorld()
    _installed(
        world,
        _setting(POWER, MonitorType.UPPER_THRESHOLD, 100, transaction=True),
        _setting(POWER, MonitorType.LOWER_THRESHOLD, 100, transaction=True),
        _setting(STATE, MonitorType.PERIODIC, 60, transaction=True),
    )
    world.pass_time(300)
    assert _events(world) == []
    _charge(world)
    world.pass_time(59)
    running = _events(world)
    assert {event.trigger for event in running} == {mon.EventTrigger.ALERTING, mon.EventTrigger.PERIODIC}
    world.tap("ANNA")
    world.unplug()
    world.pass_time(300)
    after = _events(world)[len(running) :]
    assert [event.cleared for event in after if event.trigger is mon.EventTrigger.ALERTING][-1]
    assert world.transaction is None
    assert all(event.transaction_id is not None for event in running)
    count = len(_events(world))
    world.pass_time(300)
    assert len(_events(world)) == count


# --- changes and periods --------------------------------------------------------------------------------------------


@pytest.mark.req("N07.FR.18", "N07.FR.19")
def test_changes_count_from_the_last_one_told() -> None:
    world = StationWorld()
    name = VariableName(component="OCPPCommCtrlr", variable="HeartbeatInterval")
    _installed(world, _setting(name, value=10))
    for value in ("305", "310", "311", "320", "300"):
        _write(world, name, value)
    assert _values(world) == ["311", "300"]


def test_a_change_while_it_was_off_is_told_after_it() -> None:
    """The last value told survives, so nothing is missed."""
    world = StationWorld()
    _installed(world, _setting(severity=4))
    world.plug()
    world.unplug()
    world.cut()
    world.plug()
    world.kill()
    world.connect()
    assert _values(world) == ["Occupied", "Available", "Occupied"]


@pytest.mark.req("N08.FR.07")
def test_aligned_periods_go_by_the_clock_of_the_csms() -> None:
    world = StationWorld()
    world.pass_time(130)
    _installed(world, _setting(STATE, MonitorType.PERIODIC_CLOCK_ALIGNED, 900))
    world.pass_time(2000)
    assert [(event.at.minute % 15, event.at.second) for event in _events(world)] == [(0, 0), (0, 0)]


def test_periods_that_were_missed_are_not_made_up_for() -> None:
    world = StationWorld()
    _installed(world, _setting(STATE, MonitorType.PERIODIC, 60))
    world.now = world.now.replace(minute=world.now.minute + 10, second=30)
    world.tick()
    assert len(_events(world)) == 1
    world.pass_time(31)
    assert len(_events(world)) == 2


# --- economy --------------------------------------------------------------------------------------------------------


def test_a_station_without_monitors_looks_at_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked(*_: object) -> str:
        raise AssertionError("nothing is monitored")

    monkeypatch.setattr(monitors_values, "actual", looked)
    world = StationWorld()
    _charge(world)
    assert world.transaction is not None


def test_only_what_moves_by_itself_is_polled() -> None:
    world = StationWorld()
    idle = world.core.next_deadline()
    _installed(world, _setting(STATE))
    assert world.core.next_deadline() == idle
    _installed(world, _setting(POWER, MonitorType.UPPER_THRESHOLD, 100))
    deadline = world.core.next_deadline()
    assert deadline is not None
    assert (deadline - world.now).total_seconds() == 1
    _write(world, VariableName(component="MonitoringCtrlr", variable="Enabled"), "false")
    assert world.core.next_deadline() == idle


def test_monitoring_can_be_switched_off() -> None:
    world = StationWorld(variables={"MonitoringCtrlr.Enabled": "false"})
    _installed(world, _setting())
    world.plug()
    assert _events(world) == []


def test_a_16_station_has_no_monitors() -> None:
    world = StationWorld(ocpp16=True)
    world.does(world.hardware.raise_fault("HIGH_TEMPERATURE", 1, 1))
    assert _events(world) == []
