"""The control port of one station. Everything is done at once and answered with the station's state after it.

The port listens on a loopback address unless told otherwise, and may have a password and a token. Its root is a page for people.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from fastapi import Depends, FastAPI, Request, Response

from pilotwire.clock import Clock, SystemClock
from pilotwire.station.app import Station
from pilotwire.station.control.acts import acting, looking
from pilotwire.station.control.bodies import Refusal
from pilotwire.station.control.garage import VehicleMaker
from pilotwire.station.control.guard import Guard
from pilotwire.station.control.hosted import Hosted
from pilotwire.station.control.login import Door
from pilotwire.station.control.origins import from_here
from pilotwire.station.control.page import doorway, settings_page
from pilotwire.station.control.refusals import answer_refusals
from pilotwire.station.control.setup import setup_page
from pilotwire.station.core.maintenance import MaintenanceLogin


def control_api(
    station: Station,
    make_vehicle: VehicleMaker,
    *,
    password: str | None = None,
    token: str | None = None,
    host: str = "127.0.0.1",
    names: Collection[str] = (),
    clock: Clock | None = None,
) -> FastAPI:
    """The control port of one station. `make_vehicle` builds vehicles by model name.

    With a `password` or a `token` only who says one may do anything. `host` is where it listens, `names` are what else it may be called.
    """
    api = FastAPI(
        title=f"Pilotwire station {station.identity}",
        docs_url=None,
        redoc_url=None,
        responses={status: {"model": Refusal} for status in (401, 403, 409, 422)},
        dependencies=[Depends(from_here)],
    )
    hosted = Hosted(station, make_vehicle)
    told = partial(_tell_login, station)
    door = Door(password, clock or SystemClock(), told, token=token)

    async def the_station(request: Request, response: Response) -> None:
        door.admit(request, response)
        request.state.hosted = hosted

    answer_refusals(api)
    api.add_middleware(Guard, host=host, names=names)
    api.include_router(doorway(door))
    for router in (looking(), acting(), settings_page(), setup_page()):
        api.include_router(router, dependencies=[Depends(the_station)])
    return api


def _tell_login(station: Station, accepted: bool) -> None:
    station.feed(MaintenanceLogin(accepted))
