"""Firmware published by a local controller (L03, L04): fetched, compared with its MD5, and offered to the stations behind it by HTTP."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime

from pilotwire.domain.firmware import (
    PublishFirmware,
    PublishFirmwareOutcome,
    PublishFirmwareStatus,
    PublishFirmwareStatusReported,
    StatusDetail,
    UnpublishFirmware,
    UnpublishFirmwareOutcome,
    UnpublishFirmwareStatus,
)
from pilotwire.domain.kinds import changed
from pilotwire.domain.provisioning import TriggerMessage
from pilotwire.station.core import progress
from pilotwire.station.core.actions import Answer, RefuseCommand
from pilotwire.station.core.file_transfer import (
    PROTOCOLS,
    DiscardFile,
    FetchFile,
    FileFetched,
    protocol_of,
    tries_of,
    wait_of,
)
from pilotwire.station.core.firmware_memory import Publishing, PublishMemory
from pilotwire.station.core.jobs import Job, News, Result
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street, Then

_P = PublishFirmwareStatus
_MD5 = re.compile(r"[0-9a-f]{32}\Z")
FOLDER = "published"
"""Where the files are, each under its MD5."""


# --- jobs -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OfferFiles(Job):
    """Serve the published files by HTTP until abandoned; `port` 0: any free one."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Offering(News):
    """The server stands; a file is at `base` and its MD5."""

    base: str


@dataclass(frozen=True, slots=True)
class Taken(News):
    """So many stations are fetching a file at this moment."""

    checksum: str
    stations: int


@dataclass(slots=True)
class _Offer:
    """The jobs, where the server is, and who fetches what."""

    fetching: int | None = None
    serving: int | None = None
    base: str | None = None
    taken: dict[str, int] = field(default_factory=dict)


# --- commands -------------------------------------------------------------------------------------------------------


def publish(station: Station, ref: Hashable, command: PublishFirmware) -> None:
    """Take firmware to publish (L03.FR.05)."""
    if not station.settings.local_controller:
        station.do(RefuseCommand(ref, "NotSupported", "This station is no local controller."))
        return
    detail = _objection(station, command)
    station.do(Answer(ref, PublishFirmwareOutcome(accepted=detail is None, detail=detail)))
    if detail is not None:
        return
    memory = station.kept(PublishMemory)
    there = command.checksum.casefold() in memory.published
    current = Publishing(command=command, tries_left=tries_of(command.retries), fetched=there)
    station.remember(changed(memory, current=current))
    if not there:
        _tell(station, _P.DOWNLOADING)


def _objection(station: Station, command: PublishFirmware) -> StatusDetail | None:
    if protocol_of(command.location) not in PROTOCOLS:
        why = f"This station fetches by {', '.join(PROTOCOLS)} only."
        return StatusDetail(reason_code="InvalidURL", additional_info=why)
    if not _MD5.match(command.checksum.casefold()):
        return StatusDetail(reason_code="InvalidValue", additional_info="The checksum is no MD5 in hex.")
    if station.kept(PublishMemory).current is not None:
        return StatusDetail(reason_code="FwUpdateInProgress", additional_info="Other firmware is being published.")
    return None


def unpublish(station: Station, ref: Hashable, command: UnpublishFirmware) -> None:
    """Offer a file no longer, unless somebody is fetching it (L04)."""
    if not station.settings.local_controller:
        station.do(RefuseCommand(ref, "NotSupported", "This station is no local controller."))
        return
    memory, checksum = station.kept(PublishMemory), command.checksum.casefold()
    current = memory.current
    under_way = current is not None and current.command.checksum.casefold() == checksum
    if under_way or station.moment(_Offer).taken.get(checksum, 0) > 0:
        status = UnpublishFirmwareStatus.DOWNLOAD_ONGOING
    elif checksum not in memory.published:
        status = UnpublishFirmwareStatus.NO_FIRMWARE
    else:
        status = UnpublishFirmwareStatus.UNPUBLISHED
        left = tuple(one for one in memory.published if one != checksum)
        station.remember(changed(memory, published=left))
        station.undertake(DiscardFile(f"{FOLDER}/{checksum}"))
    station.do(Answer(ref, UnpublishFirmwareOutcome(status=status)))


# --- on the way -----------------------------------------------------------------------------------------------------


def _tell(station: Station, status: PublishFirmwareStatus, *, locations: tuple[str, ...] = (), why: str = "") -> None:
    """Tell a status (L03.FR.01)."""
    memory = station.kept(PublishMemory)
    assert memory.current is not None
    detail = StatusDetail(reason_code="Unspecified", additional_info=why[:500]) if why else None
    fact = PublishFirmwareStatusReported(
        status=status, request_id=memory.current.command.request_id, locations=locations, detail=detail
    )
    station.remember(changed(memory, last=fact))
    progress.tell(station, fact)


def _end(station: Station, status: PublishFirmwareStatus, *, locations: tuple[str, ...] = (), why: str = "") -> None:
    _tell(station, status, locations=locations, why=why)
    station.remember(changed(station.kept(PublishMemory), current=None))


def _go_on(station: Station) -> None:
    """Fetch what is due, keep the server up while there is something to offer, and tell what is offered."""
    memory, offer = station.kept(PublishMemory), station.moment(_Offer)
    current = memory.current
    _serve(station, wanted=bool(memory.published) or (current is not None and current.fetched))
    if current is None:
        return
    checksum = current.command.checksum.casefold()
    if current.fetched and offer.base is not None:
        _end(station, _P.PUBLISHED, locations=(f"{offer.base}{checksum}",))
    elif not current.fetched and offer.fetching is None and _deadline(station) is None:
        job = FetchFile(current.command.location, f"{FOLDER}/{checksum}", keep_others=True)
        offer.fetching = station.undertake(
            job,
            done=lambda result: _fetched(station, current, result),
            failed=lambda why: _broken(station, current, why),
        )


def _fetched(station: Station, current: Publishing, result: Result) -> None:
    """The whole file is here: is it the one that was meant (L03.FR.02, L03.FR.07)?"""
    assert isinstance(result, FileFetched)
    station.moment(_Offer).fetching = None
    checksum = current.command.checksum.casefold()
    _tell(station, _P.DOWNLOADED)
    if result.md5 != checksum:
        station.undertake(DiscardFile(f"{FOLDER}/{checksum}"))
        _end(station, _P.INVALID_CHECKSUM, why=f"The file has the MD5 {result.md5}.")
        return
    _tell(station, _P.CHECKSUM_VERIFIED)
    memory = station.kept(PublishMemory)
    station.remember(changed(memory, published=(*memory.published, checksum), current=changed(current, fetched=True)))


def _broken(station: Station, current: Publishing, why: str) -> None:
    station.moment(_Offer).fetching = None
    station.note(f"The firmware to be published could not be fetched: {why}")
    if current.tries_left > 1:
        at = station.now + wait_of(current.command.retry_interval)
        later = changed(current, tries_left=current.tries_left - 1, not_before=at)
        station.remember(changed(station.kept(PublishMemory), current=later))
        return
    station.undertake(DiscardFile(f"{FOLDER}/{current.command.checksum.casefold()}"))
    _end(station, _P.DOWNLOAD_FAILED, why=why)


def _serve(station: Station, *, wanted: bool) -> None:
    offer = station.moment(_Offer)
    if wanted and offer.serving is None:
        job = OfferFiles(station.settings.publish_host, station.settings.publish_port)
        offer.serving = station.undertake(
            job, failed=lambda why: _not_serving(station, why), news=lambda news: _heard(station, news)
        )
    elif not wanted and offer.serving is not None:
        station.abandon(offer.serving)
        offer.serving, offer.base, offer.taken = None, None, {}


def _heard(station: Station, news: News) -> None:
    offer = station.moment(_Offer)
    if isinstance(news, Offering):
        offer.base = news.base
    elif isinstance(news, Taken):
        offer.taken[news.checksum] = news.stations


def _not_serving(station: Station, why: str) -> None:
    """The server cannot stand: nothing is offered any more (L03.FR.08)."""
    offer, memory = station.moment(_Offer), station.kept(PublishMemory)
    offer.serving, offer.base, offer.taken = None, None, {}
    station.note(f"Published firmware cannot be offered: {why}")
    for checksum in memory.published:
        station.undertake(DiscardFile(f"{FOLDER}/{checksum}"))
    station.remember(changed(memory, published=()))
    if memory.current is not None and memory.current.fetched:
        _end(station, _P.PUBLISH_FAILED, why=why)


def _deadline(station: Station) -> datetime | None:
    current = station.kept(PublishMemory).current
    at = None if current is None else current.not_before
    return at if at is not None and at > station.now else None


# --- triggers -------------------------------------------------------------------------------------------------------


def _trigger(station: Station, _: TriggerMessage) -> Then | None:
    """The status last told, Idle after Published or before anything (L03.FR.10, L03.FR.11)."""
    if not station.settings.local_controller:
        return None
    last = station.kept(PublishMemory).last
    if last is None or last.status is _P.PUBLISHED:
        last = PublishFirmwareStatusReported(status=_P.IDLE)
    fact = last
    return lambda: station.say(fact)


STREET = Street(
    "publish_firmware",
    commands={PublishFirmware: publish, UnpublishFirmware: unpublish},
    triggers={"PublishFirmwareStatusNotification": _trigger},
    deadline=_deadline,
    follow=_go_on,
)
