"""Closes transactions by rule whose end was never told, and asks their stations first where that can be done (E14)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from pilotwire.csms.commands import CommandTimedOut, ConnectedStation
from pilotwire.csms.commands.transactions import get_status
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.booking import EVERYTHING
from pilotwire.csms.store.ports import CloseTransaction, Page, TransactionFilter
from pilotwire.domain.closing import Closing
from pilotwire.domain.open_transactions import (
    Circumstances,
    ClosingPolicy,
    after_asking,
    is_to_be_asked_about,
    orphaned,
    superseded,
    without_asking,
)
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.transactions import Transaction
from pilotwire.errors import NotReachable, PilotwireError, StoreError

LOOK: Final = 60.0
"""Seconds between two looks."""
_PAGE: Final = 100
_NEWEST: Final = 1000
Place = tuple[str, str]
"""A station and a transaction id."""


class OpenTransactions:
    """The service. What it remembers saves reading; after a restart everything is read once."""

    name = "open transactions"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._policy = policy_of(parts.settings)
        self._newest: dict[tuple[str, int], tuple[str, datetime]] = {}
        self._last: Place | None = None
        self._heard: dict[Place, tuple[int, datetime]] = {}
        self._asked: dict[Place, datetime] = {}
        self._looked_at: datetime | None = None

    async def run(self) -> None:
        """Do it, until cancelled."""
        while True:
            await self.look()
            await pause(self._parts.clock, LOOK)

    async def look(self) -> None:
        """Go through all open transactions once."""
        now = self._parts.clock.now()
        await self._learn_newest()
        connected = {each.station: each for each in self._parts.commander.bus.connected()}
        found: set[Place] = set()
        async for page in self._open():
            found |= {_place(each) for each in page}
            for each in page:
                self._take(each)
            await asyncio.gather(*(self._look_at(each, connected, now) for each in page))
        self._heard = {place: heard for place, heard in self._heard.items() if place in found}
        self._asked = {place: asked for place, asked in self._asked.items() if place in found}
        self._looked_at = now

    async def _open(self) -> AsyncIterator[Sequence[Transaction]]:
        page: Sequence[Transaction] = ()
        while True:
            after = "/".join(_place(page[-1])) if page else None
            page = await self._parts.store.transactions(TransactionFilter(is_open=True), Page(limit=_PAGE, after=after))
            if not page:
                return
            yield page

    async def _learn_newest(self) -> None:
        """Which transaction began last at each EVSE: from those that became known since the last look."""
        page = await self._parts.store.transactions(EVERYTHING, Page(limit=_NEWEST))
        last, known = _place(page[0]) if page else None, self._last
        while page:
            for each in page:
                if _place(each) == known:
                    page = ()
                    break
                self._take(each)
            if known is None or len(page) < _NEWEST:
                break
            after = "/".join(_place(page[-1]))
            page = await self._parts.store.transactions(EVERYTHING, Page(limit=_NEWEST, after=after))
        self._last = last

    def _take(self, transaction: Transaction) -> None:
        if transaction.address is None or transaction.started_at is None:
            return
        evse = (transaction.station, transaction.address.evse)
        known = self._newest.get(evse)
        if known is None or known[1] < transaction.started_at:
            self._newest[evse] = (transaction.transaction_id, transaction.started_at)

    async def _look_at(
        self, transaction: Transaction, connected: Mapping[str, ConnectedStation], now: datetime
    ) -> None:
        known = await self._circumstances(transaction, connected.get(transaction.station), now)
        closing = superseded(transaction, known)
        if closing is None and is_to_be_asked_about(transaction, known, self._policy):
            closing = await self._after_asking(transaction, known)
        elif closing is None:
            closing = orphaned(transaction, known, self._policy)
        if closing is not None:
            station, name = _place(transaction)
            operation = CloseTransaction(
                station=station, transaction_id=name, events=transaction.events, closing=closing
            )
            await self._parts.journal.append(operation)

    async def _circumstances(
        self, transaction: Transaction, connection: ConnectedStation | None, now: datetime
    ) -> Circumstances:
        record = await self._parts.store.station(transaction.station)
        booted = None if record is None else record.last_boot_at
        accepted = connection is not None and connection.standing is RegistrationStatus.ACCEPTED
        evse = None if transaction.address is None else (transaction.station, transaction.address.evse)
        newer = None if evse is None else self._newest.get(evse)
        return Circumstances(
            now=now,
            heard_at=await self._heard_at(transaction, booted, now),
            connected_since=connection.since if connection is not None and accepted else None,
            booted_at=booted,
            newer=None if newer is None or newer[0] == transaction.transaction_id else newer,
        )

    async def _heard_at(self, transaction: Transaction, booted: datetime | None, now: datetime) -> datetime:
        """When its last event arrived: read from the store only where it cannot be known otherwise, or matters to the minute."""
        place, looked_at = _place(transaction), self._looked_at
        known = self._heard.get(place)
        if known is not None and known[0] == transaction.events:
            return known[1]
        if known is not None and looked_at is not None and (booted is None or booted <= looked_at):
            heard = now
        else:
            events = await self._parts.store.events(*place)
            heard = max((each.received_at for each in events), default=now)
        self._heard[place] = (transaction.events, heard)
        return heard

    async def _after_asking(self, transaction: Transaction, known: Circumstances) -> Closing | None:
        """What follows when its station is asked; by the rules alone if it cannot be."""
        place, station = _place(transaction), transaction.station
        asked = self._asked.get(place)
        if asked is not None and known.now - asked < self._rest():
            return orphaned(transaction, known, self._policy)
        if not await self._parts.commander.unsolicited(station):
            return without_asking(transaction, known, self._policy)
        self._asked[place] = known.now
        try:
            outcome = await get_status(self._parts.commander, station, transaction.transaction_id)
        except StoreError:
            raise
        except (CommandTimedOut, NotReachable):
            return orphaned(transaction, known, self._policy)
        except PilotwireError:  # 1.6 has no such question, and not every station knows it
            self._asked.pop(place)
            return without_asking(transaction, known, self._policy)
        closing = after_asking(outcome, known)
        if closing is None:
            self._heard[place] = (transaction.events, known.now)
        return closing

    def _rest(self) -> timedelta:
        return self._policy.ask_after or self._policy.resume_within


def policy_of(settings: CsmsSettings) -> ClosingPolicy:
    """How long the operator waits."""
    return ClosingPolicy(
        orphan_after=timedelta(seconds=settings.orphan_after),
        orphan_after_offline=timedelta(seconds=settings.orphan_after_offline),
        resume_within=timedelta(seconds=settings.resume_within),
        ask_after=timedelta(seconds=settings.ask_after),
    )


def _place(transaction: Transaction) -> Place:
    return (transaction.station, transaction.transaction_id)
