"""What an OCSP response says of a certificate, once it is proven: signature, responder, currency, nonce (RFC 6960, 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from pilotwire.pki.certificates import Certificate, PkiFault, is_issued_by
from pilotwire.pki.hashes import hashes_of_issuer
from pilotwire.pki.keys import WEAK_HASHES
from pilotwire.pki.naming import words_of
from pilotwire.pki.ocsp import Standing
from pilotwire.pki.revocation import Revoked, reason_of

_SKEW: Final = timedelta(minutes=5)
"""How far ahead of ours a responder's clock may be."""
_PROVEN_BY: Final = "Ask again; if it stays so, the responder is set up wrong, or somebody is between."


class OcspFaultKind(StrEnum):
    """Why a response is not good."""

    UNREADABLE = "unreadable"
    REFUSED = "refused"
    ANOTHER_CERTIFICATE = "another-certificate"
    """The serial number or the hashes of the issuer are not those of the certificate."""
    SIGNATURE = "signature"
    RESPONDER = "responder"
    """Who signed it may not: neither the issuer, nor one to whom the issuer gave it (EKU OCSPSigning)."""
    NOT_YET = "not-yet"
    OUT_OF_DATE = "out-of-date"
    NONCE = "nonce"


class OcspFault(PkiFault):
    """A response is not good; `kind` for programs."""

    def __init__(self, kind: OcspFaultKind, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class OcspVerdict:
    """What a good response says: `revoked` where it is revoked; times in UTC, `next_update` None: newer information at any time."""

    standing: Standing
    this_update: datetime
    next_update: datetime | None
    revoked: Revoked | None = None


def check_response(
    response: bytes, certificate: Certificate, issuer: Certificate, now: datetime, nonce: bytes | None = None
) -> OcspVerdict:
    """What a response says of a certificate. Raises OcspFault, of each `OcspFaultKind`.

    `nonce` None: none was sent. A responder that leaves a nonce out is taken (RFC 6960, 4.4.1: many sign ahead); another one is not.
    """
    try:
        answer = ocsp.load_der_ocsp_response(response)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            what = f"The OCSP responder could not tell: {answer.response_status.name.lower().replace('_', ' ')}."
            raise OcspFault(OcspFaultKind.REFUSED, what, "Ask the responder that the certificate names, or ask later.")
        single = _about(answer, certificate, issuer)
        _check_proven(answer, issuer, now)
        _check_current(single, now)
        _check_nonce(answer, nonce)
        return _verdict(single)
    except PkiFault:
        raise
    except Exception as error:  # the library raises many kinds for bytes that are no response
        what = f"The OCSP response cannot be read: {error or type(error).__name__}."
        raise OcspFault(OcspFaultKind.UNREADABLE, what, "Give the response as DER.") from None


def _about(answer: ocsp.OCSPResponse, certificate: Certificate, issuer: Certificate) -> ocsp.OCSPSingleResponse:
    for each in answer.responses:
        named = (each.issuer_name_hash, each.issuer_key_hash)
        known = each.hash_algorithm.name.upper() in ("SHA1", "SHA256", "SHA384", "SHA512")
        mine = known and named == hashes_of_issuer(issuer, each.hash_algorithm.name)
        if mine and each.serial_number == certificate.serial_number:
            return each
    what = f"The OCSP response is about another certificate than that of {words_of(certificate.subject)}."
    raise OcspFault(OcspFaultKind.ANOTHER_CERTIFICATE, what, "Ask with the serial number and the hashes of its issuer.")


def _check_proven(answer: ocsp.OCSPResponse, issuer: Certificate, now: datetime) -> None:
    digest = answer.signature_hash_algorithm
    if digest is not None and digest.name in WEAK_HASHES:
        what = f"The OCSP response is signed with {digest.name.upper()}."
        raise OcspFault(OcspFaultKind.SIGNATURE, what, "Have the responder sign with SHA-256.")
    if _is_signed(answer, issuer):
        return
    signers = [each for each in answer.certificates if _is_signed(answer, each)]
    if not signers:
        what = f"The OCSP response is signed neither by {words_of(issuer.subject)} nor by a responder it shows."
        raise OcspFault(OcspFaultKind.SIGNATURE, what, _PROVEN_BY)
    faults = [_why_not(each, issuer, now) for each in signers]
    if all(faults):
        raise OcspFault(
            OcspFaultKind.RESPONDER, faults[0], "Have the issuer sign a certificate for OCSPSigning for it."
        )


def _why_not(responder: Certificate, issuer: Certificate, now: datetime) -> str:
    """Why a responder may not answer for an issuer, "" if it may (RFC 6960, 4.2.2.2)."""
    named = f"The responder {words_of(responder.subject)}"
    if not is_issued_by(responder, issuer):
        return f"{named} has its certificate not from {words_of(issuer.subject)}."
    try:
        extended = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        extended = x509.ExtendedKeyUsage([])
    if ExtendedKeyUsageOID.OCSP_SIGNING not in extended:
        return f"{named} has a certificate without OCSPSigning."
    if not responder.not_valid_before_utc <= now <= responder.not_valid_after_utc:
        until = responder.not_valid_after_utc
        return f"{named} has a certificate that is not valid now, but until {until:%Y-%m-%d %H:%M} UTC."
    return ""


def _is_signed(answer: ocsp.OCSPResponse, by: Certificate) -> bool:
    key, content, signature = by.public_key(), answer.tbs_response_bytes, answer.signature
    digest = answer.signature_hash_algorithm
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
            key.verify(signature, content, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey) and digest is not None:
            key.verify(signature, content, _padding(answer, digest), digest)
        else:
            key.verify(signature, content)  # type: ignore[call-arg, union-attr]  # Ed25519, Ed448
    except Exception:  # a wrong signature, a key or an algorithm of another kind: all mean no
        return False
    return True


def _padding(answer: ocsp.OCSPResponse, digest: hashes.HashAlgorithm) -> padding.AsymmetricPadding:
    if answer.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS:
        return padding.PSS(padding.MGF1(digest), padding.PSS.AUTO)
    return padding.PKCS1v15()


def _check_current(single: ocsp.OCSPSingleResponse, now: datetime) -> None:
    since, until = single.this_update_utc, single.next_update_utc
    if since > now + _SKEW:
        what = f"The OCSP response counts from {since:%Y-%m-%d %H:%M} UTC, which is yet to come."
        raise OcspFault(OcspFaultKind.NOT_YET, what, "Set the clock, here or at the responder.")
    if until is not None and until < now - _SKEW:
        what = f"The OCSP response is out of date: a newer one was due on {until:%Y-%m-%d %H:%M} UTC."
        raise OcspFault(OcspFaultKind.OUT_OF_DATE, what, "Ask again.")


def _check_nonce(answer: ocsp.OCSPResponse, nonce: bytes | None) -> None:
    try:
        told = answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return
    if nonce is not None and told != nonce:
        what = "The OCSP response has another nonce than the request: it is not the answer to it."
        raise OcspFault(OcspFaultKind.NONCE, what, "Ask again.")


def _verdict(single: ocsp.OCSPSingleResponse) -> OcspVerdict:
    standing = Standing[single.certificate_status.name]
    at = single.revocation_time_utc
    revoked = None if at is None else Revoked(single.serial_number, at, reason_of(single.revocation_reason))
    return OcspVerdict(standing, single.this_update_utc, single.next_update_utc, revoked)
