"""What energy costs, as the CSMS tells it for a vehicle: it goes with the offer, untouched (K18.FR.20, K19.FR.09).

The offer is what the station's driver of ISO 15118 puts into its ScheduleExchangeRes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.kinds import Fact, changed
from pilotwire.domain.smart_charging import (
    ChargingNeeds,
    ChargingNeedsStatus,
    ChargingNeedsVerdict,
    EVChargingNeedsNotified,
    SetChargingProfile,
)
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.vehicle_needs import NeedsTold, ScheduleOffer
from tests.support.charging import DEFAULT, TX, profile
from tests.support.station_world import Csms, StationWorld

ABSOLUTE = '{"timeAnchor":"2026-03-01T08:00:00Z","priceScheduleID":1,"currency":"EUR"}'
LEVELS = '{"timeAnchor":"2026-03-01T08:00:00Z","priceScheduleId":2,"numberOfPriceLevels":3}'
TARIFF = '{"id":4,"numEPriceLevels":1}'
NAMES = ("absolute_price_schedule", "price_level_schedule", "sales_tariff")


class _Willing(Csms):
    """A CSMS that will send a profile."""

    def verdict(self, fact: Fact, now: Any) -> Any:
        if isinstance(fact, EVChargingNeedsNotified):
            return ChargingNeedsVerdict(status=ChargingNeedsStatus.ACCEPTED)
        return super().verdict(fact, now)


def _asking(mode: str = "DynamicControl") -> StationWorld:
    """A vehicle has told its needs, and waits for its schedule."""
    world = StationWorld()
    world.csms = _Willing()
    world.plug()
    world.tap("ANNA")
    world.feed(NeedsTold("needs", 1, ChargingNeeds(requested_energy_transfer="AC_three_phase", control_mode=mode)))
    return world


def _send(world: StationWorld, number: int = 4, *, level: int = 0, limit: int = 12, **prices: str) -> None:
    sent = profile(number, TX, (0, limit), level=level, transaction_id=world.transaction, schedule=prices)
    outcome: Any = world.command(SetChargingProfile(evse_id=1, charging_profile=sent))
    assert str(outcome.status) == "Accepted"


def _offers(world: StationWorld) -> list[ScheduleOffer]:
    return [one.verdict for one in world.actions if isinstance(one, Inform) and isinstance(one.verdict, ScheduleOffer)]


def _prices(offer: ScheduleOffer) -> tuple[str | None, ...]:
    return tuple(getattr(offer.schedule, name) for name in NAMES)


@pytest.mark.req("K19.FR.09", "K18.FR.20")
@pytest.mark.parametrize("mode", ["DynamicControl", "ScheduledControl"])
@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"absolute_price_schedule": ABSOLUTE}, (ABSOLUTE, None, None)),
        ({"price_level_schedule": LEVELS}, (None, LEVELS, None)),
        ({"sales_tariff": TARIFF}, (None, None, TARIFF)),
        ({}, (None, None, None)),
    ],
    ids=["absolute", "levels", "tariff", "none"],
)
def test_the_price_schedule_goes_with_the_offer(mode: str, sent: dict[str, str], told: tuple[str | None, ...]) -> None:
    """As it came, beside the limits and under the id of the CSMS's schedule."""
    world = _asking(mode)
    assert _offers(world) == []
    _send(world, **sent)
    (offer,) = _offers(world)
    assert offer.schedule is not None
    assert offer.schedule.id == 1
    assert [each.limit for each in offer.schedule.charging_schedule_period] == [12]
    assert _prices(offer) == told


@pytest.mark.req("K19.FR.09")
def test_other_prices_are_negotiated_even_where_the_limits_stay() -> None:
    world = _asking()
    _send(world, absolute_price_schedule=ABSOLUTE)
    _send(world, absolute_price_schedule=ABSOLUTE)
    assert len(_offers(world)) == 1
    dearer = ABSOLUTE.replace("EUR", "NOK")
    _send(world, absolute_price_schedule=dearer)
    assert [_prices(offer)[0] for offer in _offers(world)] == [ABSOLUTE, dearer]


@pytest.mark.req("K18.FR.20")
def test_each_of_several_schedules_has_its_own_prices() -> None:
    world = _asking("ScheduledControl")
    made = profile(4, TX, (0, 12), transaction_id=world.transaction, schedule={"price_level_schedule": LEVELS})
    (first,) = made.charging_schedule
    period = changed(first.charging_schedule_period[0], limit=Decimal(8))
    second = changed(
        first, id=2, charging_schedule_period=(period,), price_level_schedule=None, absolute_price_schedule=ABSOLUTE
    )
    both = changed(made, charging_schedule=(first, second))
    outcome: Any = world.command(SetChargingProfile(evse_id=1, charging_profile=both))
    assert str(outcome.status) == "Accepted"
    (offer,) = _offers(world)
    (other,) = offer.others
    assert _prices(offer) == (None, LEVELS, None)
    assert (other.absolute_price_schedule, other.price_level_schedule) == (ABSOLUTE, None)


def test_prices_of_a_default_are_not_told_as_those_of_the_vehicle() -> None:
    """Only a TxProfile is made for it; of several the highest counts, by whose id the offer goes."""
    world = _asking()
    default = profile(1, DEFAULT, (0, 10), schedule={"absolute_price_schedule": ABSOLUTE})
    world.command(SetChargingProfile(evse_id=1, charging_profile=default))
    _send(world, 5, level=1, price_level_schedule=LEVELS)
    (offer,) = _offers(world)
    assert _prices(offer) == (None, LEVELS, None)
