"""The vehicle's power profile held against the schedule it chose (PowerDeliveryReq)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from pilotwire.iso15118.charging import PowerStep, Schedule
from pilotwire.iso15118.iso20.common_messages import EVPowerProfile
from pilotwire.iso15118.iso20.common_types import ResponseCode
from pilotwire.iso15118.quantities import plain

_ROUNDING: Final = 0.005
"""Numbers of 16 bits may differ by this part, and are no violation."""
_ROUNDING_W: Final = 1.0
_SAME_TIME_S: Final = 60


@dataclass(slots=True)
class Plan:
    """The schedules that were offered since `anchor` (seconds since 1970), and what the vehicle makes of one.

    `schedule_id` 0: none is chosen. `renegotiating`: new ones are being exchanged while the old one is in force; `fresh`: they are there.
    `steps` of the vehicle's profile begin at `begun`.
    """

    offered: tuple[Schedule, ...] = ()
    anchor: int = 0
    schedule_id: int = 0
    steps: tuple[PowerStep, ...] = ()
    ends_s: int = 0
    begun: int = 0
    tolerance_w: float = 0.0
    renegotiating: bool = False
    fresh: bool = False
    go_to_pause: bool = False
    accepted: tuple[object, ResponseCode] | None = field(default=None, repr=False)
    """The request whose profile was found good; it is looked at once, however long contactors take."""

    def schedule(self, schedule_id: int) -> Schedule | None:
        """An offered schedule."""
        return next((each for each in self.offered if each.id == schedule_id), None)

    def planned_w(self, at: int) -> float | None:
        """What the vehicle planned to take at a time (seconds since 1970); None: it has no plan for it."""
        passed = at - self.begun
        if not self.steps or not 0 <= passed < self.ends_s:
            return None
        return [step.watts for step in self.steps if step.start <= passed][-1]


def profile_steps(profile: EVPowerProfile) -> tuple[tuple[PowerStep, ...], int]:
    """The steps of a vehicle's profile, over all phases, and when the last one ends."""
    steps, start = [], 0
    for entry in profile.ev_power_profile_entries.ev_power_profile_entry:
        phases = (entry.power, entry.power_l2, entry.power_l3)
        steps.append(PowerStep(start, sum(plain(each) for each in phases if each is not None)))
        start += entry.duration
    return tuple(steps), start


def profile_trouble(steps: Sequence[PowerStep], ends_s: int) -> str:
    """Why a profile is none, "" if it is one."""
    if ends_s <= 0:
        return "it lasts no time"
    if any(step.start == until for step, until in _with_ends(steps, ends_s)):
        return "one of its entries lasts no time"
    return ""


def violation(
    steps: Sequence[PowerStep], ends_s: int, schedule: Schedule, offset: int, tolerance_w: float, discharge_w: float
) -> str:
    """Where a profile leaves its schedule, "" if it does not. `offset`: seconds by which it begins after the schedule.

    `discharge_w`: the most that may come back where the schedule has no part for that; 0: nothing may.
    """
    for step, until in _with_ends(steps, ends_s):
        begin, end = step.start + offset, until + offset
        most = _least(schedule.steps, schedule.duration, begin, end) + tolerance_w
        if step.watts > most * (1 + _ROUNDING) + _ROUNDING_W:
            return f"{step.watts:g} W are planned from {step.start} s on, and {most:g} W are offered"
        back = _least(schedule.discharge, schedule.duration, begin, end) if schedule.discharge else discharge_w
        back = back + tolerance_w if back else 0.0
        if -step.watts > back * (1 + _ROUNDING) + _ROUNDING_W:
            return f"{-step.watts:g} W are to come back from {step.start} s on, and {back:g} W are allowed"
    return ""


def offset_of(profile_anchor: int, schedule_anchor: int, duration: int) -> int:
    """By how many seconds a profile begins after its schedule.

    0 where its anchor makes no sense (some vehicles write 0), and where the two are as near as the messages between them: vehicles
    copy the schedule's durations and write the time at which they do.
    """
    offset = profile_anchor - schedule_anchor
    return offset if _SAME_TIME_S <= offset < duration else 0


def shortened(steps: Sequence[PowerStep], most: int) -> tuple[PowerStep, ...]:
    """At most so many steps: the last one has the lowest power of those it stands for."""
    if len(steps) <= most:
        return tuple(steps)
    rest = steps[most - 1 :]
    return (*steps[: most - 1], PowerStep(rest[0].start, min((each.watts for each in rest), key=abs)))


def _with_ends(steps: Sequence[PowerStep], ends_s: int) -> Iterator[tuple[PowerStep, int]]:
    for place, step in enumerate(steps):
        yield step, steps[place + 1].start if place + 1 < len(steps) else ends_s


def _least(steps: Sequence[PowerStep], duration: int, begin: int, end: int) -> float:
    """The lowest power of a schedule between two times; after its end nothing is offered."""
    within = [abs(step.watts) for step, until in _with_ends(steps, duration) if step.start < end and until > begin]
    if end > duration or not within:
        within.append(0.0)
    return min(within)
