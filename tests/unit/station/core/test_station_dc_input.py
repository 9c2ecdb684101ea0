"""The phases of the grid that a DC EVSE takes its power from, chosen by a profile (DCInputPhaseControl; K01.FR.54)."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.domain.device_model import GetVariables, VariableName, VariableQuery
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    ClearChargingProfile,
    GetCompositeSchedule,
    SetChargingProfile,
)
from pilotwire.station.core import SetPhases
from tests.support.charging import DEFAULT, MAX, TX, W, profile
from tests.support.station_world import StationWorld

CHOOSES, PLAIN = "dc-50-phases", "dc-50-ccs"


def _charging(station: str = CHOOSES) -> StationWorld:
    world = StationWorld(station=station)
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    return world


def _put(world: StationWorld, number: int = 1, limit: int = 9000, *, purpose: Any = DEFAULT, **more: Any) -> Any:
    if purpose is TX:
        more["transaction_id"] = world.transaction
    made = profile(number, purpose, (0, limit), unit=W, **more)
    return world.command(SetChargingProfile(evse_id=0 if purpose is MAX else 1, charging_profile=made))


def _grid(world: StationWorld) -> list[int]:
    """The A in each phase at the grid connection, in whole ones."""
    return [round(float(amps)) for amps in world.hardware.meter(0).current_a]


def _switched(world: StationWorld) -> list[SetPhases]:
    return [action for action in world.actions if isinstance(action, SetPhases)]


@pytest.mark.req("K01.FR.54")
@pytest.mark.parametrize("purpose", [DEFAULT, TX, MAX])
@pytest.mark.parametrize("phase", [1, 2, 3])
def test_the_phase_of_the_grid_that_is_wanted_feeds_the_rectifier(phase: int, purpose: Any) -> None:
    """After a pause in which nothing is offered, as for the phases of an AC outlet; the main meter sees it."""
    world = _charging()
    alike = _grid(world)
    assert max(alike) - min(alike) <= 1 < max(alike)
    assert str(_put(world, purpose=purpose, phases=1, phase_to_use=phase).status) == "Accepted"
    assert world.hardware.meter(1).power_w == 0
    world.pass_time(60)
    assert _switched(world) == [SetPhases(1, 1, phase)]
    assert float(world.hardware.meter(1).power_w) == pytest.approx(9000, rel=0.02)
    assert [number for number, amps in enumerate(_grid(world), 1) if amps > 1] == [phase]


@pytest.mark.req("K01.FR.54")
def test_so_many_phases_are_used_as_are_wanted_and_all_without_a_wish() -> None:
    world = _charging()
    _put(world, phases=2)
    world.pass_time(60)
    one, two, three = _grid(world)
    assert (one, three) == (two, 0)
    world.command(ClearChargingProfile(charging_profile_id=1))
    world.pass_time(60)
    assert _switched(world) == [SetPhases(1, 2, None), SetPhases(1, None, None)]
    assert min(_grid(world)) > 1


@pytest.mark.req("K01.FR.54")
def test_one_phase_of_three_gives_a_third_of_the_power() -> None:
    """Which is what simulated hardware does: a rectifier takes no more from a phase than before."""
    world = _charging()
    _put(world, limit=50_000, phases=1, phase_to_use=3)
    world.pass_time(60)
    assert float(world.hardware.meter(1).power_w) == pytest.approx(50_000 / 3, rel=0.02)


@pytest.mark.req("K01.FR.54")
def test_the_composite_schedule_tells_the_choice() -> None:
    world = _charging()

    def told() -> tuple[int | None, int | None]:
        outcome: Any = world.command(GetCompositeSchedule(evse_id=1, duration=60, charging_rate_unit=W))
        (period,) = outcome.schedule.charging_schedule_period
        return period.number_phases, period.phase_to_use

    assert told() == (None, None)
    _put(world)
    assert told() == (None, None)
    _put(world, phases=1, phase_to_use=2)
    assert told() == (1, 2)


@pytest.mark.req("K01.FR.54", "K01.FR.44")
@pytest.mark.parametrize(("station", "control"), [(CHOOSES, "true"), (PLAIN, "false")])
def test_only_where_the_device_model_says_so(station: str, control: str) -> None:
    world = _charging(station)
    name = VariableName(component="EVSE", variable="DCInputPhaseControl", evse=1)
    outcome: Any = world.command(GetVariables(asked=(VariableQuery(name=name),)))
    assert outcome.results[0].value == control
    answer = _put(world, phases=1)
    if control == "true":
        assert str(answer.status) == "Accepted"
    else:
        assert (str(answer.status), answer.reason.code) == ("Rejected", "NoPhaseForDC")
        assert _switched(world) == []


@pytest.mark.req("K01.FR.141")
def test_two_profiles_cannot_want_two_phases_at_the_same_time() -> None:
    world = _charging()
    assert str(_put(world, 1, phases=1, phase_to_use=2).status) == "Accepted"
    answer = _put(world, 2, purpose=MAX, phases=1, phase_to_use=3)
    assert (str(answer.status), answer.reason.code) == ("Rejected", "PhaseConflict")


def test_a_phase_the_grid_does_not_have_is_refused() -> None:
    world = _charging()
    made = profile(1, DEFAULT, (0, 9000), unit=W, phases=1, phase_to_use=2)
    (schedule,) = made.charging_schedule
    (period,) = schedule.charging_schedule_period
    wrong = changed(schedule, charging_schedule_period=(changed(period, phase_to_use=4),))
    outcome: Any = world.command(
        SetChargingProfile(evse_id=1, charging_profile=changed(made, charging_schedule=(wrong,)))
    )
    assert (str(outcome.status), outcome.reason.code) == ("Rejected", "InvalidSchedule")
