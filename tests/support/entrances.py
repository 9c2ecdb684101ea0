"""Every entrance on one street: a CSMS with all its doors open, an authority that serves, a station's control port; and ways to knock.

A knock says what became of it: `IN`, an HTTP status, `CUT` where TLS or the server ended the connection, or the status of FTP.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aioftp
import asyncssh
import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from pilotwire.ca import Office
from pilotwire.clock import ManualClock, SystemClock
from pilotwire.csms.api import create_api, ensure_admin_key
from pilotwire.csms.app import Csms
from pilotwire.domain.provisioning import UnknownStations
from pilotwire.serving import WebServer
from pilotwire.simulator.building import make_vehicle
from pilotwire.station.control import control_api
from tests.support.entrance_papers import OWNER, Papers
from tests.support.log_uploads import ftp_put, http_put, sftp_put
from tests.support.pki_world import EST, served
from tests.support.raw_station import PATIENCE, RawStation, settings, station
from tests.support.soap_station import SoapStation
from tests.support.station_lab import lab

IN, CUT = "in", "cut"
PASSWORDS = {name: f"the-password-of-{name}" for name in ("CS001", "CS002", "CS-TLS", "CS-CERT")}
USER, USER_PASSWORD = "anna", "correct horse battery"
CONTROL, CONTROL_TOKEN, SIGNER = "open-sesame", "a-token-for-programs", "a-token-of-the-csms"
SESSION, UPLOAD = 3600, 60
"""Seconds a login and the secret of an upload are good for."""


@dataclass
class Street:
    """See the module. `admin` is the secret of the first API key, `clock` the time of the CSMS and of the control port."""

    csms: Csms
    admin: str
    clock: ManualClock
    papers: Papers
    office: Office
    authority: str
    control: str
    http: httpx.AsyncClient = field(repr=False)

    async def manage(self, method: str, path: str, **body: Any) -> httpx.Response:
        """Do something as the administrator; raises if it was not done."""
        answer = await self.http.request(method, path, json=body or None, headers={"X-API-Key": self.admin})
        assert answer.is_success, answer.text
        return answer

    async def given(self, command: str, **body: Any) -> Any:
        """Have CS001 connect and be told something by REST, which it accepts: the payload it was told."""
        async with station(self.csms, "CS001", "ocpp2.0.1", password=PASSWORDS["CS001"]) as line:
            await line.boot()
            asking = asyncio.create_task(self.manage("POST", f"/stations/CS001/commands/{command}", **body))
            heard = await line.answer({"status": "Accepted"})
            await asking
            return heard[3]

    async def upload(self, protocol: str) -> str:
        """The URL of an upload that CS001 was asked for."""
        return str((await self.given("get-log", protocol=protocol))["log"]["remoteLocation"])

    async def login(self) -> str:
        """The token of a new session of the user."""
        answer = await self.http.post("/login", json={"name": USER, "password": USER_PASSWORD})
        return str(answer.json()["token"])

    async def key(self, name: str, **body: Any) -> str:
        """The secret of a new API key."""
        return str((await self.manage("POST", "/keys", name=name, **body)).json()["secret"])

    async def found(self, text: str) -> bool:
        """Whether a finding says this."""
        return any(text in each.what for each in await self.csms.store.findings())


Knock = Callable[[Street], Awaitable[str]]


@asynccontextmanager
async def street(folder: Path, office: Office) -> AsyncIterator[Street]:
    """The street, with everybody on record."""
    papers, clock = Papers(folder), ManualClock(SystemClock().now())
    made = settings(
        database=f"sqlite:///{folder / 'c.db'}",
        no_auth=False,
        unknown_stations=UnknownStations.REJECT,
        **dict.fromkeys(("tls_port", "soap_port", "ftp_port", "sftp_port"), 0),
        **papers.settings(),
        tls_client_organization=OWNER,
        session_lifetime=SESSION,
        upload_lifetime=UPLOAD,
    )
    async with AsyncExitStack() as stack:
        csms = await stack.enter_async_context(Csms(made, clock, http=create_api))
        admin = await ensure_admin_key(csms.journal, csms.store, csms.clock)
        ours = await stack.enter_async_context(served(office, tls=True, signer_token=SIGNER, **EST))
        one = await stack.enter_async_context(lab("ws://127.0.0.1:9"))
        control = control_api(one.station, make_vehicle, password=CONTROL, token=CONTROL_TOKEN, clock=clock)
        port = await stack.enter_async_context(WebServer(control, "127.0.0.1", 0, name="control port"))
        http = await stack.enter_async_context(client(f"{csms.urls.http}/api/v1"))
        it = Street(csms, str(admin), clock, papers, office, ours.url, port.url, http)
        for name, profile in (("CS001", 0), ("CS002", 0), ("CS-TLS", 2), ("CS-CERT", 3)):
            known = {"registration": "Accepted", "securityProfile": profile, "password": PASSWORDS[name]}
            await it.manage("PUT", f"/stations/{name}", **known)
        await it.manage("PUT", "/sites/harbour", stations=["CS001"])
        await it.manage("PUT", f"/users/{USER}", role="viewer", password=USER_PASSWORD)
        yield it


def client(url: str = "", **more: Any) -> httpx.AsyncClient:
    """Somebody who speaks HTTP."""
    return httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False, **({"verify": False} | more))


def status(answer: httpx.Response) -> str:
    """What became of a request."""
    return IN if answer.is_success else str(answer.status_code)


def basic(user: str, password: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


# --- stations ------------------------------------------------------------------------------------------------------------


def plain(identity: str, authorization: str | None = None) -> Knock:
    """A station without TLS."""
    return lambda it: _ocpp(f"{it.csms.urls.ocpp}/{identity}", authorization, None)


def by_tls(identity: str, paper: str = "", password: str = "", **changes: Any) -> Knock:
    """A station by TLS with a certificate of `Papers`, and a password if one is given."""

    def knock(it: Street) -> Awaitable[str]:
        context = it.papers.context(paper, **changes)
        return _ocpp(f"{it.csms.urls.ocpp_tls}/{identity}", basic(identity, password) if password else None, context)

    return knock


async def _ocpp(url: str, authorization: str | None, context: ssl.SSLContext | None) -> str:
    headers = {} if authorization is None else {"Authorization": authorization}
    how: dict[str, Any] = {"additional_headers": headers, "proxy": None, "compression": None}
    try:
        async with connect(url, ssl=context, subprotocols=[Subprotocol("ocpp2.0.1")], **how) as line:
            answer = await RawStation(line).boot()
            return IN if answer["status"] == "Accepted" else str(answer["status"])
    except InvalidStatus as refused:
        return str(refused.response.status_code)
    except (OSError, EOFError, InvalidHandshake, ConnectionClosed):  # by TLS 1.3 the client is told after its handshake
        return CUT


def soap(identity: str, authorization: tuple[str, str] | None = None) -> Knock:
    """A station of OCPP-S."""

    async def knock(it: Street) -> str:
        one = SoapStation(it.csms.gateway.soap_url or "", identity, "1.6")
        one.auth = authorization
        try:
            answer = await one.boot()
        finally:
            await one.close()
        return answer.texts["status"].replace("Accepted", IN) if answer.status == 200 else str(answer.status)

    return knock


# --- HTTP ----------------------------------------------------------------------------------------------------------------


def rest(secret: Callable[[Street], Awaitable[str]] | str, path: str = "/stations", method: str = "GET") -> Knock:
    """A request to the API with a secret, or one that is made first."""

    async def knock(it: Street) -> str:
        said = secret if isinstance(secret, str) else await secret(it)
        headers = {"Authorization": f"Bearer {said}"} if said else {}
        return status(await it.http.request(method, path, headers=headers, json=None if method == "GET" else {}))

    return knock


def at(place: str, method: str, path: str, body: Any = None, cookie: str = "", **headers: str) -> Knock:
    """A request to the authority or the control port (`place`, an attribute of the street), as JSON unless the body is bytes."""

    async def knock(it: Street) -> str:
        tls = {"verify": it.papers.trusting(it.office)} if place == "authority" else {}
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        shown = {"Cookie": cookie} if cookie else {}
        async with client(getattr(it, place), **tls) as http:
            return status(await http.request(method, path, headers=headers | shown, **content))

    return knock


# --- uploads -------------------------------------------------------------------------------------------------------------


async def uploaded(url: str) -> str:
    """An upload of one file to a URL, by its own protocol."""
    put = {"http": http_put, "ftp": ftp_put, "sftp": sftp_put}[urlsplit(url).scheme]
    try:
        await put(url, b"a log", "log.txt")
    except httpx.HTTPStatusError as refused:
        return str(refused.response.status_code)
    except aioftp.StatusCodeError as refused:
        return str(refused.received_codes[-1])
    except (asyncssh.PermissionDenied, asyncssh.SFTPError):
        return CUT
    return IN
