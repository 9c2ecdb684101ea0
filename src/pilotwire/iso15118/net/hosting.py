"""Sessions on connections: the host reads and writes bytes and keeps the clock, the session decides."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, TypeVar

from pilotwire.clock import Clock, SystemClock
from pilotwire.iso15118 import negotiation, sap, timing
from pilotwire.iso15118.charging import Ending, SessionEnd, Speaks
from pilotwire.iso15118.codecs import SAP
from pilotwire.iso15118.evcc.session import Ask, EvccSession
from pilotwire.iso15118.exi import DecodeError, SchemaSet
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.net.connection import V2gConnection
from pilotwire.iso15118.net.ending import ConnectionEnded
from pilotwire.iso15118.secc.session import SeccSession
from pilotwire.iso15118.v2gtp import PayloadType

LOOK_AGAIN: Final = 0.05
"""Every so many seconds a session is asked whether it can go on, while something behind it takes its time."""
LINGER: Final = timing.ISO2.secc_keeps_open
"""Seconds a station leaves the line to the vehicle after the last response ([V2G2-025])."""

S = TypeVar("S", SeccSession, EvccSession)


class Direction(Enum):
    """Which way a message went."""

    RECEIVED = "received"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it went over the line; `message` None: it could not be decoded."""

    direction: Direction
    payload_type: PayloadType
    payload: bytes
    message: Element | None


Listener = Callable[[Heard], None]
MakeSecc = Callable[[Speaks, tuple[str, ...], datetime], SeccSession]
"""Makes the station's session of a protocol; told what else the vehicle offered."""
MakeEvcc = Callable[[Speaks, datetime], EvccSession]


def _deaf(_: Heard) -> None:
    """Hears nothing."""


class _Line:
    """A connection that tells a listener what goes over it."""

    def __init__(self, connection: V2gConnection, listener: Listener) -> None:
        self._connection = connection
        self._listener = listener
        self._coming: asyncio.Task[tuple[PayloadType, bytes]] | None = None

    async def send(self, schemas: SchemaSet, payload_type: PayloadType, message: Element) -> None:
        """Encode and send."""
        payload = schemas.encode(message)
        self._listener(Heard(Direction.SENT, payload_type, payload, message))
        await self._connection.send(payload_type, payload)

    async def receive(self, timeout: float | None) -> tuple[PayloadType, bytes] | None:
        """The next payload; None: nothing came within `timeout` s. Raises ConnectionEnded."""
        if self._coming is None:
            self._coming = asyncio.ensure_future(self._connection.receive())
        done, _ = await asyncio.wait({self._coming}, timeout=timeout)
        if not done:
            return None
        coming, self._coming = self._coming, None
        return coming.result()

    def read(self, payload_type: PayloadType, payload: bytes, schemas: SchemaSet) -> Element:
        """Decode, and tell. Raises DecodeError."""
        try:
            message = schemas.decode(payload)
        except DecodeError:
            self._listener(Heard(Direction.RECEIVED, payload_type, payload, None))
            raise
        self._listener(Heard(Direction.RECEIVED, payload_type, payload, message))
        return message

    async def close(self) -> None:
        """Stop waiting for messages, and close the connection."""
        if self._coming is not None:
            self._coming.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionEnded):
                await self._coming
            self._coming = None
        await self._connection.close(patience=LOOK_AGAIN)


# --- both ends -------------------------------------------------------------------------------------------------------------------


async def _held(
    line: _Line,
    clock: Clock,
    begin: Callable[[_Line], Awaitable[S | SessionEnd]],
    go_on: Callable[[_Line, S], Awaitable[SessionEnd]],
    cancelled: str,
) -> SessionEnd:
    """Hold a session on a line until it is over, and close the line. `cancelled`: what is said of one that is ended from outside."""
    session: S | None = None
    try:
        begun = await begin(line)
        if isinstance(begun, SessionEnd):
            return begun
        session = begun
        return await go_on(line, session)
    except ConnectionEnded as end:
        if session is not None:
            session.dropped(clock.now(), end.what)
            return session.over or SessionEnd(Ending.DROPPED, end.what)
        return SessionEnd(Ending.DROPPED, end.what)
    finally:
        if session is not None and session.over is None:
            session.dropped(clock.now(), cancelled)
        await line.close()


def _message(
    line: _Line, session: SeccSession | EvccSession, got: tuple[PayloadType, bytes], now: datetime, peer: str
) -> Element | None:
    """What came. What cannot be read is no message of the protocol: the session cannot take it, and ends."""
    schemas = session.schemas_of(got[0])
    if schemas is None:
        session.findings.append(f"A payload of type {got[0]:#06x} is none of this protocol; it was passed over.")
        return None
    try:
        return line.read(*got, schemas)
    except DecodeError as error:
        session.findings.append(str(error))
        session.dropped(now, f"A message of the {peer} cannot be read. {error}")
        return None


# --- the station -----------------------------------------------------------------------------------------------------------------


async def serve_vehicle(
    connection: V2gConnection,
    speaks: Sequence[Speaks],
    make: MakeSecc,
    *,
    clock: Clock | None = None,
    listener: Listener = _deaf,
    linger: float = LINGER,
) -> SessionEnd:
    """Speak with one vehicle until its session is over; the connection is closed then. `speaks`: what the station can."""
    at = clock or SystemClock()

    async def begin(line: _Line) -> SeccSession | SessionEnd:
        taken = await _take_offer(line, speaks)
        return taken if isinstance(taken, SessionEnd) else make(*taken, at.now())

    async def go_on(line: _Line, session: SeccSession) -> SessionEnd:
        return await _serve(line, session, at, linger)

    return await _held(_Line(connection, listener), at, begin, go_on, "The station ended the session.")


async def _take_offer(line: _Line, speaks: Sequence[Speaks]) -> tuple[Speaks, tuple[str, ...]] | SessionEnd:
    got = await line.receive(timing.ISO2.secc_communication_setup)
    if got is None:
        return SessionEnd(Ending.TIMEOUT, "The vehicle did not say which protocols it speaks in time.")
    try:
        request = line.read(*got, SAP)
    except DecodeError as error:
        return SessionEnd(Ending.FAILED, f"The vehicle's SupportedAppProtocol cannot be read. {error}")
    if not isinstance(request, sap.supportedAppProtocolReq):
        return SessionEnd(Ending.FAILED, "The vehicle did not begin with SupportedAppProtocol.")
    choice = negotiation.choose(request, speaks)
    await line.send(SAP, PayloadType.EXI, choice.response)
    if choice.speaks is None:
        named = ", ".join(negotiation.offered(request))
        return SessionEnd(Ending.NO_PROTOCOL, f"The vehicle speaks {named}: nothing that this station speaks.")
    return choice.speaks, negotiation.offered(request)


async def _serve(line: _Line, session: SeccSession, clock: Clock, linger: float) -> SessionEnd:
    busy = False
    while True:
        got = await line.receive(_patience(session.next_deadline(), clock, busy=busy))
        now = clock.now()
        if got is not None:
            message = _message(line, session, got, now, "vehicle")
            reply = session.feed(message, now) if message is not None else None
        else:
            deadline = session.next_deadline()
            reply = session.expired(now) if deadline is not None and now >= deadline else session.again(now)
        busy = reply is None
        if reply is not None:
            await line.send(reply.schemas, reply.payload_type, reply.message)
            if reply.ends is not None:
                await _linger(line, linger)
                return reply.ends
        if session.over is not None:
            return session.over


async def _linger(line: _Line, seconds: float) -> None:
    """The vehicle closes the line; what it still says is not answered."""
    with contextlib.suppress(ConnectionEnded, TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                await line.receive(None)


# --- the vehicle -----------------------------------------------------------------------------------------------------------------


async def visit_station(
    connection: V2gConnection,
    speaks: Sequence[Speaks],
    make: MakeEvcc,
    *,
    clock: Clock | None = None,
    listener: Listener = _deaf,
) -> SessionEnd:
    """Speak with a station until the session is over; the connection is closed then. `speaks`: the most wanted first."""
    at = clock or SystemClock()

    async def begin(line: _Line) -> EvccSession | SessionEnd:
        chosen = await _make_offer(line, speaks)
        return chosen if isinstance(chosen, SessionEnd) else make(chosen, at.now())

    async def go_on(line: _Line, session: EvccSession) -> SessionEnd:
        return await _visit(line, session, at)

    return await _held(_Line(connection, listener), at, begin, go_on, "The vehicle ended the session.")


async def _make_offer(line: _Line, speaks: Sequence[Speaks]) -> Speaks | SessionEnd:
    await line.send(SAP, PayloadType.EXI, negotiation.offer(speaks))
    got = await line.receive(timing.ISO2.message_default)
    if got is None:
        return SessionEnd(Ending.TIMEOUT, "The station did not answer SupportedAppProtocol in time.")
    try:
        response = line.read(*got, SAP)
    except DecodeError as error:
        return SessionEnd(Ending.FAILED, f"The station's SupportedAppProtocol cannot be read. {error}")
    chosen = negotiation.agreed(response, speaks) if isinstance(response, sap.supportedAppProtocolRes) else None
    if chosen is None:
        return SessionEnd(Ending.NO_PROTOCOL, f"The station speaks nothing of {', '.join(speaks)}.")
    return chosen


async def _visit(line: _Line, session: EvccSession, clock: Clock) -> SessionEnd:
    ask: Ask | None = session.start(clock.now())
    while session.over is None:
        if ask is not None:
            await _pause_until(ask.not_before, clock)
            await line.send(ask.schemas, ask.payload_type, ask.message)
        waiting = session.next_deadline()
        got = await line.receive(_patience(waiting, clock, busy=ask is None))
        now = clock.now()
        if got is not None:
            message = _message(line, session, got, now, "station")
            ask = session.feed(message, now) if message is not None else None
        elif waiting is not None and now >= waiting:
            ask = session.expired(now)
        else:
            ask = session.again(now)
    return session.over


async def _pause_until(moment: datetime | None, clock: Clock) -> None:
    if moment is not None:
        await asyncio.sleep(max((moment - clock.now()).total_seconds(), 0.0))


def _patience(deadline: datetime | None, clock: Clock, *, busy: bool) -> float | None:
    """How long to wait for bytes before the session is looked at again."""
    if deadline is None:
        return LOOK_AGAIN if busy else None
    left = max((deadline - clock.now()) / timedelta(seconds=1), 0.0)
    return min(left, LOOK_AGAIN) if busy else left
