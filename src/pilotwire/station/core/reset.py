"""Reset of the station or of one EVSE (B11, B12)."""

from __future__ import annotations

from datetime import timedelta

from pilotwire.domain.provisioning import BootReason, Reset, ResetKind, ResetOutcome, ResetStatus
from pilotwire.domain.transactions import StoppedReason, TriggerReason
from pilotwire.station.core import resumption, security, transactions, transactions_unplaced
from pilotwire.station.core.actions import RestartStation, SetContactor, SetCurrentLimit
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.firmware_memory import FirmwareMemory, Phase
from pilotwire.station.core.station import PendingReset, Station
from pilotwire.station.core.transactions import Cause

_HARD = Cause(TriggerReason.RESET_COMMAND, StoppedReason.IMMEDIATE_RESET)
_SOFT = Cause(TriggerReason.RESET_COMMAND, StoppedReason.SOFT_RESET)
"""A reset on idle that does not wait for transactions to end but ends them: 1.6:5.14."""


def request(station: Station, command: Reset) -> ResetOutcome:
    """Promise a reset; `go_on` carries it out once the answer is on its way."""
    if not _may_reset(station, command):
        return ResetOutcome(status=ResetStatus.REJECTED)
    waits = command.kind is ResetKind.ON_IDLE and station.settings.on_idle_reset_waits
    if waits and _is_used(station, command.evse):
        station.reset = PendingReset(BootReason.SCHEDULED_RESET, command.evse)
        return ResetOutcome(status=ResetStatus.SCHEDULED)
    soft, resumes = command.kind is ResetKind.ON_IDLE, command.kind is ResetKind.RESUME
    station.reset = PendingReset(BootReason.REMOTE_RESET, command.evse, now=True, soft=soft, resumes=resumes)
    return ResetOutcome(status=ResetStatus.ACCEPTED)


def _may_reset(station: Station, command: Reset) -> bool:
    """A place that is there and may be reset on its own (EVSE.AllowReset), and no resuming where nothing is resumed (B13.FR.01).

    While firmware is being installed, nothing is (B11.FR.06, B12.FR.10).
    """
    update = station.kept(FirmwareMemory).update
    if update is not None and update.phase in (Phase.INSTALLING, Phase.ACTIVATING, Phase.CONNECTING):
        return False
    if command.kind is ResetKind.RESUME and resumption.timeout(station) <= timedelta(0):
        return False
    if command.evse is None:
        return True
    allowed = f"EVSE@{command.evse}.AllowReset"
    return command.evse in station.evses and (not station.variables.has(allowed) or station.variables.on(allowed))


def _scope(station: Station, evse: int | None) -> list[Evse]:
    return list(station.evses.values()) if evse is None else [station.evses[evse]]


def _is_used(station: Station, evse: int | None) -> bool:
    return station.busy if evse is None else station.evses[evse].busy


def go_on(station: Station) -> None:
    """Carry out a promised reset as far as it can be now (B12.FR.03, B12.FR.04, B13)."""
    pending = station.reset
    if pending is None or station.timers.restart is not None:
        return
    scope = _scope(station, pending.evse)
    if not pending.now and _is_used(station, pending.evse):
        return
    for evse in scope:
        _let_go(station, evse, pending)
    if pending.evse is not None:
        station.do(SetContactor(pending.evse, False), SetCurrentLimit(pending.evse, None))
        station.reset = None
        for evse in scope:
            resumption.resume_at(station, evse)
        return
    if pending.resumes:
        transactions_unplaced.tell(station, TriggerReason.RESET_COMMAND)
    else:
        cause = _SOFT if pending.soft else _HARD
        transactions_unplaced.end(station, cause.trigger, cause.reason)
    security.report(station, "ResetOrReboot", pending.reason)
    station.timers.restart = station.now + timedelta(seconds=station.settings.reset_wait_seconds)
    if pending.resumes:
        resumption.will_resume(station)


def _let_go(station: Station, evse: Evse, pending: PendingReset) -> None:
    """End the use of an EVSE; a transaction that is to be resumed stays, and says so (B13.FR.10).

    A driver who has no transaction yet has to come again.
    """
    if evse.tx is not None and pending.resumes:
        resumption.interrupt(station, evse, TriggerReason.RESET_COMMAND)
        return
    if evse.tx is not None:
        transactions.end(station, evse, _SOFT if pending.soft else _HARD)
    evse.grant, evse.withheld, evse.held_for = None, False, None
    evse.settled = evse.points


def restart_if_due(station: Station) -> None:
    """Restart when all is told or cannot be told, or the wait is over; what is left is told afterwards (B12.FR.05)."""
    due = station.timers.restart
    if due is None or station.reset is None or station.ended:
        return
    told = not len(station.outbox) or not station.online
    moved = not any(evse.contactor or evse.unlocks for evse in station.evses.values())
    if station.now >= due or (told and moved):
        station.next_boot_reason = station.reset.reason
        station.ended = True
        station.do(RestartStation(station.reset.reason))
