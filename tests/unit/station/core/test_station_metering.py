"""Meter values: what is measured, when, and how it is written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pilotwire.domain.device_model import SetVariables, VariableName, VariableSetting
from pilotwire.domain.transactions import TransactionEvent, TriggerReason
from pilotwire.station.core import metering
from pilotwire.station.core.variable_table import MEASURANDS
from pilotwire.station.hardware.ports import MeterReading
from tests.support.station_world import START, StationWorld

READING = MeterReading(
    energy_import_register=1234,
    energy_export_register=5,
    power_w=Decimal(11040),
    current_a=(Decimal(16), Decimal(15), Decimal(14)),
    voltage_v=(Decimal(230), Decimal(231), Decimal(229)),
    current_offered_a=Decimal(32),
    power_offered_w=Decimal(22080),
    temperature_c=Decimal(31),
    frequency_hz=Decimal(50),
)


def _charging(**variables: str) -> StationWorld:
    world = StationWorld(variables=variables)
    world.plug()
    world.tap("ANNA")
    return world


def _samples(world: StationWorld, trigger: TriggerReason) -> list[TransactionEvent]:
    return [event for event in world.csms.events if event.trigger is trigger]


def _set(world: StationWorld, component: str, variable: str, value: str) -> None:
    name = VariableName(component=component, variable=variable)
    world.command(SetVariables(settings=(VariableSetting(name=name, value=value),)))


@pytest.mark.req("J02.FR.11", "J02.FR.02", "J02.FR.03", "J02.FR.04", "J02.FR.18", "E02.FR.10")
def test_samples_come_at_their_interval() -> None:
    """Every TxUpdatedInterval, all measurands configured in one reading."""
    variables = {
        "SampledDataCtrlr.TxUpdatedInterval": "20",
        "SampledDataCtrlr.TxUpdatedMeasurands": "Power.Active.Import,Energy.Active.Import.Register",
    }
    world = _charging(**variables)
    world.pass_time(100)
    periodic = _samples(world, TriggerReason.METER_VALUE_PERIODIC)
    assert [(event.at - START).total_seconds() for event in periodic] == [20, 40, 60, 80, 100]
    (reading,) = periodic[-1].readings
    assert [sample.measurand for sample in reading.samples] == ["Power.Active.Import", "Energy.Active.Import.Register"]
    assert {sample.context for sample in reading.samples} == {"Sample.Periodic"}
    assert reading.at == periodic[-1].at


@pytest.mark.parametrize("variables", [
    {"SampledDataCtrlr.TxUpdatedInterval": "0"},
    {"SampledDataCtrlr.TxUpdatedMeasurands": "", "SampledDataCtrlr.TxUpdatedInterval": "20"},
])  # fmt: skip
def test_samples_can_be_switched_off(variables: dict[str, str]) -> None:
    """No interval, or nothing to measure."""
    world = _charging(**variables)
    world.pass_time(300)
    assert _samples(world, TriggerReason.METER_VALUE_PERIODIC) == []


def test_an_interval_changed_in_mid_transaction_counts_from_the_next_sample() -> None:
    """And 0 ends the samples."""
    world = _charging(**{"SampledDataCtrlr.TxUpdatedInterval": "20"})
    world.pass_time(20)
    _set(world, "SampledDataCtrlr", "TxUpdatedInterval", "50")
    world.pass_time(110)
    assert [(event.at - START).total_seconds() for event in _samples(world, TriggerReason.METER_VALUE_PERIODIC)] == [
        20, 40, 90,
    ]  # fmt: skip
    _set(world, "SampledDataCtrlr", "TxUpdatedInterval", "0")
    world.pass_time(500)
    assert len(_samples(world, TriggerReason.METER_VALUE_PERIODIC)) == 3


@pytest.mark.req("J01.FR.14", "J01.FR.22")
def test_aligned_values_come_at_round_times() -> None:
    """Every quarter of an hour by the clock: on their own when idle, within the transaction else."""
    world = StationWorld(variables={"AlignedDataCtrlr.Interval": "900", "SampledDataCtrlr.TxUpdatedInterval": "0"})
    world.pass_time(100)
    world.pass_time(900)
    assert [(fact.readings[0].at - START).total_seconds() for fact in world.meter_values()] == [900]
    assert {sample.context for sample in world.meter_values()[0].readings[0].samples} == {"Sample.Clock"}
    world.plug()
    world.tap("ANNA")
    world.pass_time(900)
    (aligned,) = _samples(world, TriggerReason.METER_VALUE_CLOCK)
    assert (aligned.at - START).total_seconds() == 1800
    assert len(world.meter_values()) == 1


def test_aligned_values_can_be_switched_on_later() -> None:
    """By setting the interval."""
    world = StationWorld()
    _set(world, "AlignedDataCtrlr", "Interval", "60")
    world.pass_time(125)
    assert len(world.meter_values()) == 2


@pytest.mark.req("J01.FR.20")
def test_aligned_values_only_when_idle() -> None:
    """SendDuringIdle."""
    variables = {"AlignedDataCtrlr.Interval": "60", "AlignedDataCtrlr.SendDuringIdle": "true"}
    world = _charging(**variables)
    world.pass_time(300)
    assert _samples(world, TriggerReason.METER_VALUE_CLOCK) == []
    assert world.meter_values() == []
    world.tap("ANNA")
    world.pass_time(60)
    assert len(world.meter_values()) == 1


@pytest.mark.req("J01.FR.09", "J02.FR.05", "J02.FR.06")
def test_every_measurand_in_its_unit_and_phase() -> None:
    """Base units, one value a phase where there are phases; what the meter cannot tell is left out."""
    reading = metering.reading(START, READING, list(MEASURANDS), "Sample.Periodic")
    said = [(one.measurand, one.phase, str(one.value), one.unit) for one in reading.samples]
    assert ("Energy.Active.Import.Register", None, "1234", "Wh") in said
    assert ("Current.Import", "L2", "15", "A") in said
    assert ("Voltage", "L3-N", "229", "V") in said
    assert ("Power.Active.Export", None, "0", "W") in said
    assert not [one for one in said if one[0] == "SoC"]
    assert all(one.location == "Outlet" for one in reading.samples)


def test_the_state_of_charge_is_the_vehicles() -> None:
    """On DC the vehicle tells it: location EV, in percent."""
    world = StationWorld(station="dc-50-ccs", variables={"SampledDataCtrlr.TxUpdatedMeasurands": "SoC,Voltage"})
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    samples = _samples(world, TriggerReason.METER_VALUE_PERIODIC)[-1].readings[0].samples
    assert (samples[0].measurand, samples[0].location, samples[0].unit) == ("SoC", "EV", "Percent")
    assert samples[1].phase is None


@pytest.mark.req("J02.FR.16", "J02.FR.17")
def test_the_register_goes_on_from_transaction_to_transaction() -> None:
    """It is the meter's own, never begun anew."""
    world = StationWorld()
    for _ in range(2):
        world.plug()
        world.tap("ANNA")
        world.pass_time(100)
        world.tap("ANNA")
        world.unplug()
    registers = [
        sample.value
        for event in world.csms.events
        for reading in event.readings
        for sample in reading.samples
        if sample.measurand == "Energy.Active.Import.Register"
    ]
    assert registers == sorted(registers, key=lambda value: value or 0)
    assert registers[-1] == world.hardware.meter(1).energy_import_register
