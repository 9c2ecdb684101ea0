"""A storage that lives as long as the process: for fleets that need no disk, and for tests of restarts."""

from __future__ import annotations

from collections.abc import Iterable

from pilotwire.station.core.actions import Action, Forget, Keep, Save
from pilotwire.station.core.memory import SavedState, saved_state
from pilotwire.station.storage.ports import read_entry, read_part, written


class MemoryStorage:
    """Keeps what is committed as the bytes a file would hold, so that nothing is shared with the station that wrote it."""

    def __init__(self) -> None:
        self._entries: dict[int, bytes] = {}
        self._parts: dict[str, bytes] = {}
        self._hardware: str | None = None
        self._shelves: dict[str, dict[str, str]] = {}

    def load(self) -> SavedState | None:
        """See `Storage.load`."""
        if not self._entries and not self._parts:
            return None
        outbox = tuple(read_entry(self._entries[number]) for number in sorted(self._entries))
        return saved_state([read_part(text) for text in self._parts.values()], outbox)

    def hardware(self) -> str | None:
        """See `Storage.hardware`."""
        return self._hardware

    def commit(self, actions: Iterable[Action], *, hardware: str | None = None) -> None:
        """See `Storage.commit`."""
        self._hardware = hardware if hardware is not None else self._hardware
        for action in actions:
            match action:
                case Keep(entry):
                    self._entries[entry.number] = written(entry)
                case Forget(numbers):
                    for number in numbers:
                        self._entries.pop(number, None)
                case Save(part):
                    self._parts[part.name] = written(part)

    def shelf(self, name: str) -> dict[str, str]:
        """See `Storage.shelf`."""
        return dict(self._shelves.get(name, {}))

    def put(self, shelf: str, key: str, content: str | None) -> None:
        """See `Storage.put`."""
        kept = self._shelves.setdefault(shelf, {})
        kept.pop(key, None)
        if content is not None:
            kept[key] = content

    def close(self) -> None:
        """Nothing to let go of."""
