"""The trees of certificates an authority begins with: for each hierarchy its root and the CAs below it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from pilotwire.ca.office import Entry, Office
from pilotwire.ca.records import AuthorityRecord, Issued
from pilotwire.errors import ConfigError
from pilotwire.pki import KeyKind, Subject
from pilotwire.pki.issuing import Order, self_signed
from pilotwire.pki.profiles import PROFILES, CertificateProfile, Hierarchy

Edition = Literal["-2", "-20"]
HIERARCHIES: Final = {each.value.lower(): each for each in Hierarchy}
"""By the names people write."""
_TITLES: Final = {
    "csms-root": "CSMS Root CA",
    "csms-ca": "CSMS CA",
    "manufacturer-root": "Manufacturer Root CA",
    "manufacturer-ca": "Manufacturer CA",
    "v2g-root": "V2G Root CA",
    "cpo-sub1": "CPO Sub-CA 1",
    "cpo-sub2": "CPO Sub-CA 2",
    "cps-sub1": "CPS Sub-CA 1",
    "cps-sub2": "CPS Sub-CA 2",
    "mo-root": "MO Root CA",
    "mo-sub1": "MO Sub-CA 1",
    "mo-sub2": "MO Sub-CA 2",
    "oem-root": "OEM Root CA",
    "oem-sub1": "OEM Sub-CA 1",
    "oem-sub2": "OEM Sub-CA 2",
}
_ISO_15118: Final = frozenset({Hierarchy.V2G, Hierarchy.MO, Hierarchy.OEM})
_OF_EDITION: Final[dict[Edition, KeyKind]] = {"-2": KeyKind.EC_P256, "-20": KeyKind.EC_P521}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be made. `key` None: EC-P256, and for the trees of ISO 15118 that of its edition. `name` begins every common name."""

    hierarchies: tuple[Hierarchy, ...]
    organization: str
    name: str = ""
    country: str = ""
    key: KeyKind | None = None
    edition: Edition = "-2"
    url: str = ""


def hierarchies_of(text: str) -> tuple[Hierarchy, ...]:
    """The hierarchies somebody named: one, several with commas, or "all". Raises ConfigError."""
    names = [each.strip().lower() for each in text.split(",")]
    if names == ["all"]:
        return tuple(Hierarchy)
    for each in names:
        if each not in HIERARCHIES:
            raise ConfigError(f"There is no hierarchy {each!r}.", f"There are: {', '.join(HIERARCHIES)}, and all.")
    return tuple(HIERARCHIES[each] for each in dict.fromkeys(names))


def found(office: Office, plan: Plan, asked_by: str) -> list[Issued]:
    """Make the CAs of a plan; all of them are kept, or none.

    Raises ConfigError for a hierarchy that is there, PkiFault for a bad name or key.
    """
    there = {each.name for each in office.book.authorities()}
    wanted = [each for each in PROFILES.values() if each.ca and each.hierarchy in plan.hierarchies]
    twice = [each.name for each in wanted if each.name in there]
    if twice:
        raise ConfigError(
            f"The authority in {office.folder} has {', '.join(twice)} already.",
            "Add a hierarchy it does not have, or make another authority in a folder of its own.",
        )
    with office.book.change():
        _note(office, plan)
        return [_ca(office, plan, profile, asked_by) for profile in wanted]


def key_for(profile: CertificateProfile, wanted: KeyKind | None, edition: Edition) -> KeyKind:
    """The kind of key: the wanted one where the kind of certificate may have it, else the usual one."""
    if wanted is not None and wanted in profile.keys:
        return wanted
    usual = _OF_EDITION[edition] if profile.hierarchy in _ISO_15118 else KeyKind.EC_P256
    return usual if usual in profile.keys else profile.keys[0]


def has_short_key_id(profile: CertificateProfile, edition: Edition) -> bool:
    """Whether its subjectKeyIdentifier has 8 bytes, as ISO 15118-20 has them."""
    return edition == "-20" and profile.hierarchy in _ISO_15118


def edition_of(office: Office) -> Edition:
    """The edition of ISO 15118 an authority was made for."""
    return "-20" if office.book.fact("edition") == "-20" else "-2"


def _note(office: Office, plan: Plan) -> None:
    office.book.tell("organization", plan.organization)
    office.book.tell("country", plan.country)
    office.book.tell("edition", plan.edition)
    if plan.url:
        office.book.tell("url", plan.url.rstrip("/"))


def _ca(office: Office, plan: Plan, profile: CertificateProfile, asked_by: str) -> Issued:
    subject = Subject(
        f"{plan.name or plan.organization} {_TITLES[profile.name]}", plan.organization, plan.country, profile.domain
    ).name()
    above = "" if profile.is_root else office.signer_of(profile)
    reference = office.safe.make(profile.name, key_for(profile, plan.key, plan.edition))
    key = office.safe.open(reference)
    since, links = office.since(above), office.links(above)
    until = since + timedelta(days=profile.days)
    order = Order(
        profile,
        subject,
        key.public_key(),
        since,
        until,
        ocsp=links.ocsp,
        crl=links.crl,
        issuer=links.issuer,
        short_key_id=has_short_key_id(profile, plan.edition),
    )
    entry = Entry(profile.name, asked_by)
    issued = (
        office.sign(above, order, entry)
        if above
        else office.keep(profile.name, self_signed(order, key), profile.name, entry)
    )
    office.book.add_authority(AuthorityRecord(profile.name, profile.name, issued.serial, above, reference))
    return issued
