"""Short words for tariffs and sessions in tests of prices: amounts as text, times in minutes since the beginning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from pilotwire.domain.tariff.general import FixedRate, FixedRates, GeneralTariff, Rate, Rates
from pilotwire.domain.tariff.money import Rounding
from pilotwire.domain.tariff.priced import PricedSession, priced
from pilotwire.domain.tariff.sessions import Session, SessionReading, TariffFrom
from pilotwire.domain.tariff.tariffs import Conditions, FixedConditions, TaxRate

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def d(number: str | float) -> Decimal:
    """A decimal."""
    return Decimal(str(number))


def vat(percent: str | float | None) -> tuple[TaxRate, ...]:
    """A VAT, or none."""
    return () if percent is None else (TaxRate(type="VAT", tax=d(percent)),)


def rate(price: str | float, percent: str | float | None = None, step: int | None = None, **conditions: Any) -> Rate:
    """A price with its VAT, step and conditions."""
    when = Conditions(**conditions) if conditions else None
    return Rate(price=d(price), conditions=when, tax_rates=vat(percent), step=step)


def rates(*prices: Rate, least: str | None = None, most: str | None = None) -> Rates:
    """Prices of a part."""
    return Rates(prices=prices, least=None if least is None else d(least), most=None if most is None else d(most))


def fee(price: str | float, percent: str | float | None = None, **conditions: Any) -> FixedRates:
    """A price to be paid once."""
    when = FixedConditions(**conditions) if conditions else None
    return FixedRates(prices=(FixedRate(price=d(price), conditions=when, tax_rates=vat(percent)),))


def tariff(**parts: Any) -> GeneralTariff:
    """A tariff in euro whose amounts are told to a tenth of a cent, so that nothing of an example is rounded away."""
    return GeneralTariff(**({"tariff_id": "T", "currency": "EUR", "rounding": Rounding(unit=d("0.001"))} | parts))


def reading(minutes: float, wh: float | str | None = None, begin: datetime = MONDAY, **more: Any) -> SessionReading:
    """A reading so many minutes after the beginning."""
    at = begin + timedelta(minutes=minutes)
    return SessionReading(at=at, register=None if wh is None else d(wh), **more)


def session(tariff: GeneralTariff, *readings: SessionReading, begin: datetime = MONDAY, **more: Any) -> Session:
    """A session that ends with its last reading."""
    fields: dict[str, Any] = {
        "begin": begin,
        "end": max(one.at for one in readings),
        "tariffs": (TariffFrom(at=begin, tariff=tariff),),
        "readings": readings,
    }
    return Session(**(fields | more))


def price(tariff: GeneralTariff, *readings: SessionReading, **more: Any) -> PricedSession:
    """What a session comes to."""
    found = priced(session(tariff, *readings, **more))
    assert found is not None
    return found


def totals(found: PricedSession) -> tuple[str, str]:
    """The totals without and with tax, as short as they can be written."""
    return shortest(found.excl_tax), shortest(found.incl_tax)


def shortest(number: Decimal) -> str:
    """A number without zeros at its end."""
    return f"{number.normalize():f}"
