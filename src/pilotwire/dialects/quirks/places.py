"""Places in a payload: from the path of a schema violation to the value there, and to the type it should have had."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from msgspec import inspect as shapes

_STEP: Final = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[([0-9]+)\]")
Step = str | int


def steps_of(path: str) -> tuple[Step, ...] | None:
    """The steps of a path like `$.meterValue[0].timestamp`; None if it is none that can be walked."""
    if path[:1] != "$":
        return None
    steps: list[Step] = []
    position = 1
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            return None
        steps.append(found[1] if found[1] is not None else int(found[2]))
        position = found.end()
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is wrong: the object or array it is in, under which name or number, and the type that is wanted there.

    `kind` None: not known. `required`: whether the schema wants something there at all.
    """

    parent: Any
    key: Step
    kind: Any
    required: bool

    @property
    def is_there(self) -> bool:
        """Whether there is anything at this place."""
        if isinstance(self.parent, dict):
            return self.key in self.parent
        return isinstance(self.parent, list) and isinstance(self.key, int) and self.key < len(self.parent)

    @property
    def value(self) -> Any:
        """What is there."""
        return self.parent[self.key]

    def put(self, value: Any) -> bool:
        """Put something there; True, so that a mend may end with it."""
        self.parent[self.key] = value
        return True

    def drop(self) -> bool:
        """Take it away; True."""
        del self.parent[self.key]
        return True


def find(payload: Any, message: type, path: str) -> Place | None:
    """The place of a path in a payload of a message; None if it does not lead anywhere."""
    steps = steps_of(path)
    if not steps:
        return None
    here, kind, required = payload, _shape(message), True
    for step in steps[:-1]:
        here = _inside(here, step)
        kind, required = _kind_inside(kind, step)
        if here is None:
            return None
    kind, required = _kind_inside(kind, steps[-1])
    wanted = dict if isinstance(steps[-1], str) else list
    return Place(here, steps[-1], kind, required) if isinstance(here, wanted) else None


def _inside(value: Any, step: Step) -> Any:
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _kind_inside(kind: Any, step: Step) -> tuple[Any, bool]:
    if isinstance(kind, shapes.ListType):
        return kind.item_type, True
    if isinstance(kind, shapes.StructType):
        return _fields(kind.cls).get(str(step), (None, False))
    return None, False


@cache
def _fields(kind: type) -> dict[str, tuple[Any, bool]]:
    return {field.encode_name: (field.type, field.required) for field in _shape(kind).fields}


@cache
def _shape(kind: type) -> shapes.StructType:
    shape = shapes.type_info(kind)
    assert isinstance(shape, shapes.StructType)
    return shape
