"""What live events tell of firmware: statuses as stations report them, and campaigns as they go on."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pilotwire.csms.api.firmware import FirmwareStatusResource
from pilotwire.csms.api.firmware_campaigns import CampaignSummary, MemberResource
from pilotwire.csms.api.resource import Resource
from pilotwire.csms.registers.firmware import ReportedStatus
from pilotwire.csms.store.ports import Amend, Amended, KeepEntry
from pilotwire.csms.store.registers import Entry
from pilotwire.domain.firmware_campaigns import MemberState


class FirmwareStatusEvent(Resource):
    """`firmware-status`: a station reported how far an update or a publication is."""

    station: str
    firmware_status: FirmwareStatusResource


class CampaignEvent(Resource):
    """`campaign`: a campaign began, changed its state or ended (`campaign`), or one of its stations came further (`member`)."""

    campaign_id: str
    campaign: CampaignSummary | None = Field(default=None)
    member: MemberResource | None = Field(default=None)


def status_event(keep: KeepEntry, number: Any) -> tuple[str, Resource]:
    """The station and the event of a status that was kept."""
    entry: Entry[ReportedStatus] = Entry(
        number=number if isinstance(number, int) else 0, station=keep.station, at=keep.at, entry=keep.entry
    )
    resource = FirmwareStatusResource.of(entry)
    return keep.station, FirmwareStatusEvent.model_construct(station=keep.station, firmware_status=resource)


def campaign_event(amend: Amend, amended: Any) -> tuple[str, Resource] | None:
    """The event of a campaign that was changed; it is of no station."""
    if not isinstance(amended, Amended) or amended.after is None or amended.after == amended.before:
        return None
    told = CampaignSummary.of(amended.after)
    return "", CampaignEvent.model_construct(campaign_id=amend.key, campaign=told, member=None)


def member_event(amend: Amend, amended: Any) -> tuple[str, Resource] | None:
    """The station and the event of a member that came further; that it was put on the list is no news."""
    if not isinstance(amended, Amended) or amended.after is None or amended.after == amended.before:
        return None
    if amended.before is None and amended.after.state is MemberState.WAITING:
        return None
    told = MemberResource.of(amended.after)
    return amend.key, CampaignEvent.model_construct(campaign_id=amend.station, campaign=None, member=told)
