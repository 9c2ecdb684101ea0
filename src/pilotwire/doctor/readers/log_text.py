"""Logs in lines of text: those of SteVe, of the Python package `ocpp`, and any other that writes a time, a direction, and the frame.

A frame may go on over the next lines, until its JSON ends or a line begins with another frame or time.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from pilotwire.doctor.readers.entries import Ended, Entry, Hints, Item, Problem, Way, frame_start, json_at, way_of
from pilotwire.doctor.readers.log_lines import Line
from pilotwire.doctor.readers.moments import Moment

_NEAR: Final = 500
"""Characters of a line that are looked at for its time, and before a frame for its direction."""
_MOST_LINES: Final = 5_000
_MOST: Final = 1 << 24
_OPENING: Final = re.compile(r"\[\s*(?:[2-6]\s*,\s*)?$")
"""The end of a line with which a pretty-printed frame may begin."""
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
_STATION: Final = re.compile(
    r"\b(?:charge[ _-]?(?:box|point)[ _-]?id|charging[ _-]?station(?:[ _-]?id)?|station(?:[ _-]?id)?|cp[ _-]?id|identity)\s*[=:]\s*[\"']?"
    r"([^\s,;\"'\])}]+)",
    re.IGNORECASE,
)
_SESSION: Final = re.compile(r"\b(?:session|connection|conn)[ _-]?id\s*[=:]\s*[\"']?([\w.:-]+)", re.IGNORECASE)


@dataclass(slots=True)
class _Open:
    """A frame that goes on over more lines."""

    number: int
    moment: Moment
    way: Way
    station: str
    connection: str
    parts: list[str]
    size: int = 0


@dataclass(slots=True)
class TextLog:
    """Any log of lines. `head` finds a line that brings a frame, with the groups `station`, `session`, `way`, where it has them; the
    frame follows it. Without one, the frame itself is looked for.
    """

    name: str = "lines of text"
    head: re.Pattern[str] | None = None
    marks: tuple[str, ...] = ("",)
    """One of them is in every line that `head` finds: most lines need not be looked at closer."""
    ends: re.Pattern[str] | None = None
    """Finds a line that tells of the end of a connection; with the groups `station`, `session`, `what`."""
    words: tuple[tuple[str, Way], ...] = ()
    _last: Moment | None = field(default=None, init=False)
    _context: str = field(default="", init=False)
    """The last line with a time: a frame on a line of its own belongs to it."""

    def recognises(self, head: Sequence[str]) -> bool:
        """Whether one of the lines brings a frame in this way."""
        return any(self._begins(_COLOURS.sub("", each)) is not None for each in head)

    def read(self, lines: Iterable[Line], hints: Hints) -> Iterator[Item]:
        """Frames, ends of connections, and what cannot be read."""
        self._last, self._context, waiting = None, "", None
        for number, raw in lines:
            text = _COLOURS.sub("", raw)
            begun = self._begins(text)
            if waiting is not None:
                if begun is None and not self._is_other(text, hints) and self._more(waiting, text):
                    whole = json_at(_joined(waiting)) if text.rstrip().endswith("]") else None
                    if whole is None:
                        continue
                    if frame_start(_joined(waiting)) == 0:
                        yield _entry(waiting, whole[1])
                    waiting = None
                    continue
                yield from self._torn(waiting)
                waiting = None
            if begun is not None:
                item = self._open(number, text, begun, hints)
                if isinstance(item, _Open):
                    waiting = item
                elif item is not None:
                    yield item
                continue
            yield from self._other(number, text, hints)
        if waiting is not None:
            yield from self._torn(waiting)

    def _begins(self, text: str) -> tuple[int, re.Match[str] | None] | None:
        """Where in a line a frame begins."""
        if self.head is None:
            start = frame_start(text)
            opening = _OPENING.search(text) if start < 0 else None
            if opening is not None:
                start = opening.start()
            return None if start < 0 else (start, None)
        found = self.head.search(text) if any(each in text for each in self.marks) else None
        return None if found is None else (found.end(), found)

    def _open(
        self, number: int, text: str, begun: tuple[int, re.Match[str] | None], hints: Hints
    ) -> Item | _Open | None:
        start, found = begun
        before = text[:start] if text[:start].strip() else self._context
        before = before if len(before) <= 2 * _NEAR else before[:_NEAR] + " " + before[-_NEAR:]
        self._last = moment = hints.calendar.find(before) or self._last
        if moment is None:
            moment = hints.calendar.find(text[start : start + _NEAR]) if found is None else None
        if moment is None and found is None and frame_start(text, start) != start:
            return None  # only the end of a line that looks like the beginning of a frame
        if moment is None:
            return Problem(f"line {number}", "there is no time before the frame")
        groups = {} if found is None else found.groupdict()
        way = self._way(groups["way"]) if groups.get("way") else way_of(before)
        station, session = (
            groups.get("station") or _nearest(_STATION, before),
            groups.get("session") or _nearest(_SESSION, before),
        )
        frame = text[start:].strip()
        opened = _Open(number, moment, way, station, session, [frame], len(frame))
        whole = json_at(frame)
        return opened if whole is None else _entry(opened, whole[1])

    def _way(self, word: str) -> Way:
        return dict(self.words).get(word.lower(), way_of(word))

    def _is_other(self, text: str, hints: Hints) -> bool:
        """Whether a line begins something else: it has a time near its beginning, and no JSON before it."""
        if not text.strip():
            return False
        moment = hints.calendar.find(text[:60])
        return moment is not None and not set(text[: moment.start]) & set('{}",') and not text[0].isspace()

    def _more(self, waiting: _Open, text: str) -> bool:
        waiting.parts.append(text)
        waiting.size += len(text)
        return len(waiting.parts) <= _MOST_LINES and waiting.size <= _MOST

    def _torn(self, waiting: _Open) -> Iterator[Item]:
        """A frame whose JSON does not end: in a log that writes frames whole, that is how it was on the wire."""
        if self.head is not None and waiting.parts[0]:
            waiting.parts = waiting.parts[:1]
            yield _entry(waiting, len(waiting.parts[0]))
        elif self.head is None and frame_start(_joined(waiting)) == 0:
            yield Problem(f"line {waiting.number}", "the frame is cut, or its JSON is broken")

    def _other(self, number: int, text: str, hints: Hints) -> Iterator[Item]:
        moment = hints.calendar.find(text[:200])
        if moment is not None:
            self._last, self._context = moment, text[:1000]
        found = self.ends.search(text) if self.ends is not None else None
        if found is not None and self._last is not None:
            groups = found.groupdict()
            what, station = groups.get("what") or found[0], groups.get("station") or ""
            yield Ended(self._last.at, what.strip(), f"line {number}", station, groups.get("session") or "")


def _entry(opened: _Open, end: int) -> Entry:
    text, moment = _joined(opened)[:end], opened.moment
    return Entry(moment.at, opened.way, text, f"line {opened.number}", opened.station, opened.connection, moment.zoned)


def _joined(opened: _Open) -> str:
    return "\n".join(opened.parts).strip() if len(opened.parts) > 1 else opened.parts[0]


def _nearest(pattern: re.Pattern[str], text: str) -> str:
    """The last one: it stands nearest to the frame."""
    found = deque(pattern.finditer(text), 1)
    return found[0][1] if found else ""


_BOX: Final = r"\[chargeBoxId=(?P<station>[^,\]]*),\s*sessionId=(?P<session>[^\]]*)\]\s*"


def steve() -> TextLog:
    """SteVe, a backend: `[chargeBoxId=..., sessionId=...] Received: [2,...]`."""
    head, ends = (
        re.compile(_BOX + r"(?P<way>Received|Sending)[^:\[{]{0,40}:\s*"),
        re.compile(_BOX + r"(?P<what>Connection is closed.*)"),
    )
    return TextLog("SteVe", head, ("[chargeBoxId=",), ends, (("received", "station"), ("sending", "csms")))


def python_ocpp() -> TextLog:
    """The logger of the Python package `ocpp`: `CP001: receive message [2,...]`, `CP001: send [3,...]`."""
    return TextLog(
        "Python package ocpp",
        re.compile(r"(?:^|[\s:\-\]|])(?P<station>[^\s:\[\]]{1,100}): (?P<way>receive message|send) (?=\[)"),
        (": receive message [", ": send ["),
    )


def any_text() -> TextLog:
    """Any line with a time, a direction and a frame."""
    ends = re.compile(
        r"(?P<what>(?:web ?socket|connection)\b.{0,40}\b(?:closed|lost|dropped|disconnected)\b.{0,120})", re.IGNORECASE
    )
    return TextLog(ends=ends)
