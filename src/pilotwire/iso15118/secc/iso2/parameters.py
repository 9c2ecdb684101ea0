"""Charge parameters and schedules (ISO 15118-2, 8.4.3.9)."""

from __future__ import annotations

from datetime import datetime

from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import (
    AcLimits,
    DcLimits,
    Needs,
    Pending,
    Schedule,
    Transfer,
)
from pilotwire.iso15118.quantities import physical, plain
from pilotwire.iso15118.secc import energy
from pilotwire.iso15118.secc.conversation import Answer, Conversation, Outcome, Refusal
from pilotwire.iso15118.secc.iso2 import setup, states
from pilotwire.iso15118.secc.ports import State

_MOST_STEPS = 1024


def charge_parameter_discovery(s: Conversation, request: iso2.ChargeParameterDiscoveryReq, now: datetime) -> Outcome:
    """Limits both ways, and the schedules for what the vehicle needs; Ongoing while they are made."""
    if request.requested_energy_transfer_mode not in setup.modes(s, s.evse.offer()):
        return Refusal("FAILED_WrongEnergyTransferMode", f"{request.requested_energy_transfer_mode} is not offered")
    transfer = Transfer.DC if request.requested_energy_transfer_mode.startswith("DC") else Transfer.AC
    needs = _needs(request, transfer)
    if isinstance(needs, Refusal):
        return needs
    state: State = s.evse.state()
    refusal = energy.impossible(needs, state) or _choose(s, transfer)
    if refusal is not None:
        return refusal
    schedules = energy.schedules(s, needs, now)
    if isinstance(schedules, Refusal):
        return schedules
    if isinstance(schedules, Pending):
        return Answer(_response(state, transfer, ongoing=True), states.CHARGE_PARAMETERS)
    s.signature = next((one.tariff_signature for one in schedules if one.tariff_signature is not None), None)
    return Answer(_response(state, transfer, schedules=schedules), _next(s, transfer))


def _choose(s: Conversation, transfer: Transfer) -> Refusal | None:
    """The energy transfer is chosen once; negotiating anew does not change it."""
    chosen = s.agreed.facts.get("transfer")
    if chosen is None and not setup.selected(s, transfer):
        return Refusal("FAILED_WrongEnergyTransferMode", f"{transfer} is not to be had any more")
    if chosen not in (None, transfer):
        return Refusal("FAILED_WrongEnergyTransferMode", f"{chosen} was chosen before")
    s.agreed.facts["transfer"] = transfer
    return None


def _next(s: Conversation, transfer: Transfer) -> str:
    renegotiated = s.agreed.facts.get("renegotiated", False)
    if transfer is Transfer.AC:
        return states.AC_READY
    return states.CABLE_CHECK_OR_POWER if renegotiated else states.CABLE_CHECK


def _needs(request: iso2.ChargeParameterDiscoveryReq, transfer: Transfer) -> Needs | Refusal:
    parameter = request.ev_charge_parameter
    most = request.max_entries_sa_schedule_tuple
    if isinstance(parameter, iso2.AC_EVChargeParameter) and transfer is Transfer.AC:
        volts = plain(parameter.ev_max_voltage)
        phases = 3 if request.requested_energy_transfer_mode == "AC_three_phase_core" else 1
        ac = AcLimits(phases, volts, plain(parameter.ev_max_current), plain(parameter.ev_min_current))
        return Needs(
            transfer, ac, energy_wh=plain(parameter.e_amount), departure_s=parameter.departure_time, most_steps=most
        )
    if isinstance(parameter, iso2.DC_EVChargeParameter) and transfer is Transfer.DC:
        volts, amperes = plain(parameter.ev_maximum_voltage_limit), plain(parameter.ev_maximum_current_limit)
        watts = plain(parameter.ev_maximum_power_limit) if parameter.ev_maximum_power_limit else volts * amperes
        return Needs(
            transfer,
            DcLimits(max_v=volts, max_a=amperes, max_w=watts, min_v=0.0),
            energy_wh=plain(parameter.ev_energy_request) if parameter.ev_energy_request else None,
            capacity_wh=plain(parameter.ev_energy_capacity) if parameter.ev_energy_capacity else None,
            departure_s=parameter.departure_time,
            soc=parameter.dc_ev_status.evress_soc,
            target_soc=parameter.bulk_soc,
            full_soc=parameter.full_soc,
            most_steps=most,
        )
    return Refusal("FAILED_WrongChargeParameter", "the charge parameters are not those of the energy transfer mode")


def _response(
    state: State, transfer: Transfer, *, ongoing: bool = False, schedules: tuple[Schedule, ...] = ()
) -> iso2.ChargeParameterDiscoveryRes:
    return iso2.ChargeParameterDiscoveryRes(
        response_code="OK",
        evse_processing="Ongoing" if ongoing else "Finished",
        sa_schedules=iso2.SAScheduleList(sa_schedule_tuple=[schedule_tuple(one) for one in schedules])
        if schedules
        else None,
        evse_charge_parameter=_limits(state, transfer),
    )


def schedule_tuple(one: Schedule) -> iso2.SAScheduleTuple:
    """A schedule as -2 writes it: each step from its start, the last with how long it lasts."""
    steps = one.steps[:_MOST_STEPS]
    entries = [
        iso2.PMaxScheduleEntry(
            time_interval=iso2.RelativeTimeInterval(
                start=step.start, duration=_left(one, step.start) if step is steps[-1] else None
            ),
            pmax=physical(step.watts, "W"),
        )
        for step in steps
    ]
    tariff = one.tariff if isinstance(one.tariff, iso2.SalesTariff) else None
    return iso2.SAScheduleTuple(
        sa_schedule_tuple_id=one.id, pmax_schedule=iso2.PMaxSchedule(pmax_schedule_entry=entries), sales_tariff=tariff
    )


def _left(one: Schedule, start: int) -> int:
    return min(max(one.duration - start, 0), energy.LONGEST_SCHEDULE)


def _limits(state: State, transfer: Transfer) -> iso2.EVSEChargeParameter:
    limits = state.limits
    if transfer is Transfer.AC or isinstance(limits, AcLimits):
        assert isinstance(limits, AcLimits)
        return iso2.AC_EVSEChargeParameter(
            ac_evse_status=ac_status(state),
            evse_nominal_voltage=physical(limits.nominal_v, "V"),
            evse_max_current=physical(limits.max_a, "A"),
        )
    return iso2.DC_EVSEChargeParameter(
        dc_evse_status=dc_status(state),
        evse_maximum_current_limit=physical(limits.max_a, "A"),
        evse_maximum_power_limit=physical(limits.max_w, "W"),
        evse_maximum_voltage_limit=physical(limits.max_v, "V"),
        evse_minimum_current_limit=physical(limits.min_a, "A"),
        evse_minimum_voltage_limit=physical(limits.min_v, "V"),
        evse_current_regulation_tolerance=None if limits.tolerance_a is None else physical(limits.tolerance_a, "A"),
        evse_peak_current_ripple=physical(limits.ripple_a, "A"),
    )


def ac_status(state: State) -> iso2.AC_EVSEStatus:
    """How the EVSE stands, AC."""
    return iso2.AC_EVSEStatus(
        notification_max_delay=state.notice_s, evse_notification=energy.notification(state), rcd=state.rcd
    )


def dc_status(state: State, *, checking: bool = False) -> iso2.DC_EVSEStatus:
    """How the EVSE stands, DC; `checking`: isolation is being monitored."""
    return iso2.DC_EVSEStatus(
        notification_max_delay=state.notice_s,
        evse_notification=energy.notification(state),
        evse_isolation_status=state.isolation.value,
        evse_status_code=energy.status_code(state, checking=checking),
    )
