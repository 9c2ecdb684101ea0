"""SECC discovery over real multicast, on a cable of two virtual interfaces; skipped where none can be laid."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import IPv6Address

import pytest

from pilotwire.errors import ConfigError
from pilotwire.iso15118.net.client import connect
from pilotwire.iso15118.net.connection import V2gConnection
from pilotwire.iso15118.net.interfaces import link_local_of, scope_of
from pilotwire.iso15118.net.sdp_client import discover
from pilotwire.iso15118.net.sdp_server import SdpServer
from pilotwire.iso15118.net.server import V2gServer
from pilotwire.iso15118.sdp import (
    DYNAMIC_PORTS,
    MULTICAST,
    DiagStatus,
    Endpoints,
    Found,
    GaveUp,
    SdpClient,
    SdpRequest,
    Security,
    WirelessAnswer,
    WirelessAsk,
)
from pilotwire.iso15118.v2gtp import PayloadType

PATIENCE = 30.0
_numbers = itertools.count()


def _ip(*arguments: str) -> None:
    subprocess.run(("ip", *arguments), check=True, capture_output=True, text=True, timeout=20)


@pytest.fixture(scope="module")
def cable() -> Iterator[tuple[str, str]]:
    """The station's interface (fe80::1) and the vehicle's (fe80::2)."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("Virtual interfaces need iproute2 and the superuser: no cable for multicast.")
    name = f"pw{os.getpid() % 0xFFFFFF:x}d{next(_numbers)}"
    ends = f"{name}s", f"{name}v"
    try:
        _ip("link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
        for number, end in enumerate(ends, start=1):
            _ip("link", "set", end, "addrgenmode", "none")
            _ip("address", "add", f"fe80::{number}/64", "dev", end, "nodad")
            _ip("link", "set", end, "up")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"No virtual cable for multicast: {error.stderr.strip()}")
    try:
        yield ends
    finally:
        subprocess.run(("ip", "link", "del", ends[0]), capture_output=True, check=False, timeout=20)


async def test_a_vehicle_finds_a_station_and_connects(cable: tuple[str, str]) -> None:
    station, vehicle = cable
    asked: list[tuple[SdpRequest, str]] = []

    async def echo(connection: V2gConnection) -> None:
        await connection.send(*await connection.receive())

    async with asyncio.timeout(PATIENCE), V2gServer(echo, host="fe80::1", interface=station) as server:
        here = Endpoints(link_local_of(station), plain=server.port)

        def answer(request: SdpRequest, sender: str) -> object:
            asked.append((request, sender))
            return here.answer(request)

        async with SdpServer(station, answer):  # type: ignore[arg-type]
            found = await discover(vehicle, SdpClient(SdpRequest(Security.NONE)))
        assert isinstance(found, Found)
        assert (found.response.address, found.response.port) == (IPv6Address("fe80::1"), server.port)
        ((request, sender),) = asked
        assert request == SdpRequest(Security.NONE)
        assert IPv6Address(sender.split("%")[0]) == IPv6Address("fe80::2")
        connection = await connect(found.response.address, found.response.port, interface=vehicle)
        async with connection:
            await connection.send(PayloadType.EXI, b"hello")
            assert await connection.receive() == (PayloadType.EXI, b"hello")


async def test_the_wireless_kind(cable: tuple[str, str]) -> None:
    station, vehicle = cable
    statuses = iter((DiagStatus.ONGOING, DiagStatus.FINISHED_WITH_EVSEID))
    here = Endpoints(IPv6Address("fe80::1"), tls=50_000)
    async with (
        asyncio.timeout(PATIENCE),
        SdpServer(station, lambda request, _: here.answer(request, WirelessAnswer(next(statuses), evseid="DE*X*E1"))),
    ):
        found = await discover(vehicle, SdpClient(SdpRequest(wireless=WirelessAsk(evid="DEX1"))))
    assert isinstance(found, Found)
    assert found.response.wireless == WirelessAnswer(DiagStatus.FINISHED_WITH_EVSEID, evseid="DE*X*E1")


async def test_a_station_that_answers_nothing_and_one_that_answers_wrongly(cable: tuple[str, str]) -> None:
    station, vehicle = cable
    plain = Endpoints(IPv6Address("fe80::1"), plain=50_000)
    async with asyncio.timeout(PATIENCE):
        async with SdpServer(station, lambda *_: None):
            nothing = await discover(vehicle, SdpClient(most=1))
        async with SdpServer(station, lambda request, _: plain.answer(request)):
            wrong = await discover(vehicle, SdpClient(most=1))
    assert nothing == GaveUp("No station answered as it should; it was asked once.")
    assert isinstance(wrong, GaveUp)
    assert "TLS was asked for, and the station offers a connection without" in wrong.why


async def test_datagrams_that_are_no_request_are_told_and_not_answered(cable: tuple[str, str]) -> None:
    station, vehicle = cable
    ignored: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    here = Endpoints(IPv6Address("fe80::1"), tls=50_000)
    async with (
        asyncio.timeout(PATIENCE),
        SdpServer(
            station,
            lambda request, _: here.answer(request),
            ignored=lambda sender, why: ignored.put_nowait((sender, why)),
        ) as server,
    ):
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as line:
            line.sendto(b"hello", (MULTICAST, server.port, 0, scope_of(vehicle)))
            sender, why = await ignored.get()
        assert sender.startswith("fe80::2")
        assert why.startswith("A V2GTP message begins with 0x01")
        assert isinstance(await discover(vehicle, SdpClient()), Found)


async def test_one_discovery_server_per_interface(cable: tuple[str, str]) -> None:
    station, vehicle = cable
    async with SdpServer(station, lambda *_: None), SdpServer(vehicle, lambda *_: None):
        with pytest.raises(ConfigError, match=r"UDP port 15118 on .* is taken"):
            await SdpServer(station, lambda *_: None).start()


async def test_a_vehicle_asks_from_a_dynamic_port(cable: tuple[str, str]) -> None:
    station, vehicle = cable
    group = socket.inet_pton(socket.AF_INET6, MULTICAST) + scope_of(station).to_bytes(4, sys.byteorder)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as listener:
        listener.bind(("::", 0))
        listener.setblocking(False)
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        await discover(vehicle, SdpClient(most=1), port=listener.getsockname()[1])
        _, sender = listener.recvfrom(100)
    assert sender[1] in DYNAMIC_PORTS


async def test_an_interface_that_is_not_there_and_one_without_link_local_address() -> None:
    with pytest.raises(ConfigError, match="no network interface 'eth99'"):
        await discover("eth99", SdpClient())
    with pytest.raises(ConfigError, match="no network interface 'eth99'"):
        await SdpServer("eth99", lambda *_: None).start()
    with pytest.raises(ConfigError, match=r"'lo' has no link-local IPv6 address.* Bring it up"):
        link_local_of("lo")
