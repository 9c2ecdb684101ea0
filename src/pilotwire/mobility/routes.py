"""Contracts for vehicles over HTTP, as our CSMS asks for them (`contracts_url` in its settings), and by OPCP.

`POST /contracts` with JSON: station, iso15118SchemaVersion, action, exiRequest, maximumContractCertificateChains, prioritizedEMAIDs;
answered with 200 and `{"status": "Accepted", "exiResponse": "...", "remainingContracts": 1}`, or with `"status": "Failed"`, the response
that refuses it, and `reason`.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

from pilotwire.ca.server.limits import Rate, Refused, body_of
from pilotwire.errors import PilotwireError
from pilotwire.mobility.access import Access
from pilotwire.mobility.clients import Right
from pilotwire.mobility.notifier import Notifier
from pilotwire.mobility.opcp import opcp_routes
from pilotwire.mobility.opcp_desk import Desk
from pilotwire.mobility.opcp_webhooks import webhook_routes
from pilotwire.mobility.pool import Pool
from pilotwire.mobility.provisioning import NoRequest, Provisioning, Question
from pilotwire.mobility.settings import PkiSettings

_log = structlog.get_logger("pilotwire.mobility")
_MOST: Final = 255
_MAIDS: Final = 100


class _Asked(msgspec.Struct, rename="camel"):
    exi_request: str
    station: str = "?"
    iso15118_schema_version: str = msgspec.field(default="", name="iso15118SchemaVersion")
    action: str | None = None
    maximum_contract_certificate_chains: Annotated[int, msgspec.Meta(ge=0)] | None = None
    prioritized_emaids: Annotated[tuple[str, ...], msgspec.Meta(max_length=_MAIDS)] | None = msgspec.field(
        default=None, name="prioritizedEMAIDs"
    )


def add_contracts(app: FastAPI, pool: Pool, settings: PkiSettings) -> Notifier:
    """Have an authority's application (`ca.server.create_app`) serve contracts too; what tells its webhooks is to be run beside it."""
    clock = pool.office.clock
    rate, access, service = Rate(settings.rate, clock), Access(settings, clock), Provisioning(pool)
    desk, notifier = Desk(access, rate), Notifier(pool.notices, access, clock)
    app.include_router(contract_routes(service, access, rate))
    app.include_router(opcp_routes(service, desk, notifier.wake))
    app.include_router(webhook_routes(desk, pool.notices, clock, plain=settings.opcp_plain_webhooks))
    return notifier


def contract_routes(service: Provisioning, access: Access, rate: Rate) -> APIRouter:
    """The route `/contracts`."""
    routes = APIRouter()

    @routes.post("/contracts")
    async def contracts(request: Request) -> JSONResponse:
        """The contract of a vehicle, for its request."""
        try:
            rate.check(request)
            _check(access, request)
            asked = _read(await body_of(request))
            return JSONResponse(await asyncio.to_thread(_answered, service, asked))
        except Refused as refused:
            return JSONResponse({"detail": refused.what}, int(refused.status), refused.headers)
        except PilotwireError as error:
            _log.error("a contract could not be given", why=str(error))
            return JSONResponse({"detail": error.what}, int(HTTPStatus.SERVICE_UNAVAILABLE))

    return routes


def _check(access: Access, request: Request) -> None:
    if not access.anybody:
        what = "This authority gives contracts to no CSMS: it was started without contracts_token."
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, what)
    client = access.who(request.headers.get("authorization", ""))
    if client is None:
        what = "The bearer token is missing or wrong."
        raise Refused(HTTPStatus.UNAUTHORIZED, what, {"WWW-Authenticate": "Bearer"})
    client.check(Right.ASK)


def _read(body: bytes) -> _Asked:
    try:
        return msgspec.json.decode(body, type=_Asked)
    except msgspec.MsgspecError as error:
        what = f"The body is not JSON with exiRequest and iso15118SchemaVersion: {error}."
        raise Refused(HTTPStatus.BAD_REQUEST, what) from None


def _answered(service: Provisioning, asked: _Asked) -> dict[str, object]:
    most = asked.maximum_contract_certificate_chains
    question = Question(
        asked.exi_request,
        asked.iso15118_schema_version,
        None if most is None else min(most, _MOST),
        asked.prioritized_emaids or (),
    )
    try:
        told = service.next_answer(question)
    except NoRequest as error:
        _log.warning("no request for a contract", station=asked.station, why=error.what)
        return {"status": "Failed", "exiResponse": "", "reason": error.what}
    if not told.good:
        _log.warning("no contract", station=asked.station, code=told.code, why=told.reason)
        return {"status": "Failed", "exiResponse": told.exi, "reason": f"{told.code}: {told.reason}"}
    _log.info("contract", station=asked.station, emaid=told.emaid, remaining=told.remaining)
    counted = {"remainingContracts": told.remaining} if most is not None else {}
    return {"status": "Accepted", "exiResponse": told.exi, **counted}
