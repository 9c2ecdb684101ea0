"""The chain of a station's certificate, by the standard and by a platform's demands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.doctor.certificates.station import Accredited, accredited, judge_roots, judge_station
from pilotwire.doctor.certificates.subject import Who
from pilotwire.doctor.findings import Finding, Severity
from pilotwire.doctor.patient import Card
from pilotwire.doctor.profiles.profile import CertificateDemands, PlatformProfile
from pilotwire.pki import fingerprint
from tests.support.doctor_pki import NOW, SERVER, Made, ca, name, station

ROOT = ca("Root")
MIDDLE = ca("Middle", ROOT)
OTHER = ca("Other root")
V2G = ca("V2G root", subject=name("V2G Root", domain_component="V2G"))
CPO = ca("CPO sub 2", V2G, subject=name("CPO Sub-CA 2", domain_component="V2G"))
WHO = Who("CS001", Card("Volta", "AC 22", "SN-1"))
SAID = Accredited((ROOT.certificate,))


def found(*chain: Made, by: Accredited = SAID, **demands: Any) -> list[Finding]:
    """The findings about a chain under a platform with these demands."""
    profile = PlatformProfile("p", "The platform", "", certificates=CertificateDemands(**demands))
    return list(judge_station([each.certificate for each in chain], profile, WHO, by, NOW))


def rules_of(findings: list[Finding]) -> list[str]:
    """Their rules, the worst first."""
    return [each.rule.id.removeprefix("station-certificate.") for each in sorted(findings, key=lambda f: f.sort_key)]


def under(**more: Any) -> tuple[Made, Made]:
    """A station's certificate and its intermediate."""
    return station(MIDDLE, **more), MIDDLE


def test_a_good_chain() -> None:
    assert not found(*under())


@pytest.mark.parametrize(
    ("chain", "rule"),
    [
        ((station(MIDDLE),), "intermediate-missing"),
        ((station(OTHER),), "intermediate-missing"),
        ((station(OTHER), OTHER), "not-accredited"),
        ((station(None),), "self-signed"),
        ((*under(), ROOT), "root-included"),
        ((*under(), OTHER), "stranger"),
        ((*under(), MIDDLE), "duplicate"),
        (under(until=timedelta(days=-1)), "expired"),
        (under(since=timedelta(days=1)), "not-yet-valid"),
        (under(until=timedelta(days=29)), "ends-soon"),
        (under(until=timedelta(days=800)), "too-long"),
        (under(of="rsa1024 station"), "weak-key"),
        (under(usage=("key_encipherment",)), "key-usage"),
        (under(extended=(SERVER,)), "not-for-clients"),
        (under(ca=True, usage=("key_cert_sign", "digital_signature")), "is-ca"),
        ((station(CPO, subject=name("SN-1", domain_component="CPO")), CPO, V2G), "not-accredited"),
    ],
)
def test_the_cause_comes_first(chain: tuple[Made, ...], rule: str) -> None:
    findings = found(*chain)
    assert rules_of(findings)[0] == rule, [each.what for each in findings]
    assert all(each.mend and each.what for each in findings)


def test_an_order_that_is_wrong() -> None:
    lower = ca("Lower", MIDDLE)
    assert rules_of(found(station(lower), MIDDLE, lower)) == ["order"]
    assert "order" in rules_of(found(MIDDLE, station(MIDDLE)))


def test_nothing_is_said_of_roots_that_nobody_named() -> None:
    assert not found(station(MIDDLE), by=Accredited())
    assert rules_of(found(station(OTHER), OTHER, by=Accredited(unknown=("AB" * 32,)))) == ["root-included"]


def test_authorities_by_fingerprint() -> None:
    print_ = fingerprint(ROOT.certificate)
    known = accredited([print_.lower()], [], [OTHER.certificate, ROOT.certificate])
    assert known.known == (ROOT.certificate,)
    assert not known.unknown
    assert not found(*under(), by=known)
    unknown = accredited([print_], [], [OTHER.certificate])
    assert unknown.unknown == (print_.replace(":", ""),)


def test_demands_of_a_platform() -> None:
    (kind,) = found(*under(), keys=("EC-P384", "RSA-3072"))
    assert kind.rule.id == "station-certificate.key-kind"
    assert "EC P-256" in kind.what
    assert not found(*under(), keys=("EC-P256",))
    (long,) = found(*under(), most_days=90)
    assert long.weight is Severity.BREACH
    assert "the platform allows 90" in long.what
    (soon,) = found(*under(), least_days_left=365)
    assert soon.rule.id == "station-certificate.ends-soon"


@pytest.mark.req("A00.FR.428", "A00.FR.513")
def test_certificates_towards_vehicles_are_told_apart() -> None:
    secc = station(CPO, subject=name("SN-1", domain_component="CPO"))
    findings = found(secc, CPO, by=Accredited((V2G.certificate,)))
    assert [each.weight for each in findings] == [Severity.NOTE]
    assert "an SECC certificate" in findings[0].what
    (other,) = found(station(CPO), CPO, by=Accredited((V2G.certificate,)))
    assert "issued in the vehicles' PKI" in other.what


def test_roots_towards_vehicles_among_those_for_the_backend() -> None:
    (finding,) = judge_roots([ROOT.certificate, V2G.certificate])
    assert finding.rule.id == "station-certificate.v2g-root-for-csms"
    assert "V2G Root" in finding.what
