"""Whom the TLS of the CSMS turns away is told why, by the alert (RFC 8446, 6.2), in both event loops; what is put down stays the same."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from typing import Any, Final

import pytest
import uvloop
from starlette.applications import Starlette

from pilotwire.csms.app import Csms
from pilotwire.serving import AlertingContext, WebServer
from tests.support.csms_stage import STATION
from tests.support.csms_stage_tls import UP_TO_1_1, UP_TO_1_2, secured
from tests.support.eventually import eventually
from tests.support.secure_scene import SecureScene
from tests.support.station_lab import lab

PATIENCE: Final = 30.0
NO_SUITE = UP_TO_1_2 | {"ciphers": "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"}
in_both_loops = pytest.mark.parametrize(
    "loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
Loop = Callable[[], asyncio.AbstractEventLoop]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    """A lab's PKI with the certificate of a station."""
    return SecureScene(tmp_path_factory.mktemp("pki"))


def in_loop(loop: Loop, scene: SecureScene, act: Callable[[Csms], Awaitable[None]], **more: Any) -> None:
    """Do something with a CSMS that runs in an event loop of this kind."""

    async def whole() -> None:
        async with secured(scene.pki, 3, **more) as (csms, _):
            await act(csms)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(whole())


def heard(port: int, context: ssl.SSLContext) -> str:
    """What an ordinary TLS client hears that asks for something: the alert by its name, or the first line of the answer."""
    try:
        with (
            socket.create_connection(("127.0.0.1", port), PATIENCE) as line,
            context.wrap_socket(line, server_hostname="localhost") as tls,
        ):
            tls.sendall(f"GET /{STATION} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            return tls.recv(65536).decode().partition("\r\n")[0]  # by TLS 1.3 a client hears of a refusal only here
    except ssl.SSLError as error:
        return str(error.reason).lower().partition("alert_")[2] or str(error)


def port_of(csms: Csms) -> int:
    """The TLS port of the gateway."""
    assert csms.gateway.tls_port is not None
    return csms.gateway.tls_port


async def put_down(csms: Csms) -> tuple[list[str], list[str | None]]:
    """What the CSMS put down of handshakes it refused, once there is something: findings, and its own security events (A00.FR.408)."""

    async def found() -> list[str]:
        return [each.what for each in await csms.store.findings("") if each.rule == "gateway:tls"]

    findings: list[str] = await eventually(found, what="the finding")
    events = [each.event.tech_info for each in await csms.store.security_events("")]
    return findings, events


@in_both_loops
@pytest.mark.req("A00.FR.407", "A00.FR.408")
@pytest.mark.parametrize("how", [{}, UP_TO_1_2], ids=["tls-1.3", "tls-1.2"])
@pytest.mark.parametrize(
    ("kind", "alert", "why"),
    [("foreign", "unknown_ca", "unable to get local issuer"), ("expired", "certificate_expired", "has expired")],
)
def test_a_client_certificate_that_is_no_good(
    scene: SecureScene, loop: Loop, how: dict[str, Any], kind: str, alert: str, why: str
) -> None:
    """The station hears what is wrong with it; the finding and the security event are there once."""
    context = scene.pki.bad(kind, STATION)
    for name, value in how.items():
        setattr(context, name, value)

    async def act(csms: Csms) -> None:
        assert await asyncio.to_thread(heard, port_of(csms), context) == alert
        (finding,), (event,) = await put_down(csms)
        assert why in finding
        assert event is not None
        assert event.startswith("the client certificate is no good")

    in_loop(loop, scene, act)


@in_both_loops
@pytest.mark.parametrize(
    ("how", "alert"),
    [(UP_TO_1_1, "protocol_version"), (NO_SUITE, "handshake_failure")],
    ids=["old-version", "no-common-suite"],
)
def test_a_client_with_nothing_good_in_tls(scene: SecureScene, loop: Loop, how: dict[str, Any], alert: str) -> None:
    """Version and suite have alerts of their own; no security event, for it was no certificate."""

    async def act(csms: Csms) -> None:
        assert await asyncio.to_thread(heard, port_of(csms), scene.pki.client(f"station-{STATION}", **how)) == alert
        findings, events = await put_down(csms)
        assert len(findings) == 1
        assert not events

    in_loop(loop, scene, act)


@in_both_loops
def test_no_certificate_is_told_by_http_as_the_port_is_for_profile_2_too(scene: SecureScene, loop: Loop) -> None:
    """A sentence instead of an alert; with the certificate the same client gets as far as the upgrade."""

    async def act(csms: Csms) -> None:
        told = [
            await asyncio.to_thread(_upgrade, port_of(csms), scene.pki.client(shown))
            for shown in (None, f"station-{STATION}")
        ]
        assert [line.split()[1] for line in told] == ["403", "101"]

    in_loop(loop, scene, act)


def _upgrade(port: int, context: ssl.SSLContext) -> str:
    request = (
        f"GET /{STATION} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n\r\n"
    )
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE) as line,
        context.wrap_socket(line, server_hostname="localhost") as tls,
    ):
        tls.sendall(request.encode())
        return tls.recv(65536).decode().partition("\r\n")[0]


@in_both_loops
@pytest.mark.parametrize(
    ("how", "alert"), [({}, "certificate_required"), (UP_TO_1_2, "handshake_failure")], ids=["tls-1.3", "tls-1.2"]
)
def test_a_server_that_must_see_a_certificate_says_so(
    scene: SecureScene, loop: Loop, how: dict[str, Any], alert: str
) -> None:
    """Any HTTP server of ours with such a context."""
    context = AlertingContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(scene.folder / "server-ecdsa.pem", scene.folder / "server-ecdsa-key.pem")
    context.load_verify_locations(scene.folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED

    async def whole() -> None:
        async with WebServer(Starlette(), "127.0.0.1", 0, name="test", ssl_context=context) as web:
            assert await asyncio.to_thread(heard, web.port, scene.pki.client(**how)) == alert

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(whole())


# --- who does not leave when told ---------------------------------------------------------------------------------------


@in_both_loops
def test_who_speaks_no_tls_is_cut_off_at_once(scene: SecureScene, loop: Loop) -> None:
    """OpenSSL has no alert for a request in plain HTTP: there is nothing to wait for."""

    async def act(csms: Csms) -> None:
        assert await asyncio.to_thread(_rest, port_of(csms), b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") == b""

    in_loop(loop, scene, act)


def _rest(port: int, said: bytes) -> bytes:
    """What comes until the server ends the connection."""
    with closing(socket.create_connection(("127.0.0.1", port), PATIENCE)) as line:
        line.sendall(said)
        return b"".join(iter(lambda: line.recv(4096), b""))


@in_both_loops
def test_who_goes_on_sending_after_the_alert_is_cut_off(scene: SecureScene, loop: Loop) -> None:
    """After a little of it: what the client sent before it can have heard the alert does no harm, an endless stream does not get in."""

    async def act(csms: Csms) -> None:
        assert await asyncio.to_thread(_flood, port_of(csms)) == _ALERT

    in_loop(loop, scene, act)


_OLD_HELLO: Final = bytes.fromhex("16 0302 002d 01 000029 0302") + bytes(32) + bytes.fromhex("00 0002 002f 01 00")
"""A ClientHello of TLS 1.1."""
_ALERT: Final = bytes.fromhex("15 0302 0002 02 46")
"""fatal, protocol_version"""


def _flood(port: int) -> bytes:
    """Send without end; the first bytes that come back."""
    with closing(socket.create_connection(("127.0.0.1", port), PATIENCE)) as line:
        line.sendall(_OLD_HELLO)
        alert = line.recv(4096)
        with suppress(ConnectionError):
            while True:  # the timeout of the socket ends it otherwise, with an error
                line.sendall(bytes(16384))
    return alert


# --- our own station ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "why"), [("foreign", "unknown ca"), ("expired", "certificate expired")])
async def test_our_station_knows_why_it_was_turned_away(scene: SecureScene, kind: str, why: str) -> None:
    """It says so in its log and on its page."""
    scene.pki.bad(kind, STATION)
    files = scene.files()
    files.write("tls/installer-chain.pem", (scene.folder / f"{kind}.pem").read_bytes())
    files.write("tls/installer-key.pem", (scene.folder / f"{kind}-key.pem").read_bytes())
    async with secured(scene.pki, 3) as (csms, _):
        url = f"wss://localhost:{port_of(csms)}"
        async with lab(url, files=files, security_profile=3) as one:
            await one.until(lambda: bool(one.station.line.trouble), "trouble")
            assert why in one.station.line.trouble, one.station.line.trouble
