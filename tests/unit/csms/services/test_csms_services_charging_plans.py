"""The service that makes charging profiles of what vehicles need, with stations that answer as they are told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pilotwire.csms.commands import CommandTimedOut
from pilotwire.csms.commands.smart_charging import Books, set_profile
from pilotwire.csms.handlers import Handlers, Policy
from pilotwire.csms.registers.smart_charging import PLANS, ChargingPlan
from pilotwire.csms.services import Parts
from pilotwire.csms.services.charging_plans import MOST_FAILURES, RETRY, TIDY, ChargingPlans
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.kinds import changed
from pilotwire.domain.metering import register_reading
from pilotwire.domain.smart_charging import (
    ACChargingParameters,
    ChargingLimit,
    ChargingLimitNotified,
    ChargingNeeds,
    ChargingNeedsPolicy,
    ChargingNeedsStatus,
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingProfileStatus,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    EVChargingNeedsNotified,
    EVChargingScheduleNotified,
    GenericStatus,
    SetChargingProfile,
    SetChargingProfileOutcome,
)
from pilotwire.domain.transactions import EventKind, TransactionEvent, TriggerReason
from tests.support.api_rooms import ApiRooms

PLAN = ChargingNeedsPolicy.PLAN
TAKEN = SetChargingProfileOutcome(status=ChargingProfileStatus.ACCEPTED)


class Scene:
    """A CSMS that plans, and a station with a transaction at EVSE 1."""

    def __init__(self) -> None:
        self.rooms = rooms = ApiRooms(charging_needs="plan")
        policy = Policy(accept_unknown_tokens=True, charging_needs=PLAN)
        self.handlers = Handlers(rooms.journal, rooms.store, rooms.clock, policy)
        self.parts = Parts(rooms.journal, rooms.store, rooms.commander, rooms.clock, rooms.settings)
        self.plans = ChargingPlans(self.parts)
        rooms.bus.connect("CS1")
        self.answers(TAKEN)

    def answers(self, answer: object) -> None:
        """What the station says to SetChargingProfile."""
        self.rooms.bus.answers[SetChargingProfile] = answer

    async def event(self, kind: EventKind = EventKind.STARTED, seq_no: int = 0, register: int = 0) -> None:
        """The station tells of its transaction."""
        now = self.rooms.clock.now()
        fact = TransactionEvent(
            kind=kind,
            transaction_id="tx-1",
            seq_no=seq_no,
            at=now,
            trigger=TriggerReason.AUTHORIZED,
            address=EvseAddress(evse=1, connector=1),
            readings=(register_reading(now, Decimal(register), "Sample.Periodic"),),
        )
        await self.handlers.handle("CS1", fact)

    async def needs(self, energy: int = 27_600, **more: Any) -> ChargingNeedsStatus:
        """The vehicle says that it wants so many Wh in four hours."""
        told = ACChargingParameters(
            energy_amount=Decimal(energy),
            ev_min_current=Decimal(6),
            ev_max_current=Decimal(32),
            ev_max_voltage=Decimal(400),
        )
        needs = ChargingNeeds(
            requested_energy_transfer="AC_three_phase",
            ac_charging_parameters=told,
            departure_time=self.rooms.clock.now().replace(hour=self.rooms.clock.now().hour + 4),
        )
        fact = EVChargingNeedsNotified(evse_id=1, charging_needs=needs, max_schedule_tuples=3)
        verdict: Any = await self.handlers.handle("CS1", changed(fact, **more))
        return ChargingNeedsStatus(verdict.status)

    async def schedule(self, limit: float) -> GenericStatus:
        """The vehicle says how it will charge."""
        period = ChargingSchedulePeriod(start_period=0, limit=Decimal(str(limit)))
        made = ChargingSchedule(
            id=1, charging_rate_unit=ChargingRateUnit.AMPERE, charging_schedule_period=(period,), duration=600
        )
        fact = EVChargingScheduleNotified(evse_id=1, time_base=self.rooms.clock.now(), charging_schedule=made)
        verdict: Any = await self.handlers.handle("CS1", fact)
        return GenericStatus(verdict.status)

    async def look(self, seconds: float = 0) -> list[float]:
        """Time passes, the service looks; the limits of the profiles that were sent since."""
        self.rooms.clock.advance(seconds)
        before = len(self.sent)
        await self.plans.look()
        await self.plans.finish()
        return [_limit(each.charging_profile) for each in self.sent[before:]]

    @property
    def sent(self) -> list[SetChargingProfile]:
        """The profiles the station was sent."""
        return [each for _, each in self.rooms.bus.commands if isinstance(each, SetChargingProfile)]

    async def plan(self) -> ChargingPlan | None:
        """What is kept."""
        return await self.rooms.store.record(PLANS, "CS1", "1")

    async def operator_sets(self, limit: float) -> None:
        """An operator sets another profile in the place of the plan."""
        profile = self.sent[-1].charging_profile
        await set_profile(
            Books(self.rooms.commander, self.rooms.store, self.rooms.journal, self.rooms.clock),
            "CS1",
            1,
            changed(profile, charging_schedule=(_with(profile.charging_schedule[0], limit),)),
        )

    async def findings(self) -> list[str]:
        """What was found."""
        return [each.rule for each in await self.rooms.store.findings("CS1")]


def _limit(profile: ChargingProfile) -> float:
    (period,) = profile.charging_schedule[0].charging_schedule_period
    assert period.limit is not None
    return float(period.limit)


def _with(schedule: ChargingSchedule, limit: float) -> ChargingSchedule:
    (period,) = schedule.charging_schedule_period
    return changed(schedule, charging_schedule_period=(changed(period, limit=Decimal(str(limit))),))


async def negotiated() -> Scene:
    """A vehicle has told 27.6 kWh in four hours, and was offered 10 A."""
    scene = Scene()
    await scene.event()
    assert await scene.needs() is ChargingNeedsStatus.ACCEPTED
    assert await scene.look() == [10.0]
    return scene


@pytest.mark.req("K15.FR.03", "K15.FR.07", "K15.FR.11", "K15.FR.18")
async def test_a_vehicle_is_offered_a_profile_for_its_transaction() -> None:
    """Once: nobody negotiates again without a reason."""
    scene = await negotiated()
    (sent,) = scene.sent
    profile = sent.charging_profile
    assert (sent.evse_id, profile.transaction_id) == (1, "tx-1")
    assert profile.charging_profile_purpose is ChargingProfilePurpose.TX_PROFILE
    assert profile.charging_profile_kind is ChargingProfileKind.ABSOLUTE
    assert profile.charging_schedule[0].start_schedule == scene.rooms.clock.now()
    assert await scene.schedule(10) is GenericStatus.ACCEPTED
    assert await scene.look(TIDY) == []


@pytest.mark.req("K15.FR.12", "K15.FR.13", "K16.FR.07", "K16.FR.08", "K17.FR.12", "K17.FR.13")
async def test_a_schedule_over_the_offer_is_negotiated_anew() -> None:
    """At once; a vehicle that does it again and again waits longer each time, until it keeps to its offer."""
    scene = await negotiated()
    assert await scene.schedule(10.1) is GenericStatus.REJECTED
    assert await scene.look() == [10.0]
    assert {each.charging_profile.id for each in scene.sent} == {scene.sent[0].charging_profile.id}
    assert await scene.schedule(11) is GenericStatus.REJECTED
    assert await scene.look(4) == []
    assert await scene.look(1) == [10.1]  # it has lost five seconds
    assert await scene.schedule(10) is GenericStatus.ACCEPTED
    assert await scene.schedule(11) is GenericStatus.REJECTED
    assert await scene.look() == [10.1]


@pytest.mark.req("K15.FR.12")
async def test_an_offer_counts_from_the_moment_it_is_sent() -> None:
    """The vehicle's schedule may be there before the station's answer is in the books."""
    scene = Scene()
    await scene.event()
    await scene.needs()
    scene.answers(CommandTimedOut("CS1", "no answer"))
    await scene.look()
    assert await scene.schedule(10.1) is GenericStatus.REJECTED


async def test_energy_that_was_delivered_counts() -> None:
    """Half of it is there after two hours of four: the other half in the other two."""
    scene = await negotiated()
    scene.rooms.clock.advance(7200)
    await scene.event(EventKind.UPDATED, 1, 13_800)
    assert await scene.schedule(32) is GenericStatus.REJECTED
    assert await scene.look() == [10.0]


@pytest.mark.req("K17.FR.03", "K17.FR.07")
async def test_new_needs_replace_the_profile() -> None:
    """By its id (K01.FR.05)."""
    scene = await negotiated()
    assert await scene.needs(55_200) is ChargingNeedsStatus.ACCEPTED
    assert await scene.look() == [20.0]
    first, second = (each.charging_profile.id for each in scene.sent)
    assert first == second


@pytest.mark.req("K16.FR.06", "K16.FR.12")
async def test_an_operators_profile_goes_before_the_plan() -> None:
    """The vehicle's schedule is held against it, and needs that come again are answered with it."""
    scene = await negotiated()
    await scene.operator_sets(7)
    assert await scene.schedule(10) is GenericStatus.REJECTED
    assert await scene.look() == [7.0]
    assert await scene.schedule(7) is GenericStatus.ACCEPTED
    assert await scene.needs() is ChargingNeedsStatus.ACCEPTED
    assert await scene.look() == [7.0]


async def test_a_limit_from_outside_is_kept() -> None:
    """It is known that the EVSE has 8 A only."""
    scene = Scene()
    await scene.event()
    period = ChargingSchedulePeriod(start_period=0, limit=Decimal(8))
    limit = ChargingSchedule(charging_rate_unit=ChargingRateUnit.AMPERE, charging_schedule_period=(period,))
    told = ChargingLimit(charging_limit_source="EMS")
    await scene.handlers.handle(
        "CS1", ChargingLimitNotified(charging_limit=told, evse_id=1, charging_schedule=(limit,))
    )
    await scene.needs()
    assert await scene.look() == [8.0]


@pytest.mark.req("K15.FR.04", "K17.FR.04")
@pytest.mark.parametrize("has_transaction", [True, False])
async def test_what_cannot_be_planned_is_not_promised(has_transaction: bool) -> None:
    """There is no transaction to send a profile for, or the vehicle does not say what it can."""
    scene = Scene()
    empty = ChargingNeeds(requested_energy_transfer="DC")
    if has_transaction:
        await scene.event()
    status = await (scene.needs(charging_needs=empty) if has_transaction else scene.needs())
    assert status is ChargingNeedsStatus.NO_CHARGING_PROFILE
    assert await scene.plan() is None
    assert await scene.look() == []


async def test_what_was_promised_is_kept_after_a_restart_and_when_the_station_is_back() -> None:
    """The plan is in the store."""
    scene = Scene()
    await scene.event()
    await scene.needs()
    scene.rooms.bus.dismiss("CS1", "gone")
    assert await scene.look() == []
    scene.rooms.bus.connect("CS1")
    scene.plans = ChargingPlans(scene.parts)
    assert await scene.look() == [10.0]


async def test_a_station_that_does_not_answer_is_asked_again_a_few_times() -> None:
    """Then there is a finding."""
    scene = Scene()
    await scene.event()
    await scene.needs()
    scene.answers(CommandTimedOut("CS1", "no answer"))
    for _ in range(MOST_FAILURES + 2):
        await scene.look(RETRY)
    assert len(scene.sent) == MOST_FAILURES
    assert await scene.findings() == ["smart-charging:plan"]


async def test_a_profile_the_station_rejects_is_no_offer() -> None:
    """There is a finding, and the vehicle may take what it will."""
    scene = Scene()
    await scene.event()
    await scene.needs()
    scene.answers(SetChargingProfileOutcome(status=ChargingProfileStatus.REJECTED))
    assert await scene.look() == [10.0]
    assert await scene.look(RETRY) == []
    assert await scene.findings() == ["smart-charging:plan"]
    assert await scene.schedule(32) is GenericStatus.ACCEPTED


async def test_a_plan_goes_with_its_transaction() -> None:
    """It is looked after now and then."""
    scene = await negotiated()
    await scene.event(EventKind.ENDED, 1, 100)
    assert await scene.look(TIDY) == []
    assert await scene.plan() is None
