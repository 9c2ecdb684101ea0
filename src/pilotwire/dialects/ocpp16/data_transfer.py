"""Vendor data in 1.6: text only."""

from __future__ import annotations

from pilotwire.dialects.ocpp16 import plug_and_charge
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.data_transfer import (
    DataTransferred,
    DataTransferStatus,
    DataTransferVerdict,
    SendData,
    SendDataOutcome,
)
from pilotwire.domain.kinds import Command, Fact
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message


def _text(data: object) -> str | None:
    if data is None or isinstance(data, str):
        return data
    raise NotSayable(
        f"DataTransfer of OCPP 1.6 carries text, not {type(data).__name__}.",
        "Send the value as a JSON text of its own.",
    )


def read_data(request: v16.DataTransferRequest) -> Fact:
    """DataTransfer from a station; the messages of Plug & Charge are facts of their own."""
    said = plug_and_charge.read_fact(request)
    return said or DataTransferred(
        vendor_id=request.vendor_id,
        message_id=request.message_id,
        data=request.data,
        fault=plug_and_charge.fault(request, "station"),
    )


def read_send(request: v16.DataTransferRequest) -> Command:
    """DataTransfer to a station; the messages of Plug & Charge are commands of their own."""
    said = plug_and_charge.read_command(request)
    return said or SendData(
        vendor_id=request.vendor_id,
        message_id=request.message_id,
        data=request.data,
        fault=plug_and_charge.fault(request, "csms"),
    )


def write_data(said: DataTransferred | SendData) -> Message:
    """DataTransfer, either way."""
    return v16.DataTransferRequest(vendor_id=said.vendor_id, message_id=said.message_id, data=_text(said.data))


def write_answer(answer: DataTransferVerdict | SendDataOutcome) -> Message:
    """The answer, either way."""
    return v16.DataTransferResponse(status=same_name(answer.status), data=_text(answer.data))


FACTS = (
    FactWord(
        fact=DataTransferred,
        read={v16.DataTransferRequest: read_data},
        open_verdict=True,
        write=lambda fact, _named: write_data(fact),
        write_verdict=lambda _fact, verdict: write_answer(verdict),
        read_verdict=lambda _fact, response: DataTransferVerdict(
            status=DataTransferStatus(response.status), data=response.data
        ),
    ),
)

COMMANDS = (
    CommandWord(
        command=SendData,
        read={
            v16.DataTransferRequest: read_send,
        },
        write=lambda command: (write_data(command),),
        write_outcome=lambda _command, outcome, _request: write_answer(outcome),
        read_outcome=lambda _command, responses: SendDataOutcome(
            status=DataTransferStatus(responses[0].status), data=responses[0].data
        ),
    ),
)
