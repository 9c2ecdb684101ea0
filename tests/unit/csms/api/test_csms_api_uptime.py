"""Uptime in the API: what stations told comes back as minutes; exclusions and terms are put on record, and wrong ones refused."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from pilotwire.csms.handlers import Handlers, Policy
from pilotwire.csms.registers.access import AUDIT
from pilotwire.csms.registers.uptime import GAPS, STATUSES, connection_entry
from pilotwire.csms.services import Parts
from pilotwire.csms.services.uptime import UptimeWatch
from pilotwire.csms.store.ports import Direction, LogFrame, RegisterStation, Scope
from pilotwire.domain.availability import Availability, ConnectorState, ConnectorStatus, Problem
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.monitoring import DeviceEvent, EventNotification, EventsTold, EventTrigger
from pilotwire.domain.provisioning import RegistrationStatus
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of

UP, FAULTED, OCCUPIED = Availability.AVAILABLE, Availability.FAULTED, Availability.OCCUPIED
DAY = {"since": "2026-01-31T00:00:00Z", "until": "2026-02-01T00:00:00Z"}
BASE = "/stations/CS-0001/uptime"
STORM = {
    "since": "2026-01-31T13:00:00Z",
    "until": "2026-01-31T13:15:00Z",
    "reason": "natural-disaster",
    "note": "Storm; the whole street was off.",
}


class Told(ApiRooms):
    """The rooms with a station that tells of itself, through the handler of statuses."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.handlers = Handlers(self.journal, self.store, self.clock, Policy())

    async def begin(self) -> None:
        """A station on record connects at noon."""
        accepted = RegistrationStatus.ACCEPTED
        await self.keep(
            RegisterStation(station="CS-0001", registration=accepted, at=NOON),
            connection_entry("CS-0001", NOON, connected=True),
        )

    async def say(self, availability: Availability, at: datetime | None = None, code: str | None = None) -> None:
        """It tells the state of its connector."""
        problem = Problem(code=code) if code else None
        state = ConnectorState(availability=availability, problem=problem)
        fact = ConnectorStatus(address=EvseAddress(evse=1, connector=1), at=at, state=state)
        await self.handlers.handle("CS-0001", fact)

    def wait(self, minutes: float) -> None:
        """Time passes."""
        self.clock.advance(60 * minutes)


async def told_rooms(**more: Any) -> Told:
    """Connected at noon, faulted from 13:00 to 13:30, without connection from 14:00 to 14:10, and now it is 22:00."""
    rooms = Told(**more)
    await rooms.begin()
    await rooms.say(UP)
    rooms.wait(60)
    await rooms.say(FAULTED, code="GroundFailure")
    rooms.wait(30)
    await rooms.say(UP)
    for minutes, connected in ((30, False), (10, True)):
        rooms.wait(minutes)
        await rooms.keep(connection_entry("CS-0001", rooms.clock.now(), connected=connected))
    rooms.wait(470)
    return rooms


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    """The rows of CSV."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_what_a_station_told_comes_back_as_minutes() -> None:
    """600 minutes in service, 40 of them down: as JSON, month by month, for all stations, and as two tables of CSV."""
    rooms = await told_rooms()
    async with client_of(api_of(rooms)) as client:
        station = (await client.get(BASE, params=DAY)).json()
        (port,) = station["ports"]
        assert (port["minutes"], port["outageMinutes"], port["faultedMinutes"]) == (600, 40, 30)
        assert (port["uptimePercent"], port["meets"], station["meets"]) == (93.3333, False, False)
        assert [(each["causes"], each["errorCodes"], each["minutes"]) for each in station["outages"]] == [
            (["faulted"], ["GroundFailure"], 30),
            (["connection-lost"], [], 10),
        ]
        (listed,) = (await client.get("/uptime", params=DAY)).json()["items"]
        assert listed == {name: value for name, value in station.items() if name != "outages"}
        (month,) = (await client.get(f"{BASE}/months", params=DAY)).json()
        assert month["ports"] == station["ports"]
        (row,) = rows(await client.get("/uptime/export", params=DAY | {"by": "month"}))
        assert (row["station"], row["outageMinutes"], row["uptimePercent"]) == ("CS-0001", "40", "93.3333")
        told = rows(await client.get("/uptime/export", params=DAY | {"table": "outages", "station": "CS-0001"}))
        assert [(each["since"], each["causes"], each["late"]) for each in told] == [
            ("2026-01-31T13:00:00Z", "faulted", "false"),
            ("2026-01-31T14:00:00Z", "connection-lost", "false"),
        ]


async def test_exclusions_are_on_record_with_who_and_why() -> None:
    """Fifteen of the forty minutes do not count until the exclusion is withdrawn; both are in the audit log, and neither is forgotten."""
    rooms = await told_rooms(no_auth=False)
    await rooms.key(Scope.WRITE, "writes")
    async with client_of(api_of(rooms), **{"X-API-Key": "writes"}) as client:
        made = await client.post(f"{BASE}/exclusions", json=STORM)
        assert made.status_code == 201, made.text
        assert made.json()["recordedBy"] == "key:write"
        (port,) = (await client.get(BASE, params=DAY)).json()["ports"]
        assert (port["outageMinutes"], port["excludedMinutes"], port["naturalDisasterMinutes"]) == (40, 15, 15)
        assert port["uptimePercent"] == 95.8333
        withdrawn = await client.delete(f"{BASE}/exclusions/{made.json()['id']}")
        assert withdrawn.json()["withdrawnBy"] == "key:write"
        (port,) = (await client.get(BASE, params=DAY)).json()["ports"]
        assert port["excludedMinutes"] == 0
        (kept,) = (await client.get(f"{BASE}/exclusions")).json()
        assert (kept["note"], kept["withdrawnAt"]) == (STORM["note"], "2026-01-31T22:00:00Z")
    audit = [each.entry for each in await rooms.store.entries(AUDIT, "CS-0001")]
    assert [entry.method for entry in audit] == ["DELETE", "POST"]
    assert json.loads(audit[1].asked)["reason"] == "natural-disaster"


async def test_terms_say_when_a_station_is_open_and_in_service() -> None:
    """Closed from 13:10, and in service since eight in the morning: four hours of which nothing is known count as an outage."""
    rooms = await told_rooms()
    terms = {
        "timeZone": "UTC",
        "hours": [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "06:00", "to": "13:10"}],
        "holidays": ["2026-12-25"],
        "graceSeconds": 0,
        "inService": [{"evseId": 1, "since": "2026-01-31T08:00:00Z", "until": None}],
    }
    async with client_of(api_of(rooms)) as client:
        assert (await client.put(f"{BASE}/terms", json=terms)).json() == terms
        assert (await client.get(f"{BASE}/terms")).json() == terms
        (port,) = (await client.get(BASE, params=DAY)).json()["ports"]
        assert (port["minutes"], port["untoldMinutes"], port["outageMinutes"]) == (840, 240, 280)
        assert (port["closedMinutes"], port["excludedMinutes"]) == (30, 30)
        night = terms | {"hours": [{"days": [6], "from": "22:00", "to": "04:00"}]}
        put = (await client.put(f"{BASE}/terms", json=night)).json()
        assert [(each["days"], each["from"], each["to"]) for each in put["hours"]] == [
            ([6], "22:00", "24:00"),
            ([7], "00:00", "04:00"),
        ]


@pytest.mark.parametrize(
    ("method", "path", "asked", "sentence"),
    [
        (
            "GET",
            "/uptime?period=2026-13",
            None,
            "'2026-13' is no period: 2026, 2026-Q3, 2026-10 and 12-months are some",
        ),
        ("GET", "/uptime?period=2031", None, "this period has not begun yet"),
        ("GET", "/uptime?period=2025&since=2025-01-01T00:00:00Z", None, "leave out since and until"),
        ("GET", "/uptime?until=2025-01-01T00:00:00Z", None, "until when is given, but not since when"),
        ("GET", "/uptime?since=1980-01-01T00:00:00Z", None, "a period is of ten years at most"),
        ("GET", "/uptime?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", None, "before it has begun"),
        ("GET", "/uptime?timeZone=Mars/Base", None, "there is no time zone of this name"),
        ("GET", "/stations/NONE/uptime", None, "There is no station 'NONE' on record."),
        ("GET", "/uptime/export?station=NONE", None, "There is no station 'NONE' on record."),
        ("POST", f"{BASE}/exclusions", STORM | {"reason": "rain"}, "'utility-interruption', 'vehicle-fault'"),
        ("POST", f"{BASE}/exclusions", STORM | {"until": STORM["since"]}, "body.until: it is not after since"),
        ("POST", f"{BASE}/exclusions", STORM | {"note": " "}, "body.note: it says nothing"),
        ("DELETE", f"{BASE}/exclusions/x-1", None, "Station 'CS-0001' has no exclusion 'x-1'."),
        ("PUT", f"{BASE}/terms", {"inService": [{}, {}]}, "a port is named more than once"),
        ("PUT", f"{BASE}/terms", {"hours": [{"from": "25:00"}]}, "body.hours.0.from"),
    ],
)
async def test_what_cannot_be_is_refused_with_a_sentence(method: str, path: str, asked: Any, sentence: str) -> None:
    """Which part of the request, and what is wrong with it."""
    rooms = Told()
    await rooms.begin()
    async with client_of(api_of(rooms)) as client:
        answer = await client.request(method, path, json=asked)
    assert answer.status_code in (404, 422), answer.text
    assert sentence in answer.json()["detail"]


async def test_only_what_may_be_an_outage_is_kept_and_late_news_finds_its_place() -> None:
    """Charging day after day adds nothing. A fault told late counts from when it was until the next thing known."""
    rooms = Told()
    await rooms.begin()
    for state in (UP, OCCUPIED, UP, OCCUPIED):
        await rooms.say(state)
        rooms.wait(10)
    assert len(await rooms.store.entries(STATUSES, "CS-0001")) == 1
    await rooms.say(FAULTED, at=NOON + timedelta(minutes=20))
    async with client_of(api_of(rooms)) as client:
        (port,) = (await client.get(BASE, params=DAY)).json()["ports"]
    assert (port["minutes"], port["faultedMinutes"]) == (40, 10)


@pytest.mark.req("G01.FR.03", "G01.FR.07")
async def test_states_told_by_events_count_as_well() -> None:
    """2.x: a connector is Faulted by NotifyEvent; well again, but then its EVSE is not, and at last the whole station is not."""
    rooms = Told()
    await rooms.begin()
    await rooms.say(UP)
    number = 0

    async def event(component: str, value: str, evse: int | None = 1, connector: int | None = None) -> None:
        nonlocal number
        rooms.wait(10)
        number += 1
        name = VariableName(component=component, variable="AvailabilityState", evse=evse, connector=connector)
        told = DeviceEvent(
            event_id=number,
            at=rooms.clock.now(),
            trigger=EventTrigger.DELTA,
            value=value,
            name=name,
            notification=EventNotification.HARD_WIRED_NOTIFICATION,
        )
        await rooms.handlers.handle("CS-0001", EventsTold(generated_at=told.at, seq_no=0, events=(told,)))

    await event("Connector", "Faulted", connector=1)
    await event("Connector", "Available", connector=1)
    await event("EVSE", "Unavailable")
    await event("EVSE", "Available")
    await event("ChargingStation", "Unavailable", evse=None)
    await event("Controller", "Available", evse=None)
    async with client_of(api_of(rooms)) as client:
        outages = (await client.get(BASE, params=DAY)).json()["outages"]
    assert [(each["causes"], each["minutes"], each["ongoing"]) for each in outages] == [
        (["faulted"], 10, False),
        (["unavailable"], 10, False),
        (["unavailable"], 10, True),
    ]


async def test_time_in_which_this_csms_did_not_run_is_told_as_such() -> None:
    """It noted at 12:05 that it ran, heard a frame at 12:10, and begins again at 12:45; the station connects five minutes later."""
    rooms = Told()
    parts = Parts(rooms.journal, rooms.store, rooms.commander, rooms.clock, rooms.settings)
    await rooms.begin()
    await rooms.say(UP)
    rooms.wait(5)
    await UptimeWatch(parts).begin()
    assert not await rooms.store.entries(GAPS)
    rooms.wait(5)
    frame = LogFrame(
        station="CS-0001", at=rooms.clock.now(), direction=Direction.IN, message_id="1", action="Heartbeat", frame="[]"
    )
    await rooms.keep(frame)
    rooms.wait(35)
    await UptimeWatch(parts).begin()
    rooms.wait(5)
    await rooms.keep(connection_entry("CS-0001", rooms.clock.now(), connected=True))
    rooms.wait(10)
    async with client_of(api_of(rooms)) as client:
        (outage,) = (await client.get(BASE, params=DAY)).json()["outages"]
        (port,) = (await client.get(BASE, params=DAY)).json()["ports"]
    assert outage["causes"] == ["backend-down", "connection-lost"]
    assert (port["backendDownMinutes"], port["connectionLostMinutes"], port["minutes"]) == (35, 5, 60)
