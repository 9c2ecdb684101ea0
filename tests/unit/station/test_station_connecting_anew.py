"""What is set while the station looks for its CSMS: the connection that was begun with it stays."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pilotwire.station import settable
from pilotwire.station.app import Station
from tests.support.scripted_csms import scripted_csms
from tests.support.station_lab import lab

PROXY, PASSWORD = "InstallerCtrlr.WebSocketProxy", "SecurityCtrlr.BasicAuthPassword"


@pytest.fixture
def over(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when the station has done about its connection what a change wanted; it takes longer for that than an attempt takes."""
    done = asyncio.Event()
    leave = Station._leave_connection

    async def left(station: Station, *details: Any) -> None:
        await leave(station, *details)
        done.set()

    monkeypatch.setattr(settable, "TICK", 0.6)
    monkeypatch.setattr(Station, "_leave_connection", left)
    return done


@pytest.mark.parametrize(("name", "value"), [(PROXY, ""), (PASSWORD, "new-password-5678")])
async def test_a_connection_begun_after_the_change_is_not_ended(name: str, value: str, over: asyncio.Event) -> None:
    """Refused until then; the next attempt goes by what is set now, and gets through before the change has its turn."""
    async with scripted_csms(refuse=503) as csms, lab(csms.url, password="old-password-1234") as one:
        await one.until(lambda: one.station.line.trouble, "refused")
        csms.refuse = None
        one.station.write_variable(name, value)
        await one.until_accepted()
        assert not over.is_set()
        made = csms.attempts
        await asyncio.wait_for(over.wait(), 10)
        await one.until(lambda: one.station.line.is_up)
        assert (len(csms.lines), csms.attempts) == (1, made)


async def test_a_connection_of_before_the_change_is_ended(over: asyncio.Event) -> None:
    async with scripted_csms() as csms, lab(csms.url, password="old-password-1234") as one:
        await one.until_accepted()
        one.station.write_variable(PASSWORD, "new-password-5678")
        await asyncio.wait_for(over.wait(), 10)
        await one.until(lambda: len(csms.lines) == 2, "a new connection")
        assert csms.passwords == ["old-password-1234", "new-password-5678"]
