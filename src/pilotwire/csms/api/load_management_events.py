"""Live events of managed sites: how they stand, and that limits are exceeded, or hold again."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pilotwire.csms.api.load_management_values import EvseStateResource, FeederStateResource
from pilotwire.csms.api.resource import Resource, Time
from pilotwire.csms.registers.load_management import SiteAlarm, SiteState
from pilotwire.csms.store.ports import Amended
from pilotwire.domain.kinds import changed


class SiteStateEvent(Resource):
    """`site-state`: a managed site stands differently, told at most once a second. `evses` are only those that are new or different."""

    site: str
    at: Time
    flows: list[FeederStateResource]
    evses: list[EvseStateResource]
    broken: list[str]


class SiteLimitsEvent(Resource):
    """`site-limits`: which limits of a site no share can keep has changed: base load and the most that EVSEs out of reach may take exceed
    them, or do no more."""

    site: str
    at: Time
    exceeded: list[str] = Field(description="Which; none: all hold again.", examples=[["grid: 63 A on L1"]])


def state_event(_: Any, amended: Any) -> tuple[str, Resource] | None:
    """What is told of a site's state; it is of no station."""
    if not isinstance(amended, Amended) or not isinstance(amended.after, SiteState):
        return None
    before, after = amended.before, amended.after
    if isinstance(before, SiteState) and changed(before, at=after.at) == after:
        return None
    stood = () if before is None else before.evses
    known = {(each.station, each.evse_id): each for each in stood}
    news = [each for each in after.evses if known.get((each.station, each.evse_id)) != each]
    data = SiteStateEvent.model_construct(
        site=after.site,
        at=after.at,
        flows=[FeederStateResource.of(each) for each in after.flows],
        evses=[EvseStateResource.of(each) for each in news],
        broken=list(after.broken),
    )
    return "", data


def limits_event(_: Any, amended: Any) -> tuple[str, Resource] | None:
    """What is told of limits that are exceeded now, or no more; it is of no station."""
    if not isinstance(amended, Amended) or not isinstance(amended.after, SiteAlarm) or amended.before == amended.after:
        return None
    alarm = amended.after
    return "", SiteLimitsEvent.model_construct(site=alarm.site, at=alarm.at, exceeded=list(alarm.limits))
