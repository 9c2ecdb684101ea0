"""What 2.1 adds to transactions: how much one may use up (E16), operation mode (K01.FR.110), sleep (Q10), tariff and cost (I07, I12)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, cast

import msgspec

from pilotwire.dialects.ocpp2 import transactions as shared
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.ocpp21.mirrored import Shapes, read_value, write_value
from pilotwire.dialects.words import FactWord, same_name
from pilotwire.domain.authorization import TransactionLimit
from pilotwire.domain.kinds import Fact, changed
from pilotwire.domain.smart_charging import OperationMode
from pilotwire.domain.tariff import bills, tariffs
from pilotwire.domain.tariff.bills import CostDetails
from pilotwire.domain.transactions import TransactionEvent, TransactionVerdict
from pilotwire.ocpp import v21
from pilotwire.ocpp.types import Message


def read_limit(limit: v21.TransactionLimit | None) -> TransactionLimit | None:
    """TransactionLimitType."""
    if limit is None:
        return None
    return TransactionLimit(
        max_cost=limit.max_cost, max_energy=limit.max_energy, max_time=limit.max_time, max_soc=limit.max_soc
    )


def write_limit(limit: TransactionLimit | None) -> v21.TransactionLimit | None:
    """TransactionLimitType."""
    if limit is None:
        return None
    return v21.TransactionLimit(
        max_cost=limit.max_cost, max_energy=limit.max_energy, max_time=limit.max_time, max_soc=limit.max_soc
    )


_SHAPES: Final[Shapes] = {
    bills.CostDetails: v21.CostDetails,
    bills.TotalCost: v21.TotalCost,
    bills.TotalPrice: v21.TotalPrice,
    bills.TotalUsage: v21.TotalUsage,
    bills.ChargingPeriod: v21.ChargingPeriod,
    bills.CostDimension: v21.CostDimension,
    tariffs.Price: v21.Price,
    tariffs.TaxRate: v21.TaxRate,
    tariffs.TariffText: v21.MessageContent,
}
_ONLY_HERE: Final = ("limit", "operation_mode", "evse_sleep", "tariff_id", "cost")
(_WORD,) = shared.facts(cast(Wire, v21))


def write_verdict(fact: TransactionEvent, verdict: TransactionVerdict) -> Message:
    """TransactionEventResponse with the limit (E16.FR.02), and the message in other languages (I06.FR.02)."""
    response: Any = _WORD.write_verdict(fact, verdict)
    if verdict.limit is None and not verdict.message_extra:
        return cast(Message, response)
    extra = [write_value(_SHAPES, text) for text in verdict.message_extra]
    told = msgspec.structs.replace(
        response, transaction_limit=write_limit(verdict.limit), updated_personal_message_extra=extra or None
    )
    return cast(Message, told)


def read_verdict(fact: TransactionEvent, response: v21.TransactionEventResponse) -> TransactionVerdict:
    """The verdict with the limit, and the message in other languages."""
    verdict = cast(TransactionVerdict, _WORD.read_verdict(fact, response))
    limit, extra = read_limit(response.transaction_limit), response.updated_personal_message_extra
    verdict = verdict if limit is None else changed(verdict, limit=limit)
    texts = tuple(read_value(tariffs.TariffText, text) for text in extra or ())
    return verdict if not texts else changed(verdict, message_extra=texts)


def read_event(request: v21.TransactionEventRequest) -> TransactionEvent:
    """The event with the limit (E16.FR.01), the operation mode, whether the EVSE sleeps, tariff and cost (I07.FR.32, I12)."""
    event = cast(TransactionEvent, _WORD.read[v21.TransactionEventRequest](request))
    limit, mode = read_limit(request.transaction_info.transaction_limit), request.transaction_info.operation_mode
    event = event if limit is None else changed(event, limit=limit)
    event = event if mode is None else changed(event, operation_mode=OperationMode(mode))
    event = event if request.evse_sleep is None else changed(event, evse_sleep=request.evse_sleep)
    if request.transaction_info.tariff_id is None and request.cost_details is None:
        return event
    cost = None if request.cost_details is None else read_value(CostDetails, request.cost_details)
    return changed(event, tariff_id=request.transaction_info.tariff_id, cost=cost)


def write_event(fact: Fact, named: str | None) -> Message:
    """TransactionEvent with the limit (E16.FR.01, E16.FR.03), the operation mode (K01.FR.110), sleep (Q10.FR.04), tariff, cost."""
    request: Any = _WORD.write(fact, named)
    event = cast(TransactionEvent, fact)
    if all(getattr(event, name) is None for name in _ONLY_HERE):
        return cast(Message, request)
    info = msgspec.structs.replace(
        request.transaction_info,
        transaction_limit=write_limit(event.limit),
        operation_mode=same_name(event.operation_mode),
        tariff_id=event.tariff_id,
    )
    cost = None if event.cost is None else write_value(_SHAPES, event.cost)
    told = msgspec.structs.replace(request, transaction_info=info, cost_details=cost, evse_sleep=event.evse_sleep)
    return cast(Message, told)


FACTS: tuple[FactWord, ...] = (
    replace(
        _WORD,
        read={v21.TransactionEventRequest: read_event},
        write=write_event,
        write_verdict=write_verdict,
        read_verdict=read_verdict,
    ),
)
"""In the place of the word that 2.1 shares with 2.0.1."""
