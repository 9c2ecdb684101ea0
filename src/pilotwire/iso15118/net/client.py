"""The vehicle's end: a connection to a station, without TLS or with."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from ipaddress import IPv6Address
from typing import Final

from OpenSSL import SSL

from pilotwire.iso15118.net.channel import PlainChannel, TlsChannel, cut, dropped, shut
from pilotwire.iso15118.net.connection import Ignored, Peer, V2gConnection
from pilotwire.iso15118.net.ending import ConnectionEnded, Ending
from pilotwire.iso15118.net.interfaces import scope_of
from pilotwire.iso15118.net.server import described
from pilotwire.iso15118.net.tls import Handshake, VehicleContext, VehicleTls, refused
from pilotwire.iso15118.net.tls_words import alert_in, alert_words, failure_words
from pilotwire.iso15118.v2gtp import DEFAULT_LIMIT

PATIENCE: Final = 20.0
"""Seconds for TCP and TLS together; the communication setup as a whole has as many (`timing.Timing.ev_communication_setup`)."""


async def connect(
    address: str | IPv6Address,
    port: int,
    *,
    interface: str = "",
    tls: VehicleTls | None = None,
    ignored: Ignored | None = None,
    limit: int = DEFAULT_LIMIT,
    patience: float = PATIENCE,
) -> V2gConnection:
    """Connect to a station. `interface` is needed for a link-local address; `tls` None: without TLS.

    Raises ConnectionEnded: nobody listens there, or one side does not take the other; ConfigError for an interface or certificates that
    cannot be used. In TLS 1.3 a station looks at the vehicle's certificate last: that it refuses it, the first `receive` tells.
    """
    context = VehicleContext(tls) if tls is not None else None
    scope = scope_of(interface) if interface else 0
    where = f"[{address}{'%' + interface if interface else ''}]:{port}"
    try:
        async with asyncio.timeout(patience):
            reader, writer = await _open((str(address), port, 0, scope), where)
            peer = Peer(str(address), port)
            if context is None:
                return V2gConnection(PlainChannel(reader, writer), peer, ignored, limit)
            try:
                return await _secure(context, reader, writer, peer, ignored, limit)
            except BaseException as error:
                if isinstance(error, ConnectionEnded):
                    await shut(writer)
                else:
                    cut(writer)
                raise
    except TimeoutError:
        what = f"The station at {where} did not finish TCP and TLS within {patience:g} s."
        raise ConnectionEnded(Ending.NOT_REACHED, what) from None


async def _open(to: tuple[str, int, int, int], where: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """By a socket of our own: uvloop loses the interface of a link-local address."""
    try:
        line = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        try:
            await _connected(line, to)
            return await asyncio.open_connection(sock=line)
        except BaseException:
            line.close()
            raise
    except OSError as error:
        what = f"The station at {where} cannot be reached: {error.strerror or error}."
        raise ConnectionEnded(Ending.NOT_REACHED, what, "See address, port and interface.") from None


async def _connected(line: socket.socket, to: tuple[str, int, int, int]) -> None:
    line.setblocking(False)
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    failure = line.connect_ex(to)
    if failure == errno.EINPROGRESS:
        loop.add_writer(line, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_writer(line)
        failure = line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if failure:
        raise OSError(failure, os.strerror(failure))


async def _secure(
    context: VehicleContext,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    peer: Peer,
    ignored: Ignored | None,
    limit: int,
) -> V2gConnection:
    handshake = Handshake()
    channel = TlsChannel(context.connection(handshake), reader, writer)
    try:
        await channel.handshake()
    except SSL.Error as error:
        raise _failed(error, handshake) from None
    except OSError as error:
        raise dropped(error) from None
    try:
        context.check(channel.connection, handshake)
    except ConnectionEnded:
        await channel.finish()
        await channel.shut()
        raise
    known = described(channel, peer.host, peer.port, staple=handshake.staple)
    return V2gConnection(channel, known, ignored, limit)


def _failed(error: SSL.Error, handshake: Handshake) -> ConnectionEnded:
    alert = alert_in(error)
    if alert:
        what = f"The station refused the vehicle ({alert_words(alert)})."
        return ConnectionEnded(Ending.REFUSED, what, alert=alert)
    if handshake.trouble:
        return refused(f"The station is refused, its certificate {handshake.trouble}")
    return refused(f"The station is refused: {failure_words(error)}.")
