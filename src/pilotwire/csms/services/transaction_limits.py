"""Ends transactions that have used up what they may, where the station does not do it itself (1.6, 2.0.1, and 2.1 without the limit)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pilotwire.csms.commands import remote_control
from pilotwire.csms.registers.authorization import LIMITED, LimitedTransaction
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import KeepFinding, Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.authorization import TransactionLimit
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.remote_control import RequestStatus
from pilotwire.domain.transactions import Transaction
from pilotwire.errors import PilotwireError, StoreError

LOOK: Final = 1.0
"""Seconds between looks."""
RETRY: Final = 30.0
"""Seconds until a station that did not stop is asked again."""
_PAGE: Final = 500


class TransactionLimits:
    """The service; one of a CSMS."""

    name = "transaction-limits"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._asked: dict[tuple[str, str], float] = {}

    async def run(self) -> None:
        """Do it, until cancelled."""
        while True:
            await self.look()
            await pause(self._parts.clock, LOOK, look=LOOK)

    async def look(self) -> None:
        """See how far every limited transaction is; one that is over is watched no more."""
        cursor: str | None = None
        while page := await self._parts.store.records(LIMITED, None, Page(limit=_PAGE, after=cursor)):
            for each in page:
                await self._look_at(each)
            cursor = cursor_of(page[-1].station, page[-1].transaction_id)

    async def _look_at(self, each: LimitedTransaction) -> None:
        parts, place = self._parts, (each.station, each.transaction_id)
        transaction = await parts.store.transaction(*place)
        if transaction is None or not transaction.is_open:
            self._asked.pop(place, None)
            await parts.journal.append(LIMITED.remove(*place))
            return
        now = parts.clock.monotonic()
        reached = self._reached(transaction, each.limit)
        if reached is None or now < self._asked.get(place, now):
            return
        if any(one.station == each.station for one in parts.commander.bus.connected()):
            self._asked[place] = now + RETRY
            if await parts.commander.unsolicited(each.station):
                await self._stop(each, reached)

    def _reached(self, transaction: Transaction, limit: TransactionLimit) -> str | None:
        """Which limit is reached, in words; the time counts from the start of the transaction (E16.FR.09)."""
        energy, began = transaction.energy, transaction.started_at
        if limit.max_energy is not None and energy is not None and energy >= limit.max_energy:
            return f"{limit.max_energy} Wh"
        if limit.max_time is None or began is None:
            return None
        over = self._parts.clock.now() - began >= timedelta(seconds=limit.max_time)
        return f"{limit.max_time} seconds" if over else None

    async def _stop(self, each: LimitedTransaction, reached: str) -> None:
        parts = self._parts
        try:
            outcome = await remote_control.stop(parts.commander, each.station, each.transaction_id)
            why = "" if outcome.status is RequestStatus.ACCEPTED else f"the station answered {outcome.status}"
        except StoreError:
            raise
        except PilotwireError as error:
            why = error.what
        if not why:
            return
        finding = Finding(
            station=each.station,
            at=parts.clock.now(),
            rule="authorization:limit-not-kept",
            severity=Severity.NOTE,
            what=f"transaction {each.transaction_id} has used up its {reached} and could not be stopped: {why}",
        )
        await parts.journal.append(KeepFinding(finding=finding))
