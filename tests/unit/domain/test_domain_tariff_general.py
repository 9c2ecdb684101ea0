"""The general tariff and that of 2.1, what it must keep, and amounts of money."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from pilotwire.domain.kinds import changed
from pilotwire.domain.tariff import Price, Tariff, TariffText
from pilotwire.domain.tariff.bills import with_taxes
from pilotwire.domain.tariff.general import (
    CostLimits,
    GeneralTariff,
    TariffPurpose,
    TaxesInPrices,
    general_misfits,
    general_of,
    local_tariff,
)
from pilotwire.domain.tariff.money import Rounding, RoundingMode, places_of, rounded, tax_factor, taxes_of
from pilotwire.domain.tariff.tariffs import (
    Conditions,
    EnergyPrice,
    EnergyPrices,
    FixedConditions,
    FixedPrice,
    FixedPrices,
    TaxRate,
    TimePrice,
    TimePrices,
    misfits,
)
from tests.support.priced_sessions import d, fee, rate, rates

TAXES = (TaxRate(type="energy", tax=d(6)), TaxRate(type="vat", tax=d(4), stack=1))
TIMES = TimePrices(
    prices=(TimePrice(price_minute=d("0.123"), conditions=Conditions(min_time=60)), TimePrice(price_minute=d("1"))),
    tax_rates=TAXES,
)
WHOLE = Tariff(
    tariff_id="W",
    currency="EUR",
    description=(TariffText(content="All of it", language="en"),),
    energy=EnergyPrices(prices=(EnergyPrice(price_kwh=d("0.4")), EnergyPrice(price_kwh=d("0.2"))), tax_rates=TAXES),
    valid_from=datetime(2030, 1, 1, tzinfo=UTC),
    charging_time=TIMES,
    idle_time=TIMES,
    fixed_fee=FixedPrices(prices=(FixedPrice(price_fixed=d(1), conditions=FixedConditions(payment_brand="V")),)),
    reservation_time=TIMES,
    reservation_fixed=FixedPrices(prices=(FixedPrice(price_fixed=d(2)),), tax_rates=TAXES),
    min_cost=Price(excl_tax=d(1)),
    max_cost=Price(incl_tax=d(100)),
)


def test_a_tariff_of_21_is_the_same_after_it_was_general() -> None:
    said = local_tariff(general_of(WHOLE))
    assert (said.tariff, said.unsaid) == (WHOLE, ())
    bare = Tariff(tariff_id="B", currency="EUR")
    assert local_tariff(general_of(bare)).tariff == bare


PLAIN = GeneralTariff(tariff_id="P", currency="EUR", energy=rates(rate("0.3")))


@pytest.mark.parametrize(
    ("changes", "beginning"),
    [
        ({"url": "https://example.com"}, "url: "),
        ({"purpose": TariffPurpose.REGULAR}, "purpose: "),
        ({"valid_to": datetime(2030, 1, 1, tzinfo=UTC)}, "valid_to: "),
        ({"parking_time": rates(rate("1"))}, "parking_time: "),
        ({"expired_time": rates(rate("1"))}, "expired_time: "),
        ({"expired_fixed": fee("1")}, "expired_fixed: "),
        ({"taxes": TaxesInPrices.INCLUDED}, "taxes: "),
        ({"taxes": TaxesInPrices.NONE}, "taxes: "),
        ({"rounding": Rounding(mode=RoundingMode.DOWN)}, "rounding: "),
        ({"limits": CostLimits.APART}, "limits: "),
        ({"limits": CostLimits.APART, "min_cost": Price(excl_tax=d(1), incl_tax=d(2))}, "limits: "),
        ({"energy": rates(rate("0.3", None, 100))}, "energy.step: "),
        ({"energy": rates(rate("0.3"), least="1")}, "energy.least: "),
        ({"idle_time": rates(rate("3"), most="9")}, "idle_time.most: "),
        ({"energy": rates(rate("0.3", 5), rate("0.2", 6))}, "energy.tax_rates: "),
        ({"idle_time": rates(rate("2.00"))}, "idle_time.price: 2.00 an hour is no exact price of a minute"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_what_21_has_no_words_for_is_told_by_name(changes: dict[str, Any], beginning: str) -> None:
    (sentence,) = local_tariff(changed(PLAIN, **changes)).unsaid
    assert sentence.startswith(beginning)
    assert local_tariff(PLAIN).unsaid == ()


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"currency": "euro"}, "currency"),
        ({"energy": rates()}, "energy.prices"),
        ({"energy": rates(rate("1", None, 0))}, "energy.prices[0].step"),
        (
            {"idle_time": rates(rate("1"), rate("1", start_time_of_day="25:00"))},
            "idle_time.prices[1].conditions.start_time_of_day",
        ),
        ({"fixed_fee": fee("1", valid_to_date="2030-02-31")}, "fixed_fee.prices[0].conditions.valid_to_date"),
        ({"parking_time": rates(rate("1"), least="3", most="2")}, "parking_time.most"),
        ({"rounding": Rounding(unit=d(0))}, "rounding.unit"),
        ({"min_cost": Price(excl_tax=d(9)), "max_cost": Price(excl_tax=d(8))}, "max_cost.excl_tax"),
        (
            {"valid_from": datetime(2030, 1, 2, tzinfo=UTC), "valid_to": datetime(2030, 1, 1, tzinfo=UTC)},
            "valid_to",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "-",
)
def test_a_tariff_that_cannot_be_priced_by_says_where(changes: dict[str, Any], where: str) -> None:
    assert [one.where for one in general_misfits(changed(PLAIN, **changes))] == [where]
    assert general_misfits(PLAIN) == ()


# --- money ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("currency", "places"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("XYZ", 2)])
def test_currencies_have_their_places(currency: str, places: int) -> None:
    assert places_of(currency) == places


@pytest.mark.parametrize(
    ("mode", "amounts"),
    [
        (RoundingMode.HALF_UP, ["0.13", "-0.13", "0.12", "0.13"]),
        (RoundingMode.HALF_EVEN, ["0.12", "-0.12", "0.12", "0.13"]),
        (RoundingMode.UP, ["0.13", "-0.13", "0.13", "0.13"]),
        (RoundingMode.DOWN, ["0.12", "-0.12", "0.12", "0.12"]),
    ],
)
def test_an_amount_is_rounded_as_it_is_stated(mode: RoundingMode, amounts: list[str]) -> None:
    exact = (Fraction(125, 1000), Fraction(-125, 1000), Fraction(121, 1000), Fraction(128, 1000))
    assert [rounded(one, Rounding(mode=mode), "EUR") for one in exact] == [Decimal(text) for text in amounts]


def test_cash_is_rounded_to_its_coins() -> None:
    coins = Rounding(unit=d("0.05"))
    assert [rounded(Fraction(one, 1000), coins, "CHF") for one in (1024, 1025, 1075)] == [
        d("1.00"),
        d("1.05"),
        d("1.10"),
    ]


def test_taxes_are_parts_of_what_they_make_together() -> None:
    assert tax_factor(TAXES) == d("1.1024")
    assert with_taxes(Decimal(100), TAXES) == d("110.24")
    assert [(one.type, part) for one, part in taxes_of(TAXES)] == [("energy", d("0.06")), ("vat", d("0.0424"))]
    assert sum(part for _, part in taxes_of(TAXES)) == tax_factor(TAXES) - 1


@pytest.mark.parametrize(
    ("low", "high", "flaw"),
    [
        ("-10", "-50", None),  # "closest to zero" and "furthest from zero" (2.1 TariffConditionsType)
        ("0", "-50", None),
        ("-50", "-10", "from -50 to less than -10 is nothing"),
        ("-10", "50", "from -10 to 50 is energy that flows in and energy that flows back"),
        ("50", "10", "from 50 to less than 10 is nothing"),
    ],
)
def test_a_range_of_energy_that_flows_back_begins_closest_to_zero(low: str, high: str, flaw: str | None) -> None:
    back = Tariff(
        tariff_id="B",
        currency="EUR",
        energy=EnergyPrices(
            prices=(EnergyPrice(price_kwh=d(1), conditions=Conditions(min_power=d(low), max_power=d(high))),)
        ),
    )
    assert [one.what for one in misfits(back)] == ([] if flaw is None else [flaw])
