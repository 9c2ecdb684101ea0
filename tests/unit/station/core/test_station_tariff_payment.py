"""Ad hoc payment at the station: an EVSE kept during a web payment, settlements, VAT numbers (2.1)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Fact, Verdict
from pilotwire.domain.remote_control import RequestStart
from pilotwire.domain.tariff import (
    Address,
    NotifyWebPaymentStarted,
    PaymentSettled,
    PaymentStatus,
    SettlementVerdict,
    VatNumberAsked,
    VatStatus,
    VatVerdict,
    WebPaymentOutcome,
)
from pilotwire.station.core.tariff_payment import BUSY, PAYING, Settled, VatNumberEntered
from tests.support.station_world import Csms, StationWorld

SETTLED = PaymentSettled(
    psp_ref="PSP-1", status=PaymentStatus.SETTLED, amount=Decimal("12.50"), at=datetime(2026, 3, 1, 9, tzinfo=UTC)
)


class _Paid(Csms):
    """A CSMS that makes receipts, and knows one company."""

    def verdict(self, fact: Fact, now: datetime) -> Verdict:
        if isinstance(fact, PaymentSettled):
            return SettlementVerdict(receipt_url="https://receipts.test/1", receipt_id="1")
        if isinstance(fact, VatNumberAsked):
            good = fact.vat_number == "NL123456789B01"
            company = Address(name="Windmill BV", address1="Dijk 1", city="Delft", country="NL") if good else None
            status = VatStatus.ACCEPTED if good else VatStatus.REJECTED
            return VatVerdict(vat_number=fact.vat_number, status=status, company=company)
        return super().verdict(fact, now)


def _world() -> StationWorld:
    world = StationWorld(online=False)
    world.csms = _Paid()
    world.connect()
    return world


# --- web payment ----------------------------------------------------------------------------------------------------


@pytest.mark.req("C25.FR.22", "C25.FR.27")
def test_an_evse_is_kept_for_who_is_paying_as_long_as_they_have() -> None:
    world = _world()
    assert world.command(NotifyWebPaymentStarted(evse_id=1, timeout=120)) == WebPaymentOutcome()
    assert world.hardware.display[1] == PAYING
    world.plug()
    world.tap("ANNA")
    assert world.hardware.display[1] == BUSY
    assert world.core.overview().evses[0].id_token is None
    world.pass_time(121)
    assert 1 not in world.hardware.display
    world.tap("ANNA")
    assert world.core.overview().evses[0].id_token == "ANNA"


@pytest.mark.req("C25.FR.22")
def test_the_start_by_the_csms_ends_the_waiting() -> None:
    world = _world()
    world.command(NotifyWebPaymentStarted(evse_id=1, timeout=120))
    paid = IdToken(value="WEB-1", type="DirectPayment")
    world.csms.tokens["WEB-1"] = world.csms.tokens["ANNA"]
    world.command(RequestStart(id_token=paid, remote_start_id=1, evse=1))
    assert world.core.overview().evses[0].id_token == "WEB-1"
    world.plug()
    world.pass_time(30)
    assert world.hardware.meter(1).power_w > 0
    world.tap("WEB-1")
    world.unplug()
    world.plug()
    world.tap("ANNA")
    assert world.core.overview().evses[0].id_token == "ANNA", "nothing is kept any more"


def test_an_evse_in_use_is_not_kept() -> None:
    world = _world()
    world.plug()
    world.tap("ANNA")
    assert world.command(NotifyWebPaymentStarted(evse_id=1, timeout=120)) == WebPaymentOutcome()
    assert world.command(NotifyWebPaymentStarted(evse_id=7, timeout=120)) == WebPaymentOutcome()
    assert len([note for note in world.notes if "web payment" in note]) == 2
    world.tap("ANNA")
    assert world.core.overview().evses[0].id_token is None, "who charges can stop"


# --- settlements, VAT numbers ---------------------------------------------------------------------------------------


@pytest.mark.req("C21.FR.02", "C22.FR.01")
@pytest.mark.parametrize("status", [PaymentStatus.SETTLED, PaymentStatus.REJECTED], ids=["settled", "rejected"])
def test_a_settlement_is_told_and_the_receipt_shown(status: PaymentStatus) -> None:
    world = _world()
    told = PaymentSettled(psp_ref="PSP-1", status=status, amount=Decimal(5), at=SETTLED.at)
    world.feed(Settled(told))
    assert world.csms.of(PaymentSettled) == [told]
    assert world.hardware.display[None] == "Your receipt: https://receipts.test/1"


def test_a_settlement_is_told_when_there_is_a_csms_to_tell() -> None:
    world = _world()
    world.cut()
    world.feed(Settled(SETTLED))
    world.kill()
    world.connect()
    world.pass_time(30)
    assert world.csms.of(PaymentSettled) == [SETTLED]


def test_a_settlement_that_was_not_answered_is_told_again() -> None:
    world = _world()
    world.csms.silent = lambda fact: isinstance(fact, PaymentSettled)
    world.feed(Settled(SETTLED))
    world.csms.silent = lambda _: False
    world.time_out()
    world.pass_time(60)
    assert world.csms.of(PaymentSettled) == [SETTLED, SETTLED]


@pytest.mark.req("C18.FR.08")
@pytest.mark.parametrize(
    ("number", "online", "seen"),
    [
        ("NL123456789B01", True, "VAT number accepted. Windmill BV"),
        ("NL0", True, "NL0 is not a valid VAT number."),
        ("NL0", False, "VAT numbers cannot be checked now."),
    ],
    ids=["good", "bad", "offline"],
)
def test_a_vat_number_is_looked_into(number: str, online: bool, seen: str) -> None:
    world = _world()
    if not online:
        world.cut()
    world.feed(VatNumberEntered(number, 1))
    assert world.hardware.display[1] == seen
    assert len(world.csms.of(VatNumberAsked)) == int(online)
