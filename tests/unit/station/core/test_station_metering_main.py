"""The main meter: EVSE 0 of 2.x, connector 0 of 1.6; what it tells, when, and what is refused it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from pilotwire.domain.device_model import GetVariables, GetVariablesOutcome, VariableName, VariableQuery
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.metering import MeterReading
from pilotwire.domain.provisioning import TriggerMessage, TriggerOutcome, TriggerStatus
from pilotwire.station.hardware.ports import MainMeter
from pilotwire.station.hardware.signing import verified
from pilotwire.station.hardware.simulated import layout
from tests.support.station_world import StationWorld

REGISTER = "Energy.Active.Import.Register"
EVERY_MINUTE = {"AlignedDataCtrlr.Interval": "60"}


def _dual(**variables: str) -> StationWorld:
    return StationWorld(station="ac-22-dual-main", variables=EVERY_MINUTE | variables)


def _main(world: StationWorld) -> list[MeterReading]:
    return [reading for fact in world.meter_values() if fact.address.evse == 0 for reading in fact.readings]


def _trigger(world: StationWorld, evse: int | None = None) -> TriggerStatus:
    address = None if evse is None else EvseAddress(evse=evse)
    outcome = world.command(TriggerMessage(message="MeterValues", address=address))
    assert isinstance(outcome, TriggerOutcome)
    return outcome.status


# --- by the clock ---------------------------------------------------------------------------------------------------


@pytest.mark.req("J01.FR.02", "J01.FR.03", "J01.FR.04", "J01.FR.14")
def test_the_energy_of_the_station_is_that_of_the_main_meter() -> None:
    """EVSE 0, at the grid connection: what both vehicles took and what the station uses itself."""
    world = _dual(**{"AlignedDataCtrlr.Measurands": f"{REGISTER},Voltage"})
    world.plug(1)
    world.tap("ANNA", 1)
    world.plug(2)
    world.tap("BERT", 2)
    world.pass_time(3600)
    last = _main(world)[-1]
    assert {sample.location for sample in last.samples} == {"Inlet"}
    assert [sample.phase for sample in last.samples] == [None, "L1-N", "L2-N", "L3-N"]
    evses = sum(world.hardware.meter(evse).energy_import_register for evse in (1, 2))
    assert evses > 10_000
    total = last.samples[0].value
    assert total is not None
    assert 14 <= total - evses <= 16


@pytest.mark.req("J01.FR.14", "J01.FR.22")
def test_it_goes_on_in_a_transaction() -> None:
    """The values of the EVSE are in its events then, those of the station are not."""
    world = _dual()
    world.plug()
    world.tap("ANNA")
    world.pass_time(120)
    assert [fact.address.evse for fact in world.meter_values()] == [0, 2, 0, 2]
    assert {sample.context for reading in _main(world) for sample in reading.samples} == {"Sample.Clock"}


@pytest.mark.req("J01.FR.20")
def test_it_is_quiet_with_the_station() -> None:
    """SendDuringIdle of the station keeps its values back while there is a transaction."""
    world = _dual(**{"AlignedDataCtrlr.SendDuringIdle": "true"})
    world.pass_time(60)
    assert len(_main(world)) == 1
    world.plug()
    world.tap("ANNA")
    world.pass_time(120)
    assert len(_main(world)) == 1


@pytest.mark.req("J01.FR.19")
def test_it_is_not_quiet_with_an_evse() -> None:
    """SendDuringIdle of an EVSE is about that EVSE."""
    world = _dual(**{"AlignedDataCtrlr@1.SendDuringIdle": "true"})
    world.plug()
    world.tap("ANNA")
    world.pass_time(120)
    assert [fact.address.evse for fact in world.meter_values()] == [0, 2, 0, 2]


def test_it_tells_only_what_it_measures() -> None:
    """No offer and no state of charge (J01.FR.14, note): of a list of those there is no message."""
    world = StationWorld(
        station="dc-150-ac-22-main", variables=EVERY_MINUTE | {"AlignedDataCtrlr.Measurands": "Current.Offered,SoC"}
    )
    world.pass_time(120)
    assert _main(world) == []
    assert world.meter_values()


def test_currents_and_power_by_phase() -> None:
    """A vehicle that charges on one phase of the station, told so at the grid connection."""
    world = _dual(**{"AlignedDataCtrlr.Measurands": "Current.Import,Power.Active.Import,Current.Export"})
    world.plug()
    world.hardware.set_phases(1, 1)
    world.tap("ANNA")
    world.pass_time(60)
    said = {(one.measurand, one.phase): one.value for one in _main(world)[-1].samples}
    assert said["Current.Import", "L1"] > 5
    assert said["Current.Import", "L2"] < 1
    assert said["Current.Export", "L3"] == 0
    phases = sum(said["Power.Active.Import", line] for line in ("L1", "L2", "L3"))
    assert abs(phases - said["Power.Active.Import", None]) < 1


def test_a_main_meter_that_was_never_read_is_not_told() -> None:
    """Its registers are not known, so nothing is said of them."""
    world = _dual()
    station = world.core._station
    read = station.meter
    station.meter = lambda evse: replace(read(evse), known=evse != 0)
    world.pass_time(60)
    assert [fact.address.evse for fact in world.meter_values()] == [1, 2]


def test_without_a_main_meter_there_is_nothing_at_evse_0() -> None:
    """As before."""
    world = StationWorld(station="ac-22-dual", variables=EVERY_MINUTE)
    world.pass_time(60)
    assert {fact.address.evse for fact in world.meter_values()} == {1, 2}


def test_the_register_outlives_a_restart() -> None:
    """J02.FR.16 of the overall supply: it is the meter's own and only rises."""
    world = _dual()
    world.pass_time(3600)
    before = world.hardware.meter(0).energy_import_register
    world.kill()
    world.pass_time(3600)
    assert world.hardware.meter(0).energy_import_register >= 2 * before > 0


def test_offline_1_6_keeps_its_values() -> None:
    """Values of connector 0 wait like the others (1.6:3.7)."""
    world = StationWorld(ocpp16=True, station="ac-22-dual-main", variables=EVERY_MINUTE)
    world.cut()
    world.pass_time(60)
    assert world.meter_values() == []
    world.connect()
    assert [fact.address.evse for fact in world.meter_values()] == [0, 1, 2]


# --- intervals ------------------------------------------------------------------------------------------------------


def test_what_flowed_in_each_interval() -> None:
    """From the start of the station on: intervals add up to the register."""
    world = _dual(**{"AlignedDataCtrlr.Measurands": f"{REGISTER},Energy.Active.Import.Interval"})
    world.plug()
    world.tap("ANNA")
    world.pass_time(600)
    registers, intervals = zip(*([one.value for one in reading.samples] for reading in _main(world)), strict=True)
    assert len(intervals) == 10
    assert all(one > 100 for one in intervals)
    assert sum(intervals) == registers[-1]


# --- on demand ------------------------------------------------------------------------------------------------------


@pytest.mark.req("F06.FR.06", "F06.FR.11")
def test_on_demand_with_the_others_or_alone() -> None:
    """Nothing named: all meters; EVSE 0: the main one; another: that one."""
    world = _dual()
    assert _trigger(world) is TriggerStatus.ACCEPTED
    assert [fact.address.evse for fact in world.meter_values()] == [0, 1, 2]
    assert _trigger(world, 0) is TriggerStatus.ACCEPTED
    assert _trigger(world, 2) is TriggerStatus.ACCEPTED
    assert [fact.address.evse for fact in world.meter_values()][3:] == [0, 2]
    assert {one.context for reading in _main(world) for one in reading.samples} == {"Trigger"}


def test_on_demand_nothing_that_it_does_not_measure() -> None:
    """EVSE 0 with a list of what only outlets have: there is nothing to promise."""
    world = _dual(**{"AlignedDataCtrlr.Measurands": "Current.Offered"})
    assert _trigger(world, 0) is TriggerStatus.REJECTED
    assert _trigger(world) is TriggerStatus.ACCEPTED
    assert [fact.address.evse for fact in world.meter_values()] == [1, 2]


# --- signatures and the device model --------------------------------------------------------------------------------


@pytest.mark.req("J01.FR.21")
@pytest.mark.parametrize("signs", ["true", "false"])
def test_a_main_meter_that_signs(signs: str) -> None:
    """With AlignedDataCtrlr.SignReadings its register is signed by its own key, about the number beside it."""
    world = StationWorld(
        station="ac-22-fiscal-main",
        variables=EVERY_MINUTE
        | {
            "AlignedDataCtrlr.SignReadings": signs,
            "OCPPCommCtrlr.PublicKeyWithSignedMeterValue": "EveryMeterValue",
        },
    )
    world.pass_time(3600)
    (sample,) = _main(world)[-1].samples
    assert (sample.signed is not None) == (signs == "true")
    if sample.signed is not None:
        main = world.hardware.layout.main_meter
        assert main is not None
        assert sample.signed.public_key == main.meter_public_key
        (read,) = verified(sample.signed.data, main.meter_public_key)["RD"]
        assert round(read["RV"] * 1000) == sample.value == 15


def _value(world: StationWorld, variable: str) -> str | None:
    name = VariableName(component="FiscalMetering", variable=variable)
    outcome = world.command(GetVariables(asked=(VariableQuery(name=name),)))
    assert isinstance(outcome, GetVariablesOutcome)
    return outcome.results[0].value


def test_its_registers_and_key_are_in_the_device_model() -> None:
    """FiscalMetering of the station (2.x 2.7.3: the overall input)."""
    world = StationWorld(station="ac-22-fiscal-main")
    world.pass_time(3600)
    assert _value(world, "EnergyImportRegister") == "15"
    assert _value(world, "EnergyExportRegister") == "0"
    main = layout("ac-22-fiscal-main").main_meter
    assert isinstance(main, MainMeter)
    assert _value(world, "PublicKey") == main.meter_public_key
    assert _value(StationWorld(), "EnergyImportRegister") is None


def test_the_station_itself_can_be_left_out_of_it() -> None:
    """A main meter behind which only the EVSEs are."""
    plan = layout("ac-22-dual-main")
    main = MainMeter(own_consumption_w=Decimal(0))
    world = StationWorld(station=replace(plan, main_meter=main, model="ac-22-dual-bare"))
    world.plug()
    world.tap("ANNA")
    world.pass_time(600)
    assert world.hardware.meter(0).energy_import_register == world.hardware.meter(1).energy_import_register > 0
