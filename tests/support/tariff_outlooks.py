"""Tariffs and moments for tests of prices that vehicles are told, and what they cost by the station's own bill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pilotwire.domain.tariff import EnergyPrice, EnergyPrices, EvseKind, Tariff, TimePrice, TimePrices
from pilotwire.domain.tariff.bills import begun, carried_on
from pilotwire.domain.tariff.conditions import Moment
from pilotwire.station.core.applying_tariff import ApplyingTariff

_HOUR = timedelta(hours=1)


def energy(*prices: Any, **more: Any) -> EnergyPrices:
    """Prices of a kWh: amounts, or amounts with conditions."""
    listed = (one if isinstance(one, tuple) else (one, None) for one in prices)
    return EnergyPrices(
        prices=tuple(EnergyPrice(price_kwh=Decimal(amount), conditions=when) for amount, when in listed), **more
    )


def minutes(*prices: Any, **more: Any) -> TimePrices:
    """Prices of a minute, likewise."""
    listed = (one if isinstance(one, tuple) else (one, None) for one in prices)
    return TimePrices(
        prices=tuple(TimePrice(price_minute=Decimal(amount), conditions=when) for amount, when in listed), **more
    )


def tariff(**parts: Any) -> Tariff:
    """A tariff in EUR."""
    return Tariff(**({"tariff_id": "T1", "currency": "EUR"} | parts))


def applying(one: Tariff, at: datetime, zone: str = "Europe/Berlin", **more: Any) -> ApplyingTariff:
    """It, by the local time of a zone."""
    local = ZoneInfo(zone)

    def ahead(moment: datetime) -> timedelta:
        return moment.astimezone(local).utcoffset() or timedelta(0)

    whole = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [whole + _HOUR * count for count in range(1, 49)]  # local time jumps at whole hours in these zones
    shifts = tuple((each, ahead(each)) for each in hours if ahead(each) != ahead(each - _HOUR))
    return ApplyingTariff(one, at, offset=ahead(at), shifts=shifts, **more)


def billed(one: ApplyingTariff, second: int, power: Decimal, zone: str) -> tuple[Decimal, Decimal]:
    """What a kWh and a minute cost `second` s later, by the bill of a transaction that comes to this moment at that power."""
    at = one.at + timedelta(seconds=second)

    def moment(after: timedelta, register: int) -> Moment:
        now = at + after
        return Moment(
            at=now,
            local=now.astimezone(ZoneInfo(zone)),
            register=Decimal(register),
            charging=power > 0,
            power=power,
            evse_kind=EvseKind.AC,
        )

    bill = begun(one.tariff, moment(timedelta(0), 0), one.started_at or one.at, Decimal(0), None)
    items = {each.kind: each.excl_tax for each in carried_on(bill, moment(timedelta(minutes=1), 1000)).items}
    minute = items.get("charging_time" if power > 0 else "idle_time", Decimal(0))
    return items.get("energy", Decimal(0)), minute
