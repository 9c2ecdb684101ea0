"""Everything said and heard in a case, in order, as it was on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pilotwire.ocpp.version import OcppVersion

Direction = Literal["sent", "received", "line"]
"""`sent` by the tester, `received` from the system under test, or something that happened to the `line`."""


@dataclass(slots=True)
class Entry:
    """One frame, or one event of the line.

    `kind` is call, result, error, send or broken for frames, and the event (connected, closed, refused) for the line. `breach` says what
    in it is against its schema or the framework. `action` of an answer is that of the request it answers; `request` is its entry. `of_16`:
    messages are called as OCPP 1.6 does.
    """

    index: int
    at: datetime
    direction: Direction
    kind: str
    text: str
    action: str = ""
    message_id: str = ""
    payload: Any = None
    breach: str = ""
    request: int | None = None
    taken: bool = False
    part: str = "before"
    facts: dict[str, Any] = field(default_factory=dict)
    of_16: bool = False

    @property
    def name(self) -> str:
        """The message's name, as the documents have it."""
        if self.kind in ("call", "send"):
            return f"{self.action}.req" if self.of_16 else f"{self.action}Request"
        if self.kind == "result":
            return f"{self.action}.conf" if self.of_16 else f"{self.action}Response"
        if self.kind == "error":
            return f"CALLERROR to {self.action}" if self.action else "CALLERROR"
        return self.kind


class Transcript:
    """The entries of one case. `part` is put on every new one."""

    def __init__(self, version: OcppVersion = OcppVersion.V201) -> None:
        self._of_16 = version is OcppVersion.V16
        self.entries: list[Entry] = []
        self.part = "before"

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def add(self, at: datetime, direction: Direction, kind: str, text: str, **more: Any) -> Entry:
        """A new entry at the end."""
        entry = Entry(len(self.entries), at, direction, kind, text, part=self.part, of_16=self._of_16, **more)
        self.entries.append(entry)
        return entry

    def requests(self, since: int = 0) -> Iterator[Entry]:
        """Requests of the system under test from an index on."""
        return (one for one in self.entries[since:] if one.direction == "received" and one.kind in ("call", "send"))

    def breaches(self) -> Iterator[Entry]:
        """Frames of the system under test with something against the schemas or the framework."""
        return (one for one in self.entries if one.direction == "received" and one.breach)


def compact(payload: Any) -> str:
    """The payload as JSON without needless space."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
