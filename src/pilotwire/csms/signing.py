"""Certificate signing requests (PKCS #10, RFC 2986) and the chains made from them: what is wrong with either."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from hashlib import sha256
from itertools import pairwise

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from pilotwire.errors import PilotwireError


class UnfitRequest(PilotwireError):
    """A CSR that must not be signed. `rule` is the requirement it breaks."""

    def __init__(self, rule: str, what: str) -> None:
        super().__init__(what)
        self.rule = rule


class UnfitChain(PilotwireError):
    """A chain that is not for the request."""


def read_csr(text: str) -> x509.CertificateSigningRequest:
    """The request in PEM text. Raises UnfitRequest if it is none, or its signature is not by its own key."""
    try:
        request = x509.load_pem_x509_csr(text.encode("ascii"))
        signed = request.is_signature_valid
        request.public_key()
    except (
        Exception
    ) as error:  # the library raises many kinds for bytes that are no request, of key types it does not know, ...
        raise UnfitRequest("A02.FR.12", f"the CSR cannot be read: {error or type(error).__name__}") from None
    if not signed:
        raise UnfitRequest("A02.FR.12", "the CSR is not signed with the key that it holds")
    return request


def check_subject(request: x509.CertificateSigningRequest, *, of_station: bool, serials: Collection[str] = ()) -> None:
    """Raise UnfitRequest if the subject is not what the standard asks for.

    It names an organization (A00.FR.509). `of_station`: it is for the station's own certificate, whose common name is the station's serial
    number, neither an address nor a URL (A00.FR.511); `serials` are the numbers it may be, () if none is known.
    """
    if not _named(request, NameOID.ORGANIZATION_NAME):
        raise UnfitRequest("A00.FR.509", "the subject of the CSR has no organization (O)")
    if not of_station:
        return
    common = _named(request, NameOID.COMMON_NAME)
    if not common:
        raise UnfitRequest("A00.FR.511", "the subject of the CSR has no common name (CN)")
    if "://" in common or _is_address(common):
        raise UnfitRequest(
            "A00.FR.511", f"the common name {common!r} of the CSR is a URL or an address, not a serial number"
        )
    if serials and common.casefold() not in {serial.casefold() for serial in serials}:
        raise UnfitRequest(
            "A00.FR.511", f"the common name {common!r} of the CSR is not the serial number of the station"
        )


def _named(request: x509.CertificateSigningRequest, what: x509.ObjectIdentifier) -> str:
    found = request.subject.get_attributes_for_oid(what)
    return str(found[0].value) if found else ""


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def subject_of(request: x509.CertificateSigningRequest) -> str:
    """The subject as text (RFC 4514), for people."""
    return request.subject.rfc4514_string()


def fingerprint(text: str) -> str:
    """A short name for a request: the same request has the same, however often it is sent."""
    return sha256("".join(text.split()).encode()).hexdigest()[:16]


def check_chain(chain: str, csr: str) -> None:
    """Raise UnfitChain if a PEM chain does not begin with a certificate for the key of the request, or does not hang together."""
    try:
        certificates = x509.load_pem_x509_certificates(chain.encode("ascii"))
    except Exception as error:  # as above
        raise UnfitChain(
            f"the chain is no PEM: {error}.", "Give the certificate first, then those that signed it."
        ) from None
    if _key(certificates[0]) != _key(read_csr(csr)):
        what = "the first certificate of the chain is not for the key of the CSR."
        raise UnfitChain(what, "Give the certificate made from this CSR first, then those that signed it.")
    for below, above in pairwise(certificates):
        try:
            below.verify_directly_issued_by(above)
        except Exception:  # as above
            what = f"in the chain {below.subject.rfc4514_string()} is not signed by {above.subject.rfc4514_string()}."
            raise UnfitChain(what, "Put each certificate before the one that signed it.") from None


def _key(holder: x509.Certificate | x509.CertificateSigningRequest) -> bytes:
    return holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
