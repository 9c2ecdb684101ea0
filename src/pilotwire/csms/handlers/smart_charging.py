"""What stations tell of profiles, limits and vehicles (K09, K11 to K18, K21, K22, K28)."""

from __future__ import annotations

from datetime import datetime

from pilotwire.csms.handlers.charging_plans import judged, planned, plans_here, with_sent
from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.smart_charging import (
    LIMITS,
    NEEDS,
    PLANS,
    PRIORITY,
    PROFILES,
    SCHEDULES,
    ActiveLimit,
    KnownNeeds,
    KnownSchedule,
    PriorityCharging,
    StationProfiles,
    limit_key,
    profiles_of,
    transaction_at,
)
from pilotwire.domain.findings import Severity
from pilotwire.domain.kinds import Noted
from pilotwire.domain.smart_charging import (
    NEEDS_ANSWERS,
    WHOLE_STATION,
    ChargingLimitCleared,
    ChargingLimitNotified,
    ChargingNeedsPolicy,
    ChargingNeedsStatus,
    ChargingNeedsVerdict,
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingProfilesReported,
    ChargingProfileStatus,
    DynamicScheduleAsked,
    DynamicScheduleVerdict,
    EVChargingNeedsNotified,
    EVChargingScheduleNotified,
    EVChargingScheduleVerdict,
    Excess,
    GenericStatus,
    PriorityChargingNotified,
    Reason,
    dynamic_period,
    excess_over,
    values_of,
    with_reported,
)


async def limited(desk: Desk, station: str, fact: ChargingLimitNotified, message_id: str) -> Noted:
    """Keep a limit from outside, in the place of the one of its source at that EVSE (K12)."""
    evse = WHOLE_STATION if fact.evse_id is None else fact.evse_id
    limit = ActiveLimit(
        evse_id=evse,
        charging_limit=fact.charging_limit,
        at=desk.clock.now(),
        charging_schedule=fact.charging_schedule,
    )
    await desk.journal.append(LIMITS.put(station, limit_key(evse, fact.charging_limit.charging_limit_source), limit))
    return Noted()


async def limit_cleared(desk: Desk, station: str, fact: ChargingLimitCleared, message_id: str) -> Noted:
    """A limit from outside has gone (K13)."""
    evse = WHOLE_STATION if fact.evse_id is None else fact.evse_id
    await desk.journal.append(LIMITS.remove(station, limit_key(evse, fact.charging_limit_source)))
    return Noted()


async def reported(desk: Desk, station: str, fact: ChargingProfilesReported, message_id: str) -> Noted:
    """Keep what is reported of profiles, and hand the part to whoever waits for the report (K09)."""
    now = desk.clock.now()

    def change(before: StationProfiles | None) -> StationProfiles:
        known = () if before is None else before.installed
        return StationProfiles(installed=with_reported(known, fact, now))

    await desk.journal.append(PROFILES.amend(station, "", change))
    desk.reports.put(station, fact, entries=len(fact.charging_profile))
    return Noted()


async def needs(desk: Desk, station: str, fact: EVChargingNeedsNotified, message_id: str) -> ChargingNeedsVerdict:
    """Keep what a vehicle needs and say whether a profile will come, as the operator decided (K15.FR.02 to K15.FR.05, K18.FR.03 to
    K18.FR.05). Who will send one follows the live events, if this CSMS does not plan itself."""
    transaction = await transaction_at(desk.store, station, fact.evse_id)
    status, follows = NEEDS_ANSWERS[desk.policy.charging_needs], PLANS.remove(station, str(fact.evse_id))
    if transaction is not None and plans_here(desk, fact):
        follows = await planned(desk, station, fact, transaction)
    elif desk.policy.charging_needs is ChargingNeedsPolicy.PLAN:
        status = ChargingNeedsStatus.NO_CHARGING_PROFILE
    record = KnownNeeds(
        told=fact,
        status=status,
        received_at=desk.clock.now(),
        transaction_id=transaction,
    )
    await desk.journal.append(NEEDS.put(station, str(fact.evse_id), record), follows)
    return ChargingNeedsVerdict(status=status)


async def ev_schedule(
    desk: Desk, station: str, fact: EVChargingScheduleNotified, message_id: str
) -> EVChargingScheduleVerdict:
    """Keep the schedule of a vehicle; it is accepted if it stays within what it was offered (K15.FR.11, K15.FR.12), else it is negotiated
    anew where this CSMS plans (K15.FR.13).

    The station should have seen to that (K15.FR.09): one that did not has a finding.
    """
    transaction = await transaction_at(desk.store, station, fact.evse_id)
    excess = await _excess(desk, station, fact, transaction)
    verdict = EVChargingScheduleVerdict(status=GenericStatus.ACCEPTED)
    if excess is not None:
        what = (
            f"EVSE {fact.evse_id}: after {excess.after} seconds the vehicle's schedule takes {excess.wanted} "
            f"{fact.charging_schedule.charging_rate_unit}, but {excess.allowed} was offered"
        )
        desk.note(station, "K15.FR.09", Severity.BREACH, what, message_id)
        reason = Reason(code="InvalidSchedule", info=what)
        verdict = EVChargingScheduleVerdict(status=GenericStatus.REJECTED, reason=reason)
    record = KnownSchedule(told=fact, status=verdict.status, received_at=desk.clock.now(), transaction_id=transaction)
    follows = judged(desk, station, fact.evse_id, transaction, is_within=excess is None)
    await desk.journal.append(SCHEDULES.put(station, str(fact.evse_id), record), *follows)
    return verdict


async def _excess(desk: Desk, station: str, fact: EVChargingScheduleNotified, transaction: str | None) -> Excess | None:
    """Where the schedule goes over the offer; None if it does not, or nothing is known to have been offered."""
    installed = await with_sent(desk, station, fact.evse_id, transaction, await profiles_of(desk.store, station))
    offers = [
        each.profile
        for each in installed
        if each.evse_id == fact.evse_id
        and each.profile.charging_profile_purpose is ChargingProfilePurpose.TX_PROFILE
        and each.transaction_id in (None, transaction)
    ]
    if not offers:
        return None
    offer = max(offers, key=lambda profile: profile.stack_level)
    chosen = fact.selected_charging_schedule_id
    of_choice = [schedule for schedule in offer.charging_schedule if chosen is None or schedule.id == chosen]
    begins = await _begin(desk, station, fact, offer, transaction)
    found = [
        excess_over(
            fact.charging_schedule, schedule, fact.time_base, schedule.start_schedule or begins, offer.recurrency_kind
        )
        for schedule in of_choice or offer.charging_schedule
    ]
    return found[0] if all(each is not None for each in found) else None


async def _begin(
    desk: Desk, station: str, fact: EVChargingScheduleNotified, offer: ChargingProfile, transaction: str | None
) -> datetime:
    """When a schedule without a start of its own begins: with the transaction (K01.FR.42); a dynamic one holds from now on."""
    if transaction is None or offer.charging_profile_kind is ChargingProfileKind.DYNAMIC:
        return fact.time_base
    known = await desk.store.transaction(station, transaction)
    started = None if known is None else known.started_at
    return fact.time_base if started is None else started


async def priority(desk: Desk, station: str, fact: PriorityChargingNotified, message_id: str) -> Noted:
    """Keep whether a transaction charges with priority (K21.FR.09, K22.FR.06)."""
    record = PriorityCharging(transaction_id=fact.transaction_id, activated=fact.activated, at=desk.clock.now())
    await desk.journal.append(PRIORITY.put(station, fact.transaction_id, record))
    return Noted()


async def dynamic_schedule(
    desk: Desk, station: str, fact: DynamicScheduleAsked, message_id: str
) -> DynamicScheduleVerdict:
    """The values that now hold in a dynamic profile (K28.FR.07); Rejected for one that is not there, or not dynamic (K28.FR.12)."""
    number = fact.charging_profile_id
    found = [each.profile for each in await profiles_of(desk.store, station) if each.profile.id == number]
    period = dynamic_period(found[0]) if found else None
    if period is None:
        reason = Reason(code="InvalidProfile", info=f"There is no Dynamic profile {number} on record for this station.")
        return DynamicScheduleVerdict(status=ChargingProfileStatus.REJECTED, reason=reason)
    return DynamicScheduleVerdict(status=ChargingProfileStatus.ACCEPTED, schedule_update=values_of(period))
