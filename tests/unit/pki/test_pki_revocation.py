"""CRLs: made, read, checked, looked up; OpenSSL agrees."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.pki import (
    Authority,
    Crl,
    Flaw,
    KeyKind,
    PkiFault,
    Reason,
    Revocation,
    Revoked,
    check_crl,
    crl_der,
    crl_pem,
    explain,
    look_up,
    make_crl,
    new_key,
    read_crl,
    self_signed,
)
from tests.support.pki_forge import DAY, NOW, Wish, root
from tests.support.pki_houses import authority, chain, order
from tests.support.pki_openssl import needs_openssl, run, verify

CA = authority("csms-ca")
ISSUER = CA.certificate
STATION, OTHER = chain("station")[0], chain("station")[0]
AT = NOW - DAY


def crl_of(*revoked: Revoked, ca: Authority = CA, number: int = 1, next_update: timedelta = DAY) -> Crl:
    """A CRL of today."""
    return make_crl(ca, revoked, number, NOW, NOW + next_update)


REVOKED = Revoked(STATION.serial_number, AT, Reason.KEY_COMPROMISE)


@pytest.mark.parametrize("reason", list(Reason))
def test_what_is_revoked_is_found_with_time_and_reason(reason: Reason) -> None:
    crl = read_crl(crl_der(crl_of(Revoked(STATION.serial_number, AT, reason))))
    check_crl(crl, ISSUER, NOW)
    assert look_up(crl, STATION) == Revoked(STATION.serial_number, AT, reason)
    assert look_up(crl, OTHER) is None


@settings(max_examples=15)
@given(
    serials=st.lists(st.integers(1, 2**158), unique=True, max_size=12),
    reason=st.sampled_from(Reason),
    number=st.integers(0, 2**150),
)
def test_a_crl_says_what_was_put_in(serials: list[int], reason: Reason, number: int) -> None:
    crl = read_crl(crl_pem(make_crl(CA, [Revoked(each, AT, reason) for each in serials], number, NOW, NOW + DAY)))
    assert sorted(each.serial_number for each in crl) == sorted(serials)
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == number


@needs_openssl
@pytest.mark.req("A00.FR.704")
def test_openssl_takes_the_crl_and_refuses_what_is_revoked(tmp_path: Path) -> None:
    crl = crl_of(REVOKED)
    (tmp_path / "crl.pem").write_text(crl_pem(crl))
    (tmp_path / "ca.pem").write_bytes(ISSUER.public_bytes(Encoding.PEM))
    good, said = run(tmp_path, "crl", "-in", "crl.pem", "-noout", "-CAfile", "ca.pem", "-verify")
    assert good, said
    assert "verify OK" in said
    _, text = run(tmp_path, "crl", "-in", "crl.pem", "-noout", "-text")
    assert "Key Compromise" in text
    for certificate, is_good in ((STATION, False), (OTHER, True)):
        good, said = verify(tmp_path, [certificate], [], [ISSUER], NOW, crl=crl_pem(crl).encode())
        assert good is is_good, said
        assert ("revoked" in said) is not is_good
        found = explain([certificate], [], [ISSUER], NOW, revocation=Revocation([crl], needed=True))
        assert found.good is is_good


def test_a_revoked_certificate_is_explained() -> None:
    found = explain([STATION], [], [ISSUER], NOW, revocation=Revocation([crl_of(REVOKED)]))
    (defect,) = found.defects
    assert defect.kind is Flaw.REVOKED
    assert defect.what.endswith("was revoked on 2026-05-31 12:00 UTC (keyCompromise).")


def test_without_a_crl_of_today_nothing_is_known() -> None:
    late, stranger = NOW + 2 * DAY, crl_of(ca=authority("csms-root"))
    for needed in (True, False):
        found = explain([STATION], [], [ISSUER], late, revocation=Revocation([crl_of()], needed=needed))
        assert [(each.kind, each.fatal) for each in found.defects] == [(Flaw.REVOCATION_UNKNOWN, needed)]
        assert "out of date" in found.defects[0].what
    assert explain([STATION], [], [ISSUER], NOW, revocation=Revocation([stranger])).defects == ()
    found = explain([STATION], [], [ISSUER], NOW, revocation=Revocation([stranger], needed=True))
    assert [each.kind for each in found.defects] == [Flaw.REVOCATION_UNKNOWN]


def _wrong() -> dict[str, tuple[Crl, x509.Certificate, timedelta, str]]:
    forged = Authority(root("forged").certificate, root("forged").key)
    mute = root("mute", usage=("key_cert_sign",))
    builder = x509.CertificateRevocationListBuilder().issuer_name(mute.certificate.subject).last_update(NOW)
    by_mute = builder.next_update(NOW + DAY).sign(mute.key, hashes.SHA256())
    new = root("forged", key="forged again").certificate
    whole = x509.CertificateRevocationListBuilder().issuer_name(forged.certificate.subject).last_update(NOW)
    delta = whole.next_update(NOW + DAY).add_extension(x509.DeltaCRLIndicator(1), critical=True)
    return {
        "another issuer": (crl_of(), authority("csms-root").certificate, timedelta(), "and not of"),
        "another key": (crl_of(ca=forged), new, timedelta(), "not signed with the key"),
        "may not sign CRLs": (by_mute, mute.certificate, timedelta(), "may not sign CRLs"),
        "out of date": (crl_of(), ISSUER, 2 * DAY, r"out of date: a newer one was due on 2026-06-02 12:00 UTC"),
        "yet to come": (crl_of(), ISSUER, -DAY, "yet to come"),
        "a delta": (delta.sign(forged.key, hashes.SHA256()), forged.certificate, timedelta(), "part or delta"),
    }


@pytest.mark.parametrize("which", list(_wrong()))
def test_a_crl_that_is_not_good_is_told(which: str) -> None:
    crl, issuer, later, sentence = _wrong()[which]
    with pytest.raises(PkiFault, match=sentence) as told:
        check_crl(crl, issuer, NOW + later)
    assert told.value.remedy


def test_an_rsa_ca_signs_crls_with_pss() -> None:
    key = new_key(KeyKind.RSA_2048)
    from dataclasses import replace

    ca = Authority(self_signed(replace(order("csms-root"), public_key=key.public_key()), key), key)
    check_crl(read_crl(crl_der(crl_of(ca=ca))), ca.certificate, NOW)


def test_what_cannot_be_a_crl_is_told() -> None:
    with pytest.raises(PkiFault, match="revoked twice"):
        crl_of(REVOKED, REVOKED)
    with pytest.raises(PkiFault, match="cannot be made"):
        crl_of(next_update=-DAY)
    with pytest.raises(PkiFault, match="cannot be made"):
        crl_of(Revoked(0, AT))
    mute = root("mute", usage=("key_cert_sign",))
    with pytest.raises(PkiFault, match="may not sign CRLs"):
        crl_of(ca=Authority(mute.certificate, mute.key))
    with pytest.raises(PkiFault, match="the certificate is of"):
        look_up(crl_of(), ROOT_LEAF)


ROOT_LEAF = root("elsewhere").signs(Wish("leaf")).certificate


@settings(max_examples=20)
@given(junk=st.binary(max_size=100) | st.text(max_size=50))
def test_junk_is_no_crl(junk: bytes | str) -> None:
    for content in (junk, f"-----BEGIN X509 CRL-----\n{junk!r}\n-----END X509 CRL-----"):
        with pytest.raises(PkiFault, match="CRL cannot be read"):
            read_crl(content)
