"""Remote start, stop and unlock in 1.6."""

from __future__ import annotations

from pilotwire.dialects.ocpp16.smart_charging import read_profile, write_profile
from pilotwire.dialects.ocpp16.terms import read_id_tag, write_id_tag
from pilotwire.dialects.ocpp16.transactions import write_transaction_id
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
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message


def write_start(command: RequestStart) -> tuple[Message, ...]:
    """RemoteStartTransaction (1.6 5.11); there is no place for a remoteStartId."""
    if command.evse is not None and command.evse < 1:
        raise NotSayable(
            "A remote start of OCPP 1.6 is for a connector from 1 on.", "Leave out the EVSE: then the station chooses."
        )
    profile = command.charging_profile
    return (
        v16.RemoteStartTransactionRequest(
            id_tag=write_id_tag(command.id_token),
            connector_id=command.evse,
            charging_profile=None if profile is None else write_profile(profile),
        ),
    )


def read_start(request: v16.RemoteStartTransactionRequest) -> RequestStart:
    """Start for an idTag, on a connector or wherever there is room."""
    profile = request.charging_profile
    return RequestStart(
        id_token=read_id_tag(request.id_tag),
        evse=request.connector_id,
        charging_profile=None if profile is None else read_profile(profile),
    )


def write_unlock(command: UnlockConnector) -> tuple[Message, ...]:
    """UnlockConnector (1.6 5.18)."""
    if command.evse < 1:
        raise NotSayable("OCPP 1.6 unlocks a connector from 1 on, not the station as a whole.", "Name an EVSE.")
    if command.connector != 1:
        raise NotSayable(f"OCPP 1.6 has no number for connector {command.connector} of an EVSE.", "Name connector 1.")
    return (v16.UnlockConnectorRequest(connector_id=command.evse),)


_WRITE_UNLOCK = {
    UnlockStatus.UNLOCKED: "Unlocked",
    UnlockStatus.UNLOCK_FAILED: "UnlockFailed",
    UnlockStatus.NOT_SUPPORTED: "NotSupported",
    # a transaction that is not to be broken off, or a connector that is not there: nothing was unlocked
    UnlockStatus.ONGOING_AUTHORIZED_TRANSACTION: "UnlockFailed",
    UnlockStatus.UNKNOWN_CONNECTOR: "NotSupported",
}

COMMANDS = (
    CommandWord(
        command=RequestStart,
        read={v16.RemoteStartTransactionRequest: read_start},
        write=write_start,
        write_outcome=lambda _command, outcome, _request: v16.RemoteStartTransactionResponse(
            status=same_name(outcome.status)
        ),
        read_outcome=lambda _command, responses: RequestStartOutcome(status=RequestStatus(responses[0].status)),
    ),
    CommandWord(
        command=RequestStop,
        read={
            v16.RemoteStopTransactionRequest: lambda request: RequestStop(transaction_id=str(request.transaction_id))
        },
        write=lambda command: (
            v16.RemoteStopTransactionRequest(transaction_id=write_transaction_id(command.transaction_id)),
        ),
        write_outcome=lambda _command, outcome, _request: v16.RemoteStopTransactionResponse(
            status=same_name(outcome.status)
        ),
        read_outcome=lambda _command, responses: RequestStopOutcome(status=RequestStatus(responses[0].status)),
    ),
    CommandWord(
        command=UnlockConnector,
        read={v16.UnlockConnectorRequest: lambda request: UnlockConnector(evse=request.connector_id)},
        write=write_unlock,
        write_outcome=lambda _command, outcome, _request: v16.UnlockConnectorResponse(
            status=same_name(_WRITE_UNLOCK[outcome.status])
        ),
        read_outcome=lambda _command, responses: UnlockOutcome(status=UnlockStatus(responses[0].status)),
    ),
)
