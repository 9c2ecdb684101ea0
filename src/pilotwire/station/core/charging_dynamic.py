"""Profiles of 2.1 that change while they hold: dynamic ones (K28), and priority charging (K21, K22)."""

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
from pilotwire.station.core.actions import Show
from pilotwire.station.core.charging_site import ENABLED, csms_time, replace_installed
from pilotwire.station.core.evse import Evse, Running
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.smart_charging_memory import ChargingMemory
from pilotwire.station.core.station import Station

_ANSWER_WITHIN: Final = timedelta(seconds=60)
"""How long an answer to a question for values may take before it is asked again."""


@dataclass(frozen=True, slots=True)
class PriorityWanted(OfStreet):
    """A driver asks at the station for priority charging of the transaction there, or for its end (K22)."""

    evse_id: int
    activate: bool = True


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
    if command.activate and not _has_priority_profile(station, evse):
        reason = Reason(code="NotFound")
        return UsePriorityChargingOutcome(status=PriorityChargingStatus.NO_PROFILE, reason=reason)  # K21.FR.01
    _switch(station, evse, evse.tx, command.activate)
    return UsePriorityChargingOutcome(status=PriorityChargingStatus.ACCEPTED)  # K21.FR.03, K21.FR.06


def asked_by_driver(station: Station, event: PriorityWanted) -> None:
    """The same at the station itself; who cannot have it is told so (K22)."""
    evse = station.evses.get(event.evse_id)
    if evse is None or evse.tx is None:
        station.note(f"Priority charging was asked for at EVSE {event.evse_id}, where no transaction is under way.")
        return
    if event.activate and not (station.variables.on(ENABLED) and _has_priority_profile(station, evse)):
        station.do(Show(evse.evse_id, "Priority charging is not available."))  # K22.FR.01
        return
    if _switch(station, evse, evse.tx, event.activate):
        station.do(Show(evse.evse_id, f"Priority charging is {'on' if event.activate else 'off'}."))


def _has_priority_profile(station: Station, evse: Evse) -> bool:
    return any(
        each.profile.charging_profile_purpose is ChargingProfilePurpose.PRIORITY_CHARGING
        and each.evse_id in (0, evse.evse_id)
        for each in station.kept(ChargingMemory).installed
    )


def _switch(station: Station, evse: Evse, tx: Running, activate: bool) -> bool:
    """Change what leads, and tell it (K21.FR.05, K21.FR.08, K22.FR.03, K22.FR.05); False: it was so already."""
    memory, own = station.kept(ChargingMemory), tx.transaction_id
    if activate == (own in memory.prioritized):
        return False
    rest = tuple(each for each in memory.prioritized if each != own)
    replace_installed(station, memory.installed, prioritized=(*rest, own) if activate else rest)
    fact = PriorityChargingNotified(transaction_id=own, activated=activate)
    station.tell(fact, queue=not station.online)
    return True
