"""Transactions (functional block E): when they begin and end, and every event of them.

What happened changes the EVSE; `settle` then compares which of the TxStartPoint values are fulfilled with those fulfilled before. If one
came and one of TxStartPoint is fulfilled, a transaction begins (E01); if one of TxStopPoint went, it ends (E06); else an event is due
if something was to be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pilotwire.domain.authorization import TransactionLimit
from pilotwire.domain.identity import IdToken
from pilotwire.domain.metering import MeterReading, register_of
from pilotwire.domain.transactions import ChargingState, EventKind, StoppedReason, TransactionEvent, TriggerReason
from pilotwire.station.core import availability, metering, metering_ended, reservation, tariff_bills, vehicle_sessions
from pilotwire.station.core.actions import Show
from pilotwire.station.core.evse import Evse, Grant, Running
from pilotwire.station.core.station import Station


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something changed. `tell`: it is an event of its own, even if the charging state stays as it was.

    `reason` is why the transaction ended, should it end by this; `id_token` the one presented to stop it.
    """

    trigger: TriggerReason
    reason: StoppedReason = StoppedReason.LOCAL
    id_token: IdToken | None = None
    tell: bool = True


STATE_CHANGED = Cause(TriggerReason.CHARGING_STATE_CHANGED, StoppedReason.STOPPED_BY_EV, tell=False)


def settle(station: Station, evse: Evse, cause: Cause) -> None:
    """Begin, end or tell what follows from a change of the EVSE; see the module."""
    before, evse.settled = evse.settled, evse.points
    if evse.tx is None:
        if evse.settled - before and evse.settled & start_points(station) and may_begin(station, evse):
            _begin(station, evse, cause)
    elif (before - evse.settled) & station.variables.members("TxCtrlr.TxStopPoint"):
        end(station, evse, cause)
    else:
        _update(station, evse, cause)


def start_points(station: Station) -> frozenset[str]:
    """What begins a transaction."""
    return station.variables.members("TxCtrlr.TxStartPoint")


def may_begin(station: Station, evse: Evse) -> bool:
    """Whether a transaction may begin here: registered, or allowed without (B02.FR.03), and nothing forbids it."""
    return availability.registered(station) and availability.usable(station, evse)


# --- begin ----------------------------------------------------------------------------------------------------------


def _begin(station: Station, evse: Evse, cause: Cause) -> None:
    """The first event (E01); what is measured at the beginning goes with it (E01.FR.09)."""
    at = station.stamp()
    evse.tx = Running(station.new_id(), at, at, Decimal(0), Decimal(0), connector=evse.connector)
    evse.finishing = False
    schedule_sample(station, evse.tx)
    _event(station, evse, EventKind.STARTED, cause.trigger)


def _measure_beginning(station: Station, evse: Evse, tx: Running) -> MeterReading:
    """The values of the beginning, which go with the first event that knows the EVSE (E01.FR.09, E01.FR.17)."""
    variable, context = "SampledDataCtrlr.TxStartedMeasurands", "Transaction.Begin"
    sign = True if _is_begun_by_signature(station, evse) else None
    taken = metering.take(station, evse, variable, context, register=True, register_wh=evse.closed_at_wh, sign=sign)
    tx.meter_start = tx.register = register_of((taken,)) or Decimal(0)
    tx.measured_since = taken.at
    return taken


def schedule_sample(station: Station, tx: Running) -> None:
    """The next periodic sample is an interval away."""
    interval = metering.sample_interval(station)
    tx.next_sample = station.now + timedelta(seconds=interval) if interval > 0 else None


# --- update ---------------------------------------------------------------------------------------------------------


def _update(station: Station, evse: Evse, cause: Cause) -> None:
    """An event if there is something to tell: the cause itself, a new authorization, or another charging state (E01.FR.18)."""
    assert evse.tx is not None
    evse.tx.connector = evse.connector or evse.tx.connector
    changed_state = evse.charging_state is not evse.tx.charging_state
    if cause.tell or changed_state or (evse.grant is not None and not evse.grant.told):
        trigger = cause.trigger if cause.tell else TriggerReason.CHARGING_STATE_CHANGED
        _event(station, evse, EventKind.UPDATED, trigger, id_token=cause.id_token)


def tell(
    station: Station,
    evse: Evse,
    trigger: TriggerReason,
    *,
    limit: TransactionLimit | None = None,
    readings: tuple[MeterReading, ...] = (),
) -> None:
    """An event of its own that begins and ends nothing."""
    _event(station, evse, EventKind.UPDATED, trigger, limit=limit, readings=readings)


def sample(station: Station, evse: Evse, trigger: TriggerReason, *, at: datetime | None = None) -> bool:
    """Meter values within the transaction (J02.FR.11, J01.FR.22, F06.FR.07); False if nothing is configured to be said.

    `at` is the CSMS's time they were due at, if that was not just now.
    """
    variable, context = _SAMPLED[trigger]
    taken = metering.take(station, evse, variable, context, at=at)
    if not taken.samples and trigger is not TriggerReason.TRIGGER:
        return False
    _event(station, evse, EventKind.UPDATED, trigger, readings=(taken,) if taken.samples else ())
    return True


_SAMPLED = {
    TriggerReason.METER_VALUE_PERIODIC: ("SampledDataCtrlr.TxUpdatedMeasurands", "Sample.Periodic"),
    TriggerReason.METER_VALUE_CLOCK: ("AlignedDataCtrlr.Measurands", "Sample.Clock"),
    TriggerReason.TRIGGER: ("SampledDataCtrlr.TxUpdatedMeasurands", "Trigger"),
}


def _event(
    station: Station,
    evse: Evse,
    kind: EventKind,
    trigger: TriggerReason,
    *,
    readings: tuple[MeterReading, ...] = (),
    id_token: IdToken | None = None,
    reason: StoppedReason | None = None,
    limit: TransactionLimit | None = None,
) -> None:
    """Queue the next event of the transaction; one that comes first after an authorization tells of it (E02.FR.01, F02.FR.21)."""
    tx = evse.tx
    assert tx is not None
    placed = tx.measured_since is None
    if placed:
        readings = (_measure_beginning(station, evse, tx), *readings)
    grant = evse.grant if evse.grant is not None and not evse.grant.told else None
    if grant is not None and kind is not EventKind.ENDED:
        by_signature = kind is EventKind.STARTED and _is_begun_by_signature(station, evse)
        usual = TriggerReason.SIGNED_DATA_RECEIVED if by_signature else TriggerReason.AUTHORIZED
        usual = trigger if grant.of_slot else usual  # S04.FR.02
        trigger = TriggerReason.REMOTE_START if grant.remote else usual
        id_token = vehicle_sessions.with_vehicle(station, evse.evse_id, grant.id_token)
        grant.told, tx.owner, tx.group, tx.stopping = True, grant.id_token, grant.group, None
        tx.remote_start_id = grant.remote_start_id
        limit = tx.limited_by(grant) or limit
    tx.charging_state, tx.last_at = evse.charging_state, station.stamp()
    tariff_id, cost = tariff_bills.told(station, evse, kind, trigger, readings)
    tx.register = max(tx.register, register_of(readings, last=True) or tx.register)
    station.keep(
        TransactionEvent(
            kind=kind,
            transaction_id=tx.transaction_id,
            at=tx.last_at,
            trigger=trigger,
            seq_no=tx.next_seq_no,
            offline=not station.link,
            address=evse.address,
            id_token=id_token,
            charging_state=tx.charging_state,
            stopped_reason=reason,
            remote_start_id=grant.remote_start_id if grant is not None else None,
            reservation_id=_reservation_id(evse.grant if placed else grant),
            phases_used=_new_phases(station, evse, tx),
            readings=readings,
            limit=limit,
            operation_mode=evse.untold_mode,
            evse_sleep=evse.sleeps or None,
            tariff_id=tariff_id,
            cost=cost,
        )
    )
    tx.next_seq_no += 1
    evse.untold_mode = None


def _is_begun_by_signature(station: Station, evse: Evse) -> bool:
    """Whether it is the meter's signed value that begins a transaction here (E01, TxStartPoint DataSigned)."""
    return evse.signs and "DataSigned" in start_points(station)


def _reservation_id(grant: Grant | None) -> int | None:
    """The reservation that this transaction ends (E01.FR.13, E02.FR.03, E03.FR.03)."""
    return grant.reservation.reservation_id if grant is not None and grant.reservation is not None else None


def _new_phases(station: Station, evse: Evse, tx: Running) -> int | None:
    """The number of phases used, when it is another one than last told (E02.FR.18, E02.FR.19)."""
    if evse.charging_state is not ChargingState.CHARGING:
        return None
    used = metering.phases_used(station, evse)
    if used is None or used == tx.phases:
        return None
    tx.phases = used
    return used


# --- end ------------------------------------------------------------------------------------------------------------


def end(station: Station, evse: Evse, cause: Cause, *, hold: bool = False) -> None:
    """The last event (E06). `hold` keeps the plug locked."""
    tx = evse.tx
    assert tx is not None
    owner = evse.grant.id_token if evse.grant is not None else tx.owner
    if evse.grant is not None and not evse.grant.told:
        cause = Cause(cause.trigger, cause.reason, cause.id_token or evse.grant.id_token)
    evse.grant, evse.withheld, evse.letting_go, evse.not_before = None, False, False, None
    readings = metering_ended.at_end(station, evse)
    reason = (tx.stopping if cause.trigger in _COMES_AFTER_STOP else None) or cause.reason
    _event(station, evse, EventKind.ENDED, cause.trigger, readings=readings, id_token=cause.id_token, reason=reason)
    evse.tx, evse.ended = None, (tx.transaction_id, station.now)
    evse.held_for = owner if hold and evse.connector is not None else evse.held_for
    evse.finishing = evse.connector is not None or evse.cable_in is not None
    evse.settled = evse.points


_COMES_AFTER_STOP = frozenset(
    {TriggerReason.EV_COMMUNICATION_LOST, TriggerReason.EV_DEPARTED, TriggerReason.CHARGING_STATE_CHANGED}
)
"""What happens anyway once charging was stopped: the reason is then why it was stopped (F04.FR.03)."""


# --- authorization of a transaction ---------------------------------------------------------------------------------


def grant(station: Station, evse: Evse, given: Grant) -> None:
    """Somebody may charge here."""
    reservation.use(station, evse, given)
    evse.grant, evse.withheld, evse.held_for, evse.was_live = given, False, None, False
    evse.try_locks_again()
    if evse.connector is None:
        given.until = station.timeout_of("TxCtrlr.EVConnectionTimeOut")
        station.do(Show(evse.evse_id, "Accepted. Plug in the vehicle."))
    else:
        station.do(Show(evse.evse_id, "Accepted."))
    trigger = TriggerReason.REMOTE_START if given.remote else TriggerReason.AUTHORIZED
    settle(station, evse, Cause(trigger))


def revoke(station: Station, evse: Evse, cause: Cause, *, at_rest: bool = False) -> None:
    """The authorization ends; whether the transaction does is TxStopPoint's affair (E06.FR.03, F03.FR.02).

    Where it goes on, the opening of the contactor is told by an event of its own (`_switch`); `at_rest`: the vehicle has ended the
    flow itself, so there is nothing to wait for.
    """
    if evse.tx is not None and evse.tx.stopping is None:
        evse.tx.stopping = cause.reason
    evse.letting_go = evse.contactor and not at_rest
    evse.grant, evse.withheld = None, False
    settle(station, evse, cause)


# --- the vehicle ----------------------------------------------------------------------------------------------------


def plugged(station: Station, evse: Evse, connector: int) -> None:
    """A vehicle is there (E02)."""
    evse.connector, evse.cable_in, evse.plugged_at = connector, None, station.now
    evse.wants_power = evse.has_asked = evse.contactor = evse.was_live = evse.finishing = False
    evse.try_locks_again()
    _take_unplaced(station, evse)
    if evse.grant is not None:
        evse.grant.until = None
    settle(station, evse, Cause(TriggerReason.CABLE_PLUGGED_IN))


def _take_unplaced(station: Station, evse: Evse) -> None:
    """Who authorized at the station's reader has chosen this EVSE, unless it is kept for somebody else; a transaction comes along."""
    waiting = station.unplaced
    if waiting is None or evse.grant is not None or not availability.usable(station, evse):
        return
    if (waiting.evses and evse.evse_id not in waiting.evses) or (
        evse.tx is not None and station.unplaced_tx is not None
    ):
        return
    if not reservation.refuses(station, evse, waiting.id_token, waiting.group):
        reservation.use(station, evse, waiting)
        evse.grant, station.unplaced = waiting, None
        evse.tx, station.unplaced_tx = station.unplaced_tx or evse.tx, None
        if evse.tx is not None:
            schedule_sample(station, evse.tx)


def unplugged(station: Station, evse: Evse, connector: int, *, cable_remains: bool) -> None:
    """The vehicle is gone (E09, E10), or only the loose cable it left behind."""
    was_there = evse.connector is not None
    evse.ready_by = evse.closed_at_wh = None
    evse.try_locks_again()
    evse.connector, evse.cable_in = None, connector if cable_remains else None
    evse.wants_power = evse.has_asked = evse.contactor = evse.finishing = evse.letting_go = False
    if not cable_remains:
        evse.held_for = None
    if was_there:
        left_meanwhile(station, evse, cable_remains=cable_remains)
        settle(station, evse, Cause(TriggerReason.EV_COMMUNICATION_LOST, StoppedReason.EV_DISCONNECTED))


def left_meanwhile(station: Station, evse: Evse, *, cable_remains: bool = False) -> None:
    """What the vehicle's leaving means for the authorization; the caller settles it."""
    if station.variables.on("TxCtrlr.StopTxOnEVSideDisconnect"):
        _leave_without(station, evse, cable_remains)
    elif evse.grant is not None:
        evse.grant.until = station.timeout_of("TxCtrlr.EVConnectionTimeOut")  # E10.FR.02


def _leave_without(station: Station, evse: Evse, cable_remains: bool) -> None:
    """Deauthorized by unplugging (E09.FR.01); the cable stays locked if so configured (E09.FR.03)."""
    if evse.grant is None:
        return
    if cable_remains and not station.variables.on("OCPPCommCtrlr.UnlockOnEVSideDisconnect"):
        evse.held_for = evse.grant.id_token
    if evse.tx is not None:
        evse.tx.stopping = evse.tx.stopping or StoppedReason.EV_DISCONNECTED
    evse.grant, evse.withheld = None, False


def asks_for_power(station: Station, evse: Evse, *, wants: bool) -> None:
    """Control pilot state C, or B again (E01.FR.19)."""
    evse.wants_power = wants
    evse.has_asked = evse.has_asked or wants
    evse.ready_by = None if wants else evse.ready_by
    settle(station, evse, STATE_CHANGED)


def not_ready(station: Station, evse: Evse) -> None:
    """A vehicle that is offered energy has had the time to ask for it, and has not (2.x ChargingStateEnumType, SuspendedEV)."""
    evse.has_asked, evse.ready_by = True, None
    settle(station, evse, STATE_CHANGED)


def parked(station: Station, evse: Evse, *, there: bool) -> None:
    """The bay is taken or free (E01.FR.01, E06.FR.01)."""
    evse.parked = there
    if there and "ParkingBayOccupancy" in start_points(station) and station.unplaced_tx is not None:
        _take_unplaced(station, evse)  # the driver has chosen this one
    settle(station, evse, Cause(TriggerReason.EV_DETECTED if there else TriggerReason.EV_DEPARTED))


def give_up_waiting(station: Station, evse: Evse) -> None:
    """Nobody plugged in within EVConnectionTimeOut (E03.FR.05, E03.FR.15)."""
    cause = Cause(TriggerReason.EV_CONNECT_TIMEOUT, StoppedReason.TIMEOUT)
    station.do(Show(evse.evse_id, "No vehicle was plugged in in time."))
    given = evse.grant
    if evse.tx is not None and "ParkingBayOccupancy" not in station.variables.members("TxCtrlr.TxStopPoint"):
        end(station, evse, cause)
    else:
        revoke(station, evse, cause)
    if given is not None:
        reservation.given_up(station, given)
