"""The opening handshake, or the idle line, is why a station does not dock or stay. The doctor must name the reason first."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.doctor.findings import Severity
from pilotwire.doctor.patient import Credentials
from pilotwire.doctor.profiles.profile import NetworkDemands, ProtocolDemands
from pilotwire.ocpp.version import OcppVersion
from tests.support.doctor_questions import HASTY, ask, fact, first, profile, serious
from tests.support.doctor_servers import (
    IDENTITY,
    PASSWORD,
    Backend,
    End,
    Shop,
    http,
    serving,
    silent,
    switching,
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("doctor")).made()


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


@pytest.mark.req("A00.FR.205")
async def test_a_short_password_is_worth_a_note() -> None:
    async with serving(Backend(password="short")) as port:
        chart = await ask(f"ws://localhost:{port}/ocpp", credentials=Credentials("short"))
    assert serious(chart) == []
    assert any(each.rule.id == "upgrade.password-length" for each in chart.findings)


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
