"""A CSMS of bare frames with TLS, good or bad, and a station's files to meet it with."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from pilotwire.clock import SystemClock
from pilotwire.csms.gateway.lab_certificates import new_certificate, pem_of, pem_of_key
from pilotwire.station.files import MemoryFiles
from tests.support.lab_pki import Pki

STATION = "CS001"
PASSWORD = "the-password-of-today"
TOO_OLD: dict[str, Any] = {
    "ciphers": "ALL:@SECLEVEL=0",
    "minimum_version": ssl.TLSVersion.TLSv1_1,
    "maximum_version": ssl.TLSVersion.TLSv1_1,
}
BAD_SERVERS = ("foreign", "expired", "future", "other-host")


class SecureScene:
    """The certificates of a scene, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.pki = Pki.made_in(folder, STATION)
        self.folder = folder

    # --- the CSMS ----------------------------------------------------------------------------------------------------

    def server(self, kind: str = "good", **how: Any) -> Server:
        """A CSMS's TLS whose certificate can be exchanged; attributes of the context as given."""
        return Server(self, kind, **how)

    def server_context(self, kind: str, **how: Any) -> ssl.SSLContext:
        """The context of a certificate that is good, or bad in one way."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if ciphers := how.pop("ciphers", None):
            context.set_ciphers(ciphers)
        name = "server-ecdsa" if kind == "good" else self._bad(kind)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}-key.pem")
        context.load_verify_locations(self.folder / "ca.pem")
        for attribute, value in how.items():
            setattr(context, attribute, value)
        return context

    def _bad(self, kind: str) -> str:
        now = SystemClock().now()
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = self.pki.stranger if kind == "foreign" else self.pki._authority()
        since = now + timedelta(days={"expired": -30, "future": 30}.get(kind, 0))
        hosts = {"other-host": ["other.example"], "wildcard": ["*.csms.example"]}.get(kind, ["localhost"])
        made = new_certificate(issuer, hosts[0], key, since, hosts=hosts, days=10)
        (self.folder / f"server-{kind}.pem").write_bytes(pem_of(made))
        (self.folder / f"server-{kind}-key.pem").write_bytes(pem_of_key(key))
        return f"server-{kind}"

    # --- the station -------------------------------------------------------------------------------------------------

    def files(self, *, root: bool = True, certificate: bool = False) -> MemoryFiles:
        """What a station has."""
        files = MemoryFiles()
        self.install(files, root=root, certificate=certificate)
        return files

    def install(self, files: MemoryFiles, *, root: bool = True, certificate: bool = False) -> None:
        """Put certificates where the station was set up with them."""
        if root:
            files.write("tls/installer-roots.pem", (self.folder / "ca.pem").read_bytes())
        if certificate:
            files.write("tls/installer-chain.pem", (self.folder / f"station-{STATION}.pem").read_bytes())
            files.write("tls/installer-key.pem", (self.folder / f"station-{STATION}-key.pem").read_bytes())


class Server:
    """`context` for the listening socket; `use` exchanges the certificate; `names` are the names stations asked for (SNI)."""

    def __init__(self, scene: SecureScene, kind: str, **how: Any) -> None:
        self._scene = scene
        self._how = how
        self.names: list[str | None] = []
        self.context = scene.server_context(kind, **how)
        self._now = self.context
        self.context.sni_callback = self._asked

    def use(self, kind: str) -> None:
        """From the next connection on."""
        self._now = self._scene.server_context(kind, **self._how)

    def _asked(self, line: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        self.names.append(name)
        line.context = self._now


def of_type(events: Sequence[Any]) -> list[str]:
    """The types of security events."""
    return [event["type"] for event in events]


@asynccontextmanager
async def alerting(context: ssl.SSLContext, port: int = 0, *, heard: list[str] | None = None) -> AsyncIterator[int]:
    """A server that takes part in TLS handshakes only, and sends the alert of one that fails; its port. `heard`: why those failed."""

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(received, sent, server_side=True)
        with suppress(ConnectionError):
            while not await _shaken(tls, received, sent, reader, writer, [] if heard is None else heard):
                pass
        writer.close()

    server = await asyncio.start_server(attend, "127.0.0.1", port)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _shaken(
    tls: ssl.SSLObject,
    received: ssl.MemoryBIO,
    sent: ssl.MemoryBIO,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    heard: list[str],
) -> bool:
    """One step of a handshake; whether it has come to its end, good or bad."""
    over = True
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        over = False
    except ssl.SSLError as error:
        heard.append(error.reason)
    writer.write(sent.read())
    await writer.drain()
    if over:
        return True
    data = await reader.read(65536)
    received.write(data)
    return not data
