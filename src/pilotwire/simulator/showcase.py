"""Three cars charge, one a protocol version, and one of the stations loses its line in the middle.

The story is told over real sockets: stations connect to whatever CSMS they are given, and what it booked is asked for through its
REST API and held against what each vehicle's own meter counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pilotwire.clock import Clock
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.errors import NotReachable
from pilotwire.ev import Vehicle
from pilotwire.ocpp.version import OcppVersion
from pilotwire.simulator.backend import Backend
from pilotwire.simulator.building import build_station, make_vehicle
from pilotwire.station.app import Station
from pilotwire.station.core.overview import Overview
from pilotwire.station.settings import StationProgramSettings

LOOK = 0.05
"""Seconds between two looks at how a story goes on."""
PATIENCE = 60.0
"""Seconds any one step may take."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """What happens at one station. `energy_wh` is what the driver wants; `ends` how it ends; `loses_line` at half of the energy."""

    station: str
    version: OcppVersion
    layout: str
    vehicle: str
    soc: float
    energy_wh: int
    id_token: str
    begins: Literal["tap", "remote"] = "tap"
    ends: Literal["tap", "remote", "unplug"] = "tap"
    loses_line: bool = False


STORIES = (
    Story(
        station="SHOW-16",
        version=OcppVersion.V16,
        layout="wallbox-11",
        vehicle="compact-58",
        soc=35,
        energy_wh=7_000,
        id_token="04A1B2C3D4E5F6",
        ends="tap",
        loses_line=True,
    ),
    Story(
        station="SHOW-201",
        version=OcppVersion.V201,
        layout="ac-22-single",
        vehicle="hatch-52",
        soc=20,
        energy_wh=14_000,
        id_token="04112233445566",
        begins="remote",
        ends="remote",
    ),
    Story(
        station="SHOW-21",
        version=OcppVersion.V21,
        layout="dc-150-ccs",
        vehicle="family-77",
        soc=12,
        energy_wh=38_000,
        id_token="04AABBCCDDEEFF",
        ends="unplug",
    ),
)


@dataclass
class Progress:
    """How far a story is; the watcher may look at any time. `step` is a sentence for people."""

    story: Story
    step: str = "starts"
    delivered_wh: int = 0
    soc: float = 0.0
    line_up: bool = False
    waiting: int = 0
    messages: int = 0


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of a story: Wh by the vehicle's meter, and what the CSMS booked (None: nothing, or no end of it).

    `late_by` is the most seconds between an event and its arrival at the CSMS.
    """

    story: Story
    delivered_wh: int
    booked_wh: Decimal | None
    transactions: int
    transaction_id: str = ""
    stopped_reason: str = ""
    start_trigger: str = ""
    events: int = 0
    messages: int = 0
    late_by: float = 0.0

    @property
    def right(self) -> bool:
        """Whether exactly one transaction was booked with exactly the energy the vehicle received, and it received some."""
        return self.transactions == 1 and self.booked_wh == self.delivered_wh > 0


@dataclass(kw_only=True)
class Showcase:
    """The stories of `stories`, side by side. `speed` is how much faster than life hardware and vehicles run."""

    csms_url: str
    backend: Backend
    folder: Path
    clock: Clock
    speed: float = 300.0
    stories: Sequence[Story] = STORIES
    progress: list[Progress] = field(init=False)

    def __post_init__(self) -> None:
        self.progress = [Progress(story) for story in self.stories]

    async def run(self) -> list[Result]:
        """Live through all stories. Raises NotReachable if one does not come to its end."""
        for story in self.stories:
            await self.backend.put_token(story.id_token)
        running = [asyncio.ensure_future(self._live(progress)) for progress in self.progress]
        try:
            return list(await asyncio.gather(*running))
        finally:
            for one in running:  # those beside one that did not come to its end
                one.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _live(self, progress: Progress) -> Result:
        story = progress.story
        vehicle = make_vehicle(story.vehicle, soc=story.soc, energy_wh=story.energy_wh)

        def count(*_: object) -> None:
            progress.messages += 1

        station = build_station(self._settings(story), self.clock, on_frame=count)
        async with station:
            watcher = asyncio.get_running_loop().create_task(_watch(progress, station, vehicle))
            try:
                await _Telling(story, progress, station, vehicle, self.backend).tell()
            finally:
                watcher.cancel()
        return await self._result(progress, vehicle)

    def _settings(self, story: Story) -> StationProgramSettings:
        return StationProgramSettings(
            id=story.station,
            ocpp=story.version.value,
            csms=self.csms_url,
            layout=story.layout,
            storage=str(self.folder / f"{story.station}.station.db"),
            speed=self.speed,
            variables={"SampledDataCtrlr.TxUpdatedInterval": "2"},
        )

    async def _result(self, progress: Progress, vehicle: Vehicle) -> Result:
        station = progress.story.station
        booked = await self.backend.transactions(station)
        one = await self.backend.transaction(station, booked[0]["transactionId"]) if booked else {}
        energy = one.get("energyWh") if one.get("endedAt") else None
        return Result(
            story=progress.story,
            delivered_wh=vehicle.meter.delivered_wh,
            booked_wh=None if energy is None else Decimal(str(energy)),
            transactions=len(booked),
            transaction_id=one.get("transactionId") or "",
            stopped_reason=one.get("stoppedReason") or "",
            start_trigger=one.get("triggerReason") or "",
            events=one.get("eventCount") or 0,
            messages=progress.messages,
            late_by=max((_delay(event) for event in one.get("events", ())), default=0.0),
        )


def _delay(event: dict[str, Any]) -> float:
    return (datetime.fromisoformat(event["receivedAt"]) - datetime.fromisoformat(event["timestamp"])).total_seconds()


class _Telling:
    """One story, step by step."""

    def __init__(self, story: Story, progress: Progress, station: Station, vehicle: Vehicle, backend: Backend) -> None:
        self._story = story
        self._progress = progress
        self._station = station
        self._vehicle = vehicle
        self._backend = backend

    async def tell(self) -> None:
        """From the first connection to the last delivered message."""
        story, hardware = self._story, self._station.simulated
        await self._until("connects", lambda: self._overview().registration is RegistrationStatus.ACCEPTED)
        self._station.happened(hardware.plug(1, 1, self._vehicle))
        await self._begin()
        await self._until("charges", lambda: self._vehicle.meter.delivered_wh >= story.energy_wh // 2)
        if story.loses_line:
            self._station.line.cut()
        await self._until(
            "charges on without a line" if story.loses_line else "charges",
            lambda: self._vehicle.meter.delivered_wh >= story.energy_wh or not self._vehicle.requests_power,
        )
        await self._end()
        if story.loses_line:
            self._station.line.restore()
        await self._until("delivers what is left", lambda: self._overview().waiting == 0)
        self._progress.step, self._progress.waiting = "done", 0

    async def _begin(self) -> None:
        if self._story.begins == "remote":
            await self._backend.request_start(self._story.station, self._story.id_token)
        else:
            self._station.happened(self._station.simulated.tap(self._story.id_token))
        await self._until("authorizes", self._charging)

    async def _end(self) -> None:
        hardware = self._station.simulated
        if self._story.ends == "remote":
            await self._backend.request_stop(self._story.station, await self._open_transaction())
        elif self._story.ends == "tap":
            self._station.happened(hardware.tap(self._story.id_token))
        if self._story.ends != "unplug":
            await self._until("stops", lambda: not hardware.contactor_closed(1) and not hardware.is_locked(1, 1))
        self._station.happened(hardware.unplug(1, 1))
        await self._until("ends", lambda: self._overview().evses[0].transaction_id is None)

    async def _open_transaction(self) -> str:
        booked = await self._backend.transactions(self._story.station)
        return str(booked[0]["transactionId"])

    def _charging(self) -> bool:
        return self._station.simulated.contactor_closed(1) and self._vehicle.meter.delivered_wh > 0

    def _overview(self) -> Overview:
        return self._station.core.overview()

    async def _until(self, step: str, done: Callable[[], bool]) -> None:
        self._progress.step = step
        try:
            async with asyncio.timeout(PATIENCE):
                while not done():
                    self._check_alive()
                    await asyncio.sleep(LOOK)
        except TimeoutError:
            trouble = self._station.line.trouble
            raise NotReachable(
                f"{self._story.station} came no further than {step!r} within {PATIENCE:.0f} s. {trouble}".rstrip()
            ) from None

    def _check_alive(self) -> None:
        if self._station.failure:
            raise NotReachable(f"{self._story.station} has stopped: {self._station.failure}")


async def _watch(progress: Progress, station: Station, vehicle: Vehicle) -> None:
    while True:
        progress.delivered_wh = vehicle.meter.delivered_wh
        progress.soc = vehicle.soc_percent
        progress.line_up = station.line.is_up
        progress.waiting = station.core.overview().waiting
        await asyncio.sleep(LOOK)
