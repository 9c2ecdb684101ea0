"""The connection of the station the tester plays: what it offers, how it is refused, its TLS, and the certificates it asks for."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as library_serve
from websockets.typing import Subprotocol

from pilotwire.clock import SystemClock
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Reconnects
from pilotwire.conformance.runner.makers import MAKERS
from pilotwire.conformance.values import Unresolved
from pilotwire.conformance.wire.authority import CSMS_ROOT, V2G_ROOT, V2G_SUB_CA_2, Authority
from pilotwire.conformance.wire.calling import (
    certificate_of,
    chain_fault,
    chain_is_strong,
    chain_name,
    new_request,
    station_context,
)
from pilotwire.conformance.wire.counterpart import Counterpart, LineDown, Reply
from pilotwire.conformance.wire.ends import ClientEnd
from pilotwire.errors import MisuseError
from pilotwire.ocpp.net.handshake import Handshake
from pilotwire.ocpp.net.server import Accept, Refuse, serve
from pilotwire.ocpp.net.socket import Socket
from pilotwire.ocpp.version import OcppVersion
from tests.support.bench_scene import BenchScene

NOW = datetime.now(UTC)
SUITES = ("ECDHE-ECDSA-AES128-GCM-SHA256", "AES256-GCM-SHA384")


# --- TLS, without a network ------------------------------------------------------------------------------------------------------


def handshake(client: ssl.SSLContext, server: ssl.SSLContext) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Both ends after the handshake. Raises SSLError where one of them ends it."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_hostname="127.0.0.1"),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    done: set[ssl.SSLObject] = set()
    for _ in range(10):
        for end in ends:
            if end not in done:
                try:
                    end.do_handshake()
                    done.add(end)
                except ssl.SSLWantReadError:
                    continue
    assert len(done) == 2
    return ends


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("127.0.0.1", NOW)


def showing(authority: Authority, kind: str) -> ssl.SSLContext:
    shown = certificate_of(authority, "SERIAL-1", kind, NOW)
    return station_context(authority, chain=shown.chain_pem, key=shown.key_pem)


@pytest.mark.parametrize("suite", SUITES)
def test_a_station_speaks_one_suite_only(authority: Authority, suite: str) -> None:
    context = station_context(authority, ciphers=suite, newest=ssl.TLSVersion.TLSv1_2)
    client, _ = handshake(context, authority.context())
    cipher = client.cipher()
    assert cipher is not None
    assert cipher[0] == suite


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_station_that_is_too_old_really_says_so(authority: Authority) -> None:
    context = station_context(authority, newest=ssl.TLSVersion.TLSv1_1)
    client, _ = handshake(context, authority.context(too_old=True))
    assert client.version() == "TLSv1.1"
    with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
        handshake(context, authority.context())


def test_the_station_trusts_the_csms_root_only(authority: Authority) -> None:
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        handshake(station_context(authority), authority.context(server="unknown issuer"))


@pytest.mark.parametrize(("folder", "trusted"), [("lab", True), ("", False)])
def test_the_csms_root_is_trusted_where_it_is_named(authority: Authority, folder: str, trusted: bool) -> None:
    scene = BenchScene(role="csms", settings={"certificates": folder}).scene
    scene.authority = authority
    context: ssl.SSLContext = MAKERS["station tls"](scene)
    own = authority.root(CSMS_ROOT).certificate.subject.rfc4514_string()
    assert trusted is (len(context.get_ca_certs()) == 1 and "bench csms root" in own)


def test_a_new_certificate_is_shown_once_it_is_there(authority: Authority) -> None:
    scene = BenchScene(role="csms", settings={"certificates": "lab", "security_profile": 3}).scene
    scene.authority = authority
    with pytest.raises(Unresolved, match="no new certificate"):
        MAKERS["station tls"](scene, certificate="renewed")
    csr = MAKERS["csr"](scene, name="SERIAL-9")
    scene.memory["certificate_chain"] = authority.sign(csr).chain_pem
    _, server = handshake(MAKERS["station tls"](scene), authority.context(asks_certificate=True))
    assert chain_name(ssl.DER_cert_to_PEM_cert(server.getpeercert(True) or b"")) == "SERIAL-9"
    assert MAKERS["chain fault"](scene, chain="", request=csr, under=CSMS_ROOT) != ""


def test_passwords_are_new_and_long_enough() -> None:
    first, second = (MAKERS["password"](None) for _ in range(2))
    assert first != second
    assert 16 <= len(first) <= 40


def test_the_valid_certificate_is_the_stations(authority: Authority) -> None:
    _, server = handshake(showing(authority, "valid"), authority.context(asks_certificate=True))
    assert chain_name(ssl.DER_cert_to_PEM_cert(server.getpeercert(True) or b"")) == "SERIAL-1"


def test_the_wrong_name_is_another_stations(authority: Authority) -> None:
    _, server = handshake(showing(authority, "wrong name"), authority.context(asks_certificate=True))
    assert chain_name(ssl.DER_cert_to_PEM_cert(server.getpeercert(True) or b"")) == "PW-ANOTHER-STATION"


@pytest.mark.parametrize("kind", ["unknown issuer", "expired"])
def test_the_other_kinds_are_not_taken(authority: Authority, kind: str) -> None:
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        handshake(showing(authority, kind), authority.context(asks_certificate=True))


def test_a_kind_that_is_none_is_misuse(authority: Authority) -> None:
    with pytest.raises(MisuseError, match="no station certificate"):
        certificate_of(authority, "SERIAL-1", "golden", NOW)


# --- certificates it asks for -------------------------------------------------------------------------------------------------------


def test_a_chain_for_the_request_is_found_right_and_can_be_shown(authority: Authority) -> None:
    csr, key = new_request("SERIAL-1", "NL", "CPO")
    chain = authority.sign(csr).chain_pem
    assert chain_fault(chain, csr, authority.root(CSMS_ROOT)) == ""
    assert chain_is_strong(chain)
    assert chain_name(chain) == "SERIAL-1"
    handshake(station_context(authority, chain=chain, key=key), authority.context(asks_certificate=True))


def test_a_chain_with_sub_cas_leads_to_its_root_and_to_no_other(authority: Authority) -> None:
    csr, _ = new_request("SERIAL-1")
    chain = authority.sign(csr, V2G_SUB_CA_2).chain_pem
    root = authority.root(V2G_ROOT)
    assert chain_fault(chain, csr, root) == ""
    assert chain_fault(chain + root.pem, csr, root) == ""
    assert "does not lead" in chain_fault(chain, csr, authority.root(CSMS_ROOT))


def test_what_is_no_chain_for_the_request_is_said(authority: Authority) -> None:
    csr, _ = new_request("SERIAL-1")
    other = authority.sign(new_request("SERIAL-1")[0]).chain_pem
    root = authority.root(CSMS_ROOT)
    assert "key is not that" in chain_fault(other, csr, root)
    assert "cannot be read" in chain_fault("SABOTAGE", csr, root)
    assert chain_fault(None, csr, root) == "there is none"
    assert not chain_is_strong("SABOTAGE")
    assert not chain_is_strong(None)
    assert chain_name("SABOTAGE") == ""


# --- over real sockets -----------------------------------------------------------------------------------------------------------


async def _stays(socket: Socket) -> None:
    await socket.wait_closed()


@asynccontextmanager
async def calling(admit: Callable[[Handshake], Accept | Refuse]) -> AsyncIterator[ClientEnd]:
    """A CSMS that judges like this, and the tester's end."""

    async def judged(asked: Handshake) -> Accept | Refuse:
        return admit(asked)

    server = await serve(_stays, "127.0.0.1", 0, admit=judged, versions=(OcppVersion.V201,), ping_interval=None)
    counterpart = Counterpart(OcppVersion.V201, SystemClock(), lambda _: Reply({}))
    end = ClientEnd(counterpart, f"ws://127.0.0.1:{server.port}", "CS1", "a-password-of-the-bench")
    try:
        yield end
    finally:
        await end.close()
        await server.close()


async def test_another_username_may_be_given() -> None:
    seen: list[str | None] = []

    def admit(asked: Handshake) -> Accept | Refuse:
        seen.append(asked.username)
        return Accept() if asked.username == asked.identity else Refuse(401, "no")

    async with calling(admit) as end:
        assert (await end.reconnect(5)).facts["subprotocol"] == "ocpp2.0.1"
        await end.offer({"username": "CS1Invalid"})
        with pytest.raises(LineDown):
            await end.reconnect(5)
        refusal = end.counterpart.transcript.entries[-1]
        assert (refusal.facts["kind"], refusal.facts["status"], refusal.facts["stayed"]) == ("http", 401, False)
    assert seen == ["CS1", "CS1Invalid"]


async def test_a_version_nobody_knows_is_refused_by_closing() -> None:
    async with calling(lambda _: Accept()) as end:
        await end.offer({"subprotocols": ["ocpp0.1"]})
        with pytest.raises(LineDown):
            await end.reconnect(5)
        facts = end.counterpart.transcript.entries[-1].facts
        assert (facts["kind"], facts["stayed"]) == ("subprotocol", False)
        await end.offer({"subprotocols": ["ocpp0.1", "ocpp2.0.1"]})
        assert (await end.reconnect(5)).facts["subprotocol"] == "ocpp2.0.1"


async def _says_nothing(line: ServerConnection) -> None:
    await line.wait_closed()


async def test_a_csms_that_stays_with_an_unknown_version_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pilotwire.ocpp.net.client._LAST_WORDS", 0.05)
    counterpart = Counterpart(OcppVersion.V201, SystemClock(), lambda _: Reply({}))
    async with library_serve(_says_nothing, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp0.1")]) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        end = ClientEnd(counterpart, f"ws://127.0.0.1:{port}", "CS1", None)
        await end.offer({"subprotocols": ["ocpp0.1"]})
        with pytest.raises(LineDown, match="did not close"):
            await end.reconnect(5)
    facts = counterpart.transcript.entries[-1].facts
    assert (facts["kind"], facts["stayed"]) == ("subprotocol", True)


# --- checks on a refusal -----------------------------------------------------------------------------------------------------------


class RefusedScene(BenchScene):
    """A scene whose line is refused."""

    async def reconnect(self, timeout: float) -> None:  # type: ignore[override]
        self.counterpart.note("refused", "no", {"kind": "http", "status": 401})
        raise LineDown("no")


@pytest.mark.parametrize(("kind", "passes"), [("http", True), ("tls", False)])
async def test_a_refusal_is_judged(kind: str, passes: bool) -> None:
    scene = RefusedScene(role="csms")
    assert await scene.play(Reconnects(refused=True, checks=(equals("kind", kind),)))
    assert scene.last.failed is not passes
