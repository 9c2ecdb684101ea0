"""Transactions that an interruption found under way: they go on, or are ended (E17, B13; 1.6:4.10).

The interruption is a restart of the controller, planned or not, or a failure of the mains that the controller survives. What is longer
than TxCtrlr.ResumptionTimeout ends the transaction with the reason of the interruption; with 0, as delivered, all do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b

from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.kinds import changed
from pilotwire.domain.metering import register_reading
from pilotwire.domain.provisioning import BootReason
from pilotwire.domain.transactions import ChargingState, EventKind, StoppedReason, TransactionEvent, TriggerReason
from pilotwire.station.core import energy, metering_ended, transactions, transactions_unplaced
from pilotwire.station.core.actions import SetContactor
from pilotwire.station.core.battery_swap_slots import slots
from pilotwire.station.core.evse import Evse, Grant, Running
from pilotwire.station.core.memory import KeptTransaction
from pilotwire.station.core.resumption_memory import ResumptionMemory
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.transactions import Cause
from pilotwire.station.core.variable_table import Declared, number, switch
from pilotwire.station.hardware.ports import StationLayout

_TIMEOUT = "TxCtrlr.ResumptionTimeout"
_ENERGY_TOO = "TxCtrlr.AllowEnergyTransferResumption"
_RANDOM_RANGE = "TxCtrlr.EnergyTransferResumptionRandomRange"
_ALIVE_EVERY = timedelta(seconds=20)
"""How often the time is kept while a transaction is under way that may go on after a failure: this exact the failure's length is known."""

_PLANNED = frozenset(
    {
        BootReason.APPLICATION_RESET,
        BootReason.FIRMWARE_UPDATE,
        BootReason.LOCAL_RESET,
        BootReason.REMOTE_RESET,
        BootReason.SCHEDULED_RESET,
        BootReason.TRIGGERED,
    }
)


@dataclass(slots=True)
class Interruption:
    """Since when there is no mains, None while there is; and which EVSEs go on with a transaction of before the start."""

    no_mains_since: datetime | None = None
    resumed: dict[int, KeptTransaction] | None = None


def timeout(station: Station) -> timedelta:
    """How long an interruption may last; 0: nothing is resumed."""
    return timedelta(seconds=max(station.variables.number(_TIMEOUT), station.settings.resume_transactions))


# --- a restart ------------------------------------------------------------------------------------------------------


def kept(evse: Evse) -> KeptTransaction:
    """The transaction of an EVSE as it is saved."""
    tx = evse.tx
    assert tx is not None
    return KeptTransaction(
        evse=evse.evse_id,
        transaction_id=tx.transaction_id,
        started_at=tx.started_at,
        last_at=tx.last_at,
        next_seq_no=tx.next_seq_no,
        meter_start=tx.meter_start,
        register=tx.register,
        connector=tx.connector,
        id_token=tx.owner,
        group=tx.group,
        remote_start_id=tx.remote_start_id,
        charging_state=tx.charging_state,
        stopping=tx.stopping,
        authorized=evse.grant is not None,
        remote=evse.grant is not None and evse.grant.remote,
        withheld=evse.withheld,
        was_live=evse.was_live,
        parked=evse.parked,
        limit=tx.limit,
        csms_limit=tx.csms_limit,
        reached=tx.reached,
        cost=tx.cost,
        invalid=tx.invalid,
        interrupted_in=tx.interrupted_in,
    )


def take_up(station: Station, left_over: tuple[KeptTransaction, ...], resume: bool | None = None) -> None:
    """Before the hardware is looked at: which transactions go on (E17.FR.10), and the end of the others (E17.FR.20).

    `resume` decides for all of them; None: what the station is set up to do.
    """
    memory = station.kept(ResumptionMemory)
    if memory.planned:
        station.remember(changed(memory, planned=False))
    resumed: dict[int, KeptTransaction] = {}
    for one in left_over:
        in_time = _in_time(station, memory, one) if resume is None else resume
        in_time = in_time and one.evse not in slots(station)  # S04.FR.11
        if one.evse == transactions_unplaced.NOWHERE and in_time:
            transactions_unplaced.resume(station, one)
        elif one.evse in station.evses and one.evse not in resumed and in_time:
            resumed[one.evse] = one
            _restore(station, station.evses[one.evse], one)
        else:
            _end_left_over(station, one)
    station.moment(Interruption).resumed = resumed


def _in_time(station: Station, memory: ResumptionMemory, one: KeptTransaction) -> bool:
    if memory.planned:
        return True
    if station.boot_reason in _PLANNED:
        return False
    seen = max(one.last_at, memory.alive_at or one.last_at)
    return timeout(station) > timedelta(0) and station.stamp() - seen <= timeout(station)


def _restore(station: Station, evse: Evse, one: KeptTransaction) -> None:
    evse.tx = Running(
        one.transaction_id,
        one.started_at,
        one.last_at,
        one.meter_start,
        one.register,
        next_seq_no=one.next_seq_no,
        connector=one.connector,
        owner=one.id_token,
        group=one.group,
        remote_start_id=one.remote_start_id,
        charging_state=one.charging_state,
        stopping=one.stopping,
        limit=one.limit,
        csms_limit=one.csms_limit,
        reached=one.reached,
        cost=one.cost,
        invalid=one.invalid,
        measured_since=one.started_at,
    )
    if one.authorized and one.id_token is not None:
        evse.grant = Grant(one.id_token, one.group, one.remote, one.remote_start_id, told=True)
    evse.withheld, evse.was_live = one.withheld, one.was_live
    transactions.schedule_sample(station, evse.tx)


def go_on(station: Station) -> None:
    """After the hardware was looked at: each that is still under way is told (E17.FR.14, B13.FR.30), or ends by what is gone meanwhile."""
    for evse_id, one in (station.moment(Interruption).resumed or {}).items():
        evse = station.evses[evse_id]
        if evse.tx is not None and evse.tx.transaction_id == one.transaction_id:
            _resume(station, evse, one)


def _resume(station: Station, evse: Evse, one: KeptTransaction) -> None:
    evse.locked.clear()  # the plug is locked anew (B13.FR.22)
    gone = one.charging_state is not ChargingState.IDLE and evse.connector is None
    evse.settled = _points_before(one, gone=gone)
    if gone:
        transactions.left_meanwhile(station, evse)
    elif evse.connector is None and evse.grant is not None:
        evse.grant.until = station.timeout_of("TxCtrlr.EVConnectionTimeOut")
    else:
        _energy_after(station, evse, one.interrupted_in or one.charging_state)
    if evse.tx is not None:
        ending = TriggerReason.EV_COMMUNICATION_LOST if gone else TriggerReason.EV_DEPARTED  # E17.FR.17
        trigger = ending if _ends(station, evse) else TriggerReason.TX_RESUMED
        transactions.settle(station, evse, Cause(trigger, StoppedReason.EV_DISCONNECTED))


_WITH_ENERGY = frozenset({ChargingState.CHARGING, ChargingState.SUSPENDED_EV})


def _points_before(one: KeptTransaction, *, gone: bool) -> frozenset[str]:
    """What was fulfilled before, but for what the interruption itself ended: the energy, and the lock unless the vehicle is gone."""
    connected = one.charging_state is not ChargingState.IDLE
    fulfilled = {
        "ParkingBayOccupancy": one.parked,
        "EVConnected": connected,
        "Authorized": one.authorized,
        "PowerPathClosed": one.authorized and gone,
    }
    return frozenset(name for name, so in fulfilled.items() if so)


def _ends(station: Station, evse: Evse) -> bool:
    return bool((evse.settled - evse.points) & station.variables.members("TxCtrlr.TxStopPoint"))


def _energy_after(station: Station, evse: Evse, before: ChargingState | None) -> None:
    """Energy flows again where that is allowed (E17.FR.11, E17.FR.12), and not everywhere at the same moment (E17.FR.18)."""
    if before not in _WITH_ENERGY or evse.connector is None:
        return
    if not station.variables.on(_ENERGY_TOO):
        evse.withheld = True
    elif before is ChargingState.CHARGING and (most := station.variables.number(_RANDOM_RANGE)) > 0:
        drawn = int.from_bytes(blake2b(station.new_id().encode(), digest_size=8).digest())
        evse.not_before = station.now + timedelta(seconds=drawn % (most + 1))


def _end_left_over(station: Station, one: KeptTransaction) -> None:
    """End a transaction that a restart interrupted, with the register as it is now (its meter keeps it) or was last reported."""
    register = one.register
    if one.evse in station.evses:
        register = max(register, Decimal(station.meter(one.evse).energy_import_register))
    at, is_placed = station.stamp(), one.evse != transactions_unplaced.NOWHERE
    last = register_reading(at, register, "Transaction.End")
    trigger, reason = TriggerReason.ABNORMAL_CONDITION, StoppedReason.POWER_LOSS  # E17.FR.21
    if station.boot_reason in _PLANNED:
        trigger, reason = TriggerReason.RESET_COMMAND, StoppedReason.REBOOT
    elif station.boot_reason is BootReason.WATCHDOG:
        reason = StoppedReason.REBOOT  # E17.FR.22
    station.keep(
        TransactionEvent(
            kind=EventKind.ENDED,
            transaction_id=one.transaction_id,
            at=at,
            trigger=trigger,
            seq_no=one.next_seq_no,
            offline=not station.link,
            address=EvseAddress(evse=one.evse, connector=one.connector) if is_placed else None,
            stopped_reason=reason,
            readings=metering_ended.left_over(station, one, last) if is_placed else (),
        )
    )


# --- a reset that ends nothing --------------------------------------------------------------------------------------


def interrupt(station: Station, evse: Evse, trigger: TriggerReason) -> None:
    """No energy from now on, and an event that says so; the transaction stays (B13.FR.10, B13.FR.11)."""
    if evse.tx is None:
        return
    evse.tx.interrupted_in = evse.tx.interrupted_in or evse.charging_state
    evse.contactor = evse.letting_go = False
    station.do(SetContactor(evse.evse_id, False))
    evse.settled = evse.points
    transactions.tell(station, evse, trigger)


def resume_at(station: Station, evse: Evse) -> None:
    """Go on at an EVSE that was interrupted (B13.FR.12)."""
    if evse.tx is not None and evse.tx.interrupted_in is not None:
        _energy_after(station, evse, evse.tx.interrupted_in)
        evse.tx.interrupted_in = None
        transactions.tell(station, evse, TriggerReason.TX_RESUMED)


def will_resume(station: Station) -> None:
    """The restart that comes next ends no transaction (B13.FR.23)."""
    station.remember(changed(station.kept(ResumptionMemory), planned=True))


# --- no mains -------------------------------------------------------------------------------------------------------


def mains_lost(station: Station) -> None:
    """The transactions wait for the mains, or end at once where nothing is resumed (E17, 1.6:4.10)."""
    station.condition.powered = False
    if timeout(station) <= timedelta(0):
        energy.break_off(station, StoppedReason.POWER_LOSS)
        return
    moment = station.moment(Interruption)
    moment.no_mains_since = moment.no_mains_since or station.now
    for evse in station.evses.values():
        if evse.tx is None:
            evse.grant, evse.withheld = None, False
            evse.settled = evse.points
        elif evse.contactor:
            interrupt(station, evse, TriggerReason.ABNORMAL_CONDITION)


def mains_back(station: Station) -> None:
    """What waited goes on, in the state it had (E17.FR.10)."""
    station.condition.powered = True
    moment = station.moment(Interruption)
    if moment.no_mains_since is None:
        return
    moment.no_mains_since = None
    for evse in station.evses.values():
        resume_at(station, evse)


def _deadline(station: Station) -> datetime | None:
    since = station.moment(Interruption).no_mains_since
    gives_up = [since + timeout(station)] if since is not None else []
    waits = [evse.not_before for evse in station.evses.values() if evse.not_before is not None]
    return min([*gives_up, *waits, *_next_sign(station)], default=None)


def _next_sign(station: Station) -> list[datetime]:
    alive = station.kept(ResumptionMemory).alive_at
    return [alive - station.offset + _ALIVE_EVERY] if alive is not None and _counts(station) else []


def _counts(station: Station) -> bool:
    """Whether the time is to be kept: a transaction is under way that may be resumed, and is not interrupted already."""
    running = station.unplaced_tx is not None or any(evse.tx is not None for evse in station.evses.values())
    return running and station.moment(Interruption).no_mains_since is None and timeout(station) > timedelta(0)


def _due(station: Station) -> None:
    moment = station.moment(Interruption)
    if moment.no_mains_since is not None and station.now >= moment.no_mains_since + timeout(station):
        moment.no_mains_since = None
        energy.break_off(station, StoppedReason.POWER_LOSS)


def _follow(station: Station) -> None:
    if not _counts(station):
        return
    memory, now = station.kept(ResumptionMemory), station.stamp()
    if memory.alive_at is None or now - memory.alive_at >= _ALIVE_EVERY or memory.alive_at > now:
        station.remember(changed(memory, alive_at=now))


def _variables(_family: Family, _layout: StationLayout) -> tuple[Declared, ...]:
    return (
        number(_TIMEOUT, 0, unit="s"),
        switch(_ENERGY_TOO, True),
        number(_RANDOM_RANGE, 0, unit="s"),
    )


STREET = Street("resumption", variables=_variables, deadline=_deadline, due=_due, follow=_follow)
