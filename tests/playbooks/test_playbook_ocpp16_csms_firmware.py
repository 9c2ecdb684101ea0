"""Central system under test, 1.6: firmware with and without signature, diagnostics and security logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.csms_stage import STATION, Stage, at, stage

V16 = "ocpp1.6"
ACCEPTED = {"status": "Accepted"}
LOCATION, PLACE = "https://firmware.example.org/volta-one-2.4.0.bin", "https://logs.example.org/in/"
FETCHED, REBOOT = ("Downloading", "Downloaded"), ("Installing", "InstallRebooting")
SIGNED = {
    "signingCertificate": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "signature": "c2lnbmVk",
}
LATER = "2030-01-01T02:00:00Z"


async def _connectors(on: Stage, status: str) -> None:
    for connector in (1, 2):
        said = {"connectorId": connector, "errorCode": "NoError", "status": status}
        assert await on.cs.ask("StatusNotification", said) == {}


async def _history(on: Stage) -> tuple[list[str], bool]:
    """The statuses the operator reads of the update, and whether it has ended; nothing was wrong with them."""
    assert await on.rules() == []
    (update,) = (await on.read("firmware-updates"))["items"]
    return [step["status"] for step in update["history"]], update["endedAt"] is not None


# --- without signature ----------------------------------------------------------------------------------------------------------------


async def _update(on: Stage) -> None:
    ordered = await on.order("update-firmware", {}, location=LOCATION, retrieveDateTime=LATER)
    assert (ordered.action, ordered.sent) == ("UpdateFirmware", {"location": LOCATION, "retrieveDate": LATER})
    assert ordered.told["status"] == "Accepted", "in 1.6 any answer is a yes"


async def _told(on: Stage, *statuses: str) -> None:
    for status in statuses:
        assert await on.cs.ask("FirmwareStatusNotification", {"status": status}) == {}


@pytest.mark.req("1.6:5.19", "1.6:4.5")
@pytest.mark.parametrize(
    "last", [pytest.param("Installed", id="tc_044_1_csms"), pytest.param("InstallationFailed", id="tc_044_3_csms")]
)
async def test_tc_044_1_3_csms(last: str) -> None:
    """Fetched and installed, with a restart; it works, or it fails. The operator reads every step."""
    async with stage(V16) as on:
        await _update(on)
        await _told(on, *FETCHED)
        await _connectors(on, "Unavailable")
        await _told(on, "Installing")
        assert await _history(on) == ([*FETCHED, "Installing"], False)
        assert (await on.cs.boot())["status"] == "Accepted"
        await _connectors(on, "Available")
        await _told(on, last)
        assert await _history(on) == ([*FETCHED, "Installing", last], True)


@pytest.mark.req("1.6:5.19", "1.6:4.5")
async def test_tc_044_2_csms() -> None:
    """It cannot be fetched: the update is over."""
    async with stage(V16) as on:
        await _update(on)
        await _told(on, "Downloading", "DownloadFailed")
        assert await _history(on) == (["Downloading", "DownloadFailed"], True)


# --- with signature -------------------------------------------------------------------------------------------------------------------


async def _signed_update(on: Stage) -> int:
    """The charge point hears location, time, certificate and signature; the request id."""
    ordered = await on.order("update-firmware", ACCEPTED, location=LOCATION, retrieveDateTime=LATER, **SIGNED)
    request = ordered.sent["requestId"]
    firmware = {"location": LOCATION, "retrieveDateTime": LATER} | SIGNED
    assert (ordered.action, ordered.sent) == ("SignedUpdateFirmware", {"requestId": request, "firmware": firmware})
    assert (ordered.told["status"], ordered.told["requestId"]) == ("Accepted", request)
    return int(request)


async def _signed_told(on: Stage, request: int, statuses: Sequence[str]) -> None:
    for status in statuses:
        assert await on.cs.ask("SignedFirmwareStatusNotification", {"status": status, "requestId": request}) == {}


@pytest.mark.req("SEC16:4", "SEC16:L01.FR.11")
async def test_tc_080_csms() -> None:
    """Fetched, verified, installed over a restart; the charge point tells of the update as a security event, too."""
    steps = (*FETCHED, "SignatureVerified")
    async with stage(V16) as on:
        request = await _signed_update(on)
        await _signed_told(on, request, steps)
        await _connectors(on, "Unavailable")
        await _signed_told(on, request, REBOOT)
        assert (await on.cs.boot())["status"] == "Accepted"
        event = {"type": "FirmwareUpdated", "timestamp": at(on.ticks())}
        assert await on.cs.ask("SecurityEventNotification", event) == {}
        await _connectors(on, "Available")
        await _signed_told(on, request, ("Installed",))
        assert await _history(on) == ([*steps, *REBOOT, "Installed"], True)
        (kept,) = (await on.operator.get("/security-events", params={"station": STATION})).json()
        assert kept["type"] == "FirmwareUpdated"


@pytest.mark.req("SEC16:4")
async def test_tc_081_csms() -> None:
    """The signature is not valid: the update is over."""
    steps = (*FETCHED, "InvalidSignature")
    async with stage(V16) as on:
        await _signed_told(on, await _signed_update(on), steps)
        assert await _history(on) == (list(steps), True)


# --- logs -----------------------------------------------------------------------------------------------------------------------------


async def _uploaded(on: Stage) -> tuple[list[str], bool]:
    """The statuses the operator reads of the log, and whether more is to come."""
    (log,) = (await on.read("logs"))["items"]
    return [each["status"] for each in log["statuses"]], log["open"]


@pytest.mark.req("1.6:5.9", "1.6:4.4")
@pytest.mark.parametrize(
    ("last", "shown"),
    [
        pytest.param("Uploaded", "Uploaded", id="tc_045_1_csms"),
        pytest.param("UploadFailed", "UploadFailure", id="tc_045_2_csms"),
    ],
)
async def test_tc_045_1_2_csms(last: str, shown: str) -> None:
    """Diagnostics are uploaded, or not: the operator reads it in the words of 2.x."""
    async with stage(V16) as on:
        ordered = await on.order("get-log", {"fileName": "diagnostics.zip"}, remoteLocation=PLACE)
        assert (ordered.action, ordered.sent) == ("GetDiagnostics", {"location": PLACE})
        assert (ordered.told["status"], ordered.told["filename"]) == ("Accepted", "diagnostics.zip")
        await _diagnostics(on, "Uploading")
        assert await _uploaded(on) == (["Uploading"], True)
        await _diagnostics(on, last)
        assert await _uploaded(on) == (["Uploading", shown], False)


async def _diagnostics(on: Stage, status: str) -> None:
    assert await on.cs.ask("DiagnosticsStatusNotification", {"status": status}) == {}


@pytest.mark.req("SEC16:5.9", "SEC16:5.13")
async def test_tc_079_csms() -> None:
    """The security log is uploaded."""
    async with stage(V16) as on:
        answer: dict[str, Any] = ACCEPTED | {"filename": "security.log"}
        ordered = await on.order("get-log", answer, logType="SecurityLog", remoteLocation=PLACE)
        request = ordered.sent["requestId"]
        assert ordered.action == "GetLog"
        assert ordered.sent == {"logType": "SecurityLog", "requestId": request, "log": {"remoteLocation": PLACE}}
        for status in ("Uploading", "Uploaded"):
            assert await on.cs.ask("LogStatusNotification", {"status": status, "requestId": request}) == {}
        assert await _uploaded(on) == (["Uploading", "Uploaded"], False)
