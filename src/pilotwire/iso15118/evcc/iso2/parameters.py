"""Charge parameters, schedules and the way to power (ISO 15118-2, 8.4.3.9 to 8.4.4)."""

from __future__ import annotations

from datetime import datetime

from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import (
    AcLimits,
    Control,
    Needs,
    Pending,
    PowerStep,
    Profile,
    Schedule,
)
from pilotwire.iso15118.evcc import energy
from pilotwire.iso15118.evcc.conversation import Conversation, Hold, Next, Step
from pilotwire.iso15118.evcc.ports import Offered
from pilotwire.iso15118.quantities import physical, plain
from pilotwire.iso15118.signature import verify


def request(s: Conversation) -> iso2.ChargeParameterDiscoveryReq:
    """What the vehicle needs now."""
    needs = s.ev.needs(s.chosen.transfer, Control.SCHEDULED)
    return iso2.ChargeParameterDiscoveryReq(
        max_entries_sa_schedule_tuple=needs.most_steps,
        requested_energy_transfer_mode=s.chosen.facts["mode"],
        ev_charge_parameter=_parameter(s, needs),
    )


def _parameter(s: Conversation, needs: Needs) -> iso2.EVChargeParameter:
    limits = needs.limits
    if isinstance(limits, AcLimits):
        return iso2.AC_EVChargeParameter(
            departure_time=needs.departure_s,
            e_amount=physical(needs.energy_wh or 0, "Wh"),
            ev_max_voltage=physical(limits.nominal_v, "V"),
            ev_max_current=physical(limits.max_a, "A"),
            ev_min_current=physical(limits.min_a, "A"),
        )
    return iso2.DC_EVChargeParameter(
        departure_time=needs.departure_s,
        dc_ev_status=dc_status(s),
        ev_maximum_current_limit=physical(limits.max_a, "A"),
        ev_maximum_power_limit=physical(limits.max_w, "W"),
        ev_maximum_voltage_limit=physical(limits.max_v, "V"),
        ev_energy_capacity=None if needs.capacity_wh is None else physical(needs.capacity_wh, "Wh"),
        ev_energy_request=None if needs.energy_wh is None else physical(needs.energy_wh, "Wh"),
        full_soc=needs.full_soc,
        bulk_soc=needs.target_soc,
    )


def dc_status(s: Conversation) -> iso2.DC_EVStatus:
    """How the vehicle stands."""
    state = s.ev.state()
    return iso2.DC_EVStatus(
        ev_ready=state.ready,
        ev_error_code=energy.error_code(state),
        evress_soc=state.soc,
    )


def charge_parameter_discovery(s: Conversation, response: iso2.ChargeParameterDiscoveryRes, now: datetime) -> Step:
    """Wait for the schedules, then choose one."""
    if isinstance(response.evse_charge_parameter, iso2.AC_EVSEChargeParameter) is s.chosen.transfer.dc:
        return s.stop("The station told charge parameters of the other kind of current.")
    s.ev.offered(_limits(s, response.evse_charge_parameter))
    if response.evse_processing != "Finished":
        return s.repeat("charge parameters", request(s), s.timing.ev_ongoing, now)
    s.done("charge parameters")
    if not isinstance(response.sa_schedules, iso2.SAScheduleList):
        return s.stop("The station finished without a schedule.")
    signed = _tariffs_believed(s, response)
    offered = tuple(_schedule(one, signed) for one in response.sa_schedules.sa_schedule_tuple)
    profile = s.ev.choose(offered)
    if isinstance(profile, Pending):
        return Hold()
    s.chosen.facts["profile"] = profile
    s.chosen.schedule_id = profile.schedule_id
    if s.chosen.transfer.dc and not s.chosen.facts.get("charging"):
        return Next(iso2.CableCheckReq(dc_ev_status=dc_status(s)))
    return power(s, "Start")


def _tariffs_believed(s: Conversation, response: iso2.ChargeParameterDiscoveryRes) -> bool:
    """Tariffs are believed if the contract's operator signed them: with the key of the sub-CA 2 above the contract."""
    assert isinstance(response.sa_schedules, iso2.SAScheduleList)
    if not any(one.sales_tariff for one in response.sa_schedules.sa_schedule_tuple):
        return False
    contract = s.chosen.contract
    if contract is None:
        return True
    if len(contract.chain) < 2:
        s.find("The tariffs cannot be checked: the contract has no sub-CA with it.")
        return False
    assert isinstance(s.message, iso2.V2G_Message)
    verdict = verify(s.message, contract.chain[1].public_key())
    if not verdict.good:
        s.find(f"The tariffs are not believed: {verdict.what}")
    return verdict.good


def _schedule(one: iso2.SAScheduleTuple, believed: bool) -> Schedule:
    steps, end = [], 0
    for entry in one.pmax_schedule.pmax_schedule_entry:
        interval = entry.time_interval
        assert isinstance(interval, iso2.RelativeTimeInterval)
        steps.append(PowerStep(interval.start, plain(entry.pmax)))
        end = interval.start + (interval.duration or 0)
    return Schedule(one.sa_schedule_tuple_id, tuple(steps), end, one.sales_tariff if believed else None)


def _limits(s: Conversation, parameter: iso2.EVSEChargeParameter) -> Offered:
    if isinstance(parameter, iso2.AC_EVSEChargeParameter):
        phases = 1 if s.chosen.facts["mode"] == "AC_single_phase_core" else 3
        return Offered(AcLimits(phases, plain(parameter.evse_nominal_voltage), plain(parameter.evse_max_current)))
    assert isinstance(parameter, iso2.DC_EVSEChargeParameter)
    return energy.limits_of(parameter)


# --- DC before power -------------------------------------------------------------------------------------------------------------


def cable_check(s: Conversation, response: iso2.CableCheckRes, now: datetime) -> Step:
    """Ask again while the station looks at the isolation."""
    shut = energy.shut_words(response.dc_evse_status)
    if shut:
        return s.stop(shut)
    if response.evse_processing != "Finished":
        return s.repeat("cable check", iso2.CableCheckReq(dc_ev_status=dc_status(s)), s.timing.ev_cable_check, now)
    s.done("cable check")
    return Next(_precharge(s))


def _precharge(s: Conversation) -> iso2.PreChargeReq:
    state = s.ev.state()
    return iso2.PreChargeReq(
        dc_ev_status=dc_status(s),
        ev_target_voltage=physical(state.target_v, "V"),
        ev_target_current=physical(min(state.target_a, energy.PRECHARGE_A), "A"),
    )


def pre_charge(s: Conversation, response: iso2.PreChargeRes, now: datetime) -> Step:
    """Close the contactors once the voltage fits."""
    shut = energy.shut_words(response.dc_evse_status)
    if shut:
        return s.stop(shut)
    closed = energy.precharged(s, plain(response.evse_present_voltage))
    if closed is None:
        return s.repeat("precharge", _precharge(s), s.timing.ev_pre_charge, now)
    if isinstance(closed, Pending):
        return Hold()
    s.done("precharge")
    if not closed:
        return s.stop("The vehicle's contactors do not close.")
    return power(s, "Start")


# --- power -----------------------------------------------------------------------------------------------------------------------


def power(s: Conversation, progress: iso2.ChargeProgress) -> Next:
    """Power on, off, or to be negotiated anew. On AC the vehicle shows by the control pilot that it is ready ([V2G2-847])."""
    if not s.chosen.transfer.dc and progress == "Start":
        s.ev.contactor(True)
    profile: Profile = s.chosen.facts["profile"]
    entries = [
        iso2.ProfileEntry(
            charging_profile_entry_start=step.start,
            charging_profile_entry_max_power=physical(step.watts, "W"),
            charging_profile_entry_max_number_of_phases_in_use=profile.max_phases,
        )
        for step in profile.steps[: energy.MOST_STEPS]
    ]
    dc = s.chosen.transfer.dc
    s.chosen.facts["progress"] = progress
    return Next(
        iso2.PowerDeliveryReq(
            charge_progress=progress,
            sa_schedule_tuple_id=profile.schedule_id,
            charging_profile=iso2.ChargingProfile(profile_entry=entries) if entries and progress == "Start" else None,
            ev_power_delivery_parameter=_delivery(s) if dc else None,
        )
    )


def _delivery(s: Conversation) -> iso2.DC_EVPowerDeliveryParameter:
    state = s.ev.state()
    return iso2.DC_EVPowerDeliveryParameter(
        dc_ev_status=dc_status(s), bulk_charging_complete=state.bulk_complete, charging_complete=state.enough
    )
