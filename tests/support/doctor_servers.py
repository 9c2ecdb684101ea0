"""Small servers for the doctor: healthy ones, and ones that are broken in one way each. Real sockets, real TLS; no code of the doctor.

TLS is done over memory, so that the alert a failed handshake ends with is sent before the connection is closed.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from pilotwire.clock import SystemClock

# --- connections -------------------------------------------------------------------------------------------------------------


class End:
    """A server's end of a connection, with TLS if there is a context. `fake` answers a ClientHello by hand, or leaves it alone (None)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None

    async def secure(self, context: ssl.SSLContext, fake: Callable[[bytes], bytes | None] | None = None) -> None:
        """Do the handshake."""
        if fake is not None:
            hello = await self._record()
            faked = fake(hello)
            if faked is not None:
                await self._put(faked)
                raise ConnectionAbortedError
            self._in.write(hello)
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        await self._through(self._tls.do_handshake)

    async def receive(self) -> bytes:
        """What comes next; b"" at the end."""
        if self._tls is None:
            return await self._reader.read(16_384)
        tls = self._tls
        try:
            return bytes(await self._through(lambda: tls.read(16_384)))
        except (ssl.SSLZeroReturnError, EOFError):
            return b""

    async def head(self) -> str:
        """A request up to its empty line."""
        data = b""
        while b"\r\n\r\n" not in data:
            got = await self.receive()
            if not got:
                raise EOFError
            data += got
        return data.decode("latin-1")

    async def send(self, data: bytes) -> None:
        """Put bytes on the line."""
        if self._tls is None:
            await self._put(data)
        else:
            tls = self._tls
            await self._through(lambda: tls.write(data))

    def close(self, *, reset: bool = False) -> None:
        """End it; `reset`: at once, with a TCP reset."""
        if reset:
            sock: socket.socket = self._writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            self._writer.transport.abort()
        self._writer.close()

    async def _record(self) -> bytes:
        head = await self._reader.readexactly(5)
        return head + await self._reader.readexactly(int.from_bytes(head[3:], "big"))

    async def _put(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def _through(self, act: Callable[[], Any]) -> Any:
        while True:
            try:
                done = act()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._reader.read(16_384)
                if not data:
                    raise EOFError from None
                self._in.write(data)
            except ssl.SSLError:
                await self._flush()
                raise
            else:
                await self._flush()
                return done

    async def _flush(self) -> None:
        if self._out.pending:
            await self._put(self._out.read())


Handle = Callable[[End], Awaitable[None]]


@asynccontextmanager
async def serving(
    handle: Handle,
    context: ssl.SSLContext | None = None,
    *,
    fake: Callable[[bytes], bytes | None] | None = None,
    host: str = "127.0.0.1",
) -> AsyncIterator[int]:
    """A server that does `handle` with each connection; gives its port."""
    tasks: set[asyncio.Task[Any]] = set()

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        end = End(reader, writer)
        try:
            if context is not None:
                await end.secure(context, fake)
            await handle(end)
        except (OSError, EOFError, asyncio.CancelledError):  # the doctor leaves when it has heard enough
            pass
        finally:
            tasks.discard(task)
            end.close()

    server = await asyncio.start_server(on_connection, host, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        left = tuple(tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def saying(text: bytes, *, at_once: bool = False, stays: bool = False) -> Handle:
    """Says the same whatever it is told; `at_once` before it is told anything; `stays` without closing."""

    async def handle(end: End) -> None:
        if not at_once:
            await end.receive()
        await end.send(text)
        if stays:
            while await end.receive():
                pass

    return handle


async def silent(end: End) -> None:
    """Takes everything and says nothing."""
    while await end.receive():
        pass


async def leaving(end: End) -> None:
    """Closes the connection."""
    await end.receive()


def free_port() -> int:
    """A port nobody listens at."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- proxies -----------------------------------------------------------------------------------------------------------------


def proxying(authorization: str = "") -> Handle:
    """An HTTP proxy that makes tunnels to this machine, whatever the name; with `authorization` only for those who bring it."""

    async def handle(end: End) -> None:
        head = await end.head()
        if authorization and f"Proxy-Authorization: {authorization}" not in head:
            await end.send(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n\r\n")
            return
        port = int(head.split()[1].rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await end.send(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def back() -> None:
            while data := await reader.read(16_384):
                await end.send(data)
            end.close()

        backward = asyncio.create_task(back())
        try:
            while data := await end.receive():
                writer.write(data)
        finally:
            writer.close()
            backward.cancel()
            await asyncio.gather(backward, return_exceptions=True)

    return handle


# --- backends ----------------------------------------------------------------------------------------------------------------

IDENTITY = "CS001"
PASSWORD = "a-password-of-the-station"
Respond = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Backend:
    """A backend that is healthy unless told otherwise.

    `respond` may answer a request (its head) in its own way, None for the usual; `paths` are those it knows; "" for `password`: it asks
    for none. `checks_user` and `checks_password` are what it compares. Of the line: `pongs`, `ends` it with these bytes (then closes) as
    soon as it is open, `pings` at once. After its first pong, and `idle` seconds of silence, the line is `cut`: by "close", "reset", or
    "deaf" (at once: as if packets were dropped).
    """

    speaks: tuple[str, ...] = ("ocpp2.1", "ocpp2.0.1", "ocpp1.6")
    paths: tuple[str, ...] = (f"/ocpp/{IDENTITY}",)
    password: str = PASSWORD
    checks_password: bool = True
    checks_user: bool = True
    asks_password: bool = True
    compression: bool = True
    respond: Respond | None = None
    headers: tuple[tuple[str, str], ...] = ()
    pongs: bool = True
    ends: bytes = b""
    idle: float = 0.0
    cut: str = "close"
    pings: int = 0
    asked: list[str] = field(default_factory=list)

    async def __call__(self, end: End) -> None:
        """Serve one connection."""
        await self.serve(end, await end.head())

    async def serve(self, end: End, head: str) -> None:
        """Serve a request that has been read."""
        self.asked.append(head)
        answer = (self.respond(head) if self.respond is not None else None) or self._answer(head)
        await end.send(answer)
        if answer.startswith(b"HTTP/1.1 101"):
            await self._talk(end)

    def _answer(self, head: str) -> bytes:
        if header_of(head, "Upgrade") != "websocket":
            return http(426, "Upgrade Required", ("Upgrade", "websocket"))
        if head.split()[1] not in self.paths:
            return http(404, "Not Found", body="no such station")
        if self.password and not self._authorized(head):
            return http(401, "Unauthorized", ("WWW-Authenticate", 'Basic realm="OCPP"'))
        return switching(head, self.speaks, compression=self.compression, instead=dict(self.headers))

    def _authorized(self, head: str) -> bool:
        header = header_of(head, "Authorization")
        if not header:
            return not self.asks_password
        user, _, password = base64.b64decode(header.removeprefix("Basic ")).decode("latin-1").partition(":")
        return (user == IDENTITY or not self.checks_user) and (password == self.password or not self.checks_password)

    async def _talk(self, end: End) -> None:
        if self.ends:
            await end.send(self.ends)
            return
        for _ in range(self.pings):
            await end.send(b"\x89\x02hi")
        ponged = False
        while True:
            if ponged and self.cut == "deaf":
                await silent(end)
            try:
                async with asyncio.timeout(self.idle if ponged and self.idle else None):
                    data = await end.receive()
            except TimeoutError:
                end.close(reset=self.cut == "reset")
                return
            if not data or data[0] == 0x88:
                return
            if data[0] == 0x89 and self.pongs:
                await end.send(pong_to(data))
                ponged = True


def header_of(head: str, name: str) -> str:
    """A header of a request, "" without."""
    found = (
        line.partition(":")[2].strip() for line in head.split("\r\n") if line.lower().startswith(f"{name.lower()}:")
    )
    return next(found, "")


def http(status: int, reason: str, *headers: tuple[str, str], body: str = "", kind: str = "text/plain") -> bytes:
    """An answer of HTTP."""
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
    lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close"]
    return ("\r\n".join(lines) + f"\r\n\r\n{body}").encode()


def switching(head: str, speaks: tuple[str, ...], *, compression: bool, instead: dict[str, str] | None = None) -> bytes:
    """HTTP 101; headers `instead` of the usual, "" for without."""
    key = header_of(head, "Sec-WebSocket-Key").encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    offered = [each.strip() for each in header_of(head, "Sec-WebSocket-Protocol").split(",")]
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": base64.b64encode(hashlib.sha1(key).digest()).decode(),
        "Sec-WebSocket-Protocol": next((each for each in speaks if each in offered), ""),
        "Sec-WebSocket-Extensions": "permessage-deflate" if compression and "deflate" in head else "",
    } | (instead or {})
    return (
        "HTTP/1.1 101 Switching Protocols\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers.items() if v) + "\r\n"
    ).encode()


def pong_to(ping: bytes) -> bytes:
    """The answer to a client's (masked) ping."""
    length, mask = ping[1] & 0x7F, ping[2:6]
    payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(ping[6 : 6 + length]))
    return bytes((0x8A, length)) + payload


# --- TLS ---------------------------------------------------------------------------------------------------------------------

SUITES = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-GCM-SHA384"
"""The four every backend must have."""


@cache
def _key(name: str) -> Any:
    return rsa.generate_private_key(65537, 2048) if name.startswith("rsa") else ec.generate_private_key(ec.SECP256R1())


def _name(common: str) -> x509.Name:
    parts = ((NameOID.ORGANIZATION_NAME, "Volta"), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


@dataclass(frozen=True)
class Shop:
    """Certificates in a folder: a CA, a backend's (RSA and ECDSA), stations' of this CA, of a stranger, expired."""

    folder: Path

    def made(self) -> Shop:
        """Make the files."""
        for common, key, by in (
            ("root", "root", "root"),
            ("stranger", "stranger", "stranger"),
            ("localhost", "rsa", "root"),
            ("localhost", "ecdsa", "root"),
            ("other.example", "other", "root"),
            (IDENTITY, "station", "root"),
            (IDENTITY, "foreign", "stranger"),
            (IDENTITY, "expired", "root"),
        ):
            self._write(common, key, by)
        return self

    def _write(self, common: str, key: str, by: str) -> None:
        now = SystemClock().now()
        until = now - timedelta(days=2) if key == "expired" else now + timedelta(days=30)
        made = (
            x509.CertificateBuilder()
            .subject_name(_name(common))
            .issuer_name(_name(by))
            .public_key(_key(key).public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=9))
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(key == by, None), critical=True)
            .sign(_key(by), SHA256())
        )
        pem = made.public_bytes(Encoding.PEM)
        pem += _key(key).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / f"{key}.pem").write_bytes(pem)

    def file(self, name: str) -> str:
        """Path of a file with certificate and key."""
        return str(self.folder / f"{name}.pem")

    def context(
        self,
        *,
        kinds: tuple[str, ...] = ("rsa", "ecdsa"),
        ciphers: str = SUITES,
        least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
        most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
        client_ca: str = "",
        demands: bool = True,
        alpn: tuple[str, ...] = (),
    ) -> ssl.SSLContext:
        """A backend's TLS: healthy unless told otherwise. With `client_ca` it asks for client certificates, and `demands` them."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers(ciphers)
        context.minimum_version, context.maximum_version = least, most
        for kind in kinds:
            context.load_cert_chain(self.file(kind))
        if client_ca:
            context.load_verify_locations(self.file(client_ca))
            context.verify_mode = ssl.CERT_REQUIRED if demands else ssl.CERT_OPTIONAL
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context


def by_name(
    usual: ssl.SSLContext, *, for_others: ssl.SSLContext | None = None, known: tuple[str, ...] = ("localhost",)
) -> ssl.SSLContext:
    """The same, which shows those that send another name, or none, another certificate, or refuses them."""

    def choose(line: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        if name in known:
            return None
        if for_others is None:
            return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
        line.context = for_others
        return None

    usual.sni_callback = choose  # type: ignore[assignment]
    return usual


def server_hello(version: int, suite: int, *, compression: int = 0, renegotiation: bool = True, cut: int = 0) -> bytes:
    """A ServerHello in its record, made by hand; `cut` bytes are left out at its end."""
    body = version.to_bytes(2, "big") + bytes(32) + b"\x00" + suite.to_bytes(2, "big") + bytes((compression,))
    body += b"\x00\x05\xff\x01\x00\x01\x00" if renegotiation else b""
    message = b"\x02" + (len(body) - cut).to_bytes(3, "big") + body[: len(body) - cut]
    return record(22, version, message) + record(22, version, b"\x0e\x00\x00\x00")


def record(kind: int, version: int, content: bytes) -> bytes:
    """A TLS record."""
    return bytes((kind,)) + version.to_bytes(2, "big") + len(content).to_bytes(2, "big") + content


def alert(code: int, version: int = 0x0303) -> bytes:
    """A fatal alert in its record."""
    return record(21, version, bytes((2, code)))


def hello_version(hello: bytes) -> int:
    """The version in the body of a ClientHello's record."""
    return int.from_bytes(hello[9:11], "big")


def offers_compression(hello: bytes) -> bool:
    """Whether a ClientHello offers DEFLATE: only the doctor's do, for TLS libraries no longer can."""
    at = 43 + 1 + hello[43]
    at += 2 + int.from_bytes(hello[at : at + 2], "big")
    return 1 in hello[at + 1 : at + 1 + hello[at]]
