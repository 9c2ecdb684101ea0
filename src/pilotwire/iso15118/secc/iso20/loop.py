"""The charge loop of AC and DC: what the vehicle asks for, and what the station answers at every moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from pilotwire.iso15118.charging import AcLimits, Control, Transfer
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20.common_types import (
    ChargeLoopReq,
    CLReqControlMode,
    Dynamic_CLReqControlMode,
    MeterInfo,
    Receipt,
    ResponseCode,
    Scheduled_CLReqControlMode,
)
from pilotwire.iso15118.limits import ac_of, dc_of, phases_of, read_dc_now, total
from pilotwire.iso15118.quantities import plain, rational
from pilotwire.iso15118.secc.iso20.loop_modes import ac_mode, dc_mode
from pilotwire.iso15118.secc.iso20.notices import confirmation_due, evse_status, meter_info
from pilotwire.iso15118.secc.iso20.talk import Answer, Outcome, Refusal, Talk
from pilotwire.iso15118.secc.ports import Demand, State

REQUESTED: Final[dict[tuple[Transfer, Control], type[CLReqControlMode]]] = {
    (Transfer.AC, Control.SCHEDULED): ac.Scheduled_AC_CLReqControlMode,
    (Transfer.AC, Control.DYNAMIC): ac.Dynamic_AC_CLReqControlMode,
    (Transfer.AC_BPT, Control.SCHEDULED): ac.BPT_Scheduled_AC_CLReqControlMode,
    (Transfer.AC_BPT, Control.DYNAMIC): ac.BPT_Dynamic_AC_CLReqControlMode,
    (Transfer.DC, Control.SCHEDULED): dc.Scheduled_DC_CLReqControlMode,
    (Transfer.DC, Control.DYNAMIC): dc.Dynamic_DC_CLReqControlMode,
    (Transfer.DC_BPT, Control.SCHEDULED): dc.BPT_Scheduled_DC_CLReqControlMode,
    (Transfer.DC_BPT, Control.DYNAMIC): dc.BPT_Dynamic_DC_CLReqControlMode,
}
"""Which element the service and the control mode that were chosen want in the vehicle's loop messages."""
_READINGS_KEPT: Final = 8
_OVER_PLAN: Final = 0.05
"""A vehicle that takes this part more than it planned is told so."""
_NEAR: Final = 0.99
"""From this part of a limit on it counts as reached."""


def ac_loop(s: Talk, request: ac.AC_ChargeLoopReq, now: datetime) -> Outcome:
    """AC: powers."""
    mode = request.cl_req_control_mode
    wrong = _wrong_mode(s, mode)
    if wrong:
        return wrong
    assert isinstance(mode, ac.Scheduled_AC_CLReqControlMode | ac.Dynamic_AC_CLReqControlMode)
    present = total(*phases_of(mode, "ev_present_active_power"))
    s.evse.demand(replace(_demand(s, request, mode), present_w=present, limits=_ac_now(s, mode)))
    state = s.stands()
    response = ac.AC_ChargeLoopRes(
        header=s.header(now),
        response_code=_kept(s, mode, present, now),
        cl_res_control_mode=ac_mode(s, state),
        **_beside(s, request, state),
    )
    return Answer(response, s.state)


def dc_loop(s: Talk, request: dc.DC_ChargeLoopReq, now: datetime) -> Outcome:
    """DC: voltages and currents."""
    mode = request.cl_req_control_mode
    wrong = _wrong_mode(s, mode)
    if wrong:
        return wrong
    assert isinstance(mode, dc.Scheduled_DC_CLReqControlMode | dc.Dynamic_DC_CLReqControlMode)
    demand = replace(
        _demand(s, request, mode),
        present_v=plain(request.ev_present_voltage),
        limits=read_dc_now(dc_of(s.known_limits, "ev"), mode, "ev"),
    )
    if isinstance(mode, dc.Scheduled_DC_CLReqControlMode):
        volts, amperes = plain(mode.ev_target_voltage), plain(mode.ev_target_current)
        demand = replace(demand, target_v=volts, target_a=amperes)
    s.evse.demand(demand)
    state = s.stands()
    limits = dc_of(state.limits, "evse")
    response = dc.DC_ChargeLoopRes(
        header=s.header(now),
        response_code="OK",
        evse_present_current=rational(state.present_a),
        evse_present_voltage=rational(state.present_v),
        evse_power_limit_achieved=_reached(state.present_v * state.present_a, limits.max_w),
        evse_current_limit_achieved=_reached(state.present_a, limits.max_a),
        evse_voltage_limit_achieved=_reached(state.present_v, limits.max_v),
        cl_res_control_mode=dc_mode(s, limits, state),
        **_beside(s, request, state),
    )
    return Answer(response, s.state)


def _reached(value: float, limit: float) -> bool:
    return value > 0 and value >= limit * _NEAR


def _wrong_mode(s: Talk, mode: CLReqControlMode) -> Refusal | None:
    wanted = REQUESTED[s.agreed.transfer, s.agreed.control]
    if type(mode) is wanted:
        return None
    what = (
        f"{mode.xsd.element} came, and {s.agreed.transfer} with {s.agreed.control} control wants {wanted.xsd.element}"
    )
    s.find(f"{what}.")
    return Refusal("FAILED_WrongChargeParameter", what)


# --- what the vehicle says ---------------------------------------------------------------------------------------------------------


def _demand(s: Talk, request: ChargeLoopReq, mode: Any) -> Demand:
    """What AC and DC have in common."""
    assert isinstance(mode, Scheduled_CLReqControlMode | Dynamic_CLReqControlMode)
    shown = request.display_parameters
    return Demand(
        soc=shown.present_soc if shown else None,
        charging_complete=shown.charging_complete if shown else None,
        seconds_to_full=shown.remaining_time_to_maximum_soc if shown else None,
        energy_wh=_plain(mode.ev_target_energy_request),
        most_wh=_plain(mode.ev_maximum_energy_request),
        least_wh=_plain(mode.ev_minimum_energy_request),
        departure_s=mode.departure_time if isinstance(mode, Dynamic_CLReqControlMode) else None,
    )


def _plain(number: Any) -> float | None:
    return None if number is None else plain(number)


def _ac_now(s: Talk, mode: ac.Scheduled_AC_CLReqControlMode | ac.Dynamic_AC_CLReqControlMode) -> AcLimits:
    """The vehicle's limits, as it changes them in the loop."""
    known = ac_of(s.known_limits, "ev")
    volts = known.phases * known.nominal_v or 1.0
    most = total(*phases_of(mode, "ev_maximum_charge_power"))
    least = total(*phases_of(mode, "ev_minimum_charge_power"))
    found = replace(
        known,
        max_a=known.max_a if most is None else most / volts,
        min_a=known.min_a if least is None else least / volts,
    )
    back = total(*phases_of(mode, "ev_maximum_discharge_power"))
    return found if back is None else replace(found, max_discharge_w=abs(back))


def _kept(s: Talk, mode: CLReqControlMode, present_w: float | None, now: datetime) -> ResponseCode:
    """Whether the vehicle keeps to its own plan; a tolerance that was agreed on counts."""
    planned = s.plan.planned_w(int(now.timestamp()))
    if present_w is None or planned is None or not isinstance(mode, Scheduled_CLReqControlMode):
        return "OK"
    if present_w <= planned + max(abs(planned) * _OVER_PLAN, s.plan.tolerance_w):
        return "OK"
    s.find(f"The vehicle takes {present_w:g} W, and planned {planned:g} W.", once="over its plan")
    return "WARNING_EVPowerProfileViolation"


# --- what the station says beside --------------------------------------------------------------------------------------------------


def _beside(s: Talk, request: ChargeLoopReq, state: State) -> dict[str, Any]:
    """Notifications, and the meter where the vehicle asks for it or is to confirm it."""
    confirm = confirmation_due(s, state)
    meter: MeterInfo | None = None
    if state.meter is not None and (request.meter_info_requested or confirm):
        meter = meter_info(state.meter, bidirectional=s.agreed.transfer.bidirectional)
        s.metering.told = [*s.metering.told, meter][-_READINGS_KEPT:]
    receipt = state.receipt if meter is not None and isinstance(state.receipt, Receipt) else None
    return {"evse_status": evse_status(state, confirm=confirm), "meter_info": meter, "receipt": receipt}
