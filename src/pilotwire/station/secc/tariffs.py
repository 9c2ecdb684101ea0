"""What energy costs, from the words of OCPP into those of ISO 15118: tariffs of a charging schedule that a CSMS sent for the vehicle.

2.0.1 and 2.1 carry SalesTariffType of ISO 15118-2, 2.1 also the price schedules of -20 (K18, K19). They differ in spelling, in lists that
ISO wraps, and in times.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
import structlog

from pilotwire.domain.smart_charging import ChargingSchedule
from pilotwire.iso15118.codecs import ISO2, ISO20_COMMON
from pilotwire.iso15118.exi import SchemaSet, from_tree
from pilotwire.iso15118.exi.errors import ExiError
from pilotwire.iso15118.iso2 import RelativeTimeInterval, SalesTariff
from pilotwire.iso15118.iso20.common_messages import (
    AbsolutePriceSchedule,
    PriceLevelSchedule,
    PriceLevelScheduleEntry,
    PriceLevelScheduleEntryList,
)

_log = structlog.get_logger("pilotwire.station.secc")
_COST_KINDS: Final = {"RelativePricePercentage": "relativePricePercentage"}
"""What OCPP spells otherwise."""
_DAY: Final = 86_400
_T = TypeVar("_T", SalesTariff, AbsolutePriceSchedule, PriceLevelSchedule)
_Convert = Callable[[Any], Any]
_Names = Mapping[str, tuple[str, _Convert]]
"""By the names of OCPP: the name of ISO 15118, and what becomes of the value."""


class Unfit(ValueError):
    """A tariff that has no like in ISO 15118."""


def sales_tariff_of(schedule: ChargingSchedule) -> SalesTariff | None:
    """The SalesTariff that a CSMS sent for ISO 15118-2; None: none, or one that cannot be written, which is in the log."""
    made = _made(ISO2, SalesTariff, _sales, schedule.sales_tariff)
    return _with_id(made, schedule)


def absolute_prices_of(schedule: ChargingSchedule) -> AbsolutePriceSchedule | None:
    """The AbsolutePriceSchedule that a CSMS sent for ISO 15118-20 (2.1), likewise."""
    made = _made(ISO20_COMMON, AbsolutePriceSchedule, _absolute, schedule.absolute_price_schedule)
    return _with_id(made, schedule)


def price_levels_of(schedule: ChargingSchedule) -> PriceLevelSchedule | None:
    """The PriceLevelSchedule that a CSMS sent for ISO 15118-20 (2.1), likewise."""
    made = _made(ISO20_COMMON, PriceLevelSchedule, _levels, schedule.price_level_schedule)
    return _with_id(made, schedule)


def levels_of_sales_tariff(schedule: ChargingSchedule, anchor: int, number: int) -> PriceLevelSchedule | None:
    """The levels of a SalesTariff as ISO 15118-20 has them, from `anchor` on (seconds since 1970), under the id `number`.

    None, with a line in the log: it says nothing of a moment, or an entry has no level.
    """
    sales = sales_tariff_of(schedule)
    if sales is None:
        return None
    try:
        entries = list(_level_entries(sales, schedule.duration or _DAY))
    except Unfit as error:
        _log.warning("a tariff cannot be told to the vehicle", why=str(error))
        return None
    return PriceLevelSchedule(
        time_anchor=anchor,
        price_schedule_id=number,
        price_schedule_description=sales.sales_tariff_description,
        number_of_price_levels=sales.num_e_price_levels or len({one.price_level for one in entries}),
        price_level_schedule_entries=PriceLevelScheduleEntryList(price_level_schedule_entry=entries),
    )


def _level_entries(sales: SalesTariff, ends: int) -> Iterator[PriceLevelScheduleEntry]:
    """Entries of -20 follow each other from the anchor on; those of -2 have a start, and the last a duration."""
    entries, at = sales.sales_tariff_entry, 0
    for entry, after in zip(entries, [*entries[1:], None], strict=True):
        interval, then = entry.time_interval, None if after is None else after.time_interval
        if not isinstance(interval, RelativeTimeInterval) or interval.start != at:
            raise Unfit(f"the sales tariff says nothing of the time after {at} s")
        if entry.e_price_level is None:
            raise Unfit(f"the sales tariff has no price level from {at} s on")
        if isinstance(then, RelativeTimeInterval):
            lasts = then.start - at
            if interval.duration is not None and interval.duration < lasts:
                raise Unfit(f"the sales tariff says nothing of the time after {at + interval.duration} s")
        else:
            lasts = interval.duration if interval.duration is not None else ends - at
        if lasts > 0:
            yield PriceLevelScheduleEntry(duration=lasts, price_level=entry.e_price_level)
        at += max(lasts, 0)


def _made(schemas: SchemaSet, cls: type[_T], read: Callable[[Any], dict[str, Any]], text: str | None) -> _T | None:
    """One that cannot be written is left out, with a line in the log: the vehicle charges without knowing the price."""
    if text is None:
        return None
    try:
        made = from_tree(schemas, {cls.__name__: read(json.loads(text))}, cls)
        schemas.encode_fragment(made)
    except (KeyError, TypeError, ValueError, ExiError) as error:
        why = f"{cls.__name__} cannot be read: {error!r}" if isinstance(error, KeyError | TypeError) else str(error)
        _log.warning("a tariff cannot be told to the vehicle", why=why)
        return None
    assert isinstance(made, cls)
    return made


def _with_id(made: _T | None, schedule: ChargingSchedule) -> _T | None:
    """Named as its signature refers to it (signatureId of 2.1)."""
    if made is None or schedule.signature_id is None:
        return made
    return msgspec.structs.replace(made, id=id_of(schedule.signature_id))


def id_of(number: int) -> str:
    """The XML Id for a number by which a signature refers to a price schedule: an Id begins with a letter."""
    return f"id{number}"


def _as_it_is(value: Any) -> Any:
    return value


def _renamed(told: Mapping[str, Any], names: _Names) -> dict[str, Any]:
    return {to: convert(told[name]) for name, (to, convert) in names.items() if told.get(name) is not None}


def _each(names: _Names) -> _Convert:
    return lambda told: [_renamed(one, names) for one in told]


def _wrapped(name: str, names: _Names) -> _Convert:
    return lambda told: {name: [_renamed(one, names) for one in told]}


def _seconds(told: str) -> int:
    return int(datetime.fromisoformat(told).timestamp())


# --- ISO 15118-2 -----------------------------------------------------------------------------------------------------------------

_INTERVAL: Final[_Names] = {"start": ("start", _as_it_is), "duration": ("duration", _as_it_is)}
_COST: Final[_Names] = {
    "costKind": ("costKind", lambda kind: _COST_KINDS.get(kind, kind)),
    "amount": ("amount", _as_it_is),
    "amountMultiplier": ("amountMultiplier", _as_it_is),
}
_CONSUMPTION: Final[_Names] = {
    "startValue": ("startValue", lambda value: {"Multiplier": 0, "Unit": "W", "Value": round(float(value))}),
    "cost": ("Cost", _each(_COST)),
}
_ENTRY: Final[_Names] = {
    "relativeTimeInterval": ("RelativeTimeInterval", lambda told: _renamed(told, _INTERVAL)),
    "ePriceLevel": ("EPriceLevel", _as_it_is),
    "consumptionCost": ("ConsumptionCost", _each(_CONSUMPTION)),
}
_SALES: Final[_Names] = {
    "id": ("SalesTariffID", _as_it_is),
    "salesTariffDescription": ("SalesTariffDescription", _as_it_is),
    "numEPriceLevels": ("NumEPriceLevels", _as_it_is),
    "salesTariffEntry": ("SalesTariffEntry", _each(_ENTRY)),
}


def _sales(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"Id": id_of(told["id"]), **_renamed(told, _SALES)}


# --- ISO 15118-20 ----------------------------------------------------------------------------------------------------------------


def _rational(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"Exponent": told["exponent"], "Value": told["value"]}


_SCHEDULE: Final[_Names] = {
    "timeAnchor": ("TimeAnchor", _seconds),
    "priceScheduleID": ("PriceScheduleID", _as_it_is),
    "priceScheduleId": ("PriceScheduleID", _as_it_is),
    "priceScheduleDescription": ("PriceScheduleDescription", _as_it_is),
}
_RULE: Final[_Names] = {
    "energyFee": ("EnergyFee", _rational),
    "parkingFee": ("ParkingFee", _rational),
    "parkingFeePeriod": ("ParkingFeePeriod", _as_it_is),
    "carbonDioxideEmission": ("CarbonDioxideEmission", _as_it_is),
    "renewableGenerationPercentage": ("RenewableGenerationPercentage", _as_it_is),
    "powerRangeStart": ("PowerRangeStart", _rational),
}
_STACK: Final[_Names] = {"duration": ("Duration", _as_it_is), "priceRule": ("PriceRule", _each(_RULE))}
_TAX: Final[_Names] = {
    "taxRuleID": ("TaxRuleID", _as_it_is),
    "taxRuleName": ("TaxRuleName", _as_it_is),
    "taxRate": ("TaxRate", _rational),
    "taxIncludedInPrice": ("TaxIncludedInPrice", _as_it_is),
    "appliesToEnergyFee": ("AppliesToEnergyFee", _as_it_is),
    "appliesToParkingFee": ("AppliesToParkingFee", _as_it_is),
    "appliesToOverstayFee": ("AppliesToOverstayFee", _as_it_is),
    "appliesToMinimumMaximumCost": ("AppliesMinimumMaximumCost", _as_it_is),
}
_OVERSTAY: Final[_Names] = {
    "overstayRuleDescription": ("OverstayRuleDescription", _as_it_is),
    "startTime": ("StartTime", _as_it_is),
    "overstayFee": ("OverstayFee", _rational),
    "overstayFeePeriod": ("OverstayFeePeriod", _as_it_is),
}
_OVERSTAYS: Final[_Names] = {
    "overstayTimeThreshold": ("OverstayTimeThreshold", _as_it_is),
    "overstayPowerThreshold": ("OverstayPowerThreshold", _rational),
    "overstayRule": ("OverstayRule", _each(_OVERSTAY)),
}
_SERVICE: Final[_Names] = {"serviceName": ("ServiceName", _as_it_is), "serviceFee": ("ServiceFee", _rational)}
_ABSOLUTE: Final[_Names] = {
    **_SCHEDULE,
    "currency": ("Currency", _as_it_is),
    "language": ("Language", _as_it_is),
    "priceAlgorithm": ("PriceAlgorithm", _as_it_is),
    "minimumCost": ("MinimumCost", _rational),
    "maximumCost": ("MaximumCost", _rational),
    "taxRules": ("TaxRules", _wrapped("TaxRule", _TAX)),
    "priceRuleStacks": ("PriceRuleStacks", _wrapped("PriceRuleStack", _STACK)),
    "overstayRuleList": ("OverstayRules", lambda told: _renamed(told, _OVERSTAYS)),
    "additionalSelectedServices": ("AdditionalSelectedServices", _wrapped("AdditionalService", _SERVICE)),
}
_LEVEL: Final[_Names] = {"duration": ("Duration", _as_it_is), "priceLevel": ("PriceLevel", _as_it_is)}
_LEVELS: Final[_Names] = {
    **_SCHEDULE,
    "numberOfPriceLevels": ("NumberOfPriceLevels", _as_it_is),
    "priceLevelScheduleEntries": ("PriceLevelScheduleEntries", _wrapped("PriceLevelScheduleEntry", _LEVEL)),
}


def _absolute(told: Mapping[str, Any]) -> dict[str, Any]:
    return _renamed(told, _ABSOLUTE)


def _levels(told: Mapping[str, Any]) -> dict[str, Any]:
    return _renamed(told, _LEVELS)
