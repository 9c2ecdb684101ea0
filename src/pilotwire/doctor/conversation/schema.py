"""Where a payload departs from its schema: all places that can be told, each with the rule it breaks, in words.

The decoder stops at the first fault. To see the next one, the offender is taken out of a copy and the copy is decoded again.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import inspect

from pilotwire.doctor.conversation.said import Flaw, number_of, time_of
from pilotwire.doctor.findings import Rule
from pilotwire.doctor.rules import protocol as rules
from pilotwire.ocpp import registry
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation, rpc_code

MOST_FLAWS: Final = 6
"""Of one payload, so many are told."""
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_NOT_WRITABLE: Final = (OverflowError, UnicodeError, RecursionError, msgspec.MsgspecError)
_RULES: Final[Mapping[str, Rule]] = {
    "missing": rules.MISSING_FIELD,
    "items": rules.OUT_OF_RANGE,
    "type": rules.WRONG_TYPE,
    "enum": rules.ENUM_VALUE,
    "length": rules.TOO_LONG,
    "range": rules.OUT_OF_RANGE,
    "multiple": rules.OUT_OF_RANGE,
    "format": rules.FORMAT,
    "unknown_field": rules.UNKNOWN_FIELD,
    "not_json": rules.NOT_JSON,
    "not_object": rules.FIELD_TYPE,
    "unknown_action": rules.UNKNOWN_ACTION,
}


def fits(version: OcppVersion, action: str, payload: Mapping[str, Any], *, response: bool) -> bool:
    """Whether a payload fits the schema of an action in a version (that has the action)."""
    return _violation(version, action, payload, response=response) is None


def flaws_of(version: OcppVersion, action: str, payload: Mapping[str, Any], *, response: bool) -> tuple[Flaw, ...]:
    """The departures of a payload from its schema; none for an action that the version does not have."""
    kind = _type_of(version, action, response=response)
    violation = None if kind is None else _violation(version, action, payload, response=response)
    if kind is None or violation is None:
        return ()
    if violation.rule == "not_object":
        return (_flaw(violation, kind, payload, version),)
    rest, found, gone = msgspec.json.decode(msgspec.json.encode(payload)), list[Flaw](), set[str]()
    while violation is not None and len(found) < MOST_FLAWS:
        missing = violation.rule == "missing"
        if violation.path not in gone:
            found.append(_flaw(violation, kind, rest, version))
        if missing or not _take_out(rest, violation.path):
            break
        gone.add(violation.path)
        violation = _violation(version, action, rest, response=response)
    return _without_doubles(found)


def _type_of(version: OcppVersion, action: str, *, response: bool) -> type[Message] | None:
    known = registry.ACTIONS[version].get(action)
    if known is None:
        return None
    return known.response if response else known.request


def _violation(
    version: OcppVersion, action: str, payload: Mapping[str, Any], *, response: bool
) -> SchemaViolation | None:
    decode = registry.decode_response if response else registry.decode_request
    try:
        decode(version, action, msgspec.json.encode(payload))
    except SchemaViolation as violation:
        return violation
    except _NOT_WRITABLE as error:
        return SchemaViolation("$", f"the payload holds what JSON of OCPP cannot carry: {error}", "not_object")
    return None


# --- one flaw --------------------------------------------------------------------------------------------------------------------


def _flaw(violation: SchemaViolation, kind: type[Message], payload: object, version: OcppVersion) -> Flaw:
    path, value = violation.path, _at(payload, violation.path)
    rule, remedy = _RULES[violation.rule], ""
    what = f"{path.removeprefix('$.')}: {violation.reason}"
    if violation.rule == "enum":
        rule, what, remedy = _enumerated(path, value, _node(_fields(kind), path))
    elif violation.rule == "unknown_field":
        rule, what, remedy = _unknown(path, kind)
    elif violation.rule == "type" and isinstance(value, str) and "number" in violation.reason:
        rule, what, remedy = _number_as_text(path, value, violation.reason)
    elif violation.rule == "type" and value is None:
        remedy = "Leave the field out: null is not the same as absent."
    elif violation.rule == "format" and (moment := time_of(value)) is not None and "offset" in violation.reason:
        rule, what = rules.NO_ZONE, f"{path.removeprefix('$.')}: {value!r} does not say in which time zone it is"
        remedy = f"Write it in UTC with a Z, as {moment:%Y-%m-%dT%H:%M:%SZ}."
    elif violation.rule == "length":
        what = f"{what}; this one has {len(value) if isinstance(value, str) else 'more'}"
    elif violation.rule in ("format", "range", "multiple"):
        what = f"{what}; it is {_shown(value)}"
    return Flaw(rule, path, what, remedy, rpc_code(violation, version))


def _enumerated(path: str, value: object, node: object) -> tuple[Rule, str, str]:
    allowed = [str(each) for each in node.values] if isinstance(node, inspect.LiteralType) else []
    name = path.removeprefix("$.")
    measurand = path.endswith(".measurand")
    text = str(value)
    same = next((each for each in allowed if each.lower() == text.strip().lower()), None)
    if same is not None:
        rule = rules.MEASURAND if measurand else rules.ENUM_CASE
        how = "differs only in case from" if text.lower() == same.lower() else "differs only in spaces from"
        return rule, f"{name}: {_shown(value)} {how} {same!r}", f"Write {same}."
    near = difflib.get_close_matches(text, allowed, 1, 0.7)
    remedy = f"Perhaps {near[0]} is meant." if near else _choice(allowed)
    what = f"{name}: {_shown(value)} is not one of the enumerated values"
    return (rules.MEASURAND if measurand else rules.ENUM_VALUE), what, remedy


def _choice(allowed: list[str]) -> str:
    return f"Use one of {', '.join(allowed)}." if 0 < len(allowed) <= 12 else ""


def _unknown(path: str, kind: type[Message]) -> tuple[Rule, str, str]:
    parent, _, name = path.rpartition(".")
    node = _node(_fields(kind), parent)
    known = [each.encode_name for each in node.fields] if isinstance(node, inspect.StructType) else []
    plain = _plain(name)
    same = next((each for each in known if _plain(each) == plain), None)
    shown = path.removeprefix("$.")
    if same is not None:
        return rules.FIELD_CASE, f"{shown}: the schema writes it {same!r}", f"Write {same}."
    near = difflib.get_close_matches(name, known, 1, 0.75)
    remedy = f"Perhaps {near[0]} is meant." if near else ""
    return rules.UNKNOWN_FIELD, f"{shown}: the schema has no such field", remedy


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _number_as_text(path: str, value: str, reason: str) -> tuple[Rule, str, str]:
    shown = path.removeprefix("$.")
    if number_of(value) is None:
        return rules.WRONG_TYPE, f"{shown}: {reason}; it is {_shown(value)}", ""
    kind = "an integer" if "whole" in reason else "a number"
    return (
        rules.INTEGER_AS_TEXT,
        f"{shown}: {kind} is written as text, {_shown(value)}",
        f"Write {value} without quotes.",
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _without_doubles(found: list[Flaw]) -> tuple[Flaw, ...]:
    """A field that is there under a wrong spelling is not missing as well."""
    misspelled = {_plain(each.path) for each in found if each.rule is rules.FIELD_CASE}
    return tuple(each for each in found if not (each.rule is rules.MISSING_FIELD and _plain(each.path) in misspelled))


# --- paths -----------------------------------------------------------------------------------------------------------------------


def _steps(path: str) -> list[str | int]:
    return [int(number) if number else name for name, number in _STEP.findall(path)]


def _at(payload: object, path: str) -> object:
    here = payload
    for step in _steps(path):
        here = _inner(here, step)
    return here


def _inner(here: object, step: str | int) -> Any:
    if isinstance(step, int):
        return here[step] if isinstance(here, list) and step < len(here) else None
    return here.get(step) if isinstance(here, dict) else None


def _take_out(payload: object, path: str) -> bool:
    """Remove what lies at a path; False if nothing does."""
    steps = _steps(path)
    if not steps:
        return False
    here = payload
    for step in steps[:-1]:
        here = _inner(here, step)
    last = steps[-1]
    if isinstance(here, dict) and isinstance(last, str) and last in here:
        del here[last]
        return True
    if isinstance(here, list) and isinstance(last, int) and last < len(here):
        del here[last]
        return True
    return False


@cache
def _fields(kind: type[Message]) -> inspect.Type:
    return inspect.type_info(kind)


def _node(node: object, path: str) -> object:
    """The type at a path, as far as it can be told."""
    for step in _steps(path):
        if isinstance(step, int) and isinstance(node, inspect.ListType):
            node = node.item_type
        elif isinstance(node, inspect.StructType):
            node = next((each.type for each in node.fields if each.encode_name == step), None)
        else:
            return None
    return node
