"""The inverter under DER control: reactive power, trips and ride-through, response times, hysteresis and ramps (R04, R05)."""

from __future__ import annotations

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
    EnterService,
    FixedPowerFactor,
    FixedVar,
    FreqDroop,
    Gradient,
    Hysteresis,
    LimitMaxDischarge,
    PowerDuringCessation,
    ReactivePowerParams,
    SetDerControl,
    VoltageParams,
    member_of,
)
from pilotwire.domain.device_model import SetVariables, VariableName, VariableSetting
from pilotwire.domain.smart_charging import ScheduleValues, UpdateDynamicSchedule
from pilotwire.ev import vehicle
from pilotwire.station.core.grid import GridMeasured
from tests.support.both_ways import both_ways, moded, period, power, put
from tests.support.station_world import StationWorld

T = DerControlType
MAX_VAR = 13_200
"""44 % of the 30 kVA of the layout's inverter."""


def d(value: float | None) -> Decimal | None:
    """As a decimal."""
    return None if value is None else Decimal(str(value))


def giving(watts: int = -15_000) -> StationWorld:
    """A vehicle that can more than the outlet gives energy back, by a setpoint that can be changed."""
    world = StationWorld(station="dc-50-v2x")
    world.plug(1, car=vehicle("v2x-family-77", soc=60))
    world.tap("ANNA")
    world.pass_time(15)
    put(world, moded(period("CentralSetpoint", setpoint=watts), kind="Dynamic"))
    assert power(world) == watts
    world.csms.heard.clear()
    return world


def wants(world: StationWorld, watts: int) -> None:
    """Another setpoint."""
    values = ScheduleValues(setpoint=Decimal(watts))
    world.command(UpdateDynamicSchedule(charging_profile_id=1, schedule_update=values))


def install(world: StationWorld, control_type: DerControlType, setting: Any) -> None:
    """A default control that is accepted."""
    control = DerControl(
        control_id=str(control_type), control_type=control_type, is_default=True, **{member_of(control_type): setting}
    )
    outcome: Any = world.command(SetDerControl(control=control))
    assert str(outcome.status) == "Accepted"


def curve(*points: tuple[float, float], unit: str = "PctMaxVar", priority: int = 5, **more: Any) -> Curve:
    """A curve of (x, y)."""
    data = tuple(CurvePoint(x=Decimal(str(x)), y=Decimal(str(y))) for x, y in points)
    return Curve(curve_data=data, priority=priority, y_unit=DerUnit(unit), **more)


def grid(world: StationWorld, *, volts: float | None = None, hertz: float | None = None) -> None:
    """What is measured from now on."""
    world.feed(GridMeasured(frequency_hz=d(hertz), voltage_percent=d(volts)))


def var(world: StationWorld) -> float:
    """Reactive power injected at the inlet; negative: absorbed."""
    told = {one.measurand: one.value for one in world.hardware.meter(1).more}
    return float(told["Power.Reactive.Export"] - told["Power.Reactive.Import"])


def alarms(world: StationWorld) -> list[tuple[str, str | None, bool]]:
    """Type, fault and end of the alarms told."""
    told: Any = world.csms.of(DerAlarm)
    return [(str(one.control_type), one.fault and str(one.fault), one.ended) for one in told]


# --- reactive power -------------------------------------------------------------------------------------------------

VOLTS = ((92, 100), (98, 0), (102, 0), (108, -100))


def factor(displacement: float, absorbs: bool) -> FixedPowerFactor:
    """A fixed power factor."""
    return FixedPowerFactor(priority=5, displacement=Decimal(str(displacement)), excitation=absorbs)


def fixed(percent: float, unit: str = "PctMaxVar", priority: int = 5) -> FixedVar:
    """A fixed reactive power."""
    return FixedVar(priority=priority, setpoint=Decimal(str(percent)), unit=DerUnit(unit))


def reference(value: float) -> ReactivePowerParams:
    """A voltage reference."""
    return ReactivePowerParams(v_ref=Decimal(str(value)))


@pytest.mark.parametrize(
    ("control_type", "setting", "watts", "volts", "expected"),
    [
        pytest.param(T.FIXED_VAR, fixed(50), -15_000, None, MAX_VAR / 2, id="FixedVar injects"),
        pytest.param(T.FIXED_VAR, fixed(-50), 9000, None, -MAX_VAR / 2, id="FixedVar absorbs"),
        pytest.param(T.FIXED_VAR, fixed(10, "PctMaxW"), -15_000, None, 3000, id="FixedVar of MaxW"),
        pytest.param(T.FIXED_VAR, fixed(100, "PctVarAvail"), -29_000, None, 7681.1, id="FixedVar of what is left"),
        pytest.param(T.FIXED_VAR, fixed(100, "PctMaxW"), -15_000, None, MAX_VAR, id="FixedVar beyond the rating"),
        pytest.param(T.FIXED_VAR, fixed(50, "PctWAvail"), -15_000, None, 0, id="FixedVar in a unit of active power"),
        pytest.param(T.FIXED_PF_INJECT, factor(0.95, False), -15_000, None, 4930.3, id="FixedPFInject injects"),
        pytest.param(T.FIXED_PF_INJECT, factor(0.95, True), -15_000, None, -4930.3, id="FixedPFInject absorbs"),
        pytest.param(T.FIXED_PF_INJECT, factor(0.95, False), 9000, None, 0, id="FixedPFInject while charging"),
        pytest.param(T.FIXED_PF_ABSORB, factor(0.9, True), 10_000, None, -4843.2, id="FixedPFAbsorb"),
        pytest.param(T.FIXED_PF_ABSORB, factor(0.9, True), -9000, None, 0, id="FixedPFAbsorb while giving"),
        pytest.param(T.VOLT_VAR, curve(*VOLTS), -15_000, 105, -MAX_VAR / 2, id="VoltVar high"),
        pytest.param(T.VOLT_VAR, curve(*VOLTS), -15_000, 92, MAX_VAR, id="VoltVar low"),
        pytest.param(T.VOLT_VAR, curve(*VOLTS), -15_000, 100, 0, id="VoltVar in the dead band"),
        pytest.param(T.VOLT_VAR, curve(*VOLTS), -15_000, None, 0, id="VoltVar without a voltage"),
        pytest.param(
            T.VOLT_VAR,
            curve(*VOLTS, reactive_power_params=reference(102)),
            -15_000,
            107,
            -MAX_VAR / 2,
            id="VoltVar with a reference",
        ),
        pytest.param(T.WATT_VAR, curve((0, 0), (100, -44)), -15_000, None, -2904, id="WattVar"),
        pytest.param(T.WATT_PF, curve((0, -1), (100, -0.9)), -15_000, None, -4930.3, id="WattPF absorbs"),
        pytest.param(T.WATT_PF, curve((0, 1), (100, 0.9)), -15_000, None, 4930.3, id="WattPF injects"),
    ],
)
def test_reactive_power_is_what_the_control_asks_for(
    control_type: DerControlType, setting: Any, watts: int, volts: float | None, expected: float
) -> None:
    """And the active power stays: there is room for both."""
    world = giving(watts)
    install(world, control_type, setting)
    if volts is not None:
        grid(world, volts=volts)
    assert var(world) == pytest.approx(expected, abs=0.1)
    assert power(world) == watts
    assert alarms(world) == []


def test_the_control_of_the_highest_priority_decides() -> None:
    """The lowest number; clearing it leaves the other."""
    world = giving()
    install(world, T.FIXED_VAR, fixed(50, priority=3))
    install(world, T.WATT_VAR, curve((0, -10), (100, -10), priority=1))
    assert var(world) == pytest.approx(-MAX_VAR / 10)
    install(world, T.FIXED_VAR, fixed(20, priority=0))
    assert var(world) == pytest.approx(MAX_VAR / 5)


@pytest.mark.req("R05.FR.01", "R05.FR.02")
def test_reactive_power_goes_before_active_power_where_both_are_too_much() -> None:
    """30 kVA: 13.2 kvar leave 26.94 kW; that is no longer what the profile wants."""
    world = giving(-29_000)
    install(world, T.FIXED_VAR, fixed(100))
    assert (power(world), var(world)) == (pytest.approx(-26_940, abs=1), MAX_VAR)
    assert alarms(world) == [("FixedVar", None, False)]
    wants(world, -20_000)
    assert (power(world), var(world)) == (-20_000, MAX_VAR)
    assert alarms(world)[1:] == [("FixedVar", None, True)]


@pytest.mark.req("Q05.FR.01", "Q06.FR.31")
def test_a_reactive_setpoint_of_a_profile_holds_where_no_control_wants_another() -> None:
    """Positive is absorbed, as active power is taken."""
    world = both_ways()
    put(world, moded(period("CentralSetpoint", setpoint=-9000, setpoint_reactive=2000)))
    assert var(world) == -2000
    install(world, T.FIXED_VAR, fixed(10))
    assert var(world) == pytest.approx(MAX_VAR / 10)
    assert alarms(world) == []


def test_a_reference_that_follows_the_voltage_lets_go_of_it() -> None:
    """At 105 % at first as far as ever; two thirds of the way after the time constant, all of it in the end."""
    world = giving()
    follows = ReactivePowerParams(autonomous_v_ref_enable=True, autonomous_v_ref_time_constant=Decimal(100))
    install(world, T.VOLT_VAR, curve((90, 100), (110, -100), reactive_power_params=follows))
    grid(world, volts=100)
    grid(world, volts=105)
    assert var(world) == -MAX_VAR / 2
    world.pass_time(100, step=1)
    assert var(world) == pytest.approx(-MAX_VAR / 2 * 0.368, rel=0.02)
    world.pass_time(900)
    assert var(world) == 0


# --- trips and ride-through -----------------------------------------------------------------------------------------


@pytest.mark.req("R05.FR.01", "R05.FR.02")
@pytest.mark.parametrize(
    ("control_type", "points", "beyond", "fault"),
    [
        (T.HV_MUST_TRIP, ((10, 110), (1, 120)), {"volts": 110}, "OverVoltage"),
        (T.LV_MUST_TRIP, ((10, 88), (1, 50)), {"volts": 88}, "UnderVoltage"),
        (T.HF_MUST_TRIP, ((10, 51.5), (1, 52)), {"hertz": 51.5}, "OverFrequency"),
        (T.LF_MUST_TRIP, ((10, 47.5), (1, 47)), {"hertz": 47.5}, "UnderFrequency"),
    ],
)
def test_beyond_a_trip_curve_for_too_long_nothing_is_given(
    control_type: DerControlType, points: Any, beyond: dict[str, float], fault: str
) -> None:
    """Ten seconds at the first level; energy is given again once the grid is back. What is shorter is ridden through."""
    world = giving()
    install(world, control_type, curve(*points, unit="Not_Applicable"))
    normal = {"volts": 100} if "volts" in beyond else {"hertz": 50}
    grid(world, **beyond)
    world.pass_time(9, step=1)
    grid(world, **normal)
    world.pass_time(5, step=1)
    grid(world, **beyond)
    world.pass_time(9, step=1)
    assert (power(world), alarms(world)) == (-15_000, [])
    world.pass_time(1.5, step=0.5)
    assert power(world) == 0
    grid(world, **normal)
    assert power(world) == -15_000
    assert alarms(world) == [(str(control_type), fault, False), (str(control_type), fault, True)]


def test_the_further_it_is_beyond_the_sooner_it_trips() -> None:
    """Halfway between two levels: halfway between their times; beyond the last: its time."""
    for volts, seconds in ((115, 5.5), (130, 1)):
        world = giving()
        install(world, T.HV_MUST_TRIP, curve((10, 110), (1, 120), unit="PctEffectiveV"))
        grid(world, volts=volts)
        world.pass_time(seconds - 0.4, step=0.1)
        assert power(world) == -15_000
        world.pass_time(0.6, step=0.1)
        assert power(world) == 0


@pytest.mark.parametrize("control_type", [T.HF_MAY_TRIP, T.HV_MAY_TRIP, T.LV_MAY_TRIP])
def test_where_it_may_trip_it_stays_connected(control_type: DerControlType) -> None:
    world = giving()
    install(world, control_type, curve((0, 105), (0, 100), unit="Not_Applicable"))
    grid(world, volts=120, hertz=52)
    world.pass_time(20)
    assert (power(world), alarms(world)) == (-15_000, [])


@pytest.mark.parametrize(
    ("during", "watts", "reactive"),
    [(None, 0, 0), (PowerDuringCessation.ACTIVE, -15_000, 0), (PowerDuringCessation.REACTIVE, 0, MAX_VAR / 2)],
)
@pytest.mark.parametrize(("control_type", "volts"), [(T.HV_MOM_CESS, 115), (T.LV_MOM_CESS, 60)])
def test_a_momentary_cessation_lasts_as_long_as_the_voltage(
    control_type: DerControlType, volts: int, during: PowerDuringCessation | None, watts: int, reactive: float
) -> None:
    """What may flow meanwhile is said by the curve; there is no waiting afterwards, not even with EnterService."""
    world = giving()
    level = 110 if volts > 100 else 70
    install(world, T.ENTER_SERVICE, service(delay=60))
    install(world, T.FIXED_VAR, fixed(50))
    params = VoltageParams(power_during_cessation=during)
    install(world, control_type, curve((0, level), unit="PctEffectiveV", voltage_params=params))
    grid(world, volts=volts)
    assert (power(world), var(world)) == (watts, reactive)
    grid(world, volts=100)
    assert (power(world), var(world)) == (-15_000, MAX_VAR / 2)


@pytest.mark.parametrize("part_of_limit", [False, True])
def test_more_given_than_a_power_monitoring_curve_allows_is_a_trip(part_of_limit: bool) -> None:
    """Half of what can be given, for five seconds; that of LimitMaxDischarge is such a curve too, and no limit by itself."""
    world = giving()
    monitored = curve((5, 40), unit="PctMaxW")
    if part_of_limit:
        both = LimitMaxDischarge(priority=1, pct_max_discharge_power=Decimal(40), power_monitoring_must_trip=monitored)
        install(world, T.LIMIT_MAX_DISCHARGE, both)
    else:
        install(world, T.POWER_MONITORING_MUST_TRIP, monitored)
    world.pass_time(4, step=1)
    assert power(world) == -15_000
    world.pass_time(1, step=1)
    assert power(world) == 0
    world.pass_time(60)
    assert power(world) == 0
    assert alarms(world) == [("PowerMonitoringMustTrip", "OverCurrent", False)]
    world.command(ClearDerControl(is_default=True))
    assert power(world) == -15_000
    assert alarms(world)[1:] == [("PowerMonitoringMustTrip", "OverCurrent", True)]


def test_the_mean_of_ten_minutes_trips_too() -> None:
    """109 % after a while at 100: the mean passes 105 when five minutes of ten were high, and may for a minute."""
    world = giving()
    params = VoltageParams(hv10_min_mean_value=Decimal("104.5"), hv10_min_mean_trip_delay=Decimal(60))
    install(world, T.HV_MUST_TRIP, curve((1, 120), unit="PctEffectiveV", voltage_params=params))
    grid(world, volts=100)
    world.pass_time(600)
    grid(world, volts=109)
    world.pass_time(355)
    assert power(world) == -15_000
    world.pass_time(15)
    assert power(world) == 0
    assert alarms(world) == [("HVMustTrip", "OverVoltage", False)]


# --- the way back -----------------------------------------------------------------------------------------------------


def service(**more: float) -> EnterService:
    """A window that a grid at 100 % and 50 Hz is in."""
    window = {"high_voltage": 105, "low_voltage": 95, "high_freq": 50.1, "low_freq": 49.9}
    return EnterService(priority=1, **{name: Decimal(str(value)) for name, value in (window | more).items()})


def tripped(**conditions: float) -> StationWorld:
    """An inverter that has just tripped, with the grid back at its best."""
    world = giving()
    install(world, T.ENTER_SERVICE, service(**conditions))
    install(world, T.HV_MUST_TRIP, curve((0, 110), unit="PctEffectiveV"))
    grid(world, volts=115, hertz=50)
    assert power(world) == 0
    grid(world, volts=100)
    return world


@pytest.mark.req("R05.FR.03", "R05.FR.04")
def test_after_a_trip_it_comes_back_by_the_ramp_of_enter_service() -> None:
    """After the delay, 1 kW a second: 30 s for all of its 30 kW; three alarms in a row, and one end."""
    world = tripped(delay=20, ramp_rate=30)
    world.pass_time(19, step=1)
    assert power(world) == 0
    world.pass_time(6, step=1)
    assert power(world) == pytest.approx(-5000, abs=1100)
    world.pass_time(15, step=1)
    assert power(world) == -15_000
    assert [one[0] for one in alarms(world)] == ["HVMustTrip", "EnterService", "EnterService"]
    assert [one[2] for one in alarms(world)] == [False, False, True]


def test_a_random_part_of_the_delay_keeps_stations_apart() -> None:
    """Not before the delay, not after the delay and its random part."""
    world = tripped(delay=20, random_delay=40)
    seconds = 0
    while power(world) == 0:
        world.pass_time(1, step=1)
        seconds += 1
    assert 20 <= seconds <= 61


# --- how fast ---------------------------------------------------------------------------------------------------------


def test_a_response_time_is_that_of_nine_tenths() -> None:
    """VoltVar and droop alike: 90 % after it, all of it in the end."""
    world = giving()
    install(world, T.VOLT_VAR, curve(*VOLTS, response_time=Decimal(10)))
    grid(world, volts=108)
    assert var(world) == 0
    world.pass_time(10, step=1)
    assert var(world) == pytest.approx(-0.9 * MAX_VAR, rel=0.01)
    world.pass_time(30, step=1)
    assert var(world) == -MAX_VAR
    droop = FreqDroop(
        priority=1,
        over_freq=Decimal("50.2"),
        under_freq=Decimal("49.8"),
        over_droop=Decimal("0.04"),
        under_droop=Decimal("0.04"),
        response_time=Decimal(10),
    )
    world = giving(-10_000)
    install(world, T.FREQ_DROOP, droop)
    grid(world, hertz=50.4)
    world.pass_time(10, step=1)
    assert power(world) == pytest.approx(-10_000 + 0.9 * 3000, rel=0.01)
    world.pass_time(30, step=1)
    assert power(world) == -7000


def test_hysteresis_holds_a_curve_until_the_grid_was_normal_long_enough() -> None:
    """A tenth of 30 kW at 109 %; back within 95 to 104 % for 30 s, then 1 % a second."""
    world = giving()
    back = Hysteresis(
        hysteresis_low=Decimal(95),
        hysteresis_high=Decimal(104),
        hysteresis_delay=Decimal(30),
        hysteresis_gradient=Decimal(1),
    )
    install(world, T.VOLT_WATT, curve((106, 100), (109, 10), unit="PctMaxW", hysteresis=back))
    grid(world, volts=109)
    assert power(world) == -3000
    grid(world, volts=105)
    world.pass_time(60)
    assert power(world) == -3000
    grid(world, volts=103)
    world.pass_time(29, step=1)
    assert power(world) == -3000
    world.pass_time(21, step=1)
    assert power(world) == pytest.approx(-9000, abs=400)
    world.pass_time(60, step=1)
    assert power(world) == -15_000
    assert alarms(world) == [("VoltWatt", "OverVoltage", False), ("VoltWatt", "OverVoltage", True)]


def test_gradients_limit_how_fast_any_power_changes() -> None:
    """30 s for 30 kW: a kW a second, in both directions; an alarm as long as it is on its way. A fault does not wait for it."""
    world = giving()
    install(world, T.GRADIENTS, Gradient(priority=1, gradient=Decimal(30), soft_gradient=Decimal(60)))
    wants(world, -5000)
    world.pass_time(4, step=1)
    assert power(world) == pytest.approx(-11_000, abs=50)
    world.pass_time(10, step=1)
    assert power(world) == -5000
    assert alarms(world) == [("Gradients", None, False), ("Gradients", None, True)]
    install(world, T.HV_MUST_TRIP, curve((0, 110), unit="PctEffectiveV"))
    grid(world, volts=115)
    assert power(world) == 0
    grid(world, volts=100)
    world.pass_time(4, step=1)
    assert power(world) == pytest.approx(-2000, abs=50), "the soft start: half as fast"


def test_an_inverter_that_is_not_under_control_does_nothing_of_it() -> None:
    world = giving()
    install(world, T.FIXED_VAR, fixed(50))
    name = VariableName(component="DCDERCtrlr", variable="Enabled", evse=1)
    world.command(SetVariables(settings=(VariableSetting(name=name, value="false"),)))
    grid(world, volts=130)
    assert (power(world), var(world)) == (-15_000, 0)


@pytest.mark.req("R01.FR.01")
def test_the_nameplate_says_what_the_inverter_can() -> None:
    world = both_ways()
    names = ("MaxVar", "MaxVarNeg", "OverExcitedPF", "UnderExcitedPF", "OverExcitedW", "UnderExcitedW", "MaxVA")
    told = [float(world.core.variable(f"DCDERCtrlr@1.{name}")) for name in names]
    assert told == [MAX_VAR, MAX_VAR, 0.9, 0.9, 27_000, 27_000, 30_000]
