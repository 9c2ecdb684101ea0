"""Asking stations for their logs (N01; 1.6:5.9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pilotwire.csms.commands.bus import AnswerUnusable, CommandRefused, CommandTimedOut
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.registers.logs import (
    KEYS,
    LOGS,
    NOTIFICATIONS,
    LogRequest,
    UploadKey,
    answered,
    is_open,
    key_of,
    was_answered_with_extension,
)
from pilotwire.csms.store.ports import Journal, Operation, Page, Store
from pilotwire.domain.diagnostics import GetLog, GetLogOutcome, LogStatus, LogType
from pilotwire.domain.kinds import changed
from pilotwire.errors import PilotwireError

_LOOKED_AT = Page(limit=100)


@dataclass(frozen=True, slots=True)
class LogWanted:
    """What is asked for. Interval in seconds; `with_security_extension` None: as far as the station is known to speak it (1.6)."""

    log_type: LogType = LogType.DIAGNOSTICS
    oldest: datetime | None = None
    latest: datetime | None = None
    retries: int | None = None
    retry_interval: int | None = None
    with_security_extension: bool | None = None
    asked_by: str = ""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the log goes: the URL, and the URL as it may be shown. `key` and `digest` are there if it is this CSMS."""

    url: str
    shown: str
    key: UploadKey | None = None
    digest: str = ""


async def get_log(
    commander: Commander,
    journal: Journal,
    store: Store,
    station: str,
    wanted: LogWanted,
    place: Destination,
    *,
    request_id: int,
    now: datetime,
) -> GetLogOutcome:
    """Ask for a log; the request is on record, and its upload possible, before the station hears of it.

    Raises what `Commander.ask` raises; of a request that was never sent nothing is kept.
    """
    extension = await _with_security_extension(store, station, wanted)
    command = GetLog(
        remote_location=place.url,
        log_type=wanted.log_type,
        request_id=request_id,
        oldest=wanted.oldest,
        latest=wanted.latest,
        retries=wanted.retries,
        retry_interval=wanted.retry_interval,
        with_security_extension=extension,
    )
    await journal.append(*_opening(station, command, place, wanted.asked_by, now))
    try:
        outcome = await commander.ask(station, command, GetLogOutcome)
    except (CommandRefused, CommandTimedOut, AnswerUnusable) as error:
        await _close(journal, station, request_id, place, now, error)
        raise
    except PilotwireError:  # nothing was sent
        await journal.append(LOGS.remove(station, key_of(request_id)), *_ending(place, now))
        raise
    await _settle(journal, store, station, request_id, place, now, outcome)
    return outcome


async def _with_security_extension(store: Store, station: str, wanted: LogWanted) -> bool:
    """Whether a 1.6 station is asked with the messages of the security extension: as said, else if it has shown that it has them.

    It has if it ever sent a security event or LogStatusNotification, or answered GetLog.
    """
    if wanted.with_security_extension is not None:
        return wanted.with_security_extension
    if await store.security_events(station, limit=1):
        return True
    if any(each.entry.with_security_extension for each in await store.entries(NOTIFICATIONS, station, limit=20)):
        return True
    return any(map(was_answered_with_extension, await store.records(LOGS, station, _LOOKED_AT)))


def _opening(station: str, command: GetLog, place: Destination, asked_by: str, now: datetime) -> tuple[Operation, ...]:
    number = command.request_id or 0
    record = LogRequest(
        station=station,
        request_id=number,
        log_type=command.log_type,
        asked_at=now,
        asked_by=asked_by,
        oldest=command.oldest,
        latest=command.latest,
        retries=command.retries,
        retry_interval=command.retry_interval,
        remote_location=place.shown,
        protocol=None if place.key is None else place.key.protocol,
        with_security_extension=command.with_security_extension,
    )
    opened: Operation = LOGS.put(station, key_of(number), record)
    return (opened,) if place.key is None else (opened, KEYS.put("", place.digest, place.key))


def _ending(place: Destination, now: datetime) -> tuple[Operation, ...]:
    """The end of the key to this place: nothing is to be uploaded there."""

    def ended(key: UploadKey | None) -> UploadKey | None:
        return key if key is None or key.ended_at is not None else changed(key, ended_at=now)

    return () if place.key is None else (KEYS.amend("", place.digest, ended),)


async def _close(
    journal: Journal, station: str, request_id: int, place: Destination, now: datetime, error: PilotwireError
) -> None:
    """The station answered with an error (then it will not upload), or not at all (then it may)."""
    refused = isinstance(error, CommandRefused)

    def failed(request: LogRequest | None) -> LogRequest | None:
        if request is None:
            return None
        return changed(request, error=error.what, answer=LogStatus.REJECTED if refused else request.answer)

    await journal.append(LOGS.amend(station, key_of(request_id), failed), *(_ending(place, now) if refused else ()))


async def _settle(
    journal: Journal,
    store: Store,
    station: str,
    request_id: int,
    place: Destination,
    now: datetime,
    outcome: GetLogOutcome,
) -> None:
    """Keep the answer. AcceptedCanceled: whatever was asked before and is still open is canceled (N01.FR.12)."""
    operations: list[Operation] = [
        LOGS.amend(station, key_of(request_id), lambda request: request and answered(request, outcome))
    ]
    if outcome.status is LogStatus.REJECTED:
        operations += _ending(place, now)
    if outcome.status is LogStatus.ACCEPTED_CANCELED:
        earlier = [each for each in await store.records(LOGS, station, _LOOKED_AT) if each.request_id < request_id]
        operations += [LOGS.amend(station, key_of(each.request_id), _canceled) for each in earlier if is_open(each)]
    await journal.append(*operations)


def _canceled(request: LogRequest | None) -> LogRequest | None:
    return request if request is None or not is_open(request) else changed(request, canceled=True)
