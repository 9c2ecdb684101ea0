"""Schedules in local time while that jumps: what lies between is skipped, or comes again (K01.FR.91)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotwire.domain.device_model import SetVariables, VariableSetting
from pilotwire.domain.smart_charging import GetCompositeSchedule, SetChargingProfile
from pilotwire.station.core import SetCurrentLimit
from pilotwire.station.core.device_model_clock import local_shifts
from pilotwire.station.core.variable_table import name_of
from tests.support.charging import DEFAULT, MAX, profile
from tests.support.station_world import START, StationWorld

BERLIN = {"ClockCtrlr.TimeZone": "Europe/Berlin"}
HOUR = 3600
_Moments = list[tuple[str, int]]


def _local(year: int, month: int, day: int, hour: int) -> datetime:
    """A local time as it is written into a schedule: its Z does not count (K01.FR.90)."""
    return datetime(year, month, day, hour, tzinfo=UTC)


def _put(world: StationWorld, number: int, *periods: tuple[int, float], start: datetime, **more: Any) -> None:
    purpose = more.pop("purpose", DEFAULT)
    made = profile(number, purpose, *periods, start=start, schedule={"use_local_time": True}, **more)
    outcome: Any = world.command(SetChargingProfile(evse_id=0 if purpose is MAX else 1, charging_profile=made))
    assert str(outcome.status) == "Accepted"


def _ahead(world: StationWorld, days: int, after: datetime, until: datetime) -> _Moments:
    """When in UTC a limit begins to count, by the composite schedule of so many days."""
    outcome: Any = world.command(GetCompositeSchedule(evse_id=1, duration=days * 86_400))
    schedule = outcome.schedule
    found = [
        (schedule.schedule_start + timedelta(seconds=each.start_period), int(each.limit))
        for each in schedule.charging_schedule_period
    ]
    return [(f"{at:%d %H:%M}", limit) for at, limit in found if after <= at < until]


@pytest.mark.req("K01.FR.91")
def test_in_spring_the_hour_that_is_not_there_is_skipped() -> None:
    """On 29 March 2026 it is 03:00 after 01:59:59: more than one period may be left out."""
    world = StationWorld(variables=BERLIN)
    periods = ((0, 10), (2 * HOUR, 12), (2 * HOUR + 1800, 14), (3 * HOUR, 16), (23 * HOUR, 18))
    _put(world, 1, *periods, start=_local(2026, 3, 1, 0), kind="Recurring", recurrency_kind="Daily")
    day = datetime(2026, 3, 27, 23, tzinfo=UTC)
    assert _ahead(world, 31, day, day + timedelta(hours=71)) == [
        ("27 23:00", 10),
        ("28 01:00", 12),
        ("28 01:30", 14),
        ("28 02:00", 16),
        ("28 22:00", 18),
        ("28 23:00", 10),
        ("29 01:00", 16),
        ("29 21:00", 18),
        ("29 22:00", 10),
        ("30 00:00", 12),
        ("30 00:30", 14),
        ("30 01:00", 16),
        ("30 21:00", 18),
    ]


@pytest.mark.req("K01.FR.91")
def test_in_autumn_the_hour_that_comes_twice_is_executed_twice() -> None:
    """On 25 October 2026 it is 02:00 after 02:59:59; the end of the schedule follows local time too."""
    world = StationWorld(variables=BERLIN)
    periods = ((0, 10), (2 * HOUR, 12), (2 * HOUR + 1800, 14), (3 * HOUR, 16))
    _put(world, 1, *periods, start=_local(2026, 10, 25, 0), duration=4 * HOUR)
    day = datetime(2026, 10, 24, 20, tzinfo=UTC)
    assert _ahead(world, 240, day, day + timedelta(days=1)) == [
        ("24 22:00", 10),
        ("25 00:00", 12),
        ("25 00:30", 14),
        ("25 01:00", 12),
        ("25 01:30", 14),
        ("25 02:00", 16),
        ("25 03:00", 32),
    ]


@pytest.mark.req("K01.FR.90", "K01.FR.91")
def test_without_local_time_nothing_jumps() -> None:
    world = StationWorld(variables=BERLIN)
    made = profile(1, DEFAULT, (0, 10), (5 * HOUR, 16), start=datetime(2026, 3, 28, 22, tzinfo=UTC))
    world.command(SetChargingProfile(evse_id=1, charging_profile=made))
    day = datetime(2026, 3, 28, tzinfo=UTC)
    assert _ahead(world, 31, day, day + timedelta(days=2)) == [("28 22:00", 10), ("29 03:00", 16)]


def _executed(world: StationWorld, hours: float) -> _Moments:
    """The limits the hardware gets from now on, and when (in minutes since the start)."""
    found: _Moments = []
    for _ in range(int(hours * 60)):
        before = len(world.actions)
        world.pass_time(60)
        for one in world.actions[before:]:
            if isinstance(one, SetCurrentLimit):
                assert one.amps is not None
                found.append((f"{(world.now - START).total_seconds() / 60:.0f}", int(one.amps)))
    return found


@pytest.mark.req("K01.FR.91")
@pytest.mark.parametrize(
    ("after", "executed"),
    [
        ("+02:00", [("60", 16)]),
        ("+00:00", [("120", 12), ("150", 14), ("180", 16)]),
        ("+01:00", [("60", 12), ("90", 14), ("120", 16)]),
    ],
    ids=["ahead", "back", "not at all"],
)
def test_a_schedule_that_is_executed_goes_on_where_the_new_time_has_it(after: str, executed: _Moments) -> None:
    """The limit changes at the moment of the jump, without anything else happening: told as an offset that is to come."""
    world = StationWorld(variables={"ClockCtrlr.TimeOffset": "+01:00"})
    transition = (START + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    settings = (("TimeOffset[NextTransition]", after), ("NextTimeOffsetTransitionDateTime", transition))
    for name, value in settings:
        setting = VariableSetting(name=name_of(f"ClockCtrlr.{name}"), value=value)
        outcome: Any = world.command(SetVariables(settings=(setting,)))
        assert str(outcome.results[0].status) == "Accepted"
    periods = ((0, 10), (HOUR, 12), (HOUR + 1800, 14), (2 * HOUR, 16))
    _put(world, 1, *periods, start=_local(2026, 3, 1, 9), purpose=MAX)
    world.plug()
    world.tap("ANNA")
    assert [int(one.amps or 0) for one in world.actions if isinstance(one, SetCurrentLimit)] == [10]
    assert _executed(world, 3.5) == executed


@pytest.mark.parametrize(
    ("zone", "jumps"),
    [
        ("Europe/Berlin", [("2026-03-29T01:00:00", 2), ("2026-10-25T01:00:00", 1)]),
        ("America/New_York", [("2026-03-08T07:00:00", -4), ("2026-11-01T06:00:00", -5)]),
        ("Australia/Lord_Howe", [("2026-04-04T15:00:00", 10.5), ("2026-10-03T15:30:00", 11)]),
        ("Asia/Singapore", []),
        ("", []),
    ],
)
def test_the_jumps_of_time_zones_are_known_to_the_second(zone: str, jumps: list[tuple[str, float]]) -> None:
    world = StationWorld(variables={"ClockCtrlr.TimeZone": zone})
    found = local_shifts(world.core._station, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC))
    assert [(f"{at:%Y-%m-%dT%H:%M:%S}", offset.total_seconds() / HOUR) for at, offset in found] == jumps
