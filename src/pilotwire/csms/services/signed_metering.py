"""Verifies the signed meter values of transactions that have ended, keeps the verdict, and tells what is not as it should be."""

from __future__ import annotations

from typing import Final

from pilotwire.csms.registers.signed_metering import (
    METER_KEYS,
    SIGNED_DUE,
    SIGNED_OPEN,
    VERDICTS,
    Examined,
    KeptVerdict,
    KeySource,
    MeterKeyRecord,
    SignedMark,
    examined,
    key_place,
)
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import KeepFinding, Operation, Page
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.metering.signed import MeteringOutcome
from pilotwire.domain.transactions import Transaction

LOOK: Final = 1.0
_PAGE: Final = 200
_SENTENCES: Final = 5


class SignedMetering:
    """The service."""

    name = "signed metering"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def run(self) -> None:
        """Do it, until cancelled."""
        while True:
            await self.look()
            await pause(self._parts.clock, LOOK)

    async def look(self) -> None:
        """Verify what is due."""
        while due := await self._parts.store.records(SIGNED_DUE, None, Page(limit=_PAGE)):
            for mark in due:
                await self._verify(mark)

    async def _verify(self, mark: SignedMark) -> None:
        store, place = self._parts.store, (mark.station, mark.transaction_id)
        done: list[Operation] = [SIGNED_DUE.remove(*place), SIGNED_OPEN.remove(*place)]
        transaction = await store.transaction(*place)
        if transaction is not None:
            found = await examined(store, transaction)
            if found.session.outcome is not MeteringOutcome.ABSENT:
                done += await self._kept(transaction, found)
        await self._parts.journal.append(*done)

    async def _kept(self, transaction: Transaction, found: Examined) -> list[Operation]:
        """What is kept of a verdict: itself, a finding if it is a new one and not good, and a key that was trusted on first use."""
        now, session = self._parts.clock.now(), found.session
        place = (transaction.station, transaction.transaction_id)
        before = await self._parts.store.record(VERDICTS, *place)
        verdict = KeptVerdict(
            station=transaction.station,
            transaction_id=transaction.transaction_id,
            outcome=session.outcome,
            checked_at=now,
            public_key=session.key,
            source=found.source,
        )
        operations: list[Operation] = [VERDICTS.put(*place, verdict)]
        if session.outcome is MeteringOutcome.VERIFIED:
            if found.source is KeySource.SENT and transaction.address is not None:
                operations.append(self._trusted(transaction.station, transaction.address.evse, session.key))
            return operations
        if before is None or before.outcome is not session.outcome:
            failed = session.outcome is MeteringOutcome.FAILED
            why = " ".join(session.why[:_SENTENCES])
            verb = "do not prove the session" if failed else "cannot be verified"
            finding = Finding(
                station=transaction.station,
                at=now,
                rule="signed-metering:failed" if failed else "signed-metering:unverifiable",
                severity=Severity.BREACH if failed else Severity.NOTE,
                what=f"transaction {transaction.transaction_id}: its signed meter values {verb}: {why}",
            )
            operations.append(KeepFinding(finding=finding))
        return operations

    def _trusted(self, station: str, evse: int, key: str) -> Operation:
        record = MeterKeyRecord(
            station=station,
            evse=evse,
            public_key=key,
            source=KeySource.SENT,
            recorded_at=self._parts.clock.now(),
        )
        return METER_KEYS.amend(station, key_place(evse), lambda there: there or record)
