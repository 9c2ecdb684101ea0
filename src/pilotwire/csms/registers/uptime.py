"""What is kept for the uptime of charging ports: what stations told and when they were connected, and what operators put on record.

The diaries are never cut short: funding programmes ask for five years.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Final, TypeVar

from pilotwire.csms.store.ports import KeepEntry, Page, Store
from pilotwire.csms.store.registers import Diary, Register, cursor_of
from pilotwire.domain.kinds import Value
from pilotwire.domain.uptime import (
    USUAL,
    ConnectionChange,
    Excluded,
    ExclusionReason,
    History,
    PortStatus,
    StationUptime,
    Terms,
    station_uptime,
)
from pilotwire.domain.uptime_periods import Interval, Period

STATUSES: Final = Diary("uptime-statuses", PortStatus)
"""Changes between up, faulted and unavailable, by station; what changes only how a port is used is left out."""
CONNECTIONS: Final = Diary("uptime-connections", ConnectionChange)
"""By station."""
GAPS: Final = Diary("uptime-gaps", Interval)
"""When this CSMS did not run; of no station."""


class Alive(Value):
    """This CSMS ran at this time."""

    at: datetime


ALIVE: Final = Register("uptime-alive", Alive)
"""One record, of no station."""

TERMS: Final = Register("uptime-terms", Terms)
"""How a station's uptime is counted, by station; the key is always empty."""


class Exclusion(Value):
    """Outages in this time do not count (23 CFR 680.116(b)(3)), with what shows that the ports would have worked otherwise (`note`).

    One that was withdrawn is kept, and counts no more.
    """

    station: str
    exclusion_id: str
    since: datetime
    until: datetime
    reason: ExclusionReason
    note: str
    recorded_at: datetime
    recorded_by: str
    evses: tuple[int, ...] = ()
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None

    @property
    def excluded(self) -> Excluded:
        """What it says of the time."""
        return Excluded(since=self.since, until=self.until, reason=self.reason, evses=self.evses)


EXCLUSIONS: Final = Register("uptime-exclusions", Exclusion)
"""By station and id."""

_R = TypeVar("_R", bound=Value)
_AT_ONCE: Final = 1000


def connection_entry(station: str, at: datetime, *, connected: bool) -> KeepEntry:
    """The operation that keeps that a station connected or went."""
    return CONNECTIONS.keep(station, at, ConnectionChange(at=at, connected=connected))


async def history_of(store: Store, station: str, gaps: tuple[Interval, ...]) -> History:
    """All that is known of a station. Raises StoreError."""
    return History(
        statuses=await _all(store, STATUSES, station),
        connections=await _all(store, CONNECTIONS, station),
        backend_gaps=gaps,
    )


async def uptime_of(
    store: Store,
    station: str,
    periods: Iterable[Period],
    now: datetime,
    gaps: tuple[Interval, ...] | None = None,
) -> list[StationUptime]:
    """A station's uptime in each period, of which those not begun by now are left out. `gaps`: as `gaps_of` has read them.

    Raises StoreError.
    """
    history = await history_of(store, station, await gaps_of(store) if gaps is None else gaps)
    terms, excluded = await terms_of(store, station), counting(await exclusions_of(store, station))
    begun = [each for each in periods if each.since < now]

    def reports() -> list[StationUptime]:
        return [station_uptime(station, history, terms, excluded, each, now) for each in begun]

    return await asyncio.to_thread(reports)  # stations must not wait for years of another one's history


async def last_alive(store: Store, before: datetime) -> datetime | None:
    """When this CSMS last ran for all that is known, before a time: when it noted that, or logged a frame. None: it never has.

    Raises StoreError.
    """
    noted = await store.record(ALIVE, "", "")
    if noted is None:
        return None
    frames = await store.log(limit=1)
    return max([noted.at, *(each.at for each in frames if each.at < before)])


async def gaps_of(store: Store) -> tuple[Interval, ...]:
    """When this CSMS did not run. Raises StoreError."""
    return await _all(store, GAPS, "")


async def _all(store: Store, diary: Diary[_R], station: str) -> tuple[_R, ...]:
    found: list[_R] = []
    last = 0
    while entries := await store.entries(diary, station, after=last, limit=_AT_ONCE):
        found += [each.entry for each in entries]
        last = entries[-1].number
    return tuple(found)


async def terms_of(store: Store, station: str) -> Terms:
    """How a station's uptime is counted. Raises StoreError."""
    return await store.record(TERMS, station, "") or USUAL


async def exclusions_of(store: Store, station: str) -> list[Exclusion]:
    """All exclusions of a station on record, also those that were withdrawn, by time. Raises StoreError."""
    found: list[Exclusion] = []
    after: str | None = None
    while records := await store.records(EXCLUSIONS, station, Page(limit=_AT_ONCE, after=after)):
        found += records
        after = cursor_of(station, records[-1].exclusion_id)
    return sorted(found, key=lambda each: (each.since, each.exclusion_id))


def counting(exclusions: list[Exclusion]) -> list[Excluded]:
    """What counts of exclusions: those that were not withdrawn."""
    return [each.excluded for each in exclusions if each.withdrawn_at is None]
