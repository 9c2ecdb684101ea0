"""Which monitors a CSMS reports, changes and hears of, by the place it names (N02, N04), and without a line (N08)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.wire_station import VERSIONS, WireStation

pytestmark = pytest.mark.parametrize("version", VERSIONS)

Place = tuple[str, str, str | None, int | None, int | None]


def _named(component: str, variable: str | None = None, **more: Any) -> dict[str, Any]:
    """A componentVariable; `instance` is the variable's, `evse` and `connector` the component's."""
    evse = {} if "evse" not in more else {"evse": {"id": more["evse"]}}
    if "connector" in more:
        evse["evse"]["connectorId"] = more["connector"]
    named: dict[str, Any] = {"component": {"name": component, **evse}}
    if variable is not None:
        instance = {"instance": more["instance"]} if "instance" in more else {}
        named["variable"] = {"name": variable, **instance}
    return named


MONITORED = (
    _named("ChargingStation", "AvailabilityState"),
    _named("EVSE", "AvailabilityState", evse=1),
    _named("EVSE", "AvailabilityState", evse=2),
    _named("Connector", "AvailabilityState", evse=1, connector=1),
    _named("Connector", "AvailabilityState", evse=2, connector=1),
    _named("OCPPCommCtrlr", "MessageAttempts", instance="TransactionEvent"),
    _named("OCPPCommCtrlr", "HeartbeatInterval"),
)


def _station(version: str) -> WireStation:
    station = WireStation(version, station="ac-22-dual")
    monitors = [{**place, "type": "Delta", "value": 1, "severity": 6} for place in MONITORED]
    results = station.ask("SetVariableMonitoring", setMonitoringData=monitors).set_monitoring_result
    assert [result.status for result in results] == ["Accepted"] * len(MONITORED)
    return station


def _reported(station: WireStation, *wanted: dict[str, Any]) -> set[Place]:
    before = len(station.all("NotifyMonitoringReport"))
    assert station.ask("GetMonitoringReport", requestId=3, componentVariable=list(wanted)).status == "Accepted"
    parts = station.all("NotifyMonitoringReport")[before:]
    return {_place(data) for part in parts for data in part.monitor}


def _place(data: Any) -> Place:
    evse = data.component.evse
    at = (None, None) if evse is None else (evse.id, evse.connector_id)
    return (data.component.name, data.variable.name, data.variable.instance, *at)


@pytest.mark.req("N02.FR.17")
def test_a_variable_without_its_instance_means_all_instances(version: str) -> None:
    found = _reported(_station(version), _named("OCPPCommCtrlr", "MessageAttempts"))
    assert found == {("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent", None, None)}


@pytest.mark.req("N02.FR.18")
def test_an_evse_without_a_connector_means_all_its_connectors(version: str) -> None:
    found = _reported(_station(version), _named("Connector", "AvailabilityState", evse=2))
    assert found == {("Connector", "AvailabilityState", None, 2, 1)}


@pytest.mark.req("N02.FR.19", "N02.FR.21")
def test_a_component_without_a_place_means_that_of_every_place(version: str) -> None:
    """And a component without a variable means all its variables."""
    station = _station(version)
    assert {place[3] for place in _reported(station, _named("EVSE", "AvailabilityState"))} == {1, 2}
    found = _reported(station, _named("OCPPCommCtrlr"))
    assert {place[1] for place in found} == {"MessageAttempts", "HeartbeatInterval"}


@pytest.mark.req("N04.FR.13")
def test_a_monitor_that_is_not_there_cannot_be_changed(version: str) -> None:
    station = _station(version)
    data = {**MONITORED[0], "id": 4711, "type": "Delta", "value": 1, "severity": 3}
    (result,) = station.ask("SetVariableMonitoring", setMonitoringData=[data]).set_monitoring_result
    assert result.status == "Rejected"
    assert len(_reported(station, *MONITORED)) == len(MONITORED)


@pytest.mark.req("N08.FR.03")
def test_periods_without_a_line_are_told_afterwards_if_they_matter_enough(version: str) -> None:
    """Severity 5 is queued where 5 is the limit, severity 6 is not."""
    station = WireStation(version)
    station.set("MonitoringCtrlr.OfflineQueuingSeverity", "5")
    monitors = [
        {**_named("EVSE", "AvailabilityState", evse=1), "type": "Periodic", "value": 60, "severity": 5},
        {**_named("ChargingStation", "AvailabilityState"), "type": "Periodic", "value": 60, "severity": 6},
    ]
    station.ask("SetVariableMonitoring", setMonitoringData=monitors)
    station.cut()
    station.pass_time(190)
    assert station.all("NotifyEvent") == []
    station.connect()
    events = [event for one in station.all("NotifyEvent") for event in one.event_data]
    assert [(event.component.name, event.trigger) for event in events] == [("EVSE", "Periodic")] * 3
