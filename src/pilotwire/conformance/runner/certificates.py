"""Certificates, TLS and what names them, as cases ask for them with `made`."""

from __future__ import annotations

from collections.abc import Sequence
from ssl import SSLContext
from typing import Any, Final

from cryptography import x509

from pilotwire.conformance.runner.makers import maker
from pilotwire.conformance.values import Unresolved
from pilotwire.conformance.wire.authority import CSMS_ROOT
from pilotwire.conformance.wire.pki import csr_facts, serial_of
from pilotwire.pki.hashes import hashes_of

_CLIENT_CERTIFICATE: Final = 3


@maker("root")
def root_of(scene: Any, name: str = CSMS_ROOT) -> str:
    """A root certificate of the tester, as PEM; see `wire.authority` for the names."""
    return str(scene.authority.root(name).pem)


@maker("root hashes")
def root_hashes(scene: Any, algorithm: str, name: str = CSMS_ROOT) -> dict[str, str]:
    """The certificateHashData of a root of the tester."""
    certificate, issuer = scene.authority.root(name).certificate, scene.authority.issuer(name).certificate
    return _hash_data(certificate, issuer, algorithm)


@maker("signed")
def signed(scene: Any, csr: str, by: str = CSMS_ROOT, kind: str = "valid") -> str:
    """A certificate for a request of the station, with the sub-CAs above it and without the root, as PEM.

    `kind`: valid, expired, not yet valid, or `another key`, for one the station does not have.
    """
    if kind == "another key":
        return str(scene.authority.foreign(csr_facts(csr).get("common_name", ""), by).chain_pem)
    try:
        return str(scene.authority.sign(csr, by, kind).chain_pem)
    except ValueError as error:
        raise Unresolved(f"the request cannot be signed: {error}") from None


@maker("chain hashes")
def chain_hashes(scene: Any, chain: str, by: str, algorithm: str) -> list[dict[str, str]]:
    """The certificateHashData of a chain that `by` has signed: of its own certificate, then of each sub-CA."""
    certificates = x509.load_pem_x509_certificates(chain.encode())
    return _chain_hashes(certificates, scene.authority.top(by).certificate, algorithm)


@maker("serial")
def serial(_: Any, chain: str) -> str:
    """The serial number of a chain's own certificate, hexadecimal."""
    return serial_of(x509.load_pem_x509_certificates(chain.encode())[0])


@maker("contract chain")
def contract_chain(scene: Any, emaid: str) -> str:
    """The contract of an EV driver, with the sub-CAs above it and without the root, as PEM."""
    return str(scene.authority.contract(emaid).chain_pem)


@maker("tls")
def tls(
    scene: Any,
    root: str = CSMS_ROOT,
    server: str = "valid",
    too_old: bool = False,
    suites: str = "",
    profile: int | None = None,
) -> SSLContext:
    """The TLS of an endpoint whose server certificate, of a kind of `wire.authority.SERVERS`, is under this root.

    `profile`: the security profile it is for, if that is not the configured one; the rest as in `Authority.context`.
    """
    asks = (scene.setting("security_profile") if profile is None else profile) == _CLIENT_CERTIFICATE
    authority = scene.authority
    context: SSLContext = authority.context(root, server=server, asks_certificate=asks, too_old=too_old, suites=suites)
    return context


def _chain_hashes(
    certificates: Sequence[x509.Certificate], top: x509.Certificate, algorithm: str
) -> list[dict[str, str]]:
    issuers = (*certificates[1:], top)
    return [_hash_data(one, issuer, algorithm) for one, issuer in zip(certificates, issuers, strict=True)]


def _hash_data(certificate: x509.Certificate, issuer: x509.Certificate, algorithm: str) -> dict[str, str]:
    found = hashes_of(certificate, issuer, algorithm)
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": found.issuer_name,
        "issuerKeyHash": found.issuer_key,
        "serialNumber": found.serial_number,
    }
