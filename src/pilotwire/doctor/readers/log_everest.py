"""The message logs of EVerest (libocpp), a station: `ChargePoint>CentralSystem` with the JSON on the lines below, and the same as HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pilotwire.doctor.readers.entries import Ended, Entry, Hints, Item, Problem, Way, json_at
from pilotwire.doctor.readers.log_lines import Line
from pilotwire.doctor.readers.moments import Moment

_WHO: Final = "ChargePoint|CentralSystem|SYS"
_HEAD: Final = re.compile(rf"^(?P<time>\S+):\s+(?P<who>{_WHO})>(?P<whom>\w*)\s*(?P<rest>.*)$")
_ROW: Final = re.compile(
    rf'<tr class="(?P<who>{_WHO})">\s*<td>(?P<time>[^<]*)</td>(?P<cells>.*?)(?:<pre[^>]*>(?P<frame>.*?)</pre>.*)?</tr>',
    re.DOTALL,
)
_TAG: Final = re.compile(r"<[^>]*>")
_LONGEST: Final = 1 << 24
_WAYS: Final[dict[str, Way]] = {"ChargePoint": "station", "CentralSystem": "csms"}


class EverestText:
    """The log in text: a line that says when and who, the frame below it, an empty line."""

    name = "EVerest"

    def recognises(self, head: Sequence[str]) -> bool:
        """Whether there is a line that says who."""
        return any(_HEAD.match(each) for each in head)

    def read(self, lines: Iterable[Line], hints: Hints) -> Iterator[Item]:
        """Frames and what the station says of its connection."""
        opened: tuple[int, re.Match[str]] | None = None
        parts: list[str] = []
        count = _Connections()
        for number, text in lines:
            found = _HEAD.match(text)
            if found is None:
                parts.append(text)
                continue
            if opened is not None:
                yield from self._item(*opened, "\n".join(parts), hints, count)
            opened, parts = (number, found), []
        if opened is not None:
            yield from self._item(*opened, "\n".join(parts), hints, count)

    def _item(self, number: int, found: re.Match[str], body: str, hints: Hints, count: _Connections) -> Iterator[Item]:
        moment = hints.calendar.find(found["time"])
        # a message that is no JSON stands where otherwise its kind does
        yield from _read(number, moment, found["who"], found["rest"], body.strip() or found["rest"].strip(), count)


class EverestHtml:
    """The log as a table: a row for each message."""

    name = "EVerest (HTML)"

    def recognises(self, head: Sequence[str]) -> bool:
        """Whether it is that table."""
        return any("EVerest OCPP log session" in each or re.search(rf'<tr class="(?:{_WHO})">', each) for each in head)

    def read(self, lines: Iterable[Line], hints: Hints) -> Iterator[Item]:
        """Frames and what the station says of its connection."""
        parts: list[str] = []
        size, began = 0, 0
        count = _Connections()
        for number, text in lines:
            if "<tr" in text:
                if parts:
                    yield Problem(f"line {began}", "the row of the table does not end")
                parts, size, began = [], 0, number
            elif not parts:
                continue
            parts.append(text)
            size += len(text)
            if "</tr>" in text or size > _LONGEST:
                yield from self._row(began, "\n".join(parts), hints, count)
                parts = []
        if parts:
            yield Problem(f"line {began}", "the row of the table does not end")

    def _row(self, number: int, row: str, hints: Hints, count: _Connections) -> Iterator[Item]:
        found = _ROW.search(row)
        if found is None:
            if "<td>" in row:
                yield Problem(f"line {number}", "the row of the table is not as it should be")
            return
        words = html.unescape(_TAG.sub(" ", found["cells"])).partition(">")[2]
        frame = html.unescape(_TAG.sub("", found["frame"] or "")).strip()
        yield from _read(number, hints.calendar.find(found["time"]), found["who"], words, frame, count)


class _Connections:
    """Counts what the station tells of its connections."""

    def __init__(self) -> None:
        self.number = 0


def _read(number: int, moment: Moment | None, who: str, words: str, frame: str, count: _Connections) -> Iterator[Item]:
    where = f"line {number}"
    if who == "SYS":
        said = words.strip().lower()
        if said.startswith("connected"):
            count.number += 1
        elif (
            said.startswith(("disconnected", "connection closed", "connection lost", "connection failed"))
            and moment is not None
        ):
            yield Ended(moment.at, words.strip(), where, connection=str(count.number))
    elif moment is None:
        yield Problem(where, "the time of the message cannot be read")
    elif frame:
        whole = json_at(frame)
        text = frame if whole is None else frame[: whole[1]]
        yield Entry(moment.at, _WAYS[who], text, where, connection=str(count.number), zoned=moment.zoned)
