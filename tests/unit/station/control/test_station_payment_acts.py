"""Paying, driven through the control port: cards, the terminal and its provider, a tariff that is not accepted (2.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from pilotwire.simulator.building import make_vehicle
from pilotwire.simulator.planned import layout_of
from pilotwire.station.control import control_api
from pilotwire.station.control.bodies import StationPlan
from tests.support.scripted_csms import ScriptedCsms, scripted_csms
from tests.support.station_lab import Lab, lab


class Rig:
    """A test tool at the control port of a station with a payment terminal, and a vehicle plugged in."""

    def __init__(self, http: httpx.AsyncClient, one: Lab, csms: ScriptedCsms) -> None:
        self.http = http
        self.one = one
        self.csms = csms

    async def does(self, path: str, status: int = 200, **body: Any) -> Any:
        """Something, and how it is answered."""
        answer = await self.http.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def heard(self, action: str, **told: Any) -> Any:
        """A message of the station that tells so."""

        def found() -> Any:
            messages = (each.payload for each in self.csms.heard if each.action == action)
            return next((one for one in messages if told.items() <= one.items()), None)

        await self.one.until(lambda: found() is not None, f"{action} {told}")
        return found()


@asynccontextmanager
async def rig(layout: str = "ac-22-pay") -> AsyncIterator[Rig]:
    async with scripted_csms() as csms:
        csms.version = "2.1"
        async with lab(csms.url, "2.1", layout=layout) as one:
            await one.until_accepted()
            one.plug()
            transport = httpx.ASGITransport(control_api(one.station, make_vehicle), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://station") as http:
                yield Rig(http, one, csms)


async def test_the_terminal_does_as_it_is_told() -> None:
    async with rig() as tool:
        await tool.does("/payment/terminal", declines=True)
        await tool.does("/payment/card")
        display = tool.one.station.simulated.display
        await tool.one.until(lambda: "not accepted" in display.get(1, ""), "declined")
        await tool.does("/payment/terminal", declines=False, settlesAs="Rejected")
        await tool.does("/payment/card")
        await tool.one.until_charged()
        transaction = tool.one.overview.evses[0].transaction_id
        await tool.does("/payment/terminal", connected=False, problem="no paper")
        assert tool.one.station.core.variable("PaymentCtrlr.Enabled") == "true"
        await tool.does("/payment/terminal", connected=True)
        await tool.does("/payment/card")
        told = await tool.heard("NotifySettlement")
        assert (told["pspRef"], told["transactionId"]) == ("PSP-000001", transaction)
        assert told["status"] == "Canceled", "the scripted CSMS told no cost"


async def test_a_tariff_is_refused() -> None:
    async with rig() as tool:
        await tool.does("/payment/card")
        await tool.one.until_charged(50)
        await tool.does("/tariff/refuse", evse=1)
        await tool.heard("TransactionEvent", triggerReason="TariffNotAccepted", eventType="Ended")


@pytest.mark.parametrize("path", ["/payment/card", "/payment/terminal"])
async def test_where_there_is_no_terminal_nobody_pays_at_one(path: str) -> None:
    async with rig("ac-22-single") as tool:
        refused = await tool.does(path, status=409)
        assert refused["what"] == "This station has no payment terminal."


async def test_a_card_is_for_an_evse_there_is() -> None:
    async with rig() as tool:
        await tool.does("/payment/card", evse=7)
        await tool.does("/payment/web", status=422, evse=1, maxTime=0)
        assert tool.one.overview.evses[0].id_token is None


def test_a_planned_station_can_have_a_terminal() -> None:
    base = {"identity": "CS1", "version": "2.1", "url": "ws://127.0.0.1:1"}
    assert layout_of(StationPlan.model_validate(base)).payment_terminal is None
    assert layout_of(StationPlan.model_validate(base | {"paymentTerminal": True})).payment_terminal is not None
    named = layout_of(StationPlan.model_validate(base | {"paymentTerminal": True, "layout": "ac-22-pay"}))
    assert named.payment_terminal is not None
