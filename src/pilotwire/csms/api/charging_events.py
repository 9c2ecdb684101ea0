"""Live events of smart charging: limits from outside and what vehicles need."""

from __future__ import annotations

from typing import Any

from pilotwire.csms.api.charging_records import ChargingLimitResource, KnownNeedsResource
from pilotwire.csms.api.resource import Resource
from pilotwire.csms.registers.smart_charging import ActiveLimit, KnownNeeds
from pilotwire.csms.store.ports import Amended


class ChargingLimitEvent(Resource):
    """`charging-limit`: a limit from outside holds, or (`active` false) has gone."""

    station: str
    active: bool
    limit: ChargingLimitResource


class ChargingNeedsEvent(Resource):
    """`ev-charging-needs`: a vehicle said what it needs. Who plans its charging sends a profile now."""

    station: str
    needs: KnownNeedsResource


def limit_event(amend: Any, amended: Any) -> tuple[str, Resource] | None:
    """What is told of a limit that came or went."""
    if not isinstance(amended, Amended):
        return None
    limit = amended.after if isinstance(amended.after, ActiveLimit) else amended.before
    if not isinstance(limit, ActiveLimit):
        return None
    data = ChargingLimitEvent.model_construct(
        station=amend.station, active=amended.after is not None, limit=ChargingLimitResource.of(limit)
    )
    return amend.station, data


def needs_event(amend: Any, amended: Any) -> tuple[str, Resource] | None:
    """What is told of needs."""
    if not isinstance(amended, Amended) or not isinstance(amended.after, KnownNeeds):
        return None
    data = ChargingNeedsEvent.model_construct(station=amend.station, needs=KnownNeedsResource.of(amended.after))
    return amend.station, data
