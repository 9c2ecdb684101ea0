"""What this CSMS believes of one station, in one document."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from pydantic import Field

from pilotwire.csms.api.access import READ
from pilotwire.csms.api.problems import READS, problems
from pilotwire.csms.api.reservations import ReservationResource
from pilotwire.csms.api.resource import StationIdentity, Time
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.api.stations import ConnectorResource, StationResource, known_station, station_fields
from pilotwire.csms.api.transactions import TransactionResource
from pilotwire.csms.registers.certificates import CERTIFICATES, key_of
from pilotwire.csms.registers.local_list import LISTS
from pilotwire.csms.registers.reservations import RESERVATIONS, ReservationState, reservation_key
from pilotwire.csms.registers.smart_charging import profiles_of
from pilotwire.csms.store.ports import Page, TransactionFilter
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.provisioning import RegistrationStatus

router = APIRouter(prefix="/stations/{station}/state", tags=["stations"], dependencies=[READ])
_MOST: Final = 100
_PAGE: Final = 500


class StationState(StationResource):
    """A station as this CSMS believes it to be. `openTransactions` are the newest 100, `reservations` those that are active."""

    standing: RegistrationStatus | None = Field(
        description="What it was last told of its registration on this connection; null: nothing, or it is not connected."
    )
    connected_since: Time | None
    connectors: list[ConnectorResource]
    open_transactions: list[TransactionResource]
    last_transaction: TransactionResource | None = Field(description="The one that became known last.")
    reservations: list[ReservationResource]
    charging_profile_count: int
    installed_certificate_count: int
    local_list_version: int | None = Field(description="null: it was never told, nor asked.")


@router.get("", responses=READS | problems(404), summary="Get what is believed of a station")
async def get_state(desk: TheDesk, station: StationIdentity) -> StationState:
    """Registration, standing, connectors, open transactions, reservations and more: what this CSMS believes, asking nobody."""
    record = await known_station(desk, station)
    connection = desk.connections().get(station)
    going_on = await desk.store.transactions(TransactionFilter(station=station, is_open=True), Page(limit=_MOST))
    last = await desk.store.transactions(TransactionFilter(station=station), Page(limit=1))
    local_list = await desk.store.record(LISTS, station, "")
    fields: dict[str, Any] = station_fields(record, connection)
    return StationState.model_construct(
        **fields,
        standing=None if connection is None else connection.standing,
        connected_since=None if connection is None else connection.since,
        connectors=[ConnectorResource.of(each) for each in await desk.store.connectors(station)],
        open_transactions=[TransactionResource.of(each) for each in going_on],
        last_transaction=TransactionResource.of(last[0]) if last else None,
        reservations=await _active_reservations(desk, station),
        charging_profile_count=len(await profiles_of(desk.store, station)),
        installed_certificate_count=await _certificates(desk, station),
        local_list_version=None if local_list is None else local_list.version,
    )


async def _active_reservations(desk: Desk, station: str) -> list[ReservationResource]:
    found: list[ReservationResource] = []
    after: str | None = None
    while records := await desk.store.records(RESERVATIONS, station, Page(limit=_PAGE, after=after)):
        found += [ReservationResource.of(each) for each in records if each.state is ReservationState.ACTIVE]
        after = cursor_of(station, reservation_key(records[-1].reservation.reservation_id))
    return found


async def _certificates(desk: Desk, station: str) -> int:
    count, after = 0, None
    while records := await desk.store.records(CERTIFICATES, station, Page(limit=_PAGE, after=after)):
        count += len(records)
        after = cursor_of(station, key_of(records[-1].kind, records[-1].certificate))
    return count
