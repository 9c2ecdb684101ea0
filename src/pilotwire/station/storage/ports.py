"""What a station's shell needs of a storage, and how what is kept is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from pilotwire.station.core.actions import Action
from pilotwire.station.core.memory import Entry, Part, SavedState


class Storage(Protocol):
    """Keeps one station's outbox and memory. Raises `StoreError` with a sentence when it cannot."""

    def load(self) -> SavedState | None:
        """All that was kept, the outbox in order of its numbers; None if nothing ever was."""
        ...

    def commit(self, actions: Iterable[Action], *, hardware: str | None = None) -> None:
        """Do the `Keep`, `Forget` and `Save` among `actions`, all or none; when it returns they outlive a power failure.

        `hardware`, if given, is kept in the same commit: what a simulated driver needs to come back as it was.
        """
        ...

    def hardware(self) -> str | None:
        """What the driver last had kept, None if it never had."""
        ...

    def shelf(self, name: str) -> dict[str, str]:
        """What `put` keeps on the shelf of that name, by its keys: what others than the core keep, in words of their own."""
        ...

    def put(self, shelf: str, key: str, content: str | None) -> None:
        """Keep a content in the place of the one with that key, or none (None); when it returns it outlives a power failure."""
        ...

    def close(self) -> None:
        """Let go; closing twice is fine."""
        ...


_ENCODER = msgspec.json.Encoder()
_ENTRY = msgspec.json.Decoder(Entry)
_PART: msgspec.json.Decoder[Part] = msgspec.json.Decoder(Part)


def written(kept: Entry | Part) -> bytes:
    """As JSON, with the tags that tell which kind it is."""
    return _ENCODER.encode(kept)


def read_entry(text: bytes | str) -> Entry:
    """What `written` made of an entry; raises `msgspec.MsgspecError` for anything else."""
    return _ENTRY.decode(text)


def read_part(text: bytes | str) -> Part:
    """What `written` made of a part; raises `msgspec.MsgspecError` for anything else."""
    return _PART.decode(text)
