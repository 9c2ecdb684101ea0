"""Tariffs, DER controls, battery swaps and payments through the API: what is refused before it is sent, and what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
import pytest_asyncio

from pilotwire.csms.app import Csms
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.csms.partners.vat import HttpVatChecker
from pilotwire.domain import der_control as der
from pilotwire.domain.tariff import (
    PaymentSettled,
    PaymentStatus,
    SettlementVerdict,
    looks_like_vat_number,
    receipt_for,
)
from tests.support.every_action import client_of
from tests.support.raw_station import settings, station

Backend = tuple[Csms, httpx.AsyncClient]
_ENERGY = {"currency": "EUR", "energy": {"prices": [{"priceKwh": 0.49}]}}
_AT = "/stations/CS-1/commands"


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[Backend]:
    receipts = "https://r.example/{receipt}"
    async with Csms(settings(no_auth=True, receipt_url=receipts)) as csms, client_of(csms) as api:
        yield csms, api


async def _reasons(response: httpx.Response) -> list[str]:
    assert response.status_code == 422, response.text
    return [f"{each['where']}: {each['what']}" for each in response.json()["errors"]]


@pytest.mark.req("R04.FR.12", "R04.FR.14", "R04.FR.16")
async def test_a_control_a_station_would_reject_is_refused_with_every_reason(backend: Backend) -> None:
    """No station is asked: it need not even be connected."""
    point = {"x": 1, "y": 2}
    curve = {"priority": 0, "yUnit": "PctMaxW", "curveData": [point], "duration": 60}
    control = {"controlId": "c", "controlType": "FixedPFAbsorb", "isDefault": True, "curve": curve}
    reasons = await _reasons(await backend[1].post(f"{_AT}/set-der-control", json=control))
    assert [reason.partition(":")[0] for reason in reasons] == [
        "body.curve",
        "body.fixedPFAbsorb",
        "body.curve.duration",
    ]
    assert "R04.FR.16" in reasons[0]
    assert "R04.FR.12" in reasons[2]
    gradient = {"priority": 0, "gradient": 1, "softGradient": 1}
    scheduled = {"controlId": "c", "controlType": "Gradients", "isDefault": False, "gradient": gradient}
    (only,) = await _reasons(await backend[1].post(f"{_AT}/set-der-control", json=scheduled))
    assert "R04.FR.14" in only


def test_a_curve_has_one_to_ten_points() -> None:
    """Also where the control does not come through the API."""
    points = tuple(der.CurvePoint(x=Decimal(n), y=Decimal(n)) for n in range(11))
    for wrong in ((), points):
        curve = der.Curve(curve_data=wrong, priority=0, y_unit=der.DerUnit.PCT_MAX_W)
        control = der.DerControl(
            control_id="c", control_type=der.DerControlType.VOLT_WATT, is_default=True, curve=curve
        )
        assert [each.where for each in der.misfits(control)] == ["curve.curve_data"]


async def test_an_invalid_tariff_is_refused_with_every_reason(backend: Backend) -> None:
    """Times, dates, ranges and the currency are looked at."""
    conditions = {"startTimeOfDay": "25:00", "validFromDate": "2030-02-30", "minPower": 5, "maxPower": 5}
    wrong = {"currency": "eur", "energy": {"prices": [{"priceKwh": 1, "conditions": conditions}]}, "minCost": {}}
    reasons = await _reasons(await backend[1].put("/tariffs/t", json=wrong))
    where = "body.energy.prices[0].conditions"
    assert [reason.partition(": ")[0] for reason in reasons] == [
        "body.currency",
        f"{where}.startTimeOfDay",
        f"{where}.validFromDate",
        f"{where}.maxPower",
        "body.minCost",
    ]


@pytest.mark.req("I08.FR.08")
async def test_a_tariff_that_was_sent_keeps_its_content(backend: Backend) -> None:
    """Putting the same again is fine; another content needs an id of its own."""
    csms, api = backend
    assert (await api.put("/tariffs/t", json={**_ENERGY, "currency": "USD"})).status_code == 200
    assert (await api.put("/tariffs/t", json=_ENERGY)).status_code == 200
    async with station(csms, "CS-1", "ocpp2.1") as line:
        await line.boot()
        asked = asyncio.create_task(api.post(f"{_AT}/set-default-tariff", json={"tariffId": "t"}))
        call = await line.hear()
        assert call[3] == {"evseId": 0, "tariff": {"tariffId": "t", **_ENERGY}}
        await line.say([3, call[1], {"status": "Accepted"}])
        assert (await asked).status_code == 200
    assert (await api.put("/tariffs/t", json=_ENERGY)).status_code == 200
    assert (await api.put("/tariffs/t", json={**_ENERGY, "currency": "USD"})).status_code == 409
    (held,) = (await api.get("/stations/CS-1/tariffs")).json()["items"]
    assert (held["tariffId"], held["evseIds"], held["tariff"]["currency"]) == ("t", [0], "EUR")
    assert (await api.delete("/tariffs/t")).status_code == 204
    assert (await api.get("/tariffs/t")).status_code == 404


@pytest.mark.req("S02.FR.03")
async def test_no_swap_for_a_token_that_is_not_authorized(backend: Backend) -> None:
    """The station hears nothing."""
    csms, api = backend
    async with station(csms, "CS-1", "ocpp2.1") as line:
        await line.boot()
        wanted = {"idToken": {"idToken": "NOBODY"}}
        response = await api.post(f"{_AT}/request-battery-swap", json=wanted)
        assert (response.status_code, response.json()["type"]) == (409, "urn:pilotwire:problem:not-permitted")
        logged = (await api.get("/messages", params={"action": "RequestBatterySwap"})).json()
    assert logged["items"] == []


@pytest.mark.req("C21.FR.03")
async def test_a_settlement_is_answered_with_a_receipt_and_kept_once(backend: Backend) -> None:
    """Told again it has the same receipt."""
    csms, api = backend
    said = {"pspRef": "p", "status": "Settled", "settlementAmount": 1, "settlementTime": "2026-01-02T03:04:05Z"}
    async with station(csms, "CS-1", "ocpp2.1") as line:
        await line.boot()
        answers: list[Any] = [await line.ask("NotifySettlement", said) for _ in range(2)]
    assert answers[0]["receiptUrl"] == f"https://r.example/{answers[0]['receiptId']}"
    assert answers[1] == answers[0]
    (kept,) = (await api.get("/stations/CS-1/settlements")).json()["items"]
    assert kept["receiptId"] == answers[0]["receiptId"]


@pytest.mark.parametrize("status", [PaymentStatus.REJECTED, PaymentStatus.FAILED, PaymentStatus.CANCELED])
def test_what_was_not_settled_has_no_receipt(status: PaymentStatus) -> None:
    """C22 has none either."""
    fact = PaymentSettled(psp_ref="p", status=status, amount=Decimal(1), at=datetime(2030, 1, 1, tzinfo=UTC))
    assert receipt_for("CS-1", fact, "https://r.example/{receipt}") == SettlementVerdict()


@pytest.mark.parametrize(
    ("number", "good"),
    [("DE123456789", True), ("de 123.456-789", True), ("DE12345678", False), ("ZZ123", False), ("", False)],
)
def test_the_form_of_a_vat_number(number: str, good: bool) -> None:
    """Each country has its own."""
    assert looks_like_vat_number(number) is good


async def test_the_vat_service_is_asked() -> None:
    """Its finding, or a failure that says so."""
    company = {"name": "n", "address1": "a", "city": "c", "country": "d", "postalCode": "1"}

    def answer(request: httpx.Request) -> httpx.Response:
        number = request.url.params["vatNumber"]
        if number == "BROKEN":
            return httpx.Response(200, text="oops")
        return httpx.Response(200, json={"valid": number == "DE1", "company": company})

    checker = HttpVatChecker("https://vat.example", 5, httpx.MockTransport(answer))
    found = await checker.check("de 1")
    assert found.valid
    assert found.company is not None
    assert found.company.postal_code == "1"
    assert not (await checker.check("DE2")).valid
    with pytest.raises(PartnerFailed, match="no usable answer"):
        await checker.check("broken")
