"""The time asked of NTP servers: datagrams as RFC 4330 has them, servers that lie, are silent, or are not there; over local sockets."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from pilotwire.clock import ManualClock
from pilotwire.errors import NotReachable
from pilotwire.station.core.time_sources import AskTime, TimeHeard
from pilotwire.station.files import MemoryFiles
from pilotwire.station.jobs.clock import BadAnswer, ask, offset_of, request
from pilotwire.station.jobs.running import Tools

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
COOKIE = b"12345678"
AHEAD = timedelta(seconds=90)
Answering = Callable[[bytes], bytes | None]


def _stamp(at: datetime) -> tuple[int, int]:
    seconds = (at - datetime(1900, 1, 1, tzinfo=UTC)).total_seconds()
    return int(seconds) % 2**32, int((seconds % 1) * 2**32)


def _answer(
    question: bytes, at: datetime, *, first: int = 0x24, stratum: int = 2, cookie: bytes | None = None
) -> bytes:
    told = struct.unpack(">2I", question[40:48] if cookie is None else cookie)
    return struct.pack(">BBbb11I", first, stratum, 6, -20, *([0] * 5), *told, *_stamp(at), *_stamp(at))


def _good(question: bytes) -> bytes:
    return _answer(question, NOW + AHEAD)


# --- datagrams ------------------------------------------------------------------------------------------------------


def test_the_question() -> None:
    """Version 4, mode client, and nothing of our own but the cookie."""
    assert request(COOKIE) == b"\x23" + bytes(39) + COOKIE


@pytest.mark.parametrize("year", [2020, 2035, 2036, 2090])
def test_the_offset_is_that_of_the_middle_of_the_way(year: int) -> None:
    """A second there, three back: the clock there is one second ahead of the middle; in either era."""
    sent = datetime(year, 6, 1, tzinfo=UTC)
    there = _answer(request(COOKIE), sent + timedelta(seconds=3))
    found = offset_of(there, COOKIE, sent, sent + timedelta(seconds=4))
    assert abs(found - timedelta(seconds=1)) < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        bytes(48),
        _answer(request(COOKIE), NOW)[:40],
        _answer(request(COOKIE), NOW, cookie=b"87654321"),
        _answer(request(COOKIE), NOW, first=0x23),
        _answer(request(COOKIE), NOW, first=0xE4),
        _answer(request(COOKIE), NOW, stratum=0),
        _answer(request(COOKIE), NOW, stratum=16),
        _answer(request(COOKIE), NOW)[:40] + bytes(8),
    ],
)
def test_what_tells_no_time(answer: bytes) -> None:
    """Too short, of another question, no server's, unsynchronized, kissed off, without a time."""
    with pytest.raises(BadAnswer):
        offset_of(answer, COOKIE, NOW, NOW)


# --- over the network -----------------------------------------------------------------------------------------------


class _Server(asyncio.DatagramProtocol):
    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.asked = 0
        self.place = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.place = "{}:{}".format(*transport.get_extra_info("sockname"))

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.asked += 1
        answer = self.answering(data)
        if answer is not None:
            self.transport.sendto(answer, addr)  # type: ignore[attr-defined]


@asynccontextmanager
async def _serving(answering: Answering) -> AsyncIterator[_Server]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: _Server(answering), local_addr=("127.0.0.1", 0))
    try:
        yield server
    finally:
        transport.close()


def _tools() -> Tools:
    return Tools("CS1", ManualClock(NOW), MemoryFiles(), lambda _: "")


async def _ask(*servers: str, patience: float = 5.0) -> TimeHeard:
    return await ask(AskTime(servers, patience), _tools(), lambda _: None)


async def test_a_server_tells_the_time() -> None:
    async with _serving(_good) as server:
        heard = await _ask(server.place)
    assert heard.server == server.place
    assert abs(heard.offset - AHEAD) < timedelta(milliseconds=1)


async def test_the_next_is_asked_where_one_does_not_tell() -> None:
    """Silent, lying, not an address: the third tells, and a fourth is left alone."""
    async with (
        _serving(lambda _: None) as silent,
        _serving(lambda question: _answer(question, NOW, stratum=0)) as kissing,
        _serving(_good) as good,
        _serving(_good) as spare,
    ):
        heard = await _ask(silent.place, "two words", kissing.place, good.place, spare.place, patience=0.1)
    assert heard.server == good.place
    assert (silent.asked, kissing.asked, spare.asked) == (1, 1, 0)


async def test_nobody_tells_the_time_and_each_is_named() -> None:
    async with _serving(_good) as gone:
        place = gone.place
    async with _serving(lambda _: b"hello") as rude:
        with pytest.raises(NotReachable) as told:
            await _ask(place, rude.place, patience=1.0)
    assert place in str(told.value)
    assert f"{rude.place}: its answer is too short" in str(told.value)
