"""Remote start and stop, unlock (functional block F)."""

from __future__ import annotations

from enum import StrEnum

from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.smart_charging import ChargingProfile, ChargingProfilePurpose


class RequestStart(Command):
    """Start a transaction for a token (F01, F02). `remote_start_id` names the request in 2.x; 1.6 has no place for it.

    `evse` None leaves the choice to the station. `charging_profile` is for the transaction that comes of it (F01.FR.08).
    """

    id_token: IdToken
    remote_start_id: int | None = None
    evse: int | None = None
    group: IdToken | None = None
    charging_profile: ChargingProfile | None = None


class RequestStop(Command):
    """End a running transaction (F03)."""

    transaction_id: str


class RequestStatus(StrEnum):
    """Whether the station will try (RequestStartStopStatusEnumType)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


class RequestStartOutcome(Outcome):
    """The answer to a remote start; `transaction_id` if one is running already (F02.FR.13)."""

    status: RequestStatus
    transaction_id: str | None = None


class RequestStopOutcome(Outcome):
    """The answer to a remote stop."""

    status: RequestStatus


class UnlockConnector(Command):
    """Release a stuck cable (F05): not a way to stop a transaction in 2.x, though it ends one in 1.6."""

    evse: int
    connector: int = 1


class UnlockStatus(StrEnum):
    """As in 2.x UnlockStatusEnumType, and 1.6's NotSupported."""

    UNLOCKED = "Unlocked"
    UNLOCK_FAILED = "UnlockFailed"
    ONGOING_AUTHORIZED_TRANSACTION = "OngoingAuthorizedTransaction"
    UNKNOWN_CONNECTOR = "UnknownConnector"
    NOT_SUPPORTED = "NotSupported"


class UnlockOutcome(Outcome):
    """The answer to an unlock."""

    status: UnlockStatus


def start_flaws(profile: ChargingProfile) -> tuple[str, ...]:
    """Why a profile cannot go with a remote start, in sentences; () if it can."""
    flaws = []
    if profile.charging_profile_purpose is not ChargingProfilePurpose.TX_PROFILE:
        flaws.append(
            f"The purpose of a profile that goes with a remote start is TxProfile, not {profile.charging_profile_purpose} "
            "(F01.FR.09; 1.6:5.16.2)."
        )
    if profile.transaction_id is not None:
        flaws.append("It names a transaction, which has not begun yet (F01.FR.11).")
    return tuple(flaws)
