"""`pilotwire certify pics`: what is declared to a lab, and what contradicts."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import Annotated, Final

import typer

from pilotwire.cli.terminal import Failed, show_table
from pilotwire.conformance.certify.pics import Line, Pics, asked_claims, make_pics
from pilotwire.conformance.certify.pics_pages import write_pics
from pilotwire.conformance.certify.pics_web import Answers, served
from pilotwire.conformance.language import Role
from pilotwire.conformance.plan import own_plan, read_plan
from pilotwire.conformance.records import existing
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion

_PORT: Final = 8093


def verb(
    folder: Annotated[Path, typer.Argument(help="Where to write pics.md, .html, .json and .toml.", metavar="FOLDER")],
    plan: Annotated[
        Path | None, typer.Option(help="The plan whose features are declared; that of Pilotwire's own without it.")
    ] = None,
    role: Annotated[str, typer.Option(help="What is certified: station or csms.")] = "station",
    ocpp: Annotated[str, typer.Option(help="1.6 or 2.0.1; what the plan says, or 2.0.1, without it.")] = "",
    results: Annotated[Path | None, typer.Option(help="A folder of results of the bench to hold it against.")] = None,
    product: Annotated[str, typer.Option(help="What is certified, by name and version.")] = "the product",
    ask: Annotated[
        bool, typer.Option("--ask", help="Ask for each item; what the station reported, else the plan, is proposed.")
    ] = False,
    web: Annotated[bool, typer.Option("--web", help="Ask on a web page, until interrupted.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port of that page; 0: any free one.")] = _PORT,
) -> None:
    """Write the PICS of what a plan declares; exit code 1 if it contradicts itself, or goes beyond what passed."""
    who: Role = "csms" if role == "csms" else "station"
    if role != who:
        raise ConfigError(f"Nobody called {role!r} is certified.", "Say --role station or --role csms.")
    version = _version(ocpp) if ocpp else None
    read = own_plan(who, version or OcppVersion.V201) if plan is None else read_plan(plan)
    spoken = version or read.version or OcppVersion.V201
    if read.version not in (None, spoken):
        raise ConfigError(
            f"The plan is for OCPP {read.version}, not {spoken}.", "Leave --ocpp out, or name another plan."
        )
    if ask and web:
        raise ConfigError("The questions are asked either in the terminal or on a page.", "Leave out --ask or --web.")
    found = existing(results) if results is not None else None
    if web:
        answers = Answers(folder, who, spoken, read.claims, product, found, on_save=_tell)
        asyncio.run(_serve(answers, port))
        if answers.saved is None:
            raise Failed("nothing was saved.")
        _judge(answers.saved)
        return
    pics = make_pics(read.claims, who, spoken, found)
    if ask:
        pics = make_pics(asked_claims(pics, _declares, _counts), who, spoken, found)
    for path in write_pics(folder, pics, product):
        typer.echo(str(path))
    typer.echo(f"{len(pics.cases)} test cases apply.")
    _judge(pics)


async def _serve(answers: Answers, port: int) -> None:
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # not on every platform
            asyncio.get_running_loop().add_signal_handler(number, interrupted.set)
    async with served(answers, "127.0.0.1", port) as url:
        typer.echo(f"The questions are at {url}. Interrupt to stop.")
        await interrupted.wait()


def _tell(written: list[Path]) -> None:
    typer.echo(f"Saved: {', '.join(map(str, written))}")


def _version(text: str) -> OcppVersion:
    try:
        return OcppVersion(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no version of OCPP.", "Say --ocpp 1.6 or --ocpp 2.0.1.") from None


def _declares(line: Line) -> bool:
    cases = f" (cases: +{line.adds} -{line.drops})" if line.adds or line.drops else ""
    proposed = line.declared if line.reported is None else line.reported
    return typer.confirm(f"{line.item.id}: {line.item.what}{cases}", default=proposed)


def _counts(line: Line) -> int:
    return int(typer.prompt(f"{line.item.id}: {line.item.what}", default=line.number, type=int))


def _judge(pics: Pics) -> None:
    rows = [(one.about, one.what, one.mend) for one in pics.contradictions]
    show_table(("about", "what", "how to mend it"), rows, nothing="Nothing in it contradicts.")
    beyond = [one.profile for one in pics.tallies if not one.clean]
    if beyond:
        tallies = [one for one in pics.tallies if not one.clean]
        told = [(one.profile, len(one.passed), sum(map(len, one.others.values())), len(one.missing)) for one in tallies]
        show_table(("declared beyond the run", "passed", "not passed", "without a result"), told, nothing="")
    if rows or beyond:
        counted = [f"it contradicts itself {len(rows)} time{'s' if len(rows) > 1 else ''}"] if rows else []
        counted += [f"{', '.join(beyond)} did not pass as a whole"] if beyond else []
        raise Failed(f"This PICS cannot be handed in: {'; '.join(counted)}.")
