"""A certificate authority for a lab: a CA, server certificates of both kinds, and client certificates for stations, as PEM files.

Not for the field: the CA's key lies beside the others, unprotected.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from pilotwire.errors import ConfigError

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
DAYS: Final = 365
_ORGANIZATION: Final = "Pilotwire lab"
_EARLIER: Final = timedelta(days=1)
"""Certificates count from yesterday: the clocks of a lab do not agree."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA: its certificate and its key."""

    certificate: x509.Certificate
    key: Key


def new_authority(name: str, now: datetime, *, days: int = 10 * DAYS) -> Authority:
    """A new root CA with an ECDSA key on P-256."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = _certificate(subject, key, now, days).issuer_name(subject)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    return Authority(builder.sign(key, hashes.SHA256()), key)


def new_certificate(
    authority: Authority, name: str, key: Key, now: datetime, *, hosts: Sequence[str] = (), days: int = DAYS
) -> x509.Certificate:
    """A certificate with the commonName `name`; `hosts` (names or addresses) are those of a server (A00.FR.510)."""
    builder = _certificate(_name(name), key, now, days).issuer_name(authority.certificate.subject)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
    return builder.sign(authority.key, hashes.SHA256())


def make_lab(folder: Path, hosts: Sequence[str], stations: Sequence[str], now: datetime) -> list[Path]:
    """Make what a lab needs in `folder`; the files made. A CA that is there already is used. Raises ConfigError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        authority = _authority_in(folder, now)
        made = [folder / "ca.pem"]
        for kind, key in (("ecdsa", ec.generate_private_key(ec.SECP256R1())), ("rsa", _rsa_key())):
            certificate = new_certificate(authority, hosts[0], key, now, hosts=hosts)
            made += _write_pair(folder, f"server-{kind}", certificate, key)
        for station in stations:
            own = ec.generate_private_key(ec.SECP256R1())
            made += _write_pair(folder, _file_name(station), new_certificate(authority, station, own, now), own)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the certificates cannot be made in {folder}: {error}.", "Give a folder to write to."
        ) from None
    return made


def _rsa_key() -> Key:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _file_name(station: str) -> str:
    return "station-" + "".join(each if each.isalnum() or each in "-_." else "_" for each in station)


def _authority_in(folder: Path, now: datetime) -> Authority:
    certificate, key = folder / "ca.pem", folder / "ca-key.pem"
    if certificate.exists() and key.exists():
        kept = serialization.load_pem_private_key(key.read_bytes(), None)
        if not isinstance(kept, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise ValueError(f"{key} is no ECDSA or RSA key")
        return Authority(x509.load_pem_x509_certificate(certificate.read_bytes()), kept)
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
    return certificate.public_bytes(serialization.Encoding.PEM)


def pem_of_key(key: Key) -> bytes:
    """A key as PEM, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _certificate(subject: x509.Name, key: Key, now: datetime, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now - _EARLIER, now + timedelta(days=days) - _EARLIER))
        .not_valid_after(now + timedelta(days=days))
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANIZATION),
        ]
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=not signs_certificates,
        data_encipherment=False,
        key_agreement=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
