"""An issuer of certificates for tests with what tells that they are revoked: OCSP responses and CRLs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from pilotwire.domain.certificates import CertificateHash, HashAlgorithm
from tests.support.certificates import key, subject

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ALGORITHMS: dict[HashAlgorithm, hashes.HashAlgorithm] = {
    HashAlgorithm.SHA256: hashes.SHA256(),
    HashAlgorithm.SHA384: hashes.SHA384(),
    HashAlgorithm.SHA512: hashes.SHA512(),
}
Statuses = ocsp.OCSPCertStatus


@cache
def made(common: str, by: str = "issuer", *, ocsp_signing: bool = False, serial: int = 0x1F) -> x509.Certificate:
    """A certificate of somebody, signed with another's key; his own name is his key's."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject(common))
        .issuer_name(subject(by))
        .public_key(key(common).public_key())
        .serial_number(serial)
        .not_valid_before(NOW - timedelta(days=100))
        .not_valid_after(NOW + timedelta(days=3000))
    )
    if ocsp_signing:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
    return builder.sign(key(by), hashes.SHA256())


def named(
    certificate: x509.Certificate, issuer: str = "issuer", algorithm: HashAlgorithm = HashAlgorithm.SHA256
) -> CertificateHash:
    """A certificate's name as a station tells it."""

    def digest(content: bytes) -> str:
        hashing = hashes.Hash(ALGORITHMS[algorithm])
        hashing.update(content)
        return hashing.finalize().hex()

    bits = key(issuer).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return CertificateHash(
        hash_algorithm=algorithm,
        issuer_name_hash=digest(subject(issuer).public_bytes()).upper(),
        issuer_key_hash=digest(bits),
        serial_number=f"{certificate.serial_number:X}",
    )


def response(
    certificate: x509.Certificate,
    status: Any = Statuses.GOOD,
    *,
    now: datetime = NOW,
    age: timedelta = timedelta(hours=1),
    lasts: timedelta | None = timedelta(days=1),
    responder: x509.Certificate | None = None,
    signs: str = "issuer",
    others: tuple[x509.Certificate, ...] = (),
    algorithm: HashAlgorithm = HashAlgorithm.SHA256,
) -> bytes:
    """An OCSP response in DER, `age` old and good until `lasts` after now, with the certificate of the responder if there is one."""
    is_revoked = status is Statuses.REVOKED
    built = ocsp.OCSPResponseBuilder().add_response(
        certificate,
        made("issuer"),
        ALGORITHMS[algorithm],
        status,
        now - age,
        None if lasts is None else now + lasts,
        now - age if is_revoked else None,
        x509.ReasonFlags.key_compromise if is_revoked else None,
    )
    built = built.responder_id(ocsp.OCSPResponderEncoding.HASH, responder or made("issuer"))
    with_it = [*([] if responder is None else [responder]), *others]
    if with_it:
        built = built.certificates(with_it)
    signing: ec.EllipticCurvePrivateKey = key(signs)
    return built.sign(signing, hashes.SHA256()).public_bytes(Encoding.DER)


def crl(*serials: int, issuer: str = "issuer", now: datetime = NOW, lasts: timedelta = timedelta(days=1)) -> bytes:
    """A CRL in DER with these serial numbers."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(subject(issuer))
        .last_update(now - timedelta(days=2))
        .next_update(now + lasts)
    )
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - timedelta(days=2))
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key(issuer), hashes.SHA256()).public_bytes(Encoding.DER)
