"""Price schedules of ISO 15118-20 from what a tariff of OCPP will cost (`outlook`).

Fees are written without tax and with the taxes as rules of their own; what a charge costs at least, at most and once is written with tax,
for no tax rule reaches fees of services. Numbers are exact: a value of 16 bits with a power of ten; what has more digits is not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from pilotwire.domain.tariff import Price, Tariff, TariffText, TaxRate
from pilotwire.domain.tariff.bills import with_taxes
from pilotwire.domain.tariff.conditions import FixedFacts, Moment, applies_fixed
from pilotwire.domain.tariff.tariffs import FixedConditions, TextFormat
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import RationalNumber
from pilotwire.station.core.applying_tariff import ApplyingTariff
from pilotwire.station.secc.outlook import Outlook, Rule, Unsayable

BY_POWER: Final = "urn:iso:std:iso:15118:-20:PriceAlgorithm:1-Power"
"""The rule of the power that flows counts for all of it, as the conditions `minPower` and `maxPower` of OCPP have it."""
A_MINUTE: Final = 60
"""ParkingFeePeriod: tariffs of OCPP have prices of minutes."""
MOST_STRETCHES: Final = 1024
_MOST_RULES: Final = 8
_MOST_TAXES: Final = 10
_MOST_LEVELS: Final = 255
_VALUES: Final = range(-32_768, 32_768)
_EXPONENTS: Final = range(-128, 128)
_HUNDRED: Final = Decimal(100)
_PLAIN: Final = frozenset({TextFormat.UTF8, TextFormat.ASCII})
_LONGEST_TEXT: Final = 160
_LONGEST_NAME: Final = 80


def exact(amount: Decimal, what: str) -> RationalNumber:
    """A number as RationalNumberType has it, no less and no more. Raises Unsayable, which begins with `what`, if it has too many digits."""
    sign, digits, exponent = amount.normalize().as_tuple()
    value = int("".join(map(str, digits)) or "0") * (-1 if sign else 1)
    if not isinstance(exponent, int):
        raise Unsayable(f"{what}, {amount}, is no number.")
    while exponent > 0 and value * 10 in _VALUES:
        value, exponent = value * 10, exponent - 1
    if value not in _VALUES or exponent not in _EXPONENTS:
        raise Unsayable(f"{what}, {amount}, has more digits than ISO 15118-20 can write.")
    return RationalNumber(exponent=exponent if value else 0, value=value)


def absolute(
    ahead: Outlook, applying: ApplyingTariff, anchor: int, number: int
) -> tuple[cm.AbsolutePriceSchedule, tuple[str, ...]]:
    """The prices as AbsolutePriceSchedule, and remarks on what is not in it.

    `anchor`: the moment its stretches count from, in seconds since 1970. `number`: its id. Raises Unsayable.
    """
    return _Absolute(ahead, applying).made(anchor, number)


def levels(ahead: Outlook, whole: Outlook, anchor: int, number: int) -> cm.PriceLevelSchedule:
    """The prices of a kWh by rank among those of `whole`, the cheapest being 1. Raises Unsayable if a price depends on the power."""
    ranks = ranks_of(whole)
    entries = [
        cm.PriceLevelScheduleEntry(duration=seconds, price_level=ranks[stretch.kwh])
        for stretch, seconds in ahead.lasting()
        if stretch.kwh is not None
    ]
    return cm.PriceLevelSchedule(
        time_anchor=anchor,
        price_schedule_id=number,
        price_schedule_description=described(ahead.tariff),
        number_of_price_levels=len(ranks),
        price_level_schedule_entries=cm.PriceLevelScheduleEntryList(price_level_schedule_entry=entries),
    )


def ranks_of(ahead: Outlook) -> dict[Decimal, int]:
    """Each price of a kWh with its rank, the cheapest 1. Raises Unsayable if one depends on the power: a level has no word for that."""
    prices = {one.kwh for one in ahead.stretches}
    if None in prices:
        raise Unsayable(
            f"The price of a kWh by the tariff {ahead.tariff.tariff_id} depends on the power: it has no level."
        )
    ranked = {price: rank for rank, price in enumerate(sorted(one for one in prices if one is not None), 1)}
    if len(ranked) > _MOST_LEVELS:
        raise Unsayable(f"The tariff {ahead.tariff.tariff_id} has more than {_MOST_LEVELS} prices of a kWh.")
    return ranked


def described(tariff: Tariff) -> str | None:
    """The first text for the driver that is no more than text, cut to 160 characters."""
    text = _text(tariff)
    return None if text is None else text.content[:_LONGEST_TEXT]


def _text(tariff: Tariff) -> TariffText | None:
    return next((one for one in tariff.description if one.format in _PLAIN), None)


def _language(tariff: Tariff) -> str:
    """A code of ISO 639, of the description."""
    text = _text(tariff)
    told = (text.language if text is not None else None) or "en"
    code = told.partition("-")[0].lower()
    return code if len(code) in (2, 3) else "en"


class _Absolute:
    """One AbsolutePriceSchedule."""

    def __init__(self, ahead: Outlook, applying: ApplyingTariff) -> None:
        self._ahead = ahead
        self._applying = applying
        self._tariff = ahead.tariff
        self._remarks: dict[str, None] = dict.fromkeys(ahead.remarks)
        self._parking = self._parks()

    def made(self, anchor: int, number: int) -> tuple[cm.AbsolutePriceSchedule, tuple[str, ...]]:
        """It, and the remarks."""
        tariff = self._tariff
        stacks = [
            cm.PriceRuleStack(duration=seconds, price_rule=self._rules(stretch.rules))
            for stretch, seconds in self._ahead.lasting()
        ]
        services = list(self._services())
        schedule = cm.AbsolutePriceSchedule(
            time_anchor=anchor,
            price_schedule_id=number,
            price_schedule_description=described(tariff),
            currency=tariff.currency,
            language=_language(tariff),
            price_algorithm=BY_POWER,
            minimum_cost=self._total(tariff.min_cost, "The least cost of a charge"),
            maximum_cost=self._total(tariff.max_cost, "The highest cost of a charge"),
            tax_rules=self._taxes(),
            price_rule_stacks=cm.PriceRuleStackList(price_rule_stack=stacks),
            additional_selected_services=cm.AdditionalServiceList(additional_service=services) if services else None,
        )
        return schedule, tuple(self._remarks)

    # --- fees ---

    def _rules(self, rules: Sequence[Rule]) -> list[cm.PriceRule]:
        made: list[cm.PriceRule] = []
        for one in rules:
            fee = exact(one.minute, "The price of a minute") if self._parking and one.minute else None
            rule = cm.PriceRule(
                energy_fee=exact(one.kwh, "The price of a kWh"),
                parking_fee=fee,
                parking_fee_period=None if fee is None else A_MINUTE,
                power_range_start=exact(one.power, "A power from which another price counts"),
            )
            if not made or not _alike(rule, made[-1]):
                made.append(rule)
        if len(made) > _MOST_RULES:
            raise Unsayable(f"The tariff {self._tariff.tariff_id} has other prices for more than {_MOST_RULES} powers.")
        return made

    def _parks(self) -> bool:
        """Whether prices of time can be told: they are, unless their taxes differ or they have too many digits."""
        parts = [one for one in (self._tariff.charging_time, self._tariff.idle_time) if one is not None]
        if len({frozenset(_effective(one.tax_rates)) for one in parts}) > 1:
            self._remarks["Prices of time are not told: time with and without energy is taxed in different ways."] = (
                None
            )
            return False
        try:
            for stretch in self._ahead.stretches:
                for rule in stretch.rules:
                    exact(rule.minute, "The price of a minute")
        except Unsayable as error:
            self._remarks[f"Prices of time are not told: {error}"] = None
            return False
        return any(rule.minute for stretch in self._ahead.stretches for rule in stretch.rules)

    # --- taxes ---

    def _taxes(self) -> cm.TaxRuleList | None:
        tariff = self._tariff
        energy = dict.fromkeys(_effective(() if tariff.energy is None else tariff.energy.tax_rates))
        part = tariff.charging_time or tariff.idle_time if self._parking else None
        time = dict.fromkeys(_effective(() if part is None else part.tax_rates))
        rules = [
            cm.TaxRule(
                tax_rule_id=place,
                tax_rule_name=name[:_LONGEST_NAME],
                tax_rate=exact(rate, f"The rate of the tax {name}"),
                tax_included_in_price=False,
                applies_to_energy_fee=(name, rate) in energy,
                applies_to_parking_fee=(name, rate) in time,
                applies_to_overstay_fee=False,
                applies_minimum_maximum_cost=False,
            )
            for place, (name, rate) in enumerate({**energy, **time}, 1)
        ]
        if len(rules) > _MOST_TAXES:
            raise Unsayable(f"The tariff {tariff.tariff_id} has more than {_MOST_TAXES} taxes.")
        return cm.TaxRuleList(tax_rule=rules) if rules else None

    # --- costs of the whole charge, with tax ---

    def _total(self, price: Price | None, what: str) -> RationalNumber | None:
        if price is None:
            return None
        if price.incl_tax is not None:
            return self._or_none(price.incl_tax, what)
        assert price.excl_tax is not None  # a tariff without either is not installed (I07.FR.05)
        return self._or_none(with_taxes(price.excl_tax, price.tax_rates), what)

    def _or_none(self, amount: Decimal, what: str) -> RationalNumber | None:
        try:
            return exact(amount, what)
        except Unsayable as error:
            self._remarks[f"{error} It is not told."] = None
            return None

    def _services(self) -> Iterator[cm.AdditionalService]:
        """Fees that are paid once: those on the bill, or that will be."""
        for name, amount in self._once():
            fee = self._or_none(amount, f"The {name.lower()}")
            if fee is not None and fee.value:
                yield cm.AdditionalService(service_name=name, service_fee=fee)

    def _once(self) -> Iterator[tuple[str, Decimal]]:
        bill = self._applying.bill
        if bill is not None:
            for name, kinds in (
                ("Fixed fee", {"fixed"}),
                ("Reservation fee", {"reservation_fixed", "reservation_time"}),
            ):
                amounts = [with_taxes(one.excl_tax, one.tax_rates) for one in bill.items if one.kind in kinds]
                if amounts:
                    yield name, sum(amounts, Decimal(0))
            return
        part = self._tariff.fixed_fee
        for price in () if part is None else part.prices:
            if _by_card(price.conditions):
                self._remarks["The fixed fee is not told: it depends on the card that is paid with."] = None
                return
            if part is not None and applies_fixed(price.conditions, self._now(), FixedFacts()):
                yield "Fixed fee", with_taxes(price.price_fixed, part.tax_rates)
                return

    def _now(self) -> Moment:
        applying = self._applying
        local = (applying.at + applying.offset).replace(tzinfo=None)
        return Moment(at=applying.at, local=local, register=Decimal(0), charging=False, evse_kind=applying.evse_kind)


def _by_card(conditions: FixedConditions | None) -> bool:
    return conditions is not None and (conditions.payment_brand or conditions.payment_recognition) is not None


def _alike(one: cm.PriceRule, other: cm.PriceRule) -> bool:
    return (one.energy_fee, one.parking_fee) == (other.energy_fee, other.parking_fee)


def _effective(rates: tuple[TaxRate, ...]) -> list[tuple[str, Decimal]]:
    """Taxes by name with their rate on the price itself: one that is put on other taxes (`stack`) is the higher for it."""
    found: dict[str, Decimal] = {}
    factor = Decimal(1)
    for stack in sorted({one.stack or 0 for one in rates}):
        here = [one for one in rates if (one.stack or 0) == stack]
        for one in here:
            found[one.type] = found.get(one.type, Decimal(0)) + one.tax * factor
        factor += factor * sum((one.tax for one in here), Decimal(0)) / _HUNDRED
    return [(name, rate.normalize()) for name, rate in found.items()]
