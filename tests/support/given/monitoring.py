"""Commands of functional block N, monitoring."""

from __future__ import annotations

from typing import Any
from unittest.mock import ANY

from pilotwire.ocpp.version import OcppVersion
from tests.support.spoken import ACCEPTED, REJECTED, V2, V21, Given, Say

_AT = "2026-01-02T03:04:05Z"
_PLACE = {"component": {"name": "Controller"}, "variable": {"name": "Temperature"}}
_MONITOR = _PLACE | {"type": "UpperThreshold", "value": 60, "severity": 3}
_OTHER = _PLACE | {"type": "LowerThreshold", "value": -10.5, "severity": 4}
_ECHO = _PLACE | {"type": "UpperThreshold", "severity": 3}
_SET = "/stations/{station}/commands/set-variable-monitoring"
_CLEAR = "/stations/{station}/commands/clear-variable-monitoring"
_REPORT = "/stations/{station}/commands/get-monitoring-report"
_LIMIT = {"name": "MonitoringCtrlr"}


def _limits(action: str, items: str, octets: str) -> tuple[str, Any]:
    """What the station is asked before it gets more than one item, and its answer."""
    results = [
        {"attributeStatus": "Accepted", "attributeValue": value, "component": _LIMIT}
        | {"variable": {"name": name, "instance": action}}
        for name, value in (("ItemsPerMessage", items), ("BytesPerMessage", octets))
    ]
    return "GetVariables", {"getVariableResult": results}


def _result(status: str, **more: Any) -> dict[str, Any]:
    return {"setMonitoringResult": [_ECHO | {"status": status} | more]}


def _told(version: OcppVersion, monitor_id: int, kind: str) -> dict[str, Any]:
    monitor = {"id": monitor_id, "transaction": False, "value": 60, "type": "UpperThreshold", "severity": 3}
    return monitor | ({"eventNotificationType": kind} if version is V21 else {})


def _parts(version: OcppVersion) -> Any:
    def then(call: Any) -> list[Say]:
        part = {"requestId": call["requestId"], "generatedAt": _AT}
        first = [_PLACE | {"variableMonitoring": [_told(version, 7, "CustomMonitor")]}]
        second = [_PLACE | {"variableMonitoring": [_told(version, 8, "HardWiredMonitor")]}]
        return [
            ("NotifyMonitoringReport", part | {"seqNo": 0, "tbc": True, "monitor": first}),
            ("NotifyMonitoringReport", part | {"seqNo": 1, "monitor": second}),
        ]

    return then


def _shown(version: OcppVersion, monitor_id: int, kind: str) -> dict[str, Any]:
    told = _told(V21, monitor_id, kind)
    return _PLACE | {"variableMonitoring": [told if version is V21 else told | {"eventNotificationType": None}]}


def _of(version: OcppVersion) -> tuple[Given, ...]:
    return (
        Given(
            version=version,
            action="SetVariableMonitoring",
            request=("POST", _SET, {"setMonitoringData": [_MONITOR]}),
            call={"setMonitoringData": [_MONITOR]},
            answer=_result("Accepted", id=7),
            shows={"setMonitoringResult": [_ECHO | {"status": "Accepted", "id": 7}]},
            refusal=_result("UnsupportedMonitorType"),
            refused={"setMonitoringResult": [_ECHO | {"status": "UnsupportedMonitorType", "id": None}]},
        ),
        Given(
            version=version,
            action="SetVariableMonitoring",
            name="several",
            request=("POST", _SET, {"setMonitoringData": [_MONITOR, _OTHER | {"id": 9, "transaction": True}]}),
            before=(_limits("SetVariableMonitoring", "10", "5000"),),
            call={"setMonitoringData": [_MONITOR, _OTHER | {"id": 9, "transaction": True}]},
            answer={
                "setMonitoringResult": [
                    _ECHO | {"status": "Duplicate"},
                    _PLACE | {"type": "LowerThreshold", "severity": 4, "status": "Accepted", "id": 9},
                ]
            },
            shows={"setMonitoringResult": [{"status": "Duplicate", "id": None}, {"status": "Accepted", "id": 9}]},
        ),
        Given(
            version=version,
            action="ClearVariableMonitoring",
            request=("POST", _CLEAR, {"id": [7]}),
            call={"id": [7]},
            answer={"clearMonitoringResult": [{"id": 7, "status": "Accepted"}]},
            shows={"clearMonitoringResult": [{"id": 7, "status": "Accepted"}]},
            refusal={"clearMonitoringResult": [{"id": 7, "status": "Rejected"}]},
            refused={"clearMonitoringResult": [{"id": 7, "status": "Rejected"}]},
        ),
        Given(
            version=version,
            action="SetMonitoringBase",
            request=("POST", "/stations/{station}/commands/set-monitoring-base", {"monitoringBase": "FactoryDefault"}),
            call={"monitoringBase": "FactoryDefault"},
            answer=ACCEPTED,
            shows=ACCEPTED,
            refusal={"status": "NotSupported"},
            refused={"status": "NotSupported"},
        ),
        Given(
            version=version,
            action="SetMonitoringLevel",
            request=("POST", "/stations/{station}/commands/set-monitoring-level", {"severity": 6}),
            call={"severity": 6},
            answer=ACCEPTED,
            shows=ACCEPTED,
            refusal=REJECTED,
            refused=REJECTED,
        ),
        Given(
            version=version,
            action="GetMonitoringReport",
            request=("POST", _REPORT, {}),
            call={"requestId": ANY},
            answer=ACCEPTED,
            then=_parts(version),
            shows={
                "status": "Accepted",
                "generatedAt": _AT,
                "monitor": [_shown(version, 7, "CustomMonitor"), _shown(version, 8, "HardWiredMonitor")],
            },
            refusal={"status": "NotSupported"},
            refused={"status": "NotSupported", "monitor": []},
        ),
        Given(
            version=version,
            action="GetMonitoringReport",
            name="chosen",
            request=(
                "POST",
                _REPORT,
                {
                    "monitoringCriteria": ["DeltaMonitoring"],
                    "componentVariable": [{"component": {"name": "EVSE", "evse": {"id": 1}}}],
                },
            ),
            call={
                "requestId": ANY,
                "monitoringCriteria": ["DeltaMonitoring"],
                "componentVariable": [{"component": {"name": "EVSE", "evse": {"id": 1}}}],
            },
            answer={"status": "EmptyResultSet"},
            shows={"status": "EmptyResultSet", "generatedAt": None, "monitor": []},
        ),
    )


_STREAM = {"id": 3, "variableMonitoringId": 7, "params": {"interval": 60, "values": 20}}

GIVEN = (
    *(case for version in V2 for case in _of(version)),
    Given(
        version=V21,
        action="SetVariableMonitoring",
        name="stream",
        request=(
            "POST",
            _SET,
            {"setMonitoringData": [_MONITOR | {"type": "TargetDelta", "periodicEventStream": {"interval": 60}}]},
        ),
        call={"setMonitoringData": [_MONITOR | {"type": "TargetDelta", "periodicEventStream": {"interval": 60}}]},
        answer={"setMonitoringResult": [_ECHO | {"type": "TargetDelta", "status": "Accepted", "id": 7}]},
        shows={"setMonitoringResult": [{"type": "TargetDelta", "status": "Accepted", "id": 7}]},
    ),
    Given(
        version=V21,
        action="GetPeriodicEventStream",
        request=("POST", "/stations/{station}/commands/get-periodic-event-stream", None),
        call={},
        answer={"constantStreamData": [_STREAM]},
        shows={"constantStreamData": [_STREAM]},
    ),
    Given(
        version=V21,
        action="GetPeriodicEventStream",
        name="none open",
        request=("POST", "/stations/{station}/commands/get-periodic-event-stream", None),
        call={},
        answer={},
        shows={"constantStreamData": []},
    ),
    Given(
        version=V21,
        action="AdjustPeriodicEventStream",
        request=(
            "POST",
            "/stations/{station}/commands/adjust-periodic-event-stream",
            {"id": 3, "params": {"interval": 30, "values": 10}},
        ),
        call={"id": 3, "params": {"interval": 30, "values": 10}},
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal=REJECTED,
        refused=REJECTED,
    ),
)
