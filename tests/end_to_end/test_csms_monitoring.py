"""Monitoring from end to end: a station of bare frames at a running CSMS, the operator at its REST API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from pilotwire.csms.app import Csms
from pilotwire.csms.handlers import reception
from pilotwire.domain.kinds import Noted
from pilotwire.domain.monitoring import StreamValuesTold
from pilotwire.errors import StoreError
from tests.support.every_action import client_of
from tests.support.raw_station import RawStation, settings, station

PLACE = {"component": {"name": "Controller"}, "variable": {"name": "Temperature"}}
MONITOR = PLACE | {"type": "UpperThreshold", "value": 60, "severity": 4}
COMMANDS = "/stations/CS001/commands"


def _event(second: int, value: str, **more: Any) -> dict[str, Any]:
    at = f"2026-01-02T03:04:{second:02}Z"
    event = {"eventId": second, "timestamp": at, "trigger": "Alerting", "actualValue": value}
    kind = {"eventNotificationType": "CustomMonitor", "variableMonitoringId": 7}
    return {"generatedAt": at, "seqNo": 0, "eventData": [PLACE | event | kind | more]}


@pytest.fixture
async def csms(tmp_path: Any) -> AsyncIterator[Csms]:
    """On SQLite."""
    async with Csms(settings(database=f"sqlite:///{tmp_path / 'csms.db'}", no_auth=True)) as running:
        yield running


async def _given(api: httpx.AsyncClient, line: RawStation, command: str, body: Any, answer: Any) -> Any:
    """Give a command; the station answers it."""
    asking = asyncio.create_task(api.post(f"{COMMANDS}/{command}", json=body))
    await line.answer(answer)
    response = await asking
    assert response.status_code == 200, response.text
    return response.json()


async def _alert(api: httpx.AsyncClient) -> Any:
    (alert,) = (await api.get("/stations/CS001/alerts")).json()["items"]
    return alert


@pytest.mark.req("N07.FR.03", "N07.FR.12")
@pytest.mark.parametrize("version", ["ocpp2.0.1", "ocpp2.1"])
async def test_the_life_of_a_monitor(csms: Csms, version: str) -> None:
    """Set, it raises an alert of its severity, which is acknowledged and cleared, raised again, and over when the monitor is cleared."""
    async with station(csms, version=version) as line, client_of(csms) as api:
        await line.boot()
        result = PLACE | {"type": "UpperThreshold", "severity": 4, "status": "Accepted", "id": 7}
        body, answer = {"setMonitoringData": [MONITOR]}, {"setMonitoringResult": [result]}
        assert await _given(api, line, "set-variable-monitoring", body, answer) == answer
        assert await line.ask("NotifyEvent", _event(1, "71")) == {}
        alert = await _alert(api)
        assert (alert["state"], alert["severity"], alert["value"]) == ("open", 4, "71")
        note = {"acknowledgedBy": "Anna", "note": "on my way"}
        assert (await api.post(f"/alerts/{alert['id']}/acknowledge", json=note)).json()["state"] == "acknowledged"
        assert await line.ask("NotifyEvent", _event(2, "55", cleared=True)) == {}
        assert (await _alert(api))["state"] == "cleared"
        assert await line.ask("NotifyEvent", _event(3, "72")) == {}
        again = await _alert(api)
        assert (again["id"], again["state"], again["occurrences"], again["note"]) == (alert["id"], "open", 2, None)
        cleared = {"clearMonitoringResult": [{"id": 7, "status": "Accepted"}]}
        assert await _given(api, line, "clear-variable-monitoring", {"id": [7]}, cleared) == cleared
        assert (await _alert(api))["state"] == "cleared"
        assert (await api.get("/stations/CS001/monitors")).json()["items"] == []
        assert len((await api.get("/stations/CS001/device-events")).json()["items"]) == 3


@pytest.mark.req("N15.FR.02", "N11.FR.08")
async def test_a_stream_of_values(csms: Csms) -> None:
    """Opened for a monitor that was set, its values come without an answer, and belong to the monitor's variable."""
    async with station(csms, version="ocpp2.1") as line, client_of(csms) as api:
        await line.boot()
        wanted = MONITOR | {"type": "Periodic", "value": 1, "periodicEventStream": {"interval": 60}}
        result = PLACE | {"type": "Periodic", "severity": 4, "status": "Accepted", "id": 7}
        answer = {"setMonitoringResult": [result]}
        await _given(api, line, "set-variable-monitoring", {"setMonitoringData": [wanted]}, answer)
        stream = {"id": 3, "variableMonitoringId": 7, "params": {"interval": 60}}
        assert await line.ask("OpenPeriodicEventStream", {"constantStreamData": stream}) == {"status": "Accepted"}
        values = {"id": 3, "pending": 0, "basetime": "2026-01-02T03:04:05Z", "data": [{"t": 0, "v": "50"}]}
        await line.say([6, "send-1", "NotifyPeriodicEventStream", values])
        await line.boot()  # what is heard next is the answer to this
        shown = (await api.get("/stations/CS001/event-streams")).json()
        assert [(each["component"], each["severity"], each["count"]) for each in shown] == [
            ({"name": "Controller"}, 4, 1)
        ]
        assert (await api.get("/findings", params={"station": "CS001"})).json() == []


async def test_values_that_may_not_be_sent_are_not_kept(csms: Csms) -> None:
    """A station that has not booted may not send them: a finding."""
    async with station(csms, version="ocpp2.1") as line, client_of(csms) as api:
        values = {"id": 3, "pending": 0, "basetime": "2026-01-02T03:04:05Z", "data": [{"t": 0, "v": "50"}]}
        await line.say([6, "send-1", "NotifyPeriodicEventStream", values])
        await line.boot()
        assert await _found(api) == [("send-1", "provisioning:not-accepted")]
        assert (await api.get("/stations/CS001/event-streams")).json() == []


async def _found(api: httpx.AsyncClient) -> list[tuple[str, str]]:
    findings = (await api.get("/findings", params={"station": "CS001"})).json()
    return [(each["messageId"], each["rule"]) for each in findings]


async def test_values_that_cannot_be_stored_are_a_finding(csms: Csms, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nobody to tell so, and the line stays up."""

    async def full(*_: object) -> Noted:
        raise StoreError("the disk is full.")

    monkeypatch.setitem(reception.HANDLERS, StreamValuesTold, full)  # type: ignore[arg-type]
    async with station(csms, version="ocpp2.1") as line, client_of(csms) as api:
        await line.boot()
        values = {"id": 3, "pending": 0, "basetime": "2026-01-02T03:04:05Z", "data": [{"t": 0, "v": "50"}]}
        await line.say([6, "send-1", "NotifyPeriodicEventStream", values])
        assert (await line.boot())["status"] == "Accepted"
        assert await _found(api) == [("send-1", "gateway:send-lost")]
