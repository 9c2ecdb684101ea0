"""Where the receiver of logs is: from the settings, in the network and on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.uploads.places import forced_address, host_key_file, passive_ports, shown_host, uploads_folder


@pytest.mark.parametrize(
    ("database", "folder", "keys"),
    [
        ("memory:", None, None),
        ("sqlite:///a/p.db", Path("a/p.db-uploads"), Path("a/p.db-sftp-host-keys")),
        ("sqlite:////a/p.db", Path("/a/p.db-uploads"), Path("/a/p.db-sftp-host-keys")),
        ("p.db", Path("p.db-uploads"), Path("p.db-sftp-host-keys")),
    ],
)
def test_things_are_beside_the_database(database: str, folder: Path | None, keys: Path | None) -> None:
    """Unless a folder is set."""
    settings = CsmsSettings(database=database)
    assert (uploads_folder(settings), host_key_file(settings)) == (folder, keys)
    assert uploads_folder(CsmsSettings(database=database, uploads_dir="x")) == Path("x")


def test_passive_ports_are_a_range() -> None:
    """Both ends belong to it; none are any."""
    assert passive_ports(CsmsSettings()) is None
    assert passive_ports(CsmsSettings(ftp_passive_ports="50000-50100")) == range(50000, 50101)


@pytest.mark.parametrize(
    ("url", "host", "forced"),
    [
        ("https://csms.example:8443/x", "csms.example", None),
        ("http://192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("http://[2001:db8::1]:8080/", "[2001:db8::1]", None),
        ("", "127.0.0.1", None),
    ],
)
def test_stations_are_told_the_host_of_the_public_url(url: str, host: str, forced: str | None) -> None:
    """An IPv4 address is told for FTP data as well: a station behind another network sees no other."""
    assert (shown_host(url), forced_address(url)) == (host, forced)
