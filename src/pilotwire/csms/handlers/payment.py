"""Settlements of payments, and VAT numbers (C18, C20 to C22)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.csms.registers.tariff import SETTLEMENTS, VAT_VALIDATIONS, SettlementRecord, VatRecord
from pilotwire.csms.store.ports import RecordConnection
from pilotwire.domain.findings import Severity
from pilotwire.domain.identity import DIRECT_PAYMENT
from pilotwire.domain.tariff import (
    PaymentSettled,
    SettlementVerdict,
    VatNumberAsked,
    VatStatus,
    VatVerdict,
    looks_like_vat_number,
    receipt_for,
)
from pilotwire.domain.transactions import EventKind, Transaction, TransactionEvent

_PARTNER, _FORM = "partner", "form"
_CENT: Final = Decimal("0.01")
_WH_PER_KWH: Final = 1000


async def settled(desk: Desk, station: str, fact: PaymentSettled, message_id: str) -> SettlementVerdict:
    """Keep a settlement, once, and say where its receipt is if receipts are made here (C21.FR.03)."""
    verdict = receipt_for(station, fact, desk.policy.receipt_url)
    record = SettlementRecord(
        psp_ref=fact.psp_ref,
        status=fact.status,
        amount=fact.amount,
        at=fact.at,
        transaction_id=fact.transaction_id,
        status_info=fact.status_info,
        receipt_id=fact.receipt_id or verdict.receipt_id,
        receipt_url=fact.receipt_url or verdict.receipt_url,
        vat_company=fact.vat_company,
        vat_number=fact.vat_number,
    )
    key, now = fact.transaction_id or "", desk.clock.now()
    known = [each.entry for each in await desk.store.entries(SETTLEMENTS, station, key=key)]
    kept = () if record in known else (SETTLEMENTS.keep(station, now, record, key=key),)
    await desk.journal.append(RecordConnection(station=station, connected=True, at=now), *kept)
    return verdict


def nothing_due(fact: TransactionEvent, transaction: Transaction) -> Decimal | None:
    """Zero for the end of an ad hoc payment that used no energy, so that the station releases what is kept (C20.FR.03); None: no word."""
    token = transaction.id_token
    if fact.kind is not EventKind.ENDED or token is None or token.type != DIRECT_PAYMENT or transaction.energy:
        return None
    own = fact.cost.total_cost.total if fact.cost is not None else None
    costs = own is not None and bool(own.incl_tax or own.excl_tax)
    return Decimal(0) if transaction.energy is not None and not costs else None


def cost_told(price: Decimal | None, fact: TransactionEvent, transaction: Transaction) -> Decimal | None:
    """What a charge costs so far, or cost in all, in answer to an event (I02.FR.01, I03.FR.02); None: no word.

    `price` is that of a kWh. Nothing is said at the start, where nothing has been used yet, without registers, or where the station works
    out the cost itself.
    """
    due, used = nothing_due(fact, transaction), transaction.energy
    if due is not None or price is None or used is None or fact.kind is EventKind.STARTED or fact.cost is not None:
        return due
    return (max(used, Decimal(0)) * price / _WH_PER_KWH).quantize(_CENT, ROUND_HALF_UP)


async def vat_number(desk: Desk, station: str, fact: VatNumberAsked, message_id: str) -> VatVerdict:
    """Say whether a VAT number is valid (C18.FR.09), for the EVSE that was named (C18.FR.10).

    The partner decides. Without one, or if it does not answer in time, the form of the number does; the record says which.
    """
    verdict, checked_by = await _judged(desk, station, fact, message_id)
    record = VatRecord(
        vat_number=fact.vat_number,
        status=verdict.status,
        checked_by=checked_by,
        evse_id=fact.evse_id,
        company=verdict.company,
    )
    now = desk.clock.now()
    await desk.journal.append(
        RecordConnection(station=station, connected=True, at=now), VAT_VALIDATIONS.keep(station, now, record)
    )
    return verdict


async def _judged(desk: Desk, station: str, fact: VatNumberAsked, message_id: str) -> tuple[VatVerdict, str]:
    checker = desk.partners.vat
    if checker is not None:
        try:
            found = await checker.check(fact.vat_number)
        except PartnerFailed as failed:
            what = f"{failed.what} The form of the VAT number decided."
            desk.note(station, "csms:vat", Severity.NOTE, what, message_id, "VatNumberValidation")
        else:
            status = VatStatus.ACCEPTED if found.valid else VatStatus.REJECTED
            company = found.company if found.valid else None
            verdict = VatVerdict(vat_number=fact.vat_number, status=status, company=company, evse_id=fact.evse_id)
            return verdict, _PARTNER
    good = looks_like_vat_number(fact.vat_number)
    status = VatStatus.ACCEPTED if good else VatStatus.REJECTED
    return VatVerdict(vat_number=fact.vat_number, status=status, evse_id=fact.evse_id), _FORM
