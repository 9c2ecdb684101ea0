"""SessionStop: over, paused, or back to the choice of services."""

from __future__ import annotations

from datetime import datetime

from pilotwire.iso15118.charging import Ending, Identification, Paused, SessionEnd
from pilotwire.iso15118.evcc.conversation import Over
from pilotwire.iso15118.evcc.iso20 import services
from pilotwire.iso15118.evcc.iso20.authorization import emaid_of
from pilotwire.iso15118.evcc.iso20.talk import Charging, Step, Talk
from pilotwire.iso15118.iso20.common_messages import SessionStopReq, SessionStopRes


def session_stop(s: Talk, response: SessionStopRes, now: datetime) -> Step:
    """By what was asked for."""
    asked = s.message
    assert isinstance(asked, SessionStopReq)
    if asked.charging_session == "ServiceRenegotiation":
        s.stopping, s.charging, s.station = "", Charging(), None
        return services.discover(s, now)
    if asked.charging_session == "Pause":
        _keep(s)
        return Over(SessionEnd(Ending.PAUSED))
    return Over(SessionEnd(Ending.FAILED, s.why) if s.why else SessionEnd(Ending.TERMINATED))


def _keep(s: Talk) -> None:
    """What was agreed on, for the way back."""
    facts: dict[str, object] = {
        "mobility": s.chosen.mobility,
        "pricing": s.chosen.pricing,
        "phases": s.chosen.phases,
        "channel": s.chosen.channel,
        "renegotiable": s.choosing.renegotiable,
    }
    if s.contract is not None and s.identification is Identification.PNC:
        facts["emaid"] = emaid_of(s.contract)
    schedule = s.charging.schedule
    s.kept.keep(
        Paused(
            session_id=s.session_id,
            speaks=s.speaks,
            vehicle=s.ev.evcc_id_20.encode(),
            identification=s.identification,
            transfer=s.transfer,
            control=s.control,
            schedule_id=schedule.schedule_tuple_id if schedule else None,
            parameter_set=s.chosen.id,
            facts=facts,
        )
    )
