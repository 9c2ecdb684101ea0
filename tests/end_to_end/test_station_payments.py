"""Ad hoc payment between our CSMS and our station over real sockets: at the station's terminal, and by the code on its display."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.csms.commands import remote_control
from pilotwire.csms.commands.tariff import TariffBooks, set_default, web_payment_started
from pilotwire.csms.registers.tariff import SETTLEMENTS, VAT_VALIDATIONS
from pilotwire.domain.identity import IdToken
from pilotwire.domain.remote_control import RequestStatus
from pilotwire.domain.tariff import EnergyPrice, EnergyPrices, PaymentStatus, Tariff, VatStatus
from pilotwire.domain.tariff.web_payments import totp
from pilotwire.station.control.acts import ACTS
from pilotwire.station.control.hosted import Hosted
from tests.support.eventually import eventually
from tests.support.station_lab import booked, lab, open_csms

RECEIPTS = "https://csms.test/receipts/{receipt}"
SECRET = "a secret between us"


async def _does(station: Any, path: str, **body: Any) -> dict[str, Any]:
    """An act of the control port."""
    act = ACTS[path]
    return await act.on(Hosted(station, lambda *_args, **_more: None), act.read(body))  # type: ignore[arg-type,return-value]


@pytest.mark.req("C18.FR.03", "C18.FR.09", "C21.FR.01", "C21.FR.02", "C21.FR.03")
async def test_who_pays_at_the_terminal_charges_and_reads_where_the_receipt_is() -> None:
    settings = {"PaymentCtrlr.ReceiptByCSMS": "true", "PaymentCtrlr.AuthorizeDirectPayment": "true"}
    async with (
        open_csms(receipt_url=RECEIPTS) as csms,
        lab(csms.urls.ocpp, "2.1", layout="ac-22-pay", variables=settings) as one,
    ):
        await one.until_accepted()
        price = EnergyPrices(prices=(EnergyPrice(price_kwh=Decimal("0.50")),))
        books = TariffBooks(csms.journal, csms.store, csms.clock)
        await set_default(csms.commander, books, "CS001", 0, Tariff(tariff_id="day", currency="EUR", energy=price))
        one.plug()
        await _does(one.station, "payment/card", card="Visa:4111", evse=1)
        await one.until_charged()
        await _does(one.station, "vat-number", vatNumber="NL123456789B01", evse=1)
        display = one.station.simulated.display
        await one.until(lambda: "VAT number accepted" in display.get(1, ""), "the VAT number")
        (checked,) = await csms.store.entries(VAT_VALIDATIONS, "CS001")
        assert (checked.entry.status, checked.entry.evse_id) == (VatStatus.ACCEPTED, 1)
        await _does(one.station, "payment/card", card="Visa:4111", evse=1)
        await one.until_ended()
        (entry,) = await eventually(lambda: csms.store.entries(SETTLEMENTS, "CS001"), what="the settlement")
        told, transaction = entry.entry, await booked(csms)
        assert (told.status, told.psp_ref, told.vat_number) == (PaymentStatus.SETTLED, "PSP-000001", "NL123456789B01")
        assert told.transaction_id == transaction.transaction_id
        assert transaction.energy is not None
        assert told.amount == pytest.approx(transaction.energy / 2000, abs=Decimal("0.0001"))
        assert transaction.id_token is not None
        assert (transaction.id_token.value, transaction.id_token.type) == ("PSP-000001", "DirectPayment")
        assert told.receipt_url is not None
        await one.until(lambda: display.get(1) == f"Your receipt: {told.receipt_url}", "the receipt on the display")
        assert one.station.simulated.payment_terminal.settlements["PSP-000001"][0] == str(told.amount)


@pytest.mark.req("C25.FR.01", "C25.FR.03", "C25.FR.05", "C25.FR.22", "C25.FR.23", "C25.FR.27")
async def test_who_scans_the_code_charges_as_much_as_they_chose() -> None:
    template = "https://csms.test/pay/{chargingstationid}/{evse}/{totp}/{version}"
    settings = {
        "WebPaymentsCtrlr.Enabled": "true",
        "WebPaymentsCtrlr.URLTemplate": template,
        "WebPaymentsCtrlr.SharedSecret": SECRET,
        "WebPaymentsCtrlr.ValidityTime": "3600",
    }
    async with open_csms() as csms, lab(csms.urls.ocpp, "2.1", variables=settings) as one:
        await one.until_accepted()
        await _does(one.station, "payment/web", evse=1, maxEnergy="400")
        display = one.station.simulated.display
        await one.until(lambda: "maxenergy=400" in display.get(1, ""), "the code on the display")
        address, now = display[1], datetime.now(UTC)
        spans = (now - timedelta(hours=1), now, now + timedelta(hours=1))
        assert address.split("/")[4:6] == ["CS001", "1"]
        assert address.split("/")[6] in {totp(SECRET, at, validity=3600, length=8) for at in spans}
        await web_payment_started(csms.commander, "CS001", 1, 60)
        await one.until(lambda: "scanned" in display.get(1, ""), "the driver knows")
        one.plug()
        _, outcome = await remote_control.start(
            csms.commander, "CS001", IdToken(value="WEB-1", type="DirectPayment"), evse=1
        )
        assert outcome.status is RequestStatus.ACCEPTED
        await one.until_charged()

        async def told() -> list[str]:
            log = await csms.store.log("CS001", action="TransactionEvent")
            return [each.frame for each in log if "EnergyLimitReached" in each.frame]

        assert await eventually(told, what="the limit at the CSMS")
        log = await csms.store.log("CS001", action="TransactionEvent")
        (limited,) = [each.frame for each in log if '"transactionLimit"' in each.frame]
        assert '"maxEnergy":400' in limited
        assert '"DirectPayment"' in limited
