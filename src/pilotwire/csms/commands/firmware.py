"""Updating the firmware of stations, and having local controllers offer it (functional block L)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pilotwire.clock import Clock
from pilotwire.csms.commands.bus import AnswerUnusable, CommandRefused, CommandTimedOut
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.registers.firmware import (
    DOWNLOADS,
    PUBLISHED,
    UPDATES,
    Download,
    FirmwareUpdate,
    Image,
    PublishedFirmware,
    close,
    next_request_id,
    update_key,
)
from pilotwire.csms.store.ports import Amend, Amended, Journal, Page, Store
from pilotwire.domain.firmware import (
    ACCEPTING,
    PublishFirmware,
    PublishFirmwareOutcome,
    UnpublishFirmware,
    UnpublishFirmwareOutcome,
    UnpublishFirmwareStatus,
    UpdateFirmware,
    UpdateFirmwareOutcome,
    UpdateFirmwareStatus,
)
from pilotwire.domain.kinds import Value, changed
from pilotwire.errors import PilotwireError

_RECENT = 10


@dataclass(frozen=True, slots=True)
class Tools:
    """What these commands need: who gives them, and where what comes of them is kept."""

    commander: Commander
    journal: Journal
    store: Store
    clock: Clock

    async def keep(self, *operations: Amend) -> Any:
        """Store operations; gives the results."""
        return await self.journal.append(*operations)


class Source(Value):
    """Where firmware comes from: `image` served at `base_url`, or a `location` that is passed on as it is.

    `signing_certificate` and `signature` go with a location; an image has its own. `signed` None: if there is a signature.
    """

    image: Image | None = None
    base_url: str = ""
    location: str | None = None
    signing_certificate: str | None = None
    signature: str | None = None
    signed: bool | None = None

    def proof(self) -> tuple[str | None, str | None]:
        """The certificate and the signature to send. Raises PilotwireError if there should be one and is none."""
        made = None if self.image is None else self.image.signature
        certificate, signature = self.signing_certificate, self.signature
        if made is not None and certificate is None and signature is None:
            certificate, signature = made.certificate, made.signature
        if self.signed is False:
            return None, None
        if self.signed and (certificate is None or signature is None):
            raise PilotwireError(
                "There is no signature for this firmware.",
                "Upload the image with one, set firmware_signing_key, or say `signed: false`.",
            )
        return certificate, signature


class WantedUpdate(Value):
    """An update somebody wants. `retrieve_at` None: at once. `campaign` is for whom, `version` what the station will run then."""

    source: Source
    retrieve_at: datetime | None = None
    install_at: datetime | None = None
    retries: int | None = None
    retry_interval: int | None = None
    version: str | None = None
    campaign: str | None = None


async def new_request_id(tools: Tools) -> int:
    """A request id nobody was given before, durable when this returns."""
    amended: Amended = (await tools.keep(next_request_id(tools.clock.now())))[0]
    return int(amended.after.request_id)


async def update(tools: Tools, station: str, wanted: WantedUpdate, *, request_id: int | None = None) -> FirmwareUpdate:
    """Have a station update its firmware (L01, L02); gives the update as it is after the station's answer.

    It is on record before anything is sent, so that the first status finds it. If nothing could be sent it is taken off record again.
    Raises what `StationBus.call` raises; a station that did not answer in time may still update.
    """
    certificate, signature = wanted.source.proof()
    request_id = await new_request_id(tools) if request_id is None else request_id
    now = tools.clock.now()
    token, location = _location(wanted.source)
    made = FirmwareUpdate(
        station=station,
        request_id=request_id,
        location=location,
        asked_at=now,
        retrieve_at=wanted.retrieve_at or now,
        signed=certificate is not None and signature is not None,
        install_at=wanted.install_at,
        image=None if wanted.source.image is None else wanted.source.image.name,
        version=wanted.version or (wanted.source.image.version or None if wanted.source.image else None),
        campaign=wanted.campaign,
        token=token,
        retries=wanted.retries,
        retry_interval=wanted.retry_interval,
    )
    command = UpdateFirmware(
        location=location,
        retrieve_at=made.retrieve_at,
        request_id=request_id,
        install_at=made.install_at,
        signing_certificate=certificate,
        signature=signature,
        retries=made.retries,
        retry_interval=made.retry_interval,
    )
    await tools.keep(*_opened(token, made.image, station, now), UPDATES.put(station, update_key(request_id), made))
    return await _settled(tools, made, command)


async def _settled(tools: Tools, made: FirmwareUpdate, command: UpdateFirmware) -> FirmwareUpdate:
    """Send it, and keep what came of it."""
    try:
        outcome = await tools.commander.ask(made.station, command, UpdateFirmwareOutcome)
    except CommandTimedOut as error:
        await _amend(tools, made, what=error.what)
        raise
    except (CommandRefused, AnswerUnusable) as error:
        await _end(tools, made, what=error.what)
        raise
    except PilotwireError:  # nothing was sent
        await tools.keep(UPDATES.remove(made.station, update_key(made.request_id)), *_forgotten(made.token))
        raise
    if outcome.status not in ACCEPTING:
        detail = "" if outcome.detail is None else f" ({outcome.detail.reason_code})"
        return await _end(tools, made, answer=outcome.status, what=f"The station answered {outcome.status}{detail}.")
    if outcome.status is UpdateFirmwareStatus.ACCEPTED_CANCELED:
        await _cancel_others(tools, made)
    return await _amend(tools, made, answer=outcome.status)


async def _amend(tools: Tools, made: FirmwareUpdate, **changes: object) -> FirmwareUpdate:
    """Change the record; statuses that came meanwhile stay."""
    key = update_key(made.request_id)
    amended: Amended = (
        await tools.keep(UPDATES.amend(made.station, key, lambda there: changed(there or made, **changes)))
    )[0]
    after: FirmwareUpdate = amended.after
    return after


async def _end(tools: Tools, made: FirmwareUpdate, **changes: object) -> FirmwareUpdate:
    now = tools.clock.now()
    if made.token is not None:
        await tools.keep(close(made.token, now))
    return await _amend(tools, made, ended_at=now, **changes)


async def _cancel_others(tools: Tools, made: FirmwareUpdate) -> None:
    """AcceptedCanceled: the update that was under way gave way to this one (L01.FR.24)."""
    for other in await tools.store.records(UPDATES, made.station, Page(limit=_RECENT)):
        if other.ended_at is None and other.request_id < made.request_id:
            await _end(tools, other, what=f"The station canceled it for the update {made.request_id}.")


def _location(source: Source) -> tuple[str | None, str]:
    """The token of a download and where it is, or a location as it was given."""
    if source.image is None:
        return None, source.location or ""
    token = secrets.token_urlsafe(24)
    return token, f"{source.base_url.rstrip('/')}/firmware/{token}/{source.image.name}"


def _opened(token: str | None, image: str | None, station: str, now: datetime) -> list[Amend]:
    if token is None or image is None:
        return []
    return [DOWNLOADS.put("", token, Download(image=image, station=station, made_at=now))]


def _forgotten(token: str | None) -> list[Amend]:
    return [] if token is None else [DOWNLOADS.remove("", token)]


# --- local controllers ----------------------------------------------------------------------------------------------


class WantedPublication(Value):
    """A file a local controller is to offer; `checksum` (MD5, hex) goes with a location, an image has its own."""

    source: Source
    checksum: str | None = None
    retries: int | None = None
    retry_interval: int | None = None


async def publish(tools: Tools, station: str, wanted: WantedPublication) -> tuple[PublishedFirmware, bool]:
    """Have a local controller fetch and offer firmware (L03); also says whether it accepted. Raises like `update`."""
    image = wanted.source.image
    checksum = wanted.checksum or ("" if image is None else image.md5)
    now, request_id = tools.clock.now(), await new_request_id(tools)
    token, location = _location(wanted.source)
    made = PublishedFirmware(
        station=station,
        request_id=request_id,
        location=location,
        checksum=checksum,
        asked_at=now,
        image=None if image is None else image.name,
        token=token,
    )
    before: Amended = (
        await tools.keep(PUBLISHED.put(station, checksum, made), *_opened(token, made.image, station, now))
    )[0]
    command = PublishFirmware(
        location=location,
        checksum=checksum,
        request_id=request_id,
        retries=wanted.retries,
        retry_interval=wanted.retry_interval,
    )
    try:
        outcome = await tools.commander.ask(station, command, PublishFirmwareOutcome)
    except CommandTimedOut:  # it may have been taken
        raise
    except PilotwireError:
        await tools.keep(PUBLISHED.amend(station, checksum, lambda _: before.before), *_forgotten(token))
        raise
    accepted = outcome.accepted
    amended: Amended = (
        await tools.keep(PUBLISHED.amend(station, checksum, lambda there: changed(there or made, accepted=accepted)))
    )[0]
    return amended.after, accepted


async def unpublish(tools: Tools, station: str, checksum: str) -> UnpublishFirmwareStatus:
    """Have a local controller stop offering the firmware with this MD5 (L04)."""
    outcome = await tools.commander.ask(station, UnpublishFirmware(checksum=checksum), UnpublishFirmwareOutcome)
    now, status = tools.clock.now(), outcome.status
    gone = None if status is UnpublishFirmwareStatus.DOWNLOAD_ONGOING else now

    def told(there: PublishedFirmware | None) -> PublishedFirmware | None:
        return None if there is None else changed(there, unpublish=status, unpublished_at=gone)

    amended: Amended = (await tools.keep(PUBLISHED.amend(station, checksum, told)))[0]
    if gone is not None and amended.after is not None and amended.after.token is not None:
        await tools.keep(close(amended.after.token, now))
    return status
