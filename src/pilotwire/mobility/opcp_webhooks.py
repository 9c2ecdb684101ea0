"""Endpoints that want to be told of contracts (OPCP 1.0.0, webhooks.v1): `/v1/webhook/endpoints`.

A client has to do with its own endpoints; the operator of the PKI with all. The secret that signs what is sent is made here, and told to
the owner.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from pilotwire.ca.server.limits import Refused, body_of
from pilotwire.clock import Clock
from pilotwire.mobility.access import Access
from pilotwire.mobility.clients import Client, Right, Role
from pilotwire.mobility.notices import EVENTS, Endpoint, Notices
from pilotwire.mobility.opcp_desk import Desk, decoded

_MOST: Final = 20
"""Endpoints of a client."""
_WEBHOOKS: Final = "/v1/webhook/endpoints"


class _Asked(msgspec.Struct, rename="camel"):
    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    enabled_events: Annotated[list[str], msgspec.Meta(max_length=50)] | None = None
    status: Literal["enabled", "disabled"] = "enabled"
    description: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    metadata: dict[str, str | int | float | bool | None] = {}


def webhook_routes(desk: Desk, notices: Notices, clock: Clock, *, plain: bool) -> APIRouter:
    """The routes. `plain`: http is taken too."""
    routes = APIRouter()

    @routes.post(_WEBHOOKS)
    async def create(request: Request) -> JSONResponse:
        """A new endpoint (create-webhook-endpoint)."""

        async def work(client: Client) -> JSONResponse:
            asked: _Asked = decoded(await body_of(request), _Asked)
            made = Endpoint(
                str(UUID(bytes=secrets.token_bytes(16), version=4)),
                client.name,
                _url(asked.url, plain=plain),
                _events(asked.enabled_events or (), client),
                secrets.token_urlsafe(32),
                clock.now(),
                asked.status == "enabled",
                asked.description,
                asked.metadata,
            )
            await asyncio.to_thread(_add, notices, made)
            return JSONResponse(_told(made, desk.access), int(HTTPStatus.CREATED))

        return await desk.told(request, Right.WEBHOOKS, work)

    @routes.get(_WEBHOOKS)
    async def listed(request: Request) -> JSONResponse:
        """All endpoints of the client (get-webhook-endpoints)."""
        return await desk.looked(
            request,
            Right.WEBHOOKS,
            lambda client: [
                _told(each, desk.access) for each in notices.endpoints(None if client.role is Role.PKI else client.name)
            ],
        )

    @routes.get(_WEBHOOKS + "/{id_}")
    async def one(id_: str, request: Request) -> JSONResponse:
        """One endpoint (get-webhook-endpoint)."""
        return await desk.looked(request, Right.WEBHOOKS, lambda client: _told(_own(notices, id_, client), desk.access))

    @routes.put(_WEBHOOKS + "/{id_}")
    async def update(id_: str, request: Request) -> JSONResponse:
        """Another address, other events, on or off (update-webhook-endpoint)."""

        async def work(client: Client) -> JSONResponse:
            asked: _Asked = decoded(await body_of(request), _Asked)
            known = await asyncio.to_thread(_own, notices, id_, client)
            events = known.events if asked.enabled_events is None else _events(asked.enabled_events, client)
            changed = replace(
                known,
                url=_url(asked.url, plain=plain),
                events=events,
                enabled=asked.status == "enabled",
                description=asked.description or known.description,
                metadata=asked.metadata or known.metadata,
            )
            await asyncio.to_thread(notices.keep, changed)
            return JSONResponse(_told(changed, desk.access))

        return await desk.told(request, Right.WEBHOOKS, work)

    @routes.delete(_WEBHOOKS + "/{id_}")
    async def delete(id_: str, request: Request) -> JSONResponse:
        """An endpoint is told nothing any more, not even what waits for it (delete-webhook-endpoint)."""

        def removed(client: Client) -> dict[str, Any]:
            notices.remove(_own(notices, id_, client).id)
            return {}

        return await desk.looked(request, Right.WEBHOOKS, removed)

    return routes


def _add(notices: Notices, endpoint: Endpoint) -> None:
    if len(notices.endpoints(endpoint.owner)) >= _MOST:
        what = f"A client has {_MOST} webhook endpoints at most: delete one first."
        raise Refused(HTTPStatus.BAD_REQUEST, what)
    notices.keep(endpoint)


def _own(notices: Notices, id_: str, client: Client) -> Endpoint:
    """An endpoint of a client; that of another is as if there were none."""
    found = notices.endpoint(id_)
    if found is None or (found.owner != client.name and client.role is not Role.PKI):
        raise Refused(HTTPStatus.NOT_FOUND, "The webhook endpoint with the given ID is not found.")
    return found


def _url(url: str, *, plain: bool) -> str:
    schemes = ("https", "http") if plain else ("https",)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise Refused(HTTPStatus.BAD_REQUEST, f"The url of a webhook endpoint begins with {' or '.join(schemes)}://.")
    return url


def _events(wanted: list[str] | tuple[str, ...], client: Client) -> tuple[str, ...]:
    if not wanted:
        raise Refused(HTTPStatus.BAD_REQUEST, f"enabledEvents names none; there are {', '.join(EVENTS)}.")
    unknown = [each for each in wanted if each not in EVENTS]
    if unknown:
        what = f"There is no event {unknown[0][:60]} here; there are {', '.join(EVENTS)}."
        raise Refused(HTTPStatus.BAD_REQUEST, what)
    if client.role is Role.CPO:
        what = f"{client.name} is {client.role.words}, whom the events of contracts and vehicles do not concern."
        raise Refused(HTTPStatus.FORBIDDEN, what)
    return tuple(dict.fromkeys(wanted))


def _told(endpoint: Endpoint, access: Access) -> dict[str, Any]:
    owner = access.client(endpoint.owner)
    about: dict[str, Any] = {
        "id": endpoint.id,
        "apiVersion": "v1",
        "created": int(endpoint.created_at.timestamp()),
        "description": endpoint.description,
        "enabledEvents": list(endpoint.events),
        "metadata": endpoint.metadata,
        "status": "enabled" if endpoint.enabled else "disabled",
        "url": endpoint.url,
        "secret": endpoint.secret,
        "userName": endpoint.owner,
    }
    if owner is not None:
        about["userRole"] = owner.role.value
        about |= {"providerIds": list(owner.providers)} if owner.role is Role.MO else {}
        about |= {"wmis": list(owner.wmis)} if owner.role is Role.OEM else {}
    return about
