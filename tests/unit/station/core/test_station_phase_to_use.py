"""Which phase is used where one is enough: chosen by the profile, told in the composite schedule, and never two at a time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.device_model import GetVariables, VariableName, VariableQuery
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import GetCompositeSchedule, SetChargingProfile
from pilotwire.station.core import SetPhases
from tests.support.charging import DEFAULT, MAX, TX, profile
from tests.support.station_world import START, StationWorld


def charging(station: str = "ac-22-phases") -> StationWorld:
    """A world where somebody charges at an outlet that can use any phase alone."""
    world = StationWorld(station=station)
    world.plug()
    world.tap("ANNA")
    world.pass_time(10)
    return world


def put(world: StationWorld, number: int, purpose: Any, *, evse: int = 1, **more: Any) -> Any:
    """Set a profile of 16 A by one phase; the answer."""
    if purpose is TX:
        more["transaction_id"] = world.transaction
    made = profile(number, purpose, (0, 16), phases=1, **more)
    return world.command(SetChargingProfile(evse_id=evse, charging_profile=made))


def used(world: StationWorld) -> list[bool]:
    """Which phases carry current."""
    return [amps > 0 for amps in world.hardware.meter(1).current_a]


def says(world: StationWorld) -> str | None:
    """ACPhaseSwitchingSupported."""
    name = VariableName(component="SmartChargingCtrlr", variable="ACPhaseSwitchingSupported")
    outcome: Any = world.command(GetVariables(asked=(VariableQuery(name=name),)))
    return outcome.results[0].value  # type: ignore[no-any-return]


@pytest.mark.req("K01.FR.46")
@pytest.mark.parametrize("phase", [1, 2, 3])
def test_the_phase_that_is_wanted_is_used(phase: int) -> None:
    """After the pause in which nothing is offered; the composite schedule tells it."""
    world = charging()
    assert put(world, 1, DEFAULT, phase_to_use=phase).status == "Accepted"
    assert used(world) == [False] * 3
    world.pass_time(30)
    assert used(world) == [n == phase for n in (1, 2, 3)]
    outcome: Any = world.command(GetCompositeSchedule(evse_id=1, duration=60))
    (period,) = outcome.schedule.charging_schedule_period
    assert (period.number_phases, period.phase_to_use) == (1, phase)


@pytest.mark.req("K01.FR.46")
def test_another_phase_takes_a_pause_too() -> None:
    world = charging()
    put(world, 1, DEFAULT, phase_to_use=3)
    world.pass_time(30)
    put(world, 1, DEFAULT, phase_to_use=2)
    assert float(world.hardware.meter(1).current_offered_a) == 0
    world.pass_time(30)
    assert used(world) == [False, True, False]
    told = [action for action in world.actions if isinstance(action, SetPhases)]
    assert told == [SetPhases(1, 1, 3), SetPhases(1, 1, 2)]


@pytest.mark.req("K01.FR.47")
def test_without_a_wish_it_is_l1() -> None:
    world = charging()
    put(world, 1, DEFAULT)
    world.pass_time(30)
    assert used(world) == [True, False, False]


@pytest.mark.req("K01.FR.48")
@pytest.mark.parametrize(
    ("station", "phase", "status"), [("ac-22-single", 2, "Rejected"), ("ac-22-single", 1, "Accepted")]
)
def test_an_outlet_that_cannot_choose_takes_its_own_phase_only(station: str, phase: int, status: str) -> None:
    world = charging(station)
    outcome = put(world, 1, DEFAULT, phase_to_use=phase)
    assert (outcome.status, getattr(outcome.reason, "code", None)) == (
        status,
        "InvalidSchedule" if status == "Rejected" else None,
    )
    assert says(world) == "false"


def test_a_station_that_can_says_so() -> None:
    assert says(charging()) == "true"


@pytest.mark.req("K01.FR.141")
@pytest.mark.parametrize(
    ("first", "second"),
    [((MAX, 0), (TX, 1)), ((MAX, 0), (DEFAULT, 1)), ((DEFAULT, 0), (MAX, 0)), ((TX, 1), (MAX, 0))],
)
def test_a_profile_that_contradicts_another_is_refused(first: tuple[Any, int], second: tuple[Any, int]) -> None:
    world = charging()
    assert put(world, 1, first[0], evse=first[1], phase_to_use=1).status == "Accepted"
    outcome = put(world, 2, second[0], evse=second[1], phase_to_use=3)
    assert (outcome.status, outcome.reason.code) == ("Rejected", "PhaseConflict")
    assert put(world, 2, second[0], evse=second[1], phase_to_use=1).status == "Accepted"


def test_profiles_that_never_lead_together_may_differ() -> None:
    """One in the place of the other; one after the other; and the same one changed."""
    world = charging()
    assert put(world, 1, DEFAULT, phase_to_use=1).status == "Accepted"
    assert put(world, 2, TX, phase_to_use=2).status == "Accepted"
    assert put(world, 3, MAX, evse=0, phase_to_use=3).reason.code == "PhaseConflict"
    later = START + timedelta(hours=1)
    world.command(SetChargingProfile(evse_id=1, charging_profile=profile(2, DEFAULT, (0, 16), level=1)))
    other = charging()
    assert put(other, 1, MAX, evse=0, phase_to_use=1, valid_to=later).status == "Accepted"
    assert put(other, 2, DEFAULT, phase_to_use=2, valid_from=later).status == "Accepted"
    assert put(other, 2, DEFAULT, phase_to_use=2).reason.code == "PhaseConflict"


@pytest.mark.req("K01.FR.144", "K01.FR.146")
@pytest.mark.parametrize(
    ("purpose", "values"), [(DEFAULT, {"limit": 8, "limit_l2": 8}), (TX, {"limit_l3": 8, "limit": None})]
)
def test_limits_of_single_phases_where_they_do_not_belong(purpose: Any, values: dict[str, Any]) -> None:
    world = charging()
    more = {"transaction_id": world.transaction} if purpose is TX else {}
    made = profile(1, purpose, (0, 16), **more)
    (schedule,) = made.charging_schedule
    told = {name: None if value is None else Decimal(value) for name, value in values.items()}
    periods = (changed(schedule.charging_schedule_period[0], **told),)
    made = changed(made, charging_schedule=(changed(schedule, charging_schedule_period=periods),))
    outcome: Any = world.command(SetChargingProfile(evse_id=1, charging_profile=made))
    assert (outcome.status, outcome.reason.code) == ("Rejected", "PhaseConflict")
