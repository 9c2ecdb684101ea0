"""Every place where a payload breaks its schema: a decoder stops at the first one, a person wants to mend them all."""

from __future__ import annotations

import types
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from pilotwire.ocpp.types import decoder_of
from pilotwire.ocpp.violations import violation_of

_MOST: Final = 100
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])
Misfit = tuple[str, str]
"""A JSON path (`$.evse.id`) and what is wrong there."""


def misfits(payload: bytes, kind: type[msgspec.Struct]) -> list[Misfit]:
    """Where and how a payload breaks the schema of a message; at most 100 places, none if it fits."""
    found: list[Misfit] = []
    for misfit in _misfits(payload, kind, "$"):
        if misfit not in found:
            found.append(misfit)
        if len(found) >= _MOST:
            break
    return found


def _misfits(payload: bytes, kind: Any, path: str) -> Iterator[Misfit]:
    try:
        _decoder(kind).decode(payload)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        inside = list(_inside(payload, _bare(kind), path))
        if inside:
            yield from inside
        else:
            violation = violation_of(error)
            yield f"{path}{violation.path.removeprefix('$')}", violation.reason


def _inside(payload: bytes, kind: Any, path: str) -> Iterator[Misfit]:
    try:
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from _in_object(_OBJECT.decode(payload), kind, path)
        elif get_origin(kind) in (list, tuple):
            for number, item in enumerate(_ARRAY.decode(payload)):
                yield from _misfits(bytes(item), get_args(kind)[0], f"{path}[{number}]")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return


def _in_object(members: dict[str, msgspec.Raw], kind: type[msgspec.Struct], path: str) -> Iterator[Misfit]:
    hints = _hints(kind)
    for field in msgspec.structs.fields(kind):
        value = members.pop(field.encode_name, None)
        where = f"{path}.{field.encode_name}"
        if value is not None:
            yield from _misfits(bytes(value), hints[field.name], where)
        elif field.required:
            yield where, "this field is required"
    if kind.__struct_config__.forbid_unknown_fields:
        for name in members:
            yield f"{path}.{name[:80]}", "the schema has no such field"


@cache
def _hints(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return decoder_of(kind)


def _bare(kind: Any) -> Any:
    """A type without its constraints and without the possibility to be absent."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, types.UnionType):
        others = [each for each in get_args(kind) if each not in (type(None), msgspec.UnsetType)]
        return _bare(others[0]) if len(others) == 1 else kind
    return kind
