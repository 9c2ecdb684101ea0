"""A station that does not dock, for one reason at a time: the doctor must name that reason first. Over real sockets and real TLS."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pilotwire.clock import SystemClock
from pilotwire.doctor.examination import examine
from pilotwire.doctor.findings import Chart, Severity
from pilotwire.doctor.patient import Credentials, Patient, Place
from pilotwire.doctor.probes.network import network_probes
from pilotwire.doctor.profiles.profile import NetworkDemands, PlatformProfile, ProtocolDemands, TlsDemands
from pilotwire.ocpp.version import OcppVersion
from pilotwire.pki import read_certificates
from tests.support.csms_stage import STATION
from tests.support.csms_stage_tls import PASSWORD as OUR_PASSWORD
from tests.support.csms_stage_tls import secured
from tests.support.doctor_servers import (
    IDENTITY,
    PASSWORD,
    SUITES,
    Backend,
    End,
    Handle,
    Shop,
    alert,
    by_name,
    free_port,
    hello_version,
    http,
    leaving,
    offers_compression,
    proxying,
    saying,
    server_hello,
    serving,
    silent,
    switching,
)
from tests.support.lab_pki import Pki

SHORT = 0.5
"""Seconds of timeout where an answer is waited for that never comes."""
HASTY: dict[str, Any] = {"timeout": SHORT}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("doctor")).made()


async def here(name: str, family: socket.AddressFamily) -> Sequence[str]:
    """Every name stands for this machine."""
    return ["127.0.0.1"] if family is socket.AF_INET else []


async def ask(url: str, **how: Any) -> Chart:
    """The examination of a station at a backend."""
    resolver, own = how.pop("resolver", here), how.pop("own", None)
    how.setdefault("credentials", Credentials(PASSWORD))
    how.setdefault("versions", (OcppVersion.V201, OcppVersion.V16))
    patient = Patient(Place.of(url), how.pop("identity", IDENTITY), SystemClock(), **how)
    probes = network_probes(resolver, own) if own is not None else network_probes(resolver)
    return await examine(patient, probes)


def first(chart: Chart) -> str:
    """The id of what the doctor says first; "" if nothing is above a note."""
    found = chart.in_order()
    return found[0].rule.id if found else ""


def serious(chart: Chart) -> list[str]:
    """Whatever is above a note."""
    return [f"{each.rule.id}: {each.what}" for each in chart.in_order() if each.weight is not Severity.NOTE]


def fact(chart: Chart, name: str) -> str:
    """A fact by its name."""
    return next(each.value for each in chart.facts if each.name == name)


def profile(**demands: Any) -> PlatformProfile:
    """A platform that demands something."""
    return PlatformProfile("test", "The platform of this test", "a test", **demands)


# --- healthy -----------------------------------------------------------------------------------------------------------------


async def test_a_healthy_backend_without_tls_has_nothing_above_a_note() -> None:
    backend = Backend()
    async with serving(backend) as port:
        chart = await ask(f"ws://localhost:{port}/ocpp", patience=0.05)
    assert serious(chart) == []
    assert fact(chart, "subprotocol chosen") == "ocpp2.0.1"
    assert fact(chart, "each version alone") == "ocpp1.6: spoken; ocpp2.0.1: spoken; ocpp2.1: spoken"
    assert fact(chart, "idle line lasts").startswith("at least 0.1 s")
    assert {each.rule.id for each in chart.findings} == {"name.local", "tls.not-used", "upgrade.password-in-clear"}


@pytest.mark.req("A00.FR.318", "A00.FR.313", "A00.FR.321")
async def test_a_healthy_backend_with_tls_has_nothing_above_a_note(shop: Shop) -> None:
    async with serving(Backend(), shop.context()) as port:
        chart = await ask(f"wss://localhost:{port}/ocpp", patience=0.05)
    assert serious(chart) == []
    assert fact(chart, "TLS versions taken") == "TLSv1.2, TLSv1.3"
    assert fact(chart, "suites taken, in the backend's order").count("TLS_") == 7
    assert fact(chart, "client certificate") == "not asked for"


@pytest.mark.req("A00.FR.401")
@pytest.mark.parametrize("most", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_healthy_backend_of_security_profile_3_takes_the_certificate(shop: Shop, most: ssl.TLSVersion) -> None:
    async with serving(Backend(password=""), shop.context(client_ca="root", most=most)) as port:
        chart = await ask(f"wss://localhost:{port}/ocpp", credentials=brings(shop, "station"))
    assert serious(chart) == []
    assert fact(chart, "client certificate asked for, of") == "any CA"
    assert not any(each.rule.id == "upgrade.in-without-anything" for each in chart.findings)


@pytest.mark.parametrize("by", [2, 3])
async def test_our_own_backend_has_nothing_above_a_note(shop: Shop, tmp_path: Path, by: int) -> None:
    pki = Pki.made_in(tmp_path, STATION)
    client = str(tmp_path / f"station-{STATION}")
    async with secured(pki, by) as (csms, _):
        credentials = (
            Credentials(OUR_PASSWORD) if by == 2 else Credentials(certificate=f"{client}.pem", key=f"{client}-key.pem")
        )
        assert csms.urls.ocpp_tls is not None
        chart = await ask(csms.urls.ocpp_tls, identity=STATION, credentials=credentials, patience=0.05)
    assert serious(chart) == []
    assert fact(chart, "subprotocol chosen") == "ocpp2.0.1"


async def test_a_healthy_backend_is_reached_through_a_proxy(shop: Shop) -> None:
    """The proxy resolves the backend's name: that nobody here knows it does not matter."""
    async with serving(Backend(), shop.context()) as port, serving(proxying("Basic bWU6c2VjcmV0")) as proxy:
        chart = await ask(f"wss://csms.invalid:{port}/ocpp", proxy=f"http://me:secret@127.0.0.1:{proxy}", patience=0.05)
    assert serious(chart) == []
    assert "secret" not in repr(chart)


def brings(shop: Shop, name: str) -> Credentials:
    """A client certificate instead of a password."""
    file = shop.file(name)
    pem = Path(file).read_text().partition("-----BEGIN PRIVATE")[0]
    return Credentials(certificate=file, key=file, chain=tuple(read_certificates(pem)))


# --- names and addresses -----------------------------------------------------------------------------------------------------


def failing(code: int) -> Any:
    """A resolver that fails."""

    async def resolve(name: str, family: socket.AddressFamily) -> Sequence[str]:
        raise socket.gaierror(code, "as told")

    return resolve


def giving(*addresses: str) -> Any:
    """A resolver that knows these."""

    async def resolve(name: str, family: socket.AddressFamily) -> Sequence[str]:
        return [each for each in addresses if (":" in each) is (family is socket.AF_INET6)]

    return resolve


def no_route(address: str, port: int) -> str:
    raise OSError(101, "Network is unreachable")


NAMES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "unknown": ("name.unknown", "ws://csms.invalid", {"resolver": failing(socket.EAI_NONAME)}),
    "no name server": ("name.unanswered", "ws://csms.invalid", {"resolver": failing(socket.EAI_AGAIN)}),
    "no address": ("name.without-address", "ws://csms.invalid", {"resolver": giving()}),
    "malformed": ("name.malformed", "ws://csms..example.com", {}),
    "blocked by a filter": ("address.unusable", "ws://csms.invalid", {"resolver": giving("0.0.0.0")}),
    "no route": ("address.no-route", "ws://csms.invalid", {"resolver": giving("8.8.8.8"), "own": no_route}),
    "unusable proxy": ("proxy.url", "ws://csms.invalid", {"proxy": "socks5://127.0.0.1:1080"}),
}


@pytest.mark.parametrize(("rule", "url", "how"), NAMES.values(), ids=NAMES)
async def test_a_name_or_address_is_the_reason(rule: str, url: str, how: dict[str, Any]) -> None:
    chart = await ask(url, **how)
    assert first(chart) == rule
    assert chart.in_order()[0].weight is Severity.FATAL
    assert any(each.question == "Does the backend open a WebSocket for this station?" for each in chart.skipped)


async def test_one_dead_address_of_two_is_found_though_the_other_works() -> None:
    async with serving(Backend()) as port:
        chart = await ask(f"ws://localhost:{port}/ocpp", resolver=giving("127.0.0.2", "127.0.0.1"))
    assert first(chart) == "port.some-addresses"
    assert fact(chart, "subprotocol chosen") == "ocpp2.0.1"


async def test_a_name_that_stands_for_the_asking_machine_is_a_breach() -> None:
    async with serving(Backend()) as port:
        chart = await ask(f"ws://csms.example.com:{port}/ocpp")
    assert first(chart) == "address.loopback"


# --- ports -------------------------------------------------------------------------------------------------------------------

PORTS: dict[str, tuple[str, str, Handle, dict[str, Any]]] = {
    "HTTP at a wss port": ("port.plain-http", "wss", Backend(), HASTY),
    "a web page at a wss port": ("port.plain-http", "wss", saying(http(400, "Bad Request")), {}),
    "SSH": ("port.other-service", "wss", saying(b"SSH-2.0-OpenSSH_9.6\r\n", at_once=True), {}),
    "SSH at a ws port": ("port.other-service", "ws", saying(b"SSH-2.0-OpenSSH_9.6\r\n", at_once=True), {}),
    "HTTP/2 alone": ("port.other-service", "ws", saying(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)), {}),
    "a mail server": ("port.other-service", "ws", saying(b"220 mail.example.com ESMTP\r\n", at_once=True), {}),
    "nothing said": ("port.silent", "wss", silent, HASTY),
    "closed at once": ("port.closes", "wss", leaving, {}),
    "nginx with TLS": (
        "port.tls-on-ws",
        "ws",
        saying(http(400, "Bad Request", body="<center>The plain HTTP request was sent to HTTPS port</center>")),
        {},
    ),
}


@pytest.mark.parametrize(("rule", "scheme", "handle", "how"), PORTS.values(), ids=PORTS)
async def test_something_else_at_the_port_is_the_reason(
    rule: str, scheme: str, handle: Handle, how: dict[str, Any]
) -> None:
    async with serving(handle) as port:
        chart = await ask(f"{scheme}://localhost:{port}/ocpp", **how)
    assert first(chart) == rule
    assert not any(
        each.rule.id.startswith(("tls.n", "upgrade.n")) for each in chart.in_order() if each.weight is Severity.FATAL
    )


async def test_nobody_listens() -> None:
    chart = await ask(f"ws://localhost:{free_port()}/ocpp")
    assert first(chart) == "port.refused"


async def test_tls_is_spoken_at_the_port_of_a_ws_url(shop: Shop) -> None:
    async with serving(Backend(), shop.context()) as port:
        chart = await ask(f"ws://localhost:{port}/ocpp")
    assert first(chart) == "port.tls-on-ws"


async def test_a_port_or_an_address_the_platform_does_not_use_is_a_breach() -> None:
    async with serving(Backend()) as port:
        ports = await ask(f"ws://localhost:{port}/ocpp", profile=profile(network=NetworkDemands(ports=(443,))))
        public = await ask(f"ws://localhost:{port}/ocpp", profile=profile(network=NetworkDemands(address="public")))
    assert first(ports) == "port.not-as-demanded"
    assert first(public) == "address.not-as-demanded"


# --- proxies -----------------------------------------------------------------------------------------------------------------

PROXIES: dict[str, tuple[str, Handle, dict[str, Any]]] = {
    "wants a password": ("proxy.credentials", proxying("Basic bWU6c2VjcmV0"), {}),
    "forbids": ("proxy.forbids", saying(http(403, "Forbidden", body="blocked by policy")), {}),
    "does not get there": ("proxy.cannot-reach", saying(http(503, "Service Unavailable")), {}),
    "a web server": ("proxy.is-none", saying(http(405, "Method Not Allowed")), {}),
    "no HTTP": ("proxy.is-none", saying(b"SSH-2.0-x\r\n"), {}),
    "says nothing": ("proxy.silent", silent, HASTY),
}


@pytest.mark.parametrize(("rule", "handle", "how"), PROXIES.values(), ids=PROXIES)
async def test_the_proxy_is_the_reason(rule: str, handle: Handle, how: dict[str, Any]) -> None:
    async with serving(handle) as proxy:
        chart = await ask("wss://csms.invalid/ocpp", proxy=f"http://127.0.0.1:{proxy}", **how)
    assert first(chart) == rule


async def test_what_is_behind_the_proxy_speaks_the_wrong_thing() -> None:
    async with serving(Backend()) as port, serving(proxying()) as proxy:
        chart = await ask(f"wss://csms.invalid:{port}/ocpp", proxy=f"127.0.0.1:{proxy}", **HASTY)
    assert first(chart) == "port.plain-http"


# --- TLS ---------------------------------------------------------------------------------------------------------------------

ONE_1, ONE_2, ONE_3 = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
OLD = "ALL:@SECLEVEL=0"
TLS: dict[str, tuple[str, dict[str, Any]]] = {
    "TLS 1.1 at most": ("tls.version-too-old", {"least": ssl.TLSVersion.TLSv1, "most": ONE_1, "ciphers": OLD}),
    "TLS 1.1 as well": (
        "tls.old-version-taken",
        {"least": ONE_1, "ciphers": f"{SUITES}:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"},
    ),
    "no RSA suites": (
        "tls.rsa-suites-missing",
        {"ciphers": "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"},
    ),
    "no ECDSA certificate": ("tls.ecdsa-suites-missing", {"kinds": ("rsa",)}),
    "TLS 1.3 alone": ("tls.ecdsa-suites-missing", {"least": ONE_3}),
    "no suite in common": ("tls.no-suite-shared", {"most": ONE_2, "ciphers": "ARIA128-GCM-SHA256"}),
    "no certificate": ("tls.no-suite-shared", {"kinds": ()}),
    "a suite without encryption": ("tls.weak-suite-taken", {"ciphers": "ALL:NULL-SHA256:@SECLEVEL=0"}),
    "client certificate demanded": ("tls.client-certificate-demanded", {"client_ca": "root", "most": ONE_2}),
    "client certificate demanded, 1.3": ("tls.client-certificate-demanded", {"client_ca": "root"}),
}


@pytest.mark.req("A00.FR.313", "A00.FR.318", "A00.FR.320", "A00.FR.407", "A00.FR.416", "A00.FR.421", "A00.FR.423")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize(("rule", "how"), TLS.values(), ids=TLS)
async def test_tls_is_the_reason(rule: str, how: dict[str, Any], shop: Shop) -> None:
    async with serving(Backend(), shop.context(**how)) as port:
        chart = await ask(f"wss://localhost:{port}/ocpp")
    assert first(chart) == rule


CLIENTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "of a CA it does not know, 1.2": ("tls.client-authority-unknown", "foreign", {"client_ca": "root", "most": ONE_2}),
    "of a CA it does not know, 1.3": ("tls.client-authority-unknown", "foreign", {"client_ca": "root"}),
    "expired": ("tls.client-certificate-expired", "expired", {"client_ca": "root"}),
    "not asked for": ("tls.client-certificate-not-asked", "station", {}),
}


@pytest.mark.req("A00.FR.403", "A00.FR.407", "A00.FR.402")
@pytest.mark.parametrize(("rule", "name", "how"), CLIENTS.values(), ids=CLIENTS)
async def test_the_stations_certificate_is_the_reason(rule: str, name: str, how: dict[str, Any], shop: Shop) -> None:
    async with serving(Backend(password=""), shop.context(**how)) as port:
        chart = await ask(f"wss://localhost:{port}/ocpp", credentials=brings(shop, name))
    assert first(chart) == rule


async def test_a_certificate_that_is_not_there_is_told_as_such(shop: Shop) -> None:
    async with serving(Backend(), shop.context()) as port:
        chart = await ask(f"wss://localhost:{port}/ocpp", credentials=Credentials(certificate="/nowhere.pem"))
    assert first(chart) == "tls.client-files"


def ssl3(hello: bytes) -> bytes | None:
    return server_hello(0x0300, 0x0035) if hello_version(hello) == 0x0300 else None


def deflating(hello: bytes) -> bytes | None:
    return (
        server_hello(0x0303, 0xC02B, compression=1)
        if hello_version(hello) == 0x0303 and offers_compression(hello)
        else None
    )


def no_renegotiation(hello: bytes) -> bytes | None:
    asks = hello_version(hello) == 0x0303 and offers_compression(hello)
    return server_hello(0x0303, 0xC02B, renegotiation=False) if asks else None


def weak(hello: bytes) -> bytes | None:
    """RC4 besides what is good: first, so that no list hides it."""
    chosen = hello_version(hello) == 0x0303 and b"\x00\x05\x00\x04" in hello
    return server_hello(0x0303, 0x0005) if chosen else None


def no_http1(hello: bytes) -> bytes | None:
    return alert(120) if b"\x08http/1.1" in hello and b"\x02h2" not in hello else None


FAKES = {
    "SSL 3.0": ("tls.old-version-taken", ssl3),
    "compression": ("tls.compression", deflating),
    "no secure renegotiation": ("tls.no-secure-renegotiation", no_renegotiation),
    "RC4": ("tls.weak-suite-taken", weak),
    "cannot be read": ("tls.no-handshake", lambda _: server_hello(0x0303, 0xC02B, cut=20)),
    "internal error": ("tls.no-handshake", lambda _: alert(80)),
    "unknown name": ("sni.name-not-known", lambda _: alert(112)),
    "no http/1.1 by ALPN": ("alpn.http1-refused", no_http1),
    "wants ALPN": ("alpn.needed", lambda _: alert(120)),
}


@pytest.mark.req("A00.FR.313", "A00.FR.321", "A00.FR.320", "A00.FR.424")
@pytest.mark.parametrize(("rule", "fake"), FAKES.values(), ids=FAKES)
async def test_what_no_tls_library_does_any_more_is_the_reason(rule: str, fake: Any, shop: Shop) -> None:
    async with serving(Backend(), shop.context(), fake=fake) as port:
        chart = await ask(f"wss://localhost:{port}/ocpp")
    assert first(chart) == rule


async def test_a_backend_that_goes_by_names_is_told_in_words(shop: Shop) -> None:
    other = shop.context(kinds=("other",))
    async with serving(Backend(), by_name(shop.context(), for_others=other)) as port:
        shows = await ask(f"wss://localhost:{port}/ocpp")
    async with serving(Backend(), by_name(shop.context())) as port:
        refuses = await ask(f"wss://localhost:{port}/ocpp")
        unknown = await ask(f"wss://other.example:{port}/ocpp")
    assert (serious(shows), serious(refuses)) == ([], [])
    assert "CN=other.example" in fact(shows, "without a name (SNI)")
    assert "unrecognized_name" in fact(refuses, "with a wrong name (SNI)")
    assert {"sni.needed", "sni.wrong-name"} <= {each.rule.id for each in refuses.findings}
    assert first(unknown) == "sni.name-not-known"


async def test_h2_before_http1_is_worth_a_note(shop: Shop) -> None:
    async with serving(Backend(), shop.context(alpn=("h2", "http/1.1"))) as port:
        chart = await ask(f"wss://localhost:{port}/ocpp")
    assert serious(chart) == []
    assert any(each.rule.id == "alpn.prefers-h2" for each in chart.findings)


async def test_what_the_platform_demands_of_tls_is_a_breach(shop: Shop) -> None:
    demands = TlsDemands(
        versions=("TLSv1.3",), suites=("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",), client_certificate=True
    )
    async with serving(Backend(), shop.context(most=ONE_2)) as port, serving(Backend()) as plain:
        chart = await ask(f"wss://localhost:{port}/ocpp", profile=profile(tls=demands))
        clear = await ask(f"ws://localhost:{plain}/ocpp", profile=profile(tls=demands))
    found = {each.rule.id for each in chart.findings}
    assert {"tls.version-as-demanded", "tls.suite-as-demanded", "tls.client-certificate-not-asked"} <= found
    assert first(clear) == "tls.not-used"


# --- the upgrade -------------------------------------------------------------------------------------------------------------


def answering(answer: bytes) -> Backend:
    """Answers every wish for a WebSocket in one way."""
    return Backend(respond=lambda head: answer if "Sec-WebSocket-Key" in head else None)


PAGE = http(200, "OK", body="<html><title>Log in</title></html>", kind="text/html")
NO_PASSWORD: dict[str, Any] = {"credentials": Credentials()}
DIGEST = ("WWW-Authenticate", 'Digest realm="x", nonce="y"')
CERTIFICATE_WANTED = http(400, "Bad Request", body="<h1>No required SSL certificate was sent</h1>")
UPGRADES: dict[str, tuple[str, Backend, dict[str, Any]]] = {
    "no password": ("upgrade.password-needed", Backend(), NO_PASSWORD),
    "wrong password": ("upgrade.password-refused", Backend(password="another-password-than-that"), {}),
    "another authentication": ("upgrade.other-authentication", answering(http(401, "Unauthorized", DIGEST)), {}),
    "403": ("upgrade.forbidden", answering(http(403, "Forbidden")), {}),
    "unknown identity": ("upgrade.not-found", Backend(), {"identity": "CS002"}),
    "redirected": ("upgrade.redirected", answering(http(301, "Moved", ("Location", "https://new.example.com/"))), {}),
    "400": ("upgrade.bad-request", answering(http(400, "Bad Request")), {}),
    "nginx wants a certificate": ("upgrade.no-client-certificate", answering(CERTIFICATE_WANTED), {}),
    "405": ("upgrade.method", answering(http(405, "Method Not Allowed")), {}),
    "426": ("upgrade.header-lost", answering(http(426, "Upgrade Required")), {}),
    "429": ("upgrade.too-many", answering(http(429, "Too Many Requests", ("Retry-After", "60"))), {}),
    "418": ("upgrade.refused", answering(http(418, "I am a teapot")), {}),
    "500": ("upgrade.server-error", answering(http(500, "Internal Server Error")), {}),
    "502": ("upgrade.gateway", answering(http(502, "Bad Gateway")), {}),
    "503": ("upgrade.unavailable", answering(http(503, "Service Unavailable")), {}),
    "504": ("upgrade.gateway", answering(http(504, "Gateway Timeout")), {}),
    "a web page": ("upgrade.web-page", answering(PAGE), {}),
    "200": ("upgrade.not-upgraded", answering(http(200, "OK", body="ok")), {}),
    "no HTTP": ("upgrade.no-http", answering(b"\x00\x01 what?"), {}),
    "wrong accept": ("upgrade.accept-wrong", Backend(headers=(("Sec-WebSocket-Accept", "AAAA"),)), {}),
    "no Upgrade": ("upgrade.headers-wrong", Backend(headers=(("Upgrade", ""),)), {}),
    "no Connection": ("upgrade.headers-wrong", Backend(headers=(("Connection", "keep-alive"),)), {}),
    "no version in common": ("upgrade.no-subprotocol", Backend(speaks=("ocpp2.1",)), {}),
    "a version not offered": (
        "upgrade.subprotocol-not-offered",
        Backend(headers=(("Sec-WebSocket-Protocol", "OCPP1.6"),)),
        {},
    ),
    "an extension not offered": (
        "upgrade.extension-not-offered",
        Backend(headers=(("Sec-WebSocket-Extensions", "x-webkit-deflate-frame"),)),
        {},
    ),
    "closed with a code": ("upgrade.closed-at-once", Backend(ends=b"\x88\x0d\x03\xf0not known!!"), {}),
    "garbled": ("line.garbled", Backend(ends=b"\xff\xff\xff\xff"), {}),
    "identity twice": ("identity.twice", Backend(), {"path": f"/ocpp/{IDENTITY}"}),
    "identity twice, taken": (
        "identity.twice-taken",
        Backend(paths=(f"/ocpp/{IDENTITY}/{IDENTITY}",)),
        {"path": f"/ocpp/{IDENTITY}"},
    ),
    "only with a slash": ("identity.only-as-variant", Backend(paths=(f"/ocpp/{IDENTITY}/",)), {}),
    "in without password": ("upgrade.in-without-password", Backend(asks_password=False), {}),
    "in with a wrong password": ("upgrade.in-with-wrong-password", Backend(checks_password=False), {}),
    "in with another user": ("upgrade.in-with-other-user", Backend(checks_user=False), {}),
    "no compression": ("upgrade.no-compression", Backend(compression=False), {}),
    "no version demanded": (
        "upgrade.version-as-demanded",
        Backend(speaks=("ocpp1.6",)),
        {"profile": profile(protocol=ProtocolDemands(versions=("2.0.1", "2.1")))},
    ),
    "empty identity": ("identity.empty", Backend(), {"identity": ""}),
    "colon in the identity": (
        "identity.characters",
        Backend(paths=("/ocpp/AA%3ABB",), password=""),
        {"identity": "AA:BB", **NO_PASSWORD},
    ),
}


@pytest.mark.req("A00.FR.204", "A00.FR.207", "A00.FR.324", "J2:3.1.1", "J2:3.2", "J2:3.3", versions=("2.0.1",))
@pytest.mark.parametrize(("rule", "backend", "how"), UPGRADES.values(), ids=UPGRADES)
async def test_the_upgrade_is_the_reason(rule: str, backend: Backend, how: dict[str, Any]) -> None:
    how = dict(how)
    path = how.pop("path", "/ocpp")
    async with serving(backend) as port:
        chart = await ask(f"ws://localhost:{port}{path}", **how)
    assert first(chart) == rule
    assert chart.in_order()[0].what.endswith(".")
    assert PASSWORD not in repr(chart)


async def test_a_backend_that_never_answers_the_request_is_told_from_one_that_closes() -> None:
    async def only_the_root(end: End) -> None:
        head = await end.head()
        if "Sec-WebSocket-Key" in head:
            await silent(end)
        await end.send(http(200, "OK"))

    async with serving(only_the_root) as port:
        chart = await ask(f"ws://localhost:{port}/ocpp", **HASTY)
    assert first(chart) == "upgrade.no-answer"
    assert "within" in chart.in_order()[0].what


async def test_the_version_the_backend_speaks_is_named_as_the_remedy() -> None:
    async with serving(Backend(speaks=("ocpp1.6",))) as port:
        chart = await ask(f"ws://localhost:{port}/ocpp", versions=(OcppVersion.V21,))
    assert first(chart) == "upgrade.no-subprotocol"
    assert "ocpp1.6" in chart.in_order()[0].mend


@pytest.mark.req("J16:6.2.2", versions=("1.6",))
async def test_an_authorization_key_taken_as_bytes_only_is_told() -> None:
    key = "00ff" * 8 + "abcd"
    async with serving(Backend(password=bytes.fromhex(key).decode("latin-1"))) as port:
        chart = await ask(f"ws://localhost:{port}/ocpp", credentials=Credentials(key))
    assert first(chart) == "upgrade.password-refused"
    assert "bytes" in chart.in_order()[0].what


async def test_a_version_that_is_not_spoken_and_a_line_left_open_are_told_together() -> None:
    async with serving(Backend(speaks=("ocpp2.1",))) as port:
        chart = await ask(f"ws://localhost:{port}/ocpp")
    assert "leaves the WebSocket open" in chart.in_order()[0].evidence[0]


async def test_a_backend_that_asks_for_a_certificate_and_hangs_up_on_a_plain_get_does_not_demand_one(
    shop: Shop,
) -> None:
    async def handle(end: End) -> None:
        head = await end.head()
        if "Sec-WebSocket-Key" in head:
            await Backend().serve(end, head)

    async with serving(handle, shop.context(client_ca="root", demands=False)) as port:
        chart = await ask(f"wss://localhost:{port}/ocpp")
    assert serious(chart) == []


async def test_a_version_refused_by_a_status_is_a_note() -> None:
    def only_16(head: str) -> bytes | None:
        wants = "Sec-WebSocket-Key" in head and "ocpp1.6" not in head
        return http(400, "Bad Request") if wants else None

    async with serving(Backend(speaks=("ocpp1.6",), respond=only_16)) as port:
        chart = await ask(f"ws://localhost:{port}/ocpp")
    assert serious(chart) == []
    assert {"upgrade.version-refused-by-status", "upgrade.version-not-spoken"} <= {
        each.rule.id for each in chart.findings
    }


async def test_few_connections_name_the_station_and_each_says_goodbye(shop: Shop) -> None:
    backend = Backend()
    async with serving(backend, shop.context()) as port:
        await ask(f"wss://localhost:{port}/ocpp")
    naming = [head for head in backend.asked if IDENTITY in head]
    assert len(naming) == 7  # as it is; the three versions alone; without, with a wrong password, with another user
    assert all(head.startswith(f"GET /ocpp/{IDENTITY} ") for head in naming)


# --- the idle line -----------------------------------------------------------------------------------------------------------

LINES: dict[str, tuple[str, Backend, dict[str, Any]]] = {
    "closed": ("line.cut-when-idle", Backend(idle=0.05), {}),
    "reset": ("line.cut-when-idle", Backend(idle=0.05, cut="reset"), {}),
    "dropped": ("line.dropped-silently", Backend(cut="deaf"), {"patience": 0.05, **HASTY}),
    "no pong": ("line.no-pong", Backend(pongs=False), {"patience": 0.05, **HASTY}),
    "shorter than demanded": (
        "line.cut-when-idle",
        Backend(idle=0.05),
        {"profile": profile(network=NetworkDemands(idle_lasts=60))},
    ),
}


@pytest.mark.req("J2:5.2", versions=("2.0.1",))
@pytest.mark.parametrize(("rule", "backend", "how"), LINES.values(), ids=LINES)
async def test_the_idle_line_is_the_reason(rule: str, backend: Backend, how: dict[str, Any]) -> None:
    async with serving(backend) as port:
        chart = await ask(f"ws://localhost:{port}/ocpp", **{"patience": 10.0} | how)
    assert first(chart) == rule
    assert all(each.rule.id.startswith("line.") for each in chart.in_order() if each.weight is not Severity.NOTE)
    if "profile" in how:
        assert any(each.rule.id == "line.too-short" for each in chart.findings)


async def test_pings_of_the_backend_are_answered_and_counted() -> None:
    async with serving(Backend(pings=2)) as port:
        chart = await ask(f"ws://localhost:{port}/ocpp", patience=0.05)
    assert serious(chart) == []
    assert fact(chart, "pings of the backend").startswith("every ")


async def test_without_patience_nothing_is_watched() -> None:
    async with serving(Backend()) as port:
        chart = await ask(f"ws://localhost:{port}/ocpp")
    assert chart.skipped[-1].why.startswith("No patience")


async def test_frames_that_cannot_be_read_are_found_on_the_idle_line() -> None:
    """The first connections are clean: something on the way breaks in later."""
    seen: list[str] = []

    async def handle(end: End) -> None:
        head = await end.head()
        seen.append(head)
        naming = [each for each in seen if IDENTITY in each]
        if len(naming) < 8:
            await Backend().serve(end, head)
            return
        await end.send(switching(head, ("ocpp2.0.1",), compression=True) + b"GET / HTTP/1.1\r\n\r\n")
        await silent(end)

    async with serving(handle) as port:
        chart = await ask(f"ws://localhost:{port}/ocpp", patience=5.0)
    assert first(chart) == "line.garbled"
