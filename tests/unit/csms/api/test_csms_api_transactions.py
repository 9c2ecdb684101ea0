"""Transactions and meter values over the API."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pilotwire.csms.store.ports import BookEvent, KeepReadings, RegisterStation
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.metering import MeterReading, Sample, SignedMeterValue
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of, ended, started, updated


def _book(*events: object, station: str = "CS-1") -> list[BookEvent]:
    return [BookEvent(station=station, event=event, received_at=NOON) for event in events]  # type: ignore[arg-type]


async def test_a_transaction_tells_energy_events_and_readings() -> None:
    """Energy is from register to register in Wh; events are in their place."""
    rooms = ApiRooms()
    await rooms.keep(*_book(started(), ended(), updated()))
    async with client_of(api_of(rooms)) as client:
        tx = (await client.get("/stations/CS-1/transactions/tx-1")).json()
    assert tx["energyWh"] == 7250.5
    assert (tx["meterStart"], tx["meterStop"]) == (1000, 8250.5)
    assert (tx["isOpen"], tx["stoppedReason"], tx["missingSeqNos"]) == (False, "Local", [])
    assert tx["idToken"] == {"idToken": "04A1B2C3D4", "type": "ISO14443"}
    assert [each["eventType"] for each in tx["events"]] == ["Started", "Updated", "Ended"]
    assert [each["seqNo"] for each in tx["events"]] == [0, 1, 2]
    power = tx["meterValues"][1]["sampledValue"][0]
    assert (power["value"], power["unit"], power["measurand"]) == (7200.5, "W", "Power.Active.Import")


async def test_what_has_not_arrived_is_told() -> None:
    """A gap in the sequence numbers is listed."""
    rooms = ApiRooms()
    await rooms.keep(*_book(started(), ended(seq_no=3)))
    async with client_of(api_of(rooms)) as client:
        tx = (await client.get("/stations/CS-1/transactions/tx-1")).json()
    assert tx["missingSeqNos"] == [1, 2]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["c", "b", "a"]),
        ({"isOpen": "true"}, ["b", "a"]),
        ({"isOpen": "false"}, ["c"]),
        ({"station": "CS-2"}, ["b"]),
        ({"idToken": "04a1b2c3d4"}, ["c", "b", "a"]),
        ({"idToken": "other"}, []),
        ({"since": "2026-01-31T12:00:01Z"}, []),
        ({"until": "2026-01-31T13:00:01+01:00"}, ["c", "b", "a"]),
    ],
)
async def test_transactions_are_filtered(query: dict[str, str], expected: list[str]) -> None:
    """By station, token, time, and whether they are open; newest first."""
    rooms = ApiRooms()
    await rooms.keep(*_book(started("a")), *_book(started("b"), station="CS-2"), *_book(started("c"), ended("c")))
    async with client_of(api_of(rooms)) as client:
        page = (await client.get("/transactions", params=query)).json()
    assert [each["transactionId"] for each in page["items"]] == expected


async def test_transactions_come_in_pages() -> None:
    """The cursor goes on where the page ended."""
    rooms = ApiRooms()
    await rooms.keep(*_book(*(started(name) for name in "abc")))
    async with client_of(api_of(rooms)) as client:
        first = (await client.get("/transactions", params={"limit": 2})).json()
        rest = (await client.get("/transactions", params={"limit": 2, "after": first["nextCursor"]})).json()
    assert [each["transactionId"] for each in first["items"] + rest["items"]] == ["c", "b", "a"]


async def test_readings_of_a_transaction_since_a_moment() -> None:
    """Only what was taken then or later."""
    rooms = ApiRooms()
    await rooms.keep(*_book(started(), updated(), ended()))
    async with client_of(api_of(rooms)) as client:
        url = "/stations/CS-1/transactions/tx-1/meter-values"
        late = (await client.get(url, params={"since": "2026-01-31T12:10:00Z"})).json()
        first = (await client.get(url, params={"limit": 1})).json()
    assert [each["timestamp"] for each in late] == ["2026-01-31T12:10:00Z", "2026-01-31T12:30:00Z"]
    assert [each["transactionId"] for each in first] == ["tx-1"]


async def test_readings_outside_of_transactions() -> None:
    """With their address; what a meter signed is untouched; a number no double can hold is null."""
    rooms = ApiRooms()
    signed = SignedMeterValue(data="T0NNRnw=", encoding_method="OCMF")
    samples = (
        Sample(value=None, signed=signed),
        Sample(value=Decimal("1E400")),
        Sample(value=Decimal("230.10"), unit="V"),
    )
    reading = MeterReading(at=NOON, samples=samples, unreadable=("'abc' is no number",))
    await rooms.keep(
        RegisterStation(station="CS-1", registration=None, at=NOON),
        KeepReadings(station="CS-1", address=EvseAddress(evse=2), readings=(reading,), received_at=NOON),
    )
    async with client_of(api_of(rooms)) as client:
        (value,) = (await client.get("/stations/CS-1/meter-values")).json()
    assert value["evse"] == {"id": 2, "connectorId": None}
    assert value["transactionId"] is None
    assert [each["value"] for each in value["sampledValue"]] == [None, None, 230.1]
    assert value["sampledValue"][0]["signedMeterValue"]["signedMeterData"] == "T0NNRnw="
    assert value["unreadable"] == ["'abc' is no number"]


@pytest.mark.parametrize(
    "path",
    ["/stations/CS-1/transactions/x", "/stations/CS-1/transactions/x/meter-values", "/stations/CS-1/meter-values"],
)
async def test_what_is_not_there_is_404(path: str) -> None:
    """With a sentence that names it."""
    async with client_of(api_of(ApiRooms())) as client:
        missing = await client.get(path)
    assert missing.status_code == 404
    assert "'CS-1'" in missing.json()["detail"]
