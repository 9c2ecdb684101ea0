"""Passwords, certificates, security events and security profiles as the 1.6 security whitepaper has them, over real sockets with TLS."""

from __future__ import annotations

import asyncio
import base64
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.exceptions import InvalidStatus

from pilotwire.clock import SystemClock
from pilotwire.csms.app import Csms
from pilotwire.csms.gateway.lab_certificates import new_authority, new_certificate, pem_of, pem_of_key
from pilotwire.station.core.security_log import SecurityIncident
from tests.support.csms_stage_tls import secured, secured_line
from tests.support.eventually import eventually
from tests.support.file_servers import web
from tests.support.raw_station import RawStation
from tests.support.scripted_csms import ScriptedCsms, scripted_csms
from tests.support.secure_scene import PASSWORD, STATION, SecureScene
from tests.support.station_lab import Lab, lab

V16 = "1.6"
WIRE = "ocpp1.6"
NEW = "the-password-of-tomorrow"
OWNER = "Volta GmbH"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    """A lab's PKI with the certificate of a charge point."""
    return SecureScene(tmp_path_factory.mktemp("pki"))


def _url(csms: Csms) -> str:
    assert csms.urls.ocpp_tls is not None
    return csms.urls.ocpp_tls.replace("127.0.0.1", "localhost")


def _basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{STATION}:{password}".encode()).decode()}


async def _anew(one: Lab, before: object) -> None:
    await one.until(lambda: one.station.line.is_up and one.station.line._peer is not before, "connected anew")


# --- A01: the password ----------------------------------------------------------------------------------------------


async def _set_password(operator: Any, cs: RawStation, status: str) -> Any:
    """The operator sets another password and the charge point answers so: what it heard."""
    name = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    body = {"setVariableData": [name | {"attributeValue": NEW}]}
    asking = asyncio.create_task(operator.post(f"/stations/{STATION}/commands/set-variables", json=body))
    heard = await cs.answer({"status": status})
    assert (await asking).status_code == 200
    return heard


@pytest.mark.req("SEC16:A01.FR.02", "SEC16:A01.FR.03", "SEC16:A01.FR.04", "SEC16:A01.FR.05")
@pytest.mark.parametrize("status", ["Accepted", "Rejected", "NotSupported"])
async def test_a_password_is_set_by_its_key_and_counts_as_it_was_answered(scene: SecureScene, status: str) -> None:
    """Accepted: the old one opens nothing any more; else the old one goes on opening, and everything is as it was."""
    async with secured(scene.pki, 2) as (csms, operator):
        client = scene.pki.client()
        async with secured_line(csms, client, _basic(PASSWORD), WIRE) as cs:
            await cs.boot()
            heard = await _set_password(operator, cs, status)
            assert heard[2:] == ["ChangeConfiguration", {"key": "AuthorizationKey", "value": NEW}]
        opens, other = (NEW, PASSWORD) if status == "Accepted" else (PASSWORD, NEW)
        with pytest.raises(InvalidStatus, match="401"):
            async with secured_line(csms, client, _basic(other), WIRE):
                pass
        async with secured_line(csms, client, _basic(opens), WIRE) as cs:
            assert (await cs.boot())["status"] == "Accepted"


@pytest.mark.req("SEC16:A01.FR.01", "SEC16:A01.FR.02", "SEC16:A01.FR.03")
async def test_both_sides_go_by_the_new_password(scene: SecureScene) -> None:
    """Our charge point at our CSMS: it is back with the new one, with which nobody else knew to get in before."""
    async with (
        secured(scene.pki, 2) as (csms, operator),
        lab(_url(csms), V16, files=scene.files(), password=PASSWORD) as one,
    ):
        await one.until_accepted()
        before = one.station.line._peer
        name = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
        body = {"setVariableData": [name | {"attributeValue": NEW}]}
        told = await operator.post(f"/stations/{STATION}/commands/set-variables", json=body)
        assert told.json()["setVariableResult"][0]["attributeStatus"] == "Accepted"
        await _anew(one, before)
        with pytest.raises(InvalidStatus, match="401"):
            async with secured_line(csms, scene.pki.client(), _basic(PASSWORD), WIRE):
                pass


async def _log(csms: ScriptedCsms, url: str, folder: Path, kind: str, number: int) -> str:
    """A log of the charge point, asked for and uploaded."""
    log = {"remoteLocation": f"{url}/"}
    asked = {"logType": kind, "requestId": number, "retries": 0, "log": log}
    answer = await csms.call("GetLog", asked)
    assert answer["status"] == "Accepted"

    def uploaded() -> bool:
        told = {"status": "Uploaded", "requestId": number}
        return told in csms.of("LogStatusNotification")

    await eventually(uploaded, what="uploaded")
    return (folder / answer["filename"]).read_bytes().decode("utf-8", "replace")


@pytest.mark.req("SEC16:A01.FR.11", "SEC16:A01.FR.12", "SEC16:A04.FR.04")
async def test_another_password_is_in_the_security_log_without_itself(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor is it in the diagnostics, or in what the charge point writes of itself."""
    async with web(tmp_path) as server, scripted_csms(V16) as csms, lab(csms.url, V16, password=PASSWORD) as one:
        await one.until_accepted()
        assert "ReconfigurationOfSecurityParameters" not in await _log(csms, server.url, tmp_path, "SecurityLog", 1)
        told = await csms.call("ChangeConfiguration", {"key": "AuthorizationKey", "value": NEW})
        assert told == {"status": "Accepted"}
        await eventually(lambda: len(csms.lines) == 2, what="another connection")
        await one.until(lambda: one.station.line.is_up, "up again")
        events = await _log(csms, server.url, tmp_path, "SecurityLog", 2)
        (line,) = [each for each in events.splitlines() if "ReconfigurationOfSecurityParameters" in each]
        assert line.endswith("BasicAuthPassword")
        diagnostics = await _log(csms, server.url, tmp_path, "DiagnosticsLog", 3)
        assert "< SetVariables" in diagnostics
    said = "".join(capfd.readouterr()) + events + diagnostics
    assert not [secret for secret in (PASSWORD, NEW) if secret in said]


# --- A03: a certificate the charge point renews by itself -----------------------------------------------------------


@pytest.mark.req("SEC16:A03.FR.02", "SEC16:A03.FR.03", "SEC16:A03.FR.08", "SEC16:A03.FR.11", "SEC16:A03.FR.13")
async def test_a_certificate_that_ends_soon_is_renewed_and_connected_with(scene: SecureScene) -> None:
    """Nobody asks for it: a new key, a request in the owner's name, the certificate, and the next connection with that."""
    key, begun = ec.generate_private_key(ec.SECP256R1()), SystemClock().now() - timedelta(days=30)
    old = new_certificate(scene.pki._authority(), STATION, key, begun, days=40)
    files = scene.files()
    files.write("tls/installer-chain.pem", pem_of(old))
    files.write("tls/installer-key.pem", pem_of_key(key))
    ca = {"lab_ca_certificate": str(scene.folder / "ca.pem"), "lab_ca_key": str(scene.folder / "ca-key.pem")}
    owner = {"SecurityCtrlr.OrganizationName": OWNER}
    async with (
        secured(scene.pki, 3, renew_days=0, **ca) as (csms, operator),
        lab(_url(csms), V16, files=files, security_profile=3, variables=owner) as one,
    ):
        await one.until(lambda: one.station.files.read("tls/station-chain.pem"), "the new certificate")
        new = x509.load_pem_x509_certificate(one.station.files.read("tls/station-chain.pem") or b"")
        assert new.public_key() != old.public_key()
        assert [each.value for each in new.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == [OWNER]
        said = await operator.get("/messages", params={"station": STATION, "action": "SignCertificate"})
        asked, answered = sorted(said.json()["items"], key=lambda each: int(each["number"]))
        assert "-----BEGIN CERTIFICATE REQUEST-----" in asked["frame"]
        assert answered["frame"].endswith('{"status":"Accepted"}]')
        await eventually(lambda: _is_in_use(operator, new), what="in the inventory")

        body = {"certificate": pem_of(old).decode()}
        assert (await operator.post(f"/stations/{STATION}/revoked-certificates", json=body)).status_code == 201
        await one.until(lambda: one.station.line.is_up, "up")
        before = one.station.line._peer
        await one.station.line.close("the test")
        await _anew(one, before)


async def _is_in_use(operator: Any, certificate: x509.Certificate) -> bool:
    items = (await operator.get("/certificates", params={"station": STATION})).json()["items"]
    return [each["serialNumber"] for each in items] == [f"{certificate.serial_number:x}"]


# --- A04: security events -------------------------------------------------------------------------------------------


@pytest.mark.req("SEC16:A04.FR.01", "SEC16:A04.FR.02", "SEC16:A04.FR.03")
async def test_a_security_event_reaches_the_csms_and_is_confirmed(scene: SecureScene) -> None:
    """At once, or when the charge point is back; the CSMS has it on record, and the charge point keeps it no longer."""
    async with (
        secured(scene.pki, 2) as (csms, operator),
        lab(_url(csms), V16, files=scene.files(), password=PASSWORD) as one,
    ):
        await one.until_accepted()
        one.station.feed(SecurityIncident("TamperDetectionActivated", "the door"))
        await eventually(lambda: _on_record(operator, "TamperDetectionActivated"), what="the first event")
        await one.until(lambda: one.overview.waiting == 0, "the first one confirmed")
        await operator.put(f"/stations/{STATION}", json={"password": NEW})
        await one.station.line.close("the test")
        await one.until(lambda: "401" in one.station.line.trouble, "kept out")
        one.station.feed(SecurityIncident("MemoryExhaustion", "of a test"))
        assert not await _on_record(operator, "MemoryExhaustion")
        assert one.overview.waiting == 1
        await operator.put(f"/stations/{STATION}", json={"password": PASSWORD})
        await eventually(lambda: _on_record(operator, "MemoryExhaustion"), what="the second event")
        await one.until(lambda: one.overview.waiting == 0, "confirmed")


async def _on_record(operator: Any, kind: str) -> bool:
    told = await operator.get("/security-events", params={"station": STATION})
    return kind in [each["type"] for each in told.json()]


# --- A05: a higher security profile ---------------------------------------------------------------------------------


@pytest.mark.req("SEC16:A05.FR.05", "SEC16:A05.FR.06", "SEC16:A05.FR.07", "SEC16:A05.FR.09")
async def test_from_profile_2_to_3_and_never_back(scene: SecureScene) -> None:
    """Ordered by the operator: the charge point comes back with its certificate, and its password opens nothing any more."""
    files = scene.files(certificate=True)
    async with (
        secured(scene.pki, 2) as (csms, operator),
        lab(_url(csms), V16, files=files, security_profile=2, password=PASSWORD) as one,
    ):
        await one.until_accepted()
        before = one.station.line._peer
        order = f"/stations/{STATION}/commands/upgrade-security-profile"
        begun = await operator.post(order, json={"securityProfile": 3})
        assert begun.status_code == 200, begun.text
        await _anew(one, before)

        async def done() -> bool:
            return bool((await operator.get(f"/stations/{STATION}/security-upgrade")).json()["state"] == "Done")

        await eventually(done, what="the end of the upgrade")
        assert one.station.core.variable("SecurityCtrlr.SecurityProfile") == "3"
        with pytest.raises(InvalidStatus, match="403"):
            async with secured_line(csms, scene.pki.client(), _basic(PASSWORD), WIRE):
                pass
        assert one.station.line.is_up


@pytest.mark.req("SEC16:A05.FR.03")
async def test_an_expired_root_is_none(scene: SecureScene) -> None:
    """For security profile 2 there must be one that is valid; with that the same request is taken."""
    old = new_authority("Central system of before", SystemClock().now() - timedelta(days=20), days=10)
    files = scene.files()
    files.write("tls/installer-roots.pem", pem_of(old.certificate))
    async with scripted_csms(V16) as csms, lab(csms.url, V16, files=files, password=PASSWORD) as one:
        await one.until_accepted()
        raised = {"key": "SecurityProfile", "value": "2"}
        assert await csms.call("ChangeConfiguration", raised) == {"status": "Rejected"}
        assert len(csms.lines) == 1
        scene.install(files)
        assert await csms.call("ChangeConfiguration", raised) == {"status": "Accepted"}


@pytest.mark.req("SEC16:A05.FR.04")
async def test_an_expired_certificate_is_none(scene: SecureScene) -> None:
    """For security profile 3 there must be one that is valid; with that the charge point comes back."""
    files, key = scene.files(), ec.generate_private_key(ec.SECP256R1())
    begun = SystemClock().now() - timedelta(days=30)
    files.write("tls/installer-chain.pem", pem_of(new_certificate(scene.pki._authority(), STATION, key, begun, days=1)))
    files.write("tls/installer-key.pem", pem_of_key(key))
    server = scene.server(verify_mode=ssl.CERT_OPTIONAL)
    async with (
        scripted_csms(V16, tls=server.context) as csms,
        lab(csms.url, V16, files=files, password=PASSWORD, security_profile=2) as one,
    ):
        await one.until_accepted()
        raised = {"key": "SecurityProfile", "value": "3"}
        assert await csms.call("ChangeConfiguration", raised) == {"status": "Rejected"}
        assert len(csms.lines) == 1
        scene.install(files, certificate=True)
        assert await csms.call("ChangeConfiguration", raised) == {"status": "Accepted"}
        await eventually(lambda: len(csms.lines) == 2, what="the connection with the new profile")
        assert csms.passwords == [PASSWORD, None]


@pytest.mark.req("SEC16:A05.FR.02")
async def test_a_password_that_is_too_short_is_none() -> None:
    """AuthorizationKey has at least 16 bytes: with less there is no security profile 1; with a good one there is."""
    async with scripted_csms(V16) as csms, lab(csms.url, V16, password="too-short", security_profile=0) as one:
        await one.until_accepted()
        raised = {"key": "SecurityProfile", "value": "1"}
        assert await csms.call("ChangeConfiguration", raised) == {"status": "Rejected"}
        assert len(csms.lines) == 1
        told = await csms.call("ChangeConfiguration", {"key": "AuthorizationKey", "value": NEW})
        assert told == {"status": "Accepted"}
        await eventually(lambda: len(csms.lines) == 2, what="another connection")
        await one.until(lambda: one.station.line.is_up, "up again")
        assert await csms.call("ChangeConfiguration", raised) == {"status": "Accepted"}
        await eventually(lambda: len(csms.lines) == 3, what="the connection with the new profile")
        assert csms.passwords[-1] == NEW
