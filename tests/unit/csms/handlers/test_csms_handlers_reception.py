from __future__ import annotations

from datetime import timedelta

import pytest

from pilotwire.csms.handlers import HANDLERS
from pilotwire.domain.authorization import AuthorizationAsked, AuthorizationStatus
from pilotwire.domain.availability import Availability, ConnectorState, ConnectorStatus
from pilotwire.domain.data_transfer import DataTransferred, DataTransferStatus, DataTransferVerdict
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Fact, Noted
from pilotwire.domain.metering import MeterReading, MeterValuesReported
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.transactions import EventKind
from pilotwire.errors import MisuseError, StoreError
from tests.support.csms_facts import CARD, EVSE, Bench, event


def test_every_fact_of_the_domain_has_a_handler() -> None:
    """A fact somebody adds to the domain must be handled too."""
    facts = {fact for fact in Fact.__subclasses__() if fact.__module__.startswith("pilotwire.domain")}
    assert facts
    assert facts == set(HANDLERS)


async def test_a_fact_nobody_handles_is_our_own_mistake() -> None:
    """It raises instead of being answered with something made up."""

    class Whisper(Fact):
        pass

    with pytest.raises(MisuseError, match="Whisper"):
        await Bench().say(Whisper())


# --- authorization ---------------------------------------------------------------------------------------------------------------


@pytest.mark.req("C01.FR.07", "1.6:4.1")
async def test_a_token_in_good_order_is_accepted() -> None:
    """The usual answer to a tap."""
    bench = Bench()
    await bench.token()
    verdict = await bench.say(AuthorizationAsked(id_token=CARD))
    assert verdict.status is AuthorizationStatus.ACCEPTED


async def test_a_token_nobody_recorded_is_unknown_unless_a_lab_wants_it() -> None:
    """Only the setting for labs lets strangers charge."""
    assert (await Bench().say(AuthorizationAsked(id_token=CARD))).status is AuthorizationStatus.UNKNOWN
    lab = Bench(accept_unknown_tokens=True)
    assert (await lab.say(AuthorizationAsked(id_token=CARD))).status is AuthorizationStatus.ACCEPTED


async def test_an_expired_token_is_expired() -> None:
    """The time of the CSMS decides."""
    bench = Bench()
    await bench.token(expires_at=bench.clock.now() + timedelta(hours=1))
    assert (await bench.say(AuthorizationAsked(id_token=CARD))).accepted
    bench.clock.advance(3600)
    assert (await bench.say(AuthorizationAsked(id_token=CARD))).status is AuthorizationStatus.EXPIRED


@pytest.mark.req("C01.FR.06", "C09.FR.09")
async def test_the_group_comes_with_the_answer() -> None:
    """So that the group's other cards can end the transaction."""
    bench = Bench()
    group = IdToken(value="FLEET")
    await bench.token(group=group)
    assert (await bench.say(AuthorizationAsked(id_token=CARD))).group == group


async def test_a_tap_to_end_a_charge_is_not_concurrent() -> None:
    """ConcurrentTx answers starts only; whoever is charging may tap again."""
    bench = Bench()
    await bench.token()
    await bench.say(event(EventKind.STARTED, bench.clock.now(), seq_no=0, token=CARD))
    assert (await bench.say(AuthorizationAsked(id_token=CARD))).accepted


# --- availability, metering, security ----------------------------------------------------------------------------------------------


async def test_a_connector_status_is_kept() -> None:
    """The newest state of each connector is on record."""
    bench = Bench()
    state = ConnectorState(availability=Availability.OCCUPIED)
    assert await bench.say(ConnectorStatus(address=EVSE, at=bench.clock.now(), state=state)) == Noted()
    (record,) = await bench.store.connectors("CS001")
    assert (record.address, record.state) == (EVSE, state)


@pytest.mark.req("J01.FR.18")
async def test_meter_values_outside_of_transactions_are_kept() -> None:
    """Also those with something unreadable in them, which is found."""
    bench = Bench()
    reading = MeterReading(at=bench.clock.now(), samples=(), unreadable=("'n/a' is no number",))
    assert await bench.say(MeterValuesReported(address=EVSE, readings=(reading,))) == Noted()
    (stored,) = await bench.store.readings("CS001")
    assert stored.reading == reading
    assert stored.address == EVSE
    assert await bench.rules() == ["metering:unreadable"]


@pytest.mark.req("A04.FR.03")
async def test_a_security_event_is_kept_and_confirmed() -> None:
    """It is durable when the station hears back."""
    bench = Bench()
    fact = SecurityEvent(type="TamperDetectionActivated", at=bench.clock.now(), tech_info="lid")
    assert await bench.say(fact) == Noted()
    (stored,) = await bench.store.security_events("CS001")
    assert stored.event == fact


async def test_a_security_event_that_cannot_be_stored_is_not_confirmed() -> None:
    """The station keeps it and says it again (A04.FR.02)."""
    bench = Bench()
    bench.journal.is_full = True
    with pytest.raises(StoreError):
        await bench.say(SecurityEvent(type="MemoryExhaustion", at=bench.clock.now()))


# --- data transfer -----------------------------------------------------------------------------------------------------------------


@pytest.mark.req("P02.FR.06", "1.6:4.3")
async def test_a_vendor_nobody_registered_is_unknown() -> None:
    """Rather than pretending to have understood."""
    verdict = await Bench().say(DataTransferred(vendor_id="com.example", data={"a": 1}))
    assert verdict == DataTransferVerdict(status=DataTransferStatus.UNKNOWN_VENDOR_ID)


async def test_a_vendors_hook_answers() -> None:
    """Vendor ids are compared without regard to case; the hook judges the message id."""

    async def hook(station: str, fact: DataTransferred) -> DataTransferVerdict:
        if fact.message_id != "hello":
            return DataTransferVerdict(status=DataTransferStatus.UNKNOWN_MESSAGE_ID)
        return DataTransferVerdict(status=DataTransferStatus.ACCEPTED, data=f"{station} {fact.data}")

    bench = Bench(vendors={"com.Example": hook})
    verdict = await bench.say(DataTransferred(vendor_id="COM.EXAMPLE", message_id="hello", data="there"))
    assert verdict == DataTransferVerdict(status=DataTransferStatus.ACCEPTED, data="CS001 there")
    verdict = await bench.say(DataTransferred(vendor_id="com.example", message_id="bye"))
    assert verdict.status is DataTransferStatus.UNKNOWN_MESSAGE_ID


async def test_a_hook_that_fails_rejects_and_is_found() -> None:
    """Somebody's broken extension does not cost the station its answer."""

    async def hook(station: str, fact: DataTransferred) -> DataTransferVerdict:
        raise KeyError("tariff")

    bench = Bench(vendors={"com.example": hook})
    verdict = await bench.say(DataTransferred(vendor_id="com.example"))
    assert verdict.status is DataTransferStatus.REJECTED
    (finding,) = await bench.store.findings("CS001")
    assert "KeyError" in finding.what
    assert finding.rule == "data_transfer:hook-failed"
