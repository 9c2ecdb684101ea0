"""What a charge costs by a tariff: elements and their conditions, taxes, least and most, periods (I12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.kinds import changed
from pilotwire.domain.tariff import (
    Conditions,
    DayOfWeek,
    EnergyPrice,
    EnergyPrices,
    EvseKind,
    FixedConditions,
    FixedPrice,
    FixedPrices,
    Price,
    Tariff,
    TaxRate,
    TimePrice,
    TimePrices,
)
from pilotwire.domain.tariff.bills import (
    Bill,
    CostDimensionKind,
    CostKind,
    begun,
    carried_on,
    changed_to,
    details,
    total,
    with_taxes,
)
from pilotwire.domain.tariff.conditions import FixedFacts, Moment, Usage, applies, next_change

START = datetime(2026, 3, 2, 17, 30, tzinfo=UTC)
"""A Monday."""
NO_CARD = FixedFacts()
VAT = (TaxRate(type="vat", tax=Decimal(10)),)


def _d(text: str | float) -> Decimal:
    return Decimal(str(text))


def _moment(minutes: float = 0, wh: float = 0, *, charging: bool = True, **more: Any) -> Moment:
    at = START + timedelta(minutes=minutes)
    fields: dict[str, Any] = {"at": at, "local": at, "register": _d(wh), "charging": charging} | more
    return Moment(**fields)


def _energy(*prices: tuple[str, Conditions | None], taxes: tuple[TaxRate, ...] = ()) -> EnergyPrices:
    return EnergyPrices(prices=tuple(EnergyPrice(price_kwh=_d(p), conditions=c) for p, c in prices), tax_rates=taxes)


def _time(price: str, conditions: Conditions | None = None) -> TimePrices:
    return TimePrices(prices=(TimePrice(price_minute=_d(price), conditions=conditions),))


def _tariff(**parts: Any) -> Tariff:
    return Tariff(**({"tariff_id": "T1", "currency": "EUR"} | parts))


def _bill(tariff: Tariff, *moments: Moment, facts: FixedFacts = NO_CARD, reserved: timedelta | None = None) -> Bill:
    """A bill begun at the first moment, carried on to the others."""
    bill = begun(tariff, moments[0], moments[0].at, moments[0].register, facts, reserved)
    for moment in moments[1:]:
        bill = carried_on(bill, moment)
    return bill


# --- amounts --------------------------------------------------------------------------------------------------------


@pytest.mark.req("I12.FR.09", "I12.FR.12", "I12.FR.16", "I12.FR.17", "I12.FR.41")
def test_energy_is_paid_by_the_kwh() -> None:
    told = details(
        _bill(_tariff(energy=_energy(("0.25", None), taxes=VAT)), _moment(), _moment(60, 10_000)), final=True
    )
    assert told.total_cost.energy == Price(excl_tax=_d("2.5"), incl_tax=_d("2.75"), tax_rates=VAT)
    assert (told.total_cost.total.excl_tax, told.total_cost.total.incl_tax) == (_d("2.5"), _d("2.75"))
    assert (told.total_cost.currency, told.total_cost.type_of_cost) == ("EUR", CostKind.NORMAL_COST)
    assert told.total_usage.energy == 10_000
    (period,) = told.charging_periods
    assert (period.tariff_id, period.start_period) == ("T1", START)
    assert [(one.type, one.volume) for one in period.dimensions] == [(CostDimensionKind.ENERGY, 10_000)]


@pytest.mark.req("I12.FR.10", "I12.FR.11")
def test_time_is_paid_by_the_minute_with_energy_and_without() -> None:
    tariff = _tariff(charging_time=_time("0.10"), idle_time=_time("0.30"))
    bill = _bill(tariff, _moment(), _moment(20, 1, charging=False), _moment(30, 1, charging=False))
    told = details(bill, final=True)
    assert told.total_cost.charging_time is not None
    assert told.total_cost.charging_time.excl_tax == 2
    assert told.total_cost.idle_time is not None
    assert told.total_cost.idle_time.excl_tax == 3
    assert (told.total_usage.charging_time, told.total_usage.idle_time) == (1200, 600)
    assert total(bill, final=True) == 5


@pytest.mark.req("I12.FR.05", "I12.FR.30")
@pytest.mark.parametrize(
    ("brand", "fee"), [("Visa", "2"), (None, "0.5")], ids=["with a condition that holds", "the one without conditions"]
)
def test_a_fee_is_paid_once_the_first_that_fits(brand: str | None, fee: str) -> None:
    fees = FixedPrices(
        prices=(
            FixedPrice(price_fixed=Decimal(2), conditions=FixedConditions(payment_brand="Visa")),
            FixedPrice(price_fixed=_d("0.5")),
        )
    )
    bill = _bill(_tariff(fixed_fee=fees), _moment(), _moment(10), _moment(20), facts=FixedFacts(payment_brand=brand))
    assert total(bill, final=True) == _d(fee)


_RESERVATION = _tariff(
    reservation_time=TimePrices(prices=(TimePrice(price_minute=_d("0.20")),), tax_rates=VAT),
    reservation_fixed=FixedPrices(
        prices=(
            FixedPrice(price_fixed=_d(3), conditions=FixedConditions(day_of_week=(DayOfWeek.SUNDAY,))),
            FixedPrice(price_fixed=_d(1)),
        )
    ),
)


@pytest.mark.req("I12.FR.06", "I12.FR.07", "I12.FR.08", "I12.FR.17")
def test_a_reservation_is_paid_once_by_its_time_and_a_fee() -> None:
    bill = _bill(_RESERVATION, _moment(), _moment(60, 1), reserved=timedelta(minutes=15))
    told = details(bill, final=True)
    assert told.total_cost.reservation_time == Price(excl_tax=_d(3), incl_tax=_d("3.3"), tax_rates=VAT)
    assert told.total_cost.reservation_fixed == Price(excl_tax=_d(1), incl_tax=_d(1))
    assert told.total_usage.reservation_time == 900
    assert (told.total_cost.total.excl_tax, told.total_cost.total.incl_tax) == (4, _d("4.3"))


@pytest.mark.req("I12.FR.06")
def test_without_a_reservation_it_has_no_price() -> None:
    told = details(_bill(_RESERVATION, _moment(), _moment(60, 1)), final=True)
    assert (told.total_cost.reservation_time, told.total_cost.reservation_fixed) == (None, None)
    assert told.total_usage.reservation_time is None
    assert told.total_cost.total.excl_tax == 0


def test_a_reservation_that_was_paid_stays_paid_with_another_tariff() -> None:
    bill = _bill(_RESERVATION, _moment(), reserved=timedelta(minutes=15))
    later = changed_to(bill, _tariff(tariff_id="T2", reservation_fixed=_RESERVATION.reservation_fixed), _moment(5))
    assert total(later, final=True) == _d("4.3")


@pytest.mark.req("I12.FR.14")
def test_a_bill_that_may_not_be_all_says_so() -> None:
    bill = _bill(_tariff(energy=_energy(("0.25", None))), _moment(), _moment(60, 10_000))
    assert details(bill, final=True).failure_to_calculate is None
    told = details(changed(bill, failure="The meter failed."), final=True)
    assert (told.failure_to_calculate, told.failure_reason) == (True, "The meter failed.")
    assert told.total_cost.total.excl_tax == _d("2.5"), "what could be worked out"


@pytest.mark.req("I12.FR.13")
@pytest.mark.parametrize(
    ("stacks", "amount"),
    [((None, None), "110"), ((0, 0), "110"), ((0, 1), "110.24"), ((1, 0), "110.24")],
    ids=["no stack", "one stack", "on top", "in any order"],
)
def test_taxes_of_a_higher_stack_are_put_on_those_below(stacks: tuple[int | None, int | None], amount: str) -> None:
    rates = tuple(TaxRate(type="t", tax=_d(tax), stack=stack) for tax, stack in zip((6, 4), stacks, strict=True))
    assert with_taxes(Decimal(100), rates) == _d(amount)


# --- conditions -----------------------------------------------------------------------------------------------------


@pytest.mark.req("I12.FR.33", "I12.FR.34", "I12.FR.35", "I12.FR.36")
def test_another_price_begins_another_period() -> None:
    evening = Conditions(start_time_of_day="18:00", end_time_of_day="21:00")
    tariff = _tariff(energy=_energy(("0.40", evening), ("0.25", None)))
    told = details(_bill(tariff, _moment(), _moment(30, 6000), _moment(60, 10_000)), final=True)
    assert [(one.start_period, one.dimensions[0].volume) for one in told.charging_periods] == [
        (START, 6000),
        (START + timedelta(minutes=30), 4000),
    ]
    assert told.total_cost.total.excl_tax == _d("3.1")


@pytest.mark.parametrize(
    ("conditions", "holds", "not_so"),
    [
        ({"min_energy": _d(100)}, {"energy": 100}, {"energy": 99}),
        ({"max_energy": _d(100)}, {"energy": 99}, {"energy": 100}),
        ({"min_power": _d(5000)}, {"power": 5000}, {"power": 4999}),
        ({"max_power": _d(5000)}, {"power": 4999}, {"power": 5000}),
        ({"min_power": _d(-10), "max_power": _d(-50)}, {"power": -20}, {"power": 20}),
        ({"max_current": _d(16)}, {"current": 15}, {"current": 16}),
        ({"min_time": 60}, {"time": 60}, {"time": 59}),
        ({"max_charging_time": 60}, {"charging_time": 59}, {"charging_time": 60}),
        ({"min_idle_time": 300}, {"idle_time": 300}, {"idle_time": 299}),
        ({"day_of_week": (DayOfWeek.MONDAY,)}, {"day": 0}, {"day": 1}),
        ({"valid_from_date": "2026-03-03"}, {"day": 1}, {"day": 0}),
        ({"valid_to_date": "2026-03-03"}, {"day": 0}, {"day": 1}),
        ({"start_time_of_day": "22:00", "end_time_of_day": "06:00"}, {"hour": 23}, {"hour": 12}),
        ({"start_time_of_day": "22:00", "end_time_of_day": "06:00"}, {"hour": 5}, {"hour": 6}),
        ({"start_time_of_day": "22:00", "end_time_of_day": "00:00"}, {"hour": 23}, {"hour": 1}),
        ({"evse_kind": EvseKind.DC}, {"dc": True}, {"dc": False}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_a_condition_holds_or_does_not(
    conditions: dict[str, Any], holds: dict[str, Any], not_so: dict[str, Any]
) -> None:
    def applied(case: dict[str, Any]) -> bool:
        day, hour = case.get("day", 0), case.get("hour", 12)
        local = datetime(2026, 3, 2, hour, tzinfo=UTC) + timedelta(days=day)
        moment = _moment(
            local=local,
            power=_d(case.get("power", 0)),
            current=_d(case.get("current", 0)),
            evse_kind=EvseKind.DC if case.get("dc") else EvseKind.AC,
        )
        used = Usage(**{name: _d(case.get(name, 0)) for name in ("energy", "charging_time", "idle_time")})
        return applies(Conditions(**conditions), moment, used, _d(case.get("time", 0)))

    assert (applied(holds), applied(not_so)) == (True, False)


@pytest.mark.parametrize(
    ("conditions", "minutes"),
    [
        (Conditions(start_time_of_day="18:00"), 30),
        (Conditions(end_time_of_day="17:00"), 23.5 * 60),
        (Conditions(min_charging_time=600), 10),
        (Conditions(min_idle_time=600), None),
        (Conditions(day_of_week=(DayOfWeek.SUNDAY,)), 6.5 * 60),
        (Conditions(min_power=_d(1000)), None),
    ],
    ids=["from", "until tomorrow", "charging", "idle, while charging", "midnight", "power"],
)
def test_it_is_known_when_time_changes_the_price(conditions: Conditions, minutes: float | None) -> None:
    tariff = _tariff(energy=_energy(("1", conditions)))
    wait = next_change(tariff, _moment(), Usage(), Decimal(0))
    assert wait == (None if minutes is None else timedelta(minutes=minutes))


# --- least and most -------------------------------------------------------------------------------------------------


@pytest.mark.req("I12.FR.38")
def test_a_transaction_costs_no_less_than_the_least() -> None:
    tariff = _tariff(energy=_energy(("0.25", None)), min_cost=Price(excl_tax=Decimal(5), tax_rates=VAT))
    bill = _bill(tariff, _moment(), _moment(60, 1000))
    assert total(bill, final=False) == _d("0.25")
    told = details(bill, final=True).total_cost
    assert (told.type_of_cost, told.fixed, told.energy) == (
        CostKind.MIN_COST,
        Price(excl_tax=Decimal(5), incl_tax=_d("5.5"), tax_rates=VAT),
        None,
    )
    assert total(carried_on(bill, _moment(90, 40_000)), final=True) == 10


@pytest.mark.req("I12.FR.39", "I12.FR.40")
def test_a_transaction_costs_no_more_than_the_most_whatever_is_used() -> None:
    tariff = _tariff(energy=_energy(("0.50", None)), idle_time=_time("1"), max_cost=Price(excl_tax=Decimal(4)))
    bill = _bill(tariff, _moment(), _moment(30, 6000), _moment(60, 12_000, charging=False), _moment(90, 12_000))
    told = details(bill, final=True)
    assert (told.total_cost.type_of_cost, told.total_cost.total.excl_tax) == (CostKind.MAX_COST, 4)
    assert (told.total_usage.energy, told.total_usage.idle_time) == (12_000, 1800)


def test_a_fee_alone_may_be_more_than_the_most() -> None:
    fee = FixedPrices(prices=(FixedPrice(price_fixed=Decimal(9)),))
    bill = _bill(_tariff(fixed_fee=fee, max_cost=Price(incl_tax=Decimal(4))), _moment(), _moment(10))
    assert total(bill, final=True) == 4


# --- changed on the way ---------------------------------------------------------------------------------------------


@pytest.mark.req("I11.FR.08", "I12.FR.04")
def test_another_tariff_counts_from_its_moment_on() -> None:
    fee = FixedPrices(prices=(FixedPrice(price_fixed=Decimal(1)),))
    bill = _bill(_tariff(energy=_energy(("0.20", None)), fixed_fee=fee), _moment(), _moment(30, 5000))
    later = _tariff(tariff_id="T2", energy=_energy(("0.60", None)), fixed_fee=fee)
    bill = carried_on(changed_to(bill, later, _moment(30, 5000)), _moment(60, 10_000))
    told = details(bill, final=True)
    assert [one.tariff_id for one in told.charging_periods] == ["T1", "T2"]
    assert told.total_cost.total.excl_tax == 1 + 1 + 3


def test_a_moment_that_has_passed_changes_nothing() -> None:
    bill = _bill(_tariff(energy=_energy(("0.20", None))), _moment(), _moment(30, 5000))
    assert carried_on(bill, _moment(20, 9000)) == bill
