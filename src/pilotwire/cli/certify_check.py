"""`pilotwire certify check`: opens a package and holds it against its manifest and against all that a package is refused for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilotwire.cli.certify_package import show_reasons
from pilotwire.cli.terminal import Failed
from pilotwire.clock import SystemClock
from pilotwire.conformance.certify.package import Refused, check_package


def verb(package: Annotated[Path, typer.Argument(help="A package.", metavar="FILE.zip")]) -> None:
    """Verify a package: each file by its hash, and all of it as a dossier. Exit code 1 if anything is wrong."""
    try:
        manifest = check_package(package, SystemClock().now())
    except Refused as error:
        show_reasons(error)
        raise Failed(error.what) from None
    firmware, scope = manifest["firmware"], manifest["scope"]
    typer.echo(f"{manifest['product']}, OCPP {manifest['ocpp']}, {manifest['role']}")
    typer.echo(f"firmware {firmware['version']}: {firmware['file']}, SHA-256 {firmware['sha256']}")
    for profile, cases in manifest["profiles"].items():
        typer.echo(f"{profile}: {cases} cases passed")
    if scope is not None:
        typer.echo(f"Only {scope['cases']} of {scope['of']} cases that apply: {scope['why']}")
        if manifest["profiles_out_of_scope"]:
            typer.echo(f"Declared, and not in this scope: {', '.join(manifest['profiles_out_of_scope'])}.")
    typer.echo(f"All {len(manifest['files'])} files are what the manifest says, and nothing contradicts.")
