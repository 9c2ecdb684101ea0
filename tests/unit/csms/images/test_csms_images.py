"""Images on disk and their signatures."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from pilotwire.clock import ManualClock
from pilotwire.csms.images import (
    Described,
    ImageConflict,
    ImageStore,
    ImageTooLarge,
    NotGenuine,
    checked,
    image_folder,
    load_signer,
)
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.memory import MemoryJournal, MemoryStore
from pilotwire.errors import ConfigError, StoreError

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
IMAGE = b"firmware" * 1000
DIGEST = hashlib.sha256(IMAGE).digest()
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)


def certificate_of(key: Any, *, until: datetime = NOW + timedelta(days=365)) -> str:
    """A certificate of a key, in PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Volta firmware")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=900))
        .not_valid_after(until)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_PEM, EC_PEM = certificate_of(RSA_KEY), certificate_of(EC_KEY)


def pem_files(folder: Path, key: Any, certificate: str) -> tuple[str, str]:
    """A key and a certificate as files."""
    key_path, certificate_path = folder / "key.pem", folder / "certificate.pem"
    form, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key_path.write_bytes(key.private_bytes(form, kind, serialization.NoEncryption()))
    certificate_path.write_text(certificate)
    return str(key_path), str(certificate_path)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def files(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def store(folder: Path, **more: Any) -> ImageStore:
    memory = MemoryStore()
    return ImageStore(folder, MemoryJournal(memory), memory, ManualClock(NOW), **more)


async def test_an_image_is_kept_with_its_digests(tmp_path: Path) -> None:
    """Whatever pieces it comes in; nothing else is left on the disk."""
    images = store(tmp_path / "a" / "b")
    image, new = await images.take("a.bin", chunks(IMAGE[:5], b"", IMAGE[5:]), Described(version="2"))
    assert new
    assert (image.size, image.sha256, image.md5) == (
        len(IMAGE),
        DIGEST.hex(),
        hashlib.md5(IMAGE, usedforsecurity=False).hexdigest(),
    )
    assert images.path(image).read_bytes() == IMAGE
    assert await images.find("a.bin") == image
    assert files(tmp_path / "a" / "b") == [DIGEST.hex()]


async def test_an_image_never_changes(tmp_path: Path) -> None:
    """The same bytes may come again; others are refused and leave nothing."""
    images = store(tmp_path)
    first, _ = await images.take("a.bin", chunks(IMAGE), Described(version="2"))
    again, new = await images.take("a.bin", chunks(IMAGE), Described(version="3"))
    assert (again, new) == (first, False)
    with pytest.raises(ImageConflict, match="another image of the name"):
        await images.take("a.bin", chunks(b"other"), Described())
    assert len(files(tmp_path)) == 1


async def test_two_uploads_of_one_name_at_a_time(tmp_path: Path) -> None:
    """One wins, the other is told."""
    images = store(tmp_path)
    took = await asyncio.gather(
        *(images.take("a.bin", chunks(bytes([n]) * 10), Described()) for n in range(5)), return_exceptions=True
    )
    assert sum(isinstance(each, ImageConflict) for each in took) == 4
    assert len(files(tmp_path)) == 1


async def test_one_that_is_too_long_is_given_up(tmp_path: Path) -> None:
    """As soon as that is known."""
    images = store(tmp_path, most=100)
    assert (await images.take("a.bin", chunks(bytes(100)), Described()))[1]
    with pytest.raises(ImageTooLarge, match="longer than the 100 bytes"):
        await images.take("b.bin", chunks(bytes(60), bytes(41)), Described())
    assert await images.find("b.bin") is None
    assert len(files(tmp_path)) == 1


async def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    """No name, no bytes."""

    async def broken() -> AsyncIterator[bytes]:
        yield IMAGE
        raise ConnectionResetError

    images = store(tmp_path)
    with pytest.raises((StoreError, ConnectionResetError)):
        await images.take("a.bin", broken(), Described())
    assert await images.find("a.bin") is None
    assert files(tmp_path) == []


async def test_bytes_stay_as_long_as_one_name_has_them(tmp_path: Path) -> None:
    """And go with the last."""
    images = store(tmp_path)
    image, _ = await images.take("a.bin", chunks(IMAGE), Described())
    await images.take("b.bin", chunks(IMAGE), Described())
    assert await images.remove("a.bin")
    assert await images.holds(image)
    assert await images.remove("b.bin")
    assert not await images.holds(image)
    assert not await images.remove("b.bin")


async def test_a_lost_file_comes_back_with_the_same_upload(tmp_path: Path) -> None:
    """Of a folder that was not restored."""
    images = store(tmp_path)
    image, _ = await images.take("a.bin", chunks(IMAGE), Described())
    images.path(image).unlink()
    assert (await images.take("a.bin", chunks(IMAGE), Described()))[1] is False
    assert images.path(image).read_bytes() == IMAGE


async def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    """As trouble of the store."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        await store(tmp_path / "file" / "images").take("a.bin", chunks(IMAGE), Described())


@pytest.mark.req("L01.FR.04", "L01.FR.09")
@pytest.mark.parametrize(("key", "certificate"), [(RSA_KEY, RSA_PEM), (EC_KEY, EC_PEM)], ids=["rsa", "ec"])
async def test_our_signature_is_one_a_station_verifies(tmp_path: Path, key: Any, certificate: str) -> None:
    """Over the whole file, by RSA-PSS or ECDSA with SHA-256; and it fits the message."""
    signer = load_signer(*pem_files(tmp_path, key, certificate))
    image, _ = await store(tmp_path / "images", signer=signer).take("a.bin", chunks(IMAGE), Described())
    made = image.signature
    assert made is not None
    public = x509.load_pem_x509_certificate(made.certificate.encode()).public_key()
    signature = base64.b64decode(made.signature)
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, IMAGE, PSS, hashes.SHA256())
        assert made.scheme == "RSA-PSS"
    else:
        assert isinstance(public, ec.EllipticCurvePublicKey)
        public.verify(signature, IMAGE, ec.ECDSA(hashes.SHA256()))
        assert made.scheme == "ECDSA"
    assert made.ours
    assert len(made.signature) <= 800
    assert len(made.certificate) <= 5500


def b64(signature: bytes) -> str:
    return base64.b64encode(signature).decode()


@pytest.mark.parametrize(
    ("signature", "certificate", "scheme"),
    [
        (RSA_KEY.sign(IMAGE, PSS, hashes.SHA256()), RSA_PEM, "RSA-PSS"),
        (RSA_KEY.sign(IMAGE, padding.PKCS1v15(), hashes.SHA256()), RSA_PEM, "RSASSA-PKCS1-v1_5"),
        (EC_KEY.sign(IMAGE, ec.ECDSA(hashes.SHA256())), EC_PEM, "ECDSA"),
    ],
    ids=["RSA-PSS", "PKCS1-v1_5", "ECDSA"],  # signatures are random, and every worker must find the same tests
)
def test_a_makers_signature_is_taken_if_it_proves_the_image(signature: bytes, certificate: str, scheme: str) -> None:
    """In each scheme; kept as it came."""
    made = checked(DIGEST, b64(signature), certificate, NOW)
    assert (made.signature, made.certificate, made.scheme, made.ours) == (b64(signature), certificate, scheme, False)


@pytest.mark.parametrize(
    ("signature", "certificate", "says"),
    [
        (b64(RSA_KEY.sign(b"other", PSS, hashes.SHA256())), RSA_PEM, "not one of this image"),
        (b64(RSA_KEY.sign(IMAGE, PSS, hashes.SHA256())), EC_PEM, "not one of this image"),
        (b64(RSA_KEY.sign(IMAGE, PSS, hashes.SHA256())), "no", "not a certificate"),
        ("!!", RSA_PEM, "not base64"),
        ("A" * 801, RSA_PEM, "801 characters"),
        ("QUJD", RSA_PEM * 6, "characters"),
        (b64(b"x"), certificate_of(RSA_KEY, until=NOW - timedelta(days=1)), "is valid from"),
    ],
)
def test_one_that_does_not_is_refused_with_a_sentence(signature: str, certificate: str, says: str) -> None:
    """And what to do."""
    with pytest.raises(NotGenuine, match=says) as caught:
        checked(DIGEST, signature, certificate, NOW)
    assert caught.value.remedy


def test_a_signing_key_must_fit_its_certificate(tmp_path: Path) -> None:
    """Told before the CSMS starts; without either nothing is signed."""
    key, certificate = pem_files(tmp_path, RSA_KEY, EC_PEM)
    with pytest.raises(ConfigError, match="is not of the key"):
        load_signer(key, certificate)
    with pytest.raises(ConfigError, match="only one of them"):
        load_signer(key, "")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_signer(key, str(tmp_path / "none.pem"))
    with pytest.raises(ConfigError, match="cannot be read"):
        load_signer(certificate, certificate)
    assert load_signer("", "") is None


def test_images_are_beside_the_database() -> None:
    """Unless said otherwise; without a file there is no such place."""
    assert image_folder(CsmsSettings(database="sqlite:////var/lib/pw/a.db")) == Path("/var/lib/pw/firmware")
    assert image_folder(CsmsSettings(database="sqlite:///pilotwire.db")) == Path("firmware")
    assert image_folder(CsmsSettings(database="memory:")) is None
    assert image_folder(CsmsSettings(database="memory:", firmware_dir="/srv/fw")) == Path("/srv/fw")
