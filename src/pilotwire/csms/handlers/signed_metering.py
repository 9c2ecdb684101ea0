"""Signed meter values in transactions: they are verified once the transaction has ended (`services.signed_metering`)."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.signed_metering import SIGNED_DUE, SIGNED_OPEN, marks_of
from pilotwire.domain.transactions import EventKind, Transaction, TransactionEvent


async def note_signed(desk: Desk, fact: TransactionEvent, transaction: Transaction) -> None:
    """Keep that a transaction has signed values, and that they are to be verified when it ends."""
    marks = marks_of(fact, transaction, desk.clock.now())
    if not marks and fact.kind is EventKind.ENDED:
        mark = await desk.store.record(SIGNED_OPEN, transaction.station, transaction.transaction_id)
        marks = [] if mark is None else [SIGNED_DUE.put(mark.station, mark.transaction_id, mark)]
    for mark_of in marks:
        desk.journal.note(mark_of)
