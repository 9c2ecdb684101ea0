"""Load management over the API: plans that cannot be are refused with every reason, limits and readings are kept, states are told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from pilotwire.csms.api.doorkeeper import digest_of
from pilotwire.csms.api.events import EventType, Selection, told_of
from pilotwire.csms.api.sight import LimitedDesk, Sight
from pilotwire.csms.registers.access import SITES, Site
from pilotwire.csms.registers.load_management import (
    MANAGED,
    SITE_ALARMS,
    SITE_LIMITS,
    SITE_READINGS,
    STATES,
    WISHES,
    DriverWish,
    EvseState,
    FeederState,
    SiteAlarm,
    SiteLimit,
    SiteReading,
    SiteState,
    part_key,
    parts_of,
)
from pilotwire.csms.store.ports import ApiKey, BookEvent, PutApiKey, RecordConnection, Scope
from pilotwire.domain.load_management import Amperes
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of, ended, started

YARD = "/sites/yard/load-management"
PLAN: dict[str, Any] = {
    "feeders": [{"name": "grid", "amperes": 63}, {"name": "garage", "fedBy": "grid", "amperes": 32.5, "watts": 22000}],
    "evses": [
        {"station": "CS-1", "fedBy": "garage"},
        {"station": "YARD-2", "evseId": 2, "fedBy": "garage", "phases": [2, 3, 1]},
    ],
    "meters": [{"feeder": "grid"}, {"feeder": "garage", "measures": "base", "silentAfter": 10}],
}


@asynccontextmanager
async def yard(**settings: Any) -> AsyncIterator[tuple[ApiRooms, httpx.AsyncClient]]:
    """A CSMS with the site `yard` on record."""
    rooms = ApiRooms(**settings)
    await rooms.keep(SITES.put("", "yard", Site(name="yard", stations=("CS-1",), prefixes=("YARD-",))))
    async with client_of(api_of(rooms)) as client:
        yield rooms, client


@asynccontextmanager
async def planned() -> AsyncIterator[tuple[ApiRooms, httpx.AsyncClient]]:
    """The same with a plan."""
    async with yard() as (rooms, client):
        assert (await client.put(YARD, json=PLAN)).status_code == 200
        yield rooms, client


def _problem(response: httpx.Response, status: int) -> Any:
    assert response.status_code == status, response.text
    return response.json()


# --- plans ------------------------------------------------------------------------------------------------------------------


async def test_a_plan_comes_back_as_it_was_put() -> None:
    """With everything that was left out at what it is by itself."""
    whole = PLAN | {
        "timeZone": "Europe/Berlin",
        "voltage": 240,
        "strategy": "cheapest-hours",
        "idle": 6,
        "prices": [{"start": "2026-01-31T12:00:00Z", "end": "2026-01-31T13:00:00Z", "price": 0.21}],
        "targets": [{"start": "2026-01-31T17:00:00+01:00", "end": "2026-01-31T19:00:00+01:00", "watts": 30000}],
    }
    async with yard() as (rooms, client):
        put = (await client.put(YARD, json=whole)).json()
        assert (await client.get(YARD)).json() == put
        kept = await rooms.store.record(MANAGED, "", "yard")
    assert (put["site"], put["enabled"], put["timeZone"], put["idle"]) == ("yard", True, "Europe/Berlin", 6)
    assert put["evses"][1] == {
        "station": "YARD-2",
        "evseId": 2,
        "fedBy": "garage",
        "phases": [2, 3, 1],
        "least": 6,
        "most": 32,
        "dc": False,
        "efficiency": 0.95,
    }
    assert put["meters"][0] == {"feeder": "grid", "measures": "total", "silentAfter": 60}
    assert put["targets"][0]["start"] == "2026-01-31T16:00:00Z"
    assert kept is not None
    assert (kept.layout.name, kept.layout.voltage, kept.prices[0].price) == ("yard", 240, Decimal("0.21"))


async def test_everything_that_is_wrong_with_a_plan_is_told_at_its_place() -> None:
    """Of the tree, its EVSEs, its meters and its stations; nothing is kept."""
    wrong = {
        "feeders": [
            {"name": "grid"},
            {"name": "a", "fedBy": "b"},
            {"name": "b", "fedBy": "a"},
            {"name": "c", "fedBy": "d"},
        ],
        "evses": [
            {"station": "CS-1", "fedBy": "nowhere", "least": 10, "most": 8},
            {"station": "OTHER-1", "fedBy": "grid", "phases": [1, 1]},
        ],
        "meters": [{"feeder": "grid"}, {"feeder": "grid"}, {"feeder": "roof"}],
        "timeZone": "Mars/Olympus",
        "idle": 20,
    }
    async with yard() as (rooms, client):
        problem = _problem(await client.put(YARD, json=wrong), 422)
        assert await rooms.store.record(MANAGED, "", "yard") is None
    assert sorted({each["where"] for each in problem["errors"]}) == [
        "body.evses.0",
        "body.evses.1",
        "body.evses.1.station",
        "body.feeders.1",
        "body.feeders.2",
        "body.feeders.3",
        "body.idle",
        "body.meters.1.feeder",
        "body.meters.2.feeder",
        "body.timeZone",
    ]
    assert "the station 'OTHER-1' is not of the site 'yard'" in problem["detail"]
    assert "Mars/Olympus" in problem["detail"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"feeders": [{"name": "grid", "amperes": -1}]}, "body.feeders.0.amperes"),
        ({"voltage": 0}, "body.voltage"),
        ({"strategy": "luck"}, "body.strategy"),
        ({"idle": "6 A"}, "body.idle"),
        ({"chargers": []}, "body.chargers"),
        (
            {"prices": [{"start": "2026-01-31T12:00:00Z", "end": "2026-01-31T12:00:00Z", "price": 1}]},
            "body.prices.0",
        ),
        (
            {"feeders": [{"name": "0"}, *({"name": str(n + 1), "fedBy": str(n)} for n in range(40))], "evses": []},
            "body.feeders",
        ),
    ],
)
async def test_what_cannot_be_is_refused(change: dict[str, Any], where: str) -> None:
    """With its place."""
    async with yard() as (_, client):
        problem = _problem(await client.put(YARD, json=PLAN | {"meters": []} | change), 422)
    assert problem["errors"][0]["where"] == where


async def test_a_plan_is_of_a_site_on_record() -> None:
    """The others are not there, and the sentence says how to make them be."""
    async with yard() as (_, client):
        problem = _problem(await client.put("/sites/field/load-management", json=PLAN), 404)
        assert "pilotwire site put" in problem["remedy"]
        assert "no load management plan" in _problem(await client.get(YARD), 404)["detail"]
        assert (await client.delete(YARD)).status_code == 404
        assert (await client.get(f"{YARD}/limits")).status_code == 404


async def test_a_station_belongs_to_one_managed_site() -> None:
    """One whose plan is not enabled may name it; it cannot be enabled then."""
    async with planned() as (rooms, client):
        await rooms.keep(SITES.put("", "field", Site(name="field", prefixes=("YARD-", "CS-"))))
        field = "/sites/field/load-management"
        problem = _problem(await client.put(field, json=PLAN), 409)
        assert problem["detail"] == "The load of CS-1, YARD-2 is managed at the site 'yard'."
        assert (await client.put(field, json=PLAN | {"enabled": False})).status_code == 200
        assert (await client.put(YARD, json=PLAN | {"idle": 1})).status_code == 200
        assert (await client.put(YARD, json=PLAN | {"enabled": False})).status_code == 200
        assert (await client.put(field, json=PLAN)).status_code == 200
        assert (await client.put(YARD, json=PLAN)).status_code == 409


async def test_a_site_keeps_what_its_plan_needs() -> None:
    """Its stations, and itself, as long as there is a plan."""
    async with planned() as (_, client):
        problem = _problem(await client.put("/sites/yard", json={"stations": ["CS-1"]}), 409)
        assert "YARD-2" in problem["detail"]
        assert (await client.put("/sites/yard", json={"stations": ["CS-1", "YARD-2", "CS-3"]})).status_code == 200
        assert _problem(await client.delete("/sites/yard"), 409)["remedy"].startswith("Remove that first")
        assert (await client.delete(YARD)).status_code == 204
        assert (await client.delete("/sites/yard")).status_code == 204


# --- limits -----------------------------------------------------------------------------------------------------------------


async def test_limits_from_outside_are_set_listed_and_taken_back() -> None:
    """One of each source; one that is over is not listed."""
    async with planned() as (rooms, client):
        at = f"{YARD}/limits"
        soon = {"feeder": "garage", "amperes": 16, "since": "2026-01-31T12:05:00Z", "until": "2026-01-31T12:10:00Z"}
        put = (await client.put(f"{at}/operator", json={"feeder": "grid", "watts": 4200})).json()
        assert (await client.put(f"{at}/ems:1", json=soon)).status_code == 200
        assert put == {
            "site": "yard",
            "source": "operator",
            "feeder": "grid",
            "amperes": None,
            "watts": 4200,
            "since": None,
            "until": None,
            "at": "2026-01-31T12:00:00Z",
        }
        assert [each["source"] for each in (await client.get(at)).json()] == ["ems:1", "operator"]
        kept = await rooms.store.record(SITE_LIMITS, "", part_key("yard", "ems:1"))
        assert kept == SiteLimit(
            site="yard",
            source="ems:1",
            feeder="garage",
            at=NOON,
            amperes=Decimal(16),
            since=NOON + timedelta(minutes=5),
            until=NOON + timedelta(minutes=10),
        )
        rooms.clock.advance(601)
        assert [each["source"] for each in (await client.get(at)).json()] == ["operator"]
        assert (await client.delete(f"{at}/operator")).status_code == 204
        assert (await client.delete(f"{at}/operator")).status_code == 404
        theirs = await client.put(f"{at}/openadr:vtn:x", json={"feeder": "grid", "watts": 4200})
        assert _problem(theirs, 422)["errors"][0]["where"] == "path.source"
        assert (await client.get(at)).json() == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"feeder": "roof", "watts": 1}, "body.feeder"),
        ({"feeder": "grid"}, "body"),
        ({"feeder": "grid", "watts": 1, "since": "2026-02-01T12:00:00Z", "until": "2026-02-01T12:00:00Z"}, "body"),
        ({"feeder": "grid", "watts": -1}, "body.watts"),
        ({"feeder": "grid", "watts": 1, "until": "2026-01-31T11:59:59Z"}, "body.until"),
        ({"feeder": "grid", "watts": 1, "until": "2026-02-01T12:00:00"}, "body.until"),
    ],
)
async def test_a_limit_that_cannot_be_is_refused(body: dict[str, Any], where: str) -> None:
    """And none is kept."""
    async with planned() as (rooms, client):
        problem = _problem(await client.put(f"{YARD}/limits/operator", json=body), 422)
        assert await parts_of(rooms.store, SITE_LIMITS, "yard") == []
    assert problem["errors"][0]["where"] == where


async def test_a_limited_feeder_stays_in_the_plan() -> None:
    """Else its limit would be lost unnoticed. One that is over keeps nothing."""
    async with planned() as (rooms, client):
        until = {"until": "2026-01-31T12:10:00Z"}
        await client.put(f"{YARD}/limits/operator", json={"feeder": "garage", "watts": 4200} | until)
        bare = {"feeders": [{"name": "grid"}]}
        problem = _problem(await client.put(YARD, json=bare), 409)
        assert problem["detail"] == "'operator' limits the feeder 'garage', which this plan does not have."
        assert problem["remedy"].endswith("DELETE /api/v1/sites/yard/load-management/limits/operator.")
        rooms.clock.advance(601)
        assert (await client.put(YARD, json=bare)).status_code == 200


async def test_a_removed_plan_takes_its_limits_and_readings_along() -> None:
    """Those of a site with a similar name stay."""
    async with planned() as (rooms, client):
        other = SiteLimit(site="yard-2", source="operator", feeder="grid", at=NOON, watts=Decimal(1))
        await rooms.keep(SITE_LIMITS.put("", part_key("yard-2", "operator"), other))
        await client.put(f"{YARD}/limits/operator", json={"feeder": "grid", "watts": 4200})
        await client.put(f"{YARD}/meters/grid", json={"watts": 690})
        assert (await client.delete(YARD)).status_code == 204
        assert await parts_of(rooms.store, SITE_LIMITS, "yard") == []
        assert await parts_of(rooms.store, SITE_READINGS, "yard") == []
        assert await parts_of(rooms.store, SITE_LIMITS, "yard-2") == [other]


# --- meters -----------------------------------------------------------------------------------------------------------------


async def test_readings_are_amperes_or_watts() -> None:
    """Watts in all are spread evenly over the phases; without a time it is now."""
    async with planned() as (rooms, client):
        told = (await client.put(f"{YARD}/meters/grid", json={"amperes": {"l1": 10, "l2": -2.5}})).json()
        assert told["amperes"] == {"l1": 10, "l2": -2.5, "l3": 0}
        assert told["at"] == "2026-01-31T12:00:00Z"
        ago = {"watts": 6900, "at": "2026-01-31T11:59:00Z"}
        told = (await client.put(f"{YARD}/meters/garage", json=ago)).json()
        assert told["amperes"] == {"l1": 10, "l2": 10, "l3": 10}
        kept = await rooms.store.record(SITE_READINGS, "", part_key("yard", "garage"))
        listed = (await client.get(f"{YARD}/meters")).json()
    ten = Decimal(10)
    assert kept == SiteReading(
        site="yard", feeder="garage", at=NOON - timedelta(minutes=1), amperes=Amperes(l1=ten, l2=ten, l3=ten)
    )
    assert [each["feeder"] for each in listed] == ["garage", "grid"]


async def test_readings_come_in_order() -> None:
    """One of the future or older than the last is refused; a clock that is a little ahead counts as now."""
    async with planned() as (_, client):
        at = f"{YARD}/meters/grid"
        assert (await client.put(at, json={"watts": 1, "at": "2026-01-31T12:00:04Z"})).json()["at"][17:] == "00Z"
        assert (
            "in the future"
            in _problem(await client.put(at, json={"watts": 1, "at": "2026-01-31T12:00:06Z"}), 422)["detail"]
        )
        problem = _problem(await client.put(at, json={"watts": 2, "at": "2026-01-31T11:59:59Z"}), 409)
        assert "which is newer than 2026-01-31T11:59:59" in problem["detail"]
        assert (await client.put(at, json={"watts": 690})).status_code == 200
        assert (await client.get(f"{YARD}/meters")).json()[0]["amperes"]["l1"] == 1


async def test_several_readings_at_once() -> None:
    """If one cannot be used none is taken; one that is stale is left out, and told."""
    async with planned() as (_, client):
        at = f"{YARD}/meters"

        async def put(*readings: dict[str, Any]) -> httpx.Response:
            return await client.put(at, json={"readings": readings})

        odd = _problem(await put({"feeder": "grid", "watts": 1}, {"feeder": "roof", "watts": 1}), 422)
        assert odd["errors"][0] == {
            "where": "body.readings.1.feeder",
            "what": "the plan of 'yard' has no meter at a feeder 'roof'",
        }
        twice = _problem(await put({"feeder": "grid", "watts": 1}, {"feeder": "grid", "watts": 1}), 422)
        assert twice["errors"][0]["where"] == "body.readings.1.feeder"
        assert (await client.get(at)).json() == []
        both = {"feeder": "grid", "watts": 690}, {"feeder": "garage", "amperes": {"l2": 3}}
        assert [each["feeder"] for each in (await put(*both)).json()] == ["grid", "garage"]
        stale = {"feeder": "grid", "watts": 0, "at": "2026-01-31T11:00:00Z"}
        problem = _problem(await put(stale, {"feeder": "garage", "watts": 1380}), 409)
        assert "'grid' has one of" in problem["detail"]
        assert problem["detail"].endswith("The other readings were taken.")
        known = {each["feeder"]: each["amperes"]["l1"] for each in (await client.get(at)).json()}
    assert known == {"grid": 1, "garage": 2}


@pytest.mark.parametrize("body", [{}, {"watts": 1, "amperes": {"l1": 1}}, {"watts": "1"}, {"amperes": {"l4": 1}}])
async def test_a_reading_says_one_thing(body: dict[str, Any]) -> None:
    """Amperes or watts, as numbers."""
    async with planned() as (_, client):
        assert (await client.put(f"{YARD}/meters/grid", json=body)).status_code == 422


# --- drivers ----------------------------------------------------------------------------------------------------------------


async def test_a_driver_wishes() -> None:
    """While the transaction goes on."""
    rooms = ApiRooms()
    await rooms.keep(
        RecordConnection(station="CS-1", connected=True, at=NOON, version="2.0.1"),
        BookEvent(station="CS-1", event=started(), received_at=NOON),
    )
    at = "/stations/CS-1/transactions/tx-1/wish"
    wish = {"energyWh": 20000, "departure": "2026-01-31T17:00:00Z", "priority": 2}
    async with client_of(api_of(rooms)) as client:
        assert (await client.get(at)).status_code == 404
        assert (await client.put(at, json=wish)).json() == wish
        assert (await client.get(at)).json() == wish
        assert await rooms.store.record(WISHES, "CS-1", "tx-1") == DriverWish(
            energy=Decimal(20000), departure=NOON + timedelta(hours=5), priority=2
        )
        past = _problem(await client.put(at, json={"departure": "2026-01-31T11:00:00Z"}), 422)
        assert past["errors"][0]["where"] == "body.departure"
        assert (await client.put(at, json={"energyWh": -1})).status_code == 422
        assert (await client.put(at.replace("tx-1", "tx-2"), json=wish)).status_code == 404
        assert (await client.delete(at)).status_code == 204
        assert (await client.delete(at)).status_code == 404
        await rooms.keep(BookEvent(station="CS-1", event=ended(), received_at=NOON))
        assert "is over" in _problem(await client.put(at, json=wish), 409)["detail"]


# --- how a site stands ------------------------------------------------------------------------------------------------------


def _state(*, broken: tuple[str, ...] = (), share: int = 16, seconds: int = 0) -> SiteState:
    evses = tuple(
        EvseState(station=name, evse_id=1, share=Decimal(each), limit=Decimal(each), transaction_id="tx-1")
        for name, each in (("CS-1", share), ("CS-2", 8))
    )
    flows = (FeederState(feeder="grid", flow=Amperes(l1=Decimal("9.5")), base=Amperes(), silent=True),)
    return SiteState(site="yard", at=NOON + timedelta(seconds=seconds), flows=flows, evses=evses, broken=broken)


async def test_the_state_of_a_site() -> None:
    """What flows, who may take what, and since when limits are exceeded; none before anything was decided, or while it is not managed."""
    async with planned() as (rooms, client):
        assert "not been decided yet" in _problem(await client.get(f"{YARD}/state"), 404)["detail"]
        over = "grid: 63 A on L1 is exceeded by 2.5"
        alarm = SiteAlarm(site="yard", at=NOON, limits=("grid: 63 A on L1",))
        await rooms.keep(STATES.put("", "yard", _state(broken=(over,))), SITE_ALARMS.put("", "yard", alarm))
        shown = (await client.get(f"{YARD}/state")).json()
        assert shown["flows"] == [
            {
                "feeder": "grid",
                "flow": {"l1": 9.5, "l2": 0, "l3": 0},
                "base": {"l1": 0, "l2": 0, "l3": 0},
                "silent": True,
            }
        ]
        assert shown["evses"][0] == {
            "station": "CS-1",
            "evseId": 1,
            "share": 16,
            "limit": 16,
            "taking": None,
            "transactionId": "tx-1",
            "why": "",
        }
        assert (shown["broken"], shown["brokenSince"]) == ([over], "2026-01-31T12:00:00Z")
        await client.put(YARD, json=PLAN | {"enabled": False})
        assert "not enabled" in _problem(await client.get(f"{YARD}/state"), 404)["detail"]


async def test_states_and_alarms_are_told() -> None:
    """Live: what is different. By webhook: only that limits are exceeded, or hold again."""
    rooms = ApiRooms()
    alarm = SiteAlarm(site="yard", at=NOON, limits=("grid: 63 A on L1",))
    operations = [
        STATES.put("", "yard", _state()),
        STATES.put("", "yard", _state(seconds=1)),
        STATES.put("", "yard", _state(share=10, seconds=2)),
        SITE_ALARMS.put("", "yard", alarm),
        SITE_ALARMS.put("", "yard", alarm),
        SITE_ALARMS.put("", "yard", SiteAlarm(site="yard", at=NOON)),
        STATES.remove("", "yard"),
    ]
    committed = list(zip(operations, await rooms.keep(*operations), strict=True))
    selection = Selection(frozenset(EventType), None, ())
    told = [text.decode().split("\n")[:2] for each in committed if (text := selection.told(each)) is not None]
    assert [each[0] for each in told] == ["event: site-state"] * 2 + ["event: site-limits"] * 2
    news = [json.loads(each[1].removeprefix("data: ")) for each in told]
    assert [[evse["station"] for evse in each["evses"]] for each in news[:2]] == [["CS-1", "CS-2"], ["CS-1"]]
    assert [each["exceeded"] for each in news[2:]] == [["grid: 63 A on L1"], []]
    hooks = [happened for each in committed if (happened := told_of(*each)) is not None]
    assert [each.type for each in hooks] == ["site-limits", "site-limits"]
    async with client_of(api_of(rooms)) as client:
        body = {"url": "https://x.example/hook", "types": ["site-state"]}
        assert "told by live events only" in _problem(await client.put("/webhooks/x", json=body), 422)["detail"]
        assert (await client.put("/webhooks/x", json=body | {"types": ["site-limits"]})).status_code == 200


async def test_who_is_limited_to_a_site_manages_that_alone() -> None:
    """Another site is as if it were not there, in sentences too; its state is not told."""
    async with yard(no_auth=False) as (rooms, client):
        await rooms.keep(SITES.put("", "field", Site(name="field", prefixes=("YARD-",))))
        await rooms.key(Scope.ADMIN, "whole")
        key = ApiKey(name="k", digest=digest_of("s"), scopes=(Scope.WRITE,), created_at=NOON, sites=("yard",))
        await rooms.keep(PutApiKey(key=key))
        mine, whole = {"X-API-Key": "s"}, {"X-API-Key": "whole"}
        two = {"feeders": [{"name": "grid"}], "evses": [{"station": "YARD-2", "fedBy": "grid"}]}
        field = "/sites/field/load-management"
        assert (await client.put(field, json=two, headers=whole)).status_code == 200
        assert (await client.get(field, headers=mine)).status_code == 404
        assert (
            await client.put(f"{field}/limits/x", json={"feeder": "grid", "watts": 1}, headers=mine)
        ).status_code == 404
        problem = _problem(await client.put(YARD, json=PLAN, headers=mine), 409)
        assert problem["detail"] == "The load of YARD-2 is managed at another site."
        assert (await client.delete(field, headers=whole)).status_code == 204
        assert (await client.put(YARD, json=PLAN, headers=mine)).status_code == 200
        assert (await client.put(f"{YARD}/meters/grid", json={"watts": 1}, headers=mine)).status_code == 200
        heard = LimitedDesk(rooms, Sight(sites=("yard",))).rooms.journal.committed()
        state = _state()
        await rooms.keep(STATES.put("", "field", state), STATES.put("", "yard", state))
        operation, _ = await anext(heard)
        assert operation.key == "yard"  # type: ignore[attr-defined]
