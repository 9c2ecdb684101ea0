"""Master passes (C16): their holder stops what others charge, all of it or what is chosen at a screen, and starts nothing."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.domain.identity import IdToken
from pilotwire.domain.transactions import StoppedReason
from pilotwire.station.core.master_pass import NOTHING, MasterPassChoice
from tests.support.station_world import StationWorld, accepted


def station(**settings: Any) -> StationWorld:
    """A station with a screen, two EVSEs, and FIRE as a master pass."""
    variables = {"AuthCtrlr.MasterPassGroupId": "RESCUE", "TxCtrlr.TxStartPoint": "Authorized"}
    world = StationWorld(station="ac-22-dual", variables=variables, **({"master_pass_screen": True} | settings))
    world.csms.tokens["FIRE"] = accepted(IdToken(value="rescue", type="Central"))
    return world


def charging() -> StationWorld:
    """Two drivers charge, and a master pass was shown."""
    world = station()
    for evse, token in ((1, "ANNA"), (2, "CARL")):
        world.plug(evse)
        world.tap(token, evse)
    world.pass_time(30)
    world.tap("FIRE", 1)
    return world


def ended(world: StationWorld) -> list[tuple[int | None, StoppedReason | None, str | None]]:
    """Where a transaction ended, why, and by whose token."""
    return [
        (
            event.address.evse if event.address is not None else None,
            event.stopped_reason,
            event.id_token.value if event.id_token is not None else None,
        )
        for event in world.csms.events
        if event.kind.value == "Ended"
    ]


@pytest.mark.req("C16.FR.01", "C16.FR.03")
@pytest.mark.parametrize(("chosen", "stopped"), [(None, [1, 2]), (2, [2])])
def test_with_a_screen_it_is_chosen_what_is_stopped(chosen: int | None, stopped: list[int]) -> None:
    """Nothing ends before, the screen tells the choices, and one choice is made with one showing."""
    world = charging()
    assert ended(world) == []
    assert world.hardware.display[None] == "Master pass: stop all transactions, or that of EVSE 1 or 2?"
    world.feed(MasterPassChoice(chosen))
    assert ended(world) == [(evse, StoppedReason.MASTER_PASS, "FIRE") for evse in stopped]
    assert world.hardware.display.get(None, "") == ""
    world.feed(MasterPassChoice(None))
    assert len(ended(world)) == len(stopped)
    assert "nobody has shown a master pass" in world.notes[-1]


@pytest.mark.req("C16.FR.01")
def test_the_choice_is_offered_for_a_minute() -> None:
    """Whoever comes later cannot choose."""
    world = charging()
    world.pass_time(61)
    assert world.hardware.display.get(None, "") == ""
    world.feed(MasterPassChoice(None))
    assert ended(world) == []


def test_where_nobody_charges_there_is_nothing_to_choose() -> None:
    """The screen says so."""
    world = station()
    world.tap("FIRE", None)
    assert world.hardware.display[None] == NOTHING
    assert world.csms.events == []


@pytest.mark.req("C16.FR.01", "C16.FR.02")
@pytest.mark.parametrize("screen", [True, False])
def test_who_has_yet_to_plug_in_is_stopped_as_well(screen: bool) -> None:
    """A transaction that has begun without an EVSE is one of all."""
    world = station(master_pass_screen=screen)
    world.tap("ANNA", None)
    world.tap("FIRE", None)
    if screen:
        world.feed(MasterPassChoice(None))
    assert ended(world) == [(None, StoppedReason.MASTER_PASS, "FIRE")]
