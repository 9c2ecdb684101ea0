"""Certificates in words, and when they are due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.pki import (
    PROFILES,
    days_left,
    describe,
    due,
    fingerprint,
    hosts_of,
    is_for_host,
    issue,
    profiles_like,
    serial_words,
    short_name,
    words_of,
)
from tests.support.pki_chains import UNKNOWN
from tests.support.pki_forge import DAY, NOW, root
from tests.support.pki_houses import HOSTS, authority, chain, order
from tests.support.pki_openssl import needs_openssl, pem, run

SERVER = issue(
    authority("csms-ca"),
    order("csms-server", ocsp="http://ca.example/ocsp", crl="http://ca.example/crl", issuer="http://ca.example/ca"),
)


def test_a_certificate_in_words() -> None:
    told = describe(SERVER, NOW)
    assert told.subject == "C=DE, O=Volta, CN=TLS server certificate of a CSMS"
    assert told.issuer == "C=DE, O=Volta, CN=CA under it, which signs servers and stations"
    assert (told.since, told.days_left) == (NOW, 397)
    assert (told.key, told.signature) == ("EC P-256", "ecdsa-with-SHA256")
    assert (told.is_ca, told.path_length, told.self_signed) == (False, None, False)
    assert (told.usages, told.names) == (("digital_signature",), HOSTS)
    assert (told.crls, told.responders) == (("http://ca.example/crl",), ("http://ca.example/ocsp",))
    assert told.issuers == ("http://ca.example/ca",)
    assert told.profiles[0] == "csms-server"
    assert told.authority_key_id == describe(authority("csms-ca").certificate, NOW).subject_key_id
    rows = dict(told.rows())
    assert rows["Valid"] == "2026-06-01 12:00 to 2027-07-03 12:00 UTC, 397 days left"
    assert rows["CA"] == "no"
    assert "Extended key usage" not in rows


def test_a_root_in_words() -> None:
    told = describe(chain("v2g-root")[0], NOW + timedelta(days=99999))
    assert (told.is_ca, told.self_signed, told.usages) == (True, True, ("key_cert_sign", "crl_sign"))
    rows = dict(told.rows())
    assert rows["Issuer"] == "itself"
    assert "ended" in rows["Valid"]
    assert dict(describe(chain("cpo-sub1")[0], NOW).rows())["CA"] == "yes, at most 1 CAs below it"


def test_what_is_not_understood_is_told() -> None:
    odd = root("odd", more=((UNKNOWN, True),)).certificate
    assert describe(odd, NOW).critical == ("1.3.6.1.4.1.99999.1",)


@needs_openssl
@pytest.mark.parametrize("name", ["csms-server", "secc", "v2g-root"])
def test_numbers_are_those_that_openssl_prints(name: str, tmp_path: Path) -> None:
    own = chain(name)[0]
    (tmp_path / "own.pem").write_bytes(pem(own))
    for digest, flag in (("SHA1", "-sha1"), ("SHA256", "-sha256")):
        _, said = run(tmp_path, "x509", "-in", "own.pem", "-noout", "-fingerprint", flag)
        assert said.strip().rpartition("=")[2] == fingerprint(own, digest)
    _, said = run(tmp_path, "x509", "-in", "own.pem", "-noout", "-serial")
    assert said.strip() == f"serial={serial_words(own)}"


@pytest.mark.parametrize("name", list(PROFILES))
def test_each_kind_is_recognized(name: str) -> None:
    """Roots and CAs of one hierarchy look alike but for their names: the kind itself is among those of the same look."""
    found = profiles_like(chain(name)[0])
    assert name in found
    alike = {(PROFILES[each].ca, PROFILES[each].domain) for each in found}
    assert alike == {(PROFILES[name].ca, PROFILES[name].domain)}


def test_what_looks_like_nothing_is_nothing() -> None:
    assert profiles_like(root("odd", ca=False, domain="XX").certificate) == ()


def test_names() -> None:
    own = root("CSMS 1").certificate
    assert (short_name(own), words_of(own.subject)) == ("CSMS 1", "O=Volta, CN=CSMS 1")
    assert words_of(x509.Name([])) == "(no name)"
    assert hosts_of(own) == ()
    assert hosts_of(SERVER) == HOSTS
    assert is_for_host(SERVER, "[192.0.2.7]")


def test_renewal_is_due_thirty_days_before_the_end() -> None:
    end = SERVER.not_valid_after_utc
    assert not due(SERVER, end - 31 * DAY)
    assert due(SERVER, end - 30 * DAY)
    assert due(SERVER, end + DAY)
    assert due(SERVER, NOW, days=9999) is False, "never in its first two thirds"
    assert due(SERVER, end - 10 * DAY, days=5) is False


@pytest.mark.req("A00.FR.701")
def test_what_lives_for_a_day_is_due_in_its_last_third() -> None:
    short = issue(authority("csms-ca"), replace(order("csms-server"), until=NOW + DAY))
    assert not due(short, NOW + timedelta(hours=15))
    assert due(short, NOW + timedelta(hours=16))


@given(hours=st.integers(-3000, 20000))
def test_days_left_are_whole_days(hours: int) -> None:
    left = days_left(SERVER, SERVER.not_valid_after_utc - timedelta(hours=hours))
    assert left == hours // 24
    assert (left < 0) is (hours < 0)
