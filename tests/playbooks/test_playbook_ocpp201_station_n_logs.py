"""Official OCPP 2.0.1 test cases of block N about logs, and the one of F about their messages, our station under test; on 2.1 as well."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.domain.diagnostics import UploadStatus
from pilotwire.station.core.logs import LogNotSent, LogSent, SendLog
from tests.support.wire_station import VERSIONS, WireStation, seconds
from tests.support.worked_jobs import WorkedJobs

pytestmark = pytest.mark.parametrize("version", VERSIONS)

WHERE = "https://logs.example/in/"


class _Station(WorkedJobs, WireStation):
    pass


def _get(station: _Station, kind: str = "DiagnosticsLog", request_id: int = 1, **more: Any) -> Any:
    return station.ask("GetLog", logType=kind, requestId=request_id, log={"remoteLocation": WHERE}, **more)


def _told(station: _Station) -> list[tuple[str, int | None]]:
    return [(one.status, one.request_id) for one in station.all("LogStatusNotification")]


@pytest.mark.req("N01.FR.01", "N01.FR.07", "N01.FR.08", "N01.FR.09", "N01.FR.13")
@pytest.mark.parametrize("kind", ["DiagnosticsLog", "SecurityLog"], ids=["tc_n_25_cs", "tc_n_35_cs"])
def test_tc_n_25_35_cs(version: str, kind: str) -> None:
    """A log is uploaded."""
    station = _Station(version)
    response = _get(station, kind)
    assert response.status == "Accepted"
    assert response.filename
    assert _told(station) == [("Uploading", 1), ("Uploaded", 1)]


@pytest.mark.req("N01.FR.10")
def test_tc_n_26_cs(version: str) -> None:
    """The upload fails, is tried three times more, and the failure is told once they are over."""
    station = _Station(version)
    station.let(SendLog, LogNotSent(UploadStatus.UPLOAD_FAILURE, "The server says 404."))
    assert _get(station, retries=3, retryInterval=20).status == "Accepted"
    station.pass_time(300)
    assert _told(station) == [("Uploading", 1), ("UploadFailure", 1)]
    assert seconds(station.times("LogStatusNotification")) == [60]


@pytest.mark.req("N01.FR.05")
def test_tc_n_34_cs(version: str) -> None:
    """There is no log."""
    station = _Station(version, diagnostics_log=False)
    assert _get(station).status == "Rejected"
    assert _told(station) == []


@pytest.mark.req("N01.FR.12", "N01.FR.20")
def test_tc_n_36_cs(version: str) -> None:
    """Another log is asked for in mid-upload."""
    station = _Station(version)
    station.let(SendLog, None)
    assert _get(station, "SecurityLog", 1).status == "Accepted"
    assert _get(station, "SecurityLog", 2).status == "AcceptedCanceled"
    station.job_done(SendLog, LogSent())
    assert _told(station) == [("Uploading", 1), ("AcceptedCanceled", 1), ("Uploading", 2), ("Uploaded", 2)]


@pytest.mark.req("F06.FR.14")
def test_tc_f_16_cs(version: str) -> None:
    """Asked for the status in mid-upload."""
    station = _Station(version)
    station.let(SendLog, None)
    assert _get(station).status == "Accepted"
    assert station.ask("TriggerMessage", requestedMessage="LogStatusNotification").status == "Accepted"
    assert _told(station) == [("Uploading", 1), ("Uploading", 1)]
