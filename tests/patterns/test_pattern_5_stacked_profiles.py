"""Pattern 5, stacked profiles: station, default and transaction limits over one another, by hand; in force within a second."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ClearChargingProfile,
    GetCompositeSchedule,
    GetCompositeScheduleOutcome,
    RecurrencyKind,
    SetChargingProfile,
    SetChargingProfileOutcome,
)
from tests.support.charging import DEFAULT, MAX, OUTSIDE, TX, W, profile
from tests.support.scripted_csms import NOW, scripted_csms
from tests.support.station_lab import VERSIONS, Lab, lab
from tests.support.station_world import START, StationWorld

DAY = timedelta(days=1)
Placed = tuple[int, ChargingProfile]
Expected = dict[int, float]


def _tx(number: int, *periods: tuple[int, float], **more: Any) -> ChargingProfile:
    return profile(number, TX, *periods, transaction_id="tx-1", **more)


def _daily(number: int, since: timedelta, *periods: tuple[int, float], **more: Any) -> ChargingProfile:
    """Every day from a moment, told by its distance to the start of the world (a Sunday, 08:00)."""
    how = {"kind": "Recurring", "recurrency_kind": RecurrencyKind.DAILY} | more
    return profile(number, DEFAULT, *periods, start=START + since, **how)


HOUR = 3600
TABLE: dict[str, tuple[list[Placed], Expected]] = {
    # situation: (EVSE, profile)..., and A at seconds after the world's start; the connector's own limit is 32 A
    "nothing": ([], {20: 32}),
    "a default for all": ([(0, profile(1, DEFAULT, (0, 16)))], {20: 16}),
    "of the station's and the EVSE's defaults the higher stack level": (
        [(0, profile(1, DEFAULT, (0, 10), level=5)), (1, profile(2, DEFAULT, (0, 16)))],
        {20: 10},
    ),
    "of the station's and the EVSE's defaults the higher stack level, the other way round": (
        [(0, profile(1, DEFAULT, (0, 10))), (1, profile(2, DEFAULT, (0, 16), level=5))],
        {20: 16},
    ),
    "the transaction's profile overrides the default, higher": (
        [(1, profile(1, DEFAULT, (0, 8))), (1, _tx(2, (0, 12)))],
        {20: 12},
    ),
    "the transaction's profile overrides the default, lower": (
        [(1, profile(1, DEFAULT, (0, 20))), (1, _tx(2, (0, 12)))],
        {20: 12},
    ),
    "the station's maximum binds the transaction": ([(0, profile(1, MAX, (0, 20))), (1, _tx(2, (0, 25)))], {20: 20}),
    "but raises nothing": ([(0, profile(1, MAX, (0, 30))), (1, _tx(2, (0, 9)))], {20: 9}),
    "the station's maximum binds the default": (
        [(0, profile(1, MAX, (0, 11))), (0, profile(2, DEFAULT, (0, 16)))],
        {20: 11},
    ),
    "three purposes, the least of maximum and transaction": (
        [(0, profile(1, MAX, (0, 14))), (0, profile(2, DEFAULT, (0, 6))), (1, _tx(3, (0, 13)))],
        {20: 13},
    ),
    "of two maxima the higher stack level, though it allows more": (
        [(0, profile(1, MAX, (0, 15))), (0, profile(2, MAX, (0, 25), level=1))],
        {20: 25},
    ),
    "more than the hardware can": ([(1, _tx(1, (0, 99)))], {20: 32}),
    "nothing at all": ([(1, _tx(1, (0, 0)))], {20: 0}),
    "less than a vehicle can be told": ([(1, _tx(1, (0, 5.9)))], {20: 0}),
    "the least a vehicle can be told": ([(1, _tx(1, (0, 6)))], {20: 6}),
    "tenths": ([(1, _tx(1, (0, 13.7)))], {20: 13.7}),
    "a level that ends by its duration": (
        [(1, profile(1, DEFAULT, (0, 20))), (1, profile(2, DEFAULT, (0, 8), level=2, duration=100))],
        {20: 8, 99: 8, 101: 20},
    ),
    "three levels one after the other": (
        [
            (1, profile(1, DEFAULT, (0, 20))),
            (1, profile(2, DEFAULT, (0, 12), level=1, duration=120)),
            (1, profile(3, DEFAULT, (0, 8), level=2, duration=60)),
        ],
        {20: 8, 61: 12, 121: 20},
    ),
    "nothing under a level that has ended": ([(1, _tx(1, (0, 8), duration=60))], {20: 8, 61: 32}),
    "a transaction's profile that has ended leaves the default": (
        [(1, profile(1, DEFAULT, (0, 10))), (1, _tx(2, (0, 8), duration=60))],
        {20: 8, 61: 10},
    ),
    "a level that begins later": (
        [
            (1, profile(1, DEFAULT, (0, 20))),
            (1, profile(2, DEFAULT, (0, 8), level=1, start=START + timedelta(seconds=60))),
        ],
        {20: 20, 59: 20, 61: 8},
    ),
    "valid from later on": (
        [
            (1, profile(1, DEFAULT, (0, 20))),
            (1, profile(2, DEFAULT, (0, 8), level=1, valid_from=START + timedelta(seconds=60))),
        ],
        {20: 20, 61: 8},
    ),
    "valid to some moment": (
        [
            (1, profile(1, DEFAULT, (0, 20))),
            (1, profile(2, DEFAULT, (0, 8), level=1, valid_to=START + timedelta(seconds=60))),
        ],
        {20: 8, 61: 20},
    ),
    "periods of both change at their own times": (
        [(0, profile(1, MAX, (0, 16), (100, 10), (200, 30))), (1, _tx(2, (0, 20), (50, 12), (150, 25)))],
        {20: 16, 51: 12, 101: 10, 151: 10, 201: 25},
    ),
    "relative: from the beginning of the charge": (
        [(1, profile(1, DEFAULT, (0, 10), (60, 20), kind="Relative"))],
        {20: 10, 50: 10, 80: 20},
    ),
    "W become A over three phases": ([(1, profile(1, DEFAULT, (0, 11040), unit=W))], {20: 16}),
    "W and A over one another": (
        [(0, profile(1, MAX, (0, 6900), unit=W)), (1, _tx(2, (0, 16)))],
        {20: 10},
    ),
    "daily, over midnight, until nine": (
        [(0, _daily(1, timedelta(hours=-12) - 3 * DAY, (0, 7), duration=13 * HOUR))],
        {20: 7, HOUR - 1: 7, HOUR + 1: 32},
    ),
    "daily, with a lower level in the gap": (
        [
            (0, profile(1, DEFAULT, (0, 24))),
            (0, _daily(2, timedelta(hours=-12), (0, 7), (12 * HOUR, 9), duration=13 * HOUR, level=1)),
        ],
        {20: 9, HOUR + 1: 24, 12 * HOUR + 1: 7, 24 * HOUR + 1: 9},
    ),
    "weekly, on this day": (
        [
            (
                0,
                profile(
                    1,
                    DEFAULT,
                    (0, 7),
                    kind="Recurring",
                    recurrency_kind=RecurrencyKind.WEEKLY,
                    start=START - 14 * DAY + timedelta(minutes=30),
                    duration=600,
                ),
            )
        ],
        {20: 32, 1801: 7, 2399: 7, 2401: 32},
    ),
    "weekly, on another day": (
        [
            (
                0,
                profile(
                    1,
                    DEFAULT,
                    (0, 7),
                    kind="Recurring",
                    recurrency_kind=RecurrencyKind.WEEKLY,
                    start=START - 13 * DAY,
                    duration=600,
                ),
            )
        ],
        {20: 32, 300: 32},
    ),
}

ONLY_IN_16: dict[str, tuple[list[Placed], Expected]] = {
    "a transaction's profile sets the default aside, even when it has ended (1.6:3.13.1)": (
        [(1, profile(1, DEFAULT, (0, 10))), (1, _tx(2, (0, 8), duration=60))],
        {20: 8, 61: 32},
    ),
    # with the same stack level, which 2.x refuses (K01.FR.52, K01.FR.53)
    "the connector's default goes before the station's, lower": (
        [(0, profile(1, DEFAULT, (0, 16))), (1, profile(2, DEFAULT, (0, 10)))],
        {20: 10},
    ),
    "the connector's default has ended, and has the station's replaced all the same": (
        [(0, profile(1, DEFAULT, (0, 16))), (1, profile(2, DEFAULT, (0, 10), duration=60))],
        {20: 10, 61: 32},
    ),
    "the connector's default goes before the station's, higher": (
        [(0, profile(1, DEFAULT, (0, 10))), (1, profile(2, DEFAULT, (0, 16)))],
        {20: 16},
    ),
}
ONLY_IN_2X = "a transaction's profile that has ended leaves the default"  # K02.FR.08
SITUATIONS = [("2.x", name) for name in TABLE] + [("1.6", name) for name in TABLE | ONLY_IN_16 if name != ONLY_IN_2X]


def _situation(family: str, name: str) -> tuple[list[Placed], Expected]:
    """The profiles with the transaction's name as the CSMS knows it."""
    profiles, expected = (TABLE | ONLY_IN_16)[name]
    named = "100" if family == "1.6" else "tx-1"
    return [
        (evse, one if one.transaction_id is None else changed(one, transaction_id=named)) for evse, one in profiles
    ], expected


def _charging(ocpp16: bool = False) -> StationWorld:
    world = StationWorld(ocpp16=ocpp16)
    world.plug(car=world.car(soc=5))
    world.tap("ANNA")
    world.pass_time(5, step=1)
    assert world.transaction == "tx-1"
    return world


def _set(world: StationWorld, placed: Placed) -> None:
    outcome = world.command(SetChargingProfile(evse_id=placed[0], charging_profile=placed[1]))
    assert isinstance(outcome, SetChargingProfileOutcome)
    assert outcome.status.value == "Accepted", outcome


def _offered(world: StationWorld) -> float:
    """A that are held out to the vehicle."""
    return float(world.hardware.meter(1).current_offered_a)


def _announced(world: StationWorld, seconds: int) -> Callable[[float], float]:
    """What the composite schedule says of the coming seconds, by seconds from now."""
    outcome = world.command(GetCompositeSchedule(evse_id=1, duration=seconds))
    assert isinstance(outcome, GetCompositeScheduleOutcome)
    assert outcome.schedule is not None
    periods = [(one.start_period, float(one.limit or 0)) for one in outcome.schedule.charging_schedule_period]
    return lambda at: [limit for start, limit in periods if start <= at][-1]


@pytest.mark.req("K01.FR.10")
@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "in reverse order"])
@pytest.mark.parametrize(("family", "situation"), SITUATIONS)
def test_stacked(family: str, situation: str, backwards: bool) -> None:
    """The limit at the hardware, and the same in the composite schedule that was asked for before; whichever profile came first."""
    profiles, expected = _situation(family, situation)
    world = _charging(family == "1.6")
    for placed in profiles[:: -1 if backwards else 1]:
        _set(world, placed)
    begun = world.now
    announced = _announced(world, max(expected) + 10)
    found, told = {}, {}
    for at in expected:
        world.pass_time((START + timedelta(seconds=at) - world.now).total_seconds(), step=60)
        found[at] = _offered(world)
        told[at] = announced((world.now - begun).total_seconds())
    assert found == expected
    assert {at: amps if amps >= 6 else 0 for at, amps in told.items()} == expected


@pytest.mark.parametrize("situation", [name for name, (profiles, _) in TABLE.items() if profiles])
def test_what_is_cleared_leaves_no_trace(situation: str) -> None:
    """All profiles away: the hardware's own limit, at once."""
    world = _charging()
    for placed in TABLE[situation][0]:
        _set(world, placed)
    for _, one in TABLE[situation][0]:
        world.command(ClearChargingProfile(charging_profile_id=one.id))
    assert _offered(world) == 32


@pytest.mark.req("1.6:5.16.4")
def test_in_1_6_a_profile_with_the_same_place_replaces() -> None:
    """Purpose and stack level the same: one of them is left, the later one."""
    world = _charging(ocpp16=True)
    _set(world, (1, profile(1, DEFAULT, (0, 8))))
    _set(world, (1, profile(2, DEFAULT, (0, 20))))
    assert _offered(world) == 20
    world.command(ClearChargingProfile(charging_profile_id=2))
    assert _offered(world) == 32


@pytest.mark.req("K01.FR.52", "K01.FR.53")
@pytest.mark.parametrize(("first", "second"), [(1, 1), (0, 1), (1, 0)])
def test_in_2x_it_is_refused_and_changes_nothing(first: int, second: int) -> None:
    """Another id with the purpose and level of one that is there, at the same EVSE or at the station."""
    world = _charging()
    _set(world, (first, profile(1, DEFAULT, (0, 8))))
    outcome = world.command(SetChargingProfile(evse_id=second, charging_profile=profile(2, DEFAULT, (0, 20))))
    assert isinstance(outcome, SetChargingProfileOutcome)
    assert outcome.reason is not None
    assert (outcome.status.value, outcome.reason.code) == ("Rejected", "DuplicateProfile")
    assert _offered(world) == 8


def test_the_transactions_profile_ends_with_it() -> None:
    """The next driver is not bound by it."""
    world = _charging()
    _set(world, (1, _tx(1, (0, 8))))
    assert _offered(world) == 8
    world.tap("ANNA")
    world.unplug()
    world.plug()
    world.tap("CARL")
    world.pass_time(5, step=1)
    assert _offered(world) == 32


def test_profiles_outlive_a_power_failure() -> None:
    """Default and maximum are there again, and bind the next transaction."""
    world = _charging()
    _set(world, (0, profile(1, MAX, (0, 12))))
    _set(world, (1, profile(2, DEFAULT, (0, 20))))
    world.kill()
    world.tap("ANNA")
    world.pass_time(10, step=1)
    assert _offered(world) == 12


def test_an_external_constraint_cannot_be_set_by_the_csms() -> None:
    """K01.FR.22: that purpose is the outside world's."""
    world = _charging()
    outcome = world.command(SetChargingProfile(evse_id=0, charging_profile=profile(1, OUTSIDE, (0, 8))))
    assert isinstance(outcome, SetChargingProfileOutcome)
    assert outcome.status.value == "Rejected"
    assert _offered(world) == 32


# --- over a socket -----------------------------------------------------------------------------------------------------------


def _wire(
    version: str, number: int, purpose: str, evse: int, amps: float, transaction: Any = None, level: int = 0
) -> dict[str, Any]:
    """SetChargingProfile in a version's words."""
    periods = [{"startPeriod": 0, "limit": amps}]
    schedule: dict[str, Any] = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    body = {"stackLevel": level, "chargingProfilePurpose": purpose, "chargingProfileKind": "Relative"}
    if purpose.endswith("MaxProfile"):  # which has nothing to be relative to (K01.FR.38)
        body["chargingProfileKind"], schedule["startSchedule"] = "Absolute", NOW
    if version == "1.6":
        body |= {"chargingProfileId": number, "chargingSchedule": schedule}
        named = {"transactionId": transaction} if transaction is not None else {}
        return {"connectorId": evse, "csChargingProfiles": body | named}
    body |= {"id": number, "chargingSchedule": [schedule | {"id": number}]}
    named = {"transactionId": transaction} if transaction is not None else {}
    return {"evseId": evse, "chargingProfile": body | named}


@pytest.mark.parametrize("version", VERSIONS)
async def test_within_a_second_over_the_line(version: str) -> None:
    """Default, transaction, maximum, one after the other: in force when the answer is there, and the composite schedule says the same."""
    maximum = "ChargePointMaxProfile" if version == "1.6" else "ChargingStationMaxProfile"
    async with scripted_csms(version) as csms, lab(csms.url, version, speed=30) as one:
        await one.charge(50)
        mine: Any = 7 if version == "1.6" else one.overview.evses[0].transaction_id
        steps = [
            (_wire(version, 1, "TxDefaultProfile", 0, 10), 10),
            (_wire(version, 2, "TxDefaultProfile", 1, 14, level=1), 14),
            (_wire(version, 3, "TxProfile", 1, 20, mine), 20),
            (_wire(version, 4, maximum, 0, 9), 9),
            (_wire(version, 3, "TxProfile", 1, 7, mine), 7),
        ]
        for request, amps in steps:
            assert (await csms.call("SetChargingProfile", request))["status"] == "Accepted", request
            assert _amps(one) == amps
            assert await _composite(version, csms) == amps


def _amps(one: Lab) -> float:
    return float(one.station.hardware.meter(1).current_offered_a)


async def _composite(version: str, csms: Any) -> float:
    asked: dict[str, Any] = {"duration": 60, "chargingRateUnit": "A"}
    asked |= {"connectorId": 1} if version == "1.6" else {"evseId": 1}
    answer = await csms.call("GetCompositeSchedule", asked)
    schedule = answer["chargingSchedule"] if version == "1.6" else answer["schedule"]
    return float(schedule["chargingSchedulePeriod"][0]["limit"])
