"""Messages, limits, keep-alive and endings of a connection, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from pilotwire.errors import MisuseError
from pilotwire.ocpp.net.socket import MAX_REASON, Socket, SocketClosed, close_reason
from tests.support.ocpp_sockets import V201, Guests, RawEnd, masked, raw_end, serving, station, upgrade


async def _end_of(socket: Socket) -> SocketClosed:
    async with asyncio.timeout(10):
        while True:
            try:
                await socket.recv()
            except SocketClosed as end:
                return end


async def _open(end: RawEnd) -> None:
    await end.say(upgrade("/CS1", "ocpp2.0.1"))
    assert (await end.head()).startswith("HTTP/1.1 101")


@pytest.mark.parametrize("compression", [False, True])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 1_000_000])
async def test_messages_of_every_size_come_back(size: int, compression: bool) -> None:
    """Both length forms, with and without compression (J2:3.3)."""
    async with serving(compression=compression) as server:
        client = await station(server, compression=compression)
        assert ("sec-websocket-extensions" in client.headers) is compression
        message = ("é" + "x" * size)[:size].encode()[:size].ljust(size, b"x")
        message = message if message.decode("utf-8", "ignore").encode() == message else b"x" * size
        await client.send(message)
        async with asyncio.timeout(20):
            assert await client.recv() == message


@pytest.mark.parametrize("seed", range(8))
async def test_messages_do_not_depend_on_how_the_network_cuts_them(seed: int) -> None:
    """Frames cut at random places, fragments, pings between them: the same messages in the same order."""
    dice = random.Random(seed)
    guests = Guests()
    expected: list[bytes] = []
    stream = b""
    for number in range(40):
        message = str(number).encode() + b"y" * dice.choice([0, 3, 120, 200, 5000])
        expected.append(message)
        if dice.random() < 0.3:
            cut = dice.randrange(len(message) + 1)
            stream += masked(message[:cut], 0x01) + masked(b"p", 0x89) + masked(message[cut:], 0x80)
        else:
            stream += masked(message)
        if dice.random() < 0.2:
            stream += masked(b"ping", 0x89)
    async with serving(guests) as server, raw_end(server) as end:
        await _open(end)
        guest = await guests.next()

        async def feed() -> None:
            rest = stream
            while rest:
                cut = dice.choice([1, 2, 5, 7, 300, 20_000])
                await end.say(rest[:cut])
                await asyncio.sleep(0)
                rest = rest[cut:]

        feeding = asyncio.create_task(feed())
        async with asyncio.timeout(20):
            assert [await guest.recv() for _ in expected] == expected
        await feeding


async def test_whole_messages_take_the_short_cut_past_the_librarys_parser() -> None:
    """A library that no longer shows where its parser stands would cost speed unseen."""
    guests = Guests()
    async with serving(guests) as server:
        client, guest = await station(server), await guests.next()
        await client.send(b"a message")
        assert await guest.recv() == b"a message"
        assert guest._line._may_short_cut()
        await guest.send(b"an answer")
        assert await client.recv() == b"an answer"
        assert client._line._may_short_cut()


async def test_messages_before_listen_are_not_lost() -> None:
    """listen() begins with what already waits; a second reader is a bug."""
    guests = Guests()
    async with serving(guests) as server:
        client, guest = await station(server), await guests.next()
        await client.send(b"1")
        await client.send(b"2")
        assert await guest.recv() == b"1"
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        guest.listen(heard.put_nowait)
        await client.send(b"3")
        async with asyncio.timeout(10):
            assert [await heard.get(), await heard.get()] == [b"2", b"3"]
        with pytest.raises(MisuseError):
            await guest.recv()
        with pytest.raises(MisuseError):
            guest.listen(heard.put_nowait)


@pytest.mark.parametrize("claim", [2001, 65_536, 10_000_000])
async def test_an_oversized_message_ends_the_connection_at_its_header(claim: int) -> None:
    """Nothing of a message beyond the limit is awaited or kept: close code 1009 after the first few bytes."""
    guests = Guests()
    async with serving(guests, max_message_bytes=2000) as server, raw_end(server) as end:
        await _open(end)
        guest = await guests.next()
        await end.say(masked(b"x" * 10, claim=claim))
        first, payload = await end.frame()
        assert (first, int.from_bytes(payload[:2], "big")) == (0x88, 1009)
        end.writer.write_eof()
        assert (await _end_of(guest)).code == 1009
        assert guest.close_code == 1009


async def test_a_10_mb_message_is_refused_and_the_server_lives() -> None:
    """The sender sees 1009 or a broken line; others are served."""
    async with serving() as server:
        client, other = await station(server), await station(server, "CS2")
        with contextlib.suppress(SocketClosed):
            await client.send(b"x" * 10_000_000)
        assert (await _end_of(client)).code in (1009, 1006)
        await other.send(b"ok")
        assert await other.recv() == b"ok"


async def test_a_deflate_bomb_counts_unpacked() -> None:
    """A small compressed message that unpacks beyond the limit ends with 1009 as well."""
    async with serving(compression=True, max_message_bytes=2000) as server:
        client = await station(server, compression=True)
        await client.send(b"0" * 1_000_000)
        assert (await _end_of(client)).code == 1009


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (masked(b"\x00\x01", 0x82), 1003),
        (masked(b'["\xff\xfe"]'), 1007),
        (masked(b"x", 0x83), 1002),
        (masked(b"x", 0xC1), 1002),
        (b"\x81\x05hello", 1002),
        (masked(b"x", 0x80), 1002),
        (masked(b"x" * 126, 0x89), 1002),
    ],
    ids=["binary", "no UTF-8", "unknown opcode", "reserved bit", "unmasked", "stray continuation", "long ping"],
)
async def test_broken_frames_end_the_connection_with_the_right_code(frame: bytes, code: int) -> None:
    """RFC 6455; messages before the broken one are still delivered, those after it are not."""
    guests = Guests()
    async with serving(guests) as server, raw_end(server) as end:
        await _open(end)
        guest = await guests.next()
        await end.say(masked(b"before") + frame + masked(b"after"))
        end.writer.write_eof()
        assert await guest.recv() == b"before"
        assert (await _end_of(guest)).code == code
        first, payload = await end.frame()
        assert (first, int.from_bytes(payload[:2], "big")) == (0x88, code)


@pytest.mark.parametrize("seed", range(5))
async def test_random_bytes_after_the_handshake_never_hurt(seed: int) -> None:
    """The connection ends, the server does not."""
    guests = Guests()
    async with serving(guests) as server:
        async with raw_end(server) as end:
            await _open(end)
            guest = await guests.next()
            await end.say(random.Random(seed).randbytes(5000))
            end.writer.write_eof()
            await _end_of(guest)
        assert (await station(server)).is_open


async def test_close_codes_and_reasons_arrive_at_the_other_side() -> None:
    """From either side; both report the one who closed first."""
    guests = Guests()
    async with serving(guests) as server:
        for closer in (0, 1):
            ends = [await station(server), await guests.next()]
            await ends[closer].close(4001 + closer, "enough")
            assert (await _end_of(ends[1 - closer])).reason == "enough"
            assert [end.close_code for end in ends] == [4001 + closer] * 2
            with pytest.raises(SocketClosed):
                await ends[0].send(b"too late")


async def test_a_line_that_just_breaks_is_1006() -> None:
    """No closing handshake, no code from the peer."""
    guests = Guests()
    async with serving(guests) as server:
        client, guest = await station(server), await guests.next()
        assert guest.close_code is None
        client.abort()
        assert (await _end_of(guest)).code == 1006


def test_a_close_reason_is_cut_between_characters() -> None:
    """At most 123 bytes of UTF-8."""
    short = close_reason("ü" * 200)
    assert len(short.encode()) <= MAX_REASON
    assert short.rstrip(".") == "ü" * len(short.rstrip("."))
    assert close_reason("fine") == "fine"


@pytest.mark.req("J16:5.3", "J2:5.2")
async def test_pings_are_answered_and_keep_the_connection() -> None:
    """Both sides ping often; many intervals later the connection still stands."""
    guests = Guests()
    async with serving(guests, ping_interval=0.02, ping_timeout=5.0) as server, raw_end(server) as end:
        await _open(end)
        guest = await guests.next()
        for _ in range(5):
            first, payload = await end.frame()
            assert first == 0x89
            await end.say(masked(payload, 0x8A))
        assert guest.is_open
        client = await station(server, "CS2", ping_interval=0.02)
        await client.send(b"hello")
        assert await (await guests.next()).recv() == b"hello"


async def test_our_pong_carries_the_peers_ping() -> None:
    """A ping is answered at once with its own payload."""
    async with serving() as server, raw_end(server) as end:
        await _open(end)
        await end.say(masked(b"are you there", 0x89))
        assert await end.frame() == (0x8A, b"are you there")


@pytest.mark.parametrize("answer", [None, b"wrong"])
async def test_a_peer_that_does_not_answer_pings_is_dropped(answer: bytes | None) -> None:
    """Close code 1011 with a reason, whether it is silent or answers something else."""
    guests = Guests()
    async with serving(guests, ping_interval=0.02, ping_timeout=0.05) as server, raw_end(server) as end:
        await _open(end)
        guest = await guests.next()
        if answer is not None:
            await end.say(masked(answer, 0x8A))
        assert (await end.frame())[0] == 0x89
        first, payload = await end.frame()
        assert (first, int.from_bytes(payload[:2], "big")) == (0x88, 1011)
        end.writer.write_eof()
        closed = await _end_of(guest)
        assert closed.code == 1011
        assert "ping" in closed.reason


async def test_a_peer_that_stops_reading_is_dropped_although_our_ping_cannot_leave() -> None:
    """A writer stuck behind it is freed."""
    guests = Guests()
    async with serving(guests, ping_interval=0.05, ping_timeout=0.1) as server, raw_end(server) as end:
        await _open(end)
        guest = await guests.next()
        end.writer.transport.pause_reading()  # type: ignore[attr-defined]
        guest._line.close_timeout = 0.1  # the time to say good-bye, shortened for the test

        async def pour() -> None:
            while True:
                await guest.send(b"z" * 100_000)

        with pytest.raises(SocketClosed):
            async with asyncio.timeout(20):
                await pour()


async def test_a_slow_reader_holds_up_the_writer_and_memory_stays_bounded() -> None:
    """The writer waits; nearly nothing piles up in the process; everything arrives once the reader goes on."""
    guests = Guests()
    total, size = 200, 100_000
    async with serving(guests) as server:
        client, guest = await station(server), await guests.next()
        sent = 0

        async def pour() -> None:
            nonlocal sent
            for number in range(total):
                await guest.send(str(number).zfill(8).encode().ljust(size))
                sent += 1

        pouring = asyncio.create_task(pour())
        done, _ = await asyncio.wait([pouring], timeout=0.5)
        assert not done
        assert sent < total
        assert guest.congested
        assert guest._line.transport.get_write_buffer_size() < 2 * size
        assert client._line._inbox_bytes < 600_000
        async with asyncio.timeout(20):
            assert [int((await client.recv())[:8]) for _ in range(total)] == list(range(total))
            await pouring


async def test_closing_works_while_the_reader_is_held_up() -> None:
    """A full inbox does not keep the peer's close frame from being read."""
    guests = Guests()
    async with serving(guests) as server:
        client, guest = await station(server), await guests.next()
        for _ in range(100):
            await client.send(b"m" * 2000)
        async with asyncio.timeout(4):  # less than the time a peer has to take part in closing
            await guest.close(1000, "done")
        assert (await _end_of(client)).reason == "done"
        assert client.version is V201
