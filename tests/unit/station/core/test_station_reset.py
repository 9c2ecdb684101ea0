"""Resets: what is ended, told and kept before the station restarts."""

from __future__ import annotations

import pytest

from pilotwire.domain.kinds import Outcome
from pilotwire.domain.provisioning import BootReason, Reset, ResetKind, ResetOutcome, ResetStatus, StationBooted
from pilotwire.domain.transactions import EventKind, StoppedReason, TransactionEvent, TriggerReason
from tests.support.station_world import StationWorld

ACCEPTED = ResetOutcome(status=ResetStatus.ACCEPTED)
SCHEDULED = ResetOutcome(status=ResetStatus.SCHEDULED)
REJECTED = ResetOutcome(status=ResetStatus.REJECTED)


def _reset(world: StationWorld, kind: ResetKind = ResetKind.IMMEDIATE, evse: int | None = None) -> Outcome | str | None:
    return world.command(Reset(kind=kind, evse=evse))


def _charging(*, ocpp16: bool = False, station: str = "ac-22-single") -> StationWorld:
    world = StationWorld(ocpp16=ocpp16, station=station)
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    return world


@pytest.mark.req("B11.FR.01", "B11.FR.03", "B11.FR.04")
@pytest.mark.parametrize("kind", [ResetKind.IMMEDIATE, ResetKind.ON_IDLE])
def test_an_idle_station_restarts_at_once(kind: ResetKind) -> None:
    """Accepted, restart, boot with the reason RemoteReset."""
    world = StationWorld()
    assert _reset(world, kind) == ACCEPTED
    boots = [fact.reason for fact in world.csms.heard if isinstance(fact, StationBooted)]
    assert boots == [BootReason.POWER_UP, BootReason.REMOTE_RESET]
    assert "ResetOrReboot" in world.security_events()


@pytest.mark.req("B12.FR.02", "B12.FR.04")
def test_an_immediate_reset_ends_the_transaction_first() -> None:
    """ResetCommand and ImmediateReset, told before the restart."""
    world = _charging()
    assert _reset(world) == ACCEPTED
    ended = world.csms.events[-1]
    assert (ended.kind, ended.trigger, ended.stopped_reason) == (
        EventKind.ENDED,
        TriggerReason.RESET_COMMAND,
        StoppedReason.IMMEDIATE_RESET,
    )
    assert world.restarts == [BootReason.REMOTE_RESET]
    heard = [type(fact) for fact in world.csms.heard]
    assert heard.index(TransactionEvent) < len(heard) - 1 - heard[::-1].index(StationBooted)


@pytest.mark.req("B12.FR.05")
def test_what_gets_no_answer_is_told_after_the_restart() -> None:
    """The station does not wait for ever; the end of the transaction is queued."""
    world = _charging()
    world.csms.silent = lambda fact: isinstance(fact, TransactionEvent)
    _reset(world)
    assert world.restarts == []
    world.csms.silent = lambda _: False
    world.pass_time(10)
    assert world.restarts == [BootReason.REMOTE_RESET]
    world.pass_time(10)
    assert world.csms.events[-1].kind is EventKind.ENDED
    assert world.kept() == []


@pytest.mark.req("B12.FR.01", "B12.FR.03", "B11.FR.07")
def test_a_reset_on_idle_waits_for_the_driver() -> None:
    """Scheduled; nobody else may start; when the transaction has ended normally, the station restarts."""
    world = _charging(station="ac-22-dual")
    assert _reset(world, ResetKind.ON_IDLE) == SCHEDULED
    world.plug(2)
    world.tap("CARL", 2)
    assert world.core.overview().evses[1].id_token is None
    assert world.restarts == []
    world.tap("ANNA")
    assert world.csms.events[-1].stopped_reason is StoppedReason.LOCAL
    assert world.restarts == [BootReason.SCHEDULED_RESET]


def test_a_soft_reset_of_1_6_ends_transactions() -> None:
    """1.6:5.14: it does not wait for the driver."""
    world = _charging(ocpp16=True)
    assert _reset(world, ResetKind.ON_IDLE) == ACCEPTED
    assert world.csms.events[-1].kind is EventKind.ENDED
    assert len(world.restarts) == 1


@pytest.mark.req("B11.FR.08", "B12.FR.08", "B12.FR.07")
def test_one_evse_is_reset() -> None:
    """Its transaction ends, the other one goes on, and the station does not restart."""
    world = _charging(station="ac-22-dual")
    world.plug(2)
    world.tap("CARL", 2)
    assert _reset(world, evse=1) == ACCEPTED
    assert [evse.transaction_id for evse in world.core.overview().evses] == [None, "tx-2"]
    assert world.restarts == []
    assert _reset(world, ResetKind.ON_IDLE, 2) == SCHEDULED
    world.tap("CARL", 2)
    assert world.csms.events[-1].stopped_reason is StoppedReason.LOCAL
    world.tap("CARL", 2)
    assert world.core.overview().evses[1].id_token == "CARL"


def test_what_cannot_be_reset_is_rejected() -> None:
    """An unknown EVSE; 2.1's resume."""
    assert _reset(StationWorld(), evse=5) == REJECTED
    assert _reset(StationWorld(), ResetKind.RESUME) == REJECTED


def test_a_core_that_asked_for_its_restart_does_nothing_more() -> None:
    """Late inputs meet silence."""
    world = StationWorld()
    old = world.core
    _reset(world)
    assert world.core is not old
    assert old.tick(world.now) == []
    assert old.next_deadline() is None


@pytest.mark.req("1.6:5.14")
def test_a_soft_reset_of_1_6_says_that_it_was_one() -> None:
    """It ends the transaction rather than waiting for its end, and the reason tells it from a hard reset."""
    world = _charging(ocpp16=True)
    assert _reset(world, ResetKind.ON_IDLE) == ACCEPTED
    assert world.csms.events[-1].stopped_reason is StoppedReason.SOFT_RESET
