"""A tariff: prices of energy, time and reservation in one currency (TariffType of 2.1), and the rules it must keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from pilotwire.domain.kinds import Value

_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
MOST_TAX_RATES: Final = 5
MOST_DESCRIPTIONS: Final = 10


class DayOfWeek(StrEnum):
    """As in DayOfWeekEnumType."""

    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"


class EvseKind(StrEnum):
    """As in EvseKindEnumType."""

    AC = "AC"
    DC = "DC"


class TextFormat(StrEnum):
    """As in MessageFormatEnumType."""

    ASCII = "ASCII"
    HTML = "HTML"
    URI = "URI"
    UTF8 = "UTF8"
    QRCODE = "QRCODE"


class TariffText(Value):
    """A text for the driver, in a language (an RFC 5646 tag)."""

    content: str
    format: TextFormat = TextFormat.UTF8
    language: str | None = None


class TaxRate(Value):
    """A tax in percent; those of a higher `stack` are put on top of those below."""

    type: str
    tax: Decimal
    stack: int | None = None


class Price(Value):
    """An amount without and with tax."""

    excl_tax: Decimal | None = None
    incl_tax: Decimal | None = None
    tax_rates: tuple[TaxRate, ...] = ()


class Conditions(Value):
    """When a price applies: each that is given must hold. Times of day and dates are local (I07.FR.17).

    Energy in Wh, current in A, power in W, times in seconds.
    """

    start_time_of_day: str | None = None
    end_time_of_day: str | None = None
    day_of_week: tuple[DayOfWeek, ...] = ()
    valid_from_date: str | None = None
    valid_to_date: str | None = None
    evse_kind: EvseKind | None = None
    min_energy: Decimal | None = None
    max_energy: Decimal | None = None
    min_current: Decimal | None = None
    max_current: Decimal | None = None
    min_power: Decimal | None = None
    max_power: Decimal | None = None
    min_time: int | None = None
    max_time: int | None = None
    min_charging_time: int | None = None
    max_charging_time: int | None = None
    min_idle_time: int | None = None
    max_idle_time: int | None = None


class FixedConditions(Value):
    """When a fixed price applies."""

    start_time_of_day: str | None = None
    end_time_of_day: str | None = None
    day_of_week: tuple[DayOfWeek, ...] = ()
    valid_from_date: str | None = None
    valid_to_date: str | None = None
    evse_kind: EvseKind | None = None
    payment_brand: str | None = None
    payment_recognition: str | None = None


class EnergyPrice(Value):
    """A price of a kWh."""

    price_kwh: Decimal
    conditions: Conditions | None = None


class TimePrice(Value):
    """A price of a minute."""

    price_minute: Decimal
    conditions: Conditions | None = None


class FixedPrice(Value):
    """A price to be paid once."""

    price_fixed: Decimal
    conditions: FixedConditions | None = None


class EnergyPrices(Value):
    """Prices of energy: the first whose conditions hold counts (I12.FR.34)."""

    prices: tuple[EnergyPrice, ...]
    tax_rates: tuple[TaxRate, ...] = ()


class TimePrices(Value):
    """Prices of time: the first whose conditions hold counts (I12.FR.34)."""

    prices: tuple[TimePrice, ...]
    tax_rates: tuple[TaxRate, ...] = ()


class FixedPrices(Value):
    """Prices to be paid once."""

    prices: tuple[FixedPrice, ...]
    tax_rates: tuple[TaxRate, ...] = ()


class Tariff(Value):
    """TariffType. Prices are without tax; tariffs that differ have different ids (I08.FR.08).

    `valid_from` is in system time (I07.FR.18).
    """

    tariff_id: str
    currency: str
    description: tuple[TariffText, ...] = ()
    energy: EnergyPrices | None = None
    valid_from: datetime | None = None
    charging_time: TimePrices | None = None
    idle_time: TimePrices | None = None
    fixed_fee: FixedPrices | None = None
    reservation_time: TimePrices | None = None
    reservation_fixed: FixedPrices | None = None
    min_cost: Price | None = None
    max_cost: Price | None = None


_PARTS: Final = ("energy", "charging_time", "idle_time", "fixed_fee", "reservation_time", "reservation_fixed")
_RANGES: Final = ("energy", "current", "power", "time", "charging_time", "idle_time")


class TariffMisfit(Value):
    """Why a tariff must not be sent: the member, what is wrong with it, and the rule."""

    where: str
    what: str
    rule: str


def elements_of(tariff: Tariff) -> int:
    """How many price elements it has: what a station's limit counts (I07.FR.02)."""
    return sum(len(part.prices) for name in _PARTS if (part := getattr(tariff, name)) is not None)


def has_conditions(tariff: Tariff) -> bool:
    """Whether a price has conditions, which not every station can evaluate (I07.FR.03)."""
    parts = (getattr(tariff, name) for name in _PARTS)
    return any(price.conditions is not None for part in parts if part is not None for price in part.prices)


def misfits(tariff: Tariff) -> tuple[TariffMisfit, ...]:
    """All reasons why a station would reject this as an invalid structure (I07.FR.05)."""
    return (*_of_whole(tariff), *_of_parts(tariff), *_of_costs(tariff))


def _of_whole(tariff: Tariff) -> Iterator[TariffMisfit]:
    if not _CURRENCY.fullmatch(tariff.currency):
        yield _misfit("currency", f"{tariff.currency!r} is no ISO 4217 code like EUR")
    if len(tariff.description) > MOST_DESCRIPTIONS:
        yield _misfit("description", f"there are at most {MOST_DESCRIPTIONS} texts")


def _of_parts(tariff: Tariff) -> Iterator[TariffMisfit]:
    for name in _PARTS:
        part = getattr(tariff, name)
        if part is None:
            continue
        if not part.prices:
            yield _misfit(f"{name}.prices", "there is at least one price")
        yield from _of_taxes(f"{name}.tax_rates", part.tax_rates)
        for number, price in enumerate(part.prices):
            if price.conditions is not None:
                yield from condition_misfits(f"{name}.prices[{number}].conditions", price.conditions)


def condition_misfits(where: str, conditions: Conditions | FixedConditions) -> Iterator[TariffMisfit]:
    """What is wrong with conditions that are at `where` in a tariff."""
    for name in ("start_time_of_day", "end_time_of_day"):
        told = getattr(conditions, name)
        if told is not None and not _TIME.fullmatch(told):
            yield _misfit(f"{where}.{name}", f"{told!r} is no local time like 07:30", "I07.FR.17")
    for name in ("valid_from_date", "valid_to_date"):
        told = getattr(conditions, name)
        if told is not None and not _is_date(told):
            yield _misfit(f"{where}.{name}", f"{told!r} is no date like 2030-01-31", "I07.FR.17")
    for name in _RANGES:
        low, high = getattr(conditions, f"min_{name}", None), getattr(conditions, f"max_{name}", None)
        if low is None or high is None:
            continue
        if low * high < 0:
            yield _misfit(
                f"{where}.max_{name}", f"from {low} to {high} is energy that flows in and energy that flows back"
            )
        elif abs(low) >= abs(high):  # the least is the one closest to zero, also of energy that flows back
            yield _misfit(f"{where}.max_{name}", f"from {low} to less than {high} is nothing")


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _of_costs(tariff: Tariff) -> Iterator[TariffMisfit]:
    for name in ("min_cost", "max_cost"):
        price = getattr(tariff, name)
        if price is not None:
            yield from _of_taxes(f"{name}.tax_rates", price.tax_rates)
            if price.excl_tax is None and price.incl_tax is None:
                yield _misfit(name, "it is given without tax, with tax, or both", "PriceType")
    low, high = tariff.min_cost, tariff.max_cost
    if low is None or high is None:
        return
    for name in ("excl_tax", "incl_tax"):
        least, most = getattr(low, name), getattr(high, name)
        if least is not None and most is not None and least > most:
            yield _misfit(f"max_cost.{name}", f"{most} is less than the least cost, {least}")


def _of_taxes(where: str, rates: tuple[TaxRate, ...]) -> Iterator[TariffMisfit]:
    if len(rates) > MOST_TAX_RATES:
        yield _misfit(where, f"there are at most {MOST_TAX_RATES} tax rates")


def _misfit(where: str, what: str, rule: str = "I07.FR.05") -> TariffMisfit:
    return TariffMisfit(where=where, what=what, rule=rule)
