"""The simulated station by examples: people, hardware, and energy."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from pilotwire.errors import MisuseError
from pilotwire.ev import Vehicle, Wish, vehicle
from pilotwire.station.hardware.ports import (
    AcSupply,
    CablePlugged,
    CableUnplugged,
    CardPresented,
    ConnectorLayout,
    EmergencyStopPressed,
    EmergencyStopReleased,
    ErrorCode,
    EvseLayout,
    FaultCleared,
    FaultRaised,
    HardwareError,
    LockFailed,
    PowerLost,
    PowerRestored,
    StationLayout,
    StopButtonPressed,
    VehicleLeft,
    VehicleParked,
    VehicleRequestsPower,
    VehicleSuspends,
)
from pilotwire.station.hardware.simulated import PilotState, SimulatedStation, layout


def charging(name: str = "compact-58", where: str = "ac-22-single", **wish: float) -> tuple[SimulatedStation, Vehicle]:
    """A station at which a vehicle has charged for a minute."""
    station, car = SimulatedStation(layout(where)), vehicle(name, wish=Wish(**wish))
    station.plug(1, 1, car)
    station.set_lock(1, 1, True)
    station.set_contactor(1, True)
    station.advance(60)
    return station, car


def test_the_control_pilot_goes_from_a_over_b_to_c():
    """Plugging is B; a moment later the vehicle asks for power."""
    station = SimulatedStation(layout("ac-22-single"))
    assert station.pilot(1).state is PilotState.A
    assert station.plug(1, 1, vehicle("compact-58")) == [CablePlugged(1, 1)]
    assert (station.pilot(1).state, round(station.pilot(1).duty_percent, 2)) == (PilotState.B, Decimal("53.33"))
    assert station.advance(1) == []
    assert station.advance(1) == [VehicleRequestsPower(1, 1)]
    assert station.pilot(1).state is PilotState.C


def test_an_hour_at_eleven_kilowatt_is_in_both_meters():
    """The register and the vehicle's own meter show the same whole Wh."""
    station, car = charging()
    before = station.meter(1).energy_import_register
    station.advance(3600)
    assert station.meter(1).energy_import_register - before == 11_040
    assert car.meter.delivered_wh == station.meter(1).energy_import_register


def test_the_meter_shows_currents_voltages_and_what_is_offered():
    """Three phases of 16 A at 230 V; 32 A are offered; an AC station does not know the state of charge."""
    station, _ = charging()
    reading = station.meter(1)
    assert reading.power_w == 11_040
    assert reading.current_a == (16, 16, 16)
    assert reading.voltage_v == (230, 230, 230)
    assert (reading.current_offered_a, reading.power_offered_w) == (32, 22_080)
    assert (reading.soc_percent, reading.frequency_hz, reading.temperature_c) == (None, 50, 35)
    assert reading.energy_export_register == 0


def test_a_one_phase_vehicle_loads_only_the_first_phase():
    """The other two carry nothing."""
    station, _ = charging("compact-40")
    assert station.meter(1).current_a == (32, 0, 0)


def test_a_dc_station_knows_pack_voltage_and_state_of_charge():
    """Power is voltage times current, and at 20 % this vehicle takes nearly its highest."""
    station, car = charging("family-77", "dc-150-ccs")
    reading = station.meter(1)
    assert reading.power_w == pytest.approx(Decimal(142_000), rel=Decimal("0.05"))
    assert reading.current_a[0] * reading.voltage_v[0] == pytest.approx(reading.power_w, rel=Decimal("0.001"))
    assert reading.soc_percent == pytest.approx(Decimal(car.soc_percent), abs=Decimal("0.1"))
    assert reading.frequency_hz is None
    assert reading.power_offered_w <= 150_000
    assert station.pilot(1).duty_percent == 5


def test_a_limit_is_obeyed_at_once_and_below_six_ampere_the_vehicle_suspends():
    """10 A, then 5 A, then no limit again."""
    station, _ = charging()
    station.set_current_limit(1, Decimal(10))
    assert station.meter(1).power_w == 6_900
    station.set_current_limit(1, Decimal(5))
    assert (station.meter(1).power_w, station.meter(1).current_offered_a) == (0, 0)
    assert station.pilot(1).duty_percent == 100
    assert station.advance(10) == [VehicleSuspends(1, 1)]
    station.set_current_limit(1, None)
    assert station.advance(10) == [VehicleRequestsPower(1, 1)]
    assert station.meter(1).power_w == 11_040


def test_a_thin_cable_limits_the_current():
    """A 13 A cable in a 32 A socket."""
    station = SimulatedStation(layout("ac-22-single"))
    station.plug(1, 1, vehicle("compact-58"), cable_a=Decimal(13))
    station.set_contactor(1, True)
    station.advance(10)
    assert (station.meter(1).current_offered_a, station.meter(1).power_w) == (13, 3 * 230 * 13)


def test_the_vehicle_suspends_when_full():
    """A night is one advance; the register holds what the battery took and what the charger lost."""
    station, car = charging(target_soc=80)
    assert station.advance(8 * 3600) == [VehicleSuspends(1, 1)]
    assert car.soc_percent == 80
    assert car.meter.delivered_wh == pytest.approx(0.6 * 58_000 / 0.92, abs=1)


def test_pausing_in_the_vehicle_is_seen_on_the_pilot():
    """No call to the station is needed."""
    station, car = charging()
    car.pause()
    assert station.advance(5) == [VehicleSuspends(1, 1)]
    car.resume()
    assert station.advance(5) == [VehicleRequestsPower(1, 1)]


def test_opening_the_contactor_stops_the_flow():
    """Nothing is counted from then on."""
    station, _ = charging()
    station.set_contactor(1, False)
    register = station.meter(1).energy_import_register
    assert station.advance(3600) == []
    assert (station.meter(1).energy_import_register, station.meter(1).power_w) == (register, 0)


def test_events_of_two_evses_come_in_order_of_time():
    """The vehicle plugged first asks first, whatever its EVSE's number."""
    station = SimulatedStation(layout("ac-22-dual"))
    station.plug(2, 1, vehicle("compact-58"))
    station.advance(1)
    station.plug(1, 1, vehicle("compact-40"))
    assert station.advance(5) == [VehicleRequestsPower(2, 1), VehicleRequestsPower(1, 1)]


# --- cable and lock -----------------------------------------------------------------------------------------------------------


def test_a_locked_cable_is_held():
    """It comes out after unlocking."""
    station, car = charging()
    with pytest.raises(HardwareError, match="locked") as caught:
        station.unplug(1, 1)
    assert caught.value.remedy
    assert station.set_lock(1, 1, False)
    assert station.unplug(1, 1) == [CableUnplugged(1, 1)]
    assert (station.contactor_closed(1), car.plugged_in, station.vehicle_at(1)) == (False, False, None)


def test_at_the_vehicle_a_locked_loose_cable_comes_out_and_stays_in_the_socket():
    """The vehicle is gone, the cable remains until it is unlocked and pulled."""
    station, _ = charging()
    assert station.unplug(1, 1, side="vehicle") == [CableUnplugged(1, 1, cable_remains=True)]
    assert station.survey() == [CableUnplugged(1, 1, cable_remains=True)]
    with pytest.raises(HardwareError, match="nothing to unplug"):
        station.unplug(1, 1, side="vehicle")
    with pytest.raises(HardwareError, match="locked"):
        station.unplug(1, 1)
    station.set_lock(1, 1, False)
    assert station.unplug(1, 1) == [CableUnplugged(1, 1)]
    assert station.survey() == []


def test_another_vehicle_can_use_the_cable_left_in_the_socket():
    """It needs no unlocking for that."""
    station, _ = charging()
    station.unplug(1, 1, side="vehicle")
    assert station.plug(1, 1, vehicle("compact-40")) == [CablePlugged(1, 1)]


def test_an_attached_cable_has_no_lock_of_the_station():
    """The lock command is fulfilled and holds nothing."""
    station, _ = charging(where="wallbox-11")
    assert not station.is_locked(1, 1)
    assert station.unplug(1, 1, side="vehicle") == [CableUnplugged(1, 1)]


def test_a_live_dc_plug_is_held_by_the_vehicle():
    """It comes out when the contactor is open."""
    station, _ = charging("family-77", "dc-150-ccs")
    with pytest.raises(HardwareError, match="live"):
        station.unplug(1, 1)
    station.set_contactor(1, False)
    assert station.unplug(1, 1) == [CableUnplugged(1, 1)]


def test_a_stuck_lock_answers_no_and_is_reported():
    """The answer is immediate, the event follows."""
    station, _ = charging()
    station.raise_fault("CONNECTOR_LOCK_FAILURE", 1, 1)
    assert not station.set_lock(1, 1, False)
    assert station.is_locked(1, 1)
    assert station.advance(0) == [LockFailed(1, 1)]
    station.clear_fault("CONNECTOR_LOCK_FAILURE", 1, 1)
    assert station.set_lock(1, 1, False)
    assert station.advance(0) == []


def test_an_empty_socket_cannot_be_locked():
    """There is nothing to hold, which is no failure."""
    station = SimulatedStation(layout("ac-22-single"))
    assert not station.set_lock(1, 1, True)
    assert station.advance(0) == []


def test_one_evse_serves_one_vehicle_at_a_time():
    """No connector takes two; a vehicle at another connector gets energy when that one is locked, or when the first has left."""
    both = EvseLayout(1, AcSupply(), (ConnectorLayout(1, "cType2"), ConnectorLayout(2, "sType2")))
    station = SimulatedStation(StationLayout((both,)))
    first, second = vehicle("compact-58"), vehicle("compact-40")
    station.plug(1, 2, first)
    with pytest.raises(HardwareError, match="compact-58"):
        station.plug(1, 2, second)
    assert station.plug(1, 1, second) == [CablePlugged(1, 1)]
    with pytest.raises(HardwareError, match="compact-40"):
        station.plug(1, 1, vehicle("compact-58"))
    station.set_lock(1, 2, True)
    station.set_contactor(1, True)
    station.advance(120)
    assert first.meter.delivered_wh > 0 == second.meter.delivered_wh
    station.set_contactor(1, False)
    station.set_lock(1, 2, False)
    station.set_lock(1, 1, True)
    station.set_contactor(1, True)
    station.advance(120)
    taken = first.meter.delivered_wh
    assert second.meter.delivered_wh > 0
    again = SimulatedStation.restore(station.layout, station.save(), vehicle_from=Vehicle.restore)
    plugs = {event for event in again.survey() if isinstance(event, CablePlugged)}
    assert plugs == {CablePlugged(1, 1), CablePlugged(1, 2)}
    station.set_contactor(1, False)
    assert station.unplug(1, 1) == [CableUnplugged(1, 1, False)]
    station.set_lock(1, 2, True)
    station.set_contactor(1, True)
    station.advance(120)
    assert first.meter.delivered_wh > taken


def test_a_cable_left_in_one_socket_does_not_close_the_other():
    """It is found there after a restart, and can be taken away."""
    both = EvseLayout(1, AcSupply(), (ConnectorLayout(1, "cType2"), ConnectorLayout(2, "sType2")))
    station = SimulatedStation(StationLayout((both,)))
    station.plug(1, 2, vehicle("compact-58"))
    station.unplug(1, 2, side="vehicle")
    station.plug(1, 1, vehicle("compact-40"))
    station.set_lock(1, 1, True)
    assert station.survey() == [CablePlugged(1, 1), CableUnplugged(1, 2, True)]
    assert station.unplug(1, 2) == [CableUnplugged(1, 2, False)]


@pytest.mark.parametrize(("name", "where"), [("bus-350", "ac-22-single"), ("phev-10", "dc-150-ccs")])
def test_a_connector_that_does_not_fit_is_refused(name: str, where: str):
    """A vehicle without onboard charger at Type 2, one without DC at CCS."""
    with pytest.raises(HardwareError, match="cannot charge at a"):
        SimulatedStation(layout(where)).plug(1, 1, vehicle(name))


def test_a_vehicle_is_at_one_cable_only():
    """Plugged in at EVSE 1 it does not go into EVSE 2."""
    station, car = SimulatedStation(layout("ac-22-dual")), vehicle("compact-58")
    station.plug(1, 1, car)
    with pytest.raises(HardwareError, match="elsewhere"):
        station.plug(2, 1, car)


@pytest.mark.parametrize(("where", "amps"), [("ac-22-single", 3), ("wallbox-11", 32)])
def test_cables_that_cannot_be_are_refused(where: str, amps: int):
    """Nobody sells a 3 A cable, and a station with its own takes no other."""
    station = SimulatedStation(layout(where))
    with pytest.raises(HardwareError, match="cable"):
        station.plug(1, 1, vehicle("compact-58"), cable_a=Decimal(amps))
    assert station.survey() == []


# --- people -----------------------------------------------------------------------------------------------------------------------


def test_cards_buttons_and_bays_are_reported():
    """Each act gives its event."""
    station = SimulatedStation(layout("ac-22-dual"))
    assert station.tap("04AABB") == [CardPresented(None, "04AABB", "ISO14443")]
    assert station.tap("1234", 2, "KeyCode") == [CardPresented(2, "1234", "KeyCode")]
    assert station.press_stop_button(2) == [StopButtonPressed(2)]
    assert station.park(1) == [VehicleParked(1)]
    assert station.survey() == [VehicleParked(1)]
    assert station.leave(1) == [VehicleLeft(1)]


def test_a_broken_reader_reads_nothing():
    """Only the reader of that EVSE is broken."""
    station = SimulatedStation(layout("ac-22-dual"))
    station.raise_fault("READER_FAILURE", 1)
    with pytest.raises(HardwareError, match="broken"):
        station.tap("04AABB", 1)
    assert station.tap("04AABB", 2)


def test_the_emergency_stop_opens_and_holds_the_contactor():
    """Released, it still needs a new command."""
    station, _ = charging()
    assert station.press_emergency_stop() == [EmergencyStopPressed()]
    assert (station.meter(1).power_w, station.contactor_closed(1)) == (0, False)
    station.set_contactor(1, True)
    assert not station.contactor_closed(1)
    assert station.pilot(1).state is PilotState.F
    assert station.advance(5) == [VehicleSuspends(1, 1)]
    assert station.release_emergency_stop() == [EmergencyStopReleased()]
    assert station.advance(60) == [VehicleRequestsPower(1, 1)]
    assert station.meter(1).power_w == 0
    station.set_contactor(1, True)
    station.advance(5)
    assert station.meter(1).power_w == 11_040


def test_a_power_cut_stops_everything_until_it_is_back_and_commanded():
    """The register stands still and is kept."""
    station, _ = charging()
    register = station.meter(1).energy_import_register
    assert station.lose_power() == [PowerLost()]
    station.advance(3600)
    reading = station.meter(1)
    assert (reading.energy_import_register, reading.voltage_v, reading.frequency_hz) == (register, (0, 0, 0), 0)
    assert station.pilot(1).state is PilotState.E
    assert station.restore_power() == [PowerRestored()]
    station.set_contactor(1, True)
    station.advance(60)
    assert station.meter(1).energy_import_register > register


@pytest.mark.parametrize(
    ("code", "stops"), [("GROUND_FAILURE", True), ("HIGH_TEMPERATURE", True), ("WEAK_SIGNAL", False), ("OTHER", False)]
)
def test_faults_are_reported_and_the_grave_ones_stop_power(code: str, stops: bool):
    """A fault carries its info and vendor code; clearing names the same place."""
    station, _ = charging()
    raised = station.raise_fault(code, 1, 1, info="test", vendor_error_code="E17")
    assert raised == [FaultRaised(1, 1, ErrorCode(code), "test", "E17")]
    assert station.faults == tuple(raised)
    assert station.contactor_closed(1) is not stops
    assert (station.meter(1).power_w == 0) is stops
    assert station.clear_fault(code, 1, 1) == [FaultCleared(1, 1, ErrorCode(code))]


def test_a_fault_of_one_evse_leaves_the_other_alone():
    """EVSE 2 goes on; a fault of the whole station stops it."""
    station = SimulatedStation(layout("ac-22-dual"))
    for evse_id in (1, 2):
        station.plug(evse_id, 1, vehicle("compact-58"))
        station.set_contactor(evse_id, True)
    station.raise_fault("GROUND_FAILURE", 1)
    assert (station.contactor_closed(1), station.contactor_closed(2)) == (False, True)
    station.raise_fault("INTERNAL_ERROR")
    assert not station.contactor_closed(2)


@pytest.mark.parametrize(
    "act",
    [
        lambda station: station.unplug(2, 1),
        lambda station: station.plug(3, 1, vehicle("compact-40")),
        lambda station: station.plug(1, 2, vehicle("compact-40")),
        lambda station: station.tap("  "),
        lambda station: station.tap("04AA", 9),
        lambda station: station.leave(2),
        lambda station: (station.park(1), station.park(1)),
        lambda station: (station.park(1), station.leave(1)),
        lambda station: station.press_stop_button(0),
        lambda station: station.release_emergency_stop(),
        lambda station: (station.press_emergency_stop(), station.press_emergency_stop()),
        lambda station: station.restore_power(),
        lambda station: (station.lose_power(), station.lose_power()),
        lambda station: station.raise_fault("BAD_HAIR"),
        lambda station: station.raise_fault("OTHER", None, 1),
        lambda station: station.raise_fault("OTHER", 7),
        lambda station: (station.raise_fault("OTHER"), station.raise_fault("OTHER")),
        lambda station: station.clear_fault("OTHER", 1, 1),
        lambda station: station.vehicle_at(5),
    ],
)
def test_what_a_person_cannot_do_is_said_with_a_remedy(act):
    """Never a traceback, never silence."""
    station = SimulatedStation(layout("ac-22-dual"))
    station.plug(1, 1, vehicle("compact-58"))
    with pytest.raises(HardwareError) as caught:
        act(station)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "command",
    [
        lambda station: station.set_contactor(2, True),
        lambda station: station.set_lock(1, 2, True),
        lambda station: station.set_current_limit(1, Decimal(-1)),
        lambda station: station.set_current_limit(1, Decimal("NaN")),
        lambda station: station.meter(0),
        lambda station: station.show(4, "hello"),
        lambda station: station.advance(-1),
        lambda station: station.advance(float("inf")),
        lambda station: SimulatedStation(station.layout, registers={1: -1}),
        lambda station: SimulatedStation(station.layout, registers={2: 0}),
    ],
)
def test_a_wrong_command_is_our_own_mistake(command):
    """The station's logic knows its layout."""
    with pytest.raises(MisuseError):
        command(SimulatedStation(layout("wallbox-11")))


def test_displays_hold_their_texts():
    """Each EVSE has its own; an empty text clears it; a restart clears all."""
    station = SimulatedStation(layout("ac-22-dual"))
    station.show(None, "Welcome")
    station.show(1, "Charging")
    station.show(1, "")
    assert station.display == {None: "Welcome"}
    station.restart()
    assert station.display == {}


# --- restart and saving ------------------------------------------------------------------------------------------------------------


def test_registers_can_begin_where_an_older_meter_stood():
    """They go on from there."""
    station = SimulatedStation(layout("wallbox-11"), registers={1: 123_456})
    assert station.meter(1).energy_import_register == 123_456


def test_after_a_restart_the_vehicle_asks_anew_and_nothing_flows_uncommanded():
    """Plug and register stay; contactor and limit are gone."""
    station, _ = charging()
    station.set_current_limit(1, Decimal(8))
    register = station.meter(1).energy_import_register
    station.restart()
    assert station.survey() == [CablePlugged(1, 1)]
    assert station.advance(10) == [VehicleRequestsPower(1, 1)]
    assert station.survey() == [CablePlugged(1, 1), VehicleRequestsPower(1, 1)]
    assert (station.meter(1).energy_import_register, station.meter(1).current_offered_a) == (register, 32)


def test_a_station_comes_back_from_what_it_saved():
    """Register, plug, lock, bay, fault, mains and emergency stop survive JSON and the process."""
    station, car = charging()
    station.park(1)
    station.raise_fault("OTHER", 1, info="scratched")
    station.press_emergency_stop()
    station.lose_power()
    saved = json.loads(json.dumps(station.save()))
    again = SimulatedStation.restore(station.layout, saved, vehicle_from=Vehicle.restore)
    assert again.save() == saved
    assert again.survey() == [
        PowerLost(),
        EmergencyStopPressed(),
        FaultRaised(1, None, ErrorCode.OTHER, "scratched"),
        VehicleParked(1),
        CablePlugged(1, 1),
    ]
    assert again.is_locked(1, 1)
    same = again.vehicle_at(1)
    assert isinstance(same, Vehicle)
    assert same.meter.delivered_wh == car.meter.delivered_wh == again.meter(1).energy_import_register


def test_the_restored_vehicle_charges_on_with_both_meters_equal():
    """As after a kill in the middle of a charge."""
    station, _ = charging()
    again = SimulatedStation.restore(station.layout, station.save(), vehicle_from=Vehicle.restore)
    again.set_contactor(1, True)
    again.advance(3600)
    car = again.vehicle_at(1)
    assert isinstance(car, Vehicle)
    assert car.meter.delivered_wh == again.meter(1).energy_import_register > 11_000


def test_what_cannot_be_restored_is_said_with_a_remedy():
    """Not a saved station, another layout, a vehicle nobody can make, a connector that is not there."""
    station, _ = charging()
    saved = station.save()
    elsewhere = {"evses": [{"evse_id": 1, "connector_id": 5}]}
    for shape, state in [
        (station.layout, {}),
        (station.layout, {"evses": [{"evse_id": 1, "register_wh": -5}]}),
        (layout("ac-22-dual"), saved),
        (station.layout, saved),
        (station.layout, elsewhere),
    ]:
        with pytest.raises(HardwareError) as caught:
            SimulatedStation.restore(shape, state)
        assert caught.value.remedy
