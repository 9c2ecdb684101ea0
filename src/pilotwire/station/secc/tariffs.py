"""What energy costs, from the words of OCPP into those of ISO 15118: tariffs of a charging schedule that a CSMS sent for the vehicle.

2.0.1 and 2.1 carry SalesTariffType of ISO 15118-2, 2.1 also the price schedules of -20 (K18, K19). They differ in spelling, in lists that
ISO wraps, and in times.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import structlog

from pilotwire.domain.smart_charging import ChargingSchedule
from pilotwire.iso15118.charging import Speaks
from pilotwire.iso15118.codecs import ISO2, ISO20_COMMON
from pilotwire.iso15118.exi import SchemaSet, TreeError, from_tree
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.iso2 import SalesTariff
from pilotwire.iso15118.iso20.common_messages import AbsolutePriceSchedule, PriceLevelSchedule

_log = structlog.get_logger("pilotwire.station.secc")
_COST_KINDS: Final = {"RelativePricePercentage": "relativePricePercentage"}
"""What OCPP spells otherwise."""
_Convert = Callable[[Any], Any]
_Names = Mapping[str, tuple[str, _Convert]]
"""By the names of OCPP: the name of ISO 15118, and what becomes of the value."""


class Unfit(ValueError):
    """A tariff that has no like in ISO 15118."""


def tariff_of(schedule: ChargingSchedule, speaks: Speaks) -> Element | None:
    """The tariff of a schedule as a protocol writes it; None: it has none, or none of that protocol.

    One that cannot be written is left out, with a line in the log: the vehicle charges without knowing the price.
    """
    try:
        if speaks is Speaks.ISO2:
            return _made(ISO2, SalesTariff, _sales, schedule.sales_tariff)
        if speaks.is_of_20:
            absolute = _made(ISO20_COMMON, AbsolutePriceSchedule, _absolute, schedule.absolute_price_schedule)
            return absolute or _made(ISO20_COMMON, PriceLevelSchedule, _levels, schedule.price_level_schedule)
    except (TreeError, Unfit) as error:
        _log.warning("a tariff cannot be told to the vehicle", why=str(error))
    return None


def _made(
    schemas: SchemaSet, cls: type[Element], read: Callable[[Any], dict[str, Any]], text: str | None
) -> Element | None:
    if text is None:
        return None
    try:
        tree = read(json.loads(text))
    except (KeyError, TypeError, ValueError) as error:
        raise Unfit(f"{cls.__name__} cannot be read: {error!r}") from None
    return from_tree(schemas, {cls.__name__: tree}, cls)


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
    return {"Id": f"id{told['id']}", **_renamed(told, _SALES)}


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
