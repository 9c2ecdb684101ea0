"""A log from the station to whoever asked for it, over real sockets: command, upload by each protocol, status, download."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aioftp
import asyncssh
import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.log_uploads import LOG, NAME, Asked, booted, yard
from tests.support.raw_station import PATIENCE

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


@pytest.mark.req("N01.FR.07", "N01.FR.14", "N01.FR.18", "1.6:5.9", "1.6:4.4")
@pytest.mark.parametrize("version", VERSIONS)
@each_protocol
async def test_a_log_comes_from_the_station_to_who_asked(protocol: str, version: str, tmp_path: Path) -> None:
    """The same bytes, their size and digest on record, every status with the request, nothing found against the station."""
    async with yard(uploads_dir=str(tmp_path)) as it, booted(it.csms, version) as line:
        asked = await it.ask(line, protocol=protocol)
        assert asked.response.json()["status"] == "Accepted"
        assert asked.parts.scheme == protocol
        await _tell(line, version, asked, "Uploading")
        await it.upload(asked)
        await _tell(line, version, asked, "Uploaded")
        record = await it.record(asked)
        assert [each["status"] for each in record["statuses"]] == ["Uploading", "Uploaded"]
        assert (record["answer"], record["filename"], record["open"]) == ("Accepted", NAME, False)
        (file,) = record["files"]
        assert (file["name"], file["size"], file["protocol"]) == ("log.zip", len(LOG), protocol)
        assert file["sha256"] == sha256(LOG).hexdigest()
        assert [path.read_bytes() for path in _files(tmp_path)] == [LOG]
        assert (await it.file(asked, "log.zip")).content == LOG
        assert await it.findings() == []


async def test_a_download_can_be_taken_up_again() -> None:
    """A range is a part; what a station calls the content is not what a browser is told."""
    async with yard() as it, booted(it.csms) as line:
        asked = await it.ask(line)
        async with httpx.AsyncClient() as client:
            html = {"Content-Type": "text/html"}
            assert (await client.put(f"{asked.url}x.html", content=LOG, headers=html)).status_code == 201
        part = await it.file(asked, "x.html", Range="bytes=1000-1999")
        assert (part.status_code, part.content) == (206, LOG[1000:2000])
        assert part.headers["content-type"] == "application/octet-stream"
        assert part.headers["x-content-type-options"] == "nosniff"
        assert (await it.record(asked))["files"][0]["contentType"] == "text/html"
        assert (await it.file(asked, "y.html")).status_code == 404


@pytest.mark.req("N01.FR.18")
@pytest.mark.parametrize(
    ("method", "tail", "headers", "name"),
    [
        ("PUT", "log.zip", {}, "log.zip"),
        ("POST", "log.zip", {}, "log.zip"),
        ("PUT", "", {}, "01.zip"),
        ("PUT", "/log.zip", {}, "log.zip"),
        ("POST", "", {"Content-Disposition": 'form-data; name="f"; filename="said.zip"'}, "said.zip"),
        ("PUT", "%2e%2e/%2e%2e/etc/passwd", {}, "passwd"),
        ("PUT", "..%5c..%5cboot.ini", {}, "boot.ini"),
        ("PUT", "%2e%2e", {}, "01.zip"),
        ("PUT", ".hidden", {}, "hidden"),
        ("PUT", "a%00b%1bc.zip", {}, "a_b_c.zip"),
        ("PUT", "x" * 400, {}, "x" * 120),
    ],
)
async def test_what_stations_do_to_the_url(
    method: str, tail: str, headers: dict[str, str], name: str, tmp_path: Path
) -> None:
    """With or without a file name, in the URL or a header: the file stays in its folder under a harmless name."""
    async with yard(uploads_dir=str(tmp_path / "in")) as it, booted(it.csms) as line:
        asked = await it.ask(line)
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            response = await client.request(method, httpx.URL(asked.url + tail), content=LOG, headers=headers)
        assert response.status_code == 201, response.text
        assert response.json() == {"name": name, "size": len(LOG), "sha256": sha256(LOG).hexdigest()}
        (stored,) = _files(tmp_path)
        assert stored.name == name
        assert stored.resolve().is_relative_to((tmp_path / "in").resolve())
        assert (await it.file(asked, name)).content == LOG


@pytest.mark.req("N01.FR.18", "N01.FR.19")
async def test_a_form_holds_the_file() -> None:
    """As browsers and many stations send it; fields beside the file do not count."""
    async with yard() as it, booted(it.csms) as line:
        asked = await it.ask(line)
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            form = {"uploadfile": ("../station.log", LOG, "text/plain")}
            response = await client.post(asked.url, files=form, data={"note": "hello"})
        assert response.status_code == 201, response.text
        (file,) = (await it.record(asked))["files"]
        assert (file["name"], file["contentType"], file["size"]) == ("station.log", "text/plain", len(LOG))
        assert (await it.file(asked, "station.log")).content == LOG


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="l"\r\n\r\nhalf a file',
            "multipart/form-data; boundary=b",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nno file\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
        (b"this is no form", "multipart/form-data; boundary=b"),
        (b"--b--", "multipart/form-data"),
        (b"", "application/octet-stream"),
    ],
)
async def test_a_body_that_is_no_file_is_not_taken(body: bytes, kind: str, tmp_path: Path) -> None:
    """A finding, no file, and the station may try again."""
    async with yard(uploads_dir=str(tmp_path)) as it, booted(it.csms) as line:
        asked = await it.ask(line)
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            response = await client.post(asked.url, content=body, headers={"Content-Type": kind})
            assert response.status_code == 400, response.text
            assert await it.findings() == ["upload:not-stored"]
            assert (await it.record(asked))["files"] == []
            assert _files(tmp_path) == []
            assert (await client.post(asked.url, content=LOG)).status_code == 201


@each_protocol
async def test_a_wrong_secret_opens_nothing(protocol: str, tmp_path: Path) -> None:
    """Nor does a good one at the door of another protocol; each leaves a finding."""
    async with yard(uploads_dir=str(tmp_path)) as it, booted(it.csms) as line:
        asked = await it.ask(line, protocol=protocol)
        secret = asked.parts.path.split("/")[2] if protocol == "http" else str(asked.parts.password)
        assert len(secret) == 32
        with pytest.raises(REFUSED) as refused:
            await it.upload(Asked(0, asked.url.replace(secret, "0" * 32), asked.response))
        if isinstance(refused.value, httpx.HTTPStatusError):
            assert refused.value.response.status_code == 404
        assert await it.findings("") == ["upload:unknown-key"]
        assert _files(tmp_path) == []
        await it.upload(asked)


@each_protocol
async def test_a_secret_is_good_for_one_file(protocol: str, tmp_path: Path) -> None:
    """What comes after it is refused, and found against the station; the first file stays."""
    async with yard(uploads_dir=str(tmp_path)) as it, booted(it.csms) as line:
        asked = await it.ask(line, protocol=protocol)
        await it.upload(asked)
        with pytest.raises(REFUSED):
            await it.upload(asked, b"another")
        assert await it.findings() == ["upload:used-key"]
        assert [path.read_bytes() for path in _files(tmp_path)] == [LOG]


@each_protocol
async def test_what_is_too_long_is_not_kept(protocol: str, tmp_path: Path) -> None:
    """Not one byte of it; the station is told, and may send less."""
    async with yard(uploads_dir=str(tmp_path), max_upload_bytes=100_000) as it, booted(it.csms) as line:
        asked = await it.ask(line, protocol=protocol)
        with pytest.raises((*REFUSED, ConnectionError)):
            await it.upload(asked, b"x" * 100_001)
        assert await eventually(it.findings) == ["upload:not-stored"]
        assert _files(tmp_path) == []
        await it.upload(asked, b"x" * 100_000)
        assert [path.stat().st_size for path in _files(tmp_path)] == [100_000]


async def test_a_body_without_a_length_ends_at_the_limit(tmp_path: Path) -> None:
    """A body in chunks says nothing beforehand. It may be longer than a message: uploads have a limit of their own."""

    async def chunks(count: int) -> Any:
        for _ in range(count):
            yield b"x" * 1000

    more = {"uploads_dir": str(tmp_path), "max_upload_bytes": 300_000, "max_message_bytes": 4096}
    async with yard(**more) as it, booted(it.csms) as line, httpx.AsyncClient(timeout=PATIENCE) as client:
        asked = await it.ask(line)
        response = await client.put(asked.url, content=chunks(301))
        assert response.status_code == 413
        assert response.json()["detail"] == "The file is longer than the 300000 bytes that are taken."
        assert _files(tmp_path) == []
        assert (await client.put(asked.url, content=chunks(300))).status_code == 201


@each_protocol
async def test_a_disk_that_takes_nothing_is_told(protocol: str, tmp_path: Path) -> None:
    """The station gets an error, the operator a finding; with the disk back the same URL works."""
    folder = tmp_path / "in"
    folder.write_text("in the way")
    async with yard(uploads_dir=str(folder)) as it, booted(it.csms) as line:
        asked = await it.ask(line, protocol=protocol)
        with pytest.raises(REFUSED) as refused:
            await it.upload(asked)
        if isinstance(refused.value, httpx.HTTPStatusError):
            assert refused.value.response.status_code == 503
        assert await it.findings() == ["upload:not-stored"]
        folder.unlink()
        await it.upload(asked)
        assert [path.read_bytes() for path in _files(folder)] == [LOG]


@each_protocol
async def test_a_station_that_breaks_down_leaves_no_file(protocol: str, tmp_path: Path) -> None:
    """Half a file is none: a finding tells of it, and the station may come again."""
    async with yard(uploads_dir=str(tmp_path)) as it, booted(it.csms) as line:
        asked = await it.ask(line, protocol=protocol)
        await {"http": _half_http, "ftp": _half_ftp, "sftp": _half_sftp}[protocol](asked.url)
        await eventually(lambda: it.findings())
        assert await it.findings() == ["upload:not-stored"]
        await eventually(lambda: not _files(tmp_path), what="nothing left of it")
        await it.upload(asked)


async def _half_http(url: str) -> None:
    parts = urlsplit(url)
    _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"PUT {parts.path}log HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n".encode() + b"x" * 5000)
    await writer.drain()
    writer.close()


async def _half_ftp(url: str) -> None:
    parts = urlsplit(url)
    client = aioftp.Client(socket_timeout=PATIENCE)
    await client.connect(parts.hostname or "", parts.port or 21)
    await client.login(parts.username or "", parts.password or "")
    stream = await client.get_stream("STOR log", "1xx")
    await stream.write(b"x" * 5000)
    await client.command("ABOR", ("426", "226", "2xx"))
    stream.close()
    client.close()


async def _half_sftp(url: str) -> None:
    parts = urlsplit(url)
    options: dict[str, Any] = {"known_hosts": None, "client_keys": None, "agent_path": None, "config": None}
    connection = await asyncssh.connect(
        parts.hostname or "", parts.port or 22, username=parts.username, password=parts.password, **options
    )
    client = await connection.start_sftp_client()
    file = await client.open("log", "wb")
    await file.write(b"x" * 5000)
    connection.abort()


async def test_two_stations_at_once_do_not_mix() -> None:
    """Each has its own secret, folder and bytes, also under the same name."""
    async with yard() as it, booted(it.csms, identity="CS/A") as one, booted(it.csms, "ocpp1.6", "cs_a") as two:
        first = await it.ask(one, "CS%2FA")
        second = await it.ask(two, "cs_a")
        await asyncio.gather(it.upload(first, b"1" * 500_000), it.upload(second, b"2" * 500_000))
        assert (await it.file(first, "log.zip", "CS%2FA")).content == b"1" * 500_000
        assert (await it.file(second, "log.zip", "cs_a")).content == b"2" * 500_000
        assert (await it.api.get(f"/stations/cs_a/logs/{first.request_id}")).status_code == 404


async def test_two_uploads_with_one_secret_at_once_are_one(tmp_path: Path) -> None:
    """The first that is whole counts, the other is refused."""
    async with yard(uploads_dir=str(tmp_path)) as it, booted(it.csms) as line:
        asked = await it.ask(line)
        done = await asyncio.gather(
            it.upload(asked, b"1" * 300_000), it.upload(asked, b"2" * 300_000), return_exceptions=True
        )
        assert sum(each is None for each in done) == 1
        (file,) = (await it.record(asked))["files"]
        (stored,) = _files(tmp_path)
        assert sha256(stored.read_bytes()).hexdigest() == file["sha256"]


async def test_a_part_of_a_file_is_not_taken_for_it() -> None:
    """Nobody could put the parts together (2.1 N01.FR.23 leaves resuming to vendors)."""
    async with yard() as it, booted(it.csms) as line, httpx.AsyncClient() as client:
        asked = await it.ask(line)
        part = await client.put(asked.url, content=b"x", headers={"Content-Range": "bytes 0-0/2"})
        assert part.status_code == 400
        assert (await it.record(asked))["files"] == []
