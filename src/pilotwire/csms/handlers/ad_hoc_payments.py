"""Transactions that are paid ad hoc: what they may use up (C24.FR.02, C25.FR.24), and that they are to be settled here (C21.FR.05)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.device_model import known_value
from pilotwire.csms.registers.payment import AUTHORIZED, DUE, DueSettlement
from pilotwire.csms.registers.tariff import SETTLEMENTS
from pilotwire.domain.ad_hoc_payments import SettlementOrder, strictest
from pilotwire.domain.authorization import TransactionLimit
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.findings import Severity
from pilotwire.domain.identity import DIRECT_PAYMENT, IdToken
from pilotwire.domain.transactions import EventKind, Transaction, TransactionEvent, TriggerReason

_BY_CSMS: Final = VariableName(component="PaymentCtrlr", variable="SettlementByCSMS")


def _is_payment(token: IdToken | None) -> bool:
    return token is not None and token.type == DIRECT_PAYMENT


async def with_payment(
    desk: Desk, station: str, fact: TransactionEvent, limit: TransactionLimit | None
) -> TransactionLimit | None:
    """The limit of a transaction, with that of the payment by which it is authorized: at its start, or later if it had begun without."""
    ends = fact.kind is EventKind.ENDED or fact.trigger is TriggerReason.STOP_AUTHORIZED
    if ends or fact.id_token is None or not _is_payment(fact.id_token):
        return limit
    known = await desk.store.record(AUTHORIZED, station, fact.id_token.value)
    if known is None:
        return limit
    return known.limit if limit is None else strictest(limit, known.limit)


async def ended(
    desk: Desk, station: str, fact: TransactionEvent, transaction: Transaction, told: Decimal | None, message_id: str
) -> None:
    """Let a transaction be settled that has ended, if that is done here: it began here, or the station leaves it to the CSMS.

    `told` is what the station is told that it costs; the station's own costs go before it. One that is settled is not settled again.
    """
    token = transaction.id_token
    if fact.kind is not EventKind.ENDED or token is None or not _is_payment(token) or desk.partners.psp is None:
        return
    began_here = await desk.store.record(AUTHORIZED, station, token.value) is not None
    if not began_here and (await known_value(desk.store, station, _BY_CSMS) or "").lower() != "true":
        return
    name = transaction.transaction_id
    if await desk.store.entries(SETTLEMENTS, station, key=name):
        return
    amount = _own_cost(fact)
    amount = told if amount is None else amount
    if amount is None:
        what = (
            f"transaction {name} was paid ad hoc ({token.value!r}), but nobody knows what it costs: it is not settled"
        )
        desk.note(station, "payment:cost-unknown", Severity.NOTE, what, message_id, "TransactionEvent")
        return
    order = SettlementOrder(psp_ref=token.value, station=station, transaction_id=name, amount=max(amount, Decimal(0)))
    due = DueSettlement(order=order, since=desk.clock.now())
    await desk.journal.append(DUE.amend(station, name, lambda known: known or due))


def _own_cost(fact: TransactionEvent) -> Decimal | None:
    """What the station itself has worked out, taxes included."""
    total = None if fact.cost is None else fact.cost.total_cost.total
    if total is None:
        return None
    return total.excl_tax if total.incl_tax is None else total.incl_tax
