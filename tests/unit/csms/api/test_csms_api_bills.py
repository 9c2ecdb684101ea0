"""Bills by the API: lists, receipts, corrections, exports; rules of tariffs; who may see and do what."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest

from pilotwire.csms.api.access import digest_of
from pilotwire.csms.api.events import told_of
from pilotwire.csms.billing.receipts import Seller, html, masked, money, receipt_of
from pilotwire.csms.handlers import Handlers, Policy
from pilotwire.csms.registers.access import AUDIT, SITES, Site
from pilotwire.csms.registers.billing import BILLS
from pilotwire.csms.registers.signed_metering import VERDICTS, KeptVerdict
from pilotwire.csms.store.ports import ApiKey, PutApiKey, Scope
from pilotwire.domain.identity import IdToken
from pilotwire.domain.metering.signed import MeteringOutcome
from pilotwire.domain.transactions import EventKind
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of
from tests.support.csms_facts import event, later

TARIFF = {
    "currency": "EUR",
    "energy": {
        "prices": [
            {"priceKwh": 0.4, "conditions": {"startTimeOfDay": "00:00", "endTimeOfDay": "12:30"}},
            {"priceKwh": 0.6},
        ],
        "taxRates": [{"type": "VAT", "tax": 21}],
    },
    "fixedFee": {"prices": [{"priceFixed": 1}]},
}
"""12 kWh evenly from 12:00 to 13:00: 1.00 + 2.40 + 3.60 and 1.26 VAT on the energy."""
CARD = IdToken(value="04A2B3C4<b>", type="ISO14443")


@pytest.fixture
async def rooms() -> ApiRooms:
    return ApiRooms(ocpi_party="NL-ABC", seller="Harbour & Sons|Quay 1, Rotterdam", seller_vat_number="NL001")


@pytest.fixture
async def client(rooms: ApiRooms) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(api_of(rooms)) as made:
        assert (await made.put("/tariffs/day", json=TARIFF)).status_code == 200
        assert (await made.put("/tariff-rules/all", json={"tariffId": "day"})).status_code == 200
        await session(rooms, "CS001")
        yield made


async def session(rooms: ApiRooms, station: str) -> None:
    """12 kWh from 12:00 to 13:00."""
    handlers = Handlers(rooms.journal, rooms.store, rooms.clock, Policy(accept_unknown_tokens=True))
    for kind, number, register in ((EventKind.STARTED, 0, 0), (EventKind.ENDED, 1, 12000)):
        said = event(
            kind, later(NOON, 3600 * number), seq_no=number, token=CARD if number == 0 else None, register=register
        )
        await handlers.handle(station, said, message_id="m")


async def test_a_bill_says_each_period_and_what_it_came_to(client: httpx.AsyncClient) -> None:
    (listed,) = (await client.get("/bills")).json()["items"]
    assert (listed["number"], listed["kind"], listed["inclTax"], listed["exclTax"]) == (1, "Bill", 8.26, 7)
    assert listed["taxes"] == [{"type": "VAT", "percent": 21, "amount": 1.26}]
    assert [(each["energy"], each["lines"][0]["amount"]) for each in listed["periods"]] == [(6000, 2.4), (6000, 3.6)]
    assert listed["fees"][0]["amount"] == 1
    assert listed["tariffChosenBy"] == "rule all"
    whole = (await client.get("/bills/1")).json()
    assert (whole["total"], whole["corrections"]) == (8.26, [])
    found = await client.get("/bills", params={"station": "CS001", "transactionId": "tx-1"})
    assert [each["number"] for each in found.json()["items"]] == [1]
    assert (await client.get("/bills", params={"transactionId": "tx-1"})).status_code == 422
    assert (await client.get("/bills/2")).status_code == 404


async def test_a_receipt_shows_periods_taxes_and_the_seller(client: httpx.AsyncClient) -> None:
    page = (await client.get("/bills/1/receipt")).text
    for said in ("6.000 kWh", "0.40 / kWh", "2.4000", "0.60 / kWh", "3.6000", "VAT 21 %", "1.26 EUR", "8.26 EUR"):
        assert said in page
    assert "Harbour &amp; Sons" in page
    assert "VAT number NL001" in page
    assert "are not signed" in page
    assert "04A2B3C4" not in page, "who finds a receipt cannot charge with it"
    assert "<b>" not in page
    paper = await client.get("/bills/1/receipt", params={"format": "pdf"})
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    told = (await client.get("/bills/1/receipt", params={"format": "json"})).json()
    assert told["bill"]["total"] == 8.26


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (MeteringOutcome.VERIFIED, "and the signatures were verified"),
        (MeteringOutcome.FAILED, "are NOT valid"),
        (MeteringOutcome.UNVERIFIABLE, "The signatures were not verified"),
    ],
)
async def test_a_receipt_says_what_was_found_of_the_signatures(
    client: httpx.AsyncClient, rooms: ApiRooms, outcome: MeteringOutcome, said: str
) -> None:
    found = KeptVerdict(station="CS001", transaction_id="tx-1", outcome=outcome, checked_at=NOON)
    await rooms.keep(VERDICTS.put("CS001", "tx-1", found))
    assert said in (await client.get("/bills/1/receipt")).text


async def test_a_refund_is_an_entry_with_who_and_why(client: httpx.AsyncClient, rooms: ApiRooms) -> None:
    before = (await client.get("/bills/1")).json()["bill"]
    refund = {"kind": "Refund", "inclTax": 2, "reason": "the cable was stuck"}
    made = await client.post("/bills/1/corrections", json=refund)
    assert made.status_code == 201
    entry = made.json()
    assert (entry["number"], entry["corrects"], entry["inclTax"], entry["total"]) == (2, 1, -2, 6.26)
    assert (entry["reason"], entry["by"]) == ("the cable was stuck", "lab")
    whole = (await client.get("/bills/2")).json()
    assert whole["bill"] == before
    assert (whole["total"], [each["number"] for each in whole["corrections"]]) == (6.26, [2])
    page = (await client.get("/bills/1/receipt")).text
    assert "Refund: the cable was stuck" in page
    assert "-2.00 EUR" in page
    assert "6.26 EUR" in page
    assert (await rooms.store.entries(AUDIT))[0].entry.operation == "/bills/{number}/corrections"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/bills/1/corrections", {"kind": "Refund", "inclTax": -2, "reason": "no"}, 422),
        ("/bills/1/corrections", {"inclTax": -9, "reason": "too much"}, 409),
        ("/bills/1/corrections", {"inclTax": 0.001, "reason": "not a cent"}, 409),
        ("/bills/1/corrections", {"inclTax": 1, "reason": ""}, 422),
        ("/bills/1/corrections", {"kind": "Bill", "inclTax": 1, "reason": "another"}, 422),
        ("/bills/7/corrections", {"inclTax": 1, "reason": "none"}, 404),
    ],
)
async def test_what_makes_no_sense_is_refused(
    client: httpx.AsyncClient, path: str, body: dict[str, object], status: int
) -> None:
    refused = await client.post(path, json=body)
    assert refused.status_code == status
    assert refused.json()["detail"]
    assert len((await client.get("/bills")).json()["items"]) == 1


async def test_exports_hold_every_entry_the_oldest_first(client: httpx.AsyncClient) -> None:
    await client.post("/bills/1/corrections", json={"inclTax": -1, "reason": "=cmd()"})
    table = list(csv.DictReader(io.StringIO((await client.get("/bills/export")).text)))
    assert [(each["number"], each["kind"], each["incl_tax"], each["total"]) for each in table] == [
        ("1", "Bill", "8.26", "8.26"),
        ("2", "Correction", "-1", "7.26"),
    ]
    assert table[1]["reason"] == "'=cmd()"
    assert (table[0]["energy_wh"], table[0]["tax"]) == ("12000", "1.26") or Decimal(table[0]["energy_wh"]) == 12000
    told = (await client.get("/bills/export", params={"format": "json", "since": 1})).json()
    assert [each["number"] for each in told["items"]] == [2]


@pytest.mark.parametrize(("edition", "cost"), [("2.2.1", {"excl_vat": 7, "incl_vat": 8.26}), ("2.3", None)])
async def test_bills_are_cdrs(client: httpx.AsyncClient, edition: str, cost: dict[str, float] | None) -> None:
    told = (await client.get("/bills/export", params={"format": "ocpi", "edition": edition})).json()
    (cdr,) = told["items"]
    assert (cdr["id"], cdr["country_code"], cdr["party_id"], cdr["session_id"]) == ("000001", "NL", "ABC", "tx-1")
    assert (cdr["total_energy"], len(cdr["charging_periods"])) == (12, 2)
    if cost is not None:
        assert cdr["total_cost"] == cost
    else:
        assert (cdr["total_cost"]["before_taxes"], cdr["total_cost"]["taxes"][0]["amount"]) == (7, 1.26)


async def test_a_correction_takes_the_cdr_back_and_puts_another_in_its_place(
    client: httpx.AsyncClient, rooms: ApiRooms
) -> None:
    """A reading that came late: 9 of the 12 kWh before the price went up."""
    handlers = Handlers(rooms.journal, rooms.store, rooms.clock, Policy(accept_unknown_tokens=True))
    late = event(EventKind.UPDATED, later(NOON, 1800), seq_no=7, register=9000)
    await handlers.handle("CS001", late, message_id="m")
    told = (await client.get("/bills/export", params={"format": "ocpi"})).json()
    first, credit, second = told["items"]
    assert (credit["credit"], credit["credit_reference_id"]) == (True, first["id"])
    assert credit["total_cost"]["incl_vat"] == -first["total_cost"]["incl_vat"]
    assert second["total_cost"]["excl_vat"] == pytest.approx(1 + 9 * 0.4 + 3 * 0.6)


async def test_webhooks_are_told_of_bills_and_corrections(client: httpx.AsyncClient, rooms: ApiRooms) -> None:
    await client.post("/bills/1/corrections", json={"inclTax": -1, "reason": "goodwill"})
    entries = await rooms.store.entries(BILLS, after=0)
    told = [told_of(BILLS.keep(each.station, each.at, each.entry, key=each.key), each.number) for each in entries]
    assert [each.type for each in told if each is not None] == ["bill-made", "bill-corrected"]
    assert '"reason":"goodwill"' in (told[1].data if told[1] is not None else "")


async def test_somebody_limited_to_a_site_sees_and_corrects_its_bills_only(rooms: ApiRooms) -> None:
    async with client_of(api_of(rooms)) as lab:
        await lab.put("/tariffs/day", json=TARIFF)
        await lab.put("/tariff-rules/all", json={"tariffId": "day"})
    await session(rooms, "CS001")
    await session(rooms, "YARD1")
    key = ApiKey(name="yard", digest=digest_of("yard-secret"), scopes=(Scope.WRITE,), created_at=NOON, sites=("yard",))
    await rooms.keep(SITES.put("", "yard", Site(name="yard", prefixes=("YARD",))), PutApiKey(key=key))
    rooms.settings = rooms.settings.model_copy(update={"no_auth": False})
    async with client_of(api_of(rooms), **{"X-API-Key": "yard-secret"}) as limited:
        assert [each["station"] for each in (await limited.get("/bills")).json()["items"]] == ["YARD1"]
        assert (await limited.get("/bills/1")).status_code == 404
        assert (await limited.get("/bills/1/receipt")).status_code == 404
        correction = {"inclTax": -1, "reason": "mine"}
        assert (await limited.post("/bills/1/corrections", json=correction)).status_code == 404
        made = await limited.post("/bills/2/corrections", json=correction)
        assert (made.status_code, made.json()["by"]) == (201, "key:yard")
        table = (await limited.get("/bills/export")).text
        assert "CS001" not in table
        assert (await limited.get("/tariff-rules")).status_code == 403


async def test_rules_name_tariffs_and_zones_that_are_there(client: httpx.AsyncClient) -> None:
    assert (await client.put("/tariff-rules/x", json={"tariffId": "nothing"})).status_code == 422
    wrong = await client.put("/tariff-rules/x", json={"tariffId": "day", "timeZone": "Mars/Olympus"})
    assert wrong.status_code == 422
    rule = {"tariffId": "day", "site": "yard", "timeZone": "Europe/Amsterdam"}
    assert (await client.put("/tariff-rules/x", json=rule)).json()["timeZone"] == "Europe/Amsterdam"
    assert [each["name"] for each in (await client.get("/tariff-rules")).json()["items"]] == ["all", "x"]
    assert (await client.delete("/tariff-rules/x")).status_code == 204
    assert (await client.delete("/tariff-rules/x")).status_code == 404


async def test_a_running_session_is_let_go_on_by_another_tariff(client: httpx.AsyncClient, rooms: ApiRooms) -> None:
    handlers = Handlers(rooms.journal, rooms.store, rooms.clock, Policy(accept_unknown_tokens=True))
    start = event(EventKind.STARTED, NOON, transaction_id="tx-2", seq_no=0, token=CARD, register=0)
    await handlers.handle("CS001", start, message_id="m")
    await client.put("/tariffs/gift", json={"currency": "EUR", "energy": {"prices": [{"priceKwh": 0}]}})
    rooms.clock.advance(1800)
    told = await client.put("/stations/CS001/transactions/tx-2/tariff", json={"tariffId": "gift"})
    assert [each["tariffId"] for each in told.json()["tariffs"]] == ["day", "gift"]
    end = event(EventKind.ENDED, later(NOON, 3600), transaction_id="tx-2", seq_no=1, register=12000)
    verdict = await handlers.handle("CS001", end, message_id="m")
    assert verdict.total_cost == Decimal("3.90")  # type: ignore[attr-defined]
    ended = await client.put("/stations/CS001/transactions/tx-2/tariff", json={"tariffId": "gift"})
    assert ended.status_code == 409
    assert (await client.put("/stations/CS001/transactions/tx-9/tariff", json={"tariffId": "gift"})).status_code == 404


def test_amounts_have_the_decimals_of_their_currency() -> None:
    assert [money(Decimal("7.5"), "EUR"), money(Decimal(41), "JPY"), money(Decimal("1.25"), "KWD")] == [
        "7.50 EUR",
        "41 JPY",
        "1.250 KWD",
    ]
    assert masked("04A2B3C4") == "\N{HORIZONTAL ELLIPSIS}B3C4"


async def test_times_of_a_receipt_are_those_of_its_zone(client: httpx.AsyncClient, rooms: ApiRooms) -> None:
    (found,) = await rooms.store.entries(BILLS)
    page = html(receipt_of(found.entry, (), Seller(time_zone="Europe/Amsterdam", prefix="A-")))
    assert "2026-01-31 13:30:00" in page
    assert "Receipt A-000001" in page
