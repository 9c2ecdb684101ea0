"""Ad hoc payments at the CSMS: whom it lets charge, and what it says of one that used nothing (C18, C20)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from pilotwire.domain.authorization import AuthorizationAsked, AuthorizationStatus
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.tariff.bills import CostDetails, CostKind, TotalCost, TotalPrice, TotalUsage
from pilotwire.domain.transactions import EventKind, TriggerReason
from tests.support.csms_facts import CARD, Bench, event, later

STARTED, ENDED = EventKind.STARTED, EventKind.ENDED
PAID = IdToken(value="PSP-1", type="DirectPayment")


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def t0(bench: Bench) -> datetime:
    return bench.clock.now()


def _costs(amount: str) -> CostDetails:
    total = TotalPrice(excl_tax=Decimal(amount), incl_tax=Decimal(amount))
    cost = TotalCost(currency="EUR", type_of_cost=CostKind.NORMAL_COST, total=total)
    return CostDetails(total_cost=cost, total_usage=TotalUsage(energy=Decimal(0), charging_time=0, idle_time=60))


@pytest.mark.req("C18.FR.03", "C18.FR.05")
async def test_a_payment_the_provider_authorized_is_not_refused(bench: Bench, t0: datetime) -> None:
    """A reference nobody has on record is no unknown card; a card of the same name is."""
    asked = await bench.say(AuthorizationAsked(id_token=PAID))
    assert asked.status is AuthorizationStatus.ACCEPTED
    told = await bench.say(event(STARTED, t0, token=PAID, register=1000))
    assert told.authorization.status is AuthorizationStatus.ACCEPTED
    card = await bench.say(AuthorizationAsked(id_token=IdToken(value="PSP-1", type="ISO14443")))
    assert card.status is AuthorizationStatus.UNKNOWN


@pytest.mark.req("C20.FR.03")
@pytest.mark.parametrize(
    ("token", "upto", "cost", "told"),
    [
        (PAID, 1000, None, Decimal(0)),
        (PAID, 1000, "0", Decimal(0)),
        (PAID, 1000, "2.50", None),
        (PAID, 1200, None, None),
        (PAID, None, None, None),
        (CARD, 1000, None, None),
    ],
    ids=["nothing used", "and nothing to pay", "but a fee", "energy used", "nobody knows", "no payment"],
)
async def test_a_payment_that_used_nothing_costs_nothing(
    bench: Bench, t0: datetime, token: IdToken, upto: int | None, cost: str | None, told: Decimal | None
) -> None:
    await bench.token()
    await bench.say(event(STARTED, t0, seq_no=0, token=token, register=None if upto is None else 1000))
    end = event(ENDED, later(t0, 60), seq_no=1, register=upto, trigger=TriggerReason.STOP_AUTHORIZED)
    verdict = await bench.say(changed(end, cost=None if cost is None else _costs(cost)))
    assert verdict.total_cost == told


@pytest.mark.req("I02.FR.01", "I03.FR.02")
async def test_a_charge_has_a_running_and_a_final_cost_where_energy_has_a_price(t0: datetime) -> None:
    """Each answer after the start has what the energy so far costs; the station's own costs are not gainsaid."""
    bench = Bench(energy_price=Decimal("0.49"))
    await bench.token()

    async def told(kind: EventKind, seq_no: int, register: int | None, cost: str | None = None) -> Decimal | None:
        said = event(kind, later(t0, seq_no), seq_no=seq_no, token=CARD if seq_no == 0 else None, register=register)
        verdict = await bench.say(changed(said, cost=None if cost is None else _costs(cost)))
        found: Decimal | None = verdict.total_cost
        return found

    assert await told(STARTED, 0, 1000) is None
    assert await told(EventKind.UPDATED, 1, 2050) == Decimal("0.51")
    assert await told(EventKind.UPDATED, 2, 3000, cost="1") is None
    assert await told(ENDED, 3, 6000) == Decimal("2.45")


async def test_without_registers_or_a_price_there_is_no_word_of_costs(bench: Bench, t0: datetime) -> None:
    """What is not known is not told: an omitted cost does not mean that the charge was free (I03.FR.04)."""
    priced = Bench(energy_price=Decimal("0.49"))
    for one, register in ((bench, 1000), (priced, None)):
        await one.say(event(STARTED, t0, seq_no=0, register=register))
        end = event(ENDED, later(t0, 9), seq_no=1, register=None if register is None else 6000)
        assert (await one.say(end)).total_cost is None
