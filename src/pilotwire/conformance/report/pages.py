"""The pages of a report: an index with the summary, and a page a case."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.catalogue import catalogue
from pilotwire.conformance.certify.freeze import void_of
from pilotwire.conformance.language import Role
from pilotwire.conformance.records import counted
from pilotwire.conformance.report.changes import Change
from pilotwire.conformance.report.diagram import diagram
from pilotwire.conformance.report.junit import junit_xml
from pilotwire.conformance.report.summary import as_json, block_of, by_block, by_profile, profiles_of
from pilotwire.conformance.verdict import CaseResult, Outcome, StepResult
from pilotwire.errors import ConfigError


def write_report(folder: Path, results: Sequence[CaseResult], *, about: str, since: Sequence[Change] = ()) -> Path:
    """Write index.html, a page a case, junit.xml and report.json into `folder`; gives the index.

    `about` says what was tested; `since` what changed since an earlier run. A run of a dossier that is void for the frozen build is
    shown as such. Raises ConfigError where nothing can be written.
    """
    void = void_of(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for result in results:
            (folder / f"{result.id}.html").write_text(case_page(result), encoding="utf-8")
        index = folder / "index.html"
        index.write_text(index_page(results, about, since, void), encoding="utf-8")
        (folder / "junit.xml").write_bytes(junit_xml(results, about))
        (folder / "report.json").write_text(
            json.dumps(
                as_json(results) | ({"void": void} if void else {}), default=_plain, indent=1, ensure_ascii=False
            ),
            encoding="utf-8",
        )
    except OSError as error:
        raise ConfigError(
            f"The report cannot be written to {folder}: {error.strerror}.", "Choose another folder."
        ) from None
    return index


def _plain(thing: Any) -> str:
    return thing.isoformat() if isinstance(thing, datetime) else str(thing)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pilotwire.conformance.report", "templates"),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pretty"] = lambda payload: json.dumps(payload, indent=2, ensure_ascii=False)
    environment.filters["style"] = lambda outcome: str(outcome).replace(" ", "-")
    return environment


def index_page(
    results: Sequence[CaseResult], about: str, since: Sequence[Change] = (), void: Sequence[str] = ()
) -> str:
    """The index: why the run is void if it is, summary, what changed, and all cases."""
    template = _environment().get_template("index.html")
    return template.render(
        about=about,
        when=min((one.started for one in results if one.started), default=None),
        seconds=sum(one.seconds for one in results),
        counts=counted(results),
        outcomes=list(Outcome),
        blocks=by_block(results),
        profiles=by_profile(results),
        results=results,
        since=since,
        void=void,
        block_of=block_of,
        profiles_of=profiles_of,
    )


def case_page(result: CaseResult) -> str:
    """The page of one case: verdict, steps with their validations, message sequence, frames."""
    case = all_cases().get(result.id)
    role: Role = "csms" if result.id.endswith("_CSMS") else "station"
    marked = frozenset(
        check.entry for step in result.steps for check in step.checks if not check.passed and check.entry is not None
    )
    return (
        _environment()
        .get_template("case.html")
        .render(
            result=result,
            case=case,
            listed=catalogue().get(result.id),
            parts=_parts(result.steps),
            diagram=Markup(diagram(result.entries, role, marked)),
            marked=marked,
        )
    )


def _parts(steps: Sequence[StepResult]) -> list[tuple[str, list[StepResult]]]:
    names = {"before": "Preparation", "main": "Test scenario", "after": "Afterwards"}
    return [(name, those) for part, name in names.items() if (those := [one for one in steps if one.part == part])]
