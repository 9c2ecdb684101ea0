"""CSMS under test, 2.0.1: firmware management (L). What the operator reads of an update is the station's history of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.csms_stage import Stage, at, stage
from tests.support.csms_stage201 import ACCEPTED, Charge, booted, status

LOCATION = "https://firmware.example.org/volta-one-2.4.0.bin"
CHECKSUM = "b026324c6904b2a9cb4b88d6d61c81d1"
SIGNED = {
    "signingCertificate": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "signature": "c2lnbmVk",
}
LATER = "2030-01-01T02:00:00Z"
FETCHED = ("Downloading", "Downloaded", "SignatureVerified")

# --- update -------------------------------------------------------------------------------------------------------------------------


async def _update(on: Stage, answer: str = "Accepted", **when: str) -> int:
    """The operator updates the firmware; the station hears location, certificate, signature and times, and nothing else. The request id."""
    ordered = await on.order("update-firmware", {"status": answer}, location=LOCATION, **SIGNED, **when)
    assert ordered.action == "UpdateFirmware"
    firmware = dict(ordered.sent["firmware"])
    assert "retrieveDateTime" in firmware
    if "retrieveDateTime" not in when:
        del firmware["retrieveDateTime"]
    assert firmware == {"location": LOCATION} | SIGNED | when
    assert ordered.told["status"] == answer
    assert ordered.told["requestId"] == ordered.sent["requestId"]
    return int(ordered.sent["requestId"])


async def _told(on: Stage, request: int, statuses: Sequence[str]) -> None:
    """The station tells how far it is; each is acknowledged."""
    for state in statuses:
        assert await on.cs.ask("FirmwareStatusNotification", {"status": state, "requestId": request}) == {}


async def _rebooted(on: Stage) -> None:
    """The station comes back and tells its connectors."""
    await booted(on, "FirmwareUpdate")


async def _installed(on: Stage, request: int, last: str = "Installed") -> None:
    """From Installing over the restart to the last status."""
    await _told(on, request, ("Installing", "InstallRebooting"))
    await _rebooted(on)
    await _told(on, request, (last,))


async def _history(on: Stage, request: int) -> tuple[list[str], bool]:
    """The statuses the operator reads of an update, and whether it has ended; nothing was wrong with their order."""
    assert [rule for rule in await on.rules() if "firmware" in rule.lower() or rule.startswith("L0")] == []
    (update,) = [each for each in (await on.read("firmware-updates"))["items"] if each["requestId"] == request]
    return [step["status"] for step in update["history"]], update["endedAt"] is not None


REBOOT = ("Installing", "InstallRebooting")


@pytest.mark.req("L01.FR.11", versions=("2.0.1",))
@pytest.mark.parametrize(
    ("when", "statuses"),
    [
        pytest.param({}, FETCHED, id="tc_l_01_csms"),
        pytest.param({"installDateTime": LATER}, (*FETCHED, "InstallScheduled"), id="tc_l_02_csms"),
        pytest.param({"retrieveDateTime": LATER}, ("DownloadScheduled", *FETCHED), id="tc_l_03_csms"),
    ],
)
async def test_tc_l_01_02_03_csms(when: dict[str, str], statuses: tuple[str, ...]) -> None:
    """An update at once, installed later, fetched later: the times are passed on, and the operator reads every step."""
    async with stage() as on:
        request = await _update(on, **when)
        await _told(on, request, statuses)
        assert await _history(on, request) == (list(statuses), False)
        await _installed(on, request)
        assert await _history(on, request) == ([*statuses, *REBOOT, "Installed"], True)


async def test_tc_l_04_csms() -> None:
    """The signing certificate has been revoked: the update is over."""
    async with stage() as on:
        request = await _update(on, "RevokedCertificate")
        assert await _history(on, request) == ([], True)


async def _security_event(on: Stage, kind: str) -> None:
    """A security event is acknowledged, and on record as it was."""
    assert await on.cs.ask("SecurityEventNotification", {"type": kind, "timestamp": at(on.ticks())}) == {}
    (alert,) = (await on.read("alerts"))["items"]
    assert (alert["source"], alert["state"]) == ("security", "open")
    assert kind in str(alert)


async def test_tc_l_05_csms() -> None:
    """The signing certificate is not valid: the update is over, and a security event is told."""
    async with stage() as on:
        request = await _update(on, "InvalidCertificate")
        await _security_event(on, "InvalidFirmwareSigningCertificate")
        assert await _history(on, request) == ([], True)


@pytest.mark.req("L01.FR.11", versions=("2.0.1",))
async def test_tc_l_06_csms() -> None:
    """The signature is not valid: the update is over, and a security event is told."""
    statuses = ("Downloading", "Downloaded", "InvalidSignature")
    async with stage() as on:
        request = await _update(on)
        await _told(on, request, statuses)
        await _security_event(on, "InvalidFirmwareSignature")
        assert await _history(on, request) == (list(statuses), True)


@pytest.mark.req("L01.FR.11", versions=("2.0.1",))
@pytest.mark.parametrize(
    "statuses",
    [
        pytest.param(("Downloading", "DownloadFailed"), id="tc_l_07_csms"),
        pytest.param((*FETCHED, "Installing", "InstallVerificationFailed"), id="tc_l_08_csms"),
    ],
)
async def test_tc_l_07_08_csms(statuses: tuple[str, ...]) -> None:
    """What was fetched cannot be had, or is not what it should be: the update is over."""
    async with stage() as on:
        request = await _update(on)
        await _told(on, request, statuses)
        assert await _history(on, request) == (list(statuses), True)


@pytest.mark.req("L01.FR.11", versions=("2.0.1",))
async def test_tc_l_09_csms() -> None:
    """It fails after the restart."""
    async with stage() as on:
        request = await _update(on)
        await _told(on, request, FETCHED)
        await _installed(on, request, "InstallationFailed")
        assert await _history(on, request) == ([*FETCHED, *REBOOT, "InstallationFailed"], True)


@pytest.mark.req("L01.FR.11", versions=("2.0.1",))
async def test_tc_l_10_csms() -> None:
    """A second update takes the place of the first, whose steps stay its own."""
    async with stage() as on:
        first = await _update(on)
        await _told(on, first, ("Downloading",))
        second = await _update(on, "AcceptedCanceled")
        assert second != first
        await _told(on, second, FETCHED)
        await _installed(on, second)
        assert await _history(on, second) == ([*FETCHED, *REBOOT, "Installed"], True)
        assert (await _history(on, first))[0] == ["Downloading"]


@pytest.mark.req("L01.FR.11", versions=("2.0.1",))
async def test_tc_l_11_csms() -> None:
    """A second update is rejected; the first goes on to its end."""
    async with stage() as on:
        first = await _update(on)
        await _told(on, first, ("Downloading",))
        second = await _update(on, "Rejected")
        await _told(on, first, FETCHED[1:])
        await _installed(on, first)
        assert await _history(on, first) == ([*FETCHED, *REBOOT, "Installed"], True)
        assert await _history(on, second) == ([], True)


@pytest.mark.req("L01.FR.11", versions=("2.0.1",))
async def test_tc_l_13_csms() -> None:
    """Somebody charges: the other EVSE goes out of use, and the update waits until the transaction is over."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        request = await _update(on)
        await _told(on, request, ("DownloadScheduled",))
        await status(on, "Unavailable", 2)
        await charge.stop_authorized()
        await charge.still_connected()
        await charge.disconnected()
        await _told(on, request, FETCHED)
        await _installed(on, request)
        assert await _history(on, request) == (["DownloadScheduled", *FETCHED, *REBOOT, "Installed"], True)
        assert [await on.shown(evse) for evse in (1, 2)] == ["Available", "Available"]


# --- a local controller that offers firmware ----------------------------------------------------------------------------------------


async def _publish(on: Stage) -> int:
    ordered = await on.order("publish-firmware", ACCEPTED, location=LOCATION, checksum=CHECKSUM)
    request = ordered.sent["requestId"]
    assert ordered.action == "PublishFirmware"
    assert ordered.sent == {"location": LOCATION, "checksum": CHECKSUM, "requestId": request}
    assert (ordered.told["status"], ordered.told["requestId"]) == ("Accepted", request)
    return int(request)


async def _publishing(statuses: Sequence[str], **last: Any) -> None:
    """Publish, and have it told step by step; the operator reads every step, and where the file is."""
    async with stage() as on:
        request = await _publish(on)
        for state in statuses:
            said = {"status": state, "requestId": request} | (last if state == statuses[-1] else {})
            assert await on.cs.ask("PublishFirmwareStatusNotification", said) == {}
        (file,) = (await on.read("published-firmware"))["items"]
        assert (file["requestId"], file["status"]) == (request, statuses[-1])
        assert [step["status"] for step in file["history"]] == list(statuses)
        assert file["publishedAtLocations"] == last.get("location", [])


async def test_tc_l_17_csms() -> None:
    """Published, with the place where it is."""
    await _publishing(
        ("Downloading", "Downloaded", "ChecksumVerified", "Published"), location=["http://lc.local/a.bin"]
    )


async def test_tc_l_19_csms() -> None:
    """The checksum is wrong."""
    await _publishing(("Downloading", "Downloaded", "InvalidChecksum"))


async def test_tc_l_20_csms() -> None:
    """It cannot be published."""
    await _publishing(("Downloading", "Downloaded", "ChecksumVerified", "PublishFailed"))


async def test_tc_l_24_csms() -> None:
    """It cannot be fetched."""
    await _publishing(("Downloading", "DownloadFailed"))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("Unpublished", id="tc_l_21_csms"),
        pytest.param("NoFirmware", id="tc_l_22_csms"),
        pytest.param("DownloadOngoing", id="tc_l_23_csms"),
    ],
)
async def test_tc_l_21_22_23_csms(answer: str) -> None:
    """No longer published, was not, or still is because somebody fetches it: the operator is told, and it is on record."""
    async with stage() as on:
        await _publish(on)
        ordered = await on.order("unpublish-firmware", {"status": answer}, checksum=CHECKSUM)
        assert (ordered.action, ordered.sent) == ("UnpublishFirmware", {"checksum": CHECKSUM})
        assert ordered.told == {"status": answer}
        (file,) = (await on.read("published-firmware"))["items"]
        assert file["unpublished"] == answer
