"""ScheduleExchange: schedules to choose from (scheduled control), or what the station wants reached (dynamic)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pilotwire.errors import MisuseError
from pilotwire.iso15118.charging import Control, Needs, Pending, Schedule
from pilotwire.iso15118.evcc.conversation import Hold
from pilotwire.iso15118.evcc.iso20 import delivering, direct_current, loop_modes
from pilotwire.iso15118.evcc.iso20.plan import course_of
from pilotwire.iso15118.evcc.iso20.prices import believed
from pilotwire.iso15118.evcc.iso20.starting import start
from pilotwire.iso15118.evcc.iso20.stopping import give_up, stop
from pilotwire.iso15118.evcc.iso20.talk import A_DAY, BY_STATION, BY_VEHICLE, Next, Step, Talk
from pilotwire.iso15118.evcc.ports import Offered
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import Dynamic_CLResControlMode
from pilotwire.iso15118.limits import written
from pilotwire.iso15118.timing import ISO20
from pilotwire.iso15118.v2gtp import PayloadType

_POINTS: Final = range(12, 1025)
"""MaximumSupportingPoints."""
_WHAT: Final = "the schedules"


def request(s: Talk, now: datetime, side: PayloadType | None = None) -> Next:
    """What the vehicle needs, and by when."""
    needs, dynamic = s.needs(), s.control is Control.DYNAMIC
    points = min(max(needs.most_steps or _POINTS[-1], _POINTS[0]), _POINTS[-1])
    message = cm.ScheduleExchangeReq(
        header=s.header(now),
        maximum_supporting_points=points,
        dynamic_se_req_control_mode=_dynamic(s, needs) if dynamic else None,
        scheduled_se_req_control_mode=None if dynamic else _scheduled(needs),
    )
    return Next(message, side=side)


def _scheduled(needs: Needs) -> cm.Scheduled_SEReqControlMode:
    return cm.Scheduled_SEReqControlMode(
        departure_time=needs.departure_s,
        **written(
            ev_target_energy_request=needs.energy_wh,
            ev_maximum_energy_request=needs.most_wh,
            ev_minimum_energy_request=needs.least_wh,
        ),
    )


def _dynamic(s: Talk, needs: Needs) -> cm.Dynamic_SEReqControlMode:
    both_ways = s.transfer.bidirectional
    tells = s.chosen.mobility == BY_VEHICLE
    return cm.Dynamic_SEReqControlMode(
        departure_time=A_DAY if needs.departure_s is None else needs.departure_s,
        target_soc=needs.target_soc if tells else None,
        **loop_modes.energies(needs),
        **written(
            ev_maximum_v2x_energy_request=needs.v2x_most_wh if both_ways else None,
            ev_minimum_v2x_energy_request=needs.v2x_least_wh if both_ways else None,
        ),
    )


def schedule_exchange(s: Talk, response: cm.ScheduleExchangeRes, now: datetime) -> Step:
    """Wait for the station's plan, then choose. Beside the main stream the charge loop goes on meanwhile."""
    beside = s.charging.exchanging and s.options.side_streams
    s.charging.held = None
    if response.evse_processing != "Finished":
        again = s.repeat(_WHAT, request(s, now), ISO20.ev_ongoing, now)
        return loop_modes.request(s, now) if beside and isinstance(again, Next) else again
    dynamic = response.dynamic_se_res_control_mode is not None
    if dynamic is not (s.control is Control.DYNAMIC):
        return give_up(s, f"The station answered ScheduleExchangeReq for another control mode than {s.control}.", now)
    taken = _reached(s, response) if dynamic else _chosen(s, response, now)
    if isinstance(taken, Hold) and beside:
        s.charging.held = response
        return loop_modes.request(s, now)
    if taken is not None:
        return taken
    s.done(_WHAT)
    if response.go_to_pause:
        return _pause(s, now)
    return _power(s, now)


def aside(s: Talk, now: datetime) -> Step:
    """Beside the charge loop: ask for schedules, or look whether the vehicle has chosen one."""
    held = s.charging.held
    return schedule_exchange(s, held, now) if held else request(s, now, PayloadType.SCHEDULE_RENEGOTIATION)


def _pause(s: Talk, now: datetime) -> Next:
    """The station has no power for now (GoToPause): off, if it is on, and a pause."""
    s.stopping, s.charging.exchanging = "Pause", False
    return delivering.deliver(s, "Stop", now) if s.charging.on else stop(s, now)


def _power(s: Talk, now: datetime) -> Next:
    """DC begins with a cable check; what charges already changes over to the new schedule."""
    if s.charging.exchanging:
        if s.options.side_streams:
            return delivering.deliver(s, "ScheduleRenegotiation", now, side=PayloadType.SCHEDULE_RENEGOTIATION)
        return start(s, now)
    return direct_current.cable_check_request(s, now) if s.dc else start(s, now)


# --- dynamic control ---------------------------------------------------------------------------------------------------------------


def _reached(s: Talk, response: cm.ScheduleExchangeRes) -> Step | None:
    """What the station wants reached, and what it costs."""
    mode = response.dynamic_se_res_control_mode
    assert mode is not None
    tariff = mode.absolute_price_schedule or mode.price_level_schedule
    s.ev.offered(
        Offered(tariff=tariff if tariff is not None and believed(s, response) else None, **left_to_it(s, mode))
    )
    return None


def left_to_it(s: Talk, mode: cm.Dynamic_SEResControlMode | Dynamic_CLResControlMode) -> dict[str, Any]:
    """When the vehicle is to leave and with what. It is the station's to say only where it was left to it (MobilityNeedsMode 2)."""
    told = {"departure_s": mode.departure_time, "least_soc": mode.minimum_soc, "target_soc": mode.target_soc}
    if s.chosen.mobility == BY_STATION:
        return told
    if any(each is not None for each in told.values()):
        s.remark(
            "The station told a departure time or a state of charge, and the vehicle says these itself; passed over."
        )
    return {}


# --- scheduled control -------------------------------------------------------------------------------------------------------------


def _chosen(s: Talk, response: cm.ScheduleExchangeRes, now: datetime) -> Step | None:
    """The vehicle chooses a schedule, and plans by it. A renegotiation that failed leaves the old one in force."""
    mode, charging = response.scheduled_se_res_control_mode, s.charging
    if response.response_code == "WARNING_ScheduleRenegotiationFailed" and charging.schedule is not None:
        s.remark("The station has no new schedules; the old one stays in force.")
        return None
    assert mode is not None
    offered = {each.schedule_tuple_id: each for each in mode.schedule_tuple if _lasts(s, each)}
    if not offered:
        return give_up(s, "The station has no schedule that lasts any time.", now)
    trusted = any(map(_tariff, offered.values())) and believed(s, response)
    profile = s.ev.choose(tuple(_schedule(each, trusted) for each in offered.values()))
    if isinstance(profile, Pending):
        return Hold()
    if profile.schedule_id not in offered:
        raise MisuseError(f"The vehicle chose the schedule {profile.schedule_id}, which the station does not offer.")
    charging.profile, charging.schedule = profile, offered[profile.schedule_id]
    return None


def _lasts(s: Talk, one: cm.ScheduleTuple) -> bool:
    lasts = course_of(one.charging_schedule.power_schedule).ends > 0
    if not lasts:
        s.find(f"The schedule {one.schedule_tuple_id} of the station lasts no time.")
    return lasts


def _tariff(one: cm.ScheduleTuple) -> Element | None:
    return one.charging_schedule.absolute_price_schedule or one.charging_schedule.price_level_schedule


def _schedule(one: cm.ScheduleTuple, trusted: bool) -> Schedule:
    """Of the way back the amounts are told, as those of charging."""
    course = course_of(one.charging_schedule.power_schedule)
    back = one.discharging_schedule
    return Schedule(
        id=one.schedule_tuple_id,
        steps=course.steps,
        duration=course.ends,
        tariff=_tariff(one) if trusted else None,
        discharge=course_of(back.power_schedule).steps if back is not None else (),
    )
