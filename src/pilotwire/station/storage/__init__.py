"""Where a station's outbox and memory survive: in a SQLite file, or in this process for trials."""

from __future__ import annotations

from pilotwire.station.storage.memory import MemoryStorage
from pilotwire.station.storage.ports import Storage
from pilotwire.station.storage.sqlite import SqliteFile, SqliteStorage

__all__ = ["MemoryStorage", "SqliteFile", "SqliteStorage", "Storage"]
