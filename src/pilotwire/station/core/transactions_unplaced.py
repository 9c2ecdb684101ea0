"""A driver who has yet to choose an EVSE, and the transaction that may have begun already (E03; E01.FR.03, E01.FR.17).

Who authorized at a reader for the whole station waits in `Station.unplaced`. Where TxStartPoint has Authorized, that alone begins a
transaction: it is told without EVSE and without meter values, and is in `Station.unplaced_tx`. The EVSE at which a vehicle comes next takes
both over; the event that tells it, the first with an EVSE, tells the values of the beginning too.
"""

from __future__ import annotations

from decimal import Decimal

from pilotwire.domain.authorization import TransactionLimit
from pilotwire.domain.identity import IdToken
from pilotwire.domain.transactions import ChargingState, EventKind, StoppedReason, TransactionEvent, TriggerReason
from pilotwire.station.core import availability
from pilotwire.station.core.actions import Show
from pilotwire.station.core.evse import Grant, Running
from pilotwire.station.core.memory import KeptTransaction
from pilotwire.station.core.station import Station

NOWHERE = 0
"""The EVSE of such a transaction where it is saved."""


def wait(station: Station, given: Grant) -> None:
    """Somebody may charge at the EVSE of their choice, for as long as EVConnectionTimeOut."""
    given.until = station.timeout_of("TxCtrlr.EVConnectionTimeOut")
    station.unplaced = given
    if not _begins(station):
        return
    at = station.stamp()
    tx = Running(station.new_id(), at, at, Decimal(0), Decimal(0))
    tx.owner, tx.group, given.told = given.id_token, given.group, True
    station.unplaced_tx = tx
    limit = tx.limited_by(given)
    _event(station, tx, EventKind.STARTED, TriggerReason.AUTHORIZED, id_token=given.id_token, limit=limit)


def _begins(station: Station) -> bool:
    """Whether a transaction begins by this: not where one waits for its driver already, who may be this one (E01.FR.03)."""
    begins = "Authorized" in station.variables.members("TxCtrlr.TxStartPoint") and availability.registered(station)
    return begins and all(evse.tx is None or evse.tx.owner is not None for evse in station.evses.values())


def end(station: Station, trigger: TriggerReason, reason: StoppedReason, *, id_token: IdToken | None = None) -> None:
    """Nobody waits any more: what has begun ends, whatever TxStopPoint says, as nothing else could end it (E03.FR.05)."""
    tx, station.unplaced, station.unplaced_tx = station.unplaced_tx, None, None
    if tx is not None:
        _event(station, tx, EventKind.ENDED, trigger, id_token=id_token, reason=reason)


def give_up(station: Station) -> None:
    """No vehicle was plugged in within EVConnectionTimeOut (E03.FR.05)."""
    station.do(Show(None, "No vehicle was plugged in in time."))
    end(station, TriggerReason.EV_CONNECT_TIMEOUT, StoppedReason.TIMEOUT)


def break_off(station: Station, reason: StoppedReason) -> None:
    """Energy can flow nowhere now, so there is nothing to wait for (E06.FR.16)."""
    if all(availability.blocked(station, evse) for evse in station.evses.values()):
        end(station, TriggerReason.ABNORMAL_CONDITION, reason)


def tell(station: Station, trigger: TriggerReason, *, limit: TransactionLimit | None = None) -> None:
    """An event of its own, if there is a transaction."""
    if station.unplaced_tx is not None:
        _event(station, station.unplaced_tx, EventKind.UPDATED, trigger, limit=limit)


def _event(
    station: Station,
    tx: Running,
    kind: EventKind,
    trigger: TriggerReason,
    *,
    id_token: IdToken | None = None,
    reason: StoppedReason | None = None,
    limit: TransactionLimit | None = None,
) -> None:
    tx.charging_state, tx.last_at = ChargingState.IDLE, station.stamp()
    station.keep(
        TransactionEvent(
            kind=kind,
            transaction_id=tx.transaction_id,
            at=tx.last_at,
            trigger=trigger,
            seq_no=tx.next_seq_no,
            offline=not station.link,
            id_token=id_token,
            charging_state=tx.charging_state,
            stopped_reason=reason,
            limit=limit,
        )
    )
    tx.next_seq_no += 1


# --- over a restart -------------------------------------------------------------------------------------------------


def kept(station: Station) -> tuple[KeptTransaction, ...]:
    """The transaction as it is saved, if there is one."""
    tx = station.unplaced_tx
    if tx is None:
        return ()
    return (
        KeptTransaction(
            evse=NOWHERE,
            transaction_id=tx.transaction_id,
            started_at=tx.started_at,
            last_at=tx.last_at,
            next_seq_no=tx.next_seq_no,
            meter_start=tx.meter_start,
            register=tx.register,
            id_token=tx.owner,
            group=tx.group,
            charging_state=tx.charging_state,
            authorized=True,
            limit=tx.limit,
            csms_limit=tx.csms_limit,
            invalid=tx.invalid,
        ),
    )


def resume(station: Station, one: KeptTransaction) -> None:
    """Wait on after an interruption: the driver has as long again to plug in (E17.FR.10, E17.FR.14)."""
    assert one.id_token is not None
    station.unplaced = Grant(
        one.id_token, one.group, told=True, until=station.timeout_of("TxCtrlr.EVConnectionTimeOut")
    )
    station.unplaced_tx = Running(
        one.transaction_id,
        one.started_at,
        one.last_at,
        one.meter_start,
        one.register,
        next_seq_no=one.next_seq_no,
        owner=one.id_token,
        group=one.group,
        limit=one.limit,
        csms_limit=one.csms_limit,
        invalid=one.invalid,
    )
    tell(station, TriggerReason.TX_RESUMED)
