"""Security events (A04): all are logged, the critical ones queued like transactions, so that none is lost."""

from __future__ import annotations

from pilotwire.domain.security import CRITICAL_SECURITY_EVENTS, SecurityEvent
from pilotwire.station.core.logs_memory import SecurityLogMemory
from pilotwire.station.core.station import Station

LONGEST_LOG = 200
"""Events in the security log at most (A04.FR.04: rolling)."""
_LONGEST_INFO = 255
"""Characters of techInfo."""


def report(station: Station, event_type: str, tech_info: str | None = None) -> None:
    """Log a security event, and queue it if it is critical (A04.FR.01, A04.FR.02), unless the station is set up to send none."""
    info = None if tech_info is None else tech_info[:_LONGEST_INFO]
    event = SecurityEvent(type=event_type, at=station.stamp(), tech_info=info)
    logged = station.kept(SecurityLogMemory).events
    station.remember(SecurityLogMemory(events=(*logged, event)[-LONGEST_LOG:]))
    if event_type in CRITICAL_SECURITY_EVENTS and station.settings.security_events:
        station.keep(event)
