"""The API put together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute

from pilotwire.csms.api import (
    alerts,
    audit,
    authorizations,
    battery_swap,
    bills,
    boot_policies,
    calls,
    certificates,
    charging_records,
    commands,
    connections,
    costs,
    customer_information,
    der_control,
    device_model,
    display,
    downloads,
    event_streams,
    events,
    findings,
    firmware,
    firmware_campaigns,
    health,
    held_certificates,
    images,
    keys,
    known_variables,
    load_management,
    local_controllers,
    local_list,
    local_list_sync,
    login,
    logs,
    messages,
    meter_values,
    monitoring,
    network_profiles,
    openadr,
    pages,
    payments,
    plugins,
    records,
    reports,
    reservations,
    revocations,
    signed_metering,
    sites,
    smart_charging,
    station_state,
    stations,
    tariff_rules,
    tariffs,
    templates,
    token_balances,
    token_groups,
    tokens,
    transactions,
    uptime,
    users,
    variables,
    webhooks,
)
from pilotwire.csms.api.audit_trail import AuditTrail
from pilotwire.csms.api.bodies import BodyLimit
from pilotwire.csms.api.doorkeeper import Doorkeeper
from pilotwire.csms.api.problems import Problem, answer_errors
from pilotwire.csms.api.rooms import Desk, Rooms
from pilotwire.csms.api.segments import EncodedSlashes
from pilotwire.csms.uploads.http import HttpReceiver
from pilotwire.csms.uploads.receiver import PATH

PREFIX = "/api/v1"
_DESCRIPTION = """
The API of a Pilotwire CSMS: stations, tokens, transactions, meter values, the message log, findings, commands to stations, live events.

Every error is an `application/problem+json` document with a sentence that says what is wrong and one that says how to mend it.
Requests carry an API key, as `Authorization: Bearer ...` or `X-API-Key: ...`, or the token of a login. It has scopes; each includes
those before it:
`read` (look), `command` (command stations), `write` (change records), `admin` (API keys, users, sites).
Lists that can be long come in pages: give `nextCursor` as `after` for what follows. Times are RFC 3339 in UTC, energy is in Wh.
"""
_RESOURCES = (
    stations,
    station_state,
    connections,
    local_controllers,
    tokens,
    token_groups,
    authorizations,
    token_balances,
    transactions,
    meter_values,
    signed_metering,
    commands,
    local_list,
    local_list_sync,
    variables,
    device_model,
    known_variables,
    templates,
    boot_policies,
    network_profiles,
    reservations,
    display,
    customer_information,
    certificates,
    held_certificates,
    revocations,
    logs,
    firmware,
    images,
    firmware_campaigns,
    monitoring,
    event_streams,
    der_control,
    battery_swap,
    tariff_rules,
    tariffs,
    costs,
    bills,
    payments,
    alerts,
    smart_charging,
    charging_records,
    uptime,
    reports,
    calls,
    events,
    messages,
    findings,
    plugins,
    records,
    webhooks,
    login,
    users,
    sites,
    load_management,
    keys,
    audit,
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
    api.state.door = Doorkeeper(rooms)
    api.state.closing = asyncio.Event()
    api.state.planning = asyncio.Lock()
    api.state.images = images.image_store(rooms)
    api.router.routes.extend(_routes())
    api.mount(PATH.rstrip("/"), HttpReceiver(rooms.uploads))
    answer_errors(api)
    api.add_middleware(AuditTrail, rooms=rooms, prefix=PREFIX)
    api.add_middleware(EncodedSlashes)
    api.add_middleware(BodyLimit, limit=rooms.settings.max_message_bytes)
    if rooms.settings.cors_origins:
        api.add_middleware(
            CORSMiddleware,
            allow_origins=rooms.settings.cors_origins,
            allow_methods=["GET", "PUT", "POST", "DELETE"],
            allow_headers=["Authorization", "X-API-Key", "Content-Type"],
        )
    return api


@cache
def _routes() -> Sequence[BaseRoute]:
    """All routes, made once: they belong to no application, and making them takes half a second."""
    v1 = APIRouter(prefix=PREFIX)
    for resource in _RESOURCES:
        v1.include_router(resource.router)
    others = (health.router, pages.router, payments.page, downloads.router, openadr.router)
    return (*v1.routes, *(route for router in others for route in router.routes))


def end_streams(api: FastAPI) -> None:
    """End all live event streams, so that a server can shut down without waiting for those who listen."""
    api.state.closing.set()


_DESCRIBED: dict[str, Any] = {}


class _Api(FastAPI):
    """FastAPI with the problem document in its OpenAPI description, and without the error shape it would describe itself."""

    def openapi(self) -> dict[str, Any]:
        """The description, made once: it is the same for every CSMS, and takes seconds to make."""
        if self.openapi_schema is None and _DESCRIBED:
            self.openapi_schema = deepcopy(_DESCRIBED)
        if self.openapi_schema is None:
            described = super().openapi()
            schemas = described["components"]["schemas"]
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            problem = Problem.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
            schemas |= problem.pop("$defs", {})
            schemas["Problem"] = problem
            _DESCRIBED.update(deepcopy(described))
        return self.openapi_schema or {}
