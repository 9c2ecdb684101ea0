"""What only DC has: CableCheck, PreCharge and WeldingDetection."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.iso15118.charging import Pending
from pilotwire.iso15118.evcc.conversation import Hold
from pilotwire.iso15118.evcc.iso20.starting import CLOSED_NOT, start
from pilotwire.iso15118.evcc.iso20.stopping import give_up, stop
from pilotwire.iso15118.evcc.iso20.talk import Next, Step, Talk
from pilotwire.iso15118.evcc.ports import Offered
from pilotwire.iso15118.iso20 import dc
from pilotwire.iso15118.iso20.common_types import Processing
from pilotwire.iso15118.quantities import plain, rational
from pilotwire.iso15118.timing import ISO20

CLOSE_V: Final = 20.0
"""How near the station's voltage must be to the battery's before the vehicle closes its contactors (IEC 61851-23, CC.5)."""
SAFE_V: Final = 60.0
"""Below this voltage the vehicle may be unplugged (IEC 61851-23)."""
MOST_LOOKS: Final = 10
"""How often the vehicle looks for welded contactors before it goes on."""


def cable_check_request(s: Talk, now: datetime) -> Next:
    """Ask for the isolation to be checked."""
    return Next(dc.DC_CableCheckReq(header=s.header(now)))


def cable_check(s: Talk, response: dc.DC_CableCheckRes, now: datetime) -> Step:
    """Ask again while the station looks at the isolation."""
    if response.evse_processing != "Finished":
        return s.repeat("the cable check", cable_check_request(s, now), ISO20.ev_cable_check, now)
    s.done("the cable check")
    return _pre_charge(s, "Ongoing", now)


def _pre_charge(s: Talk, processing: Processing, now: datetime) -> Next:
    state = s.ev.state()
    return Next(
        dc.DC_PreChargeReq(
            header=s.header(now),
            ev_processing=processing,
            ev_present_voltage=rational(state.present_v),
            ev_target_voltage=rational(state.target_v),
        )
    )


def pre_charge(s: Talk, response: dc.DC_PreChargeRes, now: datetime) -> Step:
    """Close the contactors once the voltage fits; then say so (EVProcessing), then power on."""
    asked = s.message
    assert isinstance(asked, dc.DC_PreChargeReq)
    if asked.ev_processing == "Finished":
        return start(s, now)
    present = plain(response.evse_present_voltage)
    s.ev.offered(Offered(present_v=present))
    if abs(present - s.ev.state().target_v) > CLOSE_V:
        return s.repeat("precharge", _pre_charge(s, "Ongoing", now), ISO20.ev_pre_charge, now)
    closed = s.ev.contactor(True)
    if isinstance(closed, Pending):
        return Hold()
    s.done("precharge")
    if not closed:
        return give_up(s, CLOSED_NOT, now, finding=False)
    return _pre_charge(s, "Finished", now)


def welding_request(s: Talk, processing: Processing, now: datetime) -> Next:
    """Ask for the voltage that is still there with open contactors."""
    pause = s.options.interval if s.charging.looks else 0.0
    return Next(dc.DC_WeldingDetectionReq(header=s.header(now), ev_processing=processing), pause)


def welding_detection(s: Talk, response: dc.DC_WeldingDetectionRes, now: datetime) -> Step:
    """Look a few times whether the voltage goes away; say when that is over."""
    asked = s.message
    assert isinstance(asked, dc.DC_WeldingDetectionReq)
    if asked.ev_processing == "Finished":
        return stop(s, now)
    volts = plain(response.evse_present_voltage)
    s.charging.looks += 1
    s.ev.offered(Offered(present_v=volts))
    if volts > SAFE_V and s.charging.looks < MOST_LOOKS:
        return welding_request(s, "Ongoing", now)
    if volts > SAFE_V:
        s.find(f"The station still shows {volts:g} V after the contactors opened.")
    s.charging.looks = 0
    return welding_request(s, "Finished", now)
