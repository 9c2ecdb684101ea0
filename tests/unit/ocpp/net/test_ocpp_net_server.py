"""Opening handshakes at the server, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from pilotwire.errors import ConfigError
from pilotwire.ocpp.net.client import ConnectError
from pilotwire.ocpp.net.server import Accept, Handshake, Refuse, serve
from pilotwire.ocpp.net.socket import Socket, SocketClosed
from pilotwire.ocpp.version import OcppVersion
from tests.support.ocpp_sockets import (
    V16,
    V21,
    V201,
    Guests,
    Refusals,
    Verdict,
    echo,
    raw_end,
    serving,
    station,
    upgrade,
    welcome,
)


@pytest.mark.req("J16:3.2", "J2:3.2")
@pytest.mark.parametrize("version", [V16, V201, V21])
async def test_each_version_is_agreed_on_both_sides(version: OcppVersion) -> None:
    """The subprotocol is in the response and known at both ends."""
    guests = Guests()
    async with serving(guests) as server:
        client = await station(server, "CS1", version)
        guest = await guests.next()
        assert client.version is guest.version is version
        assert client.headers["sec-websocket-protocol"] == guest.subprotocol == version.subprotocol


async def test_the_server_prefers_by_its_own_order() -> None:
    """A client that offers 1.6 first still gets what the server likes best."""
    async with serving(versions=(V201, V16)) as server:
        client = await station(server, "CS1", V16, V21, V201)
        assert client.version is V201


@pytest.mark.req("J16:3.2", "J2:3.2")
@pytest.mark.parametrize("offer", [("ocpp1.5", "soap"), ("OCPP2.0.1",), ("ocpp 2.0.1",), ()])
async def test_none_in_common_completes_the_handshake_without_a_subprotocol_and_closes(offer: tuple[str, ...]) -> None:
    """101 without Sec-WebSocket-Protocol, then a close frame at once; the hook hears what was offered."""
    refusals = Refusals()
    async with serving(refused=refusals, versions=(V201,)) as server, raw_end(server) as end:
        await end.say(upgrade("/CS1", *offer))
        head = await end.head()
        assert head.startswith("HTTP/1.1 101")
        assert "sec-websocket-protocol" not in head.lower()
        first, payload = await end.frame()
        assert first == 0x88
        assert int.from_bytes(payload[:2], "big") == 1002
        assert b"ocpp2.0.1" in payload
        handshake, reason = await refusals.next()
        assert handshake.offered == offer
        assert handshake.identity == "CS1"
        assert payload[2:].decode().removesuffix("...") in reason


@pytest.mark.req("J16:3.1.1", "J2:3.1.1")
@pytest.mark.parametrize("identity", ["CP001", "CP/01", "RDAM 123", "Ladesäule-Ⅳ", "A+B@c|d=e*f.g_h%2F"])
async def test_identities_arrive_as_they_are(identity: str) -> None:
    """Percent-encoding is undone once, a longer path before the identity is fine."""
    guests = Guests()
    async with serving(guests) as server:
        await station(server, identity, path="/some/long/ocpp/path")
        guest = await guests.next()
        assert guest.identity == identity
        assert guest.path.startswith("/some/long/ocpp/path/")
        assert guest.remote.startswith("127.0.0.1:")


@pytest.mark.parametrize(
    ("path", "status"), [("/", "404"), ("/ocpp/", "404"), ("/" + "x" * 61, "400"), ("/%FF", "400")]
)
async def test_a_url_without_a_usable_identity_gets_a_sentence(path: str, status: str) -> None:
    """The body tells what is wrong; nothing is admitted."""
    async with serving() as server, raw_end(server) as end:
        await end.say(upgrade(path, "ocpp1.6"))
        answer = (await end.rest()).decode()
        assert answer.startswith(f"HTTP/1.1 {status}")
        assert "identity" in answer


@pytest.mark.req("J2:3.1.1")
async def test_a_colon_is_for_16_only() -> None:
    """A MAC address as identity: 1.6 does not forbid it, 2.x does."""
    async with serving() as server:
        assert (await station(server, "AA:BB", V16)).version is V16
        with pytest.raises(ConnectError) as refusal:
            await station(server, "AA:BB", V201)
        assert refusal.value.status == 400


async def _locked(handshake: Handshake) -> Verdict:
    if handshake.identity not in ("CS1", "AA:BB"):
        return Refuse.unknown_station(handshake.identity)
    return Accept("row 7") if handshake.presents("sec:ret:0123456789") else Refuse.wrong_credentials()


@pytest.mark.req("A00.FR.204", "A00.FR.207")
@pytest.mark.parametrize("identity", ["CS1", "AA:BB"])
async def test_the_right_password_opens_colons_and_all(identity: str) -> None:
    """What admit hands over travels with the socket; the password does not."""
    guests = Guests()
    async with serving(guests, _locked) as server:
        await station(server, identity, V16, password="sec:ret:0123456789")
        guest = await guests.next()
        assert guest.context == "row 7"
        assert "authorization" not in guest.headers


@pytest.mark.req("A00.FR.207")
@pytest.mark.parametrize("password", [None, "wrong", "sec", b"\xff\x00"])
async def test_a_wrong_or_missing_password_gets_401_and_a_challenge(password: str | bytes | None) -> None:
    """The client's error is of kind http with the server's sentence."""
    async with serving(admit=_locked) as server:
        with pytest.raises(ConnectError, match="password") as refusal:
            await station(server, "CS1", password=password)
        assert (refusal.value.kind, refusal.value.status) == ("http", 401)
    async with serving(admit=_locked) as server, raw_end(server) as end:
        await end.say(upgrade("/CS1", "ocpp1.6", extra="Authorization: Bearer x\r\n"))
        assert "www-authenticate: basic realm" in (await end.head()).lower()


@pytest.mark.req("J16:3.2", "J2:3.2")
async def test_an_unknown_station_gets_404() -> None:
    """And the hook hears its identity."""
    refusals = Refusals()
    async with serving(admit=_locked, refused=refusals) as server:
        with pytest.raises(ConnectError, match="not known") as refusal:
            await station(server, "STRANGER")
        assert refusal.value.status == 404
        assert (await refusals.next())[0].identity == "STRANGER"


async def test_a_station_that_cannot_be_checked_is_told_to_come_back() -> None:
    """An admit that fails is a 503, not a traceback."""

    async def broken(handshake: Handshake) -> Verdict:
        raise RuntimeError("database gone")

    async with serving(admit=broken) as server:
        with pytest.raises(ConnectError, match="try again later") as refusal:
            await station(server)
        assert refusal.value.status == 503
        assert "database" not in str(refusal.value)


async def test_a_browser_gets_a_page_it_can_read() -> None:
    """426 with an explanation."""
    async with serving() as server, raw_end(server) as end:
        await end.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = (await end.rest()).decode()
        assert answer.startswith("HTTP/1.1 426")
        assert "OCPP-J endpoint" in answer


@pytest.mark.parametrize("noise", [b"\x16\x03\x01\x02\x00\x01\x00\x01", b"\xff" * 9000 + b"\r\n\r\n", b"HELLO\r\n\r\n"])
async def test_noise_is_refused_and_reported(noise: bytes) -> None:
    """TLS at a plain port, binary rubbish, another protocol: the server lives on."""
    refusals = Refusals()
    async with serving(refused=refusals) as server:
        async with raw_end(server) as end:
            await end.say(noise)
            end.writer.write_eof()
            await end.rest()
        assert "HTTP" in (await refusals.next())[1]
        assert (await station(server)).is_open


async def test_a_broken_upgrade_is_reported() -> None:
    """A WebSocket request with a bad key: HTTP 400, and the hook hears why."""
    refusals = Refusals()
    async with serving(refused=refusals) as server, raw_end(server) as end:
        await end.say(upgrade("/CS1", "ocpp1.6").replace(b"x3JJHMbDL1EzLkh9GBhXDw==", b"nonsense"))
        assert (await end.head()).startswith("HTTP/1.1 400")
        assert "Sec-WebSocket-Key" in (await refusals.next())[1]


async def test_a_client_that_dawdles_over_its_request_is_dropped() -> None:
    """Slow loris: the whole opening handshake has one deadline."""
    refusals = Refusals()
    async with serving(refused=refusals, open_timeout=0.1) as server, raw_end(server) as end:
        await end.say(b"GET /CS1 HTTP/1.1\r\nHost:")
        with contextlib.suppress(ConnectionResetError):  # an orderly end is as good as a reset
            assert await end.rest() == b""
        assert "complete" in (await refusals.next())[1]


async def test_a_port_taken_is_a_config_error_with_a_remedy() -> None:
    """It names the port."""
    async with serving() as server:
        with pytest.raises(ConfigError, match=str(server.port)) as error:
            await serve(echo, "127.0.0.1", server.port, admit=welcome)
        assert "another port" in error.value.remedy


async def test_closing_the_server_closes_its_stations_in_order() -> None:
    """Going away, with a reason; new ones find nobody."""
    async with serving() as server:
        client = await station(server)
        assert server.connections == 1
    with pytest.raises(SocketClosed) as end:
        await client.recv()
    assert (end.value.code, end.value.reason) == (1001, "the server is shutting down")


async def test_a_failing_handler_closes_its_connection_only() -> None:
    """Close code 1011, the next station is served."""

    async def moody(socket: Socket) -> None:
        if socket.identity == "BAD":
            raise RuntimeError("a bug")
        await echo(socket)

    async with serving(moody) as server:
        bad, good = await station(server, "BAD"), await station(server, "GOOD")
        with pytest.raises(SocketClosed) as end:
            await bad.recv()
        assert end.value.code == 1011
        await good.send(b"still here")
        async with asyncio.timeout(10):
            assert await good.recv() == b"still here"
