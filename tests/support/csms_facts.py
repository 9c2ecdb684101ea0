"""What handler tests are made of: handlers over a store in memory, and the facts a station may state."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pilotwire.clock import ManualClock
from pilotwire.csms.handlers import Handlers, Policy, VendorHook
from pilotwire.csms.store.memory import MemoryJournal, MemoryStore
from pilotwire.csms.store.ports import Operation, PutToken, RegisterStation
from pilotwire.domain.authorization import Token
from pilotwire.domain.identity import EvseAddress, IdToken, StationIdentity
from pilotwire.domain.metering import MeterReading, register_reading
from pilotwire.domain.provisioning import RegistrationStatus, StationBooted
from pilotwire.domain.transactions import EventKind, TransactionEvent, TriggerReason
from pilotwire.errors import StoreError

CARD = IdToken(value="04A2B3C4", type="ISO14443")
BOOT = StationBooted(station=StationIdentity(vendor="Volta", model="One"))
EVSE = EvseAddress(evse=1, connector=1)


class FailingJournal(MemoryJournal):
    """A journal whose disk is full while `is_full`."""

    is_full = False

    async def append(self, *operations: Operation) -> Sequence[Any]:
        """Fail as a database would, or store."""
        if self.is_full:
            raise StoreError("The disk is full.")
        return await super().append(*operations)


class Bench:
    """Handlers with everything around them in reach."""

    def __init__(self, *, vendors: dict[str, VendorHook] | None = None, **policy: Any) -> None:
        self.clock = ManualClock()
        self.store = MemoryStore()
        self.journal = FailingJournal(self.store)
        self.handlers = Handlers(self.journal, self.store, self.clock, Policy(**policy), vendors)

    def say(self, fact: Any, *, station: str = "CS001") -> Awaitable[Any]:
        """State a fact."""
        return self.handlers.handle(station, fact, message_id="m-1")

    async def token(self, id_token: IdToken = CARD, **record: Any) -> None:
        """Put a token on record."""
        await self.journal.append(PutToken(token=Token(id_token=id_token, **record)))

    async def register(self, status: RegistrationStatus | None, station: str = "CS001") -> None:
        """Put a station on record."""
        await self.journal.append(RegisterStation(station=station, registration=status, at=self.clock.now()))

    async def rules(self, station: str = "CS001") -> list[str]:
        """The rules of all findings kept for a station."""
        return [finding.rule for finding in await self.store.findings(station)]


def event(
    kind: EventKind,
    at: datetime,
    *,
    transaction_id: str | None = "tx-1",
    seq_no: int | None = None,
    token: IdToken | None = None,
    register: int | None = None,
    **more: Any,
) -> TransactionEvent:
    """A transaction event with at most one reading of the energy register."""
    readings: tuple[MeterReading, ...] = ()
    if register is not None:
        readings = (register_reading(at, Decimal(register), "Sample.Periodic"),)
    return TransactionEvent(
        kind=kind,
        transaction_id=transaction_id,
        at=at,
        trigger=more.pop("trigger", TriggerReason.AUTHORIZED),
        seq_no=seq_no,
        address=EVSE,
        id_token=token,
        readings=more.pop("readings", readings),
        **more,
    )


def later(at: datetime, seconds: float) -> datetime:
    """A moment after another."""
    return at + timedelta(seconds=seconds)
