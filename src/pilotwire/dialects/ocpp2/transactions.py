"""Transactions in 2.x: TransactionEvent."""

from __future__ import annotations

from pilotwire.dialects.ocpp2.metering import read_readings, write_readings
from pilotwire.dialects.ocpp2.terms import (
    read_evse,
    read_id_token,
    read_token_info,
    write_evse,
    write_message,
    write_presented,
    write_token_info,
)
from pilotwire.dialects.ocpp2.wire import Wire, enumerated
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.transactions import (
    ChargingState,
    EventKind,
    GetTransactionStatus,
    StoppedReason,
    TransactionEvent,
    TransactionStatusOutcome,
    TransactionVerdict,
    TriggerReason,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message

_KINDS = {kind.value: kind for kind in EventKind}
_TRIGGERS = {trigger.value: trigger for trigger in TriggerReason}
_STATES = {state.value: state for state in ChargingState}


def read_event(request: v201.TransactionEventRequest) -> TransactionEvent:
    """TransactionEvent (E01 ff.). No stoppedReason in an Ended event means Local."""
    info = request.transaction_info
    kind = _KINDS[request.event_type]
    ended = kind is EventKind.ENDED
    return TransactionEvent(
        kind=kind,
        transaction_id=info.transaction_id,
        at=read_time(request.timestamp),
        trigger=_TRIGGERS[request.trigger_reason],
        seq_no=request.seq_no,
        offline=bool(request.offline),
        address=read_evse(request.evse),
        id_token=None if request.id_token is None else read_id_token(request.id_token),
        charging_state=None if info.charging_state is None else _STATES[info.charging_state],
        stopped_reason=StoppedReason(info.stopped_reason or "Local") if ended else None,
        remote_start_id=info.remote_start_id,
        reservation_id=request.reservation_id,
        phases_used=request.number_of_phases_used,
        cable_max_current=request.cable_max_current,
        readings=read_readings(request.meter_value),
    )


def _write_reason(wire: Wire, reason: StoppedReason | None) -> StoppedReason | None:
    """The reason, or Other where this version has no word for it (1.6's UnlockCommand, in 2.0.1 those of 2.1): an end must be told."""
    if reason is StoppedReason.SOFT_RESET:
        return StoppedReason.IMMEDIATE_RESET
    return reason if reason is None or reason in enumerated(wire, "Reason") else StoppedReason.OTHER


_PLAINER = {
    TriggerReason.TX_RESUMED: TriggerReason.ABNORMAL_CONDITION,
    TriggerReason.LIMIT_SET: TriggerReason.CHARGING_RATE_CHANGED,
}
"""What is said for a trigger of 2.1 where the version has no word for it; for all others that the charging state changed."""


def _write_trigger(wire: Wire, trigger: TriggerReason) -> TriggerReason:
    if trigger in enumerated(wire, "TriggerReason"):
        return trigger
    return _PLAINER.get(trigger, TriggerReason.CHARGING_STATE_CHANGED)


def write_event(wire: Wire, fact: TransactionEvent) -> Message:
    """TransactionEvent."""
    if fact.transaction_id is None or fact.seq_no is None:
        raise NotSayable("TransactionEvent of OCPP 2.x needs the transaction's id and a sequence number.")
    return wire.TransactionEventRequest(
        event_type=same_name(fact.kind),
        timestamp=fact.at,
        trigger_reason=same_name(_write_trigger(wire, fact.trigger)),
        seq_no=fact.seq_no,
        offline=fact.offline or None,
        evse=write_evse(wire, fact.address),
        id_token=None if fact.id_token is None else write_presented(wire, fact.id_token),
        number_of_phases_used=fact.phases_used,
        cable_max_current=fact.cable_max_current,
        reservation_id=fact.reservation_id,
        meter_value=write_readings(wire, fact.readings),
        transaction_info=wire.Transaction(
            transaction_id=fact.transaction_id,
            charging_state=same_name(fact.charging_state),
            stopped_reason=same_name(_write_reason(wire, fact.stopped_reason)),
            remote_start_id=fact.remote_start_id,
        ),
    )


def read_verdict(fact: TransactionEvent, response: v201.TransactionEventResponse) -> TransactionVerdict:
    """The CSMS's judgement on the token, cost and message."""
    info, message = response.id_token_info, response.updated_personal_message
    return TransactionVerdict(
        transaction_id=fact.transaction_id,
        authorization=None if info is None else read_token_info(info),
        total_cost=response.total_cost,
        priority=response.charging_priority,
        message=None if message is None else message.content,
    )


def write_verdict(wire: Wire, verdict: TransactionVerdict) -> Message:
    """The answer to an event; the token's status if the event carried a token (E01.FR.12)."""
    judged = verdict.authorization
    return wire.TransactionEventResponse(
        id_token_info=None if judged is None else write_token_info(wire, judged),
        total_cost=verdict.total_cost,
        charging_priority=verdict.priority,
        updated_personal_message=write_message(wire, verdict.message),
    )


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=TransactionEvent,
            read={wire.TransactionEventRequest: read_event},
            write=lambda fact, _named: write_event(wire, fact),
            write_verdict=lambda _fact, verdict: write_verdict(wire, verdict),
            read_verdict=read_verdict,
        ),
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=GetTransactionStatus,
            read={
                wire.GetTransactionStatusRequest: lambda request: GetTransactionStatus(
                    transaction_id=request.transaction_id
                )
            },
            write=lambda command: (wire.GetTransactionStatusRequest(transaction_id=command.transaction_id),),
            write_outcome=lambda _command, outcome, _request: wire.GetTransactionStatusResponse(
                messages_in_queue=outcome.messages_in_queue, ongoing_indicator=outcome.ongoing
            ),
            read_outcome=lambda _command, responses: TransactionStatusOutcome(
                messages_in_queue=responses[0].messages_in_queue, ongoing=responses[0].ongoing_indicator
            ),
        ),
    )
