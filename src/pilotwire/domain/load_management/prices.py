"""Prices over time, and whether it pays to wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from pilotwire.domain.kinds import Value


class PricePeriod(Value):
    """A price of a kWh from `start` until `end`."""

    start: datetime
    end: datetime
    price: Decimal


def price_at(prices: Sequence[PricePeriod], moment: datetime) -> Decimal | None:
    """The price then; None: not known."""
    return next((one.price for one in prices if one.start <= moment < one.end), None)


def waits_for_cheaper(
    prices: Sequence[PricePeriod], now: datetime, departure: datetime | None, laxity: timedelta | None
) -> bool:
    """Whether a vehicle is better served later: the time it must charge fits into the cheaper hours before it leaves.

    Who has not said how much he needs until when does not wait.
    """
    price = price_at(prices, now)
    if price is None or departure is None or laxity is None or laxity <= timedelta(0):
        return False
    cheaper = timedelta(0)
    for one in prices:
        if one.price < price and one.end > now and one.start < departure:
            cheaper += min(one.end, departure) - max(one.start, now)
    must_charge = departure - now - laxity
    return cheaper >= must_charge
