"""The composite schedule of energy in both directions, and of limits by phase: what it tells beside a limit."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    FreqWattPoint,
    InstalledProfile,
    OperationMode,
)
from pilotwire.domain.smart_charging.composite import composite, limit_now
from pilotwire.domain.smart_charging.composite_timeline import Outlet, Site, Supply

A, W = ChargingRateUnit.AMPERE, ChargingRateUnit.WATT
T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
DC50 = Supply(
    max_amps=Decimal(125),
    max_watts=Decimal(50_000),
    voltage=Decimal(400),
    phases=1,
    is_dc=True,
    discharge_watts=Decimal(20_000),
)
AC22 = Supply(max_amps=Decimal(32), max_watts=Decimal(22_080))


def installed(
    purpose: str,
    *periods: dict[str, Any],
    evse: int = 1,
    unit: ChargingRateUnit = W,
    number: int = 1,
    source: str = "CSO",
) -> InstalledProfile:
    """A profile of periods given by their fields."""
    made = tuple(
        ChargingSchedulePeriod(
            start_period=period.get("start", 0),
            operation_mode=OperationMode(period["mode"]) if "mode" in period else None,
            **{
                name: Decimal(value) if isinstance(value, int) and name != "number_phases" else value
                for name, value in period.items()
                if name not in ("start", "mode")
            },
        )
        for period in periods
    )
    schedule = ChargingSchedule(charging_rate_unit=unit, start_schedule=T0, charging_schedule_period=made)
    profile = ChargingProfile(
        id=number,
        stack_level=0,
        charging_profile_purpose=ChargingProfilePurpose(purpose),
        charging_profile_kind=ChargingProfileKind.ABSOLUTE,
        charging_schedule=(schedule,),
    )
    return InstalledProfile(
        evse_id=evse, profile=profile, at=T0, charging_limit_source=source, transaction_id=f"tx{evse}"
    )


def site(*profiles: InstalledProfile, outlets: int = 1, supply: Supply = DC50, **more: Any) -> Site:
    """Outlets alike, each in use."""
    places = tuple(
        Outlet(evse_id=n, supply=supply, transaction_id=f"tx{n}", in_use=True, charging_since=T0)
        for n in range(1, outlets + 1)
    )
    return Site(outlets=places, installed=profiles, **more)


def told(where: Site, *names: str, evse: int = 1, unit: ChargingRateUnit = W) -> list[tuple[Any, ...]]:
    """Start and the fields asked for, of each period."""
    schedule = composite(where, evse, T0, 600, unit)
    periods = schedule.charging_schedule_period
    return [(each.start_period, *(_plain(getattr(each, name)) for name in names)) for each in periods]


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else None if value is None else str(value)


DEFAULT, MAX, OUTSIDE, TX = (
    "TxDefaultProfile",
    "ChargingStationMaxProfile",
    "ChargingStationExternalConstraints",
    "TxProfile",
)


@pytest.mark.req("K08.FR.04")
@pytest.mark.parametrize("mode", ["CentralSetpoint", "CentralFrequency"])
def test_setpoints_of_the_csms_are_told_with_what_the_hardware_can(mode: str) -> None:
    where = site(
        installed(DEFAULT, {"limit": 11_000}, {"start": 100, "mode": mode, "setpoint": -7000, "setpoint_reactive": 500})
    )
    assert told(where, "operation_mode", "limit", "discharge_limit", "setpoint", "setpoint_reactive") == [
        (0, None, 11_000, None, None, None),
        (100, mode, 50_000, -20_000, -7000, 500),
    ]


@pytest.mark.req("K08.FR.08")
@pytest.mark.parametrize(("wanted", "capped"), [(30_000, 2000), (1000, 1000), (-3000, -3000), (-9000, -4000)])
def test_a_setpoint_is_capped_by_the_limits_of_other_profiles(wanted: int, capped: int) -> None:
    """What is above it comes from the station's own limit, what is below from an external system's."""
    where = site(
        installed(DEFAULT, {"mode": "CentralSetpoint", "setpoint": wanted}),
        installed(MAX, {"limit": 2000}, evse=0, number=2),
        installed(OUTSIDE, {"mode": "ExternalLimits", "discharge_limit": -4000}, number=-1, source="EMS"),
    )
    assert told(where, "limit", "discharge_limit", "setpoint") == [(0, 2000, -4000, capped)]


@pytest.mark.req("K08.FR.04")
def test_the_strictest_discharge_limit_counts_and_that_of_the_station_is_shared() -> None:
    where = site(
        installed(DEFAULT, {"mode": "ExternalLimits", "limit": 9000, "discharge_limit": -8000}, evse=0),
        installed(OUTSIDE, {"mode": "ExternalLimits", "discharge_limit": -10_000}, evse=0, number=-1, source="EMS"),
        outlets=2,
    )
    assert told(where, "limit", "discharge_limit", "setpoint") == [(0, 9000, -5000, None)]
    assert told(where, "limit", "discharge_limit", evse=0) == [(0, 18_000, -10_000)]


@pytest.mark.req("Q06.FR.20", "Q06.FR.21", "Q06.FR.22", "Q06.FR.31")
@pytest.mark.parametrize(("csms_first", "setpoint"), [(False, -3000), (True, 4000)])
def test_which_setpoint_is_told_goes_by_the_priority(csms_first: bool, setpoint: int) -> None:
    """That of the external system is for the station: two share it."""
    where = site(
        installed(DEFAULT, {"mode": "CentralSetpoint", "setpoint": 4000}, evse=0),
        installed(OUTSIDE, {"mode": "ExternalSetpoint", "setpoint": -6000}, evse=0, number=-1, source="EMS"),
        outlets=2,
        csms_setpoint_first=csms_first,
    )
    assert told(where, "setpoint") == [(0, setpoint)]
    assert told(where, "setpoint", evse=0) == [(0, 2 * setpoint)]


def test_baseline_and_curves_are_told_where_no_setpoint_can_be_known() -> None:
    points = (
        FreqWattPoint(frequency=Decimal("49.8"), power=Decimal(-5000)),
        FreqWattPoint(frequency=Decimal("50.2"), power=Decimal(5000)),
    )
    where = site(installed(DEFAULT, {"mode": "LocalFrequency", "v2x_baseline": 1000, "v2x_freq_watt_curve": points}))
    (period,) = composite(where, 1, T0, 60, W).charging_schedule_period
    assert (period.operation_mode, period.v2x_baseline, period.v2x_freq_watt_curve, period.setpoint) == (
        OperationMode.LOCAL_FREQUENCY,
        1000,
        points,
        None,
    )


def test_values_come_in_the_unit_asked_for_and_never_beyond_what_was_said() -> None:
    """At 400 V: -7000 W are -17.5 A; 33 W are 0.0825 A, told as 0."""
    where = site(
        installed(
            DEFAULT,
            {"mode": "CentralSetpoint", "setpoint": -7000},
            {"start": 60, "mode": "CentralSetpoint", "setpoint": -33},
        )
    )
    assert told(where, "limit", "discharge_limit", "setpoint", unit=A) == [(0, 125, -50, -17.5), (60, 125, -50, 0)]


@pytest.mark.req("Q02.FR.05")
def test_a_vehicle_that_may_not_give_back_is_told_so() -> None:
    where = site(installed(DEFAULT, {"mode": "CentralSetpoint", "setpoint": -7000}))
    where = changed(where, outlets=tuple(changed(each, gives_back=False) for each in where.outlets))
    assert told(where, "discharge_limit", "setpoint") == [(0, 0, 0)]


def test_an_outlet_that_only_gives_has_no_setpoint() -> None:
    """What it may take is that of the setpoint, as it always was."""
    where = site(
        installed(DEFAULT, {"mode": "CentralSetpoint", "setpoint": 4000}),
        supply=changed(DC50, discharge_watts=Decimal(0)),
    )
    assert told(where, "limit", "setpoint", "operation_mode") == [(0, 4000, None, None)]


def test_a_station_with_another_outlet_that_just_charges_has_no_setpoint_as_a_whole() -> None:
    where = site(installed(DEFAULT, {"mode": "CentralSetpoint", "setpoint": -4000}), outlets=2)
    assert told(where, "limit", "discharge_limit", "setpoint", evse=0) == [(0, 100_000, -20_000, None)]


# --- limits by phase --------------------------------------------------------------------------------------------------


@pytest.mark.req("K08.FR.09")
@pytest.mark.parametrize(
    ("unit", "asked", "limits"),
    [(A, A, (16, 10, 8)), (A, W, (3680, 2300, 1840)), (W, W, (16, 10, 8)), (W, A, (0, 0, 0))],
)
def test_limits_of_single_phases_are_told_as_such(unit: ChargingRateUnit, asked: ChargingRateUnit, limits: Any) -> None:
    """In W each is that of its phase (8 W are nothing in A); a station's limit of 20 A a phase cuts none of them."""
    where = site(
        installed(TX, {"limit": 16, "limit_l2": 10, "limit_l3": 8}, unit=unit),
        installed(MAX, {"limit": 20}, evse=0, unit=A, number=2),
        supply=AC22,
    )
    assert told(where, "limit", "limit_l2", "limit_l3", unit=asked) == [(0, *limits)]


@pytest.mark.req("K08.FR.09")
def test_each_phase_has_the_lowest_of_all_limits() -> None:
    where = site(
        installed(TX, {"limit": 16, "limit_l2": 10}, unit=A),
        installed(MAX, {"limit": 12}, evse=0, unit=A, number=2),
        supply=AC22,
    )
    assert told(where, "limit", "limit_l2", "limit_l3", unit=A) == [(0, 12, 10, None)]


@pytest.mark.req("K01.FR.147")
@pytest.mark.parametrize(("unit", "values"), [(A, (16, 10, 8)), (W, (3680, 2300, 1840))])
def test_a_control_pilot_is_given_the_least_of_them(unit: ChargingRateUnit, values: tuple[int, int, int]) -> None:
    names = ("limit", "limit_l2", "limit_l3")
    where = site(installed(TX, dict(zip(names, values, strict=True)), unit=unit), supply=AC22)
    assert limit_now(where, 1, T0, A).limit == 8
