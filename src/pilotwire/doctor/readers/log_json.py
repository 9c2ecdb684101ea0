"""Logs of JSON objects: one a line, pretty-printed over many, or all in one array; Pilotwire's own export, and any whose fields are known.

The names of fields are taken from the user, or looked for in a small table, also one object deeper (`jsonPayload`, `fields`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from pilotwire.doctor.readers.entries import Entry, Hints, Item, Problem, Way, frame_start, json_at, way_of, way_of_word
from pilotwire.doctor.readers.log_lines import Line

_MOST: Final = 1 << 24
_MOST_LINES: Final = 2_000
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "text": ("frame", "message", "msg", "rawmessage", "raw", "payload", "ocppmessage", "ocpp", "data", "body", "content", "text", "log"),
    "time": ("timestamp", "@timestamp", "time", "ts", "at", "datetime", "date", "created", "createdat", "loggedat", "receivedat", "t"),
    "direction": ("direction", "dir", "way", "flow", "sender", "from", "source", "origin", "initiator", "kind", "type", "event"),
    "station": (
        "station", "stationid", "chargepointid", "chargepoint", "chargeboxid", "chargingstationid", "chargingstation", "cpid",
        "identity", "identifier", "chargerid", "deviceid", "clientid", "client", "cp",
    ),
    "connection": ("sessionid", "connectionid", "connection", "session", "socketid"),
}  # fmt: skip
"""Names a field may have, the likeliest first; case, `_` and `-` do not count."""
_PARTS: Final = {
    "type": ("messagetypeid", "messagetype", "typeid"),
    "id": ("messageid", "uniqueid", "uid", "id"),
    "action": ("action", "command", "method"),
    "payload": ("payload", "data", "body", "request", "params"),
}
_TYPES: Final = {
    "call": 2,
    "request": 2,
    "callresult": 3,
    "response": 3,
    "callerror": 4,
    "error": 4,
    "2": 2,
    "3": 3,
    "4": 4,
}


class JsonLog:
    """Reads objects, whatever their fields are called."""

    name = "JSON lines"

    def recognises(self, head: Sequence[str]) -> bool:
        """Whether it begins with an object, or an array of objects."""
        begun = [each.strip() for each in head if each.strip()]
        if not begun:
            return False
        start = begun[1] if begun[0] == "[" and len(begun) > 1 else begun[0].removeprefix("[").strip()
        return start.startswith("{")

    def read(self, lines: Iterable[Line], hints: Hints) -> Iterator[Item]:
        """Each object that holds a frame."""
        names = {each: (hints.fields[each].lower(),) if hints.fields.get(each) else NAMES[each] for each in NAMES}
        for number, found in _objects(lines):
            if isinstance(found, Problem):
                yield found
                continue
            for one in _unfolded(found):
                item = _item(number, one, names, hints)
                if item is not None:
                    yield item


class PilotwireExport(JsonLog):
    """What `pilotwire messages --export` writes: directions as the CSMS sees them."""

    name = "Pilotwire message export"

    def recognises(self, head: Sequence[str]) -> bool:
        """Whether its first line has the fields of an export."""
        first = json_at(next((each for each in head if each.strip()), ""))
        return (
            first is not None
            and isinstance(first[0], dict)
            and {"station", "timestamp", "direction", "frame"} <= set(first[0])
        )

    def read(self, lines: Iterable[Line], hints: Hints) -> Iterator[Item]:
        """Each message."""
        ways: dict[Way, Way] = {"received": "station", "sent": "csms"}
        for item in super().read(lines, hints):
            if isinstance(item, Entry):
                yield Entry(
                    item.at,
                    ways.get(item.way, item.way),
                    item.text,
                    item.where,
                    item.station,
                    item.connection,
                    item.zoned,
                )
            else:
                yield item


def _objects(lines: Iterable[Line]) -> Iterator[tuple[int, dict[str, Any] | Problem]]:
    """The objects, and where each begins."""
    parts: list[str] = []
    began, size = 0, 0
    for number, raw in lines:
        text = raw.strip()
        if not parts:
            text = text.lstrip("[,\ufeff \t")
            if not text or text[0] == "]":
                continue
            began, size = number, 0
        elif raw.startswith("{") and not raw.startswith(("{ ", "{}")):
            whole = json_at(text)  # the line before was torn: this one stands for itself
            if whole is not None and isinstance(whole[0], dict) and len(text) > 2:
                yield began, Problem(f"line {began}", "the JSON of this line is broken")
                parts, began, size = [], number, 0
        parts.append(text)
        size += len(text)
        if text.rstrip(",] \t").endswith("}") or not parts[0].startswith("{"):
            joined = "\n".join(parts)
            found = _several(joined)
            if found is not None:
                yield from ((began, each) for each in found)
                parts = []
            elif not joined.startswith("{"):
                yield began, Problem(f"line {began}", "this is no JSON object")
                parts = []
        if size > _MOST or len(parts) > _MOST_LINES:
            yield began, Problem(f"line {began}", "the JSON that begins here does not end")
            parts = []
    if parts:
        yield began, Problem(f"line {began}", "the JSON that begins here does not end")


def _several(text: str) -> list[dict[str, Any]] | None:
    """The objects that stand one after the other in a text; None: it is not (yet) whole."""
    found, place = [], 0
    while place < len(text):
        if text[place] in ", \t\r\n]":
            place += 1
            continue
        one = json_at(text, place)
        if one is None or not isinstance(one[0], dict):
            return None
        found.append(one[0])
        place = one[1]
    return found


def _unfolded(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """An object, or those of a list in it: some exports put all events into one (`{"events": [...]}`)."""
    lists = [value for value in found.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
    if lists and not any(isinstance(value, str) and frame_start(value) == 0 for value in found.values()):
        yield from (each for each in lists[0] if isinstance(each, dict))
    else:
        yield found


def _item(number: int, found: dict[str, Any], names: dict[str, tuple[str, ...]], hints: Hints) -> Item | None:
    where = f"line {number}"
    flat = _flat(found)
    read = _text(flat, names["text"])
    if read is None:
        return None
    text, before = read
    moment = next((each for each in map(hints.calendar.of, _values(flat, names["time"])) if each is not None), None)
    if moment is None:
        return Problem(where, "there is no time beside the frame")
    said = (way_of_word(one) for one in _values(flat, names["direction"]) if isinstance(one, str))
    way: Way = next(filter(None, said), "") or way_of(before)
    station = next(
        (str(each) for each in _values(flat, names["station"]) if isinstance(each, str | int) and each not in ("", 0)),
        "",
    )
    connection = next((str(each) for each in _values(flat, names["connection"]) if isinstance(each, str | int)), "")
    return Entry(moment.at, way, text, where, station, connection, moment.zoned)


def _plain(name: str) -> str:
    return re.sub(r"[_\- ]", "", name).lower()


def _flat(found: dict[str, Any]) -> dict[str, Any]:
    """The fields by their plain names (and as they are), those of objects inside as well where no outer one has the name."""
    flat: dict[str, Any] = {}
    for name, value in found.items():
        flat[_plain(name)] = flat[name.lower()] = value
    for name, value in found.items():
        if isinstance(value, dict):
            for inner, one in value.items():
                flat.setdefault(_plain(inner), one)
                flat.setdefault(f"{name}.{inner}".lower(), one)
    return flat


def _values(flat: dict[str, Any], names: Iterable[str]) -> Iterator[Any]:
    return (flat[name] for name in names if flat.get(name) is not None)


def _text(flat: dict[str, Any], names: Iterable[str]) -> tuple[str, str] | None:
    """The frame, and what stands before it in its field."""
    for value in _values(flat, names):
        if isinstance(value, list) and len(value) > 2 and value[0] in (2, 3, 4, 5, 6):
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")), ""
        if isinstance(value, str) and (start := frame_start(value)) >= 0:
            end = len(value) if start == 0 else (json_at(value, start) or (None, len(value)))[1]
            return value[start:end], value[:start][-200:]
    composed = _composed(flat)
    return None if composed is None else (composed, "")


def _composed(flat: dict[str, Any]) -> str | None:
    """A frame whose parts are fields of their own."""
    parts = {name: next(_values(flat, names), None) for name, names in _PARTS.items()}
    kind = _TYPES.get(_plain(str(parts["type"])))
    if kind is None or not isinstance(parts["id"], str) or isinstance(parts["payload"], str | int | None):
        return None
    if kind == 2 and not isinstance(parts["action"], str):
        return None
    frame = [kind, parts["id"], *([parts["action"]] if kind == 2 else []), parts["payload"]]
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")) if kind < 4 else None
