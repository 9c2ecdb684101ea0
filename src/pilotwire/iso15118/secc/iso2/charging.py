"""Cable check, precharge, power and the charge loops (ISO 15118-2, 8.4.4 and 8.4.5)."""

from __future__ import annotations

from datetime import datetime

from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import (
    AcLimits,
    DcLimits,
    Identification,
    Meter,
    Pending,
    PowerStep,
    Profile,
    Schedule,
    Transfer,
)
from pilotwire.iso15118.codecs import ISO2
from pilotwire.iso15118.quantities import physical, plain
from pilotwire.iso15118.secc import energy
from pilotwire.iso15118.secc.conversation import Answer, Conversation, Outcome, Refusal
from pilotwire.iso15118.secc.iso2 import states
from pilotwire.iso15118.secc.iso2.authorization import signed_message
from pilotwire.iso15118.secc.iso2.parameters import ac_status, dc_status
from pilotwire.iso15118.secc.ports import Demand, Receipt, State
from pilotwire.iso15118.signature import verify


def cable_check(s: Conversation, request: iso2.CableCheckReq, now: datetime) -> Outcome:
    """Ongoing until the isolation monitor has looked (IEC 61851-23); 38 s at most."""
    found = energy.isolation(s, now)
    if isinstance(found, Refusal):
        return found
    state: State = s.evse.state()
    checking = isinstance(found, Pending)
    body = iso2.CableCheckRes(
        response_code="OK",
        dc_evse_status=dc_status(state, checking=checking),
        evse_processing="Ongoing" if checking else "Finished",
    )
    return Answer(body, states.CABLE_CHECK if checking else states.PRE_CHARGE)


def pre_charge(s: Conversation, request: iso2.PreChargeReq, now: datetime) -> Outcome:
    """The vehicle compares the voltage itself and goes on when it fits."""
    refusal = energy.precharge(s, plain(request.ev_target_voltage), plain(request.ev_target_current))
    if refusal is not None:
        return refusal
    state: State = s.evse.state()
    body = iso2.PreChargeRes(
        response_code="OK", dc_evse_status=dc_status(state), evse_present_voltage=physical(state.present_v, "V")
    )
    return Answer(body, states.PRE_CHARGE_OR_POWER)


# --- power -----------------------------------------------------------------------------------------------------------------------


def power_delivery(s: Conversation, request: iso2.PowerDeliveryReq, now: datetime) -> Outcome:
    """Start, stop, or negotiate anew."""
    if request.charge_progress == "Start":
        return _start(s, request)
    if request.charge_progress == "Renegotiate":
        if s.state in (states.AC_READY, states.PRE_CHARGE_OR_POWER):
            return Refusal("FAILED_PowerDeliveryNotApplied", "there is nothing to negotiate anew before power flows")
        s.agreed.facts["renegotiated"] = True
        return Answer(_delivered(s), states.CHARGE_PARAMETERS)
    failed = energy.power_off(s, "FAILED_ContactorError")
    return failed or Answer(_delivered(s), states.DC_END if s.agreed.transfer.dc else states.AC_END)


def _start(s: Conversation, request: iso2.PowerDeliveryReq) -> Outcome:
    schedule: Schedule | None = s.agreed.facts.get("schedules", {}).get(request.sa_schedule_tuple_id)
    if schedule is None:
        return Refusal("FAILED_TariffSelectionInvalid", f"schedule {request.sa_schedule_tuple_id} was not offered")
    entries = request.charging_profile.profile_entry if request.charging_profile else []
    steps = tuple(
        PowerStep(entry.charging_profile_entry_start, plain(entry.charging_profile_entry_max_power))
        for entry in entries
    )
    phases = [entry.charging_profile_entry_max_number_of_phases_in_use for entry in entries]
    profile = Profile(schedule.id, steps, max((one for one in phases if one), default=None))
    failed = energy.power_on(s, request, profile, schedule, "FAILED_ContactorError")
    return failed or Answer(_delivered(s), states.DC_LOOP if s.agreed.transfer.dc else states.AC_LOOP)


def _delivered(s: Conversation) -> iso2.PowerDeliveryRes:
    return iso2.PowerDeliveryRes(response_code="OK", evse_status=status(s))


def status(s: Conversation) -> iso2.EVSEStatus:
    """How the EVSE stands, as the energy transfer mode has it."""
    state: State = s.evse.state()
    return dc_status(state) if s.agreed.transfer is Transfer.DC else ac_status(state)


# --- loops -----------------------------------------------------------------------------------------------------------------------


def charging_status(s: Conversation, request: iso2.ChargingStatusReq, now: datetime) -> Outcome:
    """The AC loop."""
    s.evse.demand(Demand())
    state: State = s.evse.state()
    limits = state.limits
    meter, wanted = _metered(s, state)
    body = iso2.ChargingStatusRes(
        response_code="OK",
        evse_id=s.evse.evse_id,
        sa_schedule_tuple_id=s.agreed.schedule_id,
        evse_max_current=physical(limits.max_a, "A") if isinstance(limits, AcLimits) else None,
        meter_info=meter,
        receipt_required=wanted,
        ac_evse_status=ac_status(state),
    )
    return Answer(body, states.AC_RECEIPT if wanted else states.AC_LOOP)


def current_demand(s: Conversation, request: iso2.CurrentDemandReq, now: datetime) -> Outcome:
    """The DC loop: volts and amperes that the vehicle wants, and what it gets."""
    volts, amperes = plain(request.ev_target_voltage), plain(request.ev_target_current)
    refusal = energy.unfit(volts, amperes)
    if refusal is not None:
        return refusal
    s.evse.demand(_demand(request))
    state: State = s.evse.state()
    limits = state.limits
    assert isinstance(limits, DcLimits)
    at_current, at_voltage, at_power = energy.reached(limits, volts, amperes)
    meter, wanted = _metered(s, state)
    body = iso2.CurrentDemandRes(
        response_code="OK",
        dc_evse_status=dc_status(state),
        evse_present_voltage=physical(state.present_v, "V"),
        evse_present_current=physical(state.present_a, "A"),
        evse_current_limit_achieved=at_current,
        evse_voltage_limit_achieved=at_voltage,
        evse_power_limit_achieved=at_power,
        evse_maximum_voltage_limit=physical(limits.max_v, "V"),
        evse_maximum_current_limit=physical(limits.max_a, "A"),
        evse_maximum_power_limit=physical(limits.max_w, "W"),
        evse_id=s.evse.evse_id,
        sa_schedule_tuple_id=s.agreed.schedule_id,
        meter_info=meter,
        receipt_required=wanted,
    )
    return Answer(body, states.DC_RECEIPT if wanted else states.DC_LOOP)


def _demand(request: iso2.CurrentDemandReq) -> Demand:
    full, bulk = request.remaining_time_to_full_soc, request.remaining_time_to_bulk_soc
    status_ = request.dc_ev_status
    return Demand(
        target_v=plain(request.ev_target_voltage),
        target_a=plain(request.ev_target_current),
        soc=status_.evress_soc,
        charging_complete=request.charging_complete,
        bulk_complete=request.bulk_charging_complete,
        seconds_to_full=round(plain(full)) if full else None,
        seconds_to_bulk=round(plain(bulk)) if bulk else None,
        ready=status_.ev_ready,
        error="" if status_.ev_error_code == "NO_ERROR" else status_.ev_error_code,
    )


# --- receipts --------------------------------------------------------------------------------------------------------------------


def _metered(s: Conversation, state: State) -> tuple[iso2.MeterInfo | None, bool | None]:
    """What the meter says, and whether a receipt is asked for: of a vehicle with a contract, every so many messages."""
    if state.meter is None:
        return None, None
    every = s.evse.offer().receipts
    if not every or s.agreed.identification is not Identification.PNC:
        return meter_info(state.meter), None
    facts = s.agreed.facts
    facts["loops"] = facts.get("loops", 0) + 1
    wanted = facts["loops"] % every == 0
    if wanted:
        facts["metered"] = state.meter
    return meter_info(state.meter), wanted


def meter_info(meter: Meter) -> iso2.MeterInfo:
    """A reading as -2 writes it: Wh."""
    return iso2.MeterInfo(
        meter_id=meter.id[:32],
        meter_reading=meter.energy_wh,
        sig_meter_reading=meter.signature[:64] or None,
        t_meter=int(meter.at.timestamp()),
    )


def metering_receipt(s: Conversation, request: iso2.MeteringReceiptReq, now: datetime) -> Outcome:
    """The receipt must repeat what was sent, and be signed with the contract's key ([V2G2-902])."""
    meter: Meter = s.agreed.facts["metered"]
    about = request.sa_schedule_tuple_id in (None, s.agreed.schedule_id)
    if request.session_id != s.session_id or request.meter_info != meter_info(meter) or not about:
        s.find("The metering receipt does not repeat what the station had sent.")
        return Refusal("FAILED_MeteringSignatureNotValid", "the receipt is not about what was metered")
    verdict = verify(signed_message(s), s.agreed.facts["key"])
    if not verdict.good:
        s.find(f"The signature of the metering receipt is not good: {verdict.what}")
        return Refusal("FAILED_MeteringSignatureNotValid", verdict.what)
    s.evse.receipt(Receipt(meter, request.sa_schedule_tuple_id, ISO2.encode(s.message)))
    body = iso2.MeteringReceiptRes(response_code="OK", evse_status=status(s))
    return Answer(body, states.DC_LOOP if s.agreed.transfer.dc else states.AC_LOOP)
