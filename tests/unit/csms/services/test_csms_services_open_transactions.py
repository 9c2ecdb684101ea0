"""The service that closes transactions whose end was never told, and the one that tells of gaps, on a clock that is moved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.csms.commands import CommandRefused, CommandTimedOut
from pilotwire.csms.handlers import Handlers, Policy
from pilotwire.csms.services import Parts
from pilotwire.csms.services.open_transactions import OpenTransactions
from pilotwire.csms.services.sequence_gaps import PATIENCE, SequenceGaps
from pilotwire.csms.store.ports import RecordBoot
from pilotwire.domain.closing import ClosingReason
from pilotwire.domain.identity import EvseAddress, StationIdentity
from pilotwire.domain.metering import register_reading
from pilotwire.domain.transactions import (
    EventKind,
    GetTransactionStatus,
    Transaction,
    TransactionEvent,
    TransactionStatusOutcome,
    TriggerReason,
)
from pilotwire.errors import NotSayable
from tests.support.api_rooms import ApiRooms

HOUR = 3600.0
DAY = 24 * HOUR


class Scene:
    """A CSMS with one station and the services, without their own pace."""

    def __init__(self, **settings: Any) -> None:
        self.rooms = rooms = ApiRooms(**settings)
        self.handlers = Handlers(rooms.journal, rooms.store, rooms.clock, Policy(accept_unknown_tokens=True))
        parts = Parts(rooms.journal, rooms.store, rooms.commander, rooms.clock, rooms.settings)
        self.watch, self.gaps = OpenTransactions(parts), SequenceGaps(parts)

    async def tell(self, name: str, seq_no: int | None, kind: EventKind = EventKind.UPDATED, **more: Any) -> None:
        """The station tells an event of now."""
        said = {"at": self.rooms.clock.now(), "trigger": TriggerReason.METER_VALUE_PERIODIC} | more
        fact = TransactionEvent(kind=kind, transaction_id=name, seq_no=seq_no, **said)
        await self.handlers.handle("CS1", fact)

    async def start(self, name: str, evse: int = 1) -> None:
        """A transaction begins."""
        await self.tell(name, 0, EventKind.STARTED, address=EvseAddress(evse=evse, connector=1))

    async def boot(self) -> None:
        """The station boots."""
        identity = StationIdentity(vendor="Volta", model="One")
        boot = RecordBoot(station="CS1", identity=identity, reason="PowerUp", at=self.rooms.clock.now())
        await self.rooms.keep(boot)

    async def after(self, seconds: float) -> None:
        """Time passes, and the services look."""
        self.rooms.clock.advance(seconds)
        await self.watch.look()
        await self.gaps.look()

    async def known(self, name: str) -> Transaction:
        """The transaction as it is now."""
        found = await self.rooms.store.transaction("CS1", name)
        assert found is not None
        return found

    async def closed(self, name: str) -> ClosingReason | None:
        """Why it was closed."""
        closing = (await self.known(name)).closing
        return None if closing is None else closing.reason

    def answers(self, answer: object) -> None:
        """What the station says to GetTransactionStatus."""
        self.rooms.bus.answers[GetTransactionStatus] = answer

    @property
    def asked(self) -> int:
        """How often it was asked."""
        return len(self.rooms.bus.commands)


ONGOING = TransactionStatusOutcome(messages_in_queue=False, ongoing=True)
QUEUED = TransactionStatusOutcome(messages_in_queue=True, ongoing=False)
OVER = TransactionStatusOutcome(messages_in_queue=False, ongoing=False)


async def test_a_newer_one_at_the_same_evse_supersedes_it() -> None:
    """Not one at another EVSE; the newer one is named, and since when the older one counts as over."""
    scene = Scene()
    await scene.start("old")
    await scene.start("elsewhere", evse=2)
    await scene.after(60)
    await scene.start("new")
    began = scene.rooms.clock.now()
    await scene.after(60)
    closing = (await scene.known("old")).closing
    assert closing is not None
    assert (closing.reason, closing.newer, closing.as_of) == (ClosingReason.SUPERSEDED, "new", began)
    assert [await scene.closed(name) for name in ("elsewhere", "new")] == [None, None]


async def test_a_newer_one_that_has_already_ended_supersedes_it_too() -> None:
    """What became known since the last look is looked through."""
    scene = Scene()
    await scene.start("old")
    await scene.after(60)
    await scene.start("short")
    scene.rooms.clock.advance(5)
    await scene.tell("short", 1, EventKind.ENDED)
    await scene.after(60)
    assert await scene.closed("old") is ClosingReason.SUPERSEDED


async def test_a_real_end_that_comes_after_all_counts() -> None:
    """The closing goes, the energy is that of the end instead of the last reading, and a finding says what happened."""
    scene = Scene()
    start, middle = (register_reading(scene.rooms.clock.now(), wh, "Sample.Periodic") for wh in (100, 250))
    await scene.tell("old", 0, EventKind.STARTED, address=EvseAddress(evse=1), readings=(start,))
    scene.rooms.clock.advance(30)
    await scene.tell("old", 1, readings=(middle,))
    late = scene.rooms.clock.now() + timedelta(seconds=5)
    await scene.after(60)
    await scene.start("new")
    await scene.after(60)
    closed = await scene.known("old")
    assert not closed.is_open
    assert closed.energy == 150
    stop = register_reading(late, 275, "Transaction.End")
    await scene.tell("old", 2, EventKind.ENDED, at=late, offline=True, readings=(stop,))
    ended = await scene.known("old")
    assert (ended.closing, ended.ended_at, ended.energy) == (None, late, 175)
    (finding,) = await scene.rooms.store.findings("CS1")
    assert finding.rule == "transactions:closing-undone"
    assert "Superseded" in finding.what


async def test_nothing_heard_of_it_closes_it_and_a_sign_of_life_opens_it_again() -> None:
    """After `orphan_after` while the station is connected, after `orphan_after_offline` while it is not."""
    scene = Scene(ask_after=0)
    await scene.start("a")
    await scene.after(DAY + 60)
    assert await scene.closed("a") is None  # not connected
    scene.rooms.bus.connect("CS1", "1.6")
    await scene.after(60)
    assert await scene.closed("a") is ClosingReason.NOT_HEARD_OF
    await scene.tell("a", 1)
    assert (await scene.known("a")).is_open
    await scene.after(60)
    assert await scene.closed("a") is None
    scene.rooms.bus.dismiss("CS1", "")
    await scene.after(7 * DAY)
    assert await scene.closed("a") is ClosingReason.NOT_HEARD_OF


async def test_a_wrong_clock_of_the_station_does_not_count() -> None:
    """What counts is when its messages arrived."""
    scene = Scene(ask_after=0)
    scene.rooms.bus.connect("CS1", "1.6")
    long_ago = scene.rooms.clock.now() - timedelta(days=10_000)
    await scene.tell("a", None, EventKind.STARTED, at=long_ago, address=EvseAddress(evse=1))
    await scene.after(60)
    assert await scene.closed("a") is None


@pytest.mark.req("E14.FR.03")
async def test_the_station_is_asked() -> None:
    """Once in a while; as long as it goes on, or messages wait, it stays open."""
    scene = Scene()
    scene.rooms.bus.connect("CS1")
    await scene.start("a")
    scene.answers(ONGOING)
    await scene.after(HOUR)
    await scene.after(60)
    assert scene.asked == 1
    scene.answers(QUEUED)
    await scene.after(HOUR)
    assert (scene.asked, await scene.closed("a")) == (2, None)
    scene.answers(OVER)
    await scene.after(HOUR)
    assert (scene.asked, await scene.closed("a")) == (3, ClosingReason.NOT_ONGOING)


@pytest.mark.parametrize("error", [NotSayable("1.6 cannot."), CommandRefused("NotSupported", "", {})])
async def test_a_station_that_cannot_be_asked_has_its_time_to_go_on_after_a_boot(error: Exception) -> None:
    """Then what it does not go on with is over; what it goes on with is not."""
    scene = Scene()
    scene.answers(error)
    await scene.start("lost")
    await scene.start("resumed", evse=2)
    scene.rooms.clock.advance(60)
    await scene.boot()
    scene.rooms.bus.connect("CS1")
    await scene.after(300)
    await scene.tell("resumed", 1)
    assert await scene.closed("lost") is None
    await scene.after(300)
    assert [await scene.closed(name) for name in ("lost", "resumed")] == [ClosingReason.NOT_RESUMED, None]


async def test_no_answer_is_no_evidence() -> None:
    """A station that was asked after its boot and did not answer may still go on."""
    scene = Scene()
    scene.answers(CommandTimedOut("no answer.", ""))
    await scene.start("a")
    scene.rooms.clock.advance(60)
    await scene.boot()
    scene.rooms.bus.connect("CS1")
    await scene.after(700)
    assert (scene.asked, await scene.closed("a")) == (1, None)


async def test_gaps_are_told_once_after_a_while() -> None:
    """Not at once: messages may be late; and not if they came."""
    scene = Scene()
    await scene.start("gap")
    await scene.tell("gap", 3)
    await scene.start("late", evse=2)
    await scene.tell("late", 2)
    await scene.after(60)
    assert await scene.rooms.store.findings("CS1") == []
    await scene.tell("late", 1)
    await scene.after(PATIENCE.total_seconds())
    await scene.after(PATIENCE.total_seconds())
    (finding,) = await scene.rooms.store.findings("CS1")
    assert finding.rule == "E01.FR.07"
    assert finding.what.endswith("transaction gap: events with these sequence numbers have not arrived: 1, 2")
