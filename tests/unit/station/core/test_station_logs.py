"""Log uploads in the core: what can be had, tries, another wish in between, and restarts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.domain.diagnostics import GetLog, GetLogOutcome, LogType, LogUploadReported, UploadStatus
from pilotwire.domain.provisioning import TriggerMessage
from pilotwire.station.core.logs import LogNotSent, LogSent, SendLog
from tests.support.station_world import START, StationWorld

WHERE = "https://logs.example/in/"
FAILED = LogNotSent(UploadStatus.PERMISSION_DENIED, "The server says 403.")


def _ask(world: StationWorld, **more: Any) -> GetLogOutcome:
    outcome = world.command(GetLog(**({"remote_location": WHERE, "request_id": 5} | more)))
    assert isinstance(outcome, GetLogOutcome)
    return outcome


def _told(world: StationWorld) -> list[tuple[str, int | None]]:
    facts: list[Any] = list(world.csms.of(LogUploadReported))
    return [(fact.status.value, fact.request_id) for fact in facts]


@pytest.mark.req("N01.FR.01", "N01.FR.02", "N01.FR.04", "N01.FR.07", "N01.FR.08", "N01.FR.09")
def test_a_diagnostics_log_is_uploaded() -> None:
    world = StationWorld()
    oldest, latest = START - timedelta(days=1), START
    outcome = _ask(world, oldest=oldest, latest=latest)
    assert (outcome.status, outcome.file_name) == ("Accepted", "diagnostics-20260301T080000Z.log")
    job = world.job(SendLog)
    assert (job.location, job.file_name) == (WHERE, outcome.file_name)
    assert (job.lines, job.oldest, job.latest, job.is_folder) == (None, oldest, latest, False)
    world.job_done(SendLog, LogSent())
    assert _told(world) == [("Uploading", 5), ("Uploaded", 5)]


@pytest.mark.req("N01.FR.03")
def test_a_security_log_has_the_events_of_the_time_asked_for() -> None:
    world = StationWorld()
    world.pass_time(60)
    world.kill()
    _ask(world, log_type=LogType.SECURITY)
    assert world.job(SendLog).lines == (
        "2026-03-01T08:00:00.000Z StartupOfTheDevice PowerUp\n2026-03-01T08:01:00.000Z StartupOfTheDevice PowerUp\n"
    )
    _ask(world, log_type=LogType.SECURITY, oldest=START + timedelta(seconds=1), latest=START + timedelta(hours=1))
    assert world.job(SendLog).lines == "2026-03-01T08:01:00.000Z StartupOfTheDevice PowerUp\n"


@pytest.mark.req("N01.FR.05")
@pytest.mark.parametrize(
    ("kind", "settings"),
    [(LogType.DATA_COLLECTOR, {}), (LogType.DIAGNOSTICS, {"diagnostics_log": False})],
    ids=["no-such-log", "none-is-written"],
)
def test_a_log_that_is_not_there_is_refused(kind: LogType, settings: dict[str, Any]) -> None:
    world = StationWorld(**settings)
    outcome = _ask(world, log_type=kind)
    assert (outcome.status, outcome.file_name) == ("Rejected", None)
    assert (world.jobs, _told(world)) == ({}, [])


@pytest.mark.req("N01.FR.10")
def test_an_upload_is_tried_as_often_as_the_csms_says() -> None:
    world = StationWorld()
    _ask(world, retries=3, retry_interval=15)
    for _ in range(3):
        world.job_done(SendLog, FAILED)
        world.pass_time(14)
        assert world.jobs == {}
        world.pass_time(1)
        assert _told(world) == [("Uploading", 5)]
    world.job_done(SendLog, FAILED)
    assert _told(world) == [("Uploading", 5), ("PermissionDenied", 5)]
    world.pass_time(60)
    assert world.jobs == {}


def test_a_mistake_of_ours_is_an_upload_failure() -> None:
    world = StationWorld()
    _ask(world, retries=0)
    world.job_fails(SendLog)
    assert _told(world)[-1] == ("UploadFailure", 5)


@pytest.mark.req("N01.FR.12", "N01.FR.20")
def test_another_wish_ends_the_upload_before() -> None:
    world = StationWorld()
    _ask(world)
    assert _ask(world, request_id=6, log_type=LogType.SECURITY).status == "AcceptedCanceled"
    assert world.job(SendLog).lines is not None
    world.job_done(SendLog, LogSent())
    assert _told(world) == [("Uploading", 5), ("AcceptedCanceled", 5), ("Uploading", 6), ("Uploaded", 6)]


@pytest.mark.req("N01.FR.12")
def test_another_wish_while_waiting_for_the_next_try() -> None:
    world = StationWorld()
    _ask(world, retries=1, retry_interval=60)
    world.job_done(SendLog, FAILED)
    assert _ask(world, request_id=6).status == "AcceptedCanceled"
    assert world.job(SendLog).location == WHERE


def test_a_power_failure_does_not_end_the_upload() -> None:
    world = StationWorld()
    name = _ask(world).file_name
    world.kill()
    assert world.job(SendLog).file_name == name
    world.job_done(SendLog, LogSent())
    assert _told(world) == [("Uploading", 5), ("Uploaded", 5)]


@pytest.mark.req("F06.FR.14", "F06.FR.15", "N01.FR.13")
def test_what_is_told_when_asked_for() -> None:
    world = StationWorld()
    trigger = TriggerMessage(message="LogStatusNotification")
    world.command(trigger)
    assert _told(world) == [("Idle", None)]
    _ask(world)
    world.command(trigger)
    assert _told(world)[1:] == [("Uploading", 5), ("Uploading", 5)]


def test_the_two_kinds_of_1_6_are_told_apart_when_asked_for() -> None:
    world = StationWorld(ocpp16=True)
    _ask(world, request_id=None, with_security_extension=False)
    assert world.job(SendLog).is_folder
    world.command(TriggerMessage(message="LogStatusNotification"))
    world.command(TriggerMessage(message="DiagnosticsStatusNotification"))
    facts: list[Any] = list(world.csms.of(LogUploadReported))
    assert [(fact.status.value, fact.with_security_extension) for fact in facts] == [
        ("Uploading", False),
        ("Idle", True),
        ("Uploading", False),
    ]
