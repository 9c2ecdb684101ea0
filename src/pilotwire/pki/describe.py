"""A certificate in words for people, and when it is due for renewal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from pilotwire.pki.certificate_defects import unknown_critical, usages_of
from pilotwire.pki.certificates import Certificate, has_known_signature, signature_hash
from pilotwire.pki.chain_defects import access_urls
from pilotwire.pki.keys import key_words, kind_of
from pilotwire.pki.naming import extension_of, fingerprint, hosts_of, oid_words, serial_words, words_of
from pilotwire.pki.paths import issuer_key_id, key_id, signed
from pilotwire.pki.profiles import PROFILES, CertificateProfile, Usage


@dataclass(frozen=True, slots=True)
class Description:
    """What a certificate says, each part as text for people.

    `days_left` counts whole days from `now` to its end, negative when it has ended. `profiles` are the names of the kinds of
    `profiles.PROFILES` it looks like, the likeliest first. `critical` are extensions marked critical that are not known here.
    """

    subject: str
    issuer: str
    serial: str
    since: datetime
    until: datetime
    days_left: int
    key: str
    signature: str
    is_ca: bool
    path_length: int | None
    self_signed: bool
    usages: tuple[str, ...]
    extended: tuple[str, ...]
    names: tuple[str, ...]
    subject_key_id: str
    authority_key_id: str
    sha1: str
    sha256: str
    crls: tuple[str, ...]
    responders: tuple[str, ...]
    issuers: tuple[str, ...]
    critical: tuple[str, ...]
    profiles: tuple[str, ...]

    def rows(self) -> tuple[tuple[str, str], ...]:
        """As rows of a table: a heading and a text; what the certificate does not say is left out."""
        left = f"{self.days_left} days left" if self.days_left >= 0 else f"ended {-self.days_left} days ago"
        length = "" if self.path_length is None else f", at most {self.path_length} CAs below it"
        found = (
            ("Subject", self.subject),
            ("Issuer", "itself" if self.self_signed else self.issuer),
            ("Serial number", self.serial),
            ("Valid", f"{self.since:%Y-%m-%d %H:%M} to {self.until:%Y-%m-%d %H:%M} UTC, {left}"),
            ("Key", self.key),
            ("Signed with", self.signature),
            ("CA", f"yes{length}" if self.is_ca else "no"),
            ("Key usage", ", ".join(self.usages)),
            ("Extended key usage", ", ".join(self.extended)),
            ("Names", ", ".join(self.names)),
            ("Subject key identifier", self.subject_key_id),
            ("Issuer's key identifier", self.authority_key_id),
            ("SHA-1", self.sha1),
            ("SHA-256", self.sha256),
            ("CRL", ", ".join(self.crls)),
            ("OCSP", ", ".join(self.responders)),
            ("Issuer's certificate", ", ".join(self.issuers)),
            ("Not understood", ", ".join(self.critical)),
            ("Looks like", ", ".join(f"{PROFILES[each].title} ({each})" for each in self.profiles[:3])),
        )
        return tuple((heading, text) for heading, text in found if text)


def describe(certificate: Certificate, now: datetime) -> Description:
    """A certificate in words."""
    constraints = extension_of(certificate, x509.BasicConstraints)
    names = extension_of(certificate, x509.SubjectAlternativeName)
    return Description(
        subject=words_of(certificate.subject),
        issuer=words_of(certificate.issuer),
        serial=serial_words(certificate),
        since=certificate.not_valid_before_utc,
        until=certificate.not_valid_after_utc,
        days_left=days_left(certificate, now),
        key=key_words(certificate.public_key()),
        signature=_signature(certificate),
        is_ca=constraints is not None and constraints.ca,
        path_length=None if constraints is None else constraints.path_length,
        self_signed=signed(certificate, certificate),
        usages=tuple(each.value for each in Usage if each in (usages_of(certificate) or ())),
        extended=tuple(oid_words(each) for each in extension_of(certificate, x509.ExtendedKeyUsage) or ()),
        names=tuple(str(each.value) for each in names or ()),
        subject_key_id=(key_id(certificate) or b"").hex(":").upper(),
        authority_key_id=(issuer_key_id(certificate) or b"").hex(":").upper(),
        sha1=fingerprint(certificate, "SHA1"),
        sha256=fingerprint(certificate),
        crls=_crls(certificate),
        responders=access_urls(certificate, AuthorityInformationAccessOID.OCSP),
        issuers=access_urls(certificate, AuthorityInformationAccessOID.CA_ISSUERS),
        critical=tuple(oid_words(each.oid) for each in unknown_critical(certificate)),
        profiles=profiles_like(certificate),
    )


def _signature(certificate: Certificate) -> str:
    """The signature's algorithm: its name, and for RSA-PSS its hash; its numbers where it is not known here."""
    named, digest = oid_words(certificate.signature_algorithm_oid), signature_hash(certificate)
    if not has_known_signature(certificate):
        return f"{named} (not known here)"
    return f"{named} with {digest.name}" if digest is not None and digest.name not in named.lower() else named


def _crls(certificate: Certificate) -> tuple[str, ...]:
    points = extension_of(certificate, x509.CRLDistributionPoints)
    return tuple(
        str(name.value)
        for point in points or ()
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    )


def profiles_like(certificate: Certificate) -> tuple[str, ...]:
    """Names of the kinds a certificate looks like by CA, domainComponent, keyUsage and extended usages; the likeliest first."""
    scores = {name: _likeness(certificate, profile) for name, profile in PROFILES.items()}
    return tuple(sorted((name for name, score in scores.items() if score), key=lambda name: -scores[name]))


def _likeness(certificate: Certificate, profile: CertificateProfile) -> int:
    """How much a certificate looks like a kind: 0 not at all."""
    constraints = extension_of(certificate, x509.BasicConstraints)
    is_ca = constraints is not None and constraints.ca
    extended = set(extension_of(certificate, x509.ExtendedKeyUsage) or ())
    is_root = certificate.subject == certificate.issuer
    domains = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.DOMAIN_COMPONENT)]
    usage = usages_of(certificate)
    allowed = profile.usage | profile.rsa_usage
    if (is_ca, is_root) != (profile.ca, profile.is_root) or not set(profile.extended) <= extended:
        return 0
    if domains != ([profile.domain] if profile.domain else []) or not (usage is None or profile.usage <= usage):
        return 0
    if not extended <= {*profile.extended, *profile.usual_extended}:
        return 0
    is_server = ExtendedKeyUsageOID.SERVER_AUTH in profile.usual_extended
    return sum(
        (
            1,
            2 * (usage is not None and usage <= allowed),
            2 * bool(extended and extended == {*profile.extended, *profile.usual_extended}),
            2 * (is_ca and constraints is not None and constraints.path_length == profile.path_length),
            2 * (bool(hosts_of(certificate)) == is_server),
            kind_of(certificate.public_key()) in profile.keys,
        )
    )


def days_left(certificate: Certificate, now: datetime) -> int:
    """Whole days until it ends: 0 on its last day, negative when it has ended."""
    return (certificate.not_valid_after_utc - now) // timedelta(days=1)


def due(certificate: Certificate, now: datetime, days: int = 30) -> bool:
    """Whether a certificate should be renewed: it ends within `days`; one that lives short, when a third of its life is left."""
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return until - now <= min(timedelta(days=days), (until - since) / 3)
