"""Official OCPP 2.0.1 test cases of block N (monitoring, customer information), played with our station as the system under test; on 2.1
as well."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.device_model import VariableName
from pilotwire.domain.monitoring import MonitorSetting, MonitorType
from tests.support.wire_states import booted, energy_transfer_started, id_token_cached, stop_authorized
from tests.support.wire_station import ANNA, VERSIONS, WireStation, events_of, named

pytestmark = pytest.mark.parametrize("version", VERSIONS)

STATION_STATE = {"component": {"name": "ChargingStation"}, "variable": {"name": "AvailabilityState"}}
EVSE_STATE = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}
POWER = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
OFFLINE_THRESHOLD = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "OfflineThreshold"}}
PASSWORD = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
TOKEN = {"idToken": ANNA, "type": "ISO14443"}
FROM_FACTORY = MonitorSetting(
    name=VariableName(component="EVSE", variable="AvailabilityState", evse=1),
    type=MonitorType.DELTA,
    value=Decimal(1),
    severity=5,
)


class _Watched(WireStation):
    """`seen`: how many NotifyEvents a test has looked at."""

    seen = 0


def _station(version: str, **settings: Any) -> WireStation:
    station = _Watched(version, **settings)
    station.said()
    return station


def _monitor(
    place: dict[str, Any], kind: str = "Delta", value: float = 1, severity: int = 8, **more: Any
) -> dict[str, Any]:
    return {**place, "type": kind, "value": value, "severity": severity, **more}


def _set(station: WireStation, *monitors: dict[str, Any]) -> list[Any]:
    results = station.ask("SetVariableMonitoring", setMonitoringData=list(monitors)).set_monitoring_result
    assert len(results) == len(monitors)
    for result, monitor in zip(results, monitors, strict=True):
        assert (result.type, result.severity) == (monitor["type"], monitor["severity"])
        assert (result.component.name, result.variable.name) == (
            monitor["component"]["name"],
            monitor["variable"]["name"],
        )
        assert (result.status == "Accepted") == (result.id is not None)
    return list(results)


def _installed(station: WireStation, *monitors: dict[str, Any]) -> list[int]:
    results = _set(station, *monitors)
    assert [result.status for result in results] == ["Accepted"] * len(monitors)
    return [result.id for result in results]


def _statuses(station: WireStation, *monitors: dict[str, Any]) -> list[str]:
    return [result.status for result in _set(station, *monitors)]


def _reported(station: WireStation, request_id: int = 7, **wanted: Any) -> list[tuple[str, str, Any]]:
    """What a report tells, as (component, variable, monitor); its parts are numbered, and all but the last are to be continued."""
    before = len(station.all("NotifyMonitoringReport"))
    assert station.ask("GetMonitoringReport", requestId=request_id, **wanted).status == "Accepted"
    parts = station.all("NotifyMonitoringReport")[before:]
    assert [part.seq_no for part in parts] == list(range(len(parts)))
    assert {part.request_id for part in parts} == {request_id}
    assert [bool(part.tbc) for part in parts] == [True] * (len(parts) - 1) + [False]
    return [
        (data.component.name, data.variable.name, monitor)
        for part in parts
        for data in part.monitor
        for monitor in data.variable_monitoring
    ]


def _report_status(station: WireStation, **wanted: Any) -> str:
    return str(station.ask("GetMonitoringReport", requestId=8, **wanted).status)


def _events(station: WireStation) -> list[Any]:
    """The events told since last asked, of which each message is numbered from 0."""
    assert isinstance(station, _Watched)
    messages = station.all("NotifyEvent")[station.seen :]
    station.seen += len(messages)
    assert all(message.seq_no == 0 for message in messages)
    return [event for message in messages for event in message.event_data]


# --- reports of monitors --------------------------------------------------------------------------------------------


def _one_of_each(station: WireStation) -> None:
    _installed(
        station,
        _monitor(POWER, "LowerThreshold", 0),
        _monitor(POWER, "UpperThreshold", 3000),
        _monitor(EVSE_STATE, "Delta"),
        _monitor(EVSE_STATE, "Periodic", 900),
        _monitor(EVSE_STATE, "PeriodicClockAligned", 900),
    )


@pytest.mark.req("N02.FR.01", "N02.FR.03", "N02.FR.04", "N02.FR.06", "N02.FR.09", "N02.FR.12", "N02.FR.13", "N02.FR.14")
def test_tc_n_01_cs(version: str) -> None:
    station = _station(version)
    _one_of_each(station)
    limits = {"LowerThreshold", "UpperThreshold"}
    periodic = {"Periodic", "PeriodicClockAligned"}
    for criteria, types in (
        (["ThresholdMonitoring"], limits),
        (["ThresholdMonitoring", "DeltaMonitoring"], limits | {"Delta"}),
        (["DeltaMonitoring", "PeriodicMonitoring"], periodic | {"Delta"}),
    ):
        reported = _reported(station, monitoringCriteria=criteria)
        assert {monitor.type for _, _, monitor in reported} == types


@pytest.mark.req("N02.FR.05", "N02.FR.08", "N02.FR.16")
def test_tc_n_02_cs(version: str) -> None:
    station = _station(version)
    _installed(station, _monitor(STATION_STATE), _monitor(EVSE_STATE), _monitor(POWER, "UpperThreshold", 3000))
    wanted = [STATION_STATE, {"component": EVSE_STATE["component"]}]
    reported = [(component, variable) for component, variable, _ in _reported(station, componentVariable=wanted)]
    assert reported == [("ChargingStation", "AvailabilityState"), ("EVSE", "AvailabilityState"), ("EVSE", "Power")]


@pytest.mark.req("N02.FR.05", "N02.FR.10")
def test_tc_n_03_cs(version: str) -> None:
    station = _station(version)
    _installed(station, _monitor(STATION_STATE, "Periodic", 900), _monitor(EVSE_STATE))
    wanted = [STATION_STATE, EVSE_STATE]
    assert (
        _report_status(station, monitoringCriteria=["ThresholdMonitoring"], componentVariable=wanted)
        == "EmptyResultSet"
    )
    reported = _reported(station, monitoringCriteria=["DeltaMonitoring"], componentVariable=wanted)
    assert [(component, monitor.type) for component, _, monitor in reported] == [("EVSE", "Delta")]


@pytest.mark.req("N02.FR.11")
def test_tc_n_47_cs(version: str) -> None:
    station = _station(version)
    _installed(station, _monitor(STATION_STATE), _monitor(EVSE_STATE))
    assert [component for component, _, _ in _reported(station)] == ["ChargingStation", "EVSE"]


# --- base and level -------------------------------------------------------------------------------------------------


@pytest.mark.req("N03.FR.01")
def test_tc_n_05_cs(version: str) -> None:
    station = _station(version)
    for base in ("All", "FactoryDefault", "HardWiredOnly"):
        assert station.ask("SetMonitoringBase", monitoringBase=base).status == "Accepted"
        assert station.core.variable("MonitoringCtrlr.Available") == "true"
        query = {"component": {"name": "MonitoringCtrlr"}, "variable": {"name": "ActiveMonitoringBase"}}
        (got,) = station.ask("GetVariables", getVariableData=[query]).get_variable_result
        assert got.attribute_value == base


@pytest.mark.req("N03.FR.05")
def test_tc_n_06_cs(version: str) -> None:
    station = _station(version)
    _installed(station, _monitor(STATION_STATE))
    assert len(_reported(station, componentVariable=[STATION_STATE])) == 1
    assert station.ask("SetMonitoringBase", monitoringBase="HardWiredOnly").status == "Accepted"
    assert _report_status(station, componentVariable=[STATION_STATE]) == "EmptyResultSet"


@pytest.mark.req("N05.FR.01", "N05.FR.03", "N07.FR.15")
def test_tc_n_16_cs(version: str) -> None:
    station = _station(version)
    _installed(station, _monitor(EVSE_STATE, severity=8))
    assert station.ask("SetMonitoringLevel", severity=7).status == "Accepted"
    station.said()
    station.plug()
    said = station.said()
    assert station.place_status() == "Occupied"
    assert named(said, "NotifyEvent") == []


@pytest.mark.req("N05.FR.02")
def test_tc_n_17_cs(version: str) -> None:
    station = _station(version)
    severities = (10, -1) if version == "2.0.1" else (10,)  # the schema of 2.1 has no -1
    for severity in severities:
        assert station.ask("SetMonitoringLevel", severity=severity).status == "Rejected"


# --- monitors are set -----------------------------------------------------------------------------------------------


@pytest.mark.req("N04.FR.01", "N04.FR.02", "N04.FR.08", "N04.FR.11")
def test_tc_n_08_cs(version: str) -> None:
    station = _station(version)
    (number,) = _installed(station, _monitor(EVSE_STATE))
    ((component, variable, monitor),) = _reported(station, componentVariable=[EVSE_STATE])
    assert (component, variable, monitor.id, monitor.type) == ("EVSE", "AvailabilityState", number, "Delta")


@pytest.mark.req("N04.FR.01", "N04.FR.02")
def test_tc_n_09_cs(version: str) -> None:
    station = _station(version)
    numbers = _installed(station, _monitor(EVSE_STATE), _monitor(STATION_STATE))
    reported = _reported(station, componentVariable=[EVSE_STATE, STATION_STATE])
    assert [monitor.id for _, _, monitor in reported] == numbers


@pytest.mark.req("N04.FR.11")
def test_tc_n_10_cs(version: str) -> None:
    station = _station(version)
    one, other = _installed(station, _monitor(EVSE_STATE, severity=8), _monitor(EVSE_STATE, severity=7))
    assert one != other


@pytest.mark.req("N04.FR.03")
def test_tc_n_11_cs(version: str) -> None:
    station = _station(version)
    far = {"component": {"name": "EVSE", "evse": {"id": 99}}, "variable": {"name": "AvailabilityState"}}
    none = {"component": {"name": "NonExistent"}, "variable": {"name": "Power"}}
    assert _statuses(station, _monitor(far), _monitor(none, "UpperThreshold", 1234)) == ["UnknownComponent"] * 2


@pytest.mark.req("N04.FR.14")
def test_tc_n_12_cs(version: str) -> None:
    station = _station(version)
    assert _statuses(station, _monitor(POWER, value=-1), _monitor(EVSE_STATE, value=-1)) == ["Rejected"] * 2


@pytest.mark.req("N04.FR.06")
def test_tc_n_13_cs(version: str) -> None:
    station = _station(version)
    most = int(station.hardware.layout.evses[0].supply.max_power_w)
    assert _statuses(station, _monitor(POWER, "UpperThreshold", most + 1)) == ["Rejected"]
    assert _statuses(station, _monitor(POWER, "UpperThreshold", most)) == ["Accepted"]


@pytest.mark.req("N04.FR.10")
def test_tc_n_15_cs(version: str) -> None:
    station = _station(version)
    assert _statuses(station, _monitor(EVSE_STATE), _monitor(EVSE_STATE)) == ["Accepted", "Duplicate"]


@pytest.mark.req("N04.FR.04")
def test_tc_n_37_cs(version: str) -> None:
    station = _station(version)
    unknown = {"component": POWER["component"], "variable": {"name": "unknownVariable"}}
    assert _statuses(station, _monitor(unknown)) == ["UnknownVariable"]


@pytest.mark.req("N04.FR.05")
def test_tc_n_38_cs(version: str) -> None:
    station = _station(version)
    assert _statuses(station, _monitor(EVSE_STATE, "UpperThreshold", 1)) == ["UnsupportedMonitorType"]


@pytest.mark.req("N04.FR.16")
def test_tc_n_39_cs(version: str) -> None:
    station = _station(version)
    (number,) = _installed(station, _monitor(EVSE_STATE))
    assert _statuses(station, _monitor(POWER, "UpperThreshold", 100, id=number)) == ["Rejected"]
    assert [(variable, monitor.id) for _, variable, monitor in _reported(station)] == [("AvailabilityState", number)]


@pytest.mark.req("N04.FR.12")
def test_tc_n_40_cs(version: str) -> None:
    station = _station(version)
    (number,) = _installed(station, _monitor(EVSE_STATE, severity=5))
    assert _installed(station, _monitor(EVSE_STATE, severity=4, id=number)) == [number]
    reported = _reported(station, monitoringCriteria=["DeltaMonitoring"], componentVariable=[EVSE_STATE])
    assert [monitor.severity for _, _, monitor in reported] == [4]


@pytest.mark.req("N03.FR.04", "N04.FR.15")
def test_tc_n_41_cs(version: str) -> None:
    station = _station(version, preconfigured_monitors=(FROM_FACTORY,))
    ((_, _, monitor),) = _reported(station)
    assert monitor.severity == 5
    _installed(station, _monitor(EVSE_STATE, severity=6, id=monitor.id))
    assert [(one.id, one.severity) for _, _, one in _reported(station)] == [(monitor.id, 6)]
    assert station.ask("SetMonitoringBase", monitoringBase="FactoryDefault").status == "Accepted"
    assert [(one.id, one.severity) for _, _, one in _reported(station)] == [(monitor.id, 5)]


@pytest.mark.req("N04.FR.01", "N04.FR.14")
def test_tc_n_43_cs(version: str) -> None:
    station = _station(version)
    monitors = (_monitor(POWER, "UpperThreshold", 100), _monitor(POWER, value=-1), _monitor(POWER, "LowerThreshold", 0))
    assert _statuses(station, *monitors) == ["Accepted", "Rejected", "Accepted"]


# --- monitors are cleared -------------------------------------------------------------------------------------------


def _cleared(station: WireStation, *numbers: int) -> list[tuple[int, str]]:
    results = station.ask("ClearVariableMonitoring", id=list(numbers)).clear_monitoring_result
    return [(result.id, result.status) for result in results]


@pytest.mark.req("N06.FR.01", "N06.FR.05")
def test_tc_n_18_cs(version: str) -> None:
    station = _station(version)
    one, other = _installed(station, _monitor(STATION_STATE), _monitor(EVSE_STATE))
    assert _cleared(station, one, other) == [(one, "Accepted"), (other, "Accepted")]
    assert _report_status(station, componentVariable=[STATION_STATE, EVSE_STATE]) == "EmptyResultSet"


@pytest.mark.req("N06.FR.02")
def test_tc_n_19_cs(version: str) -> None:
    station = _station(version)
    (number,) = _installed(station, _monitor(EVSE_STATE))
    assert _cleared(station, number + 1) == [(number + 1, "NotFound")]


@pytest.mark.req("N06.FR.03")
def test_tc_n_44_cs(version: str) -> None:
    station = _station(version, hard_wired_monitors=(FROM_FACTORY,))
    ((_, _, monitor),) = _reported(station)
    assert _cleared(station, monitor.id) == [(monitor.id, "Rejected")]
    assert len(_reported(station)) == 1


@pytest.mark.req("N07.FR.12")
def test_tc_n_52_cs(version: str) -> None:
    station = _station(version)
    (number,) = _installed(station, _monitor(POWER, "UpperThreshold", 0))
    energy_transfer_started(station)
    station.pass_time(60)
    assert [event.variable_monitoring_id for event in _events(station)] == [number]
    assert _cleared(station, number) == [(number, "Accepted")]
    assert _report_status(station, monitoringCriteria=["ThresholdMonitoring"]) == "EmptyResultSet"
    stop_authorized(station)
    station.pass_time(60)
    assert _events(station) == []


# --- alerts ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("N07.FR.06", "N07.FR.07", "N07.FR.16", "N07.FR.17")
@pytest.mark.parametrize("stop_point", ["EVConnected", "Authorized"])
def test_tc_n_20_cs(version: str, stop_point: str) -> None:
    """Also where the transaction ends before the vehicle's load is gone."""
    station = _station(version, variables={"TxCtrlr.TxStopPoint": stop_point})
    (upper,) = _installed(station, _monitor(POWER, "UpperThreshold", 100, 3))
    energy_transfer_started(station)
    station.pass_time(60)
    (event,) = _events(station)
    transaction = station.events[0].transaction_info.transaction_id
    assert (event.trigger, event.variable_monitoring_id, event.transaction_id) == ("Alerting", upper, transaction)
    assert (event.component.name, event.component.evse.id, event.variable.name) == ("EVSE", 1, "Power")
    assert float(event.actual_value) > 100
    assert not event.cleared
    (lower,) = _installed(station, _monitor(POWER, "LowerThreshold", 10, 3))
    stop_authorized(station)
    station.pass_time(60)
    below, dropped = _events(station)
    assert (below.variable_monitoring_id, below.cleared, below.trigger) == (upper, True, "Alerting")
    assert (dropped.variable_monitoring_id, dropped.cleared or False, dropped.trigger) == (lower, False, "Alerting")
    for later in (below, dropped):
        assert float(later.actual_value) < 10
        assert later.transaction_id == transaction
        assert later.event_notification_type == "CustomMonitor"
    assert len({event.event_id, below.event_id, dropped.event_id}) == 3


def test_tc_n_21_cs(version: str) -> None:
    station = _station(version)
    station.does(station.hardware.raise_fault("HIGH_TEMPERATURE", 1, 1))
    (event,) = _events(station)
    assert event.event_notification_type == "HardWiredNotification"
    assert (event.component.name, event.variable.name, event.actual_value) == ("Connector", "Problem", "true")


@pytest.mark.req("N07.FR.04")
def test_tc_n_22_cs(version: str) -> None:
    station = _station(version)
    station.set("MonitoringCtrlr.OfflineQueuingSeverity", "7")
    _installed(station, _monitor(EVSE_STATE, severity=7))
    station.cut()
    station.plug()
    station.said()
    station.pass_time(60)
    assert _events(station) == []
    station.connect()
    (event,) = _events(station)
    assert (event.trigger, event.actual_value, event.component.name) == ("Delta", "Occupied", "EVSE")


@pytest.mark.req("N07.FR.04")
def test_tc_n_23_cs(version: str) -> None:
    station = _station(version)
    station.set("MonitoringCtrlr.OfflineQueuingSeverity", "6")
    connector = {
        "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
        "variable": EVSE_STATE["variable"],
    }
    _installed(station, _monitor(EVSE_STATE, severity=7), _monitor(connector, severity=7))
    car = station.plug()
    assert [event.actual_value for event in _events(station)] == ["Occupied", "Occupied"]
    station.said()
    station.cut()
    station.unplug()
    station.plug(car=car)
    station.pass_time(30)
    station.connect()
    said = station.said()
    assert [event.event_type for event in events_of(said)] == ["Ended", "Started"]
    assert named(said, "StatusNotification") == named(said, "NotifyEvent") == []


@pytest.mark.req("N07.FR.18")
def test_tc_n_45_cs(version: str) -> None:
    station = _station(version)
    (number,) = _installed(station, _monitor(POWER, "Delta", 100, 5))
    energy_transfer_started(station)
    station.pass_time(30)
    event = _events(station)[0]
    assert (event.trigger, event.variable.name, event.variable_monitoring_id) == ("Delta", "Power", number)
    assert float(event.actual_value) > 100


@pytest.mark.req("N07.FR.19")
def test_tc_n_56_cs(version: str) -> None:
    station = _station(version)
    (number,) = _installed(station, _monitor(EVSE_STATE, severity=5))
    station.plug()
    (event,) = _events(station)
    assert (event.trigger, event.actual_value, event.variable_monitoring_id) == ("Delta", "Occupied", number)


@pytest.mark.req("N07.FR.10")
def test_tc_n_48_cs(version: str) -> None:
    station = _station(version)
    _installed(station, _monitor(PASSWORD))
    station.said()
    station.set("SecurityCtrlr.BasicAuthPassword", "1234567890abcdefghij")
    (event,) = _events(station)
    assert (event.variable.name, event.actual_value) == ("BasicAuthPassword", "")


@pytest.mark.req("N07.FR.11")
def test_tc_n_51_cs(version: str) -> None:
    station = _station(version)
    (number,) = _installed(station, _monitor(POWER, "UpperThreshold", 21_999))
    energy_transfer_started(station)
    station.pass_time(30)
    assert _events(station) == []
    _installed(station, _monitor(POWER, "UpperThreshold", 0, id=number))
    (event,) = _events(station)
    assert (event.trigger, event.cleared or False) == ("Alerting", False)
    assert float(event.actual_value) > 0


@pytest.mark.req("N07.FR.13")
def test_tc_n_53_cs(version: str) -> None:
    station = _station(version)
    (number,) = _installed(station, _monitor(POWER, "UpperThreshold", 100))
    booted(station)
    reported = _reported(station, monitoringCriteria=["ThresholdMonitoring"])
    assert [(monitor.id, monitor.type) for _, _, monitor in reported] == [(number, "UpperThreshold")]


@pytest.mark.req("N07.FR.18")
def test_tc_n_61_cs(version: str) -> None:
    station = _station(version)
    _installed(station, _monitor(OFFLINE_THRESHOLD))
    now = int(station.core.variable("OCPPCommCtrlr.OfflineThreshold"))
    station.said()
    station.set("OCPPCommCtrlr.OfflineThreshold", str(now + 1))
    assert _events(station) == []
    station.set("OCPPCommCtrlr.OfflineThreshold", str(now + 2))
    assert [event.actual_value for event in _events(station)] == [str(now + 2)]


@pytest.mark.req("N08.FR.04", "N08.FR.05", "N08.FR.06")
def test_tc_n_24_cs(version: str) -> None:
    station = _station(version)
    _installed(station, _monitor(EVSE_STATE, "Periodic", 60))
    begun = station.now
    station.pass_time(200)
    assert {(event.trigger, event.variable.name) for event in _events(station)} == {("Periodic", "AvailabilityState")}
    assert [(at - begun).total_seconds() for at in station.times("NotifyEvent")] == [60, 120, 180]


# --- customers ------------------------------------------------------------------------------------------------------


def _information(station: WireStation, **asked: Any) -> tuple[str, str]:
    """The answer and the text that followed, of whose parts all but the last are to be continued."""
    before = len(station.all("NotifyCustomerInformation"))
    request = {"requestId": 5, "report": False, "clear": False} | asked
    response = station.ask("CustomerInformation", **request)
    parts = station.all("NotifyCustomerInformation")[before:]
    assert [part.seq_no for part in parts] == list(range(len(parts)))
    assert [bool(part.tbc) for part in parts] == ([True] * (len(parts) - 1) + [False] if parts else [])
    return response.status, "".join(part.data for part in parts)


def _known_customer(version: str) -> WireStation:
    """Anna is in the cache, and on the list."""
    station = _station(version)
    id_token_cached(station)
    entry = {"idToken": TOKEN, "idTokenInfo": {"status": "Accepted"}}
    sent = station.ask("SendLocalList", versionNumber=1, updateType="Full", localAuthorizationList=[entry])
    assert sent.status == "Accepted"
    station.said()
    return station


@pytest.mark.req("N09.FR.02", "N09.FR.05")
def test_tc_n_27_cs(version: str) -> None:
    station = _known_customer(version)
    status, text = _information(station, report=True, idToken=TOKEN)
    assert status == "Accepted"
    assert "Authorization cache: ANNA" in text
    assert "Local authorization list: ANNA" in text


@pytest.mark.req("N09.FR.06")
def test_tc_n_28_cs(version: str) -> None:
    station = _station(version)
    assert _information(station, report=True, idToken=TOKEN) == ("Accepted", "")


@pytest.mark.req("N09.FR.09")
def test_tc_n_29_cs(version: str) -> None:
    station = _station(version)
    assert _information(station, report=True) == ("Invalid", "")
    assert _information(station, report=True, idToken=TOKEN, customerIdentifier="ANNA") == ("Invalid", "")


@pytest.mark.req("N10.FR.01", "N10.FR.03")
def test_tc_n_30_cs(version: str) -> None:
    station = _known_customer(version)
    status, text = _information(station, report=True, clear=True, idToken=TOKEN)
    assert (status, "cache" in text) == ("Accepted", True)
    status, text = _information(station, report=True, idToken=TOKEN)
    assert (status, "cache" in text, "list" in text) == ("Accepted", False, True)


@pytest.mark.req("N10.FR.04")
def test_tc_n_31_cs(version: str) -> None:
    station = _station(version)
    told = _information(station, report=True, clear=True, idToken=TOKEN)
    assert told == ("Accepted", "")


@pytest.mark.req("N10.FR.06")
def test_tc_n_32_cs(version: str) -> None:
    station = _known_customer(version)
    assert _information(station, clear=True, idToken=TOKEN) == ("Accepted", "The data about this customer was cleared.")


@pytest.mark.req("N09.FR.09")
def test_tc_n_33_cs(version: str) -> None:
    station = _station(version)
    assert _information(station, clear=True) == ("Invalid", "")


@pytest.mark.req("N10.FR.03")
def test_tc_n_62_cs(version: str) -> None:
    station = _station(version)
    id_token_cached(station)
    station.said()
    status, text = _information(station, report=True, clear=True, customerIdentifier=ANNA)
    assert (status, "cache" in text) == ("Accepted", True)
    again = _information(station, report=True, customerIdentifier=ANNA)
    assert again == ("Accepted", "")
