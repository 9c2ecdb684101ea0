"""Which schedule a vehicle takes, and what it makes of it."""

from __future__ import annotations

import pytest

from pilotwire.ev.iso15118.choosing import choose, energy_of, plan, power_at, price_of
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import PowerStep, Profile, Schedule
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.iso20 import common_messages as iso20
from pilotwire.iso15118.quantities import rational

SLOW = (PowerStep(0, 3_000.0),)
FAST = (PowerStep(0, 11_000.0),)
LATE = (PowerStep(0, 1_000.0), PowerStep(7_200, 22_000.0))


def levels(*entries: tuple[int, int]) -> iso2.SalesTariff:
    """Price levels of -2, each from a second on; a day in all."""
    ends = [start for start, _ in entries[1:]] + [86_400]
    return iso2.SalesTariff(
        sales_tariff_id=1,
        sales_tariff_entry=[
            iso2.SalesTariffEntry(
                time_interval=iso2.RelativeTimeInterval(start=start, duration=end - start), e_price_level=level
            )
            for (start, level), end in zip(entries, ends, strict=True)
        ],
    )


def unpriced() -> iso2.SalesTariff:
    entry = iso2.SalesTariffEntry(time_interval=iso2.RelativeTimeInterval(start=0, duration=60))
    return iso2.SalesTariff(sales_tariff_id=1, sales_tariff_entry=[entry])


def open_ended() -> iso2.SalesTariff:
    """The first half of a day is told, the rest lasts."""
    entries = [
        iso2.SalesTariffEntry(time_interval=iso2.RelativeTimeInterval(start=start), e_price_level=level)
        for start, level in ((0, 1), (43_200, 3))
    ]
    return iso2.SalesTariff(sales_tariff_id=1, sales_tariff_entry=entries)


def levels_20(*entries: tuple[int, int]) -> iso20.PriceLevelSchedule:
    return iso20.PriceLevelSchedule(
        time_anchor=0,
        price_schedule_id=1,
        number_of_price_levels=3,
        price_level_schedule_entries=iso20.PriceLevelScheduleEntryList(
            price_level_schedule_entry=[
                iso20.PriceLevelScheduleEntry(duration=duration, price_level=level) for duration, level in entries
            ]
        ),
    )


def euros(*entries: tuple[int, float]) -> iso20.AbsolutePriceSchedule:
    stacks = [
        iso20.PriceRuleStack(
            duration=duration,
            price_rule=[iso20.PriceRule(energy_fee=rational(fee), power_range_start=rational(0))],
        )
        for duration, fee in entries
    ]
    return iso20.AbsolutePriceSchedule(
        time_anchor=0,
        price_schedule_id=1,
        currency="EUR",
        language="deu",
        price_algorithm="urn:iso:std:iso:15118:-20:PriceAlgorithm:1-Power",
        price_rule_stacks=iso20.PriceRuleStackList(price_rule_stack=stacks),
    )


def test_the_only_schedule_is_taken_and_cut_to_the_vehicles_power() -> None:
    steps = (PowerStep(0, 22_000.0), PowerStep(600, 15_000.0), PowerStep(900, 5_000.0))
    profile = choose([Schedule(7, steps)], needs_wh=1_000, most_w=11_000, phases=3)
    assert profile == Profile(7, (PowerStep(0, 11_000), PowerStep(900, 5_000.0)), 3, keeps_tolerance=True)


def test_of_those_that_are_enough_the_cheapest() -> None:
    offered = [Schedule(1, FAST, tariff=levels((0, 3))), Schedule(2, SLOW, tariff=levels((0, 1), (43_200, 2)))]
    assert choose(offered, needs_wh=5_000, most_w=11_000).schedule_id == 2


def test_a_cheap_one_that_is_not_enough_until_the_departure_is_not_taken() -> None:
    offered = [Schedule(1, FAST, tariff=levels((0, 3))), Schedule(2, SLOW, tariff=levels((0, 1)))]
    assert choose(offered, needs_wh=5_000, most_w=11_000, departure_s=3_600).schedule_id == 1


def test_if_none_is_enough_the_one_that_gives_most() -> None:
    offered = [Schedule(1, SLOW), Schedule(2, LATE), Schedule(3, FAST)]
    assert choose(offered, needs_wh=900_000, most_w=22_000, departure_s=7_200).schedule_id == 3
    assert choose(offered, needs_wh=900_000, most_w=22_000, departure_s=36_000).schedule_id == 2


@pytest.mark.parametrize(
    "tariffs",
    [(None, levels((0, 1))), (levels((0, 2)), levels_20((60, 1))), (None, None)],
    ids=["one", "two kinds", "no"],
)
def test_where_prices_cannot_be_compared_the_first_counts(tariffs: tuple[Element | None, ...]) -> None:
    offered = [Schedule(number, FAST, tariff=one) for number, one in enumerate(tariffs, 1)]
    assert choose(offered, needs_wh=1_000, most_w=11_000).schedule_id == 1


NIGHT = Schedule(
    1,
    (PowerStep(0, 0.0), PowerStep(3_600, 11_000.0)),
    duration=7_200,
    discharge=(PowerStep(0, 4_000.0), PowerStep(1_800, 8_000.0), PowerStep(3_600, 5_000.0)),
)
"""An hour in which energy is wanted back, and one in which it comes again."""


@pytest.mark.parametrize(
    ("how", "steps"),
    [
        ({"gives_w": 6_000.0}, ((0, -4_000), (1_800, -6_000), (3_600, 11_000))),
        ({"gives_w": 0.0}, ((0, 0), (3_600, 11_000))),
        # what is needed, and has to come in the second hour, leaves 3 kWh
        ({"gives_w": 6_000.0, "needs_wh": 8_000.0}, ((0, -4_000), (1_800, -6_000), (2_400, 0), (3_600, 11_000))),
        ({"gives_w": 6_000.0, "needs_wh": 11_000.0}, ((0, 0), (3_600, 11_000))),
        # what can be spared
        ({"gives_w": 6_000.0, "spare_wh": 1_000.0}, ((0, -4_000), (900, 0), (3_600, 11_000))),
        # nothing that would not come again before the departure
        ({"gives_w": 6_000.0, "departure_s": 3_600}, ((0, 0), (3_600, 11_000))),
    ],
)
def test_what_is_wanted_back_is_given_if_it_comes_again(
    how: dict[str, float], steps: tuple[tuple[int, int], ...]
) -> None:
    told = {"needs_wh": 0.0, "most_w": 11_000.0, "spare_wh": 20_000.0} | how
    found = plan(NIGHT, **told)  # type: ignore[arg-type]
    assert [(one.start, one.watts) for one in found] == list(steps)
    assert choose((NIGHT,), **told).steps == found  # type: ignore[arg-type]


def test_a_full_battery_gives_late_only_what_comes_after() -> None:
    """What was taken beyond the need is not there to be given."""
    late = Schedule(
        1, (PowerStep(0, 11_000.0), PowerStep(3_600, 0.0)), duration=7_200, discharge=(PowerStep(0, 4_000.0),)
    )
    found = plan(late, needs_wh=2_000.0, most_w=11_000.0, gives_w=6_000.0, spare_wh=20_000.0)
    assert [(one.start, one.watts) for one in found] == [(0, 11_000), (3_600, 0)]


def test_without_schedules_the_station_leads() -> None:
    assert choose((), needs_wh=1_000, most_w=11_000) == Profile(1)


def test_what_a_schedule_brings() -> None:
    assert energy_of(Schedule(1, LATE, 10_800), 22_000) == pytest.approx(2_000 + 22_000)
    assert energy_of(Schedule(1, LATE, 10_800), 11_000) == pytest.approx(2_000 + 11_000)
    assert energy_of(Schedule(1, LATE, 10_800), 22_000, until_s=3_600) == pytest.approx(1_000)
    assert energy_of(Schedule(1, (PowerStep(0, -5_000.0),), 3_600), 11_000) == 0


@pytest.mark.parametrize(("second", "watts"), [(0, 1_000), (7_199, 1_000), (7_200, 22_000)])
def test_what_a_plan_says_at_a_moment(second: float, watts: float) -> None:
    assert power_at(LATE, second) == watts
    assert power_at((), second) is None


@pytest.mark.parametrize(
    ("tariff", "price"),
    [
        (levels((0, 1), (43_200, 3)), 2),
        (levels_20((60, 1), (180, 3)), 2.5),
        (euros((3_600, 0.30), (3_600, 0.50)), 0.40),
        (None, None),
        (unpriced(), None),
        (open_ended(), 2),
    ],
    ids=["levels of -2", "levels of -20", "euros", "nothing", "no level", "open end"],
)
def test_what_a_tariff_costs_on_the_average(tariff: Element | None, price: float | None) -> None:
    found = price_of(tariff)
    assert (found is None) if price is None else (found is not None and found[1] == pytest.approx(price))
