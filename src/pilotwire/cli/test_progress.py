"""What people see while cases are played: a line a case that did not pass, and how far it is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from pilotwire.cli.terminal import printable
from pilotwire.conformance.saboteurs.trial import Trial
from pilotwire.conformance.verdict import CaseResult, Outcome

_STYLES: Final = {
    Outcome.PASSED: "green",
    Outcome.WARNING: "yellow",
    Outcome.FAILED: "bold red",
    Outcome.INCONCLUSIVE: "magenta",
    Outcome.NOT_APPLICABLE: "dim",
}


@contextlib.contextmanager
def watched(number: int) -> Iterator[Callable[[CaseResult], None]]:
    """Shows progress while it lasts; what it gives is told of every case that is over."""
    console = Console()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("cases", total=number)

        def told(result: CaseResult) -> None:
            line = Text(f"{result.outcome:14} ", style=_STYLES[result.outcome])
            line.append(f"{result.id:16} {result.seconds:6.1f} s  ", style="default")
            line.append(printable(result.reason), style="default")
            progress.console.print(line, soft_wrap=True)
            progress.advance(task)

        yield told


def tell_trial(trial: Trial) -> None:
    """A line about the trial of a case."""
    if trial.noticed:
        text = Text(f"noticed        {trial.case:16} {trial.noticed}", style="green")
    elif trial.honest not in (Outcome.PASSED, Outcome.WARNING):
        text = Text(f"not tried      {trial.case:16} it {trial.honest} honestly", style="dim")
    else:
        tried = "; ".join(f"{name}: {outcome}" for name, outcome, _ in trial.tried) or "there was nothing to break"
        text = Text(f"NOT NOTICED    {trial.case:16} {tried}", style="bold red")
    Console().print(text, soft_wrap=True)
