"""Updates of stations and files of local controllers (functional block L): commands, and what became of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict, Field, model_validator

from pilotwire.csms.api.access import COMMAND, READ
from pilotwire.csms.api.images import NAME, TheImages, image_named
from pilotwire.csms.api.problems import COMMANDS, READS, problems, unusable
from pilotwire.csms.api.resource import (
    TEXT,
    Integer,
    Limit,
    PageOf,
    Resource,
    StationIdentity,
    Time,
    page_of,
)
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.commands import firmware
from pilotwire.csms.commands.firmware import Source, Tools, WantedPublication, WantedUpdate
from pilotwire.csms.images import ImageStore
from pilotwire.csms.registers.firmware import (
    PUBLISHED,
    STATUSES,
    UPDATES,
    FirmwareUpdate,
    PublishedFirmware,
    ReportedStatus,
    Step,
    update_key,
)
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import Entry, cursor_of
from pilotwire.domain.firmware import (
    FirmwareStatus,
    PublishFirmwareStatus,
    StatusDetail,
    UnpublishFirmwareStatus,
    UpdateFirmwareStatus,
)

commands_router = APIRouter(prefix="/stations/{station}/commands", tags=["commands"], dependencies=[COMMAND])
reads_router = APIRouter(prefix="/stations/{station}", tags=["firmware"], dependencies=[READ])
router = APIRouter()

ImageNamed = Annotated[str, Field(pattern=NAME)]
Location = Annotated[str, Field(min_length=1, max_length=2000, pattern=TEXT)]
Checksum = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{32}$")]
After = Annotated[str | None, Query(max_length=200, description="The `nextCursor` of the page before.")]


def base_of(desk: Desk, request: Request) -> str:
    """Where stations reach this HTTP server: as set, else where whoever asks reached it."""
    return desk.rooms.settings.public_url or str(request.base_url).rstrip("/")


def tools_of(desk: Desk) -> Tools:
    """What the commands need."""
    return Tools(desk.commander, desk.rooms.journal, desk.store, desk.rooms.clock)


class SourceRequest(Resource):
    """Which firmware: an image of ours, or a location that is passed on as it is and never fetched by this CSMS."""

    image: ImageNamed | None = Field(default=None, description="The name of an uploaded image.")
    location: Location | None = Field(default=None, description="Instead of an image: any URL the station can use.")

    @model_validator(mode="after")
    def _one_of_them(self) -> SourceRequest:
        if (self.image is None) == (self.location is None):
            raise ValueError("name an image or a location, one of the two")
        return self


class UpdateFirmwareRequest(SourceRequest):
    """Update the firmware (L01, L02)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"location": "https://firmware.example.org/volta-one-2.4.0.bin", "version": "2.4.0"}]
        }
    )

    retrieve_date_time: Time | None = Field(default=None, description="When to fetch it; null: now.")
    install_date_time: Time | None = Field(
        default=None, description="When to install it; null: at once. 1.6 can say it only of signed firmware."
    )
    retries: Integer | None = Field(default=None, description="How often the station tries again to fetch it.")
    retry_interval: Integer | None = Field(default=None, description="Seconds between these tries.")
    signed: bool | None = Field(
        default=None,
        description="true: only with a signature; false: without one (1.6: UpdateFirmware); null: with one if there is one.",
    )
    signing_certificate: Annotated[str, Field(min_length=1, max_length=5500)] | None = Field(
        default=None, description="For a location: the certificate (PEM) of the key that signed the firmware."
    )
    signature: Annotated[str, Field(min_length=1, max_length=800)] | None = Field(
        default=None, description="For a location: the signature (base64)."
    )
    version: Annotated[str, Field(min_length=1, max_length=50, pattern=TEXT)] | None = Field(
        default=None, description="What the station will say it runs; null: that of the image."
    )


class StatusInfoResource(Resource):
    """Why (StatusInfoType)."""

    reason_code: str
    additional_info: str | None

    @classmethod
    def of(cls, detail: StatusDetail | None) -> StatusInfoResource | None:
        """The resource of a detail, if there is one."""
        if detail is None:
            return None
        return cls.model_construct(reason_code=detail.reason_code, additional_info=detail.additional_info)


class StepResource(Resource):
    """A status as the station reported it."""

    status: str
    timestamp: Time
    status_info: StatusInfoResource | None

    @classmethod
    def of(cls, step: Step) -> StepResource:
        """The resource of a step."""
        return cls.model_construct(
            status=step.status, timestamp=step.at, status_info=StatusInfoResource.of(step.detail)
        )


class FirmwareUpdateResource(Resource):
    """An update of a station. `endedAt` null: it may still go on."""

    station: str
    request_id: int
    image: str | None
    location: str = Field(description="What the station was told.")
    version: str | None
    signed: bool
    campaign: str | None
    asked_at: Time
    retrieve_date_time: Time
    install_date_time: Time | None
    answer: UpdateFirmwareStatus | None = Field(description="The station's answer; null: none (yet).")
    status: FirmwareStatus | None = Field(description="The newest status; null: none yet.")
    history: list[StepResource] = Field(description="The statuses as they came, at most the last 100.")
    ended_at: Time | None
    what: str = Field(description="Why it ended without a status.")

    @classmethod
    def of(cls, update: FirmwareUpdate) -> FirmwareUpdateResource:
        """The resource of an update."""
        return cls.model_construct(
            station=update.station,
            request_id=update.request_id,
            image=update.image,
            location=update.location,
            version=update.version,
            signed=update.signed,
            campaign=update.campaign,
            asked_at=update.asked_at,
            retrieve_date_time=update.retrieve_at,
            install_date_time=update.install_at,
            answer=update.answer,
            status=update.status,
            history=[StepResource.of(step) for step in update.steps],
            ended_at=update.ended_at,
            what=update.what,
        )


class UpdateFirmwareResponse(Resource):
    """The station's answer. Accepted and AcceptedCanceled: it updates, and reports how far it is."""

    status: UpdateFirmwareStatus
    request_id: int
    location: str


async def _source(images: ImageStore, base_url: str, wanted: SourceRequest, **more: Any) -> Source:
    image = None if wanted.image is None else await image_named(images, wanted.image)
    return Source(image=image, base_url=base_url, location=wanted.location, **more)


@commands_router.post("/update-firmware", responses=COMMANDS | problems(404), summary="Update the firmware")
async def update_firmware(
    request: Request, desk: TheDesk, images: TheImages, station: StationIdentity, wanted: UpdateFirmwareRequest
) -> UpdateFirmwareResponse:
    """Have a station fetch and install firmware. Its statuses are at `/stations/{station}/firmware-updates`."""
    if (wanted.signature is None) != (wanted.signing_certificate is None):
        raise unusable("body.signature", "a signature needs the certificate of its key, and the other way round")
    source = await _source(
        images,
        base_of(desk, request),
        wanted,
        signed=wanted.signed,
        signing_certificate=wanted.signing_certificate,
        signature=wanted.signature,
    )
    made = WantedUpdate(
        source=source,
        retrieve_at=wanted.retrieve_date_time,
        install_at=wanted.install_date_time,
        retries=wanted.retries,
        retry_interval=wanted.retry_interval,
        version=wanted.version,
    )
    done = await firmware.update(tools_of(desk), station, made)
    return UpdateFirmwareResponse.model_construct(
        status=done.answer, request_id=done.request_id, location=done.location
    )


@reads_router.get("/firmware-updates", responses=READS, summary="List the firmware updates of a station")
async def updates(
    desk: TheDesk, station: StationIdentity, limit: Limit = 100, after: After = None
) -> PageOf[FirmwareUpdateResource]:
    """Every update the station was told to make, the newest first, with its statuses."""
    found = await desk.store.records(UPDATES, station, Page(limit=limit, after=after))
    cursor = cursor_of(station, update_key(found[-1].request_id)) if found else ""
    made = page_of([FirmwareUpdateResource.of(one) for one in found], limit, cursor)
    return PageOf[FirmwareUpdateResource].model_construct(**made)


class FirmwareStatusResource(Resource):
    """A status a station reported, whether anybody knows what it is about or not."""

    number: int = Field(description="Rises with the order of arrival.")
    timestamp: Time
    request_id: int | None
    status: str = Field(description="FirmwareStatusEnumType, or PublishFirmwareStatusEnumType if `publishing`.")
    publishing: bool = Field(description="Whether it is about a file to be published by a local controller.")
    location: list[str]
    status_info: StatusInfoResource | None

    @classmethod
    def of(cls, entry: Entry[ReportedStatus]) -> FirmwareStatusResource:
        """The resource of an entry."""
        reported = entry.entry
        return cls.model_construct(
            number=entry.number,
            timestamp=entry.at,
            request_id=reported.request_id,
            status=reported.status,
            publishing=reported.publishing,
            location=list(reported.locations),
            status_info=StatusInfoResource.of(reported.detail),
        )


@reads_router.get("/firmware-statuses", responses=READS, summary="List the firmware statuses of a station")
async def statuses(
    desk: TheDesk,
    station: StationIdentity,
    limit: Limit = 100,
    before: Annotated[int | None, Query(ge=1, le=2**53, description="Only those before this number.")] = None,
) -> list[FirmwareStatusResource]:
    """Every status as it came, the newest first."""
    found = await desk.store.entries(STATUSES, station, before=before, limit=limit)
    return [FirmwareStatusResource.of(entry) for entry in found]


# --- local controllers ----------------------------------------------------------------------------------------------


class PublishFirmwareRequest(SourceRequest):
    """Have a local controller offer firmware to its stations (L03)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "location": "https://firmware.example.org/volta-one-2.4.0.bin",
                    "checksum": "b026324c6904b2a9cb4b88d6d61c81d1",
                }
            ]
        }
    )

    checksum: Checksum | None = Field(
        default=None, description="The MD5 of the file in hex; that of an image is known."
    )
    retries: Integer | None = Field(default=None, description="How often the controller tries again to fetch it.")
    retry_interval: Integer | None = Field(default=None, description="Seconds between these tries.")

    @model_validator(mode="after")
    def _known_checksum(self) -> PublishFirmwareRequest:
        if self.location is not None and self.checksum is None:
            raise ValueError("a location needs the checksum of its file")
        return self


class PublishFirmwareResponse(Resource):
    """Whether the local controller will try: Accepted or Rejected."""

    status: str
    request_id: int
    location: str
    checksum: str


@commands_router.post("/publish-firmware", responses=COMMANDS | problems(404), summary="Publish firmware locally")
async def publish_firmware(
    request: Request, desk: TheDesk, images: TheImages, station: StationIdentity, wanted: PublishFirmwareRequest
) -> PublishFirmwareResponse:
    """Have a local controller fetch firmware and offer it. How far it is shows at `/stations/{station}/published-firmware`."""
    source = await _source(images, base_of(desk, request), wanted)
    if source.image is not None and wanted.checksum not in (None, source.image.md5):
        raise unusable("body.checksum", f"the image {source.image.name!r} has the MD5 {source.image.md5}")
    made = WantedPublication(
        source=source, checksum=wanted.checksum, retries=wanted.retries, retry_interval=wanted.retry_interval
    )
    done, accepted = await firmware.publish(tools_of(desk), station, made)
    return PublishFirmwareResponse.model_construct(
        status="Accepted" if accepted else "Rejected",
        request_id=done.request_id,
        location=done.location,
        checksum=done.checksum,
    )


class UnpublishFirmwareRequest(Resource):
    """Have a local controller stop offering firmware (L04)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"checksum": "b026324c6904b2a9cb4b88d6d61c81d1"}]})

    checksum: Checksum = Field(description="The MD5 of the file in hex.")


class UnpublishFirmwareResponse(Resource):
    """What became of the file; DownloadOngoing: it stays, somebody is fetching it (L04.FR.04)."""

    status: UnpublishFirmwareStatus


@commands_router.post("/unpublish-firmware", responses=COMMANDS, summary="Stop publishing firmware locally")
async def unpublish_firmware(
    desk: TheDesk, station: StationIdentity, wanted: UnpublishFirmwareRequest
) -> UnpublishFirmwareResponse:
    """Have a local controller stop offering the firmware with this checksum."""
    return UnpublishFirmwareResponse(status=await firmware.unpublish(tools_of(desk), station, wanted.checksum))


class PublishedFirmwareResource(Resource):
    """A file a local controller was told to offer."""

    station: str
    request_id: int
    checksum: str
    image: str | None
    location: str
    asked_at: Time
    accepted: bool | None = Field(description="null: it did not answer (yet).")
    status: PublishFirmwareStatus | None
    published_at_locations: list[str] = Field(description="Where its stations find the file.")
    history: list[StepResource]
    unpublished: UnpublishFirmwareStatus | None = Field(description="The answer when it was told to stop.")
    unpublished_at: Time | None

    @classmethod
    def of(cls, file: PublishedFirmware) -> PublishedFirmwareResource:
        """The resource of a file."""
        return cls.model_construct(
            station=file.station,
            request_id=file.request_id,
            checksum=file.checksum,
            image=file.image,
            location=file.location,
            asked_at=file.asked_at,
            accepted=file.accepted,
            status=file.status,
            published_at_locations=list(file.locations),
            history=[StepResource.of(step) for step in file.steps],
            unpublished=file.unpublish,
            unpublished_at=file.unpublished_at,
        )


@reads_router.get("/published-firmware", responses=READS, summary="List the firmware a local controller offers")
async def published(
    desk: TheDesk, station: StationIdentity, limit: Limit = 100, after: After = None
) -> PageOf[PublishedFirmwareResource]:
    """Every file it was told to offer, by checksum."""
    found = await desk.store.records(PUBLISHED, station, Page(limit=limit, after=after))
    cursor = cursor_of(station, found[-1].checksum) if found else ""
    made = page_of([PublishedFirmwareResource.of(one) for one in found], limit, cursor)
    return PageOf[PublishedFirmwareResource].model_construct(**made)


router.include_router(commands_router)
router.include_router(reads_router)
