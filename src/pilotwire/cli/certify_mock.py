"""`pilotwire certify mock`: the whole declared set in one unattended run on the frozen build, with zero anomalies as the bar."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from pilotwire.cli.terminal import Failed, show_table
from pilotwire.cli.test_progress import watched
from pilotwire.clock import SystemClock
from pilotwire.conformance.certify.anomalies import counted
from pilotwire.conformance.certify.mock import play_session, prepared, write_session
from pilotwire.conformance.testing import Run
from pilotwire.logs import configure_logging
from pilotwire.ocpp.version import OcppVersion


def verb(
    dossier: Annotated[Path, typer.Argument(help="The folder of what goes to the lab.", metavar="DOSSIER")],
    plan: Annotated[
        Path | None,
        typer.Option(help="Settings and bench; what is declared is in the PICS. Pilotwire's own without it."),
    ] = None,
    ocpp: Annotated[
        OcppVersion | None, typer.Option(help="The version that is meant; it has to be that of the PICS.")
    ] = None,
    side_by_side: Annotated[int, typer.Option(min=1, max=64, help="How many cases at the same time.")] = 1,
    host: Annotated[str, typer.Option(help="Where the bench listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port it listens on for a station; 0: any.")] = 0,
) -> None:
    """Play every case of the PICS in one run, nobody there; exit code 1 unless there is no anomaly at all."""
    mock = prepared(dossier, plan, ocpp)
    if mock.scope:
        typer.echo(f"Only the {len(mock.cases)} cases of scope.toml are played: {mock.scope}")
    configure_logging("error")
    run = Run(host, port, side_by_side)
    with watched(len(mock.cases)) as told:
        session = asyncio.run(play_session(mock, run, SystemClock(), told))
    for path in write_session(dossier, session):
        typer.echo(str(path))
    typer.echo(f"{len(session.results)} cases on {session.frozen.file}, version {session.frozen.version}.")
    rows = [(one.case, str(one.kind), one.what) for one in session.found]
    show_table(("case", "anomaly", "what"), rows, nothing="There is no anomaly.")
    if session.void:
        show_table(("why the run does not count",), [(one,) for one in session.void], nothing="")
    if not session.clean:
        counts = ", ".join(f"{number} {kind}" for kind, number in counted(session.found).items() if number)
        void = "" if not session.void else "; the run does not count"
        raise Failed(f"The mock session is not clean: {counts or 'no anomaly'}{void}.")
