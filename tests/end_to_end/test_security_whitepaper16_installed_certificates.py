"""The security whitepaper for 1.6 (edition 3), M03 to M05, over real sockets: by which root TLS is checked, and how the CSMS names one."""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pilotwire.clock import SystemClock
from pilotwire.csms.gateway.lab_certificates import new_authority, new_certificate, pem_of, pem_of_key
from pilotwire.pki import Authority, cross_sign, hashes_of
from tests.support.csms_stage import STATION as KNOWN
from tests.support.csms_stage import stage
from tests.support.scripted_csms import ScriptedCsms, accepting, scripted_csms
from tests.support.secure_scene import PASSWORD, SecureScene, of_type
from tests.support.station_lab import Lab, lab, on_disk

V16 = "1.6"
ROOT = "CentralSystemRootCertificate"
STRICT = {"SecurityCtrlr.AdditionalRootCertificateCheck": "true"}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    """A lab's PKI."""
    return SecureScene(tmp_path_factory.mktemp("pki"))


class _CentralSystem:
    """TLS of a central system whose certificate can be one of any CA, from the next connection on."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self._folder = folder
        self.context = self._now = self._shown(authority)
        self.context.sni_callback = self._asked

    def is_under(self, authority: Authority) -> None:
        """Another certificate."""
        self._now = self._shown(authority)

    def _asked(self, line: ssl.SSLObject, _name: str | None, _: ssl.SSLContext) -> None:
        line.context = self._now

    def _shown(self, authority: Authority) -> ssl.SSLContext:
        made = ec.generate_private_key(ec.SECP256R1())
        shown = new_certificate(authority, "localhost", made, SystemClock().now(), hosts=["localhost"])
        chain, key = self._folder / "server.pem", self._folder / "server-key.pem"
        chain.write_bytes(pem_of(shown))
        key.write_bytes(pem_of_key(made))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        return context


def _signed_by(old: Authority, name: str) -> Authority:
    """A new root, signed by the old one instead of by itself."""
    now = SystemClock().now()
    new = new_authority(name, now)
    return Authority(cross_sign(old, new.certificate, now - timedelta(hours=1), now + timedelta(days=9)), new.key)


def _on_time(action: str, payload: Any) -> Any:
    """A friendly central system that knows what time it is: certificates are judged by its clock."""
    told = accepting(action, payload)
    return told | {"currentTime": SystemClock().now().isoformat()} if "currentTime" in told else told


def _pem(authority: Authority) -> str:
    return pem_of(authority.certificate).decode("ascii")


def _name(authority: Authority, above: Authority | None = None) -> dict[str, str]:
    hashes = hashes_of(authority.certificate, (above or authority).certificate)
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": hashes.issuer_name,
        "issuerKeyHash": hashes.issuer_key,
        "serialNumber": hashes.serial_number,
    }


async def _install(csms: ScriptedCsms, root: Authority) -> str:
    asked = {"certificateType": ROOT, "certificate": _pem(root)}
    return str((await csms.call("InstallCertificate", asked))["status"])


async def _delete(csms: ScriptedCsms, root: Authority) -> str:
    return str((await csms.call("DeleteCertificate", {"certificateHashData": _name(root)}))["status"])


async def _listed(csms: ScriptedCsms) -> list[str]:
    told = await csms.call("GetInstalledCertificateIds", {"certificateType": ROOT})
    return [each["serialNumber"] for each in told.get("certificateHashData", [])]


def _serials(*roots: Authority) -> list[str]:
    return [f"{root.certificate.serial_number:x}" for root in roots]


async def _again(csms: ScriptedCsms, one: Lab) -> None:
    """The line breaks, and stands again."""
    before = len(csms.lines)
    csms.drop()
    await one.until(lambda: len(csms.lines) > before and one.station.line.is_up, "connected anew")


async def _kept_out(csms: ScriptedCsms, one: Lab) -> None:
    """The line breaks, and the charge point does not take the central system for good."""
    csms.drop()
    await one.until(lambda: "verify" in one.station.line.trouble, "no connection")


# --- M04: deleting --------------------------------------------------------------------------------------------------


@pytest.mark.req("SEC16:M04.FR.02", "SEC16:M04.FR.06")
async def test_the_root_that_is_in_use_is_not_deleted_and_a_deleted_one_opens_nothing(
    scene: SecureScene, tmp_path: Path
) -> None:
    """Though there is another one. When the central system is under that, the first can go; also one of the installer, and for good."""
    old, new = scene.pki._authority(), scene.pki.stranger
    server = _CentralSystem(tmp_path, old)
    how: dict[str, Any] = {"files": scene.files(), "password": PASSWORD, "security_profile": 2}
    async with scripted_csms(V16, _on_time, tls=server.context) as csms:
        async with lab(csms.url, V16, storage=on_disk(tmp_path), **how) as one:
            await one.until_accepted()
            assert await _install(csms, new) == "Accepted"
            assert await _delete(csms, old) == "Failed"
            assert await _listed(csms) == _serials(old, new)
            server.is_under(new)
            await _again(csms, one)
            assert await _delete(csms, new) == "Failed"
            assert await _delete(csms, old) == "Accepted"
            assert await _listed(csms) == _serials(new)
            server.is_under(old)
            await _kept_out(csms, one)
        scene.install(how["files"])  # as at every start of a program that was given a root
        async with lab(csms.url, V16, storage=on_disk(tmp_path), **how) as one:
            await one.until(lambda: "verify" in one.station.line.trouble, "kept out after a restart")
            server.is_under(new)
            await one.until_accepted()
            assert await _listed(csms) == _serials(new)


# --- M05: one root at a time ----------------------------------------------------------------------------------------


@pytest.mark.req("SEC16:M05.FR.08", "SEC16:M05.FR.09", "SEC16:M05.FR.10", "SEC16:M05.FR.11", "SEC16:M05.FR.12")
async def test_a_new_root_takes_over_when_it_was_connected_with(scene: SecureScene, tmp_path: Path) -> None:
    """Signed by the old one, or it is rejected; then the old one goes, and opens nothing any more."""
    old, stranger = scene.pki._authority(), scene.pki.stranger
    new, server = _signed_by(old, "The root of tomorrow"), _CentralSystem(tmp_path, old)
    async with (
        scripted_csms(V16, _on_time, tls=server.context) as csms,
        lab(csms.url, V16, files=scene.files(), password=PASSWORD, security_profile=2, variables=STRICT) as one,
    ):
        await one.until_accepted()
        assert await _install(csms, stranger) == "Rejected"
        assert await _listed(csms) == _serials(old)
        assert await _install(csms, new) == "Accepted"
        assert await _listed(csms) == _serials(new, old)
        server.is_under(new)
        await _again(csms, one)
        assert await _listed(csms) == _serials(new)
        server.is_under(old)
        await _kept_out(csms, one)


@pytest.mark.req("SEC16:M05.FR.13")
async def test_the_old_root_is_tried_where_the_new_one_does_not_do(scene: SecureScene, tmp_path: Path) -> None:
    """The central system has not changed yet: the charge point comes back by the fallback, tells of it, and changes with it later."""
    old = scene.pki._authority()
    new, server = _signed_by(old, "The root of tomorrow"), _CentralSystem(tmp_path, old)
    async with (
        scripted_csms(V16, _on_time, tls=server.context) as csms,
        lab(csms.url, V16, files=scene.files(), password=PASSWORD, security_profile=2, variables=STRICT) as one,
    ):
        await one.until_accepted()
        assert await _install(csms, new) == "Accepted"
        await _again(csms, one)
        assert await _listed(csms) == _serials(new, old)
        await csms.until_heard("SecurityEventNotification")
        assert "InvalidCentralSystemCertificate" in of_type(csms.of("SecurityEventNotification"))
        assert await _delete(csms, old) == "Failed", "it is in use"
        server.is_under(new)
        await _again(csms, one)
        assert await _listed(csms) == _serials(new)


# --- what the CSMS names --------------------------------------------------------------------------------------------


@pytest.mark.req("SEC16:M04.FR.07")
@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
async def test_a_certificate_is_named_by_the_algorithm_the_charge_point_has_for_it(algorithm: str) -> None:
    """Asked by an operator to name it by another one, the CSMS sends nothing, and says which to take."""
    name = {"hashAlgorithm": algorithm, "issuerNameHash": "0A1B", "issuerKeyHash": "2C3D", "serialNumber": "1F"}
    other = "SHA512" if algorithm == "SHA256" else "SHA256"
    async with stage("ocpp1.6") as on:
        told = {"status": "Accepted", "certificateHashData": [name]}
        await on.order("get-installed-certificate-ids", told, certificateType=["CSMSRootCertificate"])
        wrong = {"certificateHashData": name | {"hashAlgorithm": other, "serialNumber": "01f"}}
        refused = await on.operator.post(f"/stations/{KNOWN}/commands/delete-certificate", json=wrong)
        assert refused.status_code == 422
        assert f"by {algorithm}, not by {other}" in refused.json()["detail"]
        ordered = await on.order("delete-certificate", {"status": "Accepted"}, certificateHashData=name)
        assert (ordered.action, ordered.sent) == ("DeleteCertificate", {"certificateHashData": name})
