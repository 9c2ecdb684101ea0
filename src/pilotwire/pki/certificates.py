"""Certificates as they are read from PEM text, and what they say of themselves."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from pilotwire.errors import PilotwireError

Certificate = x509.Certificate


class PkiFault(PilotwireError):
    """A certificate, request or response from outside is not what it should be."""


def read_certificates(pem: str) -> tuple[Certificate, ...]:
    """All certificates of a PEM text, in its order. Raises PkiFault if there is none, or one cannot be read."""
    try:
        found = tuple(x509.load_pem_x509_certificates(pem.encode("ascii")))
    except Exception as error:  # the library raises many kinds for bytes that are no certificate
        raise PkiFault(f"The certificate cannot be read: {error or type(error).__name__}.") from None
    faults = [why for each in found if (why := why_unreadable(each))]
    if faults:
        raise PkiFault(f"The certificate cannot be read: {faults[0]}.")
    return found


def why_unreadable(certificate: Certificate) -> str:
    """Why a certificate cannot be worked with, "" if it can: a key of an unknown kind, or names or extensions that are no X.509."""
    try:
        certificate.public_key()
        certificate.subject.rfc4514_string()
        certificate.issuer.rfc4514_string()
        certificate.extensions  # noqa: B018
        certificate.not_valid_after_utc  # noqa: B018
    except Exception as error:  # as above
        return str(error) or type(error).__name__
    return ""


def signature_hash(holder: Certificate | x509.CertificateSigningRequest) -> hashes.HashAlgorithm | None:
    """The hash it is signed with; None where the signature has none of its own (Ed25519), or is of a kind that is not known here."""
    try:
        return holder.signature_hash_algorithm
    except Exception:  # an object identifier nobody here knows, or parameters of RSA-PSS that are none
        return None


def has_known_signature(certificate: Certificate) -> bool:
    """Whether its signature is of a kind that can be checked here at all, right or wrong."""
    try:
        certificate.signature_hash_algorithm  # noqa: B018
        certificate.signature_algorithm_parameters  # noqa: B018
    except Exception:  # as above
        return False
    return True


def read_one(pem: str) -> Certificate:
    """The one certificate of a PEM text. Raises PkiFault if it is not exactly one."""
    found = read_certificates(pem)
    if len(found) != 1:
        raise PkiFault(f"One certificate was expected, and {len(found)} came.")
    return found[0]


def pem_of(*certificates: Certificate) -> str:
    """Certificates as PEM text, in this order."""
    return "".join(each.public_bytes(Encoding.PEM).decode("ascii") for each in certificates)


def common_name(name: x509.Name) -> str:
    """The CN of a subject or issuer, "" if it has none."""
    return attribute(name, NameOID.COMMON_NAME)


def organization(name: x509.Name) -> str:
    """The O of a subject or issuer, "" if it has none (A00.FR.509)."""
    return attribute(name, NameOID.ORGANIZATION_NAME)


def attribute(name: x509.Name, which: x509.ObjectIdentifier) -> str:
    """The first attribute of a kind in a name, "" if it has none."""
    found = name.get_attributes_for_oid(which)
    return str(found[0].value) if found else ""


def is_self_signed(certificate: Certificate) -> bool:
    """Whether a certificate is signed with its own key."""
    return certificate.issuer == certificate.subject and is_issued_by(certificate, certificate)


def is_issued_by(below: Certificate, above: Certificate) -> bool:
    """Whether the issuer's name and signature of one certificate are those of another."""
    try:
        below.verify_directly_issued_by(above)
    except Exception:  # a wrong signature, another name, an algorithm that is not known: all mean no
        return False
    return True


def key_bytes(holder: Certificate | x509.CertificateSigningRequest) -> bytes:
    """The public key as DER."""
    return holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def same_key(one: Certificate | x509.CertificateSigningRequest, other: Certificate) -> bool:
    """Whether both are for the same public key."""
    return key_bytes(one) == key_bytes(other)


def responder_url(certificate: Certificate) -> str | None:
    """Where its OCSP responder is, None if it names none (RFC 5280, 4.2.2.1)."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return None
    for each in access:
        place = each.access_location
        if each.access_method == AuthorityInformationAccessOID.OCSP and isinstance(
            place, x509.UniformResourceIdentifier
        ):
            return str(place.value)
    return None
