"""Days, weeks and months of a time zone: a day has 23 or 25 hours where the clocks are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pilotwire.domain.uptime_periods import Interval


class Unit(StrEnum):
    """A part of the calendar. A week begins on Monday (ISO 8601)."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def first_day(moment: datetime, unit: Unit, zone: ZoneInfo) -> date:
    """The first local day of the unit a moment is in."""
    day = moment.astimezone(zone).date()
    if unit is Unit.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit is Unit.MONTH else day


def next_first_day(day: date, unit: Unit) -> date:
    """The first day of the unit after the one that begins on a day."""
    if unit is Unit.MONTH:
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if unit is Unit.WEEK else 1)


def unit_after(moment: datetime, unit: Unit, zone: ZoneInfo) -> Interval:
    """The whole unit a moment is in."""
    day = first_day(moment, unit, zone)
    return Interval(since=midnight(day, zone), until=midnight(next_first_day(day, unit), zone))


def parts_of(whole: Interval, unit: Unit, zone: ZoneInfo) -> tuple[Interval, ...]:
    """A period in units of the local calendar, in order; the first and the last may be parts of one."""
    found: list[Interval] = []
    since = whole.since
    while since < whole.until:
        until = min(unit_after(since, unit, zone).until, whole.until)
        found.append(Interval(since=since, until=until))
        since = until
    return tuple(found)
