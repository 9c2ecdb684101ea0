"""What a bidirectional session tells: needs, other ways of energy transfer, measurands of its mode (Q01, Q02, Q10)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.device_model import GetVariables, SetVariables, VariableName, VariableQuery, VariableSetting
from pilotwire.domain.kinds import Fact, changed
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
    GetCompositeSchedule,
    OperationMode,
    V2XChargingParameters,
)
from pilotwire.domain.transactions import EventKind, StoppedReason, TriggerReason
from pilotwire.domain.v2x import NotifyAllowedEnergyTransfer
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.connected_ev import VehicleIdentified
from pilotwire.station.core.external_power import ExternalPower
from pilotwire.station.core.vehicle_needs import NeedsTold, ScheduleOffer, ScheduleReturned
from pilotwire.station.core.vehicle_sessions import ServiceRenegotiation
from tests.support.both_ways import begin, both_ways, moded, modes, period, power, put
from tests.support.station_world import START, Csms, StationWorld

TX = ChargingProfilePurpose.TX_PROFILE
BOTH = ChargingNeeds(
    requested_energy_transfer="DC_BPT",
    available_energy_transfer=("DC", "DC_BPT"),
    control_mode="ScheduledControl",
    v2x_charging_parameters=V2XChargingParameters(max_discharge_power=Decimal(20_000)),
)


class _Judge(Csms):
    """A CSMS that gives one answer to all needs."""

    needs_status = ChargingNeedsStatus.ACCEPTED

    def verdict(self, fact: Fact, now: Any) -> Any:
        if isinstance(fact, EVChargingNeedsNotified):
            return ChargingNeedsVerdict(status=self.needs_status)
        return super().verdict(fact, now)


def judged(status: ChargingNeedsStatus, **more: Any) -> StationWorld:
    """Somebody charges, and the CSMS will say this of needs."""
    world = both_ways(**more)
    world.csms = _Judge()
    world.csms.needs_status = status
    return world


def informed(world: StationWorld, kind: type[Any]) -> list[Any]:
    """What the vehicle's side was told."""
    return [one.verdict for one in world.actions if isinstance(one, Inform) and isinstance(one.verdict, kind)]


def write(world: StationWorld, variable: str, mode: str, value: str) -> str:
    """Set a list of V2XChargingCtrlr for a mode."""
    name = VariableName(component="V2XChargingCtrlr", variable=variable, variable_instance=mode)
    outcome: Any = world.command(SetVariables(settings=(VariableSetting(name=name, value=value),)))
    return str(outcome.results[0].status)


def measurands(event: Any) -> set[str]:
    """What an event tells of the meter, in its last reading."""
    return {sample.measurand for sample in event.readings[-1].samples}


# --- needs ------------------------------------------------------------------------------------------------------------


@pytest.mark.req("Q01.FR.03", "Q01.FR.09", "Q02.FR.04")
@pytest.mark.parametrize("wanted", ["DC_BPT", "DC"])
def test_needs_are_told_with_what_the_vehicle_can_and_asks_for(wanted: str) -> None:
    """Charging only, where permission for more has yet to come."""
    world = judged(ChargingNeedsStatus.ACCEPTED)
    needs = ChargingNeeds(
        requested_energy_transfer=wanted,
        available_energy_transfer=BOTH.available_energy_transfer,
        control_mode=BOTH.control_mode,
        v2x_charging_parameters=BOTH.v2x_charging_parameters if wanted == "DC_BPT" else None,
    )
    world.feed(NeedsTold("needs", 1, needs))
    (fact,) = world.csms.of(EVChargingNeedsNotified)
    assert isinstance(fact, EVChargingNeedsNotified)
    assert (fact.evse_id, fact.charging_needs) == (1, needs)


@pytest.mark.req("Q01.FR.02")
@pytest.mark.parametrize(
    ("protocol", "told"),
    [("urn:iso:std:iso:15118:-20:DC,1,0", [("EVCCID", "WMI0A")]), ("urn:iso:15118:2:2013:MsgDef,2,0", [])],
    ids=["-20", "-2"],
)
def test_the_vehicle_is_told_with_the_token_that_is_used_with_it(protocol: str, told: list[tuple[str, str]]) -> None:
    """Once the token is first told; the next vehicle is another one."""
    world = StationWorld(station="dc-50-v2x", variables={"TxCtrlr.TxStartPoint": "PowerPathClosed"})
    world.plug()
    world.feed(VehicleIdentified(1, "WMI0A", protocol))
    world.tap("ANNA")
    world.pass_time(15)
    (first,) = [event.id_token for event in world.csms.events if event.id_token is not None]
    assert [(each.type, each.value) for each in first.additional] == told
    assert first.value == "ANNA"
    world.tap("ANNA")
    world.unplug()
    world.plug()
    world.csms.heard.clear()
    world.tap("ANNA")
    world.pass_time(15)
    assert [event.id_token.additional for event in world.csms.events if event.id_token is not None] == [()]


@pytest.mark.req("K18.FR.01", "K18.FR.06", "K19.FR.01", "K19.FR.06")
@pytest.mark.parametrize("mode", ["ScheduledControl", "DynamicControl"])
def test_a_session_of_15118_20_tells_its_control_mode_and_its_needs_both_ways(mode: str) -> None:
    """Instead of those of AC or DC alone."""
    world = judged(ChargingNeedsStatus.ACCEPTED)
    world.feed(NeedsTold("needs", 1, changed(BOTH, control_mode=mode)))
    (fact,) = world.csms.of(EVChargingNeedsNotified)
    needs = fact.charging_needs  # type: ignore[attr-defined]
    assert (needs.control_mode, needs.v2x_charging_parameters) == (mode, BOTH.v2x_charging_parameters)
    assert (needs.ac_charging_parameters, needs.dc_charging_parameters) == (None, None)


def returned(world: StationWorld, watts: int) -> str:
    """The vehicle says that it will take so much from now on; whether that is taken."""
    period_ = ChargingSchedulePeriod(start_period=0, limit=Decimal(watts))
    schedule = ChargingSchedule(charging_rate_unit=ChargingRateUnit.WATT, charging_schedule_period=(period_,))
    world.feed(ScheduleReturned("profile", 1, schedule))
    return str(informed(world, EVChargingScheduleVerdict)[-1].status)


def offering(mode: str) -> StationWorld:
    """A profile of the CSMS with 9 kW was offered to a vehicle."""
    world = judged(ChargingNeedsStatus.ACCEPTED)
    world.feed(NeedsTold("needs", 1, changed(BOTH, control_mode=mode)))
    put(world, moded(period("ChargingOnly", limit=9000), purpose=TX, transaction_id=world.transaction))
    (offer,) = informed(world, ScheduleOffer)
    assert [each.limit for each in offer.schedule.charging_schedule_period] == [9000]
    return world


@pytest.mark.req("K18.FR.09", "K18.FR.10", "K18.FR.20")
def test_in_scheduled_control_the_vehicle_s_profile_is_told_if_it_is_within_the_offer() -> None:
    """With the id of the schedule of the CSMS."""
    world = offering("ScheduledControl")
    assert returned(world, 12_000) == "Rejected"
    assert world.csms.of(EVChargingScheduleNotified) == []
    assert returned(world, 7000) == "Accepted"
    (fact,) = world.csms.of(EVChargingScheduleNotified)
    assert isinstance(fact, EVChargingScheduleNotified)
    assert fact.selected_charging_schedule_id == 1
    assert [each.limit for each in fact.charging_schedule.charging_schedule_period] == [7000]


@pytest.mark.req("K19.FR.10")
def test_in_dynamic_control_the_schedule_of_the_csms_is_told_whatever_the_vehicle_sends() -> None:
    """It is not minded, even where it is over the offer."""
    world = offering("DynamicControl")
    assert returned(world, 12_000) == "Accepted"
    (fact,) = world.csms.of(EVChargingScheduleNotified)
    assert isinstance(fact, EVChargingScheduleNotified)
    assert fact.selected_charging_schedule_id == 1
    assert [each.limit for each in fact.charging_schedule.charging_schedule_period] == [9000]


@pytest.mark.req("K18.FR.15", "K19.FR.11")
@pytest.mark.parametrize("mode", ["ScheduledControl", "DynamicControl"])
@pytest.mark.parametrize("offline", [False, True], ids=["no profile will come", "offline"])
def test_without_a_profile_of_its_own_the_default_makes_the_offer(mode: str, offline: bool) -> None:
    world = judged(ChargingNeedsStatus.NO_CHARGING_PROFILE)
    put(world, moded(period("ChargingOnly", limit=6000)))
    if offline:
        world.cut()
    world.feed(NeedsTold("needs", 1, changed(BOTH, control_mode=mode)))
    (offer,) = informed(world, ScheduleOffer)
    assert [each.limit for each in offer.schedule.charging_schedule_period] == [6000]


@pytest.mark.req("Q01.FR.06", "K18.FR.23", "K19.FR.16")
def test_a_transaction_whose_way_of_energy_transfer_is_refused_ends() -> None:
    world = judged(ChargingNeedsStatus.REJECTED)
    world.feed(NeedsTold("needs", 1, BOTH))
    (event,) = world.csms.events
    assert (event.kind, event.trigger, event.stopped_reason) == (
        EventKind.ENDED,
        TriggerReason.ABNORMAL_CONDITION,
        StoppedReason.REQ_ENERGY_TRANSFER_REJECTED,
    )
    assert [each.schedule for each in informed(world, ScheduleOffer)] == [None]
    assert power(world) == 0


def test_a_vehicle_that_only_charges_goes_on_without_a_profile() -> None:
    """Rejected says there that none will come (K15.FR.04)."""
    world = judged(ChargingNeedsStatus.REJECTED)
    world.feed(NeedsTold("needs", 1, ChargingNeeds(requested_energy_transfer="DC")))
    assert world.transaction is not None
    assert [each.schedule is None for each in informed(world, ScheduleOffer)] == [False]


@pytest.mark.req("Q02.FR.06", "Q02.FR.07")
def test_permission_that_comes_later_is_negotiated_with_the_vehicle() -> None:
    """It is told which ways there are; the needs it tells then go to the CSMS."""
    world = judged(ChargingNeedsStatus.ACCEPTED)
    world.feed(NeedsTold("needs", 1, ChargingNeeds(requested_energy_transfer="DC")))
    ways = ("DC", "DC_BPT")
    outcome: Any = world.command(
        NotifyAllowedEnergyTransfer(transaction_id=world.transaction or "", allowed_energy_transfer=ways)
    )
    assert outcome.status == "Accepted"
    assert informed(world, ServiceRenegotiation) == [ServiceRenegotiation(allowed_energy_transfer=ways)]
    world.feed(NeedsTold("needs", 1, BOTH))
    told: Any = world.csms.of(EVChargingNeedsNotified)
    assert [fact.charging_needs.requested_energy_transfer for fact in told] == ["DC", "DC_BPT"]


# --- measurands -------------------------------------------------------------------------------------------------------


@pytest.mark.req("Q01.FR.35")
def test_samples_tell_what_is_listed_for_the_mode_besides() -> None:
    """Once each, and only while that mode lasts."""
    world = both_ways(
        variables={
            "SampledDataCtrlr.TxUpdatedMeasurands": "Energy.Active.Import.Register",
            "SampledDataCtrlr.TxUpdatedInterval": "60",
        }
    )
    listed = "Energy.Active.Import.Register,Power.Active.Export"
    assert write(world, "TxUpdatedMeasurands", "CentralSetpoint", listed) == "Accepted"
    put(world, moded(period("CentralSetpoint", setpoint=-7000), period("ChargingOnly", start=300, limit=9000)))
    world.pass_time(600)
    periodic = [event for event in world.csms.events if event.trigger is TriggerReason.METER_VALUE_PERIODIC]
    usual = {"Energy.Active.Import.Register"}
    seen = [measurands(event) for event in periodic]
    assert seen[:3] == [usual | {"Power.Active.Export"}] * 3
    assert seen[-3:] == [usual] * 3
    assert all(len(event.readings[-1].samples) == len(measurands(event)) for event in periodic)


@pytest.mark.req("Q01.FR.33", "Q01.FR.34")
def test_the_first_and_the_last_event_do_too() -> None:
    world = StationWorld(station="dc-50-v2x")
    put(world, moded(period("CentralSetpoint", setpoint=-3000)))
    write(world, "TxStartedMeasurands", "CentralSetpoint", "Energy.Active.Export.Register")
    write(world, "TxEndedMeasurands", "CentralSetpoint", "SoC")
    write(world, "TxEndedMeasurands", "ChargingOnly", "Voltage")
    begin(world)
    world.tap("ANNA")
    first, last = world.csms.events[0], [each for each in world.csms.events if each.kind is EventKind.ENDED][-1]
    register = "Energy.Active.Import.Register"
    assert measurands(first) == {register, "Energy.Active.Export.Register"}
    assert measurands(last) == {register, "SoC"}


def test_a_list_has_only_what_the_meter_measures_and_is_as_delivered_empty() -> None:
    world = both_ways()
    name = VariableName(component="V2XChargingCtrlr", variable="TxEndedMeasurands", variable_instance="Idle")
    outcome: Any = world.command(GetVariables(asked=(VariableQuery(name=name),)))
    assert outcome.results[0].value == ""
    assert write(world, "TxEndedMeasurands", "Idle", "RPM") == "Rejected"


# --- sleep ------------------------------------------------------------------------------------------------------------


@pytest.mark.req("Q10.FR.05")
def test_an_evse_that_cannot_sleep_is_idle_all_the_same() -> None:
    """The wish is taken; there is no word of sleep, which is a no (Q10.FR.05)."""
    world = both_ways()
    put(world, moded(changed(period("Idle"), evse_sleep=True)))
    world.pass_time(60)
    assert (power(world), modes(world)) == (0, ["Idle"])


# --- the composite schedule -------------------------------------------------------------------------------------------


@pytest.mark.req("K08.FR.04", "K08.FR.08")
def test_the_composite_schedule_of_a_session_tells_its_setpoints_and_how_far_they_may_go() -> None:
    """At the outlet, and for the station; what an external system limits is in it."""
    world = both_ways()
    put(world, moded(period("CentralSetpoint", setpoint=-7000), period("ChargingOnly", start=300, limit=9000)))
    world.feed(ExternalPower("EMS", 1, discharge_limit=Decimal(-5000)))
    since = int((world.now - START).total_seconds())
    for evse in (1, 0):
        asked = GetCompositeSchedule(evse_id=evse, duration=600, charging_rate_unit=ChargingRateUnit.WATT)
        outcome: Any = world.command(asked)
        told = [
            (each.start_period, each.operation_mode, each.setpoint, each.discharge_limit)
            for each in outcome.schedule.charging_schedule_period
        ]
        assert told == [(0, OperationMode.CENTRAL_SETPOINT, -5000, -5000), (300 - since, None, None, None)]
    assert power(world) == -5000
