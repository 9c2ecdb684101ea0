"""Transfers over sockets of this machine: resumed, bounded, with passwords and TLS, and how failures are called."""

from __future__ import annotations

import base64
import os
import ssl
from pathlib import Path

import pytest

from pilotwire.clock import SystemClock
from pilotwire.csms.gateway.lab_certificates import make_lab
from pilotwire.domain.diagnostics import UploadStatus
from pilotwire.station.core.variable_table import name_of
from pilotwire.station.files import MemoryFiles
from pilotwire.station.jobs.transfers import KNOWN_HOSTS, ROOTS, TransferFailed, fetch, send
from tests.support import file_servers
from tests.support.file_servers import LOGIN, PASSWORD, USER, web

CONTENT = bytes(range(256)) * 1024
NAME = "firmware/image.bin"
MOST = 10_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "a.bin").write_bytes(CONTENT)
    return shared


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pki")
    make_lab(made, ("localhost", "127.0.0.1"), (), SystemClock().now())
    return made


def _server_context(pki: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server-ecdsa.pem", pki / "server-ecdsa-key.pem")
    return context


def _trusting(pki: Path) -> MemoryFiles:
    files = MemoryFiles()
    files.write(ROOTS, (pki / "ca.pem").read_bytes())
    return files


async def _fails(location: str, files: MemoryFiles, *, most: int = MOST) -> TransferFailed:
    with pytest.raises(TransferFailed) as caught:
        await fetch(location, files, NAME, most=most)
    return caught.value


async def _send_fails(location: str, files: MemoryFiles | None = None) -> TransferFailed:
    with pytest.raises(TransferFailed) as caught:
        await send(location, CONTENT, "log.txt", files or MemoryFiles())
    return caught.value


# --- HTTP -----------------------------------------------------------------------------------------------------------


async def test_a_download_that_broke_off_goes_on_where_it_was(folder: Path) -> None:
    files, seen = MemoryFiles(), list[int]()
    async with web(folder) as server:
        server.answers = ["break"]
        await _fails(f"{server.url}/a.bin", files)
        half = files.size(NAME)
        assert half == len(CONTENT) // 2
        assert await fetch(f"{server.url}/a.bin", files, NAME, most=MOST, arrived=seen.append) == len(CONTENT)
    (_, _, first), (_, _, second) = server.asked
    assert "range" not in first
    assert (second["range"], second["if-range"]) == (f"bytes={half}-", '"v1"')
    assert files.read(NAME) == CONTENT
    assert min(seen) > half
    assert files.names("firmware") == [NAME]


async def test_a_file_that_has_changed_meanwhile_is_fetched_anew(folder: Path) -> None:
    files = MemoryFiles()
    async with web(folder) as server:
        server.answers = ["break"]
        await _fails(f"{server.url}/a.bin", files)
        (folder / "a.bin").write_bytes(b"another one")
        server.tag = '"v2"'
        await fetch(f"{server.url}/a.bin", files, NAME, most=MOST)
    assert files.read(NAME) == b"another one"


async def test_a_server_without_ranges_sends_it_all_again(folder: Path) -> None:
    files = MemoryFiles()
    async with web(folder) as server:
        server.answers = ["break", "stale"]
        await _fails(f"{server.url}/a.bin", files)
        await fetch(f"{server.url}/a.bin", files, NAME, most=MOST)
    assert files.read(NAME) == CONTENT


async def test_what_is_whole_already_is_not_fetched_again(folder: Path) -> None:
    files = MemoryFiles()
    files.write(NAME, CONTENT)
    async with web(folder) as server:
        assert await fetch(f"{server.url}/a.bin", files, NAME, most=MOST) == len(CONTENT)
    assert files.read(NAME) == CONTENT


async def test_a_file_that_is_too_large_is_not_kept(folder: Path) -> None:
    files = MemoryFiles()
    async with web(folder) as server:
        assert "larger than 1000 bytes" in (await _fails(f"{server.url}/a.bin", files, most=1000)).what
    assert files.size(NAME) == 0


@pytest.mark.parametrize("status", [401, 404, 500])
async def test_a_download_that_is_refused(folder: Path, status: int) -> None:
    async with web(folder) as server:
        server.answers = [status]
        location = server.url.replace("//", f"//{LOGIN}@") + "/a.bin"
        failed = await _fails(location, MemoryFiles())
    assert str(status) in failed.what
    assert PASSWORD not in failed.what
    assert "sesame" not in failed.what


@pytest.mark.req("N01.FR.25")
async def test_user_and_password_of_the_url_are_used(folder: Path) -> None:
    async with web(folder) as server:
        await fetch(server.url.replace("//", f"//{LOGIN}@") + "/a.bin", MemoryFiles(), NAME, most=MOST)
    wanted = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert server.asked[0][2]["authorization"] == f"Basic {wanted}"


@pytest.mark.req("N01.FR.21", "N01.FR.29")
async def test_an_upload_to_a_folder_gets_the_name_of_the_file_and_any_other_is_taken_as_it_is(folder: Path) -> None:
    async with web(folder) as server:
        await send(f"{server.url}/in/", CONTENT, "log.txt", MemoryFiles())
        await send(f"{server.url}/in/this.one?key=1", b"x", "log.txt", MemoryFiles())
        await send(f"{server.url}/in", b"y", "old.txt", MemoryFiles(), is_folder=True)
    assert [(method, path) for method, path, _ in server.asked] == [
        ("PUT", "/in/log.txt"),
        ("PUT", "/in/this.one?key=1"),
        ("PUT", "/in/old.txt"),
    ]
    assert (folder / "log.txt").read_bytes() == CONTENT


@pytest.mark.req("N01.FR.19")
async def test_a_server_without_put_is_sent_a_post(folder: Path) -> None:
    async with web(folder) as server:
        server.answers = [405]
        await send(f"{server.url}/in/", CONTENT, "log.txt", MemoryFiles())
    method, _, headers = server.asked[1]
    assert method == "POST"
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"] == 'form-data; name="uploadfile"; filename="log.txt"'
    assert (folder / "log.txt").read_bytes() == CONTENT


@pytest.mark.req("N01.FR.10")
@pytest.mark.parametrize(
    ("answers", "status"),
    [
        pytest.param([400], "BadMessage", id="400"),
        pytest.param([401], "PermissionDenied", id="401"),
        pytest.param([403], "PermissionDenied", id="403"),
        pytest.param([405, 405], "NotSupportedOperation", id="405"),
        pytest.param([404], "UploadFailure", id="404"),
        pytest.param([503], "UploadFailure", id="503"),
    ],
)
async def test_how_a_refused_upload_is_called(folder: Path, answers: list[int | str], status: str) -> None:
    async with web(folder) as server:
        server.answers = list(answers)
        assert (await _send_fails(f"{server.url}/in/")).status.value == status


@pytest.mark.req("N01.FR.30", versions=("2.1",))
async def test_an_upload_is_not_redirected(folder: Path) -> None:
    async with web(folder) as server:
        server.answers = [307]
        failed = await _send_fails(f"{server.url}/in/")
    assert (failed.status, failed.reason_code) == (UploadStatus.UPLOAD_FAILURE, "RedirectAllowed")
    assert len(server.asked) == 1


@pytest.mark.req("N01.FR.15")
async def test_https_trusts_the_installed_roots_and_nobody_else(folder: Path, pki: Path) -> None:
    async with web(folder, _server_context(pki)) as server:
        assert await fetch(f"{server.url}/a.bin", _trusting(pki), NAME, most=MOST) == len(CONTENT)
        await send(f"{server.url}/in/", b"log", "log.txt", _trusting(pki))
        assert "certificate" in (await _fails(f"{server.url}/a.bin", MemoryFiles())).what.lower()
        assert (await _send_fails(f"{server.url}/in/")).status is UploadStatus.UPLOAD_FAILURE
    assert (folder / "log.txt").read_bytes() == b"log"


# --- FTP and SFTP ---------------------------------------------------------------------------------------------------


async def test_ftp_goes_on_where_it_was_and_uploads(folder: Path) -> None:
    files = MemoryFiles()
    files.write(NAME, b"\xff" * 1000)
    async with file_servers.ftp(folder) as url:
        await fetch(f"{url}/a.bin", files, NAME, most=MOST)
        await send(f"{url}/", CONTENT, "log.txt", files)
    assert files.read(NAME) == b"\xff" * 1000 + CONTENT[1000:]
    assert (folder / "log.txt").read_bytes() == CONTENT


async def test_ftps_with_a_server_that_is_trusted(folder: Path, pki: Path) -> None:
    async with file_servers.ftp(folder, _server_context(pki)) as url:
        files = _trusting(pki)
        await fetch(f"{url}/a.bin", files, NAME, most=MOST)
        await send(f"{url}/", CONTENT, "log.txt", files)
        failed = await _send_fails(f"{url}/")
    assert (files.read(NAME), (folder / "log.txt").read_bytes()) == (CONTENT, CONTENT)
    assert "certificate" in failed.what.lower()


async def test_ftps_never_goes_on_without_tls(folder: Path, pki: Path) -> None:
    """The server greets in plain text and does not know AUTH TLS: nothing is sent, no password either."""
    async with file_servers.ftp(folder) as url:
        failed = await _send_fails(url.replace("ftp://", "ftps://") + "/", _trusting(pki))
    assert failed.status is UploadStatus.NOT_SUPPORTED_OPERATION
    assert os.listdir(folder) == ["a.bin"]


async def test_ftp_refusals(folder: Path) -> None:
    async with file_servers.ftp(folder) as url:
        assert (await _send_fails(f"{url}/no/such/folder/x")).status is UploadStatus.PERMISSION_DENIED
        wrong = await _send_fails(url.replace("sesame", "bread") + "/")
        assert wrong.status is UploadStatus.PERMISSION_DENIED
        assert "bread" not in wrong.what
        await _fails(f"{url}/missing.bin", MemoryFiles())


async def test_sftp_goes_on_where_it_was_and_uploads(folder: Path) -> None:
    files = MemoryFiles()
    files.write(NAME, b"\xff" * 1000)
    async with file_servers.sftp(folder) as (url, host):
        files.write(KNOWN_HOSTS, host)
        await fetch(f"{url}/a.bin", files, NAME, most=MOST)
        await send(f"{url}/", CONTENT, "log.txt", files)
    assert files.read(NAME) == b"\xff" * 1000 + CONTENT[1000:]
    assert (folder / "log.txt").read_bytes() == CONTENT


async def test_sftp_refusals(folder: Path) -> None:
    async with file_servers.sftp(folder) as (url, _):
        await _fails(f"{url}/missing.bin", MemoryFiles())
        assert (await _send_fails(url.replace("sesame", "bread") + "/")).status is UploadStatus.PERMISSION_DENIED
        stranger = MemoryFiles()
        stranger.write(KNOWN_HOSTS, b"elsewhere.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDummy")
        assert "key" in (await _send_fails(f"{url}/", stranger)).what.lower()


# --- any ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "status"),
    [
        pytest.param("gopher://a/b", "NotSupportedOperation", id="protocol"),
        pytest.param("no url at all", "NotSupportedOperation", id="no-url"),
        pytest.param("http://127.0.0.1:99999/", "BadMessage", id="port"),
        pytest.param("http://127.0.0.1:1/", "UploadFailure", id="nobody-there-http"),
        pytest.param("ftp://127.0.0.1:1/", "UploadFailure", id="nobody-there-ftp"),
        pytest.param("sftp://127.0.0.1:1/", "UploadFailure", id="nobody-there-sftp"),
    ],
)
async def test_locations_that_lead_nowhere(location: str, status: str) -> None:
    assert (await _send_fails(location)).status.value == status


def test_the_protocols_a_station_names_are_those_there_are() -> None:
    from pilotwire.station.core.file_transfer import PROTOCOLS
    from pilotwire.station.core.settings import Family
    from pilotwire.station.core.variable_table import declared_variables
    from pilotwire.station.hardware.simulated import layout

    for family in Family:
        declared = {one.name: one.default for one in declared_variables(family, layout("ac-22-single"))}
        assert declared[name_of("OCPPCommCtrlr.FileTransferProtocols")] == ",".join(PROTOCOLS)
