"""Smart charging in 2.x: profiles, limits from outside, and what vehicles need (K01 to K17)."""

from __future__ import annotations

from typing import Any

from pilotwire.dialects.ocpp2 import charging_profiles as shapes
from pilotwire.dialects.ocpp2.wire import Wire, enumerated
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.kinds import Noted
from pilotwire.domain.smart_charging import (
    ChargingLimitCleared,
    ChargingLimitNotified,
    ChargingNeedsStatus,
    ChargingNeedsVerdict,
    ChargingProfilePurpose,
    ChargingProfilesReported,
    ChargingProfileStatus,
    ClearChargingProfile,
    ClearChargingProfileOutcome,
    ClearChargingProfileStatus,
    EVChargingNeedsNotified,
    EVChargingScheduleNotified,
    EVChargingScheduleVerdict,
    GenericStatus,
    GetChargingProfiles,
    GetChargingProfilesOutcome,
    GetChargingProfilesStatus,
    GetCompositeSchedule,
    GetCompositeScheduleOutcome,
    SetChargingProfile,
    SetChargingProfileOutcome,
)
from pilotwire.domain.smart_charging.profiles import ChargingRateUnit
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message

# --- facts --------------------------------------------------------------------------------------------------------------


def read_limit(request: v201.NotifyChargingLimitRequest) -> ChargingLimitNotified:
    """NotifyChargingLimit (K12)."""
    return ChargingLimitNotified(
        charging_limit=shapes.read_limit(request.charging_limit),
        evse_id=request.evse_id,
        charging_schedule=tuple(map(shapes.read_schedule, request.charging_schedule or ())),
    )


def write_limit(wire: Wire, fact: ChargingLimitNotified) -> Message:
    """NotifyChargingLimit (K12)."""
    schedules = [shapes.write_schedule(wire, each, number) for number, each in enumerate(fact.charging_schedule, 1)]
    return wire.NotifyChargingLimitRequest(
        charging_limit=shapes.write_limit(wire, fact.charging_limit),
        evse_id=fact.evse_id,
        charging_schedule=schedules or None,
    )


def read_report(request: v201.ReportChargingProfilesRequest) -> ChargingProfilesReported:
    """ReportChargingProfiles (K09)."""
    return ChargingProfilesReported(
        request_id=request.request_id,
        charging_limit_source=request.charging_limit_source,
        evse_id=request.evse_id,
        charging_profile=tuple(map(shapes.read_profile, request.charging_profile)),
        more=bool(request.tbc),
    )


def write_report(wire: Wire, fact: ChargingProfilesReported) -> Message:
    """ReportChargingProfiles (K09).

    2.0.1 has no Dynamic profiles: what a station made of a value from outside (K29.FR.04) is an Absolute one there (K11.FR.06).
    """
    has_word = "Dynamic" in enumerated(wire, "ChargingProfileKind")
    profiles = fact.charging_profile if has_word else map(shapes.as_absolute, fact.charging_profile)
    return wire.ReportChargingProfilesRequest(
        request_id=fact.request_id,
        charging_limit_source=same_name(fact.charging_limit_source),
        charging_profile=[shapes.write_profile(wire, profile) for profile in profiles],
        evse_id=fact.evse_id,
        tbc=fact.more or None,
    )


def read_needs(request: v201.NotifyEVChargingNeedsRequest) -> EVChargingNeedsNotified:
    """NotifyEVChargingNeeds (K15, K17)."""
    told = getattr(request, "timestamp", None)
    return EVChargingNeedsNotified(
        evse_id=request.evse_id,
        charging_needs=shapes.read_needs(request.charging_needs),
        max_schedule_tuples=request.max_schedule_tuples,
        timestamp=None if told is None else read_time(told),
    )


def write_needs(wire: Wire, fact: EVChargingNeedsNotified) -> Message:
    """NotifyEVChargingNeeds (K15, K17); the time of the needs is told in 2.1, and left out before: it is no part of them."""
    kind: Any = wire.NotifyEVChargingNeedsRequest
    told = {"timestamp": fact.timestamp} if "timestamp" in kind.__struct_fields__ else {}
    request: Message = kind(
        evse_id=fact.evse_id,
        charging_needs=shapes.write_needs(wire, fact.charging_needs),
        max_schedule_tuples=fact.max_schedule_tuples,
        **told,
    )
    return request


def write_needs_verdict(wire: Wire, verdict: ChargingNeedsVerdict) -> Message:
    """The answer to needs; 2.0.1 says Rejected where no profile will come (K15.FR.04)."""
    has_word = verdict.status in enumerated(wire, "NotifyEVChargingNeedsStatus")
    status: Any = same_name(verdict.status if has_word else ChargingNeedsStatus.REJECTED)
    return wire.NotifyEVChargingNeedsResponse(status=status, status_info=shapes.write_reason(wire, verdict.reason))


def read_ev_schedule(request: v201.NotifyEVChargingScheduleRequest) -> EVChargingScheduleNotified:
    """NotifyEVChargingSchedule (K15.FR.10)."""
    return EVChargingScheduleNotified(
        evse_id=request.evse_id,
        time_base=read_time(request.time_base),
        charging_schedule=shapes.read_schedule(request.charging_schedule),
        selected_charging_schedule_id=getattr(request, "selected_charging_schedule_id", None),
        power_tolerance_acceptance=getattr(request, "power_tolerance_acceptance", None),
    )


def write_ev_schedule(wire: Wire, fact: EVChargingScheduleNotified) -> Message:
    """NotifyEVChargingSchedule (K15.FR.10).

    Which schedule was chosen is said by the schedule's id too; apart from that, and whether a tolerance is kept to, only 2.1 tells it.
    """
    kind: Any = wire.NotifyEVChargingScheduleRequest
    more = {
        "selected_charging_schedule_id": fact.selected_charging_schedule_id,
        "power_tolerance_acceptance": fact.power_tolerance_acceptance,
    }
    said = {name: value for name, value in more.items() if value is not None and name in kind.__struct_fields__}
    request: Message = kind(
        evse_id=fact.evse_id,
        time_base=fact.time_base,
        charging_schedule=shapes.write_schedule(wire, fact.charging_schedule),
        **said,
    )
    return request


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=ChargingLimitNotified,
            read={wire.NotifyChargingLimitRequest: read_limit},
            write=lambda fact, _named: write_limit(wire, fact),
            write_verdict=lambda _fact, _verdict: wire.NotifyChargingLimitResponse(),
        ),
        FactWord(
            fact=ChargingLimitCleared,
            read={
                wire.ClearedChargingLimitRequest: lambda request: ChargingLimitCleared(
                    charging_limit_source=request.charging_limit_source, evse_id=request.evse_id
                )
            },
            write=lambda fact, _named: wire.ClearedChargingLimitRequest(
                charging_limit_source=same_name(fact.charging_limit_source), evse_id=fact.evse_id
            ),
            write_verdict=lambda _fact, _verdict: wire.ClearedChargingLimitResponse(),
        ),
        FactWord(
            fact=ChargingProfilesReported,
            read={wire.ReportChargingProfilesRequest: read_report},
            write=lambda fact, _named: write_report(wire, fact),
            write_verdict=lambda _fact, _verdict: wire.ReportChargingProfilesResponse(),
            read_verdict=lambda _fact, _response: Noted(),
        ),
        FactWord(
            fact=EVChargingNeedsNotified,
            read={wire.NotifyEVChargingNeedsRequest: read_needs},
            write=lambda fact, _named: write_needs(wire, fact),
            write_verdict=lambda _fact, verdict: write_needs_verdict(wire, verdict),
            read_verdict=lambda _fact, response: ChargingNeedsVerdict(
                status=ChargingNeedsStatus(response.status), reason=shapes.read_reason(response.status_info)
            ),
        ),
        FactWord(
            fact=EVChargingScheduleNotified,
            read={wire.NotifyEVChargingScheduleRequest: read_ev_schedule},
            write=lambda fact, _named: write_ev_schedule(wire, fact),
            write_verdict=lambda _fact, verdict: wire.NotifyEVChargingScheduleResponse(
                status=same_name(verdict.status), status_info=shapes.write_reason(wire, verdict.reason)
            ),
            read_verdict=lambda _fact, response: EVChargingScheduleVerdict(
                status=GenericStatus(response.status), reason=shapes.read_reason(response.status_info)
            ),
        ),
    )


# --- commands -----------------------------------------------------------------------------------------------------------


def write_set(wire: Wire, command: SetChargingProfile) -> tuple[Message, ...]:
    """SetChargingProfile (K01)."""
    profile = shapes.write_profile(wire, command.charging_profile)
    return (wire.SetChargingProfileRequest(evse_id=command.evse_id, charging_profile=profile),)


def write_clear(wire: Wire, command: ClearChargingProfile) -> tuple[Message, ...]:
    """ClearChargingProfile (K10.FR.02)."""
    purpose: Any = same_name(command.charging_profile_purpose)
    has_criteria = (command.evse_id, purpose, command.stack_level) != (None, None, None)
    if command.charging_profile_id is None and not has_criteria:
        raise NotSayable(
            "OCPP 2.x clears one profile by its id, or those that fit a criterion (K10.FR.02).",
            "Name an EVSE, a purpose or a stack level; the purposes one after the other clear everything.",
        )
    criteria = wire.ClearChargingProfile(
        evse_id=command.evse_id, charging_profile_purpose=purpose, stack_level=command.stack_level
    )
    return (
        wire.ClearChargingProfileRequest(
            charging_profile_id=command.charging_profile_id,
            charging_profile_criteria=criteria if has_criteria else None,
        ),
    )


def read_clear(request: v201.ClearChargingProfileRequest) -> ClearChargingProfile:
    """ClearChargingProfile."""
    criteria = request.charging_profile_criteria
    return ClearChargingProfile(
        charging_profile_id=request.charging_profile_id,
        evse_id=None if criteria is None else criteria.evse_id,
        charging_profile_purpose=_purpose(None if criteria is None else criteria.charging_profile_purpose),
        stack_level=None if criteria is None else criteria.stack_level,
    )


def _purpose(text: str | None) -> ChargingProfilePurpose | None:
    return None if text is None else ChargingProfilePurpose(text)


def write_get(wire: Wire, command: GetChargingProfiles) -> tuple[Message, ...]:
    """GetChargingProfiles (K09.FR.03)."""
    purpose: Any = same_name(command.charging_profile_purpose)
    sources: Any = [same_name(source) for source in command.charging_limit_sources]
    criterion = wire.ChargingProfileCriterion(
        charging_profile_purpose=purpose,
        stack_level=command.stack_level,
        charging_profile_id=list(command.charging_profile_ids) or None,
        charging_limit_source=sources or None,
    )
    if criterion == wire.ChargingProfileCriterion():
        raise NotSayable(
            "OCPP 2.x reports profiles by their ids, or those that fit a criterion (K09.FR.03).",
            "Name ids, a purpose, a stack level or sources; the four sources together are every profile.",
        )
    return (
        wire.GetChargingProfilesRequest(
            request_id=command.request_id, charging_profile=criterion, evse_id=command.evse_id
        ),
    )


def read_get(request: v201.GetChargingProfilesRequest) -> GetChargingProfiles:
    """GetChargingProfiles."""
    criterion = request.charging_profile
    return GetChargingProfiles(
        request_id=request.request_id,
        evse_id=request.evse_id,
        charging_profile_ids=tuple(criterion.charging_profile_id or ()),
        charging_profile_purpose=_purpose(criterion.charging_profile_purpose),
        stack_level=criterion.stack_level,
        charging_limit_sources=tuple(criterion.charging_limit_source or ()),
    )


def read_composite_command(request: v201.GetCompositeScheduleRequest) -> GetCompositeSchedule:
    """GetCompositeSchedule (K08)."""
    unit = request.charging_rate_unit
    return GetCompositeSchedule(
        evse_id=request.evse_id,
        duration=request.duration,
        charging_rate_unit=None if unit is None else ChargingRateUnit(unit),
    )


def read_composite(response: v201.GetCompositeScheduleResponse) -> GetCompositeScheduleOutcome:
    """The schedule in the answer."""
    schedule = response.schedule
    return GetCompositeScheduleOutcome(
        status=GenericStatus(response.status),
        schedule=None if schedule is None else shapes.read_composite(schedule),
        reason=shapes.read_reason(response.status_info),
    )


def write_composite(wire: Wire, outcome: GetCompositeScheduleOutcome) -> Message:
    """The answer with its schedule."""
    schedule = outcome.schedule
    return wire.GetCompositeScheduleResponse(
        status=same_name(outcome.status),
        status_info=shapes.write_reason(wire, outcome.reason),
        schedule=None if schedule is None else shapes.write_composite(wire, schedule),
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=SetChargingProfile,
            read={
                wire.SetChargingProfileRequest: lambda request: SetChargingProfile(
                    evse_id=request.evse_id, charging_profile=shapes.read_profile(request.charging_profile)
                )
            },
            write=lambda command: write_set(wire, command),
            write_outcome=lambda _command, outcome, _request: wire.SetChargingProfileResponse(
                status=same_name(outcome.status), status_info=shapes.write_reason(wire, outcome.reason)
            ),
            read_outcome=lambda _command, responses: SetChargingProfileOutcome(
                status=ChargingProfileStatus(responses[0].status), reason=shapes.read_reason(responses[0].status_info)
            ),
        ),
        CommandWord(
            command=ClearChargingProfile,
            read={wire.ClearChargingProfileRequest: read_clear},
            write=lambda command: write_clear(wire, command),
            write_outcome=lambda _command, outcome, _request: wire.ClearChargingProfileResponse(
                status=same_name(outcome.status), status_info=shapes.write_reason(wire, outcome.reason)
            ),
            read_outcome=lambda _command, responses: ClearChargingProfileOutcome(
                status=ClearChargingProfileStatus(responses[0].status),
                reason=shapes.read_reason(responses[0].status_info),
            ),
        ),
        CommandWord(
            command=GetChargingProfiles,
            read={wire.GetChargingProfilesRequest: read_get},
            write=lambda command: write_get(wire, command),
            write_outcome=lambda _command, outcome, _request: wire.GetChargingProfilesResponse(
                status=same_name(outcome.status), status_info=shapes.write_reason(wire, outcome.reason)
            ),
            read_outcome=lambda _command, responses: GetChargingProfilesOutcome(
                status=GetChargingProfilesStatus(responses[0].status),
                reason=shapes.read_reason(responses[0].status_info),
            ),
        ),
        CommandWord(
            command=GetCompositeSchedule,
            read={wire.GetCompositeScheduleRequest: read_composite_command},
            write=lambda command: (
                wire.GetCompositeScheduleRequest(
                    evse_id=command.evse_id,
                    duration=command.duration,
                    charging_rate_unit=same_name(command.charging_rate_unit),
                ),
            ),
            write_outcome=lambda _command, outcome, _request: write_composite(wire, outcome),
            read_outcome=lambda _command, responses: read_composite(responses[0]),
        ),
    )
