"""The device model of every station, as far as it has told it (functional block B)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from pilotwire.csms.store.ports import Operation, Page, Store
from pilotwire.csms.store.registers import Register, cursor_of
from pilotwire.domain.device_model import (
    KnownVariable,
    SetVariableResult,
    VariableName,
    VariableResult,
    VariableSetting,
    key_of,
)
from pilotwire.domain.device_model.batches import Limits, limit_names, limit_of
from pilotwire.domain.device_model.known import answered, reported, taken
from pilotwire.domain.device_model.reports import ReportedVariable
from pilotwire.domain.kinds import Value, changed

_PAGE = 500


class Inventory(Value):
    """A full inventory that a station was asked for and has not told completely: `parts` are the numbers of those that came."""

    request_id: int
    asked_at: datetime
    parts: tuple[int, ...] = ()
    last: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every part has come."""
        return self.last is not None and set(self.parts) >= set(range(self.last + 1))

    def with_part(self, number: int, *, more: bool) -> Inventory:
        """As it is once a part has come."""
        parts = tuple(sorted({*self.parts, number}))
        return changed(self, parts=parts, last=self.last if more else number)


VARIABLES: Final = Register("device-model", KnownVariable)
"""By station and `key_of` the variable's name."""
INVENTORIES: Final = Register("device-model-inventories", Inventory)
"""By station, the one asked for last; the key is always empty."""


def keep_reported(station: str, told: ReportedVariable, at: datetime, inventory: datetime | None = None) -> Operation:
    """The operation that keeps a variable of a report, which may be part of a full inventory."""
    return VARIABLES.amend(station, key_of(told.name), lambda before: reported(before, told, at, inventory))


def keep_answered(station: str, result: VariableResult, at: datetime) -> Operation:
    """The operation that keeps the answer to what a variable's value is."""
    return VARIABLES.amend(station, key_of(result.name), lambda before: answered(before, result, at))


def keep_taken(station: str, setting: VariableSetting, result: SetVariableResult, at: datetime) -> Operation:
    """The operation that keeps what became of a setting."""
    return VARIABLES.amend(station, key_of(setting.name), lambda before: taken(before, setting, result.status, at))


def forget_unreported(station: str, known: KnownVariable, inventory: datetime) -> Operation:
    """The operation that takes out a variable unless the full inventory had it."""
    return VARIABLES.amend(
        station,
        key_of(known.name),
        lambda now: now if now is not None and now.inventory == inventory else None,
    )


async def variables_of(store: Store, station: str, *, after: str | None = None) -> AsyncIterator[KnownVariable]:
    """All known variables of a station in order, those behind the key `after`."""
    cursor = cursor_of(station, after) if after is not None else None
    while records := await store.records(VARIABLES, station, Page(limit=_PAGE, after=cursor)):
        for record in records:
            yield record
        cursor = cursor_of(station, key_of(records[-1].name))


async def known_value(store: Store, station: str, name: VariableName) -> str | None:
    """The value a station's variable was last known to have."""
    known = await store.record(VARIABLES, station, key_of(name))
    return None if known is None else known.value()


async def limits_of(store: Store, station: str, action: str) -> Limits:
    """The most a message of this action may hold at a station, as far as it has told."""
    items, size = [limit_of(await known_value(store, station, name)) for name in limit_names(action)]
    return Limits(items=items, bytes=size)
