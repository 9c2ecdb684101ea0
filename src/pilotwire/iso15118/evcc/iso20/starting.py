"""Power on: once the vehicle is ready for it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.iso15118.charging import Pending
from pilotwire.iso15118.evcc.iso20.delivering import deliver
from pilotwire.iso15118.evcc.iso20.stopping import give_up
from pilotwire.iso15118.evcc.iso20.talk import Next, Talk

CLOSED_NOT: Final = "The vehicle's contactors do not close."


def start(s: Talk, now: datetime) -> Next:
    """PowerDeliveryReq. An AC vehicle that is not ready yet says so, and comes again; DC closed its contactors at PreCharge."""
    if s.dc or s.charging.on:
        return deliver(s, "Start", now)
    closed = s.ev.contactor(True)
    if isinstance(closed, Pending):
        return deliver(s, "Start", now, processing="Ongoing")
    return deliver(s, "Start", now) if closed else give_up(s, CLOSED_NOT, now, finding=False)
