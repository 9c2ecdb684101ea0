"""Many stations in one process of its own that cost as little as they can: `python -m benchmarks.stations`.

WebSocket by hand over plain asyncio protocols, frames from templates, one message on its way for each station. Orders come as JSON
lines, each answered by a JSON line: `{"do": "connect", ...}`, then `{"do": "run", "seconds": 4}` as often as wanted.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.codec import METER_VALUES, TRANSACTION_EVENT
from benchmarks.loops import new_loop, raise_file_limit

AT_ONCE = 200
"""Stations that connect at the same time."""
_MASK = bytes(4)
"""A key of zeros leaves the payload as it is; the server unmasks all the same."""
_HANDSHAKE = (
    "GET /{identity} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp{version}\r\n\r\n"
)
_AT = "2026-03-01T10:15:30.000Z"
_BOOT: dict[str, dict[str, Any]] = {
    "1.6": {"chargePointVendor": "Volta", "chargePointModel": "One"},
    "2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "Volta", "model": "One"}},
}
_STATUS: dict[str, dict[str, Any]] = {
    "1.6": {"connectorId": 1, "errorCode": "NoError", "status": "Charging", "timestamp": _AT},
    "2.0.1": {"timestamp": _AT, "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1},
}


def _template(action: str, payload: dict[str, Any], *values: tuple[str, str]) -> str:
    """The text of a CALL with places for the message id and the values."""
    text = json.dumps(payload)
    for value, place in values:
        assert value in text
        text = text.replace(value, place)
    return f'[2,"%(id)s","{action}",{text}]'


def _samples() -> dict[str, str]:
    values: dict[str, Any] = METER_VALUES
    event: dict[str, Any] = TRANSACTION_EVENT
    at, register = "%(at)s", ("1234567", "%(wh)d")
    return {
        "1.6": _template(
            "MeterValues", values, ("4711", "%(tx)s"), (values["meterValue"][0]["timestamp"], at), register
        ),
        "2.0.1": _template(
            "TransactionEvent",
            event,
            (event["transactionInfo"]["transactionId"], "%(tx)s"),
            (event["timestamp"], at),
            ('"seqNo": 17', '"seqNo": %(seq)d'),
            register,
        ),
    }


_SAMPLE = _samples()


def _started(version: str, name: str) -> tuple[str, dict[str, Any]]:
    if version == "1.6":
        return "StartTransaction", {"connectorId": 1, "idTag": name, "meterStart": 1_000_000, "timestamp": _AT}
    return "TransactionEvent", {
        "eventType": "Started",
        "timestamp": _AT,
        "triggerReason": "CablePluggedIn",
        "seqNo": 0,
        "transactionInfo": {"transactionId": name},
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": [
            {"timestamp": _AT, "sampledValue": [{"value": 1_000_000, "context": "Transaction.Begin"}]},
        ],
    }


class Station(asyncio.Protocol):
    """One station: it opens, boots, begins a transaction if it is to, and then samples while its fleet runs."""

    def __init__(self, fleet: Fleet, number: int) -> None:
        self.fleet = fleet
        self.identity = f"BENCH-{fleet.version}-{number:05d}"
        self.transaction: Any = self.identity
        self.count = 0
        self._transport: Any = None
        self._buffer = b""
        self._heard: Callable[[bytes], None] | None = None
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        fleet = self.fleet
        self._transport.write(
            _HANDSHAKE.format(identity=self.identity, port=fleet.port, version=fleet.version).encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.fleet.lost += 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._heard is None:
            self._open()
            return
        while (message := self._message()) is not None:
            self._heard(message)

    def _open(self) -> None:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        assert b" 101 " in head[:20], head
        self._buffer = rest
        self._heard = self._on_sample
        self.fleet.opened(self)

    def _message(self) -> bytes | None:
        """The next text message; control frames are passed over."""
        buffer = self._buffer
        while len(buffer) >= 2:
            size, begin = buffer[1] & 127, 2
            if size == 126:
                size, begin = int.from_bytes(buffer[2:4], "big"), 4
            if len(buffer) < begin + size:
                break
            message, opcode = buffer[begin : begin + size], buffer[0] & 15
            self._buffer = buffer = buffer[begin + size :]
            if opcode == 1:
                return message
        return None

    def send(self, text: str) -> None:
        """Send a text frame."""
        payload = text.encode()
        size = len(payload)
        head = struct.pack("!BB", 0x81, 0x80 | size) if size < 126 else struct.pack("!BBH", 0x81, 0xFE, size)
        self._transport.write(head + _MASK + payload)

    # --- before the run ------------------------------------------------------------------------------------------------------------

    def boot(self, *, transacts: bool) -> None:
        """Boot, tell the status, begin a transaction; then the fleet hears that this one is ready."""
        version = self.fleet.version
        steps = [("BootNotification", _BOOT[version]), ("StatusNotification", _STATUS[version])]
        if transacts:
            steps.append(_started(version, self.identity[-20:]))
        self._say(steps)

    def _say(self, steps: list[tuple[str, dict[str, Any]]]) -> None:
        action, payload = steps[0]

        def heard(message: bytes) -> None:
            answer = json.loads(message)
            assert answer[0] == 3, answer
            assert answer[2].get("status", "Accepted") == "Accepted", answer
            self.transaction = answer[2].get("transactionId", self.identity[-20:])
            if len(steps) > 1:
                self._say(steps[1:])
            else:
                self._heard = self._on_sample
                self.fleet.is_ready()

        self._heard = heard
        self.send(json.dumps([2, f"{action}-{self.identity}", action, payload]))

    # --- the run -------------------------------------------------------------------------------------------------------------------

    def sample(self) -> None:
        """Send the next sample."""
        self.count = count = self.count + 1
        seconds = count % 86400
        at = f"2026-03-{2 + count // 86400:02d}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.000Z"
        values = {"id": f"{count:032x}", "tx": self.transaction, "at": at, "seq": count, "wh": 1_000_000 + count}
        self._sent_at = time.perf_counter()
        self.send(self.fleet.template % values)

    def _on_sample(self, message: bytes) -> None:
        fleet = self.fleet
        fleet.waits.append(time.perf_counter() - self._sent_at)
        if not message.startswith(fleet.good):
            fleet.refused += 1
        if time.perf_counter() < fleet.ends_at:
            self.sample()
        else:
            fleet.finished()


class Fleet:
    """All stations of one version at one server. `kind`: `idle` only boots, `charging` also transacts, `echo` does neither."""

    def __init__(self, port: int, version: str, kind: str) -> None:
        self.port = port
        self.version = version
        self.kind = kind
        self.template = _SAMPLE[version]
        self.good = b"[2" if kind == "echo" else b"[3"
        self.stations: list[Station] = []
        self.waits: list[float] = []
        self.refused = self.lost = 0
        self.ends_at = 0.0
        self._ready = self._running = 0
        self._event = asyncio.Event()

    def opened(self, station: Station) -> None:
        """A station has its connection."""
        if self.kind == "echo":
            self.is_ready()
        else:
            station.boot(transacts=self.kind == "charging")

    def is_ready(self) -> None:
        """A station has said all it says before the run."""
        self._ready += 1
        self._event.set()

    def finished(self) -> None:
        """A station has its last answer."""
        self._running -= 1
        self._event.set()

    async def connect(self, count: int) -> dict[str, float]:
        """Connect so many more stations; seconds until the last of them is ready."""
        begin = time.perf_counter()
        loop, wanted = asyncio.get_running_loop(), self._ready + count
        while len(self.stations) < wanted:
            await self._until(lambda: len(self.stations) - self._ready < AT_ONCE)
            station = Station(self, len(self.stations))
            self.stations.append(station)
            await loop.create_connection(lambda station=station: station, "127.0.0.1", self.port)  # type: ignore[misc]
        await self._until(lambda: self._ready == wanted)
        return {"seconds": time.perf_counter() - begin, "ready": self._ready, "lost": self.lost}

    async def run(self, seconds: float) -> dict[str, float]:
        """Sample for so long, one message on its way a station, and wait for the last answers."""
        self.waits, self.refused = [], 0
        begin = time.perf_counter()
        self.ends_at = begin + seconds
        self._running = len(self.stations)
        for station in self.stations:
            station.sample()
        await self._until(lambda: self._running == 0)
        took = time.perf_counter() - begin
        waits = sorted(self.waits)
        return {
            "answered": len(waits),
            "refused": self.refused,
            "seconds": took,
            "p50": waits[len(waits) // 2],
            "p99": waits[len(waits) * 99 // 100],
        }

    async def _until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not done():
                self._event.clear()
                await self._event.wait()


async def _obey() -> None:
    fleet: Fleet | None = None
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        if order["do"] == "connect":
            fleet = fleet or Fleet(order["port"], order["version"], order["kind"])
            answer = await fleet.connect(order["count"])
        else:
            assert fleet is not None
            answer = await fleet.run(order["seconds"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    raise_file_limit()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_obey())
