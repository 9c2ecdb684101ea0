"""Welding detection and the end of a session (ISO 15118-2, 8.4.3.10 and 8.4.5.5)."""

from __future__ import annotations

from datetime import datetime

from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import Ending, Paused, SessionEnd, Speaks
from pilotwire.iso15118.quantities import physical
from pilotwire.iso15118.secc.conversation import Answer, Conversation, Outcome
from pilotwire.iso15118.secc.iso2 import states
from pilotwire.iso15118.secc.iso2.parameters import dc_status
from pilotwire.iso15118.secc.ports import State


def welding_detection(s: Conversation, request: iso2.WeldingDetectionReq, now: datetime) -> Outcome:
    """The voltage at the EVSE, for the vehicle to see whether its contactors open; as often as it asks."""
    state: State = s.evse.state()
    body = iso2.WeldingDetectionRes(
        response_code="OK", dc_evse_status=dc_status(state), evse_present_voltage=physical(state.present_v, "V")
    )
    return Answer(body, states.DC_END)


def session_stop(s: Conversation, request: iso2.SessionStopReq, now: datetime) -> Outcome:
    """The end, or a pause: then the session is kept for the vehicle's return ([V2G2-741])."""
    s.evse.energize(False)
    body = iso2.SessionStopRes(response_code="OK")
    if request.charging_session == "Pause" and s.agreed.schedule_id and s.evse.offer().pause:
        s.paused.keep(
            Paused(
                s.session_id,
                Speaks.ISO2,
                s.agreed.vehicle,
                s.agreed.identification,
                s.agreed.transfer,
                schedule_id=s.agreed.schedule_id,
            )
        )
        return Answer(body, states.OVER, SessionEnd(Ending.PAUSED))
    return Answer(body, states.OVER, SessionEnd(Ending.TERMINATED))
