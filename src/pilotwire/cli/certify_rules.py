"""`pilotwire certify rules`: what a change costs once a product is certified."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilotwire.cli.terminal import show_table
from pilotwire.conformance.certify.dossier import existing_dossier
from pilotwire.conformance.certify.rules import RULES, cost_of
from pilotwire.errors import ConfigError


def verb(
    dossier: Annotated[Path | None, typer.Argument(help="The dossier that was certified.", metavar="DOSSIER")] = None,
    add: Annotated[str, typer.Option(help="A profile to declare besides: what it costs is told.")] = "",
    item: Annotated[list[str] | None, typer.Option(help="An item declared with it (UI-1.1); may be repeated.")] = None,
) -> None:
    """Tell what a change of firmware, a family member or a new profile costs. Guidance: the programme and the lab decide."""
    if dossier is None:
        if add or item:
            raise ConfigError("What is declared so far is not known.", "Name the dossier.")
        show_table(
            ("change", "the certificate", "to be played again"),
            [(one.change, one.certificate, one.again) for one in RULES],
            nothing="",
        )
        return
    declared = existing_dossier(dossier).declared
    if declared is None:
        raise ConfigError(f"There is no PICS in {dossier}.", "Write it: pilotwire certify pics DOSSIER/pics.")
    if not add:
        raise ConfigError("No change is named.", "Say --add PROFILE, or leave the dossier out to see the rules.")
    cost = cost_of(declared, add, frozenset(item or ()))
    typer.echo(f"{cost.profile} brings {len(cost.comes)} cases; {cost.all} apply then.")
    show_table(("new case",), [(one,) for one in cost.comes], nothing="No case comes by it.")
    if cost.goes:
        show_table(("no more",), [(one,) for one in cost.goes], nothing="")
