"""A run: the cases that apply, side by side as far as the system under test allows it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

from pilotwire.conformance.benches.ports import CsmsBench, StationBench
from pilotwire.conformance.catalogue import catalogue
from pilotwire.conformance.language import Case
from pilotwire.conformance.plan import Plan
from pilotwire.conformance.runner.one import Setting, play_csms_case, play_station_case
from pilotwire.conformance.runner.scene import Scene
from pilotwire.conformance.verdict import CaseResult, Outcome

Told = Callable[[CaseResult], None]
"""Hears of each case as it is over."""


def why_not(case: Case, plan: Plan) -> str:
    """Why a case does not apply to this plan, in a sentence; "" if it does."""
    listed = catalogue().get(case.id)
    reason = "" if listed is None else listed.why_not(plan.claims)
    if reason:
        return reason
    known = _Asked(plan, case)
    unmet = next((one for one in case.needs if not one.holds(known)), None)
    return "" if unmet is None else f"not: {unmet.what}"


class _Asked(Scene):
    """What conditions may ask before a case is played: settings and claims."""

    def __init__(self, plan: Plan, case: Case) -> None:
        self.settings = case.settings_over(plan.settings)
        self.claimed = plan.claims
        self.memory = {}
        self.seen_variables = {}


def left_out(case: Case, reason: str) -> CaseResult:
    """The result of a case that does not apply."""
    return CaseResult(case.id, case.title, Outcome.NOT_APPLICABLE, f"Left out: {reason}.")


Lane = Callable[[Case, Setting, int], Awaitable[CaseResult]]
"""Plays a case in a lane (0, 1, ...)."""


def station_lanes(bench: Callable[[int], StationBench]) -> Lane:
    """Plays against stations under test; `bench` makes the bench of a lane."""
    return lambda case, setting, lane: play_station_case(case, setting, bench(lane))


def csms_lanes(bench: Callable[[int], CsmsBench]) -> Lane:
    """Plays against a CSMS under test; `bench` makes the bench of a lane."""
    return lambda case, setting, lane: play_csms_case(case, setting, bench(lane))


def setting_of(plan: Plan, run: Setting, lane: int, lanes: int) -> Setting:
    """What cases of a lane have in common. Where there are several, each has an identity of its own, with its number behind it."""
    settings = dict(plan.settings)
    if lanes > 1:
        settings["identity"] = f"{settings['identity']}-{lane}"
    return replace(run, settings=settings, claims=plan.claims, port=run.port if lane == 0 else 0)


async def run_cases(
    cases: Sequence[Case],
    plan: Plan,
    run: Setting,
    play: Lane,
    *,
    side_by_side: int = 1,
    told: Told = lambda _: None,
    again: bool = False,
) -> list[CaseResult]:
    """Play the cases that apply, `side_by_side` at a time; `told` hears of each, those left out included.

    `again`: one that does not pass is played once more; what passes only then is a warning, for it is not to be relied on.
    """
    results: dict[str, CaseResult] = {}
    waiting: list[Case] = []
    for case in cases:
        reason = why_not(case, plan)
        if reason:
            results[case.id] = left_out(case, reason)
            told(results[case.id])
        else:
            waiting.append(case)

    async def one(case: Case, lane: int) -> None:
        setting = setting_of(plan, run, lane, side_by_side)
        result = await play(case, setting, lane)
        if again and result.outcome in (Outcome.FAILED, Outcome.INCONCLUSIVE):
            result = second_try(result, await play(case, setting, lane))
        results[case.id] = result
        told(results[case.id])

    await in_lanes(waiting, one, side_by_side)
    return [results[case.id] for case in cases]


def second_try(first: CaseResult, second: CaseResult) -> CaseResult:
    """What counts of a case that was played twice: the second time, a pass as a warning that tells of the first."""
    if second.outcome in (Outcome.PASSED, Outcome.WARNING):
        second.outcome = Outcome.WARNING
        second.reason = f"It passed only when it was played again; before, {first.outcome}: {first.reason}"
    return second


async def in_lanes(cases: Iterable[Case], work: Callable[[Case, int], Awaitable[None]], lanes: int) -> None:
    """Work on the cases in so many lanes; each takes the next case when it is done with one."""
    order = iter(cases)

    async def lane(number: int) -> None:
        for case in order:
            await work(case, number)

    async with asyncio.TaskGroup() as group:
        for number in range(lanes):
            group.create_task(lane(number))
