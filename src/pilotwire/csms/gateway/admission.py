"""Who may connect (A00, J16:3.2, J16:6.2.2, J2:3.2), and what is remembered of those who may not."""

from __future__ import annotations

from typing import Final

import structlog

from pilotwire.clock import Clock
from pilotwire.csms.gateway.passwords import PasswordChecks
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.ports import Journal, KeepFinding, Station, Store
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.provisioning import UnknownStations
from pilotwire.errors import ConfigError, StoreError
from pilotwire.ocpp.net.handshake import Handshake
from pilotwire.ocpp.net.server import Accept, Refuse

_log = structlog.get_logger("pilotwire.csms.gateway")
_STOPPING: Final = Refuse(503, "This CSMS is shutting down: try again later.")


class Admission:
    """Judges opening handshakes."""

    def __init__(self, store: Store, settings: CsmsSettings) -> None:
        self._store = store
        self._settings = settings
        self._passwords = PasswordChecks()
        self.closed = False

    async def admit(self, handshake: Handshake) -> Accept | Refuse:
        """Whether a station may connect.

        A station with a password on record must present it, with its identity as username (A00.FR.207, A00.FR.324). One nobody has
        registered is turned away with 404 if that is the policy (J2:3.2); otherwise what it is told is decided when it boots.
        """
        if self.closed:
            return _STOPPING
        try:
            record = await self._store.station(handshake.identity)
        except StoreError as error:
            _log.error("a station could not be looked up", station=handshake.identity, error=str(error))
            return Refuse(503, "The database of this CSMS cannot be read: try again later.")
        if self._settings.unknown_stations is UnknownStations.REJECT and not _is_registered(record):
            return Refuse.unknown_station(handshake.identity)
        if self._settings.no_auth or record is None or record.password_hash is None:
            return Accept()
        return await self._check(handshake, record.password_hash)

    async def _check(self, handshake: Handshake, kept: str) -> Accept | Refuse:
        if handshake.password is None or handshake.username != handshake.identity:
            return Refuse.wrong_credentials()
        try:
            right = await self._passwords.check(handshake.identity, handshake.password, kept)
        except ConfigError as error:
            _log.error("a password cannot be checked", station=handshake.identity, error=str(error))
            return Refuse(503, "The password of this station cannot be checked: its operator must set it again.")
        return Accept() if right else Refuse.wrong_credentials()

    def close(self) -> None:
        """Admit nobody any more."""
        self.closed = True
        self._passwords.close()


def _is_registered(record: Station | None) -> bool:
    return record is not None and (record.registration is not None or record.password_hash is not None)


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
        minute = int(self._clock.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._seen = minute, set()
        about = (handshake.identity, reason)
        if not handshake.identity or about in self._seen or len(self._seen) >= self._limit:
            return
        self._seen.add(about)
        finding = Finding(
            station=handshake.identity,
            at=self._clock.now(),
            rule="gateway:turned-away",
            severity=Severity.FATAL,
            what=f"connection from {handshake.remote} refused: {reason}",
        )
        self._journal.note(KeepFinding(finding=finding))
