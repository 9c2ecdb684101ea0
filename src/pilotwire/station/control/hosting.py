"""One process as many stations: made, started, stopped and removed at run time through the control port."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Body, Depends, FastAPI, Request
from fastapi import Path as InPath

from pilotwire.clock import Clock, SystemClock
from pilotwire.station.app import Station
from pilotwire.station.control.acts import acting, looking
from pilotwire.station.control.bodies import Refusal, Start, StationPlan
from pilotwire.station.control.garage import VehicleMaker
from pilotwire.station.control.guard import Guard
from pilotwire.station.control.hosted import Hosted
from pilotwire.station.control.login import Door
from pilotwire.station.control.origins import from_here
from pilotwire.station.control.page import settings_page
from pilotwire.station.control.refusals import NotHere, answer_refusals
from pilotwire.station.control.scripts import check_script, play
from pilotwire.station.control.setup import setup_page
from pilotwire.station.files import Files, MemoryFiles
from pilotwire.station.hardware.ports import HardwareError
from pilotwire.station.setup import Setup
from pilotwire.station.storage import MemoryStorage, Storage

_TOGETHER = 50
"""So many stations are stopped at once when the host ends."""


class Builder(Protocol):
    """Puts a station together; raises `PilotwireError` for a plan that cannot be."""

    def __call__(self, plan: StationPlan, storage: Storage, files: Files) -> Station:
        """A station that is not started yet."""
        ...


@dataclass
class _Place:
    """One station of a host: its plan, what it keeps, and itself while it is on."""

    plan: StationPlan
    storage: Storage
    files: Files
    hosted: Hosted | None = None
    playing: asyncio.Task[None] | None = None


class Host:
    """The stations of one process. What they keep lives as long as they are here: a stopped one goes on where it was."""

    def __init__(self, build: Builder, make_vehicle: VehicleMaker) -> None:
        self._build = build
        self._make_vehicle = make_vehicle
        self._places: dict[str, _Place] = {}

    async def __aenter__(self) -> Host:
        return self

    async def __aexit__(self, *_: object) -> None:
        identities = list(self._places)
        for first in range(0, len(identities), _TOGETHER):
            await asyncio.gather(*(self.remove(one) for one in identities[first : first + _TOGETHER]))

    async def create(self, plan: StationPlan) -> dict[str, Any]:
        """Make a station, and start it unless the plan says otherwise."""
        if plan.identity in self._places:
            raise HardwareError(
                f"There is a station {plan.identity} already.", "Remove it first, or choose another identity."
            )
        check_script(plan.script)
        self._places[plan.identity] = place = _Place(plan, MemoryStorage(), MemoryFiles())
        try:
            self._switch_on(place)
        except BaseException:
            del self._places[plan.identity]
            raise
        if not plan.started:
            await self.stop(plan.identity)
        return self.seen(plan.identity)

    def _switch_on(self, place: _Place) -> None:
        station = self._build(place.plan, place.storage, place.files)
        place.hosted = Hosted(station, self._make_vehicle, renamed=partial(self._renaming, place))
        if place.plan.started:
            station.start()
            if place.plan.script:
                playing = play(place.plan.script, place.hosted, place.plan.speed)
                place.playing = asyncio.get_running_loop().create_task(playing)

    def _renaming(self, place: _Place, wanted: Setup) -> Callable[[], None]:
        """A station is to be set up anew, under another identity perhaps: its plan and its path go along."""
        was = place.plan.identity
        if wanted.identity != was and wanted.identity in self._places:
            raise HardwareError(f"There is a station {wanted.identity} already.", "Choose another identity.")

        def renamed() -> None:
            assert place.hosted is not None
            place.plan = planned(place.plan, place.hosted.station.setup)
            self._places[place.plan.identity] = self._places.pop(was)

        return renamed

    async def start(self, identity: str, *, empty: bool = False) -> dict[str, Any]:
        """Switch a stopped station on; `empty`: with nothing of what it kept."""
        place = self._place(identity)
        if place.hosted is not None:
            raise HardwareError(f"Station {identity} is on.", "Stop it first.")
        if empty:
            place.storage, place.files = MemoryStorage(), MemoryFiles()
        place.plan = place.plan.model_copy(update={"started": True})
        self._switch_on(place)
        return self.seen(identity)

    async def stop(self, identity: str) -> dict[str, Any]:
        """Switch a station off."""
        place = self._place(identity)
        if place.playing is not None:
            place.playing.cancel()
            place.playing = None
        hosted, place.hosted = place.hosted, None
        if hosted is not None:
            await hosted.station.stop()
        return self.seen(identity)

    async def remove(self, identity: str) -> None:
        """Switch a station off and forget it."""
        await self.stop(identity)
        self._places.pop(identity, None)

    def hosted(self, identity: str) -> Hosted:
        """The station of this identity, which must be on."""
        found = self._place(identity).hosted
        if found is None:
            raise HardwareError(f"Station {identity} is off.", "Start it first.")
        return found

    def _place(self, identity: str) -> _Place:
        if identity not in self._places:
            raise NotHere(f"There is no station {identity} here.", "GET /stations lists those there are.")
        return self._places[identity]

    def seen(self, identity: str) -> dict[str, Any]:
        """A station in one line of a list."""
        place = self._place(identity)
        line = None if place.hosted is None else place.hosted.station.line
        return {
            "identity": identity,
            "version": place.plan.version,
            "url": place.plan.url,
            "on": place.hosted is not None,
            "connected": line is not None and line.is_up,
            "trouble": "" if line is None else line.trouble,
            "stopped": (place.hosted.station.failure or None) if place.hosted is not None else None,
        }

    def all(self) -> list[dict[str, Any]]:
        """All stations, in the order they were made."""
        return [self.seen(identity) for identity in self._places]


def planned(plan: StationPlan, setup: Setup) -> StationPlan:
    """The plan of a station that has been set up anew, by which it is made again when it is switched off and on."""
    return plan.model_copy(
        update={
            "identity": setup.identity,
            "version": setup.ocpp,
            "transport": setup.transport,
            "url": setup.url,
            "security_profile": setup.security_profile,
            "soap_host": setup.soap_host,
            "soap_port": setup.soap_port,
            "soap_url": setup.soap_url or None,
            "soap_tls": setup.soap_tls,
        }
    )


def host_api(
    host: Host,
    *,
    token: str | None = None,
    address: str = "127.0.0.1",
    names: Collection[str] = (),
    clock: Clock | None = None,
) -> FastAPI:
    """The control port of a host: `/stations`, and under `/stations/{identity}` everything the port of one station has.

    With a `token` only who says it may do anything. `address` is where it listens, `names` are what else it may be called.
    """
    door = Door(None, clock or SystemClock(), _nobody_hears, token=token)
    api = FastAPI(
        title="Pilotwire stations",
        docs_url=None,
        redoc_url=None,
        responses={status: {"model": Refusal} for status in (401, 403, 404, 409, 422)},
        dependencies=[Depends(from_here), Depends(door.admit)],
    )
    answer_refusals(api)
    api.add_middleware(Guard, host=address, names=names)
    api.include_router(_stations(host))

    async def the_station(request: Request, identity: Annotated[str, InPath(max_length=60)]) -> None:
        request.state.hosted = host.hosted(identity)

    for router in (looking(), acting(), settings_page(), setup_page()):
        api.include_router(router, prefix="/stations/{identity}", dependencies=[Depends(the_station)])
    return api


def _nobody_hears(_: bool) -> None:
    """A login at a host is one at none of its stations."""


def _stations(host: Host) -> APIRouter:
    router = APIRouter(tags=["stations"])

    @router.get("/stations")
    async def stations() -> list[dict[str, Any]]:
        """All stations of this process."""
        return host.all()

    @router.post("/stations", status_code=201)
    async def create(plan: StationPlan) -> dict[str, Any]:
        """Make a station with nothing kept, and start it."""
        return await host.create(plan)

    @router.get("/stations/{identity}")
    async def one(identity: str) -> dict[str, Any]:
        """One station."""
        return host.seen(identity)

    @router.delete("/stations/{identity}", status_code=204)
    async def remove(identity: str) -> None:
        """Stop a station and forget it."""
        await host.remove(identity)

    @router.post("/stations/{identity}/start")
    async def start(identity: str, body: Annotated[Start, Body(default_factory=Start)]) -> dict[str, Any]:
        """Switch a station on."""
        return await host.start(identity, empty=body.empty)

    @router.post("/stations/{identity}/stop")
    async def stop(identity: str) -> dict[str, Any]:
        """Switch a station off: the connection is closed with a goodbye; what it kept stays kept."""
        return await host.stop(identity)

    return router
