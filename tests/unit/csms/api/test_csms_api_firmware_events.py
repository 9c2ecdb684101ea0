"""Live events of firmware: statuses and campaigns."""

from __future__ import annotations

import json
from typing import Any

from pilotwire.csms.api.events import QUIET, EventType, Selection
from pilotwire.csms.registers.firmware import STATUSES, ReportedStatus
from pilotwire.csms.registers.firmware_campaigns import CAMPAIGNS, MEMBERS
from pilotwire.csms.store.ports import Amended
from pilotwire.domain.firmware_campaigns import Campaign, CampaignState, Member, asked
from pilotwire.domain.kinds import changed
from tests.support.api_rooms import NOON

CAMPAIGN = Campaign(campaign_id="c", created_at=NOON, waves=(1,), location="ftp://x/a.bin")


def told(operation: Any, result: Any, *, station: str | None = None) -> tuple[str, Any] | None:
    """The type and the data of the event of an operation."""
    chunk = Selection(QUIET, station, ()).told((operation, result))
    if chunk is None:
        return None
    kind, data = chunk.decode().strip().split("\n")
    return kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_a_status_is_told() -> None:
    """With its station, to those who want it."""
    keep = STATUSES.keep("CS-1", NOON, ReportedStatus(status="Downloading", request_id=7), key="7")
    kind, data = told(keep, 3) or ("", {})
    assert (kind, data["station"]) == (EventType.FIRMWARE_STATUS, "CS-1")
    assert (data["firmwareStatus"]["status"], data["firmwareStatus"]["number"]) == ("Downloading", 3)
    assert told(keep, 3, station="CS-2") is None


def test_a_campaign_is_told_when_it_changes() -> None:
    """And not when it does not."""
    paused = changed(CAMPAIGN, state=CampaignState.PAUSED)
    put = CAMPAIGNS.put("", "c", paused)
    kind, data = told(put, Amended(before=CAMPAIGN, after=paused)) or ("", {})
    assert (kind, data["campaignId"], data["campaign"]["state"]) == (EventType.CAMPAIGN, "c", "Paused")
    assert told(put, Amended(before=paused, after=paused)) is None


def test_a_station_of_a_campaign_is_told_when_it_comes_further() -> None:
    """To those who watch that station, too; not when it is put on the list."""
    waiting = Member(station="CS-1", wave=0)
    put = MEMBERS.put("c", "CS-1", waiting)
    assert told(put, Amended(before=None, after=waiting)) is None
    kind, data = told(put, Amended(before=waiting, after=asked(waiting, 7, NOON)), station="CS-1") or ("", {})
    assert (kind, data["campaignId"], data["member"]["state"]) == (EventType.CAMPAIGN, "c", "Asked")
