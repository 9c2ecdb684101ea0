"""PowerDeliveryReq: power on and off, standby, and the change to a new schedule."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.iso15118.charging import Control, PowerStep
from pilotwire.iso15118.evcc.iso20.plan import Course, course_of, passed, within
from pilotwire.iso15118.evcc.iso20.talk import A_DAY, Next, Talk
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import Processing
from pilotwire.iso15118.quantities import rational
from pilotwire.iso15118.v2gtp import PayloadType

_MOST_STEPS: Final = 1024
_SEPARATED: Final = 2
"""BPTChannel: power comes back by contactors of its own."""


def deliver(
    s: Talk,
    progress: cm.ChargeProgress,
    now: datetime,
    *,
    processing: Processing = "Finished",
    side: PayloadType | None = None,
) -> Next:
    """What is about to happen with power; the vehicle's plan goes with what begins or changes."""
    planned = progress in ("Start", "ScheduleRenegotiation") and processing == "Finished"
    # without new schedules a renegotiation only begins: there is no plan yet
    fresh = progress == "Start" or side is not None
    message = cm.PowerDeliveryReq(
        header=s.header(now),
        ev_processing=processing,
        charge_progress=progress,
        ev_power_profile=_profile(s, now) if planned and fresh else None,
        bpt_channel_selection=_channel(s) if progress == "Start" else None,
    )
    return Next(message, side=side)


def _profile(s: Talk, now: datetime) -> cm.EVPowerProfile | None:
    """The vehicle's plan within the schedule it chose; under dynamic control, where the station plans, all that it could take."""
    schedule, profile = s.charging.schedule, s.charging.profile
    if s.control is Control.DYNAMIC:
        return _free(s, now)
    if schedule is None or profile is None:
        return None
    power = schedule.charging_schedule.power_schedule
    at = int(now.timestamp())
    course = within(profile.steps, course_of(power), _back(s, schedule), passed(power, at), _MOST_STEPS)
    return cm.EVPowerProfile(
        time_anchor=at,
        scheduled_ev_ppt_control_mode=cm.Scheduled_EVPPTControlMode(
            selected_schedule_tuple_id=schedule.schedule_tuple_id,
            power_tolerance_acceptance=_tolerance(power, profile.keeps_tolerance),
        ),
        ev_power_profile_entries=cm.EVPowerProfileEntryList(ev_power_profile_entry=_entries(course)),
    )


def _free(s: Talk, now: datetime) -> cm.EVPowerProfile:
    """Up to the limits of both until the departure. It says nothing that binds, but some stations refuse to start without."""
    needs = s.needs()
    watts = min(needs.limits.max_w, s.station.max_w) if s.station is not None else needs.limits.max_w
    course = Course((PowerStep(0, watts),), needs.departure_s or A_DAY)
    return cm.EVPowerProfile(
        time_anchor=int(now.timestamp()),
        dynamic_ev_ppt_control_mode=cm.Dynamic_EVPPTControlMode(),
        ev_power_profile_entries=cm.EVPowerProfileEntryList(ev_power_profile_entry=_entries(course)),
    )


def _back(s: Talk, schedule: cm.ScheduleTuple) -> Course | float:
    """What may come back: by the schedule for it, else up to the station's limit; of a one-way service nothing."""
    if not s.transfer.bidirectional:
        return 0.0
    if schedule.discharging_schedule is not None:
        return course_of(schedule.discharging_schedule.power_schedule)
    return s.station.max_discharge_w if s.station is not None else 0.0


def _entries(course: Course) -> list[cm.PowerScheduleEntry]:
    ends = [step.start for step in course.steps[1:]] + [course.ends]
    return [
        cm.PowerScheduleEntry(duration=until - step.start, power=rational(step.watts))
        for step, until in zip(course.steps, ends, strict=True)
    ]


def _tolerance(power: cm.PowerSchedule, keeps: bool | None) -> cm.PowerToleranceAcceptance | None:
    """An answer to a tolerance, if the station has told one."""
    if power.power_tolerance is None or keeps is None:
        return None
    return "PowerToleranceConfirmed" if keeps else "PowerToleranceNotConfirmed"


def _channel(s: Talk) -> cm.ChannelSelection | None:
    """Which way power goes first, where the ways are separated."""
    if not s.transfer.bidirectional or s.chosen.channel != _SEPARATED:
        return None
    state = s.ev.state()
    return "Discharge" if state.present_w < 0 or state.target_a < 0 else "Charge"
