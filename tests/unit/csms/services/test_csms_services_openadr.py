"""A site follows its VTN: what is laid down, what stays when the VTN is lost, by the clock; a VTN over HTTP, no waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from pilotwire.csms.partners.openadr import vtns
from pilotwire.csms.registers.load_management import (
    MANAGED,
    SITE_LIMITS,
    STATES,
    FeederState,
    LoadManagement,
    SiteLimit,
    SiteState,
    part_key,
    parts_of,
)
from pilotwire.csms.registers.openadr import VTNS, VtnRecord
from pilotwire.csms.services import Parts
from pilotwire.csms.services.load_management import SiteBook
from pilotwire.csms.services.load_management.sessions import Session
from pilotwire.csms.services.openadr import SiteVen
from pilotwire.domain.load_management import Amperes, Feeder, Outlet, PricePeriod, SiteLayout
from tests.support.api_rooms import ApiRooms
from tests.support.small_vtn import SmallVtn, event, period, small_vtn, ven_file

HALF_HOUR = timedelta(minutes=30)
PLAN = LoadManagement(
    layout=SiteLayout(
        name="yard",
        feeders=(
            Feeder(name="grid", amperes=Decimal(100)),
            Feeder(name="panel-a", fed_by="grid"),
        ),
        outlets=(Outlet(station="CS001", evse_id=1, fed_by="panel-a"),),
    )
)


class Scene:
    """A CSMS with the site `yard`, and its VTN."""

    def __init__(self, vtn: SmallVtn, folder: Path, **more: Any) -> None:
        self.rooms = ApiRooms()
        self.vtn = vtn
        self._path = ven_file(folder, vtn, **more)
        self.ven = self.restarted()

    @property
    def now(self) -> Any:
        return self.rooms.clock.now()

    def restarted(self) -> SiteVen:
        """The service as after a start of the CSMS, before it has asked its VTN."""
        rooms = self.rooms
        parts = Parts(rooms.journal, rooms.store, rooms.commander, rooms.clock, rooms.settings)
        (vtn,) = vtns(self._path, rooms.clock)
        self.ven = SiteVen(parts, vtn)
        return self.ven

    async def plan(self, plan: LoadManagement = PLAN) -> None:
        await self.rooms.journal.append(MANAGED.put("", "yard", plan))

    async def round(self, passing: timedelta = timedelta(0)) -> list[SiteLimit]:
        """Time passes, the VTN is asked; the limits that are laid down then."""
        self.rooms.clock.advance(passing.total_seconds())
        await self.ven.poll()
        await self.ven.lay()
        return await self.laid()

    async def laid(self) -> list[SiteLimit]:
        found = await parts_of(self.rooms.store, SITE_LIMITS, "yard")
        return sorted(found, key=lambda one: (one.since or one.at, one.feeder))

    async def record(self) -> VtnRecord:
        found = await self.rooms.store.record(VTNS, "", "yard/vtn")
        assert found is not None
        return found


@contextmanager
def scene(folder: Path, **more: Any) -> Iterator[Scene]:
    with small_vtn() as vtn:
        yield Scene(vtn, folder, **more)


async def test_a_limit_comes_changes_and_goes(tmp_path: Path) -> None:
    """Made, modified, deleted at the VTN: so here, at the next poll; what others have laid down stays."""
    with scene(tmp_path, resources={"hall-a": "panel-a"}) as there:
        await there.plan()
        theirs = SiteLimit(site="yard", source="operator", feeder="grid", at=there.now, watts=Decimal(1))
        await there.rooms.journal.append(SITE_LIMITS.put("", part_key("yard", "operator"), theirs))
        there.vtn.events = [event("ev-1", 50)]
        told, _ = await there.round()
        assert (told.feeder, told.watts, told.until) == ("grid", Decimal(50_000), None)
        there.vtn.events = [event("ev-1", 20, targets=["hall-a"])]
        wanted = {("panel-a", Decimal(20_000)), ("grid", Decimal(1))}
        assert {(one.feeder, one.watts) for one in await there.round()} == wanted
        there.vtn.events = [event("ev-1")]
        assert await there.round() == [theirs]
        there.vtn.events = [event("ev-1", 30)]
        assert len(await there.round()) == 2
        there.vtn.events = []
        assert await there.round() == [theirs]


async def test_nothing_is_written_while_nothing_changes(tmp_path: Path) -> None:
    """A poll that tells the same says nothing to load management."""
    with scene(tmp_path) as there:
        await there.plan()
        there.vtn.events = [event("ev-1", 50, intervalPeriod=period(there.now, HALF_HOUR))]
        (before,) = await there.round()
        (after,) = await there.round(timedelta(minutes=5))
        assert before == after
        assert before.at < there.now


async def test_intervals_change_by_the_clock(tmp_path: Path) -> None:
    """They are laid down ahead: at the end of one the next counts at once, though nobody asks the VTN any more."""
    with scene(tmp_path) as there:
        await there.plan()
        there.vtn.events = [event("ev-1", 14, 7, 28, intervalPeriod=period(there.now, HALF_HOUR))]
        book = SiteBook("yard", PLAN)
        book.began(("CS001", 1), Session("tx", there.now))
        book.limits = {one.source: one for one in await there.round()}
        start, since = there.now, dict[Decimal, int]()
        while there.now < start + 3 * HALF_HOUR:
            decision = book.decide(there.now, {"CS001"})
            since.setdefault(decision.shares.of(("CS001", 1)), int((there.now - start).total_seconds()))
            there.rooms.clock.advance((decision.next_look - there.now).total_seconds())
        assert since == {Decimal("20.2"): 0, Decimal("10.1"): 1798, Decimal(32): 3600}


async def test_a_lost_vtn(tmp_path: Path) -> None:
    """What it said goes on to its end, also after a start without it; it is told once that it is lost, and that it is back."""
    with scene(tmp_path) as there, capture_logs() as logs:
        await there.plan()
        there.vtn.events = [event("ev-1", 50, 20, intervalPeriod=period(there.now, timedelta(hours=2)))]
        assert [one.watts for one in await there.round()] == [50_000]
        there.vtn.down = True
        assert [one.watts for one in await there.round(HALF_HOUR)] == [50_000]
        await there.restarted().start()
        assert [one.watts for one in await there.round(timedelta(minutes=45))] == [50_000, 20_000]
        assert "status 503" in (await there.record()).trouble
        assert await there.round(timedelta(hours=3)) == []
        there.vtn.down = False
        await there.round()
        assert (await there.record()).trouble == ""
        assert [one["event"] for one in logs] == [
            "a VTN cannot be followed",
            "a VTN can be followed again",
        ]


async def test_an_event_that_is_malformed_later(tmp_path: Path) -> None:
    """It stays as it was understood; the other one is followed; a sentence says why, once."""
    with scene(tmp_path) as there, capture_logs() as logs:
        await there.plan()
        there.vtn.events = [event("ev-1", 50), event("ev-2", 40)]
        await there.round()
        there.vtn.events = [event("ev-1", -50), event("ev-2", 30)]
        assert sorted(one.watts or 0 for one in await there.round()) == [30_000, 50_000]
        await there.round()
        (log,) = logs
        assert log["why"] == "event ev-1 cannot be understood: IMPORT_CAPACITY_LIMIT is negative"
        assert (await there.record()).trouble == log["why"]


async def test_prices_of_the_plan(tmp_path: Path) -> None:
    """They take the place of the plan's, and go with their event; a plan whose VTN tells none keeps its own."""
    with scene(tmp_path) as there:
        own = PricePeriod(start=there.now, end=there.now + HALF_HOUR, price=Decimal(1))
        await there.plan(LoadManagement(layout=PLAN.layout, prices=(own,)))
        for told, wanted in (
            ([], [1]),
            ([event("ev-1", 0.3, 0.25, payload="PRICE", intervalPeriod=period(there.now, HALF_HOUR))], [0.3, 0.25]),
            ([], []),
        ):
            there.vtn.events = told
            await there.round()
            plan = await there.rooms.store.record(MANAGED, "", "yard")
            assert plan is not None
            assert [float(one.price) for one in plan.prices] == wanted
            assert await there.laid() == []


async def test_what_is_not_acted_upon_is_told(tmp_path: Path) -> None:
    """In the record and, once, in the log: nobody is to believe that a limit of what flows back is enforced."""
    with scene(tmp_path) as there, capture_logs() as logs:
        await there.plan()
        there.vtn.events = [event("ev-1", 10, payload="EXPORT_CAPACITY_LIMIT")]
        assert await there.round() == []
        await there.round()
        (note,) = (await there.record()).notes
        assert "EXPORT_CAPACITY_LIMIT, which is kept and not enforced" in note
        assert [one["what"] for one in logs] == [note]
        assert (await there.record()).events[0].signals[0].value == 10_000


@pytest.mark.parametrize(
    ("more", "managed", "why"),
    [
        ({}, False, "not managed"),
        ({"feeder": "roof"}, True, "no feeder roof"),
        ({"resources": {"hall-b": "panel-b"}}, True, "no feeder panel-b"),
    ],
)
async def test_a_vtn_that_does_not_fit_its_site(tmp_path: Path, more: dict[str, Any], managed: bool, why: str) -> None:
    """It is told once."""
    with scene(tmp_path, **more) as there, capture_logs() as logs:
        if managed:
            await there.plan()
        await there.round()
        await there.round()
        (log,) = logs
        assert why in log["why"]


async def test_the_site_is_reported(tmp_path: Path) -> None:
    """kWh and kW of each interval, of the whole site and of a resource, to who has asked."""
    with scene(tmp_path, resources={"hall-a": "panel-a"}, report_every=900) as there:
        await there.plan()
        wanted = [{"payloadType": "USAGE"}, {"payloadType": "DEMAND"}]
        there.vtn.events = [event("ev-1", 50, reportDescriptors=wanted)]
        ten, four = (Amperes(l1=Decimal(a), l2=Decimal(a), l3=Decimal(a)) for a in (10, 4))
        flows = (FeederState(feeder="grid", flow=ten, base=ten), FeederState(feeder="panel-a", flow=four, base=four))
        state = SiteState(site="yard", at=there.now, flows=flows, evses=())
        await there.rooms.journal.append(STATES.put("", "yard", state))
        await there.round()
        began = there.now
        for _ in range(19):
            await there.ven.report()
            there.rooms.clock.advance(60)
        told = {
            (one["resources"][0]["resourceName"], one["payloadDescriptors"][0]["payloadType"]): one["resources"][0]
            for one in there.vtn.reports
        }
        assert len(there.vtn.reports) == 4
        values = {key: one["intervals"][0]["payloads"][0]["values"] for key, one in told.items()}
        assert values == {
            ("AGGREGATED_REPORT", "USAGE"): [1.725],
            ("AGGREGATED_REPORT", "DEMAND"): [6.9],
            ("hall-a", "USAGE"): [0.69],
            ("hall-a", "DEMAND"): [2.76],
        }
        assert told["hall-a", "USAGE"]["intervalPeriod"] == period(began, timedelta(minutes=15))
