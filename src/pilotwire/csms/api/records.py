"""What the CSMS keeps of what happened: findings, security events. Newest first. The shape of a message of the log is here as well."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from pilotwire.csms.api.access import READ
from pilotwire.csms.api.problems import READS
from pilotwire.csms.api.resource import Limit, Resource, StationFilter, Time
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.store.ports import Direction, LoggedFrame, StoredSecurityEvent
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.security import CRITICAL_SECURITY_EVENTS

router = APIRouter(dependencies=[READ])


class MessageResource(Resource):
    """A frame as it was on the wire. `direction` is seen from the CSMS; `number` rises with the order of logging."""

    number: int | None
    station: str
    timestamp: Time
    direction: Direction
    message_id: str
    action: str
    frame: str = Field(description="The raw text.", examples=['[2,"19223201","Heartbeat",{}]'])

    @classmethod
    def of(cls, frame: LoggedFrame) -> MessageResource:
        """The resource of a logged frame."""
        return cls(
            number=frame.number,
            station=frame.station,
            timestamp=frame.at,
            direction=frame.direction,
            message_id=frame.message_id,
            action=frame.action,
            frame=frame.frame,
        )


class FindingResource(Resource):
    """A departure from the standards. `rule` is the requirement or a stable short name, `path` the place in the message."""

    station: str
    timestamp: Time
    rule: str
    severity: Severity
    what: str
    path: str
    action: str
    message_id: str

    @classmethod
    def of(cls, finding: Finding) -> FindingResource:
        """The resource of a finding."""
        return cls(
            station=finding.station,
            timestamp=finding.at,
            rule=finding.rule,
            severity=finding.severity,
            what=finding.what,
            path=finding.path,
            action=finding.action,
            message_id=finding.message_id,
        )


class SecurityEventResource(Resource):
    """A security event of a station (A04). `critical` by the standards' list."""

    station: str
    type: str
    timestamp: Time
    received_at: Time
    tech_info: str | None
    critical: bool

    @classmethod
    def of(cls, stored: StoredSecurityEvent) -> SecurityEventResource:
        """The resource of a security event."""
        return cls(
            station=stored.station,
            type=stored.event.type,
            timestamp=stored.event.at,
            received_at=stored.received_at,
            tech_info=stored.event.tech_info,
            critical=stored.event.type in CRITICAL_SECURITY_EVENTS,
        )


@router.get("/findings", tags=["findings"], responses=READS, summary="List findings")
async def list_findings(desk: TheDesk, station: StationFilter = None, limit: Limit = 100) -> list[FindingResource]:
    """Departures from the standards, newest first."""
    return [FindingResource.of(each) for each in await desk.store.findings(station, limit=limit)]


@router.get("/security-events", tags=["security events"], responses=READS, summary="List security events")
async def list_security_events(
    desk: TheDesk, station: StationFilter = None, limit: Limit = 100
) -> list[SecurityEventResource]:
    """Security events, newest first."""
    return [SecurityEventResource.of(each) for each in await desk.store.security_events(station, limit=limit)]
