"""Charge point under test, 1.6: the Firmware Management profile, and firmware and logs of the security extension."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.domain.diagnostics import UploadStatus
from pilotwire.domain.firmware import UpdateFirmwareStatus
from pilotwire.ocpp import v16
from pilotwire.station.core.file_transfer import FetchFile
from pilotwire.station.core.firmware import CheckSigner, ImageVerified, SignerChecked, VerifyImage
from pilotwire.station.core.logs import LogNotSent, SendLog
from tests.support.station_world import START
from tests.support.worked_jobs import WorkedJobs
from tests.support.world16 import World16, only, shown

WHERE = "ftp://files.example/a.fwi"
PLAIN = ["Downloading", "Downloaded", "Installing", "Installed"]
SIGNED = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed"]


class _World(WorkedJobs, World16):
    pass


def _update(world: _World, **more: Any) -> Any:
    return world.asks(v16.UpdateFirmwareRequest(location=WHERE, retrieve_date=START - timedelta(hours=2), **more))


def _signed(world: _World) -> str:
    firmware = v16.Firmware(
        location=WHERE,
        retrieve_date_time=START - timedelta(hours=2),
        signing_certificate="PEM",
        signature="c2lnbmVk",
    )
    status: str = world.asks(v16.SignedUpdateFirmwareRequest(request_id=9, firmware=firmware)).status
    return status


def _plain_statuses(world: _World) -> list[str]:
    return [one.status for one in world.said(v16.FirmwareStatusNotificationRequest)]


def _signed_statuses(world: _World) -> list[str]:
    told = world.said(v16.SignedFirmwareStatusNotificationRequest)
    assert {one.request_id for one in told} <= {9}
    return [one.status for one in told]


def _events(world: _World) -> list[str]:
    return [one.type for one in world.said(v16.SecurityEventNotificationRequest)]


# --- firmware -------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:5.19", "1.6:4.5")
def test_tc_044_1_cs() -> None:
    """Fetched, installed, rebooted into; the connectors are free afterwards."""
    world = _World()
    assert _update(world) == v16.UpdateFirmwareResponse()
    world.pass_time(1)
    assert _plain_statuses(world) == PLAIN
    boots = world.said(v16.BootNotificationRequest)
    assert [boot.firmware_version for boot in boots] == ["1.0", "2.0"]
    assert shown(world.wire)[-1] == "Available"


@pytest.mark.req("1.6:4.5")
def test_tc_044_2_cs() -> None:
    """There is no such file, and it is tried once."""
    world = _World(variables={"InstallerCtrlr.UnavailableDuringFirmwareUpdate": "true"})
    world.let(FetchFile, None)
    assert _update(world, retries=0) == v16.UpdateFirmwareResponse()
    assert shown(world.wire)[-1] == "Unavailable"
    world.job_fails(FetchFile)
    assert _plain_statuses(world) == ["Downloading", "DownloadFailed"]
    assert shown(world.wire)[-1] == "Available"


@pytest.mark.req("1.6:4.5")
def test_tc_044_3_cs() -> None:
    """The file is none of this charge point; what it has goes on running."""
    world = _World()
    world.image_is_damaged()
    _update(world)
    assert _plain_statuses(world) == ["Downloading", "Downloaded", "Installing", "InstallationFailed"]
    assert shown(world.wire)[-1] == "Available"


@pytest.mark.req("1.6:5.19")
def test_firmware_waits_for_its_time_and_for_who_charges() -> None:
    """Nothing is told of waiting, for which 1.6 has no words; nobody else may begin meanwhile."""
    world = _World(station="ac-22-dual")
    at = START + timedelta(minutes=5)
    world.charge()
    world.asks(v16.UpdateFirmwareRequest(location=WHERE, retrieve_date=at))
    assert _plain_statuses(world) == []
    world.pass_time(300)
    assert _plain_statuses(world) == ["Downloading", "Downloaded"]
    assert shown(world.wire, 2)[-1] == "Unavailable"
    world.tap("ANNA")
    world.unplug()
    world.pass_time(5)
    assert _plain_statuses(world) == PLAIN
    assert shown(world.wire, 2)[-1] == "Available"


@pytest.mark.req("1.6:5.17")
def test_a_triggered_status_is_idle_when_there_is_no_update() -> None:
    world = _World()
    trigger = v16.TriggerMessageRequest(requested_message="FirmwareStatusNotification")
    world.let(FetchFile, None)
    world.asks(trigger)
    _update(world, retries=0)
    world.asks(trigger)
    world.job_fails(FetchFile)
    world.asks(trigger)
    assert _plain_statuses(world) == ["Idle", "Downloading", "Downloading", "DownloadFailed", "Idle"]


# --- signed firmware ------------------------------------------------------------------------------------------------


@pytest.mark.req("SEC16:L01.FR.01", "SEC16:L01.FR.05", "SEC16:L01.FR.10")
def test_tc_080_cs() -> None:
    """Secure update."""
    world = _World()
    assert _signed(world) == "Accepted"
    world.pass_time(1)
    assert _signed_statuses(world) == SIGNED
    assert _plain_statuses(world) == []
    assert _events(world)[-1] == "FirmwareUpdated"


@pytest.mark.req("SEC16:L01.FR.03")
def test_tc_081_cs() -> None:
    """Secure update whose signature is not that of the file."""
    world = _World()
    world.let(VerifyImage, ImageVerified(genuine=False, why="It is of another file."))
    assert _signed(world) == "Accepted"
    assert _signed_statuses(world) == ["Downloading", "Downloaded", "InvalidSignature"]
    assert _events(world)[-1] == "InvalidFirmwareSignature"


@pytest.mark.req("SEC16:L01.FR.02")
@pytest.mark.parametrize(
    "status",
    [
        pytest.param("InvalidCertificate", marks=pytest.mark.req("SEC16:L01.FR.24")),
        pytest.param("RevokedCertificate", marks=pytest.mark.req("SEC16:L01.FR.25")),
    ],
)
def test_a_signing_certificate_that_is_not_good(status: str) -> None:
    world = _World()
    world.let(CheckSigner, SignerChecked(UpdateFirmwareStatus(status), "It is not good."))
    assert _signed(world) == status
    assert _events(world)[-1] == "InvalidFirmwareSigningCertificate"


@pytest.mark.req("SEC16:L01.FR.20")
def test_a_charge_point_that_takes_signed_firmware_only() -> None:
    """Whatever its security profile is."""
    world = _World(accepts_unsigned_firmware=False)
    assert _update(world) == "NotSupported"
    assert _plain_statuses(world) == []


@pytest.mark.req("SEC16:L01.FR.29")
def test_a_triggered_status_of_a_secure_update() -> None:
    world = _World()
    trigger = v16.ExtendedTriggerMessageRequest(requested_message="FirmwareStatusNotification")
    world.let(FetchFile, None)
    _signed(world)
    assert world.asks(trigger).status == "Accepted"
    assert _signed_statuses(world) == ["Downloading", "Downloading"]


# --- logs -----------------------------------------------------------------------------------------------------------


def _diagnostics(world: _World, **more: Any) -> Any:
    return world.asks(v16.GetDiagnosticsRequest(location="ftp://files.example/in", **more))


def _log_statuses(world: _World) -> list[str]:
    return [one.status for one in world.said(v16.DiagnosticsStatusNotificationRequest)]


@pytest.mark.req("1.6:5.9", "1.6:4.4")
def test_tc_045_1_cs() -> None:
    """Diagnostics are uploaded."""
    world = _World()
    assert _diagnostics(world).file_name
    assert _log_statuses(world) == ["Uploading", "Uploaded"]


@pytest.mark.req("1.6:4.4")
def test_tc_045_2_cs() -> None:
    """The upload fails, and is tried once."""
    world = _World()
    world.let(SendLog, LogNotSent(UploadStatus.PERMISSION_DENIED, "The server says 550."))
    assert _diagnostics(world, retries=0).file_name
    assert _log_statuses(world) == ["Uploading", "UploadFailed"]


@pytest.mark.req("1.6:5.9")
def test_a_charge_point_without_diagnostics_names_no_file() -> None:
    world = _World(diagnostics_log=False)
    assert _diagnostics(world).file_name is None
    assert _log_statuses(world) == []


def test_tc_079_cs() -> None:
    """The security log."""
    world = _World()
    place = v16.LogParameters(remote_location="https://logs.example/in/")
    answer = world.asks(v16.GetLogRequest(log_type="SecurityLog", request_id=4, log=place))
    assert (answer.status, bool(answer.filename)) == ("Accepted", True)
    told = only(v16.LogStatusNotificationRequest, world.wire)
    assert [(one.status, one.request_id) for one in told] == [("Uploading", 4), ("Uploaded", 4)]
