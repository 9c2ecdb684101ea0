"""Certificates with object identifiers nobody here knows, in any place of them: told in words, never a crash."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from pilotwire.doctor.certificates.backend import Trust, judge_backend
from pilotwire.doctor.certificates.sketch import summary_of
from pilotwire.doctor.certificates.station import Accredited, judge_station
from pilotwire.doctor.certificates.subject import Who
from pilotwire.doctor.patient import Place
from pilotwire.doctor.profiles.profile import CertificateDemands, PlatformProfile
from pilotwire.pki import Flaw, PkiFault, Purpose, describe, explain, pem_of, read_certificates
from pilotwire.pki.certificates import why_unreadable
from tests.support.pki_chains import CA, HOST, LEAF, SUB, SUB_CA
from tests.support.pki_forge import NOW

ECDSA_SHA256 = bytes.fromhex("06082a8648ce3d040302")
UNKNOWN = bytes.fromhex("06082a8648ce3d04037f")
OID_TAG = 0x06
PLACE = Place.of(f"wss://{HOST}/")
PROFILE = PlatformProfile("p", "The platform", "", certificates=CertificateDemands(keys=("EC-P256",)))


def changed(certificate: x509.Certificate, old: bytes, new: bytes) -> x509.Certificate:
    """The certificate with other bytes in the place of some, as many."""
    assert len(old) == len(new)
    return x509.load_der_x509_certificate(certificate.public_bytes(Encoding.DER).replace(old, new))


def places(der: bytes) -> Iterator[tuple[int, int]]:
    """Where object identifiers may be: the first byte of their content, and how many there are."""
    for at, byte in enumerate(der[:-2]):
        if byte == OID_TAG and 2 < der[at + 1] < 12 and at + 2 + der[at + 1] <= len(der):
            yield at + 2, der[at + 1]


STRANGE = changed(LEAF, ECDSA_SHA256, UNKNOWN)
STRANGE_CA = changed(SUB_CA, ECDSA_SHA256, UNKNOWN)


@pytest.mark.parametrize("sent", [(STRANGE, SUB_CA), (LEAF, STRANGE_CA)], ids=["leaf", "sub-CA"])
def test_an_unknown_signature_is_a_fault_in_words(sent: tuple[x509.Certificate, ...]) -> None:
    """Not a wrong signature, and not the key of somebody else: nobody can tell."""
    found = explain(sent, (), [CA], NOW)
    told = [each for each in found.defects if each.fatal and each.kind is not Flaw.STRANGER]
    assert [each.kind for each in told] == [Flaw.BAD_SIGNATURE]
    assert "of a kind that is not known here (1.2.840.10045.4.3.127)" in told[0].what
    assert told[0].remedy == "Have it signed anew, by ECDSA or RSA with SHA-256."
    assert not found.good


def test_a_missing_issuer_is_told_as_well() -> None:
    kinds = [each.kind for each in explain([STRANGE], (), [CA], NOW).defects if each.fatal]
    assert kinds == [Flaw.BAD_SIGNATURE, Flaw.MISSING_INTERMEDIATE]


def test_nobody_looks_at_the_signature_of_a_root() -> None:
    root = changed(CA, ECDSA_SHA256, UNKNOWN)
    assert explain([LEAF, SUB_CA], (), [root], NOW).good


def test_it_is_described_by_its_numbers() -> None:
    assert describe(STRANGE, NOW).signature == "1.2.840.10045.4.3.127 (not known here)"
    assert describe(LEAF, NOW).signature == "ecdsa-with-SHA256"


def test_the_doctor_tells_it_of_a_station_and_of_a_backend() -> None:
    """As a wrong signature, with the words."""
    of_station = judge_station((STRANGE, SUB_CA), PROFILE, Who("CS001"), Accredited((CA,)), NOW)
    assert "station-certificate.bad-signature" in [each.rule.id for each in of_station]
    backend = judge_backend((STRANGE, SUB_CA), PLACE, Trust((CA,), "the CA"), NOW)
    assert [each.what for each in backend.findings if "not known here" in each.what]


def altered(certificate: x509.Certificate) -> Iterator[x509.Certificate]:
    """It with one object identifier (or what looks like one) after the other ending or beginning as another, as far as that is read."""
    der = certificate.public_bytes(Encoding.DER)
    for start, length in places(der):
        old = der[start : start + length]
        for other in (old[:-1] + b"\x7f", b"\x37" + old[1:]):
            with suppress(ValueError):
                yield x509.load_der_x509_certificate(der.replace(old, other))


ALTERED = [
    each
    for kind in (LEAF, SUB_CA, CA, SUB.leaf(hosts=[x509.DNSName(HOST)], extended=(ExtendedKeyUsageOID.SERVER_AUTH,)))
    for each in altered(kind)
]


def test_there_is_something_to_be_tried() -> None:
    """Those whose key is of no known kind, too."""
    assert len(ALTERED) > 50
    assert any("key" in why_unreadable(each).lower() for each in ALTERED)


@pytest.mark.parametrize("purpose", [Purpose.CA, Purpose.V2G])
def test_no_object_identifier_breaks_what_judges_certificates(purpose: Purpose) -> None:
    """Wherever it stands: the signature, the key and its curve, a name, an extension, a usage; below, between and above others."""
    for each in ALTERED:
        _judged(each, purpose)


def _judged(altered: x509.Certificate, purpose: Purpose) -> None:
    for sent, roots in (((altered, SUB_CA), (CA,)), ((LEAF, altered), (CA,)), ((LEAF, SUB_CA), (altered,))):
        found = explain(sent, (), roots, NOW, purpose=purpose, host=HOST)
        assert all(each.what and each.remedy for each in found.defects)
        assert judge_station(sent, PROFILE, Who("CS001"), Accredited(roots), NOW)  # none of them fits its demands
        assert judge_backend(sent, PLACE, Trust(roots, "the CA"), NOW).findings
    try:
        (read,) = read_certificates(pem_of(altered))
    except PkiFault:
        return
    assert describe(read, NOW).rows()
    assert summary_of(read)
