"""The service that runs campaigns, look by look, on a clock that a test moves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pilotwire.csms.commands import CommandRefused, CommandTimedOut, NotPermitted
from pilotwire.csms.registers.firmware import IMAGES, UPDATES, FirmwareUpdate, Image, update_key
from pilotwire.csms.registers.firmware_campaigns import CAMPAIGNS, MEMBERS
from pilotwire.csms.services import Parts
from pilotwire.csms.services.firmware_campaigns import FirmwareCampaigns
from pilotwire.csms.store.ports import RecordBoot
from pilotwire.domain.firmware import FirmwareStatus, UpdateFirmware, UpdateFirmwareOutcome, UpdateFirmwareStatus
from pilotwire.domain.firmware_campaigns import (
    Campaign,
    CampaignState,
    DayWindow,
    Member,
    MemberState,
    members_of,
    wave_sizes,
)
from pilotwire.domain.identity import StationIdentity
from pilotwire.domain.kinds import changed
from pilotwire.errors import NotReachable, NotSayable
from tests.support.api_rooms import NOON, ApiRooms

ACCEPTED = UpdateFirmwareOutcome(status=UpdateFirmwareStatus.ACCEPTED)
IMAGE = Image(name="a.bin", size=1, sha256="0" * 64, md5="0" * 32, uploaded_at=NOON, version="2")


class Yard:
    """A CSMS of fake stations with one campaign; `look` is what the service does once a second."""

    def __init__(self) -> None:
        self.rooms = ApiRooms()
        self.rooms.bus.answers[UpdateFirmware] = ACCEPTED
        self.service = self.new()

    def new(self) -> FirmwareCampaigns:
        """A service as after a start."""
        rooms = self.rooms
        return FirmwareCampaigns(Parts(rooms.journal, rooms.store, rooms.commander, rooms.clock, rooms.settings))

    async def begin(self, *stations: str, waves: tuple[int, ...] = (), connected: bool = True, **more: Any) -> None:
        """A campaign, with all stations connected."""
        sizes = wave_sizes(len(stations), waves)
        made = {"image": "a.bin", "version": "2", "base_url": "http://csms", "patience": 3600} | more
        campaign = Campaign(campaign_id="c", created_at=NOON, waves=sizes, **made)
        puts = [MEMBERS.put("c", one.station, one) for one in members_of(stations, sizes)]
        await self.rooms.keep(IMAGES.put("", "a.bin", IMAGE), *puts, CAMPAIGNS.put("", "c", campaign))
        for station in stations if connected else ():
            self.rooms.bus.connect(station)

    async def look(self) -> None:
        """Once, and all that was begun is done."""
        begun: list[asyncio.Task[None]] = []
        await self.service.look(lambda work: begun.append(asyncio.create_task(work)))
        await asyncio.gather(*begun)

    async def member(self, station: str) -> Member:
        found = await self.rooms.store.record(MEMBERS, "c", station)
        assert found is not None
        return found

    async def campaign(self) -> Campaign:
        found = await self.rooms.store.record(CAMPAIGNS, "", "c")
        assert found is not None
        return found

    async def reports(self, station: str, status: FirmwareStatus) -> None:
        """The station's update comes to a status."""
        key = update_key((await self.member(station)).request_id or 0)
        await self.rooms.keep(UPDATES.amend(station, key, lambda there: changed(there, status=status)))

    async def boots(self, station: str, version: str) -> None:
        """The station boots."""
        identity = StationIdentity(vendor="V", model="M", firmware_version=version)
        await self.rooms.keep(RecordBoot(station=station, identity=identity, reason=None, at=self.rooms.clock.now()))

    @property
    def told(self) -> list[str]:
        """Who was told to update, in that order."""
        return [station for station, command in self.rooms.bus.commands if isinstance(command, UpdateFirmware)]


async def test_from_wave_to_wave_to_the_end() -> None:
    """Installed and a boot with the wanted version count alike; everybody gets an address of their own."""
    yard = Yard()
    await yard.begin("A", "B", "C", waves=(2, 1))
    await yard.look()
    await yard.look()
    assert yard.told == ["A", "B"]
    commands = [command for _, command in yard.rooms.bus.commands if isinstance(command, UpdateFirmware)]
    assert len({command.location for command in commands}) == 2
    assert all(command.location.startswith("http://csms/firmware/") for command in commands)
    await yard.reports("A", FirmwareStatus.INSTALLED)
    await yard.look()
    assert yard.told == ["A", "B"]
    yard.rooms.clock.advance(60)
    await yard.boots("B", "2")
    await yard.look()
    await yard.look()
    assert yard.told == ["A", "B", "C"]
    await yard.reports("C", FirmwareStatus.INSTALLED)
    await yard.look()
    await yard.look()
    assert (await yard.campaign()).state is CampaignState.COMPLETED
    assert [(await yard.member(one)).state for one in "ABC"] == [MemberState.SUCCEEDED] * 3


async def test_who_runs_it_already_is_not_asked() -> None:
    """And counts as done."""
    yard = Yard()
    await yard.boots("A", "2")
    await yard.begin("A")
    await yard.look()
    assert yard.told == []
    assert (await yard.member("A")).state is MemberState.SUCCEEDED


async def test_stations_offline_wait_and_are_asked_when_they_come() -> None:
    """Not before, and also if they go in the very moment."""
    yard = Yard()
    await yard.begin("A", connected=False)
    await yard.look()
    yard.rooms.bus.connect("A")
    yard.rooms.bus.answers[UpdateFirmware] = NotReachable("it went.")
    await yard.look()
    waiting = await yard.member("A")
    assert (waiting.state, waiting.attempts, waiting.what) == (MemberState.WAITING, 0, "it went.")
    yard.rooms.bus.answers[UpdateFirmware] = ACCEPTED
    await yard.look()
    assert (await yard.member("A")).state is MemberState.ASKED


async def test_outside_of_the_windows_nobody_is_asked() -> None:
    """It is noon; the window is at night."""
    yard = Yard()
    await yard.begin("A", windows=(DayWindow(begins=22 * 60, ends=5 * 60),))
    await yard.look()
    assert yard.told == []
    yard.rooms.clock.advance(10 * 3600)
    await yard.look()
    assert yard.told == ["A"]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (UpdateFirmwareOutcome(status=UpdateFirmwareStatus.INVALID_CERTIFICATE), "InvalidCertificate"),
        (CommandRefused("InternalError", "relay stuck", {}), "relay stuck"),
        (NotSayable("This version cannot."), "cannot"),
    ],
)
async def test_who_says_no_has_failed(answer: Any, says: str) -> None:
    """With the reason."""
    yard = Yard()
    yard.rooms.bus.answers[UpdateFirmware] = answer
    await yard.begin("A")
    await yard.look()
    failed = await yard.member("A")
    assert failed.state is MemberState.FAILED
    assert says in failed.what


async def test_too_many_failures_stop_it() -> None:
    """The rest is not asked."""
    yard = Yard()
    yard.rooms.bus.answers[UpdateFirmware] = CommandRefused("InternalError", "no", {})
    await yard.begin("A", "B", "C", waves=(2, 1), failure_percent=50)
    await yard.look()
    await yard.look()
    stopped = await yard.campaign()
    assert stopped.state is CampaignState.STOPPED
    assert "2 of the 2" in stopped.reason
    assert yard.told == ["A", "B"]


async def test_no_answer_counts_as_asked() -> None:
    """The station may be updating: nobody asks it again before patience ends, and then once more if there are retries."""
    yard = Yard()
    yard.rooms.bus.answers[UpdateFirmware] = CommandTimedOut("too slow.")
    await yard.begin("A", retries=1, retry_wait=0)
    await yard.look()
    await yard.look()
    assert yard.told == ["A"]
    yard.rooms.clock.advance(3600)
    yard.rooms.bus.answers[UpdateFirmware] = ACCEPTED
    await yard.look()
    await yard.look()
    assert yard.told == ["A", "A"]
    await yard.reports("A", FirmwareStatus.INSTALLED)
    await yard.look()
    assert (await yard.member("A")).state is MemberState.SUCCEEDED


async def test_after_a_restart_nobody_is_asked_twice() -> None:
    """What was decided is on record before it is done."""
    yard = Yard()
    await yard.begin("A", "B", waves=(1,))
    await yard.look()
    yard.service = yard.new()
    await yard.look()
    assert yard.told == ["A"]
    await yard.reports("A", FirmwareStatus.INSTALLED)
    yard.service = yard.new()
    await yard.look()
    await yard.look()
    assert yard.told == ["A", "B"]


async def test_a_crash_between_record_and_call_asks_nobody_twice() -> None:
    """Asked on record, and nobody knows whether it was sent."""
    yard = Yard()
    await yard.begin("A")
    await yard.service.look(lambda work: work.close())
    yard.service = yard.new()
    await yard.look()
    assert yard.told == []
    assert (await yard.member("A")).state is MemberState.ASKED


async def test_paused_asks_nobody_and_still_sees_who_finishes() -> None:
    """Resumed it goes on."""
    yard = Yard()
    await yard.begin("A", "B", waves=(1,))
    await yard.look()
    paused = changed(await yard.campaign(), state=CampaignState.PAUSED)
    await yard.rooms.keep(CAMPAIGNS.put("", "c", paused))
    await yard.reports("A", FirmwareStatus.INSTALLED)
    await yard.look()
    await yard.look()
    assert (await yard.member("A")).state is MemberState.SUCCEEDED
    assert yard.told == ["A"]
    await yard.rooms.keep(CAMPAIGNS.put("", "c", changed(paused, state=CampaignState.RUNNING)))
    await yard.look()
    assert yard.told == ["A", "B"]


async def test_a_station_that_updates_for_somebody_else_is_left_alone() -> None:
    """Until that has ended."""
    yard = Yard()
    other = FirmwareUpdate(
        station="A", request_id=7, location="x", asked_at=NOON, retrieve_at=NOON, signed=False, campaign="d"
    )
    await yard.rooms.keep(UPDATES.put("A", update_key(7), other))
    await yard.begin("A")
    await yard.look()
    assert yard.told == []
    await yard.rooms.keep(UPDATES.put("A", update_key(7), changed(other, ended_at=NOON)))
    await yard.look()
    assert yard.told == ["A"]


async def test_a_quiet_station_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """And that is shown."""
    yard = Yard()
    await yard.begin("A")

    async def unsolicited(_station: str) -> bool:
        return False

    monkeypatch.setattr(yard.rooms.commander, "unsolicited", unsolicited)
    await yard.look()
    assert yard.told == []
    assert "quiet" in (await yard.member("A")).what


async def test_what_is_not_permitted_now_is_tried_later() -> None:
    """It does not count as an attempt."""
    yard = Yard()
    yard.rooms.bus.answers[UpdateFirmware] = NotPermitted("it is pending.")
    await yard.begin("A")
    await yard.look()
    waiting = await yard.member("A")
    assert (waiting.state, waiting.attempts) == (MemberState.WAITING, 0)
    await yard.look()
    assert yard.told == ["A"]
    yard.rooms.clock.advance(30)
    yard.rooms.bus.answers[UpdateFirmware] = ACCEPTED
    await yard.look()
    assert yard.told == ["A", "A"]
