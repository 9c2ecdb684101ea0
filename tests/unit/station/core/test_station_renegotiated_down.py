"""A schedule that allows less than is flowing: the vehicle is asked to take less at once, and the schedule is negotiated (K16)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from pilotwire.domain.kinds import Fact, Verdict
from pilotwire.domain.smart_charging import (
    ChargingNeeds,
    ChargingNeedsStatus,
    ChargingNeedsVerdict,
    EVChargingNeedsNotified,
)
from pilotwire.station.core.actions import Inform, SetCurrentLimit
from pilotwire.station.core.vehicle_needs import NeedsTold, ScheduleOffer
from tests.support.both_ways import put
from tests.support.charging import TX, profile
from tests.support.station_world import Csms, StationWorld


class _Accepting(Csms):
    def verdict(self, fact: Fact, now: datetime) -> Verdict:
        if isinstance(fact, EVChargingNeedsNotified):
            return ChargingNeedsVerdict(status=ChargingNeedsStatus.ACCEPTED)
        return super().verdict(fact, now)


@pytest.mark.req("K16.FR.11")
def test_less_is_asked_for_in_the_same_moment_as_it_is_offered() -> None:
    """The offer on the pilot falls, and no more flows than it says; before any time passes."""
    world = StationWorld()
    world.csms = _Accepting()
    world.plug()
    world.tap("ANNA")
    world.feed(NeedsTold("car", 1, ChargingNeeds(requested_energy_transfer="AC_three_phase")))
    put(world, profile(1, TX, (0, 16), transaction_id=world.transaction))
    world.pass_time(120)
    assert max(world.hardware.meter(1).current_a) > 10
    world.actions.clear()
    put(world, profile(1, TX, (0, 8), transaction_id=world.transaction))
    assert [one for one in world.actions if isinstance(one, SetCurrentLimit)] == [SetCurrentLimit(1, Decimal(8))]
    assert max(world.hardware.meter(1).current_a) <= 8
    (offer,) = [one.verdict for one in world.actions if isinstance(one, Inform)]
    assert isinstance(offer, ScheduleOffer)
    assert offer.schedule is not None
    assert [period.limit for period in offer.schedule.charging_schedule_period] == [8]
