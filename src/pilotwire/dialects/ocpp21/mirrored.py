"""Values of the domain that are made of values, each with the field names of its type on the wire: copied both ways, all levels down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from pilotwire.dialects.shapes import names_of
from pilotwire.dialects.times import read_time
from pilotwire.domain.kinds import Value
from pilotwire.domain.smart_charging import Reason
from pilotwire.ocpp import v21
from pilotwire.ocpp.types import Datatype

_V = TypeVar("_V")
Shapes = Mapping[type[Value], type[Datatype]]
"""Which type of the wire a kind of value has."""


def write_value(shapes: Shapes, value: Value) -> Any:
    """The wire's shape of a value; what is None or empty is left out."""
    fields = {name: getattr(value, name) for name in names_of(value)}
    said = {name: _written(shapes, each) for name, each in fields.items() if each is not None and each != ()}
    return shapes[type(value)](**said)


def _written(shapes: Shapes, value: Any) -> Any:
    if isinstance(value, Value):
        return write_value(shapes, value)
    if isinstance(value, tuple):
        return [_written(shapes, each) for each in value]
    return str(value) if isinstance(value, StrEnum) else value


def read_value(kind: type[_V], shape: Datatype) -> _V:
    """The value of a wire's shape, its times in UTC."""
    fields = {name: each for name in shape.__struct_fields__ if (each := getattr(shape, name)) is not None}
    return msgspec.convert({name: _read(each) for name, each in fields.items()}, kind)


def _read(value: Any) -> Any:
    if isinstance(value, Datatype):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        return {name: _read(each) for name, each in fields.items() if each is not None}
    if isinstance(value, list):
        return [_read(each) for each in value]
    return read_time(value) if isinstance(value, datetime) else value


def write_why(reason: Reason | None) -> v21.StatusInfo | None:
    """StatusInfoType."""
    return None if reason is None else v21.StatusInfo(reason_code=reason.code, additional_info=reason.info)


def read_why(info: v21.StatusInfo | None) -> Reason | None:
    """StatusInfoType."""
    return None if info is None else Reason(code=info.reason_code, info=info.additional_info)
