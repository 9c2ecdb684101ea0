"""The profiles of the CSMS at a station: set, replaced, rejected, cleared, reported, kept; and the composite schedule it answers with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.domain.device_model import (
    GetVariables,
    GetVariablesOutcome,
    SetVariables,
    VariableName,
    VariableQuery,
    VariableSetting,
)
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.remote_control import RequestStart, RequestStatus
from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ChargingProfilesReported,
    ClearChargingProfile,
    GetChargingProfiles,
    GetCompositeSchedule,
    GetCompositeScheduleOutcome,
    SetChargingProfile,
    SetChargingProfileOutcome,
)
from tests.support.charging import DEFAULT, MAX, OUTSIDE, PRIORITY, TX, A, W, given, profile
from tests.support.station_world import START, StationWorld


def _set(world: StationWorld, evse: int, wanted: ChargingProfile) -> str:
    """Status, or the reason code of a rejection."""
    outcome = world.command(SetChargingProfile(evse_id=evse, charging_profile=wanted))
    assert isinstance(outcome, SetChargingProfileOutcome)
    return outcome.reason.code if outcome.reason is not None else outcome.status.value


def _reported(world: StationWorld, **asked: Any) -> list[int]:
    """The ids in a report, none if there is no report."""
    before = len(world.csms.of(ChargingProfilesReported))
    world.command(GetChargingProfiles(request_id=7, **asked))
    parts = [
        part for part in world.csms.of(ChargingProfilesReported)[before:] if isinstance(part, ChargingProfilesReported)
    ]
    assert [part.more for part in parts] == [True] * (len(parts) - 1) + [False] * bool(parts)
    return [each.id for part in parts for each in part.charging_profile]


def _schedule(world: StationWorld, evse: int = 1, seconds: int = 300, **more: Any) -> list[tuple[int, float]]:
    outcome = world.command(GetCompositeSchedule(evse_id=evse, duration=seconds, **more))
    assert isinstance(outcome, GetCompositeScheduleOutcome)
    assert outcome.schedule is not None
    return [(one.start_period, float(one.limit or 0)) for one in outcome.schedule.charging_schedule_period]


def charging(**options: Any) -> StationWorld:
    """A world where somebody charges at EVSE 1."""
    world = StationWorld(**options)
    world.plug()
    world.tap("ANNA")
    world.pass_time(10)
    assert world.transaction is not None
    return world


# --- setting ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("K01.FR.05", "K01.FR.07")
def test_a_profile_replaces_the_one_with_its_id() -> None:
    """Wherever that was."""
    world = StationWorld(station="ac-22-dual")
    assert _set(world, 1, profile(5, DEFAULT, (0, 8))) == "Accepted"
    assert _set(world, 2, profile(5, DEFAULT, (0, 9))) == "Accepted"
    assert _reported(world) == [5]
    assert (_schedule(world, 1), _schedule(world, 2)) == ([(0, 32)], [(0, 9)])


@pytest.mark.parametrize(
    ("evse", "wanted", "code"),
    [
        pytest.param(9, profile(1, DEFAULT, (0, 8)), "UnknownEvse", marks=pytest.mark.req("K01.FR.28")),
        pytest.param(1, profile(1, TX, (0, 8), transaction_id="x"), "TxNotFound", marks=pytest.mark.req("K01.FR.33")),
        pytest.param(1, profile(1, TX, (0, 8)), "InvalidProfile", marks=pytest.mark.req("K01.FR.03")),
        pytest.param(
            0, profile(1, TX, (0, 8), transaction_id="tx-1"), "InvalidProfile", marks=pytest.mark.req("K01.FR.16")
        ),
        pytest.param(1, profile(1, MAX, (0, 8)), "InvalidProfile", marks=pytest.mark.req("K04.FR.03")),
        pytest.param(0, profile(1, OUTSIDE, (0, 8)), "InvalidProfile", marks=pytest.mark.req("K01.FR.22")),
        pytest.param(1, profile(1, DEFAULT, (5, 8)), "InvalidSchedule", marks=pytest.mark.req("K01.FR.31")),
        pytest.param(1, profile(1, DEFAULT, (0, 8), start=None), "InvalidSchedule", marks=pytest.mark.req("K01.FR.40")),
        pytest.param(1, profile(0, DEFAULT, (0, 8)), "InvalidProfileId", marks=pytest.mark.req("K01.FR.81")),
        pytest.param(1, profile(1, DEFAULT, (0, 8), level=100), "InvalidStackLevel"),
        pytest.param(
            1,
            profile(1, DEFAULT, (0, 8), phases=1, phase_to_use=2),
            "InvalidSchedule",
            marks=pytest.mark.req("K01.FR.48"),
        ),
        pytest.param(
            1, profile(1, PRIORITY, (0, 8), duration=60), "InvalidSchedule", marks=pytest.mark.req("K01.FR.70")
        ),
    ],
    ids=[
        "unknown-evse",
        "unknown-transaction",
        "without-transaction",
        "tx-profile-for-all",
        "max-at-an-evse",
        "external",
        "late-first-period",
        "without-start",
        "reserved-id",
        "too-high",
        "another-phase",
        "priority-with-duration",
    ],
)
def test_what_is_rejected(evse: int, wanted: ChargingProfile, code: str) -> None:
    """With the reason, and nothing is kept or limited."""
    world = charging()
    assert _set(world, evse, wanted) == code
    assert _reported(world) == []
    assert given(world) == []
    assert any("was not taken" in note for note in world.notes)


@pytest.mark.req("K01.FR.09")
def test_a_tx_profile_needs_its_transaction_at_its_evse() -> None:
    """It goes on at the other EVSE."""
    world = charging(station="ac-22-dual")
    assert _set(world, 2, profile(1, TX, (0, 8), transaction_id=world.transaction)) == "TxNotFound"
    assert _set(world, 1, profile(1, TX, (0, 8), transaction_id=world.transaction)) == "Accepted"


@pytest.mark.req("K01.FR.06", "K01.FR.39", "K01.FR.52", "K01.FR.53")
def test_no_two_of_the_same_level_at_the_same_time() -> None:
    """Not for one place, not for a place and the station; other times or levels are no matter."""
    world = charging()
    later = START + timedelta(days=1)
    assert _set(world, 1, profile(1, DEFAULT, (0, 8), valid_to=later)) == "Accepted"
    assert _set(world, 1, profile(2, DEFAULT, (0, 8))) == "DuplicateProfile"
    assert _set(world, 0, profile(2, DEFAULT, (0, 8))) == "DuplicateProfile"
    assert _set(world, 1, profile(2, DEFAULT, (0, 8), valid_from=later)) == "Accepted"
    assert _set(world, 0, profile(3, DEFAULT, (0, 8), level=1)) == "Accepted"
    assert _set(world, 1, profile(4, DEFAULT, (0, 8), level=1)) == "DuplicateProfile"
    running = world.transaction
    assert _set(world, 1, profile(5, TX, (0, 8), transaction_id=running)) == "Accepted"
    assert _set(world, 1, profile(6, TX, (0, 8), transaction_id=running)) == "DuplicateProfile"


@pytest.mark.req("1.6:3.13.2", "1.6:5.16.4")
def test_in_16_the_twin_is_replaced() -> None:
    """The same purpose and level at the same connector, whatever its id."""
    world = StationWorld(ocpp16=True)
    assert _set(world, 1, profile(1, DEFAULT, (0, 8))) == "Accepted"
    assert _set(world, 1, profile(2, DEFAULT, (0, 9))) == "Accepted"
    assert _schedule(world) == [(0, 9)]
    assert world.command(ClearChargingProfile(charging_profile_id=1)).status == "Unknown"  # type: ignore[union-attr]


@pytest.mark.req("K01.FR.26", "K08.FR.07")
def test_a_unit_the_station_does_not_have() -> None:
    """Neither in a profile nor in a schedule."""
    world = StationWorld(variables={"SmartChargingCtrlr.RateUnit": "A"})
    assert _set(world, 1, profile(1, DEFAULT, (0, 8000), unit=W)) == "UnsupportedRateUnit"
    outcome = world.command(GetCompositeSchedule(evse_id=1, duration=60, charging_rate_unit=W))
    assert isinstance(outcome, GetCompositeScheduleOutcome)
    assert (outcome.status.value, outcome.schedule) == ("Rejected", None)


@pytest.mark.req("K01.FR.44")
def test_direct_current_has_no_phases() -> None:
    """A number of phases is refused there, a limit is not."""
    world = StationWorld(station="dc-50-ccs")
    assert _set(world, 1, profile(1, DEFAULT, (0, 20_000), unit=W, phases=3)) == "NoPhaseForDC"
    assert _set(world, 1, profile(1, DEFAULT, (0, 20_000), unit=W)) == "Accepted"
    mixed = StationWorld(station="dc-150-ac-22")
    assert _set(mixed, 0, profile(1, MAX, (0, 20_000), unit=W, phases=3)) == "Accepted"


def test_there_is_room_for_a_hundred() -> None:
    """And for one that takes the place of another."""
    world = StationWorld(station="ac-22-dual")
    for number in range(1, 101):
        assert _set(world, 1 + number % 2, profile(number, DEFAULT, (0, 8), level=number // 2)) == "Accepted"
    assert _set(world, 1, profile(101, DEFAULT, (0, 8), level=80)) == "TooManyElements"
    assert _set(world, 1, profile(100, DEFAULT, (0, 9), level=50)) == "Accepted"
    assert len(_reported(world)) == 100


@pytest.mark.req("K01.FR.29")
def test_smart_charging_that_is_off() -> None:
    """It is not supported then, and what there was limits nothing (until it is on again)."""
    world = charging()
    _set(world, 1, profile(1, DEFAULT, (0, 8)))
    assert given(world) == [8]
    world.command(_switch("false"))
    assert given(world) == [None]
    assert world.command(SetChargingProfile(evse_id=1, charging_profile=profile(2, MAX, (0, 8)))) == "NotSupported"
    world.command(_switch("true"))
    assert given(world) == [8]


def _switch(value: str) -> Any:
    name = VariableName(component="SmartChargingCtrlr", variable="Enabled")
    return SetVariables(settings=(VariableSetting(name=name, value=value),))


# --- clearing and reporting -------------------------------------------------------------------------------------------------------


def _three(world: StationWorld) -> None:
    _set(world, 0, profile(1, MAX, (0, 20)))
    _set(world, 1, profile(2, DEFAULT, (0, 10)))
    _set(world, 1, profile(3, DEFAULT, (0, 12), level=1))


@pytest.mark.parametrize(
    ("criteria", "left"),
    [
        pytest.param({"charging_profile_id": 2}, [1, 3], marks=pytest.mark.req("K10.FR.03")),
        pytest.param({"charging_profile_purpose": DEFAULT}, [1], marks=pytest.mark.req("K10.FR.04")),
        pytest.param(
            {"charging_profile_purpose": DEFAULT, "stack_level": 1}, [1, 2], marks=pytest.mark.req("K10.FR.04")
        ),
        pytest.param({"evse_id": 0}, [2, 3], marks=pytest.mark.req("K10.FR.04")),
        pytest.param({}, [], marks=pytest.mark.req("1.6:5.5")),
    ],
    ids=["by-id", "by-purpose", "by-purpose-and-level", "by-place", "all"],
)
def test_clearing(criteria: dict[str, Any], left: list[int]) -> None:
    """What fits every criterion goes, and the limit follows at once."""
    world = StationWorld()
    _three(world)
    assert world.command(ClearChargingProfile(**criteria)).status == "Accepted"  # type: ignore[union-attr]
    assert _reported(world) == left


@pytest.mark.req("K10.FR.01")
def test_clearing_what_is_not_there() -> None:
    """Unknown, and all stay."""
    world = StationWorld()
    _three(world)
    assert world.command(ClearChargingProfile(charging_profile_id=9)).status == "Unknown"  # type: ignore[union-attr]
    assert _reported(world) == [1, 2, 3]


@pytest.mark.req("K10.FR.05", "K10.FR.07")
def test_a_cleared_default_frees_the_transaction() -> None:
    """It goes on as if there had been none."""
    world = charging()
    _set(world, 1, profile(2, DEFAULT, (0, 10)))
    world.command(ClearChargingProfile(charging_profile_id=2))
    assert given(world) == [10, None]


@pytest.mark.parametrize(
    ("criteria", "ids"),
    [
        pytest.param({}, [1, 2, 3], marks=pytest.mark.req("K09.FR.06")),
        pytest.param({"evse_id": 0}, [1], marks=pytest.mark.req("K09.FR.05")),
        pytest.param({"evse_id": 1, "stack_level": 1}, [3], marks=pytest.mark.req("K09.FR.04")),
        pytest.param({"charging_profile_ids": (1, 3)}, [1, 3]),
        pytest.param({"charging_limit_sources": ("EMS",)}, []),
    ],
    ids=["all", "station", "evse-and-level", "ids", "another-source"],
)
def test_reporting(criteria: dict[str, Any], ids: list[int]) -> None:
    """What fits every criterion."""
    world = StationWorld()
    _three(world)
    assert _reported(world, **criteria) == ids


@pytest.mark.req("K09.FR.01", "K09.FR.02")
def test_a_long_report_comes_in_parts() -> None:
    """Each with the id of the request, all but the last saying that more will come."""
    world = StationWorld(station="ac-22-dual")
    for number in range(1, 26):
        _set(world, 1, profile(number, DEFAULT, (0, 8), level=number))
    _set(world, 2, profile(26, DEFAULT, (0, 8)))
    assert _reported(world) == list(range(1, 27))
    parts = [part for part in world.csms.of(ChargingProfilesReported) if isinstance(part, ChargingProfilesReported)]
    assert [(part.evse_id, len(part.charging_profile), part.request_id) for part in parts] == [
        (1, 10, 7),
        (1, 10, 7),
        (1, 5, 7),
        (2, 1, 7),
    ]


# --- transactions and restarts ----------------------------------------------------------------------------------------------------


@pytest.mark.req("K02.FR.05", "K02.FR.04")
def test_a_tx_profile_goes_with_its_transaction() -> None:
    """And the default counts for the next one."""
    world = charging()
    _set(world, 1, profile(1, DEFAULT, (0, 8)))
    _set(world, 1, profile(2, TX, (0, 12), transaction_id=world.transaction))
    assert given(world) == [8, 12]
    world.tap("ANNA")
    world.pass_time(1)
    assert _reported(world) == [1]
    assert given(world) == [8]


@pytest.mark.req("K01.FR.27")
def test_profiles_survive_a_failure_of_power() -> None:
    """They are there, and in force before anybody asks; the TxProfile went with its transaction."""
    world = charging()
    _set(world, 1, profile(1, DEFAULT, (0, 8)))
    _set(world, 0, profile(2, MAX, (0, 20)))
    given(world)
    world.kill()
    assert given(world) == [8]
    assert _reported(world) == [2, 1]


@pytest.mark.req("K05.FR.03", "F01.FR.08")
def test_a_remote_start_brings_its_profile() -> None:
    """It belongs to the transaction that comes of it, and names it when it is reported."""
    world = StationWorld()
    wanted = profile(4, TX, (0, 9), kind="Relative")
    token = IdToken(value="ANNA", type="ISO14443")
    outcome = world.command(RequestStart(id_token=token, remote_start_id=3, evse=1, charging_profile=wanted))
    assert outcome.status is RequestStatus.ACCEPTED  # type: ignore[union-attr]
    world.plug()
    world.pass_time(20)
    assert _reported(world) == [4]
    (part,) = world.csms.of(ChargingProfilesReported)
    assert isinstance(part, ChargingProfilesReported)
    assert part.charging_profile == (changed(wanted, transaction_id=world.transaction),)
    assert given(world) == [9]
    assert _schedule(world) == [(0, 9)]


@pytest.mark.req("K05.FR.02", "K05.FR.05")
@pytest.mark.parametrize(
    "wanted",
    [profile(4, DEFAULT, (0, 9)), profile(4, TX, (0, 9), transaction_id="tx-1"), profile(4, TX, (3, 9))],
    ids=["not-a-tx-profile", "with-a-transaction", "bad-schedule"],
)
def test_a_remote_start_with_a_bad_profile_is_rejected(wanted: ChargingProfile) -> None:
    """Nothing starts."""
    world = StationWorld()
    world.plug()
    token = IdToken(value="ANNA", type="ISO14443")
    outcome = world.command(RequestStart(id_token=token, evse=1, charging_profile=wanted))
    assert outcome.status is RequestStatus.REJECTED  # type: ignore[union-attr]
    assert "ANNA" not in str(world.csms.events)


# --- the composite schedule -------------------------------------------------------------------------------------------------------


@pytest.mark.req("K08.FR.02", "K08.FR.06")
def test_the_schedule_counts_from_now() -> None:
    """As if somebody charged."""
    world = StationWorld()
    _set(world, 1, profile(1, DEFAULT, (0, 8), (100, 10)))
    world.pass_time(30, step=30)
    assert _schedule(world) == [(0, 8), (70, 10)]
    assert _schedule(world, charging_rate_unit=W) == [(0, 5520), (70, 6900)]


@pytest.mark.req("K08.FR.05")
@pytest.mark.parametrize(("evse", "seconds"), [(2, 60), (1, 0), (1, 400 * 86_400)], ids=["evse", "no-time", "too-long"])
def test_a_schedule_that_cannot_be_had(evse: int, seconds: int) -> None:
    """Rejected, and without one."""
    outcome = StationWorld().command(GetCompositeSchedule(evse_id=evse, duration=seconds))
    assert isinstance(outcome, GetCompositeScheduleOutcome)
    assert (outcome.status.value, outcome.schedule) == ("Rejected", None)


def test_the_usual_unit() -> None:
    """A for alternating, W for direct current, where nobody says."""
    for layout, unit in (("ac-22-single", A), ("dc-50-ccs", W)):
        outcome = StationWorld(station=layout).command(GetCompositeSchedule(evse_id=1, duration=60))
        assert isinstance(outcome, GetCompositeScheduleOutcome)
        assert outcome.schedule is not None
        assert outcome.schedule.charging_rate_unit is unit


@pytest.mark.req("K08.FR.03")
def test_the_schedule_of_the_whole_station() -> None:
    """What its EVSEs may take together, within its maximum."""
    world = StationWorld(station="ac-22-dual")
    assert _schedule(world, 0) == [(0, 64)]
    _set(world, 0, profile(1, DEFAULT, (0, 10)))
    assert _schedule(world, 0) == [(0, 20)]
    _set(world, 0, profile(2, MAX, (0, 16)))
    assert _schedule(world, 0) == [(0, 16)]


def test_what_the_device_model_says() -> None:
    """How many profiles there are; 1.6 is told how many there may be."""
    world = StationWorld()
    _three(world)
    assert _asked(world, "Entries", "ChargingProfiles") == "3"
    assert world.core.variable("SmartChargingCtrlr.Phases3to1") == "true"
    assert StationWorld(station="wallbox-7").core.variable("SmartChargingCtrlr.Phases3to1") == "false"
    old = StationWorld(ocpp16=True)
    _set(old, 0, profile(1, MAX, (0, 20)))
    assert _asked(old, "Entries", "ChargingProfiles") == "100"


def _asked(world: StationWorld, variable: str, instance: str | None = None) -> str | None:
    name = VariableName(component="SmartChargingCtrlr", variable=variable, variable_instance=instance)
    outcome = world.command(GetVariables(asked=(VariableQuery(name=name),)))
    assert isinstance(outcome, GetVariablesOutcome)
    return outcome.results[0].value
