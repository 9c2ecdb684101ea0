"""What is remembered of those who did not get in: findings, and the security events a CSMS shall log of its own (A00.FR.408)."""

from __future__ import annotations

from typing import Final

from pilotwire.clock import Clock
from pilotwire.csms.gateway.revocation import REVOKED_BEGINS
from pilotwire.csms.store.ports import Journal, KeepFinding, KeepSecurityEvent
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.security import SecurityEvent
from pilotwire.ocpp.net.handshake import Handshake

_CERTIFICATE: Final = "client certificate"
_EVENT: Final = "InvalidChargingStationCertificate"
_LONGEST: Final = 255
"""Characters of techInfo."""


class TurnedAway:
    """Keeps a finding for each station that was turned away, and does not let a flood of them fill the database.

    The same reason is kept once a minute for a station, and at most `limit` findings a minute in all.
    """

    def __init__(self, journal: Journal, clock: Clock, *, limit: int = 60) -> None:
        self._journal = journal
        self._clock = clock
        self._limit = limit
        self._minute = 0
        self._seen: set[tuple[str, str]] = set()

    def note(self, handshake: Handshake, reason: str) -> None:
        """Somebody did not get in."""
        if handshake.identity:
            what = f"connection from {handshake.remote} refused: {reason}"
            rule = "gateway:revoked" if reason.startswith(REVOKED_BEGINS) else "gateway:turned-away"
            self._keep(rule, handshake.identity, reason, what)

    def note_tls(self, reason: str) -> None:
        """A TLS handshake failed: who it was is not known, for the certificate is not to be trusted (A00.FR.407, A00.FR.408)."""
        self._keep("gateway:tls", "", reason, f"a TLS handshake was refused: {reason}")

    def _keep(self, rule: str, station: str, reason: str, what: str) -> None:
        minute = int(self._clock.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._seen = minute, set()
        about = (station, reason)
        if about in self._seen or len(self._seen) >= self._limit:
            return
        self._seen.add(about)
        now = self._clock.now()
        finding = Finding(station=station, at=now, rule=rule, severity=Severity.FATAL, what=what)
        self._journal.note(KeepFinding(finding=finding))
        if _CERTIFICATE in reason:  # A00.FR.408
            event = SecurityEvent(type=_EVENT, at=now, tech_info=reason[:_LONGEST])
            self._journal.note(KeepSecurityEvent(station=station, event=event, received_at=now))
