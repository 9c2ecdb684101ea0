"""Statuses of firmware updates and of files published locally (functional block L): kept as they come, and judged."""

from __future__ import annotations

from datetime import datetime

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.firmware import (
    HIGHEST_ID,
    PUBLISHED,
    STATUSES,
    UPDATES,
    FirmwareUpdate,
    PublishedFirmware,
    ReportedStatus,
    Step,
    close,
    more,
    update_key,
)
from pilotwire.csms.store.ports import Operation, Page
from pilotwire.domain.findings import Severity
from pilotwire.domain.firmware import (
    ACCEPTING,
    ENDS,
    FirmwareStatus,
    FirmwareStatusReported,
    PublishFirmwareStatus,
    PublishFirmwareStatusReported,
    may_follow,
    may_publish,
)
from pilotwire.domain.kinds import Noted, changed

_ACTION = "FirmwareStatusNotification"
_PUBLISHING = "PublishFirmwareStatusNotification"
_RECENT = Page(limit=10)


async def reported(desk: Desk, station: str, fact: FirmwareStatusReported, message_id: str) -> Noted:
    """Keep the status and add it to its update (L01.FR.01); what the update cannot have come to is a finding."""
    now = desk.clock.now()
    update = await _meant(desk, station, fact, message_id)
    entry = ReportedStatus(status=fact.status.value, request_id=fact.request_id, detail=fact.detail)
    operations: list[Operation] = [STATUSES.keep(station, now, entry, key=_key(fact.request_id))]
    if update is not None:
        _judge(desk, update, fact, message_id)
        if fact.status is not FirmwareStatus.IDLE:
            operations += _stepped(update, fact, now)
    await desk.journal.append(*operations)
    return Noted()


def _key(request_id: int | None) -> str:
    return "" if request_id is None else str(request_id)


async def _meant(desk: Desk, station: str, fact: FirmwareStatusReported, message_id: str) -> FirmwareUpdate | None:
    """The update a status is of: the one it names (L01.FR.10), else the newest that has not ended, else the newest.

    An id nobody knows is no fault: the update may have been asked for by pass-through, or by the CSMS that was here before.
    """
    if fact.request_id is not None:
        inside = 0 <= fact.request_id <= HIGHEST_ID
        return await desk.store.record(UPDATES, station, update_key(fact.request_id)) if inside else None
    if fact.can_name and fact.status is not FirmwareStatus.IDLE:
        what = f"the status {fact.status} names no request id: only Idle may leave it out"
        desk.note(station, "L01.FR.20", Severity.BREACH, what, message_id, _ACTION)
    recent = await desk.store.records(UPDATES, station, _RECENT)
    return next((update for update in recent if update.ended_at is None), recent[0] if recent else None)


def _judge(desk: Desk, update: FirmwareUpdate, fact: FirmwareStatusReported, message_id: str) -> None:
    said = f"the update {update.request_id}"
    if update.answer is not None and update.answer not in ACCEPTING and fact.status is not FirmwareStatus.IDLE:
        what = f"{said} was answered with {update.answer}, and now comes to {fact.status}"
        desk.note(update.station, "firmware:refused-update", Severity.BREACH, what, message_id, _ACTION)
    if not may_follow(update.status, fact.status, signed=update.signed):
        kind = "signed" if update.signed else "unsigned"
        what = f"{said} ({kind}) cannot come to {fact.status} {_after(update.status)}"
        desk.note(update.station, "firmware:succession", Severity.BREACH, what, message_id, _ACTION)


def _after(before: FirmwareStatus | PublishFirmwareStatus | None) -> str:
    return "as its first status" if before is None else f"after {before}"


def _stepped(update: FirmwareUpdate, fact: FirmwareStatusReported, now: datetime) -> list[Operation]:
    step = Step(status=fact.status.value, at=now, detail=fact.detail)
    ends = fact.status in ENDS

    def change(there: FirmwareUpdate | None) -> FirmwareUpdate:
        known = there or update
        ended = known.ended_at or (now if ends else None)
        return changed(known, status=fact.status, steps=more(known.steps, step), ended_at=ended)

    made: list[Operation] = [UPDATES.amend(update.station, update_key(update.request_id), change)]
    return [*made, close(update.token, now)] if ends and update.token is not None else made


async def publishing(desk: Desk, station: str, fact: PublishFirmwareStatusReported, message_id: str) -> Noted:
    """Keep the status and add it to its file (L03.FR.01)."""
    now = desk.clock.now()
    entry = ReportedStatus(
        status=fact.status.value,
        request_id=fact.request_id,
        publishing=True,
        locations=fact.locations,
        detail=fact.detail,
    )
    operations: list[Operation] = [STATUSES.keep(station, now, entry, key=_key(fact.request_id))]
    known = await desk.store.records(PUBLISHED, station, Page(limit=1000))
    file = next((each for each in known if each.request_id == fact.request_id), None)
    if file is not None:
        _judge_publishing(desk, file, fact, message_id)
        if fact.status is not PublishFirmwareStatus.IDLE:
            operations.append(_published(file, fact, now))
    await desk.journal.append(*operations)
    return Noted()


def _judge_publishing(
    desk: Desk, file: PublishedFirmware, fact: PublishFirmwareStatusReported, message_id: str
) -> None:
    if not may_publish(file.status, fact.status):
        what = f"publishing {file.request_id} cannot come to {fact.status} {_after(file.status)}"
        desk.note(file.station, "firmware:succession", Severity.BREACH, what, message_id, _PUBLISHING)
    if fact.status is PublishFirmwareStatus.PUBLISHED and not fact.locations:
        what = "the file is published, but it is not said where"
        desk.note(file.station, "L03.FR.04", Severity.BREACH, what, message_id, _PUBLISHING)


def _published(file: PublishedFirmware, fact: PublishFirmwareStatusReported, now: datetime) -> Operation:
    step = Step(status=fact.status.value, at=now, detail=fact.detail)

    def change(there: PublishedFirmware | None) -> PublishedFirmware:
        known = there or file
        places = fact.locations or known.locations
        return changed(known, status=fact.status, locations=places, steps=more(known.steps, step))

    return PUBLISHED.amend(file.station, file.checksum, change)
