"""TLS is why a station does not dock: versions, suites, certificates, names. The doctor must name the reason first."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from pilotwire.doctor.patient import Credentials
from pilotwire.doctor.profiles.profile import TlsDemands
from tests.support.doctor_questions import ask, brings, fact, first, profile, serious
from tests.support.doctor_servers import (
    SUITES,
    Backend,
    Shop,
    alert,
    by_name,
    hello_version,
    offers_compression,
    server_hello,
    serving,
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("doctor")).made()


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


async def test_a_certificate_that_cannot_be_used_is_told_as_such(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("no PEM")
    files = {
        "No such file": Credentials(certificate=str(tmp_path / "nowhere.pem")),
        "the key is not that of the certificate": Credentials("", shop.file("station"), shop.file("foreign")),
        "no certificate or no key in PEM": Credentials(certificate=str(tmp_path / "empty.pem")),
    }
    async with serving(Backend(), shop.context()) as port:
        for words, credentials in files.items():
            chart = await ask(f"wss://localhost:{port}/ocpp", credentials=credentials)
            assert first(chart) == "tls.client-files"
            assert words in chart.in_order()[0].what


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
