"""What a person may want to see of a station at a glance: for control ports, logs and tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from pilotwire.domain.availability import ConnectorState
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.transactions import ChargingState


@dataclass(frozen=True, slots=True)
class EvseOverview:
    """An EVSE: the state of each of its connectors, and its transaction if one runs. `energy` in Wh as last reported.

    `locked` tells of each connector whether its lock holds the plug, `display` is what is to be read on the EVSE's display.
    """

    evse_id: int
    connectors: dict[int, ConnectorState]
    charging_state: ChargingState
    id_token: str | None = None
    transaction_id: str | None = None
    named: str | None = None
    energy: Decimal | None = None
    locked: dict[int, bool] = field(default_factory=dict)
    display: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """A station. `waiting` counts facts that the CSMS does not have yet."""

    link: bool
    registration: RegistrationStatus | None
    evses: tuple[EvseOverview, ...]
    waiting: int
