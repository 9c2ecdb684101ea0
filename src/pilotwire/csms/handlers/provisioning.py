"""Boot and heartbeat (functional block B, G02), and who may speak before being accepted (B01 to B03; 1.6:4.2)."""

from __future__ import annotations

from pilotwire.csms.handlers.boot_policy import adjusted, is_held
from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.station_conditions import CONDITIONS, StationConditions
from pilotwire.csms.store.ports import RecordBoot, RecordConnection, Station
from pilotwire.domain.findings import Severity
from pilotwire.domain.kinds import changed
from pilotwire.domain.provisioning import (
    BootVerdict,
    Heartbeat,
    HeartbeatVerdict,
    RegistrationStatus,
    StationBooted,
    judge_boot,
)


async def booted(desk: Desk, station: str, fact: StationBooted, message_id: str) -> BootVerdict:
    """Record the boot, then decide (B01.FR.02): an answer the operator has laid ready is given, once; else the registration on record
    holds, else the policy for unknown stations."""
    reason = None if fact.reason is None else fact.reason.value
    boot = RecordBoot(station=station, identity=fact.station, reason=reason, at=desk.clock.now())
    _, taken = await desk.journal.append(boot, CONDITIONS.amend(station, "", _one_answer_less))
    ready = () if taken.before is None else taken.before.boot_answers
    desk.known[station] = fact.station
    record = await desk.store.station(station)
    verdict = _judge(desk, record, ready[0]) if ready else await adjusted(desk, record, _judge(desk, record))
    desk.told[station] = verdict.status
    return verdict


async def heartbeat(desk: Desk, station: str, fact: Heartbeat, message_id: str) -> HeartbeatVerdict:
    """Tell the time (G02.FR.03); that the station is alive is noted (G02.FR.04), and the answer does not wait for that."""
    now = desk.clock.now()
    desk.journal.note(RecordConnection(station=station, connected=True, at=now))
    return HeartbeatVerdict(now=now)


async def welcome(desk: Desk, station: str) -> RegistrationStatus | None:
    """A station has connected: recall what it was told when it booted.

    A station need not boot again when only its connection was lost. One that has booted before keeps the standing the record and the
    policy give it now; one that never did has none (None) and must boot first.
    """
    record = await desk.store.station(station)
    if record is not None and record.identity is not None:
        desk.known[station] = record.identity
    has_booted = record is not None and record.last_boot_at is not None
    standing = _judge(desk, record).status if has_booted else None
    if standing is RegistrationStatus.ACCEPTED and record is not None and await is_held(desk, record):
        standing = RegistrationStatus.PENDING
    desk.told[station] = standing
    return standing


def refusal(desk: Desk, station: str, *, boots: bool, asked_for: bool, message_id: str, action: str = "") -> str | None:
    """Why a station may not say something now, or None if it may; a refusal is kept as a finding.

    An accepted station may say everything. Before that it may boot (`boots`), and while it is pending it may send what this CSMS asked
    for (`asked_for`: B02.FR.02, B02.FR.09); anything else is answered with SecurityError (B01.FR.10, B02.FR.09, B03.FR.07). 1.6 forbids
    the same messages (1.6:4.2) without naming the error.
    """
    standing = desk.told.get(station)
    if standing is RegistrationStatus.ACCEPTED or boots:
        return None
    if asked_for and standing is not RegistrationStatus.REJECTED:
        return None
    what = _NOT_YET[standing]
    desk.note(station, "provisioning:not-accepted", Severity.BREACH, what, message_id, action=action)
    return what


_NOT_YET = {
    None: "this station has never sent a BootNotification here: it must do so before anything else",
    RegistrationStatus.PENDING: "this station is pending: until it is accepted it may send a BootNotification and what it is asked for",
    RegistrationStatus.REJECTED: "this station was rejected: until it is accepted it may send nothing but a BootNotification",
}


def _one_answer_less(kept: StationConditions | None) -> StationConditions | None:
    return None if kept is None else changed(kept, boot_answers=kept.boot_answers[1:])


def _judge(desk: Desk, record: Station | None, answer: RegistrationStatus | None = None) -> BootVerdict:
    policy = desk.policy
    registered = None if record is None else record.registration
    return judge_boot(
        registered if answer is None else answer,
        policy.unknown_stations,
        desk.clock.now(),
        heartbeat_interval=policy.heartbeat_interval,
        retry_interval=policy.retry_interval,
    )
