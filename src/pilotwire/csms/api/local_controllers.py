"""Local controllers: which stations connect through which one (J2:6)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import READ, WRITE
from pilotwire.csms.api.problems import READS, WRITES, not_found, problems
from pilotwire.csms.api.resource import TEXT, Resource
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.registers.credentials import LOCAL_CONTROLLERS, LocalController

router = APIRouter(prefix="/local-controllers", tags=["stations"])
_Controller = Annotated[
    str, Path(min_length=1, max_length=60, pattern=TEXT, description="The identity of the local controller.")
]
_Identity = Annotated[str, Field(min_length=1, max_length=60, pattern=TEXT)]


class LocalControllerChange(Resource):
    """The stations behind a local controller: its certificate, or its password, is accepted for the connections of these."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"stations": ["CS-0001", "CS-0002"]}]})

    stations: list[_Identity] = Field(max_length=1000)


class LocalControllerResource(LocalControllerChange):
    """A local controller on record."""

    controller: str


@router.get("/{controller}", dependencies=[READ], responses=READS | problems(404), summary="Get a local controller")
async def get_local_controller(desk: TheDesk, controller: _Controller) -> LocalControllerResource:
    """The stations behind a local controller."""
    kept = await desk.store.record(LOCAL_CONTROLLERS, controller, "")
    if kept is None:
        raise not_found(f"There is no local controller {controller!r} on record.")
    return LocalControllerResource(controller=controller, stations=list(kept.stations))


@router.put("/{controller}", dependencies=[WRITE], responses=WRITES, summary="Say which stations it speaks for")
async def put_local_controller(
    desk: TheDesk, controller: _Controller, wanted: LocalControllerChange
) -> LocalControllerResource:
    """Put a local controller on record with the stations behind it. It counts from the next handshake on."""
    stations = tuple(dict.fromkeys(wanted.stations))
    await desk.write(LOCAL_CONTROLLERS.put(controller, "", LocalController(stations=stations)))
    return LocalControllerResource(controller=controller, stations=list(stations))


@router.delete(
    "/{controller}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    dependencies=[WRITE],
    responses=READS | problems(404),
    summary="Take a local controller off record",
)
async def delete_local_controller(desk: TheDesk, controller: _Controller) -> None:
    """It speaks for no station any more; connections that are open stay."""
    if (await desk.write(LOCAL_CONTROLLERS.remove(controller, ""))).before is None:
        raise not_found(f"There is no local controller {controller!r} on record.")
