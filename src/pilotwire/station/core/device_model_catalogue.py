"""All variables that stations of one kind declare: made once for a family and a layout, shared by all stations of that kind.

Ten thousand simulated stations differ in what was set, not in what can be set; so a station holds only its own values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from sys import intern
from typing import Any

from pilotwire.domain.device_model import VariableName
from pilotwire.station.core.settings import Family
from pilotwire.station.core.variable_table import Declared
from pilotwire.station.hardware.ports import StationLayout

_Component = tuple[str, str, int | None, int | None]
_Kind = tuple[Family, Hashable, Hashable]
_WRITTEN = re.compile(
    r"(?P<component>[^.@<>\[\]]+)(<(?P<of>[^<>]+)>)?(@(?P<evse>[0-9]{1,4})(\.(?P<connector>[0-9]{1,4}))?)?"
    r"\.(?P<variable>[^.@<>\[\]]+)(\[(?P<inner>[^\[\]]+)\])?\Z"
)
_MOST = 256
"""How many kinds are remembered; more are made anew each time."""


def key_of(name: VariableName) -> str:
    """What a variable is found by: names and instances are compared without case (2.x identifierString, CiString in 1.6)."""
    place = "" if name.evse is None else f"@{name.evse}" + (f".{name.connector}" if name.connector is not None else "")
    instance = f"<{name.component_instance}>" if name.component_instance else ""
    inner = f"[{name.variable_instance}]" if name.variable_instance else ""
    written = f"{name.component}{instance}{place}.{name.variable}{inner}"
    return intern(written.casefold())


def name_written(text: str) -> VariableName | None:
    """The name that is written so (see `key_of`), for example `EVSE@1.Power` or `Connector@1.2.AvailabilityState`; None: nothing is."""
    found = _WRITTEN.match(text)
    if found is None:
        return None
    evse, connector = found["evse"], found["connector"]
    return VariableName(
        component=found["component"],
        component_instance=found["of"],
        evse=None if evse is None else int(evse),
        connector=None if connector is None else int(connector),
        variable=found["variable"],
        variable_instance=found["inner"],
    )


def _component_of(name: VariableName) -> _Component:
    return name.component.casefold(), (name.component_instance or "").casefold(), name.evse, name.connector


class Catalogue:
    """What can be set and read, by `key_of` the name, in the order declared."""

    __slots__ = ("_components", "specs")

    def __init__(self, declared: Iterable[Declared]) -> None:
        self.specs: dict[str, Declared] = {key_of(spec.name): spec for spec in declared}
        self._components = frozenset(_component_of(spec.name) for spec in self.specs.values())

    def knows_component(self, name: VariableName) -> bool:
        """Whether there is such a component, in this instance and at this place."""
        return _component_of(name) in self._components


_MADE: dict[_Kind, Catalogue] = {}


def catalogue(
    family: Family,
    layout: StationLayout,
    declared: Callable[[Family, StationLayout], Iterable[Declared]],
    how: Hashable = None,
) -> Catalogue:
    """The catalogue of a kind of station; `declared` is asked for the first of the kind only. `how`: what else makes it one kind."""
    kind = (family, _all_of(layout), how)
    made = _MADE.get(kind)
    if made is None:
        if len(_MADE) >= _MOST:
            _MADE.clear()
        made = _MADE[kind] = Catalogue(declared(family, layout))
    return made


def _all_of(thing: Any) -> Hashable:
    """Everything a layout says, so that no two that differ in anything are one kind."""
    if is_dataclass(thing):
        return type(thing).__name__, *(_all_of(getattr(thing, each.name)) for each in fields(thing))
    if isinstance(thing, Sequence) and not isinstance(thing, str):
        return tuple(map(_all_of, thing))
    one: Hashable = thing
    return one
