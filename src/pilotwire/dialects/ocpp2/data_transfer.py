"""Vendor data in 2.x: any JSON value."""

from __future__ import annotations

from typing import Any

from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.data_transfer import (
    DataTransferred,
    DataTransferStatus,
    DataTransferVerdict,
    SendData,
    SendDataOutcome,
)
from pilotwire.ocpp.types import Message


def _parts(request: Any) -> dict[str, Any]:
    return {"vendor_id": request.vendor_id, "message_id": request.message_id, "data": request.data}


def _answer(response: Any) -> dict[str, Any]:
    return {"status": DataTransferStatus(response.status), "data": response.data}


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=DataTransferred,
            open_verdict=True,
            read={wire.DataTransferRequest: lambda request: DataTransferred(**_parts(request))},
            write=lambda fact, _named: wire.DataTransferRequest(**_parts(fact)),
            write_verdict=lambda _fact, verdict: _write_answer(wire, verdict),
            read_verdict=lambda _fact, response: DataTransferVerdict(**_answer(response)),
        ),
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=SendData,
            read={wire.DataTransferRequest: lambda request: SendData(**_parts(request))},
            write=lambda command: (wire.DataTransferRequest(**_parts(command)),),
            write_outcome=lambda _command, outcome, _request: _write_answer(wire, outcome),
            read_outcome=lambda _command, responses: SendDataOutcome(**_answer(responses[0])),
        ),
    )


def _write_answer(wire: Wire, answer: DataTransferVerdict | SendDataOutcome) -> Message:
    return wire.DataTransferResponse(status=same_name(answer.status), data=answer.data)
