"""Whether a transaction goes on, and whether messages about it still wait (E14)."""

from __future__ import annotations

from pilotwire.domain.transactions import GetTransactionStatus, TransactionStatusOutcome
from pilotwire.station.core.station import Station


def status(station: Station, command: GetTransactionStatus) -> TransactionStatusOutcome:
    """Of the transaction named, else of all together; one this station never did is over, and nothing waits (E14.FR.01)."""
    named = command.transaction_id
    if named is None:
        return TransactionStatusOutcome(messages_in_queue=station.outbox.has_facts_of_any)
    return TransactionStatusOutcome(
        messages_in_queue=station.outbox.has_facts_of(named), ongoing=station.is_ongoing(named)
    )
