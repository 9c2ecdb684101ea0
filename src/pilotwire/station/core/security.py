"""Security events (A04): queued like transactions, so that none is lost."""

from __future__ import annotations

from pilotwire.domain.security import SecurityEvent
from pilotwire.station.core.station import Station


def report(station: Station, event_type: str, tech_info: str | None = None) -> None:
    """Queue a security event, unless the station is set up to send none."""
    if station.settings.security_events:
        station.keep(SecurityEvent(type=event_type, at=station.stamp(), tech_info=tech_info))
