"""Tariffs and payment in 2.1 (I07 to I11, C18 to C25)."""

from __future__ import annotations

from typing import Any, Final

from pilotwire.dialects.ocpp21.mirrored import Shapes, read_value, read_why, write_value, write_why
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import CommandWord, FactWord, fits, same_name
from pilotwire.domain import tariff as said
from pilotwire.domain.tariff import payment, tariffs
from pilotwire.ocpp import v21

_SHAPES: Final[Shapes] = {
    tariffs.Tariff: v21.Tariff,
    tariffs.TariffText: v21.MessageContent,
    tariffs.TaxRate: v21.TaxRate,
    tariffs.Price: v21.Price,
    tariffs.Conditions: v21.TariffConditions,
    tariffs.FixedConditions: v21.TariffConditionsFixed,
    tariffs.EnergyPrice: v21.TariffEnergyPrice,
    tariffs.TimePrice: v21.TariffTimePrice,
    tariffs.FixedPrice: v21.TariffFixedPrice,
    tariffs.EnergyPrices: v21.TariffEnergy,
    tariffs.TimePrices: v21.TariffTime,
    tariffs.FixedPrices: v21.TariffFixed,
    said.TariffAssignment: v21.TariffAssignment,
    payment.Address: v21.Address,
}


def write_tariff(tariff: tariffs.Tariff) -> v21.Tariff:
    """TariffType."""
    written: v21.Tariff = write_value(_SHAPES, tariff)
    return written


def read_tariff(tariff: v21.Tariff) -> tariffs.Tariff:
    """TariffType."""
    return read_value(tariffs.Tariff, tariff)


# --- payment --------------------------------------------------------------------------------------------------------


def _read_settled(request: v21.NotifySettlementRequest) -> said.PaymentSettled:
    company = request.vat_company
    return said.PaymentSettled(
        psp_ref=request.psp_ref,
        status=said.PaymentStatus(request.status),
        amount=request.settlement_amount,
        at=read_time(request.settlement_time),
        transaction_id=request.transaction_id,
        status_info=request.status_info,
        receipt_id=request.receipt_id,
        receipt_url=request.receipt_url,
        vat_company=None if company is None else read_value(said.Address, company),
        vat_number=request.vat_number,
    )


def _write_settled(fact: said.PaymentSettled) -> v21.NotifySettlementRequest:
    return v21.NotifySettlementRequest(
        psp_ref=fact.psp_ref,
        status=same_name(fact.status),
        settlement_amount=fact.amount,
        settlement_time=fact.at,
        transaction_id=fact.transaction_id,
        status_info=fact.status_info,
        receipt_id=fact.receipt_id,
        receipt_url=fact.receipt_url,
        vat_company=_write_address(fact.vat_company),
        vat_number=fact.vat_number,
    )


def _write_address(company: said.Address | None) -> Any:
    return None if company is None else write_value(_SHAPES, company)


def _write_vat(verdict: said.VatVerdict) -> v21.VatNumberValidationResponse:
    """VatNumberValidationResponse; a company that does not fit is left out, for it is optional (C18.FR.09)."""
    company = _write_address(verdict.company)
    return v21.VatNumberValidationResponse(
        vat_number=verdict.vat_number,
        status=same_name(verdict.status),
        company=company if company is not None and fits(company) else None,
        evse_id=verdict.evse_id,
    )


def _read_vat(response: v21.VatNumberValidationResponse) -> said.VatVerdict:
    company = response.company
    return said.VatVerdict(
        vat_number=response.vat_number,
        status=said.VatStatus(response.status),
        company=None if company is None else read_value(said.Address, company),
        evse_id=response.evse_id,
    )


FACTS = (
    FactWord(
        fact=said.PaymentSettled,
        read={v21.NotifySettlementRequest: _read_settled},
        write=lambda fact, _named: _write_settled(fact),
        write_verdict=lambda _fact, verdict: v21.NotifySettlementResponse(
            receipt_url=verdict.receipt_url, receipt_id=verdict.receipt_id
        ),
        read_verdict=lambda _fact, response: said.SettlementVerdict(
            receipt_url=response.receipt_url, receipt_id=response.receipt_id
        ),
    ),
    FactWord(
        fact=said.VatNumberAsked,
        read={
            v21.VatNumberValidationRequest: lambda request: said.VatNumberAsked(
                vat_number=request.vat_number, evse_id=request.evse_id
            )
        },
        write=lambda fact, _named: v21.VatNumberValidationRequest(vat_number=fact.vat_number, evse_id=fact.evse_id),
        write_verdict=lambda _fact, verdict: _write_vat(verdict),
        read_verdict=lambda _fact, response: _read_vat(response),
    ),
)

# --- tariffs --------------------------------------------------------------------------------------------------------


def _write_cleared(result: said.ClearedTariff) -> v21.ClearTariffsResult:
    return v21.ClearTariffsResult(
        status=same_name(result.status), tariff_id=result.tariff_id, status_info=write_why(result.reason)
    )


def _read_cleared(result: v21.ClearTariffsResult) -> said.ClearedTariff:
    return said.ClearedTariff(
        status=said.TariffStatus(result.status), tariff_id=result.tariff_id, reason=read_why(result.status_info)
    )


COMMANDS = (
    CommandWord(
        command=said.SetDefaultTariff,
        read={
            v21.SetDefaultTariffRequest: lambda request: said.SetDefaultTariff(
                evse_id=request.evse_id, tariff=read_tariff(request.tariff)
            )
        },
        write=lambda command: (
            v21.SetDefaultTariffRequest(evse_id=command.evse_id, tariff=write_tariff(command.tariff)),
        ),
        write_outcome=lambda _command, outcome, _request: v21.SetDefaultTariffResponse(
            status=same_name(outcome.status), status_info=write_why(outcome.reason)
        ),
        read_outcome=lambda _command, responses: said.SetDefaultTariffOutcome(
            status=said.TariffSetStatus(responses[0].status), reason=read_why(responses[0].status_info)
        ),
    ),
    CommandWord(
        command=said.GetTariffs,
        read={v21.GetTariffsRequest: lambda request: said.GetTariffs(evse_id=request.evse_id)},
        write=lambda command: (v21.GetTariffsRequest(evse_id=command.evse_id),),
        write_outcome=lambda _command, outcome, _request: v21.GetTariffsResponse(
            status=same_name(outcome.status),
            tariff_assignments=[write_value(_SHAPES, each) for each in outcome.assignments] or None,
            status_info=write_why(outcome.reason),
        ),
        read_outcome=lambda _command, responses: said.GetTariffsOutcome(
            status=said.TariffStatus(responses[0].status),
            assignments=tuple(
                read_value(said.TariffAssignment, each) for each in responses[0].tariff_assignments or ()
            ),
            reason=read_why(responses[0].status_info),
        ),
    ),
    CommandWord(
        command=said.ClearTariffs,
        read={
            v21.ClearTariffsRequest: lambda request: said.ClearTariffs(
                tariff_ids=tuple(request.tariff_ids or ()), evse_id=request.evse_id
            )
        },
        write=lambda command: (
            v21.ClearTariffsRequest(tariff_ids=list(command.tariff_ids) or None, evse_id=command.evse_id),
        ),
        write_outcome=lambda _command, outcome, _request: v21.ClearTariffsResponse(
            clear_tariffs_result=[_write_cleared(each) for each in outcome.results]
        ),
        read_outcome=lambda _command, responses: said.ClearTariffsOutcome(
            results=tuple(_read_cleared(each) for each in responses[0].clear_tariffs_result)
        ),
    ),
    CommandWord(
        command=said.ChangeTransactionTariff,
        read={
            v21.ChangeTransactionTariffRequest: lambda request: said.ChangeTransactionTariff(
                transaction_id=request.transaction_id, tariff=read_tariff(request.tariff)
            )
        },
        write=lambda command: (
            v21.ChangeTransactionTariffRequest(
                transaction_id=command.transaction_id, tariff=write_tariff(command.tariff)
            ),
        ),
        write_outcome=lambda _command, outcome, _request: v21.ChangeTransactionTariffResponse(
            status=same_name(outcome.status), status_info=write_why(outcome.reason)
        ),
        read_outcome=lambda _command, responses: said.ChangeTransactionTariffOutcome(
            status=said.TariffChangeStatus(responses[0].status), reason=read_why(responses[0].status_info)
        ),
    ),
    CommandWord(
        command=said.NotifyWebPaymentStarted,
        read={
            v21.NotifyWebPaymentStartedRequest: lambda request: said.NotifyWebPaymentStarted(
                evse_id=request.evse_id, timeout=request.timeout
            )
        },
        write=lambda command: (v21.NotifyWebPaymentStartedRequest(evse_id=command.evse_id, timeout=command.timeout),),
        write_outcome=lambda _command, _outcome, _request: v21.NotifyWebPaymentStartedResponse(),
        read_outcome=lambda _command, _responses: said.WebPaymentOutcome(),
    ),
)
