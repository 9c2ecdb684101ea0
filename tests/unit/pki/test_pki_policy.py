"""Requests are held against a policy: all breaches are told, and what is ordered is what was asked for and no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.pki import (
    PROFILES,
    KeyKind,
    PkiFault,
    Subject,
    check_request,
    issue,
    new_key,
    order_from,
    policy_for,
    read_csr,
    request_for,
)
from tests.support.pki_forge import NOW, key
from tests.support.pki_houses import authority

UNTIL = NOW + timedelta(days=90)
STATION, SECC, SERVER = (PROFILES[name] for name in ("station", "secc", "csms-server"))
KEY = new_key(KeyKind.EC_P256)


def asked(
    common: str = "SN-1",
    organization: str = "Volta",
    *,
    domain: str = "",
    names: tuple[str, ...] = (),
    by: Any = KEY,
) -> str:
    """A request."""
    return request_for(Subject(common, organization, "DE", domain), by, names)


def raw(by: Any = KEY, digest: Any = None, *extensions: x509.ExtensionType, parts: Any = ()) -> str:
    """A request as nobody here makes it."""
    name = x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    for each in extensions:
        builder = builder.add_extension(each, critical=False)
    return builder.sign(by, digest).public_bytes(Encoding.PEM).decode()


def rules(csr: str, policy: Any) -> list[str]:
    """The rules that are broken."""
    found = check_request(csr, policy)
    assert all(each.what.endswith(".") for each in found)
    return [each.rule for each in found]


@pytest.mark.parametrize("name", list(PROFILES))
def test_each_kind_takes_the_request_it_describes(name: str) -> None:
    profile = PROFILES[name]
    csr = asked("csms.example" if name == "csms-server" else "SN-1", domain=profile.domain)
    assert check_request(csr, policy_for(profile)) == []
    assert order_from(csr, profile, NOW, UNTIL).public_key == KEY.public_key()


_PLAIN = policy_for(STATION, organizations=["Volta"], common_names=["SN-1"])


@pytest.mark.req("A00.FR.502", "A00.FR.503", "A00.FR.504", "A00.FR.509", "A00.FR.511", "A02.FR.12")
@pytest.mark.parametrize(
    ("csr", "broken"),
    [
        (asked(), []),
        (asked("sn-1", "VOLTA"), []),
        (asked("SN-2"), ["A00.FR.511"]),
        (asked(""), ["A00.FR.511"]),
        (asked("wss://csms.example"), ["A00.FR.511", "A00.FR.511"]),
        (asked("[2001:db8::1]"), ["A00.FR.511", "A00.FR.511"]),
        (asked(organization=""), ["A00.FR.509"]),
        (asked(organization="Ampere"), ["A00.FR.509"]),
        (asked(names=("csms.example",)), ["A00.FR.511"]),
        (asked(by=key("weak", "RSA1024")), ["A00.FR.502"]),
        (asked(by=key("tiny", "P192")), ["A00.FR.503"]),
        (raw(ed25519.Ed25519PrivateKey.generate(), None), ["A00.FR.504", "A00.FR.509", "A00.FR.511"]),
        ("hello", ["A02.FR.12"]),
        ("", ["A02.FR.12"]),
        ("ä", ["A02.FR.12"]),
    ],
)
def test_every_breach_is_told_with_its_rule(csr: str, broken: list[str]) -> None:
    assert rules(csr, _PLAIN) == broken


def test_all_breaches_at_once() -> None:
    csr = asked("192.0.2.1", "", names=("a.example",), by=key("tiny", "P192"))
    assert sorted(set(rules(csr, _PLAIN))) == ["A00.FR.503", "A00.FR.509", "A00.FR.511"]
    assert len(check_request(csr, _PLAIN)) == 5


def test_a_request_of_a_ca_is_no_request_of_a_station() -> None:
    parts = ((NameOID.ORGANIZATION_NAME, "Volta"), (NameOID.COMMON_NAME, "SN-1"))
    csr = raw(KEY, hashes.SHA256(), x509.BasicConstraints(True, None), parts=parts)
    assert rules(csr, _PLAIN) == ["A00.FR.512"]
    assert rules(csr, policy_for(PROFILES["csms-ca"])) == []


def test_a_request_signed_by_another_key_is_none() -> None:
    good = asked()
    der = bytearray(read_csr(good).public_bytes(Encoding.DER))
    der[-3] ^= 1
    forged = x509.load_der_x509_csr(bytes(der))
    assert rules(forged, _PLAIN) == ["A02.FR.12"]  # type: ignore[arg-type]
    with pytest.raises(PkiFault, match="not signed with its own key"):
        order_from(forged, STATION, NOW, UNTIL)


@pytest.mark.req("A00.FR.513")
def test_kinds_of_iso_15118_have_their_keys_and_domain() -> None:
    policy = policy_for(SECC)
    assert rules(asked(domain="CPO"), policy) == []
    assert rules(asked(domain="CPO", by=new_key(KeyKind.EC_P521)), policy) == []
    assert rules(asked(domain="CPO", by=new_key(KeyKind.EC_P384)), policy) == ["A00.FR.513"]
    assert rules(asked(domain="MO"), policy) == ["A00.FR.513"]
    assert rules(asked(), policy) == ["A00.FR.513"]
    assert rules(asked(domain="CPO"), replace(policy, domains=())) == ["A00.FR.513"]


@pytest.mark.req("A00.FR.510", "SEC16:A00.FR.510")
def test_a_server_may_ask_for_its_own_names_only() -> None:
    policy = policy_for(SERVER, common_names=["csms.example", "192.0.2.7"])
    assert rules(asked("csms.example", names=("csms.example", "192.0.2.7")), policy) == []
    assert rules(asked("csms.example", names=("bank.example",)), policy) == ["A00.FR.510"]
    assert rules(asked("*.example"), policy_for(SERVER)) == ["A00.FR.510"]
    assert rules(asked("bank.example"), policy) == ["A00.FR.510"]


def test_policies_may_be_stricter_or_laxer_than_the_standard() -> None:
    longer = replace(_PLAIN, least_ec_bits=384, keys=(KeyKind.EC_P384,))
    assert rules(asked(), longer) == ["A00.FR.503"]
    assert rules(asked(by=new_key(KeyKind.EC_P521)), longer) == ["A00.FR.504"]
    lax = replace(policy_for(STATION), needs_organization=False, needs_common_name=False, not_address=False)
    assert rules(raw(KEY, hashes.SHA256()), lax) == []
    assert rules(asked("192.0.2.1"), lax) == []


def test_what_is_ordered_is_what_was_asked_for_and_no_more() -> None:
    parts = (
        (NameOID.COUNTRY_NAME, "DE"),
        (NameOID.STATE_OR_PROVINCE_NAME, "Hesse"),
        (NameOID.ORGANIZATION_NAME, "Volta"),
        (NameOID.COMMON_NAME, "SN-1"),
        (NameOID.EMAIL_ADDRESS, "a@b.example"),
        (NameOID.DOMAIN_COMPONENT, "CPO"),
    )
    csr = raw(KEY, hashes.SHA256(), x509.SubjectAlternativeName([x509.DNSName("csms.example")]), parts=parts)
    assert order_from(csr, STATION, NOW, UNTIL).subject.rfc4514_string() == "CN=SN-1,O=Volta,C=DE"
    assert order_from(csr, SECC, NOW, UNTIL).subject.rfc4514_string() == "DC=CPO,CN=SN-1,O=Volta,C=DE"
    assert order_from(csr, STATION, NOW, UNTIL).names == ()
    assert order_from(csr, SERVER, NOW, UNTIL).names == ("csms.example",)
    assert order_from(csr, SERVER, NOW, UNTIL, names=()).names == ()


def test_an_order_from_a_request_is_issued() -> None:
    order = order_from(asked(), STATION, NOW, UNTIL, ocsp="http://ca.example/ocsp", crl="http://ca.example/crl")
    made = issue(authority("csms-ca"), order)
    assert made.public_key() == KEY.public_key()
    assert made.not_valid_after_utc == UNTIL


def test_nobody_and_strange_keys_are_not_ordered() -> None:
    with pytest.raises(PkiFault, match="names nobody"):
        order_from(raw(KEY, hashes.SHA256()), STATION, NOW, UNTIL)
    with pytest.raises(PkiFault, match="neither EC nor RSA but Ed25519"):
        order_from(raw(ed25519.Ed25519PrivateKey.generate(), None), STATION, NOW, UNTIL)


def test_names_of_other_kinds_are_not_taken() -> None:
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier("https://csms.example")])
    csr = raw(
        KEY, hashes.SHA256(), names, parts=((NameOID.COMMON_NAME, "csms.example"), (NameOID.ORGANIZATION_NAME, "V"))
    )
    assert rules(csr, policy_for(SERVER, common_names=["csms.example"])) == ["A00.FR.510"]
    with pytest.raises(PkiFault, match="can be no name"):
        issue(authority("csms-ca"), order_from(csr, SERVER, NOW, UNTIL))


@settings(max_examples=25)
@given(
    common=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20),
    organization=st.sampled_from(["", "Volta"]),
)
def test_a_subject_that_passes_is_issued_as_it_was_asked_for(common: str, organization: str) -> None:
    csr = asked(common, organization)
    if not check_request(csr, policy_for(STATION)):
        made = issue(authority("csms-ca"), order_from(csr, STATION, NOW, UNTIL))
        assert made.subject == read_csr(csr).subject


@settings(max_examples=25)
@given(junk=st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_junk_is_one_breach(junk: str) -> None:
    assert rules(junk, _PLAIN) == ["A02.FR.12"]


def test_a_curve_that_is_not_known_is_a_breach() -> None:
    assert "A00.FR.504" in rules(
        asked(by=ec.generate_private_key(ec.BrainpoolP256R1())), replace(_PLAIN, keys=(KeyKind.EC_P256,))
    )
