"""Errors as `application/problem+json` (RFC 9457): a sentence that says what is wrong and where, and one that says how to mend it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field
from starlette.exceptions import HTTPException

from pilotwire.csms.api.resource import Resource
from pilotwire.csms.commands import AnswerUnusable, CommandRefused, CommandTimedOut, NotPermitted, PayloadMisfit
from pilotwire.errors import MisuseError, NotReachable, NotSayable, PilotwireError, StoreError

SEND_LESS = "Send less, or raise max_message_bytes."
PROBLEM = "application/problem+json"
_LOG = structlog.get_logger("pilotwire.api")


class FieldProblem(Resource):
    """What is wrong with one field of a request."""

    where: str = Field(description="The place in the request.", examples=["body.evseId"])
    what: str = Field(description="What is wrong there.", examples=["Input should be a valid integer"])


class Problem(Resource):
    """What went wrong, and how to mend it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:pilotwire:problem:not-connected",
                    "title": "The station is not connected",
                    "status": 409,
                    "detail": "station 'CS-0001' is not connected.",
                    "remedy": "Wait until it connects.",
                }
            ]
        }
    )

    type: str = Field(description="A stable name of the kind of problem.")
    title: str = Field(description="The kind of problem in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong this time, and where.")
    remedy: str = Field(default="", description="How to mend it, where that is known.")
    errors: list[FieldProblem] | None = Field(default=None, description="Each field that is wrong (422).")
    code: str | None = Field(default=None, description="The RPC error code the station answered with (502).")
    description: str | None = Field(default=None, description="The station's own description of its error (502).")
    details: Any = Field(default=None, description="The station's own details of its error (502).")


class ApiError(PilotwireError):
    """A request that cannot be served. `kind` is the stable name of the kind of problem."""

    def __init__(
        self,
        status: HTTPStatus,
        kind: str,
        what: str,
        remedy: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(what, remedy)
        self.status = status
        self.kind = kind
        self.headers = headers
        self.errors = errors


def not_found(what: str, remedy: str = "") -> ApiError:
    """There is nothing of this name."""
    return ApiError(HTTPStatus.NOT_FOUND, "not-found", what, remedy)


def conflict(what: str, remedy: str = "") -> ApiError:
    """What is wanted does not go with what is there."""
    return ApiError(HTTPStatus.CONFLICT, "conflict", what, remedy)


def unusable(where: str, what: str) -> ApiError:
    """One part of the request cannot be used."""
    return ApiError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-request",
        f"The request cannot be used: {where}: {what}.",
        "Mend that; /docs shows what is expected.",
        errors=[{"where": where, "what": what}],
    )


_KINDS: tuple[tuple[type[PilotwireError], int, str], ...] = (
    (StoreError, 503, "store-unavailable"),
    (CommandTimedOut, 504, "station-timeout"),
    (NotReachable, 409, "not-connected"),
    (NotPermitted, 409, "not-permitted"),
    (PayloadMisfit, 422, "payload-misfit"),
    (NotSayable, 422, "not-sayable"),
    (CommandRefused, 502, "station-error"),
    (AnswerUnusable, 502, "unusable-answer"),
    (MisuseError, 500, "internal-error"),
    (PilotwireError, 422, "not-possible"),
)
"""The first that fits counts."""

_TITLES = {
    "invalid-request": "The request cannot be used",
    "unauthorized": "An API key is needed",
    "forbidden": "The API key does not allow this",
    "not-found": "There is no such thing",
    "conflict": "This does not go with what is there",
    "too-large": "The request is too large",
    "store-unavailable": "The database cannot be used now",
    "station-timeout": "The station did not answer in time",
    "not-connected": "The station is not connected",
    "not-permitted": "The protocol does not permit this now",
    "payload-misfit": "The payload does not fit the schema",
    "not-sayable": "The station's protocol version cannot say this",
    "station-error": "The station answered with an error",
    "unusable-answer": "The station's answer cannot be used",
    "internal-error": "Something is wrong inside Pilotwire",
    "not-possible": "This is not possible",
}


def problem_response(
    status: int, kind: str, detail: str, remedy: str = "", *, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """A problem as a response; members that are None are left out."""
    body = {
        "type": f"urn:pilotwire:problem:{kind}",
        "title": _TITLES.get(kind, HTTPStatus(status).phrase),
        "status": status,
        "detail": detail,
        "remedy": remedy,
    }
    body |= {name: value for name, value in more.items() if value is not None}
    return Response(_json(body), status, dict(headers or {}), PROBLEM)


def _json(body: Mapping[str, Any]) -> str:
    """JSON in ASCII: an unpaired surrogate that somebody sent us must not break the answer that complains about it."""
    try:
        return json.dumps(body, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        return json.dumps({name: value for name, value in body.items() if name != "details"})


def problem_of(error: PilotwireError) -> Response:
    """The response for an error of ours."""
    if isinstance(error, ApiError):
        return problem_response(
            error.status,
            error.kind,
            error.what,
            error.remedy,
            headers=error.headers,
            errors=list(error.errors) or None,
        )
    status, kind = next((status, kind) for cause, status, kind in _KINDS if isinstance(error, cause))
    more: dict[str, Any] = {}
    if isinstance(error, CommandRefused):
        more = {"code": error.code, "description": error.description, "details": error.details}
    if isinstance(error, PayloadMisfit):
        more = {"errors": [{"where": f"body{where.removeprefix('$')}", "what": what} for where, what in error.errors]}
    return problem_response(status, kind, error.what, error.remedy, **more)


async def _ours(_: Request, error: Exception) -> Response:
    if isinstance(error, MisuseError):
        _LOG.error("api.bug", exc_info=error)
    return problem_of(error) if isinstance(error, PilotwireError) else await _unforeseen(_, error)


async def _invalid(_: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [
        {"where": ".".join(map(str, each["loc"])), "what": str(each["msg"]).removeprefix("Value error, ")}
        for each in found
    ]
    said = "; ".join(f"{each['where']}: {each['what']}" for each in errors)
    detail = f"The request cannot be used: {said}."
    return problem_response(422, "invalid-request", detail, "Mend that; /docs shows what is expected.", errors=errors)


async def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    where = f"{request.method} {request.url.path}"
    if status == HTTPStatus.NOT_FOUND:
        return problem_response(404, "not-found", f"There is nothing at {where}.", "/docs lists what there is.")
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        remedy = "/docs lists what there is."
        detail = f"{where}: this address does not take {request.method}."
        return problem_response(405, "method-not-allowed", detail, remedy, headers=headers)
    detail = str(error.detail) if isinstance(error, HTTPException) else ""
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return problem_response(413, "too-large", detail, SEND_LESS)
    return problem_response(status, "invalid-request", f"{where}: {detail}", headers=headers)


async def _unforeseen(request: Request, error: Exception) -> Response:
    """A bug: the log gets everything, the client a sentence."""
    _LOG.error("api.bug", where=f"{request.method} {request.url.path}", exc_info=error)
    detail = "This request ran into a mistake in Pilotwire itself."
    return problem_response(500, "internal-error", detail, "The server's log says more; please report it.")


def answer_errors(api: FastAPI) -> None:
    """Make every error of an API a problem document."""
    api.add_exception_handler(PilotwireError, _ours)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(Exception, _unforeseen)


_MEANINGS = {
    400: "The body cannot be read.",
    401: "No API key, or one that is not on record; a session that is over, a token that is not good here.",
    403: "The caller's scopes do not include this operation, or the sites they are limited to do not.",
    404: "There is no such thing.",
    409: "It does not go with the present state: `not-connected` if the station has no connection, `not-permitted` if the protocol "
    "forbids it in the station's present standing, `conflict` otherwise.",
    413: "The body is too large.",
    422: "The request cannot be used (`invalid-request`: `errors` lists each field), its payload breaks the version's schema "
    "(`payload-misfit`, the same), or the station's protocol version has no way to say it (`not-sayable`); nothing was sent.",
    429: "There were too many failed attempts to get in; `Retry-After` says for how many seconds.",
    502: "The station answered with an RPC error (`station-error`: `code`, `description` and `details` as it sent them), or not in "
    "a way its protocol version allows (`unusable-answer`).",
    503: "The database cannot be used now; try again.",
    504: "The station did not answer in time; whether it did what it was asked is not known.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error responses of an operation, for its OpenAPI description."""
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _MEANINGS[status], "content": content} for status in statuses}


READS = problems(401, 403, 422, 429, 503)
WRITES = problems(400, 401, 403, 413, 422, 429, 503)
COMMANDS = problems(400, 401, 403, 409, 413, 422, 429, 502, 503, 504)
