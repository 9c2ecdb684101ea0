"""Prices in words, for whoever charges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotwire.ev.iso15118.prices import words_of
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import RationalNumber

NOW = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)
ANCHOR = int(NOW.timestamp())


def clock(seconds: int) -> str:
    """When that is, as this machine's clock shows it."""
    at, today = (NOW + timedelta(seconds=seconds)).astimezone(), NOW.astimezone().date()
    return f"{at:%H:%M}" if at.date() == today else f"{at:%H:%M on %d %B %Y}"


def number(value: int, exponent: int = 0) -> RationalNumber:
    return RationalNumber(exponent=exponent, value=value)


def rule(fee: RationalNumber, start: int = 0, **more: Any) -> cm.PriceRule:
    return cm.PriceRule(energy_fee=fee, power_range_start=number(start), **more)


def absolute(*stacks: tuple[int, list[cm.PriceRule]], **more: Any) -> cm.AbsolutePriceSchedule:
    listed = [cm.PriceRuleStack(duration=seconds, price_rule=rules) for seconds, rules in stacks]
    usual: dict[str, Any] = {"time_anchor": ANCHOR, "price_schedule_id": 1, "currency": "EUR", "language": "en"}
    return cm.AbsolutePriceSchedule(
        **usual | more, price_algorithm="x", price_rule_stacks=cm.PriceRuleStackList(price_rule_stack=listed)
    )


def test_prices_in_money() -> None:
    fast = [rule(number(45, -2)), rule(number(6, -1), 11_000, parking_fee=number(5, -2), parking_fee_period=60)]
    tariff = absolute((3_600, fast), (90_000, [rule(number(2))]), (60, [rule(number(0))]))
    assert words_of(tariff, NOW) == (
        f"from {clock(0)}: 0.45 EUR a kWh; from 11 kW on: 0.60 EUR a kWh, 0.05 EUR a minute",
        f"from {clock(3_600)}: 2.00 EUR a kWh",
        f"from {clock(93_600)}: 0.00 EUR a kWh",
    )


def test_what_counts_for_all_of_the_charge() -> None:
    tax = cm.TaxRule(
        tax_rule_id=1,
        tax_rule_name="VAT",
        tax_rate=number(195, -1),
        tax_included_in_price=True,
        applies_to_energy_fee=True,
        applies_to_parking_fee=True,
        applies_to_overstay_fee=False,
        applies_minimum_maximum_cost=False,
    )
    overstay = cm.OverstayRule(start_time=0, overstay_fee=number(3), overstay_fee_period=900)
    service = cm.AdditionalService(service_name="Fixed fee", service_fee=number(1))
    _, *lines = words_of(
        absolute(
            (60, [rule(number(1))]),
            tax_rules=cm.TaxRuleList(tax_rule=[tax]),
            overstay_rules=cm.OverstayRuleList(overstay_rule=[overstay]),
            additional_selected_services=cm.AdditionalServiceList(additional_service=[service]),
            minimum_cost=number(1),
            maximum_cost=number(5, 1),
        ),
        NOW,
    )
    assert lines == [
        "included: VAT, 19.5 % on energy and time",
        "Fixed fee: 1.00 EUR",
        "overstay: 3.00 EUR every 900 s",
        "at least 1.00 EUR",
        "at most 50.00 EUR",
    ]


def test_levels() -> None:
    entries = [cm.PriceLevelScheduleEntry(duration=600, price_level=level) for level in (2, 1)]
    tariff = cm.PriceLevelSchedule(
        time_anchor=ANCHOR,
        price_schedule_id=1,
        number_of_price_levels=2,
        price_level_schedule_entries=cm.PriceLevelScheduleEntryList(price_level_schedule_entry=entries),
    )
    assert words_of(tariff, NOW) == (f"from {clock(0)}: price level 2 of 2", f"from {clock(600)}: price level 1 of 2")


def test_how_prices_compare() -> None:
    """Of ISO 15118-2: from the moment at which they are told."""
    watts = iso2.PhysicalValue(multiplier=3, unit="W", value=11)
    cost = iso2.Cost(cost_kind="relativePricePercentage", amount=805, amount_multiplier=-1)
    entries = [
        iso2.SalesTariffEntry(time_interval=iso2.RelativeTimeInterval(start=0), e_price_level=3),
        iso2.SalesTariffEntry(
            time_interval=iso2.RelativeTimeInterval(start=60, duration=60),
            consumption_cost=[iso2.ConsumptionCost(start_value=watts, cost=[cost])],
        ),
    ]
    tariff = iso2.SalesTariff(sales_tariff_id=1, num_e_price_levels=3, sales_tariff_entry=entries)
    assert words_of(tariff, NOW) == (
        f"from {clock(0)}: price level 3 of 3",
        f"from {clock(60)}: from 11 kW on: 80.5 % of the highest price",
    )


@pytest.mark.parametrize("anchor", [0, 2**64 - 1])
def test_a_station_may_send_any_time(anchor: int) -> None:
    (line,) = words_of(absolute((2**32 - 1, [rule(number(1))]), time_anchor=anchor), NOW)
    assert line.endswith(": 1.00 EUR a kWh")
