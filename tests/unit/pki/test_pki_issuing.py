"""All kinds of certificates are issued along their hierarchy, and OpenSSL takes what comes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pilotwire.pki import (
    PROFILES,
    Authority,
    KeyKind,
    Order,
    PkiFault,
    Purpose,
    cross_sign,
    explain,
    issue,
    new_key,
    profiles_like,
    self_signed,
)
from tests.support.pki_forge import NOW, Wish, root, subject
from tests.support.pki_houses import HOSTS, authority, chain, key, order
from tests.support.pki_openssl import needs_openssl, verify

VEHICLES = [name for name, each in PROFILES.items() if each.domain]
PURPOSES = {
    "csms-server": Purpose.SERVER,
    "station": Purpose.CLIENT,
    "firmware": Purpose.FIRMWARE,
    "secc": Purpose.V2G,
    "station-secc": Purpose.V2G,
    "cps": Purpose.CPS,
    "contract": Purpose.CONTRACT,
    "oem-provisioning": Purpose.PROVISIONING,
    "vehicle": Purpose.CLIENT,
    "ocsp-responder": Purpose.OCSP,
}


def _judged(folder: Path, made: tuple[x509.Certificate, ...], name: str) -> None:
    purpose = PURPOSES.get(name, Purpose.CA)
    host = HOSTS[0] if name == "csms-server" else ""
    found = explain(made[:-1] or made, (), made[-1:], NOW, purpose=purpose, host=host)
    assert found.defects == ()
    good, said = verify(folder, made[:-1] or made, (), made[-1:], NOW, purpose=purpose.value, host=host)
    assert good, said


@needs_openssl
@pytest.mark.req("A00.FR.508", "A00.FR.509", "A00.FR.512", "A00.FR.514")
@pytest.mark.parametrize("name", list(PROFILES))
def test_each_kind_is_issued_along_its_hierarchy(name: str, tmp_path: Path) -> None:
    made = chain(name)
    _judged(tmp_path, made, name)
    profile, own = PROFILES[name], made[0]
    assert name in profiles_like(own)
    assert own.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    usage = own.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.key_cert_sign is profile.ca
    kinds = {type(each.value) for each in own.extensions}
    assert (x509.ExtendedKeyUsage in kinds) == bool(profile.extended), "A00.FR.514: only where it must be"


@needs_openssl
@pytest.mark.parametrize("name", VEHICLES)
def test_kinds_of_iso_15118_20_are_issued_with_p521(name: str, tmp_path: Path) -> None:
    made = chain(name, KeyKind.EC_P521, short_key_id=True)
    _judged(tmp_path, made, name)
    digest = made[0].signature_hash_algorithm
    assert digest is not None
    assert digest.name == "sha512"


@pytest.mark.parametrize(("name", "issuer"), [(name, each) for name, p in PROFILES.items() for each in p.issuers])
def test_every_issuer_of_the_table_may_sign(name: str, issuer: str) -> None:
    above = authority(issuer)
    made = issue(above, order(name))
    found = explain([made, *above.chain], (), above.chain[-1:], NOW)
    assert not [each for each in found.defects if each.fatal]


@needs_openssl
def test_a_cross_signed_chain_leads_to_both_roots(tmp_path: Path) -> None:
    other = root("other")
    crossing = Authority(other.certificate, other.key)
    made = chain("secc")
    cross = cross_sign(crossing, made[-1], NOW, NOW + timedelta(days=900))
    assert cross.public_key() == made[-1].public_key()
    for trusted in (made[-1], other.certificate):
        sent = [*made[:-1], cross]
        found = explain(sent, (), [trusted], NOW)
        assert found.good
        assert found.root == trusted
        good, said = verify(tmp_path, sent, (), [trusted], NOW)
        assert good, said


def test_what_a_ca_tells_of_its_issuer_is_not_cross_signed() -> None:
    sub = authority("cpo-sub1")
    told = issue(authority("v2g-root"), order("cpo-sub1", crl="http://a.example/crl", ocsp="http://a.example/ocsp"))
    cross = cross_sign(Authority(root("other").certificate, root("other").key), told, NOW, NOW + timedelta(days=9))
    kinds = {type(each.value) for each in cross.extensions}
    assert not kinds & {x509.CRLDistributionPoints, x509.AuthorityInformationAccess}
    assert x509.AuthorityKeyIdentifier in kinds
    assert cross.subject == sub.certificate.subject


@pytest.mark.req("A00.FR.514")
def test_an_extended_key_usage_is_given_only_when_it_is_wanted() -> None:
    plain, wanted = chain("station")[0], chain("station", usual_extended=True)[0]
    with pytest.raises(x509.ExtensionNotFound):
        plain.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    told = wanted.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(told) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert profiles_like(wanted)[0] == "station"


@pytest.mark.req("A00.FR.505")
def test_rsa_enciphers_in_the_suites_of_old_and_signs_with_pss() -> None:
    own = new_key(KeyKind.RSA_2048)
    made = self_signed(replace(order("csms-root"), public_key=own.public_key()), own)
    assert isinstance(made.signature_algorithm_parameters, padding.PSS)
    server = issue(Authority(made, own), replace(order("csms-server"), public_key=own.public_key()))
    assert server.extensions.get_extension_for_class(x509.KeyUsage).value.key_encipherment
    assert not chain("csms-server")[0].extensions.get_extension_for_class(x509.KeyUsage).value.key_encipherment


def test_the_key_is_called_as_its_issuer_calls_it() -> None:
    """Here the CA's identifier is one of ISO 15118-20: 8 bytes, of which the first begins with 0100."""
    own = key("v2g-root")
    above = Authority(self_signed(order("v2g-root", short_key_id=True), own), own)
    told = above.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert len(told) == 8
    assert told[0] >> 4 == 0b0100
    below = issue(above, order("cpo-sub1"))
    assert below.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == told


def test_nothing_outlives_its_issuer() -> None:
    above = authority("cpo-sub2")
    made = issue(above, replace(order("secc"), until=NOW + timedelta(days=9999)))
    assert made.not_valid_after_utc == above.certificate.not_valid_after_utc


def _broken_orders() -> dict[str, tuple[Authority, Order, str]]:
    server = issue(authority("csms-ca"), order("csms-server"))
    clerk = Authority(server, key("csms-server"))
    weak = ec.generate_private_key(ec.SECP192R1()).public_key()
    last, day = authority("cpo-sub2"), timedelta(days=1)
    return {
        "no CA": (clerk, order("station"), "not a certificate authority"),
        "path length": (last, order("cpo-sub2"), "path length is 0"),
        "weak key": (last, replace(order("secc"), public_key=weak), "not strong enough"),
        "before the CA": (last, replace(order("secc"), since=NOW - day), "not valid at"),
        "ends before it begins": (last, replace(order("secc"), until=NOW - day), "end after it begins"),
        "no host": (authority("csms-ca"), order("csms-server", names=["ü.example"]), "can be no name"),
        "no URL": (authority("csms-ca"), order("csms-server", crl="http://ü"), "can be no URL"),
    }


@pytest.mark.parametrize("which", list(_broken_orders()))
def test_what_cannot_be_issued_is_told(which: str) -> None:
    above, wrong, sentence = _broken_orders()[which]
    with pytest.raises(PkiFault, match=sentence):
        issue(above, wrong)


def test_only_cas_are_cross_signed_and_only_by_those_who_may() -> None:
    until = NOW + timedelta(days=9)
    with pytest.raises(PkiFault, match="Only the certificate of a CA"):
        cross_sign(authority("csms-root"), chain("secc")[0], NOW, until)
    with pytest.raises(PkiFault, match="path length is 0"):
        cross_sign(authority("cpo-sub2"), chain("csms-root")[0], NOW, until)


def test_a_key_must_be_that_of_the_certificate() -> None:
    with pytest.raises(PkiFault, match="not that of the certificate"):
        Authority(chain("csms-root")[0], new_key(KeyKind.EC_P256))
    with pytest.raises(PkiFault, match="must be its own"):
        self_signed(order("csms-root"), new_key(KeyKind.EC_P256))


def test_own_extensions_and_path_lengths_are_taken() -> None:
    policies = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)])
    made = self_signed(order("csms-root", path_length=3, extensions=[(policies, False)]), key("csms-root"))
    assert made.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 3
    assert made.extensions.get_extension_for_class(x509.CertificatePolicies).value == policies
    assert made.subject != subject(Wish("x").name)
