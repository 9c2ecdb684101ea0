"""Every action of every version with payloads made from its official schemas: valid ones, and ones with one fault of each kind."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import httpx
import pytest

from pilotwire.csms.api import create_api
from pilotwire.csms.app import Csms
from pilotwire.ocpp.registry import ACTIONS, Action
from pilotwire.ocpp.version import OcppVersion
from tests.support.schema_walk import (
    Case,
    Schema,
    full,
    judge_of,
    minimal,
    nodes,
    official_schemas,
    placed,
    wrong,
)

OCCURRENCE, TYPE, PROPERTY, FORMAT = (
    "OccurrenceConstraintViolation",
    "TypeConstraintViolation",
    "PropertyConstraintViolation",
    "FormatViolation",
)
SPELLED_IN_16 = {OCCURRENCE: "OccurenceConstraintViolation", FORMAT: "FormationViolation"}
KINDS = {
    "without": OCCURRENCE,
    "too few items": OCCURRENCE,
    "too many items": OCCURRENCE,
    "instead": TYPE,
    "not a time": TYPE,
    "not enumerated": PROPERTY,
    "too long": PROPERTY,
    "too low": PROPERTY,
    "too high": PROPERTY,
    "extra property": FORMAT,
}
"""Kind of fault, as the schema walk calls it, and the error code that answers it (J16:4.2.3, J2:4.3)."""


@dataclass(frozen=True)
class Fault:
    """A payload with one fault, where it is, and the error code that answers it in its version."""

    kind: str
    payload: bytes
    where: str
    code: str


def actions(sender: str) -> list[Any]:
    """The actions whose requests `sender` may send, as parameters of a test: `2.1-Reset`."""
    return [pytest.param(action, id=f"{action.version}-{action.name}") for action in _sent_by(sender)]


@asynccontextmanager
async def client_of(csms: Csms) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the HTTP API of a running CSMS, without a socket between them."""
    api = create_api(csms)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://csms/api/v1") as client:
        yield client


def _sent_by(sender: str) -> Iterator[Action]:
    for version in OcppVersion:
        yield from (action for action in ACTIONS[version].values() if action.sender in (sender, "both"))


def request_schema(action: Action) -> Schema:
    """The official schema of the request."""
    schemas = official_schemas(action.version)
    name = action.request.__name__
    return schemas[name] if name in schemas else schemas[name.removesuffix("Request")]


def response_schema(action: Action) -> Schema:
    """The official schema of the response."""
    assert action.response is not None, f"{action.name} has no response"
    return official_schemas(action.version)[action.response.__name__]


def requests(action: Action) -> dict[str, Any]:
    """Two valid requests: the smallest, and one with every field."""
    schema = request_schema(action)
    return {"minimal": minimal(schema), "full": full(schema)}


def responses(action: Action) -> dict[str, Any]:
    """Two valid responses: the smallest, and one with every field."""
    schema = response_schema(action)
    return {"minimal": minimal(schema), "full": full(schema)}


def in_json(instance: Any) -> bytes:
    """The JSON of an instance."""
    return Case((), "", instance, valid=True).text


def is_valid_response(action: Action, payload: Any) -> bool:
    """Whether the official schema takes a response."""
    return _judge(action.version, action.name)(json.loads(json.dumps(payload), parse_float=Decimal))


@cache
def _judge(version: OcppVersion, name: str) -> Callable[[Any], bool]:
    return judge_of(response_schema(ACTIONS[version][name]))


def faults(action: Action) -> list[Fault]:
    """One faulty request for each kind of fault that the schema knows: never none."""
    found: dict[str, Fault] = {}
    schema = request_schema(action)
    for path, node in nodes(schema):
        for what, value in wrong(node):
            kind = _kind(what)
            if kind in KINDS and kind not in found and not (kind == "instead" and not path):
                found[kind] = _fault(action.version, kind, what, path, placed(schema, path, value))
    assert found, f"no way to be wrong in {action.name}"
    return list(found.values())


def _kind(what: str) -> str:
    first, last = what.split(" ")[0], what.split(" ")[-1]
    return first if first == "without" else last if last == "instead" else what


def _fault(version: OcppVersion, kind: str, what: str, path: tuple[str | int, ...], instance: Any) -> Fault:
    steps = {"without": what.removeprefix("without "), "extra property": "notInTheSchema"}
    whole = (*path, steps[kind]) if kind in steps else path
    where = "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in whole)
    code = KINDS[kind]
    return Fault(kind, in_json(instance), where, SPELLED_IN_16.get(code, code) if version is OcppVersion.V16 else code)
