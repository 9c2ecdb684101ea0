"""SessionStop: the end, a pause, or the choice of other services."""

from __future__ import annotations

from datetime import datetime

from pilotwire.iso15118.charging import Ending, SessionEnd
from pilotwire.iso15118.iso20.common_messages import SessionStopReq, SessionStopRes
from pilotwire.iso15118.secc.iso20 import states
from pilotwire.iso15118.secc.iso20.plan import Plan
from pilotwire.iso15118.secc.iso20.setup import pause
from pilotwire.iso15118.secc.iso20.talk import Answer, Metering, Outcome, Refusal, Talk


def session_stop(s: Talk, request: SessionStopReq, now: datetime) -> Outcome:
    """It may come in any state."""
    match request.charging_session:
        case "Pause":
            return _pause(s, request, now)
        case "ServiceRenegotiation":
            return _other_services(s, now)
        case "Terminate":
            return _answer(s, now, SessionEnd(Ending.TERMINATED, _why(request)))


def _why(request: SessionStopReq) -> str:
    return ": ".join(each for each in (request.ev_termination_code, request.ev_termination_explanation) if each)


def _pause(s: Talk, request: SessionStopReq, now: datetime) -> Outcome:
    """Once power is off, or before it is on if the station asked for it (GoToPause)."""
    ready = s.state == states.STOPPED or s.plan.go_to_pause
    if not s.offer.pause or not ready:
        why = "the session cannot be paused here" if not s.offer.pause else "power is to be off before a pause"
        s.find(f"SessionStopReq: {why}.")
        return Refusal("FAILED_PauseNotAllowed", why)
    pause(s)
    return _answer(s, now, SessionEnd(Ending.PAUSED, _why(request)))


def _other_services(s: Talk, now: datetime) -> Outcome:
    """The session goes on with ServiceDiscovery: who pays is known."""
    supported = s.evse.offer().renegotiation
    if not supported or s.state != states.STOPPED:
        why = "services cannot be chosen anew here" if not supported else "power is to be off before"
        s.find(f"SessionStopReq asks for service renegotiation: {why}.")
        return Refusal("FAILED_NoServiceRenegotiationSupported", why)
    s.chosen, s.limits, s.plan, s.metering = None, None, Plan(), Metering()
    response = SessionStopRes(header=s.header(now), response_code="OK")
    return Answer(response, states.SERVICE_DISCOVERY)


def _answer(s: Talk, now: datetime, end: SessionEnd) -> Answer:
    return Answer(SessionStopRes(header=s.header(now), response_code="OK"), s.state, end)
