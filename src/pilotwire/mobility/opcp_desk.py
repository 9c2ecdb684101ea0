"""Where requests by OPCP come in: who asks is known and may ask, and what goes wrong is told in its form (`errorMessages`, `traceId`)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
import structlog
from fastapi import Request
from fastapi.responses import JSONResponse

from pilotwire.ca.server.limits import Rate, Refused
from pilotwire.errors import ConfigError, PilotwireError
from pilotwire.iso15118.emaid import is_pcid, normalised
from pilotwire.mobility.access import Access
from pilotwire.mobility.clients import Client, Right
from pilotwire.mobility.provisioning import NoRequest
from pilotwire.pki import PkiFault

_log = structlog.get_logger("pilotwire.mobility")


class Desk:
    """See the module. `work` is done for the client who asks, if it may."""

    def __init__(self, access: Access, rate: Rate) -> None:
        self.access = access
        self.rate = rate

    async def told(
        self, request: Request, right: Right, work: Callable[[Client], Awaitable[JSONResponse]]
    ) -> JSONResponse:
        """Do something for whoever may ask for it, or say why not."""
        try:
            self.rate.check(request)
            client = client_of(self.access, request)
            client.check(right)
            return await work(client)
        except Refused as refused:
            return errors(refused.status, refused.what, refused.headers)
        except (PkiFault, NoRequest, ConfigError) as fault:
            return errors(HTTPStatus.BAD_REQUEST, str(fault))
        except PilotwireError as error:
            _log.error("an OPCP request could not be served", path=request.url.path, why=str(error))
            return errors(HTTPStatus.SERVICE_UNAVAILABLE, error.what)

    async def looked(self, request: Request, right: Right, work: Callable[[Client], Any]) -> JSONResponse:
        """The same for work that takes the disk: in a thread; its JSON is the answer."""

        async def done(client: Client) -> JSONResponse:
            return JSONResponse(await asyncio.to_thread(work, client))

        return await self.told(request, right, done)


def client_of(access: Access, request: Request) -> Client:
    """Who asks. Raises Refused for nobody who is known."""
    if not access.anybody:
        what = "This pool gives contracts to nobody: it was started without contracts_token, opcp_client_id and opcp_clients."
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, what)
    client = access.who(request.headers.get("authorization", ""))
    if client is None:
        what = "The bearer token is missing, wrong or has expired."
        raise Refused(HTTPStatus.UNAUTHORIZED, what, {"WWW-Authenticate": "Bearer"})
    return client


def decoded(body: bytes, kind: Any) -> Any:
    """A body of JSON. Raises Refused (400)."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, f"The body is not the JSON that is wanted: {error}.") from None


def errors(status: HTTPStatus, what: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """What went wrong, in the form of OPCP."""
    trace = str(UUID(bytes=secrets.token_bytes(16), version=4))
    return JSONResponse({"errorMessages": [what], "traceId": trace}, int(status), headers)


def pcid_of(text: str) -> str:
    """A PCID of a path. Raises Refused (400)."""
    if not is_pcid(text):
        raise Refused(HTTPStatus.BAD_REQUEST, "The pcid has 17 or 18 letters and digits.")
    return normalised(text)
