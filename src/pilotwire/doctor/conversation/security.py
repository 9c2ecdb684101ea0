"""Security events that a station reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pilotwire.doctor.conversation.context import Group
from pilotwire.doctor.conversation.said import Said, text_at
from pilotwire.doctor.rules import protocol as rules

_ALARMS: Final[Mapping[str, str]] = {
    "FailedToAuthenticateAtCsms": "the backend has refused the station's credentials",
    "FailedToAuthenticateAtCentralSystem": "the backend has refused the station's credentials",
    "CsmsFailedToAuthenticate": "the station has refused the backend's credentials",
    "CentralSystemFailedToAuthenticate": "the station has refused the backend's credentials",
    "InvalidCsmsCertificate": "the station does not trust the backend's certificate",
    "InvalidCentralSystemCertificate": "the station does not trust the backend's certificate",
    "InvalidChargingStationCertificate": "a certificate sent for the station does not pass",
    "InvalidChargePointCertificate": "a certificate sent for the station does not pass",
    "InvalidTLSVersion": "the backend offers a TLS version the station does not take",
    "InvalidTLSCipherSuite": "the backend offers no cipher suite the station takes",
    "InvalidMessages": "the station has received messages it takes for invalid",
    "InvalidFirmwareSigningCertificate": "the certificate that signs the firmware does not pass",
    "InvalidFirmwareSignature": "the signature of the firmware is wrong",
    "AttemptedReplayAttacks": "a message was replayed",
    "TamperDetectionActivated": "the housing was opened",
    "MemoryExhaustion": "the memory of the station is getting full",
}
_QUIET: Final = frozenset(
    {
        "FirmwareUpdated",
        "SettingSystemTime",
        "StartupOfTheDevice",
        "ResetOrReboot",
        "SecurityLogWasCleared",
        "ReconfigurationOfSecurityParameters",
        "MaintenanceLoginAccepted",
        "MaintenanceLoginFailed",
    }
)
_BY_PLAIN_NAME: Final = {each.lower(): each for each in (*_ALARMS, *_QUIET)}


class SecurityEvents(Group):
    """The security events of one station."""

    def asked(self, said: Said) -> None:
        """A SecurityEventNotification."""
        if said.action != "SecurityEventNotification":
            return
        kind, more = text_at(said.payload, "type")[:50], text_at(said.payload, "techInfo")[:120]
        told = f" ({more})" if more else ""
        if kind in _ALARMS:
            what = f"The station reports {kind}: {_ALARMS[kind]}{told}."
            self.notes.found(rules.SECURITY_ALARM, what, said.text, at=said, case=kind)
            return
        right = _BY_PLAIN_NAME.get(kind.lower())
        if right not in (None, kind):
            what = f"The station reports the security event {kind!r}, which differs only in case from {right}."
            self.notes.found(rules.SECURITY_NAME, what, said.text, at=said, case=kind, remedy=f"Write {right}.")
        elif kind:
            self.notes.found(rules.SECURITY_EVENT, f"The station reports {kind}{told}.", said.text, at=said, case=kind)
