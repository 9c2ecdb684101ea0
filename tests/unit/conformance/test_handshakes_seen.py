"""TLS handshakes as the tester sees them, over real sockets: what was agreed, who ended one and why; and how a station comes back."""

from __future__ import annotations

import asyncio
import gc
import ssl
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pilotwire.clock import SystemClock
from pilotwire.conformance.cases.ocpp201.station.a_security import secure
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Case, Reconnects, Sends, at_least_profile
from pilotwire.conformance.wire.authority import Authority
from pilotwire.conformance.wire.counterpart import Counterpart, Reply
from pilotwire.conformance.wire.ends import ServerEnd
from pilotwire.conformance.wire.transcript import Entry
from pilotwire.ocpp.net.client import ConnectError, connect
from pilotwire.ocpp.net.socket import Socket
from pilotwire.ocpp.version import OcppVersion
from tests.support.bench_scene import BenchScene


@pytest.fixture
async def end() -> AsyncIterator[ServerEnd]:
    counterpart = Counterpart(OcppVersion.V201, SystemClock(), lambda _: Reply({}))
    made = ServerEnd(counterpart, host="localhost")
    yield made
    await made.close()


@pytest.fixture
def authority() -> Authority:
    return Authority("localhost", SystemClock().now())


def client(authority: Authority, name: str = "") -> ssl.SSLContext:
    """A station's context; with a name it has a certificate of its own."""
    context = ssl.create_default_context(cadata=authority.root().pem)
    if name:
        with tempfile.TemporaryDirectory() as folder:
            own, chain, key = authority.station(name), Path(folder, "chain.pem"), Path(folder, "key.pem")
            chain.write_text(own.pem)
            key.write_text(own.key_pem)
            context.load_cert_chain(chain, key)
    return context


async def goes_to(place: ServerEnd, context: ssl.SSLContext | None, **how: str) -> tuple[Socket, Entry]:
    known = len(place.counterpart.transcript)
    socket = await connect(place.url, identity="CS1", versions=(OcppVersion.V201,), ssl_context=context, **how)  # type: ignore[arg-type]
    entry = await place.reconnect(5)
    assert entry.index >= known
    return socket, entry


def failures(end: ServerEnd) -> list[dict[str, object]]:
    return [one.facts for one in end.counterpart.transcript if one.kind == "refused"]


async def test_what_was_agreed_and_whose_certificate_was_shown_is_known(end: ServerEnd, authority: Authority) -> None:
    end.context = authority.context(asks_certificate=True)
    await end.open()
    socket, entry = await goes_to(end, client(authority, "SN-1"))
    facts = entry.facts
    assert (facts["server_name"], facts["tls_version"], facts["compression"]) == ("localhost", "TLSv1.3", None)
    assert (facts["certificate"], facts["certificate_name"], facts["certificate_strong"]) == (True, "SN-1", True)
    scene = BenchScene(settings={"security_profile": 3, "serial_number": "SN-1"}).scene
    for check in (*secure.TLS_IS_GOOD, *secure.CERTIFICATE_IS_GOOD, secure.NO_PASSWORD):
        assert check.on(facts, scene).passed, check.what
    await socket.close()


async def test_a_station_without_the_cipher_suites_it_must_have_is_noticed(
    end: ServerEnd, authority: Authority
) -> None:
    end.context = authority.context()
    await end.open()
    context = client(authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:AES256-GCM-SHA384")
    socket, entry = await goes_to(end, context)
    scene = BenchScene().scene
    assert [check.on(entry.facts, scene).passed for check in secure.TLS_IS_GOOD] == [True, True, False, True]
    await socket.close()


async def test_a_station_without_a_certificate_is_turned_down_by_the_tester(
    end: ServerEnd, authority: Authority
) -> None:
    end.context = authority.context(asks_certificate=True)
    await end.open()
    with pytest.raises(ConnectError):
        await connect(end.url, identity="CS1", versions=(OcppVersion.V201,), ssl_context=client(authority))
    facts = (await end.turn_away(1, 0, 5)).facts
    assert (facts["tls"], facts["ended_by"], facts["why"]) == (True, "tester", "peer did not return a certificate")


async def test_tls_that_is_too_old_is_told_the_station_by_an_alert(end: ServerEnd, authority: Authority) -> None:
    end.context = authority.context(too_old=True)
    await end.open()
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        await asyncio.open_connection("localhost", end.port, ssl=client(authority), server_hostname="localhost")
    (facts,) = failures(end)
    assert (facts["tls"], facts["ended_by"]) == (True, "tester")


async def test_an_alert_of_the_station_is_its_own_doing(end: ServerEnd, authority: Authority) -> None:
    end.context = authority.context(server="unknown issuer")
    await end.open()
    reader, writer = await asyncio.open_connection("localhost", end.port)
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = client(authority).wrap_bio(received, sent, server_hostname="localhost")
    with pytest.raises(ssl.SSLCertVerificationError):
        await _shakes(tls, received, sent, reader, writer)
    writer.write(sent.read())
    facts = (await end.turn_away(1, 0, 5)).facts
    assert (facts["ended_by"], facts["why"]) == ("station", "tlsv1 alert unknown ca")
    writer.close()


async def _shakes(
    tls: ssl.SSLObject,
    received: ssl.MemoryBIO,
    sent: ssl.MemoryBIO,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    for _ in range(10):
        try:
            return tls.do_handshake()
        except ssl.SSLWantReadError:
            writer.write(sent.read())
            received.write(await reader.read(65536))


async def test_who_does_not_even_begin_is_no_attempt(end: ServerEnd, authority: Authority) -> None:
    end.context = authority.context()
    await end.open()
    _, writer = await asyncio.open_connection("localhost", end.port)
    writer.close()
    await writer.wait_closed()
    for _ in range(100):  # until the other end has noticed
        await asyncio.sleep(0)
    gc.collect()
    assert failures(end) == []


async def test_who_comes_while_the_tester_changes_does_not_count(end: ServerEnd) -> None:
    await end.open()
    close, late = end.counterpart.close, []

    async def closes(*, abruptly: bool = False) -> None:
        await close(abruptly=abruptly)
        with pytest.raises(ConnectError) as error:  # the old server is there still
            await connect(end.url, identity="CS1", versions=(OcppVersion.V201,))
        late.append(error.value.status)

    end.counterpart.close = closes  # type: ignore[method-assign]
    await end.offer({"versions": end.versions})
    assert late == [503]
    assert list(end.counterpart.transcript) == []
    end.counterpart.close = close  # type: ignore[method-assign]
    socket, _ = await goes_to(end, None)
    await socket.close()


async def test_a_new_password_is_for_newcomers_and_leaves_the_connection_alone(end: ServerEnd) -> None:
    end.password = "the-password-of-before"
    await end.open()
    socket, entry = await goes_to(end, None, password="the-password-of-before")
    await end.offer({"password": "the-password-of-after"})
    assert socket.is_open
    scene = BenchScene(settings={"identity": "CS1", "password": "the-password-of-before"}).scene
    assert all(check.on(entry.facts, scene).passed for check in (*secure.IDENTIFIED, *secure.PASSWORD_CAN_BE))
    with pytest.raises(ConnectError):
        await connect(end.url, identity="CS1", versions=(OcppVersion.V201,), password="the-password-of-before")
    await socket.close()


# --- words of the language -----------------------------------------------------------------------------------------------------------


def closed(scene: BenchScene) -> list[str]:
    return [one.kind for one in scene.counterpart.transcript if one.direction == "line"]


async def test_a_station_that_does_not_leave_is_disconnected() -> None:
    scene = BenchScene()
    ended: list[str] = []

    async def close(*, abruptly: bool = False) -> None:
        ended.append("closed")

    scene.counterpart.close = close  # type: ignore[method-assign]
    assert await scene.play(
        Sends(action="ClearCache"),
        Reconnects(
            leaves_within=0.01,
            checks=(equals("username", "CS001"), equals("left", False)),
            keep={"who": "username"},
        ),
    )
    assert not scene.last.failed
    assert ended == ["closed"]
    assert scene.scene.kept["who"] == "CS001"


async def test_a_station_that_has_left_already_is_left_alone() -> None:
    def leaves(*_: object) -> dict[str, str]:
        asyncio.get_running_loop().call_soon(lambda: scene.counterpart.note("closed", "it left"))
        return {"status": "Accepted"}

    scene = BenchScene(leaves)
    ended: list[str] = []

    async def close(*, abruptly: bool = False) -> None:
        ended.append("closed")

    scene.counterpart.close = close  # type: ignore[method-assign]
    assert await scene.play(Sends(action="ClearCache"), Reconnects(leaves_within=5, checks=(equals("left", True),)))
    assert not scene.last.failed
    assert ended == []


@pytest.mark.parametrize(("planned", "played"), [(0, 2), (1, 2), (2, 2), (3, 3)])
def test_a_case_raises_the_security_profile_of_the_plan_and_never_lowers_it(planned: int, played: int) -> None:
    case = Case(
        id="PW_X_CS",
        title="x",
        purpose="x.",
        main=(Sends(action="ClearCache"),),
        settings={"security_profile": at_least_profile(2), "identity": "X"},
    )
    over = case.settings_over({"security_profile": planned, "identity": "Y", "model": "Z"})
    assert over == {"security_profile": played, "identity": "X", "model": "Z"}
