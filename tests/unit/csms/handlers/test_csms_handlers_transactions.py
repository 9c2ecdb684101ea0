from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from pilotwire.domain.authorization import AuthorizationStatus
from pilotwire.domain.identity import NO_AUTHORIZATION, IdToken
from pilotwire.domain.metering import MeterReading
from pilotwire.domain.transactions import EventKind, TriggerReason
from pilotwire.errors import StoreError
from tests.support.csms_facts import CARD, Bench, event, later

STARTED, UPDATED, ENDED = EventKind.STARTED, EventKind.UPDATED, EventKind.ENDED


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def t0(bench: Bench) -> datetime:
    return bench.clock.now()


@pytest.mark.req("E01.FR.11", "E01.FR.12", "E05.FR.01", "1.6:4.8")
async def test_a_start_without_an_id_is_named_by_the_csms_and_its_token_judged(bench: Bench, t0: datetime) -> None:
    """The verdict on a 1.6 start carries the transaction id and the status of the token."""
    await bench.token()
    verdict = await bench.say(event(STARTED, t0, transaction_id=None, token=CARD, register=1000))
    assert verdict.transaction_id == "1"
    assert verdict.authorization.status is AuthorizationStatus.ACCEPTED
    booked = await bench.store.transaction("CS001", "1")
    assert booked is not None
    assert booked.meter_start == Decimal(1000)


async def test_a_retried_start_gets_the_same_verdict_and_is_booked_once(bench: Bench, t0: datetime) -> None:
    """A station that did not see the answer asks again: same name, same status, one transaction."""
    await bench.token()
    start = event(STARTED, t0, transaction_id=None, token=CARD, register=1000)
    first, second = await bench.say(start), await bench.say(start)
    assert first == second
    assert len(await bench.store.transactions()) == 1


async def test_a_retried_start_is_not_turned_down_for_a_transaction_begun_since(bench: Bench, t0: datetime) -> None:
    """The verdict on the first transaction stays Accepted, though a second one with the token is open by now."""
    await bench.token()
    first = event(STARTED, t0, seq_no=0, token=CARD)
    assert (await bench.say(first)).authorization.accepted
    second = event(STARTED, later(t0, 60), transaction_id="tx-2", seq_no=0, token=CARD)
    told = await bench.say(second)
    assert told.authorization.status is AuthorizationStatus.CONCURRENT_TX
    assert (await bench.say(first)).authorization.accepted
    assert await bench.say(second) == told


async def test_a_token_with_a_transaction_open_elsewhere_is_concurrent(bench: Bench, t0: datetime) -> None:
    """One transaction a token, unless the record allows more."""
    await bench.token()
    await bench.say(event(STARTED, t0, seq_no=0, token=CARD))
    verdict = await bench.say(event(STARTED, t0, transaction_id="tx-2", seq_no=0, token=CARD), station="CS002")
    assert verdict.authorization.status is AuthorizationStatus.CONCURRENT_TX


async def test_a_token_without_a_limit_may_have_many(bench: Bench, t0: datetime) -> None:
    """A fleet card with no limit is accepted at every station."""
    await bench.token(max_transactions=None)
    for number in range(3):
        verdict = await bench.say(event(STARTED, t0, transaction_id=f"tx-{number}", seq_no=0, token=CARD))
        assert verdict.authorization.accepted


async def test_who_ends_a_transaction_is_not_held_up_by_another_one(bench: Bench, t0: datetime) -> None:
    """A token with two transactions open can still end each of them."""
    await bench.token(max_transactions=2)
    await bench.say(event(STARTED, t0, seq_no=0, token=CARD))
    await bench.say(event(STARTED, t0, transaction_id="tx-2", seq_no=0, token=CARD))
    await bench.token(max_transactions=1)
    stop = event(UPDATED, t0, seq_no=1, token=CARD, trigger=TriggerReason.STOP_AUTHORIZED)
    assert (await bench.say(stop)).authorization.accepted
    end = event(ENDED, later(t0, 5), seq_no=2, token=CARD)
    assert (await bench.say(end)).authorization.accepted


@pytest.mark.req("C09.FR.12")
async def test_the_group_of_a_token_is_told(bench: Bench, t0: datetime) -> None:
    """The verdict on an event with a token carries the token's group."""
    group = IdToken(value="FLEET", type="Central")
    await bench.token(group=group)
    verdict = await bench.say(event(STARTED, t0, seq_no=0, token=CARD))
    assert verdict.authorization.group == group


@pytest.mark.req("C02.FR.02")
async def test_a_start_that_needs_no_authorization_is_accepted(bench: Bench, t0: datetime) -> None:
    """Free charging: the token type says that nobody has to be asked."""
    free = IdToken(value="", type=NO_AUTHORIZATION)
    verdict = await bench.say(event(STARTED, t0, seq_no=0, token=free))
    assert verdict.authorization.accepted


async def test_a_blocked_token_is_refused_and_the_start_booked_all_the_same(bench: Bench, t0: datetime) -> None:
    """What happened at the station is a fact, whatever we think of the card."""
    await bench.token(status=AuthorizationStatus.BLOCKED)
    verdict = await bench.say(event(STARTED, t0, transaction_id=None, token=CARD))
    assert verdict.authorization.status is AuthorizationStatus.BLOCKED
    assert verdict.transaction_id == "1"


@pytest.mark.req("J02.FR.19")
async def test_an_update_without_a_token_is_booked_and_not_judged(bench: Bench, t0: datetime) -> None:
    """Meter values in a transaction ask for nothing but to be kept."""
    await bench.say(event(STARTED, t0, seq_no=0, register=100))
    verdict = await bench.say(event(UPDATED, later(t0, 60), seq_no=1, register=350))
    assert verdict.authorization is None
    assert verdict.transaction_id is None
    booked = await bench.store.transaction("CS001", "tx-1")
    assert booked is not None
    assert booked.energy == Decimal(250)


async def test_a_sequence_number_used_twice_is_a_finding(bench: Bench, t0: datetime) -> None:
    """Two different events under one number: the first stays booked, the second is found."""
    await bench.say(event(STARTED, t0, seq_no=0))
    await bench.say(event(UPDATED, later(t0, 60), seq_no=1, register=100))
    assert await bench.rules() == []
    await bench.say(event(UPDATED, later(t0, 90), seq_no=1, register=200))
    assert await bench.rules() == ["E01.FR.07"]


async def test_an_end_without_a_known_start_is_a_finding_in_1_6(bench: Bench, t0: datetime) -> None:
    """A 1.6 station that ends a transaction we never named is booked and found; 2.x may deliver the start later."""
    await bench.say(event(ENDED, t0, transaction_id="4711", register=5))
    assert await bench.rules() == ["transactions:unknown-start"]
    await bench.say(event(ENDED, t0, transaction_id="tx-9", seq_no=4), station="CS002")
    assert await bench.rules("CS002") == []


async def test_values_that_are_no_numbers_are_a_finding_once(bench: Bench, t0: datetime) -> None:
    """The finding names the value and the message; a retry adds none."""
    reading = MeterReading(at=t0, samples=(), unreadable=("sampledValue[0].value: 'abc' is no number",))
    update = event(UPDATED, t0, seq_no=1, readings=(reading,))
    await bench.say(update)
    await bench.say(update)
    (finding,) = await bench.store.findings("CS001")
    assert finding.rule == "metering:unreadable"
    assert "'abc'" in finding.what
    assert finding.message_id == "m-1"


async def test_what_could_not_be_stored_gets_no_verdict(bench: Bench, t0: datetime) -> None:
    """Answered means stored: a full disk is an error, and nothing is booked."""
    bench.journal.is_full = True
    with pytest.raises(StoreError):
        await bench.say(event(STARTED, t0, seq_no=0))
    assert await bench.store.transactions() == []
