"""Transactions in 1.6: StartTransaction, MeterValues, StopTransaction; the CSMS names the transaction in its answer to the start."""

from __future__ import annotations

import re
from decimal import Decimal

from pilotwire.dialects.ocpp16.metering import read_readings, write_readings
from pilotwire.dialects.ocpp16.terms import (
    read_connector,
    read_id_tag,
    read_id_tag_info,
    read_time,
    write_connector,
    write_id_tag,
    write_id_tag_info,
)
from pilotwire.dialects.words import FactWord
from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.identity import STATION
from pilotwire.domain.metering import MeterReading, is_measurable, register_of, register_reading
from pilotwire.domain.transactions import (
    EventKind,
    StoppedReason,
    TransactionEvent,
    TransactionVerdict,
    TriggerReason,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.v16.enums import Reason

UNKNOWN_TRANSACTION = -1
"""The transactionId of a transaction whose start was never answered (errata sheet 3.18 to 1.6:4.8)."""

# --- start -------------------------------------------------------------------------------------------------------------------------


def read_start(request: v16.StartTransactionRequest) -> TransactionEvent:
    """StartTransaction (1.6 4.8): a start that has no name yet."""
    at = read_time(request.timestamp)
    return TransactionEvent(
        kind=EventKind.STARTED,
        transaction_id=None,
        at=at,
        trigger=TriggerReason.AUTHORIZED,
        address=read_connector(request.connector_id),
        id_token=read_id_tag(request.id_tag),
        reservation_id=request.reservation_id,
        readings=(register_reading(at, Decimal(request.meter_start), "Transaction.Begin"),),
    )


def _write_start(fact: TransactionEvent) -> Message:
    if fact.id_token is None or fact.address is None:
        raise NotSayable("StartTransaction of OCPP 1.6 needs an idTag and a connector.")
    return v16.StartTransactionRequest(
        connector_id=write_connector(fact.address),
        id_tag=write_id_tag(fact.id_token),
        meter_start=_whole_wh(register_of(fact.readings), "StartTransaction"),
        timestamp=fact.at,
        reservation_id=fact.reservation_id,
    )


def _whole_wh(register: Decimal | None, action: str) -> int:
    if register is None:
        raise NotSayable(f"{action} of OCPP 1.6 needs the energy register.")
    if not is_measurable(register):
        raise NotSayable(f"{register:.3E} Wh is no meter register that {action} of OCPP 1.6 could carry.")
    return int(register.to_integral_value())


# --- meter values ------------------------------------------------------------------------------------------------------------------


def _write_update(fact: TransactionEvent, named: str | None) -> Message | None:
    values = write_readings(fact.readings)
    if not values:
        return None  # 1.6 tells the rest by StatusNotification
    return v16.MeterValuesRequest(
        connector_id=write_connector(fact.address or STATION),
        meter_value=values,
        transaction_id=UNKNOWN_TRANSACTION if named is None else write_transaction_id(named),
    )


# --- stop --------------------------------------------------------------------------------------------------------------------------

_READ_REASON: dict[Reason, tuple[StoppedReason, TriggerReason]] = {
    "Local": (StoppedReason.LOCAL, TriggerReason.STOP_AUTHORIZED),
    "Remote": (StoppedReason.REMOTE, TriggerReason.REMOTE_STOP),
    "EVDisconnected": (StoppedReason.EV_DISCONNECTED, TriggerReason.EV_COMMUNICATION_LOST),
    "DeAuthorized": (StoppedReason.DEAUTHORIZED, TriggerReason.DEAUTHORIZED),
    "EmergencyStop": (StoppedReason.EMERGENCY_STOP, TriggerReason.ABNORMAL_CONDITION),
    "PowerLoss": (StoppedReason.POWER_LOSS, TriggerReason.ABNORMAL_CONDITION),
    "Reboot": (StoppedReason.REBOOT, TriggerReason.ABNORMAL_CONDITION),
    "HardReset": (StoppedReason.IMMEDIATE_RESET, TriggerReason.RESET_COMMAND),
    "SoftReset": (StoppedReason.SOFT_RESET, TriggerReason.RESET_COMMAND),
    "UnlockCommand": (StoppedReason.UNLOCK_COMMAND, TriggerReason.UNLOCK_COMMAND),
    "Other": (StoppedReason.OTHER, TriggerReason.ABNORMAL_CONDITION),
}
_WRITE_REASON: dict[StoppedReason, Reason] = {reason: wire for wire, (reason, _) in _READ_REASON.items()}


def read_stop(request: v16.StopTransactionRequest) -> TransactionEvent:
    """StopTransaction (1.6 4.10); a reason left out means Local."""
    at = read_time(request.timestamp)
    reason, trigger = _READ_REASON[request.reason or "Local"]
    taken = read_readings(request.transaction_data or [])
    return TransactionEvent(
        kind=EventKind.ENDED,
        transaction_id=str(request.transaction_id),
        at=at,
        trigger=trigger,
        id_token=None if request.id_tag is None else read_id_tag(request.id_tag),
        stopped_reason=reason,
        readings=(*taken, register_reading(at, Decimal(request.meter_stop), "Transaction.End")),
    )


def _write_stop(fact: TransactionEvent, named: str | None) -> Message:
    meter_stop = _whole_wh(register_of(fact.readings, last=True), "StopTransaction")
    return v16.StopTransactionRequest(
        meter_stop=meter_stop,
        timestamp=fact.at,
        transaction_id=UNKNOWN_TRANSACTION if named is None else write_transaction_id(named),
        id_tag=None if fact.id_token is None else write_id_tag(fact.id_token),
        reason=_WRITE_REASON.get(fact.stopped_reason or StoppedReason.LOCAL, "Other"),
        transaction_data=write_readings(_without_meter_stop(fact)) or None,
    )


def _without_meter_stop(fact: TransactionEvent) -> tuple[MeterReading, ...]:
    """The readings but for a last one that says no more than meterStop does."""
    last = fact.readings[-1]
    register = register_of((last,))
    if register is not None and last == register_reading(fact.at, register, "Transaction.End"):
        return fact.readings[:-1]
    return fact.readings


# --- names -------------------------------------------------------------------------------------------------------------------------


_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,18}").fullmatch
"""One spelling a number, so that two names are never the same transaction."""


def write_transaction_id(transaction_id: str) -> int:
    """The number 1.6 names a transaction by; NotSayable for a name that is none."""
    if _NUMBER(transaction_id) is None:
        raise NotSayable(
            f"The transaction {transaction_id!r} has no number: OCPP 1.6 names transactions by numbers the CSMS gave."
        )
    return int(transaction_id)


# --- both ends ---------------------------------------------------------------------------------------------------------------------


def write_event(fact: TransactionEvent, named: str | None) -> Message | None:
    """One of the three messages; nothing for an update without meter values."""
    if fact.kind is EventKind.STARTED:
        return _write_start(fact)
    return _write_update(fact, named) if fact.kind is EventKind.UPDATED else _write_stop(fact, named)


_UNJUDGED = AuthorizationVerdict(status=AuthorizationStatus.INVALID)


def write_verdict(fact: TransactionEvent, verdict: TransactionVerdict) -> Message:
    """The answer; that to a start names the transaction."""
    if fact.kind is EventKind.UPDATED:
        return v16.MeterValuesResponse()
    if fact.kind is EventKind.ENDED:
        judged = verdict.authorization
        return v16.StopTransactionResponse(id_tag_info=None if judged is None else write_id_tag_info(judged))
    return v16.StartTransactionResponse(
        id_tag_info=write_id_tag_info(verdict.authorization or _UNJUDGED),
        transaction_id=write_transaction_id(verdict.transaction_id or ""),
    )


def read_verdict(_fact: TransactionEvent, response: Message) -> TransactionVerdict:
    """What the CSMS says of the token and, for a start, how it names the transaction."""
    if isinstance(response, v16.StartTransactionResponse):
        return TransactionVerdict(
            transaction_id=str(response.transaction_id), authorization=read_id_tag_info(response.id_tag_info)
        )
    if isinstance(response, v16.StopTransactionResponse) and response.id_tag_info is not None:
        return TransactionVerdict(authorization=read_id_tag_info(response.id_tag_info))
    return TransactionVerdict()


FACTS = (
    FactWord(
        fact=TransactionEvent,
        read={v16.StartTransactionRequest: read_start, v16.StopTransactionRequest: read_stop},
        write=write_event,
        write_verdict=write_verdict,
        read_verdict=read_verdict,
    ),
)
