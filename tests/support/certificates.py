"""Keys, requests and certificates made for tests: a root, an intermediate, and a station whose serial number is SN-1."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

_SINCE, _UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)


@cache
def key(name: str) -> ec.EllipticCurvePrivateKey:
    """The key of somebody: the same for the whole run."""
    return ec.generate_private_key(ec.SECP256R1())


def subject(common: str | None = "SN-1", organization: str | None = "Volta") -> x509.Name:
    """A subject with what is given."""
    parts = ((NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value is not None])


def csr(common: str | None = "SN-1", organization: str | None = "Volta", *, of: str = "station") -> str:
    """A request in PEM."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject(common, organization))
    return builder.sign(key(of), SHA256()).public_bytes(Encoding.PEM).decode()


def certificate(common: str, *, of: str, by: str, by_name: str) -> str:
    """A certificate in PEM of somebody's key, signed with another's."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject(common))
        .issuer_name(subject(by_name))
        .public_key(key(of).public_key())
        .serial_number(17)
        .not_valid_before(_SINCE)
        .not_valid_after(_UNTIL)
    )
    return builder.sign(key(by), SHA256()).public_bytes(Encoding.PEM).decode()


@cache
def chain(of: str = "station") -> str:
    """A chain for the station's key: its certificate, and the intermediate's."""
    own = certificate("SN-1", of=of, by="intermediate", by_name="Sub")
    return own + certificate("Sub", of="intermediate", by="root", by_name="Root")


SCHEMA_CSR = csr("text")
"""Where a schema only says that there is text."""
