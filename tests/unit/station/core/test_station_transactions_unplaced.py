"""A transaction that begins before its EVSE is known: at a reader for the whole station, TxStartPoint Authorized (E01.FR.03, E01.FR.17)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pilotwire.domain.authorization import AuthorizationAsked
from pilotwire.domain.availability import ChangeAvailability, ChangeAvailabilityOutcome, ChangeAvailabilityStatus
from pilotwire.domain.identity import STATION, EvseAddress
from pilotwire.domain.provisioning import Reset, ResetKind, ResetOutcome, ResetStatus
from pilotwire.domain.remote_control import RequestStatus, RequestStop, RequestStopOutcome
from pilotwire.domain.transactions import (
    ChargingState,
    GetTransactionStatus,
    StoppedReason,
    TransactionStatusOutcome,
)
from pilotwire.station.core import Answered, Say
from pilotwire.station.hardware.ports import EmergencyStopPressed
from tests.support.station_world import StationWorld, accepted, not_accepted


def waiting(**variables: str) -> StationWorld:
    """Anna has held her card to the reader of a station with two EVSEs."""
    named = {name.replace("__", "."): value for name, value in variables.items()}
    world = StationWorld(station="ac-22-dual", variables={"TxCtrlr.TxStartPoint": "Authorized"} | named)
    world.tap("ANNA", None)
    return world


def ends(world: StationWorld) -> list[tuple[str, str, str | None, StoppedReason | None]]:
    """Id, trigger, place and reason of each end that was told."""
    return [
        (
            event.transaction_id or "",
            event.trigger.value,
            event.address and str(event.address.evse),
            event.stopped_reason,
        )
        for event in world.csms.events
        if event.kind.value == "Ended"
    ]


@pytest.mark.req("E01.FR.03", "E01.FR.10", "E01.FR.16", "E01.FR.17", "E02.FR.21", "E03.FR.11", "E04.FR.11", "E05.FR.08")
def test_it_is_told_without_an_evse_until_there_is_one() -> None:
    """The values of the beginning are told with the EVSE, and every Wh from there on is booked."""
    world = waiting()
    started = world.csms.events[0]
    assert (started.address, started.readings, started.charging_state) == (None, (), ChargingState.IDLE)
    assert started.id_token is not None
    world.pass_time(20)
    car = world.plug(2)
    world.pass_time(130)
    world.tap("ANNA", None)
    assert world.csms.told() == [
        ("Started", "Authorized"),
        ("Updated", "CablePluggedIn"),
        ("Updated", "ChargingStateChanged"),
        ("Ended", "StopAuthorized"),
    ]
    placed = world.csms.events[1]
    assert placed.address == EvseAddress(evse=2, connector=1)
    (begin,) = placed.readings
    assert {sample.context for sample in begin.samples} == {"Transaction.Begin"}
    assert begin.at == placed.at
    assert [event.seq_no for event in world.csms.events] == list(range(len(world.csms.events)))
    register = begin.samples[0].value
    last = world.csms.events[-1].readings[-1].samples[0].value
    assert last - register == Decimal(car.meter.delivered_wh) > 0
    assert world.core.overview().evses[1].transaction_id is None


@pytest.mark.req("E03.FR.05")
def test_nobody_plugs_in() -> None:
    """It ends with EVConnectionTimeOut, and a vehicle that comes later begins nothing."""
    world = waiting()
    world.pass_time(61)
    assert ends(world) == [("tx-1", "EVConnectTimeout", None, StoppedReason.TIMEOUT)]
    world.plug(1)
    assert world.core.overview().evses[0].transaction_id is None


@pytest.mark.req("E07.FR.01")
@pytest.mark.parametrize("token", ["ANNA", "BERT"])
def test_the_driver_changes_their_mind(token: str) -> None:
    """The same card, or one of its group, ends it again."""
    world = waiting()
    world.tap(token, None)
    assert ends(world) == [("tx-1", "StopAuthorized", None, StoppedReason.LOCAL)]
    assert world.csms.events[-1].id_token is not None


def test_one_after_the_other() -> None:
    """While one driver has yet to choose an EVSE, nobody else's card is taken: it would not be known who plugs in."""
    world = waiting()
    world.tap("CARL", None)
    assert len(world.csms.events) == 1
    world.plug(1)
    world.tap("CARL", None)
    world.plug(2)
    assert [evse.id_token for evse in world.core.overview().evses] == ["ANNA", "CARL"]
    assert [evse.transaction_id for evse in world.core.overview().evses] == ["tx-1", "tx-2"]


@pytest.mark.req("F03.FR.07", "E14.FR.03", "E14.FR.02")
def test_the_csms_stops_it() -> None:
    """It is under way for the CSMS like any other."""
    world = waiting()
    asked = GetTransactionStatus(transaction_id="tx-1")
    assert world.command(asked) == TransactionStatusOutcome(messages_in_queue=False, ongoing=True)
    assert world.command(RequestStop(transaction_id="tx-1")) == RequestStopOutcome(status=RequestStatus.ACCEPTED)
    assert ends(world) == [("tx-1", "RemoteStop", None, StoppedReason.REMOTE)]
    assert world.command(asked) == TransactionStatusOutcome(messages_in_queue=False, ongoing=False)


@pytest.mark.req("E05.FR.10", "E05.FR.02")
@pytest.mark.parametrize("stops", [True, False])
def test_the_csms_does_not_accept_the_token(stops: bool) -> None:
    """It ends; where that is not wanted, no energy flows once there is an EVSE."""
    world = StationWorld(
        station="ac-22-dual",
        variables={"TxCtrlr.TxStartPoint": "Authorized", "TxCtrlr.StopTxOnInvalidId": str(stops).lower()},
    )
    world.csms.in_transactions["ANNA"] = not_accepted()
    world.tap("ANNA", None)
    assert ends(world) == ([("tx-1", "Deauthorized", None, StoppedReason.DEAUTHORIZED)] if stops else [])
    car = world.plug(1)
    world.pass_time(100)
    assert car.meter.delivered_wh == 0
    assert world.core.overview().evses[0].transaction_id == (None if stops else "tx-1")


@pytest.mark.req("B12.FR.01", "B12.FR.03", "G04.FR.03")
def test_what_waits_for_transactions_waits_for_it() -> None:
    """A reset on idle, and a station going out of use; an immediate reset ends it."""
    world = waiting()
    assert world.command(Reset(kind=ResetKind.ON_IDLE)) == ResetOutcome(status=ResetStatus.SCHEDULED)
    world.pass_time(61)
    assert len(world.restarts) == 1
    world.tap("ANNA", None)
    out = ChangeAvailability(address=STATION, operative=False)
    assert world.command(out) == ChangeAvailabilityOutcome(status=ChangeAvailabilityStatus.SCHEDULED)
    assert world.command(Reset(kind=ResetKind.IMMEDIATE)) == ResetOutcome(status=ResetStatus.ACCEPTED)
    world.pass_time(30)
    assert ends(world)[-1] == ("tx-2", "ResetCommand", None, StoppedReason.IMMEDIATE_RESET)


@pytest.mark.req("E06.FR.16")
def test_an_emergency_ends_it() -> None:
    """No energy can flow at any EVSE."""
    world = waiting()
    world.feed(EmergencyStopPressed())
    assert ends(world) == [("tx-1", "AbnormalCondition", None, StoppedReason.EMERGENCY_STOP)]


@pytest.mark.req("E17.FR.10", "E17.FR.14", "E17.FR.20")
@pytest.mark.parametrize("timeout", ["0", "300"])
def test_the_power_fails(timeout: str) -> None:
    """It goes on, or is ended, as transactions at an EVSE are."""
    world = waiting(TxCtrlr__ResumptionTimeout=timeout)
    world.kill()
    if timeout == "0":
        assert ends(world) == [("tx-1", "AbnormalCondition", None, StoppedReason.POWER_LOSS)]
        return
    world.plug(2)
    assert world.csms.told() == [("Started", "Authorized"), ("Updated", "TxResumed"), ("Updated", "CablePluggedIn")]
    assert world.csms.events[-1].address == EvseAddress(evse=2, connector=1)
    assert {event.transaction_id for event in world.csms.events} == {"tx-1"}


@pytest.mark.req("E01.FR.01", "E01.FR.03", "E03.FR.07")
def test_a_vehicle_in_a_bay_is_a_choice() -> None:
    """Who parks with a transaction under way has chosen that bay; who has parked before authorizes the transaction of that bay."""
    both = "Authorized,ParkingBayOccupancy"
    world = waiting(TxCtrlr__TxStartPoint=both)
    world.does(world.hardware.park(2))
    assert world.csms.told() == [("Started", "Authorized"), ("Updated", "EVDetected")]
    assert world.csms.events[-1].address == EvseAddress(evse=2, connector=1)
    world = StationWorld(station="ac-22-dual", variables={"TxCtrlr.TxStartPoint": both})
    world.does(world.hardware.park(1))
    world.tap("ANNA", None)
    assert world.csms.told() == [("Started", "EVDetected"), ("Updated", "Authorized")]
    # with two of them it is not known which is meant until one plugs in
    world.does(world.hardware.park(2))
    world.tap("CARL", None)
    world.plug(2)
    assert [evse.id_token for evse in world.core.overview().evses] == ["ANNA", "CARL"]
    assert {event.transaction_id for event in world.csms.events} == {"tx-1", "tx-2"}


def test_plugged_in_while_the_csms_is_asked() -> None:
    """The vehicle that came meanwhile is meant."""
    world = StationWorld(station="ac-22-dual", variables={"TxCtrlr.TxStartPoint": "Authorized"})
    world.csms.silent = lambda fact: isinstance(fact, AuthorizationAsked)
    world.tap("ANNA", None)
    world.plug(2)
    (ref,) = [one.ref for one in world.actions if isinstance(one, Say) and isinstance(one.fact, AuthorizationAsked)]
    world.feed(Answered(ref, accepted()))
    assert world.csms.told() == [("Started", "Authorized")]
    assert world.csms.events[0].address == EvseAddress(evse=2, connector=1)
