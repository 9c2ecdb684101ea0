"""Where things of the receiver are: on disk, from the settings; in the network, as stations see them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pilotwire.csms.registers.logs import Protocol
from pilotwire.csms.settings import CsmsSettings
from pilotwire.errors import ConfigError, PilotwireError

_HIGHEST_PORT = 65_535


def uploads_folder(settings: CsmsSettings) -> Path | None:
    """The folder of uploads: as set, else beside the database; None if there is nothing on disk to be beside."""
    if settings.uploads_dir:
        return Path(settings.uploads_dir).expanduser()
    database = _database_file(settings.database)
    return None if database is None else database.with_name(f"{database.name}-uploads")


def host_key_file(settings: CsmsSettings) -> Path | None:
    """The file of the SFTP host keys, beside the database; None if that is in memory."""
    database = _database_file(settings.database)
    return None if database is None else database.with_name(f"{database.name}-sftp-host-keys")


def _database_file(url: str) -> Path | None:
    scheme, separator, path = url.partition("sqlite:///")
    if separator and not scheme:
        return Path(path).expanduser()
    return None if ":" in url[2:] else Path(url).expanduser()


def passive_ports(settings: CsmsSettings) -> range | None:
    """The ports for the data of FTP, None for any. Raises ConfigError."""
    if not settings.ftp_passive_ports:
        return None
    first, _, last = settings.ftp_passive_ports.partition("-")
    if not 0 < int(first) <= int(last) <= _HIGHEST_PORT:
        what = f"ftp_passive_ports is {settings.ftp_passive_ports!r}: these are no ports."
        raise ConfigError(what, "Give the first and the last, for example 50000-50100.")
    return range(int(first), int(last) + 1)


def shown_host(base: str) -> str:
    """The host of a URL, as it is written in one."""
    host = urlsplit(base).hostname or "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def forced_address(public_url: str) -> str | None:
    """The IPv4 address to name for FTP data connections, if the public URL has one."""
    host = urlsplit(public_url).hostname or ""
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError:
        return None


def server_url(
    protocol: Protocol, base: str, ports: Mapping[Protocol, int], user: str, password: str, *, tls: bool
) -> str:
    """The URL of a user at the FTP or SFTP server. Raises PilotwireError if that server is not running."""
    port = ports.get(protocol)
    if port is None:
        what = f"This CSMS takes no uploads by {protocol}."
        raise PilotwireError(what, f"Start it with --{protocol}-port, or choose another protocol.")
    scheme = "ftps" if tls and protocol is Protocol.FTP else protocol.value
    return f"{scheme}://{user}:{password}@{shown_host(base)}:{port}/"
