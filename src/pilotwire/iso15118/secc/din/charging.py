"""Cable check, precharge, power, the charge loop and the end (DIN SPEC 70121)."""

from __future__ import annotations

from datetime import datetime

from pilotwire.iso15118 import din
from pilotwire.iso15118.charging import DcLimits, Ending, Notice, Pending, PowerStep, Profile, Schedule, SessionEnd
from pilotwire.iso15118.quantities import physical_din, plain
from pilotwire.iso15118.secc import energy
from pilotwire.iso15118.secc.conversation import Answer, Conversation, Outcome, Refusal
from pilotwire.iso15118.secc.din import states
from pilotwire.iso15118.secc.din.parameters import dc_status
from pilotwire.iso15118.secc.ports import Demand, State

_FAILED = "FAILED_PowerDeliveryNotApplied"


def cable_check(s: Conversation, request: din.CableCheckReq, now: datetime) -> Outcome:
    """Ongoing until the isolation monitor has looked; 38 s at most."""
    found = energy.isolation(s, now)
    if isinstance(found, Refusal):
        return found
    checking = isinstance(found, Pending)
    body = din.CableCheckRes(
        response_code="OK",
        dc_evse_status=dc_status(s.evse.state(), checking=checking),
        evse_processing="Ongoing" if checking else "Finished",
    )
    return Answer(body, states.CABLE_CHECK if checking else states.PRE_CHARGE)


def pre_charge(s: Conversation, request: din.PreChargeReq, now: datetime) -> Outcome:
    """The vehicle compares the voltage itself and goes on when it fits."""
    refusal = energy.precharge(s, plain(request.ev_target_voltage), plain(request.ev_target_current))
    if refusal is not None:
        return refusal
    state: State = s.evse.state()
    body = din.PreChargeRes(
        response_code="OK", dc_evse_status=dc_status(state), evse_present_voltage=physical_din(state.present_v, "V")
    )
    return Answer(body, states.PRE_CHARGE_OR_POWER)


def power_delivery(s: Conversation, request: din.PowerDeliveryReq, now: datetime) -> Outcome:
    """Power on or off. Off is also the way to a negotiation that the station has asked for."""
    if request.ready_to_charge_state:
        failed = _on(s, request)
        return failed or Answer(_delivered(s), states.LOOP)
    failed = energy.power_off(s, _FAILED)
    if failed is not None:
        return failed
    anew = s.agreed.facts.pop("anew", False)
    return Answer(_delivered(s), states.END_OR_ANEW if anew else states.END)


def _on(s: Conversation, request: din.PowerDeliveryReq) -> Outcome | None:
    """A vehicle without a plan takes the first schedule."""
    offered: dict[int, Schedule] = s.agreed.facts["schedules"]
    plan = request.charging_profile
    number = next(iter(offered)) if plan is None else plan.sa_schedule_tuple_id
    if number not in offered:
        return Refusal("FAILED_TariffSelectionInvalid", f"schedule {number} was not offered")
    steps = tuple(
        PowerStep(entry.charging_profile_entry_start, entry.charging_profile_entry_max_power)
        for entry in (plan.profile_entry if plan is not None else ())
    )
    return energy.power_on(s, request, Profile(number, steps), offered[number], _FAILED)


def _delivered(s: Conversation) -> din.PowerDeliveryRes:
    return din.PowerDeliveryRes(response_code="OK", evse_status=dc_status(s.evse.state()))


def current_demand(s: Conversation, request: din.CurrentDemandReq, now: datetime) -> Outcome:
    """The loop: volts and amperes that the vehicle wants, and what it gets."""
    volts, amperes = plain(request.ev_target_voltage), plain(request.ev_target_current)
    refusal = energy.unfit(volts, amperes)
    if refusal is not None:
        return refusal
    s.evse.demand(_demand(request))
    state: State = s.evse.state()
    limits = state.limits
    assert isinstance(limits, DcLimits)
    at_current, at_voltage, at_power = energy.reached(limits, volts, amperes)
    s.agreed.facts["anew"] = state.notice is Notice.RENEGOTIATE and not state.fault
    body = din.CurrentDemandRes(
        response_code="OK",
        dc_evse_status=dc_status(state),
        evse_present_voltage=physical_din(state.present_v, "V"),
        evse_present_current=physical_din(state.present_a, "A"),
        evse_current_limit_achieved=at_current,
        evse_voltage_limit_achieved=at_voltage,
        evse_power_limit_achieved=at_power,
        evse_maximum_voltage_limit=physical_din(limits.max_v, "V"),
        evse_maximum_current_limit=physical_din(limits.max_a, "A"),
        evse_maximum_power_limit=physical_din(limits.max_w, "W"),
    )
    return Answer(body, states.LOOP)


def _demand(request: din.CurrentDemandReq) -> Demand:
    status, full, bulk = request.dc_ev_status, request.remaining_time_to_full_soc, request.remaining_time_to_bulk_soc
    return Demand(
        target_v=plain(request.ev_target_voltage),
        target_a=plain(request.ev_target_current),
        soc=status.evress_soc,
        charging_complete=request.charging_complete,
        bulk_complete=request.bulk_charging_complete,
        seconds_to_full=round(plain(full)) if full else None,
        seconds_to_bulk=round(plain(bulk)) if bulk else None,
        ready=status.ev_ready,
        error="" if status.ev_error_code == "NO_ERROR" else status.ev_error_code,
    )


def welding_detection(s: Conversation, request: din.WeldingDetectionReq, now: datetime) -> Outcome:
    """The voltage at the EVSE, for the vehicle to see whether its contactors open; as often as it asks."""
    state: State = s.evse.state()
    body = din.WeldingDetectionRes(
        response_code="OK", dc_evse_status=dc_status(state), evse_present_voltage=physical_din(state.present_v, "V")
    )
    return Answer(body, states.END)


def session_stop(s: Conversation, request: din.SessionStop, now: datetime) -> Outcome:
    """The end: nothing is kept of it."""
    s.evse.energize(False)
    return Answer(din.SessionStopRes(response_code="OK"), states.OVER, SessionEnd(Ending.TERMINATED))
