"""Callers limited to sites: every operation of the API is walked, and none shows or touches another site's station."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import httpx
import pytest

from pilotwire.csms.api.access import OF_SITES
from pilotwire.csms.api.doorkeeper import digest_of
from pilotwire.csms.api.sight import LimitedDesk, LimitedStore, Sight
from pilotwire.csms.registers.access import SITES, Site
from pilotwire.csms.registers.billing import BILL_PLACES, BILLS, BillPlace, number_key
from pilotwire.csms.registers.monitoring import ALERT_PLACES, ALERTS, AlertPlace
from pilotwire.csms.registers.uptime import STATUSES
from pilotwire.csms.store.ports import (
    ApiKey,
    BookEvent,
    Direction,
    KeepFinding,
    KeepSecurityEvent,
    LogFilter,
    LogFrame,
    Operation,
    Page,
    PutApiKey,
    RecordBoot,
    RecordConnection,
    Scope,
)
from pilotwire.domain.alerts import Alert, AlertSource, Sign
from pilotwire.domain.availability import Availability
from pilotwire.domain.billing import Amounts, BillEntry, BillKind, SessionTerms
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.identity import EvseAddress, StationIdentity
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.tariff.general import GeneralTariff
from pilotwire.domain.tariff.sessions import TariffFrom
from pilotwire.domain.uptime import PortStatus
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of, ended, started, updated

MINE, THEIRS = "MINE-1", "OTHER-1"
MARKS = {MINE: "mine", THEIRS: "zzsecretzz"}
HEX = {MINE: "a" * 24, THEIRS: "b" * 24}
BILL = {THEIRS: 1, MINE: 2}
"""Numbers of bills: what is asked for by a number is 1."""
FAULTED, LAST_YEAR = Availability.FAULTED, NOON.replace(year=2025)
ENDLESS = ("GET", "/events")


def seeds(station: str) -> list[Operation]:
    """A station about which everything says whose it is."""
    mark = MARKS[station]
    identity = StationIdentity(
        vendor=f"{mark}-vendor", model="M", firmware_version=f"{mark}-fw", serial_number=f"{mark}-serial"
    )
    name = VariableName(component=f"{mark}-component", variable="Problem")
    sign = Sign(source=AlertSource.EVENT, name=name, at=NOON, raised=True, severity=2, value=mark)
    alert = Alert(alert_id=HEX[station], station=station, sign=sign, raised_at=NOON, told_at=NOON)
    finding = Finding(
        station=station, rule="R1", severity=Severity.BREACH, what=f"{mark}-finding", at=NOON, vendor=f"{mark}-vendor"
    )
    tariff = GeneralTariff(tariff_id=f"{mark}-tariff", currency="EUR")
    bill = BillEntry(
        number=BILL[station],
        kind=BillKind.BILL,
        station=station,
        transaction_id=f"{mark}-tx",
        made_at=NOON,
        currency="EUR",
        amounts=Amounts(),
        total=Decimal(0),
        terms=SessionTerms(tariffs=(TariffFrom(at=NOON, tariff=tariff),), chosen_by=mark),
    )
    events = [each(f"{mark}-tx") for each in (started, updated, ended)]
    return [
        RecordBoot(station=station, identity=identity, reason=f"{mark}-reason", at=NOON),
        RecordConnection(station=station, connected=True, at=NOON, version="2.0.1"),
        *(BookEvent(station=station, event=each, received_at=NOON) for each in events),
        LogFrame(
            station=station, at=NOON, direction=Direction.IN, message_id=f"{mark}-id", action="X", frame=f'["{mark}"]'
        ),
        KeepFinding(finding=finding),
        KeepSecurityEvent(
            station=station, event=SecurityEvent(type="T", at=NOON, tech_info=f"{mark}-info"), received_at=NOON
        ),
        ALERTS.put(station, HEX[station], alert),
        ALERT_PLACES.put("", HEX[station], AlertPlace(station=station)),
        BILLS.keep(station, NOON, bill, key=number_key(bill.number)),
        BILL_PLACES.put("", number_key(bill.number), BillPlace(station=station)),
        STATUSES.keep(station, LAST_YEAR, PortStatus(at=LAST_YEAR, address=EvseAddress(evse=1), availability=FAULTED)),
    ]


async def rooms_of_two(*, how: Site) -> ApiRooms:
    """Two stations, and a key for everything at one site only."""
    rooms = ApiRooms(no_auth=False)
    for station in MARKS:
        await rooms.keep(*seeds(station))
        rooms.bus.connect(station)
    await rooms.keep(SITES.put("", "harbour", how), SITES.put("", "zzsecretzz", Site(name="zzsecretzz")))
    for scope in Scope:
        key = ApiKey(
            name=f"{scope}", digest=digest_of(f"limited-{scope}"), scopes=(scope,), created_at=NOON, sites=("harbour",)
        )
        await rooms.keep(PutApiKey(key=key))
    whole = ApiKey(name="whole", digest=digest_of("whole"), scopes=(Scope.ADMIN,), created_at=NOON)
    await rooms.keep(PutApiKey(key=whole))
    return rooms


BY_NAME = Site(name="harbour", stations=(MINE,))
BY_PREFIX = Site(name="harbour", prefixes=("MINE-",))
LIMITED = {"X-API-Key": "limited-admin"}


@cache
def operations() -> list[tuple[str, str, tuple[str, ...]]]:
    """Every operation: method, path, and the parameters of its query."""
    paths = api_of(ApiRooms()).openapi()["paths"]
    return [
        (
            method.upper(),
            path.removeprefix("/api/v1"),
            tuple(each["name"] for each in told.get("parameters", []) if each["in"] == "query"),
        )
        for path, methods in paths.items()
        for method, told in methods.items()
        if path.startswith("/api/v1") and path != "/api/v1/login"
    ]


def concrete(path: str, station: str) -> str:
    """A path with the things of a station in it."""
    known = {
        "station": station,
        "controller": station,
        "transactionId": f"{MARKS[station]}-tx",
        "alert": HEX[station],
        "action": "Heartbeat",
        "name": "zzsecretzz",
    }
    return re.sub(r"{(\w+)}", lambda found: known.get(found[1], "1"), path)


async def ask(client: httpx.AsyncClient, method: str, path: str, **query: str) -> httpx.Response:
    """Send a request with an empty body where there is one."""
    content = b"{}" if method in ("POST", "PUT") else None
    return await client.request(method, path, params=query, content=content)


@pytest.mark.parametrize("how", [BY_NAME, BY_PREFIX], ids=["by name", "by prefix"])
async def test_no_operation_shows_another_sites_station(how: Site) -> None:
    """Walked one by one, without a station and with the other one's name wherever a name goes: in path and query."""
    rooms = await rooms_of_two(how=how)
    walked = 0
    async with client_of(api_of(rooms), **LIMITED) as client:
        for method, path, query in operations():
            if (method, path) == ENDLESS:
                continue
            walked += 1
            answer = await ask(client, method, concrete(path, THEIRS))
            where = f"{method} {path}: {answer.status_code} {answer.text[:300]}"
            told = answer.text.replace(concrete(path, THEIRS), "")
            told = told.replace("'zzsecretzz'", "") if answer.status_code == 404 else told
            assert "zzsecretzz" not in told, where
            if "{station}" in path:
                assert answer.status_code == 403, where
            elif (method, path) not in OF_SITES:
                assert answer.status_code == 403, where
                assert "limited to sites" in answer.json()["detail"], where
            for name in set(query) & {"station", "with"}:
                asked = await ask(client, method, concrete(path, MINE), **{name: THEIRS})
                assert asked.status_code == 403, f"{name}: {where}"
    assert walked >= 150
    assert not rooms.bus.commands
    assert not rooms.bus.calls
    other = await rooms.store.record(ALERTS, THEIRS, HEX[THEIRS])
    assert other is not None
    assert other.acknowledged_at is None


async def test_the_walk_would_find_a_leak() -> None:
    """Who is not limited sees the other station in all lists that are filtered for who is; and both see this one."""
    rooms = await rooms_of_two(how=BY_NAME)
    lists = [
        path
        for method, path in sorted(OF_SITES)
        if method == "GET" and "{" not in path and path not in ("/me", "/tolerances", "/events")
    ]
    assert len(lists) >= 10
    async with client_of(api_of(rooms)) as client:
        for path in lists:
            whole = (await client.get(path, headers={"X-API-Key": "whole"})).text
            limited = (await client.get(path, headers=LIMITED)).text
            assert "zzsecretzz" in whole or THEIRS in whole, path
            assert THEIRS not in limited, path
            assert MINE in limited, path


async def test_what_is_theirs_is_at_hand() -> None:
    """A limited caller works with the stations of the site as anybody else, as far as the scope goes."""
    rooms = await rooms_of_two(how=BY_PREFIX)
    async with client_of(api_of(rooms), **LIMITED) as client:
        for path in ("", f"/transactions/{MARKS[MINE]}-tx", "/meter-values", "/logs", "/alerts", "/monitors"):
            answer = await client.get(f"/stations/{MINE}{path}")
            assert answer.status_code == 200, answer.text
        assert (await client.get("/transactions", params={"station": MINE})).status_code == 200
        taken = await client.post(f"/alerts/{HEX[MINE]}/acknowledge", json={"acknowledgedBy": "Anna"})
        assert taken.status_code == 200
        assert (await client.put("/stations/MINE-2", json={"registration": "Accepted"})).status_code == 201
        assert (await client.put("/stations/YOURS-2", json={"registration": "Accepted"})).status_code == 403
        reset = await client.post(f"/stations/{MINE}/commands/clear-cache")
        assert reset.status_code == 409, "it went as far as the station"
        lesser = await client.post(f"/stations/{MINE}/commands/clear-cache", headers={"X-API-Key": "limited-read"})
        assert lesser.status_code == 403


async def test_live_events_of_other_sites_are_not_told() -> None:
    """Of what happens at both stations only this one's is heard."""
    rooms = await rooms_of_two(how=BY_NAME)
    sight = Sight(sites=("harbour",), stations=frozenset({MINE}))
    heard = LimitedDesk(rooms, sight).rooms.journal.committed()
    later = NOON + timedelta(minutes=1)
    for station in (THEIRS, MINE):
        await rooms.keep(
            RecordBoot(station=station, identity=StationIdentity(vendor="V", model="M"), reason=None, at=later)
        )
        await rooms.keep(*(each for each in seeds(station) if isinstance(each, KeepFinding)))
    first, second = [(await asyncio.wait_for(anext(heard), 5))[0] for _ in range(2)]
    assert isinstance(first, RecordBoot)
    assert first.station == MINE
    assert isinstance(second, KeepFinding)
    assert second.finding.station == MINE


async def test_a_removed_site_frees_nobody() -> None:
    """Who was limited to it sees nothing any more, not everything."""
    rooms = await rooms_of_two(how=BY_NAME)
    async with client_of(api_of(rooms)) as client:
        whole = {"X-API-Key": "whole"}
        assert (await client.get("/sites/harbour", headers=LIMITED)).json()["stations"] == [MINE]
        assert (await client.delete("/sites/harbour", headers=whole)).status_code == 204
        assert (await client.delete("/sites/harbour", headers=whole)).status_code == 404
        assert (await client.get("/stations", headers=LIMITED)).json()["items"] == []
        assert (await client.get(f"/stations/{MINE}", headers=LIMITED)).status_code == 403
        body: dict[str, Any] = {"stations": [THEIRS], "prefixes": []}
        assert (await client.put("/sites/harbour", json=body, headers=whole)).status_code == 200
        shown = (await client.get("/stations", headers=LIMITED)).json()["items"]
        assert [each["station"] for each in shown] == [THEIRS]


async def test_pages_of_a_filtered_list_are_full() -> None:
    """What is left out leaves no holes: a page ends when it is full or there is no more, across many that are not seen."""
    rooms = ApiRooms()
    names = [f"{'MINE' if number % 7 == 0 else 'OTHER'}-{number:04}" for number in range(1500)]
    for name in names:
        await rooms.keep(
            RecordConnection(station=name, connected=True, at=NOON, version="1.6"),
            LogFrame(station=name, at=NOON, direction=Direction.IN, message_id=name, action="X", frame="[]"),
            ALERT_PLACES.put(name, "k", AlertPlace(station=name)),
        )
    store = LimitedStore(rooms.store, Sight(sites=("s",), prefixes=("MINE-",)))
    mine = sorted(name for name in names if name.startswith("MINE"))
    assert [each.station for each in await store.stations(Page(limit=150))] == mine[:150]
    assert [each.station for each in await store.stations(Page(limit=1000, after=mine[149]))] == mine[150:]
    forward = await store.search(LogFilter(), after=0, limit=1000)
    assert [each.station for each in forward] == mine
    back = await store.search(LogFilter(), limit=10)
    assert [each.station for each in back] == mine[:-11:-1]
    assert [each.station for each in await store.records(ALERT_PLACES, None, Page(limit=1000))] == mine
    cursor = f"{len(mine[3])}:{mine[3]}k"
    rest = await store.records(ALERT_PLACES, None, Page(limit=5, after=cursor))
    assert [each.station for each in rest] == mine[4:9]
