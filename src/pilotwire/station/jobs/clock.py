"""The time asked of NTP servers (SNTP, RFC 4330, RFC 5905 section 14): one datagram there and one back, over asyncio's UDP."""

from __future__ import annotations

import asyncio
import secrets
import struct
from datetime import UTC, datetime, timedelta
from typing import Final

from pilotwire.clock import Clock
from pilotwire.errors import NotReachable
from pilotwire.station.core.time_sources import AskTime, TimeHeard, server_of
from pilotwire.station.jobs.running import Tell, Tools

_PACKET: Final = struct.Struct(">BBbb11I")
"""Leap, version and mode; stratum; poll; precision; then eleven words, of which the last six are times."""
_CLIENT: Final = 0x23
"""No leap told, version 4, mode client."""
_SERVER_MODE, _UNSYNCHRONIZED = 4, 3
_LOWEST: Final = 15
"""The highest stratum of a clock that is set by somebody; 0 is a server that asks to be left alone."""
_ERA_0: Final = datetime(1900, 1, 1, tzinfo=UTC)
_ERA_1: Final = datetime(2036, 2, 7, 6, 28, 16, tzinfo=UTC)
"""Where the seconds of NTP begin anew: times with the highest bit set are before it (RFC 4330, section 3)."""


class BadAnswer(Exception):
    """A datagram that tells no time; says why."""


def request(cookie: bytes) -> bytes:
    """The question; `cookie` (8 bytes) stands for our own time, which is nobody's business: the server sends it back."""
    return _PACKET.pack(_CLIENT, 0, 0, 0, *([0] * 9), *struct.unpack(">2I", cookie))


def offset_of(answer: bytes, cookie: bytes, sent: datetime, received: datetime) -> timedelta:
    """What the server's clock is ahead of the one that took the two times; raises `BadAnswer`."""
    if len(answer) < _PACKET.size:
        raise BadAnswer("its answer is too short")
    first, stratum, _poll, _precision, *words = _PACKET.unpack(answer[: _PACKET.size])
    if first & 7 != _SERVER_MODE or struct.pack(">2I", *words[5:7]) != cookie:
        raise BadAnswer("it answered another question")
    if first >> 6 == _UNSYNCHRONIZED or not 0 < stratum <= _LOWEST or words[9:11] == [0, 0]:
        raise BadAnswer("it does not know the time itself")
    there, back = _time(words[7], words[8]), _time(words[9], words[10])
    return ((there - sent) + (back - received)) / 2


def _time(seconds: int, fraction: int) -> datetime:
    era = _ERA_0 if seconds >> 31 else _ERA_1
    return era + timedelta(seconds=seconds, microseconds=fraction * 1_000_000 >> 32)


# --- over the network -----------------------------------------------------------------------------------------------


class _Exchange(asyncio.DatagramProtocol):
    """One question, sent when this is made, and the first answer to it; others are not heard."""

    def __init__(self, clock: Clock, cookie: bytes) -> None:
        self._clock = clock
        self._cookie = cookie
        self._sent = clock.now()
        self.offset: asyncio.Future[timedelta] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, _addr: object) -> None:
        """Take the answer."""
        if self.offset.done():
            return
        try:
            self.offset.set_result(offset_of(data, self._cookie, self._sent, self._clock.now()))
        except BadAnswer as bad:
            self.offset.set_exception(bad)

    def error_received(self, exc: Exception) -> None:
        """Nobody is there."""
        if not self.offset.done():
            self.offset.set_exception(exc)


async def ask(job: AskTime, tools: Tools, _tell: Tell) -> TimeHeard:
    """The time of the first server that tells it; raises `NotReachable` that says of each why it did not."""
    failures: list[str] = []
    for server in job.servers:
        place = server_of(server)
        if place is None:
            failures.append(f"{server} is no address")
            continue
        try:
            return TimeHeard(await _ask_one(place, job.patience, tools.clock), server)
        except TimeoutError:
            failures.append(f"{server} does not answer")
        except BadAnswer as bad:
            failures.append(f"{server}: {bad}")
        except OSError as error:
            failures.append(f"{server}: {error.strerror or error}")
    raise NotReachable(f"{'; '.join(failures)}.", "Set NtpServerUri to servers that can be reached by UDP from here.")


async def _ask_one(place: tuple[str, int], patience: float, clock: Clock) -> timedelta:
    loop = asyncio.get_running_loop()
    cookie = secrets.token_bytes(8)
    async with asyncio.timeout(patience):
        transport, exchange = await loop.create_datagram_endpoint(lambda: _Exchange(clock, cookie), remote_addr=place)
        try:
            transport.sendto(request(cookie))
            return await exchange.offset
        finally:
            transport.close()
