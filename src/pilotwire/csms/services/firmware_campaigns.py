"""Runs firmware campaigns: asks whom the plan names, and keeps what becomes of them.

Everything decided is on record before it is done, so that a restart goes on where it was: a station that may have been asked counts as
asked. This is the only writer of members; the API writes campaigns, and both change a campaign only from the state they saw.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from pilotwire.csms.commands.bus import AnswerUnusable, CommandRefused, CommandTimedOut
from pilotwire.csms.commands.firmware import Source, Tools, WantedUpdate, new_request_id, update
from pilotwire.csms.registers.firmware import IMAGES, UPDATES, FirmwareUpdate, update_key
from pilotwire.csms.registers.firmware_campaigns import CAMPAIGNS, MEMBERS
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.firmware import ACCEPTING
from pilotwire.domain.firmware_campaigns import (
    UNFINISHED,
    Campaign,
    CampaignState,
    Member,
    MemberState,
    Seen,
    asked,
    attempt_failed,
    judged,
    plan,
    succeeded,
    unasked,
)
from pilotwire.domain.kinds import changed
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.errors import NotReachable, NotSayable, PilotwireError, StoreError

_LOG = structlog.get_logger("pilotwire.csms.firmware_campaigns")
LOOK_EVERY: Final = 1.0
"""Seconds between two looks at all campaigns."""
_AGAIN: Final = timedelta(seconds=30)
"""How long a station is left alone to which nothing could be sent although it is connected."""
_PAGE: Final = 500


class FirmwareCampaigns:
    """The service; see the module."""

    name = "firmware campaigns"

    def __init__(self, parts: Parts, *, every: float = LOOK_EVERY) -> None:
        self._parts = parts
        self._tools = Tools(parts.commander, parts.journal, parts.store, parts.clock)
        self._every = every
        self._members: dict[str, dict[str, Member]] = {}
        self._sending: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Look at every campaign again and again, until cancelled. Begins with what is on record."""
        self._members, self._sending = {}, set()
        async with asyncio.TaskGroup() as sending:
            while True:
                await self.look(lambda work: sending.create_task(work))
                await pause(self._parts.clock, self._every, look=0.1)

    async def look(self, begin: Callable[..., object]) -> None:
        """Judge and plan every running campaign once; `begin` is handed what takes its time."""
        for campaign in await self._campaigns():
            members = await self._loaded(campaign)
            await self._judge(campaign, members)
            if campaign.state is CampaignState.RUNNING:
                await self._plan(campaign, members, begin)

    async def _campaigns(self) -> list[Campaign]:
        """Those with something to look at; paused ones, too, have stations that finish."""
        found: list[Campaign] = []
        page = Page(limit=_PAGE)
        while campaigns := await self._parts.store.records(CAMPAIGNS, "", page):
            found += campaigns
            page = changed(page, after=cursor_of("", campaigns[-1].campaign_id))
        live = [each for each in found if each.state in UNFINISHED or self._has_asked(each)]
        for gone in self._members.keys() - {each.campaign_id for each in live}:
            del self._members[gone]
        return live

    def _has_asked(self, campaign: Campaign) -> bool:
        """Whether a campaign that was stopped or cancelled still has stations that were asked."""
        if campaign.state is CampaignState.COMPLETED:
            return False
        members = self._members.get(campaign.campaign_id)
        return members is None or any(one.state is MemberState.ASKED for one in members.values())

    async def _loaded(self, campaign: Campaign) -> dict[str, Member]:
        name = campaign.campaign_id
        if name not in self._members:
            found: dict[str, Member] = {}
            page = Page(limit=_PAGE)
            while members := await self._parts.store.records(MEMBERS, name, page):
                found |= {one.station: one for one in members}
                page = changed(page, after=cursor_of(name, members[-1].station))
            self._members[name] = found
        return self._members[name]

    async def _put(self, campaign: Campaign, member: Member) -> None:
        await self._parts.journal.append(MEMBERS.put(campaign.campaign_id, member.station, member))
        self._members[campaign.campaign_id][member.station] = member

    # --- what became of those who were asked ---------------------------------------------------------------------------

    async def _judge(self, campaign: Campaign, members: Mapping[str, Member]) -> None:
        for member in [one for one in members.values() if one.state is MemberState.ASKED]:
            if (campaign.campaign_id, member.station) in self._sending:
                continue
            after = judged(campaign, member, await self._seen(member), self._parts.clock.now())
            if after != member:
                await self._put(campaign, after)

    async def _seen(self, member: Member) -> Seen:
        store, request_id = self._parts.store, member.request_id
        known = None if request_id is None else await store.record(UPDATES, member.station, update_key(request_id))
        station = await store.station(member.station)
        runs = None if station is None or station.identity is None else station.identity.firmware_version
        return Seen(
            status=None if known is None else known.status,
            failure="" if known is None or known.ended_at is None else known.what,
            version=runs,
            booted_at=None if station is None else station.last_boot_at,
        )

    # --- who is asked next ---------------------------------------------------------------------------------------------

    async def _plan(self, campaign: Campaign, members: Mapping[str, Member], begin: Callable[..., object]) -> None:
        now = self._parts.clock.now()
        connected = {
            each.station
            for each in self._parts.commander.bus.connected()
            if each.standing is RegistrationStatus.ACCEPTED
        }
        busy = await self._busy({name for name, one in members.items() if not one.has_ended} & connected, campaign)
        order = [members[name] for name in sorted(members)]
        planned = plan(campaign, order, now, connected=connected, busy=busy)
        if planned.state is not None:
            await self._come_to(campaign, planned.state, planned.reason)
        for station in planned.ask:
            member = members[station]
            if await self._runs_it(campaign, member):
                await self._put(campaign, succeeded(member, "It ran this version already.", now))
                continue
            if not await self._parts.commander.unsolicited(station):
                quiet = changed(member, not_before=now + _AGAIN, what="It is to be left quiet.")
                await self._put(campaign, quiet)
                continue
            request_id = await new_request_id(self._tools)
            await self._put(campaign, asked(member, request_id, now))
            self._sending.add((campaign.campaign_id, station))
            begin(self._ask(campaign, station, request_id))

    async def _busy(self, names: set[str], campaign: Campaign) -> set[str]:
        """Stations with an update of somebody else that may still go on. One that nobody heard of for a day counts for nothing."""
        busy = set()
        old = self._parts.clock.now() - timedelta(seconds=campaign.patience)
        for name in names:
            newest = await self._parts.store.records(UPDATES, name, Page(limit=1))
            if any(self._is_elsewhere(each, campaign) and each.asked_at > old for each in newest):
                busy.add(name)
        return busy | {station for own, station in self._sending if own != campaign.campaign_id}

    @staticmethod
    def _is_elsewhere(update_: FirmwareUpdate, campaign: Campaign) -> bool:
        return update_.ended_at is None and update_.campaign != campaign.campaign_id

    async def _runs_it(self, campaign: Campaign, member: Member) -> bool:
        if campaign.version is None:
            return False
        station = await self._parts.store.station(member.station)
        identity = None if station is None else station.identity
        return identity is not None and identity.firmware_version == campaign.version

    async def _come_to(self, campaign: Campaign, state: CampaignState, reason: str) -> None:
        now = self._parts.clock.now()

        def change(there: Campaign | None) -> Campaign | None:
            if there is None or there.state is not CampaignState.RUNNING:
                return there
            return changed(there, state=state, reason=reason, ended_at=now)

        await self._parts.journal.append(CAMPAIGNS.amend("", campaign.campaign_id, change))
        _LOG.info("a firmware campaign ended", campaign=campaign.campaign_id, state=state, reason=reason)

    async def _ask(self, campaign: Campaign, station: str, request_id: int) -> None:
        """Send the update of a member that is on record as asked, and keep what the station answered."""
        member = self._members[campaign.campaign_id][station]
        try:
            after = await self._answered(campaign, member, request_id)
            if after is not member:
                await self._put(campaign, after)
        except StoreError as error:  # the record says asked: nobody is asked twice, and patience ends it
            _LOG.error("the answer of a station could not be kept", station=station, error=str(error))
        finally:
            self._sending.discard((campaign.campaign_id, station))

    async def _answered(self, campaign: Campaign, member: Member, request_id: int) -> Member:
        failed = partial(attempt_failed, campaign, member)
        clock = self._parts.clock
        try:
            wanted = await self._wanted(campaign)
            done = await update(self._tools, member.station, wanted, request_id=request_id)
        except (CommandTimedOut, StoreError):
            return member  # it may have been taken: its statuses will tell
        except NotReachable as error:
            return unasked(member, error.what, clock.now())
        except (CommandRefused, AnswerUnusable) as error:
            return failed(error.what, clock.now())
        except NotSayable as error:
            return failed(str(error), clock.now(), for_good=True)
        except PilotwireError as error:  # not permitted now, or the image is gone
            return unasked(member, error.what, clock.now() + _AGAIN)
        if done.answer in ACCEPTING:
            return member
        return failed(done.what, clock.now())

    async def _wanted(self, campaign: Campaign) -> WantedUpdate:
        image = None if campaign.image is None else await self._parts.store.record(IMAGES, "", campaign.image)
        if campaign.image is not None and image is None:
            raise PilotwireError(f"The image {campaign.image!r} has been removed.", "Upload it again.")
        source = Source(image=image, base_url=campaign.base_url, location=campaign.location, signed=campaign.signed)
        return WantedUpdate(
            source=source, install_at=campaign.install_at, version=campaign.version, campaign=campaign.campaign_id
        )
