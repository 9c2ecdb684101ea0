"""A vehicle's power profile against its schedule, and schedules made shorter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pilotwire.iso15118.charging import PowerStep, Schedule
from pilotwire.iso15118.secc.iso20.plan import Plan, offset_of, shortened, violation

STEPS = st.lists(st.tuples(st.integers(1, 900), st.integers(0, 22_000)), min_size=1, max_size=30)


def schedule(entries: list[tuple[int, int]], factor: float = 1.0) -> Schedule:
    start, steps = 0, []
    for duration, watts in entries:
        steps.append(PowerStep(start, watts * factor))
        start += duration
    return Schedule(1, tuple(steps), start)


@given(STEPS)
def test_the_schedule_itself_is_a_plan_that_keeps_to_it(entries: list[tuple[int, int]]) -> None:
    one = schedule(entries)
    assert violation(one.steps, one.duration, one, 0, 0.0, 0.0) == ""


@given(STEPS, st.integers(0, 29))
def test_more_than_the_schedule_offers_is_seen_at_any_step(entries: list[tuple[int, int]], place: int) -> None:
    one, place = schedule(entries), place % len(entries)
    more = tuple(
        PowerStep(step.start, step.watts * 1.01 + 5) if at == place else step for at, step in enumerate(one.steps)
    )
    assert f"from {more[place].start} s on" in violation(more, one.duration, one, 0, 0.0, 0.0)
    assert violation(more, one.duration, one, 0, 300.0, 0.0) == ""


@given(STEPS, st.integers(1, 12))
def test_a_shorter_schedule_never_offers_more(entries: list[tuple[int, int]], most: int) -> None:
    one = schedule(entries)
    steps = shortened(one.steps, most)
    assert len(steps) == min(most, len(entries))
    assert violation(steps, one.duration, one, 0, 0.0, 0.0) == ""


def test_nothing_is_offered_after_the_schedule() -> None:
    one = schedule([(60, 5_000)])
    assert violation((PowerStep(0, 5_000.0),), 61, one, 0, 0.0, 0.0)
    assert violation((PowerStep(0, 0.0),), 61, one, 0, 0.0, 0.0) == ""


def test_when_a_plan_begins() -> None:
    assert offset_of(10_000, 10_000, 3_600) == 0
    assert offset_of(10_059, 10_000, 3_600) == 0
    assert offset_of(10_060, 10_000, 3_600) == 60
    assert offset_of(9_000, 10_000, 3_600) == 0
    assert offset_of(0, 1_800_000_000, 3_600) == 0
    assert offset_of(13_600, 10_000, 3_600) == 0


def test_what_was_planned_for_a_time() -> None:
    plan = Plan(steps=(PowerStep(0, 100.0), PowerStep(60, 50.0)), ends_s=120, begun=1_000)
    assert [plan.planned_w(at) for at in (999, 1_000, 1_059, 1_060, 1_119, 1_120)] == [None, 100, 100, 50, 50, None]
    assert Plan().planned_w(0) is None
