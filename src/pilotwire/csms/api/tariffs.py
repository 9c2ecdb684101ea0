"""Tariffs on record, and those at stations (functional block I, 2.1)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import COMMAND, READ, WRITE
from pilotwire.csms.api.mirrored import refuse, shown, value_of
from pilotwire.csms.api.problems import COMMANDS, READS, WRITES, conflict, not_found, problems, unusable
from pilotwire.csms.api.resource import TEXT, Integer, Limit, PageOf, Resource, StationIdentity, Time, page_of
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.api.tariff_values import SHOWN, TariffContent, TariffId, TariffResource
from pilotwire.csms.commands import tariff as commands
from pilotwire.csms.registers.tariff import STATION_TARIFFS, TARIFFS, StationTariff, TariffRecord
from pilotwire.csms.store.ports import Amended, Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.smart_charging import Reason
from pilotwire.domain.tariff import (
    ClearedTariff,
    Tariff,
    TariffChangeStatus,
    TariffKind,
    TariffSetStatus,
    TariffStatus,
    misfits,
)

router = APIRouter()
_COMMAND: dict[str, Any] = {"tags": ["commands"], "dependencies": [COMMAND]}
_READ: dict[str, Any] = {"tags": ["tariffs"], "dependencies": [READ]}
_WRITE: dict[str, Any] = {"tags": ["tariffs"], "dependencies": [WRITE]}
_AT = "/stations/{station}/commands"
NamedTariff = Annotated[
    str, Path(min_length=1, max_length=60, pattern=TEXT, description="The id of the tariff.", examples=["day-1"])
]
Cursor = Annotated[str | None, Query(max_length=255, description="A cursor: the last one had.")]

# --- on record ------------------------------------------------------------------------------------------------------


class TariffRecordResource(Resource):
    """A tariff on record."""

    tariff: TariffResource
    changed_at: Time
    sent_at: Time | None = Field(description="A station accepted it: from then on its content stays (I08.FR.08).")

    @classmethod
    def of(cls, record: TariffRecord) -> TariffRecordResource:
        """The resource of a record."""
        return cls.model_construct(
            tariff=shown(SHOWN, record.tariff), changed_at=record.changed_at, sent_at=record.sent_at
        )


@router.get("/tariffs", responses=READS, summary="List tariffs", **_READ)
async def list_tariffs(desk: TheDesk, limit: Limit = 100, after: Cursor = None) -> PageOf[TariffRecordResource]:
    """Tariffs on record, by id."""
    records = await desk.store.records(TARIFFS, "", Page(limit=limit, after=after))
    items = [TariffRecordResource.of(each) for each in records]
    cursor = cursor_of("", records[-1].tariff.tariff_id) if records else ""
    return PageOf[TariffRecordResource](**page_of(items, limit, cursor))


@router.get("/tariffs/{tariff_id:path}", responses=READS | problems(404), summary="Get a tariff", **_READ)
async def get_tariff(desk: TheDesk, tariff_id: NamedTariff) -> TariffRecordResource:
    """A tariff on record."""
    return TariffRecordResource.of(await _on_record(desk, tariff_id))


async def _on_record(desk: Desk, tariff_id: str) -> TariffRecord:
    record = await desk.store.record(TARIFFS, "", tariff_id)
    if record is None:
        raise _missing(tariff_id)
    return record


def _missing(tariff_id: str) -> Exception:
    return not_found(f"There is no tariff {tariff_id!r} on record.", "GET /api/v1/tariffs lists them.")


@router.put(
    "/tariffs/{tariff_id:path}", responses=WRITES | problems(404, 409), summary="Put a tariff on record", **_WRITE
)
async def put_tariff(desk: TheDesk, tariff_id: NamedTariff, wanted: TariffContent) -> TariffRecordResource:
    """Put a tariff on record, or change it. One that a station has accepted cannot be changed: 409 (I08.FR.08)."""
    tariff = value_of_content(tariff_id, wanted)
    refuse("body", misfits(tariff))
    now = desk.rooms.clock.now()

    def put(known: TariffRecord | None) -> TariffRecord:
        if known is not None and (known.tariff == tariff or known.sent_at is not None):
            return known
        return TariffRecord(tariff=tariff, changed_at=now)

    amended = await desk.write(TARIFFS.amend("", tariff_id, put))
    record = amended.after if isinstance(amended, Amended) else None
    if not isinstance(record, TariffRecord) or record.tariff != tariff:
        what = (
            f"The tariff {tariff_id!r} is in use at stations with another content, and costs refer to it (I08.FR.08)."
        )
        raise conflict(what, "Give the new content an id of its own.")
    return TariffRecordResource.of(record)


def value_of_content(tariff_id: str, wanted: TariffContent) -> Tariff:
    """The tariff of this id and content."""
    return value_of(Tariff, TariffResource.model_construct(tariff_id=tariff_id, **dict(wanted)))


@router.delete(
    "/tariffs/{tariff_id:path}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses=READS | problems(404),
    summary="Take a tariff off record",
    **_WRITE,
)
async def delete_tariff(desk: TheDesk, tariff_id: NamedTariff) -> None:
    """Take a tariff off record. Stations that have it keep it: clear it there."""
    amended = await desk.write(TARIFFS.remove("", tariff_id))
    if not isinstance(amended, Amended) or amended.before is None:
        raise _missing(tariff_id)


# --- at stations ----------------------------------------------------------------------------------------------------


class _WithTariff(Resource):
    """A tariff: the id of one on record, or a whole one."""

    tariff_id: TariffId | None = Field(default=None, description="A tariff on record; or give `tariff`.")
    tariff: TariffResource | None = None


async def _meant(desk: Desk, wanted: _WithTariff) -> Tariff:
    if (wanted.tariff_id is None) is (wanted.tariff is None):
        raise unusable("body.tariffId", "give either the id of a tariff on record or a whole tariff")
    if wanted.tariff is not None:
        tariff = value_of(Tariff, wanted.tariff)
        refuse("body.tariff", misfits(tariff))
        return tariff
    record = await desk.store.record(TARIFFS, "", wanted.tariff_id or "")
    if record is None:
        raise unusable("body.tariffId", f"there is no tariff {wanted.tariff_id!r} on record")
    return record.tariff


class SetDefaultTariffRequest(_WithTariff):
    """Install the tariff of drivers who have none of their own (I07)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "evseId": 0,
                    "tariff": {"tariffId": "d-1", "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.49}]}},
                }
            ]
        }
    )

    evse_id: Integer = Field(default=0, description="0: at all EVSEs (I07.FR.12).")


class SetDefaultTariffResponse(Resource):
    """The station's answer."""

    status: TariffSetStatus
    tariff_id: str
    reason_code: str | None


@router.post(f"{_AT}/set-default-tariff", responses=COMMANDS, summary="Set a default tariff", **_COMMAND)
async def set_default_tariff(
    desk: TheDesk, station: StationIdentity, wanted: SetDefaultTariffRequest
) -> SetDefaultTariffResponse:
    """Install a default tariff at an EVSE or at all."""
    tariff = await _meant(desk, wanted)
    outcome = await commands.set_default(desk.commander, books_of(desk), station, wanted.evse_id, tariff)
    return SetDefaultTariffResponse(
        status=outcome.status, tariff_id=tariff.tariff_id, reason_code=_code(outcome.reason)
    )


def books_of(desk: Desk) -> commands.TariffBooks:
    """Where what stations answer is kept."""
    return commands.TariffBooks(desk.rooms.journal, desk.store, desk.rooms.clock)


def _code(reason: Reason | None) -> str | None:
    return None if reason is None else reason.code


class GetTariffsRequest(Resource):
    """Which tariffs are installed (I09)?"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"evseId": 0}]})

    evse_id: Integer = Field(default=0, description="0: at all EVSEs (I09.FR.01).")


class TariffAssignmentResource(Resource):
    """Where a tariff is in use (TariffAssignmentType)."""

    tariff_id: str
    tariff_kind: TariffKind
    valid_from: Time | None
    evse_ids: list[int]
    id_tokens: list[str]


class GetTariffsResponse(Resource):
    """The station's answer."""

    status: TariffStatus
    tariff_assignments: list[TariffAssignmentResource]
    reason_code: str | None


@router.post(f"{_AT}/get-tariffs", responses=COMMANDS, summary="Get the tariffs of a station", **_COMMAND)
async def get_tariffs(desk: TheDesk, station: StationIdentity, wanted: GetTariffsRequest) -> GetTariffsResponse:
    """Ask a station for its tariffs; what it tells is kept."""
    outcome = await commands.get_tariffs(desk.commander, books_of(desk), station, wanted.evse_id)
    assignments = [
        TariffAssignmentResource.model_construct(
            tariff_id=each.tariff_id,
            tariff_kind=each.tariff_kind,
            valid_from=each.valid_from,
            evse_ids=list(each.evse_ids),
            id_tokens=list(each.id_tokens),
        )
        for each in outcome.assignments
    ]
    return GetTariffsResponse.model_construct(
        status=outcome.status, tariff_assignments=assignments, reason_code=_code(outcome.reason)
    )


class ClearTariffsRequest(Resource):
    """Remove tariffs: those of these ids, at this EVSE; without either all (I10)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tariffIds": ["day-1"]}]})

    tariff_ids: Annotated[list[TariffId], Field(min_length=1, max_length=100)] | None = None
    evse_id: Integer | None = None


class ClearTariffsResult(Resource):
    """What became of one tariff; no id: none matched (I10.FR.06)."""

    status: TariffStatus
    tariff_id: str | None
    reason_code: str | None

    @classmethod
    def of(cls, result: ClearedTariff) -> ClearTariffsResult:
        """The resource of a result."""
        return cls(status=result.status, tariff_id=result.tariff_id, reason_code=_code(result.reason))


class ClearTariffsResponse(Resource):
    """The station's answer."""

    clear_tariffs_result: list[ClearTariffsResult]


@router.post(f"{_AT}/clear-tariffs", responses=COMMANDS, summary="Clear tariffs", **_COMMAND)
async def clear_tariffs(desk: TheDesk, station: StationIdentity, wanted: ClearTariffsRequest) -> ClearTariffsResponse:
    """Remove tariffs from a station."""
    outcome = await commands.clear_tariffs(
        desk.commander, books_of(desk), station, wanted.tariff_ids or (), wanted.evse_id
    )
    return ClearTariffsResponse(clear_tariffs_result=[ClearTariffsResult.of(each) for each in outcome.results])


TransactionId = Annotated[str, Field(min_length=1, max_length=36, pattern=TEXT)]


class ChangeTransactionTariffRequest(_WithTariff):
    """Let a running transaction go on with another tariff of the same currency (I11)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "transactionId": "tx-1",
                    "tariff": {"tariffId": "n-1", "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.29}]}},
                }
            ]
        }
    )

    transaction_id: TransactionId


class ChangeTransactionTariffResponse(Resource):
    """The station's answer."""

    status: TariffChangeStatus
    tariff_id: str
    reason_code: str | None


@router.post(
    f"{_AT}/change-transaction-tariff", responses=COMMANDS, summary="Change a transaction's tariff", **_COMMAND
)
async def change_transaction_tariff(
    desk: TheDesk, station: StationIdentity, wanted: ChangeTransactionTariffRequest
) -> ChangeTransactionTariffResponse:
    """Replace the tariff of a running transaction."""
    tariff = await _meant(desk, wanted)
    outcome = await commands.change_transaction_tariff(
        desk.commander, books_of(desk), station, wanted.transaction_id, tariff
    )
    return ChangeTransactionTariffResponse(
        status=outcome.status, tariff_id=tariff.tariff_id, reason_code=_code(outcome.reason)
    )


class StationTariffResource(Resource):
    """A tariff at a station: as it was set from here, and as the station reported it."""

    tariff_id: str
    tariff_kind: TariffKind
    evse_ids: list[int] = Field(description="0: all.")
    id_tokens: list[str]
    valid_from: Time | None
    tariff: TariffResource | None = Field(description="null: it was not set from here.")
    set_at: Time | None
    reported_at: Time | None

    @classmethod
    def of(cls, record: StationTariff) -> StationTariffResource:
        """The resource of a record."""
        return cls.model_construct(
            tariff_id=record.tariff_id,
            tariff_kind=record.kind,
            evse_ids=list(record.evse_ids),
            id_tokens=list(record.id_tokens),
            valid_from=record.valid_from,
            tariff=None if record.tariff is None else shown(SHOWN, record.tariff),
            set_at=record.set_at,
            reported_at=record.reported_at,
        )


@router.get("/stations/{station}/tariffs", responses=READS, summary="List the tariffs of a station", **_READ)
async def list_station_tariffs(
    desk: TheDesk, station: StationIdentity, limit: Limit = 100, after: Cursor = None
) -> PageOf[StationTariffResource]:
    """The tariffs known to be at a station, by id."""
    records = await desk.store.records(STATION_TARIFFS, station, Page(limit=limit, after=after))
    items = [StationTariffResource.of(each) for each in records]
    cursor = cursor_of(station, records[-1].tariff_id) if records else ""
    return PageOf[StationTariffResource](**page_of(items, limit, cursor))
