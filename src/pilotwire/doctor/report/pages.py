"""A report as one HTML page that needs nothing beside it."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from pilotwire.doctor.findings import Severity
from pilotwire.doctor.report.record import STEPS, Report


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("pilotwire.doctor.report", "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page_of(report: Report) -> str:
    """The page."""
    steps = [(step, report.of(step)) for step in STEPS]
    return (
        _environment()
        .get_template("report.html")
        .render(report=report, steps=steps, severities=list(Severity), counted=report.counted())
    )
