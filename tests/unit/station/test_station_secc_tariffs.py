"""Tariffs of a charging schedule, as the vehicle gets them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pilotwire.domain.smart_charging import ChargingRateUnit, ChargingSchedule
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import Speaks
from pilotwire.iso15118.codecs import ISO2, ISO20_COMMON
from pilotwire.iso15118.iso20.common_messages import AbsolutePriceSchedule, PriceLevelSchedule
from pilotwire.iso15118.quantities import plain
from pilotwire.station.secc.tariffs import tariff_of

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
    made = tariff_of(schedule(sales_tariff=SALES), Speaks.ISO2)
    assert isinstance(made, iso2.SalesTariff)
    assert (made.id, made.sales_tariff_id, made.num_e_price_levels) == ("id5", 5, 2)
    assert made.sales_tariff_entry[0].consumption_cost[0].cost[0].cost_kind == "relativePricePercentage"
    assert ISO2.decode_fragment(ISO2.encode_fragment(made)) == made


def test_absolute_prices() -> None:
    made = tariff_of(schedule(absolute_price_schedule=ABSOLUTE), Speaks.ISO20_DC)
    assert isinstance(made, AbsolutePriceSchedule)
    assert plain(made.price_rule_stacks.price_rule_stack[0].price_rule[0].energy_fee) == pytest.approx(0.45)
    assert made.tax_rules is not None
    assert made.tax_rules.tax_rule[0].applies_minimum_maximum_cost
    assert made.time_anchor == 1_767_225_600
    assert ISO20_COMMON.decode_fragment(ISO20_COMMON.encode_fragment(made)) == made


def test_price_levels() -> None:
    made = tariff_of(schedule(price_level_schedule=LEVELS), Speaks.ISO20_AC)
    assert isinstance(made, PriceLevelSchedule)
    assert (made.price_schedule_id, made.number_of_price_levels) == (3, 2)


@pytest.mark.parametrize("speaks", list(Speaks))
def test_a_tariff_of_another_protocol_is_none(speaks: Speaks) -> None:
    other = {"absolute_price_schedule": ABSOLUTE} if not speaks.is_of_20 else {"sales_tariff": SALES}
    assert tariff_of(schedule(**other), speaks) is None
    assert tariff_of(schedule(), speaks) is None


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
    assert tariff_of(schedule(sales_tariff=broken), Speaks.ISO2) is None
