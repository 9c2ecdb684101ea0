"""What can go wrong between a message and its bytes."""

from __future__ import annotations

from pilotwire.errors import PilotwireError


class ExiError(PilotwireError):
    """Bytes and message do not fit."""


class DecodeError(ExiError):
    """A stream from outside is not what its schema says.

    `position` is the bit, counted from the first of the stream, at which it could not be read on; `path` the types that were open there.
    """

    def __init__(self, reason: str, position: int, path: tuple[str, ...] = ()) -> None:
        place = f" in {'/'.join(path)}" if path else ""
        super().__init__(f"The EXI stream cannot be decoded at bit {position}{place}: {reason}.")
        self.reason = reason
        self.position = position
        self.path = path


class EncodeError(ExiError):
    """A message of ours does not follow its schema; `path` is the element."""

    def __init__(self, reason: str, path: str) -> None:
        super().__init__(f"{path} cannot be encoded: {reason}.")
        self.reason = reason
        self.path = path


class TreeError(ExiError):
    """A tree (nested objects, as from JSON) is not a message of this schema; `path` is the element."""

    def __init__(self, reason: str, path: str) -> None:
        super().__init__(f"{path}: {reason}.")
        self.reason = reason
        self.path = path
