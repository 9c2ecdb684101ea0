"""Running costs in 2.x (I02)."""

from __future__ import annotations

from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.words import CommandWord
from pilotwire.domain.tariff import CostShownOutcome, CostUpdated
from pilotwire.errors import NotSayable
from pilotwire.ocpp.types import Message


def write_cost(wire: Wire, command: CostUpdated) -> tuple[Message, ...]:
    """CostUpdated (I02): the total alone. What a kWh or an hour costs is told with a tariff."""
    if command.charging_price is not None:
        raise NotSayable(
            "CostUpdated of OCPP 2.x has no charging price.", "Leave it out; stations of 2.1 take tariffs."
        )
    return (wire.CostUpdatedRequest(total_cost=command.total_cost, transaction_id=command.transaction_id),)


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version. The station knows the time, the register and the state of its transaction: they are not told."""
    return (
        CommandWord(
            command=CostUpdated,
            read={
                wire.CostUpdatedRequest: lambda request: CostUpdated(
                    transaction_id=request.transaction_id, total_cost=request.total_cost
                )
            },
            write=lambda command: write_cost(wire, command),
            write_outcome=lambda _command, _outcome, _request: wire.CostUpdatedResponse(),
            read_outcome=lambda _command, _responses: CostShownOutcome(),
        ),
    )
