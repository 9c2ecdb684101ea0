"""The instants between two moments at which a condition on local time may change: times of day, midnights, shifts of local time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from pilotwire.domain.tariff.tariffs import Conditions

_MIDNIGHT: Final = time(0)
_LOOK: Final = timedelta(hours=6)
"""Nowhere does local time shift twice in so little time."""
_SECOND: Final = timedelta(seconds=1)


@lru_cache(maxsize=64)
def zone_of(name: str) -> tuple[ZoneInfo, str | None]:
    """A time zone by its name in the IANA database; one that is not there is UTC, with a sentence that says so."""
    try:
        return ZoneInfo(name), None
    except (OSError, ValueError, KeyError):  # no such name, or none that could be one
        return ZoneInfo("UTC"), f"There is no time zone {name!r}: times of day are taken as in UTC."


def calendar_cuts(conditions: tuple[Conditions, ...], begin: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants strictly between two, in UTC and in order. A time that comes twice in a night is there twice (I12.FR.37)."""
    times = _times(conditions)
    if not times:
        return []
    found: set[datetime] = set(shifts(begin, end, zone))
    day = begin.astimezone(zone).date() - timedelta(days=1)
    last = end.astimezone(zone).date() + timedelta(days=1)
    while day <= last:
        for at in times:
            wall = datetime.combine(day, at, zone)
            found.update(wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        day += timedelta(days=1)
    return sorted(each for each in found if begin < each < end)


def _times(conditions: tuple[Conditions, ...]) -> set[time]:
    """The times of day at which one of the conditions may change."""
    times: set[time] = set()
    for one in conditions:
        told = [text for text in (one.start_time_of_day, one.end_time_of_day) if text is not None]
        times.update(time.fromisoformat(text) for text in told)
        if told or one.day_of_week or one.valid_from_date or one.valid_to_date:
            times.add(_MIDNIGHT)
    return times


def shifts(begin: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """When local time shifts between two moments, to the second."""
    found: list[datetime] = []
    at = begin.astimezone(UTC).replace(microsecond=0)
    while at < end:
        later = at + _LOOK
        if _offset(at, zone) != _offset(later, zone):
            low, high = at, later
            while high - low > _SECOND:
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (middle, high) if _offset(middle, zone) == _offset(low, zone) else (low, middle)
            found.append(high)
        at = later
    return found


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
