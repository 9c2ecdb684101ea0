"""The station's line over real sockets: TLS good and bad, proxies, versions, pings, carriers, and how fast it is back."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from pilotwire.ocpp.version import OcppVersion
from pilotwire.station.endpoints import Endpoint
from tests.support.eventually import eventually
from tests.support.scripted_csms import scripted_csms
from tests.support.secure_scene import PASSWORD, TOO_OLD, SecureScene, alerting, of_type
from tests.support.station_lab import lab, open_csms

EVENT = "SecurityEventNotification"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    return SecureScene(tmp_path_factory.mktemp("pki"))


def _told(csms: Any) -> list[str]:
    return of_type(csms.of(EVENT))


# --- TLS ------------------------------------------------------------------------------------------------------------


WEAK: dict[str, Any] = {
    "ciphers": "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0",
    "maximum_version": ssl.TLSVersion.TLSv1_2,
}


@pytest.mark.req("A00.FR.316", "A00.FR.323", "A00.FR.419", "A00.FR.426")
@pytest.mark.parametrize(
    ("how", "event"),
    [
        pytest.param(WEAK, "InvalidTLSCipherSuite", id="weak-suites-only"),
        pytest.param(TOO_OLD, "InvalidTLSVersion", id="old-versions-only"),
    ],
)
async def test_a_csms_with_nothing_good_in_tls_is_none(scene: SecureScene, how: dict[str, Any], event: str) -> None:
    """Neither side gives in; as soon as it has better, it hears of it."""
    async with alerting(scene.server_context("good", **how)) as port:
        station = lab(f"wss://localhost:{port}", files=scene.files(), password=PASSWORD)
        one = await station.__aenter__()
        await one.until(lambda: "TLS" in one.station.line.trouble, "trouble")
    try:
        async with scripted_csms(port=port, tls=scene.server().context) as csms:
            await one.until_accepted()
            await eventually(lambda: event in _told(csms), what=event)
    finally:
        await station.__aexit__(None, None, None)


@pytest.mark.req("A00.FR.310", "A00.FR.311", "A00.FR.317", "A00.FR.413", "A00.FR.420")
@pytest.mark.req("SEC16:A00.FR.316", "SEC16:A00.FR.420")
@pytest.mark.parametrize(("version", "profile"), [("1.6", 2), ("1.6", 3), ("2.0.1", 2)])
@pytest.mark.parametrize(
    ("kind", "alert"),
    [
        ("foreign", "TLSV1_ALERT_UNKNOWN_CA"),
        ("expired", "SSLV3_ALERT_CERTIFICATE_EXPIRED"),
        ("future", "SSLV3_ALERT_BAD_CERTIFICATE"),
        ("other-host", "SSLV3_ALERT_BAD_CERTIFICATE"),
    ],
)
async def test_a_csms_whose_certificate_is_refused_hears_why(
    scene: SecureScene, version: str, profile: int, kind: str, alert: str
) -> None:
    """By the alert of TLS, before the connection is gone; and the station knows why as well."""
    heard: list[str] = []
    how: dict[str, Any] = {"files": scene.files(certificate=True), "password": PASSWORD, "security_profile": profile}
    async with (
        alerting(scene.server_context(kind), heard=heard) as port,
        lab(f"wss://localhost:{port}", version, **how) as one,
    ):
        await one.until(lambda: "TLS" in one.station.line.trouble, "trouble")
        await eventually(lambda: heard == [alert], what=alert)
        assert "certificate" in one.station.line.trouble


async def test_a_host_name_can_be_let_be_but_not_the_chain(scene: SecureScene) -> None:
    lenient = {"InstallerCtrlr.TlsStrictness": "SkipHostName"}
    server = scene.server("other-host")
    async with scripted_csms(tls=server.context) as csms:
        async with lab(csms.url, files=scene.files(), variables=lenient) as one:
            await one.until_accepted()
        server.use("foreign")
        async with lab(csms.url, files=scene.files(), variables=lenient) as one:
            await one.until(
                lambda: "self-signed" in one.station.line.trouble or "verify" in one.station.line.trouble, "no"
            )
            assert not one.station.line.is_up


async def test_a_station_without_roots_trusts_nobody(scene: SecureScene) -> None:
    async with scripted_csms(tls=scene.server().context) as csms, lab(csms.url, files=scene.files(root=False)) as one:
        await one.until(lambda: "verify" in one.station.line.trouble, "no")


async def test_a_missing_certificate_is_told(scene: SecureScene) -> None:
    async with (
        scripted_csms(tls=scene.server().context) as csms,
        lab(csms.url, files=scene.files(), security_profile=3) as one,
    ):
        await one.until(lambda: "there is none" in one.station.line.trouble, "trouble")


@pytest.mark.req("A00.FR.302", "A00.FR.308", "A00.FR.401", "A00.FR.402")
@pytest.mark.parametrize("profile", [2, 3])
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_our_own_csms_lets_it_in(scene: SecureScene, version: str, profile: int) -> None:
    """Over a real TLS socket: with a password, or with a certificate."""
    async with open_csms(**scene.pki.settings()) as csms:
        assert csms.urls.ocpp_tls is not None
        url = csms.urls.ocpp_tls.replace("127.0.0.1", "localhost")
        files = scene.files(certificate=True)
        password = None if profile == 3 else PASSWORD
        async with lab(url, version, files=files, security_profile=profile, password=password) as one:
            await one.until_accepted()
            assert one.station.core.variable("SecurityCtrlr.SecurityProfile") == str(profile)


# --- versions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("spoken", "chosen"), [("2.1", "2.1"), ("2.0.1", "2.0.1")])
async def test_a_station_of_2_1_speaks_2_0_1_where_it_must(spoken: str, chosen: str) -> None:
    """The handshake decides; everything after it is said in that version."""
    async with scripted_csms(spoken) as csms, lab(csms.url, "2.1", versions=(OcppVersion.V201,)) as one:
        await one.until_accepted()
        assert csms.lines[-1].subprotocol == f"ocpp{chosen}"
        one.plug()
        one.tap()
        await csms.until_heard("TransactionEvent")


# --- the proxy ------------------------------------------------------------------------------------------------------


@dataclass
class _Proxy:
    """An HTTP proxy that knows CONNECT only. `refuses` is the status it answers instead."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    refuses: int | None = None

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        target = head.split()[1].decode()
        self.asked.append(target)
        if self.refuses is not None:
            writer.write(f"HTTP/1.1 {self.refuses} No\r\nContent-Length: 0\r\n\r\n".encode())
            writer.close()
            return
        host, _, port = target.rpartition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer), return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def _proxy(**fields: Any) -> AsyncIterator[_Proxy]:
    proxy = _Proxy(**fields)
    server = await asyncio.start_server(proxy.attend, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    async with server:
        yield proxy


@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
async def test_a_proxy_carries_the_connection(scene: SecureScene, secure: bool) -> None:
    """By CONNECT; TLS goes through it to the CSMS."""
    tls = scene.server().context if secure else None
    async with _proxy() as proxy, scripted_csms(tls=tls) as csms:
        variables = {"InstallerCtrlr.WebSocketProxy": f"127.0.0.1:{proxy.port}"}
        async with lab(csms.url, files=scene.files(), variables=variables) as one:
            await one.until_accepted()
            assert proxy.asked == [f"{'localhost' if secure else '127.0.0.1'}:{csms.port}"]


async def test_a_proxy_that_refuses_is_told() -> None:
    async with _proxy(refuses=407) as proxy, scripted_csms() as csms:
        variables = {"InstallerCtrlr.WebSocketProxy": f"127.0.0.1:{proxy.port}"}
        async with lab(csms.url, variables=variables) as one:
            await one.until(lambda: "proxy" in one.station.line.trouble, "trouble")
            assert csms.attempts == 0


# --- times ----------------------------------------------------------------------------------------------------------


async def test_an_attempt_is_given_up_in_time() -> None:
    """A CSMS that takes the connection and says nothing."""
    silent: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: silent.append(writer), "127.0.0.1", 0)
    async with server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with lab(url, variables={"InstallerCtrlr.ConnectionTimeout": "3"}) as one:
            await one.until(lambda: "within 3 s" in one.station.line.trouble, "given up")
        for writer in silent:
            writer.close()


@pytest.mark.req("J2:8.4")
async def test_pings_begin_and_end_on_the_connection_that_stands() -> None:
    """WebSocketPingInterval counts at once; 0 is none."""
    async with scripted_csms() as csms, lab(csms.url, variables={"OCPPCommCtrlr.WebSocketPingInterval": "0"}) as one:
        await one.until_accepted()
        (line,) = csms.lines
        pinged = asyncio.Event()
        answer = line.protocol.recv_ping if hasattr(line.protocol, "recv_ping") else None
        assert answer is None
        taken = line.process_event

        def look(event: Any) -> None:
            if getattr(event, "opcode", None) == 0x9:
                pinged.set()
            taken(event)

        line.process_event = look  # type: ignore[method-assign]
        one.station.write_variable("OCPPCommCtrlr.WebSocketPingInterval", "1")
        await asyncio.wait_for(pinged.wait(), 5)
        one.station.write_variable("OCPPCommCtrlr.WebSocketPingInterval", "0")
        assert len(csms.lines) == 1, "the same connection"


# --- carriers -------------------------------------------------------------------------------------------------------


async def test_without_a_backend_wanted_nothing_is_tried() -> None:
    """Until one is; then the station is there at once."""
    variables = {"InstallerCtrlr.ConnectionType": "None"}
    async with scripted_csms() as csms, lab(csms.url, variables=variables) as one:
        await asyncio.sleep(0)
        one.station.line.hurry()
        assert (csms.attempts, one.station.line.trouble) == (0, "")
        one.station.write_variable("InstallerCtrlr.ConnectionType", "Ethernet")
        await one.until_accepted()
        one.station.write_variable("InstallerCtrlr.ConnectionType", "None")
        await one.until(lambda: not one.station.line.is_up, "down")
        one.station.carriers(ethernet=True, cellular=False)
        assert csms.attempts == 1


async def test_a_pulled_cable_moves_the_connection_to_the_mobile_network() -> None:
    async with scripted_csms() as csms, lab(csms.url) as one:
        await one.until_accepted()
        one.station.carriers(ethernet=False, cellular=True)
        await eventually(lambda: len(csms.lines) == 2, what="another connection")
        await one.until(lambda: one.station.line.is_up, "up again")
        assert len(csms.of("BootNotification")) == 1, "a reconnect is no boot"


# --- back in seconds ------------------------------------------------------------------------------------------------


async def test_after_refused_attempts_the_station_is_back_in_seconds() -> None:
    """With a long back-off it would take an hour: whoever mends the line does not wait for it."""
    slow = {"OCPPCommCtrlr.RetryBackOffWaitMinimum": "3600"}
    loop = asyncio.get_running_loop()
    async with scripted_csms(refuse=503) as csms, lab(csms.url, variables=slow) as one:
        await one.until(lambda: "503" in one.station.line.trouble, "refused")
        csms.refuse = None
        mended = loop.time()
        one.station.line.restore()
        await one.until_accepted()
        assert loop.time() - mended < 3


async def test_after_refused_attempts_a_short_back_off_is_enough() -> None:
    """By variables alone, without a hand on the line."""
    async with scripted_csms(refuse=503) as csms, lab(csms.url) as one:
        await one.until(lambda: csms.attempts >= 3, "refused")
        csms.refuse = None
        await one.until_accepted()


def test_an_endpoint_keeps_its_password_to_itself() -> None:
    endpoint = Endpoint(url="wss://csms.example", identity="A", password=PASSWORD)
    assert PASSWORD not in repr(endpoint)
    assert PASSWORD not in repr(endpoint.profile())
    told = {"ws://x": None, "ws://y": PASSWORD, "WSS://x": None}
    assert [Endpoint(url=url, identity="A", password=word).level for url, word in told.items()] == [0, 1, 2]
