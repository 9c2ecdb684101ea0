"""A cable between a station and a vehicle: two virtual interfaces with link-local addresses, for SECC discovery."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_numbers = itertools.count()


def _ip(*arguments: str) -> None:
    subprocess.run(("ip", *arguments), check=True, capture_output=True, text=True, timeout=20)


@contextmanager
def cable() -> Iterator[tuple[str, str]]:
    """The station's interface (fe80::1) and the vehicle's (fe80::2); skips the test where none can be laid."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("Virtual interfaces need iproute2 and the superuser: no cable for multicast.")
    name = f"ev{os.getpid() % 0xFFFFFF:x}d{next(_numbers)}"
    ends = f"{name}s", f"{name}v"
    try:
        _ip("link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
        for number, end in enumerate(ends, start=1):
            _ip("link", "set", end, "addrgenmode", "none")
            _ip("address", "add", f"fe80::{number}/64", "dev", end, "nodad")
            _ip("link", "set", end, "up")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"No virtual cable for multicast: {error.stderr.strip()}")
    try:
        yield ends
    finally:
        subprocess.run(("ip", "link", "del", ends[0]), capture_output=True, check=False, timeout=20)
