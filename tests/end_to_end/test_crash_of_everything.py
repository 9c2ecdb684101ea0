"""Kill -9 the CSMS or the station at any moment of a charge: nothing answered is lost, nothing is booked twice, no Wh is missing."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path

import pytest

from pilotwire.clock import SystemClock
from pilotwire.csms.store.open import open_store
from pilotwire.simulator.showcase import STORIES, Story
from pilotwire.station.storage import SqliteStorage
from tests.support.crash_books import Books, check_books, said_in
from tests.support.crash_processes import Doom, Life, When, live_as_csms, live_as_station

KILLS = 8
"""Rounds of killing in each charge; both die once more at the end."""
PATIENCE = 60.0
MOMENTS: tuple[When, ...] = ("before", "after", "settled")


@dataclass
class World:
    """A CSMS and a station on their files; `chance` decides when which of them dies, `first` is the doom of the first station."""

    folder: Path
    story: Story
    chance: random.Random
    first: Doom | None = None
    port: int = 0
    kills: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.csms = self._new_csms(None)
        self.station = self._new_station(self.first)

    @property
    def database(self) -> Path:
        """The CSMS's file."""
        return self.folder / "csms.db"

    def _new_csms(self, doom: Doom | None) -> Life:
        """A CSMS, from the second on at the port of the first."""
        life = Life(live_as_csms, str(self.database), self.port, doom)
        told = life.heard(PATIENCE)
        assert told is not None, "the CSMS did not start"
        self.port = told[1]
        return life

    def _new_station(self, doom: Doom | None) -> Life:
        return Life(live_as_station, self.story, f"ws://127.0.0.1:{self.port}", self.folder, doom)

    def live_and_die(self) -> None:
        """One or both die, by their own doom or from outside at a random moment; after a random while they are there again."""
        wait([self.csms.sentinel, self.station.sentinel], self.chance.uniform(0.05, 1.2))
        victims = [name for name in ("csms", "station") if not getattr(self, name).alive]
        victims = victims or self.chance.choice([["csms"], ["station"], ["csms"], ["station"], ["csms", "station"]])
        for name in victims:
            self._kill(name)
        wait([], self.chance.choice([0.0, 0.0, self.chance.uniform(0.0, 0.8)]))
        for name in victims:
            self._revive(name, self._doom())

    def die_of(self, name: str, doom: Doom) -> None:
        """One begins anew with a doom, dies of it, and is there again."""
        self._kill(name)
        self._revive(name, doom)
        self.await_doom(name)

    def await_doom(self, name: str) -> None:
        """One dies by itself and is there again."""
        assert wait([getattr(self, name).sentinel], PATIENCE), f"the {name} did not come to its doom"
        self._kill(name)
        self._revive(name, None)

    def _kill(self, name: str) -> None:
        code = getattr(self, name).kill()
        assert code == -9, f"the {name} ended by itself with {code}"
        self.kills.append(name)

    def _revive(self, name: str, doom: Doom | None) -> None:
        if name == "csms":
            self.csms = self._new_csms(doom)
        else:
            self.station = self._new_station(doom)

    def _doom(self) -> Doom | None:
        doom = Doom(number=self.chance.randint(1, 4), when=self.chance.choice(MOMENTS))
        return doom if self.chance.random() < 0.6 else None

    def live_to_the_end(self) -> int:
        """No more dooms: until the station says that it is done; gives the Wh of the vehicle's meter. Then both are killed."""
        for name in ("csms", "station"):
            self._kill(name)
            self._revive(name, None)
        told = self.station.heard(PATIENCE)
        assert told is not None, "the charge did not come to its end"
        for name in ("csms", "station"):
            self._kill(name)
        return int(told[1])


@pytest.mark.req("E04.FR.01", "E01.FR.07")
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.version.value)
async def test_kill_minus_nine_loses_nothing_and_books_nothing_twice(story: Story, seed: int, tmp_path: Path) -> None:
    """The demo's charge with many kills in it, of the CSMS, of the station, of both, and within the most delicate moments."""
    print(f"seed {seed}, OCPP {story.version}")
    world = World(tmp_path, story, random.Random(f"{seed} {story.version}"))
    for _ in range(KILLS):
        world.live_and_die()
    await _check(world)


DELICATE: tuple[tuple[str, Doom], ...] = (
    *(("station", Doom(number=number, when=when)) for number in (1, 2) for when in MOMENTS),
    *(("csms", Doom(number=1, when=when)) for when in MOMENTS),
)
"""The first message of a station that begins anew is the end of what was interrupted, the second the next start."""


@pytest.mark.req("E04.FR.01", "E01.FR.07")
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.version.value)
async def test_each_delicate_moment(story: Story, tmp_path: Path) -> None:
    """On both sides before, within and just after the handling of a start, an end, a sample: none of them is a gap."""
    world = World(tmp_path, story, random.Random(0), first=Doom(number=1, when="settled"))
    world.await_doom("station")
    for name, doom in DELICATE:
        world.die_of(name, doom)
    await _check(world)


async def _check(world: World) -> None:
    """The charge comes to its end, and the books agree with what was said and with the vehicle's meter."""
    story = world.story
    delivered = world.live_to_the_end()
    said = said_in(world.folder / "frames.jsonl")
    left = SqliteStorage(world.folder / "station.db", station_id=story.station).load()
    async with open_store(str(world.database), clock=SystemClock()) as opened:
        books = await Books.of(opened.store, story.station)
    print(f"{len(world.kills)} kills, {len(books.transactions)} transactions, {len(said)} messages")
    print(f"{sum(len(each.times) for each in said)} times said, {delivered} Wh")
    assert left is not None
    assert left.outbox == ()
    check_books(books, said)
    assert delivered >= story.energy_wh
    assert books.energy == delivered
