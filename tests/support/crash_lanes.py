"""Charges at stations that are killed (SIGKILL) again and again while energy flows, in front of a meter that no kill stops.

What a meter has counted is counted: the hardware's state here lies in a file of its own, written at every step of the hardware and
never rolled back, as a real meter's register is. So energy that flowed after the station's last commit must still be booked.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from multiprocessing.connection import Connection, wait
from pathlib import Path

from pilotwire.clock import SystemClock
from pilotwire.csms.store.open import open_store
from pilotwire.dialects.every import DIALECTS
from pilotwire.domain.identity import StationIdentity
from pilotwire.logs import configure_logging
from pilotwire.ocpp.net.peer import OnFrame
from pilotwire.ocpp.version import OcppVersion
from pilotwire.simulator.building import vehicle_from
from pilotwire.simulator.showcase import Story
from pilotwire.station.app import Pace, Station
from pilotwire.station.core.settings import StationSettings
from pilotwire.station.hardware.ports import HardwareEvent
from pilotwire.station.hardware.simulated import layout
from pilotwire.station.line import Endpoint
from pilotwire.station.storage import SqliteStorage
from tests.support.crash_books import Books, check_books, said_in
from tests.support.crash_processes import Driver, FrameFile, Life, live_as_csms

PATIENCE = 120.0
LONGEST = 0.6
"""Seconds within which a station that charges is killed."""
EARLY = 0.15
"""The share of lives that are also ended before energy flows: while the station starts, connects, boots or authorizes."""
_HUNGRY = 1_000_000
"""Wh that no battery takes: the vehicle wants energy until the end."""
_LOOK = 0.01
_PACE = Pace(tick=0.05)
_PROCESSES = threading.Lock()
"""Held while one is started or ended: `multiprocessing` reaps the children of all threads in each of them."""


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One kind of charge. `resumes`: an interrupted transaction goes on; `speed`: how much faster than life."""

    version: OcppVersion
    layout: str
    vehicle: str
    speed: float
    resumes: bool

    @property
    def name(self) -> str:
        """As it is said in results."""
        return f"{self.version.value} {'resumes' if self.resumes else 'ends'}"


def _lanes() -> tuple[Lane, ...]:
    kinds = (
        (OcppVersion.V16, "wallbox-11", "compact-58", 200.0),
        (OcppVersion.V201, "ac-22-single", "hatch-52", 200.0),
        (OcppVersion.V21, "dc-150-ccs", "family-77", 15.0),
    )
    return tuple(
        Lane(version=version, layout=plan, vehicle=car, speed=speed, resumes=resumes)
        for resumes in (False, True)
        for version, plan, car, speed in kinds
    )


LANES = _lanes()
"""Each version, with transactions that end by an interruption and with ones that go on."""


# --- in the station's process --------------------------------------------------------------------------------------------------------


class Meter:
    """The state of the hardware in a file: a kill leaves either the step before or this one, whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._new = path.with_suffix(".new")

    def read(self) -> str | None:
        """As it was at the last step."""
        return self._path.read_text() if self._path.exists() else None

    def write(self, state: Mapping[str, object]) -> None:
        """This step."""
        self._new.write_text(json.dumps(state))
        os.replace(self._new, self._path)


class StorageBesideMeter(SqliteStorage):
    """A storage whose hardware is what the meter's file says, not what was saved with the last commit."""

    meter: Meter

    def hardware(self) -> str | None:
        """See the class."""
        return self.meter.read()


def live_beside_meter(report: Connection, lane: Lane, name: str, url: str, folder: Path, finish: bool) -> None:
    """A station of a lane with its driver; ("charging",) when energy flows; with `finish`: it ends the charge, then ("done", Wh)."""
    asyncio.run(_live(report, lane, name, url, folder, finish))


async def _live(report: Connection, lane: Lane, name: str, url: str, folder: Path, finish: bool) -> None:
    story = story_of(lane, name)
    station = station_beside_meter(lane, name, url, folder, FrameFile(folder / "frames.jsonl", None).note)
    async with station:
        assert station.failed is not None
        driver = Driver(station, replace(story, energy_wh=1) if finish else story)
        works = [asyncio.ensure_future(driver.drive(report.send))]
        if not finish:
            works.append(asyncio.ensure_future(_tell_of_energy(station, driver, report.send)))
        await asyncio.wait({*works, station.failed}, return_when=asyncio.FIRST_EXCEPTION)
        for ended in (station.failed, *works):
            if ended.done():
                ended.result()


async def _tell_of_energy(station: Station, driver: Driver, report: Callable[[tuple[str]], None]) -> None:
    before = driver.delivered
    while not (station.hardware.contactor_closed(1) and driver.delivered > before):
        await asyncio.sleep(_LOOK)
    report(("charging",))


def story_of(lane: Lane, name: str) -> Story:
    """A driver who wants all that can be had."""
    return Story(
        station=name,
        version=lane.version,
        layout=lane.layout,
        vehicle=lane.vehicle,
        soc=5,
        energy_wh=_HUNGRY,
        id_token="04A1B2C3D4E5F6",
    )


def station_beside_meter(lane: Lane, name: str, url: str, folder: Path, on_frame: OnFrame) -> Station:
    """The station of a lane: its storage on disk, its meter beside it."""
    storage = StorageBesideMeter(folder / "station.db", station_id=name)
    storage.meter = Meter(folder / "meter.json")
    habits = StationSettings.ocpp16 if lane.version is OcppVersion.V16 else StationSettings.ocpp2
    settings = habits(
        StationIdentity(vendor="Pilotwire", model="One"), variables=_variables(lane), diagnostics_log=False
    )
    station = Station(
        settings,
        layout(lane.layout),
        Endpoint(url=url, identity=name),
        DIALECTS[lane.version],
        storage,
        SystemClock(),
        speed=lane.speed,
        vehicle_from=vehicle_from,
        on_frame=on_frame,
        pace=_PACE,
    )
    _count_outside(station, storage.meter)
    return station


def _variables(lane: Lane) -> dict[str, str]:
    return {
        "SampledDataCtrlr.TxUpdatedInterval": "1",
        "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "0",
        "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "1",
        "OCPPCommCtrlr.RetryBackOffWaitMinimum": "0",
        "OCPPCommCtrlr.RetryBackOffRandomRange": "1",
        "TxCtrlr.ResumptionTimeout": "600" if lane.resumes else "0",
    }


def _count_outside(station: Station, meter: Meter) -> None:
    """Every step of the hardware is in the meter's file before the station can know of it."""
    step, saved = station.hardware.advance, station.hardware.save

    def advance(seconds: float) -> list[HardwareEvent]:
        happened = step(seconds)
        meter.write(saved())
        return happened

    station.hardware.advance = advance  # type: ignore[method-assign]


# --- outside of it -------------------------------------------------------------------------------------------------------------------


@dataclass
class Charge:
    """One charge at a station of its own; `kills` while energy flowed, `early` before it did."""

    lane: Lane
    name: str
    url: str
    folder: Path
    chance: random.Random
    kills: int = 0
    early: int = 0
    delivered: int = 0

    def go(self, times: int) -> None:
        """Kill the station so many times while energy flows, then let the charge come to its end."""
        self.folder.mkdir()
        while self.kills < times:
            if self.chance.random() < EARLY:
                self._kill_early()
            else:
                self._kill_while_charging()
        self.delivered = self._finish()

    def _life(self, *, finish: bool = False) -> Life:
        with _PROCESSES:
            return Life(live_beside_meter, self.lane, self.name, self.url, self.folder, finish)

    def _kill_early(self) -> None:
        life = self._life()
        wait([life.sentinel], self.chance.uniform(0.0, LONGEST))
        self._kill(life)
        self.early += 1

    def _kill_while_charging(self) -> None:
        life = self._life()
        told = life.heard(PATIENCE)
        assert told == ("charging",), f"{self.name} did not come to charge: {told}"
        wait([life.sentinel], self.chance.uniform(0.0, LONGEST))
        self._kill(life)
        self.kills += 1

    def _kill(self, life: Life) -> None:
        with _PROCESSES:
            code = life.kill()
        assert code == -9, f"{self.name} ended by itself with {code}"

    def _finish(self) -> int:
        life = self._life(finish=True)
        told = life.heard(PATIENCE)
        self._kill(life)
        assert told is not None, f"the charge at {self.name} did not come to its end"
        return int(told[1])

    async def check(self, database: Path) -> Booked:
        """What is booked against what was said and what the meter counted; raises AssertionError for any difference."""
        left = SqliteStorage(self.folder / "station.db", station_id=self.name).load()
        assert left is not None
        assert left.outbox == ()
        said = said_in(self.folder / "frames.jsonl")
        async with open_store(str(database), clock=SystemClock()) as opened:
            books = await Books.of(opened.store, self.name)
        check_books(books, said)
        assert books.energy == self.delivered, f"{self.name}: {books.energy} Wh booked, {self.delivered} Wh delivered"
        assert self.delivered > 0
        if self.lane.resumes:
            assert len(books.transactions) == 1, f"{self.name}: not resumed, {len(books.transactions)} transactions"
        repeated = sum(len(each.times) - 1 for each in said)
        return Booked(self, len(books.transactions), len(said), repeated, books.energy)


@dataclass(frozen=True)
class Booked:
    """What a charge came to; `repeated` messages were said again because their answer was not heard."""

    charge: Charge
    transactions: int
    messages: int
    repeated: int
    energy: Decimal


def live_as_quiet_csms(report: Connection, database: str) -> None:
    """As `live_as_csms`, without a word on lines that break: they all do."""
    configure_logging("error")
    live_as_csms(report, database, 0, None)


@dataclass
class OneCsms:
    """A CSMS process for all charges."""

    folder: Path
    url: str = ""
    _life: Life | None = field(default=None, repr=False)

    @property
    def database(self) -> Path:
        """Its file."""
        return self.folder / "csms.db"

    def __enter__(self) -> OneCsms:
        self._life = Life(live_as_quiet_csms, str(self.database))
        told = self._life.heard(PATIENCE)
        assert told is not None, "the CSMS did not start"
        self.url = f"ws://127.0.0.1:{told[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._life is not None
        self._life.kill()


async def check_all(charges: Sequence[Charge], database: Path) -> list[Booked]:
    """All of them, in order."""
    return [await charge.check(database) for charge in charges]
