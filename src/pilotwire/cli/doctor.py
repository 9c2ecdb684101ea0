"""`pilotwire doctor`: why a station cannot dock; from the station's place, from the backend's, from captures and logs."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from pilotwire.cli.doctor_report import Code, Form, Html, JsonFile, deliver
from pilotwire.cli.terminal import show_table
from pilotwire.clock import SystemClock
from pilotwire.doctor.findings import Severity
from pilotwire.errors import ConfigError

_URL: Final = "url"


class _UrlFirst(TyperGroup):
    """`pilotwire doctor wss://...` is `pilotwire doctor url wss://...`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands and ("://" in args[0] or not args[0].startswith("-")):
            args = [_URL, *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        begins_with_option = bool(args) and args[0].startswith("-") and args[0] not in ("-h", "--help")
        return super().parse_args(ctx, [_URL, *args] if begins_with_option else args)


verb = typer.Typer(
    cls=_UrlFirst,
    help="Say why a station cannot dock: `pilotwire doctor wss://backend/path --id CS-0001`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Profile = Annotated[
    str, typer.Option(help="A platform's demands: a name from `pilotwire doctor profiles`, or a YAML file.")
]
Roots = Annotated[
    list[Path] | None, typer.Option(help="PEM files of the roots that are trusted; without one those of this machine.")
]


@verb.command(_URL)
def url(
    where: Annotated[str, typer.Argument(help="ws:// or wss:// URL, without the identity.", metavar="URL")],
    identity: Annotated[str, typer.Option("--id", help="The identity of the station.")] = "pilotwire-doctor",
    version: Annotated[
        list[str] | None, typer.Option("--ocpp", help="1.6, 2.0.1 or 2.1; may be repeated. Without it all are offered.")
    ] = None,
    password: Annotated[
        str, typer.Option(help="For security profiles 1 and 2.", envvar="PILOTWIRE_PASSWORD", show_default=False)
    ] = "",
    certificate: Annotated[
        str, typer.Option(help="PEM file of the client certificate with its chain (profile 3).")
    ] = "",
    private_key: Annotated[str, typer.Option("--key", help="PEM file of its private key, or a pkcs11: URI.")] = "",
    root: Roots = None,
    proxy: Annotated[str, typer.Option(help="HTTP proxy, host:port.")] = "",
    profile: Profile = "standard",
    vendor: Annotated[str, typer.Option(help="As the station says it in BootNotification.")] = "Pilotwire",
    model: Annotated[str, typer.Option(help="As the station says it in BootNotification.")] = "Doctor",
    serial: Annotated[str, typer.Option(help="As the station says it in BootNotification.")] = "",
    firmware: Annotated[str, typer.Option(help="As the station says it in BootNotification.")] = "",
    idle: Annotated[float, typer.Option(help="Seconds an idle line is watched, to see when it drops; 0: not.")] = 0.0,
    timeout: Annotated[float, typer.Option(help="Seconds for each step of a connection.", min=0.1, max=600)] = 10.0,
    step: Annotated[
        list[str] | None, typer.Option(help="certificates, protocol or network; may be repeated. Without it all.")
    ] = None,
    fail_on: Code = Severity.FATAL,
    form: Form = "text",
    html: Html = None,
    json_file: JsonFile = None,
) -> None:
    """Examine a backend from the station's place.

    The doctor connects with the station's identity: where that station is connected now, the backend may end its connection.
    """
    from pilotwire.doctor.patient import Card
    from pilotwire.doctor.profiles.load import load_profile
    from pilotwire.doctor.setup import Told, make_patient, steps_of
    from pilotwire.doctor.visit import probes_of, visit

    told = Told(
        where,
        identity,
        tuple(version or ()),
        password,
        certificate,
        private_key,
        tuple(root or ()),
        proxy,
        timeout,
        idle,
    )
    patient = make_patient(told, Card(vendor, model, serial, firmware), load_profile(profile), SystemClock())
    report = asyncio.run(visit(patient, probes_of(steps_of(step or ()))))
    deliver(report, form, html, json_file)
    raise typer.Exit(report.exit_code(fail_on))


@verb.command()
def listen(
    port: Annotated[int, typer.Option(help="The port stations connect to.", min=0, max=65535)] = 9000,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "0.0.0.0",
    certificate: Annotated[
        str, typer.Option(help="PEM file of the server's certificate with its chain: for wss://.")
    ] = "",
    private_key: Annotated[str, typer.Option("--key", help="PEM file of its private key.")] = "",
    root: Roots = None,
    profile: Profile = "standard",
    stations: Annotated[int, typer.Option(help="End after so many stations; 0: go on until Ctrl-C.", min=0)] = 0,
    watch: Annotated[float, typer.Option(help="Seconds to listen on after the questions.", min=0)] = 30.0,
    ask: Annotated[bool, typer.Option(help="Ask the station for its configuration, profiles and so on.")] = True,
    timeout: Annotated[float, typer.Option(help="Seconds a station has for an answer.", min=0.1, max=600)] = 30.0,
    wait: Annotated[float, typer.Option(help="End after so many seconds in any case; 0: do not.", min=0)] = 0.0,
    fail_on: Code = Severity.FATAL,
    form: Form = "text",
    html: Html = None,
    json_file: JsonFile = None,
) -> None:
    """Be a backend that examines any station that connects: its TLS, its certificate, its messages, its answers.

    Every token may charge and nothing is billed. Charging profiles that limit nothing are set and removed again.
    """
    from pilotwire.doctor.listening.listener import Doctor, Plan, Visit
    from pilotwire.doctor.profiles.load import load_profile
    from pilotwire.doctor.report.record import Report
    from pilotwire.doctor.setup import read_roots

    demands, clock = load_profile(profile), SystemClock()
    plan = Plan(demands, read_roots(tuple(root or ())), ask, timeout, watch)
    reports: list[Report] = []
    over = asyncio.Event()

    def told(visit: Visit) -> None:
        report = Report(visit.station, "backend's place", demands.title, clock.now(), visit.chart)
        reports.append(report)
        deliver(report, form, _numbered(html, visit.station, stations), _numbered(json_file, visit.station, stations))
        if stations and len(reports) >= stations:
            over.set()

    async def run() -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, over.set)
        async with Doctor(clock, plan, told) as doctor:
            await doctor.start(host, port, certificate, private_key)
            scheme = "wss" if certificate else "ws"
            typer.echo(
                f"Listening on {scheme}://{host}:{doctor.port}/ (the station appends its identity). Ctrl-C ends it."
            )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait or None):
                    await over.wait()
            if doctor.strangers.findings:
                report = Report(
                    "stations without a name", "backend's place", demands.title, clock.now(), doctor.strangers
                )
                reports.append(report)
                deliver(report, form, None, None)
            for visit in doctor.visits.values():
                if not visit.done.is_set():
                    told(visit)

    asyncio.run(run())
    raise typer.Exit(max((each.exit_code(fail_on) for each in reports), default=0))


@verb.command()
def read(
    files: Annotated[
        list[Path], typer.Argument(help="Captures (pcap, pcapng) or logs, also gzipped.", metavar="FILE...")
    ],
    keylog: Annotated[
        Path | None, typer.Option(help="The TLS key log (SSLKEYLOGFILE) that belongs to a capture.")
    ] = None,
    root: Roots = None,
    profile: Profile = "standard",
    zone: Annotated[str, typer.Option(help="The time zone of a log that does not say it, as Europe/Berlin.")] = "UTC",
    side: Annotated[str, typer.Option(help="Whose log it is, station or csms; without it that is found out.")] = "",
    station: Annotated[str, typer.Option(help="The identity of the station, where the log does not name it.")] = "",
    fail_on: Code = Severity.FATAL,
    form: Form = "text",
    html: Html = None,
    json_file: JsonFile = None,
) -> None:
    """Examine what was recorded: a capture of the network, or a log of a station or a backend."""
    from pilotwire.doctor.profiles.load import load_profile
    from pilotwire.doctor.record import Reading, examine_files
    from pilotwire.doctor.setup import read_roots

    if side not in ("", "station", "csms"):
        raise ConfigError(f"--side {side} is neither station nor csms.")
    reading = Reading(tuple(files), keylog, zone, side, station, read_roots(tuple(root or ())))  # type: ignore[arg-type]
    report = examine_files(reading, load_profile(profile), SystemClock())
    deliver(report, form, html, json_file)
    raise typer.Exit(report.exit_code(fail_on))


@verb.command()
def profiles() -> None:
    """List the platform profiles that are shipped."""
    from pilotwire.doctor.profiles.load import load_profile, shipped

    known = [load_profile(name) for name in shipped()]
    show_table(
        ("name", "what it is", "source"), [(each.name, each.title, each.source) for each in known], nothing="None."
    )


@verb.command()
def rules(
    about: Annotated[str, typer.Argument(help="Only rules whose id begins so, as `tls.`.", metavar="ID")] = "",
) -> None:
    """List the rules that are held against stations, backends and the network."""
    from pilotwire.doctor.rules.every import EVERY

    found = [rule for rule in EVERY.values() if rule.id.startswith(about)]
    rows = [(rule.id, rule.step, rule.severity, rule.what, rule.source) for rule in found]
    show_table(
        ("rule", "step", "severity", "what is held against", "source"), rows, nothing=f"No rule begins with {about}."
    )


def _numbered(file: Path | None, station: str, stations: int) -> Path | None:
    """Where the report of a station goes: where several may come, the identity is put into the name."""
    if file is None or stations == 1:
        return file
    safe = "".join(each if each.isalnum() or each in "-_." else "_" for each in station)
    return file.with_name(f"{file.stem}-{safe}{file.suffix}")
