"""What the declarations say of each class and field, resolved once: names, kinds of values, places in the content model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from pilotwire.iso15118.exi.declare import Binary, Element, Integer, Namespace, Occurs, Role, Text

_SMALL = 4096
"""Ranges up to this many values are counted, not written as integers (EXI 7.1.5)."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean."""


@dataclass(frozen=True, slots=True)
class Enumeration:
    """One of some strings, by its place among them."""

    values: tuple[str, ...]


Value = Integer | Text | Binary | Flag | Enumeration
FLAG = Flag()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a structure.

    `value` is how a simple one is written, `struct` the class of a complex one: exactly one of them is set. `namespace` None: no namespace.
    """

    name: str
    local: str
    namespace: Namespace | None
    role: Role | None
    value: Value | None
    struct: type[Element] | None
    least: int
    most: int | None
    many: bool

    @property
    def qname(self) -> tuple[str, str]:
        """The name by which grammars sort: local name first, then the namespace."""
        return self.local, self.namespace.uri if self.namespace else ""


def name_of(one: Field, content: object) -> str:
    """The local name of an element as it is in a message: what stands in the place of another goes by its own."""
    if one.role is Role.REFERENCE and isinstance(content, Element):
        return content.xsd.element or one.local
    return one.local


def counted(value: Integer) -> int | None:
    """How many values a small range has; None: it is written as an integer."""
    if value.low is None or value.high is None:
        return None
    size = value.high - value.low + 1
    return size if size <= _SMALL else None


@cache
def fields(cls: type[Element]) -> tuple[Field, ...]:
    """The fields of a class in the order of its schema: attributes, then content; those of its base first."""
    hints = get_type_hints(cls, include_extras=True)
    owners = _owners(cls)
    found = [_field(info, hints[info.name], owners[info.name]) for info in msgspec.structs.fields(cls)]
    return tuple(sorted(found, key=lambda field: field.role is not Role.ATTRIBUTE))


@cache
def by_name(cls: type[Element]) -> Mapping[str, Field]:
    """The fields of a class by their Python names."""
    return {field.name: field for field in fields(cls)}


def _owners(cls: type[Element]) -> dict[str, type[Element]]:
    """Which class declares each field: its namespace is that of the field's element."""
    owners: dict[str, type[Element]] = {}
    for base in reversed(cls.__mro__):
        if issubclass(base, Element) and base is not Element:
            for name in base.__annotations__:
                owners.setdefault(name, base)
    return owners


def _field(info: msgspec.structs.FieldInfo, hint: Any, owner: type[Element]) -> Field:
    hint = _without_none(hint)
    occurs: Occurs | None = None
    role: Role | None = None
    marks: list[Any] = []
    many = False
    while True:
        if get_origin(hint) is Annotated:
            inner, *more = get_args(hint)
            marks += more
            hint = inner
        elif get_origin(hint) is list:
            many = True
            (hint,) = get_args(hint)
        else:
            break
    value: Value | None = None
    for mark in marks:
        match mark:
            case Occurs():
                occurs = mark
            case Role():
                role = mark
            case Integer() | Text() | Binary():
                value = mark
    struct = hint if isinstance(hint, type) and issubclass(hint, Element) else None
    if hint is bool:
        value = FLAG
    elif get_origin(hint) is Literal:
        value = Enumeration(get_args(hint))
    least, most = (occurs.least, occurs.most) if occurs else (1 if info.required else 0, 1)
    space = owner.xsd.namespace
    namespace: Namespace | None = space
    if role is Role.REFERENCE and struct is not None:
        namespace = struct.xsd.namespace
    elif (role is Role.ATTRIBUTE and not space.attributes) or (role is None and not space.elements):
        namespace = None
    local = (
        struct.xsd.element or info.encode_name if role is Role.REFERENCE and struct is not None else info.encode_name
    )
    return Field(info.name, local, namespace, role, value, struct, least, most, many)


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (one for one in get_args(hint) if one is not type(None))
    return hint
