"""The vehicle's part of the charge loop by service and control mode: what it wants, and its limits of the moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pilotwire.iso15118.charging import Control, Needs
from pilotwire.iso15118.evcc.iso20.talk import Next, Talk
from pilotwire.iso15118.evcc.ports import EvState
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20.common_types import CLReqControlMode, DisplayParameters
from pilotwire.iso15118.limits import ac_of, dc_of, fields_of, written
from pilotwire.iso15118.quantities import rational


def request(s: Talk, now: datetime, pause: float | None = None) -> Next:
    """The next message of the loop."""
    state, needs = s.ev.state(), s.needs()
    beside: dict[str, Any] = {
        "header": s.header(now),
        "display_parameters": _shown(state, needs),
        "meter_info_requested": s.options.meter or s.charging.confirm,
    }
    after = s.options.loop_interval if pause is None else pause
    if not s.dc:
        return Next(ac.AC_ChargeLoopReq(cl_req_control_mode=ac_mode(s, state, needs), **beside), after)
    volts = rational(state.present_v)
    return Next(
        dc.DC_ChargeLoopReq(ev_present_voltage=volts, cl_req_control_mode=dc_mode(s, state, needs), **beside), after
    )


def _shown(state: EvState, needs: Needs) -> DisplayParameters:
    """For the station's display."""
    return DisplayParameters(
        present_soc=state.soc,
        target_soc=needs.target_soc,
        maximum_soc=needs.full_soc,
        remaining_time_to_maximum_soc=state.seconds_to_full,
        remaining_time_to_target_soc=state.seconds_to_bulk,
        charging_complete=state.enough,
        battery_energy_capacity=None if needs.capacity_wh is None else rational(needs.capacity_wh),
    )


def energies(needs: Needs) -> dict[str, Any]:
    """What dynamic control must be told: where the vehicle has no opinion, its target is the most, and nothing the least."""
    target = needs.energy_wh or 0.0
    return written(
        ev_target_energy_request=target,
        ev_maximum_energy_request=max(target, 0.0) if needs.most_wh is None else needs.most_wh,
        ev_minimum_energy_request=min(target, 0.0) if needs.least_wh is None else needs.least_wh,
    )


def _wanted(s: Talk, needs: Needs) -> dict[str, Any]:
    """What AC and DC have in common, by control mode."""
    if s.control is Control.SCHEDULED:
        return written(
            ev_target_energy_request=needs.energy_wh,
            ev_maximum_energy_request=needs.most_wh,
            ev_minimum_energy_request=needs.least_wh,
        )
    told = energies(needs) | {"departure_time": needs.departure_s}
    if s.transfer.bidirectional:
        told |= written(
            ev_maximum_v2x_energy_request=needs.v2x_most_wh, ev_minimum_v2x_energy_request=needs.v2x_least_wh
        )
    return told


def ac_mode(s: Talk, state: EvState, needs: Needs) -> CLReqControlMode:
    """AC: what the vehicle takes now; below 0 it gives back."""
    both_ways = s.transfer.bidirectional
    limits = ac_of(needs.limits, "ev")
    told = _wanted(s, needs) | written(ev_present_active_power=state.present_w)
    if s.control is Control.SCHEDULED:
        scheduled = ac.BPT_Scheduled_AC_CLReqControlMode if both_ways else ac.Scheduled_AC_CLReqControlMode
        return scheduled(**told, **fields_of(limits, "ev", scheduled))
    dynamic = ac.BPT_Dynamic_AC_CLReqControlMode if both_ways else ac.Dynamic_AC_CLReqControlMode
    return dynamic(**told, **fields_of(limits, "ev", dynamic), ev_present_reactive_power=rational(0.0))


def dc_mode(s: Talk, state: EvState, needs: Needs) -> CLReqControlMode:
    """DC: under scheduled control the vehicle says voltage and current, under dynamic control the station takes its limits."""
    both_ways = s.transfer.bidirectional
    limits, told = dc_of(needs.limits, "ev"), _wanted(s, needs)
    if s.control is Control.DYNAMIC:
        dynamic = dc.BPT_Dynamic_DC_CLReqControlMode if both_ways else dc.Dynamic_DC_CLReqControlMode
        return dynamic(**told, **fields_of(limits, "ev", dynamic))
    told |= written(ev_target_voltage=state.target_v, ev_target_current=0.0 if s.charging.standby else state.target_a)
    scheduled = dc.BPT_Scheduled_DC_CLReqControlMode if both_ways else dc.Scheduled_DC_CLReqControlMode
    return scheduled(**told, **fields_of(limits, "ev", scheduled))
