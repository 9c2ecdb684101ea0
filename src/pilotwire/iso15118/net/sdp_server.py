"""The station answers vehicles that look for it: SECC discovery over UDP multicast on one interface."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import structlog

from pilotwire.errors import ConfigError
from pilotwire.iso15118.net.interfaces import scope_of
from pilotwire.iso15118.sdp import MULTICAST, PORT, SdpFault, SdpRequest, SdpResponse, read_request

_log = structlog.get_logger("pilotwire.iso15118.net.sdp_server")
_GROUP: Final = socket.inet_pton(socket.AF_INET6, MULTICAST)

Answer = Callable[[SdpRequest, str], SdpResponse | None]
"""What to answer a request that came from an address; None: nothing."""
Heard = Callable[[str, str], None]
"""Hears of datagrams that are no request: from which address, and why they were passed over."""


class SdpServer:
    """Answers requests to ff02::1, port 15118, on one interface; leaving its context stops it.

    `port` is another one for tests. Raises ConfigError from `start` if it cannot listen.
    """

    def __init__(self, interface: str, answer: Answer, *, port: int = PORT, ignored: Heard | None = None) -> None:
        self._interface = interface
        self._port = port
        self._answer = answer
        self._ignored = ignored
        self._transport: asyncio.DatagramTransport | None = None
        self._listening: _Listening | None = None

    @property
    def port(self) -> int:
        """The UDP port it listens on."""
        assert self._transport is not None, "the server was not started"
        return int(self._transport.get_extra_info("sockname")[1])

    async def start(self) -> None:
        """Answer from now on. Raises ConfigError."""
        listener = _listen(self._interface, self._port)
        loop = asyncio.get_running_loop()
        self._transport, self._listening = await loop.create_datagram_endpoint(
            lambda: _Listening(self._answer, self._ignored), sock=listener
        )

    async def close(self) -> None:
        """Answer no more; the port is free then."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
            assert self._listening is not None
            await self._listening.closed.wait()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class _Listening(asyncio.DatagramProtocol):
    def __init__(self, answer: Answer, ignored: Heard | None) -> None:
        self._answer = answer
        self._ignored = ignored
        self._transport: asyncio.DatagramTransport | None = None
        self.closed = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        sender = addr[0]
        try:
            request = read_request(data)
        except SdpFault as fault:
            _log.info("sdp_ignored", sender=sender, why=str(fault))
            if self._ignored is not None:
                self._ignored(sender, str(fault))
            return
        response = self._answer(request, sender)
        if response is not None and self._transport is not None:
            self._transport.sendto(response.encode(), addr)

    def error_received(self, exc: Exception) -> None:
        _log.info("sdp_not_sent", why=str(exc))


def _listen(interface: str, port: int) -> socket.socket:
    scope = scope_of(interface)
    listener = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        # Bound to the group on this interface: stations on further interfaces of the machine have sockets of their own.
        listener.bind((MULTICAST, port, 0, scope))
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, _GROUP + struct.pack("@I", scope))
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            what = f"UDP port {port} on {interface!r} is taken by another program."
            raise ConfigError(what, "One SECC discovery server per interface: stop the other one.") from None
        what = f"Discovery requests cannot be heard on {interface!r}: {error.strerror or error}."
        raise ConfigError(what, "The interface has to be up, with IPv6 and multicast.") from None
    return listener
