"""Files fetched from elsewhere: the job, how far it is, and how often it is tried. What is fetched is for the street that asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from pilotwire.station.core.jobs import Job, News, Result

PROTOCOLS = ("FTP", "FTPS", "HTTP", "HTTPS", "SFTP")
"""What the shell can fetch from and send to, by the names of FileTransferProtocols."""
MOST_BYTES = 512 * 1024 * 1024
"""No file may be larger."""
_RETRIES, _INTERVAL = 2, 10
"""Where the CSMS leaves them to the station."""


@dataclass(frozen=True, slots=True)
class FetchFile(Job):
    """Fetch `location` into the station's file `name`; what is there of it already is not fetched again. Others in its folder go."""

    location: str
    name: str
    keep_others: bool = False
    most: int = MOST_BYTES


@dataclass(frozen=True, slots=True)
class Fetching(News):
    """So many bytes are here; told when the first new ones came, and now and then."""

    size: int


@dataclass(frozen=True, slots=True)
class FileFetched(Result):
    """The file is whole; `md5` in hex, over all of it (L03.FR.02)."""

    size: int
    md5: str


@dataclass(frozen=True, slots=True)
class DiscardFile(Job):
    """Delete a file of the station; one that is gone already is fine."""

    name: str


def tries_of(retries: int | None) -> int:
    """How often a transfer is tried in all, for the `retries` a CSMS gave."""
    return 1 + (_RETRIES if retries is None else max(0, retries))


def wait_of(retry_interval: int | None) -> timedelta:
    """The time between two tries."""
    return timedelta(seconds=_INTERVAL if retry_interval is None else max(0, retry_interval))


def protocol_of(location: str) -> str:
    """The protocol of a URL, in capitals; empty for what is none."""
    try:
        parts = urlsplit(location)
        return parts.scheme.upper() if parts.hostname else ""
    except ValueError:
        return ""
