"""PowerDelivery: power on and off, standby, and the change to a new schedule."""

from __future__ import annotations

from datetime import datetime

from pilotwire.iso15118.charging import Control, Pending, PowerStep, Profile, Schedule
from pilotwire.iso15118.iso20.common_messages import EVPowerProfile, PowerDeliveryReq, PowerDeliveryRes
from pilotwire.iso15118.iso20.common_types import ResponseCode
from pilotwire.iso15118.secc.iso20 import states
from pilotwire.iso15118.secc.iso20.notices import evse_status
from pilotwire.iso15118.secc.iso20.plan import offset_of, profile_steps, profile_trouble, violation
from pilotwire.iso15118.secc.iso20.talk import Answer, Outcome, Refusal, Talk, Wait

_RUNS = frozenset({states.CHARGE_LOOP, states.STANDBY})


def power_delivery(s: Talk, request: PowerDeliveryReq, now: datetime) -> Outcome:
    """What the vehicle is about to do with power. Beside the main stream it can only change to another schedule."""
    if s.side_stream and request.charge_progress != "ScheduleRenegotiation":
        s.find(f"PowerDeliveryReq with {request.charge_progress} came beside the main stream.")
        return Refusal("FAILED_SequenceError", "power goes on and off on the main stream alone")
    match request.charge_progress:
        case "Start":
            return _start(s, request, now)
        case "Stop":
            return _stop(s, request, now)
        case "Standby":
            return _standby(s, now)
        case "ScheduleRenegotiation":
            return _renegotiate(s, request, now)


def _start(s: Talk, request: PowerDeliveryReq, now: datetime) -> Outcome:
    """The plan is looked at once, then the contactors are closed, however long they take."""
    if s.state == states.CHARGE_LOOP and not s.plan.fresh:
        s.find("PowerDeliveryReq starts what has been started.")
        return Refusal("FAILED_SequenceError", "power is on already, and no new schedule was exchanged")
    if request.ev_processing != "Finished":
        return _answer(s, "OK", s.state, now)
    if s.state == states.PRE_CHARGE:
        s.find("PowerDeliveryReq came before a DC_PreChargeReq with EVProcessing Finished.")
    if s.stands().fault:
        return Refusal("FAILED_PowerDeliveryNotApplied", f"the EVSE has a fault: {s.stands().fault}")
    code = _accept(s, request, now)
    if isinstance(code, Refusal):
        return code
    closed = s.evse.energize(True)
    if isinstance(closed, Pending):
        return Wait("FAILED_PowerDeliveryNotApplied")
    if not closed:
        return Refusal("FAILED_ContactorError", "the contactors do not close")
    _settle(s)
    return _answer(s, code, states.CHARGE_LOOP, now)


def _stop(s: Talk, request: PowerDeliveryReq, now: datetime) -> Outcome:
    """A vehicle that is still going down with its power says so, and comes again."""
    if request.ev_processing != "Finished":
        return _answer(s, "OK", s.state, now)
    opened = s.evse.energize(False)
    if isinstance(opened, Pending):
        return Wait("FAILED_ContactorError")
    if not opened:
        return Refusal("FAILED_ContactorError", "the contactors do not open")
    _settle(s)
    return _answer(s, "OK", states.STOPPED, now)


def _standby(s: Talk, now: datetime) -> Outcome:
    """Contactors stay as they are; the loop goes on without power."""
    if not s.offer.standby:
        return _answer(s, "WARNING_StandbyNotAllowed", s.state, now)
    return _answer(s, "OK", states.STANDBY, now)


def _renegotiate(s: Talk, request: PowerDeliveryReq, now: datetime) -> Outcome:
    """Without new schedules they are exchanged next; with them the vehicle changes over, and power stays on."""
    runs, plan = s.state in _RUNS, s.plan
    if not runs and not plan.renegotiating:
        s.find("PowerDeliveryReq asks for schedule renegotiation before the first schedule is in force.")
        return Refusal("FAILED_ScheduleRenegotiation", "no schedule is in force")
    if runs and not plan.fresh:
        if s.side_stream:
            return _answer(s, "OK", s.state, now)
        plan.renegotiating = True
        return _answer(s, "OK", states.SCHEDULE_EXCHANGE, now)
    code = _accept(s, request, now)
    if isinstance(code, Refusal):
        return code
    _settle(s)
    return _answer(s, code, s.state if runs else states.CHARGE_LOOP, now)


def _settle(s: Talk) -> None:
    s.plan.fresh = s.plan.renegotiating = False
    s.plan.accepted = None


def _answer(s: Talk, code: ResponseCode, state: str, now: datetime) -> Answer:
    status = evse_status(s.stands())
    return Answer(PowerDeliveryRes(header=s.header(now), response_code=code, evse_status=status), state)


# --- the vehicle's plan ------------------------------------------------------------------------------------------------------------


def _accept(s: Talk, request: PowerDeliveryReq, now: datetime) -> ResponseCode | Refusal:
    """The vehicle's plan, if there must be one, is kept; or why not. A request that is asked again is not looked at twice."""
    if s.plan.accepted is not None and s.plan.accepted[0] is request:
        return s.plan.accepted[1]
    profile = request.ev_power_profile
    if profile is None:
        if s.agreed.control is Control.DYNAMIC or (s.plan.schedule_id and not s.plan.fresh):
            return "OK"
        return _invalid(s, "there is no EVPowerProfile")
    steps, ends_s = profile_steps(profile)
    trouble = profile_trouble(steps, ends_s)
    if trouble:
        return _invalid(s, trouble)
    dynamic = s.agreed.control is Control.DYNAMIC
    code = _dynamic(s, profile, steps) if dynamic else _scheduled(s, profile, steps, ends_s)
    if isinstance(code, Refusal):
        return code
    s.plan.steps, s.plan.ends_s = steps, ends_s
    s.plan.begun = int(now.timestamp())
    s.plan.accepted = (request, code)
    return code


def _dynamic(s: Talk, profile: EVPowerProfile, steps: tuple[PowerStep, ...]) -> ResponseCode | Refusal:
    if profile.dynamic_ev_ppt_control_mode is None:
        return _invalid(s, "it is for scheduled control, and dynamic was chosen")
    return _planned(s, Profile(0, steps), "OK")


def _scheduled(s: Talk, profile: EVPowerProfile, steps: tuple[PowerStep, ...], ends_s: int) -> ResponseCode | Refusal:
    mode = profile.scheduled_ev_ppt_control_mode
    if mode is None:
        return _invalid(s, "it is for dynamic control, and scheduled was chosen")
    schedule = s.plan.schedule(mode.selected_schedule_tuple_id)
    if schedule is None:
        s.find(f"The vehicle chose the schedule {mode.selected_schedule_tuple_id}, which was not offered.")
        return Refusal("FAILED_ScheduleSelectionInvalid", "the schedule was not offered")
    code = _tolerance(s, mode.power_tolerance_acceptance)
    if isinstance(code, Refusal):
        return code
    confirmed = code == "OK_PowerToleranceConfirmed"
    s.plan.tolerance_w = s.options.tolerance_w or 0.0 if confirmed else 0.0
    left = _leaves(s, profile, schedule, steps, ends_s)
    if left:
        s.find(f"EVPowerProfile: {left}.")
        return Refusal("FAILED_EVPowerProfileViolation", left)
    s.plan.schedule_id = schedule.id
    keeps = None if mode.power_tolerance_acceptance is None else confirmed
    return _planned(s, Profile(schedule.id, steps, keeps_tolerance=keeps), code)


def _leaves(s: Talk, profile: EVPowerProfile, schedule: Schedule, steps: tuple[PowerStep, ...], ends_s: int) -> str:
    offset = offset_of(profile.time_anchor, s.plan.anchor, schedule.duration)
    back = s.stands().limits.max_discharge_w if s.agreed.transfer.bidirectional else 0.0
    return violation(steps, ends_s, schedule, offset, s.plan.tolerance_w, back)


def _tolerance(s: Talk, acceptance: str | None) -> ResponseCode | Refusal:
    """Whether the vehicle keeps within the tolerance that was offered."""
    if s.options.tolerance_w is None:
        return "OK"
    if acceptance == "PowerToleranceConfirmed":
        return "OK_PowerToleranceConfirmed"
    if s.options.tolerance_needed:
        s.find("The vehicle does not confirm the power tolerance, which is needed here.")
        return Refusal("FAILED_PowerToleranceNotConfirmed", "the power tolerance is not confirmed")
    return "OK" if acceptance is None else "WARNING_PowerToleranceNotConfirmed"


def _planned(s: Talk, profile: Profile, code: ResponseCode) -> ResponseCode | Refusal:
    if s.evse.planned(profile):
        return code
    return Refusal("FAILED_EVPowerProfileViolation", "the station does not take the vehicle's plan")


def _invalid(s: Talk, what: str) -> Refusal:
    s.find(f"EVPowerProfile: {what}.")
    return Refusal("FAILED_EVPowerProfileInvalid", what)
