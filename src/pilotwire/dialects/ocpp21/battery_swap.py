"""Battery swaps in 2.1 (S02, S03)."""

from __future__ import annotations

from typing import Any, Final, cast

from pilotwire.dialects.ocpp2.terms import read_id_token, write_id_token
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.ocpp21.mirrored import Shapes, read_value, read_why, write_value, write_why
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.battery_swap import (
    Battery,
    BatterySwapEvent,
    BatterySwapped,
    BatterySwapStatus,
    RequestBatterySwap,
    RequestBatterySwapOutcome,
)
from pilotwire.ocpp import v21

_WIRE: Final = cast(Wire, v21)
_SHAPES: Final[Shapes] = {Battery: v21.BatteryData}


def _read_swapped(request: v21.BatterySwapRequest) -> BatterySwapped:
    return BatterySwapped(
        event=BatterySwapEvent(request.event_type),
        request_id=request.request_id,
        id_token=read_id_token(cast(Any, request.id_token)),
        batteries=tuple(read_value(Battery, each) for each in request.battery_data),
    )


def _write_swapped(fact: BatterySwapped) -> v21.BatterySwapRequest:
    return v21.BatterySwapRequest(
        battery_data=[write_value(_SHAPES, each) for each in fact.batteries],
        event_type=same_name(fact.event),
        id_token=cast(Any, write_id_token(_WIRE, fact.id_token)),
        request_id=fact.request_id,
    )


FACTS = (
    FactWord(
        fact=BatterySwapped,
        read={v21.BatterySwapRequest: _read_swapped},
        write=lambda fact, _named: _write_swapped(fact),
        write_verdict=lambda _fact, _verdict: v21.BatterySwapResponse(),
    ),
)

COMMANDS = (
    CommandWord(
        command=RequestBatterySwap,
        read={
            v21.RequestBatterySwapRequest: lambda request: RequestBatterySwap(
                request_id=request.request_id, id_token=read_id_token(request.id_token)
            )
        },
        write=lambda command: (
            v21.RequestBatterySwapRequest(
                id_token=cast(Any, write_id_token(_WIRE, command.id_token)), request_id=command.request_id
            ),
        ),
        write_outcome=lambda _command, outcome, _request: v21.RequestBatterySwapResponse(
            status=same_name(outcome.status), status_info=write_why(outcome.reason)
        ),
        read_outcome=lambda _command, responses: RequestBatterySwapOutcome(
            status=BatterySwapStatus(responses[0].status), reason=read_why(responses[0].status_info)
        ),
    ),
)
