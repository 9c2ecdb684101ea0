"""Energy in both directions: operation modes, setpoints and limits of CSMS and external systems, and what the CSMS hears."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.device_model import GetVariables, SetVariables, VariableName, VariableQuery, VariableSetting
from pilotwire.domain.smart_charging import (
    ChargingLimitCleared,
    ChargingLimitNotified,
    ChargingProfileStatus,
    ChargingRateUnit,
    OperationMode,
    ScheduleValues,
    SetChargingProfile,
    UpdateDynamicSchedule,
)
from pilotwire.domain.transactions import ChargingState, TriggerReason
from pilotwire.domain.v2x import AFRRSignal, NotifyAllowedEnergyTransfer
from pilotwire.station.core import SetPowerSetpoint
from pilotwire.station.core.external_power import ExternalPower
from pilotwire.station.core.grid import GridMeasured, UpstreamLoad
from pilotwire.station.core.v2x_memory import V2XMemory
from tests.support.both_ways import begin, both_ways, curve, moded, modes, period, power, put, signals
from tests.support.charging import MAX, TX, profile
from tests.support.station_world import START, StationWorld


def write(world: StationWorld, component: str, variable: str, value: str, instance: str | None = None) -> str:
    """Set a variable as the CSMS does; its status."""
    name = VariableName(component=component, variable=variable, variable_instance=instance)
    outcome: Any = world.command(SetVariables(settings=(VariableSetting(name=name, value=value),)))
    return str(outcome.results[0].status)


def read(world: StationWorld, component: str, variable: str, evse: int | None = None) -> str | None:
    """Get a variable as the CSMS does."""
    name = VariableName(component=component, variable=variable, evse=evse)
    outcome: Any = world.command(GetVariables(asked=(VariableQuery(name=name),)))
    return outcome.results[0].value  # type: ignore[no-any-return]


# --- setpoints of the CSMS ------------------------------------------------------------------------------------------


@pytest.mark.req("K01.FR.110")
@pytest.mark.parametrize("mode", ["CentralSetpoint", "CentralFrequency"])
@pytest.mark.parametrize("watts", [-7000, 0, 4000])
def test_a_setpoint_is_obeyed_at_once_in_both_directions(mode: str, watts: int):
    """Before any time passes; the CSMS hears of the new mode."""
    world = both_ways()
    put(world, moded(period(mode, setpoint=watts)))
    assert power(world) == watts
    assert modes(world) == [mode]
    assert world.core.overview().evses[0].charging_state is ChargingState.CHARGING


def test_what_is_given_back_is_counted_and_the_transaction_goes_on():
    """An hour of 7 kW: the export register, the vehicle's meter, and the CSMS's samples agree."""
    world = both_ways(
        variables={
            "SampledDataCtrlr.TxUpdatedMeasurands": "Energy.Active.Export.Register,Power.Active.Export",
            "SampledDataCtrlr.TxUpdatedInterval": "600",
        }
    )
    put(world, moded(period("CentralSetpoint", setpoint=-7000)))
    world.pass_time(3600)
    assert world.hardware.meter(1).energy_export_register == pytest.approx(7000, abs=1)
    sampled = [event for event in world.csms.events if event.trigger is TriggerReason.METER_VALUE_PERIODIC]
    told = {sample.measurand: sample.value for sample in sampled[-1].readings[-1].samples}
    assert told["Power.Active.Export"] == 7000
    assert told["Energy.Active.Export.Register"] == pytest.approx(Decimal(7000), abs=50)
    assert world.transaction is not None


def test_a_setpoint_in_amperes_goes_by_the_battery_s_voltage():
    """10 A of some 370 V."""
    world = both_ways()
    put(world, moded(period("CentralSetpoint", setpoint=-10), unit=ChargingRateUnit.AMPERE))
    volts = float(world.hardware.meter(1).voltage_v[0])
    assert power(world) == pytest.approx(-10 * volts, abs=2)


@pytest.mark.req("K01.FR.110")
def test_each_period_has_its_mode_and_begins_on_the_second():
    """Charging, idle, giving back, charging again."""
    world = StationWorld(station="dc-50-v2x")
    schedule = (
        period("ChargingOnly", limit=5000),
        period("Idle", start=100),
        period("CentralSetpoint", start=200, setpoint=-3000),
        period("ChargingOnly", start=300, limit=9000),
    )
    put(world, moded(*schedule))
    begin(world)
    seen = []
    for until in (99, 101, 199, 220, 299, 320):
        world.pass_time(until - (world.now - START).total_seconds())
        seen.append(power(world))
    assert seen == pytest.approx([5000, 0, 0, -3000, -3000, 9000], abs=60)
    assert modes(world) == ["Idle", "CentralSetpoint", "ChargingOnly"]


@pytest.mark.req("K28.FR.06")
def test_a_dynamic_setpoint_follows_each_update():
    """Within the same command."""
    world = both_ways()
    put(world, moded(period("CentralSetpoint", setpoint=-1000), kind="Dynamic"))
    seen = [power(world)]
    for watts in (-2000, 3000, -20_000):
        values = ScheduleValues(setpoint=Decimal(watts))
        world.command(UpdateDynamicSchedule(charging_profile_id=1, schedule_update=values))
        seen.append(power(world))
    assert seen == [-1000, -2000, 3000, -20_000]
    assert modes(world) == ["CentralSetpoint"]


def test_a_limit_of_the_station_holds_for_a_setpoint_too():
    """The lower of both; it says nothing about giving back."""
    world = both_ways()
    put(world, profile(9, MAX, (0, 2000), unit=ChargingRateUnit.WATT), evse=0)
    put(world, moded(period("CentralSetpoint", setpoint=8000), kind="Dynamic"))
    assert power(world) == 2000
    world.command(UpdateDynamicSchedule(charging_profile_id=1, schedule_update=ScheduleValues(setpoint=Decimal(-8000))))
    assert power(world) == -8000


def test_when_the_profile_goes_the_vehicle_just_charges():
    """The setpoint is taken back, and the mode is told."""
    world = both_ways()
    usual = power(world)
    put(world, moded(period("CentralSetpoint", setpoint=-8000), duration=600))
    world.pass_time(601)
    assert power(world) == pytest.approx(usual, rel=0.05)
    assert modes(world) == ["CentralSetpoint", "ChargingOnly"]


def test_a_new_transaction_begins_without_the_last_one_s_setpoint():
    """A TxProfile ends with its transaction."""
    world = both_ways()
    put(world, moded(period("CentralSetpoint", setpoint=-8000), purpose=TX, transaction_id=world.transaction))
    assert power(world) == -8000
    world.tap("ANNA")
    world.pass_time(5)
    world.unplug()
    begin(world)
    assert power(world) > 0
    assert modes(world) == ["CentralSetpoint"]


def test_after_a_power_failure_it_goes_on_and_the_mode_is_not_told_again():
    """Profile, transaction and mode are kept."""
    world = both_ways(variables={"TxCtrlr.ResumptionTimeout": "300"})
    put(world, moded(period("CentralSetpoint", setpoint=-5000)))
    own = world.transaction
    world.kill()
    world.pass_time(60)
    assert (world.transaction, power(world)) == (own, -5000)
    assert modes(world) == ["CentralSetpoint"]


@pytest.mark.req("K01.FR.101")
def test_offline_too_long_ends_it():
    """maxOfflineDuration (Q11): charging only from then on."""
    world = both_ways()
    put(world, moded(period("CentralSetpoint", setpoint=-5000), max_offline_duration=120))
    world.cut()
    world.pass_time(110)
    assert power(world) == -5000
    world.pass_time(20)
    assert power(world) > 0


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.req("Q08.FR.03", "Q08.FR.04", "Q09.FR.02", "Q10.FR.02", "K01.FR.115")
@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        pytest.param(period("LocalFrequency", v2x_baseline=0), "NoFreqWattCurve", id="no curve"),
        pytest.param(
            period("LocalFrequency", v2x_baseline=0, v2x_freq_watt_curve=curve((49, 1), (51, 2)), limit=5),
            "InvalidSchedule",
            id="local frequency with a limit",
        ),
        pytest.param(period("LocalLoadBalancing"), "MissingDevModelInfo", id="no thresholds"),
        pytest.param(period("Idle", setpoint=1), "InvalidSchedule", id="idle with a setpoint"),
    ],
)
def test_a_period_that_lacks_something_is_rejected(wanted: Any, code: str):
    """With the reason code of the standard."""
    outcome: Any = both_ways().command(SetChargingProfile(evse_id=1, charging_profile=moded(wanted)))
    assert (outcome.status, outcome.reason.code) == (ChargingProfileStatus.REJECTED, code)


@pytest.mark.req("K01.FR.115")
@pytest.mark.parametrize("station", ["dc-50-ccs", "switched off"])
def test_where_nothing_can_come_back_there_are_no_such_modes(station: str):
    """Neither at other stations nor while V2X is off."""
    world = StationWorld(station="dc-50-v2x" if station == "switched off" else station)
    if station == "switched off":
        assert write(world, "V2XChargingCtrlr", "Enabled", "false") == "Accepted"
    outcome: Any = world.command(
        SetChargingProfile(evse_id=1, charging_profile=moded(period("CentralSetpoint", setpoint=-1)))
    )
    assert outcome.reason.code == "InvalidOperationMode"


def test_switching_v2x_off_ends_it_at_once():
    """What was a setpoint to discharge is no flow back any more."""
    world = both_ways()
    put(world, moded(period("CentralSetpoint", setpoint=-5000)))
    write(world, "V2XChargingCtrlr", "Enabled", "false")
    world.pass_time(1)
    assert power(world) >= 0


# --- local frequency and aFRR ---------------------------------------------------------------------------------------

FCR = {"v2x_baseline": -1000, "v2x_freq_watt_curve": curve((49.8, -10_000), (49.98, 0), (50.02, 0), (50.2, 10_000))}


@pytest.mark.req("Q08.FR.06")
@pytest.mark.parametrize(
    ("hertz", "watts"),
    [(None, -1000), ("50", -1000), ("49.89", -6000), ("49.5", -11_000), ("50.11", 4000), ("51", 9000)],
)
def test_local_frequency_is_baseline_and_curve(hertz: str | None, watts: int):
    """On straight lines between the points, beyond the last as at it; the baseline alone while no frequency is known."""
    world = both_ways()
    put(world, moded(period("LocalFrequency", **FCR)))
    if hertz is not None:
        world.feed(GridMeasured(frequency_hz=Decimal(hertz)))
    assert power(world) == watts


@pytest.mark.req("Q08.FR.07")
def test_only_a_change_as_large_as_the_threshold_counts():
    """20 mHz here, against what the setpoint was worked out for last."""
    world = both_ways()
    write(world, "V2XChargingCtrlr", "LocalFrequencyUpdateThreshold", "20")
    put(world, moded(period("LocalFrequency", **FCR)))
    seen = []
    for hertz in ("49.890", "49.875", "49.870"):
        world.feed(GridMeasured(frequency_hz=Decimal(hertz)))
        seen.append(power(world))
    assert seen == [-6000, -6000, -7111]


@pytest.mark.req("Q08.FR.10")
def test_an_afrr_signal_is_added_from_its_time_on():
    """The second one is for later; the last whose time has come counts."""
    world = both_ways()
    put(world, moded(period("LocalFrequency", **FCR, v2x_signal_watt_curve=signals((-100, -5000), (100, 5000)))))
    outcome: Any = world.command(AFRRSignal(timestamp=world.now, signal=50))
    assert (outcome.status, power(world)) == ("Accepted", 1500)
    world.command(AFRRSignal(timestamp=world.now + timedelta(seconds=30), signal=-100))
    assert power(world) == 1500
    world.pass_time(29)
    assert power(world) == 1500
    world.pass_time(1)
    assert power(world) == -6000


@pytest.mark.req("Q08.FR.11")
@pytest.mark.parametrize("mode", ["none", "CentralFrequency", "LocalFrequency"])
def test_a_signal_without_a_curve_is_rejected(mode: str):
    """Whatever else holds."""
    world = both_ways()
    if mode == "CentralFrequency":
        put(world, moded(period(mode, setpoint=-1000)))
    if mode == "LocalFrequency":
        put(world, moded(period(mode, **FCR)))
    outcome: Any = world.command(AFRRSignal(timestamp=world.now, signal=50))
    assert (outcome.status, outcome.reason.code) == ("Rejected", "NoSignalWattCurve")


# --- local load balancing -------------------------------------------------------------------------------------------

BAND = {
    f"V2XChargingCtrlr.LocalLoadBalancing[{name}]": value
    for name, value in (
        ("UpperThreshold", "2000"),
        ("LowerThreshold", "-2000"),
        ("UpperOffset", "0"),
        ("LowerOffset", "0"),
    )
}


@pytest.mark.req("Q09.FR.03", "Q09.FR.04")
def test_the_load_is_brought_back_between_the_thresholds():
    """A house that draws 9 kW, then one that feeds in 6 kW: what is above or below is made good by the vehicle."""
    world = both_ways(variables=BAND)
    put(world, moded(period("LocalLoadBalancing")))
    assert power(world) == 0
    seen = []
    for house in (9000, 9000, 1000, -6000):
        world.feed(UpstreamLoad(Decimal(house + power(world))))
        seen.append(power(world))
    assert seen == [-7000, -7000, -3000, 4000]


@pytest.mark.req("Q09.FR.05")
def test_the_balance_is_capped_by_the_period_s_limits():
    """3 kW down, 2 kW up; what could not be done is not owed."""
    world = both_ways(variables=BAND)
    put(world, moded(period("LocalLoadBalancing", limit=2000, discharge_limit=-3000)))
    seen = []
    for load in (9000, 9000, -9000, -9000):
        world.feed(UpstreamLoad(Decimal(load)))
        seen.append(power(world))
    assert seen == [-3000, -3000, 2000, 2000]


def test_two_evses_share_the_correction():
    """Half each."""
    world = both_ways("dc-50-v2x-dual", variables=BAND)
    begin(world, 2)
    put(world, moded(period("LocalLoadBalancing")), evse=0)
    world.feed(UpstreamLoad(Decimal(10_000)))
    assert (power(world), power(world, 2)) == (-4000, -4000)


# --- external systems -----------------------------------------------------------------------------------------------


@pytest.mark.req("Q05.FR.01", "Q06.FR.04", "Q06.FR.06")
def test_an_external_setpoint_is_used_where_the_profile_says_so():
    """Nothing before it comes; each new value at once."""
    world = both_ways()
    put(world, moded(period("ExternalSetpoint")))
    seen = [power(world)]
    for watts in (-4000, 2500):
        world.feed(ExternalPower("EMS", 1, setpoint=Decimal(watts)))
        seen.append(power(world))
    assert seen == [0, -4000, 2500]


@pytest.mark.req("Q05.FR.02", "Q06.FR.02", "Q06.FR.05")
def test_external_limits_hold_in_both_directions():
    """Charging up to the one; a setpoint of the CSMS down to the other."""
    world = both_ways()
    put(world, moded(period("ExternalLimits")))
    world.feed(ExternalPower("EMS", 1, limit=Decimal(6000), discharge_limit=Decimal(-1500)))
    assert power(world) == 6000
    put(world, moded(period("CentralSetpoint", setpoint=-9000), number=2, level=1))
    assert power(world) == -1500


@pytest.mark.req("Q06.FR.30", "Q06.FR.31")
def test_what_is_for_the_station_is_shared():
    """By the EVSEs that can follow."""
    world = both_ways("dc-50-v2x-dual")
    begin(world, 2)
    put(world, moded(period("ExternalSetpoint")), evse=0)
    world.feed(ExternalPower("EMS", 0, setpoint=Decimal(-8000)))
    assert (power(world), power(world, 2)) == (-4000, -4000)


@pytest.mark.req("Q06.FR.21", "Q06.FR.22")
@pytest.mark.parametrize(("priority", "watts"), [("ExternalSystem", -2000), ("CSMS", -7000)])
def test_who_goes_first_is_set(priority: str, watts: int):
    """SetpointPriority."""
    world = both_ways()
    assert write(world, "SmartChargingCtrlr", "SetpointPriority", priority) == "Accepted"
    put(world, moded(period("CentralSetpoint", setpoint=-7000)))
    world.feed(ExternalPower("EMS", 1, setpoint=Decimal(-2000)))
    assert power(world) == watts


def test_an_external_setpoint_alone_never_discharges():
    """It takes a profile of the CSMS for that (Q06): else it is a limit."""
    world = both_ways()
    world.feed(ExternalPower("EMS", 1, setpoint=Decimal(-2000)))
    assert power(world) == 0
    world.feed(ExternalPower("EMS", 1, setpoint=Decimal(3000)))
    world.pass_time(30)
    assert power(world) == pytest.approx(3000, abs=60)


@pytest.mark.req("Q06.FR.11", "Q06.FR.12")
def test_the_csms_hears_of_values_that_changed_enough():
    """More than a fifth here; of the end always."""
    world = both_ways()
    write(world, "SmartChargingCtrlr", "LimitChangeSignificance", "20")
    world.csms.heard.clear()
    for watts in (-4000, -4100, -6000):
        world.feed(ExternalPower("EMS", 1, setpoint=Decimal(watts)))
    world.feed(ExternalPower("EMS", 1))
    told: Any = world.csms.of(ChargingLimitNotified)
    periods = [fact.charging_schedule[0].charging_schedule_period[0] for fact in told]
    assert [(one.operation_mode, one.setpoint) for one in periods] == [
        (OperationMode.EXTERNAL_SETPOINT, -4000),
        (OperationMode.EXTERNAL_SETPOINT, -6000),
    ]
    assert len(world.csms.of(ChargingLimitCleared)) == 1


@pytest.mark.req("Q06.FR.08")
@pytest.mark.parametrize(
    "event",
    [
        pytest.param(ExternalPower("CSO", 1, setpoint=Decimal(1)), id="from the CSO"),
        pytest.param(ExternalPower("EMS", 7, setpoint=Decimal(1)), id="no such EVSE"),
        pytest.param(ExternalPower("EMS", 1, discharge_limit=Decimal(1)), id="discharge limit above 0"),
        pytest.param(ExternalPower("EMS", 1, limit=Decimal(-1)), id="limit below 0"),
        pytest.param(ExternalPower("EMS", 1, setpoint=Decimal(1), limit=Decimal(1)), id="both"),
        pytest.param(ExternalPower("EMS", 1, setpoint=Decimal("NaN")), id="not a number"),
        pytest.param("disallowed", id="disallowed"),
        pytest.param("not enabled", id="not enabled"),
    ],
)
def test_what_cannot_be_taken_is_noted(event: Any):
    """Nothing is told, nothing changes."""
    world = both_ways()
    if event == "disallowed":
        write(world, "SmartChargingCtrlr", "ExternalConstraintsProfileDisallowed", "true")
    if event == "not enabled":
        write(world, "SmartChargingCtrlr", "ExternalControlSignalsEnabled", "false")
    before = power(world)
    world.feed(event if isinstance(event, ExternalPower) else ExternalPower("EMS", 1, setpoint=Decimal(1)))
    assert (power(world), len(world.notes)) == (before, 1)
    assert world.csms.of(ChargingLimitNotified) == []


# --- what is allowed, what is told ----------------------------------------------------------------------------------


def test_a_transaction_gives_back_only_if_it_is_allowed():
    """Over a restart too, until the CSMS says otherwise."""
    world = both_ways(variables={"TxCtrlr.ResumptionTimeout": "300"})
    own = world.transaction or ""
    put(world, moded(period("CentralSetpoint", setpoint=-5000)))
    assert power(world) == -5000
    outcome: Any = world.command(NotifyAllowedEnergyTransfer(transaction_id=own, allowed_energy_transfer=("DC",)))
    assert (outcome.status, power(world)) == ("Accepted", 0)
    world.kill()
    world.pass_time(60)
    assert power(world) == 0
    world.command(NotifyAllowedEnergyTransfer(transaction_id=own, allowed_energy_transfer=("DC", "DC_BPT")))
    assert power(world) == -5000


def test_what_was_allowed_and_told_is_forgotten_with_its_transaction():
    """Nothing piles up in what is kept."""
    world = both_ways()
    put(world, moded(period("CentralSetpoint", setpoint=-5000)))
    world.command(NotifyAllowedEnergyTransfer(transaction_id=world.transaction or "", allowed_energy_transfer=("DC",)))
    kept = world.storage.load()
    assert kept is not None
    assert len(kept.part(V2XMemory).allowed) == len(kept.part(V2XMemory).modes) == 1
    world.tap("ANNA")
    world.pass_time(5)
    world.unplug()
    kept = world.storage.load()
    assert kept is not None
    assert kept.part(V2XMemory) == V2XMemory()


@pytest.mark.parametrize(("station", "code"), [("dc-50-v2x", "TxNotFound"), ("dc-50-ccs", "NotEnabled")])
def test_what_is_allowed_needs_a_transaction_and_v2x(station: str, code: str):
    """Rejected with the reason."""
    world = StationWorld(station=station)
    if station == "dc-50-ccs":
        world.plug()
        world.tap("ANNA")
    named = "tx-9" if code == "TxNotFound" else world.transaction or ""
    outcome: Any = world.command(NotifyAllowedEnergyTransfer(transaction_id=named, allowed_energy_transfer=("DC",)))
    assert (outcome.status, outcome.reason.code) == ("Rejected", code)


@pytest.mark.req("Q01.FR.30", "Q01.FR.31", "Q01.FR.32", "Q07.FR.01", "Q08.FR.20")
def test_the_device_model_says_what_there_is():
    """Modes, ways of transfer, and the power that comes back now."""
    world = both_ways()
    told = (read(world, "V2XChargingCtrlr", "SupportedOperationModes") or "").split(",")
    assert set(told) == set(OperationMode)
    assert read(world, "V2XChargingCtrlr", "SupportedEnergyTransferModes") == "DC,DC_BPT"
    put(world, moded(period("CentralSetpoint", setpoint=-5000)))
    assert read(world, "EVSE", "DischargePower", evse=1) == "5000.0"


def test_stations_that_only_give_are_never_asked_for_a_setpoint():
    """Their drivers need not know of it."""
    world = StationWorld(station="dc-50-ccs")
    world.plug()
    world.tap("ANNA")
    world.feed(GridMeasured(frequency_hz=Decimal(49)), ExternalPower("EMS", 1, setpoint=Decimal(3000)))
    world.pass_time(60)
    assert not any(isinstance(action, SetPowerSetpoint) for action in world.actions)
