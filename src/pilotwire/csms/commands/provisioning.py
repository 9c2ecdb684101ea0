"""Reset and variables (functional block B)."""

from __future__ import annotations

from collections.abc import Iterable

from pilotwire.csms.commands.commander import Commander
from pilotwire.domain.device_model import (
    GetVariables,
    GetVariablesOutcome,
    SetVariables,
    SetVariablesOutcome,
    VariableQuery,
    VariableSetting,
)
from pilotwire.domain.provisioning import Reset, ResetKind, ResetOutcome


async def reset(commander: Commander, station: str, kind: ResetKind, *, evse: int | None = None) -> ResetOutcome:
    """Restart a station, or one EVSE of it (B11, B12)."""
    return await commander.ask(station, Reset(kind=kind, evse=evse), ResetOutcome)


async def get_variables(commander: Commander, station: str, asked: Iterable[VariableQuery] = ()) -> GetVariablesOutcome:
    """Ask for the values of variables (B06)."""
    return await commander.ask(station, GetVariables(asked=tuple(asked)), GetVariablesOutcome)


async def set_variables(commander: Commander, station: str, settings: Iterable[VariableSetting]) -> SetVariablesOutcome:
    """Set values of variables (B05)."""
    return await commander.ask(station, SetVariables(settings=tuple(settings)), SetVariablesOutcome)
