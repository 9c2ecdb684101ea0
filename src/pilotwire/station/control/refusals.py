"""How the control port says no: 401 and 403: who may not, 409: cannot be done, 422: not understood, 404: not there."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from pilotwire.errors import MisuseError, PilotwireError
from pilotwire.station.control.login import NotAllowed

_log = structlog.get_logger("pilotwire.station.control")


class NotHere(PilotwireError):
    """What was named does not exist."""


def answer_refusals(api: FastAPI) -> None:
    """Answer every refusal of this API with `{"what": a sentence, "remedy": a sentence}`."""

    @api.exception_handler(PilotwireError)
    async def refused(request: Request, error: PilotwireError) -> JSONResponse:
        if isinstance(error, MisuseError):
            return await failed(request, error)
        status = 404 if isinstance(error, NotHere) else 401 if isinstance(error, NotAllowed) else 409
        return refusal(status, error.what, error.remedy)

    @api.exception_handler(RequestValidationError)
    async def not_understood(_: Request, error: RequestValidationError) -> JSONResponse:
        what = "; ".join(_complaint(detail) for detail in error.errors())
        return refusal(422, f"The request is not understood: {what}.", "GET /openapi.json tells what may be sent.")

    @api.exception_handler(HTTPException)
    async def not_there(request: Request, error: HTTPException) -> JSONResponse:
        what = f"{request.method} {request.url.path} is not to be had here: {error.detail}."
        return refusal(error.status_code, what, "GET /openapi.json tells which paths there are.")

    @api.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:
        _log.error("a request failed", path=request.url.path, exc_info=error)
        return refusal(500, f"A mistake in Pilotwire: {type(error).__name__}: {error}.", "Please report it.")


def refusal(status: int, what: str, remedy: str) -> JSONResponse:
    """A refusal as this port answers it."""
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
