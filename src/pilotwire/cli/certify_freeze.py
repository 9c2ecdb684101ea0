"""`pilotwire certify freeze`: which build goes to the lab, and which runs do not count for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilotwire.cli.terminal import Failed, moment, show_table
from pilotwire.clock import SystemClock
from pilotwire.conformance.certify.freeze import Freeze, check_build, freeze_build
from pilotwire.conformance.certify.snapshot_record import told_otherwise
from pilotwire.errors import ConfigError


def verb(
    dossier: Annotated[Path, typer.Argument(help="The folder of what goes to the lab.", metavar="DOSSIER")],
    file: Annotated[
        Path | None, typer.Argument(help="The firmware, as it is installed in the device.", metavar="FIRMWARE_FILE")
    ] = None,
    firmware_version: Annotated[
        str, typer.Option(help="The firmwareVersion the device tells in its BootNotification.")
    ] = "",
    check: Annotated[
        bool,
        typer.Option("--check", help="Look at the build again: the file named, or where it was when it was frozen."),
    ] = False,
) -> None:
    """Record which build is certified; a run of another build is void. Exit code 1 with --check if the build changed or a run is void."""
    now = SystemClock().now()
    if check:
        freeze = check_build(dossier, now, file, firmware_version)
        looked = freeze.looks[-1].at == now
        _show(freeze, f"Looked at {freeze.looks[-1].file}" if looked else "The file is gone, no other was looked at")
        _judge(freeze, told_otherwise(dossier, freeze.frozen.version))
        return
    if file is None:
        raise ConfigError("No firmware is named.", "Name its file, or say --check to look at the frozen one again.")
    _show(freeze_build(dossier, file, firmware_version, now), "Frozen")


def _show(freeze: Freeze, done: str) -> None:
    frozen = freeze.frozen
    typer.echo(f"{moment(frozen.at.isoformat())} UTC: {frozen.file}, version {frozen.version}, {frozen.size} bytes")
    typer.echo(f"SHA-256 {frozen.sha256}")
    number = len(freeze.looks)
    typer.echo(f"{done}; {number} look{'' if number == 1 else 's'} at a build on record.")
    show_table(("void run", "why"), freeze.void, nothing="No run is void.")


def _judge(freeze: Freeze, snapshot: str) -> None:
    last = freeze.looks[-1]
    wrong = []
    if freeze.changed:
        wrong.append(f"the build has changed: {last.file} is version {last.version} with SHA-256 {last.sha256}")
    runs = len({name for name, _ in freeze.void})
    if runs:
        wrong.append(f"{runs} run{' is' if runs == 1 else 's are'} void")
    if snapshot:
        wrong.append(snapshot)
    if wrong:
        raise Failed(f"The dossier is not of the frozen build: {'; '.join(wrong)}.")
