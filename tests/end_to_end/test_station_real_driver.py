"""A station whose hardware is no simulation of ours: the example's driver, a board behind a TCP socket, and our CSMS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from pilotwire.csms.app import Csms
from pilotwire.domain.availability import Availability
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.transactions import StoppedReason, Transaction
from pilotwire.errors import PilotwireError
from pilotwire.simulator.building import make_vehicle
from pilotwire.station.app import Station
from pilotwire.station.control import control_api
from pilotwire.station.hardware.drivers import find_driver
from pilotwire.station.storage import MemoryStorage
from tests.support.board import Board
from tests.support.eventually import eventually
from tests.support.station_lab import CARD, VERSIONS, booked, build, open_csms

each_version = pytest.mark.parametrize("version", VERSIONS)


@asynccontextmanager
async def _charger(url: str, version: str = "2.0.1", **more: Any) -> AsyncIterator[tuple[Station, Board]]:
    """The station and its board; energy flows 300 times as fast as in life."""
    async with Board(**more).switched_on() as hardware, hardware.live(300):
        driver = find_driver("examples.board_driver:board", {"port": hardware.port})
        async with build(url, version, MemoryStorage(), driver=driver) as station:
            yield station, hardware


async def _until_charged(station: Station, board: Board, wh: int = 200) -> None:
    """Accepted, plugged in, card shown, and some energy gone."""
    await eventually(lambda: station.core.overview().registration == "Accepted", what="accepted")
    goal = board.wh + wh
    board.move_pilot("B")
    board.card(CARD)
    await eventually(lambda: board.closed and board.locked, what="contactor and lock")
    board.move_pilot("C")
    await eventually(lambda: board.wh >= goal, what=f"{wh} Wh")


async def _ended(station: Station, csms: Csms) -> Transaction:
    await eventually(lambda: station.core.overview().evses[0].transaction_id is None, what="the end")
    await eventually(lambda: station.core.overview().waiting == 0, what="everything delivered")
    return await booked(csms)


async def _is(csms: Csms, availability: Availability) -> bool:
    """What the CSMS was told of the connector last."""
    known = {one.address: one.state.availability for one in await csms.store.connectors("CS001")}
    return known.get(EvseAddress(evse=1, connector=1)) is availability


@each_version
async def test_plug_tap_charge(version: str) -> None:
    """What the board's meter counted is booked; at the end the plug is free."""
    async with open_csms() as csms, _charger(csms.urls.ocpp, version) as (station, board):
        await _until_charged(station, board)
        assert board.text  # something is on the display
        board.card(CARD)
        await eventually(lambda: not board.closed and not board.locked, what="contactor and lock open")
        transaction = await _ended(station, csms)
        assert transaction.stopped_reason is StoppedReason.LOCAL
        assert transaction.energy is not None
        assert 200 <= transaction.energy <= int(board.wh) - 1000  # a little flows until the relay has moved
        board.move_pilot("A")
        await eventually(lambda: _is(csms, Availability.AVAILABLE), what="Available")


@each_version
async def test_a_fault_in_mid_transaction(version: str) -> None:
    """The board has opened the contactor before the station knows; Faulted is told, and the transaction stopped for the reason."""
    async with open_csms() as csms, _charger(csms.urls.ocpp, version) as (station, board):
        await _until_charged(station, board)
        board.fault("GROUND_FAILURE", there=True)
        assert not board.flows
        transaction = await _ended(station, csms)
        assert transaction.stopped_reason is (StoppedReason.OTHER if version == "1.6" else StoppedReason.GROUND_FAULT)
        await eventually(lambda: _is(csms, Availability.FAULTED), what="Faulted")
        board.fault("GROUND_FAILURE", there=False)
        await eventually(lambda: _is(csms, Availability.OCCUPIED), what="Occupied")
        assert not board.closed


async def test_a_board_that_does_not_answer_is_a_fault() -> None:
    """The line breaks: the board opens by itself, the transaction ends; once it is back, the next one can begin."""
    async with open_csms() as csms, _charger(csms.urls.ocpp) as (station, board):
        await _until_charged(station, board)
        board.cut()
        assert (await _ended(station, csms)).stopped_reason is StoppedReason.OTHER
        assert not board.closed
        await eventually(lambda: _is(csms, Availability.OCCUPIED), what="no fault any more")
        board.move_pilot("B")
        board.card(CARD)
        await eventually(lambda: board.closed, what="the next transaction")


async def test_a_lock_that_is_stuck_gives_no_energy() -> None:
    """The bolt takes its time, and does not arrive: Faulted (G05.FR.01)."""
    async with open_csms() as csms, _charger(csms.urls.ocpp, stuck=True) as (station, board):
        await eventually(lambda: station.core.overview().registration == "Accepted", what="accepted")
        board.move_pilot("B")
        board.card(CARD)
        await eventually(lambda: _is(csms, Availability.FAULTED), what="Faulted")
        assert not board.closed


async def test_a_station_that_stops_leaves_nothing_live() -> None:
    """Whoever ends the program while a vehicle charges."""
    async with open_csms() as csms, _charger(csms.urls.ocpp) as (station, board):
        await _until_charged(station, board)
        await station.stop()
        assert "contactor 1 open" in board.heard[-5:]
        await eventually(lambda: not board.closed, what="an open contactor")


async def test_a_board_that_is_not_there_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a sentence; nothing is said to the CSMS."""
    monkeypatch.setattr("examples.board_driver.OPEN_SECONDS", 0.1)
    driver = find_driver("examples.board_driver:board", {"port": 9})
    async with build("ws://127.0.0.1:9", "2.0.1", MemoryStorage(), driver=driver) as station:
        await eventually(lambda: station.failure)
        assert station.failure.startswith("The power board at 127.0.0.1:9 does not answer.")
        assert station.failed is not None
        with pytest.raises(PilotwireError):
            station.failed.result()


async def test_people_act_at_real_hardware_themselves() -> None:
    """The control port shows the station, and what only simulated hardware can do is refused in a sentence."""
    async with _charger("ws://127.0.0.1:9") as (station, board):
        transport = httpx.ASGITransport(control_api(station, make_vehicle), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://station") as http:
            refused = await http.post("/plug", json={})
            assert (refused.status_code, refused.json()["what"]) == (
                409,
                "The hardware of this station is real: what people do there is not done here.",
            )
            board.fault("GROUND_FAILURE", there=True)
            await eventually(lambda: station.hardware.survey())
            seen = (await http.get("/status")).json()
            assert seen["faults"] == [{"code": "GROUND_FAILURE", "evse": 1, "connector": None}]
            assert (seen["powered"], seen["emergencyStop"]) == (True, False)
            assert (await http.post("/line/cut")).status_code == 200


async def test_a_reboot_restarts_the_board() -> None:
    """Everything is open after it, and what was offered is forgotten; the vehicle is still there, and the transaction ends."""
    async with open_csms() as csms, _charger(csms.urls.ocpp) as (station, board):
        await _until_charged(station, board)
        await station.reboot(resume=False)
        assert "restart" in board.heard
        assert not board.closed
        assert (await _ended(station, csms)).stopped_reason is StoppedReason.POWER_LOSS
        await eventually(lambda: _is(csms, Availability.OCCUPIED), what="the vehicle that stayed")
