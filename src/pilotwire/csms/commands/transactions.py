"""Asking about transactions (functional block E)."""

from __future__ import annotations

from pilotwire.csms.commands.commander import Commander
from pilotwire.domain.transactions import GetTransactionStatus, TransactionStatusOutcome


async def get_status(commander: Commander, station: str, transaction_id: str | None = None) -> TransactionStatusOutcome:
    """Ask whether a transaction goes on and whether messages about it wait; without an id about messages of any (E14)."""
    return await commander.ask(station, GetTransactionStatus(transaction_id=transaction_id), TransactionStatusOutcome)
