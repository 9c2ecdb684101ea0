"""The lines of a log, one after the other, whatever its size, compressed by gzip or not, and whatever is wrong with its encoding."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

from pilotwire.errors import ConfigError

LONGEST: Final = 1 << 24
"""Characters a line may have; what comes after them is left out."""
_MARKS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb": "utf-8-sig"}


class Line(NamedTuple):
    """A line without its end; `number` counts from 1."""

    number: int
    text: str


class Torn(NamedTuple):
    """The file ends in the middle of something; `what` says how."""

    number: int
    what: str


def opened(path: Path) -> BinaryIO:
    """A file, unpacked if it is packed by gzip. Raises ConfigError if it cannot be opened or is none."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"{path} is not a file.", "Name the file of a capture or a log.")
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
        return cast(BinaryIO, gzip.open(path, "rb")) if packed else path.open("rb")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}.", "Name a file that is there.") from None
    except ValueError as error:  # a null byte in the name
        raise ConfigError(f"{str(path)!r} cannot be a file: {error}.", "Name a file that is there.") from None


def lines_of(path: Path) -> Iterator[Line | Torn]:
    """The lines. What is not UTF-8 (or UTF-16, with its mark) becomes U+FFFD; a packed file that ends early ends with Torn.

    Raises ConfigError if the file cannot be opened.
    """
    number = 0
    with closing(opened(path)) as binary:
        try:
            mark = binary.read(2)
            binary.seek(0)
            text = io.TextIOWrapper(binary, _MARKS.get(mark, "utf-8"), "replace", newline=None)
            while line := text.readline(LONGEST):
                number += 1
                yield Line(number, line.rstrip("\n"))
                while not line.endswith("\n") and len(line) == LONGEST:
                    line = text.readline(LONGEST)
        except (OSError, EOFError, zlib.error, UnicodeError) as error:
            yield Torn(number + 1, f"The file cannot be read on from there: {error}.")
