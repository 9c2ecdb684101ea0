"""The station's end of OCPP-J: connect to a CSMS, or say in plain words why it did not work (J16:3.1, J2:3.1)."""

from __future__ import annotations

import asyncio
import base64
import logging
import socket as sockets
import ssl
from collections.abc import Sequence
from typing import Any, Final, Literal, cast
from urllib.parse import quote, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as library_connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI, NegotiationError, ProxyError
from websockets.http11 import Response
from websockets.typing import Subprotocol

from pilotwire.errors import NotReachable
from pilotwire.ocpp.net.parting import PartingObject, alerting
from pilotwire.ocpp.net.socket import CLOSE_TIMEOUT, WRITE_LIMIT, ClientLine, Socket, SocketClosed, compression_of
from pilotwire.ocpp.version import OcppVersion

ConnectKind = Literal["dns", "refused", "timeout", "tls", "http", "subprotocol", "invalid_url", "closed", "proxy"]
_BODY_SHOWN: Final = 300
_LAST_WORDS: Final = 1.0
_library_log = logging.getLogger("pilotwire.ocpp.net.library")


class ConnectError(NotReachable):
    """No connection to the CSMS. `kind` for programs, `what` and `remedy` for people; `status` is set for kind `http`.

    `stayed`, of kind `subprotocol`: the CSMS did not end the connection by itself (J2:3.2 wants that).
    """

    def __init__(
        self, kind: ConnectKind, what: str, remedy: str = "", *, status: int | None = None, stayed: bool = False
    ) -> None:
        super().__init__(what, remedy)
        self.kind = kind
        self.status = status
        self.stayed = stayed


class _Connect(library_connect):
    """The library's connect, without following redirects: a station must not take its password to another place unasked."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def connection_url(endpoint: str, identity: str) -> str:
    """The connection URL: the endpoint, '/', the percent-encoded identity (J16:3.1.1, J2:3.1.1).

    Raises ConnectError of kind `invalid_url`.
    """
    try:
        parts = urlsplit(endpoint.strip())
        usable = parts.scheme in ("ws", "wss") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise ConnectError(
            "invalid_url", f"{endpoint!r} is no OCPP-J endpoint.", "Write ws://host:port/path or wss://..."
        )
    if not identity:
        raise ConnectError("invalid_url", "The station identity is empty.", "Give the identity the CSMS knows.")
    path = f"{parts.path.rstrip('/')}/{quote(identity, safe='')}"
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def basic_authorization(identity: str, password: str | bytes) -> str:
    """The `Authorization` header: username is the identity (A00.FR.204), the password as UTF-8 or as the bytes it is."""
    secret = password.encode() if isinstance(password, str) else password
    return "Basic " + base64.b64encode(identity.encode() + b":" + secret).decode()


async def connect(
    url: str,
    *,
    identity: str,
    versions: Sequence[OcppVersion],
    password: bytes | str | None = None,
    ssl_context: ssl.SSLContext | None = None,
    ping_interval: float | None = 30.0,
    ping_timeout: float | None = 30.0,
    compression: bool = False,
    open_timeout: float = 10.0,
    proxy: str | None = None,
    max_message_bytes: int = 1_000_000,
    username: str | None = None,
    subprotocols: Sequence[str] | None = None,
) -> Socket:
    """Connect the station `identity` to the endpoint `url`, offering `versions` in the order of preference.

    A `ping_interval` of 0 or None sends no pings (J2:8.4). Times in seconds. `ssl_context` counts for wss:// only, where the system's
    trust store is the default, and the host's name is always sent in the handshake (SNI); a server whose certificate is refused hears
    why by the TLS alert. `proxy` is an http:// URL: the connection is made through it by HTTP CONNECT. `username` and `subprotocols` take
    the place of the identity and of the versions' names, for testers.
    Raises ConnectError.
    """
    target = connection_url(url, identity)
    options: dict[str, Any] = {}
    if target.startswith("wss:"):
        options["ssl"] = context = ssl_context or ssl.create_default_context()
        context.sslobject_class = PartingObject
    lines: list[ClientLine] = []

    def new_line(*args: Any, **kwargs: Any) -> ClientLine:
        lines.append(ClientLine(*args, **kwargs))
        return lines[-1]

    if password is not None:
        options["additional_headers"] = {"Authorization": basic_authorization(username or identity, password)}
    try:
        connecting = _Connect(
            target,
            subprotocols=[Subprotocol(name) for name in subprotocols or [one.subprotocol for one in versions]],
            compression=compression_of(compression),
            user_agent_header="Pilotwire",
            proxy=proxy,
            open_timeout=open_timeout,
            ping_interval=ping_interval,
            ping_timeout=ping_timeout,
            close_timeout=CLOSE_TIMEOUT,
            max_size=max_message_bytes,
            write_limit=WRITE_LIMIT,
            logger=_library_log,
            create_connection=cast(type[ClientConnection], new_line),
            **options,
        )
        line = await alerting(_connected(connecting))
    except Exception as error:
        cause = _refusal_in(lines) or error
        raise _explain(cause, target, versions, open_timeout) from cause
    return await _agreed(line, target, identity, versions)


def _refusal_in(lines: Sequence[ClientLine]) -> ssl.SSLError | None:
    """The alert that broke the last line: by TLS 1.3 a client hears of its own bad certificate after its handshake."""
    broken_by = getattr(lines[-1], "broken_by", None) if lines else None
    return broken_by if isinstance(broken_by, ssl.SSLError) else None


async def _connected(connecting: _Connect) -> ClientConnection:
    return await connecting


async def _agreed(line: ClientConnection, url: str, identity: str, versions: Sequence[OcppVersion]) -> Socket:
    assert isinstance(line, ClientLine)
    version = OcppVersion.from_subprotocol(line.subprotocol or "")
    if version is None:
        last_words = await _last_words(line, versions)
        what = (
            last_words
            or f"The CSMS speaks none of {_names(versions)}: it completed the handshake without one, and did not close."
        )
        raise ConnectError("subprotocol", what, _OFFER_OTHERS, stayed=not last_words)
    headers = line.response.headers.raw_items() if line.response is not None else ()
    seen = {name.lower(): value for name, value in headers}
    return Socket(line, version=version, identity=identity, path=urlsplit(url).path, headers=seen)


_OFFER_OTHERS: Final = "Ask the operator of the CSMS which OCPP versions it speaks."


async def _last_words(line: ClientLine, versions: Sequence[OcppVersion]) -> str:
    """The server chose no version and closes at once (J16:3.2, J2:3.2); its close reason may tell why. "" if it does not close."""
    what = f"The CSMS speaks none of {_names(versions)}"
    try:
        async with asyncio.timeout(_LAST_WORDS):
            await line.take()
    except SocketClosed as closed:
        return f"{what}. It closed with {closed.code}{': ' + closed.reason if closed.reason else ''}."
    except TimeoutError:
        pass
    line.transport.abort()
    return ""


def _names(versions: Sequence[OcppVersion]) -> str:
    return ", ".join(version.subprotocol for version in versions)


def _explain(error: Exception, url: str, versions: Sequence[OcppVersion], timeout: float) -> ConnectError:
    if isinstance(error, InvalidStatus):
        return _http_error(error.response)
    if isinstance(error, ProxyError):
        what = f"The proxy does not let us through: {_words(error)}."
        return ConnectError("proxy", what, "Check host and port of the proxy, and that it allows CONNECT.")
    if isinstance(error, NegotiationError):
        return ConnectError("subprotocol", f"The CSMS chose what we do not offer ({_names(versions)}).", _OFFER_OTHERS)
    if isinstance(error, InvalidURI):
        return ConnectError(
            "invalid_url", f"{url!r} is no WebSocket address.", "Write ws://host:port/path or wss://..."
        )
    if isinstance(error, InvalidHandshake | EOFError | ConnectionResetError | BrokenPipeError):
        what = f"The other side ended the opening handshake or does not speak WebSocket: {_words(error)}."
        return ConnectError("closed", what, "Check host, port and ws:// or wss://.")
    return explain_network(error, urlsplit(url).netloc, timeout)


def explain_network(error: Exception, place: str, timeout: float) -> ConnectError:
    """What the network says, in plain words; what is no word of the network is raised as it is."""
    if isinstance(error, TimeoutError):
        what = f"{place} did not finish the opening handshake within {timeout:g} s."
        return ConnectError("timeout", what, "Check address, firewall and network.")
    if isinstance(error, ssl.SSLError):
        return ConnectError("tls", f"No TLS connection to {place}: {_words(error)}.", _TLS_REMEDY)
    if isinstance(error, sockets.gaierror | UnicodeError):
        return ConnectError(
            "dns", f"The host of {place} has no address: {_words(error)}.", "Check the host name and DNS."
        )
    if isinstance(error, OSError):
        return ConnectError(
            "refused", f"Nothing takes connections at {place}: {_words(error)}.", "Is the CSMS running?"
        )
    raise error


_TLS_REMEDY: Final = "Check the CSMS's certificate, the trusted roots, our certificate and the clock."


def _http_error(response: Response) -> ConnectError:
    status = response.status_code
    body = bytes(cast(bytes, response.body or b""))[:_BODY_SHOWN].decode("utf-8", "replace").strip()
    what = f"The CSMS answered HTTP {status} {response.reason_phrase}{': ' + body if body else ''}".rstrip(".") + "."
    return ConnectError("http", what, _HTTP_REMEDIES.get(status, ""), status=status)


_HTTP_REMEDIES: Final = {
    401: "Check the station's password.",
    403: "Ask the operator of the CSMS why this station is not allowed.",
    404: "Check the path of the endpoint and whether the CSMS knows this station.",
    426: "Check that the URL is the OCPP-J endpoint.",
    503: "Try again later.",
}


def _words(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
