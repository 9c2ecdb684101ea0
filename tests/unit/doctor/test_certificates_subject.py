"""The subject of a station's certificate, by the standard and by a platform's demands."""

from __future__ import annotations

import pytest
from cryptography import x509

from pilotwire.doctor.certificates.subject import Who, judge_subject, unanswerable
from pilotwire.doctor.findings import Finding
from pilotwire.doctor.patient import Card
from pilotwire.doctor.profiles.profile import SubjectDemand
from tests.support.doctor_pki import Made, ca, name, station

ROOT = ca("Root")
OID = "1.3.6.1.4.1.47196.1"
WHO = Who("CS001", Card("Volta", "AC 22", "SN-1"))


def found(made: Made, *demands: SubjectDemand, who: Who = WHO) -> list[Finding]:
    """The findings."""
    return list(judge_subject(made.certificate, demands, who, "The platform"))


def rules_of(findings: list[Finding]) -> list[str]:
    """Their rules."""
    return [each.rule.id.removeprefix("station-certificate.") for each in findings]


@pytest.mark.req("A00.FR.509", "A00.FR.511")
def test_by_the_standard_alone() -> None:
    assert not found(station(ROOT))
    assert not found(station(ROOT, "CS001"), who=Who("CS001"))
    assert rules_of(found(station(ROOT, subject=name("SN-1", "")))) == ["organization-missing"]
    assert rules_of(found(station(ROOT, subject=name("")))) == ["common-name"]
    assert rules_of(found(station(ROOT, dns=("sn-1.example",)))) == ["alternative-names"]


@pytest.mark.parametrize("common", ["10.0.0.7", "wss://csms.example/SN-1", "[::1]"])
@pytest.mark.req("A00.FR.511")
def test_a_cn_like_a_servers(common: str) -> None:
    assert rules_of(found(station(ROOT, common))) == ["common-name-is-address"]


@pytest.mark.parametrize(
    ("common", "rule", "says"),
    [
        ("sn-1", "common-name", "it differs only in upper and lower case"),
        ("SN-1 ", "common-name", "it has a space at its end"),
        ("CS001", "common-name", "is its identity 'CS001', not the serial number 'SN-1'"),
        ("KX-99812", "of-another-station", "that of another one"),
    ],
)
@pytest.mark.req("A00.FR.405", "A00.FR.427")
def test_a_cn_that_is_not_the_serial_number(common: str, rule: str, says: str) -> None:
    (finding,) = found(station(ROOT, common))
    assert rules_of([finding]) == [rule]
    assert says in finding.what


@pytest.mark.parametrize(
    ("common", "says"),
    [
        ("Volta AC 22", ""),
        ("volta AC 22", "it differs only in upper and lower case"),
        ("Volta  AC 22", "it differs only in spaces within it"),
        ("Volta AC 22 ", "it has a space at its end"),
        ("Vоlta AC 22", "character 2 is U+043E CYRILLIC SMALL LETTER O"),  # noqa: RUF001
        ("Other", "is 'Other', and must be 'Volta AC 22'."),
    ],
)
def test_a_platform_says_what_the_cn_must_be(common: str, says: str) -> None:
    findings = found(station(ROOT, common), SubjectDemand("CN", equals="{vendor} {model}"))
    assert rules_of(findings) == (["subject"] if says else [])
    assert all(says in each.what and each.source == "The platform" for each in findings)


def test_attributes_that_a_platform_asks_for() -> None:
    with_oid = x509.Name([*name("SN-1"), x509.NameAttribute(x509.ObjectIdentifier(OID), "AC-22")])
    demand = SubjectDemand(OID, matches="AC-[0-9]+")
    assert not found(station(ROOT, subject=with_oid), demand)
    assert rules_of(found(station(ROOT), demand)) == ["subject"]
    (finding,) = found(station(ROOT, subject=with_oid), SubjectDemand(OID, matches="DC-.*"))
    assert "'AC-22', and must match 'DC-.*'" in finding.what
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(OID), b"\x05\x00")
    (finding,) = found(station(ROOT, extra=((extension, False),)), demand)
    assert "an extension of this OID, but that is not the subject" in finding.what
    assert not found(station(ROOT), SubjectDemand("o", equals="Volta"), SubjectDemand("CN", matches="SN-.*"))


def test_demands_that_cannot_be_judged() -> None:
    silent = Who("CS001")
    assert "serial" in unanswerable(SubjectDemand("CN", equals="{serial}"), silent)
    assert "no name of an attribute" in unanswerable(SubjectDemand("Common Name", matches=".*"), silent)
    assert "{colour}" in unanswerable(SubjectDemand("CN", equals="{colour}"), silent)
    assert unanswerable(SubjectDemand("CN", equals="{identity}"), silent) == ""
    assert not found(station(ROOT, "CS001"), SubjectDemand("Common Name", matches="x"), who=silent)
