"""The station's line to its CSMS: connect, stay connected, come back with the standard's random back-off.

The line carries facts out and commands in, through the dialect of the version spoken. What it reports (up, down, answers, commands)
goes to the shell, which feeds it to the core; it decides nothing itself.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable
from typing import Protocol

import structlog

from pilotwire.clock import Clock
from pilotwire.dialects import Dialect
from pilotwire.dialects.every import DIALECTS
from pilotwire.domain.kinds import Command, Fact, Noted, Outcome, Verdict
from pilotwire.errors import NotReachable, NotSayable
from pilotwire.ocpp.events import Breach, CallReceived
from pilotwire.ocpp.net.client import ConnectError
from pilotwire.ocpp.net.peer import SILENCE, AnswerInvalid, CallRefused, OnFrame, Peer, Refusal, Silence
from pilotwire.ocpp.net.socket import Socket
from pilotwire.ocpp.outbound import RawCall
from pilotwire.ocpp.registry import action_of
from pilotwire.ocpp.session import Session
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion
from pilotwire.station.client_context import anchor_of
from pilotwire.station.connecting import connect_by
from pilotwire.station.core.network_ways import Way
from pilotwire.station.endpoints import Endpoint
from pilotwire.station.files import Files
from pilotwire.station.keeping_up import Guide, KeptUp

_log = structlog.get_logger("pilotwire.station.line")


class CommandRefused(Exception):
    """The core answers a command with an RPC error."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class Owner(Guide, Protocol):
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

    def reached(self, way: Way, anchor: str = "") -> None:
        """A way works, with a CSMS checked by this root (PEM, if that is known); `line_up` follows."""
        ...

    def missed(self, error: ConnectError) -> None:
        """The last way did not work."""
        ...

    def moved(self) -> None:
        """The CSMS will find us at another address than before; `line_up` follows (S16:7.1)."""
        ...

    def ping_interval(self) -> float:
        """Seconds between pings on the coming connection; 0: none."""
        ...

    def is_silent(self) -> bool:
        """Whether nothing that the CSMS asks is answered, not even with an error (1.6:4.2)."""
        ...

    def is_rejected(self) -> bool:
        """Whether the CSMS has rejected the station, so that it may want nothing of it (B03.FR.08)."""
        ...


class Line(KeptUp):
    """The connection of one station. `run` keeps it up until cancelled."""

    def __init__(
        self,
        endpoint: Endpoint,
        dialect: Dialect,
        owner: Owner,
        clock: Clock,
        files: Files,
        *,
        on_frame: OnFrame | None = None,
    ) -> None:
        super().__init__(owner)
        self.endpoint = endpoint
        self._own = dialect
        self._dialect = dialect
        self._files = files
        self._call_timeout = endpoint.call_timeout
        self._owner = owner
        self._clock = clock
        self._on_frame = on_frame
        self._peer: Peer | None = None

    # --- what the owner asks for ---------------------------------------------------------------------------------------------

    @property
    def is_up(self) -> bool:
        """Whether the connection stands."""
        return self._peer is not None

    @property
    def version(self) -> OcppVersion:
        """The version spoken, or offered first."""
        return self._dialect.version

    @property
    def transport(self) -> str:
        """How it is spoken."""
        return "OCPP-J"

    def _break(self) -> None:
        if self._peer is not None:
            self._peer.socket.abort()

    async def close(self, why: str) -> None:
        """Say goodbye and close the connection; `run` will connect again unless it is cancelled."""
        if self._peer is not None:
            await self._peer.close(1001, why)

    def prepare(self, fact: Fact, named: str | None = None) -> Message | None:
        """The message that states a fact; None or NotSayable where this version has no words for it."""
        return self._dialect.write_fact(fact, named=named)

    async def say(self, fact: Fact, message: Message) -> Verdict:
        """Send a prepared fact and wait for the verdict; one that nobody answers is just noted.

        Raises CallRefused for an RPC error, NotReachable if no answer came, AnswerInvalid for one that cannot be read.
        """
        if self._peer is None:
            raise NotReachable("The line to the CSMS is down.")
        if action_of(message).response is None:
            await self._peer.send(message)  # nobody answers a SEND (J2:4.2.4)
            return Noted()
        result = await self._peer.call(message)
        if result.message is None:
            raise AnswerInvalid(result.action, "it has no known shape", result.raw)
        return self._dialect.read_verdict(fact, result.message)

    async def call_raw(
        self, action: str, payload: bytes, *, force: bool = False, timeout: float | None = None
    ) -> bytes:
        """Send a CALL as it is, from nobody in particular; returns the JSON of its result.

        Raises NotReachable without a connection or an answer, NotSayable for what does not fit the version (`force`: for no object only),
        CallRefused for an RPC error, AnswerInvalid for a result that cannot be read.
        """
        if self._peer is None:
            raise NotReachable("The line to the CSMS is down.")
        return (await self._peer.call(RawCall(action, payload, force=force), timeout=timeout)).raw

    # --- keeping it up ---------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect and reconnect until cancelled."""
        await self._keep_up()

    async def _connection(self, way: Way) -> bool:
        try:
            socket = await self._connect(way)
        except ConnectError as error:
            self._report(error)
            self._owner.missed(error)
            return False
        if self.is_cut:  # while we were connecting
            socket.abort()
            return False
        self.trouble = ""
        self._dialect = self._own if socket.version is self._own.version else DIALECTS[socket.version]
        self._call_timeout = float(way.message_timeout)
        self._peer = peer = self._new_peer(socket)
        self._began(peer, way, anchor_of(socket.tls))  # before anything that came with the handshake is read
        try:
            closed = await peer.run()
        finally:
            self._peer = None
        self._owner.line_down(closed.reason or f"closed with {closed.code}")
        return True

    async def _connect(self, way: Way) -> Socket:
        ping = self._owner.ping_interval()
        return await connect_by(way, self.endpoint, self._own.version, self._files, ping_interval=ping)

    def _new_peer(self, socket: Socket) -> Peer:
        timeout = self._call_timeout
        version = self._dialect.version
        session = Session(version, role="station", new_id=lambda: str(uuid.uuid4()), call_timeout=timeout)
        return Peer(
            socket, session, self._clock, on_call=self._on_call, on_breach=self._on_breach, on_frame=self._on_frame
        )

    def _began(self, peer: Peer, way: Way, anchor: str) -> None:
        if self._peer is peer:
            self._owner.reached(way, anchor)
            self._owner.line_up()

    def keep_alive(self, seconds: float) -> None:
        """Ping every so often from now on, on the connection that stands; 0: not at all."""
        if self._peer is not None:
            self._peer.socket.set_ping_interval(seconds)

    def _report(self, error: ConnectError) -> None:
        if str(error) != self.trouble:  # the same trouble again is no news
            _log.warning("no connection to the CSMS", station=self.endpoint.identity, kind=error.kind, why=str(error))
        self.trouble = str(error)

    # --- what the CSMS wants -----------------------------------------------------------------------------------------------------

    async def _on_call(self, event: CallReceived) -> Message | Refusal | Silence:
        return await answer_to(event.message, event.action, self._owner, self._dialect, self._call_timeout)

    def _on_breach(self, breach: Breach) -> None:
        _log.warning(
            "the CSMS departs from the standard", station=self.endpoint.identity, rule=breach.rule, what=breach.what
        )


async def answer_to(
    request: Message, action: str, owner: Owner, dialect: Dialect, timeout: float
) -> Message | Refusal | Silence:
    """What a station answers to a request of the CSMS, by whatever line it came; within `timeout` seconds."""
    if owner.is_silent():
        return SILENCE
    command = dialect.read_command(request)
    if command is None and owner.is_rejected():
        return Refusal("SecurityError", "This station was rejected: nothing can be asked of it.")
    if command is None:
        return Refusal("NotSupported", f"This station does not support {action} yet.")
    try:
        async with asyncio.timeout(timeout):
            outcome = await owner.command(command)
        return dialect.write_outcome(command, outcome, request)
    except CommandRefused as refused:
        return Refusal(refused.code, refused.description)
    except TimeoutError:
        return Refusal("InternalError", f"{action} was not done in time.")
    except NotSayable as error:
        return Refusal("InternalError", str(error))


__all__ = ["CallRefused", "CommandRefused", "Endpoint", "Line", "Owner", "answer_to"]
