"""Records of any kind, without a table of their own: registers hold what is changed, diaries what is only added to.

A street declares its own (`csms.registers`); the store keeps all of them alike, as JSON under the register's name, so a new kind of record
needs no migration. What is looked for by more than station and key gets a table of its own instead.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from pilotwire.csms.store.ports import Amend, ForgetEntries, KeepEntry
from pilotwire.domain.kinds import Value
from pilotwire.errors import StoreError

_R = TypeVar("_R", bound=Value)
_ENCODER = msgspec.json.Encoder()
_BEHIND = "\U0010ffff" * 16


class _Kept(Generic[_R]):
    """What is kept as JSON under a name."""

    def __init__(self, name: str, kind: type[_R]) -> None:
        self.name = name
        self.kind = kind
        self._decoder = msgspec.json.Decoder(kind)

    def encoded(self, record: _R) -> str:
        """A record as JSON text."""
        return _ENCODER.encode(record).decode()

    def decoded(self, content: str) -> _R:
        """The record of a JSON text. Raises StoreError if it is not what was written."""
        try:
            return self._decoder.decode(content)
        except msgspec.MsgspecError as error:
            raise StoreError(
                f"A record of {self.name} in the database cannot be read: {error}.", "Restore the file from a backup."
            ) from error


class Register(_Kept[_R]):
    """Records that are changed: one for a key at a station ("" for records of no station).

    A register belongs to the CSMS, not to a database: make it once, at the top of a module. Its name never changes once released.
    """

    def put(self, station: str, key: str, record: _R) -> Amend:
        """The operation that puts a record in the place of the one there, if any. Its result is `Amended`."""
        return Amend(register=self, station=station, key=key, change=lambda _: record)

    def amend(self, station: str, key: str, change: Callable[[_R | None], _R | None]) -> Amend:
        """The operation that makes of the record there (None: none) what `change` gives (None: none any more).

        `change` is run by the writer, so nobody else's change comes between; it may run more than once, and must only compute.
        """
        return Amend(register=self, station=station, key=key, change=change)

    def remove(self, station: str, key: str) -> Amend:
        """The operation that takes a record out."""
        return Amend(register=self, station=station, key=key, change=lambda _: None)


class Diary(_Kept[_R]):
    """Entries that are only added, in the order of writing, each of a station ("" for none) and perhaps about something (`key`)."""

    def keep(self, station: str, at: datetime, entry: _R, *, key: str = "") -> KeepEntry:
        """The operation that adds an entry. Its result is the number of the entry."""
        return KeepEntry(diary=self, station=station, at=at, key=key, entry=entry)

    def forget(self, before: datetime) -> ForgetEntries:
        """The operation that removes all entries with a time before this one. Its result is how many there were."""
        return ForgetEntries(diary=self, before=before)


class Entry(Value, Generic[_R]):
    """An entry of a diary as read: `number` rises with the order of writing."""

    number: int
    station: str
    at: datetime
    entry: _R
    key: str = ""


def cursor_of(station: str, key: str) -> str:
    """Where a record stands in a list of its register: what goes into `Page.after` for those behind it."""
    return f"{len(station)}:{station}{key}"


def place_of(cursor: str) -> tuple[str, str]:
    """The station and key of a cursor; of text that is none, a place behind all others."""
    count, colon, rest = cursor.partition(":")
    if not colon or not count.isascii() or not count.isdigit() or len(count) > 4:
        return _BEHIND, _BEHIND
    return rest[: int(count)], rest[int(count) :]
