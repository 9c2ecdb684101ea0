"""PowerDelivery: into the charge loop, on with it, to new schedules, or out."""

from __future__ import annotations

from datetime import datetime

from pilotwire.iso15118.charging import Pending
from pilotwire.iso15118.evcc.conversation import Hold
from pilotwire.iso15118.evcc.iso20 import direct_current, loop, scheduling
from pilotwire.iso15118.evcc.iso20.starting import start
from pilotwire.iso15118.evcc.iso20.stopping import stop
from pilotwire.iso15118.evcc.iso20.talk import Step, Talk
from pilotwire.iso15118.iso20.common_messages import PowerDeliveryReq, PowerDeliveryRes
from pilotwire.iso15118.timing import ISO20


def power_delivery(s: Talk, response: PowerDeliveryRes, now: datetime) -> Step:
    """By what was asked for."""
    asked = s.message
    assert isinstance(asked, PowerDeliveryReq)
    code = response.response_code
    if code.startswith("WARNING"):
        s.remark(f"The station warned: {code}.")
    match asked.charge_progress:
        case "Stop":
            return _stopped(s, now)
        case "Standby":
            s.charging.standby = code != "WARNING_StandbyNotAllowed"
            s.charging.stay = not s.charging.standby
            return loop.further(s, response.evse_status, now)
        case "ScheduleRenegotiation" if asked.ev_power_profile is None and not s.options.side_streams:
            return scheduling.request(s, now)
        case "Start" if asked.ev_processing != "Finished":
            return s.repeat("power", start(s, now), ISO20.ev_sequence_performance, now)
    s.done("power")
    return _started(s, response, now)


def _started(s: Talk, response: PowerDeliveryRes, now: datetime) -> Step:
    charging = s.charging
    charging.on, charging.standby, charging.exchanging = True, False, False
    return loop.further(s, response.evse_status, now, pause=0.0)


def _stopped(s: Talk, now: datetime) -> Step:
    """The contactors open; DC then looks whether they really did."""
    opened = s.ev.contactor(False)
    if isinstance(opened, Pending):
        return Hold()
    if opened is False:
        s.remark("The vehicle's contactors do not open.")
    s.charging.on = s.charging.standby = s.charging.exchanging = False
    return direct_current.welding_request(s, "Ongoing", now) if s.dc else stop(s, now)
