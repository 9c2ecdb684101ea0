"""Charge point under test, 1.6: the Smart Charging profile. The unit is A, or W where the case is played with both."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.ocpp import v16
from tests.support.world16 import World16

LOCAL = 32
DEVIATION = timedelta(seconds=5)
UNITS = pytest.mark.parametrize(("unit", "factor"), [("A", 1), ("W", 690)], ids=["A", "W"])


def _profile(
    world: World16,
    number: int,
    purpose: Any,
    *periods: tuple[int, float],
    level: int = 0,
    duration: int | None = None,
    unit: Any = "A",
    transaction: int | None = None,
    start: timedelta | None = -DEVIATION,
    kind: Any = "Absolute",
    until: int | None = None,
) -> v16.ChargingProfile:
    schedule = v16.ChargingSchedule(
        charging_rate_unit=unit,
        charging_schedule_period=[
            v16.ChargingSchedulePeriod(start_period=second, limit=limit, number_phases=3) for second, limit in periods
        ],
        duration=duration,
        start_schedule=None if start is None else world.now + start,
    )
    return v16.ChargingProfile(
        charging_profile_id=number,
        stack_level=level,
        charging_profile_purpose=purpose,
        charging_profile_kind=kind,
        charging_schedule=schedule,
        transaction_id=transaction,
        valid_from=None if until is None else world.now - DEVIATION,
        valid_to=None if until is None else world.now - DEVIATION + timedelta(seconds=until),
    )


def _set(world: World16, connector: int, profile: v16.ChargingProfile) -> str:
    request = v16.SetChargingProfileRequest(connector_id=connector, cs_charging_profiles=profile)
    return str(world.asks(request).status)


def _limits(world: World16, seconds: int, unit: Any = "A", connector: int = 1) -> list[tuple[int, float]]:
    """The composite schedule, with what every answer must say."""
    request = v16.GetCompositeScheduleRequest(connector_id=connector, duration=seconds, charging_rate_unit=unit)
    answer: v16.GetCompositeScheduleResponse = world.asks(request)
    assert (answer.status, answer.connector_id) == ("Accepted", connector)
    schedule = answer.charging_schedule
    assert schedule is not None
    assert (schedule.duration, schedule.charging_rate_unit) == (seconds, unit)
    assert schedule.start_schedule is not None
    assert abs(schedule.start_schedule - world.now) <= timedelta(seconds=1)
    return [(one.start_period, float(one.limit)) for one in schedule.charging_schedule_period]


@pytest.mark.req("1.6:3.13.1", "1.6:5.7")
@UNITS
def test_tc_056_cs(unit: str, factor: int) -> None:
    """A default for transactions to come."""
    world = World16()
    profile = _profile(world, 1, "TxDefaultProfile", (0, 6 * factor), duration=305, unit=unit)
    assert _set(world, 1, profile) == "Accepted"
    assert _limits(world, 300, unit) == [(0, 6 * factor)]


@pytest.mark.req("1.6:5.16.3")
def test_tc_057_cs() -> None:
    """A profile for the transaction that goes on, by the number the central system gave it."""
    world = World16()
    number = world.charge()
    assert _set(world, 1, _profile(world, 1, "TxProfile", (0, 6), transaction=number)) == "Accepted"
    assert _limits(world, 300) == [(0, 6)]
    assert world.hardware.meter(1).power_w == 3 * 230 * 6


@pytest.mark.req("1.6:3.13.1")
@pytest.mark.parametrize("case", ["TC_058_1_CS", "TC_058_2_CS"])
def test_tc_058(case: str) -> None:
    """No transaction goes on, or another one."""
    world = World16()
    number = world.charge() + 1 if case == "TC_058_2_CS" else 1
    assert _set(world, 1, _profile(world, 1, "TxProfile", (0, 6), transaction=number)) == "Rejected"


@pytest.mark.req("1.6:5.16.2")
def test_tc_059_cs() -> None:
    """A remote start brings its profile."""
    world = World16()
    world.plug()
    profile = _profile(world, 1, "TxProfile", (0, 6), start=None, kind="Relative")
    begin = v16.RemoteStartTransactionRequest(id_tag="ANNA", connector_id=1, charging_profile=profile)
    assert world.asks(begin).status == "Accepted"
    world.pass_time(5, step=1)
    assert _limits(world, 300) == [(0, 6)]
    assert world.hardware.meter(1).power_w == 3 * 230 * 6


@pytest.mark.req("1.6:5.16.2")
def test_tc_060_cs() -> None:
    """A remote start with a profile for another purpose."""
    world = World16()
    profile = _profile(world, 1, "TxDefaultProfile", (0, 6))
    begin = v16.RemoteStartTransactionRequest(id_tag="ANNA", connector_id=1, charging_profile=profile)
    assert world.asks(begin).status == "Rejected"


@pytest.mark.req("1.6:3.13.1", "1.6:3.13.3")
@UNITS
def test_tc_066_cs(unit: str, factor: int) -> None:
    """A maximum, a default and the transaction's own together; the default does not come back when the transaction's own ends."""
    world = World16()
    number = world.charge()

    def times(*periods: tuple[int, int]) -> list[tuple[int, int]]:
        return [(second, limit * factor) for second, limit in periods]

    most = _profile(world, 1, "ChargePointMaxProfile", *times((0, 10)), duration=86_400, unit=unit)
    assert _set(world, 0, most) == "Accepted"
    default = times((0, 6), (60, 10), (120, 8), (180, 15), (260, 8))
    assert (
        _set(world, 1, _profile(world, 2, "TxDefaultProfile", *default, duration=300, unit=unit, until=401))
        == "Accepted"
    )
    own = times((0, 8), (50, 11), (140, 16), (200, 6), (240, 12))
    mine = _profile(world, 3, "TxProfile", *own, duration=260, unit=unit, transaction=number, until=401)
    assert _set(world, 1, mine) == "Accepted"
    expected = times((0, 8), (45, 10), (195, 6), (235, 10))
    assert _limits(world, 400, unit) == expected


@pytest.mark.req("1.6:5.5")
def test_tc_067_cs() -> None:
    """One by its id, one by purpose and level, then all: what is left shows each time."""
    world = World16()
    upper = [(0, 6), (60, 8), (200, 10)]
    assert _set(world, 1, _profile(world, 1, "TxDefaultProfile", *upper, level=1, duration=400)) == "Accepted"
    lower = _profile(world, 2, "TxDefaultProfile", (0, 7), (100, 9), duration=400, until=401)
    assert _set(world, 1, lower) == "Accepted"
    most = _profile(world, 3, "ChargePointMaxProfile", (0, 11), (200, 12), duration=86_400, until=401)
    assert _set(world, 0, most) == "Accepted"
    assert world.asks(v16.ClearChargingProfileRequest(id=1)).status == "Accepted"
    assert _limits(world, 350) == [(0, 7), (95, 9)]
    second = v16.ClearChargingProfileRequest(charging_profile_purpose="TxDefaultProfile", stack_level=0)
    assert world.asks(second).status == "Accepted"
    assert _limits(world, 350) == [(0, 11), (195, 12)]
    assert world.asks(v16.ClearChargingProfileRequest()).status == "Accepted"
    assert _limits(world, 350) == [(0, LOCAL)]
    assert world.asks(v16.ClearChargingProfileRequest()).status == "Unknown"


@pytest.mark.req("1.6:3.13.2")
@UNITS
def test_tc_072_cs(unit: str, factor: int) -> None:
    """Two defaults, the upper one for 150 s."""
    world = World16()
    for number, level, duration, periods in (
        (1, 0, 400, [(0, 6), (100, 8), (200, 10)]),
        (2, 1, 150, [(0, 7), (100, 9)]),
    ):
        limits = [(second, limit * factor) for second, limit in periods]
        profile = _profile(
            world, number, "TxDefaultProfile", *limits, level=level, duration=duration, unit=unit, until=401
        )
        assert _set(world, 1, profile) == "Accepted"
    expected = [(0, 7), (95, 9), (145, 8), (195, 10)]
    assert _limits(world, 350, unit) == [(second, limit * factor) for second, limit in expected]


@pytest.mark.req("1.6:5.16.4")
def test_tc_082_cs() -> None:
    """A default counts for the transaction that goes on, too."""
    world = World16()
    world.charge()
    assert _set(world, 1, _profile(world, 1, "TxDefaultProfile", (0, 6), duration=305)) == "Accepted"
    assert _limits(world, 300) == [(0, 6)]
    assert world.hardware.meter(1).power_w == 3 * 230 * 6


@pytest.mark.req("1.6:3.13.5", "1.6:9.4.1", "1.6:9.4.2", "1.6:9.4.3", "1.6:9.4.4", "1.6:9.4.5")
def test_the_configuration_keys_of_smart_charging() -> None:
    """All of them are there; a central system plans by them."""
    world = World16()
    keys = {
        "ChargeProfileMaxStackLevel": "99",
        "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
        "ChargingScheduleMaxPeriods": "1024",
        "ConnectorSwitch3to1PhaseSupported": "true",
        "MaxChargingProfilesInstalled": "100",
    }
    assert {key: world.value(key) for key in keys} == keys


def test_nothing_is_said_that_16_has_no_words_for() -> None:
    """A pause shows as SuspendedEVSE, and Charging after it."""
    world = World16()
    world.charge()
    before = len(world.wire)
    assert _set(world, 1, _profile(world, 1, "TxDefaultProfile", (0, 0), (65, 16))) == "Accepted"
    world.pass_time(90, step=1)
    states = [one.status for one in world.wire[before:] if isinstance(one, v16.StatusNotificationRequest)]
    assert states == ["SuspendedEVSE", "Charging"]
