"""Cable check, precharge, power, the charge loop, and the way out (DIN SPEC 70121)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.iso15118 import din
from pilotwire.iso15118.charging import Pending, PowerStep
from pilotwire.iso15118.evcc import energy
from pilotwire.iso15118.evcc.conversation import Conversation, Hold, Next, Step
from pilotwire.iso15118.evcc.din.setup import dc_status, parameters
from pilotwire.iso15118.evcc.ports import Offered
from pilotwire.iso15118.quantities import physical_din, plain

_MOST_W: Final = 32_767
"""Powers of a profile are whole watts of 16 bits."""


def cable_check(s: Conversation, response: din.CableCheckRes, now: datetime) -> Step:
    """Ask again while the station looks at the isolation."""
    shut = energy.shut_words(response.dc_evse_status)
    if shut:
        return s.stop(shut)
    if response.evse_processing != "Finished":
        return s.repeat("cable check", din.CableCheckReq(dc_ev_status=dc_status(s)), s.timing.ev_cable_check, now)
    s.done("cable check")
    return Next(_precharge(s))


def _precharge(s: Conversation) -> din.PreChargeReq:
    state = s.ev.state()
    return din.PreChargeReq(
        dc_ev_status=dc_status(s),
        ev_target_voltage=physical_din(state.target_v, "V"),
        ev_target_current=physical_din(min(state.target_a, energy.PRECHARGE_A), "A"),
    )


def pre_charge(s: Conversation, response: din.PreChargeRes, now: datetime) -> Step:
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
    return _power(s, on=True)


def _power(s: Conversation, *, on: bool) -> Next:
    steps: tuple[PowerStep, ...] = s.chosen.facts["steps"][: energy.MOST_STEPS]
    entries = [
        din.ProfileEntry(
            charging_profile_entry_start=step.start,
            charging_profile_entry_max_power=round(min(step.watts, _MOST_W)),
        )
        for step in steps
    ]
    state = s.ev.state()
    s.chosen.facts["on"] = on
    delivery = din.DC_EVPowerDeliveryParameter(
        dc_ev_status=dc_status(s), bulk_charging_complete=state.bulk_complete, charging_complete=state.enough
    )
    profile = din.ChargingProfile(sa_schedule_tuple_id=s.chosen.schedule_id, profile_entry=entries) if on else None
    return Next(
        din.PowerDeliveryReq(ready_to_charge_state=on, charging_profile=profile, ev_power_delivery_parameter=delivery)
    )


def power_delivery(s: Conversation, response: din.PowerDeliveryRes, now: datetime) -> Step:
    """Into the loop, back to the parameters if the station had asked for it, or out."""
    if s.chosen.facts["on"]:
        s.chosen.facts["charging"] = s.chosen.facts["charged"] = True
        return _loop(s, 0.0)
    if not energy.opened(s):
        return Hold()
    if not s.chosen.stopping:
        return Next(parameters(s))
    return Next(din.WeldingDetectionReq(dc_ev_status=dc_status(s)))


def _loop(s: Conversation, pause: float) -> Next:
    state = s.ev.state()
    full, bulk = state.seconds_to_full, state.seconds_to_bulk
    body = din.CurrentDemandReq(
        dc_ev_status=dc_status(s),
        ev_target_current=physical_din(state.target_a, "A"),
        bulk_charging_complete=state.bulk_complete,
        charging_complete=state.enough,
        remaining_time_to_full_soc=None if full is None else physical_din(full, "s"),
        remaining_time_to_bulk_soc=None if bulk is None else physical_din(bulk, "s"),
        ev_target_voltage=physical_din(state.target_v, "V"),
    )
    return Next(body, pause)


def current_demand(s: Conversation, response: din.CurrentDemandRes, now: datetime) -> Step:
    """On or out. Only the station can ask for a negotiation here: it costs a stop of power."""
    status = response.dc_evse_status
    volts, amperes = plain(response.evse_present_voltage), plain(response.evse_present_current)
    s.ev.offered(
        Offered(
            energy.limits_now(response),
            present_v=volts,
            present_a=amperes,
            present_w=volts * amperes,
            notice=energy.NOTICES[status.evse_notification],
            notice_s=status.notification_max_delay,
        )
    )
    notification = energy.asked_by(status)
    progress = energy.way_on(s, notification)
    if progress == "Stop" or (progress == "Renegotiate" and notification == "ReNegotiation"):
        return _power(s, on=False)
    return _loop(s, s.interval)


def welding_detection(s: Conversation, response: din.WeldingDetectionRes, now: datetime) -> Step:
    """Look a few times whether the voltage goes away."""
    if energy.looks_again(s, plain(response.evse_present_voltage)):
        return Next(din.WeldingDetectionReq(dc_ev_status=dc_status(s)), s.interval)
    return s.stop()


def session_stop(s: Conversation, response: din.SessionStopRes, now: datetime) -> Step:
    """The end: there is no pause here."""
    s.chosen.stopping = "Terminate"
    return s.stopped()
