"""A password that was changed over OCPP: what a station took is what it must present from its next connection on (A01).

A password that goes out by pass-through is not followed: who sends messages as they are keeps the record as well.
"""

from __future__ import annotations

import asyncio
from typing import Final

from pilotwire.clock import Clock
from pilotwire.csms.gateway.passwords import hash_password
from pilotwire.csms.store.ports import Journal, RegisterStation, Store
from pilotwire.domain.device_model import (
    AttributeType,
    SetVariables,
    SetVariablesOutcome,
    SetVariableStatus,
    VariableName,
)
from pilotwire.domain.kinds import Command, Outcome

_PASSWORDS: Final = frozenset({("securityctrlr", "basicauthpassword"), ("", "authorizationkey")})
"""The variable of 2.x, and the key of 1.6 by its own name."""


def password_taken(command: Command, outcome: Outcome) -> str | None:
    """The password a station has just taken; None if it was given none, or did not accept it (A01.FR.04)."""
    if not isinstance(command, SetVariables) or not isinstance(outcome, SetVariablesOutcome):
        return None
    accepted = {_key(result.name) for result in outcome.results if result.status is SetVariableStatus.ACCEPTED}
    given = [
        setting.value
        for setting in command.settings
        if setting.attribute is AttributeType.ACTUAL and _key(setting.name) in _PASSWORDS & accepted
    ]
    return given[-1] if given else None


def _key(name: VariableName) -> tuple[str, str]:
    return name.component.casefold(), name.variable.casefold()


async def keep_password(journal: Journal, store: Store, clock: Clock, station: str, password: str) -> None:
    """Put a station's new password on record, as a hash (A01.FR.08): the one before is no longer accepted (A01.FR.03).

    Raises StoreError.
    """
    hashed = await asyncio.to_thread(hash_password, password)
    record = await store.station(station)
    registration = record.registration if record is not None else None
    await journal.append(
        RegisterStation(station=station, registration=registration, at=clock.now(), password_hash=hashed)
    )
