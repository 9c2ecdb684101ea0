"""Battery swaps at the station (functional block S, 2.1): who may, what is told of what goes in and comes out, and how a swap ends."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.authorization import AuthorizationStatus
from pilotwire.domain.availability import Availability, ChangeAvailability
from pilotwire.domain.battery_swap import Battery, BatterySwapped, BatterySwapStatus, RequestBatterySwap
from pilotwire.domain.device_model import GetVariables, VariableName, VariableQuery
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.station.core.actions import Show
from pilotwire.station.core.battery_swap import BatteryInserted, BatteryMeasured, BatteryRemoved, SwapWanted
from pilotwire.station.hardware.simulated import layout
from tests.support.station_world import StationWorld, accepted, not_accepted

CARD = IdToken(value="CARD", type="ISO14443")


def swap_station(*, full: bool = True, **more: Any) -> StationWorld:
    """Two slots; a charged battery in the first of them."""
    world = StationWorld(station="ac-22-dual", swap_slots=2, **more)
    world.csms.tokens["CARD"] = accepted()
    if full:
        put_in(world, 1, "FULL", 95)
    return world


def put_in(world: StationWorld, slot: int, serial: str, soc: int | str = 10, soh: int = 90) -> None:
    """A battery goes into a slot."""
    battery = Battery(evse_id=slot, serial_number=serial, soc=Decimal(soc), soh=Decimal(soh))
    world.feed(BatteryInserted(battery))


def ask(world: StationWorld, request_id: int = 7) -> Any:
    """The CSMS asks for a swap."""
    return world.command(RequestBatterySwap(request_id=request_id, id_token=CARD))


def told(world: StationWorld) -> list[tuple[str, int, tuple[str, ...]]]:
    """What the CSMS has heard of swaps: event, request id, serial numbers."""
    facts = [fact for fact in world.csms.heard if isinstance(fact, BatterySwapped)]
    assert all(fact.id_token == CARD for fact in facts)
    return [(fact.event.value, fact.request_id, tuple(each.serial_number for each in fact.batteries)) for fact in facts]


def availability(world: StationWorld, slot: int) -> Availability:
    """The last state told of a slot."""
    return world.csms.statuses(slot)[-1].availability


SWAPPED = [("BatteryIn", 7, ("OLD",)), ("BatteryOut", 7, ("FULL",))]


@pytest.mark.req("S02.FR.01", "S02.FR.02", "S03.FR.01", "S03.FR.03")
def test_a_swap_the_csms_asks_for_has_its_request_id() -> None:
    world = swap_station()
    assert ask(world).status is BatterySwapStatus.ACCEPTED
    put_in(world, 2, "OLD", 12, 88)
    world.feed(BatteryRemoved(1))
    assert told(world) == SWAPPED
    (went_in, _) = [fact for fact in world.csms.heard if isinstance(fact, BatterySwapped)]
    assert went_in.batteries == (Battery(evse_id=2, serial_number="OLD", soc=Decimal(12), soh=Decimal(88)),)
    put_in(world, 1, "LATER")
    assert told(world) == SWAPPED, "the swap is over"


@pytest.mark.req("S02.FR.04")
@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        pytest.param(lambda world: world.feed(BatteryRemoved(1)), "NoBatteryAvailable", id="none there"),
        pytest.param(
            lambda world: world.feed(BatteryMeasured(1, Decimal(79))), "NoBatteryAvailable", id="none is charged"
        ),
        pytest.param(lambda world: put_in(world, 2, "MORE"), "Unspecified", id="no slot is empty"),
        pytest.param(ask, "InvalidMessageSeq", id="another is under way"),
        pytest.param(
            lambda world: world.command(ChangeAvailability(address=EvseAddress(evse=1), operative=False)),
            "NoBatteryAvailable",
            id="the slot is out of use",
        ),
    ],
)
def test_a_swap_that_cannot_be_is_rejected_with_a_reason(prepare: Any, code: str) -> None:
    world = swap_station()
    prepare(world)
    outcome = ask(world, 8)
    assert (outcome.status, outcome.reason.code) == (BatterySwapStatus.REJECTED, code)


def test_a_station_has_no_slots_unless_said() -> None:
    world = StationWorld()
    put_in(world, 1, "FULL", 95)
    outcome = ask(world)
    assert (outcome.status, outcome.reason.code) == (BatterySwapStatus.REJECTED, "UnsupportedRequest")
    assert "no slot" in world.notes[-1]


@pytest.mark.req("S01.FR.01")
def test_a_driver_is_authorized_and_shown_an_empty_slot() -> None:
    world = swap_station()
    world.feed(SwapWanted(CARD))
    assert Show(2, "Accepted. Put your battery in here.") in world.actions
    put_in(world, 2, "OLD")
    world.feed(BatteryRemoved(1))
    assert [(event, serials) for event, _, serials in told(world)] == [(a, c) for a, _, c in SWAPPED]
    assert len({number for _, number, _ in told(world)}) == 1


def test_each_swap_of_the_station_has_an_id_of_its_own() -> None:
    world = swap_station()
    for full, empty in ((1, 2), (2, 1)):
        world.feed(SwapWanted(CARD))
        put_in(world, empty, f"OLD{empty}")
        world.feed(BatteryRemoved(full), BatteryMeasured(empty, Decimal(90)))
    assert len({number for _, number, _ in told(world)}) == 2


@pytest.mark.req("S03.FR.05")
def test_a_driver_is_refused_where_nothing_is_charged() -> None:
    world = swap_station(full=False)
    world.feed(SwapWanted(CARD))
    assert Show(None, "No battery is charged.") in world.actions
    put_in(world, 2, "OLD")
    assert told(world) == []


def test_a_driver_who_is_not_accepted_swaps_nothing() -> None:
    world = swap_station()
    world.csms.tokens["CARD"] = not_accepted(AuthorizationStatus.BLOCKED)
    world.feed(SwapWanted(CARD))
    put_in(world, 2, "OLD")
    assert told(world) == []


@pytest.mark.req("S01.FR.02", "S02.FR.05")
@pytest.mark.parametrize("begin", [ask, lambda world: world.feed(SwapWanted(CARD))], ids=["by the CSMS", "by a card"])
def test_nobody_brings_a_battery_in_time(begin: Any) -> None:
    world = swap_station(variables={"BatterySwapCtrlr.Timeout[In]": "20"})
    begin(world)
    world.pass_time(21)
    put_in(world, 2, "OLD")
    assert told(world) == []


@pytest.mark.req("S03.FR.06")
def test_the_battery_offered_is_not_taken_in_time() -> None:
    world = swap_station(variables={"BatterySwapCtrlr.Timeout[In]": "20", "BatterySwapCtrlr.Timeout[Out]": "30"})
    ask(world)
    world.pass_time(15)
    put_in(world, 2, "OLD")
    world.pass_time(29)
    assert len(told(world)) == 1
    world.pass_time(2)
    assert told(world) == [SWAPPED[0], ("BatteryOutTimeout", 7, ("FULL",))]
    world.feed(BatteryRemoved(1))
    assert len(told(world)) == 2, "the swap is over"


@pytest.mark.req("S03.FR.02", "S03.FR.04", "S04.FR.05")
def test_a_slot_is_occupied_until_its_battery_is_charged_or_gone() -> None:
    world = swap_station()
    put_in(world, 2, "OLD", 12)
    assert (availability(world, 1), availability(world, 2)) == (Availability.AVAILABLE, Availability.OCCUPIED)
    world.feed(BatteryMeasured(2, Decimal(80)))
    assert availability(world, 2) is Availability.AVAILABLE
    world.feed(BatteryMeasured(2, Decimal(50)))
    assert availability(world, 2) is Availability.OCCUPIED
    world.feed(BatteryRemoved(2))
    assert availability(world, 2) is Availability.AVAILABLE


def test_the_new_one_may_come_out_first() -> None:
    world = swap_station()
    ask(world)
    world.feed(BatteryRemoved(1))
    put_in(world, 1, "OLD")
    assert told(world) == SWAPPED[::-1]
    assert ask(world, 8).reason.code == "NoBatteryAvailable", "the swap is over"


def test_a_set_goes_in_before_the_first_comes_out() -> None:
    world = StationWorld(station=_four_slots(), swap_slots=4)
    for slot in (1, 2):
        put_in(world, slot, f"FULL{slot}", 90 + slot)
    ask(world)
    put_in(world, 3, "OLD3", 99)
    put_in(world, 4, "OLD4")
    world.feed(BatteryRemoved(2), BatteryRemoved(1))
    out = [("BatteryOut", 7, ("FULL2",)), ("BatteryOut", 7, ("FULL1",))]
    assert told(world) == [("BatteryIn", 7, ("OLD3",)), ("BatteryIn", 7, ("OLD4",)), *out]
    shown = [action.evse_id for action in world.actions if action in (Show(1, _TAKE), Show(2, _TAKE), Show(3, _TAKE))]
    assert shown == [2, 1], "the fullest first, and never one that was brought"


_TAKE = "Take this battery."


def _four_slots() -> Any:
    one = layout("ac-22-dual")
    return replace(one, evses=tuple(replace(one.evses[0], evse_id=number) for number in (1, 2, 3, 4)))


def test_what_happens_offline_is_told_later_in_order() -> None:
    world = swap_station()
    ask(world)
    world.cut()
    put_in(world, 2, "OLD")
    world.feed(BatteryRemoved(1))
    assert told(world) == []
    world.connect()
    assert told(world) == SWAPPED


def test_a_swap_survives_a_power_failure() -> None:
    world = swap_station()
    ask(world)
    put_in(world, 2, "OLD")
    world.kill()
    assert availability(world, 2) is Availability.OCCUPIED
    world.feed(BatteryRemoved(1))
    assert told(world) == SWAPPED


@pytest.mark.parametrize(
    ("slot", "serial", "soc"),
    [(3, "X", "10"), (1, "X", "10"), (2, "", "10"), (2, "X" * 51, "10"), (2, "X", "101"), (2, "X", "NaN")],
    ids=["no slot", "not empty", "no serial number", "a long one", "too full", "no number"],
)
def test_a_battery_that_cannot_be_is_noted_and_left_out(slot: int, serial: str, soc: str) -> None:
    world = swap_station()
    ask(world)
    put_in(world, slot, serial, soc)
    assert "not taken into account" in world.notes[-1]
    assert told(world) == []
    assert world.kept() == []


def test_a_full_outbox_does_not_lose_what_a_driver_pays_for() -> None:
    world = swap_station(outbox_limit=1)
    ask(world)
    world.cut()
    put_in(world, 2, "OLD")
    world.feed(BatteryRemoved(1))
    world.connect()
    assert told(world) == SWAPPED


def test_a_driver_who_took_one_and_brings_none_ends_the_swap_by_the_time_to_bring_it() -> None:
    world = swap_station(variables={"BatterySwapCtrlr.Timeout[In]": "20"})
    ask(world)
    world.feed(BatteryRemoved(1))
    world.pass_time(21)
    assert world.notes[-1] == "Swap 7 ended by its timeout: 0 batteries went in, 1 came out."
    put_in(world, 2, "OLD")
    assert told(world) == SWAPPED[1:]


def test_the_csms_reads_whether_there_are_slots() -> None:
    asked = GetVariables(asked=(VariableQuery(name=VariableName(component="BatterySwapCtrlr", variable="Available")),))
    values = [world.command(asked).results[0].value for world in (swap_station(), StationWorld())]  # type: ignore[union-attr]
    assert values == ["true", "false"]
