"""The official JSON schemas, and instances made from them: valid ones and ones with exactly one fault.

`official_schemas` reads what the PyPI package `ocpp` ships (the Open Charge Alliance's own files, for 1.6 with the eleven of the
security whitepaper). `cases_of` walks a schema and makes the instances; `judge_of` is jsonschema's verdict on them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import msgspec
from jsonschema import FormatChecker
from jsonschema.validators import validator_for

from pilotwire.ocpp.version import OcppVersion

Schema = dict[str, Any]
Path = tuple[str | int, ...]

ROOMS = {OcppVersion.V16: "v16", OcppVersion.V201: "v201", OcppVersion.V21: "v21"}
MOMENT = "2026-01-02T03:04:05.678Z"
LONGER_THAN_ANY_LIMIT_LEFT_OPEN = 100_000


# --- the schemas ---------------------------------------------------------------------------------------------------------------


@cache
def official_schemas(version: OcppVersion) -> dict[str, Schema]:
    """File stem -> schema with every `$ref` put in its place; fractions are decimals."""
    folder = files("ocpp") / ROOMS[version] / "schemas"
    texts = {f.name: f.read_text("utf-8-sig") for f in folder.iterdir() if f.name.endswith(".json")}
    return {name.removesuffix(".json"): inlined(json.loads(text, parse_float=Decimal)) for name, text in texts.items()}


def inlined(schema: Schema) -> Schema:
    """The schema without references."""
    definitions = schema.get("definitions", {})

    def put(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return put(definitions[node["$ref"].rsplit("/", 1)[1]])
            return {key: put(value) for key, value in node.items() if key != "definitions"}
        return [put(item) for item in node] if isinstance(node, list) else node

    result: Schema = put(schema)
    return result


def definitions_of(version: OcppVersion) -> dict[str, Schema]:
    """Name -> definition, over all schema files of a version."""
    folder = files("ocpp") / ROOMS[version] / "schemas"
    found: dict[str, Schema] = {}
    for file in folder.iterdir():
        if file.name.endswith(".json"):
            found |= json.loads(file.read_text("utf-8-sig")).get("definitions", {})
    return found


def judge_of(schema: Schema) -> Callable[[Any], bool]:
    """jsonschema's verdict, formats included."""
    checker = FormatChecker(["date-time"])
    checker.checkers = {**checker.checkers, "uri": (_is_uri, ())}
    verdict: Callable[[Any], bool] = validator_for(schema)(schema, format_checker=checker).is_valid
    return verdict


def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or (urlsplit(value).scheme != "" and not any(c.isspace() for c in value))


# --- the instances -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One instance: at which path, what was done there, and whether the schema's author meant it to pass."""

    path: Path
    what: str
    instance: Any
    valid: bool

    @property
    def text(self) -> bytes:
        return _JSON.encode(self.instance)

    @property
    def where(self) -> str:
        """The path without indices, for tables: `meterValue.sampledValue`."""
        return ".".join(str(step) for step in self.path if isinstance(step, str))


_JSON = msgspec.json.Encoder(decimal_format="number")


def cases_of(schema: Schema) -> Iterator[Case]:
    """Required fields only, everything at once, and at every path: each way to be right and each single way to be wrong."""
    yield Case((), "required only", minimal(schema), True)
    yield Case((), "everything", full(schema), True)
    for path, node in nodes(schema):
        for what, value in right(node):
            yield Case(path, what, placed(schema, path, value), True)
        for what, value in wrong(node):
            yield Case(path, what, placed(schema, path, value), False)


def nodes(schema: Schema, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """Every place of the schema, the root first."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, (*path, name))
    if schema.get("type") == "array":
        yield from nodes(schema["items"], (*path, 0))


def minimal(schema: Schema) -> Any:
    """The smallest valid instance."""
    if schema.get("type") == "object":
        return {name: minimal(schema["properties"][name]) for name in schema.get("required", ())}
    if schema.get("type") == "array":
        return [minimal(schema["items"])] * schema.get("minItems", 0)
    return next(iter(right(schema)))[1]


def full(schema: Schema) -> Any:
    """A valid instance with every optional field."""
    if schema.get("type") == "object":
        return {name: full(child) for name, child in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [full(schema["items"])] * min(2, schema.get("maxItems", 2))
    return next(iter(right(schema)))[1]


def placed(schema: Schema, path: Path, value: Any) -> Any:
    """The smallest instance that has `value` at `path`."""
    if not path:
        return value
    step, *rest = path
    if isinstance(step, int):
        item = placed(schema["items"], tuple(rest), value)
        return [item] * max(1, schema.get("minItems", 1))
    return {**minimal(schema), step: placed(schema["properties"][step], tuple(rest), value)}


def right(node: Schema) -> Iterator[tuple[str, Any]]:
    """Valid values of this node."""
    match node.get("type"):
        case "string" if "enum" in node:
            yield from ((f"value {value}", value) for value in node["enum"])
        case "string" if node.get("format") == "date-time":
            yield from (("moment", MOMENT), ("whole second", "2026-01-02T03:04:05Z"))
        case "string" if node.get("format") == "uri":
            yield "uri", "ftp://user:secret@example.org:21/dir/a%20b?x=1#y"
        case "string":
            yield from (("text", "text"[: node.get("maxLength")]), ("empty", ""), ("beyond ASCII", "ß→"))
            yield "longest", "ü" * node.get("maxLength", LONGER_THAN_ANY_LIMIT_LEFT_OPEN)
        case "integer":
            low, high = int(node.get("minimum", -(2**31))), int(node.get("maximum", 2**31 - 1))
            yield from (("lowest", low), ("highest", high))
        case "number":
            yield from _right_numbers(node)
        case "boolean":
            yield from (("true", True), ("false", False))
        case "array":
            yield from _right_arrays(node)
        case "object":
            if node.get("additionalProperties") is not False:
                yield "extra property", {**minimal(node), "more": {"x": [Decimal("1.10"), None, True, "é"]}}
        case None:
            yield from (
                ("text", "text"),
                ("number", Decimal("0.1")),
                ("object", {"a": [1, {"b": None}]}),
                ("array", []),
            )


def _right_numbers(node: Schema) -> Iterator[tuple[str, Any]]:
    low, high = node.get("minimum"), node.get("maximum")
    yield "tenths", Decimal("8.3") if high is None else Decimal(high)
    yield "whole", 3 if high is None else int(high)
    yield "lowest", Decimal("-1234567890.3") if low is None else Decimal(low)
    if "multipleOf" not in node:
        fine = Decimal("0.1234567890123456789")
        yield "fine", fine if high is None or high > 0 else -fine
        yield "exponent", Decimal("1E+2") if high is None or high > 0 else Decimal("-1E+2")


def _right_arrays(node: Schema) -> Iterator[tuple[str, Any]]:
    item = minimal(node["items"])
    fewest = node.get("minItems", 0)
    yield "fewest items", [item] * fewest
    yield "most items", [item] * node.get("maxItems", fewest + 3)


_OF_TYPE: dict[str, Any] = {
    "string": "7",
    "integer": 7,
    "fraction": Decimal("7.5"),
    "boolean": True,
    "null": None,
    "object": {},
    "array": [],
}
_FITTING = {"number": {"integer", "fraction"}}


def wrong(node: Schema) -> Iterator[tuple[str, Any]]:
    """Values of this node with exactly one fault."""
    kind = node.get("type")
    if kind is None:
        return
    fitting = _FITTING.get(kind, {kind})
    yield from ((f"{name} instead", value) for name, value in _OF_TYPE.items() if name not in fitting)
    match kind:
        case "string":
            yield from _wrong_strings(node)
        case "integer" | "number":
            yield from _wrong_numbers(node)
        case "array":
            yield from _wrong_arrays(node)
        case "object":
            yield from _wrong_objects(node)


def _wrong_strings(node: Schema) -> Iterator[tuple[str, Any]]:
    if "enum" in node:
        yield from (("not enumerated", "NotEnumerated"), ("other case", node["enum"][0].swapcase()), ("empty", ""))
    if node.get("format") == "date-time":
        yield from (("not a time", "yesterday"), ("13th month", "2026-13-02T03:04:05Z"), ("date only", "2026-01-02"))
        yield from (("30 February", "2026-02-30T00:00:00Z"), ("naive time", "2026-01-02T03:04:05"))
    if node.get("format") == "uri":
        yield from (("no scheme", "example.org/dir"), ("blank in it", "ftp://example.org/a b"))
    if "maxLength" in node:
        yield "too long", "x" * (node["maxLength"] + 1)


def _wrong_numbers(node: Schema) -> Iterator[tuple[str, Any]]:
    step = 1 if node["type"] == "integer" else Decimal("0.001")
    if "minimum" in node:
        yield "too low", int(node["minimum"]) - step
    if "maximum" in node:
        yield "too high", int(node["maximum"]) + step
    if "multipleOf" in node:
        yield from (("hundredths", Decimal("8.25")), ("thousandths", Decimal("0.001")))


def _wrong_arrays(node: Schema) -> Iterator[tuple[str, Any]]:
    item = minimal(node["items"])
    if node.get("minItems", 0) > 0:
        yield "too few items", [item] * (node["minItems"] - 1)
    if "maxItems" in node:
        yield "too many items", [item] * (node["maxItems"] + 1)


def _wrong_objects(node: Schema) -> Iterator[tuple[str, Any]]:
    whole = minimal(node)
    for name in node.get("required", ()):
        yield f"without {name}", {key: value for key, value in whole.items() if key != name}
    if node.get("additionalProperties") is False:
        yield "extra property", {**whole, "notInTheSchema": 1}
