"""The doctor's look at a backend's certificates over TLS, each wrong in one way: what is wrong is told first."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.doctor.examination import Probe, examine
from pilotwire.doctor.findings import Chart, Severity
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.certificates import certificate_probes
from pilotwire.doctor.probes.client_chain import ClientChain, ClientTrial
from pilotwire.doctor.probes.revoked import RevokedChain
from pilotwire.doctor.probes.server_chain import ServerChain
from pilotwire.doctor.probes.stapled import Stapled
from pilotwire.doctor.profiles.profile import NOTHING_MORE, CertificateDemands, PlatformProfile
from pilotwire.pki import (
    Authority,
    Reason,
    Responder,
    Revoked,
    Standing,
    crl_der,
    make_crl,
    make_request,
    make_response,
    read_request,
)
from tests.support.doctor_pki import (
    CLIENT,
    HOST,
    NOW,
    Backend,
    Made,
    Pages,
    Recipe,
    ca,
    key,
    key_pem,
    made,
    name,
    openssl_server,
    patient,
    pem,
    server,
    shown,
    station,
    write,
)

ROOT = ca("Root")
MIDDLE = ca("Middle", ROOT)
LOWER = ca("Lower", MIDDLE)
OLD_ROOT = ca("Old root", until=timedelta(days=-1), since=timedelta(days=-3000))
RENEWED = ca("Renewed root", subject=name("Root"))
STRANGER = ca("Stranger")
CRITICAL = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.47196.99"), b"\x05\x00")


async def seen(
    folder: Path, *chain: Made, trusted: tuple[Made, ...] = (ROOT,), host: str = HOST, probes: tuple[Probe, ...] = ()
) -> Patient:
    """The patient after an examination of a backend that shows a chain."""
    async with Backend([shown(folder, *chain)]) as backend:
        examined = patient(backend, *trusted, host=host)
        await examine(examined, probes or (ServerChain(),))
    return examined


def first(chart: Chart) -> str:
    """The rule that is told first."""
    return chart.in_order()[0].rule.id if chart.findings else "nothing"


def said(chart: Chart) -> str:
    """All findings, for whoever must mend a test."""
    return "\n".join(f"{each.weight} {each.rule.id}: {each.what} | {each.evidence}" for each in chart.in_order())


class Case:
    """A broken backend: what it shows, what the station trusts, and the rule that must be told first."""

    def __init__(
        self, rule: str, *chain: Made, trusted: tuple[Made, ...] = (ROOT,), host: str = HOST, says: str = ""
    ) -> None:
        self.rule, self.chain, self.trusted, self.host, self.says = rule, chain, trusted, host, says


def under(middle: Made = MIDDLE, **more: object) -> tuple[Made, Made]:
    """A server's certificate and its intermediate."""
    return server(middle, **more), middle


LEAF = server(MIDDLE)
OLD_MIDDLE = ca("Old middle", ROOT, until=timedelta(days=-2))
SHORT = ca("Short", ROOT, path_length=0)
NO_CA = made(Recipe(name("No CA"), "no-ca", ROOT))
NO_SIGNER = ca("No signer", ROOT, usage=("crl_sign",))
RSA_ROOT = ca("rsa root")

CASES = {
    "no-intermediate": Case("intermediate-missing", LEAF, says="Middle"),
    "upper-intermediate-missing": Case("intermediate-missing", server(LOWER), LOWER, says="Middle"),
    "lower-intermediate-missing": Case("intermediate-missing", server(LOWER), MIDDLE, says="Lower"),
    "foreign-root": Case("root-not-trusted", *under(ca("Their middle", STRANGER)), STRANGER),
    "self-signed": Case("self-signed", server(None)),
    "wrong-order": Case("order", server(LOWER), MIDDLE, LOWER),
    "stranger": Case("stranger", LEAF, MIDDLE, STRANGER),
    "twice": Case("duplicate", LEAF, MIDDLE, MIDDLE),
    "root-sent": Case("root-sent", LEAF, MIDDLE, ROOT),
    "expired": Case("expired", *under(until=timedelta(days=-1)), says=HOST),
    "intermediate-expired": Case("expired", *under(OLD_MIDDLE), says="Old middle"),
    "root-expired": Case("expired", *under(ca("Under old", OLD_ROOT)), trusted=(OLD_ROOT,), says="Old root"),
    "not-yet-valid": Case("not-yet-valid", *under(since=timedelta(days=3)), says=HOST),
    "other-host": Case("wrong-host", LEAF, MIDDLE, host="backend.example", says="backend.example"),
    "wildcard-too-deep": Case("wrong-host", *under(dns=("*.csms.example",)), host="a.b.csms.example"),
    "address-not-named": Case("wrong-host", LEAF, MIDDLE, host="127.0.0.1", says="127.0.0.1"),
    "only-in-cn": Case("name-only-in-cn", *under(dns=())),
    "cn-of-another": Case("name-not-in-cn", *under(subject=name("portal.example"))),
    "weak-rsa": Case("weak-key", *under(of="rsa1024")),
    "weak-curve": Case("weak-key", *under(ca("p192 middle", ROOT))),
    "sha1": Case("weak-hash", server(RSA_ROOT, sha1=True), trusted=(RSA_ROOT,)),
    "for-clients": Case("not-for-servers", *under(extended=(CLIENT,))),
    "for-crls": Case("key-usage", *under(usage=("crl_sign",))),
    "issuer-no-ca": Case("not-a-ca", server(NO_CA), NO_CA, says="No CA"),
    "issuer-may-not-sign": Case("not-a-ca", server(NO_SIGNER), NO_SIGNER, says="No signer"),
    "too-many-below": Case("path-length", *under(ca("Too low", SHORT)), SHORT),
    "unknown-critical": Case("unknown-critical", *under(extra=((CRITICAL, True),))),
    "of-vehicles": Case("iso15118-mixed-up", *under(subject=name(HOST, domain_component="CPO"))),
    "ends-soon": Case("ends-soon", *under(until=timedelta(days=12, hours=1)), says="12 days"),
    "too-long": Case("too-long", *under(until=timedelta(days=1500))),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_the_cause_comes_first(tmp_path: Path, case: Case) -> None:
    examined = await seen(tmp_path, *case.chain, trusted=case.trusted, host=case.host)
    chart = examined.chart
    assert first(chart) == f"certificate.{case.rule}", said(chart)
    assert case.says in chart.in_order()[0].what, said(chart)
    assert chart.in_order()[0].mend
    assert examined.served == tuple(each.certificate for each in case.chain)


# --- the backend's chain, seen whole ------------------------------------------------------------------------------------------


@pytest.mark.req("A00.FR.308", "A00.FR.309", "A00.FR.411", "A00.FR.412")
async def test_a_healthy_backend_gives_no_finding(tmp_path: Path) -> None:
    examined = await seen(tmp_path, LEAF, MIDDLE, probes=certificate_probes())
    assert not examined.chart.findings, said(examined.chart)
    facts = {each.name: each.value for each in examined.chart.facts}
    assert facts["Root"] == "O=Volta, CN=Root, of the roots given"
    assert facts["Certificates by TLS 1.2"] == "ECDSA: EC P-256"


@pytest.mark.parametrize("host", ["CSMS.example", "127.0.0.1"])
async def test_names_and_addresses_that_are_in_the_certificate_are_right(tmp_path: Path, host: str) -> None:
    chain = under(subject=name(host), dns=("csms.example",), addresses=("127.0.0.1",))
    examined = await seen(tmp_path, *chain, host=host)
    assert not examined.chart.findings, said(examined.chart)


async def test_the_certificates_for_rsa_and_for_ecdsa_are_both_looked_at(tmp_path: Path) -> None:
    good = shown(tmp_path, LEAF, MIDDLE)
    expired = shown(tmp_path, *under(of="rsa server", until=timedelta(days=-1)), file="rsa.pem")
    async with Backend([good, expired]) as backend:
        examined = patient(backend, ROOT)
        await ServerChain().look(examined)
    assert first(examined.chart) == "certificate.expired"
    assert "In a handshake for RSA:" in examined.chart.findings[0].what
    assert examined.served[0] == LEAF.certificate


@pytest.mark.parametrize("highest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_the_chain_is_seen_though_a_client_certificate_is_demanded(
    tmp_path: Path, highest: ssl.TLSVersion
) -> None:
    async with Backend([shown(tmp_path, LEAF)], write(tmp_path, "ca.pem", ROOT.pem), highest=highest) as backend:
        examined = patient(backend, ROOT)
        await ServerChain().look(examined)
    assert first(examined.chart) == "certificate.intermediate-missing"
    assert f"-connect {HOST}:{backend.port} -servername {HOST}" in examined.chart.findings[0].mend


async def test_a_missing_intermediate_is_looked_for_where_the_certificate_says(tmp_path: Path) -> None:
    async with Pages() as pages:
        pages.given["/middle.der"] = MIDDLE.certificate.public_bytes(Encoding.DER)
        leaf = server(MIDDLE, issuer=f"{pages.url}/middle.der")
        examined = await seen(tmp_path, leaf)
    (finding,) = examined.chart.findings
    assert finding.rule.id == "certificate.intermediate-missing"
    assert finding.weight is Severity.FATAL
    assert f"the missing one was found at {pages.url}/middle.der" in finding.evidence


async def test_what_only_openssl_refuses_is_told(tmp_path: Path) -> None:
    narrow = x509.NameConstraints([x509.DNSName("other.example")], None)
    middle = ca("Narrow", ROOT, extra=((narrow, False),))
    examined = await seen(tmp_path, *under(middle))
    assert first(examined.chart) == "certificate.not-verified", said(examined.chart)
    assert "permitted subtree violation" in examined.chart.findings[0].what


async def test_without_roots_the_store_of_the_machine_counts(tmp_path: Path) -> None:
    async with Backend([shown(tmp_path, LEAF, MIDDLE, ROOT)]) as backend:
        examined = patient(backend)
        examined.credentials = replace(examined.credentials, roots=None)
        await ServerChain().look(examined)
    assert first(examined.chart) == "certificate.root-not-trusted"
    assert any("the store of this machine" in each for each in examined.chart.in_order()[0].evidence)


async def test_no_tls_is_no_finding_about_certificates(tmp_path: Path) -> None:
    async with Pages() as pages:
        for scheme in ("ws", "wss"):
            examined = patient(pages.url.replace("http", scheme), ROOT)
            await examine(examined, certificate_probes())
            assert not examined.chart.findings
            assert examined.chart.skipped


OPENSSL = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="needs the openssl command: Python's servers cannot do this"
)

# --- revocation ---------------------------------------------------------------------------------------------------------------

AUTHORITY = Authority(MIDDLE.certificate, key(MIDDLE.of))


def answering(*revoked: Revoked, by: Authority = AUTHORITY, age: timedelta = timedelta()) -> Callable[[bytes], bytes]:
    """A responder that says so of whatever it is asked for."""

    def answer(request: bytes) -> bytes:
        query = read_request(request)
        since = NOW - age
        status = revoked[0] if revoked else Standing.GOOD
        return make_response(Responder.of(by), query, status, since, since + timedelta(days=1))

    return answer


async def asked(folder: Path, pages: Pages, leaf: Made) -> Chart:
    """The chart of an examination with revocation."""
    examined = await seen(folder, leaf, MIDDLE, probes=(ServerChain(), RevokedChain()))
    return examined.chart


async def test_revoked_by_ocsp(tmp_path: Path) -> None:
    async with Pages() as pages:
        leaf = server(MIDDLE, ocsp=f"{pages.url}/ocsp")
        revoked = Revoked(leaf.certificate.serial_number, NOW - timedelta(days=1), Reason.KEY_COMPROMISE)
        pages.given["/ocsp"] = answering(revoked)
        chart = await asked(tmp_path, pages, leaf)
    assert first(chart) == "certificate.revoked", said(chart)
    assert "keyCompromise" in chart.findings[0].what


async def test_revoked_by_crl(tmp_path: Path) -> None:
    async with Pages() as pages:
        leaf = server(MIDDLE, crl=f"{pages.url}/crl")
        entry = Revoked(leaf.certificate.serial_number, NOW - timedelta(days=1))
        pages.given["/crl"] = crl_der(
            make_crl(AUTHORITY, [entry], 1, NOW - timedelta(hours=1), NOW + timedelta(days=1))
        )
        chart = await asked(tmp_path, pages, leaf)
    assert first(chart) == "certificate.revoked", said(chart)


async def test_good_by_both_is_a_fact(tmp_path: Path) -> None:
    async with Pages() as pages:
        leaf = server(MIDDLE, ocsp=f"{pages.url}/ocsp", crl=f"{pages.url}/crl")
        pages.given["/ocsp"] = answering()
        pages.given["/crl"] = crl_der(make_crl(AUTHORITY, [], 1, NOW - timedelta(hours=1), NOW + timedelta(days=1)))
        chart = await asked(tmp_path, pages, leaf)
    assert not chart.findings, said(chart)
    assert {"OCSP", "CRL"} <= {each.name for each in chart.facts}


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (None, "revocation-unknown"),
        (b"<html>", "revocation-answer-wrong"),
        (answering(age=timedelta(days=9)), "revocation-answer-wrong"),
    ],
)
async def test_a_responder_that_is_of_no_use(tmp_path: Path, answer: Any, rule: str) -> None:
    async with Pages() as pages:
        if answer is not None:
            pages.given["/ocsp"] = answer
        chart = await asked(tmp_path, pages, server(MIDDLE, ocsp=f"{pages.url}/ocsp"))
    assert first(chart) == f"certificate.{rule}", said(chart)


async def stapling(folder: Path, leaf: Made, response: bytes | None) -> Chart:
    """The chart of an examination of a backend that sends an OCSP response with its certificate."""
    options = ("-status_file", write(folder, "response.der", response)) if response is not None else ()
    async with openssl_server(shown(folder, leaf), write(folder, "above.pem", MIDDLE.pem), *options) as port:
        examined = patient(f"wss://{HOST}:{port}", ROOT)
        await examine(examined, (ServerChain(), Stapled()))
    return examined.chart


def response_for(leaf: Made, *revoked: Revoked, age: timedelta = timedelta()) -> bytes:
    """What the responder says of a certificate."""
    return answering(*revoked, age=age)(make_request(leaf.certificate, MIDDLE.certificate))


@OPENSSL
async def test_a_stapled_response_is_held_against_the_issuer(tmp_path: Path) -> None:
    chart = await stapling(tmp_path, LEAF, response_for(LEAF))
    assert not chart.findings, said(chart)
    assert any(each.name == "OCSP stapling" and each.value.startswith("good") for each in chart.facts)
    revoked = Revoked(LEAF.certificate.serial_number, NOW - timedelta(days=1))
    assert first(await stapling(tmp_path, LEAF, response_for(LEAF, revoked))) == "certificate.revoked"
    old = response_for(LEAF, age=timedelta(days=9))
    assert first(await stapling(tmp_path, LEAF, old)) == "certificate.revocation-answer-wrong"


async def test_a_certificate_that_must_be_stapled_and_is_not(tmp_path: Path) -> None:
    feature = x509.TLSFeature([x509.TLSFeatureType.status_request])
    examined = await seen(tmp_path, *under(extra=((feature, False),)), probes=(ServerChain(), Stapled()))
    assert first(examined.chart) == "certificate.not-stapled", said(examined.chart)


# --- what the backend says to the station's certificate ---------------------------------------------------------------------------

VERSIONS = pytest.mark.parametrize("highest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])


async def tried(
    folder: Path,
    *chain: Made,
    highest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    asks: Made | None = ROOT,
    profile: PlatformProfile = NOTHING_MORE,
) -> Chart:
    """The chart after a station with these certificates has tried a backend that takes those under a root."""
    mine = write(folder, "station.pem", chain[0].key_pem, pem(*chain)) if chain else ""
    roots = write(folder, "ca.pem", asks.pem) if asks else None
    async with Backend([shown(folder, LEAF, MIDDLE)], roots, highest=highest) as backend:
        examined = patient(backend, ROOT, certificate=str(mine), profile=profile)
        await examine(examined, (ClientChain(), ClientTrial()))
    return examined.chart


@VERSIONS
@pytest.mark.req("A00.FR.402")
async def test_an_accepted_certificate(tmp_path: Path, highest: ssl.TLSVersion) -> None:
    chart = await tried(tmp_path, station(MIDDLE), MIDDLE, highest=highest)
    assert not chart.findings, said(chart)
    assert any(each.value == "accepted by the backend" for each in chart.facts)


@VERSIONS
async def test_a_backend_that_demands_one_of_a_station_without(tmp_path: Path, highest: ssl.TLSVersion) -> None:
    """In TLS 1.2 it is told by handshake_failure, in TLS 1.3 after the handshake by certificate_required."""
    chart = await tried(tmp_path, highest=highest)
    assert first(chart) == "station-certificate.demanded-by-backend", said(chart)
    assert ("certificate_required" in said(chart)) is (highest is ssl.TLSVersion.TLSv1_3)


@VERSIONS
@pytest.mark.req("A00.FR.403", "A00.FR.407")
async def test_of_a_foreign_authority(tmp_path: Path, highest: ssl.TLSVersion) -> None:
    chart = await tried(tmp_path, station(STRANGER), highest=highest)
    assert first(chart) == "station-certificate.intermediate-missing", said(chart)
    assert "issued by O=Volta, CN=Stranger: the backend has no such root" in chart.in_order()[0].what
    assert "unknown_ca" in chart.in_order()[1].what


async def test_of_a_foreign_root_that_is_sent(tmp_path: Path) -> None:
    chart = await tried(tmp_path, station(STRANGER), STRANGER)
    assert first(chart) == "station-certificate.not-accredited", said(chart)
    assert "the root O=Volta, CN=Stranger, which the backend does not know" in chart.in_order()[0].what


@OPENSSL
async def test_of_an_authority_that_the_backend_does_not_name(tmp_path: Path) -> None:
    mine = write(tmp_path, "station.pem", key_pem("station"), pem(station(STRANGER)))
    naming = ("-CAfile", write(tmp_path, "ca.pem", ROOT.pem), "-Verify", "2")
    above = write(tmp_path, "above.pem", MIDDLE.pem)
    async with openssl_server(shown(tmp_path, LEAF), above, *naming) as port:
        examined = patient(f"wss://127.0.0.1:{port}", ROOT, certificate=str(mine))
        await examine(examined, (ClientChain(), ClientTrial()))
    assert first(examined.chart) == "station-certificate.authority-not-named", said(examined.chart)
    assert "O=Volta, CN=Stranger is not among them" in examined.chart.findings[0].what
    assert "taken: CN=Root,O=Volta" in examined.chart.findings[0].evidence


async def test_without_its_intermediate(tmp_path: Path) -> None:
    file = str(write(tmp_path, "roots.pem", ROOT.pem))
    profile = PlatformProfile("p", "P", "", certificates=CertificateDemands(authorities=(file,)))
    chart = await tried(tmp_path, station(MIDDLE), profile=profile)
    assert first(chart) == "station-certificate.intermediate-missing", said(chart)
    assert "unknown_ca" in said(chart)


@VERSIONS
async def test_expired(tmp_path: Path, highest: ssl.TLSVersion) -> None:
    chart = await tried(tmp_path, station(MIDDLE, until=timedelta(days=-1)), MIDDLE, highest=highest)
    assert [each.rule.id for each in chart.in_order()][:2] == [
        "station-certificate.expired",
        "station-certificate.turned-away",
    ]
    assert "certificate_expired" in chart.in_order()[1].what


async def test_what_the_backend_takes_all_the_same_keeps_no_station_from_docking(tmp_path: Path) -> None:
    file = str(write(tmp_path, "roots.pem", STRANGER.pem))
    profile = PlatformProfile("p", "P", "", certificates=CertificateDemands(authorities=(file,)))
    chart = await tried(tmp_path, station(MIDDLE), MIDDLE, profile=profile)
    (finding,) = chart.findings
    assert finding.weight is Severity.BREACH, said(chart)
    assert "the backend accepts it all the same" in finding.evidence


async def test_a_server_that_gives_no_tickets_is_asked_a_question(tmp_path: Path) -> None:
    mine = write(tmp_path, "station.pem", key_pem("station"), pem(station(MIDDLE), MIDDLE))
    async with Backend([shown(tmp_path, LEAF, MIDDLE)], write(tmp_path, "ca.pem", ROOT.pem), tickets=0) as backend:
        examined = patient(backend, ROOT, certificate=str(mine))
        await examine(examined, (ClientChain(), ClientTrial()))
    assert not examined.chart.findings, said(examined.chart)
    assert any(each.value == "accepted by the backend" for each in examined.chart.facts)


async def test_a_key_that_is_not_here_is_not_tried(tmp_path: Path) -> None:
    mine = write(tmp_path, "station.pem", pem(station(MIDDLE), MIDDLE))
    async with Backend([shown(tmp_path, LEAF, MIDDLE)], write(tmp_path, "ca.pem", ROOT.pem)) as backend:
        examined = patient(backend, ROOT, certificate=str(mine), key_file="pkcs11:token=station;object=ocpp")
        await examine(examined, (ClientChain(), ClientTrial()))
    assert not examined.chart.findings, said(examined.chart)
    assert any("a PKCS#11 token" in each.why for each in examined.chart.skipped)


async def test_a_backend_that_asks_for_none(tmp_path: Path) -> None:
    chart = await tried(tmp_path, station(MIDDLE), MIDDLE, asks=None)
    assert first(chart) == "station-certificate.not-asked-for"
    assert chart.blocked_at() is None
