"""A fleet at work: its stations are switched on one after the other, and what the scenario says is done when its time has come."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from pilotwire.clock import Clock
from pilotwire.dialects.every import DIALECTS
from pilotwire.domain.identity import StationIdentity
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.errors import ConfigError, PilotwireError
from pilotwire.ocpp.net.peer import OnFrame
from pilotwire.ocpp.version import OcppVersion
from pilotwire.simulator.building import make_vehicle, vehicle_from
from pilotwire.simulator.fleet.days import Deed, deeds
from pilotwire.simulator.fleet.scenario import Kind, Scenario
from pilotwire.station.app import Pace, Station
from pilotwire.station.control.acts import ACTS
from pilotwire.station.control.hosted import Hosted
from pilotwire.station.core import EvseOverview
from pilotwire.station.core.settings import StationSettings
from pilotwire.station.endpoints import Endpoint, SoapPlace, spoken
from pilotwire.station.hardware.drivers import find_driver, find_layout
from pilotwire.station.hardware.simulated import SimulatedStation
from pilotwire.station.setup import check_place
from pilotwire.station.storage import MemoryStorage, SqliteFile, Storage

_log = structlog.get_logger("pilotwire.simulator.fleet")

FLEET_PACE = Pace(tick=1.0, save_every=None)
"""How closely the hardware of many stations is followed: once a second where a vehicle is; saved with the facts alone."""
_STOPPED_TOGETHER = 100
_LONGEST_NAP = 0.25
"""Seconds between two looks at what is due."""


@dataclass
class Counts:
    """What was done and what came of it. `undone` counts by the sentence why something could not be done."""

    done: Counter[str] = field(default_factory=Counter)
    undone: Counter[str] = field(default_factory=Counter)
    frames_out: int = 0
    frames_in: int = 0


@dataclass(frozen=True)
class Standing:
    """The fleet at one moment."""

    seconds: float
    stations: int
    on: int
    connected: int
    accepted: int
    charging: int
    transactions: int
    power_w: float
    waiting: int
    failed: int
    troubles: tuple[tuple[str, int], ...]


class Fleet:
    """Stations `<prefix>00001` and so on, `count` of them (None: one, called `prefix`), all at one CSMS.

    `storage` None: what they keep lives in memory. Raises `ConfigError` for a URL, or a script, that cannot be.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        count: int | None,
        prefix: str,
        url: str,
        clock: Clock,
        password: str | None = None,
        storage: Path | None = None,
    ) -> None:
        self.scenario = scenario
        self.count = count or 1
        self._numbered = count is not None
        self.counts = Counts()
        self.seconds = 0.0
        self._clock = clock
        self._prefix = prefix
        self._url = url
        self._password = password
        self._file = None if storage is None else SqliteFile(storage)
        self._hosted: list[Hosted] = []
        self._kinds = _kinds(scenario, self.count)
        self._doing: set[asyncio.Task[None]] = set()
        for kind in scenario.fleet:
            self._check(kind)
        for line in scenario.script:
            if line.do not in ACTS:
                raise ConfigError(f"The script cannot do {line.do!r}.", f"It can do {', '.join(ACTS)}.")
            ACTS[line.do].read(line.give)

    @property
    def hosted(self) -> tuple[Hosted, ...]:
        """The stations that were switched on, in their order."""
        return tuple(self._hosted)

    def identity(self, number: int) -> str:
        """What the station of a number (from 1) is called."""
        return f"{self._prefix}{number:05d}" if self._numbered else self._prefix

    def _check(self, kind: Kind) -> None:
        """Raises `ConfigError` for a kind of station that cannot be, before there is any."""
        _, soap = spoken(kind.ocpp, kind.transport)
        check_place(kind.csms or self._url, self.identity(self.count), None, self._password, soap=soap is not None)
        find_driver(kind.driver)

    # --- life --------------------------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event | None = None) -> None:
        """Go through the scenario to its end, or until `stop`; then all stations are switched off."""
        stop = stop or asyncio.Event()
        try:
            await asyncio.gather(self._switch_on(stop), self._act(stop))
        finally:
            for task in tuple(self._doing):
                task.cancel()
            await asyncio.gather(*self._doing, return_exceptions=True)
            await self._switch_off()

    async def _switch_on(self, stop: asyncio.Event) -> None:
        began = self._clock.monotonic()
        for number in range(1, self.count + 1):
            ahead = number / self.scenario.start_rate - (self._clock.monotonic() - began)
            if ahead > 0:
                await _wait(stop, ahead)
            if stop.is_set():
                return
            station = self._build(number, self._kinds[number - 1])
            self._hosted.append(Hosted(station, make_vehicle))
            station.start()
            if number % 20 == 0:
                await asyncio.sleep(0)

    async def _switch_off(self) -> None:
        for first in range(0, len(self._hosted), _STOPPED_TOGETHER):
            some = self._hosted[first : first + _STOPPED_TOGETHER]
            await asyncio.gather(*(hosted.station.stop() for hosted in some), return_exceptions=True)
        if self._file is not None:
            self._file.close()

    def _build(self, number: int, kind: Kind) -> Station:
        version, soap = spoken(kind.ocpp, kind.transport)
        habits = StationSettings.ocpp16 if version is OcppVersion.V16 else StationSettings.ocpp2
        plan = find_layout(kind.layout)
        identity = self.identity(number)
        who = StationIdentity(
            vendor=kind.vendor, model=kind.model or plan.model, serial_number=f"{number:08d}", firmware_version="0.1.0"
        )
        storage: Storage = MemoryStorage() if self._file is None else self._file.station(identity)
        return Station(
            habits(who, variables=kind.variables, **{"diagnostics_log": False, **kind.habits.said()}),
            plan,
            Endpoint(
                url=kind.csms or self._url,
                identity=identity,
                password=self._password,
                soap=None if soap is None else SoapPlace(version=soap, host=kind.soap_host),
            ),
            DIALECTS[version],
            storage,
            self._clock,
            speed=self.scenario.speed,
            driver=find_driver(kind.driver, kind.driver_options, vehicle_from=vehicle_from),
            on_frame=self._counting(),
            pace=FLEET_PACE,
        )

    def _counting(self) -> OnFrame:
        counts = self.counts

        def count(direction: str, *_: object) -> None:
            if direction == "in":
                counts.frames_in += 1
            else:
                counts.frames_out += 1

        return count

    # --- the scenario --------------------------------------------------------------------------------------------------

    async def _act(self, stop: asyncio.Event) -> None:
        """Do what is due. A station's own scenario begins when it is switched on."""
        began = self._clock.monotonic()
        due: list[tuple[float, int, Deed]] = []
        streams: list[Iterator[Deed]] = []
        begun: list[float] = []
        while not stop.is_set():
            self.seconds = (self._clock.monotonic() - began) * self.scenario.speed
            if self.scenario.duration is not None and self.seconds >= self.scenario.duration:
                stop.set()
                return
            while len(streams) < len(self._hosted):
                begun.append(self.seconds)
                streams.append(self._deeds(len(streams)))
                _push(due, streams, begun, len(streams) - 1)
            while due and due[0][0] <= self.seconds:
                _, place, deed = heapq.heappop(due)
                self._spawn(place, deed)
                _push(due, streams, begun, place)
            await _wait(stop, self._nap(due))

    def _nap(self, due: list[tuple[float, int, Deed]]) -> float:
        if not due:
            return _LONGEST_NAP
        return min(max((due[0][0] - self.seconds) / self.scenario.speed, 0.001), _LONGEST_NAP)

    def _deeds(self, place: int) -> Iterator[Deed]:
        evses = self._hosted[place].station.layout.evses
        connectors = {evse.evse_id: len(evse.connectors) for evse in evses}
        return deeds(self.scenario, place + 1, len(evses), connectors)

    def _spawn(self, place: int, deed: Deed) -> None:
        task = asyncio.get_running_loop().create_task(self._do(place, deed))
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)

    async def _do(self, place: int, deed: Deed) -> None:
        act, hosted = ACTS[deed.do], self._hosted[place]
        try:
            hosted.check_alive()
            await act.on(hosted, act.read(deed.give))
        except PilotwireError as error:
            self.counts.undone[f"{deed.do}: {error.what}"] += 1
            _log.debug("this could not be done", station=hosted.station.identity, do=deed.do, why=str(error))
        else:
            self.counts.done[deed.do] += 1

    # --- looking -------------------------------------------------------------------------------------------------------

    def standing(self) -> Standing:
        """How things stand."""
        accepted = charging = transactions = waiting = connected = failed = 0
        power = 0.0
        troubles: Counter[str] = Counter()
        for hosted in self._hosted:
            station = hosted.station
            seen = station.core.overview()
            connected += station.line.is_up
            accepted += station.line.is_up and seen.registration is RegistrationStatus.ACCEPTED
            failed += bool(station.failure)
            waiting += seen.waiting
            if station.line.trouble:
                troubles[station.line.trouble] += 1
            for evse in seen.evses:
                transactions += evse.transaction_id is not None
                if _is_used(station, evse):
                    watts = float(station.hardware.meter(evse.evse_id).power_w)
                    charging += watts > 0
                    power += watts
        return Standing(
            self.seconds,
            self.count,
            len(self._hosted),
            connected,
            accepted,
            charging,
            transactions,
            power,
            waiting,
            failed,
            tuple(troubles.most_common(3)),
        )


def _is_used(station: Station, evse: EvseOverview) -> bool:
    """Whether power may flow: a vehicle is plugged in, or as far as other hardware tells, somebody charges."""
    if isinstance(hardware := station.hardware, SimulatedStation):
        return hardware.vehicle_at(evse.evse_id) is not None
    return evse.transaction_id is not None


def _kinds(scenario: Scenario, count: int) -> list[Kind]:
    """Which station is of which kind: by their shares, mixed."""
    chance = random.Random(f"{scenario.seed}/kinds")
    kinds = list(scenario.fleet)
    return chance.choices(kinds, weights=[kind.share for kind in kinds], k=count)


def _push(due: list[tuple[float, int, Deed]], streams: list[Iterator[Deed]], begun: list[float], place: int) -> None:
    deed = next(streams[place], None)
    if deed is not None:
        heapq.heappush(due, (begun[place] + deed.at, place, deed))


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
