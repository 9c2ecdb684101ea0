"""The tester's two ends of the line: the server a station under test connects to, the client that connects to a CSMS under test."""

from __future__ import annotations

import asyncio
import gc
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pilotwire.conformance.wire.counterpart import Counterpart, LineDown
from pilotwire.conformance.wire.handshakes import By, agreed, observed
from pilotwire.conformance.wire.pki import certificate_facts
from pilotwire.conformance.wire.transcript import Entry
from pilotwire.errors import MisuseError
from pilotwire.ocpp.net.client import ConnectError, connect
from pilotwire.ocpp.net.handshake import Handshake
from pilotwire.ocpp.net.server import Accept, Refuse, Server, serve
from pilotwire.ocpp.net.socket import Socket
from pilotwire.ocpp.version import OcppVersion

_LOOKS_AGAIN = 0.5
"""Seconds between two looks at what has no news of its own."""


class ServerEnd:
    """Where a station under test connects: one port, kept over all changes of how it listens.

    There is a second endpoint for cases about changing the connection; of a fixed port it has the next one.
    """

    def __init__(
        self,
        counterpart: Counterpart,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        password: str | None = None,
        name: str = "main",
    ) -> None:
        self.counterpart = counterpart
        self.host = host
        self.port = port
        self._fixed = port != 0
        self.password = password
        self.context: ssl.SSLContext | None = None
        self.versions: tuple[OcppVersion, ...] = (counterpart.version,)
        self.turning_away = False
        self.name = name
        self._server: Server | None = None
        self._turn = 0
        self._other: ServerEnd | None = None
        self._tls: Callable[[], ssl.SSLContext] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'ws' if self.context is None else 'wss'}://{self.host}:{self.port}"

    def endpoint(self, name: str) -> ServerEnd:
        """This endpoint, or the other one."""
        if name == self.name:
            return self
        if self._other is None:
            port = self.port + 1 if self._fixed else 0
            self._other = ServerEnd(self.counterpart, host=self.host, port=port, password=self.password, name=name)
            if self._tls is not None:
                self._other.speaks_tls(self._tls)
        return self._other

    def speaks_tls(self, context: Callable[[], ssl.SSLContext]) -> None:
        """From now on each endpoint has TLS, with a context of its own that is made by this."""
        self._tls = context
        self.context = context()

    async def open(self) -> None:
        """Listen. Raises ConfigError where that cannot be done."""
        if self._server is None:
            turn = self._turn
            self._server = await serve(
                partial(self._connected, turn),
                self.host,
                self.port,
                admit=partial(self._admit, turn),
                versions=self.versions,
                ssl_context=None if self.context is None else observed(self.context, partial(self._not_agreed, turn)),
                ping_interval=None,
                refused=partial(self._refused, turn),
            )
            self.port = self._server.port

    async def _admit(self, turn: int, handshake: Handshake) -> Accept | Refuse:
        if self.turning_away or turn != self._turn:
            return Refuse(503, "The tester takes no connection at the moment.")
        if self.password is not None and not handshake.presents(self.password):
            return Refuse.wrong_credentials()
        return Accept(handshake)

    def _refused(self, turn: int, handshake: Handshake, reason: str) -> None:
        if turn != self._turn:
            return  # it came for how the tester listened before
        self.counterpart.note(
            "refused", f"A connection from {handshake.remote} was refused: {reason}", self._facts(handshake)
        )

    def _not_agreed(self, turn: int, why: str, by: By) -> None:
        """A TLS handshake failed."""
        if turn != self._turn:
            return
        facts = self._facts(Handshake(identity="", path="", remote="")) | {"tls": True, "ended_by": by, "why": why}
        self.counterpart.note("refused", f"A TLS handshake failed: {why}.", facts)

    def _facts(self, handshake: Handshake) -> dict[str, Any]:
        """What is known of an attempt to connect; `tls`: it failed by TLS."""
        line = [one for one in self.counterpart.transcript if one.direction == "line"]
        ends = [one for one in line if one.kind == "closed" or (one.kind == "refused" and self._is_mine(one))]
        connected = max((one.index for one in line if one.kind == "connected"), default=-1)
        refused = [one.facts.get("endpoint") for one in line if one.kind == "refused" and one.index > connected]
        return _facts(handshake) | {
            "endpoint": self.name,
            "waited": self.counterpart.seconds_since(ends[-1] if ends else None),
            "turned_away": {name: refused.count(name) for name in ("main", "other")},
            "tls": False,
        }

    def _is_mine(self, entry: Entry) -> bool:
        return entry.facts.get("endpoint") == self.name

    async def _connected(self, turn: int, socket: Socket) -> None:
        if turn != self._turn:
            socket.abort()
            return
        handshake = socket.context
        facts = self._facts(handshake) if isinstance(handshake, Handshake) else {}
        facts |= agreed(socket.tls)
        self.counterpart.attach(socket, f"{socket.identity} connected with {socket.subprotocol}.", **facts)
        await socket.wait_closed()

    async def stay_away(self) -> None:
        """Nobody can connect from now on; a connection that stands is left alone."""
        server, self._server = self._server, None
        if server is None:
            return
        self._turn += 1
        await self.counterpart.close()
        await server.close()

    async def reconnect(self, timeout: float) -> Entry:
        """Listen, and wait for the station. Raises LineDown."""
        known = {id(one) for one in self.counterpart.transcript if one.kind == "connected"}
        standing = self.counterpart.connected and self._server is not None
        self.turning_away = False
        await self.open()
        return await self._until(
            lambda: self._latest(known, standing), timeout, f"the station did not connect within {timeout:g} s"
        )

    async def turn_away(self, attempts: int, since: int, timeout: float) -> Entry:
        """Take no connection, and wait for so many attempts since an index of the transcript; the last of them. Raises LineDown."""
        self.turning_away = True
        await self.open()

        def last() -> Entry | None:
            if self.context is not None:
                gc.collect()  # a handshake that was left in the middle is known once the library's remains of it are gone
            entries = self.counterpart.transcript.entries[since:]
            refused = [one for one in entries if one.kind == "refused" and self._is_mine(one)]
            return refused[attempts - 1] if len(refused) >= attempts else None

        return await self._until(
            last, timeout, f"the station did not try to connect {attempts} times within {timeout:g} s"
        )

    async def _until(self, found: Callable[[], Entry | None], timeout: float, otherwise: str) -> Entry:
        """What is found; LineDown with the sentence `otherwise` after `timeout` seconds."""
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            self.counterpart.news.clear()
            entry = found()
            if entry is not None:
                return entry
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                raise LineDown(otherwise)
            try:
                async with asyncio.timeout(min(left, _LOOKS_AGAIN)):
                    await self.counterpart.news.wait()
            except TimeoutError:
                continue

    def _latest(self, known: set[int], standing: bool) -> Entry | None:
        connections = [one for one in self.counterpart.transcript if one.kind == "connected" and self._is_mine(one)]
        if not connections or not self.counterpart.connected:
            return None
        return connections[-1] if standing or id(connections[-1]) not in known else None

    async def offer(self, how: Mapping[str, Any]) -> None:
        """Change how it listens: `password`, `context` (a TLS context, None for none), `versions`, `turning_away`.

        A connection that stands is ended, unless it is about newcomers only (`turning_away`, `password`).
        """
        listening = self._server is not None or self.name != "main"
        if not how.keys() <= {"turning_away", "password"}:
            await self.stay_away()
        for name, value in how.items():
            setattr(self, name, value)
        if listening:
            await self.open()

    async def close(self) -> None:
        """Stop."""
        await self.stay_away()
        if self._other is not None:
            await self._other.close()


class ClientEnd:
    """The station the tester plays: connects to the CSMS under test, again and again if the case wants it."""

    def __init__(self, counterpart: Counterpart, url: str, identity: str, password: str | None) -> None:
        self.counterpart = counterpart
        self.url = url
        self.secure_url = url
        self.identity = identity
        self.password = password
        self.username: str | None = None
        self.context: ssl.SSLContext | None = None
        self.versions: tuple[OcppVersion, ...] = (counterpart.version,)
        self.subprotocols: list[str] | None = None

    async def stay_away(self) -> None:
        """Nothing to do: it connects only when told."""

    async def reconnect(self, timeout: float) -> Entry:
        """Connect. Raises LineDown with the reason of the refusal."""
        if self.counterpart.connected:
            await self.counterpart.close()
        try:
            socket = await connect(
                self.url,
                identity=self.identity,
                versions=self.versions,
                password=self.password,
                username=self.username,
                subprotocols=self.subprotocols,
                ssl_context=self.context,
                ping_interval=None,
                open_timeout=timeout,
            )
        except ConnectError as error:
            facts = {"kind": error.kind, "status": error.status, "stayed": error.stayed}
            self.counterpart.note("refused", str(error), facts)
            raise LineDown(str(error)) from None
        facts = {"subprotocol": socket.subprotocol} | agreed(socket.tls) | certificate_facts(socket.peer_certificate)
        return self.counterpart.attach(socket, f"Connected with {socket.subprotocol}.", **facts)

    async def turn_away(self, attempts: int, since: int, timeout: float) -> Entry:
        """Nobody connects to a client: MisuseError."""
        raise MisuseError("Only a station under test can be turned away.")

    def endpoint(self, name: str) -> ClientEnd:
        """This end is the only one. MisuseError for another."""
        if name != "main":
            raise MisuseError("The tester that plays the station has one end of the line.")
        return self

    async def offer(self, how: Mapping[str, Any]) -> None:
        """Change how it connects: `url`, `identity`, `password`, `username`, `context`, `versions`, `subprotocols` (their names)."""
        for name, value in how.items():
            setattr(self, name, value)

    async def close(self) -> None:
        """End the connection."""
        await self.counterpart.close()


def _facts(handshake: Handshake) -> dict[str, Any]:
    return {
        "identity": handshake.identity,
        "path": handshake.path,
        "offered": list(handshake.offered),
        "username": handshake.username,
        "password": None if handshake.password is None else handshake.password.decode("utf-8", "replace"),
        "password_length": 0 if handshake.password is None else len(handshake.password),
        "secure": handshake.secure,
        "certificate": handshake.certificate is not None,
    } | certificate_facts(handshake.certificate)
