"""The tester's file server: where a station under test uploads its logs to (N01) and fetches firmware from (L01, L02).

Each case has one, on the address the tester listens at; of a tester with a fixed port it has the second port above. `takes` opens a folder
for uploads, `offers` serves a file; each gives a URL, and can be told to misbehave: to refuse, to keep its answer back, or to break off in
the middle of a download. What came is in `visits`. HTTP/1.1 is spoken here by hand, because no library lets a server break off on purpose.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import itertools
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote, urlsplit

from pilotwire.errors import ConfigError

_MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one upload; more is refused."""
_CLOSES_WITHIN: Final = 2.0


@dataclass(frozen=True, slots=True)
class Visit:
    """One request at the file server. `name` and `content` are those of the file that was uploaded, whatever it was wrapped in.

    `sent` is how many bytes of a file were served, `status` what was answered; 0 if nothing was, or not all of it.
    """

    location: str
    method: str
    path: str
    headers: Mapping[str, str]
    status: int
    name: str = ""
    content: bytes = b""
    sent: int = 0


@dataclass(slots=True)
class _Place:
    """What is at a path. `content` None: a folder that takes uploads. `cuts`: how often a download breaks off after `cut_after` bytes."""

    location: str
    status: int
    held: bool
    content: bytes | None = None
    slow: float = 0.0
    cut_after: int = 0
    cuts: int = 0
    work: Callable[[bytes], bytes] | None = None


@dataclass(slots=True)
class _Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass(slots=True)
class _Answer:
    """`whole` False: the connection ends before all of the body is out."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    whole: bool = True


class _Broken(Exception):
    """A request that cannot be read; `status` is what it is answered with."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class FileServer:
    """The files of one case. It listens from the moment its first URL is asked for; `told` hears of each visit, in a sentence."""

    def __init__(
        self, host: str = "127.0.0.1", told: Callable[[str], object] = lambda _: None, *, port: int = 0
    ) -> None:
        self.visits: list[Visit] = []
        self._host = host
        self._told = told
        self._places: dict[str, _Place] = {}
        self._numbers = itertools.count(1)
        self._port = port
        self._server: asyncio.Task[asyncio.Server] | None = None
        self._secure: list[asyncio.Task[asyncio.Server]] = []
        self._talks: set[asyncio.Task[None]] = set()

    # --- what a case asks of it ------------------------------------------------------------------------------------------------

    def takes(self, *, status: int = 201, held: bool = False, context: ssl.SSLContext | None = None) -> str:
        """The URL of a new folder for uploads, by PUT or POST. `status` is what they are answered with; `held`: with nothing at all.

        With a `context` it is by HTTPS, at a port of its own.
        """
        return self._open("in", "", _Place("", status, held), context)

    def offers(
        self,
        name: str,
        content: bytes,
        *,
        status: int = 200,
        held: bool = False,
        slow: float = 0.0,
        cut_after: int = 0,
        cuts: int = 1,
    ) -> str:
        """The URL of a file to be fetched, as a whole or by Range (RFC 9110, 14).

        `status` other than 200: it is not served; `held`: nothing is answered; `slow`: it takes so many seconds until something is.
        `cut_after`: the connection ends after so many bytes, the first `cuts` times.
        """
        place = _Place("", status, held, content, slow, cut_after, cuts if cut_after else 0)
        return self._open("out", name, place)

    def answers(self, work: Callable[[bytes], bytes]) -> str:
        """The URL where questions are answered by `work`: the body of a POST, or base64 behind the URL in a GET (RFC 6960, A.1).

        A question `work` raises ValueError for is answered with 400.
        """
        return self._open("ask", "", _Place("", HTTPStatus.OK, False, work=work))

    def at(self, location: str) -> list[Visit]:
        """Who came to what this URL was given for."""
        return [one for one in self.visits if one.location == location]

    def _open(self, kind: str, name: str, place: _Place, context: ssl.SSLContext | None = None) -> str:
        path = f"/{kind}-{next(self._numbers)}/{name}"
        place.location = f"{self._listen() if context is None else self._listen_secure(context)}{path}"
        self._places[path] = place
        return place.location

    def _listen(self) -> str:
        if self._server is None:
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            listener = _listener(self._host, self._port, family)
            self._port = listener.getsockname()[1]
            self._server = asyncio.create_task(asyncio.start_server(self._talk, sock=listener), name="bench-files")
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def _listen_secure(self, context: ssl.SSLContext) -> str:
        """By TLS, at any free port: each context has a server of its own."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = _listener(self._host, 0, family)
        serving = asyncio.start_server(self._talk, sock=listener, ssl=context)
        self._secure.append(asyncio.create_task(serving, name="bench-files-secure"))
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"https://{host}:{listener.getsockname()[1]}"

    async def close(self) -> None:
        """Stop, whoever is still there."""
        begun = [*self._secure, *([] if self._server is None else [self._server])]
        self._server, self._secure = None, []
        servers = [await one for one in begun]
        for server in servers:
            server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        for server in servers:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLOSES_WITHIN):
                    await server.wait_closed()

    # --- one connection --------------------------------------------------------------------------------------------------------

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "a connection is served by a task"
        self._talks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except _Broken as error:
            await _write(writer, _Answer(error.status), "", last=True)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the other side is gone, or says what is no HTTP
        except asyncio.CancelledError:
            pass  # the case is over: only `close` ends a talk, and Python 3.11 would report it as a mistake
        finally:
            self._talks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether another may follow."""
        asked = _head(await reader.readuntil(b"\r\n\r\n"))
        place = self._place(asked.path)
        if asked.headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        asked.body = await _body(reader, asked.headers)
        if place is not None and place.held:
            self._visited(place, asked, _Answer(0))
            await asyncio.Event().wait()
        if place is not None and place.slow:
            await asyncio.sleep(place.slow)
        answer = _answered(place, asked)
        self._visited(place, asked, answer)
        last = not answer.whole or asked.headers.get("connection", "").lower() == "close"
        await _write(writer, answer, asked.method, last=last)
        return not last

    def _place(self, path: str) -> _Place | None:
        folder = f"/{path.lstrip('/').split('/', 1)[0]}/"
        return self._places.get(path) or self._places.get(folder)

    def _visited(self, place: _Place | None, asked: _Asked, answer: _Answer) -> None:
        uploads = asked.method in ("PUT", "POST")
        name, content = _file_in(asked) if uploads else ("", b"")
        sent = 0 if uploads or asked.method == "HEAD" else len(answer.body)
        visit = Visit(
            "" if place is None else place.location,
            asked.method,
            asked.path,
            asked.headers,
            answer.status if answer.whole else 0,
            name,
            content,
            sent,
        )
        self.visits.append(visit)
        what = f"{len(content)} bytes" if uploads else f"{sent} bytes served"
        end = f"answered with {answer.status}" if answer.status else "not answered"
        self._told(f"{asked.method} {asked.path}: {what}, {end if answer.whole else 'broken off'}.")


def _listener(host: str, port: int, family: socket.AddressFamily) -> socket.socket:
    try:
        return socket.create_server((host, port), family=family, backlog=64)
    except OSError as error:
        what = f"The tester's file server cannot listen on {host}:{port}: {error.strerror}."
        raise ConfigError(
            what, "Free that port, or choose another one for the tester: this is the second above its own."
        ) from None


# --- HTTP ----------------------------------------------------------------------------------------------------------------------


def _head(raw: bytes) -> _Asked:
    first, *lines = raw.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise _Broken(HTTPStatus.BAD_REQUEST)
    fields = (line.split(":", 1) for line in lines if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, value in fields}
    return _Asked(words[0].upper(), unquote(urlsplit(words[1]).path), headers)


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return await _chunks(reader)
    length = headers.get("content-length", "0")
    if not length.isdigit():
        raise _Broken(HTTPStatus.BAD_REQUEST)
    if int(length) > _MOST_BYTES:
        raise _Broken(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return await reader.readexactly(int(length))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = (await reader.readuntil(b"\r\n")).split(b";")[0].strip()
        try:
            count = int(size, 16)
        except ValueError:
            raise _Broken(HTTPStatus.BAD_REQUEST) from None
        if count == 0:
            break
        if count < 0 or len(body) + count > _MOST_BYTES:
            raise _Broken(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body += (await reader.readexactly(count + 2))[:-2]
    while (await reader.readuntil(b"\r\n")) != b"\r\n":
        pass  # trailers
    return body


def _answered(place: _Place | None, asked: _Asked) -> _Answer:
    if place is None:
        return _Answer(HTTPStatus.NOT_FOUND)
    uploads = asked.method in ("PUT", "POST")
    if place.work is not None:
        return _worked(place.work, asked)
    if place.content is None:
        return _Answer(place.status if uploads else HTTPStatus.METHOD_NOT_ALLOWED)
    if asked.method not in ("GET", "HEAD"):
        return _Answer(HTTPStatus.METHOD_NOT_ALLOWED)
    if place.status != HTTPStatus.OK:
        return _Answer(place.status)
    return _cut(place, _served(place.content, asked.headers))


def _worked(work: Callable[[bytes], bytes], asked: _Asked) -> _Answer:
    try:
        question = asked.body if asked.method == "POST" else base64.b64decode(asked.path.lstrip("/").partition("/")[2])
        return _Answer(HTTPStatus.OK, work(question))
    except ValueError:
        return _Answer(HTTPStatus.BAD_REQUEST)


def _served(content: bytes, headers: Mapping[str, str]) -> _Answer:
    """The file, or the part of it that is asked for, if it is still the same file (RFC 9110, 13.1.5)."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    known = {"Accept-Ranges": "bytes", "ETag": tag, "Content-Type": "application/octet-stream"}
    span = _span(headers.get("range", ""), len(content))
    if span is None or headers.get("if-range", tag) != tag:
        return _Answer(HTTPStatus.OK, content, known)
    first, last = span
    if first > last:
        return _Answer(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"", known | {"Content-Range": f"bytes */{len(content)}"}
        )
    place = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
    return _Answer(HTTPStatus.PARTIAL_CONTENT, content[first : last + 1], known | place)


def _span(text: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a Range header with one range; None where there is none that is understood."""
    unit, _, span = text.partition("=")
    first, dash, last = span.partition("-")
    if unit.strip().lower() != "bytes" or not dash or "," in span:
        return None
    if first.strip().isdigit():
        end = int(last) if last.strip().isdigit() else size - 1
        return int(first), min(end, size - 1)
    return (max(0, size - int(last)), size - 1) if last.strip().isdigit() else None


def _cut(place: _Place, answer: _Answer) -> _Answer:
    if place.cuts <= 0 or len(answer.body) <= place.cut_after:
        return answer
    place.cuts -= 1
    length = {"Content-Length": str(len(answer.body))}
    return _Answer(answer.status, answer.body[: place.cut_after], answer.headers | length, whole=False)


async def _write(writer: asyncio.StreamWriter, answer: _Answer, method: str, *, last: bool) -> None:
    reason = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else "Answer"
    headers = {"Content-Length": str(len(answer.body)), "Connection": "close" if last else "keep-alive"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers | answer.headers).items())
    body = b"" if method == "HEAD" else answer.body
    writer.write(f"HTTP/1.1 {answer.status} {reason}\r\n{lines}\r\n".encode("latin-1") + body)
    await writer.drain()


def _file_in(asked: _Asked) -> tuple[str, bytes]:
    """Name and content of an uploaded file: in the body as it is, or in a form (multipart/form-data)."""
    kind = asked.headers.get("content-type", "")
    if kind.lower().startswith("multipart/"):
        form = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode("latin-1") + asked.body)
        for part in form.walk():
            content = None if part.is_multipart() else part.get_payload(decode=True)
            if part.get_filename() and isinstance(content, bytes):
                return str(part.get_filename()), content
    disposition = Message()
    disposition["Content-Disposition"] = asked.headers.get("content-disposition", "attachment")
    return disposition.get_filename() or asked.path.rsplit("/", 1)[-1], asked.body
