"""However a transaction ends: of too many readings for its last event, intermediate ones go first (2.x: meter data of Ended)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from pilotwire.domain.remote_control import RequestStop
from pilotwire.domain.transactions import EventKind
from pilotwire.station.core.contracts import SessionTerminated
from tests.support.station_world import StationWorld

LIMIT = 8
EVERY = 10
"""Seconds between two readings for the end."""


def _stopped_by_card(world: StationWorld) -> None:
    world.pass_time(300)
    world.tap("ANNA")


def _stopped_offline(world: StationWorld) -> None:
    world.cut()
    world.pass_time(300)
    world.tap("ANNA")
    world.connect()


def _offline_on_the_way(world: StationWorld) -> None:
    world.pass_time(100)
    world.cut()
    world.pass_time(100)
    world.connect()
    world.pass_time(100)
    world.tap("ANNA")


def _pulled_at_the_vehicle(world: StationWorld) -> None:
    world.pass_time(300)
    world.unplug(at_vehicle=True)


def _pulled_and_plugged_again(world: StationWorld) -> None:
    world.pass_time(150)
    car = world.hardware.vehicle_at(1)
    world.unplug(at_vehicle=True)
    world.plug(car=car)  # type: ignore[arg-type]
    world.pass_time(150)
    world.tap("ANNA")


def _session_terminated(world: StationWorld) -> None:
    world.pass_time(300)
    world.feed(SessionTerminated(1))


def _stopped_remotely(world: StationWorld) -> None:
    world.pass_time(300)
    world.command(RequestStop(transaction_id=world.transaction or ""))


STAYS = {"TxCtrlr.StopTxOnEVSideDisconnect": "false", "TxCtrlr.TxStopPoint": "Authorized"}
WAYS: dict[str, tuple[Callable[[StationWorld], None], dict[str, str], tuple[str, ...]]] = {
    "by the card": (_stopped_by_card, {}, ("E07.FR.10",)),
    "offline": (_stopped_offline, {}, ("E08.FR.11",)),
    "offline on the way": (_offline_on_the_way, {}, ("E12.FR.09",)),
    "pulled at the vehicle": (_pulled_at_the_vehicle, {}, ("E09.FR.07",)),
    "pulled and plugged again": (_pulled_and_plugged_again, STAYS, ("E10.FR.06",)),
    "session terminated": (_session_terminated, {"TxCtrlr.TxStopPoint": "Authorized"}, ("E15.FR.03",)),
    "remotely": (_stopped_remotely, {}, ("F03.FR.06", "F04.FR.06")),
}


@pytest.mark.parametrize(
    ("way", "variables"),
    [
        pytest.param(way, variables, marks=pytest.mark.req(*ids), id=name)
        for name, (way, variables, ids) in WAYS.items()
    ],
)
def test_intermediate_readings_go_first_and_new_ones_are_taken_all_the_same(
    way: Callable[[StationWorld], None], variables: dict[str, str]
) -> None:
    """Neither the first is lost, nor are those that come when there is no room any more."""
    wanted = {
        "SampledDataCtrlr.TxEndedMeasurands": "Energy.Active.Import.Register",
        "SampledDataCtrlr.TxEndedInterval": str(EVERY),
    }
    world = StationWorld(variables=wanted | variables, held_limit=LIMIT)
    world.plug()
    world.tap("ANNA")
    began = world.csms.events[0].at
    way(world)
    (ended,) = [event for event in world.csms.events if event.kind is EventKind.ENDED]
    held = [one for one in ended.readings if one.samples[0].context == "Sample.Periodic"]
    after = [one.at - began for one in held]
    assert 2 <= len(held) <= LIMIT
    assert after[0] == timedelta(0), "the first one is lost"
    assert ended.at - held[-1].at < timedelta(seconds=8 * EVERY), "those at the end are lost"
    assert len({later - earlier for earlier, later in pairwise(after)}) <= 4
    assert any("were dropped" in note for note in world.notes)
    values = [one.samples[0].value for one in held]
    assert values == sorted(values)
