"""A station made with the PyPI package `ocpp` charges at our CSMS: over real sockets, in every version, booked in a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from ocpp.exceptions import PropertyConstraintViolationError, SecurityError

from pilotwire.clock import SystemClock
from pilotwire.csms.app import Csms
from pilotwire.csms.store.ports import PutToken
from pilotwire.domain.authorization import AuthorizationStatus, Token
from pilotwire.domain.availability import Availability
from pilotwire.domain.data_transfer import DataTransferred, DataTransferStatus, DataTransferVerdict
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.metering import ENERGY_REGISTER
from pilotwire.domain.transactions import EventKind, StoppedReason, TriggerReason
from tests.support.counterpart_station import CARD, END, MIDDLE, START, counterpart
from tests.support.raw_station import settings

BLOCKED = "04FFFFFF"
VERSIONS = ("1.6", "2.0.1", "2.1")


async def _echo(station: str, fact: DataTransferred) -> DataTransferVerdict:
    return DataTransferVerdict(status=DataTransferStatus.ACCEPTED, data=f"{station} said {fact.data}")


@pytest.fixture
async def csms(tmp_path: Path) -> AsyncIterator[Csms]:
    stored = settings(database=f"sqlite:///{tmp_path}/csms.db")
    async with Csms(stored, SystemClock(), vendors={"com.example": _echo}) as running:
        card = Token(id_token=IdToken(value=CARD, type="ISO14443"))
        blocked = Token(id_token=IdToken(value=BLOCKED, type="ISO14443"), status=AuthorizationStatus.BLOCKED)
        await running.journal.append(PutToken(token=card), PutToken(token=blocked))
        yield running


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.req("1.6:4.1", "1.6:4.2", "1.6:4.7", "1.6:4.8", "1.6:4.9", "1.6:4.10")
@pytest.mark.req("B01.FR.02", "C01.FR.06", "E01.FR.12", "E05.FR.01", "J02.FR.19")
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_counterpart_charges(csms: Csms, version: str):
    """Boot, status, card, start, meter values, stop: what it meant is what is on record."""
    async with counterpart(csms, version) as cs:
        booted = await cs.boot()
        assert (booted.status, booted.interval) == ("Accepted", csms.settings.heartbeat_interval)
        assert _at((await cs.heartbeat()).current_time) <= datetime.now(UTC)
        await cs.status("Preparing" if version == "1.6" else "Occupied")
        assert await cs.authorize(CARD) == "Accepted"
        assert await cs.begin(CARD, 1000) == "Accepted"
        await cs.sample(2250)
        assert await cs.end(CARD, 3500) == "Accepted"
        name = str(cs.transaction)
    booked = await csms.store.transaction("CS001", name)
    assert booked is not None
    assert (booked.meter_start, booked.meter_stop, booked.energy) == (Decimal(1000), Decimal(3500), Decimal(2500))
    assert (booked.started_at, booked.ended_at) == (_at(START), _at(END))
    assert booked.id_token is not None
    assert (booked.id_token.value, booked.address) == (CARD, EvseAddress(evse=1, connector=1))
    assert (booked.start_trigger, booked.stop_trigger) == (TriggerReason.AUTHORIZED, TriggerReason.STOP_AUTHORIZED)
    assert (booked.stopped_reason, booked.events, booked.late) == (StoppedReason.LOCAL, 3, False)
    assert booked.missing_seq_nos == ()
    record = await csms.store.station("CS001")
    assert record is not None
    assert record.identity is not None
    assert (record.identity.vendor, record.identity.firmware_version, record.version) == ("Volta", "9.1", version)
    (connector,) = await csms.store.connectors("CS001")
    assert connector.state.availability is Availability.OCCUPIED


@pytest.mark.parametrize("version", VERSIONS)
async def test_its_meter_values_are_kept_in_base_units(csms: Csms, version: str):
    """kWh become Wh, and the phase stays with the voltage."""
    async with counterpart(csms, version) as cs:
        await cs.boot()
        await cs.begin(CARD, 1000)
        await cs.sample(2250)
        readings = await csms.store.readings("CS001", str(cs.transaction), since=_at(MIDDLE))
    register, voltage = readings[0].reading.samples
    assert (register.measurand, register.value, register.unit) == (ENERGY_REGISTER, Decimal(2250), "Wh")
    assert (voltage.measurand, voltage.value, voltage.unit) == ("Voltage", Decimal("229.8"), "V")
    assert voltage.phase == "L1-N"


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_blocked_card_is_refused_in_every_version(csms: Csms, version: str):
    """The same verdict when it asks and when it starts; what it started all the same is on record."""
    async with counterpart(csms, version) as cs:
        await cs.boot()
        assert await cs.authorize(BLOCKED) == "Blocked"
        assert await cs.begin(BLOCKED, 1000) == "Blocked"
        await cs.end(BLOCKED, 1000, reason="DeAuthorized", trigger="Deauthorized")
        booked = await csms.store.transaction("CS001", str(cs.transaction))
    assert booked is not None
    assert (booked.stopped_reason, booked.energy) == (StoppedReason.DEAUTHORIZED, Decimal(0))


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_start_said_again_is_booked_once(csms: Csms, version: str):
    """Under another message id, on the same line and on a new one: one transaction, one event, one name."""
    names = set()
    for _ in range(2):
        async with counterpart(csms, version) as cs:
            await cs.boot()
            for _ in range(2):
                assert await cs.begin(CARD, 1000, seq_no=0) == "Accepted"
                names.add(str(cs.transaction))
    (name,) = names
    (booked,) = await csms.store.transactions()
    assert (booked.transaction_id, booked.events) == (name, 1)
    assert [each.event.kind for each in await csms.store.events("CS001", name)] == [EventKind.STARTED]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_stop_said_again_is_booked_once(csms: Csms, version: str):
    """The answer to a stop was lost, so the counterpart repeats it over a new line."""
    async with counterpart(csms, version) as first:
        await first.boot()
        await first.begin(CARD, 1000)
        await first.end(CARD, 3500)
    async with counterpart(csms, version) as second:
        second.transaction, second.seq_no = first.transaction, 0
        assert await second.end(CARD, 3500) == "Accepted"
    (booked,) = await csms.store.transactions()
    assert (booked.energy, booked.events) == (Decimal(2500), 2)


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_events_out_of_order_are_put_in_their_place(csms: Csms, version: str):
    """The end arrives before what led to it."""
    async with counterpart(csms, version) as cs:
        await cs.boot()
        cs.transaction = "tx-of-the-station"
        end = {"id_token": {"id_token": CARD, "type": "ISO14443"}, "info": {"stopped_reason": "EVDisconnected"}}
        await cs.event("Ended", "EVCommunicationLost", 3500, END, 2, **end)
        await cs.event("Updated", "MeterValuePeriodic", 2250, MIDDLE, 1, offline=True)
        assert await cs.begin(CARD, 1000, seq_no=0) == "Accepted"
    booked = await csms.store.transaction("CS001", "tx-of-the-station")
    assert booked is not None
    assert (booked.energy, booked.late, booked.missing_seq_nos) == (Decimal(2500), True, ())
    assert [each.event.seq_no for each in await csms.store.events("CS001", "tx-of-the-station")] == [0, 1, 2]


@pytest.mark.parametrize("version", VERSIONS)
async def test_vendor_data_and_security_events(csms: Csms, version: str):
    """What a vendor's hook answers reaches the counterpart; a security event is kept."""
    async with counterpart(csms, version) as cs:
        await cs.boot()
        answer = await cs.say("DataTransfer", vendor_id="com.Example", data="hello")
        assert (answer.status, answer.data) == ("Accepted", "CS001 said hello")
        assert (await cs.say("DataTransfer", vendor_id="org.nobody")).status == "UnknownVendorId"
        await cs.say("SecurityEventNotification", type="TamperDetectionActivated", timestamp=START, tech_info="lid")
    (kept,) = await csms.store.security_events("CS001")
    assert (kept.event.type, kept.event.at) == ("TamperDetectionActivated", _at(START))


async def test_what_nobody_can_give_is_not_made_up(csms: Csms):
    """Without anybody who has contracts the vehicle is told Failed, in a form the package reads."""
    async with counterpart(csms, "2.0.1") as cs:
        await cs.boot()
        answer = await cs.say(
            "Get15118EVCertificate",
            iso15118_schema_version="urn:iso:15118:2:2013:MsgDef",
            action="Install",
            exi_request="QQ==",
        )
        assert answer.status == "Failed"


@pytest.mark.req("B01.FR.10", "1.6:4.2")
@pytest.mark.parametrize("version", VERSIONS)
async def test_who_has_not_booted_may_not_charge(csms: Csms, version: str):
    """The refusal is the SecurityError the standard asks for, in a form the package reads."""
    async with counterpart(csms, version) as cs:
        with pytest.raises(SecurityError):
            await cs.begin(CARD, 1000)
    assert await csms.store.transactions() == []


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_message_that_breaks_the_schema_is_refused(csms: Csms, version: str):
    """The counterpart's own validation is switched off for this one message; ours is not."""
    async with counterpart(csms, version) as cs:
        await cs.boot()
        wrong = cs._call.SecurityEventNotification(type="X" * 51, timestamp=START, tech_info="lid")
        with pytest.raises(PropertyConstraintViolationError) as caught:
            await cs.call(wrong, suppress=False, skip_schema_validation=True)
        assert "$.type" in caught.value.description
        await cs.boot()  # a finding is durable with or before what is stored next
    assert await csms.store.security_events("CS001") == []
    assert len(await csms.store.findings("CS001")) == 1
