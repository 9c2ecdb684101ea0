"""Stations: who is on record, who is connected, what state their connectors are in; registration and passwords."""

from __future__ import annotations

import asyncio
import secrets
import string
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictBool, model_validator

from pilotwire.csms.api.access import READ, WRITE
from pilotwire.csms.api.connections import ConnectionResource
from pilotwire.csms.api.problems import READS, WRITES, not_found, problems, unusable
from pilotwire.csms.api.resource import (
    TEXT,
    EvseResource,
    Limit,
    PageOf,
    Positive,
    Resource,
    StationIdentity,
    Time,
    page_of,
    whole,
)
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.commands import ConnectedStation
from pilotwire.csms.gateway.credentials import no_candidates
from pilotwire.csms.gateway.passwords import hash_password
from pilotwire.csms.registers.credentials import CREDENTIALS
from pilotwire.csms.registers.station_conditions import CONDITIONS, USUAL, EvseLayout, StationConditions
from pilotwire.csms.store.ports import ConnectorRecord, Operation, Page, RegisterStation, RemoveStation, Station
from pilotwire.dialects.quirks import TOLERANCES
from pilotwire.domain.availability import Activity, Availability
from pilotwire.domain.identity import StationIdentity as Identity
from pilotwire.domain.kinds import changed
from pilotwire.domain.provisioning import RegistrationStatus

router = APIRouter(prefix="/stations", tags=["stations"])
_PASSWORD_CHARACTERS = string.ascii_letters + string.digits
PASSWORD_LENGTH = 20


class IdentityResource(Resource):
    """What a station said of itself when it booted (ChargingStationType)."""

    vendor_name: str
    model: str
    serial_number: str | None = None
    firmware_version: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial_number: str | None = None
    box_serial_number: str | None = None

    @classmethod
    def of(cls, identity: Identity | None) -> IdentityResource | None:
        """The resource of an identity, if there is one."""
        if identity is None:
            return None
        return cls(
            vendor_name=identity.vendor,
            model=identity.model,
            serial_number=identity.serial_number,
            firmware_version=identity.firmware_version,
            iccid=identity.iccid,
            imsi=identity.imsi,
            meter_type=identity.meter_type,
            meter_serial_number=identity.meter_serial_number,
            box_serial_number=identity.box_serial_number,
        )


class ConnectorResource(Resource):
    """The newest reported state of a connector. `activity` refines Occupied and is told by 1.6 stations only."""

    evse: EvseResource
    connector_status: Availability
    activity: Activity | None = None
    error_code: str | None = Field(default=None, description="A 1.6 ChargePointErrorCode, if something is wrong.")
    info: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None
    timestamp: Time

    @classmethod
    def of(cls, record: ConnectorRecord) -> ConnectorResource:
        """The resource of a connector's record."""
        problem = record.state.problem
        return cls(
            evse=EvseResource.of(record.address),
            connector_status=record.state.availability,
            activity=record.state.activity,
            error_code=problem.code if problem else None,
            info=problem.info if problem else None,
            vendor_id=problem.vendor_id if problem else None,
            vendor_error_code=problem.vendor_error_code if problem else None,
            timestamp=record.at,
        )


class StationResource(Resource):
    """A station on record."""

    station: str = Field(description="Its identity: the last part of the URL it connects to.", examples=["CS-0001"])
    registration: RegistrationStatus | None = Field(
        description="What it is told when it boots; null: the policy for unknown stations decides."
    )
    connected: bool
    version: str | None = Field(description="The OCPP version last spoken.", examples=["2.0.1"])
    identity: IdentityResource | None
    has_password: bool
    note: str
    created_at: Time | None
    last_boot_at: Time | None
    last_boot_reason: str | None
    last_seen_at: Time | None

    @classmethod
    def of(cls, record: Station, connection: ConnectedStation | None) -> StationResource:
        """The resource of a station's record."""
        return cls.model_validate(station_fields(record, connection))


def _tolerated(name: str) -> str:
    if name not in TOLERANCES:
        raise ValueError(f"there is no such tolerance; there are {', '.join(TOLERANCES)}")
    return name


Tolerated = Annotated[str, Field(max_length=40), AfterValidator(_tolerated)]


class EvseLayoutResource(Resource):
    """An EVSE the station has, as the operator says: connector types (ConnectorEnumType) from connector 1 on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 1, "connectorTypes": ["cCCS2", "sType2"]}]})

    id: Positive
    connector_types: list[Annotated[str, Field(min_length=1, max_length=20, pattern=TEXT)]] = Field(
        default=[], max_length=20
    )


class StationDetail(StationResource):
    """A station with its connection, connectors, and the conditions under which it is served."""

    connection: ConnectionResource | None
    connectors: list[ConnectorResource]
    security_profile: int | None = Field(
        description="The lowest security profile it may connect with; null: as its password demands."
    )
    boot_answers: list[RegistrationStatus] = Field(description="What its next boots are answered, one each.")
    quiet: bool = Field(description="Whether it is sent nothing that nobody asked for.")
    tolerances: list[str] = Field(description="Departures from the standards it is allowed: see GET /tolerances.")
    evses: list[EvseLayoutResource] = Field(description="What it consists of, as the operator says.")


class StationPut(StationDetail):
    """A station as it is now; `password` is there only if it was generated just now."""

    password: str | None = Field(default=None, description="The generated password: the only time it can be seen.")


class StationChange(Resource):
    """What is to be on record of a station. What is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"registration": "Accepted", "generatePassword": True, "note": "car park north"}]
        }
    )

    registration: RegistrationStatus | None = Field(
        default=None,
        description="What it is told when it boots; null gives it back to the policy for unknown stations.",
    )
    password: str | None = Field(
        default=None,
        min_length=16,
        max_length=40,
        pattern=r"^[\x21-\x7e]+$",
        description="A password for basic authentication: 16 to 40 printable ASCII characters (A00.FR.205).",
    )
    generate_password: StrictBool = Field(default=False, description="Make a password and show it once.")
    note: str | None = Field(default=None, max_length=1000, pattern=r"^[^\x00]*$")
    security_profile: Annotated[int, Field(strict=True, ge=0, le=3), BeforeValidator(whole)] | None = Field(
        default=None,
        description="The lowest security profile it may connect with (A00): 0 none, 1 password, 2 password and TLS, 3 client "
        "certificate; null: as its password demands.",
    )
    boot_answers: list[RegistrationStatus] = Field(
        default=[],
        max_length=20,
        description="What its next boots are answered, one each; then `registration` counts again.",
    )
    quiet: StrictBool = Field(default=False, description="Send it nothing that nobody asked for.")
    tolerances: list[Tolerated] = Field(
        default=[],
        max_length=50,
        description="Departures from the standards it is allowed, from its next handshake on; each use is kept as a finding.",
    )
    evses: list[EvseLayoutResource] = Field(default=[], max_length=100, description="What it consists of.")

    @model_validator(mode="after")
    def _one_password(self) -> StationChange:
        if self.password is not None and self.generate_password:
            raise ValueError("give a password or ask for a generated one, not both")
        return self


_CONDITIONS = frozenset({"security_profile", "boot_answers", "quiet", "tolerances", "evses"})


def station_fields(record: Station, connection: ConnectedStation | None) -> dict[str, object]:
    """What is told of a station in lists and alone."""
    return {
        "station": record.station,
        "registration": record.registration,
        "connected": connection is not None,
        "version": record.version,
        "identity": IdentityResource.of(record.identity),
        "has_password": record.password_hash is not None,
        "note": record.note,
        "created_at": record.created_at,
        "last_boot_at": record.last_boot_at,
        "last_boot_reason": record.last_boot_reason,
        "last_seen_at": _later(record, connection),
    }


def _later(record: Station, connection: ConnectedStation | None) -> object:
    if connection is None or (record.last_seen_at is not None and record.last_seen_at > connection.last_seen_at):
        return record.last_seen_at
    return connection.last_seen_at


async def _detail(desk: Desk, record: Station) -> dict[str, object]:
    connection = desk.connections().get(record.station)
    conditions = await desk.store.record(CONDITIONS, record.station, "") or USUAL
    return station_fields(record, connection) | {
        "security_profile": conditions.security_profile,
        "boot_answers": conditions.boot_answers,
        "quiet": conditions.quiet,
        "tolerances": conditions.tolerances,
        "evses": [
            EvseLayoutResource(id=each.evse, connector_types=list(each.connector_types)) for each in conditions.evses
        ],
        "connection": ConnectionResource.of(connection) if connection is not None else None,
        "connectors": [ConnectorResource.of(each) for each in await desk.store.connectors(record.station)],
    }


async def known_station(desk: Desk, station: str) -> Station:
    """A station's record. Raises ApiError (404) if there is none."""
    record = await desk.store.station(station)
    if record is None:
        raise not_found(f"There is no station {station!r} on record.", "GET /api/v1/stations lists them.")
    return record


def new_password() -> str:
    """A password that every version can use: 20 letters and digits (A00.FR.205; J16:6.2.2 allows no more than 20 bytes)."""
    return "".join(secrets.choice(_PASSWORD_CHARACTERS) for _ in range(PASSWORD_LENGTH))


@router.get("", dependencies=[READ], responses=READS, summary="List stations")
async def list_stations(
    desk: TheDesk,
    limit: Limit = 100,
    after: Annotated[str | None, Query(max_length=255, description="A cursor: the last identity had.")] = None,
) -> PageOf[StationResource]:
    """Stations on record, by identity."""
    records = await desk.store.stations(Page(limit=limit, after=after))
    connections = desk.connections()
    items = [StationResource.of(record, connections.get(record.station)) for record in records]
    return PageOf[StationResource](**page_of(items, limit, records[-1].station if records else ""))


@router.get("/{station}", dependencies=[READ], responses=READS | problems(404), summary="Get a station")
async def get_station(desk: TheDesk, station: StationIdentity) -> StationDetail:
    """One station: identity, registration, connection, connectors."""
    return StationDetail.model_validate(await _detail(desk, await known_station(desk, station)))


@router.put(
    "/{station}",
    dependencies=[WRITE],
    responses=WRITES | {201: {"description": "The station was not on record before.", "model": StationPut}},
    summary="Register a station, or change what is on record",
)
async def put_station(
    desk: TheDesk,
    response: Response,
    station: StationIdentity,
    wanted: StationChange,
) -> StationPut:
    """Put a station on record, accept or reject it, give it a password, say how it is served. What is left out stays as it is.

    A new registration is told to a station when it boots next; a new password or security profile counts from its next handshake on.
    """
    if not station.isprintable() or not station.strip():
        raise unusable("path.station", "an identity has printable characters only")
    before = await desk.store.station(station)
    password = new_password() if wanted.generate_password else wanted.password
    record = await _registered(desk, station, wanted, before, password)
    response.status_code = HTTPStatus.OK if before is not None else HTTPStatus.CREATED
    shown = password if wanted.generate_password else None
    return StationPut.model_validate(await _detail(desk, record) | {"password": shown})


async def _registered(
    desk: Desk, station: str, wanted: StationChange, before: Station | None, password: str | None
) -> Station:
    told = "registration" in wanted.model_fields_set
    kept = before.registration if before is not None else None
    hashed = None if password is None else await asyncio.to_thread(hash_password, password)
    operations: list[Operation] = [
        RegisterStation(
            station=station,
            registration=wanted.registration if told else kept,
            at=desk.rooms.clock.now(),
            password_hash=hashed,
            note=wanted.note,
        )
    ]
    if hashed is not None:
        operations.append(CREDENTIALS.amend(station, "", no_candidates))
    if wanted.model_fields_set & _CONDITIONS:
        operations.append(CONDITIONS.amend(station, "", lambda before: _conditions(before or USUAL, wanted)))
    await desk.rooms.journal.append(*operations)
    return await known_station(desk, station)


def _conditions(before: StationConditions, wanted: StationChange) -> StationConditions:
    said: dict[str, Any] = {name: getattr(wanted, name) for name in wanted.model_fields_set & _CONDITIONS}
    if "evses" in said:
        said["evses"] = tuple(
            EvseLayout(evse=each.id, connector_types=tuple(each.connector_types)) for each in wanted.evses
        )
    if "boot_answers" in said:
        said["boot_answers"] = tuple(wanted.boot_answers)
    if "tolerances" in said:
        said["tolerances"] = tuple(dict.fromkeys(wanted.tolerances))
    return changed(before, **said)


@router.delete(
    "/{station}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    dependencies=[WRITE],
    responses=READS | problems(404),
    summary="Take a station off record",
)
async def delete_station(desk: TheDesk, station: StationIdentity) -> None:
    """Take a station off record and close its connection. Its transactions and its part of the message log stay."""
    await known_station(desk, station)
    desk.bus.dismiss(station, "this station was taken off record")
    removed = await desk.rooms.journal.append(
        RemoveStation(station=station), CONDITIONS.remove(station, ""), CREDENTIALS.remove(station, "")
    )
    if not removed[0]:
        raise not_found(f"There is no station {station!r} on record.", "GET /api/v1/stations lists them.")
