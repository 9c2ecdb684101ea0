"""Costs and prices in 1.6: it has no messages for them, so they go by DataTransfer in the way of the OCA's white paper on the pricing
requirements of California (vendor `org.openchargealliance.costmsg`), which stations of several makers understand.

A station reads them as what they are on the wire, vendor data: one that does not know the vendor answers UnknownVendorId (1.6:4.3).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from pilotwire.dialects.words import CommandWord
from pilotwire.domain.data_transfer import DataTransferStatus
from pilotwire.domain.tariff import ChargingPrice, CostShownOutcome, CostUpdated, FinalCost, SetUserPrice, TariffText
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message

VENDOR: Final = "org.openchargealliance.costmsg"
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def _message(message_id: str, data: dict[str, Any]) -> Message:
    """The vendor's data is JSON in a text; what is None is left out."""
    said = {name: value for name, value in data.items() if value is not None}
    return v16.DataTransferRequest(vendor_id=VENDOR, message_id=message_id, data=_ENCODER.encode(said).decode())


def _transaction(transaction_id: str) -> int:
    if not transaction_id.isascii() or not transaction_id.removeprefix("-").isdigit() or len(transaction_id) > 11:
        raise NotSayable(f"OCPP 1.6 names transactions with whole numbers, not {transaction_id!r}.")
    return int(transaction_id)


def _texts(texts: tuple[TariffText, ...]) -> list[dict[str, str]] | None:
    shown = [{"format": str(each.format), "language": each.language, "content": each.content} for each in texts]
    return [{name: value for name, value in text.items() if value is not None} for text in shown] or None


def write_running(command: CostUpdated) -> Message:
    """RunningCost."""
    return _message(
        "RunningCost",
        {
            "transactionId": _transaction(command.transaction_id),
            "timestamp": _time(command.at),
            "meterValue": _whole(command.meter_value),
            "cost": command.total_cost,
            "state": str(command.state),
            "chargingPrice": _price(command.charging_price),
        },
    )


def _price(price: ChargingPrice | None) -> dict[str, Decimal] | None:
    if price is None:
        return None
    said = {"kWhPrice": price.kwh_price, "hourPrice": price.hour_price, "flatFee": price.flat_fee}
    return {name: value for name, value in said.items() if value is not None}


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _whole(meter_value: Decimal | None) -> int | None:
    return None if meter_value is None else int(meter_value.to_integral_value())


def write_final(command: FinalCost) -> Message:
    """FinalCost."""
    return _message(
        "FinalCost",
        {
            "transactionId": _transaction(command.transaction_id),
            "cost": command.cost,
            "priceText": command.price_text,
            "priceTextExtra": _texts(command.price_text_extra),
            "qrCodeText": command.qr_code_text,
        },
    )


def write_user_price(command: SetUserPrice) -> Message:
    """SetUserPrice."""
    return _message(
        "SetUserPrice",
        {
            "idToken": command.id_token.value,
            "priceText": command.price_text,
            "priceTextExtra": _texts(command.price_text_extra),
        },
    )


def _word(command: type[Any], write: Any) -> CommandWord:
    return CommandWord(
        command=command,
        read={},
        write=lambda said: (write(said),),
        write_outcome=lambda _command, outcome, _request: v16.DataTransferResponse(status=outcome.status.value),
        read_outcome=lambda _command, responses: CostShownOutcome(status=DataTransferStatus(responses[0].status)),
    )


COMMANDS = (_word(CostUpdated, write_running), _word(FinalCost, write_final), _word(SetUserPrice, write_user_price))
