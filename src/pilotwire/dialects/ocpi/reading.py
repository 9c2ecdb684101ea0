"""An OCPI Tariff as a general tariff: the components of each dimension in the order of their elements."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from pilotwire.dialects.ocpi.editions import (
    CALENDAR,
    DAYS,
    DURATIONS,
    FIXED,
    PURPOSES,
    QUANTITIES,
    RESERVED,
    RUNNING,
    TAXES,
    Party,
)
from pilotwire.dialects.ocpi.writing import VAT
from pilotwire.domain.kinds import Value
from pilotwire.domain.tariff import Conditions, FixedConditions, Price, TariffText, TaxRate
from pilotwire.domain.tariff.general import (
    CostLimits,
    FixedRate,
    FixedRates,
    GeneralTariff,
    Rate,
    Rates,
    TaxesInPrices,
)
from pilotwire.ocpi import parts, v23, v221

_FLAT: Final = parts.TariffDimensionType.FLAT
_RUNNING: Final = {dimension: name for name, dimension in RUNNING.items()}
_RESERVED: Final = {kind: name for name, kind in RESERVED.items()}
_FIXED: Final = {kind: name for name, kind in FIXED.items()}
_DAYS: Final = {theirs: ours for ours, theirs in DAYS.items()}
_PURPOSES: Final = {theirs: ours for ours, theirs in PURPOSES.items()}
_TAXES: Final = {theirs: ours for ours, theirs in TAXES.items()}


class ReadTariff(Value):
    """A tariff that was read, whose it is, and by name what of it the domain has no words for: with `unread` prices may be others."""

    tariff: GeneralTariff
    party: Party
    last_updated: datetime
    unread: tuple[str, ...] = ()


def read_tariff(tariff: v221.Tariff | v23.Tariff) -> ReadTariff:
    """The general tariff that an OCPI Tariff is."""
    unread: list[str] = []
    running: dict[str, list[Rate]] = {}
    fixed: dict[str, list[FixedRate]] = {}
    for number, element in enumerate(tariff.elements):
        _element(f"elements[{number}]", element, running, fixed, unread)
    if tariff.energy_mix is not None:
        unread.append("energy_mix: what energy is made of is not part of a tariff here.")
    limited = tariff.min_price is not None or tariff.max_price is not None
    values: dict[str, Any] = {
        **{name: Rates(prices=tuple(rates)) for name, rates in running.items()},
        **{name: FixedRates(prices=tuple(rates)) for name, rates in fixed.items()},
    }
    said = GeneralTariff(
        tariff_id=tariff.id,
        currency=tariff.currency,
        description=tuple(TariffText(content=one.text, language=one.language) for one in tariff.tariff_alt_text),
        url=tariff.tariff_alt_url,
        purpose=None if tariff.type is None else _PURPOSES[tariff.type],
        min_cost=_limit(tariff.min_price),
        max_cost=_limit(tariff.max_price),
        limits=CostLimits.APART if limited else CostLimits.TOGETHER,
        taxes=_TAXES[tariff.tax_included] if isinstance(tariff, v23.Tariff) else TaxesInPrices.EXCLUDED,
        valid_from=tariff.start_date_time,
        valid_to=tariff.end_date_time,
        **values,
    )
    party = Party(country_code=tariff.country_code, party_id=tariff.party_id)
    return ReadTariff(tariff=said, party=party, last_updated=tariff.last_updated, unread=tuple(unread))


def _limit(price: v221.Price | v23.PriceLimit | None) -> Price | None:
    if price is None:
        return None
    if isinstance(price, v221.Price):
        return Price(excl_tax=price.excl_vat, incl_tax=price.incl_vat)
    return Price(excl_tax=price.before_taxes, incl_tax=price.after_taxes)


def _element(
    where: str,
    element: parts.TariffElement,
    running: dict[str, list[Rate]],
    fixed: dict[str, list[FixedRate]],
    unread: list[str],
) -> None:
    restrictions = element.restrictions or parts.TariffRestrictions()
    seen: set[parts.TariffDimensionType] = set()
    for number, component in enumerate(element.price_components):
        place = f"{where}.price_components[{number}]"
        if component.type in seen:
            unread.append(f"{place}: the element has a price of {component.type} already, which counts.")
            continue
        seen.add(component.type)
        taxes = () if component.vat is None else (TaxRate(type=VAT, tax=component.vat),)
        if component.type is _FLAT:
            rate = FixedRate(price=component.price, conditions=_fixed(place, restrictions, unread), tax_rates=taxes)
            fixed.setdefault(_FIXED[restrictions.reservation], []).append(rate)
            continue
        name = _name(component.type, restrictions)
        if name is None:
            unread.append(f"{place}: a reservation has no price of {component.type}.")
            continue
        step = component.step_size or None
        conditions = _conditions(restrictions)
        running.setdefault(name, []).append(
            Rate(price=component.price, conditions=conditions, tax_rates=taxes, step=step)
        )


def _name(dimension: parts.TariffDimensionType, restrictions: parts.TariffRestrictions) -> str | None:
    if restrictions.reservation is None:
        return _RUNNING[dimension]
    return _RESERVED[restrictions.reservation] if dimension is parts.TariffDimensionType.TIME else None


def _calendar(restrictions: parts.TariffRestrictions) -> dict[str, Any]:
    told = {ours: getattr(restrictions, theirs) for ours, theirs in CALENDAR.items()}
    return told | {"day_of_week": tuple(_DAYS[day] for day in restrictions.day_of_week)}


def _fixed(where: str, restrictions: parts.TariffRestrictions, unread: list[str]) -> FixedConditions | None:
    names = (*(theirs for theirs, _ in QUANTITIES.values()), *DURATIONS.values())
    unread += [
        f"{where}: a fixed fee is looked at once, at the beginning; {name} says nothing then."
        for name in names
        if getattr(restrictions, name) is not None
    ]
    conditions = FixedConditions(**_calendar(restrictions))
    return None if conditions == FixedConditions() else conditions


def _conditions(restrictions: parts.TariffRestrictions) -> Conditions | None:
    told = _calendar(restrictions)
    for ours, (theirs, power) in QUANTITIES.items():
        value: Decimal | None = getattr(restrictions, theirs)
        told[ours] = None if value is None else value.scaleb(power)
    told |= {ours: getattr(restrictions, theirs) for ours, theirs in DURATIONS.items()}
    conditions = Conditions(**told)
    return None if conditions == Conditions() else conditions
