"""SessionStopReq: how the vehicle ends a session, pauses it, or goes back to the choice of services."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from pilotwire.iso15118.evcc.iso20.delivering import deliver
from pilotwire.iso15118.evcc.iso20.talk import Next, Talk
from pilotwire.iso15118.iso20.common_messages import ChargingSession, SessionStopReq

_CODE, _EXPLANATION = 80, 160


def stop(s: Talk, now: datetime) -> Next:
    """End as was decided before; why, the station is told where there is a reason."""
    code = s.ev.state().error
    return Next(
        SessionStopReq(
            header=s.header(now),
            charging_session=cast(ChargingSession, s.stopping or "Terminate"),
            ev_termination_code=_text(code, _CODE),
            ev_termination_explanation=_text(s.why, _EXPLANATION),
        )
    )


def give_up(s: Talk, why: str, now: datetime, *, finding: bool = True) -> Next:
    """End a session that cannot go on; power goes off first where it is on. `finding`: the station's fault."""
    (s.find if finding else s.remark)(why)
    s.why, s.stopping = why, "Terminate"
    return deliver(s, "Stop", now) if s.charging.on else stop(s, now)


def _text(text: str, most: int) -> str | None:
    """In ASCII: many stations read nothing else."""
    return text.encode("ascii", "replace").decode()[:most] or None
