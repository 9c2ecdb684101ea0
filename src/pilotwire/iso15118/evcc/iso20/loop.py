"""The charge loop of AC and DC: what the station offers at every moment, and what the vehicle does next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from pilotwire.iso15118.charging import Control, Identification, Meter, Notice, Transfer
from pilotwire.iso15118.evcc.iso20 import delivering, loop_modes, metering, scheduling
from pilotwire.iso15118.evcc.iso20.stopping import give_up
from pilotwire.iso15118.evcc.iso20.talk import Next, Step, Talk
from pilotwire.iso15118.evcc.ports import Offered
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20.common_messages import MeteringConfirmationRes
from pilotwire.iso15118.iso20.common_types import (
    ChargeLoopRes,
    CLResControlMode,
    Dynamic_CLResControlMode,
    EvseNotification,
    EVSEStatus,
    MeterInfo,
)
from pilotwire.iso15118.limits import dc_of, phases_of, read_dc_now, total
from pilotwire.iso15118.quantities import plain

_LATEST: Final = 253_402_300_800
"""The first second of the year 10000: a meter that tells a later time has none."""
NOTICES: Final[dict[EvseNotification, Notice]] = {
    "Terminate": Notice.STOP,
    "ScheduleRenegotiation": Notice.RENEGOTIATE,
    "Pause": Notice.PAUSE,
    "ExitStandby": Notice.EXIT_STANDBY,
    "ServiceRenegotiation": Notice.SERVICE_RENEGOTIATION,
    "MeteringConfirmation": Notice.METERING_CONFIRMATION,
}
WANTED: Final[dict[tuple[Transfer, Control], type[CLResControlMode]]] = {
    (Transfer.AC, Control.SCHEDULED): ac.Scheduled_AC_CLResControlMode,
    (Transfer.AC, Control.DYNAMIC): ac.Dynamic_AC_CLResControlMode,
    (Transfer.AC_BPT, Control.SCHEDULED): ac.BPT_Scheduled_AC_CLResControlMode,
    (Transfer.AC_BPT, Control.DYNAMIC): ac.BPT_Dynamic_AC_CLResControlMode,
    (Transfer.DC, Control.SCHEDULED): dc.Scheduled_DC_CLResControlMode,
    (Transfer.DC, Control.DYNAMIC): dc.Dynamic_DC_CLResControlMode,
    (Transfer.DC_BPT, Control.SCHEDULED): dc.BPT_Scheduled_DC_CLResControlMode,
    (Transfer.DC_BPT, Control.DYNAMIC): dc.BPT_Dynamic_DC_CLResControlMode,
}
"""Which element the service and the control mode that were chosen want in the station's loop messages."""


def ac_loop(s: Talk, response: ac.AC_ChargeLoopRes, now: datetime) -> Step:
    """AC: powers."""
    mode = response.cl_res_control_mode
    wrong = _wrong_mode(s, mode, now)
    if wrong:
        return wrong
    assert isinstance(mode, ac.Scheduled_AC_CLResControlMode | ac.Dynamic_AC_CLResControlMode)
    present, target = phases_of(mode, "evse_present_active_power"), phases_of(mode, "evse_target_active_power")
    offered = replace(_beside(s, response, mode), present_w=total(*present), target_w=total(*target))
    return _taken(s, response, offered, now)


def dc_loop(s: Talk, response: dc.DC_ChargeLoopRes, now: datetime) -> Step:
    """DC: voltage, current, and limits."""
    mode = response.cl_res_control_mode
    wrong = _wrong_mode(s, mode, now)
    if wrong or s.station is None:
        return wrong or give_up(s, "The charge loop began before the limits were told.", now)
    assert isinstance(mode, dc.Scheduled_DC_CLResControlMode | dc.Dynamic_DC_CLResControlMode)
    limits = s.station = read_dc_now(dc_of(s.station, "evse"), mode, "evse")
    volts, amperes = plain(response.evse_present_voltage), plain(response.evse_present_current)
    target = None
    if isinstance(mode, Dynamic_CLResControlMode):  # nothing to be taken and something to be given: the way back
        target = limits.max_w or -limits.max_discharge_w
    offered = replace(
        _beside(s, response, mode),
        limits=limits,
        present_v=volts,
        present_a=amperes,
        present_w=volts * amperes,
        target_w=target,
    )
    return _taken(s, response, offered, now)


def _wrong_mode(s: Talk, mode: CLResControlMode, now: datetime) -> Next | None:
    wanted = WANTED[s.transfer, s.control]
    if type(mode) is wanted:
        return None
    what = f"The station sent {mode.xsd.element}; {s.transfer} with {s.control} control wants {wanted.xsd.element}."
    return give_up(s, what, now)


def _beside(s: Talk, response: ChargeLoopRes, mode: CLResControlMode) -> Offered:
    """What AC and DC have in common."""
    status = response.evse_status
    offered = Offered(
        meter=_meter(response.meter_info),
        notice=NOTICES[status.evse_notification] if status else Notice.NONE,
        notice_s=status.notification_max_delay if status else 0,
        receipt=response.receipt,
    )
    return replace(offered, **scheduling.left_to_it(s, mode)) if isinstance(mode, Dynamic_CLResControlMode) else offered


def _meter(info: MeterInfo | None) -> Meter | None:
    if info is None:
        return None
    told = info.meter_timestamp or 0
    return Meter(
        id=info.meter_id,
        energy_wh=info.charged_energy_reading_wh,
        at=datetime.fromtimestamp(told if told < _LATEST else 0, UTC),
        signature=info.meter_signature or b"",
        discharged_wh=info.bpt_discharged_energy_reading_wh or 0,
    )


# --- what next -----------------------------------------------------------------------------------------------------------------------


def _taken(s: Talk, response: ChargeLoopRes, offered: Offered, now: datetime) -> Step:
    """Confirm the meter if that is wanted; else go on."""
    s.ev.offered(offered)
    if response.response_code == "WARNING_EVPowerProfileViolation":
        s.remark("The station says that the vehicle does not keep to its own plan.")
    elif response.response_code.startswith("WARNING"):
        s.remark(f"The station warned: {response.response_code}.")
    status, charging = response.evse_status, s.charging
    asked = status is not None and status.evse_notification == "MeteringConfirmation"
    if not asked and not charging.confirm:
        return further(s, status, now)
    if s.contract is None:
        _cannot_confirm(s)
        return further(s, None, now)
    charging.confirm = response.meter_info is None
    if response.meter_info is None:
        return further(s, None if asked else status, now)
    return metering.request(s, response.meter_info, response.receipt, now)


def _cannot_confirm(s: Talk) -> None:
    if s.identification is Identification.PNC:
        s.remark("The meter cannot be confirmed: the vehicle has lost the contract of the session that it joined.")
    else:
        s.find("The station wants the meter confirmed, and the vehicle was authorized without a contract.")


def metering_confirmation(s: Talk, response: MeteringConfirmationRes, now: datetime) -> Step:
    """Back into the loop."""
    return further(s, None, now)


def further(s: Talk, status: EVSEStatus | None, now: datetime, *, pause: float | None = None) -> Step:
    """Out of the loop, to new schedules, into standby or out of it, or on: by the station's notification and the vehicle's will."""
    said, state, charging = status.evse_notification if status else None, s.ev.state(), s.charging
    ending = _ending(s, said)
    if ending:
        s.stopping = ending
        return delivering.deliver(s, "Stop", now)
    if charging.exchanging and s.options.side_streams:
        return scheduling.aside(s, now)
    if said == "ScheduleRenegotiation" or state.renegotiate:
        charging.exchanging = True
        if s.options.side_streams:
            return scheduling.aside(s, now)
        return delivering.deliver(s, "ScheduleRenegotiation", now)
    charging.stay = (charging.stay or said == "ExitStandby") and state.standby
    if charging.standby and (not state.standby or charging.stay):
        return delivering.deliver(s, "Start", now)
    if state.standby and not charging.standby and not charging.stay:
        return delivering.deliver(s, "Standby", now)
    return loop_modes.request(s, now, pause)


def _ending(s: Talk, said: EvseNotification | None) -> str:
    """How the charging ends now, "" if it does not. The station's word comes first."""
    state = s.ev.state()
    if said == "Terminate" or state.error:
        return "Terminate"
    if said == "Pause" or state.pause:
        return "Pause"
    if state.enough:
        return "Terminate"
    if said == "ServiceRenegotiation" and not s.choosing.renegotiable:
        s.find("The station asks for other services to be chosen, and said that it does not support that.")
    wanted = said == "ServiceRenegotiation" or state.other_services
    return "ServiceRenegotiation" if wanted and s.choosing.renegotiable else ""
