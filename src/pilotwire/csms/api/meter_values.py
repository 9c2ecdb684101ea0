"""Meter values: of a station outside of any transaction, or of one transaction. Values are in base units (Wh, W, A, V, ...)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from pilotwire.csms.api.access import READ
from pilotwire.csms.api.problems import READS, problems
from pilotwire.csms.api.resource import EvseResource, Limit, Number, Resource, StationIdentity, Time, evse_of
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.api.stations import known_station
from pilotwire.csms.store.ports import StoredReading
from pilotwire.domain.metering import Sample

router = APIRouter(tags=["meter values"], dependencies=[READ])
Since = Annotated[Time | None, Query(description="Only what was taken at this time or later.")]
Context = Annotated[
    str | None,
    Query(
        max_length=50,
        description="Only readings with samples of this context (ReadingContextEnumType): Sample.Clock are the clock-aligned ones, "
        "Sample.Periodic those taken on the transaction's own interval.",
        examples=["Sample.Clock"],
    ),
]
Skip = Annotated[
    int, Query(ge=0, le=10_000_000, description="Leave out so many of the first: for the next part of a long list.")
]
_ALL = 10_000_000


class SignedMeterValueResource(Resource):
    """What a meter signed, untouched (SignedMeterValueType)."""

    signed_meter_data: str
    signing_method: str
    encoding_method: str
    public_key: str


class SampledValueResource(Resource):
    """One measured value (SampledValueType). `value` is null for a sample that is only signed."""

    value: Number | None
    unit: str = Field(examples=["Wh"])
    measurand: str = Field(examples=["Energy.Active.Import.Register"])
    phase: str | None
    location: str
    context: str
    signed_meter_value: SignedMeterValueResource | None

    @classmethod
    def of(cls, sample: Sample) -> SampledValueResource:
        """The resource of a sample."""
        signed = sample.signed
        return cls.model_construct(
            value=sample.value,
            unit=sample.unit,
            measurand=sample.measurand,
            phase=sample.phase,
            location=sample.location,
            context=sample.context,
            signed_meter_value=None
            if signed is None
            else SignedMeterValueResource(
                signed_meter_data=signed.data,
                signing_method=signed.signing_method,
                encoding_method=signed.encoding_method,
                public_key=signed.public_key,
            ),
        )


class MeterValueResource(Resource):
    """Samples taken at one moment (MeterValueType)."""

    timestamp: Time
    evse: EvseResource | None
    transaction_id: str | None
    sampled_value: list[SampledValueResource]
    unreadable: list[str] = Field(description="Which values of the message were no numbers and are left out, in words.")

    @classmethod
    def of(cls, stored: StoredReading) -> MeterValueResource:
        """The resource of a reading."""
        return cls.model_construct(
            timestamp=stored.reading.at,
            evse=evse_of(stored.address),
            transaction_id=stored.transaction_id,
            sampled_value=[SampledValueResource.of(sample) for sample in stored.reading.samples],
            unreadable=list(stored.reading.unreadable),
        )

    @classmethod
    def in_context(cls, stored: StoredReading, context: str) -> MeterValueResource:
        """The resource with only the samples of one context."""
        samples = [SampledValueResource.of(each) for each in stored.reading.samples if each.context == context]
        return cls.of(stored).model_copy(update={"sampled_value": samples})


@router.get(
    "/stations/{station}/meter-values",
    responses=READS | problems(404),
    summary="Meter values outside of transactions",
)
async def station_meter_values(
    desk: TheDesk,
    station: StationIdentity,
    since: Since = None,
    context: Context = None,
    skip: Skip = 0,
    limit: Limit = 1000,
) -> list[MeterValueResource]:
    """Readings a station sent outside of any transaction, by time (J01)."""
    await known_station(desk, station)
    return await chosen_readings(desk, station, None, since, context, skip, limit)


async def chosen_readings(
    desk: Desk,
    station: str,
    transaction_id: str | None,
    since: datetime | None,
    context: str | None,
    skip: int,
    limit: int,
) -> list[MeterValueResource]:
    """A part of the readings of a transaction (None: outside of any), by time; with a context only the samples that have it."""
    most = skip + limit if context is None else _ALL
    found = await desk.store.readings(station, transaction_id, since=since, limit=most)
    if context is None:
        return [MeterValueResource.of(each) for each in found[skip:]]
    told = [only for each in found if (only := MeterValueResource.in_context(each, context)).sampled_value]
    return told[skip : skip + limit]
