"""Transactions (functional block E): one event for 1.6 and 2.x, and how events become a transaction.

Who names a transaction differs: the CSMS in 1.6, in its answer to StartTransaction, so the first event comes without an id; the
station in 2.x, from the start. 1.6 has no sequence numbers, so a retried message is recognised by its content. What follows from
an event is decided in `fold`, which gives the same transaction in whatever order the events arrive and however often.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import msgspec

from pilotwire.domain.authorization import AuthorizationVerdict, TransactionLimit
from pilotwire.domain.closing import Closing, is_undone_by
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.kinds import Command, Fact, Outcome, Value, Verdict, changed
from pilotwire.domain.metering.samples import MeterReading, register_of
from pilotwire.domain.smart_charging.profiles import OperationMode
from pilotwire.domain.tariff.bills import CostDetails
from pilotwire.domain.tariff.tariffs import TariffText


class EventKind(StrEnum):
    """As in 2.x TransactionEventEnumType."""

    STARTED = "Started"
    UPDATED = "Updated"
    ENDED = "Ended"


class ChargingState(StrEnum):
    """As in 2.x ChargingStateEnumType."""

    CHARGING = "Charging"
    EV_CONNECTED = "EVConnected"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    IDLE = "Idle"


class TriggerReason(StrEnum):
    """What caused an event, as in 2.1 TriggerReasonEnumType (those of 2.0.1 and more)."""

    ABNORMAL_CONDITION = "AbnormalCondition"
    AUTHORIZED = "Authorized"
    CABLE_PLUGGED_IN = "CablePluggedIn"
    CHARGING_RATE_CHANGED = "ChargingRateChanged"
    CHARGING_STATE_CHANGED = "ChargingStateChanged"
    COST_LIMIT_REACHED = "CostLimitReached"
    DEAUTHORIZED = "Deauthorized"
    ENERGY_LIMIT_REACHED = "EnergyLimitReached"
    EV_COMMUNICATION_LOST = "EVCommunicationLost"
    EV_CONNECT_TIMEOUT = "EVConnectTimeout"
    EV_DEPARTED = "EVDeparted"
    EV_DETECTED = "EVDetected"
    LIMIT_SET = "LimitSet"
    METER_VALUE_CLOCK = "MeterValueClock"
    METER_VALUE_PERIODIC = "MeterValuePeriodic"
    OPERATION_MODE_CHANGED = "OperationModeChanged"
    REMOTE_START = "RemoteStart"
    REMOTE_STOP = "RemoteStop"
    RESET_COMMAND = "ResetCommand"
    RUNNING_COST = "RunningCost"
    SIGNED_DATA_RECEIVED = "SignedDataReceived"
    SOC_LIMIT_REACHED = "SoCLimitReached"
    STOP_AUTHORIZED = "StopAuthorized"
    TARIFF_CHANGED = "TariffChanged"
    TARIFF_NOT_ACCEPTED = "TariffNotAccepted"
    TIME_LIMIT_REACHED = "TimeLimitReached"
    TRIGGER = "Trigger"
    TX_RESUMED = "TxResumed"
    UNLOCK_COMMAND = "UnlockCommand"


class StoppedReason(StrEnum):
    """Why a transaction ended, as in 2.1 ReasonEnumType; 1.6 SoftReset and UnlockCommand besides (its HardReset is ImmediateReset)."""

    DEAUTHORIZED = "DeAuthorized"
    EMERGENCY_STOP = "EmergencyStop"
    ENERGY_LIMIT_REACHED = "EnergyLimitReached"
    EV_DISCONNECTED = "EVDisconnected"
    GROUND_FAULT = "GroundFault"
    IMMEDIATE_RESET = "ImmediateReset"
    MASTER_PASS = "MasterPass"
    LOCAL = "Local"
    LOCAL_OUT_OF_CREDIT = "LocalOutOfCredit"
    OTHER = "Other"
    OVERCURRENT_FAULT = "OvercurrentFault"
    POWER_LOSS = "PowerLoss"
    POWER_QUALITY = "PowerQuality"
    REBOOT = "Reboot"
    REMOTE = "Remote"
    SOC_LIMIT_REACHED = "SOCLimitReached"
    SOFT_RESET = "SoftReset"
    STOPPED_BY_EV = "StoppedByEV"
    TIME_LIMIT_REACHED = "TimeLimitReached"
    TIMEOUT = "Timeout"
    REQ_ENERGY_TRANSFER_REJECTED = "ReqEnergyTransferRejected"
    UNLOCK_COMMAND = "UnlockCommand"


class TransactionEvent(Fact):
    """Something happened in a transaction (E01 ff.).

    `transaction_id` is None in a 1.6 start seen by the CSMS: the verdict names it. `seq_no` is None where the protocol has none
    (1.6). `offline` is None where the protocol does not tell. `limit` is what the transaction may use up, told once it is set (E16.FR.01,
    E16.FR.03); 2.1 alone can tell it. `readings` hold the meter values in the order taken; the energy register of
    a STARTED and an ENDED event is among them (1.6: meterStart, meterStop). `operation_mode` is told when it has changed (K01.FR.110); 2.1
    alone can tell it, and `tariff_id` once the station goes by that tariff (I07.FR.32), and `cost` as it works it out by it (I12), and
    that the EVSE's electronics sleep (`evse_sleep`, Q10.FR.04; None: they do not).
    """

    kind: EventKind
    transaction_id: str | None
    at: datetime
    trigger: TriggerReason
    seq_no: int | None = None
    offline: bool | None = None
    address: EvseAddress | None = None
    id_token: IdToken | None = None
    charging_state: ChargingState | None = None
    stopped_reason: StoppedReason | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    phases_used: int | None = None
    cable_max_current: int | None = None
    readings: tuple[MeterReading, ...] = ()
    limit: TransactionLimit | None = None
    operation_mode: OperationMode | None = None
    evse_sleep: bool | None = None
    tariff_id: str | None = None
    cost: CostDetails | None = None


class TransactionVerdict(Verdict):
    """The answer to a transaction event.

    `transaction_id` is what the CSMS named the transaction (1.6 start), `authorization` the judgement on the token if the event carried one
    (E05.FR.01), `total_cost` in the currency of the tariff settings. `limit` is what the transaction may use up (E16.FR.02), and
    `message_extra` the message in other languages (I06.FR.02); 2.1 alone can tell these two.
    """

    transaction_id: str | None = None
    authorization: AuthorizationVerdict | None = None
    total_cost: Decimal | None = None
    priority: int | None = None
    message: str | None = None
    limit: TransactionLimit | None = None
    message_extra: tuple[TariffText, ...] = ()


class GetTransactionStatus(Command):
    """Ask whether a transaction goes on, and whether messages about it still wait (E14). No id: about messages of any transaction."""

    transaction_id: str | None = None


class TransactionStatusOutcome(Outcome):
    """`ongoing` is None where no transaction was named (E14.FR.06)."""

    messages_in_queue: bool
    ongoing: bool | None = None


Moment = tuple[datetime, int]
"""An event's place among others: its time, then its sequence number (below 0 where the protocol has none)."""


class Sources(Value):
    """Which event each fact was taken from that more than one event may tell: by this `fold` is independent of the order of arrival."""

    start: Moment | None = None
    begin_register: Moment | None = None
    end: Moment | None = None
    id_token: Moment | None = None
    charging_state: Moment | None = None
    register: Moment | None = None


class Transaction(Value):
    """What is known of a transaction from the events so far. Registers in Wh.

    `started_at` stays None while only later events are known (the start is still in a station's queue, or was lost).
    `seq_nos` are the sequence numbers seen, as closed ranges; `late` says that an event was taken while the station was offline.
    `closing`: no end was told and this CSMS closed it by rule. `sources` is for `fold` alone.
    """

    station: str
    transaction_id: str
    address: EvseAddress | None = None
    id_token: IdToken | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    meter_start: Decimal | None = None
    meter_stop: Decimal | None = None
    last_register: Decimal | None = None
    last_event_at: datetime | None = None
    charging_state: ChargingState | None = None
    start_trigger: TriggerReason | None = None
    stop_trigger: TriggerReason | None = None
    stopped_reason: StoppedReason | None = None
    stopped_by: IdToken | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    events: int = 0
    late: bool = False
    last_seq_no: int | None = None
    seq_nos: tuple[tuple[int, int], ...] = ()
    sources: Sources = Sources()
    closing: Closing | None = None

    @property
    def is_open(self) -> bool:
        """Whether no end has been seen, and it was not closed by rule either."""
        return self.ended_at is None and self.closing is None

    @property
    def energy(self) -> Decimal | None:
        """Wh from register to register: to the end if seen, else to the newest register known."""
        upto = self.meter_stop if self.meter_stop is not None else self.last_register
        if upto is None or self.meter_start is None:
            return None
        return upto - self.meter_start

    @property
    def missing_seq_nos(self) -> tuple[int, ...]:
        """Sequence numbers that must exist but have not arrived: from 0 to the highest seen (E01.FR.07); at most 1000 are listed."""
        missing: list[int] = []
        expected = 0
        for low, high in self.seq_nos:
            missing.extend(range(expected, min(low, expected + 1000)))
            expected = max(expected, high + 1)
        return tuple(missing[:1000])


def event_key(event: TransactionEvent) -> str:
    """What makes an event the same one when it comes again, within its transaction.

    The sequence number where the protocol has one (2.x), else kind, time and content (1.6, where a retried message repeats both).
    """
    if event.seq_no is not None:
        return f"seq:{event.seq_no}"
    if event.kind is EventKind.UPDATED:
        return f"Updated:{_digest(event)}"
    return event.kind.value


def start_key(station: str, event: TransactionEvent) -> str:
    """What makes a 1.6 start the same one when it is retried: where, when, who and the meter's register."""
    address = event.address or EvseAddress(evse=0)
    token = event.id_token.key if event.id_token is not None else ""
    return _digest((station, address.evse, event.at.isoformat(), token, str(register_of(event.readings))))


def same_event(one: TransactionEvent, other: TransactionEvent) -> bool:
    """Whether two events under one key say the same; one that was queued may be marked `offline` only when it is sent again (E11.FR.07)."""
    return one == other or changed(one, offline=None) == changed(other, offline=None)


_ENCODER = msgspec.msgpack.Encoder()


def _digest(content: object) -> str:
    return blake2b(_ENCODER.encode(content), digest_size=12).hexdigest()


def fold(station: str, known: Transaction | None, event: TransactionEvent) -> Transaction:
    """The transaction after `event`; the caller sees to it that each event (by `event_key`) comes here once.

    Facts of the start and the end are taken from those events alone, what changes (charging state, newest register) from the newest
    event that tells it, so the order of arrival makes no difference. Where events contradict each other the rule is fixed too: the
    earliest start and token, the last end, the more exact address, the lower id.
    """
    if event.transaction_id is None:
        raise ValueError("an event is folded into a transaction only when the transaction has its id")
    tx = known or Transaction(station=station, transaction_id=event.transaction_id)
    moment = _moment(event)
    changes, sources = _common(tx, event), dict[str, Moment]()
    for source, tell in _TELLERS:
        if (told := tell(tx, event, moment)) is not None:
            sources[source] = moment
            changes |= told
    if sources:
        changes["sources"] = changed(tx.sources, **sources)
    return changed(tx, **changes)


_Told = dict[str, object] | None
"""Facts of one source that an event tells better than any before it; None: it tells none."""

_UNNUMBERED = {EventKind.STARTED: -3, EventKind.UPDATED: -2, EventKind.ENDED: -1}


def _moment(event: TransactionEvent) -> Moment:
    return (event.at, event.seq_no if event.seq_no is not None else _UNNUMBERED[event.kind])


def _common(tx: Transaction, event: TransactionEvent) -> dict[str, object]:
    changes: dict[str, object] = {"events": tx.events + 1}
    if event.offline:
        changes["late"] = True
    if tx.closing is not None and is_undone_by(tx.closing, event.at, ends=event.kind is EventKind.ENDED):
        changes["closing"] = None
    if tx.last_event_at is None or event.at > tx.last_event_at:
        changes["last_event_at"] = event.at
    if event.address not in (None, tx.address) and _is_more_exact(event.address, tx.address):
        changes["address"] = event.address
    for name in ("remote_start_id", "reservation_id"):
        told = getattr(event, name)
        if told is not None and ((known := getattr(tx, name)) is None or told < known):
            changes[name] = told
    if event.seq_no is not None:
        changes["seq_nos"] = _with(tx.seq_nos, event.seq_no)
        changes["last_seq_no"] = event.seq_no if tx.last_seq_no is None else max(event.seq_no, tx.last_seq_no)
    return changes


def _is_more_exact(told: EvseAddress, known: EvseAddress | None) -> bool:
    return known is None or _exactness(told) < _exactness(known)


def _exactness(address: EvseAddress) -> tuple[bool, int, int]:
    return (address.connector is None, address.evse, address.connector or 0)


def _token(tx: Transaction, event: TransactionEvent, moment: Moment) -> _Told:
    token, source = event.id_token, tx.sources.id_token
    if token is None or event.kind is EventKind.ENDED or event.trigger is TriggerReason.STOP_AUTHORIZED:
        return None
    if source is not None and tx.id_token is not None and (source, tx.id_token.key) <= (moment, token.key):
        return None
    return {"id_token": token}


def _charging_state(tx: Transaction, event: TransactionEvent, moment: Moment) -> _Told:
    state = event.charging_state
    if state is None or not _is_newer((moment, state), (tx.sources.charging_state, tx.charging_state)):
        return None
    return {"charging_state": state}


def _register(tx: Transaction, event: TransactionEvent, moment: Moment) -> _Told:
    register = register_of(event.readings, last=True)
    if register is None or not _is_newer((moment, register), (tx.sources.register, tx.last_register)):
        return None
    return {"last_register": register}


def _is_newer(told: tuple[Moment, Any], known: tuple[Moment | None, Any]) -> bool:
    return known[0] is None or told > known


def _start(tx: Transaction, event: TransactionEvent, moment: Moment) -> _Told:
    source = tx.sources.start
    if event.kind is not EventKind.STARTED or (source is not None and source <= moment):
        return None
    return {"started_at": event.at, "start_trigger": event.trigger}


def _begin_register(tx: Transaction, event: TransactionEvent, moment: Moment) -> _Told:
    """The register at the start: in the start itself, or with its context in a later event (E01.FR.17: the EVSE was not known)."""
    source = tx.sources.begin_register
    if source is not None and source <= moment:
        return None
    context = None if event.kind is EventKind.STARTED else "Transaction.Begin"
    register = register_of(event.readings, context=context)
    return None if register is None else {"meter_start": register}


def _end(tx: Transaction, event: TransactionEvent, moment: Moment) -> _Told:
    source = tx.sources.end
    if event.kind is not EventKind.ENDED or (source is not None and source >= moment):
        return None
    return {
        "ended_at": event.at,
        "stop_trigger": event.trigger,
        "stopped_reason": event.stopped_reason,
        "stopped_by": event.id_token,
        "meter_stop": register_of(event.readings, last=True),
    }


_TELLERS = (
    ("id_token", _token),
    ("charging_state", _charging_state),
    ("register", _register),
    ("start", _start),
    ("begin_register", _begin_register),
    ("end", _end),
)
"""Who tells the facts of each of the `Sources`."""


def _with(ranges: tuple[tuple[int, int], ...], number: int) -> tuple[tuple[int, int], ...]:
    if ranges and number == ranges[-1][1] + 1:
        return (*ranges[:-1], (ranges[-1][0], number))
    merged: list[tuple[int, int]] = []
    for low, high in sorted((*ranges, (number, number))):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)
