"""A certificate authority for a lab: a CA, server certificates of both kinds, and client certificates for stations, as PEM files.

Not for the field: the CA's key lies beside the others, unprotected.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pilotwire.errors import ConfigError
from pilotwire.pki import (
    PROFILES,
    Authority,
    KeyKind,
    Order,
    PkiFault,
    SigningKey,
    new_key,
    read_key,
    self_signed,
    write_key,
)
from pilotwire.pki.issuing import general_name, key_id_of

Key = SigningKey
DAYS: Final = 365
_ORGANIZATION: Final = "Pilotwire lab"
_EARLIER: Final = timedelta(days=1)
"""Certificates count from yesterday: the clocks of a lab do not agree."""
_USAGE: Final = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=True,
    data_encipherment=False,
    key_agreement=True,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
"""For servers and stations, whatever their keys: certificates of a lab try everything."""


def new_authority(name: str, now: datetime, *, days: int = 10 * DAYS) -> Authority:
    """A new root CA with an ECDSA key on P-256."""
    key, (since, until) = new_key(KeyKind.EC_P256), _validity(now, days)
    order = Order(PROFILES["csms-root"], _name(name), key.public_key(), since, until, path_length=1)
    return Authority(self_signed(order, key), key)


def new_certificate(
    authority: Authority, name: str, key: Key, now: datetime, *, hosts: Sequence[str] = (), days: int = DAYS
) -> x509.Certificate:
    """A certificate with the commonName `name`; `hosts` (names or addresses) are those of a server (A00.FR.510)."""
    public, above = key.public_key(), authority.certificate
    since, until = _validity(now, days)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(above.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )
    for extension, critical in (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_USAGE, True),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier(key_id_of(above), None, None), False),
    ):
        builder = builder.add_extension(extension, critical)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([general_name(host) for host in hosts]), False)
    return builder.sign(authority.key, hashes.SHA256())


def make_lab(folder: Path, hosts: Sequence[str], stations: Sequence[str], now: datetime) -> list[Path]:
    """Make what a lab needs in `folder`; the files made. A CA that is there already is used. Raises ConfigError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        authority = _authority_in(folder, now)
        made = [folder / "ca.pem"]
        for kind, key in (("ecdsa", new_key(KeyKind.EC_P256)), ("rsa", new_key(KeyKind.RSA_2048))):
            certificate = new_certificate(authority, hosts[0], key, now, hosts=hosts)
            made += _write_pair(folder, f"server-{kind}", certificate, key)
        for station in stations:
            own = new_key(KeyKind.EC_P256)
            made += _write_pair(folder, _file_name(station), new_certificate(authority, station, own, now), own)
    except PkiFault as fault:
        raise ConfigError(f"the certificates cannot be made in {folder}: {fault.what}", fault.remedy) from None
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the certificates cannot be made in {folder}: {error}.", "Give a folder to write to."
        ) from None
    return made


def _file_name(station: str) -> str:
    return "station-" + "".join(each if each.isalnum() or each in "-_." else "_" for each in station)


def _authority_in(folder: Path, now: datetime) -> Authority:
    certificate, key = folder / "ca.pem", folder / "ca-key.pem"
    if certificate.exists() and key.exists():
        return Authority(x509.load_pem_x509_certificate(certificate.read_bytes()), read_key(key.read_bytes()))
    authority = new_authority("Pilotwire lab CA", now)
    certificate.write_bytes(pem_of(authority.certificate))
    _write_secret(key, pem_of_key(authority.key))
    return authority


def _write_pair(folder: Path, name: str, certificate: x509.Certificate, key: Key) -> list[Path]:
    paths = [folder / f"{name}.pem", folder / f"{name}-key.pem"]
    paths[0].write_bytes(pem_of(certificate))
    _write_secret(paths[1], pem_of_key(key))
    return paths


def _write_secret(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def pem_of(certificate: x509.Certificate) -> bytes:
    """A certificate as PEM."""
    return certificate.public_bytes(Encoding.PEM)


def pem_of_key(key: Key) -> bytes:
    """A key as PEM, not encrypted."""
    return write_key(key)


def _validity(now: datetime, days: int) -> tuple[datetime, datetime]:
    until = now + timedelta(days=days)
    return min(now, until) - _EARLIER, until


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANIZATION),
        ]
    )
