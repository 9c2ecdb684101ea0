"""What is said about charging profiles, limits and needs, in both directions (functional block K; 1.6:5.5, 1.6:5.7, 1.6:5.16)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pilotwire.domain.kinds import Command, Fact, Outcome, Verdict
from pilotwire.domain.kinds import Reason as Reason
from pilotwire.domain.smart_charging.needs import ChargingLimit, ChargingNeeds
from pilotwire.domain.smart_charging.profiles import (
    ChargingProfile,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    CompositeSchedule,
    ScheduleValues,
)

# --- profiles -----------------------------------------------------------------------------------------------------------


class SetChargingProfile(Command):
    """Install a profile at an EVSE, 0 for the station (K01; 1.6:5.16); replaces the one with its id (K01.FR.05)."""

    evse_id: int
    charging_profile: ChargingProfile


class ChargingProfileStatus(StrEnum):
    """As in 2.x ChargingProfileStatusEnumType; NotSupported is of 1.6."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NOT_SUPPORTED = "NotSupported"


class SetChargingProfileOutcome(Outcome):
    """The answer to a profile."""

    status: ChargingProfileStatus
    reason: Reason | None = None


class ClearChargingProfile(Command):
    """Remove the profile with an id, or all that fit every criterion given (K10.FR.03, K10.FR.04; 1.6:5.5). None: every one (1.6)."""

    charging_profile_id: int | None = None
    evse_id: int | None = None
    charging_profile_purpose: ChargingProfilePurpose | None = None
    stack_level: int | None = None


class ClearChargingProfileStatus(StrEnum):
    """As in ClearChargingProfileStatusEnumType."""

    ACCEPTED = "Accepted"
    UNKNOWN = "Unknown"


class ClearChargingProfileOutcome(Outcome):
    """The answer; Unknown if there is none like that (K10.FR.01)."""

    status: ClearChargingProfileStatus
    reason: Reason | None = None


class GetCompositeSchedule(Command):
    """Ask what results from all profiles for the next `duration` seconds (K08; 1.6:5.7)."""

    evse_id: int
    duration: int
    charging_rate_unit: ChargingRateUnit | None = None


class GenericStatus(StrEnum):
    """As in GenericStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


class GetCompositeScheduleOutcome(Outcome):
    """The schedule, where it could be made."""

    status: GenericStatus
    schedule: CompositeSchedule | None = None
    reason: Reason | None = None


class GetChargingProfiles(Command):
    """Ask for a report of the profiles that fit every criterion given (K09). `evse_id` None: of all places."""

    request_id: int
    evse_id: int | None = None
    charging_profile_ids: tuple[int, ...] = ()
    charging_profile_purpose: ChargingProfilePurpose | None = None
    stack_level: int | None = None
    charging_limit_sources: tuple[str, ...] = ()


class GetChargingProfilesStatus(StrEnum):
    """As in GetChargingProfileStatusEnumType."""

    ACCEPTED = "Accepted"
    NO_PROFILES = "NoProfiles"


class GetChargingProfilesOutcome(Outcome):
    """Whether a report will follow."""

    status: GetChargingProfilesStatus
    reason: Reason | None = None


class ChargingProfilesReported(Fact):
    """A part of a report of the profiles of one source at one EVSE (K09.FR.01); `more` parts may follow (K09.FR.02)."""

    request_id: int
    charging_limit_source: str
    evse_id: int
    charging_profile: tuple[ChargingProfile, ...]
    more: bool = False


# --- dynamic profiles and priority (2.1) --------------------------------------------------------------------------------


class UpdateDynamicSchedule(Command):
    """Set the values that now hold in a dynamic profile (K28.FR.06)."""

    charging_profile_id: int
    schedule_update: ScheduleValues


class UpdateDynamicScheduleOutcome(Outcome):
    """The answer; Rejected if the profile is not there or not dynamic (K28.FR.11)."""

    status: ChargingProfileStatus
    reason: Reason | None = None


class DynamicScheduleAsked(Fact):
    """A station asks what now holds in a dynamic profile (K28.FR.10)."""

    charging_profile_id: int


class DynamicScheduleVerdict(Verdict):
    """The values (K28.FR.07), or Rejected for a profile that is not there or not dynamic (K28.FR.12)."""

    status: ChargingProfileStatus
    schedule_update: ScheduleValues | None = None
    reason: Reason | None = None


class UsePriorityCharging(Command):
    """Let a transaction charge by the profile for priority, or no longer (K21)."""

    transaction_id: str
    activate: bool


class PriorityChargingStatus(StrEnum):
    """As in PriorityChargingStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NO_PROFILE = "NoProfile"


class UsePriorityChargingOutcome(Outcome):
    """The answer (K21.FR.01 to K21.FR.03)."""

    status: PriorityChargingStatus
    reason: Reason | None = None


class PriorityChargingNotified(Fact):
    """Priority charging of a transaction began or ended (K21.FR.05, K21.FR.08, K22)."""

    transaction_id: str
    activated: bool


# --- limits from outside ------------------------------------------------------------------------------------------------


class ChargingLimitNotified(Fact):
    """A limit from outside holds at an EVSE, or at the station (None) (K11 to K13), perhaps with its schedules."""

    charging_limit: ChargingLimit
    evse_id: int | None = None
    charging_schedule: tuple[ChargingSchedule, ...] = ()


class ChargingLimitCleared(Fact):
    """A limit from outside has gone (K13, K14)."""

    charging_limit_source: str
    evse_id: int | None = None


# --- what vehicles say by ISO 15118 -------------------------------------------------------------------------------------


class EVChargingNeedsNotified(Fact):
    """What the vehicle at an EVSE needs, and how many periods its schedules may have (K15.FR.01); `timestamp` is of 2.1."""

    evse_id: int
    charging_needs: ChargingNeeds
    max_schedule_tuples: int | None = None
    timestamp: datetime | None = None


class ChargingNeedsStatus(StrEnum):
    """As in 2.1 NotifyEVChargingNeedsStatusEnumType; 2.0.1 has Rejected for NoChargingProfile (K15.FR.04)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    PROCESSING = "Processing"
    NO_CHARGING_PROFILE = "NoChargingProfile"


class ChargingNeedsPolicy(StrEnum):
    """What this CSMS answers to needs: that nobody here plans (`none`), or that whoever follows its live events will send a profile,
    at once (`accepted`) or after a while (`processing`); `rejected`: the energy transfer asked for is not possible. `plan`: it makes a
    profile itself."""

    NONE = "none"
    ACCEPTED = "accepted"
    PROCESSING = "processing"
    REJECTED = "rejected"
    PLAN = "plan"


class ChargingNeedsVerdict(Verdict):
    """Whether a profile will be sent (K15.FR.03 to K15.FR.05, K18.FR.03 to K18.FR.05)."""

    status: ChargingNeedsStatus
    reason: Reason | None = None


class EVChargingScheduleNotified(Fact):
    """The schedule the vehicle made of what it was offered, counted from `time_base` (K15.FR.10).

    Which schedule of the offer it chose, and whether it takes the power tolerance, is told in 2.1.
    """

    evse_id: int
    time_base: datetime
    charging_schedule: ChargingSchedule
    selected_charging_schedule_id: int | None = None
    power_tolerance_acceptance: bool | None = None


class EVChargingScheduleVerdict(Verdict):
    """Accepted if it is within the limits of what was offered (K15.FR.11, K15.FR.12)."""

    status: GenericStatus
    reason: Reason | None = None


NEEDS_ANSWERS = {
    ChargingNeedsPolicy.NONE: ChargingNeedsStatus.NO_CHARGING_PROFILE,
    ChargingNeedsPolicy.ACCEPTED: ChargingNeedsStatus.ACCEPTED,
    ChargingNeedsPolicy.PROCESSING: ChargingNeedsStatus.PROCESSING,
    ChargingNeedsPolicy.REJECTED: ChargingNeedsStatus.REJECTED,
    ChargingNeedsPolicy.PLAN: ChargingNeedsStatus.ACCEPTED,
}
"""The status that says what the policy is; with `plan` only where a profile can be made."""
