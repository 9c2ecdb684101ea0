"""Bills of sessions: list them, read them and their receipts, correct them, export them. A bill never changes; corrections are entries."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import READ, WRITE, TheCaller
from pilotwire.csms.api.bill_cdrs import cdrs_of
from pilotwire.csms.api.bill_values import COLUMNS, BillResource, BillWithEntries, record_of
from pilotwire.csms.api.mirrored import Quantity
from pilotwire.csms.api.problems import READS, WRITES, conflict, not_found, problems, unusable
from pilotwire.csms.api.resource import TEXT, Limit, PageOf, Resource, StationFilter, page_of
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.billing.ledger import Ledger, NotCorrectable, ledger_of
from pilotwire.csms.billing.receipts import Seller, html, pdf, receipt_of
from pilotwire.csms.registers.billing import BILLS, account_of, bill_of, entries_of
from pilotwire.csms.registers.signed_metering import VERDICTS
from pilotwire.dialects.ocpi import Edition
from pilotwire.domain.billing import BillEntry, BillKind, Metering
from pilotwire.domain.metering.signed import MeteringOutcome
from pilotwire.domain.uptime_tables import csv_text

router = APIRouter(prefix="/bills", tags=["bills"])
_PAGE: Final = 200
_HIGHEST: Final = 10**12 - 1
Number = Annotated[int, Path(ge=1, le=_HIGHEST, description="The number of the bill.", examples=[17])]
_After = Annotated[int | None, Query(ge=0, le=2**63 - 1, description="A cursor: `nextCursor` of the page before.")]
_Transaction = Annotated[
    str | None,
    Query(
        alias="transactionId",
        min_length=1,
        max_length=60,
        pattern=TEXT,
        description="Only of this transaction; needs `station`.",
    ),
]


@router.get("", dependencies=[READ], responses=READS, summary="List bills")
async def list_bills(
    desk: TheDesk,
    station: StationFilter = None,
    transaction_id: _Transaction = None,
    limit: Limit = 100,
    after: _After = None,
) -> PageOf[BillResource]:
    """Bills and what corrects them, newest first."""
    if transaction_id is not None:
        if station is None:
            raise unusable(
                "query.transactionId", "a transaction id is known at its station only: give `station` as well"
            )
        account = await account_of(desk.store, station, transaction_id)
        found = [] if account is None else await entries_of(desk.store, account.entries)
        return PageOf[BillResource](items=[BillResource.of(each) for each in reversed(found)])
    entries = await desk.store.entries(BILLS, station, before=after, limit=limit)
    items = [BillResource.of(each.entry) for each in entries]
    return PageOf[BillResource](**page_of(items, limit, str(entries[-1].number) if entries else ""))


class ExportFormat(StrEnum):
    """As what bills are exported."""

    CSV = "csv"
    JSON = "json"
    OCPI = "ocpi"


_EXPORT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "CSV (RFC 4180), JSON as in the list, or CDRs of OCPI, the oldest first.",
        "content": {"text/csv": {"schema": {"type": "string"}}, "application/json": {"schema": {"type": "object"}}},
    }
}


@router.get("/export", dependencies=[READ], response_class=Response, responses=_EXPORT | READS, summary="Export bills")
async def export_bills(
    desk: TheDesk,
    format: Annotated[ExportFormat, Query(description="csv, json, or ocpi.")] = ExportFormat.CSV,
    edition: Annotated[Edition, Query(description="Of OCPI.")] = Edition.V221,
    station: StationFilter = None,
    since: Annotated[int, Query(ge=0, le=_HIGHEST, description="Only those with a number behind this one.")] = 0,
) -> Response:
    """All bills and what corrects them, the oldest first: who gives the last number had as `since` gets what is new."""
    headers = {"content-disposition": f'attachment; filename="bills.{"csv" if format is ExportFormat.CSV else "json"}"'}
    if format is ExportFormat.CSV:
        return StreamingResponse(_csv(desk, station, since), media_type="text/csv; charset=utf-8", headers=headers)
    if format is ExportFormat.OCPI and not desk.rooms.settings.ocpi_party:
        raise unusable("query.format", "CDRs need to say whose they are: set ocpi_party, for example to NL-ABC")
    made = _json(desk, station, since) if format is ExportFormat.JSON else _cdrs(desk, station, since, edition)
    return StreamingResponse(made, media_type="application/json", headers=headers)


async def _all(desk: Desk, station: str | None, since: int) -> AsyncIterator[Sequence[BillEntry]]:
    after = 0
    while page := await desk.store.entries(BILLS, station, after=after, limit=_PAGE):
        after = page[-1].number
        yield [each.entry for each in page if each.entry.number > since]


async def _csv(desk: Desk, station: str | None, since: int) -> AsyncIterator[bytes]:
    yield csv_text(COLUMNS).encode()
    async for entries in _all(desk, station, since):
        yield csv_text(COLUMNS, [record_of(each) for each in entries], header=False).encode()


async def _json(desk: Desk, station: str | None, since: int) -> AsyncIterator[bytes]:
    yield b'{"items":['
    comma = b""
    async for entries in _all(desk, station, since):
        for each in entries:
            yield comma + BillResource.of(each).model_dump_json(by_alias=True).encode()
            comma = b",\n"
    yield b"]}"


async def _cdrs(desk: Desk, station: str | None, since: int, edition: Edition) -> AsyncIterator[bytes]:
    party, unsaid = desk.rooms.settings.ocpi_party, list[dict[str, object]]()
    yield b'{"items":['
    comma = b""
    async for entries in _all(desk, station, since):
        for each in entries:
            cdrs, left_out = await cdrs_of(desk.store, each, party, edition)
            if left_out:
                unsaid.append({"number": each.number, "unsaid": list(left_out)})
            for cdr in cdrs:
                yield comma + cdr
                comma = b",\n"
    yield b'],"unsaid":' + json.dumps(unsaid).encode() + b"}"


async def _entry(desk: Desk, number: int) -> BillEntry:
    found = await bill_of(desk.store, number)
    if found is None:
        raise not_found(f"There is no bill {number}.", "GET /api/v1/bills lists them.")
    return found.entry


async def _whole(desk: Desk, number: int) -> tuple[BillEntry, list[BillEntry]]:
    """The bill that a number is of, with what corrects it."""
    entry = await _entry(desk, number)
    bill = entry if entry.corrects is None else await _entry(desk, entry.corrects)
    account = await account_of(desk.store, bill.station, bill.transaction_id)
    numbers = () if account is None else account.entries
    return bill, [each for each in await entries_of(desk.store, numbers) if each.corrects == bill.number]


@router.get("/{number}", dependencies=[READ], responses=READS | problems(404), summary="Get a bill")
async def get_bill(desk: TheDesk, number: Number) -> BillWithEntries:
    """A bill with all that corrects it."""
    bill, corrections = await _whole(desk, number)
    return BillWithEntries.model_construct(
        bill=BillResource.of(bill),
        corrections=[BillResource.of(each) for each in corrections],
        total=corrections[-1].total if corrections else bill.total,
    )


_RECEIPT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The receipt: a page, a paper, or the bill as JSON.",
        "content": {
            "text/html": {"schema": {"type": "string"}},
            "application/pdf": {"schema": {"type": "string", "format": "binary"}},
            "application/json": {"schema": {"type": "object"}},
        },
    }
}


@router.get(
    "/{number}/receipt",
    dependencies=[READ],
    response_class=Response,
    responses=_RECEIPT | READS | problems(404),
    summary="Get the receipt of a bill",
)
async def get_receipt(
    desk: TheDesk,
    number: Number,
    format: Annotated[Literal["html", "pdf", "json"], Query(description="html, pdf or json.")] = "html",
) -> Response:
    """The receipt of a bill with each period, the taxes, what corrects it, and the total."""
    if format == "json":
        whole = await get_bill(desk, number)
        return Response(whole.model_dump_json(by_alias=True), media_type="application/json")
    bill, corrections = await _whole(desk, number)
    receipt = receipt_of(bill, corrections, seller_of(desk), await _metering(desk, bill))
    if format == "html":
        return HTMLResponse(
            html(receipt), headers={"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
        )
    made_at = corrections[-1].made_at if corrections else bill.made_at
    headers = {"content-disposition": f'inline; filename="receipt-{receipt.number}.pdf"'}
    return Response(pdf(receipt, made_at), media_type="application/pdf", headers=headers)


_METERING: Final = {
    MeteringOutcome.VERIFIED: Metering.VERIFIED,
    MeteringOutcome.FAILED: Metering.INVALID,
    MeteringOutcome.UNVERIFIABLE: Metering.NOT_VERIFIED,
    MeteringOutcome.ABSENT: Metering.UNSIGNED,
}


async def _metering(desk: Desk, bill: BillEntry) -> Metering | None:
    """What was found of the signatures of a session's meter values; None: nobody has looked yet."""
    verdict = await desk.store.record(VERDICTS, bill.station, bill.transaction_id)
    return None if verdict is None else _METERING[verdict.outcome]


def seller_of(desk: Desk) -> Seller:
    """Who sells, as the settings say."""
    settings = desk.rooms.settings
    return Seller(
        lines=tuple(line.strip() for line in settings.seller.split("|") if line.strip()),
        vat_number=settings.seller_vat_number,
        note=settings.receipt_note,
        time_zone=settings.billing_time_zone,
        prefix=settings.bill_prefix,
    )


class CorrectionRequest(Resource):
    """So much more or less, or given back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "Refund", "inclTax": 2.5, "reason": "the cable could not be unlocked"}]
        }
    )

    kind: Literal[BillKind.CORRECTION, BillKind.REFUND] = BillKind.CORRECTION
    incl_tax: Quantity = Field(
        description="With tax: of a correction how much more (negative: less), of a refund how much is given back (positive)."
    )
    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=TEXT)]


@router.post(
    "/{number}/corrections",
    dependencies=[WRITE],
    status_code=201,
    responses=WRITES | problems(404, 409),
    summary="Correct a bill",
)
async def correct_bill(
    request: Request, desk: TheDesk, caller: TheCaller, number: Number, wanted: CorrectionRequest
) -> BillResource:
    """Add an entry to a bill: the bill itself stays as it is. All entries together never come to less than nothing (409)."""
    await _entry(desk, number)  # one of a station that is not seen is none
    refund = wanted.kind is BillKind.REFUND
    if refund and wanted.incl_tax <= 0:
        raise unusable("body.inclTax", "a refund says how much is given back, as a number above 0")
    amount: Decimal = -wanted.incl_tax if refund else wanted.incl_tax
    try:
        entry = await _ledger(request).correct(number, amount, wanted.reason, caller.actor, refund=refund)
    except NotCorrectable as error:
        raise conflict(error.what, error.remedy) from None
    return BillResource.of(entry)


def _ledger(request: Request) -> Ledger:
    """The ledger of this CSMS: the one that gives numbers, whoever asks."""
    rooms = request.app.state.desk.rooms
    return ledger_of(rooms.journal, rooms.store, rooms.clock)
