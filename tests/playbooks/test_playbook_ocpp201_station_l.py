"""Official OCPP 2.0.1 test cases of block L (firmware), and those of F about its messages, our station under test; on 2.1 as well."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.domain.firmware import UpdateFirmwareStatus
from pilotwire.station.core.file_transfer import FetchFile, FileFetched
from pilotwire.station.core.firmware import CheckSigner, ImageVerified, InstallImage, SignerChecked, VerifyImage
from tests.support.station_world import START
from tests.support.wire_station import ANNA, BERT, VERSIONS, WireStation, named
from tests.support.worked_jobs import WorkedJobs

pytestmark = pytest.mark.parametrize("version", VERSIONS)

FETCHED = ["Downloading", "Downloaded", "SignatureVerified"]
ENDED = ["Installing", "InstallRebooting", "Installed"]
ALLOW_NEW = "ChargingStation.AllowNewSessionsPendingFirmwareUpdate"


class _Station(WorkedJobs, WireStation):
    pass


def _at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def _update(station: _Station, request_id: int = 1, **firmware: Any) -> str:
    """The CSMS sends an update whose times are past, unless said; the status of the answer."""
    wanted = {
        "location": "https://firmware.example/a.bin",
        "retrieveDateTime": _at(-7200),
        "installDateTime": _at(-7200),
        "signingCertificate": "PEM",
        "signature": "c2lnbmVk",
    } | firmware
    sent = {name: value for name, value in wanted.items() if value is not None}
    status: str = station.ask("UpdateFirmware", requestId=request_id, firmware=sent).status
    return status


def _statuses(station: _Station, request_id: int = 1) -> list[str]:
    """What was told of an update."""
    return [one.status for one in station.all("FirmwareStatusNotification") if one.request_id == request_id]


def _installed(station: _Station) -> None:
    """The station restarts for the update, and ends as the reusable state says."""
    station.pass_time(1)
    assert _statuses(station)[-3:] == ENDED
    assert [boot.reason for boot in station.all("BootNotification")] == ["PowerUp", "FirmwareUpdate"]
    assert station.all("SecurityEventNotification")[-1].type == "FirmwareUpdated"
    assert {station.place_status(*place) for place in station.connectors} == {"Available"}


def _charge(station: _Station, evse: int = 1, token: str = ANNA) -> None:
    station.plug(evse)
    station.tap(token, evse)
    station.pass_time(5)


def _leave(station: _Station, evse: int = 1, token: str = ANNA) -> None:
    station.tap(token, evse)
    station.unplug(evse)


# --- the whole way --------------------------------------------------------------------------------------------------


@pytest.mark.req("L01.FR.01", "L01.FR.04", "L01.FR.05", "L01.FR.10", "L01.FR.20", "L01.FR.21")
def test_tc_l_01_cs(version: str) -> None:
    """Fetched, verified, installed, rebooted into."""
    station = _Station(version)
    assert _update(station) == "Accepted"
    _installed(station)
    assert _statuses(station) == [*FETCHED, *ENDED]


@pytest.mark.req("L01.FR.16")
def test_tc_l_02_cs(version: str) -> None:
    """Installed at the time that was set."""
    station = _Station(version)
    assert _update(station, installDateTime=_at(600)) == "Accepted"
    station.pass_time(599)
    assert _statuses(station) == [*FETCHED, "InstallScheduled"]
    station.pass_time(1)
    _installed(station)


@pytest.mark.req("L01.FR.13")
def test_tc_l_03_cs(version: str) -> None:
    """Fetched at the time that was set."""
    station = _Station(version)
    assert _update(station, retrieveDateTime=_at(600)) == "Accepted"
    station.pass_time(599)
    assert _statuses(station) == ["DownloadScheduled"]
    station.pass_time(1)
    _installed(station)
    assert _statuses(station) == ["DownloadScheduled", *FETCHED, *ENDED]


# --- what is not good -----------------------------------------------------------------------------------------------


@pytest.mark.req("L01.FR.02", "L01.FR.22")
def test_tc_l_05_cs(version: str) -> None:
    """The signing certificate is not one of the manufacturer."""
    station = _Station(version)
    station.let(CheckSigner, SignerChecked(UpdateFirmwareStatus.INVALID_CERTIFICATE, "Its root is not known."))
    assert _update(station) == "InvalidCertificate"
    assert station.all("SecurityEventNotification")[-1].type == "InvalidFirmwareSigningCertificate"
    assert _statuses(station) == []


@pytest.mark.req("L01.FR.03")
def test_tc_l_06_cs(version: str) -> None:
    """The signature is not one of the file."""
    station = _Station(version)
    station.let(VerifyImage, ImageVerified(genuine=False, why="It is of another file."))
    assert _update(station) == "Accepted"
    assert _statuses(station) == ["Downloading", "Downloaded", "InvalidSignature"]
    assert station.all("SecurityEventNotification")[-1].type == "InvalidFirmwareSignature"


@pytest.mark.req("L01.FR.30")
def test_tc_l_07_cs(version: str) -> None:
    """There is no such file."""
    station = _Station(version)
    station.let(FetchFile, "The server says 404.")
    assert _update(station) == "Accepted"
    station.pass_time(60)
    assert _statuses(station) == ["Downloading", "DownloadFailed"]


@pytest.mark.req("L01.FR.29")
@pytest.mark.parametrize("damaged", [True, False], ids=["verification", "installation"])
def test_tc_l_08_cs(version: str, damaged: bool) -> None:
    """The image fails its own check, or cannot be installed; the station stays in use with what it had."""
    station = _Station(version)
    if damaged:
        station.image_is_damaged()
    else:
        station.let(InstallImage, "The flash memory is worn out.")
    assert _update(station) == "Accepted"
    last = "InstallVerificationFailed" if damaged else "InstallationFailed"
    assert _statuses(station) == [*FETCHED, "Installing", last]
    assert station.place_status() == "Available"
    assert len(station.all("BootNotification")) == 1


def test_tc_l_18_cs(version: str) -> None:
    """Neither certificate nor signature."""
    station = _Station(version)
    assert _update(station, signingCertificate=None, signature=None) == "Rejected"
    assert _statuses(station) == []


# --- another one ----------------------------------------------------------------------------------------------------


@pytest.mark.req("L01.FR.24")
def test_tc_l_10_cs(version: str) -> None:
    """Another update while the first is being fetched takes its place."""
    station = _Station(version)
    station.let(FetchFile, None)
    assert _update(station, 1) == "Accepted"
    assert _statuses(station, 1) == ["Downloading"]
    assert _update(station, 2) == "AcceptedCanceled"
    station.job_done(FetchFile, FileFetched(1, "0" * 32))
    station.pass_time(1)
    assert _statuses(station, 1) == ["Downloading"]
    assert _statuses(station, 2) == [*FETCHED, *ENDED]


@pytest.mark.req("L01.FR.27")
def test_tc_l_11_cs(version: str) -> None:
    """Another update while the first is being installed is refused, and the first goes on."""
    station = _Station(version)
    station.let(InstallImage, None)
    assert _update(station, 1) == "Accepted"
    assert _update(station, 2) == "Rejected"
    station.job_done(InstallImage, station._install())  # type: ignore[arg-type]
    _installed(station)
    assert _statuses(station, 2) == []


# --- who charges ----------------------------------------------------------------------------------------------------


@pytest.mark.req("L01.FR.06")
def test_tc_l_14_cs(version: str) -> None:
    """Fetched while somebody charges, who may be joined; installed when both have gone."""
    station = _Station(version, station="ac-22-dual", variables={ALLOW_NEW: "true"})
    _charge(station)
    assert _update(station) == "Accepted"
    assert _statuses(station) == [*FETCHED, "InstallScheduled"]
    _charge(station, 2, BERT)
    _leave(station)
    assert _statuses(station)[-1] == "InstallScheduled"
    _leave(station, 2, BERT)
    _installed(station)


@pytest.mark.req("L01.FR.06", "L01.FR.07")
def test_tc_l_15_cs(version: str) -> None:
    """The same where nobody may join: what is free is Unavailable until the update is done."""
    station = _Station(version, station="ac-22-dual")
    station.set(ALLOW_NEW, "false")
    _charge(station)
    station.said()
    assert _update(station) == "Accepted"
    assert _statuses(station) == [*FETCHED, "InstallScheduled"]
    told = [(one.evse_id, one.connector_status) for one in named(station.said(), "StatusNotification")]
    assert told == [(2, "Unavailable")]
    _leave(station)
    _installed(station)


@pytest.mark.req("L01.FR.06", "L01.FR.13", "L01.FR.20")
def test_tc_l_12_cs(version: str) -> None:
    """A station that cannot fetch while somebody charges waits for all, and lets others join meanwhile."""
    station = _Station(
        version, station="ac-22-dual", variables={ALLOW_NEW: "true"}, fetches_firmware_while_charging=False
    )
    _charge(station)
    assert _update(station) == "Accepted"
    _charge(station, 2, BERT)
    assert station.hardware.meter(2).power_w > 0
    station.pass_time(60)
    _leave(station)
    assert _statuses(station) == ["DownloadScheduled"]
    _leave(station, 2, BERT)
    _installed(station)
    assert _statuses(station) == ["DownloadScheduled", *FETCHED, *ENDED]


@pytest.mark.req("L01.FR.06", "L01.FR.07", "L01.FR.13", "L01.FR.20")
def test_tc_l_13_cs(version: str) -> None:
    """The same where nobody may join: what is free is Unavailable until the update is done."""
    station = _Station(version, station="ac-22-dual", fetches_firmware_while_charging=False)
    station.set(ALLOW_NEW, "false")
    _charge(station)
    station.said()
    assert _update(station) == "Accepted"
    told = [(one.evse_id, one.connector_status) for one in named(station.said(), "StatusNotification")]
    assert told == [(2, "Unavailable")]
    station.pass_time(60)
    assert _statuses(station) == ["DownloadScheduled"]
    _leave(station)
    _installed(station)
    assert _statuses(station) == ["DownloadScheduled", *FETCHED, *ENDED]


# --- triggers -------------------------------------------------------------------------------------------------------


@pytest.mark.req("F06.FR.16")
@pytest.mark.parametrize("named_evse", [{"evse": {"id": 1}}, {}], ids=["tc_f_17_cs", "tc_f_18_cs"])
def test_tc_f_17_18_cs(version: str, named_evse: dict[str, Any]) -> None:
    """Asked for the status where there is no update, with an EVSE or without."""
    station = _Station(version)
    answer = station.ask("TriggerMessage", requestedMessage="FirmwareStatusNotification", **named_evse)
    assert answer.status == "Accepted"
    (told,) = station.all("FirmwareStatusNotification")
    assert (told.status, told.request_id) == ("Idle", None)


@pytest.mark.req("L01.FR.26")
def test_tc_f_19_cs(version: str) -> None:
    """Asked for it in mid-download."""
    station = _Station(version)
    station.let(FetchFile, None)
    assert _update(station, installDateTime=None) == "Accepted"
    assert station.ask("TriggerMessage", requestedMessage="FirmwareStatusNotification").status == "Accepted"
    assert _statuses(station) == ["Downloading", "Downloading"]
