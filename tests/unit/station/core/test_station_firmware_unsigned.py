"""Firmware without a signature, on a station that takes it (L02): the same phases and waits as with one, seen as messages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.station.core.file_transfer import FetchFile, FileFetched
from pilotwire.station.core.firmware import InstallImage
from tests.support.station_world import START
from tests.support.wire_states import energy_transfer_started
from tests.support.wire_station import ANNA, VERSIONS, WireStation
from tests.support.worked_jobs import WorkedJobs

pytestmark = pytest.mark.parametrize("version", VERSIONS)

FETCHED = ["Downloading", "Downloaded"]
ENDED = ["Installing", "InstallRebooting", "Installed"]


class _Station(WorkedJobs, WireStation):
    pass


def _station(version: str) -> _Station:
    return _Station(version, station="ac-22-dual", accepts_unsigned_firmware=True)


def _at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def _update(station: _Station, request_id: int = 1, **more: Any) -> str:
    firmware: dict[str, Any] = {"location": "https://firmware.example/a.bin", "retrieveDateTime": _at(-60)}
    status: str = station.ask("UpdateFirmware", requestId=request_id, firmware=firmware | more).status
    return status


def _statuses(station: _Station, request_id: int | None = 1) -> list[str]:
    return [one.status for one in station.all("FirmwareStatusNotification") if one.request_id == request_id]


def _triggered(station: _Station) -> str:
    assert station.ask("TriggerMessage", requestedMessage="FirmwareStatusNotification").status == "Accepted"
    status: str = station.all("FirmwareStatusNotification")[-1].status
    return status


@pytest.mark.req("L02.FR.16", "L02.FR.20", "L02.FR.21")
def test_it_is_installed_and_run_after_a_restart_that_was_told(version: str) -> None:
    station = _station(version)
    assert _update(station) == "Accepted"
    station.pass_time(1)
    assert _statuses(station) == [*FETCHED, *ENDED]
    assert [boot.reason for boot in station.all("BootNotification")] == ["PowerUp", "FirmwareUpdate"]
    assert _triggered(station) == "Idle"


@pytest.mark.req("L02.FR.07", "L02.FR.10")
def test_it_is_fetched_and_installed_when_it_is_time(version: str) -> None:
    station = _station(version)
    assert _update(station, retrieveDateTime=_at(300), installDateTime=_at(600)) == "Accepted"
    assert _statuses(station) == ["DownloadScheduled"]
    station.pass_time(300)
    assert _statuses(station) == ["DownloadScheduled", *FETCHED, "InstallScheduled"]
    station.pass_time(299)
    assert _statuses(station)[-1] == "InstallScheduled"
    station.pass_time(2)
    assert _statuses(station)[-3:] == ENDED


@pytest.mark.req("L02.FR.03", "L02.FR.04", "L02.FR.17", "L02.FR.22", "L02.FR.23")
def test_it_waits_for_who_charges_and_nobody_comes_in_between(version: str) -> None:
    station = _station(version)
    station.set("ChargingStation.AllowNewSessionsPendingFirmwareUpdate", "false")
    energy_transfer_started(station)
    assert _update(station) == "Accepted"
    assert _statuses(station) == [*FETCHED, "InstallScheduled"]
    assert _triggered(station) == "InstallScheduled"
    assert (station.place_status(1), station.place_status(2)) == ("Occupied", "Unavailable")
    station.pass_time(600)
    assert _statuses(station)[-1] == "InstallScheduled"
    station.tap(ANNA)
    station.unplug()
    station.pass_time(1)
    assert _statuses(station)[-3:] == ENDED
    assert (station.place_status(1), station.place_status(2)) == ("Available", "Available")


@pytest.mark.req("L02.FR.15")
def test_another_takes_its_place_while_it_is_being_fetched(version: str) -> None:
    station = _station(version)
    station.let(FetchFile, None)
    assert _update(station) == "Accepted"
    assert _update(station, 2) == "AcceptedCanceled"
    station.job_done(FetchFile, FileFetched(1, "0" * 32))
    station.pass_time(1)
    assert _statuses(station) == ["Downloading"]
    assert _statuses(station, 2) == [*FETCHED, *ENDED]


@pytest.mark.req("L02.FR.18", "B11.FR.06", "B12.FR.10")
@pytest.mark.parametrize(
    "reset", [{"type": "OnIdle"}, {"type": "Immediate"}, {"type": "Immediate", "evseId": 1}], ids=str
)
def test_while_it_is_being_installed_neither_another_nor_a_reset_is_taken(version: str, reset: dict[str, Any]) -> None:
    station = _station(version)
    station.let(InstallImage, None)
    assert _update(station) == "Accepted"
    assert _statuses(station)[-1] == "Installing"
    assert _update(station, 2) == "Rejected"
    assert station.ask("Reset", **reset).status == "Rejected"
    station.pass_time(60)
    assert len(station.all("BootNotification")) == 1


@pytest.mark.req("L02.FR.19")
def test_what_cannot_be_fetched_has_failed_after_the_last_try(version: str) -> None:
    station = _station(version)
    station.let(FetchFile, "The server says 404.")
    firmware = {"location": "https://firmware.example/a.bin", "retrieveDateTime": _at(-60)}
    answer = station.ask("UpdateFirmware", requestId=1, retries=2, retryInterval=30, firmware=firmware)
    assert answer.status == "Accepted"
    assert _statuses(station) == ["Downloading"]
    station.pass_time(120)
    assert _statuses(station) == ["Downloading", "DownloadFailed"]
    assert _triggered(station) == "DownloadFailed"
