"""What a station decides about energy alike in DIN SPEC 70121 and ISO 15118-2, whatever their messages are called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import (
    AcLimits,
    DcLimits,
    Isolation,
    Needs,
    Notice,
    Pending,
    PowerStep,
    Profile,
    Schedule,
)
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.secc.conversation import NO_SESSION, SESSION_ID_BYTES, Conversation, Refusal, Wait
from pilotwire.iso15118.secc.ports import State

LONGEST_SCHEDULE: Final = 86_400
"""Seconds of the longest interval that a schedule can tell."""
MOST_SCHEDULES: Final = 3
_ROUNDING: Final = 1.001
"""Powers are rounded to 16 bits on their way."""
_NOTIFICATIONS: Final[dict[Notice, iso2.EVSENotification]] = {
    Notice.STOP: "StopCharging",
    Notice.PAUSE: "StopCharging",
    Notice.RENEGOTIATE: "ReNegotiation",
}
_FAULTS: Final[dict[str, iso2.DC_EVSEStatusCode]] = {
    "malfunction": "EVSE_Malfunction",
    "emergency": "EVSE_EmergencyShutdown",
    "utility": "EVSE_UtilityInterruptEvent",
}


def new_session_id(s: Conversation) -> bytes:
    """Eight random bytes, never all zero: that means no session."""
    while True:
        made: bytes = s.fresh(SESSION_ID_BYTES)
        if made != NO_SESSION:
            return made


# --- how the EVSE stands ---------------------------------------------------------------------------------------------------------


def notification(state: State) -> iso2.EVSENotification:
    """What is asked of the vehicle; the words are those of both protocols."""
    return "StopCharging" if state.fault else _NOTIFICATIONS.get(state.notice, "None")


def status_code(state: State, *, checking: bool = False) -> iso2.DC_EVSEStatusCode:
    """How a DC EVSE stands, in the words of both protocols; `checking`: isolation is being monitored."""
    if state.fault:
        return _FAULTS.get(state.fault, "EVSE_Malfunction")
    if state.isolation is Isolation.FAULT:
        return "EVSE_Malfunction"
    if state.notice in (Notice.STOP, Notice.PAUSE):
        return "EVSE_Shutdown"
    return "EVSE_IsolationMonitoringActive" if checking else "EVSE_Ready"


# --- what can be had -------------------------------------------------------------------------------------------------------------


def impossible(needs: Needs, state: State) -> Refusal | None:
    """Whether vehicle and EVSE cannot meet at all."""
    mine, its = state.limits, needs.limits
    code = "FAILED_WrongChargeParameter"
    if isinstance(mine, DcLimits) and isinstance(its, DcLimits):
        if its.max_v < mine.min_v:
            return Refusal(code, f"the vehicle takes {its.max_v:g} V, less than the EVSE can go down to")
        if its.max_a <= 0 or its.max_w <= 0:
            return Refusal(code, "the vehicle takes no current")
    if isinstance(mine, AcLimits) and isinstance(its, AcLimits) and its.max_a <= 0:
        return Refusal(code, "the vehicle takes no current")
    return None


def schedules(s: Conversation, needs: Needs, now: datetime) -> tuple[Schedule, ...] | Pending | Refusal:
    """The schedules for these needs, at most three. A joined session keeps the one it had, if that is still to be had ([V2G2-741])."""
    made = s.evse.schedules(needs)
    if isinstance(made, Pending):
        if s.waited("schedules", now) > s.timing.secc_ongoing:
            return Refusal("FAILED", "nobody made a schedule in time")
        return made
    s.done("schedules")
    if not made:
        return Refusal("FAILED_WrongChargeParameter", "there is no schedule for what the vehicle needs")
    joined = s.agreed.joined
    if joined is not None and not s.agreed.facts.get("renegotiated", False):
        made = tuple(one for one in made if one.id == joined.schedule_id) or made
    made = made[:MOST_SCHEDULES]
    s.agreed.facts["schedules"] = {one.id: one for one in made}
    return made


def fits(steps: Sequence[PowerStep], schedule: Schedule) -> bool:
    """Whether a profile never exceeds its schedule ([V2G2-761]) and its steps come one after the other."""
    if any(later.start <= earlier.start for earlier, later in pairwise(steps)):
        return False
    if not schedule.steps:
        return not steps
    moments = sorted({step.start for step in (*steps, *schedule.steps)})
    return all(_at(steps, moment) <= _at(schedule.steps, moment) * _ROUNDING for moment in moments if steps)


def _at(steps: Sequence[PowerStep], moment: int) -> float:
    return next((step.watts for step in reversed(steps) if step.start <= moment), 0.0)


# --- power -----------------------------------------------------------------------------------------------------------------------


def power_on(
    s: Conversation, request: Element, profile: Profile, schedule: Schedule, failed: str
) -> Refusal | Wait | None:
    """Take the plan, and close the contactors; None: power flows. `failed` is said if they take too long."""
    if s.agreed.facts.get("planned") is not request:
        if not fits(profile.steps, schedule) or not s.evse.planned(profile):
            return Refusal("FAILED_ChargingProfileInvalid", "the charging profile is above the schedule")
        s.agreed.facts["planned"] = request
    on = s.evse.energize(True)
    if isinstance(on, Pending):
        return Wait(failed)
    if not on:
        return Refusal("FAILED_PowerDeliveryNotApplied", "the EVSE gives no power")
    s.agreed.schedule_id = schedule.id
    s.agreed.facts["renegotiated"] = False
    return None


def power_off(s: Conversation, failed: str) -> Refusal | Wait | None:
    """Open the contactors; None: they are open. `failed` is said if they do not open."""
    off = s.evse.energize(False)
    if isinstance(off, Pending):
        return Wait(failed)
    return None if off else Refusal(failed, "the contactors do not open")


# --- DC --------------------------------------------------------------------------------------------------------------------------


def isolation(s: Conversation, now: datetime) -> Pending | Refusal | None:
    """The cable check (IEC 61851-23), 38 s at most: still going on, bad, or (None) good."""
    found = s.evse.cable_check()
    if isinstance(found, Pending):
        if s.waited("cable check", now) > s.timing.secc_cable_check:
            return Refusal("FAILED", "the cable check took too long")
        return found
    s.done("cable check")
    if found in (Isolation.FAULT, Isolation.INVALID):
        return Refusal("FAILED", f"the isolation is not good: {found}")
    return None


def precharge(s: Conversation, volts: float, amperes: float) -> Refusal | None:
    """Bring the output to the vehicle's voltage, if the EVSE can."""
    refusal = unfit(volts, amperes)
    limits = s.evse.state().limits
    if refusal is None and isinstance(limits, DcLimits) and volts > limits.max_v:
        refusal = Refusal("FAILED", f"{volts:g} V are more than the EVSE has")
    if refusal is None:
        s.evse.precharge(volts, amperes)
    return refusal


def unfit(volts: float, amperes: float) -> Refusal | None:
    """Targets that are none: the messages have room for what cannot be."""
    if volts < 0 or amperes < 0:
        return Refusal("FAILED", f"{volts:g} V and {amperes:g} A are no targets: they are below zero")
    return None


def reached(limits: DcLimits, volts: float, amperes: float) -> tuple[bool, bool, bool]:
    """Whether what the vehicle wants is at the limits of current, voltage and power, or beyond."""
    return amperes >= limits.max_a, volts >= limits.max_v, volts * amperes >= limits.max_w
