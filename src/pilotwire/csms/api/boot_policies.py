"""What a station is told when it boots: intervals of its own, and why it is kept Pending (B01, B02)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import READ, WRITE
from pilotwire.csms.api.problems import READS, WRITES
from pilotwire.csms.api.resource import Positive, Resource, StationIdentity, Time
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.registers.templates import BOOT_POLICIES, HELD, BootPolicy

router = APIRouter(prefix="/stations/{station}/boot-policy", tags=["stations"])
Seconds = Annotated[Positive, Field(le=86_400)]


class BootPolicyRecord(Resource):
    """Intervals of this station, in seconds; null: those of its templates, else of the CSMS."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"heartbeatInterval": 900, "retryInterval": 30}]})

    heartbeat_interval: Seconds | None = None
    retry_interval: Seconds | None = None


class HeldResource(Resource):
    """The station was answered Pending because it must have these templates first."""

    templates: list[str]
    timestamp: Time


class BootPolicyResource(BootPolicyRecord):
    """The policy, and `held` if the station waits for templates."""

    held: HeldResource | None


@router.get("", dependencies=[READ], responses=READS, summary="What a station is told when it boots")
async def get_boot_policy(desk: TheDesk, station: StationIdentity) -> BootPolicyResource:
    """The station's own intervals, and whether it waits for templates."""
    policy = await desk.store.record(BOOT_POLICIES, station, "") or BootPolicy()
    held = await desk.store.record(HELD, station, "")
    return BootPolicyResource(
        heartbeat_interval=policy.heartbeat_interval,
        retry_interval=policy.retry_interval,
        held=None if held is None else HeldResource(templates=list(held.templates), timestamp=held.at),
    )


@router.put("", dependencies=[WRITE], responses=WRITES, summary="Set what a station is told when it boots")
async def put_boot_policy(desk: TheDesk, station: StationIdentity, wanted: BootPolicyRecord) -> BootPolicyResource:
    """Set the station's own intervals, from its next boot on; it need not be on record yet."""
    policy = BootPolicy(heartbeat_interval=wanted.heartbeat_interval, retry_interval=wanted.retry_interval)
    await desk.write(BOOT_POLICIES.put(station, "", policy))
    return await get_boot_policy(desk, station)


@router.delete(
    "",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    dependencies=[WRITE],
    responses=READS,
    summary="Leave a station to the intervals of all",
)
async def delete_boot_policy(desk: TheDesk, station: StationIdentity) -> None:
    """Take the station's own intervals off record; there need not be any."""
    await desk.write(BOOT_POLICIES.remove(station, ""))
