"""How a report of the doctor reaches people and programs: on the terminal, as HTML, as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from pilotwire.cli.terminal import printable
from pilotwire.doctor.findings import Severity
from pilotwire.doctor.report.pages import page_of
from pilotwire.doctor.report.record import Report, as_json
from pilotwire.doctor.report.text import Style, lines_of
from pilotwire.errors import ConfigError

Code = Annotated[Severity, typer.Option("--fail-on", help="Exit with 1 if something at least as bad was found.")]
Form = Annotated[Literal["text", "json"], typer.Option("--format", help="What is printed.")]
Html = Annotated[Path | None, typer.Option(help="Write the report as an HTML page too.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the report as JSON too.")]
_COLOURS: Final = {
    Style.TITLE: "bold",
    Style.GOOD: "green",
    Style.FATAL: "bold red",
    Style.BREACH: "yellow",
    Style.NOTE: "cyan",
    Style.MEND: "green",
    Style.DIM: "dim",
    Style.PLAIN: "",
}


def deliver(report: Report, form: str, html: Path | None, json_file: Path | None) -> None:
    """Print it, and write the files that are wanted. Raises ConfigError if one cannot be written."""
    if form == "json":
        typer.echo(json.dumps(as_json(report), indent=2, ensure_ascii=False))
    else:
        _show(report)
    if html is not None:
        _write(html, page_of(report))
    if json_file is not None:
        _write(json_file, json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n")


def _show(report: Report) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True)
    for style, line in lines_of(report):
        console.print(Text(printable(line), style=_COLOURS[style]))


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"The report cannot be written to {file}: {error.strerror}.", "Choose another file."
        ) from None
