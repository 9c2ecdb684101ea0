"""File servers on free ports of this machine, for tests of transfers: HTTP that can break off, FTP, FTPS, SFTP; all of one folder."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aioftp
import asyncssh

USER, PASSWORD = "station", "sesame one"
LOGIN = "station:sesame%20one"


@dataclass
class Web:
    """An HTTP server. `asked` are the requests, as method, path and headers; the next ones are answered as `answers` say, if any is left.

    A number among them is a status to answer with, "break" sends half of what is left, "stale" takes no notice of Range.
    """

    folder: Path
    answers: list[int | str] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    tag: str = '"v1"'
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, *lines = head.rstrip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        method, path, _ = request.split(" ")
        self.asked.append((method, path, headers))
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        how = self.answers.pop(0) if self.answers else "well"
        if isinstance(how, int):
            more = f"Location: {self.url}/elsewhere\r\n" if how in (301, 302, 307) else ""
            writer.write(f"HTTP/1.1 {how} So\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        elif method in ("PUT", "POST"):
            (self.folder / path.rpartition("/")[2]).write_bytes(body)
            writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        else:
            self._give(writer, path, headers, how)
        writer.close()

    def _give(self, writer: asyncio.StreamWriter, path: str, headers: dict[str, str], how: str) -> None:
        content = (self.folder / path.rpartition("/")[2]).read_bytes()
        found = re.match(r"bytes=(\d+)-", headers.get("range", ""))
        first, status, more = 0, "200 OK", ""
        if found and how != "stale" and headers.get("if-range", self.tag) == self.tag:
            first, status = int(found[1]), "206 Partial Content"
            more = f"Content-Range: bytes {first}-{len(content) - 1}/{len(content)}\r\n"
            if first >= len(content):
                first, status, more = len(content), "416 No", f"Content-Range: bytes */{len(content)}\r\n"
        rest = content[first:]
        lines = (
            f"HTTP/1.1 {status}\r\n{more}ETag: {self.tag}\r\nContent-Length: {len(rest)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(lines.encode() + rest[: len(rest) // 2 if how == "break" else len(rest)])


@asynccontextmanager
async def web(folder: Path, context: ssl.SSLContext | None = None) -> AsyncIterator[Web]:
    """The HTTP server."""
    served = Web(folder)
    async with await asyncio.start_server(served.serve, "127.0.0.1", 0, ssl=context) as server:
        scheme = "http" if context is None else "https"
        served.url = f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}"
        if context is None:
            served.url = served.url.replace("localhost", "127.0.0.1")
        yield served


@asynccontextmanager
async def ftp(folder: Path, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """An FTP server, with TLS from the first byte if a context is given; its URL with user and password."""
    user = aioftp.User(USER, PASSWORD, base_path=folder)
    server = aioftp.Server([user], ssl=context)
    await server.start("127.0.0.1", 0)
    try:
        scheme, host = ("ftp", "127.0.0.1") if context is None else ("ftps", "localhost")
        yield f"{scheme}://{LOGIN}@{host}:{server.server_port}"
    finally:
        await server.close()


class _Ssh(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


@asynccontextmanager
async def sftp(folder: Path) -> AsyncIterator[tuple[str, bytes]]:
    """An SFTP server: its URL, and the line of known-hosts it is known by."""
    key = asyncssh.generate_private_key("ssh-ed25519")

    def shared(channel: asyncssh.SSHServerChannel) -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=str(folder))

    server = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[key], server_factory=_Ssh, sftp_factory=shared)
    try:
        port = server.get_port()
        yield f"sftp://{LOGIN}@127.0.0.1:{port}", f"[127.0.0.1]:{port} ".encode() + key.export_public_key()
    finally:
        server.close()
        await server.wait_closed()
