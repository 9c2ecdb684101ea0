"""The command line: one module a verb, loaded only when its verb is used, so that `pilotwire --help` is quick.

To add a verb, add its line to `VERBS`. Its module has a `verb`: a function with typer's annotations, or a `typer.Typer` with verbs of
its own.
Errors of ours become a red sentence with its remedy and an exit code: 1 if a station or the CSMS said no, 2 if what was asked cannot be
done as it was said, 70 for a mistake in Pilotwire. Nobody sees a traceback who does not ask for one (`PILOTWIRE_TRACEBACK=1`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperGroup

from pilotwire.cli.terminal import complain
from pilotwire.errors import PilotwireError


class Verb(NamedTuple):
    """A verb of the command line: its name, the module it is in (`:` what of it, else `verb`), and what it does in one sentence."""

    name: str
    module: str
    what: str


VERBS: Final = (
    Verb("csms", "pilotwire.cli.csms", "Run a CSMS: stations connect to it, people and programs use its HTTP API."),
    Verb("csms-certificates", "pilotwire.cli.csms_certificates", "Make a CA and certificates for a lab."),
    Verb("pki", "pilotwire.cli.pki", "Be a certificate authority: make, check, renew and revoke certificates."),
    Verb("station", "pilotwire.cli.station", "Run a charging station with simulated hardware and a control port."),
    Verb("ev", "pilotwire.cli.ev", "Be an electric vehicle: charge at any station by ISO 15118 or DIN SPEC 70121."),
    Verb("test", "pilotwire.cli.test", "Test a charging station or a CSMS by the official test cases."),
    Verb("certify", "pilotwire.cli.certify", "Prepare a certification: what a lab wants to be handed."),
    Verb("doctor", "pilotwire.cli.doctor", "Say why a station cannot dock: certificates, protocol, network."),
    Verb("exi", "pilotwire.cli.exi", "Read and write V2G messages (EXI): from bytes and captures, to JSON and XML."),
    Verb("demo", "pilotwire.cli.demo", "Let three cars charge through the whole system, one a protocol version."),
    Verb("call", "pilotwire.cli.call", "Send any action of its protocol version to a station."),
    Verb("start", "pilotwire.cli.remote:start", "Ask a station to start a transaction for a token."),
    Verb("stop", "pilotwire.cli.remote:stop", "Ask a station to end a transaction."),
    Verb("reset", "pilotwire.cli.remote:reset", "Restart a station, or one EVSE of it."),
    Verb("unlock", "pilotwire.cli.remote:unlock", "Release a stuck cable."),
    Verb("trigger", "pilotwire.cli.remote:trigger", "Ask a station to send a message now."),
    Verb("availability", "pilotwire.cli.remote:availability", "Take a station or a part of it in or out of use."),
    Verb("reserve", "pilotwire.cli.remote:reserve", "Keep an EVSE for a token."),
    Verb("command", "pilotwire.cli.command", "Give a station any typed command, the same for every version."),
    Verb("stations", "pilotwire.cli.stations", "List the stations of a CSMS; add, change, show and remove them."),
    Verb("transactions", "pilotwire.cli.transactions", "List the transactions of a CSMS; verify what meters signed."),
    Verb("meter-key", "pilotwire.cli.meter_key", "Public keys of meters: put, list and remove them."),
    Verb("logs", "pilotwire.cli.logs", "Get log files from stations: ask, list, download."),
    Verb("messages", "pilotwire.cli.messages", "Search and export the message log: every frame as it was on the wire."),
    Verb("token", "pilotwire.cli.token", "Say who may charge: put, list and remove id tokens."),
    Verb(
        "group", "pilotwire.cli.group", "Groups of tokens: one status and limit for all their members, master passes."
    ),
    Verb(
        "local-list", "pilotwire.cli.local_list", "Which tokens stations know by themselves, and keeping that in step."
    ),
    Verb("display", "pilotwire.cli.display", "Show messages on stations' displays: set, list, clear."),
    Verb("alerts", "pilotwire.cli.alerts", "List what somebody should look at, and acknowledge it."),
    Verb("monitors", "pilotwire.cli.monitors", "List the monitors of a station."),
    Verb("profile", "pilotwire.cli.profile", "Say what stations may draw: set, clear and list charging profiles."),
    Verb("firmware", "pilotwire.cli.firmware", "Keep firmware images, update stations, run campaigns."),
    Verb("webhook", "pilotwire.cli.webhook", "Say who is told of what happens: put, list and remove webhooks."),
    Verb("certificates", "pilotwire.cli.certificates", "See to stations' certificates and what they ask for."),
    Verb("variables", "pilotwire.cli.variables", "Get, set and report the variables of a station."),
    Verb("template", "pilotwire.cli.template", "Keep configuration templates and bring them to stations."),
    Verb("tariff", "pilotwire.cli.tariff", "Tariffs: put them on record, set them at stations, list and clear them."),
    Verb("bill", "pilotwire.cli.bill", "Bills: list them, get receipts, correct and export; which tariff counts."),
    Verb("der", "pilotwire.cli.der", "DER controls of stations: list, set and clear them."),
    Verb("key", "pilotwire.cli.key", "Create, list and revoke API keys."),
    Verb("user", "pilotwire.cli.user", "Say who may log in: put, list and remove users."),
    Verb("site", "pilotwire.cli.site", "Say which stations belong together: put, list and remove sites."),
    Verb(
        "report", "pilotwire.cli.report", "Report what ports were used for, earned, and missed: table, CSV, page, PDF."
    ),
    Verb("audit", "pilotwire.cli.audit", "Read the audit log: who did what."),
)


def load(verb: Verb) -> Any:
    """The command of a verb, from its module."""
    module, _, name = verb.module.partition(":")
    what: typer.Typer | Callable[..., Any] = getattr(import_module(module), name or "verb")
    if isinstance(what, typer.Typer):
        return typer.main.get_command(what)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(verb.name)(what)
    return typer.main.get_command(alone)


class Verbs(TyperGroup):
    """All verbs; the one that is used is loaded, and its errors are told."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the verb that is used, and load it."""
        wanted = next((verb for verb in VERBS if args and verb.name == args[0]), None)
        if wanted is not None:
            self.commands[wanted.name] = command = load(wanted)
            command.name = wanted.name
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the verb; an error of ours becomes a sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except PilotwireError as error:
            complain(error)
            raise typer.Exit(getattr(error, "exit_code", 2)) from None


app = typer.Typer(
    cls=Verbs,
    name="pilotwire",
    help="Everything said between electric vehicle, charging station and backend.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _placeholder() -> None:
    """Stands for a verb in the list of verbs until it is loaded."""


for _verb in VERBS:
    app.command(_verb.name, help=_verb.what)(_placeholder)


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"pilotwire {version('pilotwire')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line of this process, and exit."""
    try:
        app()
    except Exception as error:
        if os.environ.get("PILOTWIRE_TRACEBACK"):
            raise
        what = f"a mistake in Pilotwire: {type(error).__name__}: {error}"
        complain(PilotwireError(what, "Please report it; PILOTWIRE_TRACEBACK=1 shows where it is."))
        sys.exit(70)
