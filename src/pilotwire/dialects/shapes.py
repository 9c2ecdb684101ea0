"""Values of the domain whose fields have the names of the wire: copied field by field, and nothing lost on the way.

A field the version has no place for makes the whole message unsayable: a limit that is dropped silently may cost a fuse.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

from pilotwire.dialects.times import read_time
from pilotwire.domain.kinds import Value
from pilotwire.errors import MisuseError, NotSayable
from pilotwire.ocpp import registry
from pilotwire.ocpp.types import Datatype, decoder_of
from pilotwire.ocpp.version import OcppVersion

_S = TypeVar("_S", bound=Datatype)
_V = TypeVar("_V", bound=Value)


def written(version: OcppVersion, shape: type[_S], value: Value, **differently: Any) -> _S:
    """The wire's shape of a value, with some fields given as they are to be. Raises NotSayable for what the version has no field for."""
    fields = {name: getattr(value, name) for name in names_of(value)} | differently
    said = {name: _plain(each) for name, each in fields.items() if each is not None and each != ()}
    for name in said:
        if name not in shape.__struct_fields__:
            raise unknown_field(version, shape.__name__, name)
    return shape(**said)


def names_of(value: Value | type[Value]) -> tuple[str, ...]:
    """The names of the fields of a value, or of a kind of value."""
    names: tuple[str, ...] = cast(Any, value).__struct_fields__
    return names


def unknown_field(version: OcppVersion, shape: str, name: str) -> NotSayable:
    """The complaint that a version has no such field."""
    return NotSayable(
        f"OCPP {version} has no {spelled(name)} in its {shape}.", "Leave it out, or use a station of a later version."
    )


def read(kind: type[_V], shape: Datatype, **differently: Any) -> _V:
    """The value of a wire's shape; a field the version does not have is left at its default."""
    names = (name for name in names_of(kind) if name not in differently)
    fields = {name: _moment(each) for name in names if (each := getattr(shape, name, None)) is not None}
    return kind(**fields, **differently)


def written_json(shape: type[_S], text: str | None) -> _S | None:
    """The wire's shape of an object that is handed through as JSON text. Raises NotSayable if it is none."""
    if text is None:
        return None
    try:
        made: _S = _decoder(shape).decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError, MisuseError) as problem:
        raise NotSayable(f"This is no {shape.__name__}: {problem}.", "Mend it; nothing was sent.") from None
    return made


def read_json(shape: Datatype | None) -> str | None:
    """An object as JSON text."""
    return None if shape is None else registry.encode(shape).decode()


def spelled(name: str) -> str:
    """The name of a field as the wire writes it, for people."""
    camel = re.sub(r"_([a-z])", lambda found: found[1].upper(), name)
    return re.sub(r"L([23])$", r"_L\1", camel).replace("Soc", "SoC")


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _moment(value: Any) -> Any:
    return read_time(value) if isinstance(value, datetime) else value


@cache
def _decoder(shape: type[Any]) -> msgspec.json.Decoder[Any]:
    return decoder_of(shape)
