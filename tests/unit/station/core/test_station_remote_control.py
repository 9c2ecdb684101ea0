"""What the CSMS may do from afar: start, stop, unlock."""

from __future__ import annotations

import pytest

from pilotwire.domain.authorization import AuthorizationAsked
from pilotwire.domain.availability import ChangeAvailability
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.kinds import Outcome
from pilotwire.domain.remote_control import (
    RequestStart,
    RequestStartOutcome,
    RequestStatus,
    RequestStop,
    RequestStopOutcome,
    UnlockConnector,
    UnlockOutcome,
    UnlockStatus,
)
from pilotwire.domain.transactions import EventKind, StoppedReason, TriggerReason
from pilotwire.station.core import SetLock
from tests.support.station_world import StationWorld, not_accepted

ANNA = IdToken(value="ANNA", type="ISO14443")
ACCEPTED = RequestStartOutcome(status=RequestStatus.ACCEPTED)
REJECTED = RequestStartOutcome(status=RequestStatus.REJECTED)


def _start(world: StationWorld, evse: int | None = 1, token: IdToken = ANNA) -> Outcome | str | None:
    return world.command(RequestStart(id_token=token, remote_start_id=42, evse=evse))


def _stop(world: StationWorld, transaction_id: str) -> RequestStopOutcome:
    outcome = world.command(RequestStop(transaction_id=transaction_id))
    assert isinstance(outcome, RequestStopOutcome)
    return outcome


def _unlock(world: StationWorld, connector: int = 1, evse: int = 1) -> UnlockStatus:
    outcome = world.command(UnlockConnector(evse=evse, connector=connector))
    assert isinstance(outcome, UnlockOutcome)
    return outcome.status


# --- start ------------------------------------------------------------------------------------------------------------


@pytest.mark.req("F01.FR.01", "F01.FR.03", "F01.FR.13", "F01.FR.19", "F01.FR.25", "C05.FR.03", "C05.FR.05", "F01.FR.17")
def test_plug_first_then_remote_start() -> None:
    """The running transaction is named in the answer; the next event tells of the remote start and its id."""
    world = StationWorld()
    car = world.plug()
    assert _start(world) == RequestStartOutcome(status=RequestStatus.ACCEPTED, transaction_id="tx-1")
    event = world.csms.events[1]
    assert (event.trigger, event.remote_start_id, event.id_token) == (TriggerReason.REMOTE_START, 42, ANNA)
    world.pass_time(60)
    assert car.meter.delivered_wh > 0
    assert [event.remote_start_id for event in world.csms.events].count(42) == 1


@pytest.mark.req("F02.FR.01", "F02.FR.05", "F02.FR.09", "F02.FR.11", "F02.FR.21")
def test_remote_start_first_then_plug() -> None:
    """The first event has the trigger RemoteStart, the id and the token."""
    world = StationWorld()
    assert _start(world) == ACCEPTED
    started = world.csms.events[0]
    assert (started.kind, started.trigger, started.remote_start_id) == (
        EventKind.STARTED,
        TriggerReason.REMOTE_START,
        42,
    )
    car = world.plug()
    world.pass_time(60)
    assert car.meter.delivered_wh > 0


@pytest.mark.req("F02.FR.01", "F02.FR.21")
def test_remote_start_is_told_even_if_the_cable_begins_the_transaction() -> None:
    """TxStartPoint EVConnected: begun by the plug, but the trigger is RemoteStart."""
    world = StationWorld(variables={"TxCtrlr.TxStartPoint": "EVConnected"})
    _start(world)
    assert world.csms.events == []
    world.plug()
    assert (world.csms.events[0].trigger, world.csms.events[0].remote_start_id) == (TriggerReason.REMOTE_START, 42)


@pytest.mark.req("F01.FR.01", "F02.FR.09", "F01.FR.02", "F02.FR.10")
@pytest.mark.parametrize(("ask", "asked"), [("true", 1), ("false", 0)])
def test_whether_the_token_is_asked_about_is_configured(ask: str, asked: int) -> None:
    """AuthorizeRemoteStart."""
    world = StationWorld(variables={"AuthCtrlr.AuthorizeRemoteStart": ask})
    _start(world)
    assert len(world.csms.of(AuthorizationAsked)) == asked
    assert world.transaction is not None


@pytest.mark.req("C05.FR.01")
@pytest.mark.parametrize("type_", ["Central", "NoAuthorization"])
def test_a_central_token_is_never_asked_about(type_: str) -> None:
    """The CSMS made it up itself."""
    world = StationWorld()
    _start(world, token=IdToken(value="x", type=type_))
    assert not world.csms.of(AuthorizationAsked)
    assert world.transaction is not None


def test_a_token_that_is_refused_starts_nothing() -> None:
    """Accepted as a request, and then nothing happens."""
    world = StationWorld()
    world.csms.tokens["ANNA"] = not_accepted()
    assert _start(world) == ACCEPTED
    assert world.transaction is None


@pytest.mark.req("F01.FR.20", "F02.FR.22")
def test_without_an_evse_the_one_with_a_vehicle_is_taken() -> None:
    """Else any free one."""
    world = StationWorld(station="ac-22-dual")
    world.plug(2)
    _start(world, None)
    assert world.core.overview().evses[1].id_token == "ANNA"
    _start(world, None, IdToken(value="CARL"))
    assert world.core.overview().evses[0].id_token == "CARL"
    assert _start(world, None, IdToken(value="BERT")) == REJECTED


@pytest.mark.req("F01.FR.23", "F02.FR.25")
def test_out_of_use_or_broken_is_rejected() -> None:
    """Unavailable, Faulted, unknown."""
    world = StationWorld()
    assert _start(world, 9) == REJECTED
    world.command(ChangeAvailability(operative=False, address=EvseAddress(evse=1)))
    assert _start(world) == REJECTED
    world.command(ChangeAvailability(operative=True, address=EvseAddress(evse=1)))
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 1))
    assert _start(world) == REJECTED


@pytest.mark.req("F01.FR.23", "F02.FR.25")
def test_no_remote_start_where_the_only_connector_is_faulted() -> None:
    """A fault of the connector itself counts before a cable is in, and no longer once it is cleared."""
    world = StationWorld()
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 1, 1))
    assert _start(world) == REJECTED
    world.does(world.hardware.clear_fault("GROUND_FAILURE", 1, 1))
    assert _start(world) == ACCEPTED


@pytest.mark.req("F01.FR.24", "F02.FR.26")
def test_an_authorized_transaction_is_not_taken_over() -> None:
    """Rejected while somebody charges."""
    world = StationWorld()
    world.plug()
    world.tap("CARL")
    assert _start(world) == REJECTED


@pytest.mark.req("E03.FR.15", "F01.FR.13")
def test_who_did_not_plug_in_in_time_may_come_back_to_the_transaction() -> None:
    """It goes on until the bay is free: started again from afar for its owner, and for nobody else."""
    points = {"TxCtrlr.TxStartPoint": "Authorized", "TxCtrlr.TxStopPoint": "ParkingBayOccupancy"}
    world = StationWorld(variables=points)
    world.does(world.hardware.park(1))
    _start(world)
    world.pass_time(61)
    assert world.csms.told()[-1] == ("Updated", "EVConnectTimeout")
    assert _start(world, token=IdToken(value="CARL", type="ISO14443")) == REJECTED
    assert _start(world) == RequestStartOutcome(status=RequestStatus.ACCEPTED, transaction_id="tx-1")
    assert world.csms.told()[-1] == ("Updated", "RemoteStart")


# --- stop -------------------------------------------------------------------------------------------------------------


@pytest.mark.req("F03.FR.03", "F03.FR.07", "F03.FR.09")
def test_remote_stop_ends_the_transaction() -> None:
    """Ended with RemoteStop and Remote, the plug free."""
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    assert _stop(world, "tx-1").status is RequestStatus.ACCEPTED
    last = world.csms.events[-1]
    assert (last.kind, last.trigger, last.stopped_reason) == (
        EventKind.ENDED,
        TriggerReason.REMOTE_STOP,
        StoppedReason.REMOTE,
    )
    assert not world.hardware.is_locked(1, 1)


@pytest.mark.req("F03.FR.02", "F03.FR.09")
def test_remote_stop_waits_for_the_cable_where_that_is_the_stop_point() -> None:
    """Updated with RemoteStop, plug unlocked; unplugging ends it with the reason Remote."""
    world = StationWorld(variables={"TxCtrlr.TxStopPoint": "EVConnected"})
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    _stop(world, "tx-1")
    assert world.csms.told()[-2:] == [("Updated", "RemoteStop"), ("Updated", "ChargingStateChanged")]
    assert not world.hardware.contactor_closed(1)
    world.unplug()
    assert world.csms.told()[-1] == ("Ended", "EVCommunicationLost")
    assert world.csms.events[-1].stopped_reason is StoppedReason.REMOTE


@pytest.mark.req("F03.FR.08")
def test_an_unknown_transaction_is_not_stopped() -> None:
    """Rejected."""
    assert _stop(StationWorld(), "tx-99").status is RequestStatus.REJECTED


def test_in_1_6_the_csms_stops_by_its_own_name() -> None:
    """The id it gave in its answer to the start (1.6:5.12)."""
    world = StationWorld(ocpp16=True)
    world.plug()
    world.tap("ANNA")
    assert _stop(world, "100").status is RequestStatus.ACCEPTED
    assert world.transaction is None


# --- unlock -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("F05.FR.01", "F05.FR.02")
def test_unlock_does_not_touch_an_authorized_transaction() -> None:
    """OngoingAuthorizedTransaction, and it goes on."""
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    assert _unlock(world) is UnlockStatus.ONGOING_AUTHORIZED_TRANSACTION
    assert world.hardware.is_locked(1, 1)


def test_unlock_ends_a_transaction_in_1_6() -> None:
    """UnlockCommand as the reason (1.6:5.18)."""
    world = StationWorld(ocpp16=True)
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    assert _unlock(world) is UnlockStatus.UNLOCKED
    assert world.csms.events[-1].stopped_reason is StoppedReason.UNLOCK_COMMAND
    assert not world.hardware.is_locked(1, 1)


@pytest.mark.req("F05.FR.03")
def test_an_unknown_connector_is_not_unlocked() -> None:
    """Neither of this EVSE nor of another."""
    assert _unlock(StationWorld(), 2) is UnlockStatus.UNKNOWN_CONNECTOR
    assert _unlock(StationWorld(), 1, 9) is UnlockStatus.UNKNOWN_CONNECTOR


@pytest.mark.req("F05.FR.04", "F05.FR.06")
def test_a_free_connector_is_unlocked() -> None:
    """Tried and done, even with no cable in it."""
    assert _unlock(StationWorld()) is UnlockStatus.UNLOCKED


@pytest.mark.req("F05.FR.05")
def test_a_stuck_lock_is_told() -> None:
    """UnlockFailed."""
    world = StationWorld()
    world.locks_jammed.add(1)
    assert _unlock(world) is UnlockStatus.UNLOCK_FAILED


@pytest.mark.req("F05.FR.04", "F05.FR.05")
def test_a_plug_whose_lock_did_not_open_is_still_locked() -> None:
    """Whoever looks sees it so; it is tried again by the CSMS, or with the next driver, and not all the time."""
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    world.locks_jammed.add(1)
    world.tap("ANNA")
    world.pass_time(600)
    assert (_locked(world), world.hardware.is_locked(1, 1)) == (True, True)
    assert [one.locked for one in world.actions if isinstance(one, SetLock)] == [True, False]
    assert _lock_says(world) == {"Active": "true", "Problem": "true"}
    assert _unlock(world) is UnlockStatus.UNLOCK_FAILED
    assert _locked(world)
    world.locks_jammed.clear()
    assert _unlock(world) is UnlockStatus.UNLOCKED
    assert (_locked(world), world.hardware.is_locked(1, 1)) == (False, False)
    assert _lock_says(world) == {"Active": "false", "Problem": "false"}


def _locked(world: StationWorld) -> bool:
    return world.core.overview().evses[0].locked[1]


def _lock_says(world: StationWorld) -> dict[str, str]:
    found = [(spec.name, value) for spec, value in world.core.variables()]
    wanted = ("Active", "Problem")
    lock = "ConnectorPlugRetentionLock"
    return {name.variable: value for name, value in found if name.component == lock and name.variable in wanted}


def test_unlock_frees_a_held_cable() -> None:
    """The cable of a driver who was deauthorized."""
    world = StationWorld(variables={"OCPPCommCtrlr.UnlockOnEVSideDisconnect": "false"})
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    world.unplug(at_vehicle=True)
    assert _unlock(world) is UnlockStatus.UNLOCKED
    assert not world.hardware.is_locked(1, 1)
