"""Several connectors of one EVSE: one is in use at a time, and at the others vehicles may wait (E01.FR.14, G01.FR.03)."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.domain.availability import Activity, Availability
from pilotwire.station.hardware.ports import AcSupply, ConnectorLayout, EvseLayout, StationLayout
from tests.support.station_world import StationWorld

BOTH = StationLayout((EvseLayout(1, AcSupply(), (ConnectorLayout(1, "sType2"), ConnectorLayout(2, "cType2"))),))


def two(**settings: Any) -> StationWorld:
    """An EVSE with a socket and a cable, at the socket somebody charges."""
    world = StationWorld(station=BOTH, **settings)
    world.plug(1, 1)
    world.tap("ANNA")
    world.pass_time(30)
    return world


def begun(world: StationWorld) -> list[tuple[str, int | None]]:
    """The transactions that have begun, and at which connector."""
    started = [event for event in world.csms.events if event.kind.value == "Started"]
    return [(event.transaction_id or "", event.address.connector if event.address else None) for event in started]


def state(world: StationWorld, connector: int) -> Availability:
    """What the CSMS was told of a connector last."""
    return world.csms.statuses(1, connector)[-1].availability


@pytest.mark.req("E01.FR.14", "G01.FR.03", "G01.FR.08")
def test_while_one_connector_charges_nothing_begins_at_the_other() -> None:
    """It is Occupied once a vehicle is there, and not before; nobody's card begins anything, and the first goes on."""
    world = two()
    assert state(world, 2) is Availability.AVAILABLE
    car = world.plug(1, 2)
    assert state(world, 2) is Availability.OCCUPIED
    world.tap("CARL")
    world.pass_time(60)
    assert (begun(world), car.meter.delivered_wh) == ([("tx-1", 1)], 0)
    assert world.hardware.contactor_closed(1)
    world.unplug(1, 2)
    assert (state(world, 1), state(world, 2)) == (Availability.OCCUPIED, Availability.AVAILABLE)
    assert ("Ended", "EVCommunicationLost") not in world.csms.told()


@pytest.mark.req("E01.FR.14", "E01.FR.02")
@pytest.mark.parametrize("leaves", [True, False])
def test_the_one_who_waited_is_next(leaves: bool) -> None:
    """When the transaction has ended and the plug is free, whether or not it is pulled; each Wh is booked where it went."""
    world = two()
    car = world.plug(1, 2)
    world.tap("ANNA")
    if leaves:
        world.unplug(1, 1)
    assert begun(world) == [("tx-1", 1), ("tx-2", 2)]
    world.tap("CARL")
    world.pass_time(60)
    world.tap("CARL")
    assert world.csms.booked["tx-2"] == car.meter.delivered_wh > 0
    assert (state(world, 1), state(world, 2)) == (
        Availability.AVAILABLE if leaves else Availability.OCCUPIED,
        Availability.OCCUPIED,
    )


@pytest.mark.req("E01.FR.02")
def test_who_had_a_turn_begins_nothing_by_itself() -> None:
    """It keeps its plug in, and charges again only when somebody asks for it."""
    world = two()
    world.plug(1, 2)
    world.tap("ANNA")
    world.tap("CARL")
    world.pass_time(30)
    world.tap("CARL")
    world.unplug(1, 2)
    world.pass_time(60)
    assert len(begun(world)) == 2
    world.tap("ANNA")
    assert begun(world)[-1] == ("tx-3", 1)


def test_of_two_who_have_begun_nothing_the_last_is_meant() -> None:
    """Both are Occupied, and the card is for the one plugged in last; when that has gone, for the other."""
    world = StationWorld(station=BOTH, variables={"TxCtrlr.TxStartPoint": "PowerPathClosed"})
    first = world.plug(1, 1)
    second = world.plug(1, 2)
    assert (state(world, 1), state(world, 2)) == (Availability.OCCUPIED, Availability.OCCUPIED)
    world.tap("ANNA")
    world.pass_time(60)
    assert begun(world) == [("tx-1", 2)]
    assert second.meter.delivered_wh > 0 == first.meter.delivered_wh
    world.tap("ANNA")
    world.unplug(1, 2)
    world.tap("CARL")
    world.pass_time(60)
    assert begun(world)[-1] == ("tx-2", 1)
    assert first.meter.delivered_wh > 0


def test_where_nobody_is_asked_the_next_vehicle_charges_at_once() -> None:
    """Authorization is off (C02)."""
    world = StationWorld(station=BOTH, variables={"AuthCtrlr.Enabled": "false"})
    world.plug(1, 1)
    car = world.plug(1, 2)
    world.pass_time(60)
    assert car.meter.delivered_wh == 0
    world.does(world.hardware.press_stop_button(1))
    world.pass_time(60)
    assert begun(world) == [("tx-1", 1), ("tx-2", 2)]
    assert car.meter.delivered_wh > 0


@pytest.mark.req("E17.FR.10")
@pytest.mark.parametrize("timeout", ["0", "300"])
def test_after_a_restart(timeout: str) -> None:
    """The transaction goes on at its own connector; where it is ended, nothing begins by itself."""
    world = two(variables={"TxCtrlr.ResumptionTimeout": timeout})
    world.plug(1, 2)
    world.kill()
    world.pass_time(30)
    assert begun(world) == [("tx-1", 1)]
    assert (state(world, 1), state(world, 2)) == (Availability.OCCUPIED, Availability.OCCUPIED)
    assert world.transaction == (None if timeout == "0" else "tx-1")


@pytest.mark.req("1.6:4.9")
def test_in_1_6_each_says_what_it_does() -> None:
    """Charging here, Preparing there, and Finishing where a cable was left."""
    world = two(ocpp16=True)
    world.plug(1, 2)
    assert [world.csms.statuses(1, one)[-1].activity for one in (1, 2)] == [Activity.CHARGING, Activity.PREPARING]
    world.unplug(1, 1, at_vehicle=True)
    world.tap("CARL")
    world.pass_time(30)
    assert [world.csms.statuses(1, one)[-1].activity for one in (1, 2)] == [Activity.FINISHING, Activity.CHARGING]
    world.unplug(1, 1)
    assert state(world, 1) is Availability.AVAILABLE
