"""What a message tells of the states of connectors, in any form: StatusNotification (of 1.6 or 2.x) or NotifyEvent (G01)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Place = tuple[int, int]
"""EVSE and connector."""


def told_by(action: str, payload: Any) -> Iterator[tuple[Place, str, str]]:
    """The states a request tells: where, which, and the trigger of an event ("" for a StatusNotification)."""
    payload = payload if isinstance(payload, dict) else {}
    if action == "StatusNotification" and "status" in payload:  # 1.6: a connector is an EVSE with one connector
        yield (payload.get("connectorId", -1), 1), str(payload.get("status")), ""
    elif action == "StatusNotification":
        yield (payload.get("evseId", -1), payload.get("connectorId", -1)), str(payload.get("connectorStatus")), ""
    if action == "NotifyEvent":
        for event in payload.get("eventData", []):
            component = event.get("component", {})
            place = component.get("evse", {})
            if component.get("name") == "Connector" and event.get("variable", {}).get("name") == "AvailabilityState":
                where = (place.get("id", -1), place.get("connectorId", -1))
                yield where, str(event.get("actualValue")), str(event.get("trigger"))
