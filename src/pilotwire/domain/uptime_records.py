"""Reading recorded histories: JSON lines or CSV of statuses and connections, from wherever they were kept.

A line says that a connector was in a state (`station`, `timestamp`, `evseId`, `connectorId`, `status`, `errorCode`) or that a station
connected or went (`station`, `timestamp`, `connected`). Without `evseId` the `connectorId` is one of 1.6: 0 is the station, and connector n
is EVSE n. Lines of the CSMS's message log (`frame`) and of its live events (`connector`) are understood as well; what they tell of other
things is passed over.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from pilotwire.domain.availability import Activity, Availability
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.uptime import ConnectionChange, Excluded, ExclusionReason, History, PortStatus, told_at
from pilotwire.domain.uptime_periods import Interval
from pilotwire.errors import ConfigError

_T = TypeVar("_T")
STATUS_EXAMPLE: Final = (
    '{"station": "CS-0001", "timestamp": "2026-01-31T12:00:00Z", "evseId": 1, "connectorId": 1, "status": "Faulted"}'
)
_WORDS: Final[Mapping[str, Availability]] = {
    **{each.value.lower(): each for each in Availability},
    **{each.value.lower(): Availability.OCCUPIED for each in Activity},
}
_NO_ERROR: Final = "NoError"


class _LineError(Exception):
    """What is wrong with a line."""


def read_history(lines: Iterable[str], name: str) -> dict[str, History]:
    """The histories of the stations in a file, by station. Raises ConfigError that names the line and says what it lacks."""
    statuses: defaultdict[str, list[PortStatus]] = defaultdict(list)
    connections: defaultdict[str, list[ConnectionChange]] = defaultdict(list)
    for station, told in _each(lines, name, _observation):
        if isinstance(told, PortStatus):
            statuses[station].append(told)
        elif told is not None:
            connections[station].append(told)
    stations = sorted({*statuses, *connections})
    if not stations:
        raise ConfigError(f"{name} has no statuses in it.", f"A line looks like {STATUS_EXAMPLE}")
    return {
        station: History(statuses=tuple(statuses[station]), connections=tuple(connections[station]))
        for station in stations
    }


def read_exclusions(lines: Iterable[str], name: str) -> dict[str, tuple[Excluded, ...]]:
    """Exclusions of a file, by station: `station`, `since`, `until`, `reason`, and perhaps `evseIds`. Raises ConfigError."""
    found: defaultdict[str, list[Excluded]] = defaultdict(list)
    for station, excluded in _each(lines, name, _excluded):
        found[station].append(excluded)
    return {station: tuple(each) for station, each in found.items()}


def recorded_between(histories: Iterable[History]) -> Interval:
    """From the first to the last thing that histories tell."""
    known = list(histories)
    times = [each.at for history in known for each in history.statuses]
    times += [each.at for history in known for each in history.connections]
    return Interval(since=min(times), until=max(times))


# --- lines -----------------------------------------------------------------------------------------------------------


def _each(
    lines: Iterable[str], name: str, read: Callable[[Mapping[str, Any]], tuple[str, _T]]
) -> Iterator[tuple[str, _T]]:
    for number, line in _records(lines, name):
        try:
            yield read(line)
        except _LineError as error:
            raise ConfigError(f"{name}, line {number}: {error}.", "Mend that line.") from None


def _records(lines: Iterable[str], name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip("\ufeff \t\r\n"))
    first = next(numbered, None)
    if first is None:
        raise ConfigError(f"{name} is empty.", f"A line looks like {STATUS_EXAMPLE}")
    begin = first[1].lstrip("\ufeff \t")
    if begin.startswith("["):
        raise ConfigError(f"{name} is one JSON list, not JSON lines.", f"Write one object a line: {STATUS_EXAMPLE}")
    if begin.startswith("{"):
        yield first[0], _object(begin, first[0], name)
        for number, line in numbered:
            yield number, _object(line, number, name)
    else:
        yield from _rows(begin, first[0], numbered, name)


def _object(line: str, number: int, name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"{name}, line {number}: this is no JSON: {error}.", f"A line looks like {STATUS_EXAMPLE}"
        ) from None
    if not isinstance(found, dict):
        raise ConfigError(f"{name}, line {number}: this is no JSON object.", f"A line looks like {STATUS_EXAMPLE}")
    return found


def _rows(
    header: str, number: int, lines: Iterable[tuple[int, str]], name: str
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    delimiter = ";" if ";" in header and "," not in header else ","
    names = [each.strip() for each in _row(header, delimiter, number, name)]
    if "station" not in names:
        raise ConfigError(
            f"{name} is neither JSON lines nor CSV: its first line has no column `station`.",
            "CSV begins with the names of its columns: station,timestamp,evseId,connectorId,status,errorCode,connected",
        )
    for at, line in lines:
        cells = _row(line, delimiter, at, name)
        if len(cells) != len(names):
            raise ConfigError(
                f"{name}, line {at}: it has {len(cells)} fields, the first line has {len(names)}.", "Mend that line."
            )
        yield at, {key: cell.strip() for key, cell in zip(names, cells, strict=True) if cell.strip()}


def _row(line: str, delimiter: str, number: int, name: str) -> Sequence[str]:
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise ConfigError(f"{name}, line {number}: this is no CSV: {error}.", "Mend that line.") from None


# --- what a line says ------------------------------------------------------------------------------------------------


def _observation(line: Mapping[str, Any]) -> tuple[str, PortStatus | ConnectionChange | None]:
    station = _text(line, "station")
    if "frame" in line:
        return station, _of_frame(line)
    if isinstance(line.get("connector"), dict):
        connector: Mapping[str, Any] = line["connector"]
        evse = connector.get("evse")
        place = evse if isinstance(evse, dict) else {}
        told = {"evseId": place.get("id"), "connectorId": place.get("connectorId"), **connector}
        return station, _status(told, _moment(connector, "timestamp"))
    at = _moment(line, "timestamp")
    if line.get("connected") not in (None, ""):
        return station, ConnectionChange(at=at, connected=_yes_or_no(line["connected"]))
    return station, _status(line, at)


def _of_frame(line: Mapping[str, Any]) -> PortStatus | None:
    """What a line of the message log tells, if it is a StatusNotification a station sent."""
    if line.get("action") not in (None, "StatusNotification") or line.get("direction") not in (None, "in"):
        return None
    try:
        frame = json.loads(line["frame"])
    except (ValueError, TypeError, RecursionError):
        return None  # what a station sent that is no frame told of nothing
    is_call = isinstance(frame, list) and len(frame) == 4 and frame[0] == 2 and frame[2] == "StatusNotification"
    if not is_call or not isinstance(frame[3], dict):
        return None
    received = _moment(line, "timestamp")
    try:
        told = _moment(frame[3], "timestamp") if "timestamp" in frame[3] else None
        return _status(frame[3], told_at(told, received))
    except _LineError:
        return None  # it was answered with an error then


def _status(line: Mapping[str, Any], at: datetime) -> PortStatus:
    said = line.get("status") or line.get("connectorStatus")
    if not said:
        raise _LineError("neither `status` nor `connected` is in it")
    availability = _WORDS.get(str(said).lower())
    if availability is None:
        known = ", ".join(each.value for each in (*Availability, *Activity))
        raise _LineError(f"{str(said)[:60]!r} is no status of a connector: {known} are")
    connector = _number(line, "connectorId")
    evse = _number(line, "evseId")
    if evse is None and connector is None:
        raise _LineError("it names no connector: `evseId` and `connectorId` are missing")
    if evse is None:  # 1.6 numbers connectors through the station
        evse, connector = (connector, 1 if connector else None) if connector is not None else (0, None)
    code = line.get("errorCode")
    return PortStatus(
        at=at,
        address=EvseAddress(evse=evse, connector=connector),
        availability=availability,
        code=str(code) if code and code != _NO_ERROR else None,
    )


def _excluded(line: Mapping[str, Any]) -> tuple[str, Excluded]:
    since, until = _moment(line, "since"), _moment(line, "until")
    if until <= since:
        raise _LineError("`until` is not after `since`")
    said = _text(line, "reason")
    if said not in {each.value for each in ExclusionReason}:
        known = ", ".join(each.value for each in ExclusionReason)
        raise _LineError(f"{said!r} is no reason of the rule: {known} are")
    evses = line.get("evseIds") or []
    listed = evses if isinstance(evses, list) else str(evses).split(";")
    numbers = tuple(_number({"evseIds": each}, "evseIds") or 0 for each in listed)
    return _text(line, "station"), Excluded(since=since, until=until, reason=ExclusionReason(said), evses=numbers)


def _text(line: Mapping[str, Any], name: str) -> str:
    value = line.get(name)
    if not isinstance(value, str) or not value:
        raise _LineError(f"`{name}` is missing")
    return value


def _number(line: Mapping[str, Any], name: str) -> int | None:
    value = line.get(name)
    if value is None or value == "":
        return None
    text = str(value).strip()
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or len(text) > 9:
        raise _LineError(f"`{name}` is {text[:60]!r}, but a whole number is wanted")
    return int(text)


def _yes_or_no(value: object) -> bool:
    known = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
    answer = known.get(str(value).lower())
    if answer is None:
        raise _LineError(f"`connected` is {str(value)[:60]!r}, but true or false is wanted")
    return answer


def _moment(line: Mapping[str, Any], name: str) -> datetime:
    value = line.get(name)
    if not value:
        raise _LineError(f"`{name}` is missing")
    try:
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is None:
            raise _LineError(f"`{name}` is {str(value)[:60]!r}: its time zone is missing, as in 2026-01-31T12:00:00Z")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _LineError(f"`{name}` is {str(value)[:60]!r}, but a time like 2026-01-31T12:00:00Z is wanted") from None
