"""No parser of bytes from outside raises anything but its own errors: a short look at each; `make fuzz` looks for longer."""

from __future__ import annotations

import gzip
import struct
from random import Random

import pytest

from tests.fuzz.mutations import bad_input
from tests.fuzz.targets import TARGETS

TRIES = 150


@pytest.mark.parametrize("name", TARGETS)
def test_bad_input_gets_an_error_and_nothing_else(name: str) -> None:
    """The same inputs each time."""
    target, chance = TARGETS[name], Random(name)
    refused = 0
    for _ in range(TRIES):
        data = bad_input(target.seeds(), chance)
        try:
            target.feed(data)
        except target.errors:
            refused += 1
        except Exception as error:
            pytest.fail(f"{name} raised {type(error).__name__} ({error}) for {data!r}")
    assert not target.errors or refused, "not one bad input was noticed: the parser was not fed"


def _pcap_of(packet: bytes) -> bytes:
    """A capture of one raw IP packet."""
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    return head + struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("captures", _pcap_of(bytes.fromhex("450000281234000040060000c00002"))),
        ("captures", gzip.compress(_pcap_of(b""))[:-6] + b"\x00" * 6),
    ],
    ids=["an address cut short", "a checksum of gzip that is wrong"],
)
def test_what_was_found_once(name: str, data: bytes) -> None:
    """Each of these broke a parser when it was found."""
    TARGETS[name].feed(data)
