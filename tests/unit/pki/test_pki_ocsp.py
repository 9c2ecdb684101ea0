"""OCSP requests and responses: OpenSSL reads and judges ours, and we read and judge OpenSSL's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.pki import (
    Authority,
    Flaw,
    KeyKind,
    OcspFault,
    OcspFaultKind,
    PkiFault,
    Reason,
    Refusal,
    Responder,
    Revocation,
    Revoked,
    Standing,
    check_response,
    explain,
    issue,
    make_refusal,
    make_request,
    make_response,
    new_key,
    read_request,
    self_signed,
    write_key,
)
from tests.support.pki_forge import DAY, NOW
from tests.support.pki_houses import authority, chain, key, order
from tests.support.pki_openssl import needs_openssl, pem, run

CA = authority("csms-ca")
ISSUER = CA.certificate
STATION, OTHER = chain("station")[0], chain("station")[0]
REVOKED = Revoked(STATION.serial_number, NOW - DAY, Reason.SUPERSEDED)
NONCE = bytes(range(16))
ITSELF = Responder.of(CA)
DELEGATE = Responder(chain("ocsp-responder", under="csms-ca")[0], key("ocsp-responder"), ISSUER)
RESPONDERS = pytest.mark.parametrize("responder", [ITSELF, DELEGATE], ids=["itself", "delegated"])


def answer(
    standing: Standing | Revoked = Standing.GOOD,
    responder: Responder = ITSELF,
    nonce: bytes | None = None,
    at: datetime = NOW,
    lasts: timedelta | None = DAY,
) -> bytes:
    """A response about the station's certificate."""
    query = read_request(make_request(STATION, responder.issuer, nonce))
    return make_response(responder, query, standing, at, None if lasts is None else at + lasts)


@RESPONDERS
@pytest.mark.parametrize("standing", [Standing.GOOD, Standing.UNKNOWN, REVOKED], ids=["good", "unknown", "revoked"])
@pytest.mark.parametrize("nonce", [None, NONCE])
def test_what_was_answered_is_read(standing: Standing | Revoked, responder: Responder, nonce: bytes | None) -> None:
    verdict = check_response(answer(standing, responder, nonce), STATION, ISSUER, NOW, nonce)
    revoked = standing if isinstance(standing, Revoked) else None
    assert verdict.standing is (Standing.REVOKED if isinstance(standing, Revoked) else standing)
    assert verdict.revoked == revoked
    assert (verdict.this_update, verdict.next_update) == (NOW, NOW + DAY)


@pytest.mark.parametrize("algorithm", ["SHA1", "SHA256", "SHA384", "SHA512"])
def test_a_request_names_the_certificate_in_each_hash(algorithm: str) -> None:
    query = read_request(make_request(STATION, ISSUER, NONCE, algorithm=algorithm))
    assert (query.algorithm, query.serial, query.nonce) == (algorithm, STATION.serial_number, NONCE)
    assert query.is_to(ISSUER)
    assert not query.is_to(CA.above[0])
    response = make_response(ITSELF, query, Standing.GOOD, NOW)
    assert check_response(response, STATION, ISSUER, NOW).next_update is None


@needs_openssl
@pytest.mark.req("A00.FR.702")
@RESPONDERS
@pytest.mark.parametrize("standing", [Standing.GOOD, Standing.UNKNOWN, REVOKED], ids=["good", "unknown", "revoked"])
def test_openssl_reads_our_response(standing: Standing | Revoked, responder: Responder, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(pem(ISSUER))
    (tmp_path / "own.pem").write_bytes(pem(STATION))
    (tmp_path / "roots.pem").write_bytes(pem(*CA.above))
    made, said = run(tmp_path, "ocsp", "-issuer", "ca.pem", "-cert", "own.pem", "-reqout", "request.der")
    assert made, said
    query = read_request((tmp_path / "request.der").read_bytes())
    assert query.nonce is not None
    response = make_response(responder, query, standing, NOW, NOW + DAY)
    (tmp_path / "response.der").write_bytes(response)
    trusted = ("-respin", "response.der", "-CAfile", "roots.pem", "-attime", str(int(NOW.timestamp())))
    trusted += ("-verify_other", "ca.pem")
    good, said = run(tmp_path, "ocsp", "-reqin", "request.der", *trusted)
    assert good, said
    assert "Response verify OK" in said
    assert "nonce" not in said.lower(), "OpenSSL warns of a nonce that is missing, and fails at another one"
    asked = ("-issuer", "ca.pem", "-cert", "own.pem", "-no_nonce", "-validity_period", "999999999")
    good, said = run(tmp_path, "ocsp", *asked, *trusted)
    assert good, said
    word = "revoked" if isinstance(standing, Revoked) else str(standing)
    assert f"own.pem: {word}" in said
    assert "superseded" in said or not isinstance(standing, Revoked)


@needs_openssl
def test_we_read_the_response_of_openssl(tmp_path: Path) -> None:
    """Its responder counts from the machine's own time, so we look at that time."""
    (tmp_path / "ca.pem").write_bytes(pem(ISSUER))
    (tmp_path / "ca-key.pem").write_bytes(write_key(CA.key))
    serial = f"{STATION.serial_number:X}"
    serial = serial.zfill(len(serial) + len(serial) % 2)
    (tmp_path / "index.txt").write_text(f"R\t270101000000Z\t260501000000Z,keyCompromise\t{serial}\tunknown\t/CN=x\n")
    (tmp_path / "request.der").write_bytes(make_request(STATION, ISSUER, NONCE))
    good, said = run(
        tmp_path, "ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ca.pem", "-rkey", "ca-key.pem",
        "-reqin", "request.der", "-respout", "response.der", "-ndays", "3",
    )  # fmt: skip
    assert good, said
    content = (tmp_path / "response.der").read_bytes()
    at = ocsp.load_der_ocsp_response(content).this_update_utc
    verdict = check_response(content, STATION, ISSUER, at, NONCE)
    assert verdict.standing is Standing.REVOKED
    assert verdict.revoked is not None
    assert verdict.revoked.reason is Reason.KEY_COMPROMISE


def _forged(lacking: str) -> Responder:
    """A responder that may not answer."""
    if lacking == "OCSPSigning":
        return Responder(chain("csms-server")[0], key("csms-server"), ISSUER)
    if lacking == "the issuer":
        return Responder(chain("ocsp-responder", under="csms-root")[0], key("ocsp-responder"), ISSUER)
    short = replace(order("ocsp-responder"), until=NOW + DAY / 2)
    return Responder(issue(CA, short), key("ocsp-responder"), ISSUER)


def _altered() -> bytes:
    content = bytearray(answer())
    content[-4] ^= 1
    return bytes(content)


K = OcspFaultKind
FAULTS = [
    (K.UNREADABLE, b"", NOW, "cannot be read"),
    (K.UNREADABLE, b"OCSP", NOW, "cannot be read"),
    (K.REFUSED, make_refusal(Refusal.TRY_LATER), NOW, "could not tell: try later"),
    (K.SIGNATURE, _altered(), NOW, "is signed neither by"),
    (K.RESPONDER, answer(responder=_forged("OCSPSigning")), NOW, "without OCSPSigning"),
    (K.RESPONDER, answer(responder=_forged("the issuer")), NOW, "has its certificate not from"),
    (K.RESPONDER, answer(responder=_forged("time"), lasts=2 * DAY), NOW + DAY, "not valid now"),
    (K.NOT_YET, answer(at=NOW + DAY), NOW, "yet to come"),
    (K.OUT_OF_DATE, answer(), NOW + 2 * DAY, "out of date: a newer one was due on 2026-06-02 12:00 UTC"),
    (K.NONCE, answer(nonce=b"another nonce"), NOW, "another nonce"),
]


@pytest.mark.parametrize(("kind", "response", "now", "sentence"), FAULTS)
def test_a_response_that_is_not_good_is_told(kind: K, response: bytes, now: datetime, sentence: str) -> None:
    with pytest.raises(OcspFault, match=sentence) as told:
        check_response(response, STATION, ISSUER, now, NONCE)
    assert told.value.kind is kind
    assert told.value.remedy


def test_a_response_about_another_certificate_says_nothing_of_this_one() -> None:
    for certificate, issuer in ((OTHER, ISSUER), (STATION, CA.above[0])):
        with pytest.raises(OcspFault, match="about another certificate") as told:
            check_response(answer(), certificate, issuer, NOW)
        assert told.value.kind is K.ANOTHER_CERTIFICATE


def test_a_clock_may_be_some_minutes_off() -> None:
    early = answer(at=NOW + timedelta(minutes=4))
    assert check_response(early, STATION, ISSUER, NOW).standing is Standing.GOOD


def test_a_responder_with_an_rsa_key() -> None:
    own = new_key(KeyKind.RSA_2048)
    ca = Authority(self_signed(replace(order("csms-root"), public_key=own.public_key()), own), own)
    certificate = issue(ca, order("station"))
    response = make_response(
        Responder.of(ca), read_request(make_request(certificate, ca.certificate)), Standing.GOOD, NOW
    )
    assert check_response(response, certificate, ca.certificate, NOW).standing is Standing.GOOD


@pytest.mark.parametrize("refusal", list(Refusal))
def test_refusals_are_of_the_rfc(refusal: Refusal) -> None:
    status = ocsp.load_der_ocsp_response(make_refusal(refusal)).response_status
    assert status.name == refusal.name


def test_what_cannot_be_asked_or_answered_is_told() -> None:
    query = read_request(make_request(STATION, ISSUER))
    with pytest.raises(PkiFault, match="not for a certificate of"):
        make_response(Responder.of(authority("csms-root")), query, Standing.GOOD, NOW)
    for standing in (Standing.REVOKED, Revoked(5, NOW)):
        with pytest.raises(PkiFault, match="since when"):
            make_response(ITSELF, query, standing, NOW)
    with pytest.raises(PkiFault, match="cannot be made"):
        make_response(ITSELF, query, Standing.GOOD, NOW, NOW - DAY)
    for nonce in (b"", bytes(33)):
        with pytest.raises(PkiFault, match="1 to 32"):
            make_request(STATION, ISSUER, nonce)
    with pytest.raises(PkiFault, match="no hash"):
        make_request(STATION, ISSUER, algorithm="MD5")


@settings(max_examples=20)
@given(junk=st.binary(max_size=200))
def test_junk_is_no_request(junk: bytes) -> None:
    with pytest.raises(PkiFault, match="OCSP request"):
        read_request(junk)


def test_a_request_by_another_hash_is_told() -> None:
    builder = ocsp.OCSPRequestBuilder().add_certificate(STATION, ISSUER, hashes.SHA224())
    with pytest.raises(PkiFault, match="SHA224"):
        read_request(builder.build().public_bytes(Encoding.DER))


def test_a_chain_is_explained_with_what_responders_say() -> None:
    for standing, flaws in (
        (REVOKED, [Flaw.REVOKED]),
        (Standing.GOOD, []),
        (Standing.UNKNOWN, [Flaw.REVOCATION_UNKNOWN]),
    ):
        known = Revocation(responses=[answer(standing)], needed=True)
        found = explain([STATION], [], [ISSUER], NOW, revocation=known)
        assert [each.kind for each in found.defects] == flaws
