"""The tester's file server: uploads, downloads, and all the ways it may misbehave."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from pilotwire.conformance.wire.authority import CSMS_ROOT, Authority
from pilotwire.conformance.wire.files import FileServer
from pilotwire.conformance.wire.pki import pem_of
from pilotwire.errors import ConfigError
from tests.support.eventually import eventually

IMAGE = bytes(range(256)) * 8


@pytest.fixture
async def files() -> AsyncIterator[FileServer]:
    server = FileServer()
    yield server
    await server.close()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as one:
        yield one


async def _raw(url: str, request: bytes) -> bytes:
    parts = httpx.URL(url)
    reader, writer = await asyncio.open_connection(parts.host, parts.port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer


# --- uploads ------------------------------------------------------------------------------------------------------------------------


async def test_a_file_is_put_into_a_folder(files: FileServer, client: httpx.AsyncClient) -> None:
    where = files.takes()
    assert (await client.put(f"{where}my%20log.txt", content=b"lines")).status_code == 201
    (visit,) = files.at(where)
    assert (visit.method, visit.name, visit.content, visit.status) == ("PUT", "my log.txt", b"lines", 201)


async def test_a_posted_file_has_the_name_of_its_header(files: FileServer, client: httpx.AsyncClient) -> None:
    where = files.takes()
    named = {"Content-Disposition": 'form-data; name="uploadfile"; filename="log.zip"'}
    await client.post(where, content=b"zipped", headers=named)
    assert [(one.name, one.content) for one in files.at(where)] == [("log.zip", b"zipped")]


async def test_a_file_is_taken_out_of_a_form(files: FileServer, client: httpx.AsyncClient) -> None:
    where = files.takes()
    await client.post(where, files={"uploadfile": ("log.bin", IMAGE)}, data={"station": "CS001"})
    assert [(one.name, one.content) for one in files.at(where)] == [("log.bin", IMAGE)]


async def test_an_upload_may_come_in_chunks(files: FileServer, client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    where = files.takes()
    await client.put(f"{where}log", content=pieces())
    assert files.at(where)[0].content == b"one two"


async def test_who_asks_before_sending_is_told_to_go_on(files: FileServer) -> None:
    where = files.takes()
    request = "PUT {} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab"
    answer = await _raw(where, request.format(f"{httpx.URL(where).path}log").encode())
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201")
    assert files.at(where)[0].content == b"ab"


async def test_uploads_are_refused_where_they_shall_be(files: FileServer, client: httpx.AsyncClient) -> None:
    where, other = files.takes(status=403), files.takes()
    assert (await client.put(f"{where}log", content=b"a")).status_code == 403
    assert (await client.put(f"{other}log", content=b"a")).status_code == 201
    assert [one.status for one in files.at(where)] == [403]


async def test_an_upload_that_is_held_is_not_answered(files: FileServer, client: httpx.AsyncClient) -> None:
    where = files.takes(held=True)
    upload = asyncio.create_task(client.put(f"{where}log", content=b"a"))
    await eventually(lambda: files.at(where))
    assert files.at(where)[0].status == 0
    assert not upload.done()
    await files.close()
    with pytest.raises(httpx.HTTPError):
        await upload


async def test_what_nobody_was_told_of_is_not_found(files: FileServer, client: httpx.AsyncClient) -> None:
    where = files.takes()
    unknown = httpx.URL(where).join("/elsewhere/log")
    assert (await client.put(unknown, content=b"a")).status_code == 404
    assert (await client.get(where)).status_code == 405
    assert [one.location for one in files.visits] == ["", where]


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"PUT / HTTP/1.1\r\nContent-Length: many\r\n\r\n", b"400"),
        (b"PUT / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
        (b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", b"400"),
    ],
)
async def test_what_cannot_be_read_is_refused(files: FileServer, request_text: bytes, status: bytes) -> None:
    answer = await _raw(files.takes(), request_text)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert files.visits == []


# --- downloads ----------------------------------------------------------------------------------------------------------------------


async def test_a_file_is_fetched_as_a_whole(files: FileServer, client: httpx.AsyncClient) -> None:
    where = files.offers("firmware.bin", IMAGE)
    assert where.endswith("/firmware.bin")
    assert (await client.get(where)).content == IMAGE
    head = await client.head(where)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(IMAGE)))
    assert [(one.method, one.sent) for one in files.at(where)] == [("GET", len(IMAGE)), ("HEAD", 0)]


async def _fetched(client: httpx.AsyncClient, where: str, into: bytearray) -> None:
    async with client.stream("GET", where) as response:
        async for chunk in response.aiter_bytes():
            into += chunk


async def test_a_download_that_broke_off_is_resumed(files: FileServer, client: httpx.AsyncClient) -> None:
    where = files.offers("firmware.bin", IMAGE, cut_after=1000)
    got = bytearray()
    with pytest.raises(httpx.RemoteProtocolError):
        await _fetched(client, where, got)
    assert got == IMAGE[:1000]
    rest = await client.get(where, headers={"Range": f"bytes={len(got)}-"})
    assert (rest.status_code, bytes(got) + rest.content) == (206, IMAGE)
    assert [(one.status, one.sent) for one in files.at(where)] == [(0, 1000), (206, len(IMAGE) - 1000)]


@pytest.mark.parametrize(
    ("span", "first", "last"), [("bytes=10-19", 10, 19), ("bytes=-5", len(IMAGE) - 5, len(IMAGE) - 1)]
)
async def test_a_part_is_fetched(
    files: FileServer, client: httpx.AsyncClient, span: str, first: int, last: int
) -> None:
    answer = await client.get(files.offers("a", IMAGE), headers={"Range": span})
    assert answer.content == IMAGE[first : last + 1]
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(IMAGE)}"


async def test_a_part_of_another_file_is_not_given(files: FileServer, client: httpx.AsyncClient) -> None:
    where = files.offers("a", IMAGE)
    old = await client.get(where, headers={"Range": "bytes=10-", "If-Range": '"of before"'})
    same = await client.get(where, headers={"Range": "bytes=10-", "If-Range": old.headers["etag"]})
    assert (old.status_code, same.status_code) == (200, 206)


async def test_nothing_is_behind_the_end(files: FileServer, client: httpx.AsyncClient) -> None:
    answer = await client.get(files.offers("a", IMAGE), headers={"Range": f"bytes={len(IMAGE)}-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(IMAGE)}")


async def test_a_download_is_refused_where_it_shall_be(files: FileServer, client: httpx.AsyncClient) -> None:
    assert (await client.get(files.offers("a", IMAGE, status=404))).status_code == 404
    assert (await client.put(files.offers("a", IMAGE), content=b"a")).status_code == 405


# --- who is told --------------------------------------------------------------------------------------------------------------------


async def test_each_visit_is_told_in_a_sentence(client: httpx.AsyncClient) -> None:
    told: list[str] = []
    files = FileServer(told=told.append)
    await client.put(f"{files.takes()}log", content=b"abc")
    await client.get(files.offers("image", IMAGE))
    await files.close()
    assert told == [
        "PUT /in-1/log: 3 bytes, answered with 201.",
        "GET /out-2/image: 2048 bytes served, answered with 200.",
    ]


async def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        files = FileServer(port=taken.getsockname()[1])
        with pytest.raises(ConfigError, match="cannot listen"):
            files.takes()


async def test_a_server_nobody_asked_for_has_nothing_to_close() -> None:
    await FileServer().close()


async def test_a_slow_file_takes_its_time(files: FileServer, client: httpx.AsyncClient) -> None:
    slow, other = files.offers("slow.bin", IMAGE, slow=0.05), files.offers("other.bin", IMAGE)
    both = await asyncio.gather(client.get(slow), client.get(other))
    assert [one.content for one in both] == [IMAGE, IMAGE]
    assert [one.location for one in files.visits] == [other, slow]


async def test_uploads_by_tls_have_a_port_of_their_own(files: FileServer) -> None:
    authority = Authority("127.0.0.1", datetime.now(UTC))
    where = files.takes(context=authority.context(CSMS_ROOT))
    trusts = ssl.create_default_context(cadata=pem_of(authority.root(CSMS_ROOT).certificate))
    async with httpx.AsyncClient(trust_env=False, timeout=5, verify=trusts) as client:
        assert (await client.put(f"{where}log.txt", content=b"lines")).status_code == 201
    assert where.startswith("https://")
    assert [one.content for one in files.at(where)] == [b"lines"]
