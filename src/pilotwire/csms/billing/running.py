"""An open session in memory: what was told of it, and what it has cost so far."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from pilotwire.csms.registers.billing import SessionAccount
from pilotwire.domain.billing import session_of
from pilotwire.domain.kinds import changed
from pilotwire.domain.tariff.priced import priced
from pilotwire.domain.tariff.sessions import Session, SessionReading
from pilotwire.domain.transactions import EventKind, Transaction, TransactionEvent


class Running:
    """See the module. Each event is read once. `cost` is with tax, None while nothing is known.

    `told`: the cost the station was told last, and `told_at` when (in monotonic seconds). `left`: what the balance came to after the last
    deduction. `asked_at`: when the station was asked to end it. `own`: the station works out the cost itself and shows it.
    """

    def __init__(self, account: SessionAccount, transaction: Transaction) -> None:
        self.account = account
        self.place = (account.station, account.transaction_id)
        self.cost: Decimal | None = None
        self.told: Decimal | None = None
        self.told_at = float("-inf")
        self.worked_out_at = float("-inf")
        self.left: Decimal | None = None
        self.asked_at = float("-inf")
        self.own = False
        self._transaction = transaction
        self._readings: list[SessionReading] = []
        self._news = True
        self._seen: set[Any] = set()

    @property
    def is_limited(self) -> bool:
        """Whether it ends when something is spent."""
        return self.account.balance is not None or self.account.max_cost is not None

    @property
    def spent(self) -> str:
        """What is spent, as a sentence; empty: nothing is."""
        if self.left is not None and self.left <= 0:
            return "the balance is spent"
        limit = self.account.max_cost
        if limit is not None and self.cost is not None and self.cost >= limit:
            return f"its limit of {limit} {self.account.terms.currency} is reached"
        return ""

    def take(self, event: TransactionEvent, transaction: Transaction) -> None:
        """Take an event in, once."""
        self._transaction = transaction
        mark = (event.seq_no, event.kind, event.at)
        if mark in self._seen and (event.seq_no is not None or event.kind is not EventKind.UPDATED):
            return
        self._seen.add(mark)
        self._readings += session_of(transaction, [event], self.account.terms).readings
        self._news = True
        self.own = self.own or event.cost is not None

    def work_out(self, now: float, *, until: datetime | None = None, rest: float = 0.0) -> Decimal | None:
        """The cost so far, up to the last that was told or `until`; worked out again only if there is news and after `rest` seconds."""
        if (self._news or until is not None) and now - self.worked_out_at >= rest:
            whole = changed(session_of(self._transaction, (), self.account.terms), readings=tuple(self._readings))
            found = _cost_of(whole, until)
            if found is not None:
                self.cost = found
            self.worked_out_at, self._news = now, False
        return self.cost


def _cost_of(session: Session, until: datetime | None) -> Decimal | None:
    """What a session that goes on costs so far, with tax; a time before the last that was told is none."""
    last = max((each.at for each in session.readings), default=None)
    if until is not None and last is not None and until < last:
        until = None
    found = priced(changed(session, end=None), until)
    return None if found is None else found.incl_tax
