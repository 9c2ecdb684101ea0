"""Readings that are told at the end of a transaction: sampled and clock-aligned (TxEndedMeasurands, TxEndedInterval), kept until then.

Each is a row of its own beside the outbox, so that one more costs one small write, and a power failure loses none. Between the
beginning and the end there are at most `StationSettings.held_limit` of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pilotwire.domain.metering import MeterReading
from pilotwire.station.core import metering, metering_intervals, metering_signed
from pilotwire.station.core import metering_usage as usage
from pilotwire.station.core.evse import Evse, Running
from pilotwire.station.core.memory import KeptTransaction
from pilotwire.station.core.station import Station

_SAMPLED = "SampledDataCtrlr.TxEndedMeasurands"
_ALIGNED = "AlignedDataCtrlr.TxEndedMeasurands"


@dataclass(slots=True)
class _Due:
    """When the next reading of each kind is due for the transaction on an EVSE."""

    transaction_id: str
    sampled: datetime | None = None
    aligned: datetime | None = None


@dataclass(slots=True)
class _Dues:
    by_evse: dict[int, _Due] = field(default_factory=dict)


# --- intervals ------------------------------------------------------------------------------------------------------


def _sampled_interval(station: Station) -> int:
    """Seconds; 0: only the ends of the transaction (2.x TxEndedInterval), or nothing at all."""
    if not station.variables.text(_SAMPLED) or not station.variables.on("SampledDataCtrlr.Enabled"):
        return 0
    if station.settings.ended_readings_follow_samples:
        return metering.sample_interval(station)
    return station.variables.number("SampledDataCtrlr.TxEndedInterval")


def _aligned_interval(station: Station) -> int:
    if not station.variables.text(_ALIGNED) or not station.variables.on("AlignedDataCtrlr.Enabled"):
        return 0
    follows = station.settings.ended_readings_follow_samples
    return station.variables.number("AlignedDataCtrlr.Interval" if follows else "AlignedDataCtrlr.TxEndedInterval")


def _next_sampled(station: Station, tx: Running, interval: int) -> datetime | None:
    """The next multiple of the interval since the transaction began, in the station's own time."""
    if interval <= 0:
        return None
    begun = tx.started_at - station.offset
    passed = (station.now - begun) // timedelta(seconds=interval)
    return begun + timedelta(seconds=interval) * (passed + 1)


# --- taking ---------------------------------------------------------------------------------------------------------


def follow(station: Station) -> None:
    """Begin with each transaction that has begun: its first reading is of its beginning."""
    dues = station.moment(_Dues).by_evse
    for evse in station.evses.values():
        known = dues.get(evse.evse_id)
        if evse.tx is None:
            dues.pop(evse.evse_id, None)
        elif known is None or known.transaction_id != evse.tx.transaction_id:
            metering_intervals.begin(station, evse)
            dues[evse.evse_id] = _Due(evse.tx.transaction_id)
            _hold_beginning(station, evse, evse.tx)
            _schedule(station, evse, evse.tx)


def _schedule(station: Station, evse: Evse, tx: Running) -> None:
    due = station.moment(_Dues).by_evse[evse.evse_id]
    due.sampled = _next_sampled(station, tx, _sampled_interval(station))
    due.aligned = metering.aligned_after(station, station.now, _aligned_interval(station))


def _hold_beginning(station: Station, evse: Evse, tx: Running) -> None:
    """The reading of the beginning: the first of the samples, and the first of two signed ones (OCA application note 3.1.4, 4.1.2)."""
    every = _sampled_interval(station) > 0
    signing = metering_signed.wants_signature(station, evse, _SAMPLED)
    at = tx.measured_since or station.stamp()
    if station.outbox.held(tx.transaction_id) or not (every or signing) or at < station.stamp():
        return
    context = "Sample.Periodic" if every else "Transaction.Begin"
    taken = metering.take(station, evse, _SAMPLED, context, register=signing, register_wh=tx.meter_start, at=at)
    if taken.samples:
        station.do(*station.outbox.hold(tx.transaction_id, taken))


def reschedule(station: Station, key: str) -> None:
    """A variable was set: what is due is counted anew."""
    if key.startswith(("sampleddatactrlr", "aligneddatactrlr")):
        for evse in station.evses.values():
            if evse.tx is not None and evse.evse_id in station.moment(_Dues).by_evse:
                _schedule(station, evse, evse.tx)


def deadline(station: Station) -> datetime | None:
    """When the next reading is due."""
    moments = [one for due in station.moment(_Dues).by_evse.values() for one in (due.sampled, due.aligned)]
    return min((one for one in moments if one is not None), default=None)


def due(station: Station) -> None:
    """Take the readings that are due; those whose time passed meanwhile are not made up for."""
    for evse_id, one in station.moment(_Dues).by_evse.items():
        evse = station.evses[evse_id]
        if evse.tx is None:
            continue
        if one.sampled is not None and one.sampled <= station.now:
            _hold(station, evse, evse.tx, _SAMPLED, "Sample.Periodic", one.sampled)
            one.sampled = _next_sampled(station, evse.tx, _sampled_interval(station))
        if one.aligned is not None and one.aligned <= station.now:
            if not metering.quiet(station, evse):
                _hold(station, evse, evse.tx, _ALIGNED, "Sample.Clock", one.aligned)
            one.aligned = metering.aligned_after(station, station.now, _aligned_interval(station))


def _hold(station: Station, evse: Evse, tx: Running, variable: str, context: str, at: datetime) -> None:
    taken = metering.take(station, evse, variable, context, at=metering.moment(station, at))
    if taken.samples:
        station.do(*station.outbox.hold(tx.transaction_id, taken))


# --- the end --------------------------------------------------------------------------------------------------------


def at_end(station: Station, evse: Evse) -> tuple[MeterReading, ...]:
    """All that the last event of a transaction tells: what was held, and the reading of this moment (E06.FR.11, J02.FR.20).

    The energy register is in it, whatever is configured; but where clock-aligned readings only are wanted there is none of this moment
    (2.x TxEndedMeasurands), unless the protocol cannot end without.
    """
    assert evse.tx is not None
    aligned_only = not station.variables.text(_SAMPLED) and _aligned_interval(station) > 0
    needed = station.settings.end_needs_register or not aligned_only
    taken = metering.take(station, evse, _SAMPLED, "Transaction.End", register=needed)
    usage.ended(station, evse, taken.at)
    metering_signed.forget_key(station, evse.evse_id)
    return _collected(station, evse.tx.transaction_id, taken)


def _collected(station: Station, transaction_id: str, last: MeterReading) -> tuple[MeterReading, ...]:
    held = station.outbox.held(transaction_id)
    station.do(*station.outbox.release(transaction_id))
    return (*held, last) if last.samples else held


def left_over(station: Station, kept: KeptTransaction, last: MeterReading) -> tuple[MeterReading, ...]:
    """As `at_end`, of a transaction that a restart interrupted, with what could be read of its end."""
    usage.left_over(station, kept, last)
    evse = station.evses.get(kept.evse)
    if evse is not None and metering_signed.wants_signature(station, evse, _SAMPLED):
        last = metering_signed.signed(station, evse, last, station.meter(kept.evse), kept.id_token)
    return _collected(station, kept.transaction_id, last)
