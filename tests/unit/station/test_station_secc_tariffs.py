"""Tariffs of a charging schedule, as the vehicle gets them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import ChargingRateUnit, ChargingSchedule
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.codecs import ISO2, ISO20_COMMON
from pilotwire.iso15118.iso20.common_messages import AbsolutePriceSchedule, PriceLevelSchedule
from pilotwire.iso15118.quantities import plain
from pilotwire.station.secc.tariffs import (
    absolute_prices_of,
    levels_of_sales_tariff,
    price_levels_of,
    sales_tariff_of,
)

SALES = {
    "id": 5,
    "salesTariffDescription": "night",
    "numEPriceLevels": 2,
    "salesTariffEntry": [
        {
            "relativeTimeInterval": {"start": 0, "duration": 3600},
            "ePriceLevel": 1,
            "consumptionCost": [{"startValue": 0, "cost": [{"costKind": "RelativePricePercentage", "amount": 80}]}],
        },
        {"relativeTimeInterval": {"start": 3600}, "ePriceLevel": 2},
    ],
}
ABSOLUTE = {
    "timeAnchor": "2026-01-01T00:00:00Z",
    "priceScheduleID": 1,
    "currency": "EUR",
    "language": "de",
    "priceAlgorithm": "urn:iso:std:iso:15118:-20:PriceAlgorithm:1-Power",
    "minimumCost": {"exponent": 0, "value": 1},
    "taxRules": [
        {
            "taxRuleID": 1,
            "taxRate": {"exponent": -1, "value": 190},
            "appliesToEnergyFee": True,
            "appliesToParkingFee": False,
            "appliesToOverstayFee": False,
            "appliesToMinimumMaximumCost": True,
        }
    ],
    "priceRuleStacks": [
        {
            "duration": 3600,
            "priceRule": [{"energyFee": {"exponent": -2, "value": 45}, "powerRangeStart": {"exponent": 0, "value": 0}}],
        }
    ],
    "overstayRuleList": {
        "overstayRule": [{"startTime": 60, "overstayFeePeriod": 60, "overstayFee": {"exponent": 0, "value": 1}}]
    },
    "additionalSelectedServices": [{"serviceName": "wash", "serviceFee": {"exponent": 0, "value": 9}}],
}
LEVELS = {
    "timeAnchor": "2026-01-01T00:00:00Z",
    "priceScheduleId": 3,
    "numberOfPriceLevels": 2,
    "priceLevelScheduleEntries": [{"duration": 3600, "priceLevel": 1}],
}


def schedule(**prices: Any) -> ChargingSchedule:
    """A schedule with such prices."""
    told = {name: json.dumps(value) for name, value in prices.items()}
    return ChargingSchedule(charging_rate_unit=ChargingRateUnit.WATT, charging_schedule_period=(), **told)


def test_a_sales_tariff() -> None:
    made = sales_tariff_of(schedule(sales_tariff=SALES))
    assert isinstance(made, iso2.SalesTariff)
    assert (made.id, made.sales_tariff_id, made.num_e_price_levels) == ("id5", 5, 2)
    assert made.sales_tariff_entry[0].consumption_cost[0].cost[0].cost_kind == "relativePricePercentage"
    assert ISO2.decode_fragment(ISO2.encode_fragment(made)) == made


def test_absolute_prices() -> None:
    made = absolute_prices_of(schedule(absolute_price_schedule=ABSOLUTE))
    assert isinstance(made, AbsolutePriceSchedule)
    assert plain(made.price_rule_stacks.price_rule_stack[0].price_rule[0].energy_fee) == pytest.approx(0.45)
    assert made.tax_rules is not None
    assert made.tax_rules.tax_rule[0].applies_minimum_maximum_cost
    assert made.time_anchor == 1_767_225_600
    assert ISO20_COMMON.decode_fragment(ISO20_COMMON.encode_fragment(made)) == made


def test_price_levels() -> None:
    made = price_levels_of(schedule(price_level_schedule=LEVELS))
    assert isinstance(made, PriceLevelSchedule)
    assert (made.price_schedule_id, made.number_of_price_levels) == (3, 2)


def test_a_schedule_without_prices_has_none() -> None:
    for read in (sales_tariff_of, absolute_prices_of, price_levels_of):
        assert read(schedule()) is None
    assert levels_of_sales_tariff(schedule(), 0, 1) is None


def test_a_price_schedule_is_named_as_its_signature_refers_to_it() -> None:
    """signatureId of 2.1 is a number, and an XML Id begins with a letter."""
    prices = changed(schedule(absolute_price_schedule=ABSOLUTE, sales_tariff=SALES), signature_id=12)
    made = absolute_prices_of(prices), sales_tariff_of(prices)
    assert [one.id for one in made if one is not None] == ["id12", "id12"]


# --- levels of a sales tariff of 2.0.1, for ISO 15118-20 -----------------------------------------------------------------------------


def entry(start: int, level: int | None, duration: int | None = None) -> dict[str, Any]:
    """An entry of a SalesTariff."""
    told: dict[str, Any] = {"relativeTimeInterval": {"start": start}}
    if level is not None:
        told["ePriceLevel"] = level
    if duration is not None:
        told["relativeTimeInterval"]["duration"] = duration
    return told


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ([entry(0, 1, 3600), entry(3600, 2)], [(3600, 1), (3600, 2)]),
        ([entry(0, 3), entry(600, 1, 900)], [(600, 3), (900, 1)]),
        ([entry(0, 1)], [(7200, 1)]),
    ],
)
def test_its_levels_last_as_long_as_in_iso_15118_2(entries: list[Any], told: list[tuple[int, int]]) -> None:
    prices = changed(schedule(sales_tariff={"id": 5, "salesTariffEntry": entries}), duration=7200)
    made = levels_of_sales_tariff(prices, 1_700_000_000, 2)
    assert made is not None
    assert (made.time_anchor, made.price_schedule_id) == (1_700_000_000, 2)
    listed = made.price_level_schedule_entries.price_level_schedule_entry
    assert [(one.duration, one.price_level) for one in listed] == told
    assert made.number_of_price_levels == len({level for _, level in told})
    assert ISO20_COMMON.decode_fragment(ISO20_COMMON.encode_fragment(made)) == made


@pytest.mark.parametrize(
    "entries", [[entry(60, 1)], [entry(0, 1, 60), entry(120, 2)], [entry(0, None)], [entry(0, 1), entry(60, None)]]
)
def test_a_sales_tariff_that_leaves_something_open_has_no_levels(entries: list[Any]) -> None:
    """A schedule of -20 has no gaps."""
    prices = schedule(sales_tariff={"id": 5, "salesTariffEntry": entries})
    assert levels_of_sales_tariff(prices, 0, 1) is None


@pytest.mark.parametrize(
    "broken",
    [
        {},
        [],
        "text",
        {**SALES, "id": 999},
        {**SALES, "salesTariffEntry": []},
        {**SALES, "salesTariffEntry": [{"relativeTimeInterval": {"start": -1}}]},
        {**SALES, "salesTariffEntry": [{"ePriceLevel": 1}]},
    ],
)
def test_a_tariff_that_cannot_be_written_is_left_out(broken: Any) -> None:
    assert sales_tariff_of(schedule(sales_tariff=broken)) is None
