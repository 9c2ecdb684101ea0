"""`pilotwire test`: the conformance bench."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from pilotwire.cli.terminal import Failed, show_table
from pilotwire.cli.test_progress import tell_trial, watched
from pilotwire.clock import SystemClock
from pilotwire.conformance.benches.acts import ACTS
from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.catalogue import catalogue
from pilotwire.conformance.catalogue import requirements as all_requirements
from pilotwire.conformance.certify.freeze import check_build, dossier_of, void_of
from pilotwire.conformance.coverage import cases_per_requirement, how_checked, missing_cases, without_case
from pilotwire.conformance.language import Role
from pilotwire.conformance.plan import Plan, own_plan, read_plan
from pilotwire.conformance.records import counted, existing
from pilotwire.conformance.report.changes import changes
from pilotwire.conformance.report.pages import write_report
from pilotwire.conformance.saboteurs.taps import Deed
from pilotwire.conformance.saboteurs.trial import trial_table
from pilotwire.conformance.selection import Selection, one_version, select
from pilotwire.conformance.settings import SETTINGS
from pilotwire.conformance.testing import Run, left_to_play, play_cases, try_cases
from pilotwire.conformance.verdict import CaseResult, Outcome
from pilotwire.conformance.wording import outline
from pilotwire.errors import ConfigError
from pilotwire.logs import configure_logging
from pilotwire.ocpp.version import OcppVersion

verb = typer.Typer(
    help="Test a charging station or a CSMS by the cases of the official test documents.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Which = Annotated[
    list[str] | None,
    typer.Argument(help="Ids of cases, beginnings of ids (TC_B), or patterns (TC_*_CS); all without.", metavar="CASE"),
]
PlanFile = Annotated[Path | None, typer.Option("--plan", help="A TOML file: settings, features, bench.")]
Block = Annotated[list[str] | None, typer.Option(help="Only cases of this block (A to P); may be repeated.")]
UseCase = Annotated[list[str] | None, typer.Option(help="Only cases of this use case (C12); may be repeated.")]
Profile = Annotated[list[str] | None, typer.Option(help="Only cases of this certification profile; may be repeated.")]
Ocpp = Annotated[
    OcppVersion | None,
    typer.Option(
        "--ocpp", help="Only cases of this version; without it that of the plan or of the cases named, else 2.0.1."
    ),
]
Every = Annotated[int, typer.Option(min=1, help="Only each n-th of these cases, for a quick look at all blocks.")]
SideBySide = Annotated[int, typer.Option(min=1, max=64, help="How many cases at the same time.")]
Folder = Annotated[Path | None, typer.Option("--results", help="A folder to keep results and reports in.")]
Again = Annotated[
    bool, typer.Option("--again", help="Play what does not pass once more; what passes only then is a warning.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Play only cases without a result in that folder.")]


@verb.command()
def station(
    which: Which = None,
    plan: PlanFile = None,
    block: Block = None,
    use_case: UseCase = None,
    profile: Profile = None,
    ocpp: Ocpp = None,
    every: Every = 1,
    side_by_side: SideBySide = 1,
    results: Folder = None,
    resume: Resume = False,
    again: Again = False,
    host: Annotated[str, typer.Option(help="Where the bench listens for the station.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port it listens on; 0: any free one.")] = 0,
) -> None:
    """Test a charging station: the bench is the CSMS it connects to. Without a plan Pilotwire's own station is tested."""
    asked = Selection(which or (), block or (), use_case or (), profile or (), every, ocpp)
    _test("station", asked, plan, Run(host, port, side_by_side, results, resume, again))


@verb.command()
def csms(
    url: Annotated[
        str, typer.Argument(help="Where stations connect to (ws://...); 'own' for Pilotwire's own CSMS.", metavar="URL")
    ],
    which: Which = None,
    plan: PlanFile = None,
    block: Block = None,
    use_case: UseCase = None,
    profile: Profile = None,
    ocpp: Ocpp = None,
    every: Every = 1,
    side_by_side: SideBySide = 1,
    results: Folder = None,
    resume: Resume = False,
    again: Again = False,
    host: Annotated[
        str, typer.Option(help="Where the bench's own servers listen for the CSMS: files, OCSP.")
    ] = "127.0.0.1",
) -> None:
    """Test a CSMS: the bench is a charging station that connects to it."""
    asked = Selection(which or (), block or (), use_case or (), profile or (), every, ocpp)
    run = Run(host, 0, side_by_side, results, resume, again)
    _test("csms", asked, plan, run, {} if url == "own" else {"ocpp": url})


def _test(role: Role, asked: Selection, plan_file: Path | None, run: Run, bench: dict[str, Any] | None = None) -> None:
    plan, asked = _planned(role, asked, plan_file)
    if bench:
        plan = replace(plan, bench={**plan.bench, **bench})
    if run.resume and run.folder is None:
        raise ConfigError("There is nothing to resume without a folder of results.", "Name it with --results.")
    cases = select(all_cases(), role, asked)
    waiting, known = left_to_play(cases, run)
    if known:
        typer.echo(f"{len(known)} of {len(cases)} cases have a result already.")
    _look_at_build(run.folder)
    configure_logging("error")
    began = time.monotonic()
    with watched(len(waiting)) as told:
        played = asyncio.run(play_cases(waiting, role, plan, run, told))
    typer.echo(f"{len(played)} cases in {time.monotonic() - began:.0f} s")
    _conclude([*known, *played], role, run.folder)


def _look_at_build(folder: Path | None) -> None:
    """A run of a dossier is of the frozen build, or it is void: that is looked at before it."""
    dossier = None if folder is None else dossier_of(folder)
    if dossier is not None and check_build(dossier, SystemClock().now()).changed:
        typer.echo("The build has changed since it was frozen: this run will not count for it.", err=True)


def _tell_void(folder: Path) -> None:
    for why in void_of(folder):
        typer.echo(f"This run is void: {why}.")


def _planned(role: Role, asked: Selection, plan_file: Path | None) -> tuple[Plan, Selection]:
    """The plan, and the selection with the version of OCPP that is meant. Raises ConfigError where that is not one."""
    plan = None if plan_file is None else read_plan(plan_file)
    version = asked.version or (plan and plan.version) or one_version(all_cases(), role, asked)
    return plan or own_plan(role, version), replace(asked, version=version)


def _conclude(results: list[CaseResult], role: Role, folder: Path | None) -> None:
    if folder is not None:
        about = "a charging station under test" if role == "station" else "a CSMS under test"
        typer.echo(f"The report is {write_report(folder, sorted(results, key=_by_id), about=about)}")
        _tell_void(folder)
    counts = counted(results)
    typer.echo(", ".join(f"{number} {outcome}" for outcome, number in counts.items() if number))
    bad = counts[Outcome.FAILED] + counts[Outcome.INCONCLUSIVE]
    if bad:
        raise Failed(f"{bad} of {len(results)} cases did not pass.")


def _by_id(result: CaseResult) -> str:
    return result.id


@verb.command()
def report(
    results: Annotated[Path, typer.Argument(help="A folder of results.", metavar="FOLDER")],
    since: Annotated[Path | None, typer.Option(help="A folder of an earlier run: what changed since is shown.")] = None,
) -> None:
    """Write the report of a run again, or with what changed since another; exit code 1 if a case broke."""
    now = existing(results)
    before = existing(since) if since is not None else {}
    changed = changes(before, now) if since is not None else []
    typer.echo(
        f"The report is {write_report(results, list(now.values()), about=f'results in {results}', since=changed)}"
    )
    _tell_void(results)
    rows = [(one.case, one.before or "-", one.now or "-", one.reason) for one in changed]
    if since is not None:
        show_table(("case", "before", "now", "why"), rows, nothing="Nothing came out otherwise.")
    broke = [one.case for one in changed if one.broke]
    if broke:
        raise Failed(f"{len(broke)} cases broke: {', '.join(broke)}.")


@verb.command()
def sabotage(
    which: Which = None,
    role: Annotated[str, typer.Option(help="Who is under test: station or csms.")] = "station",
    plan: PlanFile = None,
    block: Block = None,
    use_case: UseCase = None,
    profile: Profile = None,
    ocpp: Ocpp = None,
    every: Every = 1,
    side_by_side: SideBySide = 1,
    results: Folder = None,
    table: Annotated[Path | None, typer.Option(help="A file to write the table of case x sabotage to, CSV.")] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help=f"Only sabotages of this kind ({', '.join(get_args(Deed))}); may be repeated."),
    ] = None,
) -> None:
    """Show that cases can fail: break what the system under test says, one thing at a time, until the case notices.

    Honest results in the folder of `--results` are used; other cases are played honestly first. Exit code 1 if a case notices nothing.
    """
    for one in kind or ():
        if one not in get_args(Deed):
            raise ConfigError(f"There is no sabotage {one!r}.", f"Say one of {', '.join(get_args(Deed))}.")
    read, asked = _planned(
        _role(role), Selection(which or (), block or (), use_case or (), profile or (), every, ocpp), plan
    )
    run = Run(side_by_side=side_by_side, folder=results)
    cases = select(all_cases(), _role(role), asked)
    configure_logging("error")
    trials = asyncio.run(try_cases(cases, _role(role), read, run, tell_trial, kind or ()))
    if table is not None:
        table.write_text(trial_table(trials), encoding="utf-8")
    tried = [one for one in trials if one.honest in (Outcome.PASSED, Outcome.WARNING)]
    unnoticed = [one.case for one in tried if not one.noticed]
    typer.echo(f"{len(tried) - len(unnoticed)} of {len(tried)} cases noticed a sabotage.")
    if unnoticed:
        raise Failed(f"These cases noticed none: {', '.join(unnoticed)}.")


def _role(role: str) -> Role:
    if role not in ("station", "csms"):
        raise ConfigError(f"Nobody called {role!r} can be tested.", "Say --role station or --role csms.")
    return "csms" if role == "csms" else "station"


@verb.command("list")
def list_(
    which: Which = None,
    role: Annotated[str, typer.Option(help="Who is under test: station or csms.")] = "station",
    block: Block = None,
    use_case: UseCase = None,
    profile: Profile = None,
    ocpp: Ocpp = None,
) -> None:
    """List the cases."""
    asked = Selection(which or (), block or (), use_case or (), profile or (), 1, ocpp)
    rows = []
    for case in select(all_cases(), _role(role), asked):
        listed = catalogue().get(case.id)
        profiles = ", ".join(f"{name} ({level})" for name, level in listed.profiles.items()) if listed else "ours"
        rows.append((case.id, str(case.version), case.title, profiles, listed.condition if listed else ""))
    show_table(("case", "OCPP", "title", "profiles", "condition"), rows, nothing="There is none.")


@verb.command()
def show(case: Annotated[str, typer.Argument(help="The id of a case.", metavar="CASE")]) -> None:
    """Show the steps of a case, without playing it."""
    found = all_cases().get(case)
    if found is None:
        raise ConfigError(f"There is no case {case}.", "`pilotwire test list` shows all.")
    typer.echo(outline(found))


@verb.command()
def settings() -> None:
    """List the settings a plan may have, with their defaults."""
    rows = [(one.name, one.default, one.what) for one in SETTINGS.values()]
    show_table(("setting", "default", "what it is"), rows, nothing="There is none.")


@verb.command()
def acts() -> None:
    """List what may have to be done at a station under test: the names hooks have, and their details."""
    rows = [(one.name, ", ".join(one.details), one.asks) for one in ACTS.values()]
    show_table(("act", "details", "what is asked of a person"), rows, nothing="There is none.")


@verb.command()
def coverage(
    requirements: Annotated[
        bool, typer.Option("--requirements", help="Per requirement: the cases that check it, or why none can.")
    ] = False,
    missing: Annotated[
        bool, typer.Option("--missing", help="Only the requirements (SHALL) that a case is still lacking for.")
    ] = False,
) -> None:
    """Compare the cases with the index of the test document; exit code 1 if one is missing."""
    if requirements or missing:
        _requirements_covered(only_missing=missing)
    else:
        _cases_written()


def _requirements_covered(*, only_missing: bool) -> None:
    covered, lacking = cases_per_requirement(), without_case()
    if only_missing:
        rows = [(one, all_requirements()[one].actor or "both") for one in lacking]
        show_table(("requirement", "binds"), rows, nothing="There is a case for each that can be seen.")
    else:
        checked = [(one, how_checked(one, cases)) for one, cases in covered.items()]
        show_table(("requirement", "cases"), checked, nothing="There is none.")
        touched = sum(bool(cases) for cases in covered.values())
        typer.echo(f"{touched} of {len(covered)} requirements are checked by at least one case.")
    binding = [one.id for one in all_requirements().values() if one.binding]
    with_case = sum(bool(covered[one]) for one in binding)
    typer.echo(
        f"Of {len(binding)} SHALLs {with_case} are checked by a case, {len(binding) - with_case - len(lacking)} cannot be seen from "
        f"outside, and {len(lacking)} have no case."
    )


_UNDER_TEST = (
    (OcppVersion.V201, "station", "charging stations"),
    (OcppVersion.V201, "csms", "CSMSs"),
    (OcppVersion.V16, "station", "Charge Points"),
    (OcppVersion.V16, "csms", "Central Systems"),
)


def _cases_written() -> None:
    missing = missing_cases()
    for version, role, name in _UNDER_TEST:
        wanted = [one.id for one in catalogue().values() if (one.role, one.version) == (role, version)]
        lacking = [one for one in missing if one in wanted]
        written = len(wanted) - len(lacking)
        typer.echo(f"OCPP {version}: {written} of {len(wanted)} cases for {name} under test are written.")
        if lacking:
            typer.echo(f"Not written yet: {', '.join(lacking)}")
    if missing:
        raise Failed(f"{len(missing)} cases of the index are not written yet.")
