"""`pilotwire report`: reports on ports, stations and sites, from a running CSMS."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, Key, Url
from pilotwire.cli.terminal import show_table
from pilotwire.csms.reporting import Format
from pilotwire.domain.reports import By, Kind
from pilotwire.errors import ConfigError

_GAP: Final = 2
"""Characters between two columns."""
_BINARY: Final = frozenset({Format.PDF})


def verb(
    kind: Annotated[Kind, typer.Argument(help="What it is about.")],
    since: Annotated[
        str | None, typer.Option("--from", help="The first day, as 2026-01-01; usually the first of this month.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="The last day, included; usually today.")] = None,
    by: Annotated[By, typer.Option(help="What its rows are for.")] = By.STATION,
    site: Annotated[str | None, typer.Option(help="Only of stations of this site.")] = None,
    time_zone: Annotated[str, typer.Option(help="Whose days these are.")] = "UTC",
    format: Annotated[
        Format | None, typer.Option(help="How it is written; without it: as the name of --out says, or a table.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The file it is written to.")] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Report what ports, stations or sites were used for, earned, and missed."""
    wanted = format or (_by_name(out) if out is not None else None)
    if wanted in _BINARY and out is None:
        raise ConfigError("a PDF is nothing for a terminal.", "Say where it is to be written: --out report.pdf.")
    asked = {"from": since, "to": until, "by": by.value, "site": site, "timeZone": time_zone}
    query = {name: value for name, value in asked.items() if value is not None}
    with Api(url, key) as api:
        response = api.send("GET", f"/reports/{kind.value}", params=query | {"format": (wanted or Format.JSON).value})
    if out is not None:
        try:
            out.write_bytes(response.content)
        except OSError as error:
            raise ConfigError(f"{out} cannot be written: {error.strerror}.", "Give another --out.") from None
        typer.echo(f"The report is in {out}.")
    elif wanted is not None:
        sys.stdout.write(response.text)
    else:
        report = response.json()
        rows = [
            tuple("" if row[name] is None else str(row[name]) for name in report["columns"])
            for row in (*report["rows"], *report["totals"])
        ]
        _show(tuple(_words(name) for name in report["columns"]), rows)


def _show(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A table; one too wide for the terminal is turned: each figure is a line, with as many rows beside each other as fit."""
    nothing = "There is nothing to report of this period."
    widths = [max(map(len, column)) + _GAP for column in zip(columns, *rows, strict=True)]
    room = shutil.get_terminal_size().columns
    if sum(widths) <= room or not rows:
        show_table(columns, rows, nothing=nothing)
        return
    named = max(map(len, columns)) + _GAP
    each = max(len(cell) for row in rows for cell in row) + _GAP
    beside = max(1, (room - named) // each)
    for first in range(0, len(rows), beside):
        some = rows[first : first + beside]
        lines = [(name, *(row[place] for row in some)) for place, name in enumerate(columns)]
        if first:
            typer.echo()
        show_table(lines[0], lines[1:], nothing=nothing)


def _words(name: str) -> str:
    """A column's name as words: `energyKwh` is "energy kWh"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    return re.sub(r"\bkw(h?)\b", r"kW\1", words)


def _by_name(out: Path) -> Format:
    try:
        return Format(out.suffix.removeprefix(".").lower())
    except ValueError:
        raise ConfigError(
            f"the name of {out} does not say which format it is to be.", "Add --format csv, html, json or pdf."
        ) from None
