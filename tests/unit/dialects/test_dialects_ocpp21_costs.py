"""Tariffs and costs on the wire of 2.1: what a station writes is what a CSMS reads, and the other way (I08, I12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from pilotwire.dialects.ocpp21 import DIALECT as OCPP21
from pilotwire.dialects.ocpp201 import DIALECT as OCPP201
from pilotwire.domain.authorization import AuthorizationAsked, AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.tariff import (
    EnergyPrice,
    EnergyPrices,
    FixedPrice,
    FixedPrices,
    Price,
    Tariff,
    TariffText,
    TaxRate,
    TimePrice,
    TimePrices,
)
from pilotwire.domain.tariff.bills import begun, carried_on, details
from pilotwire.domain.tariff.conditions import FixedFacts, Moment
from pilotwire.domain.transactions import EventKind, TransactionEvent, TransactionVerdict, TriggerReason
from pilotwire.ocpp import registry

NOW = datetime(2026, 3, 2, 17, 30, tzinfo=UTC)
VAT = (TaxRate(type="vat", tax=Decimal("19.5"), stack=1),)
TARIFF = Tariff(
    tariff_id="T1",
    currency="EUR",
    energy=EnergyPrices(prices=(EnergyPrice(price_kwh=Decimal("0.25")),), tax_rates=VAT),
    idle_time=TimePrices(prices=(TimePrice(price_minute=Decimal("0.1")),)),
    min_cost=Price(excl_tax=Decimal("0.5")),
)


def _event() -> TransactionEvent:
    """The end of a transaction with all that is told of its cost."""
    start = Moment(at=NOW, local=NOW, register=Decimal(0), charging=True)
    later = Moment(at=NOW + timedelta(hours=1), local=NOW, register=Decimal(10_500), charging=False)
    last = Moment(at=NOW + timedelta(hours=2), local=NOW, register=Decimal(10_500), charging=False)
    bill = carried_on(carried_on(begun(TARIFF, start, NOW, Decimal(0), FixedFacts()), later), last)
    return TransactionEvent(
        kind=EventKind.ENDED,
        transaction_id="tx",
        at=NOW,
        trigger=TriggerReason.STOP_AUTHORIZED,
        seq_no=7,
        offline=False,
        tariff_id="T1",
        cost=details(bill, final=True),
    )


def test_the_cost_of_a_transaction_arrives_as_it_was_told() -> None:
    event = _event()
    written = OCPP21.write_fact(event)
    assert written is not None
    request = registry.decode_request(OCPP21.version, "TransactionEvent", registry.encode(written))
    read = OCPP21.read_fact(request)
    assert isinstance(read, TransactionEvent)
    assert (read.tariff_id, read.cost) == ("T1", event.cost)
    assert event.cost is not None
    assert {one.type for period in event.cost.charging_periods for one in period.dimensions} == {"Energy", "IdleTIme"}


def test_2_0_1_tells_the_end_without_it() -> None:
    event = _event()
    assert OCPP201.write_fact(event) == OCPP201.write_fact(changed(event, cost=None, tariff_id=None))


def test_the_tariff_of_a_driver_arrives_as_it_was_told() -> None:
    asked = AuthorizationAsked(id_token=IdToken(value="ANNA", type="ISO14443"))
    verdict = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, tariff=TARIFF)
    written = OCPP21.write_verdict(asked, verdict)
    response = registry.decode_response(OCPP21.version, "Authorize", registry.encode(written))
    assert OCPP21.read_verdict(asked, response) == verdict


def test_what_a_reservation_cost_and_why_a_cost_is_not_whole_are_told() -> None:
    start = Moment(at=NOW, local=NOW, register=Decimal(0), charging=True)
    kept = changed(
        TARIFF,
        reservation_time=TimePrices(prices=(TimePrice(price_minute=Decimal("0.2")),)),
        reservation_fixed=FixedPrices(prices=(FixedPrice(price_fixed=Decimal(1)),)),
    )
    bill = changed(
        begun(kept, start, NOW, Decimal(0), FixedFacts(), timedelta(minutes=15)), failure="The meter failed."
    )
    cost = details(bill, final=True)
    assert cost.total_usage.reservation_time == 900
    written = OCPP21.write_fact(changed(_event(), cost=cost))
    assert written is not None
    read = OCPP21.read_fact(registry.decode_request(OCPP21.version, "TransactionEvent", registry.encode(written)))
    assert isinstance(read, TransactionEvent)
    assert read.cost == cost


def test_a_message_is_answered_in_several_languages() -> None:
    verdict = TransactionVerdict(
        transaction_id=_event().transaction_id,
        message="Nu 0,40 EUR",
        message_extra=(TariffText(content="Ab jetzt 0,40 EUR", language="de"),),
    )
    answer = OCPP21.write_verdict(_event(), verdict)
    assert OCPP21.read_verdict(_event(), answer) == verdict
    plain = OCPP201.read_verdict(_event(), OCPP201.write_verdict(_event(), verdict))
    assert plain == changed(verdict, message_extra=()), "2.0.1 has the one message"
