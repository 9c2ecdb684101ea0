"""Cheapest hours for many at once: they have room for some, and the others do not wait in vain."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pilotwire.domain.load_management import PricePeriod, SiteLayout, Situation, Strategy, share
from tests.support.sites import NOW, base_loads, demands, exceeded, flat, layouts, wants


def _prices(*prices: int) -> tuple[PricePeriod, ...]:
    return tuple(
        PricePeriod(start=NOW + timedelta(hours=n), end=NOW + timedelta(hours=n + 1), price=Decimal(price))
        for n, price in enumerate(prices)
    )


def _shares(site: SiteLayout, *energies: int, prices: tuple[PricePeriod, ...], hours: int = 4) -> list[Decimal]:
    wishes = tuple(
        wants(site, n, energy=Decimal(energy), departure=NOW + timedelta(hours=hours))
        for n, energy in enumerate(energies)
    )
    told = share(Situation(layout=site, now=NOW, demands=wishes, strategy=Strategy.CHEAPEST_HOURS, prices=prices))
    return [one.amperes for one in told.shares]


def test_not_all_wait_for_the_same_hour() -> None:
    """An hour of 32 A at 10: one waits for it; for the other two there is no room then, and both hours at 20 are needed, too."""
    site = flat(32, 3)
    waiting = [share_ for share_ in _shares(site, *(20_000,) * 3, prices=_prices(20, 20, 10, 40)) if share_ == 0]
    assert 1 <= len(waiting) < 3


def test_all_wait_where_there_is_room_for_all() -> None:
    """96 A are enough for three at once."""
    site = flat(96, 3)
    assert _shares(site, *(15_000,) * 3, prices=_prices(20, 20, 10, 40)) == [0, 0, 0]


def test_nobody_waits_beyond_the_prices_that_are_known() -> None:
    """What it will cost then nobody knows."""
    site = flat(32, 1)
    assert _shares(site, 20_000, prices=_prices(20, 30), hours=9) == [32]


def test_of_equally_cheap_hours_the_first_is_taken() -> None:
    """There is nothing to be won by waiting."""
    site = flat(32, 1)
    assert _shares(site, 10_000, prices=_prices(20, 20, 20, 20)) == [32]


def test_what_is_dear_later_is_not_waited_for() -> None:
    """The cheap hour is now."""
    site = flat(32, 1)
    assert _shares(site, 10_000, prices=_prices(10, 20, 30, 40)) == [32]


@given(data=st.data(), layout=layouts(), prices=st.lists(st.integers(-5, 40), min_size=1, max_size=12))
def test_no_limit_is_exceeded_by_who_does_not_wait(data: st.DataObject, layout: SiteLayout, prices: list[int]) -> None:
    """Whatever the prices are; and who has no time left never waits."""
    base, wishes = data.draw(base_loads(layout)), data.draw(demands(layout))
    if exceeded(layout, {}, base):
        return
    told = share(
        Situation(
            layout=layout, now=NOW, demands=wishes, base=base, strategy=Strategy.CHEAPEST_HOURS, prices=_prices(*prices)
        )
    )
    assert exceeded(layout, {one.key: (one.amperes, one.phases) for one in told.shares}, base) == []
    for one, wish in zip(told.shares, wishes, strict=True):
        if wish.departure is None or wish.energy is None or wish.departure <= NOW:
            assert one.why != "it waits for a cheaper hour"
