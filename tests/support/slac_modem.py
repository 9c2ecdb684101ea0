"""A Green PHY modem and a vehicle behind it, at the other end of a pair of virtual Ethernet interfaces: the hardware edge of SLAC.

Frames as in HomePlug Green PHY 1.1, 11.5, and ISO 15118-3, Annex A: numbers of one byte, network byte order, the type little-endian.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

ETHERTYPE = 0x88E1
BROADCAST = b"\xff" * 6
VEHICLE, MODEM = bytes.fromhex("02aa00000001"), bytes.fromhex("00b052000001")
SET_KEY_REQ, SET_KEY_CNF = 0x6008, 0x6009
PARM_REQ, PARM_CNF = 0x6064, 0x6065
START_ATTEN_IND, ATTEN_CHAR_IND, ATTEN_CHAR_RSP = 0x606A, 0x606E, 0x606F
SOUND_IND, PROFILE_IND = 0x6076, 0x6086
MATCH_REQ, MATCH_CNF = 0x607C, 0x607D
GROUPS = 58
_numbers = itertools.count()


@contextmanager
def power_line() -> Iterator[tuple[str, str]]:
    """The station's interface, and the modem's other side; skips the test where none can be laid."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("A virtual power line needs the command ip (iproute2) and the superuser.")
    name = f"ps{os.getpid() % 0xFFFFFF:x}x{next(_numbers)}"
    ours, theirs = f"{name}a", f"{name}b"
    made = subprocess.run(
        ("ip", "link", "add", ours, "type", "veth", "peer", "name", theirs), capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        pytest.skip(f"No virtual power line: {made.stderr.strip()}")
    try:
        for each in (ours, theirs):
            subprocess.run(("ip", "link", "set", each, "up"), check=True)
        subprocess.run(("ip", "address", "add", "fe80::1/64", "dev", ours, "nodad"), capture_output=True, check=False)
        yield ours, theirs
    finally:
        subprocess.run(("ip", "link", "del", ours), capture_output=True, check=False)


@dataclass
class Modem:
    """Takes network keys (`keys`), measures sounds; `mute`: it answers nothing. What a vehicle hears is in a queue."""

    interface: str
    mute: bool = False
    attenuation: int = 7
    keys: list[bytes] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Queue[tuple[int, bytes]] = field(default_factory=asyncio.Queue)

    def __enter__(self) -> Modem:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
        self._socket.bind((self.interface, ETHERTYPE))
        self._socket.setblocking(False)
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def say(self, kind: int, body: bytes, *, to: bytes = BROADCAST, sender: bytes = VEHICLE) -> None:
        """A frame to the station."""
        header = to + sender + ETHERTYPE.to_bytes(2, "big") + b"\x01" + kind.to_bytes(2, "little") + bytes(2)
        self._socket.send((header + body).ljust(60, b"\0"))

    def _read(self) -> None:
        frame, (_, _, kind_of, *_) = self._socket.recvfrom(1600)
        if kind_of == socket.PACKET_OUTGOING:  # type: ignore[attr-defined]
            return
        kind, body = int.from_bytes(frame[15:17], "little"), frame[19:]
        self.asked.set()
        if kind == SET_KEY_REQ:
            self._take_key(body, frame[6:12])
        else:
            self.heard.put_nowait((kind, body))

    def _take_key(self, body: bytes, station: bytes) -> None:
        if not self.mute:
            self.keys.append(body[22:38])
            self.say(SET_KEY_CNF, b"\x00" + body[1:9] + b"\x04\x00\x00\x00\x00", to=station, sender=MODEM)

    async def hear(self, kind: int) -> bytes:
        """The next frame, which must be of that type."""
        found, body = await asyncio.wait_for(self.heard.get(), 20)
        assert found == kind, f"{found:#x} instead of {kind:#x}"
        return body


@dataclass
class SlacVehicle:
    """One run of a vehicle's side. `sounds`: how many of the ten arrive."""

    modem: Modem
    run_id: bytes = bytes.fromhex("0102030405060708")
    sounds: int = 10

    def ask(self) -> None:
        """CM_SLAC_PARM.REQ."""
        self.modem.say(PARM_REQ, bytes(2) + self.run_id)

    async def sound(self) -> list[int]:
        """From the answer to that to the attenuation it is told, group by group."""
        body = await self.modem.hear(PARM_CNF)
        number, _, respond = body[6:9]
        assert (respond, body[9:15], body[17:25]) == (1, VEHICLE, self.run_id)
        for _ in range(3):
            self.modem.say(START_ATTEN_IND, bytes((0, 0, number, 6, 1)) + VEHICLE + self.run_id)
        for left in reversed(range(self.sounds)):
            body = bytes(19) + bytes((left,)) + self.run_id + bytes(8) + os.urandom(16)
            self.modem.say(SOUND_IND, body)
            told = VEHICLE + bytes((GROUPS, 0)) + bytes((self.modem.attenuation,)) * GROUPS
            self.modem.say(PROFILE_IND, told, sender=MODEM)
        body = await self.modem.hear(ATTEN_CHAR_IND)
        assert (body[2:8], body[8:16]) == (VEHICLE, self.run_id)
        return list(body[52 : 52 + body[51]])

    async def match(self) -> bytes:
        """Choose this station; the network key it gives."""
        self.modem.say(ATTEN_CHAR_RSP, bytes(2) + VEHICLE + self.run_id + bytes(34) + b"\x00")
        ids = bytes(17) + VEHICLE + bytes(17) + MODEM
        self.modem.say(MATCH_REQ, b"\x00\x00\x3e\x00" + ids + self.run_id + bytes(8))
        body = await self.modem.hear(MATCH_CNF)
        assert body[50:58] == self.run_id
        return body[74:90]

    async def run(self) -> bytes:
        """All of it."""
        self.ask()
        await self.sound()
        return await self.match()
