"""Security events (functional block A)."""

from __future__ import annotations

from datetime import datetime

from pilotwire.domain.kinds import Fact


class SecurityEvent(Fact):
    """Something security-relevant happened at a station (A04; 1.6: security whitepaper). `type` is from the standards' list."""

    type: str
    at: datetime
    tech_info: str | None = None


CRITICAL_SECURITY_EVENTS = frozenset(
    {
        "FirmwareUpdated",
        "SettingSystemTime",
        "StartupOfTheDevice",
        "ResetOrReboot",
        "SecurityLogWasCleared",
        "MemoryExhaustion",
        "TamperDetectionActivated",
        "InvalidFirmwareSignature",
        "InvalidFirmwareSigningCertificate",
        "InvalidCsmsCertificate",
        "InvalidChargingStationCertificate",
        "InvalidTLSVersion",
        "InvalidTLSCipherSuite",
        "DiscardedRenewedClientCertificate",
        "MaintenanceLoginAccepted",
        "MaintenanceLoginFailed",
    }
)
"""Those that must be pushed to the CSMS (2.x Part 2 appendices, security events; 1.6 security whitepaper section 5)."""
