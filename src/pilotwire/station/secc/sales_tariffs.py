"""SalesTariff of ISO 15118-2 from what a tariff of OCPP will cost: how dear a kWh is in comparison, for -2 has no money.

A level (EPriceLevel) where the price does not depend on the power, and for each power the price in per cent of the highest one told
(relativePricePercentage).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from pilotwire.iso15118 import iso2
from pilotwire.station.secc.outlook import Outlook, Rule, Stretch, Unsayable
from pilotwire.station.secc.price_schedules import described, ranks_of

MOST_ENTRIES: Final = 1024
_MOST_BLOCKS: Final = 3
_HUNDRED: Final = Decimal(100)
_FINEST: Final = -3
_LONGEST_TEXT: Final = 32
_SHORT: Final = 32_767
_LONGEST: Final = 86_400


def sales_tariff(ahead: Outlook, whole: Outlook, number: int) -> iso2.SalesTariff:
    """The prices as SalesTariff with the id `number`; `whole` has the prices of all tariffs that are told together.

    Raises Unsayable where they depend on the power in more ways than an entry has room for.
    """
    try:
        ranks: dict[Decimal, int] | None = ranks_of(whole)
    except Unsayable:
        ranks = None
    highest = max(rule.kwh for stretch in whole.stretches for rule in stretch.rules)
    lowest = min(rule.kwh for stretch in whole.stretches for rule in stretch.rules)
    relative = highest > 0 <= lowest
    if ranks is None and not relative:
        raise Unsayable(f"The prices of the tariff {ahead.tariff.tariff_id} are below 0, and have no percentage.")
    description = described(ahead.tariff)
    last = ahead.stretches[-1]
    return iso2.SalesTariff(
        id=f"id{number}",
        sales_tariff_id=number,
        sales_tariff_description=None if description is None else description[:_LONGEST_TEXT],
        num_e_price_levels=None if ranks is None else len(ranks),
        sales_tariff_entry=[
            iso2.SalesTariffEntry(
                time_interval=iso2.RelativeTimeInterval(
                    start=stretch.start, duration=min(seconds, _LONGEST) if stretch is last else None
                ),
                e_price_level=None if ranks is None or stretch.kwh is None else ranks[stretch.kwh],
                consumption_cost=_blocks(ahead, stretch, highest) if relative else [],
            )
            for stretch, seconds in ahead.lasting()
        ],
    )


def beyond_comparison(ahead: Outlook) -> tuple[str, ...]:
    """A remark on what of a tariff is lost where it is only told how prices of a kWh compare, by levels or in per cent."""
    tariff = ahead.tariff
    lost = {
        "its prices of time": any(rule.minute for stretch in ahead.stretches for rule in stretch.rules),
        "its fees that are paid once": tariff.fixed_fee or tariff.reservation_fixed or tariff.reservation_time,
        "its least cost": tariff.min_cost,
        "its highest cost": tariff.max_cost,
    }
    names = [name for name, there in lost.items() if there]
    what = f"Of the tariff {tariff.tariff_id} only how prices of a kWh compare is told, not {', '.join(names)}."
    return (what,) if names else ()


def _blocks(ahead: Outlook, stretch: Stretch, highest: Decimal) -> list[iso2.ConsumptionCost]:
    """By power, each with its price in comparison."""
    steps = [one for place, one in enumerate(stretch.rules) if place == 0 or one.kwh != stretch.rules[place - 1].kwh]
    if len(steps) > _MOST_BLOCKS:
        what = f"has other prices of a kWh for more than {_MOST_BLOCKS} powers, which ISO 15118-2 has no room for"
        raise Unsayable(f"The tariff {ahead.tariff.tariff_id} {what}.")
    return [iso2.ConsumptionCost(start_value=_watts(one), cost=[_percentage(one.kwh, highest)]) for one in steps]


def _watts(rule: Rule) -> iso2.PhysicalValue:
    for multiplier in (0, 1, 2, 3, -1, -2, -3):
        value = rule.power.scaleb(-multiplier)
        if value == value.to_integral_value() and value <= _SHORT:
            return iso2.PhysicalValue(multiplier=multiplier, unit="W", value=int(value))
    raise Unsayable(f"A power from which another price counts, {rule.power} W, cannot be written in ISO 15118-2.")


def _percentage(price: Decimal, highest: Decimal) -> iso2.Cost:
    """To a thousandth of a per cent; whole numbers where that loses nothing."""
    percent = (price * _HUNDRED / highest).quantize(Decimal(1).scaleb(_FINEST), ROUND_HALF_UP)
    whole = percent == percent.to_integral_value()
    amount = int(percent) if whole else int(percent.scaleb(-_FINEST))
    return iso2.Cost(cost_kind="relativePricePercentage", amount=amount, amount_multiplier=0 if whole else _FINEST)
