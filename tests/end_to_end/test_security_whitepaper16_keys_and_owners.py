"""Certificates in block A00 of the security whitepaper for 1.6 (edition 3): whose they are, how strong, and what is in them."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from pilotwire.clock import SystemClock
from pilotwire.csms.app import Csms
from pilotwire.csms.commands.certificates import Certificates
from pilotwire.csms.gateway.lab_certificates import new_authority, new_certificate, pem_of, pem_of_key
from pilotwire.domain.provisioning import TriggerStatus
from pilotwire.pki import request_for
from tests.support.certificates import csr, subject
from tests.support.csms_stage_tls import BASIC, secured, secured_line
from tests.support.eventually import eventually
from tests.support.pki_forge import key
from tests.support.pki_forge import root as forged
from tests.support.pki_openssl import needs_openssl, resigned
from tests.support.raw_station import BOOT, RawStation
from tests.support.scripted_csms import ScriptedCsms, scripted_csms
from tests.support.secure_scene import PASSWORD, STATION, SecureScene
from tests.support.station_lab import lab

V16, J16 = "1.6", "ocpp1.6"
OWN = f"station-{STATION}"
ROOT = "CentralSystemRootCertificate"
TOO_WEAK = "CA signature digest algorithm too weak"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    """A lab's PKI with the certificate of a station."""
    return SecureScene(tmp_path_factory.mktemp("pki"))


def _made(scene: SecureScene, common: str, own: Any, *hosts: str) -> x509.Certificate:
    """A certificate of the lab for this name and key."""
    return new_certificate(scene.pki._authority(), common, own, SystemClock().now(), hosts=hosts, days=10)


def _weakly_signed(scene: SecureScene, common: str) -> tuple[x509.Certificate, Any]:
    """A certificate of the lab for this name, and its key; signed with SHA-1."""
    own = forged(common, ca=False, usage=("digital_signature",), ids=False, hosts=(x509.DNSName(common),))
    above = scene.pki._authority()
    return resigned(scene.folder, own.certificate, above.certificate, above.key, "sha1"), own.key


def _shows(context: ssl.SSLContext, folder: Path, made: x509.Certificate, own: Any) -> ssl.SSLContext:
    """A context that shows this certificate, however weak it is."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    (folder / "shown.pem").write_bytes(pem_of(made))
    (folder / "shown-key.pem").write_bytes(pem_of_key(own))
    context.load_cert_chain(folder / "shown.pem", folder / "shown-key.pem")
    return context


def _client(scene: SecureScene, made: x509.Certificate, own: Any) -> ssl.SSLContext:
    """A charge point that shows this certificate."""
    return _shows(ssl.create_default_context(cafile=str(scene.folder / "ca.pem")), scene.folder, made, own)


@asynccontextmanager
async def _as(identity: str, csms: Csms, context: ssl.SSLContext) -> AsyncIterator[RawStation]:
    """A charge point of that identity on the TLS port."""
    url = f"{csms.urls.ocpp_tls}/{identity}"
    async with connect(url, ssl=context, subprotocols=[Subprotocol(J16)], proxy=None, compression=None) as line:
        yield RawStation(line)


async def _put_down(csms: Csms, rule: str, identity: str) -> str:
    """What the CSMS put down last by this rule."""

    async def told() -> list[str]:
        return [each.what for each in await csms.store.findings(identity) if each.rule == rule]

    return (await eventually(told, what=f"a finding {rule}"))[0]


async def _refused(csms: Csms, context: ssl.SSLContext, identity: str = STATION) -> str:
    """TLS is through, and there is no connection; why."""
    with pytest.raises(InvalidStatus, match="403") as refused:
        async with _as(identity, csms, context):
            pass
    assert await _put_down(csms, "gateway:turned-away", identity)
    return (refused.value.response.body or b"").decode()


# --- whose a charge point's certificate is (2.5.1) ------------------------------------------------------------------


@pytest.mark.req("SEC16:A00.FR.404")
async def test_a_certificate_of_another_owner_opens_nothing(scene: SecureScene) -> None:
    """Its O is to be the name of the operator, which the CSMS was told."""
    own = scene.pki.client(OWN)
    async with secured(scene.pki, 3, tls_client_organization="Volta CPO") as (csms, _):
        assert "its owner is 'Pilotwire lab' and not 'Volta CPO'" in await _refused(csms, own)
    async with (
        secured(scene.pki, 3, tls_client_organization="Pilotwire lab") as (csms, _),
        secured_line(csms, own, version=J16) as cs,
    ):
        assert (await cs.boot())["status"] == "Accepted"


@pytest.mark.req("SEC16:A00.FR.405")
async def test_the_common_name_is_the_serial_number(scene: SecureScene) -> None:
    """The one the charge point told when it booted with its password opens profile 3; any other name does not."""
    own = key("with a serial number")
    async with secured(scene.pki, 2) as (csms, operator):
        async with secured_line(csms, scene.pki.client(), BASIC, J16) as cs:
            told = {**BOOT[J16], "chargePointSerialNumber": "SN-4711"}
            assert (await cs.ask("BootNotification", told))["status"] == "Accepted"
        assert (await operator.put(f"/stations/{STATION}", json={"securityProfile": 3})).is_success
        for stranger in ("SN-4712", "SN-471", "4711"):
            refused = await _refused(csms, _client(scene, _made(scene, stranger, own), own))
            assert f"is for {stranger!r}" in refused
        async with _as(STATION, csms, _client(scene, _made(scene, "SN-4711", own), own)) as cs:
            assert (await cs.boot())["status"] == "Accepted"


@pytest.mark.req("SEC16:A00.FR.427")
async def test_a_certificate_is_for_one_charge_point_only(scene: SecureScene) -> None:
    """It does not open the connection of another one, and another one gets none signed for the same name."""
    own, other = scene.pki.client(OWN), "CS002"
    async with secured(scene.pki, 3) as (csms, operator):
        for identity in (STATION, other):
            known = {"registration": "Accepted", "securityProfile": 3}
            assert (await operator.put(f"/stations/{identity}", json=known)).is_success
        async with _as(STATION, csms, own) as cs:
            assert (await cs.boot())["status"] == "Accepted"
        assert f"is for {STATION!r}" in await _refused(csms, own, other)
        mine = key("another charge point")
        async with _as(other, csms, _client(scene, _made(scene, other, mine), mine)) as cs:
            told = {**BOOT[J16], "chargePointSerialNumber": "SN-2"}
            assert (await cs.ask("BootNotification", told))["status"] == "Accepted"
            assert await cs.ask("SignCertificate", {"csr": csr(STATION)}) == {"status": "Rejected"}


# --- keys and signatures (2.6.1) ------------------------------------------------------------------------------------


@pytest.mark.req("SEC16:A00.FR.501")
@pytest.mark.parametrize(
    ("kind", "why"),
    [
        pytest.param("RSA1024", "key too weak", marks=pytest.mark.req("SEC16:A00.FR.502")),
        pytest.param("P192", "", marks=pytest.mark.req("SEC16:A00.FR.503")),
    ],
)
async def test_a_key_below_112_bits_is_good_for_nothing(scene: SecureScene, kind: str, why: str) -> None:
    """Who shows a certificate for it in TLS is not let in, or gets no password; no root of it is installed, no request for it signed."""
    weak = key("weak", kind)
    async with secured(scene.pki, 3) as (csms, _):
        await _opens_nothing(csms, _client(scene, _made(scene, STATION, weak), weak), why)
        async with secured_line(csms, scene.pki.client(OWN), version=J16) as cs:
            assert (await cs.boot())["status"] == "Accepted"
            request = request_for(subject(STATION), weak)
            assert await cs.ask("SignCertificate", {"csr": request}) == {"status": "Rejected"}
    server = _shows(_server(), scene.folder, _made(scene, "localhost", weak, "localhost"), weak)
    async with _not_believed_at_first(scene, server, why) as central_system:
        for strength, status in ((kind, "Rejected"), ("P256", "Accepted")):
            root = forged(f"root {strength}", kind=strength, since=-300).certificate
            asked = {"certificateType": ROOT, "certificate": pem_of(root).decode()}
            assert await central_system.call("InstallCertificate", asked) == {"status": status}


def _server() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


async def _opens_nothing(csms: Csms, context: ssl.SSLContext, why: str) -> None:
    """Neither by TLS 1.2 nor by 1.3; the CSMS puts down why, where it was shown the certificate at all."""
    for most in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context.maximum_version = most
        with pytest.raises((OSError, EOFError, InvalidHandshake, ConnectionClosed)):
            async with secured_line(csms, context, version=J16) as cs:
                await cs.boot()  # by TLS 1.3 a client hears of a refusal only here
    assert not csms.gateway.is_connected(STATION)
    assert not why or why in await _put_down(csms, "gateway:tls", "")


@asynccontextmanager
async def _not_believed_at_first(scene: SecureScene, server: ssl.SSLContext, why: str) -> AsyncIterator[ScriptedCsms]:
    """The station says nothing to who shows this; the same server with its right certificates hears it."""
    how: dict[str, Any] = {"files": scene.files(), "password": PASSWORD, "security_profile": 2}
    async with scripted_csms(V16, tls=server) as csms, lab(csms.url, V16, **how) as one:
        await one.until(lambda: one.station.line.trouble, "trouble")
        assert why in one.station.line.trouble
        assert csms.attempts == 0
        for kind in ("ecdsa", "rsa"):
            server.load_cert_chain(scene.folder / f"server-{kind}.pem", scene.folder / f"server-{kind}-key.pem")
        await one.until_accepted()
        yield csms


@needs_openssl
@pytest.mark.req("SEC16:A00.FR.504")
async def test_a_signature_with_sha_1_is_good_for_nothing(scene: SecureScene) -> None:
    """Not below the certificate of a charge point, nor below that of a central system."""
    async with secured(scene.pki, 3) as (csms, _):
        await _opens_nothing(csms, _client(scene, *_weakly_signed(scene, STATION)), TOO_WEAK)
    server = _shows(_server(), scene.folder, *_weakly_signed(scene, "localhost"))
    async with _not_believed_at_first(scene, server, TOO_WEAK) as central_system:
        assert central_system.passwords == [PASSWORD]


@pytest.mark.req("SEC16:A00.FR.504")
async def test_a_key_of_another_kind_is_not_signed(scene: SecureScene) -> None:
    """Neither elliptic curve nor RSA: a request with a key of Ed25519."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject(STATION))
    request = builder.sign(ed25519.Ed25519PrivateKey.generate(), None).public_bytes(Encoding.PEM).decode()
    async with secured(scene.pki, 3) as (csms, _), secured_line(csms, scene.pki.client(OWN), version=J16) as cs:
        assert (await cs.boot())["status"] == "Accepted"
        assert await cs.ask("SignCertificate", {"csr": request}) == {"status": "Rejected"}
        assert "Ed25519" in await _put_down(csms, "A00.FR.504", STATION)


# --- what is in a certificate (2.6.1) -------------------------------------------------------------------------------


def _of(certificate: x509.Certificate, part: x509.ObjectIdentifier) -> list[str]:
    return [str(each.value) for each in certificate.subject.get_attributes_for_oid(part)]


def _is_strong(certificate: x509.Certificate) -> bool:
    public = certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    return public.key_size >= 224 and isinstance(certificate.signature_hash_algorithm, hashes.SHA256)


@pytest.mark.req("SEC16:A00.FR.501", "SEC16:A00.FR.503", "SEC16:A00.FR.507", "SEC16:A00.FR.508", "SEC16:A00.FR.509")
@pytest.mark.req("SEC16:A00.FR.510", "SEC16:A00.FR.511", "SEC16:A00.FR.427")
async def test_the_certificates_of_a_station_and_of_a_csms(scene: SecureScene) -> None:
    """That of a renewal, and that of the CSMS: asked for and sent as PEM, with owner, name and serial number, and strong keys."""
    ca = {"lab_ca_certificate": str(scene.folder / "ca.pem"), "lab_ca_key": str(scene.folder / "ca-key.pem")}
    files = scene.files(certificate=True)
    owner = {"SecurityCtrlr.OrganizationName": "Volta CPO"}
    async with secured(scene.pki, 3, **ca) as (csms, operator):
        assert csms.urls.ocpp_tls is not None
        url = csms.urls.ocpp_tls.replace("127.0.0.1", "localhost")
        async with lab(url, V16, files=files, security_profile=3, variables=owner) as one:
            await one.until_accepted()
            triggering = Certificates(csms.commander, csms.journal, csms.store, SystemClock())
            asked = await triggering.trigger(STATION, "SignChargingStationCertificate")
            assert asked.status is TriggerStatus.ACCEPTED
            await one.until(lambda: files.read("tls/station-chain.pem"), "the new certificate")
        async with secured_line(csms, scene.pki.client(OWN), version=J16) as cs:
            shown = cs.line.transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        said = (await operator.get("/messages", params={"station": STATION})).text
    assert "-----BEGIN CERTIFICATE REQUEST-----" in said
    assert "-----BEGIN CERTIFICATE-----" in said
    stored = files.read("tls/station-chain.pem") or b""
    own, *others = x509.load_pem_x509_certificates(stored)
    assert stored == b"".join(pem_of(each) for each in (own, *others))
    before = x509.load_pem_x509_certificate((scene.folder / f"{OWN}.pem").read_bytes())
    of_csms = x509.load_der_x509_certificate(shown)
    assert (_of(own, NameOID.ORGANIZATION_NAME), _of(own, NameOID.COMMON_NAME)) == (["Volta CPO"], [STATION])
    assert _of(of_csms, NameOID.COMMON_NAME) == ["localhost"]
    assert all(_of(each, NameOID.ORGANIZATION_NAME) for each in (own, *others, of_csms))
    assert all(_is_strong(each) for each in (own, *others, of_csms))
    assert len({each.serial_number for each in (before, own, of_csms)}) == 3
    assert own.serial_number > 0
    assert before.public_key() != own.public_key()


@pytest.mark.req("SEC16:A00.FR.507")
async def test_a_certificate_that_is_no_pem_is_not_taken(scene: SecureScene) -> None:
    """Not by the station, where the same in PEM is; nor is a request by the CSMS."""
    since = datetime(2025, 12, 1, tzinfo=UTC)  # valid at the time that the central system says it is
    root = new_authority("Root", since).certificate
    pem = pem_of(root).decode()
    async with scripted_csms(V16) as csms, lab(csms.url, V16) as one:
        await one.until_accepted()
        in_base64 = "".join(pem.splitlines()[1:-1])
        in_hexadecimal = root.public_bytes(Encoding.DER).hex()
        for text, status in ((in_base64, "Rejected"), (in_hexadecimal, "Rejected"), (pem, "Accepted")):
            asked = {"certificateType": ROOT, "certificate": text}
            assert await csms.call("InstallCertificate", asked) == {"status": status}
    async with secured(scene.pki, 3) as (central, _), secured_line(central, scene.pki.client(OWN), version=J16) as cs:
        assert (await cs.boot())["status"] == "Accepted"
        good = csr(STATION)
        for text, status in (("".join(good.splitlines()[1:-1]), "Rejected"), (good, "Accepted")):
            assert await cs.ask("SignCertificate", {"csr": text}) == {"status": status}
