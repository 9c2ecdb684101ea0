"""`pilotwire certify plan`: the four weeks before the lab, as they stand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from pilotwire.cli.api import show_json
from pilotwire.cli.terminal import Failed, show_table
from pilotwire.clock import SystemClock
from pilotwire.conformance.certify.dossier import existing_dossier
from pilotwire.conformance.certify.roadmap import (
    HEAD,
    State,
    roadmap_data,
    roadmap_of,
    rows_of,
    summary_of,
    write_roadmap,
)
from pilotwire.errors import ConfigError


def verb(
    dossier: Annotated[Path, typer.Argument(help="The folder of what goes to the lab.", metavar="DOSSIER")],
    lab_date: Annotated[str, typer.Option("--lab-date", help="The day the lab begins, as 2026-01-31.")],
    write: Annotated[bool, typer.Option("--write", help="Write plan.md, plan.html and plan.json too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Show it as JSON.")] = False,
) -> None:
    """Show what is done, what is next, what blocks, with dates; exit code 1 while a step is late."""
    opened = existing_dossier(dossier)
    roadmap = roadmap_of(opened, _day(lab_date), SystemClock().now())
    if as_json:
        show_json(roadmap_data(roadmap))
    else:
        show_table(HEAD, rows_of(roadmap.steps), nothing="")
        typer.echo(summary_of(roadmap))
    if write:
        product = opened.declared.product if opened.declared is not None else "The product"
        for path in write_roadmap(dossier, roadmap, product):
            typer.echo(str(path), err=as_json)
    late = [one.task.name for one in roadmap.steps if one.state is State.LATE]
    if late:
        raise Failed(f"The plan is late: {', '.join(late)}.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no day.", "Write year, month and day, as 2026-01-31.") from None
