"""DER controls: kept, scheduled, superseded, reported and cleared; what they do to the power, and the alarm while they do."""

from __future__ import annotations

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
    DerControlsReported,
    DerControlStarted,
    DerControlType,
    DerUnit,
    EnterService,
    FixedVar,
    FreqDroop,
    GetDerControl,
    Gradient,
    GridEventFault,
    LimitMaxDischarge,
    SetDerControl,
    member_of,
)
from pilotwire.domain.device_model import SetVariables, VariableName, VariableSetting
from pilotwire.station.core.grid import GridFault, GridMeasured
from tests.support.both_ways import both_ways, moded, period, power, put
from tests.support.station_world import StationWorld

T = DerControlType


def d(value: float | None) -> Decimal | None:
    """As a decimal."""
    return None if value is None else Decimal(str(value))


def limit(
    name: str,
    percent: float = 50,
    *,
    priority: int = 5,
    starts: Any = None,
    seconds: int | None = None,
    default: bool = False,
) -> DerControl:
    """A limit of what may be given back."""
    setting = LimitMaxDischarge(
        priority=priority, pct_max_discharge_power=d(percent), start_time=starts, duration=d(seconds)
    )
    return DerControl(
        control_id=name, control_type=T.LIMIT_MAX_DISCHARGE, is_default=default, limit_max_discharge=setting
    )


def default(name: str, control_type: DerControlType, setting: Any) -> DerControl:
    """A default control."""
    return DerControl(control_id=name, control_type=control_type, is_default=True, **{member_of(control_type): setting})


def curved(name: str, control_type: DerControlType, *points: tuple[float, float], unit: str = "PctMaxW") -> DerControl:
    """A default curve."""
    data = tuple(CurvePoint(x=Decimal(str(x)), y=Decimal(str(y))) for x, y in points)
    return default(name, control_type, Curve(curve_data=data, priority=1, y_unit=DerUnit(unit)))


def install(world: StationWorld, control: DerControl) -> tuple[str, tuple[str, ...]]:
    """Status and superseded ids of setting a control."""
    outcome: Any = world.command(SetDerControl(control=control))
    return str(outcome.status), outcome.superseded_ids


def held(world: StationWorld, **wanted: Any) -> dict[str, bool]:
    """What a report says: id and whether it is superseded."""
    world.csms.heard.clear()
    world.command(GetDerControl(request_id=8, **wanted))
    told: Any = world.csms.of(DerControlsReported)
    return {one.control.control_id: one.is_superseded for part in told for one in part.controls}


def runs(world: StationWorld) -> list[tuple[str, bool, tuple[str, ...]]]:
    """What the CSMS was told of beginnings and ends."""
    told: Any = world.csms.of(DerControlStarted)
    return [(fact.control_id, fact.started, fact.superseded_ids) for fact in told]


def alarms(world: StationWorld) -> list[tuple[str, str | None, bool]]:
    """Type, fault and end of the alarms told."""
    told: Any = world.csms.of(DerAlarm)
    return [(str(one.control_type), one.fault and str(one.fault), one.ended) for one in told]


def station(**options: Any) -> StationWorld:
    """A station that takes energy back, with nobody at it."""
    return StationWorld(station="dc-50-v2x", **options)


# --- what is taken --------------------------------------------------------------------------------------------------


@pytest.mark.req("R04.FR.01", "R04.FR.36", "R04.FR.43")
def test_a_station_that_only_gives_supports_none():
    """Neither to set, nor to report, nor to clear."""
    world = StationWorld(station="dc-50-ccs")
    assert install(world, limit("a")) == ("NotSupported", ())
    asked: Any = world.command(GetDerControl(request_id=1, control_type=T.VOLT_VAR))
    cleared: Any = world.command(ClearDerControl(is_default=True, control_type=T.VOLT_VAR))
    assert (asked.status, cleared.status) == ("NotSupported", "NotSupported")


def test_where_it_is_switched_off_none_is_supported():
    """DCDERCtrlr.Enabled."""
    world = station()
    name = VariableName(component="DCDERCtrlr", variable="Enabled", evse=1)
    world.command(SetVariables(settings=(VariableSetting(name=name, value="false"),)))
    assert install(world, limit("a")) == ("NotSupported", ())


@pytest.mark.req("R04.FR.02", "R04.FR.05")
@pytest.mark.parametrize("default_", [True, False], ids=["default", "scheduled"])
def test_the_first_of_its_type_is_taken(default_: bool):
    """Nothing stands back for it."""
    world = station()
    assert install(world, limit("a", default=default_)) == ("Accepted", ())
    assert held(world) == {"a": False}


@pytest.mark.req("R04.FR.13", "R04.FR.15", "R04.FR.17")
@pytest.mark.parametrize(
    "control",
    [
        pytest.param(limit("a", default=True, seconds=60), id="default with a duration"),
        pytest.param(
            DerControl(
                control_id="a",
                control_type=T.GRADIENTS,
                is_default=False,
                gradient=Gradient(priority=1, gradient=Decimal(1), soft_gradient=Decimal(1)),
            ),
            id="scheduled gradients",
        ),
        pytest.param(DerControl(control_id="a", control_type=T.VOLT_VAR, is_default=True), id="without its setting"),
        pytest.param(
            DerControl(
                control_id="a",
                control_type=T.VOLT_VAR,
                is_default=True,
                fixed_var=FixedVar(priority=1, setpoint=Decimal(1), unit=DerUnit.PCT_MAX_VAR),
            ),
            id="with another one",
        ),
    ],
)
def test_what_does_not_fit_is_rejected_and_not_kept(control: DerControl):
    """The log says why."""
    world = station()
    assert install(world, control) == ("Rejected", ())
    assert held(world) == {}
    assert any("R04.FR" in note for note in world.notes)


def test_only_so_many_are_kept():
    """The hundred and first is rejected; one in the place of another is not more."""
    world = station()
    for number in range(100):
        assert install(world, limit(f"c{number}", default=True))[0] == "Accepted"
    assert install(world, limit("one too many", default=True)) == ("Rejected", ())
    assert install(world, limit("c7", 1, default=True))[0] == "Accepted"


# --- who stands back ------------------------------------------------------------------------------------------------


@pytest.mark.req("R04.FR.03")
def test_a_default_of_more_priority_takes_over():
    """The lower number counts; the old one stays, superseded."""
    world = station()
    install(world, limit("old", priority=5, default=True))
    assert install(world, limit("new", priority=4, default=True)) == ("Accepted", ("old",))
    assert held(world) == {"old": True, "new": False}


def test_a_default_of_less_priority_stands_back_itself():
    """As with scheduled ones."""
    world = station()
    install(world, limit("old", priority=5, default=True))
    assert install(world, limit("new", priority=6, default=True)) == ("Accepted", ("new",))
    assert held(world) == {"old": False, "new": True}


@pytest.mark.req("R04.FR.06")
def test_one_that_is_still_to_come_is_superseded_at_once():
    """Even by one that begins later."""
    world = station()
    install(world, limit("old", starts=world.now + timedelta(hours=1)))
    new = limit("new", priority=1, starts=world.now + timedelta(hours=2))
    assert install(world, new) == ("Accepted", ("old",))
    world.csms.heard.clear()
    world.pass_time(2 * 3600 + 10)
    assert runs(world) == [("new", True, ())]


@pytest.mark.req("R04.FR.07", "R04.FR.21")
def test_one_that_runs_goes_on_until_the_other_begins():
    """And is named as superseded then."""
    world = station()
    install(world, limit("old"))
    new = limit("new", priority=1, starts=world.now + timedelta(seconds=100))
    assert install(world, new) == ("Accepted", ())
    assert held(world) == {"old": False, "new": False}
    world.pass_time(101)
    assert runs(world) == [("new", True, ("old",))]
    assert held(world) == {"old": True, "new": False}


@pytest.mark.req("R04.FR.08", "R04.FR.09")
def test_one_of_less_priority_than_what_runs_stands_back():
    """It is superseded by itself, and never begins."""
    world = station()
    install(world, limit("old", priority=1))
    world.csms.heard.clear()
    assert install(world, limit("new", priority=2)) == ("Accepted", ("new",))
    world.pass_time(60)
    assert runs(world) == []


# --- time -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("R04.FR.20", "R04.FR.22", "R04.FR.10")
def test_a_scheduled_control_begins_and_ends_on_the_second():
    """Both are told with their time; then it is gone."""
    world = station()
    begin = world.now + timedelta(seconds=100)
    install(world, limit("a", starts=begin, seconds=50))
    world.pass_time(99)
    assert runs(world) == []
    world.pass_time(2)
    assert runs(world) == [("a", True, ())]
    world.pass_time(50)
    told: Any = world.csms.of(DerControlStarted)
    assert [(one.started, one.at) for one in told] == [(True, begin), (False, begin + timedelta(seconds=50))]
    assert held(world) == {}


def test_beginnings_and_ends_are_told_when_the_line_is_back():
    """Nothing of it is lost offline."""
    world = station()
    install(world, limit("a", starts=world.now + timedelta(seconds=10), seconds=20))
    world.cut()
    world.pass_time(60)
    world.connect()
    world.pass_time(1)
    assert runs(world) == [("a", True, ()), ("a", False, ())]


@pytest.mark.req("R01.FR.03")
def test_controls_survive_a_power_failure():
    """What was answered is kept; what ran is not told twice, what ended meanwhile is told."""
    world = station()
    install(world, limit("default", default=True))
    install(world, limit("a", seconds=500))
    assert runs(world) == [("a", True, ())]
    world.kill()
    world.pass_time(5)
    assert runs(world) == [("a", True, ())]
    assert held(world) == {"default": False, "a": False}
    world.pass_time(500)
    assert runs(world) == [("a", False, ())]


# --- reports and clearing -------------------------------------------------------------------------------------------


@pytest.mark.req("R04.FR.30", "R04.FR.33", "R04.FR.34", "R04.FR.35", "R04.FR.37")
@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["a", "b", "c"]),
        ({"is_default": True}, ["a", "c"]),
        ({"is_default": False}, ["b"]),
        ({"control_type": T.LIMIT_MAX_DISCHARGE}, ["a", "b"]),
        ({"control_type": T.LIMIT_MAX_DISCHARGE, "is_default": True}, ["a"]),
        ({"control_id": "c"}, ["c"]),
        ({"control_id": "c", "is_default": False}, []),
        ({"control_id": "z"}, []),
    ],
    ids=str,
)
def test_a_report_has_what_was_asked_for(wanted: dict[str, Any], found: list[str]):
    """NotFound where there is nothing."""
    world = station()
    install(world, limit("a", default=True))
    install(world, limit("b"))
    install(world, curved("c", T.VOLT_VAR, (95, 30), (105, -30), unit="PctMaxVar"))
    assert sorted(held(world, **wanted)) == found
    outcome: Any = world.command(GetDerControl(request_id=9, **wanted))
    assert outcome.status == ("Accepted" if found else "NotFound")


@pytest.mark.req("R04.FR.31", "R04.FR.32")
def test_a_long_report_comes_in_parts():
    """All with the number of the request; all but the last say that more follow."""
    world = station()
    for number in range(25):
        install(world, limit(f"c{number}", default=True))
    assert len(held(world)) == 25
    told: Any = world.csms.of(DerControlsReported)
    assert [(part.request_id, len(part.controls), part.more) for part in told] == [
        (8, 10, True),
        (8, 10, True),
        (8, 5, False),
    ]


@pytest.mark.req("R04.FR.41", "R04.FR.42", "R04.FR.44", "R04.FR.45", "R04.FR.46")
@pytest.mark.parametrize(
    ("wanted", "status", "left"),
    [
        ({"is_default": True}, "Accepted", ["b"]),
        ({"is_default": False}, "Accepted", ["a", "c"]),
        ({"is_default": True, "control_type": T.LIMIT_MAX_DISCHARGE}, "Accepted", ["b", "c"]),
        ({"is_default": False, "control_type": T.VOLT_VAR}, "NotFound", ["a", "b", "c"]),
        ({"is_default": True, "control_id": "c"}, "Accepted", ["a", "b"]),
        ({"is_default": True, "control_id": "b"}, "NotFound", ["a", "b", "c"]),
    ],
    ids=str,
)
def test_controls_are_cleared_as_asked(wanted: dict[str, Any], status: str, left: list[str]):
    """Defaults or scheduled ones, by type or by id."""
    world = station()
    install(world, limit("a", default=True))
    install(world, limit("b"))
    install(world, curved("c", T.VOLT_VAR, (95, 30), (105, -30), unit="PctMaxVar"))
    outcome: Any = world.command(ClearDerControl(**wanted))
    assert (outcome.status, sorted(held(world))) == (status, left)


# --- what they do ---------------------------------------------------------------------------------------------------


def giving(watts: int = -15_000) -> StationWorld:
    """Somebody's vehicle gives energy back, by a setpoint that can be changed."""
    world = both_ways()
    put(world, moded(period("CentralSetpoint", setpoint=watts), kind="Dynamic"))
    assert power(world) == watts
    world.csms.heard.clear()
    return world


@pytest.mark.req("R04.FR.04", "R04.FR.11", "R05.FR.01", "R05.FR.02")
def test_what_is_given_back_is_limited_by_the_scheduled_control_then_by_the_default():
    """Of 30 kW: 40 % by default, 10 % for a while; one alarm as long as it is not what the profile wants."""
    world = giving()
    install(world, limit("default", 40, default=True))
    assert power(world) == -12_000
    install(world, limit("less", 10, seconds=100))
    assert power(world) == -3000
    install(world, limit("other default", 20, priority=1, default=True))
    assert power(world) == -3000
    world.pass_time(101)
    assert power(world) == -6000
    world.command(ClearDerControl(is_default=True))
    assert power(world) == -15_000
    assert alarms(world) == [("LimitMaxDischarge", None, False), ("LimitMaxDischarge", None, True)]


def test_a_limit_that_changes_nothing_is_no_alarm():
    """Charging, or giving less than may be."""
    world = giving(-2000)
    install(world, limit("a", 40, default=True))
    put(world, moded(period("CentralSetpoint", setpoint=9000), number=2, level=1))
    assert (power(world), alarms(world)) == (9000, [])


DROOP = FreqDroop(
    priority=1,
    over_freq=Decimal("50.2"),
    under_freq=Decimal("49.8"),
    over_droop=Decimal("0.04"),
    under_droop=Decimal("0.04"),
    response_time=Decimal(0),
)


@pytest.mark.parametrize(
    ("setpoint", "hertz", "watts", "fault"),
    [
        (-10_000, "50.1", -10_000, None),
        (-10_000, "50.4", -7000, "OverFrequency"),
        (-10_000, "52.0", 17_000, "OverFrequency"),
        (-10_000, "49.6", -13_000, "UnderFrequency"),
        (10_000, "50.4", 13_000, "OverFrequency"),
        (10_000, "49.6", 7000, "UnderFrequency"),
        (2000, "49.0", 0, "UnderFrequency"),
    ],
)
def test_a_droop_shifts_the_power_with_the_frequency(setpoint: int, hertz: str, watts: int, fault: str | None):
    """4 % are 2 Hz for 30 kW: 15 kW a Hz beyond the dead band; a vehicle that is charged is not discharged for it."""
    world = giving(setpoint)
    install(world, default("droop", T.FREQ_DROOP, DROOP))
    world.feed(GridMeasured(frequency_hz=Decimal(hertz)))
    assert power(world) == watts
    assert alarms(world) == ([("FreqDroop", fault, False)] if fault else [])
    world.feed(GridMeasured(frequency_hz=Decimal(50)))
    assert power(world) == setpoint


def test_a_droop_takes_from_plain_charging_too():
    """No profile at all: what the vehicle may take goes down from the outlet's 50 kW."""
    world = both_ways()
    install(world, default("droop", T.FREQ_DROOP, DROOP))
    world.feed(GridMeasured(frequency_hz=Decimal("48.0")))
    assert power(world) == pytest.approx(50_000 - 27_000, abs=100)
    assert alarms(world) == [("FreqDroop", "UnderFrequency", False)]


@pytest.mark.parametrize(
    ("control", "measured", "watts", "fault"),
    [
        pytest.param(
            curved("c", T.FREQ_WATT, (50.2, 100), (51.2, 0)),
            {"frequency_hz": Decimal("51.0")},
            -6000,
            "OverFrequency",
            id="FreqWatt",
        ),
        pytest.param(
            curved("c", T.VOLT_WATT, (106, 100), (110, 0)),
            {"voltage_percent": Decimal(109)},
            -7500,
            "OverVoltage",
            id="VoltWatt",
        ),
        pytest.param(
            curved("c", T.VOLT_VAR, (106, 100), (110, 0)),
            {"voltage_percent": Decimal(109)},
            -15_000,
            None,
            id="VoltVar",
        ),
        pytest.param(
            curved("c", T.VOLT_WATT, (106, 100), (110, 0), unit="PctWAvail"),
            {"voltage_percent": Decimal(109)},
            -15_000,
            None,
            id="another unit",
        ),
    ],
)
def test_curves_of_active_power_limit_what_is_given(
    control: DerControl, measured: dict[str, Decimal], watts: int, fault: str | None
):
    """In percent of the 30 kW; others are kept and do nothing here."""
    world = giving()
    install(world, control)
    world.feed(GridMeasured(**measured))
    assert power(world) == watts
    assert alarms(world) == ([(str(control.control_type), fault, False)] if fault else [])


FAULT = GridFault(T.HF_MUST_TRIP, GridEventFault.OVER_FREQUENCY, True, "from the relay")
MENDED = GridFault(T.HF_MUST_TRIP, GridEventFault.OVER_FREQUENCY, False)


@pytest.mark.req("R05.FR.01", "R05.FR.02")
def test_a_fault_of_the_grid_ends_giving_back_and_is_an_alarm():
    """Until it is gone; told with what was said of it."""
    world = giving()
    world.feed(FAULT, FAULT)
    assert power(world) == 0
    told: Any = world.csms.of(DerAlarm)
    assert [one.extra_info for one in told] == ["from the relay"]
    world.feed(MENDED)
    assert power(world) == -15_000
    assert alarms(world) == [("HFMustTrip", "OverFrequency", False), ("HFMustTrip", "OverFrequency", True)]


def test_an_alarm_is_told_where_nobody_charges_and_ends_after_a_restart():
    """It stands with the CSMS: the fault is not there any more when the station is back."""
    world = station()
    world.feed(FAULT)
    world.kill()
    world.pass_time(5)
    assert alarms(world) == [("HFMustTrip", "OverFrequency", False), ("HFMustTrip", "OverFrequency", True)]


SERVICE = EnterService(
    priority=1,
    high_voltage=Decimal(105),
    low_voltage=Decimal(95),
    high_freq=Decimal("50.1"),
    low_freq=Decimal("49.9"),
    delay=Decimal(60),
)


@pytest.mark.req("R05.FR.03", "R05.FR.04")
def test_the_return_after_a_fault_waits_as_enter_service_says():
    """A minute within the window, counted anew from each moment outside of it; the alarm changes its type, and ends once."""
    world = giving()
    install(world, default("service", T.ENTER_SERVICE, SERVICE))
    world.feed(FAULT, MENDED)
    world.pass_time(30)
    world.feed(GridMeasured(frequency_hz=Decimal("50.3")))
    world.pass_time(30)
    world.feed(GridMeasured(frequency_hz=Decimal("50.0")))
    world.pass_time(59)
    assert power(world) == 0
    world.pass_time(2)
    assert power(world) == -15_000
    assert alarms(world) == [
        ("HFMustTrip", "OverFrequency", False),
        ("EnterService", None, False),
        ("EnterService", None, True),
    ]


# --- the device model -----------------------------------------------------------------------------------------------


@pytest.mark.req("R01.FR.01", "R01.FR.02")
def test_each_inverter_tells_its_nameplate():
    """All that the appendix demands, with the layout's figures."""
    world = StationWorld(station="dc-50-v2x-dual")
    for evse in (1, 2):
        assert world.core.variable(f"DCDERCtrlr@{evse}.MaxW") == "30000"
        assert world.core.variable(f"DCDERCtrlr@{evse}.MaxChargeRateW") == "50000"
        assert set(world.core.variable(f"DCDERCtrlr@{evse}.ModesSupported").split(",")) == set(DerControlType)
    told = {spec.name.variable for spec, _ in world.core.variables() if spec.name.component == "DCDERCtrlr"}
    assert told >= {
        "OverExcitedW",
        "OverExcitedPF",
        "UnderExcitedW",
        "UnderExcitedPF",
        "MaxVA",
        "MaxVar",
        "MaxVarNeg",
        "MaxChargeRateVA",
        "InverterManufacturer",
        "InverterModel",
        "InverterSwVersion",
        "InverterHwVersion",
        "ReactiveSusceptance",
    }
