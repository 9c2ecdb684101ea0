"""Signed meter values of transactions: the verdict, the records, files for other software; and the public keys of meters."""

from __future__ import annotations

import io
import re
import zipfile
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import READ, WRITE, TheCaller
from pilotwire.csms.api.problems import READS, WRITES, ApiError, not_found, problems, unusable
from pilotwire.csms.api.resource import Number, Resource, StationIdentity, Time
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.api.stations import known_station
from pilotwire.csms.api.transactions import TransactionId
from pilotwire.csms.registers.signed_metering import (
    METER_KEYS,
    Examined,
    KeySource,
    MeterKeyRecord,
    examined,
    key_place,
    told_key,
)
from pilotwire.csms.store.ports import Amended, Page
from pilotwire.domain.metering.signed import MeteringOutcome, SignedEnd, SignedRecord
from pilotwire.domain.metering.transparency import as_ocmf, as_xml, printed_key
from pilotwire.pki.certificates import PkiFault
from pilotwire.pki.meter_keys import LONGEST_KEY, read_meter_key

router = APIRouter()
_AT: Final = "/stations/{station}/transactions/{transactionId}/signed-metering"
_KEYS: Final = "/stations/{station}/meter-keys"
_TAGS: dict[str, Any] = {"tags": ["meter values"]}
_READ: dict[str, Any] = _TAGS | {"dependencies": [READ]}
_WRITE: dict[str, Any] = _TAGS | {"dependencies": [WRITE]}
_MOST_KEYS: Final = 1000
OfTransaction = Annotated[TransactionId, Path(alias="transactionId")]
Evse = Annotated[
    int, Path(ge=0, le=99999, description="The EVSE whose meter it is; 0 for the station's main meter.", examples=[1])
]


class SignedEndResource(Resource):
    """The signed reading at one end of a session."""

    at: Time | None
    time_status: str = Field(description="S: synchronised. I: informative. R: relative. U: unknown.")
    register_wh: Number | None
    identification: str = Field(description="The OBIS code of the register.")
    status: str = Field(description="The state of the meter; G: in order.")
    meter: str = Field(description="Serial numbers of the meter, and of the gateway if it has one.")
    pagination: str

    @classmethod
    def of(cls, end: SignedEnd | None) -> SignedEndResource | None:
        """The resource of an end that may not be known."""
        if end is None:
            return None
        return cls.model_construct(
            at=end.at,
            time_status=end.time_status,
            register_wh=end.register_wh,
            identification=end.identification,
            status=end.status,
            meter=end.meter,
            pagination=end.pagination,
        )


class SignedRecordResource(Resource):
    """A signed value as it was sent, as it was decoded, and the verdict on its signature."""

    at: Time
    context: str
    outcome: MeteringOutcome
    why: str
    format: str
    text: str
    signed_meter_data: str
    signing_method: str
    encoding_method: str
    public_key: str

    @classmethod
    def of(cls, record: SignedRecord) -> SignedRecordResource:
        """The resource of a record."""
        signed = record.sent.signed
        return cls.model_construct(
            at=record.sent.at,
            context=record.sent.context,
            outcome=record.outcome,
            why=record.why,
            format=record.format,
            text=record.text,
            signed_meter_data=signed.data,
            signing_method=signed.signing_method,
            encoding_method=signed.encoding_method,
            public_key=signed.public_key,
        )


class SignedMeteringResource(Resource):
    """Whether what the meter signed proves what a transaction is billed by."""

    outcome: MeteringOutcome = Field(
        description="Failed: something is wrong. Unverifiable: something is missing. Absent: nothing was signed."
    )
    why: list[str] = Field(description="What is wrong or missing, a sentence each.")
    remarks: list[str] = Field(description="What should be known all the same, such as the state of the meter's clock.")
    begin: SignedEndResource | None
    end: SignedEndResource | None
    energy_wh: Number | None = Field(description="From signed reading to signed reading.")
    public_key: str | None = Field(description="With which it was verified, as it was given.")
    key_source: KeySource | None = Field(
        description="Operator: put on record. DeviceModel: told by the station. Sent: with the values, trusted on first use."
    )
    checked_at: Time | None = Field(description="When it was verified after its end; null: it was not yet.")
    records: list[SignedRecordResource]

    @classmethod
    def of(cls, found: Examined) -> SignedMeteringResource:
        """The resource of a verdict."""
        session = found.session
        return cls.model_construct(
            outcome=session.outcome,
            why=list(session.why),
            remarks=list(session.remarks),
            begin=SignedEndResource.of(session.begin),
            end=SignedEndResource.of(session.end),
            energy_wh=session.energy_wh,
            public_key=session.key or None,
            key_source=found.source,
            checked_at=found.checked_at,
            records=[SignedRecordResource.of(each) for each in session.records],
        )


async def _examined(desk: Desk, station: str, transaction_id: str) -> Examined:
    transaction = await desk.store.transaction(station, transaction_id)
    if transaction is None:
        raise not_found(
            f"Station {station!r} has no transaction {transaction_id!r}.", "GET /api/v1/transactions lists them."
        )
    return await examined(desk.store, transaction)


@router.get(_AT, responses=READS | problems(404), summary="Verify the signed meter values of a transaction", **_READ)
async def get_signed_metering(
    desk: TheDesk, station: StationIdentity, transaction_id: OfTransaction
) -> SignedMeteringResource:
    """The verdict on both ends of the session, the records as they were sent, and which public key they were verified with."""
    return SignedMeteringResource.of(await _examined(desk, station, transaction_id))


class ExportFormat(StrEnum):
    """What is exported: XML of the S.A.F.E. transparency software, OCMF as text, or a ZIP archive with OCMF and key for CHARGY."""

    XML = "xml"
    OCMF = "ocmf"
    CHARGY = "chargy"


_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A file for software that verifies signed values.",
        "content": {
            "application/xml": {"schema": {"type": "string"}},
            "text/plain": {"schema": {"type": "string"}},
            "application/zip": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.get(
    f"{_AT}/export",
    response_class=Response,
    responses=_FILES | READS | problems(404),
    summary="Export the signed meter values of a transaction",
    **_READ,
)
async def export_signed_metering(
    desk: TheDesk,
    station: StationIdentity,
    transaction_id: OfTransaction,
    format_: Annotated[ExportFormat, Query(alias="format", description="For which software.")] = ExportFormat.XML,
) -> Response:
    """The records untouched, with the public key, whatever the verdict here: it is the driver's to verify them."""
    found = await _examined(desk, station, transaction_id)
    session = found.session
    if not session.records:
        raise not_found(f"Transaction {transaction_id!r} has no signed meter values.", "Its station must sign them.")
    text = as_ocmf(session)
    if format_ is not ExportFormat.XML and not text.strip():
        raise not_found(
            f"Transaction {transaction_id!r} has signed values, but none in OCMF.", "Export them with format=xml."
        )
    name = re.sub(r"[^A-Za-z0-9._-]", "_", f"{station}-{transaction_id}")
    if format_ is ExportFormat.XML:
        return _file(as_xml(session, transaction_id), "application/xml", f"{name}.xml")
    if format_ is ExportFormat.OCMF:
        return _file(text, "text/plain; charset=utf-8", f"{name}.ocmf")
    key = next((key for each in session.records if (key := printed_key(session, each))), "")
    return _file(_archive(name, text, key), "application/zip", f"{name}.zip")


def _archive(name: str, text: str, key: str) -> bytes:
    """The same bytes for the same content: the files in it have no time."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{name}.txt"), text.encode("utf-8", "replace"))
        if key:
            archive.writestr(zipfile.ZipInfo(f"{name}_publicKey.txt"), key)
    return content.getvalue()


def _file(content: str | bytes, media_type: str, name: str) -> Response:
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    headers = {"content-disposition": f'attachment; filename="{name}"', "x-content-type-options": "nosniff"}
    return Response(data, media_type=media_type, headers=headers)


# --- keys -------------------------------------------------------------------------------------------------------------------


class MeterKeyRequest(Resource):
    """The public key of a meter."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "publicKey": "3059301306072A8648CE3D020106082A8648CE3D03010703420004"
                    "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
                    "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"
                }
            ]
        }
    )

    public_key: str = Field(
        min_length=1,
        max_length=LONGEST_KEY,
        description="As printed on the meter: ASN.1 or a point in hex or Base64, PEM, or as OCPP has it (oca:base16:asn1:...).",
    )


class MeterKeyResource(Resource):
    """The public key of an EVSE's meter, and where it is from. `recordedAt` null: it is in the station's device model."""

    evse_id: int
    public_key: str
    source: KeySource
    recorded_at: Time | None
    recorded_by: str | None

    @classmethod
    def of(cls, record: MeterKeyRecord) -> MeterKeyResource:
        """The resource of a record."""
        return cls.model_construct(
            evse_id=record.evse,
            public_key=record.public_key,
            source=record.source,
            recorded_at=record.recorded_at,
            recorded_by=record.recorded_by or None,
        )


async def _used(desk: Desk, station: str, evse: int) -> MeterKeyResource | None:
    """The key that is used for an EVSE's values."""
    record = await desk.store.record(METER_KEYS, station, key_place(evse))
    if record is not None and record.source is KeySource.OPERATOR:
        return MeterKeyResource.of(record)
    told = await told_key(desk.store, station, evse)
    if told:
        return MeterKeyResource.model_construct(
            evse_id=evse, public_key=told, source=KeySource.DEVICE_MODEL, recorded_at=None, recorded_by=None
        )
    return None if record is None else MeterKeyResource.of(record)


def _no_key(station: str, evse: int) -> ApiError:
    return not_found(f"No public key is on record for the meter of EVSE {evse} of {station!r}.", "PUT puts one there.")


@router.get(_KEYS, responses=READS | problems(404), summary="List the meter keys of a station", **_READ)
async def list_meter_keys(desk: TheDesk, station: StationIdentity) -> list[MeterKeyResource]:
    """Those on record: put there by operators, or sent with values. What only the device model has is told for a single EVSE."""
    await known_station(desk, station)
    records = await desk.store.records(METER_KEYS, station, Page(limit=_MOST_KEYS))
    return [MeterKeyResource.of(each) for each in records]


@router.get(f"{_KEYS}/{{evse}}", responses=READS | problems(404), summary="Get the key of a meter", **_READ)
async def get_meter_key(desk: TheDesk, station: StationIdentity, evse: Evse) -> MeterKeyResource:
    """The key that the values of an EVSE are verified with: the operator's, else the station's own, else the first that was sent."""
    await known_station(desk, station)
    used = await _used(desk, station, evse)
    if used is None:
        raise _no_key(station, evse)
    return used


@router.put(f"{_KEYS}/{{evse}}", responses=WRITES | problems(404), summary="Put the key of a meter on record", **_WRITE)
async def put_meter_key(
    desk: TheDesk, caller: TheCaller, station: StationIdentity, evse: Evse, wanted: MeterKeyRequest
) -> MeterKeyResource:
    """It is used from now on, whatever the station says. What was verified with another key stays verified with that."""
    await known_station(desk, station)
    try:
        read_meter_key(wanted.public_key)
    except PkiFault as fault:
        raise unusable("body.publicKey", str(fault)) from None
    record = MeterKeyRecord(
        station=station,
        evse=evse,
        public_key=wanted.public_key.strip(),
        source=KeySource.OPERATOR,
        recorded_at=desk.rooms.clock.now(),
        recorded_by=caller.actor,
    )
    await desk.write(METER_KEYS.put(station, key_place(evse), record))
    return MeterKeyResource.of(record)


@router.delete(
    f"{_KEYS}/{{evse}}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses=READS | problems(404),
    summary="Forget the key of a meter",
    **_WRITE,
)
async def delete_meter_key(desk: TheDesk, station: StationIdentity, evse: Evse) -> Response:
    """Also one that was sent and trusted: after a meter was replaced, the next that is sent is trusted instead."""
    await known_station(desk, station)
    amended: Amended = await desk.write(METER_KEYS.remove(station, key_place(evse)))
    if amended.before is None:
        raise _no_key(station, evse)
    return Response(status_code=HTTPStatus.NO_CONTENT)
