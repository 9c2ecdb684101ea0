"""Signed metering by HTTP, and what is kept when a transaction with signed values has ended."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.csms.handlers.desk import Desk, Policy
from pilotwire.csms.handlers.signed_metering import note_signed
from pilotwire.csms.registers.device_model import keep_answered
from pilotwire.csms.registers.signed_metering import SIGNED_DUE, SIGNED_OPEN, VERDICTS
from pilotwire.csms.reports import ReportShelf
from pilotwire.csms.services import Parts
from pilotwire.csms.services.signed_metering import SignedMetering
from pilotwire.csms.store.ports import BookEvent, RegisterStation
from pilotwire.domain.device_model import VariableName, VariableResult, VariableStatus
from pilotwire.domain.findings import Severity
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.metering import MeterReading, Sample
from pilotwire.domain.metering.signed import MeteringOutcome, SentRecord
from pilotwire.domain.transactions import EventKind, TransactionEvent, TriggerReason
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of
from tests.support.meter_records import Meter, reading, sent, session

AT = "/stations/CS-1/transactions/T-1/signed-metering"
KEYS = "/stations/CS-1/meter-keys"


def event(kind: EventKind, register: int, *records: SentRecord, minute: int = 0) -> TransactionEvent:
    """An event with the register and these signed values."""
    at = NOON + timedelta(minutes=minute)
    context = {EventKind.STARTED: "Transaction.Begin", EventKind.ENDED: "Transaction.End"}.get(kind, "Sample.Periodic")
    samples = [Sample(value=Decimal(register), context=context)]
    samples += [Sample(value=None, context=each.context, signed=each.signed) for each in records]
    return TransactionEvent(
        kind=kind,
        at=at,
        trigger=TriggerReason.AUTHORIZED if kind is EventKind.STARTED else TriggerReason.METER_VALUE_PERIODIC,
        seq_no={EventKind.STARTED: 0, EventKind.UPDATED: 1, EventKind.ENDED: 2}[kind],
        transaction_id="T-1",
        address=EvseAddress(evse=1, connector=1),
        id_token=IdToken(value="04A2B3C4", type="ISO14443") if kind is EventKind.STARTED else None,
        readings=(MeterReading(at=at, samples=tuple(samples)),),
    )


async def book(rooms: ApiRooms, *events: TransactionEvent) -> None:
    """Book events, and keep of each what its handler keeps."""
    desk = Desk(rooms.journal, rooms.store, rooms.clock, Policy(), ReportShelf(rooms.clock))
    for each in events:
        (booked,) = await rooms.keep(BookEvent(station="CS-1", event=each, received_at=each.at))
        await note_signed(desk, each, booked.transaction)


async def rooms_with(*records: SentRecord) -> ApiRooms:
    """A transaction of 5500 Wh that ends with these signed values, not looked at yet."""
    rooms = ApiRooms()
    await rooms.keep(RegisterStation(station="CS-1", registration=None, at=NOON))
    events = event(EventKind.STARTED, 10_000), event(EventKind.ENDED, 15_500, *records, minute=30)
    await book(rooms, *events)
    return rooms


async def verify(rooms: ApiRooms) -> None:
    """Let the service look once."""
    await SignedMetering(Parts(rooms.journal, rooms.store, rooms.commander, rooms.clock, rooms.settings)).look()


async def test_a_verdict_with_its_records() -> None:
    """Both ends, the records as sent, and where the key is from."""
    meter = Meter()
    rooms = await rooms_with(*session(meter))
    async with client_of(api_of(rooms)) as client:
        assert (await client.put(f"{KEYS}/1", json={"publicKey": meter.printed})).status_code == 200
        early = (await client.get(AT)).json()
        await verify(rooms)
        found = (await client.get(AT)).json()
    assert (early["outcome"], early["checkedAt"]) == ("Verified", None)
    assert (found["outcome"], found["why"], found["remarks"], found["energyWh"]) == ("Verified", [], [], 5500)
    assert found["begin"] == {
        "at": "2026-01-31T12:00:00Z",
        "timeStatus": "S",
        "registerWh": 10_000,
        "identification": "1-b:1.8.0",
        "status": "G",
        "meter": "M-1",
        "pagination": "T1",
    }
    assert (found["publicKey"], found["keySource"]) == (meter.printed, "Operator")
    assert found["checkedAt"] == "2026-01-31T12:00:00Z"
    first, _ = found["records"]
    assert (first["outcome"], first["format"], first["encodingMethod"]) == ("Verified", "OCMF", "OCMF")
    assert first["text"].startswith('OCMF|{"FV"')
    assert await rooms.store.findings("CS-1") == []
    assert await rooms.store.record(SIGNED_DUE, "CS-1", "T-1") is None


@pytest.mark.parametrize(
    ("key", "rule", "severity", "said"),
    [
        (True, "signed-metering:failed", Severity.BREACH, "The signature is not that of the meter's key"),
        (False, "signed-metering:unverifiable", Severity.NOTE, "No public key of the meter is known."),
    ],
)
async def test_what_does_not_verify_is_a_finding_once(key: bool, rule: str, severity: Severity, said: str) -> None:
    """Also if values come late and it is looked at again."""
    meter = Meter()
    first, between = [meter.record(reading("B", 10.0)), meter.record(reading("C", 12.0, 10))]
    rooms = await rooms_with(sent(first), sent(meter.record(reading("E", 15.5, 30))))
    async with client_of(api_of(rooms)) as client:
        if key:
            await client.put(f"{KEYS}/1", json={"publicKey": Meter().printed})
        await verify(rooms)
        await book(rooms, event(EventKind.UPDATED, 12_000, sent(between), minute=10))
        assert await rooms.store.record(SIGNED_DUE, "CS-1", "T-1") is not None
        await verify(rooms)
    (finding,) = await rooms.store.findings("CS-1")
    assert (finding.rule, finding.severity) == (rule, severity)
    assert finding.what.startswith("transaction T-1: its signed meter values")
    assert said in finding.what


async def test_a_transaction_that_signs_nothing_at_its_end_is_looked_at_too() -> None:
    """Its beginning was signed: then the end is missing."""
    meter = Meter()
    rooms = ApiRooms()
    first = session(meter)[0]
    await book(rooms, event(EventKind.STARTED, 10_000, first))
    assert await rooms.store.record(SIGNED_OPEN, "CS-1", "T-1") is not None
    await verify(rooms)
    assert await rooms.store.record(VERDICTS, "CS-1", "T-1") is None, "it has not ended"
    await book(rooms, event(EventKind.ENDED, 15_500, minute=30))
    await verify(rooms)
    verdict = await rooms.store.record(VERDICTS, "CS-1", "T-1")
    assert verdict is not None
    assert verdict.outcome is MeteringOutcome.UNVERIFIABLE
    (finding,) = await rooms.store.findings("CS-1")
    assert "There is no signed reading of the end of the session." in finding.what
    assert await rooms.store.record(SIGNED_OPEN, "CS-1", "T-1") is None


async def test_trust_on_first_use() -> None:
    """The key that came with values that verify is the meter's from then on; another one is told as wrong."""
    meter, other = Meter(), Meter()
    records = [sent(each, public_key=meter.printed) for each in texts(meter)]
    rooms = await rooms_with(*records)
    await verify(rooms)
    async with client_of(api_of(rooms)) as client:
        (kept,) = (await client.get(KEYS)).json()
        found = (await client.get(AT)).json()
        assert (kept["evseId"], kept["publicKey"], kept["source"], kept["recordedBy"]) == (
            1,
            meter.printed,
            "Sent",
            None,
        )
        assert found["keySource"] == "Sent"
        await client.put(f"{KEYS}/1", json={"publicKey": other.printed})
        again = (await client.get(AT)).json()
        assert (again["outcome"], again["publicKey"]) == ("Verified", meter.printed), "with the key of then"
        assert (await client.delete(f"{KEYS}/1")).status_code == 204
        assert (await client.get(KEYS)).json() == []


def texts(meter: Meter) -> list[str]:
    """Records of beginning and end."""
    return [meter.record(reading("B", 10.0)), meter.record(reading("E", 15.5, 30))]


@pytest.mark.parametrize(
    "name",
    [
        VariableName(component="FiscalMetering", variable="PublicKey", evse=1),
        VariableName(component="", variable="MeterPublicKey1"),
    ],
)
async def test_the_key_of_the_device_model(name: VariableName) -> None:
    """As the station told it, in 2.x and in 1.6 (signed meter values 1.0, 3.3.1, 4.3.2); the operator's counts before it."""
    meter = Meter()
    rooms = await rooms_with(*session(meter))
    told = VariableResult(name=name, status=VariableStatus.ACCEPTED, value=meter.printed)
    await rooms.keep(keep_answered("CS-1", told, NOON))
    async with client_of(api_of(rooms)) as client:
        found = (await client.get(AT)).json()
        key = (await client.get(f"{KEYS}/1")).json()
        missing = await client.get(f"{KEYS}/2")
        await client.put(f"{KEYS}/1", json={"publicKey": Meter().printed})
        after = (await client.get(AT)).json()
    assert (found["outcome"], found["keySource"], key["source"]) == ("Verified", "DeviceModel", "DeviceModel")
    assert missing.status_code == 404
    assert (after["outcome"], after["keySource"]) == ("Failed", "Operator")


async def test_files_for_other_software() -> None:
    """Named after the transaction; the archive is the same each time."""
    meter = Meter()
    rooms = await rooms_with(*session(meter))
    async with client_of(api_of(rooms)) as client:
        await client.put(f"{KEYS}/1", json={"publicKey": meter.printed})
        xml, text, archive, again = [
            await client.get(f"{AT}/export", params={"format": each}) for each in ("xml", "ocmf", "chargy", "chargy")
        ]
        odd = await client.get(f"{AT}/export", params={"format": "pdf"})
    assert xml.headers["content-disposition"] == 'attachment; filename="CS-1-T-1.xml"'
    assert xml.headers["content-type"] == "application/xml"
    assert xml.text.count("<value ") == 2
    assert text.text.count("OCMF|") == 2
    assert archive.content == again.content
    files = zipfile.ZipFile(io.BytesIO(archive.content))
    assert files.read("CS-1-T-1.txt").decode() == text.text
    assert files.read("CS-1-T-1_publicKey.txt").decode() == meter.printed.upper()
    assert odd.status_code == 422


async def test_transactions_without_signed_values() -> None:
    """Absent; there is nothing to export, and no finding."""
    rooms = await rooms_with()
    await verify(rooms)
    async with client_of(api_of(rooms)) as client:
        found = (await client.get(AT)).json()
        empty = await client.get(f"{AT}/export")
        unknown = await client.get("/stations/CS-1/transactions/T-9/signed-metering")
    assert (found["outcome"], found["records"], found["publicKey"]) == ("Absent", [], None)
    assert (empty.status_code, unknown.status_code) == (404, 404)
    assert "no signed meter values" in empty.json()["detail"]
    assert await rooms.store.findings("CS-1") == []


async def test_other_formats_have_no_ocmf_to_export() -> None:
    """The XML takes all of them."""
    record = sent("AP;0;3;", encoding="ALFEN")
    rooms = await rooms_with(record)
    async with client_of(api_of(rooms)) as client:
        assert (await client.get(f"{AT}/export")).status_code == 200
        refused = await client.get(f"{AT}/export", params={"format": "ocmf"})
    assert refused.status_code == 404
    assert "none in OCMF" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("PUT", f"{KEYS}/1", {"publicKey": "what?"}, 422, "neither hex nor Base64 nor PEM"),
        ("PUT", f"{KEYS}/1", {"publicKey": ""}, 422, "publicKey"),
        ("PUT", f"{KEYS}/1", {}, 422, "publicKey"),
        ("PUT", "/stations/CS-9/meter-keys/1", {"publicKey": Meter().printed}, 404, "no station 'CS-9'"),
        ("GET", "/stations/CS-9/meter-keys", None, 404, "no station 'CS-9'"),
        ("GET", f"{KEYS}/1", None, 404, "No public key is on record"),
        ("DELETE", f"{KEYS}/1", None, 404, "No public key is on record"),
        ("GET", f"{KEYS}/-1", None, 422, "evse"),
    ],
)
async def test_what_cannot_be_done_is_told(method: str, path: str, body: Any, status: int, said: str) -> None:
    """In sentences."""
    rooms = await rooms_with()
    async with client_of(api_of(rooms)) as client:
        answer = await client.request(method, path, json=body)
    assert answer.status_code == status
    assert said in answer.text
