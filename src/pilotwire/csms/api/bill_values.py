"""Bills as the API shows them, and the live events of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import Field

from pilotwire.csms.api.mirrored import Quantity
from pilotwire.csms.api.resource import EvseResource, IdTokenResource, Resource, Time, evse_of
from pilotwire.domain.billing import BillEntry, BillKind, Metering
from pilotwire.domain.tariff.priced import PricedLine, PricedSession, TaxAmount


class TaxAmountResource(Resource):
    """How much of a tax is in an amount."""

    type: str
    percent: Quantity
    amount: Quantity


class BillLineResource(Resource):
    """A quantity (Wh, seconds, times) at a price (of a kWh, an hour, once); the amount is without tax, before rounding."""

    part: str
    quantity: Quantity
    price: Quantity
    amount: Quantity
    why: str | None = Field(
        description="step: a quantity was rounded up; least: up to the least of a part; null: it was used."
    )

    @classmethod
    def of(cls, line: PricedLine) -> BillLineResource:
        """The resource of a line."""
        return cls.model_construct(
            part=line.part, quantity=line.quantity, price=line.price, amount=line.amount, why=line.why or None
        )


class BillPeriodResource(Resource):
    """A stretch of the session in which the same prices counted; energy in Wh."""

    begin: Time
    end: Time
    tariff_id: str
    charging: bool
    energy: Quantity
    lines: list[BillLineResource]


class BillResource(Resource):
    """A bill, or an entry that corrects one: it never changes.

    Amounts are of this entry alone, negative if given back; `total` is the bill with all its entries up to this one.
    """

    number: int
    kind: BillKind
    station: str
    transaction_id: str
    evse: EvseResource | None
    id_token: IdTokenResource | None
    made_at: Time
    currency: str
    excl_tax: Quantity
    incl_tax: Quantity
    taxes: list[TaxAmountResource]
    total: Quantity
    corrects: int | None = Field(description="The number of the bill that this corrects.")
    reason: str | None
    by: str | None = Field(description="Who corrected it, as in the audit log; null: this CSMS.")
    begin: Time | None
    end: Time | None
    energy: Quantity | None = Field(description="In Wh.")
    periods: list[BillPeriodResource]
    fees: list[BillLineResource] = Field(description="What was counted once.")
    tariff_ids: list[str]
    tariff_chosen_by: str
    metering: Metering = Field(description="What is known of the signatures of meter values.")
    told_by_station: Quantity | None = Field(description="What a station that works out costs itself told.")
    paid_from_balance: Quantity | None = Field(
        description="How much of the total was deducted from a balance kept here."
    )
    failures: list[str] = Field(description="Why this may not be all, or not right.")

    @classmethod
    def of(cls, entry: BillEntry) -> BillResource:
        """The resource of an entry."""
        priced = entry.priced
        return cls.model_construct(
            number=entry.number,
            kind=entry.kind,
            station=entry.station,
            transaction_id=entry.transaction_id,
            evse=evse_of(entry.address),
            id_token=IdTokenResource.of(entry.id_token),
            made_at=entry.made_at,
            currency=entry.currency,
            excl_tax=entry.amounts.excl_tax,
            incl_tax=entry.amounts.incl_tax,
            taxes=[_tax(each) for each in entry.amounts.taxes],
            total=entry.total,
            corrects=entry.corrects,
            reason=entry.reason or None,
            by=entry.by or None,
            begin=None if priced is None else priced.begin,
            end=None if priced is None else priced.end,
            energy=None if priced is None else priced.details.total_usage.energy,
            periods=_periods(priced),
            fees=[] if priced is None else [BillLineResource.of(each) for each in priced.once],
            tariff_ids=list(dict.fromkeys(each.tariff.tariff_id for each in entry.terms.tariffs)),
            tariff_chosen_by=entry.terms.chosen_by,
            metering=entry.metering,
            told_by_station=entry.told_by_station,
            paid_from_balance=entry.paid_from_balance,
            failures=[] if priced is None else list(priced.failures),
        )


def _tax(tax: TaxAmount) -> TaxAmountResource:
    return TaxAmountResource.model_construct(type=tax.type, percent=tax.percent, amount=tax.amount)


def _periods(priced: PricedSession | None) -> list[BillPeriodResource]:
    if priced is None:
        return []
    return [
        BillPeriodResource.model_construct(
            begin=each.begin,
            end=each.end,
            tariff_id=each.tariff_id,
            charging=each.charging,
            energy=each.energy,
            lines=[BillLineResource.of(line) for line in each.lines],
        )
        for each in priced.periods
    ]


class BillWithEntries(Resource):
    """A bill with all that corrects it; for an entry that corrects one, the bill it corrects."""

    bill: BillResource
    corrections: list[BillResource]
    total: Quantity = Field(description="With tax: of the bill and all corrections.")


class BillEvent(Resource):
    """`bill-made`, `bill-corrected`: a bill was made, or an entry that corrects one."""

    station: str
    bill: BillResource


def bill_event(keep: Any, _: Any) -> tuple[str, Resource] | None:
    """What is told of an entry of the diary of bills."""
    entry: BillEntry = keep.entry
    return keep.station, BillEvent.model_construct(station=keep.station, bill=BillResource.of(entry))


# --- exported --------------------------------------------------------------------------------------------------------

COLUMNS: Final = (
    *("number", "kind", "corrects", "made_at", "station", "evse", "transaction_id", "id_token", "begin", "end"),
    *("energy_wh", "currency", "excl_tax", "tax", "incl_tax", "total", "tariffs", "metering", "reason", "by"),
)
"""Of the CSV export."""


def record_of(entry: BillEntry) -> dict[str, object]:
    """A line of the CSV export, by its columns."""
    priced, amounts = entry.priced, entry.amounts
    return {
        "number": entry.number,
        "kind": entry.kind.value,
        "corrects": entry.corrects,
        "made_at": _moment(entry.made_at),
        "station": entry.station,
        "evse": None if entry.address is None or entry.address.is_station else entry.address.evse,
        "transaction_id": entry.transaction_id,
        "id_token": None if entry.id_token is None else entry.id_token.value,
        "begin": None if priced is None else _moment(priced.begin),
        "end": None if priced is None else _moment(priced.end),
        "energy_wh": None if priced is None else priced.details.total_usage.energy,
        "currency": entry.currency,
        "excl_tax": amounts.excl_tax,
        "tax": amounts.incl_tax - amounts.excl_tax,
        "incl_tax": amounts.incl_tax,
        "total": entry.total,
        "tariffs": list(dict.fromkeys(each.tariff.tariff_id for each in entry.terms.tariffs)),
        "metering": entry.metering.value,
        "reason": entry.reason,
        "by": entry.by,
    }


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
