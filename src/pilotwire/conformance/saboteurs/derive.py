"""Which sabotages a case must notice: worked out from an honest run of it.

Every validation that looked at a frame names a message and a place in it: the message without that, or with another value the schema
allows, is a system under test that does wrong exactly what the case is about. Where a case judges that nothing comes, something comes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

import msgspec
from msgspec import inspect

from pilotwire.conformance.saboteurs.taps import Kind, Sabotage, Target, altered
from pilotwire.conformance.values import MISSING, look, steps_of
from pilotwire.conformance.verdict import CaseResult, CheckResult, StepResult
from pilotwire.conformance.wire.transcript import Entry
from pilotwire.ocpp.registry import ACTIONS, decode_request, decode_response
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation

_MOST_LEAVES: Final = 3
"""So many values inside of a list are altered: what a list tells first is what it is about."""
_WRONG_TIME: Final = "2001-01-01T00:00:00Z"
_STATE_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "StatusNotification": ("connectorStatus", "status"),
    "NotifyEvent": ("eventData[0].actualValue",),
}
"""Where a message tells the state of a connector: of 2.x and 1.6."""


def sabotages_of(result: CaseResult, version: OcppVersion, samples: Mapping[str, Any]) -> Iterator[Sabotage]:
    """The sabotages, the most telling first: of validations in the main part, then of those after, then whole messages.

    `samples` has a payload for every action that may be made up. A sabotage comes once.
    """
    seen: set[str] = set()
    for sabotage in _all(result, version, samples):
        if sabotage.name not in seen:
            seen.add(sabotage.name)
            yield sabotage


def _all(result: CaseResult, version: OcppVersion, samples: Mapping[str, Any]) -> Iterator[Sabotage]:
    steps = [step for step in result.steps if step.part != "before"]
    judged = [(step, check) for step in steps for check in step.checks if check.applies]
    for own_first in (False, True):
        for step, check in judged:
            if bool(step.states) is own_first and check.entry is not None:
                yield from _of_check(check, result.entries, version)
    for step, check in judged:
        if check.unwanted:
            yield from _of_silence(step, check, steps, result.entries, samples)
            yield from _in_silence(step, check, result.steps, samples)
    for _, check in judged:
        yield from _of_members(check, result.entries, version)
    for step in steps:
        for index in step.entries:
            entry = result.entries[index]
            if entry.direction == "received":
                yield Sabotage("drop" if entry.kind == "call" else "error", _target(entry, result.entries))


def _of_check(check: CheckResult, entries: list[Entry], version: OcppVersion) -> Iterator[Sabotage]:
    entry = entries[check.entry or 0]
    if entry.direction == "line" and check.path:
        yield from _of_handshake(entry, check.path, entries)
    if entry.direction != "received" or entry.kind not in ("call", "result") or entry.payload is None:
        return
    states = _STATE_PLACES.get(entry.action, ())
    paths = [check.path] if check.path else [one for one in states if look(entry.payload, one) is not MISSING]
    for path in paths:
        for value in _other_values(entry, path, version):
            yield Sabotage("alter", _target(entry, entries), path, value)


def _of_members(check: CheckResult, entries: list[Entry], version: OcppVersion) -> Iterator[Sabotage]:
    """Where a list was looked at, what its members tell is otherwise: the first few things."""
    entry = entries[check.entry] if check.entry is not None else None
    if entry is None or entry.direction != "received" or entry.kind not in ("call", "result") or not check.path:
        return
    found = look(entry.payload, check.path)
    for path in islice(_leaves(found, check.path), _MOST_LEAVES) if isinstance(found, list) else ():
        for value in islice(_other_values(entry, path, version), 1):
            yield Sabotage("alter", _target(entry, entries), path, value)


def _leaves(found: Any, path: str) -> Iterator[str]:
    """The paths of all plain values inside of this."""
    if isinstance(found, dict):
        for name, value in found.items():
            yield from _leaves(value, f"{path}.{name}")
    elif isinstance(found, list):
        for number, value in enumerate(found):
            yield from _leaves(value, f"{path}[{number}]")
    else:
        yield path


def _of_handshake(entry: Entry, path: str, entries: list[Entry]) -> Iterator[Sabotage]:
    """What a handshake showed was otherwise."""
    if entry.kind not in ("connected", "refused"):
        return
    kind: Kind = "connected" if entry.kind == "connected" else "refused"
    same = [one for one in entries if one.direction == "line" and one.kind == kind and one.facts]
    found = look(entry.facts, path)
    others: list[Any] = ["sabotage"]
    if isinstance(found, (int, float)):
        others = [not found] if isinstance(found, bool) else [found - 1000, found + 1000]
    for other in others:
        yield Sabotage("alter", Target(kind, "", same.index(entry)), path, other)


def _target(entry: Entry, entries: list[Entry]) -> Target:
    kind: Kind = "call" if entry.kind == "call" else "result" if entry.kind == "result" else "error"
    same = [
        one for one in entries if one.direction == "received" and (one.kind, one.action) == (entry.kind, entry.action)
    ]
    return Target(kind, entry.action, same.index(entry))


def _of_silence(
    step: StepResult, check: CheckResult, steps: list[StepResult], entries: list[Entry], samples: Mapping[str, Any]
) -> Iterator[Sabotage]:
    """Something is sent behind the last message of the system under test before the silence."""
    action = "TransactionEvent" if check.unwanted == "*" else check.unwanted
    before = [index for one in steps[: steps.index(step)] for index in one.entries]
    heard = [entries[index] for index in before if entries[index].direction == "received"]
    if action in samples and heard:
        yield Sabotage("invent", _target(heard[-1], entries), action, samples[action])


def _in_silence(
    step: StepResult, check: CheckResult, steps: list[StepResult], samples: Mapping[str, Any]
) -> Iterator[Sabotage]:
    """Something is sent while the case waits in silence, for which nothing need have come before."""
    action = "TransactionEvent" if check.unwanted == "*" else check.unwanted
    silent = [one for one in steps if any(each.unwanted for each in one.checks)]
    if action in samples:
        nth = next(place for place, one in enumerate(silent) if one is step)
        yield Sabotage("invent", Target("silence", action, nth), action, samples[action])


# --- other values the schema allows ----------------------------------------------------------------------------------------------


def _other_values(entry: Entry, path: str, version: OcppVersion) -> Iterator[Any]:
    """Values for the place that differ from what is there and keep the message within its schema; None leaves it out."""
    found = look(entry.payload, path)
    candidates = [*_candidates(entry, path, version, found), None]
    for value in candidates:
        if value is not None and value == found:
            continue
        changed = altered(entry.payload, path, value)
        if changed != entry.payload and _is_valid(entry, changed, version):
            yield value


def _candidates(entry: Entry, path: str, version: OcppVersion, found: Any) -> Iterable[Any]:
    if isinstance(found, bool):
        return [not found]
    if isinstance(found, (int, float)):
        return [found + 1, found - 1]
    if isinstance(found, list):
        return [found[:-1]] if len(found) > 1 else []
    if isinstance(found, str):
        return [*_members(entry, path, version), _WRONG_TIME, "SABOTAGE", "1"]
    if found is MISSING:
        return [*_members(entry, path, version), "SABOTAGE", 1, True, {}]
    return []


def _members(entry: Entry, path: str, version: OcppVersion) -> list[str]:
    """The members of the enumeration at this place; empty if there is none."""
    action = ACTIONS[version].get(entry.action)
    message = None if action is None else action.request if entry.kind == "call" else action.response
    if message is None:
        return []
    kind: Any = inspect.type_info(message)
    for step in steps_of(path):
        kind = _inner(kind)
        if isinstance(step, int):
            kind = kind.item_type if isinstance(kind, inspect.ListType) else None
        elif isinstance(kind, inspect.StructType):
            kind = next((field.type for field in kind.fields if field.encode_name == step), None)
        else:
            return []
    kind = _inner(kind)
    if isinstance(kind, inspect.LiteralType):
        return [str(value) for value in kind.values]
    return [member.value for member in kind.cls] if isinstance(kind, inspect.EnumType) else []


def _inner(kind: Any) -> Any:
    """The type without its metadata, and the one thing in an optional."""
    while isinstance(kind, (inspect.Metadata, inspect.UnionType)):
        if isinstance(kind, inspect.Metadata):
            kind = kind.type
        else:
            kind = next((one for one in kind.types if not isinstance(one, inspect.NoneType)), None)
    return kind


def _is_valid(entry: Entry, payload: Any, version: OcppVersion) -> bool:
    decode = decode_request if entry.kind == "call" else decode_response
    try:
        decode(version, entry.action, json.dumps(payload).encode())
    except (SchemaViolation, msgspec.MsgspecError):
        return False
    return True
