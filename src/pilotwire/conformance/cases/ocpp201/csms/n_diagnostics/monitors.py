"""What the cases of monitors share: asking for them, reporting them, setting them."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, absent, equals, holds, present
from pilotwire.conformance.language import Acts, Asks, Receives, Sends, Step
from pilotwire.conformance.values import Fresh, Kept, Moment, configured

Steps = tuple[Step, ...]
AVAILABILITY = "AvailabilityState"


def of_station(variable: str) -> dict[str, Any]:
    """A variable of the station."""
    return {"component": {"name": "ChargingStation"}, "variable": {"name": variable}}


def of_evse(variable: str) -> dict[str, Any]:
    """A variable of the configured EVSE."""
    return {"component": {"name": "EVSE", "evse": {"id": configured.evse_id}}, "variable": {"name": variable}}


def asks_report(number: str, status: str, *wanted: dict[str, Any], criteria: tuple[str, ...] = ()) -> Steps:
    """The operator asks for monitors of these types and variables; the station answers so."""
    payload: dict[str, Any] = {"monitoringCriteria": list(criteria)} if criteria else {}
    payload |= {"componentVariable": list(wanted)} if wanted else {}
    checks: list[Check] = [present("requestId")]
    checks += [holds("monitoringCriteria", one) for one in criteria] or [absent("monitoringCriteria")]
    checks += [] if wanted else [absent("componentVariable")]
    for place, one in enumerate(wanted):
        checks += _is_variable(f"componentVariable[{place}]", one)
    return (
        Asks(action="GetMonitoringReport", payload=payload),
        Receives(
            number=number,
            action="GetMonitoringReport",
            checks=tuple(checks),
            answer={"status": status},
            keep={"request_id": "requestId"},
        ),
    )


def _is_variable(path: str, wanted: dict[str, Any]) -> list[Check]:
    component, variable = wanted["component"], wanted["variable"]
    checks = [
        equals(f"{path}.component.name", component["name"]),
        absent(f"{path}.component.instance"),
        equals(f"{path}.variable.name", variable["name"]),
        absent(f"{path}.variable.instance"),
    ]
    return [*checks, equals(f"{path}.component.evse.id", component["evse"]["id"])] if "evse" in component else checks


def monitor_of(variable: dict[str, Any], kind: str, name: str = "monitor_id") -> dict[str, Any]:
    """A monitor as a station reports it; its id is kept under `name`."""
    monitor = {"id": Fresh(name), "transaction": False, "value": 1, "type": kind, "severity": 8}
    return variable | {"variableMonitoring": [monitor]}


def reports(number: str, *monitors: dict[str, Any], part: int = 0, more: bool = False) -> Step:
    """The station reports monitors, in one part."""
    return Sends(
        number=number,
        action="NotifyMonitoringReport",
        payload={
            "requestId": Kept("request_id"),
            "seqNo": part,
            "generatedAt": Moment(),
            "tbc": more,
            "monitor": list(monitors),
        },
    )


def is_shown(name: str = "monitor_id") -> Step:
    """The CSMS shows the monitor that was reported."""
    return Acts(
        act="look",
        details={
            "question": "is the reported monitor shown?",
            "get": "/stations/{station}/monitors",
            "value": "items.0.id",
            "wanted": Kept(name),
        },
    )


def sets_monitors(*variables: dict[str, Any]) -> Steps:
    """The operator sets delta monitors of severity 8 on these variables; the station accepts."""
    data = [{"value": 1, "type": "Delta", "severity": 8} | one for one in variables]
    checks: list[Check] = []
    for place, one in enumerate(variables):
        path = f"setMonitoringData[{place}]"
        checks += [equals(f"{path}.value", 1), equals(f"{path}.type", "Delta"), equals(f"{path}.severity", 8)]
        checks += _is_variable(path, one)
    return (
        Asks(action="SetVariableMonitoring", payload={"setMonitoringData": data}),
        Receives(number="1", action="SetVariableMonitoring", checks=tuple(checks)),
    )


def event(trigger: str, kind: str, *, value: str = "Occupied", **more: Any) -> Step:
    """The station tells an event."""
    told = {
        "eventId": Fresh("event_id"),
        "timestamp": Moment(),
        "trigger": trigger,
        "actualValue": value,
        "eventNotificationType": kind,
    }
    return Sends(
        number="1",
        action="NotifyEvent",
        payload={"generatedAt": Moment(), "seqNo": 0, "tbc": False, "eventData": [told | of_evse(AVAILABILITY) | more]},
    )
