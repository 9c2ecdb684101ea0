"""Power, the charge loops, and the way out of them (ISO 15118-2, 8.4.4 and 8.4.5)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import AcLimits, Meter
from pilotwire.iso15118.evcc import energy
from pilotwire.iso15118.evcc.conversation import Conversation, Hold, Next, Step
from pilotwire.iso15118.evcc.iso2 import parameters
from pilotwire.iso15118.evcc.ports import Offered
from pilotwire.iso15118.quantities import physical, plain

_LATEST: Final = 253_402_300_800
"""The first second of the year 10000: a meter that tells a later time has none."""


def power_delivery(s: Conversation, response: iso2.PowerDeliveryRes, now: datetime) -> Step:
    """Into the loop, back to the parameters, or out."""
    progress = s.chosen.facts["progress"]
    if progress == "Start":
        s.chosen.facts["charging"] = True
        return _loop(s, 0.0)
    if progress == "Renegotiate":
        return Next(parameters.request(s))
    if not energy.opened(s):
        return Hold()
    if s.chosen.transfer.dc:
        return Next(iso2.WeldingDetectionReq(dc_ev_status=parameters.dc_status(s)))
    return s.stop()


def _loop(s: Conversation, pause: float) -> Next:
    """The next message of the loop."""
    if not s.chosen.transfer.dc:
        return Next(iso2.ChargingStatusReq(), pause)
    state = s.ev.state()
    full, bulk = state.seconds_to_full, state.seconds_to_bulk
    body = iso2.CurrentDemandReq(
        dc_ev_status=parameters.dc_status(s),
        ev_target_current=physical(state.target_a, "A"),
        bulk_charging_complete=state.bulk_complete,
        charging_complete=state.enough,
        remaining_time_to_full_soc=None if full is None else physical(full, "s"),
        remaining_time_to_bulk_soc=None if bulk is None else physical(bulk, "s"),
        ev_target_voltage=physical(state.target_v, "V"),
    )
    return Next(body, pause)


def charging_status(s: Conversation, response: iso2.ChargingStatusRes, now: datetime) -> Step:
    """The AC loop."""
    status = response.ac_evse_status
    s.ev.offered(
        Offered(
            AcLimits(max_a=plain(response.evse_max_current)) if response.evse_max_current else None,
            meter=_meter(response.meter_info),
            notice=energy.NOTICES[status.evse_notification],
            notice_s=status.notification_max_delay,
        )
    )
    if response.receipt_required and response.meter_info is not None:
        return _receipt(s, response.meter_info, status.evse_notification)
    return _further(s, status.evse_notification)


def current_demand(s: Conversation, response: iso2.CurrentDemandRes, now: datetime) -> Step:
    """The DC loop."""
    status = response.dc_evse_status
    volts, amperes = plain(response.evse_present_voltage), plain(response.evse_present_current)
    s.ev.offered(
        Offered(
            energy.limits_now(response),
            present_v=volts,
            present_a=amperes,
            present_w=volts * amperes,
            meter=_meter(response.meter_info),
            notice=energy.NOTICES[status.evse_notification],
            notice_s=status.notification_max_delay,
        )
    )
    notification = energy.asked_by(status)
    if response.receipt_required and response.meter_info is not None:
        return _receipt(s, response.meter_info, notification)
    return _further(s, notification)


def _meter(info: iso2.MeterInfo | None) -> Meter | None:
    if info is None or info.meter_reading is None:
        return None
    since_1970 = info.t_meter or 0
    at = datetime.fromtimestamp(since_1970 if 0 <= since_1970 < _LATEST else 0, UTC)
    return Meter(info.meter_id, info.meter_reading, at, info.sig_meter_reading or b"")


def _receipt(s: Conversation, info: iso2.MeterInfo, notification: iso2.EVSENotification) -> Next:
    """Sign what was metered ([V2G2-902]): the same MeterInfo, and the session."""
    s.chosen.facts["after receipt"] = notification
    body = iso2.MeteringReceiptReq(
        id="ID1", session_id=s.session_id, sa_schedule_tuple_id=s.chosen.schedule_id, meter_info=info
    )
    return Next(body, signer=s.chosen.contract)


def metering_receipt(s: Conversation, response: iso2.MeteringReceiptRes, now: datetime) -> Step:
    """Back into the loop, minding what the station had asked for before."""
    said: iso2.EVSENotification = s.chosen.facts.pop("after receipt", "None")
    return _further(s, said if said != "None" else response.evse_status.evse_notification)


def _further(s: Conversation, notification: iso2.EVSENotification) -> Step:
    """On, out, or to be negotiated anew."""
    progress = energy.way_on(s, notification)
    return _loop(s, s.interval) if progress is None else parameters.power(s, progress)


def welding_detection(s: Conversation, response: iso2.WeldingDetectionRes, now: datetime) -> Step:
    """Look a few times whether the voltage goes away."""
    if energy.looks_again(s, plain(response.evse_present_voltage)):
        return Next(iso2.WeldingDetectionReq(dc_ev_status=parameters.dc_status(s)), s.interval)
    return s.stop()
