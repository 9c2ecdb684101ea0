"""What OCPP-S needs of HTTP: content type, status codes of faults, packed bodies (S16:2, S16:6.1). No I/O."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from typing import Final

from pilotwire.ocpp.soap.envelope import Unreadable

CONTENT_TYPE: Final = "application/soap+xml; charset=utf-8"
STATUS: Final[Mapping[str, int]] = {"Sender": 400, "VersionMismatch": 500, "MustUnderstand": 500, "Receiver": 500}
"""HTTP status by fault code (SOAP 1.2 Part 2, 7.5.2.2)."""
WORTH_PACKING: Final = 1400
"""Bytes from which a message is packed: less goes in one packet anyway."""


def packed(data: bytes) -> bytes:
    """The bytes as gzip; the same bytes give the same result."""
    return gzip.compress(data, mtime=0)


def unpacked(data: bytes, encoding: str, limit: int) -> bytes:
    """A body as it was before `encoding` (its Content-Encoding).

    Raises `Unreadable` for more than `limit` bytes, and for what is not packed so.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return data
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Unreadable(f"the content encoding {encoding[:40]!r} is not understood; gzip and deflate are")
    for window in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):  # with a header; deflate as some send it, without one
        unpacker = zlib.decompressobj(window)
        try:
            found = unpacker.decompress(data, limit + 1)
        except zlib.error:
            continue
        if len(found) > limit:
            raise Unreadable(f"the message is longer than {limit} bytes")
        return found
    raise Unreadable(f"the message is not {encoding} as its header says")


__all__ = ["CONTENT_TYPE", "STATUS", "WORTH_PACKING", "packed", "unpacked"]
