"""Certificate authorities of stations, what they issue, and the CRLs in which they revoke it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.csms.gateway.lab_certificates import Authority, new_certificate

DAY = timedelta(days=1)


def issued(by: Authority, name: str, now: datetime) -> x509.Certificate:
    """A station's client certificate, for a key nobody needs."""
    return new_certificate(by, name, ec.generate_private_key(ec.SECP256R1()), now)


def sub_authority(above: Authority, name: str, now: datetime) -> Authority:
    """An authority under another."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(above.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + 1000 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(above.key, hashes.SHA256())
    )
    return Authority(certificate, key)


def crl_of(
    by: Authority,
    *revoked: x509.Certificate,
    now: datetime,
    lasts: timedelta = DAY,
    more: x509.ExtensionType | None = None,
) -> bytes:
    """A CRL in PEM, an hour old."""
    made = now - timedelta(hours=1)
    builder = x509.CertificateRevocationListBuilder().issuer_name(by.certificate.subject)
    builder = builder.last_update(made).next_update(now + lasts)
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(each.serial_number).revocation_date(made)
        builder = builder.add_revoked_certificate(entry.build())
    if more is not None:
        builder = builder.add_extension(more, critical=True)
    return builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def write(path: Path, content: bytes) -> None:
    """Put a file in the place of another: seen as changed even if it is of the same moment and length."""
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.replace(path)
