"""What 2.1 adds to transactions: how much one may use up (E16)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import msgspec

from pilotwire.dialects.ocpp2 import transactions as shared
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.words import FactWord
from pilotwire.domain.authorization import TransactionLimit
from pilotwire.domain.kinds import Fact, changed
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


(_WORD,) = shared.facts(cast(Wire, v21))


def write_verdict(fact: TransactionEvent, verdict: TransactionVerdict) -> Message:
    """TransactionEventResponse with the limit (E16.FR.02)."""
    response: Any = _WORD.write_verdict(fact, verdict)
    if verdict.limit is None:
        return cast(Message, response)
    return cast(Message, msgspec.structs.replace(response, transaction_limit=write_limit(verdict.limit)))


def read_verdict(fact: TransactionEvent, response: v21.TransactionEventResponse) -> TransactionVerdict:
    """The verdict with the limit."""
    verdict = cast(TransactionVerdict, _WORD.read_verdict(fact, response))
    limit = read_limit(response.transaction_limit)
    return verdict if limit is None else changed(verdict, limit=limit)


def read_event(request: v21.TransactionEventRequest) -> TransactionEvent:
    """The event with the limit (E16.FR.01)."""
    event = cast(TransactionEvent, _WORD.read[v21.TransactionEventRequest](request))
    limit = read_limit(request.transaction_info.transaction_limit)
    return event if limit is None else changed(event, limit=limit)


def write_event(fact: Fact, named: str | None) -> Message:
    """TransactionEvent with the limit (E16.FR.01, E16.FR.03)."""
    request: Any = _WORD.write(fact, named)
    limit = cast(TransactionEvent, fact).limit
    if limit is None:
        return cast(Message, request)
    info = msgspec.structs.replace(request.transaction_info, transaction_limit=write_limit(limit))
    return cast(Message, msgspec.structs.replace(request, transaction_info=info))


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
