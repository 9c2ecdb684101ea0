"""Ad hoc payments that begin at the CSMS: codes on displays (C25), terminals beside a station (C24), and their settlement (C21.FR.05)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest

from pilotwire.csms.handlers import Handlers, Policy
from pilotwire.csms.partners.ports import Partners
from pilotwire.csms.partners.psp import HttpPsp
from pilotwire.csms.registers.device_model import keep_answered
from pilotwire.csms.registers.payment import AUTHORIZED, DUE, VISITS
from pilotwire.csms.services import Parts
from pilotwire.csms.services.settlements import FIRST_RETRY, Settlements
from pilotwire.domain.device_model import (
    GetVariables,
    SetVariableResult,
    SetVariables,
    SetVariablesOutcome,
    SetVariableStatus,
    VariableName,
    VariableResult,
    VariableStatus,
)
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.remote_control import RequestStart, RequestStartOutcome, RequestStatus
from pilotwire.domain.tariff import NotifyWebPaymentStarted, WebPaymentOutcome
from pilotwire.domain.tariff.bills import CostDetails, CostKind, TotalCost, TotalPrice, TotalUsage
from pilotwire.domain.tariff.web_payments import totp
from pilotwire.domain.transactions import EventKind, TriggerReason
from tests.support.api_rooms import ApiRooms, api_of, client_of
from tests.support.csms_facts import event, later

PAID = IdToken(value="PSP-1", type="DirectPayment")
STATION = "CS001"
PSP_PAGE = "https://psp.example/checkout?id={payment}&evse={evse}&most={maxcost}"
SUPPORTED = VariableName(component="TxCtrlr", variable="SupportedLimits")
BY_CSMS = VariableName(component="PaymentCtrlr", variable="SettlementByCSMS")


class Provider:
    """A payment service provider: what it was asked, and what it answers (None: nothing that can be used)."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: dict[str, Any] | None = {"status": "Settled", "receiptUrl": "https://psp.example/r/1"}

    def _handle(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer psp-key"
        self.asked.append(json.loads(request.content))
        return httpx.Response(503) if self.answer is None else httpx.Response(200, json=self.answer)

    def partner(self) -> HttpPsp:
        """How the CSMS asks it."""
        return HttpPsp("https://psp.example/settle", 5, "psp-key", httpx.MockTransport(self._handle))


class Shop:
    """A CSMS that takes payments, a station that does what it is told, a provider, and somebody with a browser and a key."""

    def __init__(self, http: httpx.AsyncClient, rooms: ApiRooms) -> None:
        self.http, self.rooms = http, rooms
        self.provider = Provider()
        psp = self.provider.partner()
        policy = Policy(energy_price=Decimal("0.50"))
        self.handlers = Handlers(rooms.journal, rooms.store, rooms.clock, policy, partners=Partners(psp=psp))
        parts = Parts(rooms.journal, rooms.store, rooms.commander, rooms.clock, rooms.settings)
        self.settlements = Settlements(parts, psp)
        rooms.bus.connect(STATION, "2.1")
        rooms.bus.answers[RequestStart] = RequestStartOutcome(status=RequestStatus.ACCEPTED)
        rooms.bus.answers[NotifyWebPaymentStarted] = WebPaymentOutcome()

    async def set_up(self, status: SetVariableStatus = SetVariableStatus.ACCEPTED, **wanted: Any) -> Any:
        """Let the station show codes."""
        names = ("URLTemplate", "TOTPVersion", "ValidityTime", "Length", "SharedSecret", "Enabled")
        places = [VariableName(component="WebPaymentsCtrlr", variable=name) for name in names]
        results = tuple(SetVariableResult(name=place, status=status) for place in places)
        self.rooms.bus.answers[SetVariables] = SetVariablesOutcome(results=results)
        answer = await self.http.post(f"/stations/{STATION}/commands/set-up-web-payment", json=wanted)
        return answer.json()

    def told(self, kind: type[Any]) -> list[Any]:
        """The commands of a kind the station was given."""
        return [command for _, command in self.rooms.bus.commands if isinstance(command, kind)]

    def password(self) -> str:
        """What the station shows now."""
        given = {each.name.variable: each.value for each in self.told(SetVariables)[-1].settings}
        validity, length = int(given["ValidityTime"]), int(given["Length"])
        return totp(given["SharedSecret"], self.rooms.clock.now(), validity=validity, length=length)

    async def visit(self, path: str) -> httpx.Response:
        """A driver's browser goes there."""
        return await self.http.get(f"http://csms/pay/{path}")

    async def payment(self) -> str:
        """A driver has come by the code of EVSE 1 and is on the provider's page: the id of the payment."""
        answer = await self.visit(f"{STATION}/1/{self.password()}/v1")
        return httpx.URL(answer.headers["location"]).params["id"]

    async def knows(self, name: VariableName, value: str) -> None:
        """The station has told a variable."""
        told = VariableResult(name=name, status=VariableStatus.ACCEPTED, value=value)
        await self.rooms.keep(keep_answered(STATION, told, self.rooms.clock.now()))

    async def say(self, fact: Any) -> Any:
        """The station says something."""
        return await self.handlers.handle(STATION, fact, message_id="m-1")


@asynccontextmanager
async def shop(**settings: Any) -> AsyncIterator[Shop]:
    rooms = ApiRooms(**({"psp_page": PSP_PAGE, "public_url": "https://csms.example/"} | settings))
    async with client_of(api_of(rooms)) as http:
        yield Shop(http, rooms)


# --- a code on a display ----------------------------------------------------------------------------------------------


async def test_a_station_is_given_a_secret_and_all_else_it_needs_for_its_codes() -> None:
    """The switch comes last; the secret is told to nobody else."""
    async with shop() as one:
        told = await one.set_up(validityTime=60, length=10)
        template = "https://csms.example/pay/{chargingstationid}/{evse}/{totp}/{version}"
        assert (told["urlTemplate"], told["complete"]) == (template, True)
        (command,) = one.told(SetVariables)
        given = {each.name.variable: each.value for each in command.settings}
        assert list(given)[-1] == "Enabled"
        secret = given.pop("SharedSecret")
        assert len(secret) >= 32
        assert given == {
            "URLTemplate": template,
            "TOTPVersion": "v1",
            "ValidityTime": "60",
            "Length": "10",
            "Enabled": "true",
        }
        assert secret not in json.dumps(told)


async def test_passwords_of_a_station_that_did_not_take_it_all_are_not_taken() -> None:
    async with shop() as one:
        assert (await one.set_up(SetVariableStatus.REJECTED))["complete"] is False
        assert (await one.visit(f"{STATION}/1/{one.password()}/v1")).status_code == 403


async def test_an_address_that_cannot_be_made_is_refused_with_a_sentence() -> None:
    """Without the password in it, and without knowing where this CSMS is."""
    async with shop(public_url="") as one:
        for wanted in ({}, {"urlTemplate": "https://csms.example/pay/{chargingstationid}"}):
            answer = await one.http.post(f"/stations/{STATION}/commands/set-up-web-payment", json=wanted)
            assert (answer.status_code, "urlTemplate" in answer.json()["detail"]) == (422, True)


@pytest.mark.req("C25.FR.07", "C25.FR.09", "C25.FR.20", "C25.FR.21", "C25.FR.59")
async def test_a_driver_with_a_good_code_is_sent_on_to_pay_and_the_evse_waits() -> None:
    """The provider hears what the driver wants at most, and whose payment it is."""
    async with shop() as one:
        await one.set_up()
        answer = await one.visit(f"{STATION}/2/{one.password()}/v1?maxcost=12.50&unknown=1")
        assert answer.status_code == 303
        url = httpx.URL(answer.headers["location"])
        assert (url.host, url.params["evse"], url.params["most"]) == ("psp.example", "2", "12.50")
        visit = await one.rooms.store.record(VISITS, "", url.params["id"])
        assert visit is not None
        assert (visit.station, visit.evse_id, visit.limit.max_cost) == (STATION, 2, Decimal("12.50"))
        (told,) = one.told(NotifyWebPaymentStarted)
        assert (told.evse_id, told.timeout) == (2, 120)


async def test_one_for_the_whole_station_lets_no_evse_wait_and_a_deaf_station_is_no_hindrance() -> None:
    async with shop() as one:
        await one.set_up()
        assert (await one.visit(f"{STATION}/{one.password()}/v1")).status_code == 303
        assert one.told(NotifyWebPaymentStarted) == []
        del one.rooms.bus.answers[NotifyWebPaymentStarted]
        assert (await one.visit(f"{STATION}/1/{one.password()}/v1")).status_code == 303


@pytest.mark.req("C25.FR.08")
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("CS001/1/aaaaaaaa/v1", 403),
        ("CS001/1/{good}x/v1", 403),
        ("CS001/1/{good}/v2", 403),
        ("CS002/1/{good}/v1", 403),
        ("CS001/0/{good}/v1", 403),
        ("CS001/1/{good}/v1?maxcost=much", 400),
    ],
    ids=["wrong", "too long", "another version", "another station", "no EVSE", "no amount"],
)
async def test_a_bad_code_leads_nowhere(path: str, status: int) -> None:
    """Nobody is sent on, no EVSE waits, and the page says what to do in words."""
    async with shop() as one:
        await one.set_up()
        answer = await one.visit(path.replace("{good}", one.password()))
        assert (answer.status_code, "location" in answer.headers) == (status, False)
        assert "<h1>" in answer.text
        assert one.told(NotifyWebPaymentStarted) == []


async def test_an_old_code_leads_nowhere_and_one_where_nobody_takes_payments() -> None:
    async with shop() as one:
        await one.set_up()
        path = f"{STATION}/1/{one.password()}/v1"
        one.rooms.clock.advance(90)
        assert (await one.visit(path)).status_code == 403
    async with shop(psp_page="") as one:
        await one.set_up()
        assert (await one.visit(f"{STATION}/1/{one.password()}/v1")).status_code == 503


# --- a payment is authorized ------------------------------------------------------------------------------------------


@pytest.mark.req("C25.FR.23", "C25.FR.24")
async def test_who_has_paid_by_page_charges_within_both_limits() -> None:
    """What the provider has reserved and what the driver asked for: the strictest. Once only."""
    async with shop() as one:
        await one.set_up()
        await one.knows(SUPPORTED, "MaxCost,MaxEnergy")
        answer = await one.visit(f"{STATION}/1/{one.password()}/v1?maxenergy=20000&maxcost=100")
        payment = httpx.URL(answer.headers["location"]).params["id"]
        body = {
            "pspRef": "PSP-1",
            "limit": {"maxCost": 40},
            "additionalInfo": [{"additionalIdToken": "1234", "type": "cardLast4Digits"}],
        }
        started = await one.http.post(f"/payments/{payment}/authorized", json=body)
        assert started.json()["status"] == "Accepted"
        (command,) = one.told(RequestStart)
        assert (command.evse, command.id_token.value, command.id_token.type) == (1, "PSP-1", "DirectPayment")
        assert [(each.type, each.value) for each in command.id_token.additional] == [("cardLast4Digits", "1234")]
        now = one.rooms.clock.now()
        verdict = await one.say(event(EventKind.STARTED, now, seq_no=0, token=PAID, register=1000))
        assert (verdict.limit.max_cost, verdict.limit.max_energy) == (Decimal(40), Decimal(20_000))
        assert one.told(GetVariables) == []  # the station had told which limits it keeps
        again = await one.http.post(f"/payments/{payment}/authorized", json=body)
        assert (again.status_code, len(one.told(RequestStart))) == (404, 1)


@pytest.mark.req("C25.FR.24")
async def test_a_transaction_that_began_with_the_cable_has_its_limit_once_it_is_paid_for() -> None:
    """Its start had no token; a station of which nothing is known is asked which limits it keeps."""
    async with shop() as one:
        now = one.rooms.clock.now()
        first = event(EventKind.STARTED, now, seq_no=0, trigger=TriggerReason.CABLE_PLUGGED_IN)
        assert (await one.say(first)).limit is None
        await one.http.post(f"/stations/{STATION}/payments", json={"pspRef": "PSP-1", "limit": {"maxCost": 25}})
        (asked,) = one.told(GetVariables)
        assert [each.name for each in asked.asked] == [SUPPORTED]
        await one.knows(SUPPORTED, "MaxCost")
        paid = event(EventKind.UPDATED, later(now, 9), seq_no=1, token=PAID, trigger=TriggerReason.REMOTE_START)
        assert (await one.say(paid)).limit.max_cost == Decimal(25)
        stop = event(EventKind.UPDATED, later(now, 99), seq_no=2, token=PAID, trigger=TriggerReason.STOP_AUTHORIZED)
        assert (await one.say(stop)).limit is None


@pytest.mark.req("C24.FR.01", "C24.FR.02")
async def test_a_terminal_beside_the_station_starts_one_with_its_limit() -> None:
    """At an EVSE, or at any; a token of the same name that is no payment has none."""
    async with shop() as one:
        await one.knows(SUPPORTED, "MaxCost,MaxTime")
        body = {"pspRef": "PSP-1", "limit": {"maxCost": 25, "maxTime": 3600}}
        answer = await one.http.post(f"/stations/{STATION}/payments", json=body)
        assert answer.json()["status"] == "Accepted"
        assert one.told(RequestStart)[0].evse is None
        now = one.rooms.clock.now()
        card = IdToken(value="PSP-1", type="ISO14443")
        other = await one.say(event(EventKind.STARTED, now, transaction_id="tx-2", seq_no=0, token=card))
        assert other.limit is None
        verdict = await one.say(event(EventKind.STARTED, now, seq_no=0, token=PAID))
        assert (verdict.limit.max_cost, verdict.limit.max_time) == (Decimal(25), 3600)


async def test_a_station_that_does_not_start_leaves_the_payment_to_be_released() -> None:
    """Refused, it can be asked again; not connected is 409. Nothing is kept of it."""
    async with shop() as one:
        await one.set_up()
        payment = await one.payment()
        one.rooms.bus.answers[RequestStart] = RequestStartOutcome(status=RequestStatus.REJECTED)
        answer = await one.http.post(f"/payments/{payment}/authorized", json={"pspRef": "PSP-1"})
        assert (answer.status_code, answer.json()["status"]) == (200, "Rejected")
        del one.rooms.bus.answers[RequestStart]
        gone = await one.http.post(f"/payments/{payment}/authorized", json={"pspRef": "PSP-1"})
        assert gone.status_code == 409
        assert await one.rooms.store.record(AUTHORIZED, STATION, "PSP-1") is None
        assert await one.rooms.store.record(VISITS, "", payment) is not None


# --- settlement -------------------------------------------------------------------------------------------------------


async def charged(one: Shop, *, upto: int = 6000, cost: str | None = None) -> None:
    """A transaction that is paid ad hoc begins at 1000 Wh and ends; `cost`: what the station has worked out."""
    now = one.rooms.clock.now()
    await one.say(event(EventKind.STARTED, now, seq_no=0, token=PAID, register=1000))
    end = event(EventKind.ENDED, later(now, 60), seq_no=1, register=upto, trigger=TriggerReason.STOP_AUTHORIZED)
    await one.say(changed(end, cost=None if cost is None else _costs(cost)))
    await one.say(changed(end, cost=None if cost is None else _costs(cost)))  # it comes again


def _costs(amount: str) -> CostDetails:
    total = TotalPrice(excl_tax=Decimal(1), incl_tax=Decimal(amount))
    cost = TotalCost(currency="EUR", type_of_cost=CostKind.NORMAL_COST, total=total)
    return CostDetails(total_cost=cost, total_usage=TotalUsage(energy=Decimal(5000), charging_time=60, idle_time=0))


async def settled(one: Shop) -> list[tuple[str, str, float, str | None]]:
    """The settlements on record, as the API shows them."""
    found = (await one.http.get(f"/stations/{STATION}/settlements")).json()["items"]
    return [(each["pspRef"], each["status"], each["settlementAmount"], each["receiptUrl"]) for each in found]


@pytest.mark.req("C21.FR.05")
@pytest.mark.parametrize(
    ("upto", "cost", "amount"), [(6000, None, "2.50"), (6000, "3.10", "3.10"), (1000, None, "0")], ids=str
)
async def test_what_a_station_leaves_to_the_csms_is_settled_with_the_provider(
    upto: int, cost: str | None, amount: str
) -> None:
    """By the price here, or the station's own cost; nothing used is released. Once, however often its end is told."""
    async with shop() as one:
        await one.knows(BY_CSMS, "true")
        await charged(one, upto=upto, cost=cost)
        await one.settlements.look()
        await charged(one, upto=upto, cost=cost)
        await one.settlements.look()
        order = {"pspRef": "PSP-1", "station": STATION, "transactionId": "tx-1", "amount": amount}
        assert one.provider.asked == [order]
        assert await settled(one) == [("PSP-1", "Settled", float(amount), "https://psp.example/r/1")]


@pytest.mark.req("C24.FR.10", "C25.FR.40")
async def test_what_began_here_is_settled_here_too_and_other_payments_are_the_stations() -> None:
    async with shop() as one:
        await charged(one)
        await one.settlements.look()
        assert one.provider.asked == []
    async with shop() as one:
        await one.http.post(f"/stations/{STATION}/payments", json={"pspRef": "PSP-1"})
        await charged(one)
        await one.settlements.look()
        assert [each["amount"] for each in one.provider.asked] == ["2.50"]
        assert await one.rooms.store.record(AUTHORIZED, STATION, "PSP-1") is None


async def test_a_provider_that_does_not_answer_is_asked_again() -> None:
    """Later each time; there is one finding, and nothing is booked meanwhile. What it refuses is booked so."""
    async with shop() as one:
        await one.knows(BY_CSMS, "true")
        await charged(one)
        one.provider.answer = None
        await one.settlements.look()
        await one.settlements.look()
        assert (len(one.provider.asked), await settled(one)) == (1, [])
        one.rooms.clock.advance(FIRST_RETRY)
        await one.settlements.look()
        one.rooms.clock.advance(FIRST_RETRY)
        await one.settlements.look()
        assert len(one.provider.asked) == 2
        rules = [finding.rule for finding in await one.rooms.store.findings(STATION)]
        assert rules.count("payment:not-settled") == 1
        one.provider.answer = {"status": "Rejected", "statusInfo": "Card blocked"}
        one.rooms.clock.advance(FIRST_RETRY)
        await one.settlements.look()
        assert await settled(one) == [("PSP-1", "Rejected", 2.5, None)]
        assert await one.rooms.store.record(DUE, STATION, "tx-1") is None


async def test_where_nobody_knows_the_cost_somebody_is_told() -> None:
    """No registers: there is nothing to order."""
    async with shop() as one:
        await one.knows(BY_CSMS, "true")
        now = one.rooms.clock.now()
        await one.say(event(EventKind.STARTED, now, seq_no=0, token=PAID))
        await one.say(event(EventKind.ENDED, later(now, 60), seq_no=1))
        rules = [finding.rule for finding in await one.rooms.store.findings(STATION)]
        assert "payment:cost-unknown" in rules
        assert await one.rooms.store.record(DUE, STATION, "tx-1") is None


async def test_visits_and_payments_nobody_came_back_for_are_forgotten() -> None:
    async with shop() as one:
        await one.set_up()
        payment = await one.payment()
        await one.http.post(f"/stations/{STATION}/payments", json={"pspRef": "PSP-1"})
        one.rooms.clock.advance(31 * 86_400)
        await one.settlements.look()
        assert await one.rooms.store.record(VISITS, "", payment) is None
        assert await one.rooms.store.record(AUTHORIZED, STATION, "PSP-1") is None


@pytest.mark.parametrize(
    "answer", [{"status": "Gone"}, {"state": "Settled"}, {"status": "Settled", "settlementAmount": "much"}], ids=str
)
async def test_an_answer_of_the_provider_that_says_nothing_is_none(answer: dict[str, Any]) -> None:
    """It is asked again later; nothing is booked."""
    async with shop() as one:
        await one.knows(BY_CSMS, "true")
        await charged(one)
        one.provider.answer = answer
        await one.settlements.look()
        assert await settled(one) == []
        findings = await one.rooms.store.findings(STATION)
        assert ["no usable answer" in each.what for each in findings if each.rule == "payment:not-settled"] == [True]
