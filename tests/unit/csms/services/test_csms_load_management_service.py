"""The load manager between journal and stations: when it writes down how a site stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from pilotwire.csms.commands import Commander
from pilotwire.csms.registers.load_management import (
    MANAGED,
    SITE_LIMITS,
    SITE_READINGS,
    STATES,
    WISHES,
    DriverWish,
    LoadManagement,
    Measures,
    SiteLimit,
    SiteMeter,
    SiteReading,
    part_key,
)
from pilotwire.csms.services import Parts
from pilotwire.csms.services.load_management import LoadManager
from pilotwire.csms.store.ports import Amend, BookEvent
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.load_management import Amperes, Feeder, Outlet, SiteLayout
from pilotwire.domain.smart_charging import ChargingProfileStatus, SetChargingProfileOutcome
from tests.support.api_rooms import NOON, ApiRooms, FakeBus, ended, started
from tests.support.eventually import eventually

GRID = Feeder(name="grid", amperes=Decimal(63))
CS_1 = Outlet(station="CS-1", evse_id=1, fed_by="grid")


def _plan(name: str = "yard", *outlets: Outlet) -> LoadManagement:
    layout = SiteLayout(name=name, feeders=(GRID,), outlets=outlets)
    meter = SiteMeter(feeder="grid", measures=Measures.BASE, silent_after=3600)
    return LoadManagement(layout=layout, meters=(meter,))


@asynccontextmanager
async def _managed(rooms: ApiRooms) -> AsyncIterator[LoadManager]:
    """A load manager at work, and one look done."""
    manager = LoadManager(Parts(rooms.journal, rooms.store, rooms.commander, rooms.clock, rooms.settings))
    running = asyncio.create_task(manager.run())
    try:
        await eventually(lambda: all(book.decision is not None for book in manager.sites.values()) and manager.sites)
        yield manager
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _tell(rooms: ApiRooms, manager: LoadManager, amperes: int) -> None:
    """The meter says so much on L1, and it is decided on."""
    reading = SiteReading(site="yard", feeder="grid", at=NOON, amperes=Amperes(l1=Decimal(amperes)))
    await rooms.keep(SITE_READINGS.put("", part_key("yard", "grid"), reading))
    await eventually(lambda: manager.sites["yard"].readings.get("grid") == reading)
    rooms.clock.advance(0.06)

    def decided() -> bool:
        decision = manager.sites["yard"].decision
        return decision is not None and decision.base["grid"].l1 == amperes

    await eventually(decided)


async def test_a_state_is_written_once_a_second_at_most_and_the_last_one_is() -> None:
    """What is decided in between is seen only by stations."""
    rooms = ApiRooms()
    await rooms.keep(MANAGED.put("", "yard", _plan()))
    committed = rooms.journal.committed()
    async with _managed(rooms) as manager:
        for amperes in (10, 11, 12):
            await _tell(rooms, manager, amperes)
        rooms.clock.advance(1)

        async def last() -> bool:
            state = await rooms.store.record(STATES, "", "yard")
            return state is not None and state.flows[0].base.l1 == 12

        await eventually(last)
    rooms.journal.close()
    written = [
        result.after.flows[0].base.l1
        async for operation, result in committed
        if isinstance(operation, Amend) and operation.register.name == STATES.name
    ]
    assert written == [0, 12]


async def test_a_site_has_its_own_limits_however_many_there_are_elsewhere() -> None:
    """More than a page of another site's, whose name comes before."""
    rooms = ApiRooms()
    limits = [
        SiteLimit(site=site, source=f"s{number:04}", feeder="grid", at=NOON, watts=Decimal(number))
        for site, count in (("field", 1003), ("yard", 1002))
        for number in range(count)
    ]
    await rooms.keep(*(SITE_LIMITS.put("", part_key(each.site, each.source), each) for each in limits))
    await rooms.keep(MANAGED.put("", "yard", _plan()))
    async with _managed(rooms) as manager:
        assert len(manager.sites["yard"].limits) == 1002


async def test_a_wish_goes_with_its_transaction() -> None:
    """Nothing is kept of what a driver wanted once the transaction is over."""
    rooms = ApiRooms()
    await rooms.keep(MANAGED.put("", "yard", _plan("yard", CS_1)))
    async with _managed(rooms) as manager:
        await rooms.keep(BookEvent(station="CS-1", event=started(), received_at=NOON))
        await rooms.keep(WISHES.put("CS-1", "tx-1", DriverWish(priority=3)))
        await eventually(lambda: manager.sites["yard"].wishes)
        await rooms.keep(BookEvent(station="CS-1", event=ended(), received_at=NOON))

        async def gone() -> bool:
            return await rooms.store.record(WISHES, "CS-1", "tx-1") is None

        await eventually(gone)


class _SlowBus(FakeBus):
    """Stations take what they are told once `answer` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.answer = asyncio.Event()

    async def call(self, station: str, command: Command, *, timeout: float | None = None) -> Outcome:
        """Wait, and accept."""
        self.asked.set()
        await self.answer.wait()
        return SetChargingProfileOutcome(status=ChargingProfileStatus.ACCEPTED)


@pytest.mark.parametrize("change", ["another EVSE", "read again"])
async def test_what_a_station_answers_while_the_plan_changes_is_known(change: str) -> None:
    """Its EVSE is held to that by the new plan too: nobody else is given what it may take."""
    rooms = ApiRooms()
    bus = rooms.bus = _SlowBus()
    bus.connect("CS-1")
    manager = LoadManager(Parts(rooms.journal, rooms.store, Commander(bus, rooms.clock), rooms.clock, rooms.settings))
    await rooms.keep(MANAGED.put("", "yard", _plan("yard", CS_1)))
    await manager._load_all()
    manager._look()
    await bus.asked.wait()
    before = manager.sites["yard"]
    if change == "read again":
        await manager._load_all()
    else:
        other = Outlet(station="CS-2", evse_id=1, fed_by="grid")
        await manager._load(_plan("yard", CS_1, other))
    after = manager.sites["yard"]
    assert after is not before
    assert after.limit_of(CS_1.key) == CS_1.most
    assert after.under_way == {CS_1.key}
    bus.answer.set()
    await manager.settled()
    assert after.holds[CS_1.key].default == 0
    assert after.limit_of(CS_1.key) == 0
    assert after.under_way == set()


async def test_a_vehicle_at_an_evse_that_leaves_the_plan_is_nobodys_concern_any_more() -> None:
    """The others are decided on as before."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    manager = LoadManager(
        Parts(rooms.journal, rooms.store, Commander(rooms.bus, rooms.clock), rooms.clock, rooms.settings)
    )
    other = Outlet(station="CS-2", evse_id=1, fed_by="grid")
    await rooms.keep(BookEvent(station="CS-1", event=started("t1"), received_at=NOON))
    await manager._load(_plan("yard", CS_1, other))
    assert list(manager.sites["yard"].sessions) == [CS_1.key]
    await manager._load(_plan("yard", other))
    assert not manager.sites["yard"].sessions
    manager._look()
    assert manager.sites["yard"].decision is not None
