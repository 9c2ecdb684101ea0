"""Whole sessions of ISO 15118-2 as vehicles and stations of others spoke them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from pilotwire.iso15118.codecs import ISO2

_FILE = Path(__file__).parents[1] / "vectors/iso15118/exi/sessions.jsonl"
NAMES = ("iso2-ac-eim", "iso2-dc-eim", "iso2-ac-pnc-tls")


@cache
def recorded(name: str) -> tuple[tuple[Any, Any], ...]:
    """Request and response of each exchange after SupportedAppProtocol, as whole messages."""
    lines = [json.loads(line) for line in _FILE.read_text().splitlines()]
    ours = [one for one in lines if one["session"] == name and one["codec"] == "ISO2" and "fragment" not in one]
    said = [ISO2.decode(bytes.fromhex(one["exi"])) for one in ours]
    return tuple(zip(said[::2], said[1::2], strict=True))
