"""The vehicle looks for a station: SECC discovery over UDP multicast on one interface."""

from __future__ import annotations

import asyncio
import secrets
import socket
from typing import Final

from pilotwire.clock import Clock, SystemClock
from pilotwire.errors import ConfigError
from pilotwire.iso15118.net.interfaces import scope_of
from pilotwire.iso15118.sdp import DYNAMIC_PORTS, MULTICAST, PORT, Found, GaveUp, SdpClient

_WAITING: Final = 64
"""Datagrams that may wait to be looked at; what a flood brings beyond is dropped."""
_TRIES: Final = 50


async def discover(
    interface: str, client: SdpClient, *, port: int = PORT, clock: Clock | None = None
) -> Found | GaveUp:
    """Ask until a station answers as `client` wants, or its requests are used up.

    `port` is another one for tests. Raises ConfigError if nothing can be sent on the interface.
    """
    clock = clock or SystemClock()
    scope = scope_of(interface)
    line = _open(scope)
    heard: asyncio.Queue[bytes] = asyncio.Queue(_WAITING)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Hearing(heard), sock=line)
    try:
        while True:
            datagram = client.due(clock.monotonic())
            if client.outcome is not None:
                return client.outcome
            if datagram is not None:
                _send(line, datagram, (MULTICAST, port, 0, scope), interface)
            try:
                async with asyncio.timeout(max(0.0, client.next_at - clock.monotonic())):
                    answer = await heard.get()
            except TimeoutError:
                continue
            client.feed(answer, clock.monotonic())
    finally:
        transport.close()


class _Hearing(asyncio.DatagramProtocol):
    """Keeps what comes."""

    def __init__(self, heard: asyncio.Queue[bytes]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self._heard.full():
            self._heard.put_nowait(data)


def _open(scope: int) -> socket.socket:
    """A socket on a dynamic port, which sends to the link."""
    for _ in range(_TRIES):
        line = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        try:
            line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, scope)
            line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 1)
            line.setblocking(False)
            line.bind(("::", secrets.choice(DYNAMIC_PORTS)))
        except OSError:
            line.close()
            continue
        return line
    raise ConfigError("No UDP port between 49152 and 65535 is free.", "See what else runs on this machine.")


def _send(line: socket.socket, datagram: bytes, to: tuple[str, int, int, int], interface: str) -> None:
    """By the socket itself: a transport would tell a failure only later, and to somebody else."""
    try:
        line.sendto(datagram, to)
    except BlockingIOError:
        pass  # the buffer is full: the next request comes in 250 ms
    except OSError as error:
        what = f"No discovery request can be sent on {interface!r}: {error.strerror or error}."
        raise ConfigError(what, "The interface has to be up, with IPv6 and multicast.") from None
