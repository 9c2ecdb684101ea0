"""Campaigns: one firmware for many stations, a wave after the other. Decides who is asked next, and what became of those who were.

Nothing here is in the standard. A campaign asks at most so many stations at a time, only while its windows are open, and a wave begins
when the one before has ended: that is, when nobody in it is being updated, or waits for another attempt, or waits though it is
connected, and at least one has ended. So a station that is offline holds up nobody, and is asked when it comes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pilotwire.domain.firmware import FAILURES, FirmwareStatus
from pilotwire.domain.kinds import Value, changed


class CampaignState(StrEnum):
    """Paused ones go on when resumed; the last three are ends. STOPPED: too many failed."""

    RUNNING = "Running"
    PAUSED = "Paused"
    STOPPED = "Stopped"
    CANCELED = "Canceled"
    COMPLETED = "Completed"


UNFINISHED = frozenset({CampaignState.RUNNING, CampaignState.PAUSED})


class DayWindow(Value):
    """When stations may be asked, in minutes of the day; `ends` at or before `begins` is on the next day. Days count from Monday, 0.

    No `weekdays` means every day; a window belongs to the day it begins on.
    """

    begins: int
    ends: int
    weekdays: tuple[int, ...] = ()


class Campaign(Value):
    """What is rolled out, to how many, and under which conditions. Times in seconds.

    `waves` are the sizes of all waves. `version` is what an updated station says it runs (None: not known). `failure_percent`: more
    failed stations of any one wave stop the campaign. `retries` is how often a station is asked again after `retry_wait`; `patience` how
    long an update may take. `retrieve_at` and `install_at` None: at once. `base_url` is where stations fetch `image`.
    """

    campaign_id: str
    created_at: datetime
    waves: tuple[int, ...]
    name: str = ""
    image: str | None = None
    location: str | None = None
    version: str | None = None
    signed: bool | None = None
    install_at: datetime | None = None
    base_url: str = ""
    concurrency: int = 10
    windows: tuple[DayWindow, ...] = ()
    time_zone: str = "UTC"
    failure_percent: int | None = None
    retries: int = 0
    retry_wait: int = 600
    patience: int = 86_400
    state: CampaignState = CampaignState.RUNNING
    reason: str = ""
    ended_at: datetime | None = None


class MemberState(StrEnum):
    """Where a station of a campaign is."""

    WAITING = "Waiting"
    ASKED = "Asked"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class Member(Value):
    """A station of a campaign. `attempts` is how often it was asked; `what` says why it failed or has to wait."""

    station: str
    wave: int
    state: MemberState = MemberState.WAITING
    attempts: int = 0
    request_id: int | None = None
    asked_at: datetime | None = None
    not_before: datetime | None = None
    ended_at: datetime | None = None
    status: FirmwareStatus | None = None
    what: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether there is nothing more to do for it."""
        return self.state in (MemberState.SUCCEEDED, MemberState.FAILED)


class Plan(Value):
    """What is to be done now: whom to ask, or the state the campaign comes to (with the reason)."""

    ask: tuple[str, ...] = ()
    state: CampaignState | None = None
    reason: str = ""


class Seen(Value):
    """What is known of an asked station: the status of its update, why there will be none (`failure`), what it runs and when it booted."""

    status: FirmwareStatus | None = None
    failure: str = ""
    version: str | None = None
    booted_at: datetime | None = None


def wave_sizes(count: int, wanted: Sequence[int]) -> tuple[int, ...]:
    """The sizes of the waves of so many stations: as wanted, the last size again and again until all have their place."""
    sizes: list[int] = []
    left = count
    while left > 0:
        size = min(left, wanted[min(len(sizes), len(wanted) - 1)]) if wanted else left
        sizes.append(size)
        left -= size
    return tuple(sizes)


def members_of(stations: Iterable[str], waves: Sequence[int]) -> tuple[Member, ...]:
    """The stations in their waves, in the order given."""
    places = [wave for wave, size in enumerate(waves) for _ in range(size)]
    return tuple(Member(station=station, wave=wave) for station, wave in zip(stations, places, strict=True))


def is_open(windows: Sequence[DayWindow], time_zone: str, now: datetime) -> bool:
    """Whether stations may be asked now; without windows, always."""
    local = now.astimezone(ZoneInfo(time_zone))
    minute, today = local.hour * 60 + local.minute, local.weekday()
    return not windows or any(_holds(window, minute, today) for window in windows)


def _holds(window: DayWindow, minute: int, today: int) -> bool:
    begun_today = not window.weekdays or today in window.weekdays
    if window.begins < window.ends:
        return begun_today and window.begins <= minute < window.ends
    begun_yesterday = not window.weekdays or (today - 1) % 7 in window.weekdays
    return (begun_today and minute >= window.begins) or (begun_yesterday and minute < window.ends)


def plan(
    campaign: Campaign,
    members: Sequence[Member],
    now: datetime,
    *,
    connected: Collection[str],
    busy: Collection[str] = (),
) -> Plan:
    """What a campaign does next. `busy` stations are being updated for somebody else and are left alone."""
    if campaign.state is not CampaignState.RUNNING:
        return Plan()
    if all(member.has_ended for member in members):
        return Plan(state=CampaignState.COMPLETED)
    if reason := too_many_failed(campaign, members):
        return Plan(state=CampaignState.STOPPED, reason=reason)
    if not is_open(campaign.windows, campaign.time_zone, now):
        return Plan()
    room = campaign.concurrency - sum(member.state is MemberState.ASKED for member in members)
    wave = open_wave(members, connected)
    ready = (
        member
        for member in members
        if member.wave <= wave and _is_ready(member, now) and member.station in connected and member.station not in busy
    )
    return Plan(ask=tuple(member.station for member in sorted(ready, key=lambda one: one.wave)[: max(room, 0)]))


def _is_ready(member: Member, now: datetime) -> bool:
    return member.state is MemberState.WAITING and (member.not_before is None or member.not_before <= now)


def open_wave(members: Sequence[Member], connected: Collection[str]) -> int:
    """The newest wave that may be asked: the newest that was, or the one behind it if that and all before it have ended.

    Stations that were never there hold up nobody; one of an earlier wave that comes back is updated before the next wave begins.
    """
    newest = max((member.wave for member in members if member.attempts), default=0)
    left = [member for member in members if member.wave <= newest and not member.has_ended]
    held = any(member.attempts or member.station in connected for member in left)
    untouched = all(not member.has_ended for member in members if member.wave == newest)
    return newest if held or untouched else newest + 1


def too_many_failed(campaign: Campaign, members: Sequence[Member]) -> str:
    """The sentence that says so, "" if it is not so."""
    if campaign.failure_percent is None:
        return ""
    for wave, size in enumerate(campaign.waves):
        failed = sum(member.wave == wave and member.state is MemberState.FAILED for member in members)
        if failed * 100 > campaign.failure_percent * size:
            most = f"more than {campaign.failure_percent} %"
            return f"{failed} of the {size} stations of wave {wave + 1} failed: {most}."
    return ""


def asked(member: Member, request_id: int, now: datetime) -> Member:
    """The station is asked now."""
    return changed(
        member,
        state=MemberState.ASKED,
        attempts=member.attempts + 1,
        request_id=request_id,
        asked_at=now,
        not_before=None,
        status=None,
        what="",
    )


def unasked(member: Member, what: str, until: datetime) -> Member:
    """Nothing was sent after all: the attempt does not count, and there is none before `until`."""
    return changed(
        member,
        state=MemberState.WAITING,
        attempts=member.attempts - 1,
        request_id=None,
        asked_at=None,
        not_before=until,
        what=what,
    )


def succeeded(member: Member, what: str, now: datetime) -> Member:
    """The station runs the firmware."""
    return changed(member, state=MemberState.SUCCEEDED, ended_at=now, what=what)


def attempt_failed(campaign: Campaign, member: Member, what: str, now: datetime, *, for_good: bool = False) -> Member:
    """An attempt failed: there is another later, unless this was the last or no other can do better."""
    if for_good or member.attempts > campaign.retries:
        return changed(member, state=MemberState.FAILED, ended_at=now, what=what)
    return changed(
        member, state=MemberState.WAITING, not_before=now + timedelta(seconds=campaign.retry_wait), what=what
    )


def judged(campaign: Campaign, member: Member, seen: Seen, now: datetime) -> Member:
    """What has become of an asked station: Installed and a boot with the wanted version count as success."""
    asked_at = member.asked_at
    if member.state is not MemberState.ASKED or asked_at is None:
        return member
    if seen.status is not member.status:
        member = changed(member, status=seen.status)
    if seen.status is FirmwareStatus.INSTALLED:
        return succeeded(member, "", now)
    booted = seen.booted_at is not None and seen.booted_at >= asked_at
    if booted and campaign.version is not None and seen.version == campaign.version:
        return succeeded(member, "It booted with this version.", now)
    if seen.failure or seen.status in FAILURES:
        return attempt_failed(campaign, member, seen.failure or f"The station reported {seen.status}.", now)
    if now >= asked_at + timedelta(seconds=campaign.patience):
        return attempt_failed(campaign, member, f"It did not finish within {campaign.patience} seconds.", now)
    return member
