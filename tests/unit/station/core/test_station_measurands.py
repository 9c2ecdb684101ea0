"""Every measurand: told where the hardware has it, refused and not listed where it has not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.dialects.ocpp16 import DIALECT as OCPP16
from pilotwire.dialects.ocpp21 import DIALECT as OCPP21
from pilotwire.domain.device_model import (
    GetBaseReport,
    ReportBase,
    ReportPart,
    SetVariables,
    VariableName,
    VariableSetting,
)
from pilotwire.domain.kinds import Fact
from pilotwire.domain.metering import IN_16, IN_21, IN_201, MEASURANDS, MeterValuesReported, Sample
from pilotwire.domain.transactions import TriggerReason
from pilotwire.ev import vehicle
from pilotwire.station.hardware.simulated import layout
from tests.support.both_ways import both_ways, moded, period, put
from tests.support.station_world import StationWorld

LIST = "SampledDataCtrlr.TxUpdatedMeasurands"
LISTS = (
    "SampledDataCtrlr.TxStartedMeasurands",
    LIST,
    "SampledDataCtrlr.TxEndedMeasurands",
    "AlignedDataCtrlr.Measurands",
    "AlignedDataCtrlr.TxEndedMeasurands",
)


def _listed(world: StationWorld, key: str = LIST) -> tuple[str, ...]:
    return next(
        spec.values
        for spec, _ in world.core.variables()
        if f"{spec.name.component}.{spec.name.variable}" == key and spec.name.evse is None
    )


def _set(world: StationWorld, value: str, key: str = LIST) -> str:
    component, _, variable = key.partition(".")
    name = VariableName(component=component, variable=variable)
    outcome: Any = world.command(SetVariables(settings=(VariableSetting(name=name, value=value),)))
    return str(outcome.results[0].status)


def _sampled(world: StationWorld) -> list[Sample]:
    """The last periodic sample."""
    events = [event for event in world.csms.events if event.trigger is TriggerReason.METER_VALUE_PERIODIC]
    return list(events[-1].readings[-1].samples)


def _charging(station: str, model: str, *, ocpp16: bool = False) -> StationWorld:
    """In mid-charge, with all that is listed wanted every minute."""
    world = StationWorld(station=station, ocpp16=ocpp16, variables={"SampledDataCtrlr.TxUpdatedInterval": "60"})
    assert _set(world, ",".join(_listed(world))) == "Accepted"
    world.plug(car=vehicle(model, soc=30))
    world.tap("ANNA")
    world.pass_time(180)
    return world


# --- told -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("J02.FR.03", "J02.FR.11")
@pytest.mark.parametrize(("station", "model"), [
    ("ac-22-single", "compact-58"),
    ("wallbox-7", "phev-10"),
    ("dc-50-ccs", "family-77"),
])  # fmt: skip
@pytest.mark.parametrize("ocpp16", [False, True], ids=["2.x", "1.6"])
def test_all_that_is_listed_is_told(station: str, model: str, ocpp16: bool) -> None:
    """A list of everything the station says it supports: each of it has a value."""
    world = _charging(station, model, ocpp16=ocpp16)
    listed = _listed(world)
    assert {sample.measurand for sample in _sampled(world)} == set(listed)
    assert set(listed) <= (IN_16 if ocpp16 else IN_21)
    assert len(listed) > 12


def test_all_that_is_listed_where_energy_comes_back_is_told() -> None:
    """With a setpoint, and a vehicle that gives energy back; but for the time to a state of charge it is moving away from."""
    world = both_ways(variables={"SampledDataCtrlr.TxUpdatedInterval": "60"})
    listed = _listed(world)
    assert _set(world, ",".join(listed)) == "Accepted"
    put(world, moded(period("CentralSetpoint", setpoint=-7000)))
    world.pass_time(180)
    towards_full = {"Display.RemainingTimeToTargetSOC", "Display.RemainingTimeToMaximumSOC"}
    assert {sample.measurand for sample in _sampled(world)} == set(listed) - towards_full


@pytest.mark.parametrize("dialect", [OCPP16, OCPP21], ids=["1.6", "2.1"])
def test_all_that_is_listed_can_be_said(dialect: Any) -> None:
    """No value is lost on its way to the wire."""
    world = _charging("dc-50-ccs", "family-77", ocpp16=dialect is OCPP16)
    samples = _sampled(world)
    readings = world.csms.events[-1].readings
    event = [one for one in world.csms.events if one.trigger is TriggerReason.METER_VALUE_PERIODIC][-1]
    assert event.address is not None
    fact: Fact = MeterValuesReported(address=event.address, readings=event.readings)
    message: Any = dialect.write_fact(fact)
    assert len(message.meter_value[0].sampled_value) == len(samples)
    assert readings


# --- values ---------------------------------------------------------------------------------------------------------


def _values(world: StationWorld) -> dict[str, Decimal]:
    return {sample.measurand: sample.value for sample in _sampled(world) if sample.value is not None}


def test_what_an_ac_meter_tells_fits_together() -> None:
    """Nets are differences, apparent energy that of an active load, synonyms the same."""
    said = _values(_charging("ac-22-single", "compact-58"))
    register = said["Energy.Active.Import.Register"]
    assert said["Energy.Active.Net"] == said["Energy.Apparent.Import"] == said["Energy.Apparent.Net"] == register > 0
    assert said["Energy.Reactive.Net"] == said["Energy.Reactive.Import.Interval"] == 0
    assert said["Current.Import.Offered"] == said["Current.Offered"] == 32
    assert said["Power.Import.Offered"] == said["Power.Offered"] == 22080
    assert said["Current.Import.Minimum"] == 6
    assert said["Power.Import.Minimum"] == 4140


def test_what_a_vehicle_says_of_itself() -> None:
    """At a DC outlet, located in the vehicle; the narrower of both where both have a limit."""
    world = _charging("dc-50-ccs", "family-77")
    said = _values(world)
    soc = float(said["Display.PresentSOC"])
    assert 30 < soc < 40
    assert said["Display.BatteryEnergyCapacity"] == 77000
    assert float(said["EnergyRequest.Maximum"]) == pytest.approx(770 * (100 - soc), abs=80)
    assert (said["Display.TargetSOC"], said["Display.ChargingComplete"]) == (100, 0)
    hours = float(said["EnergyRequest.Target"]) / float(said["Power.Active.Import"])
    assert float(said["Display.RemainingTimeToTargetSOC"]) == pytest.approx(hours * 3600, rel=0.01)
    assert (said["Voltage.Minimum"], said["Voltage.Maximum"]) == (320, 400)
    of_ev = {one.measurand for one in _sampled(world) if one.location == "EV"}
    assert of_ev == {one for one in said if one.startswith(("Display.", "EnergyRequest.")) or one == "SoC"}


def test_a_setpoint_and_what_is_beyond_it() -> None:
    """2.1: the setpoint, its difference to the power measured, and the energy it would have come to."""
    wanted = "Power.Active.Setpoint,Power.Active.Residual,Energy.Active.Setpoint.Interval,Power.Active.Export"
    world = both_ways(variables={"SampledDataCtrlr.TxUpdatedInterval": "360", LIST: wanted})
    world.pass_time(360)
    assert set(_values(world)) == {"Power.Active.Export"}
    put(world, moded(period("CentralSetpoint", setpoint=-7000)))
    world.pass_time(1080)
    said = _values(world)
    assert (said["Power.Active.Setpoint"], said["Power.Active.Export"]) == (-7000, 7000)
    assert said["Power.Active.Residual"] == 0
    assert said["Energy.Active.Setpoint.Interval"] == pytest.approx(Decimal(-700), abs=Decimal(1))
    put(world, moded(period("CentralSetpoint", setpoint=3000)))
    world.pass_time(720)
    said = _values(world)
    assert said["Power.Active.Setpoint"] == 3000
    assert said["Energy.Active.Setpoint.Interval"] == pytest.approx(Decimal(300), abs=Decimal(1))
    told = [
        sample.value
        for event in world.csms.events
        if event.trigger is TriggerReason.METER_VALUE_PERIODIC
        for sample in event.readings[0].samples
        if sample.measurand == "Energy.Active.Setpoint.Interval"
    ]
    seconds = 5 * 360 + 360 - (15 + 360 + 1080)  # the last sample comes after six intervals
    assert sum(told) == pytest.approx(Decimal(-7000 * 1080 + 3000 * seconds) / 3600, abs=Decimal(3))


def test_an_interval_begins_with_the_transaction() -> None:
    """Nothing has flowed at its beginning; reactive energy is counted from there too."""
    intervals = "Energy.Active.Import.Interval,Energy.Reactive.Import.Interval"
    world = StationWorld(
        variables={
            "SampledDataCtrlr.TxStartedMeasurands": intervals,
            LIST: intervals,
            "SampledDataCtrlr.TxUpdatedInterval": "60",
        }
    )
    for _ in range(2):
        world.plug()
        world.tap("ANNA")
        world.pass_time(60)
        flowed = world.hardware.meter(1).energy_import_register
        world.tap("ANNA")
        world.unplug()
    begins = [event.readings[0] for event in world.csms.events if event.kind.value == "Started"]
    assert [[one.value for one in reading.samples if "Interval" in one.measurand] for reading in begins] == [[0, 0]] * 2
    samples = [event for event in world.csms.events if event.trigger is TriggerReason.METER_VALUE_PERIODIC]
    first, second = ([one.value for one in event.readings[0].samples] for event in samples)
    assert first[1] == second[1] == 0
    assert first[0] + second[0] <= flowed


# --- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.req("B05.FR.07")
@pytest.mark.parametrize("ocpp16", [False, True], ids=["2.x", "1.6"])
@pytest.mark.parametrize("station", ["ac-22-single", "dc-50-v2x"])
def test_what_the_hardware_does_not_have_is_refused(station: str, ocpp16: bool) -> None:
    """Rejected, whole list, and what was set before stays; every measurand of the standards is tried."""
    world = StationWorld(station=station, ocpp16=ocpp16)
    listed = set(_listed(world))
    before = world.core.variable(LIST)
    for one in MEASURANDS:
        assert _set(world, f"Voltage,{one}" if one != "Voltage" else one) == (
            "Accepted" if one in listed else "Rejected"
        )
        if one not in listed:
            assert one not in world.core.variable(LIST)
    assert before
    assert 12 < len(listed) < len(MEASURANDS)


@pytest.mark.parametrize(("one", "stations"), [
    ("Frequency", {"ac-22-single"}),
    ("SoC", {"dc-50-ccs", "dc-50-v2x"}),
    ("Display.PresentSOC", {"dc-50-ccs", "dc-50-v2x"}),
    ("Power.Active.Setpoint", {"dc-50-v2x"}),
    ("Energy.Apparent.Import", {"ac-22-single"}),
    ("Energy.Active.Import.CableLoss", set()),
    ("Display.InletHot", set()),
    ("Temperature", set()),
    ("Energy.Active.Net", {"ac-22-single", "dc-50-ccs", "dc-50-v2x"}),
])  # fmt: skip
def test_which_hardware_has_what(one: str, stations: set[str]) -> None:
    """By the kind of outlet, 2.x."""
    has = {name for name in ("ac-22-single", "dc-50-ccs", "dc-50-v2x") if one in _listed(StationWorld(station=name))}
    assert has == stations


def test_the_report_lists_what_is_supported() -> None:
    """valuesList of each list (2.x 2.9.3): so a CSMS knows what it can choose."""
    world = StationWorld()
    world.command(GetBaseReport(request_id=1, base=ReportBase.FULL_INVENTORY))
    reported = [one for fact in world.csms.heard if isinstance(fact, ReportPart) for one in fact.variables]
    lists = {f"{one.name.component}.{one.name.variable}": one.characteristics for one in reported}
    for key in LISTS:
        said = lists[key]
        assert said is not None
        assert said.values_list == ",".join(_listed(world))


@pytest.mark.parametrize(("sayable", "status"), [(IN_201, "Rejected"), (IN_21, "Accepted"), (None, "Accepted")])
def test_what_the_version_has_no_words_for_is_neither_listed_nor_taken(
    sayable: frozenset[str] | None, status: str
) -> None:
    """A station of 2.1 that speaks 2.0.1 now."""

    class World(StationWorld):
        pass

    World.sayable = sayable
    world = World()
    assert _set(world, "Current.Import.Offered,Voltage") == status
    assert _set(world, "Energy.Active.Net,Voltage") == "Accepted"
    world.command(GetBaseReport(request_id=1, base=ReportBase.FULL_INVENTORY))
    reported = [one for fact in world.csms.heard if isinstance(fact, ReportPart) for one in fact.variables]
    lists = [one.characteristics for one in reported if one.name.variable == "TxUpdatedMeasurands"]
    assert lists
    for said in lists:
        assert said is not None
        assert said.values_list is not None
        assert ("Current.Import.Offered" in said.values_list.split(",")) == (status == "Accepted")
        assert "Energy.Active.Net" in said.values_list.split(",")


def test_a_layout_names_what_its_meter_tells() -> None:
    """A driver's own: what every reading has, what is named, and what follows."""
    plan = layout("ac-22-single")
    bare = replace(plan.evses[0], measurands=frozenset({"Frequency"}))
    listed = _listed(StationWorld(station=replace(plan, evses=(bare,))))
    assert {"Frequency", "Voltage", "Energy.Active.Net"} <= set(listed)
    assert "Power.Factor" not in listed
    assert "Power.Factor" in _listed(StationWorld(station=plan))


def test_as_delivered_nothing_is_listed_that_there_is_not() -> None:
    """The state of charge goes with the samples on DC only."""
    assert "SoC" not in StationWorld().core.variable(LIST)
    assert "SoC" in StationWorld(station="dc-50-ccs").core.variable(LIST)
