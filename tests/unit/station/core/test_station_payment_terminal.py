"""A payment terminal of the station's own: cards, amounts that are kept, what is taken of them, what the CSMS hears (C18 to C23)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.authorization import AuthorizationAsked, AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.data_transfer import DataTransferred
from pilotwire.domain.kinds import Fact, Verdict, changed
from pilotwire.domain.tariff import (
    Address,
    CostUpdated,
    EnergyPrice,
    EnergyPrices,
    FixedConditions,
    FixedPrice,
    FixedPrices,
    PaymentStatus,
    SetDefaultTariff,
    SettlementVerdict,
    Tariff,
    VatNumberAsked,
    VatStatus,
    VatVerdict,
)
from pilotwire.domain.tariff.payment import PaymentSettled
from pilotwire.domain.transactions import EventKind, TransactionEvent, TransactionVerdict, TriggerReason
from pilotwire.station.core.outbox import Outbox
from pilotwire.station.core.payment_jobs import (
    AuthorizePayment,
    IncreasePayment,
    PaymentTaken,
    ReleasePayment,
    SettlePayment,
)
from pilotwire.station.core.payment_memory import PaymentMemory
from pilotwire.station.core.payment_terminal import CANCELED, DECLINED, NO_TERMINAL
from pilotwire.station.core.tariff import TariffRefused
from pilotwire.station.core.tariff_payment import VatNumberEntered
from pilotwire.station.hardware.ports import PaymentSettlement, SettledAs
from tests.support.payment_world import CARD, PaymentWorld
from tests.support.station_world import START, Csms, accepted

ASKS = {"PaymentCtrlr.AuthorizeDirectPayment": "true"}
BY_CABLE = {"TxCtrlr.TxStartPoint": "EVConnected", "TxCtrlr.TxStopPoint": "EVConnected,Authorized"}


class _Priced(Csms):
    """A CSMS that knows what transactions cost, makes receipts, and knows one company."""

    total: Decimal | None = None

    def verdict(self, fact: Fact, now: Any) -> Verdict:
        found = super().verdict(fact, now)
        if (
            isinstance(fact, TransactionEvent)
            and fact.kind is EventKind.ENDED
            and isinstance(found, TransactionVerdict)
        ):
            return changed(found, total_cost=self.total)
        if isinstance(fact, PaymentSettled):
            return SettlementVerdict(receipt_url="https://csms.test/receipt")
        if isinstance(fact, VatNumberAsked):
            company = Address(name="Windmill BV", address1="Dijk 1", city="Delft", country="NL")
            return VatVerdict(vat_number=fact.vat_number, status=VatStatus.ACCEPTED, company=company)
        return found


def _priced(total: str | None, **settings: Any) -> PaymentWorld:
    """A world where the CSMS works out costs."""
    world = PaymentWorld(price=None, online=False, **settings)
    world.csms = _Priced()
    world.csms.total = None if total is None else Decimal(total)
    world.connect()
    return world


def _charging(world: PaymentWorld, seconds: float = 120) -> PaymentWorld:
    """Somebody charges and pays by card."""
    world.plug()
    world.pay()
    world.pass_time(seconds)
    assert world.hardware.meter(1).power_w > 0
    return world


def _tasks(world: PaymentWorld, kind: type) -> list[Any]:
    return [job for job in world.asked if isinstance(job, kind)]


def _under_way(world: PaymentWorld) -> int:
    saved = world.storage.load()
    assert saved is not None
    return len(saved.part(PaymentMemory).under_way)


# --- authorization (C18) --------------------------------------------------------------------------------------------


@pytest.mark.req("C18.FR.01", "C18.FR.02", "C18.FR.03", "C18.FR.06")
def test_a_card_begins_a_transaction_that_may_cost_what_is_kept() -> None:
    world = _charging(PaymentWorld(variables={"PaymentCtrlr.AuthorizationAmount": "30"}))
    assert _tasks(world, AuthorizePayment) == [AuthorizePayment(CARD, Decimal(30), "EUR")]
    assert not world.questions
    (told,) = [event for event in world.csms.events if event.id_token is not None]
    assert told.id_token is not None
    assert (told.id_token.value, told.id_token.type) == ("PSP-000001", "DirectPayment")
    assert {(one.type, one.value) for one in told.id_token.additional} == {
        ("PaymentBrand", "Visa"),
        ("PaymentRecognition", "Debit"),
        ("CardLast4Digits", "1234"),
    }
    assert told.limit is not None
    assert told.limit.max_cost == 30
    assert [event.limit for event in world.csms.events if event.limit is not None] == [told.limit], "told once"


@pytest.mark.req("C18.FR.04", "C18.FR.05", "C18.FR.06")
def test_the_csms_is_asked_where_it_wants_to_be() -> None:
    world = PaymentWorld(variables=ASKS | {"PaymentCtrlr.PaymentDetails": "CardBin"})
    world.csms.tokens["PSP-000001"] = accepted()
    _charging(world)
    (asked,) = world.questions
    assert isinstance(asked, AuthorizationAsked)
    assert (asked.id_token.value, asked.id_token.type) == ("PSP-000001", "DirectPayment")
    assert [(one.type, one.value) for one in asked.id_token.additional] == [("CardBin", "411111")]


@pytest.mark.req("C18.FR.07")
@pytest.mark.parametrize(
    "verdict",
    [
        AuthorizationVerdict(status=AuthorizationStatus.BLOCKED),
        AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, evses=(2,)),
    ],
    ids=["not accepted", "not for this EVSE"],
)
def test_what_the_csms_does_not_want_is_released_without_a_word(verdict: AuthorizationVerdict) -> None:
    world = PaymentWorld(variables=ASKS, station="dc-150-pay")
    world.csms.tokens["PSP-000001"] = verdict
    world.plug()
    world.pay()
    assert world.core.overview().evses[0].id_token is None
    assert _tasks(world, ReleasePayment) == [ReleasePayment("PSP-000001")]
    assert (world.hardware.payment_terminal.reserved, world.settlements, _under_way(world)) == ({}, [], 0)
    assert world.hardware.display[1].startswith(DECLINED)


@pytest.mark.req("C18.FR.02", "C18.FR.03")
def test_a_card_the_provider_declines_charges_nothing() -> None:
    world = PaymentWorld(variables=ASKS)
    world.hardware.payment_terminal.declines = True
    world.plug()
    world.pay()
    assert (world.questions, world.core.overview().evses[0].id_token) == ([], None)
    assert world.hardware.display[1] == DECLINED
    world.hardware.payment_terminal.declines = False
    world.csms.tokens["PSP-000001"] = accepted()
    world.pay()
    assert world.core.overview().evses[0].id_token == "PSP-000001"


def test_a_card_at_the_stations_terminal_waits_for_a_vehicle() -> None:
    world = PaymentWorld(station="dc-150-pay")
    world.pay(evse=None)
    assert "Plug in" in world.hardware.display[None]
    world.plug(2)
    assert [one.id_token for one in world.core.overview().evses] == [None, "PSP-000001"]
    world.pass_time(60)
    (event,) = [each for each in world.csms.events if each.limit is not None]
    assert event.limit is not None
    assert event.limit.max_cost == 50


def test_a_card_at_the_stations_terminal_is_for_the_vehicle_that_was_plugged_in_last() -> None:
    world = PaymentWorld(station="dc-150-pay")
    world.plug(2)
    world.pay(evse=None)
    assert [one.id_token for one in world.core.overview().evses] == [None, "PSP-000001"]
    world.pay("Visa:2", evse=None)
    assert "Plug in" in world.hardware.display[None]
    world.plug(1)
    assert [one.id_token for one in world.core.overview().evses] == ["PSP-000002", "PSP-000001"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda world: world.does(world.hardware.payment_terminal.tell(connected=False)),
        lambda world: world.does(world.hardware.payment_terminal.tell(connected=True, problem="no paper")),
        lambda world: world._perform(world.core.write("PaymentCtrlr.Enabled", "false", world.now)),
    ],
    ids=["no provider", "a problem", "switched off"],
)
def test_a_terminal_that_does_not_work_takes_no_cards(spoil: Any) -> None:
    world = PaymentWorld()
    spoil(world)
    world.plug()
    world.pay()
    assert (world.asked, world.hardware.display[1]) == ([], NO_TERMINAL)


def test_the_state_of_the_terminal_is_in_the_device_model_after_a_restart_too() -> None:
    world = PaymentWorld()
    told = {str(spec.name): value for spec, value in world.core.variables() if spec.name.component == "PaymentCtrlr"}
    assert (told["PaymentCtrlr.Connected"], told["PaymentCtrlr.Problem"]) == ("true", "false")
    assert told["PaymentCtrlr.TerminalID"] == "T-1"
    world.does(world.hardware.payment_terminal.tell(connected=False, problem="no paper"))
    world.kill()
    told = {str(spec.name): value for spec, value in world.core.variables() if spec.name.component == "PaymentCtrlr"}
    assert (told["PaymentCtrlr.Connected"], told["PaymentCtrlr.Problem"]) == ("false", "true")


def test_nobody_pays_where_somebody_charges() -> None:
    world = PaymentWorld()
    world.plug()
    world.tap("ANNA")
    world.pay()
    assert world.asked == []
    world.held = (AuthorizePayment,)
    world.tap("ANNA")
    world.unplug()
    world.plug()
    world.pay("Visa:1")
    world.pay("Visa:2")
    assert len(world.asked) == 1, "one card at a time"


def test_while_the_csms_thinks_the_card_is_not_taken_twice() -> None:
    world = PaymentWorld(variables=ASKS)
    world.csms.silent = lambda fact: isinstance(fact, AuthorizationAsked)
    world.plug()
    world.pay()
    world.pay()
    assert len(_tasks(world, AuthorizePayment)) == 1
    world.csms.silent = lambda _: False
    world.time_out()
    assert (world.hardware.payment_terminal.reserved, _under_way(world)) == ({}, 0), "nobody knows the payment"
    world.csms.tokens["PSP-000002"] = accepted()
    world.pay()
    assert world.core.overview().evses[0].id_token == "PSP-000002"


def test_who_was_quicker_charges_and_the_payment_is_released() -> None:
    world = PaymentWorld(variables=ASKS)
    world.held = (AuthorizePayment,)
    world.plug()
    world.pay()
    world.tap("ANNA")
    world.csms.tokens["PSP-000001"] = accepted()
    world.work()
    assert world.core.overview().evses[0].id_token == "ANNA"
    assert world.hardware.payment_terminal.reserved == {}
    assert [one.status for one in world.settlements] == [PaymentStatus.CANCELED]


def test_a_price_can_depend_on_the_card_whatever_the_csms_is_told_of_it() -> None:
    world = PaymentWorld(price=None, variables={"PaymentCtrlr.PaymentDetails": ""})
    amex = FixedPrice(price_fixed=Decimal(3), conditions=FixedConditions(payment_brand="AMEX"))
    fees = FixedPrices(prices=(amex, FixedPrice(price_fixed=Decimal(1))))
    world.command(SetDefaultTariff(evse_id=0, tariff=Tariff(tariff_id="F", currency="SEK", fixed_fee=fees)))
    world.plug()
    world.pay("AMEX:370000000000002")
    world.pass_time(60)
    world.pay("AMEX:370000000000002")
    assert world.hardware.payment_terminal.settlements == {"PSP-000001": ("3.0000", "SEK")}


# --- cancelled before there is a transaction (C19) ------------------------------------------------------------------


@pytest.mark.req("C19.FR.01", "C19.FR.02")
@pytest.mark.parametrize("asks", [False, True], ids=["the CSMS knows nothing of it", "the CSMS was asked"])
@pytest.mark.parametrize(
    "cancel",
    [
        lambda world: world.pass_time(70),
        lambda world: world.pay(),
        lambda world: world.does(world.hardware.press_stop_button(1)),
        lambda world: world.feed(TariffRefused(1)),
    ],
    ids=["nobody plugs in", "the card again", "the stop button", "the tariff is not accepted"],
)
def test_a_payment_is_released_if_no_transaction_begins(asks: bool, cancel: Any) -> None:
    world = PaymentWorld(variables=(ASKS if asks else {}) | BY_CABLE)
    world.csms.tokens["PSP-000001"] = accepted()
    world.pay()
    assert world.hardware.payment_terminal.reserved == {"PSP-000001": "50"}
    cancel(world)
    assert world.hardware.payment_terminal.reserved == {}
    told = [(one.psp_ref, one.status, one.amount, one.transaction_id) for one in world.settlements]
    assert told == ([("PSP-000001", PaymentStatus.CANCELED, 0, None)] if asks else [])
    assert (world.csms.events, _under_way(world)) == ([], 0)
    assert world.hardware.display[1] == CANCELED


@pytest.mark.req("C19.FR.01")
@pytest.mark.parametrize("by_card", [True, False], ids=["the card again", "nobody plugs in"])
def test_a_payment_at_the_stations_terminal_is_released_too(by_card: bool) -> None:
    world = PaymentWorld(station="dc-150-pay")
    world.pay(evse=None)
    if by_card:
        world.pay(evse=None)
    else:
        world.pass_time(70)
    assert (world.hardware.payment_terminal.reserved, _under_way(world)) == ({}, 0)
    world.plug(1)
    assert world.core.overview().evses[0].id_token is None


@pytest.mark.req("C19.FR.01", "C19.FR.02")
def test_after_a_failure_of_power_nothing_is_kept_of_a_card_that_does_not_charge() -> None:
    world = PaymentWorld(variables=ASKS | BY_CABLE)
    world.csms.tokens["PSP-000001"] = accepted()
    world.pay()
    world.kill()
    assert world.hardware.payment_terminal.reserved == {}
    assert [one.status for one in world.settlements] == [PaymentStatus.CANCELED]


# --- cancelled without a cost (C20) ---------------------------------------------------------------------------------


@pytest.mark.req("C20.FR.01", "C20.FR.04", "C20.FR.05")
def test_a_transaction_that_cost_nothing_is_not_charged_to_the_card() -> None:
    world = PaymentWorld()
    world.plug()
    world.hardware.vehicle_at(1).pause()  # type: ignore[union-attr]
    world.pay()
    world.pass_time(10)
    world.pay()
    end = world.csms.events[-1]
    assert (end.kind, end.trigger) == (EventKind.ENDED, TriggerReason.STOP_AUTHORIZED)
    (told,) = world.settlements
    assert (told.status, told.amount, told.transaction_id) == (PaymentStatus.CANCELED, 0, end.transaction_id)
    assert (world.hardware.payment_terminal.settlements, world.hardware.payment_terminal.reserved) == ({}, {})


@pytest.mark.req("C20.FR.02", "C20.FR.04", "C20.FR.05")
def test_a_csms_that_says_it_costs_nothing_is_believed() -> None:
    world = _priced("0", variables={"TxCtrlr.TxStartPoint": "Authorized"})
    world.pay()
    world.pass_time(70)
    end = world.csms.events[-1]
    assert (end.kind, end.trigger) == (EventKind.ENDED, TriggerReason.EV_CONNECT_TIMEOUT)
    (told,) = world.settlements
    assert (told.status, told.amount, told.transaction_id) == (PaymentStatus.CANCELED, 0, end.transaction_id)
    assert world.hardware.payment_terminal.reserved == {}


# --- settled (C21) --------------------------------------------------------------------------------------------------


@pytest.mark.req("C21.FR.01", "C21.FR.02", "C21.FR.04")
def test_what_the_transaction_cost_is_taken_and_told_after_it() -> None:
    world = _charging(PaymentWorld(variables={"PaymentCtrlr.Merchant[Name]": "Windmill BV"}))
    world.pay()
    end = world.csms.events[-1]
    assert end.cost is not None
    total = end.cost.total_cost.total.incl_tax
    assert total
    (asked,) = _tasks(world, SettlePayment)
    assert (asked.amount, asked.currency, dict(asked.merchant)) == (total, "EUR", {"Name": "Windmill BV"})
    (told,) = world.settlements
    assert (told.status, told.amount, told.transaction_id) == (PaymentStatus.SETTLED, total, end.transaction_id)
    assert (told.receipt_id, told.receipt_url) == ("R-PSP-000001", "https://receipts.example/R-PSP-000001")
    assert world.csms.heard.index(end) < world.csms.heard.index(told)
    shown = world.hardware.display[1]
    assert shown == f"Paid: {total:.2f} EUR. Your receipt: https://receipts.example/R-PSP-000001"


@pytest.mark.req("C21.FR.02", "C21.FR.03")
def test_the_total_of_the_csms_is_taken_and_its_receipt_shown() -> None:
    world = _priced("7.35", variables={"PaymentCtrlr.ReceiptByCSMS": "true"})
    _charging(world)
    world.pay()
    (told,) = world.settlements
    assert (told.status, told.amount) == (PaymentStatus.SETTLED, Decimal("7.35"))
    assert (told.receipt_id, told.receipt_url) == (None, None)
    assert world.hardware.display[1] == "Your receipt: https://csms.test/receipt"


def test_without_a_total_the_last_cost_the_csms_told_is_taken() -> None:
    world = _charging(_priced(None))
    world.command(CostUpdated(transaction_id=world.transaction or "", total_cost=Decimal("3.10")))
    world.pay()
    assert [one.amount for one in world.settlements] == [Decimal("3.10")]


def test_without_any_cost_nothing_is_taken() -> None:
    world = _charging(_priced(None))
    world.pay()
    assert [one.status for one in world.settlements] == [PaymentStatus.CANCELED]
    assert world.hardware.payment_terminal.settlements == {}


@pytest.mark.req("C21.FR.06", "C21.FR.07")
def test_where_the_csms_settles_the_station_does_not() -> None:
    settings = {"PaymentCtrlr.SettlementByCSMS": "true", "PaymentCtrlr.ReceiptServerUrl": "https://receipts.test"}
    world = _charging(PaymentWorld(variables=settings))
    world.pay()
    assert (_tasks(world, SettlePayment), _tasks(world, ReleasePayment), world.settlements) == ([], [], [])
    assert _under_way(world) == 0
    total = world.csms.events[-1].cost.total_cost.total.incl_tax  # type: ignore[union-attr]
    text = f"Total cost: {total:.2f} EUR. Your receipt will be at https://receipts.test"
    assert world.hardware.display[1] == text


@pytest.mark.req("C21.FR.02")
def test_offline_it_is_settled_and_told_later() -> None:
    world = _charging(PaymentWorld())
    world.cut()
    world.pay()
    assert world.hardware.payment_terminal.settlements
    world.kill()
    world.pass_time(60)
    world.connect()
    world.pass_time(60)
    assert [one.status for one in world.settlements] == [PaymentStatus.SETTLED]
    assert world.csms.heard.index(world.csms.events[-1]) < world.csms.heard.index(world.settlements[0])


@pytest.mark.req("C21.FR.01")
def test_a_settlement_survives_a_failure_of_power_and_takes_nothing_twice() -> None:
    world = _charging(PaymentWorld())
    world.held = (SettlePayment,)
    world.pay()
    assert (_under_way(world), world.settlements) == (1, [])
    world.work()  # taken, but
    world.csms.heard.clear()
    world.kill()
    assert (world.settlements, len(world.hardware.payment_terminal.settlements)) == ([], 1)
    again = _charging(PaymentWorld())
    again.held = (SettlePayment,)
    again.pay()
    again.kill()
    assert again.settlements == []
    again.work()
    assert [one.status for one in again.settlements] == [PaymentStatus.SETTLED]


@pytest.mark.parametrize("seconds", [0, 6000], ids=["ended by the failure", "goes on after it"])
def test_a_transaction_that_a_failure_interrupts_is_paid_in_the_end(seconds: int) -> None:
    world = _charging(PaymentWorld(variables={"TxCtrlr.ResumptionTimeout": str(seconds)}))
    world.pass_time(120)
    world.kill()
    if seconds:
        world.pass_time(60)
        world.pay()
    (told,) = world.settlements
    assert told.status is PaymentStatus.SETTLED
    assert told.amount > 0
    assert told.transaction_id == world.csms.events[-1].transaction_id


def test_a_tariff_of_the_payers_own_is_paid_in_its_currency() -> None:
    world = PaymentWorld(variables=ASKS)
    prices = EnergyPrices(prices=(EnergyPrice(price_kwh=Decimal(5)),))
    own = Tariff(tariff_id="own", currency="SEK", energy=prices)
    world.csms.tokens["PSP-000001"] = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, tariff=own)
    _charging(world, 60)
    world.pay()
    (amount, currency) = world.hardware.payment_terminal.settlements["PSP-000001"]
    assert (Decimal(amount) > 0, currency) == (True, "SEK")


def test_a_settlement_is_not_dropped_from_a_full_outbox() -> None:
    told = PaymentSettled(psp_ref="P", status=PaymentStatus.SETTLED, amount=Decimal(5), at=START)
    outbox = Outbox((), next_number=1, limit=3)
    outbox.put(told)
    for number in range(20):
        outbox.put(DataTransferred(vendor_id=f"org.example.{number}"))
    assert told in list(outbox.facts())


# --- not settled (C22) ----------------------------------------------------------------------------------------------


@pytest.mark.req("C22.FR.01", "C22.FR.02")
@pytest.mark.parametrize("how", [SettledAs.REJECTED, SettledAs.FAILED])
def test_a_settlement_that_did_not_go_well_is_told_without_a_receipt(how: SettledAs) -> None:
    world = _charging(PaymentWorld())
    world.hardware.payment_terminal.settles_as = how
    world.pay()
    (told,) = world.settlements
    assert told.status == how.value
    assert told.amount > 0
    assert told.transaction_id is not None
    assert told.status_info == f"The simulated provider says {how}."
    assert (told.receipt_id, told.receipt_url) == (None, None)
    assert world.hardware.display[1] == "Your payment could not be completed."


@pytest.mark.req("C22.FR.01")
def test_a_receipt_of_a_payment_that_was_not_taken_is_none() -> None:
    world = _charging(PaymentWorld())
    world.held = (SettlePayment,)
    world.pay()
    settlement = PaymentSettlement(SettledAs.REJECTED, "no funds", "R-1", "https://receipts.test/R-1")
    world.job_done(SettlePayment, PaymentTaken(settlement))
    (told,) = world.settlements
    assert (told.status, told.status_info) == (PaymentStatus.REJECTED, "no funds")
    assert (told.receipt_id, told.receipt_url) == (None, None)
    assert "R-1" not in world.hardware.display[1]


def test_a_terminal_that_breaks_down_has_failed() -> None:
    world = _charging(PaymentWorld())
    world.held = (SettlePayment,)
    world.pay()
    world.job_fails(SettlePayment, "The terminal does not answer.")
    assert [(one.status, one.status_info) for one in world.settlements] == [
        (PaymentStatus.FAILED, "The terminal does not answer.")
    ]
    assert _under_way(world) == 0


# --- more is kept (C23) ---------------------------------------------------------------------------------------------

MORE = {
    "PaymentCtrlr.AuthorizationAmount": "1.00",
    "PaymentCtrlr.IncrementalAuthorizationAmount": "0.75",
    "PaymentCtrlr.IncrementalAuthorizationThreshold": "0.40",
}


@pytest.mark.req("C23.FR.01", "C23.FR.02")
def test_more_is_kept_before_what_is_kept_is_used_up() -> None:
    world = _charging(PaymentWorld(variables=MORE), seconds=1200)
    steps = [job.amount for job in _tasks(world, IncreasePayment)]
    assert steps[:2] == [Decimal("1.75"), Decimal("2.50")]
    told = [event.limit.max_cost for event in world.csms.events if event.limit is not None]
    assert told == [Decimal("1.00"), *steps]
    triggers = [event.trigger for event in world.csms.events if event.limit is not None]
    assert set(triggers[1:]) == {TriggerReason.LIMIT_SET}
    assert not [event for event in world.csms.events if event.trigger is TriggerReason.COST_LIMIT_REACHED]


@pytest.mark.parametrize("why", ["the provider", "not wanted"])
def test_where_no_more_can_be_had_the_limit_holds(why: str) -> None:
    more = MORE if why == "the provider" else MORE | {"PaymentCtrlr.IncrementalAuthorizationAmount": "0"}
    world = PaymentWorld(variables=more | {"PaymentCtrlr.AuthorizationAmount": "1.05"})
    world.hardware.payment_terminal.increases = False
    world.plug()
    world.pay()
    world.pass_time(1800)
    assert len(_tasks(world, IncreasePayment)) == (1 if why == "the provider" else 0)
    assert [event for event in world.csms.events if event.trigger is TriggerReason.COST_LIMIT_REACHED]
    assert world.hardware.meter(1).power_w == 0
    world.pay()
    (told,) = world.settlements
    assert told.status is PaymentStatus.SETTLED
    assert Decimal("1.05") <= told.amount < Decimal("1.07"), "stopped at once, not with the next look at the bill"


# --- VAT numbers ----------------------------------------------------------------------------------------------------


@pytest.mark.req("C18.FR.08", "C21.FR.02")
def test_a_vat_number_goes_with_the_settlement() -> None:
    world = _charging(_priced("5"))
    world.feed(VatNumberEntered("NL123456789B01", 1))
    world.pay()
    (told,) = world.settlements
    assert told.vat_number == "NL123456789B01"
    assert told.vat_company is not None
    assert told.vat_company.name == "Windmill BV"
