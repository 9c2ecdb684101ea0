"""Gathers what a report needs, station by station and page by page, and counts it aside from what stations wait for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pilotwire.csms.registers.access import SITES, Site
from pilotwire.csms.registers.billing import BILLS
from pilotwire.csms.registers.uptime import counting, exclusions_of, gaps_of, history_of, terms_of
from pilotwire.csms.store.ports import Page, Store, TransactionFilter
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.billing import BillKind
from pilotwire.domain.reports import (
    By,
    Earned,
    Kind,
    Known,
    PortFigures,
    Report,
    Session,
    asked_parts,
    figures_of,
    report_of,
    session_of,
)
from pilotwire.domain.transactions import Transaction, TransactionEvent
from pilotwire.domain.uptime import Port, ports_of
from pilotwire.domain.uptime_periods import Interval

LONGEST_SESSION: Final = timedelta(days=31)
"""How long before a period sessions are looked for that go on in it; open ones are found however old they are."""
_AT_ONCE: Final = 200
_WITH_SESSIONS: Final = frozenset({Kind.OPERATION, Kind.SESSIONS})


async def told_report(
    store: Store, kind: Kind, by: By, period: Interval, zone: ZoneInfo, now: datetime, site: Site | None = None
) -> Report:
    """A report on all stations of a store, or those of a site. Raises StoreError."""
    gaps = await gaps_of(store)
    parts = asked_parts(period, by, zone)
    stations: dict[str, Sequence[str]] = {}
    figures: list[PortFigures] = []
    sites = [site] if site is not None else await _all_sites(store)
    async for station in _stations(store, site):
        stations[station] = sites_of_stations(sites, station)
        known = await _known(store, station, kind, period, gaps, now)
        figures += await asyncio.to_thread(figures_of, known, parts, now)
    return await asyncio.to_thread(report_of, kind, by, period, zone, figures, stations)


def sites_of_stations(sites: Sequence[Site], station: str) -> list[str]:
    """The names of the sites a station is in."""
    return [
        each.name
        for each in sites
        if station in each.stations or station.startswith(tuple(filter(None, each.prefixes)))
    ]


async def _all_sites(store: Store) -> list[Site]:
    found: list[Site] = []
    after: str | None = None
    while sites := await store.records(SITES, "", Page(limit=_AT_ONCE, after=after)):
        found += sites
        after = cursor_of("", sites[-1].name)
    return found


async def _stations(store: Store, site: Site | None) -> AsyncIterator[str]:
    after: str | None = None
    while stations := await store.stations(Page(limit=_AT_ONCE, after=after)):
        for each in stations:
            if site is None or sites_of_stations([site], each.station):
                yield each.station
        after = stations[-1].station


async def _known(
    store: Store, station: str, kind: Kind, period: Interval, gaps: tuple[Interval, ...], now: datetime
) -> Known:
    if kind is Kind.REVENUE:
        return Known(station=station, earned=await _earned(store, station, period))
    history = await history_of(store, station, gaps)
    terms, excluded = await terms_of(store, station), counting(await exclusions_of(store, station))
    ports = await asyncio.to_thread(ports_of, history, terms, now)
    sessions = await _sessions(store, station, period, ports, now) if kind in _WITH_SESSIONS else []
    return Known(station=station, sessions=sessions, ports=ports, excluded=excluded, terms=terms)


async def _sessions(
    store: Store, station: str, period: Interval, ports: Sequence[Port], now: datetime
) -> list[Session]:
    found: list[Session] = []
    since = period.since - LONGEST_SESSION
    for which in (
        TransactionFilter(station=station, since=since, until=period.until),
        TransactionFilter(station=station, is_open=True, until=since),
    ):
        after: str | None = None
        while batch := await store.transactions(which, Page(limit=_AT_ONCE, after=after)):
            last = batch[-1]
            after = f"{last.station}/{last.transaction_id}"
            told = [
                (each, [booked.event for booked in await store.events(station, each.transaction_id)])
                for each in batch
                if _is_over_in(each, period)
            ]
            found += await asyncio.to_thread(_read, told, ports, now)
    return found


def _read(
    told: Sequence[tuple[Transaction, Sequence[TransactionEvent]]], ports: Sequence[Port], now: datetime
) -> list[Session]:
    return [session_of(transaction, events, ports, now) for transaction, events in told]


def _is_over_in(transaction: Transaction, period: Interval) -> bool:
    """Whether it goes on or ends in a period, or after it."""
    over = transaction.ended_at or (transaction.closing.as_of if transaction.closing is not None else None)
    return over is None or over >= period.since


async def _earned(store: Store, station: str, period: Interval) -> list[Earned]:
    """What was billed in a period, corrections and refunds included."""
    found: list[Earned] = []
    before: int | None = None
    while entries := await store.entries(BILLS, station, before=before, limit=_AT_ONCE):
        before = entries[-1].number
        found += [
            Earned(
                at=bill.made_at,
                evse=bill.address.evse if bill.address is not None else 0,
                currency=bill.currency,
                excl_tax=bill.amounts.excl_tax,
                incl_tax=bill.amounts.incl_tax,
                is_bill=bill.kind is BillKind.BILL,
            )
            for bill in (each.entry for each in entries)
            if period.since <= bill.made_at < period.until
        ]
        if entries[-1].entry.made_at < period.since:
            break
    return found
