"""The report of a simulation: a page that needs no other file, JSON, and the quarters of an hour as CSV."""

from __future__ import annotations

import base64
import csv
import io
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from pilotwire.errors import ConfigError
from pilotwire.simulator.site import wording
from pilotwire.simulator.site.figures import Figures
from pilotwire.simulator.site.plots import plots
from pilotwire.simulator.site.running import Record
from pilotwire.simulator.site.surroundings import QUARTER

FILES = ("report.html", "report.json", "quarters.csv")


def page(record: Record, figures: Figures) -> str:
    """The report as HTML. Raises `ConfigError` without matplotlib."""
    pages = Environment(
        loader=PackageLoader("pilotwire.simulator.site", "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    pages.filters["as_image"] = _as_image
    return pages.get_template("report.html").render(
        figures=figures,
        about=record.site.about,
        begins=record.site.begins,
        verdict=wording.verdict(figures),
        lines=list(wording.lines(figures)),
        limits=[wording.limit_row(limit) for limit in figures.limits],
        plots=plots(record),
    )


def _as_image(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def as_json(figures: Figures) -> str:
    """The figures as JSON."""
    return msgspec.json.format(msgspec.json.encode(figures), indent=2).decode()


def as_csv(record: Record) -> str:
    """Each quarter of an hour: energies in Wh, the cost, and how many vehicles charged and waited."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = ("vehicles", "load", "sun", "storage", "grid", "cost", "charging", "waiting")
    writer.writerow(("time", *names))
    zone = ZoneInfo(record.site.time_zone)
    for number, quarter in enumerate(record.quarters):
        moment = (record.site.start + timedelta(seconds=number * QUARTER)).astimezone(zone)
        told = (f"{getattr(quarter, name):.6g}" for name in names)
        writer.writerow((moment.isoformat(), *told))
    return out.getvalue()


def make_folder(folder: Path) -> None:
    """Make the folder of a report, if it is not there. Raises `ConfigError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from None


def _unwritable(folder: Path, error: OSError) -> ConfigError:
    return ConfigError(f"The report cannot be written to {folder}: {error.strerror}.", "Give another --out.")


def write_report(record: Record, figures: Figures, folder: Path) -> tuple[Path, ...]:
    """Write all files of the report into a folder. Raises `ConfigError`."""
    make_folder(folder)
    texts = (page(record, figures), as_json(figures) + "\n", as_csv(record))
    try:
        for name, text in zip(FILES, texts, strict=True):
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(folder, error) from None
    return tuple(folder / name for name in FILES)
