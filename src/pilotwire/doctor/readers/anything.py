"""The door of the readers: a file, whatever it is, becomes a recording."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pilotwire.doctor.conversation.heard import Sender
from pilotwire.doctor.readers.capture import MAGICS, read_capture, read_key_log
from pilotwire.doctor.readers.entries import Hints
from pilotwire.doctor.readers.log_json import NAMES
from pilotwire.doctor.readers.log_lines import opened
from pilotwire.doctor.readers.logs import Told, read_log
from pilotwire.doctor.readers.moments import Calendar, zone_of
from pilotwire.doctor.readers.recording import Recording
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion

_FOREIGN: Final = (
    (b"PK\x03\x04", "a ZIP archive", "Unpack it, and give the file inside."),
    (b"\x28\xb5\x2f\xfd", "packed by zstd", "Unpack it first (zstd -d)."),
    (b"\xfd7zXZ\x00", "packed by xz", "Unpack it first (xz -d)."),
    (b"BZh", "packed by bzip2", "Unpack it first (bunzip2)."),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it, and give the file inside."),
    (b"%PDF", "a PDF", "Export the log as text."),
    (b"RTSS", "a capture of Microsoft Network Monitor", "Save it as pcapng in Wireshark."),
    (b"GMBU", "a capture of Microsoft Network Monitor", "Save it as pcapng in Wireshark."),
    (b"snoop\x00\x00\x00", "a capture of snoop", "Save it as pcapng in Wireshark."),
    (b"SQLite format 3\x00", "a database of SQLite", "Export the messages from it as JSON lines."),
)


def read_any(
    path: str,
    keylog: str = "",
    *,
    station: str = "",
    side: Sender | None = None,
    zone: str = "",
    fields: Mapping[str, str] | None = None,
    version: OcppVersion | None = None,
) -> Recording:
    """A capture (pcap, pcapng, also packed by gzip) or a log; `keylog` is the file of TLS secrets of a capture.

    For logs: `station` whose it is, `side` who wrote it, `zone` of times that say none (UTC), `fields` what the fields of JSON are called
    (`text`, `time`, `direction`, `station`, `connection`), `version` what is spoken. Raises ConfigError for what cannot be read.
    """
    told = Told(Hints(_fields(fields or {}), _calendar(path, zone)), side, station, version)
    with opened(Path(path)) as file:
        try:
            start = file.read(16)
        except (OSError, EOFError, zlib.error) as error:
            raise ConfigError(f"{path} cannot be read: {error}.", "Copy the file anew.") from None
        if start[:4] in MAGICS:
            file.seek(0)
            return read_capture(file, read_key_log(keylog) if keylog else "")
    _refuse(path, start)
    if keylog:
        raise ConfigError(
            f"{path} is no capture: a key log opens nothing in it.",
            "Leave the key log out, or give a pcap or pcapng file.",
        )
    return read_log(Path(path), told)


def _refuse(path: str, start: bytes) -> None:
    if not start:
        raise ConfigError(f"{path} is empty.", "Give a capture (pcap, pcapng) or a log.")
    for magic, what, remedy in _FOREIGN:
        if start.startswith(magic):
            raise ConfigError(f"{path} is {what}, which is not read here.", remedy)
    if b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError(f"{path} is neither a capture nor text.", "Give a capture (pcap, pcapng) or a log in text.")


def _fields(fields: Mapping[str, str]) -> Mapping[str, str]:
    unknown = sorted(set(fields) - set(NAMES))
    if unknown:
        raise ConfigError(f"There is no field called {unknown[0]!r} in a log.", f"Name {', '.join(NAMES)}.")
    return fields


def _calendar(path: str, zone: str) -> Calendar:
    """Years and days that a log does not say are those in which its file was last written."""
    own = zone_of(zone) if zone else UTC
    try:
        return Calendar(own, datetime.fromtimestamp(Path(path).stat().st_mtime, own).date())
    except (OSError, ValueError, OverflowError):
        return Calendar(own)
