"""Security events in 2.x."""

from __future__ import annotations

from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import FactWord
from pilotwire.domain.security import SecurityEvent


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=SecurityEvent,
            read={
                wire.SecurityEventNotificationRequest: lambda request: SecurityEvent(
                    type=request.type, at=read_time(request.timestamp), tech_info=request.tech_info
                )
            },
            write=lambda fact, _named: wire.SecurityEventNotificationRequest(
                type=fact.type, timestamp=fact.at, tech_info=fact.tech_info
            ),
            write_verdict=lambda _fact, _verdict: wire.SecurityEventNotificationResponse(),
        ),
    )
