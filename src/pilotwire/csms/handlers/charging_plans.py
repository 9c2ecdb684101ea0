"""What a station tells of its vehicle, where this CSMS plans itself: what is to be planned, and again (K15 to K17). A service does it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.smart_charging import PLANS, ChargingPlan
from pilotwire.csms.store.ports import Amend, Operation
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import ChargingNeedsPolicy, EVChargingNeedsNotified, Installed, InstalledProfile
from pilotwire.domain.smart_charging.planning import can_plan

FIRST_REST: Final = 5.0
LONGEST_REST: Final = 300.0
"""Seconds until a vehicle that goes over its offer again is offered anew: the first time at once, then twice as long each time."""


def plans_here(desk: Desk, fact: EVChargingNeedsNotified) -> bool:
    """Whether a profile can be made of these needs here."""
    return desk.policy.charging_needs is ChargingNeedsPolicy.PLAN and can_plan(fact.charging_needs)


async def planned(desk: Desk, station: str, fact: EVChargingNeedsNotified, transaction: str) -> Amend:
    """The operation that has a profile made of these needs; one made before for the transaction is replaced by it (K17.FR.07)."""
    now = desk.clock.now()
    known = await desk.store.transaction(station, transaction)
    new = ChargingPlan(
        station=station,
        evse_id=fact.evse_id,
        transaction_id=transaction,
        needs=fact,
        asked_at=now,
        due_at=now,
        metered=None if known is None else known.energy,
    )

    def again(before: ChargingPlan | None) -> ChargingPlan:
        if before is None or before.transaction_id != transaction:
            return new
        return changed(new, profile=before.profile, sent_at=before.sent_at)

    return PLANS.amend(station, str(fact.evse_id), again)


def judged(
    desk: Desk, station: str, evse_id: int, transaction: str | None, *, is_within: bool
) -> tuple[Operation, ...]:
    """What follows for the plan when a vehicle's schedule was judged: one over its offer is negotiated anew (K15.FR.13, K16.FR.08,
    K17.FR.13)."""
    if desk.policy.charging_needs is not ChargingNeedsPolicy.PLAN:
        return ()
    now = desk.clock.now()

    def after(plan: ChargingPlan | None) -> ChargingPlan | None:
        if plan is None or plan.transaction_id != transaction:
            return plan
        if is_within:
            return changed(plan, refusals=0)
        rest = min(FIRST_REST * 2 ** (plan.refusals - 1), LONGEST_REST) if plan.refusals else 0.0
        return changed(plan, refusals=plan.refusals + 1, failures=0, due_at=now + timedelta(seconds=rest))

    return (PLANS.amend(station, str(evse_id), after),)


async def with_sent(desk: Desk, station: str, evse_id: int, transaction: str | None, installed: Installed) -> Installed:
    """The profiles of a station, with that sent for the plan of the transaction: its answer may just be on its way into the books."""
    plan = await desk.store.record(PLANS, station, str(evse_id))
    if plan is None or plan.transaction_id != transaction or plan.profile is None or plan.sent_at is None:
        return installed
    number, sent_at = plan.profile.id, plan.sent_at
    if any(each.profile.id == number and each.at >= sent_at for each in installed):
        return installed
    sent = InstalledProfile(evse_id=evse_id, profile=plan.profile, at=sent_at, transaction_id=transaction)
    return (*(each for each in installed if each.profile.id != number), sent)
