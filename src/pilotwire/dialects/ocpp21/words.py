"""The words only 2.1 has: one module a street, each with its FACTS and COMMANDS."""

from __future__ import annotations

from pilotwire.dialects.ocpp21 import (
    authorization,
    battery_swap,
    certificates,
    der_control,
    event_streams,
    smart_charging,
    tariff,
    transactions,
    v2x,
)
from pilotwire.dialects.words import CommandWord, FactWord

FACTS: tuple[FactWord, ...] = (
    *authorization.FACTS,
    *certificates.FACTS,
    *event_streams.FACTS,
    *smart_charging.FACTS,
    *battery_swap.FACTS,
    *der_control.FACTS,
    *tariff.FACTS,
    *transactions.FACTS,
    *v2x.FACTS,
)
COMMANDS: tuple[CommandWord, ...] = (
    *event_streams.COMMANDS,
    *smart_charging.COMMANDS,
    *battery_swap.COMMANDS,
    *der_control.COMMANDS,
    *tariff.COMMANDS,
    *v2x.COMMANDS,
)
