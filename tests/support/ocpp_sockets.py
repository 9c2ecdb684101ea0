"""Stations and servers on 127.0.0.1 for tests, and a raw TCP end for what a proper client would never send."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from pilotwire.ocpp.net.client import connect
from pilotwire.ocpp.net.server import Accept, Handshake, Refuse, Server, serve
from pilotwire.ocpp.net.socket import Socket, SocketClosed
from pilotwire.ocpp.version import OcppVersion

V16, V201, V21 = OcppVersion.V16, OcppVersion.V201, OcppVersion.V21
Verdict = Accept | Refuse


async def welcome(handshake: Handshake) -> Verdict:
    """Admit everybody."""
    return Accept()


async def echo(socket: Socket) -> None:
    """Send everything back."""
    with contextlib.suppress(SocketClosed):
        while True:
            await socket.send(await socket.recv())


class Guests:
    """A handler that hands its sockets to the test and keeps each one until the connection ends."""

    def __init__(self) -> None:
        self._arrived: asyncio.Queue[Socket] = asyncio.Queue()

    async def __call__(self, socket: Socket) -> None:
        self._arrived.put_nowait(socket)
        await socket.wait_closed()

    async def next(self) -> Socket:
        """The socket of the next station."""
        async with asyncio.timeout(10):
            return await self._arrived.get()


class Refusals:
    """What the `refused` hook heard."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[tuple[Handshake, str]] = asyncio.Queue()

    def __call__(self, handshake: Handshake, reason: str) -> None:
        self._heard.put_nowait((handshake, reason))

    async def next(self) -> tuple[Handshake, str]:
        """The next refusal."""
        async with asyncio.timeout(10):
            return await self._heard.get()


@contextlib.asynccontextmanager
async def serving(
    handler: Callable[[Socket], Awaitable[None]] = echo,
    admit: Callable[[Handshake], Awaitable[Verdict]] = welcome,
    **options: object,
) -> AsyncIterator[Server]:
    """A server on a free port of 127.0.0.1."""
    async with await serve(handler, "127.0.0.1", 0, admit=admit, **options) as server:  # type: ignore[arg-type]
        yield server


async def station(
    server: Server, identity: str = "CS1", *versions: OcppVersion, path: str = "", **options: object
) -> Socket:
    """A station connected to `server`."""
    url = f"ws://127.0.0.1:{server.port}{path}"
    return await connect(url, identity=identity, versions=versions or (V201,), **options)  # type: ignore[arg-type]


def upgrade(path: str, *subprotocols: str, extra: str = "") -> bytes:
    """A WebSocket opening request, byte for byte."""
    offer = f"Sec-WebSocket-Protocol: {', '.join(subprotocols)}\r\n" if subprotocols else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n{offer}{extra}\r\n"
    ).encode()


def masked(payload: bytes, first: int = 0x81, claim: int | None = None) -> bytes:
    """A client's frame with an all-zero mask; `claim` is the length the header tells, if not the true one."""
    length = len(payload) if claim is None else claim
    if length < 126:
        head = bytes((first, 0x80 | length))
    elif length < 65536:
        head = bytes((first, 0x80 | 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((first, 0x80 | 127)) + length.to_bytes(8, "big")
    return head + bytes(4) + payload


class RawEnd:
    """A TCP connection that says exactly what the test wants."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> str:
        """The head of an HTTP response."""
        async with asyncio.timeout(10):
            return (await self.reader.readuntil(b"\r\n\r\n")).decode()

    async def rest(self) -> bytes:
        """Everything until the other side ends."""
        async with asyncio.timeout(10):
            return await self.reader.read()

    async def frame(self) -> tuple[int, bytes]:
        """One short frame of the server: first byte and payload."""
        async with asyncio.timeout(10):
            first, length = await self.reader.readexactly(2)
            size = int.from_bytes(await self.reader.readexactly(2), "big") if length == 126 else length
            return first, await self.reader.readexactly(size)


@contextlib.asynccontextmanager
async def raw_end(server: Server) -> AsyncIterator[RawEnd]:
    """A raw TCP connection to `server`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield RawEnd(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
