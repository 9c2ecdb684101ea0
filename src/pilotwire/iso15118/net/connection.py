"""One connection between a vehicle and a station that carries V2GTP messages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from pilotwire.errors import MisuseError
from pilotwire.iso15118.net.channel import Channel
from pilotwire.iso15118.net.ending import ConnectionEnded, Ending
from pilotwire.iso15118.net.hello import ClientHello
from pilotwire.iso15118.v2gtp import DEFAULT_LIMIT, Frames, Message, PayloadType, Unknown, V2gtpFault, frame

CLOSE_PATIENCE: Final = 5.0
"""Seconds a peer has to close its side."""

Ignored = Callable[[Unknown], None]
"""Hears of messages of unknown types."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end. Without TLS, `tls` and what follows it are empty.

    `tls`: "TLSv1.2" or "TLSv1.3". `suite`: as OpenSSL names it. `curve`: that of the key agreement. `chain`: the certificates it showed,
    DER, its own first. `staple`: the OCSP response a station sent, DER. `hello`: what a vehicle said first (only on a station).
    """

    host: str
    port: int
    tls: str = ""
    suite: str = ""
    curve: str = ""
    chain: tuple[bytes, ...] = ()
    staple: bytes = b""
    hello: ClientHello | None = None

    def __str__(self) -> str:
        """Address and security, for logs."""
        return f"[{self.host}]:{self.port}{' by ' + self.tls if self.tls else ''}"


class V2gConnection:
    """Messages in and out. One task may receive and another send at the same time.

    Leaving its context closes it.
    """

    def __init__(
        self, channel: Channel, peer: Peer, ignored: Ignored | None = None, limit: int = DEFAULT_LIMIT
    ) -> None:
        self.peer = peer
        self._channel = channel
        self._frames = Frames(limit)
        self._ignored = ignored
        self._receiving = False
        self._idle = asyncio.Event()
        self._ended: ConnectionEnded | None = None

    @property
    def tls_version(self) -> str:
        """ "TLSv1.2" or "TLSv1.3", "" without TLS."""
        return self.peer.tls

    @property
    def peer_chain(self) -> tuple[bytes, ...]:
        """The certificates the peer showed, DER, its own first."""
        return self.peer.chain

    @property
    def ended(self) -> ConnectionEnded | None:
        """How it ended, None while it stands."""
        return self._ended

    async def receive(self) -> tuple[PayloadType, bytes]:
        """The next message: its payload type and payload. May be cancelled (a timeout) without losing anything.

        Messages of unknown types are passed over. Raises ConnectionEnded, after the last complete message; then always the same.
        """
        if self._receiving:
            raise MisuseError("Only one task may receive from a connection at a time.")
        self._receiving = True
        self._idle.clear()
        try:
            while (message := self._next()) is None:
                await self._fill()
        except ConnectionEnded as end:
            raise self._remember(end) from None
        finally:
            self._receiving = False
            self._idle.set()
        return message.payload_type, message.payload

    async def send(self, payload_type: int, payload: bytes) -> None:
        """Send a message; waits while the peer does not take it. Raises ConnectionEnded."""
        if self._ended is not None and self._ended.ending is not Ending.CLOSED:
            raise self._ended
        try:
            await self._channel.write(frame(payload_type, payload))
        except ConnectionEnded as end:
            raise self._remember(end) from None
        if self._ended is not None and self._ended.ending is Ending.CLOSED_HERE:
            raise self._ended  # closed while the peer had not taken it

    async def close(self, patience: float = CLOSE_PATIENCE) -> None:
        """Close in order; a peer that does not close its side within `patience` seconds is cut off."""
        self._remember(ConnectionEnded(Ending.CLOSED_HERE, "The connection was closed here."))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._channel.finish()
                await (self._idle.wait() if self._receiving else self._channel.outlast())
        await self._channel.shut()

    def abort(self) -> None:
        """Cut the line at once: the peer sees it drop."""
        self._remember(ConnectionEnded(Ending.CLOSED_HERE, "The connection was cut here."))
        self._channel.abort()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _next(self) -> Message | None:
        if self._ended is not None:
            raise self._ended
        try:
            for found in self._frames:
                if isinstance(found, Message):
                    return found
                if self._ignored is not None:
                    self._ignored(found)
        except V2gtpFault as fault:
            raise ConnectionEnded(Ending.GARBAGE, fault.what, fault.remedy) from None
        return None

    async def _fill(self) -> None:
        data = await self._channel.read()
        if data:
            self._frames.feed(data)
        elif self._frames.pending:
            what = f"The peer closed the connection within a message ({self._frames.pending} bytes of it came)."
            raise ConnectionEnded(Ending.DROPPED, what)
        else:
            raise ConnectionEnded(Ending.CLOSED, "The peer closed the connection.")

    def _remember(self, end: ConnectionEnded) -> ConnectionEnded:
        """The first end counts, and bytes that are no V2GTP end it here."""
        if self._ended is None:
            self._ended = end
            if end.ending is Ending.GARBAGE:
                self._channel.abort()
        return self._ended
