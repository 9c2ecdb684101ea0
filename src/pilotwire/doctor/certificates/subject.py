"""Judgement of the subject of a station's certificate: by the standard, by a platform's demands, and against what the station says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from pilotwire.doctor.certificates.nearness import nearness
from pilotwire.doctor.findings import Finding
from pilotwire.doctor.patient import Card
from pilotwire.doctor.profiles.profile import SubjectDemand
from pilotwire.doctor.rules import station_certificates as rules
from pilotwire.pki import Certificate, words_of

_ATTRIBUTES: Final = {
    "CN": NameOID.COMMON_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "C": NameOID.COUNTRY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "L": NameOID.LOCALITY_NAME,
    "DC": NameOID.DOMAIN_COMPONENT,
    "SERIALNUMBER": NameOID.SERIAL_NUMBER,
    "UID": NameOID.USER_ID,
    "GN": NameOID.GIVEN_NAME,
    "SN": NameOID.SURNAME,
    "T": NameOID.TITLE,
    "TITLE": NameOID.TITLE,
    "EMAILADDRESS": NameOID.EMAIL_ADDRESS,
}


_SILENT: Final = Card("", "")


@dataclass(frozen=True, slots=True)
class Who:
    """Whose certificate it should be: the identity in the URL, and what the station says of itself at boot."""

    identity: str
    card: Card = _SILENT

    @property
    def parts(self) -> dict[str, str]:
        """What a demand may name in braces."""
        card = self.card
        return {"identity": self.identity, "serial": card.serial, "vendor": card.vendor, "model": card.model}


def oid_of(attribute: str) -> x509.ObjectIdentifier | None:
    """The OID of an attribute's short name or of an OID in text; None for what is neither."""
    if known := _ATTRIBUTES.get(attribute.upper()):
        return known
    try:
        return x509.ObjectIdentifier(attribute.lower().removeprefix("oid."))
    except ValueError:
        return None


def values_of(certificate: Certificate, oid: x509.ObjectIdentifier) -> tuple[str, ...]:
    """The values of an attribute in the subject."""
    found = certificate.subject.get_attributes_for_oid(oid)
    return tuple(each.value if isinstance(each.value, str) else each.value.hex() for each in found)


def unanswerable(demand: SubjectDemand, who: Who) -> str:
    """Why a demand cannot be judged, "" if it can."""
    if oid_of(demand.attribute) is None:
        return f"The platform's profile asks for {demand.attribute!r}, which is no name of an attribute and no OID."
    known = who.parts
    for part in re.findall(r"\{(\w*)\}", demand.equals):
        if part not in known:
            return f"The platform's profile has {{{part}}} in it; known are {', '.join(known)}."
        if not known[part]:
            return f"The {part} that the station tells at boot was not given."
    return ""


def judge_subject(
    certificate: Certificate, demands: tuple[SubjectDemand, ...], who: Who, platform: str = ""
) -> Iterator[Finding]:
    """O and CN by the standard (A00.FR.509, A00.FR.511), unless the platform says what the CN must be; then its demands."""
    evidence = f"subject: {words_of(certificate.subject)}"
    if not any(values_of(certificate, NameOID.ORGANIZATION_NAME)):
        yield Finding(
            rules.ORGANIZATION, "The subject of the station's certificate has no organizationName (O).", (evidence,)
        )
    yield from _common_name(certificate, who, evidence, judged_by_platform=_asks_for_name(demands))
    for demand in demands:
        if not unanswerable(demand, who):
            yield from _demand(certificate, demand, who, evidence, platform)
    yield from _alternatives(certificate)


def _asks_for_name(demands: tuple[SubjectDemand, ...]) -> bool:
    return any(oid_of(each.attribute) == NameOID.COMMON_NAME and each.equals for each in demands)


def _common_name(certificate: Certificate, who: Who, evidence: str, *, judged_by_platform: bool) -> Iterator[Finding]:
    names = values_of(certificate, NameOID.COMMON_NAME)
    if not any(names):
        yield Finding(rules.COMMON_NAME, "The subject of the station's certificate has no CN.", (evidence,))
        return
    name = names[-1]
    if _is_address(name):
        what = (
            f"The CN of the station's certificate is {name!r}, a URL or an address: the CSMS takes it for a server's."
        )
        yield Finding(rules.CN_IS_ADDRESS, what, (evidence,))
    elif not judged_by_platform:
        yield from _of_this_station(name, who, evidence)


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return "://" in name
    return True


def _of_this_station(name: str, who: Who, evidence: str) -> Iterator[Finding]:
    serial = who.card.serial
    wanted, whose = (serial, "serial number") if serial else (who.identity, "identity")
    if name == wanted:
        return
    told = (evidence, f"{whose} of the station: {wanted!r}")
    near = nearness(wanted, name)
    if near:
        what = f"The CN of the station's certificate is {name!r}, its {whose} {wanted!r}: {near}."
        yield Finding(rules.COMMON_NAME, what, told)
    elif serial and name == who.identity:
        what = f"The CN of the station's certificate is its identity {name!r}, not the serial number {serial!r} it tells at boot."
        yield Finding(rules.COMMON_NAME, what, told)
    else:
        what = (
            f"The station's certificate is that of another one: its CN is {name!r}, the station's {whose} {wanted!r}."
        )
        yield Finding(rules.OTHER_STATION, what, told)


def _demand(
    certificate: Certificate, demand: SubjectDemand, who: Who, evidence: str, platform: str
) -> Iterator[Finding]:
    oid = oid_of(demand.attribute)
    assert oid is not None
    values = values_of(certificate, oid)
    if not values:
        elsewhere = " It has an extension of this OID, but that is not the subject." * _has_extension(certificate, oid)
        what = f"The platform asks for {demand.attribute} in the subject, and the certificate has none.{elsewhere}"
        yield Finding(rules.SUBJECT, what, (evidence,), source=platform)
        return
    if demand.equals:
        wanted = demand.equals.format(**who.parts)
        if wanted not in values:
            near = next((f": {words}" for each in values if (words := nearness(wanted, each))), "")
            what = f"{demand.attribute} of the station's certificate is {values[-1]!r}, and must be {wanted!r}{near}."
            said = f"the station says of itself: {', '.join(f'{k} {v!r}' for k, v in who.parts.items() if '{' + k + '}' in demand.equals)}"
            yield Finding(rules.SUBJECT, what, (evidence, said), source=platform)
    if demand.matches and not any(re.fullmatch(demand.matches, each) for each in values):
        what = f"{demand.attribute} of the station's certificate is {values[-1]!r}, and must match {demand.matches!r}."
        yield Finding(rules.SUBJECT, what, (evidence,), source=platform)


def _has_extension(certificate: Certificate, oid: x509.ObjectIdentifier) -> bool:
    return any(each.oid == oid for each in certificate.extensions)


def _alternatives(certificate: Certificate) -> Iterator[Finding]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    if hosts := names.get_values_for_type(x509.DNSName):
        what = f"The station's certificate has DNS names as subjectAltName: {', '.join(hosts)}."
        yield Finding(rules.ALT_NAMES, what)
