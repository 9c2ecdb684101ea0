"""Official OCPP 1.6 test cases on connections and security profiles, with our station as the system under test, over real sockets."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from tests.support.eventually import eventually
from tests.support.scripted_csms import ScriptedCsms, scripted_csms
from tests.support.secure_scene import BAD_SERVERS, PASSWORD, STATION, SecureScene, of_type
from tests.support.station_lab import lab

V16 = "1.6"
KEY = "4F43415F4F4354545F61646D696E5F74657374"
"""What the official tool sets: the hexadecimal text of OCA_OCTT_admin_test."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    return SecureScene(tmp_path_factory.mktemp("pki"))


async def _change(csms: ScriptedCsms, key: str, value: str) -> str:
    status: str = (await csms.call("ChangeConfiguration", {"key": key, "value": value}))["status"]
    return status


async def _value(csms: ScriptedCsms, key: str) -> Any:
    (found,) = (await csms.call("GetConfiguration", {"key": [key]}))["configurationKey"]
    return found.get("value")


async def test_tc_073_cs() -> None:
    """Another AuthorizationKey: Accepted, and the station comes back with the bytes it stands for; it cannot be read."""
    async with scripted_csms(V16) as csms, lab(csms.url, V16, password=PASSWORD) as one:
        await one.until_accepted()
        assert await _change(csms, "AuthorizationKey", KEY) == "Accepted"
        await eventually(lambda: len(csms.lines) == 2, what="another connection")
        await one.until(lambda: one.station.line.is_up, "up again")
        assert csms.passwords == [PASSWORD, "OCA_OCTT_admin_test"]
        assert await _value(csms, "AuthorizationKey") is None
        assert len(csms.of("BootNotification")) == 1


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(2, marks=pytest.mark.req("SEC16:A00.FR.309", "SEC16:A00.FR.310")),
        pytest.param(3, marks=pytest.mark.req("SEC16:A00.FR.413", "SEC16:A00.FR.414")),
    ],
)
@pytest.mark.parametrize("kind", BAD_SERVERS)
async def test_a_central_system_that_shows_a_bad_certificate(scene: SecureScene, kind: str, profile: int) -> None:
    """A central system with a certificate that is not good gets no word; later it hears of it by the name 1.6 has for it."""
    server = scene.server(verify_mode=ssl.CERT_OPTIONAL)
    files = scene.files(certificate=True)
    async with (
        scripted_csms(V16, tls=server.context) as csms,
        lab(csms.url, V16, files=files, password=PASSWORD, security_profile=profile) as one,
    ):
        await one.until_accepted()
        server.use(kind)
        csms.drop()
        await one.until(lambda: "verify" in one.station.line.trouble, "no connection")
        server.use("good")
        told = "InvalidCentralSystemCertificate"
        await eventually(lambda: told in of_type(csms.of("SecurityEventNotification")), what=told)


@pytest.mark.req("SEC16:A05.FR.05", "SEC16:A05.FR.06", "SEC16:A05.FR.07", "SEC16:A05.FR.08")
@pytest.mark.parametrize("works", [True, False], ids=["connects", "falls-back"])
async def test_tc_083_cs(scene: SecureScene, works: bool) -> None:
    """From security profile 2 to 3 by the key SecurityProfile; where that does not connect, it is 2 again."""
    server = scene.server(verify_mode=ssl.CERT_OPTIONAL)
    files = scene.files(certificate=True)
    async with (
        scripted_csms(V16, tls=server.context) as csms,
        lab(csms.url, V16, files=files, password=PASSWORD, security_profile=2) as one,
    ):
        await one.until_accepted()
        assert await _value(csms, "SecurityProfile") == "2"
        csms.refuse = None if works else 403
        assert await _change(csms, "SecurityProfile", "3") == "Accepted"
        if not works:
            await eventually(lambda: csms.attempts >= 4, what="three attempts in vain")
            assert csms.passwords[1:4] == [None, None, None]
            csms.refuse = None
        await eventually(lambda: len(csms.lines) >= 2, what="another connection")
        await one.until(lambda: one.station.line.is_up, "up again")
        assert await _value(csms, "SecurityProfile") == ("3" if works else "2")
        assert csms.passwords[-1] == (None if works else PASSWORD)


async def test_from_plain_to_tls_by_the_same_address(scene: SecureScene) -> None:
    """From 1 to 2: the same host and port, with TLS; nobody speaks it there, so the station comes back as it was."""
    files = scene.files()
    async with scripted_csms(V16) as csms, lab(csms.url, V16, files=files, password=PASSWORD) as one:
        await one.until_accepted()
        assert await _change(csms, "SecurityProfile", "2") == "Accepted"
        await eventually(lambda: len(csms.lines) == 2, what="back again")
        await one.until(lambda: one.station.line.is_up, "up again")
        assert await _value(csms, "SecurityProfile") == "1"


@pytest.mark.req("SEC16:A05.FR.01")
@pytest.mark.req("SEC16:A00.FR.005")
@pytest.mark.parametrize("level", ["1", "2"])
async def test_tc_084_cs(scene: SecureScene, level: str) -> None:
    """A lower security profile, or the same: Rejected, and the connection stays."""
    async with (
        scripted_csms(V16, tls=scene.server().context) as csms,
        lab(csms.url, V16, files=scene.files(), password=PASSWORD) as one,
    ):
        await one.until_accepted()
        assert await _change(csms, "SecurityProfile", level) == "Rejected"
        assert await _value(csms, "SecurityProfile") == "2"
        assert len(csms.lines) == 1


@pytest.mark.req("SEC16:A00.FR.202")
async def test_tc_085_cs() -> None:
    """Security profile 1: identity and password with the upgrade request."""
    async with scripted_csms(V16) as csms, lab(csms.url, V16, password=PASSWORD) as one:
        await one.until_accepted()
        await csms.until_heard("StatusNotification")
        assert await _value(csms, "SecurityProfile") == "1"
    assert csms.passwords == [PASSWORD]


@pytest.mark.req("SEC16:A00.FR.301")
async def test_tc_086_cs(scene: SecureScene) -> None:
    """Security profile 2: a good certificate of the central system, and the password inside TLS."""
    server = scene.server()
    async with (
        scripted_csms(V16, tls=server.context) as csms,
        lab(csms.url, V16, files=scene.files(), password=PASSWORD) as one,
    ):
        await one.until_accepted()
    assert (csms.passwords, server.names) == ([PASSWORD], ["localhost"])


async def test_tc_087_cs(scene: SecureScene) -> None:
    """Security profile 3: the station's certificate, and no password."""
    server = scene.server(verify_mode=ssl.CERT_REQUIRED)
    async with (
        scripted_csms(V16, tls=server.context) as csms,
        lab(csms.url, V16, files=scene.files(certificate=True), security_profile=3) as one,
    ):
        await one.until_accepted()
        shown = csms.lines[0].transport.get_extra_info("ssl_object").getpeercert()
    assert (("commonName", STATION),) in shown["subject"]
    assert csms.passwords == [None]
