"""Reports of the device model in each version: what 2.x writes, and what 1.6 says instead."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pilotwire.domain import device_model as dm
from pilotwire.domain.kinds import Command
from pilotwire.domain.transactions import GetTransactionStatus, TransactionStatusOutcome
from pilotwire.errors import MisuseError, NotSayable
from pilotwire.ocpp import registry
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion
from tests.support import report_examples
from tests.support.said import DIALECTS, V16, V21, V201

BOTH = pytest.mark.parametrize("version", [V201, V21], ids=str)
FULL = dm.GetBaseReport(request_id=1, base=dm.ReportBase.FULL_INVENTORY)


def _json(message: Message) -> Any:
    return msgspec.json.decode(registry.encode(message))


@BOTH
@pytest.mark.parametrize(
    ("payload", "command"),
    [
        pytest.param(payload, command, id=f"{action}-{number}")
        for action, examples in report_examples.COMMANDS.items()
        for number, (payload, command) in enumerate(examples)
    ],
)
def test_a_command_is_written_as_the_examples_have_it(
    version: OcppVersion, payload: dict[str, Any], command: Command
) -> None:
    """Whatever is not limited is left out."""
    (request,) = DIALECTS[version].write_command(command)
    assert _json(request) == payload


@BOTH
def test_a_last_part_does_not_say_that_more_is_to_come(version: OcppVersion) -> None:
    """`tbc` is left out, and so is a list without variables."""
    payload, part = report_examples.FACTS["NotifyReport"][1]
    message = DIALECTS[version].write_fact(part)
    assert message is not None
    assert _json(message).keys() == payload.keys()


@BOTH
def test_a_value_too_long_for_a_report_is_cut(version: OcppVersion) -> None:
    """At 2500 characters, as in the answer to GetVariables."""
    name = dm.VariableName(component="A", variable="B")
    reported = dm.ReportedVariable(name=name, attributes=(dm.VariableAttribute(value="x" * 3000),))
    _, part = report_examples.FACTS["NotifyReport"][1]
    assert isinstance(part, dm.ReportPart)
    message = DIALECTS[version].write_fact(
        dm.ReportPart(request_id=1, seq_no=0, generated_at=part.generated_at, variables=(reported,))
    )
    assert message is not None
    assert _json(message)["reportData"][0]["variableAttribute"][0]["value"] == "x" * 2500


@BOTH
def test_whether_a_transaction_goes_on_is_told_only_if_one_was_named(version: OcppVersion) -> None:
    """E14.FR.06: without a name there is no `ongoingIndicator`."""
    dialect, command = DIALECTS[version], GetTransactionStatus()
    (request,) = dialect.write_command(command)
    answer = dialect.write_outcome(command, TransactionStatusOutcome(messages_in_queue=True), request)
    assert _json(answer) == {"messagesInQueue": True}


@BOTH
@pytest.mark.parametrize(
    ("wanted", "because"),
    [
        (dm.ComponentVariable(component="Connector", connector=1), "Name the EVSE"),
        (dm.ComponentVariable(component="EVSE", variable_instance="a"), "Name the variable"),
        (dm.ComponentVariable(component="x" * 51), "length"),
    ],
)
def test_what_no_report_can_be_asked_for(version: OcppVersion, wanted: dm.ComponentVariable, because: str) -> None:
    """A sentence, and nothing is sent."""
    with pytest.raises(NotSayable) as refused:
        DIALECTS[version].write_command(dm.GetReport(request_id=1, variables=(wanted,)))
    assert because in str(refused.value)


@pytest.mark.parametrize(
    ("command", "instead"),
    [
        (FULL, "get-variables"),
        (dm.GetReport(request_id=1), "get-variables"),
        (GetTransactionStatus(transaction_id="7"), "MeterValues"),
    ],
)
def test_1_6_has_no_words_for_them_and_says_what_to_do(command: Command, instead: str) -> None:
    """The version, the message it has not got, and the way that remains."""
    with pytest.raises(NotSayable) as refused:
        DIALECTS[V16].write_command(command)
    assert "OCPP 1.6" in refused.value.what
    assert type(command).__name__ in refused.value.what
    assert instead in refused.value.remedy


def test_nobody_can_have_answered_them_in_1_6() -> None:
    """To read or write such an answer is a bug of ours."""
    with pytest.raises(MisuseError):
        DIALECTS[V16].read_outcome(FULL, ())
    with pytest.raises(MisuseError):
        DIALECTS[V16].write_outcome(
            FULL, dm.ReportOutcome(status=dm.ReportStatus.ACCEPTED), registry.ACTIONS[V16]["Heartbeat"].request()
        )
