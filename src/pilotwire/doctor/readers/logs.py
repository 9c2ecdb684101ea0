"""A log becomes a recording: which format it is, whose log it is, frames with their sender, and what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import Final

from pilotwire.doctor.conversation.heard import Heard, Sender
from pilotwire.doctor.findings import Chart, Layer
from pilotwire.doctor.readers.entries import Ended, Entry, Hints, Item, LogReader, Problem, head_of_call
from pilotwire.doctor.readers.log_everest import EverestHtml, EverestText
from pilotwire.doctor.readers.log_json import JsonLog, PilotwireExport
from pilotwire.doctor.readers.log_lines import Line, Torn, lines_of
from pilotwire.doctor.readers.log_text import any_text, python_ocpp, steve
from pilotwire.doctor.readers.recording import Recording, Teller
from pilotwire.doctor.rules import capture as rules
from pilotwire.errors import ConfigError
from pilotwire.ocpp.registry import ACTIONS
from pilotwire.ocpp.version import OcppVersion

_HEAD: Final = 400
"""Lines by which a format is recognised."""
FORMATS: Final[tuple[Callable[[], LogReader], ...]] = (
    PilotwireExport,
    EverestHtml,
    EverestText,
    steve,
    python_ocpp,
    JsonLog,
    any_text,
)
"""In the order in which they are asked: the most special first."""
_OTHER: Final[dict[Sender, Sender]] = {"station": "csms", "csms": "station"}
_MOST_OPEN: Final = 10_000


@dataclass(frozen=True, slots=True)
class Told:
    """What the user says of a log. `side` is who wrote it (None: it is found out), `station` whose frames they are
    where the log does not say.
    """

    hints: Hints = field(default_factory=Hints)
    side: Sender | None = None
    station: str = ""
    version: OcppVersion | None = None


def read_log(path: Path, told: Told) -> Recording:
    """A log. It is gone through once to see what it is; its frames are read from the file again whenever they are asked for.

    Raises ConfigError if the file cannot be opened, or no line of it holds a frame in a form that is known.
    """
    make = _format(path)
    survey = _survey(path, make, told)
    if not survey.frames and not survey.problems and not survey.ended:
        raise ConfigError(
            f"{path} holds no OCPP messages in a form that is known.",
            'Lines must hold the frame itself, [2,"id","Action",{...}], with a time before it, or be JSON with such a field.',
        )
    side = told.side or survey.side
    chart = Chart()
    survey.judge(told, chart)
    heard = _Frames(path, make, told, side)
    stations = tuple(survey.stations) or ((told.station,) if told.station else ())
    return Recording(f"log ({make().name})", heard, chart, (), stations, survey.frames, survey.problems)


def _format(path: Path) -> Callable[[], LogReader]:
    head = [each.text for each in islice(lines_of(path), _HEAD) if isinstance(each, Line)]
    recognised = next((each for each in FORMATS[:-1] if each().recognises(head)), None)
    return recognised or FORMATS[-1]


def _items(path: Path, make: Callable[[], LogReader], told: Told) -> Iterator[Item]:
    torn: list[Problem] = []

    def lines() -> Iterator[Line]:
        for each in lines_of(path):
            if isinstance(each, Torn):
                torn.append(Problem(f"line {each.number}", each.what))
            else:
                yield each

    return chain(make().read(lines(), told.hints), torn)


@dataclass(slots=True)
class _Survey:
    """What a first reading shows."""

    frames: int = 0
    problems: int = 0
    votes: Counter[Sender] = field(default_factory=Counter)
    stations: dict[str, None] = field(default_factory=dict)
    relative: int = 0
    """Frames with sent or received."""
    unzoned: int = 0
    ended: int = 0
    teller: Teller = field(default_factory=Teller)

    @property
    def side(self) -> Sender:
        """Who has written the log: most likely a backend, where nothing shows it."""
        return "station" if self.votes["station"] > self.votes["csms"] else "csms"

    def take(self, item: Item) -> None:
        """Count one."""
        if isinstance(item, Problem):
            self.problems += 1
            self.teller.tell(rules.LOG_UNREADABLE, f"Lines cannot be read: {item.what}.", at=item.where)
        elif isinstance(item, Ended):
            self.ended += 1
            self.teller.tell(rules.LOG_CLOSED, f"The log tells: {item.what}", station=item.station, at=item.where)
        else:
            self._entry(item)

    def _entry(self, item: Entry) -> None:
        self.frames += 1
        self.unzoned += not item.zoned
        if item.station:
            self.stations[item.station] = None
        if item.way in ("sent", "received"):
            self.relative += 1
            caller = _caller(item.text)
            if caller is not None:
                # BootNotification says it for sure; a wrong word of one odd log elsewhere must not outweigh it
                weight = 1000 if '"BootNotification"' in item.text[:120] else 1
                self.votes[caller if item.way == "sent" else _OTHER[caller]] += weight

    def judge(self, told: Told, chart: Chart) -> None:
        """Findings and facts."""
        self.teller.into(chart)
        if self.unzoned:
            what = f"The times of the log do not say their time zone: they are taken as {told.hints.calendar.zone}."
            chart.find(rules.LOG_NO_ZONE, what, count=self.unzoned)
        if self.relative and told.side is None and not self.votes:
            what = "Nothing in the log shows whether the station or the backend has written it: it is taken for the backend's."
            chart.find(rules.LOG_SIDE_GUESSED, what)
        elif self.relative and told.side is None:
            who = "station" if self.side == "station" else "backend"
            chart.note(Layer.ASKED, "Log written by", f"the {who}, to judge by who sends what")
        if not self.frames:
            chart.find(rules.LOG_EMPTY, "There are no messages in the log that could be read.")
        chart.note(
            Layer.ASKED, "Messages in the log", f"{self.frames} read, {self.problems} places that cannot be read"
        )


def _survey(path: Path, make: Callable[[], LogReader], told: Told) -> _Survey:
    survey = _Survey()
    for item in _items(path, make, told):
        survey.take(item)
    return survey


@dataclass(frozen=True, slots=True)
class _Frames:
    """The frames of a log, read anew each time they are gone through."""

    path: Path
    make: Callable[[], LogReader]
    told: Told
    side: Sender

    def __iter__(self) -> Iterator[Heard]:
        senders, connections = _Senders(self.side), _Connections()
        for item in _items(self.path, self.make, self.told):
            if isinstance(item, Entry):
                station = item.station or self.told.station
                sender, number = senders.of(item, station), connections.of(station, item.connection)
                if sender is not None:
                    yield Heard(item.at, station, sender, item.text, self.told.version, item.where, number)


class _Senders:
    """Who has sent a frame: as the log says it, else by what only one of them says, else by the call that is answered."""

    def __init__(self, side: Sender) -> None:
        self._side = side
        self._calls: dict[tuple[str, str], Sender] = {}

    def of(self, item: Entry, station: str) -> Sender | None:
        """The sender; the station's where nothing tells."""
        sender = self._said(item) or self._shown(item.text, station)
        head = head_of_call(item.text)
        if head is not None and head[0] == 2:
            if len(self._calls) > _MOST_OPEN:
                self._calls.clear()
            self._calls[station, head[1]] = sender
        return sender

    def _said(self, item: Entry) -> Sender | None:
        if item.way == "station" or item.way == "csms":
            return item.way
        if item.way == "sent":
            return self._side
        return _OTHER[self._side] if item.way == "received" else None

    def _shown(self, text: str, station: str) -> Sender:
        head = head_of_call(text)
        if head is not None and head[0] in (3, 4):
            caller = self._calls.pop((station, head[1]), None)
            return "csms" if caller is None else _OTHER[caller]
        return _caller(text) or "station"


class _Connections:
    """Numbers for the names a log has for a station's connections, in the order in which they come."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._counts: Counter[str] = Counter()

    def of(self, station: str, name: str) -> int:
        """The number of a connection."""
        key = (station, name)
        if key not in self._numbers:
            self._numbers[key] = self._counts[station]
            self._counts[station] += 1
        return self._numbers[key]


def _caller(text: str) -> Sender | None:
    """Who alone may send this call; None: both may, or it is no call."""
    head = head_of_call(text)
    return None if head is None or head[0] not in (2, 6) else _alone(head[2])


@cache
def _alone(action: str) -> Sender | None:
    senders = {actions[action].sender for actions in ACTIONS.values() if action in actions}
    if senders == {"station"}:
        return "station"
    return "csms" if senders == {"csms"} else None
