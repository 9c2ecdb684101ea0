"""A general tariff as an OCPI Tariff: one element for each price, in the order in which they are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from pilotwire.dialects.ocpi.editions import (
    CALENDAR,
    DAYS,
    DURATIONS,
    FIXED,
    PURPOSES,
    QUANTITIES,
    RESERVED,
    RUNNING,
    TARIFFS,
    TAXES,
    Edition,
    Party,
    to_milliseconds,
    to_places,
    valid,
)
from pilotwire.domain.kinds import Value
from pilotwire.domain.tariff import Conditions, FixedConditions, Price, TariffText, TaxRate, TextFormat
from pilotwire.domain.tariff.general import CostLimits, FixedRate, GeneralTariff, Rate, TaxesInPrices
from pilotwire.domain.tariff.money import Rounding, tax_factor
from pilotwire.ocpi import parts, v23, v221

_T = TypeVar("_T")
_UNSAYABLE = ("evse_kind", "min_charging_time", "max_charging_time", "min_idle_time", "max_idle_time")
_UNSAYABLE_FIXED = ("evse_kind", "payment_brand", "payment_recognition")
VAT = "VAT"
_HUNDRED = 100


class Written(Value, Generic[_T]):
    """What was written, if anything could be, and by name what OCPI has no words for and is not in it."""

    object: _T | None
    unsaid: tuple[str, ...] = ()


WrittenTariff = Written[v221.Tariff | v23.Tariff]


def write_tariff(tariff: GeneralTariff, edition: Edition, party: Party, last_updated: datetime) -> WrittenTariff:
    """An OCPI Tariff. With `unsaid` it is not the same tariff: others would come to other prices by it, or know less of it."""
    unsaid = list(_unsaid_of_whole(tariff, edition))
    elements = [*_elements(tariff, unsaid)]
    if not elements:
        unsaid.append("OCPI has no tariff without a price; one that is free of charge has a fixed fee of 0.")
    values: dict[str, Any] = {
        "country_code": party.country_code,
        "party_id": party.party_id,
        "id": tariff.tariff_id,
        "currency": tariff.currency,
        "elements": tuple(elements),
        "last_updated": to_milliseconds(last_updated),
        "type": None if tariff.purpose is None else PURPOSES[tariff.purpose],
        "tariff_alt_text": tuple(_texts(tariff.description, unsaid)),
        "tariff_alt_url": tariff.url,
        "min_price": _limit("min_cost", tariff.min_cost, edition, unsaid),
        "max_price": _limit("max_cost", tariff.max_cost, edition, unsaid),
        "start_date_time": _moment("valid_from", tariff.valid_from, unsaid),
        "end_date_time": _moment("valid_to", tariff.valid_to, unsaid),
    }
    if edition is Edition.V23:
        values["tax_included"] = TAXES[tariff.taxes]
    written: Any = valid(TARIFFS[edition], values, unsaid) if elements else None
    return Written(object=written, unsaid=tuple(unsaid))


def _unsaid_of_whole(tariff: GeneralTariff, edition: Edition) -> Iterator[str]:
    if tariff.parking_time is not None:
        yield "parking_time: OCPI has no price of the whole stay (its PARKING_TIME is time without energy: idle_time)."
    if tariff.rounding != Rounding():
        yield "rounding: OCPI does not tell how amounts are rounded."
    has_limit = tariff.min_cost is not None or tariff.max_cost is not None
    if has_limit and tariff.limits is CostLimits.TOGETHER:
        yield "limits: in OCPI the totals without and with tax each have a limit of their own."
    if not has_limit and tariff.limits is CostLimits.APART:
        yield "limits: OCPI tells them with a least or a most only."
    if edition is Edition.V221 and tariff.taxes is not TaxesInPrices.EXCLUDED:
        yield "taxes: prices of OCPI 2.2.1 are without tax."
    for name in (*RUNNING, *RESERVED):
        part = getattr(tariff, name)
        for limit in ("least", "most"):
            if part is not None and getattr(part, limit) is not None:
                yield f"{name}.{limit}: OCPI limits the total only."


def _moment(name: str, at: datetime | None, unsaid: list[str]) -> datetime | None:
    if at is None:
        return None
    told = to_milliseconds(at)
    if told != at:
        unsaid.append(f"{name}: OCPI tells times to the millisecond.")
    return told


def _texts(texts: tuple[TariffText, ...], unsaid: list[str]) -> Iterator[parts.DisplayText]:
    for number, text in enumerate(texts):
        if text.format is not TextFormat.UTF8:
            unsaid.append(f"description[{number}].format: texts of OCPI are plain, not {text.format}.")
        elif text.language is None or len(text.language) != 2:
            unsaid.append(
                f"description[{number}].language: OCPI has languages of two letters (ISO 639-1), not {text.language}."
            )
        else:
            yield parts.DisplayText(language=text.language, text=text.content)


def _limit(name: str, price: Price | None, edition: Edition, unsaid: list[str]) -> v221.Price | v23.PriceLimit | None:
    if price is None:
        return None
    if price.excl_tax is None:
        unsaid.append(f"{name}: OCPI has no limit of the amount with tax alone.")
        return None
    with_tax = price.incl_tax
    if price.tax_rates:
        unsaid.append(f"{name}.tax_rates: a limit of OCPI has no taxes, but an amount with them.")
        with_tax = price.excl_tax * tax_factor(price.tax_rates) if with_tax is None else with_tax
    excl = _number(f"{name}.excl_tax", price.excl_tax, unsaid)
    incl = None if with_tax is None else _number(f"{name}.incl_tax", with_tax, unsaid)
    if edition is Edition.V221:
        return v221.Price(excl_vat=excl, incl_vat=incl)
    return v23.PriceLimit(before_taxes=excl, after_taxes=incl)


def _number(where: str, number: Decimal, unsaid: list[str]) -> Decimal:
    told = to_places(number)
    if told != number:
        unsaid.append(f"{where}: OCPI has numbers of 4 decimals, not {number}.")
    return told


# --- elements -------------------------------------------------------------------------------------------------------


def _elements(tariff: GeneralTariff, unsaid: list[str]) -> Iterator[parts.TariffElement]:
    for name, reservation in FIXED.items():
        rates = getattr(tariff, name)
        for number, rate in enumerate(() if rates is None else rates.prices):
            yield _fixed(f"{name}.prices[{number}]", rate, reservation, unsaid)
    for name, kind in RESERVED.items():
        rates = getattr(tariff, name)
        for number, rate in enumerate(() if rates is None else rates.prices):
            yield _element(f"{name}.prices[{number}]", rate, parts.TariffDimensionType.TIME, kind, unsaid)
    for name, dimension in RUNNING.items():
        rates = getattr(tariff, name)
        for number, rate in enumerate(() if rates is None else rates.prices):
            yield _element(f"{name}.prices[{number}]", rate, dimension, None, unsaid)


def _fixed(
    where: str, rate: FixedRate, reservation: parts.ReservationRestrictionType | None, unsaid: list[str]
) -> parts.TariffElement:
    component = parts.PriceComponent(
        type=parts.TariffDimensionType.FLAT,
        price=_number(f"{where}.price", rate.price, unsaid),
        step_size=1,
        vat=_vat(where, rate.tax_rates, unsaid),
    )
    told = {} if rate.conditions is None else _calendar(rate.conditions)
    _cannot(f"{where}.conditions", rate.conditions, _UNSAYABLE_FIXED, unsaid)
    return _with_restrictions(component, told, reservation)


def _element(
    where: str,
    rate: Rate,
    dimension: parts.TariffDimensionType,
    reservation: parts.ReservationRestrictionType | None,
    unsaid: list[str],
) -> parts.TariffElement:
    if rate.step is None:
        unsaid.append(f"{where}.step: OCPI counts in steps of at least 1 Wh or 1 second.")
    component = parts.PriceComponent(
        type=dimension,
        price=_number(f"{where}.price", rate.price, unsaid),
        step_size=rate.step or 1,
        vat=_vat(where, rate.tax_rates, unsaid),
    )
    told: dict[str, Any] = {}
    conditions = rate.conditions
    if conditions is not None:
        told = _calendar(conditions) | _quantities(f"{where}.conditions", conditions, unsaid)
        _cannot(f"{where}.conditions", conditions, _UNSAYABLE, unsaid)
    return _with_restrictions(component, told, reservation)


def _with_restrictions(
    component: parts.PriceComponent, told: dict[str, Any], reservation: parts.ReservationRestrictionType | None
) -> parts.TariffElement:
    restricted = parts.TariffRestrictions(**told, reservation=reservation) if told or reservation else None
    return parts.TariffElement(price_components=(component,), restrictions=restricted)


def _vat(where: str, rates: tuple[TaxRate, ...], unsaid: list[str]) -> Decimal | None:
    """The VAT of a component; other taxes as one of them all together, which is told."""
    if not rates:
        return None
    percent = (tax_factor(rates) - 1) * _HUNDRED
    if len(rates) > 1 or rates[0].type != VAT or rates[0].stack is not None:
        names = " and ".join(rate.type for rate in rates)
        unsaid.append(f"{where}.tax_rates: OCPI has one VAT; {names} are told as {percent.normalize():f} % together.")
    return _number(f"{where}.tax_rates", percent, unsaid)


def _calendar(conditions: Conditions | FixedConditions) -> dict[str, Any]:
    told: dict[str, Any] = {
        theirs: value for ours, theirs in CALENDAR.items() if (value := getattr(conditions, ours)) is not None
    }
    if conditions.day_of_week:
        told["day_of_week"] = tuple(DAYS[day] for day in conditions.day_of_week)
    return told


def _quantities(where: str, conditions: Conditions, unsaid: list[str]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for ours, (theirs, power) in QUANTITIES.items():
        value: Decimal | None = getattr(conditions, ours)
        if value is None:
            continue
        if value < 0:
            unsaid.append(f"{where}.{ours}: OCPI does not tell of prices of energy that flows back.")
        else:
            told[theirs] = _number(f"{where}.{ours}", value.scaleb(-power), unsaid)
    for ours, theirs in DURATIONS.items():
        if (seconds := getattr(conditions, ours)) is not None:
            told[theirs] = seconds
    return told


def _cannot(
    where: str, conditions: Conditions | FixedConditions | None, names: tuple[str, ...], unsaid: list[str]
) -> None:
    unsaid += [
        f"{where}.{name}: OCPI has no such restriction."
        for name in names
        if conditions is not None and getattr(conditions, name) is not None
    ]
