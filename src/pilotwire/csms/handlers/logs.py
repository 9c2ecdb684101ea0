"""How far uploads of logs are (N01; 1.6:4.4)."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.logs import (
    LOGS,
    NOTIFICATIONS,
    LogRequest,
    ReportedStatus,
    StatusNotification,
    key_of,
    newest_open,
    reported,
)
from pilotwire.csms.store.ports import Operation, Page
from pilotwire.domain.diagnostics import LogUploadReported, UploadStatus
from pilotwire.domain.kinds import Noted

_LOOKED_AT = Page(limit=100)
"""Of so many requests, the newest, one is taken that a status without an id is about."""


async def status(desk: Desk, station: str, fact: LogUploadReported, message_id: str) -> Noted:
    """Keep it with the request it is about: the one it names, else the newest that is open.

    Idle is about none: a station says it when it is asked and uploads nothing (1.6:4.4). A request that was not made here (by
    pass-through, or before a database was lost) is put on record by what is told of it.
    """
    number = await _meant(desk, station, fact)
    at = desk.clock.now()
    notification = StatusNotification(
        status=fact.status,
        request_id=fact.request_id,
        taken_for=number,
        with_security_extension=fact.with_security_extension,
        reason_code=fact.reason_code,
        info=fact.info,
    )
    operations: list[Operation] = [NOTIFICATIONS.keep(station, at, notification)]
    if number is not None:
        told = ReportedStatus(status=fact.status, at=at, reason_code=fact.reason_code, info=fact.info)

        def with_status(request: LogRequest | None) -> LogRequest:
            return reported(request or LogRequest(station=station, request_id=number), told)

        operations.append(LOGS.amend(station, key_of(number), with_status))
    await desk.journal.append(*operations)
    return Noted()


async def _meant(desk: Desk, station: str, fact: LogUploadReported) -> int | None:
    if fact.status is UploadStatus.IDLE:
        return None
    if fact.request_id is not None and fact.request_id >= 0:
        return fact.request_id
    found = newest_open(await desk.store.records(LOGS, station, _LOOKED_AT))
    return None if found is None else found.request_id
