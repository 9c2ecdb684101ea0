"""Certificate chains of contracts, vehicles and provisioning services, as messages carry them: every fault in words, and the response code.

Sources: ISO 15118-2, annexes E, F and H; ISO 15118-20, annex B. What any chain can have wrong is told by `pilotwire.pki.explain`; here is
what the messages ask besides: sizes, numbers, curves, and the names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.iso15118.emaid import is_pcid, normalised, read_emaid, same_emaid
from pilotwire.iso15118.peer_certificate import read_peer
from pilotwire.iso15118.signed_parts import Edition
from pilotwire.pki import Certificate, Defect, Explanation, Flaw, PkiFault, Purpose, Revocation, due, explain, key_words
from pilotwire.pki.certificates import common_name, is_self_signed, why_unreadable
from pilotwire.pki.naming import extension_of, short_name
from pilotwire.pki.paths import key_id


class Kind(StrEnum):
    """The kinds of troubles, the gravest first: the first one that is there decides about the response code."""

    EMPTY = "empty"
    UNREADABLE = "unreadable"
    CHAIN = "chain"
    """It leads to no trusted root: broken, unknown, forged, or too weak."""
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    REVOCATION_UNKNOWN = "revocation-unknown"
    PROFILE = "profile"
    """It is no certificate for this: its domainComponent, keyUsage or place."""
    CURVE = "curve"
    SIZE = "size"
    COUNT = "count"
    """More certificates than the message may carry, or the root among them."""
    NAME = "name"
    """The common name is no eMAID, or no PCID."""
    OTHER_NAME = "other-name"
    """The eMAID of the message is not that of the certificate."""
    CHECK_DIGIT = "check-digit"
    EXPIRES_SOON = "expires-soon"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One fault of a chain. `fatal` false: it works all the same, but not everywhere or not for long."""

    kind: Kind
    what: str
    remedy: str
    certificate: Certificate | None = None
    fatal: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """What messages of an edition carry: bytes of a certificate, certificates below the root and above the first, kinds of keys."""

    bytes: int
    sub_certificates: int
    keys: tuple[str, ...]


LIMITS: Final = {
    Edition.ISO2: Limits(800, 4, ("EC P-256",)),
    Edition.ISO20: Limits(1600, 3, ("EC P-521", "Ed448")),
}
TEST_KEYS: Final = ("EC P-256", "EC P-521", "Ed448")
"""For benches that speak -20 with a PKI on P-256."""
_SHORT_ID: Final = 8

_CODES: Final[dict[Edition, dict[Kind, str]]] = {
    Edition.ISO2: {
        Kind.REVOKED: "FAILED_CertificateRevoked",
        Kind.EXPIRED: "FAILED_CertificateExpired",
        Kind.EMPTY: "FAILED_NoCertificateAvailable",
    },
    Edition.ISO20: {
        Kind.REVOKED: "WARNING_CertificateRevoked",
        Kind.EXPIRED: "WARNING_CertificateExpired",
        Kind.NOT_YET_VALID: "WARNING_CertificateNotYetValid",
        Kind.EMPTY: "WARNING_NoCertificateAvailable",
    },
}
_OTHERWISE: Final = {
    Edition.ISO2: "FAILED_CertChainError",
    Edition.ISO20: "WARNING_CertificateValidationError",
}
"""For all other kinds; -2 has no code of its own for a certificate that is not valid yet."""
_KINDS: Final = {
    Flaw.EMPTY: Kind.EMPTY,
    Flaw.UNREADABLE: Kind.UNREADABLE,
    Flaw.EXPIRED: Kind.EXPIRED,
    Flaw.NOT_YET_VALID: Kind.NOT_YET_VALID,
    Flaw.REVOKED: Kind.REVOKED,
    Flaw.REVOCATION_UNKNOWN: Kind.REVOCATION_UNKNOWN,
    Flaw.DOMAIN: Kind.PROFILE,
    Flaw.KEY_USAGE: Kind.PROFILE,
    Flaw.EXTENDED_KEY_USAGE: Kind.PROFILE,
    Flaw.KEY_KIND: Kind.CURVE,
}
"""Of which kind a flaw is; the others are `CHAIN`."""


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """What was found of a chain: `troubles`, the gravest first; `certificates` as sent, without those that cannot be read.

    `name` is the common name of the first certificate as the standard compares it (no hyphens, capitals). `explanation` None: there was no
    first certificate that can be read.
    """

    edition: Edition
    certificates: tuple[Certificate, ...]
    name: str
    troubles: tuple[Trouble, ...]
    explanation: Explanation | None = None

    @property
    def good(self) -> bool:
        """Whether nothing fatal was found."""
        return not any(each.fatal for each in self.troubles)

    @property
    def response_code(self) -> str:
        """The ResponseCode that tells it, by the edition: of the gravest fatal trouble, or whether the certificate ends soon."""
        for trouble in self.troubles:
            if trouble.fatal:
                return _CODES[self.edition].get(trouble.kind, _OTHERWISE[self.edition])
        soon = any(each.kind is Kind.EXPIRES_SOON for each in self.troubles)
        return "OK_CertificateExpiresSoon" if soon else "OK"

    @property
    def words(self) -> str:
        """The fatal troubles in one text, "" if there is none."""
        return " ".join(each.what for each in self.troubles if each.fatal)


def check_contract(
    sent: Sequence[bytes],
    roots: Sequence[Certificate],
    now: datetime,
    edition: Edition,
    *,
    emaid: str = "",
    pool: Sequence[Certificate] = (),
    revocation: Revocation | None = None,
    keys: Sequence[str] = (),
) -> ChainVerdict:
    """A contract certificate and its sub-certificates (DER) against the roots of mobility operators and of V2G.

    `emaid` is the one the message tells, "" if it tells none. `pool` are further sub-CAs. `keys` instead of the edition's kinds of keys
    (`TEST_KEYS`).
    """
    chain = _read(sent)
    named = [*_emaid_troubles(chain.first, emaid), *_soon(chain.first, now)] if chain.first else []
    return _judged(chain, named, Purpose.CONTRACT, roots, now, edition, pool, revocation, keys)


def check_provisioning(
    sent: Sequence[bytes],
    roots: Sequence[Certificate],
    now: datetime,
    edition: Edition,
    *,
    pool: Sequence[Certificate] = (),
    revocation: Revocation | None = None,
    keys: Sequence[str] = (),
) -> ChainVerdict:
    """An OEM provisioning certificate and, in -20, its sub-certificates, against the roots of vehicle makers and of V2G.

    A request of -2 carries the certificate alone: its sub-CAs must be in `pool`.
    """
    chain = _read(sent)
    named = list(_pcid_troubles(chain.first)) if chain.first else []
    return _judged(chain, named, Purpose.PROVISIONING, roots, now, edition, pool, revocation, keys)


def check_cps(
    sent: Sequence[bytes],
    roots: Sequence[Certificate],
    now: datetime,
    edition: Edition,
    *,
    pool: Sequence[Certificate] = (),
    revocation: Revocation | None = None,
    keys: Sequence[str] = (),
) -> ChainVerdict:
    """The chain of a provisioning service, against the roots of V2G: what a vehicle looks at before it takes a contract."""
    return _judged(_read(sent), [], Purpose.CPS, roots, now, edition, pool, revocation, keys)


@dataclass(frozen=True, slots=True)
class _Chain:
    sent: tuple[bytes, ...]
    certificates: tuple[Certificate, ...]
    first: Certificate | None
    troubles: tuple[Trouble, ...]


def _read(sent: Sequence[bytes]) -> _Chain:
    found: list[Certificate] = []
    troubles: list[Trouble] = []
    first: Certificate | None = None
    for place, each in enumerate(sent):
        read = _certificate(each)
        if isinstance(read, str):
            what = f"Certificate {place + 1} of the chain cannot be read: {read}."
            troubles.append(Trouble(Kind.UNREADABLE, what, "Send certificates as DER (X.509)."))
            continue
        found.append(read)
        first = read if place == 0 else first
    if not sent or sent[0] == b"":
        troubles = [Trouble(Kind.EMPTY, "There is no certificate.", "Send the certificate, then its sub-CAs.")]
    return _Chain(tuple(sent), tuple(found), first, tuple(troubles))


def _certificate(der: bytes) -> Certificate | str:
    """The certificate, or why it is none whose chain can be judged."""
    found = read_peer(der)
    if isinstance(found, str):
        return found
    try:
        found.signature_hash_algorithm  # noqa: B018
    except Exception as error:  # an algorithm nobody knows
        return str(error) or type(error).__name__
    return why_unreadable(found) or found


def _judged(
    chain: _Chain,
    named: Sequence[Trouble],
    purpose: Purpose,
    roots: Sequence[Certificate],
    now: datetime,
    edition: Edition,
    pool: Sequence[Certificate],
    revocation: Revocation | None,
    keys: Sequence[str],
) -> ChainVerdict:
    troubles = [*chain.troubles, *named]
    explanation = None
    if chain.first is not None:
        explanation = explain(chain.certificates, pool, roots, now, purpose=purpose, revocation=revocation)
        troubles += [_of_flaw(each) for each in explanation.defects]
        troubles += _sizes(chain, edition)
        troubles += _profile(chain.certificates, purpose, edition, tuple(keys) or LIMITS[edition].keys)
    grave = list(Kind)
    troubles.sort(key=lambda each: (not each.fatal, grave.index(each.kind)))
    name = normalised(common_name(chain.first.subject)) if chain.first else ""
    return ChainVerdict(edition, chain.certificates, name, tuple(troubles), explanation)


def _of_flaw(defect: Defect) -> Trouble:
    kind = _KINDS.get(defect.kind, Kind.CHAIN)
    return Trouble(kind, defect.what, defect.remedy, defect.certificate, defect.fatal)


def _sizes(chain: _Chain, edition: Edition) -> Iterator[Trouble]:
    limits = LIMITS[edition]
    for each in chain.certificates:
        size = len(each.public_bytes(Encoding.DER))
        if size > limits.bytes:
            what = f"The certificate of {short_name(each)} has {size} bytes, and {edition} allows {limits.bytes}."
            yield Trouble(Kind.SIZE, what, "Have it made with shorter names and fewer extensions.", each)
    below = len(chain.sent) - 1
    if below > limits.sub_certificates:
        what = f"The chain has {below} sub-certificates, and {edition} allows {limits.sub_certificates}."
        yield Trouble(Kind.COUNT, what, "Leave out what does not belong to it, and the root.")
    for each in chain.certificates[1:]:
        if is_self_signed(each):
            what = f"The chain includes the root {short_name(each)}, which messages never carry."
            yield Trouble(Kind.COUNT, what, "Leave it out: whoever trusts it has it.", each, fatal=False)


def _profile(
    certificates: Sequence[Certificate], purpose: Purpose, edition: Edition, keys: Sequence[str]
) -> Iterator[Trouble]:
    first = certificates[0]
    constraints = extension_of(first, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        what = f"The certificate of {short_name(first)} is that of a certificate authority."
        yield Trouble(Kind.PROFILE, what, "Send the certificate itself first, then the CAs above it.", first)
    for place, each in enumerate(certificates):
        words = key_words(each.public_key())
        if words not in keys:
            what = f"The key of {short_name(each)} is {words}, and {edition} has {' or '.join(keys)}."
            yield Trouble(Kind.CURVE, what, f"Have it issued for {keys[0]}.", each, fatal=place == 0)
    identifier = key_id(first)
    if edition is Edition.ISO20 and purpose is Purpose.CONTRACT and len(identifier or b"") != _SHORT_ID:
        told = f"has {len(identifier)} bytes" if identifier else "is missing"
        what = f"The subjectKeyIdentifier of {short_name(first)} {told}, and {edition} has {_SHORT_ID}."
        yield Trouble(Kind.PROFILE, what, "Issue it by RFC 5280, 4.2.1.2, method 2.", first, fatal=False)


def _emaid_troubles(certificate: Certificate, told: str) -> Iterator[Trouble]:
    common = common_name(certificate.subject)
    remedy = "Have the certificate issued with the eMAID as its common name."
    try:
        emaid = read_emaid(common)
    except PkiFault as fault:
        yield Trouble(Kind.NAME, f"The common name of the contract is wrong: {fault.what}", remedy, certificate)
    else:
        if not emaid.check_digit_is_right:
            what = f"The check digit of the eMAID {common} is wrong."
            yield Trouble(Kind.CHECK_DIGIT, what, "See whether it was mistyped.", certificate, fatal=False)
    if told and not same_emaid(told, common):
        what = f"The message tells the eMAID {told}, and the contract certificate is for {common or 'nobody'}."
        yield Trouble(Kind.OTHER_NAME, what, "Send the certificate of that contract.", certificate)


def _pcid_troubles(certificate: Certificate) -> Iterator[Trouble]:
    common = common_name(certificate.subject)
    if not is_pcid(common):
        what = f"The common name of the provisioning certificate, {common!r}, is no PCID (17 letters and digits, and a check digit)."
        yield Trouble(Kind.NAME, what, "Have it issued with the PCID as its common name.", certificate)


def _soon(certificate: Certificate, now: datetime) -> Iterator[Trouble]:
    until = certificate.not_valid_after_utc
    if now <= until and due(certificate, now):
        what = f"The contract certificate ends on {until:%Y-%m-%d}."
        yield Trouble(Kind.EXPIRES_SOON, what, "Have it updated (CertificateUpdate).", certificate, fatal=False)
