"""The files of one station: firmware images, logs, certificates and keys; in a folder of its own, or in memory for fleets and tests."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pilotwire.errors import MisuseError, StoreError

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)?\Z")


class Files(Protocol):
    """A station's files by name: letters, digits, `._-`, at most one folder deep (`firmware/image.bin`).

    All raise `StoreError` with a sentence if the disk will not.
    """

    def read(self, name: str) -> bytes | None:
        """The content, None if there is no such file."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Replace the file as a whole: after a power failure it is the old one or the new one. Only its owner may read it."""
        ...

    def append(self, name: str, content: bytes) -> None:
        """Add to the end of a file, which begins empty."""
        ...

    def size(self, name: str) -> int | None:
        """Bytes, None if there is no such file."""
        ...

    def delete(self, name: str) -> bool:
        """Remove a file; whether there was one."""
        ...

    def names(self, folder: str = "") -> list[str]:
        """The files of a folder (or of none), sorted, by their whole names."""
        ...


def _checked(name: str) -> str:
    if not _NAME.match(name):
        raise MisuseError(f"{name!r} cannot be the name of a station's file.")
    return name


class MemoryFiles:
    """Files that live as long as the process."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def read(self, name: str) -> bytes | None:
        """See `Files.read`."""
        return self._files.get(_checked(name))

    def write(self, name: str, content: bytes) -> None:
        """See `Files.write`."""
        self._files[_checked(name)] = bytes(content)

    def append(self, name: str, content: bytes) -> None:
        """See `Files.append`."""
        self._files[_checked(name)] = self._files.get(name, b"") + content

    def size(self, name: str) -> int | None:
        """See `Files.size`."""
        found = self._files.get(_checked(name))
        return None if found is None else len(found)

    def delete(self, name: str) -> bool:
        """See `Files.delete`."""
        return self._files.pop(_checked(name), None) is not None

    def names(self, folder: str = "") -> list[str]:
        """See `Files.names`."""
        return sorted(name for name in self._files if name.rpartition("/")[0] == folder)


class FolderFiles:
    """Files in a folder, which is made when the first one is written."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    @contextmanager
    def _explained(self, name: str, done: str) -> Iterator[Path]:
        path = self.folder / _checked(name)
        try:
            yield path
        except OSError as error:
            raise StoreError(
                f"The file {path} could not be {done}: {error.strerror or error}.",
                "See that its folder can be written and that the disk has room.",
            ) from error

    def _folder_of(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def read(self, name: str) -> bytes | None:
        """See `Files.read`."""
        with self._explained(name, "read") as path:
            return path.read_bytes() if path.exists() else None

    def write(self, name: str, content: bytes) -> None:
        """See `Files.write`."""
        with self._explained(name, "written") as path:
            self._folder_of(path)
            beside = path.with_name(path.name + ".new")
            number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(number, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)

    def append(self, name: str, content: bytes) -> None:
        """See `Files.append`."""
        with self._explained(name, "written") as path:
            self._folder_of(path)
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(number, "ab") as file:
                file.write(content)

    def size(self, name: str) -> int | None:
        """See `Files.size`."""
        with self._explained(name, "read") as path:
            return path.stat().st_size if path.exists() else None

    def delete(self, name: str) -> bool:
        """See `Files.delete`."""
        with self._explained(name, "deleted") as path:
            was = path.exists()
            path.unlink(missing_ok=True)
            return was

    def names(self, folder: str = "") -> list[str]:
        """See `Files.names`."""
        where = self.folder / folder if folder else self.folder
        if not where.is_dir():
            return []
        prefix = f"{folder}/" if folder else ""
        return sorted(
            f"{prefix}{path.name}" for path in where.iterdir() if path.is_file() and not path.name.endswith(".new")
        )
