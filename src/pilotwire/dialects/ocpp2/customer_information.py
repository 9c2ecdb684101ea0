"""What is stored about a customer, in 2.x (N09, N10)."""

from __future__ import annotations

from pilotwire.dialects.ocpp2.hashes import read_hash, write_hash
from pilotwire.dialects.ocpp2.terms import read_id_token, write_id_token
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.customer_information import (
    CustomerInformation,
    CustomerInformationOutcome,
    CustomerInformationPart,
    CustomerInformationStatus,
)
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message


def read_asked(request: v201.CustomerInformationRequest) -> CustomerInformation:
    """CustomerInformation (N09, N10)."""
    token, certificate = request.id_token, request.customer_certificate
    return CustomerInformation(
        request_id=request.request_id,
        report=request.report,
        clear=request.clear,
        id_token=None if token is None else read_id_token(token),
        customer_identifier=request.customer_identifier,
        customer_certificate=None if certificate is None else read_hash(certificate),
    )


def write_asked(wire: Wire, command: CustomerInformation) -> tuple[Message, ...]:
    """CustomerInformation."""
    token, certificate = command.id_token, command.customer_certificate
    return (
        wire.CustomerInformationRequest(
            request_id=command.request_id,
            report=command.report,
            clear=command.clear,
            id_token=None if token is None else write_id_token(wire, token),
            customer_identifier=command.customer_identifier,
            customer_certificate=None if certificate is None else write_hash(wire, certificate),
        ),
    )


def read_part(request: v201.NotifyCustomerInformationRequest) -> CustomerInformationPart:
    """NotifyCustomerInformation (N09.FR.05)."""
    return CustomerInformationPart(
        request_id=request.request_id,
        seq_no=request.seq_no,
        generated_at=read_time(request.generated_at),
        data=request.data,
        more=bool(request.tbc),
    )


def write_part(wire: Wire, part: CustomerInformationPart) -> Message:
    """NotifyCustomerInformation."""
    return wire.NotifyCustomerInformationRequest(
        request_id=part.request_id,
        seq_no=part.seq_no,
        generated_at=part.generated_at,
        data=part.data,
        tbc=True if part.more else None,
    )


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=CustomerInformationPart,
            read={wire.NotifyCustomerInformationRequest: read_part},
            write=lambda fact, _named: write_part(wire, fact),
            write_verdict=lambda _fact, _verdict: wire.NotifyCustomerInformationResponse(),
        ),
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=CustomerInformation,
            read={wire.CustomerInformationRequest: read_asked},
            write=lambda command: write_asked(wire, command),
            write_outcome=lambda _command, outcome, _request: wire.CustomerInformationResponse(
                status=same_name(outcome.status)
            ),
            read_outcome=lambda _command, responses: CustomerInformationOutcome(
                status=CustomerInformationStatus(responses[0].status)
            ),
        ),
    )
