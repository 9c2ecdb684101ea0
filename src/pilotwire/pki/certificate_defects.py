"""What can be wrong with one certificate in its place on a path: its time, key, hash, right to sign, usages, names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from pilotwire.pki.certificates import Certificate, PkiFault, common_name
from pilotwire.pki.defects import Defect, Flaw, Purpose
from pilotwire.pki.keys import KeyKind, check_strength, key_words, kind_of
from pilotwire.pki.naming import extension_of, hosts_of, is_address, is_common_name, is_for_host, oid_words, short_name
from pilotwire.pki.paths import weak_hash
from pilotwire.pki.profiles import Usage

_VEHICLE_KEYS: Final = (KeyKind.EC_P256, KeyKind.EC_P521)
_KNOWN_CRITICAL: Final = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
    x509.IssuerAlternativeName,
    x509.SubjectKeyIdentifier,
    x509.AuthorityKeyIdentifier,
    x509.AuthorityInformationAccess,
    x509.CRLDistributionPoints,
    x509.CertificatePolicies,
    x509.OCSPNoCheck,
)
"""Extensions that are understood here, or that limit nothing we decide on."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a purpose asks of the first certificate.

    `usage`: of each set at least one bit of keyUsage. `extended`: in extendedKeyUsage, if it has one; `must_extend`: it must have one.
    `domain`: its domainComponent, and with it the curves of ISO 15118.
    """

    words: str
    usage: tuple[frozenset[Usage], ...] = ()
    extended: ObjectIdentifier | None = None
    must_extend: bool = False
    domain: str = ""


def _bits(*usages: Usage) -> frozenset[Usage]:
    return frozenset(usages)


_SIGN: Final = (_bits(Usage.SIGN),)
NEEDS: Final = {
    Purpose.ANY: Needs("anything"),
    Purpose.SERVER: Needs(
        "a TLS server", (_bits(Usage.SIGN, Usage.ENCIPHER, Usage.AGREE),), ExtendedKeyUsageOID.SERVER_AUTH
    ),
    Purpose.CLIENT: Needs("a TLS client", (_bits(Usage.SIGN, Usage.AGREE),), ExtendedKeyUsageOID.CLIENT_AUTH),
    Purpose.V2G: Needs("a TLS server towards vehicles", _SIGN, ExtendedKeyUsageOID.SERVER_AUTH, domain="CPO"),
    Purpose.CONTRACT: Needs("a contract", _SIGN, domain="MO"),
    Purpose.PROVISIONING: Needs("the provisioning of a vehicle", (_bits(Usage.AGREE),), domain="OEM"),
    Purpose.CPS: Needs("a provisioning service", _SIGN, domain="CPS"),
    Purpose.FIRMWARE: Needs("signing firmware", _SIGN, ExtendedKeyUsageOID.CODE_SIGNING),
    Purpose.OCSP: Needs("answering OCSP requests", _SIGN, ExtendedKeyUsageOID.OCSP_SIGNING, must_extend=True),
    Purpose.CA: Needs("a certificate authority", (_bits(Usage.CERTIFICATES),)),
}


def defects_of(path: tuple[Certificate, ...], now: datetime, purpose: Purpose, host: str) -> Iterator[Defect]:
    """All defects of the certificates of a path, from its first one up."""
    for place, each in enumerate(path):
        above = path[place + 1] if place + 1 < len(path) else None
        yield from _time(each, above, now)
        yield from _key(each)
        if above is not None or each.issuer != each.subject:  # nobody looks at the signature of a root
            yield from _hash(each)
        yield from _critical(each)
        if place > 0 or purpose is Purpose.CA:
            yield from _authority(each, path[1:place])
        yield from _extended(each, NEEDS[purpose], is_first=place == 0)
    yield from _usage(path[0], NEEDS[purpose])
    yield from _vehicle(path[0], NEEDS[purpose])
    if host:
        yield from _host(path[0], host)


def named(certificate: Certificate) -> str:
    """How a certificate is called in a sentence."""
    return f"The certificate of {short_name(certificate)}"


def _time(certificate: Certificate, above: Certificate | None, now: datetime) -> Iterator[Defect]:
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < since:
        what = f"{named(certificate)} is not valid before {since:%Y-%m-%d %H:%M} UTC, in {_days((since - now).days)}."
        yield Defect(Flaw.NOT_YET_VALID, what, "Wait, set the clock right, or have it made anew.", certificate)
    if now > until:
        what = f"{named(certificate)} expired on {until:%Y-%m-%d %H:%M} UTC, {_days((now - until).days)} ago."
        yield Defect(Flaw.EXPIRED, what, "Renew it.", certificate)
    if above is not None and until > above.not_valid_after_utc:
        end = above.not_valid_after_utc
        what = f"{named(certificate)} is valid until {until:%Y-%m-%d}, longer than its issuer's ({end:%Y-%m-%d})."
        remedy = f"Renew that of {short_name(above)} before {end:%Y-%m-%d}: then this one ends too."
        yield Defect(Flaw.OUTLIVES_ISSUER, what, remedy, certificate, fatal=False)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _key(certificate: Certificate) -> Iterator[Defect]:
    try:
        check_strength(certificate.public_key())
    except PkiFault as fault:
        what = f"{named(certificate)}: {fault.what} (A00.FR.501 to A00.FR.503)"
        yield Defect(Flaw.WEAK_KEY, what, "Make a key of EC P-256 or RSA 2048 at least.", certificate)


def _hash(certificate: Certificate) -> Iterator[Defect]:
    digest = weak_hash(certificate)
    if digest is not None:
        what = f"{named(certificate)} is signed with {digest.name.upper()}, which can be forged (A00.FR.504)."
        yield Defect(Flaw.WEAK_HASH, what, "Have it signed anew with SHA-256.", certificate)


def _critical(certificate: Certificate) -> Iterator[Defect]:
    for each in unknown_critical(certificate):
        what = f"{named(certificate)} has the critical extension {oid_words(each.oid)}, which is not understood here."
        remedy = "Who does not understand it must refuse it: have it made without, or not critical."
        yield Defect(Flaw.UNKNOWN_CRITICAL, what, remedy, certificate)


def unknown_critical(certificate: Certificate) -> tuple[x509.Extension[x509.ExtensionType], ...]:
    """Its critical extensions that are not understood here (name constraints and policies among them)."""
    return tuple(
        each for each in certificate.extensions if each.critical and not isinstance(each.value, _KNOWN_CRITICAL)
    )


def _authority(certificate: Certificate, between: tuple[Certificate, ...]) -> Iterator[Defect]:
    """Whether it may sign others (RFC 5280, 4.2.1.3 and 4.2.1.9). `between` are the CAs from it down to the first certificate."""
    constraints = extension_of(certificate, x509.BasicConstraints)
    is_of_old = certificate.version is x509.Version.v1 and certificate.subject == certificate.issuer
    if constraints is None and not is_of_old:
        what = f"{named(certificate)} does not say that it is that of a CA: it has no basicConstraints."
        yield Defect(Flaw.NOT_A_CA, what, "Have it made anew, as that of a CA.", certificate)
    if constraints is not None and not constraints.ca:
        what = f"{named(certificate)} is not that of a CA, and may sign no other."
        yield Defect(Flaw.NOT_A_CA, what, "Have the certificate below it signed by a CA.", certificate)
    below = sum(each.subject != each.issuer for each in between)
    if constraints is not None and constraints.path_length is not None and constraints.path_length < below:
        what = f"{named(certificate)} allows {constraints.path_length} CAs below it, and there are {below}."
        yield Defect(
            Flaw.PATH_LENGTH, what, "Sign with a CA further up, or have it made with a longer path.", certificate
        )
    usage = extension_of(certificate, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        what = f"{named(certificate)} may sign no certificates: its keyUsage has no keyCertSign."
        yield Defect(Flaw.KEY_USAGE, what, "Have it made anew, with keyCertSign.", certificate)


def _extended(certificate: Certificate, needs: Needs, *, is_first: bool) -> Iterator[Defect]:
    """An extendedKeyUsage binds the CAs above as well: TLS libraries hold them to it."""
    extended = extension_of(certificate, x509.ExtendedKeyUsage)
    wanted = needs.extended
    if wanted is None or (extended is None and not (is_first and needs.must_extend)):
        return
    told = list(extended or ())
    if wanted in told or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in told:
        return
    what = f"{named(certificate)} is not for {needs.words}: its extendedKeyUsage is {_oids(told)}."
    remedy = f"Have it made anew with {oid_words(wanted)}" + (
        "." if needs.must_extend else ", or without (A00.FR.514)."
    )
    yield Defect(Flaw.EXTENDED_KEY_USAGE, what, remedy, certificate)


def _oids(oids: Iterable[ObjectIdentifier]) -> str:
    return ", ".join(oid_words(each) for each in oids) or "missing"


def usages_of(certificate: Certificate) -> frozenset[Usage] | None:
    """The bits of its keyUsage, None if it has none."""
    usage = extension_of(certificate, x509.KeyUsage)
    return None if usage is None else frozenset(each for each in Usage if getattr(usage, each.value))


def _usage(certificate: Certificate, needs: Needs) -> Iterator[Defect]:
    told = usages_of(certificate)
    if told is None and needs.usage:
        what = f"{named(certificate)} has no keyUsage, and may be used for anything (A00.FR.512)."
        yield Defect(Flaw.KEY_USAGE, what, "Have it made with keyUsage at its renewal.", certificate, fatal=False)
    for wanted in needs.usage if told is not None else ():
        fitting = wanted if isinstance(certificate.public_key(), rsa.RSAPublicKey) else wanted - {Usage.ENCIPHER}
        if told is not None and not told & wanted:
            words = " or ".join(sorted(each.value for each in fitting))
            listed = ", ".join(sorted(each.value for each in told)) or "empty"
            what = f"{named(certificate)} is not for {needs.words}: its keyUsage is {listed}."
            yield Defect(Flaw.KEY_USAGE, what, f"Have it made anew with {words}.", certificate)


def _vehicle(certificate: Certificate, needs: Needs) -> Iterator[Defect]:
    if not needs.domain:
        return
    found = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.DOMAIN_COMPONENT)]
    if needs.domain not in found:
        told = ", ".join(found) or "missing"
        what = f"{named(certificate)} is not for {needs.words}: its domainComponent is {told}."
        yield Defect(Flaw.DOMAIN, what, f"Have it made anew with DC={needs.domain} (ISO 15118).", certificate)
    key = certificate.public_key()
    if kind_of(key) not in _VEHICLE_KEYS and key_words(key) != "Ed448":
        what = f"{named(certificate)} has a key of {key_words(key)}, which vehicles do not take."
        remedy = "Make a key on P-256 for ISO 15118-2, on P-521 for ISO 15118-20."
        yield Defect(Flaw.KEY_KIND, what, remedy, certificate)


def _host(certificate: Certificate, host: str) -> Iterator[Defect]:
    if is_for_host(certificate, host):
        return
    names, by_common_name = hosts_of(certificate), is_common_name(certificate, host)
    if by_common_name and not names:
        what = f"{named(certificate)} names {host} as its common name only, which many TLS libraries do not look at."
        remedy = f"Have it made anew with {host} as common name (A00.FR.510) and as subjectAltName."
        yield Defect(Flaw.COMMON_NAME_ONLY, what, remedy, certificate, fatal=is_address(host))
        return
    told = ", ".join(names) or common_name(certificate.subject) or "nobody"
    what = f"{named(certificate)} is for {told}, not for {host}."
    remedy = f"Have it made for {host}, or connect by the name it is for."
    yield Defect(Flaw.HOST, what, remedy, certificate)
