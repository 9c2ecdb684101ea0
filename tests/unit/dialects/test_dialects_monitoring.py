"""Monitoring in 2.x: what one side says is what the other side reads, through real bytes; and what a version cannot say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilotwire.domain import device_model as dm
from pilotwire.domain import monitoring as mon
from pilotwire.domain.kinds import Command, Fact, Noted, Outcome, Verdict
from pilotwire.errors import MisuseError, NotSayable
from pilotwire.ocpp import registry
from pilotwire.ocpp.version import OcppVersion
from tests.support.said import (
    DIALECTS,
    MAX_INT,
    V16,
    V21,
    V201,
    Some,
    answered,
    enumerated,
    heard,
    maybe,
    moments,
    numbers,
    text,
    variable_names,
)

thorough = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
each_2 = pytest.mark.parametrize("version", [V201, V21], ids=str)
NAME = dm.VariableName(component="Controller", variable="Temperature")
_ids = st.integers(0, MAX_INT)
_severities = st.integers(0, 9)


def _types(version: OcppVersion) -> Some[mon.MonitorType]:
    return enumerated(version, "Monitor").map(mon.MonitorType)


def _paces() -> Some[mon.StreamParams]:
    return st.builds(mon.StreamParams, interval=maybe(_ids), values=maybe(_ids))


def _streams() -> Some[mon.EventStream]:
    return st.builds(mon.EventStream, stream_id=_ids, monitor_id=_ids, params=_paces())


def _wanted(version: OcppVersion) -> Some[dm.ComponentVariable]:
    return variable_names(version).map(
        lambda name: dm.ComponentVariable(
            component=name.component,
            component_instance=name.component_instance,
            evse=name.evse,
            connector=name.connector,
            variable=name.variable,
            variable_instance=name.variable_instance,
        )
    )


def _commands(version: OcppVersion) -> Some[Command]:
    new = version is V21
    setting = st.builds(
        mon.MonitorSetting,
        name=variable_names(version),
        type=_types(version),
        value=numbers,
        severity=_severities,
        monitor_id=maybe(_ids),
        transaction=st.booleans(),
        stream=maybe(_paces()) if new else st.none(),
    )
    criteria = st.lists(st.sampled_from(mon.MonitoringCriterion), max_size=3).map(tuple)
    return st.one_of(
        st.builds(mon.SetMonitors, settings=st.lists(setting, min_size=1, max_size=3).map(tuple)),
        st.builds(mon.ClearMonitors, monitor_ids=st.lists(_ids, min_size=1, max_size=3).map(tuple)),
        st.builds(mon.SetMonitoringBase, base=st.sampled_from(mon.MonitoringBase)),
        st.builds(mon.SetMonitoringLevel, severity=_severities),
        st.builds(
            mon.GetMonitoringReport,
            request_id=_ids,
            criteria=criteria,
            variables=st.lists(_wanted(version), max_size=2).map(tuple),
        ),
        *(
            (
                st.just(mon.GetEventStreams()),
                st.builds(mon.AdjustEventStream, stream_id=_ids, params=_paces()),
            )
            if new
            else ()
        ),
    )


def _outcomes(version: OcppVersion, command: Command) -> Some[Outcome]:
    if isinstance(command, mon.SetMonitors):
        result = st.builds(
            mon.SetMonitorResult,
            name=variable_names(version),
            type=_types(version),
            severity=_severities,
            status=st.sampled_from(mon.SetMonitorStatus),
            monitor_id=maybe(_ids),
        )
        return st.builds(mon.SetMonitorsOutcome, results=st.lists(result, min_size=1, max_size=3).map(tuple))
    if isinstance(command, mon.ClearMonitors):
        cleared = st.builds(mon.ClearMonitorResult, monitor_id=_ids, status=st.sampled_from(mon.ClearMonitorStatus))
        return st.builds(mon.ClearMonitorsOutcome, results=st.lists(cleared, min_size=1, max_size=3).map(tuple))
    if isinstance(command, mon.GetEventStreams):
        return st.builds(mon.EventStreamsOutcome, streams=st.lists(_streams(), max_size=3).map(tuple))
    if isinstance(command, mon.SetMonitoringLevel | mon.AdjustEventStream):
        level = isinstance(command, mon.SetMonitoringLevel)
        kind: Any = mon.MonitoringLevelOutcome if level else mon.AdjustEventStreamOutcome
        return st.builds(kind, status=st.sampled_from(mon.MonitoringAnswer))
    base = isinstance(command, mon.SetMonitoringBase)
    other: Any = mon.MonitoringBaseOutcome if base else mon.MonitoringReportOutcome
    return st.builds(other, status=st.sampled_from(dm.ReportStatus))


def _facts(version: OcppVersion) -> Some[Fact]:
    new = version is V21
    kinds = st.sampled_from(mon.EventNotification)
    monitor = st.builds(
        mon.InstalledMonitor,
        monitor_id=_ids,
        type=_types(version),
        value=numbers,
        severity=_severities,
        transaction=st.booleans(),
        notification=kinds if new else st.none(),
    )
    monitors = st.builds(
        mon.VariableMonitors,
        name=variable_names(version),
        monitors=st.lists(monitor, min_size=1, max_size=2).map(tuple),
    )
    event = st.builds(
        mon.DeviceEvent,
        event_id=_ids,
        at=moments,
        trigger=st.sampled_from(mon.EventTrigger),
        value=text(2500, 0),
        name=variable_names(version),
        notification=kinds,
        cause=maybe(_ids),
        tech_code=maybe(text(50)),
        tech_info=maybe(text(500)),
        cleared=st.booleans(),
        transaction_id=maybe(text(36)),
        monitor_id=maybe(_ids),
        severity=maybe(_severities) if new else st.none(),
    )
    return st.one_of(
        st.builds(
            mon.MonitoringReportPart,
            request_id=_ids,
            seq_no=_ids,
            generated_at=moments,
            variables=st.lists(monitors, max_size=2).map(tuple),
            more=st.booleans(),
        ),
        st.builds(
            mon.EventsTold,
            generated_at=moments,
            seq_no=_ids,
            events=st.lists(event, min_size=1, max_size=2).map(tuple),
            more=st.booleans(),
        ),
        *((st.builds(mon.StreamOpened, stream=_streams()), st.builds(mon.StreamClosed, stream_id=_ids)) if new else ()),
    )


_values = st.builds(
    mon.StreamValuesTold,
    stream_id=_ids,
    base_time=moments,
    pending=_ids,
    values=st.lists(st.builds(mon.StreamValue, offset=numbers, value=text(2500, 0)), min_size=1, max_size=3).map(tuple),
)


@pytest.mark.req("N02.FR.22")
@each_2
@given(data=st.data())
@thorough
def test_a_fact_is_read_as_it_was_said(version: OcppVersion, data: st.DataObject) -> None:
    """And so is its verdict. 2.1 tells the kind of a monitor and the severity of an event, 2.0.1 cannot."""
    dialect, fact = DIALECTS[version], data.draw(_facts(version))
    request = dialect.write_fact(fact)
    assert request is not None
    assert dialect.read_fact(heard(request)) == fact
    verdict: Verdict = Noted()
    if isinstance(fact, mon.StreamOpened):
        verdict = mon.StreamVerdict(accepted=data.draw(st.booleans()))
    response = dialect.write_verdict(fact, verdict)
    assert type(response) is registry.action_of(request).response
    assert dialect.read_verdict(fact, answered(response)) == verdict


@each_2
@given(data=st.data())
@thorough
def test_a_command_is_read_as_it_was_given(version: OcppVersion, data: st.DataObject) -> None:
    """And so is its outcome."""
    dialect, command = DIALECTS[version], data.draw(_commands(version))
    (request,) = dialect.write_command(command)
    assert registry.action_of(request).version is version
    assert dialect.read_command(heard(request)) == command
    outcome = data.draw(_outcomes(version, command))
    response = dialect.write_outcome(command, outcome, heard(request))
    assert type(response) is registry.action_of(request).response
    assert dialect.read_outcome(command, (answered(response),)) == outcome


@pytest.mark.req("J2:4.2.4", "N15.FR.01")
@given(fact=_values)
@thorough
def test_values_of_a_stream_have_no_answer(fact: mon.StreamValuesTold) -> None:
    """They are a SEND: there is no response to write."""
    dialect = DIALECTS[V21]
    request = dialect.write_fact(fact)
    assert request is not None
    assert registry.action_of(request).response is None
    assert dialect.read_fact(heard(request)) == fact
    with pytest.raises(MisuseError, match="SEND"):
        dialect.write_verdict(fact, Noted())


@pytest.mark.parametrize(
    "more", [{"stream": mon.StreamParams(interval=5)}, {"type": mon.MonitorType.TARGET_DELTA}], ids=["stream", "target"]
)
def test_what_201_cannot_set(more: dict[str, Any]) -> None:
    """Streams, and monitors that compare with a target."""
    setting = mon.MonitorSetting(
        **({"name": NAME, "type": mon.MonitorType.PERIODIC, "value": Decimal(1), "severity": 5} | more)
    )
    command = mon.SetMonitors(settings=(setting,))
    assert len(DIALECTS[V21].write_command(command)) == 1
    with pytest.raises(NotSayable):
        DIALECTS[V201].write_command(command)


@pytest.mark.parametrize("version", [V16, V201], ids=str)
def test_who_has_no_streams(version: OcppVersion) -> None:
    """Only 2.1 can ask for them."""
    with pytest.raises(NotSayable, match="has no message"):
        DIALECTS[version].write_command(mon.GetEventStreams())


def test_16_has_no_monitors() -> None:
    """Nor events of the device model."""
    for command in (mon.ClearMonitors(monitor_ids=(1,)), mon.SetMonitoringLevel(severity=3)):
        with pytest.raises(NotSayable, match=r"OCPP 1\.6"):
            DIALECTS[V16].write_command(command)
