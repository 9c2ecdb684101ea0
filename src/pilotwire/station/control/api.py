"""The control port's paths. Everything is done at once and answered with the station's state after it.

What cannot be done (pulling a locked cable, a card at an EVSE that is not there) is refused with 409, a request that is not understood
with 422, a path that is not there with 404: always as `{"what": a sentence, "remedy": a sentence}`. A body may be left out where nothing
in it is needed. The port is for a lab: it has no password and listens on a loopback address unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Body, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException

from pilotwire.errors import MisuseError, PilotwireError
from pilotwire.station.app import Station
from pilotwire.station.control.garage import Garage, VehicleMaker
from pilotwire.station.hardware.ports import ErrorCode, HardwareError, HardwareEvent

_log = structlog.get_logger("pilotwire.station.control")


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class Refusal(BaseModel):
    """Why something was not done, and how to get it done."""

    what: str
    remedy: str


class Place(_Body):
    """An EVSE."""

    evse: int = 1


class Plug(_Body):
    """Plug a vehicle in. A vehicle that was here before is known by its `name`; a new one is made of `model` and `soc` (percent)."""

    evse: int = 1
    connector: int = 1
    name: str = Field(default="car", min_length=1, max_length=64)
    model: str | None = None
    soc: float | None = Field(default=None, ge=0, le=100)
    target_soc: float | None = Field(default=None, ge=0, le=100)
    energy_wh: int | None = Field(default=None, gt=0)
    cable_a: Decimal | None = None


class Unplug(_Body):
    """Unplug, at the station's end or the vehicle's (`side`)."""

    evse: int = 1
    connector: int = 1
    side: Literal["station", "vehicle"] = "station"


class Tap(_Body):
    """Hold a card to the reader, of one EVSE or of the station."""

    id_token: str = Field(min_length=1, max_length=36)
    type: str = "ISO14443"
    evse: int | None = None


class Fault(_Body):
    """Cause a fault, or clear it, at the station, an EVSE or a connector."""

    code: ErrorCode
    evse: int | None = None
    connector: int | None = None
    info: str = ""
    vendor_error_code: str = ""


def control_api(station: Station, make_vehicle: VehicleMaker) -> FastAPI:
    """The control port of one station. `make_vehicle` builds vehicles by model name."""
    api = FastAPI(
        title=f"Pilotwire station {station.identity}",
        docs_url=None,
        redoc_url=None,
        responses={status: {"model": Refusal} for status in (409, 422)},
    )
    garage = Garage(make_vehicle)
    for evse in station.layout.evses:
        if (vehicle := station.hardware.vehicle_at(evse.evse_id)) is not None:
            garage.adopt(f"evse-{evse.evse_id}", vehicle)
    _refusals(api)
    _looking(api, station, garage)
    acting = APIRouter(dependencies=[Depends(partial(_alive, station))])
    _driving(acting, station, garage)
    _breaking(acting, station)
    api.include_router(acting)
    return api


def _refusals(api: FastAPI) -> None:
    @api.exception_handler(PilotwireError)
    async def refused(request: Request, error: PilotwireError) -> JSONResponse:
        if isinstance(error, MisuseError):
            return await failed(request, error)
        return _refusal(409, error.what, error.remedy)

    @api.exception_handler(RequestValidationError)
    async def not_understood(_: Request, error: RequestValidationError) -> JSONResponse:
        what = "; ".join(_complaint(detail) for detail in error.errors())
        return _refusal(422, f"The request is not understood: {what}.", "GET /openapi.json tells what may be sent.")

    @api.exception_handler(HTTPException)
    async def not_there(request: Request, error: HTTPException) -> JSONResponse:
        what = f"{request.method} {request.url.path} is not to be had here: {error.detail}."
        return _refusal(error.status_code, what, "GET /openapi.json tells which paths there are.")

    @api.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:
        _log.error("a request failed", path=request.url.path, exc_info=error)
        return _refusal(500, f"A mistake in Pilotwire: {type(error).__name__}: {error}.", "Please report it.")


def _refusal(status: int, what: str, remedy: str) -> JSONResponse:
    return JSONResponse({"what": what, "remedy": remedy}, status_code=status)


def _complaint(detail: Any) -> str:
    """One thing that is wrong with a request: where, what it is, what it may be."""
    if detail["type"] == "json_invalid":
        return f"the body is no JSON ({detail['ctx']['error']})"
    where = ".".join(str(step) for step in detail["loc"][1:]) or "the body"
    if detail["type"] == "missing":
        return f"{where} is missing"
    if detail["type"] == "extra_forbidden":
        return f"{where} means nothing here"
    given = repr(detail["input"])
    return f"{where} is {given if len(given) <= 60 else given[:57] + '...'}: {detail['msg'].removeprefix('Input ')}"


def _check_alive(station: Station) -> None:
    if station.failure:
        raise HardwareError(
            f"The station has stopped: {station.failure}".rstrip(".") + ".", "Mend that and start it again."
        )


async def _alive(station: Station) -> None:
    _check_alive(station)


def _doing(station: Station) -> Callable[[Sequence[HardwareEvent]], dict[str, Any]]:
    def done(events: Sequence[HardwareEvent]) -> dict[str, Any]:
        station.happened(events)
        _check_alive(station)  # what was just done could perhaps not be kept
        return state_of(station)

    return done


def _looking(api: FastAPI, station: Station, garage: Garage) -> None:
    @api.get("/status")
    async def status() -> dict[str, Any]:
        """The station as it is: line, registration, EVSEs, transactions, queued facts."""
        return state_of(station)

    @api.get("/vehicles")
    async def vehicles() -> dict[str, Any]:
        """Every vehicle that was ever here: state of charge and what its own meter counted."""
        return garage.overview()


def _driving(api: APIRouter, station: Station, garage: Garage) -> None:
    done, hardware = _doing(station), station.hardware

    @api.post("/plug")
    async def plug(body: Annotated[Plug, Body(default_factory=Plug)]) -> dict[str, Any]:
        """Plug a vehicle in."""
        vehicle = garage.vehicle(
            body.name, body.model, soc=body.soc, target_soc=body.target_soc, energy_wh=body.energy_wh
        )
        events = hardware.plug(body.evse, body.connector, vehicle, cable_a=body.cable_a)
        garage.adopt(body.name, vehicle)
        return done(events)

    @api.post("/unplug")
    async def unplug(body: Annotated[Unplug, Body(default_factory=Unplug)]) -> dict[str, Any]:
        """Pull the cable."""
        return done(hardware.unplug(body.evse, body.connector, side=body.side))

    @api.post("/tap")
    async def tap(body: Tap) -> dict[str, Any]:
        """Hold a card to the reader."""
        return done(hardware.tap(body.id_token, body.evse, body.type))

    @api.post("/park")
    async def park(body: Annotated[Place, Body(default_factory=Place)]) -> dict[str, Any]:
        """A vehicle drives into the bay."""
        return done(hardware.park(body.evse))

    @api.post("/leave")
    async def leave(body: Annotated[Place, Body(default_factory=Place)]) -> dict[str, Any]:
        """The vehicle drives away."""
        return done(hardware.leave(body.evse))

    @api.post("/stop-button")
    async def stop_button(body: Annotated[Place, Body(default_factory=Place)]) -> dict[str, Any]:
        """Press the EVSE's stop button."""
        return done(hardware.press_stop_button(body.evse))


def _breaking(api: APIRouter, station: Station) -> None:
    done, hardware = _doing(station), station.hardware

    @api.post("/emergency-stop/press")
    async def press() -> dict[str, Any]:
        """Press the emergency stop."""
        return done(hardware.press_emergency_stop())

    @api.post("/emergency-stop/release")
    async def release() -> dict[str, Any]:
        """Release the emergency stop."""
        return done(hardware.release_emergency_stop())

    @api.post("/fault/raise")
    async def raise_fault(body: Fault) -> dict[str, Any]:
        """Cause a fault."""
        return done(
            hardware.raise_fault(
                body.code, body.evse, body.connector, info=body.info, vendor_error_code=body.vendor_error_code
            )
        )

    @api.post("/fault/clear")
    async def clear_fault(body: Fault) -> dict[str, Any]:
        """Mend a fault."""
        return done(hardware.clear_fault(body.code, body.evse, body.connector))

    @api.post("/power/cut")
    async def cut_power() -> dict[str, Any]:
        """The mains fails; the controller runs on its reserve."""
        return done(hardware.lose_power())

    @api.post("/power/restore")
    async def restore_power() -> dict[str, Any]:
        """The mains is back."""
        return done(hardware.restore_power())

    @api.post("/line/cut")
    async def cut_line() -> dict[str, Any]:
        """Break the line to the CSMS, without a word of goodbye."""
        station.line.cut()
        return state_of(station)

    @api.post("/line/restore")
    async def restore_line() -> dict[str, Any]:
        """Mend the line; the station connects again."""
        station.line.restore()
        return state_of(station)


def state_of(station: Station) -> dict[str, Any]:
    """What the control port shows of a station."""
    hardware = station.hardware
    return {
        "station": station.identity,
        "line": {"up": station.line.is_up, "cut": station.line.is_cut, "trouble": station.line.trouble},
        "stopped": station.failure or None,
        "powered": hardware.powered,
        "emergencyStop": hardware.emergency_stop,
        "faults": [
            {"code": fault.error_code, "evse": fault.evse_id, "connector": fault.connector_id}
            for fault in hardware.faults
        ],
        **station.overview(),
    }
