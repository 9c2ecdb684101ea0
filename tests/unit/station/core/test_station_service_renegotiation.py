"""A way of energy transfer that the CSMS refuses, at a station that can negotiate another with the vehicle (Q01.FR.05, Q01.FR.06)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.kinds import Fact, Verdict, changed
from pilotwire.domain.smart_charging import (
    ChargingNeeds,
    ChargingNeedsStatus,
    ChargingNeedsVerdict,
    EVChargingNeedsNotified,
    V2XChargingParameters,
)
from pilotwire.domain.transactions import EventKind, StoppedReason, TriggerReason
from pilotwire.domain.v2x import NotifyAllowedEnergyTransfer
from pilotwire.errors import MisuseError
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.vehicle_needs import NeedsTold, ScheduleOffer
from pilotwire.station.core.vehicle_sessions import ServiceRenegotiation
from tests.support.both_ways import both_ways, moded, period, power, put
from tests.support.station_world import Csms, StationWorld

SUPPORT = "ISO15118Ctrlr.ServiceRenegotiationSupport"
BOTH = ChargingNeeds(
    requested_energy_transfer="DC_BPT",
    available_energy_transfer=("AC_three_phase", "DC", "DC_BPT"),
    control_mode="ScheduledControl",
    v2x_charging_parameters=V2XChargingParameters(max_discharge_power=Decimal(20_000)),
)
PLAIN = changed(BOTH, requested_energy_transfer="DC", v2x_charging_parameters=None)


class Choosy(Csms):
    """A CSMS that rejects all that gives energy back."""

    def verdict(self, fact: Fact, now: datetime) -> Verdict:
        if not isinstance(fact, EVChargingNeedsNotified):
            return super().verdict(fact, now)
        refused = "BPT" in fact.charging_needs.requested_energy_transfer
        status = ChargingNeedsStatus.REJECTED if refused else ChargingNeedsStatus.NO_CHARGING_PROFILE
        return ChargingNeedsVerdict(status=status)


def choosy(*, supported: bool = True, station: str = "dc-50-v2x") -> StationWorld:
    """Somebody charges."""
    world = both_ways(station, variables={SUPPORT: "true" if supported else "false"})
    world.csms = Choosy()
    return world


def informed(world: StationWorld) -> list[Any]:
    """What the vehicle's side was told."""
    return [one.verdict for one in world.actions if isinstance(one, Inform)]


def requested(world: StationWorld) -> list[str]:
    """What the CSMS was told that vehicles ask for."""
    facts: Any = world.csms.of(EVChargingNeedsNotified)
    return [fact.charging_needs.requested_energy_transfer for fact in facts]


def ended(world: StationWorld) -> bool:
    """Whether the transaction is over, for the reason that fits."""
    last = [event for event in world.csms.events if event.kind is EventKind.ENDED]
    if not last:
        return False
    assert [(one.trigger, one.stopped_reason) for one in last] == [
        (TriggerReason.ABNORMAL_CONDITION, StoppedReason.REQ_ENERGY_TRANSFER_REJECTED)
    ]
    return world.transaction is None


@pytest.mark.req("Q01.FR.05")
def test_another_service_is_negotiated_and_its_needs_are_told() -> None:
    """One that vehicle and outlet have; the transaction goes on with it."""
    world = choosy()
    world.feed(NeedsTold("car", 1, BOTH))
    assert informed(world) == [ServiceRenegotiation(allowed_energy_transfer=("DC",))]
    assert world.transaction is not None
    world.feed(NeedsTold("car", 1, PLAIN))
    assert requested(world) == ["DC_BPT", "DC"]
    assert [each.schedule is not None for each in informed(world)[1:]] == [True]
    world.pass_time(600)
    assert not ended(world)
    assert power(world) > 0


@pytest.mark.req("Q01.FR.05")
def test_a_vehicle_that_does_not_say_what_it_can_is_offered_to_charge_only() -> None:
    world = choosy()
    world.feed(NeedsTold("car", 1, changed(BOTH, available_energy_transfer=())))
    assert informed(world) == [ServiceRenegotiation(allowed_energy_transfer=("DC",))]


def test_what_was_refused_gives_nothing_back_meanwhile() -> None:
    """Whatever a profile would have."""
    world = choosy()
    put(world, moded(period("CentralSetpoint", setpoint=-5000)))
    assert power(world) == -5000
    world.feed(NeedsTold("car", 1, BOTH))
    assert power(world) == 0


@pytest.mark.req("Q01.FR.06")
@pytest.mark.parametrize("why", ["no support", "no other way", "the CSMS allows none of the others"])
def test_without_a_service_to_go_on_with_the_transaction_ends(why: str) -> None:
    world = choosy(supported=why != "no support")
    needs = BOTH
    if why == "no other way":
        needs = changed(BOTH, available_energy_transfer=("DC_BPT", "AC_three_phase"))
    if why == "the CSMS allows none of the others":
        ways = NotifyAllowedEnergyTransfer(
            transaction_id=world.transaction or "", allowed_energy_transfer=("AC_three_phase",)
        )
        world.command(ways)
    world.feed(NeedsTold("car", 1, needs))
    assert ended(world)
    assert [type(each) for each in informed(world)] == [ScheduleOffer]
    assert informed(world)[0].schedule is None


@pytest.mark.req("Q01.FR.06")
def test_a_vehicle_that_asks_for_the_same_again_ends_it() -> None:
    """It is not negotiated for ever."""
    world = choosy()
    for _ in range(2):
        world.feed(NeedsTold("car", 1, BOTH))
    assert requested(world) == ["DC_BPT", "DC_BPT"]
    assert ended(world)


@pytest.mark.req("Q01.FR.06")
def test_a_vehicle_that_asks_for_nothing_else_in_time_ends_it() -> None:
    """A minute is what ISO 15118 has for it."""
    world = choosy()
    world.feed(NeedsTold("car", 1, BOTH))
    world.pass_time(59, step=1)
    assert world.transaction is not None
    world.pass_time(2, step=1)
    assert ended(world)


def test_two_ways_back_are_refused_one_after_the_other() -> None:
    """Each but once; then charging alone is left."""
    world = choosy(station="ac-22-v2x")
    ways = ("AC_BPT_DER", "AC_BPT", "AC_three_phase")
    for way in ways:
        world.feed(NeedsTold("car", 1, changed(BOTH, requested_energy_transfer=way, available_energy_transfer=ways)))
    offers = [each.allowed_energy_transfer for each in informed(world) if isinstance(each, ServiceRenegotiation)]
    assert offers == [ways[1:], ways[2:]]
    assert requested(world) == list(ways)
    assert world.transaction is not None


def test_another_transaction_at_the_same_plug_may_ask_again() -> None:
    """What was refused belongs to the one before."""
    world = choosy()
    world.feed(NeedsTold("car", 1, BOTH))
    world.feed(NeedsTold("car", 1, PLAIN))
    world.tap("ANNA")
    world.tap("CARL")
    world.pass_time(15)
    world.actions.clear()
    assert world.transaction is not None
    world.feed(NeedsTold("car", 1, BOTH))
    assert informed(world) == [ServiceRenegotiation(allowed_energy_transfer=("DC",))]


@pytest.mark.parametrize(("station", "there"), [("dc-50-v2x", True), ("dc-50-ccs", False)])
def test_the_variable_is_there_where_energy_comes_back_and_false_as_delivered(station: str, there: bool) -> None:
    world = StationWorld(station=station)
    if there:
        assert world.core.variable(SUPPORT) == "false"
    else:
        with pytest.raises(MisuseError):
            world.core.variable(SUPPORT)
