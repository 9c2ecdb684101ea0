"""Which sabotages a case must notice: worked out from an honest run of it.

Every validation that looked at a frame names a message and a place in it: the message without that, or with another value the schema
allows, is a system under test that does wrong exactly what the case is about. Where a case judges that nothing comes, something comes;
what it waits for comes too late; and what is a landmark for what follows comes behind it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, pairwise
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
_WRONG_TIMES: Final = ("2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT")
_STATE_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "StatusNotification": ("connectorStatus", "status"),
    "NotifyEvent": ("eventData[0].actualValue",),
}
"""Where a message tells the state of a connector: of 2.x and 1.6."""


def sabotages_of(result: CaseResult, version: OcppVersion, samples: Mapping[str, Any]) -> Iterator[Sabotage]:
    """The sabotages, the most telling first: of what the main steps and those after them look at themselves, then of reusable states
    among them, then of whole messages, and at last of messages of the preparations that are looked at afterwards.

    `samples` has a payload for every action that may be made up. A sabotage comes once.
    """
    seen: set[str] = set()
    for sabotage in _all(result, version, samples):
        if sabotage.name not in seen:
            seen.add(sabotage.name)
            yield sabotage


def _all(result: CaseResult, version: OcppVersion, samples: Mapping[str, Any]) -> Iterator[Sabotage]:
    steps = [step for step in result.steps if step.part != "before"]
    own = [step for step in steps if not step.states]
    inside = [step for step in steps if step.states]
    yield from _in_turn([_of_step(step, result.entries, version) for step in own])
    for step in steps:
        for check in step.checks:
            if check.applies and check.unwanted:
                yield from _of_silence(step, check, steps, result.entries, samples)
                yield from _in_silence(step, check, result.steps, samples)
    yield from _of_order(own, result.entries, version)
    yield from _of_limits(own, result.entries)
    yield from _in_turn([_of_step(step, result.entries, version) for step in inside])
    yield from _of_order(steps, result.entries, version)
    yield from _of_limits(inside, result.entries)
    for step in steps:
        for check in step.checks:
            yield from _of_members(check, result.entries, version)
    for early in (False, True):
        for step in steps:
            for index in step.entries:
                entry = result.entries[index]
                if entry.direction == "received" and _prepares(entry) is early:
                    yield Sabotage("drop" if entry.kind == "call" else "error", _target(entry, result.entries))
                    yield Sabotage("double", _target(entry, result.entries))
    if any(one.applies and one.entry is None and not one.unwanted for step in own for one in step.checks):
        yield from _of_all_heard(result.entries)
    for step in steps:
        yield from _of_step(step, result.entries, version, preparing=True)


def _of_all_heard(entries: list[Entry]) -> Iterator[Sabotage]:
    """Where all that was heard is judged, something is not heard: the last things, after which a case has still waited."""
    heard = [one for one in entries if one.direction == "received" and one.kind == "call" and not _prepares(one)]
    for entry in heard[-2 : -2 - _MOST_LEAVES : -1]:
        yield Sabotage("drop", _target(entry, entries))


def _prepares(entry: Entry) -> bool:
    """Whether it came in the preparations: what is broken in it is the case's business at last."""
    return entry.part == "before"


def _in_turn(several: list[Iterator[Sabotage]]) -> Iterator[Sabotage]:
    """The first of each, then the second of each ..."""
    while several:
        left = []
        for one in several:
            found = next(one, None)
            if found is not None:
                left.append(one)
                yield found
        several = left


def _of_step(
    step: StepResult, entries: list[Entry], version: OcppVersion, *, preparing: bool = False
) -> Iterator[Sabotage]:
    """What its checks looked at is otherwise. Last ones first: the first ones tell which message is meant."""
    judged = [one for one in reversed(step.checks) if one.applies and one.entry is not None]
    return _in_turn(
        [_of_check(one, entries, version) for one in judged if _prepares(entries[one.entry or 0]) is preparing]
    )


def _of_limits(steps: list[StepResult], entries: list[Entry]) -> Iterator[Sabotage]:
    """What had to come within a limit comes too late."""
    for step in steps:
        if step.limit and step.kind != "optional" and not step.skipped:
            for index in step.entries:
                entry = entries[index]
                if entry.direction == "received" and entry.kind in ("call", "result") and not _prepares(entry):
                    yield Sabotage("delay", _target(entry, entries))


def _of_order(steps: list[StepResult], entries: list[Entry], version: OcppVersion) -> Iterator[Sabotage]:
    """Two messages change places of which one is a landmark for the other, or which say their place themselves (seqNo)."""
    awaited = [one for one in steps if not one.inner]
    for first, second in pairwise(awaited):
        if second.kind or not second.limit or not first.entries or not second.entries:
            continue
        one, other = entries[first.entries[-1]], entries[second.entries[0]]
        if one.index >= other.index or _prepares(one) or not _follows(one, other, entries):
            continue
        numbered = one.action == other.action and all(_looks_at(step, "seqNo") for step in (first, second))
        if (first.kind == "landmark" or numbered) and _can_wait(one, version):
            behind = Target("call", other.action, _target(other, entries).nth)
            yield Sabotage("reorder", _target(one, entries), behind=behind)


def _follows(one: Entry, other: Entry, entries: list[Entry]) -> bool:
    """Whether the second is the next the system under test says after the first."""
    between = [each for each in entries[one.index + 1 : other.index] if each.direction == "received"]
    return one.direction == other.direction == "received" and other.kind == "call" and not between


def _looks_at(step: StepResult, path: str) -> bool:
    return any(one.path == path for one in step.checks)


def _can_wait(entry: Entry, version: OcppVersion) -> bool:
    """Whether it can arrive behind the next: an answer, or a request that may be answered with nothing in the answer."""
    if entry.kind == "call":
        try:
            decode_response(version, entry.action, b"{}")
        except (SchemaViolation, msgspec.MsgspecError):
            return False
    return entry.kind in ("call", "result")


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
    before = [index for one in steps[: steps.index(step)] for index in one.entries]
    heard = [entries[index] for index in before if entries[index].direction == "received"]
    for action, payload in _unwanted(step, check, steps, samples):
        if heard:
            yield Sabotage("invent", _target(heard[-1], entries), action, payload)


def _in_silence(
    step: StepResult, check: CheckResult, steps: list[StepResult], samples: Mapping[str, Any]
) -> Iterator[Sabotage]:
    """Something is sent while the case waits in silence, for which nothing need have come before."""
    silent = [one for one in steps if any(each.unwanted for each in one.checks)]
    for action, payload in _unwanted(step, check, steps, samples):
        nth = next(place for place, one in enumerate(silent) if one is step)
        yield Sabotage("invent", Target("silence", action, nth), action, payload)


def _unwanted(
    step: StepResult, check: CheckResult, steps: list[StepResult], samples: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """What may not be sent: what a CSMS was ordered to and has to refuse, or what has been heard of that action."""
    actions = (check.unwanted,) if check.unwanted != "*" else ("TransactionEvent", "StartTransaction")
    place = next(place for place, one in enumerate(steps) if one is step)
    ordered = [one.asked["payload"] for one in steps[:place] if one.asked.get("action") == check.unwanted]
    if ordered:
        yield check.unwanted, ordered[-1]
    for action in actions:
        if action in samples:
            yield action, samples[action]
            return


# --- other values the schema allows ----------------------------------------------------------------------------------------------


def _other_values(entry: Entry, path: str, version: OcppVersion) -> Iterator[Any]:
    """Values for the place that differ from what is there and keep the message within its schema; None leaves it out."""
    found = look(entry.payload, path)
    candidates = [*_candidates(_type_at(entry, path, version), found), None]
    for value in candidates:
        if value is not None and value == found:
            continue
        changed = altered(entry.payload, path, value)
        if changed != entry.payload and _is_valid(entry, changed, version):
            yield value


def _candidates(kind: Any, found: Any) -> Iterable[Any]:
    """Other things of the type there: another member of an enumeration, another time, number or name."""
    if isinstance(kind, inspect.LiteralType):
        return [str(value) for value in kind.values]
    if isinstance(kind, inspect.EnumType):
        return [member.value for member in kind.cls]
    if isinstance(kind, inspect.DateTimeType):
        return _WRONG_TIMES
    if found is MISSING:
        return _something(kind)
    if isinstance(found, bool):
        return [not found]
    if isinstance(found, (int, float)):
        return [found + 1, found - 1]
    if isinstance(found, list):
        return [[], found[1:]]
    if isinstance(found, str):
        return [value[: _longest(kind)] for value in _other_texts(found)]
    return []


def _other_texts(found: str) -> Iterator[str]:
    """Texts of the kind this one is: values of variables are all texts (a number, a truth value, a time, a list)."""
    if found.lower() in ("true", "false"):
        yield "false" if found.lower() == "true" else "true"
    elif found.lstrip("-").isdigit():
        yield str(int(found) + 1)
    elif _TIME.match(found):
        yield from _WRONG_TIMES
    elif "://" in found:
        yield "https://sabotage.invalid/"
    elif "," in found:
        yield found.partition(",")[2]
    yield "SABOTAGE"
    yield "1"


def _something(kind: Any) -> Iterable[Any]:
    """Something that may stand where nothing is."""
    if isinstance(kind, inspect.StrType):
        return ["SABOTAGE"[: _longest(kind)], "https://sabotage.invalid/"]
    if isinstance(kind, inspect.BoolType):
        return [True]
    return [1, {}, "SABOTAGE"]


def _longest(kind: Any) -> int | None:
    return kind.max_length if isinstance(kind, inspect.StrType) else None


def _type_at(entry: Entry, path: str, version: OcppVersion) -> Any:
    """The type the schema has at this place; None where it says nothing of it."""
    action = ACTIONS[version].get(entry.action)
    message = None if action is None else action.request if entry.kind == "call" else action.response
    if message is None:
        return None
    kind: Any = inspect.type_info(message)
    for step in steps_of(path):
        kind = _inner(kind)
        if isinstance(step, int):
            kind = kind.item_type if isinstance(kind, inspect.ListType) else None
        elif isinstance(kind, inspect.StructType):
            kind = next((field.type for field in kind.fields if field.encode_name == step), None)
        else:
            return None
    return _inner(kind)


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
