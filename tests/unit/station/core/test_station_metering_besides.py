"""Samples at intervals of their own: measurands of an operation mode, the meter upstream (2.1 2.9.12, 2.9.23, 2.18.5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pilotwire.domain.device_model import SetVariables, VariableName, VariableSetting
from pilotwire.domain.metering import Sample
from pilotwire.domain.transactions import EventKind, TriggerReason
from pilotwire.station.core.grid import GridMeasured, UpstreamLoad
from tests.support.both_ways import begin, both_ways, moded, period, put
from tests.support.station_world import START, StationWorld

REGISTER = "Energy.Active.Import.Register"
QUIET = {"SampledDataCtrlr.TxUpdatedInterval": "0"}


def write(world: StationWorld, component: str, variable: str, value: str, mode: str | None = None) -> str:
    """Set a variable of 2.1."""
    name = VariableName(component=component, variable=variable, variable_instance=mode)
    outcome: Any = world.command(SetVariables(settings=(VariableSetting(name=name, value=value),)))
    return str(outcome.results[0].status)


def periodic(world: StationWorld) -> list[tuple[int, list[Sample]]]:
    """Seconds since the transaction began, and what was told then."""
    told = [event for event in world.csms.events if event.trigger is TriggerReason.METER_VALUE_PERIODIC]
    return [(int((event.readings[-1].at - START).total_seconds()), list(event.readings[-1].samples)) for event in told]


def names(told: list[tuple[int, list[Sample]]]) -> list[tuple[int, list[str]]]:
    """The measurands of each."""
    return [(at, [sample.measurand for sample in samples]) for at, samples in told]


def upstream(world: StationWorld) -> list[Any]:
    """What was told of the meter upstream outside of transactions."""
    return [one for one in world.meter_values() if one.readings[0].samples[0].location == "Upstream"]


# --- a mode's own intervals -------------------------------------------------------------------------------------------


def test_measurands_of_a_mode_with_an_interval_of_its_own_are_told_at_that_one_only():
    """Those that SampledDataCtrlr lists as well, too; in another mode they are told with the others again."""
    world = both_ways(
        variables={
            "SampledDataCtrlr.TxUpdatedMeasurands": f"{REGISTER},Voltage",
            "SampledDataCtrlr.TxUpdatedInterval": "60",
        }
    )
    assert write(world, "V2XChargingCtrlr", "TxUpdatedMeasurands", "Power.Active.Export,Voltage", "CentralSetpoint")
    assert write(world, "V2XChargingCtrlr", "TxUpdatedInterval", "40", "CentralSetpoint") == "Accepted"
    put(world, moded(period("CentralSetpoint", setpoint=-7000), period("ChargingOnly", start=130, limit=9000)))
    world.pass_time(240)
    usual, own = [REGISTER], ["Power.Active.Export", "Voltage"]
    assert names(periodic(world)) == [
        (40, own),
        (60, usual),
        (80, own),
        (120, usual),
        (120, own),
        (180, [REGISTER, "Voltage"]),
        (240, [REGISTER, "Voltage"]),
    ]


def test_an_interval_can_be_changed_and_taken_away_while_it_runs():
    """From 25 to 50 seconds since the beginning; 0 is none of its own."""
    world = both_ways(variables={"SampledDataCtrlr.TxUpdatedMeasurands": REGISTER})
    write(world, "V2XChargingCtrlr", "TxUpdatedMeasurands", "SoC", "CentralSetpoint")
    write(world, "V2XChargingCtrlr", "TxUpdatedInterval", "25", "CentralSetpoint")
    put(world, moded(period("CentralSetpoint", setpoint=-7000)))
    world.pass_time(15)
    write(world, "V2XChargingCtrlr", "TxUpdatedInterval", "50", "CentralSetpoint")
    world.pass_time(30)
    write(world, "V2XChargingCtrlr", "TxUpdatedInterval", "0", "CentralSetpoint")
    world.pass_time(60)
    assert names(periodic(world)) == [(25, ["SoC"]), (50, ["SoC"]), (60, [REGISTER]), (120, [REGISTER, "SoC"])]


def test_readings_for_the_end_have_an_interval_of_the_mode_too():
    """The last event has them all, and at its own moment what is listed for the mode."""
    world = StationWorld(station="dc-50-v2x", variables=QUIET)
    put(world, moded(period("CentralSetpoint", setpoint=-3000)))
    write(world, "V2XChargingCtrlr", "TxEndedMeasurands", "SoC", "CentralSetpoint")
    write(world, "V2XChargingCtrlr", "TxEndedInterval", "20", "CentralSetpoint")
    begin(world)
    world.pass_time(40)
    world.tap("ANNA")
    last = next(event for event in world.csms.events if event.kind is EventKind.ENDED)
    told = [(sample.context, sample.measurand) for each in last.readings for sample in each.samples]
    assert told == [
        ("Sample.Periodic", "SoC"),
        ("Sample.Periodic", "SoC"),
        ("Transaction.End", REGISTER),
        ("Transaction.End", "SoC"),
    ]


# --- the meter upstream -----------------------------------------------------------------------------------------------


def test_the_meter_upstream_is_told_within_a_transaction_at_its_interval():
    """With its place; a building that feeds in has power to export. What it never told is left out."""
    world = both_ways(variables=QUIET)
    listed = "Power.Active.Import,Power.Active.Export,Frequency"
    assert write(world, "SampledDataCtrlr", "UpstreamMeasurands", listed) == "Accepted"
    assert write(world, "SampledDataCtrlr", "UpstreamInterval", "30") == "Accepted"
    world.pass_time(20)
    assert periodic(world) == []  # nothing was read so far
    world.feed(UpstreamLoad(Decimal(-2500)))
    world.pass_time(30)
    world.feed(GridMeasured(frequency_hz=Decimal("49.98")))
    world.pass_time(30)
    (first, one), (second, two) = periodic(world)
    assert (first, second) == (60, 90)
    assert [(each.measurand, each.value, each.unit, each.location) for each in one] == [
        ("Power.Active.Import", 0, "W", "Upstream"),
        ("Power.Active.Export", 2500, "W", "Upstream"),
    ]
    assert [each.measurand for each in two] == listed.split(",")
    assert write(world, "SampledDataCtrlr", "UpstreamMeasurands", "Voltage") == "Rejected"


def test_clock_aligned_it_is_told_for_the_whole_station():
    """Whether there is a transaction or not, but for SendDuringIdle."""
    world = StationWorld(station="dc-50-v2x")
    world.feed(UpstreamLoad(Decimal(4000)))
    write(world, "AlignedDataCtrlr", "UpstreamMeasurands", "Power.Active.Import")
    write(world, "AlignedDataCtrlr", "UpstreamInterval", "900")
    world.pass_time(900)
    (told,) = upstream(world)
    assert (told.address.evse, [sample.context for sample in told.readings[0].samples]) == (0, ["Sample.Clock"])
    assert [(each.value, each.location) for each in told.readings[0].samples] == [(4000, "Upstream")]
    assert write(world, "AlignedDataCtrlr", "SendDuringIdle", "true") == "Accepted"
    begin(world)
    world.pass_time(900)
    assert len(upstream(world)) == 1


def test_a_version_without_such_a_place_is_not_told_of_it():
    """2.0.1; the other readings go on."""

    class Older(StationWorld):
        sayable = frozenset({REGISTER, "Power.Active.Import"})

    world = Older(station="dc-50-v2x", variables={"SampledDataCtrlr.TxUpdatedMeasurands": REGISTER})
    begin(world)
    world.feed(UpstreamLoad(Decimal(4000)))
    write(world, "SampledDataCtrlr", "UpstreamMeasurands", "Power.Active.Import")
    write(world, "SampledDataCtrlr", "UpstreamInterval", "30")
    world.pass_time(60)
    assert names(periodic(world)) == [(60, [REGISTER])]


def test_stations_that_only_give_read_no_meter_upstream():
    declared = {spec.name.variable for spec, _ in StationWorld().core.variables()}
    assert not declared & {"UpstreamMeasurands", "UpstreamInterval"}
