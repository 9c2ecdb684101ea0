"""Certificates for others: with a key that is made here, or for a request that somebody brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.ca.founding import edition_of, has_short_key_id, key_for
from pilotwire.ca.office import Entry, Office
from pilotwire.ca.records import Issued, Status
from pilotwire.errors import ConfigError
from pilotwire.pki import KeyKind, PkiFault, Subject, common_name, read_csr
from pilotwire.pki.issuing import Order
from pilotwire.pki.keys import SigningKey, new_key
from pilotwire.pki.policy import Breach, check_request, order_from, policy_for
from pilotwire.pki.profiles import CertificateProfile
from pilotwire.pki.requests import request_for

ADVICE: Final = frozenset({"A00.FR.505", "A00.FR.506", "A00.FR.512", "A00.FR.513", "A00.FR.514"})
"""Requirements that say SHOULD or RECOMMENDED: a request may be signed against them, if somebody says why."""


class RequestRefused(PkiFault):
    """A request that is not signed, with every reason. `forcible`: none of them is more than advice."""

    exit_code = 1

    def __init__(
        self, breaches: Sequence[Breach], outcome: str = "The request is not signed.", *, can_force: bool = True
    ) -> None:
        told = " ".join(f"{each.rule}: {each.what}" if each.rule else each.what for each in breaches)
        remedies = dict.fromkeys(each.remedy for each in breaches if each.remedy)
        self.breaches = tuple(breaches)
        self.forcible = can_force and all(each.rule in ADVICE for each in breaches)
        way_out = ["--force REASON signs it all the same, and keeps the reason."] if self.forcible else []
        super().__init__(f"{outcome} {told}", " ".join([*remedies, *way_out]))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants: `profile` and `name` (the common name), and what is not as usual.

    `days` 0: as is usual for the kind. `extended`: with the extendedKeyUsage others look for, though A00.FR.514 advises against it.
    """

    profile: str
    name: str
    hosts: tuple[str, ...] = ()
    days: int = 0
    key: KeyKind | None = None
    organization: str = ""
    country: str = ""
    by: str = ""
    extended: bool = False


def issue_with_key(office: Office, wanted: Wanted, asked_by: str, *, keep_as: str = "") -> tuple[Issued, SigningKey]:
    """A certificate and its new key; with `keep_as` the key stays here too, encrypted, under that name: so it is renewed by itself.

    It keeps to the same policy as requests of others. Raises RequestRefused if it does not, PkiFault if there can be no such certificate.
    """
    profile = office.profile(wanted.profile)
    _check_leaf(profile)
    if wanted.key is not None and wanted.key not in profile.keys:
        kinds = ", ".join(profile.keys)
        raise PkiFault(f"A certificate of the kind {profile.name} has no {wanted.key} key.", f"It may have: {kinds}.")
    by = office.signer_of(profile, wanted.by)
    office.check_signs(by)  # a wrong password shows before a key is made
    key = new_key(key_for(profile, wanted.key, edition_of(office)))
    since, until = validity(office, by, profile, wanted.days)
    subject = Subject(
        wanted.name,
        wanted.organization or office.organization,
        wanted.country or office.book.fact("country"),
        profile.domain,
    )
    names = _names(profile, wanted)
    breaches = check_request(request_for(subject, key, names), policy_for(profile))
    if breaches:
        raise RequestRefused(breaches, "No certificate is made.", can_force=False)
    order = Order(profile, subject.name(), key.public_key(), since, until, names)
    order = _as_here(office, by, order, extended=wanted.extended)
    reference = office.safe.keep(profile.name, key) if keep_as else ""
    return office.sign(by, order, Entry(keep_as or wanted.name, asked_by, key=reference)), key


@dataclass(frozen=True, slots=True)
class Brought:
    """A request somebody brought: `csr` in PEM.

    `names` are the common names it may have, () for any. `force` says why it is signed against advice.
    """

    csr: str
    profile: str
    asked_by: str
    by: str = ""
    days: int = 0
    names: tuple[str, ...] = ()
    force: str = ""
    extended: bool = False


def sign_request(office: Office, brought: Brought) -> Issued:
    """Sign a request that keeps to the policy of its kind. Raises RequestRefused if it does not, PkiFault if it cannot be signed."""
    profile = office.profile(brought.profile)
    _check_leaf(profile)
    breaches = breaches_of(brought, profile)
    refused = RequestRefused(breaches)
    if breaches and not (brought.force.strip() and refused.forcible):
        raise refused
    by = office.signer_of(profile, brought.by)
    since, until = validity(office, by, profile, brought.days)
    order = _as_here(office, by, order_from(brought.csr, profile, since, until), extended=brought.extended)
    note = f"{brought.force} (against {', '.join(each.rule for each in breaches)})" if breaches else ""
    name = Entry(_common_name(order), brought.asked_by, note=note, request=digest_of(brought.csr))
    return office.sign(by, order, name)


def breaches_of(brought: Brought, profile: CertificateProfile) -> list[Breach]:
    """In which ways a request is not what the policy of its kind wants."""
    return check_request(brought.csr, policy_for(profile, common_names=brought.names))


def signed_before(office: Office, brought: Brought, at_least: timedelta) -> Issued | None:
    """What was signed for the very same request and is good for some time yet: who asks again gets the same again."""
    good_at = office.clock.now() + at_least
    same = office.book.of_request(digest_of(brought.csr))
    return next(
        (each for each in reversed(same) if each.profile == brought.profile and each.status(good_at) is Status.VALID),
        None,
    )


def digest_of(csr: str) -> str:
    """The SHA-256 of a request. Raises PkiFault for text that is none."""
    return sha256(read_csr(csr).public_bytes(Encoding.DER)).hexdigest()


def validity(office: Office, by: str, profile: CertificateProfile, days: int) -> tuple[datetime, datetime]:
    """From when to when. Raises ConfigError for more days than the kind may have, PkiFault if the CA has ended."""
    most = profile.most_days
    if days and most and days > most:
        raise ConfigError(
            f"A certificate of the kind {profile.name} lives {most} days at most, not {days}.", profile.source
        )
    if days < 0:
        raise ConfigError("A certificate lives at least one day.")
    now = office.clock.now()
    issuer = office.chain(by)[0]
    if now > issuer.not_valid_after_utc:
        raise PkiFault(
            f"The CA {by} has expired on {issuer.not_valid_after_utc:%Y-%m-%d %H:%M} UTC.",
            f"Renew it: pilotwire pki renew {by}.",
        )
    since = office.since(by)
    try:
        return since, now.replace(microsecond=0) + timedelta(days=days or profile.days)
    except OverflowError:
        raise ConfigError(f"{days} days are beyond the end of the calendar.") from None


def _as_here(office: Office, by: str, order: Order, *, extended: bool) -> Order:
    """An order with what certificates of this authority tell and have."""
    links = office.links(by)
    return replace(
        order,
        ocsp=links.ocsp,
        crl=links.crl,
        issuer=links.issuer,
        usual_extended=extended,
        short_key_id=has_short_key_id(order.profile, edition_of(office)),
    )


def _check_leaf(profile: CertificateProfile) -> None:
    if profile.ca:
        raise PkiFault(
            f"{profile.name} is a certificate authority: it is not given out.",
            f"Make it with pilotwire pki init --hierarchy {profile.hierarchy.value.lower()}.",
        )


def _names(profile: CertificateProfile, wanted: Wanted) -> tuple[str, ...]:
    """The subjectAltNames: of a server all its hosts, its common name first; of others what is asked for."""
    if profile.name != "csms-server":
        return tuple(dict.fromkeys(wanted.hosts))
    own = () if any(each.isspace() for each in wanted.name) else (wanted.name,)
    return tuple(dict.fromkeys((*own, *wanted.hosts)))


def _common_name(order: Order) -> str:
    return common_name(order.subject) or order.subject.rfc4514_string()
