"""Our station charges at our CSMS over real sockets, in every version: what the bill, the receipt and the station say of the price."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import httpx
import pytest

from pilotwire.csms.api import create_api
from pilotwire.csms.app import Csms
from pilotwire.csms.registers.billing import BILLS
from pilotwire.domain.billing import BillEntry
from pilotwire.domain.transactions import StoppedReason
from tests.support.api_rooms import client_of
from tests.support.eventually import eventually
from tests.support.station_lab import CARD, VERSIONS, booked, lab, open_csms

STEPPED: dict[str, Any] = {
    "currency": "EUR",
    "energy": {
        "prices": [{"priceKwh": 0.4, "conditions": {"maxEnergy": 300}}, {"priceKwh": 4}],
        "taxRates": [{"type": "VAT", "tax": 20}],
    },
    "fixedFee": {"prices": [{"priceFixed": 1}], "taxRates": [{"type": "VAT", "tax": 20}]},
}
"""1.00 to begin, 0.40 a kWh for the first 300 Wh, then 4.00; 20 % VAT on all of it."""
_CENT = Decimal("0.01")


@asynccontextmanager
async def billing(**more: Any) -> AsyncIterator[tuple[Csms, httpx.AsyncClient]]:
    """A CSMS whose sessions all go by that tariff, and its operator."""
    async with open_csms(no_auth=True, **more) as csms, client_of(create_api(csms)) as operator:
        assert (await operator.put("/tariffs/stepped", json=STEPPED)).status_code == 200
        assert (await operator.put("/tariff-rules/all", json={"tariffId": "stepped"})).status_code == 200
        yield csms, operator


async def bill_in(csms: Csms) -> BillEntry:
    """The bill, once it is made."""

    async def made() -> list[BillEntry]:
        return [each.entry for each in await csms.store.entries(BILLS)]

    (entry,) = await eventually(made, what="the bill")
    return entry


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_receipt_of_a_charge_is_as_worked_out_by_hand(version: str) -> None:
    async with billing(seller="Harbour Charging|Quay 1") as (csms, operator), lab(csms.urls.ocpp, version) as one:
        await one.charge(700)
        one.tap()
        await one.until_ended()
        bill, transaction = await bill_in(csms), await booked(csms)
        used = transaction.energy
        assert used is not None
        assert used > 600
        net = 1 + Decimal("0.3") * Decimal("0.4") + (used / 1000 - Decimal("0.3")) * 4
        total = (net * Decimal("1.2")).quantize(_CENT, ROUND_HALF_UP)
        assert (bill.total, bill.transaction_id) == (total, transaction.transaction_id)
        assert bill.priced is not None
        lines = [line for period in bill.priced.periods for line in period.lines if line.quantity]
        cheap = sum((line.quantity for line in lines if line.price == Decimal("0.4")), Decimal(0))
        assert cheap == pytest.approx(Decimal(300), abs=Decimal("0.001"))
        page = (await operator.get("/bills/1/receipt")).text
        assert f"{total} EUR" in page
        assert "Quay 1" in page
        for line in lines:
            assert f">{line.amount.quantize(Decimal('0.0001'), ROUND_HALF_UP)}</td>" in page
        paper = await operator.get("/bills/1/receipt", params={"format": "pdf"})
        assert paper.content.startswith(b"%PDF-")


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_charge_ends_when_the_balance_is_spent(version: str) -> None:
    """About half a kWh is paid for; the station is told to stop, whatever it knows of money."""
    async with billing() as (csms, operator), lab(csms.urls.ocpp, version) as one:
        balance = {"amount": 2, "currency": "EUR"}
        put = await operator.put(f"/token-balances/{CARD}", params={"type": "ISO14443"}, json=balance)
        assert put.status_code == 200
        await one.charge()
        await one.until_ended()
        bill, transaction = await bill_in(csms), await booked(csms)
        assert transaction.stopped_reason is StoppedReason.REMOTE
        assert bill.ended_for == "the balance is spent"
        assert bill.total >= 2
        left = (await operator.get(f"/token-balances/{CARD}", params={"type": "ISO14443"})).json()
        assert Decimal(str(left["amount"])) == 2 - bill.total
        assert "billing:spent" in [each.rule for each in await csms.store.findings("CS001")]
        assert "The session was ended because the balance is spent." in (await operator.get("/bills/1/receipt")).text


@pytest.mark.req("I03.FR.03")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_the_driver_sees_what_it_costs_at_the_end(version: str) -> None:
    async with billing() as (csms, _), lab(csms.urls.ocpp, version) as one:
        await one.charge(700)
        one.tap()
        await one.until_ended()
        bill = await bill_in(csms)
        display = one.station.simulated.display
        await one.until(lambda: str(bill.total) in " ".join(display.values()), "the cost on the display")
