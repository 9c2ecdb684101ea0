"""A vehicle's plan held within the schedule it chose: the EVPowerProfile of PowerDeliveryReq."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from pilotwire.iso15118.charging import PowerStep
from pilotwire.iso15118.iso20.common_messages import PowerSchedule
from pilotwire.iso15118.quantities import plain


@dataclass(frozen=True, slots=True)
class Course:
    """Powers from a moment on: steps with their starts, the first at 0, and when the last one ends (s)."""

    steps: tuple[PowerStep, ...]
    ends: int

    def watts(self, at: int) -> float:
        """The power at a moment; before the beginning and after the end there is none."""
        if not 0 <= at < self.ends:
            return 0.0
        return self.steps[bisect_right(self.steps, at, key=lambda step: step.start) - 1].watts


def course_of(schedule: PowerSchedule) -> Course:
    """A schedule of the station, its powers over all phases."""
    steps, start = [], 0
    for entry in schedule.power_schedule_entries.power_schedule_entry:
        phases = (entry.power, entry.power_l2, entry.power_l3)
        steps.append(PowerStep(start, sum(plain(each) for each in phases if each is not None)))
        start += entry.duration
    return Course(tuple(steps), start)


def passed(schedule: PowerSchedule, now: int) -> int:
    """How many seconds of a schedule are over; 0 where its TimeAnchor makes no sense (some stations write 0)."""
    offset = now - schedule.time_anchor
    return offset if 0 <= offset < course_of(schedule).ends else 0


def within(plan: Sequence[PowerStep], offered: Course, back: Course | float, offset: int, most: int) -> Course:
    """The vehicle's plan from `offset` s of the schedule on, nowhere above what is offered, nor below what may come back.

    An empty plan is the schedule itself. `back`: what may be discharged, as a schedule or a limit. `most`: so many steps at most; the
    last one then has the least power of those it stands for.
    """
    wanted = Course(tuple(plan), offered.ends) if plan else offered
    starts = {offset}
    for course in (wanted, offered, back):
        if isinstance(course, Course):
            changes = (*(step.start for step in course.steps), course.ends)
            starts |= {at for at in changes if offset < at < offered.ends}
    steps: list[PowerStep] = []
    for start in sorted(starts):
        lowest = back.watts(start) if isinstance(back, Course) else back
        watts = max(-abs(lowest), min(wanted.watts(start), offered.watts(start)))
        if not steps or steps[-1].watts != watts:
            steps.append(PowerStep(start - offset, watts))
    return Course(_shortened(steps, most), offered.ends - offset)


def _shortened(steps: list[PowerStep], most: int) -> tuple[PowerStep, ...]:
    if len(steps) <= most:
        return tuple(steps)
    rest = steps[most - 1 :]
    lowest, highest = min(each.watts for each in rest), max(each.watts for each in rest)
    # nearest to nothing of all: what is allowed everywhere
    return (*steps[: most - 1], PowerStep(rest[0].start, max(lowest, min(highest, 0.0))))
