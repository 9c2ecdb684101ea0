"""The two processes of `benchmarks.site`: `python -m benchmarks.site_sides csms DATABASE STATIONS | stations`.

Each takes orders as JSON lines and answers each with a JSON line; see `Process`. Times are those of the machine's monotonic clock, which
both read alike.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

from benchmarks.loops import new_loop, raise_file_limit
from benchmarks.servers import used
from benchmarks.storm_sides import take_frames
from pilotwire.domain.load_management import Feeder, Outlet, SiteLayout

VERSIONS: Final = ("1.6", "2.0.1", "2.1")
SITE: Final = "yard"
AMPERES_EACH: Final = 16
"""What the grid connection has for each EVSE (A)."""
_PANELS, _CIRCUITS = 10, 5
_SETTLED_SECONDS = 1.0
_PATIENCE_SECONDS = 60
_AT_ONCE = 50
_MASK = bytes(4)
_HANDSHAKE = (
    "GET /{identity} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp{version}\r\n\r\n"
)


def layout(stations: int) -> SiteLayout:
    """A grid connection that has half of what all EVSEs can take, 10 panels, 50 circuits; one EVSE a station."""
    feeders = [Feeder(name="grid", amperes=Decimal(AMPERES_EACH * stations))]
    for panel in range(_PANELS):
        feeders.append(Feeder(name=f"panel-{panel}", fed_by="grid", amperes=Decimal(32 * stations) / _PANELS))
        for circuit in range(_CIRCUITS):
            amperes = Decimal(32 * stations) / (_PANELS * _CIRCUITS)
            feeders.append(Feeder(name=f"circuit-{panel}-{circuit}", fed_by=f"panel-{panel}", amperes=amperes))
    outlets = tuple(
        Outlet(station=_name(number), evse_id=1, fed_by=f"circuit-{number % _PANELS}-{number // _PANELS % _CIRCUITS}")
        for number in range(stations)
    )
    return SiteLayout(name=SITE, feeders=tuple(feeders), outlets=outlets)


def _name(number: int) -> str:
    return f"SITE-{number:05d}"


# --- the CSMS -----------------------------------------------------------------------------------------------------------------------


async def csms(database: str, stations: str) -> None:
    """Ours as it is. `{"do": "settle"}`; `{"do": "limit", "feeder": ..., "amperes": ... or null}`: what became of it.

    With `"priced": true` new prices for the plan come just before the limit.
    """
    from pilotwire.csms.app import Csms
    from pilotwire.csms.collector import settle
    from pilotwire.csms.registers.load_management import MANAGED, SITE_LIMITS, LoadManagement, SiteLimit, part_key
    from pilotwire.csms.services.load_management.book import SiteBook
    from pilotwire.csms.settings import CsmsSettings
    from pilotwire.domain.provisioning import UnknownStations
    from pilotwire.logs import configure_logging

    configure_logging("error")
    deciding: list[float] = []
    decide = SiteBook.decide

    def timed(book: SiteBook, *arguments: Any) -> Any:
        began = time.monotonic()
        decision = decide(book, *arguments)
        deciding.append(time.monotonic() - began)
        return decision

    SiteBook.decide = timed  # type: ignore[method-assign, assignment]
    settings = CsmsSettings(
        ocpp_port=0, database=database, unknown_stations=UnknownStations.ACCEPT, accept_unknown_tokens=True
    )
    async with Csms(settings) as running:
        await running.journal.append(MANAGED.put("", SITE, LoadManagement(layout=layout(int(stations)))))
        confirmed: list[tuple[float, str]] = []
        watching = asyncio.create_task(_watch(running.journal, confirmed))
        settle()  # as `pilotwire csms` does
        print(json.dumps({"port": running.ocpp_port}), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            order = json.loads(line)
            confirmed.clear()
            deciding.clear()
            began, before = time.monotonic(), used()["cpu"]
            if order["do"] == "limit":
                if order.get("priced"):
                    await running.journal.append(MANAGED.amend("", SITE, _priced))
                key = part_key(SITE, "operator")
                amperes = order["amperes"]
                limit = SiteLimit(
                    site=SITE,
                    source="operator",
                    feeder=order["feeder"],
                    at=datetime.now(UTC),
                    amperes=None if amperes is None else Decimal(amperes),
                )
                await running.journal.append(
                    SITE_LIMITS.remove("", key) if amperes is None else SITE_LIMITS.put("", key, limit)
                )
            elif order["do"] == "settle":
                await _until_all_have(running.store, int(stations))
            if order["do"] == "limit":
                await _until_all_told(confirmed, int(stations))
            ends = time.monotonic() + _SETTLED_SECONDS
            while time.monotonic() < ends or (confirmed and time.monotonic() < confirmed[-1][0] + _SETTLED_SECONDS):
                await asyncio.sleep(0.05)
            answer = {
                "began": began,
                "deciding": list(deciding),
                "confirmed": list(confirmed),
                "cpu": used()["cpu"] - before,
            }
            print(json.dumps(answer), flush=True)
        watching.cancel()


async def _until_all_told(confirmed: list[tuple[float, str]], count: int) -> None:
    """Wait until each station has confirmed something; one that never does is told of by who asks."""
    ends = time.monotonic() + _PATIENCE_SECONDS
    while len({station for _, station in confirmed}) < count and time.monotonic() < ends:
        await asyncio.sleep(0.05)


def _priced(plan: Any) -> Any:
    """The plan with a price for the next hour."""
    from pilotwire.domain.kinds import changed
    from pilotwire.domain.load_management import PricePeriod

    now = datetime.now(UTC)
    return changed(plan, prices=(PricePeriod(start=now, end=now + timedelta(hours=1), price=Decimal("0.3")),))


async def _until_all_have(store: Any, count: int) -> None:
    """Wait until each transaction has the share that is its own, and its station has confirmed it."""
    from pilotwire.csms.registers.load_management import STATES

    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            state = await store.record(STATES, "", SITE)
            if state is not None:
                whole = [one for one in state.evses if one.transaction_id is not None and one.share == one.limit]
                if len(whole) == count:
                    return
            await asyncio.sleep(0.2)


async def _watch(journal: Any, confirmed: list[tuple[float, str]]) -> None:
    """When a station's acceptance of what it was told was on the disk."""
    from pilotwire.csms.registers.load_management import HOLDS
    from pilotwire.csms.store.ports import Amend

    while True:  # one that is too slow to follow is told so by the end of the iteration
        async for operation, result in journal.committed():
            if isinstance(operation, Amend) and operation.register.name == HOLDS.name:
                hold = result.after
                if hold is not None and hold.sent is None and hold.told is not None:
                    confirmed.append((time.monotonic(), operation.station))


# --- the stations -------------------------------------------------------------------------------------------------------------------


class Station(asyncio.Protocol):
    """One station: it opens, boots, begins a transaction, and then accepts every charging profile."""

    def __init__(self, number: int, port: int, ready: asyncio.Future[None], heard: list[tuple[float, float]]) -> None:
        self.name, self.version = _name(number), VERSIONS[number % len(VERSIONS)]
        self._port, self._ready, self._told = port, ready, heard
        self._buffer = b""
        self._open = False
        self._transport: Any = None
        self._steps = _steps(self.version, self.name)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        hello = _HANDSHAKE.format(identity=self.name, port=self._port, version=self.version)
        self._transport.write(hello.encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._open:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            assert b" 101 " in head[:20], head
            self._open, self._buffer = True, rest
            self._go_on()
        self._buffer = take_frames(self._buffer, self._heard)

    def _heard(self, opcode: int, payload: bytes) -> None:
        if opcode == 9:
            self._transport.write(bytes((0x8A, 0x80 | len(payload))) + _MASK + payload)
        if opcode != 1:
            return
        message = json.loads(payload)
        if message[0] == 2:
            self._answer(message)
        else:
            assert message[0] == 3, message
            self._go_on()

    def _answer(self, message: list[Any]) -> None:
        _, number, action, payload = message
        if action != "SetChargingProfile":
            self._send([4, number, "NotImplemented", "", {}])
            return
        now = time.monotonic()
        profile = payload.get("csChargingProfiles") or payload["chargingProfile"]
        schedule = profile["chargingSchedule"]
        periods = (schedule if isinstance(schedule, dict) else schedule[0])["chargingSchedulePeriod"]
        if profile["chargingProfilePurpose"] == "TxProfile":
            self._told.append((now, float(periods[0]["limit"])))
        self._send([3, number, {"status": "Accepted"}])

    def _go_on(self) -> None:
        if self._steps:
            action, payload = self._steps.pop(0)
            self._send([2, f"{action}-{self.name}", action, payload])
        elif not self._ready.done():
            self._ready.set_result(None)

    def _send(self, message: list[Any]) -> None:
        payload = json.dumps(message).encode()
        size = len(payload)
        head = bytes((0x81, 0x80 | size)) if size < 126 else bytes((0x81, 0xFE)) + size.to_bytes(2, "big")
        self._transport.write(head + _MASK + payload)


def _steps(version: str, name: str) -> list[tuple[str, dict[str, Any]]]:
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if version == "1.6":
        return [
            ("BootNotification", {"chargePointVendor": "Volta", "chargePointModel": "One"}),
            ("StartTransaction", {"connectorId": 1, "idTag": name, "meterStart": 0, "timestamp": at}),
        ]
    boot = {"reason": "PowerUp", "chargingStation": {"vendorName": "Volta", "model": "One"}}
    started: dict[str, Any] = {
        "eventType": "Started",
        "timestamp": at,
        "triggerReason": "CablePluggedIn",
        "seqNo": 0,
        "transactionInfo": {"transactionId": f"T-{name}", "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1},
    }
    return [("BootNotification", boot), ("TransactionEvent", started)]


async def stations() -> None:
    """Be the stations: `{"do": "connect", "port": ..., "count": ...}`, then `{"do": "heard"}`: when each was told what (A)."""
    heard: list[tuple[float, float]] = []
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        if order["do"] == "connect":
            gate = asyncio.Semaphore(_AT_ONCE)
            await asyncio.gather(*(_connect(number, order["port"], gate, heard) for number in range(order["count"])))
        print(json.dumps({"heard": heard}), flush=True)
        heard.clear()


async def _connect(number: int, port: int, gate: asyncio.Semaphore, heard: list[tuple[float, float]]) -> None:
    loop = asyncio.get_running_loop()
    async with gate:
        ready: asyncio.Future[None] = loop.create_future()
        await loop.create_connection(partial(Station, number, port, ready, heard), "127.0.0.1", port)
        await ready


def main(arguments: list[str]) -> None:
    """Be the side named by the arguments."""
    logging.disable(logging.CRITICAL)
    raise_file_limit()
    sides: dict[str, Callable[..., Any]] = {"csms": csms, "stations": stations}
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(sides[arguments[0]](*arguments[1:]))


if __name__ == "__main__":
    main(sys.argv[1:])
