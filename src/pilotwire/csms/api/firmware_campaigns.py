"""Firmware campaigns: one firmware for many stations, in waves (`/firmware-campaigns`)."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Request
from pydantic import AfterValidator, ConfigDict, Field, model_validator

from pilotwire.csms.api.access import COMMAND, READ
from pilotwire.csms.api.firmware import After, Location, SourceRequest, base_of
from pilotwire.csms.api.images import TheImages, image_named
from pilotwire.csms.api.problems import READS, WRITES, conflict, not_found, problems, unusable
from pilotwire.csms.api.resource import TEXT, Limit, PageOf, Positive, Resource, Time, page_of
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.registers.firmware_campaigns import CAMPAIGNS, MEMBERS
from pilotwire.csms.store.ports import Amended, Page, Station
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.firmware import FirmwareStatus
from pilotwire.domain.firmware_campaigns import (
    Campaign,
    CampaignState,
    DayWindow,
    Member,
    MemberState,
    members_of,
    wave_sizes,
)
from pilotwire.domain.kinds import changed

router = APIRouter(prefix="/firmware-campaigns", tags=["firmware"])
_PAGE: Final = 500
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Day = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
OfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]
CampaignId = Annotated[
    str, Path(min_length=1, max_length=48, pattern=TEXT, description="The campaign.", examples=["c-4f9a2b7c1d3e"])
]
Pattern = Annotated[str, Field(min_length=1, max_length=100, pattern=TEXT)]
Name = Annotated[str, Field(min_length=1, max_length=48, pattern=TEXT)]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("there is no time zone of this name: it looks like Europe/Amsterdam") from None
    return name


Zone = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$"), AfterValidator(_known_zone)]


class WindowResource(Resource):
    """When stations may be asked, by the clock of the time zone; an end at or before the beginning is on the next day."""

    begins: OfDay
    ends: OfDay
    weekdays: Annotated[list[Day], Field(max_length=7)] = Field(
        default_factory=list, description="The days it begins on; none named: every day."
    )

    def window(self) -> DayWindow:
        """The window meant."""
        days = tuple(sorted({_DAYS.index(day) for day in self.weekdays}))
        return DayWindow(begins=_minute(self.begins), ends=_minute(self.ends), weekdays=days)

    @classmethod
    def of(cls, window: DayWindow) -> WindowResource:
        """The resource of a window."""
        days = [_DAYS[day] for day in window.weekdays]
        return cls.model_construct(begins=_of_day(window.begins), ends=_of_day(window.ends), weekdays=days)


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _of_day(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


class WaveResource(Resource):
    """The size of a wave: so many stations, or so many percent of all (at least one)."""

    stations: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None = None
    percent: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> WaveResource:
        if (self.stations is None) == (self.percent is None):
            raise ValueError("say stations or percent, one of the two")
        return self

    def size(self, count: int) -> int:
        """How many stations of so many."""
        return self.stations if self.stations is not None else max(1, count * (self.percent or 0) // 100)


class WhichStations(Resource):
    """The stations on record that fit every pattern given (`*` and `?` as in file names)."""

    vendor: Pattern = "*"
    model: Pattern = "*"
    firmware_version: Pattern = "*"
    station: Pattern = "*"

    def fits(self, known: Station) -> bool:
        """Whether a station is meant; one that never booted has no vendor."""
        identity = known.identity
        if identity is None:
            return False
        pairs = (
            (identity.vendor, self.vendor),
            (identity.model, self.model),
            (identity.firmware_version or "", self.firmware_version),
            (known.station, self.station),
        )
        return all(fnmatchcase(value, pattern) for value, pattern in pairs)


class CampaignRequest(SourceRequest):
    """A firmware, the stations, and how fast."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Volta One 2.4.0",
                    "location": "https://firmware.example.org/volta-one-2.4.0.bin",
                    "version": "2.4.0",
                    "matching": {"vendor": "Volta", "model": "One", "firmwareVersion": "2.3.*"},
                    "waves": [{"stations": 5}, {"percent": 20}],
                    "concurrency": 10,
                    "windows": [{"begins": "22:00", "ends": "05:00"}],
                    "timeZone": "Europe/Amsterdam",
                    "failurePercent": 10,
                }
            ]
        }
    )

    name: Annotated[str, Field(max_length=100, pattern=TEXT)] = ""
    location: Location | None = Field(default=None, description="Instead of an image: any URL the stations can use.")
    version: Name | None = Field(default=None, description="What an updated station says it runs.")
    signed: bool | None = Field(default=None, description="As in update-firmware.")
    install_date_time: Time | None = None
    stations: Annotated[list[Name], Field(max_length=20_000)] | None = Field(
        default=None, description="These, in this order; or give `matching`."
    )
    matching: WhichStations | None = None
    waves: Annotated[list[WaveResource], Field(max_length=1000)] = Field(
        default_factory=list, description="Sizes; the last one counts for all that follow. None: one wave of all."
    )
    concurrency: Positive = Field(default=10, description="How many stations update at a time, at most.")
    windows: Annotated[list[WindowResource], Field(max_length=50)] = Field(default_factory=list)
    time_zone: Zone = "UTC"
    failure_percent: Annotated[int, Field(strict=True, ge=0, le=100)] | None = Field(
        default=None, description="More failed stations of one wave than this stop the campaign; null: it never stops."
    )
    retries: Annotated[int, Field(strict=True, ge=0, le=100)] = Field(
        default=0, description="How often a station that failed is asked again."
    )
    retry_wait: Annotated[int, Field(strict=True, ge=0, le=2_592_000)] = Field(
        default=600, description="Seconds before it is asked again."
    )
    patience: Annotated[int, Field(strict=True, ge=1, le=2_592_000)] = Field(
        default=86_400, description="Seconds an update may take before it counts as failed."
    )

    @model_validator(mode="after")
    def _which(self) -> CampaignRequest:
        if (self.stations is None) == (self.matching is None):
            raise ValueError("name stations, or say matching, one of the two")
        return self


class MemberResource(Resource):
    """A station of a campaign."""

    station: str
    wave: int = Field(description="From 1.")
    state: MemberState
    attempts: int
    request_id: int | None = Field(description="The newest update; see the station's firmware-updates.")
    asked_at: Time | None
    not_before: Time | None = Field(description="It is not asked again before.")
    ended_at: Time | None
    status: FirmwareStatus | None
    what: str

    @classmethod
    def of(cls, member: Member) -> MemberResource:
        """The resource of a member."""
        return cls.model_construct(
            station=member.station,
            wave=member.wave + 1,
            state=member.state,
            attempts=member.attempts,
            request_id=member.request_id,
            asked_at=member.asked_at,
            not_before=member.not_before,
            ended_at=member.ended_at,
            status=member.status,
            what=member.what,
        )


class TotalsResource(Resource):
    """How many stations are where."""

    waiting: int
    asked: int
    succeeded: int
    failed: int


class CampaignSummary(Resource):
    """A campaign, without its stations."""

    id: str
    name: str
    image: str | None
    location: str | None
    version: str | None
    signed: bool | None
    state: CampaignState
    reason: str
    created_at: Time
    ended_at: Time | None
    waves: list[int]
    concurrency: int
    windows: list[WindowResource]
    time_zone: str
    failure_percent: int | None
    retries: int
    retry_wait: int
    patience: int

    @classmethod
    def of(cls, campaign: Campaign) -> CampaignSummary:
        """The resource of a campaign."""
        return cls.model_construct(**_fields(campaign))


class CampaignResource(CampaignSummary):
    """A campaign with its progress."""

    totals: TotalsResource
    stations: list[MemberResource]


def _fields(campaign: Campaign) -> dict[str, Any]:
    same = ("name", "image", "location", "version", "signed", "state", "reason", "created_at", "ended_at")
    numbers = ("concurrency", "time_zone", "failure_percent", "retries", "retry_wait", "patience")
    return {
        "id": campaign.campaign_id,
        "waves": list(campaign.waves),
        "windows": [WindowResource.of(window) for window in campaign.windows],
        **{field: getattr(campaign, field) for field in (*same, *numbers)},
    }


async def _whole(desk: Desk, campaign: Campaign) -> CampaignResource:
    members: list[Member] = []
    page = Page(limit=_PAGE)
    while found := await desk.store.records(MEMBERS, campaign.campaign_id, page):
        members += found
        page = changed(page, after=cursor_of(campaign.campaign_id, found[-1].station))
    members.sort(key=lambda one: (one.wave, one.station))
    count = Counter(one.state for one in members)
    totals = TotalsResource(
        waiting=count[MemberState.WAITING],
        asked=count[MemberState.ASKED],
        succeeded=count[MemberState.SUCCEEDED],
        failed=count[MemberState.FAILED],
    )
    shown = [MemberResource.of(one) for one in members]
    return CampaignResource.model_construct(**_fields(campaign), totals=totals, stations=shown)


async def _meant(desk: Desk, wanted: CampaignRequest) -> Sequence[str]:
    if wanted.stations is not None:
        return list(dict.fromkeys(wanted.stations))
    matching = wanted.matching or WhichStations()
    found: list[str] = []
    page = Page(limit=_PAGE)
    while stations := await desk.store.stations(page):
        found += [known.station for known in stations if matching.fits(known)]
        page = changed(page, after=stations[-1].station)
    return found


@router.post("", status_code=201, dependencies=[COMMAND], responses=WRITES | problems(404), summary="Start a campaign")
async def create(request: Request, desk: TheDesk, images: TheImages, wanted: CampaignRequest) -> CampaignResource:
    """Start updating stations; what is asked of whom is decided from now on, in the background."""
    image = None if wanted.image is None else await image_named(images, wanted.image)
    if wanted.signed and (image is None or image.signature is None):
        raise unusable("body.signed", "there is no signature for this firmware")
    stations = await _meant(desk, wanted)
    if not stations:
        raise unusable("body.stations", "no station is meant")
    waves = wave_sizes(len(stations), [wave.size(len(stations)) for wave in wanted.waves])
    campaign = Campaign(
        campaign_id=f"c-{secrets.token_hex(6)}",
        created_at=desk.rooms.clock.now(),
        waves=waves,
        name=wanted.name,
        image=wanted.image,
        location=wanted.location,
        version=wanted.version or (None if image is None else image.version or None),
        signed=wanted.signed,
        install_at=wanted.install_date_time,
        base_url=base_of(desk, request),
        concurrency=wanted.concurrency,
        windows=tuple(window.window() for window in wanted.windows),
        time_zone=wanted.time_zone,
        failure_percent=wanted.failure_percent,
        retries=wanted.retries,
        retry_wait=wanted.retry_wait,
        patience=wanted.patience,
    )
    name = campaign.campaign_id
    members = [MEMBERS.put(name, one.station, one) for one in members_of(stations, waves)]
    await desk.rooms.journal.append(*members, CAMPAIGNS.put("", name, campaign))
    return await _whole(desk, campaign)


@router.get("", dependencies=[READ], responses=READS, summary="List campaigns")
async def campaigns(desk: TheDesk, limit: Limit = 100, after: After = None) -> PageOf[CampaignSummary]:
    """All campaigns, by id."""
    found = await desk.store.records(CAMPAIGNS, "", Page(limit=limit, after=after))
    cursor = cursor_of("", found[-1].campaign_id) if found else ""
    made = page_of([CampaignSummary.of(one) for one in found], limit, cursor)
    return PageOf[CampaignSummary].model_construct(**made)


@router.get("/{campaign}", dependencies=[READ], responses=READS | problems(404), summary="Read a campaign")
async def read(desk: TheDesk, campaign: CampaignId) -> CampaignResource:
    """A campaign with the progress of every station."""
    return await _whole(desk, await _named(desk, campaign))


async def _named(desk: Desk, name: str) -> Campaign:
    found = await desk.store.record(CAMPAIGNS, "", name)
    if found is None:
        raise not_found(f"There is no campaign {name!r}.", "GET /firmware-campaigns lists what there is.")
    return found


_FROM: Final = {
    CampaignState.PAUSED: {CampaignState.RUNNING, CampaignState.PAUSED},
    CampaignState.RUNNING: {CampaignState.PAUSED, CampaignState.RUNNING},
    CampaignState.CANCELED: {CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.CANCELED},
}


async def _come_to(desk: Desk, name: str, state: CampaignState) -> CampaignResource:
    await _named(desk, name)
    now = desk.rooms.clock.now()

    def change(there: Campaign | None) -> Campaign | None:
        if there is None or there.state not in _FROM[state] or there.state is state:
            return there
        return changed(there, state=state, ended_at=now if state is CampaignState.CANCELED else None)

    amended: Amended = await desk.write(CAMPAIGNS.amend("", name, change))
    if amended.after is None or amended.after.state is not state:
        raise conflict(f"The campaign {name} is {amended.after.state}.", "Start another one for what is left to do.")
    return await _whole(desk, amended.after)


_CHANGES = READS | problems(404, 409)


@router.post("/{campaign}/pause", dependencies=[COMMAND], responses=_CHANGES, summary="Pause a campaign")
async def pause(desk: TheDesk, campaign: CampaignId) -> CampaignResource:
    """Ask no more stations for now; those that were asked go on."""
    return await _come_to(desk, campaign, CampaignState.PAUSED)


@router.post("/{campaign}/resume", dependencies=[COMMAND], responses=_CHANGES, summary="Resume a campaign")
async def resume(desk: TheDesk, campaign: CampaignId) -> CampaignResource:
    """Go on asking."""
    return await _come_to(desk, campaign, CampaignState.RUNNING)


@router.post("/{campaign}/cancel", dependencies=[COMMAND], responses=_CHANGES, summary="Cancel a campaign")
async def cancel(desk: TheDesk, campaign: CampaignId) -> CampaignResource:
    """Ask no more stations, for good; those that were asked go on, because OCPP has no way to call an update back."""
    return await _come_to(desk, campaign, CampaignState.CANCELED)
