"""A station that does everything right while others do not: what it said before and after a mishap must be booked all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from pilotwire.csms.app import Csms
from pilotwire.csms.store.ports import KeepFinding, PutToken, TransactionFilter
from pilotwire.domain.authorization import Token
from pilotwire.domain.findings import Finding
from pilotwire.domain.identity import IdToken
from tests.support.raw_station import PATIENCE, RawStation, settings, station

VERSIONS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
GOOD = "GOOD-1"
_METER = {"measurand": "Energy.Active.Import.Register", "context": "Sample.Periodic"}


class Charge:
    """A charge told by bare frames: `begin`, `sample` and `end` are called once each, or again to retry the same message."""

    def __init__(self, line: RawStation, name: str = "tx-good") -> None:
        self.line = line
        self.version = str(line.line.subprotocol)
        self.transaction_id = name

    async def begin(self) -> list[Any]:
        """At 1000 Wh; gives the frame that answered."""
        if self.version == "ocpp1.6":
            start = {"connectorId": 1, "idTag": "card", "meterStart": 1000, "timestamp": "2026-01-01T10:00:00Z"}
            answer: list[Any] = await self.line.call("StartTransaction", start)
            if answer[0] == 3:
                self.transaction_id = str(answer[2]["transactionId"])
            return answer
        return await self._event("Started", 0, "2026-01-01T10:00:00Z", "CablePluggedIn", 1000)

    async def sample(self) -> list[Any]:
        """At 1500 Wh."""
        if self.version == "ocpp1.6":
            value = {"timestamp": "2026-01-01T10:15:00Z", "sampledValue": [{"value": "1500", **_METER}]}
            values = {"connectorId": 1, "transactionId": int(self.transaction_id), "meterValue": [value]}
            answer: list[Any] = await self.line.call("MeterValues", values)
            return answer
        return await self._event("Updated", 1, "2026-01-01T10:15:00Z", "MeterValuePeriodic", 1500)

    async def end(self) -> list[Any]:
        """At 2500 Wh."""
        if self.version == "ocpp1.6":
            stop = {"transactionId": int(self.transaction_id), "meterStop": 2500, "timestamp": "2026-01-01T10:30:00Z"}
            answer: list[Any] = await self.line.call("StopTransaction", stop)
            return answer
        return await self._event("Ended", 2, "2026-01-01T10:30:00Z", "EVDeparted", 2500)

    async def _event(self, kind: str, number: int, at: str, trigger: str, wh: int) -> list[Any]:
        event = {
            "eventType": kind,
            "timestamp": at,
            "triggerReason": trigger,
            "seqNo": number,
            "transactionInfo": {"transactionId": self.transaction_id},
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": at, "sampledValue": [{"value": wh, **_METER}]}],
        }
        answer: list[Any] = await self.line.call("TransactionEvent", event)
        return answer


async def check_booked(csms: Csms, identity: str = GOOD) -> None:
    """One transaction with three events and 1500 Wh, and nothing more, is booked for the station."""
    (tx,) = await csms.store.transactions(TransactionFilter(station=identity))
    assert (tx.energy, tx.is_open, tx.events) == (Decimal(1500), False, 3)


@asynccontextmanager
async def charging(csms: Csms, version: str) -> AsyncIterator[None]:
    """While others misbehave, a station charges: it begins before, ends after, and all of it is booked once."""
    async with station(csms, GOOD, version) as line:
        await line.boot()
        charge = Charge(line)
        assert (await charge.begin())[0] == 3
        yield
        assert "currentTime" in await line.ask("Heartbeat", {})
        assert (await charge.sample())[0] == (await charge.end())[0] == 3
    await check_booked(csms)


@asynccontextmanager
async def running(folder: Path, *, http: Callable[[Csms], Any] | None = None, **more: Any) -> AsyncIterator[Csms]:
    """A CSMS on a file that knows the card; what it has stored is there when it is opened again."""
    async with Csms(settings(database=f"sqlite:///{folder / 'csms.db'}", **more), http=http) as csms:
        await csms.journal.append(PutToken(token=Token(id_token=IdToken(value="card"))))
        yield csms


async def finding(csms: Csms, rule: str, identity: str) -> Finding:
    """The newest finding of a rule about a station, as soon as it is there; a TimeoutError says which one never came."""
    listener: Any = csms.journal.committed()
    known = [each for each in await csms.store.findings(identity) if each.rule == rule]
    if known:
        return known[0]
    try:
        async with asyncio.timeout(PATIENCE):
            async for operation, _ in listener:
                if isinstance(operation, KeepFinding) and operation.finding.rule == rule:
                    return operation.finding
    except TimeoutError:
        rules = [each.rule for each in await csms.store.findings(identity)]
        raise TimeoutError(f"no finding {rule} about {identity}, but {rules}") from None
    raise AssertionError("the journal ended")
