"""Whether a transaction goes on, and whether messages about it wait (E14)."""

from __future__ import annotations

import pytest

from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.transactions import GetTransactionStatus, TransactionEvent, TransactionStatusOutcome
from tests.support.station_world import StationWorld


def _status(world: StationWorld, transaction_id: str | None = None) -> tuple[bool | None, bool]:
    outcome = world.command(GetTransactionStatus(transaction_id=transaction_id))
    assert isinstance(outcome, TransactionStatusOutcome)
    return outcome.ongoing, outcome.messages_in_queue


def _charging(world: StationWorld) -> str:
    world.plug()
    world.tap("ANNA")
    assert world.transaction is not None
    return world.transaction


def _keep_waiting(world: StationWorld) -> None:
    world.csms.silent = lambda fact: isinstance(fact, TransactionEvent)


@pytest.mark.req("E14.FR.02", "E14.FR.05", "E14.FR.06", "E14.FR.08")
def test_a_transaction_that_goes_on_with_everything_told() -> None:
    """Ongoing, nothing waits; without a name only the queue is told."""
    world = StationWorld()
    running = _charging(world)
    assert _status(world, running) == (True, False)
    assert _status(world) == (None, False)


@pytest.mark.req("E14.FR.02", "E14.FR.04", "E14.FR.07")
def test_a_transaction_that_goes_on_with_messages_waiting() -> None:
    """One on its way and not answered waits too."""
    world = StationWorld()
    _keep_waiting(world)
    running = _charging(world)
    assert _status(world, running) == (True, True)
    assert _status(world) == (None, True)


@pytest.mark.req("E14.FR.03", "E14.FR.04", "E14.FR.05")
def test_a_transaction_that_has_ended() -> None:
    """It is over; and its messages wait until the CSMS has them."""
    world = StationWorld()
    ended = _charging(world)
    _keep_waiting(world)
    world.tap("ANNA")
    world.unplug()
    assert _status(world, ended) == (False, True)
    world.cut()
    world.csms.silent = lambda _: False
    world.connect()
    assert _status(world, ended) == (False, False)


@pytest.mark.req("E14.FR.01")
def test_a_transaction_that_never_was() -> None:
    """Over, and nothing waits, though messages of another do."""
    world = StationWorld()
    _keep_waiting(world)
    _charging(world)
    assert _status(world, "never heard of") == (False, False)


@pytest.mark.req("E14.FR.08")
def test_a_security_event_that_waits_is_of_no_transaction() -> None:
    """It waits in the same queue all the same."""
    world = StationWorld()
    world.csms.silent = lambda fact: isinstance(fact, SecurityEvent)
    world.kill()
    assert [type(fact) for fact in world.kept()] == [SecurityEvent]
    assert _status(world) == (None, False)
