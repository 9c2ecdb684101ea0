"""Signing certificates, signatures and images, as the shell checks and installs them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from pilotwire.clock import SystemClock
from pilotwire.errors import PilotwireError
from pilotwire.station.core.file_transfer import DiscardFile, FetchFile, Fetching, FileFetched
from pilotwire.station.core.firmware import (
    CheckSigner,
    ImageRefused,
    ImageVerified,
    ImageWritten,
    InstallImage,
    SignerChecked,
    VerifyImage,
)
from pilotwire.station.core.jobs import News
from pilotwire.station.files import MemoryFiles
from pilotwire.station.hardware.image import write_image
from pilotwire.station.hardware.simulated import SimulatedStation, layout
from pilotwire.station.jobs import WORKERS, Tools
from pilotwire.station.jobs.firmware import MANUFACTURER_CRL, MANUFACTURER_ROOTS
from tests.support.file_servers import web
from tests.support.signed_firmware import Signer, revoked, root, signer
from tests.support.station_world import START

NAME = "firmware/update-1.image"
PAYLOAD = b"what is to run"


class Shell:
    """Does jobs, with files and hardware to look at."""

    def __init__(self, *, roots: str = "") -> None:
        self.files = MemoryFiles()
        self.hardware = SimulatedStation(layout("ac-22-single"))
        self.news: list[News] = []
        if roots:
            self.files.write(MANUFACTURER_ROOTS, roots.encode())

    async def do(self, job: Any) -> Any:
        """What came of it."""
        tools = Tools("CS001", SystemClock(), self.files, lambda _: "", hardware=self.hardware)
        return await WORKERS[type(job)](job, tools, self.news.append)


# --- who signs ------------------------------------------------------------------------------------------------------


@pytest.mark.req("L01.FR.12", "L01.FR.21", "SEC16:L01.FR.12")
@pytest.mark.parametrize(
    ("certificate", "status"),
    [
        pytest.param(lambda: signer().pem, "Accepted", id="of-the-manufacturer"),
        pytest.param(lambda: signer("rsa").pem, "Accepted", id="rsa"),
        pytest.param(lambda: signer(by="Another root").pem, "InvalidCertificate", id="of-somebody-else"),
        pytest.param(lambda: signer(expired=True).pem, "InvalidCertificate", id="expired"),
        pytest.param(lambda: signer(signs=False).pem, "InvalidCertificate", id="not-for-signatures"),
        pytest.param(lambda: "no certificate", "InvalidCertificate", id="no-certificate"),
    ],
)
async def test_which_signing_certificates_are_good(certificate: Any, status: str) -> None:
    shell = Shell(roots=root().pem)
    checked: SignerChecked = await shell.do(CheckSigner(certificate(), START))
    assert checked.status.value == status
    assert bool(checked.why) is (status != "Accepted")


async def test_without_a_root_of_a_manufacturer_no_certificate_is_good() -> None:
    checked = await Shell().do(CheckSigner(signer().pem, START))
    assert checked.status == "InvalidCertificate"


@pytest.mark.req("SEC16:L01.FR.25")
async def test_a_certificate_that_its_issuer_has_revoked() -> None:
    shell = Shell(roots=root().pem)
    shell.files.write(MANUFACTURER_CRL, revoked(signer()))
    assert (await shell.do(CheckSigner(signer().pem, START))).status == "RevokedCertificate"
    assert (await shell.do(CheckSigner(signer("rsa").pem, START))).status == "Accepted"


# --- what is signed -------------------------------------------------------------------------------------------------


def _signatures() -> list[Any]:
    return [
        pytest.param(signer("ec"), False, id="ecdsa"),
        pytest.param(signer("rsa"), False, id="rsa-pss"),
        pytest.param(signer("rsa"), True, id="rsa-pkcs1"),
    ]


@pytest.mark.req("L01.FR.04", "L01.FR.12")
@pytest.mark.parametrize(("by", "pkcs1"), _signatures())
async def test_a_signature_proves_its_file_and_no_other(by: Signer, pkcs1: bool) -> None:
    shell = Shell()
    shell.files.write(NAME, PAYLOAD)
    signature = by.sign(PAYLOAD, pkcs1=pkcs1)
    assert (await shell.do(VerifyImage(NAME, by.pem, signature))).genuine
    shell.files.append(NAME, b"!")
    verified: ImageVerified = await shell.do(VerifyImage(NAME, by.pem, signature))
    assert not verified.genuine
    assert verified.why


@pytest.mark.parametrize("signature", ["", "bm90IG9uZQ==", "no base64!"], ids=["empty", "wrong", "unreadable"])
async def test_signatures_that_are_none(signature: str) -> None:
    shell = Shell()
    shell.files.write(NAME, PAYLOAD)
    assert not (await shell.do(VerifyImage(NAME, signer().pem, signature))).genuine


async def test_a_file_that_is_gone_proves_nothing() -> None:
    assert not (await Shell().do(VerifyImage(NAME, signer().pem, signer().sign(PAYLOAD)))).genuine


# --- what is installed ----------------------------------------------------------------------------------------------


async def test_an_image_is_written_and_runs_after_the_next_start() -> None:
    shell = Shell()
    shell.files.write(NAME, write_image("2.4.0", PAYLOAD, model=shell.hardware.layout.model))
    assert await shell.do(InstallImage(NAME)) == ImageWritten("2.4.0")
    assert shell.hardware.firmware.version is None
    saved = shell.hardware.save()
    again = SimulatedStation.restore(shell.hardware.layout, saved)
    assert again.firmware.version == "2.4.0"


async def test_an_image_with_another_checksum_is_refused() -> None:
    shell = Shell()
    shell.files.write(NAME, write_image("2.4.0", PAYLOAD, sha256="0" * 64))
    assert isinstance(await shell.do(InstallImage(NAME)), ImageRefused)


@pytest.mark.parametrize(
    ("content", "broken"),
    [
        pytest.param(b"MZ\x90", False, id="no-image"),
        pytest.param(b"PILOTWIRE-IMAGE 1\n[1]\n", False, id="no-header"),
        pytest.param(b'PILOTWIRE-IMAGE 1\n{"version": ""}\n', False, id="no-version"),
        pytest.param(write_image("2.4.0", model="another"), False, id="another-model"),
        pytest.param(write_image("2.4.0"), True, id="hardware-fault"),
        pytest.param(None, False, id="no-file"),
    ],
)
async def test_what_cannot_be_installed_is_told(content: bytes | None, broken: bool) -> None:
    shell = Shell()
    shell.hardware.slots.cannot_write = broken
    if content is not None:
        shell.files.write(NAME, content)
    with pytest.raises(PilotwireError):
        await shell.do(InstallImage(NAME))
    shell.hardware.restart()
    assert shell.hardware.firmware.version is None


def test_an_image_that_does_not_boot_falls_back_once() -> None:
    hardware = SimulatedStation(layout("ac-22-single"))
    hardware.install(write_image("2.0"))
    hardware.restart()
    hardware.install(write_image("3.0"))
    hardware.slots.cannot_boot = True
    hardware.restart()
    assert (hardware.firmware.version, hardware.firmware.fell_back) == ("2.0", True)
    hardware.restart()
    assert (hardware.firmware.version, hardware.firmware.fell_back) == ("2.0", False)


# --- files ----------------------------------------------------------------------------------------------------------


async def test_a_file_is_fetched_with_its_md5_and_what_was_there_before_goes(tmp_path: Path) -> None:
    shell = Shell()
    shell.files.write("firmware/update-0.image", b"old")
    (tmp_path / "a.bin").write_bytes(PAYLOAD)
    async with web(tmp_path) as server:
        fetched = await shell.do(FetchFile(f"{server.url}/a.bin", NAME))
    assert fetched == FileFetched(len(PAYLOAD), hashlib.md5(PAYLOAD).hexdigest())
    assert shell.files.names("firmware") == [NAME]
    assert shell.news == [Fetching(len(PAYLOAD))]
    await shell.do(DiscardFile(NAME))
    assert shell.files.names("firmware") == []
