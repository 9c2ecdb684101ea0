"""Sessions become bills: by the tariff they began with, once, with corrections for what is told late (I02, I03)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.csms.billing.ledger import Ledger, NotCorrectable, ledger_of
from pilotwire.csms.registers.authorization import BALANCES
from pilotwire.csms.registers.billing import BILLS, TARIFF_RULES, UNSETTLED, account_of, bill_of
from pilotwire.csms.registers.tariff import TARIFFS, TariffRecord
from pilotwire.csms.store.ports import CloseTransaction, RecordConnection
from pilotwire.domain.authorization import Balance
from pilotwire.domain.billing import (
    Amounts,
    BillEntry,
    BillKind,
    Occasion,
    TariffRule,
    amounts_of,
    chosen_rule,
    session_of,
)
from pilotwire.domain.closing import Closing, ClosingReason
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.local_list import key_of
from pilotwire.domain.tariff import (
    Conditions,
    EnergyPrice,
    EnergyPrices,
    FixedPrice,
    FixedPrices,
    Tariff,
    TaxRate,
    TimePrice,
    TimePrices,
)
from pilotwire.domain.tariff.priced import priced
from pilotwire.domain.transactions import ChargingState, EventKind, TransactionEvent
from pilotwire.errors import StoreError
from tests.support.csms_facts import CARD, Bench, event, later

STARTED, UPDATED, ENDED = EventKind.STARTED, EventKind.UPDATED, EventKind.ENDED
CHARGES, WAITS = ChargingState.CHARGING, ChargingState.SUSPENDED_EV
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def energy(price: str, *more: EnergyPrice, tax: str | None = None) -> EnergyPrices:
    """A price of energy, and others that go before it."""
    rates = () if tax is None else (TaxRate(type="VAT", tax=Decimal(tax)),)
    return EnergyPrices(prices=(*more, EnergyPrice(price_kwh=Decimal(price))), tax_rates=rates)


FLAT = Tariff(tariff_id="flat", currency="EUR", energy=energy("0.50", tax="21"))


async def on_record(bench: Bench, *tariffs: Tariff, rule: str | None = None) -> None:
    """Put tariffs on record; the first is that of everybody."""
    now = bench.clock.now()
    await bench.journal.append(
        *(TARIFFS.put("", each.tariff_id, TariffRecord(tariff=each, changed_at=now)) for each in tariffs),
        TARIFF_RULES.put("", "all", TariffRule(name="all", tariff_id=rule or tariffs[0].tariff_id)),
    )


@pytest.fixture
async def bench() -> Bench:
    made = Bench()
    await made.token()
    return made


def ledger(bench: Bench) -> Ledger:
    return ledger_of(bench.journal, bench.store, bench.clock)


async def bills(bench: Bench) -> list[BillEntry]:
    """All entries, the first one first."""
    return [each.entry for each in await bench.store.entries(BILLS, after=0)]


async def charged(bench: Bench, *points: tuple[EventKind, float, int | None], **more: Any) -> Decimal | None:
    """Say events at minutes with registers; what was told with the last one."""
    told = None
    for number, (kind, minutes, register) in enumerate(points):
        token = CARD if number == 0 else None
        said = event(kind, later(NOON, 60 * minutes), seq_no=number, token=token, register=register, **more)
        told = (await bench.say(said)).total_cost
    return told


# --- worked examples ---------------------------------------------------------------------------------------------


@pytest.mark.req("I02.FR.01", "I03.FR.02")
async def test_the_answers_have_the_cost_so_far_and_at_the_end_that_of_the_bill(bench: Bench) -> None:
    """10 kWh at 0.50 and 21 % VAT: 5.00 + 1.05."""
    await on_record(bench, FLAT)
    assert await charged(bench, (STARTED, 0, 1000), (UPDATED, 10, 5000)) == Decimal("2.42")
    end = event(ENDED, later(NOON, 1200), seq_no=2, register=11000)
    assert (await bench.say(end)).total_cost == Decimal("6.05")
    (bill,) = await bills(bench)
    assert (bill.number, bill.kind, bill.total) == (1, BillKind.BILL, Decimal("6.05"))
    assert bill.amounts.excl_tax == Decimal("5.00")
    assert [(each.type, each.amount) for each in bill.amounts.taxes] == [("VAT", Decimal("1.05"))]
    assert (await bench.say(end)).total_cost == Decimal("6.05"), "asked again, told the same"
    assert len(await bills(bench)) == 1


@pytest.mark.req("I03.FR.04")
async def test_a_free_charge_is_told_as_zero(bench: Bench) -> None:
    await on_record(bench, Tariff(tariff_id="free", currency="EUR", energy=energy("0")))
    assert await charged(bench, (STARTED, 0, 0), (ENDED, 10, 9000)) == Decimal(0)


async def test_periods_of_a_price_change_are_on_the_bill(bench: Bench) -> None:
    """12 kWh evenly from 12:00 to 13:00, at 0.40 until 12:30 and at 0.60 after: 6 by 0.40 and 6 by 0.60, and 1.00 to begin."""
    early = EnergyPrice(
        price_kwh=Decimal("0.40"), conditions=Conditions(end_time_of_day="12:30", start_time_of_day="00:00")
    )
    fee = FixedPrices(prices=(FixedPrice(price_fixed=Decimal(1)),))
    await on_record(bench, Tariff(tariff_id="t", currency="EUR", energy=energy("0.60", early), fixed_fee=fee))
    assert await charged(bench, (STARTED, 0, 0), (ENDED, 60, 12000)) == Decimal("7.00")
    (bill,) = await bills(bench)
    assert bill.priced is not None
    amounts = [line.amount for period in bill.priced.periods for line in period.lines]
    assert amounts == [Decimal("2.4"), Decimal("3.6")]
    assert bill.priced.periods[0].end == later(NOON, 1800)


async def test_idle_time_is_billed_from_the_charging_state(bench: Bench) -> None:
    """An hour of charging, then half an hour in which the vehicle takes nothing, at 0.10 a minute: 3.00."""
    idle = TimePrices(prices=(TimePrice(price_minute=Decimal("0.10")),))
    await on_record(bench, Tariff(tariff_id="t", currency="EUR", idle_time=idle))
    await bench.say(event(STARTED, NOON, seq_no=0, token=CARD, register=0, charging_state=CHARGES))
    await bench.say(event(UPDATED, later(NOON, 3600), seq_no=1, register=5000, charging_state=WAITS))
    end = event(ENDED, later(NOON, 5400), seq_no=2, register=5000)
    assert (await bench.say(end)).total_cost == Decimal("3.00")


async def test_yen_have_no_decimals(bench: Bench) -> None:
    await on_record(bench, Tariff(tariff_id="y", currency="JPY", energy=energy("33.3")))
    assert await charged(bench, (STARTED, 0, 0), (ENDED, 10, 1234)) == Decimal(41)


async def test_without_a_tariff_there_is_no_bill(bench: Bench) -> None:
    assert await charged(bench, (STARTED, 0, 0), (ENDED, 10, 1234)) is None
    assert await bills(bench) == []


async def test_numbers_count_without_gaps_over_all_stations(bench: Bench) -> None:
    """Also where one could not be stored: its number goes to the next."""
    await on_record(bench, FLAT)

    async def session(station: str) -> None:
        for kind, number, register in ((STARTED, 0, 0), (ENDED, 1, 1000)):
            token = CARD if number == 0 else None
            said = event(kind, later(NOON, number), seq_no=number, token=token, register=register)
            await bench.say(said, station=station)

    await session("CS001")
    await bench.say(event(STARTED, NOON, seq_no=0, token=CARD, register=0), station="CS002")
    bench.journal.is_full = True
    end = event(ENDED, later(NOON, 9), seq_no=1, register=1000)
    with pytest.raises(StoreError):
        await bench.say(end, station="CS002")
    bench.journal.is_full = False
    await asyncio.gather(*(session(f"CS{number:03}") for number in range(3, 9)))
    await bench.say(end, station="CS002")
    made = await bills(bench)
    assert [each.number for each in made] == list(range(1, 9))
    assert made[-1].station == "CS002"


# --- which tariff --------------------------------------------------------------------------------------------------


def test_the_most_exact_rule_counts() -> None:
    token = IdToken(value="04AA", type="ISO14443")
    rules = [
        TariffRule(name="any", tariff_id="t0"),
        TariffRule(name="type", tariff_id="t1", connector_type="cCCS2"),
        TariffRule(name="site", tariff_id="t2", site="yard"),
        TariffRule(name="station", tariff_id="t3", station="CS001"),
        TariffRule(name="evse", tariff_id="t4", station="CS001", evse=2),
        TariffRule(name="group", tariff_id="t5", group="FLEET"),
        TariffRule(name="token", tariff_id="t6", id_token=token),
    ]
    occasion = Occasion(
        station="CS001", evse=2, id_token=token, group="fleet", sites=("yard",), connector_types=("cCCS2",)
    )
    found = []
    while (rule := chosen_rule(rules, occasion)) is not None:
        found.append(rule.name)
        rules.remove(rule)
    assert found == ["token", "group", "evse", "station", "site", "type", "any"]
    assert chosen_rule([TariffRule(name="else", tariff_id="t", station="CS002")], occasion) is None


async def test_a_session_keeps_the_tariff_it_began_with(bench: Bench) -> None:
    """Rules and tariffs that change while it runs are for those that begin later."""
    dear = changed(FLAT, tariff_id="dear", energy=energy("9.99"))
    await on_record(bench, FLAT, dear)
    await charged(bench, (STARTED, 0, 0))
    await on_record(bench, changed(FLAT, energy=energy("7.77")), dear, rule="dear")
    ledger(bench).forget_rules()
    end = event(ENDED, later(NOON, 600), seq_no=1, register=1000)
    assert (await bench.say(end)).total_cost == Decimal("0.61")


async def test_a_driver_told_later_gets_the_drivers_tariff(bench: Bench) -> None:
    """Where the transaction begins with the plug, the token comes in a later event (E02)."""
    own = changed(FLAT, tariff_id="own", energy=energy("0.10"))
    await on_record(bench, FLAT, own)
    await bench.journal.append(TARIFF_RULES.put("", "own", TariffRule(name="own", tariff_id="own", id_token=CARD)))
    await bench.say(event(STARTED, NOON, seq_no=0, register=0))
    await bench.say(event(UPDATED, later(NOON, 5), seq_no=1, token=CARD))
    end = event(ENDED, later(NOON, 600), seq_no=2, register=10000)
    assert (await bench.say(end)).total_cost == Decimal("1.00")


async def test_a_tariff_changed_on_purpose_counts_from_then_on(bench: Bench) -> None:
    """Half of 10 kWh at 0.50, half at 1.00."""
    await on_record(bench, changed(FLAT, energy=energy("0.50")))
    await charged(bench, (STARTED, 0, 0), (UPDATED, 30, 5000))
    account = await account_of(bench.store, "CS001", "tx-1")
    assert account is not None
    from pilotwire.domain.tariff.general import general_of

    other = general_of(changed(FLAT, tariff_id="other", energy=energy("1.00")))
    await ledger(bench).change_tariff(account, other, later(NOON, 1800))
    end = event(ENDED, later(NOON, 3600), seq_no=2, register=10000)
    assert (await bench.say(end)).total_cost == Decimal("7.50")


# --- late facts, corrections, refunds ------------------------------------------------------------------------------


async def test_what_is_told_late_is_a_correction(bench: Bench) -> None:
    """The bill stays as it was; who asks what it all comes to adds the entries."""
    early = EnergyPrice(
        price_kwh=Decimal("0.40"), conditions=Conditions(start_time_of_day="00:00", end_time_of_day="12:30")
    )
    await on_record(bench, Tariff(tariff_id="t", currency="EUR", energy=energy("0.60", early)))
    start = event(STARTED, NOON, seq_no=0, token=CARD, register=0)
    late = event(UPDATED, later(NOON, 1800), seq_no=1, register=9000)
    await bench.say(start)
    end = event(ENDED, later(NOON, 3600), seq_no=2, register=12000)
    assert (await bench.say(end)).total_cost == Decimal("6.00")
    await bench.say(late)
    bill, correction = await bills(bench)
    assert (bill.amounts.incl_tax, bill.total) == (Decimal("6.00"), Decimal("6.00"))
    assert (correction.kind, correction.corrects, correction.amounts.incl_tax) == (
        BillKind.CORRECTION,
        1,
        Decimal("-0.60"),
    )
    assert correction.total == Decimal("5.40")
    await bench.say(late)
    assert len(await bills(bench)) == 2


async def test_refunds_are_entries_that_never_give_back_more_than_there_is(bench: Bench) -> None:
    await on_record(bench, FLAT)
    await charged(bench, (STARTED, 0, 0), (ENDED, 10, 10000))
    entry = await ledger(bench).correct(1, Decimal("-1.21"), "the cable was stuck", "user:ann", refund=True)
    assert (entry.number, entry.kind, entry.total, entry.by) == (2, BillKind.REFUND, Decimal("4.84"), "user:ann")
    assert (entry.amounts.excl_tax, entry.amounts.taxes[0].amount) == (Decimal("-1.00"), Decimal("-0.21"))
    for number, amount in ((1, "-4.85"), (1, "0"), (1, "0.001"), (2, "-1"), (9, "1")):
        with pytest.raises(NotCorrectable):
            await ledger(bench).correct(number, Decimal(amount), "more", "user:ann")
    assert len(await bills(bench)) == 2
    late = event(UPDATED, later(NOON, 300), seq_no=7, register=2000)
    await bench.say(late)
    assert len(await bills(bench)) == 2, "nothing to correct where the amount stays"


async def test_a_session_closed_by_rule_is_billed_up_to_what_was_told(bench: Bench) -> None:
    """And corrected if its end comes after all."""
    await on_record(bench, FLAT)
    await charged(bench, (STARTED, 0, 0), (UPDATED, 10, 4000))
    closing = Closing(reason=ClosingReason.NOT_HEARD_OF, at=later(NOON, 9999), as_of=later(NOON, 600))
    await bench.journal.append(CloseTransaction(station="CS001", transaction_id="tx-1", events=2, closing=closing))
    account = await ledger(bench).settle("CS001", "tx-1")
    assert account is not None
    assert account.total == Decimal("2.42")
    await bench.say(event(ENDED, later(NOON, 1200), seq_no=2, register=8000))
    assert [each.total for each in await bills(bench)] == [Decimal("2.42"), Decimal("4.84")]


async def test_a_lost_start_leaves_a_session_that_is_billed_once_it_comes(bench: Bench) -> None:
    await on_record(bench, FLAT)
    await bench.say(event(ENDED, later(NOON, 600), seq_no=1, register=10000))
    assert await bills(bench) == []
    await bench.say(event(STARTED, NOON, seq_no=0, token=CARD, register=0))
    (bill,) = await bills(bench)
    assert bill.total == Decimal("6.05")


def _events(registers: list[int], states: list[ChargingState | None]) -> list[TransactionEvent]:
    told = [event(STARTED, NOON, seq_no=0, token=CARD, register=0)]
    for number, (register, state) in enumerate(zip(registers, states, strict=True), 1):
        at = later(NOON, 600 * number)
        told.append(event(UPDATED, at, seq_no=number, register=register, charging_state=state))
    at = later(NOON, 600 * (len(registers) + 1))
    return [*told, event(ENDED, at, seq_no=len(told), register=max([0, *registers]) + 500)]


SESSIONS = st.lists(st.integers(0, 20000), min_size=1, max_size=5).flatmap(
    lambda values: st.tuples(
        st.just(sorted(values)),
        st.lists(st.sampled_from([None, CHARGES, WAITS]), min_size=len(values), max_size=len(values)),
    )
)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), told=SESSIONS)
def test_bill_and_corrections_come_to_what_all_facts_come_to(
    data: st.DataObject, told: tuple[list[int], list[ChargingState | None]]
) -> None:
    """In whatever order the events come, the end in the middle and some of them twice."""
    events = _events(*told)
    order = data.draw(st.permutations(range(len(events))))
    again = data.draw(st.lists(st.sampled_from(range(len(events))), max_size=3))
    asyncio.run(_check(events, [*order, *again]))


async def _check(events: list[TransactionEvent], order: list[int]) -> None:
    bench = Bench()
    await bench.token()
    early = EnergyPrice(
        price_kwh=Decimal("0.413"), conditions=Conditions(start_time_of_day="00:00", end_time_of_day="12:25")
    )
    idle = TimePrices(
        prices=(TimePrice(price_minute=Decimal("0.07")),), tax_rates=(TaxRate(type="CITY", tax=Decimal(3)),)
    )
    tariff = Tariff(tariff_id="t", currency="EUR", energy=energy("0.619", early, tax="21"), idle_time=idle)
    await on_record(bench, tariff)
    for number in order:
        await bench.say(events[number])
    account = await account_of(bench.store, "CS001", "tx-1")
    transaction = await bench.store.transaction("CS001", "tx-1")
    assert account is not None
    assert transaction is not None
    whole = priced(session_of(transaction, events, account.terms))
    assert whole is not None
    made = await bills(bench)
    summed = Amounts(
        excl_tax=sum((each.amounts.excl_tax for each in made), Decimal(0)),
        incl_tax=sum((each.amounts.incl_tax for each in made), Decimal(0)),
    )
    expected = amounts_of(whole)
    assert (summed.excl_tax, summed.incl_tax) == (expected.excl_tax, expected.incl_tax)
    for tax in {(each.type, each.percent) for entry in made for each in entry.amounts.taxes}:
        of_all = sum(
            (each.amount for entry in made for each in entry.amounts.taxes if (each.type, each.percent) == tax),
            Decimal(0),
        )
        assert of_all == sum((each.amount for each in expected.taxes if (each.type, each.percent) == tax), Decimal(0))
    assert [each.number for each in made] == list(range(1, len(made) + 1))
    assert [each.kind for each in made][:1] == [BillKind.BILL]
    assert made[-1].total == expected.incl_tax


# --- prepaid -------------------------------------------------------------------------------------------------------


async def test_a_balance_is_deducted_as_the_session_goes_on(bench: Bench) -> None:
    await on_record(bench, changed(FLAT, energy=energy("0.50")))
    await bench.journal.append(BALANCES.put("", key_of(CARD), Balance(amount=Decimal(3), currency="EUR")))

    async def left() -> Decimal:
        record = await bench.store.record(BALANCES, "", key_of(CARD))
        assert record is not None
        return record.amount

    await charged(bench, (STARTED, 0, 0), (UPDATED, 10, 2000))
    assert await left() == Decimal("2.00")
    again = event(UPDATED, later(NOON, 600), seq_no=1, register=2000)
    await bench.say(again)
    assert await left() == Decimal("2.00"), "once"
    await bench.say(event(UPDATED, later(NOON, 1200), seq_no=2, register=6000))
    running = ledger(bench).running["CS001", "tx-1"]
    assert await left() == Decimal(0)
    assert running.spent == "the balance is spent"
    await bench.say(event(ENDED, later(NOON, 1260), seq_no=3, register=6100))
    assert await left() == Decimal("-0.05")
    (bill,) = await bills(bench)
    assert bill.paid_from_balance == Decimal("3.05")
    await ledger(bench).correct(1, Decimal("-1.05"), "goodwill", "user:ann", refund=True)
    assert await left() == Decimal(1)


async def test_a_balance_of_another_currency_is_left_alone(bench: Bench) -> None:
    await on_record(bench, FLAT)
    await bench.journal.append(BALANCES.put("", key_of(CARD), Balance(amount=Decimal(3), currency="SEK")))
    await charged(bench, (STARTED, 0, 0), (ENDED, 10, 2000))
    record = await bench.store.record(BALANCES, "", key_of(CARD))
    assert record is not None
    assert record.amount == Decimal(3)


async def test_the_entries_of_a_bill_are_found_by_number(bench: Bench) -> None:
    """Also when the station is off record meanwhile."""
    await on_record(bench, FLAT)
    await bench.journal.append(RecordConnection(station="CS001", connected=True, at=NOON, version="2.0.1"))
    await charged(bench, (STARTED, 0, 0), (ENDED, 10, 2000))
    from pilotwire.csms.store.ports import RemoveStation

    await bench.journal.append(RemoveStation(station="CS001"))
    found = await bill_of(bench.store, 1)
    assert found is not None
    assert found.entry.transaction_id == "tx-1"
    assert await bill_of(bench.store, 2) is None
    assert await account_of(bench.store, "CS001", "tx-1") is not None
    (waiting,) = await bench.store.records(UNSETTLED, "")
    assert waiting.billed_at is not None
    assert waiting.billed_at - bench.clock.now() <= timedelta(0)
