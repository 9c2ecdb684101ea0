"""Signals of the grid and allowed energy transfer (functional block Q, 2.1)."""

from __future__ import annotations

from datetime import datetime

from pilotwire.csms.commands.commander import Commander
from pilotwire.domain.v2x import (
    AFRRSignal,
    AFRRSignalOutcome,
    NotifyAllowedEnergyTransfer,
    NotifyAllowedEnergyTransferOutcome,
)


async def afrr_signal(commander: Commander, station: str, at: datetime, signal: int) -> AFRRSignalOutcome:
    """Hand on a signal of automatic frequency restoration (Q08.FR.12)."""
    return await commander.ask(station, AFRRSignal(timestamp=at, signal=signal), AFRRSignalOutcome)


async def allow_energy_transfer(
    commander: Commander, station: str, transaction_id: str, modes: tuple[str, ...]
) -> NotifyAllowedEnergyTransferOutcome:
    """Tell which ways of energy transfer a transaction may use from now on (Q02.FR.05)."""
    command = NotifyAllowedEnergyTransfer(transaction_id=transaction_id, allowed_energy_transfer=modes)
    return await commander.ask(station, command, NotifyAllowedEnergyTransferOutcome)
