"""Bodies of OCPP-S, packed and not."""

from __future__ import annotations

import gzip
import zlib

import pytest

from pilotwire.ocpp.soap import Unreadable
from pilotwire.ocpp.soap.http import packed, unpacked

TEXT = b"<a/>" * 1000


def _raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        pytest.param(TEXT, "", id="none"),
        pytest.param(TEXT, "identity", id="identity"),
        pytest.param(gzip.compress(TEXT), "gzip", id="gzip"),
        pytest.param(gzip.compress(TEXT), " X-GZIP ", id="x-gzip"),
        pytest.param(zlib.compress(TEXT), "deflate", id="deflate"),
        pytest.param(_raw(TEXT), "deflate", id="deflate-without-header"),
        pytest.param(packed(TEXT), "gzip", id="our-own"),
    ],
)
def test_what_was_packed_comes_out(data: bytes, encoding: str) -> None:
    """S16:6.1: gzip and deflate, in the spellings there are."""
    assert unpacked(data, encoding, 10_000) == TEXT


@pytest.mark.parametrize(
    ("data", "encoding", "says"),
    [
        pytest.param(gzip.compress(TEXT), "gzip", "longer than 100 bytes", id="too-long"),
        pytest.param(TEXT, "gzip", "is not gzip", id="not-packed"),
        pytest.param(TEXT, "br", "gzip and deflate are", id="another-method"),
    ],
)
def test_what_cannot_be_unpacked_is_told(data: bytes, encoding: str, says: str) -> None:
    """A little that unpacks to much is not unpacked to its end."""
    with pytest.raises(Unreadable, match=says):
        unpacked(data, encoding, 100)


def test_packing_is_the_same_each_time() -> None:
    """No time of day in it."""
    assert packed(TEXT) == packed(TEXT) != TEXT
