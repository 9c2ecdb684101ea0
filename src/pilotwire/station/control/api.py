"""The control port of one station. Everything is done at once and answered with the station's state after it.

The port is for a lab: it has no password and listens on a loopback address unless told otherwise.
"""

from __future__ import annotations

from fastapi import Depends, FastAPI, Request

from pilotwire.station.app import Station
from pilotwire.station.control.acts import acting, looking
from pilotwire.station.control.bodies import Refusal
from pilotwire.station.control.garage import VehicleMaker
from pilotwire.station.control.hosted import Hosted
from pilotwire.station.control.refusals import answer_refusals


def control_api(station: Station, make_vehicle: VehicleMaker) -> FastAPI:
    """The control port of one station. `make_vehicle` builds vehicles by model name."""
    api = FastAPI(
        title=f"Pilotwire station {station.identity}",
        docs_url=None,
        redoc_url=None,
        responses={status: {"model": Refusal} for status in (409, 422)},
    )
    hosted = Hosted(station, make_vehicle)

    async def the_station(request: Request) -> None:
        request.state.hosted = hosted

    answer_refusals(api)
    for router in (looking(), acting()):
        api.include_router(router, dependencies=[Depends(the_station)])
    return api
