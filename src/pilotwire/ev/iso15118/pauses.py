"""The session a vehicle paused, in a file: it is joined again by another process, with the battery as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from pilotwire.errors import ConfigError
from pilotwire.ev.iso15118.wallet import write_private
from pilotwire.iso15118.charging import Paused

Snapshot = Callable[[], Mapping[str, Any]]
"""Gives the vehicle as it is now (`Vehicle.save`)."""


class _Page(msgspec.Struct, frozen=True):
    paused: Paused
    vehicle: dict[str, Any]
    evcc_id: bytes


class PauseBook:
    """A `KeptPause`. `path` None: kept as long as this object lives. What was kept is recalled only while `resuming`.

    Raises ConfigError for a file that cannot be read or written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._page = _read(path) if path is not None and path.exists() else None
        self.snapshot: Snapshot = dict
        self.evcc_id = self._page.evcc_id if self._page is not None else b""
        """The MAC address the vehicle goes by; a session can be joined by the same vehicle only."""
        self.resuming = False

    @property
    def vehicle(self) -> Mapping[str, Any] | None:
        """The vehicle as it was when the session was paused."""
        return self._page.vehicle if self._page is not None else None

    @property
    def paused(self) -> Paused | None:
        """The paused session, whether it is to be resumed or not."""
        return self._page.paused if self._page is not None else None

    def recall(self) -> Paused | None:
        """The paused session, if it is to be resumed."""
        return self.paused if self.resuming else None

    def keep(self, paused: Paused | None) -> None:
        """Keep a session, on disk before this returns; None: it is over."""
        self._page = None if paused is None else _Page(paused, dict(self.snapshot()), self.evcc_id)
        if self._path is None:
            return
        if self._page is None:
            self._path.unlink(missing_ok=True)
        else:
            write_private(self._path, msgspec.msgpack.encode(self._page))


def _read(path: Path) -> _Page:
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=_Page)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.", "Give the file of a paused session.") from None
    except msgspec.MsgspecError:
        what = f"{path} is no file of a paused session."
        raise ConfigError(what, "Give the one that --pause-after wrote, or another name for a new one.") from None
