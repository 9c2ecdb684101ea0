"""Transactions (functional block E): booked first, then judged, then answered."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.handlers.metering import note_unreadable
from pilotwire.csms.store.ports import Booked, BookEvent, Page, TransactionFilter
from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict, Token, judge_token
from pilotwire.domain.findings import Severity
from pilotwire.domain.identity import IdToken, same_token
from pilotwire.domain.transactions import (
    EventKind,
    Transaction,
    TransactionEvent,
    TransactionVerdict,
    TriggerReason,
)


async def event(desk: Desk, station: str, fact: TransactionEvent, message_id: str) -> TransactionVerdict:
    """Book the event durably, judge the token it carries (E01.FR.11, E05.FR.01), and name the transaction if the station could not.

    An event that comes again is not booked again and gets the same verdict.
    """
    operation = BookEvent(station=station, event=fact, received_at=desk.clock.now())
    booked: Booked = (await desk.journal.append(operation))[0]
    if booked.conflict or not booked.repeated:
        _note_departures(desk, station, fact, booked, message_id)
    verdict = None if fact.id_token is None else await _judge(desk, fact.id_token, fact, booked)
    if fact.transaction_id is None and fact.kind is EventKind.STARTED:
        return TransactionVerdict(transaction_id=booked.transaction.transaction_id, authorization=verdict)
    return TransactionVerdict(authorization=verdict)


def _note_departures(desk: Desk, station: str, fact: TransactionEvent, booked: Booked, message_id: str) -> None:
    name = booked.transaction.transaction_id
    if booked.conflict:
        what = (
            f"transaction {name}: sequence number {fact.seq_no} was used before for another event; this one "
            f"({fact.kind} at {fact.at.isoformat()}) is only in the message log"
        )
        desk.note(station, "E01.FR.07", Severity.BREACH, what, message_id)
    if fact.seq_no is None and fact.kind is EventKind.ENDED and booked.transaction.started_at is None:
        what = f"transaction {name} ends, but no start with this id has been booked for this station"
        desk.note(station, "transactions:unknown-start", Severity.BREACH, what, message_id)
    note_unreadable(desk, station, fact.readings, message_id)


async def _judge(desk: Desk, asked: IdToken, fact: TransactionEvent, booked: Booked) -> AuthorizationVerdict:
    token = await desk.store.token(asked)
    elsewhere = 0
    if token is not None and _begins(fact) and _is_limited(token):
        elsewhere = await _open_elsewhere(desk, asked, booked)
    return judge_token(
        asked,
        token,
        desk.clock.now(),
        open_elsewhere=elsewhere,
        unknown_accepted=desk.policy.accept_unknown_tokens,
    )


def _begins(fact: TransactionEvent) -> bool:
    """Whether the token is there to begin charging: one that ends it is not held up by what else it has running."""
    return fact.kind is not EventKind.ENDED and fact.trigger is not TriggerReason.STOP_AUTHORIZED


def _is_limited(token: Token) -> bool:
    return token.max_transactions is not None and token.status is AuthorizationStatus.ACCEPTED


async def _open_elsewhere(desk: Desk, asked: IdToken, booked: Booked) -> int:
    """Transactions open with the token besides this one.

    For an event that comes again, only those begun before it count: one begun since, with this one open, must not turn the verdict
    the station has not received into another.
    """
    this = booked.transaction
    if not booked.repeated:
        return await desk.store.open_with(asked, besides=(this.station, this.transaction_id))
    others = await desk.store.transactions(TransactionFilter(id_token=asked.value, is_open=True), Page())
    return sum(same_token(other.id_token, asked) and _began_before(other, this) for other in others)


def _began_before(other: Transaction, this: Transaction) -> bool:
    if other.started_at is None or this.started_at is None:
        return False
    return other.started_at < this.started_at
