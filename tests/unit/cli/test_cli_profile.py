"""`pilotwire profile` over a real socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.domain.smart_charging import (
    ChargingProfileStatus,
    ChargingRateUnit,
    ChargingSchedulePeriod,
    ClearChargingProfile,
    ClearChargingProfileOutcome,
    ClearChargingProfileStatus,
    CompositeSchedule,
    GenericStatus,
    GetCompositeSchedule,
    GetCompositeScheduleOutcome,
    Reason,
    SetChargingProfile,
    SetChargingProfileOutcome,
)
from tests.support.api_rooms import NOON, ApiRooms, api_of, served
from tests.support.given.smart_charging import profile

Run = Callable[..., Result]


@pytest.fixture
def rooms() -> ApiRooms:
    """A CSMS with a station of 2.0.1 that takes everything."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    period = ChargingSchedulePeriod(start_period=0, limit=Decimal("16.5"))
    schedule = CompositeSchedule(
        evse_id=1,
        charging_rate_unit=ChargingRateUnit.AMPERE,
        charging_schedule_period=(period,),
        schedule_start=NOON,
        duration=60,
    )
    rooms.bus.answers |= {
        SetChargingProfile: SetChargingProfileOutcome(status=ChargingProfileStatus.ACCEPTED),
        ClearChargingProfile: ClearChargingProfileOutcome(status=ClearChargingProfileStatus.ACCEPTED),
        GetCompositeSchedule: GetCompositeScheduleOutcome(status=GenericStatus.ACCEPTED, schedule=schedule),
    }
    return rooms


@pytest.fixture
def run(rooms: ApiRooms) -> Iterator[Run]:
    """Runs the command line against that CSMS."""
    with served(api_of(rooms)) as url:
        env = {"PILOTWIRE_URL": url, "COLUMNS": "200", "TERM": "dumb"}
        yield lambda *words: CliRunner().invoke(cli.app, ["profile", *words], env=env)


def test_a_profile_is_set_listed_and_cleared(rooms: ApiRooms, run: Run, tmp_path: Path) -> None:
    """From a file; what is known of it is one line."""
    file = tmp_path / "profile.json"
    file.write_text(json.dumps(profile(level=4)))
    outcome = run("set", "CS-1", str(file), "--evse", "2")
    assert (outcome.exit_code, outcome.stdout) == (0, "Station CS-1 has accepted the charging profile.\n")
    shown = run("list", "CS-1").stdout
    assert [word in shown for word in ("TxDefaultProfile", "Absolute", "CSO", "accepted", "2026-01-31 12:00:00")] == [
        True
    ] * 5
    (known,) = json.loads(run("list", "CS-1", "--json").stdout)
    assert (known["evseId"], known["chargingProfile"]["stackLevel"]) == (2, 4)
    outcome = run("clear", "CS-1", "--id", "7")
    assert (outcome.exit_code, outcome.stdout) == (0, "Station CS-1 has cleared the profiles.\n")
    assert run("list", "CS-1").stdout == "No charging profile is known of this station.\n"
    assert rooms.bus.commands[-1] == ("CS-1", ClearChargingProfile(charging_profile_id=7))


def test_reasons_are_told(rooms: ApiRooms, run: Run, tmp_path: Path) -> None:
    """Ours before anything is sent (exit code 2), the station's when it says no (1), those of a file (2)."""
    file = tmp_path / "profile.json"
    file.write_text(json.dumps(profile("ChargingStationMaxProfile")))
    outcome = run("set", "CS-1", str(file), "--evse", "1")
    assert (outcome.exit_code, "(K04.FR.03)" in outcome.stderr) == (2, True)
    assert rooms.bus.commands == []
    reason = Reason(code="UnknownEvse", info="there is one")
    rooms.bus.answers[SetChargingProfile] = SetChargingProfileOutcome(
        status=ChargingProfileStatus.REJECTED, reason=reason
    )
    outcome = run("set", "CS-1", str(file), "--evse", "1", "--force")
    assert outcome.exit_code == 1
    assert "Station CS-1 answered Rejected (UnknownEvse, there is one)." in outcome.stderr
    file.write_text("{")
    assert (run("set", "CS-1", str(file)).exit_code, run("set", "CS-1", str(tmp_path / "none")).exit_code) == (2, 2)


def test_a_composite_schedule_is_a_table(run: Run) -> None:
    """Or JSON."""
    shown = run("composite", "CS-1", "--evse", "1", "--duration", "60", "--unit", "A").stdout
    assert shown.startswith("From 2026-01-31 12:00:00 on, in A:\n")
    assert "16.5" in shown
    schedule = json.loads(run("composite", "CS-1", "--json").stdout)
    assert (schedule["duration"], schedule["chargingSchedulePeriod"][0]["limit"]) == (60, 16.5)
