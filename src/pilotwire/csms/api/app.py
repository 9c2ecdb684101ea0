"""The API put together."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI

from pilotwire.csms.api import (
    calls,
    commands,
    connections,
    device_model,
    events,
    health,
    keys,
    local_list,
    meter_values,
    pages,
    records,
    reservations,
    stations,
    tokens,
    transactions,
    variables,
)
from pilotwire.csms.api.bodies import BodyLimit
from pilotwire.csms.api.problems import Problem, answer_errors
from pilotwire.csms.api.rooms import Desk, Rooms

PREFIX = "/api/v1"
_DESCRIPTION = """
The API of a Pilotwire CSMS: stations, tokens, transactions, meter values, the message log, findings, commands to stations, live events.

Every error is an `application/problem+json` document with a sentence that says what is wrong and one that says how to mend it.
Requests carry an API key, as `Authorization: Bearer ...` or `X-API-Key: ...`. A key has scopes; each includes those before it:
`read` (look), `command` (command stations), `write` (change records), `admin` (API keys).
Lists that can be long come in pages: give `nextCursor` as `after` for what follows. Times are RFC 3339 in UTC, energy is in Wh.
"""
_RESOURCES = (
    stations,
    connections,
    tokens,
    transactions,
    meter_values,
    commands,
    local_list,
    variables,
    device_model,
    reservations,
    calls,
    events,
    records,
    keys,
)


def create_api(rooms: Rooms) -> FastAPI:
    """The HTTP API of a CSMS, as an ASGI application."""
    api = _Api(
        title="Pilotwire CSMS",
        version=version("pilotwire"),
        description=_DESCRIPTION,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.desk = Desk(rooms)
    api.state.closing = asyncio.Event()
    v1 = APIRouter(prefix=PREFIX)
    for resource in _RESOURCES:
        v1.include_router(resource.router)
    api.include_router(v1)
    api.include_router(health.router)
    api.include_router(pages.router)
    answer_errors(api)
    api.add_middleware(BodyLimit, limit=rooms.settings.max_message_bytes)
    return api


def end_streams(api: FastAPI) -> None:
    """End all live event streams, so that a server can shut down without waiting for those who listen."""
    api.state.closing.set()


class _Api(FastAPI):
    """FastAPI with the problem document in its OpenAPI description, and without the error shape it would describe itself."""

    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        if self.openapi_schema is None:
            described = super().openapi()
            schemas = described["components"]["schemas"]
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            problem = Problem.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
            schemas |= problem.pop("$defs", {})
            schemas["Problem"] = problem
        return self.openapi_schema or {}
