"""Profiles of 2.1 that change while they hold: dynamic ones (K28), and priority charging (K21)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from pilotwire.domain.kinds import Verdict, changed
from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingProfileStatus,
    DynamicScheduleAsked,
    DynamicScheduleVerdict,
    InstalledProfile,
    PriorityChargingNotified,
    PriorityChargingStatus,
    Reason,
    ScheduleValues,
    UpdateDynamicSchedule,
    UpdateDynamicScheduleOutcome,
    UsePriorityCharging,
    UsePriorityChargingOutcome,
    dynamic_period,
    with_update,
)
from pilotwire.station.core.charging_site import csms_time, replace_installed
from pilotwire.station.core.smart_charging_memory import ChargingMemory
from pilotwire.station.core.station import Station

_ANSWER_WITHIN: Final = timedelta(seconds=60)
"""How long an answer to a question for values may take before it is asked again."""


@dataclass(slots=True)
class Asked:
    """When values of which profile were asked for last."""

    at: dict[int, datetime] = field(default_factory=dict)


# --- dynamic profiles -------------------------------------------------------------------------------------------------------


def stamped(profile: ChargingProfile, at: datetime) -> ChargingProfile:
    """A dynamic profile has the time of its values, that of its coming if it does not say (K28.FR.05)."""
    if profile.charging_profile_kind is not ChargingProfileKind.DYNAMIC or profile.dyn_update_time is not None:
        return profile
    return changed(profile, dyn_update_time=at)


def update(station: Station, command: UpdateDynamicSchedule) -> UpdateDynamicScheduleOutcome:
    """New values, in force at once (K28.FR.06); Rejected where there is no such dynamic profile (K28.FR.11)."""
    if not _take(station, command.charging_profile_id, command.schedule_update):
        what = f"There is no dynamic charging profile {command.charging_profile_id}."
        reason = Reason(code="InvalidProfile", info=what)
        return UpdateDynamicScheduleOutcome(status=ChargingProfileStatus.REJECTED, reason=reason)
    return UpdateDynamicScheduleOutcome(status=ChargingProfileStatus.ACCEPTED)


def _take(station: Station, profile_id: int, values: ScheduleValues) -> bool:
    installed = station.kept(ChargingMemory).installed
    if not any(each.profile.id == profile_id and dynamic_period(each.profile) is not None for each in installed):
        return False
    now = csms_time(station)
    replace_installed(
        station,
        tuple(
            changed(each, profile=changed(each.profile, dyn_update_time=now)) if each.profile.id == profile_id else each
            for each in with_update(installed, profile_id, values)
        ),
    )  # K28.FR.09
    return True


def due(station: Station) -> None:
    """Ask for values that are older than their profile wants (K28.FR.10)."""
    for each in _pulled(station) if station.online else ():
        asked = station.moment(Asked).at
        if station.now >= _next(station, each):
            asked[each.profile.id] = station.now
            number = each.profile.id
            station.say(
                DynamicScheduleAsked(charging_profile_id=number),
                answered=partial(_answered, station, number),
            )


def _answered(station: Station, profile_id: int, verdict: Verdict) -> None:
    """K28.FR.08."""
    if isinstance(verdict, DynamicScheduleVerdict) and verdict.schedule_update is not None:
        station.moment(Asked).at.pop(profile_id, None)
        _take(station, profile_id, verdict.schedule_update)


def deadline(station: Station) -> datetime | None:
    """When values are to be asked for next."""
    if not station.online:
        return None
    return min((_next(station, each) for each in _pulled(station)), default=None)


def _pulled(station: Station) -> list[InstalledProfile]:
    return [each for each in station.kept(ChargingMemory).installed if (each.profile.dyn_update_interval or 0) > 0]


def _next(station: Station, each: InstalledProfile) -> datetime:
    profile = each.profile
    wanted = (profile.dyn_update_time or each.at) - station.offset + timedelta(seconds=profile.dyn_update_interval or 0)
    asked = station.moment(Asked).at.get(profile.id)
    return wanted if asked is None else max(wanted, asked + _ANSWER_WITHIN)


# --- priority ---------------------------------------------------------------------------------------------------------------


def use_priority(station: Station, command: UsePriorityCharging) -> UsePriorityChargingOutcome:
    """Let a transaction charge by the profile for priority, or no longer; the CSMS is told of the change (K21)."""
    evse = station.evse_of_transaction(command.transaction_id)
    if evse is None or evse.tx is None:
        reason = Reason(code="TxNotFound")
        return UsePriorityChargingOutcome(status=PriorityChargingStatus.REJECTED, reason=reason)  # K21.FR.02
    memory, own = station.kept(ChargingMemory), evse.tx.transaction_id
    there = any(
        each.profile.charging_profile_purpose is ChargingProfilePurpose.PRIORITY_CHARGING
        and each.evse_id in (0, evse.evse_id)
        for each in memory.installed
    )
    if command.activate and not there:
        reason = Reason(code="NotFound")
        return UsePriorityChargingOutcome(status=PriorityChargingStatus.NO_PROFILE, reason=reason)  # K21.FR.01
    if command.activate != (own in memory.prioritized):
        rest = tuple(each for each in memory.prioritized if each != own)
        replace_installed(station, memory.installed, prioritized=(*rest, own) if command.activate else rest)
        fact = PriorityChargingNotified(transaction_id=command.transaction_id, activated=command.activate)
        station.tell(fact, queue=not station.online)  # K21.FR.05, K21.FR.08
    return UsePriorityChargingOutcome(status=PriorityChargingStatus.ACCEPTED)  # K21.FR.03, K21.FR.06
