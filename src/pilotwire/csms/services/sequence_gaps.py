"""Tells once of each transaction whose sequence numbers have had a gap for a while (E01.FR.07)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pilotwire.csms.registers.transactions import GAPS, SequenceGap
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import KeepFinding, Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.kinds import changed

LOOK: Final = 60.0
PATIENCE: Final = timedelta(minutes=15)
"""How long a message may be late before it counts as missing."""
FORGOTTEN: Final = timedelta(days=30)
"""How long it is remembered that there is a finding."""
_PAGE: Final = 500
_LISTED: Final = 20


class SequenceGaps:
    """The service."""

    name = "sequence gaps"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def run(self) -> None:
        """Do it, until cancelled."""
        while True:
            await self.look()
            await pause(self._parts.clock, LOOK)

    async def look(self) -> None:
        """Go through all gaps once."""
        after: str | None = None
        while found := await self._parts.store.records(GAPS, None, Page(limit=_PAGE, after=after)):
            for gap in found:
                await self._look_at(gap)
            after = cursor_of(found[-1].station, found[-1].transaction_id)

    async def _look_at(self, gap: SequenceGap) -> None:
        now, station, name = self._parts.clock.now(), gap.station, gap.transaction_id
        if now - gap.since < PATIENCE or (gap.told and now - gap.since < FORGOTTEN):
            return
        transaction = await self._parts.store.transaction(station, name)
        missing = () if transaction is None else transaction.missing_seq_nos
        if gap.told or not missing:
            await self._parts.journal.append(GAPS.remove(station, name))
            return
        listed = ", ".join(map(str, missing[:_LISTED])) + (", ..." if len(missing) > _LISTED else "")
        what = f"transaction {name}: events with these sequence numbers have not arrived: {listed}"
        finding = Finding(
            station=station, at=now, rule="E01.FR.07", severity=Severity.BREACH, what=what, action="TransactionEvent"
        )
        told = GAPS.put(station, name, changed(gap, told=True))
        await self._parts.journal.append(KeepFinding(finding=finding), told)
