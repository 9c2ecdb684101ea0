"""What changed between two snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pilotwire.conformance.certify.snapshot_pages import limits
from pilotwire.conformance.certify.snapshot_record import Snapshot, Variable


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: the variable ("" for the device itself), what of it (`added` and `removed` for all of it), before and after."""

    name: str
    what: str
    before: str
    after: str


_OF_DEVICE: Final = ("ocpp", "identity", "vendor", "model", "serial_number", "firmware_version")
_OF_VARIABLE: Final = ("value", "type", "unit", "mutability", "persistent", "constant", "monitored")


def differences(before: Snapshot, after: Snapshot) -> Iterator[Difference]:
    """What is another in the later snapshot: the device, and its variables in alphabetical order; names are compared without case."""
    for field in _OF_DEVICE:
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            yield Difference("", field.replace("_", " "), old, new)
    first = {one.name.casefold(): one for one in before.variables}
    second = {one.name.casefold(): one for one in after.variables}
    for name in sorted({*first, *second}):
        if name not in second:
            yield Difference(first[name].name, "removed", _all(first[name]), "")
        elif name not in first:
            yield Difference(second[name].name, "added", "", _all(second[name]))
        else:
            yield from _changes(first[name], second[name])


_CLOCK: Final = "clockctrlr.datetime"
"""The time itself: that it goes on is no change."""


def _changes(before: Variable, after: Variable) -> Iterator[Difference]:
    for field in _OF_VARIABLE:
        old, new = getattr(before, field), getattr(after, field)
        if old != new and not (field == "value" and after.name.casefold() == _CLOCK and old and new):
            yield Difference(after.name, field, _text(old), _text(new))
    if limits(before) != limits(after):
        yield Difference(after.name, "limits", limits(before), limits(after))
    for kind in sorted({*before.others, *after.others}):
        if before.others.get(kind) != after.others.get(kind):
            told = before.others.get(kind), after.others.get(kind)
            yield Difference(after.name, f"value ({kind})", _text(told[0]), _text(told[1]))


def _all(one: Variable) -> str:
    return ", ".join(part for part in (one.value or "", one.type, one.mutability) if part)


def _text(value: object) -> str:
    return "not told" if value is None else "yes" if value is True else "no" if value is False else str(value)
