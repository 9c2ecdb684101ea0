"""Security events in 1.6 (security whitepaper)."""

from __future__ import annotations

from pilotwire.dialects.ocpp16.terms import read_time
from pilotwire.dialects.words import FactWord
from pilotwire.domain.security import SecurityEvent
from pilotwire.ocpp import v16

NAMES = {
    "FailedToAuthenticateAtCsms": "FailedToAuthenticateAtCentralSystem",
    "CsmsFailedToAuthenticate": "CentralSystemFailedToAuthenticate",
    "InvalidCsmsCertificate": "InvalidCentralSystemCertificate",
    "InvalidChargingStationCertificate": "InvalidChargePointCertificate",
}
"""Events that the 1.6 security whitepaper calls otherwise."""


def read_event(request: v16.SecurityEventNotificationRequest) -> SecurityEvent:
    """SecurityEventNotification."""
    return SecurityEvent(type=request.type, at=read_time(request.timestamp), tech_info=request.tech_info)


FACTS = (
    FactWord(
        fact=SecurityEvent,
        read={v16.SecurityEventNotificationRequest: read_event},
        write=lambda fact, _named: v16.SecurityEventNotificationRequest(
            type=NAMES.get(fact.type, fact.type), timestamp=fact.at, tech_info=fact.tech_info
        ),
        write_verdict=lambda _fact, _verdict: v16.SecurityEventNotificationResponse(),
    ),
)
