"""Open connections."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from pilotwire.csms.api.access import READ
from pilotwire.csms.api.problems import READS
from pilotwire.csms.api.resource import Resource, Time
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.commands import ConnectedStation
from pilotwire.domain.provisioning import RegistrationStatus

router = APIRouter(prefix="/connections", tags=["connections"], dependencies=[READ])


class ConnectionResource(Resource):
    """An open connection. `standing` is what the station was last told of its registration; null: it has never booted."""

    station: str
    version: str
    since: Time
    last_seen_at: Time
    standing: RegistrationStatus | None
    remote: str
    transport: str = Field(description="OCPP-J (WebSocket), or OCPP-S (SOAP) with the version of its service.")

    @classmethod
    def of(cls, connected: ConnectedStation) -> ConnectionResource:
        """The resource of a connection."""
        return cls(
            station=connected.station,
            version=connected.version,
            since=connected.since,
            last_seen_at=connected.last_seen_at,
            standing=connected.standing,
            remote=connected.remote,
            transport=connected.transport,
        )


@router.get("", responses=READS, summary="List open connections")
async def list_connections(desk: TheDesk) -> list[ConnectionResource]:
    """All stations with an open connection, by identity."""
    return [ConnectionResource.of(each) for each in desk.bus.connected()]
