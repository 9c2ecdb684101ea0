"""The doctor without its ear in TLS (a hook of the standard library that is not public): it claims nothing it does not know."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from pilotwire.doctor.probes.tls_lines import TlsLine
from pilotwire.doctor.tls_names import ALERTS, alert_of, alert_words
from tests.support.doctor_questions import ask, brings, fact, first
from tests.support.doctor_servers import Backend, Shop, serving

ONE_2 = {"most": ssl.TLSVersion.TLSv1_2}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Certificates."""
    return Shop(tmp_path_factory.mktemp("doctor")).made()


@pytest.fixture(autouse=True)
def _deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python that calls no hook."""
    monkeypatch.setattr(TlsLine, "_hear", lambda *_: None)


async def test_a_healthy_backend_is_healthy(shop: Shop) -> None:
    """Its certificate is known all the same; whether it asks for one is not, and that is what is said."""
    async with serving(Backend(), shop.context()) as port:
        chart = await ask(f"wss://localhost:{port}/ocpp")
    assert fact(chart, "TLS agreed").startswith("TLSv1.3")
    assert "localhost" in fact(chart, "certificate shown")
    assert "not known" in fact(chart, "client certificate")
    assert not [each for each in chart.findings if each.rule.id.startswith("tls.client")]


async def test_up_to_tls_1_2_everything_is_said_in_the_open(shop: Shop) -> None:
    """So nothing is missing there."""
    async with serving(Backend(password=""), shop.context(client_ca="root", demands=False, **ONE_2)) as port:
        chart = await ask(f"wss://localhost:{port}/ocpp", credentials=brings(shop, "station"))
    assert fact(chart, "client certificate asked for, of") == "any CA"
    async with serving(Backend(), shop.context(**ONE_2)) as port:
        chart = await ask(f"wss://localhost:{port}/ocpp")
    assert fact(chart, "client certificate") == "not asked for"


REFUSALS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "of a CA it does not know, 1.2": ("tls.client-authority-unknown", "foreign", ONE_2),
    "of a CA it does not know, 1.3": ("tls.client-authority-unknown", "foreign", {}),
    "expired, 1.3": ("tls.client-certificate-expired", "expired", {}),
    "none, 1.3": ("tls.client-certificate-demanded", "", {}),
}


@pytest.mark.parametrize(("rule", "name", "how"), REFUSALS.values(), ids=REFUSALS)
async def test_an_alert_is_known_by_the_error_it_makes(rule: str, name: str, how: dict[str, Any], shop: Shop) -> None:
    """The reason is the same as with the ear."""
    async with serving(Backend(password=""), shop.context(client_ca="root", **how)) as port:
        credentials = {"credentials": brings(shop, name)} if name else {}
        chart = await ask(f"wss://localhost:{port}/ocpp", **credentials)
    assert first(chart) == rule


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("TLSV1_ALERT_UNKNOWN_CA", "unknown_ca"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "handshake_failure"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "certificate_required"),
        ("TLSV1_UNRECOGNIZED_NAME", "unrecognized_name"),
        ("TLSV1_ALERT_USER_CANCELLED", "user_canceled"),
    ],
)
def test_openssl_names_alerts_in_its_own_way(reason: str, name: str) -> None:
    """With the version that brought them, and not always with the word."""
    assert ALERTS[alert_of(reason) or 0][0] == name
    assert alert_words(alert_of(reason) or 0).startswith(f"{name}: it ")


@pytest.mark.parametrize(
    "reason", [None, "", "UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_OF_TOMORROW", "WRONG_VERSION_NUMBER"]
)
def test_what_is_no_alert_is_none(reason: str | None) -> None:
    """Errors of our own side."""
    assert alert_of(reason) is None
