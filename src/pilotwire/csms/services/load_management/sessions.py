"""The vehicles at the EVSEs of a site, as their transactions tell of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from pilotwire.domain.load_management import Outlet, phases_of
from pilotwire.domain.metering import MeterReading, Sample
from pilotwire.domain.transactions import ChargingState, Transaction, TransactionEvent

FRESH: Final = timedelta(minutes=5)
"""How long a measured current says something about now."""
SETTLED: Final = timedelta(seconds=60)
"""How long after its limit was raised a vehicle that takes less is believed not to want more."""
MARGIN: Final = Decimal(2)
"""Amperes kept free above what a vehicle takes, so that it is seen when it wants more."""
_KEPT: Final = 120
"""Measured currents that are kept of a session: what a meter above it saw some time ago is compared with what it took then."""
_FLOWS: Final = Decimal(1)
"""Amperes above which a phase counts as used."""
_LINES: Final = {"L1": 0, "L1-N": 0, "L2": 1, "L2-N": 1, "L3": 2, "L3-N": 2}


@dataclass(slots=True)
class Session:
    """A transaction at a managed EVSE. `taking` is what was measured last on its busiest phase (A), at `measured_at`.

    `used` is on how many phases it charges, counted from the EVSE's first; None: not known, so all.
    """

    transaction_id: str
    arrived: datetime
    used: int | None = None
    taking: Decimal | None = None
    measured_at: datetime | None = None
    state: ChargingState | None = None
    energy: Decimal | None = None
    charging_since: datetime | None = None
    waiting_since: datetime | None = None
    raised_at: datetime | None = None
    measures: deque[tuple[datetime, Decimal]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    """What was measured, by time, the newest last."""

    def hear(self, transaction: Transaction, event: TransactionEvent | None = None) -> None:
        """Mind what a transaction has come to."""
        self.arrived = transaction.started_at or self.arrived
        self.energy = transaction.energy
        self.state = transaction.charging_state or self.state
        if event is not None:
            if event.phases_used:
                self.used = event.phases_used
            self.see(event.readings)

    def see(self, readings: Iterable[MeterReading]) -> None:
        """Mind what was measured, the newest last."""
        for reading in readings:
            if self.measured_at is not None and reading.at < self.measured_at:
                continue
            currents = _currents(reading.samples)
            if currents:
                self.taking, self.measured_at = max(currents.values()), reading.at
                self.measures.append((reading.at, self.taking))
                flowing = {line for line, amps in currents.items() if amps > _FLOWS}
                if flowing:
                    in_order = flowing == set(range(len(flowing)))
                    self.used = len(flowing) if in_order else None

    def taken_at(self, at: datetime, limit: Decimal) -> Decimal:
        """What it took for certain at a moment (A on each phase): the less of what was measured before and after, not more than its limit.

        Nothing if nobody knows, or it was measured later only: a meter that spoke at that moment has not seen it.
        """
        before = [amps for when, amps in self.measures if when <= at and at - when <= FRESH]
        if not before:
            return Decimal(0)
        after = [amps for when, amps in self.measures if when > at]
        return min(before[-1], limit, *after[:1])

    def most(self, now: datetime, outlet: Outlet, limit: Decimal) -> Decimal | None:
        """The most it is believed to want (A); None: all that its EVSE can.

        Who has been allowed more for a while and does not take it leaves it to others, but for a margin: taking that, he is allowed more.
        """
        if self.state in (ChargingState.SUSPENDED_EV, ChargingState.EV_CONNECTED, ChargingState.IDLE):
            settled = self.raised_at is not None and now - self.raised_at >= SETTLED
            return outlet.least if settled else None
        if self.taking is None or self.measured_at is None or limit <= 0:
            return None
        settled = self.raised_at is not None and self.measured_at - self.raised_at >= SETTLED
        if not settled or self.taking >= limit - MARGIN / 2 or now - self.measured_at > FRESH:
            return None
        return max(outlet.least, self.taking + MARGIN)

    def phases(self, outlet: Outlet) -> tuple[int, ...]:
        """The grid's phases that it loads, or may load while nobody knows."""
        return phases_of(outlet, len(outlet.phases) if self.used is None else self.used)


def _currents(samples: Iterable[Sample]) -> dict[int, Decimal]:
    """The current of each line (A), by its place."""
    return {
        _LINES[sample.phase]: sample.value
        for sample in samples
        if sample.measurand == "Current.Import"
        and sample.phase in _LINES
        and sample.location == "Outlet"
        and sample.value is not None
    }
