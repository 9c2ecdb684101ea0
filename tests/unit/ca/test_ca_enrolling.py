"""Giving out certificates: what they are for whom, what is refused and why; CAs as they are founded, and crossed."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.ca import Office, Status
from pilotwire.ca.crossing import cross
from pilotwire.ca.enrolling import Brought, RequestRefused, Wanted, issue_with_key, sign_request, signed_before
from pilotwire.ca.founding import Plan, found, hierarchies_of
from pilotwire.errors import ConfigError
from pilotwire.pki import KeyKind, PkiFault, Subject, check_chain, is_issued_by
from pilotwire.pki.keys import kind_of
from pilotwire.pki.naming import hosts_of
from pilotwire.pki.profiles import PROFILES
from tests.support.pki_world import a_clock, a_key, a_request, an_office, same_office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return an_office(tmp_path_factory.mktemp("all") / "ca", a_clock(), "all", url="http://ca.example:8090/")


LEAVES = [each for each in PROFILES.values() if not each.ca]


@pytest.mark.parametrize("profile", LEAVES, ids=lambda each: each.name)
def test_every_kind_is_given_out_and_leads_to_its_root(office: Office, profile: object) -> None:
    name = profile.name  # type: ignore[attr-defined]
    issued, key = issue_with_key(office, Wanted(name, f"N-{name}"), "somebody")
    chain = office.chain_of(issued)
    assert check_chain(chain[:-1], [chain[-1]], office.clock.now()) == chain
    assert issued.certificate.public_key() == key.public_key()
    assert (issued.profile, issued.asked_by, issued.status(office.clock.now())) == (name, "somebody", Status.VALID)
    assert office.issued(issued.serial.upper()) == issued


def test_every_ca_is_there_with_its_kind_of_key(office: Office) -> None:
    names = [each.name for each in office.book.authorities()]
    assert names == [each.name for each in PROFILES.values() if each.ca]
    assert {kind_of(office.chain(each)[0].public_key()) for each in names} == {KeyKind.EC_P256}


def test_edition_20_has_larger_keys_where_iso_15118_is_spoken(tmp_path: Path) -> None:
    office = an_office(tmp_path / "ca", a_clock(), "csms,v2g", edition="-20")
    kinds = {each.name: kind_of(office.chain(each.name)[0].public_key()) for each in office.book.authorities()}
    assert kinds["csms-ca"] is KeyKind.EC_P256
    assert kinds["v2g-root"] is kinds["cpo-sub2"] is KeyKind.EC_P521
    _, key = issue_with_key(office, Wanted("secc", "DE123"), "me")
    assert kind_of(key.public_key()) is KeyKind.EC_P521
    with pytest.raises(ConfigError, match="has csms-root, csms-ca already"):
        found(office, Plan(hierarchies_of("csms"), "Volta"), "me")


@pytest.mark.req("A00.FR.603", "SEC16:A00.FR.602")
def test_files_are_for_their_owner_only(office: Office) -> None:
    assert stat.S_IMODE(office.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((office.folder / "keys").stat().st_mode) == 0o700
    keys = list((office.folder / "keys").iterdir())
    assert {stat.S_IMODE(each.stat().st_mode) for each in keys} == {0o600}
    assert all(b"ENCRYPTED" in each.read_bytes() for each in keys)


@pytest.mark.req("A00.FR.510", "SEC16:A00.FR.510")
def test_a_server_is_named_by_all_its_hosts(office: Office) -> None:
    wanted = Wanted("csms-server", "csms.example.org", ("10.0.0.1", "csms.example.org", "alt.example.org"))
    issued, _ = issue_with_key(office, wanted, "me")
    assert issued.subject.endswith("CN=csms.example.org")
    assert set(hosts_of(issued.certificate)) == {"csms.example.org", "alt.example.org", "10.0.0.1"}
    assert issued.hosts == ("csms.example.org", "10.0.0.1", "alt.example.org")


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted("statoin", "SN-1"), "no kind of certificate 'statoin'"),
        (Wanted("csms-ca", "SN-1"), "is a certificate authority"),
        (Wanted("station", "SN-1", by="v2g-root"), "v2g-root signs no certificate of the kind station"),
        (Wanted("station", "SN-1", by="nobody"), "There is no CA nobody"),
        (Wanted("station", "S" * 65), "cannot be the subject"),
        (Wanted("secc", "DE1", key=KeyKind.RSA_2048), "has no RSA-2048 key"),
        (Wanted("secc", "DE1", days=91), "lives 90 days at most"),
        (Wanted("csms-server", "csms", days=10**9), "beyond the end of the calendar"),
        (Wanted("csms-server", "bücher.example"), "can be no name"),
        (Wanted("station", "10.0.0.1"), "No certificate is made. A00.FR.511"),
        (Wanted("station", "SN-1", ("csms.example.org",)), "No certificate is made. A00.FR.511"),
    ],
)
def test_what_cannot_be_is_said_and_leaves_nothing(office: Office, wanted: Wanted, why: str) -> None:
    before = office.book.all()
    with pytest.raises((PkiFault, ConfigError), match=why):
        issue_with_key(office, wanted, "me")
    assert office.book.all() == before


def test_a_hierarchy_that_is_not_there_is_told_with_what_makes_it(tmp_path: Path) -> None:
    office = an_office(tmp_path / "ca", a_clock())
    with pytest.raises(PkiFault, match=r"takes a cpo-sub2.*--hierarchy v2g"):
        issue_with_key(office, Wanted("secc", "DE1"), "me")


@pytest.mark.req("A00.FR.509", "A00.FR.511", "SEC16:A00.FR.509", "SEC16:A00.FR.511")
def test_a_request_is_signed_if_it_keeps_to_the_policy(office: Office) -> None:
    key = a_key()
    issued = sign_request(office, Brought(a_request("SN-9", key=key), "station", "me"))
    assert issued.certificate.public_key() == key.public_key()
    assert (issued.name, issued.authority, issued.note) == ("SN-9", "csms-ca", "")
    for csr, rule in (
        (a_request("SN-9", organization=""), "A00.FR.509"),
        (a_request("10.1.2.3"), "A00.FR.511"),
        (a_request("wss://station.example"), "A00.FR.511"),
    ):
        with pytest.raises(RequestRefused, match=rule):
            sign_request(office, Brought(csr, "station", "me", force="because"))


def test_what_is_only_advice_can_be_forced_with_a_reason_that_is_kept(office: Office) -> None:
    builder = x509.CertificateSigningRequestBuilder().subject_name(Subject("SN-8", "Volta").name())
    asks_for_a_ca = builder.add_extension(x509.BasicConstraints(True, None), critical=True).sign(a_key(), SHA256())
    brought = Brought(asks_for_a_ca.public_bytes(Encoding.PEM).decode(), "station", "me")
    with pytest.raises(RequestRefused, match=r"A00\.FR\.512.*--force REASON") as refused:
        sign_request(office, brought)
    assert refused.value.forcible
    with pytest.raises(RequestRefused):
        sign_request(office, replace(brought, force="  "))
    issued = sign_request(office, replace(brought, force="the maker cannot change it"))
    assert issued.note == "the maker cannot change it (against A00.FR.512)"
    constraints = issued.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert not constraints.ca


def test_the_same_request_gets_the_same_certificate_again_while_it_is_good(tmp_path: Path) -> None:
    clock = a_clock()
    office = an_office(tmp_path / "ca", clock)
    brought = Brought(a_request(), "station", "me")
    assert signed_before(office, brought, timedelta(days=1)) is None
    issued = sign_request(office, brought)
    assert signed_before(office, brought, timedelta(days=1)) == issued
    clock.advance(365 * 86400)
    assert signed_before(office, brought, timedelta(days=1)) is None


def test_nothing_is_signed_after_the_end_of_the_ca(tmp_path: Path) -> None:
    an_office(tmp_path / "ca", a_clock()).close()
    late = same_office(tmp_path / "ca", a_clock(11 * 365))
    with pytest.raises(PkiFault, match=r"The CA csms-ca has expired on .*pilotwire pki renew csms-ca"):
        issue_with_key(late, Wanted("station", "SN-1"), "me")
    assert len(late.book.all()) == 2


def test_a_wrong_password_makes_no_certificate_and_no_key(tmp_path: Path) -> None:
    an_office(tmp_path / "ca", a_clock()).close()
    before = sorted((tmp_path / "ca" / "keys").iterdir())
    with same_office(tmp_path / "ca", a_clock(), "another password") as office:
        with pytest.raises(PkiFault, match="password"):
            issue_with_key(office, Wanted("station", "SN-1"), "me", keep_as="SN-1")
        with pytest.raises(PkiFault, match="password"):
            office.safe.keep("station", a_key())
        assert len(office.book.all()) == 2
    assert sorted((tmp_path / "ca" / "keys").iterdir()) == before


def test_a_crossed_ca_leads_to_either_root(office: Office) -> None:
    made = cross(office, "v2g-root", office.chain("mo-root")[0], "me")
    assert is_issued_by(made.certificate, office.chain("v2g-root")[0])
    contract, _ = issue_with_key(office, Wanted("contract", "DEVOLTAC0000001"), "me")
    below = office.chain_of(contract)[:-1]
    for root, chain in (("mo-root", below), ("v2g-root", (*below, made.certificate))):
        assert check_chain(chain, office.chain(root), office.clock.now())[-1] == office.chain(root)[0]
    with pytest.raises(PkiFault, match="cannot cross-sign itself"):
        cross(office, "v2g-root", office.chain("v2g-root")[0], "me")
    with pytest.raises(PkiFault, match="Only the certificate of a CA"):
        cross(office, "v2g-root", contract.certificate, "me")


def test_rsa_signs_by_pss(tmp_path: Path) -> None:
    office = an_office(tmp_path / "ca", a_clock(), key=KeyKind.RSA_2048)
    issued, _ = issue_with_key(office, Wanted("station", "SN-1", key=KeyKind.EC_P256), "me")
    assert issued.certificate.signature_algorithm_oid.dotted_string == "1.2.840.113549.1.1.10"
