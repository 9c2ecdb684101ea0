"""The least message: every required element with the plainest value its schema allows. For refusals that must still be valid."""

from __future__ import annotations

from typing import Any, TypeVar

from pilotwire.iso15118.exi.declare import Binary, Element, Group, Integer, Role, Text
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.exi.shapes import Enumeration, Field, Flag, fields

E = TypeVar("E", bound=Element)


def minimal(schemas: SchemaSet, cls: type[E], **given: Any) -> E:
    """The least instance of a class; `given` fields are taken as they are. Of a choice the first alternative stands."""
    made = dict(given)
    chosen = set(_chosen(cls.xsd.content)) if cls.xsd.content else set()
    members = schemas.alternatives(cls)
    for one in fields(cls):
        if one.name in made:
            continue
        if one.many:
            made[one.name] = [_content(schemas, one, members.get(one.name)) for _ in range(one.least)]
        elif one.least or (one.name in chosen and not _beside(cls.xsd.content, one.name, made)):
            made[one.name] = _content(schemas, one, members.get(one.name))
    return cls(**made)


def _chosen(group: Group, inside: bool = False) -> list[str]:
    """The fields of the first alternative of each choice that is required."""
    if group.least == 0:
        return []
    parts = group.parts[:1] if group.kind == "choice" else group.parts
    found: list[str] = []
    for part in parts:
        if isinstance(part, Group):
            found += _chosen(part, inside or group.kind == "choice")
        elif isinstance(part, str):
            found.append(part)
    return found


def _beside(group: Group | None, name: str, made: dict[str, Any]) -> bool:
    """Whether another alternative of the choice that holds a field was given."""
    if group is None:
        return False
    for part in group.parts:
        if isinstance(part, Group) and _beside(part, name, made):
            return True
    return (
        group.kind == "choice" and name in group.parts and any(other in made for other in group.parts if other != name)
    )


def _content(schemas: SchemaSet, one: Field, members: tuple[type[Element], ...] | None) -> Any:
    if one.struct is not None:
        candidates = [cls for cls in members or (one.struct,) if not cls.xsd.abstract]
        return minimal(schemas, candidates[0])
    match one.value:
        case Flag():
            return False
        case Enumeration(values):
            return values[0]
        case Integer(low, high):
            return 0 if (low is None or low <= 0) and (high is None or high >= 0) else low
        case Text(_, least):
            return "0" * least if one.role is not Role.ATTRIBUTE else "ID1"
        case Binary(_, _, least):
            return bytes(least)
    raise AssertionError(one)
