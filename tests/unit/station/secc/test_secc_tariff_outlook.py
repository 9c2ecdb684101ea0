"""What a tariff of OCPP will cost, and what of that is told to a vehicle: the price at each second is the one that is billed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.domain.tariff import (
    Conditions,
    DayOfWeek,
    EvseKind,
    FixedConditions,
    FixedPrice,
    FixedPrices,
    Price,
    Tariff,
    TariffText,
    TaxRate,
    TextFormat,
)
from pilotwire.domain.tariff.bills import begun, with_taxes
from pilotwire.domain.tariff.conditions import FixedFacts, Moment, Usage
from pilotwire.iso15118.codecs import ISO2, ISO20_COMMON
from pilotwire.iso15118.iso2 import RelativeTimeInterval, SalesTariff
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import RationalNumber
from pilotwire.station.secc.outlook import Outlook, Unsayable, outlook
from pilotwire.station.secc.price_schedules import absolute, exact, levels
from pilotwire.station.secc.sales_tariffs import sales_tariff
from tests.support.tariff_outlooks import applying, billed, energy, minutes, tariff

NOON = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)
DAY = 86_400


def number(told: RationalNumber | None) -> Decimal:
    """As it is written, to the last digit; nothing is 0."""
    return Decimal(0) if told is None else Decimal(told.value).scaleb(told.exponent)


def fees(schedule: cm.AbsolutePriceSchedule, second: int, power: Decimal) -> tuple[Decimal, Decimal]:
    """The fees of a kWh and of a minute by a price schedule, as a vehicle reads it (PriceAlgorithm 1-Power)."""
    for stack in schedule.price_rule_stacks.price_rule_stack:
        if second < stack.duration:
            rule = [one for one in stack.price_rule if number(one.power_range_start) <= power][-1]
            assert rule.parking_fee_period in (None, 60)
            return number(rule.energy_fee), number(rule.parking_fee)
        second -= stack.duration
    raise AssertionError("the price schedule is over")


# --- the property ------------------------------------------------------------------------------------------------------------------

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC")
TIMES = st.sampled_from(["00:00", "01:30", "02:00", "02:30", "03:00", "06:00", "12:15", "18:00", "22:00", "23:59"])
DATES = st.sampled_from(["2026-03-28", "2026-03-29", "2026-03-30", "2026-10-24", "2026-10-25", "2026-11-01"])
POWERS = st.sampled_from([None, Decimal(3700), Decimal(11_000)])
SECONDS = st.sampled_from([None, None, 600, 3_600, 90_000])
AMOUNTS = st.integers(min_value=0, max_value=32_767).map(lambda digits: Decimal(digits).scaleb(-4))
WHEN = st.builds(
    Conditions,
    start_time_of_day=st.none() | TIMES,
    end_time_of_day=st.none() | TIMES,
    day_of_week=st.just(()) | st.lists(st.sampled_from(DayOfWeek), max_size=4, unique=True).map(tuple),
    valid_from_date=st.none() | DATES,
    valid_to_date=st.none() | DATES,
    evse_kind=st.none() | st.sampled_from(EvseKind),
    min_power=POWERS,
    max_power=POWERS,
    min_time=SECONDS,
    max_time=SECONDS,
)
BY_CLOCK = st.builds(Conditions, start_time_of_day=TIMES, end_time_of_day=TIMES)
PRICES = st.lists(st.tuples(AMOUNTS, st.none() | BY_CLOCK | WHEN), min_size=1, max_size=4)
TARIFFS = st.builds(
    lambda kwh, flowing, standing: tariff(
        energy=energy(*kwh),
        charging_time=minutes(*flowing) if flowing else None,
        idle_time=minutes(*standing) if standing else None,
    ),
    PRICES,
    st.none() | PRICES,
    st.none() | PRICES,
)
CLOCK_CHANGES = (
    datetime(2026, 3, 28, tzinfo=UTC),
    datetime(2026, 10, 24, tzinfo=UTC),
    datetime(2026, 10, 31, tzinfo=UTC),
)
MOMENTS = st.builds(
    lambda day, seconds: day + timedelta(seconds=seconds),
    st.sampled_from(CLOCK_CHANGES),
    st.integers(min_value=0, max_value=2 * DAY),
)
WATTS = (Decimal(0), Decimal(1), Decimal(3_699), Decimal(3_700), Decimal(11_000))


@settings(max_examples=80, deadline=None)
@given(
    one=TARIFFS,
    at=MOMENTS,
    zone=st.sampled_from(ZONES),
    since=st.integers(min_value=0, max_value=7_200),
    others=st.lists(st.integers(min_value=0, max_value=DAY - 1), max_size=6),
)
def test_the_price_at_each_second_is_the_one_that_is_billed(
    one: Tariff, at: datetime, zone: str, since: int, others: list[int]
) -> None:
    """Of any tariff that depends on clock, calendar, power and how long the transaction goes on; on days of a clock change too."""
    here = applying(one, at, zone, started_at=at - timedelta(seconds=since))
    ahead = outlook(here, DAY)
    made, remarks = absolute(ahead, here, int(at.timestamp()), 1)
    assert remarks == ()
    schedule = ISO20_COMMON.decode_fragment(ISO20_COMMON.encode_fragment(made))
    assert isinstance(schedule, cm.AbsolutePriceSchedule)
    assert schedule.time_anchor == int(at.timestamp())
    assert sum(each.duration for each in schedule.price_rule_stacks.price_rule_stack) == DAY
    edges = {each.start + step for each in ahead.stretches for step in (-1, 0, 1)}
    for second in sorted({*edges, *others, 0, DAY - 1}):
        if 0 <= second < DAY:
            for power in WATTS:
                kwh, minute = billed(here, second, power, zone)
                told = fees(schedule, second, power)
                assert told == (kwh if power else told[0], minute), (second, power)


@pytest.mark.parametrize(
    ("begins", "end", "changes"),
    [
        (datetime(2026, 10, 24, 22, tzinfo=UTC), "03:00", [0, 9_000, 10_800, 12_600, 14_400]),
        (datetime(2026, 3, 28, 23, tzinfo=UTC), "03:00", [0]),
        (datetime(2026, 3, 28, 23, tzinfo=UTC), "03:30", [0, 7_200, 9_000]),
        (datetime(2026, 7, 14, 22, tzinfo=UTC), "03:00", [0, 9_000, 10_800]),
    ],
)
def test_half_an_hour_that_comes_twice_or_never(begins: datetime, end: str, changes: list[int]) -> None:
    """From 02:30 on in Berlin, counted from midnight: in October that is there twice, in March not before 03:00, two hours after it."""
    one = tariff(energy=energy(("0.10", Conditions(start_time_of_day="02:30", end_time_of_day=end)), "0.50"))
    assert [each.start for each in outlook(applying(one, begins), 40_000).stretches] == changes


# --- numbers -----------------------------------------------------------------------------------------------------------------------


@given(value=st.integers(-32_768, 32_767), exponent=st.integers(-8, 8))
def test_a_number_is_written_as_it_is(value: int, exponent: int) -> None:
    amount = Decimal(value).scaleb(exponent)
    assert number(exact(amount, "It")) == amount


@pytest.mark.parametrize(
    ("text", "told"),
    [("0", (0, 0)), ("0.00", (0, 0)), ("0.4500", (-2, 45)), ("50", (0, 50)), ("0.0004", (-4, 4)), ("-3.5", (-1, -35))],
)
def test_no_digit_more_than_needed(text: str, told: tuple[int, int]) -> None:
    made = exact(Decimal(text), "It")
    assert (made.exponent, made.value) == told


@pytest.mark.parametrize("text", ["0.32768", "327671", "NaN", "1e-200"])
def test_a_number_that_cannot_be_written_is_not_rounded(text: str) -> None:
    with pytest.raises(Unsayable, match=r"^The fee"):
        exact(Decimal(text), "The fee")


# --- what nobody knows beforehand --------------------------------------------------------------------------------------------------


def ahead_of(one: Tariff, **more: Any) -> Outlook:
    return outlook(applying(one, NOON, **more), DAY)


@pytest.mark.parametrize(
    ("when", "why"),
    [
        (Conditions(max_energy=Decimal(10_000)), "how much energy was taken"),
        (Conditions(min_current=Decimal(16)), "the current"),
        (Conditions(min_energy=Decimal(-5)), "how much energy was taken"),
    ],
)
def test_a_price_that_depends_on_what_will_be_taken_is_not_told(when: Conditions, why: str) -> None:
    with pytest.raises(Unsayable, match=f"tariff T1 depends on {why}"):
        ahead_of(tariff(energy=energy(("0.30", when), "0.50")))


def test_what_the_price_does_not_depend_on_after_all_is_told() -> None:
    """The same price either way; a limit that is passed already; a price that the calendar rules out."""
    cheap = Conditions(max_energy=Decimal(10_000))
    passed = Usage(energy=Decimal(12_000))
    never = Conditions(max_energy=Decimal(10_000), evse_kind=EvseKind.DC)
    assert ahead_of(tariff(energy=energy(("0.5", cheap), "0.50"))).at(0, Decimal(0)).kwh == Decimal("0.5")
    assert ahead_of(tariff(energy=energy(("0.30", cheap), "0.50")), used=passed).at(9, Decimal(1)).kwh == Decimal(
        "0.50"
    )
    assert ahead_of(tariff(energy=energy(("0.30", never), "0.50"))).at(9, Decimal(1)).kwh == Decimal("0.50")


def test_energy_that_may_go_back_makes_a_limit_that_is_passed_open_again() -> None:
    one = tariff(energy=energy(("0.30", Conditions(max_energy=Decimal(10_000))), "0.50"))
    here = applying(one, NOON, used=Usage(energy=Decimal(12_000)))
    with pytest.raises(Unsayable):
        outlook(here, DAY, feeds_back=True)


def test_prices_are_told_until_the_first_that_depends() -> None:
    """After an hour it may be that energy has flowed for an hour."""
    later = Conditions(min_charging_time=3_600)
    found = ahead_of(tariff(energy=energy(("0.20", later), "0.50")), started_at=NOON)
    assert (found.ends, [one.start for one in found.stretches]) == (3_600, [0])
    assert found.remarks == (
        "The prices after 3600 s are not told: that of a kWh depends on how long energy has flowed.",
    )


def test_a_price_of_time_that_depends_is_left_out_and_the_rest_is_told() -> None:
    """Half an hour of standing idle is free: whether that is over cannot be known."""
    grace = Conditions(min_idle_time=1_800)
    one = tariff(energy=energy("0.50"), idle_time=minutes(("0.10", grace)))
    found = ahead_of(one, started_at=NOON)
    assert found.ends == DAY
    assert {rule.minute for each in found.stretches for rule in each.rules} == {Decimal(0)}
    assert found.remarks == ("A price of idle time is not told: it depends on how long none has flowed.",)


def test_how_long_a_transaction_goes_on_is_not_known_before_it_begins() -> None:
    one = tariff(energy=energy(("0.20", Conditions(max_time=3_600)), "0.50"))
    assert ahead_of(one, started_at=NOON).at(3_600, Decimal(1)).kwh == Decimal("0.50")
    assert ahead_of(one).ends == 3_600


# --- taxes, costs of the whole charge ----------------------------------------------------------------------------------------------


def told(one: Tariff, **more: Any) -> tuple[cm.AbsolutePriceSchedule, tuple[str, ...]]:
    here = applying(one, NOON, **more)
    return absolute(outlook(here, DAY), here, 0, 1)


def test_taxes_are_rules_of_their_own() -> None:
    """Those on other taxes (`stack`) with their rate on the price itself; one that two fees share is one rule."""
    vat, local = TaxRate(type="VAT", tax=Decimal(20), stack=1), TaxRate(type="local", tax=Decimal("2.5"))
    made, remarks = told(
        tariff(
            energy=energy("0.40", tax_rates=(vat, local)),
            charging_time=minutes("0.05", tax_rates=(local,)),
            idle_time=minutes("0.05", tax_rates=(local,)),
        )
    )
    assert made.tax_rules is not None
    listed = [
        (one.tax_rule_name, number(one.tax_rate), one.applies_to_energy_fee, one.applies_to_parking_fee)
        for one in made.tax_rules.tax_rule
    ]
    assert listed == [("local", Decimal("2.5"), True, True), ("VAT", Decimal("20.5"), True, False)]
    assert not any(one.tax_included_in_price or one.applies_minimum_maximum_cost for one in made.tax_rules.tax_rule)
    assert remarks == ()
    price = Decimal("0.40")
    with_rules = price * (1 + sum((rate for _, rate, on_energy, _ in listed if on_energy), Decimal(0)) / 100)
    assert with_rules == with_taxes(price, (vat, local))


def test_time_that_is_taxed_in_two_ways_is_left_out() -> None:
    made, remarks = told(
        tariff(
            energy=energy("0.40"),
            charging_time=minutes("0.05", tax_rates=(TaxRate(type="VAT", tax=Decimal(7)),)),
            idle_time=minutes("0.10", tax_rates=(TaxRate(type="VAT", tax=Decimal(19)),)),
        )
    )
    assert fees(made, 0, Decimal(5_000)) == (Decimal("0.4"), Decimal(0))
    assert remarks == ("Prices of time are not told: time with and without energy is taxed in different ways.",)


def test_costs_of_the_whole_charge_are_told_with_their_taxes() -> None:
    """No tax rule reaches a fee of a service, so none is left to be put on them."""
    vat = (TaxRate(type="VAT", tax=Decimal(20)),)
    night = FixedConditions(start_time_of_day="20:00", end_time_of_day="06:00")
    fixed = FixedPrices(
        prices=(FixedPrice(price_fixed=Decimal(9), conditions=night), FixedPrice(price_fixed=Decimal("0.5"))),
        tax_rates=vat,
    )
    made, remarks = told(
        tariff(
            energy=energy("0.40"),
            min_cost=Price(excl_tax=Decimal(1), tax_rates=vat),
            max_cost=Price(incl_tax=Decimal(60)),
            fixed_fee=fixed,
        )
    )
    assert (number(made.minimum_cost), number(made.maximum_cost)) == (Decimal("1.2"), Decimal(60))
    assert made.additional_selected_services is not None
    (service,) = made.additional_selected_services.additional_service
    assert (service.service_name, number(service.service_fee)) == ("Fixed fee", Decimal("0.6"))
    assert remarks == ()
    assert ISO20_COMMON.decode_fragment(ISO20_COMMON.encode_fragment(made)) == made


def test_a_fee_that_depends_on_the_card_is_left_out() -> None:
    fixed = FixedPrices(prices=(FixedPrice(price_fixed=Decimal(1), conditions=FixedConditions(payment_brand="visa")),))
    made, remarks = told(tariff(energy=energy("0.40"), fixed_fee=fixed))
    assert made.additional_selected_services is None
    assert remarks == ("The fixed fee is not told: it depends on the card that is paid with.",)


def test_fees_of_a_bill_that_has_begun_are_those_on_it() -> None:
    fixed = FixedPrices(prices=(FixedPrice(price_fixed=Decimal(2)),))
    kept = FixedPrices(prices=(FixedPrice(price_fixed=Decimal(3)),))
    one = tariff(energy=energy("0.40"), fixed_fee=fixed, reservation_fixed=kept)
    moment = Moment(at=NOON, local=NOON, register=Decimal(0), charging=True)
    bill = begun(one, moment, NOON, Decimal(0), FixedFacts(), reserved=timedelta(minutes=5))
    made, _ = told(one, bill=bill)
    assert made.additional_selected_services is not None
    services = made.additional_selected_services.additional_service
    assert {each.service_name: number(each.service_fee) for each in services} == {
        "Fixed fee": Decimal(2),
        "Reservation fee": Decimal(3),
    }


def test_a_tariff_without_a_price_of_energy_gives_it_for_nothing() -> None:
    made, _ = told(tariff(charging_time=minutes("0.20"), idle_time=minutes("0.20")))
    assert fees(made, 100, Decimal(11_000)) == (Decimal(0), Decimal("0.2"))
    (stack,) = made.price_rule_stacks.price_rule_stack
    assert len(stack.price_rule) == 1


def test_the_description_is_the_first_that_is_plain_text() -> None:
    texts = (
        TariffText(content="<b>x</b>", format=TextFormat.HTML, language="fr"),
        TariffText(content="ö" * 200, language="de-AT"),
    )
    made, _ = told(tariff(energy=energy("0.40"), description=texts))
    assert (made.language, made.price_schedule_description) == ("de", "ö" * 160)
    plain, _ = told(tariff(energy=energy("0.40")))
    assert (plain.language, plain.price_schedule_description) == ("en", None)


def test_no_more_stretches_than_the_vehicle_takes() -> None:
    hours = [
        (str(hour), Conditions(start_time_of_day=f"{hour:02}:00", end_time_of_day=f"{hour + 1:02}:00"))
        for hour in range(24 - 1)
    ]
    here = applying(tariff(energy=energy(*hours, "9")), NOON)
    ahead = outlook(here, DAY).until(DAY, 12)
    made, remarks = absolute(ahead, here, 0, 1)
    assert len(made.price_rule_stacks.price_rule_stack) == 12
    assert sum(one.duration for one in made.price_rule_stacks.price_rule_stack) == 12 * 3_600
    assert remarks == ("The vehicle takes no more than 12 stretches of prices: those after 43200 s are not told.",)


def test_more_powers_than_a_stack_has_rules_are_not_told() -> None:
    powers = [(str(10 - place), Conditions(max_power=Decimal(1_000 * place))) for place in range(1, 9)]
    here = applying(tariff(energy=energy(*powers, "1")), NOON)
    with pytest.raises(Unsayable, match="more than 8 powers"):
        absolute(outlook(here, DAY), here, 0, 1)


# --- levels, and ISO 15118-2 -------------------------------------------------------------------------------------------------------

NIGHT = Conditions(start_time_of_day="22:00", end_time_of_day="06:00")
TWO = tariff(energy=energy(("0.20", NIGHT), "0.50"))
"""From noon in UTC it is eight hours to 22:00 in Berlin, and eight more to 06:00."""


def test_levels_are_ranks_of_prices() -> None:
    whole = ahead_of(TWO)
    made = levels(whole.until(40_000), whole, 5, 7)
    entries = made.price_level_schedule_entries.price_level_schedule_entry
    assert (made.time_anchor, made.price_schedule_id, made.number_of_price_levels) == (5, 7, 2)
    assert [(one.duration, one.price_level) for one in entries] == [(28_800, 2), (11_200, 1)]
    assert ISO20_COMMON.decode_fragment(ISO20_COMMON.encode_fragment(made)) == made


def sold(made: SalesTariff) -> list[tuple[int, int | None, int | None, list[tuple[Decimal, Decimal]]]]:
    """The entries: start, duration, level, and per cent by power."""
    found = []
    for entry in made.sales_tariff_entry:
        interval = entry.time_interval
        assert isinstance(interval, RelativeTimeInterval)
        blocks = [
            (
                Decimal(one.start_value.value).scaleb(one.start_value.multiplier),
                Decimal(one.cost[0].amount).scaleb(one.cost[0].amount_multiplier or 0),
            )
            for one in entry.consumption_cost
        ]
        found.append((interval.start, interval.duration, entry.e_price_level, blocks))
    return found


def test_a_sales_tariff_compares() -> None:
    """Levels, and prices in per cent of the highest that is told in any tariff."""
    whole = ahead_of(TWO)
    made = sales_tariff(whole.until(40_000), whole, 3)
    assert (made.id, made.sales_tariff_id, made.num_e_price_levels) == ("id3", 3, 2)
    assert sold(made) == [(0, None, 2, [(Decimal(0), Decimal(100))]), (28_800, 11_200, 1, [(Decimal(0), Decimal(40))])]
    assert ISO2.decode_fragment(ISO2.encode_fragment(made)) == made


def test_a_sales_tariff_by_power_has_no_levels() -> None:
    fast = Conditions(min_power=Decimal(11_000))
    whole = ahead_of(tariff(energy=energy(("0.60", fast), "0.40")))
    made = sales_tariff(whole, whole, 1)
    assert made.num_e_price_levels is None
    assert sold(made) == [
        (0, DAY, None, [(Decimal(0), Decimal("66.667")), (Decimal(11_000), Decimal(100))]),
    ]
    with pytest.raises(Unsayable, match="depends on the power"):
        levels(whole, whole, 0, 1)


def test_what_a_sales_tariff_has_no_room_for() -> None:
    powers = [(str(10 - place), Conditions(max_power=Decimal(1_000 * place))) for place in range(1, 4)]
    whole = ahead_of(tariff(energy=energy(*powers, "1")))
    with pytest.raises(Unsayable, match="more than 3 powers"):
        sales_tariff(whole, whole, 1)


def test_prices_below_nothing_have_levels_and_no_percentage() -> None:
    whole = ahead_of(tariff(energy=energy(("-0.05", NIGHT), "0.50")))
    assert [entry[2:] for entry in sold(sales_tariff(whole, whole, 1))] == [(2, []), (1, []), (2, [])]
