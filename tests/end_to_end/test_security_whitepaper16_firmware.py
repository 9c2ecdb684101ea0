"""The security whitepaper for 1.6 (edition 3), L01, over real sockets: firmware signed by its maker, from a real server; and bad firmware.

Its waits and times are in `tests/unit/station/core/test_station_firmware_ocpp16.py`.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pilotwire.csms.api import create_api
from pilotwire.csms.app import Csms
from pilotwire.station.files import MemoryFiles
from pilotwire.station.hardware.image import write_image
from pilotwire.station.jobs.firmware import MANUFACTURER_CRL, MANUFACTURER_ROOTS
from pilotwire.station.jobs.transfers import ROOTS
from tests.support.csms_stage import STATION, stage
from tests.support.eventually import eventually
from tests.support.file_servers import Web, web
from tests.support.lab_pki import Pki
from tests.support.raw_station import settings
from tests.support.scripted_csms import ScriptedCsms, scripted_csms
from tests.support.signed_firmware import revoked, root, signer
from tests.support.station_lab import Lab, lab

V16 = "1.6"
PASSWORD = "the-password-of-today"
IMAGE = write_image("2.4.0", bytes(range(256)) * 200)
AGO = "2026-01-01T00:00:00Z"
FETCHED = ["Downloading", "Downloaded"]
WHOLE = [*FETCHED, "SignatureVerified", "Installing", "InstallRebooting", "Installed"]
ENDS = {"Installed", "InvalidSignature", "InstallationFailed", "DownloadFailed"}
TOLD = "SignedFirmwareStatusNotification"


def maker_known(*, crl: bytes = b"") -> MemoryFiles:
    """The files of a station that knows its maker's root."""
    files = MemoryFiles()
    files.write(MANUFACTURER_ROOTS, root().pem.encode())
    if crl:
        files.write(MANUFACTURER_CRL, crl)
    return files


@dataclass
class Scene:
    """A central system of bare frames, a station of ours, and a server with the image."""

    csms: ScriptedCsms
    lab: Lab
    server: Web

    async def update(self, *, certificate: str, signature: str, request_id: int = 123) -> str:
        """The answer to a SignedUpdateFirmware that is due."""
        firmware = {
            "location": f"{self.server.url}/a.bin",
            "retrieveDateTime": AGO,
            "signingCertificate": certificate,
            "signature": signature,
        }
        asked = {"requestId": request_id, "retries": 0, "firmware": firmware}
        return str((await self.csms.call("SignedUpdateFirmware", asked))["status"])

    async def ended(self) -> list[str]:
        """The statuses told, once one of them is an end."""
        await eventually(lambda: {one["status"] for one in self.csms.of(TOLD)} & ENDS, what="the end of the update")
        return [one["status"] for one in self.csms.of(TOLD)]

    def events(self) -> list[str]:
        """The security events told."""
        return [one["type"] for one in self.csms.of("SecurityEventNotification")]

    def versions(self) -> list[str | None]:
        """What it ran at each boot."""
        return [one.get("firmwareVersion") for one in self.csms.of("BootNotification")]


@asynccontextmanager
async def updating(folder: Path, *, crl: bytes = b"") -> AsyncIterator[Scene]:
    """All three, at security profile 1."""
    (folder / "a.bin").write_bytes(IMAGE)
    async with (
        web(folder) as server,
        scripted_csms(V16) as csms,
        lab(csms.url, V16, files=maker_known(crl=crl), password=PASSWORD) as one,
    ):
        await one.until_accepted()
        yield Scene(csms, one, server)


# --- the whole way --------------------------------------------------------------------------------------------------


@pytest.mark.req(
    "SEC16:L01.FR.01",
    "SEC16:L01.FR.04",
    "SEC16:L01.FR.05",
    "SEC16:L01.FR.10",
    "SEC16:L01.FR.12",
    "SEC16:L01.FR.15",
    "SEC16:L01.FR.21",
)
async def test_signed_firmware_is_fetched_verified_and_run(tmp_path: Path) -> None:
    """Signed by RSA-PSS; each state is told under the id asked for, the restart before it comes; asked afterwards it is Idle."""
    made = signer("rsa")
    async with updating(tmp_path) as it:
        assert await it.update(certificate=made.pem, signature=made.sign(IMAGE)) == "Accepted"
        assert await it.ended() == WHOLE
        assert {one.get("requestId") for one in it.csms.of(TOLD)} == {123}
        assert it.versions()[-1] == "2.4.0"
        order = [one.payload.get("status", one.action) for one in it.csms.heard]
        last_boot = len(order) - 1 - order[::-1].index("BootNotification")
        assert order.index("InstallRebooting") < last_boot < order.index("Installed")
        await eventually(lambda: "FirmwareUpdated" in it.events(), what="the security event")

        trigger = {"requestedMessage": "FirmwareStatusNotification"}
        assert (await it.csms.call("ExtendedTriggerMessage", trigger))["status"] == "Accepted"
        told = await it.csms.until_heard(TOLD, len(WHOLE) + 1)
        assert told[-1] == {"status": "Idle"}


@pytest.mark.req("SEC16:L01.FR.08", "SEC16:L01.FR.09", "SEC16:L01.FR.11")
@pytest.mark.parametrize("touched", [False, True], ids=["as-signed", "changed-later"])
async def test_our_csms_signs_what_it_serves_by_tls_and_what_was_changed_is_not_run(
    tmp_path: Path, touched: bool
) -> None:
    """The image comes without a signature, the CSMS adds one with the key it was given; whoever changes the file later loses."""
    pki, made, images = Pki.made_in(tmp_path / "pki", "CS001"), signer("rsa"), tmp_path / "images"
    (tmp_path / "key.pem").write_bytes(
        made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # type: ignore[arg-type]
    )
    (tmp_path / "certificate.pem").write_text(made.pem)
    files = maker_known()
    files.write(ROOTS, (tmp_path / "pki" / "ca.pem").read_bytes())
    signing = {
        "firmware_dir": str(images),
        "firmware_signing_key": str(tmp_path / "key.pem"),
        "firmware_signing_certificate": str(tmp_path / "certificate.pem"),
    }
    wanted = settings(**pki.settings(no_auth=True, http_tls=True, **signing))
    async with Csms(wanted, http=create_api) as csms, lab(csms.urls.ocpp, V16, files=files) as one:
        await one.until_accepted()
        async with httpx.AsyncClient(
            base_url=f"{csms.urls.http}/api/v1", verify=pki.client(), trust_env=False
        ) as operator:
            put = await operator.put("/firmware/a.bin", params={"version": "2.4.0"}, content=IMAGE)
            assert put.status_code == 201, put.text
            if touched:
                _change(images, IMAGE)
            body = {"image": "a.bin", "retries": 0}
            told = (await operator.post("/stations/CS001/commands/update-firmware", json=body)).json()
            assert (told["status"], told["location"].partition(":")[0]) == ("Accepted", "https")
            statuses = await eventually(lambda: _ended(operator), what="the end of the update")
        assert statuses == ([*FETCHED, "InvalidSignature"] if touched else WHOLE)
        assert one.station.hardware.firmware.version == (None if touched else "2.4.0")


def _change(folder: Path, content: bytes) -> None:
    """Other bytes in the file of an image, as many as before."""
    (file,) = [one for one in folder.rglob("*") if one.is_file() and one.read_bytes() == content]
    file.chmod(0o600)
    file.write_bytes(content[:-1] + b"!")


async def _ended(operator: httpx.AsyncClient) -> list[str]:
    (update,) = (await operator.get("/stations/CS001/firmware-updates")).json()["items"]
    return [step["status"] for step in update["history"]] if update["endedAt"] is not None else []


# --- what is not good -----------------------------------------------------------------------------------------------


@pytest.mark.req("SEC16:L01.FR.02", "SEC16:L01.FR.12", "SEC16:L01.FR.23")
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        pytest.param("of-another-maker", "InvalidCertificate", marks=pytest.mark.req("SEC16:L01.FR.24")),
        pytest.param("expired", "InvalidCertificate", marks=pytest.mark.req("SEC16:L01.FR.24")),
        pytest.param("not-for-signatures", "InvalidCertificate", marks=pytest.mark.req("SEC16:L01.FR.24")),
        pytest.param("none-at-all", "InvalidCertificate", marks=pytest.mark.req("SEC16:L01.FR.24")),
        pytest.param("revoked", "RevokedCertificate", marks=pytest.mark.req("SEC16:L01.FR.25")),
    ],
)
async def test_a_signing_certificate_that_is_not_good_is_refused_before_anything_is_fetched(
    tmp_path: Path, kind: str, status: str
) -> None:
    """The answer says so, a security event too; the signature would be right."""
    made = {
        "of-another-maker": signer("rsa", by="Another root"),
        "expired": signer("rsa", expired=True),
        "not-for-signatures": signer("rsa", signs=False),
    }.get(kind, signer("rsa"))
    certificate = "no certificate" if kind == "none-at-all" else made.pem
    async with updating(tmp_path, crl=revoked(made) if kind == "revoked" else b"") as it:
        assert await it.update(certificate=certificate, signature=made.sign(IMAGE)) == status
        await eventually(lambda: "InvalidFirmwareSigningCertificate" in it.events(), what="the security event")
        assert it.server.asked == []
        assert it.csms.of(TOLD) == []
        good = signer("rsa") if kind != "revoked" else signer("ec")
        assert await it.update(certificate=good.pem, signature=good.sign(IMAGE)) == "Accepted"


def _signature(kind: str) -> str:
    key = signer("rsa").key
    assert isinstance(key, rsa.RSAPrivateKey)
    if kind == "by-sha512":
        made = key.sign(IMAGE, padding.PSS(padding.MGF1(hashes.SHA512()), 64), hashes.SHA512())
        return base64.b64encode(made).decode()
    return {
        "of-another-file": lambda: signer("rsa").sign(b"another"),
        "of-its-first-half": lambda: signer("rsa").sign(IMAGE[: len(IMAGE) // 2]),
        "by-another-key": lambda: signer("ec").sign(IMAGE),
        "empty": lambda: "",
    }[kind]()


@pytest.mark.req("SEC16:L01.FR.03", "SEC16:L01.FR.04", "SEC16:L01.FR.12")
@pytest.mark.parametrize("kind", ["of-another-file", "of-its-first-half", "by-another-key", "by-sha512", "empty"])
async def test_a_signature_that_does_not_prove_the_whole_file_ends_the_update(tmp_path: Path, kind: str) -> None:
    """It is told, as a security event too; what runs goes on running."""
    async with updating(tmp_path) as it:
        assert await it.update(certificate=signer("rsa").pem, signature=_signature(kind)) == "Accepted"
        assert await it.ended() == [*FETCHED, "InvalidSignature"]
        await eventually(lambda: "InvalidFirmwareSignature" in it.events(), what="the security event")
        assert len(it.versions()) == 1
        assert it.lab.station.hardware.firmware.version is None


@pytest.mark.req("SEC16:L01.FR.20")
async def test_the_update_of_1_6_itself_is_not_supported(tmp_path: Path) -> None:
    """A CALLERROR, and nothing begins; the next signed one is taken."""
    async with updating(tmp_path) as it:
        error = await it.csms.call("UpdateFirmware", {"location": f"{it.server.url}/a.bin", "retrieveDate": AGO})
        assert (error[0], error[2]) == (4, "NotSupported")
        made = signer("rsa")
        assert await it.update(certificate=made.pem, signature=made.sign(IMAGE)) == "Accepted"
        assert await it.ended() == WHOLE
        assert it.csms.of("FirmwareStatusNotification") == []
        assert len(it.server.asked) == 1


# --- our CSMS -------------------------------------------------------------------------------------------------------

LOCATION = "https://firmware.example.org/a.bin"
SIGNED = {"signingCertificate": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "signature": "c2ln"}


@pytest.mark.req("SEC16:L01.FR.11")
async def test_our_csms_sends_no_signed_update_without_its_certificate() -> None:
    """Neither as a command nor as a message passed through: the operator is told, the station hears nothing."""
    when = "2030-01-01T02:00:00Z"
    firmware = {"location": LOCATION, "retrieveDateTime": when, "signature": "c2ln"}
    async with stage("ocpp1.6") as on:
        for path, body in (
            ("commands/update-firmware", {"location": LOCATION, "signature": "c2ln"}),
            ("commands/update-firmware", {"location": LOCATION, "signed": True}),
            ("calls/SignedUpdateFirmware", {"requestId": 1, "firmware": firmware}),
        ):
            refused = await asyncio.wait_for(on.operator.post(f"/stations/{STATION}/{path}", json=body), 10)
            assert 400 <= refused.status_code < 500, refused.text
        whole = await on.order("update-firmware", {"status": "Accepted"}, location=LOCATION, **SIGNED)
        assert whole.action == "SignedUpdateFirmware"
        assert whole.sent["firmware"]["signingCertificate"] == SIGNED["signingCertificate"]


@pytest.mark.req("SEC16:L01.FR.22")
@pytest.mark.parametrize("installing", [True, False], ids=["told", "left-out"])
async def test_our_csms_takes_an_update_without_installing(installing: bool) -> None:
    """A boot loader that cannot speak OCPP: the charge point comes back with what it has installed, and nothing is wrong with that."""
    steps = [*FETCHED, "SignatureVerified", "InstallRebooting", *(["Installing"] if installing else []), "Installed"]
    async with stage("ocpp1.6") as on:
        ordered = await on.order("update-firmware", {"status": "Accepted"}, location=LOCATION, **SIGNED)
        for status in steps:
            told: dict[str, Any] = {"status": status, "requestId": ordered.sent["requestId"]}
            assert await on.cs.ask("SignedFirmwareStatusNotification", told) == {}
            if status == "InstallRebooting":
                assert (await on.cs.boot())["status"] == "Accepted"
        assert await on.rules() == []
        (update,) = (await on.read("firmware-updates"))["items"]
        assert [step["status"] for step in update["history"]] == steps
        assert update["endedAt"] is not None
