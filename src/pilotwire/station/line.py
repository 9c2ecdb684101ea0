"""The station's line to its CSMS: connect, stay connected, come back with the standard's random back-off.

The line carries facts out and commands in, through the dialect of the version spoken. What it reports (up, down, answers, commands)
goes to the shell, which feeds it to the core; it decides nothing itself.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import uuid
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from pilotwire.clock import Clock
from pilotwire.dialects import Dialect
from pilotwire.domain.kinds import Command, Fact, Outcome, Verdict
from pilotwire.errors import NotReachable, NotSayable
from pilotwire.ocpp.events import Breach, CallReceived
from pilotwire.ocpp.net.backoff import RetryBackOff
from pilotwire.ocpp.net.client import ConnectError, connect
from pilotwire.ocpp.net.peer import AnswerInvalid, CallRefused, OnFrame, Peer, Refusal
from pilotwire.ocpp.net.socket import Socket
from pilotwire.ocpp.session import Session
from pilotwire.ocpp.types import Message

_log = structlog.get_logger("pilotwire.station.line")

LEAST_WAIT = 0.1
"""Seconds between two attempts to connect, however short the variables make the back-off: a station does not hammer its CSMS."""
_MOST_DOUBLINGS = 30
"""From here on the doubled wait exceeds every life of a station, and the count need not grow."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where the CSMS is and who we are. `call_timeout` in seconds is the time an answer may take (2.x: MessageTimeout).

    `password` is the first one; the owner knows the one that counts. It does not show in the repr (A01.FR.12).
    """

    url: str
    identity: str
    password: str | None = field(default=None, repr=False)
    ssl_context: ssl.SSLContext | None = None
    call_timeout: float = 30.0
    compression: bool = False


class CommandRefused(Exception):
    """The core answers a command with an RPC error."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class Owner(Protocol):
    """Who a line reports to."""

    def line_up(self) -> None:
        """The connection stands."""
        ...

    def line_down(self, reason: str) -> None:
        """The connection is gone."""
        ...

    def command(self, command: Command) -> Awaitable[Outcome]:
        """The CSMS wants something; raises CommandRefused."""
        ...

    def back_off(self) -> RetryBackOff:
        """How long to wait between attempts."""
        ...

    def password(self) -> str | None:
        """The password for the coming connection, None for a connection without one."""
        ...

    def ping_interval(self) -> float:
        """Seconds between pings on the coming connection; 0: none."""
        ...

    def is_rejected(self) -> bool:
        """Whether the CSMS has rejected the station, so that it may want nothing of it (B03.FR.08)."""
        ...


class Line:
    """The connection of one station. `run` keeps it up until cancelled; `cut` and `restore` are what a digger does to it.

    `trouble` is a sentence on why there is no connection, empty while there is one or none was tried.
    """

    def __init__(
        self, endpoint: Endpoint, dialect: Dialect, owner: Owner, clock: Clock, *, on_frame: OnFrame | None = None
    ) -> None:
        self.endpoint = endpoint
        self._dialect = dialect
        self._owner = owner
        self._clock = clock
        self._on_frame = on_frame
        self._peer: Peer | None = None
        self._whole = asyncio.Event()
        self._whole.set()
        self._hurry = asyncio.Event()
        self._over = False
        self.trouble: str = ""

    # --- what the owner asks for ---------------------------------------------------------------------------------------------

    @property
    def is_up(self) -> bool:
        """Whether the connection stands."""
        return self._peer is not None

    @property
    def is_cut(self) -> bool:
        """Whether somebody cut it."""
        return not self._whole.is_set()

    def cut(self) -> None:
        """Break the line without a word of goodbye, as a failing network does; nothing gets through until `restore`."""
        self._whole.clear()
        if self._peer is not None:
            self._peer.socket.abort()

    def restore(self) -> None:
        """Mend the line; the next attempt is made at once. A line that has ended stays so."""
        if not self._over:
            self._whole.set()
            self.hurry()

    def end(self) -> None:
        """Cut the line for good: the station must not say anything any more."""
        self._over = True
        self.cut()

    def hurry(self) -> None:
        """Do not wait for the next attempt to connect."""
        self._hurry.set()

    async def close(self, why: str) -> None:
        """Say goodbye and close the connection; `run` will connect again unless it is cancelled."""
        if self._peer is not None:
            await self._peer.close(1001, why)

    def prepare(self, fact: Fact, named: str | None = None) -> Message | None:
        """The message that states a fact; None or NotSayable where this version has no words for it."""
        return self._dialect.write_fact(fact, named=named)

    async def say(self, fact: Fact, message: Message) -> Verdict:
        """Send a prepared fact and wait for the verdict.

        Raises CallRefused for an RPC error, NotReachable if no answer came, AnswerInvalid for one that cannot be read.
        """
        if self._peer is None:
            raise NotReachable("The line to the CSMS is down.")
        result = await self._peer.call(message)
        if result.message is None:
            raise AnswerInvalid(result.action, "it has no known shape", result.raw)
        return self._dialect.read_verdict(fact, result.message)

    # --- keeping it up ---------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect and reconnect until cancelled."""
        attempt = 0
        while True:
            await self._whole.wait()
            self._hurry.clear()
            if await self._connection():
                attempt = 0
            delay = self._owner.back_off().delay(attempt, random.random())
            attempt = min(attempt + 1, _MOST_DOUBLINGS)
            await self._pause(max(LEAST_WAIT, delay))

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            return
        finally:
            self._hurry.clear()

    async def _connection(self) -> bool:
        """One connection from its attempt to its end; whether it was made."""
        try:
            socket = await self._connect()
        except ConnectError as error:
            self._report(error)
            return False
        if self.is_cut:  # while we were connecting
            socket.abort()
            return False
        self.trouble = ""
        self._peer = peer = self._new_peer(socket)
        asyncio.get_running_loop().call_soon(self._began, peer)
        try:
            closed = await peer.run()
        finally:
            self._peer = None
        self._owner.line_down(closed.reason or f"closed with {closed.code}")
        return True

    async def _connect(self) -> Socket:
        where = self.endpoint
        return await connect(
            where.url,
            identity=where.identity,
            versions=(self._dialect.version,),
            password=self._owner.password(),
            ssl_context=where.ssl_context,
            ping_interval=self._owner.ping_interval() or None,
            compression=where.compression,
        )

    def _new_peer(self, socket: Socket) -> Peer:
        timeout = self.endpoint.call_timeout
        version = self._dialect.version
        session = Session(version, role="station", new_id=lambda: str(uuid.uuid4()), call_timeout=timeout)
        return Peer(
            socket, session, self._clock, on_call=self._on_call, on_breach=self._on_breach, on_frame=self._on_frame
        )

    def _began(self, peer: Peer) -> None:
        if self._peer is peer:
            self._owner.line_up()

    def _report(self, error: ConnectError) -> None:
        if str(error) != self.trouble:  # the same trouble again is no news
            _log.warning("no connection to the CSMS", station=self.endpoint.identity, kind=error.kind, why=str(error))
        self.trouble = str(error)

    # --- what the CSMS wants -----------------------------------------------------------------------------------------------------

    async def _on_call(self, event: CallReceived) -> Message | Refusal:
        command = self._dialect.read_command(event.message)
        if command is None and self._owner.is_rejected():
            return Refusal("SecurityError", "This station was rejected: nothing can be asked of it.")
        if command is None:
            return Refusal("NotSupported", f"This station does not support {event.action} yet.")
        try:
            async with asyncio.timeout(self.endpoint.call_timeout):
                outcome = await self._owner.command(command)
            return self._dialect.write_outcome(command, outcome, event.message)
        except CommandRefused as refused:
            return Refusal(refused.code, refused.description)
        except TimeoutError:
            return Refusal("InternalError", f"{event.action} was not done in time.")
        except NotSayable as error:
            return Refusal("InternalError", str(error))

    def _on_breach(self, breach: Breach) -> None:
        _log.warning(
            "the CSMS departs from the standard", station=self.endpoint.identity, rule=breach.rule, what=breach.what
        )


__all__ = ["LEAST_WAIT", "CallRefused", "CommandRefused", "Endpoint", "Line", "Owner"]
