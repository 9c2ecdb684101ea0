"""Costs and prices for drivers to see (I02; in 1.6 by DataTransfer), and payments (C18 to C25)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import COMMAND, READ
from pilotwire.csms.api.mirrored import Quantity, shown, value_of
from pilotwire.csms.api.problems import COMMANDS, READS
from pilotwire.csms.api.resource import (
    TEXT,
    IdTokenResource,
    Limit,
    Number,
    PageOf,
    Positive,
    Resource,
    StationIdentity,
    Time,
    page_of,
)
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.api.tariff_values import SHOWN, AddressResource, TariffTextResource
from pilotwire.csms.api.tariffs import TransactionId, books_of
from pilotwire.csms.commands import tariff as commands
from pilotwire.csms.registers.tariff import SETTLEMENTS, VAT_VALIDATIONS, SettlementRecord, VatRecord
from pilotwire.csms.store.registers import Entry
from pilotwire.domain.data_transfer import DataTransferStatus
from pilotwire.domain.tariff import ChargingPrice, PaymentStatus, TariffText, VatStatus

router = APIRouter()
_COMMAND: dict[str, Any] = {"tags": ["commands"], "dependencies": [COMMAND], "responses": COMMANDS}
_READ: dict[str, Any] = {"tags": ["payment"], "dependencies": [READ], "responses": READS}
_AT = "/stations/{station}/commands"
_Text = Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^[^\x00]*$")]
_Texts = Annotated[list[TariffTextResource], Field(max_length=10)]
_After = Annotated[int | None, Query(ge=0, le=2**63 - 1, description="A cursor: the last number had.")]


class CostShownResponse(Resource):
    """The station's answer. 2.x only confirms, which is Accepted; 1.6 may not know the vendor's messages."""

    status: DataTransferStatus


class ChargingPriceResource(Resource):
    """What charging costs at the moment."""

    kwh_price: Quantity | None = Field(default=None, alias="kWhPrice")
    hour_price: Quantity | None = None
    flat_fee: Quantity | None = None


class CostUpdatedRequest(Resource):
    """The running cost of a transaction, taxes included (I02)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"transactionId": "17", "totalCost": 4.25}]})

    transaction_id: TransactionId
    total_cost: Quantity
    charging_price: ChargingPriceResource | None = Field(
        default=None, description="1.6 only: many stations want it while they charge."
    )


@router.post(f"{_AT}/cost-updated", summary="Show the running cost", **_COMMAND)
async def cost_updated(desk: TheDesk, station: StationIdentity, wanted: CostUpdatedRequest) -> CostShownResponse:
    """Show a driver the running cost: CostUpdated in 2.x, RunningCost by DataTransfer in 1.6."""
    price = wanted.charging_price
    told = None if price is None else ChargingPrice(**price.model_dump())
    outcome = await commands.cost_updated(
        desk.commander, books_of(desk), station, wanted.transaction_id, wanted.total_cost, told
    )
    return CostShownResponse(status=outcome.status)


class FinalCostRequest(Resource):
    """The cost of a transaction that has ended (1.6)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"transactionId": "17", "cost": 7.5, "priceText": "15 kWh at 0.50"}]}
    )

    transaction_id: TransactionId
    cost: Quantity
    price_text: _Text | None = None
    price_text_extra: _Texts = []
    qr_code_text: _Text | None = Field(default=None, description="Where the receipt is.")


@router.post(f"{_AT}/final-cost", summary="Show the final cost (1.6)", **_COMMAND)
async def final_cost(desk: TheDesk, station: StationIdentity, wanted: FinalCostRequest) -> CostShownResponse:
    """Show a driver the final cost, by DataTransfer. In 2.x it is in the answer to the end of the transaction (I03)."""
    outcome = await commands.final_cost(
        desk.commander,
        station,
        wanted.transaction_id,
        wanted.cost,
        price_text=wanted.price_text,
        extra=tuple(value_of(TariffText, each) for each in wanted.price_text_extra),
        qr_code_text=wanted.qr_code_text,
    )
    return CostShownResponse(status=outcome.status)


class SetUserPriceRequest(Resource):
    """The price of a driver as a text (1.6)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"idToken": {"idToken": "04A1B2C3D4"}, "priceText": "0.49 a kWh"}]}
    )

    id_token: IdTokenResource
    price_text: _Text
    price_text_extra: _Texts = []


@router.post(f"{_AT}/set-user-price", summary="Tell a driver's price (1.6)", **_COMMAND)
async def set_user_price(desk: TheDesk, station: StationIdentity, wanted: SetUserPriceRequest) -> CostShownResponse:
    """Tell a station the price of a driver, by DataTransfer. In 2.x it is in the answer to Authorize (I01)."""
    extra = tuple(value_of(TariffText, each) for each in wanted.price_text_extra)
    outcome = await commands.set_user_price(desk.commander, station, wanted.id_token.token(), wanted.price_text, extra)
    return CostShownResponse(status=outcome.status)


class NotifyWebPaymentStartedRequest(Resource):
    """A driver is paying by web page (C25.FR.21)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"evseId": 1, "timeout": 120}]})

    evse_id: Positive
    timeout: Positive = Field(description="Seconds for which the EVSE waits.")


class NotifyWebPaymentStartedResponse(Resource):
    """The station has heard it."""


@router.post(f"{_AT}/notify-web-payment-started", summary="Tell that a web payment has started", **_COMMAND)
async def notify_web_payment_started(
    desk: TheDesk, station: StationIdentity, wanted: NotifyWebPaymentStartedRequest
) -> NotifyWebPaymentStartedResponse:
    """Let an EVSE wait while a driver pays by web page (2.1)."""
    await commands.web_payment_started(desk.commander, station, wanted.evse_id, wanted.timeout)
    return NotifyWebPaymentStartedResponse()


# --- what stations told ---------------------------------------------------------------------------------------------


class SettlementResource(Resource):
    """How a payment was settled, with its receipt: the station's, or the one it was answered with."""

    number: int
    psp_ref: str
    status: PaymentStatus
    settlement_amount: Number
    settlement_time: Time
    transaction_id: str | None
    status_info: str | None
    receipt_id: str | None
    receipt_url: str | None
    vat_company: AddressResource | None
    vat_number: str | None

    @classmethod
    def of(cls, number: int, record: SettlementRecord) -> SettlementResource:
        """The resource of an entry."""
        company = record.vat_company
        return cls.model_construct(
            number=number,
            psp_ref=record.psp_ref,
            status=record.status,
            settlement_amount=record.amount,
            settlement_time=record.at,
            transaction_id=record.transaction_id,
            status_info=record.status_info,
            receipt_id=record.receipt_id,
            receipt_url=record.receipt_url,
            vat_company=None if company is None else shown(SHOWN, company),
            vat_number=record.vat_number,
        )


@router.get("/stations/{station}/settlements", summary="List settlements", **_READ)
async def list_settlements(
    desk: TheDesk,
    station: StationIdentity,
    transaction_id: Annotated[
        str | None,
        Query(
            alias="transactionId", min_length=1, max_length=36, pattern=TEXT, description="Only of this transaction."
        ),
    ] = None,
    limit: Limit = 100,
    after: _After = None,
) -> PageOf[SettlementResource]:
    """How payments at a station were settled, newest first."""
    entries = await desk.store.entries(SETTLEMENTS, station, key=transaction_id, before=after, limit=limit)
    items = [SettlementResource.of(each.number, each.entry) for each in entries]
    return PageOf[SettlementResource](**page_of(items, limit, str(entries[-1].number) if entries else ""))


class VatValidationResource(Resource):
    """A question about a VAT number, and its answer."""

    number: int
    timestamp: Time
    vat_number: str
    status: VatStatus
    checked_by: str = Field(description="partner: the service that was asked; form: only the form of the number.")
    evse_id: int | None
    company: AddressResource | None

    @classmethod
    def of(cls, entry: Entry[VatRecord]) -> VatValidationResource:
        """The resource of an entry."""
        record = entry.entry
        return cls.model_construct(
            number=entry.number,
            timestamp=entry.at,
            vat_number=record.vat_number,
            status=record.status,
            checked_by=record.checked_by,
            evse_id=record.evse_id,
            company=None if record.company is None else shown(SHOWN, record.company),
        )


@router.get("/stations/{station}/vat-validations", summary="List VAT number validations", **_READ)
async def list_vat_validations(
    desk: TheDesk, station: StationIdentity, limit: Limit = 100, after: _After = None
) -> PageOf[VatValidationResource]:
    """The VAT numbers a station asked about, newest first."""
    entries = await desk.store.entries(VAT_VALIDATIONS, station, before=after, limit=limit)
    items = [VatValidationResource.of(each) for each in entries]
    return PageOf[VatValidationResource](**page_of(items, limit, str(entries[-1].number) if entries else ""))
