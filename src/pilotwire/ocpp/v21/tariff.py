"""OCPP 2.1. Tariff, cost and payment."""

from __future__ import annotations

from pilotwire.ocpp.types import (
    CustomData,
    Datatype,
    Integer,
    Maybe,
    Message,
    NonNegativeInt,
    Number,
    OneOrMore,
    String20,
    String36,
    String50,
    String60,
    String100,
    String255,
    String500,
    String2000,
    Timestamp,
)
from pilotwire.ocpp.v21.datatypes import StatusInfo, Tariff
from pilotwire.ocpp.v21.enums import (
    GenericStatus,
    PaymentStatus,
    TariffChangeStatus,
    TariffClearStatus,
    TariffGetStatus,
    TariffKind,
    TariffSetStatus,
)


class Address(Datatype):
    """A postal address, for receipts."""

    name: String50
    address1: String100
    city: String100
    country: String50
    address2: Maybe[String100] = None
    postal_code: Maybe[String20] = None
    custom_data: Maybe[CustomData] = None


class ClearTariffsResult(Datatype):
    """What became of the removal of one tariff."""

    status: TariffClearStatus
    status_info: Maybe[StatusInfo] = None
    tariff_id: Maybe[String60] = None
    custom_data: Maybe[CustomData] = None


class TariffAssignment(Datatype):
    """Where a tariff is in use."""

    tariff_id: String60
    tariff_kind: TariffKind
    valid_from: Maybe[Timestamp] = None
    evse_ids: Maybe[OneOrMore[NonNegativeInt]] = None
    id_tokens: Maybe[OneOrMore[String255]] = None
    custom_data: Maybe[CustomData] = None


class CostUpdatedRequest(Message):
    """CSMS → station: tells the running cost of a transaction, for the driver to see (I02)."""

    total_cost: Number
    transaction_id: String36
    custom_data: Maybe[CustomData] = None


class CostUpdatedResponse(Message):
    """Station → CSMS: the answer to `CostUpdatedRequest`."""

    custom_data: Maybe[CustomData] = None


class SetDefaultTariffRequest(Message):
    """CSMS → station: installs the tariff an EVSE uses when the driver has none of their own (I07)."""

    evse_id: NonNegativeInt
    tariff: Tariff
    custom_data: Maybe[CustomData] = None


class SetDefaultTariffResponse(Message):
    """Station → CSMS: the answer to `SetDefaultTariffRequest`."""

    status: TariffSetStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class GetTariffsRequest(Message):
    """CSMS → station: asks which tariffs are installed (I09)."""

    evse_id: NonNegativeInt
    custom_data: Maybe[CustomData] = None


class GetTariffsResponse(Message):
    """Station → CSMS: the tariffs and where they are assigned."""

    status: TariffGetStatus
    status_info: Maybe[StatusInfo] = None
    tariff_assignments: Maybe[OneOrMore[TariffAssignment]] = None
    custom_data: Maybe[CustomData] = None


class ClearTariffsRequest(Message):
    """CSMS → station: removes tariffs from EVSEs (I10)."""

    tariff_ids: Maybe[OneOrMore[String60]] = None
    evse_id: Maybe[NonNegativeInt] = None
    custom_data: Maybe[CustomData] = None


class ClearTariffsResponse(Message):
    """Station → CSMS: the answer to `ClearTariffsRequest`."""

    clear_tariffs_result: OneOrMore[ClearTariffsResult]
    custom_data: Maybe[CustomData] = None


class ChangeTransactionTariffRequest(Message):
    """CSMS → station: replaces the tariff of a running transaction (I11)."""

    tariff: Tariff
    transaction_id: String36
    custom_data: Maybe[CustomData] = None


class ChangeTransactionTariffResponse(Message):
    """Station → CSMS: the answer to `ChangeTransactionTariffRequest`."""

    status: TariffChangeStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class NotifySettlementRequest(Message):
    """Station → CSMS: tells how an ad hoc payment was settled (C21)."""

    psp_ref: String255
    status: PaymentStatus
    settlement_amount: Number
    settlement_time: Timestamp
    transaction_id: Maybe[String36] = None
    status_info: Maybe[String500] = None
    receipt_id: Maybe[String50] = None
    receipt_url: Maybe[String2000] = None
    vat_company: Maybe[Address] = None
    vat_number: Maybe[String20] = None
    custom_data: Maybe[CustomData] = None


class NotifySettlementResponse(Message):
    """CSMS → station: the answer to `NotifySettlementRequest`."""

    receipt_url: Maybe[String2000] = None
    receipt_id: Maybe[String50] = None
    custom_data: Maybe[CustomData] = None


class NotifyWebPaymentStartedRequest(Message):
    """CSMS → station: tells that a driver is paying by web page, so that the EVSE waits (C25)."""

    evse_id: NonNegativeInt
    timeout: Integer
    custom_data: Maybe[CustomData] = None


class NotifyWebPaymentStartedResponse(Message):
    """Station → CSMS: the answer to `NotifyWebPaymentStartedRequest`."""

    custom_data: Maybe[CustomData] = None


class VatNumberValidationRequest(Message):
    """Station → CSMS: asks whether a VAT number is valid and whose it is."""

    vat_number: String20
    evse_id: Maybe[NonNegativeInt] = None
    custom_data: Maybe[CustomData] = None


class VatNumberValidationResponse(Message):
    """CSMS → station: the company, where the number is valid."""

    vat_number: String20
    status: GenericStatus
    company: Maybe[Address] = None
    status_info: Maybe[StatusInfo] = None
    evse_id: Maybe[NonNegativeInt] = None
    custom_data: Maybe[CustomData] = None
