"""Makes charging profiles of what vehicles need, and sends them (K15 to K17), if the setting `charging_needs` is `plan`.

What is to be planned is in the store, so it is done after a restart. A station asked for its profile, so a quiet one gets it too.
A TxProfile that an operator, or somebody else, has set for the transaction goes before the plan: it is that which the vehicle is offered
again (K16.FR.12).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from pilotwire.csms.commands.bus import CommandRefused, CommandTimedOut
from pilotwire.csms.commands.smart_charging import Books, set_profile, station_abilities
from pilotwire.csms.registers.smart_charging import LIMITS, PLANS, ChargingPlan, profiles_of
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import KeepFinding, Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    WHOLE_STATION,
    ChargingNeedsPolicy,
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingProfileStatus,
    Installed,
)
from pilotwire.domain.smart_charging.planning import Ceiling, plan_for
from pilotwire.errors import NotReachable, PilotwireError, StoreError

LOOK: Final = 0.25
"""Seconds between looks."""
TIDY: Final = 60.0
"""Seconds between looks at which the plans of transactions that are over are taken out."""
RETRY: Final = 10.0
MOST_FAILURES: Final = 5
"""How often a profile is sent that the station does not answer, and the seconds between."""
STACK_LEVEL: Final = 0
_FIRST_ID: Final = 700_000
"""The ids of planned profiles are this and the EVSE's, or above where a station has one with that."""
_AT_ONCE: Final = 16
_PAGE: Final = 500
_RULE: Final = "smart-charging:plan"
_Place = tuple[str, int]


class ChargingPlans:
    """The service; one of a CSMS."""

    name = "charging-plans"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._books = Books(parts.commander, parts.store, parts.journal, parts.clock)
        self._working: dict[_Place, asyncio.Task[None]] = {}
        self._tidy_at = parts.clock.monotonic()

    async def run(self) -> None:
        """Do it, until cancelled."""
        if self._parts.settings.charging_needs is not ChargingNeedsPolicy.PLAN:
            return
        try:
            while True:
                await self.look()
                await pause(self._parts.clock, LOOK, look=LOOK)
        finally:
            await self._stop()

    async def look(self) -> None:
        """Start on the plans that are due, a few at a time. Raises what the work on one raised that it should not."""
        for place, task in list(self._working.items()):
            if task.done():
                del self._working[place]
                task.result()
        now, monotonic = self._parts.clock.now(), self._parts.clock.monotonic()
        tidies = monotonic >= self._tidy_at
        self._tidy_at = monotonic + TIDY if tidies else self._tidy_at
        connected = {each.station for each in self._parts.commander.bus.connected()}
        async for plan in self._all():
            place = (plan.station, plan.evse_id)
            is_due = plan.due_at is not None and plan.due_at <= now and plan.station in connected
            if place not in self._working and (tidies or (is_due and len(self._working) < _AT_ONCE)):
                name = f"charging plan of {plan.station}"
                self._working[place] = asyncio.create_task(self._work(plan, is_due=is_due), name=name)

    async def finish(self) -> None:
        """Wait until what was started is done."""
        await asyncio.gather(*self._working.values())

    async def _all(self) -> AsyncIterator[ChargingPlan]:
        cursor: str | None = None
        while page := await self._parts.store.records(PLANS, None, Page(limit=_PAGE, after=cursor)):
            for each in page:
                yield each
            cursor = cursor_of(page[-1].station, str(page[-1].evse_id))

    # --- one plan ----------------------------------------------------------------------------------------------------------------

    async def _work(self, plan: ChargingPlan, *, is_due: bool) -> None:
        """Send what is due for a transaction; nothing more for one that is over."""
        transaction = await self._parts.store.transaction(plan.station, plan.transaction_id)
        if transaction is None or not transaction.is_open:
            await self._keep(plan, None)
            return
        if not is_due:
            return
        installed = await profiles_of(self._parts.store, plan.station)
        profile = _of_others(plan, installed)
        if profile is None:
            profile = await self._made(plan, installed, transaction.energy)
            if profile is None:
                await self._keep(plan, changed(plan, due_at=None), "no schedule can be made of its needs.")
                return
            plan = changed(plan, profile=profile, sent_at=self._parts.clock.now())
            await self._keep(plan, plan)
        await self._send(plan, profile)

    async def _send(self, plan: ChargingPlan, profile: ChargingProfile) -> None:
        done = changed(plan, due_at=None, failures=0)
        try:
            outcome = await set_profile(self._books, plan.station, plan.evse_id, profile)
        except (CommandTimedOut, CommandRefused) as problem:
            await self._failed(plan, problem.what)
        except NotReachable:
            return  # it is sent when the station is back
        except StoreError:
            raise
        except PilotwireError as problem:
            await self._keep(plan, done, problem.what)
        else:
            if outcome.status is ChargingProfileStatus.ACCEPTED:
                await self._keep(plan, done)
                return
            # What is not installed is no offer: the vehicle's schedules are not held against it.
            offer = None if plan.profile == profile else plan.profile
            await self._keep(plan, changed(done, profile=offer), f"the station answered {outcome.status}")

    async def _failed(self, plan: ChargingPlan, problem: str) -> None:
        if plan.failures + 1 >= MOST_FAILURES:
            await self._keep(plan, changed(plan, due_at=None, failures=0), problem)
            return
        due = self._parts.clock.now() + timedelta(seconds=RETRY)
        await self._keep(plan, changed(plan, due_at=due, failures=plan.failures + 1))

    async def _made(self, plan: ChargingPlan, installed: Installed, energy: Decimal | None) -> ChargingProfile | None:
        """The profile for what the vehicle needs, from now on (K15.FR.07); None where there can be none."""
        now = self._parts.clock.now().replace(microsecond=0)
        abilities = await station_abilities(self._parts.store, plan.station)
        tuples = plan.needs.max_schedule_tuples or None
        most = [each for each in (tuples, abilities.periods_per_schedule) if each is not None]
        schedule = plan_for(
            plan.needs.charging_needs,
            now,
            units=abilities.rate_units or None,
            ceilings=await self._ceilings(plan, installed, now),
            most_periods=min(most) if most else None,
            delivered=max(Decimal(0), (energy or Decimal(0)) - (plan.metered or Decimal(0))),
        )
        if schedule is None:
            return None
        return ChargingProfile(
            id=_id_for(plan, installed),
            stack_level=STACK_LEVEL,
            charging_profile_purpose=ChargingProfilePurpose.TX_PROFILE,
            charging_profile_kind=ChargingProfileKind.ABSOLUTE,
            charging_schedule=(schedule,),
            transaction_id=plan.transaction_id,
        )

    async def _ceilings(self, plan: ChargingPlan, installed: Installed, now: datetime) -> list[Ceiling]:
        """What limits the EVSE from outside, and the station as a whole, as far as is known."""
        here = (WHOLE_STATION, plan.evse_id)
        told = [
            Ceiling(schedule=schedule, begins=schedule.start_schedule or limit.at)
            for limit in await self._parts.store.records(LIMITS, plan.station, Page(limit=_PAGE))
            if limit.evse_id in here
            for schedule in limit.charging_schedule
        ]
        of_station = [
            Ceiling(
                schedule=each.profile.charging_schedule[0],
                begins=each.profile.charging_schedule[0].start_schedule or each.at,
                recurrency_kind=each.profile.recurrency_kind,
            )
            for each in installed
            if each.profile.charging_profile_purpose is ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE
            and (each.profile.valid_from is None or each.profile.valid_from <= now)
            and (each.profile.valid_to is None or each.profile.valid_to > now)
        ]
        return [*told, *of_station]

    async def _keep(self, plan: ChargingPlan, after: ChargingPlan | None, problem: str = "") -> None:
        """Keep how far a plan is; not if the vehicle has said something new in the meantime."""

        def still(kept: ChargingPlan | None) -> ChargingPlan | None:
            if kept is None or (kept.transaction_id, kept.asked_at, kept.refusals) == (
                plan.transaction_id,
                plan.asked_at,
                plan.refusals,
            ):
                return after if kept is not None else None
            if after is None or kept.transaction_id != plan.transaction_id:
                return kept
            return changed(kept, profile=after.profile, sent_at=after.sent_at)

        change = PLANS.amend(plan.station, str(plan.evse_id), still)
        await self._parts.journal.append(change, *([self._finding(plan, problem)] if problem else []))

    def _finding(self, plan: ChargingPlan, problem: str) -> KeepFinding:
        what = f"no charging profile could be set for the vehicle of transaction {plan.transaction_id}: {problem}"
        at = self._parts.clock.now()
        finding = Finding(
            station=plan.station,
            at=at,
            rule=_RULE,
            severity=Severity.NOTE,
            what=what,
            action="SetChargingProfile",
        )
        return KeepFinding(finding=finding)

    async def _stop(self) -> None:
        for task in self._working.values():
            task.cancel()
        await asyncio.gather(*self._working.values(), return_exceptions=True)
        self._working.clear()


def _of_others(plan: ChargingPlan, installed: Installed) -> ChargingProfile | None:
    """The TxProfile that leads at the EVSE for the transaction, if it is not the planned one."""
    found = [
        each.profile
        for each in installed
        if each.evse_id == plan.evse_id
        and each.profile.charging_profile_purpose is ChargingProfilePurpose.TX_PROFILE
        and each.transaction_id in (None, plan.transaction_id)
    ]
    if not found:
        return None
    leads = max(found, key=lambda each: each.stack_level)
    return None if plan.profile is not None and _same(leads, plan.profile) else leads


def _same(one: ChargingProfile, other: ChargingProfile) -> bool:
    """Whether it is the same offer; a station that reports one may add to it."""
    limits = [
        [[(each.start_period, each.limit) for each in schedule.charging_schedule_period] for schedule in profile]
        for profile in (one.charging_schedule, other.charging_schedule)
    ]
    return one.id == other.id and limits[0] == limits[1]


def _id_for(plan: ChargingPlan, installed: Installed) -> int:
    """The id of the profile before, which the new one replaces (K01.FR.05), or one the station does not have."""
    if plan.profile is not None:
        return plan.profile.id
    number, taken = _FIRST_ID + plan.evse_id, {each.profile.id for each in installed}
    return number if number not in taken else max(taken) + 1
