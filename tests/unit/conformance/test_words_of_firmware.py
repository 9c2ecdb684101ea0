"""What cases of firmware and certificates are made of: images and their signatures, the order of an update, OCSP responses."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pilotwire.conformance.cases.ocpp201.station.l_firmware.updating import (
    FAILED_TO_FETCH,
    FAILED_TO_INSTALL,
    FORGED,
    GIVEN_UP,
    OUT_OF_USE,
    WHOLE,
    not_before_its_time,
    told_in_order,
)
from pilotwire.conformance.runner.scene import Scene
from pilotwire.conformance.states.certificates201 import names_certificate
from pilotwire.conformance.values import Unresolved
from pilotwire.conformance.wire.authority import MO_SUB_CA_2, V2G_SUB_CA_2, Authority
from pilotwire.pki.hashes import hashes_of
from pilotwire.pki.ocsp import read_ocsp
from pilotwire.station.hardware.image import read_image
from pilotwire.station.hardware.ports import ImageDamaged
from tests.support.bench_scene import BenchScene


class Shelf:
    """In place of the file server: what was offered, by URL."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.how: dict[str, dict[str, Any]] = {}

    def offers(self, name: str, content: bytes, **how: Any) -> str:
        url = f"http://files/{len(self.content)}/{name}"
        self.content[url], self.how[url] = content, how
        return url


def scene_of(**settings: Any) -> tuple[Scene, Shelf]:
    scene = BenchScene(settings=settings).scene
    scene.authority = Authority("127.0.0.1", scene.now())
    shelf = Shelf()
    scene.files = shelf  # type: ignore[assignment]
    return scene, shelf


def is_signed(scene: Scene, image: bytes, signature: str) -> bool:
    """By the key of the certificate the tester shows, as L01.FR.04 says."""
    key = x509.load_pem_x509_certificate(scene.made("firmware signer").encode()).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
    try:
        key.verify(base64.b64decode(signature), image, pss, hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def test_a_good_image_is_one_and_signed() -> None:
    scene, shelf = scene_of()
    image = shelf.content[scene.made("firmware location")]
    assert read_image(image).version == "bench-2"
    assert is_signed(scene, image, scene.made("firmware signature"))
    assert not is_signed(scene, image, scene.made("firmware signature", kind="wrong"))


def test_a_damaged_image_is_signed_and_fails_its_own_check() -> None:
    scene, shelf = scene_of()
    image = shelf.content[scene.made("firmware location", kind="damaged")]
    assert is_signed(scene, image, scene.made("firmware signature", kind="damaged"))
    with pytest.raises(ImageDamaged):
        read_image(image)


def test_what_is_missing_is_not_served_and_what_is_slow_is_served_later() -> None:
    scene, shelf = scene_of()
    assert shelf.how[scene.made("firmware location", missing=True)]["status"] == 404
    slow = shelf.how[scene.made("firmware location", slow=2, cut=7)]
    assert slow == {"status": 200, "held": False, "slow": 2.0, "cut_after": 7}


def test_the_checksum_is_the_md5_of_the_image_and_there_is_none_where_nothing_is() -> None:
    scene, shelf = scene_of()
    image = shelf.content[scene.made("firmware location")]
    assert scene.made("firmware checksum") == hashlib.md5(image, usedforsecurity=False).hexdigest()
    assert scene.made("checksum at", location="ftp://127.0.0.1/image") == ""


def test_a_signer_whose_time_is_over_is_another() -> None:
    scene, _ = scene_of()
    good, over = (
        x509.load_pem_x509_certificate(scene.made("firmware signer", kind=kind).encode())
        for kind in ("valid", "expired")
    )
    assert good.not_valid_after_utc > scene.now() > over.not_valid_after_utc
    assert good.issuer == over.issuer


def test_an_image_of_the_plan_is_served_and_signed(tmp_path: Path) -> None:
    file = tmp_path / "their.img"
    file.write_bytes(b"their own format")
    scene, shelf = scene_of(firmware_file=str(file))
    assert shelf.content[scene.made("firmware location")] == b"their own format"
    assert is_signed(scene, b"their own format", scene.made("firmware signature"))
    gone, _ = scene_of(firmware_file=str(tmp_path / "gone"))
    with pytest.raises(Unresolved):
        gone.made("firmware location")


def test_a_server_of_the_plan_has_signatures_of_the_plan() -> None:
    planned = {"firmware_url": "ftp://them/a.bin", "firmware_signature": "c2ln", "firmware_certificate": "PEM"}
    scene, _ = scene_of(**planned)
    assert scene.made("firmware location", slow=3) == "ftp://them/a.bin"
    assert scene.made("firmware location", missing=True) == "ftp://them/a.bin_does_not_exist"
    assert (scene.made("firmware signature"), scene.made("firmware signer")) == ("c2ln", "PEM")
    with pytest.raises(Unresolved):
        scene.made("firmware signature", kind="wrong")


# --- the order -----------------------------------------------------------------------------------------------------------------------


def in_order(pattern: str, told: str) -> bool:
    messages = [
        {"action": "FirmwareStatusNotification", "payload": {"status": status, "requestId": 7}}
        for status in told.split()
    ]
    other = {"action": "FirmwareStatusNotification", "payload": {"status": "Downloading", "requestId": 8}}
    everything = {"messages": [other, *messages, other], "kept": {"update": 7}}
    scene, _ = scene_of()
    return told_in_order(pattern).checks[0].on(everything, scene).passed


FETCHED = "Downloading Downloaded SignatureVerified"


@pytest.mark.parametrize(
    ("pattern", "told", "right"),
    [
        (WHOLE, f"{FETCHED} Installing InstallRebooting Installed", True),
        (WHOLE, f"DownloadScheduled {FETCHED} InstallScheduled Installing Installing Installed", True),
        (WHOLE, f"{FETCHED} InstallRebooting Installed", True),
        (WHOLE, f"{FETCHED} Installing", False),
        (WHOLE, "Downloaded Downloading SignatureVerified Installing Installed", False),
        (WHOLE, f"{FETCHED} InvalidSignature Installing Installed", False),
        (WHOLE, "", False),
        (FAILED_TO_INSTALL, f"{FETCHED} Installing InstallVerificationFailed", True),
        (FAILED_TO_INSTALL, f"{FETCHED} Installing InstallationFailed Installed", False),
        (FAILED_TO_FETCH, "DownloadFailed", True),
        (FAILED_TO_FETCH, "Downloading DownloadPaused Downloading DownloadFailed", True),
        (FAILED_TO_FETCH, "Downloading Downloaded DownloadFailed", False),
        (FORGED, "Downloading Downloaded InvalidSignature", True),
        (FORGED, "Downloading InvalidSignature", False),
        (GIVEN_UP, "Downloading", True),
        (GIVEN_UP, "Downloading Downloaded", False),
    ],
)
def test_an_update_is_told_from_state_to_state(pattern: str, told: str, right: bool) -> None:
    assert in_order(pattern, told) is right


@pytest.mark.parametrize(("second", "right"), [(0, False), (1, False), (3, True), (9, True)])
def test_what_is_scheduled_does_not_come_at_once(second: int, right: bool) -> None:
    told = {
        "action": "FirmwareStatusNotification",
        "payload": {"status": "Installing"},
        "at": f"2026-01-01T00:00:0{second}Z",
    }
    everything = {"messages": [told], "kept": {"later": "2026-01-01T00:00:04Z"}}
    scene, _ = scene_of(firmware_offset=4)
    assert not_before_its_time("Installing", "L01.FR.16").checks[0].on(everything, scene).passed is right
    assert not not_before_its_time("Downloading", "L01.FR.13").checks[0].on(everything, scene).passed


@pytest.mark.parametrize(
    ("states", "out"), [(("Available",), False), (("Unavailable",), True), (("Unavailable", "Available"), False)]
)
async def test_a_connector_is_out_of_use_until_it_is_told_otherwise(states: tuple[str, ...], out: bool) -> None:
    scene = BenchScene()
    await scene.play()
    for state in states:
        told = {"timestamp": "2026-01-01T00:00:00Z", "connectorStatus": state, "evseId": 2, "connectorId": 1}
        scene.says("StatusNotification", told)
    assert OUT_OF_USE.holds(scene.scene) is out


# --- OCSP ----------------------------------------------------------------------------------------------------------------------------


def asked_about(scene: Scene, algorithm: str, **other: str) -> dict[str, Any]:
    contract = scene.authority.contract("NLTNMC0000001X1").certificate
    named = hashes_of(contract, scene.authority.root(MO_SUB_CA_2).certificate, algorithm)
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": named.issuer_name,
        "issuerKeyHash": named.issuer_key,
        "serialNumber": named.serial_number,
        "responderURL": "http://ocsp.example/",
    } | other


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
def test_what_the_tester_has_signed_is_good(algorithm: str) -> None:
    scene, _ = scene_of()
    request = asked_about(scene, algorithm)
    told = scene.made("certificate status", request=request)
    answer = read_ocsp(told["ocspResult"])
    assert (told["status"], answer.status) == ("Accepted", "GOOD")
    assert f"{answer.serial_number:x}" == request["serialNumber"]


@pytest.mark.parametrize("other", [{"issuerKeyHash": "ab"}, {"hashAlgorithm": "MD5"}, {"serialNumber": "no number"}])
def test_of_all_else_it_knows_nothing(other: dict[str, str]) -> None:
    scene, _ = scene_of()
    told = scene.made("certificate status", request=asked_about(scene, "SHA256", **other))
    assert told == {"status": "Failed"}


def test_a_certificate_of_a_chain_is_known_by_its_place() -> None:
    scene, _ = scene_of()
    chain = scene.authority.contract("NLTNMC0000001X1").chain_pem
    request = asked_about(scene, "SHA256")
    places = [names_certificate(request, scene, chain, MO_SUB_CA_2, place) for place in range(4)]
    assert places == [True, False, False, False]
    assert not names_certificate(request, scene, None, V2G_SUB_CA_2, 0)
