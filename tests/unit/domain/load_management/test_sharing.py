"""Who may take how much: strategies by example, and for any site that no limit is exceeded."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.domain.load_management import (
    Amperes,
    ExternalLimit,
    Feeder,
    Outlet,
    PricePeriod,
    SiteLayout,
    Situation,
    Strategy,
    phases_of,
    share,
)
from tests.support.sites import NOW, base_loads, demands, exceeded, flat, layouts, wants


def _shares(layout: SiteLayout, *wishes: Any, **more: Any) -> list[Decimal]:
    told = share(Situation(layout=layout, now=NOW, demands=wishes, **more))
    return [one.amperes for one in told.shares]


# --- strategies -------------------------------------------------------------------------------------------------------------------


def test_all_get_what_they_want_where_there_is_enough() -> None:
    """And no more than vehicle and EVSE can take."""
    site = flat(100, 3)
    assert _shares(site, wants(site, 0), wants(site, 1, most=Decimal(16)), wants(site, 2)) == [32, 16, 32]


def test_equal_share() -> None:
    """One who wants less leaves it to the others."""
    site = flat(50, 3)
    assert _shares(site, wants(site, 0), wants(site, 1, most=Decimal(10)), wants(site, 2)) == [20, 10, 20]


def test_what_cannot_be_divided_is_rounded_down() -> None:
    """To a tenth, as limits are told; what is left of it has who comes first in the layout."""
    site = flat(40, 3)
    shares = _shares(site, *(wants(site, n) for n in range(3)))
    assert shares == [Decimal("13.4"), Decimal("13.3"), Decimal("13.3")]


def test_who_would_get_less_than_the_least_is_paused() -> None:
    """Three of five by 6 A each; those who wait longest are next."""
    site = flat(20, 5)  # 6.6 A each, and two tenths over
    told = share(Situation(layout=site, now=NOW, demands=tuple(wants(site, n, minutes_ago=n) for n in range(5))))
    assert [one.amperes for one in told.shares] == [0, 0, Decimal("6.7"), Decimal("6.7"), Decimal("6.6")]
    assert told.shares[0].why == "there is less left than it needs at least"


def test_who_waits_takes_turns_with_who_charges() -> None:
    """But nobody is switched off within a quarter of an hour."""
    site = flat(6, 2)

    def turn(minutes: float) -> list[Decimal]:
        charges = wants(site, 0, charging_since=NOW - timedelta(minutes=minutes))
        return _shares(site, charges, wants(site, 1, waiting_since=NOW - timedelta(minutes=minutes)))

    assert turn(14) == [6, 0]
    assert turn(15) == [0, 6]


def test_priority() -> None:
    """The higher first, alike among equals."""
    site = flat(60, 3)
    wishes = (wants(site, 0), wants(site, 1, priority=5), wants(site, 2))
    assert _shares(site, *wishes, strategy=Strategy.PRIORITY) == [14, 32, 14]


def test_first_come() -> None:
    """Who came first has all he can take."""
    site = flat(50, 3)
    wishes = [wants(site, n, minutes_ago=ago) for n, ago in enumerate([10, 30, 20])]
    assert _shares(site, *wishes, strategy=Strategy.FIRST_COME) == [6, 32, 12]


def test_departure() -> None:
    """Who leaves in an hour and needs 11.04 kWh (16 A on three phases) has that; the rest goes to both alike."""
    site = flat(28, 2)
    leaves = NOW + timedelta(hours=1)
    soon = wants(site, 0, energy=Decimal(11_040), departure=leaves)
    later = wants(site, 1, energy=Decimal(11_040), departure=leaves + timedelta(hours=9))
    assert _shares(site, soon, later, strategy=Strategy.DEPARTURE) == [19, 9]


def test_cheapest_hours() -> None:
    """Who has time for the cheap hours waits for them; who has not charges now."""
    site = flat(100, 2)
    prices = tuple(
        PricePeriod(start=NOW + timedelta(hours=n), end=NOW + timedelta(hours=n + 1), price=Decimal(price))
        for n, price in enumerate([30, 30, 10, 40])
    )
    patient = wants(site, 0, energy=Decimal(20_000), departure=NOW + timedelta(hours=4))
    pressed = wants(site, 1, energy=Decimal(40_000), departure=NOW + timedelta(hours=4))
    told = share(
        Situation(layout=site, now=NOW, demands=(patient, pressed), strategy=Strategy.CHEAPEST_HOURS, prices=prices)
    )
    assert [one.amperes for one in told.shares] == [0, 32]
    assert told.shares[0].why == "it waits for a cheaper hour"
    assert told.next_look == NOW + timedelta(hours=1)


def test_one_who_has_what_he_wanted_takes_nothing() -> None:
    """The others have it."""
    site = flat(32, 2)
    assert _shares(site, wants(site, 0, energy=Decimal(0)), wants(site, 1)) == [0, 32]


# --- limits -----------------------------------------------------------------------------------------------------------------------


def test_the_tree() -> None:
    """A panel's limit holds back those on it; what they leave, others have."""
    grid = Feeder(name="grid", amperes=Decimal(60))
    panel = Feeder(name="panel", fed_by="grid", amperes=Decimal(20))
    outlets = tuple(
        Outlet(station="CS", evse_id=n + 1, fed_by=fed_by)
        for n, fed_by in enumerate(["panel", "panel", "grid", "grid"])
    )
    site = SiteLayout(name="yard", feeders=(grid, panel), outlets=outlets)
    assert _shares(site, *(wants(site, n) for n in range(4))) == [10, 10, 20, 20]


def test_base_load_and_sun() -> None:
    """A house takes what vehicles cannot have, panels give them more."""
    site = flat(32, 1)
    for flows, share_ in ((Decimal(20), 12), (Decimal(-20), 32), (Decimal(30), 0)):
        base = {"grid": Amperes(l1=flows, l2=flows, l3=flows)}
        assert _shares(site, wants(site, 0), base=base) == [share_]


def test_phases_are_counted_one_by_one() -> None:
    """Two vehicles on one phase each, at EVSEs whose phases are rotated, do not disturb one another."""
    grid = Feeder(name="grid", amperes=Decimal(20))
    outlets = (
        Outlet(station="CS1", evse_id=1, fed_by="grid", phases=(1, 2, 3)),
        Outlet(station="CS2", evse_id=1, fed_by="grid", phases=(2, 3, 1)),
    )
    site = SiteLayout(name="yard", feeders=(grid,), outlets=outlets)
    assert _shares(site, wants(site, 0, phases=1), wants(site, 1, phases=1)) == [20, 20]


def test_imbalance() -> None:
    """4.6 kVA (20 A) of imbalance, as grids in Germany have it: a vehicle on one phase takes no more, unless the house evens it out."""
    site = flat(100, 1, imbalance=20)
    assert _shares(site, wants(site, 0, phases=1)) == [20]
    base = {"grid": Amperes(l2=Decimal(8), l3=Decimal(8))}
    assert _shares(site, wants(site, 0, phases=1), base=base) == [28]


def test_no_vehicle_is_counted_on_to_even_phases_out() -> None:
    """It may stop at any moment, and the other would be too much then."""
    grid = Feeder(name="grid", imbalance=Decimal(20))
    outlets = tuple(Outlet(station=f"CS{n}", evse_id=1, fed_by="grid", phases=(n,)) for n in (1, 2, 3))
    site = SiteLayout(name="yard", feeders=(grid,), outlets=outlets)
    assert _shares(site, *(wants(site, n) for n in range(3))) == [20, 20, 20]


def test_a_limit_from_outside_counts_if_it_is_lower() -> None:
    """4.2 kW of a controllable device (EnWG 14a): 6 A on three phases, and not one watt more."""
    site = flat(63, 1)
    assert _shares(site, wants(site, 0), external=(ExternalLimit(feeder="grid", watts=Decimal(4200)),)) == [6]
    assert _shares(site, wants(site, 0), external=(ExternalLimit(feeder="grid", watts=Decimal(4100)),)) == [0]
    assert _shares(site, wants(site, 0), external=(ExternalLimit(feeder="grid", amperes=Decimal(80)),)) == [32]


def test_a_silent_station_keeps_what_it_may_take() -> None:
    """Nobody can tell it otherwise; the others share what is left."""
    site = flat(40, 3)
    shares = _shares(site, *(wants(site, n) for n in range(3)), fixed={site.outlets[1].key: Decimal(20)})
    assert shares == [10, 10]


def test_base_load_above_the_limit_is_told() -> None:
    """Everybody is paused, and a person learns why."""
    site = flat(32, 1)
    told = share(Situation(layout=site, now=NOW, demands=(wants(site, 0),), base={"grid": Amperes(l2=Decimal("35.5"))}))
    assert told.of(site.outlets[0].key) == 0
    assert told.broken == ("grid: 32 A on L2 is exceeded by 3.5",)


# --- V2G and peak shaving ---------------------------------------------------------------------------------------------------------


def test_a_vehicle_gives_back_what_the_house_takes_too_much() -> None:
    """And no more than that, nor than it may be asked for."""
    site = flat(32, 1)
    base = {"grid": Amperes(l1=Decimal(40), l2=Decimal(40), l3=Decimal(40))}
    assert _shares(site, wants(site, 0, discharge=Decimal(16)), base=base) == [-8]
    assert _shares(site, wants(site, 0, discharge=Decimal(5)), base=base) == [-5]


def test_peak_shaving() -> None:
    """Below the target vehicles share; above it one who can gives back; who would come too late charges nevertheless."""
    site = flat(63, 2)
    house = {"grid": Amperes(l1=Decimal(10), l2=Decimal(10), l3=Decimal(10))}
    target = Decimal(230 * 3 * 30)
    assert _shares(site, wants(site, 0), wants(site, 1), base=house, target_watts=target) == [10, 10]
    pressed = wants(site, 1, energy=Decimal(22_080), departure=NOW + timedelta(hours=1))
    shares = _shares(
        site, wants(site, 0, discharge=Decimal(32), priority=0), pressed, base=house, target_watts=target,
        strategy=Strategy.DEPARTURE,
    )  # fmt: skip
    assert shares[1] == 32
    assert 10 + shares[0] + shares[1] <= 63


# --- whatever the site is -----------------------------------------------------------------------------------------------------------


@given(data=st.data(), layout=layouts(), strategy=st.sampled_from(Strategy))
def test_no_limit_is_ever_exceeded(data: st.DataObject, layout: SiteLayout, strategy: Strategy) -> None:
    """Whoever takes his share and whoever stops; except by what is no vehicle's, and then nobody who loads that limit gets anything."""
    base, wishes = data.draw(base_loads(layout)), data.draw(demands(layout))
    told = share(Situation(layout=layout, now=NOW, demands=wishes, strategy=strategy, base=base))
    stopped = data.draw(st.sets(st.sampled_from([outlet.key for outlet in layout.outlets])))
    taken = {one.key: (one.amperes, one.phases) for one in told.shares if one.key not in stopped}
    before = exceeded(layout, {}, base)
    if not before:
        assert exceeded(layout, taken, base) == []
    assert len(exceeded(layout, taken, base)) <= len(before)
    outlets = {outlet.key: outlet for outlet in layout.outlets}
    for one, wish in zip(told.shares, wishes, strict=True):
        outlet = outlets[one.key]
        assert one.phases == phases_of(outlet, wish.phases)
        assert one.amperes == 0 or outlet.least <= one.amperes <= min(outlet.most, wish.most or outlet.most)


@given(data=st.data(), layout=layouts())
def test_nothing_is_left_that_somebody_could_have(data: st.DataObject, layout: SiteLayout) -> None:
    """Nobody who charges can be given one tenth more, by any strategy."""
    wishes = data.draw(demands(layout))
    strategy = data.draw(st.sampled_from([Strategy.EQUAL_SHARE, Strategy.FIRST_COME, Strategy.PRIORITY]))
    told = share(Situation(layout=layout, now=NOW, demands=wishes, strategy=strategy))
    if any(feeder.imbalance is not None for feeder in layout.feeders):
        return  # a share that others may even out is held back nevertheless
    taken = {one.key: (one.amperes, one.phases) for one in told.shares}
    for one in told.shares:
        if one.amperes > 0 and one.why:
            more = taken | {one.key: (one.amperes + Decimal("0.1"), one.phases)}
            assert exceeded(layout, more, {}), one


@pytest.mark.parametrize("evses", [2, 7, 30])
@given(limit=st.integers(0, 2000))
def test_equal_shares_are_equal(evses: int, limit: int) -> None:
    """To a tenth, among those who charge."""
    site = flat(limit, evses)
    shares = [one for one in _shares(site, *(wants(site, n) for n in range(evses))) if one]
    assert not shares or max(shares) - min(shares) <= Decimal("0.1")
    assert sum(shares) <= limit
    assert len(shares) == min(evses, limit // 6)
