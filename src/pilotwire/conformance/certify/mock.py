"""The mock session (week 1): the whole declared set in one unattended run on the frozen build, with no anomaly as the bar."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pilotwire.clock import Clock
from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.certify.anomalies import Anomaly, Kind, anomalies, counted
from pilotwire.conformance.certify.chapters import Chapter, html_of, markdown_of
from pilotwire.conformance.certify.dossier import PICS, Declared, declared_otherwise, existing_dossier, some, within
from pilotwire.conformance.certify.freeze import RUNS, Look, check_build, void_runs
from pilotwire.conformance.certify.pics import make_pics
from pilotwire.conformance.language import Acts, Case, Role, inside
from pilotwire.conformance.plan import Plan, own_plan, read_plan
from pilotwire.conformance.report.pages import write_report
from pilotwire.conformance.testing import Run, play_cases
from pilotwire.conformance.verdict import CaseResult, Outcome
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion

MOCK: Final = "mock"
"""The name of the report in the folder of a run: mock.json, mock.md, mock.html."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A mock session that can begin. `unwritten`: cases of the declared set that the bench does not have."""

    dossier: Path
    declared: Declared
    plan: Plan
    cases: tuple[Case, ...]
    unwritten: tuple[str, ...]
    scope: str


@dataclass(frozen=True, slots=True)
class Session:
    """A mock session that is over. `name`: of its run. `void`: why the run does not count."""

    name: str
    declared: Declared
    frozen: Look
    began: datetime
    ended: datetime
    results: tuple[CaseResult, ...]
    found: tuple[Anomaly, ...]
    void: tuple[str, ...]
    scope: str

    @property
    def clean(self) -> bool:
        """Whether it counts, and there is no anomaly."""
        return not self.found and not self.void and bool(self.results)


def prepared(folder: Path, plan_file: Path | None = None, version: OcppVersion | None = None) -> Rehearsal:
    """What a mock session plays. Raises ConfigError where it cannot begin: no PICS, a contradictory one, a plan that needs a person ..."""
    dossier = existing_dossier(folder)
    declared = dossier.declared
    if declared is None:
        what = f"There is no PICS in {folder / PICS}, so nobody knows what is declared."
        raise ConfigError(what, f"Write it: pilotwire certify pics {folder / PICS}.")
    if version not in (None, declared.version):
        raise ConfigError(f"The PICS is for OCPP {declared.version}, not {version}.", "Leave --ocpp out.")
    pics = make_pics(declared.claims, declared.role, declared.version)
    if pics.contradictions:
        first = pics.contradictions[0]
        raise ConfigError(f"The PICS contradicts itself: {first.about}: {first.what}.", first.mend)
    plan = _plan(declared, plan_file)
    wanted = within(pics.cases, dossier.scope)
    written = all_cases()
    cases = tuple(written[one] for one in wanted if one in written)
    _refuse_persons(plan, declared.role, cases)
    scope = dossier.scope.why if dossier.scope is not None else ""
    return Rehearsal(folder, declared, plan, cases, tuple(one for one in wanted if one not in written), scope)


def _plan(declared: Declared, file: Path | None) -> Plan:
    """Settings and bench of the plan, with what the PICS declares. Raises ConfigError for a plan that declares otherwise."""
    if file is None:
        return replace(own_plan(declared.role, declared.version), claims=declared.claims)
    plan = read_plan(file)
    if plan.version not in (None, declared.version):
        raise ConfigError(
            f"The plan is for OCPP {plan.version}, and the PICS for {declared.version}.", "Name another plan."
        )
    if "features" in tomllib.loads(file.read_text(encoding="utf-8")):
        other = declared_otherwise(plan.claims, declared)
        numbers = sorted(name for name, number in declared.claims.numbers.items() if plan.claims.number(name) != number)
        if other or numbers:
            raise ConfigError(
                f"The plan {file} and the PICS do not declare the same: {some(other + numbers)}.",
                "Take the section features out of the plan, or write the PICS from it again.",
            )
    # a plan of settings only is about our own station or CSMS, which is then made as it declares to be
    return replace(plan, claims=declared.claims, bench=plan.bench or own_plan(declared.role, declared.version).bench)


def _refuse_persons(plan: Plan, role: Role, cases: Iterable[Case]) -> None:
    kind, hands = plan.bench.get("kind", "pilotwire"), plan.bench.get("hands")
    by_hand = "The bench of the plan needs a person, and a mock session is played with nobody there."
    if kind == "mapping" and hands:
        raise ConfigError(by_hand, "Say hands = false, and map what is done by hand so far.")
    if kind != "person":
        return
    if role == "csms":
        raise ConfigError(by_hand, 'Say kind = "mapping", and map the API of the CSMS.')
    if hands is not False:
        raise ConfigError(by_hand, "Say hands = false, and give a hook for each act (`pilotwire test acts`).")
    hooks = plan.bench.get("hooks") or {}
    if "default" not in hooks:
        steps = (step for case in cases for step in inside((*case.before, *case.main, *case.after)))
        lacking = sorted({one.act for one in steps if isinstance(one, Acts)} - set(hooks))
        if lacking:
            what = f"The bench of the plan has no hook for {some(lacking)}, and nobody is there to do it."
            raise ConfigError(what, "Give a hook for each in [bench.hooks], or one called default.")


# --- playing -----------------------------------------------------------------------------------------------------------------------


async def play_session(mock: Rehearsal, run: Run, clock: Clock, told: Callable[[CaseResult], None]) -> Session:
    """Look at the build, play all cases into `runs/mock-TIME`, look at the build again, and find the anomalies.

    Raises ConfigError where no build is frozen, it has changed, or the run cannot be kept.
    """
    began = clock.now()
    freeze = check_build(mock.dossier, began)
    if freeze.changed:
        last = freeze.looks[-1]
        what = f"The build has changed since it was frozen: {last.file} has the SHA-256 {last.sha256}."
        raise ConfigError(what, "Put the frozen build back, or freeze this one: pilotwire certify freeze.")
    name = f"{MOCK}-{began:%Y%m%dT%H%M%SZ}"
    results = await play_cases(
        mock.cases, mock.declared.role, mock.plan, replace(run, folder=mock.dossier / RUNS / name, resume=False), told
    )
    ended = clock.now()
    freeze = check_build(mock.dossier, ended)
    timeout = float(mock.plan.settings["message_timeout"])
    found = [each for one in results for each in anomalies(one, mock.declared.role, timeout)]
    found += [Anomaly(one, Kind.LEFT_OUT, "The bench does not have this case.") for one in mock.unwritten]
    void = tuple(why for run_name, why in void_runs(mock.dossier) if run_name == name)
    return Session(name, mock.declared, freeze.frozen, began, ended, tuple(results), tuple(found), void, mock.scope)


# --- the report --------------------------------------------------------------------------------------------------------------------


def write_session(dossier: Path, session: Session) -> list[Path]:
    """Write mock.json, mock.md and mock.html into the folder of the run, beside its usual report. Raises ConfigError where it cannot."""
    folder = dossier / RUNS / session.name
    title, summary, chapters = _document(session)
    texts = {
        f"{MOCK}.json": json.dumps(session_data(session), indent=1, ensure_ascii=False) + "\n",
        f"{MOCK}.md": markdown_of(title, summary, chapters),
        f"{MOCK}.html": html_of(title, summary, chapters),
    }
    try:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"The report cannot be written to {folder}: {error.strerror}.", "Make room for it.") from None
    write_report(folder, sorted(session.results, key=lambda one: one.id), about=f"mock session of {title}")
    return [folder / name for name in texts]


def session_data(session: Session) -> dict[str, Any]:
    """The session for programs."""
    return {
        "format": 1,
        "product": session.declared.product,
        "role": session.declared.role,
        "ocpp": str(session.declared.version),
        "firmware": {"version": session.frozen.version, "sha256": session.frozen.sha256},
        "began": session.began.isoformat(),
        "ended": session.ended.isoformat(),
        "scope": session.scope,
        "cases": sorted(one.id for one in session.results),
        "clean": session.clean,
        "void": list(session.void),
        "anomalies": [
            {"case": one.case, "kind": str(one.kind), "what": one.what, "frame": one.frame} for one in session.found
        ],
    }


def read_session(folder: Path) -> Mapping[str, Any] | None:
    """The data of the mock session in the folder of a run; None if it is none. Raises ConfigError for a file that cannot be read."""
    place = folder / f"{MOCK}.json"
    if not place.is_file():
        return None
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
        kinds = {"clean": bool, "anomalies": list, "cases": list, "began": str}
        wrong = [name for name, kind in kinds.items() if not isinstance(found[name], kind)]
        if wrong:
            raise TypeError(f"{wrong[0]} is not what it has to be")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{place} is not the report of a mock session: {error}.", "Play it again: pilotwire certify mock."
        ) from None
    return dict(found)


def _document(session: Session) -> tuple[str, str, list[Chapter]]:
    declared, frozen = session.declared, session.frozen
    title = f"{declared.product}, OCPP {declared.version}: mock session"
    counts = counted(session.found)
    told = ", ".join(f"{number} {kind}" for kind, number in counts.items() if number)
    passed = sum(one.outcome is Outcome.PASSED for one in session.results)
    verdict = "Zero anomalies." if session.clean else f"Not clean: {told or 'the run does not count'}."
    summary = f"{verdict} {passed} of {len(session.results)} cases passed."
    seconds = (session.ended - session.began).total_seconds()
    about = [
        ("began", f"{session.began:%Y-%m-%d %H:%M:%S} UTC"),
        ("took", f"{seconds:.0f} s"),
        ("frozen build", f"{frozen.file}, version {frozen.version}, SHA-256 {frozen.sha256}"),
    ]
    if session.scope:
        about.append(("not all cases that apply", session.scope))
    chapters = [Chapter("The session", "One run, nobody there.", ("what", "is"), about)]
    if session.void:
        said = "The run does not count for the frozen build."
        chapters.append(Chapter("Void", said, ("why",), [(one,) for one in session.void]))
    for kind, said in SAID.items():
        rows = [
            (one.case, one.what, "" if one.frame is None else str(one.frame))
            for one in session.found
            if one.kind is kind
        ]
        chapters.append(Chapter(str(kind).capitalize(), said if rows else "None.", ("case", "what", "frame"), rows))
    return title, summary, chapters


SAID: Final[Mapping[Kind, str]] = {
    Kind.FAILED: "What the case is about is not as it has to be.",
    Kind.INCONCLUSIVE: "What the case is about was never tried.",
    Kind.LEFT_OUT: "It applies to what is declared, and was not played.",
    Kind.WARNING: "It works, but not to the letter.",
    Kind.TOLERATED: "Soft validations that did not hold.",
    Kind.NEAR_LIMIT: "It took more than half of the time it may take: a lab's machine or network may be slower.",
    Kind.UNANSWERED: "A request that was not answered on a connection that stood.",
    Kind.UNASKED: "It came, and nobody had asked for it.",
}
"""What each kind of anomaly means, in a sentence."""
