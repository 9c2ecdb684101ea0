"""Several schedules for a vehicle to choose from, which of them it chose, and what it will take (K15, K16)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.kinds import Fact, changed
from pilotwire.domain.smart_charging import (
    ChargingNeeds,
    ChargingNeedsStatus,
    ChargingNeedsVerdict,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    EVChargingNeedsNotified,
    EVChargingScheduleNotified,
    EVChargingScheduleVerdict,
    GetCompositeSchedule,
    SetChargingProfile,
)
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.vehicle_needs import NeedsTold, ScheduleOffer, ScheduleReturned
from tests.support.charging import MAX, TX, given, profile
from tests.support.station_world import Csms, StationWorld

NEEDS = ChargingNeeds(requested_energy_transfer="AC_three_phase")


class _Planner(Csms):
    """A CSMS that promises a profile."""

    def verdict(self, fact: Fact, now: Any) -> Any:
        if isinstance(fact, EVChargingNeedsNotified):
            return ChargingNeedsVerdict(status=ChargingNeedsStatus.ACCEPTED)
        return super().verdict(fact, now)


def negotiating() -> StationWorld:
    """A driver is authorized, and the vehicle has told its needs."""
    world = StationWorld()
    world.csms = _Planner()
    world.plug()
    world.tap("ANNA")
    world.feed(NeedsTold("needs", 1, NEEDS))
    world.pass_time(10, step=1)
    return world


def send(world: StationWorld, number: int, *limits: tuple[int, ...], level: int = 0, first_id: int = 11) -> Any:
    """A TxProfile with a schedule for each of `limits`: a period of 100 s for each number."""
    made = profile(number, TX, (0, 1), kind="Relative", level=level, transaction_id=world.transaction)
    schedules = tuple(
        changed(
            made.charging_schedule[0],
            id=first_id + n,
            charging_schedule_period=tuple(
                ChargingSchedulePeriod(start_period=100 * m, limit=Decimal(amps)) for m, amps in enumerate(each)
            ),
            duration=100 * len(each),
        )
        for n, each in enumerate(limits)
    )
    return world.command(SetChargingProfile(evse_id=1, charging_profile=changed(made, charging_schedule=schedules)))


def offers(world: StationWorld) -> list[list[tuple[int | None, list[int]]]]:
    """Each offer: the ids and limits of its schedules."""
    verdicts = [one.verdict for one in world.actions if isinstance(one, Inform) and one.ref == "needs"]
    return [
        [(each.id, [int(one.limit or 0) for one in each.charging_schedule_period]) for each in _all(verdict)]
        for verdict in verdicts
    ]


def _all(verdict: Any) -> list[ChargingSchedule]:
    assert isinstance(verdict, ScheduleOffer)
    assert verdict.schedule is not None
    return [verdict.schedule, *verdict.others]


def choose(world: StationWorld, *limits: int, **more: Any) -> str:
    """The vehicle returns a schedule with a period of 100 s for each number."""
    periods = tuple(ChargingSchedulePeriod(start_period=100 * n, limit=Decimal(each)) for n, each in enumerate(limits))
    own = ChargingSchedule(charging_rate_unit=ChargingRateUnit.AMPERE, charging_schedule_period=periods)
    world.feed(ScheduleReturned("schedule", 1, own, **more))
    verdict = [one.verdict for one in world.actions if isinstance(one, Inform) and one.ref == "schedule"][-1]
    assert isinstance(verdict, EVChargingScheduleVerdict)
    return verdict.status.value


def told(world: StationWorld) -> EVChargingScheduleNotified:
    """The last schedule the CSMS heard of."""
    fact = world.csms.of(EVChargingScheduleNotified)[-1]
    assert isinstance(fact, EVChargingScheduleNotified)
    return fact


@pytest.mark.req("K15.FR.07", "K15.FR.21")
def test_a_vehicle_chooses_among_three_schedules() -> None:
    """The CSMS hears which; the station limits by the first before, and by that one from then on."""
    world = negotiating()
    assert send(world, 1, (16, 8), (10, 10), (6, 20)).status == "Accepted"
    assert offers(world) == [[(11, [16, 8, 32]), (12, [10, 32]), (13, [6, 20, 32])]]
    given(world)
    assert choose(world, 6, 20, chosen_id=13, power_tolerance_accepted=True) == "Accepted"
    fact = told(world)
    assert (fact.selected_charging_schedule_id, fact.charging_schedule.id) == (13, 13)
    assert fact.power_tolerance_acceptance is True
    world.pass_time(120, step=5)
    assert given(world) == [6, 20]


@pytest.mark.req("K16.FR.14")
def test_without_a_word_it_is_the_first() -> None:
    world = negotiating()
    send(world, 1, (16, 8), (10, 10))
    assert choose(world, 8, 8) == "Accepted"
    assert told(world).selected_charging_schedule_id == 11


@pytest.mark.parametrize(("limits", "chosen"), [((16, 8), 12), ((6,), 99)], ids=["over-the-chosen-one", "not-offered"])
def test_what_does_not_go_with_the_choice_is_refused(limits: tuple[int, ...], chosen: int) -> None:
    """Another schedule of the offer may allow it; the station goes on by the one it had."""
    world = negotiating()
    send(world, 1, (16, 8), (10, 10))
    given(world)
    assert choose(world, *limits, chosen_id=chosen) == "Rejected"
    assert world.csms.of(EVChargingScheduleNotified) == []
    assert given(world) == []


@pytest.mark.req("K15.FR.22", "K18.FR.24")
def test_schedules_of_stacked_profiles_go_together_by_their_order() -> None:
    """First with first, second with second, third with third: below the gap of each comes what is under it; one that has no more has its
    last."""
    world = negotiating()
    send(world, 1, (7, 7, 7), (8, 8, 8), first_id=1)
    assert send(world, 2, (16,), (12,), (20,), level=1, first_id=31).status == "Accepted"
    assert offers(world)[-1] == [(31, [16, 7, 32]), (32, [12, 8, 32]), (33, [20, 8, 32])]


@pytest.mark.req("K16.FR.02", versions=("2.1",))
def test_a_change_of_any_of_them_is_negotiated() -> None:
    """Of the second alone; of a limit of the station, which is above them all."""
    world = negotiating()
    send(world, 1, (16,), (10,))
    before = len(offers(world))
    send(world, 1, (16,), (9,))
    assert offers(world)[before:] == [[(11, [16, 32]), (12, [9, 32])]]
    world.command(SetChargingProfile(evse_id=0, charging_profile=profile(9, MAX, (0, 12))))
    assert offers(world)[before + 1 :] == [[(11, [12]), (12, [9, 12])]]


@pytest.mark.req("K01.FR.34")
def test_several_schedules_are_for_vehicles_that_told_their_needs() -> None:
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    assert send(world, 1, (16,), (10,)).status == "Rejected"


@pytest.mark.req("K15.FR.14", "K16.FR.10")
def test_the_composite_schedule_tells_what_the_vehicle_will_take() -> None:
    """It is no limit: the vehicle may still have what it was offered. A new offer ends it."""
    world = negotiating()
    send(world, 1, (16, 16))
    assert choose(world, 10, 16) == "Accepted"
    outcome: Any = world.command(
        GetCompositeSchedule(evse_id=1, duration=150, charging_rate_unit=ChargingRateUnit.AMPERE)
    )
    assert [int(each.limit) for each in outcome.schedule.charging_schedule_period] == [10, 16]
    assert float(world.hardware.meter(1).current_offered_a) == 16
    send(world, 1, (14, 14))
    outcome = world.command(GetCompositeSchedule(evse_id=1, duration=150, charging_rate_unit=ChargingRateUnit.AMPERE))
    assert [int(each.limit) for each in outcome.schedule.charging_schedule_period] == [14]


@pytest.mark.req("K01.FR.142", "K01.FR.144")
def test_limits_by_phase_need_a_vehicle_that_told_its_power_by_phase() -> None:
    world = negotiating()
    made = profile(1, TX, (0, 16), kind="Relative", transaction_id=world.transaction)
    (schedule,) = made.charging_schedule
    periods = (changed(schedule.charging_schedule_period[0], limit_l2=Decimal(8)),)
    made = changed(made, charging_schedule=(changed(schedule, charging_schedule_period=periods),))
    outcome: Any = world.command(SetChargingProfile(evse_id=1, charging_profile=made))
    assert (outcome.status, outcome.reason.code) == ("Rejected", "PhaseConflict")
