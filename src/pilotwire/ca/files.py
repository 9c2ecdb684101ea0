"""Files that are there wholly or not at all, and that only their owner reads."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from pilotwire.errors import StoreError

_REMEDY = "Choose a folder that can be written, on a disk with room."


def make_folder(folder: Path) -> None:
    """A folder that only its owner enters (0700); one that is there is left as it is. Raises StoreError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The folder {folder} cannot be made: {_why(error)}.", _REMEDY) from None


def check_place(folder: Path) -> None:
    """A folder in which files can be made, before anything is signed that would go there; it is made. Raises StoreError."""
    make_folder(folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreError(f"In the folder {folder} no file can be made: it is read-only.", _REMEDY)


def write_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file in the place of an older one: who reads it meanwhile gets the old one or the new one. Raises StoreError."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _keep_names(path.parent)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise StoreError(f"{path} cannot be written: {_why(error)}.", _REMEDY) from None


def read_bytes(path: Path) -> bytes:
    """The content of a file. Raises StoreError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"{path} cannot be read: {_why(error)}.", "Check the name of the file and who may read it."
        ) from None


def file_name(name: str) -> str:
    """A name of a certificate as the name of a file."""
    return re.sub(r"[^\w.@-]+", "_", name).lstrip(".") or "certificate"


def _keep_names(folder: Path) -> None:
    """Let the names in a folder survive a power cut, where the system knows how."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _why(error: OSError) -> str:
    return error.strerror or str(error)
