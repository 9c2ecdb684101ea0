"""Charging profiles of 2.1 that a station refuses, with the reason it gives, and random delays of their periods (K01, K28)."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import ChargingProfile, SetChargingProfile
from pilotwire.station.core.actions import SetCurrentLimit
from tests.support.both_ways import moded, period
from tests.support.charging import DEFAULT, MAX, PRIORITY, TX, profile
from tests.support.station_world import START, StationWorld


def charging(station: str = "ac-22-single") -> StationWorld:
    """Somebody charges at EVSE 1."""
    world = StationWorld(station=station)
    world.plug()
    world.tap("ANNA")
    world.pass_time(10)
    return world


def with_schedule(made: ChargingProfile, **values: Any) -> ChargingProfile:
    """The profile with its schedule changed."""
    (schedule,) = made.charging_schedule
    return changed(made, charging_schedule=(changed(schedule, **values),))


def two_periods_at_once() -> ChargingProfile:
    """A dynamic profile has one period."""
    return profile(1, DEFAULT, (0, 8), (60, 9), kind="Dynamic")


REFUSED = [
    pytest.param(
        with_schedule(profile(1, MAX, (0, 16)), randomized_delay=60),
        0,
        "InvalidSchedule",
        marks=pytest.mark.req("K01.FR.95"),
        id="random delay of a station's maximum",
    ),
    pytest.param(
        changed(profile(1, DEFAULT, (0, 8)), dyn_update_interval=60),
        1,
        "InvalidProfile",
        marks=pytest.mark.req("K01.FR.122", "K28.FR.04"),
        id="updates of a profile that is not dynamic",
    ),
    pytest.param(
        changed(profile(1, DEFAULT, (0, 8)), dyn_update_time=START),
        1,
        "InvalidProfile",
        marks=pytest.mark.req("K01.FR.122"),
        id="their time",
    ),
    pytest.param(
        two_periods_at_once(), 1, "InvalidSchedule", marks=pytest.mark.req("K28.FR.03"), id="two periods of a dynamic"
    ),
    pytest.param(
        moded(changed(period("ChargingOnly", limit=8), evse_sleep=True)),
        1,
        "InvalidSchedule",
        marks=pytest.mark.req("K01.FR.126"),
        id="sleep while charging",
    ),
    pytest.param(
        moded(period("CentralSetpoint", setpoint=-3), purpose=PRIORITY),
        0,
        "InvalidOperationMode",
        marks=pytest.mark.req("K01.FR.114", "K01.FR.71"),
        id="a setpoint for priority",
    ),
    pytest.param(
        moded(period("Idle"), purpose=MAX),
        0,
        "InvalidOperationMode",
        marks=pytest.mark.req("K01.FR.114"),
        id="idle as a station's maximum",
    ),
]


@pytest.mark.parametrize(("wanted", "evse", "code"), REFUSED)
def test_a_profile_that_cannot_be_is_refused_with_its_reason(wanted: ChargingProfile, evse: int, code: str) -> None:
    """And nothing changes."""
    world = charging("dc-50-v2x")
    before = len(world.actions)
    outcome: Any = world.command(SetChargingProfile(evse_id=evse, charging_profile=wanted))
    assert (str(outcome.status), outcome.reason.code) == ("Rejected", code)
    assert not [one for one in world.actions[before:] if isinstance(one, SetCurrentLimit)]


@pytest.mark.req("K01.FR.92", "K01.FR.93")
def test_periods_begin_at_random_within_the_delay_but_for_the_first() -> None:
    """The same for the whole transaction, another one for another profile that comes meanwhile."""

    def beginnings(number: int) -> list[int]:
        world = charging()
        made = profile(
            number, TX, (0, 16), (600, 10), (1800, 6), kind="Relative", transaction_id=world.transaction, level=number
        )
        world.actions.clear()
        wanted = with_schedule(made, randomized_delay=300)
        outcome: Any = world.command(SetChargingProfile(evse_id=1, charging_profile=wanted))
        assert str(outcome.status) == "Accepted", outcome
        found: dict[int, int] = {}
        for second in range(0, 2400, 30):
            amps = next((one.amps for one in reversed(world.actions) if isinstance(one, SetCurrentLimit)), None)
            found.setdefault(int(amps or 32), second)
            world.pass_time(30)
        assert found[16] == 0
        return [found[10], found[6]]

    later = [beginnings(number) for number in (1, 1, 2)]
    assert later[0] == later[1], "drawn once"
    assert len({tuple(each) for each in later}) > 1
    assert all(590 <= ten <= 930 and 1790 <= six <= 2130 for ten, six in later)
    assert any(ten > 640 for ten, _ in later)
