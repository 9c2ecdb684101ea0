"""`pilotwire audit`: who did what."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, show_json
from pilotwire.cli.terminal import moment, show_table

_COLUMNS = ("when (UTC)", "who", "from", "what", "status", "reason")


def verb(
    who: Annotated[str | None, typer.Option(help="Only of this one: user:NAME, key:NAME, oidc:SUBJECT.")] = None,
    station: Annotated[str | None, typer.Option(help="Only about this station.")] = None,
    since: Annotated[str | None, typer.Option(help="Only from this time on, like 2026-01-31T12:00:00Z.")] = None,
    until: Annotated[str | None, typer.Option(help="Only before this time.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most, the newest.", min=1)] = 50,
    export: Annotated[bool, typer.Option("--export", help="All of it as JSON lines, oldest first.")] = False,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Read the audit log: who did what, when, from where, and what came of it."""
    query = {"who": who, "station": station, "since": since, "until": until}
    with Api(url, key) as api:
        if export:
            for piece in api.download("/audit/export", {name: value for name, value in query.items() if value}):
                sys.stdout.buffer.write(piece)
            sys.stdout.flush()
            return
        entries = list(islice(api.pages("/audit", limit=min(limit, 1000), **query), limit))
    if as_json:
        show_json(entries)
        return
    show_table(_COLUMNS, map(_row, entries), nothing="There is nothing in the audit log.")


def _row(entry: Mapping[str, Any]) -> tuple[object, ...]:
    what = f"{entry['method']} {entry['path']}"
    return moment(entry["timestamp"]), entry["who"] or "?", entry["remote"], what, entry["status"], entry["reason"]
