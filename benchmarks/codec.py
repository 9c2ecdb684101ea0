"""One frame in, one frame out: read, validate, hand over as typed message, build and write the response.

Ours is `Session.receive` and `Session.answer`; the peer is the PyPI package `ocpp`, routing the same bytes to a handler with its
validation on. Both do the work of one station's message from the socket's bytes to the socket's bytes; neither does any I/O.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pilotwire.ocpp import v16, v201
from pilotwire.ocpp.events import CallReceived
from pilotwire.ocpp.session import Session
from pilotwire.ocpp.version import OcppVersion

SAMPLES = [
    ("Energy.Active.Import.Register", "Wh", 1234567),
    ("Power.Active.Import", "W", 10980.5),
    ("Current.Import", "A", 15.9),
    ("Voltage", "V", 230.4),
]
METER_VALUES = {
    "connectorId": 1,
    "transactionId": 4711,
    "meterValue": [
        {
            "timestamp": "2026-03-01T10:15:30.000Z",
            "sampledValue": [
                {"value": str(value), "context": "Sample.Periodic", "measurand": measurand, "unit": unit}
                for measurand, unit, value in SAMPLES
            ],
        }
    ],
}
TRANSACTION_EVENT = {
    "eventType": "Updated",
    "timestamp": "2026-03-01T10:15:30.000Z",
    "triggerReason": "MeterValuePeriodic",
    "seqNo": 17,
    "transactionInfo": {"transactionId": "9f2c1c62-1f7e-4a5b-9a39-0d5b6f1e2a77", "chargingState": "Charging"},
    "evse": {"id": 1, "connectorId": 1},
    "meterValue": [
        {
            "timestamp": "2026-03-01T10:15:30.000Z",
            "sampledValue": [
                {"value": value, "context": "Sample.Periodic", "measurand": measurand, "unitOfMeasure": {"unit": unit}}
                for measurand, unit, value in SAMPLES
            ],
        }
    ],
}


def _frames(action: str, payload: dict[str, Any], count: int) -> list[str]:
    text = json.dumps(payload)
    return [f'[2,"{number:032x}","{action}",{text}]' for number in range(count)]


def ours(version: OcppVersion, response: Any, frames: list[str]) -> float:
    """Seconds a frame."""
    session = Session(version, role="csms", new_id=lambda: "unused")
    data = [frame.encode() for frame in frames]
    begin = time.process_time()
    for frame in data:
        (event,) = session.receive(frame, 0.0)
        assert type(event) is CallReceived
        session.answer(event.message_id, response())
        assert session.data_to_send()
    return (time.process_time() - begin) / len(data)


def theirs(charge_point: Any, frames: list[str]) -> float:
    """Seconds a frame."""

    async def run() -> float:
        begin = time.process_time()
        for frame in frames:
            await charge_point.route_message(frame)
        return (time.process_time() - begin) / len(frames)

    return asyncio.run(run())


class _Sink:
    """A connection that takes everything."""

    sent = 0

    async def send(self, _message: str) -> None:
        self.sent += 1


def _their_16() -> Any:
    from ocpp.routing import on
    from ocpp.v16 import ChargePoint, call_result

    class CentralSystem(ChargePoint):  # type: ignore[misc]
        @on("MeterValues")
        def on_meter_values(self, **_: Any) -> Any:
            return call_result.MeterValues()

    return CentralSystem("bench", _Sink())


def _their_201() -> Any:
    from ocpp.routing import on
    from ocpp.v201 import ChargePoint, call_result

    class CentralSystem(ChargePoint):  # type: ignore[misc]
        @on("TransactionEvent")
        def on_transaction_event(self, **_: Any) -> Any:
            return call_result.TransactionEvent()

    return CentralSystem("bench", _Sink())


def best(of: int, measure: Callable[[], float]) -> float:
    """The least of some runs: what the work costs when nothing else interferes."""
    return min(measure() for _ in range(of))


def main() -> None:
    """Print both costs and their ratio for 1.6 MeterValues and 2.0.1 TransactionEvent."""
    logging.disable(logging.CRITICAL)
    print(f"codec: frame in, validated, response out; CPU microseconds a message ({datetime.now(UTC):%Y-%m-%d})")
    cases = (
        ("1.6 MeterValues", OcppVersion.V16, "MeterValues", METER_VALUES, v16.MeterValuesResponse, _their_16),
        (
            "2.0.1 TransactionEvent",
            OcppVersion.V201,
            "TransactionEvent",
            TRANSACTION_EVENT,
            v201.TransactionEventResponse,
            _their_201,
        ),
    )
    for name, version, action, payload, response, peer in cases:
        frames = _frames(action, payload, 5_000)
        mine = best(5, lambda v=version, r=response, f=frames: ours(v, r, f)) * 1e6  # type: ignore[misc]
        other = best(2, lambda p=peer, f=frames: theirs(p(), f[:400])) * 1e6  # type: ignore[misc]
        print(
            f"  {name:24} {len(frames[0])} bytes   pilotwire {mine:7.1f}   ocpp (PyPI) {other:8.1f}"
            f"   ratio {other / mine:6.1f}x   aim >= 100x"
        )
    logging.disable(logging.NOTSET)
