"""A plan over the hours whose prices are known: who charges in which, so that all have their energy in time under the site's limits.

Without it all who can wait would wait for the same cheap hours, for which the site is too small. The most urgent choose first: each takes
the cheapest hours in which there is room for him, of equally cheap ones the earliest. The base load is taken to stay as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from pilotwire.domain.load_management.limits import Limits
from pilotwire.domain.load_management.prices import PricePeriod

_RESERVE: Final = Decimal("1.1")
"""What is planned for each of what he needs: vehicles slow down when they are nearly full, and others come of whom nobody knows yet."""
_TENTHS: Final = 10 * 3600


class Charge(NamedTuple):
    """What one is to get: `watts` is what one ampere on each of his phases gives him, `least` and `most` are tenths of an ampere."""

    load: int
    energy: Decimal
    departure: datetime
    watts: Decimal
    least: int
    most: int


class _Hour(NamedTuple):
    """A time of one price, in seconds from now; `slacks` is what is left of each limit then, as a mean."""

    begin: float
    end: float
    price: Decimal
    slacks: list[int]


class Plan:
    """Hours in the order in which they are chosen. What the `limits` leave now they leave in all of them."""

    def __init__(self, limits: Limits, prices: Sequence[PricePeriod], now: datetime) -> None:
        slacks, self._of_load = limits.slacks()
        hours = [
            _Hour(max(0.0, (one.start - now).total_seconds()), (one.end - now).total_seconds(), one.price, list(slacks))
            for one in prices
            if one.end > now
        ]
        self._now = now
        self._hours = sorted(hours, key=lambda hour: (hour.price, hour.begin))
        self._known = any(hour.begin == 0 for hour in hours)

    def waits(self, charge: Charge) -> bool:
        """Plan one more; whether he does not charge now. One whose energy does not fit into the hours there are does not wait."""
        stays = (charge.departure - self._now).total_seconds()
        if not self._known or stays <= 0:
            return False
        needs, charges_now = int(charge.energy * _RESERVE * _TENTHS / charge.watts), False
        for hour in self._hours:
            seconds = min(hour.end, stays) - hour.begin
            if needs <= 0:
                break
            if seconds <= 0:
                continue
            tenths = min(charge.most, self._room(charge.load, hour))
            if tenths <= 0 or tenths < charge.least:
                continue
            gets = min(needs, int(tenths * seconds))
            needs -= gets
            charges_now = charges_now or hour.begin == 0
            self._take(charge.load, hour, -(-gets // max(1, int(hour.end - hour.begin))))
        return needs <= 0 and not charges_now

    def _room(self, load: int, hour: _Hour) -> int:
        return max(0, min((hour.slacks[limit] // each for limit, each in self._of_load[load]), default=10**9))

    def _take(self, load: int, hour: _Hour, tenths: int) -> None:
        for limit, each in self._of_load[load]:
            hour.slacks[limit] -= each * tenths
