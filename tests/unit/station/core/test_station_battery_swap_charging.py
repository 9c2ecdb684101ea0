"""Batteries in slots are charged in transactions of their own (S04): when they begin, what they tell, how they end."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.availability import Availability
from pilotwire.domain.battery_swap import Battery
from pilotwire.domain.device_model import (
    GetVariables,
    SetVariables,
    VariableName,
    VariableQuery,
    VariableSetting,
)
from pilotwire.domain.remote_control import RequestStop
from pilotwire.domain.transactions import ChargingState, EventKind, StoppedReason, TransactionEvent, TriggerReason
from pilotwire.station.core.actions import SetContactor
from pilotwire.station.core.battery_swap import BatteryInserted, BatteryMeasured, BatteryRemoved
from pilotwire.station.hardware.ports import ErrorCode, FaultCleared, FaultRaised
from tests.support.station_world import StationWorld


def swap_station(**more: Any) -> StationWorld:
    """Two slots that give DC, both empty."""
    return StationWorld(station="dc-250-dual", swap_slots=2, **more)


def put_in(world: StationWorld, slot: int = 1, soc: int = 20) -> None:
    """A battery goes into a slot."""
    world.feed(BatteryInserted(Battery(evse_id=slot, serial_number=f"B{slot}", soc=Decimal(soc), soh=Decimal(90))))


def reaches(world: StationWorld, soc: int, slot: int = 1) -> None:
    """The battery is charged so far."""
    world.feed(BatteryMeasured(slot, Decimal(soc)))


def write(world: StationWorld, component: str, variable: str, value: str) -> str:
    """Set a variable as the CSMS does; its status."""
    name = VariableName(component=component, variable=variable)
    outcome: Any = world.command(SetVariables(settings=(VariableSetting(name=name, value=value),)))
    return str(outcome.results[0].status)


def read(world: StationWorld, component: str, variable: str) -> str | None:
    """Get a variable as the CSMS does."""
    name = VariableName(component=component, variable=variable)
    outcome: Any = world.command(GetVariables(asked=(VariableQuery(name=name),)))
    return outcome.results[0].value  # type: ignore[no-any-return]


def brief(event: TransactionEvent) -> tuple[EventKind, TriggerReason, ChargingState | None]:
    """What an event says happened."""
    return event.kind, event.trigger, event.charging_state


CHARGES = (EventKind.STARTED, TriggerReason.CABLE_PLUGGED_IN, ChargingState.CHARGING)
FULL = (EventKind.UPDATED, TriggerReason.ENERGY_LIMIT_REACHED, ChargingState.SUSPENDED_EVSE)
GONE = (EventKind.ENDED, TriggerReason.EV_COMMUNICATION_LOST, ChargingState.IDLE)


@pytest.mark.req("S04.FR.01", "S04.FR.02", "S04.FR.03")
@pytest.mark.parametrize(("value", "kind"), [("FLEET-7", "Central"), ("", "NoAuthorization")])
def test_a_battery_is_charged_from_its_coming_on(value: str, kind: str) -> None:
    world = swap_station(variables={"BatterySwapCtrlr.IdToken": value})
    put_in(world)
    (event,) = world.csms.events
    assert brief(event) == CHARGES
    assert event.id_token is not None
    assert (event.id_token.value, event.id_token.type, event.address.evse) == (value, kind, 1)
    assert SetContactor(1, True) in world.actions


@pytest.mark.req("S04.FR.04")
def test_its_state_of_charge_is_told_periodically() -> None:
    world = swap_station(
        variables={"SampledDataCtrlr.TxUpdatedInterval": "60", "SampledDataCtrlr.TxUpdatedMeasurands": "SoC"}
    )
    put_in(world)
    for soc in (21, 22, 23):
        reaches(world, soc)
        world.pass_time(60)
    periodic = [event for event in world.csms.events if event.trigger is TriggerReason.METER_VALUE_PERIODIC]
    assert [[(s.measurand, s.value) for s in event.readings[0].samples] for event in periodic] == [
        [("SoC", soc)] for soc in (21, 22, 23)
    ]


@pytest.mark.req("S04.FR.05", "S04.FR.06")
def test_it_is_charged_up_to_the_most_and_stays_in_its_transaction() -> None:
    """It can be swapped before that; energy flows again once there is room."""
    world = swap_station(variables={"BatterySwapCtrlr.MaxSoc": "90"})
    put_in(world)
    reaches(world, 80)
    assert world.csms.statuses(1)[-1].availability is Availability.AVAILABLE
    reaches(world, 89)
    assert len(world.csms.events) == 1
    reaches(world, 90)
    reaches(world, 91)
    assert [brief(event) for event in world.csms.events] == [CHARGES, FULL]
    assert world.actions[-1] != SetContactor(1, True)
    assert SetContactor(1, False) in world.actions
    reaches(world, 85)
    again = (EventKind.UPDATED, TriggerReason.CHARGING_STATE_CHANGED, ChargingState.CHARGING)
    assert [brief(event) for event in world.csms.events][2:] == [again]
    assert len({event.transaction_id for event in world.csms.events}) == 1


@pytest.mark.req("S04.FR.07")
@pytest.mark.parametrize("soc", [50, 100], ids=["while it charges", "when it is full"])
def test_its_transaction_ends_when_it_is_taken(soc: int) -> None:
    world = swap_station()
    put_in(world)
    reaches(world, soc)
    world.feed(BatteryRemoved(1))
    last = world.csms.events[-1]
    assert brief(last) == GONE
    assert last.stopped_reason is StoppedReason.EV_DISCONNECTED
    assert world.csms.statuses(1)[-1].availability is Availability.AVAILABLE
    put_in(world)
    assert brief(world.csms.events[-1]) == CHARGES
    assert world.csms.events[-1].transaction_id != last.transaction_id


@pytest.mark.req("S04.FR.08", "S04.FR.09")
@pytest.mark.parametrize("variable", ["TxStartPoint", "TxStopPoint"])
def test_a_swap_station_has_only_one_point_of_start_and_stop(variable: str) -> None:
    world = swap_station(variables={f"TxCtrlr.{variable}": "PowerPathClosed"})
    assert read(world, "TxCtrlr", variable) == "EVConnected"
    assert write(world, "TxCtrlr", variable, "EVConnected,Authorized") == "Rejected"
    assert write(world, "TxCtrlr", variable, "EVConnected") == "Accepted"
    assert write(StationWorld(), "TxCtrlr", variable, "Authorized") == "Accepted"


@pytest.mark.req("S04.FR.10")
def test_the_most_is_never_less_than_what_a_swap_needs() -> None:
    world = swap_station()
    steps = [
        ("MaxSoc", "x"),
        ("MaxSoc", "79"),
        ("MaxSoc", "80"),
        ("TargetSoc", "81"),
        ("TargetSoc", "70"),
        ("MaxSoc", "70"),
    ]
    statuses = [write(world, "BatterySwapCtrlr", name, value) for name, value in steps]
    assert statuses == ["Rejected", "Rejected", "Accepted", "Rejected", "Accepted", "Accepted"]


@pytest.mark.req("S04.FR.11")
@pytest.mark.parametrize("resume", ["0", "3600"])
def test_a_restart_begins_new_transactions_for_all_batteries(resume: str) -> None:
    """Of those that are full too; what ran before is ended, even where others would go on."""
    world = swap_station(variables={"TxCtrlr.ResumptionTimeout": resume})
    put_in(world, 1, 20)
    put_in(world, 2, 100)
    before = {event.transaction_id for event in world.csms.events}
    world.csms.heard.clear()
    world.kill()
    world.pass_time(5)
    events = world.csms.events
    ended = [event for event in events if event.kind is EventKind.ENDED]
    assert {event.transaction_id for event in ended} == before
    assert {event.stopped_reason for event in ended} == {StoppedReason.POWER_LOSS}
    started = [event for event in events if event.kind is EventKind.STARTED]
    assert sorted(event.address.evse for event in started) == [1, 2]
    assert not before & {event.transaction_id for event in started}
    assert [brief(event) for event in events if event.address.evse == 2][-2:] == [CHARGES, FULL]


def test_a_battery_that_was_there_before_the_station_may_begin_is_charged_later() -> None:
    """A fault ends the transaction; another one begins when it is over."""
    world = swap_station()
    put_in(world)
    world.does([FaultRaised(1, 1, ErrorCode.GROUND_FAILURE)])
    assert world.csms.events[-1].kind is EventKind.ENDED
    world.pass_time(60)
    assert world.csms.events[-1].kind is EventKind.ENDED
    world.does([FaultCleared(1, 1, ErrorCode.GROUND_FAILURE)])
    assert brief(world.csms.events[-1]) == CHARGES


def test_a_driver_that_reports_the_battery_as_plugged_in_begins_nothing_by_that() -> None:
    """The battery tells of itself: one transaction, with its token."""
    world = swap_station()
    world.plug(1)
    assert world.csms.events == []
    put_in(world)
    world.pass_time(30)
    assert [brief(event) for event in world.csms.events[:1]] == [CHARGES]
    assert len({event.transaction_id for event in world.csms.events}) == 1
    assert world.hardware.meter(1).power_w > 0
    world.feed(BatteryRemoved(1))
    assert brief(world.csms.events[-1]) == GONE


def test_the_csms_can_stop_the_charging_of_a_battery() -> None:
    """It stays in its slot, in its transaction, and is not charged."""
    world = swap_station()
    put_in(world)
    own = world.csms.events[0].transaction_id
    world.command(RequestStop(transaction_id=own))
    world.pass_time(60)
    kinds = [event.kind for event in world.csms.events if event.trigger is not TriggerReason.METER_VALUE_PERIODIC]
    assert EventKind.ENDED not in kinds
    assert world.csms.events[-1].charging_state is not ChargingState.CHARGING
    world.feed(BatteryRemoved(1))
    assert world.csms.events[-1].kind is EventKind.ENDED


def test_offline_it_is_charged_too_and_told_later() -> None:
    world = swap_station()
    world.cut()
    put_in(world)
    reaches(world, 100)
    world.feed(BatteryRemoved(1))
    world.connect()
    assert [brief(event) for event in world.csms.events] == [CHARGES, FULL, GONE]
    assert all(event.offline for event in world.csms.events)


def test_an_evse_that_is_no_slot_is_as_ever() -> None:
    """One slot of two EVSEs: at the other drivers charge."""
    world = StationWorld(station="dc-250-dual", swap_slots=1)
    put_in(world)
    world.plug(2)
    world.tap("CARL", 2)
    world.pass_time(15)
    assert {event.address.evse for event in world.csms.events} == {1, 2}
    assert world.hardware.meter(2).power_w > 0
