"""Servers with TLS beside those of the CSMS tell whom they turn away why, by the alert: the authority, FTPS, a station's own port."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any, Final

import pytest
from starlette.applications import Starlette

from pilotwire.serving import AlertingContext, WebServer
from pilotwire.station.client_context import server_context
from tests.support.csms_stage import backend
from tests.support.csms_stage_tls import UP_TO_1_1, UP_TO_1_2
from tests.support.pki_world import an_office, served
from tests.support.secure_scene import STATION, SecureScene

PATIENCE: Final = 30.0
NO_SUITE: Final = UP_TO_1_2 | {"ciphers": "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"}
OLD: Final = pytest.mark.parametrize(
    ("how", "alert"), [(UP_TO_1_1, "protocol_version"), (NO_SUITE, "handshake_failure")], ids=["old", "no-suite"]
)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    """A lab's PKI with the certificate of a station."""
    return SecureScene(tmp_path_factory.mktemp("pki"))


async def heard(port: int, context: ssl.SSLContext) -> str:
    """The alert a TLS client hears, by its name; "" where it was let in."""
    return await asyncio.to_thread(_heard, port, context)


def _heard(port: int, context: ssl.SSLContext) -> str:
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(("127.0.0.1", port), PATIENCE) as line,
            context.wrap_socket(line) as tls,
        ):
            tls.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            tls.recv(4096)  # by TLS 1.3 a client hears of a refusal only here
    except ssl.SSLError as error:
        return str(error.reason).lower().partition("alert_")[2] or str(error)
    return ""


@pytest.mark.parametrize("how", [{}, UP_TO_1_2], ids=["tls-1.3", "tls-1.2"])
async def test_the_authority_tells_what_is_wrong_with_a_certificate(
    scene: SecureScene, tmp_path: Path, how: dict[str, Any]
) -> None:
    """Of another authority than its own; without any one gets in."""
    stranger = scene.pki.bad("foreign", STATION)
    for name, value in how.items():
        setattr(stranger, name, value)
    async with served(an_office(tmp_path / "ca", None, "csms"), tls=True) as server:
        assert await heard(server.port, stranger) == "unknown_ca"
        assert await heard(server.port, scene.pki.client(**how)) == ""


@OLD
async def test_ftps_tells_what_is_not_spoken(scene: SecureScene, how: dict[str, Any], alert: str) -> None:
    """Whoever speaks what it speaks is greeted."""
    both = scene.folder / "ftp.pem"
    both.write_bytes(
        b"".join((scene.folder / f"{name}.pem").read_bytes() for name in ("server-ecdsa", "server-ecdsa-key"))
    )
    async with backend(ftp_port=0, ftp_certificate=str(both)) as (csms, _):
        (port,) = csms.uploads.ports.values()
        assert await heard(port, scene.pki.client(**how)) == alert
        assert await heard(port, scene.pki.client()) == ""


@OLD
async def test_the_port_of_a_station_tells_it(scene: SecureScene, how: dict[str, Any], alert: str) -> None:
    """That of OCPP-S, which a CSMS calls."""
    files = scene.files()
    for name, suffix in (("chain", ""), ("key", "-key")):
        files.write(f"tls/installer-{name}.pem", (scene.folder / f"server-ecdsa{suffix}.pem").read_bytes())
    context = server_context(files)
    assert isinstance(context, AlertingContext)
    async with WebServer(Starlette(), "127.0.0.1", 0, name="port", ssl_context=context) as web:
        assert await heard(web.port, scene.pki.client(**how)) == alert
        assert await heard(web.port, scene.pki.client()) == ""
