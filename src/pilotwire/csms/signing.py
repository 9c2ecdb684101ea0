"""Certificate signing requests (PKCS #10, RFC 2986) and the chains made from them: what is wrong with either."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256
from itertools import pairwise
from typing import Final

from cryptography import x509

from pilotwire import pki
from pilotwire.errors import PilotwireError

_RULES: Final = frozenset(f"A00.FR.{number}" for number in (502, 503, 504, 509, 511))


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
        return pki.read_csr(text)
    except pki.PkiFault as fault:
        raise UnfitRequest("A02.FR.12", f"the CSR is none: {_clause(fault.what)}") from None


def check_subject(request: x509.CertificateSigningRequest, *, of_station: bool, serials: Collection[str] = ()) -> None:
    """Raise UnfitRequest if the subject or the key is not what the standard asks for; it tells every breach, by the rule of the first.

    It names an organization (A00.FR.509), and its key is strong enough (A00.FR.501 to A00.FR.504). `of_station`: it is for the station's
    own certificate, whose common name is the station's serial number, neither an address nor a URL (A00.FR.511); `serials` are the
    numbers it may be, () if none is known. Which names and extensions it asks for besides is no matter: who signs leaves them out.
    """
    policy = pki.Policy(
        pki.PROFILES["station"],
        needs_common_name=of_station,
        common_names=tuple(serials) if of_station else (),
        not_address=of_station,
        names=True,
    )
    breaches = [each for each in pki.check_request(request, policy) if each.rule in _RULES]
    if breaches:
        what = "; ".join(_clause(each.what) for each in breaches)
        raise UnfitRequest(breaches[0].rule, f"the CSR is not fit: {what}")


def _clause(sentence: str) -> str:
    """A sentence as part of another."""
    return f"{sentence[0].lower()}{sentence[1:]}".rstrip(".")


def subject_of(request: x509.CertificateSigningRequest) -> str:
    """The subject as text (RFC 4514), for people."""
    return request.subject.rfc4514_string()


def fingerprint(text: str) -> str:
    """A short name for a request: the same request has the same, however often it is sent."""
    return sha256("".join(text.split()).encode()).hexdigest()[:16]


def check_chain(chain: str, csr: str) -> None:
    """Raise UnfitChain if a PEM chain does not begin with a certificate for the key of the request, or does not hang together."""
    try:
        certificates = pki.read_certificates(chain)
    except pki.PkiFault as fault:
        what = f"the chain is no PEM: {_clause(fault.what)}."
        raise UnfitChain(what, "Give the certificate first, then those that signed it.") from None
    if not pki.same_key(read_csr(csr), certificates[0]):
        what = "the first certificate of the chain is not for the key of the CSR."
        raise UnfitChain(what, "Give the certificate made from this CSR first, then those that signed it.")
    for below, above in pairwise(certificates):
        if not pki.is_issued_by(below, above):
            what = f"in the chain {below.subject.rfc4514_string()} is not signed by {above.subject.rfc4514_string()}."
            raise UnfitChain(what, "Put each certificate before the one that signed it.")
