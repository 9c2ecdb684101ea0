"""A session as reports count it: when it occupied its port, when energy flowed, and which energy was metered when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from pilotwire.domain.kinds import Value
from pilotwire.domain.metering.samples import MeterReading, register_of
from pilotwire.domain.reports.causes import Failure, failure_of
from pilotwire.domain.transactions import ChargingState, Transaction, TransactionEvent
from pilotwire.domain.uptime import Port
from pilotwire.domain.uptime_periods import Interval, merged

NEAR_THE_END: Final = timedelta(minutes=1)
"""So long before or after a session ended an error of its port is taken for the reason."""
_POWER: Final = "Power.Active.Import"


class Metered(Value):
    """Energy in Wh that the meter had counted by a time, since the reading before."""

    at: datetime
    energy: Decimal


class Power(Value):
    """Power in W at a time."""

    at: datetime
    power: Decimal


class Earned(Value):
    """An entry of the billing: amounts without and with tax. `is_bill`: a bill and no correction or refund."""

    at: datetime
    evse: int
    currency: str
    excl_tax: Decimal
    incl_tax: Decimal
    is_bill: bool = True


class Session(Value):
    """A session. `occupied` None: its start is not known. `charging` None: it was not told when energy flowed.

    `metered` adds up to the energy of the transaction; where there were no readings in between, all of it is at the end.
    """

    station: str
    evse: int
    transaction_id: str
    at: datetime
    occupied: Interval | None
    charging: tuple[Interval, ...] | None
    metered: tuple[Metered, ...] = ()
    powers: tuple[Power, ...] = ()
    is_open: bool = False
    failure: Failure | None = None
    stopped: str = ""

    @property
    def energy(self) -> Decimal:
        """Wh in all."""
        return sum((each.energy for each in self.metered), Decimal(0))


def session_of(
    transaction: Transaction, events: Sequence[TransactionEvent], ports: Iterable[Port], now: datetime
) -> Session:
    """What reports count of a transaction. `events` in their order; `ports` of its station tell of errors when it ended."""
    evse = transaction.address.evse if transaction.address is not None else 0
    over = transaction.ended_at or (transaction.closing.as_of if transaction.closing is not None else None)
    end = over or now
    began = transaction.started_at
    occupied = None if began is None else Interval(since=began, until=max(began, end))
    readings = sorted((each for event in events for each in event.readings), key=lambda each: each.at)
    metered = _metered(transaction, readings, end)
    failure = None
    if not transaction.is_open:
        failure = failure_of(
            stopped=transaction.stopped_reason,
            trigger=transaction.stop_trigger,
            codes=_codes(ports, evse, end),
            closing=transaction.closing,
            energy=transaction.energy,
        )
    return Session(
        station=transaction.station,
        evse=evse,
        transaction_id=transaction.transaction_id,
        at=began or transaction.last_event_at or end,
        occupied=occupied,
        charging=None if occupied is None else _charging(occupied, events, readings),
        metered=metered,
        powers=_powers(readings),
        is_open=transaction.is_open,
        failure=failure,
        stopped=str(transaction.stopped_reason or ""),
    )


def _metered(transaction: Transaction, readings: Iterable[MeterReading], end: datetime) -> tuple[Metered, ...]:
    """Register by register. One that is below the one before (a meter that was set back) or beyond the end is not counted by itself."""
    whole, start = transaction.energy, transaction.meter_start
    if whole is None or start is None:
        return ()
    last, highest = start, start + whole
    found: list[Metered] = []
    for reading in readings:
        register = register_of((reading,), last=True)
        if register is not None and last < register <= highest and reading.at <= end:
            found.append(Metered(at=reading.at, energy=register - last))
            last = register
    if last != highest:
        found.append(Metered(at=end, energy=highest - last))
    return tuple(found)


def _charging(
    occupied: Interval, events: Sequence[TransactionEvent], readings: Sequence[MeterReading]
) -> tuple[Interval, ...] | None:
    """When energy flowed: by the charging states told (2.x), else between readings of a rising register; None: neither was told."""
    told = sorted(
        ((each.at, each.charging_state) for each in events if each.charging_state is not None), key=lambda each: each[0]
    )
    if told:
        ends = [at for at, _ in told[1:]] + [occupied.until]
        states = zip(told, ends, strict=True)
        spans = [
            Interval(since=at, until=min(until, occupied.until))
            for (at, state), until in states
            if state is ChargingState.CHARGING
        ]
        return merged(spans)
    registers = [(each.at, register) for each in readings if (register := register_of((each,), last=True)) is not None]
    if len(registers) < 3:  # start and end alone say nothing of the time in between
        return None
    pairs = pairwise(registers)
    return merged(
        Interval(since=max(one[0], occupied.since), until=min(other[0], occupied.until))
        for one, other in pairs
        if other[1] > one[1]
    )


def _powers(readings: Iterable[MeterReading]) -> tuple[Power, ...]:
    """The power of all phases together, as the meter told it."""
    return tuple(
        Power(at=reading.at, power=sample.value)
        for reading in readings
        for sample in reading.samples
        if sample.measurand == _POWER and sample.phase is None and sample.value is not None and sample.unit == "W"
    )


def _codes(ports: Iterable[Port], evse: int, end: datetime) -> list[str]:
    since, until = end - NEAR_THE_END, end + NEAR_THE_END
    return [
        part.code
        for port in ports
        if port.evse == evse
        for outage in port.outages
        for part in outage.parts
        if part.code and since <= part.since <= until
    ]
