"""A station with TLS that echoes, and vehicles that come to it: for tests of the transport of ISO 15118."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.iso15118.net.client import connect
from pilotwire.iso15118.net.connection import Peer, V2gConnection
from pilotwire.iso15118.net.credentials import Credentials
from pilotwire.iso15118.net.ending import ConnectionEnded
from pilotwire.iso15118.net.server import V2gServer
from pilotwire.iso15118.net.tls import StationTls, VehicleTls
from pilotwire.iso15118.v2gtp import PayloadType
from tests.support.v2g_papers import P521, clock, papers, root

PATIENCE = 30.0
V2G_ROOTS = (root("v2g-root"), root("v2g-root", P521))


def both(**how: object) -> StationTls:
    """A station with ISO 15118-2 and -20 on one port."""
    usual = {"iso2": papers("secc"), "iso20": papers("secc", P521), "vehicle_roots": (root("oem-root", P521),)}
    return StationTls(**({**usual, "clock": clock()} | how))  # type: ignore[arg-type]


def vehicle2(**how: object) -> VehicleTls:
    """A vehicle with ISO 15118-2."""
    return VehicleTls(**({"v2g_roots": V2G_ROOTS, "clock": clock()} | how))  # type: ignore[arg-type]


def vehicle20(**how: object) -> VehicleTls:
    """A vehicle with both."""
    return vehicle2(**({"vehicle": papers("vehicle", P521)} | how))


class Station:
    """A station that echoes, and tells whom it met."""

    def __init__(self, tls: StationTls | None, **how: object) -> None:
        self.met: asyncio.Queue[Peer] = asyncio.Queue()
        self.refused: asyncio.Queue[ConnectionEnded] = asyncio.Queue()
        self.server = V2gServer(
            self._echo,
            host="::1",
            tls=tls,
            refused=lambda _, why: self.refused.put_nowait(why),
            close_patience=0.5,
            **how,  # type: ignore[arg-type]
        )

    async def _echo(self, connection: V2gConnection) -> None:
        self.met.put_nowait(connection.peer)
        while True:
            await connection.send(*await connection.receive())


@asynccontextmanager
async def station(tls: StationTls | None, **how: object) -> AsyncIterator[Station]:
    """A station that is running."""
    there = Station(tls, **how)
    async with asyncio.timeout(PATIENCE), there.server:
        yield there


async def charged(there: Station, tls: VehicleTls) -> tuple[Peer, Peer]:
    """A message goes there and back; returns whom the vehicle met, and whom the station."""
    async with await connect("::1", there.server.port, tls=tls) as vehicle:
        await vehicle.send(PayloadType.EXI, bytes(50_000))
        assert await vehicle.receive() == (PayloadType.EXI, bytes(50_000))
        return vehicle.peer, await there.met.get()


async def not_charged(there: Station, tls: VehicleTls) -> ConnectionEnded:
    """Why the vehicle could not charge: in TLS 1.3 it may learn it only with the first answer."""
    with pytest.raises(ConnectionEnded) as told:
        async with await connect("::1", there.server.port, tls=tls) as vehicle:
            await vehicle.receive()
    return told.value


def der(credentials: Credentials) -> tuple[bytes, ...]:
    """The certificates as a peer sees them."""
    return tuple(each.public_bytes(Encoding.DER) for each in credentials.chain)


def said_in(pattern: str, text: str) -> bool:
    """Whether a text is as expected; the test fails with both if not."""
    return re.search(pattern, text) is not None or pytest.fail(f"{pattern!r} is not in {text!r}")
