"""Reports of a real CSMS: what stations of three versions charged and failed at comes back as JSON, CSV, a page, and PDF."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx

from pilotwire.clock import ManualClock
from pilotwire.csms.api import create_api
from pilotwire.csms.app import Csms
from tests.support.api_rooms import NOON, client_of
from tests.support.eventually import eventually
from tests.support.raw_station import RawStation, settings, station

DAY = {"from": "2026-01-31", "to": "2026-01-31"}


def _at(clock: ManualClock) -> str:
    return clock.now().isoformat().replace("+00:00", "Z")


async def _charge16(cs: RawStation, clock: ManualClock) -> None:
    """Half an hour, 6 kWh, ended by the driver."""
    await cs.ask(
        "StatusNotification",
        {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": _at(clock)},
    )
    start = {"connectorId": 1, "idTag": "04AA01", "meterStart": 1000, "timestamp": _at(clock)}
    number = (await cs.ask("StartTransaction", start))["transactionId"]
    clock.advance(1800)
    stop = {"transactionId": number, "meterStop": 7000, "timestamp": _at(clock), "reason": "Local"}
    await cs.ask("StopTransaction", stop)


async def _charge2(cs: RawStation, clock: ManualClock, *, minutes: float, wh: int, trigger: str, reason: str) -> None:
    """A session of 2.0.1 or 2.1, charging all the time."""
    status = {"timestamp": _at(clock), "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    await cs.ask("StatusNotification", status)
    for number, (kind, why, register) in enumerate((("Started", "Authorized", 0), ("Ended", trigger, wh))):
        context = "Transaction.Begin" if kind == "Started" else "Transaction.End"
        sampled = [{"value": register, "context": context}]
        told: dict[str, Any] = {"transactionId": "tx-1", "chargingState": "Charging"}
        payload: dict[str, Any] = {
            "eventType": kind,
            "timestamp": _at(clock),
            "triggerReason": why,
            "seqNo": number,
            "transactionInfo": told if kind == "Started" else told | {"chargingState": "Idle", "stoppedReason": reason},
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": _at(clock), "sampledValue": sampled}],
        }
        await cs.ask("TransactionEvent", payload)
        clock.advance(60 * minutes if kind == "Started" else 0)


async def _reported(operator: httpx.AsyncClient, kind: str, **asked: str) -> httpx.Response:
    response = await operator.get(f"/reports/{kind}", params=DAY | asked)
    assert response.status_code == 200, response.text
    return response


async def test_three_versions_in_every_format() -> None:
    clock = ManualClock(NOON)
    async with Csms(settings(no_auth=True), clock) as csms, client_of(create_api(csms)) as operator:
        for name, version in (("CS-16", "ocpp1.6"), ("CS-201", "ocpp2.0.1"), ("CS-21", "ocpp2.1")):
            async with station(csms, name, version) as cs:
                await cs.boot()
                if version == "ocpp1.6":
                    await _charge16(cs, clock)
                elif version == "ocpp2.0.1":
                    await _charge2(cs, clock, minutes=60, wh=11_000, trigger="StopAuthorized", reason="Local")
                else:
                    await _charge2(cs, clock, minutes=2, wh=0, trigger="EVCommunicationLost", reason="Other")
        clock.advance(60)

        told = (await _reported(operator, "operation", by="port")).json()
        names = ("station", "evseId", "sessions", "failedSessions", "energyKwh", "averageKw", "occupiedMinutes")
        assert [tuple(row[name] for name in names) for row in told["rows"]] == [
            ("CS-16", 1, 1, 0, 6, None, 30),
            ("CS-201", 1, 1, 0, 11, 11, 60),
            ("CS-21", 1, 1, 1, 0, 0, 2),
        ]
        (total,) = told["totals"]
        assert (total["sessions"], total["energyKwh"], total["occupiedMinutes"]) == (3, 17, 92)
        failed = (await _reported(operator, "sessions", by="station", format="csv")).text
        rows = {row["station"]: row for row in csv.DictReader(io.StringIO(failed))}
        assert (rows["CS-21"]["evCommunication"], rows["CS-21"]["failedPercent"]) == ("1", "100")
        assert (rows["total"]["sessions"], rows["total"]["failedSessions"]) == ("3", "1")

        page = await _reported(operator, "operation", by="station", format="html")
        assert page.headers["content-type"].startswith("text/html")
        assert "<svg" in page.text
        assert "CS-201" in page.text
        assert "Operation by station" in page.text
        paper = await _reported(operator, "operation", by="station", format="pdf")
        assert paper.headers["content-type"] == "application/pdf"
        assert paper.content.startswith(b"%PDF-")
        assert paper.content.rstrip().endswith(b"%%EOF")


async def test_a_session_with_a_tariff_is_revenue() -> None:
    """Half a euro a kWh: 6 kWh at 0.50 without tax."""
    clock = ManualClock(NOON)
    async with Csms(settings(no_auth=True), clock) as csms, client_of(create_api(csms)) as operator:
        tariff = {"currency": "EUR", "energy": {"prices": [{"priceKwh": 0.5}]}}
        assert (await operator.put("/tariffs/half", json=tariff)).is_success
        rule = {"tariffId": "half"}
        answer = await operator.put("/tariff-rules/all", json=rule)
        assert answer.is_success, answer.text
        async with station(csms, "CS-16", "ocpp1.6") as cs:
            await cs.boot()
            await _charge16(cs, clock)
        clock.advance(60)
        told = (await _reported(operator, "revenue", by="site")).json()
        assert [(row["site"], row["currency"], row["bills"], row["exclTax"]) for row in told["rows"]] == [
            ("", "EUR", 1, "3.00")
        ]


async def test_scheduled_reports_are_made_after_downtime_and_once(tmp_path: Any) -> None:
    """A daily schedule; the CSMS is stopped for three days: the day it was stopped in and those of the gap are made, one each."""
    clock, kept = ManualClock(NOON), settings(database=str(tmp_path / "csms.db"), no_auth=True)
    folder = tmp_path / "reports"
    folder.mkdir()
    schedule = {"kind": "operation", "by": "station", "period": "day", "format": "csv", "at": "06:00"}
    async with Csms(kept, clock) as csms, client_of(create_api(csms)) as operator:
        put = await operator.put("/reports/schedules/board", json=schedule | {"folder": str(folder)})
        assert put.json()["nextFrom"] == "2026-01-31T00:00:00Z", put.text
        assert (await operator.get("/reports/made")).json()["items"] == []
    clock.advance(3 * 86_400)
    wanted = ["board-2026-01-31", "board-2026-02-01", "board-2026-02-02"]
    for _ in range(2):  # the second time nothing is made anew
        async with Csms(kept, clock) as csms, client_of(create_api(csms)) as operator:

            async def are_there(operator: httpx.AsyncClient = operator) -> bool:
                made = (await operator.get("/reports/made")).json()["items"]
                return len(made) >= 3 and all(each["deliveredAt"] for each in made)

            await eventually(are_there)
            made = (await operator.get("/reports/made")).json()["items"]
            assert [each["id"] for each in made] == wanted
            assert {each["madeAt"] for each in made} == {"2026-02-03T12:00:00Z"}
            text = (await operator.get("/reports/made/board-2026-02-01")).text
            assert text.startswith("station,sessions,")
            assert (folder / "board-2026-02-01.csv").read_bytes().decode() == text
    assert sorted(each.name for each in folder.iterdir()) == [f"{name}.csv" for name in wanted]
