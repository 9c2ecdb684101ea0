"""The front door of the bench: play cases of a plan, keep and count the results."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from pilotwire.conformance.benches.choose import csms_benches, station_benches
from pilotwire.conformance.language import Case, Role
from pilotwire.conformance.plan import Plan
from pilotwire.conformance.records import Records
from pilotwire.conformance.runner.one import Setting
from pilotwire.conformance.runner.run import (
    Lane,
    csms_lanes,
    in_lanes,
    run_cases,
    setting_of,
    station_lanes,
    why_not,
)
from pilotwire.conformance.saboteurs.trial import Trial, samples_in, try_case
from pilotwire.conformance.verdict import CaseResult


@dataclass(frozen=True, slots=True)
class Run:
    """How a run goes: where the tester listens for a station under test, how many cases side by side, where results are kept.

    `again`: a case that does not pass is played once more, and what passes only then is a warning.
    """

    host: str = "127.0.0.1"
    port: int = 0
    side_by_side: int = 1
    folder: Path | None = None
    resume: bool = False
    again: bool = False


def left_to_play(cases: Sequence[Case], run: Run) -> tuple[list[Case], list[CaseResult]]:
    """With `resume`, the cases without a result so far, and the results there are. Raises ConfigError for a folder that cannot be used."""
    if run.folder is None:
        return list(cases), []
    records = Records(run.folder)
    wanted = {case.id for case in cases}
    if not run.resume:
        records.forget(wanted)
        return list(cases), []
    known = {case_id: result for case_id, result in records.load().items() if case_id in wanted}
    return [case for case in cases if case.id not in known], list(known.values())


async def play_cases(
    cases: Sequence[Case], role: Role, plan: Plan, run: Run, told: Callable[[CaseResult], None]
) -> list[CaseResult]:
    """Play the cases; `told` hears of each as it is over. With a folder each result is kept as it comes."""
    records = Records(run.folder) if run.folder is not None else None

    def over(result: CaseResult) -> None:
        if records is not None:
            records.keep(result)
        told(result)

    setting = Setting(plan.settings, plan.claims, host=run.host, port=run.port)
    async with lanes_of(role, plan, run) as play:
        return await run_cases(cases, plan, setting, play, side_by_side=run.side_by_side, told=over, again=run.again)


@contextlib.asynccontextmanager
async def lanes_of(role: Role, plan: Plan, run: Run) -> AsyncIterator[Lane]:
    """The lanes of a run, with the benches the plan asks for."""
    if role == "station":
        async with station_benches(plan.bench, run.side_by_side) as stations:
            yield station_lanes(stations)
    else:
        async with csms_benches(plan.bench, run.side_by_side) as csms:
            yield csms_lanes(csms)


async def try_cases(
    cases: Sequence[Case],
    role: Role,
    plan: Plan,
    run: Run,
    told: Callable[[Trial], None],
    kinds: Collection[str] = (),
) -> list[Trial]:
    """Play the cases that apply honestly and then against saboteurs. With a folder, honest results in it are used, not played again.

    With `kinds` only sabotages of these are tried, and cases for which there is none are left out.
    """
    known = Records(run.folder).load() if run.folder is not None else {}
    samples = samples_in(list(known.values()))
    setting = Setting(plan.settings, plan.claims, host=run.host, port=run.port)
    trials: list[Trial] = []
    async with lanes_of(role, plan, run) as play:

        async def one(case: Case, lane: int) -> None:
            mine = setting_of(plan, setting, lane, run.side_by_side)
            trial = await try_case(
                case, mine, lambda what, how: play(what, how, lane), samples, honest=known.get(case.id), kinds=kinds
            )
            if trial.tried or not kinds:
                trials.append(trial)
                told(trial)

        await in_lanes([case for case in cases if not why_not(case, plan)], one, run.side_by_side)
    return trials
