"""Display messages, costs and tariffs between our CSMS and our station over real sockets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pilotwire.csms.commands.display import Display
from pilotwire.csms.commands.tariff import TariffBooks, cost_updated, set_default
from pilotwire.domain.display import DisplayMessage, DisplayText, MessagePriority, SetDisplayMessageStatus
from pilotwire.domain.tariff import EnergyPrice, EnergyPrices, Tariff, TariffSetStatus
from tests.support.eventually import eventually
from tests.support.station_lab import lab, open_csms


def _welcome(number: int, words: str, **more: Any) -> DisplayMessage:
    fields: dict[str, Any] = {"priority": MessagePriority.NORMAL_CYCLE, "text": DisplayText(content=words)} | more
    return DisplayMessage(message_id=number, **fields)


@pytest.mark.req("O01.FR.12", "O03.FR.02", "I02.FR.03")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_message_and_a_cost_are_seen_at_the_station(version: str) -> None:
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        display = Display(csms.commander, csms.journal, csms.store, csms.clock)
        seen = one.station.simulated.display
        await one.until_accepted()
        for number in range(7):
            outcome = await display.show("CS001", _welcome(number, f"Welcome {number}"))
            assert outcome.status is SetDisplayMessageStatus.ACCEPTED
        await one.until(lambda: "Welcome" in seen.get(1, ""), "a message on the display")
        told = await display.ask("CS001", patience=10)
        assert [message.message_id for message in told.messages] == list(range(7))
        await one.charge()
        books = TariffBooks(csms.journal, csms.store, csms.clock)
        transaction = one.overview.evses[0].transaction_id
        await cost_updated(csms.commander, books, "CS001", transaction, Decimal("3.20"))
        await one.until(lambda: seen.get(1) == "Cost so far: 3.20 EUR", "the cost on the display")


@pytest.mark.req("I07.FR.12", "I12.FR.01")
async def test_a_charge_is_paid_by_the_tariff_the_csms_installed() -> None:
    async with open_csms() as csms, lab(csms.urls.ocpp, "2.1") as one:
        await one.until_accepted()
        price = EnergyPrices(prices=(EnergyPrice(price_kwh=Decimal("0.50")),))
        tariff = Tariff(tariff_id="day", currency="EUR", energy=price)
        books = TariffBooks(csms.journal, csms.store, csms.clock)
        outcome = await set_default(csms.commander, books, "CS001", 0, tariff)
        assert outcome.status is TariffSetStatus.ACCEPTED
        await one.charge()
        one.tap()
        await one.until(lambda: "Total cost" in one.station.simulated.display.get(1, ""), "the total on the display")

        async def told() -> list[str]:
            log = await csms.store.log("CS001", action="TransactionEvent")
            return [each.frame for each in log if "costDetails" in each.frame]

        (end,) = await eventually(told, what="the cost at the CSMS")
        assert '"eventType":"Ended"' in end
        assert '"tariffId":"day"' in end
