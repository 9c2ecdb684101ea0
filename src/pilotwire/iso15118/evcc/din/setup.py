"""From SessionSetup to the schedule (DIN SPEC 70121)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.iso15118 import din
from pilotwire.iso15118.charging import Control, DcLimits, Identification, Pending, PowerStep, Schedule, Transfer
from pilotwire.iso15118.evcc import energy
from pilotwire.iso15118.evcc.conversation import Conversation, Hold, Next, Step
from pilotwire.iso15118.quantities import physical_din

_TRANSFERS: Final[dict[din.EVSESupportedEnergyTransfer, din.EVRequestedEnergyTransfer]] = {
    "DC_core": "DC_core",
    "DC_extended": "DC_extended",
    "DC_combo_core": "DC_combo_core",
    "DC_dual": "DC_extended",
    "AC_core1p_DC_extended": "DC_extended",
    "AC_single_DC_core": "DC_core",
    "AC_single_phase_three_phase_core_DC_extended": "DC_extended",
    "AC_core3p_DC_extended": "DC_extended",
}
"""What is asked for where it is offered; the others are of alternating current."""


def session_setup(s: Conversation, response: din.SessionSetupRes, now: datetime) -> Step:
    """Services are asked for next."""
    return Next(din.ServiceDiscoveryReq())


def service_discovery(s: Conversation, response: din.ServiceDiscoveryRes, now: datetime) -> Step:
    """There is one thing to choose, or nothing."""
    wish, offered = s.ev.wish(), response.charge_service.energy_transfer_type
    if Transfer.DC not in wish.transfers or offered not in _TRANSFERS:
        return s.stop(f"The station has {offered}, which the vehicle cannot use.")
    paid = response.payment_options.payment_option
    if Identification.EIM not in wish.identification or "ExternalPayment" not in paid:
        return s.stop("The station offers no way of payment that the vehicle has.")
    s.chosen.transfer = Transfer.DC
    s.chosen.facts["mode"] = _TRANSFERS[offered]
    service = din.SelectedService(service_id=response.charge_service.service_tag.service_id)
    return Next(
        din.ServicePaymentSelectionReq(
            selected_payment_option="ExternalPayment",
            selected_service_list=din.SelectedServiceList(selected_service=[service]),
        )
    )


def service_payment_selection(s: Conversation, response: din.ServicePaymentSelectionRes, now: datetime) -> Step:
    """Wait for the customer's authorization."""
    return Next(din.ContractAuthenticationReq())


def contract_authentication(s: Conversation, response: din.ContractAuthenticationRes, now: datetime) -> Step:
    """Ask again while the station does not know yet."""
    if response.evse_processing != "Finished":
        return s.repeat("authorization", din.ContractAuthenticationReq(), s.timing.ev_ongoing, now)
    s.done("authorization")
    return Next(parameters(s))


def parameters(s: Conversation) -> din.ChargeParameterDiscoveryReq:
    """What the vehicle needs now."""
    needs = s.ev.needs(Transfer.DC, Control.SCHEDULED)
    limits = needs.limits
    assert isinstance(limits, DcLimits)
    parameter = din.DC_EVChargeParameter(
        dc_ev_status=dc_status(s),
        ev_maximum_current_limit=physical_din(limits.max_a, "A"),
        ev_maximum_power_limit=physical_din(limits.max_w, "W"),
        ev_maximum_voltage_limit=physical_din(limits.max_v, "V"),
        ev_energy_capacity=None if needs.capacity_wh is None else physical_din(needs.capacity_wh, "Wh"),
        ev_energy_request=None if needs.energy_wh is None else physical_din(needs.energy_wh, "Wh"),
        full_soc=needs.full_soc,
        bulk_soc=needs.target_soc,
    )
    return din.ChargeParameterDiscoveryReq(
        ev_requested_energy_transfer_type=s.chosen.facts["mode"], ev_charge_parameter=parameter
    )


def dc_status(s: Conversation) -> din.DC_EVStatus:
    """How the vehicle stands."""
    state = s.ev.state()
    return din.DC_EVStatus(ev_ready=state.ready, ev_error_code=energy.error_code(state), evress_soc=state.soc)


def charge_parameter_discovery(s: Conversation, response: din.ChargeParameterDiscoveryRes, now: datetime) -> Step:
    """Wait for the schedules, then choose one."""
    limits = response.evse_charge_parameter
    if not isinstance(limits, din.DC_EVSEChargeParameter):
        return s.stop("The station told charge parameters that are not those of direct current.")
    s.ev.offered(energy.limits_of(limits))
    if response.evse_processing != "Finished":
        return s.repeat("charge parameters", parameters(s), s.timing.ev_ongoing, now)
    s.done("charge parameters")
    if not isinstance(response.sa_schedules, din.SAScheduleList):
        return s.stop("The station finished without a schedule.")
    offered = tuple(_schedule(one) for one in response.sa_schedules.sa_schedule_tuple)
    profile = s.ev.choose(offered)
    if isinstance(profile, Pending):
        return Hold()
    s.chosen.facts["steps"] = profile.steps or next(one.steps for one in offered if one.id == profile.schedule_id)
    s.chosen.schedule_id = profile.schedule_id
    return Next(din.CableCheckReq(dc_ev_status=dc_status(s)))


def _schedule(one: din.SAScheduleTuple) -> Schedule:
    steps, end = [], 0
    for entry in one.pmax_schedule.pmax_schedule_entry:
        interval = entry.time_interval
        assert isinstance(interval, din.RelativeTimeInterval)
        steps.append(PowerStep(interval.start, entry.pmax))
        end = interval.start + (interval.duration or 0)
    return Schedule(one.sa_schedule_tuple_id, tuple(steps), end)
