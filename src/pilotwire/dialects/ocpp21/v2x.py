"""Signals of frequency restoration and allowed energy transfer (Q02, Q08): only in 2.1."""

from __future__ import annotations

from typing import Any, cast

from pilotwire.dialects.ocpp2.charging_profiles import read_reason, write_reason
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.smart_charging import GenericStatus
from pilotwire.domain.v2x import (
    AFRRSignal,
    AFRRSignalOutcome,
    NotifyAllowedEnergyTransfer,
    NotifyAllowedEnergyTransferOutcome,
)
from pilotwire.ocpp import v21
from pilotwire.ocpp.types import Message

_WIRE = cast(Wire, v21)


def write_allowed(command: NotifyAllowedEnergyTransfer) -> tuple[Message, ...]:
    """NotifyAllowedEnergyTransfer (Q02.FR.05)."""
    modes: Any = list(command.allowed_energy_transfer)
    return (
        v21.NotifyAllowedEnergyTransferRequest(transaction_id=command.transaction_id, allowed_energy_transfer=modes),
    )


FACTS: tuple[FactWord, ...] = ()

COMMANDS = (
    CommandWord(
        command=AFRRSignal,
        read={
            v21.AFRRSignalRequest: lambda request: AFRRSignal(
                timestamp=read_time(request.timestamp), signal=request.signal
            )
        },
        write=lambda command: (v21.AFRRSignalRequest(timestamp=command.timestamp, signal=command.signal),),
        write_outcome=lambda _command, outcome, _request: v21.AFRRSignalResponse(
            status=same_name(outcome.status), status_info=cast(None, write_reason(_WIRE, outcome.reason))
        ),
        read_outcome=lambda _command, responses: AFRRSignalOutcome(
            status=GenericStatus(responses[0].status), reason=read_reason(responses[0].status_info)
        ),
    ),
    CommandWord(
        command=NotifyAllowedEnergyTransfer,
        read={
            v21.NotifyAllowedEnergyTransferRequest: lambda request: NotifyAllowedEnergyTransfer(
                transaction_id=request.transaction_id, allowed_energy_transfer=tuple(request.allowed_energy_transfer)
            )
        },
        write=write_allowed,
        write_outcome=lambda _command, outcome, _request: v21.NotifyAllowedEnergyTransferResponse(
            status=same_name(outcome.status), status_info=cast(None, write_reason(_WIRE, outcome.reason))
        ),
        read_outcome=lambda _command, responses: NotifyAllowedEnergyTransferOutcome(
            status=GenericStatus(responses[0].status), reason=read_reason(responses[0].status_info)
        ),
    ),
)
