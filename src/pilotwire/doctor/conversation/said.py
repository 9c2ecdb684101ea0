"""A call and its answer, as the rules look at them; and safe ways into payloads that may hold anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pilotwire.doctor.conversation.heard import Sender
from pilotwire.doctor.findings import Rule
from pilotwire.ocpp.version import OcppVersion

Json = Mapping[str, Any]
NOTHING: Final[Json] = {}
WHO: Final[Mapping[Sender, str]] = {"station": "The station", "csms": "The backend"}
OTHER: Final[Mapping[Sender, Sender]] = {"station": "csms", "csms": "station"}

_SECRET: Final = re.compile(r"password|authorizationkey|secret|private key", re.IGNORECASE)
_EXCERPT: Final = 240
_INDEX: Final = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Flaw:
    """One departure of a payload from its schema. `code` is the error code that answers it in the version's spelling."""

    rule: Rule
    path: str
    what: str
    remedy: str
    code: str


@dataclass(slots=True)
class Said:
    """A CALL (or a SEND, which nobody answers). `triggered`: the other side had asked for it; `known`: the version has this action
    for this sender; `expired`: the caller has given up waiting; `readable`: the frame is
    one; `judged`: the payload was looked at.
    """

    sender: Sender
    version: OcppVersion
    action: str
    message_id: str
    payload: Json
    at: datetime
    where: str
    text: str
    connection: int = 0
    flaws: tuple[Flaw, ...] = ()
    triggered: bool = False
    known: bool = True
    expired: bool = False
    judged: bool = False
    readable: bool = True

    @property
    def is_16(self) -> bool:
        """Whether it is of OCPP 1.6."""
        return self.version is OcppVersion.V16


@dataclass(slots=True)
class Answered:
    """The answer to a call: a payload, or an error code (never both)."""

    call: Said
    at: datetime
    where: str
    text: str
    payload: Json = field(default_factory=dict)
    code: str = ""
    description: str = ""
    flaws: tuple[Flaw, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.at - self.call.at).total_seconds()

    @property
    def status(self) -> str:
        """The answer's `status`, "" if it has none."""
        return text_at(self.payload, "status")


def flaw_case(call: Said, part: str, path: str) -> str:
    """What counts as the same flaw: the same field of the same message, at whatever place of an array."""
    return f"{call.sender}:{call.action}:{part}:{_INDEX.sub('[]', path)}"


def excerpt(text: str) -> str:
    """The beginning of a message as evidence; one with a secret in it is not shown."""
    if _SECRET.search(text):
        return f"(a message of {len(text)} characters that holds a secret)"
    shown = text[: _EXCERPT + 1]
    if not shown.isprintable():
        shown = "".join(c if c.isprintable() else "?" for c in shown)
    return shown if len(shown) <= _EXCERPT else shown[:_EXCERPT] + "…"


def place_of(at: datetime, where: str) -> str:
    """Where in the record: `line 12, 2026-01-31 12:00:00Z`."""
    moment = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if at.tzinfo else at.isoformat(" ", "seconds")
    return f"{where}, {moment}" if where else moment


def inside(payload: object, *names: str) -> Any:
    """What lies under a path of names; None where the path ends."""
    for name in names:
        if not isinstance(payload, Mapping):
            return None
        payload = payload.get(name)
    return payload


def text_at(payload: object, *names: str) -> str:
    """The text under a path; "" if there is none."""
    found = inside(payload, *names)
    return found if isinstance(found, str) else ""


def whole_at(payload: object, *names: str) -> int | None:
    """The whole number under a path."""
    found = inside(payload, *names)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def objects_at(payload: object, *names: str) -> Iterator[Json]:
    """The objects of an array under a path."""
    found = inside(payload, *names)
    if isinstance(found, list):
        yield from (each for each in found if isinstance(each, Mapping))


def number_of(value: object) -> Decimal | None:
    """A JSON number, or a text that is one, as an exact decimal."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def time_of(value: object) -> datetime | None:
    """A time as it was written; without an offset it counts as UTC. None if it is no time."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip().upper().replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def span(seconds: float) -> str:
    """A duration in words of people: `45 s`, `7 min`, `2 h`."""
    size = abs(seconds)
    if size < 120:
        return f"{size:.3g} s"
    if size < 7200:
        return f"{size / 60:.3g} min"
    return f"{size / 3600:.3g} h" if size < 172_800 else f"{size / 86_400:.{0 if size > 8_640_000 else 1}f} days"
