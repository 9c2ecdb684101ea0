"""Battery swaps started from here (S02, 2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from pilotwire.clock import Clock
from pilotwire.csms.commands.bus import NotPermitted
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.store.ports import Store
from pilotwire.domain.authorization import AuthorizationStatus, judge_token
from pilotwire.domain.battery_swap import RequestBatterySwap, RequestBatterySwapOutcome
from pilotwire.domain.identity import IdToken


@dataclass(frozen=True, slots=True)
class Gate:
    """Who may swap: the tokens on record, at this time. `unknown_accepted` is for a lab."""

    store: Store
    clock: Clock
    unknown_accepted: bool = False


async def request(
    commander: Commander, gate: Gate, station: str, id_token: IdToken, request_id: int | None = None
) -> tuple[int, RequestBatterySwapOutcome]:
    """Start a swap for a token; gives its request id too, which the station's events of it will have (S02.FR.02).

    Raises NotPermitted for a token that is not authorized: nothing is sent then (S02.FR.03).
    """
    verdict = judge_token(
        id_token, await gate.store.token(id_token), gate.clock.now(), unknown_accepted=gate.unknown_accepted
    )
    if verdict.status is not AuthorizationStatus.ACCEPTED:
        what = f"the token {id_token.value!r} is not authorized ({verdict.status}), so no swap is started for it (S02.FR.03)."
        raise NotPermitted(what, "Put the token on record as Accepted.")
    number = commander.reports.next_request_id() if request_id is None else request_id
    command = RequestBatterySwap(request_id=number, id_token=id_token)
    return number, await commander.ask(station, command, RequestBatterySwapOutcome)
