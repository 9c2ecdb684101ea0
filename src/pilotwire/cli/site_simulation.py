"""`pilotwire site simulate`, `scenarios` and `check`: what load management makes of a site, before it is built."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilotwire.cli.terminal import Failed, printable, show_table
from pilotwire.domain.load_management import Feeder, Outlet, SiteLayout, Strategy, misfits
from pilotwire.errors import ConfigError

if TYPE_CHECKING:
    from pilotwire.simulator.site import Record, Site
    from pilotwire.simulator.site.figures import Figures
    from pilotwire.simulator.site.optimum import Optimum

_LONGEST_DAYS = 366


class Shape(StrEnum):
    """How the report is printed."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"


Which = Annotated[str, typer.Argument(help="A YAML file, or the name of a shipped site.", metavar="FILE|NAME")]


def add_to(verb: typer.Typer) -> None:
    """Add these commands to `pilotwire site`."""
    verb.command()(simulate)
    verb.command()(scenarios)
    verb.command()(check)


def simulate(
    site: Which,
    days: Annotated[int, typer.Option(help="How many days.", min=1, max=_LONGEST_DAYS)] = 30,
    seed: Annotated[int | None, typer.Option(help="Another chance than the site's own.")] = None,
    strategy: Annotated[Strategy | None, typer.Option(help="Another strategy than the site's own.")] = None,
    fit: Annotated[
        Path | None,
        typer.Option(help="Let vehicles come as those in this CSV file (arrival, departure, energy_wh) do."),
    ] = None,
    optimum: Annotated[
        bool | None,
        typer.Option("--optimum/--no-optimum", help="Compare with the offline optimum; by default if HiGHS is there."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write report.html, report.json and quarters.csv there.")] = None,
    form: Annotated[Shape, typer.Option("--format", help="How the report is printed.")] = Shape.TABLE,
) -> None:
    """Let vehicles charge at a site for some days of virtual time, and tell what came of it."""
    from pilotwire.simulator.site import figures as counted
    from pilotwire.simulator.site import load_site, pages, plots

    plan = _changed(load_site(site), seed, fit)
    if out is not None or form is Shape.HTML:
        plots.check()
    if out is not None:
        pages.make_folder(out)
    if optimum:
        _need_solver()
    record = _run(plan, days, strategy)
    told = counted.figures(record, None if optimum is False else _best(record, wanted=optimum is True))
    if form is Shape.JSON:
        typer.echo(pages.as_json(told))
    elif form is Shape.HTML:
        typer.echo(pages.page(record, told))
    else:
        _show(told)
    if out is not None:
        written = pages.write_report(record, told, out)
        typer.echo(f"Written: {', '.join(str(path) for path in written)}", err=True)
    if not told.kept:
        from pilotwire.simulator.site.wording import verdict

        raise Failed(verdict(told), "Give `margin` a higher value, or `line` fewer and shorter silences.")


def _changed(site: Site, seed: int | None, fit: Path | None) -> Site:
    from pilotwire.simulator.site.settings import ArrivalPlan

    if seed is not None:
        site = site.model_copy(update={"seed": seed})
    if fit is not None:
        plan = ArrivalPlan(fit=fit, tells_percent=site.arrivals.tells_percent)
        site = site.model_copy(update={"arrivals": plan})
    return site


def _run(site: Site, days: int, strategy: Strategy | None) -> Record:
    from rich.console import Console
    from rich.progress import Progress

    from pilotwire.simulator.site import simulate as run

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Simulating", total=1.0)
        return run(site, days, strategy, lambda done: progress.update(task, completed=done))


def _need_solver() -> None:
    from pilotwire.simulator.site.optimum import solver

    solver()


def _best(record: Record, *, wanted: bool) -> Optimum | None:
    from pilotwire.simulator.site import optimum

    try:
        return optimum.optimum(record)
    except ConfigError as error:
        if wanted:
            raise
        typer.echo(f"Without the offline optimum: {error.what} {error.remedy}", err=True)
        return None


def _show(told: Figures) -> None:
    from pilotwire.simulator.site import wording

    days = "1 day" if told.days == 1 else f"{told.days} days"
    typer.echo(f"{printable(told.site)}: {told.strategy}, {days}, seed {told.seed}\n")
    show_table(("figure", "value"), wording.lines(told), nothing="")
    typer.echo()
    rows = [wording.limit_row(limit) for limit in told.limits]
    show_table(("feeder", "limit", "highest", "when", "exceeded"), rows, nothing="No feeder has a limit.")
    typer.echo(f"\n{wording.verdict(told)}")


def scenarios() -> None:
    """List the sites that come with Pilotwire."""
    from pilotwire.simulator.site import load_site, shipped

    sites = [load_site(name) for name in shipped()]
    show_table(
        ("name", "strategy", "what"), [(each.name, each.strategy, each.about) for each in sites], nothing="None."
    )


def check(site: Which) -> None:
    """Show the tree of a site, and say what is wrong with it: all at once."""
    from pilotwire.simulator.site import load_site

    plan = load_site(site)
    layout = plan.layout()
    for line in _tree(layout):
        typer.echo(printable(line))
    wrong = [f"{each.where}: {each.what}" for each in misfits(layout)]
    if wrong:
        raise ConfigError(f"This site cannot be:\n{chr(10).join(f'- {each}' for each in wrong)}", f"Mend {site}.")
    typer.echo(f"\n{len(layout.outlets)} EVSEs, {plan.strategy.value}. The site can be simulated.")


def _tree(layout: SiteLayout) -> list[str]:
    """The feeders, each below the one that feeds it, and the EVSEs of each."""
    found: list[str] = []
    names = {feeder.name for feeder in layout.feeders}
    shown: set[str] = set()

    def add(feeder: Feeder, depth: int) -> None:
        if feeder.name in shown:
            return
        shown.add(feeder.name)
        found.append(f"{'  ' * depth}{feeder.name}: {_limits(feeder)}")
        found.extend(f"{'  ' * (depth + 1)}{line}" for line in _evses(layout, feeder))
        for child in layout.feeders:
            if child.fed_by == feeder.name:
                add(child, depth + 1)

    for feeder in layout.feeders:
        if feeder.fed_by not in names:
            add(feeder, 0)
    for feeder in layout.feeders:  # those that feed themselves
        add(feeder, 0)
    return found


def _limits(feeder: Feeder) -> str:
    units = {"amperes": "A", "watts": "W", "imbalance": "A between phases"}
    told = [f"{value:f} {unit}" for name, unit in units.items() if (value := getattr(feeder, name)) is not None]
    return ", ".join(told) or "no limit of its own"


def _evses(layout: SiteLayout, feeder: Feeder) -> list[str]:
    """The EVSEs right on a feeder; those that are alike in one line."""
    alike: dict[str, list[Outlet]] = {}
    for outlet in layout.outlets:
        if outlet.fed_by == feeder.name:
            kind = "DC" if outlet.dc else f"{len(outlet.phases)}-phase AC"
            alike.setdefault(f"{kind}, {outlet.least:f} to {outlet.most:f} A", []).append(outlet)
    lines = []
    for what, outlets in alike.items():
        names = outlets[0].station if len(outlets) == 1 else f"{outlets[0].station} to {outlets[-1].station}"
        lines.append(f"- {len(outlets)} EVSE{'s' if len(outlets) > 1 else ''} ({what}): {names}")
    return lines
