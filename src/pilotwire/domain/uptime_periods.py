"""Time as uptime reports divide it: intervals, calendar periods, opening hours, business days. Intervals leave their end out."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pilotwire.domain.kinds import Value

BUSINESS_DAYS: Final = 5
"""Funding programmes ask that corrective maintenance is done within so many business days of a report."""
_PERIOD: Final = re.compile(r"(?P<year>[0-9]{4})(-(?P<month>0[1-9]|1[0-2])|-[Qq](?P<quarter>[1-4]))?", re.ASCII)
TWELVE_MONTHS: Final = "12-months"


class Interval(Value):
    """From `since` until right before `until`."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since


class Period(Interval):
    """What a report is about. `is_year`: twelve calendar months, for which 23 CFR 680.116(b)(3) counts 525,600 minutes."""

    is_year: bool = False


class Opening(Value):
    """Open on a weekday (0 is Monday) between two minutes of the local day, the second (up to 1440) left out."""

    weekday: int
    since: int
    until: int


# --- intervals -------------------------------------------------------------------------------------------------------


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same time in as few intervals as possible, in order; empty ones are left out."""
    joined: list[Interval] = []
    for each in sorted((each for each in intervals if each.since < each.until), key=lambda each: each.since):
        if joined and each.since <= joined[-1].until:
            joined[-1] = Interval(since=joined[-1].since, until=max(joined[-1].until, each.until))
        else:
            joined.append(Interval(since=each.since, until=each.until))
    return tuple(joined)


def common(one: Iterable[Interval], other: Iterable[Interval]) -> tuple[Interval, ...]:
    """The time that is in both."""
    first, second = merged(one), merged(other)
    found: list[Interval] = []
    here = there = 0
    while here < len(first) and there < len(second):
        since = max(first[here].since, second[there].since)
        until = min(first[here].until, second[there].until)
        if since < until:
            found.append(Interval(since=since, until=until))
        if first[here].until <= second[there].until:
            here += 1
        else:
            there += 1
    return tuple(found)


def without(one: Iterable[Interval], other: Iterable[Interval]) -> tuple[Interval, ...]:
    """The time that is in the first and not in the other."""
    kept = merged(one)
    if not kept:
        return ()
    begin, end = kept[0].since, kept[-1].until
    free: list[Interval] = []
    for taken in merged(other):
        free.append(Interval(since=begin, until=max(begin, min(taken.since, end))))
        begin = max(begin, taken.until)
    free.append(Interval(since=begin, until=max(begin, end)))
    return common(kept, free)


def length(intervals: Iterable[Interval]) -> timedelta:
    """How long they are together, time in several of them counted once."""
    return sum((each.length for each in merged(intervals)), timedelta())


class Sorted:
    """Many intervals, of which those that overlap one are found quickly."""

    def __init__(self, intervals: Iterable[Interval]) -> None:
        self._all = merged(intervals)
        self._ends = [each.until for each in self._all]

    def over(self, one: Interval) -> Sequence[Interval]:
        """Those that overlap one."""
        first = bisect_right(self._ends, one.since)
        last = first
        while last < len(self._all) and self._all[last].since < one.until:
            last += 1
        return self._all[first:last]


# --- calendar --------------------------------------------------------------------------------------------------------


def period_between(since: datetime, until: datetime, zone: ZoneInfo) -> Period:
    """The period between two moments; whether it is a year is told by the calendar of the time zone. Raises ValueError."""
    if until <= since:
        raise ValueError(f"the period ends ({until.isoformat()}) before it has begun ({since.isoformat()})")
    begins, ends = (each.astimezone(zone).replace(tzinfo=None) for each in (since, until))
    return Period(since=since.astimezone(UTC), until=until.astimezone(UTC), is_year=_is_year(begins, ends))


def _is_year(begins: datetime, ends: datetime) -> bool:
    try:
        return begins.replace(year=begins.year + 1) == ends
    except ValueError:  # from 29 February
        return begins.replace(year=begins.year + 1, month=3, day=1) == ends


def period_of(text: str, zone: ZoneInfo, now: datetime) -> Period:
    """The period of a name: a year (2026), a quarter (2026-Q3), a month (2026-10), or `12-months`: the twelve calendar months before the
    present one (23 CFR 680.116(b)(2)). Raises ValueError with a sentence if it is none of these.
    """
    if text == TWELVE_MONTHS:
        today = now.astimezone(zone).date()
        return _of_months(today.year - 1, today.month, 12, zone)
    found = _PERIOD.fullmatch(text)
    if found is None or not 1970 <= int(found["year"]) <= 9000:
        raise ValueError(f"{text!r} is no period: 2026, 2026-Q3, 2026-10 and {TWELVE_MONTHS} are some")
    year = int(found["year"])
    if found["month"]:
        return _of_months(year, int(found["month"]), 1, zone)
    if found["quarter"]:
        return _of_months(year, int(found["quarter"]) * 3 - 2, 3, zone)
    return _of_months(year, 1, 12, zone)


def _of_months(year: int, month: int, count: int, zone: ZoneInfo) -> Period:
    since = _midnight(date(year, month, 1), zone)
    after = year * 12 + month - 1 + count
    until = _midnight(date(after // 12, after % 12 + 1, 1), zone)
    return Period(since=since, until=until, is_year=count == 12)


def months_of(period: Period, zone: ZoneInfo) -> tuple[Period, ...]:
    """The period in parts of calendar months; the first and the last may be parts of one."""
    parts: list[Period] = []
    since = period.since
    while since < period.until:
        day = since.astimezone(zone).date()
        until = min(_of_months(day.year, day.month, 1, zone).until, period.until)
        parts.append(Period(since=since, until=until))
        since = until
    return tuple(parts)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _days(within: Interval, zone: ZoneInfo) -> Iterator[date]:
    day, last = within.since.astimezone(zone).date(), within.until.astimezone(zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def closed_in(within: Interval, hours: Sequence[Opening], zone: ZoneInfo) -> tuple[Interval, ...]:
    """When a station is not open, by its hours of operation; without any it is always open."""
    if not hours:
        return ()
    by_day = {weekday: [each for each in hours if each.weekday == weekday] for weekday in range(7)}
    opened = [
        Interval(since=_at_minute(day, each.since, zone), until=_at_minute(day, each.until, zone))
        for day in _days(within, zone)
        for each in by_day[day.weekday()]
    ]
    return without([within], opened)


def _at_minute(day: date, minute: int, zone: ZoneInfo) -> datetime:
    if minute >= 1440:
        return _midnight(day + timedelta(days=1), zone)
    return datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)


def corrected_by(reported: datetime, zone: ZoneInfo, holidays: Iterable[date] = ()) -> datetime:
    """Until when an outage reported then is to be mended: the end of the fifth business day after the day of the report.

    Business days are Monday to Friday without the holidays.
    """
    free = frozenset(holidays)
    day, left = reported.astimezone(zone).date(), BUSINESS_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5 and day not in free
    return _midnight(day + timedelta(days=1), zone)
