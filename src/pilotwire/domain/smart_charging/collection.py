"""The profiles a station has, and what becomes of them when one is set, cleared or reported; limits over time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, cast

from pilotwire.domain.kinds import Value, changed
from pilotwire.domain.smart_charging.exchange import (
    ChargingProfilesReported,
    ClearChargingProfile,
    GetChargingProfiles,
)
from pilotwire.domain.smart_charging.profiles import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingSchedule,
    ChargingSchedulePeriod,
    RecurrencyKind,
    ScheduleValues,
)

CSO = "CSO"
"""The source of profiles that a CSMS sets."""
_NOT_CLEARABLE = frozenset(
    {ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS, ChargingProfilePurpose.LOCAL_GENERATION}
)
_RECURRENCE = {RecurrencyKind.DAILY: timedelta(days=1), RecurrencyKind.WEEKLY: timedelta(days=7)}


class InstalledProfile(Value):
    """A profile at an EVSE of a station, since when this is known, whether the station reported it (or only accepted it), its source.

    `transaction_id` is the transaction a TxProfile belongs to, even where the profile itself does not name it (1.6).
    """

    evse_id: int
    profile: ChargingProfile
    at: datetime
    is_reported: bool = False
    charging_limit_source: str = CSO
    transaction_id: str | None = None


Installed = tuple[InstalledProfile, ...]


def with_set(installed: Installed, new: InstalledProfile, *, by_stack_level: bool) -> Installed:
    """After a profile was accepted: it takes the place of the one with its id (K01.FR.05), and in 1.6 (`by_stack_level`) also of one with
    its purpose and stack level at the same connector (1.6:3.13.2)."""

    def goes(old: InstalledProfile) -> bool:
        if old.profile.id == new.profile.id:
            return True
        same = (old.evse_id, old.profile.charging_profile_purpose, old.profile.stack_level)
        return by_stack_level and same == (new.evse_id, new.profile.charging_profile_purpose, new.profile.stack_level)

    return (*(old for old in installed if not goes(old)), new)


def with_cleared(installed: Installed, command: ClearChargingProfile) -> Installed:
    """After profiles were cleared: the one with the id, or all that fit every criterion (K10.FR.03, K10.FR.04; 1.6:5.5).

    What an external system set stays (K10.FR.04).
    """

    def goes(old: InstalledProfile) -> bool:
        profile = old.profile
        if profile.charging_profile_purpose in _NOT_CLEARABLE:
            return False
        if command.charging_profile_id is not None:
            return profile.id == command.charging_profile_id
        return (
            command.evse_id in (None, old.evse_id)
            and command.charging_profile_purpose in (None, profile.charging_profile_purpose)
            and command.stack_level in (None, profile.stack_level)
        )

    return tuple(old for old in installed if not goes(old))


def with_reported(installed: Installed, part: ChargingProfilesReported, at: datetime) -> Installed:
    """After a part of a report: what it says is known now, in the place of what was known under the same ids."""
    numbers = {profile.id for profile in part.charging_profile}
    known = {old.profile.id: old for old in installed}
    reported = tuple(
        InstalledProfile(
            evse_id=part.evse_id,
            profile=profile,
            at=at,
            is_reported=True,
            charging_limit_source=part.charging_limit_source,
            transaction_id=profile.transaction_id
            or (known[profile.id].transaction_id if profile.id in known else None),
        )
        for profile in part.charging_profile
    )
    return (*(old for old in installed if old.profile.id not in numbers), *reported)


def without_unreported(installed: Installed, asked: GetChargingProfiles, reported: Iterable[int]) -> Installed:
    """After a whole report: what was asked for and is not in it is not there."""
    there = frozenset(reported)

    def stays(old: InstalledProfile) -> bool:
        return old.profile.id in there or not is_asked_for(old, asked)

    return tuple(filter(stays, installed))


def is_asked_for(installed: InstalledProfile, asked: GetChargingProfiles) -> bool:
    """Whether a profile fits what a report was asked for (K09.FR.04 to K09.FR.06)."""
    profile = installed.profile
    return (
        asked.evse_id in (None, installed.evse_id)
        and (not asked.charging_profile_ids or profile.id in asked.charging_profile_ids)
        and asked.charging_profile_purpose in (None, profile.charging_profile_purpose)
        and asked.stack_level in (None, profile.stack_level)
        and (not asked.charging_limit_sources or installed.charging_limit_source in asked.charging_limit_sources)
    )


def with_update(installed: Installed, profile_id: int, values: ScheduleValues) -> Installed:
    """After the values of a dynamic profile were updated: those given are new, the others stay (K28.FR.06)."""
    return tuple(
        changed(old, profile=_updated(old.profile, values)) if old.profile.id == profile_id else old
        for old in installed
    )


def _updated(profile: ChargingProfile, values: ScheduleValues) -> ChargingProfile:
    period = dynamic_period(profile)
    if period is None:
        return profile
    given = {name: getattr(values, name) for name in VALUES}
    new = changed(period, **{name: value for name, value in given.items() if value is not None})
    schedule = changed(profile.charging_schedule[0], charging_schedule_period=(new,))
    return changed(profile, charging_schedule=(schedule,))


def dynamic_period(profile: ChargingProfile) -> ChargingSchedulePeriod | None:
    """The one period of a dynamic profile; None if it is not dynamic."""
    if profile.charging_profile_kind is not ChargingProfileKind.DYNAMIC:
        return None
    periods = [period for schedule in profile.charging_schedule for period in schedule.charging_schedule_period]
    return periods[0] if len(periods) == 1 else None


def values_of(period: ChargingSchedulePeriod) -> ScheduleValues:
    """The values of a period alone."""
    return ScheduleValues(**{name: getattr(period, name) for name in VALUES})


# --- limits over time ---------------------------------------------------------------------------------------------------


VALUES: Final[tuple[str, ...]] = cast(Any, ScheduleValues).__struct_fields__
"""The names of all limits and set points."""


class Excess(Value):
    """Where a schedule goes over a limit: `after` seconds from its start."""

    after: int
    wanted: Decimal
    allowed: Decimal


def excess_over(
    wanted: ChargingSchedule, offered: ChargingSchedule, since: datetime, begins: datetime, kind: RecurrencyKind | None
) -> Excess | None:
    """The first place where a schedule that counts from `since` wants more than one that counts from `begins` allows (K15.FR.11).

    Both in the same unit; what an end of the offer leaves open is not limited by it. None also where they cannot be compared.
    """
    if wanted.charging_rate_unit is not offered.charging_rate_unit:
        return None
    shift = int((since - begins).total_seconds())
    round_trip = None if kind is None else int(_RECURRENCE[kind].total_seconds())
    for after in sorted(_moments(wanted, offered, shift, round_trip)):
        want, allow = _limit_at(wanted, after), _limit_at(offered, _within(after + shift, round_trip))
        if want is not None and allow is not None and want > allow:
            return Excess(after=after, wanted=want, allowed=allow)
    return None


def _moments(wanted: ChargingSchedule, offered: ChargingSchedule, shift: int, round_trip: int | None) -> set[int]:
    """The seconds of the wanted schedule at which either of the two changes."""
    moments = {period.start_period for period in wanted.charging_schedule_period}
    for period in offered.charging_schedule_period:
        moments.add(period.start_period - shift if round_trip is None else (period.start_period - shift) % round_trip)
    return {moment for moment in moments if moment >= 0}


def _within(moment: int, round_trip: int | None) -> int:
    return moment if round_trip is None else moment % round_trip


def _limit_at(schedule: ChargingSchedule, moment: int) -> Decimal | None:
    if moment < 0 or (schedule.duration is not None and moment >= schedule.duration):
        return None
    begun = [period for period in schedule.charging_schedule_period if period.start_period <= moment]
    if not begun:
        return None
    current = max(begun, key=lambda period: period.start_period)
    return current.limit if current.limit is not None else current.setpoint
