"""What the device model has of a payment terminal: component PaymentCtrlr (2.1 Part 2, 2.4.1), where the layout has a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from pilotwire.domain.device_model import DataType
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.variable_table import Declared, fixed, members, name_of, switch
from pilotwire.station.hardware.ports import StationLayout

ENABLED: Final = "PaymentCtrlr.Enabled"
ASKS: Final = "PaymentCtrlr.AuthorizeDirectPayment"
AMOUNT: Final = "PaymentCtrlr.AuthorizationAmount"
INCREASE: Final = "PaymentCtrlr.IncrementalAuthorizationAmount"
THRESHOLD: Final = "PaymentCtrlr.IncrementalAuthorizationThreshold"
DETAILS: Final = "PaymentCtrlr.PaymentDetails"
SETTLED_BY_CSMS: Final = "PaymentCtrlr.SettlementByCSMS"
RECEIPT_BY_CSMS: Final = "PaymentCtrlr.ReceiptByCSMS"
RECEIPT_SERVER: Final = "PaymentCtrlr.ReceiptServerUrl"
MERCHANT: Final = ("Id", "TaxId", "Name", "Address", "City")
_MOST_AMOUNT: Final = 1_000_000
_TOLD_FIRST: Final = "PaymentBrand,PaymentRecognition,CardLast4Digits"


def payment_variables(family: Family, layout: StationLayout) -> Iterable[Declared]:
    """The variables; none for a station without a terminal, or of 1.6."""
    terminal = layout.payment_terminal
    if terminal is None or family is Family.OCPP16:
        return
    yield switch(ENABLED, True)
    yield fixed("PaymentCtrlr.Problem", "false", DataType.BOOLEAN)
    yield fixed("PaymentCtrlr.Connected", "true", DataType.BOOLEAN)
    yield switch(ASKS, False)
    yield _amount(AMOUNT, "50")
    if terminal.increases:
        yield _amount(INCREASE, "0")
        yield _amount(THRESHOLD, "5")
    told = ",".join(one for one in _TOLD_FIRST.split(",") if one in terminal.details)
    yield members(DETAILS, told, tuple(terminal.details))
    yield switch(SETTLED_BY_CSMS, False)
    yield switch(RECEIPT_BY_CSMS, False)
    yield _text(RECEIPT_SERVER)
    for each in MERCHANT:
        yield _text(f"PaymentCtrlr.Merchant[{each}]")
    for variable, value in (
        ("TerminalID", terminal.terminal_id),
        ("PaymentServiceProvider", terminal.provider),
        ("VendorName", terminal.vendor),
        ("Model", terminal.model),
        ("SerialNumber", terminal.serial_number),
        ("FirmwareVersion", terminal.firmware_version),
        ("IMSI", terminal.imsi),
        ("ICCID", terminal.iccid),
    ):
        yield fixed(f"PaymentCtrlr.{variable}", value, DataType.STRING, constant=True)


def _amount(name: str, value: str) -> Declared:
    return Declared(name_of(name), DataType.DECIMAL, value, low=0, high=_MOST_AMOUNT)


def _text(name: str) -> Declared:
    return Declared(name_of(name), DataType.STRING, "", high=500)


def amount_of(station: Station, key: str) -> Decimal:
    """An amount; nothing where there is no such variable."""
    return Decimal(station.variables.text(key) or "0") if station.variables.has(key) else Decimal(0)


def is_on(station: Station, key: str) -> bool:
    """Whether there is a switch of this name, and it is on."""
    return station.variables.has(key) and station.variables.on(key)


def merchant(station: Station) -> dict[str, str]:
    """What stands on a receipt of the merchant, as far as it is set."""
    told = {each: station.variables.text(f"PaymentCtrlr.Merchant[{each}]") for each in MERCHANT}
    return {each: text for each, text in told.items() if text}
