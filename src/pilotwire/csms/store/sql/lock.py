"""One database, one journal: a lock beside the file that the system lets go of whatever way the process ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pilotwire.errors import StoreError


class FileLock:
    """Holds `<file>.lock`. Raises StoreError if another process (or another store of this one) holds it."""

    def __init__(self, path: Path) -> None:
        lock = path.with_name(path.name + ".lock")
        try:
            self._descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StoreError(
                f"The lock file {lock} cannot be written: {error.strerror}.",
                "Give this user the right to write in that directory, or name another file.",
            ) from error
        try:
            _lock(self._descriptor)
        except OSError as error:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip() if _CAN_READ else ""
            os.close(self._descriptor)
            raise StoreError(
                f"{path} is in use by another Pilotwire{f' (process {holder})' if holder else ''}.",
                "One database has one CSMS that writes it: stop that one, or name another file.",
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let go. The empty lock file stays: removing it would race with the next one who locks it."""
        os.close(self._descriptor)


if sys.platform == "win32":
    import msvcrt

    _CAN_READ = False

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    _CAN_READ = True

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
