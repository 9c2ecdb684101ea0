"""The PKI kit: each certificate is what it says, and wrong in nothing but what it says; CRLs, OCSP, files, and what cannot be asked."""

from __future__ import annotations

import base64
import json
import re
import ssl
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509 import ocsp, verification
from httpx import AsyncClient

from pilotwire.clock import ManualClock
from pilotwire.conformance.benches.ports import ActFailed, Endpoint
from pilotwire.conformance.cases.ocpp201.station.a_security.a00_connecting import TC_A_07_CS
from pilotwire.conformance.catalogue import catalogue
from pilotwire.conformance.certify.pki_kit import make_kit, read_kit
from pilotwire.conformance.certify.pki_kit_entries import entries_of
from pilotwire.conformance.certify.pki_kit_serve import Responding
from pilotwire.conformance.certify.pki_kit_words import REASONS, Asked, Fault, Group
from pilotwire.conformance.features import claims_all
from pilotwire.conformance.language import Case
from pilotwire.conformance.runner.one import Setting, play_station_case
from pilotwire.conformance.settings import read_settings
from pilotwire.conformance.wire.authority import (
    EXPIRED_ROOT,
    MANUFACTURER_ROOT,
    MO_SUB_CA_2,
    NEW_CSMS_ROOT,
    STATION_ROOT,
    V2G_SUB_CA_2,
    Authority,
)
from pilotwire.errors import ConfigError
from pilotwire.pki import ChainFault, check_chain
from pilotwire.serving import WebServer
from tests.support.kit_judge import ROOTS, Judge

HOST, SERIAL = "csms.lab.example", "SN-0815"
ASKED = Asked(date(2026, 3, 1), (HOST, "10.0.0.7"), (SERIAL,), "http://lab.example:8088")
LATER = datetime(2026, 9, 1, 8, tzinfo=UTC)
"""When the kit is used: half a year after it was made."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("lab") / "kit"
    make_kit(made, ASKED)
    return made


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """The same kit made a second time, with signatures of the older kind."""
    made = tmp_path_factory.mktemp("again")
    make_kit(made, replace(ASKED, pss=False))
    return Judge(made, HOST, SERIAL)


@pytest.fixture(scope="module")
def judge(folder: Path) -> Judge:
    return Judge(folder, HOST, SERIAL)


# --- good and broken ---------------------------------------------------------------------------------------------------------------


@pytest.mark.req("A00.FR.404", "A00.FR.405", "A00.FR.502", "A00.FR.503", "A00.FR.510", "A00.FR.511", "A00.FR.512")
def test_each_certificate_is_wrong_in_what_it_says_and_in_nothing_else(judge: Judge) -> None:
    said = {name: one["fault"] for name, one in judge.listed.items() if not _is_ca(judge.chain(name)[0])}
    found = {name: judge.faults(name) for name in said}
    assert found == {name: {fault} - {""} for name, fault in said.items()}
    assert set(said.values()) == {*map(str, REASONS), ""}, "each fault there is a word for is in the kit"


def test_the_new_root_is_signed_by_the_old_one_and_trusted_by_itself(judge: Judge) -> None:
    leaf, *above = judge.chain("server-new-root")
    judge.verify(leaf, above, ("new-csms-root",))
    judge.chain("new-csms-root")[0].verify_directly_issued_by(judge.chain("csms-root")[0])
    with pytest.raises(ValueError):
        judge.chain("second-csms-root")[0].verify_directly_issued_by(judge.chain("csms-root")[0])


def test_a_server_is_found_by_its_names_and_a_wrong_one_by_its_own(judge: Judge) -> None:
    def verify(name: str, host: str) -> None:
        leaf, *above = judge.chain(name)
        policy = verification.PolicyBuilder().store(verification.Store([judge.chain("csms-root")[0]])).time(judge.at)
        policy.build_server_verifier(x509.DNSName(host)).verify(leaf, above)

    verify("server", HOST)
    verify("server-wrong-name", "other.example")
    verify("server-wildcard", "any.lab.example")
    with pytest.raises(verification.VerificationError, match="no matching subjectAltName"):
        verify("server-wrong-name", HOST)


def test_what_is_out_of_time_is_good_in_its_time(judge: Judge) -> None:
    for name, day in (("server-expired", date(2026, 1, 15)), ("server-not-yet-valid", date(2027, 6, 1))):
        leaf, *above = judge.chain(name)
        judge.verify(leaf, above, ROOTS, datetime(day.year, day.month, day.day, tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("server", ""),
        ("server-rsa", ""),
        ("station-SN-0815-expired", "expired"),
        ("server-not-yet-valid", "not-yet-valid"),
        ("server-weak", "weak"),
        ("server-weak-rsa", "weak"),
        ("server-unknown-issuer", "no-root"),
        ("server-missing-intermediate", "no-root"),
        ("server-issuer-is-no-ca", "broken"),
        ("server-broken-signature-rsa", "broken"),
    ],
)
def test_our_own_station_and_csms_see_it_so_too(judge: Judge, name: str, fault: str) -> None:
    roots = [judge.chain(root)[0] for root in ROOTS]
    if not fault:
        check_chain(judge.chain(name), roots, judge.at)
        return
    with pytest.raises(ChainFault) as caught:
        check_chain(judge.chain(name), roots, judge.at)
    assert caught.value.fault == fault


def test_what_is_broken_has_the_key_of_the_good_one_unless_the_key_is_at_fault(judge: Judge) -> None:
    for good in ("server", "server-rsa", f"station-{SERIAL}", "secc"):
        key = judge.chain(good)[0].public_key()
        stem, end = good.removesuffix("-rsa"), "-rsa" if good.endswith("-rsa") else ""
        for fault in REASONS:
            name = f"{stem}-{fault.lower().replace(' ', '-')}{end}"
            if name in judge.listed:
                same = judge.chain(name)[0].public_key() == key
                assert same is (fault not in (Fault.WEAK, Fault.WRONG_CURVE)), name


@pytest.mark.req("A00.FR.505", "A00.FR.506")
def test_rsa_authorities_sign_by_pss_unless_told_otherwise(judge: Judge, again: Judge) -> None:
    for name in ("csms-sub-ca-rsa", "server-rsa"):
        assert isinstance(judge.chain(name)[0].signature_algorithm_parameters, padding.PSS)
        assert isinstance(again.chain(name)[0].signature_algorithm_parameters, padding.PKCS1v15)
    assert again.faults("server-rsa") == set()


def test_stations_and_plug_and_charge_can_be_left_out() -> None:
    plain = entries_of(replace(ASKED, plug_and_charge=False, stations=()))
    names = {entry.name for entry in plain}
    assert {entry.by for entry in plain} <= names | {""}
    assert not {
        name for name in names if name.startswith(("v2g", "cps", "mo-", "oem", "secc", "contract", "station-S"))
    }
    two = entries_of(replace(ASKED, stations=("A", "B")))
    assert {"station-A-expired", "station-B", "station-B-rsa"} <= {entry.name for entry in two}


def _is_ca(certificate: x509.Certificate) -> bool:
    return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


# --- files -------------------------------------------------------------------------------------------------------------------------


def test_each_certificate_is_there_in_every_form_with_its_key(folder: Path, judge: Judge) -> None:
    for name, listed in judge.listed.items():
        pem, key = judge.chain(name)[0], judge.key(name)
        assert key.public_key() == pem.public_key()
        assert (folder / "der" / f"{name}.cer").read_bytes() == pem.public_bytes(Encoding.DER)
        assert listed["sha256"] == pem.fingerprint(SHA256()).hex()
        assert not [one for one in listed["files"] if not (folder / one).is_file()]
        assert (folder / "pem" / f"{name}-key.pem").stat().st_mode & 0o077 == 0
        assert (folder / "p12" / f"{name}.p12").is_file()


@pytest.mark.parametrize("name", ["server", "station-SN-0815-rsa", "server-missing-intermediate"])
def test_a_pkcs12_file_has_all_of_it_and_opens_with_the_password(folder: Path, judge: Judge, name: str) -> None:
    passwords = dict(line.split(": ") for line in (folder / "passwords.txt").read_text().splitlines())
    content = (folder / "p12" / f"{name}.p12").read_bytes()
    packed = pkcs12.load_pkcs12(content, passwords["PKCS #12 files"].encode())
    assert packed.cert is not None
    assert [packed.cert.certificate, *(one.certificate for one in packed.additional_certs)] == judge.chain(name)
    assert packed.key is not None
    assert packed.key.public_key() == judge.key(name).public_key()
    with pytest.raises(ValueError):
        pkcs12.load_pkcs12(content, b"another")
    assert (folder / "passwords.txt").stat().st_mode & 0o077 == 0
    assert 16 <= len(passwords[f"Basic authentication of {SERIAL}"]) <= 40


def test_the_readme_tells_of_every_certificate_and_names_cases_that_there_are(folder: Path, judge: Judge) -> None:
    readme = (folder / "README.md").read_text()
    assert [name for name in judge.listed if f"| `{name}` |" not in readme] == []
    assert [group for group in Group if f"\n## {group}\n" not in readme] == []
    named = {case for one in judge.listed.values() for case in one["cases"]}
    assert named - set(catalogue()) == set()
    assert named <= set(re.findall(r"TC_\w+", readme))


def test_names_and_times_are_the_same_for_the_same_question(judge: Judge, again: Judge) -> None:
    files = [{str(path.relative_to(one.folder)) for path in one.folder.rglob("*")} for one in (judge, again)]
    assert files[0] == files[1]
    told = ("name", "subject", "issuer", "since", "until", "files", "cases", "key")
    first, second = ([[one[key] for key in told] for one in kit.listed.values()] for kit in (judge, again))
    assert first == second


def test_the_bench_finds_its_certificates_in_the_kit(folder: Path, judge: Judge) -> None:
    before = {path.name for path in (folder / "pem").iterdir()}
    bench = Authority(HOST, judge.at, str(folder / "pem"))
    for name in (EXPIRED_ROOT, MANUFACTURER_ROOT, MO_SUB_CA_2, NEW_CSMS_ROOT, STATION_ROOT, V2G_SUB_CA_2):
        assert bench.root(name).certificate == judge.chain(name.replace(" ", "-"))[0]
    for kind in ("expired", "not yet valid", "unknown issuer", "wrong name", "wildcard"):
        (server,) = bench.server(kind)
        assert server.certificate == judge.chain(f"server-{kind.replace(' ', '-')}")[0]
    assert bench.station(SERIAL).certificate == judge.chain(f"station-{SERIAL}")[0]
    assert bench.firmware_signer("expired").certificate == judge.chain("firmware-signer-expired")[0]
    assert bench.contract(ASKED.emaid).certificate == judge.chain(f"contract-{ASKED.emaid}")[0]
    assert {path.name for path in (folder / "pem").iterdir()} == before, "the bench had to make none of its own"


class _Hands:
    """Hands on a station that see what it is given, and then cannot do anything with it."""

    makes_stations = True
    given: Endpoint

    async def begin(self, case: Case, endpoint: Endpoint, settings: Any) -> None:
        self.given = endpoint
        raise ActFailed("nobody is there")

    async def act(self, name: str, details: Any) -> dict[str, Any]:
        raise ActFailed("nobody is there")

    async def end(self) -> None:
        pass


async def test_a_station_of_profile_3_is_given_the_sub_ca_with_its_certificate(folder: Path, judge: Judge) -> None:
    """The bench trusts roots, and the kit's certificate is under a sub-CA: alone it would not do."""
    said = {"certificates": str(folder / "pem"), "serial_number": SERIAL, "security_profile": 3}
    hands = _Hands()
    await play_station_case(TC_A_07_CS, Setting(read_settings(said), claims_all()), hands)
    assert hands.given.certificate_chain == (folder / "pem" / f"station-{SERIAL}.pem").read_text()
    assert x509.load_pem_x509_certificates(hands.given.certificate_chain.encode()) == judge.chain(f"station-{SERIAL}")


@pytest.mark.parametrize("end", ["", "-rsa"])
def test_tls_with_both_ends_of_the_kit(folder: Path, judge: Judge, end: str) -> None:
    """Security profile 3: the whole chain is good for a TLS library too."""
    pem, name = folder / "pem", f"station-{SERIAL}{end}"
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.load_cert_chain(pem / f"server{end}.pem", pem / f"server{end}-key.pem")
    server.load_verify_locations(pem / "trusted-by-the-csms.pem")
    server.verify_mode = ssl.CERT_REQUIRED
    client.load_cert_chain(pem / f"{name}.pem", pem / f"{name}-key.pem")
    client.load_verify_locations(pem / f"csms-root{end}.pem")
    for context in (server, client):
        context.verify_flags |= 0x200000  # X509_V_FLAG_NO_CHECK_TIME: the library has no clock but the machine's
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = server.wrap_bio(up, down, server_side=True), client.wrap_bio(down, up, server_hostname=HOST)
    for one in (ends[1], ends[0], ends[1], ends[0]):
        try:
            one.do_handshake()
        except ssl.SSLWantReadError:
            continue
    assert ends[0].getpeercert(binary_form=True) == judge.chain(name)[0].public_bytes(Encoding.DER)


# --- who answers for them ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def responding(folder: Path) -> Responding:
    return Responding(read_kit(folder), ManualClock(LATER))


def _question(judge: Judge, name: str, algorithm: Any = None) -> bytes:
    leaf, issuer = judge.chain(name)[0], judge.chain(judge.listed[name]["issuer"])[0]
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, algorithm or SHA256())
    return builder.add_extension(x509.OCSPNonce(b"0123456789abcdef"), False).build().public_bytes(Encoding.DER)


def test_the_responder_says_revoked_of_what_is_and_good_of_all_else(judge: Judge, responding: Responding) -> None:
    told = {}
    for name, listed in judge.listed.items():
        if listed["issuer"] == name:
            continue
        answer = responding.answer("POST", "/ocsp", _question(judge, name))
        said = ocsp.load_der_ocsp_response(answer.body)
        signer: Any = judge.chain(listed["issuer"])[0].public_key()
        how = (padding.PKCS1v15(), SHA256()) if listed["issuer"].endswith("-rsa") else (ec.ECDSA(SHA256()),)
        signer.verify(said.signature, said.tbs_response_bytes, *how)
        assert said.this_update_utc < LATER < (said.next_update_utc or LATER)
        assert said.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"0123456789abcdef"
        told[name] = said.certificate_status.name.lower()
    assert {name for name, status in told.items() if status == "revoked"} == {
        name for name, one in judge.listed.items() if one["fault"] == "revoked"
    }
    assert set(told.values()) == {"good", "revoked"}


def test_it_can_be_asked_by_get_and_with_another_hash(judge: Judge, responding: Responding) -> None:
    by_url = quote(base64.b64encode(_question(judge, "server-revoked", SHA1())).decode(), safe="")
    for path in (f"/ocsp/{by_url}", f"/ocsp/{by_url.replace('%2F', '/')}"):
        answer = responding.answer("GET", path)
        assert (answer.status, answer.kind) == (200, "application/ocsp-response")
        assert answer.told == "OCSP: server-revoked is revoked."
        assert ocsp.load_der_ocsp_response(answer.body).revocation_time_utc == datetime(2026, 2, 28, tzinfo=UTC)


def test_the_places_that_certificates_name_answer(judge: Judge, responding: Responding) -> None:
    for name in ("server-revoked", "server-revoked-rsa", "contract-NLTNMC0000001X1-revoked", "firmware-signer-revoked"):
        extensions = judge.chain(name)[0].extensions
        (access,) = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        assert access.access_location.value == "http://lab.example:8088/ocsp"
        (point,) = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        assert point.full_name is not None
        answer = responding.answer("GET", point.full_name[0].value.removeprefix("http://lab.example:8088"))
        assert answer.kind == "application/pkix-crl"
        crl = x509.load_der_x509_crl(answer.body)
        signer: Any = judge.chain(judge.listed[name]["issuer"])[0].public_key()
        assert crl.is_signature_valid(signer)
        assert crl.last_update_utc < LATER < (crl.next_update_utc or LATER) < LATER + timedelta(days=30)
        assert crl.get_revoked_certificate_by_serial_number(judge.chain(name)[0].serial_number) is not None


def test_other_questions_are_refused(again: Judge, responding: Responding) -> None:
    def status(answer: Any) -> str:
        return ocsp.load_der_ocsp_response(answer.body).response_status.name

    assert status(responding.answer("POST", "/ocsp", b"no question")) == "MALFORMED_REQUEST"
    assert status(responding.answer("GET", "/ocsp/%%%")) == "MALFORMED_REQUEST"
    assert status(responding.answer("POST", "/ocsp", _question(again, "server"))) == "UNAUTHORIZED"
    for method, path in (("GET", "/"), ("POST", "/crl/csms-root.crl"), ("GET", "/crl/../kit.json"), ("GET", "/ocsp")):
        assert responding.answer(method, path).status == 404


async def test_it_is_asked_over_http(folder: Path, judge: Judge) -> None:
    told: list[str] = []
    responding = Responding(read_kit(folder), ManualClock(LATER), told.append)
    async with (
        WebServer(responding, "127.0.0.1", 0, name="responder") as server,
        AsyncClient(base_url=server.url) as http,
    ):
        good = await http.post("/ocsp", content=_question(judge, "server"))
        assert ocsp.load_der_ocsp_response(good.content).certificate_status is ocsp.OCSPCertStatus.GOOD
        by_url = quote(base64.b64encode(_question(judge, "server-revoked")).decode(), safe="")
        assert (await http.get(f"/ocsp/{by_url}")).headers["content-type"] == "application/ocsp-response"
        assert len(x509.load_der_x509_crl((await http.get("/crl/csms-sub-ca.crl")).content)) == 2
        assert (await http.post("/ocsp", content=b"x" * 70_000)).status_code == 413
        assert (await http.get("/passwords.txt")).status_code == 404
    assert told == [
        "OCSP: server is good.",
        "OCSP: server-revoked is revoked.",
        "CRL of csms-sub-ca: 2 revoked.",
        "A question that is too long.",
        "GET /passwords.txt: nothing is there.",
    ]


# --- what cannot be --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"stations": ("10.1.2.3",)}, "is an address, which no station's certificate may be for .A00.FR.511."),
        ({"stations": ("wss://x",)}, "is an address"),
        ({"stations": ("../up",)}, "cannot be the serial number"),
        ({"stations": ("A", "A")}, "Two certificates of the kit would be called station-A"),
        ({"stations": ("A", "A-rsa")}, "Two certificates of the kit would be called station-A-rsa"),
        ({"hosts": ("wss://csms.example",)}, "is no name of a host"),
        ({"emaid": "NL-TNM-1"}, "is no eMAID"),
        ({"secc": "a/b"}, "is no SECC identifier"),
        ({"owner": ""}, "is no organizationName"),
        ({"owner": "a\nb"}, "is no organizationName"),
        ({"day": date(9999, 12, 1)}, "cannot be of 9999-12-01"),
        ({"url": "https://lab.example"}, "The responder cannot be at"),
        ({"url": "http://lab.example:port"}, "The responder cannot be at"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence_and_makes_nothing(tmp_path: Path, wrong: Any, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        make_kit(tmp_path / "kit", replace(ASKED, **wrong))
    assert not (tmp_path / "kit").exists()


def test_a_kit_is_not_mixed_with_other_files(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"something in .* already"):
        make_kit(tmp_path, ASKED)
    with pytest.raises(ConfigError, match=r"No kit can be made in .*: Not a directory"):
        make_kit(tmp_path / "mine.txt" / "kit", ASKED)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_kit_that_is_not_whole_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no kit in .*No such file"):
        read_kit(tmp_path)
    manifest = (folder / "kit.json").read_text()
    for text in (
        "{",
        "[]",
        json.dumps(json.loads(manifest) | {"kit": 99}),
        json.dumps(json.loads(manifest) | {"hosts": 5}),
    ):
        (tmp_path / "kit.json").write_text(text)
        with pytest.raises(ConfigError, match=r"There is no kit in .* cannot be read"):
            read_kit(tmp_path)
    (tmp_path / "kit.json").write_text(manifest)
    with pytest.raises(ConfigError, match=r"not whole: pem/csms-root.pem is missing"):
        read_kit(tmp_path)
