"""What billing does by itself: running costs for drivers, an end when the money is spent, bills of sessions closed by rule."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.csms.handlers import Handlers, Policy
from pilotwire.csms.partners.ports import Credit, Partners
from pilotwire.csms.registers.authorization import BALANCES
from pilotwire.csms.registers.billing import BILLS, TARIFF_RULES, UNSETTLED
from pilotwire.csms.registers.device_model import keep_answered
from pilotwire.csms.registers.tariff import TARIFFS, TariffRecord
from pilotwire.csms.services import Parts
from pilotwire.csms.services.billing import RETRY, SWEEP, Billing
from pilotwire.csms.store.ports import CloseTransaction, PutToken, RecordConnection
from pilotwire.domain.authorization import Balance, Token, TransactionLimit
from pilotwire.domain.billing import TariffRule
from pilotwire.domain.closing import Closing, ClosingReason
from pilotwire.domain.device_model import VariableName, VariableResult, VariableStatus
from pilotwire.domain.display import SetDisplayMessage, SetDisplayMessageOutcome, SetDisplayMessageStatus
from pilotwire.domain.identity import IdToken
from pilotwire.domain.local_list import key_of
from pilotwire.domain.remote_control import RequestStatus, RequestStop, RequestStopOutcome
from pilotwire.domain.tariff import (
    CostShownOutcome,
    CostUpdated,
    EnergyPrice,
    EnergyPrices,
    FinalCost,
    Tariff,
    TimePrice,
    TimePrices,
)
from pilotwire.domain.transactions import ChargingState, EventKind
from tests.support.api_rooms import ApiRooms
from tests.support.csms_facts import CARD, event, later

STARTED, UPDATED, ENDED = EventKind.STARTED, EventKind.UPDATED, EventKind.ENDED
HALF = EnergyPrices(prices=(EnergyPrice(price_kwh=Decimal("0.50")),))
MINUTES = TimePrices(prices=(TimePrice(price_minute=Decimal("0.10")),))


class Scene:
    """The service over rooms in memory, with a station that answers."""

    def __init__(self, *, partners: Partners | None = None, **settings: Any) -> None:
        self.rooms = ApiRooms(**settings)
        rooms = self.rooms
        self.handlers = Handlers(
            rooms.journal, rooms.store, rooms.clock, Policy(accept_unknown_tokens=True), partners=partners or Partners()
        )
        self.service = Billing(Parts(rooms.journal, rooms.store, rooms.commander, rooms.clock, rooms.settings))
        self.begin = rooms.clock.now()
        rooms.bus.answers = {
            RequestStop: RequestStopOutcome(status=RequestStatus.ACCEPTED),
            CostUpdated: CostShownOutcome(),
            FinalCost: CostShownOutcome(),
            SetDisplayMessage: SetDisplayMessageOutcome(status=SetDisplayMessageStatus.ACCEPTED),
        }

    async def tariff(self, version: str = "2.0.1", **parts: Any) -> None:
        """A tariff for everybody, and the station connects."""
        rooms = self.rooms
        rooms.bus.connect("CS001", version)
        tariff = Tariff(tariff_id="t", currency="EUR", **(parts or {"energy": HALF}))
        await rooms.keep(
            TARIFFS.put("", "t", TariffRecord(tariff=tariff, changed_at=self.begin)),
            TARIFF_RULES.put("", "all", TariffRule(name="all", tariff_id="t")),
            RecordConnection(station="CS001", connected=True, at=self.begin, version=version),
            PutToken(token=Token(id_token=CARD)),
        )

    async def knows(self, value: str, **name: Any) -> None:
        """The station has told a variable."""
        told = VariableResult(name=VariableName(**name), status=VariableStatus.ACCEPTED, value=value)
        await self.rooms.keep(keep_answered("CS001", told, self.begin))

    async def say(self, kind: EventKind, seconds: float, register: int, **more: Any) -> Any:
        """An event; the clock goes to its time."""
        clock = self.rooms.clock
        clock.advance((later(self.begin, seconds) - clock.now()).total_seconds())
        token = CARD if kind is STARTED else None
        said = event(kind, clock.now(), seq_no=round(seconds), token=token, register=register, **more)
        return await self.handlers.handle("CS001", said, message_id="m")

    async def look(self, seconds: float = 0) -> None:
        """Time passes, and the service looks."""
        self.rooms.clock.advance(seconds)
        await self.service.look()
        await self.service.idle()

    def commands(self, kind: type[Any]) -> list[Any]:
        """What of a kind the station was told."""
        return [command for _, command in self.rooms.bus.commands if isinstance(command, kind)]


async def _shows_costs(scene: Scene, version: str) -> None:
    if version == "1.6":
        await scene.knows("true", component="", variable="CustomDisplayCostAndPrice")
    else:
        await scene.knows("true", component="TariffCostCtrlr", variable="Available", variable_instance="Cost")


@pytest.mark.req("I02.FR.01")
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_the_running_cost_is_told_when_it_has_changed_and_not_too_often(version: str) -> None:
    """Time costs as well: ten minutes after the start 1.00, though nothing was told meanwhile."""
    scene = Scene(cost_updated_interval=60)
    await scene.tariff(version, charging_time=MINUTES)
    await _shows_costs(scene, version)
    await scene.say(STARTED, 0, 0, charging_state=ChargingState.CHARGING)
    await scene.look(600)
    await scene.look(1)
    assert [each.total_cost for each in scene.commands(CostUpdated)] == [Decimal("1.00")]
    await scene.look(60)
    assert [each.total_cost for each in scene.commands(CostUpdated)] == [Decimal("1.00"), Decimal("1.10")]


async def test_a_station_that_does_not_show_costs_is_told_none() -> None:
    scene = Scene()
    await scene.tariff(charging_time=MINUTES)
    await scene.say(STARTED, 0, 0, charging_state=ChargingState.CHARGING)
    await scene.look(600)
    assert scene.commands(CostUpdated) == []


async def test_a_cost_that_did_not_change_is_not_told_again() -> None:
    """The answer to the event told it already."""
    scene = Scene()
    await scene.tariff()
    await _shows_costs(scene, "2.0.1")
    await scene.say(STARTED, 0, 0)
    assert (await scene.say(UPDATED, 60, 2000)).total_cost == Decimal(1)
    await scene.look(600)
    assert scene.commands(CostUpdated) == []


async def test_a_station_of_16_is_told_the_final_cost() -> None:
    scene = Scene()
    await scene.tariff("1.6")
    await _shows_costs(scene, "1.6")
    await scene.say(STARTED, 0, 0)
    await scene.say(ENDED, 60, 3000)
    await scene.look()
    (told,) = scene.commands(FinalCost)
    assert (told.transaction_id, told.cost) == ("tx-1", Decimal("1.50"))


async def test_a_session_ends_when_the_balance_is_spent() -> None:
    """The driver reads why; a station that does not stop is asked again."""
    scene = Scene()
    await scene.tariff()
    await scene.knows("true", component="DisplayMessageCtrlr", variable="Available")
    await scene.rooms.keep(BALANCES.put("", key_of(CARD), Balance(amount=Decimal(1), currency="EUR")))
    await scene.say(STARTED, 0, 0)
    await scene.say(UPDATED, 60, 1900)
    await scene.look()
    assert scene.commands(RequestStop) == []
    await scene.say(UPDATED, 120, 2100)
    await scene.look()
    await scene.look(1)
    assert [each.transaction_id for each in scene.commands(RequestStop)] == ["tx-1"]
    (shown,) = scene.commands(SetDisplayMessage)
    assert shown.message.text.content == "Charging ends: the balance is spent."
    await scene.look(RETRY)
    assert len(scene.commands(RequestStop)) == 2
    await scene.say(ENDED, 180, 2200)
    (bill,) = await scene.rooms.store.entries(BILLS)
    assert (bill.entry.ended_for, bill.entry.total) == ("the balance is spent", Decimal("1.10"))
    await scene.look(RETRY)
    assert len(scene.commands(RequestStop)) == 2


async def test_time_alone_spends_a_balance() -> None:
    scene = Scene()
    await scene.tariff(charging_time=MINUTES)
    await scene.rooms.keep(BALANCES.put("", key_of(CARD), Balance(amount=Decimal(1), currency="EUR")))
    await scene.say(STARTED, 0, 0, charging_state=ChargingState.CHARGING)
    await scene.look(540)
    assert scene.commands(RequestStop) == []
    await scene.look(70)
    assert len(scene.commands(RequestStop)) == 1


class _Account:
    """Who keeps accounts elsewhere: this much may be spent."""

    async def credit(self, id_token: IdToken, station: str) -> Credit | None:
        """The credit of anybody."""
        balance = Balance(amount=Decimal(50), currency="EUR")
        return Credit(balance=balance, limit=TransactionLimit(max_cost=Decimal(2)))


async def test_a_credit_limit_set_elsewhere_ends_a_session() -> None:
    scene = Scene(partners=Partners(prepaid=_Account()))
    await scene.tariff()
    await scene.say(STARTED, 0, 0)
    await scene.say(UPDATED, 60, 3900)
    await scene.look()
    assert scene.commands(RequestStop) == []
    await scene.say(UPDATED, 120, 4000)
    await scene.look()
    assert len(scene.commands(RequestStop)) == 1
    findings = await scene.rooms.store.findings("CS001")
    assert [each.what for each in findings if each.rule == "billing:spent"] == [
        "transaction tx-1 was ended because its limit of 2 EUR is reached"
    ]


async def test_a_session_closed_by_rule_is_billed_by_and_by_and_later_left_alone() -> None:
    scene = Scene()
    await scene.tariff()
    await scene.say(STARTED, 0, 0)
    await scene.say(UPDATED, 60, 2000)
    closing = Closing(reason=ClosingReason.NOT_HEARD_OF, at=later(scene.begin, 90), as_of=later(scene.begin, 60))
    await scene.rooms.keep(CloseTransaction(station="CS001", transaction_id="tx-1", events=2, closing=closing))
    await scene.look(SWEEP)
    (bill,) = await scene.rooms.store.entries(BILLS)
    assert bill.entry.total == Decimal("1.00")
    await scene.look(timedelta(days=2).total_seconds())
    assert list(await scene.rooms.store.records(UNSETTLED, "")) == []
    assert len(await scene.rooms.store.entries(BILLS)) == 1


async def test_open_sessions_are_taken_up_after_a_restart() -> None:
    """What was deducted stays so, what was told is read again."""
    scene = Scene()
    await scene.tariff()
    await scene.rooms.keep(BALANCES.put("", key_of(CARD), Balance(amount=Decimal(1), currency="EUR")))
    await scene.say(STARTED, 0, 0)
    await scene.say(UPDATED, 60, 1000)
    scene.service._ledger.running.clear()
    await scene.look(SWEEP)
    running = scene.service._ledger.running["CS001", "tx-1"]
    assert (running.cost, running.account.deducted) == (Decimal("0.50"), Decimal("0.50"))
