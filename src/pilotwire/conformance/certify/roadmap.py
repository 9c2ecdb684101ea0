"""The four weeks before a lab, made live from a dossier: what is done, what is next, what blocks, with dates."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pilotwire.conformance.catalogue import catalogue
from pilotwire.conformance.certify.chapters import Chapter, html_of, markdown_of
from pilotwire.conformance.certify.dossier import PKI, Dossier, some
from pilotwire.conformance.certify.freeze import RUNS, void_runs
from pilotwire.conformance.certify.mock import read_session
from pilotwire.conformance.certify.pics import make_pics
from pilotwire.conformance.certify.reasons import Reason, reasons_against, valid_until
from pilotwire.conformance.certify.snapshot_record import FOLDER as SNAPSHOT
from pilotwire.conformance.verdict import Outcome
from pilotwire.errors import ConfigError


class State(StrEnum):
    """How it stands with a step. Blocked: steps before it are not done. Late: its week is over."""

    DONE = "done"
    NEXT = "next"
    OPEN = "open"
    BLOCKED = "blocked"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Task:
    """One step: its week before the lab, what it is, how it is done, and the steps that come before it."""

    name: str
    week: int
    what: str
    how: str
    after: tuple[str, ...] = ()


TASKS: Final = (
    Task(
        "pics",
        4,
        "final profile set: a PICS that does not contradict itself",
        "pilotwire certify pics DOSSIER/pics --plan PLAN",
    ),
    Task(
        "internal",
        4,
        "internal run: every case that applies is played",
        "pilotwire test station --plan PLAN --results DOSSIER/runs/internal",
        ("pics",),
    ),
    Task("profiles", 4, "every case of every declared profile passed", "mend, or declare less", ("internal",)),
    Task(
        "security",
        3,
        "security stress: the security cases passed",
        "pilotwire test station TC_A TC_M --plan PLAN",
        ("pics",),
    ),
    Task(
        "faults",
        3,
        "fault stress: boot, offline, power failure, fault and reset cases passed",
        "pilotwire test station --use-case E04 --use-case C15 --plan PLAN",
        ("pics",),
    ),
    Task(
        "pki",
        3,
        "PKI material that is valid on the day of the lab",
        "pilotwire certify pki DOSSIER/pki --station SERIAL",
    ),
    Task(
        "freeze",
        2,
        "the build is frozen, and no commit until the report",
        "pilotwire certify freeze DOSSIER FIRMWARE --firmware-version V",
        ("profiles", "security", "faults"),
    ),
    Task(
        "snapshot", 2, "configuration snapshot: declared is measured", "pilotwire certify snapshot DOSSIER", ("freeze",)
    ),
    Task(
        "mock",
        1,
        "mock session in the set-up of the lab, no developer near, zero anomalies",
        "pilotwire certify mock DOSSIER --plan PLAN",
        ("freeze", "snapshot", "pki"),
    ),
    Task(
        "package",
        1,
        "nothing missing, nothing contradictory",
        "pilotwire certify package DOSSIER -o lab.zip",
        ("mock",),
    ),
)
"""The steps in order."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it stands: `since` and `due` are the first day of its week and the day it has to be done before. `why`: what is lacking."""

    task: Task
    state: State
    since: date
    due: date
    why: str
    blocked_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roadmap:
    """All steps, and what is still missing or contradictory as the package sees it."""

    lab: date
    today: date
    steps: tuple[Step, ...]
    reasons: tuple[Reason, ...]

    @property
    def next(self) -> Step | None:
        """What is to be done now: the first step that is not done and that nothing blocks; None if all is done."""
        return next((one for one in self.steps if one.state not in (State.DONE, State.BLOCKED)), None)

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(one.state is State.DONE for one in self.steps)


def roadmap_of(dossier: Dossier, lab: date, now: datetime) -> Roadmap:
    """How it stands with a dossier for a lab on that day. Raises ConfigError for a day that is over."""
    today = now.date()
    if lab < today:
        raise ConfigError(f"The lab on {lab} is over.", "Name the day the lab begins: --lab-date YEAR-MONTH-DAY.")
    reasons = tuple(reasons_against(dossier, now))
    lacking = {one.name: _lacking(one.name, dossier, lab, reasons) for one in TASKS}
    steps: list[Step] = []
    found_next = False
    for task in TASKS:
        since, due = lab - timedelta(weeks=task.week), lab - timedelta(weeks=task.week - 1)
        blockers = tuple(one for one in task.after if lacking[one])
        if not lacking[task.name]:
            state = State.DONE
        elif blockers:
            state = State.BLOCKED
        elif today >= due:
            state = State.LATE
        else:
            state = State.OPEN if found_next else State.NEXT
        found_next = found_next or state in (State.NEXT, State.LATE)
        steps.append(Step(task, state, since, due, lacking[task.name], blockers if state is State.BLOCKED else ()))
    return Roadmap(lab, today, tuple(steps), reasons)


# --- what is lacking ---------------------------------------------------------------------------------------------------------------


def _lacking(name: str, dossier: Dossier, lab: date, reasons: Sequence[Reason]) -> str:
    """What a step lacks, in a few words; "" if it is done."""
    try:
        if name in ("pics", "internal", "profiles", "security", "faults"):
            return _declared(name, dossier)
        if name == "mock":
            return _mock(dossier)
    except ConfigError as error:
        return error.what
    if name == PKI:
        until = valid_until(dossier.folder / PKI)
        if until is not None and until <= datetime.combine(lab, time(), UTC):
            return f"it expires on {until:%Y-%m-%d}, before the lab"
    wanted = {"pki": (PKI,), "freeze": ("freeze",), "snapshot": (SNAPSHOT,)}.get(name)
    first = next((one for one in reasons if wanted is None or one.about in wanted), None)
    return "" if first is None else first.what


def _declared(name: str, dossier: Dossier) -> str:
    declared = dossier.declared
    if declared is None:
        return "There is no PICS."
    if name == "pics":
        found = make_pics(declared.claims, declared.role, declared.version).contradictions
        return f"{found[0].about}: {found[0].what}" if found else ""
    cases = [one for one in dossier.cases if name in ("internal", "profiles") or _is_of(name, one)]
    played = {one: [result.outcome for _, result in dossier.played(one)] for one in cases}
    if name == "internal":
        missing = [one for one, outcomes in played.items() if not outcomes]
        return f"{len(missing)} of {len(cases)} cases are not played: {some(missing)}" if missing else ""
    wrong = [one for one, outcomes in played.items() if not outcomes or set(outcomes) != {Outcome.PASSED}]
    return f"{len(wrong)} of {len(cases)} cases did not pass, or not each time: {some(wrong)}" if wrong else ""


_BLOCKS: Final = {
    "security": ("A", "M", "Security"),
    "faults": ("Cold Boot Charge Point", "Resetting", "Unlocking", "Power Failure", "Offline", "Fault Behavior"),
}
"""Functional blocks of 2.0.1, chapters of 1.6."""
_FAULTS: Final = (
    "B01",
    "B02",
    "B03",
    "B04",
    "B11",
    "B12",
    "C15",
    "E04",
    "E08",
    "E11",
    "E12",
    "E13",
    "E14",
    "E15",
    "G05",
)
"""Use cases of 2.0.1: boot, offline, reset, lost connection, lock."""


def _is_of(name: str, case: str) -> bool:
    listed = catalogue()[case]
    return listed.block in _BLOCKS[name] or (name == "faults" and any(one in _FAULTS for one in listed.use_cases))


def _mock(dossier: Dossier) -> str:
    """The last mock session that counts has to be clean, and of all that is declared."""
    void = {name for name, _ in void_runs(dossier.folder)}
    sessions = [(name, read_session(dossier.folder / RUNS / name)) for name in dossier.runs if name not in void]
    found = sorted((said["began"], name, said) for name, said in sessions if said is not None)
    if not found:
        return "There is no mock session on the frozen build."
    _, name, last = found[-1]
    if not last["clean"]:
        return f"{name} has {len(last['anomalies'])} anomalies"
    missing = [one for one in dossier.cases if one not in last["cases"]]
    return f"{name} was without {some(missing)}" if missing else ""


# --- documents ---------------------------------------------------------------------------------------------------------------------

_WEEKS: Final = {
    4: "Internal run and final profile set",
    3: "Security and fault stress",
    2: "Freeze and snapshot",
    1: "The set-up of the lab, and a mock session",
}


def rows_of(steps: Iterable[Step]) -> list[tuple[str, ...]]:
    """The steps as rows: state, by when, what, and what is lacking."""
    return [(str(one.state), f"before {one.due}", one.task.what, _told(one)) for one in steps]


HEAD: Final = ("state", "by when", "what", "what is lacking")


def _told(step: Step) -> str:
    if step.state is State.DONE:
        return ""
    blocked = f"Waits for {', '.join(step.blocked_by)}. " if step.blocked_by else ""
    return f"{blocked}{step.why.rstrip('.')}. How: {step.task.how}"


def summary_of(roadmap: Roadmap) -> str:
    """How it stands, in a sentence or two."""
    days = (roadmap.lab - roadmap.today).days
    stands = f"{roadmap.done} of {len(roadmap.steps)} steps are done, {days} days before the lab on {roadmap.lab}."
    step = roadmap.next
    if step is None:
        return f"{stands} Nothing is left to do but to change nothing."
    late = f", which had to be done before {step.due}" if step.state is State.LATE else f", before {step.due}"
    return f"{stands} Next: {step.task.what}{late}."


def write_roadmap(folder: Path, roadmap: Roadmap, product: str) -> list[Path]:
    """Write plan.md, plan.html and plan.json into a dossier. Raises ConfigError where nothing can be written."""
    title = f"{product}: four weeks to the lab"
    chapters = [
        Chapter(f"Week {week}: {name}", f"From {of[0].since} on.", HEAD, rows_of(of))
        for week, name in _WEEKS.items()
        if (of := [one for one in roadmap.steps if one.task.week == week])
    ]
    blocks = [(one.about, one.what, one.mend) for one in roadmap.reasons]
    said = "What a package is refused for as it is now." if blocks else "Nothing: the package can be built."
    chapters.append(Chapter("What blocks the package", said, ("about", "what is wrong", "what to do"), blocks))
    texts = {
        "plan.md": markdown_of(title, summary_of(roadmap), chapters),
        "plan.html": html_of(title, summary_of(roadmap), chapters),
        "plan.json": json.dumps(roadmap_data(roadmap), indent=1, ensure_ascii=False) + "\n",
    }
    try:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"The plan cannot be written to {folder}: {error.strerror}.", "Make it writable.") from None
    return [folder / name for name in texts]


def roadmap_data(roadmap: Roadmap) -> dict[str, Any]:
    """The plan for programs."""
    return {
        "lab": roadmap.lab.isoformat(),
        "today": roadmap.today.isoformat(),
        "next": None if roadmap.next is None else roadmap.next.task.name,
        "steps": [
            {
                "name": one.task.name,
                "week": one.task.week,
                "what": one.task.what,
                "state": str(one.state),
                "since": one.since.isoformat(),
                "due": one.due.isoformat(),
                "lacking": one.why,
                "blockedBy": list(one.blocked_by),
                "how": one.task.how,
            }
            for one in roadmap.steps
        ],
        "reasons": [{"about": one.about, "what": one.what, "mend": one.mend} for one in roadmap.reasons],
    }
