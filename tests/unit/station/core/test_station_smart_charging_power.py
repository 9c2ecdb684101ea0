"""Limits at the hardware: when they come, what a vehicle gets, which phases, and what the CSMS hears of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.availability import Activity
from pilotwire.domain.device_model import SetVariables, VariableName, VariableSetting
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.provisioning import Reset, ResetKind
from pilotwire.domain.remote_control import RequestStart
from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ChargingProfilesReported,
    DynamicScheduleAsked,
    DynamicScheduleVerdict,
    GetChargingProfiles,
    LimitAtSoC,
    PriorityChargingNotified,
    ScheduleValues,
    SetChargingProfile,
    UpdateDynamicSchedule,
    UsePriorityCharging,
)
from pilotwire.domain.smart_charging.exchange import ChargingProfileStatus
from pilotwire.domain.transactions import ChargingState
from pilotwire.station.core import SetContactor, SetCurrentLimit
from pilotwire.station.core.charging_dynamic import PriorityWanted
from pilotwire.station.hardware.ports import AcSupply, ConnectorLayout, EvseLayout, StationLayout, VehicleSuspends
from tests.support.charging import DEFAULT, MAX, PRIORITY, TX, W, given, profile, switched
from tests.support.station_world import StationWorld, not_accepted


def put(world: StationWorld, evse: int, wanted: ChargingProfile) -> None:
    """Set a profile that is accepted."""
    outcome = world.command(SetChargingProfile(evse_id=evse, charging_profile=wanted))
    assert outcome.status is ChargingProfileStatus.ACCEPTED, outcome  # type: ignore[union-attr]


def charging(station: Any = "ac-22-single", **options: Any) -> StationWorld:
    """A world where somebody charges at EVSE 1."""
    world = StationWorld(station=station, **options)
    world.plug()
    world.tap("ANNA")
    world.pass_time(10)
    assert world.hardware.meter(1).power_w > 0
    world.csms.heard.clear()
    return world


def power(world: StationWorld, evse: int = 1) -> int:
    """W drawn now."""
    return int(world.hardware.meter(evse).power_w)


# --- in time ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("K01.FR.07", "K01.FR.32", "K02.FR.02")
def test_a_profile_counts_at_once() -> None:
    """With the same input, not a second later."""
    world = charging()
    put(world, 1, profile(1, DEFAULT, (0, 8)))
    assert given(world) == [8]
    assert power(world) == 3 * 230 * 8


@pytest.mark.req("K01.FR.12")
def test_each_period_begins_to_the_second() -> None:
    """In the CSMS's time, whatever the station's own clock says."""
    world = StationWorld()
    world.csms.clock_ahead = timedelta(seconds=40)
    world.cut()
    world.connect()
    world.kill()
    put(world, 1, profile(1, DEFAULT, (0, 8), (100, 9), (130, 10)))
    assert given(world) == [8]
    world.pass_time(59.9, step=1)
    assert given(world) == []
    world.pass_time(0.1)
    assert given(world) == [9]
    world.pass_time(30, step=1)
    assert given(world) == [10]


def test_the_limit_is_there_before_the_contactor_closes() -> None:
    """A vehicle never sees more than it may take, also where its plug is locked already and energy flows at once."""
    world = StationWorld()
    world.csms.in_transactions["ANNA"] = not_accepted()
    world.plug()
    world.tap("ANNA")
    world.pass_time(5)
    assert (world.transaction, world.hardware.is_locked(1, 1)) == (None, True)
    world.csms.in_transactions.clear()
    world.actions.clear()
    token = IdToken(value="ANNA", type="ISO14443")
    wanted = profile(3, TX, (0, 9), kind="Relative")
    world.command(RequestStart(id_token=token, evse=1, charging_profile=wanted))
    order = [type(one).__name__ for one in world.actions if isinstance(one, SetCurrentLimit | SetContactor)]
    assert order[:2] == ["SetCurrentLimit", "SetContactor"]
    world.pass_time(10)
    assert power(world) == 3 * 230 * 9


@pytest.mark.req("K01.FR.50")
def test_watts_at_an_outlet_with_three_phases() -> None:
    """6.9 kW are 10 A on each."""
    world = charging()
    put(world, 1, profile(1, DEFAULT, (0, 6_900), unit=W))
    assert given(world) == [10]


def test_watts_at_an_outlet_for_direct_current() -> None:
    """By the voltage of the battery as it is; looked at again as it rises."""
    world = charging("dc-50-ccs")
    put(world, 1, profile(1, DEFAULT, (0, 20_000), unit=W))
    (amps,) = given(world)
    assert amps is not None
    assert amps * float(world.hardware.meter(1).voltage_v[0]) == pytest.approx(20_000, rel=0.01)
    world.pass_time(600)
    assert power(world) == pytest.approx(20_000, rel=0.01)
    assert given(world)


@pytest.mark.req("K01.FR.100")
def test_a_battery_that_fills_up_is_given_less() -> None:
    """Once its state of charge is known to be so high."""
    world = charging("dc-50-ccs")
    soc = int(world.hardware.meter(1).soc_percent or 0)
    cap = {"limit_at_soc": LimitAtSoC(soc=soc + 2, limit=Decimal(5_000))}
    put(world, 1, profile(1, DEFAULT, (0, 40_000), unit=W, schedule=cap))
    assert power(world) > 30_000
    world.pass_time(600)
    assert power(world) == pytest.approx(5_000, rel=0.02)


def test_no_profile_no_limit() -> None:
    """Nothing is said to the hardware of a station that nobody limits."""
    assert given(charging()) == []


# --- pauses -------------------------------------------------------------------------------------------------------------------------


def test_less_than_a_pilot_can_say_is_a_pause() -> None:
    """SuspendedEVSE, and Charging again once the vehicle is back; no state in between."""
    world = charging()
    put(world, 1, profile(1, DEFAULT, (0, 5), (60, 8)))
    assert power(world) == 0
    states = [
        (event.trigger.value, event.charging_state.value if event.charging_state else "") for event in world.csms.events
    ]
    assert states == [("ChargingStateChanged", "SuspendedEVSE")]
    assert world.csms.statuses() == [] or world.csms.statuses()[-1].activity is Activity.SUSPENDED_EVSE
    world.pass_time(55, step=1)
    assert power(world) == 3 * 230 * 8
    told = [(one.trigger.value, one.charging_state.value if one.charging_state else "") for one in world.csms.events]
    assert [one for one in told if one[0] != "MeterValuePeriodic"] == [
        ("ChargingStateChanged", "SuspendedEVSE"),
        ("ChargingStateChanged", "Charging"),
    ]


def test_a_vehicle_that_does_not_come_back_is_suspended_itself() -> None:
    """After it had its time to ask for energy."""
    world = charging()
    put(world, 1, profile(1, DEFAULT, (0, 0), (60, 8)))
    world.hardware._evses[1].vehicle = None  # it answers nothing any more
    world.does([VehicleSuspends(1, 1)])
    world.pass_time(55, step=1)
    assert _states(world) == ["SuspendedEVSE"]
    world.pass_time(20, step=1)
    assert _states(world) == ["SuspendedEVSE", "SuspendedEV"]


def _states(world: StationWorld) -> list[str]:
    """The charging states told, each once."""
    told = [event.charging_state.value for event in world.csms.events if event.charging_state is not None]
    return [state for n, state in enumerate(told) if n == 0 or told[n - 1] != state]


def test_a_pause_ends_with_the_transaction() -> None:
    """The next driver is not told of it."""
    world = charging()
    put(world, 1, profile(1, TX, (0, 0), transaction_id=world.transaction))
    world.tap("ANNA")
    world.pass_time(2)
    world.unplug()
    world.csms.heard.clear()
    world.plug()
    world.tap("BERT")
    world.pass_time(10)
    states = {event.charging_state.value for event in world.csms.events if event.charging_state}
    assert "SuspendedEVSE" not in states
    assert power(world) > 0


# --- what is told -------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("E02.FR.17")
@pytest.mark.parametrize(
    ("amps", "told"),
    [(31.9, []), (31, ["ChargingRateChanged"]), (10, ["ChargingRateChanged"])],
    ids=["hardly", "a-little", "much"],
)
def test_a_change_of_the_rate_is_told_if_it_matters(amps: float, told: list[str]) -> None:
    """By more than LimitChangeSignificance, 1 percent."""
    world = charging()
    put(world, 1, profile(1, DEFAULT, (0, amps)))
    assert [event.trigger.value for event in world.csms.events] == told


def test_what_matters_is_a_variable() -> None:
    """At 20 percent, 32 A to 28 A is nothing to tell; small steps add up."""
    world = charging(variables={"SmartChargingCtrlr.LimitChangeSignificance": "20"})
    put(world, 1, profile(1, DEFAULT, (0, 28)))
    assert world.csms.events == []
    put(world, 1, profile(1, DEFAULT, (0, 25)))
    assert [event.trigger.value for event in world.csms.events] == ["ChargingRateChanged"]


@pytest.mark.parametrize(("value", "result"), [("12.5", "Accepted"), ("101", "Rejected"), ("much", "Rejected")])
def test_the_significance_is_a_percentage(value: str, result: str) -> None:
    """Anything else is refused."""
    world = StationWorld()
    name = VariableName(component="SmartChargingCtrlr", variable="LimitChangeSignificance")
    outcome = world.command(SetVariables(settings=(VariableSetting(name=name, value=value),)))
    assert outcome.results[0].status.value == result  # type: ignore[union-attr]


# --- phases -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("K01.FR.47")
def test_switching_to_one_phase_and_back() -> None:
    """Nothing is offered for five seconds before the phases change."""
    world = charging()
    put(world, 1, profile(1, DEFAULT, (0, 16), (60, 16), phases=1))
    assert (given(world), switched(world), power(world)) == ([0], [], 0)
    world.pass_time(4.9, step=0.1)
    assert switched(world) == []
    world.pass_time(20, step=0.1)
    assert (given(world), switched(world), power(world)) == ([16], [1], 230 * 16)
    put(world, 1, profile(1, DEFAULT, (0, 16), phases=3))
    world.pass_time(30, step=0.1)
    assert (given(world), switched(world), power(world)) == ([0, 16], [1, None], 3 * 230 * 16)


@pytest.mark.req("E02.FR.19", "E03.FR.14")
def test_another_number_of_phases_is_told_when_energy_flows_by_it() -> None:
    """Once for each change, and within seconds though no samples are told: the first event comes before the current."""
    world = charging(variables={"SampledDataCtrlr.TxUpdatedInterval": "0"})
    put(world, 1, profile(1, DEFAULT, (0, 16), phases=1))
    world.pass_time(15, step=1)
    put(world, 1, profile(1, DEFAULT, (0, 16), phases=3))
    world.pass_time(15, step=1)
    told = [event for event in world.csms.events if event.phases_used is not None]
    assert [event.phases_used for event in told] == [1, 3]
    assert {event.charging_state for event in told} == {ChargingState.CHARGING}
    world.pass_time(600)
    assert world.csms.events[-1] == told[-1]


def test_phases_change_at_once_where_no_energy_is_offered() -> None:
    """Before anybody charges."""
    world = StationWorld()
    put(world, 1, profile(1, DEFAULT, (0, 16), phases=1))
    assert (given(world), switched(world)) == ([16], [1])


@pytest.mark.req("K01.FR.43", "K01.FR.45")
def test_an_outlet_that_cannot_switch() -> None:
    """Fewer phases than it has are refused, more are no matter."""
    fixed = StationLayout((EvseLayout(1, AcSupply(3, can_switch_phases=False), (ConnectorLayout(1, "sType2"),)),))
    world = charging(fixed)
    outcome = world.command(SetChargingProfile(evse_id=1, charging_profile=profile(1, DEFAULT, (0, 16), phases=1)))
    assert outcome.reason.code == "InvalidSchedule"  # type: ignore[union-attr]
    old = StationWorld(station=fixed, ocpp16=True)
    outcome = old.command(
        SetChargingProfile(evse_id=1, charging_profile=profile(1, DEFAULT, (0, 2300), unit=W, phases=1))
    )
    assert outcome.status is ChargingProfileStatus.REJECTED  # type: ignore[union-attr]
    single = StationWorld(station="wallbox-7")
    put(single, 1, profile(1, DEFAULT, (0, 10), phases=3))
    assert (given(single), switched(single)) == ([10], [])


# --- several EVSEs ------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:3.13.3", "K04.FR.01")
def test_the_maximum_of_the_station_is_shared_as_drivers_come_and_go() -> None:
    """Everything for one, half for each of two; and all of it again."""
    world = charging("ac-22-dual")
    put(world, 0, profile(1, MAX, (0, 20)))
    assert given(world, 1) == [20]
    world.plug(2)
    world.tap("CARL", 2)
    world.pass_time(10)
    assert (given(world, 1)[-1], given(world, 2)[-1]) == (10, 10)
    assert power(world, 1) + power(world, 2) <= 3 * 230 * 20
    world.tap("CARL", 2)
    world.pass_time(5)
    assert given(world, 1) == [20]


def test_too_little_for_two_is_for_the_first() -> None:
    """The second waits, and goes on when the first is done."""
    world = charging("ac-22-dual")
    put(world, 0, profile(1, MAX, (0, 10)))
    world.plug(2)
    world.tap("CARL", 2)
    world.pass_time(20)
    assert (power(world, 1), power(world, 2)) == (3 * 230 * 10, 0)
    world.tap("ANNA", 1)
    world.pass_time(20, step=1)
    assert (power(world, 1), power(world, 2)) == (0, 3 * 230 * 10)


def test_a_reset_of_an_evse_gives_the_limit_anew() -> None:
    """The hardware forgets it with the reset."""
    world = StationWorld(station="ac-22-dual")
    put(world, 1, profile(1, DEFAULT, (0, 8)))
    given(world)
    world.command(Reset(kind=ResetKind.IMMEDIATE, evse=1))
    assert given(world)[-1] == 8
    assert world.hardware.meter(1).current_offered_a == 8


# --- offline ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("K06.FR.01", "K07.FR.01")
def test_offline_the_profiles_there_are_count_on() -> None:
    """The transaction's own, and for a transaction that begins offline the default."""
    world = charging("ac-22-dual", variables={"AuthCtrlr.LocalAuthorizeOffline": "true"})
    put(world, 1, profile(1, TX, (0, 9), (60, 12), transaction_id=world.transaction))
    put(world, 0, profile(2, DEFAULT, (0, 7)))
    given(world)
    world.cut()
    world.pass_time(120, step=1)
    assert given(world) == [12]
    world.plug(2)
    world.tap("ANNA", 2)
    world.pass_time(10)
    assert world.hardware.meter(2).current_offered_a == 7


@pytest.mark.req("K01.FR.101", "K01.FR.102")
@pytest.mark.parametrize(("for_good", "after"), [(None, 20.0), (True, 8.0)], ids=["comes-back", "stays-out"])
def test_a_profile_that_is_not_for_long_times_offline(for_good: bool | None, after: float) -> None:
    """The one below counts until the CSMS is back, or from then on."""
    world = charging()
    put(world, 1, profile(1, DEFAULT, (0, 8)))
    bold = profile(2, DEFAULT, (0, 20), level=1, max_offline_duration=60, invalid_after_offline_duration=for_good)
    put(world, 1, bold)
    world.cut()
    world.pass_time(59, step=1)
    assert given(world)[-1] == 20
    world.pass_time(3, step=1)
    assert given(world) == [8]
    world.connect()
    assert float(world.hardware.meter(1).current_offered_a) == after
    world.kill()
    assert float(world.hardware.meter(1).current_offered_a) == after
    put(world, 1, bold)
    assert float(world.hardware.meter(1).current_offered_a) == 20


# --- dynamic profiles and priority (2.1) ----------------------------------------------------------------------------------------------


def _values(world: StationWorld) -> list[float]:
    world.command(GetChargingProfiles(request_id=1))
    (part,) = world.csms.of(ChargingProfilesReported)[-1:]
    assert isinstance(part, ChargingProfilesReported)
    return [float(part.charging_profile[0].charging_schedule[0].charging_schedule_period[0].limit or 0)]


@pytest.mark.req("K28.FR.06", "K28.FR.09", "K28.FR.11")
def test_an_update_of_a_dynamic_profile_counts_at_once() -> None:
    """And what is not dynamic cannot be updated."""
    world = charging()
    put(world, 1, profile(1, DEFAULT, (0, 8), kind="Dynamic"))
    put(world, 0, profile(2, MAX, (0, 30)))
    new = ScheduleValues(limit=Decimal(12))
    outcome = world.command(UpdateDynamicSchedule(charging_profile_id=1, schedule_update=new))
    assert outcome.status.value == "Accepted"  # type: ignore[union-attr]
    assert given(world) == [8, 12]
    outcome = world.command(UpdateDynamicSchedule(charging_profile_id=2, schedule_update=new))
    assert outcome.reason.code == "InvalidProfile"  # type: ignore[union-attr]


@pytest.mark.req("K28.FR.13", "K28.FR.14", "K28.FR.15", "K28.FR.05")
def test_a_dynamic_profile_without_news_ends() -> None:
    """And is there again with the next update."""
    world = charging()
    put(world, 1, profile(1, DEFAULT, (0, 8), kind="Dynamic", duration=60))
    world.pass_time(61, step=1)
    assert given(world) == [8, None]
    world.command(UpdateDynamicSchedule(charging_profile_id=1, schedule_update=ScheduleValues(limit=Decimal(9))))
    assert given(world) == [9]


@pytest.mark.req("K28.FR.08", "K28.FR.10")
def test_values_are_asked_for_when_they_are_old() -> None:
    """Every dynUpdateInterval; the answer counts at once."""
    world = charging()
    put(world, 1, profile(1, DEFAULT, (0, 8), kind="Dynamic", dyn_update_interval=60))
    usual = world.csms.verdict
    status = ChargingProfileStatus.ACCEPTED
    answers = iter((10, 12))

    def answer(fact: Any, now: Any) -> Any:
        if isinstance(fact, DynamicScheduleAsked):
            values = ScheduleValues(limit=Decimal(next(answers)))
            return DynamicScheduleVerdict(status=status, schedule_update=values)
        return usual(fact, now)

    world.csms.verdict = answer  # type: ignore[method-assign]
    world.pass_time(130, step=1)
    assert given(world) == [8, 10, 12]
    assert len(world.csms.of(DynamicScheduleAsked)) == 2


@pytest.mark.req("K22.FR.01", "K22.FR.02", "K22.FR.03", "K22.FR.04", "K22.FR.05")
def test_priority_charging_asked_for_at_the_station() -> None:
    """Without a profile for it the driver reads that there is none; offline the CSMS is told later."""
    world = charging()
    put(world, 1, profile(1, TX, (0, 8), transaction_id=world.transaction or ""))
    world.feed(PriorityWanted(1))
    assert world.hardware.display[1] == "Priority charging is not available."
    put(world, 0, profile(2, PRIORITY, (0, 25)))
    world.feed(PriorityWanted(1), PriorityWanted(1))
    world.cut()
    world.feed(PriorityWanted(1, activate=False))
    assert given(world) == [8, 25, 8]
    world.connect()
    told = [(each.transaction_id, each.activated) for each in world.csms.of(PriorityChargingNotified)]  # type: ignore[attr-defined]
    assert told == [(world.transaction, True), (world.transaction, False)]


def test_priority_charging_where_nobody_charges_is_noted() -> None:
    """And where there is no such EVSE."""
    world = StationWorld()
    world.feed(PriorityWanted(1), PriorityWanted(9))
    assert len([note for note in world.notes if "no transaction is under way" in note]) == 2


@pytest.mark.req("K21.FR.01", "K21.FR.02", "K21.FR.03", "K21.FR.04", "K21.FR.05", "K21.FR.06", "K21.FR.07", "K21.FR.08")
def test_priority_charging() -> None:
    """Instead of the transaction's own profile, until it is ended; the CSMS is told of both."""
    world = charging()
    running = world.transaction or ""
    put(world, 1, profile(1, TX, (0, 8), transaction_id=running))
    on = UsePriorityCharging(transaction_id=running, activate=True)
    assert world.command(on).status.value == "NoProfile"  # type: ignore[union-attr]
    put(world, 0, profile(2, PRIORITY, (0, 25)))
    assert world.command(changed(on, transaction_id="other")).status.value == "Rejected"  # type: ignore[union-attr]
    assert world.command(on).status.value == "Accepted"  # type: ignore[union-attr]
    assert world.command(changed(on, activate=False)).status.value == "Accepted"  # type: ignore[union-attr]
    assert given(world) == [8, 25, 8]
    told = [
        fact.activated for fact in world.csms.of(PriorityChargingNotified) if isinstance(fact, PriorityChargingNotified)
    ]
    assert told == [True, False]
