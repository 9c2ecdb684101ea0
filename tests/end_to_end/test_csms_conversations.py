"""Whole conversations of a station with a CSMS, over real sockets, frame by frame."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from pilotwire.csms.app import Csms
from pilotwire.csms.store.ports import Direction, PutToken
from pilotwire.domain.authorization import Token
from pilotwire.domain.availability import Activity, Availability
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.transactions import StoppedReason
from tests.support.raw_station import RawStation, settings, station

START = "2026-01-01T10:00:00Z"
MIDDLE = "2026-01-01T10:15:00Z"
END = "2026-01-01T10:30:00Z"


@pytest.fixture
async def csms() -> AsyncIterator[Csms]:
    async with Csms(settings()) as running:
        await running.journal.append(PutToken(token=Token(id_token=IdToken(value="CARD"), group=IdToken(value="FAM"))))
        yield running


@pytest.mark.req("1.6:4.1", "1.6:4.2", "1.6:4.6", "1.6:4.7", "1.6:4.8", "1.6:4.9", "1.6:4.10")
async def test_a_charge_in_1_6(csms: Csms) -> None:
    """Boot, status, authorize, start, meter values, stop: each answered, and the transaction on record."""
    async with station(csms) as cs:
        assert (await cs.boot())["status"] == "Accepted"
        assert "currentTime" in await cs.ask("Heartbeat", {})
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Preparing", "timestamp": START}
        assert await cs.ask("StatusNotification", status) == {}
        told = await cs.ask("Authorize", {"idTag": "card"})
        assert told["idTagInfo"] == {"status": "Accepted", "parentIdTag": "FAM"}
        start = {"connectorId": 1, "idTag": "card", "meterStart": 1000, "timestamp": START}
        started = await cs.ask("StartTransaction", start)
        assert started["idTagInfo"]["status"] == "Accepted"
        number = started["transactionId"]
        values = [{"timestamp": MIDDLE, "sampledValue": [{"value": "1.5", "unit": "kWh"}]}]
        assert await cs.ask("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": values}) == {}
        stop = {"transactionId": number, "meterStop": 3500, "timestamp": END, "idTag": "card", "reason": "Local"}
        assert (await cs.ask("StopTransaction", stop))["idTagInfo"]["status"] == "Accepted"
    booked = await csms.store.transaction("CS001", str(number))
    assert booked is not None
    assert (booked.energy, booked.stopped_reason, booked.events) == (Decimal(2500), StoppedReason.LOCAL, 3)
    (connector,) = await csms.store.connectors("CS001")
    assert connector.address == EvseAddress(evse=1, connector=1)
    assert (connector.state.availability, connector.state.activity) == (Availability.OCCUPIED, Activity.PREPARING)


def _event(kind: str, seq_no: int, at: str, trigger: str, register: float | None = None, **more: object) -> object:
    event: dict[str, object] = {
        "eventType": kind,
        "timestamp": at,
        "triggerReason": trigger,
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": "tx-1", **({"stoppedReason": "Local"} if kind == "Ended" else {})},
    }
    if register is not None:
        sample = {"value": register, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}}
        event["meterValue"] = [{"timestamp": at, "sampledValue": [sample]}]
    return event | more


@pytest.mark.req("B01.FR.02", "G02.FR.03", "C01.FR.06", "E01.FR.12", "E05.FR.01", "C09.FR.12", "J02.FR.19")
@pytest.mark.parametrize("version", ["ocpp2.0.1", "ocpp2.1"])
async def test_a_charge_in_2_x(csms: Csms, version: str) -> None:
    """The same in the words of 2.x, where the station names the transaction and numbers its events."""
    token = {"idToken": "CARD", "type": "ISO14443"}
    async with station(csms, version=version) as cs:
        assert (await cs.boot())["status"] == "Accepted"
        assert "currentTime" in await cs.ask("Heartbeat", {})
        status = {"timestamp": START, "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}
        assert await cs.ask("StatusNotification", status) == {}
        told = (await cs.ask("Authorize", {"idToken": token}))["idTokenInfo"]
        assert told["status"] == "Accepted"
        assert told["groupIdToken"]["idToken"] == "FAM"
        begin = _event("Started", 0, START, "Authorized", 1.0, evse={"id": 1, "connectorId": 1}, idToken=token)
        info = (await cs.ask("TransactionEvent", begin))["idTokenInfo"]
        assert (info["status"], info["groupIdToken"]["idToken"]) == ("Accepted", "FAM")
        assert await cs.ask("TransactionEvent", _event("Updated", 1, MIDDLE, "MeterValuePeriodic", 2.0)) == {}
        end = _event("Ended", 2, END, "StopAuthorized", 3.5, idToken=token)
        assert (await cs.ask("TransactionEvent", end))["idTokenInfo"]["status"] == "Accepted"
    booked = await csms.store.transaction("CS001", "tx-1")
    assert booked is not None
    assert (booked.energy, booked.events, booked.missing_seq_nos) == (Decimal(2500), 3, ())
    assert not booked.is_open


@pytest.mark.req("J01.FR.18", "A04.FR.03", "P02.FR.06")
async def test_other_facts_in_2_0_1(csms: Csms) -> None:
    """Meter values outside of transactions, a security event and vendor data."""
    async with station(csms, version="ocpp2.0.1") as cs:
        await cs.boot()
        values = [{"timestamp": START, "sampledValue": [{"value": 230.4, "measurand": "Voltage"}]}]
        assert await cs.ask("MeterValues", {"evseId": 1, "meterValue": values}) == {}
        security = {"type": "TamperDetectionActivated", "timestamp": START}
        assert await cs.ask("SecurityEventNotification", security) == {}
        told = await cs.ask("DataTransfer", {"vendorId": "com.example", "data": {"a": [1]}})
        assert told["status"] == "UnknownVendorId"
    (reading,) = await csms.store.readings("CS001")
    assert reading.reading.samples[0].value == Decimal("230.4")
    (security_event,) = await csms.store.security_events("CS001")
    assert security_event.event.type == "TamperDetectionActivated"


async def _start(cs: RawStation, message_id: str) -> object:
    start = {"connectorId": 1, "idTag": "card", "meterStart": 1000, "timestamp": START}
    return (await cs.call("StartTransaction", start, message_id))[2]


async def test_a_retried_start_is_booked_once(csms: Csms) -> None:
    """The answer was lost with the line; the station says it again over a new one, under a new message id."""
    async with station(csms) as cs:
        await cs.boot()
        first = await _start(cs, "a")
        assert await _start(cs, "b") == first
    async with station(csms) as cs:
        assert await _start(cs, "c") == first
    assert len(await csms.store.transactions()) == 1


async def test_a_repeated_event_is_booked_once(csms: Csms) -> None:
    """2.x numbers its events: the same number with the same content is the same event."""
    async with station(csms, version="ocpp2.0.1") as cs:
        await cs.boot()
        for _ in range(3):
            await cs.ask("TransactionEvent", _event("Started", 0, START, "CablePluggedIn", 1.0))
    assert len(await csms.store.events("CS001", "tx-1")) == 1


async def test_every_frame_is_in_the_log(csms: Csms) -> None:
    """Both ways, as they were, with message id and action; the answer under the action it answers."""
    async with station(csms) as cs:
        await cs.boot()
        await cs.call("Heartbeat", {}, "hb")
    newest, call = (await csms.store.log("CS001", action="Heartbeat"))[:2]
    assert (call.direction, call.message_id, call.frame) == (Direction.IN, "hb", '[2, "hb", "Heartbeat", {}]')
    assert (newest.direction, newest.message_id) == (Direction.OUT, "hb")
    assert newest.frame.startswith('[3,"hb",{"currentTime":')


async def test_an_action_without_meaning_here_is_acknowledged_and_kept(csms: Csms) -> None:
    """A firmware status has no handler yet: its frame is in the log before the station is thanked."""
    async with station(csms) as cs:
        await cs.boot()
        assert await cs.ask("FirmwareStatusNotification", {"status": "Downloaded"}) == {}
        log = await csms.store.log("CS001", action="FirmwareStatusNotification")
        assert '"Downloaded"' in log[-1].frame


async def test_what_nobody_can_give_is_not_made_up(csms: Csms) -> None:
    """Failed, with the reason, where there is nobody to ask for a contract certificate."""
    async with station(csms, version="ocpp2.0.1") as cs:
        await cs.boot()
        wanted = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "QQ=="}
        answer = await cs.ask("Get15118EVCertificate", wanted)
        assert (answer["status"], answer["exiResponse"]) == ("Failed", "")


async def test_who_is_connected_is_known(csms: Csms) -> None:
    """While it is, with its version; and on record afterwards that it is gone."""
    async with station(csms, "EV 1/ü", "ocpp2.1") as cs:
        await cs.boot()
        (connected,) = csms.gateway.connected()
        assert (connected.station, connected.version) == ("EV 1/ü", "2.1")
        record = await csms.store.station("EV 1/ü")
        assert record is not None
        assert record.connected
    while csms.gateway.is_connected("EV 1/ü"):
        async with station(csms, "other"):  # a round through the loop of the server
            pass
    record = await csms.store.station("EV 1/ü")
    assert record is not None
    assert (record.connected, record.version) == (False, "2.1")


@pytest.mark.req("J2:3.3")
@pytest.mark.parametrize("compression", [True, False])
async def test_compression_is_spoken_with_who_offers_it(compression: bool) -> None:
    """RFC 7692, unless the operator has switched it off; either way the conversation works."""
    async with (
        Csms(settings(compression=compression)) as csms,
        station(csms, version="ocpp2.0.1", compression="deflate") as cs,
    ):
        assert bool(cs.line.protocol.extensions) is compression
        assert (await cs.boot())["status"] == "Accepted"
