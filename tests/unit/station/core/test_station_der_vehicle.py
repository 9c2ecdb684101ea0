"""DER control at AC outlets: the inverter is the vehicle's. What it carries out itself, what the station does in its place (R02, R03)."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.der_control import (
    ClearDerControl,
    Curve,
    CurvePoint,
    DerAlarm,
    DerControl,
    DerControlType,
    DerUnit,
    FixedVar,
    FreqDroop,
    GridEventFault,
    LimitMaxDischarge,
    SetDerControl,
    member_of,
)
from pilotwire.domain.smart_charging import ChargingNeeds, EVChargingNeedsNotified, V2XChargingParameters
from pilotwire.ev import vehicle
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.der_vehicle import EMULATED, DerControlsForVehicle, InverterAlarm
from pilotwire.station.core.grid import GridMeasured
from pilotwire.station.core.vehicle_needs import NeedsTold
from tests.support.both_ways import moded, period, power, put
from tests.support.station_world import START, StationWorld

T = DerControlType
HIGH_TRIP = Curve(
    curve_data=(CurvePoint(x=Decimal(1), y=Decimal("51.5")),), priority=1, y_unit=DerUnit("Not_Applicable")
)


def giving(watts: int = -9_000) -> StationWorld:
    """A vehicle gives energy back through its own inverter."""
    world = StationWorld(station="ac-22-v2x")
    world.plug(1, car=vehicle("v2x-ac-60", soc=60))
    world.tap("ANNA")
    world.pass_time(15)
    put(world, moded(period("CentralSetpoint", setpoint=watts)))
    world.pass_time(5)
    assert power(world) == watts
    world.csms.heard.clear()
    return world


def tells(world: StationWorld, *controls: T, service: str = "AC_BPT_DER", watts: int = 11_000, ref: str = "v") -> None:
    """The vehicle says which controls its inverter has, and how much it gives back."""
    plate = {"evSupportedDERControl": controls, "evInverterModel": "X", "maxChargeApparentPower": 44_000}
    needs = ChargingNeeds(
        requested_energy_transfer=service,
        v2x_charging_parameters=V2XChargingParameters(max_discharge_power=Decimal(watts)),
        der_charging_parameters=json.dumps(plate),
    )
    world.feed(NeedsTold(ref, 1, needs))


def install(world: StationWorld, control_type: T, setting: Any, *, default: bool = True) -> None:
    """A control that is accepted; its id is the name of its type."""
    control = DerControl(
        control_id=str(control_type),
        control_type=control_type,
        is_default=default,
        **{member_of(control_type): setting},
    )
    outcome: Any = world.command(SetDerControl(control=control))
    assert str(outcome.status) == "Accepted", outcome


def limit(percent: int, **more: Any) -> LimitMaxDischarge:
    """A limit of what may be given back."""
    return LimitMaxDischarge(priority=5, pct_max_discharge_power=Decimal(percent), **more)


def handed(world: StationWorld) -> list[tuple[str, list[str]]]:
    """To whom which controls were handed, in this order."""
    told = [one for one in world.actions if isinstance(one, Inform) and isinstance(one.verdict, DerControlsForVehicle)]
    return [(str(one.ref), [each.control_id for each in one.verdict.controls]) for one in told]  # type: ignore[attr-defined]


def alarms(world: StationWorld) -> list[tuple[str, str | None, bool]]:
    """Type, fault and end of the alarms told."""
    told: Any = world.csms.of(DerAlarm)
    return [(str(one.control_type), one.fault and str(one.fault), one.ended) for one in told]


# --- what is told to the CSMS -----------------------------------------------------------------------------------------


@pytest.mark.req("R02.FR.01", "R03.FR.01")
def test_the_nameplate_of_the_vehicle_s_inverter_is_told_as_agreed():
    """No more power than the outlet has: 22 of the 44 kVA."""
    world = giving()
    tells(world, T.HF_MUST_TRIP, T.LIMIT_MAX_DISCHARGE)
    (fact,) = world.csms.of(EVChargingNeedsNotified)
    told = json.loads(fact.charging_needs.der_charging_parameters)  # type: ignore[attr-defined]
    assert told["evSupportedDERControl"] == ["HFMustTrip", "LimitMaxDischarge"]
    assert told["evInverterModel"] == "X"
    assert told["maxChargeApparentPower"] == 22_080


@pytest.mark.req("R03.FR.03")
def test_what_the_station_can_do_in_a_vehicle_s_place_is_a_variable_of_each_ac_outlet():
    """Not at outlets that only give; trips would come too late."""
    world = StationWorld(station="ac-22-v2x")
    there = set(world.core.variable("ACDERCtrlr@1.ModesSupported").split(","))
    assert there == set(EMULATED)
    assert not there & {T.HV_MUST_TRIP, T.LF_MUST_TRIP, T.LV_MOM_CESS}
    assert world.core.variable("V2XChargingCtrlr.SupportedEnergyTransferModes").split(",") == [
        "AC_three_phase",
        "AC_BPT",
        "AC_BPT_DER",
        "AC_DER",
    ]
    others = StationWorld(station="ac-22-dual")
    assert not [spec for spec, _ in others.core.variables() if "DERCtrlr" in spec.name.component]


# --- R02: the vehicle does it -----------------------------------------------------------------------------------------


@pytest.mark.req("R02.FR.02", "R02.FR.03", "R03.FR.02")
def test_controls_are_handed_to_the_vehicle_and_again_when_they_change():
    """Those there are after a restart too, once it has told its needs; then what is set, begins, ends and is cleared."""
    world = StationWorld(station="ac-22-v2x")
    install(world, T.HF_MUST_TRIP, HIGH_TRIP)
    world.kill()
    world.plug(1, car=vehicle("v2x-ac-60", soc=60))
    world.tap("ANNA")
    world.pass_time(15)
    tells(world, T.HF_MUST_TRIP, T.LIMIT_MAX_DISCHARGE)
    assert handed(world) == [("v", ["HFMustTrip"])]
    begin = START + timedelta(minutes=10)
    soon = limit(20, start_time=begin, duration=Decimal(60))
    install(world, T.LIMIT_MAX_DISCHARGE, soon, default=False)
    assert len(handed(world)) == 1
    world.pass_time(700)
    world.command(ClearDerControl(is_default=True))
    assert [controls for _, controls in handed(world)[1:]] == [["HFMustTrip", "LimitMaxDischarge"], ["HFMustTrip"], []]
    tells(world, T.HF_MUST_TRIP, ref="anew")
    assert handed(world)[-1] == ("anew", [])


@pytest.mark.req("R03.FR.05")
def test_what_the_vehicle_has_itself_the_station_does_not_do():
    """It goes on asking for 9 kW: the inverter keeps to its limit by itself."""
    world = giving()
    tells(world, T.LIMIT_MAX_DISCHARGE)
    install(world, T.LIMIT_MAX_DISCHARGE, limit(50))
    assert power(world) == -9_000
    assert alarms(world) == []
    assert handed(world)[-1] == ("v", ["LimitMaxDischarge"])


# --- R03: the station does it in its place ----------------------------------------------------------------------------


@pytest.mark.req("R03.FR.06")
def test_what_the_vehicle_has_not_the_station_does():
    """Half of what the vehicle says it gives back; only the trip curve is handed on."""
    world = giving()
    tells(world, T.HF_MUST_TRIP, watts=8_000)
    install(world, T.HF_MUST_TRIP, HIGH_TRIP)
    install(world, T.LIMIT_MAX_DISCHARGE, limit(50))
    assert power(world) == -4_000
    assert alarms(world) == [("LimitMaxDischarge", None, False)]
    assert handed(world)[-1] == ("v", ["HFMustTrip"])


def test_for_a_vehicle_without_der_controls_the_station_does_all_it_can():
    """In plain AC_BPT: a droop and reactive power; nothing is handed on, and a trip is not carried out."""
    world = giving()
    tells(world, T.FREQ_DROOP, service="AC_BPT")
    droop = FreqDroop(
        priority=1,
        over_freq=Decimal("50.2"),
        under_freq=Decimal("49.8"),
        over_droop=Decimal("0.04"),
        under_droop=Decimal("0.04"),
        response_time=Decimal(0),
    )
    install(world, T.FREQ_DROOP, droop)
    install(world, T.FIXED_VAR, FixedVar(priority=1, setpoint=Decimal(-20), unit=DerUnit.PCT_MAX_VAR))
    install(world, T.HF_MUST_TRIP, HIGH_TRIP)
    world.feed(GridMeasured(frequency_hz=Decimal("50.4")))  # a tenth of 2 Hz beyond the dead band
    assert power(world) == -9_000 + 1_100
    told = {one.measurand: one.value for one in world.hardware.meter(1).more}
    assert told["Power.Reactive.Import"] == 968  # 20 % of 44 % of 11 kVA
    world.feed(GridMeasured(frequency_hz=Decimal("51.6")))
    world.pass_time(5)
    assert alarms(world) == [("FreqDroop", "OverFrequency", False)]
    assert handed(world) == []


# --- alarms of the vehicle's inverter ---------------------------------------------------------------------------------


@pytest.mark.req("R05.FR.01", "R05.FR.02")
def test_an_alarm_of_the_vehicle_s_inverter_is_told():
    """Once when it begins, once when it is over; another's end ends nothing."""
    world = giving()
    tells(world, T.HF_MUST_TRIP)
    world.feed(InverterAlarm(1, T.HF_MUST_TRIP, True, GridEventFault.OVER_FREQUENCY))
    world.feed(InverterAlarm(1, T.LF_MUST_TRIP, False))
    assert alarms(world) == [("HFMustTrip", "OverFrequency", False)]
    world.feed(InverterAlarm(1, T.HF_MUST_TRIP, False))
    assert alarms(world)[1:] == [("HFMustTrip", "OverFrequency", True)]


def test_it_is_over_when_the_vehicle_has_gone():
    world = giving()
    tells(world, T.HF_MUST_TRIP)
    world.feed(InverterAlarm(1, T.HF_MUST_TRIP, True, GridEventFault.OVER_FREQUENCY))
    world.tap("ANNA")
    world.unplug()
    assert alarms(world)[-1] == ("HFMustTrip", "OverFrequency", True)


@pytest.mark.parametrize(("evse", "service"), [(1, "AC_BPT"), (9, "AC_BPT_DER")], ids=["no controls", "no such EVSE"])
def test_an_alarm_of_an_inverter_that_has_no_controls_is_not_taken(evse: int, service: str):
    """A line in the log says so."""
    world = giving()
    tells(world, T.HF_MUST_TRIP, service=service)
    world.feed(InverterAlarm(evse, T.HF_MUST_TRIP, True))
    assert alarms(world) == []
    assert any(f"EVSE {evse}, where no vehicle has DER controls" in line for line in world.notes)
