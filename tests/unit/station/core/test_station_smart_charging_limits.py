"""Limits from outside: taken, told, reported, released (K11 to K14, K27)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.smart_charging import (
    ChargingLimitCleared,
    ChargingLimitNotified,
    ChargingProfilesReported,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    ClearChargingProfile,
    GetChargingProfiles,
    SetChargingProfile,
)
from pilotwire.station.core.charging_limits import ExternalLimit
from tests.support.charging import DEFAULT, LOCAL, OUTSIDE, W, given, profile
from tests.support.station_world import START, StationWorld

SEVEN = ExternalLimit("EMS", Decimal(7))
GONE = ExternalLimit("EMS", None)


def charging(**options: Any) -> StationWorld:
    """A world where somebody charges at EVSE 1."""
    world = StationWorld(**options)
    world.plug()
    world.tap("ANNA")
    world.pass_time(10)
    world.csms.heard.clear()
    return world


def _notified(world: StationWorld) -> list[ChargingLimitNotified]:
    return [fact for fact in world.csms.of(ChargingLimitNotified) if isinstance(fact, ChargingLimitNotified)]


@pytest.mark.req("K11.FR.01", "K11.FR.02", "K11.FR.04", "K13.FR.01", "K13.FR.02", "K13.FR.03")
def test_a_limit_while_somebody_charges() -> None:
    """In force at once, told as a limit and as a change of the rate; so is its end."""
    world = charging()
    world.feed(SEVEN)
    assert (given(world), int(world.hardware.meter(1).power_w)) == ([7], 3 * 230 * 7)
    (told,) = _notified(world)
    assert (told.charging_limit.charging_limit_source, told.evse_id, told.charging_schedule) == ("EMS", None, ())
    assert [event.trigger.value for event in world.csms.events] == ["ChargingRateChanged"]
    world.feed(GONE)
    assert given(world) == [None]
    assert [event.trigger.value for event in world.csms.events] == ["ChargingRateChanged"] * 2
    assert world.csms.of(ChargingLimitCleared) == [ChargingLimitCleared(charging_limit_source="EMS")]


@pytest.mark.req("K11.FR.04")
def test_a_limit_that_is_a_pause() -> None:
    """One event: the rate changed, and the station suspends."""
    world = charging()
    world.feed(ExternalLimit("SO", Decimal(0)))
    (event,) = world.csms.events
    assert event.charging_state is not None
    assert (event.trigger.value, event.charging_state.value) == ("ChargingRateChanged", "SuspendedEVSE")


@pytest.mark.req("K12.FR.01", "K12.FR.02")
def test_a_limit_while_nobody_charges() -> None:
    """It is told, and holds for whoever comes: both EVSEs together."""
    world = StationWorld(station="ac-22-dual")
    world.feed(ExternalLimit("SO", Decimal(20)))
    assert len(_notified(world)) == 1
    for evse, card in ((1, "ANNA"), (2, "CARL")):
        world.plug(evse)
        world.tap(card, evse)
        world.pass_time(10)
    offered = [float(world.hardware.meter(evse).current_offered_a) for evse in (1, 2)]
    assert offered == [10, 10]


def test_a_limit_for_one_evse() -> None:
    """The other one is not limited."""
    world = StationWorld(station="ac-22-dual")
    world.feed(ExternalLimit("EMS", Decimal(8), evse_id=2))
    assert (given(world, 1), given(world, 2)) == ([], [8])
    assert _notified(world)[0].evse_id == 2


@pytest.mark.req("K11.FR.03", "K12.FR.03")
def test_the_schedule_is_told_where_that_is_wanted() -> None:
    """As it was given."""
    world = charging(variables={"SmartChargingCtrlr.NotifyChargingLimitWithSchedules": "true"})
    periods = tuple(ChargingSchedulePeriod(start_period=n * 60, limit=Decimal(6 + n)) for n in range(3))
    schedule = ChargingSchedule(
        id=4,
        charging_rate_unit=ChargingRateUnit.AMPERE,
        charging_schedule_period=periods,
        start_schedule=START + timedelta(seconds=10),
        duration=180,
    )
    world.feed(ExternalLimit("EMS", schedule))
    assert _notified(world)[0].charging_schedule == (schedule,)
    world.pass_time(200, step=1)
    assert given(world) == [6, 7, 8, None]


@pytest.mark.req("K11.FR.02")
def test_a_limit_that_hardly_changes_is_not_told_again() -> None:
    """By more than LimitChangeSignificance it is; it holds in any case."""
    world = charging(variables={"SmartChargingCtrlr.LimitChangeSignificance": "10"})
    for amps in ("10", "10.5", "12"):
        world.feed(ExternalLimit("EMS", Decimal(amps)))
    assert given(world) == [10, 10.5, 12]
    assert len(_notified(world)) == 2


@pytest.mark.req("K11.FR.06", "K12.FR.05", "K01.FR.82", "K10.FR.08", "K10.FR.09")
def test_it_is_reported_as_an_external_constraint_and_cannot_be_cleared() -> None:
    """With its source; and the CSMS can neither clear nor replace it."""
    world = charging()
    world.feed(SEVEN)
    world.command(GetChargingProfiles(request_id=1, charging_profile_purpose=OUTSIDE))
    (part,) = world.csms.of(ChargingProfilesReported)
    assert isinstance(part, ChargingProfilesReported)
    (reported,) = part.charging_profile
    assert (part.charging_limit_source, part.evse_id, reported.id) == ("EMS", 0, -1)
    for criteria in ({"charging_profile_id": -1}, {"charging_profile_purpose": OUTSIDE}):
        assert world.command(ClearChargingProfile(**criteria)).status == "Unknown"  # type: ignore[arg-type,union-attr]
    taken = world.command(SetChargingProfile(evse_id=1, charging_profile=profile(-1, DEFAULT, (0, 30))))
    assert taken.reason.code == "InvalidProfileId"  # type: ignore[union-attr]
    assert given(world) == [7]


def test_two_systems_do_not_overrule_each_other() -> None:
    """The lower limit counts, and each ends its own."""
    world = charging()
    world.feed(SEVEN)
    world.feed(ExternalLimit("SO", Decimal(10)))
    assert given(world) == [7]
    world.feed(GONE)
    assert given(world) == [10]
    world.feed(ExternalLimit("SO", None))
    assert given(world) == [None]


@pytest.mark.req("K27.FR.01", "K27.FR.02", "K27.FR.03")
def test_what_is_generated_on_site_comes_on_top() -> None:
    """Above the default; told and reported as such."""
    world = charging()
    world.command(SetChargingProfile(evse_id=0, charging_profile=profile(1, DEFAULT, (0, 8))))
    world.feed(ExternalLimit("EMS", Decimal(2_760), unit=W, local_generation=True))
    assert given(world) == [8, 12]
    assert _notified(world)[0].charging_limit.is_local_generation is True
    world.command(GetChargingProfiles(request_id=1, charging_profile_purpose=LOCAL))
    assert len(world.csms.of(ChargingProfilesReported)) == 1


@pytest.mark.req("K27.FR.04", "K27.FR.05")
def test_what_is_generated_and_what_is_limited_are_told_apart_with_their_schedules() -> None:
    """Each as it was set by its system."""
    world = charging(variables={"SmartChargingCtrlr.NotifyChargingLimitWithSchedules": "true"})
    world.feed(ExternalLimit("EMS", Decimal(2_760), unit=W, local_generation=True), SEVEN)
    told = [
        (bool(fact.charging_limit.is_local_generation), schedule.charging_rate_unit, period.limit)
        for fact in _notified(world)
        for schedule in fact.charging_schedule
        for period in schedule.charging_schedule_period
    ]
    assert told == [(True, W, 2_760), (False, ChargingRateUnit.AMPERE, 7)]


@pytest.mark.req("K11.FR.07")
@pytest.mark.parametrize(
    ("variable", "value"),
    [("ExternalConstraintsProfileDisallowed", "true"), ("ExternalControlSignalsEnabled", "false")],
    ids=["disallowed", "no-signals"],
)
def test_a_station_that_may_not_listen(variable: str, value: str) -> None:
    """The limit is noted and nothing else."""
    world = charging(variables={f"SmartChargingCtrlr.{variable}": value})
    world.feed(SEVEN)
    assert (given(world), _notified(world)) == ([], [])
    assert any("was not taken" in note for note in world.notes)


@pytest.mark.req("K11.FR.05", "K12.FR.04")
@pytest.mark.parametrize(
    "wrong",
    [
        ExternalLimit("CSO", Decimal(7)),
        ExternalLimit("EMS", Decimal(7), evse_id=5),
        ExternalLimit("EMS", Decimal(-1)),
        ExternalLimit("EMS", Decimal("NaN")),
        ExternalLimit("EMS", ChargingSchedule(charging_rate_unit=W, charging_schedule_period=())),
    ],
    ids=["of-the-operator", "unknown-evse", "negative", "no-number", "no-periods"],
)
def test_what_is_no_limit(wrong: ExternalLimit) -> None:
    """A sentence in the log, and no profile."""
    world = charging()
    world.feed(wrong)
    assert (given(world), _notified(world)) == ([], [])
    assert world.notes


def test_a_limit_that_came_offline_is_told_later() -> None:
    """It holds at once, and survives a failure of power."""
    world = charging()
    world.cut()
    world.feed(SEVEN)
    assert given(world) == [7]
    world.kill()
    assert given(world)[-1] == 7
    world.connect()
    assert len(_notified(world)) == 1


def test_releasing_what_does_not_hold_is_nothing() -> None:
    """Nothing is told."""
    world = charging()
    world.feed(GONE)
    assert world.csms.of(ChargingLimitCleared) == []


def test_a_16_station_is_limited_too() -> None:
    """It has no words for it."""
    world = charging(ocpp16=True)
    world.feed(SEVEN)
    assert given(world) == [7]
