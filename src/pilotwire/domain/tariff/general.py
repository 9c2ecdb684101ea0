"""The general tariff: what a backend prices sessions by, whatever protocol its station speaks, and what it is called in OCPP 2.1.

It says all that a tariff of 2.1 says, and besides: a price of the whole stay, steps in which a quantity is counted, a least and a most
of each part, taxes of each price or within it, how limits of the total count, an expired reservation, and the stated rounding. Prices
of time are of an hour: the price of a minute in 2.1 is exact as one of an hour, but not the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from pilotwire.domain.kinds import Value
from pilotwire.domain.tariff.money import Rounding
from pilotwire.domain.tariff.tariffs import (
    Conditions,
    EnergyPrice,
    EnergyPrices,
    FixedConditions,
    FixedPrice,
    FixedPrices,
    Price,
    Tariff,
    TariffMisfit,
    TariffText,
    TaxRate,
    TimePrice,
    TimePrices,
    condition_misfits,
    misfits,
)

MINUTES: Final = 60
RUNNING: Final = ("energy", "charging_time", "idle_time", "parking_time")
"""Parts that are priced as the session goes on."""
RESERVED: Final = ("reservation_time", "expired_time")
FIXED: Final = ("fixed_fee", "reservation_fixed", "expired_fixed")
_IN_21: Final = ("energy", "charging_time", "idle_time", "reservation_time")


class TaxesInPrices(StrEnum):
    """Whether the prices of a tariff hold their taxes already (OCPI 2.3 `tax_included`); NONE: there are no taxes on it."""

    EXCLUDED = "Excluded"
    INCLUDED = "Included"
    NONE = "None"


class CostLimits(StrEnum):
    """How a least and a most of the total count that are given both without tax and with tax.

    TOGETHER: once either is reached nothing more is counted, and either sum below its least is replaced by both (2.1: I12.FR.38,
    I12.FR.39). APART: the sum without tax and the one with tax are each kept within their own (OCPI `min_price`, `max_price`).
    """

    TOGETHER = "Together"
    APART = "Apart"


class TariffPurpose(StrEnum):
    """For whom a tariff is, as in OCPI TariffType."""

    AD_HOC_PAYMENT = "AdHocPayment"
    PROFILE_CHEAP = "ProfileCheap"
    PROFILE_FAST = "ProfileFast"
    PROFILE_GREEN = "ProfileGreen"
    REGULAR = "Regular"


class Rate(Value):
    """A price of a kWh or an hour, and when it counts.

    `step`: the quantity of the session is rounded up to a multiple of so many Wh or seconds, if this price was the last that counted
    (OCPI `step_size`). None: every bit counts as it is.
    """

    price: Decimal
    conditions: Conditions | None = None
    tax_rates: tuple[TaxRate, ...] = ()
    step: int | None = None


class Rates(Value):
    """Prices of one part: the first whose conditions hold counts. `least` and `most` of the part are in the terms of its prices."""

    prices: tuple[Rate, ...]
    least: Decimal | None = None
    most: Decimal | None = None


class FixedRate(Value):
    """A price to be paid once."""

    price: Decimal
    conditions: FixedConditions | None = None
    tax_rates: tuple[TaxRate, ...] = ()


class FixedRates(Value):
    """Prices to be paid once: the first whose conditions hold is."""

    prices: tuple[FixedRate, ...]


class GeneralTariff(Value):
    """A tariff in one currency.

    `energy` is by the kWh, times are by the hour: `charging_time` while energy flows, `idle_time` while it does not (OCPI PARKING_TIME),
    `parking_time` as long as the place is taken, with energy and without. `reservation_time` is how long the place was kept before;
    `expired_time` and `expired_fixed` are of a reservation that nobody came for. `valid_from` (inclusive) and `valid_to` are in system
    time.
    """

    tariff_id: str
    currency: str
    description: tuple[TariffText, ...] = ()
    url: str | None = None
    purpose: TariffPurpose | None = None
    energy: Rates | None = None
    charging_time: Rates | None = None
    idle_time: Rates | None = None
    parking_time: Rates | None = None
    fixed_fee: FixedRates | None = None
    reservation_time: Rates | None = None
    reservation_fixed: FixedRates | None = None
    expired_time: Rates | None = None
    expired_fixed: FixedRates | None = None
    min_cost: Price | None = None
    max_cost: Price | None = None
    limits: CostLimits = CostLimits.TOGETHER
    taxes: TaxesInPrices = TaxesInPrices.EXCLUDED
    rounding: Rounding = Rounding()
    valid_from: datetime | None = None
    valid_to: datetime | None = None


# --- what it must keep ----------------------------------------------------------------------------------------------


def general_misfits(tariff: GeneralTariff) -> tuple[TariffMisfit, ...]:
    """All reasons why sessions cannot be priced by this."""
    return tuple(_misfits(tariff))


def _misfits(tariff: GeneralTariff) -> Iterator[TariffMisfit]:
    whole = Tariff(
        tariff_id=tariff.tariff_id, currency=tariff.currency, min_cost=tariff.min_cost, max_cost=tariff.max_cost
    )
    yield from misfits(whole)
    for name in (*RUNNING, *RESERVED, *FIXED):
        part: Rates | FixedRates | None = getattr(tariff, name)
        if part is None:
            continue
        prices: tuple[Rate | FixedRate, ...] = part.prices
        if not prices:
            yield TariffMisfit(where=f"{name}.prices", what="there is at least one price", rule="I07.FR.05")
        for number, rate in enumerate(prices):
            where = f"{name}.prices[{number}]"
            if rate.conditions is not None:
                yield from condition_misfits(f"{where}.conditions", rate.conditions)
            if isinstance(rate, Rate) and rate.step is not None and rate.step < 1:
                what = f"a step is at least 1 Wh or 1 second, not {rate.step}"
                yield TariffMisfit(where=f"{where}.step", what=what, rule="OCPI PriceComponent")
        if isinstance(part, Rates) and part.least is not None and part.most is not None and part.least > part.most:
            what = f"{part.most} is less than the least, {part.least}"
            yield TariffMisfit(where=f"{name}.most", what=what, rule="GeneralTariff")
    if tariff.rounding.unit is not None and tariff.rounding.unit <= 0:
        what = f"amounts cannot be multiples of {tariff.rounding.unit}"
        yield TariffMisfit(where="rounding.unit", what=what, rule="GeneralTariff")
    if tariff.valid_from is not None and tariff.valid_to is not None and tariff.valid_from >= tariff.valid_to:
        yield TariffMisfit(where="valid_to", what="it is not after valid_from", rule="GeneralTariff")


# --- from and to a tariff of 2.1 ------------------------------------------------------------------------------------


def general_of(tariff: Tariff) -> GeneralTariff:
    """A tariff of 2.1 as a general one; nothing is lost."""

    def times(part: TimePrices | None) -> Rates | None:
        if part is None:
            return None
        rates = part.tax_rates
        return Rates(
            prices=tuple(
                Rate(price=one.price_minute * MINUTES, conditions=one.conditions, tax_rates=rates)
                for one in part.prices
            )
        )

    def fixed(part: FixedPrices | None) -> FixedRates | None:
        if part is None:
            return None
        rates = part.tax_rates
        return FixedRates(
            prices=tuple(
                FixedRate(price=one.price_fixed, conditions=one.conditions, tax_rates=rates) for one in part.prices
            )
        )

    def energy(part: EnergyPrices | None) -> Rates | None:
        if part is None:
            return None
        rates = part.tax_rates
        return Rates(
            prices=tuple(Rate(price=one.price_kwh, conditions=one.conditions, tax_rates=rates) for one in part.prices)
        )

    return GeneralTariff(
        tariff_id=tariff.tariff_id,
        currency=tariff.currency,
        description=tariff.description,
        energy=energy(tariff.energy),
        charging_time=times(tariff.charging_time),
        idle_time=times(tariff.idle_time),
        fixed_fee=fixed(tariff.fixed_fee),
        reservation_time=times(tariff.reservation_time),
        reservation_fixed=fixed(tariff.reservation_fixed),
        min_cost=tariff.min_cost,
        max_cost=tariff.max_cost,
        valid_from=tariff.valid_from,
    )


class LocalTariff(Value):
    """A general tariff as one of 2.1, and by name what 2.1 has no words for and is not in it."""

    tariff: Tariff
    unsaid: tuple[str, ...] = ()


def local_tariff(tariff: GeneralTariff) -> LocalTariff:
    """What a station of 2.1 can be told of a general tariff. With `unsaid` it would work out other costs: it is not to be sent."""
    unsaid = list(_unsaid_of_whole(tariff))
    parts = {name: _rates_in_21(tariff, name, unsaid) for name in _IN_21}
    fixed = {name: _fixed_in_21(tariff, name, unsaid) for name in FIXED[:2]}
    energy = parts["energy"]
    said = Tariff(
        tariff_id=tariff.tariff_id,
        currency=tariff.currency,
        description=tariff.description,
        energy=None if energy is None else _energy_in_21(*energy),
        valid_from=tariff.valid_from,
        charging_time=_time_in_21("charging_time", parts, unsaid),
        idle_time=_time_in_21("idle_time", parts, unsaid),
        fixed_fee=fixed["fixed_fee"],
        reservation_time=_time_in_21("reservation_time", parts, unsaid),
        reservation_fixed=fixed["reservation_fixed"],
        min_cost=tariff.min_cost,
        max_cost=tariff.max_cost,
    )
    return LocalTariff(tariff=said, unsaid=tuple(unsaid))


def _unsaid_of_whole(tariff: GeneralTariff) -> Iterator[str]:
    wordless = {
        "url": "an address with an explanation",
        "purpose": "for whom a tariff is",
        "valid_to": "when a tariff ceases to be valid",
        "parking_time": "a price of the whole stay",
        "expired_time": "a price of a reservation that nobody came for",
        "expired_fixed": "a fee for a reservation that nobody came for",
    }
    yield from (f"{name}: OCPP 2.1 has no word for {what}." for name, what in wordless.items() if getattr(tariff, name))
    if tariff.taxes is TaxesInPrices.INCLUDED:
        yield "taxes: prices of OCPP 2.1 are without tax."
    if tariff.taxes is TaxesInPrices.NONE:
        yield "taxes: OCPP 2.1 does not tell that there are none on a tariff."
    if tariff.rounding != Rounding():
        yield "rounding: OCPP 2.1 does not tell how amounts are rounded."
    if tariff.limits is CostLimits.APART and (tariff.min_cost is not None or tariff.max_cost is not None):
        yield "limits: in OCPP 2.1 a least and a most count without tax and with tax together."
    elif tariff.limits is CostLimits.APART:
        yield "limits: OCPP 2.1 knows limits of the total together only."


def _rates_in_21(
    tariff: GeneralTariff, name: str, unsaid: list[str]
) -> tuple[tuple[Rate, ...], tuple[TaxRate, ...]] | None:
    part: Rates | None = getattr(tariff, name)
    if part is None:
        return None
    if any(rate.step is not None for rate in part.prices):
        unsaid.append(f"{name}.step: OCPP 2.1 counts every Wh and second as it is.")
    unsaid += [
        f"{name}.{limit}: OCPP 2.1 limits the total only."
        for limit in ("least", "most")
        if getattr(part, limit) is not None
    ]
    return part.prices, _one_tax(name, part, unsaid)


def _one_tax(name: str, part: Rates | FixedRates, unsaid: list[str]) -> tuple[TaxRate, ...]:
    taxes = {rate.tax_rates for rate in part.prices}
    if len(taxes) > 1:
        unsaid.append(f"{name}.tax_rates: in OCPP 2.1 all prices of a part have the same taxes.")
    return part.prices[0].tax_rates if part.prices else ()


def _energy_in_21(prices: tuple[Rate, ...], taxes: tuple[TaxRate, ...]) -> EnergyPrices:
    said = tuple(EnergyPrice(price_kwh=rate.price, conditions=rate.conditions) for rate in prices)
    return EnergyPrices(prices=said, tax_rates=taxes)


def _time_in_21(
    name: str, parts: dict[str, tuple[tuple[Rate, ...], tuple[TaxRate, ...]] | None], unsaid: list[str]
) -> TimePrices | None:
    part = parts[name]
    if part is None:
        return None
    prices, taxes = part
    said: list[TimePrice] = []
    for rate in prices:
        minute = rate.price / MINUTES
        if Fraction(minute) * MINUTES != Fraction(rate.price):
            unsaid.append(f"{name}.price: {rate.price} an hour is no exact price of a minute, as OCPP 2.1 has it.")
        said.append(TimePrice(price_minute=minute, conditions=rate.conditions))
    return TimePrices(prices=tuple(said), tax_rates=taxes)


def _fixed_in_21(tariff: GeneralTariff, name: str, unsaid: list[str]) -> FixedPrices | None:
    part: FixedRates | None = getattr(tariff, name)
    if part is None:
        return None
    said = tuple(FixedPrice(price_fixed=rate.price, conditions=rate.conditions) for rate in part.prices)
    return FixedPrices(prices=said, tax_rates=_one_tax(name, part, unsaid))
