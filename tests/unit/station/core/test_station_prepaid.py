"""Prepaid cards at the station: asked about every time, and good for what is on them (C17; 2.1)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from pilotwire.domain.authorization import (
    AuthorizationAsked,
    AuthorizationStatus,
    AuthorizationVerdict,
    TransactionLimit,
)
from pilotwire.domain.kinds import Fact, Verdict, changed
from pilotwire.domain.tariff import CostUpdated
from pilotwire.domain.transactions import TransactionEvent, TransactionVerdict
from tests.support.station_world import Csms, StationWorld

BALANCE = Decimal(5)


class _Prepaid(Csms):
    """A CSMS where PIA has a balance of 5, and POOR has none: verdicts on both are good for this moment only."""

    def verdict(self, fact: Fact, now: datetime) -> Verdict:
        for token, status in (("PIA", AuthorizationStatus.ACCEPTED), ("POOR", AuthorizationStatus.NO_CREDIT)):
            self.tokens[token] = AuthorizationVerdict(status=status, expires_at=now)
        found = super().verdict(fact, now)
        paid = isinstance(fact, TransactionEvent) and fact.id_token is not None and fact.id_token.value == "PIA"
        if paid and isinstance(found, TransactionVerdict):
            return changed(found, limit=TransactionLimit(max_cost=BALANCE))
        return found


def _world() -> StationWorld:
    world = StationWorld(online=False, variables={"AuthCtrlr.LocalPreAuthorize": "true"})
    world.csms = _Prepaid()
    world.connect()
    world.plug()
    return world


@pytest.mark.req("C17.FR.04")
def test_a_card_with_a_balance_charges_until_that_is_spent() -> None:
    world = _world()
    world.tap("PIA")
    world.pass_time(60)
    assert world.hardware.meter(1).power_w > 0
    assert [event.limit for event in world.csms.events if event.limit] == [TransactionLimit(max_cost=BALANCE)]
    world.command(CostUpdated(transaction_id=world.transaction or "", total_cost=BALANCE))
    world.pass_time(10)
    assert world.hardware.meter(1).power_w == 0
    assert [event for event in world.csms.events if event.trigger == "CostLimitReached"]


def test_the_balance_is_asked_about_each_time() -> None:
    world = _world()
    world.tap("PIA")
    world.pass_time(60)
    world.tap("PIA")
    world.unplug()
    world.plug()
    world.tap("PIA")
    assert len(world.csms.of(AuthorizationAsked)) == 2


@pytest.mark.req("C17.FR.05")
def test_a_card_without_a_balance_gets_nothing() -> None:
    world = _world()
    world.tap("POOR")
    world.pass_time(60)
    assert (world.core.overview().evses[0].id_token, world.hardware.meter(1).power_w) == (None, 0)
    assert "NoCredit" in world.hardware.display[1]
