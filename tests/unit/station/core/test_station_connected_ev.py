"""ConnectedEV: what a vehicle said by ISO 15118, told as variables with their targets and bounds, while it is there (2.1 2.17.1)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from pilotwire.domain import device_model as dm
from pilotwire.domain import monitoring as mon
from pilotwire.domain.device_model import AttributeType
from pilotwire.domain.smart_charging import ChargingNeeds
from pilotwire.domain.smart_charging.needs import ACChargingParameters, DCChargingParameters, V2XChargingParameters
from pilotwire.station.core.connected_ev import VehicleAsks, VehicleIdentified
from pilotwire.station.core.vehicle_needs import NeedsTold
from tests.support.station_world import START, StationWorld

ACTUAL, TARGET = AttributeType.ACTUAL, AttributeType.TARGET
MIN_SET, MAX_SET = AttributeType.MIN_SET, AttributeType.MAX_SET
DC = DCChargingParameters(
    ev_max_current=Decimal(300),
    ev_max_voltage=Decimal(450),
    ev_max_power=Decimal(120_000),
    ev_energy_capacity=Decimal(77_000),
    energy_amount=Decimal(30_000),
    state_of_charge=20,
    full_soc=95,
    bulk_soc=80,
)
V2X = V2XChargingParameters(
    min_charge_current=Decimal(5),
    max_discharge_power=Decimal(3000),
    max_discharge_power_l2=Decimal(2000),
    ev_target_energy_request=Decimal(25_000),
    ev_min_energy_request=Decimal(-1000),
)


def _value(
    world: StationWorld, variable: str, attribute: AttributeType = ACTUAL, *, instance: str | None = None
) -> str | None:
    name = dm.VariableName(component="ConnectedEV", variable=variable, variable_instance=instance, evse=1)
    outcome = world.command(dm.GetVariables(asked=(dm.VariableQuery(name=name, attribute=attribute),)))
    assert isinstance(outcome, dm.GetVariablesOutcome)
    assert outcome.results[0].status is dm.VariableStatus.ACCEPTED, variable
    return outcome.results[0].value


def _dc() -> StationWorld:
    world = StationWorld(station="dc-150-ccs")
    world.plug()
    return world


def _needs(world: StationWorld, **more: object) -> None:
    needs = ChargingNeeds(requested_energy_transfer="DC", departure_time=START + timedelta(hours=2), **more)
    world.feed(NeedsTold("car", 1, needs))


def test_what_a_dc_vehicle_needs() -> None:
    world = _dc()
    _needs(world, dc_charging_parameters=DC)
    told = {
        ("DCCurrent", MAX_SET): "300",
        ("DCVoltage", MAX_SET): "450",
        ("Power", MAX_SET): "120000",
        ("EnergyImport", MAX_SET): "77000",
        ("EnergyImport", TARGET): "30000",
        ("EnergyImport", MIN_SET): "",
        ("BatteryCapacity", ACTUAL): "77000",
        ("StateOfCharge", MAX_SET): "95",
        ("StateOfChargeBulk", ACTUAL): "80",
        ("DepartureTime", ACTUAL): "2026-03-01T10:00:00.000Z",
        ("Available", ACTUAL): "true",
        ("VehicleId", ACTUAL): "",
    }
    assert {place: _value(world, *place) for place in told} == told


def test_what_it_needs_both_ways_goes_before() -> None:
    """Powers of the phases are put together."""
    world = _dc()
    _needs(world, dc_charging_parameters=DC, v2x_charging_parameters=V2X)
    assert _value(world, "DischargePower", MAX_SET) == "5000"
    assert _value(world, "EnergyImport", TARGET) == "25000"
    assert _value(world, "EnergyImport", MIN_SET) == "-1000"
    assert (_value(world, "DCCurrent", MIN_SET), _value(world, "DCCurrent", MAX_SET)) == ("5", "300")


def test_what_an_ac_vehicle_needs() -> None:
    world = StationWorld()
    world.plug()
    ac = ACChargingParameters(
        energy_amount=Decimal(9000), ev_min_current=Decimal(6), ev_max_current=Decimal(16), ev_max_voltage=Decimal(400)
    )
    _needs(world, ac_charging_parameters=ac)
    assert (_value(world, "ACCurrent", MIN_SET), _value(world, "ACCurrent", MAX_SET)) == ("6", "16")
    assert (_value(world, "ACVoltage", MAX_SET), _value(world, "EnergyImport", TARGET)) == ("400", "9000")


def test_who_it_is_and_all_of_it_until_it_leaves() -> None:
    world = _dc()
    world.feed(VehicleIdentified(1, "010203040A0B", "urn:iso:15118:2:2013:MsgDef,2,0"))
    world.feed(VehicleAsks(1, seconds_to_full=1800, complete=False))
    assert _value(world, "vehicleid") == "010203040A0B"
    assert _value(world, "ProtocolAgreed") == "urn:iso:15118:2:2013:MsgDef,2,0"
    assert (_value(world, "RemainingTimeFull"), _value(world, "ChargingCompleteFull")) == ("1800", "false")
    world.unplug(at_vehicle=True)
    assert _value(world, "Available") == "false"
    assert {_value(world, one) for one in ("VehicleId", "ProtocolAgreed", "RemainingTimeFull", "DCVoltage")} == {""}
    world.plug()
    assert _value(world, "VehicleId") == "", "another vehicle"


@pytest.mark.req("Q01.FR.36")
def test_where_energy_can_come_back_its_certificates_and_protocols_are_told_too() -> None:
    """By the place in the chain, and by how much it wants a protocol."""
    world = StationWorld(station="dc-50-v2x")
    world.plug()
    offered = ("urn:iso:std:iso:15118:-20:DC,1,0", "urn:iso:15118:2:2013:MsgDef,2,0")
    world.feed(VehicleIdentified(1, "WMI0A", offered[0], offered=offered, chain=("leaf", "sub"), root="root"))
    asked = {"leaf": "leaf", "SubCA1": "sub", "SubCA2": "", "Root": "root"}
    assert {one: _value(world, "VehicleCertificate", instance=one) for one in asked} == asked
    told = [_value(world, "ProtocolSupportedByEV", instance=str(number)) for number in (1, 2, 3, 20)]
    assert told == [*offered, "", ""]
    assert _value(world, "ProtocolAgreed") == offered[0]
    world.unplug(at_vehicle=True)
    assert _value(world, "VehicleCertificate", instance="Leaf") == ""
    others = StationWorld(station="dc-150-ccs").core.variables()
    assert not [spec for spec, _ in others if spec.name.variable in ("VehicleCertificate", "ProtocolSupportedByEV")]


@pytest.mark.parametrize("evse", [1, 9])
def test_what_is_told_of_nobody_is_noted(evse: int) -> None:
    world = StationWorld()
    world.feed(VehicleIdentified(evse, "01", "x,1,0"))
    assert len([note for note in world.notes if "where none is" in note]) == 1
    assert _value(world, "VehicleId") == ""


@pytest.mark.req("N07.FR.22")
def test_a_monitor_around_the_target_of_the_vehicle() -> None:
    """It wants 100 A and is given what the station can: told; it wants what it gets: cleared. Nobody may set what it wants."""
    world = _dc()
    world.tap("ANNA")
    world.pass_time(120)
    got = Decimal(_value(world, "DCCurrent") or "0")
    assert got > 10
    name = dm.VariableName(component="ConnectedEV", variable="DCCurrent", evse=1)
    setting = mon.MonitorSetting(name=name, type=mon.MonitorType.TARGET_DELTA, value=Decimal(5))
    outcome = world.command(mon.SetMonitors(settings=(setting,)))
    assert isinstance(outcome, mon.SetMonitorsOutcome)
    assert outcome.results[0].status is mon.SetMonitorStatus.ACCEPTED
    world.feed(VehicleAsks(1, current=got + 50))
    world.feed(VehicleAsks(1, current=got + 1))
    told = [one.cleared for fact in world.csms.of(mon.EventsTold) for one in fact.events]  # type: ignore[attr-defined]
    assert told == [False, True]
    tried = dm.VariableSetting(name=name, value="1", attribute=TARGET)
    refused = world.command(dm.SetVariables(settings=(tried,)))
    assert isinstance(refused, dm.SetVariablesOutcome)
    assert refused.results[0].reason is not None
    assert refused.results[0].reason.code == "ReadOnly"


def test_it_is_in_the_report_with_all_attributes() -> None:
    world = _dc()
    world.feed(VehicleAsks(1, voltage=Decimal(400)))
    wanted = dm.ComponentVariable(component="ConnectedEV", evse=1, variable="DCVoltage")
    world.command(dm.GetReport(request_id=1, variables=(wanted,)))
    (part,) = world.csms.of(dm.ReportPart)
    (reported,) = part.variables  # type: ignore[attr-defined]
    told = {one.type: (one.value, one.mutability) for one in reported.attributes}
    assert told[TARGET] == ("400", dm.Mutability.READ_ONLY)
    assert set(told) == {ACTUAL, TARGET, MIN_SET, MAX_SET}


def test_a_station_of_ocpp16_has_none() -> None:
    world = StationWorld(ocpp16=True)
    assert not world.core._station.variables.has("ConnectedEV@1.Available")
