"""What the readers of logs bring up: frames with the log's words for their direction, ends of connections, what cannot be read."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Protocol

from pilotwire.doctor.readers.log_lines import Line
from pilotwire.doctor.readers.moments import Calendar

Way = Literal["station", "csms", "sent", "received", ""]
"""Who sent a frame; or whether the writer of the log sent or received it; "" where the log does not say."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A frame in a log. `zoned`: its time says its zone; `connection` is the log's own name for it."""

    at: datetime
    way: Way
    text: str
    where: str
    station: str = ""
    connection: str = ""
    zoned: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    """A place that seems to hold a frame and cannot be read."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A connection's end, as the log tells it."""

    at: datetime
    what: str
    where: str
    station: str = ""
    connection: str = ""


Item = Entry | Problem | Ended


@dataclass(frozen=True, slots=True)
class Hints:
    """What the user says of a log: names of fields (`text`, `time`, `direction`, `station`, `connection`), and for its times."""

    fields: Mapping[str, str] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)


class LogReader(Protocol):
    """Reads one format."""

    @property
    def name(self) -> str:
        """The format, for people."""
        ...

    def recognises(self, head: Sequence[str]) -> bool:
        """Whether a log beginning with these lines is of this format."""
        ...

    def read(self, lines: Iterable[Line], hints: Hints) -> Iterator[Item]:
        """What is in it; never raises for what is in it."""
        ...


_WORDS: Final[dict[str, Way]] = {
    **dict.fromkeys(
        (
            "received",
            "receive",
            "receiving",
            "recv",
            "rcv",
            "rx",
            "in",
            "inbound",
            "incoming",
            "<-",
            "<--",
            "<<",
            "<",
            "<=",
        ),
        "received",
    ),
    **dict.fromkeys(
        ("sent", "send", "sending", "snd", "tx", "out", "outbound", "outgoing", "->", "-->", ">>", ">", "=>"), "sent"
    ),
    **dict.fromkeys(
        ("station", "chargepoint", "chargingstation", "chargebox", "cp", "cs", "charger", "evse", "client"), "station"
    ),
    **dict.fromkeys(("csms", "centralsystem", "backend", "server", "cms", "cpms"), "csms"),
}
_OPPOSITE: Final[dict[Way, Way]] = {"station": "csms", "csms": "station"}
_TOKEN: Final = re.compile(r"[A-Za-z]+|<?[-=]+>|<[-=]+>?|<<|>>")
_SOMEBODY: Final = (
    r"(charge[ _]?point|charging[ _]?station|charge[ _]?box|station|charger|evse|cp|cs|csms"
    r"|central[ _]?system|backend|server|cms|cpms)"
)
_PAIR: Final = re.compile(rf"\b{_SOMEBODY}\s*(?:[-=]*>|→|\bto\b|_to_|2)\s*{_SOMEBODY}\b", re.IGNORECASE)
_START: Final = re.compile(r"\[\s*[2-6]\s*,\s*\"")
_DECODER: Final = json.JSONDecoder()


def way_of(words: str) -> Way:
    """What a log's words before a frame say of its direction; the last word counts, except in `ChargePoint>CentralSystem`."""
    pair = deque(_PAIR.finditer(words), 1)
    if pair:
        first, second = (_WORDS.get(re.sub(r"[ _]", "", each).lower(), "") for each in pair[0].groups())
        if {first, second} == {"station", "csms"}:
            return first
    found: Way = ""
    for token in _TOKEN.findall(words):
        said = _WORDS.get(token.lower(), "")
        if said in ("sent", "received"):
            found = said
    return found


def way_of_word(word: str) -> Way:
    """What one value of a field says of the direction: `in`, `fromStation`, `CP->CSMS`."""
    plain = re.sub(r"[ _]", "", word).lower().removesuffix("message")
    if plain in _WORDS:
        return _WORDS[plain]
    for prefix, turned in (("from", False), ("to", True)):
        who = _WORDS.get(plain.removeprefix(prefix), "") if plain.startswith(prefix) else ""
        if who in ("station", "csms"):
            return _OPPOSITE[who] if turned else who
    return way_of(word)


def frame_start(text: str, start: int = 0) -> int:
    """Where the first frame in a text begins; -1: there is none."""
    found = _START.search(text, start)
    return -1 if found is None else found.start()


def json_at(text: str, start: int = 0) -> tuple[Any, int] | None:
    """The JSON value that begins at a place, and where it ends; None: it is broken, or not whole."""
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None


def head_of_call(text: str) -> tuple[int, str, str] | None:
    """Type, message id and action ("" in answers) of a frame; None: it is not even that much of one."""
    found = re.match(r'\s*\[\s*([2-6])\s*,\s*"((?:[^"\\]|\\.){0,255})"\s*,\s*(?:"((?:[^"\\]|\\.){0,120})")?', text)
    if found is None:
        return None
    return int(found[1]), found[2], (found[3] or "") if found[1] in "26" else ""
