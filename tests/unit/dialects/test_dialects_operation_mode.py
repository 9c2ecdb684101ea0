"""The operation mode, and the sleep of an EVSE, in transaction events: 2.1 has words for it, others say that the state changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pilotwire.dialects.ocpp2.transactions import write_event as write_plain
from pilotwire.dialects.ocpp21 import transactions as words
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import OperationMode
from pilotwire.domain.transactions import EventKind, TransactionEvent, TriggerReason
from pilotwire.ocpp import v21, v201

EVENT = TransactionEvent(
    kind=EventKind.UPDATED,
    transaction_id="tx-1",
    at=datetime(2026, 1, 1, tzinfo=UTC),
    trigger=TriggerReason.OPERATION_MODE_CHANGED,
    seq_no=3,
    operation_mode=OperationMode.CENTRAL_SETPOINT,
)


@pytest.mark.req("K01.FR.110")
def test_2_1_says_the_mode_and_reads_it_back():
    """In transactionInfo."""
    said: Any = words.write_event(EVENT, None)
    assert isinstance(said, v21.TransactionEventRequest)
    assert (said.trigger_reason, said.transaction_info.operation_mode) == ("OperationModeChanged", "CentralSetpoint")
    assert words.read_event(said).operation_mode is OperationMode.CENTRAL_SETPOINT


@pytest.mark.req("Q10.FR.04")
@pytest.mark.parametrize("asleep", [True, False, None])
def test_2_1_says_whether_the_evse_sleeps_and_reads_it_back(asleep: bool | None) -> None:
    """Beside transactionInfo; with or without anything else that only 2.1 tells."""
    for event in (EVENT, changed(EVENT, operation_mode=None)):
        said: Any = words.write_event(changed(event, evse_sleep=asleep), None)
        assert said.evse_sleep is asleep
        assert words.read_event(said).evse_sleep is asleep


def test_2_0_1_has_neither_the_word_nor_the_mode():
    """The event is told all the same."""
    said: Any = write_plain(v201, EVENT)  # type: ignore[arg-type]
    assert said.trigger_reason == "ChargingStateChanged"
    assert not hasattr(said.transaction_info, "operation_mode")
