"""Remote start, stop and unlock in 2.x."""

from __future__ import annotations

from pilotwire.dialects.ocpp2.charging_profiles import read_profile, write_profile
from pilotwire.dialects.ocpp2.terms import read_id_token, write_id_token
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.words import CommandWord, same_name
from pilotwire.domain.remote_control import (
    RequestStart,
    RequestStartOutcome,
    RequestStatus,
    RequestStop,
    RequestStopOutcome,
    UnlockConnector,
    UnlockOutcome,
    UnlockStatus,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message


def read_start(request: v201.RequestStartTransactionRequest) -> RequestStart:
    """RequestStartTransaction (F01, F02)."""
    group, profile = request.group_id_token, request.charging_profile
    return RequestStart(
        id_token=read_id_token(request.id_token),
        remote_start_id=request.remote_start_id,
        evse=request.evse_id,
        group=None if group is None else read_id_token(group),
        charging_profile=None if profile is None else read_profile(profile),
    )


def write_start(wire: Wire, command: RequestStart) -> tuple[Message, ...]:
    """RequestStartTransaction; the remoteStartId is required."""
    if command.remote_start_id is None:
        raise NotSayable("RequestStartTransaction of OCPP 2.x needs a remoteStartId.")
    if command.evse is not None and command.evse < 1:
        raise NotSayable(
            "A remote start of OCPP 2.x is for an EVSE from 1 on.", "Leave out the EVSE: then the station chooses."
        )
    profile = command.charging_profile
    return (
        wire.RequestStartTransactionRequest(
            id_token=write_id_token(wire, command.id_token),
            remote_start_id=command.remote_start_id,
            evse_id=command.evse,
            group_id_token=None if command.group is None else write_id_token(wire, command.group),
            charging_profile=None if profile is None else write_profile(wire, profile),
        ),
    )


_NO_WORD_FOR = {UnlockStatus.NOT_SUPPORTED: UnlockStatus.UNLOCK_FAILED}


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=RequestStart,
            read={wire.RequestStartTransactionRequest: read_start},
            write=lambda command: write_start(wire, command),
            write_outcome=lambda _command, outcome, _request: wire.RequestStartTransactionResponse(
                status=same_name(outcome.status), transaction_id=outcome.transaction_id
            ),
            read_outcome=lambda _command, responses: RequestStartOutcome(
                status=RequestStatus(responses[0].status), transaction_id=responses[0].transaction_id
            ),
        ),
        CommandWord(
            command=RequestStop,
            read={
                wire.RequestStopTransactionRequest: lambda request: RequestStop(transaction_id=request.transaction_id)
            },
            write=lambda command: (wire.RequestStopTransactionRequest(transaction_id=command.transaction_id),),
            write_outcome=lambda _command, outcome, _request: wire.RequestStopTransactionResponse(
                status=same_name(outcome.status)
            ),
            read_outcome=lambda _command, responses: RequestStopOutcome(status=RequestStatus(responses[0].status)),
        ),
        CommandWord(
            command=UnlockConnector,
            read={
                wire.UnlockConnectorRequest: lambda request: UnlockConnector(
                    evse=request.evse_id, connector=request.connector_id
                )
            },
            write=lambda command: (wire.UnlockConnectorRequest(evse_id=command.evse, connector_id=command.connector),),
            write_outcome=lambda _command, outcome, _request: wire.UnlockConnectorResponse(
                status=same_name(_NO_WORD_FOR.get(outcome.status, outcome.status))
            ),
            read_outcome=lambda _command, responses: UnlockOutcome(status=UnlockStatus(responses[0].status)),
        ),
    )
