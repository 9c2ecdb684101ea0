"""Monitoring from our CSMS to our station over real sockets: a monitor is set, finds something, and the operator sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from pilotwire.csms.app import Csms
from tests.support.eventually import eventually
from tests.support.every_action import client_of
from tests.support.station_lab import CARD, Lab, lab, open_csms

COMMANDS = "/stations/CS001/commands"
STATE = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}


@asynccontextmanager
async def _running(version: str) -> AsyncIterator[tuple[Csms, Lab, httpx.AsyncClient]]:
    async with open_csms(no_auth=True) as csms, lab(csms.urls.ocpp, version) as one, client_of(csms) as api:
        await one.until_accepted()
        yield csms, one, api


async def _given(api: httpx.AsyncClient, command: str, body: Any) -> Any:
    response = await api.post(f"{COMMANDS}/{command}", json=body)
    assert response.status_code == 200, response.text
    return response.json()


async def _items(api: httpx.AsyncClient, what: str) -> list[Any]:
    """What the CSMS lists of the station, once there is something."""

    async def listed() -> list[Any]:
        found = (await api.get(f"/stations/CS001/{what}")).json()
        return list(found if isinstance(found, list) else found["items"])

    return await eventually(listed, what=what)


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_monitor_and_a_fault(version: str) -> None:
    async with _running(version) as (_, one, api):
        monitor = STATE | {"type": "Delta", "value": 1, "severity": 4}
        (result,) = (await _given(api, "set-variable-monitoring", {"setMonitoringData": [monitor]}))[
            "setMonitoringResult"
        ]
        assert result["status"] == "Accepted"
        one.plug()
        (event,) = await _items(api, "device-events")
        assert (event["actualValue"], event["variableMonitoringId"]) == ("Occupied", result["id"])
        one.station.happened(one.station.hardware.raise_fault("GROUND_FAILURE", 1, 1))
        alerts = await _items(api, "alerts")
        assert "Problem" in {alert["variable"]["name"] for alert in alerts}
        await _given(api, "get-monitoring-report", {})
        (installed,) = await _items(api, "monitors")
        assert installed["id"] == result["id"]
        assert (await api.get("/findings", params={"station": "CS001"})).json() == []


@pytest.mark.req("N15.FR.01")
async def test_a_stream_and_a_customer() -> None:
    async with _running("2.1") as (_, one, api):
        monitor = STATE | {"type": "Periodic", "value": 1, "severity": 8, "periodicEventStream": {"values": 1}}
        answer = await _given(api, "set-variable-monitoring", {"setMonitoringData": [monitor]})
        assert answer["setMonitoringResult"][0]["status"] == "Accepted"
        (stream,) = await _items(api, "event-streams")
        assert stream["component"]["name"] == "EVSE"

        async def counted() -> int:
            (shown,) = await _items(api, "event-streams")
            return int(shown["count"])

        count: int = await eventually(counted, what="values")
        assert count > 0
        body = {"report": True, "clear": False, "idToken": {"idToken": CARD, "type": "ISO14443"}}
        assert (await _given(api, "customer-information", body))["status"] == "Accepted"
        assert (await api.get("/findings", params={"station": "CS001"})).json() == []
        assert not one.station.failure
