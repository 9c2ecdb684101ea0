"""EVSEs that leave their site: what they were told is cleared, by the right ids, again until it is, and never from under a new site."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.csms.commands.bus import CommandRefused, CommandTimedOut
from pilotwire.csms.commands.smart_charging import Books
from pilotwire.csms.registers.load_management import HOLDS, MANAGED_EVSES, EvseHold
from pilotwire.csms.registers.smart_charging import PROFILES, StationProfiles
from pilotwire.csms.services import Parts
from pilotwire.csms.services.load_management.profiles import profile_for
from pilotwire.csms.services.load_management.releases import Releases
from pilotwire.csms.store.ports import BookEvent
from pilotwire.domain.load_management import EvseKey, Outlet
from pilotwire.domain.smart_charging import (
    ChargingAbilities,
    ClearChargingProfile,
    ClearChargingProfileOutcome,
    ClearChargingProfileStatus,
    InstalledProfile,
)
from tests.support.api_rooms import NOON, ApiRooms, ended, started

ONE, TWO = ("CS-1", 1), ("CS-2", 3)
OF_TRANSACTION, OF_THOSE_TO_COME = 800_001, 900_001
CLEARED = ClearChargingProfileOutcome(status=ClearChargingProfileStatus.ACCEPTED)


@dataclass
class Street:
    """Stations at a site, and who frees them."""

    rooms: ApiRooms
    releases: Releases

    async def told(self, key: EvseKey, hold: EvseHold, *installed: str | None) -> None:
        """An EVSE was told its limits: those of transactions, None for those to come."""
        outlet = Outlet(station=key[0], evse_id=key[1], fed_by="grid")
        profiles = tuple(
            InstalledProfile(
                evse_id=key[1],
                profile=profile_for(
                    outlet,
                    Decimal(6),
                    NOON,
                    voltage=Decimal(230),
                    abilities=ChargingAbilities(),
                    transaction_id=each,
                    used=None,
                ),
                at=NOON,
                transaction_id=each,
            )
            for each in installed
        )
        await self.rooms.keep(
            HOLDS.put(key[0], str(key[1]), hold), PROFILES.put(key[0], "", StationProfiles(installed=profiles))
        )

    async def look(self, *, busy: tuple[EvseKey, ...] = ()) -> list[tuple[str, Any]]:
        """One look, and what it led to: who was asked to clear what."""
        before = len(self.rooms.bus.commands)
        now = self.rooms.clock.now()
        self.releases.look(now, set(self.rooms.bus.stations), busy)
        await self.releases.settled()
        asked = self.rooms.bus.commands[before:]
        return [(station, command.charging_profile_id) for station, command in asked]  # type: ignore[attr-defined]

    def leave(self) -> None:
        """The site is managed no more."""
        self.releases.drop("yard")
        self.releases.note(self.rooms.clock.now())

    async def known(self) -> list[EvseKey]:
        """Who has not been freed yet, by the records."""
        return [(each.station, each.evse_id) for each in await self.rooms.store.records(MANAGED_EVSES, None)]


@pytest.fixture
async def street() -> AsyncIterator[Street]:
    """A site with one EVSE, whose station clears what it is asked to."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    rooms.bus.answers[ClearChargingProfile] = CLEARED
    found = Street(rooms, _releases(rooms))
    await found.releases.load()
    await found.releases.claim("yard", [ONE])
    yield found
    await found.releases.close()


def _releases(rooms: ApiRooms) -> Releases:
    parts = Parts(rooms.journal, rooms.store, rooms.commander, rooms.clock, rooms.settings)
    return Releases(parts, Books(rooms.commander, rooms.store, rooms.journal, rooms.clock))


HELD = EvseHold(default=Decimal(0), transaction_id="tx-1", told=Decimal(6))


async def test_who_leaves_is_freed_of_what_it_was_told(street: Street) -> None:
    """Both profiles go, by their ids, and what is kept of the EVSE; who stays is left alone."""
    await street.rooms.keep(BookEvent(station="CS-1", event=started(), received_at=NOON))
    await street.told(ONE, HELD, "tx-1", None)
    assert await street.look() == []
    assert not street.releases.is_due(NOON)
    street.leave()
    assert street.releases.is_due(NOON)
    assert await street.look() == [("CS-1", OF_TRANSACTION), ("CS-1", OF_THOSE_TO_COME)]
    assert await street.known() == []
    assert await street.rooms.store.record(HOLDS, "CS-1", "1") is None
    assert await street.rooms.store.record(PROFILES, "CS-1", "") is None
    assert await street.look() == []


async def test_what_is_not_there_is_not_cleared(street: Street) -> None:
    """The profile of a transaction goes with it; an EVSE that was never told anything is not asked at all."""
    await street.rooms.keep(*(BookEvent(station="CS-1", event=each(), received_at=NOON) for each in (started, ended)))
    await street.told(ONE, HELD, "tx-1", None)
    await street.releases.claim("field", [TWO])
    street.rooms.bus.connect("CS-2")
    street.releases.drop("field")
    street.leave()
    assert await street.look() == [("CS-1", OF_THOSE_TO_COME)]
    assert await street.known() == []


async def test_what_may_have_arrived_is_cleared_too(street: Street) -> None:
    """A profile that was on its way when nobody answered any more."""
    await street.told(ONE, EvseHold(sent=Decimal(6)))
    street.leave()
    assert await street.look() == [("CS-1", OF_TRANSACTION), ("CS-1", OF_THOSE_TO_COME)]


async def test_a_station_out_of_reach_is_freed_when_it_is_back(street: Street) -> None:
    """After a restart, too: who is to be freed is on record."""
    await street.told(ONE, EvseHold(default=Decimal(0)), None)
    gone = street.rooms.bus.stations.pop("CS-1")
    street.leave()
    assert await street.look() == []
    again = Street(street.rooms, _releases(street.rooms))
    await again.releases.load()
    again.releases.note(NOON)
    assert await again.look() == []
    street.rooms.bus.stations["CS-1"] = gone
    assert not again.releases.is_due(NOON)
    street.rooms.clock.advance(5)
    assert await again.look() == [("CS-1", OF_THOSE_TO_COME)]
    assert await again.known() == []


async def test_a_station_that_does_not_answer_is_asked_again(street: Street) -> None:
    """And what it is held to is not known until then."""
    await street.told(ONE, HELD, None)
    street.rooms.bus.answers[ClearChargingProfile] = CommandTimedOut("too slow")
    street.leave()
    assert len(await street.look()) == 1
    assert await street.look() == [], "not at once"
    assert await street.rooms.store.record(HOLDS, "CS-1", "1") == EvseHold(transaction_id="tx-1")
    street.rooms.bus.answers[ClearChargingProfile] = CLEARED
    street.rooms.clock.advance(5)
    assert await street.look() == [("CS-1", OF_THOSE_TO_COME)]
    assert await street.known() == []


async def test_a_station_that_refuses_has_a_finding(street: Street) -> None:
    """One, however often it refuses."""
    await street.told(ONE, HELD, None)
    street.rooms.bus.answers[ClearChargingProfile] = CommandRefused("InternalError", "no", {})
    street.leave()
    for _ in range(3):
        assert len(await street.look()) == 1
        street.rooms.clock.advance(300)
    (finding,) = await street.rooms.store.findings("CS-1")
    assert finding.rule == "load-management:release"
    assert "cannot be cleared" in finding.what


async def test_a_new_site_keeps_what_it_tells(street: Street) -> None:
    """Who moves to another site is not freed; who is told something just now is freed after that."""
    await street.told(ONE, HELD, None)
    await street.releases.claim("field", [ONE])
    street.leave()
    assert await street.look() == []
    street.releases.drop("field")
    street.releases.note(NOON)
    assert await street.look(busy=(ONE,)) == []
    assert len(await street.look()) == 1


async def test_a_claim_while_it_is_cleared(street: Street) -> None:
    """What is cleared next is not: it may be the new site's. That site finds that nothing is known to hold."""
    await street.told(ONE, EvseHold(sent=Decimal(6)), None)
    street.leave()
    call = street.rooms.bus.call

    async def claimed(*words: Any, **more: Any) -> Any:
        await street.releases.claim("field", [ONE])
        assert await street.rooms.store.record(HOLDS, "CS-1", "1") == EvseHold(sent=Decimal(6))
        return await call(*words, **more)

    street.rooms.bus.call = claimed  # type: ignore[method-assign]
    assert await street.look() == [("CS-1", OF_TRANSACTION)]
    assert await street.known() == [ONE]
    street.releases.note(NOON)
    assert not street.releases.is_due(NOON)
