"""Chains of certificates, and why they fail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from cryptography import x509

from pilotwire.pki.certificates import Certificate, PkiFault, is_issued_by, is_self_signed
from pilotwire.pki.keys import check_strength

_LONGEST = 10


class Fault(StrEnum):
    """Why a chain is not good."""

    BROKEN = "broken"
    """A certificate is not signed by the next one, or may not sign at all."""
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    NO_ROOT = "no-root"
    """It hangs together, but ends in no root that is trusted here."""
    WEAK = "weak"


class ChainFault(PkiFault):
    """A chain is not good; `fault` for programs."""

    def __init__(self, fault: Fault, what: str) -> None:
        super().__init__(what)
        self.fault = fault


def in_order(certificates: Sequence[Certificate]) -> tuple[Certificate, ...]:
    """The certificates from the first one up, each followed by its issuer; what does not belong to the chain is left out."""
    rest = list(certificates[1:])
    chain = [certificates[0]]
    while not is_self_signed(chain[-1]):
        issuer = next((each for each in rest if is_issued_by(chain[-1], each)), None)
        if issuer is None:
            break
        rest.remove(issuer)
        chain.append(issuer)
    return tuple(chain)


def check_chain(
    certificates: Sequence[Certificate], roots: Sequence[Certificate] | None, now: datetime
) -> tuple[Certificate, ...]:
    """The path of a chain (its own certificate first, in any order after it) up to and with a root of `roots`.

    `roots` None: there is none that it could be held against, and the path ends where the chain does.

    Raises ChainFault, in this order: it is too long or broken; a certificate is not valid at `now`; a key is weak; no root is its.
    """
    path = in_order(certificates)
    if len(path) > _LONGEST:
        raise ChainFault(Fault.BROKEN, f"The chain has more than {_LONGEST} certificates.")
    if len(path) < len(certificates):
        raise ChainFault(Fault.BROKEN, f"{_named(path[-1])} is not signed by any other certificate of the chain.")
    for place, (_, above) in enumerate(pairwise(path)):
        _check_may_sign(above, place)
    for each in path:
        check_validity(each, now)
        _check_strong(each)
    return path if roots is None else _rooted(path, roots, now)


def _rooted(path: tuple[Certificate, ...], roots: Sequence[Certificate], now: datetime) -> tuple[Certificate, ...]:
    for place, each in enumerate(path):
        if place > 0 and each in roots:
            return path[: place + 1]
    for root in roots:
        if is_issued_by(path[-1], root):
            _check_may_sign(root, len(path) - 1)
            check_validity(root, now)
            return (*path, root)
    raise ChainFault(Fault.NO_ROOT, f"{_named(path[-1])} is not signed by a root certificate that is installed.")


def check_validity(certificate: Certificate, now: datetime) -> None:
    """Raise ChainFault if `now` is not within its time."""
    if now < certificate.not_valid_before_utc:
        what = f"{_named(certificate)} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC."
        raise ChainFault(Fault.NOT_YET_VALID, what)
    if now > certificate.not_valid_after_utc:
        what = f"{_named(certificate)} has expired on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC."
        raise ChainFault(Fault.EXPIRED, what)


def check_authority(certificate: Certificate, now: datetime) -> None:
    """Raise ChainFault if a certificate cannot be one that is trusted to sign others: not a CA's, not valid now, or weak."""
    constraints = _constraints(certificate)
    if constraints is None and not is_self_signed(certificate):
        raise ChainFault(Fault.BROKEN, f"{_named(certificate)} is not the certificate of a certificate authority.")
    _check_may_sign(certificate, 0)
    check_validity(certificate, now)
    _check_strong(certificate)


def _check_may_sign(certificate: Certificate, cas_below: int) -> None:
    """RFC 5280, 4.2.1.3 and 4.2.1.9; a certificate without these extensions is of old and is not held to them."""
    constraints = _constraints(certificate)
    if constraints is not None and not constraints.ca:
        raise ChainFault(Fault.BROKEN, f"{_named(certificate)} is not the certificate of a certificate authority.")
    if constraints is not None and constraints.path_length is not None and constraints.path_length < cas_below:
        raise ChainFault(Fault.BROKEN, f"{_named(certificate)} allows fewer certificates below it than there are.")
    usage = _usage(certificate)
    if usage is not None and not usage.key_cert_sign:
        raise ChainFault(Fault.BROKEN, f"{_named(certificate)} may not sign certificates.")


def _constraints(certificate: Certificate) -> x509.BasicConstraints | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return None


def _usage(certificate: Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _check_strong(certificate: Certificate) -> None:
    try:
        check_strength(certificate.public_key())
    except PkiFault as fault:
        raise ChainFault(Fault.WEAK, f"{_named(certificate)}: {fault.what}") from None


def _named(certificate: Certificate) -> str:
    return f"The certificate of {certificate.subject.rfc4514_string() or 'nobody'}"
