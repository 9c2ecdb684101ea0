"""Master passes of stations (C16)."""

from __future__ import annotations

from typing import Final

from pilotwire.csms.commands.bus import AnswerUnusable
from pilotwire.csms.commands.commander import Commander
from pilotwire.domain.device_model import SetVariables, SetVariablesOutcome, VariableName, VariableSetting
from pilotwire.errors import NotSayable

MASTER_PASS_GROUP: Final = VariableName(component="AuthCtrlr", variable="MasterPassGroupId")


async def set_group(commander: Commander, station: str, group: str) -> str:
    """Set the group whose tokens are master passes; the status the station answers. Raises NotSayable for 1.6."""
    version = next((each.version for each in commander.bus.connected() if each.station == station), None)
    if version == "1.6":
        raise NotSayable("OCPP 1.6 has no master pass.", "Let the tokens have one parentIdTag, or stop remotely.")
    wanted = SetVariables(settings=(VariableSetting(name=MASTER_PASS_GROUP, value=group),))
    outcome = await commander.ask(station, wanted, SetVariablesOutcome)
    if not outcome.results:
        raise AnswerUnusable("The station's answer does not say what became of the variable.")
    return outcome.results[0].status.value
