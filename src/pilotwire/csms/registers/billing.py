"""What is kept of billing: rules that give sessions their tariffs, the account of each session, and the bills."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from pilotwire.csms.store.ports import Store
from pilotwire.csms.store.registers import Diary, Entry, Register, cursor_of
from pilotwire.domain.billing import Amounts, BillEntry, SessionTerms, TariffRule
from pilotwire.domain.kinds import Value


class SessionAccount(Value):
    """How a session stands: what it is billed by, and what has been billed and deducted.

    `chosen_for`: the token the terms were chosen for, as its key ("": none was told yet). `balance`: where the balance is kept that it is
    deducted from (None: it is not prepaid here), `deducted` how much was so far. `max_cost`: what it may cost if its station does not see
    to that itself. `computed` is what the facts come to by the bill and the corrections made by the CSMS, `total` with tax of all
    entries. `events`: how many events these go by. `entries` are the numbers of the bill and what corrects it.
    """

    station: str
    transaction_id: str
    terms: SessionTerms
    chosen_for: str = ""
    balance: str | None = None
    deducted: Decimal = Decimal(0)
    max_cost: Decimal | None = None
    ended_for: str = ""
    computed: Amounts = Amounts()
    total: Decimal = Decimal(0)
    events: int = 0
    entries: tuple[int, ...] = ()


class Unsettled(Value):
    """A session that is to be billed, or was lately (`billed_at`), so that what is told late is looked for."""

    station: str
    transaction_id: str
    since: datetime
    billed_at: datetime | None = None


class LastNumber(Value):
    """The number given last."""

    number: int = 0


class BillPlace(Value):
    """Of which station an entry is."""

    station: str


TARIFF_RULES: Final = Register("tariff-rules", TariffRule)
"""By no station and the name of the rule."""
ACCOUNTS: Final = Register("session-accounts", SessionAccount)
"""By no station and `account_key`: taking a station off record leaves what was billed."""
UNSETTLED: Final = Register("unsettled-sessions", Unsettled)
"""By no station and `account_key`."""
LAST_NUMBER: Final = Register("last-bill-number", LastNumber)
"""One record, by no station and no key."""
BILL_PLACES: Final = Register("bill-places", BillPlace)
"""By no station and `number_key`."""
BILLS: Final = Diary("bills", BillEntry)
"""By station; the key is `number_key`."""


def account_key(station: str, transaction_id: str) -> str:
    """Where the account of a session is kept."""
    return cursor_of(station, transaction_id)


def number_key(number: int) -> str:
    """The number of a bill as a key."""
    return f"{number:012d}"


async def account_of(store: Store, station: str, transaction_id: str) -> SessionAccount | None:
    """The account of a session; None: it has no tariff."""
    return await store.record(ACCOUNTS, "", account_key(station, transaction_id))


async def bill_of(store: Store, number: int) -> Entry[BillEntry] | None:
    """A bill or what corrects one, by its number."""
    place = await store.record(BILL_PLACES, "", number_key(number))
    if place is None:
        return None
    found = await store.entries(BILLS, place.station, key=number_key(number), limit=1)
    return found[0] if found else None


async def entries_of(store: Store, numbers: Sequence[int]) -> list[BillEntry]:
    """Entries by their numbers, those that are there."""
    found = [await bill_of(store, number) for number in numbers]
    return [each.entry for each in found if each is not None]
