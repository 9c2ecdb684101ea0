"""Transactions, reservations and what is believed of a station, over real sockets and by REST."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from pilotwire.clock import ManualClock
from pilotwire.csms.api.events import told_of
from pilotwire.csms.app import Csms
from pilotwire.csms.store.ports import CloseTransaction, Operation
from tests.support.eventually import eventually
from tests.support.every_action import client_of
from tests.support.raw_station import RawStation, settings, station

CARD = {"idToken": "04A1B2C3D4", "type": "ISO14443"}
COMMANDS = "/stations/CS-1/commands"


def stamp(clock: ManualClock, seconds: float = 0) -> str:
    """The time on the clock, as stations write it."""
    return (clock.now() + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


@asynccontextmanager
async def scene(version: str, **more: Any) -> AsyncIterator[tuple[Csms, httpx.AsyncClient, RawStation, ManualClock]]:
    """A CSMS on a clock that is moved, with one station that has booted."""
    clock = ManualClock()
    chosen = settings(no_auth=True, accept_unknown_tokens=True, **more)
    async with Csms(chosen, clock) as csms, client_of(csms) as api, station(csms, "CS-1", version) as line:
        assert (await line.boot())["status"] == "Accepted"
        yield csms, api, line, clock


async def _until_closed(live: AsyncIterator[tuple[Operation, Any]]) -> AsyncIterator[tuple[Operation, Any]]:
    async for operation, result in live:
        yield operation, result
        if isinstance(operation, CloseTransaction):
            return


async def read(api: httpx.AsyncClient, path: str) -> Any:
    """A resource."""
    response = await api.get(path)
    assert response.status_code == 200, response.text
    return response.json()


async def begin_16(line: RawStation, clock: ManualClock, **more: Any) -> int:
    """Start a transaction at connector 1; its number."""
    said = {"connectorId": 1, "idTag": CARD["idToken"], "meterStart": 100, "timestamp": stamp(clock)} | more
    number: int = (await line.ask("StartTransaction", said))["transactionId"]
    return number


async def reserve(api: httpx.AsyncClient, line: RawStation, number: int, until: str) -> None:
    """Reserve EVSE 1; the station accepts."""
    wanted = {"idToken": CARD, "expiryDateTime": until, "evseId": 1, "reservationId": number}
    asking = asyncio.create_task(api.post(f"{COMMANDS}/reserve-now", json=wanted))
    await line.answer({"status": "Accepted"})
    assert (await asking).json() == {"status": "Accepted", "reservationId": number}


async def test_a_transaction_that_was_forgotten_is_closed_when_the_next_one_begins() -> None:
    """By the service of a running CSMS; the real end, which comes late, counts after all."""
    async with scene("ocpp1.6") as (csms, api, line, clock):
        old = await begin_16(line, clock)
        live = csms.journal.committed()
        clock.advance(100)
        new = await begin_16(line, clock)
        clock.advance(120)

        async def closed() -> Any:
            return (await read(api, f"/transactions/by-number/{old}"))["closing"]

        closing = await eventually(closed, what="the older transaction is closed")
        assert (closing["reason"], closing["newerTransactionId"]) == ("Superseded", str(new))
        state = await read(api, "/stations/CS-1/state")
        assert [each["transactionId"] for each in state["openTransactions"]] == [str(new)]
        told = [each async for each in _until_closed(live)]
        happened = told_of(*told[-1])
        assert happened is not None
        assert (happened.type, happened.station) == ("transaction", "CS-1")
        assert '"event":null' in happened.data
        stop = {"transactionId": old, "meterStop": 350, "timestamp": stamp(clock, -130), "reason": "Local"}
        await line.ask("StopTransaction", stop)
        ended = await read(api, f"/stations/CS-1/transactions/{old}")
        assert (ended["closing"], ended["stoppedReason"], ended["energyWh"]) == (None, "Local", 250)
        rules = [each["rule"] for each in await read(api, "/findings?station=CS-1")]
        assert rules == ["transactions:closing-undone"]


async def test_a_station_of_2_x_is_asked_before_anything_is_believed() -> None:
    """Unless it is quiet: GetTransactionStatus comes once nothing was heard for `ask_after`."""
    async with scene("ocpp2.0.1", ask_after=600) as (_, api, line, clock):
        started = {"eventType": "Started", "timestamp": stamp(clock), "triggerReason": "CablePluggedIn", "seqNo": 0}
        await line.ask("TransactionEvent", started | {"transactionInfo": {"transactionId": "TX-1"}})
        clock.advance(700)
        call = await line.answer({"ongoingIndicator": False, "messagesInQueue": False})
        assert call[2:] == ["GetTransactionStatus", {"transactionId": "TX-1"}]

        async def closed() -> Any:
            return (await read(api, "/stations/CS-1/transactions/TX-1"))["closing"]

        assert (await eventually(closed, what="it is closed"))["reason"] == "NotOngoing"


@pytest.mark.req("H01.FR.15")
async def test_a_reservation_is_used_by_the_transaction_that_names_it() -> None:
    """In 2.x the station says so in its event."""
    async with scene("ocpp2.1") as (_, api, line, clock):
        await reserve(api, line, 7, stamp(clock, 3600))
        assert [each["state"] for each in (await read(api, "/stations/CS-1/reservations"))["items"]] == ["Active"]
        started = {"eventType": "Started", "timestamp": stamp(clock), "triggerReason": "Authorized", "seqNo": 0}
        started |= {"transactionInfo": {"transactionId": "TX-1"}, "idToken": CARD, "reservationId": 7}
        await line.ask("TransactionEvent", started)
        (used,) = (await read(api, "/stations/CS-1/reservations"))["items"]
        assert (used["state"], used["transactionId"]) == ("Used", "TX-1")


async def test_reservations_of_1_6_end_by_use_by_time_and_from_here() -> None:
    """The station tells none of it but the first."""
    async with scene("ocpp1.6") as (_, api, line, clock):
        for number, seconds in ((1, 3600), (2, 60), (3, 3600)):
            await reserve(api, line, number, stamp(clock, seconds))
        number = await begin_16(line, clock, reservationId=1)
        asking = asyncio.create_task(api.post(f"{COMMANDS}/cancel-reservation", json={"reservationId": 3}))
        await line.answer({"status": "Accepted"})
        assert (await asking).status_code == 200
        clock.advance(90)

        async def ended() -> Any:
            found = (await read(api, "/stations/CS-1/reservations"))["items"]
            states = [each["state"] for each in found]
            return found if states == ["Used", "Expired", "Canceled"] else None

        used, *_ = await eventually(ended, what="all three are over")
        assert used["transactionId"] == str(number)
        assert (await read(api, "/stations/CS-1/state"))["reservations"] == []


async def test_what_the_station_would_reject_is_not_sent_unless_forced() -> None:
    """A reservation that is past, at an EVSE without such a connector; a remote start with a profile of another purpose."""
    async with scene("ocpp2.0.1") as (_, api, line, clock):
        layout = {"evses": [{"id": 1, "connectorTypes": ["cCCS2"]}]}
        assert (await api.put("/stations/CS-1", json=layout)).status_code == 200
        wanted = {"idToken": CARD, "evseId": 1, "connectorType": "sType2", "expiryDateTime": stamp(clock, -1)}
        refused = await api.post(f"{COMMANDS}/reserve-now", json=wanted)
        assert refused.status_code == 422
        assert "which is past" in refused.json()["detail"]
        assert "no connector of the type sType2" in refused.json()["detail"]
        forced = asyncio.create_task(api.post(f"{COMMANDS}/reserve-now?force=true", json=wanted))
        assert (await line.answer({"status": "Rejected"}))[2] == "ReserveNow"
        assert (await forced).json()["status"] == "Rejected"
        assert (await read(api, "/stations/CS-1/reservations"))["items"] == []
        period = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]}
        profile = {"id": 1, "stackLevel": 0, "chargingProfileKind": "Relative", "chargingSchedule": [period]}
        profile |= {"chargingProfilePurpose": "TxDefaultProfile", "transactionId": "TX-1"}
        flawed = await api.post(f"{COMMANDS}/request-start", json={"idToken": CARD, "chargingProfile": profile})
        assert flawed.status_code == 422
        assert "TxProfile, not TxDefaultProfile" in flawed.json()["detail"]


async def test_meter_values_are_told_apart_and_read_in_parts() -> None:
    """Clock-aligned ones by their context, all of them part by part."""
    async with scene("ocpp1.6") as (_, api, line, clock):
        number = await begin_16(line, clock)
        for second in range(1, 7):
            context = "Sample.Clock" if second % 3 == 0 else "Sample.Periodic"
            sample = {"value": str(100 + second), "context": context}
            values = [{"timestamp": stamp(clock, second), "sampledValue": [sample]}]
            await line.ask("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": values})

        async def told(query: str) -> list[float]:
            found = await read(api, f"/stations/CS-1/transactions/{number}/meter-values{query}")
            return [each["sampledValue"][0]["value"] for each in found]

        assert await told("?context=Sample.Clock") == [103, 106]
        assert await told("?context=Sample.Clock&skip=1") == [106]
        assert await told("?skip=1&limit=2") == [101, 102]  # the first is meterStart
        assert await told("?skip=5") == [105, 106]


async def test_what_is_believed_of_a_station() -> None:
    """One document, and transactions by their id alone."""
    async with scene("ocpp1.6") as (_, api, line, clock):
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Charging", "timestamp": stamp(clock)}
        await line.ask("StatusNotification", status)
        number = await begin_16(line, clock)
        await reserve(api, line, 9, stamp(clock, 3600))
        state = await read(api, "/stations/CS-1/state")
        assert (state["connected"], state["standing"], state["version"]) == (True, "Accepted", "1.6")
        assert [each["connectorStatus"] for each in state["connectors"]] == ["Occupied"]
        assert state["lastTransaction"]["transactionId"] == str(number)
        assert [each["reservationId"] for each in state["reservations"]] == [9]
        counts = [state[name] for name in ("chargingProfileCount", "installedCertificateCount", "localListVersion")]
        assert counts == [0, 0, None]
        (found,) = (await read(api, f"/transactions?transactionId={number}"))["items"]
        assert found["station"] == "CS-1"
        assert (await api.get("/transactions/by-number/99")).status_code == 404
        assert (await api.get("/stations/CS-9/state")).status_code == 404
