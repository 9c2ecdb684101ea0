"""Boot, heartbeat, reset and triggered messages (functional block B)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pilotwire.domain.identity import EvseAddress, StationIdentity
from pilotwire.domain.kinds import Command, Fact, Outcome, Verdict


class BootReason(StrEnum):
    """Why a station (re)booted, as in 2.x BootReasonEnumType."""

    APPLICATION_RESET = "ApplicationReset"
    FIRMWARE_UPDATE = "FirmwareUpdate"
    LOCAL_RESET = "LocalReset"
    POWER_UP = "PowerUp"
    REMOTE_RESET = "RemoteReset"
    SCHEDULED_RESET = "ScheduledReset"
    TRIGGERED = "Triggered"
    UNKNOWN = "Unknown"
    WATCHDOG = "Watchdog"


class RegistrationStatus(StrEnum):
    """Whether a station may take part (RegistrationStatusEnumType)."""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


class StationBooted(Fact):
    """A station has booted and asks to be registered (B01). `reason` is None where the protocol does not tell (1.6)."""

    station: StationIdentity
    reason: BootReason | None = None


class BootVerdict(Verdict):
    """The answer to a boot: `interval` is the heartbeat interval when accepted, else the seconds before the next try (B01, B02, B03)."""

    status: RegistrationStatus
    now: datetime
    interval: int


class Heartbeat(Fact):
    """A station is alive and asks for the time (G02)."""


class HeartbeatVerdict(Verdict):
    """The time the station sets its clock to (G02.FR.02)."""

    now: datetime


class UnknownStations(StrEnum):
    """What an operator wants to happen with a station nobody has registered."""

    ACCEPT = "accept"
    PENDING = "pending"
    REJECT = "reject"


def judge_boot(
    registered: RegistrationStatus | None,
    policy: UnknownStations,
    now: datetime,
    *,
    heartbeat_interval: int,
    retry_interval: int,
) -> BootVerdict:
    """Decide on a boot: a registered station's own status holds, an unknown one falls under the policy (B01, B02, B03)."""
    status = registered if registered is not None else _POLICY[policy]
    interval = heartbeat_interval if status is RegistrationStatus.ACCEPTED else retry_interval
    return BootVerdict(status=status, now=now, interval=interval)


_POLICY = {
    UnknownStations.ACCEPT: RegistrationStatus.ACCEPTED,
    UnknownStations.PENDING: RegistrationStatus.PENDING,
    UnknownStations.REJECT: RegistrationStatus.REJECTED,
}


class ResetKind(StrEnum):
    """How a station is to restart, as in 2.x ResetEnumType; 1.6 says Hard for IMMEDIATE and Soft for ON_IDLE.

    RESUME is 2.1's ImmediateAndResume: restart at once and go on with the transactions.
    """

    IMMEDIATE = "Immediate"
    ON_IDLE = "OnIdle"
    RESUME = "ImmediateAndResume"


class Reset(Command):
    """Restart the station, or one EVSE of it (B11, B12)."""

    kind: ResetKind
    evse: int | None = None


class ResetStatus(StrEnum):
    """Whether the station restarts (ResetStatusEnumType)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    SCHEDULED = "Scheduled"


class ResetOutcome(Outcome):
    """The station's answer to a reset."""

    status: ResetStatus


class TriggerMessage(Command):
    """Ask a station to send a message now (F06). `message` is a 2.x MessageTriggerEnumType value.

    Names of 1.6 that 2.x does not have stay (`DiagnosticsStatusNotification`); those that differ are translated. `custom` is what a
    `CustomTrigger` (2.1) asks for, in the vendor's words. `extended`: by the ExtendedTriggerMessage of 1.6, though the plain one could ask
    for it too (for FirmwareStatusNotification that means the signed one).
    """

    message: str
    address: EvseAddress | None = None
    custom: str | None = None
    extended: bool = False


class TriggerStatus(StrEnum):
    """Whether the triggered message will be sent (TriggerMessageStatusEnumType)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NOT_IMPLEMENTED = "NotImplemented"


class TriggerOutcome(Outcome):
    """The station's answer to a trigger."""

    status: TriggerStatus
