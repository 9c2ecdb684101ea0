"""OCSP (RFC 6960): requests and responses, made, read and checked. GET and POST are the caller's."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from pilotwire.pki.certificates import Certificate, PkiFault
from pilotwire.pki.hashes import hashes_of_issuer
from pilotwire.pki.issuing import Authority, digest_for
from pilotwire.pki.keys import SigningKey
from pilotwire.pki.naming import words_of
from pilotwire.pki.revocation import Reason, Revoked

_ALGORITHMS: Final[dict[str, hashes.HashAlgorithm]] = {
    "SHA1": hashes.SHA1(),
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
"""By which certificates are named; nothing is trusted because of them."""
_LONGEST_NONCE: Final = 32
"""RFC 8954, 2.1."""


class Standing(StrEnum):
    """What a responder says of a certificate (RFC 6960, 2.2)."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class Refusal(StrEnum):
    """Why a responder says nothing (RFC 6960, 2.3)."""

    MALFORMED_REQUEST = "malformedRequest"
    INTERNAL_ERROR = "internalError"
    TRY_LATER = "tryLater"
    SIG_REQUIRED = "sigRequired"
    UNAUTHORIZED = "unauthorized"


@dataclass(frozen=True, slots=True)
class OcspQuery:
    """A request for one certificate: `algorithm` is that of both hashes ("SHA1", "SHA256", "SHA384", "SHA512"); `nonce` None: none sent."""

    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int
    algorithm: str
    nonce: bytes | None = None

    def is_to(self, issuer: Certificate) -> bool:
        """Whether the certificate asked for is one of this issuer."""
        return (self.issuer_name_hash, self.issuer_key_hash) == hashes_of_issuer(issuer, self.algorithm)


@dataclass(frozen=True, slots=True)
class Responder:
    """Who answers for `issuer`: the CA itself (`Responder.of`), or one with a certificate of it for OCSPSigning (RFC 6960, 4.2.2.2)."""

    certificate: Certificate
    key: SigningKey
    issuer: Certificate

    @classmethod
    def of(cls, authority: Authority) -> Responder:
        """The CA answers itself."""
        return cls(authority.certificate, authority.key, authority.certificate)


def make_request(
    certificate: Certificate, issuer: Certificate, nonce: bytes | None = None, *, algorithm: str = "SHA256"
) -> bytes:
    """A request in DER. Raises PkiFault for a nonce that has not 1 to 32 bytes (RFC 8954), or a hash that is not known."""
    if algorithm not in _ALGORITHMS:
        raise PkiFault(f"{algorithm} is no hash OCSP is asked with.", f"Take one of {', '.join(_ALGORITHMS)}.")
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, _ALGORITHMS[algorithm])
    if nonce is not None:
        if not 1 <= len(nonce) <= _LONGEST_NONCE:
            raise PkiFault(f"The nonce has {len(nonce)} bytes; it must have 1 to {_LONGEST_NONCE}.")
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def read_request(der: bytes) -> OcspQuery:
    """A request in DER, for one certificate. Raises PkiFault for anything else (answer with `Refusal.MALFORMED_REQUEST`)."""
    try:
        request = ocsp.load_der_ocsp_request(der)
        query = OcspQuery(
            request.issuer_name_hash,
            request.issuer_key_hash,
            request.serial_number,
            _name_of(request.hash_algorithm),
            _nonce_of(request.extensions),
        )
    except PkiFault:
        raise
    except NotImplementedError:
        raise PkiFault("The OCSP request asks for several certificates.", "Ask for one at a time.") from None
    except Exception as error:  # the library raises many kinds for bytes that are no request
        raise PkiFault(f"The OCSP request cannot be read: {error or type(error).__name__}.") from None
    return query


def make_response(
    responder: Responder,
    query: OcspQuery,
    standing: Standing | Revoked,
    this_update: datetime,
    next_update: datetime | None = None,
) -> bytes:
    """A signed response in DER that answers `query`, with its nonce. A `Revoked` says since when and why; it must be that of the query.

    RSA keys sign with PKCS #1 1.5, which all clients know. `producedAt` is the clock of the library. Raises PkiFault if the query is to
    another issuer, `standing` is revoked without saying since when, or the times cannot be.
    """
    if not query.is_to(responder.issuer):
        what = f"The request is not for a certificate of {words_of(responder.issuer.subject)}."
        raise PkiFault(what, "Refuse it as unauthorized.")
    revoked = standing if isinstance(standing, Revoked) else None
    if standing is Standing.REVOKED or (revoked is not None and revoked.serial != query.serial):
        raise PkiFault("It is not said since when the certificate that is asked for is revoked.", "Give its `Revoked`.")
    if next_update is not None and next_update < this_update:
        raise PkiFault("Such an OCSP response cannot be made: the next one would be due before it.")
    try:
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            query.issuer_name_hash,
            query.issuer_key_hash,
            query.serial,
            _ALGORITHMS[query.algorithm],
            ocsp.OCSPCertStatus[Standing.REVOKED.name if revoked else Standing(str(standing)).name],
            this_update,
            next_update,
            revoked.at if revoked else None,
            _flag(revoked),
        )
    except (ValueError, TypeError) as error:
        raise PkiFault(f"Such an OCSP response cannot be made: {error}.") from None
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
    if responder.certificate != responder.issuer:
        builder = builder.certificates([responder.certificate])
    if query.nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(query.nonce), critical=False)
    return builder.sign(responder.key, digest_for(responder.key)).public_bytes(Encoding.DER)


def make_refusal(why: Refusal) -> bytes:
    """A response in DER that says nothing of any certificate. It is not signed (RFC 6960, 2.3)."""
    return ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus[why.name]).public_bytes(Encoding.DER)


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """What a response says of one certificate. `next_update` None: newer information is there at any time."""

    serial_number: int
    status: str
    next_update: datetime | None


def read_ocsp(text: str) -> OcspAnswer:
    """A response, DER in Base64, that speaks of one certificate. Raises PkiFault for anything else."""
    try:
        response = ocsp.load_der_ocsp_response(b64decode(text, validate=True))
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise PkiFault(f"The OCSP responder could not tell: {response.response_status.name}.")
        return OcspAnswer(response.serial_number, response.certificate_status.name, response.next_update_utc)
    except (ValueError, NotBase64) as error:
        raise PkiFault(f"The OCSP response cannot be read: {error}.") from None


def _name_of(algorithm: hashes.HashAlgorithm) -> str:
    name = algorithm.name.upper()
    if name not in _ALGORITHMS:
        raise PkiFault(f"The OCSP request names certificates by {name}, which is not known here.", "Ask with SHA-256.")
    return name


def _nonce_of(extensions: x509.Extensions) -> bytes | None:
    try:
        return extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


def _flag(revoked: Revoked | None) -> x509.ReasonFlags | None:
    known = revoked is not None and revoked.reason is not Reason.UNSPECIFIED
    return x509.ReasonFlags(revoked.reason.value) if revoked is not None and known else None
