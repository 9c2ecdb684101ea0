"""What `pilotwire exi` is given: a file, standard input, or the text itself; hexadecimal, base64, raw bytes, or a capture."""

from __future__ import annotations

import binascii
import re
import sys
import zlib
from base64 import b64decode
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from pilotwire.doctor.readers.capture import MAGICS, read_key_log
from pilotwire.doctor.readers.log_lines import opened
from pilotwire.doctor.readers.v2g import V2gRecording, read_v2g
from pilotwire.errors import ConfigError

MOST: Final = 1 << 20
"""Bytes of an input that is no capture."""
_BETWEEN: Final = re.compile(rb"0[xX](?=[0-9a-fA-F])|[\s:,;_-]")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
_HEX: Final = "0123456789abcdefABCDEF"
_ENDINGS: Final = (".pcap", ".pcapng", ".bin", ".json", ".xml", ".exi")
_FORMS: Final = "Give hexadecimal digits, base64, a file of raw bytes, or a capture (pcap, pcapng)."


@dataclass(frozen=True, slots=True)
class Capture:
    """A capture: its name, and its bytes if it came by standard input."""

    name: str
    data: bytes | None = None

    def read(self, keylog: str) -> V2gRecording:
        """All V2G messages in it. Raises ConfigError for a key log that is none."""
        secrets = read_key_log(keylog) if keylog else ""
        file: BinaryIO
        with opened(Path(self.name)) if self.data is None else BytesIO(self.data) as file:
            return read_v2g(file, secrets)


def read_input(given: str) -> bytes | Capture:
    """The bytes of a file or of standard input (`-`), or the text itself; or a capture. Raises ConfigError."""
    if given == "-":
        start = sys.stdin.buffer.read(4)
        if start in MAGICS:
            return Capture("Standard input", start + sys.stdin.buffer.read())
        return _limited(start + sys.stdin.buffer.read(MOST), "Standard input")
    path = Path(given)
    try:
        there = not given.lstrip().startswith(("{", "<", "[")) and path.exists()
    except (OSError, ValueError):  # too long for a name, or no name at all
        there = False
    if not there:
        if _looks_like_name(given):
            raise ConfigError(f"There is no file {given}.", _FORMS)
        return _limited(given.encode(errors="replace"), "The argument")
    with opened(path) as file:
        try:
            start = file.read(4)
            return Capture(given) if start in MAGICS else _limited(start + file.read(MOST + 1), given)
        except (OSError, EOFError, zlib.error) as error:
            raise ConfigError(f"{given} cannot be read: {error}.", "Copy the file anew.") from None


def _limited(data: bytes, what: str) -> bytes:
    if len(data) > MOST:
        raise ConfigError(f"{what} has more than {MOST >> 20} MiB.", "A V2GTP message has at most 64 KiB.")
    if not data.strip():
        raise ConfigError(f"{what} is empty.", _FORMS)
    return data


def as_bytes(data: bytes) -> bytes:
    """The bytes that are meant: those of hexadecimal digits or base64 where it is text, else the input itself. Raises ConfigError."""
    if any(byte > 126 or (byte < 32 and byte not in b"\t\r\n") for byte in data):
        return data
    bare = _BETWEEN.sub(b"", data)
    if bare and not bare.translate(None, _HEX.encode()):
        if len(bare) % 2:
            raise ConfigError(
                f"{len(bare)} hexadecimal digits are no whole number of bytes.", "One is missing or too many."
            )
        return bytes.fromhex(bare.decode())
    joined = b"".join(data.split())
    if _BASE64.fullmatch(joined):
        try:
            return b64decode(joined.translate(bytes.maketrans(b"-_", b"+/")), validate=True)
        except binascii.Error:
            pass
    shown = data.strip()[:30].decode("ascii", "replace")
    raise ConfigError(f"The input ({shown!r}...) is neither hexadecimal nor base64.", _FORMS)


def _looks_like_name(given: str) -> bool:
    """Base64 has slashes too: what decodes to the start of a message is none."""
    if given.lstrip().startswith(("{", "<", "[")):
        return False
    return given.lower().endswith(_ENDINGS) or ("/" in given and not _is_encoded(given.encode(errors="replace")))


def _is_encoded(data: bytes) -> bool:
    try:
        return as_bytes(data)[:1] in (b"\x80", b"\x01")
    except ConfigError:
        return False
