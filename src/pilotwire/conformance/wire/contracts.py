"""A contract of an EV driver that a CSMS under test has to verify, and the OCSP responder that its certificates name (C07, RFC 6960)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from pilotwire.conformance.wire.pki import Holder, Wanted, make, subject

_DAY = timedelta(days=1)
_DAYS = timedelta(days=30)


@dataclass
class Responder:
    """Tells of each certificate what its issuer says: good, or revoked if its serial number is in `revoked`.

    `issued` are certificates with who issued them. `asked` are the serial numbers that were asked about rightly, `faults` say what was
    wrong with other questions. `revoked_at`: when the revoked ones were; a day before `now` if it is not said.
    """

    now: datetime
    issued: list[tuple[x509.Certificate, Holder]] = field(default_factory=list)
    revoked: set[int] = field(default_factory=set)
    revoked_at: datetime | None = None
    asked: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def answer(self, body: bytes) -> bytes:
        """The DER response to a DER request. Raises ValueError for what is no request."""
        try:
            request = ocsp.load_der_ocsp_request(body)
            found = next((one for one in self.issued if one[0].serial_number == request.serial_number), None)
            known = found is not None and self._names(request, *found)
        except (ValueError, TypeError) as error:
            self.faults.append(f"a request cannot be read: {error}")
            raise ValueError(str(error)) from None
        if found is None or not known:
            self.faults.append(f"a request is about {request.serial_number:x}, which is no certificate of the chain")
            refused = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
            return refused.public_bytes(serialization.Encoding.DER)
        self.asked.append(request.serial_number)
        return self._said(request, *found)

    def _names(self, request: ocsp.OCSPRequest, certificate: x509.Certificate, issuer: Holder) -> bool:
        """Whether the hashes of the request are those of the issuer."""
        own = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer.certificate, request.hash_algorithm).build()
        same = own.issuer_name_hash == request.issuer_name_hash
        return same and own.issuer_key_hash == request.issuer_key_hash

    def _said(self, request: ocsp.OCSPRequest, certificate: x509.Certificate, issuer: Holder) -> bytes:
        gone = certificate.serial_number in self.revoked
        built = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                certificate,
                issuer.certificate,
                request.hash_algorithm,
                ocsp.OCSPCertStatus.REVOKED if gone else ocsp.OCSPCertStatus.GOOD,
                self.now - _DAY,
                self.now + _DAY,
                (self.revoked_at or self.now - _DAY) if gone else None,
                None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
            .certificates([issuer.certificate])
        )
        for asked in request.extensions:
            if isinstance(asked.value, x509.OCSPNonce):  # RFC 6960, 4.4.1: so that it is no answer of earlier
                built = built.add_extension(asked.value, critical=False)
        return built.sign(issuer.signing_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@dataclass(frozen=True)
class Contract:
    """A contract certificate, the chain above it up to the root, the responder of all of them, and the responder's URL."""

    chain: tuple[Holder, ...]
    root: Holder
    responder: Responder
    url: str

    @property
    def pem(self) -> str:
        """The contract and the sub-CAs, without the root."""
        return "".join(one.pem for one in self.chain)


def new_contract(
    emaid: str,
    root: Holder,
    now: datetime,
    served: Callable[[Callable[[bytes], bytes]], str],
    *,
    revoked: bool = False,
    expired: bool = False,
    of: str = "MO",
) -> Contract:
    """A contract under two new sub-CAs of this root, with EC keys; `served` gives the URL where a responder answers.

    `revoked`: the responder says so of the contract itself; `expired`: the contract's own time is over.
    `of` is the domain of the certificates (MO, CPO).
    """
    responder = Responder(now)
    url = served(responder.answer)

    def made(name: str, signer: Holder, *, ca: bool) -> Holder:
        since, until = (now - _DAYS, now - _DAY) if expired and not ca else (now - _DAY, now + _DAYS)
        wanted = Wanted(subject(name, of), since, until, ca=ca, responder=url)
        holder = make(wanted, signer)
        responder.issued.append((holder.certificate, signer))
        return holder

    first = made(f"Pilotwire bench {of} sub-CA 1 of {emaid}", root, ca=True)
    second = made(f"Pilotwire bench {of} sub-CA 2 of {emaid}", first, ca=True)
    contract = made(emaid, second, ca=False)
    if revoked:
        responder.revoked.add(contract.certificate.serial_number)
    return Contract((contract, second, first), root, responder, url)
