"""A report as lines of text, each with what it is; whoever prints them chooses the colours."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from pilotwire.doctor.findings import Finding, Severity
from pilotwire.doctor.report.record import STEPS, Report

_MOST_EVIDENCE: Final = 6


class Style(StrEnum):
    """What a line is."""

    TITLE = "title"
    GOOD = "good"
    FATAL = "fatal"
    BREACH = "breach"
    NOTE = "note"
    MEND = "mend"
    DIM = "dim"
    PLAIN = "plain"


Line = tuple[Style, str]
_STYLES: Final = {Severity.FATAL: Style.FATAL, Severity.BREACH: Style.BREACH, Severity.NOTE: Style.NOTE}


def lines_of(report: Report, *, facts: bool = True) -> Iterator[Line]:
    """The verdict, then the three steps with their findings, what was seen, and what could not be asked."""
    yield Style.TITLE, f"{report.subject}, seen from the {report.seen_from}. Demands: {report.profile}"
    yield _STYLES.get(report.worst, Style.GOOD) if report.worst else Style.GOOD, report.verdict
    for number, step in enumerate(STEPS, 1):
        found = report.of(step)
        yield Style.PLAIN, ""
        yield Style.TITLE, f"{number}. {step.capitalize()}"
        if not found:
            yield Style.GOOD, "   nothing found"
        for each in found:
            yield from _finding(each)
    if facts and report.chart.facts:
        yield Style.PLAIN, ""
        yield Style.TITLE, "What was seen"
        width = max(len(each.name) for each in report.chart.facts)
        for fact in report.chart.facts:
            yield Style.DIM, f"   {fact.name:<{width}}  {fact.value}"
    if report.chart.skipped:
        yield Style.PLAIN, ""
        yield Style.TITLE, "Not asked"
        for skipped in report.chart.skipped:
            yield Style.DIM, f"   {skipped.question} {skipped.why}"


def _finding(each: Finding) -> Iterator[Line]:
    times = f" ({each.count} times)" if each.count > 1 else ""
    place = ", ".join(part for part in (each.station, each.at) if part)
    yield _STYLES[each.weight], f"   {each.weight.upper()} {each.rule.id}{times}{': ' + place if place else ''}"
    yield Style.PLAIN, f"     {each.what}"
    for line in each.evidence[:_MOST_EVIDENCE]:
        yield Style.DIM, f"       {line}"
    if len(each.evidence) > _MOST_EVIDENCE:
        yield Style.DIM, f"       ... and {len(each.evidence) - _MOST_EVIDENCE} more lines"
    if each.mend:
        yield Style.MEND, f"     Mend it: {each.mend}"
    if source := each.source or each.rule.source:
        yield Style.DIM, f"     By {source}"
