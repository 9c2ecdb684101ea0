"""The clock of the device model: UTC within, local time for people, and an offset that changes at a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pilotwire.domain import device_model as dm
from pilotwire.station.core.device_model_clock import local_time
from tests.support.station_world import StationWorld

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
TRANSITION = "NextTimeOffsetTransitionDateTime"


def _set(world: StationWorld, variable: str, value: str, instance: str | None = None) -> dm.SetVariableStatus:
    name = dm.VariableName(component="ClockCtrlr", variable=variable, variable_instance=instance)
    outcome = world.command(dm.SetVariables(settings=(dm.VariableSetting(name=name, value=value),)))
    assert isinstance(outcome, dm.SetVariablesOutcome)
    return outcome.results[0].status


def _local(world: StationWorld, moment: datetime) -> str:
    return local_time(world.core._station, moment).isoformat()


def test_without_zone_and_offset_local_time_is_utc() -> None:
    """As delivered, in both families."""
    for ocpp16 in (False, True):
        assert _local(StationWorld(ocpp16=ocpp16), NOON) == "2026-07-01T12:00:00+00:00"


@pytest.mark.parametrize(
    ("offset", "local"),
    [
        ("+02:00", "2026-07-01T14:00:00+02:00"),
        ("-03:30", "2026-07-01T08:30:00-03:30"),
        ("", "2026-07-01T12:00:00+00:00"),
    ],
)
def test_an_offset_makes_local_time(offset: str, local: str) -> None:
    """To the east and to the west; none is UTC."""
    world = StationWorld()
    assert _set(world, "TimeOffset", offset) is dm.SetVariableStatus.ACCEPTED
    assert _local(world, NOON) == local


def test_a_time_zone_knows_summer_and_winter_and_goes_before_an_offset() -> None:
    """The two are not to be used together; where they are, the zone knows more."""
    world = StationWorld()
    _set(world, "TimeOffset", "+09:00")
    assert _set(world, "TimeZone", "Europe/Oslo") is dm.SetVariableStatus.ACCEPTED
    assert _local(world, NOON) == "2026-07-01T14:00:00+02:00"
    assert _local(world, NOON + timedelta(days=180)).endswith("+01:00")


@pytest.mark.req("B05.FR.07")
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TimeOffset", "2"),
        ("TimeOffset", "+25:00"),
        ("TimeOffset", "02:00"),
        ("TimeZone", "Europe/Atlantis"),
        ("TimeZone", "../etc/passwd"),
        (TRANSITION, "soon"),
        (TRANSITION, "2026-13-01T00:00:00Z"),
        (TRANSITION, "2026-03-01T00:00:00"),
        (TRANSITION, "20260301T000000Z"),
        (TRANSITION, "true"),
    ],
)
def test_what_is_no_time_is_rejected(variable: str, value: str) -> None:
    """And nothing is changed."""
    world = StationWorld()
    assert _set(world, variable, value) is dm.SetVariableStatus.REJECTED
    assert world.core.variable(f"ClockCtrlr.{variable}") == ""


def test_the_next_offset_takes_over_at_its_moment() -> None:
    """What lies behind the transition has the new offset already; the variables change when it comes, and outlive a restart."""
    world = StationWorld()
    at = world.now + timedelta(hours=1)
    _set(world, "TimeOffset", "+01:00")
    _set(world, "TimeOffset", "+02:00", "NextTransition")
    assert _set(world, TRANSITION, at.isoformat().replace("+00:00", "Z")) is dm.SetVariableStatus.ACCEPTED
    assert _local(world, at - timedelta(seconds=1)).endswith("+01:00")
    assert _local(world, at).endswith("+02:00")
    assert world.core.variable("ClockCtrlr.TimeOffset") == "+01:00"
    world.pass_time(3601)
    world.kill()
    assert world.core.variable("ClockCtrlr.TimeOffset") == "+02:00"
    assert world.core.variable("ClockCtrlr.TimeOffset[NextTransition]") == ""
    assert world.core.variable(f"ClockCtrlr.{TRANSITION}") == ""


def test_a_transition_without_a_next_offset_changes_nothing() -> None:
    """It is used up all the same, so that it does not come again."""
    world = StationWorld()
    _set(world, "TimeOffset", "+01:00")
    _set(world, TRANSITION, (world.now + timedelta(minutes=1)).isoformat())
    world.pass_time(120)
    assert world.core.variable("ClockCtrlr.TimeOffset") == "+01:00"
    assert world.core.variable(f"ClockCtrlr.{TRANSITION}") == ""
