"""A CSMS without a gateway, for tests of its HTTP API: memory store, manual clock, and stations that answer as they are told."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from pilotwire.clock import ManualClock
from pilotwire.csms.api import create_api, end_streams
from pilotwire.csms.api.access import digest_of
from pilotwire.csms.commands import Commander, ConnectedStation
from pilotwire.csms.plugins import NO_PLUGINS
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.memory import MemoryJournal, MemoryStore
from pilotwire.csms.store.ports import ApiKey, Operation, PutApiKey, Scope
from pilotwire.csms.uploads import Receiver
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.metering import MeterReading, Sample, register_reading
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.transactions import (
    ChargingState,
    EventKind,
    StoppedReason,
    TransactionEvent,
    TriggerReason,
)
from pilotwire.errors import NotReachable, StoreError

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class FakeBus:
    """Stations that answer as told: `answers` by type of command, or by action; an exception is raised."""

    def __init__(self) -> None:
        self.stations: dict[str, ConnectedStation] = {}
        self.answers: dict[type[Command] | str, Any] = {}
        self.commands: list[tuple[str, Command]] = []
        self.calls: list[tuple[str, str, bytes, bool, float | None]] = []

    def connect(self, station: str, version: str = "2.0.1") -> None:
        """A station connects."""
        self.stations[station] = ConnectedStation(
            station=station,
            version=version,
            since=NOON,
            last_seen_at=NOON,
            standing=RegistrationStatus.ACCEPTED,
            remote="192.0.2.7",
        )

    async def call(self, station: str, command: Command, *, timeout: float | None = None) -> Outcome:
        """Answer a command."""
        self.commands.append((station, command))
        answer = self._answer(station, type(command))
        assert isinstance(answer, Outcome)
        return answer

    async def call_raw(
        self, station: str, action: str, payload: bytes, *, force: bool = False, timeout: float | None = None
    ) -> bytes:
        """Answer a call."""
        self.calls.append((station, action, payload, force, timeout))
        answer = self._answer(station, action)
        assert isinstance(answer, bytes)
        return answer

    def dismiss(self, station: str, reason: str) -> bool:
        """A station is taken off record."""
        return self.stations.pop(station, None) is not None

    def connected(self) -> Sequence[ConnectedStation]:
        """Who is connected."""
        return [self.stations[name] for name in sorted(self.stations)]

    def _answer(self, station: str, asked: type[Command] | str) -> object:
        if station not in self.stations or asked not in self.answers:
            raise NotReachable(f"station {station!r} is not connected.", "Try again when it is.")
        answer = self.answers[asked]
        if isinstance(answer, Exception):
            raise answer
        return answer


class BrokenStore(MemoryStore):
    """A store whose disk has gone."""

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_") or name == "memory":
            return super().__getattribute__(name)
        raise StoreError("the database file is gone.", "Put the disk back.")


class ApiRooms:
    """The rooms of a CSMS with a memory store and a fake bus."""

    def __init__(self, **settings: Any) -> None:
        self.settings = CsmsSettings(**({"no_auth": True, "database": "memory:"} | settings))
        self.clock = ManualClock(NOON)
        self.store = MemoryStore()
        self.journal = MemoryJournal(self.store)
        self.bus = FakeBus()
        self.commander = Commander(self.bus, self.clock)
        self.plugins = NO_PLUGINS
        self.uploads = Receiver(self.journal, self.store, self.clock, self.settings)

    async def keep(self, *operations: Operation) -> Sequence[Any]:
        """Store operations."""
        return await self.journal.append(*operations)

    async def key(self, scope: Scope, secret: str) -> None:
        """Put an API key of one scope on record, named after the scope."""
        key = ApiKey(name=scope.value, digest=digest_of(secret), scopes=(scope,), created_at=NOON)
        await self.keep(PutApiKey(key=key))


@asynccontextmanager
async def client_of(api: FastAPI, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API without a socket; `/api/v1` is left out of paths, errors inside stay inside."""
    transport = httpx.ASGITransport(api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://csms/api/v1", headers=headers) as client:
        yield client


@contextmanager
def served(api: FastAPI) -> Iterator[str]:
    """An API on a real socket, in a thread of its own; gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(api, log_config=None, timeout_graceful_shutdown=5))
        started = threading.Event()
        loops: list[asyncio.AbstractEventLoop] = []

        async def run() -> None:
            loops.append(asyncio.get_running_loop())
            task = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started and not task.done():
                await asyncio.sleep(0.005)
            started.set()
            await task

        thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
        thread.start()
        assert started.wait(20)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            loops[0].call_soon_threadsafe(end_streams, api)
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


def api_of(rooms: ApiRooms) -> FastAPI:
    """The API of these rooms."""
    return create_api(rooms)


CARD = IdToken(value="04A1B2C3D4", type="ISO14443")


def _at(minute: int) -> datetime:
    return NOON.replace(minute=minute)


def started(transaction_id: str = "tx-1", *, seq_no: int = 0) -> TransactionEvent:
    """A transaction starts at EVSE 1 with 1000 Wh on the meter."""
    return TransactionEvent(
        kind=EventKind.STARTED,
        transaction_id=transaction_id,
        at=_at(0),
        trigger=TriggerReason.AUTHORIZED,
        seq_no=seq_no,
        address=EvseAddress(evse=1, connector=1),
        id_token=CARD,
        charging_state=ChargingState.CHARGING,
        readings=(register_reading(_at(0), Decimal(1000), "Transaction.Begin"),),
    )


def updated(transaction_id: str = "tx-1", *, seq_no: int = 1) -> TransactionEvent:
    """A sample in the middle: 7200 W."""
    sample = Sample(value=Decimal("7200.5"), measurand="Power.Active.Import", unit="W")
    return TransactionEvent(
        kind=EventKind.UPDATED,
        transaction_id=transaction_id,
        at=_at(10),
        trigger=TriggerReason.METER_VALUE_PERIODIC,
        seq_no=seq_no,
        readings=(MeterReading(at=_at(10), samples=(sample,)),),
    )


def ended(transaction_id: str = "tx-1", *, seq_no: int = 2) -> TransactionEvent:
    """It ends with 8250.5 Wh on the meter."""
    return TransactionEvent(
        kind=EventKind.ENDED,
        transaction_id=transaction_id,
        at=_at(30),
        trigger=TriggerReason.STOP_AUTHORIZED,
        seq_no=seq_no,
        id_token=CARD,
        stopped_reason=StoppedReason.LOCAL,
        readings=(register_reading(_at(30), Decimal("8250.5"), "Transaction.End"),),
    )
