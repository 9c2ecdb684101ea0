"""Official OCPP 2.0.1 test cases of block J (meter values), played with our station as the system under test; on 2.1 as well.

That no sample but the state of charge is located in the vehicle (errata 2025-09, 6.2.58) is checked of every message heard.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from pilotwire.station.hardware.signing import verified
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

REGISTER = "Energy.Active.Import.Register"
MEASURANDS = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage"
ALIGNED = {"AlignedDataCtrlr.Interval": "60", "AlignedDataCtrlr.Measurands": MEASURANDS}
LAYOUTS = [("ac-22-dual", []), ("ac-22-dual-main", [0])]
"""Without a main meter and with one, and the EVSE id it has."""
NO_SAMPLES = {"SampledDataCtrlr.TxUpdatedInterval": "0"}


def _holds(value: Any, context: str, measurands: Iterable[str]) -> None:
    """Every configured measurand is there, and all of it was read for this reason."""
    assert {sample.context for sample in value.sampled_value} == {context}
    register = "Energy.Active.Import.Register"
    assert {sample.measurand or register for sample in value.sampled_value} == set(measurands)


def _every(values: list[Any], gap: int) -> None:
    """The moments of measurement lie so many seconds apart."""
    moments = sorted({value.timestamp for value in values})
    assert len(moments) >= 3
    assert set(seconds(moments)) == {gap}


def _values(messages: list[Any]) -> list[Any]:
    return [value for message in messages for value in message.meter_value or []]


# --- clock-aligned --------------------------------------------------------------------------------------------------


@pytest.mark.req("J01.FR.02", "J01.FR.03", "J01.FR.06", "J01.FR.07", "J01.FR.08", "J01.FR.14")
@pytest.mark.parametrize(("layout", "main"), LAYOUTS)
def test_tc_j_01_cs(version: str, layout: str, main: list[int]) -> None:
    """While idle, the configured measurands of every EVSE and of the main meter are told at every full interval of the clock."""
    station = WireStation(version, station=layout, variables=ALIGNED)
    station.pass_time(200)
    told = named(station.said(), "MeterValues")
    assert {one.evse_id for one in told} == {*main, 1, 2}
    for value in _values(told):
        _holds(value, "Sample.Clock", MEASURANDS.split(","))
        assert value.timestamp.second == 0
    _every(_values(told), 60)


@pytest.mark.req("J01.FR.02", "J01.FR.03", "J01.FR.06", "J01.FR.07", "J01.FR.08", "J01.FR.14", "J01.FR.22")
@pytest.mark.parametrize(("layout", "main"), LAYOUTS)
def test_tc_j_02_cs(version: str, layout: str, main: list[int]) -> None:
    """During a transaction its EVSE's values come in its events, those of the idle EVSE and of the main meter as meter values."""
    station = WireStation(version, station=layout, variables=ALIGNED | NO_SAMPLES)
    energy_transfer_started(station)
    station.pass_time(200)
    said = station.said()
    idle = named(said, "MeterValues")
    assert {one.evse_id for one in idle} == {*main, 2}
    events = [event for event in events_of(said) if event.trigger_reason == "MeterValueClock"]
    for values in (_values(idle), _values(events)):
        for value in values:
            _holds(value, "Sample.Clock", MEASURANDS.split(","))
        _every(values, 60)


@pytest.mark.req("J01.FR.10", "J01.FR.14", "J01.FR.22")
@pytest.mark.parametrize("without", ["true", "false"])
def test_tc_j_02_cs_by_phase(version: str, without: str) -> None:
    """The same with RegisterValuesWithoutPhases false: the register of each phase is told too (errata 2025-09, 6.2.63)."""
    variables = ALIGNED | NO_SAMPLES | {"SampledDataCtrlr.RegisterValuesWithoutPhases": without}
    station = WireStation(version, station="ac-22-dual", variables=variables)
    energy_transfer_started(station)
    station.pass_time(200)
    events = [event for event in events_of(station.said()) if event.trigger_reason == "MeterValueClock"]
    for value in _values(events):
        _holds(value, "Sample.Clock", MEASURANDS.split(","))
        registers = {one.phase: one.value for one in value.sampled_value if one.measurand == REGISTER}
        assert set(registers) == ({None} if without == "true" else {None, "L1", "L2", "L3"})
        assert without == "true" or sum(registers[line] for line in ("L1", "L2", "L3")) == registers[None]
        assert {one.phase for one in value.sampled_value if one.measurand == "Current.Import"} == {"L1", "L2", "L3"}


@pytest.mark.req("J01.FR.20")
@pytest.mark.parametrize(("layout", "main"), LAYOUTS)
def test_tc_j_06_cs(version: str, layout: str, main: list[int]) -> None:
    """With SendDuringIdle there are no clock-aligned values while a transaction runs, and there are before and after."""
    variables = ALIGNED | NO_SAMPLES | {"AlignedDataCtrlr.SendDuringIdle": "true"}
    station = WireStation(version, station=layout, variables=variables)
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
        assert {one.evse_id for one in told} == {*main, 1, 2}
        for value in _values(told):
            _holds(value, "Sample.Clock", MEASURANDS.split(","))
        _every(_values(told), 60)


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


@pytest.mark.req("J02.FR.02", "J02.FR.10", "E01.FR.16", "E01.FR.17", "E03.FR.11", "E04.FR.11")
def test_tc_j_08_cs_at_the_stations_reader(version: str) -> None:
    """The EVSE is not known at all before the cable is plugged in: no event names it or holds values until then."""
    variables = {"SampledDataCtrlr.TxStartedMeasurands": MEASURANDS, "TxCtrlr.TxStartPoint": "Authorized"}
    station = WireStation(version, station="ac-22-dual", variables=variables)
    station.tap("ANNA", None)
    (started,) = station.events
    assert (started.event_type, started.evse, started.meter_value) == ("Started", None, None)
    station.plug(2)
    placed = station.events[1]
    assert (placed.event_type, placed.evse.id, placed.evse.connector_id) == ("Updated", 2, 1)
    (value,) = placed.meter_value
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
    _every(_values(events), 20)


# --- told at the end ------------------------------------------------------------------------------------------------


def _ended(station: WireStation, after: float) -> Any:
    """The transaction lasts so long, and the vehicle leaves."""
    energy_transfer_started(station)
    station.pass_time(after, step=1)
    stop_authorized(station)
    ev_disconnected(station)
    (ended,) = [event for event in station.events if event.event_type == "Ended"]
    assert ended.meter_value
    return ended


def _contexts(event: Any) -> list[str]:
    return [value.sampled_value[0].context for value in event.meter_value]


@pytest.mark.req("J01.FR.06", "J01.FR.07", "J01.FR.08", "E06.FR.11")
def test_tc_j_03_cs(version: str) -> None:
    """Only clock-aligned values are wanted at the end: the last event holds one set for every full interval, and nothing else."""
    variables = NO_SAMPLES | {
        "AlignedDataCtrlr.TxEndedInterval": "20",
        "AlignedDataCtrlr.TxEndedMeasurands": MEASURANDS,
        "SampledDataCtrlr.TxEndedMeasurands": "",
    }
    ended = _ended(WireStation(version, variables=variables), 90)
    assert set(_contexts(ended)) == {"Sample.Clock"}
    for value in ended.meter_value:
        _holds(value, "Sample.Clock", MEASURANDS.split(","))
        assert value.timestamp.second % 20 == 0
    _every(ended.meter_value, 20)


@pytest.mark.req("J01.FR.21")
@pytest.mark.parametrize("policy", ["Never", "OncePerTransaction", "EveryMeterValue"])
def test_tc_j_04_cs(version: str, policy: str) -> None:
    """As before, signed: each set has the meter's signature, and its key as often as it is wanted."""
    variables = NO_SAMPLES | {
        "AlignedDataCtrlr.TxEndedInterval": "20",
        "AlignedDataCtrlr.TxEndedMeasurands": "Energy.Active.Import.Register",
        "SampledDataCtrlr.TxEndedMeasurands": "",
        "SampledDataCtrlr.SignReadings": "false",
        "AlignedDataCtrlr.SignReadings": "true",
        "OCPPCommCtrlr.PublicKeyWithSignedMeterValue": policy,
    }
    station = WireStation(version, station="ac-22-fiscal", variables=variables)
    ended = _ended(station, 90)
    assert set(_contexts(ended)) == {"Sample.Clock"}
    _every(ended.meter_value, 20)
    _signed(station, ended.meter_value, policy)


def _signed(station: WireStation, values: list[Any], policy: str) -> None:
    """Every value is signed by the meter of the EVSE, about the number beside it, and its key is told as often as is set."""
    printed = station.hardware.layout.evses[0].meter_public_key
    keys = []
    for value in values:
        (sample,) = [one for one in value.sampled_value if one.signed_meter_value is not None]
        signed = sample.signed_meter_value
        assert (signed.encoding_method, signed.signing_method) == ("OCMF", "")
        (read,) = verified(signed.signed_meter_data, printed)["RD"]
        assert round(read["RV"] * 1000) == sample.value
        keys.append(signed.public_key or "")
    expected = {"Never": 0, "OncePerTransaction": 1, "EveryMeterValue": len(values)}[policy]
    assert keys.count(printed) == expected
    assert keys.count("") == len(values) - expected


@pytest.mark.req("J02.FR.02", "J02.FR.03", "J02.FR.04", "E06.FR.11", "E07.FR.08")
def test_tc_j_10_cs(version: str) -> None:
    """Samples for the end: the last event holds one set for every interval since the beginning, and that of the end."""
    variables = NO_SAMPLES | {
        "SampledDataCtrlr.TxEndedInterval": "20",
        "SampledDataCtrlr.TxEndedMeasurands": MEASURANDS,
        "AlignedDataCtrlr.TxEndedMeasurands": "",
    }
    ended = _ended(WireStation(version, variables=variables), 90)
    contexts = _contexts(ended)
    assert contexts == ["Sample.Periodic"] * (len(contexts) - 1) + ["Transaction.End"]
    for value, context in zip(ended.meter_value, contexts, strict=True):
        _holds(value, context, MEASURANDS.split(","))
    _every(ended.meter_value[:-1], 20)


@pytest.mark.req("J02.FR.21", "E02.FR.14")
@pytest.mark.parametrize("policy", ["Never", "EveryMeterValue"])
def test_tc_j_11_cs(version: str, policy: str) -> None:
    """As before, signed."""
    variables = NO_SAMPLES | {
        "SampledDataCtrlr.TxEndedInterval": "20",
        "SampledDataCtrlr.SignReadings": "true",
        "OCPPCommCtrlr.PublicKeyWithSignedMeterValue": policy,
    }
    station = WireStation(version, station="ac-22-fiscal", variables=variables)
    ended = _ended(station, 90)
    contexts = _contexts(ended)
    assert contexts == ["Sample.Periodic"] * (len(contexts) - 1) + ["Transaction.End"]
    _every(ended.meter_value[:-1], 20)
    _signed(station, ended.meter_value, policy)
