"""Official OCPP 2.0.1 test cases of block J (meter values), played with our station as the system under test; on 2.1 as well.

That no sample but the state of charge is located in the vehicle (errata 2025-09, 6.2.58) is checked of every message heard.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from tests.support.wire_states import (
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    ev_disconnected,
    parking_bay_occupied,
    stop_authorized,
)
from tests.support.wire_station import VERSIONS, WireStation, events_of, named, seconds

pytestmark = pytest.mark.parametrize("version", VERSIONS)

MEASURANDS = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage"
ALIGNED = {"AlignedDataCtrlr.Interval": "60", "AlignedDataCtrlr.Measurands": MEASURANDS}
NO_SAMPLES = {"SampledDataCtrlr.TxUpdatedInterval": "0"}


def _holds(value: Any, context: str, measurands: Iterable[str]) -> None:
    """Every configured measurand is there, and all of it was read for this reason."""
    assert {sample.context for sample in value.sampled_value} == {context}
    register = "Energy.Active.Import.Register"
    assert {sample.measurand or register for sample in value.sampled_value} == set(measurands)


def _every(station: WireStation, values: list[Any], gap: int) -> None:
    """The moments of measurement lie so many seconds apart."""
    moments = sorted({value.timestamp for value in values})
    assert len(moments) >= 3
    assert set(seconds(moments)) == {gap}


def _values(messages: list[Any]) -> list[Any]:
    return [value for message in messages for value in message.meter_value or []]


# --- clock-aligned --------------------------------------------------------------------------------------------------


@pytest.mark.req("J01.FR.02", "J01.FR.06", "J01.FR.07", "J01.FR.08", "J01.FR.14")
def test_tc_j_01_cs(version: str) -> None:
    """While idle, every EVSE's configured measurands are told at every full interval of the clock."""
    station = WireStation(version, station="ac-22-dual", variables=ALIGNED)
    station.pass_time(200)
    told = named(station.said(), "MeterValues")
    assert {one.evse_id for one in told} == {1, 2}
    for value in _values(told):
        _holds(value, "Sample.Clock", MEASURANDS.split(","))
        assert value.timestamp.second == 0
    _every(station, _values(told), 60)


@pytest.mark.req("J01.FR.02", "J01.FR.06", "J01.FR.07", "J01.FR.08", "J01.FR.14", "J01.FR.22")
def test_tc_j_02_cs(version: str) -> None:
    """During a transaction its EVSE's values come in its events, those of the idle EVSE as meter values."""
    station = WireStation(version, station="ac-22-dual", variables=ALIGNED | NO_SAMPLES)
    energy_transfer_started(station)
    station.pass_time(200)
    said = station.said()
    idle = named(said, "MeterValues")
    assert {one.evse_id for one in idle} == {2}
    events = [event for event in events_of(said) if event.trigger_reason == "MeterValueClock"]
    for values in (_values(idle), _values(events)):
        for value in values:
            _holds(value, "Sample.Clock", MEASURANDS.split(","))
        _every(station, values, 60)


@pytest.mark.req("J01.FR.20")
def test_tc_j_06_cs(version: str) -> None:
    """With SendDuringIdle there are no clock-aligned values while a transaction runs, and there are before and after."""
    variables = ALIGNED | NO_SAMPLES | {"AlignedDataCtrlr.SendDuringIdle": "true"}
    station = WireStation(version, station="ac-22-dual", variables=variables)
    station.pass_time(200)
    before = named(station.said(), "MeterValues")
    energy_transfer_started(station)
    station.pass_time(200)
    said = station.said()
    assert not named(said, "MeterValues")
    assert not _values(events_of(said))
    stop_authorized(station)
    ev_disconnected(station)
    station.pass_time(200)
    after = named(station.said(), "MeterValues")
    for told in (before, after):
        for value in _values(told):
            _holds(value, "Sample.Clock", MEASURANDS.split(","))
        _every(station, _values(told), 60)


# --- sampled --------------------------------------------------------------------------------------------------------


@pytest.mark.req("J02.FR.02", "J02.FR.03", "J02.FR.04", "E01.FR.09", "E02.FR.09")
@pytest.mark.parametrize("start", ["EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer"])
def test_tc_j_07_cs(version: str, start: str) -> None:
    """The first event of a transaction holds what is configured for it, read at its beginning."""
    variables = {"SampledDataCtrlr.TxStartedMeasurands": MEASURANDS, "TxCtrlr.TxStartPoint": start}
    station = WireStation(version, variables=variables)
    parking_bay_occupied(station)
    ev_connected_pre_session(station)
    energy_transfer_started(station)
    started = station.events[0]
    assert started.event_type == "Started"
    (value,) = started.meter_value
    _holds(value, "Transaction.Begin", MEASURANDS.split(","))


@pytest.mark.req("J02.FR.02", "J02.FR.03", "J02.FR.04", "E01.FR.16", "E03.FR.07")
@pytest.mark.parametrize("start", ["Authorized", "ParkingBayOccupancy"])
def test_tc_j_08_cs(version: str, start: str) -> None:
    """A transaction that begins before the cable is in: the first event that names its EVSE holds the values of the beginning."""
    variables = {"SampledDataCtrlr.TxStartedMeasurands": MEASURANDS, "TxCtrlr.TxStartPoint": start}
    station = WireStation(version, variables=variables)
    parking_bay_occupied(station)
    authorized(station)
    energy_transfer_started(station)
    first = next(event for event in station.events if event.evse is not None)
    (value,) = first.meter_value
    _holds(value, "Transaction.Begin", MEASURANDS.split(","))


@pytest.mark.req("J02.FR.02", "J02.FR.03", "J02.FR.04", "J02.FR.11", "E02.FR.10")
def test_tc_j_09_cs(version: str) -> None:
    """While energy flows the configured measurands are told at every interval, as periodic samples."""
    variables = {"SampledDataCtrlr.TxUpdatedMeasurands": MEASURANDS, "SampledDataCtrlr.TxUpdatedInterval": "20"}
    station = WireStation(version, variables=variables)
    energy_transfer_started(station)
    station.pass_time(100)
    events = [event for event in events_of(station.said()) if event.meter_value]
    assert {(event.event_type, event.trigger_reason) for event in events} == {("Updated", "MeterValuePeriodic")}
    for value in _values(events):
        _holds(value, "Sample.Periodic", MEASURANDS.split(","))
    _every(station, _values(events), 20)
