"""The control port of one station. Everything is done at once and answered with the station's state after it.

The port listens on a loopback address unless told otherwise, and may have a password. Its root is a page for people.
"""

from __future__ import annotations

from fastapi import Depends, FastAPI, Request

from pilotwire.clock import Clock, SystemClock
from pilotwire.station.app import Station
from pilotwire.station.control.acts import acting, looking
from pilotwire.station.control.bodies import Refusal
from pilotwire.station.control.garage import VehicleMaker
from pilotwire.station.control.hosted import Hosted
from pilotwire.station.control.login import Door
from pilotwire.station.control.origins import from_here
from pilotwire.station.control.page import doorway, settings_page
from pilotwire.station.control.refusals import answer_refusals
from pilotwire.station.control.setup import setup_page
from pilotwire.station.core.maintenance import MaintenanceLogin


def control_api(
    station: Station, make_vehicle: VehicleMaker, *, password: str | None = None, clock: Clock | None = None
) -> FastAPI:
    """The control port of one station. `make_vehicle` builds vehicles by model name; with a `password` only who says it may do anything."""
    api = FastAPI(
        title=f"Pilotwire station {station.identity}",
        docs_url=None,
        redoc_url=None,
        responses={status: {"model": Refusal} for status in (401, 409, 422)},
        dependencies=[Depends(from_here)],
    )
    hosted = Hosted(station, make_vehicle)
    door = Door(password, clock or SystemClock(), lambda accepted: station.feed(MaintenanceLogin(accepted)))

    async def the_station(request: Request) -> None:
        door.admit(request)
        request.state.hosted = hosted

    answer_refusals(api)
    api.include_router(doorway(door))
    for router in (looking(), acting(), settings_page(), setup_page()):
        api.include_router(router, dependencies=[Depends(the_station)])
    return api
