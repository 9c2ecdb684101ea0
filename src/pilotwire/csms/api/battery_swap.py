"""Battery swaps (functional block S, 2.1): started, and what was told of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import COMMAND, READ
from pilotwire.csms.api.problems import COMMANDS, READS
from pilotwire.csms.api.resource import (
    IdTokenResource,
    Integer,
    Limit,
    Number,
    PageOf,
    Resource,
    StationIdentity,
    Time,
    page_of,
)
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.commands import battery_swap
from pilotwire.csms.registers.battery_swap import BATTERY_SLOTS, BATTERY_SWAPS, BatterySwapRecord, slot_key
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import Entry, cursor_of
from pilotwire.domain.battery_swap import Battery, BatterySwapEvent, BatterySwapStatus, Slot

router = APIRouter()
_COMMAND: dict[str, Any] = {"tags": ["commands"], "dependencies": [COMMAND], "responses": COMMANDS}
_READ: dict[str, Any] = {"tags": ["battery swap"], "dependencies": [READ], "responses": READS}


class RequestBatterySwapRequest(Resource):
    """Start a swap for a token (S02)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"idToken": {"idToken": "04A1B2C3D4", "type": "ISO14443"}}]}
    )

    id_token: IdTokenResource
    request_id: Integer | None = Field(default=None, description="Chosen here if left out.")


class RequestBatterySwapResponse(Resource):
    """The station's answer. `reasonCode` may be NoBatteryAvailable (S02.FR.04)."""

    status: BatterySwapStatus
    request_id: int = Field(description="The station's events of this swap have it (S02.FR.02).")
    reason_code: str | None


@router.post("/stations/{station}/commands/request-battery-swap", summary="Start a battery swap", **_COMMAND)
async def request_battery_swap(
    desk: TheDesk, station: StationIdentity, wanted: RequestBatterySwapRequest
) -> RequestBatterySwapResponse:
    """Let a station swap batteries for a token. For one that is not authorized nothing is sent: 409 (S02.FR.03)."""
    rooms = desk.rooms
    gate = battery_swap.Gate(desk.store, rooms.clock, rooms.settings.accept_unknown_tokens)
    number, outcome = await battery_swap.request(
        desk.commander, gate, station, wanted.id_token.token(), wanted.request_id
    )
    reason = outcome.reason
    return RequestBatterySwapResponse(
        status=outcome.status, request_id=number, reason_code=None if reason is None else reason.code
    )


class BatteryResource(Resource):
    """A battery; states of charge and health in percent."""

    evse_id: int
    serial_number: str
    so_c: Number
    so_h: Number
    production_date: Time | None
    vendor_info: str | None

    @classmethod
    def of(cls, battery: Battery) -> BatteryResource:
        """The resource of a battery."""
        return cls.model_construct(
            evse_id=battery.evse_id,
            serial_number=battery.serial_number,
            so_c=battery.soc,
            so_h=battery.soh,
            production_date=battery.production_date,
            vendor_info=battery.vendor_info,
        )


class BatterySwapResource(Resource):
    """Something that happened in a swap."""

    number: int
    timestamp: Time
    event_type: BatterySwapEvent
    request_id: int
    id_token: IdTokenResource
    battery_data: list[BatteryResource]

    @classmethod
    def of(cls, entry: Entry[BatterySwapRecord]) -> BatterySwapResource:
        """The resource of an entry."""
        record = entry.entry
        return cls.model_construct(
            number=entry.number,
            timestamp=entry.at,
            event_type=record.event,
            request_id=record.request_id,
            id_token=IdTokenResource.of(record.id_token),
            battery_data=[BatteryResource.of(each) for each in record.batteries],
        )


@router.get("/stations/{station}/battery-swaps", summary="List battery swaps", **_READ)
async def list_battery_swaps(
    desk: TheDesk,
    station: StationIdentity,
    request_id: Annotated[
        int | None, Query(alias="requestId", ge=-(2**31), lt=2**31, description="Only of this swap.")
    ] = None,
    limit: Limit = 100,
    after: Annotated[int | None, Query(ge=0, le=2**63 - 1, description="A cursor: the last number had.")] = None,
) -> PageOf[BatterySwapResource]:
    """What a station told of swaps, newest first."""
    key = None if request_id is None else str(request_id)
    entries = await desk.store.entries(BATTERY_SWAPS, station, key=key, before=after, limit=limit)
    items = [BatterySwapResource.of(each) for each in entries]
    return PageOf[BatterySwapResource](**page_of(items, limit, str(entries[-1].number) if entries else ""))


class BatterySlotResource(Resource):
    """A slot as last told of."""

    evse_id: int
    battery: BatteryResource | None = Field(description="null: empty.")
    timestamp: Time
    offered: bool = Field(description="Whether the battery waited there for a driver in vain (BatteryOutTimeout).")

    @classmethod
    def of(cls, slot: Slot) -> BatterySlotResource:
        """The resource of a slot."""
        return cls.model_construct(
            evse_id=slot.evse_id,
            battery=None if slot.battery is None else BatteryResource.of(slot.battery),
            timestamp=slot.at,
            offered=slot.offered,
        )


@router.get("/stations/{station}/battery-slots", summary="List battery slots", **_READ)
async def list_battery_slots(
    desk: TheDesk,
    station: StationIdentity,
    limit: Limit = 100,
    after: Annotated[str | None, Query(max_length=255, description="A cursor: the last one had.")] = None,
) -> PageOf[BatterySlotResource]:
    """The slots a station has told of, by EVSE, with the battery in each."""
    slots = await desk.store.records(BATTERY_SLOTS, station, Page(limit=limit, after=after))
    items = [BatterySlotResource.of(each) for each in slots]
    cursor = cursor_of(station, slot_key(slots[-1].evse_id)) if slots else ""
    return PageOf[BatterySlotResource](**page_of(items, limit, cursor))
