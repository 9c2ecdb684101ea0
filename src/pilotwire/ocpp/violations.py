"""What a peer's payload did wrong, in plain words and as an RPC error code.

The decoder's complaints become a `SchemaViolation`: where (a JSON path with the wire's names), which rule, why. How a version
names the error is a table (J16:4.2.3, J2:4.3); 1.6 keeps its two historical spellings by the ruling of its own errata
(sections 5.1 and 5.2: message-level changes, not to be fixed).
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from pilotwire.ocpp.version import OcppVersion

Rule = Literal[
    "missing",  # a required field is absent
    "type",  # another JSON type than the schema's (null counts as one)
    "items",  # too few or too many array items
    "enum",  # not one of the enumerated values
    "length",  # text too long
    "range",  # number below minimum or above maximum
    "multiple",  # number not a multiple of 0.1
    "format",  # not a date-time, not a URI
    "unknown_field",  # a field the schema does not have
    "not_json",  # the bytes are no JSON text
    "not_object",  # JSON, but the payload is no object
    "unknown_action",  # no such action in this version
]

DESCRIPTION_MAX = 255
"""errorDescription holds at most this many characters (J16:4.2.3, J2:4.2.3)."""


class SchemaViolation(Exception):
    """A payload breaks the schema of its message.

    `path`: JSON path of the offender, for example `$.meterValue[0].timestamp` (a missing or unknown field included).
    `reason`: plain words. `rule`: which kind of constraint.
    """

    def __init__(self, path: str, reason: str, rule: Rule) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
        self.rule: Rule = rule

    def description(self) -> str:
        """Path and reason for the errorDescription of a CALLERROR, cut to 255 characters."""
        text = f"{self.path}: {self.reason}"
        return text if len(text) <= DESCRIPTION_MAX else text[: DESCRIPTION_MAX - 1] + "…"


class UnknownAction(SchemaViolation):
    """The version has no message of this name (or no such direction: a response to a SEND)."""

    def __init__(self, version: OcppVersion, action: str) -> None:
        super().__init__("$", f"OCPP {version} has no action {_shown(action)}", "unknown_action")
        self.version = version
        self.action = action


_OCCURRENCE, _TYPE, _PROPERTY = (
    "OccurrenceConstraintViolation",
    "TypeConstraintViolation",
    "PropertyConstraintViolation",
)
_CODES: dict[Rule, str] = {
    "missing": _OCCURRENCE,
    "items": _OCCURRENCE,
    "type": _TYPE,
    "format": _TYPE,
    "enum": _PROPERTY,
    "length": _PROPERTY,
    "range": _PROPERTY,
    "multiple": _PROPERTY,
    "unknown_field": "FormatViolation",
    "not_json": "FormatViolation",
    "not_object": "FormatViolation",
    "unknown_action": "NotImplemented",
}
_SPELLED_IN_16 = {_OCCURRENCE: "OccurenceConstraintViolation", "FormatViolation": "FormationViolation"}


def rpc_code(violation: SchemaViolation, version: OcppVersion) -> str:
    """The errorCode that answers this violation in this version, spelled as the version spells it (J16:4.2.3, J2:4.3)."""
    code = _CODES[violation.rule]
    return _SPELLED_IN_16.get(code, code) if version is OcppVersion.V16 else code


# --- from the decoder's words to ours --------------------------------------------------------------------------------------------

_WHERE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)
_FIELD = re.compile(r"^Object (?P<kind>missing required|contains unknown) field `(?P<field>.*?)`$", re.DOTALL)
_GOT = re.compile(r"^Expected `(?P<want>[^`]*)`, got `(?P<got>[^`]*)`(?: for `(?P<field>\w+)`)?$")
_LENGTH = re.compile(r"^Expected `(?P<type>str|array)` of length (?P<bound>[<>]=? ?\d+)(?: for `(?P<field>\w+)`)?$")
_BOUND = re.compile(r"^Expected `(?:int|number)` (?P<bound>[<>]=? ?-?\d+)$")
_ENUM = re.compile(r"^Invalid enum value (?P<value>.*)$", re.DOTALL)

_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number with a fraction",
    "number": "a number",
    "bool": "true or false",
    "null": "null",
    "object": "an object",
    "array": "an array",
    "datetime": "a date-time text",
}


def violation_of(error: Exception) -> SchemaViolation:
    """The violation behind an exception of the decoder (`msgspec.DecodeError`, bad UTF-8, nesting beyond the stack)."""
    if isinstance(error, msgspec.ValidationError):
        return _of_validation(str(error))
    if isinstance(error, RecursionError):
        return SchemaViolation("$", "nested too deeply", "not_json")
    if isinstance(error, UnicodeDecodeError):
        return SchemaViolation("$", "the payload is not UTF-8", "not_json")
    return SchemaViolation("$", f"not JSON: {str(error).removeprefix('JSON is malformed: ')}", "not_json")


def _of_validation(text: str) -> SchemaViolation:
    match = _WHERE.match(text)
    what, path = (match["what"], match["path"] or "$") if match else (text, "$")
    for pattern, build in _TRANSLATIONS:
        if found := pattern.match(what):
            return build(path, found)
    return _other(path, what)


def _field(path: str, found: re.Match[str]) -> SchemaViolation:
    where = f"{path}.{_cut(found['field'])}"
    if found["kind"] == "missing required":
        return SchemaViolation(where, "this field is required", "missing")
    return SchemaViolation(where, "the schema has no such field", "unknown_field")


def _got(path: str, found: re.Match[str]) -> SchemaViolation:
    want, got = (_WORDS.get(found[name], found[name]) for name in ("want", "got"))
    where = _inside(path, found["field"])
    if where == "$" and found["want"] == "object":
        return SchemaViolation(where, f"the payload must be an object, not {got}", "not_object")
    return SchemaViolation(where, f"expected {want}, got {got}", "type")


def _length(path: str, found: re.Match[str]) -> SchemaViolation:
    where, bound = _inside(path, found["field"]), found["bound"]
    if found["type"] == "array":
        return SchemaViolation(where, f"the number of items must be {bound}", "items")
    return SchemaViolation(where, f"the number of characters must be {bound}", "length")


def _bound(path: str, found: re.Match[str]) -> SchemaViolation:
    return SchemaViolation(path, f"the value must be {found['bound']}", "range")


def _enum(path: str, found: re.Match[str]) -> SchemaViolation:
    return SchemaViolation(path, f"{_cut(found['value'])} is not one of the enumerated values", "enum")


def _other(path: str, what: str) -> SchemaViolation:
    """The complaints without a variable part."""
    if "multiple of" in what:
        return SchemaViolation(path, "the value must be a multiple of 0.1", "multiple")
    if "RFC3339" in what:
        return SchemaViolation(path, "expected an RFC 3339 date-time", "format")
    if "timezone" in what:
        return SchemaViolation(path, "the date-time needs an offset (Z or +hh:mm)", "format")
    if "matching regex" in what:
        return SchemaViolation(path, "expected a URI with its scheme", "format")
    return SchemaViolation(path, _cut(what), "range" if "range" in what else "type")


def _inside(path: str, field: str | None) -> str:
    return f"{path}.{field}" if field else path


def _cut(text: str) -> str:
    """Text of the peer, short enough to leave room for the path and free of control characters."""
    printable = "".join(c if c.isprintable() else "?" for c in text[:81])
    return printable if len(printable) <= 80 else printable[:79] + "…"


def _shown(action: str) -> str:
    return f"'{_cut(action)}'"


_TRANSLATIONS = (
    (_FIELD, _field),
    (_GOT, _got),
    (_LENGTH, _length),
    (_BOUND, _bound),
    (_ENUM, _enum),
)
