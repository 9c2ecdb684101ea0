"""The folder of all uploads: a file is written under a temporary name, and gets its own when it is whole and on the disk."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
import threading
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

_INCOMING: Final = ".incoming"
_BLOCK: Final = 1 << 20


class Incoming:
    """A file that is being written. Every method may raise OSError, and may take as long as a disk does."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self._file = file

    def write(self, offset: int, data: bytes) -> None:
        """Write at a place."""
        self._file.seek(offset)
        self._file.write(data)

    def seal(self) -> str:
        """Bring all of it to the disk; gives its SHA-256 in hex."""
        self._file.flush()
        os.fsync(self._file.fileno())
        digest = sha256()
        self._file.seek(0)
        while block := self._file.read(_BLOCK):
            digest.update(block)
        self._file.close()
        return digest.hexdigest()

    def discard(self) -> None:
        """Leave nothing of it."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


class Folder:
    """The folder `path`, made when first needed; None: a temporary one, gone when closed."""

    def __init__(self, path: Path | None) -> None:
        self._wanted = path
        self._making = threading.Lock()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    @property
    def root(self) -> Path:
        """Where it is."""
        with self._making:  # files are written by several threads
            if self._wanted is None:
                self._temporary = tempfile.TemporaryDirectory(prefix="pilotwire-uploads-")
                self._wanted = Path(self._temporary.name)
            return self._wanted

    def open(self) -> None:
        """Remove what an interrupted run left unfinished."""
        if self._wanted is None:
            return
        with suppress(OSError):
            for left in (self._wanted / _INCOMING).iterdir():
                left.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove a temporary folder."""
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = self._wanted = None

    def begin(self) -> Incoming:
        """A new file under a temporary name. Raises OSError."""
        folder = self.root / _INCOMING
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / secrets.token_hex(16)
        return Incoming(path, path.open("x+b"))

    def place(self, incoming: Incoming, station: str, request_id: int, name: str) -> str:
        """Give a sealed file its name; gives its path below the root. Raises OSError."""
        relative = Path(_segment(station)) / str(request_id) / name
        target = self.root / relative
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        incoming.path.replace(target)
        _sync(target.parent)
        return relative.as_posix()

    def remove(self, relative: str) -> None:
        """Remove a stored file, if it is there."""
        with suppress(OSError):
            (self.root / relative).unlink(missing_ok=True)

    def stored(self, relative: str) -> Path | None:
        """A stored file, None if it is not there (any more)."""
        path = self.root / relative
        return path if path.is_file() else None


def _segment(station: str) -> str:
    """A folder's name for a station: readable, and its own even where identities differ in case or in characters no folder may have."""
    readable = re.sub(r"[^A-Za-z0-9_-]+", "_", station)[:40]
    return f"{readable}-{sha256(station.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"


def _sync(folder: Path) -> None:
    """Bring a folder's entries to the disk, where that can be asked for."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
