"""Remote start and stop, unlock, trigger (functional block F)."""

from __future__ import annotations

from pilotwire.csms.commands.commander import Commander
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.provisioning import TriggerMessage, TriggerOutcome
from pilotwire.domain.remote_control import (
    RequestStart,
    RequestStartOutcome,
    RequestStop,
    RequestStopOutcome,
    UnlockConnector,
    UnlockOutcome,
)


async def start(
    commander: Commander, station: str, id_token: IdToken, *, evse: int | None = None, group: IdToken | None = None
) -> tuple[RequestStart, RequestStartOutcome]:
    """Start a transaction for a token (F01, F02); gives the command too, because its remote start id was chosen here."""
    command = RequestStart(id_token=id_token, remote_start_id=commander.next_remote_start_id(), evse=evse, group=group)
    return command, await commander.ask(station, command, RequestStartOutcome)


async def stop(commander: Commander, station: str, transaction_id: str) -> RequestStopOutcome:
    """End a running transaction (F03)."""
    return await commander.ask(station, RequestStop(transaction_id=transaction_id), RequestStopOutcome)


async def unlock(commander: Commander, station: str, evse: int, connector: int = 1) -> UnlockOutcome:
    """Release a stuck cable (F05)."""
    return await commander.ask(station, UnlockConnector(evse=evse, connector=connector), UnlockOutcome)


async def trigger(
    commander: Commander, station: str, message: str, address: EvseAddress | None = None
) -> TriggerOutcome:
    """Ask a station to send a message now (F06)."""
    return await commander.ask(station, TriggerMessage(message=message, address=address), TriggerOutcome)
