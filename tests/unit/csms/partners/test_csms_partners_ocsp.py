"""Revocation asked for over real HTTP: what counts, what does not, and what is never asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from pilotwire.clock import ManualClock
from pilotwire.csms.partners.ocsp import WebRevocation
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.csms.partners.public_web import PublicWeb, is_public
from pilotwire.domain.certificates import CertificateHash, ChainLink, HashAlgorithm, RevocationStatus, StatusSource
from pilotwire.domain.kinds import changed
from tests.support.http_peer import Asked, HttpPeer, Reply, http_peer
from tests.support.revocation import NOW, Statuses, crl, made, named, response

LEAF = made("leaf")
ISSUER = made("issuer")
APPOINTED = made("appointed", ocsp_signing=True, serial=0x55)
NOT_APPOINTED = made("not appointed", serial=0x56)
OTHER = made("other", serial=0x2A)


@pytest.fixture
def peer() -> Iterator[HttpPeer]:
    with http_peer(lambda _asked: Reply(response(LEAF))) as peer:
        yield peer


def checker(clock: ManualClock | None = None, *, timeout: float = 5.0, private: bool = True) -> WebRevocation:
    """One that asks this machine."""
    return WebRevocation(PublicWeb(timeout, private=private), clock or ManualClock(NOW))


def link(*urls: str, certificate: CertificateHash | None = None, source: StatusSource = StatusSource.OCSP) -> ChainLink:
    """What a station asks."""
    return ChainLink(certificate=certificate or named(LEAF), source=source, urls=urls)


@pytest.mark.req("M06.FR.02", "M06.FR.08", "M06.FR.09", "M07.FR.01", "M07.FR.03")
@pytest.mark.parametrize("algorithm", HashAlgorithm)
@pytest.mark.parametrize(
    ("told", "status"),
    [
        (Statuses.GOOD, RevocationStatus.GOOD),
        (Statuses.REVOKED, RevocationStatus.REVOKED),
        (Statuses.UNKNOWN, RevocationStatus.UNKNOWN),
    ],
)
async def test_what_a_responder_says(
    peer: HttpPeer, algorithm: HashAlgorithm, told: Any, status: RevocationStatus
) -> None:
    """Asked in DER with the hashes as told; the response is handed on as it is."""
    content = response(LEAF, told, algorithm=algorithm)
    peer.answer = lambda _asked: Reply(content)
    name = named(LEAF, algorithm=algorithm)
    found = await checker().revocation(link(f"{peer.url}/ocsp", certificate=name))
    assert (found.status, found.response, found.next_update) == (status, content, NOW + timedelta(days=1))
    (asked,) = peer.asked
    assert (asked.method, asked.path, asked.headers["content-type"]) == ("POST", "/ocsp", "application/ocsp-request")
    request = ocsp.load_der_ocsp_request(asked.body)
    assert (request.serial_number, request.hash_algorithm.name) == (LEAF.serial_number, algorithm.lower())
    assert request.issuer_name_hash.hex() == name.issuer_name_hash.lower()
    assert request.issuer_key_hash.hex() == name.issuer_key_hash.lower()


def unsigned(content: bytes) -> bytes:
    """A response whose signature is spoilt in its last byte."""
    signature = ocsp.load_der_ocsp_response(content).signature
    return content.replace(signature, signature[:-1] + bytes([signature[-1] ^ 1]))


UNUSABLE = {
    "another certificate": (response(OTHER), "another certificate"),
    "expired": (response(LEAF, lasts=timedelta(minutes=-1)), "counted until"),
    "of tomorrow": (response(LEAF, age=timedelta(hours=-1)), "counts from"),
    "old, without an end": (response(LEAF, age=timedelta(days=3), lasts=None), "does not say how long"),
    "signed by nobody": (unsigned(response(LEAF, responder=ISSUER)), "signature"),
    "no response": (b"<html>", "cannot be read"),
    "unauthorized": (
        ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED).public_bytes(Encoding.DER),
        "UNAUTHORIZED",
    ),
    "huge": (b"\0" * 100_001, "100000 bytes"),
}


@pytest.mark.parametrize("why", UNUSABLE)
async def test_what_does_not_count(peer: HttpPeer, why: str) -> None:
    """Nothing is known then, and it is said why."""
    content, words = UNUSABLE[why]
    peer.answer = lambda _asked: Reply(content)
    with pytest.raises(PartnerFailed) as failed:
        await checker().revocation(link(peer.url))
    assert words in failed.value.what


@pytest.mark.parametrize(
    ("content", "proven"),
    [
        (response(LEAF), False),
        (response(LEAF, responder=ISSUER), True),
        (response(LEAF, responder=APPOINTED, signs="appointed", others=(ISSUER,)), True),
        (response(LEAF, responder=APPOINTED, signs="appointed"), False),
        (response(LEAF, responder=NOT_APPOINTED, signs="not appointed", others=(ISSUER,)), False),
        (response(LEAF, responder=made("stranger", "stranger", ocsp_signing=True), signs="stranger"), False),
    ],
)
async def test_whether_the_issuer_stands_behind_it(peer: HttpPeer, content: bytes, proven: bool) -> None:
    """Itself, or by a responder it appointed, if the certificates that came with it tell."""
    peer.answer = lambda _asked: Reply(content)
    assert (await checker().revocation(link(peer.url))).proven is proven


async def test_it_is_remembered_until_its_next_update(peer: HttpPeer) -> None:
    """By certificate and url; without a next update it is asked each time."""
    clock = ManualClock(NOW)
    asking = checker(clock)
    for _ in range(3):
        await asking.revocation(link(peer.url))
    assert len(peer.asked) == 1
    await asking.revocation(link(f"{peer.url}/elsewhere"))
    assert len(peer.asked) == 2
    clock.advance(86_401)
    peer.answer = lambda _asked: Reply(response(LEAF, now=clock.now(), lasts=None))
    for _ in range(2):
        await asking.revocation(link(peer.url))
    assert len(peer.asked) == 4


@pytest.mark.parametrize("answer", [Reply(status=500), Reply(status=302, headers={"location": "/there"})])
async def test_the_next_url_is_asked_if_one_fails(peer: HttpPeer, answer: Reply) -> None:
    """A redirect is a failure, and not followed."""

    def answering(asked: Asked) -> Reply:
        return answer if asked.path == "/first" else Reply(response(LEAF))

    peer.answer = answering
    found = await checker().revocation(link(f"{peer.url}/first", f"{peer.url}/second"))
    assert found.status is RevocationStatus.GOOD
    assert [asked.path for asked in peer.asked] == ["/first", "/second"]


async def test_a_slow_responder_is_not_waited_for(peer: HttpPeer) -> None:
    """Longer than the time limit."""
    peer.answer = peer.slow
    with pytest.raises(PartnerFailed, match="did not answer"):
        await checker(timeout=0.2).revocation(link(peer.url))


async def test_nothing_inside_is_asked(peer: HttpPeer) -> None:
    """Neither by address nor by a name that has one private address among public ones."""
    with pytest.raises(PartnerFailed, match=r"127\.0\.0\.1 is not asked"):
        await checker(private=False).revocation(link(peer.url))

    async def resolving(_host: str, _port: int) -> list[str]:
        return ["93.184.216.34", "10.0.0.1"]

    web = PublicWeb(5.0, resolving=resolving)
    with pytest.raises(PartnerFailed, match=r"10\.0\.0\.1 is not asked"):
        await web.get("http://ocsp.example.org/", 1000)
    assert peer.asked == []


async def test_the_address_that_was_checked_is_the_one_that_is_asked(peer: HttpPeer) -> None:
    """A name is resolved once; the server is told the name."""
    port = int(peer.url.rpartition(":")[2])
    answers = [["127.0.0.1"], ["192.0.2.1"]]

    async def resolving(_host: str, _port: int) -> list[str]:
        return answers.pop(0)

    await PublicWeb(5.0, private=True, resolving=resolving).get(f"http://ocsp.example.org:{port}/crl", 10_000)
    assert peer.asked[0].headers["host"] == f"ocsp.example.org:{port}"
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://ocsp.example.org/", "no http or https"),
        ("file:///etc/passwd", "no http or https"),
        ("ocsp.example.org", "no http or https"),
        ("http://ocsp.example.org:22/", "port 22"),
        ("http://user:secret@ocsp.example.org/", "user name"),
        ("http://[::1/", "InvalidURL"),
        ("http://" + "a" * 300 + ".example/", "could not be asked"),
    ],
)
async def test_addresses_that_are_not_asked(url: str, why: str) -> None:
    """Also not with private addresses allowed."""
    with pytest.raises(PartnerFailed) as failed:
        await PublicWeb(5.0, private=True).get(url, 1000)
    assert why in failed.value.what


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("2002:7f00:1::1", False),
        ("64:ff9b::7f00:1", False),
        ("name", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    """Also those with another inside."""
    assert is_public(address) is public


BAD = [
    {"issuer_name_hash": "no hex"},
    {"issuer_key_hash": "0A"},
    {"serial_number": "Z"},
    {"serial_number": "0"},
]


@pytest.mark.parametrize("wrong", BAD)
async def test_hashes_that_are_none(peer: HttpPeer, wrong: dict[str, str]) -> None:
    """Nobody is asked about them, or the answer is about another certificate."""
    with pytest.raises(PartnerFailed):
        await checker().revocation(link(peer.url, certificate=changed(named(LEAF), **wrong)))


@pytest.mark.req("M07.FR.04", "M07.FR.05", "M07.FR.06", "M07.FR.07")
async def test_a_crl_tells_by_the_serial_number(peer: HttpPeer) -> None:
    """DER or PEM; of the issuer, and fresh."""
    asked = link(f"{peer.url}/crl", source=StatusSource.CRL)
    from_pem = made_pem(crl(1, LEAF.serial_number))
    for content, status in ((crl(1, 2), RevocationStatus.GOOD), (from_pem, RevocationStatus.REVOKED)):
        peer.answer = lambda _asked, content=content: Reply(content)
        found = await checker().revocation(asked)
        assert (found.status, found.response) == (status, b"")
    assert peer.asked[0].method == "GET"
    bad = {
        crl(issuer="other"): "another issuer",
        crl(lasts=timedelta(minutes=-1)): "counted until",
        b"no CRL": "cannot be read",
        b"\0" * 5_000_001: "5000000 bytes",
    }
    for content, why in bad.items():
        peer.answer = lambda _asked, content=content: Reply(content)
        with pytest.raises(PartnerFailed, match=why):
            await checker().revocation(asked)


def made_pem(der: bytes) -> bytes:
    """A CRL in PEM."""
    return x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)
