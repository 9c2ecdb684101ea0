"""`pilotwire certify diff`: what changed between two configuration snapshots."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilotwire.cli.terminal import Failed, show_table
from pilotwire.conformance.certify.snapshot_diff import differences
from pilotwire.conformance.certify.snapshot_record import read_snapshot

_WHERE = "A snapshot.json, or the folder or dossier it is in."


def verb(
    before: Annotated[Path, typer.Argument(help=_WHERE, metavar="SNAPSHOT")],
    after: Annotated[Path, typer.Argument(help="The later one.", metavar="SNAPSHOT")],
) -> None:
    """Show what was added, removed and changed between two snapshots; exit code 1 if anything was."""
    found = list(differences(read_snapshot(before), read_snapshot(after)))
    rows = [(one.name or "the device", one.what, one.before, one.after) for one in found]
    show_table(("variable", "what", "before", "after"), rows, nothing="Nothing is another.")
    if found:
        raise Failed(f"{len(found)} thing{' is' if len(found) == 1 else 's are'} another.")
