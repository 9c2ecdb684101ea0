"""Sessions of stored events and readings: the same price for 1.6, which tells no charging state, and for 2.x."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.metering import MeterReading, Sample
from pilotwire.domain.tariff.priced import priced
from pilotwire.domain.tariff.session_facts import session_of
from pilotwire.domain.tariff.sessions import SessionReading, TariffFrom
from pilotwire.domain.transactions import ChargingState, EventKind, TransactionEvent, TriggerReason
from tests.support.priced_sessions import MONDAY, d, rate, rates, tariff

TARIFFS = (TariffFrom(at=MONDAY, tariff=tariff(energy=rates(rate("0.5")), idle_time=rates(rate("6")))),)


def _samples(minutes: int, *samples: tuple[str, int, str | None]) -> MeterReading:
    units = {"E": "Wh", "P": "W", "C": "A"}
    return MeterReading(
        at=MONDAY + timedelta(minutes=minutes),
        samples=tuple(Sample(value=Decimal(v), measurand=m, unit=units[m[0]], phase=phase) for m, v, phase in samples),
    )


def _register(minutes: int, wh: int) -> MeterReading:
    return _samples(minutes, ("Energy.Active.Import.Register", wh, None))


def _event(kind: EventKind, minutes: int, *readings: MeterReading, **more: Any) -> TransactionEvent:
    return TransactionEvent(
        kind=kind,
        transaction_id="1",
        at=MONDAY + timedelta(minutes=minutes),
        trigger=TriggerReason.TRIGGER,
        readings=readings,
        **more,
    )


OF_16 = [
    _event(EventKind.ENDED, 90, _register(90, 11_000)),
    _event(EventKind.UPDATED, 60, _register(60, 11_000)),
    _event(EventKind.STARTED, 0, _register(0, 1000)),
]
OF_2X = [
    _event(EventKind.STARTED, 0, _register(0, 1000), charging_state=ChargingState.CHARGING, seq_no=0),
    _event(EventKind.UPDATED, 60, charging_state=ChargingState.SUSPENDED_EV, seq_no=1),
    _event(EventKind.ENDED, 90, _register(60, 11_000), _register(90, 11_000), seq_no=2),
]


@pytest.mark.parametrize("events", [OF_16, OF_2X, [*OF_2X[::-1], OF_2X[1]]], ids=["1.6", "2.x", "2.x, late and twice"])
def test_a_session_costs_the_same_whatever_its_station_speaks(events: list[TransactionEvent]) -> None:
    found = priced(session_of(events, TARIFFS))
    assert found is not None
    # 10 kWh at 0.50, half an hour idle at 6.00
    assert (found.excl_tax, found.failures, found.ended) == (8, (), True)


def test_a_transaction_that_runs_has_readings_of_meter_values_besides() -> None:
    session = session_of(OF_2X[:1], TARIFFS, readings=[_register(30, 3000)])
    running = priced(session)
    assert running is not None
    assert (running.excl_tax, running.ended) == (1, False)
    assert priced(session_of(OF_2X[1:2], TARIFFS)) is not None, "its start is still in the station's queue"


def test_power_and_current_are_of_the_whole_evse_or_of_its_phases() -> None:
    reading = _samples(
        5,
        ("Energy.Active.Import.Register", 9, None),
        ("Energy.Active.Import.Register", 3, "L1"),
        ("Energy.Active.Export.Register", 4, None),
        ("Power.Active.Import", 11_000, None),
        ("Power.Active.Import", 3700, "L1"),
        ("Current.Import", 16, "L1"),
        ("Current.Import", 15, "L2"),
        ("Current.Import", 14, "L3"),
    )
    (read,) = session_of([], TARIFFS, readings=[reading]).readings
    assert read == SessionReading(at=reading.at, register=d(9), exported=d(4), power=d(11_000), current=d(45))
    back = _samples(6, ("Power.Active.Import", 0, None), ("Power.Active.Export", 5000, None))
    (read,) = session_of([], TARIFFS, readings=[back]).readings
    assert (read.power, read.register, read.current) == (-5000, None, None)
