"""Functional block A from end to end: a rotation of certificates at security profile 3, and OpenSSL as the other side of each handshake."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.exceptions import InvalidStatus

from pilotwire.clock import SystemClock
from pilotwire.csms.app import Csms
from pilotwire.csms.commands.certificates import Certificates
from pilotwire.csms.gateway.lab_certificates import new_certificate, pem_of, pem_of_key
from pilotwire.domain.provisioning import TriggerStatus
from pilotwire.station.app import Station
from pilotwire.station.files import FolderFiles
from tests.support.csms_stage_tls import BASIC, SUITES, secured, secured_line
from tests.support.doctor_pki import openssl_server
from tests.support.eventually import eventually
from tests.support.lab_pki import Pki
from tests.support.pki_openssl import needs_openssl
from tests.support.scripted_csms import scripted_csms
from tests.support.secure_scene import PASSWORD, STATION, SecureScene
from tests.support.station_lab import build, lab, on_disk

UPGRADE = (
    f"GET /{STATION} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{{more}}"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp{version}\r\n\r\n"
)
each_tls = pytest.mark.parametrize(("version", "tls"), [("1.6", "-tls1_2"), ("1.6", "-tls1_3"), ("2.0.1", "-tls1_3")])
NO_GOOD = pytest.mark.req("A00.FR.403", "A00.FR.407", "SEC16:A00.FR.403", "SEC16:A00.FR.407")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    """A lab's PKI with the certificate of a station."""
    return SecureScene(tmp_path_factory.mktemp("pki"))


# --- security profile 3 with rotation, end to end -------------------------------------------------------------------


@pytest.mark.req("A02.FR.02", "A02.FR.06", "A02.FR.08", "A02.FR.11", "A02.FR.14", "A00.FR.401", "A00.FR.705")
@pytest.mark.req("SEC16:A02.FR.02", "SEC16:A02.FR.06", "SEC16:A02.FR.08", "SEC16:A02.FR.11", "SEC16:A00.FR.401")
@pytest.mark.req("SEC16:A02.FR.03", "SEC16:A00.FR.402")
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_rotation_and_the_old_certificate_opens_nothing_any_more(tmp_path: Path, version: str) -> None:
    """Asked for by the CSMS, signed, swapped; then the old one is revoked: a copy of it is refused, the station stays and comes back."""
    pki = Pki.made_in(tmp_path / "lab", STATION)
    ca = {"lab_ca_certificate": str(pki.folder / "ca.pem"), "lab_ca_key": str(pki.folder / "ca-key.pem")}
    old = (pki.folder / f"station-{STATION}.pem").read_text()
    async with secured(pki, 3, **ca) as (csms, operator), _station_of(csms, pki, tmp_path, version) as station:
        await eventually(lambda: station.core.overview().registration == "Accepted", what="accepted")
        before = station.line._peer
        certificates = Certificates(csms.commander, csms.journal, csms.store, SystemClock())
        outcome = await certificates.trigger(STATION, "SignChargingStationCertificate")
        assert outcome.status is TriggerStatus.ACCEPTED
        await _connected_anew(station, before)
        new = (station.files.read("tls/station-chain.pem") or b"").decode()
        first, second = (x509.load_pem_x509_certificate(each.encode()) for each in (old, new))
        assert first.serial_number != second.serial_number
        assert first.public_key() != second.public_key()

        told = await operator.post(f"/stations/{STATION}/revoked-certificates", json={"certificate": old})
        assert told.status_code == 201, told.text
        with pytest.raises(InvalidStatus, match="403"):
            async with secured_line(csms, pki.client(f"station-{STATION}")):
                pass
        assert any(each.rule == "gateway:revoked" for each in await csms.store.findings(STATION))
        await eventually(lambda: station.line.is_up, what="the station with its new certificate")
        before = station.line._peer
        await station.line.close("the test")
        await _connected_anew(station, before)


@asynccontextmanager
async def _station_of(csms: Csms, pki: Pki, folder: Path, version: str) -> AsyncIterator[Station]:
    assert csms.urls.ocpp_tls is not None
    files = FolderFiles(folder / "files")
    for name, source in (("roots", "ca"), ("chain", f"station-{STATION}"), ("key", f"station-{STATION}-key")):
        files.write(f"tls/installer-{name}.pem", (pki.folder / f"{source}.pem").read_bytes())
    url = csms.urls.ocpp_tls.replace("127.0.0.1", "localhost")
    async with build(url, version, on_disk(folder), files=files, security_profile=3) as station:
        yield station


async def _connected_anew(station: Station, before: object) -> None:
    await eventually(lambda: station.line.is_up and station.line._peer is not before, what="connected anew")


# --- one security profile at a time ---------------------------------------------------------------------------------


@pytest.mark.req("A00.FR.001", "SEC16:A00.FR.001")
@pytest.mark.parametrize("profile", [1, 2, 3])
async def test_a_station_shows_only_what_its_profile_asks_for(scene: SecureScene, profile: int) -> None:
    """It has both a password and a certificate, and the CSMS would take both: it shows the one and not the other."""
    tls = scene.server_context("good", verify_mode=ssl.CERT_OPTIONAL) if profile > 1 else None
    how: dict[str, Any] = {"files": scene.files(certificate=True), "password": PASSWORD, "security_profile": profile}
    async with scripted_csms(tls=tls) as csms, lab(csms.url, **how) as one:
        await one.until_accepted()
        assert csms.passwords == [PASSWORD if profile < 3 else None]
        shown = csms.lines[-1].transport.get_extra_info("peercert")
        assert bool(shown) is (profile == 3)


@pytest.mark.req("A00.FR.002", "SEC16:A00.FR.002")
@pytest.mark.parametrize("lower", [1, 2])
async def test_a_station_with_another_profile_than_the_csms_uses_is_refused(scene: SecureScene, lower: int) -> None:
    """On record with profile 3: a station of ours with a lower one gets no connection, with the one on record it does."""
    async with secured(scene.pki, 3) as (csms, _):
        assert csms.urls.ocpp_tls is not None
        secure = csms.urls.ocpp_tls.replace("127.0.0.1", "localhost")
        how: dict[str, Any] = {"files": scene.files(certificate=True), "password": PASSWORD}
        async with lab(csms.urls.ocpp if lower == 1 else secure, security_profile=lower, **how) as one:
            await one.until(lambda: "403" in one.station.line.trouble, "refused")
            assert not csms.gateway.is_connected(STATION)
        async with lab(secure, security_profile=3, **how) as one:
            await one.until_accepted()


# --- passwords ------------------------------------------------------------------------------------------------------

_VARIABLE = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
_NEW_PASSWORD = "the-password-of-tomorrow"


@pytest.mark.req("A01.FR.05", "A01.FR.09")
@pytest.mark.parametrize(("status", "opens"), [("Rejected", PASSWORD), ("Accepted", _NEW_PASSWORD)])
async def test_a_password_a_station_did_not_take_leaves_it_the_old_one(
    scene: SecureScene, capfd: pytest.CaptureFixture[str], status: str, opens: str
) -> None:
    """It still gets in with that, and with no other; neither is in what the CSMS logs, or shows of its messages."""
    async with secured(scene.pki, 2) as (csms, operator):
        client = scene.pki.client()
        async with secured_line(csms, client, _basic(PASSWORD)) as cs:
            await cs.boot()
            body = json.dumps({"setVariableData": [{"attributeValue": _NEW_PASSWORD, **_VARIABLE}]})
            asking = asyncio.create_task(operator.post(f"/stations/{STATION}/calls/SetVariables", content=body))
            asked = await cs.answer({"setVariableResult": [{"attributeStatus": status, **_VARIABLE}]})
            assert asked[3]["setVariableData"][0]["attributeValue"] == _NEW_PASSWORD
            assert (await asking).status_code == 200
        async with secured_line(csms, client, _basic(opens)) as cs:
            assert (await cs.boot())["status"] == "Accepted"
        (other,) = {PASSWORD, _NEW_PASSWORD} - {opens}
        with pytest.raises(InvalidStatus, match="401"):
            async with secured_line(csms, client, _basic(other)):
                pass
        shown = (await operator.get("/messages", params={"station": STATION})).text
        assert "SetVariables" in shown
        logged = "".join(capfd.readouterr())
        assert "the CSMS is running" in logged
        assert not [secret for secret in (PASSWORD, _NEW_PASSWORD) if secret in shown + logged]


def _basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{STATION}:{password}".encode()).decode()}


# --- OpenSSL as a client of our CSMS --------------------------------------------------------------------------------


async def _s_client(port: int, pki: Pki, *options: str, more: str = "", version: str = "2.0.1") -> str:
    """What OpenSSL's client says of an opening handshake with the CSMS; it ends with the end of its input."""
    command = ("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-ign_eof")
    trust = ("-CAfile", str(pki.folder / "ca.pem"), "-verify_return_error", "-verify_hostname", "localhost")
    process = await asyncio.create_subprocess_exec(
        *(*command, *trust, *options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    said = b""
    try:
        async with asyncio.timeout(20):
            process.stdin.write(UPGRADE.format(more=more, version=version).encode())
            while (chunk := await process.stdout.read(65536)) and b"HTTP/1.1 " not in said + chunk:
                said += chunk
            said += chunk
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    return said.decode(errors="replace")


def _shows(pki: Pki, name: str) -> tuple[str, ...]:
    return "-cert", str(pki.folder / f"{name}.pem"), "-key", str(pki.folder / f"{name}-key.pem")


def _port(csms: Csms) -> int:
    assert csms.gateway.tls_port is not None
    return csms.gateway.tls_port


@needs_openssl
@pytest.mark.req("A00.FR.306", "A00.FR.307", "A00.FR.403")
@pytest.mark.req("SEC16:A00.FR.305", "SEC16:A00.FR.306", "SEC16:A00.FR.409", "SEC16:A00.FR.410", "SEC16:A00.FR.420")
@each_tls
async def test_openssl_knows_our_csms_and_is_let_in(scene: SecureScene, version: str, tls: str) -> None:
    """The CSMS is the TLS server, its certificate is good for OpenSSL, and the right client certificate opens."""
    async with secured(scene.pki, 3) as (csms, _):
        shows = _shows(scene.pki, f"station-{STATION}")
        said = await _s_client(_port(csms), scene.pki, *shows, tls, version=version)
        assert "subject=" in said, said
        assert "Verification: OK" in said, said
        assert "HTTP/1.1 101 " in said, said
        assert "HTTP/1.1 403 " in await _s_client(_port(csms), scene.pki, tls, version=version)


@needs_openssl
@pytest.mark.req("A00.FR.303", "A00.FR.324", "SEC16:A00.FR.303", "SEC16:A00.FR.316")
@each_tls
async def test_openssl_with_a_password(scene: SecureScene, version: str, tls: str) -> None:
    """The user must be the station's identity, and the password its own."""
    async with secured(scene.pki, 2) as (csms, _):
        right = f"Authorization: {BASIC['Authorization']}\r\n"
        other = base64.b64encode(f"CS002:{PASSWORD}".encode()).decode()
        wrong = base64.b64encode(f"{STATION}:not-{PASSWORD}".encode()).decode()
        port = _port(csms)
        assert "HTTP/1.1 101 " in await _s_client(port, scene.pki, tls, more=right, version=version)
        for told in ("", f"Authorization: Basic {other}\r\n", f"Authorization: Basic {wrong}\r\n"):
            assert "HTTP/1.1 401 " in await _s_client(port, scene.pki, tls, more=told, version=version)


@needs_openssl
@pytest.mark.parametrize(
    ("options", "why"),
    [
        pytest.param("foreign", "unable to get local issuer", id="of-a-foreign-authority", marks=NO_GOOD),
        pytest.param("expired", "expired", id="expired", marks=NO_GOOD),
        pytest.param(
            ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
            "unsupported protocol",
            id="tls-1.1",
            marks=pytest.mark.req("A00.FR.315", "SEC16:A00.FR.314", "SEC16:A00.FR.418"),
        ),
        pytest.param(
            ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"),
            "no shared cipher",
            id="weak-suite",
            marks=pytest.mark.req("A00.FR.322", "A00.FR.425", "SEC16:A00.FR.321", "SEC16:A00.FR.425"),
        ),
    ],
)
async def test_a_wrong_client_gets_no_further_than_tls(
    scene: SecureScene, options: str | tuple[str, ...], why: str
) -> None:
    """The CSMS ends the handshake, not a word of HTTP is said, and it puts down why."""
    async with secured(scene.pki, 3) as (csms, _):
        if isinstance(options, str):
            scene.pki.bad(options, STATION)
            options = _shows(scene.pki, options)
        said = await _s_client(_port(csms), scene.pki, *options)
        assert "CONNECTED(" in said
        assert "HTTP/1.1" not in said

        async def told() -> list[str]:
            return [each.what for each in await csms.store.findings("") if each.rule == "gateway:tls"]

        (what,) = await eventually(told, what="the finding of the CSMS")
        assert why in what


@needs_openssl
@pytest.mark.req("SEC16:A00.FR.317", "SEC16:A00.FR.421", "A00.FR.318")
@pytest.mark.parametrize("suite", SUITES)
async def test_openssl_gets_each_suite_a_csms_must_have(scene: SecureScene, suite: str) -> None:
    """TLS 1.2 with that suite only, and in it the upgrade."""
    async with secured(scene.pki, 3) as (csms, _):
        shows = _shows(scene.pki, f"station-{STATION}")
        said = await _s_client(_port(csms), scene.pki, *shows, "-tls1_2", "-cipher", suite)
        assert f"Cipher is {suite}" in said, said
        assert "HTTP/1.1 101 " in said, said


# --- OpenSSL as the server of our station ---------------------------------------------------------------------------


def _server_file(scene: SecureScene, kind: str) -> Path:
    """Key and certificate of a server in one file."""
    name = "server-ecdsa" if kind == "good" else scene._bad(kind)
    path = scene.folder / f"openssl-{kind}.pem"
    path.write_bytes(b"".join((scene.folder / f"{name}{part}.pem").read_bytes() for part in ("-key", "")))
    return path


@needs_openssl
@pytest.mark.req("A00.FR.308", "A00.FR.309", "A00.FR.311", "SEC16:A00.FR.307", "SEC16:A00.FR.308", "SEC16:A00.FR.310")
@pytest.mark.req("A00.FR.414", "SEC16:A00.FR.411", "SEC16:A00.FR.412", "SEC16:A00.FR.414")
@pytest.mark.req("SEC16:A00.FR.316", "SEC16:A00.FR.420")
@pytest.mark.parametrize(("version", "profile"), [("1.6", 2), ("1.6", 3), ("2.0.1", 2), ("2.0.1", 3)])
@pytest.mark.parametrize(
    ("kind", "options", "trouble"),
    [
        pytest.param("foreign", (), "certificate verify failed", id="of-a-foreign-authority"),
        pytest.param("expired", (), "certificate has expired", id="expired"),
        pytest.param("other-host", (), "ostname mismatch", id="of-another-host"),
        pytest.param("good", ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), "TLS", id="tls-1.1"),
        pytest.param("good", ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"), "TLS", id="weak-suite"),
        pytest.param("good", (), "HTTP", id="good-but-no-csms"),
    ],
)
async def test_a_wrong_server_gets_no_password(
    scene: SecureScene, version: str, profile: int, kind: str, options: tuple[str, ...], trouble: str
) -> None:
    """The station says what is wrong with it; the last one is right as far as TLS goes, and only then HTTP is spoken."""
    shows = _server_file(scene, kind)
    how: dict[str, Any] = {"files": scene.files(certificate=profile == 3), "password": PASSWORD}
    async with (
        openssl_server(shows, scene.folder / "ca.pem", *options) as port,
        lab(f"wss://localhost:{port}", version, security_profile=profile, **how) as one,
    ):
        await one.until(lambda: one.station.line.trouble, "trouble")
        assert trouble in one.station.line.trouble
        assert not one.station.line.is_up


# --- a certificate that has expired ---------------------------------------------------------------------------------


@pytest.mark.req("A00.FR.430")
async def test_an_expired_certificate_is_still_shown_and_the_csms_decides(scene: SecureScene) -> None:
    """The station tries; it is the CSMS that ends the handshake, and puts down why."""
    now, key = SystemClock().now(), ec.generate_private_key(ec.SECP256R1())
    made = new_certificate(scene.pki._authority(), STATION, key, now - timedelta(days=30), days=1)
    files = scene.files()
    files.write("tls/installer-chain.pem", pem_of(made))
    files.write("tls/installer-key.pem", pem_of_key(key))
    async with secured(scene.pki, 3) as (csms, _):
        assert csms.urls.ocpp_tls is not None
        url = csms.urls.ocpp_tls.replace("127.0.0.1", "localhost")
        async with lab(url, files=files, security_profile=3) as one:
            await one.until(lambda: one.station.line.trouble, "trouble")

            async def told() -> bool:
                return any(
                    each.rule == "gateway:tls" and "expired" in each.what for each in await csms.store.findings("")
                )

            await eventually(told, what="the finding of the CSMS")
