"""Prices over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
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
