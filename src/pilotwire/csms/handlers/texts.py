"""Texts for a driver who charges already: what the record of a token says anew while a transaction goes on with it (I06)."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.handlers.judgement import shows_texts
from pilotwire.csms.registers.authorization import NEW_TEXTS
from pilotwire.domain.kinds import changed
from pilotwire.domain.transactions import EventKind, Transaction, TransactionEvent


async def told_anew(desk: Desk, fact: TransactionEvent, transaction: Transaction) -> str | None:
    """The text that is new since the driver was told one, in answer to an event in the course of the transaction (I06.FR.02).

    It is told once; an event that comes again is answered as before.
    """
    if fact.kind is EventKind.STARTED or transaction.id_token is None:
        return None
    place = (transaction.station, transaction.transaction_id)
    new = await desk.store.record(NEW_TEXTS, *place)
    if new is None:
        return None
    if fact.kind is EventKind.ENDED or new.told_with not in (None, fact.seq_no):
        await desk.journal.append(NEW_TEXTS.remove(*place))
        return None
    if new.told_with is None:
        await desk.journal.append(NEW_TEXTS.put(*place, changed(new, told_with=fact.seq_no)))
    return new.text if await shows_texts(desk, transaction.station) else None
