"""The image format of our simulated hardware: two lines of text, then the payload.

    PILOTWIRE-IMAGE 1
    {"version": "2.4.0", "model": "simulated", "sha256": "<64 hex digits>"}
    <payload>

Both lines end with a line feed; `version` (1 to 50 characters) is what the boot message tells once the image runs, `model` (left out:
any) the model it is made for, `sha256` that of the payload (left out: not checked). Real hardware brings its own format: the core and
the transfers never look into an image.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from pilotwire.station.hardware.ports import HardwareError, ImageDamaged

MAGIC = b"PILOTWIRE-IMAGE 1\n"
LONGEST_VERSION = 50
"""Characters; both 1.6 and 2.x have room for so many in the boot message."""
_LONGEST_HEADER = 4096


@dataclass(frozen=True, slots=True)
class Image:
    """What an image says of itself, and what is to run. `model` empty: any."""

    version: str
    payload: bytes
    model: str = ""


def write_image(version: str, payload: bytes = b"", *, model: str = "", sha256: str | None = None) -> bytes:
    """An image with its checksum; another `sha256` makes one that is damaged."""
    header = {"version": version, "sha256": sha256 or hashlib.sha256(payload).hexdigest()}
    header |= {"model": model} if model else {}
    return MAGIC + json.dumps(header).encode() + b"\n" + payload


def read_image(content: bytes) -> Image:
    """The image; raises `HardwareError` for what is none, and `ImageDamaged` where the payload is not the one that was packed."""
    line, _, payload = content.removeprefix(MAGIC).partition(b"\n")
    header = _header(line) if content.startswith(MAGIC) and len(line) <= _LONGEST_HEADER else None
    if header is None:
        raise HardwareError("The file is no image of this hardware.", "Give one that begins with PILOTWIRE-IMAGE 1.")
    version, model, checksum = header.get("version"), header.get("model", ""), header.get("sha256")
    if not isinstance(version, str) or not 1 <= len(version) <= LONGEST_VERSION or not isinstance(model, str):
        raise HardwareError("The image does not name its version.", f"Name it with 1 to {LONGEST_VERSION} characters.")
    if checksum is not None and str(checksum).casefold() != hashlib.sha256(payload).hexdigest():
        raise ImageDamaged(f"The payload of the image {version} has not the SHA-256 it should have.", "Pack it anew.")
    return Image(version, payload, model)


def _header(line: bytes) -> dict[str, Any] | None:
    try:
        header = json.loads(line)
    except ValueError:
        return None
    return header if isinstance(header, dict) else None
