"""EVSEs that sleep in the operation mode Idle: when, what wakes them, and what the CSMS hears of it (2.1: Q10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import ChargingSchedulePeriod, ClearChargingProfile
from pilotwire.domain.transactions import ChargingState, EventKind, TriggerReason
from pilotwire.station.core.actions import PutToSleep, SetContactor, WakeUp
from pilotwire.station.hardware.ports import VehicleSuspends
from pilotwire.station.hardware.simulated import layout
from tests.support.both_ways import begin, both_ways, moded, modes, period, power, put
from tests.support.station_world import StationWorld

SLEEPER = "dc-50-v2x-sleep"
SAMPLED = {
    "SampledDataCtrlr.TxUpdatedMeasurands": "Energy.Active.Import.Register",
    "SampledDataCtrlr.TxUpdatedInterval": "60",
}


def sleep(start: int = 0) -> ChargingSchedulePeriod:
    """A period that lets the EVSE sleep."""
    return changed(period("Idle", start=start), evse_sleep=True)


def asleep() -> StationWorld:
    """Somebody's vehicle stands at an EVSE that sleeps."""
    world = both_ways(SLEEPER, variables=SAMPLED)
    put(world, moded(sleep()))
    world.pass_time(61)
    assert world.hardware.asleep == {1}
    world.csms.heard.clear()
    world.actions.clear()
    return world


def told(world: StationWorld) -> list[tuple[str, bool | None]]:
    """What each event said of sleep."""
    return [(event.trigger.value, event.evse_sleep) for event in world.csms.events]


def order(world: StationWorld) -> list[Any]:
    """What the hardware was told of sleep and contactor, in order."""
    return [one for one in world.actions if isinstance(one, SetContactor | PutToSleep | WakeUp)]


@pytest.mark.req("Q10.FR.03")
def test_in_idle_the_electronics_go_off_once_the_vehicle_has_let_go() -> None:
    """The contactor opens before; no energy flows any more, the transaction and the meter go on."""
    world = both_ways(SLEEPER)
    put(world, moded(sleep()))
    world.pass_time(30)
    assert order(world)[-2:] == [SetContactor(1, False), PutToSleep(1)]
    assert world.hardware.asleep == {1}
    assert (power(world), world.hardware.contactor_closed(1), world.transaction is not None) == (0, False, True)
    before = world.hardware.meter(1).energy_import_register
    world.pass_time(3600)
    assert world.hardware.meter(1).energy_import_register == before
    assert world.core.overview().evses[0].charging_state is ChargingState.SUSPENDED_EVSE


@pytest.mark.req("Q10.FR.03")
def test_a_vehicle_that_does_not_let_go_gets_five_seconds() -> None:
    """Then the contactor opens all the same."""
    world = both_ways(SLEEPER)
    advance = world.hardware.advance
    world.hardware.advance = lambda seconds: [  # type: ignore[method-assign]
        event for event in advance(seconds) if not isinstance(event, VehicleSuspends)
    ]
    put(world, moded(sleep()))
    world.pass_time(4, step=1)
    assert (world.hardware.asleep, world.hardware.contactor_closed(1)) == (set(), True)
    world.pass_time(2, step=1)
    assert (world.hardware.asleep, world.hardware.contactor_closed(1)) == ({1}, False)


@pytest.mark.req("Q10.FR.04")
def test_every_event_tells_of_the_sleep_as_long_as_it_lasts() -> None:
    """Samples, clock-aligned or not; not those before, and not those after."""
    world = both_ways(SLEEPER, variables=SAMPLED)
    put(
        world,
        moded(
            period("CentralSetpoint", setpoint=3000), sleep(200), period("CentralSetpoint", start=500, setpoint=3000)
        ),
    )
    world.pass_time(800)
    said = told(world)
    first, last = (
        said.index(("OperationModeChanged", None), 1),
        len(said) - said[::-1].index(("OperationModeChanged", None)) - 1,
    )
    assert {each for _, each in said[:first]} == {None}
    assert {each for trigger, each in said[first + 1 : last] if trigger == "MeterValuePeriodic"} == {True}
    assert {each for _, each in said[last:]} == {None}
    assert modes(world) == ["CentralSetpoint", "Idle", "CentralSetpoint"]


def _next_period(world: StationWorld) -> None:
    put(world, moded(period("CentralSetpoint", setpoint=-3000), level=1, number=2))


def _nothing_allowed(world: StationWorld) -> None:
    put(world, moded(period("ChargingOnly", limit=0), level=1, number=2))


def _idle_awake(world: StationWorld) -> None:
    put(world, moded(period("Idle"), level=1, number=2))


def _profile_gone(world: StationWorld) -> None:
    world.command(ClearChargingProfile(charging_profile_id=1))


WAKERS: dict[str, Callable[[StationWorld], None]] = {
    "another operation mode": _next_period,
    "a new profile of 0 W": _nothing_allowed,
    "Idle without sleep": _idle_awake,
    "the profile is cleared": _profile_gone,
    "the vehicle leaves": lambda world: world.unplug(),
    "the driver stops": lambda world: world.tap("ANNA"),
    "the emergency stop": lambda world: world.does(world.hardware.press_emergency_stop()),
    "a fault": lambda world: world.does(world.hardware.raise_fault("GROUND_FAILURE", 1)),
}


@pytest.mark.req("Q10.FR.03", "Q10.FR.04")
@pytest.mark.parametrize("what", WAKERS)
def test_what_needs_the_electronics_wakes_them_at_once(what: str) -> None:
    """Before any time passes, before a contactor closes, and before the CSMS hears of it."""
    world = asleep()
    WAKERS[what](world)
    assert world.hardware.asleep == set()
    assert order(world)[0] == WakeUp(1)
    assert order(world).count(WakeUp(1)) == 1
    assert all(each is None for _, each in told(world))
    world.pass_time(30)
    assert world.hardware.asleep == set()


@pytest.mark.req("Q10.FR.03")
def test_a_setpoint_after_the_sleep_is_obeyed() -> None:
    """Energy flows back as it would have without."""
    world = asleep()
    _next_period(world)
    world.pass_time(30)
    assert order(world) == [WakeUp(1), SetContactor(1, True)]
    assert power(world) == -3000


@pytest.mark.req("Q10.FR.04")
def test_the_last_event_of_a_transaction_does_not_tell_of_a_sleep_that_its_end_ends() -> None:
    world = asleep()
    world.tap("ANNA")
    ended = [event for event in world.csms.events if event.kind is EventKind.ENDED]
    assert [event.evse_sleep for event in ended] == [None]


def test_a_sample_that_is_asked_for_wakes_nothing() -> None:
    """The meter is not among what sleeps."""
    world = asleep()
    world.pass_time(60)
    assert set(told(world)) == {(TriggerReason.METER_VALUE_PERIODIC.value, True)}
    assert order(world) == []


def test_after_a_failure_of_power_the_evse_sleeps_again() -> None:
    """Where the transaction goes on; drivers begin awake."""
    world = both_ways(SLEEPER, resume_transactions=120)
    put(world, moded(sleep()))
    world.pass_time(30)
    world.kill()
    assert world.transaction is not None
    assert world.hardware.asleep == {1}
    world.pass_time(30)
    assert world.hardware.asleep == {1}
    assert world.hardware.contactor_closed(1) is False


@pytest.mark.req("Q10.FR.05")
@pytest.mark.parametrize("why", ["the layout", "the hardware", "the mode", "the period"])
def test_what_cannot_or_shall_not_sleep_stays_on_and_tells_of_no_sleep(why: str) -> None:
    """And the profile is taken all the same; hardware that could not is not asked again in this period."""
    plan = layout(SLEEPER)
    if why == "the layout":
        plan = replace(plan, evses=tuple(replace(evse, can_sleep=False) for evse in plan.evses))
    world = both_ways(plan, variables=SAMPLED)
    if why == "the hardware":
        world.hardware.sleep = lambda evse_id: False  # type: ignore[method-assign]
    mode, values = ("ChargingOnly", {"limit": 0}) if why == "the mode" else ("Idle", {})
    put(world, moded(changed(period(mode, **values), evse_sleep=why != "the period")))
    world.pass_time(300)
    assert world.hardware.asleep == set()
    assert {each for _, each in told(world)} == {None}
    assert order(world).count(PutToSleep(1)) == (1 if why == "the hardware" else 0)
    assert world.hardware.contactor_closed(1)
    assert power(world) == 0


def test_a_transaction_that_begins_in_such_a_period_begins_asleep() -> None:
    """Nothing is switched on for it."""
    world = StationWorld(station=SLEEPER)
    put(world, moded(sleep()))
    world.plug()
    world.tap("ANNA")
    world.pass_time(15)
    assert world.transaction is not None
    assert world.hardware.asleep == {1}
    world.tap("ANNA")
    assert world.hardware.asleep == set()


@pytest.mark.parametrize(("station", "value"), [(SLEEPER, "true"), ("dc-50-v2x", "false"), ("dc-50-ccs", "false")])
def test_the_device_model_says_whether_there_is_an_evse_that_sleeps(station: str, value: str) -> None:
    world = StationWorld(station=station)
    assert world.core.variable("SmartChargingCtrlr.SupportsFeature[EvseSleep]") == value


def test_a_vehicle_that_was_charging_before_charges_again_after() -> None:
    """As much as at first."""
    world = StationWorld(station=SLEEPER)
    begin(world)
    usual = power(world)
    put(world, moded(sleep(), duration=600))
    world.pass_time(300)
    assert (power(world), world.hardware.asleep) == (0, {1})
    world.pass_time(400)
    assert world.hardware.asleep == set()
    assert power(world) == pytest.approx(usual, rel=0.05)
