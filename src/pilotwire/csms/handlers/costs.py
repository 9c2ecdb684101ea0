"""What a transaction costs, in answer to its events (I02, I03): of its account if it has a tariff, else by the price of a kWh."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from pilotwire.csms.billing.ledger import Ledger
from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.handlers.limits import keep_limit
from pilotwire.csms.handlers.payment import cost_told
from pilotwire.csms.registers.billing import SessionAccount, account_of
from pilotwire.csms.store.ports import Booked
from pilotwire.domain.authorization import TransactionLimit
from pilotwire.domain.kinds import changed
from pilotwire.domain.transactions import EventKind, Transaction, TransactionEvent

_WITH_TARIFFS: Final = "2.1"
"""The version whose stations have tariffs of their own."""


async def cost_due(desk: Desk, ledger: Ledger, fact: TransactionEvent, booked: Booked) -> Decimal | None:
    """What is told of the cost: what it is so far (I02.FR.01), at the end what is billed (I03.FR.02, I03.FR.04); None: no word."""
    transaction = booked.transaction
    own = await _has_own_tariffs(desk, fact, transaction)
    account = await ledger.opened(transaction, fact, desk.policy.time_zone, own_tariffs=own)
    if account is None:
        return cost_told(desk.policy.energy_price, fact, transaction)
    if transaction.is_open:
        return await _so_far(desk, ledger, account, fact, booked)
    if not account.entries or account.events != transaction.events:
        account = await ledger.settle(transaction.station, transaction.transaction_id) or account
    ends = fact.kind is EventKind.ENDED and bool(account.entries)
    return account.computed.incl_tax if ends else None


async def _has_own_tariffs(desk: Desk, fact: TransactionEvent, transaction: Transaction) -> bool:
    if fact.kind is not EventKind.STARTED and fact.id_token is None:
        return False
    if fact.tariff_id is not None:
        return True
    station = await desk.store.station(transaction.station)
    return station is not None and station.version == _WITH_TARIFFS


async def _so_far(
    desk: Desk, ledger: Ledger, account: SessionAccount, fact: TransactionEvent, booked: Booked
) -> Decimal | None:
    running = await ledger.run(account, booked.transaction, None if booked.repeated else fact)
    rest = 0.0 if running.is_limited else desk.policy.cost_rest
    cost = running.work_out(desk.clock.monotonic(), rest=rest)
    await ledger.deduct(running)
    if cost is None or fact.kind is not EventKind.UPDATED or fact.cost is not None:
        return None
    running.told, running.told_at = cost, desk.clock.monotonic()
    return cost


async def limit_kept(
    desk: Desk, ledger: Ledger, transaction: Transaction, limit: TransactionLimit
) -> TransactionLimit | None:
    """Keep for the watch what the station does not keep of a limit, its most cost included; what the station is to be told of it.

    What was deducted for this transaction already is part of what it may cost in all.
    """
    place = (transaction.station, transaction.transaction_id)
    account = await account_of(desk.store, *place) if limit.max_cost is not None else None
    if account is not None and account.balance is not None and limit.max_cost is not None:
        limit = changed(limit, max_cost=limit.max_cost + account.deducted)
    told = await keep_limit(desk, transaction, limit)
    kept_there = told is not None and told.max_cost is not None
    if account is not None and account.balance is None and limit.max_cost is not None and not kept_there:
        await ledger.limit(*place, limit.max_cost)
    return told
