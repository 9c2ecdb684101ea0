"""Dynamic profiles and priority charging (K21, K22, K28): only in 2.1."""

from __future__ import annotations

from typing import Any, cast

from pilotwire.dialects.ocpp2.charging_profiles import read_reason, write_reason
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.shapes import read, written
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.smart_charging import (
    ChargingProfileStatus,
    DynamicScheduleAsked,
    DynamicScheduleVerdict,
    PriorityChargingNotified,
    PriorityChargingStatus,
    ScheduleValues,
    UpdateDynamicSchedule,
    UpdateDynamicScheduleOutcome,
    UsePriorityCharging,
    UsePriorityChargingOutcome,
)
from pilotwire.ocpp import v21
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion

_WIRE = cast(Wire, v21)


def write_update(values: ScheduleValues) -> v21.ChargingScheduleUpdate:
    """ChargingScheduleUpdateType."""
    return written(OcppVersion.V21, v21.ChargingScheduleUpdate, values)


def write_pulled(verdict: DynamicScheduleVerdict) -> Message:
    """PullDynamicScheduleUpdateResponse (K28.FR.07, K28.FR.12)."""
    values = verdict.schedule_update
    return v21.PullDynamicScheduleUpdateResponse(
        status=same_name(verdict.status),
        schedule_update=None if values is None else write_update(values),
        status_info=cast(v21.StatusInfo | None, write_reason(_WIRE, verdict.reason)),
    )


def read_pulled(response: v21.PullDynamicScheduleUpdateResponse) -> DynamicScheduleVerdict:
    """The values that now hold."""
    update = response.schedule_update
    return DynamicScheduleVerdict(
        status=ChargingProfileStatus(response.status),
        schedule_update=None if update is None else read(ScheduleValues, update),
        reason=read_reason(cast(Any, response.status_info)),
    )


FACTS = (
    FactWord(
        fact=PriorityChargingNotified,
        read={
            v21.NotifyPriorityChargingRequest: lambda request: PriorityChargingNotified(
                transaction_id=request.transaction_id, activated=request.activated
            )
        },
        write=lambda fact, _named: v21.NotifyPriorityChargingRequest(
            transaction_id=fact.transaction_id, activated=fact.activated
        ),
        write_verdict=lambda _fact, _verdict: v21.NotifyPriorityChargingResponse(),
    ),
    FactWord(
        fact=DynamicScheduleAsked,
        read={
            v21.PullDynamicScheduleUpdateRequest: lambda request: DynamicScheduleAsked(
                charging_profile_id=request.charging_profile_id
            )
        },
        write=lambda fact, _named: v21.PullDynamicScheduleUpdateRequest(charging_profile_id=fact.charging_profile_id),
        write_verdict=lambda _fact, verdict: write_pulled(verdict),
        read_verdict=lambda _fact, response: read_pulled(response),
    ),
)

COMMANDS = (
    CommandWord(
        command=UpdateDynamicSchedule,
        read={
            v21.UpdateDynamicScheduleRequest: lambda request: UpdateDynamicSchedule(
                charging_profile_id=request.charging_profile_id,
                schedule_update=read(ScheduleValues, request.schedule_update),
            )
        },
        write=lambda command: (
            v21.UpdateDynamicScheduleRequest(
                charging_profile_id=command.charging_profile_id, schedule_update=write_update(command.schedule_update)
            ),
        ),
        write_outcome=lambda _command, outcome, _request: v21.UpdateDynamicScheduleResponse(
            status=same_name(outcome.status), status_info=cast(None, write_reason(_WIRE, outcome.reason))
        ),
        read_outcome=lambda _command, responses: UpdateDynamicScheduleOutcome(
            status=ChargingProfileStatus(responses[0].status), reason=read_reason(responses[0].status_info)
        ),
    ),
    CommandWord(
        command=UsePriorityCharging,
        read={
            v21.UsePriorityChargingRequest: lambda request: UsePriorityCharging(
                transaction_id=request.transaction_id, activate=request.activate
            )
        },
        write=lambda command: (
            v21.UsePriorityChargingRequest(transaction_id=command.transaction_id, activate=command.activate),
        ),
        write_outcome=lambda _command, outcome, _request: v21.UsePriorityChargingResponse(
            status=same_name(outcome.status), status_info=cast(None, write_reason(_WIRE, outcome.reason))
        ),
        read_outcome=lambda _command, responses: UsePriorityChargingOutcome(
            status=PriorityChargingStatus(responses[0].status), reason=read_reason(responses[0].status_info)
        ),
    ),
)
