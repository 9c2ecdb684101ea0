"""The tester's two endpoints over real sockets: who was turned away where and when, and by TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator

import pytest

from pilotwire.clock import SystemClock
from pilotwire.conformance.wire.authority import CSMS_ROOT, NEW_CSMS_ROOT, Authority
from pilotwire.conformance.wire.counterpart import Counterpart, LineDown, Reply
from pilotwire.conformance.wire.ends import ServerEnd
from pilotwire.ocpp.net.client import ConnectError, connect
from pilotwire.ocpp.net.socket import Socket
from pilotwire.ocpp.version import OcppVersion


@pytest.fixture
async def end() -> AsyncIterator[ServerEnd]:
    counterpart = Counterpart(OcppVersion.V201, SystemClock(), lambda _: Reply({}))
    made = ServerEnd(counterpart)
    yield made
    await made.close()


async def goes_to(place: ServerEnd, context: ssl.SSLContext | None = None) -> Socket:
    return await connect(place.url, identity="CS1", versions=(OcppVersion.V201,), ssl_context=context)


def trusting(authority: Authority, root: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authority.root(root).pem)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


async def test_a_station_that_is_turned_away_is_let_in_afterwards(end: ServerEnd) -> None:
    await end.offer({"turning_away": True})
    await end.open()
    for _ in range(2):
        with pytest.raises(ConnectError):
            await goes_to(end)
    entry = await end.turn_away(2, 0, 5)
    assert entry.facts["endpoint"] == "main"
    assert entry.facts["waited"] is not None
    assert entry.facts["waited"] < 5
    waiting = asyncio.create_task(end.reconnect(5))
    await asyncio.sleep(0)
    socket = await goes_to(end)
    facts = (await waiting).facts
    assert (facts["turned_away"], facts["replaces"], facts["tls"]) == ({"main": 2, "other": 0}, False, False)
    await socket.close()


async def test_attempts_that_are_not_made_are_missed(end: ServerEnd) -> None:
    with pytest.raises(LineDown, match="did not try to connect 1 times"):
        await end.turn_away(1, 0, 0.05)


async def test_the_other_endpoint_is_told_apart_and_shows_who_has_not_left_the_first(end: ServerEnd) -> None:
    await end.open()
    other = end.endpoint("other")
    await other.offer({"turning_away": False})
    first = await goes_to(end)
    await end.reconnect(5)
    waiting = asyncio.create_task(other.reconnect(5))
    await asyncio.sleep(0)
    second = await goes_to(other)
    facts = (await waiting).facts
    assert (facts["endpoint"], facts["replaces"]) == ("other", True)
    assert other.port != end.port
    await first.close()
    await second.close()


async def test_a_certificate_under_a_root_that_is_not_trusted_is_an_attempt_by_tls(end: ServerEnd) -> None:
    authority = Authority("127.0.0.1", SystemClock().now())
    end.context = authority.context(NEW_CSMS_ROOT)
    await end.open()
    with pytest.raises(ConnectError):
        await goes_to(end, trusting(authority, "station root"))
    entry = await end.turn_away(1, 0, 5)
    assert entry.facts["tls"] is True
    waiting = asyncio.create_task(end.reconnect(5))
    await asyncio.sleep(0)
    socket = await goes_to(end, trusting(authority, NEW_CSMS_ROOT))
    assert (await waiting).facts["secure"] is True
    await socket.close()


def test_the_new_root_is_signed_by_the_old_one() -> None:
    authority = Authority("localhost", SystemClock().now())
    old, new = authority.root(CSMS_ROOT).certificate, authority.root(NEW_CSMS_ROOT).certificate
    new.verify_directly_issued_by(old)
    assert authority.issuer(NEW_CSMS_ROOT) is authority.root(CSMS_ROOT)
