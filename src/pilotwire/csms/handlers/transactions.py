"""Transactions (functional block E): booked first, then judged, then answered."""

from __future__ import annotations

from pilotwire.csms.billing.ledger import ledger_of
from pilotwire.csms.handlers import ad_hoc_payments
from pilotwire.csms.handlers.costs import cost_due, limit_kept
from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.handlers.judgement import Question, judge
from pilotwire.csms.handlers.metering import note_unreadable
from pilotwire.csms.handlers.reservation import note_use
from pilotwire.csms.handlers.signed_metering import note_signed
from pilotwire.csms.handlers.texts import told_anew
from pilotwire.csms.partners.ports import AuthorizationAnswer, AuthorizationQuestion
from pilotwire.csms.registers.authorization import began_before, open_in_group
from pilotwire.csms.registers.transactions import GAPS, SequenceGap
from pilotwire.csms.store.ports import Booked, BookEvent, Page, TransactionFilter
from pilotwire.domain.authorization import Purpose
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

    One that ends a session with a tariff is booked with the bill. An event that comes again is not booked again and gets the same verdict.
    """
    operation = BookEvent(station=station, event=fact, received_at=desk.clock.now())
    ledger = ledger_of(desk.journal, desk.store, desk.clock)
    booked = await ledger.book(operation)
    if booked.conflict or not booked.repeated:
        _note_departures(desk, station, fact, booked, message_id)
        _note_gap(desk, fact, booked.transaction)
        await note_signed(desk, fact, booked.transaction)
    if fact.reservation_id is not None:
        await note_use(desk, station, fact.reservation_id, booked.transaction)
    named = fact.transaction_id is None and fact.kind is EventKind.STARTED
    name = booked.transaction.transaction_id if named else None
    due = await cost_due(desk, ledger, fact, booked)
    await ad_hoc_payments.ended(desk, station, fact, booked.transaction, due, message_id)
    if fact.id_token is None:
        text = await told_anew(desk, fact, booked.transaction)
        return TransactionVerdict(transaction_id=name, total_cost=due, message=text)
    answer = await _judge(desk, fact.id_token, fact, booked, message_id)
    limit = await ad_hoc_payments.with_payment(desk, station, fact, answer.limit)
    told = None if limit is None else await limit_kept(desk, ledger, booked.transaction, limit)
    return TransactionVerdict(transaction_id=name, authorization=answer.verdict, limit=told, total_cost=due)


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
    if booked.undone is not None:
        what = (
            f"transaction {name} was closed here by rule ({booked.undone.reason}) at {booked.undone.at.isoformat()}; "
            f"an event of {fact.at.isoformat()} ({fact.kind}) came after all"
        )
        desk.note(station, "transactions:closing-undone", Severity.NOTE, what, message_id)
    note_unreadable(desk, station, fact.readings, message_id)


def _note_gap(desk: Desk, fact: TransactionEvent, transaction: Transaction) -> None:
    """Keep since when sequence numbers are missing; `services.sequence_gaps` makes a finding of it if they stay away."""
    number, ranges = fact.seq_no, transaction.seq_nos
    if number is None:
        return
    station, name = transaction.station, transaction.transaction_id
    if number and any(low == number for low, _ in ranges):  # the one before it has not come
        gap = SequenceGap(station=station, transaction_id=name, since=desk.clock.now())
        desk.journal.note(GAPS.amend(station, name, lambda before: before or gap))
    elif number != transaction.last_seq_no and len(ranges) == 1 and ranges[0][0] == 0:
        desk.journal.note(GAPS.remove(station, name))


async def _judge(
    desk: Desk, asked: IdToken, fact: TransactionEvent, booked: Booked, message_id: str
) -> AuthorizationAnswer:
    question = AuthorizationQuestion(
        station=booked.transaction.station,
        id_token=asked,
        purpose=_purpose(fact),
        address=fact.address or booked.transaction.address,
    )
    return await judge(
        desk,
        Question(
            question,
            message_id,
            "TransactionEvent",
            open_elsewhere=lambda token: _open_elsewhere(desk, token, booked),
            open_in_group=lambda group: open_in_group(desk.store, group, booked.transaction, before=booked.repeated),
        ),
    )


def _purpose(fact: TransactionEvent) -> Purpose:
    if not _begins(fact):
        return Purpose.STOP
    remote = fact.remote_start_id is not None or fact.trigger is TriggerReason.REMOTE_START
    return Purpose.REMOTE if remote else Purpose.START


def _begins(fact: TransactionEvent) -> bool:
    """Whether the token is there to begin charging: one that ends it is not held up by what else it has running."""
    return fact.kind is not EventKind.ENDED and fact.trigger is not TriggerReason.STOP_AUTHORIZED


async def _open_elsewhere(desk: Desk, asked: IdToken, booked: Booked) -> int:
    """Transactions open with the token besides this one.

    For an event that comes again, only those begun before it count: one begun since, with this one open, must not turn the verdict
    the station has not received into another.
    """
    this = booked.transaction
    if not booked.repeated:
        return await desk.store.open_with(asked, besides=(this.station, this.transaction_id))
    others = await desk.store.transactions(TransactionFilter(id_token=asked.value, is_open=True), Page())
    return sum(same_token(other.id_token, asked) and began_before(other, this) for other in others)
