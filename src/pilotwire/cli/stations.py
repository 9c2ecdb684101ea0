"""`pilotwire stations`: list the stations of a CSMS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, show_json
from pilotwire.cli.terminal import moment, show_table

_COLUMNS = ("station", "connected", "registration", "version", "vendor, model", "last seen (UTC)")


def verb(as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the stations of a CSMS: who is on record, who is connected."""
    with Api(url, key) as api:
        stations = list(api.pages("/stations", limit=1000))
    if as_json:
        show_json(stations)
        return
    show_table(_COLUMNS, map(_row, stations), nothing="There are no stations yet.")


def _row(station: Mapping[str, Any]) -> tuple[object, ...]:
    identity = station["identity"]
    return (
        station["station"],
        station["connected"],
        station["registration"] or "by policy",
        station["version"],
        None if identity is None else f"{identity['vendorName']}, {identity['model']}",
        moment(station["lastSeenAt"]),
    )
