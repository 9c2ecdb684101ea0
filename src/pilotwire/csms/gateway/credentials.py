"""Passwords and security profiles changed over OCPP: what a station took counts from its next handshake on (A01, A05).

It makes no difference whether a typed command or a pass-through carried the change: each message is looked at as it goes out. A password
is on record before its CALL is sent: whatever is lost on the way, the answer or this CSMS, the station gets in with the old one or the
new one, and the one it uses becomes the only one.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from pilotwire.clock import Clock
from pilotwire.csms.gateway.passwords import hash_password
from pilotwire.csms.registers.credentials import CREDENTIALS, SETTLED, Credentials, NetworkSlot
from pilotwire.csms.store.ports import Journal, RegisterStation, Store
from pilotwire.domain.device_model import (
    AttributeType,
    SetVariables,
    SetVariablesOutcome,
    SetVariableStatus,
    VariableName,
)
from pilotwire.domain.kinds import Command, Outcome, changed
from pilotwire.ocpp.types import Message

_PASSWORDS: Final = frozenset({("securityctrlr", "basicauthpassword"), ("", "authorizationkey")})
"""The variable of 2.x, and the key of 1.6 by its own name."""
_PROFILES: Final = frozenset({("securityctrlr", "securityprofile"), ("", "securityprofile")})
_PRIORITIES: Final = frozenset({("ocppcommctrlr", "networkconfigurationpriority")})
_TAKEN: Final = frozenset({SetVariableStatus.ACCEPTED, SetVariableStatus.REBOOT_REQUIRED})
_CANDIDATES: Final = 4
"""How many passwords may be under way: the oldest is forgotten first."""


def password_given(command: Command | None) -> str | None:
    """The password a command sets, if it sets one."""
    return _given(command, _PASSWORDS)


def password_taken(command: Command, outcome: Outcome) -> str | None:
    """The password a station has just taken; None if it was given none, or did not accept it (A01.FR.04)."""
    return password_given(command) if _status(command, outcome, _PASSWORDS) is SetVariableStatus.ACCEPTED else None


def _given(command: Command | None, names: frozenset[tuple[str, str]]) -> str | None:
    if not isinstance(command, SetVariables):
        return None
    values = [
        setting.value
        for setting in command.settings
        if setting.attribute is AttributeType.ACTUAL and _key(setting.name) in names
    ]
    return values[-1] if values else None


def _status(command: Command | None, outcome: Outcome, names: frozenset[tuple[str, str]]) -> SetVariableStatus | None:
    if not isinstance(command, SetVariables) or not isinstance(outcome, SetVariablesOutcome):
        return None
    said = [result.status for result in outcome.results if _key(result.name) in names]
    return said[-1] if said else None


def _key(name: VariableName) -> tuple[str, str]:
    return name.component.casefold(), name.variable.casefold()


class CredentialKeeper:
    """Follows what is sent to stations and what they answer. Every method raises StoreError if something cannot be kept."""

    def __init__(self, journal: Journal, store: Store, clock: Clock) -> None:
        self._journal = journal
        self._store = store
        self._clock = clock

    async def before(self, station: str, command: Command | None) -> str | None:
        """A message is about to be sent: a password in it counts from now on beside the one on record. Gives its hash."""
        password = password_given(command)
        if password is None:
            return None
        hashed = await asyncio.to_thread(hash_password, password)

        def with_it(kept: Credentials | None) -> Credentials:
            known = kept or SETTLED
            return changed(known, candidates=(*known.candidates, hashed)[-_CANDIDATES:])

        await self._journal.append(CREDENTIALS.amend(station, "", with_it))
        return hashed

    async def refused(self, station: str, hashed: str | None) -> None:
        """The station did not take the message: the password in it counts no more (A01.FR.04)."""
        if hashed is not None:
            await self._journal.append(CREDENTIALS.amend(station, "", lambda kept: _without(kept, hashed)))

    async def answered(self, station: str, hashed: str | None, command: Command, outcome: Outcome) -> None:
        """The station answered a message: a password it accepted is the only one from now on (A01.FR.03), any other answer but that
        it has to restart first leaves the old one; a security profile it accepted is expected (A05.FR.07)."""
        if hashed is not None:
            status = _status(command, outcome, _PASSWORDS)
            if status is SetVariableStatus.ACCEPTED:
                await self._keep(station, hashed)
            elif status is not SetVariableStatus.REBOOT_REQUIRED:
                await self.refused(station, hashed)
        profile = await self._profile_accepted(station, command, outcome)
        if profile is not None:
            await self._journal.append(
                CREDENTIALS.amend(station, "", lambda kept: changed(kept or SETTLED, upgrade_to=profile))
            )

    async def slot_answered(self, station: str, request: Message, response: Message) -> None:
        """The station answered a SetNetworkProfile: which security profile its slot has (B09; A05.FR.04)."""
        said: Any = request
        if str(getattr(response, "status", "")) != "Accepted":
            return
        slot = NetworkSlot(
            slot=int(said.configuration_slot), security_profile=int(said.connection_data.security_profile)
        )

        def with_it(kept: Credentials | None) -> Credentials:
            known = kept or SETTLED
            others = tuple(each for each in known.slots if each.slot != slot.slot)
            return changed(known, slots=(*others, slot))

        await self._journal.append(CREDENTIALS.amend(station, "", with_it))

    async def _profile_accepted(self, station: str, command: Command, outcome: Outcome) -> int | None:
        """The security profile the station will use from now on; None if nothing was said of that."""
        if _status(command, outcome, _PROFILES) in _TAKEN:
            return _profile(_given(command, _PROFILES))
        if _status(command, outcome, _PRIORITIES) not in _TAKEN:
            return None
        first = (_given(command, _PRIORITIES) or "").partition(",")[0].strip()
        kept = await self._store.record(CREDENTIALS, station, "") or SETTLED
        return next((each.security_profile for each in kept.slots if str(each.slot) == first), None)

    async def _keep(self, station: str, hashed: str) -> None:
        """Put a station's new password on record, as a hash (A01.FR.08): the one before is no longer accepted (A01.FR.03)."""
        record = await self._store.station(station)
        registration = record.registration if record is not None else None
        await self._journal.append(
            RegisterStation(station=station, registration=registration, at=self._clock.now(), password_hash=hashed),
            CREDENTIALS.amend(station, "", no_candidates),
        )


def no_candidates(kept: Credentials | None) -> Credentials | None:
    """What is under way, without passwords: for a station whose password is certain."""
    return None if kept is None else changed(kept, candidates=())


def _without(kept: Credentials | None, hashed: str) -> Credentials | None:
    return None if kept is None else changed(kept, candidates=tuple(each for each in kept.candidates if each != hashed))


def _profile(text: str | None) -> int | None:
    return int(text) if text is not None and text in ("0", "1", "2", "3") else None
