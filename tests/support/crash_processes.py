"""A CSMS and a station as processes that are killed (SIGKILL) and begin again on the same files.

The processes are forked from a server that has loaded everything (`multiprocessing`, forkserver), so a life begins in a few
milliseconds and many fit into a second. `Doom` lets a process kill itself at the very place where a power failure would hurt most;
all other kills come from outside, at any moment.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import resource
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from pilotwire.clock import SystemClock
from pilotwire.csms.app import Csms
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.ports import BookEvent, Operation
from pilotwire.domain.provisioning import RegistrationStatus, UnknownStations
from pilotwire.logs import configure_logging
from pilotwire.ocpp.net.peer import OnFrame
from pilotwire.simulator.building import build_station, make_vehicle
from pilotwire.simulator.showcase import Story
from pilotwire.station.app import Station
from pilotwire.station.core.overview import EvseOverview
from pilotwire.station.settings import StationProgramSettings

SPEED = 400.0
"""How much faster than life the hardware and the vehicle run."""
TRANSACTION_ACTIONS = frozenset({"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"})
_STEP = 0.02
_TAP_AGAIN = 0.6

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["pilotwire.csms.app", "pilotwire.simulator.showcase"])


When = Literal["before", "after", "settled"]
_A_MOMENT = 0.005


@dataclass(frozen=True, kw_only=True)
class Doom:
    """Where a process kills itself: around the `number`-th transaction message.

    A CSMS dies `before` that message is stored or `after`, not yet answered; a station `before` the answer to it is heard (the message
    is out) or `after` (the answer is in its hands, but nothing of it on its disk). `settled`: a moment after it was dealt with.
    """

    number: int
    when: When


class Life:
    """One process from its beginning to its kill. What it reports is a tuple: ("ready", port) or ("done", Wh delivered)."""

    def __init__(self, live: Callable[..., None], *told: Any) -> None:
        self._hears, says = _processes.Pipe(duplex=False)
        self._process = _processes.Process(target=live, args=(says, *told), daemon=True)
        self._process.start()
        says.close()

    @property
    def sentinel(self) -> int:
        """To wait for its end with `multiprocessing.connection.wait`."""
        return self._process.sentinel

    @property
    def alive(self) -> bool:
        """Whether it lives."""
        return self._process.is_alive()

    def heard(self, patience: float) -> tuple[Any, ...] | None:
        """What it reports next; None if it died, or reported nothing in so many seconds."""
        try:
            told: tuple[Any, ...] | None = self._hears.recv() if self._hears.poll(patience) else None
        except (EOFError, OSError):
            return None
        return told

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def kill(self) -> int | None:
        """Kill -9, unless it has killed itself; gives its exit code."""
        self._process.kill()
        self._process.join()
        self._hears.close()
        return self._process.exitcode


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_when_settled(doom: Doom) -> None:
    if doom.when == "settled":
        asyncio.get_running_loop().call_later(_A_MOMENT, _die)
    else:
        _die()


# --- the CSMS ----------------------------------------------------------------------------------------------------------------------


def live_as_csms(report: Connection, database: str, port: int, doom: Doom | None) -> None:
    """A CSMS on a database file; it reports ("ready", port) when it serves."""
    asyncio.run(_serve(report, database, port, doom))


def small_settings(database: str, port: int) -> CsmsSettings:
    """Of a CSMS that takes every station and every card."""
    return CsmsSettings(
        database=f"sqlite:///{database}",
        ocpp_port=port,
        unknown_stations=UnknownStations.ACCEPT,
        accept_unknown_tokens=True,
        log_level="error",
    )


async def _serve(report: Connection, database: str, port: int, doom: Doom | None) -> None:
    async with Csms(small_settings(database, port)) as csms:
        if doom is not None:
            csms.journal.append = _doomed(csms.journal.append, doom)  # type: ignore[method-assign]
        report.send(("ready", csms.ocpp_port))
        await csms.serve_forever()


def _doomed(append: Callable[..., Awaitable[Sequence[Any]]], doom: Doom) -> Callable[..., Awaitable[Sequence[Any]]]:
    left = doom.number

    async def appended(*operations: Operation) -> Sequence[Any]:
        nonlocal left
        left -= any(isinstance(operation, BookEvent) for operation in operations)
        if left <= 0 and doom.when == "before":
            _die()
        results = await append(*operations)
        if left <= 0:
            _die_when_settled(doom)
        return results

    return appended


DISK_FULL, DISK_FREE = signal.SIGUSR1, signal.SIGUSR2


def live_on_a_small_disk(report: Connection, database: str, log: str) -> None:
    """A CSMS that can write no byte between the signals `DISK_FULL` and `DISK_FREE`, not to its log either; it reports ("ready", port)."""
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    configure_logging("info")
    asyncio.run(_serve_on_a_small_disk(report, database))


async def _serve_on_a_small_disk(report: Connection, database: str) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(DISK_FULL, resource.setrlimit, resource.RLIMIT_FSIZE, (1, hard))
    loop.add_signal_handler(DISK_FREE, resource.setrlimit, resource.RLIMIT_FSIZE, (soft, hard))
    await _serve(report, database, 0, None)


# --- the station -------------------------------------------------------------------------------------------------------------------


class FrameFile:
    """Every frame of a station, a line each, in the hands of the system before anything follows from it; counts towards its doom."""

    def __init__(self, path: Path, doom: Doom | None) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._doom = doom
        self._left = doom.number if doom is not None else 0
        self._awaited = ""

    def note(self, direction: Literal["in", "out"], data: bytes, at: datetime) -> None:
        """As `OnFrame`."""
        os.write(self._file, json.dumps([direction, json.loads(data)]).encode() + b"\n")
        if self._doom is not None:
            self._count(direction, json.loads(data), self._doom)

    def _count(self, direction: str, frame: list[Any], doom: Doom) -> None:
        if direction == "out" and frame[0] == 2 and frame[2] in TRANSACTION_ACTIONS:
            self._left -= 1
            self._awaited = frame[1]
            if self._left <= 0 and doom.when == "before":
                _die()
        elif direction == "in" and self._left <= 0 and frame[1] == self._awaited:
            _die_when_settled(doom)


def live_as_station(report: Connection, story: Story, url: str, folder: Path, doom: Doom | None) -> None:
    """The station of a story with its driver; it reports ("done", Wh) when the vehicle has its energy and the CSMS all facts."""
    asyncio.run(_charge(report, story, url, folder, doom))


async def _charge(report: Connection, story: Story, url: str, folder: Path, doom: Doom | None) -> None:
    frames = FrameFile(folder / "frames.jsonl", doom)
    async with station_of(story, url, folder, frames.note) as station:
        assert station.failed is not None
        driver = asyncio.ensure_future(Driver(station, story).drive(report.send))
        await asyncio.wait({driver, station.failed}, return_when=asyncio.FIRST_COMPLETED)
        for ended in (station.failed, driver):
            if ended.done():
                ended.result()


def station_of(story: Story, url: str, folder: Path, on_frame: OnFrame) -> Station:
    """The station of a story: quick to connect again, tireless in trying again, its files in `folder`."""
    settings = StationProgramSettings(
        id=story.station,
        ocpp=story.version.value,
        csms=url,
        layout=story.layout,
        storage=str(folder / "station.db"),
        speed=SPEED,
        variables={
            "SampledDataCtrlr.TxUpdatedInterval": "1",
            "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "0",
            "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "1",
            "OCPPCommCtrlr.RetryBackOffWaitMinimum": "0",
            "OCPPCommCtrlr.RetryBackOffRandomRange": "1",
        },
        log_level="error",
    )
    return build_station(settings, SystemClock(), on_frame=on_frame)


class Driver:
    """Who wants the energy, whatever happens: looks how things stand and does the next thing; remembers nothing but the last tap."""

    def __init__(self, station: Station, story: Story) -> None:
        self._station = station
        self._story = story
        self._tapped = 0.0

    async def drive(self, report: Callable[[tuple[str, int]], None]) -> None:
        """Until the vehicle has what it wanted and nothing waits any more; then keep the station running."""
        while not self._done():
            self._act()
            await asyncio.sleep(_STEP)
        report(("done", self.delivered))
        await asyncio.Event().wait()

    @property
    def delivered(self) -> int:
        """Wh by the vehicle's meter; 0 before it is plugged in."""
        vehicle = self._station.hardware.vehicle_at(1)
        return 0 if vehicle is None else int(vehicle.meter.delivered_wh)  # type: ignore[attr-defined]

    @property
    def _satisfied(self) -> bool:
        return self.delivered >= self._story.energy_wh

    @property
    def _evse(self) -> EvseOverview:
        return self._station.core.overview().evses[0]

    @property
    def _authorized(self) -> bool:
        """Whether somebody's card counts at the EVSE; in 2.x the transaction has begun before, with the plug."""
        return self._evse.id_token is not None

    def _done(self) -> bool:
        return self._satisfied and self._evse.transaction_id is None and self._station.core.overview().waiting == 0

    def _act(self) -> None:
        station, story = self._station, self._story
        if not station.line.is_up:
            station.line.hurry()
        if station.hardware.vehicle_at(1) is None:
            car = make_vehicle(story.vehicle, soc=story.soc, energy_wh=story.energy_wh)
            station.happened(station.hardware.plug(1, 1, car))
        elif self._authorized == self._satisfied and self._may_tap():
            station.happened(station.hardware.tap(story.id_token))

    def _may_tap(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._tapped < _TAP_AGAIN:
            return False
        if self._station.core.overview().registration is not RegistrationStatus.ACCEPTED:
            return False
        self._tapped = now
        return True
