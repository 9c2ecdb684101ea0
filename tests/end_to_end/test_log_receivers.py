"""The receivers of logs as servers: what they let nobody do, their settings, their keys, starting and stopping."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import aioftp
import asyncssh
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from pilotwire.clock import ManualClock
from pilotwire.csms.api import create_api
from pilotwire.csms.app import Csms
from pilotwire.errors import ConfigError
from tests.support.eventually import eventually
from tests.support.log_uploads import LOG, Asked, Yard, booted, http_put, sftp, yard
from tests.support.raw_station import PATIENCE, settings, station

PROTOCOLS = ("http", "ftp", "sftp")
VERSIONS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
REFUSED = (httpx.HTTPStatusError, aioftp.StatusCodeError, asyncssh.SFTPError, asyncssh.PermissionDenied)
each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def _tell(line: Any, version: str, asked: Asked, status: str) -> None:
    if version == "ocpp1.6":
        assert await line.ask("DiagnosticsStatusNotification", {"status": status}) == {}
    else:
        told = {"status": status, "requestId": asked.request_id}
        assert await line.ask("LogStatusNotification", told) == {}


async def test_two_files_in_one_session_are_one_too_many(tmp_path: Path) -> None:
    """A session outlives its secret, but takes nothing more."""
    async with yard(uploads_dir=str(tmp_path)) as it, booted(it.csms) as line:
        asked = await it.ask(line, protocol="sftp")
        async with sftp(asked.url) as client:
            async with client.open("a", "wb") as file:
                await file.write(LOG)
            with pytest.raises(asyncssh.SFTPError):
                await client.open("b", "wb")
        assert [path.name for path in _files(tmp_path)] == ["a"]


async def test_a_file_with_a_hole_is_not_whole(tmp_path: Path) -> None:
    """SFTP writes anywhere; what was never written is missing."""
    async with yard(uploads_dir=str(tmp_path)) as it, booted(it.csms) as line:
        asked = await it.ask(line, protocol="sftp")
        async with sftp(asked.url) as client:
            file = await client.open("log", "wb")
            await file.write(b"end", 1000)
            await file.write(b"begin", 0)
            with pytest.raises(asyncssh.SFTPError, match="from 5 on are missing"):
                await file.close()
        assert _files(tmp_path) == []
        assert await it.findings() == ["upload:not-stored"]


async def test_nothing_can_be_looked_at_or_changed(tmp_path: Path) -> None:
    """A visitor sees no file and gets no shell."""
    (tmp_path / "other").write_text("secret")
    async with yard(uploads_dir=str(tmp_path)) as it, booted(it.csms) as line:
        asked = await it.ask(line, protocol="sftp")
        async with sftp(asked.url) as client:
            assert await client.listdir(".") == []
            assert not await client.exists("/other")
            for attempt in (
                client.open("/other", "rb"),
                client.remove("/other"),
                client.rename("/other", "/o"),
                client.symlink("/etc/passwd", "/p"),
                client.readlink("/other"),
                client.link("/other", "/o"),
                client.rmdir("/x"),
            ):
                with pytest.raises(asyncssh.SFTPError):
                    await attempt
        asked = await it.ask(line, protocol="ftp")
        parts = asked.parts
        async with aioftp.Client.context(parts.hostname, parts.port, parts.username, parts.password) as ftp:
            for command in ("RETR /other", "DELE /other", "RNFR /other", "APPE x", "REST 5", "SIZE /other", "LIST"):
                with pytest.raises(aioftp.StatusCodeError):
                    await ftp.command(command, "2xx")
        assert (tmp_path / "other").read_text() == "secret"


@each_protocol
async def test_the_csms_may_restart_in_between(protocol: str, tmp_path: Path) -> None:
    """The secret is on record: a station that was asked before uploads after. What was half there is gone; SFTP is known by its key."""
    more: dict[str, Any] = {"database": f"sqlite:///{tmp_path / 'c.db'}", "http_port": 0, "ftp_port": 0, "sftp_port": 0}
    async with yard(**more) as it, booted(it.csms) as line:
        asked = await it.ask(line, protocol=protocol)
        keys = (tmp_path / "c.db-sftp-host-keys").read_bytes()
    left = tmp_path / "c.db-uploads" / ".incoming" / "left"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    async with yard(**more) as it:
        assert not left.exists()
        assert (tmp_path / "c.db-sftp-host-keys").read_bytes() == keys
        port = {"http": it.csms.http_port} | it.csms.uploads.ports
        moved = asked.url.replace(f":{asked.parts.port}/", f":{port[protocol]}/")
        await it.upload(Asked(asked.request_id, moved, asked.response))
        assert (await it.file(asked, "log.zip")).content == LOG
        async with booted(it.csms) as line:
            await _tell(line, "ocpp2.0.1", asked, "Uploaded")
        assert (await it.record(asked))["open"] is False


async def test_a_secret_has_its_time() -> None:
    """After it, it is dead."""
    clock = ManualClock()
    wanted = settings(no_auth=True, upload_lifetime=60)
    async with Csms(wanted, clock, http=create_api) as csms, station(csms, "CS001", "ocpp2.0.1") as line:
        await line.boot()
        async with httpx.AsyncClient(base_url=f"{csms.urls.http}/api/v1", timeout=PATIENCE) as api:
            it = Yard(csms, api)
            asked = await it.ask(line)
            clock.advance(61)
            with pytest.raises(httpx.HTTPStatusError, match="404"):
                await http_put(asked.url, LOG, "log")
            assert await it.findings() == ["upload:expired-key"]


async def test_ftp_and_sftp_are_off_unless_switched_on() -> None:
    """Nothing listens, and who asks for it is told."""
    async with yard(ftp_port=None, sftp_port=None) as it, booted(it.csms):
        assert it.csms.uploads.ports == {}
        response = await it.api.post("/stations/CS001/commands/get-log", json={"protocol": "sftp"})
        assert response.status_code == 422
        assert response.json()["remedy"] == "Start it with --sftp-port, or choose another protocol."
        assert (await it.api.get("/stations/CS001/logs")).json()["items"] == []


async def test_stations_may_see_the_csms_under_another_name() -> None:
    """The public URL is what they are told."""
    async with yard(public_url="https://csms.example/pilot") as it, booted(it.csms) as line:
        assert (await it.ask(line)).url.startswith("https://csms.example/pilot/uploads/")
        assert "@csms.example:" in (await it.ask(line, protocol="ftp")).url
        assert "@csms.example:" in (await it.ask(line, protocol="sftp")).url


@each_protocol
async def test_the_secret_is_told_to_the_station_alone(protocol: str, tmp_path: Path) -> None:
    """Neither the answer, the record, the message log nor the database has it."""
    database = tmp_path / "c.db"
    async with yard(database=f"sqlite:///{database}") as it, booted(it.csms) as line:
        asked = await it.ask(line, protocol=protocol)
        secret = asked.parts.path.split("/")[2] if protocol == "http" else str(asked.parts.password)
        await line.boot()
        shown = [asked.response.text, str(await it.record(asked)), (await it.api.get("/messages")).text]
        assert [secret in each for each in shown] == [False, False, False]
        assert [asked.url.replace(secret, "***") in each for each in shown] == [True, True, True]
    assert not any(secret.encode() in path.read_bytes() for path in _files(tmp_path))


async def test_ftp_by_tls(tmp_path: Path) -> None:
    """With a certificate the URL says ftps, and without TLS there is nobody."""
    pem, authority = _certificate(tmp_path)
    async with yard(ftp_certificate=str(pem)) as it, booted(it.csms) as line:
        asked = await it.ask(line, protocol="ftp")
        parts = asked.parts
        assert parts.scheme == "ftps"
        login = (parts.hostname or "", parts.port or 0, parts.username or "", parts.password or "")
        async with (
            aioftp.Client.context(*login, ssl=authority, socket_timeout=PATIENCE) as client,
            client.upload_stream("log") as stream,
        ):
            await stream.write(LOG)
        assert (await it.file(asked, "log")).content == LOG


def _certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    text = certificate.public_bytes(Encoding.PEM)
    pem = folder / "ftp.pem"
    pem.write_bytes(text + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return pem, ssl.create_default_context(cadata=text.decode())


async def test_nobody_waits_for_100_continue_in_vain() -> None:
    """A wrong token or a length too great is refused before a byte of the body; a good one is told to go on."""
    async with yard(max_upload_bytes=1000) as it, booted(it.csms) as line:
        asked = await it.ask(line)
        path = asked.parts.path
        assert (await _expecting(asked, f"{path}log", 5000)).startswith(b"HTTP/1.1 413 ")
        assert (await _expecting(asked, "/uploads/wrong/log", 10)).startswith(b"HTTP/1.1 404 ")
        assert (await _expecting(asked, f"{path}log", 10)).startswith(b"HTTP/1.1 100 ")


async def _expecting(asked: Asked, path: str, length: int) -> bytes:
    reader, writer = await asyncio.open_connection(asked.parts.hostname, asked.parts.port)
    head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
    writer.write(head.encode())
    first = await asyncio.wait_for(reader.readline(), PATIENCE)
    writer.close()
    return first


async def test_a_csms_that_stops_waits_for_no_upload(tmp_path: Path) -> None:
    """What is half there is gone, and nobody stays connected."""
    async with AsyncExitStack() as stack:
        async with yard(uploads_dir=str(tmp_path)) as it, booted(it.csms) as line:
            asked = await it.ask(line, protocol="sftp")
            client = await stack.enter_async_context(sftp(asked.url))
            file = await client.open("log", "wb")
            await file.write(b"x" * 5000)
            asked = await it.ask(line, protocol="ftp")
            ftp = aioftp.Client(socket_timeout=PATIENCE)
            await ftp.connect(asked.parts.hostname or "", asked.parts.port or 0)
            await ftp.login(asked.parts.username or "", asked.parts.password or "")
            stream = await ftp.get_stream("STOR log", "1xx")
            await stream.write(b"x" * 5000)
            await eventually(lambda: len(_files(tmp_path)) == 2)
        assert _files(tmp_path) == []
        with pytest.raises(asyncssh.SFTPError):
            await file.write(b"more")
        stream.close()
        ftp.close()


async def test_a_host_key_file_that_is_none_is_told(tmp_path: Path) -> None:
    """Before anything runs."""
    (tmp_path / "c.db-sftp-host-keys").write_text("no key")
    with pytest.raises(ConfigError, match="sftp-host-keys cannot be used"):
        async with yard(database=f"sqlite:///{tmp_path / 'c.db'}"):
            pass


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"ftp_certificate": "/no/such.pem"}, "cannot be used"),
        ({"ftp_passive_ports": "9-1"}, "these are no ports"),
        ({"ftp_port": "taken"}, "FTP receiver cannot listen"),
        ({"sftp_port": "taken"}, "SFTP receiver cannot listen"),
    ],
)
async def test_settings_that_cannot_be_used_are_told(more: dict[str, Any], told: str) -> None:
    """With a sentence, not a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        more = {name: taken.getsockname()[1] if each == "taken" else each for name, each in more.items()}
        with pytest.raises(ConfigError, match=told):
            async with yard(**more):
                pass
