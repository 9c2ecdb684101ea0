"""The ledger: the account of each session that has a tariff, what it costs so far, its bill, and what corrects the bill.

A bill is stored together with the event it follows from, in one database transaction, so there is neither an end without a bill nor a
bill without an end, whenever the process dies. Entries are numbered without gaps: one after the other is made, each with the number
after the one stored last.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from weakref import WeakKeyDictionary

from pilotwire.clock import Clock
from pilotwire.csms.billing.choosing import named_tariff, rules_of, terms_for
from pilotwire.csms.billing.running import Running
from pilotwire.csms.registers.authorization import BALANCES
from pilotwire.csms.registers.billing import (
    ACCOUNTS,
    BILL_PLACES,
    BILLS,
    LAST_NUMBER,
    UNSETTLED,
    BillPlace,
    LastNumber,
    SessionAccount,
    Unsettled,
    account_key,
    account_of,
    bill_of,
    number_key,
)
from pilotwire.csms.store import booking
from pilotwire.csms.store.ports import Booked, BookEvent, Journal, Operation, Page, Store
from pilotwire.domain.authorization import Balance
from pilotwire.domain.billing import (
    Amounts,
    BillEntry,
    BillKind,
    SessionTerms,
    TariffRule,
    amounts_of,
    difference,
    metering_of,
    session_of,
    share_of,
    told_cost,
    with_tariff,
)
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.local_list import key_of
from pilotwire.domain.tariff.general import GeneralTariff, general_of
from pilotwire.domain.tariff.priced import priced
from pilotwire.domain.transactions import EventKind, Transaction, TransactionEvent, event_key
from pilotwire.errors import PilotwireError, StoreError

LATE_FACTS: Final = "more was told of the session after its bill was made"
_ZERO: Final = Decimal(0)


class NotCorrectable(PilotwireError):
    """A correction that cannot be made; nothing was stored."""


class Ledger:
    """One of a CSMS: `ledger_of` gives it. `running` are the open sessions with a tariff, `made` the entries made here lately."""

    def __init__(self, journal: Journal, store: Store, clock: Clock) -> None:
        self._journal = journal
        self._store = store
        self._clock = clock
        self._lock = asyncio.Lock()
        self._rules: list[TariffRule] | None = None
        self._has_accounts: bool | None = None
        self.running: dict[tuple[str, str], Running] = {}
        self.made: deque[BillEntry] = deque(maxlen=10_000)

    async def _account(self, station: str, transaction_id: str) -> SessionAccount | None:
        """The account of a session. Where nobody bills anything it costs no look into the database: accounts are made here alone."""
        if self._has_accounts is None:
            self._has_accounts = bool(await self._store.records(ACCOUNTS, "", Page(limit=1)))
        return await account_of(self._store, station, transaction_id) if self._has_accounts else None

    # --- what a session goes by --------------------------------------------------------------------------------------

    def forget_rules(self) -> None:
        """Read the rules again when the next session begins: they have been changed."""
        self._rules = None

    async def opened(
        self, transaction: Transaction, fact: TransactionEvent, time_zone: str, *, own_tariffs: bool
    ) -> SessionAccount | None:
        """The account of a session: made at its start, or chosen anew when its driver is told first; None: it has no tariff.

        `own_tariffs`: whether the station may have tariffs of its own (2.1). What was chosen stays, whatever becomes of rules and tariffs;
        a station that says that it goes on by another tariff has been told so on purpose (I11), and it counts from then on.
        """
        station, name = transaction.station, transaction.transaction_id
        account = await self._account(station, name)
        token = transaction.id_token
        who = "" if token is None else token.key
        first = account is None and fact.kind is EventKind.STARTED
        if first or (token is not None and who and self._is_new_driver(account, transaction, who)):
            return await self._choose(account, transaction, fact, time_zone, own_tariffs=own_tariffs)
        if account is not None and fact.tariff_id is not None:
            known = {each.tariff.tariff_id for each in account.terms.tariffs}
            if account.terms.tariffs[-1].tariff.tariff_id != fact.tariff_id and fact.tariff_id not in known:
                tariff = await named_tariff(self._store, station, fact.tariff_id)
                if tariff is not None:
                    return await self.change_tariff(account, general_of(tariff), fact.at)
        return account

    def _is_new_driver(self, account: SessionAccount | None, transaction: Transaction, who: str) -> bool:
        """Whether a driver is told first: what was chosen without one, or could not be, is chosen again; never after a bill."""
        if account is not None:
            return account.chosen_for == "" and not account.entries and who != ""
        source = transaction.sources
        return source.id_token is not None and source.start is not None and source.id_token > source.start

    async def _choose(
        self,
        account: SessionAccount | None,
        transaction: Transaction,
        fact: TransactionEvent,
        time_zone: str,
        *,
        own_tariffs: bool,
    ) -> SessionAccount | None:
        if self._rules is None:
            self._rules = await rules_of(self._store)
        if not self._rules and not own_tariffs:
            return account
        token = transaction.id_token
        terms = await terms_for(
            self._store,
            self._rules,
            transaction.station,
            transaction.address,
            token,
            transaction.started_at or fact.at,
            named=fact.tariff_id,
            time_zone=time_zone,
        )
        if terms is None:
            return account
        made = SessionAccount(
            station=transaction.station,
            transaction_id=transaction.transaction_id,
            terms=terms,
            chosen_for="" if token is None else token.key,
            balance=await self._balance_key(token, terms.currency),
            max_cost=None if account is None else account.max_cost,
        )
        key = account_key(made.station, made.transaction_id)
        waiting = Unsettled(station=made.station, transaction_id=made.transaction_id, since=self._clock.now())
        self._has_accounts = True
        async with self._lock:
            await self._journal.append(ACCOUNTS.put("", key, made), UNSETTLED.put("", key, waiting))
        self.running.pop((made.station, made.transaction_id), None)
        return made

    async def _balance_key(self, token: IdToken | None, currency: str) -> str | None:
        """Where the balance of a token is kept here, if it is prepaid in this currency."""
        record = None if token is None else await self._store.token(token)
        if record is None:
            return None
        key = key_of(record.id_token)
        balance = await self._store.record(BALANCES, "", key)
        return key if balance is not None and balance.currency == currency else None

    async def change_tariff(self, account: SessionAccount, tariff: GeneralTariff, at: datetime) -> SessionAccount:
        """Let a session go on by another tariff from a moment on, because somebody wanted it; the new account."""
        terms = with_tariff(account.terms, tariff, at)
        return await self._amended(account, lambda known: changed(known, terms=terms))

    async def limit(self, station: str, transaction_id: str, max_cost: Decimal) -> None:
        """See to it that a session ends when it has cost so much."""
        account = await account_of(self._store, station, transaction_id)
        if account is not None and account.max_cost != max_cost:
            await self._amended(account, lambda known: changed(known, max_cost=max_cost))

    async def ended_for(self, station: str, transaction_id: str, why: str) -> None:
        """Keep why a session was ended from here."""
        account = await account_of(self._store, station, transaction_id)
        if account is not None and not account.ended_for:
            await self._amended(account, lambda known: changed(known, ended_for=why))

    async def _amended(self, account: SessionAccount, change: Any) -> SessionAccount:
        key = account_key(account.station, account.transaction_id)
        operation = ACCOUNTS.amend("", key, lambda known: None if known is None else change(known))
        async with self._lock:  # who works a bill out has read the account before, and writes the whole of it
            (amended,) = await self._journal.append(operation)
        after: SessionAccount = amended.after or account
        running = self.running.get((account.station, account.transaction_id))
        if running is not None:
            running.account = after
        return after

    # --- as it goes on -----------------------------------------------------------------------------------------------

    async def run(self, account: SessionAccount, transaction: Transaction, fact: TransactionEvent | None) -> Running:
        """The open session, with this event: read from the store once, from then on as it goes."""
        place = (account.station, account.transaction_id)
        running = self.running.get(place)
        if running is None:
            running = Running(account, transaction)
            for each in await self._store.events(*place):
                running.take(each.event, transaction)
            self.running[place] = running
        elif fact is not None:
            running.take(fact, transaction)
        running.account = account
        return running

    async def deduct(self, running: Running) -> None:
        """Take what a session has cost since the last time from the balance it is paid from; what it cost stays deducted."""
        if running.account.balance is None or running.cost is None:
            return
        async with self._lock:
            account = await account_of(self._store, *running.place)
            if account is None or account.entries or running.cost <= account.deducted:
                return
            operations = self._deducted(account, running.cost)
            results = await self._journal.append(*operations)
            after = results[-1].after
            running.account = results[0].after or account
            running.left = None if after is None else after.amount

    def _deducted(self, account: SessionAccount, cost: Decimal) -> list[Operation]:
        """The operations that leave a session with so much deducted from its balance."""
        key = account_key(account.station, account.transaction_id)
        more = cost - account.deducted
        return [ACCOUNTS.put("", key, changed(account, deducted=cost)), _taken(account.balance or "", more)]

    # --- bills -------------------------------------------------------------------------------------------------------

    async def book(self, operation: BookEvent) -> Booked:
        """Book an event; one that ends a session with a tariff, or comes after its bill, together with what follows from it."""
        event = booking.named(operation.event)
        name = event.transaction_id
        account = None if name is None else await self._account(operation.station, name)
        if name is None or account is None or not (event.kind is EventKind.ENDED or account.entries):
            return await self._plainly(operation)
        place = (operation.station, name)
        async with self._lock:
            known = await self._store.transaction(*place)
            told = await self._store.events(*place)
            account = await account_of(self._store, *place)
            if account is None or any(each.key == event_key(event) for each in told):
                return await self._plainly(operation)
            events = [*(each.event for each in told), event]
            entries = await self._entries(account, booking.folded(operation, known, event), events)
            results = await self._journal.append(operation, *entries.operations)
            self._told(entries)
        booked: Booked = results[0]
        return booked

    async def _plainly(self, operation: BookEvent) -> Booked:
        booked: Booked = (await self._journal.append(operation))[0]
        return booked

    async def settle(self, station: str, transaction_id: str) -> SessionAccount | None:
        """Bring the bill of a session up to what is known of it: make it, correct it, or leave it. The account as it is then."""
        async with self._lock:
            account = await account_of(self._store, station, transaction_id)
            transaction = await self._store.transaction(station, transaction_id)
            if account is None or transaction is None or transaction.is_open or account.events == transaction.events:
                return account
            told = await self._store.events(station, transaction_id)
            entries = await self._entries(account, transaction, [each.event for each in told])
            if entries.operations:
                await self._journal.append(*entries.operations)
                self._told(entries)
            return entries.account

    def _told(self, entries: _Entries) -> None:
        if entries.entry is not None:
            self.made.append(entries.entry)
            self.running.pop((entries.entry.station, entries.entry.transaction_id), None)

    async def _entries(
        self, account: SessionAccount, transaction: Transaction, events: Sequence[TransactionEvent]
    ) -> _Entries:
        """What is to be stored of a session as it is known with these events; nothing while it is open."""
        if transaction.is_open:
            return _Entries(account)
        found = priced(session_of(transaction, events, account.terms))
        if found is None:
            return _Entries(account)
        now, amounts = self._clock.now(), amounts_of(found)
        is_first = not account.entries
        change = difference(amounts, account.computed)
        after = changed(account, computed=amounts, events=len(events))
        key = account_key(account.station, account.transaction_id)
        if not is_first and change == Amounts():
            return _Entries(after, None, [ACCOUNTS.put("", key, after)])
        waiting = Unsettled(station=account.station, transaction_id=account.transaction_id, since=now, billed_at=now)
        entry = BillEntry(
            number=0,
            kind=BillKind.BILL if is_first else BillKind.CORRECTION,
            station=account.station,
            transaction_id=account.transaction_id,
            made_at=now,
            currency=account.terms.currency,
            amounts=change,
            total=account.total + change.incl_tax,
            terms=account.terms,
            corrects=None if is_first else account.entries[0],
            reason="" if is_first else LATE_FACTS,
            priced=found,
            id_token=transaction.id_token,
            address=transaction.address,
            metering=metering_of(events),
            told_by_station=told_cost(events),
            ended_for=account.ended_for,
        )
        made = await self._numbered(entry, after)
        return _Entries(made.account, made.entry, [*made.operations, UNSETTLED.put("", key, waiting)])

    async def _numbered(self, entry: BillEntry, account: SessionAccount) -> _Entries:
        """An entry with the next number, and all that is to be stored with it."""
        last = await self._store.record(LAST_NUMBER, "", "")
        number = 1 + (0 if last is None else last.number)
        operations: list[Operation] = [LAST_NUMBER.amend("", "", lambda known: _next(known, number))]
        if account.balance is not None:
            paid = entry.total
            operations.append(_taken(account.balance, paid - account.deducted))
            account = changed(account, deducted=paid)
            entry = changed(entry, paid_from_balance=paid)
        entry = changed(entry, number=number)
        account = changed(account, total=entry.total, entries=(*account.entries, number))
        key = number_key(number)
        operations += [
            BILL_PLACES.put("", key, BillPlace(station=entry.station)),
            BILLS.keep(entry.station, entry.made_at, entry, key=key),
            ACCOUNTS.put("", account_key(entry.station, entry.transaction_id), account),
        ]
        return _Entries(account, entry, operations)

    async def correct(self, number: int, incl_tax: Decimal, reason: str, by: str, *, refund: bool = False) -> BillEntry:
        """Add a correction of so much with tax to a bill (negative: less), or a refund. Raises NotCorrectable, StoreError.

        All entries together never come to less than nothing.
        """
        async with self._lock:
            found = await bill_of(self._store, number)
            if found is None or found.entry.kind is not BillKind.BILL:
                remedy = "Name a bill, not what corrects it." if found is not None else "List the bills first."
                raise NotCorrectable(f"there is no bill {number}.", remedy)
            bill = found.entry
            account = await account_of(self._store, bill.station, bill.transaction_id)
            if account is None:
                raise StoreError(
                    f"The account of bill {number} is missing in the database.", "Restore it from a backup."
                )
            rounding = bill.terms.tariffs[-1].tariff.rounding
            unit = rounding.unit_for(bill.currency)
            if not incl_tax or incl_tax % unit:
                raise NotCorrectable(
                    f"{incl_tax} is no amount to correct a bill by.", f"Give a multiple of {unit} {bill.currency}."
                )
            total = account.total + incl_tax
            if total < 0:
                what = f"bill {number} comes to {account.total} {bill.currency} with its corrections."
                raise NotCorrectable(what, "Give back no more than that.")
            entry = BillEntry(
                number=0,
                kind=BillKind.REFUND if refund else BillKind.CORRECTION,
                station=bill.station,
                transaction_id=bill.transaction_id,
                made_at=self._clock.now(),
                currency=bill.currency,
                amounts=share_of(bill.amounts, incl_tax, rounding, bill.currency),
                total=total,
                terms=account.terms,
                corrects=number,
                reason=reason,
                by=by,
                id_token=bill.id_token,
                address=bill.address,
                metering=bill.metering,
            )
            made = await self._numbered(entry, account)
            await self._journal.append(*made.operations)
            assert made.entry is not None
            self.made.append(made.entry)
            return made.entry


class _Entries:
    """What is to be stored of a session: the account afterwards, the entry if there is one, and the operations."""

    __slots__ = ("account", "entry", "operations")

    def __init__(
        self, account: SessionAccount, entry: BillEntry | None = None, operations: Sequence[Operation] = ()
    ) -> None:
        self.account = account
        self.entry = entry
        self.operations = tuple(operations)


def _taken(key: str, amount: Decimal) -> Operation:
    """The operation that takes so much from a balance, if it is still kept."""

    def take(known: Balance | None) -> Balance | None:
        return None if known is None else changed(known, amount=known.amount - amount)

    return BALANCES.amend("", key, take)


def _next(known: LastNumber | None, number: int) -> LastNumber:
    if (0 if known is None else known.number) != number - 1:
        raise StoreError(f"The number {number} of a bill was given meanwhile.", "Try again.")
    return LastNumber(number=number)


_LEDGERS: WeakKeyDictionary[Any, Ledger] = WeakKeyDictionary()


def ledger_of(journal: Journal, store: Store, clock: Clock) -> Ledger:
    """The ledger of the CSMS that writes into this journal: always the same, as only one may give numbers."""
    found = _LEDGERS.get(journal)
    if found is None:
        found = _LEDGERS[journal] = Ledger(journal, store, clock)
    return found


__all__ = ["LATE_FACTS", "Ledger", "NotCorrectable", "SessionTerms", "ledger_of"]
