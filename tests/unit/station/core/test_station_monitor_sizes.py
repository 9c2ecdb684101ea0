"""How much one message about monitors may hold, and why a monitor is not taken (N02, N04, N06)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pilotwire.dialects import ocpp21, ocpp201
from pilotwire.domain import device_model as dm
from pilotwire.domain import monitoring as mon
from pilotwire.domain.kinds import Command, Reason
from pilotwire.domain.monitoring import MonitorType
from pilotwire.ocpp import registry
from tests.support.station_world import StationWorld

POWER = dm.VariableName(component="EVSE", variable="Power", evse=1)
PLAIN = mon.MonitorSetting(name=POWER, type=MonitorType.UPPER_THRESHOLD, value=Decimal(5000), severity=4)
WHOLE = mon.MonitorSetting(
    name=dm.VariableName(
        component="C", component_instance="c", variable="V", variable_instance="ü", evse=1, connector=2
    ),
    type=MonitorType.PERIODIC,
    value=Decimal("1.5"),
    severity=0,
    monitor_id=1234,
    transaction=True,
    stream=mon.StreamParams(interval=5, values=10),
)
TOO_MANY, TOO_LONG = "OccurrenceConstraintViolation", "FormatViolation"


def _entries(dialect: object, command: Command) -> bytes:
    (request,) = dialect.DIALECT.write_command(command)  # type: ignore[attr-defined]
    return bytes(registry.encode(request))


@pytest.mark.parametrize(("dialect", "setting"), [(ocpp201, PLAIN), (ocpp21, WHOLE)])
def test_what_is_counted_is_never_more_than_what_is_sent(dialect: object, setting: mon.MonitorSetting) -> None:
    """So no message is refused that keeps to the limit; and it is most of it, so that the limit means something."""
    sent = len(_entries(dialect, mon.SetMonitors(settings=(setting,))))
    frame = len('{"setMonitoringData":[]}')
    assert 0.8 * sent < mon.least_bytes_of_setting(setting) + frame <= sent < mon.size_of_setting(setting) + frame
    cleared = mon.ClearMonitors(monitor_ids=(7, 1234))
    assert sum(map(mon.least_bytes_of_id, cleared.monitor_ids)) < len(_entries(dialect, cleared))


@pytest.mark.req("N04.FR.09", "N06.FR.06", "N06.FR.07", "N02.FR.07")
@pytest.mark.parametrize(
    ("limit", "fits", "too_much", "code"),
    [
        (
            {"MonitoringCtrlr.ItemsPerMessage[SetVariableMonitoring]": "1"},
            mon.SetMonitors(settings=(PLAIN,)),
            mon.SetMonitors(settings=(PLAIN, PLAIN)),
            TOO_MANY,
        ),
        (
            {"MonitoringCtrlr.BytesPerMessage[SetVariableMonitoring]": "200"},
            mon.SetMonitors(settings=(PLAIN,)),
            mon.SetMonitors(settings=(PLAIN, PLAIN)),
            TOO_LONG,
        ),
        (
            {"MonitoringCtrlr.ItemsPerMessage[ClearVariableMonitoring]": "1"},
            mon.ClearMonitors(monitor_ids=(1,)),
            mon.ClearMonitors(monitor_ids=(1, 2)),
            TOO_MANY,
        ),
        (
            {"MonitoringCtrlr.BytesPerMessage[ClearVariableMonitoring]": "7"},
            mon.ClearMonitors(monitor_ids=(1234, 567)),
            mon.ClearMonitors(monitor_ids=(1234, 5678)),
            TOO_LONG,
        ),
        (
            {"DeviceDataCtrlr.BytesPerMessage[GetReport]": "100"},
            mon.GetMonitoringReport(request_id=1, variables=(dm.ComponentVariable(component="EVSE"),)),
            mon.GetMonitoringReport(
                request_id=1, variables=(dm.ComponentVariable(component="EVSE", variable="V" * 50),) * 2
            ),
            TOO_LONG,
        ),
    ],
)
def test_a_message_with_too_much_is_refused_whole(
    limit: dict[str, str], fits: Command, too_much: Command, code: str
) -> None:
    """As with variables: the RPC error, and nothing of it is done."""
    world = StationWorld(variables=limit)
    assert world.command(too_much) == code
    report = world.command(mon.GetMonitoringReport(request_id=2))
    assert report == mon.MonitoringReportOutcome(status=dm.ReportStatus.EMPTY_RESULT_SET)
    assert not isinstance(world.command(fits), str | None)


def _reason(world: StationWorld, **changes: object) -> str | None:
    setting = mon.MonitorSetting(**({"name": POWER, "type": PLAIN.type, "value": PLAIN.value, "severity": 4} | changes))  # type: ignore[arg-type]
    outcome = world.command(mon.SetMonitors(settings=(setting,)))
    assert isinstance(outcome, mon.SetMonitorsOutcome)
    (result,) = outcome.results
    assert (result.reason is None) is (result.status is not mon.SetMonitorStatus.REJECTED)
    return result.reason.code if result.reason is not None else None


def test_a_rejected_monitor_says_why() -> None:
    world = StationWorld(hard_wired_monitors=(PLAIN,))
    assert _reason(world, severity=10) == "ValueOutOfRange"
    assert _reason(world, value=Decimal(-1), severity=5) == "ValueOutOfRange"
    assert _reason(world, monitor_id=77) == "NotFound"
    assert _reason(world) is None, "a duplicate is a status of its own"
    outcome = world.command(mon.ClearMonitors(monitor_ids=(1, 99)))
    assert isinstance(outcome, mon.ClearMonitorsOutcome)
    assert [one.reason.code if one.reason else None for one in outcome.results] == ["Unspecified", "NotFound"]


@pytest.mark.parametrize("dialect", [ocpp201, ocpp21])
def test_reasons_are_told_and_heard(dialect: object) -> None:
    """As statusInfo of a result (B05, B06, N04, N06)."""
    why = Reason(code="ValueOutOfRange", info="too much")
    name = dm.VariableName(component="EVSE", variable="Power", evse=1)
    told = {
        dm.SetVariables(settings=(dm.VariableSetting(name=name, value="1"),)): dm.SetVariablesOutcome(
            results=(dm.SetVariableResult(name=name, status=dm.SetVariableStatus.REJECTED, reason=why),)
        ),
        dm.GetVariables(asked=(dm.VariableQuery(name=name),)): dm.GetVariablesOutcome(
            results=(dm.VariableResult(name=name, status=dm.VariableStatus.REJECTED, reason=why),)
        ),
        mon.ClearMonitors(monitor_ids=(1,)): mon.ClearMonitorsOutcome(
            results=(mon.ClearMonitorResult(monitor_id=1, status=mon.ClearMonitorStatus.NOT_FOUND, reason=why),)
        ),
        mon.SetMonitoringLevel(severity=1): mon.MonitoringLevelOutcome(status=mon.MonitoringAnswer.REJECTED, why=why),
    }
    for command, outcome in told.items():
        (request,) = dialect.DIALECT.write_command(command)  # type: ignore[attr-defined]
        response = dialect.DIALECT.write_outcome(command, outcome, request)  # type: ignore[attr-defined]
        assert b'"reasonCode":"ValueOutOfRange"' in registry.encode(response)
        assert dialect.DIALECT.read_outcome(command, (response,)) == outcome  # type: ignore[attr-defined]
