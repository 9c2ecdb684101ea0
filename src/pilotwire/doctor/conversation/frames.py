"""Reading frames: what is no frame is named, and taken for what it was meant to be as far as that can be told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

from pilotwire.doctor.findings import Rule
from pilotwire.doctor.rules import protocol as rules
from pilotwire.ocpp.frame import BrokenFrame, MessageType, message_types, read_frame
from pilotwire.ocpp.version import OcppVersion

_COUNT: Final = {2: 4, 3: 3, 4: 5, 5: 5, 6: 4}
Kind = Literal["call", "result", "error", "result-error", "send", ""]
_KINDS: Final[dict[int, Kind]] = {2: "call", 3: "result", 4: "error", 5: "result-error", 6: "send"}


@dataclass(frozen=True, slots=True)
class Read:
    """A frame as far as it can be read; `kind` "" is none. `rule` and `what` tell what is wrong with it."""

    kind: Kind
    message_id: str = ""
    action: str = ""
    payload: dict[str, Any] | None = None
    code: str = ""
    description: str = ""
    rule: Rule | None = None
    what: str = ""
    source: str = ""


def read(text: str, version: OcppVersion) -> Read:
    """Read a message; never raises."""
    frame = read_frame(text, version)
    broken = frame if isinstance(frame, BrokenFrame) else None
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError) as error:
        return _cut_off(broken or BrokenFrame(what=f"the message cannot be read: {error}", rule="J2:4.1.2"))
    if broken is None:
        return _taken(parsed)
    rule = _rule_of(parsed, version)
    meant = _taken(parsed)
    return Read(
        meant.kind,
        meant.message_id,
        meant.action,
        meant.payload,
        meant.code,
        meant.description,
        rule,
        broken.what,
        broken.rule,
    )


def _cut_off(frame: BrokenFrame) -> Read:
    kind = _KINDS.get(frame.message_type or 0, "")
    return Read(
        kind if frame.message_id else "",
        frame.message_id or "",
        frame.action or "",
        rule=rules.NOT_JSON,
        what=frame.what,
        source=frame.rule,
    )


def _rule_of(parsed: Any, version: OcppVersion) -> Rule:
    if not isinstance(parsed, list) or len(parsed) < 2:
        return rules.NOT_A_FRAME
    number = parsed[0]
    if isinstance(number, bool) or not isinstance(number, int) or number not in message_types(version):
        return rules.MESSAGE_TYPE
    if not isinstance(parsed[1], str):
        return rules.ID_FORM
    if len(parsed[1]) > 36:
        return rules.ID_TOO_LONG
    return rules.FIELD_COUNT if len(parsed) != _COUNT[MessageType(number)] else rules.FIELD_TYPE


def _taken(parsed: Any) -> Read:
    """What an array was meant to be: a type in quotes and an id that is a number are understood, parts too many left out."""
    if not isinstance(parsed, list) or len(parsed) < 2:
        return Read("")
    number = int(parsed[0]) if isinstance(parsed[0], str) and parsed[0] in "23456" and parsed[0] else parsed[0]
    kind = _KINDS.get(number, "") if isinstance(number, int) and not isinstance(number, bool) else ""
    message_id = _text(parsed[1]) if isinstance(parsed[1], str | int) else ""
    if kind in ("call", "send"):
        action = parsed[2] if len(parsed) > 2 and isinstance(parsed[2], str) else ""
        return Read(kind, message_id, action, _payload(parsed, 3))
    if kind == "result":
        return Read(kind, message_id, payload=_payload(parsed, 2))
    if kind in ("error", "result-error"):
        code = _text(parsed[2]) if len(parsed) > 2 else "GenericError"
        return Read(kind, message_id, code=code, description=_text(parsed[3]) if len(parsed) > 3 else "")
    return Read("", message_id)


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _payload(parsed: list[Any], at: int) -> dict[str, Any] | None:
    """The payload as an object; null counts as empty. None: it cannot be read."""
    if len(parsed) <= at:
        return {} if at == 3 else None
    payload = parsed[at]
    if payload is None:
        return {}
    return payload if isinstance(payload, dict) else None
