"""Prices of whole sessions: where an interval is split, what local time does, facts that come late or not at all, limits and steps."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotwire.domain.kinds import changed
from pilotwire.domain.tariff import Price
from pilotwire.domain.tariff.bills import CostDimensionKind, CostKind
from pilotwire.domain.tariff.conditions import FixedFacts
from pilotwire.domain.tariff.general import CostLimits, FixedRate, FixedRates, GeneralTariff, TaxesInPrices
from pilotwire.domain.tariff.priced import PricedSession, priced
from pilotwire.domain.tariff.sessions import Session, TariffFrom
from pilotwire.domain.tariff.tariffs import DayOfWeek, EvseKind, FixedConditions, TaxRate
from tests.support.priced_sessions import MONDAY, d, fee, price, rate, rates, reading, session, tariff, totals

KWH = tariff(energy=rates(rate("1")))


def minutes_of(found: PricedSession) -> list[tuple[float, str]]:
    """When each period begins, in minutes since the beginning, and what its energy comes to."""
    return [
        (
            (one.begin - found.begin) / timedelta(minutes=1),
            ",".join(f"{line.amount.normalize():f}" for line in one.lines),
        )
        for one in found.periods
    ]


# --- where an interval is split -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "begins"),
    [
        ({"start_time_of_day": "09:45"}, [0, 15]),  # 09:30 to 11:30, 20 kWh: a kWh in six minutes
        ({"start_time_of_day": "09:45", "end_time_of_day": "10:00"}, [0, 15, 30]),
        ({"min_energy": d(5000)}, [0, 30]),
        ({"max_energy": d(1)}, [0, 0.006]),
        ({"min_time": 3600, "max_time": 3601}, [0, 60, 60 + 1 / 60]),
        ({"min_charging_time": 600}, [0, 10]),
        ({"max_power": d(10_000)}, [0]),  # 10 kW all the time: never below
        ({"min_power": d(10_000)}, [0]),
        ({"day_of_week": (DayOfWeek.TUESDAY,)}, [0]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_an_interval_is_split_where_a_condition_changes(conditions: dict[str, Any], begins: list[float]) -> None:
    found = price(tariff(energy=rates(rate("2", **conditions), rate("1"))), reading(0, 0), reading(120, 20_000))
    assert [begin for begin, _ in minutes_of(found)] == pytest.approx(begins, abs=1e-6)
    assert sum(one.energy for one in found.periods) == 20_000


def test_energy_flows_evenly_between_readings() -> None:
    """A quarter of an interval over 18:00 is a quarter of its energy, whatever there is no reading of."""
    begin = MONDAY.replace(hour=17, minute=0)
    night = tariff(energy=rates(rate("0.40", start_time_of_day="18:00"), rate("0.20")))
    found = price(night, reading(0, 1000, begin), reading(80, 9000, begin), begin=begin)
    # 60 of 80 minutes: 6 kWh at 0.20 = 1.20; 2 kWh at 0.40 = 0.80
    assert minutes_of(found) == [(0, "1.2"), (60, "0.8")]


def test_midnight_ends_a_weekday() -> None:
    begin = MONDAY.replace(hour=23, minute=0)
    monday = tariff(energy=rates(rate("1", day_of_week=(DayOfWeek.MONDAY,)), rate("3", valid_from_date="2026-03-03")))
    found = price(monday, reading(0, 0, begin), reading(120, 2000, begin), begin=begin)
    assert minutes_of(found) == [(0, "1"), (60, "3")]


def test_idle_time_begins_where_energy_ceases_to_flow_or_as_it_was_told() -> None:
    idle = tariff(charging_time=rates(rate("6")), idle_time=rates(rate("60", min_idle_time=600)))
    by_flow = price(idle, reading(0, 0), reading(60, 5000), reading(90, 5000))
    assert totals(by_flow) == ("26", "26")  # an hour at 6, 20 of 30 minutes at 1 a minute
    told = price(idle, reading(0, 0), reading(30, charging=False), reading(60, 5000), reading(90, 5000))
    assert totals(told) == ("53", "53")  # half an hour at 6; 50 of 60 minutes
    usage = told.details.total_usage
    assert (usage.charging_time, usage.idle_time, usage.energy) == (1800, 3600, 5000)


def test_told_power_counts_before_the_average() -> None:
    fast = tariff(energy=rates(rate("2", min_power=d(11_000)), rate("1")))
    assert totals(price(fast, reading(0, 0), reading(60, 10_000))) == ("10", "10")
    told = price(fast, reading(0, 0, power=d(22_000)), reading(30, 5000, power=d(4000)), reading(60, 10_000))
    assert totals(told) == ("15", "15")
    dimensions = [{one.type: one.volume for one in period.dimensions} for period in told.details.charging_periods]
    assert [each[CostDimensionKind.MAX_POWER] for each in dimensions] == [22_000, 4000]


def test_energy_fed_back_is_taken_off() -> None:
    back = tariff(energy=rates(rate("0.50", min_power=d(-1), max_power=d(-100_000)), rate("0.20")))
    found = price(
        back, reading(0, 0, exported=d(0)), reading(60, 10_000, exported=d(0)), reading(120, 10_000, exported=d(4000))
    )
    # 10 kWh at 0.20, 4 kWh back at 0.50
    assert totals(found) == ("0", "0")
    assert found.details.total_usage.energy == 6000


def test_parking_is_paid_for_with_energy_and_without() -> None:
    stay = tariff(parking_time=rates(rate("2", 10)), idle_time=rates(rate("3", 10)))
    found = price(stay, reading(0, 0), reading(60, 5000), reading(90, 5000))
    # an hour and a half at 2 = 3, half an hour at 3 = 1.50; in the words of 2.1 it is time with energy, and without
    assert totals(found) == ("4.5", "4.95")
    assert [(one.part, one.excl_tax) for one in found.parts] == [("parking_time", 3), ("idle_time", d("1.5"))]
    cost = found.details.total_cost
    assert cost.charging_time is not None
    assert cost.idle_time is not None
    assert (cost.charging_time.excl_tax, cost.idle_time.excl_tax) == (2, d("2.5"))


# --- local time -----------------------------------------------------------------------------------------------------

NIGHT = tariff(charging_time=rates(rate("60", start_time_of_day="02:00", end_time_of_day="03:00"), rate("6")))
"""1 a minute from two to three, else 0.10."""


@pytest.mark.parametrize(
    ("begin", "zone", "amount"),
    [
        ("2026-03-29T00:00", "Europe/Amsterdam", "18"),  # 02:00 is 03:00: the hour is not there, 180 minutes at 0.10
        ("2026-10-24T23:00", "Europe/Amsterdam", "126"),  # it is there twice: 120 minutes at 1, 60 at 0.10
        ("2026-06-01T00:00", "Europe/Amsterdam", "72"),  # on other days once: 60 minutes at 1, 120 at 0.10
        ("2026-10-03T14:30", "Australia/Lord_Howe", "45"),  # 02:00 is 02:30: half an hour of it, 150 minutes at 0.10
    ],
    ids=["missing", "twice", "once", "half an hour"],
)
def test_prices_follow_the_clock_on_the_wall_when_it_shifts(begin: str, zone: str, amount: str) -> None:
    at = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    found = price(NIGHT, reading(0, 0, at), reading(180, 9000, at), begin=at, time_zone=zone)
    assert totals(found)[0] == amount


def test_a_price_that_ended_at_half_past_two_begins_again_when_the_clock_goes_back() -> None:
    at = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # 02:00 in summer, an hour before it is 02:00 again
    half = tariff(energy=rates(rate("1", end_time_of_day="02:30"), rate("2")))
    found = price(half, reading(0, 0, at), reading(120, 12_000, at), begin=at, time_zone="Europe/Berlin")
    assert minutes_of(found) == [(0, "3"), (30, "6"), (60, "3"), (90, "6")]


def test_an_unknown_time_zone_is_told() -> None:
    found = price(NIGHT, reading(0, 0), reading(60, 1), time_zone="Europe/Nowhere")
    assert found.failures == ("There is no time zone 'Europe/Nowhere': times of day are taken as in UTC.",)
    assert found.details.failure_to_calculate is True


# --- facts that come late, twice, wrongly or not at all --------------------------------------------------------------


def test_the_order_in_which_facts_came_makes_no_difference() -> None:
    told = [
        *(reading(n, 150 * n, charging=None if n % 7 else n < 70) for n in range(0, 91, 3)),
        *(reading(n, power=d(9000 + n)) for n in range(1, 80, 11)),
    ]
    steep = tariff(
        energy=rates(rate("0.3", max_energy=d(4321)), rate("0.5", min_power=d(9040)), rate("0.4")),
        idle_time=rates(rate("6")),
    )
    in_order = price(steep, *told)
    for seed in range(5):
        mixed = told + told[:4]
        random.Random(seed).shuffle(mixed)
        assert price(steep, *mixed) == in_order


def test_a_gap_without_readings_costs_what_readings_in_it_would() -> None:
    """Offline for hours: as energy flows evenly anyway, what was told between makes no difference."""
    night = tariff(
        energy=rates(rate("0.40", start_time_of_day="12:00"), rate("0.20", max_energy=d(20_000)), rate("0.1"))
    )
    every = [reading(n, 100 * n) for n in range(0, 361, 5)]
    assert totals(price(night, *every)) == totals(price(night, every[0], every[-1]))


BEGIN_MISSING = "The energy register was not told at the beginning: energy before 2026-03-02T09:40:00Z is not billed."
END_MISSING = "The energy register was not told at the end: energy after 2026-03-02T10:10:00Z is not billed."


@pytest.mark.parametrize(
    ("readings", "kwh", "failure"),
    [
        ([(10, 1000), (60, 6000)], "5", BEGIN_MISSING),
        ([(0, 1000), (40, 6000)], "5", END_MISSING),
        ([], "0", "The energy register was never told: no energy is billed."),
        # reset in the middle: what was counted before it is billed
        ([(0, 1000), (30, 6000), (40, 0), (60, 900)], "5", "2026-03-02T10:00:00Z"),
        # misread once, too high or too low: what lies between the first and the last is billed
        ([(0, 1000), (30, 99_000), (60, 6000)], "5", "2026-03-02T10:00:00Z"),
        ([(0, 1000), (20, 3000), (30, 2000), (60, 6000)], "5", "2026-03-02T09:50:00Z"),
    ],
    ids=["no start", "no end", "none", "reset", "too high", "too low"],
)
def test_what_the_register_did_not_tell_is_not_billed_but_told(
    readings: list[tuple[int, int]], kwh: str, failure: str
) -> None:
    told = [reading(at, wh) for at, wh in readings]
    found = priced(
        Session(
            begin=MONDAY,
            end=MONDAY + timedelta(hours=1),
            tariffs=(TariffFrom(at=MONDAY, tariff=KWH),),
            readings=tuple(told),
        )
    )
    assert found is not None
    assert totals(found)[0] == kwh
    assert failure in (found.details.failure_reason or "")
    assert found.details.failure_to_calculate is True


def test_a_register_misread_once_is_not_billed_at_one_price_and_taken_off_at_another() -> None:
    begin = MONDAY.replace(hour=17, minute=30)
    dear = tariff(energy=rates(rate("0.40", start_time_of_day="18:00"), rate("0.20")))
    found = price(dear, reading(0, 0, begin), reading(30, 90_000, begin), reading(60, 10_000, begin), begin=begin)
    assert totals(found)[0] == "3", "5 kWh at 0.20 and 5 at 0.40"


def test_a_beginning_that_was_never_told_is_taken_from_the_first_reading() -> None:
    found = price(KWH, reading(10, 0), reading(60, 5000), begin=MONDAY)
    late = priced(changed(session(KWH, reading(10, 0), reading(60, 5000)), begin=None))
    assert late is not None
    assert totals(late) == totals(found)
    assert late.begin == MONDAY + timedelta(minutes=10)
    assert late.failures == ("It was not told when the session began: it is billed from what was told first.",)


def test_a_session_of_which_nothing_is_known_has_no_price() -> None:
    assert priced(Session(begin=None, tariffs=(TariffFrom(at=MONDAY, tariff=KWH),))) is None
    assert priced(Session(begin=MONDAY, tariffs=())) is None


def test_a_session_of_no_duration_costs_its_fee() -> None:
    at_once = priced(
        Session(begin=MONDAY, end=MONDAY, tariffs=(TariffFrom(at=MONDAY, tariff=tariff(fixed_fee=fee("2"))),))
    )
    assert at_once is not None
    assert (totals(at_once), at_once.periods) == (("2", "2"), ())


def test_an_end_before_the_beginning_is_told() -> None:
    found = priced(changed(session(KWH, reading(0, 0), reading(5, 9000)), end=MONDAY - timedelta(hours=1)))
    assert found is not None
    assert found.excl_tax == 0
    assert (
        found.failures[0]
        == "The session ended at 2026-03-02T08:30:00Z, before it began: no time and no energy is billed."
    )


def test_a_register_told_seconds_before_the_beginning_counts_as_the_one_then() -> None:
    """Clocks of messages and of meters differ; a reading of another session does not count, and that is told."""
    near = price(KWH, reading(-0.5, 1000), reading(60, 6000), begin=MONDAY)
    assert (totals(near)[0], near.failures) == ("5", ())
    both = price(KWH, reading(-0.5, 990), reading(0, 1000), reading(60, 6000), begin=MONDAY)
    assert (totals(both)[0], both.failures) == ("5", ())
    far = price(KWH, reading(-90, 0), reading(0, 1000), reading(60, 6000), begin=MONDAY)
    assert totals(far)[0] == "5"
    assert far.failures == ("1 of the readings are from before or after the session and do not count.",)


def test_what_is_no_number_does_not_count_and_is_told() -> None:
    found = price(KWH, reading(0, 0), reading(30, "NaN", power=d("Infinity")), reading(60, 5000))
    assert (totals(found)[0], found.failures) == ("5", ("A meter told what is no number; it does not count.",))


def test_a_price_by_the_current_without_a_current_is_told() -> None:
    found = price(tariff(energy=rates(rate("2", min_current=d(16)), rate("1"))), reading(0, 0), reading(60, 5000))
    assert totals(found)[0] == "5"
    assert found.failures == ("A price depends on the current, which was not told: it was taken as 0 A.",)


# --- a session that runs --------------------------------------------------------------------------------------------


def test_the_running_cost_is_that_of_the_session_so_far() -> None:
    by_step = tariff(energy=rates(rate("1", None, 1000)), min_cost=Price(excl_tax=d(9)), idle_time=rates(rate("60")))
    told = (reading(0, 0), reading(30, 2500), reading(60, 2500))
    running = changed(session(by_step, *told), end=None)
    half, now = priced(running, MONDAY + timedelta(minutes=15)), priced(running)
    assert half is not None
    assert now is not None
    # neither steps nor a least are counted before the end
    assert (totals(half)[0], totals(now)[0]) == ("1.25", "32.5")
    assert (now.ended, now.details.charging_periods, now.failures) == (False, (), ())
    early = priced(running, MONDAY - timedelta(minutes=1))
    assert early is not None
    assert (early.excl_tax, early.failures) == (0, ())
    later = priced(running, MONDAY + timedelta(minutes=70))
    assert later is not None
    assert totals(later)[0] == "42.5", "idle, as it was told last"


# --- another tariff -------------------------------------------------------------------------------------------------


def test_another_tariff_counts_from_its_moment_on() -> None:
    first = tariff(tariff_id="A", energy=rates(rate("0.2")), fixed_fee=fee(1))
    then = tariff(tariff_id="B", energy=rates(rate("0.6")), fixed_fee=fee(5))
    timeline = (TariffFrom(at=MONDAY + timedelta(minutes=45), tariff=then), TariffFrom(at=MONDAY, tariff=first))
    found = price(first, reading(0, 0), reading(60, 12_000), tariffs=timeline)
    # 1 once, 9 kWh at 0.20, 3 kWh at 0.60
    assert totals(found) == ("4.6", "4.6")
    assert [one.tariff_id for one in found.periods] == ["A", "B"]


def test_a_tariff_in_another_currency_is_not_gone_on_with() -> None:
    timeline = (
        TariffFrom(at=MONDAY, tariff=KWH),
        TariffFrom(
            at=MONDAY + timedelta(minutes=30), tariff=tariff(tariff_id="Y", currency="JPY", energy=rates(rate(50)))
        ),
    )
    found = price(KWH, reading(0, 0), reading(60, 10_000), tariffs=timeline)
    assert totals(found)[0] == "10"
    assert found.failures == ("The tariff Y is in JPY, not in EUR: the session goes on with the one before.",)


# --- fees, limits, steps --------------------------------------------------------------------------------------------


def test_a_fee_depends_on_how_it_is_paid_and_on_the_beginning_alone() -> None:
    fees = FixedRates(
        prices=(
            FixedRate(price=d(3), conditions=FixedConditions(payment_recognition="CC", evse_kind=EvseKind.DC)),
            FixedRate(price=d(2), conditions=FixedConditions(start_time_of_day="09:31")),
            FixedRate(price=d(1)),
        )
    )
    paid = FixedFacts(payment_recognition="CC")
    hour = (reading(0, 0), reading(60, 0))
    assert totals(price(tariff(fixed_fee=fees), *hour, paid_with=paid, evse_kind=EvseKind.DC))[0] == "3"
    assert totals(price(tariff(fixed_fee=fees), *hour, paid_with=paid))[0] == "1", "it began at 09:30"


def test_nothing_is_counted_beyond_the_most_but_used_it_is() -> None:
    capped = tariff(energy=rates(rate("0.5", 10)), idle_time=rates(rate("60", 20)), max_cost=Price(incl_tax=d("11.2")))
    found = price(capped, reading(0, 0), reading(60, 20_000), reading(90, 20_000))
    # 10.00 + 10 % = 11.00 for the energy; then 0.20 of idle time with its tax: 0.166... without
    assert totals(found) == ("10.167", "11.2")
    assert found.details.total_cost.type_of_cost is CostKind.MAX_COST
    assert (found.details.total_usage.energy, found.details.total_usage.idle_time) == (20_000, 1800)
    assert found.limited == d("-29.833333"), "30.00 of idle time less what was counted of it"


def test_a_total_below_its_least_is_replaced() -> None:
    least = Price(excl_tax=d(5), tax_rates=(TaxRate(type="VAT", tax=d(10)),))
    found = price(tariff(energy=rates(rate("0.5", 20)), min_cost=least), reading(0, 0), reading(60, 2000))
    cost = found.details.total_cost
    assert (totals(found), cost.type_of_cost, cost.energy) == (("5", "5.5"), CostKind.MIN_COST, None)
    assert cost.fixed == Price(excl_tax=d(5), incl_tax=d("5.5"), tax_rates=least.tax_rates)
    assert sum(one.amount for one in found.taxes) == d("0.5")


def test_limits_apart_keep_each_total_by_itself() -> None:
    """1 kWh at 0.40 with 50 % tax is 0.40 and 0.60: below 0.50, but not below 0.55."""
    both = Price(excl_tax=d("0.5"), incl_tax=d("0.55"))
    apart = tariff(energy=rates(rate("0.4", 50)), min_cost=both, limits=CostLimits.APART)
    assert totals(price(apart, reading(0, 0), reading(60, 1000))) == ("0.5", "0.6")
    together = changed(apart, limits=CostLimits.TOGETHER)
    assert totals(price(together, reading(0, 0), reading(60, 1000))) == ("0.5", "0.55")


def test_a_part_has_a_least_and_a_most() -> None:
    blocking = tariff(
        energy=rates(rate("0.5", 10), least="2"),
        idle_time=rates(rate("6", 20, max_idle_time=3600), rate("12", 20), most="8"),
    )
    found = price(blocking, reading(0, 0), reading(30, 3000), reading(180, 3000))
    # 1.50 is raised to 2.00; an hour at 6 and an hour and a half at 12 are 24.00, but 8.00 at most
    assert totals(found) == ("10", "11.8")
    assert [(one.part, one.excl_tax) for one in found.parts] == [("energy", 2), ("idle_time", 8)]
    assert [(one.part, one.amount, one.why) for one in found.once] == [("energy", d("0.5"), "least")]


def test_a_step_by_a_tariff_that_was_changed_since_has_no_say() -> None:
    stepped, plain = tariff(tariff_id="A", energy=rates(rate("1", None, 1000))), tariff(tariff_id="B", fixed_fee=fee(1))
    timeline = (TariffFrom(at=MONDAY, tariff=stepped), TariffFrom(at=MONDAY + timedelta(minutes=30), tariff=plain))
    found = price(stepped, reading(0, 0), reading(60, 900), tariffs=timeline)
    assert totals(found)[0] == "0.45"


def test_lines_and_limits_make_up_the_total() -> None:
    """A receipt adds up: what was used, what was counted once, and what a limit took off."""
    all_of = tariff(
        energy=rates(rate("0.35", 21, 500, max_energy=d(4000)), rate("0.45", 21, 500)),
        idle_time=rates(rate("6", 21), most="1"),
        fixed_fee=fee("0.5", 21),
        taxes=TaxesInPrices.INCLUDED,
    )
    found = price(all_of, reading(0, 0), reading(60, 9100), reading(90, 9100))
    lines = [line for one in found.periods for line in one.lines] + list(found.once)
    # 0.50 + 4 kWh at 0.35 + 5.5 at 0.45 + 1.00, with 21 % in it
    assert totals(found) == ("4.442", "5.375")
    assert sum(line.amount for line in lines) + found.limited == pytest.approx(found.excl_tax, abs=d("0.0005"))
    assert [(tax.type, tax.percent, tax.amount) for tax in found.taxes] == [("VAT", 21, d("0.933"))]


def test_taxes_are_the_difference_of_the_totals() -> None:
    """0.025 and 0.075 are 0.03 and 0.08 by themselves, but 0.60 is 0.10 more than 0.50."""
    two = GeneralTariff(tariff_id="V", currency="EUR", fixed_fee=fee("0.25", 10), energy=rates(rate("0.25", 30)))
    found = price(two, reading(0, 0), reading(60, 1000))
    assert totals(found) == ("0.5", "0.6")
    assert [(tax.percent, tax.amount) for tax in found.taxes] == [(10, d("0.03")), (30, d("0.07"))]


@pytest.mark.parametrize(
    ("currency", "sums"), [("EUR", ("1.23", "1.36")), ("JPY", ("1", "1")), ("KWD", ("1.235", "1.358"))]
)
def test_final_amounts_have_the_places_of_their_currency(currency: str, sums: tuple[str, str]) -> None:
    """1.2345 and with 10 % tax 1.35795: each is rounded once, from the exact sum."""
    cost = GeneralTariff(tariff_id="C", currency=currency, energy=rates(rate("1.2345", 10)))
    assert totals(price(cost, reading(0, 0), reading(60, 1000))) == sums
