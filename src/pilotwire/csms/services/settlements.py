"""Has payments settled by the payment service provider, until it has answered (C21.FR.05, C24.FR.10, C25.FR.40); visits nobody paid go."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pilotwire.csms.partners.ports import PartnerFailed, Psp
from pilotwire.csms.registers.payment import AUTHORIZED, DUE, VISITS, DueSettlement
from pilotwire.csms.registers.tariff import SETTLEMENTS, SettlementRecord
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import KeepFinding, Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.findings import Finding, Severity

LOOK: Final = 1.0
"""Seconds between looks."""
FIRST_RETRY: Final = 30.0
LONGEST_RETRY: Final = 3600.0
"""Seconds until a provider that did not answer is asked again: twice as long each time, up to this."""
VISIT_LASTS: Final = timedelta(days=1)
AUTHORIZATION_LASTS: Final = timedelta(days=30)
"""How long a payment is known that never came to a transaction."""
_PAGE: Final = 500


class Settlements:
    """The service; one of a CSMS. Without a provider there is nothing to settle."""

    name = "settlements"

    def __init__(self, parts: Parts, psp: Psp | None) -> None:
        self._parts = parts
        self._psp = psp
        self._retries: dict[tuple[str, str], tuple[float, float]] = {}
        self._cleaned = float("-inf")

    async def run(self) -> None:
        """Do it, until cancelled."""
        while True:
            await self.look()
            await pause(self._parts.clock, LOOK, look=LOOK)

    async def look(self) -> None:
        """Settle what is due; once an hour forget what nobody came back for."""
        now = self._parts.clock.monotonic()
        if now >= self._cleaned + 3600:
            self._cleaned = now
            await self._forget()
        if self._psp is None:
            return
        cursor: str | None = None
        while page := await self._parts.store.records(DUE, None, Page(limit=_PAGE, after=cursor)):
            for each in page:
                if now >= self._retries.get(_place(each), (now, 0.0))[0]:
                    await self._settle(self._psp, each)
            cursor = cursor_of(*_place(page[-1]))

    async def _settle(self, psp: Psp, each: DueSettlement) -> None:
        parts, order, place = self._parts, each.order, _place(each)
        try:
            answer = await psp.settle(order)
        except PartnerFailed as failed:
            await self._later(each, failed.what)
            return
        self._retries.pop(place, None)
        now = parts.clock.now()
        record = SettlementRecord(
            psp_ref=order.psp_ref,
            status=answer.status,
            amount=answer.amount,
            at=now,
            transaction_id=order.transaction_id,
            status_info=answer.status_info,
            receipt_id=answer.receipt_id,
            receipt_url=answer.receipt_url,
        )
        await parts.journal.append(
            SETTLEMENTS.keep(order.station, now, record, key=order.transaction_id),
            DUE.remove(*place),
            AUTHORIZED.remove(order.station, order.psp_ref),
        )

    async def _later(self, each: DueSettlement, why: str) -> None:
        parts, place = self._parts, _place(each)
        rest = self._retries.get(place, (0.0, FIRST_RETRY / 2))[1]
        rest = min(2 * rest, LONGEST_RETRY)
        if place not in self._retries:
            what = f"the payment {each.order.psp_ref!r} of transaction {each.order.transaction_id} is not settled yet: {why}"
            finding = Finding(
                station=each.order.station,
                at=parts.clock.now(),
                rule="payment:not-settled",
                severity=Severity.NOTE,
                what=what,
            )
            await parts.journal.append(KeepFinding(finding=finding))
        self._retries[place] = parts.clock.monotonic() + rest, rest

    async def _forget(self) -> None:
        """Visits that came to nothing, and payments that did."""
        now, store = self._parts.clock.now(), self._parts.store
        cursor: str | None = None
        while visits := await store.records(VISITS, "", Page(limit=_PAGE, after=cursor)):
            cursor = cursor_of("", visits[-1].payment)
            for visit in visits:
                if visit.at < now - VISIT_LASTS:
                    await self._parts.journal.append(VISITS.remove("", visit.payment))
        cursor = None
        while payments := await store.records(AUTHORIZED, None, Page(limit=_PAGE, after=cursor)):
            cursor = cursor_of(payments[-1].station, payments[-1].psp_ref)
            for payment in payments:
                if payment.at < now - AUTHORIZATION_LASTS:
                    await self._parts.journal.append(AUTHORIZED.remove(payment.station, payment.psp_ref))


def _place(each: DueSettlement) -> tuple[str, str]:
    return each.order.station, each.order.transaction_id
