"""`pilotwire certify`: what a certification lab is handed, one module a command, loaded only when its command is used.

To add a command, add its line to `COMMANDS`. Its module has a `verb`, as those of `pilotwire.cli.VERBS`.
"""

from __future__ import annotations

from typing import Any, Final

import typer
from typer.core import TyperGroup

from pilotwire.cli import Verb, load

COMMANDS: Final = (
    Verb("check", "pilotwire.cli.certify_check", "Open a package and verify it."),
    Verb("diff", "pilotwire.cli.certify_diff", "Show what changed between two configuration snapshots."),
    Verb("freeze", "pilotwire.cli.certify_freeze", "Record which build is certified, and which runs are void."),
    Verb("mock", "pilotwire.cli.certify_mock", "Play all that is declared in one run, nobody there: zero anomalies."),
    Verb("package", "pilotwire.cli.certify_package", "Build the archive for the lab, if nothing is missing."),
    Verb("pics", "pilotwire.cli.certify_pics", "Write what is declared to a lab, and find what contradicts."),
    Verb("pki", "pilotwire.cli.certify_pki", "Make certificates for a lab, good and broken, and answer for them."),
    Verb("plan", "pilotwire.cli.certify_plan", "Show the four weeks before the lab: done, next, blocked."),
    Verb("rules", "pilotwire.cli.certify_rules", "Tell what a later change costs: firmware, family, new profile."),
    Verb("snapshot", "pilotwire.cli.certify_snapshot", "Read and keep a station's configuration, and measure it."),
    Verb("uptime", "pilotwire.cli.certify_uptime", "Calculate the uptime of charging ports (23 CFR 680.116)."),
)


class Commands(TyperGroup):
    """All commands; the one that is used is loaded."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is used, and load it."""
        wanted = next((one for one in COMMANDS if args and one.name == args[0]), None)
        if wanted is not None:
            self.commands[wanted.name] = command = load(wanted)
            command.name = wanted.name
        return super().resolve_command(ctx, args)


verb = typer.Typer(
    cls=Commands,
    help="Prepare a certification: what a lab wants to be handed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _placeholder() -> None:
    """Stands for a command in the list of commands until it is loaded."""


for _command in COMMANDS:
    verb.command(_command.name, help=_command.what)(_placeholder)


@verb.callback()
def _group() -> None:
    """Keeps `certify` a group of commands while it has only one."""
