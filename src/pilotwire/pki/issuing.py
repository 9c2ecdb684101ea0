"""A certificate authority at work: it signs certificates of the kinds in `profiles`, for itself, for others, and across hierarchies.

Pure: the key is an object that signs (in memory, or one that only stands for a key in a token), and time is an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from pilotwire.pki.certificates import Certificate, PkiFault
from pilotwire.pki.keys import PublicKey, SigningKey, check_strength
from pilotwire.pki.naming import is_address, is_host
from pilotwire.pki.profiles import CertificateProfile, Usage

_PSS: Final = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
"""A00.FR.505: RSA signs by PSS."""
_OF_ISSUER: Final = (
    x509.AuthorityKeyIdentifier,
    x509.AuthorityInformationAccess,
    x509.CRLDistributionPoints,
    x509.FreshestCRL,
    x509.IssuerAlternativeName,
)
"""Extensions that tell of the issuer."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA: its certificate, its key, and the certificates above it, the nearest first, its root last."""

    certificate: Certificate
    key: SigningKey = field(repr=False)
    above: tuple[Certificate, ...] = ()

    def __post_init__(self) -> None:
        if self.key.public_key() != self.certificate.public_key():
            raise PkiFault(f"The key is not that of the certificate of {self.certificate.subject.rfc4514_string()}.")

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """Its own certificate and those above it."""
        return (self.certificate, *self.above)


@dataclass(frozen=True, slots=True)
class Order:
    """A certificate that is to be made.

    `names` become subjectAltNames: host names, or addresses. `ocsp`, `crl` and `issuer` are URLs the certificate tells (RFC 5280, 4.2.1.13
    and 4.2.2.1). `path_length` instead of that of the profile; `extensions` are added as they are, each with whether it is critical.
    `usual_extended`: with the extendedKeyUsage that is usual for the kind, though A00.FR.514 advises against. `short_key_id`: a
    subjectKeyIdentifier of 8 bytes (RFC 5280, 4.2.1.2, method 2), as ISO 15118-20 has them.
    """

    profile: CertificateProfile
    subject: x509.Name
    public_key: PublicKey
    since: datetime
    until: datetime
    names: Sequence[str] = ()
    ocsp: str = ""
    crl: str = ""
    issuer: str = ""
    path_length: int | None = None
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = ()
    usual_extended: bool = False
    short_key_id: bool = False


def self_signed(order: Order, key: SigningKey) -> Certificate:
    """A root's certificate. Raises PkiFault for an order that cannot be met."""
    if key.public_key() != order.public_key:
        raise PkiFault("A root signs itself: the key must be its own.")
    return _made(order, order.subject, key, _key_id(order).digest, order.until)


def issue(authority: Authority, order: Order) -> Certificate:
    """A certificate signed by a CA. Nothing outlives its issuer: `until` is cut to the CA's own end.

    Raises PkiFault: the CA may not sign this (no CA, no certificates below it), is not valid at `since`, or the order cannot be met.
    """
    above = authority.certificate
    _check_may_issue(above, order.since, ca=order.profile.ca)
    until = min(order.until, above.not_valid_after_utc)
    return _made(order, above.subject, authority.key, key_id_of(above), until)


def cross_sign(authority: Authority, certificate: Certificate, since: datetime, until: datetime) -> Certificate:
    """The same subject, key and extensions as a CA's certificate, signed by another CA: chains then lead to either root.

    What the certificate tells of its own issuer (its identifier, and where its CRL and responder are) is left out, and nothing outlives
    either certificate. Raises PkiFault if it is not a CA's, the authority may not sign it, or the validity cannot be.
    """
    constraints = _constraints(certificate)
    if constraints is None or not constraints.ca:
        raise PkiFault("Only the certificate of a CA can be cross-signed.", "Issue a certificate of its own instead.")
    above = authority.certificate
    _check_may_issue(above, since, ca=True)
    until = min(until, above.not_valid_after_utc, certificate.not_valid_after_utc)
    builder = _begun(certificate.subject, above.subject, certificate.public_key(), since, until)
    for each in certificate.extensions:
        if not isinstance(each.value, _OF_ISSUER):
            builder = builder.add_extension(each.value, each.critical)
    aki = x509.AuthorityKeyIdentifier(key_id_of(above), None, None)
    return _signed(builder.add_extension(aki, critical=False), authority.key)


def digest_for(key: SigningKey | PublicKey) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512:
    """The hash that fits a key: SHA-256, for P-384 SHA-384, for P-521 SHA-512 (ISO 15118-20)."""
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        bits = key.curve.key_size
        return hashes.SHA512() if bits > 384 else hashes.SHA384() if bits > 256 else hashes.SHA256()
    return hashes.SHA256()


def padding_for(key: SigningKey) -> padding.PSS | None:
    """RSA-PSS for an RSA key, None for others."""
    return _PSS if isinstance(key, rsa.RSAPrivateKey) else None


def _check_may_issue(above: Certificate, since: datetime, *, ca: bool) -> None:
    constraints = _constraints(above)
    named = above.subject.rfc4514_string()
    if constraints is None or not constraints.ca:
        raise PkiFault(f"{named} is not a certificate authority.", "Sign with a root or a sub-CA.")
    if constraints.path_length == 0 and ca:
        raise PkiFault(f"{named} may sign no other CA: its path length is 0.", "Sign with a CA further up.")
    if not above.not_valid_before_utc <= since <= above.not_valid_after_utc:
        what = f"The CA {named} is not valid at {since:%Y-%m-%d %H:%M} UTC."
        raise PkiFault(what, "Renew the CA first, or choose another day.")


def _made(order: Order, issuer: x509.Name, key: SigningKey, issuer_id: bytes, until: datetime) -> Certificate:
    profile = order.profile
    check_strength(order.public_key)
    builder = _begun(order.subject, issuer, order.public_key, order.since, until)
    length = profile.path_length if order.path_length is None else order.path_length
    usual = profile.usual_extended if order.usual_extended else ()
    extended = (*profile.extended, *(each for each in usual if each not in profile.extended))
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(profile.ca, length if profile.ca else None), True),
        (_key_usage(profile, order.public_key), True),
        (_key_id(order), False),
        (x509.AuthorityKeyIdentifier(issuer_id, None, None), False),
    ]
    if extended:
        extensions.append((x509.ExtendedKeyUsage(extended), False))
    if ExtendedKeyUsageOID.OCSP_SIGNING in extended:
        extensions.append((x509.OCSPNoCheck(), False))  # RFC 6960, 4.2.2.2.1: nobody asks if the responder is revoked
    for extension, critical in (*extensions, *_told(order), *order.extensions):
        builder = builder.add_extension(extension, critical)
    return _signed(builder, key)


def _key_id(order: Order) -> x509.SubjectKeyIdentifier:
    whole = x509.SubjectKeyIdentifier.from_public_key(order.public_key)
    if not order.short_key_id:
        return whole
    last = whole.digest[-8:]
    return x509.SubjectKeyIdentifier(bytes([0x40 | last[0] & 0x0F]) + last[1:])


def key_id_of(issuer: Certificate) -> bytes:
    """The identifier by which an issuer calls its key, which need not be the usual hash of it."""
    try:
        return issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return x509.SubjectKeyIdentifier.from_public_key(issuer.public_key()).digest


def _told(order: Order) -> Sequence[tuple[x509.ExtensionType, bool]]:
    told: list[tuple[x509.ExtensionType, bool]] = []
    if order.names:
        told.append((x509.SubjectAlternativeName([general_name(each) for each in order.names]), False))
    access = [
        x509.AccessDescription(kind, _url(where))
        for kind, where in (
            (AuthorityInformationAccessOID.OCSP, order.ocsp),
            (AuthorityInformationAccessOID.CA_ISSUERS, order.issuer),
        )
        if where
    ]
    if access:
        told.append((x509.AuthorityInformationAccess(access), False))
    if order.crl:
        told.append((x509.CRLDistributionPoints([x509.DistributionPoint([_url(order.crl)], None, None, None)]), False))
    return told


def _begun(
    subject: x509.Name, issuer: x509.Name, public_key: object, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    if until <= since:
        raise PkiFault("A certificate must end after it begins.", "Choose a later end, or renew its issuer first.")
    try:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public_key)  # type: ignore[arg-type]  # any key a certificate can hold
            .serial_number(x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(until)
        )
    except ValueError as error:
        raise PkiFault(f"Such a certificate cannot be made: {error}.") from None


def _signed(builder: x509.CertificateBuilder, key: SigningKey) -> Certificate:
    return builder.sign(key, digest_for(key), rsa_padding=padding_for(key))


def _key_usage(profile: CertificateProfile, key: PublicKey) -> x509.KeyUsage:
    usage = profile.usage | (profile.rsa_usage if isinstance(key, rsa.RSAPublicKey) else frozenset())
    bits = {each.value: each in usage for each in Usage}
    return x509.KeyUsage(**bits, data_encipherment=False, encipher_only=False, decipher_only=False)


def general_name(name: str) -> x509.GeneralName:
    """A host name or address as a subjectAltName. Raises PkiFault for what is neither."""
    if not is_host(name):
        remedy = "Give host names (an international one as xn--...) or addresses."
        raise PkiFault(f"{name!r} can be no name in a certificate: it is no host and no address.", remedy)
    if is_address(name):
        return x509.IPAddress(ip_address(name.strip("[]")))
    return x509.DNSName(name)


def _url(where: str) -> x509.UniformResourceIdentifier:
    try:
        return x509.UniformResourceIdentifier(where)
    except ValueError as error:
        raise PkiFault(f"{where!r} can be no URL in a certificate: {error}.") from None


def _constraints(certificate: Certificate) -> x509.BasicConstraints | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return None
