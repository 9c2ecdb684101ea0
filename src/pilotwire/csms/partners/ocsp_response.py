"""OCSP requests and responses (RFC 6960), and CRLs (RFC 5280), for certificates named by hashes. No I/O; `now` is an argument."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha1, sha256
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.domain.certificates import CertificateHash, HashAlgorithm, Revocation, RevocationStatus

_ALGORITHMS: Final[dict[HashAlgorithm, hashes.HashAlgorithm]] = {
    HashAlgorithm.SHA256: hashes.SHA256(),
    HashAlgorithm.SHA384: hashes.SHA384(),
    HashAlgorithm.SHA512: hashes.SHA512(),
}
_STATUSES: Final = {
    ocsp.OCSPCertStatus.GOOD: RevocationStatus.GOOD,
    ocsp.OCSPCertStatus.REVOKED: RevocationStatus.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN: RevocationStatus.UNKNOWN,
}
_SKEW: Final = timedelta(minutes=5)
"""How far ahead of ours a responder's clock may be."""
_STALE: Final = timedelta(days=1)
"""How old a response may be that does not say when there is a newer one."""


class _Named:
    """A certificate's name as bytes. Making one raises PartnerFailed for hashes that are none."""

    def __init__(self, certificate: CertificateHash) -> None:
        self.algorithm = _ALGORITHMS[certificate.hash_algorithm]
        try:
            self.issuer_name = bytes.fromhex(certificate.issuer_name_hash)
            self.issuer_key = bytes.fromhex(certificate.issuer_key_hash)
            self.serial = int(certificate.serial_number, 16)
        except ValueError:
            raise PartnerFailed("the hashes and the serial number of the certificate are not hexadecimal.") from None
        size = self.algorithm.digest_size
        if {len(self.issuer_name), len(self.issuer_key)} != {size}:
            raise PartnerFailed(f"a hash of {certificate.hash_algorithm} has {size} bytes, those told have not.")

    def digest(self, content: bytes) -> bytes:
        """A hash in the algorithm of the name."""
        made = hashes.Hash(self.algorithm)
        made.update(content)
        return made.finalize()

    def is_issuer(self, certificate: x509.Certificate) -> bool:
        """Whether this is the certificate's issuer: by its name and its key."""
        names = self.digest(certificate.subject.public_bytes()) == self.issuer_name
        return names and self.digest(_key_bits(certificate)) == self.issuer_key


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The bits of a public key as OCSP hashes them: without algorithm and length; none for kinds of keys not known here."""
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return b""


def ocsp_request(certificate: CertificateHash) -> bytes:
    """The request in DER. Raises PartnerFailed if the hashes are none."""
    named = _Named(certificate)
    try:
        builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            named.issuer_name, named.issuer_key, named.serial, named.algorithm
        )
        return builder.build().public_bytes(Encoding.DER)
    except ValueError as error:
        raise PartnerFailed(f"no OCSP request can be made of what names the certificate: {error}.") from None


def read_ocsp(certificate: CertificateHash, content: bytes, now: datetime) -> Revocation:
    """What an OCSP response says of this certificate. Raises PartnerFailed if it is no good one, of another certificate, or not fresh."""
    named = _Named(certificate)
    try:
        response = ocsp.load_der_ocsp_response(content)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise PartnerFailed(f"the OCSP responder answered {response.response_status.name}.")
        single = _about(named, response)
        until = _fresh_until(single.this_update_utc, single.next_update_utc, now)
        proven = _proven(named, response, now)
    except PartnerFailed:
        raise
    except Exception as error:  # the library raises many kinds for bytes that are no response
        raise PartnerFailed(f"the OCSP response cannot be read: {error or type(error).__name__}.") from None
    status = _STATUSES[single.certificate_status]
    return Revocation(status=status, next_update=until, response=content, proven=proven)


def named_by(certificate: x509.Certificate, issuer: x509.Certificate) -> CertificateHash:
    """How a certificate of this issuer is named, with SHA-256."""

    def digest(content: bytes) -> str:
        return sha256(content).hexdigest()

    return CertificateHash(
        hash_algorithm=HashAlgorithm.SHA256,
        issuer_name_hash=digest(certificate.issuer.public_bytes()),
        issuer_key_hash=digest(_key_bits(issuer)),
        serial_number=f"{certificate.serial_number:x}",
    )


def proven_by(certificate: CertificateHash, content: bytes, issuers: Iterable[x509.Certificate], now: datetime) -> bool:
    """Whether an OCSP response that `read_ocsp` has read can be traced to the issuer, if that is one of these certificates.

    A response need not come with the certificate of an issuer who signs himself (RFC 6960 4.2.1). False if it cannot be read.
    """
    try:
        named = _Named(certificate)
        known = tuple(each for each in issuers if named.is_issuer(each))
        return bool(known) and _proven(named, ocsp.load_der_ocsp_response(content), now, known)
    except (PartnerFailed, ValueError):
        return False


def _about(named: _Named, response: ocsp.OCSPResponse) -> ocsp.OCSPSingleResponse:
    for single in response.responses:
        same = (single.issuer_name_hash, single.issuer_key_hash, single.serial_number)
        if same == (named.issuer_name, named.issuer_key, named.serial):
            return single
    raise PartnerFailed("the OCSP response is about another certificate.")


def _fresh_until(since: datetime, until: datetime | None, now: datetime) -> datetime:
    """Until when what was told counts; without a time it is told anew each time. Raises PartnerFailed if it does not count now."""
    if since > now + _SKEW:
        raise PartnerFailed(f"the answer counts from {since:%Y-%m-%dT%H:%M:%SZ} only.")
    if until is None:
        if since < now - _STALE:
            raise PartnerFailed(f"the answer is of {since:%Y-%m-%dT%H:%M:%SZ} and does not say how long it counts.")
        return now
    if until <= now:
        raise PartnerFailed(f"the answer counted until {until:%Y-%m-%dT%H:%M:%SZ} only.")
    return until


def _proven(
    named: _Named, response: ocsp.OCSPResponse, now: datetime, known: tuple[x509.Certificate, ...] = ()
) -> bool:
    """Whether the issuer, or a responder it appointed (RFC 6960 4.2.2.2), has signed.

    False if neither the response nor `known` has the certificates to tell. Raises PartnerFailed if the signature is not that of the
    responder whose certificate that is.
    """
    certificates = (*response.certificates, *known)
    responder = _responder(response, certificates)
    if responder is None:
        return False
    if not _signed_by(responder, response):
        raise PartnerFailed("the signature of the OCSP response is wrong.")
    if named.is_issuer(responder):
        return True
    if not responder.not_valid_before_utc <= now <= responder.not_valid_after_utc or not _may_sign(responder):
        return False
    return any(_issued(responder, issuer) for issuer in certificates if named.is_issuer(issuer))


def _responder(response: ocsp.OCSPResponse, certificates: Iterable[x509.Certificate]) -> x509.Certificate | None:
    for each in certificates:
        if response.responder_name is not None and each.subject == response.responder_name:
            return each
        if response.responder_key_hash == _sha1(_key_bits(each)):
            return each
    return None


def _sha1(content: bytes) -> bytes:
    """The hash by which a response names its responder (RFC 6960 4.2.1); nothing is trusted because of it."""
    return sha1(content, usedforsecurity=False).digest()


def _may_sign(responder: x509.Certificate) -> bool:
    try:
        usage = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usage


def _issued(below: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _signed_by(responder: x509.Certificate, response: ocsp.OCSPResponse) -> bool:
    key, algorithm = responder.public_key(), response.signature_hash_algorithm
    if algorithm is None:
        return False
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey):
            is_pss = response.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS
            pss = padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO)
            scheme = pss if is_pss else padding.PKCS1v15()
            key.verify(response.signature, response.tbs_response_bytes, scheme, algorithm)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def read_crl(certificate: CertificateHash, content: bytes, now: datetime) -> Revocation:
    """Revoked if the serial number is in a CRL (DER or PEM) of the certificate's issuer, else Good (M07.FR.06, M07.FR.07).

    Raises PartnerFailed if it is no CRL, of another issuer, or not fresh. Its signature is not checked: there is no issuer's certificate.
    """
    named = _Named(certificate)
    try:
        load = x509.load_pem_x509_crl if content.lstrip().startswith(b"-----") else x509.load_der_x509_crl
        revoked = load(content)
        issuer = named.digest(revoked.issuer.public_bytes())
        until = _fresh_until(revoked.last_update_utc, revoked.next_update_utc, now)
        entry = revoked.get_revoked_certificate_by_serial_number(named.serial)
    except PartnerFailed:
        raise
    except Exception as error:  # as above
        raise PartnerFailed(f"the CRL cannot be read: {error or type(error).__name__}.") from None
    if issuer != named.issuer_name:
        raise PartnerFailed("the CRL is of another issuer.")
    status = RevocationStatus.GOOD if entry is None else RevocationStatus.REVOKED
    return Revocation(status=status, next_update=until)
