"""A vehicle's needs, its offers and its schedule: what is waited for, what is not told, and what is not taken."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.kinds import Fact
from pilotwire.domain.smart_charging import (
    ChargingNeeds,
    ChargingNeedsStatus,
    ChargingNeedsVerdict,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    EVChargingNeedsNotified,
    EVChargingScheduleNotified,
    EVChargingScheduleVerdict,
    SetChargingProfile,
)
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.vehicle_needs import NeedsTold, ScheduleOffer, ScheduleReturned
from tests.support.charging import profile
from tests.support.station_world import Csms, StationWorld

DEFAULT, TX = ChargingProfilePurpose.TX_DEFAULT_PROFILE, ChargingProfilePurpose.TX_PROFILE
A, W = ChargingRateUnit.AMPERE, ChargingRateUnit.WATT
NEEDS = ChargingNeeds(requested_energy_transfer="AC_three_phase")


class _Planner(Csms):
    """A CSMS that answers needs with `needs_status`; None: not at all."""

    needs_status: ChargingNeedsStatus | None = ChargingNeedsStatus.ACCEPTED

    def verdict(self, fact: Fact, now: Any) -> Any:
        if isinstance(fact, EVChargingNeedsNotified) and self.needs_status is not None:
            return ChargingNeedsVerdict(status=self.needs_status)
        return super().verdict(fact, now)


def _world(status: ChargingNeedsStatus | None = ChargingNeedsStatus.ACCEPTED, **settings: Any) -> StationWorld:
    """A driver is authorized, and the vehicle is there."""
    world = StationWorld(**settings)
    planner = _Planner()
    planner.needs_status = status
    if status is None:
        planner.silent = lambda fact: isinstance(fact, EVChargingNeedsNotified)
    world.csms = planner
    world.plug()
    world.tap("ANNA")
    return world


def _needs(world: StationWorld, ref: str = "needs", evse: int = 1, **more: Any) -> None:
    told = ChargingNeeds(requested_energy_transfer="AC_three_phase", departure_time=more.pop("departure", None))
    world.feed(NeedsTold(ref, evse, told, **more))


def _offers(world: StationWorld, ref: str = "needs") -> list[Any]:
    """The limits of each offer so far."""
    given = [one.verdict for one in world.actions if isinstance(one, Inform) and one.ref == ref]
    return [_limits(one.schedule) for one in given if isinstance(one, ScheduleOffer)]


def _limits(schedule: ChargingSchedule | None) -> Any:
    if schedule is None:
        return None
    return [(period.start_period, int(period.limit or 0)) for period in schedule.charging_schedule_period]


def _send(world: StationWorld, number: int, *periods: tuple[int, int]) -> None:
    sent = profile(number, TX, *periods, kind="Relative", transaction_id=world.transaction)
    world.command(SetChargingProfile(evse_id=1, charging_profile=sent))


def _returned(world: StationWorld, *periods: tuple[int, int], unit: ChargingRateUnit = A) -> Any:
    made = tuple(ChargingSchedulePeriod(start_period=at, limit=Decimal(limit)) for at, limit in periods)
    world.feed(
        ScheduleReturned("schedule", 1, ChargingSchedule(charging_rate_unit=unit, charging_schedule_period=made))
    )
    verdict = [one.verdict for one in world.actions if isinstance(one, Inform) and one.ref == "schedule"][-1]
    assert isinstance(verdict, EVChargingScheduleVerdict)
    return verdict.status.value


@pytest.mark.parametrize("status", [ChargingNeedsStatus.ACCEPTED, ChargingNeedsStatus.PROCESSING])
def test_a_profile_that_was_promised_is_waited_for_a_minute(status: ChargingNeedsStatus) -> None:
    """After that the vehicle has an answer; the profile that comes late is negotiated."""
    world = _world(status)
    _needs(world)
    world.pass_time(59, step=1)
    assert _offers(world) == []
    world.pass_time(1)
    assert _offers(world) == [[(0, 32)]]
    _send(world, 4, (0, 12))
    assert _offers(world)[1:] == [[(0, 12)]]


@pytest.mark.parametrize("status", [ChargingNeedsStatus.REJECTED, ChargingNeedsStatus.NO_CHARGING_PROFILE])
def test_without_a_profile_the_offer_is_what_holds_anyway(status: ChargingNeedsStatus) -> None:
    world = _world(status)
    world.command(SetChargingProfile(evse_id=0, charging_profile=profile(1, DEFAULT, (0, 10))))
    _needs(world)
    assert _offers(world) == [[(0, 10)]]


def test_a_csms_that_does_not_answer_leaves_no_vehicle_waiting() -> None:
    world = _world(None)
    _needs(world)
    assert _offers(world) == []
    world.pass_time(30)
    world.time_out()
    assert _offers(world) == [[(0, 32)]]


def test_a_profile_of_no_concern_is_no_answer() -> None:
    """A default for all is not what was promised."""
    world = _world()
    _needs(world)
    world.command(SetChargingProfile(evse_id=0, charging_profile=profile(1, DEFAULT, (0, 10))))
    assert _offers(world) == []
    _send(world, 2, (0, 16))
    assert _offers(world) == [[(0, 16)]]


@pytest.mark.req("K16.FR.02", versions=("2.1",))
def test_a_change_of_the_composite_schedule_is_negotiated_and_nothing_else() -> None:
    """Whatever changes it; a profile under another that holds changes nothing."""
    world = _world()
    _needs(world)
    _send(world, 2, (0, 16))
    world.command(SetChargingProfile(evse_id=0, charging_profile=profile(1, DEFAULT, (0, 10))))
    assert len(_offers(world)) == 1
    _send(world, 2, (0, 16), (600, 8))
    assert _offers(world)[1:] == [[(0, 16), (600, 8)]]


def test_an_offer_has_no_more_periods_than_the_vehicle_takes() -> None:
    world = _world()
    _needs(world, most_periods=2)
    _send(world, 2, (0, 16), (100, 8), (200, 10), (300, 12))
    given = [one.verdict for one in world.actions if isinstance(one, Inform)]
    assert _offers(world) == [[(0, 16), (100, 8)]]
    assert isinstance(given[-1], ScheduleOffer)
    assert given[-1].schedule is not None
    assert given[-1].schedule.duration == 200
    assert given[-1].schedule.id == 1


def test_an_offer_lasts_until_the_vehicle_leaves() -> None:
    world = _world(ChargingNeedsStatus.REJECTED)
    _needs(world, departure=world.now + timedelta(hours=2))
    (offer,) = [one.verdict for one in world.actions if isinstance(one, Inform)]
    assert isinstance(offer, ScheduleOffer)
    assert offer.schedule is not None
    assert offer.schedule.duration == 7201


@pytest.mark.req("K15.FR.09", "K15.FR.10")
def test_a_schedule_over_the_offer_is_refused_and_not_told() -> None:
    world = _world()
    _needs(world)
    _send(world, 2, (0, 16), (600, 8))
    assert _returned(world, (0, 16)) == "Rejected"
    assert world.csms.of(EVChargingScheduleNotified) == []
    assert "After 600 seconds" in world.notes[-1]
    assert _returned(world, (0, 16), (600, 8)) == "Accepted"
    assert len(world.csms.of(EVChargingScheduleNotified)) == 1


def test_a_schedule_nobody_asked_for_is_refused() -> None:
    assert _returned(_world(), (0, 6)) == "Rejected"


def test_needs_at_an_evse_that_is_not_there_have_no_offer() -> None:
    world = _world()
    _needs(world, evse=5)
    assert _offers(world) == [None]
    assert world.csms.of(EVChargingNeedsNotified) == []


def test_the_next_vehicle_has_nothing_of_the_one_before() -> None:
    world = _world()
    _needs(world)
    _send(world, 2, (0, 16))
    world.tap("ANNA")
    world.unplug()
    before = len(_offers(world))
    world.plug()
    world.tap("ANNA")
    assert _returned(world, (0, 6)) == "Rejected"
    assert len(_offers(world)) == before
