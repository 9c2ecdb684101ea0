"""Connector states: told when they change, changed by the CSMS, kept over restarts."""

from __future__ import annotations

import pytest

from pilotwire.domain.availability import (
    Activity,
    Availability,
    ChangeAvailability,
    ChangeAvailabilityOutcome,
    ChangeAvailabilityStatus,
    ConnectorStatus,
)
from pilotwire.domain.identity import STATION, EvseAddress
from tests.support.station_world import StationWorld

ACCEPTED = ChangeAvailabilityOutcome(status=ChangeAvailabilityStatus.ACCEPTED)
SCHEDULED = ChangeAvailabilityOutcome(status=ChangeAvailabilityStatus.SCHEDULED)
REJECTED = ChangeAvailabilityOutcome(status=ChangeAvailabilityStatus.REJECTED)


def _out(world: StationWorld, evse: int = 1, connector: int | None = None, *, operative: bool = False) -> object:
    return world.command(ChangeAvailability(operative=operative, address=EvseAddress(evse=evse, connector=connector)))


def _last(world: StationWorld, evse: int = 1) -> Availability:
    return world.csms.statuses(evse)[-1].availability


@pytest.mark.req("G01.FR.03", "G01.FR.04", "E02.FR.05", "G01.FR.01")
def test_a_cable_comes_and_goes() -> None:
    """Available, Occupied, Available."""
    world = StationWorld()
    world.plug()
    world.unplug()
    seen = [state.availability for state in world.csms.statuses()]
    assert seen == [Availability.AVAILABLE, Availability.OCCUPIED, Availability.AVAILABLE]


def test_the_course_of_a_charge_in_nine_states() -> None:
    """What 1.6 shows: Preparing, Charging, SuspendedEV, Finishing (1.6:4.9)."""
    world = StationWorld(ocpp16=True)
    world.tap("ANNA")
    world.plug(car=world.car(energy_wh=200))
    world.pass_time(600)
    world.tap("ANNA")
    world.unplug()
    seen = [state.activity for state in world.csms.statuses()]
    assert seen == [
        None, Activity.PREPARING, Activity.CHARGING, Activity.SUSPENDED_EV, Activity.FINISHING, None,
    ]  # fmt: skip


def test_only_the_connector_in_use_is_told() -> None:
    """With two EVSEs the other one stays as it was."""
    world = StationWorld(station="ac-22-dual")
    world.plug(2)
    assert [state.availability for state in world.csms.statuses(1)] == [Availability.AVAILABLE]
    assert _last(world, 2) is Availability.OCCUPIED


@pytest.mark.req("G01.FR.07", "G03.FR.01", "G03.FR.02", "G03.FR.04", "G03.FR.07")
def test_the_csms_takes_an_evse_out_and_back() -> None:
    """Unavailable and back to what it was, each told; nobody can charge meanwhile."""
    world = StationWorld()
    assert _out(world) == ACCEPTED
    assert _last(world) is Availability.UNAVAILABLE
    world.plug()
    world.tap("ANNA")
    assert world.transaction is None
    assert _out(world, operative=True) == ACCEPTED
    assert _last(world) is Availability.OCCUPIED


@pytest.mark.req("G03.FR.03", "G04.FR.04")
@pytest.mark.parametrize("evse", [0, 1])
def test_asking_for_what_is_so_is_accepted(evse: int) -> None:
    """Twice out of use, and in use while in use."""
    world = StationWorld()
    assert _out(world, evse, operative=True) == ACCEPTED
    assert _out(world, evse) == ACCEPTED
    assert _out(world, evse) == ACCEPTED


@pytest.mark.req("G03.FR.05", "G01.FR.07")
def test_a_transaction_is_let_end() -> None:
    """Scheduled; when the transaction has ended the connector is Unavailable."""
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    assert _out(world) == SCHEDULED
    assert _last(world) is Availability.OCCUPIED
    world.tap("ANNA")
    assert _last(world) is Availability.UNAVAILABLE
    world.unplug()
    assert _last(world) is Availability.UNAVAILABLE


@pytest.mark.req("G04.FR.01", "G04.FR.02", "G04.FR.03", "G04.FR.05", "G04.FR.06", "G04.FR.07", "G04.FR.08")
def test_the_whole_station_goes_out_and_comes_back() -> None:
    """Each connector is told; where a transaction runs, after it."""
    world = StationWorld(station="ac-22-dual")
    world.plug(1)
    world.tap("ANNA", 1)
    world.pass_time(30)
    assert _out(world, 0) == SCHEDULED
    assert _last(world, 2) is Availability.UNAVAILABLE
    world.tap("ANNA", 1)
    assert _last(world, 1) is Availability.UNAVAILABLE
    _out(world, 0, operative=True)
    assert (_last(world, 1), _last(world, 2)) == (Availability.OCCUPIED, Availability.AVAILABLE)


@pytest.mark.req("B01.FR.07", "G01.FR.02", "G03.FR.08", "G04.FR.09", "B11.FR.02")
@pytest.mark.parametrize("evse", [0, 1])
def test_out_of_use_outlives_a_power_failure(evse: int) -> None:
    """Unavailable is told again after the restart."""
    world = StationWorld()
    _out(world, evse)
    world.kill()
    assert _last(world) is Availability.UNAVAILABLE


def test_places_that_do_not_exist_are_rejected() -> None:
    """An unknown EVSE or connector."""
    world = StationWorld()
    assert _out(world, 9) == REJECTED
    assert _out(world, 1, 9) == REJECTED
    assert _out(world, 1, 1) == ACCEPTED


def test_faults_are_told_with_their_code_and_go() -> None:
    """Faulted with the problem; back when it is mended; a harmless one leaves the state as it is."""
    world = StationWorld()
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 1, info="RCD", vendor_error_code="E7"))
    state = world.csms.statuses()[-1]
    assert state.problem is not None
    assert (state.availability, state.problem.code) == (Availability.FAULTED, "GroundFailure")
    assert (state.problem.info, state.problem.vendor_error_code) == ("RCD", "E7")
    world.does(world.hardware.clear_fault("GROUND_FAILURE", 1))
    assert _last(world) is Availability.AVAILABLE
    world.does(world.hardware.raise_fault("POWER_METER_FAILURE", 1, 1))
    state = world.csms.statuses()[-1]
    assert state.problem is not None
    assert (state.availability, state.problem.code) == (Availability.AVAILABLE, "PowerMeterFailure")


def test_the_emergency_stop_faults_the_station() -> None:
    """All connectors and the station as a whole, until it is released."""
    world = StationWorld()
    world.does(world.hardware.press_emergency_stop())
    assert _last(world) is Availability.FAULTED
    station = [fact for fact in world.csms.heard if isinstance(fact, ConnectorStatus) and fact.address == STATION]
    assert station[-1].state.availability is Availability.FAULTED
    world.does(world.hardware.release_emergency_stop())
    assert _last(world) is Availability.AVAILABLE


def test_after_a_short_break_only_changes_are_told() -> None:
    """Within OfflineThreshold nothing is repeated; what changed is told with the state before."""
    world = StationWorld(station="ac-22-dual")
    world.cut()
    world.plug(2)
    world.pass_time(30)
    before = len(world.csms.of(ConnectorStatus))
    world.connect()
    told = world.csms.of(ConnectorStatus)[before:]
    assert [fact.address.evse for fact in told if isinstance(fact, ConnectorStatus)] == [2]


def test_after_a_long_break_all_states_are_told() -> None:
    """Beyond OfflineThreshold (2.x Part 2, OfflineThreshold)."""
    world = StationWorld(station="ac-22-dual")
    world.cut()
    world.pass_time(61)
    before = len(world.csms.of(ConnectorStatus))
    world.connect()
    assert len(world.csms.of(ConnectorStatus)) - before == 3


def test_a_state_that_got_no_answer_is_told_again() -> None:
    """The line broke before the answer came."""
    world = StationWorld()
    world.csms.silent = lambda fact: isinstance(fact, ConnectorStatus)
    world.plug()
    world.cut()
    world.csms.silent = lambda _: False
    world.connect()
    assert [state.availability for state in world.csms.statuses()][-2:] == [Availability.OCCUPIED] * 2


@pytest.mark.req("G03.FR.03", "G04.FR.04")
@pytest.mark.parametrize(("address", "told"), [(EvseAddress(evse=0), 2), (EvseAddress(evse=1), 1)])
def test_a_csms_that_asks_for_what_is_so_is_told_once_more(address: EvseAddress, told: int) -> None:
    """It seems not to know the states there, so they are said again; those of other places are not."""
    world = StationWorld(station="ac-22-dual")
    before = len(world.csms.heard)
    world.command(ChangeAvailability(operative=True, address=address))
    places = [fact.address for fact in world.csms.heard[before:] if isinstance(fact, ConnectorStatus)]
    assert len([place for place in places if not place.is_station]) == told


@pytest.mark.req("E10.FR.03")
def test_a_connector_is_free_when_the_cable_is_out_though_its_transaction_waits() -> None:
    """In 2.x a connector is taken by a cable, not by a transaction whose vehicle is gone."""
    variables = {"TxCtrlr.StopTxOnEVSideDisconnect": "false", "TxCtrlr.TxStopPoint": "Authorized"}
    world = StationWorld(station="wallbox-11", variables=variables)
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    world.unplug(at_vehicle=True)
    assert world.transaction is not None
    assert world.csms.statuses()[-1].availability is Availability.AVAILABLE
