"""DER controls as reported, their alarms, their starts and stops (functional block R)."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.der_control import DER_ALARMS, DER_CONTROLS, DerAlarmRecord, DerControlRecord
from pilotwire.csms.store.ports import Amend, RecordConnection
from pilotwire.domain.der_control import DerAlarm, DerControlsReported, DerControlStarted
from pilotwire.domain.kinds import Noted, changed


async def report_part(desk: Desk, station: str, fact: DerControlsReported, message_id: str) -> Noted:
    """Keep the controls of a part and hand it to whoever waits for the report (R04)."""
    now = desk.clock.now()

    def put(control_id: str, **told: object) -> Amend:
        blank = DerControlRecord(station=station, control_id=control_id)
        return DER_CONTROLS.amend(station, control_id, lambda known: changed(known or blank, reported_at=now, **told))

    puts = [
        put(each.control.control_id, control=each.control, is_superseded=each.is_superseded) for each in fact.controls
    ]
    await desk.journal.append(RecordConnection(station=station, connected=True, at=now), *puts)
    desk.reports.put(station, fact, entries=len(puts))
    return Noted()


async def alarm(desk: Desk, station: str, fact: DerAlarm, message_id: str) -> Noted:
    """Keep an alarm, or the end of one (R05)."""
    record = DerAlarmRecord(
        control_type=fact.control_type,
        at=fact.at,
        fault=fact.fault,
        ended=fact.ended,
        extra_info=fact.extra_info,
    )
    now = desk.clock.now()
    await desk.journal.append(
        RecordConnection(station=station, connected=True, at=now),
        DER_ALARMS.keep(station, now, record, key=fact.control_type.value),
    )
    return Noted()


async def started(desk: Desk, station: str, fact: DerControlStarted, message_id: str) -> Noted:
    """Keep that a scheduled control started or stopped, and which stand back for it (R04.FR.20 to R04.FR.22)."""
    blank = DerControlRecord(station=station, control_id=fact.control_id)
    superseded = [
        DER_CONTROLS.amend(
            station, each, lambda known: None if known is None else changed(known, is_superseded=True, started=False)
        )
        for each in fact.superseded_ids
    ]
    await desk.journal.append(
        RecordConnection(station=station, connected=True, at=desk.clock.now()),
        *superseded,
        DER_CONTROLS.amend(
            station,
            fact.control_id,
            lambda known: changed(known or blank, started=fact.started, started_at=fact.at),
        ),
    )
    return Noted()
