"""What stations state in functional block N, monitoring; and what else raises an alert."""

from __future__ import annotations

from typing import Any

import httpx

from pilotwire.ocpp.version import OcppVersion
from tests.support.raw_station import RawStation
from tests.support.spoken import V2, V16, V21, Stated

_AT = "2026-01-02T03:04:05Z"
_PLACE = {"component": {"name": "Controller", "evse": {"id": 1}}, "variable": {"name": "Temperature"}}
_EVENT = _PLACE | {
    "eventId": 12,
    "timestamp": _AT,
    "trigger": "Alerting",
    "actualValue": "71.5",
    "eventNotificationType": "HardWiredMonitor",
    "cause": 11,
    "techCode": "E-71",
    "techInfo": "inlet blocked",
    "transactionId": "tx-1",
    "variableMonitoringId": 7,
}
_ALERT = _PLACE | {"state": "open", "source": "event", "value": "71.5", "variableMonitoringId": 7, "eventId": 12}
_STREAM = {"id": 3, "variableMonitoringId": 7, "params": {"interval": 60, "values": 20}}


def _notified(*events: Any) -> dict[str, Any]:
    return {"generatedAt": _AT, "seqNo": 0, "eventData": list(events)}


def _report(version: OcppVersion) -> dict[str, Any]:
    monitor = {"id": 7, "transaction": False, "value": 60.5, "type": "UpperThreshold", "severity": 3}
    kind = {"eventNotificationType": "PreconfiguredMonitor"} if version is V21 else {}
    part = {"requestId": 99, "seqNo": 0, "generatedAt": _AT}
    return part | {"monitor": [_PLACE | {"variableMonitoring": [monitor | kind]}]}


async def _monitored(_api: httpx.AsyncClient, _identity: str, line: RawStation) -> None:
    """The monitor is known, and so is the event that caused what comes."""
    await line.ask("NotifyMonitoringReport", _report(V21 if line.line.subprotocol == "ocpp2.1" else V2[0]))
    first = _EVENT | {"eventId": 11, "trigger": "Periodic", "cause": 10}
    await line.ask("NotifyEvent", _notified(first))


async def _raised(_api: httpx.AsyncClient, _identity: str, line: RawStation) -> None:
    await line.ask("NotifyEvent", _notified(_EVENT))


async def _opened(_api: httpx.AsyncClient, _identity: str, line: RawStation) -> None:
    await line.ask("NotifyMonitoringReport", _report(V21))
    await line.ask("OpenPeriodicEventStream", {"constantStreamData": _STREAM})


STATED = (
    *(
        Stated(
            version=version,
            action="NotifyMonitoringReport",
            payload=_report(version),
            answer={},
            read="/stations/{station}/monitors",
            shows={
                "items": [_PLACE | {"id": 7, "type": "UpperThreshold", "value": 60.5, "severity": 3, "setAt": None}]
            },
        )
        for version in V2
    ),
    *(
        Stated(
            version=version,
            action="NotifyEvent",
            payload=_notified(_EVENT),
            answer={},
            prepare=_monitored,
            read="/stations/{station}/device-events?limit=1",
            shows={"items": [_EVENT | {"severity": 3, "cleared": False, "causeChain": [11, 10]}]},
        )
        for version in V2
    ),
    *(
        Stated(
            version=version,
            action="NotifyEvent",
            name="alert",
            payload=_notified(_EVENT),
            answer={},
            prepare=_monitored,
            read="/alerts?state=open&severity=3&station={station}",
            shows={"items": [_ALERT | {"severity": 3, "techCode": "E-71", "transactionId": "tx-1"}]},
        )
        for version in V2
    ),
    *(
        Stated(
            version=version,
            action="NotifyEvent",
            name="cleared",
            payload=_notified(_EVENT | {"eventId": 13, "cleared": True, "actualValue": "55"}),
            answer={},
            prepare=_raised,
            read="/stations/{station}/alerts",
            shows={"items": [_ALERT | {"state": "cleared", "severity": 5, "clearedAt": _AT}]},
        )
        for version in V2
    ),
    Stated(
        version=V21,
        action="NotifyEvent",
        name="own severity",
        payload=_notified(_EVENT | {"severity": 0}),
        answer={},
        prepare=_monitored,
        read="/stations/{station}/alerts?severity=0",
        shows={"items": [_ALERT | {"severity": 0}]},
    ),
    Stated(
        version=V16,
        action="StatusNotification",
        name="alert",
        payload={"connectorId": 2, "errorCode": "GroundFailure", "status": "Faulted", "timestamp": _AT},
        answer={},
        read="/stations/{station}/alerts",
        shows={
            "items": [
                {
                    "state": "open",
                    "source": "status",
                    "severity": 0,
                    "value": "GroundFailure",
                    "component": {"name": "Connector", "evse": {"id": 2, "connectorId": 1}},
                    "variable": {"name": "AvailabilityState"},
                }
            ]
        },
    ),
    *(
        Stated(
            version=version,
            action="StatusNotification",
            name="alert",
            payload={"evseId": 1, "connectorId": 2, "connectorStatus": "Faulted", "timestamp": _AT},
            answer={},
            read="/stations/{station}/alerts",
            shows={"items": [{"state": "open", "source": "status", "severity": 2, "value": "Faulted"}]},
        )
        for version in V2
    ),
    *(
        Stated(
            version=version,
            action="SecurityEventNotification",
            name="alert",
            payload={"type": "TamperDetectionActivated", "timestamp": _AT, "techInfo": "front door"},
            answer={},
            read="/stations/{station}/alerts",
            shows={
                "items": [
                    {"state": "open", "source": "security", "severity": 3, "value": "TamperDetectionActivated"}
                    | {"techInfo": "front door"}
                ]
            },
        )
        for version in (V16, *V2)
    ),
    Stated(
        version=V21,
        action="OpenPeriodicEventStream",
        payload={"constantStreamData": _STREAM},
        answer={"status": "Accepted"},
        read="/stations/{station}/event-streams",
        shows=[_STREAM | {"closedAt": None, "component": None, "values": []}],
    ),
    Stated(
        version=V21,
        action="NotifyPeriodicEventStream",
        payload={
            "id": 3,
            "pending": 4,
            "basetime": _AT,
            "data": [{"t": 0, "v": "50"}, {"t": 2.5, "v": "51"}],
        },
        answer=None,
        prepare=_opened,
        read="/stations/{station}/event-streams",
        shows=[
            _PLACE
            | {"id": 3, "pending": 4, "count": 2, "severity": 3}
            | {
                "values": [
                    {"timestamp": _AT, "value": "50"},
                    {"timestamp": "2026-01-02T03:04:07.500000Z", "value": "51"},
                ]
            }
        ],
    ),
    Stated(
        version=V21,
        action="NotifyPeriodicEventStream",
        name="unknown",
        payload={"id": 5, "pending": 0, "basetime": _AT, "data": [{"t": 0, "v": "50"}]},
        answer=None,
        read="/findings?station={station}",
        shows=[
            {"rule": "N11.FR.02", "severity": "breach", "action": "NotifyPeriodicEventStream", "messageId": "stated"}
        ],
    ),
    Stated(
        version=V21,
        action="ClosePeriodicEventStream",
        payload={"id": 3},
        answer={},
        prepare=_opened,
        read="/stations/{station}/event-streams",
        shows=[{"id": 3, "count": 0}],
    ),
)
