"""The other processes of `benchmarks.storm`: `python -m benchmarks.storm_sides csms DATABASE COUNT | stations | watch`.

Each takes orders as JSON lines and answers each with a JSON line; see `Process`.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from benchmarks.loops import new_loop, raise_file_limit
from benchmarks.servers import used

PASSWORD = "storm-0123456789abcdef"
WATCHED = "WATCHED"
_RETRY_SECONDS = 1.0
_BEAT_SECONDS = 0.05
_HANDSHAKE = (
    "GET /{identity} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{authorization}"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n\r\n"
)
_MASK = bytes(4)


def names(kind: str, count: int) -> list[str]:
    """The stations of a kind, `locked` or `open`."""
    return [f"{kind}-{number:06d}" for number in range(count)]


def share(sorted_values: list[float], part: float) -> float:
    """The value below which that part of them lies, from 0 to 1; 0 of none."""
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * part))] if sorted_values else 0.0


# --- the CSMS -----------------------------------------------------------------------------------------------------------------------


async def csms(database: str, count: str) -> None:
    """Ours with all stations on record, half of them with a password; one hash serves all, each check of it costs the same."""
    from pilotwire.csms.app import Csms
    from pilotwire.csms.collector import settle
    from pilotwire.csms.gateway.passwords import hash_password
    from pilotwire.csms.settings import CsmsSettings
    from pilotwire.csms.store.ports import RegisterStation
    from pilotwire.domain.provisioning import RegistrationStatus, UnknownStations
    from pilotwire.logs import configure_logging

    configure_logging("error")
    url = f"sqlite:///{database}"
    settings = CsmsSettings(ocpp_port=0, database=url, unknown_stations=UnknownStations.ACCEPT)
    async with Csms(settings) as running:
        now, kept = datetime.now(UTC), hash_password(PASSWORD)
        for kind, password in (("locked", kept), ("open", None)):
            accepted = RegistrationStatus.ACCEPTED
            known = [
                RegisterStation(station=name, registration=accepted, at=now, password_hash=password)
                for name in names(kind, int(count))
            ]
            for first in range(0, len(known), 200):
                await running.journal.append(*known[first : first + 200])
        settle()  # as `pilotwire csms` does
        print(json.dumps({"port": running.ocpp_port}), flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(used() | {"connected": len(running.gateway.connected())}), flush=True)


# --- the stations -------------------------------------------------------------------------------------------------------------------


class Line(asyncio.Protocol):
    """One attempt of one station: its opening handshake, and then only pings are answered."""

    def __init__(self, hello: bytes, opened: asyncio.Future[bool]) -> None:
        self._hello = hello
        self._opened = opened
        self._buffer = b""
        self.up = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.transport.write(self._hello)

    def connection_lost(self, exc: Exception | None) -> None:
        self.up = False
        self._settle(False)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._opened.done():
            head, end, self._buffer = self._buffer.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
                return
            self.up = b" 101 " in head[:20]
            self._settle(self.up)
        self._buffer = take_frames(self._buffer, self._heard)

    def _heard(self, opcode: int, payload: bytes) -> None:
        if opcode == 9:
            self.transport.write(bytes((0x8A, 0x80 | len(payload))) + _MASK + payload)

    def _settle(self, how: bool) -> None:
        if not self._opened.done():
            self._opened.set_result(how)


def take_frames(buffer: bytes, heard: Callable[[int, bytes], None]) -> bytes:
    """Tell of each whole frame, and give what is left."""
    while len(buffer) >= 2:
        size, begin = buffer[1] & 127, 2
        if size == 126:
            size, begin = int.from_bytes(buffer[2:4], "big"), 4
        if len(buffer) < begin + size:
            break
        heard(buffer[0] & 15, buffer[begin : begin + size])
        buffer = buffer[begin + size :]
    return buffer


class Storm:
    """Stations that all connect at once; one that is turned away tries again after a second."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._lines: list[Line] = []
        self._again = 0

    async def break_out(self, kind: str, count: int, patience: float) -> dict[str, float]:
        """All of a kind at once; seconds until the last is in, and how long each took from its first attempt on."""
        self._again = 0
        began = time.perf_counter()
        async with asyncio.timeout(patience):
            waits = sorted(await asyncio.gather(*(self._connect(name) for name in names(kind, count))))
        seconds = time.perf_counter() - began
        return {
            "seconds": seconds,
            "p50": share(waits, 0.5),
            "p99": share(waits, 0.99),
            "again": self._again,
            "up": sum(line.up for line in self._lines),
        }

    async def _connect(self, name: str) -> float:
        authorization = ""
        if name.startswith("locked"):
            told = base64.b64encode(f"{name}:{PASSWORD}".encode()).decode()
            authorization = f"Authorization: Basic {told}\r\n"
        hello = _HANDSHAKE.format(identity=name, port=self._port, authorization=authorization).encode()
        began = time.perf_counter()
        while not await self._attempt(hello):
            self._again += 1
            await asyncio.sleep(_RETRY_SECONDS)
        return time.perf_counter() - began

    async def _attempt(self, hello: bytes) -> bool:
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[bool] = loop.create_future()
        line = Line(hello, opened)
        with suppress(OSError):
            await loop.create_connection(lambda: line, "127.0.0.1", self._port)
            if await opened:
                self._lines.append(line)
                return True
            line.transport.close()
        return False

    def end(self) -> None:
        """All are gone at once, without a word: an outage."""
        for line in self._lines:
            line.transport.abort()
        self._lines.clear()


async def stations() -> None:
    """Be the stations: `{"do": "storm", "port": ..., "kind": ..., "count": ..., "patience": seconds}`, then `{"do": "end"}`."""
    storm: Storm | None = None
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        answer: dict[str, float] = {}
        if order["do"] == "storm":
            storm = storm or Storm(order["port"])
            answer = await storm.break_out(order["kind"], order["count"], order["patience"])
        elif storm is not None:
            storm.end()
        print(json.dumps(answer), flush=True)


# --- the one that is connected all the time -----------------------------------------------------------------------------------------


async def watch() -> None:
    """A booted station: `{"do": "begin", "port": ...}` and it sends heartbeats, `{"do": "end"}` and it says how long the answers took."""
    from websockets.asyncio.client import connect
    from websockets.typing import Subprotocol

    if not (order := await asyncio.to_thread(sys.stdin.readline)):
        return
    first = json.loads(order)
    url = f"ws://127.0.0.1:{first['port']}/{WATCHED}"
    boot = {"reason": "PowerUp", "chargingStation": {"vendorName": "Volta", "model": "One"}}
    async with connect(url, subprotocols=[Subprotocol("ocpp2.0.1")], compression=None, proxy=None) as line:

        async def call(action: str, payload: Any) -> Any:
            await line.send(json.dumps([2, "1", action, payload]))
            while (answer := json.loads(await line.recv()))[0] == 2:
                await line.send(json.dumps([4, answer[1], "NotImplemented", "", {}]))
            return answer

        said = await call("BootNotification", boot)
        assert said[0] == 3, said
        print(json.dumps({}), flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            waits: list[float] = []
            over = asyncio.Event()
            beating = asyncio.ensure_future(_beat(call, waits, over))
            print(json.dumps({}), flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            over.set()
            await beating
            waits.sort()
            print(json.dumps({"beats": len(waits), "p50": share(waits, 0.5), "p99": share(waits, 0.99)}), flush=True)


async def _beat(call: Any, waits: list[float], over: asyncio.Event) -> None:
    while True:  # at least once, however short the storm is; one whose answer is still out at its end counts too
        began = time.perf_counter()
        answer = await call("Heartbeat", {})
        waits.append(time.perf_counter() - began)
        if answer[0] != 3:
            raise RuntimeError(f"a heartbeat was answered with {answer}")
        if over.is_set():
            return
        await asyncio.sleep(_BEAT_SECONDS)


def main(arguments: list[str]) -> None:
    """Be the side named by the arguments."""
    logging.disable(logging.CRITICAL)
    raise_file_limit()
    sides: dict[str, Callable[..., Any]] = {"csms": csms, "stations": stations, "watch": watch}
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(sides[arguments[0]](*arguments[1:]))


if __name__ == "__main__":
    main(sys.argv[1:])
