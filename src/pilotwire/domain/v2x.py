"""Energy in both directions, as far as it is not in charging profiles (functional block Q, 2.1)."""

from __future__ import annotations

from datetime import datetime

from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.smart_charging.exchange import GenericStatus, Reason


class AFRRSignal(Command):
    """A signal of automatic frequency restoration, as it came from the grid operator (Q08.FR.12)."""

    timestamp: datetime
    signal: int


class AFRRSignalOutcome(Outcome):
    """The answer to a signal."""

    status: GenericStatus
    reason: Reason | None = None


class NotifyAllowedEnergyTransfer(Command):
    """Tell which ways of energy transfer (EnergyTransferModeEnumType) a transaction may use from now on (Q02.FR.05)."""

    transaction_id: str
    allowed_energy_transfer: tuple[str, ...]


class NotifyAllowedEnergyTransferOutcome(Outcome):
    """The answer to what is allowed."""

    status: GenericStatus
    reason: Reason | None = None
