"""A station that does not dock, for one reason at a time: the doctor must name that reason first. Over real sockets and real TLS."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pilotwire.doctor.findings import Severity
from pilotwire.doctor.patient import Credentials
from pilotwire.doctor.profiles.profile import NetworkDemands
from tests.support.csms_stage import STATION
from tests.support.csms_stage_tls import PASSWORD as OUR_PASSWORD
from tests.support.csms_stage_tls import secured
from tests.support.doctor_questions import HASTY, ask, brings, fact, first, profile, serious
from tests.support.doctor_servers import (
    Backend,
    Handle,
    Shop,
    free_port,
    http,
    leaving,
    proxying,
    saying,
    serving,
    silent,
)
from tests.support.lab_pki import Pki


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("doctor")).made()


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
