"""A vehicle and a station over real sockets without TLS: messages, and every way a connection ends."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from pilotwire.errors import ConfigError, MisuseError
from pilotwire.iso15118.net.client import connect
from pilotwire.iso15118.net.connection import Peer, V2gConnection
from pilotwire.iso15118.net.ending import ConnectionEnded, Ending
from pilotwire.iso15118.net.server import V2gServer
from pilotwire.iso15118.sdp import DYNAMIC_PORTS
from pilotwire.iso15118.v2gtp import PayloadType, Unknown, frame

PATIENCE = 30.0


class Station:
    """A station that keeps the connections it gets, until the test ends."""

    def __init__(self, **how: object) -> None:
        self.arrived: asyncio.Queue[V2gConnection] = asyncio.Queue()
        self.refused: asyncio.Queue[tuple[Peer, ConnectionEnded]] = asyncio.Queue()
        self.unknown: list[Unknown] = []
        self.server = V2gServer(
            self._serve,
            host="::1",
            refused=lambda peer, why: self.refused.put_nowait((peer, why)),
            ignored=self.unknown.append,
            close_patience=0.5,
            **how,  # type: ignore[arg-type]
        )

    async def _serve(self, connection: V2gConnection) -> None:
        self.arrived.put_nowait(connection)
        await asyncio.Event().wait()


@asynccontextmanager
async def meeting(**how: object) -> AsyncIterator[tuple[V2gConnection, V2gConnection, Station]]:
    """The vehicle's end, the station's end, and the station."""
    station = Station(**how)
    async with asyncio.timeout(PATIENCE), station.server:
        vehicle = await connect("::1", station.server.port)
        try:
            yield vehicle, await station.arrived.get(), station
        finally:
            vehicle.abort()


@asynccontextmanager
async def raw_vehicle(**how: object) -> AsyncIterator[tuple[socket.socket, V2gConnection, Station]]:
    """A socket that may send what it likes, and the station's end."""
    station = Station(**how)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE), station.server:
        with socket.socket(socket.AF_INET6) as line:
            line.setblocking(False)
            await loop.sock_connect(line, ("::1", station.server.port))
            yield line, await station.arrived.get(), station


async def end_of(connection: V2gConnection) -> ConnectionEnded:
    with pytest.raises(ConnectionEnded) as told:
        await connection.receive()
    return told.value


async def test_messages_go_both_ways() -> None:
    async with meeting() as (vehicle, station, _):
        await vehicle.send(PayloadType.EXI, b"\x80request")
        assert await station.receive() == (PayloadType.EXI, b"\x80request")
        await station.send(PayloadType.MAIN, bytes(60_000))
        assert await vehicle.receive() == (PayloadType.MAIN, bytes(60_000))
        assert (vehicle.tls_version, vehicle.peer_chain, str(vehicle.peer)) == ("", (), f"[::1]:{vehicle.peer.port}")


async def test_the_port_is_a_dynamic_one() -> None:
    async with Station().server as server:
        assert server.port in DYNAMIC_PORTS


async def test_messages_that_tcp_split_and_merged() -> None:
    async with raw_vehicle() as (line, station, _):
        loop = asyncio.get_running_loop()
        stream = frame(PayloadType.EXI, b"one") + frame(PayloadType.EXI, b"two") + frame(PayloadType.AC, b"three")
        await loop.sock_sendall(line, stream[:20])
        assert await station.receive() == (PayloadType.EXI, b"one")
        await loop.sock_sendall(line, stream[20:])
        assert await station.receive() == (PayloadType.EXI, b"two")
        assert await station.receive() == (PayloadType.AC, b"three")


async def test_messages_of_unknown_types_are_passed_over_and_told() -> None:
    async with meeting() as (vehicle, station, place):
        await vehicle.send(0xA000, b"own")
        await vehicle.send(PayloadType.EXI, b"known")
        assert await station.receive() == (PayloadType.EXI, b"known")
        assert place.unknown == [Unknown(0xA000, b"own")]


async def test_a_receive_that_is_cancelled_loses_nothing() -> None:
    async with raw_vehicle() as (line, station, _):
        loop = asyncio.get_running_loop()
        message = frame(PayloadType.EXI, b"slow")
        await loop.sock_sendall(line, message[:9])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(station.receive(), 0.05)
        await loop.sock_sendall(line, message[9:])
        assert await station.receive() == (PayloadType.EXI, b"slow")


async def test_two_tasks_cannot_receive_at_once() -> None:
    async with meeting() as (vehicle, station, _):
        first = asyncio.create_task(station.receive())
        await asyncio.sleep(0)
        with pytest.raises(MisuseError, match="one task"):
            await station.receive()
        await vehicle.send(PayloadType.EXI, b"x")
        assert await first == (PayloadType.EXI, b"x")


async def test_a_vehicle_that_closes_in_order() -> None:
    async with meeting() as (vehicle, station, _):
        await vehicle.send(PayloadType.EXI, b"last")
        closing = asyncio.create_task(vehicle.close(patience=0.5))
        assert await station.receive() == (PayloadType.EXI, b"last")
        end = await end_of(station)
        assert end.ending is Ending.CLOSED
        assert str(end) == "The peer closed the connection."
        assert await end_of(station) is end
        await closing
        assert (await end_of(vehicle)).ending is Ending.CLOSED_HERE


async def test_a_line_that_drops() -> None:
    async with meeting() as (vehicle, station, _):
        vehicle.abort()
        end = await end_of(station)
        assert end.ending is Ending.DROPPED
        assert "Connection reset by peer" in str(end)
        with pytest.raises(ConnectionEnded):
            await station.send(PayloadType.EXI, b"to nobody")


async def test_a_vehicle_that_is_gone_within_a_message() -> None:
    async with raw_vehicle() as (line, station, _):
        await asyncio.get_running_loop().sock_sendall(line, frame(PayloadType.EXI, b"half")[:10])
        line.shutdown(socket.SHUT_WR)
        end = await end_of(station)
        assert end.ending is Ending.DROPPED
        assert "within a message (10 bytes of it came)" in str(end)


@pytest.mark.parametrize(
    ("garbage", "said"),
    [
        (b"GET / HTTP/1.1\r\n", "0x47 came"),
        (bytes.fromhex("01fe 8001 ffffffff"), "announced with 4294967295 bytes"),
        (bytes.fromhex("160301 0200"), "speaks TLS on a connection without"),
    ],
)
async def test_what_is_no_v2gtp_ends_the_connection(garbage: bytes, said: str) -> None:
    async with raw_vehicle() as (line, station, _):
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(line, frame(PayloadType.EXI, b"good") + garbage)
        assert await station.receive() == (PayloadType.EXI, b"good")
        end = await end_of(station)
        assert end.ending is Ending.GARBAGE
        assert said in str(end)
        with pytest.raises(ConnectionResetError):
            await loop.sock_recv(line, 1)


async def test_a_peer_that_does_not_close_its_side_is_cut_off() -> None:
    async with raw_vehicle() as (line, station, _):
        await station.close(patience=0.05)
        assert await asyncio.get_running_loop().sock_recv(line, 1) == b""


async def test_a_vehicle_that_takes_nothing_does_not_hold_the_closing_up() -> None:
    async with raw_vehicle() as (_, station, _place):
        sending = asyncio.create_task(station.send(PayloadType.EXI, bytes(40_000_000)))
        await asyncio.sleep(0)
        await station.close(patience=0.05)
        with pytest.raises(ConnectionEnded):
            await sending


async def test_a_connection_may_be_closed_while_it_waits_for_a_message() -> None:
    async with meeting() as (vehicle, station, _):
        waiting = asyncio.create_task(vehicle.receive())
        other = asyncio.create_task(end_of(station))
        await asyncio.sleep(0)
        closing = asyncio.create_task(vehicle.close())
        assert (await other).ending is Ending.CLOSED
        await station.close()
        await closing
        with pytest.raises(ConnectionEnded) as told:
            await waiting
        assert told.value.ending is Ending.CLOSED_HERE


async def test_what_comes_after_the_handler_is_closed_in_order() -> None:
    async def once(connection: V2gConnection) -> None:
        await connection.send(*await connection.receive())

    async with asyncio.timeout(PATIENCE), V2gServer(once, host="::1") as server:
        vehicle = await connect("::1", server.port)
        await vehicle.send(PayloadType.EXI, b"echo")
        assert await vehicle.receive() == (PayloadType.EXI, b"echo")
        assert (await end_of(vehicle)).ending is Ending.CLOSED
        await vehicle.close()


async def test_a_handler_that_fails_harms_nobody_else() -> None:
    async def fails(connection: V2gConnection) -> None:
        await connection.receive()
        raise ValueError("a bug of ours")

    async with asyncio.timeout(PATIENCE), V2gServer(fails, host="::1", close_patience=0.05) as server:
        for _ in range(2):
            async with await connect("::1", server.port) as vehicle:
                await vehicle.send(PayloadType.EXI, b"")
                assert (await end_of(vehicle)).ending is Ending.CLOSED


async def test_more_vehicles_than_places_are_cut_off() -> None:
    async with meeting(most=1) as (vehicle, station, place):
        second = await connect("::1", place.server.port)
        assert (await end_of(second)).ending is Ending.DROPPED
        _, why = await place.refused.get()
        assert "1 vehicles are connected" in str(why)
        await vehicle.send(PayloadType.EXI, b"first")
        assert await station.receive() == (PayloadType.EXI, b"first")


async def test_a_server_that_closes_lets_go_of_all_vehicles() -> None:
    station = Station()
    async with asyncio.timeout(PATIENCE):
        async with station.server:
            vehicle = await connect("::1", station.server.port)
            await station.arrived.get()
            assert station.server.connections == 1
        assert station.server.connections == 0
        assert (await end_of(vehicle)).ending in (Ending.CLOSED, Ending.DROPPED)
        vehicle.abort()


async def test_nobody_listens() -> None:
    async with Station().server as server:
        port = server.port
    with pytest.raises(ConnectionEnded, match="cannot be reached") as told:
        await connect("::1", port)
    assert told.value.ending is Ending.NOT_REACHED


async def test_a_port_that_is_taken() -> None:
    async with Station().server as server:
        with pytest.raises(ConfigError, match=f"Port {server.port} of .* is taken"):
            await Station(port=server.port).server.start()


async def test_an_interface_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match=r"no network interface 'eth99'. Take one of: .*lo"):
        await Station(interface="eth99").server.start()


async def test_a_reset_before_the_first_byte() -> None:
    async with raw_vehicle() as (line, station, _):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()
        assert (await end_of(station)).ending is Ending.DROPPED
