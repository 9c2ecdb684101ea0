"""An unsigned update (L02) tells of a download that is interrupted, and of the reboot before it comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.station.core.file_transfer import FetchFile, Fetching
from tests.support.station_world import START
from tests.support.wire_station import VERSIONS, WireStation
from tests.support.worked_jobs import WorkedJobs

pytestmark = pytest.mark.parametrize("version", VERSIONS)


class _Station(WorkedJobs, WireStation):
    pass


def _updating(version: str, **more: Any) -> _Station:
    """A station that was asked for an update which is due."""
    station = _Station(version, accepts_unsigned_firmware=True)
    if more:
        station.let(FetchFile, None)
    due = (START - timedelta(seconds=60)).isoformat()
    firmware = {"location": "https://firmware.example/a.bin", "retrieveDateTime": due}
    assert station.ask("UpdateFirmware", requestId=1, firmware=firmware, **more).status == "Accepted"
    return station


def _told(station: _Station) -> list[str]:
    """The states told, and boots."""
    heard = []
    for message in station.said():
        kind = type(message).__name__
        if kind == "FirmwareStatusNotificationRequest":
            heard.append(message.status)
        elif kind == "BootNotificationRequest":
            heard.append(f"boot: {message.reason}")
    return heard


@pytest.mark.req("L02.FR.08")
def test_a_download_that_breaks_off_is_told_as_paused(version: str) -> None:
    """And as downloading again when it goes on."""
    station = _updating(version, retries=1, retryInterval=20)
    station.job_tells(FetchFile, Fetching(100))
    station.job_fails(FetchFile)
    assert _told(station)[-2:] == ["Downloading", "DownloadPaused"]
    station.pass_time(20)
    assert [one.status for one in station.all("FirmwareStatusNotification")][-1] == "Downloading"


@pytest.mark.req("L02.FR.09")
def test_the_reboot_is_told_before_it_comes(version: str) -> None:
    station = _updating(version)
    station.pass_time(1)
    told = _told(station)
    assert "boot: FirmwareUpdate" in told
    assert told.index("InstallRebooting") < told.index("boot: FirmwareUpdate")
