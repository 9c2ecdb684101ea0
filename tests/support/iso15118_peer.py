"""Vehicles and stations nobody here wrote: the PyPI package `iso15118` at the other end of a cable, as a process of its own.

The cable is a pair of virtual Ethernet interfaces with IPv6 link-local addresses, one end here, the other in a network namespace in
which the package runs: `cable()`. `peer_secc()` and `peer_evcc()` start its sides. What it reads, writes and says is kept. `peer_python()`
and `cable()` skip the test, with the reason, where Java, the superuser's rights or the package are missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.iso15118_package import PackageAbsentError, python_with_package, quick_java
from tests.support.iso15118_peer_pki import PeerPki

RUNNER = Path(__file__).with_name("iso15118_peer_runner.py")
PATIENCE = 60.0
_numbers = itertools.count()

DIN, ISO2, ISO20_AC, ISO20_DC = "DIN_SPEC_70121", "ISO_15118_2", "ISO_15118_20_AC", "ISO_15118_20_DC"
"""The package's names of the protocols."""


def peer_python() -> Path:
    """The Python that has the package; skips the test where it cannot be had."""
    try:
        return python_with_package()
    except PackageAbsentError as absent:
        pytest.skip(str(absent))


# --- the cable ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cable:
    """`ours` is an interface here (fe80::1), `theirs` the one (fe80::2) in the network namespace `namespace`."""

    ours: str
    theirs: str
    namespace: str

    def inside(self, *command: str) -> tuple[str, ...]:
        """A command that runs at the other end."""
        return ("ip", "netns", "exec", self.namespace, *command)


@contextmanager
def cable() -> Iterator[Cable]:
    """A cable for one test; skips it where none can be laid."""
    if shutil.which("ip") is None:
        pytest.skip("The command ip (iproute2) is not installed: no virtual cable to the PyPI package iso15118.")
    if os.geteuid() != 0:
        pytest.skip("Virtual network interfaces need the superuser: no cable to the PyPI package iso15118.")
    name = f"pw{os.getpid() % 0xFFFFFF:x}x{next(_numbers)}"
    laid = Cable(f"{name}a", f"{name}b", name)
    try:
        _lay(laid)
        yield laid
    finally:
        subprocess.run(("ip", "netns", "del", name), capture_output=True, check=False)


def _lay(laid: Cable) -> None:
    there = ("-n", laid.namespace)
    try:
        _ip("netns", "add", laid.namespace)
        _ip(*there, "link", "set", "lo", "up")  # the package talks to its Java there
        _ip("link", "add", laid.ours, "type", "veth", "peer", "name", laid.theirs, "netns", laid.namespace)
        for where, interface, address in (((), laid.ours, "fe80::1/64"), (there, laid.theirs, "fe80::2/64")):
            _ip(*where, "link", "set", interface, "addrgenmode", "none")
            _ip(*where, "address", "add", address, "dev", interface, "nodad")
            _ip(*where, "link", "set", interface, "up")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"No virtual cable to the PyPI package iso15118: {error.stderr.strip()}")


def _ip(*arguments: str) -> None:
    subprocess.run(("ip", *arguments), check=True, capture_output=True, text=True, timeout=20)


# --- the process at its other end --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Message:
    """What the package read or wrote: a message, or a part of one that is signed, in the JSON of its codec."""

    direction: str
    name: str
    content: dict[str, Any]


@dataclass
class Peer:
    """The running program. `log` is all it has printed, `messages` what it read and wrote; `ended` why its session ended ("" before)."""

    process: asyncio.subprocess.Process
    log: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    unread: list[dict[str, Any]] = field(default_factory=list)
    ready: bool = False
    ended: str = ""
    over: bool = False

    def __post_init__(self) -> None:
        self._changed = asyncio.Condition()
        self._reading = asyncio.get_running_loop().create_task(self._read())

    # --- what a test asks ---

    def read(self, name: str) -> list[dict[str, Any]]:
        """The messages of a name it has read."""
        return [each.content for each in self.messages if (each.direction, each.name) == ("read", name)]

    def wrote(self, name: str) -> list[dict[str, Any]]:
        """The messages of a name it has written."""
        return [each.content for each in self.messages if (each.direction, each.name) == ("wrote", name)]

    @property
    def names(self) -> list[str]:
        """What was said, in order, repetitions once."""
        return [name for name, _ in itertools.groupby(each.name for each in self.messages)]

    @property
    def codes(self) -> dict[str, str]:
        """The last response code of each response."""
        found = [(each.name, each.content.get("ResponseCode")) for each in self.messages]
        return {name: code for name, code in found if code is not None}

    async def until(self, done: Callable[[Peer], object], what: str) -> None:
        """Wait until something is true of what it has said; AssertionError with its log if it ends before, or never comes to it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE), self._changed:
                await self._changed.wait_for(lambda: done(self) or self.over)
        assert done(self), f"it never came about: {what}\n{self.tail()}"

    async def until_ready(self) -> None:
        """Wait until it can begin: a station listens then."""
        await self.until(lambda peer: peer.ready, "a counterpart that is ready")

    def go(self) -> None:
        """Let the vehicle begin."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"go\n")

    async def until_ended(self) -> None:
        """Wait until its session is over."""
        await self.until(lambda peer: peer.ended, "the end of the session")

    def tail(self, lines: int = 40) -> str:
        """The end of its log, for people: what it wrote and read, complaints, no JSON."""
        said = [f"{each.direction} {each.name}: {json.dumps(each.content)[:400]}" for each in self.messages[-8:]]
        return "\n".join([*said, *(line[:600] for line in self.log[-lines:]), *(str(each) for each in self.unread)])

    # --- how it is heard ---

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            async with self._changed:
                self._take(line.decode(errors="replace").rstrip())
                self._changed.notify_all()
        async with self._changed:
            self.over = True
            self._changed.notify_all()

    def _take(self, line: str) -> None:
        if not line.startswith("@@ "):
            self.log.append(line)
            return
        event = json.loads(line[3:])
        match event.pop("is"):
            case "ready":
                self.ready = True
            case "ended":
                self.ended = event["reason"]
            case "unread":
                self.unread.append(event)
            case direction:
                self.messages.append(Message(direction, event["message"], event["content"]))

    async def close(self) -> None:
        """Leave nothing behind: the program, and the Java it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        await self._reading


@asynccontextmanager
async def peer_secc(
    at: Cable, pki: PeerPki, protocol: str, *, auth: str = "EIM", tls13: bool = False, here: bool = False
) -> AsyncIterator[Peer]:
    """The package's station: it listens when it is ready. `auth`: "EIM", "PNC" or both with a comma; `here`: at our end of the cable."""
    environment = {"PROTOCOLS": protocol, "AUTH_MODES": auth}
    async with _peer(at, pki, "secc", {}, environment, tls13=tls13, here=here) as peer:
        yield peer


@asynccontextmanager
async def peer_evcc(
    at: Cable,
    pki: PeerPki,
    protocol: str,
    *,
    mode: str = "DC_extended",
    service: str = "",
    tls: bool = False,
    tls13: bool = False,
    loops: int = 3,
) -> AsyncIterator[Peer]:
    """The package's vehicle: when it is ready, `go` lets it charge. `mode`: the EnergyTransferMode of DIN and -2; `service`: that of -20
    ("AC", "DC", "AC_BPT", "DC_BPT"); `tls13` (-20): with a client certificate; `loops`: messages of the charge loop, more or less."""
    vehicle: dict[str, Any] = {
        "supportedProtocols": [protocol],
        "energyTransferMode": mode,
        "useTls": tls or tls13,
        "enforceTls": tls or tls13,
        "chargeLoopCycle": loops,
    }
    if service:
        vehicle["supportedEnergyServices"] = [service]
    async with _peer(at, pki, "evcc", {"vehicle": vehicle}, {}, tls13=tls13, here=False) as peer:
        yield peer


@asynccontextmanager
async def _peer(
    at: Cable,
    pki: PeerPki,
    side: str,
    settings: dict[str, Any],
    environment: dict[str, str],
    *,
    tls13: bool,
    here: bool,
) -> AsyncIterator[Peer]:
    command = (str(peer_python()), str(RUNNER), side, json.dumps(settings))
    environment = environment | quick_java() | {"PKI_PATH": str(pki.folder), "MESSAGE_LOG_JSON": "false"}
    environment |= {"NETWORK_INTERFACE": at.ours if here else at.theirs, "ENABLE_TLS_1_3": str(tls13).lower()}
    process = await asyncio.create_subprocess_exec(
        *(command if here else at.inside(*command)),
        cwd=pki.folder,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=2**22,
        start_new_session=True,
    )
    peer = Peer(process)
    try:
        yield peer
    finally:
        await peer.close()
