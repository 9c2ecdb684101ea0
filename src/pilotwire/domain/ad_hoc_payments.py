"""Ad hoc payments that the CSMS has authorized: by a page a driver came to, or a terminal beside the station (2.1: C24, C25)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pilotwire.domain.authorization import TransactionLimit
from pilotwire.domain.kinds import Value
from pilotwire.domain.tariff import PaymentStatus
from pilotwire.errors import PilotwireError

_MOST: Final = 2**31 - 1
_ASKED: Final = {"maxenergy": "max_energy", "maxtime": "max_time", "maxcost": "max_cost"}


class LimitNotUnderstood(PilotwireError):
    """A limit in an address is no amount."""


def limit_asked(query: Mapping[str, str]) -> TransactionLimit:
    """What a driver wants at most, by the query of the address (C25.FR.56 to C25.FR.59): Wh, seconds, money; others are ignored
    (C25.FR.60). Raises LimitNotUnderstood.
    """
    found: dict[str, Any] = {}
    for name, text in query.items():
        field = _ASKED.get(name.casefold())
        if field is not None:
            amount = _amount(name, text)
            found[field] = int(amount) if field == "max_time" else amount
    return TransactionLimit(**found)


def _amount(name: str, text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 < amount <= _MOST:
        raise LimitNotUnderstood(f"{name}={text[:40]} is no amount.", "Give a number above 0.")
    return amount


def strictest(one: TransactionLimit, other: TransactionLimit) -> TransactionLimit:
    """Both limits at once: the lesser of each."""
    both: dict[str, Any] = {}
    for name in ("max_cost", "max_energy", "max_time", "max_soc"):
        told = [value for value in (getattr(one, name), getattr(other, name)) if value is not None]
        both[name] = min(told, default=None)
    return TransactionLimit(**both)


class SettlementOrder(Value):
    """What is to be paid for a transaction of a payment. An `amount` of 0 releases what was reserved (C20)."""

    psp_ref: str
    station: str
    transaction_id: str
    amount: Decimal


class SettlementAnswer(Value):
    """What the payment service provider made of it; the receipt if it has one."""

    status: PaymentStatus
    amount: Decimal
    status_info: str | None = None
    receipt_id: str | None = None
    receipt_url: str | None = None
