"""Does the backend accept this station? BootNotification with the station's card, and what the answer means."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from pilotwire.doctor.conversation.said import span, time_of, whole_at
from pilotwire.doctor.findings import Layer
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.docked import Docked, Reply
from pilotwire.doctor.rules import protocol as rules
from pilotwire.errors import PilotwireError

_BOOT: Final = "BootNotification"


class Line:
    """The connection that the boot opens and the conversation goes on with."""

    def __init__(self) -> None:
        self.docked: Docked | None = None

    async def leave(self) -> None:
        """Close it, if there is one."""
        docked, self.docked = self.docked, None
        if docked is not None:
            await docked.leave()


class Boot:
    """Connects as the station and boots. The connection stays open for the conversation, if the station was accepted."""

    question = "Does the backend accept this station?"
    layer = Layer.BOOT

    def __init__(self, line: Line) -> None:
        self._line = line

    async def look(self, patient: Patient) -> None:
        """Ask."""
        try:
            docked = await Docked.at(patient)
        except PilotwireError as error:
            patient.chart.find(
                rules.NOT_CONNECTED, f"There is no connection for messages: {error.what}", remedy=error.remedy
            )
            return
        self._line.docked = docked
        patient.chart.note(Layer.BOOT, "OCPP version", docked.version)
        accepted = False
        try:
            accepted = await _boot(docked) and not _blocked(patient)
        finally:
            if not accepted:
                await self._line.leave()


def _blocked(patient: Patient) -> bool:
    """Whether something below the conversation was found meanwhile: then nobody goes on with the connection."""
    blocked = patient.chart.blocked_at()
    return blocked is not None and blocked < Layer.CONVERSATION


async def _boot(docked: Docked) -> bool:
    """Boot, and wait out what is pending; says whether the station is accepted."""
    patience = docked.patient.patience
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while True:
        reply = await docked.call(_BOOT, docked.usual(_BOOT))
        status = _told(docked, reply)
        if status != "Pending":
            return status == "Accepted"
        interval = whole_at(reply.payload, "interval") or 0
        left = until - loop.time()
        if left <= 0:
            return False
        seconds = min(interval, left) if interval > 0 else left
        triggered = await docked.stay(seconds, until_wanted=_BOOT)
        if docked.over or not (triggered or (interval > 0 and loop.time() < until)):
            return False


def _told(docked: Docked, reply: Reply) -> str:
    """Note the answer; its status, "" without one."""
    chart = docked.patient.chart
    if reply.kind == "silence":
        return ""  # told by the judge
    if reply.kind == "closed":
        what = f"The backend closes the connection ({reply.why}) instead of answering BootNotification."
        chart.find(rules.BOOT_CLOSED, what)
        return ""
    if reply.kind == "error":
        return ""
    status = str(reply.payload.get("status", ""))
    interval = whole_at(reply.payload, "interval")
    told = f"{status or 'no status'}, interval {interval} s, answered in {reply.milliseconds}"
    chart.note(Layer.BOOT, _BOOT, told)
    _clock(docked, reply, docked.patient.clock.now())
    if status and status not in ("Accepted", "Pending", "Rejected") and status.capitalize() == "Accepted":
        return "Accepted"  # told as a breach; what follows can be asked all the same
    return status


def _clock(docked: Docked, reply: Reply, now: datetime) -> None:
    moment = time_of(reply.payload.get("currentTime"))
    if moment is not None:
        ahead = (moment - now).total_seconds()
        docked.patient.chart.note(Layer.BOOT, "clock of the backend against ours", _signed(ahead))


def _signed(seconds: float) -> str:
    return f"{seconds:+.1f} s" if abs(seconds) < 120 else f"{span(seconds)} {'ahead' if seconds > 0 else 'behind'}"
