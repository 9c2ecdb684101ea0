"""Connections that do not come about, and handshakes of TLS that end with an alert: each kind has a rule of its own."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.clock import ManualClock
from pilotwire.doctor.patient import Credentials, Patient, Place
from pilotwire.doctor.probes.hello import Answer
from pilotwire.doctor.probes.lines import LineFault, Wire, dial
from pilotwire.doctor.probes.ports import Ports
from pilotwire.doctor.probes.tls_offer import find_tls_refusal, judge_request
from pilotwire.ocpp.version import OcppVersion
from pilotwire.pki import read_certificates
from tests.support.certificates import chain
from tests.support.doctor_servers import Backend, free_port, serving


def a_patient(url: str = "ws://csms.example.com", **how: Any) -> Patient:
    return Patient(Place.of(url), "CS001", ManualClock(), (OcppVersion.V201,), **how)


def rules_of(patient: Patient) -> list[str]:
    return [each.rule.id for each in patient.chart.in_order()]


FAULTS: dict[str, tuple[tuple[Any, ...], str]] = {
    "refused": (("refused",), "port.refused"),
    "filtered": (("filtered",), "port.filtered"),
    "unreachable": (("unreachable",), "port.unreachable"),
    "filtered, unreachable": (("unreachable", "filtered"), "port.filtered"),
    "all": (("unreachable", "filtered", "refused"), "port.refused"),
}


@pytest.mark.parametrize(("kinds", "rule"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("proxy", ["", "http://proxy.example.com:3128"])
async def test_why_there_is_no_connection_is_told(kinds: tuple[Any, ...], rule: str, proxy: str) -> None:
    faults = {f"10.0.0.{at}": LineFault(kind, f"10.0.0.{at} is {kind}") for at, kind in enumerate(kinds)}

    async def fails(address: str, port: int, timeout: float) -> Wire:
        raise faults[address]

    patient = a_patient(addresses=tuple(faults), proxy=proxy)
    await Ports(fails).look(patient)
    assert rules_of(patient) == [rule]
    finding = patient.chart.findings[0]
    assert len(finding.evidence) == len(kinds)
    assert rule.removeprefix("port.") in finding.what
    assert ("proxy" in finding.what) is ("proxy" in finding.mend) is bool(proxy)


async def test_a_slow_connection_is_worth_a_note() -> None:
    async with serving(Backend()) as port:
        patient = a_patient(f"ws://127.0.0.1:{port}")

        async def slowly(address: str, port: int, timeout: float) -> Wire:
            assert isinstance(patient.clock, ManualClock)
            patient.clock.advance(2.5)
            return await dial(address, port, timeout)

        await Ports(slowly).look(patient)
    assert rules_of(patient) == ["port.slow"]
    assert "2.5 s" in patient.chart.findings[0].what


async def test_a_refused_connection_is_told_by_its_address() -> None:
    port = free_port()
    with pytest.raises(LineFault, match=f"127.0.0.1:{port} refuses") as raised:
        await dial("127.0.0.1", port, 5.0)
    assert raised.value.kind == "refused"


# --- alerts ------------------------------------------------------------------------------------------------------------------

OWN = Credentials(certificate="station.pem", chain=tuple(read_certificates(chain())))
ALERTS: dict[str, tuple[int | None, tuple[str, ...] | None, Credentials, str]] = {
    "revoked": (44, (), OWN, "tls.client-certificate-revoked"),
    "expired": (45, (), OWN, "tls.client-certificate-expired"),
    "unknown CA": (48, ("CN=Other",), OWN, "tls.client-authority-unknown"),
    "of no known kind": (43, (), OWN, "tls.client-certificate-refused"),
    "for no reason told": (46, (), OWN, "tls.client-certificate-refused"),
    "not let in": (49, (), OWN, "tls.client-certificate-refused"),
    "cut without a word": (None, (), OWN, "tls.client-certificate-refused"),
    "none brought": (40, (), Credentials(), "tls.client-certificate-demanded"),
    "none brought, cut": (None, (), Credentials(), "tls.client-certificate-demanded"),
    "none brought, TLS 1.3": (116, None, Credentials(), "tls.client-certificate-demanded"),
    "nothing in common": (40, None, OWN, "tls.no-suite-shared"),
    "too old": (70, None, OWN, "tls.version-too-old"),
    "another name": (112, None, OWN, "sni.name-not-known"),
    "its fault": (80, None, OWN, "tls.no-handshake"),
}


@pytest.mark.req("A00.FR.403", "A00.FR.407")
@pytest.mark.parametrize(("alert", "authorities", "credentials", "rule"), ALERTS.values(), ids=ALERTS)
def test_what_an_alert_means_depends_on_whether_a_certificate_was_asked_for(
    alert: int | None, authorities: tuple[str, ...] | None, credentials: Credentials, rule: str
) -> None:
    patient = a_patient("wss://csms.example.com", credentials=credentials)
    find_tls_refusal(patient, Answer(authorities=authorities, alert=alert), "it closes the connection")
    assert rules_of(patient) == [rule]
    assert ("CN=Other" in str(patient.chart.findings[0].evidence)) is bool(authorities)


@pytest.mark.parametrize(
    ("authorities", "rules"),
    [
        ((), []),
        (tuple(each.issuer.rfc4514_string() for each in OWN.chain), []),
        (("CN=Other",), ["tls.client-authority-not-named"]),
        (None, ["tls.client-certificate-not-asked"]),
    ],
    ids=["any CA", "its own", "another", "not asked"],
)
def test_the_cas_a_backend_names_are_held_against_the_stations(
    authorities: tuple[str, ...] | None, rules: list[str]
) -> None:
    patient = a_patient("wss://csms.example.com", credentials=OWN)
    judge_request(patient, Answer(authorities=authorities))
    assert rules_of(patient) == rules
