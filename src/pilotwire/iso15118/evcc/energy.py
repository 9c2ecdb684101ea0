"""What a vehicle decides about energy alike in DIN SPEC 70121 and ISO 15118-2, whatever their messages are called."""

from __future__ import annotations

from typing import Final, get_args

from pilotwire.iso15118 import din, iso2
from pilotwire.iso15118.charging import DcLimits, Notice, Pending
from pilotwire.iso15118.evcc.conversation import Conversation
from pilotwire.iso15118.evcc.ports import EvState, Offered
from pilotwire.iso15118.quantities import plain

MOST_STEPS: Final = 24
"""Of a charging profile."""
PRECHARGE_A: Final = 2.0
"""The highest current of precharging (IEC 61851-23)."""
NOTICES: Final[dict[iso2.EVSENotification, Notice]] = {
    "None": Notice.NONE,
    "StopCharging": Notice.STOP,
    "ReNegotiation": Notice.RENEGOTIATE,
}
_ERRORS: Final[dict[str, iso2.DC_EVErrorCode]] = {one: one for one in get_args(iso2.DC_EVErrorCode)}
_CLOSE_V: Final = 20.0
"""How near the station's voltage must be to the battery's before the vehicle closes its contactors (IEC 61851-23, CC.5)."""
_SAFE_V: Final = 60.0
"""Below this voltage the vehicle may be unplugged (IEC 61851-23)."""
_MOST_LOOKS: Final = 10
"""How often the vehicle looks for welded contactors before it goes on."""
_SHUT: Final = frozenset({"EVSE_Shutdown", "EVSE_EmergencyShutdown", "EVSE_Malfunction", "EVSE_UtilityInterruptEvent"})


def error_code(state: EvState) -> iso2.DC_EVErrorCode:
    """The vehicle's error in the words of both protocols; what they have no word for is NoData."""
    return _ERRORS.get(state.error, "NoData") if state.error else "NO_ERROR"


def asked_by(status: iso2.DC_EVSEStatus | din.DC_EVSEStatus) -> iso2.EVSENotification:
    """What a DC station asks for; one that has shut down asks for the end."""
    return "StopCharging" if status.evse_status_code in _SHUT else status.evse_notification


def shut_words(status: iso2.DC_EVSEStatus | din.DC_EVSEStatus) -> str:
    """Why charging cannot begin; "": it can."""
    if asked_by(status) != "StopCharging":
        return ""
    return f"The station does not want to charge: {status.evse_status_code}, {status.evse_notification}."


def limits_of(parameter: iso2.DC_EVSEChargeParameter | din.DC_EVSEChargeParameter) -> Offered:
    """The limits of a DC station, as it told them with the charge parameters."""
    volts, amperes = plain(parameter.evse_maximum_voltage_limit), plain(parameter.evse_maximum_current_limit)
    watts = parameter.evse_maximum_power_limit
    return Offered(
        DcLimits(
            max_v=volts,
            min_v=plain(parameter.evse_minimum_voltage_limit),
            max_a=amperes,
            min_a=plain(parameter.evse_minimum_current_limit),
            max_w=volts * amperes if watts is None else plain(watts),
            ripple_a=plain(parameter.evse_peak_current_ripple),
        )
    )


def limits_now(response: iso2.CurrentDemandRes | din.CurrentDemandRes) -> DcLimits | None:
    """The limits of a DC station while it charges, if it tells all of them."""
    volts, amperes = response.evse_maximum_voltage_limit, response.evse_maximum_current_limit
    watts = response.evse_maximum_power_limit
    if volts is None or amperes is None or watts is None:
        return None
    return DcLimits(max_v=plain(volts), max_a=plain(amperes), max_w=plain(watts))


def precharged(s: Conversation, present_v: float) -> bool | Pending | None:
    """Close the vehicle's contactors once the voltage fits. None: it does not yet; False: they do not close."""
    s.ev.offered(Offered(present_v=present_v))
    if abs(present_v - s.ev.state().target_v) > _CLOSE_V:
        return None
    closed: bool | Pending = s.ev.contactor(True)
    return closed


def opened(s: Conversation) -> bool:
    """Open the vehicle's contactors; False: not yet."""
    moved = s.ev.contactor(False)
    if isinstance(moved, Pending):
        return False
    if not moved:
        s.find("The vehicle's contactors do not open.")
    s.chosen.facts["charging"] = False
    return True


def looks_again(s: Conversation, present_v: float) -> bool:
    """Whether welded contactors are to be looked for once more: a few times, until the voltage is gone."""
    looks = s.chosen.facts["looks"] = s.chosen.facts.get("looks", 0) + 1
    s.ev.offered(Offered(present_v=present_v))
    if present_v > _SAFE_V and looks < _MOST_LOOKS:
        return True
    if present_v > _SAFE_V:
        s.find(f"The station still shows {present_v:g} V after the contactors opened.")
    return False


def way_on(s: Conversation, notification: iso2.EVSENotification) -> iso2.ChargeProgress | None:
    """After a message of the charge loop: stop, negotiate anew, or (None) go on."""
    state: EvState = s.ev.state()
    if notification == "StopCharging" or state.enough or state.error or state.pause:
        s.chosen.stopping = "Pause" if state.pause and notification != "StopCharging" else "Terminate"
        return "Stop"
    return "Renegotiate" if notification == "ReNegotiation" or state.renegotiate else None
