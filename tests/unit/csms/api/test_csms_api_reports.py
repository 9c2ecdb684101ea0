"""Reports in the API: who sees which stations, what is refused; schedules, how they are handed over; and the verb of the command line."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from pilotwire.cli import app
from pilotwire.csms.api.access import digest_of
from pilotwire.csms.registers.access import SITES, Site
from pilotwire.csms.services import Parts
from pilotwire.csms.services.reports import ScheduledReports
from pilotwire.csms.store.ports import ApiKey, BookEvent, PutApiKey, RegisterStation, Scope
from pilotwire.csms.webhooks.signature import signature
from pilotwire.domain.provisioning import RegistrationStatus
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of, ended, served, started, updated

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


async def rooms_of(*stations: str, **more: Any) -> ApiRooms:
    """Stations with one session of half an hour and 7.25 kWh each; it is 13:00."""
    rooms = ApiRooms(**more)
    for station in stations:
        await rooms.keep(RegisterStation(station=station, registration=RegistrationStatus.ACCEPTED, at=NOON))
        for told in (started(), updated(), ended()):
            await rooms.keep(BookEvent(station=station, event=told, received_at=told.at))
    rooms.clock.advance(3600)
    return rooms


async def test_sites_have_rows_and_the_total_counts_each_station_once() -> None:
    rooms = await rooms_of("A-1", "A-2", "B-1")
    await rooms.keep(
        SITES.put("", "one", Site(name="one", prefixes=("A-",))),
        SITES.put("", "two", Site(name="two", stations=("A-2",))),
    )
    async with client_of(api_of(rooms)) as client:
        told = (await client.get("/reports/operation", params={"by": "site"})).json()
        one = (await client.get("/reports/operation", params={"by": "port", "site": "two"})).json()
        assert (await client.get("/reports/operation", params={"site": "three"})).status_code == 404
    assert [(row["site"], row["sessions"]) for row in told["rows"]] == [("", 1), ("one", 2), ("two", 1)]
    assert (told["totals"][0]["sessions"], told["totals"][0]["energyKwh"]) == (3, 21.752)
    assert [(row["station"], row["peakKw"]) for row in one["rows"]] == [("A-2", 7.2005)]


async def test_a_chart_is_drawn_where_there_is_something_to_see() -> None:
    """Energy of two stations; no failed session of any."""
    rooms = await rooms_of("A-1", "B-1")
    async with client_of(api_of(rooms)) as client:
        operation = await client.get("/reports/operation", params={"format": "html"})
        sessions = await client.get("/reports/sessions", params={"format": "html"})
    assert "<svg" in operation.text
    assert "<svg" not in sessions.text
    assert "<table" in sessions.text


async def test_somebody_limited_to_sites_sees_these() -> None:
    rooms = await rooms_of("A-1", "B-1", no_auth=False)
    key = ApiKey(name="a", digest=digest_of("of-a"), scopes=(Scope.ADMIN,), created_at=NOON, sites=("one",))
    await rooms.keep(
        SITES.put("", "one", Site(name="one", prefixes=("A-",))),
        SITES.put("", "two", Site(name="two")),
        PutApiKey(key=key),
    )
    async with client_of(api_of(rooms), **{"X-API-Key": "of-a"}) as client:
        told = (await client.get("/reports/operation")).json()
        assert [row["station"] for row in told["rows"]] == ["A-1"]
        assert (await client.get("/reports/operation", params={"site": "two"})).status_code == 404
        assert (await client.get("/reports/made")).status_code == 403
    async with client_of(api_of(rooms)) as nobody:
        assert (await nobody.get("/reports/operation")).status_code == 401


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"from": "2026-01-31", "to": "2026-01-01"}, "this is before the first day"),
        ({"from": "2026-02-31"}, "there is no such day"),
        ({"from": "2026-02-01", "to": "2026-02-02"}, "this day has not begun yet"),
        ({"from": "2020-01-01", "by": "day"}, "400 days at most"),
        ({"timeZone": "Mars/Olympus"}, "there is no time zone of this name"),
        ({"format": "docx"}, "'pdf'"),
    ],
)
async def test_what_is_refused(asked: dict[str, str], what: str) -> None:
    async with client_of(api_of(await rooms_of())) as client:
        answer = await client.get("/reports/operation", params=asked)
    assert answer.status_code == 422
    assert what in answer.text


async def test_the_page_runs_and_loads_nothing_and_names_are_escaped() -> None:
    rooms = await rooms_of("<script>1</script>")
    async with client_of(api_of(rooms)) as client:
        page = await client.get("/reports/operation", params={"format": "html"})
        table = await client.get("/reports/operation", params={"format": "csv"})
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert table.text.startswith("station,sessions,failedSessions,energyKwh")


# --- schedules -------------------------------------------------------------------------------------------------------


def service_of(rooms: ApiRooms, taken: list[httpx.Request], *answers: int) -> ScheduledReports:
    """The service with a receiver that answers as told."""
    said = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        taken.append(request)
        return httpx.Response(next(said))

    parts = Parts(rooms.journal, rooms.store, rooms.commander, rooms.clock, rooms.settings)
    return ScheduledReports(parts, lambda: httpx.AsyncClient(transport=httpx.MockTransport(answer)))


async def test_a_report_is_posted_signed_and_again_if_it_was_not_taken() -> None:
    rooms, taken = await rooms_of("A-1"), list[httpx.Request]()
    service = service_of(rooms, taken, 503, 200)
    wanted = {
        "kind": "sessions",
        "period": "day",
        "format": "csv",
        "webhook": "https://example.com/r",
        "secret": SECRET,
    }
    async with client_of(api_of(rooms)) as client:
        put = await client.put("/reports/schedules/board", json=wanted)
        assert put.json()["isSigned"] is True
        assert SECRET not in put.text
        await service.look()
        assert taken == []  # the day is not over
        rooms.clock.advance(11 * 3600)
        await service.look()
        (made,) = (await client.get("/reports/made")).json()["items"]
        assert (made["deliveredAt"], made["trouble"]) == (None, "https://example.com/r: HTTP 503")
        await service.look()
        assert len(taken) == 1  # not before five minutes have passed
        rooms.clock.advance(301)
        await service.look()
        await service.look()
        (made,) = (await client.get("/reports/made")).json()["items"]
        assert made["deliveredAt"] is not None
        assert made["trouble"] == ""
        assert (await client.get(f"/reports/made/{made['id']}")).content == taken[1].content
        assert (await client.delete(f"/reports/made/{made['id']}")).status_code == 204
        assert (await client.get(f"/reports/made/{made['id']}")).status_code == 404
        assert (await client.delete("/reports/schedules/board")).status_code == 204
        assert (await client.delete("/reports/schedules/board")).status_code == 404
    head = taken[1].headers
    signed = signature(SECRET, "report_board-2026-01-31", int(head["webhook-timestamp"]), taken[1].content)
    assert head["webhook-signature"] == signed


async def test_reports_come_at_a_local_time_also_where_the_clocks_change() -> None:
    """06:00 in Berlin is 05:00 UTC on 29 March 2026 in winter's terms, and 04:00 once the clocks went forward that night."""
    rooms = await rooms_of()
    rooms.clock.advance((datetime(2026, 3, 28, 12, tzinfo=UTC) - rooms.clock.now()).total_seconds())
    service = service_of(rooms, [])
    wanted = {"kind": "uptime", "period": "day", "format": "json", "timeZone": "Europe/Berlin", "at": "06:00"}
    async with client_of(api_of(rooms)) as client:
        await client.put("/reports/schedules/early", json=wanted)
        counts = []
        for seconds in (16 * 3600 - 1, 1):  # 03:59:59 and 04:00:00 UTC
            rooms.clock.advance(seconds)
            await service.look()
            counts.append(len((await client.get("/reports/made")).json()["items"]))
    assert counts == [0, 1]


@pytest.mark.parametrize(
    "wrong", [{"folder": "relative"}, {"folder": "/not/there"}, {"secret": "short"}, {"at": "24:00"}]
)
async def test_schedules_that_cannot_be(wrong: dict[str, str]) -> None:
    async with client_of(api_of(await rooms_of())) as client:
        assert (await client.put("/reports/schedules/x", json={"kind": "faults"} | wrong)).status_code == 422


# --- the command line ------------------------------------------------------------------------------------------------


async def test_the_verb(tmp_path: Path) -> None:
    rooms, run = await rooms_of("A-1"), CliRunner()
    with served(api_of(rooms)) as url:
        more = ["--url", url, "--from", "2026-01-01", "--to", "2026-01-31"]
        shown = run.invoke(app, ["report", "operation", "--by", "port", *more])
        assert shown.exit_code == 0, shown.output
        assert "A-1" in shown.output
        paper = tmp_path / "report.pdf"
        assert run.invoke(app, ["report", "operation", "--out", str(paper), *more]).exit_code == 0
        assert paper.read_bytes().startswith(b"%PDF-")
        refused = run.invoke(app, ["report", "operation", "--format", "pdf", *more])
        assert refused.exit_code == 2
        assert "nothing for a terminal" in refused.output
        assert run.invoke(app, ["report", "operation", "--out", str(tmp_path / "report.doc"), *more]).exit_code == 2
