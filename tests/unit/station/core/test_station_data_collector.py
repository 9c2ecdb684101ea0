"""The data collector: what is sampled when, what a CSMS fetches of it, and what becomes of it then (N01.FR.24)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from pilotwire.domain.device_model import SetVariables, VariableName, VariableSetting
from pilotwire.domain.diagnostics import GetLog, GetLogOutcome, LogType, LogUploadReported, UploadStatus
from pilotwire.station.core import data_collector
from pilotwire.station.core.features import Feature
from pilotwire.station.core.logs import LogNotSent, LogSent, SendLog
from tests.support.station_world import START, StationWorld

HEADER = "timestamp,evseId,measurand,phase,location,unit,value"
WHERE = "https://logs.example/in/"


def _set(world: StationWorld, evse: int = 1, **values: str) -> list[str]:
    """Set variables of the collector of an EVSE; `start` and `end` are instances of DateTime."""
    names = {"start": ("DateTime", "Start"), "end": ("DateTime", "End")}
    settings = []
    for key, value in values.items():
        variable, instance = names.get(key, (key, None))
        name = VariableName(component="DataCollector", evse=evse, variable=variable, variable_instance=instance)
        settings.append(VariableSetting(name=name, value=value))
    outcome: Any = world.command(SetVariables(settings=tuple(settings)))
    return [str(each.status) for each in outcome.results]


def _at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def _ask(world: StationWorld, **more: Any) -> GetLogOutcome:
    outcome = world.command(GetLog(remote_location=WHERE, request_id=5, log_type=LogType.DATA_COLLECTOR, **more))
    assert isinstance(outcome, GetLogOutcome)
    return outcome


def _lines(world: StationWorld) -> list[str]:
    """The log under way, without its header."""
    content = world.job(SendLog).lines
    assert content is not None
    header, *lines = content.splitlines()
    assert header == HEADER
    return lines


def _moments(world: StationWorld) -> list[float]:
    """When the samples of the log under way were taken, in seconds since the start, to the hundredth."""
    found = [(datetime.fromisoformat(line.split(",")[0]) - START).total_seconds() for line in _lines(world)]
    return [round(seconds, 2) for seconds in found]


def _told(world: StationWorld) -> list[str]:
    facts: list[Any] = list(world.csms.of(LogUploadReported))
    return [fact.status.value for fact in facts]


@pytest.mark.req("N01.FR.24", "N01.FR.01", "N01.FR.02")
def test_what_was_collected_between_start_and_end_is_uploaded() -> None:
    """At its interval, from the start on, the end not included; then it is cleared."""
    world = StationWorld()
    assert _set(world, Enabled="true", start=_at(10), end=_at(11), SamplingInterval="0.25") == ["Accepted"] * 4
    world.pass_time(60, step=0.05)
    outcome = _ask(world)
    assert (outcome.status, outcome.file_name) == ("Accepted", "data-collector-20260301T080100Z.csv")
    assert (world.job(SendLog).location, world.job(SendLog).file_name) == (WHERE, outcome.file_name)
    assert _moments(world) == [10, 10.25, 10.5, 10.75]
    world.job_done(SendLog, LogSent())
    assert _told(world) == ["Uploading", "Uploaded"]
    assert _ask(world).status == "Rejected"


@pytest.mark.req("N01.FR.24")
def test_the_measurands_that_are_listed_are_sampled_as_the_meter_has_them() -> None:
    """Phase by phase where it tells them so, at a rate of a hundred a second."""
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    assert (
        _set(world, SampledMeasurands="Current.Import,Current.Offered", SamplingInterval="0.01", Enabled="true")
        == ["Accepted"] * 3
    )
    world.pass_time(0.02, step=0.01)
    _ask(world)
    amps = world.hardware.meter(1).current_a
    offered = world.hardware.meter(1).current_offered_a
    lines = _lines(world)
    assert len(lines) == 3 * 4
    assert lines[-4:] == [
        f"2026-03-01T08:00:30.020Z,1,Current.Import,L1,Outlet,A,{amps[0]}",
        f"2026-03-01T08:00:30.020Z,1,Current.Import,L2,Outlet,A,{amps[1]}",
        f"2026-03-01T08:00:30.020Z,1,Current.Import,L3,Outlet,A,{amps[2]}",
        f"2026-03-01T08:00:30.020Z,1,Current.Offered,,Outlet,A,{offered}",
    ]
    assert amps[0] > 1


@pytest.mark.req("N01.FR.24")
def test_each_evse_has_a_collector_of_its_own_in_one_log() -> None:
    world = StationWorld(station="ac-22-dual")
    _set(world, 2, Enabled="true", SamplingInterval="1")
    world.pass_time(1)
    _set(world, 2, Enabled="false")
    _set(world, 1, Enabled="true", SamplingInterval="5")
    world.pass_time(6)
    _ask(world)
    assert [line.split(",")[1] for line in _lines(world)] == ["2", "2", "1", "1"]


@pytest.mark.req("N01.FR.24")
def test_a_log_that_does_not_arrive_is_not_lost_and_what_comes_later_stays() -> None:
    """Samples go on while it is uploaded; a time that is asked for is all that is given, and cleared."""
    world = StationWorld()
    _set(world, Enabled="true", SamplingInterval="10")
    world.pass_time(25)
    _ask(world)
    world.job_done(SendLog, LogNotSent(UploadStatus.UPLOAD_FAILURE, "The server is away."))
    world.pass_time(10)
    _ask(world, oldest=START + timedelta(seconds=5), latest=START + timedelta(seconds=20))
    assert _moments(world) == [10, 20]
    world.pass_time(10)
    world.job_done(SendLog, LogSent())
    _ask(world)
    assert _moments(world) == [0, 30, 40]


@pytest.mark.req("N01.FR.24")
def test_an_upload_goes_on_after_a_restart_with_what_was_taken() -> None:
    """What had not been asked for is gone with the memory; collecting goes on, for its variables are kept."""
    world = StationWorld()
    _set(world, Enabled="true", SamplingInterval="10")
    world.pass_time(15)
    _ask(world)
    world.pass_time(10)
    world.kill()
    assert _moments(world) == [0, 10]
    world.pass_time(20)
    world.job_done(SendLog, LogSent())
    _ask(world)
    assert _moments(world) == [25, 35, 45]


@pytest.mark.req("N01.FR.05")
def test_where_nothing_was_collected_there_is_no_log() -> None:
    """Not enabled, not yet begun, over, another time, or no collector at all."""
    assert _ask(StationWorld()).status == "Rejected"
    assert _ask(StationWorld(lacks=frozenset({Feature.DATA_COLLECTOR}))).status == "Rejected"
    late = StationWorld()
    _set(late, Enabled="true", start=_at(3600))
    late.pass_time(60)
    assert _ask(late).status == "Rejected"
    over = StationWorld()
    _set(over, Enabled="true", end=_at(-1))
    over.pass_time(60)
    assert (_ask(over).status, over.core.next_deadline() == over.now) == ("Rejected", False)
    some = StationWorld()
    _set(some, Enabled="true", SamplingInterval="10")
    some.pass_time(60)
    assert _ask(some, oldest=START + timedelta(hours=1)).status == "Rejected"


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest samples make room, which is noted once."""
    monkeypatch.setattr(data_collector, "MOST_LINES", 3)
    world = StationWorld()
    _set(world, Enabled="true", SamplingInterval="10")
    world.pass_time(100)
    _ask(world)
    assert _moments(world) == [80, 90, 100]
    assert len([note for note in world.notes if "data collector" in note]) == 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SamplingInterval", "0"),
        ("SamplingInterval", "0.001"),
        ("SamplingInterval", "soon"),
        ("SampledMeasurands", "Power.Active.Import,Luck"),
        ("start", "tomorrow"),
        ("Enabled", "yes"),
    ],
)
def test_what_cannot_be_is_refused(variable: str, value: str) -> None:
    assert _set(StationWorld(), **{variable: value}) == ["Rejected"]


def test_nothing_is_sampled_without_measurands() -> None:
    world = StationWorld()
    assert _set(world, Enabled="true", SampledMeasurands="") == ["Accepted"] * 2
    world.pass_time(60)
    assert _ask(world).status == "Rejected"
