"""Values from outside as dynamic profiles, in the station's own and in those the CSMS made for them (K29, Q05, Q06)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.smart_charging import (
    ChargingLimitCleared,
    ChargingLimitNotified,
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilesReported,
    ChargingProfileStatus,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    GetChargingProfiles,
    OperationMode,
    SetChargingProfile,
)
from pilotwire.station.core.charging_limits import ExternalLimit
from pilotwire.station.core.external_power import ExternalPower
from tests.support.both_ways import begin, both_ways, moded, period, power, put
from tests.support.charging import DEFAULT, OUTSIDE, TX
from tests.support.station_world import StationWorld

DISALLOWED = {"SmartChargingCtrlr.ExternalConstraintsProfileDisallowed": "true"}


def reported(world: StationWorld, **criteria: Any) -> list[ChargingProfile]:
    """The profiles the station reports."""
    world.csms.heard.clear()
    world.command(GetChargingProfiles(request_id=1, **criteria))
    parts = [fact for fact in world.csms.of(ChargingProfilesReported) if isinstance(fact, ChargingProfilesReported)]
    return [each for part in parts for each in part.charging_profile]


@pytest.mark.req("Q06.FR.07")
def test_power_from_outside_has_the_time_of_its_last_update() -> None:
    """Even where the value is the same."""
    world = both_ways()
    for _ in range(2):
        world.feed(ExternalPower("EMS", 1, limit=Decimal(6000), discharge_limit=Decimal(-100)))
        (profile,) = reported(world, charging_profile_purpose=OUTSIDE)
        assert (profile.charging_profile_kind, profile.dyn_update_time) == (ChargingProfileKind.DYNAMIC, world.now)
        world.pass_time(30)


def only_period(profile: ChargingProfile) -> ChargingSchedulePeriod:
    """The one period of a dynamic profile."""
    (schedule,) = profile.charging_schedule
    (one,) = schedule.charging_schedule_period
    return one


@pytest.mark.req("K29.FR.01", "K29.FR.02", "K29.FR.04", "K29.FR.05", "K29.FR.06")
def test_one_limit_is_a_dynamic_profile_and_an_update_changes_its_value_and_time() -> None:
    world = both_ways()
    seen = []
    for watts in (7000, 6000):
        world.feed(ExternalLimit("EMS", Decimal(watts), unit=ChargingRateUnit.WATT))
        (profile,) = reported(world, charging_profile_purpose=OUTSIDE)
        seen.append((profile.id, only_period(profile).start_period, only_period(profile).limit, power(world)))
        assert profile.charging_profile_kind is ChargingProfileKind.DYNAMIC
        assert profile.dyn_update_time == world.now
        world.pass_time(60)
    assert seen == [(-1, 0, 7000, pytest.approx(7000, rel=0.01)), (-1, 0, 6000, pytest.approx(6000, rel=0.01))]


@pytest.mark.req("K29.FR.03", "K29.FR.06", "Q05.FR.05", "Q05.FR.06")
@pytest.mark.parametrize("purpose", [TX, DEFAULT])
@pytest.mark.parametrize(
    ("mode", "values", "watts"),
    [
        ("ExternalSetpoint", {"setpoint": -3000}, -3000),
        ("ExternalLimits", {"limit": 5000, "discharge_limit": -10}, 5000),
    ],
)
def test_values_go_into_the_profile_the_csms_made_for_them(purpose: Any, mode: str, values: Any, watts: int) -> None:
    """Even where external systems may set no profile of their own; with the time of the update, and over a restart."""
    world = both_ways(variables=DISALLOWED | {"TxCtrlr.ResumptionTimeout": "300"})
    more = {"transaction_id": world.transaction} if purpose is TX else {}
    put(world, moded(period(mode), kind="Dynamic", purpose=purpose, **more))
    world.pass_time(60)
    world.feed(ExternalPower("EMS", 1, **{name: Decimal(value) for name, value in values.items()}))
    assert power(world) == pytest.approx(watts, abs=30)
    (profile,) = reported(world)
    assert (profile.id, profile.dyn_update_time) == (1, world.now)
    told = only_period(profile)
    assert {name: getattr(told, name) for name in values} == values
    world.kill()
    assert only_period(reported(world)[0]) == told


@pytest.mark.req("K29.FR.03")
def test_a_plain_limit_goes_there_too_in_the_unit_of_the_schedule() -> None:
    """7 A of the battery's voltage."""
    world = both_ways(variables=DISALLOWED)
    put(world, moded(period("ExternalLimits"), kind="Dynamic"))
    volts = world.hardware.meter(1).voltage_v[0]
    world.feed(ExternalLimit("EMS", Decimal(7), evse_id=1))
    assert only_period(reported(world)[0]).limit == pytest.approx(7 * volts, abs=Decimal("0.1"))
    assert power(world) == pytest.approx(int(7 * volts), abs=20)


def test_a_significant_change_is_told_and_the_end_of_it() -> None:
    world = both_ways(variables=DISALLOWED | {"SmartChargingCtrlr.LimitChangeSignificance": "20"})
    put(world, moded(period("ExternalSetpoint"), kind="Dynamic"))
    world.csms.heard.clear()
    for watts in (-4000, -4100, -6000):
        world.feed(ExternalPower("EMS", 1, setpoint=Decimal(watts)))
    world.feed(ExternalPower("EMS", 1))
    told: Any = world.csms.of(ChargingLimitNotified)
    assert [fact.charging_schedule[0].charging_schedule_period[0].setpoint for fact in told] == [-4000, -6000]
    assert len(world.csms.of(ChargingLimitCleared)) == 1
    assert power(world) == 0


def test_what_the_system_had_set_itself_gives_way_to_the_profile_of_the_csms() -> None:
    """With the next value: there are not two of them."""
    world = both_ways()
    world.feed(ExternalPower("EMS", 1, setpoint=Decimal(-2000)))
    put(world, moded(period("ExternalSetpoint"), kind="Dynamic"))
    world.pass_time(30)  # it was a pause before: the vehicle comes back from it
    assert power(world) == -2000
    world.feed(ExternalPower("EMS", 1, setpoint=Decimal(-5000)))
    assert power(world) == -5000
    assert [each.id for each in reported(world)] == [1]


def test_what_is_for_one_evse_is_not_written_into_a_default_for_all() -> None:
    world = both_ways("dc-50-v2x-dual")
    begin(world, 2)
    put(world, moded(period("ExternalSetpoint"), kind="Dynamic"), evse=0)
    world.feed(ExternalPower("EMS", 1, setpoint=Decimal(-3000)))
    assert (power(world), power(world, 2)) == (-3000, 0)
    assert sorted(each.id for each in reported(world)) == [-1, 1]


@pytest.mark.req("K29.FR.07", "K29.FR.08", "Q05.FR.07", "Q05.FR.08", "Q06.FR.40", "Q06.FR.41")
def test_without_an_update_in_time_the_next_profile_counts_until_one_comes() -> None:
    world = both_ways()
    put(world, moded(period("ChargingOnly", limit=4000)))
    put(world, moded(period("ExternalSetpoint"), number=2, level=1, kind="Dynamic", duration=100))
    seen = []
    for pause in (90, 20, 60):
        world.feed(ExternalPower("EMS", 1, setpoint=Decimal(-3000)))
        world.pass_time(pause)
        seen.append(power(world))
    world.pass_time(60)
    seen.append(power(world))
    world.feed(ExternalPower("EMS", 1, setpoint=Decimal(-1000)))
    seen.append(power(world))
    assert seen == [-3000, -3000, -3000, pytest.approx(4000, abs=60), -1000]


@pytest.mark.req("Q06.FR.01", "Q06.FR.03", "Q06.FR.10")
@pytest.mark.parametrize(
    ("mode", "name", "values", "powers"),
    [
        ("ExternalSetpoint", "setpoint", (-4000, 2000), [-4000, 2000]),
        ("ExternalLimits", "discharge_limit", (-1000, -3000), [-1000, -3000]),
    ],
)
def test_a_schedule_from_outside_is_an_absolute_profile(
    mode: str, name: str, values: tuple[int, int], powers: list[int]
) -> None:
    """Told as it is, and followed to the second; what the CSMS wants stays within its limits."""
    world = both_ways()
    own = "CentralSetpoint" if mode == "ExternalLimits" else "ExternalSetpoint"
    put(world, moded(period(own, **({"setpoint": -9000} if own == "CentralSetpoint" else {}))))
    periods = tuple(
        ChargingSchedulePeriod(start_period=60 * n, **{name: Decimal(value)}) for n, value in enumerate(values)
    )
    watt = ChargingRateUnit.WATT
    world.feed(
        ExternalPower("EMS", 1, schedule=ChargingSchedule(charging_rate_unit=watt, charging_schedule_period=periods))
    )
    (fact,) = world.csms.of(ChargingLimitNotified)
    assert isinstance(fact, ChargingLimitNotified)
    (schedule,) = fact.charging_schedule
    assert fact.charging_limit.charging_limit_source == "EMS"
    assert [(each.operation_mode, getattr(each, name)) for each in schedule.charging_schedule_period] == [
        (OperationMode(mode), value) for value in values
    ]
    seen = [power(world)]
    world.pass_time(61)
    seen.append(power(world))
    assert seen == powers
    (profile,) = reported(world, charging_profile_purpose=OUTSIDE)
    assert profile.charging_profile_kind is ChargingProfileKind.ABSOLUTE
    assert profile.charging_schedule[0].start_schedule == world.now - timedelta(seconds=61)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"periods": ()}, id="no periods"),
        pytest.param({"periods": (period("ExternalLimits"),)}, id="nothing said"),
        pytest.param({"periods": (period("ExternalLimits", discharge_limit=5),)}, id="discharge limit above 0"),
        pytest.param({"periods": (period("ExternalSetpoint", setpoint=5, limit=9),)}, id="both"),
        pytest.param({"periods": (period("ExternalSetpoint", setpoint=5),), "limit": Decimal(1)}, id="with a value"),
    ],
)
def test_a_schedule_that_cannot_be_is_noted(wrong: dict[str, Any]) -> None:
    world = both_ways()
    values = {name: value for name, value in wrong.items() if name != "periods"}
    made = ChargingSchedule(charging_rate_unit=ChargingRateUnit.WATT, charging_schedule_period=wrong["periods"])
    world.feed(ExternalPower("EMS", 1, schedule=made, **values))
    assert (len(world.notes), reported(world)) == (1, [])


@pytest.mark.req("K29.FR.01")
def test_a_dynamic_profile_with_two_periods_is_not_taken() -> None:
    world = both_ways()
    two = moded(period("ExternalLimits"), period("ExternalLimits", start=60), kind="Dynamic")
    outcome: Any = world.command(SetChargingProfile(evse_id=1, charging_profile=two))
    assert outcome.status is ChargingProfileStatus.REJECTED
