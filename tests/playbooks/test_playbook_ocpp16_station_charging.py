"""Charge point under test, 1.6: sessions of the Core profile, started and stopped at the charge point and from afar."""

from __future__ import annotations

import pytest

from pilotwire.ocpp import v16
from pilotwire.station.hardware.simulated import SimulatedStation
from tests.support.station_world import not_accepted
from tests.support.world16 import World16, names, only, shown

TIMEOUT = 45


def _started(world: World16, id_tag: str = "ANNA") -> v16.StartTransactionRequest:
    """One transaction was started on connector 1 and its connector shows Charging; what else was said is in `world.wire`."""
    world.pass_time(5, step=1)
    told = world.fresh()
    (start,) = only(v16.StartTransactionRequest, told)
    assert (start.connector_id, start.id_tag) == (1, id_tag)
    assert shown(told)[-1] == "Charging"
    return start


def _stopped(world: World16) -> v16.StopTransactionRequest:
    (stop,) = only(v16.StopTransactionRequest, world.wire)
    return stop


def _asks_first(world: World16) -> bool:
    """Whether a remote start is authorized first, as the configuration says."""
    value = world.value("AuthorizeRemoteTxRequests")
    world.fresh()
    return value == "true"


def _remote_start(world: World16, id_tag: str = "ANNA", connector: int = 1) -> str:
    answer: v16.RemoteStartTransactionResponse = world.asks(
        v16.RemoteStartTransactionRequest(id_tag=id_tag, connector_id=connector)
    )
    return answer.status


# --- at the charge point -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:4.1", "1.6:4.8", "1.6:4.9")
def test_tc_003_cs() -> None:
    """Cable first: Preparing, authorization, start, Charging."""
    world = World16()
    world.fresh()
    world.plug()
    assert shown(world.fresh()) == ["Preparing"]
    world.tap("ANNA")
    world.pass_time(5, step=1)
    told = world.fresh()
    assert [told_name for told_name in names(told) if told_name != "StatusNotificationRequest"] == [
        "AuthorizeRequest",
        "StartTransactionRequest",
    ]
    assert shown(told)[-1] == "Charging"


@pytest.mark.req("1.6:4.1", "1.6:4.8", "1.6:4.9")
def test_tc_004_1_cs() -> None:
    """Card first: Preparing, then the cable starts it."""
    world = World16()
    world.authorize()
    world.plug()
    _started(world)


@pytest.mark.req("1.6:4.9")
def test_tc_004_2_cs() -> None:
    """Card first and no cable: available again when ConnectionTimeOut is over, not earlier, and nothing was started."""
    world = World16()
    world.configure(ConnectionTimeOut=str(TIMEOUT))
    world.authorize()
    world.pass_time(TIMEOUT - 1)
    assert world.fresh() == []
    world.pass_time(1)
    told = world.fresh()
    assert names(told) == ["StatusNotificationRequest"]
    assert shown(told) == ["Available"]


@pytest.mark.req("1.6:4.1")
def test_tc_023_cs() -> None:
    """An idTag that is not valid starts nothing; a state is told when it has lasted for MinimumStatusDuration."""
    world = World16()
    world.configure(LocalPreAuthorize="true", MinimumStatusDuration="10")
    world.fresh()
    world.plug()
    assert world.fresh() == []
    world.pass_time(10)
    assert shown(world.fresh()) == ["Preparing"]
    world.csms.tokens["EVE"] = not_accepted()
    world.tap("EVE")
    world.pass_time(20)
    assert names(world.fresh()) == ["AuthorizeRequest"]
    assert not world.hardware.contactor_closed(1)


@pytest.mark.req("1.6:4.9", "1.6:4.8")
def test_tc_041_cs() -> None:
    """A fault is reported, and while it lasts nobody can start."""
    world = World16()
    world.fresh()
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 1))
    told = world.fresh()
    assert shown(told)[-1] == "Faulted"
    world.plug()
    world.tap("ANNA")
    world.pass_time(300)
    assert only(v16.StartTransactionRequest, world.wire) == []


# --- the cable ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:4.10", "1.6:4.9")
def test_tc_005_1_cs() -> None:
    """Pulled at the vehicle: the transaction ends, and the connector is unlocked as configured."""
    world = World16()
    world.configure(StopTransactionOnEVSideDisconnect="true", UnlockConnectorOnEVSideDisconnect="true")
    number = world.charge()
    world.unplug(at_vehicle=True)
    told = world.fresh()
    assert (_stopped(world).reason, _stopped(world).transaction_id) == ("EVDisconnected", number)
    assert shown(told)[-1] == "Finishing"
    assert not world.hardware.is_locked(1, 1)


@pytest.mark.req("1.6:4.10", "1.6:5.18")
def test_tc_005_2_cs() -> None:
    """Pulled at the vehicle: the transaction ends, and the plug stays locked until somebody asks for it."""
    world = World16()
    world.configure(StopTransactionOnEVSideDisconnect="true", UnlockConnectorOnEVSideDisconnect="false")
    world.charge()
    world.unplug(at_vehicle=True)
    told = world.fresh()
    assert _stopped(world).reason == "EVDisconnected"
    assert shown(told)[-1] == "Finishing"
    assert world.hardware.is_locked(1, 1)
    assert world.asks(v16.UnlockConnectorRequest(connector_id=1)).status == "Unlocked"
    assert not world.hardware.is_locked(1, 1)


@pytest.mark.req("1.6:4.9", "1.6:5.12", "1.6:4.10")
def test_tc_005_3_cs() -> None:
    """Pulled at the vehicle, configured to go on: suspended and told why, and stopped from afar."""
    world = World16()
    world.configure(StopTransactionOnEVSideDisconnect="false", UnlockConnectorOnEVSideDisconnect="false")
    number = world.charge()
    world.unplug(at_vehicle=True)
    world.pass_time(2)
    told = world.fresh()
    assert only(v16.StopTransactionRequest, told) == []
    suspended = only(v16.StatusNotificationRequest, told)
    assert {status.status for status in suspended} <= {"SuspendedEV", "SuspendedEVSE"}
    assert [status.info for status in suspended] == ["EV side disconnected"]
    assert world.asks(v16.RemoteStopTransactionRequest(transaction_id=number)).status == "Accepted"
    told = world.fresh()
    assert shown(told)[-1] == "Finishing"
    assert _stopped(world).reason == "Remote"


# --- from afar ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:3.5.1", "1.6:5.11", "1.6:4.8")
def test_tc_007_cs() -> None:
    """An idTag in the cache starts without being asked about."""
    world = World16()
    world.configure(AuthorizationCacheEnabled="true", AuthorizeRemoteTxRequests="true", LocalPreAuthorize="true")
    world.authorize()
    world.pass_time(61)
    assert shown(world.fresh()) == ["Available"]
    world.plug()
    assert shown(world.fresh()) == ["Preparing"]
    assert _remote_start(world) == "Accepted"
    asked = len(only(v16.AuthorizeRequest, world.wire))
    _started(world)
    assert len(only(v16.AuthorizeRequest, world.wire)) == asked == 1


@pytest.mark.req("1.6:5.11", "1.6:4.8")
def test_tc_010_cs() -> None:
    """Cable first, then from afar."""
    world = World16()
    asks_first = _asks_first(world)
    world.plug()
    assert shown(world.fresh()) == ["Preparing"]
    assert _remote_start(world) == "Accepted"
    assert len(only(v16.AuthorizeRequest, world.wire)) == int(asks_first)
    _started(world)


@pytest.mark.parametrize("asks_first", ["true", "false"])
@pytest.mark.req("1.6:5.11", "1.6:4.8")
def test_tc_011_1_cs(asks_first: str) -> None:
    """From afar, then the cable; authorized first or not, as configured."""
    world = World16()
    world.configure(AuthorizeRemoteTxRequests=asks_first)
    expected = int(_asks_first(world))
    assert _remote_start(world) == "Accepted"
    told = world.fresh()
    assert len(only(v16.AuthorizeRequest, told)) == expected == int(asks_first == "true")
    assert shown(told) == ["Preparing"]
    world.plug()
    _started(world)


@pytest.mark.req("1.6:5.11", "1.6:4.9")
def test_tc_011_2_cs() -> None:
    """From afar, and nobody plugs in."""
    world = World16()
    world.configure(ConnectionTimeOut=str(TIMEOUT))
    asks_first = _asks_first(world)
    assert _remote_start(world) == "Accepted"
    told = world.fresh()
    assert len(only(v16.AuthorizeRequest, told)) == int(asks_first)
    assert shown(told) == ["Preparing"]
    world.pass_time(TIMEOUT - 1)
    assert world.fresh() == []
    world.pass_time(1)
    assert shown(world.fresh()) == ["Available"]


@pytest.mark.req("1.6:5.12", "1.6:4.10")
def test_tc_012_cs() -> None:
    """Stopped from afar."""
    world = World16()
    number = world.charge()
    assert world.asks(v16.RemoteStopTransactionRequest(transaction_id=number)).status == "Accepted"
    told = world.fresh()
    assert (_stopped(world).reason, _stopped(world).transaction_id) == ("Remote", number)
    assert shown(told)[-1] == "Finishing"


@pytest.mark.req("1.6:5.11")
def test_tc_026_cs() -> None:
    """A connector that is charging takes no other start."""
    world = World16()
    world.configure(LocalPreAuthorize="false")
    world.charge()
    assert _remote_start(world, "CARL") == "Rejected"
    world.pass_time(5)
    assert len(only(v16.StartTransactionRequest, world.wire)) == 1


@pytest.mark.req("1.6:5.11")
def test_tc_027_cs() -> None:
    """Connector 0 charges nobody."""
    world = World16()
    assert _remote_start(world, connector=0) == "Rejected"
    world.plug()
    world.pass_time(5)
    assert only(v16.StartTransactionRequest, world.wire) == []


@pytest.mark.req("1.6:5.12")
def test_tc_028_cs() -> None:
    """A transaction that nobody knows cannot be stopped, and the one that runs goes on."""
    world = World16()
    number = world.charge()
    assert world.asks(v16.RemoteStopTransactionRequest(transaction_id=number + 900)).status == "Rejected"
    world.pass_time(5)
    assert only(v16.StopTransactionRequest, world.wire) == []
    assert _closed(world.hardware)


def _closed(hardware: SimulatedStation) -> bool:
    return hardware.contactor_closed(1)


# --- who may stop ------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:4.10")
def test_tc_068_cs() -> None:
    """Where no family is known another card stops nothing; neither it nor the one that started, which stops, is asked about."""
    world = World16()
    world.charge("CARL")
    world.tap("ANNA")
    world.pass_time(5)
    told = world.fresh()
    assert not {"StopTransactionRequest", "AuthorizeRequest"} & set(names(told))
    world.tap("CARL")
    told = world.fresh()
    assert only(v16.AuthorizeRequest, told) == []
    assert _stopped(world).id_tag == "CARL"
    assert shown(told)[-1] == "Finishing"


@pytest.mark.req("1.6:3.10", "1.6:4.10")
@pytest.mark.parametrize("asks_first", ["true", "false"], ids=["told-by-Authorize", "told-by-StartTransaction"])
def test_tc_069_cs(asks_first: str) -> None:
    """Another card of the same family may stop, one of another family may not."""
    world = World16()
    world.configure(AuthorizeRemoteTxRequests=asks_first)
    world.charge("ANNA")
    world.tap("CARL")
    told = world.fresh()
    assert [asked.id_tag for asked in only(v16.AuthorizeRequest, told)] == ["CARL"]
    assert only(v16.StopTransactionRequest, told) == []
    world.tap("BERT")
    told = world.fresh()
    (asked,) = only(v16.AuthorizeRequest, told)
    assert asked.id_tag == "BERT"
    assert _stopped(world).id_tag == "BERT"
    assert shown(told)[-1] == "Finishing"


# --- a plug that does not lock -----------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:4.9", "1.6:4.8")
def test_tc_024_cs() -> None:
    """The lock is jammed: the connector is Faulted with its reason, and no transaction is started."""
    world = World16()
    world.fresh()
    assert _remote_start(world) == "Accepted"
    assert shown(world.fresh()) == ["Preparing"]
    world.locks_jammed = {1}
    world.plug()
    world.pass_time(30)
    told = only(v16.StatusNotificationRequest, world.fresh())
    assert (told[-1].status, told[-1].error_code) == ("Faulted", "ConnectorLockFailure")
    assert world.said(v16.StartTransactionRequest) == []
    assert world.hardware.meter(1).power_w == 0


@pytest.mark.req("1.6:4.9", "1.6:4.8")
def test_a_plug_that_locks_the_second_time_charges() -> None:
    world = World16()
    world.tap("ANNA")
    world.locks_jammed = {1}
    world.plug()
    world.unplug()
    assert shown(world.fresh())[-1] == "Available"
    world.locks_jammed = set()
    world.plug()
    world.tap("ANNA")
    _started(world)
