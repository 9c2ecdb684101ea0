"""`pilotwire certify package`: one archive of all that goes to the lab, refused while anything is missing or contradictory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilotwire.cli.terminal import Failed, show_table
from pilotwire.clock import SystemClock
from pilotwire.conformance.certify.dossier import existing_dossier
from pilotwire.conformance.certify.package import Refused, make_package
from pilotwire.errors import ConfigError


def verb(
    dossier: Annotated[Path, typer.Argument(help="The folder of what goes to the lab.", metavar="DOSSIER")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The archive to write.", metavar="FILE.zip")],
) -> None:
    """Build the package for the lab. Exit code 1, and nothing written, while anything is missing or contradictory."""
    if output.is_dir():
        raise ConfigError(f"The package cannot be {output}: that is a folder.", "Name a file, as lab.zip.")
    try:
        manifest = make_package(existing_dossier(dossier), output, SystemClock().now())
    except Refused as error:
        show_reasons(error)
        raise Failed(error.what) from None
    typer.echo(str(output))
    typer.echo(f"{manifest['product']}, OCPP {manifest['ocpp']}, firmware {manifest['firmware']['version']}.")
    show_table(("profile", "clean cases"), list(manifest["profiles"].items()), nothing="")
    typer.echo(
        f"{len(manifest['files'])} files; {len(manifest['withheld'])} with private keys or passwords are withheld."
    )


def show_reasons(refused: Refused) -> None:
    """Each reason with what to do."""
    rows = [(one.about, one.what, one.mend) for one in refused.reasons]
    show_table(("about", "what is wrong", "what to do"), rows, nothing="")
