"""The clock as the device model has it (ClockCtrlr): the time, and which local time belongs to it; who sets it is in `time_sources`.

The station itself counts in UTC. Local time is for people (displays) and for what is agreed in it (2.1: charging profiles with
useLocalTime); it is given by a time zone, or by an offset that can be told to change at a moment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from pilotwire.domain.device_model import DataType, VariableName
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.variable_table import Declared, fixed, name_of
from pilotwire.station.core.variables import moment_of
from pilotwire.station.hardware.ports import StationLayout

TIME_ZONE = "ClockCtrlr.TimeZone"
TIME_OFFSET = "ClockCtrlr.TimeOffset"
NEXT_OFFSET = "ClockCtrlr.TimeOffset[NextTransition]"
TRANSITION = "ClockCtrlr.NextTimeOffsetTransitionDateTime"
_DAY = timedelta(days=1)
_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])\Z")


# --- local time -----------------------------------------------------------------------------------------------------


def local_time(station: Station, moment: datetime) -> datetime:
    """`moment` (aware) as a clock on the wall of the station would show it: by its time zone, else by its offset, else in UTC.

    The offset that is to come counts from its transition on, so what lies ahead can be asked for too.
    """
    return moment.astimezone(_zone_at(station, moment))


def _zone_at(station: Station, moment: datetime) -> tzinfo:
    text = station.variables.text
    if text(TIME_ZONE):
        return _zone(text(TIME_ZONE)) or UTC
    transition = moment_of(text(TRANSITION))
    later = transition is not None and moment >= transition and text(NEXT_OFFSET)
    offset = _offset(text(NEXT_OFFSET if later else TIME_OFFSET))
    return UTC if offset is None else timezone(offset)


def local_shifts(station: Station, start: datetime, end: datetime) -> tuple[tuple[datetime, timedelta], ...]:
    """The moments after `start` and before `end` at which local time jumps, each with the offset to UTC from then on."""
    text = station.variables.text
    if text(TIME_ZONE):
        years = range(start.year, end.year + 1)
        found = [each for year in years for each in _shifts_of(text(TIME_ZONE), year)]
    else:
        transition, offset = moment_of(text(TRANSITION)), _offset(text(NEXT_OFFSET))
        found = [] if transition is None or offset is None else [(transition, offset)]
    return tuple(each for each in found if start < each[0] < end)


@lru_cache(maxsize=256)
def _shifts_of(name: str, year: int) -> tuple[tuple[datetime, timedelta], ...]:
    """Those of a time zone within a year (in UTC), to the second; two within one day would be taken for one."""
    zone = _zone(name) or UTC
    day, found = datetime(year, 1, 1, tzinfo=UTC), []
    while day.year == year:
        if _ahead(day, zone) != _ahead(day + _DAY, zone):
            moment = _first_with_another(day, zone)
            found.append((moment, _ahead(moment, zone)))
        day += _DAY
    return tuple(found)


def _ahead(moment: datetime, zone: tzinfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _first_with_another(day: datetime, zone: tzinfo) -> datetime:
    """The first second of a day with another offset than its first one."""
    before, low, high = _ahead(day, zone), 0, 86_400
    while high - low > 1:
        middle = (low + high) // 2
        if _ahead(day + timedelta(seconds=middle), zone) == before:
            low = middle
        else:
            high = middle
    return day + timedelta(seconds=high)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo | None:
    """The zone of a name, None if there is none of it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _offset(text: str) -> timedelta | None:
    found = _OFFSET.match(text)
    if found is None:
        return None
    sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return -offset if sign == "-" else offset


def _is_offset(_station: Station, value: str) -> bool:
    return value == "" or _offset(value) is not None


def _is_zone(_station: Station, value: str) -> bool:
    return value == "" or _zone(value) is not None


# --- the transition -------------------------------------------------------------------------------------------------


def _deadline(station: Station) -> datetime | None:
    transition = moment_of(station.variables.text(TRANSITION))
    return None if transition is None else transition - station.offset


def _due(station: Station) -> None:
    """Go over to the next offset at its moment; both are then used up."""
    at = _deadline(station)
    if at is None or at > station.now:
        return
    following = station.variables.text(NEXT_OFFSET)
    if following:
        station.variables.put(TIME_OFFSET, following)
    station.variables.put(NEXT_OFFSET, "")
    station.variables.put(TRANSITION, "")


# --- the street -----------------------------------------------------------------------------------------------------

_ONLY_2 = (
    fixed("ClockCtrlr.DateTime", "", DataType.DATE_TIME),
    Declared(name_of(TIME_ZONE), DataType.STRING, "", high=64),
    Declared(name_of(TIME_OFFSET), DataType.STRING, "", high=6),
    Declared(name_of(NEXT_OFFSET), DataType.STRING, "", high=6),
    Declared(name_of(TRANSITION), DataType.DATE_TIME, ""),
)
_HIDDEN_IN_16 = (
    fixed(TIME_ZONE, "", DataType.STRING),
    fixed(TIME_OFFSET, "", DataType.STRING),
    fixed(NEXT_OFFSET, "", DataType.STRING),
    fixed(TRANSITION, "", DataType.DATE_TIME),
)
"""1.6 has no keys for these: its station counts in UTC, and its owner may give it a zone from inside."""


def _variables(family: Family, _layout: StationLayout) -> Iterable[Declared]:
    return _HIDDEN_IN_16 if family is Family.OCPP16 else _ONLY_2


def _now(station: Station, _name: VariableName) -> str:
    return station.stamp().isoformat(timespec="milliseconds").replace("+00:00", "Z")


STREET = Street(
    "clock",
    variables=_variables,
    live={("clockctrlr", "datetime"): _now},
    checks={TIME_ZONE: _is_zone, TIME_OFFSET: _is_offset, NEXT_OFFSET: _is_offset},
    deadline=_deadline,
    due=_due,
)
