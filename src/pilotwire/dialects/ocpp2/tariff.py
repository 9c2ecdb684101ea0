"""Running costs in 2.x (I02)."""

from __future__ import annotations

from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.words import CommandWord
from pilotwire.domain.tariff import CostShownOutcome, CostUpdated


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
            write=lambda command: (
                wire.CostUpdatedRequest(total_cost=command.total_cost, transaction_id=command.transaction_id),
            ),
            write_outcome=lambda _command, _outcome, _request: wire.CostUpdatedResponse(),
            read_outcome=lambda _command, _responses: CostShownOutcome(),
        ),
    )
