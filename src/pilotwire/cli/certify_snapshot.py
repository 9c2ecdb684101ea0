"""`pilotwire certify snapshot`: what a device declares of itself, and whether it does so."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from pilotwire.cli.terminal import Failed, show_table
from pilotwire.conformance.certify.dossier import read_declared
from pilotwire.conformance.certify.snapshot import Asked, held_again, take_snapshot
from pilotwire.conformance.certify.snapshot_pages import write_snapshot
from pilotwire.conformance.certify.snapshot_record import Frame, Snapshot, read_snapshot
from pilotwire.conformance.plan import own_plan, read_plan
from pilotwire.errors import ConfigError
from pilotwire.logs import configure_logging
from pilotwire.ocpp.version import OcppVersion


def verb(
    dossier: Annotated[Path, typer.Argument(help="The folder of what goes to the lab.", metavar="DOSSIER")],
    plan: Annotated[
        Path | None, typer.Option(help="The plan whose bench connects the device; Pilotwire's own station without it.")
    ] = None,
    ocpp: Annotated[
        OcppVersion | None, typer.Option(help="What is spoken; without it that of the plan or of the PICS, else 2.0.1.")
    ] = None,
    role: Annotated[str, typer.Option(help="What is certified: station or csms; as the PICS says without it.")] = "",
    observe: Annotated[
        float, typer.Option(min=0, max=3600, help="Seconds for which heartbeats are timed; 0: nothing is set or timed.")
    ] = 6.0,
    again: Annotated[
        bool,
        typer.Option("--again", help="Connect nothing: hold the snapshot there is against the runs as they are now."),
    ] = False,
    host: Annotated[str, typer.Option(help="Where the bench listens for the device.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port it listens on; 0: any free one.")] = 0,
) -> None:
    """Read and keep the whole configuration of a station, and measure it; exit code 1 if what it declares is contradicted."""
    declared = read_declared(dossier)
    if role not in ("", "station", "csms"):
        raise ConfigError(f"Nobody called {role!r} is certified.", "Say --role station or --role csms.")
    if (role or (declared.role if declared else "station")) == "csms":
        typer.echo("There is no snapshot of a CSMS: it has no configuration that can be read over OCPP.")
        return
    if dossier.exists() and not dossier.is_dir():
        raise ConfigError(f"{dossier} is no folder.", "Name the folder of the dossier.")
    if again:
        if plan is not None or ocpp is not None:
            raise ConfigError("With --again no device is connected.", "Leave --plan and --ocpp out.")
        _keep(dossier, held_again(dossier, read_snapshot(dossier)))
        return
    read = None if plan is None else read_plan(plan)
    version = ocpp or (read and read.version) or (declared and declared.version) or OcppVersion.V201
    if read is not None and read.version not in (None, version):
        raise ConfigError(
            f"The plan is for OCPP {read.version}, not {version}.", "Leave --ocpp out, or name another plan."
        )
    configure_logging("error")
    taken = asyncio.run(
        take_snapshot(dossier, read or own_plan("station", version), Asked(version, observe, host, port))
    )
    _keep(dossier, taken)


def _keep(dossier: Path, taken: Snapshot) -> None:
    for path in write_snapshot(dossier, taken):
        typer.echo(str(path))
    typer.echo(
        f"{taken.identity}, firmware {taken.firmware_version or '(version not told)'}: "
        f"{len(taken.variables)} {'keys' if taken.ocpp == '1.6' else 'variables'}."
    )
    show_table(
        ("variable", "declared", "measured", "agrees"),
        [(one.about, one.declared, one.measured, one.agrees) for one in taken.measured],
        nothing="Nothing could be measured.",
    )
    rows = [(one.about, one.told, _where(one.frames)) for one in taken.measured if not one.agrees]
    rows += [(one.about, one.what, one.mend) for one in taken.findings]
    show_table(("about", "what", "frames, or how to mend it"), rows, nothing="Nothing in it contradicts.")
    if rows:
        raise Failed(f"What the device declares is contradicted {len(rows)} time{'s' if len(rows) > 1 else ''}.")


def _where(frames: tuple[Frame, ...]) -> str:
    return ", ".join(f"{one.run}/{one.case} {one.index}" for one in frames)
