"""Bytes to and from a peer, over TCP with or without TLS: the one place that pumps OpenSSL."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Protocol

from OpenSSL import SSL

from pilotwire.iso15118.net.ending import ConnectionEnded, Ending
from pilotwire.iso15118.net.tls_words import alert_in, alert_words, failure_words

_CHUNK = 65_536
_TLS_CHUNK = 16_384


class Channel(Protocol):
    """A stream of bytes in both directions."""

    async def read(self) -> bytes:
        """Bytes as they come; b"" when the peer closed in order. Raises ConnectionEnded."""
        ...

    async def write(self, data: bytes) -> None:
        """Send bytes; waits while the peer does not take them. Raises ConnectionEnded."""
        ...

    async def finish(self) -> None:
        """Say that no more comes from here. Never raises."""
        ...

    async def outlast(self) -> None:
        """Wait until the peer closed its side as well; what it still sends is dropped. Never raises."""
        ...

    async def shut(self) -> None:
        """Close for good. Never raises."""
        ...

    def abort(self) -> None:
        """Cut the line (TCP reset)."""
        ...


class PlainChannel:
    """TCP without TLS."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        """Bytes as they come, b"" at the end. Raises ConnectionEnded if the line breaks."""
        try:
            return await self._reader.read(_CHUNK)
        except OSError as error:
            raise dropped(error) from None

    async def write(self, data: bytes) -> None:
        """Send bytes. Raises ConnectionEnded if the line breaks."""
        try:
            if self._writer.is_closing():
                raise ConnectionResetError
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise dropped(error) from None

    async def finish(self) -> None:
        """Send what there is, and FIN."""
        _write_eof(self._writer)

    async def outlast(self) -> None:
        """Wait for the peer's FIN."""
        await _outlast(self._reader)

    async def shut(self) -> None:
        """Close for good."""
        await shut(self._writer)

    def abort(self) -> None:
        """Cut the line."""
        cut(self._writer)


class TlsChannel:
    """TCP with TLS. `handshake` first; `connection` tells of the peer afterwards."""

    def __init__(self, connection: SSL.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connection = connection
        self._reader = reader
        self._writer = writer

    async def handshake(self, already: bytes = b"") -> None:
        """Shake hands; `already` are bytes that were read before. Raises SSL.Error, ConnectionEnded."""
        if already:
            self.connection.bio_write(already)
        try:
            while not _done(self.connection.do_handshake):
                await self._flush()
                await self._more("The peer closed the connection within the TLS handshake.")
        finally:  # an alert that says why leaves as well
            with contextlib.suppress(OSError):
                await self._flush()

    async def read(self) -> bytes:
        """Bytes as they come, b"" after the peer's close_notify. Raises ConnectionEnded."""
        while True:
            try:
                return self.connection.recv(_TLS_CHUNK)
            except SSL.WantReadError:
                pass
            except SSL.ZeroReturnError:
                return b""
            except SSL.Error as error:
                raise broken(error) from None
            try:
                await self._flush()
                await self._more("The connection was cut without TLS being closed (no close_notify).")
            except OSError as error:
                raise dropped(error) from None

    async def write(self, data: bytes) -> None:
        """Send bytes. Raises ConnectionEnded if the line breaks."""
        try:
            if self._writer.is_closing():
                raise ConnectionResetError
            for at in range(0, len(data), _TLS_CHUNK):
                self.connection.sendall(data[at : at + _TLS_CHUNK])
            await self._flush()
        except SSL.Error as error:
            raise broken(error) from None
        except OSError as error:
            raise dropped(error) from None

    async def finish(self) -> None:
        """Send what there is, close_notify and FIN."""
        with contextlib.suppress(SSL.Error, OSError):
            self.connection.shutdown()
            await self._flush()
        _write_eof(self._writer)

    async def outlast(self) -> None:
        """Wait for the peer's FIN."""
        await _outlast(self._reader)

    async def shut(self) -> None:
        """Close for good."""
        await shut(self._writer)

    def abort(self) -> None:
        """Cut the line."""
        cut(self._writer)

    async def _more(self, at_end: str) -> None:
        data = await self._reader.read(_CHUNK)
        if not data:
            raise ConnectionEnded(Ending.DROPPED, at_end)
        self.connection.bio_write(data)

    async def _flush(self) -> None:
        with contextlib.suppress(SSL.WantReadError):
            while True:
                self._writer.write(self.connection.bio_read(_CHUNK))
        await self._writer.drain()


def dropped(error: OSError) -> ConnectionEnded:
    """The line broke."""
    why = error.strerror or "reset by the peer"
    return ConnectionEnded(Ending.DROPPED, f"The connection broke: {why}.")


def broken(error: SSL.Error) -> ConnectionEnded:
    """TLS failed after the handshake. In TLS 1.3 a vehicle learns only then that it is refused."""
    alert = alert_in(error)
    if alert:
        return ConnectionEnded(Ending.REFUSED, f"The peer ended TLS ({alert_words(alert)}).", alert=alert)
    return ConnectionEnded(Ending.GARBAGE, f"What the peer sent is no good TLS: {failure_words(error)}.")


def cut(writer: asyncio.StreamWriter) -> None:
    """Cut a line at once. The peer gets a TCP reset: it shall not take it for an orderly end."""
    with contextlib.suppress(OSError, AttributeError, ValueError):  # it is closed already (ValueError: uvloop)
        line = writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def shut(writer: asyncio.StreamWriter) -> None:
    """Close a stream for good, without waiting for a peer that takes nothing."""
    writer.close()
    if writer.transport.get_write_buffer_size():
        cut(writer)
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def _write_eof(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: uvloop, when the line is gone already
        if writer.can_write_eof():
            writer.write_eof()


async def _outlast(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError):
        while await reader.read(_CHUNK):
            pass


def _done(step: Callable[[], None]) -> bool:
    try:
        step()
    except SSL.WantReadError:
        return False
    return True
