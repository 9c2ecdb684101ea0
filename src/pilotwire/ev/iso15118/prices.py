"""What a vehicle was told of prices, in words for its driver. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from pilotwire.iso15118 import iso2
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.iso20 import common_messages as iso20
from pilotwire.iso15118.iso20.common_types import RationalNumber

_PERIODS: Final = {1: "a second", 60: "a minute", 3_600: "an hour", 86_400: "a day"}
_KILO: Final = 1000
_LATEST: Final = 253_370_764_800
"""The year 9999: a station may send any number."""
_COST_KINDS: Final = {
    "relativePricePercentage": "{} % of the highest price",
    "RenewableGenerationPercentage": "{} % from renewable sources",
    "CarbonDioxideEmission": "{} g CO2 a kWh",
}


def words_of(tariff: Element, now: datetime) -> tuple[str, ...]:
    """A line for each price as it will be, by the wall clock of this machine, and for each that counts for all of the charge.

    `now`: when it was told, from which relative times count. Tariffs: SalesTariff, AbsolutePriceSchedule and PriceLevelSchedule.
    """
    if isinstance(tariff, iso20.AbsolutePriceSchedule):
        return (*_stretches(_absolute(tariff), _anchor(tariff), now), *_all_of_it(tariff))
    if isinstance(tariff, iso20.PriceLevelSchedule):
        return _stretches(_levels(tariff), _anchor(tariff), now)
    if isinstance(tariff, iso2.SalesTariff):
        return _stretches(_sales(tariff), now, now)
    return ()


def _anchor(tariff: iso20.PriceSchedule) -> datetime:
    return datetime.fromtimestamp(min(tariff.time_anchor, _LATEST), UTC)


def _stretches(told: Iterable[tuple[int, str]], begins: datetime, now: datetime) -> tuple[str, ...]:
    """Each with when it begins; a moment of another day than `now` with its date."""
    today = now.astimezone().date()
    lines = []
    for start, what in told:
        at = datetime.fromtimestamp(min(begins.timestamp() + start, _LATEST), UTC).astimezone()
        lines.append(f"from {at:%H:%M}{'' if at.date() == today else f'{at: on %d %B %Y}'}: {what}")
    return tuple(lines)


# --- money -------------------------------------------------------------------------------------------------------------------------


def _number(told: RationalNumber) -> Decimal:
    return Decimal(told.value).scaleb(told.exponent)


def _plain(amount: Decimal) -> str:
    """Without a power of ten, and as money has it: with two places at least."""
    text = f"{amount.normalize():f}"
    whole, _, places = text.partition(".")
    return f"{whole}.{places:0<2}"


def _money(told: RationalNumber, currency: str) -> str:
    return f"{_plain(_number(told))} {currency}"


def _rate(told: RationalNumber) -> str:
    return f"{_number(told).normalize():f} %"


def _absolute(tariff: iso20.AbsolutePriceSchedule) -> Iterator[tuple[int, str]]:
    at = 0
    for stack in tariff.price_rule_stacks.price_rule_stack:
        rules = [_rule(one, tariff.currency) for one in stack.price_rule]
        yield at, "; ".join(rules)
        at += stack.duration


def _rule(rule: iso20.PriceRule, currency: str) -> str:
    power = _number(rule.power_range_start)
    parts = [f"{_money(rule.energy_fee, currency)} a kWh"]
    if rule.parking_fee is not None:
        parts.append(f"{_money(rule.parking_fee, currency)} {_period(rule.parking_fee_period)}")
    if rule.renewable_generation_percentage is not None:
        parts.append(f"{rule.renewable_generation_percentage} % from renewable sources")
    if rule.carbon_dioxide_emission is not None:
        parts.append(f"{rule.carbon_dioxide_emission} g CO2 a kWh")
    return f"{_from(power)}{', '.join(parts)}"


def _from(power: Decimal) -> str:
    if not power:
        return ""
    return f"from {power / _KILO:f} kW {'on' if power > 0 else 'back'}: "


def _period(seconds: int | None) -> str:
    if seconds is None:
        return "for parking"
    return _PERIODS.get(seconds, f"every {seconds} s")


def _all_of_it(tariff: iso20.AbsolutePriceSchedule) -> Iterator[str]:
    """Taxes, fees that are paid once, the least and the most."""
    currency = tariff.currency
    for tax in tariff.tax_rules.tax_rule if tariff.tax_rules is not None else ():
        of = {
            "energy": tax.applies_to_energy_fee,
            "time": tax.applies_to_parking_fee,
            "overstay": tax.applies_to_overstay_fee,
            "the least and the highest cost": tax.applies_minimum_maximum_cost,
        }
        on = " and ".join(name for name, applies in of.items() if applies) or "nothing"
        how = "included:" if tax.tax_included_in_price else "plus"
        yield f"{how} {tax.tax_rule_name or 'tax'}, {_rate(tax.tax_rate)} on {on}"
    services = tariff.additional_selected_services
    for service in services.additional_service if services is not None else ():
        yield f"{service.service_name}: {_money(service.service_fee, currency)}"
    for rule in tariff.overstay_rules.overstay_rule if tariff.overstay_rules is not None else ():
        yield f"overstay: {_money(rule.overstay_fee, currency)} {_period(rule.overstay_fee_period)}"
    if tariff.minimum_cost is not None:
        yield f"at least {_money(tariff.minimum_cost, currency)}"
    if tariff.maximum_cost is not None:
        yield f"at most {_money(tariff.maximum_cost, currency)}"


# --- levels ------------------------------------------------------------------------------------------------------------------------


def _levels(tariff: iso20.PriceLevelSchedule) -> Iterator[tuple[int, str]]:
    at = 0
    for entry in tariff.price_level_schedule_entries.price_level_schedule_entry:
        yield at, f"price level {entry.price_level} of {tariff.number_of_price_levels}"
        at += entry.duration


def _sales(tariff: iso2.SalesTariff) -> Iterator[tuple[int, str]]:
    for entry in tariff.sales_tariff_entry:
        parts = []
        if entry.e_price_level is not None:
            of = "" if tariff.num_e_price_levels is None else f" of {tariff.num_e_price_levels}"
            parts.append(f"price level {entry.e_price_level}{of}")
        for block in entry.consumption_cost:
            start = Decimal(block.start_value.value).scaleb(block.start_value.multiplier)
            costs = [_cost(one) for one in block.cost]
            parts.append(f"{_from(start)}{', '.join(costs)}")
        interval = entry.time_interval
        if isinstance(interval, iso2.RelativeTimeInterval):
            yield interval.start, "; ".join(parts) or "nothing is said"


def _cost(cost: iso2.Cost) -> str:
    amount = Decimal(cost.amount).scaleb(cost.amount_multiplier or 0).normalize()
    return _COST_KINDS[cost.cost_kind].format(f"{amount:f}")
