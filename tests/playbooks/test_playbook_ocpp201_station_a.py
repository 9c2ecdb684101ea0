"""Official OCPP 2.0.1 test cases of block A (security), with our station as the system under test, over real sockets; on 2.1 as well.

What concerns certificates of the station itself (TC_A_11 to TC_A_15, TC_A_23) is with the certificates.
"""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from tests.support.eventually import eventually
from tests.support.scripted_csms import ScriptedCsms, scripted_csms
from tests.support.secure_scene import BAD_SERVERS, PASSWORD, STATION, TOO_OLD, SecureScene, alerting, of_type
from tests.support.station_lab import Lab, lab

pytestmark = pytest.mark.parametrize("version", ["2.0.1", "2.1"])

ATTEMPTS = {"OCPPCommCtrlr.NetworkProfileConnectionAttempts": "3"}
NEW = "another-password-of-20"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    return SecureScene(tmp_path_factory.mktemp("pki"))


async def _set(csms: ScriptedCsms, component: str, variable: str, value: str) -> str:
    data = {"component": {"name": component}, "variable": {"name": variable}, "attributeValue": value}
    answer = await csms.call("SetVariables", {"setVariableData": [data]})
    status: str = answer["setVariableResult"][0]["attributeStatus"]
    return status


async def _get(csms: ScriptedCsms, component: str, variable: str) -> str:
    data = {"component": {"name": component}, "variable": {"name": variable}}
    value: str = (await csms.call("GetVariables", {"getVariableData": [data]}))["getVariableResult"][0][
        "attributeValue"
    ]
    return value


def _profile(csms: ScriptedCsms, security_profile: int, slot: int = 2) -> dict[str, Any]:
    data = {
        "messageTimeout": 30,
        "ocppCsmsUrl": csms.url,
        "ocppInterface": "Wired0",
        "ocppTransport": "JSON",
        "ocppVersion": "OCPP20",
        "securityProfile": security_profile,
    }
    return {"configurationSlot": slot, "connectionData": data}


async def _again(csms: ScriptedCsms, one: Lab, lines: int) -> None:
    await eventually(lambda: len(csms.lines) >= lines, what=f"{lines} connections")
    await one.until_accepted()


def _events(csms: ScriptedCsms) -> list[str]:
    return of_type(csms.of("SecurityEventNotification"))


# --- who the station is ---------------------------------------------------------------------------------------------


@pytest.mark.req("A00.FR.202", "A00.FR.203", "A00.FR.204", "B01.FR.01", "B01.FR.05", "B01.FR.09")
async def test_tc_a_01_cs(version: str) -> None:
    """With security profile 1 the station shows its identity and password with the upgrade request, then boots."""
    async with scripted_csms(version) as csms, lab(csms.url, version, password=PASSWORD) as one:
        await one.until_accepted()
        await csms.until_heard("StatusNotification")
    assert csms.passwords == [PASSWORD]
    (line,) = csms.lines
    assert line.request is not None
    assert line.request.path == f"/{STATION}"


@pytest.mark.req("A00.FR.301", "A00.FR.302", "A00.FR.308", "A00.FR.312", "A00.FR.313")
async def test_tc_a_04_cs(scene: SecureScene, version: str) -> None:
    """With security profile 2 the server shows a good certificate: the station shows its password, and asks for the server by name."""
    server = scene.server()
    files = scene.files()
    async with (
        scripted_csms(version, tls=server.context) as csms,
        lab(csms.url, version, files=files, password=PASSWORD) as one,
    ):
        await one.until_accepted()
        tls = csms.lines[0].transport.get_extra_info("ssl_object")
        assert tls.version() in ("TLSv1.2", "TLSv1.3")
        assert tls.getpeercert() is None
    assert csms.passwords == [PASSWORD]
    assert server.names == ["localhost"]


@pytest.mark.req("A00.FR.309", "A00.FR.310", "A00.FR.311", "A00.FR.412", "A00.FR.413", "A00.FR.414")
@pytest.mark.parametrize("kind", BAD_SERVERS)
async def test_tc_a_05_cs(scene: SecureScene, version: str, kind: str) -> None:
    """A server with a certificate that is not good gets no word; when it has a good one again it hears of it."""
    server = scene.server()
    async with (
        scripted_csms(version, tls=server.context) as csms,
        lab(csms.url, version, files=scene.files(), password=PASSWORD, variables=ATTEMPTS) as one,
    ):
        await one.until_accepted()
        server.use(kind)
        csms.drop()
        await one.until(lambda: "verify" in one.station.line.trouble, "no connection")
        assert (len(csms.lines), len(csms.passwords)) == (1, 1)
        server.use("good")
        await _again(csms, one, 2)
        await eventually(lambda: "InvalidCsmsCertificate" in _events(csms), what="the security event")
        assert len(csms.of("BootNotification")) == 1


@pytest.mark.req("A00.FR.314", "A00.FR.316", "A00.FR.416", "A00.FR.417", "A00.FR.419")
async def test_tc_a_06_cs(scene: SecureScene, version: str) -> None:
    """A server of TLS 1.1 gets nothing; with a newer one the station boots, and tells of its start and of what was wrong."""
    async with alerting(scene.server_context("good", **TOO_OLD)) as port:
        url, files = f"wss://localhost:{port}", scene.files()
        station = lab(url, version, files=files, password=PASSWORD)
        one = await station.__aenter__()
        await one.until(lambda: "No TLS connection" in one.station.line.trouble, "no connection")
    try:
        async with scripted_csms(version, port=port, tls=scene.server().context) as csms:
            await one.until_accepted()
            await eventually(lambda: "InvalidTLSVersion" in _events(csms), what="the security event")
            assert "StartupOfTheDevice" in _events(csms)
    finally:
        await station.__aexit__(None, None, None)


@pytest.mark.req("A00.FR.401", "A00.FR.402", "A00.FR.415")
async def test_tc_a_07_cs(scene: SecureScene, version: str) -> None:
    """With security profile 3 the station shows its certificate, and no password."""
    server = scene.server(verify_mode=ssl.CERT_REQUIRED)
    async with (
        scripted_csms(version, tls=server.context) as csms,
        lab(csms.url, version, files=scene.files(certificate=True), security_profile=3, password=PASSWORD) as one,
    ):
        await one.until_accepted()
        shown = csms.lines[0].transport.get_extra_info("ssl_object").getpeercert()
    assert (("commonName", STATION),) in shown["subject"]
    assert csms.passwords == [None]


# --- the password ---------------------------------------------------------------------------------------------------


@pytest.mark.req("A01.FR.01", "A01.FR.11")
async def test_tc_a_09_cs(version: str) -> None:
    """Another password: Accepted, and the station comes back with it."""
    async with scripted_csms(version) as csms, lab(csms.url, version, password=PASSWORD) as one:
        await one.until_accepted()
        assert await _set(csms, "SecurityCtrlr", "BasicAuthPassword", NEW) == "Accepted"
        await _again(csms, one, 2)
    assert csms.passwords == [PASSWORD, NEW]


@pytest.mark.parametrize("password", ["too-short", "x" * 65], ids=["short", "long"])
async def test_tc_a_10_cs(version: str, password: str) -> None:
    """A password that cannot be one: Rejected, and the old one holds."""
    async with scripted_csms(version) as csms, lab(csms.url, version, password=PASSWORD) as one:
        await one.until_accepted()
        assert await _set(csms, "SecurityCtrlr", "BasicAuthPassword", password) == "Rejected"
        csms.drop()
        await _again(csms, one, 2)
    assert csms.passwords == [PASSWORD, PASSWORD]


# --- the security profile -------------------------------------------------------------------------------------------


@pytest.mark.req("A05.FR.04", "A05.FR.05", "A05.FR.06")
@pytest.mark.parametrize("level", [2, 3])
async def test_tc_a_19_cs(scene: SecureScene, version: str, level: int) -> None:
    """One security profile higher: by a profile, its place in the order and a reset; afterwards the lower one is gone."""
    tls = scene.server().context
    files = scene.files(certificate=True)
    async with (
        scripted_csms(version, tls=None if level == 2 else tls) as old,
        scripted_csms(version, tls=tls) as new,
        lab(old.url, version, files=files, password=PASSWORD) as one,
    ):
        await one.until_accepted()
        assert await _get(old, "SecurityCtrlr", "SecurityProfile") == str(level - 1)
        assert await old.call("SetNetworkProfile", _profile(new, level)) == {"status": "Accepted"}
        assert await _set(old, "OCPPCommCtrlr", "NetworkConfigurationPriority", "2,1") == "RebootRequired"
        assert (await old.call("Reset", {"type": "OnIdle"}))["status"] == "Accepted"
        await new.until_heard("BootNotification")
        await one.until_accepted()
        assert await _get(new, "SecurityCtrlr", "SecurityProfile") == str(level)
        assert await _get(new, "OCPPCommCtrlr", "NetworkConfigurationPriority") == "2"
        assert new.passwords == [PASSWORD if level == 2 else None]


@pytest.mark.req("A05.FR.02")
async def test_tc_a_20_cs(scene: SecureScene, version: str) -> None:
    """Without a root of the CSMS there is no way up to TLS."""
    async with (
        scripted_csms(version, tls=scene.server().context) as new,
        scripted_csms(version) as old,
        lab(old.url, version, files=scene.files(root=False), password=PASSWORD) as one,
    ):
        await one.until_accepted()
        assert await old.call("SetNetworkProfile", _profile(new, 2)) == {"status": "Accepted"}
        assert await _set(old, "OCPPCommCtrlr", "NetworkConfigurationPriority", "2,1") == "Rejected"
        assert await _get(old, "SecurityCtrlr", "SecurityProfile") == "1"


@pytest.mark.req("A05.FR.03")
async def test_tc_a_21_cs(scene: SecureScene, version: str) -> None:
    """Without a certificate of its own there is no way up to security profile 3."""
    tls = scene.server().context
    async with (
        scripted_csms(version, tls=tls) as csms,
        lab(csms.url, version, files=scene.files(), password=PASSWORD) as one,
    ):
        await one.until_accepted()
        assert await csms.call("SetNetworkProfile", _profile(csms, 3)) == {"status": "Accepted"}
        assert await _set(csms, "OCPPCommCtrlr", "NetworkConfigurationPriority", "2,1") == "Rejected"


@pytest.mark.req("B09.FR.04")
async def test_tc_a_22_cs(scene: SecureScene, version: str) -> None:
    """A profile with security profile 1 is not taken at security profile 2."""
    async with (
        scripted_csms(version) as plain,
        scripted_csms(version, tls=scene.server().context) as csms,
        lab(csms.url, version, files=scene.files(), password=PASSWORD) as one,
    ):
        await one.until_accepted()
        answer = await csms.call("SetNetworkProfile", _profile(plain, 1))
        assert answer["status"] == "Rejected"
