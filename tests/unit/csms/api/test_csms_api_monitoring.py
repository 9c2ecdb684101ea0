"""Alerts, events and monitors over the API."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.csms.store.ports import Scope
from pilotwire.domain.device_model import ReportStatus
from pilotwire.domain.monitoring import (
    GetMonitoringReport,
    MonitoringBaseOutcome,
    MonitoringReportOutcome,
    SetMonitoringBase,
    SetMonitors,
    SetMonitorsOutcome,
)
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of
from tests.support.monitored_rooms import kept, monitored, told

SET = "/stations/CS-1/commands/set-variable-monitoring"
PLACE = {"component": {"name": "Controller"}, "variable": {"name": "Temperature"}}


async def _rooms() -> ApiRooms:
    """Two alerts of one station, one of another."""
    rooms = ApiRooms()
    for station, severity, monitor in (("CS-1", 3, 7), ("CS-1", 6, 8), ("CS-2", 0, 7)):
        await rooms.keep(*kept(station, told(NOON, severity=severity, monitor=monitor, transaction=f"tx-{monitor}")))
    return rooms


@pytest.mark.parametrize(
    ("path", "query", "found"),
    [
        ("/alerts", {}, [("CS-1", 3), ("CS-1", 6), ("CS-2", 0)]),
        ("/alerts", {"severity": 3}, [("CS-1", 3), ("CS-2", 0)]),
        ("/alerts", {"station": "CS-2"}, [("CS-2", 0)]),
        ("/alerts", {"state": ["cleared", "acknowledged"]}, []),
        ("/alerts", {"state": "open", "severity": 0}, [("CS-2", 0)]),
        ("/stations/CS-1/alerts", {}, [("CS-1", 3), ("CS-1", 6)]),
        ("/stations/CS-1/alerts", {"severity": 5}, [("CS-1", 3)]),
        ("/stations/CS-3/alerts", {}, []),
    ],
)
async def test_alerts_are_listed(path: str, query: dict[str, Any], found: list[tuple[str, int]]) -> None:
    """By station, state and severity; in pages as well."""
    async with client_of(api_of(await _rooms())) as client:
        whole = (await client.get(path, params=query)).json()
        assert sorted((each["station"], each["severity"]) for each in whole["items"]) == found
        assert whole["nextCursor"] is None
        paged, after = [], None
        while True:
            page = (await client.get(path, params=query | {"limit": 1} | ({"after": after} if after else {}))).json()
            paged += page["items"]
            after = page["nextCursor"]
            if after is None:
                break
    assert paged == whole["items"]


async def test_an_alert_is_acknowledged() -> None:
    """With who and what; it is still there until it is cleared."""
    rooms = await _rooms()
    async with client_of(api_of(rooms)) as client:
        (alert,) = (await client.get("/stations/CS-2/alerts")).json()["items"]
        said = {"acknowledgedBy": "Anna", "note": "Fan ordered."}
        answer = await client.post(f"/alerts/{alert['id']}/acknowledge", json=said)
        assert answer.status_code == 200
        assert answer.json() == (await client.get(f"/alerts/{alert['id']}")).json()
    acknowledged = {"state": "acknowledged", "acknowledgedAt": "2026-01-31T12:00:00Z"}
    assert answer.json() == alert | said | acknowledged


async def test_an_alert_nobody_knows() -> None:
    """Is not found, and cannot be acknowledged; who it is must be said."""
    async with client_of(api_of(ApiRooms())) as client:
        assert (await client.get("/alerts/abc")).status_code == 404
        answer = await client.post("/alerts/abc/acknowledge", json={"acknowledgedBy": "Anna"})
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:pilotwire:problem:not-found")
        assert (await client.post("/alerts/abc/acknowledge", json={"note": "x"})).status_code == 422


async def test_who_only_reads_does_not_acknowledge() -> None:
    """That needs the scope write."""
    rooms = ApiRooms(no_auth=False)
    await rooms.key(Scope.COMMAND, "commander")
    async with client_of(api_of(rooms), **{"X-API-Key": "commander"}) as client:
        assert (await client.get("/alerts")).status_code == 200
        answer = await client.post("/alerts/abc/acknowledge", json={"acknowledgedBy": "Anna"})
    assert answer.status_code == 403


async def test_events_are_listed_newest_first() -> None:
    """All, those of a transaction, page by page."""
    async with client_of(api_of(await _rooms())) as client:
        page = (await client.get("/stations/CS-1/device-events", params={"limit": 1})).json()
        assert [each["variableMonitoringId"] for each in page["items"]] == [8]
        rest = (await client.get("/stations/CS-1/device-events", params={"after": page["nextCursor"]})).json()
        assert [each["variableMonitoringId"] for each in rest["items"]] == [7]
        of = (await client.get("/stations/CS-1/device-events", params={"transactionId": "tx-7"})).json()
    assert of["items"] == rest["items"]
    assert rest["items"][0]["component"] == {"name": "Controller", "evse": {"id": 1}}


async def test_monitors_are_listed_by_id() -> None:
    """Page by page, with what holds for the station as a whole."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    rooms.bus.answers[SetMonitoringBase] = MonitoringBaseOutcome(status=ReportStatus.ACCEPTED)
    await rooms.keep(*(monitored("CS-1", number, NOON) for number in (100, 9, 20)))
    async with client_of(api_of(rooms)) as client:
        body = {"monitoringBase": "All"}
        assert (await client.post("/stations/CS-1/commands/set-monitoring-base", json=body)).json() == {
            "status": "Accepted"
        }
        first = (await client.get("/stations/CS-1/monitors", params={"limit": 2})).json()
        rest = (await client.get("/stations/CS-1/monitors", params={"after": first["nextCursor"]})).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == [9, 20, 100]
    assert (first["monitoringBase"], first["monitoringLevel"], rest["nextCursor"]) == ("All", None, None)
    assert first["items"][0]["value"] == 60.5


@pytest.mark.req("N11.FR.09")
@pytest.mark.parametrize(
    "wrong",
    [
        {"severity": 10},
        {"severity": True},
        {"value": "60"},
        {"value": None},
        {"value": True},
        {"transaction": "yes"},
        {"type": "Sometimes"},
        {"periodicEventStream": {}},
        {"periodicEventStream": {"interval": -1}},
    ],
    ids=str,
)
async def test_what_cannot_be_set(wrong: dict[str, Any]) -> None:
    """A stream needs an interval or a number of values. Nothing is sent."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    rooms.bus.answers[SetMonitors] = SetMonitorsOutcome(results=())
    monitor = PLACE | {"type": "Delta", "value": 1}
    async with client_of(api_of(rooms)) as client:
        assert (await client.post(SET, json={"setMonitoringData": [monitor]})).status_code == 200
        answer = await client.post(SET, json={"setMonitoringData": [monitor | wrong]})
    assert answer.status_code == 422
    assert len(rooms.bus.commands) == 1


async def test_a_criterion_said_twice_is_asked_for_once() -> None:
    """The message has room for three."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    rooms.bus.answers[GetMonitoringReport] = MonitoringReportOutcome(status=ReportStatus.EMPTY_RESULT_SET)
    body = {"monitoringCriteria": ["DeltaMonitoring", "DeltaMonitoring"]}
    async with client_of(api_of(rooms)) as client:
        answer = await client.post("/stations/CS-1/commands/get-monitoring-report", json=body)
    assert answer.status_code == 200
    ((_, command),) = rooms.bus.commands
    assert isinstance(command, GetMonitoringReport)
    assert len(command.criteria) == 1
