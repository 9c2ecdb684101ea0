"""The security whitepaper for 1.6 (edition 3), block A00, over real sockets: our station and our CSMS, each against the other's faults."""

from __future__ import annotations

import asyncio
import base64
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus

from pilotwire.csms.app import Csms
from pilotwire.doctor.probes.hello import Answer, Listener, Offer, client_hello
from pilotwire.doctor.probes.tls_names import SUITES as KNOWN_SUITES
from pilotwire.doctor.probes.tls_names import TLS12, is_weak, suite_name
from tests.support.csms_stage_tls import BASIC, SUITES, UP_TO_1_2, secured, secured_line
from tests.support.eventually import eventually
from tests.support.raw_station import station
from tests.support.scripted_csms import ScriptedCsms, scripted_csms
from tests.support.secure_scene import PASSWORD, STATION, TOO_OLD, SecureScene, alerting, of_type
from tests.support.station_lab import lab, on_disk

pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
V16, J16 = "1.6", "ocpp1.6"
OWN = f"station-{STATION}"
ANY_SUITE = "ALL:@SECLEVEL=0"
KEY = "4F43415F4F4354545F61646D696E5F74657374"
"""19 bytes in hexadecimal text: OCA_OCTT_admin_test."""
by_tls = pytest.mark.parametrize("profile", [2, 3])


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    """A lab's PKI with the certificate of a station."""
    return SecureScene(tmp_path_factory.mktemp("pki"))


def _station(scene: SecureScene, profile: int) -> dict[str, Any]:
    """What a station is set up with, whatever its security profile."""
    return {"files": scene.files(certificate=True), "password": PASSWORD, "security_profile": profile}


def _central_system(scene: SecureScene, profile: int) -> ssl.SSLContext | None:
    """TLS of a central system that has this security profile."""
    if profile < 2:
        return None
    return scene.server_context("good", verify_mode=ssl.CERT_REQUIRED if profile == 3 else ssl.CERT_NONE)


async def _change(csms: ScriptedCsms, key: str, value: str) -> str:
    return str((await csms.call("ChangeConfiguration", {"key": key, "value": value}))["status"])


# --- one security profile (2.2) -------------------------------------------------------------------------------------


@pytest.mark.req("SEC16:A00.FR.003")
@pytest.mark.parametrize("most", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_central_system_of_another_profile_is_left(scene: SecureScene, most: ssl.TLSVersion) -> None:
    """It takes a station of profile 3 without asking for its certificate: the station closes, says nothing, and comes when it is asked."""
    tls = scene.server_context("good", maximum_version=most)
    async with (
        scripted_csms(V16, tls=tls) as csms,
        lab(csms.url, V16, **_station(scene, 3)) as one,
    ):
        await one.until(lambda: one.station.line.trouble, "trouble")
        assert "without asking for this station's certificate" in one.station.line.trouble
        assert csms.frames == []
        tls.verify_mode = ssl.CERT_OPTIONAL
        await one.until_accepted()
        assert {line.close_code for line in csms.lines[:-1]} == {1008}


@pytest.mark.req("SEC16:A00.FR.004")
@pytest.mark.parametrize("profile", [1, 2, 3])
async def test_before_its_first_word_a_station_has_its_profile(scene: SecureScene, profile: int) -> None:
    """Where nobody answers yet it is in the key SecurityProfile; the first attempt that is heard is by that profile."""
    tls = _central_system(scene, profile)
    async with scripted_csms(V16, tls=tls, refuse=503) as csms, lab(csms.url, V16, **_station(scene, profile)) as one:
        assert one.station.core.variable("SecurityCtrlr.SecurityProfile") == str(profile)
        assert csms.attempts == 0
        await one.until(lambda: csms.attempts >= 1, "an attempt")
        assert csms.frames == []
        csms.refuse = None
        await one.until_accepted()
    assert set(csms.passwords) == {PASSWORD if profile < 3 else None}
    assert csms.frames[0][2] == "BootNotification"


@pytest.mark.req("SEC16:A00.FR.004")
async def test_what_a_profile_needs_must_be_there_before_anything_is_said(scene: SecureScene) -> None:
    """Profile 3 without a certificate: no attempt at all, until there is one."""
    files = scene.files()
    tls = _central_system(scene, 3)
    async with (
        scripted_csms(V16, tls=tls) as csms,
        lab(csms.url, V16, files=files, password=PASSWORD, security_profile=3) as one,
    ):
        await one.until(lambda: "there is none" in one.station.line.trouble, "trouble")
        assert (csms.attempts, csms.frames) == (0, [])
        scene.install(files, certificate=True)
        one.station.line.hurry()
        await one.until_accepted()
        assert csms.passwords == [None]


@pytest.mark.req("SEC16:A00.FR.005")
@pytest.mark.parametrize("profile", [1, 2, 3])
async def test_no_message_lowers_the_profile(scene: SecureScene, profile: int) -> None:
    """Not ChangeConfiguration, by whatever way of writing; not DataTransfer. The next connection is made as the one before."""
    wrapped = '{"key":"SecurityProfile","value":"0"}'
    async with (
        scripted_csms(V16, tls=_central_system(scene, profile)) as csms,
        lab(csms.url, V16, **_station(scene, profile)) as one,
    ):
        await one.until_accepted()
        for lower in range(profile):
            for name in ("SecurityProfile", "securityprofile"):
                assert await _change(csms, name, str(lower)) == "Rejected"
        for message in ("SecurityProfile", "ChangeConfiguration", "SetNetworkProfile"):
            for vendor in ("org.openchargealliance.iso15118pnc", "Volta"):
                asked = {"vendorId": vendor, "messageId": message, "data": wrapped}
                assert (await csms.call("DataTransfer", asked))["status"] != "Accepted"
        csms.drop()
        await one.until(lambda: len(csms.lines) == 2 and one.station.line.is_up, "back")
        (found,) = (await csms.call("GetConfiguration", {"key": ["SecurityProfile"]}))["configurationKey"]
        assert found["value"] == str(profile)
        assert set(csms.passwords) == {PASSWORD if profile < 3 else None}


# --- passwords (2.3.1, 2.4.1) ---------------------------------------------------------------------------------------


def _by_profile(first: str, second: str) -> pytest.MarkDecorator:
    """Profiles 1 and 2, whose requirements on passwords are the same by other numbers."""
    ids = [[f"SEC16:A00.FR.{number}" for number in numbers.split()] for numbers in (first, second)]
    return pytest.mark.parametrize(
        "profile", [pytest.param(1 + place, marks=pytest.mark.req(*each)) for place, each in enumerate(ids)]
    )


@_by_profile("202 203 204", "301 302 303")
async def test_each_request_has_user_name_and_password(scene: SecureScene, profile: int) -> None:
    """The first, those after a refusal, and those after a lost connection; the user name is the identity of the URL."""
    identity = "EVB-P17639511/A 1"
    async with (
        scripted_csms(V16, tls=_central_system(scene, profile), refuse=503) as csms,
        lab(csms.url, V16, identity=identity, **_station(scene, profile)) as one,
    ):
        await one.until(lambda: csms.attempts >= 2, "two attempts")
        csms.refuse = None
        await one.until_accepted()
        csms.drop()
        await one.until(lambda: len(csms.lines) == 2 and one.station.line.is_up, "back")
    assert len(csms.passwords) >= 4
    assert set(csms.passwords) == {PASSWORD}
    for line in csms.lines:
        assert line.request is not None
        assert line.request.path == "/EVB-P17639511%2FA%201"
        kind, _, pair = line.request.headers["Authorization"].partition(" ")
        assert (kind, base64.b64decode(pair).decode()) == ("Basic", f"{identity}:{PASSWORD}")


@_by_profile("205", "304")
async def test_the_password_is_the_key_authorization_key(scene: SecureScene, tmp_path: Path, profile: int) -> None:
    """Of 16 bytes at least, 40 hexadecimal digits at most, which stand for bytes; kept over a restart, and shown to nobody."""
    tls = _central_system(scene, profile)
    how: dict[str, Any] = {"files": scene.files(), "security_profile": profile}
    async with scripted_csms(V16, tls=tls) as csms:
        async with lab(csms.url, V16, storage=on_disk(tmp_path), password=PASSWORD, **how) as one:
            await one.until_accepted()
            for wrong in ("", "A" * 15, "A" * 41):
                assert await _change(csms, "AuthorizationKey", wrong) == "Rejected"
            assert len(csms.lines) == 1
            assert await _change(csms, "AuthorizationKey", KEY) == "Accepted"
            await one.until(lambda: len(csms.lines) == 2 and one.station.line.is_up, "back")
            (found,) = (await csms.call("GetConfiguration", {"key": ["AuthorizationKey"]}))["configurationKey"]
            assert "value" not in found
        async with lab(csms.url, V16, storage=on_disk(tmp_path), password=PASSWORD, **how) as one:
            await one.until(lambda: len(csms.lines) == 3, "started anew")
    assert csms.passwords == [PASSWORD, "OCA_OCTT_admin_test", "OCA_OCTT_admin_test"]


# --- TLS: nothing else, and in its right version (2.4.1, 2.5.1) -----------------------------------------------------


@asynccontextmanager
async def _hearing(heard: bytearray) -> AsyncIterator[int]:
    """A port that hears what is said first at the first attempt, and says nothing."""

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = await reader.read(65536)
        heard.extend(b"" if heard else said)
        writer.close()

    async with await asyncio.start_server(attend, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


def _client_hello(data: bytes) -> tuple[list[str], bytes]:
    """The suites a ClientHello offers, by name, and its compression methods; nothing but that one record is there (RFC 5246, 7.4.1.2)."""
    assert (data[0], data[5]) == (0x16, 1), "a record of a handshake, and a ClientHello in it"
    assert len(data) == 5 + int.from_bytes(data[3:5], "big")
    at = 9 + 2 + 32
    at += 1 + data[at]
    size = int.from_bytes(data[at : at + 2], "big")
    suites = [int.from_bytes(data[at + 2 + i : at + 4 + i], "big") for i in range(0, size, 2)]
    at += 2 + size
    return [suite_name(each) for each in suites], data[at + 1 : at + 1 + data[at]]


async def _raw(port: int, said: bytes) -> bytes:
    """The first that is answered to these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    try:
        async with asyncio.timeout(20):
            return await reader.read(65536)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def _tls_port(csms: Csms) -> int:
    assert csms.gateway.tls_port is not None
    return csms.gateway.tls_port


@by_tls
@pytest.mark.req("SEC16:A00.FR.311", "SEC16:A00.FR.415")
async def test_nothing_is_said_but_by_tls(scene: SecureScene, profile: int) -> None:
    """The station's first word is a ClientHello and not a request; who speaks HTTP at the secure port, or at the open one, gets nowhere."""
    heard = bytearray()
    async with _hearing(heard) as port, lab(f"wss://localhost:{port}", V16, **_station(scene, profile)) as one:
        await one.until(lambda: one.station.line.trouble, "trouble")
    assert _client_hello(bytes(heard))
    async with secured(scene.pki, profile) as (csms, _):
        with pytest.raises((OSError, EOFError, InvalidHandshake)):
            async with connect(f"ws://127.0.0.1:{_tls_port(csms)}/{STATION}", additional_headers=BASIC, proxy=None):
                pass
        with pytest.raises(InvalidStatus, match="403"):
            async with station(csms, STATION, J16, password=PASSWORD):
                pass
        async with _let_in(scene, csms, profile) as cs:
            assert cs.line.transport.get_extra_info("ssl_object").version() in ("TLSv1.2", "TLSv1.3")


def _let_in(scene: SecureScene, csms: Csms, profile: int, **how: Any) -> Any:
    """A charge point with what its profile asks for, as a context manager of its line."""
    shown, headers = (OWN, {}) if profile == 3 else (None, BASIC)
    return secured_line(csms, scene.pki.client(shown, **how), headers, J16)


async def _turned_away(csms: Csms, context: ssl.SSLContext, headers: dict[str, str]) -> str:
    """A charge point whom TLS ends: what the CSMS put down of it."""
    with pytest.raises((OSError, EOFError)):
        async with secured_line(csms, context, headers, J16) as cs:
            await cs.boot()  # by TLS 1.3 a client hears of a refusal only here

    async def told() -> list[str]:
        return [each.what for each in await csms.store.findings("") if each.rule == "gateway:tls"]

    (what,) = await eventually(told, what="the finding of the CSMS")
    return what


@by_tls
@pytest.mark.req("SEC16:A00.FR.312", "SEC16:A00.FR.313", "SEC16:A00.FR.416", "SEC16:A00.FR.417")
@pytest.mark.parametrize("old", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_neither_side_speaks_tls_below_1_2(scene: SecureScene, profile: int, old: ssl.TLSVersion) -> None:
    """Each looks at the version and goes no further with an older one; with 1.2, and with 1.3, they get on."""
    only_old = {"ciphers": ANY_SUITE, "minimum_version": old, "maximum_version": old}
    heard: list[str] = []
    async with (
        alerting(scene.server_context("good", **only_old), heard=heard) as port,
        lab(f"wss://localhost:{port}", V16, **_station(scene, profile)) as one,
    ):
        await one.until(lambda: "TLS" in one.station.line.trouble, "trouble")
        assert not one.station.line.is_up
        assert heard
    async with secured(scene.pki, profile) as (csms, _):
        context = scene.pki.client(OWN if profile == 3 else None, **only_old)
        assert "unsupported protocol" in await _turned_away(csms, context, BASIC if profile == 2 else {})
        for version in ("TLSv1_2", "TLSv1_3"):
            only = {"minimum_version": ssl.TLSVersion[version], "maximum_version": ssl.TLSVersion[version]}
            async with _let_in(scene, csms, profile, **only) as cs:
                assert (await cs.boot())["status"] == "Accepted"


WEAK_SUITES = {"ciphers": "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0", **UP_TO_1_2}


@pytest.mark.parametrize(
    ("profile", "how", "event"),
    [
        pytest.param(2, TOO_OLD, "InvalidTLSVersion", marks=pytest.mark.req("SEC16:A00.FR.315")),
        pytest.param(3, TOO_OLD, "InvalidTLSVersion", marks=pytest.mark.req("SEC16:A00.FR.419")),
        pytest.param(2, WEAK_SUITES, "InvalidTLSCipherSuite", marks=pytest.mark.req("SEC16:A00.FR.322")),
        pytest.param(3, WEAK_SUITES, "InvalidTLSCipherSuite", marks=pytest.mark.req("SEC16:A00.FR.426")),
    ],
    ids=["version-2", "version-3", "suites-2", "suites-3"],
)
async def test_what_is_wrong_with_a_central_systems_tls_is_a_security_event(
    scene: SecureScene, profile: int, how: dict[str, Any], event: str
) -> None:
    """The station ends the handshake; the central system that is right hears of it, once it is there."""
    heard: list[str] = []
    async with alerting(scene.server_context("good", **how), heard=heard) as port:
        starting = lab(f"wss://localhost:{port}", V16, **_station(scene, profile))
        one = await starting.__aenter__()
        await one.until(lambda: "TLS" in one.station.line.trouble, "trouble")
        assert heard
        assert not one.station.line.is_up
    try:
        async with scripted_csms(V16, port=port, tls=_central_system(scene, profile)) as csms:
            await one.until_accepted()
            await eventually(lambda: event in of_type(csms.of("SecurityEventNotification")), what=event)
    finally:
        await starting.__aexit__(None, None, None)


@by_tls
@pytest.mark.req("SEC16:A00.FR.318", "SEC16:A00.FR.422")
@pytest.mark.parametrize("suite", SUITES)
async def test_a_station_speaks_each_suite_it_must_have(scene: SecureScene, profile: int, suite: str) -> None:
    """Both pairs, though one would do: each suite alone is enough."""
    tls = _central_system(scene, profile)
    assert tls is not None
    tls.load_cert_chain(scene.folder / "server-rsa.pem", scene.folder / "server-rsa-key.pem")
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    tls.set_ciphers(suite)
    async with scripted_csms(V16, tls=tls) as csms, lab(csms.url, V16, **_station(scene, profile)) as one:
        await one.until_accepted()
        assert csms.lines[0].transport.get_extra_info("cipher")[0] == suite


def _answered(data: bytes) -> Answer:
    return Listener().hear(data)


@by_tls
@pytest.mark.req("SEC16:A00.FR.319", "SEC16:A00.FR.320", "SEC16:A00.FR.423", "SEC16:A00.FR.424")
async def test_no_suite_unfit_for_legacy_use_and_no_compression(scene: SecureScene, profile: int) -> None:
    """The station offers none; the CSMS takes none of them, and does not compress though it is asked to."""
    heard = bytearray()
    async with _hearing(heard) as port, lab(f"wss://localhost:{port}", V16, **_station(scene, profile)) as one:
        await one.until(lambda: heard, "a ClientHello")
    suites, compression = _client_hello(bytes(heard))
    assert "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" in suites
    assert [each for each in suites if is_weak(each)] == []
    assert compression == b"\x00"
    weak = [number for number, name in KNOWN_SUITES.items() if is_weak(name)]
    good = next(number for number, name in KNOWN_SUITES.items() if name == "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
    assert len(weak) > 10
    async with secured(scene.pki, profile) as (csms, _):
        refused = await _raw(_tls_port(csms), client_hello(Offer(TLS12, weak, os.urandom(32), "localhost")))
        assert not refused or _answered(refused).hello is None
        offer = Offer(TLS12, [*weak, good], os.urandom(32), "localhost", compression=(1, 0))
        chosen = _answered(await _raw(_tls_port(csms), client_hello(offer))).hello
        assert chosen is not None
        assert (chosen.suite, chosen.compression) == (good, 0)
