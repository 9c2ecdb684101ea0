"""How many variables go into one message: a station says how many entries and bytes it takes (DeviceDataCtrlr)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol, TypeVar

from pilotwire.domain.device_model.known import key_of
from pilotwire.domain.device_model.reports import ComponentVariable
from pilotwire.domain.device_model.variables import AttributeType, VariableName, VariableQuery, VariableSetting
from pilotwire.domain.kinds import Value

FRAME_BYTES: Final = 128
"""Room for what a message has besides its entries: the frame, the message id, the names of its members."""
_T = TypeVar("_T")
GET, SET, REPORT = "GetVariables", "SetVariables", "GetReport"


class Limits(Value):
    """The most one message may hold (ItemsPerMessage, BytesPerMessage); None: the station has not said."""

    items: int | None = None
    bytes: int | None = None


def limit_names(action: str) -> tuple[VariableName, VariableName]:
    """The variables that tell the limits of an action: entries, and bytes."""
    items, size = (
        VariableName(component="DeviceDataCtrlr", variable=variable, variable_instance=action)
        for variable in ("ItemsPerMessage", "BytesPerMessage")
    )
    return items, size


def limit_of(value: str | None) -> int | None:
    """A limit as a station tells it; None for text that is none."""
    text = (value or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0 else None


def in_batches(
    entries: Iterable[_T],
    limits: Limits,
    size: Callable[[_T], int],
    same: Callable[[_T], object] | None = None,
) -> tuple[tuple[_T, ...], ...]:
    """The entries in order, in as few messages as the limits allow (B05.FR.11, B06.FR.05); one that is too long alone goes alone.

    `size` gives the bytes of an entry. What is the same to `same` never is in one message twice (B05.FR.13).
    """
    batches: list[tuple[_T, ...]] = []
    batch: list[_T] = []
    length, had = FRAME_BYTES, set[object]()
    for entry in entries:
        more, mark = size(entry) + 1, same(entry) if same is not None else None
        full = limits.items is not None and len(batch) >= limits.items
        long = limits.bytes is not None and length + more > limits.bytes
        if batch and (full or long or (same is not None and mark in had)):
            batches.append(tuple(batch))
            batch, length, had = [], FRAME_BYTES, set()
        batch.append(entry)
        length += more
        had.add(mark)
    return (*batches, tuple(batch)) if batch else tuple(batches)


class _Named(Protocol):
    """What is about an attribute of a variable."""

    @property
    def name(self) -> VariableName: ...

    @property
    def attribute(self) -> AttributeType: ...


_A = TypeVar("_A", bound=_Named)
_B = TypeVar("_B", bound=_Named)


def paired(entries: Sequence[_A], results: Sequence[_B]) -> Iterator[tuple[_A, _B]]:
    """Each entry with the result about it, in the order of the entries: a station need not keep that order (B05.FR.02, B06.FR.02).

    An entry nobody answered is left out.
    """
    by_place: dict[tuple[str, AttributeType], list[_B]] = {}
    for result in results:
        by_place.setdefault((key_of(result.name), result.attribute), []).append(result)
    for entry in entries:
        found = by_place.get((key_of(entry.name), entry.attribute))
        if found:
            yield entry, found.pop(0)


def query_bytes(query: VariableQuery) -> int:
    """The bytes of one entry of GetVariables."""
    return _bytes(named(query.name) | _attribute(query.attribute))


def setting_bytes(setting: VariableSetting) -> int:
    """The bytes of one entry of SetVariables."""
    return _bytes(named(setting.name) | _attribute(setting.attribute) | {"attributeValue": setting.value})


def wanted_bytes(wanted: ComponentVariable) -> int:
    """The bytes of one entry of GetReport."""
    name = VariableName(
        component=wanted.component,
        component_instance=wanted.component_instance,
        variable=wanted.variable or "",
        variable_instance=wanted.variable_instance,
        evse=wanted.evse,
        connector=wanted.connector,
    )
    return _bytes(named(name))


def _bytes(entry: object) -> int:
    return len(json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"))


def named(name: VariableName) -> dict[str, object]:
    """Component and variable of a name, as members of an entry on the wire."""
    component: dict[str, object] = {"name": name.component}
    if name.component_instance is not None:
        component["instance"] = name.component_instance
    if name.evse is not None:
        component["evse"] = {"id": name.evse} | ({} if name.connector is None else {"connectorId": name.connector})
    variable: dict[str, object] = {"name": name.variable}
    if name.variable_instance is not None:
        variable["instance"] = name.variable_instance
    return {"component": component, "variable": variable}


def _attribute(kind: AttributeType) -> dict[str, object]:
    return {} if kind is AttributeType.ACTUAL else {"attributeType": kind.value}
