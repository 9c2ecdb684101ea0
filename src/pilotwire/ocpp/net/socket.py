"""A WebSocket that carries OCPP-J text messages: the only place that knows the WebSocket library's inside.

The library (`websockets`) does the handshakes, the frames, compression and the closing; `Line` replaces its message queue, its way to
send and its keep-alive: they dominate the cost per message, and its keep-alive waits for ever behind a peer that does not read.

Back-pressure: messages waiting to be taken are bounded in number and bytes, then reading from the network stops; while the peer
does not take what we send, `Socket.drain` waits, and reading stops too, so that a flood of calls or pings cannot pile up answers.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import CLOSED, OPEN, SERVER
from websockets.utils import apply_mask

from pilotwire.errors import MisuseError, NotReachable
from pilotwire.ocpp.version import OcppVersion

MAX_REASON: Final = 123
"""Bytes a close reason may have (RFC 6455, 5.5.1)."""
WRITE_LIMIT: Final = 32_768
"""Bytes waiting to be taken by the peer above which a writer has to wait."""
QUEUED_MESSAGES: Final = 16
QUEUED_BYTES: Final = 65_536
CLOSE_TIMEOUT: Final = 5.0
"""Seconds a peer has for its part of the closing handshake."""
ABNORMAL: Final = 1006
_TEXT_FIN: Final = 0x81

Receiver = Callable[[bytes], None]


class SocketClosed(NotReachable):
    """The connection is over: `code` and `reason` of the side that closed first; 1006 if the line just broke."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"The connection is closed ({code}{': ' + reason if reason else ''}).")
        self.code = code
        self.reason = reason


def close_reason(text: str) -> str:
    """`text` cut so that it fits a close frame, never inside a character."""
    raw = text.encode("utf-8", "replace")
    return text if len(raw) <= MAX_REASON else raw[: MAX_REASON - 3].decode("utf-8", "ignore") + "..."


class Line(Connection):
    """A connection of the library with a lean way in and out, the server's or the client's. `broken_by`: what TCP or TLS ended it with."""

    _inbox: deque[bytes]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The TCP (or TLS) connection stands; the opening handshake follows."""
        self._inbox = deque()
        self._inbox_bytes = 0
        self._receiver: Receiver | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._fragments: bytearray | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ping_count = self._ping_backlog = 0
        self._held = self._heard = self._deaf = False
        self._between_frames = False
        self._lost = ""
        self.broken_by: Exception | None = None
        self._dooming: asyncio.TimerHandle | None = None
        super().connection_made(transport)

    # --- in ------------------------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Bytes from the network. Whole, unfragmented text frames take a short cut around the library's parser."""
        self._heard = True
        rest = self._short_cut(data) if self._may_short_cut() else data
        if not rest:
            return
        super().data_received(rest)
        self._between_frames = self._parser_rests()
        if self.protocol.close_expected() or self.protocol.eof_sent:
            self._doom()

    def _may_short_cut(self) -> bool:
        return self._between_frames and self.protocol.state is OPEN and not self._deaf

    def _parser_rests(self) -> bool:
        """Whether the library's parser waits for a new message with nothing buffered. An unknown parser never does."""
        protocol = self.protocol
        if protocol.state is not OPEN or protocol.extensions or protocol.current_size is not None:
            return False
        generator: Any = protocol.parser
        while (inner := getattr(generator, "gi_yieldfrom", None)) is not None:
            generator = inner
        return not protocol.reader.buffer and getattr(generator, "__name__", "") == "at_eof"

    def _short_cut(self, data: bytes) -> bytes:
        """Deliver the complete text messages at the beginning of `data`; returns what is left for the library."""
        masked = 0x80 if self.protocol.side is SERVER else 0
        limit = self.protocol.max_message_size or len(data)
        start, size = 0, len(data)
        while size - start >= 6 and data[start] == _TEXT_FIN and data[start + 1] & 0x80 == masked and not self._deaf:
            length, body = data[start + 1] & 0x7F, start + 2
            if length == 126:
                length, body = int.from_bytes(data[body : body + 2], "big"), body + 2
            elif length == 127:
                break
            mask = data[body : body + 4] if masked else b""
            body += len(mask)
            end = body + length
            if end > size or length > limit:
                break
            start = end
            self._on_text(apply_mask(data[body:end], mask) if mask else data[body:end])
        return data[start:] if start else data

    def process_event(self, event: Any) -> None:
        """What the library's parser found: the handshake, or a frame."""
        if type(event) is not Frame:
            super().process_event(event)
        elif self._deaf:
            return
        elif event.opcode is Opcode.TEXT or event.opcode is Opcode.CONT:
            self._on_fragment(bytes(event.data), event.fin)
        elif event.opcode is Opcode.BINARY:
            self.fail(1003, "OCPP-J messages are text messages: a binary message cannot be read")
        elif event.opcode is Opcode.PONG:
            self._on_pong(bytes(event.data))

    def _on_fragment(self, data: bytes, fin: bool) -> None:
        if self._fragments is None and fin:
            self._on_text(data)
            return
        whole = self._fragments = bytearray() if self._fragments is None else self._fragments
        whole += data
        if fin:
            self._fragments = None
            self._on_text(bytes(whole))

    def _on_text(self, data: bytes) -> None:
        if not data.isascii() and not _is_utf8(data):
            self.fail(1007, "a text message must be UTF-8")
        elif self._dooming is not None:
            return  # we are closing: only the peer's close frame is still of interest
        elif self._receiver is not None:
            self._receiver(data)
        else:
            self._enqueue(data)

    def _enqueue(self, data: bytes) -> None:
        self._inbox.append(data)
        self._inbox_bytes += len(data)
        self._wake()
        self._hold_or_go()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def take(self) -> bytes:
        """The next text message, in order. Raises SocketClosed when there is none left and the connection is over."""
        if self._waiter is not None or self._receiver is not None:
            raise MisuseError("only one reader may take messages from a socket")
        while not self._inbox:
            self._raise_if_over()
            self._waiter = self.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        data = self._inbox.popleft()
        self._inbox_bytes -= len(data)
        self._hold_or_go()
        return data

    def listen(self, receiver: Receiver) -> None:
        """Hand every message to `receiver` from now on, those already waiting first."""
        if self._waiter is not None or self._receiver is not None:
            raise MisuseError("only one reader may take messages from a socket")
        self._receiver = receiver
        while self._inbox:
            receiver(self._inbox.popleft())
        self._inbox_bytes = 0
        self._hold_or_go()

    # --- out -----------------------------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Put one text message on the line without waiting. Raises SocketClosed."""
        protocol = self.protocol
        if protocol.state is not OPEN or self._deaf:
            raise SocketClosed(*self.ending())
        if protocol.side is SERVER and not protocol.extensions:
            self.transport.write(_text_header(len(data)) + data)
            return
        protocol.send_text(data)
        self._flush()

    def _flush(self) -> None:
        try:
            self.send_data()
        except Exception as error:  # a transport that is already gone: connection_lost follows and tells
            self.set_connection_exc(error)

    def pause_writing(self) -> None:
        """The peer does not keep up: hear no more until it does."""
        super().pause_writing()
        self._hold_or_go()

    def resume_writing(self) -> None:
        """The peer keeps up again."""
        super().resume_writing()
        self._hold_or_go()

    def _hold_or_go(self) -> None:
        full = len(self._inbox) > QUEUED_MESSAGES or self._inbox_bytes > QUEUED_BYTES
        hold = (self.paused or full) and self._dooming is None
        if hold is self._held or self.transport.is_closing():
            return
        self._held = hold
        if hold:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    # --- keep-alive (J16:5.3, J2:5.2) --------------------------------------------------------------------------------------------

    def start_keepalive(self) -> None:
        """Ping every `ping_interval` seconds; called by the library after the opening handshake."""
        if self.ping_interval:
            self._timer = self.loop.call_later(self.ping_interval, self._ping)

    def set_ping_interval(self, seconds: float) -> None:
        """Ping every so often from now on; 0: not at all. An answer that is waited for is waited for no more."""
        self.ping_interval = seconds or None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.protocol.state is OPEN:
            self.start_keepalive()

    def _ping(self) -> None:
        if self.protocol.state is not OPEN:
            return
        self._ping_count += 1
        self._ping_backlog = self.transport.get_write_buffer_size()
        self.protocol.send_ping(self._ping_count.to_bytes(4, "big"))
        self._flush()
        if self.ping_timeout:
            self._timer = self.loop.call_later(self.ping_timeout, self._unanswered)
        else:
            self.start_keepalive()

    def _unanswered(self) -> None:
        """No pong in time: the peer is gone, unless we did not listen or it is still busy taking what we sent before."""
        backlog = self.transport.get_write_buffer_size()
        if (self._held and not self.paused) or 0 < backlog < self._ping_backlog:
            self._ping_backlog = backlog
            self._timer = self.loop.call_later(self.ping_timeout or 1.0, self._unanswered)
            return
        self.fail(1011, f"no answer to a ping within {self.ping_timeout:g} s")

    def _on_pong(self, data: bytes) -> None:
        if self._ping_count and self._timer is not None and data == self._ping_count.to_bytes(4, "big"):
            self._timer.cancel()
            self.start_keepalive()

    # --- the end -------------------------------------------------------------------------------------------------------------

    def fail(self, code: int, reason: str) -> None:
        """End the connection because of what the peer did; nothing it says later is heard."""
        if self.protocol.state is not OPEN:
            return
        self._deaf = True
        self.protocol.fail(code, close_reason(reason))
        self._flush()
        self._doom()

    def begin_close(self, code: int, reason: str) -> None:
        """Start the closing handshake; the line is cut if the peer does not do its part."""
        if self.protocol.state is not OPEN:
            return
        self.protocol.send_close(code, close_reason(reason))
        self._flush()
        self._doom()

    def _doom(self) -> None:
        if self._dooming is None and self.protocol.state is not CLOSED:
            self._dooming = self.loop.call_later(self.close_timeout or CLOSE_TIMEOUT, self.transport.abort)
            self._hold_or_go()  # else the peer's close frame might never be read

    def connection_lost(self, exc: Exception | None) -> None:
        """The TCP connection is gone."""
        for timer in (self._timer, self._dooming):
            if timer is not None:
                timer.cancel()
        self.broken_by = exc
        self._lost = str(exc) if exc else "the line broke without a closing handshake"
        super().connection_lost(exc)
        self._wake()

    def _raise_if_over(self) -> None:
        if self.protocol.state is CLOSED:
            raise SocketClosed(*self.ending())

    def ending(self) -> tuple[int, str]:
        """Code and reason of the side that closed first; 1006 if nobody did."""
        protocol = self.protocol
        if protocol.close_sent is not None and not protocol.close_rcvd_then_sent:
            return int(protocol.close_sent.code), protocol.close_sent.reason
        if protocol.close_rcvd is not None:
            return int(protocol.close_rcvd.code), protocol.close_rcvd.reason
        return ABNORMAL, self._lost


class ServerLine(Line, ServerConnection):
    """A connection a server accepted.

    `visit` is for the server to keep what the opening handshake gave; `on_garbled` hears of a client that never sent a whole request.
    """

    visit: object = None
    on_garbled: Callable[[ServerLine], None] | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The TCP connection is gone."""
        super().connection_lost(exc)
        if self.request is None and self._heard and self.on_garbled is not None:
            self.on_garbled(self)


class ClientLine(Line, ClientConnection):
    """A connection a client opened."""


class Socket:
    """One OCPP-J connection after a successful opening handshake.

    `identity` is the station's, whichever side we are; `headers` are those of the request (at the server) or of the response (at the
    client), names in lower case; `context` is what the server's `admit` handed over.
    """

    __slots__ = ("_line", "context", "headers", "identity", "path", "remote", "version")

    def __init__(
        self,
        line: Line,
        *,
        version: OcppVersion,
        identity: str,
        path: str,
        headers: Mapping[str, str],
        context: object = None,
    ) -> None:
        self._line = line
        self.version = version
        self.identity = identity
        self.path = path
        self.remote = remote_of(line)
        self.headers = headers
        self.context = context

    @property
    def subprotocol(self) -> str:
        """The negotiated subprotocol, for example `ocpp2.0.1`."""
        return self.version.subprotocol

    @property
    def peer_certificate(self) -> bytes | None:
        """The certificate the other side showed in TLS, DER; None without one."""
        return peer_certificate_of(self._line)

    @property
    def is_secure(self) -> bool:
        """Whether the connection uses TLS."""
        return is_secure(self._line)

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS of the connection, to be asked for its version and cipher suite; None without TLS."""
        found = self._line.transport.get_extra_info("ssl_object")
        return found if isinstance(found, ssl.SSLObject) else None

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._line.protocol.state is OPEN

    def set_ping_interval(self, seconds: float) -> None:
        """Ping every so often from now on; 0: not at all (J2:8.4)."""
        self._line.set_ping_interval(seconds)

    @property
    def close_code(self) -> int | None:
        """Close code of the side that closed first, 1006 if the line broke; None while the connection stands."""
        return self._line.ending()[0] if self._line.protocol.state is CLOSED else None

    @property
    def close_reason(self) -> str | None:
        """The reason that came with `close_code`; None while the connection stands."""
        return self._line.ending()[1] if self._line.protocol.state is CLOSED else None

    async def recv(self) -> bytes:
        """The next text message as UTF-8 bytes. Raises SocketClosed at the end, MisuseError with two readers."""
        return await self._line.take()

    def listen(self, receiver: Receiver) -> None:
        """Instead of `recv`: call `receiver(data)` for each message as it arrives. It must not block and not raise."""
        self._line.listen(receiver)

    async def send(self, data: bytes) -> None:
        """Send one text message and wait while the peer does not keep up. Raises SocketClosed."""
        await self.drain()
        self._line.write(data)
        await self.drain()

    def write(self, data: bytes) -> None:
        """Put one text message on the line without waiting; follow it with `drain`. Raises SocketClosed."""
        self._line.write(data)

    @property
    def congested(self) -> bool:
        """Whether so much waits to be taken by the peer that a writer should `drain` first."""
        return self._line.paused

    async def drain(self) -> None:
        """Wait until the peer has taken enough of what was written. Raises SocketClosed if the line breaks meanwhile."""
        line = self._line
        while line.paused:
            try:
                await line.drain()
            except Exception as error:
                raise SocketClosed(*line.ending()) from error

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close in order and wait for the end; a peer that does not take part is cut off after CLOSE_TIMEOUT."""
        self._line.begin_close(code, reason)
        await self.wait_closed()

    def begin_close(self, code: int = 1000, reason: str = "") -> None:
        """Start closing without waiting."""
        self._line.begin_close(code, reason)

    def abort(self) -> None:
        """Cut the line at once, without a closing handshake."""
        self._line.transport.abort()

    async def wait_closed(self) -> None:
        """Wait until the connection is over."""
        await self._line.wait_closed()

    def on_closed(self, callback: Callable[[], None]) -> None:
        """Call `callback` soon after the connection is over."""
        self._line.connection_lost_waiter.add_done_callback(lambda _: callback())


def remote_of(line: Connection) -> str:
    """`host:port` of the other side, or "" where the transport cannot tell."""
    address = line.transport.get_extra_info("peername")
    return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else str(address or "")


def peer_certificate_of(line: Connection) -> bytes | None:
    """The certificate the other side showed in TLS, DER."""
    tls = line.transport.get_extra_info("ssl_object")
    return tls.getpeercert(True) if isinstance(tls, ssl.SSLObject | ssl.SSLSocket) else None


def is_secure(line: Connection) -> bool:
    """Whether the connection uses TLS."""
    return line.transport.get_extra_info("ssl_object") is not None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _text_header(length: int) -> bytes:
    """Header of an unmasked, final text frame (RFC 6455, 5.2)."""
    if length < 126:
        return bytes((_TEXT_FIN, length))
    marker, width = (126, 2) if length < 65_536 else (127, 8)
    return bytes((_TEXT_FIN, marker)) + length.to_bytes(width, "big")


def compression_of(enabled: bool) -> Literal["deflate"] | None:
    """The library's word for permessage-deflate (RFC 7692, J2:3.3), or None for none."""
    return "deflate" if enabled else None
