"""The certificates of the bench: who takes which server certificate, what is signed, what is kept in a folder, what a request says."""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.clock import SystemClock
from pilotwire.conformance.runner.makers import MAKERS
from pilotwire.conformance.states import certificates201 as states
from pilotwire.conformance.values import Unresolved
from pilotwire.conformance.wire.authority import (
    CSMS_ROOT,
    EXPIRED_ROOT,
    MO_SUB_CA_2,
    NEW_CSMS_ROOT,
    SERVERS,
    UNKNOWN_ROOT,
    V2G_ROOT,
    V2G_SUB_CA_1,
    V2G_SUB_CA_2,
    Authority,
)
from pilotwire.conformance.wire.pki import (
    certificate_facts,
    csr_facts,
    is_strong,
    new_key,
    read_holder,
    serial_of,
    subject,
)
from pilotwire.errors import ConfigError, MisuseError
from tests.support.bench_scene import BenchScene

HOST = "csms.example.com"


@pytest.fixture
def authority() -> Authority:
    return Authority(HOST, SystemClock().now())


def request_for(name: str, key: Any = None) -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject(name))
    return builder.sign(key or new_key(), hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def shaken(server: ssl.SSLContext, client: ssl.SSLContext) -> ssl.SSLObject:
    """A handshake without a network; the client's end. Raises what the client raises."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    far = server.wrap_bio(to_server, to_client, server_side=True)
    near = client.wrap_bio(to_client, to_server, server_hostname=HOST)
    for _ in range(10):
        for end in (near, far):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
        if near.version() is not None and far.version() is not None and near.cipher() is not None:
            break
    return near


def trusting(authority: Authority, root: str = CSMS_ROOT, *, wildcards: bool = False) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authority.root(root).pem)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if not wildcards:
        setattr(context, "_host_flags", getattr(context, "_host_flags", 0) | 0x2)  # noqa: B010
    return context


# --- server certificates -----------------------------------------------------------------------------------------------------------


REASONS = {
    "expired": "has expired",
    "not yet valid": "not yet valid",
    "unknown issuer": "unable to get local issuer",
    "wrong name": "Hostname mismatch",
    "wildcard": "Hostname mismatch",
}


@pytest.mark.parametrize("kind", SERVERS)
def test_only_the_valid_server_certificate_is_taken(authority: Authority, kind: str) -> None:
    context = authority.context(server=kind)
    if kind == "valid":
        assert shaken(context, trusting(authority)).version() == "TLSv1.3"
        return
    with pytest.raises(ssl.SSLCertVerificationError, match=REASONS[kind]):
        shaken(context, trusting(authority))


def test_the_wildcard_is_one_for_the_host_and_wrong_in_nothing_else(authority: Authority) -> None:
    assert shaken(authority.context(server="wildcard"), trusting(authority, wildcards=True)).version() is not None


def test_a_server_under_the_new_root_is_not_known_by_the_old_one(authority: Authority) -> None:
    context = authority.context(NEW_CSMS_ROOT)
    assert shaken(context, trusting(authority, NEW_CSMS_ROOT)).version() is not None
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(context, trusting(authority))


def test_both_kinds_of_cipher_suites_can_be_agreed_on(authority: Authority) -> None:
    for suite in ("ECDHE-ECDSA-AES128-GCM-SHA256", "AES128-GCM-SHA256"):
        client = trusting(authority)
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        client.set_ciphers(suite)
        cipher = shaken(authority.context(), client).cipher()
        assert cipher is not None
        assert cipher[0] == suite


def test_an_endpoint_can_have_cipher_suites_of_its_own(authority: Authority) -> None:
    weak = authority.context(suites="ECDHE-ECDSA-AES128-SHA")
    client = trusting(authority)
    client.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    with pytest.raises(ssl.SSLError):
        shaken(weak, client)
    client.set_ciphers("ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
    assert shaken(weak, client).version() == "TLSv1.2"


def test_a_kind_that_does_not_exist_is_a_mistake(authority: Authority) -> None:
    with pytest.raises(MisuseError, match="no server certificate 'fine'"):
        authority.server("fine")


# --- roots and what they sign --------------------------------------------------------------------------------------------------------


def test_a_request_is_signed_with_the_sub_cas_above_it_and_without_the_root(authority: Authority) -> None:
    key = new_key()
    chain = authority.sign(request_for("SECC", key), V2G_SUB_CA_2)
    leaf, second, first = x509.load_pem_x509_certificates(chain.chain_pem.encode())
    leaf.verify_directly_issued_by(second)
    second.verify_directly_issued_by(first)
    first.verify_directly_issued_by(authority.root(V2G_ROOT).certificate)
    assert leaf.public_key() == key.public_key()
    assert authority.top(V2G_SUB_CA_2) is authority.top(V2G_SUB_CA_1) is authority.root(V2G_ROOT)


def test_an_expired_root_has_expired_and_a_contract_is_under_the_mobility_operator(authority: Authority) -> None:
    now = SystemClock().now()
    assert authority.root(EXPIRED_ROOT).certificate.not_valid_after_utc < now - timedelta(hours=1)
    authority.contract("DEPWC1").certificate.verify_directly_issued_by(authority.root(MO_SUB_CA_2).certificate)


def test_a_folder_keeps_what_was_made_and_gives_what_lies_there(tmp_path: Path) -> None:
    now = SystemClock().now()
    first = Authority(HOST, now, str(tmp_path))
    root, station = first.root(CSMS_ROOT), first.station("SN-1")
    again = Authority(HOST, now, str(tmp_path))
    assert again.root(CSMS_ROOT).certificate == root.certificate
    assert again.station("SN-1").key_pem == station.key_pem
    assert (tmp_path / "csms-root-key.pem").stat().st_mode & 0o077 == 0
    own = first.server()[0]
    (tmp_path / "server.pem").write_text(own.pem)
    (tmp_path / "server-key.pem").write_text(own.key_pem)
    assert [one.certificate for one in again.server()] == [own.certificate]
    assert again.server("expired")[0].certificate != own.certificate


def test_files_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    (tmp_path / "csms-root.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match="cannot be used"):
        Authority(HOST, SystemClock().now(), str(tmp_path)).root()
    (tmp_path / "csms-root.pem").write_text(Authority(HOST, SystemClock().now()).root().pem)
    with pytest.raises(ConfigError, match="is not in the folder"):
        Authority(HOST, SystemClock().now(), str(tmp_path)).server()
    assert read_holder(tmp_path, "nothing") is None


# --- what a request and a certificate say ----------------------------------------------------------------------------------------------


def test_a_good_request_says_its_key_and_name() -> None:
    facts = csr_facts(request_for("SN-1"))
    assert (facts["fault"], facts["key"], facts["strong"], facts["common_name"]) == ("", "EC 256", True, "SN-1")
    assert facts["organization"] == "Pilotwire bench"


@pytest.mark.parametrize(
    "text", [None, "", "MIIB", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"]
)
def test_what_is_no_request_has_a_fault(text: Any) -> None:
    assert csr_facts(text)["fault"]


def test_a_request_signed_with_another_key_has_a_fault() -> None:
    der = bytearray(x509.load_pem_x509_csr(request_for("SN-1").encode()).public_bytes(Encoding.DER))
    der[der.index(b"SN-1")] = ord("X")
    changed = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM).decode()
    assert csr_facts(changed)["fault"] == "it is not signed with its own key"


def test_short_keys_are_not_strong() -> None:
    assert not is_strong(ec.generate_private_key(ec.SECP192R1()).public_key())
    assert not is_strong(rsa.generate_private_key(65537, 1024).public_key())
    assert is_strong(ec.generate_private_key(ec.SECP224R1()).public_key())


def test_a_certificate_that_was_shown_says_whose_it_is(authority: Authority) -> None:
    shown = authority.station("SN-1").certificate
    facts = certificate_facts(shown.public_bytes(Encoding.DER))
    assert facts == {
        "certificate_name": "SN-1",
        "certificate_organization": "Pilotwire bench",
        "certificate_serial": serial_of(shown),
        "certificate_key": "EC 256",
        "certificate_strong": True,
    }
    assert certificate_facts(None) == {}
    assert "certificate_fault" in certificate_facts(b"x")


# --- checks and makers -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def scene(authority: Authority) -> Any:
    scene = BenchScene().scene
    scene.authority = authority
    return scene


def root_entry(scene: Any, root: str, kind: str = "CSMSRootCertificate", algorithm: str = "SHA384") -> dict[str, Any]:
    return {
        "certificateType": kind,
        "certificateHashData": MAKERS["root hashes"](scene, algorithm=algorithm, name=root),
    }


def test_a_root_is_listed_by_its_hashes_of_any_algorithm_and_its_type(scene: Any) -> None:
    listed = states.lists_root("CSMSRootCertificate")
    lacks = states.lacks_root("CSMSRootCertificate")
    for entry, there in (
        (root_entry(scene, CSMS_ROOT), True),
        (root_entry(scene, UNKNOWN_ROOT), False),
        (root_entry(scene, CSMS_ROOT, "MORootCertificate"), False),
    ):
        message = {"certificateHashDataChain": [entry]}
        assert listed.on(message, scene).passed is there
        assert lacks.on(message, scene).passed is not there
    assert not listed.on({}, scene).passed


def test_a_chain_is_listed_with_every_sub_ca(scene: Any) -> None:
    chain = MAKERS["signed"](scene, csr=request_for("SECC"), by=V2G_SUB_CA_2)
    scene.kept["v2g_chain"] = chain
    first, *children = MAKERS["chain hashes"](scene, chain=chain, by=V2G_SUB_CA_2, algorithm="SHA256")
    assert len(children) == 2
    entry = {
        "certificateType": "V2GCertificateChain",
        "certificateHashData": first,
        "childCertificateHashData": children,
    }
    check = states.lists_chain()
    assert check.on({"certificateHashDataChain": [entry]}, scene).passed
    for less in ({"childCertificateHashData": children[:1]}, {"certificateHashData": children[0]}):
        assert not check.on({"certificateHashDataChain": [entry | less]}, scene).passed


@pytest.mark.parametrize("kind", ["expired", "another key", "valid"])
def test_a_request_is_answered_with_a_certificate_of_a_kind(scene: Any, kind: str) -> None:
    key = new_key()
    chain = MAKERS["signed"](scene, csr=request_for("SN-1", key), kind=kind)
    (found,) = x509.load_pem_x509_certificates(chain.encode())
    found.verify_directly_issued_by(scene.authority.root().certificate)
    assert csr_facts(request_for("SN-1"))["common_name"] in found.subject.rfc4514_string()
    assert (found.not_valid_after_utc < SystemClock().now()) is (kind == "expired")
    assert (found.public_key() == key.public_key()) is (kind != "another key")


def test_a_folder_without_the_key_that_is_needed_ends_the_step(scene: Any, tmp_path: Path) -> None:
    (tmp_path / "csms-root.pem").write_text(scene.authority.root().pem)
    scene.authority = Authority(HOST, SystemClock().now(), str(tmp_path))
    assert scene.made("root") == (tmp_path / "csms-root.pem").read_text()
    with pytest.raises(Unresolved, match=r"no tls can be made: The key .* is not in the folder"):
        scene.made("tls")


def test_a_request_that_cannot_be_signed_ends_the_step_and_not_the_bench(scene: Any) -> None:
    with pytest.raises(Unresolved, match="cannot be signed"):
        MAKERS["signed"](scene, csr="nothing")


def test_requests_of_the_station_are_judged_by_what_they_say(scene: Any) -> None:
    scene.kept["secc"] = {"evse": None, "name": "SECC-1"}
    long = rsa.generate_private_key(65537, 2048)
    ours, by_rsa = {"csr": request_for("SECC-1")}, {"csr": request_for("another", long)}
    assert all(check.on(ours, scene).passed for check in (*states.STATION_CSR, states.CSR_EC_256))
    assert all(check.on(by_rsa, scene).passed for check in states.STATION_CSR)
    assert not states.CSR_EC_256.on(by_rsa, scene).passed
    assert states.CSR_EC_256.on(by_rsa, scene).found == "RSA 2048, common name 'another'"
    assert not any(check.on({}, scene).passed for check in (*states.STATION_CSR, states.CSR_EC_256))


def test_a_root_is_made_once_for_a_name(authority: Authority) -> None:
    assert authority.root() is authority.root(CSMS_ROOT)
    assert authority.root(UNKNOWN_ROOT).certificate != authority.root().certificate
