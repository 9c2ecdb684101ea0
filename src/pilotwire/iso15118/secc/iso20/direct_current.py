"""What only DC has: CableCheck, PreCharge and WeldingDetection."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.iso15118.charging import Isolation, Pending
from pilotwire.iso15118.iso20 import dc
from pilotwire.iso15118.limits import dc_of
from pilotwire.iso15118.quantities import plain, rational
from pilotwire.iso15118.secc.iso20 import states
from pilotwire.iso15118.secc.iso20.talk import Answer, Outcome, Refusal, Talk
from pilotwire.iso15118.timing import ISO20

PRE_CHARGE_A: Final = 2.0
"""How much may flow into the vehicle's input while voltages are brought together (IEC 61851-23)."""
_GOOD: Final = frozenset({Isolation.VALID, Isolation.WARNING, Isolation.NO_IMD})


def cable_check(s: Talk, request: dc.DC_CableCheckReq, now: datetime) -> Outcome:
    """The isolation is checked with the voltage on; the vehicle asks again until it is known."""
    if s.stands().fault:
        return Refusal("FAILED", f"the EVSE has a fault: {s.stands().fault}")
    isolation = s.evse.cable_check()
    if isinstance(isolation, Pending):
        if s.waited("cable check", now) > ISO20.secc_cable_check:
            return Refusal("FAILED", "the cable check took too long")
        return _checked(s, now, finished=False)
    s.done("cable check")
    if isolation not in _GOOD:
        return Refusal("FAILED", f"the isolation is not good: {isolation}")
    return _checked(s, now, finished=True)


def _checked(s: Talk, now: datetime, *, finished: bool) -> Answer:
    response = dc.DC_CableCheckRes(
        header=s.header(now), response_code="OK", evse_processing="Finished" if finished else "Ongoing"
    )
    return Answer(response, states.PRE_CHARGE if finished else states.CABLE_CHECK)


def pre_charge(s: Talk, request: dc.DC_PreChargeReq, now: datetime) -> Outcome:
    """The output is brought to the vehicle's voltage; the vehicle compares, and says when it has closed its contactors."""
    state, volts = s.stands(), plain(request.ev_target_voltage)
    limits = dc_of(state.limits, "evse")
    if state.fault:
        return Refusal("FAILED", f"the EVSE has a fault: {state.fault}")
    if not 0 <= volts <= limits.max_v:
        what = f"the vehicle wants {volts:g} V, and the station has up to {limits.max_v:g} V"
        s.find(f"DC_PreChargeReq: {what}.")
        return Refusal("FAILED_WrongChargeParameter", what)
    s.evse.precharge(volts, min(PRE_CHARGE_A, limits.max_a))
    done = request.ev_processing == "Finished"
    response = dc.DC_PreChargeRes(
        header=s.header(now), response_code="OK", evse_present_voltage=rational(s.stands().present_v)
    )
    return Answer(response, states.POWER_DELIVERY if done else states.PRE_CHARGE)


def welding_detection(s: Talk, request: dc.DC_WeldingDetectionReq, now: datetime) -> Outcome:
    """The vehicle looks whether the voltage goes when it opens its contactors."""
    response = dc.DC_WeldingDetectionRes(
        header=s.header(now), response_code="OK", evse_present_voltage=rational(s.stands().present_v)
    )
    return Answer(response, states.STOPPED)
