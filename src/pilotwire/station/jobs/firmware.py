"""Firmware: fetched, its signer and signature checked, given to the hardware.

Signatures are over the SHA-256 of the whole file (L01.FR.04): RSA-PSS, for keys on elliptic curves ECDSA, and RSASSA-PKCS1-v1_5 as
stations and signers in the field use it. A signing certificate is good if its chain ends in a root of `tls/manufacturer-roots.pem`; with
a `tls/manufacturer-crl.pem`, if no certificate of the chain is revoked there.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Callable
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from pilotwire.domain.firmware import UpdateFirmwareStatus
from pilotwire.errors import PilotwireError
from pilotwire.pki.certificates import PkiFault, read_certificates
from pilotwire.pki.chains import check_chain
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
from pilotwire.station.core.jobs import Result
from pilotwire.station.files import Files
from pilotwire.station.hardware.ports import HardwareDriver, ImageDamaged, RunsAtOnce
from pilotwire.station.jobs import transfers
from pilotwire.station.jobs.running import Tell, Tools

MANUFACTURER_ROOTS = "tls/manufacturer-roots.pem"
MANUFACTURER_CRL = "tls/manufacturer-crl.pem"
_NEWS_EVERY = 1024 * 1024
"""Bytes between two news of a download."""


# --- files ----------------------------------------------------------------------------------------------------------


async def fetch(job: FetchFile, tools: Tools, tell: Tell) -> Result:
    """Fetch a file, or the rest of it."""
    if not job.keep_others:
        for other in tools.files.names(job.name.rpartition("/")[0]):
            if not other.startswith(job.name):
                tools.files.delete(other)
    told = -_NEWS_EVERY

    def arrived(size: int) -> None:
        nonlocal told
        if size - told >= _NEWS_EVERY:
            told = size
            tell(Fetching(size))

    size = await transfers.fetch(job.location, tools.files, job.name, most=job.most, arrived=arrived)
    content = tools.files.read(job.name) or b""
    md5 = await asyncio.to_thread(lambda: hashlib.md5(content, usedforsecurity=False).hexdigest())
    return FileFetched(size, md5)


async def discard(job: DiscardFile, tools: Tools, _: Tell) -> Result:
    """Delete a file, and what is noted of where it came from."""
    tools.files.delete(job.name)
    tools.files.delete(f"{job.name}.origin")
    return Result()


# --- checks ---------------------------------------------------------------------------------------------------------


async def check_signer(job: CheckSigner, tools: Tools, _: Tell) -> Result:
    """Whether firmware signed with this certificate may be installed (L01.FR.12, L01.FR.21)."""
    try:
        chain = read_certificates(job.certificate)
        path = check_chain(chain, _roots(tools.files), job.at)
        _check_may_sign(chain[0])
    except PkiFault as fault:
        return SignerChecked(UpdateFirmwareStatus.INVALID_CERTIFICATE, fault.what)
    revoked = _revoked(tools.files, path)
    if revoked is not None:
        return SignerChecked(UpdateFirmwareStatus.REVOKED_CERTIFICATE, revoked)
    return SignerChecked(UpdateFirmwareStatus.ACCEPTED)


def _roots(files: Files) -> tuple[x509.Certificate, ...]:
    pem = (files.read(MANUFACTURER_ROOTS) or b"").decode("ascii", "replace")
    return read_certificates(pem) if pem.strip() else ()


def _check_may_sign(certificate: x509.Certificate) -> None:
    """Its key usage, if it has one, allows signatures (RFC 5280 4.2.1.3)."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not usage.digital_signature:
        raise PkiFault("The signing certificate is not for signatures.")


def _revoked(files: Files, path: tuple[x509.Certificate, ...]) -> str | None:
    """Why a certificate of the chain does not count any more, if the list of its issuer says so."""
    pem = files.read(MANUFACTURER_CRL)
    if not pem:
        return None
    try:
        revoked = x509.load_pem_x509_crl(pem)
    except ValueError as error:
        raise PilotwireError(f"The list of revoked certificates cannot be read: {error}.") from None
    for certificate, issuer in pairwise(path):
        key = issuer.public_key()
        signed = isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) and revoked.is_signature_valid(key)
        entry = revoked.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if signed and revoked.issuer == issuer.subject and entry is not None:
            return f"The certificate {certificate.subject.rfc4514_string()} is revoked."
    return None


async def verify(job: VerifyImage, tools: Tools, _: Tell) -> Result:
    """Whether the signature is that of the key of the certificate over the file (L01.FR.04, L01.FR.12)."""
    content = tools.files.read(job.name)
    if content is None:
        return ImageVerified(genuine=False, why="The file is gone.")
    try:
        signature = base64.b64decode("".join(job.signature.split()), validate=True)
        key = read_certificates(job.certificate)[0].public_key()
    except (binascii.Error, ValueError, PkiFault) as error:
        return ImageVerified(genuine=False, why=f"The signature or its certificate cannot be read: {error}")
    genuine = await asyncio.to_thread(_proves, key, signature, content)
    return ImageVerified(genuine, "" if genuine else "The signature is not one of this file by this certificate.")


def _proves(key: object, signature: bytes, content: bytes) -> bool:
    sha256 = hashes.SHA256()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _holds(lambda: key.verify(signature, content, ec.ECDSA(sha256)))
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    pss = padding.PSS(padding.MGF1(sha256), padding.PSS.AUTO)
    return _holds(lambda: key.verify(signature, content, pss, sha256)) or _holds(
        lambda: key.verify(signature, content, padding.PKCS1v15(), sha256)
    )


def _holds(check: Callable[[], None]) -> bool:
    try:
        check()
    except InvalidSignature:
        return False
    return True


# --- installation ---------------------------------------------------------------------------------------------------


async def install(job: InstallImage, tools: Tools, _: Tell) -> Result:
    """Give the image to the hardware."""
    image = tools.files.read(job.name)
    if image is None or tools.hardware is None:
        raise PilotwireError("The image is gone." if image is None else "This station has no hardware to install on.")
    try:
        written = tools.hardware.install(image)
        version = written if isinstance(written, str) else await written
    except ImageDamaged as error:
        return ImageRefused(str(error))
    return _running(tools.hardware, version) if job.at_once else ImageWritten(version)


def _running(hardware: HardwareDriver, version: str) -> ImageWritten:
    if not isinstance(hardware, RunsAtOnce):
        raise PilotwireError("This hardware runs no firmware without a restart.")
    if hardware.run_installed().fell_back:
        raise PilotwireError(f"Version {version} did not start; the one before runs again.")
    return ImageWritten(version, runs=True)
