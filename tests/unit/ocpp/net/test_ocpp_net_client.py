"""A station connecting: what can go wrong, in words."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pilotwire.ocpp.net.client import ConnectError, connect
from tests.support.ocpp_sockets import V16, V21, V201, echo, serving, station


async def _fails(url: str, **options: object) -> ConnectError:
    with pytest.raises(ConnectError) as error:
        await connect(url, identity="CS1", versions=[V201], **options)  # type: ignore[arg-type]
    return error.value


@contextlib.asynccontextmanager
async def _answering(reply: bytes | None) -> AsyncIterator[str]:
    """A TCP server that reads a request and says `reply`, or nothing at all; gives the endpoint URL."""
    done = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            if reply is None:
                await done.wait()
            else:
                writer.write(reply)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp"
    finally:
        done.set()
        server.close()


@pytest.mark.parametrize("url", ["http://csms.example.com", "csms", "ws://", "ws://h:99999/", "ws://[::1"])
async def test_a_bad_url_is_told_apart_before_anything_is_sent(url: str) -> None:
    """With how to write it."""
    error = await _fails(url)
    assert error.kind == "invalid_url"
    assert "ws://" in error.remedy


async def test_nobody_listens() -> None:
    """The place is named."""
    async with serving() as server:
        port = server.port
    error = await _fails(f"ws://127.0.0.1:{port}")
    assert error.kind == "refused"
    assert str(port) in error.what


async def test_a_host_without_an_address() -> None:
    """`.invalid` never resolves (RFC 2606)."""
    assert (await _fails("ws://csms.invalid/ocpp")).kind == "dns"


async def test_a_server_that_says_nothing_times_out() -> None:
    """After open_timeout."""
    async with _answering(None) as url:
        error = await _fails(url, open_timeout=0.05)
    assert error.kind == "timeout"
    assert "0.05 s" in error.what


async def test_something_that_speaks_no_http() -> None:
    """Neither hang nor traceback."""
    async with _answering(b"SSH-2.0-OpenSSH_9.2\r\n") as url:
        assert (await _fails(url)).kind == "closed"


async def test_the_body_of_an_http_refusal_is_shown() -> None:
    """Status and sentence; a redirect is not followed, so the password goes nowhere else."""
    async with _answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nnot today") as url:
        error = await _fails(url)
        assert (error.kind, error.status) == ("http", 403)
        assert "not today" in error.what
    async with _answering(b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n") as url:
        assert (await _fails(url)).status == 302


@pytest.mark.req("J16:3.2", "J2:3.2")
async def test_no_version_in_common_is_told_with_the_servers_reason() -> None:
    """The close reason names what the server speaks."""
    async with serving(versions=(V16,)) as server:
        with pytest.raises(ConnectError, match=r"1002.*ocpp1\.6") as error:
            await station(server, "CS1", V21, V201)
        assert error.value.kind == "subprotocol"


def _certificate(folder: Path) -> tuple[Path, Path]:
    key, certificate = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return key, certificate


async def test_tls_with_both_certificates_and_what_happens_without_trust(tmp_path: Path) -> None:
    """The server sees the station's certificate; a client that does not know the root says so; ws:// at a wss port is told too."""
    key, certificate = await asyncio.to_thread(_certificate, tmp_path)
    at_server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificate)
    at_server.load_cert_chain(certificate, key)
    at_server.verify_mode = ssl.CERT_OPTIONAL
    trusting = ssl.create_default_context(cafile=certificate)
    trusting.load_cert_chain(certificate, key)
    seen: list[bytes | None] = []

    async def handler(socket: object) -> None:
        seen.append(socket.peer_certificate)  # type: ignore[attr-defined]
        await echo(socket)  # type: ignore[arg-type]

    async with serving(handler, ssl_context=at_server) as server:
        url = f"wss://127.0.0.1:{server.port}/ocpp"
        client = await connect(url, identity="CS1", versions=[V201], ssl_context=trusting)
        await client.send(b"over TLS")
        assert await client.recv() == b"over TLS"
        assert seen == [ssl.PEM_cert_to_DER_cert(certificate.read_text())] == [client.peer_certificate]
        await client.close()
        assert (await _fails(url)).kind == "tls"
        assert (await _fails(url.replace("wss:", "ws:"))).kind == "closed"
