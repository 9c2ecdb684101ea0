"""Live events over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from pilotwire.csms.api import end_streams
from pilotwire.csms.api.events import QUIET, EventStream, EventType, Selection
from pilotwire.csms.registers.battery_swap import BATTERY_SWAPS, BatterySwapRecord
from pilotwire.csms.registers.billing import BILLS
from pilotwire.csms.registers.certificates import REQUESTS, SigningRequest
from pilotwire.csms.registers.der_control import DER_ALARMS, DerAlarmRecord
from pilotwire.csms.registers.firmware import STATUSES, ReportedStatus
from pilotwire.csms.registers.firmware_campaigns import CAMPAIGNS
from pilotwire.csms.registers.load_management import SITE_ALARMS, STATES, SiteAlarm, SiteState
from pilotwire.csms.registers.logs import LOGS, LogRequest, key_of
from pilotwire.csms.registers.monitoring import ALERTS, EVENTS, STREAMS, DeviceEventRecord, StreamRecord
from pilotwire.csms.registers.reservations import made
from pilotwire.csms.registers.smart_charging import LIMITS, NEEDS, ActiveLimit, KnownNeeds
from pilotwire.csms.registers.station_conditions import CONDITIONS, StationConditions
from pilotwire.csms.registers.tariff import SETTLEMENTS, SettlementRecord
from pilotwire.csms.store.ports import (
    BookEvent,
    Direction,
    KeepFinding,
    KeepReadings,
    KeepSecurityEvent,
    LogFrame,
    Operation,
    PutStatus,
    PutToken,
    RecordBoot,
    RecordConnection,
)
from pilotwire.domain.alerts import after_sign, sign_of_event
from pilotwire.domain.authorization import Token
from pilotwire.domain.availability import Availability, ConnectorState, ConnectorStatus
from pilotwire.domain.battery_swap import BatterySwapEvent
from pilotwire.domain.billing import Amounts, BillEntry, BillKind, SessionTerms
from pilotwire.domain.der_control import DerControlType
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.firmware_campaigns import Campaign
from pilotwire.domain.identity import EvseAddress, StationIdentity
from pilotwire.domain.kinds import changed
from pilotwire.domain.metering import register_reading
from pilotwire.domain.monitoring import DeviceEvent, EventNotification, EventTrigger, StreamParams
from pilotwire.domain.monitoring import EventStream as StreamOfValues
from pilotwire.domain.reservation import Reservation
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.smart_charging import ChargingLimit, ChargingNeeds, ChargingNeedsStatus, EVChargingNeedsNotified
from pilotwire.domain.tariff import PaymentStatus
from pilotwire.domain.tariff.general import GeneralTariff
from pilotwire.domain.tariff.sessions import TariffFrom
from tests.support.api_rooms import CARD, NOON, ApiRooms, api_of, started


@asynccontextmanager
async def serving(api: FastAPI) -> AsyncIterator[str]:
    """The API on a real socket in this event loop; gives its URL."""
    server = uvicorn.Server(uvicorn.Config(api, port=0, log_config=None, timeout_graceful_shutdown=20))
    task = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/api/v1"
    finally:
        end_streams(api)
        server.should_exit = True
        await task


@asynccontextmanager
async def listening(url: str, **query: Any) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
    """The events from now on, as (type, data)."""
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream("GET", f"{url}/events", params=query) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = response.aiter_lines()
        assert await anext(lines) == "retry: 2000"
        yield _events(lines)


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, Any]]:
    type_ = ""
    async for line in lines:
        if line.startswith("event: "):
            type_ = line.removeprefix("event: ")
        if line.startswith("data: "):
            yield type_, json.loads(line.removeprefix("data: "))


def everything(station: str = "CS-1") -> list[Operation]:
    """One operation for each type of event."""
    address = EvseAddress(evse=1, connector=1)
    status = ConnectorStatus(address=address, at=NOON, state=ConnectorState(availability=Availability.AVAILABLE))
    finding = Finding(station=station, at=NOON, rule="r", severity=Severity.NOTE, what="w")
    reading = register_reading(NOON, 5, "Sample.Clock")  # type: ignore[arg-type]
    return [
        RecordConnection(station=station, connected=True, at=NOON, version="2.0.1"),
        RecordBoot(station=station, identity=StationIdentity(vendor="V", model="M"), reason="PowerUp", at=NOON),
        PutStatus(station=station, status=status, received_at=NOON),
        BookEvent(station=station, event=started(), received_at=NOON),
        KeepFinding(finding=finding),
        KeepSecurityEvent(station=station, event=SecurityEvent(type="T", at=NOON), received_at=NOON),
        KeepReadings(station=station, address=address, readings=(reading,), received_at=NOON),
        LogFrame(station=station, at=NOON, direction=Direction.IN, message_id="1", action="A", frame="[]"),
    ]


def of_registers(station: str = "CS-1") -> list[Operation]:
    """One operation for each type of event that tells of a register or diary."""
    return [*of_logs(station), *of_monitoring(station), *of_reservations(station), *of_streets(station)]


def of_streets(station: str) -> list[Operation]:
    """What the other streets keep."""
    limit = ActiveLimit(evse_id=1, charging_limit=ChargingLimit(charging_limit_source="EMS"), at=NOON)
    asked = EVChargingNeedsNotified(evse_id=1, charging_needs=ChargingNeeds(requested_energy_transfer="DC"))
    needs = KnownNeeds(told=asked, status=ChargingNeedsStatus.ACCEPTED, received_at=NOON)
    swap = BatterySwapRecord(event=BatterySwapEvent.BATTERY_IN, request_id=1, id_token=CARD)
    settled = SettlementRecord(psp_ref="p", status=PaymentStatus.SETTLED, amount=Decimal(5), at=NOON)
    terms = SessionTerms(
        tariffs=(TariffFrom(at=NOON, tariff=GeneralTariff(tariff_id="t", currency="EUR")),), chosen_by="rule t"
    )
    bill = BillEntry(
        number=1,
        kind=BillKind.BILL,
        station=station,
        transaction_id="tx-1",
        made_at=NOON,
        currency="EUR",
        amounts=Amounts(),
        total=Decimal(0),
        terms=terms,
    )
    request = SigningRequest(station=station, key="0" * 16, csr="CSR", subject="CN=x", asked_at=NOON)
    return [
        LIMITS.put(station, "1", limit),
        NEEDS.put(station, "1", needs),
        STATUSES.keep(station, NOON, ReportedStatus(status="Downloading", request_id=7), key="7"),
        CAMPAIGNS.put("", "c", Campaign(campaign_id="c", created_at=NOON, waves=(1,), location="ftp://x/a.bin")),
        DER_ALARMS.keep(station, NOON, DerAlarmRecord(control_type=DerControlType.FREQ_DROOP, at=NOON)),
        BATTERY_SWAPS.keep(station, NOON, swap),
        SETTLEMENTS.keep(station, NOON, settled),
        REQUESTS.put(station, request.key, request),
        BILLS.keep(station, NOON, bill),
        BILLS.keep(station, NOON, changed(bill, number=2, kind=BillKind.REFUND, corrects=1)),
        CONDITIONS.put(station, "", StationConditions(quiet=True)),
        STATES.put("", "yard", SiteState(site="yard", at=NOON, flows=(), evses=())),
        SITE_ALARMS.put("", "yard", SiteAlarm(site="yard", at=NOON, limits=("grid: 63 A on L1",))),
    ]


def of_logs(station: str) -> list[Operation]:
    """A log is asked for."""
    return [LOGS.put(station, key_of(1), LogRequest(station=station, request_id=1))]


def of_reservations(station: str) -> list[Operation]:
    """One is made."""
    return [made(station, Reservation(reservation_id=1, expires_at=NOON, id_token=CARD), NOON)]


def of_monitoring(station: str) -> list[Operation]:
    """An event of the device model, the alert it raises, and a stream of values that is opened."""
    event = DeviceEvent(
        event_id=1,
        at=NOON,
        trigger=EventTrigger.ALERTING,
        value="71",
        name=VariableName(component="Controller", variable="Temperature"),
        notification=EventNotification.CUSTOM_MONITOR,
    )
    sign = sign_of_event(event, None)
    assert sign is not None
    stream = StreamOfValues(stream_id=3, monitor_id=7, params=StreamParams(interval=60))
    return [
        EVENTS.keep(station, NOON, DeviceEventRecord(event=event)),
        ALERTS.amend(station, "a1", lambda known: after_sign(known, sign, "a1", station, 5)),
        STREAMS.put(station, "3", StreamRecord(station=station, stream=stream, opened_at=NOON)),
    ]


async def test_what_is_stored_is_told() -> None:
    """One event for each thing that happened, in order; raw messages only if asked for."""
    rooms = ApiRooms()
    async with serving(api_of(rooms)) as url, listening(url) as events:
        await rooms.keep(*everything(), PutToken(token=Token(id_token=CARD)))
        had = [await anext(events) for _ in range(7)]
        await rooms.keep(RecordConnection(station="CS-1", connected=False, at=NOON))
        last = await anext(events)
    assert [type_ for type_, _ in had] == [
        "connection",
        "boot",
        "status",
        "transaction",
        "finding",
        "security",
        "meter-values",
    ]
    assert last == (
        "connection",
        {"station": "CS-1", "connected": False, "version": None, "timestamp": "2026-01-31T12:00:00Z"},
    )
    data = dict(had)
    assert data["connection"]["version"] == "2.0.1"
    assert data["boot"]["identity"]["model"] == "M"
    assert data["status"]["connector"]["connectorStatus"] == "Available"
    assert data["transaction"]["event"]["eventType"] == "Started"
    assert data["transaction"]["transaction"]["meterStart"] == 1000
    assert data["security"]["type"] == "T"
    assert data["meter-values"]["meterValue"][0]["sampledValue"][0]["value"] == 5
    assert all(each["station"] == "CS-1" for each in data.values())


async def test_events_are_filtered() -> None:
    """By station and by type; messages come when asked for, with their number in the log."""
    rooms = ApiRooms()
    query = {"station": "CS-2", "type": ["message", "boot"]}
    async with serving(api_of(rooms)) as url, listening(url, **query) as events:
        await rooms.keep(*everything("CS-1"), *everything("CS-2"))
        had = [await anext(events), await anext(events)]
    assert [(type_, data["station"]) for type_, data in had] == [("boot", "CS-2"), ("message", "CS-2")]
    assert (had[1][1]["frame"], had[1][1]["number"]) == ("[]", 2)


async def test_heartbeats_and_repetitions_are_no_news() -> None:
    """Recording a connected station as connected tells nothing; nor does an event booked twice or an older status."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    async with serving(api_of(rooms)) as url, listening(url) as events:
        await rooms.keep(everything()[3])
        assert (await anext(events))[0] == "transaction"
        await rooms.keep(everything()[0], everything()[3], everything()[4])
        assert (await anext(events))[0] == "finding"


async def test_streams_end_when_the_api_is_told_to_end_them() -> None:
    """A server that stops does not wait for its listeners; they see a clean end."""
    rooms = ApiRooms()
    api = api_of(rooms)
    async with serving(api) as url, listening(url) as events:
        end_streams(api)
        assert [each async for each in events] == []


async def test_a_stream_ends_with_the_journal() -> None:
    """What was committed before is still told."""
    rooms = ApiRooms()
    async with serving(api_of(rooms)) as url, listening(url) as events:
        await rooms.keep(everything()[4])
        rooms.journal.close()
        assert [type_ async for type_, _ in events] == ["finding"]


async def test_an_unknown_type_is_refused() -> None:
    """With the types there are."""
    async with serving(api_of(ApiRooms())) as url, httpx.AsyncClient() as client:
        refused = await client.get(f"{url}/events", params={"type": "everything"})
    assert refused.status_code == 422
    assert "transaction" in refused.json()["detail"]


class _Wire:
    """The other end of a response, without a socket."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.ended = False
        self.news = asyncio.Event()
        self.gone = asyncio.Event()
        self.stuck = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        """Nothing comes until the listener has gone."""
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        """Take a part, unless the listener has stopped reading."""
        if self.stuck.is_set():
            await asyncio.Event().wait()
        self.sent.append(message.get("body", b""))
        self.ended = message["type"].endswith("body") and not message["more_body"]
        self.news.set()

    async def until(self, part: bytes) -> None:
        """Wait until a part has been sent."""
        while part not in self.sent:
            self.news.clear()
            await self.news.wait()


def _stream(rooms: ApiRooms, wire: _Wire, **settings: float) -> asyncio.Task[None]:
    selection = Selection(QUIET, None, ())
    stream = EventStream(rooms.journal.committed(), selection, asyncio.Event(), **settings)
    return asyncio.create_task(stream({"type": "http"}, wire.receive, wire.send))  # type: ignore[arg-type]


async def test_silence_is_filled_with_comments() -> None:
    """So that nothing between here and the listener takes the connection for dead."""
    wire = _Wire()
    task = _stream(ApiRooms(), wire, keep_alive=0.01)
    await asyncio.wait_for(wire.until(b": still here\n\n"), 20)
    wire.gone.set()
    await asyncio.wait_for(task, 20)


async def test_a_listener_that_takes_nothing_is_cut_off() -> None:
    """The stream is left, unfinished: the server closes the connection."""
    rooms, wire = ApiRooms(), _Wire()
    task = _stream(rooms, wire, patience=0.05)
    await asyncio.wait_for(wire.until(b"retry: 2000\n: pilotwire live events\n\n"), 20)
    wire.stuck.set()
    await rooms.keep(everything()[4])
    await asyncio.wait_for(task, 20)
    assert not wire.ended


async def test_a_listener_too_far_behind_is_ended() -> None:
    """It is told what it had coming, then the stream ends."""
    rooms, wire = ApiRooms(), _Wire()
    committed = rooms.journal.committed(limit=2)
    await rooms.keep(*(everything()[4] for _ in range(5)))
    stream = EventStream(committed, Selection(QUIET, None, ()), asyncio.Event())
    await asyncio.wait_for(stream({"type": "http"}, wire.receive, wire.send), 20)  # type: ignore[arg-type]
    assert wire.ended
    assert len([part for part in wire.sent if part.startswith(b"event: finding")]) == 2


async def test_a_listener_that_goes_frees_its_place() -> None:
    """Nothing of its stream is left behind."""
    wire = _Wire()
    task = _stream(ApiRooms(), wire)
    await asyncio.wait_for(wire.until(b"retry: 2000\n: pilotwire live events\n\n"), 20)
    before = asyncio.all_tasks()
    wire.gone.set()
    await asyncio.wait_for(task, 20)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() < before


@pytest.mark.parametrize("type_", list(EventType))
def test_every_type_can_be_chosen_alone(type_: EventType) -> None:
    """And every type is told of by some operation."""
    rooms = ApiRooms()
    operations = [*everything(), *of_registers()]
    results = rooms.journal._kept(operations)
    selection = Selection({type_}, None, ())
    told = [selection.told(entry) for entry in zip(operations, results, strict=True)]
    assert [text.split(b"\n")[0].decode() for text in told if text is not None] == [f"event: {type_.value}"]
