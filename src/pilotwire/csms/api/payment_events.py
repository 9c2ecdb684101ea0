"""Live events of DER alarms, battery swaps and settlements."""

from __future__ import annotations

from typing import Any

from pilotwire.csms.api.battery_swap import BatterySwapResource
from pilotwire.csms.api.costs import SettlementResource
from pilotwire.csms.api.der_control import DerAlarmResource
from pilotwire.csms.api.resource import Resource
from pilotwire.csms.store.registers import Entry


class DerAlarmEvent(Resource):
    """`der-alarm`: a DER control made a station depart from its profile, or no longer does."""

    station: str
    alarm: DerAlarmResource


class BatterySwapTold(Resource):
    """`battery-swap`: batteries went in or out."""

    station: str
    swap: BatterySwapResource


class SettlementEvent(Resource):
    """`settlement`: a payment was settled, or was not."""

    station: str
    settlement: SettlementResource


def _number(kept: Any) -> int:
    return kept if isinstance(kept, int) else 0


def der_alarm_event(keep: Any, number: Any) -> tuple[str, Resource] | None:
    """What is told of an alarm."""
    alarm = DerAlarmResource.told(keep.entry, _number(number))
    return keep.station, DerAlarmEvent.model_construct(station=keep.station, alarm=alarm)


def battery_swap_event(keep: Any, number: Any) -> tuple[str, Resource] | None:
    """What is told of a swap."""
    entry = Entry(number=_number(number), station=keep.station, at=keep.at, entry=keep.entry)
    swap = BatterySwapResource.of(entry)
    return keep.station, BatterySwapTold.model_construct(station=keep.station, swap=swap)


def settlement_event(keep: Any, number: Any) -> tuple[str, Resource] | None:
    """What is told of a settlement."""
    settlement = SettlementResource.of(_number(number), keep.entry)
    return keep.station, SettlementEvent.model_construct(station=keep.station, settlement=settlement)
