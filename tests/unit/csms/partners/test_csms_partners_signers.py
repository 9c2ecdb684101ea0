"""Who signs the requests of stations: an authority asked by HTTP, and the one inside for a lab."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pilotwire.clock import ManualClock
from pilotwire.csms.gateway.lab_certificates import (
    make_lab,
    new_authority,
    pem_of,
    pem_of_key,
)
from pilotwire.csms.partners.chosen import chosen_partners
from pilotwire.csms.partners.http_contracts import HttpContracts
from pilotwire.csms.partners.http_signer import HttpSigner
from pilotwire.csms.partners.lab_signer import LabSigner, read_ca
from pilotwire.csms.partners.ports import PartnerFailed, SigningRefused
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.signing import check_chain
from pilotwire.domain.certificates import CertificateAction, EvCertificateAsked, EvCertificateVerdict, SigningUse
from pilotwire.errors import ConfigError
from pilotwire.pki import PROFILES, Authority, Order, issue
from tests.support.certificates import chain, csr
from tests.support.http_peer import HttpPeer, Reply, http_peer

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CSR = csr()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `pilotwire csms-certificates` makes it."""
    folder = tmp_path_factory.mktemp("lab")
    make_lab(folder, ["localhost"], [], NOW - timedelta(days=2))
    return folder


def lab_signer(lab: Path, days: int = 90) -> LabSigner:
    """The signer of that lab."""
    return LabSigner(read_ca(str(lab / "ca.pem"), str(lab / "ca-key.pem")), ManualClock(NOW), days)


_SHA256 = SHA256()


def request_with(key: Any, algorithm: Any = _SHA256) -> str:
    """A CSR with a subject of more than is asked for, and a subjectAltName."""
    names = ((NameOID.COUNTRY_NAME, "DE"), (NameOID.ORGANIZATION_NAME, "Volta"), (NameOID.COMMON_NAME, "SN-1"))
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
    )
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("csms.example")]), critical=False)
    return builder.sign(key, algorithm).public_bytes(Encoding.PEM).decode()


@pytest.mark.req("A00.FR.508", "A00.FR.509", "A00.FR.511", "A00.FR.512", "SEC16:A00.FR.508")
@pytest.mark.parametrize("use", [None, *SigningUse])
async def test_what_the_lab_signs(lab: Path, use: SigningUse | None) -> None:
    """The chain is for the key of the CSR, and of the CSR only organization and common name are taken."""
    asked = request_with(ec.generate_private_key(ec.SECP256R1()))
    given = await lab_signer(lab).sign("CS-1", asked, use)
    check_chain(given, asked)
    own, ca = x509.load_pem_x509_certificates(given.encode())
    assert ca == x509.load_pem_x509_certificate((lab / "ca.pem").read_bytes())
    assert own.subject.rfc4514_string() == "CN=SN-1,O=Volta"
    assert own.not_valid_before_utc <= NOW
    assert own.not_valid_after_utc == NOW + timedelta(days=90)
    kinds = {type(extension.value) for extension in own.extensions}
    assert x509.SubjectAlternativeName not in kinds
    assert not own.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = own.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.key_cert_sign
    if use is SigningUse.CHARGING_STATION:
        extended = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert list(extended) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    else:
        assert x509.ExtendedKeyUsage not in kinds
    again = x509.load_pem_x509_certificate((await lab_signer(lab).sign("CS-1", asked, use)).encode())
    assert again.serial_number != own.serial_number


@pytest.mark.req("A00.FR.505")
async def test_a_ca_with_an_rsa_key_signs_with_pss() -> None:
    """And its certificates do not outlive it."""
    root = new_authority("Root", NOW - timedelta(days=2), days=9)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sub")])
    since, until = NOW - timedelta(days=2), NOW + timedelta(days=3)
    sub = issue(root, Order(PROFILES["csms-ca"], name, key.public_key(), since, until))
    ca = Authority(sub, key, root.chain)
    given = await LabSigner(ca, ManualClock(NOW), 90).sign("CS-1", csr(), None)
    own, *above = x509.load_pem_x509_certificates(given.encode())
    assert above == [sub, root.certificate]
    assert isinstance(own.signature_algorithm_parameters, padding.PSS)
    assert own.not_valid_after_utc == sub.not_valid_after_utc
    late = ManualClock(NOW + timedelta(days=9))
    with pytest.raises(PartnerFailed, match="expired"):
        await LabSigner(ca, late, 90).sign("CS-1", csr(), None)


@pytest.mark.req("A00.FR.501", "A00.FR.502", "A00.FR.503")
@pytest.mark.parametrize(
    ("request_text", "why"),
    [
        (request_with(rsa.generate_private_key(public_exponent=65537, key_size=1024)), "1024 bits"),
        (request_with(ec.generate_private_key(ec.SECP192R1())), "secp192r1"),
        (request_with(ed25519.Ed25519PrivateKey.generate(), None), "neither"),
        ("hello", "cannot be read"),
    ],
)
async def test_what_the_lab_does_not_sign(lab: Path, request_text: str, why: str) -> None:
    """Keys that are too weak; for good."""
    with pytest.raises(SigningRefused, match=why):
        await lab_signer(lab).sign("CS-1", request_text, None)


def test_a_ca_that_cannot_be_used(lab: Path, tmp_path: Path) -> None:
    """Is told at the start."""
    other = tmp_path / "other.pem"
    other.write_bytes(pem_of_key(ec.generate_private_key(ec.SECP256R1())))
    odd = tmp_path / "odd.pem"
    odd.write_bytes(pem_of(new_authority("Odd", NOW).certificate))
    ca, key = str(lab / "ca.pem"), str(lab / "ca-key.pem")
    for given in (
        {"lab_ca_certificate": ca},
        {"lab_ca_key": key},
        {"lab_ca_certificate": ca, "lab_ca_key": str(other)},
        {"lab_ca_certificate": ca, "lab_ca_key": str(odd)},
        {"lab_ca_certificate": str(tmp_path / "none.pem"), "lab_ca_key": key},
        {"lab_ca_certificate": ca, "lab_ca_key": key, "signer_url": "http://ca.example"},
    ):
        with pytest.raises(ConfigError):
            chosen_partners(CsmsSettings(**given), ManualClock(NOW))
    named = CsmsSettings(lab_ca_certificate=ca, lab_ca_key=key, contracts_url="http://pool.example")
    partners = chosen_partners(named, ManualClock(NOW))
    assert isinstance(partners.signer, LabSigner)
    assert isinstance(partners.contracts, HttpContracts)
    alone = chosen_partners(CsmsSettings(), ManualClock(NOW))
    assert (alone.signer, alone.contracts) == (None, None)


@pytest.fixture
def peer() -> Iterator[HttpPeer]:
    with http_peer(lambda _asked: Reply(chain().encode())) as peer:
        yield peer


async def test_an_authority_is_asked_by_http(peer: HttpPeer) -> None:
    """With the request, its station and its type; it may answer with PEM or JSON."""
    signer = HttpSigner(f"{peer.url}/sign", 5, "secret")
    assert await signer.sign("CS-1", CSR, SigningUse.V2G) == chain()
    peer.answer = lambda _asked: Reply(json.dumps({"certificateChain": chain()}).encode())
    assert await signer.sign("CS-1", CSR, None) == chain()
    first, second = peer.asked
    assert (first.method, first.path, first.headers["authorization"]) == ("POST", "/sign", "Bearer secret")
    assert json.loads(first.body) == {"station": "CS-1", "certificateType": "V2GCertificate", "csr": CSR}
    assert json.loads(second.body)["certificateType"] is None


@pytest.mark.parametrize(
    ("reply", "error", "why"),
    [
        (Reply(b'{"detail": "not ours"}', 422), SigningRefused, "not ours"),
        (Reply(b"no\x00such station", 404), SigningRefused, "no such station"),
        (Reply(b"", 403), SigningRefused, "status 403"),
        (Reply(b"", 503), PartnerFailed, "503"),
        (Reply(b"", 307, {"location": "/elsewhere"}), PartnerFailed, "307"),
        (Reply(b"hello"), PartnerFailed, "no chain"),
        (Reply(b"\xff" * 1_000_001), PartnerFailed, "1000000 bytes"),
    ],
)
async def test_what_an_authority_may_answer_instead(
    peer: HttpPeer, reply: Reply, error: type[Exception], why: str
) -> None:
    """A refusal is for good, the rest may go better later."""
    peer.answer = lambda _asked: reply
    with pytest.raises(error, match=why):
        await HttpSigner(peer.url, 5).sign("CS-1", csr(), None)
    assert len(peer.asked) == 1
    assert "authorization" not in peer.asked[0].headers


async def test_partners_that_do_not_answer(peer: HttpPeer) -> None:
    """In time, or at all."""
    peer.answer = peer.slow
    with pytest.raises(PartnerFailed, match="did not answer"):
        await HttpSigner(peer.url, 0.2).sign("CS-1", csr(), None)
    with pytest.raises(PartnerFailed, match="could not be asked"):
        await HttpSigner("http://127.0.0.1:1/", 5).sign("CS-1", csr(), None)


ASKED = EvCertificateAsked(schema_version="urn:iso", action=CertificateAction.UPDATE, exi_request="gJgC")


async def test_a_pool_of_contracts_is_asked_by_http(peer: HttpPeer) -> None:
    """With all that the station said."""
    told = {"status": "Accepted", "exiResponse": "gAAA", "remainingContracts": 2}
    peer.answer = lambda _asked: Reply(json.dumps(told).encode())
    asked = EvCertificateAsked(
        schema_version="urn:iso",
        action=CertificateAction.INSTALL,
        exi_request="gJgC",
        max_chains=3,
        prioritized_emaids=("DE8AAA1B2C3D4E5",),
    )
    found = await HttpContracts(peer.url, 5, "secret").certificate("CS-1", asked)
    assert found == EvCertificateVerdict(accepted=True, exi_response="gAAA", remaining=2)
    assert peer.asked[0].headers["authorization"] == "Bearer secret"
    assert json.loads(peer.asked[0].body) == {
        "station": "CS-1",
        "iso15118SchemaVersion": "urn:iso",
        "action": "Install",
        "exiRequest": "gJgC",
        "maximumContractCertificateChains": 3,
        "prioritizedEMAIDs": ["DE8AAA1B2C3D4E5"],
    }


async def test_a_pool_that_has_no_contract(peer: HttpPeer) -> None:
    """Says why, or not."""
    peer.answer = lambda _asked: Reply(b'{"status": "Failed", "reason": "unknown PCID"}')
    assert (await HttpContracts(peer.url, 5).certificate("CS-1", ASKED)).reason == "unknown PCID"
    peer.answer = lambda _asked: Reply(b'{"status": "Failed"}')
    found = await HttpContracts(peer.url, 5).certificate("CS-1", ASKED)
    assert (found.accepted, found.reason is None) == (False, False)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"hello"),
        Reply(b'{"status": "Perhaps"}'),
        Reply(b'{"status": "Accepted"}'),
        Reply(b'{"status": "Accepted", "exiResponse": "gA", "remainingContracts": -1}'),
        Reply(b"{}", 500),
    ],
)
async def test_a_pool_that_talks_nonsense(peer: HttpPeer, reply: Reply) -> None:
    """Has not answered."""
    peer.answer = lambda _asked: reply
    with pytest.raises(PartnerFailed):
        await HttpContracts(peer.url, 5).certificate("CS-1", ASKED)
