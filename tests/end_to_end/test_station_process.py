"""`pilotwire station` as people run it: a process, its control port, signals, kill -9, and sentences where it cannot run."""

from __future__ import annotations

import random
import signal
import socket
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from pilotwire.cli import app
from pilotwire.csms.app import Csms
from pilotwire.domain.transactions import StoppedReason
from tests.support.eventually import eventually
from tests.support.station_lab import CARD, booked, open_csms
from tests.support.station_process import StationProcess, station_process

QUICK = '{"OCPPCommCtrlr.RetryBackOffWaitMinimum": "0", "SampledDataCtrlr.TxUpdatedInterval": "1"}'


def _options(csms: Csms, version: str) -> list[str]:
    return ["--id", "CS001", "--ocpp", version, "--csms", csms.urls.ocpp, "--storage", "cs.db", "--speed", "300"]


async def _accepted(station: StationProcess) -> None:
    async def so() -> bool:
        return bool((await station.status())["registration"] == "Accepted")

    await eventually(so, what="accepted")


async def _charged(station: StationProcess, wh: int) -> None:
    state: Any = None

    async def so() -> bool:
        nonlocal state
        state = await station.status()
        return any(seen["deliveredWh"] >= wh for seen in (await station.vehicles()).values())

    try:
        await eventually(so, what=f"{wh} Wh")
    except AssertionError as error:
        raise AssertionError(f"{error}; {state}; {station.said.decode()}") from None


async def _told(station: StationProcess) -> None:
    async def so() -> bool:
        state = await station.status()
        return state["waiting"] == 0 and state["evses"][0]["transactionId"] is None

    await eventually(so, what="everything told")


async def test_a_charge_by_hand_and_an_orderly_end(tmp_path: Path) -> None:
    """Plug, tap, tap, unplug over HTTP; SIGTERM ends it with a word and exit code 0."""
    async with (
        open_csms() as csms,
        station_process(tmp_path, *_options(csms, "1.6"), PILOTWIRE_VARIABLES=QUICK) as station,
    ):
        await station.until_ready()
        await _accepted(station)
        await station.does("/plug", model="hatch-52")
        await station.does("/tap", idToken=CARD)
        await _charged(station, 200)
        await station.does("/tap", idToken=CARD)
        await _told(station)
        await station.does("/unplug")
        (car,) = (await station.vehicles()).values()
        assert await station.ends(signal.SIGTERM) == 0
        assert (await booked(csms)).energy == car["deliveredWh"]
    assert b"what it kept is kept" in station.said
    assert b"Traceback" not in station.said


async def test_an_interrupt_ends_it_too(tmp_path: Path) -> None:
    """Ctrl-C, also while no CSMS is there."""
    options = ["--id", "CS001", "--csms", "ws://127.0.0.1:9"]
    async with station_process(tmp_path, *options) as station:
        await station.until_ready()
        assert await station.ends(signal.SIGINT) == 0
    assert b"Traceback" not in station.said
    assert (tmp_path / "CS001.station.db").exists()


async def _reported(station: StationProcess) -> None:
    """Some of the energy is in a fact that was kept: a kill from now on cannot take all of it back."""

    async def so() -> bool:
        (evse,) = (await station.status())["evses"]
        return evse["energy"] is not None and Decimal(evse["energy"]) > 0

    await eventually(so, what="a meter value that was kept")


async def test_kill_9_in_the_middle_of_charging_loses_nothing(tmp_path: Path) -> None:
    """Killed twice at moments nobody chose: each time the next life ends what the last one left, to the Wh, once.

    Every version and every moment: `test_crash_of_everything.py` and `test_station_crashes.py`, without the cost of a program's start.
    """
    version, moments = "2.1", random.Random(9)
    async with open_csms() as csms:
        registers = [0]
        for life in range(2):
            async with station_process(tmp_path, *_options(csms, version), PILOTWIRE_VARIABLES=QUICK) as station:
                await station.until_ready()
                await _accepted(station)
                await _told(station)
                if life == 0:
                    await station.does("/plug", model="hatch-52")
                (car,) = (await station.vehicles()).values()
                registers.append(car["deliveredWh"])
                await station.does("/tap", idToken=CARD)
                await _reported(station)
                await _charged(station, registers[-1] + moments.randrange(50, 900))
                await station.ends(signal.SIGKILL)
        async with station_process(tmp_path, *_options(csms, version), PILOTWIRE_VARIABLES=QUICK) as station:
            await station.until_ready()
            await _accepted(station)
            await _told(station)
            (car,) = (await station.vehicles()).values()
            registers.append(car["deliveredWh"])
            assert await station.ends(signal.SIGTERM) == 0
        transactions = sorted(await csms.store.transactions(), key=lambda one: one.started_at or one.ended_at)  # type: ignore[arg-type, return-value]
    assert len(transactions) == 2
    assert all(one.stopped_reason is StoppedReason.POWER_LOSS for one in transactions)
    assert all(one.missing_seq_nos == () and not one.is_open for one in transactions)
    booked_wh = [one.energy for one in transactions]
    assert booked_wh == [Decimal(after - before) for before, after in pairwise(registers[1:])]
    assert sum(wh or 0 for wh in booked_wh) == car["deliveredWh"] > 0


async def test_kill_9_without_a_line(tmp_path: Path) -> None:
    """What happened offline is in the file, and is told by the next life: the whole transaction, start to end."""
    async with open_csms() as csms:
        async with station_process(tmp_path, *_options(csms, "2.0.1"), PILOTWIRE_VARIABLES=QUICK) as station:
            await station.until_ready()
            await _accepted(station)
            await station.does("/plug")
            await station.does("/tap", idToken=CARD)
            await _charged(station, 100)
            await station.does("/line/cut")
            await _charged(station, 500)
            await station.does("/tap", idToken=CARD)
            await station.ends(signal.SIGKILL)
        assert (await csms.store.transactions())[0].is_open
        async with station_process(tmp_path, *_options(csms, "2.0.1"), PILOTWIRE_VARIABLES=QUICK) as station:
            await station.until_ready()
            await _accepted(station)
            await _told(station)
            (car,) = (await station.vehicles()).values()
        transaction = await booked(csms)
        assert transaction.stopped_reason is StoppedReason.LOCAL
        assert transaction.energy == car["deliveredWh"] >= 500


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "id is missing"),
        (["--id", "CS", "--ocpp", "3.0"], "1.6, 2.0.1 or 2.1"),
        (["--id", "CS", "--csms", "http://x"], "no OCPP-J endpoint"),
        (["--id", "CS", "--layout", "shed"], "no station layout"),
        (["--id", "CS", "--storage", "no/such/folder/s.db"], "could not be opened"),
        (["--id", "CS", "--config", "none.toml"], "cannot be read"),
        (["--id", "CS", "--control-port", "70000"], "0 to 65535"),
    ],
)
def test_what_cannot_run_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], says: str
) -> None:
    """Exit code 2, a sentence, no traceback."""
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(app, ["station", *options], env={"COLUMNS": "200", "NO_COLOR": "1"})
    structlog.reset_defaults()
    assert ran.exit_code == 2
    assert says in " ".join(ran.output.split())
    assert "Traceback" not in ran.output


async def test_a_taken_control_port_is_told(tmp_path: Path) -> None:
    """Before anything is said to a CSMS."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with station_process(tmp_path, "--id", "CS", "--control-port", port) as station:
            assert await station.ends() == 2
    assert f"Port {port} on 127.0.0.1 is taken".encode() in station.said
