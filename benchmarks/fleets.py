# mypy: disable-error-code="import-untyped"
"""Many whole stations in a process of its own: `python -m benchmarks.fleets pilotwire | ocpp`; see `fleet`.

Orders come as JSON lines, each answered by a JSON line: `{"do": "boot", "port": 9000, "count": 500}` adds stations and waits until all are
accepted, `{"do": "charge", "count": 100}` lets so many more charge, `{"do": "rest", "seconds": 10}` just lets time pass.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any, Protocol

from benchmarks.loops import new_loop, raise_file_limit
from benchmarks.servers import used

_AT_ONCE = 50


class Kind(Protocol):
    """One way to be many stations."""

    async def boot(self, port: int, count: int) -> None:
        """So many more, booted and accepted."""
        ...

    async def charge(self, count: int) -> None:
        """So many more charge."""
        ...


class Ours:
    """`pilotwire station --count`: the whole stack, hardware and vehicles simulated, the storage in memory."""

    def __init__(self) -> None:
        from pilotwire.clock import SystemClock
        from pilotwire.logs import configure_logging
        from pilotwire.simulator.fleet import Fleet
        from pilotwire.simulator.fleet.scenario import scenario_of

        configure_logging("error")
        self._fleets: list[Fleet] = []
        self._running: list[asyncio.Task[None]] = []
        self._make = lambda port, count: Fleet(
            scenario_of(
                '{start_rate: 10000, fleet: [{layout: ac-22-single, variables: {SampledDataCtrlr.TxUpdatedInterval: "10"}}]}'
            ),
            count=count,
            prefix=f"B{len(self._fleets)}-",
            url=f"ws://127.0.0.1:{port}",
            clock=SystemClock(),
        )

    async def boot(self, port: int, count: int) -> None:
        """See `Kind`."""
        fleet = self._make(port, count)
        self._fleets.append(fleet)
        self._running.append(asyncio.ensure_future(fleet.run()))
        while fleet.standing().accepted < count or fleet.standing().waiting:
            await asyncio.sleep(0.05)

    async def charge(self, count: int) -> None:
        """See `Kind`."""
        from pilotwire.station.control.acts import ACTS

        plug, tap = ACTS["plug"], ACTS["tap"]
        idle = [one for fleet in self._fleets for one in fleet.hosted if one.station.hardware.vehicle_at(1) is None]
        for number, hosted in enumerate(idle[:count]):
            await plug.on(hosted, plug.read({"soc": 10}))
            await tap.on(hosted, tap.read({"idToken": f"CARD{number:06d}", "evse": 1}))
            await asyncio.sleep(0)
        wanted = sum(fleet.standing().charging for fleet in self._fleets)
        while wanted < min(count, len(idle)):
            await asyncio.sleep(0.1)
            wanted = sum(fleet.standing().charging for fleet in self._fleets)


class Peer:
    """The PyPI package `ocpp` on `websockets`: a client that boots, says its state, and then reports meter values when told to charge.

    It has no device model, no outbox, no hardware: it is the least a station in Python costs with that stack.
    """

    def __init__(self) -> None:
        import ocpp.messages

        ocpp.messages.ASYNC_VALIDATION = False
        self._next = 0
        self._stations: list[Any] = []
        self._tasks: list[asyncio.Task[Any]] = []

    async def boot(self, port: int, count: int) -> None:
        """See `Kind`."""
        for first in range(0, count, _AT_ONCE):
            await asyncio.gather(*(self._one(port) for _ in range(min(_AT_ONCE, count - first))))

    async def _one(self, port: int) -> None:
        from ocpp.v201 import ChargePoint, call
        from websockets.asyncio.client import connect

        self._next += 1
        identity = f"P{self._next:06d}"
        line = await connect(f"ws://127.0.0.1:{port}/{identity}", subprotocols=["ocpp2.0.1"], compression=None)  # type: ignore[list-item]
        station = ChargePoint(identity, line)
        self._tasks.append(asyncio.ensure_future(station.start()))
        who = {"vendor_name": "Volta", "model": "One"}
        await station.call(call.BootNotification(charging_station=who, reason="PowerUp"))
        at = datetime.now(UTC).isoformat()
        await station.call(
            call.StatusNotification(timestamp=at, connector_status="Available", evse_id=1, connector_id=1)
        )
        self._stations.append(station)

    async def charge(self, count: int) -> None:
        """See `Kind`."""
        for number, station in enumerate(self._stations[:count]):
            self._tasks.append(asyncio.ensure_future(_meter(station, f"tx-{number}")))
            await asyncio.sleep(0)


async def _meter(station: Any, transaction: str) -> None:
    from ocpp.v201 import call

    number = 0
    while True:
        at = datetime.now(UTC).isoformat()
        sample = [
            {"value": 1000.0 + number, "measurand": "Energy.Active.Import.Register", "context": "Sample.Periodic"}
        ]
        await station.call(
            call.TransactionEvent(
                event_type="Updated" if number else "Started",
                timestamp=at,
                trigger_reason="MeterValuePeriodic" if number else "Authorized",
                seq_no=number,
                transaction_info={"transaction_id": f"{id(station)}-{transaction}"},
                evse={"id": 1, "connector_id": 1},
                meter_value=[{"timestamp": at, "sampled_value": sample}],
            )
        )
        number += 1
        await asyncio.sleep(10)


async def _obey(kind: Kind) -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        before, began = used()["cpu"], time.monotonic()
        if order["do"] == "boot":
            await kind.boot(order["port"], order["count"])
        elif order["do"] == "charge":
            await kind.charge(order["count"])
        else:
            await asyncio.sleep(order["seconds"])
        now = used()
        answer = {"seconds": time.monotonic() - began, "spent": now["cpu"] - before, "rss": now["rss"]}
        print(json.dumps(answer), flush=True)


def main(arguments: list[str]) -> None:
    """Be the stations named by the argument."""
    logging.disable(logging.CRITICAL)
    raise_file_limit()

    async def run() -> None:
        await _obey(Ours() if arguments[0] == "pilotwire" else Peer())

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(run())


if __name__ == "__main__":
    main(sys.argv[1:])
