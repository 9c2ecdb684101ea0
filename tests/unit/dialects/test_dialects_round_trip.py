"""What one side says is what the other side reads: for everything a version can say, through real bytes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilotwire.domain.transactions import TransactionEvent
from pilotwire.ocpp import registry
from pilotwire.ocpp.version import OcppVersion
from tests.support.said import DIALECTS, answered, commands, facts, heard, outcomes, verdicts

thorough = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
each_version = pytest.mark.parametrize("version", list(OcppVersion), ids=str)


@each_version
@given(data=st.data())
@thorough
def test_a_fact_is_read_as_it_was_said(version: OcppVersion, data: st.DataObject) -> None:
    """The station writes a fact, the backend decodes its bytes and reads the same fact."""
    dialect, fact = DIALECTS[version], data.draw(facts(version))
    named = fact.transaction_id if isinstance(fact, TransactionEvent) else None
    request = dialect.write_fact(fact, named=named)
    assert request is not None
    assert registry.action_of(request).version is version
    assert registry.action_of(request).sender in ("station", "both")
    assert dialect.read_fact(heard(request)) == fact


@each_version
@given(data=st.data())
@thorough
def test_a_verdict_is_read_as_it_was_said(version: OcppVersion, data: st.DataObject) -> None:
    """The backend answers in the message that was asked, and the station reads the same verdict."""
    dialect, fact = DIALECTS[version], data.draw(facts(version))
    verdict = data.draw(verdicts(version, fact))
    request = dialect.write_fact(fact, named="1")
    response = dialect.write_verdict(fact, verdict)
    assert request is not None
    assert type(response) is registry.action_of(request).response
    assert dialect.read_verdict(fact, answered(response)) == verdict


@each_version
@given(data=st.data())
@thorough
def test_a_command_is_read_as_it_was_given(version: OcppVersion, data: st.DataObject) -> None:
    """The backend gives a command, the station reads the same command."""
    dialect, command = DIALECTS[version], data.draw(commands(version))
    (request,) = dialect.write_command(command)
    assert registry.action_of(request).version is version
    assert registry.action_of(request).sender in ("csms", "both")
    assert dialect.read_command(heard(request)) == command


@each_version
@given(data=st.data())
@thorough
def test_an_outcome_is_read_as_it_was_answered(version: OcppVersion, data: st.DataObject) -> None:
    """The station answers a command, the backend reads the same outcome."""
    dialect, command = DIALECTS[version], data.draw(commands(version))
    outcome = data.draw(outcomes(version, command))
    (request,) = dialect.write_command(command)
    response = dialect.write_outcome(command, outcome, heard(request))
    assert type(response) is registry.action_of(request).response
    assert dialect.read_outcome(command, (answered(response),)) == outcome
