"""Who may connect (A00, J16:3.2, J16:6.2.2, J2:3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil
from typing import Final

import structlog
from cryptography import x509

from pilotwire.clock import Clock
from pilotwire.csms.attempts import Attempts
from pilotwire.csms.gateway.client_certificates import NO_SUBJECT, common_name_of, owner_of
from pilotwire.csms.gateway.credentials import no_candidates
from pilotwire.csms.gateway.passwords import PasswordChecks
from pilotwire.csms.gateway.revocation import Revocations
from pilotwire.csms.registers.credentials import CREDENTIALS, LOCAL_CONTROLLERS, SETTLED, Credentials
from pilotwire.csms.registers.held_certificates import HELD, Known, held
from pilotwire.csms.registers.revocations import fingerprint_of
from pilotwire.csms.registers.station_conditions import CONDITIONS, USUAL, StationConditions
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.ports import Journal, Operation, RegisterStation, Station, Store
from pilotwire.domain.certificates import SigningUse
from pilotwire.domain.kinds import changed
from pilotwire.domain.provisioning import UnknownStations
from pilotwire.errors import ConfigError, StoreError
from pilotwire.ocpp.net.handshake import Handshake
from pilotwire.ocpp.net.server import Accept, Refuse

_log = structlog.get_logger("pilotwire.csms.gateway")
_STOPPING: Final = Refuse(503, "This CSMS is shutting down: try again later.")
_FULL: Final = Refuse(503, "The database of this CSMS cannot be used: try again later.")
_FREE_TRIES: Final = 10
_LONGEST_WAIT: Final = 300.0
"""How many wrong passwords for a station cost an address nothing, and the most seconds it is kept waiting after more of them."""
_UNCHECKED: Final = Refuse(503, "The password of this station cannot be checked: its operator must set it again.")


@dataclass(frozen=True, slots=True)
class Admitted:
    """How a station came in: its place in the order of arrival, and the security profile it uses (A00; 0: none).

    `certificate_name` is the commonName of the certificate it showed, "" where that is not its own (a local controller's) or none.
    """

    arrived: int
    security_profile: int
    certificate_name: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is on record of a station that knocks."""

    record: Station | None
    conditions: StationConditions
    credentials: Credentials

    @property
    def hashes(self) -> tuple[str, ...]:
        """The passwords that are right, the one on record first."""
        kept = self.record.password_hash if self.record is not None else None
        return (*((kept,) if kept is not None else ()), *self.credentials.candidates)

    @property
    def needs_password(self) -> bool:
        """Whether it cannot come in without one; a password that was only sent may never have arrived."""
        return self.record is not None and self.record.password_hash is not None


class Admission:
    """Judges opening handshakes."""

    def __init__(self, store: Store, journal: Journal, clock: Clock, settings: CsmsSettings) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._settings = settings
        self._passwords = PasswordChecks()
        self._attempts = Attempts(clock, free=_FREE_TRIES, longest=_LONGEST_WAIT)
        self.revocations = Revocations(store, journal, clock, settings)
        self._arrivals = count(1)
        self.closed = False

    async def admit(self, handshake: Handshake) -> Accept | Refuse:
        """Whether a station may connect.

        A station with a password on record must present it, with its identity as username (A00.FR.207, A00.FR.324); a client
        certificate that is its own, or that of the local controller it is behind, takes the place of the password (A00.FR.405, J2:6.5);
        whoever shows one that is revoked stays outside, password or not (A00.FR.705).
        One with a lowest security profile on record must use that or a higher one (A05.FR.07). One nobody has registered is turned
        away with 404 if that is the policy (J2:3.2); otherwise what it is told is decided when it boots.
        """
        arrived = next(self._arrivals)
        if self.closed:
            return _STOPPING
        try:
            known = await self._look_up(handshake.identity)
            if self._settings.unknown_stations is UnknownStations.REJECT and not _is_registered(known.record):
                return Refuse.unknown_station(handshake.identity)
            if handshake.certificate is not None:
                refused = await self.revocations.refusal(handshake.identity, handshake.certificate)
                if refused is not None:
                    return refused
            used = await self._profile_used(handshake, known)
            if isinstance(used, Refuse):
                return used
            await self._settle(handshake, known, used)
        except StoreError as error:
            _log.error("a station could not be looked up", station=handshake.identity, error=str(error))
            return _FULL
        shown = common_name_of(handshake.certificate) if used.profile == 3 and handshake.certificate is not None else ""
        own = shown if shown == handshake.identity or _is_serial(shown, known.record) else ""
        return Accept(Admitted(arrived, used.profile, own))

    async def _look_up(self, station: str) -> _Known:
        return _Known(
            await self._store.station(station),
            await self._store.record(CONDITIONS, station, "") or USUAL,
            await self._store.record(CREDENTIALS, station, "") or SETTLED,
        )

    # --- with which security profile ---------------------------------------------------------------------------------------------

    async def _profile_used(self, handshake: Handshake, known: _Known) -> _Used | Refuse:
        lowest = known.conditions.security_profile or 0
        if lowest >= 2 and not handshake.secure:
            return Refuse(
                403, f"This station must connect by TLS (wss://): security profile {lowest} is the lowest it may use."
            )
        stranger = ""
        if handshake.certificate is not None:
            stranger = await self._not_its_own(handshake, known)
            if not stranger:
                return _Used(3)
        if lowest == 3:
            why = stranger or "it showed no client certificate"
            return Refuse(403, f"This station must connect with security profile 3, and {why}.")
        if stranger and not (known.hashes and handshake.password is not None):
            return Refuse(403, f"The client certificate is not this station's: {stranger}.")
        return await self._by_password(handshake, known, lowest)

    async def _not_its_own(self, handshake: Handshake, known: _Known) -> str:
        """Why a client certificate is not the operator's (A00.FR.404), nor the station's or its controller's (A00.FR.405); "" if it is.

        A station's common name is its identity, or the serial number it told when it booted (A00.FR.511).
        """
        name = common_name_of(handshake.certificate or b"")
        wanted = self._settings.tls_client_organization
        if wanted and (owner := owner_of(handshake.certificate or b"")) != wanted:
            return f"its owner is {owner!r} and not {wanted!r}"
        if name == handshake.identity or _is_serial(name, known.record):
            return ""
        if name and await self._speaks_for(name, handshake.identity):
            return ""
        if not name:
            return NO_SUBJECT
        return (
            f"the client certificate is for {name!r}, and no local controller of that name has this station behind it"
        )

    async def _speaks_for(self, controller: str, station: str) -> bool:
        kept = await self._store.record(LOCAL_CONTROLLERS, controller, "")
        return kept is not None and station in kept.stations

    async def _by_password(self, handshake: Handshake, known: _Known, lowest: int) -> _Used | Refuse:
        """A password counts if it is right; one that is not needed may also be wrong, as long as nobody set one."""
        demanded = lowest >= 1 or (known.needs_password and not self._settings.no_auth)
        otherwise = Refuse.wrong_credentials() if demanded else _Used(0)
        if handshake.password is None or (self._settings.no_auth and not demanded):
            return otherwise
        own = handshake.username == handshake.identity
        hashes = known.hashes if own else await self._hashes_of_controller(handshake)
        # By station and address: nobody can lock a station out from somewhere else.
        who = f"{handshake.identity}\n{handshake.remote.rpartition(':')[0]}"
        if demanded and (wait := self._attempts.wait(who)):
            return Refuse(429, f"Too many wrong passwords: try again in {ceil(wait)} seconds.")
        self._attempts.failed(who)
        try:
            right = await self._right_one(handshake, hashes)
        except ConfigError as error:
            _log.error("a password cannot be checked", station=handshake.identity, error=str(error))
            return _UNCHECKED
        if right is None:
            return otherwise
        self._attempts.succeeded(who)
        profile = 2 if handshake.secure else 1
        is_new = known.record is None or right != known.record.password_hash
        return _Used(profile, right, is_new) if own else _Used(profile)

    async def _right_one(self, handshake: Handshake, hashes: Sequence[str]) -> str | None:
        for kept in hashes:
            if await self._passwords.check(handshake.username or "", handshake.password or b"", kept):
                return kept
        return None

    async def _hashes_of_controller(self, handshake: Handshake) -> tuple[str, ...]:
        """A local controller may use its own username and password for the stations behind it (J2:6.5)."""
        controller = handshake.username or ""
        if not controller or not await self._speaks_for(controller, handshake.identity):
            return ()
        record = await self._store.station(controller)
        return () if record is None or record.password_hash is None else (record.password_hash,)

    # --- what a successful handshake settles ---------------------------------------------------------------------------------------

    async def _settle(self, handshake: Handshake, known: _Known, used: _Used) -> None:
        """The password that was used becomes the only one; an upgraded security profile becomes the lowest that is allowed.

        The certificate that was shown is put on record, so that it is renewed in time.
        """
        operations: list[Operation] = []
        station, credentials = handshake.identity, known.credentials
        if used.profile == 3 and handshake.certificate is not None:
            operations.extend(await self._shown(station, handshake.certificate))
        if used.password and credentials.candidates:
            operations.append(CREDENTIALS.amend(station, "", no_candidates))
            if used.is_new:
                registration = known.record.registration if known.record is not None else None
                operations.append(
                    RegisterStation(
                        station=station, registration=registration, at=self._clock.now(), password_hash=used.password
                    )
                )
        goal = credentials.upgrade_to
        if goal is not None and used.profile >= goal > (known.conditions.security_profile or 0):
            operations.append(CREDENTIALS.amend(station, "", _upgraded))
            operations.append(CONDITIONS.amend(station, "", lambda kept: changed(kept or USUAL, security_profile=goal)))
        if operations:
            await self._journal.append(*operations)

    async def _shown(self, station: str, der: bytes) -> Sequence[Operation]:
        kept = await self._store.record(HELD, station, SigningUse.CHARGING_STATION)
        if kept is not None and kept.id == fingerprint_of(der) and kept.known is Known.SHOWN:
            return ()
        certificate = x509.load_der_x509_certificate(der)
        if common_name_of(der) != station and not _is_serial(common_name_of(der), await self._store.station(station)):
            return ()  # its local controller's
        return (held(station, SigningUse.CHARGING_STATION, certificate, Known.SHOWN, self._clock.now()),)

    def close(self) -> None:
        """Admit nobody any more."""
        self.closed = True
        self._passwords.close()


@dataclass(frozen=True, slots=True)
class _Used:
    """The security profile a handshake amounts to; the hash of the password it presented, and whether that one is new."""

    profile: int
    password: str = ""
    is_new: bool = False


def _upgraded(kept: Credentials | None) -> Credentials | None:
    return None if kept is None else changed(kept, upgrade_to=None)


def _is_serial(name: str, record: Station | None) -> bool:
    """Whether a common name is the serial number on record; as when its request was signed, case does not matter."""
    serial = record.identity.serial_number if record is not None and record.identity is not None else None
    return bool(name and serial) and name.casefold() == (serial or "").casefold()


def _is_registered(record: Station | None) -> bool:
    return record is not None and (record.registration is not None or record.password_hash is not None)
