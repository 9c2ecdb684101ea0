"""The rules about certificates: whole, each with a remedy, and one for every fault of a chain."""

from __future__ import annotations

import pytest

from pilotwire.doctor.findings import Layer, Rule, Step
from pilotwire.doctor.probes.certificates import certificate_probes
from pilotwire.doctor.rules.certificates import BY_FLAW, CERTIFICATE_RULES
from pilotwire.doctor.rules.station_certificates import BY_FLAW as BY_FLAW_OF_STATION
from pilotwire.doctor.rules.station_certificates import STATION_CERTIFICATE_RULES
from pilotwire.pki import Flaw
from tests.support.requirement_tables import requirements

RULES = [*CERTIFICATE_RULES.values(), *STATION_CERTIFICATE_RULES.values()]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_and_how_to_mend_it(rule: Rule) -> None:
    assert rule.step is Step.CERTIFICATES
    assert rule.layer in (Layer.TLS, Layer.CHAIN)
    assert rule.what.endswith(".")
    assert rule.remedy.endswith(".")
    cited = [each.split(" ")[0] for each in rule.source.replace(";", ",").split(", ") if ".FR." in each]
    assert all(each.strip() in requirements() for each in cited)


def test_every_fault_of_a_chain_is_told() -> None:
    not_of_tls = {Flaw.KEY_KIND}
    assert set(Flaw) - not_of_tls == set(BY_FLAW)
    of_servers = {Flaw.HOST, Flaw.COMMON_NAME_ONLY, Flaw.DOMAIN, Flaw.REVOKED, Flaw.REVOCATION_UNKNOWN}
    assert set(Flaw) - not_of_tls - of_servers == set(BY_FLAW_OF_STATION)


def test_the_probes_ask_questions() -> None:
    probes = certificate_probes()
    assert len({each.question for each in probes}) == len(probes)
    assert all(each.question.endswith("?") for each in probes)
    assert [each.layer for each in probes] == [Layer.ASKED, Layer.TLS, Layer.TLS, Layer.CHAIN, Layer.CHAIN]
