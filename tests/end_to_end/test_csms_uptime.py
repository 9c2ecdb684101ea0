"""Uptime of a real CSMS: what stations say over their sockets, when they are gone, and when the CSMS itself was, outlasts a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pilotwire.clock import ManualClock
from pilotwire.csms.api import create_api
from pilotwire.csms.app import Csms
from pilotwire.csms.registers.uptime import CONNECTIONS
from tests.support.api_rooms import NOON, client_of
from tests.support.eventually import eventually
from tests.support.raw_station import settings, station


async def _gone(csms: Csms, connected: bool = False) -> None:
    async def is_told() -> bool:
        newest = await csms.store.entries(CONNECTIONS, "CS001", limit=1)
        return bool(newest) and newest[0].entry.connected is connected

    await eventually(is_told)


def _status(connector: int, status: str, clock: ManualClock, code: str = "NoError") -> dict[str, Any]:
    time = clock.now().isoformat().replace("+00:00", "Z")
    return {"connectorId": connector, "errorCode": code, "status": status, "timestamp": time}


async def test_outages_outlast_a_restart(tmp_path: Path) -> None:
    """1.6: an hour of fault at connector 2, ten minutes without connection, and twenty in which the CSMS was stopped."""
    clock, kept = ManualClock(NOON), settings(database=str(tmp_path / "csms.db"), no_auth=True)
    async with Csms(kept, clock) as csms:
        async with station(csms) as cs:
            await cs.boot()
            for connector in (0, 1, 2):
                await cs.ask("StatusNotification", _status(connector, "Available", clock))
            clock.advance(3600)
            await cs.ask("StatusNotification", _status(2, "Faulted", clock, "GroundFailure"))
            await cs.ask("StatusNotification", _status(1, "Charging", clock))
            clock.advance(3600)
            await cs.ask("StatusNotification", _status(2, "Available", clock))
        await _gone(csms)
        clock.advance(600)
        async with station(csms) as cs:
            await cs.boot()
            clock.advance(600)
    clock.advance(1200)
    async with Csms(kept, clock) as csms, station(csms) as cs:
        await cs.boot()
        clock.advance(600)
        async with client_of(create_api(csms)) as operator:
            told = (await operator.get("/stations/CS001/uptime", params={"since": "2026-01-31T00:00:00Z"})).json()
    first, second = told["ports"]
    assert [(port["evseId"], port["minutes"], port["outageMinutes"]) for port in (first, second)] == [
        (1, 170, 30),
        (2, 170, 90),
    ]
    assert (first["connectionLostMinutes"], first["backendDownMinutes"]) == (10, 20)
    assert (second["faultedMinutes"], second["connectionLostMinutes"], second["backendDownMinutes"]) == (60, 10, 20)
    assert [each["errorCodes"] for each in told["outages"]] == [[], [], ["GroundFailure"], []]
