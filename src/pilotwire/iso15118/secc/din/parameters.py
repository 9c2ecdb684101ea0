"""Charge parameters and schedules (DIN SPEC 70121). Powers of schedules are whole watts of 16 bits here: what is more is told as that."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.iso15118 import din
from pilotwire.iso15118.charging import (
    Control,
    DcLimits,
    Identification,
    Isolation,
    Needs,
    Pending,
    PowerStep,
    Schedule,
    Transfer,
)
from pilotwire.iso15118.quantities import physical_din, plain
from pilotwire.iso15118.secc import energy
from pilotwire.iso15118.secc.conversation import Answer, Conversation, Outcome, Refusal
from pilotwire.iso15118.secc.din import setup, states
from pilotwire.iso15118.secc.ports import State

MOST_W: Final = 32_767
"""The highest PMax."""
_MOST_STEPS: Final = 5
"""More entries of a schedule are not taken by deployed vehicles."""
_ISOLATION: Final[dict[Isolation, din.IsolationLevel]] = {
    Isolation.INVALID: "Invalid",
    Isolation.VALID: "Valid",
    Isolation.WARNING: "Warning",
    Isolation.FAULT: "Fault",
}
"""There is no word for a station without a monitor: then nothing is said."""


def charge_parameter_discovery(s: Conversation, request: din.ChargeParameterDiscoveryReq, now: datetime) -> Outcome:
    """Limits both ways, and the schedules for what the vehicle needs; Ongoing while they are made."""
    wanted = request.ev_requested_energy_transfer_type
    if wanted != setup.ENERGY_TRANSFER:
        return Refusal("FAILED_WrongEnergyTransferType", f"{wanted} is not offered")
    if not isinstance(request.ev_charge_parameter, din.DC_EVChargeParameter):
        return Refusal("FAILED_WrongChargeParameter", "the charge parameters are not those of direct current")
    needs = _needs(request.ev_charge_parameter)
    state: State = s.evse.state()
    refusal = energy.impossible(needs, state) or _choose(s)
    if refusal is not None:
        return refusal
    schedules = energy.schedules(s, needs, now)
    if isinstance(schedules, Refusal):
        return schedules
    if isinstance(schedules, Pending):
        return Answer(_response(state, (_whole(state),), ongoing=True), states.CHARGE_PARAMETERS)
    return Answer(_response(state, schedules), states.CABLE_CHECK)


def _choose(s: Conversation) -> Refusal | None:
    if s.agreed.transfer is not Transfer.DC:
        if not s.evse.selected(Identification.EIM, Transfer.DC, Control.SCHEDULED, ()):
            return Refusal("FAILED_WrongEnergyTransferType", "direct current is not to be had any more")
        s.agreed.transfer = Transfer.DC
    return None


def _needs(parameter: din.DC_EVChargeParameter) -> Needs:
    volts, amperes = plain(parameter.ev_maximum_voltage_limit), plain(parameter.ev_maximum_current_limit)
    watts = plain(parameter.ev_maximum_power_limit) if parameter.ev_maximum_power_limit else volts * amperes
    return Needs(
        Transfer.DC,
        DcLimits(max_v=volts, max_a=amperes, max_w=watts, min_v=0.0),
        energy_wh=plain(parameter.ev_energy_request) if parameter.ev_energy_request else None,
        capacity_wh=plain(parameter.ev_energy_capacity) if parameter.ev_energy_capacity else None,
        soc=parameter.dc_ev_status.evress_soc,
        target_soc=parameter.bulk_soc,
        full_soc=parameter.full_soc,
    )


def _whole(state: State) -> Schedule:
    """A schedule must be in every response: until the real one is there, what the EVSE can."""
    assert isinstance(state.limits, DcLimits)
    return Schedule(1, (PowerStep(0, state.limits.max_w),))


def _response(
    state: State, schedules: tuple[Schedule, ...], *, ongoing: bool = False
) -> din.ChargeParameterDiscoveryRes:
    limits = state.limits
    assert isinstance(limits, DcLimits)
    parameter = din.DC_EVSEChargeParameter(
        dc_evse_status=dc_status(state),
        evse_maximum_current_limit=physical_din(limits.max_a, "A"),
        evse_maximum_power_limit=physical_din(limits.max_w, "W"),
        evse_maximum_voltage_limit=physical_din(limits.max_v, "V"),
        evse_minimum_current_limit=physical_din(limits.min_a, "A"),
        evse_minimum_voltage_limit=physical_din(limits.min_v, "V"),
        evse_current_regulation_tolerance=None if limits.tolerance_a is None else physical_din(limits.tolerance_a, "A"),
        evse_peak_current_ripple=physical_din(limits.ripple_a, "A"),
    )
    return din.ChargeParameterDiscoveryRes(
        response_code="OK",
        evse_processing="Ongoing" if ongoing else "Finished",
        sa_schedules=din.SAScheduleList(sa_schedule_tuple=[_tuple(one) for one in schedules]),
        evse_charge_parameter=parameter,
    )


def _tuple(one: Schedule) -> din.SAScheduleTuple:
    steps = one.steps[:_MOST_STEPS]
    entries = [
        din.PMaxScheduleEntry(
            time_interval=din.RelativeTimeInterval(
                start=step.start, duration=max(one.duration - step.start, 0) if step is steps[-1] else None
            ),
            pmax=told_watts(step.watts),
        )
        for step in steps
    ]
    return din.SAScheduleTuple(
        sa_schedule_tuple_id=one.id,
        pmax_schedule=din.PMaxSchedule(pmax_schedule_id=one.id, pmax_schedule_entry=entries),
    )


def told_watts(watts: float) -> int:
    """A power as schedules carry it."""
    return round(min(max(watts, 0), MOST_W))


def dc_status(state: State, *, checking: bool = False) -> din.DC_EVSEStatus:
    """How the EVSE stands; `checking`: isolation is being monitored."""
    return din.DC_EVSEStatus(
        evse_isolation_status=_ISOLATION.get(state.isolation),
        evse_status_code=energy.status_code(state, checking=checking),
        notification_max_delay=state.notice_s,
        evse_notification=energy.notification(state),
    )
