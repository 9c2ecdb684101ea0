"""When a transaction without an end is closed by rule. Pure: who asks knows the time and what has been heard."""

from __future__ import annotations

from datetime import datetime, timedelta

from pilotwire.domain.closing import Closing, ClosingReason
from pilotwire.domain.kinds import Value
from pilotwire.domain.transactions import Transaction, TransactionStatusOutcome


class ClosingPolicy(Value):
    """How long the operator waits. A time of zero switches its rule off.

    `orphan_after`: nothing heard of a transaction while its station is connected; `orphan_after_offline`: while it is not.
    `resume_within`: how long a station that has booted may take to go on with its transactions.
    `ask_after`: nothing heard of it before the station is asked.
    """

    orphan_after: timedelta
    orphan_after_offline: timedelta
    resume_within: timedelta
    ask_after: timedelta


class Circumstances(Value):
    """What is known besides the transaction itself.

    `heard_at` is when the last message about it arrived, `newer` the newest transaction at its EVSE and when that began, `booted_at`
    when the station last booted. `connected_since` is None for a station that is not connected or not accepted.
    """

    now: datetime
    heard_at: datetime
    connected_since: datetime | None = None
    booted_at: datetime | None = None
    newer: tuple[str, datetime] | None = None


def superseded(transaction: Transaction, known: Circumstances) -> Closing | None:
    """A newer one began at the same EVSE, after everything this one has told: an EVSE has one transaction at a time (E01, E02)."""
    last = transaction.last_event_at
    if known.newer is None or last is None or known.newer[1] <= last:
        return None
    name, began = known.newer
    return Closing(reason=ClosingReason.SUPERSEDED, at=known.now, as_of=began, newer=name)


def has_not_resumed(transaction: Transaction, known: Circumstances, policy: ClosingPolicy) -> bool:
    """Whether the station booted since this was last heard of, and has had its time to go on with it or to tell that it ended."""
    booted, connected = known.booted_at, known.connected_since
    if booted is None or connected is None or not policy.resume_within or not transaction.is_open:
        return False
    return known.heard_at < booted and known.now - max(booted, connected) >= policy.resume_within


def is_to_be_asked_about(transaction: Transaction, known: Circumstances, policy: ClosingPolicy) -> bool:
    """Whether its station is to be asked (E14): it did not go on after a boot, or nothing was heard of it for a while."""
    if known.connected_since is None or not transaction.is_open:
        return False
    silent = bool(policy.ask_after) and known.now - known.heard_at >= policy.ask_after
    return silent or has_not_resumed(transaction, known, policy)


def after_asking(outcome: TransactionStatusOutcome, known: Circumstances) -> Closing | None:
    """What follows from the answer: only a station that knows of nothing more ends it (E14.FR.01, E14.FR.03, E14.FR.05)."""
    if outcome.ongoing is not False or outcome.messages_in_queue:
        return None
    return Closing(reason=ClosingReason.NOT_ONGOING, at=known.now, as_of=known.now)


def without_asking(transaction: Transaction, known: Circumstances, policy: ClosingPolicy) -> Closing | None:
    """The rules for a station that was not asked, cannot be asked or gave no answer."""
    if has_not_resumed(transaction, known, policy) and known.booted_at is not None:
        return Closing(reason=ClosingReason.NOT_RESUMED, at=known.now, as_of=_last(transaction, known))
    return orphaned(transaction, known, policy)


def orphaned(transaction: Transaction, known: Circumstances, policy: ClosingPolicy) -> Closing | None:
    """Nothing was heard of it for too long, whatever the station says of it."""
    limit = policy.orphan_after_offline if known.connected_since is None else policy.orphan_after
    if not limit or known.now - known.heard_at < limit:
        return None
    return Closing(reason=ClosingReason.NOT_HEARD_OF, at=known.now, as_of=_last(transaction, known))


def _last(transaction: Transaction, known: Circumstances) -> datetime:
    return transaction.last_event_at or known.heard_at
