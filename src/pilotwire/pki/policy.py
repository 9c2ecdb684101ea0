"""Certificate requests held against a policy: every breach of it with the rule it breaks, and the order that follows from a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pilotwire.pki.certificates import PkiFault, attribute, signature_hash
from pilotwire.pki.issuing import Order
from pilotwire.pki.keys import LEAST_EC_BITS, LEAST_RSA_BITS, WEAK_HASHES, KeyKind, PublicKey, key_words, kind_of
from pilotwire.pki.naming import is_address, is_host
from pilotwire.pki.profiles import ANY_KEY, CertificateProfile
from pilotwire.pki.requests import read_csr

_KEPT: Final = (
    NameOID.COUNTRY_NAME,
    NameOID.ORGANIZATION_NAME,
    NameOID.ORGANIZATIONAL_UNIT_NAME,
    NameOID.COMMON_NAME,
)
_OF_STATION: Final = ("station", "station-secc")
"""Kinds whose common name is the station's serial number."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a request for one kind of certificate must be.

    `keys` are the kinds of keys taken, () for any that is strong enough. `organizations` and `common_names` are those it may name, () for
    any; they are compared without regard to case. `not_address`: the common name is no address and no URL (A00.FR.511). `domains` are
    the domainComponents it may name: one of them must be there; () for none at all, None: they are not looked at. `names`: whether
    subjectAltNames may be asked for; if `common_names` are given, they must be among these.
    """

    profile: CertificateProfile
    keys: tuple[KeyKind, ...] = ()
    least_rsa_bits: int = LEAST_RSA_BITS
    least_ec_bits: int = LEAST_EC_BITS
    needs_organization: bool = True
    organizations: tuple[str, ...] = ()
    needs_common_name: bool = True
    common_names: tuple[str, ...] = ()
    not_address: bool = False
    domains: tuple[str, ...] | None = None
    names: bool = False


@dataclass(frozen=True, slots=True)
class Breach:
    """One way in which a request is not what the policy wants: `rule` is the requirement, `what` and `remedy` are for people."""

    rule: str
    what: str
    remedy: str = ""


def policy_for(
    profile: CertificateProfile, *, organizations: Sequence[str] = (), common_names: Sequence[str] = ()
) -> Policy:
    """The policy that follows from the table of kinds: its keys, its domainComponent, and A00.FR.509 to A00.FR.511."""
    return Policy(
        profile,
        keys=() if profile.keys == ANY_KEY else profile.keys,
        organizations=tuple(organizations),
        common_names=tuple(common_names),
        not_address=profile.name in _OF_STATION,
        domains=(profile.domain,) if profile.domain else None,
        names=_is_server(profile),
    )


def check_request(csr: str | x509.CertificateSigningRequest, policy: Policy) -> list[Breach]:
    """All breaches of a policy, [] for a request that may be signed. Text that is no request is one breach (A02.FR.12)."""
    try:
        request = _read(csr)
        names = asked_names(request)
    except PkiFault as fault:
        return [Breach("A02.FR.12", fault.what, fault.remedy)]
    return [
        *_signature(request),
        *_key(request, policy),
        *_organization(request, policy),
        *_common_name(request, policy),
        *_domain(request, policy),
        *_names(names, policy),
        *_extensions(request, policy),
    ]


def order_from(
    csr: str | x509.CertificateSigningRequest,
    profile: CertificateProfile,
    since: datetime,
    until: datetime,
    *,
    names: Sequence[str] | None = None,
    ocsp: str = "",
    crl: str = "",
    issuer: str = "",
) -> Order:
    """The order for the certificate that is asked for: its key, and of its subject C, O, OU, CN and the kind's DC, nothing else of it.

    `names` None takes the subjectAltNames of the request where the kind is that of a server. Raises PkiFault if it cannot be read, its key
    is neither EC nor RSA, or its subject is empty. Whether it may be signed says `check_request`.
    """
    request = _read(csr)
    key = request.public_key()
    if not isinstance(key, PublicKey):
        raise PkiFault(f"The key of the request is neither EC nor RSA but {key_words(key)}.", "Make an EC or RSA key.")
    kept = [each for each in request.subject if each.oid in _KEPT or _is_domain(each, profile.domain)]
    if not kept:
        raise PkiFault("The request names nobody: its subject is empty.", "Ask with a common name and an organization.")
    if names is None:
        names = asked_names(request) if _is_server(profile) else ()
    return Order(profile, x509.Name(kept), key, since, until, tuple(names), ocsp, crl, issuer)


def asked_names(request: x509.CertificateSigningRequest) -> tuple[str, ...]:
    """The host names and addresses among the subjectAltNames a request asks for; those of other kinds as their kind and value.

    Raises PkiFault for extensions that cannot be read.
    """
    try:
        extension = request.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    except ValueError as error:
        raise PkiFault(f"The extensions the request asks for cannot be read: {error}.") from None
    return tuple(_name_text(each) for each in extension.value)


def _read(csr: str | x509.CertificateSigningRequest) -> x509.CertificateSigningRequest:
    return read_csr(csr if isinstance(csr, str) else csr.public_bytes(Encoding.PEM).decode("ascii"))


def _signature(request: x509.CertificateSigningRequest) -> list[Breach]:
    digest = signature_hash(request)
    if digest is None or digest.name not in WEAK_HASHES:
        return []
    return [Breach("A00.FR.504", f"The request is signed with {digest.name.upper()}.", "Sign it with SHA-256.")]


def _key(request: x509.CertificateSigningRequest, policy: Policy) -> list[Breach]:
    key = request.public_key()
    named = key_words(key)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < policy.least_rsa_bits:
        what = f"The RSA key has {key.key_size} bits: {policy.least_rsa_bits} are needed."
        return [Breach("A00.FR.502", what, "Make a longer key.")]
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size < policy.least_ec_bits:
        what = (
            f"The key is on {key.curve.name}, a curve of {key.curve.key_size} bits: {policy.least_ec_bits} are needed."
        )
        return [Breach("A00.FR.503", what, "Make a key on P-256.")]
    if not isinstance(key, PublicKey):
        return [Breach("A00.FR.504", f"The key is neither EC nor RSA but {named}.", "Make an EC or RSA key.")]
    if policy.keys and kind_of(key) not in policy.keys:
        rule = "A00.FR.513" if policy.profile.domain else "A00.FR.504"
        wanted = " or ".join(policy.keys)
        return [
            Breach(rule, f"The key is {named}, and {policy.profile.title} has {wanted}.", f"Make a key of {wanted}.")
        ]
    return []


def _organization(request: x509.CertificateSigningRequest, policy: Policy) -> list[Breach]:
    owner = attribute(request.subject, NameOID.ORGANIZATION_NAME)
    if not owner:
        if not policy.needs_organization and not policy.organizations:
            return []
        return [Breach("A00.FR.509", "The subject names no organization (O).", "Ask with the owner's name as O.")]
    if policy.organizations and not _is_one_of(owner, policy.organizations):
        wanted = " or ".join(repr(each) for each in policy.organizations)
        return [Breach("A00.FR.509", f"The organization is {owner!r} and not {wanted}.", f"Ask with O={wanted}.")]
    return []


def _common_name(request: x509.CertificateSigningRequest, policy: Policy) -> list[Breach]:
    rule = "A00.FR.510" if _is_server(policy.profile) else "A00.FR.511"
    is_to_be = policy.profile.subject_is or "the name of its owner"
    common = attribute(request.subject, NameOID.COMMON_NAME)
    if not common:
        if not policy.needs_common_name and not policy.common_names:
            return []
        return [Breach(rule, "The subject has no common name (CN).", f"Ask with {is_to_be} as CN.")]
    breaches = []
    if policy.not_address and ("://" in common or is_address(common)):
        what = f"The common name {common!r} is a URL or an address, and so cannot be told from that of a CSMS."
        breaches.append(Breach("A00.FR.511", what, f"Ask with {is_to_be} as CN."))
    if rule == "A00.FR.510" and "*" in common:
        what = f"The common name {common!r} is a pattern, not the name of one server."
        breaches.append(
            Breach(rule, what, "Ask with the full host name as CN, and put the pattern into the subjectAltNames.")
        )
    if policy.common_names and not _is_one_of(common, policy.common_names):
        wanted = " or ".join(repr(each) for each in policy.common_names)
        breaches.append(Breach(rule, f"The common name is {common!r} and not {wanted}.", f"Ask with {is_to_be} as CN."))
    return breaches


def _domain(request: x509.CertificateSigningRequest, policy: Policy) -> list[Breach]:
    if policy.domains is None:
        return []
    found = [str(each.value) for each in request.subject.get_attributes_for_oid(NameOID.DOMAIN_COMPONENT)]
    strange = [each for each in found if each not in policy.domains]
    if strange or (policy.domains and not found):
        wanted = " or ".join(policy.domains) or "none"
        told = ", ".join(found) or "none"
        return [Breach("A00.FR.513", f"The domainComponent is {told}; it must be {wanted}.", f"Ask with DC={wanted}.")]
    return []


def _names(names: Sequence[str], policy: Policy) -> list[Breach]:
    if not names:
        return []
    listed = ", ".join(names)
    if not policy.names:
        what = f"The request asks for subjectAltNames ({listed}), by which the certificate would pass as a server's."
        return [Breach("A00.FR.511", what, "Ask without subjectAltNames.")]
    wanted = policy.common_names
    strange = [each for each in names if not is_host(each) or (wanted and not _is_one_of(each, wanted))]
    if strange:
        what = f"The request asks for names that are not the server's: {', '.join(strange)}."
        return [Breach("A00.FR.510", what, "Ask for its own names only.")]
    return []


def _extensions(request: x509.CertificateSigningRequest, policy: Policy) -> list[Breach]:
    try:
        asks_for_ca = request.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return []
    if not asks_for_ca or policy.profile.ca:
        return []
    return [Breach("A00.FR.512", "The request asks for a CA, to sign others.", "Ask without basicConstraints.")]


def _is_server(profile: CertificateProfile) -> bool:
    return ExtendedKeyUsageOID.SERVER_AUTH in profile.usual_extended


def _is_domain(part: x509.NameAttribute[str | bytes], domain: str) -> bool:
    return part.oid == NameOID.DOMAIN_COMPONENT and bool(domain) and part.value == domain


def _is_one_of(value: str, wanted: Sequence[str]) -> bool:
    return value.casefold() in {each.casefold() for each in wanted}


def _name_text(name: x509.GeneralName) -> str:
    if isinstance(name, x509.DNSName | x509.IPAddress):
        return str(name.value)
    return f"{type(name).__name__} {name.value}"
